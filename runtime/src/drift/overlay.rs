//! A proposed overlay for a document, where there is nothing but the document: what a finding needs is said here, what an overlay makes of it
//! in [`linchpin_proposal`].

use linchpin_proposal::{Document, Finding, Need, propose};

use super::{Kind, Report, ReportedFinding, ReportedStream, Status};

/// An Overlay 1.1 that makes the document say what was observed, as YAML; what no overlay can say stands as comments at its head. What is new
/// is taken, with `all` also what is pending, accepted or of the baseline.
///
/// `document` is the document's text as its vendor wrote it, YAML or JSON.
///
/// # Errors
/// The document is no YAML.
pub fn overlay(report: &Report, document: &str, all: bool) -> Result<String, serde_yaml::Error> {
    let document = Document::read(document)?;
    let taken = |finding: &&ReportedFinding| match finding.state {
        Status::New => true,
        Status::Resolved => false,
        _ => all,
    };
    let findings: Vec<Finding> = report
        .streams
        .iter()
        .flat_map(|stream| stream.findings.iter().filter(taken).map(|finding| found(stream, finding)))
        .collect();
    let proposal = propose(document, &findings);
    let connector = report.connector;
    let mut text = format!(
        "# Proposed by `{connector} drift` for the document alone: an overlay that is there already is not looked at.\n"
    );
    text.push_str(&proposal.to_comments());
    if proposal.actions.is_empty() {
        text.push_str("# There is nothing to propose.\n");
    }
    Ok(text + &proposal.to_overlay(connector, &report.made_at.strftime("%F").to_string())?)
}

fn found(stream: &ReportedStream, finding: &ReportedFinding) -> Finding {
    Finding {
        stream: stream.name.to_owned(),
        operation: stream.operation.clone(),
        status: finding.status,
        pointer: finding.pointer.clone(),
        kind: finding.kind.to_string(),
        need: need(finding),
        observed: finding.observed.keys().cloned().collect(),
        values: finding.values.clone(),
        seen: finding.seen,
        checked: finding.checked,
        runs: finding.runs,
        first_seen: finding.first_seen.to_string(),
        last_seen: finding.last_seen.to_string(),
    }
}

fn need(finding: &ReportedFinding) -> Need {
    let person = |why: &str| Need::Person(why.to_owned());
    match finding.kind {
        // A document in which the key may be missing is true, and no connector can be made of it.
        Kind::MissingRequired | Kind::NullNotNullable if finding.serves => {
            person("the stream is read by it; look at its `key` and `cursor` in the manifest")
        }
        Kind::NullNotNullable => Need::Null,
        Kind::TypeWidened | Kind::TypeIncompatible | Kind::UnionNoBranch => Need::Types,
        Kind::EnumUnknownValue if !finding.values.is_empty() => Need::Texts,
        Kind::EnumUnknownValue => person(
            "which texts came is not kept; `drift: { keep_enum_values: true }` of the stream keeps them",
        ),
        Kind::FormatMismatch => Need::Format,
        Kind::UnknownField | Kind::UnknownFieldClosed => Need::Field,
        Kind::MissingRequired => Need::Optional,
        Kind::UndocumentedStatus => Need::Status,
        Kind::UndocumentedContentType => Need::MediaType,
        Kind::ConstraintViolation => Need::Bounds,
        Kind::FieldVanished => Need::Deprecated,
        Kind::RecordPathMissing => person("look at the stream's `records` in the manifest"),
        Kind::KeyMissing => person("look at the stream's `key` in the manifest"),
        Kind::CursorLost => person("look at the stream's `cursor` in the manifest"),
        Kind::PagingContract | Kind::PagingUndeclared | Kind::TotalMismatch => {
            person("look at `paging` in the manifest")
        }
        Kind::LimitHeaderUndeclared => person("look at `limits` in the manifest"),
        Kind::RenameCandidate => person("a field may have another name now; people have to say"),
        Kind::DiscriminatorUnknown => person("what the variant holds has to be described by people"),
        Kind::NumberPrecision => person("an overlay cannot say it"),
    }
}
