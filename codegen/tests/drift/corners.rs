//! Corners that documents seldom have: what a client feels of each, and what it does not.

use serde_json::{Value, json};

use super::documents::{Operations, check, document};
use super::{lines, of};

/// What an operation has before, what it has after, and each change as `class id`.
pub(super) const CORNERS: Operations = &[
    // Headers of responses
    (
        r#"{"responses": {"200": {"headers": {"X-State": {"schema": {"type": "string", "enum": ["a", "b"]}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-State": {"schema": {"type": "string", "enum": ["a", "b", "c"]}}}}}}"#,
        &["risky response-header-enum-value-added"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "integer"}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {"required": true, "schema": {"type": "integer"}}}}}}"#,
        &["additive response-header-became-required"],
    ),
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "integer"}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {"deprecated": true, "schema": {"type": "integer"}}}}}}"#,
        &["editorial response-header-deprecated"],
    ),
    // Every number is a text in a header, so who read a text goes on reading one.
    (
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "string"}}}}}}"#,
        r#"{"responses": {"200": {"headers": {"X-A": {"schema": {"type": "integer"}}}}}}"#,
        &["additive response-header-type-compatible"],
    ),
    // The specification ignores a header of this name: the media type says it.
    (
        r#"{"responses": {"200": {"headers": {"Content-Type": {"schema": {"type": "string"}}}}}}"#,
        r#"{"responses": {"200": {}}}"#,
        &[],
    ),
    // Callbacks: the client reads their requests and writes their responses.
    (
        r#"{"callbacks": {"done": {"{$url}": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}, "b": {}}}}}}, "responses": {}}}}}}"#,
        r#"{"callbacks": {"done": {"{$url}": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}, "responses": {}}}}}}"#,
        &["risky request-property-removed"],
    ),
    (
        r#"{"callbacks": {"done": {"{$url}": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}, "responses": {}}}}}}"#,
        r#"{"callbacks": {"done": {"{$url}": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["b"], "properties": {"a": {}, "b": {}}}}}}, "responses": {}}}}}}"#,
        &["additive new-required-request-property"],
    ),
    (
        r#"{"callbacks": {"done": {"{$url}": {"post": {"responses": {"200": {}}}}}}}"#,
        r#"{"callbacks": {"done": {"{$url}": {"post": {"responses": {"202": {}}}}}}}"#,
        &["additive response-success-status-added", "breaking response-success-status-removed"],
    ),
    (
        r#"{"callbacks": {"done": {"{$request.body#/url}": {"post": {"responses": {}}}}}}"#,
        r#"{"callbacks": {"done": {"{$request.body#/callback}": {"post": {"responses": {}}}}}}"#,
        &["additive api-callback-added", "breaking api-callback-removed"],
    ),
    (
        r#"{"callbacks": {"done": {"{$url}": {"post": {"responses": {}}}}, "failed": {"{$url}": {"post": {"responses": {}}}}}}"#,
        r#"{"callbacks": {"done": {"{$url}": {"post": {"responses": {}}}}}}"#,
        &["breaking api-callback-removed"],
    ),
    (
        r#"{"callbacks": {"done": {"{$url}": {"post": {"responses": {}}}}}}"#,
        r#"{"callbacks": {"done": {"{$url}": {"post": {"parameters": [{"name": "X-Sign", "in": "header", "required": true, "schema": {"type": "string"}}], "responses": {}}}}}}"#,
        &["additive new-required-request-parameter"],
    ),
    // Links
    (
        r#"{"responses": {"200": {"links": {"a": {"operationId": "x"}, "b": {"operationId": "x"}}}}}"#,
        r#"{"responses": {"200": {"links": {"a": {"operationId": "x"}}}}}"#,
        &["editorial response-link-removed"],
    ),
    (
        r#"{"responses": {"200": {"links": {"a": {"operationId": "x", "parameters": {"id": "$response.body#/id"}}}}}}"#,
        r#"{"responses": {"200": {"links": {"a": {"operationId": "x", "parameters": {"id": "$response.body#/key"}}}}}}"#,
        &["editorial response-link-changed"],
    ),
    (
        r#"{"responses": {"200": {"links": {"a": {"operationId": "x", "description": "One"}}}}}"#,
        r#"{"responses": {"200": {"links": {"a": {"operationId": "x", "description": "Other"}}}}}"#,
        &[],
    ),
    // Items one by one
    (
        r#"{"responses": {"200": {"content": {"text/event-stream": {"itemSchema": {"type": "object", "properties": {"a": {}, "b": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"text/event-stream": {"itemSchema": {"type": "object", "properties": {"a": {}}}}}}}}"#,
        &["risky response-optional-property-removed"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/jsonl": {"schema": {"type": "array", "items": {"type": "integer"}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/jsonl": {"itemSchema": {"type": "integer"}}}}}}"#,
        &[],
    ),
    // A whole query string
    (
        "{}",
        r#"{"parameters": [{"name": "all", "in": "querystring", "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}]}"#,
        &["additive new-optional-request-parameter"],
    ),
    // Security: alternatives, and what has to come together
    (r#"{"security": [{"a": []}, {"b": []}]}"#, r#"{"security": [{"b": []}, {"a": []}]}"#, &[]),
    (r#"{"security": [{"o": ["a", "b"]}]}"#, r#"{"security": [{"o": ["b", "a"]}]}"#, &[]),
    (r#"{"security": [{"a": [], "b": []}]}"#, r#"{"security": [{"b": [], "a": []}]}"#, &[]),
    // Who sent both goes on sending both.
    (
        r#"{"security": [{"a": [], "b": []}]}"#,
        r#"{"security": [{"a": []}]}"#,
        &["additive api-security-added", "additive api-security-removed"],
    ),
    (
        r#"{"security": [{"a": []}]}"#,
        r#"{"security": [{"a": [], "b": []}]}"#,
        &["additive api-security-added", "breaking api-security-removed"],
    ),
    (
        r#"{"security": [{"a": []}, {"b": []}, {"c": []}]}"#,
        r#"{"security": [{"a": []}, {"b": []}]}"#,
        &["breaking api-security-removed"],
    ),
    // Parameters: what is written alike is no change.
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "style": "form", "explode": true, "schema": {"type": "array", "items": {"type": "string"}}}]}"#,
        &[],
    ),
    (
        r#"{"parameters": [{"name": "X-Q", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}}]}"#,
        r#"{"parameters": [{"name": "X-Q", "in": "header", "style": "simple", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}}]}"#,
        &[],
    ),
    (
        r#"{"parameters": [{"name": "c", "in": "cookie", "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "c", "in": "cookie", "explode": false, "schema": {"type": "string"}}]}"#,
        &[],
    ),
    (
        r#"{"parameters": [{"name": "f", "in": "query", "style": "deepObject", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}]}"#,
        r#"{"parameters": [{"name": "f", "in": "query", "style": "deepObject", "explode": true, "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}]}"#,
        &[],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "style": "pipeDelimited", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "style": "spaceDelimited", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}}]}"#,
        &["breaking request-parameter-style-changed"],
    ),
    (
        r#"{"parameters": [{"name": "X-Q", "in": "header", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}]}"#,
        r#"{"parameters": [{"name": "X-Q", "in": "header", "explode": true, "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}]}"#,
        &["breaking request-parameter-explode-changed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "allowReserved": true, "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}"#,
        &["breaking request-parameter-became-not-allow-reserved"],
    ),
    (
        r#"{"parameters": [{"name": "f", "in": "query", "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}]}"#,
        r#"{"parameters": [{"name": "f", "in": "query", "content": {"application/json": {"schema": {"type": "object", "required": ["a"], "properties": {"a": {}}}}}}]}"#,
        &["breaking request-parameter-property-became-required"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}, {"name": "q", "in": "cookie", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {}}]}"#,
        &["risky request-parameter-removed"],
    ),
    // Parts of forms
    (
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "object"}}}}}}}"#,
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "object"}}}, "encoding": {"a": {"contentType": "application/json"}}}}}}"#,
        &[],
    ),
    (
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}}"#,
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}, "encoding": {"a": {"contentType": "text/plain"}}}}}}"#,
        &[],
    ),
    (
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "string", "format": "binary"}}}, "encoding": {"a": {"contentType": "image/png"}}}}}}"#,
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "string", "format": "binary"}}}, "encoding": {"a": {"contentType": "image/png", "headers": {"X-Name": {"required": true, "schema": {"type": "string"}}}}}}}}}"#,
        &["breaking request-body-encoding-changed"],
    ),
    (
        r#"{"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}, "encoding": {"a": {"style": "form", "explode": false}}}}}}"#,
        &["breaking request-body-encoding-changed"],
    ),
    (
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}, "encoding": {"b": {"contentType": "image/png"}}}}}}"#,
        r#"{"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}}"#,
        &[],
    ),
    // Read-only and write-only
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["id"], "properties": {"a": {"type": "string"}, "id": {"type": "string", "readOnly": true}}}}}}}"#,
        &[],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string", "writeOnly": true}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "integer", "writeOnly": true}}}}}}}}"#,
        &["editorial response-property-type-changed"],
    ),
    (
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string", "readOnly": true}}}}}}}"#,
        r#"{"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "integer", "readOnly": true}}}}}}}"#,
        &["editorial request-property-type-changed"],
    ),
    // Statuses
    (
        r#"{"responses": {"201": {}}}"#,
        r#"{"responses": {"201": {}, "2XX": {}}}"#,
        &["additive response-success-status-added"],
    ),
    (
        r#"{"responses": {"default": {}}}"#,
        r#"{"responses": {}}"#,
        &["additive response-non-success-status-removed"],
    ),
    // Life
    (
        r#"{"deprecated": true, "x-sunset": "2099-01-01"}"#,
        r#"{"deprecated": true, "x-sunset": "2099-06-01"}"#,
        &["editorial api-sunset-date-changed"],
    ),
    (
        r#"{"x-stability-level": "stable"}"#,
        r#"{"x-stability-level": "alpha"}"#,
        &["breaking api-stability-decreased"],
    ),
    (
        r#"{"parameters": [{"name": "X-Q", "in": "header", "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "X-Q", "in": "header", "deprecated": true, "schema": {"type": "string"}}]}"#,
        &["editorial request-parameter-deprecated"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string", "deprecated": true, "x-sunset": "2099-01-01"}}}}}}}}"#,
        &["editorial response-property-deprecated-with-sunset"],
    ),
];

