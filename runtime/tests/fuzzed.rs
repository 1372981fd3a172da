//! Bodies that fuzzing found once, and the seeds that it starts from, through what it checks. `CONTRIBUTING.md` says how to fuzz.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

#[path = "fuzzed/targets.rs"]
mod targets;

use std::path::Path;

use targets::TARGETS;

#[test]
fn what_fuzzing_found_once_holds() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzzed").join(name);
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("an entry").path();
            // A panic says nothing of its input by itself.
            println!("{name}: {}", path.display());
            let input = std::fs::read(&path).expect("a readable input");
            // Each seed for each format, each shape and some sizes of pieces.
            for kind in 0..8 {
                for size in [1, 2, 7, 255] {
                    target(&[&[kind, size], input.get(2..).unwrap_or_default()].concat());
                }
            }
            target(&input);
        }
    }
}
