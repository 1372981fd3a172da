//! Bad input, from the file on disk to the exit code: a diagnostic with its own code at its line and column, and nothing written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use linchpin_codegen::diagnostic::Severity;
use linchpin_codegen::generate::{Outcome, generate};
use linchpin_codegen::output;
use linchpin_codegen::render::RenderOptions;
use linchpin_tests::program::{Ended, Program};
use serde_json::Value;

const DOCUMENT: &str = r##"openapi: 3.0.3
info: { title: Desk, version: "1" }
paths:
  /tickets:
    get:
      operationId: listTickets
      tags: [Tickets]
      parameters:
        - { name: after, in: query, schema: { type: string } }
        - { name: limit, in: query, schema: { type: integer } }
        - { name: since, in: query, schema: { type: string, format: date-time } }
      responses:
        "200":
          description: A page.
          content:
            application/json:
              schema:
                type: object
                required: [tickets]
                properties:
                  tickets: { type: array, items: { $ref: "#/components/schemas/Ticket" } }
                  next: { type: string, nullable: true }
components:
  schemas:
    Ticket:
      type: object
      required: [id, number, updated_at]
      properties:
        id: { type: integer, format: int64 }
        number: { type: integer, nullable: true }
        updated_at: { type: string, format: date-time }
        title: { type: string }
"##;

const MANIFEST: &str = r#"version: 1
name: desk
document: openapi.yaml
description: Tickets of a desk.
config:
  account: { description: "The account.", example: acme }
  token: { description: "The token.", secret: true }
server:
  url: https://{account}.desk.example
  environments: { trial: "https://{account}.trial.desk.example" }
auth:
  bearer: { token: "{token}" }
headers: { Accept: application/json }
operations: [ listTickets ]
overrides:
  GET /tickets: { paging: by_cursor }
paging:
  by_cursor: { cursor: { parameter: after, next: next }, size: { parameter: limit, value: 100 } }
limits:
  account: { requests: 700, per: 1m }
retry:
  wait: [ { header: Reset-In, unit: seconds } ]
streams:
  tickets:
    operation: listTickets
    records: tickets
    key: id
    cursor: { field: updated_at, parameter: since, order: ascending }
"#;

/// A folder with a manifest and a document, and one beside it for the crate.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(manifest: &str, documents: &[(&str, &str)]) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(desk.input()).unwrap();
        fs::create_dir(desk.made()).unwrap();
        fs::write(desk.input().join("connector.yaml"), manifest).unwrap();
        for (name, text) in documents {
            fs::write(desk.input().join(name), text).unwrap();
        }
        desk
    }

    fn good() -> Self {
        Self::new(MANIFEST, &[("openapi.yaml", DOCUMENT)])
    }

    fn input(&self) -> PathBuf {
        self.folder.path().join("specs")
    }

    fn made(&self) -> PathBuf {
        self.folder.path().join("crate")
    }

    /// Generates in this process and writes what came out, as the command does.
    fn generate(&self) -> Outcome {
        let outcome = generate(&self.input(), &RenderOptions::default());
        if let Some(connector) = &outcome.connector {
            let (changes, found) = output::compare(&self.made(), &connector.files);
            if !found.has_errors() {
                let failed = output::apply(&self.made(), &connector.files, &changes);
                assert!(!failed.has_errors(), "{failed:?}");
            }
        }
        outcome
    }

    /// Generates by the command.
    fn xtask(&self, more: &[&str]) -> Ended {
        let mut arguments: Vec<OsString> = vec![
            "generate".into(),
            "--from".into(),
            self.input().into(),
            "--into".into(),
            self.made().into(),
        ];
        arguments.extend(more.iter().map(OsString::from));
        Program::of_workspace("xtask").run(self.folder.path(), arguments).end()
    }

    fn written(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.made())
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Code and `file:line:column` of every error.
fn errors(outcome: &Outcome) -> Vec<(String, String)> {
    let errors = outcome.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors
        .map(|found| {
            let place = found.primary.and_then(|span| outcome.files.place(span)).map(|place| {
                let file = Path::new(place.file).file_name().unwrap().to_str().unwrap();
                format!("{file}:{}:{}", place.line, place.column)
            });
            (found.code.as_str().to_owned(), place.unwrap_or_else(|| "nowhere".to_owned()))
        })
        .collect()
}

