//! What a team has decided about changes, `drift.yaml` beside the manifest: classes that it sees otherwise, and changes that it has accepted,
//! each with the reason and a day on which it ends.
//!
//! Entries name changes by id, operation and JSON Pointers, never by prose: sentences may be worded anew. An entry that meets no
//! change any more is told, so that the file never says more than there is.

mod judge;
mod settle;
mod types;

pub use judge::{Acceptance, Judged, JudgedChange, judge};
pub use settle::{NotSettled, Settled, settle};
pub use types::{Accepted, Decisions, Override};

use std::collections::HashSet;

use super::Report;
use super::catalogue::ids;
use super::observed::{ObservedKind, is_observed};
use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::check_shape;
use crate::source::{Spanned, Tree, from_node};
use crate::suggest::did_you_mean;

/// File name of the decisions about a connector, beside its manifest.
pub const DECISIONS: &str = "drift.yaml";

/// Reads the decisions from their tree. Without a result there is at least one error among the diagnostics; all of them are found at once.
/// An id that no change has is told by [`judge`], which knows what was found too.
pub fn read(tree: &Tree) -> (Option<Decisions>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let schema = crate::schema_text::value_of::<Decisions>();
    for found in &check_shape(tree.root(), &schema, DECISIONS) {
        diagnostics.push(Diagnostic { code: Code::DecisionShape, ..found.clone() });
    }
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    match from_node::<Decisions>(tree.root()) {
        Ok(decisions) => {
            check(&decisions, &mut diagnostics);
            (Some(decisions).filter(|_| !diagnostics.has_errors()), diagnostics)
        }
        Err(error) => {
            diagnostics.push(error.into_diagnostic(Code::DecisionShape));
            (None, diagnostics)
        }
    }
}

impl Decisions {
    /// Only what is about changes of documents, about what was observed in payloads, or about both: an entry about what nobody has looked at
    /// meets nothing and is not idle.
    pub fn about(mut self, documents: bool, payloads: bool) -> Self {
        let looked_at = |id: &str| if is_observed(id) { payloads } else { documents };
        self.overrides.retain(|entry| looked_at(&entry.id));
        self.accepted.retain(|entry| looked_at(&entry.id));
        self
    }
}

/// The JSON Schema (2020-12) of a `drift.yaml`, for editors. The same bytes for the same version of Linchpin.
pub fn json_schema() -> String {
    crate::schema_text::of::<Decisions>()
}

/// What values say to one another.
fn check(decisions: &Decisions, diagnostics: &mut Diagnostics) {
    let mut seen = HashSet::new();
    for entry in &decisions.overrides {
        pointer(entry.pointer.as_ref(), diagnostics);
        let about = [entry.operation.as_ref(), entry.pointer.as_ref()];
        once(&mut seen, ("overrides", &entry.id, about), diagnostics);
    }
    for entry in &decisions.accepted {
        pointer(entry.base.as_ref(), diagnostics);
        pointer(entry.revision.as_ref(), diagnostics);
        if entry.base.is_none() && entry.revision.is_none() {
            diagnostics.push(
                Diagnostic::error(
                    Code::DecisionShape,
                    "an accepted change is named by `base`, `revision` or both",
                )
                .at(entry.id.span)
                .help("an id alone would accept whatever comes; `--format entries` writes whole entries"),
            );
        }
        if entry.reason.trim().is_empty() {
            diagnostics.push(
                Diagnostic::error(Code::DecisionShape, "the reason is empty")
                    .at(entry.reason.span)
                    .help("say why the change does no harm, for whoever meets the entry next"),
            );
        }
        if let Some(expires) = &entry.expires
            && let Err(error) = expires.parse::<Date>()
        {
            diagnostics.push(Diagnostic::error(Code::DecisionShape, error.to_string()).at(expires.span));
        }
        let about = [entry.base.as_ref(), entry.revision.as_ref()];
        once(&mut seen, ("accepted", &entry.id, about), diagnostics);
    }
}

/// The list, the id, and what else names a change.
type Entry<'e> = (&'static str, &'e Spanned<String>, [Option<&'e Spanned<String>>; 2]);

fn once<'e>(seen: &mut HashSet<Entry<'e>>, entry: Entry<'e>, diagnostics: &mut Diagnostics) {
    let (list, id, _) = entry;
    if !seen.insert(entry) {
        diagnostics.push(
            Diagnostic::error(
                Code::DecisionTwice,
                format!("`{list}` has another entry about the same change"),
            )
            .at(id.span)
            .help("keep one of the two"),
        );
    }
}

/// RFC 6901: a pointer is empty or starts with a slash, and a tilde stands for itself as `~0` only.
fn pointer(pointer: Option<&Spanned<String>>, diagnostics: &mut Diagnostics) {
    let Some(pointer) = pointer else { return };
    let mut tildes = pointer.split('~').skip(1);
    let good =
        (pointer.is_empty() || pointer.starts_with('/')) && tildes.all(|rest| rest.starts_with(['0', '1']));
    if !good {
        let message = format!("`{}` is no JSON Pointer", pointer.value);
        diagnostics.push(Diagnostic::error(Code::DecisionShape, message).at(pointer.span).help(
            "a pointer starts with `/`; a slash within a name is `~1`, a tilde `~0`: /paths/~1orders/get",
        ));
    }
}

/// Tells an id that neither the catalogue nor the report has.
fn known(id: &Spanned<String>, catalogue: &HashSet<String>, report: &Report, diagnostics: &mut Diagnostics) {
    if catalogue.contains(id.as_str()) || report.changes.iter().any(|change| change.id == id.value) {
        return;
    }
    let mut candidates: Vec<&str> = catalogue.iter().map(String::as_str).collect();
    candidates.sort_unstable();
    let help = did_you_mean(id, candidates).map_or_else(
        || "the ids stand beside the changes in every format".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    diagnostics.push(
        Diagnostic::error(Code::UnknownChange, format!("no change has the id `{}`", id.value))
            .at(id.span)
            .help(help),
    );
}

fn catalogue() -> HashSet<String> {
    let observed = ObservedKind::ALL.iter().map(|kind| kind.id().to_owned());
    ids().into_iter().map(|(id, _)| id).chain(observed).collect()
}

#[cfg(test)]
mod tests;
