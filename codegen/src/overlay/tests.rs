use serde_json::{Value, json};

use super::*;
use crate::source::{SourceFiles, parse};

const DOCUMENT: &str = r#"{"info": {"title": "x"}, "tags": [{"name": "a"}, {"name": "b\u00e9"}, {"name": "c"}],
"paths": {"/a": {"get": {"tags": ["a"]}, "put": {}}, "/b": {"get": {"x-internal": true}}}}"#;

fn apply_text(actions: &str) -> (Option<Tree>, Diagnostics, SourceFiles) {
    let mut files = SourceFiles::new();
    let (document, _) = parse(&mut files, "openapi.json", DOCUMENT, &Limits::default());
    let text = format!("overlay: 1.1.0\ninfo: {{title: x, version: '1'}}\nactions: {actions}\n");
    let (overlay, found) = parse(&mut files, "overlay.yaml", text, &Limits::default());
    let overlay = overlay.unwrap_or_else(|| panic!("{actions}: {found:?}"));
    let (tree, found) = apply(&document.expect("JSON"), &overlay, &Limits::default());
    (tree, found, files)
}

#[test]
fn actions_change_what_they_target() {
    for (actions, pointer, expected) in [
        ("[{target: $.info, update: {version: '2'}}]", "/info", json!({"title": "x", "version": "2"})),
        ("[{target: $.info.title, update: y}]", "/info/title", json!("y")),
        ("[{target: $.tags, update: {name: d}}]", "/tags/3", json!({"name": "d"})),
        ("[{target: $.tags, update: [{name: d}, {name: e}]}]", "/tags/4", json!({"name": "e"})),
        ("[{target: $, update: {tags: [{name: d}]}}]", "/tags/3/name", json!("d")),
        ("[{target: '$.tags[0,2]', remove: true}]", "/tags", json!([{"name": "bé"}])),
        ("[{target: '$.tags[*]', remove: true}]", "/tags", json!([])),
        ("[{target: '$.paths.*.get', update: {deprecated: true}}]", "/paths/~1b/get/deprecated", json!(true)),
        (
            "[{target: \"$.paths[?@.get['x-internal']]\", remove: true}]",
            "/paths",
            json!({"/a": {"get": {"tags": ["a"]}, "put": {}}}),
        ),
        (
            "[{target: \"$.paths['/a'].put\", copy: \"$.paths['/a'].get\"}]",
            "/paths/~1a/put",
            json!({"tags": ["a"]}),
        ),
        (
            "[{target: \"$.paths['/a'].put\", copy: '$.tags[1]'}, {target: \"$.paths['/a'].put\", update: {name: y}}]",
            "/tags/1/name",
            json!("bé"),
        ),
        (
            "[{target: $.info, update: {a: {b: 1}}}, {target: $.info.a, update: {c: [2]}}]",
            "/info/a",
            json!({"b": 1, "c": [2]}),
        ),
        ("[{target: $.info, update: {title: {deep: 1}}}]", "/info/title", json!({"deep": 1})),
        (
            "[{target: '$..get', remove: true}, {target: $.tags, remove: true}]",
            "",
            json!({"info": {"title": "x"}, "paths": {"/a": {"put": {}}, "/b": {}}}),
        ),
    ] {
        let (tree, found, _) = apply_text(actions);
        let tree = tree.unwrap_or_else(|| panic!("{actions}: {found:?}"));
        let value: Value = tree.root().to_json();
        assert_eq!(value.pointer(pointer), Some(&expected), "{actions}: {value}");
        assert!(found.is_empty(), "{actions}: {found:?}");
    }
}

#[test]
fn what_is_added_stands_in_the_overlay_and_the_rest_where_it_stood() {
    let (tree, _, files) = apply_text("[{target: $.info, update: {version: \"a\\tb\"}}]");
    let tree = tree.expect("a tree");
    for (pointer, file, text) in [
        ("/info/title", "openapi.json", "\"x\""),
        ("/info/version", "overlay.yaml", "\"a\\tb\""),
        ("/tags/1/name", "openapi.json", "\"b\\u00e9\""),
        ("/paths/~1b/get/x-internal", "openapi.json", "true"),
    ] {
        let node = tree.root().at(pointer).expect(pointer);
        let span = node.span();
        let found = files.text(span.file).and_then(|text| text.get(span.start as usize..span.end as usize));
        assert_eq!((files.name(span.file), found), (Some(file), Some(text)), "{pointer}");
        assert_eq!(node.pointer(), pointer);
    }
    let entry = tree.root().at("/info").and_then(|info| info.entry("version")).expect("a version");
    assert_eq!(files.name(entry.key_span.file), Some("overlay.yaml"));
    assert_eq!(tree.root().at("/info/version").and_then(|node| node.as_str()), Some("a\tb"));
}

#[test]
fn an_overlay_cannot_grow_a_document_without_bound() {
    let deep =
        "{target: $.info, update: {a: {}}}, ".to_owned() + &"{target: $.info.a, copy: $.info}, ".repeat(200);
    let wide = "{target: '$.tags', copy: '$.tags'}, ".repeat(60);
    for actions in [deep, wide] {
        let (tree, found, _) = apply_text(&format!("[{actions}]"));
        let codes: Vec<&str> = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
        assert!(tree.is_none() && codes.contains(&"S004"), "{codes:?}");
    }
}

#[test]
fn the_compliance_cases_of_the_specification_hold() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/drift-cases/overlay-compliant-sets/compliant-sets");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: {} is not there, so no compliance case was read", folder.display());
        return;
    };
    let cases: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    let mut read = 0;
    for case in cases.into_iter().filter(|case| case.is_dir()) {
        let mut files = SourceFiles::new();
        let mut load = |name: &str| {
            let (tree, found) = crate::source::load(&mut files, &case.join(name), &Limits::default());
            tree.unwrap_or_else(|| panic!("{}: {found:?}", case.display()))
        };
        let (document, overlay, expected) = (load("openapi.yaml"), load("overlay.yaml"), load("output.yaml"));
        let (tree, found) = apply(&document, &overlay, &Limits::default());
        let tree = tree.unwrap_or_else(|| panic!("{}: {found:?}", case.display()));
        assert_eq!(tree.root().to_json(), expected.root().to_json(), "{}", case.display());
        read += 1;
    }
    assert!(read > 0, "{} holds no case", folder.display());
}
