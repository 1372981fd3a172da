//! Real documents against themselves, written otherwise: in another order, as JSON for YAML, with references inlined or extracted, and
//! upgraded from Swagger 2.0. None of it is a change.

use std::path::{Path, PathBuf};

use linchpin_codegen::drift::compare;
use linchpin_codegen::source::{Limits, SourceFiles, Tree, load, parse};
use serde_json::{Map, Value, json};

use super::{lines, options, upgrade};

/// Documents above this size are compared where somebody asks for it.
const SMALL: u64 = 700_000;

fn specs(big: bool) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: {} is not there, so no real document was compared", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| {
        let size = path.metadata().expect("a file").len();
        path.extension().is_some_and(|ending| ending != "tsv") && (size > SMALL) == big
    });
    paths.sort();
    paths
}

/// JSON with the keys of objects in an order that the seed gives, and lists whose order means nothing turned round.
fn shuffled(value: &Value, seed: u64, key: &str, into: &mut String) {
    match value {
        Value::Object(map) => {
            let salt = |name: &str| {
                let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                name.bytes().fold(seed, mix).rotate_left(29)
            };
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(name, _)| salt(name));
            into.push('{');
            for (number, (name, value)) in entries.into_iter().enumerate() {
                into.push_str(if number == 0 { "\n" } else { ",\n" });
                into.push_str(&Value::String(name.clone()).to_string());
                into.push(':');
                shuffled(value, seed, name, into);
            }
            into.push('}');
        }
        Value::Array(items) => {
            let mut items: Vec<&Value> = items.iter().collect();
            if matches!(key, "required" | "enum" | "tags" | "oneOf" | "anyOf" | "allOf" | "parameters") {
                items.reverse();
            }
            into.push('[');
            for (number, item) in items.into_iter().enumerate() {
                into.push_str(if number == 0 { "" } else { "," });
                shuffled(item, seed, "", into);
            }
            into.push(']');
        }
        other => into.push_str(&other.to_string()),
    }
}

/// Keys below which stands what a document says of values rather than schemas.
fn holds_values(key: &str) -> bool {
    matches!(key, "example" | "examples" | "default" | "enum" | "const" | "mapping") || key.starts_with("x-")
}

/// The document with each reference to a schema replaced by the schema, one level deep.
fn inlined(value: &Value, root: &Value, deep: bool) -> Value {
    match value {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str).filter(|_| deep && map.len() == 1);
            let target = target.and_then(|reference| {
                let schema =
                    ["#/components/schemas/", "#/definitions/"].iter().any(|at| reference.starts_with(at));
                root.pointer(reference.trim_start_matches('#')).filter(|_| schema)
            });
            if let Some(target) = target {
                return inlined(target, root, false);
            }
            let entries = map.iter().map(|(key, value)| {
                let value = if holds_values(key) { value.clone() } else { inlined(value, root, deep) };
                (key.clone(), value)
            });
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.iter().map(|item| inlined(item, root, deep)).collect(),
        other => other.clone(),
    }
}

/// The document with the schemas that lists of items hold in place made components.
fn extracted(document: &Value) -> Value {
    fn walk(value: &mut Value, at: &str, made: &mut Map<String, Value>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map.iter_mut().filter(|(key, _)| !holds_values(key)) {
                    walk(value, at, made);
                    // A list of items with a name like any property's is a schema only beside a type.
                    let schema = key == "items" && value.get("type").is_some_and(Value::is_string);
                    if schema && value.get("in").is_none() && value.get("collectionFormat").is_none() {
                        let name = format!("Extracted{}", made.len());
                        let reference = json!({"$ref": format!("{at}{name}")});
                        made.insert(name, std::mem::replace(value, reference));
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, at, made)),
            _ => {}
        }
    }
    let mut document = document.clone();
    let mut made = Map::new();
    let swagger = document.get("swagger").is_some();
    walk(&mut document, if swagger { "#/definitions/" } else { "#/components/schemas/" }, &mut made);
    let schemas =
        if swagger { document.get_mut("definitions") } else { document.pointer_mut("/components/schemas") };
    match schemas.and_then(Value::as_object_mut) {
        Some(schemas) => schemas.extend(made),
        None => document["components"]["schemas"] = Value::Object(made),
    }
    document
}

/// What a document says against itself, written otherwise.
fn against(files: &mut SourceFiles, tree: &Tree, text: &str, what: &str, failures: &mut Vec<String>) {
    let (other, found) = parse(files, "other.json", text, &Limits::default());
    let other = other.unwrap_or_else(|| panic!("{what}: {found:?}"));
    for (base, revision, way) in [(tree, &other, "there"), (&other, tree, "back")] {
        let (report, found) = compare(files, base, revision, &options());
        let report = report.unwrap_or_else(|| panic!("{what}: {found:?}"));
        if !report.changes.is_empty() {
            let first: Vec<String> = report
                .changes
                .iter()
                .zip(lines(&report))
                .take(6)
                .map(|(change, line)| {
                    format!(
                        "{:.160} {:?} {:?} {:.200}",
                        line,
                        change.base.as_ref().map(|s| &s.pointer),
                        change.revision.as_ref().map(|s| &s.pointer),
                        change.text
                    )
                })
                .collect();
            failures.push(format!("{what}, {way}: {}\n  {}", report.changes.len(), first.join("\n  ")));
        }
    }
}

fn compare_all(paths: &[PathBuf]) {
    let mut failures = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let mut files = SourceFiles::new();
        let tree = load(&mut files, path, &Limits::default()).0.unwrap_or_else(|| panic!("{name}"));
        let value = tree.root().to_json();
        let mut text = String::new();
        shuffled(&value, 0xcbf2_9ce4_8422_2325, "", &mut text);
        against(&mut files, &tree, &text, &format!("{name} in another order"), &mut failures);
        let extracted = extracted(&value).to_string();
        against(&mut files, &tree, &extracted, &format!("{name} with references extracted"), &mut failures);
        let inlined = inlined(&value, &value, true);
        let text = inlined.to_string();
        // What is inlined more than doubles many documents; some become too much for any reader.
        if text.len() < 16_000_000 {
            against(&mut files, &tree, &text, &format!("{name} with references inlined"), &mut failures);
        }
        if tree.root().get("swagger").is_some() {
            let upgraded = upgrade::upgraded(&value).to_string();
            against(&mut files, &tree, &upgraded, &format!("{name} upgraded"), &mut failures);
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_real_document_written_otherwise_is_no_change() {
    compare_all(&specs(false));
}

#[test]
#[ignore = "takes minutes; `cargo test -p linchpin-codegen --test drift -- --ignored` compares the big documents"]
fn a_big_document_written_otherwise_is_no_change() {
    compare_all(&specs(true));
}
