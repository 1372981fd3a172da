//! `cargo xtask fuzz`: the targets of `fuzz/`, one after another, from the seeds that the generator's tests have.

use std::process::{Command, ExitCode};

use clap::Args;

use crate::run::succeed;
use crate::workspace::{self, Error};

/// Each target with the folders of `codegen/tests` that it starts from, beside its own below `fuzzed/`, there or in another package's tests.
const TARGETS: [(&str, &[&str]); 11] = [
    ("source", &["negative/source", "negative/normalise"]),
    ("normalise", &["negative/normalise", "negative/model", "documents"]),
    ("overlay", &["negative/overlay"]),
    ("manifest", &["negative/manifest", "negative/plan"]),
    ("generate", &["negative/normalise", "negative/model", "documents", "fuzzed/normalise"]),
    // Bytes from which documents are made; no text is one.
    ("tree", &[]),
    ("drift", &["negative/normalise", "documents"]),
    // Bytes from which pairs of documents are made.
    ("changes", &[]),
    // Bodies as servers may send them.
    ("records", &[]),
    ("decode", &[]),
    ("pattern", &[]),
];

/// How long one input may take, how much memory, and how long it may be, from the first one on.
const BOUNDS: [&str; 4] = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=16000", "-len_control=0"];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Targets to run; all of them if none is named
    #[arg(value_name = "TARGET", value_parser = TARGETS.map(|(name, _)| name))]
    targets: Vec<String>,
    /// Seconds for each
    #[arg(long, default_value_t = 300)]
    seconds: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let asked = |name: &str| arguments.targets.is_empty() || arguments.targets.iter().any(|one| one == name);
    for (target, seeds) in TARGETS.into_iter().filter(|(name, _)| asked(name)) {
        // cargo-fuzz wants the folder, and writes what it finds worth keeping into it.
        let corpus = workspace::root().join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus).map_err(|cause| Error::File { path: corpus.clone(), cause })?;
        // No sanitizer: the generator has no unsafe code, and without one inputs go through several times as fast.
        // An explicit toolchain is rustup's to choose: the cargo that runs this would not know `+nightly`.
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo", "fuzz", "run", "--sanitizer", "none", target]);
        command.current_dir(workspace::root()).arg(&corpus);
        let folders = seeds.iter().map(|folder| format!("codegen/tests/{folder}"));
        let own = ["codegen", "runtime", "pattern"].map(|package| format!("{package}/tests/fuzzed/{target}"));
        for folder in folders.chain(own) {
            let folder = workspace::root().join(folder);
            if folder.is_dir() {
                command.arg(folder);
            }
        }
        command.arg("--").args(BOUNDS).arg(format!("-max_total_time={}", arguments.seconds));
        succeed(command)?;
    }
    Ok(ExitCode::SUCCESS)
}