#[test]
fn corners_of_operations() {
    check(CORNERS);
}

/// What the document has before and after, and each change as `class id @ operations`.
const DOCUMENTS: &[(&str, &str, &[&str])] = &[
    // Webhooks: the client reads their requests and writes their responses.
    (
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}}}}}}}}"#,
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string", "enum": ["x", "y"]}}}}}}}}}}"#,
        &["risky request-property-enum-value-added @ POST webhook:done"],
    ),
    (
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["a"], "properties": {"a": {}}}}}}}}}}"#,
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}}}}"#,
        &["breaking request-property-became-optional @ POST webhook:done"],
    ),
    (
        r#"{"webhooks": {"done": {"post": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}}}}}"#,
        r#"{"webhooks": {"done": {"post": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "required": ["b"], "properties": {"a": {}, "b": {}}}}}}}}}}}"#,
        &["breaking response-required-property-added @ POST webhook:done"],
    ),
    (
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {}}}}}}}"#,
        r#"{"webhooks": {"done": {"post": {"requestBody": {"content": {"application/json": {}, "application/xml": {}}}}}}}"#,
        &["breaking request-body-media-type-added @ POST webhook:done"],
    ),
    // Methods of 3.2
    (
        r#"{"openapi": "3.2.0"}"#,
        r#"{"openapi": "3.2.0", "paths": {"/things/{id}": {"additionalOperations": {"LINK": {"responses": {"204": {}}}}}}}"#,
        &["additive endpoint-added @ LINK /things/{id}"],
    ),
    (
        r#"{"openapi": "3.2.0", "paths": {"/things/{id}": {"additionalOperations": {"LINK": {"responses": {"204": {}}}}}}}"#,
        r#"{"openapi": "3.2.0"}"#,
        &["breaking api-removed-without-deprecation @ LINK /things/{id}"],
    ),
    (
        r#"{"openapi": "3.2.0"}"#,
        r#"{"openapi": "3.2.0", "paths": {"/things/{id}": {"query": {"responses": {"200": {}}}}}}"#,
        &["additive endpoint-added @ QUERY /things/{id}"],
    ),
    (
        r#"{"openapi": "3.2.0", "paths": {"/search": {"query": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"q": {}}}}}}, "responses": {}}}}}"#,
        r#"{"openapi": "3.2.0", "paths": {"/search": {"query": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["q"], "properties": {"q": {}}}}}}, "responses": {}}}}}"#,
        &["breaking request-property-became-required @ QUERY /search"],
    ),
    // Nothing of this is on the wire.
    (
        r#"{"openapi": "3.2.0", "$self": "https://a.example/one", "tags": [{"name": "a"}, {"name": "b", "parent": "a", "kind": "nav"}], "servers": [{"url": "https://a.example", "name": "one"}]}"#,
        r#"{"openapi": "3.2.0", "$self": "https://a.example/other", "tags": [{"name": "a", "summary": "A"}, {"name": "b", "kind": "badge"}], "servers": [{"url": "https://a.example", "name": "other"}]}"#,
        &[],
    ),
    (
        r#"{"security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a", "scopes": {}}}}}}}"#,
        r#"{"openapi": "3.2.0", "security": [{"o": []}], "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a", "scopes": {}}, "deviceAuthorization": {"deviceAuthorizationUrl": "https://d", "tokenUrl": "https://a", "scopes": {}}}}}}}"#,
        &["additive api-security-component-oauth-flow-added @ GET /things/{id}"],
    ),
    // Security that is asked for elsewhere is the same security.
    (
        r#"{"security": [{"key": []}]}"#,
        r#"{"security": [{"key": []}], "paths": {"/things/{id}": {"get": {"security": [{"key": []}]}}}}"#,
        &[],
    ),
    (
        r#"{"security": [{"key": []}]}"#,
        r#"{"paths": {"/things/{id}": {"get": {"security": [{"key": []}]}}}}"#,
        &["editorial api-global-security-removed @ "],
    ),
    // Servers: the same addresses in other words
    ("{}", r#"{"servers": [{"url": "/"}]}"#, &[]),
    (
        r#"{"servers": [{"url": "https://a.example.com"}]}"#,
        r#"{"servers": [{"url": "https://a.example.com"}], "paths": {"/things/{id}": {"servers": [{"url": "https://a.example.com/"}]}}}"#,
        &[],
    ),
    (
        r#"{"servers": [{"url": "https://a.example.com"}]}"#,
        r#"{"servers": [{"url": "https://a.example.com"}], "paths": {"/things/{id}": {"get": {"servers": [{"url": "https://b.example.com"}]}}}}"#,
        &["breaking api-server-url-changed @ GET /things/{id}"],
    ),
    (
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu", "enum": ["eu"], "description": "Where"}}}]}"#,
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu", "enum": ["eu", "us"]}}}]}"#,
        &["additive api-server-variable-value-added @ GET /things/{id}"],
    ),
    // Discriminators: two ways to write one mapping
    (
        r##"{"paths": {"/things/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}], "discriminator": {"propertyName": "kind", "mapping": {"a": "A"}}}}}}}}}}, "components": {"schemas": {"A": {"type": "object", "properties": {"kind": {"type": "string"}}}, "B": {"type": "object", "properties": {"kind": {"type": "string"}, "b": {}}}}}}"##,
        r##"{"paths": {"/things/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}], "discriminator": {"propertyName": "kind", "mapping": {"a": "#/components/schemas/A"}}}}}}}}}}, "components": {"schemas": {"A": {"type": "object", "properties": {"kind": {"type": "string"}}}, "B": {"type": "object", "properties": {"kind": {"type": "string"}, "b": {}}}}}}"##,
        &[],
    ),
    (
        r##"{"paths": {"/things/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}], "discriminator": {"propertyName": "kind", "mapping": {"a": "#/components/schemas/A"}}}}}}}}}}, "components": {"schemas": {"A": {"type": "object", "properties": {"kind": {"type": "string"}}}, "B": {"type": "object", "properties": {"kind": {"type": "string"}, "b": {}}}}}}"##,
        r##"{"paths": {"/things/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}], "discriminator": {"propertyName": "kind", "mapping": {"a": "#/components/schemas/B"}}}}}}}}}}, "components": {"schemas": {"A": {"type": "object", "properties": {"kind": {"type": "string"}}}, "B": {"type": "object", "properties": {"kind": {"type": "string"}, "b": {}}}}}}"##,
        &["breaking response-body-discriminator-mapping-changed @ GET /things/{id}"],
    ),
    // The names of what a path takes are nowhere on the wire; a slash at its end is.
    (
        r#"{"paths": {"/shelves/{shelf}/books/{id}": {"parameters": [{"name": "shelf", "in": "path", "required": true, "schema": {"type": "string"}}], "get": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {}}}}}"#,
        r#"{"paths": {"/shelves/{shelfId}/books/{bookId}": {"get": {"parameters": [{"name": "bookId", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "shelfId", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {}}}}}"#,
        &[],
    ),
    (
        r#"{"paths": {"/books/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {}}}}}"#,
        r#"{"paths": {"/books/{key}": {"get": {"parameters": [{"name": "key", "in": "path", "required": true, "schema": {"type": "integer"}}], "responses": {}}}}}"#,
        &["breaking request-parameter-type-changed @ GET /books/{id}"],
    ),
    (
        r#"{"paths": {"/books": {"get": {"responses": {}}}}}"#,
        r#"{"paths": {"/books/": {"get": {"responses": {}}}}}"#,
        &[
            "additive endpoint-added @ GET /books/",
            "breaking api-path-removed-without-deprecation @ GET /books",
        ],
    ),
    // Headers behind a reference
    (
        r##"{"paths": {"/things/{id}": {"get": {"responses": {"200": {"headers": {"X-A": {"$ref": "#/components/headers/A"}}}}}}}, "components": {"headers": {"A": {"schema": {"type": "integer"}}}}}"##,
        r#"{"paths": {"/things/{id}": {"get": {"responses": {"200": {"headers": {"X-A": {"schema": {"type": "integer"}}}}}}}}}"#,
        &[],
    ),
    // What was never stable may go; what was has to be deprecated first.
    (
        r#"{"paths": {"/old": {"get": {"x-stability-level": "beta", "responses": {}}}}}"#,
        "{}",
        &["breaking api-path-removed-without-deprecation @ GET /old"],
    ),
    (r#"{"paths": {"/old": {"get": {"x-stability-level": "alpha", "responses": {}}}}}"#, "{}", &[]),
    // A parameter beside the operations of a path, or in each of them
    (
        r#"{"paths": {"/things/{id}": {"parameters": [{"name": "v", "in": "query", "schema": {"type": "string"}}]}}}"#,
        r#"{"paths": {"/things/{id}": {"get": {"parameters": [{"name": "v", "in": "query", "schema": {"type": "string"}}]}}}}"#,
        &[],
    ),
];

#[test]
fn corners_of_documents() {
    let mut failures = Vec::new();
    for (base, revision, expected) in DOCUMENTS {
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
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), DOCUMENTS.len(), failures.join("\n"));
}

