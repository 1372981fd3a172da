//! Every kind of the catalogue: some pair of documents tells it, with its class, at its operation, and with a place on both sides.

use std::collections::{BTreeMap, BTreeSet};

use linchpin_codegen::drift::{Class, Options, Side, ids};
use serde_json::{Value, json};

use super::access::ACCESS;
use super::documents::{WHOLE, document};
use super::lifecycle::LIVES;
use super::messages::MESSAGES;
use super::schemas::CASES;
use super::{of_texts, options};

/// Pairs of operations for kinds that no other table has.
const MORE: &[(&str, &str)] = &[
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"readOnly": true}}}}}}}"#,
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"writeOnly": true}}}}}}}"#,
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}, "required": ["x"]}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"readOnly": true}}, "required": ["x"]}}}}}"#,
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}, "required": ["x"]}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"writeOnly": true}}, "required": ["x"]}}}}}"#,
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"readOnly": true}}}}}}}}"#,
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"writeOnly": true}}}}}}}}"#,
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}, "required": ["x"]}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"readOnly": true}}, "required": ["x"]}}}}}}"#,
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}, "required": ["x"]}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"writeOnly": true}}, "required": ["x"]}}}}}}"#,
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"readOnly": true, "enum": ["a", "b"], "maximum": 5, "minimum": 1, "exclusiveMaximum": 9, "exclusiveMinimum": 1}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"readOnly": true, "enum": ["a"], "maximum": 4, "minimum": 2, "exclusiveMaximum": 8, "exclusiveMinimum": 2}}}}}}}"#,
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}, "required": ["x"]}}}}}"#,
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"default": 1}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"default": 1}}, "required": ["x"]}}}}}"#,
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"writeOnly": true, "enum": ["a"]}, "y": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"writeOnly": true, "enum": ["a", "b"]}, "y": {}}, "required": ["x"]}}}}}}"#,
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"writeOnly": true}, "y": {"writeOnly": true}}, "required": ["x"]}}}}}}"#,
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "object", "properties": {"a": {}}}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["a", "b"]}}]}"#,
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "allowEmptyValue": true, "schema": {}}]}"#,
    ),
    (r#"{}"#, r#"{"parameters": [{"name": "other", "in": "path", "required": true, "schema": {}}]}"#),
    (r#"{}"#, r#"{"responses": {"200": {"links": {"a": {"operationId": "x"}}}}}"#),
    (
        r#"{"responses": {"200": {"content": {"application/json": {}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json; version=2": {}}}}}"#,
    ),
    (
        r#"{"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"x": {"type": "integer"}}}}, "text/plain": {"schema": {"type": "integer"}}}}}"#,
        r#"{"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}}, "text/plain": {"schema": {"type": "string"}}}}}"#,
    ),
    (
        r#"{"responses": {"200": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}}, "text/plain": {"schema": {"type": "string"}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"x": {"type": "integer"}}}}, "text/plain": {"schema": {"type": "integer"}}}}}}"#,
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "schema": {}}]}"#,
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "soon", "schema": {}}]}"#,
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2026-12-01", "schema": {}}]}"#,
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2027-12-01", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "schema": {}}]}"#,
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2027-12-01", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2026-12-01", "schema": {}}]}"#,
    ),
    (
        r#"{"deprecated": true, "x-sunset": "2027-12-01"}"#,
        r#"{"deprecated": true, "x-sunset": "2028-12-01"}"#,
    ),
    (
        r#"{"deprecated": true, "x-sunset": "2027-12-01"}"#,
        r#"{"deprecated": true, "x-sunset": "2026-12-01"}"#,
    ),
    (r#"{"deprecated": true, "x-sunset": "2027-12-01"}"#, r#"{"deprecated": true, "x-sunset": "soon"}"#),
    (r#"{}"#, r#"{"deprecated": true, "x-sunset": "2026-12-01"}"#),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {"deprecated": true}}}}}"#,
    ),
];

