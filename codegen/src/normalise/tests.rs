use serde_json::{Value, json};

use super::*;
use crate::source::{Limits, SourceFiles, parse};

fn read(text: &str) -> (Normalised, Vec<&'static str>, String) {
    let mut files = SourceFiles::new();
    let (tree, found) = parse(&mut files, "openapi.yaml", text, &Limits::default());
    let tree = tree.unwrap_or_else(|| panic!("{text}: {found:?}"));
    let (normalised, found) = normalise(&tree);
    let normalised = normalised.unwrap_or_else(|| panic!("{text}: {found:?}"));
    let codes = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    (normalised, codes, text.to_owned())
}

/// A document of the given version whose component schemas are the given YAML flow mapping.
fn with_schemas(version: &str, schemas: &str) -> (Normalised, Vec<&'static str>, String) {
    read(&format!(
        "openapi: {version}\ninfo: {{title: x, version: '1'}}\npaths: {{}}\ncomponents:\n  schemas: {schemas}\n"
    ))
}

fn schema_json(normalised: &Normalised, name: &str) -> Value {
    let components = normalised.document.components.as_ref().expect("components");
    serde_json::to_value(components.schemas.get(name).expect(name)).expect("JSON")
}

#[track_caller]
fn check_schema(version: &str, schema: &str, expected: Value, codes: &[&str]) {
    let (normalised, found, _) = with_schemas(version, &format!("{{A: {schema}, B: {{type: object}}}}"));
    assert_eq!(schema_json(&normalised, "A"), expected, "{schema}");
    assert_eq!(found, codes, "{schema}");
}

const REF: &str = "$ref: '#/components/schemas/B'";

fn reference() -> Value {
    json!({"$ref": "#/components/schemas/B"})
}

#[test]
fn schemas_of_3_1_take_the_shape_of_3_0() {
    for (schema, expected) in [
        ("{type: [string, 'null']}".to_owned(), json!({"type": "string", "nullable": true})),
        ("{type: [string, integer]}".to_owned(), json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})),
        ("{type: [integer, number]}".to_owned(), json!({"type": "number"})),
        ("{type: 'null'}".to_owned(), json!({"nullable": true, "enum": [null]})),
        ("{const: a}".to_owned(), json!({"type": "string", "enum": ["a"]})),
        (
            "{type: integer, exclusiveMinimum: 0, maximum: 9}".to_owned(),
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 9}),
        ),
        (
            "{type: number, minimum: 5, exclusiveMinimum: 1}".to_owned(),
            json!({"type": "number", "minimum": 5.0}),
        ),
        (
            format!("{{anyOf: [{{{REF}}}, {{type: 'null'}}]}}"),
            json!({"nullable": true, "allOf": [reference()]}),
        ),
        (
            format!("{{oneOf: [{{{REF}}}, {{type: string}}, {{const: null}}]}}"),
            json!({"nullable": true, "oneOf": [reference(), {"type": "string"}]}),
        ),
        (format!("{{{REF}, description: d}}"), json!({"description": "d", "allOf": [reference()]})),
        (format!("{{{REF}, examples: [1]}}"), reference()),
        (
            format!("{{{REF}, required: [a], title: t}}"),
            json!({"title": "t", "allOf": [reference(), {"required": ["a"]}]}),
        ),
        (
            "{type: array, prefixItems: [{type: string}, true], items: false}".to_owned(),
            json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {}]}, "x-linchpin-prefix-items": 2}),
        ),
        (
            "{type: object, patternProperties: {'^x-': {type: string}}, additionalProperties: false}"
                .to_owned(),
            json!({"type": "object", "additionalProperties": {"type": "string"}, "x-linchpin-pattern-properties": ["^x-"]}),
        ),
        (
            "{type: string, contentEncoding: base64}".to_owned(),
            json!({"type": "string", "format": "byte", "x-linchpin-content-encoding": "base64"}),
        ),
        ("{type: array}".to_owned(), json!({"type": "array"})),
        ("false".to_owned(), json!({"not": {}})),
        ("{enum: [a, null]}".to_owned(), json!({"type": "string", "nullable": true, "enum": ["a"]})),
        ("{enum: [1, a]}".to_owned(), json!({"enum": [1, "a"]})),
    ] {
        let (normalised, found, _) = with_schemas("3.1.0", &format!("{{A: {schema}, B: {{type: object}}}}"));
        let mut actual = schema_json(&normalised, "A");
        // `openapiv3` writes these whatever they are.
        strip_defaults(&mut actual);
        assert_eq!(actual, expected, "{schema}");
        assert!(found.is_empty(), "{schema}: {found:?}");
    }
}

