//! Documents that are small and ask for much: what comes of them is in proportion to what they say, or one coded refusal. Nothing here looks at a
//! clock: a generator that explodes on one of them does not come back, or runs out of memory.

#![allow(clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

mod checks;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use linchpin_codegen::generate::{DocumentOutcome, generate_document};
use linchpin_codegen::render::RenderOptions;
use serde_json::json;

/// Bytes of a crate for each byte of its document, where the document is larger than what every crate has.
const GROWTH: usize = 80;
/// Bytes that every crate has.
const LEAST: usize = 20_000;

fn generate(text: &str) -> DocumentOutcome {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openapi.yaml");
    std::fs::write(&path, text).expect("a file");
    let options = RenderOptions { runtime_path: Some("runtime".to_owned()) };
    generate_document(&path, "large", &options, &mut |_| ())
}

/// A document with one operation, which answers `A`, and these schemas in YAML's flow style.
fn answers(version: &str, schemas: &str) -> String {
    format!(
        "openapi: {version}\ninfo: {{title: x, version: '1'}}\npaths:\n  /a:\n    get:\n      operationId: a\n      \
         responses: {{200: {{description: ok, content: {{application/json: {{schema: {{$ref: '#/components/schemas/A'}}}}}}}}}}\n\
         components:\n  schemas: {{{schemas}}}\n"
    )
}

fn reference(name: &str) -> String {
    format!("{{$ref: '#/components/schemas/{name}'}}")
}

fn listed(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(|at| item(at) + ", ").collect()
}

/// `A` is level 0; each level is made of the next by `shape`, and the last one is an object.
fn levels(count: usize, shape: impl Fn(usize, &str, &str) -> String) -> String {
    let mut text = format!("A: {}, ", reference("L0"));
    for level in 0..count {
        let next = reference(&format!("L{}", level + 1));
        let _ = write!(text, "L{level}: {}, ", shape(level, &next, &format!("p{level}")));
    }
    text + &format!("L{count}: {{type: object, properties: {{leaf: {{type: string}}}}}}")
}

