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
    let kept = "        id: { type: integer }\n";
    let with = |note: &str| ORDERS.replace(kept, &format!("{kept}        note: {{ type: {note} }}\n"));
    write("openapi.yaml", &with("string"));
    write("number.yaml", &with("number"));
    let at = folder.path().display().to_string();
    for (class, fail_on, expected) in [
        ("breaking", "breaking", 1),
        ("risky", "breaking", 0),
        ("risky", "risky", 1),
        ("additive", "risky", 0),
        ("editorial", "risky", 0),
    ] {
        let text = format!(
            "overrides: [ {{ id: response-property-type-changed, class: {class}, reason: read in full }} ]"
        );
        write("drift.yaml", &text);
        for format in Format::value_variants() {
            let name = format.to_possible_value().expect("a name").get_name().to_owned();
            let line = format!("--from {at} --against number.yaml --format {name} --fail-on {fail_on}");
            let (code, text) = end(folder.path(), &line);
            assert_eq!(code, expected, "{class}, {line}\n{text}");
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let told = match format {
                Format::Entries => continue,
                // What passes is a test case without a word.
                Format::Junit if expected == 0 => continue,
                Format::Json => "\"overridden\": { \"severity\": \"breaks\", \"reason\": \"read in full\" }",
                Format::Text => "by drift.yaml (breaks without it): read in full",
                // Formats spell a colon each in their way.
                _ => "(breaks without it)",
            };
            assert_eq!(text.contains(told), class != "breaking", "{class}, {line}\n{text}");
        }
    }
}

/// A report as a connector writes it, with one finding of each severity.
fn observed(connector: &str, findings: &[(&str, &str, &str)]) -> String {
    let findings: Vec<serde_json::Value> = findings
        .iter()
        .map(|(kind, severity, pointer)| {
            serde_json::json!({
                "kind": kind, "severity": severity, "state": "new", "status": 200, "pointer": pointer,
                "expected": "string", "observed": { "number": 4 }, "seen": 4, "checked": 10, "rate": 0.4, "runs": 2,
                "first_seen": "2026-11-20T08:00:00Z", "last_seen": "2026-11-21T08:00:00Z", "serves": false,
            })
        })
        .collect();
    let stream = serde_json::json!({
        "name": "orders", "operation": "GET /orders", "operation_id": "listOrders", "runs": 2, "checked": 10, "overflow": 0,
        "quarantined": 0, "findings": findings,
    });
    let report = serde_json::json!({
        "version": 1, "connector": connector, "connector_version": "0.1.0", "made_at": "2026-11-21T08:00:00Z",
        "streams": [stream],
    });
    report.to_string()
}

#[test]
fn what_was_observed_is_a_patch_of_the_overlay_that_is_there() {
    const EARLIER: &str = "# Ours.
overlay: 1.0.0
info: { title: Ours, version: '1' }
actions:
  - target: $.components.schemas.Order.properties.id # keys are texts
    update: { description: A key. }
";
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("a file");
    let document =
        ORDERS.replace("id: { type: integer }\n", "id: { type: integer }\n        note: { type: string }\n");
    write("connector.yaml", MANIFEST);
    write("openapi.yaml", &document);
    let null = ("null_not_nullable", "warning", "/*/note");
    let both = [null, ("unknown_field", "info", "/*/color"), ("rename_candidate", "info", "/*/note")];
    write("seen.yaml", &observed("acme", &[null]));
    write("both.yaml", &observed("acme", &both));
    let at = folder.path().display().to_string();
    let patch = |seen: &str| end(folder.path(), &format!("--from {at} --observed {seen} --overlay")).1;
    // What stands there, and what of the file stays as it is, byte for byte.
    let flow = format!(
        "{{ \"overlay\": \"1.0.0\",\n \"actions\": [{}]}}\n",
        r#"{ "target": "$.info", "update": {} }"#
    );
    let anchored = "overlay: 1.0.0\nactions: &all\n- target: $.info\n  update: {}\nx-again: *all\n";
    for (overlay, kept) in [
        (None, ""),
        (Some(EARLIER.to_owned()), EARLIER),
        (Some(format!("{EARLIER}\n# The end.\n")), EARLIER),
        (Some(format!("{EARLIER}x-by: us\n")), EARLIER),
        (Some(flow.clone()), flow.trim_end().trim_end_matches("]}")),
        (Some(anchored.to_owned()), anchored.strip_suffix("x-again: *all\n").unwrap_or_default()),
    ] {
        let _ = std::fs::remove_file(path("overlay.yaml"));
        overlay.iter().for_each(|text| write("overlay.yaml", text));
        let text = patch("both.yaml");
        assert!(text.starts_with("# Not proposed: orders observed-rename-candidate at /*/note: "), "{text}");
        write("overlay.patch", &text);
        let git = std::process::Command::new("git")
            .args(["apply", "overlay.patch"])
            .current_dir(folder.path())
            .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap_or(folder.path()))
            .output()
            .expect("git");
        assert!(git.status.success(), "{}\n{text}", String::from_utf8_lossy(&git.stderr));
        let made = std::fs::read_to_string(path("overlay.yaml")).expect("the overlay");
        assert!(made.starts_with(kept), "{made}");
        let rest = overlay.as_deref().and_then(|overlay| overlay.strip_prefix(kept)).unwrap_or_default();
        assert!(made.ends_with(rest), "{made}");
        // What it says now is not proposed again, nor told as something to do.
        let again = patch("both.yaml");
        assert!(again.ends_with("# Nothing to propose for overlay.yaml.\n"), "{made}\n{again}");
        let (_, told) = end(folder.path(), &format!("--from {at} --observed seen.yaml"));
        assert!(told.contains("1 in the pinned document already"), "{made}\n{told}");
    }

    // What people have accepted is theirs to say, and so is what the revision says.
    std::fs::remove_file(path("overlay.yaml")).expect("the overlay");
    write("null.yaml", &document.replace("note: { type: string }", "note: { type: [ string, 'null' ] }"));
    let (_, text) =
        end(folder.path(), &format!("--from {at} --observed seen.yaml --against null.yaml --overlay"));
    assert!(text.contains("at /*/note: goes when the revision is accepted\n# Nothing"), "{text}");
    write(
        "drift.yaml",
        "accepted: [ { id: observed-null-not-nullable, base: /components/schemas/Order/properties/note, reason: known } ]\n",
    );
    let text = patch("seen.yaml");
    assert!(text.contains("at /*/note: accepted by drift.yaml\n# Nothing"), "{text}");
}

