use std::path::Path;

use clap::Parser;

use super::*;

/// The command's arguments by themselves.
#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

const BASE: &str = "openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } }
components:
  schemas:
    Order:
      type: object
      required: [ id, note ]
      properties:
        id: { type: integer }
        note: { type: string }
        state: { type: string, enum: [ open, paid ] }
";

/// A folder with documents and decisions.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let accepted = |rest: &str| {
        format!("accepted: [ {{ id: response-required-property-removed, reason: seen, {rest} }} ]\n")
    };
    let note = "base: /components/schemas/Order/properties/note";
    for (name, text) in [
        ("base.yaml", BASE.to_owned()),
        ("same.yaml", BASE.replace("paths:", "# the same\npaths:")),
        ("broken.yaml", BASE.replace("        note: { type: string }\n", "")),
        ("value.yaml", BASE.replace("open, paid", "open, paid, lost")),
        ("no.yaml", "just: text\n".to_owned()),
        ("accepted.yaml", accepted(note)),
        ("idle.yaml", accepted("base: /components/schemas/Order/properties/other")),
        ("expired.yaml", accepted(&format!("{note}, expires: 2026-11-20"))),
        ("unknown.yaml", accepted(note).replace("removed", "removd")),
        ("wrong.yaml", "acepted: []\n".to_owned()),
        (
            "raised.yaml",
            "overrides: [ { id: response-property-enum-value-added, class: breaking } ]\n".to_owned(),
        ),
        (
            "lowered.yaml",
            "overrides: [ { id: response-required-property-removed, class: additive } ]\n".to_owned(),
        ),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn end(folder: &Path, line: &str) -> (u8, String) {
    let output = folder.join("report");
    let named = |word: &str| {
        if word.ends_with(".yaml") { folder.join(word).display().to_string() } else { word.to_owned() }
    };
    let mut words = vec!["drift".to_owned()];
    words.extend(line.split(' ').map(named));
    words.extend(["--today".to_owned(), "2026-11-21".to_owned()]);
    if !line.contains("--output") {
        words.extend(["--output".to_owned(), output.display().to_string()]);
    }
    let command = Command::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
    let end = ended(&command.arguments).unwrap_or(End::NotCompared);
    (end.code(), std::fs::read_to_string(&output).unwrap_or_default())
}

#[test]
fn a_run_ends_with_the_code_that_its_files_ask_for() {
    let folder = folder();
    for (line, expected) in [
        ("--base base.yaml --revision base.yaml", 0),
        ("--base base.yaml --revision same.yaml --fail-on additive", 0),
        ("--base base.yaml --revision value.yaml", 0),
        ("--base base.yaml --revision value.yaml --fail-on risky", 1),
        ("--base base.yaml --revision broken.yaml", 1),
        ("--base base.yaml --revision broken.yaml --accepted accepted.yaml", 0),
        ("--base base.yaml --revision broken.yaml --accepted lowered.yaml", 0),
        ("--base base.yaml --revision value.yaml --accepted raised.yaml", 1),
        ("--base base.yaml --revision broken.yaml --accepted expired.yaml", 1),
        ("--base base.yaml --revision broken.yaml --accepted idle.yaml", 1),
        ("--base base.yaml --revision absent.yaml", 2),
        ("--base no.yaml --revision base.yaml", 2),
        ("--base base.yaml --revision broken.yaml --accepted absent.yaml", 2),
        ("--base base.yaml --revision broken.yaml --accepted wrong.yaml", 2),
        ("--base base.yaml --revision base.yaml --output /dev/null/no/such/folder", 2),
        ("--base base.yaml --revision base.yaml --accepted accepted.yaml", 3),
        ("--base base.yaml --revision value.yaml --accepted idle.yaml", 3),
        ("--base base.yaml --revision value.yaml --accepted unknown.yaml", 3),
    ] {
        assert_eq!(end(folder.path(), line).0, expected, "{line}");
    }
}

#[test]
fn every_format_is_written_to_a_file_with_what_was_decided() {
    let folder = folder();
    for format in Format::value_variants() {
        let name = format.to_possible_value().expect("a name");
        let name = name.get_name();
        let (code, text) = end(
            folder.path(),
            &format!("--base base.yaml --revision broken.yaml --accepted accepted.yaml --format {name}"),
        );
        assert_eq!(code, 0, "{name}");
        if *format == Format::Entries {
            assert_eq!(text, "accepted: []\n");
        } else {
            assert!(text.contains("seen"), "{name}: the reason is not shown\n{text}");
        }
    }
}

#[test]
fn annotations_and_sarif_know_the_column() {
    let folder = folder();
    for (format, expected) in [("github", "col="), ("sarif", "\"startColumn\"")] {
        let line = format!("--base base.yaml --revision broken.yaml --format {format}");
        let (_, text) = end(folder.path(), &line);
        // A file of another folder than this one is no place for an annotation.
        assert_eq!(text.contains(expected), format == "sarif", "{format}: {text}");
    }
}

const MANIFEST: &str = "version: 1
name: acme
document: openapi.yaml
description: Orders of an Acme shop.
config: { token: { description: An access token., secret: true } }
server: { url: https://api.acme.example }
auth: { bearer: { token: '{token}' } }
operations: [ listOrders ]
streams:
  orders:
    operation: listOrders
    records: '.'
    key: id
    cursor: { field: updated_at, order: descending }
";

const ORDERS: &str = "openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [ { url: https://api.acme.example } ]
paths:
  /orders:
    get:
      operationId: listOrders
      responses:
        '200':
          description: ok
          content:
            application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Order' } } }
  /users:
    get:
      operationId: listUsers
      responses: { '200': { description: ok } }
components:
  schemas:
    Order:
      type: object
      required: [ id, updated_at ]
      properties:
        id: { type: integer }
        updated_at: { type: string, format: date-time }
";

#[test]
fn a_connector_is_shown_in_every_format_and_accepts_what_its_file_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("connector.yaml", MANIFEST);
    write("openapi.yaml", ORDERS);
    let lost = ORDERS
        .replace("        updated_at: { type: string, format: date-time }\n", "")
        .replace(", updated_at ]", " ]");
    write("lost.yaml", &lost);
    let elsewhere = ORDERS.split("  /users:").next().unwrap_or_default().to_owned()
        + ORDERS
            .split_once("components:")
            .map(|(_, rest)| format!("components:{rest}"))
            .unwrap_or_default()
            .as_str();
    write("elsewhere.yaml", &elsewhere);
    let at = folder.path().display().to_string();
    let line = |revision: &str, format: &str| format!("--from {at} --against {revision} --format {format}");

    for format in Format::value_variants() {
        let name = format.to_possible_value().expect("a name").get_name().to_owned();
        let (code, text) = end(folder.path(), &line("lost.yaml", &name));
        assert_eq!(code, 1, "{name}\n{text}");
        let told = if *format == Format::Entries { "/updated_at" } else { "loses its cursor" };
        assert!(text.contains(told), "{name}: the cursor is not told\n{text}");
        let (code, text) = end(folder.path(), &line("elsewhere.yaml", &name));
        assert_eq!(code, 0, "{name}: nothing that the connector calls has changed\n{text}");
    }
    assert_eq!(end(folder.path(), &line("absent.yaml", "text")).0, 2);

    let (_, entries) = end(folder.path(), &line("lost.yaml", "entries"));
    let decided = entries.replace("reason: \"\"", "reason: the stream is read in full");
    write("drift.yaml", &decided.replace("# expires: YYYY-MM-DD", "expires: 2027-01-31"));
    for format in Format::value_variants() {
        let name = format.to_possible_value().expect("a name").get_name().to_owned();
        let (code, text) = end(folder.path(), &line("lost.yaml", &name));
        assert_eq!(code, 0, "{name}\n{text}");
        if *format == Format::Entries {
            assert_eq!(text, "accepted: []\n");
            continue;
        }
        for told in ["the stream is read in full", "2027-01-31"] {
            assert!(text.contains(told), "{name}: {told}\n{text}");
        }
    }
    let (_, text) = end(folder.path(), &line("lost.yaml", "text"));
    let (new, known) = text.split_once("\nAccepted\n").unwrap_or_else(|| panic!("{text}"));
    assert!(!new.contains("loses its cursor") && known.contains("loses its cursor"), "{text}");
    assert!(known.contains("accepted until 2027-01-31: the stream is read in full"), "{text}");
    let (_, text) = end(folder.path(), &line("lost.yaml", "json"));
    let told: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let schema: serde_json::Value =
        serde_json::from_str(&linchpin_codegen::drift::impact::json_schema()).expect("JSON");
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .expect("a schema")
        .iter_errors(&told)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let lost = told["impact"].as_array().expect("a list").iter().find(|one| one["severity"] == "breaks");
    let change = lost.and_then(|lost| lost["change"].as_u64()).expect("a change") as usize;
    let accepted = &told["changes"][change]["accepted"];
    assert_eq!(accepted["reason"], "the stream is read in full", "{told:#}");
    assert_eq!(accepted["expires"], "2027-01-31", "{told:#}");
    assert_eq!(end(folder.path(), &line("openapi.yaml", "text")).0, 3, "the entries meet nothing any more");
}

#[test]
fn an_override_decides_what_a_change_means_to_a_connector_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("connector.yaml", MANIFEST);
    write("openapi.yaml", ORDERS);
    let lost = ORDERS
        .replace("        updated_at: { type: string, format: date-time }\n", "")
        .replace(", updated_at ]", " ]");
    write("lost.yaml", &lost);
    let at = folder.path().display().to_string();
    for (class, fail_on, expected) in [
        ("breaking", "breaking", 1),
        ("risky", "breaking", 0),
        ("risky", "risky", 1),
        ("additive", "risky", 0),
        ("editorial", "risky", 0),
    ] {
        let text = format!(
            "overrides: [ {{ id: response-required-property-removed, class: {class}, reason: read in full }} ]"
        );
        write("drift.yaml", &text);
        for format in Format::value_variants() {
            let name = format.to_possible_value().expect("a name").get_name().to_owned();
            let line = format!("--from {at} --against lost.yaml --format {name} --fail-on {fail_on}");
            let (code, text) = end(folder.path(), &line);
            assert_eq!(code, expected, "{class}, {line}\n{text}");
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let told = match format {
                Format::Entries => continue,
                // What passes is a test case without a word.
                Format::Junit if expected == 0 => continue,
                Format::Json => "\"overridden\": { \"severity\": \"breaks\", \"reason\": \"read in full\" }",
                Format::Text => "by drift.yaml (breaks without it): read in full",
                _ => "breaks without it): read in full",
            };
            assert_eq!(text.contains(told), class != "breaking", "{class}, {line}\n{text}");
        }
    }
}
