//! Drift that was observed: what an API served that is not as its document says, as connectors report it. The report is a file, and the file
//! is all that this part and the runtime have in common.
//!
//! [`read`] reads one. What it means beside a comparison of documents is [`super::impact`]'s to say.

mod kinds;
mod types;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use linchpin_proposal::Need;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use kinds::ObservedKind;
pub use types::{ObservedFinding, ObservedReport, ObservedSeverity, ObservedState, ObservedStream};

use super::decisions::Acceptance;
use super::{Change, Class, Side};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::check_shape;
use crate::source::{SourceFiles, Span, Tree, from_node};

/// The version of the form that is read.
const VERSION: u32 = 1;

/// Reads a report from its tree. Without a result there is at least one error among the diagnostics.
pub fn read(tree: &Tree) -> (Option<ObservedReport>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let root = tree.root();
    const HELP: &str = "`CONNECTOR drift --store FILE --format json` writes one";
    // Of a file of another kind, what is missing at its top says all.
    if root.get("connector").is_none() || root.get("streams").is_none() {
        diagnostics.push(
            Diagnostic::error(Code::ObservedShape, "this is no report on drift of payloads")
                .at(root.span())
                .help(HELP),
        );
        return (None, diagnostics);
    }
    if let Some(version) = root.get("version").filter(|version| version.as_u64() != Some(u64::from(VERSION)))
    {
        let message = format!("this version of Linchpin reads reports of version {VERSION}");
        diagnostics.push(
            Diagnostic::error(Code::ObservedShape, message)
                .at(version.span())
                .help("write the report anew with a connector that this version of Linchpin has generated"),
        );
        return (None, diagnostics);
    }
    let schema = crate::schema_text::value_of::<ObservedReport>();
    for found in &check_shape(root, &schema, "the report") {
        diagnostics.push(Diagnostic { code: Code::ObservedShape, ..found.clone() });
    }
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    match from_node::<ObservedReport>(root) {
        Ok(report) => (Some(report), diagnostics),
        Err(error) => {
            diagnostics.push(error.into_diagnostic(Code::ObservedShape));
            (None, diagnostics)
        }
    }
}

/// Which of some connectors a report is of. `None` is an error among the diagnostics.
pub fn belongs(report: &ObservedReport, names: &[&str]) -> (Option<usize>, Diagnostics) {
    let (name, mut diagnostics) = (&report.connector.value, Diagnostics::new());
    let index = names.iter().position(|known| known == name);
    if index.is_none() {
        let help = match names {
            [only] => format!("`{only}` is looked at; give each connector its own reports"),
            _ => format!("these are looked at: {}", names.join(", ")),
        };
        let message = format!("the report is of the connector `{name}`");
        diagnostics
            .push(Diagnostic::error(Code::ObservedForeign, message).at(report.connector.span).help(help));
    }
    (index, diagnostics)
}

/// What connectors have observed, with the texts that it was read from.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// The texts; those of a comparison come after them.
    pub files: SourceFiles,
    /// The reports, all of one connector.
    pub reports: Vec<ObservedReport>,
}

/// Whether, and by what, a finding is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The revision says what was observed, or no document was compared that could.
    Observed,
    /// A change of the document is about the place, and whether it is about what was observed cannot be told without values.
    Likely,
    /// The revision says what was observed, and the pinned document does not.
    Explained,
    /// The pinned document says it already: the connector that observed it was made from another one.
    Documented,
}

/// A finding, as it stands beside a comparison of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observed {
    /// What kind of finding it is; a stable word, such as `observed-null-not-nullable`.
    pub id: String,
    /// The stream that it was observed in.
    pub stream: String,
    /// The stream's operation, as `GET /path`.
    pub operation: String,
    /// How much it matters to those who sync the stream.
    pub severity: ObservedSeverity,
    /// Where it stands in the store that it comes from; of several stores, where it stands most of all.
    pub state: ObservedState,
    /// Whether the documents explain it.
    pub standing: Standing,
    /// Index of the change among `changes` that explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<usize>,
    /// Status of the answers; 0 where it is of no answer.
    pub status: u16,
    /// JSON Pointer into their body, with `*` for any item and any key that is data; `#NAME` for a header.
    pub pointer: String,
    /// What the document of the connector that observed it says.
    pub expected: String,
    /// What was there, with how often.
    pub observed: BTreeMap<String, u64>,
    /// Texts of an enum, where the manifest keeps them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Records, or answers, that showed it.
    pub seen: u64,
    /// Records that were looked at in the runs since it came.
    pub checked: u64,
    /// Runs that met it.
    pub runs: u64,
    /// When it came.
    pub first_seen: String,
    /// When it was last met.
    pub last_seen: String,
    /// Whether the stream's key or cursor stands there.
    pub serves: bool,
    /// Where the pinned document describes it, or what holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Side>,
    /// One sentence that says what was observed, for people; its words may change.
    pub text: String,
    /// Why it is known by `drift.yaml`; missing where nobody has accepted it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

