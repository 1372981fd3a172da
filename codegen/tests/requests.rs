//! Requests as they become Rust: bodies, their parts, and where they are sent.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

use linchpin_codegen::generate::generate;
use linchpin_codegen::render::{Files, RenderOptions};

const AUTH: &str =
    "auth: { bearer: { token: \"{token}\" } }\nconfig:\n  token: { description: A token., secret: true }\n";

/// The files of a document with this manifest's server, and the codes of what was found.
fn made(document: &str, server: &str) -> (Files, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "version: 1\nname: things\ndocument: openapi.yaml\ndescription: things\nserver: {server}\noperations: [all]\n{AUTH}"
    );
    std::fs::write(folder.path().join("openapi.yaml"), document).unwrap();
    std::fs::write(folder.path().join("connector.yaml"), manifest).unwrap();
    let outcome = generate(folder.path(), &RenderOptions::default());
    let codes = outcome.diagnostics.iter().map(|found| found.code.as_str()).collect();
    let connector = outcome.connector.unwrap_or_else(|| panic!("{document}\n{:?}", outcome.diagnostics));
    (connector.files, codes)
}

fn files(document: &str) -> Files {
    made(document, "{ url: \"https://things.example\" }").0
}

/// One operation with this request body, and these component schemas.
fn with_body(body: &str, schemas: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{ title: Things, version: '1' }}\npaths:\n  /things:\n    post:\n      operationId: addThing\n      tags: [things]\n      requestBody: {body}\n      responses: {{ '204': {{ description: done }} }}\ncomponents:\n  schemas: {schemas}\n"
    )
}