/// Takes out what `openapiv3` writes for every schema of a type.
fn strip_defaults(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !matches!(value, Value::Null | Value::Bool(false)));
            map.values_mut().for_each(strip_defaults);
        }
        Value::Array(items) => items.iter_mut().filter(|item| item.is_object()).for_each(strip_defaults),
        _ => {}
    }
}

#[test]
fn schemas_show_their_type() {
    check_schema("3.0.3", "{properties: {a: {}}}", json!({"type": "object", "properties": {"a": {}}}), &[]);
    check_schema("3.0.3", "{items: {}}", json!({"type": "array", "items": {}}), &[]);
    check_schema("3.0.3", "{required: [a]}", json!({"required": ["a"]}), &[]);
    check_schema("3.0.3", "{enum: [true]}", json!({"type": "boolean", "enum": [true]}), &[]);
    check_schema("3.0.3", "{type: string, properties: {a: {}}}", json!({"type": "string"}), &[]);
}

#[test]
fn compositions_keep_what_stands_beside_them() {
    let schema = format!("{{type: object, properties: {{a: {{type: string}}}}, allOf: [{{{REF}}}]}}");
    let expected = json!({"type": "object", "properties": {"a": {"type": "string"}}, "allOf": [reference()]});
    check_schema("3.0.3", &schema, expected, &[]);
    check_schema(
        "3.0.3",
        &format!("{{description: d, allOf: [{{{REF}}}]}}"),
        json!({"description": "d", "allOf": [reference()]}),
        &[],
    );
    check_schema(
        "3.0.3",
        &format!("{{nullable: true, oneOf: [{{{REF}}}]}}"),
        json!({"nullable": true, "allOf": [reference()]}),
        &[],
    );
    check_schema(
        "3.0.3",
        &format!("{{{REF}, nullable: true}}"),
        json!({"nullable": true, "allOf": [reference()]}),
        &["N008"],
    );
    check_schema("3.0.3", &format!("{{{REF}, type: string}}"), reference(), &["N008"]);
}

#[test]
fn values_are_repaired_to_their_type() {
    check_schema("3.0.3", "{type: string, default: 1}", json!({"type": "string", "default": "1"}), &["N033"]);
    check_schema(
        "3.0.3",
        "{type: integer, default: '7'}",
        json!({"type": "integer", "default": 7}),
        &["N033"],
    );
    check_schema("3.0.3", "{type: integer, default: 7.0}", json!({"type": "integer", "default": 7.0}), &[]);
    check_schema(
        "3.0.3",
        "{type: boolean, default: 'TRUE'}",
        json!({"type": "boolean", "default": true}),
        &["N033"],
    );
    check_schema(
        "3.0.3",
        "{type: string, enum: [a, 1]}",
        json!({"type": "string", "enum": ["a", "1"]}),
        &["N032"],
    );
    check_schema("3.0.3", "{type: 'string,'}", json!({"type": "string"}), &["N029"]);
    check_schema("3.0.3", "{$ref: 1, type: string}", json!({"type": "string"}), &["N009"]);
    check_schema("3.0.3", "{type: file}", json!({"type": "string", "format": "binary"}), &["N029"]);
    check_schema(
        "3.0.3",
        "{type: integer, minimum: '1'}",
        json!({"type": "integer", "minimum": 1}),
        &["N035"],
    );
}

