//! The form of a report on drift of payloads, as it is read. The runtime writes it, by a JSON Schema of its own
//! (`runtime/src/drift/report.schema.json`); a test of the workspace holds that what is written can be read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ObservedKind;
use crate::source::Spanned;

/// What `CONNECTOR drift --format json` writes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedReport {
    /// Version of the form.
    pub version: Spanned<u32>,
    /// Name of the connector.
    pub connector: Spanned<String>,
    /// Version of the connector.
    pub connector_version: String,
    /// When the report was made.
    pub made_at: String,
    /// The streams that were asked for.
    pub streams: Vec<ObservedStream>,
}

/// What is known of a stream.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedStream {
    /// Name of the stream.
    pub name: Spanned<String>,
    /// Its operation, `GET /path`.
    pub operation: String,
    /// Id of the operation in the document.
    pub operation_id: String,
    /// Runs that looked at records.
    pub runs: u64,
    /// Records that were looked at.
    pub checked: u64,
    /// What was met beyond as many findings as are kept.
    pub overflow: u64,
    /// Records in quarantine.
    pub quarantined: u64,
    /// What was met.
    pub findings: Vec<ObservedFinding>,
}

/// One thing that is not as the document says.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedFinding {
    /// What it is.
    pub kind: ObservedKind,
    /// How much it matters.
    pub severity: ObservedSeverity,
    /// Where it stands.
    pub state: ObservedState,
    /// Status of the answers; 0 where it is of no answer.
    pub status: u16,
    /// JSON Pointer into the body, with `*` for any item and any key that is data; `#NAME` for a header.
    pub pointer: String,
    /// What the document of that connector says.
    pub expected: String,
    /// What was there, with how often.
    pub observed: BTreeMap<String, u64>,
    /// Texts of an enum, where the manifest keeps them.
    #[serde(default)]
    pub values: Vec<String>,
    /// Records, or answers, that showed it.
    pub seen: u64,
    /// Records that were looked at in the runs since it came.
    pub checked: u64,
    /// The one in the other.
    pub rate: f64,
    /// When it came.
    pub first_seen: String,
    /// When it was last met.
    pub last_seen: String,
    /// Runs that met it.
    pub runs: u64,
    /// Whether the stream's key or cursor stands there.
    pub serves: bool,
}

/// How much a finding matters to those who sync the stream, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObservedSeverity {
    /// Nothing is lost.
    Info,
    /// Whoever relies on the document is wrong about this place.
    Warning,
    /// What the stream is read by, or a value's very type, is not there.
    Error,
}

/// Where a finding stands in the store that it comes from, what is told before the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObservedState {
    /// It came after the baseline, and nobody has accepted it.
    New,
    /// Seen since the baseline, too seldom to be told.
    Pending,
    /// It was there when the stream was looked at for the first time.
    Baseline,
    /// Somebody has said that it is known.
    Accepted,
    /// Not met any more.
    Resolved,
}

impl ObservedState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Pending => "pending",
            Self::Baseline => "baseline",
            Self::Accepted => "accepted",
            Self::Resolved => "resolved",
        }
    }
}
