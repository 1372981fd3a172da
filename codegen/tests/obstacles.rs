//! A document made of names and shapes that break generators (`documents/obstacles.yaml`). That its crate compiles shows
//! `cargo xtask corpus codegen/tests/documents --compile`; here stands what can be seen without a compiler: every name is defined once, and means
//! what was meant.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its document has to stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use linchpin_codegen::diagnostic::{Code, Severity};
use linchpin_codegen::generate::{DocumentOutcome, Stage, generate_document};
use linchpin_codegen::render::{Files, RenderOptions};
use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, UseTree};

fn generated() -> DocumentOutcome {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/obstacles.yaml");
    let mut stages = Vec::new();
    let options = RenderOptions { runtime_path: Some("runtime".to_owned()) };
    let found = generate_document(&document, "obstacles", &options, &mut |stage| stages.push(stage));
    assert_eq!(stages, [Stage::Read, Stage::Normalised, Stage::Modelled, Stage::Generated]);
    found
}

fn files() -> Files {
    generated().outcome.connector.expect("a connector").files
}

fn items(text: &str) -> Vec<Item> {
    syn::parse_file(text).expect("Rust").items
}

/// How often each name is defined below a folder, and where last.
fn defined(
    files: &Files,
    folder: &str,
    name: fn(&Item) -> Option<&syn::Ident>,
) -> BTreeMap<String, (usize, String)> {
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(folder)) {
        for item in &items(text) {
            if let Some(name) = name(item) {
                let entry = found.entry(name.to_string()).or_default();
                *entry = (entry.0 + 1, path.clone());
            }
        }
    }
    found
}

fn types(files: &Files) -> BTreeMap<String, (usize, String)> {
    defined(files, "src/types/", |item| match item {
        Item::Struct(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        _ => None,
    })
}

/// Every `NAME` of a `module::NAME` in a text.
fn uses(text: &str, module: &str) -> BTreeSet<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open: Vec<TokenStream> = vec![text.parse().expect("tokens")];
    while let Some(stream) = open.pop() {
        for token in stream {
            match token {
                TokenTree::Group(group) => open.push(group.stream()),
                other => words.push(other.to_string()),
            }
        }
        words.push(";".to_owned());
    }
    words
        .windows(4)
        .filter(|four| four[0] == module && four[1] == ":" && four[2] == ":")
        .map(|four| four[3].clone())
        .collect()
}

#[test]
fn everything_is_generated_and_what_cannot_be_said_is_told() {
    let found = generated();
    let codes: BTreeSet<Code> = found
        .outcome
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Warning)
        .map(|found| found.code)
        .collect();
    let expected = [Code::UnionByOrder, Code::EndlessType, Code::NamelessRecursion];
    assert_eq!(codes, expected.into(), "{:?}", found.outcome.diagnostics);
    assert_eq!((found.operations, found.dropped), (9, Vec::new()));
}

#[test]
fn every_type_and_shape_is_defined_once_and_every_use_leads_to_one() {
    let files = files();
    let types = types(&files);
    let shapes = defined(&files, "src/wire/", |item| match item {
        Item::Static(item) => Some(&item.ident),
        _ => None,
    });
    for (name, (count, path)) in types.iter().chain(&shapes) {
        assert_eq!(*count, 1, "`{name}` is defined {count} times, last in {path}");
    }
    for (folder, module, defined) in [("src/wire/", "types", &types), ("src/contract/", "wire", &shapes)] {
        for (path, text) in files.iter().filter(|(path, _)| path.starts_with(folder)) {
            for name in uses(text, module) {
                assert!(defined.contains_key(&name), "{path} uses `{module}::{name}`, which nothing defines");
            }
        }
    }
    assert!(
        types.len() > 30 && shapes.len() == types.len(),
        "{} types, {} shapes",
        types.len(),
        shapes.len()
    );
}

/// Where types come by a glob, a name that is imported from elsewhere would hide one of them without a word.
#[test]
fn no_import_hides_a_type() {
    fn names(tree: &UseTree, found: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => names(&path.tree, found),
            UseTree::Name(name) => found.push(name.ident.to_string()),
            UseTree::Rename(name) => found.push(name.rename.to_string()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
            UseTree::Glob(_) => {}
        }
    }
    let files = files();
    let types = types(&files);
    for (path, text) in &files {
        if !text.contains("use crate::types::*;") {
            continue;
        }
        let mut imported = Vec::new();
        for item in items(text) {
            match item {
                Item::Use(item) => names(&item.tree, &mut imported),
                Item::Struct(item) if !path.starts_with("src/types/") => {
                    imported.push(item.ident.to_string())
                }
                _ => {}
            }
        }
        for name in imported {
            assert!(!types.contains_key(&name), "{path} has a `{name}` that is not the type of that name");
        }
    }
}

#[test]
fn files_and_features_have_names_that_every_system_takes() {
    let files = files();
    for path in files.keys() {
        assert!(path.is_ascii() && !path.contains(".."), "{path}");
    }
    let manifest = files.get("Cargo.toml").expect("a manifest");
    let features =
        manifest.split("[features]").nth(1).and_then(|rest| rest.split("\n[").next()).expect("features");
    let mut names = BTreeSet::new();
    for line in features.lines().filter(|line| line.contains('=')) {
        let name = line.split('=').next().unwrap_or_default().trim();
        assert!(names.insert(name), "the feature `{name}` stands twice in\n{features}");
    }
    for name in ["default", "default_", "cli", "cli_"] {
        assert!(names.contains(name), "{name} is missing in\n{features}");
    }
}
