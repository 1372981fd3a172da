//! What real documents get wrong: each deviation is repaired with a warning of its own code, the operation stays, and what is generated is what was
//! meant. The deviations are those that were counted in 204 documents of vendors.

#![allow(clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

mod checks;

use std::collections::BTreeSet;

use linchpin_codegen::diagnostic::{RenderOptions as Shown, render};
use linchpin_codegen::generate::generate_document;
use linchpin_codegen::render::RenderOptions;

/// A deviation.
struct Deviation {
    /// What is wrong.
    what: &'static str,
    /// Codes of the warnings about it; none where it is no deviation, or changes nothing.
    codes: &'static [&'static str],
    document: String,
    /// What stands in the crate.
    generated: &'static str,
}

/// A document of this version with the operation `GET /a`, and the rest of the document, in YAML's flow style.
fn document(version: &str, operation: &str, rest: &str) -> String {
    let key = if version == "2.0" { "swagger: '2.0'".to_owned() } else { format!("openapi: {version}") };
    format!(
        "{{{key}, info: {{title: x, version: '1'}}, paths: {{/a: {{get: {{operationId: listThings, {operation}}}}}}}, {rest}}}"
    )
}

/// The operation answers `Thing`, which has one property, `it`, of this schema.
fn property(
    what: &'static str,
    codes: &'static [&'static str],
    version: &str,
    schema: &str,
    generated: &'static str,
) -> Deviation {
    let thing = format!("{{type: object, properties: {{it: {schema}}}}}");
    component(what, codes, version, &thing, generated)
}

/// The operation answers `Thing`, which is this schema.
fn component(
    what: &'static str,
    codes: &'static [&'static str],
    version: &str,
    schema: &str,
    generated: &'static str,
) -> Deviation {
    let others = "Other: {type: object, properties: {name: {type: string}}}";
    let document = if version == "2.0" {
        document(
            version,
            "produces: [application/json], responses: {200: {description: ok, schema: {$ref: '#/definitions/Thing'}}}",
            &format!("definitions: {{Thing: {schema}, {others}}}"),
        )
    } else {
        document(
            version,
            "responses: {200: {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}",
            &format!("components: {{schemas: {{Thing: {schema}, {others}}}}}"),
        )
    };
    Deviation { what, codes, document, generated }
}

/// The operation is this.
fn operation(
    what: &'static str,
    codes: &'static [&'static str],
    version: &str,
    operation: &str,
    generated: &'static str,
) -> Deviation {
    Deviation { what, codes, document: document(version, operation, "x-a: 1"), generated }
}

fn whole(
    what: &'static str,
    codes: &'static [&'static str],
    document: &str,
    generated: &'static str,
) -> Deviation {
    Deviation { what, codes, document: document.to_owned(), generated }
}

const OTHER: &str = "$ref: '#/components/schemas/Other'";
const OK: &str = "responses: {200: {description: ok}}";

