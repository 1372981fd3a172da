//! Inference against what a person says of real documents, and whether what it writes can be generated from.
//!
//! `inference/labels.json` holds what a person read in 29 documents: how requests are authorised, and of each list (of large documents of a sample
//! of them) how it is paged, where its records stand and how many a page may have. The labels were made without knowledge of this code, and the
//! first version of this code without knowledge of them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its documents has to stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use linchpin_codegen::diagnostic::{Diagnostics, RenderOptions, Severity, render};
use linchpin_codegen::generate::{MANIFEST, OVERLAY, generate};
use linchpin_codegen::infer::{Confidence, Selection, infer};
use linchpin_codegen::render::RenderOptions as Rendering;
use serde_json::Value;

fn specs() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: {} is not there, so nothing was inferred from a real document", folder.display());
        return None;
    };
    let is_document =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json" || extension == "yaml");
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_document).collect();
    paths.sort();
    Some(paths)
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The kind that a serialised guess has.
fn kind_of(kind: impl serde::Serialize) -> String {
    serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).expect("a kind")
}

#[derive(Default)]
struct Count {
    lists: usize,
    right: usize,
    preferred: usize,
    sure: usize,
    records: (usize, usize),
}

#[test]
fn what_is_inferred_is_what_a_person_reads() {
    let Some(paths) = specs() else { return };
    let labels = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inference/labels.json");
    let labels: Value = serde_json::from_slice(&std::fs::read(&labels).expect("labels")).expect("JSON");
    let mut wrong_auth = Vec::new();
    let mut wrong_and_sure = Vec::new();
    let mut all = Count::default();
    println!(
        "{:24} {:>5} {:>6} {:>9} {:>5} {:>9}  auth",
        "document", "lists", "right", "preferred", "high", "records"
    );
    for label in labels.as_array().expect("a list") {
        let document = label["document"].as_str().expect("a name");
        let path = paths.iter().find(|path| path.file_name().is_some_and(|name| name == document));
        let Some(path) = path else { panic!("{document} is labelled and not there") };
        let inferred = infer(path, "sample", "openapi.yaml", Selection::Streams);
        let (proposal, _) =
            inferred.found.unwrap_or_else(|| panic!("{document}: {:?}", inferred.diagnostics));
        let kinds: BTreeSet<&str> = proposal.auth.kinds.iter().map(String::as_str).collect();
        let wanted = texts(&label["auth"]["kinds"]);
        let allowed: BTreeSet<&str> =
            wanted.union(&texts(&label["auth"]["optional_kinds"])).copied().collect();
        let right = wanted.is_subset(&kinds) && kinds.is_subset(&allowed);
        if !right {
            wrong_auth.push(format!("{document}: {kinds:?}, where a person reads {wanted:?}"));
        }
        let found: BTreeMap<&str, _> =
            proposal.lists.iter().map(|list| (list.operation.as_str(), list)).collect();
        let mut count = Count::default();
        for list in label["lists"].as_array().expect("lists") {
            let operation = list["operation"].as_str().expect("an operation");
            let paging = list["paging"].as_str().expect("a paging");
            let also =
                list["also"].as_array().into_iter().flatten().filter_map(|also| also["paging"].as_str());
            let accepted: BTreeSet<&str> = also.chain(texts(&list["accept"])).chain([paging]).collect();
            let guess = found.get(operation);
            let kind = guess.map_or_else(|| "none".to_owned(), |guess| kind_of(guess.paging.kind));
            let right = accepted.contains(kind.as_str());
            count.lists += 1;
            count.right += usize::from(right);
            count.preferred += usize::from(kind == paging);
            if guess.is_some_and(|guess| guess.paging.confidence == Confidence::High) {
                count.sure += 1;
                if !right {
                    wrong_and_sure
                        .push(format!("{document} {operation}: {kind}, where a person reads {accepted:?}"));
                }
            }
            if let (Some(guess), Some(records)) = (guess, list["record_path"].as_str()) {
                let several = texts(&list["record_paths"]);
                let own = match (guess.record_path.as_deref(), guess.record_map) {
                    (Some("."), false) => Some(String::new()),
                    (Some("."), true) => Some("*".to_owned()),
                    (Some(path), true) => Some(format!("{path}.*")),
                    (path, _) => path.map(str::to_owned),
                };
                count.records.0 +=
                    usize::from(own.is_some_and(|own| own == records || several.contains(own.as_str())));
                count.records.1 += 1;
            }
        }
        println!(
            "{document:24} {:5} {:6} {:9} {:5} {:4}/{:<4}  {}",
            count.lists,
            count.right,
            count.preferred,
            count.sure,
            count.records.0,
            count.records.1,
            if right { "right" } else { "WRONG" }
        );
        all.lists += count.lists;
        all.right += count.right;
        all.preferred += count.preferred;
        all.sure += count.sure;
        all.records = (all.records.0 + count.records.0, all.records.1 + count.records.1);
    }
    println!(
        "{:24} {:5} {:6} {:9} {:5} {:4}/{:<4}",
        "all", all.lists, all.right, all.preferred, all.sure, all.records.0, all.records.1
    );
    assert!(wrong_auth.is_empty(), "{}", wrong_auth.join("\n"));
    assert!(wrong_and_sure.is_empty(), "wrong with high confidence:\n{}", wrong_and_sure.join("\n"));
    assert!(all.right * 10 >= all.lists * 9, "paging is right for {} of {} lists", all.right, all.lists);
}

fn errors(found: &Diagnostics) -> Diagnostics {
    let mut errors = Diagnostics::new();
    found
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .for_each(|error| errors.push(error.clone()));
    errors
}

#[test]
fn what_is_proposed_can_be_generated_from() {
    let mut streams = 0;
    let mut failed = Vec::new();
    for path in specs().into_iter().flatten() {
        let document = path.file_name().expect("a name").to_string_lossy().into_owned();
        let beside = if document.ends_with("json") { "openapi.json" } else { "openapi.yaml" };
        let inferred = infer(&path, "sample", beside, Selection::Streams);
        let (_, draft) = inferred.found.unwrap_or_else(|| panic!("{document}: {:?}", inferred.diagnostics));
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::copy(&path, folder.path().join(beside)).expect("a copy");
        std::fs::write(folder.path().join(MANIFEST), &draft.manifest).expect("a manifest");
        if let Some(overlay) = &draft.overlay {
            std::fs::write(folder.path().join(OVERLAY), overlay).expect("an overlay");
        }
        let outcome = generate(folder.path(), &Rendering::default());
        let Some(connector) = &outcome.connector else {
            let options = RenderOptions { per_code: Some(2), ..RenderOptions::default() };
            failed.push(format!(
                "{document}:\n{}",
                render(&errors(&outcome.diagnostics), &outcome.files, &options)
            ));
            continue;
        };
        let of_manifest = outcome
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Warning)
            .filter(|found| found.code.as_str().starts_with(['C', 'P']))
            .map(|found| format!("{} {}", found.code, found.message));
        let of_manifest: Vec<String> = of_manifest.collect();
        println!(
            "{document:24} {:4} operations, {:3} streams, {} doubts",
            connector.operations,
            connector.streams,
            of_manifest.len()
        );
        for doubt in of_manifest.iter().take(3) {
            println!("    {doubt}");
        }
        assert_eq!(connector.streams, draft.streams.len(), "{document}");
        streams += connector.streams;
    }
    println!("{streams} streams in all");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