/// `line:column` of the one place at which a text stands in another.
fn place(text: &str, needle: &str) -> String {
    assert_eq!(text.matches(needle).count(), 1, "{needle:?} stands once");
    let before = &text[..text.find(needle).unwrap()];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{line}:{column}")
}

/// Generates, and says what is not as it should be: this one error, and nothing written.
fn refused(desk: &Desk, what: &str, code: &str, at: &str) -> Result<(), String> {
    let outcome = desk.generate();
    let (found, expected) = (errors(&outcome), [(code.to_owned(), at.to_owned())]);
    if found != expected {
        return Err(format!("{what:?}: expected {expected:?}, found {found:?}"));
    }
    let written = desk.written();
    if outcome.connector.is_some() || !written.is_empty() {
        return Err(format!("{what:?}: written although it is wrong: {:?}", written.keys()));
    }
    Ok(())
}

/// Fails with all of a table's rows that are not as they should be.
fn assert_all(rows: impl IntoIterator<Item = Result<(), String>>) {
    let wrong: Vec<String> = rows.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn good_input_is_good() {
    let desk = Desk::good();
    let outcome = desk.generate();
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert!(desk.written().contains_key("src/lib.rs"));
}

#[test]
fn a_mistake_in_each_section_of_the_manifest_is_told_at_its_place() {
    // What stands in the manifest, what is written instead, the code, and the text at which it points.
    let table = [
        ("version: 1", "version: 7", "C001", "7\n"),
        ("version: 1", "version: one", "C001", "one"),
        ("name: desk", "nam: desk", "C002", "nam:"),
        ("name: desk", "name: Desk!", "C008", "Desk!"),
        ("description: Tickets", "descripton: Tickets", "C002", "descripton"),
        ("config:\n", "konfig:\n", "C002", "konfig"),
        ("secret: true", "secrt: true", "C002", "secrt"),
        ("  url: https", "  ulr: https", "C002", "ulr"),
        ("{account}.desk", "{acount}.desk", "C009", "{acount}"),
        ("environments:", "enviroments:", "C002", "enviroments"),
        ("  bearer:", "  bearr:", "C002", "bearr"),
        ("{ token: \"{token}\" }", "{ tokn: \"{token}\" }", "C002", "tokn"),
        ("\"{token}\"", "\"{tokn}\"", "C009", "{tokn}"),
        ("Accept:", "\"Acc ept\":", "C017", "\"Acc ept\""),
        ("[ listTickets ]", "[ listTicket ]", "P001", "listTicket ]"),
        ("[ listTickets ]", "[ tag:Ticket ]", "P001", "tag:Ticket ]"),
        ("GET /tickets: {", "GET /ticket: {", "P001", "GET /ticket: {"),
        ("{ paging: by_cursor }", "{ pagin: by_cursor }", "C002", "pagin:"),
        ("{ paging: by_cursor }", "{ paging: by_curser }", "C018", "by_curser"),
        ("{ cursor: { parameter", "{ curser: { parameter", "C002", "curser"),
        ("parameter: after,", "parameter: aftr,", "P014", "by_cursor }"),
        ("next: next }", "next: nxt }", "P003", "nxt"),
        ("parameter: limit,", "parameter: limt,", "P008", "limt"),
        ("requests: 700", "requests: 0", "C007", "0,"),
        ("requests: 700", "request: 700", "C002", "request"),
        ("per: 1m", "per: 1 minute", "C013", "1 minute"),
        ("per: 1m", "per: 1m, shap: token_bucket", "C002", "shap"),
        ("per: 1m", "per: 1m, shape: token_buket", "C005", "token_buket"),
        ("per: 1m", "per: 1m, burst: 7", "C120", "7 }"),
        ("per: 1m", "per: 1m, by: [ acount ]", "C121", "acount ]"),
        ("retry:\n", "errors: { a: { status: [ 4x ], action: retry } }\nretry:\n", "C122", "4x"),
        ("retry:\n", "errors: { a: { action: retry } }\nretry:\n", "C123", "a: { action"),
        ("retry:\n", "errors: { a: { status: [ 409 ], action: retri } }\nretry:\n", "C005", "retri }"),
        (
            "requests: 700, per: 1m",
            "points: 7, per: 1m, cost: { parameters: { listTickets: after } }",
            "P120",
            "after } }",
        ),
        ("{ header: Reset-In", "{ heder: Reset-In", "C002", "heder"),
        ("unit: seconds", "unit: second", "C005", "second }"),
        ("  wait:", "  wate:", "C002", "wate"),
        ("    operation: listTickets", "    operation: listTicket", "P001", "listTicket\n"),
        ("    records: tickets", "    recrds: tickets", "C002", "recrds"),
        ("    records: tickets", "    records: ticket", "P003", "ticket\n"),
        ("    records: tickets", "    records: next", "P005", "next\n"),
        ("    key: id", "    key: idd", "P003", "idd"),
        ("    key: id", "    key: number", "P006", "number"),
        ("    key: id", "    key: title", "P007", "title"),
        ("{ field: updated_at", "{ field: update_at", "P003", "update_at"),
        ("parameter: since", "parameter: sinc", "P008", "sinc,"),
        ("order: ascending", "order: upwards", "C005", "upwards"),
    ];
    assert_all(table.map(|(from, to, code, points_at)| {
        assert_eq!(MANIFEST.matches(from).count(), 1, "{from:?} stands once");
        let manifest = MANIFEST.replace(from, to);
        let desk = Desk::new(&manifest, &[("openapi.yaml", DOCUMENT)]);
        let at = format!("connector.yaml:{}", place(&manifest, points_at));
        refused(&desk, to, code, &at)
    }));
}

#[test]
fn documents_that_cannot_be_used_are_told_at_their_place() {
    let json = r#"{ "openapi": "3.0.3", "info": { "title": "Desk", "version": "1" }, "paths": { "/tickets":"#;
    let table = [
        ("a truncated JSON document", "openapi.json", json.to_owned(), "S006", "openapi.json:1:90"),
        ("a truncated YAML document", "openapi.yaml", cut(DOCUMENT, "{ $ref"), "S006", "openapi.yaml:21:28"),
        ("an empty document", "openapi.yaml", String::new(), "S012", "openapi.yaml:1:1"),
        (
            "a text that is no YAML",
            "openapi.yaml",
            "openapi: 3.0.3\n\tinfo: x\n".to_owned(),
            "S002",
            "openapi.yaml:1:10",
        ),
        ("not OpenAPI", "openapi.yaml", "name: desk\ntickets: []\n".to_owned(), "N001", "openapi.yaml:1:1"),
        ("a list", "openapi.json", "[1, 2]".to_owned(), "N001", "openapi.json:1:1"),
        (
            "an unknown dialect",
            "openapi.yaml",
            DOCUMENT.replace("3.0.3", "4.0.0"),
            "N002",
            "openapi.yaml:1:10",
        ),
    ];
    assert_all(table.map(|(what, name, text, code, at)| {
        let manifest = MANIFEST.replace("openapi.yaml", name);
        refused(&Desk::new(&manifest, &[(name, &text)]), what, code, at)
    }));
}

/// A text up to where another stands in it.
fn cut(text: &str, before: &str) -> String {
    text[..text.find(before).unwrap()].to_owned()
}

#[test]
fn a_document_outside_of_the_folder_is_not_read() {
    let names =
        ["../secret.yaml", "sub/../../secret.yaml", "/etc/passwd", "https://desk.example/openapi.yaml", ".."];
    assert_all(names.map(|name| {
        let manifest = MANIFEST.replace("openapi.yaml", name);
        let desk = Desk::new(&manifest, &[]);
        fs::write(desk.folder.path().join("secret.yaml"), DOCUMENT).unwrap();
        refused(&desk, name, "C015", "connector.yaml:3:11")
    }));
    let desk = Desk::new(MANIFEST, &[]);
    let outcome = desk.generate();
    let codes: Vec<_> = errors(&outcome).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["S001"], "a document that is not there");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_read() {
    let desk = Desk::new(MANIFEST, &[]);
    fs::write(desk.folder.path().join("secret.yaml"), DOCUMENT).unwrap();
    std::os::unix::fs::symlink(desk.folder.path().join("secret.yaml"), desk.input().join("openapi.yaml"))
        .unwrap();
    assert_all([refused(&desk, "a link", "R005", "connector.yaml:3:11")]);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (Desk::good(), Desk::good());
    one.generate();
    two.generate();
    assert_eq!(one.written(), two.written());
    let before = one.written();
    let again = one.generate().connector.unwrap();
    assert!(output::compare(&one.made(), &again.files).0.is_empty(), "nothing is left to write");
    assert_eq!(one.written(), before);
}

#[test]
fn the_command_refuses_with_the_source_line_and_exit_code_1() {
    let manifest = MANIFEST.replace("records: tickets", "records: ticket");
    let desk = Desk::new(&manifest, &[("openapi.yaml", DOCUMENT)]);
    let text = desk.xtask(&[]).with(1);
    for part in ["P003", "connector.yaml:26:14", "records: ticket", "did you mean `tickets`?"] {
        assert!(text.stderr.contains(part), "{part:?} is not in:\n{}", text.stderr);
    }
    assert!(!text.stderr.contains('\u{1b}'), "no colours where nobody watches");
    let found = desk.xtask(&["--format", "json"]).with(1).json_lines();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&found[0]["code"], &found[0]["severity"]), (&Value::from("P003"), &Value::from("error")));
    assert!(found[0].to_string().contains("26"), "{:#}", found[0]);
    assert!(desk.written().is_empty(), "nothing was written");
}