fn deviations() -> Vec<Deviation> {
    vec![
        // Formats.
        property("`format: uint64`", &[], "3.0.3", "{type: integer, format: uint64}", "Option<u64>"),
        property(
            "an unknown format of a text",
            &["M060"],
            "3.0.3",
            "{type: string, format: unixtime}",
            "Option<String>",
        ),
        property(
            "a format that nobody knows, `u-int32`",
            &[],
            "3.0.3",
            "{type: integer, format: u-int32}",
            "Option<i64>",
        ),
        property(
            "a misspelt format, `Int32`",
            &["N034"],
            "3.0.3",
            "{type: integer, format: Int32}",
            "Option<i64>",
        ),
        property("`format: int16`", &[], "3.0.3", "{type: integer, format: int16}", "Option<i64>"),
        property(
            "a format of another type, `integer/date-time`",
            &["N034"],
            "3.0.3",
            "{type: integer, format: date-time}",
            "Option<i64>",
        ),
        property(
            "`format: int32` of a number, which OpenAPI allows",
            &[],
            "3.0.3",
            "{type: number, format: int32}",
            "it: Option<",
        ),
        // Beside `$ref`.
        property(
            "`nullable` beside `$ref`",
            &["N008"],
            "3.0.3",
            &format!("{{{OTHER}, nullable: true}}"),
            "Maybe<Other>",
        ),
        property(
            "`description` beside `$ref`",
            &["N008"],
            "3.0.3",
            &format!("{{{OTHER}, description: d}}"),
            "Option<Other>",
        ),
        property(
            "`readOnly` beside `$ref`",
            &["N008"],
            "3.0.3",
            &format!("{{{OTHER}, readOnly: true}}"),
            "Option<Other>",
        ),
        property(
            "`deprecated` beside `$ref`",
            &["N008"],
            "3.0.3",
            &format!("{{{OTHER}, deprecated: true}}"),
            "Option<Other>",
        ),
        property(
            "`example` and `x-` beside `$ref`",
            &[],
            "3.0.3",
            &format!("{{{OTHER}, example: {{}}, x-a: 1}}"),
            "Option<Other>",
        ),
        // Values.
        property("null in an enum", &["N031"], "3.0.3", "{type: string, enum: [a, null]}", "Maybe<ThingIt>"),
        property(
            "a number in an enum of texts",
            &["N032"],
            "3.0.3",
            "{type: string, enum: [a, 1]}",
            "Option<ThingIt>",
        ),
        property(
            "names that casing makes one",
            &[],
            "3.0.3",
            "{type: string, enum: [ASC, DESC, asc, desc]}",
            "Option<ThingIt>",
        ),
        property(
            "`default: 3600` of a text",
            &["N033"],
            "3.0.3",
            "{type: string, default: 3600}",
            "Option<String>",
        ),
        property(
            "`default: false` of a text",
            &["N033"],
            "3.0.3",
            "{type: string, default: false}",
            "Option<String>",
        ),
        property(
            "a default that no conversion mends",
            &["N033"],
            "3.0.3",
            "{type: integer, default: many}",
            "Option<i64>",
        ),
        property(
            "a bound that is a text, `\"1\"`",
            &["N035"],
            "3.0.3",
            "{type: integer, minimum: '1'}",
            "Option<i64>",
        ),
        property(
            "a bound that is a text, `\"false\"`",
            &["N035"],
            "3.0.3",
            "{type: integer, minimum: 1, exclusiveMinimum: 'false'}",
            "Option<i64>",
        ),
        property(
            "a bound that is prose",
            &["N035"],
            "3.0.3",
            "{type: string, maxLength: 20 - incident_summary}",
            "Option<String>",
        ),
        property(
            "a number beyond 64 bits",
            &["N036"],
            "3.0.3",
            "{type: integer, maximum: 99999999999999999999}",
            "Option<i64>",
        ),
        property(
            "a pattern with a flag",
            &["M061"],
            "3.0.3",
            "{type: string, pattern: '(?i)^a$'}",
            "Option<String>",
        ),
        // Types.
        property("a bogus type, `string,`", &["N029"], "3.0.3", "{type: 'string,'}", "Option<String>"),
        property("a bogus type, `int`", &["N029"], "3.0.3", "{type: int}", "Option<i64>"),
        property("`type: file` in 3.0", &["N029"], "3.0.3", "{type: file}", "Option<"),
        property(
            "a list of types in 2.0",
            &["N029", "N030"],
            "2.0",
            "{type: [string, 'null']}",
            "Maybe<String>",
        ),
        property(
            "a list of types in 3.0",
            &["N029", "N030"],
            "3.0.3",
            "{type: [string, 'null']}",
            "Maybe<String>",
        ),
        property("a boolean as a schema in 3.0", &["N028"], "3.0.3", "true", "Option<Value>"),
        property("an array without items", &["N037"], "3.0.3", "{type: array}", "Option<Vec<Value>>"),
        property(
            "a keyword of 3.1 in 3.0",
            &["N043"],
            "3.0.3",
            "{type: object, patternProperties: {a: {type: string}}}",
            "Option<BTreeMap<String,",
        ),
        property("`nullable` in 3.1", &["N043"], "3.1.0", "{type: string, nullable: true}", "Maybe<String>"),
        property("null as a schema", &["N009"], "3.0.3", "null", "Option<Value>"),
        component(
            "`required` names what is not there",
            &[],
            "3.0.3",
            "{type: object, required: [gone], properties: {it: {type: string}}}",
            "it: Option<String>",
        ),
        component(
            "`required` names what the object forbids",
            &[],
            "3.0.3",
            "{type: object, required: [gone], additionalProperties: false, properties: {it: {type: string}}}",
            "it: Option<String>",
        ),
        component(
            "`required: true` at a property",
            &["N039"],
            "3.0.3",
            "{type: object, properties: {it: {type: string, required: true}}}",
            "it: ",
        ),
        component(
            "`required` is null",
            &["N080"],
            "3.0.3",
            "{type: object, required: null, properties: {it: {type: string}}}",
            "it: Option<String>",
        ),
        component(
            "`enum` is null",
            &["N080"],
            "3.0.3",
            "{type: object, properties: {it: {type: string, enum: null}}}",
            "Option<String>",
        ),
        component(
            "`allOf` is one schema, not a list",
            &["N040"],
            "3.0.3",
            &format!("{{allOf: {{{OTHER}}}}}"),
            "name: Option<String>",
        ),
        component(
            "a discriminator without a property's name",
            &["N042"],
            "3.0.3",
            &format!("{{oneOf: [{{{OTHER}}}, {{type: string}}], discriminator: {{mapping: {{}}}}}}"),
            "pub enum Thing",
        ),
        component(
            "a reference into a composition",
            &[],
            "3.0.3",
            "{allOf: [{type: object, properties: {it: {type: string}}}, {type: object, properties: {again: {$ref: '#/components/schemas/Thing/allOf/0'}}}]}",
            "it: Option<String>",
        ),
        component(
            "a reference that leads nowhere",
            &["N005"],
            "3.0.3",
            "{type: object, properties: {it: {$ref: '#/components/schemas/Gone'}}}",
            "Option<Value>",
        ),
        component(
            "types that exclude each other in `allOf`",
            &["M001"],
            "3.0.3",
            "{type: object, properties: {it: {allOf: [{type: string}, {type: integer}]}}}",
            "Option<Value>",
        ),
        component(
            "a property that is a keyword",
            &[],
            "3.0.3",
            "{type: object, properties: {extern: {type: string}, Self: {type: string}}}",
            "extern_: Option<String>",
        ),
        // Operations.
        whole(
            "`paths: null`",
            &["N003"],
            "{openapi: 3.0.3, info: {title: x, version: '1'}, paths: null}",
            "",
        ),
        whole(
            "no `info`",
            &["N013"],
            &format!("{{openapi: 3.0.3, paths: {{/a: {{get: {{operationId: listThings, {OK}}}}}}}}}"),
            "fn list_things",
        ),
        whole(
            "no `operationId`",
            &[],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1'}}, paths: {{/a/b: {{get: {{{OK}}}}}}}}}"
            ),
            "fn get_a_b",
        ),
        whole(
            "an `operationId` twice",
            &["N014"],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1'}}, paths: {{/a: {{get: {{operationId: same, {OK}}}}}, /b: {{get: {{operationId: same, {OK}}}}}}}}}"
            ),
            "fn get_b",
        ),
        whole(
            "a path without its slash",
            &["N025"],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1'}}, paths: {{a: {{get: {{operationId: listThings, {OK}}}}}}}}}"
            ),
            "\"/a\"",
        ),
        whole(
            "a map that is a reference",
            &["N012"],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1'}}, paths: {{$ref: '#/x-paths'}}, x-paths: {{/a: {{get: {{operationId: listThings, {OK}}}}}}}}}"
            ),
            "fn list_things",
        ),
        operation("no `responses`", &["N015"], "3.0.3", "summary: s", "fn list_things"),
        operation(
            "a response without `description`",
            &["N016"],
            "3.0.3",
            "responses: {200: {content: {application/json: {schema: {type: string}}}}}",
            "<String>",
        ),
        operation(
            "a status that is none",
            &["N024"],
            "3.0.3",
            "responses: {OK: {description: ok}, 200: {description: ok}}",
            "fn list_things",
        ),
        operation(
            "a parameter without `in`",
            &["N017"],
            "3.0.3",
            &format!("parameters: [{{name: p, schema: {{type: string}}}}], {OK}"),
            "fn list_things",
        ),
        operation(
            "a parameter without `schema`",
            &["N021"],
            "3.0.3",
            &format!("parameters: [{{name: p, in: query}}], {OK}"),
            "p: Option<",
        ),
        operation(
            "a parameter twice",
            &["N020"],
            "3.0.3",
            &format!(
                "parameters: [{{name: p, in: query, schema: {{type: string}}}}, {{name: p, in: query, schema: {{type: string}}}}], {OK}"
            ),
            "p: Option<String>",
        ),
        operation(
            "a style that does not fit",
            &["N023"],
            "3.0.3",
            &format!("parameters: [{{name: p, in: query, style: simple, schema: {{type: string}}}}], {OK}"),
            "p: Option<String>",
        ),
        operation(
            "a header that is reserved",
            &["N022"],
            "3.0.3",
            &format!("parameters: [{{name: Accept, in: header, schema: {{type: string}}}}], {OK}"),
            "fn list_things",
        ),
        operation(
            "`parameters` is null",
            &["N080"],
            "3.0.3",
            &format!("parameters: null, {OK}"),
            "fn list_things",
        ),
        operation("`tags` is a text", &["N009"], "3.0.3", &format!("tags: a, {OK}"), "fn list_things"),
        operation(
            "a description that is a number",
            &["N010"],
            "3.0.3",
            &format!("description: 1, {OK}"),
            "fn list_things",
        ),
        operation(
            "`text/plain` that is no text",
            &[],
            "3.0.3",
            "responses: {200: {description: ok, content: {text/plain: {schema: {type: integer}}}}}",
            "fn list_things",
        ),
        operation(
            "a security scheme that is not declared",
            &["P016"],
            "3.0.3",
            &format!("security: [{{gone: []}}], {OK}"),
            "fn list_things",
        ),
        whole(
            "a path parameter that is not required",
            &["N018"],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1'}}, paths: {{'/a/{{p}}': {{get: {{operationId: listThings, parameters: [{{name: p, in: path, schema: {{type: string}}}}], {OK}}}}}}}}}"
            ),
            "p: &str",
        ),
        whole(
            "a path parameter that nothing declares",
            &["N019"],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1'}}, paths: {{'/a/{{p}}': {{get: {{operationId: listThings, {OK}}}}}}}}}"
            ),
            "p: &str",
        ),
        whole(
            "a path parameter that no path names",
            &["N044"],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1'}}, paths: {{/a: {{get: {{operationId: listThings, parameters: [{{name: p, in: path, required: true, schema: {{type: string}}}}], {OK}}}}}}}}}"
            ),
            "fn list_things",
        ),
        whole(
            "a key twice",
            &["S003"],
            &format!(
                "{{openapi: 3.0.3, info: {{title: x, version: '1', version: '2'}}, paths: {{/a: {{get: {{operationId: listThings, {OK}}}}}}}}}"
            ),
            "fn list_things",
        ),
    ]
}