#[test]
fn references_to_other_places_become_components() {
    let (normalised, found, text) = read(
        "openapi: 3.0.3
info: {title: x, version: '1'}
paths:
  /a:
    get:
      responses:
        200: {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/A/properties/b'}}}}}
  /c:
    get:
      responses:
        200: {description: ok, content: {application/json: {schema: {$ref: '#/paths/~1a/get/responses/200/content/application~1json/schema'}}}}
components:
  schemas:
    A: {type: object, properties: {b: {type: object, properties: {c: {$ref: '#/components/schemas/A/properties/b'}}}}}
    D: {$ref: '#/components/schemas/%41'}
    E: {allOf: [{$ref: '#/components/schemas/D/properties/b'}, {title: t}]}
    F: {$ref: '#/components/schemas/E/allOf/1'}
",
    );
    assert!(found.is_empty(), "{found:?}");
    let components = normalised.document.components.as_ref().expect("components");
    let names: Vec<&str> = components.schemas.keys().map(String::as_str).collect();
    let prefix = "paths._a.get.responses.200.content.application_json.schema.";
    let hashed: Vec<&str> = names.iter().copied().filter(|name| name.starts_with(prefix)).collect();
    assert_eq!(hashed.len(), 1, "{names:?}");
    assert_eq!(names, ["A", "D", "E", "F", "A.properties.b", hashed[0], "E.allOf.1"]);
    assert_eq!(schema_json(&normalised, "D"), json!({"$ref": "#/components/schemas/A"}));
    assert_eq!(schema_json(&normalised, "F"), json!({"$ref": "#/components/schemas/E.allOf.1"}));
    let span = normalised.origins.span("/components/schemas/E.allOf.1/title").expect("a pointer");
    assert_eq!(&text[span.start as usize..span.end as usize], "t");
}

#[test]
fn everything_but_schemas_is_resolved_in_place() {
    let (normalised, found, text) = read(
        "openapi: 3.0.3
info: {title: x, version: '1'}
paths:
  /a/{id}:
    parameters: [{$ref: '#/components/parameters/id'}]
    get:
      parameters: [{$ref: '#/components/parameters/gone'}, {$ref: '#/components/parameters/page'}]
      responses: {200: {$ref: '#/components/responses/ok'}}
  /b: {$ref: '#/x-item'}
x-item: {get: {operationId: b, responses: {default: {$ref: '#/components/responses/ok'}}}}
components:
  parameters:
    id: {name: id, in: path, required: true, schema: {type: string}}
    page: {name: page, in: query, schema: {type: integer}}
  responses:
    ok: {description: fine, headers: {Link: {$ref: '#/components/headers/link'}}}
  headers:
    link: {schema: {type: string}}
",
    );
    assert_eq!(found, ["N005"]);
    let document = serde_json::to_value(&normalised.document).expect("JSON");
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at("/paths/~1a~1{id}/parameters/0/name"), "id");
    assert_eq!(at("/paths/~1a~1{id}/get/parameters/0/name"), "page");
    assert_eq!(at("/paths/~1a~1{id}/get/responses/200/headers/Link/schema/type"), "string");
    assert_eq!(at("/paths/~1b/get/operationId"), "b");
    for (pointer, expected) in [
        ("/paths/~1a~1{id}/get/parameters/0/name", "page"),
        ("/paths/~1a~1{id}/parameters/0/name", "id"),
        ("/paths/~1a~1{id}/get/responses/200/description", "fine"),
        ("/paths/~1b/get/operationId", "b"),
        ("/paths/~1b/get/operationId/no/such/thing", "b"),
        ("/info/title", "x"),
    ] {
        let span = normalised.origins.span(pointer).expect("a pointer");
        assert_eq!(&text[span.start as usize..span.end as usize], expected, "{pointer}");
    }
    assert_eq!(normalised.origins.span("no pointer"), None);
}

#[test]
fn discriminators_name_components() {
    let (normalised, found, _) = with_schemas(
        "3.0.3",
        "{A: {oneOf: [{$ref: '#/components/schemas/B'}], discriminator: {propertyName: kind, mapping: {b: B, c: '#/components/schemas/B', d: '#/nowhere'}}}, B: {type: object}}",
    );
    assert_eq!(found, ["N005"]);
    let mapping = json!({"b": "#/components/schemas/B", "c": "#/components/schemas/B"});
    assert_eq!(schema_json(&normalised, "A")["discriminator"]["mapping"], mapping);
}

#[test]
fn the_first_of_two_operations_keeps_the_id() {
    let (normalised, found, _) = read(
        "openapi: 3.0.3
info: {title: x, version: '1'}
paths:
  /a: {get: {operationId: list, responses: {200: {description: ok}}}}
  /b: {get: {operationId: list, responses: {200: {description: ok}}}}
",
    );
    let ids: Vec<Option<&str>> =
        normalised.document.operations().map(|(_, _, operation)| operation.operation_id.as_deref()).collect();
    assert_eq!((ids, found), (vec![Some("list"), None], vec!["N014"]));
}

#[test]
fn dialects_are_told_by_their_version() {
    for (key, version, dialect) in [
        ("openapi", "3.0.3", Some(Dialect::V3_0)),
        ("openapi", "3.0", Some(Dialect::V3_0)),
        ("openapi", "3", Some(Dialect::V3_0)),
        ("openapi", "3.1.1", Some(Dialect::V3_1)),
        ("openapi", "3.2.0", Some(Dialect::V3_2)),
        ("swagger", "2.0", Some(Dialect::V2_0)),
        ("swagger", "1.2", None),
        ("openapi", "3.10.0", None),
        ("openapi", "", None),
    ] {
        assert_eq!(Dialect::of_version(key, version), dialect, "{key}: {version}");
    }
}