#[test]
fn check_lists_what_is_stale_and_writes_nothing() {
    let desk = Desk::good();
    let all = desk.xtask(&["--check"]).with(1).stdout;
    assert!(desk.written().is_empty(), "nothing was written");
    let _ = desk.xtask(&[]).with(0);
    let written = desk.written();
    // The lock file stands beside the manifest.
    assert_eq!(all.lines().count(), written.len() + 1, "each file was told, and no other:\n{all}");
    assert!(all.contains("connector.lock"), "{all}");
    assert_eq!(desk.xtask(&["--check"]).with(0).stdout, "", "up to date");

    fs::write(desk.made().join("src/streams.rs"), "// edited").unwrap();
    fs::remove_file(desk.made().join("README.md")).unwrap();
    let before = desk.written();
    let stale = desk.xtask(&["--check"]).with(1).stdout;
    let mut stale: Vec<_> = stale.lines().map(|line| line.rsplit("crate/").next().unwrap()).collect();
    stale.sort_unstable();
    assert_eq!(stale, ["README.md", "src/streams.rs"]);
    assert_eq!(desk.written(), before, "nothing was written");
    let _ = desk.xtask(&[]).with(0);
    assert_eq!(desk.written(), written, "and generating brings it back");
}

#[test]
fn what_was_not_generated_is_never_touched() {
    let desk = Desk::good();
    let _ = desk.xtask(&[]).with(0);
    fs::create_dir(desk.made().join("notes")).unwrap();
    fs::write(desk.made().join("notes/mine.md"), "mine").unwrap();
    // Another API leaves files behind that nobody generates any more.
    fs::write(desk.input().join("openapi.yaml"), DOCUMENT.replace("tags: [Tickets]", "tags: [Cases]"))
        .unwrap();
    let _ = desk.xtask(&[]).with(0);
    let written = desk.written();
    assert_eq!(written["notes/mine.md"], b"mine");
    assert!(!written.keys().any(|name| name.contains("tickets")), "old files are gone: {:?}", written.keys());

    // Somebody's own file where a generated one has to be written.
    let desk = Desk::good();
    fs::write(desk.made().join("Cargo.toml"), "# mine").unwrap();
    let refused = desk.xtask(&[]).with(1);
    assert!(refused.stderr.contains("R002"), "{}", refused.stderr);
    let written = desk.written();
    assert_eq!(written.keys().collect::<Vec<_>>(), ["Cargo.toml"], "nothing else was written either");
    assert_eq!(written["Cargo.toml"], b"# mine");
}
