//! Drift of payloads from end to end: a sandbox serves what its document does not say, and the connector's program counts it, holds it back,
//! stops for it, proposes a change of the document, and releases what it held.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use linchpin_codegen::source::{Limits, SourceFiles, parse};
use linchpin_runtime::drift::{
    Kind, Report, ReportedFinding, ReportedStream, Severity, Status, overlay, report_schema,
};
use linchpin_runtime::store::{Batch, Checkpoint, Quarantined, Store};
use linchpin_tests::exercise::document::Document;
use linchpin_tests::exercise::schema::{Direction, Schemas};
use linchpin_tests::lab::Lab;
use linchpin_tests::process;
use linchpin_tests::program::{Ended, Program, workspace};
use linchpin_tests::table;
use linchpin_zendesk::CONTRACT;
use serde_json::{Value, json};

fn run(lab: &Lab, arguments: &[&str]) -> Ended {
    Program::zendesk().run(lab.folder(), arguments).config("ZENDESK", &lab.config()).end()
}

fn drifts(lab: &Lab, plan: &str) {
    lab.sandbox().drift(plan.parse().unwrap());
}

/// What the program says of a stream, all of it, checked against the schema that is published.
fn reported(lab: &Lab, stream: &str) -> Value {
    let ended = run(lab, &["drift", "--store", "z.db", stream, "--all", "--format", "json"]).with(0);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let schema: Value = serde_json::from_str(report_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{report:#}");
    // What compares documents reads the same file.
    let (tree, _) = parse(&mut SourceFiles::new(), "report.json", ended.stdout, &Limits::default());
    let (read, found) = linchpin_codegen::drift::observed::read(&tree.unwrap());
    assert!(read.is_some(), "{found:?}");
    report["streams"][0].clone()
}

#[test]
fn kinds_and_words_are_the_same_on_both_sides_of_the_file() {
    use linchpin_codegen::drift::observed::{ObservedKind, ObservedSeverity, ObservedState};
    let words = |values: Vec<Value>| {
        let mut words: Vec<String> = values.iter().map(|value| value.as_str().unwrap().to_owned()).collect();
        words.sort();
        words
    };
    let written = words(Kind::ALL.iter().map(|kind| json!(kind)).collect());
    let read = words(ObservedKind::ALL.iter().map(|kind| json!(kind)).collect());
    assert_eq!(written, read);
    let schema: Value = serde_json::from_str(report_schema()).unwrap();
    let listed =
        |key: &str| words(schema["$defs"]["finding"]["properties"][key]["enum"].as_array().unwrap().clone());
    assert_eq!(written, listed("kind"));
    for severity in [Severity::Info, Severity::Warning, Severity::Error] {
        serde_json::from_value::<ObservedSeverity>(json!(severity)).unwrap();
        assert!(listed("severity").contains(&severity.as_str().to_owned()));
    }
    for state in [Status::New, Status::Pending, Status::Baseline, Status::Accepted, Status::Resolved] {
        serde_json::from_value::<ObservedState>(json!(state)).unwrap();
        assert!(listed("state").contains(&state.as_str().to_owned()));
    }
}

/// `kind pointer state` of all findings.
fn told(stream: &Value) -> Vec<String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let findings = stream["findings"].as_array().unwrap().iter();
    findings
        .map(|found| [text(found, "kind"), text(found, "pointer"), text(found, "state")].join(" "))
        .collect()
}

#[test]
fn what_an_api_serves_otherwise_is_told_once_it_is_new_and_never_stops_the_sync() {
    let lab = Lab::new(&CONTRACT, 150, "");
    let first = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    assert_eq!(first.stderr, "", "a document that is true has nothing to tell");
    assert_eq!(told(&reported(&lab, "users")), Vec::<String>::new());
    drifts(&lab, "unknown=nickname:1,null=name:2,enum=role:3,missing=phone:5,type=verified:7");
    let second = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    assert!(second.stderr.contains("`users` is not as its document says any more"), "{}", second.stderr);
    assert_eq!(table::count(&lab.path("z.db"), "users"), 150, "every record is stored as it was served");
    let stream = reported(&lab, "users");
    let expected = [
        "type_incompatible /users/*/verified new",
        "null_not_nullable /users/*/name new",
        "missing_required /users/*/phone new",
        "unknown_field /users/*/nickname new",
        "enum_unknown_value /users/*/role new",
    ];
    assert_eq!(told(&stream), expected);
    assert_eq!(stream["findings"][1]["seen"], 75);
    assert_eq!(stream["findings"][1]["observed"], json!({ "null": 75 }));
    // No value of a record is anywhere in it.
    assert!(!stream.to_string().contains("drifted"), "{stream:#}");

    let shown = run(&lab, &["drift", "--store", "z.db"]).with(0).stdout;
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(shown.contains("null_not_nullable: null in place of string"), "{shown}");
    for (severity, code) in [("error", 1), ("warning", 1), ("info", 1)] {
        let _ = run(&lab, &["drift", "--store", "z.db", "--fail-on", severity]).with(code);
    }
    let _ = run(&lab, &["drift", "accept", "--store", "z.db"]).with(0);
    let _ = run(&lab, &["drift", "--store", "z.db", "--fail-on", "info"]).with(0);
    let third = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    assert_eq!(third.stderr, "", "what is known is told no more");
    // Put right, it is resolved after three runs.
    drifts(&lab, "");
    (0..3).for_each(|_| drop(run(&lab, &["sync", "--store", "z.db", "users"]).with(0)));
    assert!(told(&reported(&lab, "users")).iter().all(|line| line.ends_with(" resolved")));
    let _ = run(&lab, &["drift", "--store", "nowhere.db"]).with(2);
    assert!(!lab.path("nowhere.db").exists(), "a look makes no store");
}

#[test]
fn a_sync_stops_where_the_records_or_their_key_are_lost() {
    for (plan, kind, pointer) in
        [("records:1", "record_path_missing", "/users"), ("key:1", "key_missing", "/users/*/id")]
    {
        let lab = Lab::new(&CONTRACT, 30, "");
        let _ = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
        drifts(&lab, plan);
        let ended = run(&lab, &["sync", "--store", "z.db", "users"]).with(1);
        assert!(
            ended.stderr.starts_with("error: stream `users` stopped at page 1"),
            "{plan}: {}",
            ended.stderr
        );
        assert_eq!(table::count(&lab.path("z.db"), "users"), 30, "{plan}: what was stored stays");
        let told = told(&reported(&lab, "users"));
        assert!(told.iter().any(|line| line.starts_with(&format!("{kind} {pointer} "))), "{plan}: {told:?}");
        drifts(&lab, "");
        let _ = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    }
    // The cursor of tickets, which earlier runs had.
    let lab = Lab::new(&CONTRACT, 30, "");
    let _ = run(&lab, &["sync", "--store", "z.db", "tickets"]).with(0);
    drifts(&lab, "cursor:1");
    lab.later();
    lab.sandbox().touch("tickets", 20);
    let ended = run(&lab, &["sync", "--store", "z.db", "tickets"]).with(1);
    assert!(ended.stderr.contains("has the cursor `updated_at`, which earlier ones had"), "{}", ended.stderr);
}

#[test]
fn records_that_cannot_be_stored_are_held_back_listed_and_told() {
    let lab = Lab::new(&CONTRACT, 100, "");
    drifts(&lab, "key:20");
    let ended = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    assert!(
        ended.stderr.contains("5 records of `users` could not be stored; quarantine has"),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.contains("; 5 records in quarantine"), "{}", ended.stdout);
    assert_eq!(table::count(&lab.path("z.db"), "users"), 95);
    let listed = run(&lab, &["quarantine", "list", "--store", "z.db"]).with(0);
    assert_eq!(listed.stdout.matches("the key's field `id` is missing").count(), 5, "{}", listed.stdout);
    let lines = run(&lab, &["quarantine", "list", "--store", "z.db", "users", "--format", "json"])
        .with(0)
        .json_lines();
    assert!(lines.iter().all(|line| line["kind"] == "key_missing" && line["whole"] == true), "{lines:?}");
    let released = run(&lab, &["quarantine", "release", "--store", "z.db"]).with(1);
    assert!(released.stderr.contains("5 records still cannot be stored"), "{}", released.stderr);
    assert_eq!(table::count(&lab.path("z.db"), "users"), 95);
    // Put right at the API, the records come by themselves; what is held is told until somebody looks.
    drifts(&lab, "");
    let _ = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    assert_eq!(table::count(&lab.path("z.db"), "users"), 100);
}

#[test]
fn a_release_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    const HELD: usize = 30_000;
    let lab = Lab::new(&CONTRACT, 1, "");
    let users = CONTRACT.stream("users").unwrap();
    let path = lab.path("z.db");
    {
        let store = Store::open(&path, &CONTRACT).unwrap();
        let records: Vec<String> =
            (0..HELD).map(|id| json!({ "id": id, "name": "held" }).to_string()).collect();
        let quarantined: Vec<Quarantined<'_>> = records
            .iter()
            .map(|record| Quarantined {
                record,
                slice: "",
                included: Cow::Borrowed("[]"),
                kind: "key_missing",
                reason: "an older version wanted another key".to_owned(),
            })
            .collect();
        let batch = Batch { quarantined: &quarantined, ..Batch::default() };
        store.commit_page(users, &batch, &Checkpoint::default(), Timestamp::UNIX_EPOCH).unwrap();
    }
    let held = |store: &str| {
        let connection = rusqlite::Connection::open(lab.path(store)).unwrap();
        let count = "SELECT count(*) FROM linchpin_quarantine";
        connection.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs() as usize
    };
    let mut cut = 0;
    for round in 0..200 {
        let program = Program::zendesk();
        let run = program.run(lab.folder(), ["quarantine", "release", "--store", "z.db", "users"]);
        let before = table::count(&path, "users");
        let mut child = run.start_quietly();
        // Until it is at work, and then a moment more.
        while table::count(&path, "users") == before && child.0.try_wait().unwrap().is_none() {
            process::pass(Duration::from_micros(200));
        }
        process::pass(Duration::from_micros(round % 7 * 300));
        let ended = child.0.try_wait().unwrap();
        if ended.is_none() {
            child.0.kill().unwrap();
        }
        child.0.wait().unwrap();
        let (rows, held) = (table::count(&path, "users"), held("z.db"));
        assert_eq!(rows + held, HELD, "round {round}: {rows} rows, {held} held");
        cut += usize::from(0 < rows && rows < HELD);
        if held == 0 {
            break;
        }
    }
    assert!(cut > 0, "no kill fell into a release");
    assert_eq!(table::records(&path, "users").len(), HELD);
    let _ = run(&lab, &["quarantine", "release", "--store", "z.db"]).with(0);
}

