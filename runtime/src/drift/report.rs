//! The report on drift, in the form that is published as a JSON Schema.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::contract::{Contract, Stream};

use super::inspector::record_pointer;
use super::{Finding, Kind, Severity, Status, StreamDrift};

/// What is known of drift in a store.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this form: 1.
    pub version: u32,
    /// Name of the connector.
    pub connector: &'static str,
    /// Version of the connector.
    pub connector_version: &'static str,
    /// When the report was made.
    pub made_at: Timestamp,
    /// The streams that were asked for.
    pub streams: Vec<ReportedStream>,
}

/// What is known of a stream's drift.
#[derive(Clone, Debug, Serialize)]
pub struct ReportedStream {
    /// Name of the stream.
    pub name: &'static str,
    /// Its operation, `GET /path`.
    pub operation: String,
    /// Id of the operation in the document.
    pub operation_id: &'static str,
    /// Runs that looked at records.
    pub runs: u64,
    /// Records that were looked at.
    pub checked: u64,
    /// What was met beyond as many findings as are kept.
    pub overflow: u64,
    /// Records in quarantine.
    pub quarantined: u64,
    /// What was met, the worst first.
    pub findings: Vec<ReportedFinding>,
}

/// One thing that is not as the document says.
#[derive(Clone, Debug, Serialize)]
pub struct ReportedFinding {
    /// What it is.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Severity,
    /// Where it stands.
    pub state: Status,
    /// Status of the answers; 0 where it is of no answer.
    pub status: u16,
    /// JSON Pointer into the body, with `*` for any item and any key that is data; `#NAME` for a header.
    pub pointer: String,
    /// What the document says.
    pub expected: String,
    /// What was there, with how often.
    pub observed: BTreeMap<String, u64>,
    /// Texts of an enum that the document does not have, where the contract keeps them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Records, or answers, that showed it.
    pub seen: u64,
    /// Records that were looked at in the runs since it came.
    pub checked: u64,
    /// The one in the other.
    pub rate: f64,
    /// When it came.
    pub first_seen: Timestamp,
    /// When it was last met.
    pub last_seen: Timestamp,
    /// Runs that met it.
    pub runs: u64,
    /// Whether the stream's key or cursor stands there.
    pub serves: bool,
}

impl Report {
    /// The report of a connector on these streams, made at that time.
    pub fn new(contract: &'static Contract, streams: Vec<ReportedStream>, made_at: Timestamp) -> Self {
        Self { version: 1, connector: contract.name, connector_version: contract.version, made_at, streams }
    }
}

/// The JSON Schema of a report, for those who read it.
pub const fn report_schema() -> &'static str {
    include_str!("report.schema.json")
}

impl ReportedStream {
    /// What is known of a stream's drift, and how many of its records are in quarantine.
    pub fn new(stream: &'static Stream, drift: &StreamDrift, quarantined: u64) -> Self {
        let cursor = stream.cursor.as_ref().map(|cursor| cursor.field);
        let serving: Vec<String> =
            stream.key.iter().copied().chain(cursor).map(|path| record_pointer(stream, path)).collect();
        let mut findings: Vec<ReportedFinding> =
            drift.findings().map(|finding| told(finding, serving.contains(&finding.pointer))).collect();
        findings.sort_by(|one, other| {
            let order = |finding: &ReportedFinding| (finding.state, std::cmp::Reverse(finding.severity));
            order(one)
                .cmp(&order(other))
                .then_with(|| other.seen.cmp(&one.seen))
                .then_with(|| one.pointer.cmp(&other.pointer))
        });
        Self {
            name: stream.name,
            operation: format!("{} {}", stream.operation.method.as_str(), stream.operation.path),
            operation_id: stream.operation.id,
            runs: drift.runs,
            checked: drift.checked,
            overflow: drift.overflow,
            quarantined,
            findings,
        }
    }
}

fn told(finding: &Finding, serves: bool) -> ReportedFinding {
    let checked = finding.checked.max(finding.seen);
    ReportedFinding {
        kind: finding.kind,
        severity: finding.kind.severity(serves),
        state: finding.state,
        status: finding.status,
        pointer: finding.pointer.clone(),
        expected: finding.expected.clone(),
        observed: finding.observed.clone(),
        values: finding.values.iter().cloned().collect(),
        seen: finding.seen,
        checked,
        rate: (finding.seen as f64 / checked.max(1) as f64 * 10_000.0).round() / 10_000.0,
        first_seen: finding.first_seen,
        last_seen: finding.last_seen,
        runs: finding.runs,
        serves,
    }
}
