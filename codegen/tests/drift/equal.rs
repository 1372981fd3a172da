//! What is written differently and means the same is no change.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{lines, of, of_texts, options};

/// A document with something of everything.
fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1.0.0"},
        "servers": [{"url": "https://api.example.com/v1"}],
        "security": [{"key": []}, {"oauth": ["read", "write"]}],
        "paths": {
            "/orders": {
                "parameters": [{"$ref": "#/components/parameters/Page"}],
                "get": {
                    "operationId": "listOrders", "tags": ["orders", "sales"],
                    "parameters": [{"name": "status", "in": "query", "schema": {"type": "array", "items": {"type": "string", "enum": ["new", "paid"]}}}],
                    "responses": {
                        "200": {"description": "OK", "headers": {"X-Total": {"schema": {"type": "integer"}}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Orders"}}}},
                        "404": {"$ref": "#/components/responses/NotFound"},
                    },
                },
                "post": {
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                    "responses": {"201": {"description": "Created", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}},
                },
            },
            "/orders/{id}": {"get": {
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}}],
                "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}},
            }},
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example.com", "scopes": {"read": "r", "write": "w"}}}},
            },
            "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}}},
            "responses": {"NotFound": {"description": "No", "content": {"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}}}}}}},
            "schemas": {
                "Orders": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}},
                "Order": {
                    "type": "object", "required": ["id", "lines"],
                    "properties": {
                        "id": {"type": "string", "readOnly": true},
                        "note": {"type": "string", "nullable": true, "maxLength": 200},
                        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                        "parent": {"$ref": "#/components/schemas/Order"},
                        "payment": {"oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Cash"}]},
                    },
                },
                "Line": {"type": "object", "properties": {"sku": {"type": "string"}, "count": {"type": "integer", "format": "int32"}}},
                "Card": {"allOf": [{"$ref": "#/components/schemas/Line"}, {"type": "object", "properties": {"number": {"type": "string", "writeOnly": true}}}]},
                "Cash": {"type": "object", "additionalProperties": {"type": "number"}},
            },
        },
    })
}

/// The same document with the keys of objects in another order, and lists whose order means nothing turned round.
fn shuffled(value: &Value, seed: u64, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            let salt = |name: &str| {
                name.bytes()
                    .fold(seed | 1, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
                    .rotate_left(29)
            };
            entries.sort_by_key(|(name, _)| salt(name));
            entries
                .into_iter()
                .map(|(name, value)| (name.clone(), shuffled(value, seed, name)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| shuffled(item, seed, "")).collect();
            if matches!(
                key,
                "required" | "enum" | "tags" | "oneOf" | "allOf" | "security" | "parameters" | "read"
            ) {
                let by = (seed % 3) as usize % items.len().max(1);
                items.rotate_left(by);
            }
            items.into()
        }
        other => other.clone(),
    }
}

