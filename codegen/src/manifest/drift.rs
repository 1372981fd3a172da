//! What happens to records that are not as the document says.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::source::Spanned;

/// What happens to records of a stream that are not as the document says. It is told in every case (`CONNECTOR drift`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// Fields that the document does not have. Without this: `evolve`.
    pub fields: Option<Spanned<Reaction>>,
    /// Values of another type, null where there is to be none, and required fields that are missing. Without this: `evolve`.
    pub types: Option<Spanned<Reaction>>,
    /// Texts that are none of an enum's. Without this: `evolve`.
    pub enums: Option<Spanned<Reaction>>,
    /// Whether up to twenty of these texts are kept, for the report and for the overlay that it proposes. Without this no value is kept.
    pub keep_enum_values: Option<Spanned<bool>>,
    /// How many records of a run may go to quarantine. Without this: 100 of them that are 5 % of those read stop the stream.
    pub quarantine: Option<Spanned<Quarantine>>,
}

/// What is done about one difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// The record is stored as it was served.
    Evolve,
    /// The record is stored without the value: an unknown field is left out, any other value becomes null. Keys and cursors stay.
    DiscardValue,
    /// The record goes to quarantine.
    DiscardRow,
    /// The stream stops.
    Freeze,
}

/// How many records of a run may go to quarantine. The stream stops where both are reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// So many records. Without this: 100.
    #[schemars(range(min = 1))]
    pub records: Option<Spanned<u64>>,
    /// So many in a hundred of those read. Without this: 5.
    #[schemars(range(max = 100))]
    pub percent: Option<Spanned<u64>>,
}
