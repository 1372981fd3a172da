//! Inputs that fuzzing found once, and the seeds that it starts from, all through what it checks. `CONTRIBUTING.md` says how to fuzz, and how what
//! it finds comes here.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

mod checks;
#[path = "fuzzed/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

use targets::TARGETS;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.is_file() && path.extension().is_none_or(|ending| ending != "snapshot"));
    paths.sort();
    paths
}

#[test]
fn what_fuzzing_found_once_holds() {
    for (name, target) in TARGETS {
        let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzzed").join(name);
        for path in files(&inputs) {
            // A panic says nothing of its input by itself.
            println!("{name}: {}", path.display());
            target(&std::fs::read(&path).expect("a readable input"));
        }
    }
}

/// Small bad documents are good beginnings for every stage.
#[test]
fn the_negative_documents_hold_it_too() {
    let negative = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/negative");
    for stage in ["source", "normalise", "model", "overlay", "manifest", "plan"] {
        for path in files(&negative.join(stage)) {
            println!("{}", path.display());
            let text = std::fs::read(&path).expect("a readable input");
            for (_, target) in TARGETS {
                target(&text);
            }
        }
    }
}