/// The document with references replaced by what they lead to, as long as that ends.
fn inlined(value: &Value, root: &Value, depth: u32) -> Value {
    match value {
        Value::Object(map) => match map.get("$ref").and_then(Value::as_str) {
            Some(reference) if depth > 0 => {
                let target = root.pointer(reference.trim_start_matches('#')).expect(reference);
                inlined(target, root, depth - 1)
            }
            _ => map
                .iter()
                .map(|(key, value)| (key.clone(), inlined(value, root, depth)))
                .collect::<Map<_, _>>()
                .into(),
        },
        Value::Array(items) => items.iter().map(|item| inlined(item, root, depth)).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

fn assert_same(base: &str, revision: &str, what: &str) {
    for (one, other) in [(base, revision), (revision, base)] {
        let report = of_texts(one, other, &options());
        assert!(report.changes.is_empty(), "{what}: {:#?}\n{one}\n{other}", lines(&report));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn order_format_and_references_are_no_change(seed: u64, yaml: bool, inline in 0u32..4) {
        let base = document();
        let other = inlined(&shuffled(&base, seed, ""), &base, inline);
        let text = if yaml {
            serde_yaml::to_string(&other).expect("YAML")
        } else {
            serde_json::to_string_pretty(&other).expect("JSON")
        };
        assert_same(&base.to_string(), &text, &format!("seed {seed}, YAML {yaml}, inlined {inline}"));
    }
}

/// Two spellings of a schema.
const SPELLINGS: &[(&str, &str)] = &[
    (r#"{"type": "string", "nullable": true}"#, r#"{"type": ["string", "null"]}"#),
    (r#"{"type": "string", "nullable": true}"#, r#"{"oneOf": [{"type": "string"}, {"type": "null"}]}"#),
    (
        r##"{"nullable": true, "allOf": [{"$ref": "#/components/schemas/A"}]}"##,
        r##"{"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/A"}]}"##,
    ),
    (
        r#"{"type": "string", "nullable": true, "enum": ["a", null]}"#,
        r#"{"type": ["null", "string"], "enum": ["a"]}"#,
    ),
    (r##"{"$ref": "#/components/schemas/A"}"##, r##"{"allOf": [{"$ref": "#/components/schemas/A"}]}"##),
    (
        r##"{"$ref": "#/components/schemas/A"}"##,
        r##"{"description": "An A", "allOf": [{"$ref": "#/components/schemas/A"}]}"##,
    ),
    (
        r##"{"$ref": "#/components/schemas/A"}"##,
        r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#,
    ),
    (r##"{"$ref": "#/components/schemas/A"}"##, r##"{"$ref": "#/components/schemas/B"}"##),
    (
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}]}"##,
        r#"{"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "string"}}}]}"#,
    ),
    (r#"{"maximum": 5, "exclusiveMaximum": true}"#, r#"{"exclusiveMaximum": 5}"#),
    (r#"{"minimum": 1}"#, r#"{"minimum": 1.0}"#),
    (r#"{"type": "array", "items": {}}"#, r#"{"type": "array"}"#),
    (r#"{"type": "array", "minItems": 0}"#, r#"{"type": "array", "items": true}"#),
    (r#"{"type": "object", "additionalProperties": true}"#, r#"{"type": "object"}"#),
    (r#"{"type": "object", "additionalProperties": {}}"#, r#"{"type": "object"}"#),
    (
        r#"{"properties": {"a": {"type": "string"}}}"#,
        r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#,
    ),
    (r#"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"#, r#"{"type": ["integer", "string"]}"#),
    (r#"{"type": "string", "enum": ["a"]}"#, r#"{"type": "string", "const": "a"}"#),
    (r#"{"enum": ["a", null]}"#, r#"{"type": ["string", "null"], "enum": ["a", null]}"#),
    (
        r#"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"#,
        r#"{"anyOf": [{"type": "integer"}, {"type": "string"}]}"#,
    ),
    (
        r#"{"anyOf": [{"type": "string", "format": "date", "maxLength": 9}, {"type": "integer", "minimum": 1}, {"type": "null"}]}"#,
        r#"{"type": ["null", "integer", "string"], "format": "date", "maxLength": 9, "minimum": 1}"#,
    ),
    (
        r#"{"type": "string", "maxLength": 9}"#,
        r#"{"anyOf": [{"type": "string", "maxLength": 9}, {"type": "string", "enum": [""]}]}"#,
    ),
    (
        r##"{"anyOf": [{"$ref": "#/components/schemas/A", "maxProperties": 1}, {"$ref": "#/components/schemas/A"}]}"##,
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A", "maxProperties": 1}]}"##,
    ),
    // An object and the parts that it is cut into
    (
        r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "c": {"type": "integer"}}}"#,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "required": ["a"], "properties": {"c": {"type": "integer"}}}]}"##,
    ),
    (
        r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "c": {"type": "integer"}}}"#,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}], "type": "object", "required": ["a"], "properties": {"c": {"type": "integer"}}}"##,
    ),
    (
        r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}"#,
        r##"{"allOf": [{"allOf": [{"$ref": "#/components/schemas/A"}]}, {"required": ["a"]}]}"##,
    ),
    (
        r#"{"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"properties": {"c": {"type": "integer"}}, "required": ["c"]}]}"#,
        r#"{"allOf": [{"type": "object", "properties": {"a": {"type": "string"}, "c": {"type": "integer"}}, "required": ["c"]}]}"#,
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"c": {"type": "integer"}}}]}"##,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}], "properties": {"c": {"type": "integer"}}}"##,
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"description": "More"}]}"##,
        r##"{"$ref": "#/components/schemas/A"}"##,
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"nullable": true}]}"##,
        r##"{"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/A"}]}"##,
    ),
    (
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}]}"##,
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}]}"##,
    ),
    (
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}], "type": "object", "properties": {"c": {"type": "integer"}}}"##,
        r##"{"type": "object", "properties": {"a": {"type": "string"}, "c": {"type": "integer"}}}"##,
    ),
    (
        r#"{"type": "array", "items": {"type": "string"}}"#,
        r#"{"type": "array", "prefixItems": [{"type": "string", "title": "First"}], "items": {"type": "string"}}"#,
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"description": "One"}, {"deprecated": true}]}"##,
        r##"{"allOf": [{"deprecated": true}, {"description": "One"}, {"$ref": "#/components/schemas/A"}]}"##,
    ),
    (
        r#"{"type": "string", "description": "One"}"#,
        r#"{"type": "string", "description": "Other", "example": 1, "title": "T"}"#,
    ),
];

