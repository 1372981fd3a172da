//! What `cargo xtask accept` tells.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use linchpin_codegen::drift::decisions::DECISIONS;
use linchpin_codegen::drift::impact::{Assessment, Outcome};

use super::decided::Entry;
use super::{Format, Prepared};
use crate::drift::{by_reason, render};
use crate::workspace;

/// What is told, by the format that was asked for.
pub(super) struct Told<'a> {
    pub(super) format: Format,
    pub(super) dry: bool,
    pub(super) outcome: &'a Outcome,
    /// The proposed edits of the manifest, with paths that a patch can be applied by.
    pub(super) patch: &'a str,
    pub(super) assessment: Assessment,
    /// Entries of drift.yaml that go with the revision.
    pub(super) settled: &'a [Entry],
}

impl Told<'_> {
    /// Tells it. `prepared` is missing where nothing is put in place.
    pub(super) fn report(&self, prepared: Option<&Prepared>, places: &[(PathBuf, bool)]) {
        let shown = |path: &Path| path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string();
        let proposals = &self.outcome.proposals;
        if self.format == Format::Json {
            let of = |wanted: bool| {
                places
                    .iter()
                    .filter(|(_, put)| *put == wanted)
                    .map(|(path, _)| shown(path))
                    .collect::<Vec<_>>()
            };
            let told = serde_json::json!({
                "assessment": self.assessment,
                "patch": self.patch,
                "changelog": prepared.map(|prepared| &prepared.changelog),
                "settled": prepared.map(|_| self.settled),
                "release_notes": prepared.map(|prepared| &prepared.notes),
                "write": of(true),
                "remove": of(false),
                "dry_run": self.dry,
            });
            println!("{told:#}");
            return;
        }
        print!("{}", render(&self.assessment));
        if !self.patch.is_empty() {
            println!("\nProposed edits of the manifest:");
            for (what, _) in by_reason(proposals) {
                println!("{}", crate::text::wrapped(what, "  "));
            }
            print!("\n{}", self.patch);
        }
        if let Some(prepared) = prepared.filter(|prepared| !prepared.changelog.is_empty()) {
            println!("\nChangelog:\n\n{}", prepared.changelog);
            println!("Release notes:\n\n{}", prepared.notes);
        }
        if prepared.is_some() && !self.settled.is_empty() {
            let verb = if self.dry { "Would take" } else { "Takes" };
            println!("{verb} out of {DECISIONS} what is no change any more:");
            for entry in self.settled {
                println!("{}", crate::text::wrapped(&entry.told(), "  "));
            }
        }
        if prepared.is_some() {
            let verb = match (self.dry, places.is_empty()) {
                (_, true) => "Nothing to write.",
                (true, _) => "Would write or remove:",
                (false, _) => "Writes or removes:",
            };
            println!("{verb}");
            for (path, put) in places {
                println!("  {} {}", if *put { "write " } else { "remove" }, shown(path));
            }
        }
        if std::io::stdout().is_terminal() && !self.dry {
            println!("\nReview it with `git diff`.");
        }
    }
}