#[test]
fn what_was_observed_is_shown_with_the_changes_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let document =
        ORDERS.replace("id: { type: integer }\n", "id: { type: integer }\n        note: { type: string }\n");
    write("connector.yaml", MANIFEST);
    write("openapi.yaml", &document);
    write("null.yaml", &document.replace("note: { type: string }", "note: { type: [ string, 'null' ] }"));
    write("foreign.json.yaml", &observed("other", &[]));
    write("rubbish.yaml", "just: text\n");
    write("none.yaml", &observed("acme", &[]));
    write("seen.yaml", &observed("acme", &[("null_not_nullable", "warning", "/*/note")]));
    write("wrong.yaml", &observed("acme", &[("type_incompatible", "error", "/*/updated_at")]));
    write("more.yaml", &observed("acme", &[("unknown_field", "info", "/*/color")]));
    let at = folder.path().display().to_string();
    let ends = |rest: &str| end(folder.path(), &format!("--from {at} {rest}"));

    for (rest, expected) in [
        ("--observed none.yaml", 0),
        ("--observed seen.yaml", 0),
        ("--observed seen.yaml --fail-on risky", 1),
        ("--observed wrong.yaml", 1),
        ("--observed more.yaml --fail-on risky", 0),
        ("--observed more.yaml --fail-on additive", 1),
        ("--observed none.yaml --observed seen.yaml --fail-on risky", 1),
        // A change that explains it is judged by what it does itself.
        ("--observed seen.yaml --against null.yaml --fail-on risky", 0),
        ("--observed wrong.yaml --against null.yaml", 1),
        ("--observed rubbish.yaml", 2),
        ("--observed foreign.json.yaml", 2),
        ("--observed absent.yaml", 2),
        ("--observed none.yaml --observed rubbish.yaml --against null.yaml", 2),
        ("--observed none.yaml --against absent.yaml", 2),
    ] {
        assert_eq!(ends(rest).0, expected, "{rest}");
    }
    for format in Format::value_variants() {
        let name = format.to_possible_value().expect("a name").get_name().to_owned();
        let (_, alone) = ends(&format!("--observed wrong.yaml --format {name}"));
        assert!(alone.contains("observed-type-incompatible"), "{name}: {alone}");
        let (_, both) =
            ends(&format!("--observed seen.yaml --observed more.yaml --against null.yaml --format {name}"));
        if *format != Format::Entries {
            // Lines of text are broken where they are full.
            let words: Vec<&str> = both.split_whitespace().collect();
            assert!(words.join(" ").contains("the revision explains it"), "{name}: {both}");
            assert!(both.contains("observed-unknown-field"), "{name}: {both}");
            let place = both.find("response-property-became-nullable");
            assert!(place.is_some(), "{name}: {both}");
        }
    }
    let (_, text) = ends("--observed seen.yaml --observed more.yaml --against null.yaml");
    assert!(text.contains("2 findings in payloads: 1 explained by the revision, 1 new."), "{text}");
    let (_, text) = ends("--observed seen.yaml");
    assert!(text.contains("1 finding in payloads: 1 new.") && !text.contains("Version"), "{text}");

    // Overridden by the same file as changes are: raised, lowered, by its place or everywhere, and not what is elsewhere.
    let place = "pointer: /components/schemas/Order/properties/note";
    for (seen, id, class, at, fail_on, expected) in [
        ("seen.yaml", "observed-null-not-nullable", "breaking", "", "breaking", 1),
        ("seen.yaml", "observed-null-not-nullable", "breaking", place, "breaking", 1),
        ("seen.yaml", "observed-null-not-nullable", "additive", place, "risky", 0),
        ("wrong.yaml", "observed-type-incompatible", "additive", "", "risky", 0),
        ("wrong.yaml", "observed-type-incompatible", "additive", place, "risky", 1),
        ("more.yaml", "observed-unknown-field", "risky", "", "risky", 1),
    ] {
        let at = if at.is_empty() { String::new() } else { format!(", {at}") };
        write("drift.yaml", &format!("overrides: [ {{ id: {id}, class: {class}, reason: ours{at} }} ]\n"));
        let line = format!("--observed {seen} --fail-on {fail_on}");
        let (code, text) = ends(&line);
        assert_eq!(code, expected, "{id} {class}{at}, {line}\n{text}");
    }
    std::fs::remove_file(folder.path().join("drift.yaml")).expect("drift.yaml");

    // Accepted by the same file as changes are, and by a look at payloads alone.
    let (_, entries) = ends("--observed wrong.yaml --format entries");
    write("drift.yaml", &entries.replace("reason: \"\"", "reason: they know"));
    assert_eq!(ends("--observed wrong.yaml").0, 0, "{entries}");
    assert_eq!(ends("--observed none.yaml").0, 3, "the entry meets nothing any more");
    assert_eq!(ends("--against openapi.yaml").0, 0, "nobody has looked at payloads");
}