#[test]
fn spellings_of_one_schema_are_no_change() {
    let document = |schema: &str| {
        let schema: Value = serde_json::from_str(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
        json!({
            "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
            "paths": {"/a": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": schema}}}}},
                "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
            }}},
            "components": {"schemas": {
                "A": {"type": "object", "properties": {"a": {"type": "string"}}},
                "B": {"type": "object", "properties": {"a": {"type": "string"}}},
            }, "x-keep": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]},
        })
    };
    for (one, other) in SPELLINGS {
        assert_same(&document(one).to_string(), &document(other).to_string(), &format!("{one} and {other}"));
    }
}

const SWAGGER: &str = r##"
swagger: "2.0"
info: {title: Pets, version: "1"}
host: api.example.com
basePath: /v2/
schemes: [https]
consumes: [application/json]
produces: [application/json]
security: [{key: []}]
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
  basic: {type: basic}
  oauth: {type: oauth2, flow: accessCode, authorizationUrl: "https://a", tokenUrl: "https://t", scopes: {r: Read}}
paths:
  /pets:
    parameters:
      - {name: page, in: query, type: integer, minimum: 1, default: 1}
    get:
      parameters:
        - {name: tags, in: query, type: array, collectionFormat: multi, items: {type: string}}
        - {name: ids, in: query, type: array, items: {type: string}}
      responses:
        "200":
          description: OK
          headers: {X-Total: {type: integer}}
          schema: {type: array, items: {$ref: "#/definitions/Pet"}}
    post:
      parameters:
        - {name: body, in: body, required: true, schema: {$ref: "#/definitions/Pet"}}
      responses: {"201": {description: OK, schema: {$ref: "#/definitions/Pet"}}}
  /pets/{id}/photo:
    post:
      consumes: [multipart/form-data]
      parameters:
        - {name: id, in: path, required: true, type: string}
        - {name: file, in: formData, type: file, required: true}
        - {name: note, in: formData, type: string}
      responses: {"204": {description: OK}}
definitions:
  Pet:
    type: object
    discriminator: kind
    required: [kind]
    properties:
      kind: {type: string}
      age: {type: integer, exclusiveMinimum: true, minimum: 0, x-nullable: true}
"##;

const UPGRADED: &str = r##"
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: "https://api.example.com/v2"}]
security: [{key: []}]
paths:
  /pets:
    get:
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: string}}}
      responses:
        "200":
          description: OK
          headers: {X-Total: {schema: {type: integer}}}
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}
    post:
      parameters: [{name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /pets/{petId}/photo:
    post:
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file]
              properties: {note: {type: string}, file: {type: string, format: binary}}
      responses: {"204": {description: OK}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    basic: {type: http, scheme: basic}
    oauth: {type: oauth2, flows: {authorizationCode: {authorizationUrl: "https://a", tokenUrl: "https://t", scopes: {r: Read}}}}
  schemas:
    Pet:
      type: object
      discriminator: {propertyName: kind}
      required: [kind]
      properties:
        kind: {type: string}
        age: {type: [integer, "null"], exclusiveMinimum: 0}
"##;

#[test]
fn swagger_and_what_it_is_upgraded_to_are_no_change() {
    assert_same(SWAGGER, UPGRADED, "2.0 and 3.1");
}

#[test]
fn the_same_documents_give_the_same_bytes() {
    let base = document();
    let mut revision = shuffled(&base, 7, "");
    let properties =
        revision.pointer_mut("/components/schemas/Order/properties").and_then(Value::as_object_mut);
    properties.expect("properties").retain(|name, _| name != "note");
    let first = of(&base, &revision).to_json();
    for _ in 0..5 {
        assert_eq!(of(&base, &revision).to_json(), first);
    }
    assert!(first.contains("response-optional-property-removed"), "{first}");
}