/// The document as an overlay makes it.
fn applied(document: &str, proposed: &str) -> Value {
    // Trees know their texts by number, so both are of one list.
    let mut files = SourceFiles::new();
    let mut tree = |name: &str, text: &str| {
        let (tree, found) = parse(&mut files, name, text, &Limits::default());
        tree.unwrap_or_else(|| panic!("{text}: {found:?}"))
    };
    let (document, overlay) = (tree("openapi.yaml", document), tree("overlay.yaml", proposed));
    let (result, found) = linchpin_codegen::overlay::apply(&document, &overlay, &Limits::default());
    result.unwrap_or_else(|| panic!("{proposed}\n{found:?}")).root().to_json()
}

/// What an independent validator says of the records of `GET /api/v2/users`.
fn faults(document: &Document, body: &Value) -> Vec<String> {
    let operation = document.operation("GET", "/api/v2/users").unwrap();
    let body_of = operation.responses.iter().find(|response| response.status == "200").unwrap();
    let schema = Schemas::new(document).standalone(&body_of.schema, Direction::Response);
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(body).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

#[test]
fn the_proposed_overlay_makes_the_document_true_again() {
    let lab = Lab::new(&CONTRACT, 40, "");
    let _ = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    drifts(&lab, "unknown=nickname:1,null=name:2,missing=phone:5,type=verified:7,widen=active:2");
    let _ = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    let path = workspace().join("specs/zendesk/openapi.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let arguments = ["drift", "--store", "z.db", "users", "--format", "overlay", "--document"];
    let arguments = [&arguments[..], &[path.to_str().unwrap()]].concat();
    let proposed = run(&lab, &arguments).with(0).stdout;
    assert!(proposed.contains("x-drift") && proposed.contains("seen: 20"), "{proposed}");

    let records: Vec<Value> = table::records(&lab.path("z.db"), "users").into_values().collect();
    let body = json!({ "users": records, "meta": { "has_more": false, "after_cursor": null, "before_cursor": null },
        "links": { "next": null, "prev": null } });
    let before = faults(&Document::read(&path), &body);
    assert!(before.len() > 40, "the document is wrong before: {before:?}");
    let document = Document::new(applied(&text, &proposed));
    assert_eq!(faults(&document, &body), Vec::<String>::new(), "{proposed}");
    let nickname = document.target("#/components/schemas/User/properties/nickname");
    assert_eq!(nickname, Some(&json!({ "type": "integer" })));
    let _ = run(&lab, &["drift", "--store", "z.db", "--format", "overlay"]).with(2);
}

fn finding(kind: Kind, pointer: &str, observed: &[(&str, u64)]) -> ReportedFinding {
    let moment = Timestamp::UNIX_EPOCH;
    ReportedFinding {
        kind,
        severity: Severity::Warning,
        state: Status::New,
        status: 200,
        pointer: pointer.to_owned(),
        expected: String::new(),
        observed: observed
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect::<BTreeMap<_, _>>(),
        values: vec!["held".to_owned()],
        seen: 5,
        checked: 10,
        rate: 0.5,
        first_seen: moment,
        last_seen: moment,
        runs: 2,
        serves: false,
    }
}

const THING: &str = r##"{
  "type": "object", "required": ["id"],
  "allOf": [{ "$ref": "#/components/schemas/Base" }],
  "properties": {
    "name": { "type": "string", "format": "uuid" }, "state": { "$ref": "#/components/schemas/State" },
    "tags": { "type": "array", "items": { "type": "string" } }, "size": { "type": "integer" },
    "count": { "type": "integer", "minimum": 1, "maximum": 9 },
    "box": { "type": "object", "additionalProperties": false, "properties": { "a": { "type": "integer" } } }
  } }"##;
const BASE: &str = r#"{ "type": "object", "required": ["at", "by"], "properties": { "at": { "type": "string" }, "by": { "type": "string" } } }"#;

fn document(version: &str) -> String {
    let schemas =
        format!(r#""Thing": {THING}, "Base": {BASE}, "State": {{ "type": "string", "enum": ["open"] }}"#);
    let list = r##"{ "type": "object", "properties": { "items": { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } } } }"##;
    format!(
        r#"{{ "openapi": "{version}", "paths": {{ "/things": {{ "get": {{ "responses": {{ "2XX": {{
            "content": {{ "application/json": {{ "schema": {list} }} }} }} }} }} }} }}, "components": {{ "schemas": {{ {schemas} }} }} }}"#
    )
}

