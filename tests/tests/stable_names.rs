//! Names are a function of what they stand for and of its place: writing a document's keys in another order, or adding an operation to it, renames
//! nothing, and the same document gives the same bytes. Shown on real documents, by what their generated crates define.

#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use linchpin_codegen::diagnostic::{RenderOptions as Shown, render};
use linchpin_codegen::generate::generate_document;
use linchpin_codegen::render::{Files, RenderOptions};
use linchpin_codegen::source::{Limits, SourceFiles, load};
use linchpin_tests::shared;
use serde_json::{Map, Value, json};

/// Documents of each dialect, of a size that is generated in a moment.
const SAMPLE: [&str; 8] = [
    "alertmanager.yaml",
    "adyen-checkout.json",
    "figma.yaml",
    "museum.yaml",
    "notion.json",
    "petstore3.yaml",
    "spotify.yaml",
    "ynab.yaml",
];

fn sample(test: &str) -> Vec<(&'static str, Value)> {
    let Some(folder) = shared::path("specs", test) else { return Vec::new() };
    let read = |name: &'static str| {
        let (tree, _) = load(&mut SourceFiles::new(), &folder.join(name), &Limits::default());
        (name, tree.unwrap_or_else(|| panic!("{name} cannot be read")).root().to_json())
    };
    SAMPLE.into_iter().map(read).collect()
}

fn generate(folder: &Path, text: &str) -> Files {
    let path = folder.join("openapi.json");
    std::fs::write(&path, text).expect("a file");
    let options = RenderOptions { runtime_path: Some("runtime".to_owned()) };
    let outcome = generate_document(&path, "sample", &options, &mut |_| ()).outcome;
    let options = Shown { per_code: Some(1), ..Shown::default() };
    let shown = render(&outcome.diagnostics, &outcome.files, &options);
    outcome.connector.unwrap_or_else(|| panic!("no crate: {shown}")).files
}

/// What a crate defines: each item with the names in it, wherever it stands. A further name of a type counts as an item like the type.
fn defined(files: &Files) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut aliases: Vec<(String, String)> = Vec::new();
    for (path, text) in files {
        let part = path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
        if !matches!(part, "types" | "operations" | "contract") {
            continue;
        }
        for item in syn::parse_file(text).expect("Rust").items {
            let (name, names): (String, Vec<String>) = match &item {
                syn::Item::Struct(item) => (
                    format!("type {}", item.ident),
                    item.fields
                        .iter()
                        .filter_map(|field| field.ident.as_ref())
                        .map(ToString::to_string)
                        .collect(),
                ),
                syn::Item::Enum(item) => (
                    format!("type {}", item.ident),
                    item.variants.iter().map(|variant| variant.ident.to_string()).collect(),
                ),
                syn::Item::Type(item) => {
                    let syn::Type::Path(target) = &*item.ty else { panic!("{path}: an alias of no path") };
                    let target = &target.path.segments.last().expect("a segment").ident;
                    aliases.push((format!("{part}: type {}", item.ident), format!("{part}: type {target}")));
                    continue;
                }
                // An operation's static holds its id and path, so that a method that changed its operation is found too.
                syn::Item::Static(item) if item.ident != "CONTRACT" => {
                    (format!("static {}", item.ident), texts(&item.expr))
                }
                _ => continue,
            };
            all.entry(format!("{part}: {name}")).or_default().extend(names);
        }
    }
    for (alias, target) in aliases {
        let names =
            all.get(&target).unwrap_or_else(|| panic!("{alias} stands for {target}, which is not there"));
        all.insert(alias, names.clone());
    }
    all
}

/// The id, method and path of an operation's static.
fn texts(expression: &syn::Expr) -> Vec<String> {
    let syn::Expr::Struct(expression) = expression else { return Vec::new() };
    expression
        .fields
        .iter()
        .filter_map(|field| match (&field.member, &field.expr) {
            (syn::Member::Named(name), syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }))
                if name == "id" || name == "path" =>
            {
                Some(text.value())
            }
            _ => None,
        })
        .collect()
}

