//! What was observed in payloads, as a change of the overlay beside a connector's document: new actions after those that are there, which stay
//! as they are, byte for byte. It is a text to review; nothing here writes a file.

use std::path::Path;

use linchpin_proposal::{self as proposal, Finding, Proposal, propose};

use super::impact::{Assessment, unified};
use super::observed::{Observed, ObservedState, Standing};
use crate::date::Date;
use crate::diagnostic::Diagnostics;
use crate::generate::{self, OVERLAY};
use crate::overlay::{append, apply};
use crate::source::{self, Limits, SourceFiles, Tree};

/// What is proposed for the overlay of one connector.
#[derive(Debug)]
pub struct Proposed {
    /// What is not proposed, and why: comments, a line each.
    pub notes: String,
    /// The new actions.
    pub change: Change,
}

/// New actions, in a form that people can take.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// There are none: the document under its overlay says what was observed, or no document can.
    None,
    /// A unified diff of the overlay, as `git apply` reads it.
    Patch(String),
    /// An overlay of its own, since the list of actions that is there is written in a way in which it cannot be extended.
    Apart(String),
}

/// Proposes what makes the document of a folder, under its overlay, say what was observed: all that reports tell and that neither the
/// document, nor a revision, nor `drift.yaml` explains, but for what has not been met any more. `name` is the overlay's for a patch, `today`
/// the version of a new overlay. `None` is an error among the diagnostics.
pub fn propose_overlay(
    folder: &Path,
    name: &str,
    assessment: &Assessment,
    today: Date,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Proposed> {
    let sources = generate::read(folder, None, files, diagnostics)?;
    let (connector, day) = (assessment.connector.as_str(), today.to_string());
    let is_open = |observed: &&Observed| observed.state != ObservedState::Resolved;
    let (open, explained): (Vec<&Observed>, Vec<&Observed>) = assessment
        .observed
        .iter()
        .filter(is_open)
        .partition(|observed| observed.standing == Standing::Observed && observed.accepted.is_none());
    let findings: Vec<Finding> = open.iter().map(|observed| finding(observed, connector)).collect();
    let document = proposal::Document::new(sources.document.root().to_json());
    let mut proposal = propose(document, &findings);
    proposal.notes.extend(explained.into_iter().filter_map(|observed| {
        Some(format!("{} {} at {}: {}", observed.stream, observed.id, observed.pointer, why(observed)?))
    }));
    let notes = proposal.to_comments();
    if proposal.actions.is_empty() {
        return Some(Proposed { notes, change: Change::None });
    }
    // The form of an action is one that YAML has.
    let apart = || proposal.to_overlay(connector, &day).unwrap_or_default();
    let path = folder.join(OVERLAY);
    if !path.is_file() {
        return Some(Proposed { notes, change: Change::Patch(unified::diff(name, None, &apart())) });
    }
    let (tree, found) = source::load(files, &path, &Limits::manifest());
    diagnostics.extend(found);
    let tree = tree?;
    let (raw, found) = source::load(files, &folder.join(&*sources.manifest.document), &Limits::default());
    diagnostics.extend(found);
    let raw = raw?;
    let old = files.text(tree.file()).unwrap_or_default();
    let new = extended(old, &tree, &proposal).filter(|new| does(&raw, &tree, new, &proposal));
    let change = match new {
        Some(new) => Change::Patch(unified::diff(name, Some(old), &new)),
        None => Change::Apart(apart()),
    };
    Some(Proposed { notes, change })
}

fn extended(old: &str, tree: &Tree, proposal: &Proposal) -> Option<String> {
    let list = serde_json::to_value(&proposal.actions).ok()?;
    append(old, tree, &proposal.to_items().ok()?, &list)
}

/// Whether the text has the old actions and then the new ones, and all of them match in the document: how people write YAML is not known here,
/// so what was made of it is looked at.
fn does(raw: &Tree, old: &Tree, new: &str, proposal: &Proposal) -> bool {
    let actions = |tree: &Tree| tree.root().get("actions").map(|actions| actions.to_json());
    let mut files = SourceFiles::new();
    let Some(tree) = source::parse(&mut files, OVERLAY, new.to_owned(), &Limits::manifest()).0 else {
        return false;
    };
    let (Some(serde_json::Value::Array(mut wanted)), Ok(serde_json::Value::Array(more))) =
        (actions(old), serde_json::to_value(&proposal.actions))
    else {
        return false;
    };
    wanted.extend(more);
    actions(&tree) == Some(serde_json::Value::Array(wanted))
        && !apply(raw, &tree, &Limits::default()).1.has_errors()
}

/// Why something that was observed needs no action; `None` where the document says it, which is what actions are for.
fn why(observed: &Observed) -> Option<&'static str> {
    match (observed.standing, &observed.accepted) {
        (Standing::Explained, _) => Some("goes when the revision is accepted"),
        (Standing::Likely, _) => Some("a change of the revision is likely to explain it"),
        (_, Some(_)) => Some("accepted by drift.yaml"),
        _ => None,
    }
}

fn finding(observed: &Observed, connector: &str) -> Finding {
    Finding {
        stream: observed.stream.clone(),
        operation: observed.operation.clone(),
        status: observed.status,
        pointer: observed.pointer.clone(),
        kind: observed.id.clone(),
        need: observed.need(connector),
        observed: observed.observed.keys().cloned().collect(),
        values: observed.values.clone(),
        seen: observed.seen,
        checked: observed.checked,
        runs: observed.runs,
        first_seen: observed.first_seen.clone(),
        last_seen: observed.last_seen.clone(),
    }
}
