//! What happens to records that are not as the document says.

/// What a stream does with records that are not as the document says. Whatever it does, it is told in the report on drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftPolicy {
    /// Fields that the document does not have.
    pub fields: Reaction,
    /// Values of another type, null where there is to be none, and required fields that are missing.
    pub types: Reaction,
    /// Texts that are none of an enum's.
    pub enums: Reaction,
    /// Whether the report keeps the texts that are none of an enum's, a few of them. Without it no value is ever kept.
    pub keep_enum_values: bool,
    /// When so many records go to quarantine that the stream stops.
    pub quarantine: Threshold,
}

impl DriftPolicy {
    /// Nothing is held back: the store keeps records as they were served, so nothing is gained by discarding.
    pub const DEFAULT: Self = Self {
        fields: Reaction::Evolve,
        types: Reaction::Evolve,
        enums: Reaction::Evolve,
        keep_enum_values: false,
        quarantine: Threshold { records: 100, percent: 5 },
    };

    /// Whether every record has to be looked at, because of what may have to be done to it.
    pub const fn acts(&self) -> bool {
        !matches!(
            (self.fields, self.types, self.enums),
            (Reaction::Evolve, Reaction::Evolve, Reaction::Evolve)
        )
    }
}

/// What is done about one difference. The words are those of dlt's schema contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The record is stored as it was served.
    Evolve,
    /// The record is stored without the value: a field that the document does not have is left out, any other value becomes null. Keys and
    /// cursors stay as they are.
    DiscardValue,
    /// The record goes to quarantine.
    DiscardRow,
    /// The stream stops, and nothing of the page is stored.
    Freeze,
}

/// How many records of a run may go to quarantine. A run stops where both are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// At least so many.
    pub records: u64,
    /// At least so many in a hundred of those read.
    pub percent: u64,
}

impl Threshold {
    /// Whether so many records of so many are too many.
    pub const fn is_reached(&self, quarantined: u64, read: u64) -> bool {
        quarantined >= self.records
            && quarantined.saturating_mul(100) >= self.percent.saturating_mul(read)
            && quarantined > 0
    }
}
