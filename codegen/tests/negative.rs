//! Small bad documents, each with the diagnostics that it has to give beside it in a `.snapshot` file.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p linchpin-codegen --test negative` writes the snapshots anew; read the difference
//! before it is committed.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its own files has to stop")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linchpin_codegen::diagnostic::{Code, Diagnostics, RenderOptions, render, to_json};
use linchpin_codegen::normalise::normalise;
use linchpin_codegen::source::{Limits, SourceFiles, load, parse};

/// Codes that no small file can give; the tests below give them.
const WITHOUT_FILE: [&str; 2] = ["S001", "N007"];

fn documents(stage: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/negative").join(stage);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "snapshot"));
    paths.sort();
    paths
}

/// Reads a document under its bare name, so that snapshots know no folders.
fn diagnose(path: &Path) -> (SourceFiles, Diagnostics) {
    let mut files = SourceFiles::new();
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read(path).expect("a readable document");
    let (tree, mut found) = parse(&mut files, &name, text, &Limits::default());
    if let Some(tree) = tree {
        found.extend(normalise(&tree).1);
    }
    (files, found)
}

fn codes_of(stage: &str) -> BTreeSet<&'static str> {
    let mut given = BTreeSet::new();
    let mut stale = Vec::new();
    for path in documents(stage) {
        let (files, found) = diagnose(&path);
        let shown = render(&found, &files, &RenderOptions::default());
        let expected_code =
            path.file_name().and_then(|name| name.to_str()).and_then(|name| name.get(..4)).expect("a code");
        let codes: BTreeSet<&str> = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
        assert!(codes.contains(expected_code), "{} has to give {expected_code}:\n{shown}", path.display());
        for diagnostic in to_json(&found, &files) {
            assert!(diagnostic["line"].is_u64(), "{}: no place in {diagnostic}", path.display());
        }
        given.extend(codes);
        let snapshot = PathBuf::from(format!("{}.snapshot", path.display()));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&snapshot, &shown).expect("a writable snapshot");
        } else if std::fs::read_to_string(&snapshot).unwrap_or_default() != shown {
            stale.push(format!("{} differs from its snapshot; it gives now:\n{shown}", path.display()));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
    given
}

/// Every code of a stage whose letters these are is given by some document.
fn covers(stage: &str, letters: &[char]) {
    let given = codes_of(stage);
    let owned = Code::ALL.iter().map(|code| code.as_str()).filter(|code| code.starts_with(letters));
    let missing: Vec<&str> =
        owned.filter(|code| !given.contains(code) && !WITHOUT_FILE.contains(code)).collect();
    assert!(missing.is_empty(), "no document in tests/negative/{stage} gives {missing:?}");
}

#[test]
fn source_documents_give_their_diagnostics() {
    covers("source", &['S']);
}

#[test]
fn normalise_documents_give_their_diagnostics() {
    covers("normalise", &['N', 'U']);
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let mut files = SourceFiles::new();
    let (tree, found) = load(&mut files, Path::new("no/such/openapi.yaml"), &Limits::default());
    assert!(tree.is_none());
    let shown = render(&found, &files, &RenderOptions::default());
    assert!(shown.starts_with("error[S001]: `no/such/openapi.yaml` cannot be read"), "{shown}");
}

#[test]
fn references_cannot_grow_a_document_without_bound() {
    let wide = "{description: ok, headers: {".to_owned()
        + &(0..2_000).map(|n| format!("h{n}: {{schema: {{}}}}, ")).collect::<String>()
        + "}}";
    let statuses: String =
        (200..600).map(|status| format!("{status}: {{$ref: '#/components/responses/wide'}}, ")).collect();
    let paths: String =
        (0..8).map(|n| format!("  /p{n}: {{get: {{responses: {{{statuses}}}}}}}\n")).collect();
    let text = format!(
        "openapi: 3.0.3\ninfo: {{title: x, version: '1'}}\npaths:\n{paths}components:\n  responses:\n    wide: {wide}\n"
    );
    let (tree, _) = parse(&mut SourceFiles::new(), "wide.yaml", text, &Limits::default());
    let (_, found) = normalise(&tree.expect("valid YAML"));
    let codes: Vec<&str> = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["N007"]);
}