/// A file without its line breaks and double blanks.
fn flat(files: &Files, path: &str) -> String {
    files[path].split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_holds(files: &Files, path: &str, expected: &[&str]) {
    let flat = flat(files, path);
    for expected in expected {
        assert!(flat.contains(expected), "no `{expected}` in {path}:\n{}", files[path]);
    }
}

const OPERATIONS: &str = "src/operations/things.rs";
const CONTRACT: &str = "src/contract/things.rs";

#[test]
fn parts_are_a_struct_and_files_are_uploads() {
    let document = with_body(
        "{ required: true, content: { multipart/form-data: { schema: { $ref: '#/components/schemas/New' }, encoding: { icon: { contentType: image/png }, meta: { contentType: application/json, headers: { X-Kind: { schema: { type: string, default: info } } } }, labels: { style: form, explode: false }, ratio: { style: form } } } } }",
        "{ New: { allOf: [ { $ref: '#/components/schemas/Base' }, { type: object, required: [file, kind], properties: { file: { type: string, format: binary, description: The file. }, kind: { type: string, enum: [a, b] }, icon: { type: string }, more: { type: array, items: { type: string, format: binary } }, type: { type: string }, id: { type: string, readOnly: true } } } ] }, Base: { type: object, properties: { meta: { type: object, properties: { x: { type: integer } } }, labels: { type: array, items: { type: string } }, ratio: { type: number } }, additionalProperties: true } }",
    );
    let files = files(&document);
    assert_holds(
        &files,
        OPERATIONS,
        &[
            "pub fn add_thing(&self, body: &AddThingParts) -> Call<()> { let mut request = RequestBuilder::new(&contract::things::ADD_THING); body.set(&mut request); self.0.empty_call(request) }",
            "#[derive(Clone, Debug, PartialEq)] pub struct AddThingParts { pub meta: Option<BaseMeta>, pub labels: Option<Vec<String>>, pub ratio: Option<Number>, /// The file. pub file: Upload, pub kind: NewKind, pub icon: Option<Upload>, pub more: Vec<Upload>, pub type_: Option<String>, /// Parts that the document does not name. pub further_parts: Multipart, }",
            "impl Default for AddThingParts { fn default() -> Self { use linchpin_runtime::wire::blank; Self { meta: blank(), labels: blank(),",
            "request.part(0, &self.meta); request.part(1, &self.labels); request.part(2, &self.ratio); request.files(3, &self.file); request.part(4, &self.kind); request.files(5, &self.icon); request.files(6, &self.more); request.part(7, &self.type_); request.parts(&self.further_parts);",
        ],
    );
    assert_holds(
        &files,
        CONTRACT,
        &[
            "media: Media::Multipart, media_type: \"multipart/form-data\", shape: Shape::Any,",
            "Part { name: \"file\", required: true, file: true, media_type: None, headers: &[], shape: Shape::String(\"binary\"), }",
            "Part { name: \"icon\", required: false, file: true, media_type: Some(\"image/png\"),",
            "Part { name: \"meta\", required: false, file: false, media_type: Some(\"application/json\"), headers: &[(\"X-Kind\", \"info\")], shape: Shape::Object(&wire::BASE_META), }",
            "Part { name: \"more\", required: false, file: true, media_type: None, headers: &[], shape: Shape::Array(&Shape::String(\"binary\")), }",
            "styles: &[(\"labels\", Style::Form, false)],",
        ],
    );
    let types: String = files
        .iter()
        .filter(|(path, _)| path.starts_with("src/types/"))
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(!types.contains("struct New "), "no type is made of a schema that is only parts:\n{types}");
}

#[test]
fn swagger_2_forms_have_files_too() {
    let document = "swagger: '2.0'\ninfo: { title: Things, version: '1' }\npaths:\n  /things:\n    post:\n      operationId: addThing\n      tags: [things]\n      consumes: [multipart/form-data]\n      parameters:\n        - { name: file, in: formData, type: file, required: true }\n        - { name: tags, in: formData, type: array, items: { type: string }, collectionFormat: tsv }\n        - { name: ids, in: formData, type: array, items: { type: integer }, collectionFormat: multi }\n        - { name: sort, in: query, type: array, items: { type: string }, collectionFormat: tsv }\n        - { name: X-Ids, in: header, type: array, items: { type: string }, collectionFormat: pipes }\n      responses: { 204: { description: done } }\n";
    let files = files(document);
    assert_holds(
        &files,
        OPERATIONS,
        &[
            "#[derive(Clone, Debug, Default, PartialEq)] pub struct AddThingParts { pub file: Upload, pub tags: Option<Vec<String>>, pub ids: Option<Vec<i64>>, }",
            "pub fn add_thing(&self, body: &AddThingParts, params: &AddThingParams) -> Call<()>",
        ],
    );
    assert_holds(
        &files,
        CONTRACT,
        &[
            "styles: &[(\"tags\", Style::TabDelimited, false)],",
            "name: \"sort\", location: Location::Query, required: false, style: Style::TabDelimited, explode: false,",
            "name: \"X-Ids\", location: Location::Header, required: false, style: Style::PipeDelimited, explode: false,",
        ],
    );
}

#[test]
fn a_part_that_is_a_secret_is_not_shown() {
    let document = with_body(
        "{ required: true, content: { multipart/form-data: { schema: { type: object, properties: { file: { type: string, format: binary }, pin: { type: string, format: password } } } } } }",
        "{}",
    );
    let files = files(&document);
    assert_holds(
        &files,
        OPERATIONS,
        &[
            "#[derive(Clone, Default, PartialEq)] pub struct AddThingParts",
            "formatter.debug_struct(\"AddThingParts\").finish_non_exhaustive()",
        ],
    );
}

/// Of several offers only what carries more than the first has a method of its own.
#[test]
fn several_offers() {
    let thing = "{ type: object, properties: { name: { type: string } } }";
    let photo =
        "{ type: object, properties: { name: { type: string }, photo: { type: string, format: binary } } }";
    // What is offered, the methods with their bodies, and a part of the documentation.
    let cases: [(String, &[&str], &str); 12] = [
        (
            format!(
                "application/json: {{ schema: {thing} }}, application/x-www-form-urlencoded: {{ schema: {thing} }}, multipart/form-data: {{ schema: {thing} }}"
            ),
            &["add_thing(&self, body: &AddThingBody)"],
            "The body is sent as `application/json`; the API also takes `application/x-www-form-urlencoded`, `multipart/form-data`.",
        ),
        (
            format!("multipart/form-data: {{ schema: {photo} }}, application/json: {{ schema: {thing} }}"),
            &["add_thing(&self, body: &AddThingBody)", "add_thing_multipart(&self, body: &AddThingParts)"],
            "/// As [`Client::add_thing`], with a body of parts, files among them.",
        ),
        (
            format!(
                "application/x-www-form-urlencoded: {{ schema: {photo} }}, multipart/form-data: {{ schema: {photo} }}"
            ),
            &["add_thing(&self, body: &AddThingParts)"],
            "`application/x-www-form-urlencoded`",
        ),
        (
            format!(
                "application/x-www-form-urlencoded: {{ schema: {thing} }}, multipart/form-data: {{ schema: {thing} }}"
            ),
            &["add_thing(&self, body: &AddThingBody)"],
            "`multipart/form-data`",
        ),
        (
            format!(
                "application/json: {{ schema: {thing} }}, text/plain: {{ schema: {{ type: string }} }}, application/octet-stream: {{ schema: {{ type: string, format: binary }} }}"
            ),
            &[
                "add_thing(&self, body: &AddThingBody)",
                "add_thing_text(&self, body: impl Into<Upload>)",
                "add_thing_bytes(&self, body: impl Into<Upload>)",
            ],
            "/// As [`Client::add_thing`], with bytes as its body.",
        ),
        (
            format!(
                "application/json: {{ schema: {thing} }}, application/xml: {{ schema: {thing} }}, application/yaml: {{ schema: {thing} }}"
            ),
            &["add_thing(&self, body: &AddThingBody)"],
            "`application/xml`, `application/yaml`",
        ),
        (
            "text/plain: {}, text/x-markdown: {}".into(),
            &["add_thing(&self, body: impl Into<Upload>)"],
            "`text/x-markdown`",
        ),
        ("application/octet-stream: {}".into(), &["add_thing(&self, body: impl Into<Upload>)"], ""),
        ("application/xml: {}".into(), &["add_thing(&self, body: impl Into<Upload>)"], ""),
        (
            "image/png: {}, application/xml: {}".into(),
            &["add_thing(&self, body: impl Into<Upload>)"],
            "sent as `image/png`",
        ),
        (
            "multipart/form-data: { schema: { type: object } }".into(),
            &["add_thing(&self, body: &Multipart)"],
            "",
        ),
        (
            "'*/*': { schema: { type: object, properties: { a: { type: string } } } }".into(),
            &["add_thing(&self, body: &AddThingBody)"],
            "",
        ),
    ];
    for (offers, methods, docs) in cases {
        let files = files(&with_body(&format!("{{ required: true, content: {{ {offers} }} }}"), "{}"));
        let flat = flat(&files, OPERATIONS);
        let found: Vec<&str> =
            flat.split("pub fn ").skip(1).filter_map(|text| text.split(" ->").next()).collect();
        assert_eq!(found, methods, "{offers}:\n{}", files[OPERATIONS]);
        let prose = flat.replace(" /// ", " ");
        assert!(
            prose.contains(docs) || flat.contains(docs),
            "{offers}: no `{docs}` in\n{}",
            files[OPERATIONS]
        );
        assert!(!files[CONTRACT].contains("*/*"), "{offers}: a range is no media type to send");
    }
}

#[test]
fn an_optional_body_stands_in_the_parameters_unless_there_are_several() {
    let thing = "{ type: object, properties: { name: { type: string } } }";
    let photo = "{ type: object, properties: { photo: { type: string, format: binary } } }";
    let cases: [(String, &[&str]); 4] = [
        (
            format!("application/json: {{ schema: {thing} }}"),
            &[
                "add_thing(&self, params: &AddThingParams)",
                "pub body: Option<AddThingBody>,",
                "if let Some(body) = &self.body { request.body(body); }",
            ],
        ),
        (
            "application/octet-stream: {}".into(),
            &[
                "add_thing(&self, params: &AddThingParams)",
                "pub body: Option<Upload>,",
                "request.upload(body);",
            ],
        ),
        (
            format!("multipart/form-data: {{ schema: {photo} }}"),
            &["pub body: Option<AddThingParts>,", "if let Some(body) = &self.body { body.set(request); }"],
        ),
        (
            format!("application/json: {{ schema: {thing} }}, multipart/form-data: {{ schema: {photo} }}"),
            &[
                "add_thing(&self, body: Option<&AddThingBody>)",
                "if let Some(body) = body { request.body(body); }",
                "add_thing_multipart(&self, body: &AddThingParts)",
            ],
        ),
    ];
    for (offers, expected) in cases {
        let files = files(&with_body(&format!("{{ content: {{ {offers} }} }}"), "{}"));
        assert_holds(&files, OPERATIONS, expected);
    }
}

#[test]
fn no_name_of_a_document_takes_the_place_of_a_file() {
    let document = with_body(
        "{ required: true, content: { multipart/form-data: { schema: { type: object, required: [upload], properties: { upload: { $ref: '#/components/schemas/Upload' }, multipart: { $ref: '#/components/schemas/Multipart' }, further_parts: { type: string }, file: { type: string, format: binary }, 'a\"b\\nc': { type: string } }, additionalProperties: true } } } }",
        "{ Upload: { type: object, properties: { id: { type: string } } }, Multipart: { type: string, enum: [x] }, AddThingParts: { type: object, properties: { upload: { $ref: '#/components/schemas/Upload' } } } }",
    );
    let files = files(&document);
    let flat = flat(&files, OPERATIONS);
    assert!(!flat.contains("pub upload: Upload,") && flat.contains("pub file: Option<Upload>,"), "{flat}");
    assert!(
        flat.contains("pub further_parts: Option<String>,")
            && flat.contains("pub further_parts_: Multipart,"),
        "{flat}"
    );
    for (path, text) in &files {
        if path.ends_with(".rs") {
            assert!(syn::parse_file(text).is_ok(), "{path}:\n{text}");
        }
    }
}

const SERVERS: &str = "openapi: 3.0.3
info: { title: Things, version: '1' }
servers: [ { url: 'https://{region}.things.example/v1', variables: { region: { default: eu } } } ]
security: [ { token: [] } ]
paths:
  /a: { get: { operationId: a, tags: [things], responses: { '204': { description: x } } } }
  /b:
    servers: [ { url: 'https://eu.things.example/v2' } ]
    get: { operationId: b, tags: [things], security: [], responses: { '204': { description: x } } }
    put: { operationId: c, tags: [things], servers: [ { url: 'https://files.things.example' } ], security: [ { token: [] }, {} ], responses: { '204': { description: x } } }
  /d: { get: { operationId: d, tags: [things], servers: [ { url: 'https://eu.things.example/v1/' } ], responses: { '204': { description: x } } } }
components:
  securitySchemes: { token: { type: http, scheme: bearer } }
";

#[test]
fn servers_and_security_are_bound_by_operation() {
    // The manifest's server, where each operation goes, and the codes.
    let cases: [(&str, [&str; 4], &[&str]); 3] = [
        (
            "{ url: \"https://eu.things.example/v1\" }",
            ["Base::Server", "Base::Path(\"/v2\")", "Base::Server", "Base::Server"],
            &["P070"],
        ),
        (
            "{ url: \"https://eu.things.example/v1\", others: { files: { url: \"https://files.things.example\", credential: false } } }",
            ["Base::Server", "Base::Path(\"/v2\")", "Base::Other(0)", "Base::Server"],
            &[],
        ),
        (
            "{ url: \"https://eu.things.example/v1\", others: { files: { url: \"https://{token}.example\", document_url: \"https://files.things.example/\" }, more: { url: \"https://more.example\", operations: [a] } } }",
            ["Base::Other(1)", "Base::Path(\"/v2\")", "Base::Other(0)", "Base::Server"],
            &[],
        ),
    ];
    for (server, bases, codes) in cases {
        let (files, found) = made(SERVERS, server);
        assert_eq!(found, codes, "{server}");
        let flat = flat(&files, CONTRACT);
        let securities = ["Required", "None", "Optional", "Required"];
        for ((id, base), security) in ["a", "b", "c", "d"].into_iter().zip(bases).zip(securities) {
            let text = flat.split(&format!("id: \"{id}\",")).nth(1).unwrap();
            let text = text.split("paging:").next().unwrap();
            assert!(text.contains(&format!("base: {base},")), "{server}: {id} is not at {base}: {text}");
            assert!(text.contains(&format!("security: Security::{security},")), "{server}: {id}: {text}");
        }
    }
    let (files, _) = made(SERVERS, cases[1].0);
    assert_holds(
        &files,
        "src/contract/mod.rs",
        &["OtherServer { name: \"files\", url: \"https://files.things.example\", credential: false"],
    );
}

#[test]
fn openapi_3_2_has_whole_query_strings_and_raw_cookies() {
    let document = "openapi: 3.2.0\ninfo: { title: Things, version: '1' }\npaths:\n  /things:\n    get:\n      operationId: find\n      tags: [things]\n      parameters:\n        - { name: q, in: querystring, content: { application/x-www-form-urlencoded: { schema: { type: object, properties: { a: { type: string } } } } } }\n        - { name: theme, in: cookie, style: cookie, schema: { type: array, items: { type: string } } }\n        - { name: X-Note, in: header, content: { text/plain: { schema: { type: string } } } }\n      responses: { 204: { description: done } }\n    post:\n      operationId: ask\n      tags: [things]\n      parameters: [ { name: q, in: querystring, required: true, content: { application/json: { schema: { type: object } } } } ]\n      responses: { 204: { description: done } }\n";
    let (files, codes) = made(document, "{ url: \"https://things.example\" }");
    assert_eq!(codes, [] as [&str; 0]);
    assert_holds(
        &files,
        CONTRACT,
        &[
            "name: \"q\", location: Location::QueryString, required: false, style: Style::Form,",
            "name: \"q\", location: Location::QueryString, required: true, style: Style::Json,",
            "name: \"theme\", location: Location::Cookie, required: false, style: Style::Cookie, explode: true,",
            "name: \"X-Note\", location: Location::Header, required: false, style: Style::Simple,",
        ],
    );
}

/// The method of a further body keeps its name, whatever operations come later.
#[test]
fn a_method_of_another_body_is_in_the_lock_file() {
    let photo = "{ type: object, properties: { photo: { type: string, format: binary } } }";
    let body = format!(
        "{{ required: true, content: {{ application/json: {{ schema: {{ type: object }} }}, multipart/form-data: {{ schema: {photo} }} }} }}"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let manifest = format!(
        "version: 1\nname: things\ndocument: openapi.yaml\ndescription: things\nserver: {{ url: \"https://things.example\" }}\noperations: [all]\n{AUTH}"
    );
    std::fs::write(path("connector.yaml"), manifest).unwrap();
    let document = with_body(&body, "{}");
    std::fs::write(path("openapi.yaml"), &document).unwrap();
    let first = generate(folder.path(), &RenderOptions::default()).connector.unwrap();
    assert!(first.files[OPERATIONS].contains("fn add_thing_multipart"), "{}", first.files[OPERATIONS]);
    std::fs::write(path("connector.lock"), first.lock).unwrap();
    let more = "paths:\n  /more:\n    get: { operationId: addThingMultipart, tags: [things], responses: { '204': { description: x } } }\n";
    std::fs::write(path("openapi.yaml"), document.replace("paths:\n", more)).unwrap();
    let outcome = generate(folder.path(), &RenderOptions::default());
    let grown = outcome.connector.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
    let text = &grown.files[OPERATIONS];
    let body = text.split("fn add_thing_multipart(").nth(1).and_then(|text| text.split("->").next());
    assert!(body.is_some_and(|text| text.contains("body: &AddThingParts")), "{text}");
    assert_eq!(text.matches("pub fn ").count(), 3, "{text}");
}
