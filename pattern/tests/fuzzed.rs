//! Patterns that fuzzing begins with, and those that it found once. `CONTRIBUTING.md` says how to fuzz, and how what it finds comes here.

#![allow(clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

#[path = "fuzzed/targets.rs"]
mod targets;

use std::path::Path;

#[test]
fn what_fuzzing_found_once_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzzed/pattern");
    for entry in std::fs::read_dir(&folder).expect("the folder of inputs") {
        let path = entry.expect("an entry").path();
        // A panic says nothing of its input by itself.
        println!("{}", path.display());
        targets::pattern(&std::fs::read(&path).expect("a readable input"));
    }
}
