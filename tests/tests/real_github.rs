//! The vendor's own document of 13 MB: what is generated from it compiles, and syncs from its sandbox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_tests::program::{lines, workspace};
use linchpin_tests::shared::{self, told};
use linchpin_tests::table;
use linchpin_tests::wrapper::{Wrapper, connector, generate_from, timed};

const DOCUMENT: &str = "specs/github.new.json";
const RECORDS: u64 = 230;

fn manifest() -> String {
    fs::read_to_string(workspace().join("tests/documents/github-real/connector.yaml")).unwrap()
}

#[test]
fn twelve_operations_of_the_real_document_compile_and_sync() {
    let test = "twelve_operations_of_the_real_document_compile_and_sync";
    let Some(document) = shared::path(DOCUMENT, test) else { return };
    let connector = connector(generate_from(&manifest(), &document));
    assert_eq!((connector.operations, connector.streams), (12, 4));
    let (program, seconds) = timed(|| Wrapper::new(&connector).build("linchpin-github-real"));
    told(&format!("github-real: {} files, built in {seconds:.1} s", connector.files.len()));

    let folder = tempfile::tempdir().unwrap();
    let records = RECORDS.to_string();
    let faults = ["sandbox", "--records", &records, "--faults", "503:5,reset:7"];
    let mut sandbox = program.run(folder.path(), faults).start();
    // Two comments and the values: three of `config` without a default, one with, and the base URL.
    let told: Vec<String> = lines(&mut sandbox.0).take(2 + 5).collect();
    fs::write(folder.path().join("github-real.yaml"), told.join("\n")).unwrap();

    let sync = ["sync", "--store", "github.db", "--format", "json"];
    let reports = program.run(folder.path(), sync).end().with(0).json_lines();
    let streams: Vec<&str> = reports.iter().map(|report| report["stream"].as_str().unwrap()).collect();
    assert_eq!(streams, ["issues", "comments", "pulls", "commits"]);
    for report in &reports {
        assert_eq!((&report["rows"], &report["new"]), (&RECORDS.into(), &RECORDS.into()), "{report}");
        assert!(report["pages"].as_u64() >= Some(3), "pages of 100: {report}");
    }
    assert!(reports.iter().any(|report| report["retries"] != 0), "{reports:#?}");
    for stream in streams {
        assert_eq!(table::count(&folder.path().join("github.db"), stream) as u64, RECORDS, "{stream}");
    }
    let again = program.run(folder.path(), sync).end().with(0).json_lines();
    for report in again {
        let (stream, records) = (report["stream"].as_str().unwrap(), report["records"].as_u64().unwrap());
        assert_eq!((&report["new"], &report["rows"]), (&0.into(), &RECORDS.into()), "{report}");
        assert!(records < RECORDS || stream == "commits", "a delta: {report}");
    }
    drop(sandbox);
}

#[test]
fn all_operations_of_the_real_document_are_generated() {
    let Some(document) = shared::path(DOCUMENT, "all_operations_of_the_real_document_are_generated") else {
        return;
    };
    let manifest = manifest();
    let (before, rest) = manifest.split_once("operations:\n").unwrap();
    let after = rest.lines().skip_while(|line| line.starts_with("  - ")).collect::<Vec<_>>().join("\n");
    let manifest = format!("{before}operations: [ all ]\n{after}\n");
    let (outcome, seconds) = timed(|| generate_from(&manifest, &document));
    let connector = connector(outcome);
    let bytes: usize = connector.files.values().map(String::len).sum();
    told(&format!(
        "github-real, all: {} operations, {} files of {} KB, generated in {seconds:.1} s (this build is not optimised)",
        connector.operations,
        connector.files.len(),
        bytes / 1024
    ));
    assert!(connector.operations > 1_000, "{} operations", connector.operations);
}
