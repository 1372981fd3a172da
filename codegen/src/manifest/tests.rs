//! The schema, and that no input is too strange. What is said about mistakes is tested in the plan stage, by one table for both.

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};
use serde_json::{Value, json};

use super::*;
use crate::source::{Limits, SourceFiles, parse};

/// Every schema inside a schema, with its JSON Pointer.
fn inside(schema: &Value, at: String, found: &mut Vec<(String, Value)>) {
    match schema {
        Value::Object(object) => {
            // The names inside these are the manifest's, not JSON Schema's.
            if !["/properties", "/$defs", "/dependentRequired"].iter().any(|names| at.ends_with(names)) {
                found.push((at.clone(), schema.clone()));
            }
            object.iter().for_each(|(key, value)| inside(value, format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| inside(value, format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

#[test]
fn the_schema_is_made_for_people_who_fill_manifests_in() {
    let text = json_schema();
    assert_eq!(text, json_schema(), "the same text each time");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut all = Vec::new();
    inside(&schema, String::new(), &mut all);
    for (at, schema) in &all {
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let described = property["description"]
                .as_str()
                .is_some_and(|text| text.ends_with(['.', '`']) || text.contains(". "));
            assert!(described, "{at}/properties/{name} says nothing: {property}");
        }
        if schema.get("properties").is_some() {
            assert_eq!(schema["additionalProperties"], false, "{at} takes any key");
        }
        let kinds = schema.get("type");
        assert!(kinds.is_none_or(|kinds| !kinds.to_string().contains("null")), "{at} takes null: {schema}");
        // The check knows these keywords and no others.
        for keyword in ["anyOf", "not", "if", "$dynamicRef", "exclusiveMinimum", "exclusiveMaximum", "format"]
        {
            assert!(schema.get(keyword).is_none(), "{at} has `{keyword}`, which the check does not know");
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            let only_one_of =
                part.as_object().is_some_and(|part| part.len() == 1 && part.contains_key("oneOf"));
            assert!(only_one_of, "{at} has an `allOf` that is more than several `oneOf`");
        }
    }
}

#[test]
fn constants_and_keys_take_either_form() {
    let text = "{a: {description: x, default: 8080, example: 1.5}, b: {description: x, default: true}}";
    let (tree, _) = parse(&mut SourceFiles::new(), "config.yaml", text, &Limits::manifest());
    let config: Entries<ConfigField> = from_node(tree.expect("a tree").root()).expect("two values");
    let defaults: Vec<&str> = config
        .iter()
        .filter_map(|(_, field)| field.default.as_ref())
        .map(|constant| constant.0.as_str())
        .collect();
    assert_eq!(defaults, ["8080", "true"]);
    for (text, expected) in [("id", vec![(0, "id")]), ("[a, b.c]", vec![(1, "a"), (4, "b.c")])] {
        let (tree, _) = parse(&mut SourceFiles::new(), "key.yaml", text, &Limits::manifest());
        let key: Key = from_node(tree.expect("a tree").root()).expect("a key");
        let places: Vec<(u32, &str)> =
            key.0.iter().map(|path| (path.span.start, path.value.as_str())).collect();
        assert_eq!(places, expected, "{text}");
    }
}

/// Any JSON, with the manifest's own words as keys and values.
fn trees() -> impl Strategy<Value = Value> {
    const WORDS: &[&str] = &[
        "version",
        "name",
        "config",
        "server",
        "url",
        "auth",
        "basic",
        "none",
        "api_key",
        "in",
        "header",
        "operations",
        "all",
        "paging",
        "cursor",
        "next",
        "parameter",
        "page",
        "size",
        "value",
        "limits",
        "requests",
        "per",
        "1m",
        "streams",
        "records",
        ".",
        "key",
        "id",
        "format",
        "date",
        "{name}",
        "https://x",
        "",
        "é",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(1)),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(WORDS), inner), 0..6).prop_map(|entries| {
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let (Some(tree), _) = parse(&mut SourceFiles::new(), "connector.yaml", bytes, &Limits::manifest()) {
            let (manifest, found) = read(&tree);
            prop_assert!(manifest.is_some() || found.has_errors());
        }
    }

    #[test]
    fn no_tree_panics(value in trees()) {
        if let (Some(tree), _) = parse(&mut SourceFiles::new(), "connector.json", value.to_string(), &Limits::manifest()) {
            let (manifest, found) = read(&tree);
            prop_assert!(manifest.is_some() || found.has_errors());
        }
    }
}
