//! Every real document of `../shared/specs` parses, and normalises without an error.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its documents has to stop")]

use std::path::{Path, PathBuf};

use linchpin_codegen::diagnostic::{Code, RenderOptions, render};
use linchpin_codegen::normalise::normalise;
use linchpin_codegen::source::{Limits, SourceFiles, load, parse};
use linchpin_codegen::{manifest, model, plan, render as rendering};

fn specs() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: {} is not there, so no real document was read", folder.display());
        return None;
    };
    let is_document =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json" || extension == "yaml");
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_document).collect();
    paths.sort();
    Some(paths)
}

#[test]
fn real_documents_normalise_without_errors() {
    for path in specs().into_iter().flatten() {
        let mut files = SourceFiles::new();
        let (tree, found) = load(&mut files, &path, &Limits::default());
        let shown =
            |found| render(found, &files, &RenderOptions { per_code: Some(3), ..RenderOptions::default() });
        let tree = tree.unwrap_or_else(|| panic!("{}: {}", path.display(), shown(&found)));
        let (normalised, repaired) = normalise(&tree);
        let normalised = normalised.unwrap_or_else(|| panic!("{}: {}", path.display(), shown(&repaired)));
        assert!(!repaired.has_errors(), "{}: {}", path.display(), shown(&repaired));
        let document = &normalised.document;
        let mut codes: Vec<(Code, usize)> = Vec::new();
        for code in Code::ALL {
            let count = found.iter().chain(&repaired).filter(|diagnostic| diagnostic.code == *code).count();
            if count > 0 {
                codes.push((*code, count));
            }
        }
        println!(
            "{:24} {} nodes, {} operations, {} schemas: {}",
            path.file_name().unwrap_or_default().display(),
            tree.node_count(),
            document.operations().count(),
            document.components.as_ref().map_or(0, |components| components.schemas.len()),
            codes.iter().map(|(code, count)| format!("{code} {count}")).collect::<Vec<_>>().join(", "),
        );
        check_references(&path, document);
        for (path, method, _) in document.operations() {
            let pointer = format!("/paths/{}/{method}", path.replace('~', "~0").replace('/', "~1"));
            let span = normalised.origins.span(&pointer).expect("a pointer");
            assert!(span.end > span.start && span.start > 0, "{pointer}: {span:?}");
        }
    }
}

/// What a manifest has to say at least.
const MANIFEST: &str = "\
version: 1
name: sample
document: openapi.yaml
description: A sample.
server: {url: 'https://api.example.com'}
auth: {none: {}}
operations: [all]
";

#[test]
fn swagger_documents_become_crates_with_every_operation() {
    for path in specs().into_iter().flatten() {
        let mut files = SourceFiles::new();
        let tree = load(&mut files, &path, &Limits::default()).0.expect("a tree");
        if tree.root().get("swagger").is_none() {
            continue;
        }
        let normalised = normalise(&tree).0.expect("a document");
        let (manifest, found) = parse(&mut files, "connector.yaml", MANIFEST, &Limits::manifest());
        assert!(!found.has_errors());
        let manifest = manifest::read(&manifest.expect("YAML")).0.expect("a manifest");
        let written =
            tree.root().get("paths").expect("paths").entries().flat_map(|path| path.value.entries());
        let methods = ["get", "put", "post", "delete", "options", "head", "patch"];
        let written = written.filter(|entry| methods.contains(&entry.key)).count();
        let (selected, found) = plan::select(&manifest, &model::heads(&normalised.document));
        let (api, of_model) = model::model(&normalised, &selected, &model::Names::default());
        let (plan, of_plan) = plan::plan(&manifest, api);
        for found in [&found, &of_model, &of_plan] {
            let shown = render(found, &files, &RenderOptions::default());
            assert!(!found.has_errors(), "{}: {shown}", path.display());
        }
        let plan = plan.expect("a plan");
        assert_eq!(plan.api.operations.len(), written, "{}", path.display());
        let crate_files = rendering::render(&plan, &rendering::RenderOptions::default());
        let crate_files = crate_files.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        println!(
            "{:24} {written} operations, {} files",
            path.file_name().unwrap_or_default().display(),
            crate_files.len()
        );
    }
}

/// Every reference names a component schema.
fn check_references(path: &Path, document: &openapiv3::OpenAPI) {
    fn walk(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(serde_json::Value::String(reference)) = map.get("$ref").filter(|_| map.len() == 1)
                {
                    found.push(reference.clone());
                }
                map.values().for_each(|value| walk(value, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let schemas = &document.components.as_ref().expect("components").schemas;
    let mut references = Vec::new();
    // An example value that looks like a reference is none; defaults are all that is kept of a document's values.
    walk(&serde_json::to_value(document).expect("JSON"), &mut references);
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/");
        assert!(name.is_some_and(|name| schemas.contains_key(name)), "{}: {reference}", path.display());
    }
}

#[test]
fn json_documents_read_as_serde_json_reads_them() {
    for path in
        specs().into_iter().flatten().filter(|path| path.extension().is_some_and(|ending| ending == "json"))
    {
        let text = std::fs::read_to_string(&path).expect("a readable document");
        let (tree, found) = load(&mut SourceFiles::new(), &path, &Limits::default());
        let expected: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        let doubles = found.iter().any(|diagnostic| diagnostic.code == Code::DuplicateKey);
        assert!(doubles || tree.expect("a tree").root().to_json() == expected, "{}", path.display());
    }
}

#[test]
fn yaml_documents_read_as_another_reader_reads_them() {
    for path in
        specs().into_iter().flatten().filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
    {
        let text = std::fs::read_to_string(&path).expect("a readable document");
        let (tree, _) = load(&mut SourceFiles::new(), &path, &Limits::default());
        match serde_yaml::from_str::<serde_json::Value>(&text) {
            Ok(expected) => assert!(tree.expect("a tree").root().to_json() == expected, "{}", path.display()),
            // Three of the documents have bounds that it does not hold.
            Err(error) => assert!(error.to_string().contains("out of range"), "{}: {error}", path.display()),
        }
    }
}