#[test]
fn actions_are_legal_and_change_what_is_wrong_alone() {
    let thing = "/components/schemas/Thing";
    type Case = (&'static str, Kind, &'static str, &'static [(&'static str, u64)], String, Value);
    let old: [Case; 6] = [
        (
            "3.0.3",
            Kind::NullNotNullable,
            "/items/*/name",
            &[("null", 5)],
            format!("{thing}/properties/name/nullable"),
            json!(true),
        ),
        (
            "3.0.3",
            Kind::NullNotNullable,
            "/items/*/state",
            &[("null", 5)],
            format!("{thing}/properties/state"),
            json!({ "nullable": true, "allOf": [{ "$ref": "#/components/schemas/State" }] }),
        ),
        (
            "3.0.3",
            Kind::TypeIncompatible,
            "/items/*/size",
            &[("array", 5)],
            format!("{thing}/properties/size"),
            json!({}),
        ),
        (
            "3.0.3",
            Kind::TypeWidened,
            "/items/*/size",
            &[("number", 5)],
            format!("{thing}/properties/size"),
            json!({ "type": "number" }),
        ),
        (
            "3.0.3",
            Kind::UnknownField,
            "/items/*/new",
            &[("string", 5), ("null", 1)],
            format!("{thing}/properties/new"),
            json!({ "type": "string", "nullable": true }),
        ),
        (
            "3.0.3",
            Kind::MissingRequired,
            "/items/*/id",
            &[("nothing", 5)],
            format!("{thing}/required"),
            Value::Null,
        ),
    ];
    let new: [Case; 14] = [
        (
            "3.1.0",
            Kind::UnknownFieldClosed,
            "/items/*/box/new",
            &[("string", 5)],
            format!("{thing}/properties/box"),
            json!({ "type": "object", "properties": { "a": { "type": "integer" }, "new": { "type": "string" } } }),
        ),
        (
            "3.1.0",
            Kind::UnknownFieldClosed,
            "/items/*/box/*",
            &[("string", 5)],
            format!("{thing}/properties/box/additionalProperties"),
            json!({ "type": "string" }),
        ),
        (
            "3.1.0",
            Kind::ConstraintViolation,
            "/items/*/count",
            &[("beyond maximum", 5)],
            format!("{thing}/properties/count"),
            json!({ "type": "integer", "minimum": 1 }),
        ),
        (
            "3.1.0",
            Kind::UndocumentedContentType,
            "",
            &[("text/plain", 5)],
            "/paths/~1things/get/responses/2XX/content/text~1plain".to_owned(),
            json!({}),
        ),
        (
            "3.1.0",
            Kind::NullNotNullable,
            "/items/*/name",
            &[("null", 5)],
            format!("{thing}/properties/name/type"),
            json!(["string", "null"]),
        ),
        (
            "3.1.0",
            Kind::NullNotNullable,
            "/items/*/tags/*",
            &[("null", 5)],
            format!("{thing}/properties/tags/items/type"),
            json!(["string", "null"]),
        ),
        (
            "3.1.0",
            Kind::NullNotNullable,
            "/items/*/state",
            &[("null", 5)],
            format!("{thing}/properties/state"),
            json!({ "anyOf": [{ "$ref": "#/components/schemas/State" }, { "type": "null" }] }),
        ),
        (
            "3.1.0",
            Kind::TypeIncompatible,
            "/items/*/size",
            &[("array", 5)],
            format!("{thing}/properties/size"),
            json!({ "type": ["array", "integer"], "items": {} }),
        ),
        (
            "3.1.0",
            Kind::UnknownField,
            "/items/*/a~1b",
            &[("object", 5)],
            format!("{thing}/properties/a~1b"),
            json!({ "type": "object" }),
        ),
        (
            "3.1.0",
            Kind::UnknownField,
            "/items/*/*",
            &[("integer", 5)],
            format!("{thing}/additionalProperties"),
            json!({ "type": "integer" }),
        ),
        (
            "3.1.0",
            Kind::MissingRequired,
            "/items/*/by",
            &[("nothing", 5)],
            "/components/schemas/Base/required".to_owned(),
            json!(["at"]),
        ),
        (
            "3.1.0",
            Kind::EnumUnknownValue,
            "/items/*/state",
            &[("another text", 5)],
            "/components/schemas/State/enum".to_owned(),
            json!(["open", "held"]),
        ),
        (
            "3.1.0",
            Kind::FormatMismatch,
            "/items/*/name",
            &[("another format", 5)],
            format!("{thing}/properties/name"),
            json!({ "type": "string" }),
        ),
        (
            "3.1.0",
            Kind::FieldVanished,
            "/items/*/size",
            &[("nothing", 5)],
            format!("{thing}/properties/size/deprecated"),
            json!(true),
        ),
    ];
    for (version, kind, pointer, observed, at, expected) in old.into_iter().chain(new) {
        let stream = ReportedStream {
            name: "things",
            operation: "GET /things".to_owned(),
            operation_id: "listThings",
            runs: 2,
            checked: 10,
            overflow: 0,
            quarantined: 0,
            findings: vec![finding(kind, pointer, observed)],
        };
        let report = Report {
            version: 1,
            connector: "things",
            connector_version: "1.0.0",
            made_at: Timestamp::UNIX_EPOCH,
            streams: vec![stream],
        };
        let text = document(version);
        let proposed = overlay(&report, &text, false).unwrap();
        let result = applied(&text, &proposed);
        let found = result.pointer(&at).cloned().unwrap_or(Value::Null);
        assert_eq!(found, expected, "{version} {kind} {pointer}:\n{proposed}");
    }
}

