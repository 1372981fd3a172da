//! Documents that recur, explode, or are no documents.

use std::fmt::Write as _;

use linchpin_codegen::drift::compare;
use linchpin_codegen::source::{Limits, SourceFiles, parse};
use proptest::prelude::*;

use super::{lines, of_texts, options};

/// A document whose one response is the first of some schemas.
fn with(schemas: &str) -> String {
    format!(
        "{{\"openapi\":\"3.1.0\",\"info\":{{\"title\":\"T\",\"version\":\"1\"}},\"paths\":{{\"/a\":{{\"get\":{{\"responses\":{{\"200\":{{\"description\":\"OK\",\"content\":{{\"application/json\":{{\"schema\":{{\"$ref\":\"#/components/schemas/S0\"}}}}}}}}}}}}}}}},\"components\":{{\"schemas\":{{{schemas}}}}}}}"
    )
}

#[test]
fn recursion_ends_and_what_changed_in_it_is_told_once() {
    let schemas = |kind: &str| {
        format!(
            r##""S0":{{"type":"object","properties":{{"next":{{"$ref":"#/components/schemas/S1"}},"self":{{"$ref":"#/components/schemas/S0"}}}}}},"S1":{{"type":"object","properties":{{"back":{{"$ref":"#/components/schemas/S0"}},"v":{{"type":"{kind}"}}}}}}"##
        )
    };
    let report = of_texts(&with(&schemas("integer")), &with(&schemas("string")), &options());
    assert_eq!(lines(&report), ["breaking response-property-type-changed @ GET /a"]);
}

#[test]
fn references_that_lead_to_themselves_or_nowhere_are_any_value() {
    for schemas in [
        r##""S0":{"$ref":"#/components/schemas/S0"}"##,
        r##""S0":{"$ref":"#/components/schemas/S1"},"S1":{"$ref":"#/components/schemas/S0"}"##,
        r##""S0":{"$ref":"#/components/schemas/Gone"}"##,
        r##""S0":{"$ref":"https://example.com/x.json"}"##,
        r##""S0":{"oneOf":[{"type":"null"},{"$ref":"#/components/schemas/S0"}]}"##,
        r##""S0":{"allOf":[{"$ref":"#/components/schemas/S0"}]}"##,
        r##""S0":{"allOf":[{"allOf":[{"allOf":[{"$ref":"#/components/schemas/S0"}]}]}]}"##,
    ] {
        let plain = with(r#""S0":{"type":"string"}"#);
        of_texts(&with(schemas), &plain, &options());
        of_texts(&plain, &with(schemas), &options());
        let same = of_texts(&with(schemas), &with(schemas), &options());
        assert!(same.changes.is_empty(), "{schemas}: {:?}", lines(&same));
    }
}

/// Each schema is composed of the next one twice, so that there are 2^levels ways to the last.
fn diamonds(word: &str, levels: usize, last: &str) -> String {
    let mut schemas = String::new();
    for level in 0..levels {
        let next = level + 1;
        let _ = write!(
            schemas,
            r##""S{level}":{{"{word}":[{{"$ref":"#/components/schemas/S{next}"}},{{"type":"object","properties":{{"p{level}":{{"$ref":"#/components/schemas/S{next}"}}}}}}]}},"##
        );
    }
    let _ = write!(schemas, r#""S{levels}":{{"type":"object","properties":{{"v":{{"type":"{last}"}}}}}}"#);
    with(&schemas)
}

#[test]
fn diamonds_cost_what_they_say() {
    for word in ["allOf", "oneOf", "anyOf"] {
        let report = of_texts(&diamonds(word, 200, "integer"), &diamonds(word, 200, "string"), &options());
        assert_eq!(lines(&report), ["breaking response-property-type-changed @ GET /a"], "{word}");
    }
}

#[test]
fn long_chains_of_references_take_no_stack() {
    let chain = |last: &str| {
        let mut schemas = String::new();
        for level in 0..20_000 {
            let next = level + 1;
            let _ = write!(
                schemas,
                r##""S{level}":{{"type":"array","items":{{"$ref":"#/components/schemas/S{next}"}}}},"##
            );
        }
        let _ = write!(schemas, r#""S20000":{{"type":"{last}"}}"#);
        with(&schemas)
    };
    let report = of_texts(&chain("integer"), &chain("number"), &options());
    assert_eq!(lines(&report), ["breaking response-property-type-generalized @ GET /a"]);
}

#[test]
fn deep_schemas_take_no_stack() {
    let nest = |last: &str| {
        let (open, close) = (r#"{"type":"array","items":"#.repeat(100), "}".repeat(100));
        with(&format!(r#""S0":{open}{{"type":"{last}"}}{close}"#))
    };
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let compared = small.spawn(move || lines(&of_texts(&nest("integer"), &nest("number"), &options())));
    let found = compared.expect("a thread").join().expect("no overflow");
    assert_eq!(found, ["breaking response-property-type-generalized @ GET /a"]);
}

#[test]
fn what_is_no_document_is_told_and_not_compared() {
    for text in ["[]", "{}", "openapi: 1.0", "swagger: 7", "a: 1"] {
        let mut files = SourceFiles::new();
        let (tree, _) = parse(&mut files, "a.yaml", text, &Limits::default());
        let Some(tree) = tree else { continue };
        let (report, found) = compare(&files, &tree, &tree, &options());
        assert!(report.is_none() && found.has_errors(), "{text}");
    }
}

/// Words that mean something, wherever they stand.
const WORDS: &[&str] = &[
    "type",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "enum",
    "required",
    "$ref",
    "discriminator",
    "mapping",
    "content",
    "schema",
    "parameters",
    "responses",
    "200",
    "headers",
    "security",
    "servers",
    "url",
    "variables",
    "deprecated",
    "x-sunset",
    "x-stability-level",
    "minimum",
    "maxLength",
    "default",
    "const",
    "name",
    "in",
    "additionalProperties",
    "callbacks",
    "links",
    "encoding",
    "tags",
    "operationId",
    "nullable",
    "if",
    "dependentRequired",
    "patternProperties",
    "requestBody",
    "get",
    "application/json",
];

fn anything() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        proptest::sample::select(WORDS).prop_map(Into::into),
        Just("#/components/schemas/S0".into()),
        Just("string".into()),
        Just("é {x".into()),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map(
                proptest::sample::select(WORDS).prop_map(str::to_owned),
                inner,
                0..6
            )
            .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_a_document_is_what_it_is(one in anything(), other in anything(), item in anything()) {
        let document = |schema: &serde_json::Value, operation: &serde_json::Value| {
            serde_json::json!({
                "openapi": "3.1.0",
                "paths": {"/a/{b}": {"get": operation, "post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}},
                "components": {"schemas": {"S0": schema}, "securitySchemes": {"s": operation}},
                "security": operation, "servers": schema,
            })
            .to_string()
        };
        let (left, right) = (document(&one, &item), document(&other, &one));
        of_texts(&left, &right, &options());
        let same = of_texts(&left, &left, &options());
        prop_assert!(same.changes.iter().all(|change| change.id == "api-invalid-stability-level" || change.id.ends_with("sunset-parse")), "{:?}", lines(&same));
    }
}