#[test]
fn each_deviation_is_told_and_what_was_meant_is_generated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openapi.yaml");
    let options = RenderOptions { runtime_path: Some("runtime".to_owned()) };
    let mut wrong = Vec::new();
    for Deviation { what, codes, document, generated } in deviations() {
        std::fs::write(&path, &document).expect("a file");
        let found = generate_document(&path, "lenient", &options, &mut |_| ());
        let outcome = &found.outcome;
        let shown = render(&outcome.diagnostics, &outcome.files, &Shown::default());
        let warnings: BTreeSet<&str> = outcome.diagnostics.iter().map(|found| found.code.as_str()).collect();
        if warnings != codes.iter().copied().collect() {
            wrong.push(format!("{what}: {warnings:?} in place of {codes:?}\n{document}\n{shown}"));
        }
        let Some(connector) = &outcome.connector else {
            wrong.push(format!("{what}: no crate\n{document}\n{shown}"));
            continue;
        };
        if !found.dropped.is_empty() || connector.operations != found.operations {
            wrong.push(format!("{what}: {:?} are left out\n{document}\n{shown}", found.dropped));
        }
        let code: String = connector
            .files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(_, text)| text.as_str())
            .collect();
        if !code.contains(generated) {
            let types: String = connector
                .files
                .iter()
                .filter(|(path, _)| path.starts_with("src/types/") || path.starts_with("src/operations/"))
                .map(|(_, text)| text.as_str())
                .collect();
            wrong.push(format!("{what}: `{generated}` is not generated\n{document}\n{types}"));
        }
        wrong.extend(
            checks::problems(&connector.files).into_iter().map(|problem| format!("{what}: {problem}")),
        );
    }
    assert!(wrong.is_empty(), "{} deviations:\n{}", wrong.len(), wrong.join("\n\n"));
}