/// A property's schema before and after, and each change as `class word`: as it is sent, then as it is received.
const SCHEMAS: &[(&str, &str, &[&str], &[&str])] = &[
    // Values
    (
        r#"{"const": "a"}"#,
        r#"{"enum": ["a", "b"]}"#,
        &["additive enum-value-added"],
        &["risky enum-value-added"],
    ),
    (
        r#"{"type": "string", "enum": ["a", "b"]}"#,
        r#"{"type": "string", "const": "a"}"#,
        &["breaking enum-value-removed"],
        &["additive enum-value-removed"],
    ),
    (r#"{"enum": ["a", "b"]}"#, r#"{"enum": ["b", "a"]}"#, &[], &[]),
    (r#"{"type": "number", "enum": [1, 2]}"#, r#"{"type": "number", "enum": [1.0, 2]}"#, &[], &[]),
    (r#"{"type": "boolean"}"#, r#"{"type": "boolean", "enum": [true, false]}"#, &[], &[]),
    (
        r#"{"oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]}"#,
        r#"{"enum": ["a", "b"]}"#,
        &[],
        &[],
    ),
    (
        r#"{"type": "string", "oneOf": [{"const": "a"}, {"const": "b"}]}"#,
        r#"{"type": "string", "oneOf": [{"const": "a"}, {"const": "b"}, {"const": "c"}]}"#,
        &["additive enum-value-added"],
        &["risky enum-value-added"],
    ),
    // Null
    (
        r#"{"type": ["string", "null"], "format": "date"}"#,
        r#"{"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]}"#,
        &[],
        &[],
    ),
    (
        r#"{"type": "array", "items": {"type": ["string", "null"]}}"#,
        r#"{"type": "array", "items": {"type": "string"}}"#,
        &["breaking became-not-nullable"],
        &["additive became-not-nullable"],
    ),
    (
        r#"{"enum": ["a", null]}"#,
        r#"{"enum": ["a"]}"#,
        &["breaking became-not-nullable"],
        &["additive became-not-nullable"],
    ),
    // Wrapping
    (
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}, {"anyOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}]}"##,
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}"##,
        &[],
        &[],
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"allOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}]}"##,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}"##,
        &[],
        &[],
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A"}]}"##,
        r##"{"$ref": "#/components/schemas/A"}"##,
        &[],
        &[],
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "required": ["a"]}]}"##,
        r##"{"$ref": "#/components/schemas/A"}"##,
        &["additive property-became-optional"],
        &["breaking property-became-optional"],
    ),
    (
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}]}"##,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}]}"##,
        &[],
        &[],
    ),
    // Conditions between properties
    (
        r#"{"dependentRequired": {"a": ["b"]}}"#,
        r#"{"dependentRequired": {"a": ["b", "c"]}}"#,
        &["breaking dependent-required-changed"],
        &["additive dependent-required-changed"],
    ),
    (
        r#"{"dependentRequired": {"a": ["b", "c"]}}"#,
        r#"{"dependentRequired": {"a": ["b"]}}"#,
        &["additive dependent-required-changed"],
        &["breaking dependent-required-changed"],
    ),
    (r#"{"dependentRequired": {"a": ["b", "c"]}}"#, r#"{"dependentRequired": {"a": ["c", "b"]}}"#, &[], &[]),
    (r#"{"dependentRequired": {"a": []}}"#, r#"{}"#, &[], &[]),
    // What nothing else describes
    (
        r#"{"type": "object", "properties": {"a": {}}, "unevaluatedProperties": false}"#,
        r#"{"type": "object", "properties": {"a": {}}, "additionalProperties": false}"#,
        &[],
        &[],
    ),
    (r#"{"type": "object", "unevaluatedProperties": true}"#, r#"{"type": "object"}"#, &[], &[]),
    (
        r#"{"type": "object", "unevaluatedProperties": {"type": "string"}}"#,
        r#"{"type": "object", "unevaluatedProperties": {"type": "boolean"}}"#,
        &["breaking type-changed"],
        &["breaking type-changed"],
    ),
    (
        r#"{"type": "object", "patternProperties": {"^x-": {"type": "string"}}}"#,
        r#"{"type": "object", "patternProperties": {"^x-": {"type": "string", "maxLength": 5}}}"#,
        &["risky max-length-set"],
        &["additive max-length-set"],
    ),
];

#[test]
fn corners_of_schemas() {
    let document = |schema: &str| {
        let schema: Value = serde_json::from_str(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
        let body =
            json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}});
        json!({
            "openapi": "3.1.0", "info": {"title": "Things", "version": "1"},
            "paths": {"/things": {
                "put": {"requestBody": body, "responses": {}},
                "get": {"responses": {"200": {"description": "Done", "content": body["content"]}}},
            }},
            "components": {"schemas": {
                "Thing": {"type": "object", "properties": {"x": schema}},
                "A": {"type": "object", "properties": {"a": {"type": "string"}}},
                "B": {"type": "object", "properties": {"b": {"type": "string"}}},
                "C": {"type": "object", "properties": {"c": {"type": "string"}}},
            }, "x-keep": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]},
        })
    };
    let mut failures = Vec::new();
    for (base, revision, sent, received) in SCHEMAS {
        let mut found = lines(&of(&document(base), &document(revision)));
        found.sort();
        let line = |side: &str, operation: &str| {
            let (side, operation) = (side.to_owned(), operation.to_owned());
            move |expected: &&str| {
                let (class, word) = expected.split_once(' ').expect("a class and a word");
                let named = word.strip_prefix("property-").unwrap_or(word);
                format!("{class} {side}-property-{named} @ {operation}")
            }
        };
        let mut expected: Vec<String> = sent
            .iter()
            .map(line("request", "PUT /things"))
            .chain(received.iter().map(line("response", "GET /things")))
            .collect();
        expected.sort();
        if found != expected {
            failures.push(format!("{base} -> {revision}\n  expected {expected:#?}\n  found {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), SCHEMAS.len(), failures.join("\n"));
}

/// What operations answer, by path, and the schemas that they share: before and after, and each change as `class id @ operations`.
const SHARED: &[(&str, &str, &[&str])] = &[
    // A property that moved into a component is where it was for who has both, and new to others.
    (
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"x": {"type": "string"}, "y": {}}}]}, "B": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"b": {}}}]}, "Base": {"type": "object", "properties": {"id": {"type": "string"}}}}"##,
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"y": {}}}]}, "B": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"b": {}}}]}, "Base": {"type": "object", "properties": {"id": {"type": "string"}, "x": {"type": "string"}}}}"##,
        &["additive response-optional-property-added @ GET /b"],
    ),
    // And out of it.
    (
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}]}, "B": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"b": {}}}]}, "Base": {"type": "object", "properties": {"id": {}, "x": {"type": "string"}}}}"##,
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"x": {"type": "string"}}}]}, "B": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"b": {}}}]}, "Base": {"type": "object", "properties": {"id": {}}}}"##,
        &["risky response-optional-property-removed @ GET /b"],
    ),
    // From one component to another that both have, it is nowhere else than it was.
    (
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/More"}]}, "B": {"allOf": [{"$ref": "#/components/schemas/More"}, {"$ref": "#/components/schemas/Base"}]}, "Base": {"type": "object", "properties": {"id": {}, "x": {"type": "string"}}}, "More": {"type": "object", "properties": {"m": {}}}}"##,
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/More"}]}, "B": {"allOf": [{"$ref": "#/components/schemas/More"}, {"$ref": "#/components/schemas/Base"}]}, "Base": {"type": "object", "properties": {"id": {}}}, "More": {"type": "object", "properties": {"m": {}, "x": {"type": "string"}}}}"##,
        &[],
    ),
    // What else changes in the component is told to all; that it moved and changed is a change.
    (
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"x": {"type": "string"}, "y": {}}}]}, "B": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"b": {}}}]}, "Base": {"type": "object", "properties": {"id": {"type": "string"}}}}"##,
        r##"{"A": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"y": {}}}]}, "B": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"b": {}}}]}, "Base": {"type": "object", "properties": {"id": {"type": "integer"}, "x": {"type": "boolean"}}}}"##,
        &[
            "additive response-optional-property-added @ GET /b",
            "breaking response-property-type-changed @ GET /a",
            "breaking response-property-type-changed @ GET /a, GET /b",
        ],
    ),
];

#[test]
fn what_moves_between_components_is_told_to_those_who_feel_it() {
    let document = |schemas: &str| {
        let schemas: Value =
            serde_json::from_str(schemas).unwrap_or_else(|error| panic!("{schemas}: {error}"));
        let answer = |name: &str| {
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            json!({"get": {"responses": {"200": {"description": "Done", "content": {"application/json": {"schema": schema}}}}}})
        };
        json!({
            "openapi": "3.1.0", "info": {"title": "Things", "version": "1"},
            "paths": {"/a": answer("A"), "/b": answer("B")},
            "components": {"schemas": schemas},
        })
    };
    for (base, revision, expected) in SHARED {
        let mut found = lines(&of(&document(base), &document(revision)));
        found.sort();
        assert_eq!(found, *expected, "{base} -> {revision}");
    }
}
