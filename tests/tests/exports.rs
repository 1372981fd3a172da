//! Streams whose records are no pages of JSON: a crate is generated from a manifest that declares every kind of them, compiled, and reads
//! from the sandbox of its own contract.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_tests::program::workspace;
use linchpin_tests::wrapper::{Wrapper, connector, generate_from};

#[test]
fn every_source_of_records_gives_all_of_them() {
    let folder = workspace().join("tests/documents/exports");
    let manifest = fs::read_to_string(folder.join("connector.yaml")).unwrap();
    let connector = connector(generate_from(&manifest, &folder.join("openapi.yaml")));
    let main = fs::read_to_string(folder.join("drive.rs")).unwrap();
    let dependencies =
        "serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let wrapper = Wrapper::new(&connector).with_program(&connector, &main, dependencies);
    let there = tempfile::tempdir().unwrap();
    let ended = wrapper.build("drive-exports").run(there.path(), [] as [&str; 0]).end().with(0);
    let lines = ended.json_lines();
    let [typed @ .., rows, elements, lines_, content, files] = lines.as_slice() else { panic!("{lines:#?}") };
    for line in typed {
        assert_eq!(line["ids"].as_array().map(Vec::len), Some(25), "{line:#}");
        assert!(line["tags"].as_u64().is_some_and(|tags| tags > 0), "lists are read: {line:#}");
    }
    for line in [rows, elements, lines_, content, files] {
        assert_eq!((&line["records"], &line["rows"]), (&25.into(), &25.into()), "{line:#}");
    }
}
