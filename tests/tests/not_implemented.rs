//! What the generator cannot do yet of each real document: `tests/not-implemented.tsv` lists the codes, and the operations that are left out. What
//! is not in the list fails, and so does what is in the list and no longer so, so that the list gets shorter as the generator gets better.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p linchpin-tests --test not_implemented` writes the list anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use linchpin_codegen::diagnostic::{RenderOptions as Shown, render};
use linchpin_codegen::generate::generate_document;
use linchpin_codegen::render::RenderOptions;
use linchpin_tests::program::workspace;
use linchpin_tests::shared;

const HEAD: &str = "# Document, code, and the operation if one is left out; tests/tests/not_implemented.rs says how this is made.\n";

/// The lines of one document.
fn lines(path: &Path) -> Vec<String> {
    let options = RenderOptions { runtime_path: Some("runtime".to_owned()) };
    let found = generate_document(path, "sample", &options, &mut |_| ());
    let name = path.file_name().expect("a name").to_string_lossy();
    let outcome = &found.outcome;
    let shown = || {
        let options = Shown { per_code: Some(1), ..Shown::default() };
        render(&outcome.diagnostics, &outcome.files, &options)
    };
    assert!(outcome.connector.is_some(), "{name} gives no crate:\n{}", shown());
    let codes: BTreeSet<&str> = outcome
        .diagnostics
        .iter()
        .map(|found| found.code.as_str())
        .filter(|code| code.starts_with('U'))
        .collect();
    let mut lines: Vec<String> = codes.into_iter().map(|code| format!("{name}\t{code}")).collect();
    for dropped in &found.dropped {
        let code = dropped.code.map_or("-", |code| code.as_str());
        lines.push(format!("{name}\t{code}\t{}", dropped.operation));
    }
    lines
}

/// The documents, the largest first, so that two threads end at about the same time.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    let mut paths: Vec<(u64, PathBuf)> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json" || ending == "yaml"))
        .map(|path| (path.metadata().map_or(0, |found| found.len()), path))
        .collect();
    paths.sort();
    paths.into_iter().map(|(_, path)| path).collect()
}

#[test]
fn the_list_says_what_is_not_implemented_for_each_real_document() {
    let Some(folder) = shared::path("specs", "what is not implemented for each real document") else {
        return;
    };
    let queue = Mutex::new(documents(&folder));
    let found = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no panic").pop();
                    let Some(path) = next else { return };
                    let lines = lines(&path);
                    found.lock().expect("no panic").extend(lines);
                }
            });
        }
    });
    let found = found.into_inner().expect("no panic");
    let list = workspace().join("tests/not-implemented.tsv");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let text: String = found.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&list, format!("{HEAD}{text}")).expect("a writable list");
        return;
    }
    let text = std::fs::read_to_string(&list).expect("the list");
    let listed: BTreeSet<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let differences: Vec<String> = found
        .difference(&listed)
        .map(|line| format!("not in the list: {line}"))
        .chain(listed.difference(&found).map(|line| format!("no longer so:    {line}")))
        .collect();
    assert!(
        differences.is_empty(),
        "tests/not-implemented.tsv is stale; to write it anew, run\n    UPDATE_SNAPSHOTS=1 cargo test -p linchpin-tests --test \
         not_implemented\nand read the difference.\n{}",
        differences.join("\n")
    );
}