#[test]
fn deep_and_long_references_end() {
    let chain: String =
        (0..200).map(|n| format!("S{n}: {{$ref: '#/components/schemas/S{}'}}, ", n + 1)).collect();
    let (normalised, found, _) = with_schemas("3.0.3", &format!("{{{chain} S200: {{type: string}}}}"));
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(schema_json(&normalised, "S0"), json!({"$ref": "#/components/schemas/S1"}));
    let through = "'#/components/schemas/A/properties/a/properties/a/properties/a'";
    let (_, found, _) = with_schemas("3.0.3", &format!("{{A: {{properties: {{a: {{$ref: {through}}}}}}}}}"));
    assert!(found.contains(&"N005") || found.contains(&"N006"), "{found:?}");
}

#[test]
fn parts_of_swagger_take_the_places_of_openapi_3() {
    let (normalised, found, _) = read(
        r##"
swagger: "2.0"
info: {title: x, version: '1'}
host: api.example.com
schemes: [http, https]
basePath: /
consumes: [application/json]
produces: [application/json, text/csv]
securityDefinitions:
  login: {type: basic}
  key: {type: apiKey, in: header, name: X-Key}
  app: {type: oauth2, flow: application, tokenUrl: 'https://x/token', scopes: {a: all}}
parameters:
  Page: {name: page, in: query, type: integer, format: int32, required: false}
responses:
  Gone: {description: gone}
paths:
  /things/{id}:
    parameters:
      - {name: id, in: path, required: true, type: string}
    get:
      parameters:
        - {$ref: '#/parameters/Page'}
        - {name: a, in: query, type: array, items: {type: string}}
        - {name: b, in: query, type: array, items: {type: string}, collectionFormat: multi}
        - {name: c, in: query, type: array, items: {type: string}, collectionFormat: ssv, allowEmptyValue: true}
        - {name: d, in: query, type: array, items: {type: string}, collectionFormat: pipes}
      responses:
        200:
          description: ok
          schema: {$ref: '#/definitions/Thing'}
          headers: {X-Count: {type: integer, description: how many}}
        404: {$ref: '#/responses/Gone'}
    put:
      consumes: [application/merge-patch+json]
      parameters: [{name: body, in: body, required: true, schema: {$ref: '#/definitions/Thing'}}]
      responses: {204: {description: ok}}
    post:
      parameters:
        - {name: file, in: formData, type: file, required: true, description: what to keep}
        - {name: tags, in: formData, type: array, items: {type: string}, collectionFormat: multi}
      responses: {200: {description: ok, schema: {type: file}}}
    delete:
      consumes: [application/x-www-form-urlencoded, multipart/form-data]
      parameters: [{name: why, in: formData, type: string}]
      responses: {204: {description: ok}}
definitions:
  Thing:
    type: object
    discriminator: kind
    required: [kind]
    properties:
      kind: {type: string}
      name: {type: string, x-nullable: true}
      next: {$ref: '#/definitions/Thing', x-nullable: true}
"##,
    );
    assert_eq!(found, ["N008"]);
    let document = serde_json::to_value(&normalised.document).expect("JSON");
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    let servers = json!([{"url": "https://api.example.com"}, {"url": "http://api.example.com"}]);
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let file = json!({"type": "string", "format": "binary"});
    for (pointer, expected) in [
        ("/servers", servers),
        ("/components/securitySchemes/login", json!({"type": "http", "scheme": "basic"})),
        ("/components/securitySchemes/app/flows/clientCredentials/tokenUrl", json!("https://x/token")),
        (
            "/components/schemas/Thing",
            json!({
                "type": "object", "required": ["kind"], "discriminator": {"propertyName": "kind"},
                "properties": {
                    "kind": {"type": "string"},
                    "name": {"type": "string", "nullable": true},
                    "next": {"nullable": true, "allOf": [thing]},
                }
            }),
        ),
        (
            "/paths/~1things~1{id}/get/parameters/0",
            json!({"name": "page", "in": "query", "style": "form", "schema": {"type": "integer", "format": "int32"}}),
        ),
        (
            "/paths/~1things~1{id}/get/parameters/1",
            json!({"name": "a", "in": "query", "style": "form", "explode": false, "schema": texts}),
        ),
        (
            "/paths/~1things~1{id}/get/parameters/2",
            json!({"name": "b", "in": "query", "style": "form", "explode": true, "schema": texts}),
        ),
        (
            "/paths/~1things~1{id}/get/parameters/3",
            json!({"name": "c", "in": "query", "style": "spaceDelimited", "explode": false,
                   "allowEmptyValue": true, "schema": texts}),
        ),
        (
            "/paths/~1things~1{id}/get/parameters/4",
            json!({"name": "d", "in": "query", "style": "pipeDelimited", "explode": false, "schema": texts}),
        ),
        (
            "/paths/~1things~1{id}/get/responses/200",
            json!({
                "description": "ok",
                "headers": {"X-Count": {"description": "how many", "style": "simple", "schema": {"type": "integer"}}},
                "content": {"application/json": {"schema": thing}, "text/csv": {"schema": thing}},
            }),
        ),
        ("/paths/~1things~1{id}/get/responses/404", json!({"description": "gone"})),
        (
            "/paths/~1things~1{id}/put/requestBody",
            json!({"required": true, "content": {"application/merge-patch+json": {"schema": thing}}}),
        ),
        (
            "/paths/~1things~1{id}/post/requestBody",
            json!({"required": true, "content": {"multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {
                    "file": {"type": "string", "format": "binary", "description": "what to keep"}, "tags": texts,
                }},
                "encoding": {"tags": {"contentType": null, "style": "form", "explode": true}},
            }}}),
        ),
        ("/paths/~1things~1{id}/post/responses/200/content", json!({"text/csv": {"schema": file}})),
    ] {
        assert_eq!(document.pointer(pointer), Some(&expected), "{pointer}");
    }
    let forms = document.pointer("/paths/~1things~1{id}/delete/requestBody/content");
    let forms: Vec<&String> = forms.and_then(Value::as_object).expect("content").keys().collect();
    assert_eq!(forms, ["application/x-www-form-urlencoded", "multipart/form-data"]);
    for (pointer, source) in [
        ("/components/schemas/Thing/properties/name", "/definitions/Thing/properties/name"),
        (
            "/paths/~1things~1{id}/put/requestBody/content/application~1merge-patch+json/schema",
            "/paths/~1things~1{id}/put/parameters/0/schema",
        ),
        (
            "/paths/~1things~1{id}/post/requestBody/content/multipart~1form-data/schema/properties/tags",
            "/paths/~1things~1{id}/post/parameters/1",
        ),
        ("/paths/~1things~1{id}/get/parameters/0/schema", "/parameters/Page"),
        (
            "/paths/~1things~1{id}/get/responses/200/content/text~1csv/schema",
            "/paths/~1things~1{id}/get/responses/200/schema",
        ),
    ] {
        let node = normalised.origins.node(pointer).expect(pointer);
        assert_eq!(node.pointer(), source, "{pointer}");
    }
}

