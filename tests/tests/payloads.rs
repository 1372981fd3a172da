//! What no earlier test shows of payloads: a quarantine that is full, and values beyond bounds, through programs as their users run them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_codegen::generate::generate;
use linchpin_codegen::render::RenderOptions;
use linchpin_tests::lab::Lab;
use linchpin_tests::program::{Ended, Program, lines, workspace};
use linchpin_tests::table;
use linchpin_tests::wrapper::{Wrapper, connector};
use linchpin_zendesk::CONTRACT;
use serde_json::{Value, json};

/// As many records as a store holds in quarantine.
const MOST: i64 = 100_000;

#[test]
fn a_sync_into_a_full_quarantine_ends_red_with_what_to_do_and_loses_nothing() {
    let lab = Lab::new(&CONTRACT, 300, "");
    let run = |arguments: &[&str]| -> Ended {
        Program::zendesk().run(lab.folder(), arguments).config("ZENDESK", &lab.config()).end()
    };
    // The table, as the program makes it.
    lab.sandbox().drift("key:300".parse().unwrap());
    let _ = run(&["sync", "--store", "z.db", "organizations"]).with(0);
    let full = "INSERT INTO linchpin_quarantine (stream, slice, digest, kind, reason, record, bytes, included, first_seen, last_seen, times)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        SELECT 'organizations', '', i, 'key_missing', '', '{}', 2, '[]', '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z', 1 FROM n";
    let filled = rusqlite::Connection::open(lab.path("z.db"))
        .unwrap()
        .execute(full, [MOST - 1])
        .expect("a full table");
    assert_eq!(filled as i64, MOST - 1);

    // One record of the second page cannot be stored.
    lab.sandbox().drift("key:150".parse().unwrap());
    let ended = run(&["sync", "--store", "z.db", "users", "--format", "json"]).with(1);
    for word in
        ["the quarantine is full", "100001 records", "`quarantine list`", "`quarantine drop`", "page 2"]
    {
        assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
    }
    assert_eq!(table::count(&lab.path("z.db"), "users"), 100, "the page before stays, nothing of the other");
    let report = &ended.json_lines()[0];
    assert_eq!((&report["stream"], &report["rows"]), (&json!("users"), &json!(100)), "{report}");
    // Again, and it is as red as before: nothing goes on behind what is missing.
    let _ = run(&["sync", "--store", "z.db", "users"]).with(1);
    assert_eq!(table::count(&lab.path("z.db"), "users"), 100);
    // A stream that has nothing to hold back is none of it.
    lab.sandbox().drift("".parse().unwrap());
    let _ = run(&["sync", "--store", "z.db", "groups"]).with(0);
    lab.sandbox().drift("key:150".parse().unwrap());

    let dropped = run(&["quarantine", "drop", "--store", "z.db", "--stream", "organizations"]).with(0);
    assert!(dropped.stderr.contains("100,000 records forgotten"), "{}", dropped.stderr);
    let ended = run(&["sync", "--store", "z.db", "users"]).with(0);
    assert!(ended.stderr.contains("2 records of `users` could not be stored"), "{}", ended.stderr);
    assert_eq!(table::count(&lab.path("z.db"), "users"), 298, "all but what is held");
}

const DOCUMENT: &str = r##"openapi: 3.1.0
info: { title: Bounded, version: "1" }
servers: [ { url: https://bounded.example } ]
paths:
  /things:
    get:
      operationId: listThings
      responses:
        "200":
          description: All of them.
          content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Thing" } } } }
components:
  schemas:
    Thing:
      type: object
      required: [ id, share, scores, code, labels ]
      properties:
        id: { type: integer }
        share: { type: number, minimum: 0, maximum: 1 }
        code: { type: string, pattern: "^AC[0-9a-fA-F]{8}$", maxLength: 10 }
        labels: { type: object, additionalProperties: { type: string, pattern: '^\w{1,40}$' } }
        scores: { type: array, minItems: 1, uniqueItems: true, items: { type: integer, minimum: 1, maximum: 5 } }
"##;

const MANIFEST: &str = "version: 1
name: bounded
document: openapi.yaml
description: Things with bounds.
server: { url: https://bounded.example }
auth: { none: {} }
operations: [ listThings ]
streams:
  things: { operation: listThings, records: ., key: id }
";

#[test]
fn values_beyond_their_bounds_are_counted_by_a_generated_program_and_the_proposal_takes_the_bounds_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("openapi.yaml"), DOCUMENT).unwrap();
    fs::write(path("connector.yaml"), MANIFEST).unwrap();
    let runtime_path = Some(workspace().join("runtime").to_str().unwrap().to_owned());
    let made = connector(generate(folder.path(), &RenderOptions { runtime_path }));
    let program = Wrapper::new(&made).build("linchpin-bounded");
    // What a sandbox serves that drifts so: the findings of a second run.
    let drifted = |plan: &[&str], store: &str| -> Value {
        let arguments = ["sandbox", "--records", "100"].iter().chain(plan);
        let mut sandbox = program.run(folder.path(), arguments).start();
        let told: Vec<String> = lines(&mut sandbox.0).take(3).collect();
        fs::write(path("bounded.yaml"), told.join("\n")).unwrap();
        let _ = program.run(folder.path(), ["sync", "--store", store]).end().with(0);
        let report = program.run(folder.path(), ["drift", "--store", store, "--format", "json"]).end();
        serde_json::from_str(&report.with(0).stdout).unwrap()
    };
    let none = drifted(&[], "b.db");
    assert_eq!(none["streams"][0]["findings"], json!([]), "a sandbox without drift keeps the bounds");
    let found =
        drifted(&["--drift", "beyond=share:4,beyond=scores:3,beyond=code:5,beyond=labels:10"], "b.db");
    let told: Vec<(&str, &str, u64)> = found["streams"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default();
            (text("kind"), text("pointer"), finding["seen"].as_u64().unwrap_or_default())
        })
        .collect();
    let expected = [("/*/scores/*", 33), ("/*/share", 25), ("/*/code", 20), ("/*/labels/*", 10)];
    assert_eq!(told, expected.map(|(pointer, seen)| ("constraint_violation", pointer, seen)), "{found:#}");
    let proposed = program
        .run(folder.path(), ["drift", "--store", "b.db", "--format", "overlay", "--document", "openapi.yaml"])
        .end()
        .with(0)
        .stdout;
    for target in [
        "properties.share.maximum",
        "properties.scores.items.maximum",
        "properties.code.maxLength",
        "properties.code.pattern",
        "properties.labels.additionalProperties.pattern",
    ] {
        assert!(proposed.contains(&format!("target: $.components.schemas.Thing.{target}\n")), "{proposed}");
    }
}
