//! What operations send and receive: parameters, bodies, responses, headers, links, callbacks.

use super::documents::{Operations, check};

pub(super) const MESSAGES: Operations = &[
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
    // What has no schema takes any value.
    (
        r#"{"parameters": [{"name": "q", "in": "query"}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "integer"}}]}"#,
        &["breaking request-parameter-type-changed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "integer"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query"}]}"#,
        &["additive request-parameter-type-generalized"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query"}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        &[],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "integer"}}}}}}"#,
        &["additive response-header-type-specialized"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "integer"}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {}}}}}"#,
        &["breaking response-header-type-changed"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "object"}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {"content": {"application/json": {"schema": {"type": "object"}}}}}}}}"#,
        &["breaking response-header-media-type-changed"],
    ),
    // A single value is written alike in every style.
    (
        r#"{"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"a": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "string", "enum": [""]}]}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"a": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "string", "enum": [""]}]}}}, "encoding": {"a": {"style": "deepObject", "explode": true}}}}}}"#,
        &[],
    ),
    // Ranges of media types.
    (
        r#"{"responses": {"200": {"content": {"*/*": {"schema": {"type": "object"}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}}"#,
        &["additive response-media-type-name-specialized"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "integer"}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/*": {"schema": {"type": "string"}}}}}}"#,
        &["breaking response-body-type-changed", "breaking response-media-type-name-generalized"],
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {}}}}"#,
        r#"{"requestBody": {"content": {"*/*": {}}}}"#,
        &["additive request-body-media-type-added"],
    ),
    (
        r#"{"requestBody": {"content": {"*/*": {}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {}}}}"#,
        &["breaking request-body-media-type-removed"],
    ),
    (
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {}}}, "encoding": {"a": {"headers": {"X-A": {}}}}}}}}"#,
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {}}}, "encoding": {"a": {}}}}}}"#,
        &["breaking request-body-encoding-changed"],
    ),
    // What conditions ask for is described where they stand.
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}, "b": {}}, "if": {"required": ["a"]}, "then": {"required": []}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}, "b": {}}, "if": {"required": ["a"]}, "then": {"required": ["b"]}}}}}}"#,
        &["breaking request-property-became-required"],
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "anyOf": [{"required": ["a"]}, {"required": ["c"]}]}}}}}"#,
        &["additive request-property-became-optional", "breaking request-property-became-required"],
    ),
];

#[test]
fn what_changes_in_a_message_is_told_with_its_class() {
    check(MESSAGES);
}
