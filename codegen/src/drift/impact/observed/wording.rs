//! What was observed, in a sentence.

use crate::drift::observed::{ObservedFinding, ObservedKind};

/// Texts of an enum that a sentence tells.
const TEXTS: usize = 5;

/// One sentence about a finding of a stream, with its figures.
pub(super) fn sentence(stream: &str, finding: &ObservedFinding) -> String {
    use ObservedKind as Kind;
    let ObservedFinding { pointer, expected, seen, checked, runs, .. } = finding;
    let at = match pointer.as_str() {
        "" => "the body".to_owned(),
        pointer => format!("`{}`", pointer.trim_start_matches('#')),
    };
    let observed: Vec<&str> = finding.observed.keys().map(String::as_str).collect();
    let observed = observed.join(", ");
    let said = if expected.is_empty() { "something else".to_owned() } else { expected.clone() };
    let what = match finding.kind {
        Kind::RecordPathMissing => format!("the records do not stand at {at}"),
        Kind::KeyMissing => format!("records have no key at {at}"),
        Kind::CursorLost => format!("no record of a page has a cursor value at {at}"),
        Kind::PagingContract => "the pages do not follow one another as the manifest says".to_owned(),
        Kind::PagingUndeclared => "an answer leads to a next page, and the manifest declares none".to_owned(),
        Kind::TotalMismatch => {
            format!("a list ended with {observed} than the API says that there are")
        }
        Kind::LimitHeaderUndeclared => {
            format!("the header {at} tells of a limit that the manifest does not declare")
        }
        Kind::UndocumentedStatus => {
            format!("an answer has the status `{}`, which the document does not have", finding.status)
        }
        Kind::UndocumentedContentType => {
            format!("an answer comes as `{observed}`, where the document says {said}")
        }
        Kind::FieldVanished => format!("no record has {at} any more"),
        Kind::RenameCandidate => format!("{at} may be called `{observed}` now"),
        Kind::MissingRequired => format!("records come without {at}, which the document requires"),
        Kind::NullNotNullable => format!("null comes at {at}, where the document says {said}"),
        Kind::TypeIncompatible | Kind::TypeWidened => {
            format!("{observed} comes at {at}, where the document says {said}")
        }
        Kind::FormatMismatch => format!("texts at {at} are not written as {said}"),
        Kind::UnionNoBranch => format!("a value at {at} is none of the union's variants"),
        Kind::DiscriminatorUnknown => format!("an object at {at} names none of the union's variants"),
        Kind::NumberPrecision => format!("numbers at {at} have more digits than 64 bits hold"),
        Kind::ConstraintViolation => format!("values at {at} are {observed}; the document says {said}"),
        Kind::EnumUnknownValue => format!("texts at {at} are none of the enum's{}", texts(&finding.values)),
        Kind::UnknownField => format!("{at} comes ({observed}), which the document does not have"),
        Kind::UnknownFieldClosed => {
            format!("{at} comes ({observed}), where the document allows no other field")
        }
    };
    let times = match runs {
        1 => "in 1 run".to_owned(),
        runs => format!("in {runs} runs"),
    };
    format!(
        "Stream `{stream}`: {what}; {seen} of {checked} {times}, {} to {}.",
        day(&finding.first_seen),
        day(&finding.last_seen)
    )
}

fn texts(values: &[String]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = values.iter().take(TEXTS).map(|text| format!("`{text}`")).collect();
    let more = if values.len() > TEXTS { ", …" } else { "" };
    format!(": {}{more}", shown.join(", "))
}

/// The day of a timestamp.
fn day(at: &str) -> &str {
    at.split('T').next().unwrap_or(at)
}
