//! What was observed in payloads, beside two documents: each case is a finding and an edit of one small document, with what explains the one
//! by the other.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its own files has to stop")]

use std::fs;
use std::path::Path;

use linchpin_codegen::drift::Options;
use linchpin_codegen::drift::impact::{Assessment, Outcome, Severity, assess_observed};
use linchpin_codegen::drift::observed::{self, Observations, ObservedKind, Standing};
use linchpin_codegen::source::{Limits, SourceFiles, parse};
use serde_json::{Value, json};

const DOCUMENT: &str = r##"openapi: 3.1.0
info: { title: Acme, version: "1" }
servers: [ { url: https://api.acme.example/v1 } ]
paths:
  /tickets:
    get:
      operationId: listTickets
      responses:
        "200":
          description: A page.
          content:
            application/json:
              schema:
                type: object
                required: [ tickets ]
                properties:
                  tickets: { type: array, items: { $ref: "#/components/schemas/Ticket" } }
                  next: { type: string }
components:
  schemas:
    Base:
      type: object
      required: [ id ]
      properties:
        id: { type: integer }
    Ticket:
      allOf:
        - $ref: "#/components/schemas/Base"
        - type: object
          required: [ updated_at, title ]
          properties:
            updated_at: { type: string, format: date-time }
            title: { type: string, maxLength: 100 }
            status: { type: string, enum: [ open, closed ] }
            count: { type: integer }
            owner: { type: object, additionalProperties: false, properties: { name: { type: string } } }
            labels: { type: array, items: { type: string } }
            target: { oneOf: [ { $ref: "#/components/schemas/A" } ] }
            old: { type: string }
    A: { type: object, required: [ a ], properties: { a: { type: string } } }
    B: { type: object, required: [ b ], properties: { b: { type: string } } }
"##;

const MANIFEST: &str = r#"version: 1
name: acme
document: openapi.yaml
description: Tickets.
server: { url: https://api.acme.example/v1 }
auth: { none: {} }
operations: [ listTickets ]
paging:
  follow: { next_url: { path: next } }
streams:
  tickets:
    operation: listTickets
    records: tickets
    key: id
    cursor: { field: updated_at, order: descending }
"#;

fn finding(kind: &str, pointer: &str, observed: &[&str], more: Value) -> Value {
    let observed: serde_json::Map<String, Value> =
        observed.iter().map(|what| ((*what).to_owned(), json!(412))).collect();
    let mut finding = json!({
        "kind": kind, "severity": "warning", "state": "new", "status": 200, "pointer": pointer, "expected": "string",
        "observed": observed, "seen": 412, "checked": 12_400, "rate": 0.0332, "runs": 7, "serves": false,
        "first_seen": "2026-11-01T08:00:00Z", "last_seen": "2026-11-20T08:00:00Z",
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        finding[key] = value.clone();
    }
    finding
}

fn report(findings: &[Value]) -> Value {
    json!({
        "version": 1, "connector": "acme", "connector_version": "0.1.0", "made_at": "2026-11-21T08:00:00Z",
        "streams": [{
            "name": "tickets", "operation": "GET /tickets", "operation_id": "listTickets", "runs": 7, "checked": 12_400,
            "overflow": 0, "quarantined": 0, "findings": findings,
        }],
    })
}

fn read(reports: &[Value]) -> Observations {
    let mut observations = Observations::default();
    for report in reports {
        let text = report.to_string();
        let (tree, _) = parse(&mut observations.files, "observed.json", text, &Limits::default());
        let (read, found) = observed::read(&tree.expect("JSON"));
        observations.reports.push(read.unwrap_or_else(|| panic!("{report}\n{found:?}")));
    }
    observations
}

fn folder(document: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("connector.yaml"), MANIFEST).expect("the manifest");
    fs::write(folder.path().join("openapi.yaml"), document).expect("the document");
    folder
}

fn outcome(folder: &Path, revision: Option<&str>, reports: &[Value]) -> Outcome {
    let path = folder.join("revision.yaml");
    if let Some(text) = revision {
        fs::write(&path, text).expect("the revision");
    }
    let options = Options::new("2026-11-21".parse().expect("a day"));
    assess_observed(folder, revision.map(|_| path.as_path()), read(reports), &options)
}

fn assessed(document: &str, revision: Option<&str>, findings: &[Value]) -> Assessment {
    let outcome = outcome(folder(document).path(), revision, &[report(findings)]);
    outcome.assessment.unwrap_or_else(|| panic!("{:?} {:?}", outcome.diagnostics, outcome.revised))
}

fn edited(from: &str, to: &str) -> String {
    assert_eq!(DOCUMENT.matches(from).count(), 1, "{from}");
    DOCUMENT.replace(from, to)
}

/// A finding, an edit that describes it, and the change that is said to explain it; `None` where it is not explained.
type Case = (Value, (&'static str, &'static str), Option<(Standing, &'static str)>);

fn cases() -> Vec<Case> {
    use Standing::{Explained, Likely};
    let at = |field: &str| format!("/tickets/*/{field}");
    let of = |kind: &str, field: &str, observed: &[&str]| finding(kind, &at(field), observed, Value::Null);
    let old = "            old: { type: string }\n";
    let title = "title: { type: string, maxLength: 100 }";
    let status = "status: { type: string, enum: [ open, closed ] }";
    let field = |name: &str| -> &'static str {
        Box::leak(format!("{old}            {name}: {{ type: string }}\n").into_boxed_str())
    };
    vec![
        (
            of("unknown_field", "color", &["string"]),
            (old, field("color")),
            Some((Explained, "response-optional-property-added")),
        ),
        (of("unknown_field", "color", &["string"]), (old, field("colour")), None),
        (
            of("unknown_field", "a~1b", &["string"]),
            (old, field("a/b")),
            Some((Explained, "response-optional-property-added")),
        ),
        (
            of("unknown_field", "owner/*", &["string"]),
            ("additionalProperties: false", "additionalProperties: { type: string }"),
            Some((Explained, "response-property-additional-properties")),
        ),
        (
            of("unknown_field_closed", "owner/age", &["integer"]),
            ("name: { type: string } }", "name: { type: string }, age: { type: integer } }"),
            Some((Explained, "response-optional-property-added")),
        ),
        (
            of("missing_required", "title", &["nothing"]),
            ("[ updated_at, title ]", "[ updated_at ]"),
            Some((Explained, "response-property-became-optional")),
        ),
        (of("missing_required", "title", &["nothing"]), ("[ updated_at, title ]", "[ title ]"), None),
        (
            of("null_not_nullable", "title", &["null"]),
            (title, "title: { type: [ string, \"null\" ], maxLength: 100 }"),
            Some((Explained, "response-property-became-nullable")),
        ),
        (
            of("null_not_nullable", "title", &["null"]),
            (title, "title: { oneOf: [ { type: string, maxLength: 100 }, { type: \"null\" } ] }"),
            Some((Explained, "response-property-became-nullable")),
        ),
        (of("null_not_nullable", "title", &["null"]), (title, "title: { type: string }"), None),
        (
            of("type_widened", "count", &["number"]),
            ("count: { type: integer }", "count: { type: number }"),
            Some((Explained, "response-property-type")),
        ),
        (
            of("type_incompatible", "count", &["object", "string"]),
            ("count: { type: integer }", "count: { type: string }"),
            None,
        ),
        (
            of("type_incompatible", "labels/*", &["number"]),
            ("items: { type: string } }", "items: { type: [ string, number ] } }"),
            Some((Explained, "response-property-type-generalized")),
        ),
        (
            finding("enum_unknown_value", &at("status"), &["another text"], json!({ "values": ["lost"] })),
            (status, "status: { type: string, enum: [ open, closed, lost ] }"),
            Some((Explained, "response-property-enum-value-added")),
        ),
        (
            finding(
                "enum_unknown_value",
                &at("status"),
                &["another text"],
                json!({ "values": ["lost", "odd"] }),
            ),
            (status, "status: { type: string, enum: [ open, closed, lost ] }"),
            None,
        ),
        // Which texts came is not kept as a rule.
        (
            of("enum_unknown_value", "status", &["another text"]),
            (status, "status: { type: string, enum: [ open, closed, lost ] }"),
            Some((Likely, "response-property-enum-value-added")),
        ),
        (
            of("enum_unknown_value", "status", &["another text"]),
            (status, "status: { type: string }"),
            Some((Explained, "response-property-became-not-enum")),
        ),
        (
            finding(
                "format_mismatch",
                &at("updated_at"),
                &["another format"],
                json!({ "expected": "string(date-time)" }),
            ),
            ("format: date-time", "format: date"),
            Some((Explained, "response-property-type-specialized")),
        ),
        (
            of("union_no_branch", "target", &["object"]),
            (
                "{ $ref: \"#/components/schemas/A\" } ]",
                "{ $ref: \"#/components/schemas/A\" }, { $ref: \"#/components/schemas/B\" } ]",
            ),
            Some((Likely, "response-property-one-of-added")),
        ),
        (
            of("constraint_violation", "title", &["beyond maxLength"]),
            ("maxLength: 100", "maxLength: 200"),
            Some((Likely, "response-property-max-length-increased")),
        ),
        (
            of("constraint_violation", "title", &["beyond maxLength"]),
            ("status: { type: string, ", "status: { type: string, maxLength: 9, "),
            None,
        ),
        (
            of("constraint_violation", "title", &["beyond maxLength"]),
            (", maxLength: 100", ""),
            Some((Explained, "response-property-max-length-unset")),
        ),
        (
            of("constraint_violation", "title", &["beyond maxLength", "beyond something"]),
            (", maxLength: 100", ""),
            Some((Likely, "response-property-max-length-unset")),
        ),
        (
            finding("undocumented_status", "", &["422"], json!({ "status": 422 })),
            ("      responses:\n", "      responses:\n        \"422\": { description: No. }\n"),
            Some((Explained, "response-non-success-status-added")),
        ),
        (
            finding(
                "undocumented_content_type",
                "",
                &["text/html"],
                json!({ "expected": "application/json" }),
            ),
            ("            application/json:\n", "            text/html: {}\n            application/json:\n"),
            Some((Explained, "response-media-type-added")),
        ),
        (
            finding("field_vanished", &at("old"), &["nothing"], json!({ "status": 0 })),
            (old, ""),
            Some((Explained, "response-optional-property-removed")),
        ),
        (
            finding("rename_candidate", &at("old"), &["young"], json!({ "status": 0 })),
            (old, "            young: { type: string }\n"),
            Some((Explained, "response-optional-property-removed")),
        ),
        (
            of("cursor_lost", "updated_at", &["none"]),
            ("            updated_at: { type: string, format: date-time }\n", ""),
            Some((Explained, "response-required-property-removed")),
        ),
        // What no document says is told whatever changes.
        (finding("paging_contract", "", &["a page that does not lead on"], json!({})), (old, ""), None),
        (finding("limit_header_undeclared", "#x-limit", &["a header"], json!({})), (old, ""), None),
    ]
}

/// What is wrong with how a case is told.
fn wrong(finding: &Value, revision: &str, expected: Option<(Standing, &str)>) -> Option<String> {
    let findings = std::slice::from_ref(finding);
    let assessment = assessed(DOCUMENT, Some(revision), findings);
    let changes: Vec<&str> =
        assessment.report.changes.iter().map(|judged| judged.change.id.as_str()).collect();
    let observed = assessment.observed.first()?;
    let Some(told) = assessment.impact.iter().find(|impact| impact.observed == Some(0)) else {
        return Some(format!("nothing is told of {observed:?}; {changes:?}"));
    };
    let Some((standing, id)) = expected else {
        let good =
            (observed.standing, told.change, told.severity) == (Standing::Observed, None, Severity::Risks);
        return (!good).then(|| format!("{told:?} of {observed:?}; {changes:?}"));
    };
    let change = observed.change.and_then(|index| changes.get(index));
    if observed.standing != standing
        || !change.is_some_and(|known| known.starts_with(id))
        || (told.change, told.severity) != (observed.change, Severity::Notices)
    {
        return Some(format!("{:?} by {change:?} of {changes:?}: {told:?}", observed.standing));
    }
    // Without a revision it is as it was observed.
    let alone = assessed(DOCUMENT, None, findings);
    if alone.observed[0].standing != Standing::Observed || !alone.report.changes.is_empty() {
        return Some(format!("alone: {:?}", alone.observed));
    }
    // Where the pinned document describes it, it is known. That something is gone no document says by itself.
    let gone = ["field_vanished", "rename_candidate", "cursor_lost"];
    if standing == Standing::Explained && !gone.contains(&finding["kind"].as_str().unwrap_or_default()) {
        let known = assessed(revision, None, findings);
        let quiet = known.impact.iter().all(|impact| impact.observed.is_none());
        if known.observed[0].standing != Standing::Documented || !quiet {
            return Some(format!("in the pinned document: {:?}", known.observed));
        }
    }
    None
}

#[test]
fn what_the_revision_describes_is_explained_by_its_change() {
    let told: Vec<String> = cases()
        .into_iter()
        .filter_map(|(finding, (from, to), expected)| {
            let wrong = wrong(&finding, &edited(from, to), expected)?;
            Some(format!("{} at {}, with `{}`: {wrong}", finding["kind"], finding["pointer"], to.trim()))
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_finding_stands_at_the_line_that_it_is_about() {
    let of = |kind: &str, pointer: &str, more: Value| finding(kind, pointer, &["null"], more);
    let serves = json!({ "serves": true, "severity": "error" });
    for (finding, line, severity, base) in [
        (
            of("null_not_nullable", "/tickets/*/title", json!({})),
            11,
            Severity::Risks,
            "/components/schemas/Ticket/allOf/1/properties/title",
        ),
        (
            of("null_not_nullable", "/tickets/*/id", serves.clone()),
            14,
            Severity::Breaks,
            "/components/schemas/Base/properties/id",
        ),
        (
            of("format_mismatch", "/tickets/*/updated_at", serves),
            15,
            Severity::Breaks,
            "/components/schemas/Ticket/allOf/1/properties/updated_at",
        ),
        (
            of("unknown_field", "/tickets/*/color", json!({ "severity": "info" })),
            11,
            Severity::Notices,
            "/components/schemas/Base/properties/color",
        ),
        (
            of("record_path_missing", "/tickets", json!({ "severity": "error" })),
            13,
            Severity::Breaks,
            "/paths/~1tickets/get/responses/200/content/application~1json/schema/properties/tickets",
        ),
        (
            of("cursor_lost", "/tickets/*/updated_at", json!({ "severity": "error" })),
            15,
            Severity::Breaks,
            "/components/schemas/Ticket/allOf/1/properties/updated_at",
        ),
        (
            of("paging_contract", "", json!({ "severity": "error", "status": 0 })),
            9,
            Severity::Breaks,
            "/paths/~1tickets/get/responses/200/content/application~1json/schema",
        ),
        (
            of("limit_header_undeclared", "#x-limit", json!({ "severity": "info" })),
            11,
            Severity::Notices,
            "/paths/~1tickets/get",
        ),
    ] {
        let assessment = assessed(DOCUMENT, None, std::slice::from_ref(&finding));
        let [impact] = assessment.impact.as_slice() else { panic!("{finding}: {:?}", assessment.impact) };
        assert_eq!(impact.manifest.as_ref().map(|at| at.line), Some(line), "{finding}: {impact:?}");
        assert_eq!(impact.severity, severity, "{finding}");
        let side = assessment.observed[0].base.clone().unwrap_or_else(|| panic!("{finding}"));
        assert_eq!(side.pointer, base, "{finding}");
        assert!(impact.what.starts_with("Stream `tickets`: "), "{impact:?}");
    }
}

#[test]
fn only_what_is_new_is_told_and_what_explains_it_is_told_of_all_but_the_resolved() {
    let revision = edited("title: { type: string, ", "title: { type: [ string, \"null\" ], ");
    for (state, alone, explained) in
        [("new", 1, 1), ("pending", 0, 1), ("baseline", 0, 1), ("accepted", 0, 1), ("resolved", 0, 0)]
    {
        let finding = finding("null_not_nullable", "/tickets/*/title", &["null"], json!({ "state": state }));
        let count = |revision: Option<&str>| {
            let assessment = assessed(DOCUMENT, revision, std::slice::from_ref(&finding));
            assessment.impact.iter().filter(|impact| impact.observed.is_some()).count()
        };
        assert_eq!((count(None), count(Some(&revision))), (alone, explained), "{state}");
    }
}

#[test]
fn reports_of_several_stores_are_one() {
    let one = |state: &str, seen: u64, last: &str| {
        let more = json!({ "state": state, "seen": seen, "last_seen": last });
        report(&[finding("null_not_nullable", "/tickets/*/title", &["null"], more)])
    };
    let reports = [one("baseline", 4, "2026-11-20T08:00:00Z"), one("new", 5, "2026-11-19T08:00:00Z")];
    let assessment = outcome(folder(DOCUMENT).path(), None, &reports).assessment.expect("an assessment");
    let [observed] = assessment.observed.as_slice() else { panic!("{:?}", assessment.observed) };
    assert_eq!(
        (observed.seen, observed.checked, observed.runs, observed.observed["null"]),
        (9, 24_800, 14, 824)
    );
    assert_eq!(observed.last_seen, "2026-11-20T08:00:00Z");
    assert_eq!(assessment.impact.len(), 1, "one store has not seen it before");
}

#[test]
fn every_kind_can_be_read_and_is_told() {
    let mut ids: Vec<&str> = ObservedKind::ALL.iter().map(|kind| kind.id()).collect();
    for kind in ObservedKind::ALL {
        let name = serde_json::to_value(kind).expect("a word");
        let name = name.as_str().expect("a word");
        assert_eq!(kind.id(), format!("observed-{}", name.replace('_', "-")));
        let assessment = assessed(DOCUMENT, None, &[finding(name, "/tickets/*/no", &["x"], json!({}))]);
        assert_eq!(assessment.observed.len(), 1, "{name}");
        if assessment.observed[0].standing != Standing::Documented {
            assert_eq!(assessment.impact.len(), 1, "{name}: {:?}", assessment.observed);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), ObservedKind::ALL.len());
}

#[test]
fn hostile_reports_are_read_or_refused_and_never_more() {
    let long = "/x".repeat(50_000);
    for (pointer, kind) in [
        (long.as_str(), "unknown_field"),
        ("no slash", "null_not_nullable"),
        ("~2/~", "missing_required"),
        ("/tickets/*/*/*/*", "type_incompatible"),
        ("#", "limit_header_undeclared"),
        ("", "null_not_nullable"),
        ("/tickets/*/`|</script>\u{0}", "unknown_field"),
    ] {
        let assessment = assessed(DOCUMENT, Some(DOCUMENT), &[finding(kind, pointer, &["null"], json!({}))]);
        assert_eq!(assessment.observed.len(), 1, "{kind} at {pointer}");
    }
    for text in [
        "[]",
        "{}",
        "3",
        "{\"streams\": 3, \"connector\": []}",
        "{\"version\": 1, \"connector\": \"a\", \"streams\": [3]}",
        "{\"version\": -1, \"connector\": \"a\", \"streams\": []}",
    ] {
        let (tree, _) = parse(&mut SourceFiles::new(), "x.json", text.to_owned(), &Limits::default());
        let (report, found) = observed::read(&tree.expect(text));
        assert!(report.is_none() && found.has_errors(), "{text}");
    }
}
