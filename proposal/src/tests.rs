use serde_json::{Value, json};

use crate::{Document, Finding, Need, propose};

fn finding(need: Need, pointer: &str, observed: &[&str]) -> Finding {
    Finding {
        stream: "things".to_owned(),
        operation: "GET /things".to_owned(),
        status: 200,
        pointer: pointer.to_owned(),
        kind: format!("{need:?}"),
        need,
        observed: observed.iter().map(|what| (*what).to_owned()).collect(),
        values: vec!["held".to_owned()],
        seen: 5,
        checked: 10,
        runs: 2,
        first_seen: "2026-11-01T08:00:00Z".to_owned(),
        last_seen: "2026-11-20T08:00:00Z".to_owned(),
    }
}

fn document(version: &str, thing: &Value) -> Value {
    let schema = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Thing" } });
    let response = json!({ "description": "ok", "content": { "application/json": { "schema": schema } } });
    json!({
        "openapi": version,
        "paths": { "/things": { "get": { "responses": { "200": response } } } },
        "components": { "schemas": { "Thing": thing } },
    })
}

/// What documents say already is not proposed, and told; what they do not is.
#[test]
fn only_what_is_not_true_yet_is_proposed() {
    let old = |name: Value| document("3.0.3", &json!({ "type": "object", "properties": { "name": name } }));
    let new = |name: Value| document("3.1.0", &json!({ "type": "object", "properties": { "name": name } }));
    let by = |thing: Value| document("3.1.0", &thing);
    let null = || finding(Need::Null, "/*/name", &["null"]);
    let number = || finding(Need::Types, "/*/name", &["number"]);
    let both = || finding(Need::Bounds, "/*/name/*", &["beyond maxLength", "beyond pattern"]);
    let field = |types: &[&str]| finding(Need::Field, "/*/more", types);
    let any = || finding(Need::Field, "/*/*", &["integer"]);
    for (document, finding, actions) in [
        (old(json!({ "type": "string" })), null(), 1),
        (old(json!({ "type": "string", "nullable": true })), null(), 0),
        (old(json!({ "allOf": [{ "type": "string" }] })), null(), 2),
        (old(json!({ "nullable": true, "allOf": [{ "type": "string" }] })), null(), 0),
        (new(json!({ "type": "string" })), null(), 2),
        (new(json!({ "type": ["string", "null"] })), null(), 0),
        (new(json!({ "type": ["string", "null"], "enum": ["a"] })), null(), 1),
        (new(json!({ "type": ["string", "null"], "enum": ["a", null] })), null(), 0),
        (new(json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] })), null(), 0),
        (new(json!({ "type": "integer" })), number(), 2),
        (new(json!({ "type": ["number", "string"] })), number(), 0),
        (new(json!({ "oneOf": [{ "type": "string" }, { "type": "number" }] })), number(), 0),
        (new(json!({ "type": "string", "format": "date" })), finding(Need::Format, "/*/name", &[]), 1),
        (new(json!({ "type": "string" })), finding(Need::Format, "/*/name", &[]), 0),
        (new(json!({ "enum": ["open"] })), finding(Need::Texts, "/*/name", &[]), 1),
        (new(json!({ "enum": ["open", "held"] })), finding(Need::Texts, "/*/name", &[]), 0),
        (new(json!({ "maxLength": 1 })), finding(Need::Bounds, "/*/name", &["beyond maxLength"]), 1),
        (new(json!({ "minLength": 1 })), finding(Need::Bounds, "/*/name", &["beyond maxLength"]), 0),
        (
            new(json!({ "pattern": "^a$", "maxLength": 1 })),
            finding(Need::Bounds, "/*/name", &["beyond pattern"]),
            1,
        ),
        (
            new(json!({ "allOf": [{ "pattern": "a" }, { "pattern": "b" }] })),
            finding(Need::Bounds, "/*/name", &["beyond pattern"]),
            2,
        ),
        (new(json!({ "additionalProperties": { "maxLength": 1, "pattern": "a" } })), both(), 2),
        (new(json!({ "patternProperties": { "^x/y": { "maxLength": 1, "pattern": "a" } } })), both(), 2),
        (new(json!({ "maxProperties": 1 })), finding(Need::Bounds, "/*/name", &["beyond maxProperties"]), 1),
        (new(json!({ "type": "string" })), finding(Need::Deprecated, "/*/name", &["nothing"]), 1),
        (new(json!({ "deprecated": true })), finding(Need::Deprecated, "/*/name", &["nothing"]), 0),
        (by(json!({ "type": "object" })), field(&["string"]), 1),
        (by(json!({ "type": "object", "additionalProperties": false })), field(&["string"]), 2),
        (by(json!({ "unevaluatedProperties": false, "allOf": [{}] })), field(&["string"]), 2),
        (by(json!({ "allOf": [{}, { "properties": { "more": {} } }] })), field(&["string"]), 0),
        (by(json!({ "additionalProperties": { "type": "integer" } })), any(), 0),
        (by(json!({ "additionalProperties": { "type": "string" } })), any(), 2),
        (by(json!({ "required": ["name"] })), finding(Need::Optional, "/*/name", &[]), 1),
        (by(json!({ "required": ["id"] })), finding(Need::Optional, "/*/name", &[]), 0),
        (by(json!({})), Finding { status: 418, ..finding(Need::Status, "", &[]) }, 1),
        (by(json!({})), finding(Need::Status, "", &[]), 0),
        (by(json!({})), finding(Need::MediaType, "", &["application/json"]), 0),
        (by(json!({})), finding(Need::MediaType, "", &["text/plain"]), 1),
    ] {
        let text = format!("{finding:?}\n{document:#}");
        let proposal = propose(Document::new(document), &[finding]);
        assert_eq!(proposal.actions.len(), actions, "{text}\n{:#?}", proposal.actions);
        let told: &[&str] = if actions == 0 { &["the document says it already"] } else { &[] };
        let notes: Vec<&str> =
            proposal.notes.iter().filter_map(|note| Some(note.rsplit_once(": ")?.1)).collect();
        assert_eq!(notes, told, "{text}");
    }
}