#[test]
fn what_openapi_3_2_adds_is_read() {
    let (normalised, found, _) = read(
        r"
openapi: 3.2.0
$self: https://api.example.com/openapi
info: {title: x, version: '1'}
tags: [{name: a, parent: b, kind: nav}]
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: watch
      parameters: [{name: q, in: querystring, content: {application/json: {schema: {type: object}}}}]
      responses: {200: {content: {application/jsonl: {itemSchema: {$ref: 'https://api.example.com/openapi#/components/schemas/Thing'}}}}}
    query:
      operationId: search
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {200: {summary: ok}}
    additionalOperations:
      COPY: {operationId: copy, responses: {200: {}}}
components:
  schemas:
    Thing: {oneOf: [{$ref: '#/components/schemas/A'}], discriminator: {propertyName: kind, defaultMapping: A}}
    A: {type: object, properties: {kind: {type: string}}}
",
    );
    assert_eq!(found, ["U021", "U004"]);
    let heads = crate::model::heads(&normalised.document);
    let heads: Vec<String> =
        heads.iter().map(|head| format!("{} {} {}", head.id, head.method, head.path)).collect();
    assert_eq!(heads, ["watch GET /things/{id}", "search QUERY /things/{id}"]);
    let heads = crate::model::heads(&normalised.document);
    let pointer = &heads.last().expect("two").pointer;
    let node = normalised.origins.node(pointer).expect("a pointer");
    assert_eq!(node.pointer(), "/paths/~1things~1{id}/query");
    let node = normalised.origins.node(&format!("{pointer}/requestBody/content")).expect("a pointer");
    assert_eq!(node.pointer(), "/paths/~1things~1{id}/query/requestBody/content");
    let document = serde_json::to_value(&normalised.document).expect("JSON");
    let lines = document.pointer("/paths/~1things~1{id}/get/responses/200/content/application~1jsonl/schema");
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    assert_eq!(lines, Some(&json!({"type": "array", "items": thing})));
}