fn explosions() -> Vec<(&'static str, String)> {
    let object = |name: &str, of: &str| format!("{{type: object, properties: {{{name}: {of}}}}}");
    let v3 = |schemas: String| answers("3.1.0", &schemas);
    vec![
        (
            "a chain of `allOf`",
            v3(levels(300, |_, next, name| {
                format!("{{allOf: [{next}, {}]}}", object(name, "{type: string}"))
            })),
        ),
        ("diamonds of `allOf`", v3(levels(40, |_, next, _| format!("{{allOf: [{next}, {next}]}}")))),
        (
            "diamonds of `allOf` with properties of their own",
            v3(levels(40, |_, next, name| {
                format!(
                    "{{allOf: [{{allOf: [{next}]}}, {{allOf: [{next}, {}]}}]}}",
                    object(name, "{type: string}")
                )
            })),
        ),
        (
            "diamonds of `oneOf`",
            v3(levels(40, |_, next, _| format!("{{oneOf: [{next}, {next}, {{type: string}}]}}"))),
        ),
        (
            "diamonds of `anyOf` within `allOf`",
            v3(levels(40, |_, next, name| {
                format!(
                    "{{allOf: [{{anyOf: [{next}, {}]}}, {{anyOf: [{next}, {{type: 'null'}}]}}]}}",
                    object(name, "{type: string}")
                )
            })),
        ),
        (
            "properties that all lead on",
            v3(levels(40, |_, next, _| {
                format!(
                    "{{type: object, properties: {{a: {next}, b: {next}, c: {{type: array, items: {next}}}}}}}"
                )
            })),
        ),
        (
            "the same properties merged, and those of their properties",
            v3(levels(30, |_, next, _| {
                format!(
                    "{{allOf: [{}, {}]}}",
                    object("a", next),
                    object("a", &format!("{{allOf: [{next}, {{description: d}}]}}"))
                )
            })),
        ),
        ("every schema is `allOf` every other", {
            let all = listed(30, |at| {
                format!("S{at}: {{allOf: [{}]}}", listed(30, |other| reference(&format!("S{other}"))))
            });
            v3(format!("A: {}, {all}", reference("S0")))
        }),
        ("every schema is `oneOf` every other", {
            let all = listed(60, |at| {
                format!("S{at}: {{oneOf: [{}]}}", listed(60, |other| reference(&format!("S{other}"))))
            });
            v3(format!("A: {}, {all}", reference("S0")))
        }),
        (
            "an enum of 5,000",
            v3(format!("A: {{type: string, enum: [{}]}}", listed(5_000, |at| format!("value-{at}")))),
        ),
        (
            "an enum of 2,000 that casing makes one",
            v3(format!(
                "A: {{type: string, enum: [{}]}}",
                listed(5_000, |at| {
                    format!(
                        "'{}'",
                        (0..13).map(|bit| if at >> bit & 1 == 1 { 'A' } else { 'a' }).collect::<String>()
                    )
                })
            )),
        ),
        (
            "5,000 properties",
            v3(format!(
                "A: {{type: object, properties: {{{}}}}}",
                listed(5_000, |at| format!("p{at}: {{type: integer}}"))
            )),
        ),
        (
            "2,000 properties that casing makes one",
            v3(format!(
                "A: {{type: object, properties: {{{}}}}}",
                listed(2_000, |at| {
                    format!("'a{}': {{type: integer}}", "-".repeat(at % 40) + &"_".repeat(at / 40))
                })
            )),
        ),
        (
            "a union of 700",
            v3(format!(
                "A: {{oneOf: [{}]}}",
                listed(2_000, |at| {
                    format!("{{type: object, required: [p{at}], properties: {{p{at}: {{type: integer}}}}}}")
                })
            )),
        ),
        (
            "a discriminator of 2,000",
            v3(format!(
                "A: {{oneOf: [{}], discriminator: {{propertyName: k, mapping: {{{}}}}}}}, B: {{type: object, properties: {{k: {{type: string}}}}}}",
                reference("B"),
                listed(5_000, |at| format!("m{at}: B"))
            )),
        ),
        ("inline objects, 100 deep", {
            let deep = (0..40).fold("{type: string}".to_owned(), |inner, _| object("p", &inner));
            v3(format!("A: {deep}"))
        }),
        (
            "arrays of arrays",
            v3(format!(
                "A: {}",
                (0..50)
                    .fold("{type: string}".to_owned(), |inner, _| format!("{{type: array, items: {inner}}}"))
            )),
        ),
        (
            "`required` names what is not there, 10,000 times",
            v3(format!("A: {{type: object, required: [{}]}}", listed(10_000, |at| format!("r{at}")))),
        ),
        ("1,000 references to one response, with 50 headers", {
            let statuses = listed(100, |at| format!("{}: {{$ref: '#/components/responses/wide'}}", 200 + at));
            let paths: String =
                (0..10).map(|at| format!("  /p{at}: {{get: {{responses: {{{statuses}}}}}}}\n")).collect();
            let headers = listed(50, |at| format!("h{at}: {{schema: {{type: string}}}}"));
            format!(
                "openapi: 3.0.3\ninfo: {{title: x, version: '1'}}\npaths:\n{paths}components: {{responses: {{wide: {{description: ok, headers: {{{headers}}}}}}}}}\n"
            )
        }),
        ("3,000 operations with one id", {
            let paths: String = (0..3_000)
                .map(|at| {
                    format!(
                        "  /p{at}: {{get: {{operationId: same, responses: {{204: {{description: ok}}}}}}}}\n"
                    )
                })
                .collect();
            format!("openapi: 3.0.3\ninfo: {{title: x, version: '1'}}\npaths:\n{paths}")
        }),
        ("1,000 tags, each on its own operation", {
            let paths: String = (0..1_000)
                .map(|at| {
                    format!(
                        "  /p{at}: {{get: {{tags: ['t-{at}'], responses: {{204: {{description: ok}}}}}}}}\n"
                    )
                })
                .collect();
            format!("openapi: 3.0.3\ninfo: {{title: x, version: '1'}}\npaths:\n{paths}")
        }),
        ("1,000 parameters in a path of 1,000", {
            let path: String = (0..1_000).map(|at| format!("/{{p{at}}}")).collect();
            // JSON, since YAML bounds keys that are not marked as such.
            json!({"openapi": "3.0.3", "info": {"title": "x", "version": "1"},
                   "paths": {path: {"get": {"responses": {"204": {"description": "ok"}}}}}})
            .to_string()
        }),
        ("names and texts of 100,000 letters", {
            let long = "x".repeat(100_000);
            let reference = format!("#/components/schemas/{long}");
            json!({
                "openapi": "3.0.3", "info": {"title": long, "version": "1"},
                "paths": {"/a": {"get": {"operationId": long, "tags": [long], "description": long, "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": reference}}}}
                }}}},
                "components": {"schemas": {long.clone(): {"type": "object", "properties": {long.clone(): {"type": "string", "enum": [long]}}}}}
            })
            .to_string()
        }),
        (
            "patterns that backtrack, and one of a megabyte",
            v3(format!(
                "A: {{type: object, properties: {{a: {{type: string, pattern: '(a+)+$'}}, b: {{type: string, pattern: '(a{{1000}}){{1000}}'}}, \
             c: {{type: string, pattern: '{}'}}}}, patternProperties: {{'(x+x+)+y': {{type: string}}}}}}",
                "(".repeat(1_000_000)
            )),
        ),
        (
            "numbers that no machine has",
            v3(format!(
                "A: {{type: object, properties: {{a: {{type: integer, minimum: -1e400, maximum: 1{zeros}, default: 9{zeros}}}, \
             b: {{type: number, multipleOf: 1e-999, enum: [1e999, 0.{zeros}1, {zeros}]}}, c: {{type: array, items: {{}}, minItems: 1{zeros}, maxItems: -1}}, \
             d: {{type: string, minLength: 18446744073709551615, maxLength: 1e3}}}}}}",
                zeros = "0".repeat(5_000)
            )),
        ),
    ]
}

#[test]
fn what_comes_of_a_document_is_in_proportion_to_it() {
    for (name, text) in explosions() {
        println!("{name}");
        let found = generate(&text);
        let codes: BTreeSet<&str> =
            found.outcome.diagnostics.iter().map(|found| found.code.as_str()).collect();
        assert!(found.outcome.diagnostics.len() < 50 + text.len() / 4, "{name}: {codes:?}");
        let Some(connector) = found.outcome.connector else {
            assert!(codes.contains("S004") || codes.contains("N007"), "{name}: no crate: {codes:?}");
            continue;
        };
        let size: usize = connector.files.values().map(String::len).sum();
        println!(
            "    {} bytes of document, {size} of crate, {} findings {codes:?}",
            text.len(),
            found.outcome.diagnostics.len()
        );
        assert!(size < LEAST + GROWTH * text.len(), "{name}: {size} bytes of {} bytes", text.len());
        let problems = checks::problems(&connector.files);
        assert!(problems.is_empty(), "{name}: {}", problems.join("\n"));
    }
}