/// Streams that share a schema say each its own of it, and what one has said the other does not say again.
#[test]
fn later_actions_fit_what_earlier_ones_made() {
    let name = |version: &str| {
        document(version, &json!({ "type": "object", "properties": { "name": { "type": "string" } } }))
    };
    let of = |stream: &str, need: Need, observed: &[&str]| Finding {
        stream: stream.to_owned(),
        ..finding(need, "/*/name", observed)
    };
    let null = |stream: &str| of(stream, Need::Null, &["null"]);
    let types = |stream: &str| of(stream, Need::Types, &["integer"]);
    for (version, findings, expected) in [
        ("3.1.0", vec![null("a"), null("b")], json!(["string", "null"])),
        ("3.1.0", vec![null("a"), types("b")], json!(["integer", "string", "null"])),
        ("3.1.0", vec![types("a"), null("b")], json!(["integer", "string", "null"])),
        ("3.0.3", vec![null("a"), null("b")], json!("string")),
    ] {
        let mut document = Document::new(name(version));
        let proposal = propose(document.clone(), &findings);
        for action in &proposal.actions {
            // Whoever applies them finds each target.
            let path: Vec<&str> = action.target.split('.').skip(1).collect();
            let place = path.iter().fold(document.root_place(), |place, key| place.with(key));
            assert!(document.get(&place).is_some(), "{} in {:#?}", action.target, proposal.actions);
            match &action.update {
                None => document.remove(&place),
                Some(update) => document.update(&place, update),
            }
        }
        let name = ["components", "schemas", "Thing", "properties", "name"];
        let place = name.iter().fold(document.root_place(), |place, key| place.with(key));
        assert_eq!(document.get(&place.with("type")), Some(&expected), "{version} {:#?}", proposal.actions);
        assert_eq!(propose(document, &findings).actions, [], "{version}: nothing is left to say");
    }
}

/// What a hostile document or report can do is bounded.
#[test]
fn what_leads_nowhere_is_told() {
    let endless = json!({ "allOf": [{ "$ref": "#/components/schemas/Thing" }] });
    let itself = json!({ "$ref": "#/components/schemas/Thing" });
    for document in [document("3.1.0", &endless), document("3.1.0", &itself), json!(null), json!([])] {
        for need in [Need::Null, Need::Types, Need::Field, Need::Optional, Need::Status, Need::MediaType] {
            for pointer in ["", "/", "*", "/*/~2", "#link"] {
                let proposal =
                    propose(Document::new(document.clone()), &[finding(need.clone(), pointer, &["x"])]);
                assert!(
                    !proposal.actions.is_empty() || !proposal.notes.is_empty(),
                    "{need:?} at `{pointer}` of {document}"
                );
            }
        }
    }
    let person = finding(Need::Person("look\nthere".to_owned()), "", &[]);
    let proposal = propose(Document::new(json!({})), &[person]);
    assert!(proposal.to_comments().ends_with("at the body: look there\n"), "{}", proposal.to_comments());
    assert_eq!(proposal.to_overlay("x", "1").ok().as_deref(), Some(""));
}
