//! What a vendor's document allows goes through the generated types and comes back as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::path::PathBuf;

use linchpin_tests::exercise::round_trip::round_trip;
use linchpin_tests::shared::{self, told};

#[test]
#[ignore = "the whole sample takes long; `cargo xtask corpus DIR --round-trip` runs it"]
fn what_the_documents_of_a_folder_allow_comes_back_as_it_was() {
    let test = "what_the_documents_of_a_folder_allow_comes_back_as_it_was";
    let folder = std::env::var_os("LINCHPIN_DOCUMENTS").map(PathBuf::from);
    let Some(folder) = folder.or_else(|| shared::path("specs", test)) else { return };
    let only = std::env::var("LINCHPIN_ONLY").unwrap_or_default();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut failed = 0;
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap().replace('.', "-");
        let document = path.extension().is_some_and(|ending| ending != "tsv");
        if !document || !(only.is_empty() || only.split(',').any(|only| name == only)) {
            continue;
        }
        let report = round_trip(&path, &name);
        told(&report.to_string());
        failed += report.failures.len() + report.not_sampled.len() + report.not_found.len();
    }
    assert_eq!(failed, 0);
}