/// Pairs of schemas for rules that no other table has.
const MORE_SCHEMAS: &[(&str, &str)] = &[
    (r#"{"maximum": 5}"#, r#"{}"#),
    (r#"{"minimum": 5}"#, r#"{}"#),
    (r#"{"exclusiveMaximum": 5}"#, r#"{}"#),
    (r#"{"exclusiveMinimum": 5}"#, r#"{}"#),
    (r#"{"maxLength": 5}"#, r#"{}"#),
    (r#"{"minLength": 5}"#, r#"{}"#),
    (r#"{"maxItems": 5}"#, r#"{}"#),
    (r#"{"minItems": 5}"#, r#"{"minItems": 6}"#),
    (r#"{"minItems": 5}"#, r#"{}"#),
    (r#"{"maxProperties": 5}"#, r#"{}"#),
    (r#"{"minProperties": 5}"#, r#"{"minProperties": 6}"#),
    (r#"{"minProperties": 5}"#, r#"{}"#),
    (r#"{"maxContains": 5}"#, r#"{}"#),
    (r#"{"minContains": 5}"#, r#"{}"#),
    (r#"{"minLength": 5}"#, r#"{"minLength": 6}"#),
    (r#"{"type": "object"}"#, r#"{"type": "object", "discriminator": {"propertyName": "a"}}"#),
    (
        r#"{"type": "object", "discriminator": {"propertyName": "a", "mapping": {"a": "A", "b": "B"}}}"#,
        r#"{"type": "object", "discriminator": {"propertyName": "a", "mapping": {"a": "B", "c": "C"}}}"#,
    ),
];

/// Pairs of what stands beside the operation, for kinds that no other table has.
const MORE_WHOLE: &[(&str, &str)] = &[
    (
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}}}"#,
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}}}"#,
    ),
    (
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}}}"#,
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "k"}}}}"#,
    ),
    (
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}}}"#,
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {}}}"#,
    ),
    (r#"{"security": [{"k": []}, {"l": []}]}"#, r#"{"security": [{"k": []}]}"#),
    (
        r#"{"security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "a", "refreshUrl": "a", "scopes": {"a": "A"}}}}}}}"#,
        r#"{"security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "b", "refreshUrl": "b", "scopes": {"a": "B"}}}}}}}"#,
    ),
    (
        r#"{"servers": [{"url": "https://{a}.example.com", "variables": {"a": {"default": "x"}}}]}"#,
        r#"{"servers": [{"url": "https://{a}.example.com"}]}"#,
    ),
    (r#"{}"#, r#"{"paths": {"/things/{id}": {"parameters": [{"name": "v", "in": "query", "schema": {}}]}}}"#),
    (r#"{"paths": {"/things/{id}": {"put": {"deprecated": true}}}}"#, r#"{}"#),
    (r#"{"paths": {"/things/{id}": {"put": {"deprecated": true, "x-sunset": "2026-12-24"}}}}"#, r#"{}"#),
];

const CROSSED: &str = "only callbacks and webhooks send it this way round";

/// Kinds that no pair here tells with the class that the catalogue lists, and why.
const UNTOLD: &[(&str, &str)] = &[
    ("request-body-type-specialized", CROSSED),
    ("request-property-type-specialized", CROSSED),
    ("request-parameter-type-specialized", CROSSED),
    ("response-body-pattern-generalized", CROSSED),
    ("response-property-pattern-generalized", CROSSED),
    ("response-header-pattern-generalized", CROSSED),
    ("response-header-property-pattern-generalized", CROSSED),
];

/// A document that has a schema wherever one can stand.
fn everywhere(schema: &str) -> Value {
    let schema: Value = serde_json::from_str(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
    let object = json!({"type": "object", "properties": {"x": schema}});
    let body = |schema: &Value| json!({"content": {"application/json": {"schema": schema}}});
    let parameter =
        |name: &str, place: &str, schema: &Value| json!({"name": name, "in": place, "schema": schema});
    let response = json!({
        "description": "Done",
        "headers": {"X-A": {"schema": schema}, "X-B": {"schema": object}},
        "content": body(&schema)["content"],
    });
    let within = json!({"description": "Done", "content": body(&object)["content"]});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/whole": {"post": {
                "parameters": [
                    parameter("q", "query", &schema), parameter("o", "query", &object),
                    parameter("X-Q", "header", &schema), parameter("X-O", "header", &object),
                ],
                "requestBody": body(&schema),
                "responses": {"200": response},
            }},
            "/within": {"post": {"requestBody": body(&object), "responses": {"200": within}}},
        },
        "components": {"schemas": {
            "A": {"type": "object", "properties": {"a": {"type": "string"}}},
            "B": {"type": "object", "properties": {"b": {"type": "string"}}},
            "C": {"type": "object", "properties": {"c": {"type": "string"}}},
        }},
    })
}