/// Whether an id is that of a finding in payloads, and not of a change of a document.
pub fn is_observed(id: &str) -> bool {
    ObservedKind::ALL.iter().any(|kind| kind.id() == id)
}

impl Observed {
    /// The finding as it is shown beside changes of a document, with the evidence for text.
    pub fn to_change(&self) -> Change {
        let times = |(what, count): (&String, &u64)| format!("{what}: {count}");
        let observed: Vec<String> = self.observed.iter().map(times).collect();
        let place = match self.pointer.as_str() {
            "" => "the body".to_owned(),
            pointer => format!("`{pointer}`"),
        };
        let status = if self.status == 0 { String::new() } else { format!("status {}, ", self.status) };
        let said = if self.expected.is_empty() { String::new() } else { format!(", for {}", self.expected) };
        Change {
            id: self.id.clone(),
            class: match self.severity {
                ObservedSeverity::Error => Class::Breaking,
                ObservedSeverity::Warning => Class::Risky,
                ObservedSeverity::Info => Class::Additive,
            },
            operation: Some(self.operation.clone()),
            operations: vec![self.operation.clone()],
            base: self.base.clone(),
            revision: None,
            text: format!(
                "Observed in stream `{}`, {status}{place}: {}{said}; first {}, last {}.",
                self.stream,
                observed.join(", "),
                self.first_seen,
                self.last_seen
            ),
        }
    }

    /// What the document would have to say.
    pub(super) fn need(&self, connector: &str) -> Need {
        let kind = ObservedKind::ALL.iter().find(|kind| kind.id() == self.id);
        kind.map_or_else(
            || Need::Person(String::new()),
            |kind| kind.need(connector, &self.values, self.serves),
        )
    }

    /// Whether people have to know of it: it is new, and no document explains it.
    pub fn is_telling(&self) -> bool {
        self.state == ObservedState::New && self.standing == Standing::Observed
    }
}

/// A stream's findings of all reports, each once.
pub(super) struct Gathered<'r> {
    pub(super) stream: &'r str,
    /// Where a report names the stream.
    pub(super) span: Span,
    pub(super) operation: &'r str,
    findings: BTreeMap<(u16, &'r str, ObservedKind), ObservedFinding>,
}

impl Gathered<'_> {
    /// The findings, by status, pointer and kind.
    pub(super) fn findings(&self) -> impl Iterator<Item = &ObservedFinding> {
        self.findings.values()
    }
}

/// The streams of all reports by their names. What several stores have observed at one place is one finding.
pub(super) fn gather(reports: &[ObservedReport]) -> Vec<Gathered<'_>> {
    let mut streams: BTreeMap<&str, Gathered<'_>> = BTreeMap::new();
    for stream in reports.iter().flat_map(|report| &report.streams) {
        let known = streams.entry(&stream.name.value).or_insert_with(|| Gathered {
            stream: &stream.name.value,
            span: stream.name.span,
            operation: &stream.operation,
            findings: BTreeMap::new(),
        });
        for finding in &stream.findings {
            let key = (finding.status, finding.pointer.as_str(), finding.kind);
            match known.findings.entry(key) {
                Entry::Vacant(free) => drop(free.insert(finding.clone())),
                Entry::Occupied(known) => absorb(known.into_mut(), finding),
            }
        }
    }
    streams.into_values().collect()
}

fn absorb(known: &mut ObservedFinding, other: &ObservedFinding) {
    known.state = known.state.min(other.state);
    known.severity = known.severity.max(other.severity);
    known.serves |= other.serves;
    for (observed, count) in &other.observed {
        let sum = known.observed.entry(observed.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
    known.values.extend(other.values.iter().cloned());
    known.values.sort();
    known.values.dedup();
    known.seen = known.seen.saturating_add(other.seen);
    known.checked = known.checked.saturating_add(other.checked);
    known.runs = known.runs.saturating_add(other.runs);
    // Both are written by RFC 3339 in UTC, whose order is that of the text.
    if other.first_seen < known.first_seen {
        known.first_seen.clone_from(&other.first_seen);
    }
    if other.last_seen > known.last_seen {
        known.last_seen.clone_from(&other.last_seen);
    }
}
