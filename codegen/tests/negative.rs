//! Small bad documents and manifests, each with the diagnostics that it has to give beside it in a `.snapshot` file.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p linchpin-codegen --test negative` writes the snapshots anew; read the difference
//! before it is committed.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its own files has to stop")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linchpin_codegen::diagnostic::{Code, Diagnostics, RenderOptions, render, to_json};
use linchpin_codegen::drift::impact::assess_observed;
use linchpin_codegen::drift::observed::{self, Observations};
use linchpin_codegen::drift::{self, decisions};
use linchpin_codegen::model::Names;
use linchpin_codegen::normalise::normalise;
use linchpin_codegen::source::{Limits, SourceFiles, Tree, load, parse};
use linchpin_codegen::{lint, lock, manifest, model, overlay, plan};

/// Codes that no small file can give; the tests below give them, and those of `previous.rs`.
const WITHOUT_FILE: [&str; 6] = ["S001", "N007", "L105", "D110", "D111", "D112"];

fn documents(stage: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/negative").join(stage);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "snapshot"));
    // The documents that the plan stage's manifests and overlays name are good, and called by no code.
    let is_code =
        |name: &str| name.get(1..4).is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    paths.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_code));
    paths.sort();
    paths
}

/// Reads a text under its bare name, so that snapshots know no folders.
fn read(path: &Path, files: &mut SourceFiles) -> (Option<Tree>, Diagnostics) {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read(path).expect("a readable text");
    parse(files, &name, text, &Limits::default())
}

/// What a stage finds in a text.
type Diagnose = fn(&Path, &mut SourceFiles) -> Diagnostics;

fn of_document(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    if let Some(tree) = tree {
        found.extend(normalise(&tree).1);
    }
    found
}

/// What is found in an overlay, and in the document of its folder that it changes.
fn of_overlay(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (document, _) = read(&path.with_file_name("openapi.yaml"), files);
    let (tree, mut found) = read(path, files);
    let (changed, of_overlay) =
        overlay::apply(&document.expect("YAML"), &tree.expect("YAML"), &Limits::default());
    assert!(changed.is_some() != of_overlay.has_errors());
    found.extend(of_overlay);
    found
}

fn of_model(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    let (normalised, of_document) = normalise(&tree.expect("YAML"));
    found.extend(of_document);
    let normalised = normalised.expect("a document");
    let all: Vec<usize> = (0..model::heads(&normalised.document).len()).collect();
    found.extend(model::model(&normalised, &all, &Names::default()).1);
    found
}

fn of_manifest(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    found.extend(manifest::read(&tree.expect("YAML")).1);
    found
}

fn of_lock(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    found.extend(lock::read(&tree.expect("YAML")).1);
    found
}

/// What is found in a good manifest when it meets the document of its folder.
fn of_plan(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    let (manifest, of_manifest) = manifest::read(&tree.expect("YAML"));
    found.extend(of_manifest);
    let manifest = manifest.unwrap_or_else(|| panic!("{} is good in itself", path.display()));
    let (document, _) = read(&path.with_file_name(&*manifest.document), files);
    let (normalised, of_document) = normalise(&document.expect("YAML"));
    assert!(of_document.is_empty(), "the document is good: {of_document:?}");
    let normalised = normalised.expect("a document");
    let (selected, of_select) = plan::select(&manifest, &model::heads(&normalised.document));
    let clean = !of_select.has_errors();
    found.extend(of_select);
    if clean {
        found.extend(plan::plan(&manifest, model::model(&normalised, &selected, &Names::default()).0).1);
    }
    found
}

/// What lint finds in a manifest that fits the document of its folder.
fn of_lint(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    let manifest = manifest::read(&tree.expect("YAML")).0.expect("a good manifest");
    let (document, _) = read(&path.with_file_name(&*manifest.document), files);
    let normalised = normalise(&document.expect("YAML")).0.expect("a document");
    let (selected, _) = plan::select(&manifest, &model::heads(&normalised.document));
    let (plan, of_plan) = plan::plan(&manifest, model::model(&normalised, &selected, &Names::default()).0);
    assert!(!of_plan.has_errors(), "{} fits its document: {of_plan:?}", path.display());
    found.extend(lint::check(&manifest, &normalised, &plan.expect("a plan")));
    found
}

