//! What holds for every text and every value.

#![allow(clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

use linchpin_codegen::diagnostic::{RenderOptions, render, to_json};
use linchpin_codegen::normalise::normalise;
use linchpin_codegen::overlay::apply;
use linchpin_codegen::source::{Limits, SourceFiles, Tree, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Value::from),
    ];
    let text = prop_oneof![
        "[a-z]{0,8}",
        any::<String>(),
        "(true|null|~|yes|0x1f|1e3|\\.inf|2024-01-01|<<|- a|a: b|# c|\\*x|&y|!z)",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..20)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Texts that are nearly a document, so that reading gets beyond the first character.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        "openapi: 3\\.[012]\\.0\n",
        "swagger: '2.0'\n",
        "paths:\n",
        "  /a/\\{b\\}:\n",
        "    get:\n",
        "components:\n",
        "definitions:\n",
        "(query|additionalOperations|itemSchema|collectionFormat|consumes|produces|basePath|in|name|schema): ",
        "(body|formData|array|csv|multi|querystring|file)\n",
        "  schemas:\n",
        "    A:\n",
        "(type|items|allOf|\\$ref|enum|properties|required|default|discriminator|parameters|responses): ",
        "\\{|\\}|\\[|\\]|,|\"|'|:|\n|\t|- |  |&a |\\*a|<<: |!!str |\\||>|#|%|\\?|---\n|\\.\\.\\.\n",
        "'#/components/schemas/A'",
        "'#/paths/~1a/get'",
        "string",
        "null",
        "-?[0-9]{1,25}",
        "\\PC{0,4}",
    ];
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

fn read(name: &str, text: impl Into<Vec<u8>>) -> (Option<Tree>, String) {
    let mut files = SourceFiles::new();
    let (tree, mut found) = parse(&mut files, name, text, &Limits::default());
    assert!(tree.is_some() != found.has_errors(), "either a tree or an error");
    if let Some(tree) = &tree {
        let (normalised, repaired) = normalise(tree);
        if let Some(normalised) = normalised {
            for pointer in ["", "/paths", "/paths/~1a/get/x", "/components/schemas/A/0/b", "x", "//~"] {
                normalised.origins.span(pointer);
            }
        }
        found.extend(repaired);
    }
    let json = to_json(&found, &files);
    assert_eq!(json.len(), found.len());
    (tree, render(&found, &files, &RenderOptions { width: 0, ..RenderOptions::default() }))
}

/// An action of an overlay, from nearly to exactly right.
fn action() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        Just("$".to_owned()),
        "\\$(\\.\\.|\\.|)(\\*|a|\\[0\\]|\\[\\?@\\.a\\]|\\[\\?@ == 1\\]|\\[-1\\]|\\[::2\\])",
        "\\PC{0,6}"
    ];
    prop_oneof![
        (path.clone(), value()).prop_map(|(target, update)| json!({"target": target, "update": update})),
        (path.clone(), path.clone()).prop_map(|(target, copy)| json!({"target": target, "copy": copy})),
        path.prop_map(|target| json!({"target": target, "remove": true})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["x.json", "x.yaml"] {
            read(name, bytes.clone());
        }
    }

    #[test]
    fn no_fragments_panic(text in fragments()) {
        for name in ["x.json", "x.yaml"] {
            read(name, text.clone());
        }
    }

    #[test]
    fn no_cut_of_a_document_panics(value in value(), part in 0.0..1.0) {
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let cut: String = text.chars().take((text.chars().count() as f64 * part) as usize).collect();
        for name in ["x.json", "x.yaml"] {
            read(name, cut.clone());
        }
    }

    #[test]
    fn json_reads_as_the_value_that_was_written(value in value()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
            let (tree, shown) = read("x.json", text.clone());
            let tree = tree.unwrap_or_else(|| panic!("{text}\n{shown}"));
            prop_assert_eq!(tree.root().to_json(), value.clone());
        }
    }

    #[test]
    fn yaml_reads_as_the_value_that_was_written(value in value()) {
        let text = serde_yaml::to_string(&value).expect("YAML");
        // The writer breaks and indents lines at these, as YAML 1.1 did; to YAML 1.2 they are letters like others.
        prop_assume!(!text.contains(['\u{85}', '\u{2028}', '\u{2029}']));
        // It writes the key `<<` without quotes, which makes a merge key of it.
        prop_assume!(!text.contains("<<:"));
        let (tree, shown) = read("x.yaml", text.clone());
        let tree = tree.unwrap_or_else(|| panic!("{text}\n{shown}"));
        prop_assert_eq!(tree.root().to_json(), value, "{}", text);
    }

    #[test]
    fn an_overlay_leaves_a_whole_tree(document in value(), actions in prop::collection::vec(action(), 1..4)) {
        let mut files = SourceFiles::new();
        let mut tree = |name: &str, text: String| parse(&mut files, name, text, &Limits::default()).0.expect("valid");
        let document = tree("openapi.json", document.to_string());
        let overlay = json!({"overlay": "1.1.0", "actions": actions});
        let overlay = tree("overlay.json", overlay.to_string());
        let (changed, found) = apply(&document, &overlay, &Limits::default());
        prop_assert!(changed.is_some() != found.has_errors(), "either a tree or an error");
        let Some(changed) = changed else { return Ok(()) };
        let value = changed.root().to_json();
        let mut nodes = vec![changed.root()];
        while let Some(node) = nodes.pop() {
            let pointer = node.pointer();
            prop_assert_eq!(changed.root().at(&pointer).map(|found| found.id()), Some(node.id()), "{}", pointer);
            prop_assert_eq!(value.pointer(&pointer), Some(&node.to_json()));
            prop_assert!(files.place(node.span()).is_some());
            nodes.extend(node.entries().map(|entry| entry.value).chain(node.items()));
        }
    }

    #[test]
    fn every_node_is_found_by_its_pointer(value in value()) {
        let (tree, _) = read("x.json", value.to_string());
        let tree = tree.expect("valid");
        let mut nodes = vec![tree.root()];
        while let Some(node) = nodes.pop() {
            let pointer = node.pointer();
            prop_assert_eq!(tree.root().at(&pointer).map(|found| found.id()), Some(node.id()), "{}", pointer);
            prop_assert_eq!(value.pointer(&pointer), Some(&node.to_json()));
            nodes.extend(node.entries().map(|entry| entry.value).chain(node.items()));
        }
    }
}