/// What is wrong with the place that a change names in a document, if anything.
fn misplaced(side: Option<&Side>, document: &Value, text: &str) -> Option<String> {
    let Some(side) = side else { return Some("no place".to_owned()) };
    if document.pointer(&side.pointer).is_none() {
        return Some(format!("{} leads nowhere", side.pointer));
    }
    let key = side.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let line = (side.line as usize).checked_sub(1).and_then(|line| text.lines().nth(line));
    let Some(line) = line else { return Some(format!("line {} is none", side.line)) };
    // The items of a list have no key on their line.
    let named = key.parse::<usize>().is_ok() || line.contains(&Value::String(key).to_string());
    (!named && !side.pointer.is_empty())
        .then(|| format!("{} is not in line {}: {line}", side.pointer, side.line))
}

#[test]
fn each_kind_is_told_by_some_pair_with_its_class_and_a_place_on_both_sides() {
    let operation = |text: &str| {
        let read: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        document(&read, &json!({}))
    };
    let whole = |text: &str| {
        let read: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        document(&json!({}), &read)
    };
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    let schemas = CASES.iter().map(|(base, revision, ..)| (base, revision));
    for (base, revision) in schemas.chain(MORE_SCHEMAS.iter().map(|(base, revision)| (base, revision))) {
        pairs.push((everywhere(base), everywhere(revision)));
    }
    let operations =
        [LIVES, MESSAGES, ACCESS].into_iter().flatten().map(|(base, revision, _)| (base, revision));
    for (base, revision) in operations.chain(MORE.iter().map(|(base, revision)| (base, revision))) {
        pairs.push((operation(base), operation(revision)));
    }
    let documents = WHOLE.iter().map(|(base, revision, _)| (base, revision));
    for (base, revision) in documents.chain(MORE_WHOLE.iter().map(|(base, revision)| (base, revision))) {
        pairs.push((whole(base), whole(revision)));
    }
    let mut told: BTreeMap<String, BTreeSet<Class>> = BTreeMap::new();
    let mut failures = Vec::new();
    let late = Options { deprecation_days_stable: 30, ..options() };
    for (left, right) in &pairs {
        for (base, revision) in [(left, right), (right, left)] {
            let texts = [base, revision].map(|document| format!("{document:#}"));
            let [old, new] = &texts;
            for options in [&options(), &late] {
                for change in of_texts(old, new, options).changes {
                    let sides = [(&change.base, base, old), (&change.revision, revision, new)];
                    for (side, document, text) in sides {
                        if let Some(wrong) = misplaced(side.as_ref(), document, text) {
                            failures.push(format!("{}: {wrong}: {}", change.id, change.text));
                        }
                    }
                    told.entry(change.id).or_default().insert(change.class);
                }
            }
        }
    }
    let waived: BTreeMap<&str, &str> = UNTOLD.iter().copied().collect();
    for (id, class) in ids() {
        let found = told.get(&id).is_some_and(|classes| classes.contains(&class));
        if found == waived.contains_key(id.as_str()) {
            failures.push(format!(
                "{id} as {class}: told as {:?}, waived: {:?}",
                told.get(&id),
                waived.get(id.as_str())
            ));
        }
    }
    failures.sort();
    failures.dedup();
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}
