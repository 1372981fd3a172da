//! What a comparison can be told.

use std::fmt;
use std::str::FromStr;

use crate::date::Date;

/// What a comparison can be told beside the two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The day on which the comparison is made. Sunset dates count from it.
    pub today: Date,
    /// Least number of days between a deprecation and the sunset of what is stable. With more than 0, a deprecation has to name a sunset.
    pub deprecation_days_stable: u32,
    /// The same for operations whose `x-stability-level` is `beta`.
    pub deprecation_days_beta: u32,
    /// Operations less stable than this are not compared: their vendor promises nothing.
    pub stability: Stability,
    /// Whether a branch of `oneOf`, `anyOf` or `allOf` that is written in place counts as the component that it is alike to.
    pub match_inline_references: bool,
}

impl Options {
    /// No demands on deprecations, what is `draft` or `alpha` left out, branches matched by what they say.
    pub fn new(today: Date) -> Self {
        Self {
            today,
            deprecation_days_stable: 0,
            deprecation_days_beta: 0,
            stability: Stability::Beta,
            match_inline_references: true,
        }
    }
}

/// How much a vendor promises about an operation or property (`x-stability-level`), the least first. What says nothing is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stability {
    /// Being written.
    Draft,
    /// Open to try.
    Alpha,
    /// Open to use; may still change.
    Beta,
    /// Kept.
    Stable,
}

impl Stability {
    /// The level as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Stability::Draft => "draft",
            Stability::Alpha => "alpha",
            Stability::Beta => "beta",
            Stability::Stable => "stable",
        }
    }
}

impl fmt::Display for Stability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A word that is no level of stability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no level of stability; there are draft, alpha, beta and stable")]
pub struct UnknownStability(String);

impl FromStr for Stability {
    type Err = UnknownStability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Stability::Draft, Stability::Alpha, Stability::Beta, Stability::Stable]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| UnknownStability(text.to_owned()))
    }
}
