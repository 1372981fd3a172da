//! What changes around schemas: operations, parameters, bodies, responses, security, servers.

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

fn merge(into: &mut Value, other: &Value) {
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

/// What the operation has before, what it has after, and each change as `class id`.
pub(super) const OPERATIONS: &[(&str, &str, &[&str])] = &[
    ("{}", r#"{"operationId": "a"}"#, &["editorial api-operation-id-added"]),
    (r#"{"operationId": "a"}"#, r#"{"operationId": "b"}"#, &["editorial api-operation-id-removed"]),
    (r#"{"tags": ["a"]}"#, r#"{"tags": ["b"]}"#, &["editorial api-tag-added", "editorial api-tag-removed"]),
    ("{}", r#"{"deprecated": true}"#, &["editorial endpoint-deprecated"]),
    (
        "{}",
        r#"{"deprecated": true, "x-sunset": "2099-01-01"}"#,
        &["editorial endpoint-deprecated-with-sunset"],
    ),
    ("{}", r#"{"deprecated": true, "x-sunset": "x"}"#, &["breaking api-deprecated-sunset-parse"]),
    (r#"{"deprecated": true}"#, "{}", &["editorial endpoint-reactivated"]),
    (
        r#"{"deprecated": true, "x-sunset": "2099-01-01"}"#,
        r#"{"deprecated": true}"#,
        &["breaking sunset-deleted"],
    ),
    (
        r#"{"deprecated": true}"#,
        r#"{"deprecated": true, "x-sunset": "2099-01-01"}"#,
        &["editorial api-sunset-added"],
    ),
    ("{}", r#"{"x-stability-level": "beta"}"#, &["breaking api-stability-decreased"]),
    (r#"{"x-stability-level": "beta"}"#, "{}", &["editorial api-stability-increased"]),
    (r#"{"x-stability-level": "alpha"}"#, r#"{"deprecated": true}"#, &[]),
    (r#"{"x-stability-level": "soon"}"#, "{}", &["breaking api-invalid-stability-level"]),
    (
        r#"{"x-stability-level": "soon"}"#,
        r#"{"x-stability-level": "soon", "operationId": "a"}"#,
        &["editorial api-operation-id-added"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"x-stability-level": "soon"}}}}}}}}"#,
        &["breaking api-invalid-stability-level"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "soon", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "soon", "schema": {}}]}"#,
        &[],
    ),
    // Parameters
    (
        "{}",
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        &["additive new-optional-request-parameter"],
    ),
    (
        "{}",
        r#"{"parameters": [{"name": "q", "in": "query", "required": true, "schema": {}}]}"#,
        &["breaking new-required-request-parameter"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        "{}",
        &["risky request-parameter-removed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "schema": {}}]}"#,
        "{}",
        &["additive request-parameter-removed-with-deprecation"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2099-01-01", "schema": {}}]}"#,
        "{}",
        &["breaking request-parameter-removed-before-sunset"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "required": true, "schema": {}}]}"#,
        &["breaking request-parameter-became-required"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "integer"}}]}"#,
        &["breaking request-parameter-type-changed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "integer"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}"#,
        &["additive request-parameter-type-generalized"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}]}"#,
        &["additive request-parameter-type-generalized"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "default": "a"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "default": "b"}}]}"#,
        &["breaking request-parameter-default-value-changed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "required": true, "schema": {"type": "string", "default": "a"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "required": true, "schema": {"type": "string", "default": "b"}}]}"#,
        &[],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "array"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "style": "pipeDelimited", "schema": {"type": "array"}}]}"#,
        &["breaking request-parameter-style-changed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "array"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "explode": false, "schema": {"type": "array"}}]}"#,
        &["breaking request-parameter-explode-changed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "explode": false, "style": "form", "schema": {"type": "string"}}]}"#,
        &[],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "allowReserved": true, "schema": {"type": "string"}}]}"#,
        &["additive request-parameter-became-allow-reserved"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "object"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}}]}"#,
        &["breaking request-parameter-media-type-changed"],
    ),
    (
        r#"{"parameters": [{"name": "X-Q", "in": "header", "schema": {"type": "object", "properties": {"a": {}}}}]}"#,
        r#"{"parameters": [{"name": "x-q", "in": "header", "schema": {"type": "object", "required": ["a", "b"], "properties": {"a": {}, "b": {}}}}]}"#,
        &[
            "breaking new-required-request-header-property",
            "breaking request-header-property-became-required",
        ],
    ),
    (
        r#"{"parameters": [{"name": "f", "in": "query", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}]}"#,
        r#"{"parameters": [{"name": "f", "in": "query", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}]}"#,
        &["risky request-parameter-property-type-changed"],
    ),
    // Bodies
    (
        "{}",
        r#"{"requestBody": {"content": {"application/json": {}}}}"#,
        &["additive request-body-added-optional"],
    ),
    (
        "{}",
        r#"{"requestBody": {"required": true, "content": {"application/json": {}}}}"#,
        &["breaking request-body-added-required"],
    ),
    (r#"{"requestBody": {"content": {"application/json": {}}}}"#, "{}", &["breaking request-body-removed"]),
    (
        r#"{"requestBody": {"content": {"application/json": {}}}}"#,
        r#"{"requestBody": {"required": true, "content": {"application/json": {}}}}"#,
        &["breaking request-body-became-required"],
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {}}}}"#,
        r#"{"requestBody": {"content": {"application/xml": {}}}}"#,
        &["additive request-body-media-type-added", "breaking request-body-media-type-removed"],
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}"#,
        &["breaking request-body-media-type-schema-added"],
    ),
    (
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {}}}, "encoding": {"a": {"contentType": "image/png"}}}}}}"#,
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {}}}, "encoding": {"a": {"contentType": "image/gif"}}}}}}"#,
        &["breaking request-body-encoding-changed"],
    ),
    // Properties
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"b": {}}, "required": ["b"]}}}}}"#,
        &["breaking new-required-request-property", "risky request-property-removed"],
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"readOnly": true}, "b": {"default": 1}}, "required": ["a", "b"]}}}}}"#,
        &["breaking new-required-request-property-with-default"],
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"maxLength": 9}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"maxLength": 8, "readOnly": true}}}}}}}"#,
        &[
            "breaking request-optional-property-became-read-only",
            "editorial request-read-only-property-max-length-decreased",
        ],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "required": ["a"], "properties": {"a": {}, "b": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"c": {}}}}}}}}"#,
        &[
            "additive response-optional-property-added",
            "breaking response-required-property-removed",
            "risky response-optional-property-removed",
        ],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "required": ["a"], "properties": {"a": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}}"#,
        &["breaking response-property-became-optional"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"writeOnly": true}}}}}}}}"#,
        &["breaking response-optional-property-became-write-only"],
    ),
    // Responses
    (
        "{}",
        r#"{"responses": {"201": {}, "404": {}}}"#,
        &["additive response-non-success-status-added", "additive response-success-status-added"],
    ),
    (
        r#"{"responses": {"201": {}, "404": {}}}"#,
        "{}",
        &["additive response-non-success-status-removed", "breaking response-success-status-removed"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {}}}}}"#,
        r#"{"responses": {"200": {"content": {"text/csv": {}}}}}"#,
        &["additive response-media-type-added", "breaking response-media-type-removed"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/problem+json": {}}}}}"#,
        &["additive response-media-type-name-specialized"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/problem+json": {}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {}}}}}"#,
        &["breaking response-media-type-name-generalized"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json; charset=UTF-8": {}}}}}"#,
        r#"{"responses": {"200": {"content": {"Application/JSON;charset=utf-8": {}}}}}"#,
        &[],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {}}}}}"#,
        &["risky response-body-media-type-schema-removed"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "string", "enum": ["a", "b"]}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "string", "enum": ["a", "c"]}}}}}}"#,
        &["additive response-mediatype-enum-value-removed", "risky response-mediatype-enum-value-added"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "integer"}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"x-a": {"schema": {"type": "number"}}}}}}"#,
        &["breaking response-header-type-generalized"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"required": true}, "X-B": {}}}}}"#,
        "{}",
        &["breaking required-response-header-removed", "risky optional-response-header-removed"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"required": true}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {}, "X-C": {}}}}}"#,
        &["additive response-header-added", "breaking response-header-became-optional"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "object"}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {"explode": true, "schema": {"type": "object"}}}}}}"#,
        &["breaking response-header-explode-changed"],
    ),
    (
        r#"{"responses": {"200": {"links": {"a": {"operationId": "x"}}}}}"#,
        r#"{"responses": {"200": {"links": {"a": {"operationId": "y"}}}}}"#,
        &["editorial response-link-changed"],
    ),
    (
        "{}",
        r#"{"callbacks": {"done": {"{$url}": {"post": {"responses": {}}}}}}"#,
        &["additive api-callback-added"],
    ),
    // Who reads a callback's request is the client: what it gets more of is what may break it.
    (
        r#"{"callbacks": {"done": {"{$url}": {"post": {"requestBody": {"content": {"application/json": {"schema": {"maxLength": 5}}}}, "responses": {}}}}}}"#,
        r#"{"callbacks": {"done": {"{$url}": {"post": {"requestBody": {"content": {"application/json": {"schema": {"maxLength": 6}}}}, "responses": {}}}}}}"#,
        &["breaking request-body-max-length-increased"],
    ),
    // In lines of JSON a number is no text, in a form it is.
    (
        r#"{"responses": {"200": {"content": {"application/x-ndjson": {"itemSchema": {"type": "string"}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/x-ndjson": {"itemSchema": {"type": "integer"}}}}}}"#,
        &["breaking response-property-type-changed"],
    ),
    // Security and servers
    (
        "{}",
        r#"{"security": [{"key": []}]}"#,
        &["additive api-security-added", "breaking api-security-anonymous-access-removed"],
    ),
    ("{}", r#"{"security": []}"#, &[]),
    (r#"{"security": []}"#, r#"{"security": [{}]}"#, &[]),
    (
        r#"{"security": [{"oauth": ["read"]}]}"#,
        r#"{"security": [{"oauth": ["read", "write"]}, {}]}"#,
        &["additive api-security-anonymous-access-added", "additive api-security-scope-added"],
    ),
    (
        r#"{"security": [{"key": []}]}"#,
        r#"{"security": [{"key": []}, {"oauth": ["read"]}]}"#,
        &["additive api-security-added"],
    ),
    (
        r#"{"security": [{"key": []}, {"oauth": ["read"]}]}"#,
        r#"{"security": [{"key": []}]}"#,
        &["breaking api-security-removed"],
    ),
    (
        r#"{"security": [{"key": []}]}"#,
        r#"{"security": []}"#,
        &["additive api-security-anonymous-access-added", "additive api-security-removed"],
    ),
    (
        r#"{"security": [{"oauth": ["read"]}]}"#,
        r#"{"security": [{"oauth": ["write"]}]}"#,
        &["additive api-security-scope-removed", "breaking api-security-scope-added"],
    ),
    ("{}", r#"{"servers": [{"url": "https://files.example.com"}]}"#, &["additive api-server-added"]),
    (
        r#"{"servers": [{"url": "https://a.example.com"}]}"#,
        r#"{"servers": [{"url": "https://b.example.com"}]}"#,
        &["breaking api-server-url-changed"],
    ),
];

#[test]
fn each_kind_around_schemas_is_told_with_its_class() {
    let mut failures = Vec::new();
    for (base, revision, expected) in OPERATIONS {
        let read = |text: &str| {
            let operation: Value =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            document(&operation, &json!({}))
        };
        let report = of(&read(base), &read(revision));
        let mut found = lines(&report);
        found.sort();
        let expected: Vec<String> =
            expected.iter().map(|line| format!("{line} @ GET /things/{{id}}")).collect();
        if found != expected {
            failures.push(format!("{base} -> {revision}\n  expected {expected:#?}\n  found {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), OPERATIONS.len(), failures.join("\n"));
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

#[test]
fn what_a_deprecation_needs_is_an_option() {
    let before = document(&json!({}), &json!({}));
    let after = |sunset: Value| document(&json!({"deprecated": true, "x-sunset": sunset}), &json!({}));
    for (sunset, days, expected) in [
        (json!(null), 30, "breaking api-deprecated-sunset-missing"),
        (json!("2026-12-20"), 30, "breaking api-sunset-date-too-small"),
        (json!("2026-12-21"), 30, "editorial endpoint-deprecated-with-sunset"),
        (json!("2026-11-21"), 0, "editorial endpoint-deprecated-with-sunset"),
    ] {
        let options = linchpin_codegen::drift::Options { deprecation_days_stable: days, ..options() };
        let report = of_texts(&before.to_string(), &after(sunset.clone()).to_string(), &options);
        assert_eq!(lines(&report), [format!("{expected} @ GET /things/{{id}}")], "{sunset} with {days} days");
    }
}

#[test]
fn how_long_a_property_is_deprecated_before_it_goes_follows_how_stable_it_is() {
    let of = |level: &str, property: Value| {
        let schema = json!({"type": "object", "properties": {"a": property}});
        let body = json!({"content": {"application/json": {"schema": schema}}});
        document(&json!({"x-stability-level": level, "requestBody": body}), &json!({}))
    };
    let late = |extra: Value| {
        let mut property = json!({"type": "string", "deprecated": true, "x-sunset": "2026-12-11"});
        merge(&mut property, &extra);
        property
    };
    // The sunset is 20 days away.
    let told = "editorial request-property-deprecated-with-sunset";
    let soon = "breaking request-property-sunset-date-too-small";
    for (level, extra, expected) in [
        ("stable", json!({}), soon),
        ("beta", json!({}), told),
        ("beta", json!({"x-stability-level": "stable"}), soon),
        ("stable", json!({"x-stability-level": "beta"}), told),
    ] {
        let before = merge_level(json!({"type": "string"}), &extra);
        let options = linchpin_codegen::drift::Options {
            deprecation_days_stable: 30,
            deprecation_days_beta: 10,
            ..options()
        };
        let (base, revision) = (of(level, before), of(level, late(extra.clone())));
        let report = of_texts(&base.to_string(), &revision.to_string(), &options);
        assert_eq!(lines(&report), [format!("{expected} @ GET /things/{{id}}")], "{level} {extra}");
    }
}

fn merge_level(mut property: Value, extra: &Value) -> Value {
    merge(&mut property, extra);
    property
}
