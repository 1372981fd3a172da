//! What holds for every text, a function for each stage. The fuzz targets (`fuzz/`) call them with what they make up, `cargo test --test fuzzed`
//! with what stands beside this file.

#![allow(unreachable_pub, reason = "the fuzz targets use it from a crate of their own")]

use std::sync::OnceLock;

use linchpin_codegen::diagnostic::{Code, Diagnostics, RenderOptions, render, to_json};
use linchpin_codegen::drift::{self, Options, Report, Stability};
use linchpin_codegen::generate::generate_document;
use linchpin_codegen::normalise::{Normalised, normalise};
use linchpin_codegen::source::{Limits, Node, SourceFiles, Tree, parse};
use linchpin_codegen::{manifest, model, overlay, plan, render as rendering};
use serde_json::Value;

use crate::checks::problems;

/// A function that panics where something does not hold.
pub type Target = fn(&[u8]);

/// All of them, by the name of their fuzz target and of their folder of inputs.
pub const TARGETS: [(&str, Target); 6] = [
    ("source", source),
    ("normalise", normalised),
    ("overlay", overlaid),
    ("manifest", declared),
    ("generate", generated),
    ("drift", compared),
];

/// Between the document and the overlay of one input, and between two documents.
pub const SEPARATOR: &[u8] = b"\n%%%\n";

/// So many nodes of a tree are looked at one by one.
const NODES: usize = 300;

/// A text is a tree or an error, as JSON and as YAML, and what can be seen of it agrees with itself.
pub fn source(data: &[u8]) {
    for name in ["x.json", "x.yaml"] {
        let mut files = SourceFiles::new();
        let Some(tree) = read(name, data, &mut files) else { continue };
        whole(&tree, &files);
    }
}

/// A document in its normal form keeps what `normalise` promises.
pub fn normalised(data: &[u8]) {
    let mut files = SourceFiles::new();
    let Some(tree) = read("openapi.yaml", data, &mut files) else { return };
    let (normalised, found) = normalise(&tree);
    assert!(normalised.is_some() || found.has_errors(), "neither a document nor an error");
    shown(&found, &files);
    if let Some(normalised) = normalised {
        normal(&normalised);
    }
}

/// An overlay leaves a whole tree or is an error.
pub fn overlaid(data: &[u8]) {
    let at = data.windows(SEPARATOR.len()).position(|part| part == SEPARATOR);
    let (document, actions) = match at {
        Some(at) => (&data[..at], &data[at + SEPARATOR.len()..]),
        None => (&b"{openapi: 3.1.0, paths: {/a: {get: {}}}, x: [1, 2]}"[..], data),
    };
    let mut files = SourceFiles::new();
    let Some(document) = read("openapi.yaml", document, &mut files) else { return };
    let Some(actions) = read("overlay.yaml", actions, &mut files) else { return };
    let limits = Limits { nodes: 20_000, ..Limits::default() };
    let (changed, found) = overlay::apply(&document, &actions, &limits);
    assert!(changed.is_some() != found.has_errors(), "either a tree or an error");
    shown(&found, &files);
    if let Some(changed) = changed {
        whole(&changed, &files);
        normalise(&changed);
    }
}

/// A manifest is one or an error, and whatever it says to a good document, the crate is a crate.
pub fn declared(data: &[u8]) {
    static DOCUMENT: OnceLock<Normalised> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| {
        let text = include_str!("../negative/plan/openapi.yaml");
        let (tree, _) = parse(&mut SourceFiles::new(), "openapi.yaml", text, &Limits::default());
        tree.and_then(|tree| normalise(&tree).0).expect("the document is good")
    });
    let mut files = SourceFiles::new();
    let (tree, mut found) = parse(&mut files, "connector.yaml", data, &Limits::manifest());
    let Some(tree) = tree else { return };
    let (manifest, of_manifest) = manifest::read(&tree);
    assert!(manifest.is_some() != of_manifest.has_errors(), "either a manifest or an error");
    found.extend(of_manifest);
    if let Some(manifest) = manifest {
        let (selected, of_select) = plan::select(&manifest, &model::heads(&document.document));
        let usable = !of_select.has_errors();
        found.extend(of_select);
        if usable {
            let (plan, of_plan) =
                plan::plan(&manifest, model::model(document, &selected, &Default::default()).0);
            let plan = plan.filter(|_| !of_plan.has_errors());
            found.extend(of_plan);
            if let Some(plan) = plan {
                let crate_files = rendering::render(&plan, &rendering::RenderOptions::default());
                sound(&crate_files.expect("Rust"));
            }
        }
    }
    shown(&found, &files);
}

