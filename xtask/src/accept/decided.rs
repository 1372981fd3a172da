//! What a team decided about the changes of a revision: told with them, and taken out of `drift.yaml` once they are no changes any more.

use std::path::Path;

use linchpin_codegen::date::Date;
use linchpin_codegen::diagnostic::{Code, Diagnostic, Severity};
use linchpin_codegen::drift::decisions::{self, DECISIONS, Settled};
use linchpin_codegen::drift::impact::Assessment;
use linchpin_codegen::source::{Limits, SourceFiles, load};
use serde::Serialize;

use crate::drift::show;
use crate::workspace::Error;

/// The decisions once the revision is accepted.
#[derive(Default)]
pub(super) struct Decided {
    /// The text of the file; none where it stays as it is.
    pub(super) text: Option<String>,
    /// The entries that are taken out.
    pub(super) settled: Vec<Entry>,
}

/// An entry that is taken out, as it is told.
#[derive(Serialize)]
pub(super) struct Entry {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    reason: String,
    /// Where it stands in the file, from 1.
    line: u32,
}

impl Entry {
    /// For people.
    pub(super) fn told(&self) -> String {
        let sides = [self.operation.as_ref(), self.base.as_ref(), self.revision.as_ref()];
        let names: Vec<&str> = sides.into_iter().flatten().map(String::as_str).collect();
        format!("line {}: {}, {}: {}", self.line, self.id, names.join(", "), self.reason)
    }
}

/// Lays the decisions of a folder on what its revision means. Entries that meet nothing are told, and stay. `None` where the file cannot be
/// read, which is told.
///
/// # Errors
/// Entries that met a change cannot be taken out of the file.
pub(super) fn decide(
    folder: &Path,
    assessment: &mut Assessment,
    today: Date,
) -> Result<Option<Decided>, Error> {
    let path = folder.join(DECISIONS);
    if !path.is_file() {
        return Ok(Some(Decided::default()));
    }
    // Apart from the files that the crate is made from: this is none of them.
    let mut files = SourceFiles::new();
    let (tree, mut found) = load(&mut files, &path, &Limits::default());
    let read = tree.and_then(|tree| {
        let (decisions, more) = decisions::read(&tree);
        found.extend(more);
        Some((decisions?, tree))
    });
    let Some((decisions, tree)) = read else {
        show(&found, &files);
        return Ok(None);
    };
    // Entries about what was observed are no matter of a document.
    let about = decisions.clone().about(true, false);
    for one in assessment.decide(&about, today).iter().filter(|one| one.code != Code::DecisionExpired) {
        found.push(Diagnostic { severity: Severity::Warning, ..one.clone() });
    }
    show(&found, &files);
    let text = files.text(tree.file()).unwrap_or_default();
    let settled = decisions::settle(text, &tree, &decisions, &assessment.report)
        .map_err(|error| Error::Refused(error.to_string()))?;
    let Some(Settled { text, entries }) = settled else { return Ok(Some(Decided::default())) };
    let entry = |entry: &decisions::Accepted| Entry {
        id: entry.id.value.clone(),
        operation: entry.operation.as_ref().map(|operation| operation.value.clone()),
        base: entry.base.as_ref().map(|pointer| pointer.value.clone()),
        revision: entry.revision.as_ref().map(|pointer| pointer.value.clone()),
        reason: entry.reason.value.clone(),
        line: files.place(entry.id.span).map_or(0, |place| place.line),
    };
    Ok(Some(Decided { text: Some(text), settled: entries.iter().map(entry).collect() }))
}
