//! Drift: what changed between two documents, seen from a client.
//!
//! [`compare`] takes two trees, of any dialects, bundled and overlaid by whoever calls, and gives a [`Report`]: sorted [`Change`]s, each with a stable
//! id, a [`Class`], the operations that it reaches and its place on both sides. What is written differently and means the same is no
//! change: order, format, JSON or YAML, Swagger 2.0 or OpenAPI 3, `nullable` or a type of null, a reference or what it leads to.
//!
//! - `view` shows a document of any dialect in one shape, borrowed from its tree.
//! - `catalogue` owns the kinds of change: id, class, mirror, sentence.
//! - `compare` walks both views and names what it finds by the catalogue; a change in a shared component is told once.
//! - `decisions` lays what a team has decided (`drift.yaml`) on a report.
//! - `guide` shows the catalogue to programs that list kinds.
//! - `observed` reads what connectors report of drift in payloads.
//! - `impact` says what the changes mean to one connector.
//! - `proposed` makes a change of its overlay of what was observed.
//!
//! Descriptions, examples and summaries are not compared: nothing that is sent or received depends on them.

mod catalogue;
mod change;
mod compare;
pub mod decisions;
mod guide;
pub mod impact;
pub mod observed;
mod options;
mod proposed;
mod sentence;
mod view;

use std::path::Path;

pub use catalogue::ids;
pub use change::{Change, Class, Report, Side};
pub use guide::{ChangeKind, kinds};
pub use options::{Options, Stability, UnknownStability};
pub use proposed::{Change as OverlayChange, Proposed, propose_overlay};
pub use sentence::sentence;

use crate::diagnostic::Diagnostics;
use crate::normalise::detect;
use crate::source::{self, Limits, SourceFiles, Tree};
use view::Document;

/// Reads a document with the files that its references lead to. Without a tree there is at least one error among the diagnostics.
pub fn read(files: &mut SourceFiles, path: &Path) -> (Option<Tree>, Diagnostics) {
    let limits = Limits::default();
    let (tree, mut diagnostics) = source::load(files, path, &limits);
    let Some(tree) = tree else { return (None, diagnostics) };
    let (tree, found) = source::bundle(files, tree, path, &limits);
    diagnostics.extend(found);
    (tree, diagnostics)
}

/// Compares two documents whose texts `files` holds. Without a report there is an error among the diagnostics: one of the two is no OpenAPI
/// document of a known version. Whatever else is wrong with a document is compared as far as it can be read.
pub fn compare(
    files: &SourceFiles,
    base: &Tree,
    revision: &Tree,
    options: &Options,
) -> (Option<Report>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let dialects = (detect(base, &mut diagnostics), detect(revision, &mut diagnostics));
    let (Some(old), Some(new)) = dialects else { return (None, diagnostics) };
    let (base, revision) = (Document::new(base, old), Document::new(revision, new));
    (Some(compare::run(files, &base, &revision, options)), diagnostics)
}
