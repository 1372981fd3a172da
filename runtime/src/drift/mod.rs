//! Drift of payloads: what an API serves that is not as its document says. It is counted while a sync reads, kept beside the records in the
//! store, and shown as a report or as a proposed overlay. It is a recommendation: a sync stops for it only where a key, a cursor, the
//! place of the records or the paging is lost, or where the contract says so ([`crate::contract::Reaction::Freeze`]).
//!
//! **No values are kept**, only names of keys, JSON types and counts. A key that looks like data stands as `*`; so do keys of which an object
//! has more than fifty that the document does not know. The texts of enums are kept only where the manifest says so.
//!
//! **A baseline comes first.** Documents are wrong before anything drifts, so what the first run meets is on record and nothing else. After it
//! a finding is *new* once three records or two runs have shown it, or at once where the stream stops by it, and *resolved* after three runs that looked at records and did not
//! meet it; see [`Status`].
//!
//! **Only some records are looked at whole**: the first 200 of a run, then one in a hundred by a hash of its number. Keys, cursors and the place of
//! the records are looked at in each. Where the contract reacts to drift, every record is looked at whole, since each may have to be
//! changed or kept back.

mod behaviour;
mod bounds;
mod collector;
mod findings;
mod formats;
mod inspector;
mod overlay;
mod report;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

pub use collector::Collector;
pub use findings::{Finding, StreamDrift};
pub use inspector::DriftSummary;
pub use overlay::overlay;
pub use report::{Report, ReportedFinding, ReportedStream, report_schema};

pub(crate) use behaviour::{told_by_error, told_by_total};
pub(crate) use findings::Place;
pub(crate) use inspector::{Fate, Inspector, Reason};

/// What is not as the document or the contract says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A field that the document does not have.
    UnknownField,
    /// A field that the document does not have, of an object that allows no other (`additionalProperties: false`).
    UnknownFieldClosed,
    /// A field that the document requires is not there.
    MissingRequired,
    /// Null where the document allows none.
    NullNotNullable,
    /// A value of a type that holds the declared one: a number for an integer, a text for a single value.
    TypeWidened,
    /// A value of another type.
    TypeIncompatible,
    /// A text that is none of an enum's.
    EnumUnknownValue,
    /// A text that is not written as its format says: `date-time`, `date` and `uuid` are looked at.
    FormatMismatch,
    /// A value that is none of a union's variants.
    UnionNoBranch,
    /// An object whose discriminator names none of a union's variants.
    DiscriminatorUnknown,
    /// A number of more digits than 64 bits hold.
    NumberPrecision,
    /// A value beyond what the document allows: a range, a length, a number of items or keys, `multipleOf`, an item that comes twice, a
    /// pattern, a number that is not listed. The items of a list and the values of a map have bounds of their own.
    ConstraintViolation,
    /// An answer with a status that the document does not have.
    UndocumentedStatus,
    /// An answer of a media type that the document does not have: HTML with the status 200.
    UndocumentedContentType,
    /// The records do not stand where the manifest says.
    RecordPathMissing,
    /// A record without a key.
    KeyMissing,
    /// No record of a page has a cursor value any more.
    CursorLost,
    /// The pages do not follow one another as the manifest says.
    PagingContract,
    /// The answer says where more records are, in a way that the manifest does not declare.
    PagingUndeclared,
    /// The answer tells of a limit in a header that the manifest does not declare.
    LimitHeaderUndeclared,
    /// The records that came are not as many as the API says that there are.
    TotalMismatch,
    /// A field that many records had, and that none has any more.
    FieldVanished,
    /// A field that came while another of its type vanished.
    RenameCandidate,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 23] = [
        Self::RecordPathMissing,
        Self::KeyMissing,
        Self::CursorLost,
        Self::PagingContract,
        Self::TypeIncompatible,
        Self::UndocumentedStatus,
        Self::UndocumentedContentType,
        Self::PagingUndeclared,
        Self::TotalMismatch,
        Self::FieldVanished,
        Self::MissingRequired,
        Self::NullNotNullable,
        Self::TypeWidened,
        Self::FormatMismatch,
        Self::UnionNoBranch,
        Self::DiscriminatorUnknown,
        Self::NumberPrecision,
        Self::RenameCandidate,
        Self::EnumUnknownValue,
        Self::ConstraintViolation,
        Self::UnknownFieldClosed,
        Self::UnknownField,
        Self::LimitHeaderUndeclared,
    ];

    /// Its name in reports and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown_field",
            Self::UnknownFieldClosed => "unknown_field_closed",
            Self::MissingRequired => "missing_required",
            Self::NullNotNullable => "null_not_nullable",
            Self::TypeWidened => "type_widened",
            Self::TypeIncompatible => "type_incompatible",
            Self::EnumUnknownValue => "enum_unknown_value",
            Self::FormatMismatch => "format_mismatch",
            Self::UnionNoBranch => "union_no_branch",
            Self::DiscriminatorUnknown => "discriminator_unknown",
            Self::NumberPrecision => "number_precision",
            Self::ConstraintViolation => "constraint_violation",
            Self::UndocumentedStatus => "undocumented_status",
            Self::UndocumentedContentType => "undocumented_content_type",
            Self::RecordPathMissing => "record_path_missing",
            Self::KeyMissing => "key_missing",
            Self::CursorLost => "cursor_lost",
            Self::PagingContract => "paging_contract",
            Self::PagingUndeclared => "paging_undeclared",
            Self::LimitHeaderUndeclared => "limit_header_undeclared",
            Self::TotalMismatch => "total_mismatch",
            Self::FieldVanished => "field_vanished",
            Self::RenameCandidate => "rename_candidate",
        }
    }

    /// Whether it is a field that the document does not have.
    const fn is_unknown_field(self) -> bool {
        matches!(self, Self::UnknownField | Self::UnknownFieldClosed)
    }

    /// Whether the stream stops by it, so that there is no record more to be sure by.
    const fn stops(self) -> bool {
        matches!(self, Self::RecordPathMissing | Self::PagingContract)
    }

    /// How much it matters. `serves` says that the place is a key or a cursor.
    pub const fn severity(self, serves: bool) -> Severity {
        match self {
            Self::RecordPathMissing
            | Self::KeyMissing
            | Self::CursorLost
            | Self::PagingContract
            | Self::TypeIncompatible => Severity::Error,
            Self::UnknownField
            | Self::UnknownFieldClosed
            | Self::ConstraintViolation
            | Self::LimitHeaderUndeclared
            | Self::RenameCandidate => Severity::Info,
            Self::EnumUnknownValue if serves => Severity::Warning,
            Self::EnumUnknownValue => Severity::Info,
            _ if serves => Severity::Error,
            _ => Severity::Warning,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// How much a finding matters to those who sync the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is lost.
    Info,
    /// Whoever relies on the document is wrong about this place.
    Warning,
    /// What the stream is read by, or a value's very type, is not there.
    Error,
}

impl Severity {
    /// Its name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Where a finding stands.
///
/// ```text
/// (baseline run) -> baseline ----------------------.
/// (later)        -> pending -> new -> accepted ----+-> resolved -> pending ...
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Three records or two runs have shown it since the baseline, or the stream has stopped by it, and nobody has accepted it.
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

impl Status {
    const ALL: [Self; 5] = [Self::New, Self::Pending, Self::Baseline, Self::Accepted, Self::Resolved];

    /// Its name in reports and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Pending => "pending",
            Self::Baseline => "baseline",
            Self::Accepted => "accepted",
            Self::Resolved => "resolved",
        }
    }
}

impl FromStr for Status {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}