/// Of two documents, or of one and itself, each change has an id of the catalogue and places that there are, a second comparison gives the
/// same bytes, a document has no change against itself, and what is no change one way is none the other way.
pub fn compared(data: &[u8]) {
    let at = data.windows(SEPARATOR.len()).position(|part| part == SEPARATOR);
    let (base, revision) = at.map_or((data, data), |at| (&data[..at], &data[at + SEPARATOR.len()..]));
    let mut files = SourceFiles::new();
    let Some(base) = read("base.yaml", base, &mut files) else { return };
    let Some(revision) = read("revision.yaml", revision, &mut files) else { return };
    let mut options = Options::new("2026-11-21".parse().expect("a day"));
    options.deprecation_days_stable = 30;
    // What a vendor promises nothing of is compared too, so that both directions see the same.
    options.stability = Stability::Draft;
    let compare = |base: &Tree, revision: &Tree| {
        let (report, found) = drift::compare(&files, base, revision, &options);
        assert!(report.is_some() != found.has_errors(), "either a report or an error");
        shown(&found, &files);
        report
    };
    for tree in [&base, &revision] {
        let same = compare(tree, tree).map(|report| report.to_json());
        assert!(same.is_none_or(|text| text == Report::default().to_json()), "a document against itself");
    }
    let (Some(there), Some(back)) = (compare(&base, &revision), compare(&revision, &base)) else { return };
    assert_eq!(compare(&base, &revision).map(|report| report.to_json()), Some(there.to_json()));
    static KNOWN: OnceLock<Vec<String>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| drift::ids().into_iter().map(|(id, _)| id).collect());
    for change in &there.changes {
        assert!(known.contains(&change.id), "{} is no id", change.id);
        assert!(change.operation.as_ref() == change.operations.first(), "{change:?}");
        assert!(!change.text.is_empty(), "{change:?}");
        for (side, tree) in [(&change.base, &base), (&change.revision, &revision)] {
            let side = side.as_ref().expect("a place on both sides");
            assert!(tree.root().at(&side.pointer).is_some() && side.line > 0, "{change:?}");
        }
    }
    // Only a day that comes nearer is news, and a level that cannot be read ends the comparison of its operation.
    let timed = ["x-sunset", "x-stability-level"]
        .iter()
        .any(|word| data.windows(word.len()).any(|part| part == word.as_bytes()));
    assert!(
        timed || there.changes.is_empty() == back.changes.is_empty(),
        "one way only: {there:#?} {back:#?}"
    );
}

/// Whatever stands in a document, the crate is a crate.
pub fn generated(data: &[u8]) {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("openapi.yaml");
    std::fs::write(&path, data).expect("a file");
    let options = rendering::RenderOptions { runtime_path: Some("runtime".to_owned()) };
    let found = generate_document(&path, "fuzzed", &options, &mut |_| ()).outcome;
    let text = shown(&found.diagnostics, &found.files);
    assert!(found.diagnostics.iter().all(|found| found.code != Code::Defect), "{text}");
    if let Some(connector) = found.connector {
        sound(&connector.files);
    }
}

fn read(name: &str, data: &[u8], files: &mut SourceFiles) -> Option<Tree> {
    let (tree, found) = parse(files, name, data, &Limits::default());
    assert!(tree.is_some() != found.has_errors(), "either a tree or an error");
    shown(&found, files);
    tree
}

/// Whatever was found can be shown.
fn shown(found: &Diagnostics, files: &SourceFiles) -> String {
    let options = RenderOptions { per_code: Some(2), ..RenderOptions::default() };
    let text = render(found, files, &options);
    assert_eq!(to_json(found, files).len(), found.len());
    text
}

fn sound(files: &rendering::Files) {
    let problems = problems(files);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Every node is found by its pointer, and stands in a text.
fn whole(tree: &Tree, files: &SourceFiles) {
    let value = tree.root().to_json();
    let mut nodes: Vec<Node<'_>> = vec![tree.root()];
    let mut seen = 0;
    while let Some(node) = nodes.pop().filter(|_| seen < NODES) {
        seen += 1;
        let pointer = node.pointer();
        assert_eq!(tree.root().at(&pointer).map(|found| found.id()), Some(node.id()), "{pointer}");
        assert!(files.place(node.span()).is_some(), "{pointer}");
        nodes.extend(node.entries().map(|entry| entry.value).chain(node.items()));
    }
    assert!(seen < NODES || value.is_object() || value.is_array());
    // What was read, written as JSON, reads as the same.
    let (again, _) = parse(&mut SourceFiles::new(), "x.json", value.to_string(), &Limits::default());
    assert_eq!(again.map(|tree| tree.root().to_json()), Some(value));
}

fn normal(normalised: &Normalised) {
    let document = serde_json::to_value(&normalised.document).expect("JSON");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let mut open: Vec<(String, &Value)> = vec![(String::new(), &document)];
    let mut seen = 0;
    while let Some((pointer, value)) = open.pop().filter(|_| seen < NODES) {
        seen += 1;
        normalised.origins.span(&pointer);
        match value {
            Value::Object(map) => {
                if let (Some(Value::String(reference)), 1) = (map.get("$ref"), map.len()) {
                    let name = reference.strip_prefix("#/components/schemas/").unwrap_or(reference);
                    // A default may look like a reference, and be none.
                    let is_value = pointer.contains("/default") || pointer.contains("/enum");
                    let known = schemas.is_some_and(|schemas| schemas.contains_key(name));
                    assert!(known || is_value, "{pointer}: {reference}");
                }
                for (key, value) in map {
                    let token = key.replace('~', "~0").replace('/', "~1");
                    open.push((format!("{pointer}/{token}"), value));
                }
            }
            Value::Array(items) => {
                open.extend(items.iter().enumerate().map(|(at, item)| (format!("{pointer}/{at}"), item)));
            }
            _ => {}
        }
    }
}