/// The same value with the keys of all objects in another order.
fn shuffled(value: &Value, chance: &mut fastrand::Rng) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            chance.shuffle(&mut entries);
            let entries: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", json!(key), shuffled(value, chance)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shuffled(item, chance)).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, document) in sample("the same document gives the same bytes") {
        let text = document.to_string();
        assert!(generate(folder.path(), &text) == generate(folder.path(), &text), "{name}");
    }
}

#[test]
fn another_order_of_keys_renames_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    for (name, document) in sample("another order of keys renames nothing") {
        let expected = defined(&generate(folder.path(), &document.to_string()));
        assert!(expected.len() > 5, "{name}: {expected:?}");
        for seed in 0..2 {
            let text = shuffled(&document, &mut fastrand::Rng::with_seed(seed));
            let found = defined(&generate(folder.path(), &text));
            for key in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
                let (found, expected) = (found.get(key), expected.get(key));
                if found != expected {
                    wrong.push(format!("{name}: {key}: {found:?} in place of {expected:?} (seed {seed})"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An operation with inline types of its own, and one that reaches a component.
fn addition(document: &Value) -> Value {
    let old = document.get("swagger").is_some();
    let object = json!({"type": "object", "properties": {"id": {"type": "string"}, "items": {"type": "array", "items": {
        "type": "object", "properties": {"kind": {"type": "string", "enum": ["a", "b"]}}
    }}}});
    let schemas = document.pointer(if old { "/definitions" } else { "/components/schemas" });
    let first = schemas.and_then(Value::as_object).and_then(|schemas| schemas.keys().next());
    let place = if old { "definitions" } else { "components/schemas" };
    let reference = first
        .map(|name| json!({"$ref": format!("#/{place}/{}", name.replace('~', "~0").replace('/', "~1"))}));
    let response = |schema: Value| match old {
        true => json!({"description": "ok", "schema": schema}),
        false => json!({"description": "ok", "content": {"application/json": {"schema": schema}}}),
    };
    json!({
        "get": {"operationId": "list", "tags": ["Added"], "responses": {"200": response(object)}},
        "delete": {"responses": {"200": response(reference.unwrap_or_default())}}
    })
}

#[test]
fn an_operation_more_renames_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    for (name, document) in sample("an operation more renames nothing") {
        let before = defined(&generate(folder.path(), &document.to_string()));
        let mut grown = vec![("a new one".to_owned(), document.clone())];
        if let Some(paths) = grown
            .first_mut()
            .and_then(|(_, document)| document.get_mut("paths"))
            .and_then(Value::as_object_mut)
        {
            // Before and behind all others by alphabet.
            paths.insert("/0".to_owned(), addition(&document));
            paths.insert("/~".to_owned(), addition(&Value::Null));
        }
        for (what, grown) in grown {
            let after = defined(&generate(folder.path(), &grown.to_string()));
            assert!(after.len() > before.len(), "{name}: nothing was added");
            for (key, names) in &before {
                let held = after.get(key);
                if held != Some(names) {
                    wrong.push(format!("{name} and {what}: {key}: {held:?} in place of {names:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The other way round: without one of its paths, what is left of a document is called as before.
#[test]
fn a_path_less_renames_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    for (name, document) in sample("a path less renames nothing") {
        let whole = defined(&generate(folder.path(), &document.to_string()));
        let paths: Vec<String> = document
            .get("paths")
            .and_then(Value::as_object)
            .map(|paths| paths.keys().cloned().collect())
            .unwrap_or_default();
        for gone in [0, paths.len() / 2, paths.len() - 1] {
            let mut less = document.clone();
            if let Some(held) = less.get_mut("paths").and_then(Value::as_object_mut) {
                *held = held
                    .iter()
                    .filter(|(path, _)| **path != paths[gone])
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect::<Map<_, _>>();
            }
            let found = defined(&generate(folder.path(), &less.to_string()));
            for (key, names) in &found {
                if whole.get(key) != Some(names) {
                    wrong.push(format!(
                        "{name} without {}: {key}: {names:?} in place of {:?}",
                        paths[gone],
                        whole.get(key)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
