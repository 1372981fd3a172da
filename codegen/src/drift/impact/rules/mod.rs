//! How serious a change is for the connector: by what uses the place, else by what the generated code does with it.

mod aspect;
mod names;
mod received;
mod sent;
mod unused;

use std::collections::{BTreeMap, BTreeSet};

use super::items::Items;
use super::places;
use super::successor::Successor;
use super::uses::{Role, Use};
use super::{Impact, ManifestLine, Severity, Subject, SubjectKind};
use crate::drift::Change;
use crate::drift::view::{Document, Operation};
use crate::manifest::Manifest;
use crate::plan::Plan;
use crate::source::{SourceFiles, Tree};

/// What judging looks at.
pub(super) struct Context<'a, 't> {
    pub(super) files: &'a SourceFiles,
    pub(super) manifest: &'a Manifest,
    pub(super) manifest_tree: &'a Tree,
    pub(super) plan: &'a Plan,
    pub(super) base: &'a Document<'t>,
    pub(super) revision: &'a Document<'t>,
    pub(super) old: &'a [Operation<'t>],
    pub(super) new: &'a [Operation<'t>],
    pub(super) uses: &'a [Use],
    pub(super) items: &'a Items,
    /// The operations that the connector has, as `GET /path`.
    pub(super) allowed: BTreeSet<String>,
    /// Those that the same allow-list selects of the revision.
    pub(super) next_allowed: BTreeSet<String>,
    /// What takes the place of operations that are gone.
    pub(super) successors: &'a BTreeMap<String, Successor>,
}

/// What a change means, before it is tied to a place.
pub(super) struct Verdict {
    pub(super) severity: Severity,
    pub(super) what: String,
    pub(super) advice: Option<String>,
}

impl Verdict {
    pub(super) fn new(severity: Severity, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { severity, what: what.into(), advice: Some(advice.into()).filter(|advice| !advice.is_empty()) }
    }
}

/// What a change means on one line of the manifest, what it touches there, and for which operations.
type Touched = (Verdict, BTreeSet<Subject>, BTreeSet<String>);

impl<'t> Context<'_, 't> {
    /// What a change means; `None` where it reaches nothing of the connector.
    pub(super) fn judge(&self, index: usize, change: &Change) -> Option<Vec<Impact>> {
        if let Some(found) = self.promises(index, change) {
            return found;
        }
        let mut reached: Vec<&str> = change
            .operations
            .iter()
            .map(String::as_str)
            .filter(|operation| self.allowed.contains(*operation))
            .collect();
        if reached.is_empty() {
            reached = change
                .operations
                .iter()
                .map(String::as_str)
                .filter(|operation| change.id == "endpoint-added" && self.next_allowed.contains(*operation))
                .collect();
        }
        if reached.is_empty() {
            return None;
        }
        let used = self.used(index, change, &reached);
        if !used.is_empty() {
            return Some(used);
        }
        Some(vec![self.unused(index, change, &reached)])
    }

    /// The impacts on what the manifest uses, one for each of its lines.
    fn used(&self, index: usize, change: &Change, reached: &[&str]) -> Vec<Impact> {
        let mut lines: BTreeMap<(Option<ManifestLine>, Role), Touched> = BTreeMap::new();
        for used in self.touched(change, reached) {
            let verdict =
                if used.role.is_sent() { self.sent(change, used) } else { self.received(change, used) };
            let Some(verdict) = verdict else { continue };
            let entry = lines.entry((self.line(used.span), used.role));
            let (known, subjects, operations) = entry.or_insert_with(|| {
                (Verdict::new(verdict.severity, verdict.what.clone(), ""), BTreeSet::new(), BTreeSet::new())
            });
            if verdict.severity >= known.severity {
                *known = verdict;
            }
            subjects.extend([
                Subject { kind: kind_of(used.role), name: used.name.clone() },
                Subject { kind: SubjectKind::Operation, name: self.method(&used.operation) },
            ]);
            if let Some((_, stream)) = used.user.rsplit_once("stream `") {
                let name = stream.trim_end_matches('`').to_owned();
                subjects.insert(Subject { kind: SubjectKind::Stream, name });
            }
            operations.insert(used.operation.clone());
        }
        let impacts = lines.into_iter().map(|((manifest, _), (verdict, subjects, operations))| Impact {
            change: Some(index),
            observed: None,
            id: Some(change.id.clone()),
            severity: verdict.severity,
            operations: operations.into_iter().collect(),
            subjects: subjects.into_iter().collect(),
            what: verdict.what,
            manifest,
            advice: verdict.advice,
            overridden: None,
            unfit: None,
        });
        impacts.collect()
    }

    /// What of the manifest a change touches.
    pub(super) fn touched(&self, change: &Change, reached: &[&str]) -> Vec<&Use> {
        let of_reached = self.uses.iter().filter(|used| reached.contains(&used.operation.as_str()));
        of_reached.filter(|used| self.touches(change, used)).collect()
    }

    fn touches(&self, change: &Change, used: &Use) -> bool {
        let base = change.base.as_ref().map(|side| places::subject(self.base, side));
        let revision = change.revision.as_ref().map(|side| places::subject(self.revision, side));
        let received = change.id.starts_with("response-") || change.id.ends_with("-response-header-removed");
        if received == used.role.is_sent() {
            return false;
        }
        // What is new within the place is no change of the place.
        let is_new = change.id.ends_with("-added")
            && revision
                .as_ref()
                .is_some_and(|pointer| !used.revision.is_at(pointer) && !used.revision.is_behind(pointer));
        match base {
            Some(_) if is_new => false,
            // A component stands in many places: what one of them has in its stead is news there only.
            Some(base) if used.base.is_at(&base) => {
                let leads =
                    |pointer: &String| used.revision.is_at(pointer) || used.revision.is_behind(pointer);
                !used.revision.is_known() || revision.as_ref().is_none_or(leads)
            }
            Some(base) => revision.is_some_and(|pointer| {
                let behind = used.base.is_behind(&base) && used.revision.is_behind(&pointer);
                behind || (used.revision.is_at(&pointer) && !used.base.is_at(&pointer))
            }),
            None => false,
        }
    }
}

fn kind_of(role: Role) -> SubjectKind {
    match role {
        Role::Records => SubjectKind::Records,
        Role::Key => SubjectKind::Key,
        Role::Cursor | Role::CursorParameter => SubjectKind::Cursor,
        Role::NextPage | Role::PageInfo | Role::PageParameter | Role::PageSize | Role::PageHeader => {
            SubjectKind::Paging
        }
        Role::Constant | Role::SliceParameter => SubjectKind::Parameter,
        Role::LimitHeader => SubjectKind::Limit,
        Role::WaitHeader => SubjectKind::WaitSource,
    }
}
