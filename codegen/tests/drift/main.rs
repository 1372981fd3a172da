//! What a comparison of two documents tells, by small pairs; and what is no change.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its documents has to stop")]

mod access;
mod catalogue;
mod corners;
mod documents;
mod equal;
mod hostile;
mod lifecycle;
mod messages;
mod mutations;
mod real;
mod schemas;
mod upgrade;

use linchpin_codegen::drift::{Options, Report, compare};
use linchpin_codegen::source::{Limits, SourceFiles, parse};
use serde_json::Value;

fn options() -> Options {
    Options::new("2026-11-21".parse().expect("a day"))
}

/// Compares two texts.
fn of_texts(base: &str, revision: &str, options: &Options) -> Report {
    let mut files = SourceFiles::new();
    let mut read = |name: &str, text: &str| {
        let (tree, found) = parse(&mut files, name, text, &Limits::default());
        tree.unwrap_or_else(|| panic!("{name}: {found:?}\n{text}"))
    };
    let (old, new) = (read("base.yaml", base), read("revision.yaml", revision));
    let (report, found) = compare(&files, &old, &new, options);
    report.unwrap_or_else(|| panic!("{found:?}"))
}

/// Compares two documents.
fn of(base: &Value, revision: &Value) -> Report {
    of_texts(&base.to_string(), &revision.to_string(), &options())
}

/// Each change in a line: its class, its id, its operations.
fn lines(report: &Report) -> Vec<String> {
    let line = |change: &linchpin_codegen::drift::Change| {
        format!("{} {} @ {}", change.class, change.id, change.operations.join(", "))
    };
    report.changes.iter().map(line).collect()
}