#[test]
fn what_was_observed_beside_a_revision_is_json_by_the_published_schema() {
    use linchpin_codegen::drift::Options;
    use linchpin_codegen::drift::impact::{assess_observed, json_schema};
    use linchpin_codegen::drift::observed::{Observations, Standing, read};
    let lab = Lab::new(&CONTRACT, 150, "");
    let _ = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    drifts(&lab, "unknown=nickname:1,null=name:2");
    let _ = run(&lab, &["sync", "--store", "z.db", "users"]).with(0);
    let report = run(&lab, &["drift", "--store", "z.db", "--format", "json"]).with(0).stdout;
    let folder = workspace().join("specs/zendesk");
    let document = fs::read_to_string(folder.join("openapi.yaml")).unwrap();
    let schema = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (revision, standing) in [(None, Standing::Observed), (Some(&document), Standing::Observed)] {
        let mut observations = Observations::default();
        let (tree, _) = parse(&mut observations.files, "observed.json", report.clone(), &Limits::default());
        observations.reports.extend(read(&tree.unwrap()).0);
        let path = revision.map(|text| {
            fs::write(lab.path("revision.yaml"), text).unwrap();
            lab.path("revision.yaml")
        });
        let options = Options::new("2026-11-21".parse().unwrap());
        let outcome = assess_observed(&folder, path.as_deref(), observations, &options);
        let assessment = outcome.assessment.unwrap();
        let ids: Vec<(&str, Standing)> =
            assessment.observed.iter().map(|observed| (observed.id.as_str(), observed.standing)).collect();
        let expected = [("observed-null-not-nullable", standing), ("observed-unknown-field", standing)];
        assert_eq!(ids, expected);
        let value: Value = serde_json::from_str(&assessment.to_json()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{value:#}");
    }
}
