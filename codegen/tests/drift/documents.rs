//! Documents with one operation, and what changes in the whole of a document.

use linchpin_codegen::drift::Class;
use serde_json::{Value, json};

use super::{lines, of, of_texts, options};

/// A document with one operation and some components.
pub(super) fn document(operation: &Value, rest: &Value) -> Value {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{id}": {"get": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "Done"}},
        }}},
    });
    let item = &mut document["paths"]["/things/{id}"]["get"];
    merge(item, operation);
    merge(&mut document, rest);
    document
}

pub(super) fn merge(into: &mut Value, other: &Value) {
    match (into, other) {
        (Value::Object(into), Value::Object(other)) => {
            for (key, value) in other {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(other)) => into.extend(other.iter().cloned()),
        (into, other) => *into = other.clone(),
    }
}

/// What an operation has before, what it has after, and each change as `class id`.
pub(super) type Operations = &'static [(&'static str, &'static str, &'static [&'static str])];

/// Compares each pair of a table.
pub(super) fn check(table: Operations) {
    let mut failures = Vec::new();
    for (base, revision, expected) in table {
        let read = |text: &str| {
            let operation: Value =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            document(&operation, &json!({}))
        };
        let mut found = lines(&of(&read(base), &read(revision)));
        found.sort();
        let expected: Vec<String> =
            expected.iter().map(|line| format!("{line} @ GET /things/{{id}}")).collect();
        if found != expected {
            failures.push(format!("{base} -> {revision}\n  expected {expected:#?}\n  found {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), table.len(), failures.join("\n"));
}

/// What the document has before and after beside its operation, and each change as `class id @ operations`.
pub(super) const WHOLE: &[(&str, &str, &[&str])] = &[
    (
        r#"{"servers": [{"url": "https://a.example.com/"}]}"#,
        r#"{"servers": [{"url": "https://a.example.com"}]}"#,
        &[],
    ),
    (
        r#"{"servers": [{"url": "https://a.example.com"}, {"url": "https://b.example.com"}]}"#,
        r#"{"servers": [{"url": "https://a.example.com"}]}"#,
        &["breaking api-server-removed @ GET /things/{id}"],
    ),
    (
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu", "enum": ["eu", "us"]}}}]}"#,
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "us", "enum": ["us"]}}}]}"#,
        &[
            "breaking api-server-variable-value-removed @ GET /things/{id}",
            "risky api-server-variable-default-changed @ GET /things/{id}",
        ],
    ),
    (
        "{}",
        r#"{"security": [{"key": []}]}"#,
        &[
            "additive api-global-security-added @ GET /things/{id}",
            "breaking api-global-security-anonymous-access-removed @ GET /things/{id}",
        ],
    ),
    // What stands beside the operations of a path is one change for all of them.
    (
        r#"{"paths": {"/things/{id}": {"parameters": [{"name": "v", "in": "query", "schema": {}}], "put": {}}}}"#,
        r#"{"paths": {"/things/{id}": {"parameters": [{"name": "w", "in": "query", "schema": {}}], "put": {}}}}"#,
        &[
            "additive new-optional-request-default-parameter-to-existing-path @ GET /things/{id}, PUT /things/{id}",
            "risky request-parameter-removed @ GET /things/{id}, PUT /things/{id}",
        ],
    ),
    // Where every operation asks for something of its own, what the document asks for is for nobody.
    (
        r#"{"paths": {"/things/{id}": {"get": {"security": [{"key": []}]}}}}"#,
        r#"{"security": [{"other": []}], "paths": {"/things/{id}": {"get": {"security": [{"key": []}]}}}}"#,
        &["editorial api-global-security-added @ "],
    ),
    (
        r#"{"security": [{"o": ["a"]}]}"#,
        r#"{"security": [{"o": ["a", "b"]}]}"#,
        &["breaking api-global-security-scope-added @ GET /things/{id}"],
    ),
    (
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}}}}"#,
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "Authorization"}}}}"#,
        &["breaking api-security-component-name-changed @ GET /things/{id}"],
    ),
    (
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}}}}"#,
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "x-key"}}}}"#,
        &[
            "breaking api-security-component-in-changed @ GET /things/{id}",
            "breaking api-security-component-name-changed @ GET /things/{id}",
        ],
    ),
    (
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "http", "scheme": "basic"}}}}"#,
        r#"{"security": [{"k": []}], "components": {"securitySchemes": {"k": {"type": "http", "scheme": "Bearer"}}}}"#,
        &["breaking api-security-component-scheme-changed @ GET /things/{id}"],
    ),
    (
        r#"{"components": {"securitySchemes": {"k": {"type": "http", "scheme": "basic"}}}}"#,
        r#"{"components": {"securitySchemes": {"k": {"type": "oauth2", "flows": {}}}}}"#,
        &["editorial api-security-component-type-changed @ "],
    ),
    (
        r#"{"security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a", "scopes": {"a": "A"}}}}}}}"#,
        r#"{"security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://b", "scopes": {"b": "B"}}, "password": {}}}}}}"#,
        &[
            "additive api-security-component-oauth-flow-added @ GET /things/{id}",
            "additive api-security-component-oauth-scope-added @ GET /things/{id}",
            "breaking api-security-component-oauth-scope-removed @ GET /things/{id}",
            "breaking api-security-component-oauth-token-url-changed @ GET /things/{id}",
        ],
    ),
    (
        r#"{"security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "openIdConnect", "openIdConnectUrl": "https://a"}}}}"#,
        r#"{"security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "openIdConnect", "openIdConnectUrl": "https://b"}}}}"#,
        &["breaking api-security-component-open-id-connect-url-changed @ GET /things/{id}"],
    ),
    (
        r#"{"components": {"schemas": {"Old": {}}}}"#,
        r#"{"components": {"schemas": {"New": {}}}}"#,
        &["editorial api-schema-added @ ", "editorial api-schema-removed @ "],
    ),
    ("{}", r#"{"webhooks": {"done": {"post": {}}}}"#, &["additive webhook-added @ "]),
    (r#"{"webhooks": {"done": {"post": {}}}}"#, "{}", &["breaking webhook-removed @ "]),
    (
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "integer"}}}}}}}}"#,
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "number"}}}}}}}}"#,
        &["breaking request-body-type-generalized @ POST webhook:done"],
    ),
    ("{}", r#"{"paths": {"/new": {"get": {"responses": {}}}}}"#, &["additive endpoint-added @ GET /new"]),
    (
        r#"{"paths": {"/old": {"get": {"responses": {}}}}}"#,
        "{}",
        &["breaking api-path-removed-without-deprecation @ GET /old"],
    ),
    (
        r#"{"paths": {"/old": {"get": {"deprecated": true, "responses": {}}}}}"#,
        "{}",
        &["editorial api-path-removed-with-deprecation @ GET /old"],
    ),
    (
        r#"{"paths": {"/old": {"get": {"deprecated": true, "x-sunset": "2026-11-22"}}}}"#,
        "{}",
        &["breaking api-path-removed-before-sunset @ GET /old"],
    ),
    (
        r#"{"paths": {"/old": {"get": {"deprecated": true, "x-sunset": "2026-11-21"}}}}"#,
        "{}",
        &["editorial api-path-removed-with-deprecation @ GET /old"],
    ),
    (r#"{"paths": {"/old": {"get": {"x-stability-level": "draft"}}}}"#, "{}", &[]),
    (
        r#"{"paths": {"/things/{id}": {"put": {}}}}"#,
        "{}",
        &["breaking api-removed-without-deprecation @ PUT /things/{id}"],
    ),
    (
        "{}",
        r#"{"paths": {"/things/{id}": {"parameters": [{"name": "v", "in": "query", "required": true, "schema": {}}]}}}"#,
        &["breaking new-required-request-default-parameter-to-existing-path @ GET /things/{id}"],
    ),
    (
        r#"{"info": {"version": "1.0.0"}, "paths": {"/a": {"get": {}}}}"#,
        r#"{"info": {"version": "1.0.0"}}"#,
        &["breaking api-path-removed-without-deprecation @ GET /a", "editorial api-version-not-bumped @ "],
    ),
    (
        r#"{"info": {"version": "1.0.0"}, "paths": {"/a": {"get": {}}}}"#,
        r#"{"info": {"version": "1.1.0"}}"#,
        &[
            "breaking api-path-removed-without-deprecation @ GET /a",
            "editorial api-major-version-not-bumped @ ",
        ],
    ),
    (
        r#"{"info": {"version": "2.0.0"}, "paths": {"/a": {"get": {}}}}"#,
        r#"{"info": {"version": "1.0.0"}}"#,
        &["breaking api-path-removed-without-deprecation @ GET /a", "editorial api-version-decreased @ "],
    ),
    (
        r#"{"info": {"version": "0.1.0"}, "paths": {"/a": {"get": {}}}}"#,
        r#"{"info": {"version": "0.2.0"}}"#,
        &["breaking api-path-removed-without-deprecation @ GET /a"],
    ),
];

#[test]
fn changes_of_the_whole_document_reach_its_operations() {
    let mut failures = Vec::new();
    for (base, revision, expected) in WHOLE {
        let read = |text: &str| {
            let rest: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            document(&json!({}), &rest)
        };
        let mut found = lines(&of(&read(base), &read(revision)));
        found.sort();
        if found != *expected {
            failures.push(format!("{base} -> {revision}\n  expected {expected:#?}\n  found {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), WHOLE.len(), failures.join("\n"));
}

#[test]
fn a_change_in_a_shared_component_is_told_once_with_all_that_it_reaches_and_its_places() {
    let text = |kind: &str| {
        format!(
            "openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\npaths:\n  /b:\n    get:\n      responses:\n        '200':\n          description: OK\n          content:\n            application/json:\n              schema:\n                type: array\n                items: {{$ref: '#/components/schemas/Thing'}}\n  /a:\n    get:\n      responses:\n        '200':\n          description: OK\n          content:\n            application/json:\n              schema: {{$ref: '#/components/schemas/Thing'}}\n    put:\n      requestBody:\n        content:\n          application/json:\n            schema: {{$ref: '#/components/schemas/Thing'}}\n      responses: {{}}\ncomponents:\n  schemas:\n    Thing:\n      type: object\n      properties:\n        name: {{type: {kind}}}\n"
        )
    };
    let report = of_texts(&text("integer"), &text("number"), &options());
    assert_eq!(
        lines(&report),
        [
            "breaking response-property-type-generalized @ GET /a, GET /b",
            "additive request-property-type-generalized @ PUT /a",
        ]
    );
    let change = &report.changes[0];
    assert_eq!(change.operation.as_deref(), Some("GET /a"));
    let base = change.base.as_ref().expect("a side");
    assert_eq!(
        (base.pointer.as_str(), base.file.as_str(), base.line),
        ("/components/schemas/Thing/properties/name/type", "base.yaml", 33)
    );
    assert_eq!(
        change.text,
        "Property `name` of `Thing` in responses: the type was widened from `integer` to `number`."
    );
    assert_eq!(report.worst(), Some(Class::Breaking));
}
