//! Decisions laid on a report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Accepted, Decisions, Override, catalogue, known};
use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::drift::{Change, Class, Report, Side};
use crate::source::unescape_token;

/// Why a change is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acceptance {
    /// The reason that was written down.
    pub reason: String,
    /// The first day on which it holds no longer, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// A change with what a team decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JudgedChange {
    /// The change, with the class that it has here.
    #[serde(flatten)]
    pub change: Change,
    /// The class that the catalogue gives it, where an override gives it another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_without_override: Option<Class>,
    /// Why it is known; missing where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

impl JudgedChange {
    /// Whether nobody has accepted it.
    pub fn is_new(&self) -> bool {
        self.accepted.is_none()
    }
}

/// A report with decisions laid on it. The same input gives the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// The changes, in the order of the report.
    pub changes: Vec<JudgedChange>,
}

impl From<Report> for Judged {
    /// Without any decision, every change is new.
    fn from(report: Report) -> Self {
        let new = |change| JudgedChange { change, class_without_override: None, accepted: None };
        Self { changes: report.changes.into_iter().map(new).collect() }
    }
}

impl Judged {
    /// The most serious class among the new changes; `None` where all are known or there is none.
    pub fn worst_new(&self) -> Option<Class> {
        self.changes.iter().filter(|change| change.is_new()).map(|change| change.change.class).max()
    }

    /// The report as JSON, indented by two spaces, with a line break at its end.
    pub fn to_json(&self) -> String {
        // A report holds texts and numbers only, so it always has a text.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The JSON Schema (2020-12) of a report. The same bytes for the same version of Linchpin.
    pub fn json_schema() -> String {
        crate::schema_text::of::<Self>()
    }
}

/// Lays decisions on a report. Entries that do nothing are errors among the diagnostics: an id that is none, an entry that has expired, one
/// that meets no change. The report is whole in any case.
pub fn judge(report: Report, decisions: &Decisions, today: Date) -> (Judged, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let catalogue = catalogue();
    for id in decisions.overrides.iter().map(|entry| &entry.id) {
        known(id, &catalogue, &report, &mut diagnostics);
    }
    for entry in &decisions.accepted {
        let before = diagnostics.len();
        known(&entry.id, &catalogue, &report, &mut diagnostics);
        if diagnostics.len() == before {
            tell_idle(entry, &report, today, &mut diagnostics);
        }
    }
    let mut judged = Judged::from(report);
    for JudgedChange { change, class_without_override, accepted } in &mut judged.changes {
        if let Some(entry) = decisions.overriding(change)
            && entry.class != change.class
        {
            *class_without_override = Some(std::mem::replace(&mut change.class, entry.class));
        }
        let holding = decisions.accepted.iter().find(|entry| !entry.is_over(today) && entry.fits(change));
        *accepted = holding.map(|entry| Acceptance {
            reason: entry.reason.value.clone(),
            expires: entry.expires.as_ref().map(|expires| expires.value.clone()),
        });
    }
    (judged, diagnostics)
}

/// Tells an entry that meets no change, or has expired.
fn tell_idle(entry: &Accepted, report: &Report, today: Date, diagnostics: &mut Diagnostics) {
    let meets = report.changes.iter().any(|change| entry.fits(change));
    let id = &entry.id.value;
    if !meets {
        diagnostics.push(
            Diagnostic::error(Code::DecisionIdle, format!("the accepted `{id}` meets no change any more"))
                .at(entry.id.span)
                .help("remove the entry; where the change only moved, `--format entries` writes it anew"),
        );
    } else if let Some(expires) = entry.expires.as_ref().filter(|_| entry.is_over(today)) {
        let message = format!("the accepted `{id}` has expired on {}, and counts as new", expires.value);
        diagnostics.push(
            Diagnostic::error(Code::DecisionExpired, message)
                .at(expires.span)
                .help("follow the change, or give the entry a later day and a reason that still holds"),
        );
    }
}

impl Decisions {
    /// The override that says what a change means here, if there is one.
    pub fn overriding(&self, change: &Change) -> Option<&Override> {
        let fitting = self.overrides.iter().filter(|entry| entry.fits(change));
        fitting.max_by_key(|entry| (entry.pointer.is_some(), entry.operation.is_some()))
    }
}

impl Accepted {
    pub(super) fn fits(&self, change: &Change) -> bool {
        let at = |pattern: Option<&str>, side: &Option<Side>| {
            pattern.is_none_or(|pattern| side.as_ref().is_some_and(|side| leads_to(pattern, &side.pointer)))
        };
        self.id.value == change.id
            && only(self.operation.as_ref().map(|operation| operation.as_str()), change)
            && at(self.base.as_ref().map(|pointer| pointer.as_str()), &change.base)
            && at(self.revision.as_ref().map(|pointer| pointer.as_str()), &change.revision)
    }

    /// What cannot be read as a day was refused when the file was read; an entry without an end is never over.
    fn is_over(&self, today: Date) -> bool {
        self.expires
            .as_ref()
            .and_then(|expires| expires.parse().ok())
            .is_some_and(|expires: Date| expires <= today)
    }
}

impl Override {
    fn fits(&self, change: &Change) -> bool {
        let mut sides = change.base.iter().chain(&change.revision);
        self.id.value == change.id
            && only(self.operation.as_ref().map(|operation| operation.as_str()), change)
            && self.pointer.as_ref().is_none_or(|pattern| sides.any(|side| leads_to(pattern, &side.pointer)))
    }
}

/// Whether a change reaches the operation and no other.
fn only(operation: Option<&str>, change: &Change) -> bool {
    operation.is_none_or(|operation| matches!(change.operations.as_slice(), [only] if only == operation))
}

/// Whether a pointer is the one that a pattern names; a segment `*` of the pattern is any.
fn leads_to(pattern: &str, pointer: &str) -> bool {
    let mut names = pattern.split('/');
    let mut segments = pointer.split('/');
    loop {
        match (names.next(), segments.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(name), Some(segment)) if unescape_token(name) == unescape_token(segment) => {}
            _ => return false,
        }
    }
}