/// A credential is told by its first characters, and shown nowhere as it stands.
#[test]
fn a_credential_is_told_and_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    // Made up, and put together so that no scanner takes this file for a leak.
    let secret = format!("ghp{}", "_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R");
    let document = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {/a: {get: {operationId: a, responses: {'200': {description: a}}}}}\n";
    let manifest = format!(
        "version: 1\nname: a\ndocument: openapi.yaml\ndescription: {secret}\nserver: {{ url: https://a.example }}\nauth: {{ none: {{}} }}\noperations: [ all ]\n"
    );
    std::fs::write(folder.path().join("openapi.yaml"), document).expect("a document");
    std::fs::write(folder.path().join("connector.yaml"), manifest).expect("a manifest");
    let linted = lint::folder(folder.path(), "2026-11-21".parse().expect("a day"));
    let found = to_json(&linted.diagnostics, &linted.files);
    let told = found.iter().find(|found| found["code"] == "L105").unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!((told["line"].as_u64(), told["column"].as_u64()), (Some(4), Some(14)), "{told}");
    let shown = render(&linted.diagnostics, &linted.files, &RenderOptions::default()) + &format!("{found:?}");
    assert!(shown.contains("ghp_") && !shown.contains(&secret[..12]), "{shown}");
}

/// What is found in the decisions about what changed between two documents of their folder.
fn of_decisions(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    let (decided, of_decisions) = decisions::read(&tree.expect("YAML"));
    found.extend(of_decisions);
    let Some(decided) = decided else { return found };
    let mut document = |name| read(&path.with_file_name(name), files).0.expect("YAML");
    let (base, revision) = (document("base.yaml"), document("revision.yaml"));
    let today = "2026-11-21".parse().expect("a day");
    let (report, _) = drift::compare(files, &base, &revision, &drift::Options::new(today));
    found.extend(decisions::judge(report.expect("two documents"), &decided, today).1);
    found
}

/// What is found in a report on drift of payloads, and in it beside the connector of its folder.
fn of_observed(path: &Path, files: &mut SourceFiles) -> Diagnostics {
    let (tree, mut found) = read(path, files);
    let (report, of_report) = observed::read(&tree.expect("JSON"));
    found.extend(of_report);
    let Some(report) = report else { return found };
    found.extend(observed::belongs(&report, &["acme"]).1);
    let options = drift::Options::new("2026-11-21".parse().expect("a day"));
    let observations = Observations { files: files.clone(), reports: vec![report] };
    let folder = path.parent().expect("a folder");
    found.extend(assess_observed(folder, None, observations, &options).observed);
    found
}

fn codes_of(stage: &str, diagnose: Diagnose) -> BTreeSet<&'static str> {
    let mut given = BTreeSet::new();
    let mut stale = Vec::new();
    for path in documents(stage) {
        let mut files = SourceFiles::new();
        let found = diagnose(&path, &mut files);
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

/// Every code whose letters these are is given by some document of these stages.
fn covers(stages: &[(&str, Diagnose)], letters: &[char]) {
    let given: BTreeSet<&str> =
        stages.iter().flat_map(|(stage, diagnose)| codes_of(stage, *diagnose)).collect();
    let owned = Code::ALL.iter().map(|code| code.as_str()).filter(|code| code.starts_with(letters));
    let missing: Vec<&str> =
        owned.filter(|code| !given.contains(code) && !WITHOUT_FILE.contains(code)).collect();
    let folders: Vec<&str> = stages.iter().map(|(stage, _)| *stage).collect();
    assert!(missing.is_empty(), "no document in tests/negative/{folders:?} gives {missing:?}");
}

#[test]
fn source_documents_give_their_diagnostics() {
    covers(&[("source", of_document)], &['S']);
}

#[test]
fn overlays_give_their_diagnostics() {
    covers(&[("overlay", of_overlay)], &['O']);
}

#[test]
fn normalise_and_model_documents_give_their_diagnostics() {
    // What is not implemented yet is told by the stage that would have to.
    covers(&[("normalise", of_document), ("model", of_model)], &['N', 'M', 'U']);
}

#[test]
fn manifests_give_their_diagnostics() {
    covers(&[("manifest", of_manifest)], &['C']);
}

#[test]
fn decisions_about_drift_give_their_diagnostics() {
    covers(&[("drift", of_decisions), ("observed", of_observed)], &['D']);
}

#[test]
fn lock_files_give_their_diagnostics() {
    covers(&[("lock", of_lock), ("lint", of_lint)], &['L']);
}

#[test]
fn manifests_that_do_not_fit_their_document_give_their_diagnostics() {
    covers(&[("plan", of_plan)], &['P']);
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
