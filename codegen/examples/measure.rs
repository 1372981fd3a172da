//! Prints how long a document takes to parse and normalise, and how much memory the process took at most.
//!
//! `cargo run --release -p linchpin-codegen --example measure -- DOCUMENT...`

#![allow(clippy::disallowed_methods, reason = "measures real time")]

use std::path::Path;
use std::time::Instant;

use linchpin_codegen::diagnostic::{RenderOptions, render};
use linchpin_codegen::normalise::normalise;
use linchpin_codegen::source::{Limits, SourceFiles, load};

fn main() {
    let mut kept = Vec::new();
    for name in std::env::args().skip(1) {
        let mut files = SourceFiles::new();
        let start = Instant::now();
        let (tree, mut found) = load(&mut files, Path::new(&name), &Limits::default());
        let parsed = start.elapsed();
        let Some(tree) = tree else {
            eprintln!("{}", render(&found, &files, &RenderOptions::default()));
            continue;
        };
        let start = Instant::now();
        let (normalised, repaired) = normalise(&tree);
        let normal = start.elapsed();
        found.extend(repaired);
        println!(
            "{name}: parse {parsed:?}, normalise {normal:?}, {} nodes, {} findings, peak {}",
            tree.node_count(),
            found.len(),
            peak()
        );
        if std::env::var_os("SHOW").is_some() {
            println!(
                "{}",
                render(&found, &files, &RenderOptions { per_code: Some(3), ..RenderOptions::default() })
            );
        }
        kept.push((files, tree, normalised));
    }
}

/// The most memory that the process held, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned()
}
