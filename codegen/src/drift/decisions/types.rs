//! The format of `drift.yaml`. These types are its only definition.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::date::Date;
use crate::drift::{Class, Options, Stability};
use crate::source::Spanned;

/// What a team has decided about changes of an API.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// How revisions are compared with the pinned document, by whoever compares.
    #[serde(default)]
    pub compare: Comparing,
    /// Kinds of change, or single changes, that mean something else here than to clients in general.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// Changes that are known and stay: they are shown apart and fail nothing.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// What a comparison is told beside the two documents, where it differs from what is usual.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparing {
    /// Least days from the deprecation of what is stable to its `x-sunset`; more than 0 asks for one. Without this: 0.
    pub deprecation_days_stable: Option<u32>,
    /// The same for operations whose `x-stability-level` is `beta`. Without this: 0.
    pub deprecation_days_beta: Option<u32>,
    /// Operations less stable than this are not compared. Without this: `beta`.
    pub stability_level: Option<Stability>,
    /// Whether a branch of a composition that is written in place can be matched with a component that says the same. Without this: true.
    pub match_inline_references: Option<bool>,
}

impl Comparing {
    /// The same, with what `first` says in the place of what this says.
    pub fn after(self, first: Self) -> Self {
        Self {
            deprecation_days_stable: first.deprecation_days_stable.or(self.deprecation_days_stable),
            deprecation_days_beta: first.deprecation_days_beta.or(self.deprecation_days_beta),
            stability_level: first.stability_level.or(self.stability_level),
            match_inline_references: first.match_inline_references.or(self.match_inline_references),
        }
    }

    /// The options of a comparison that is made on a day.
    pub fn options(self, today: Date) -> Options {
        let usual = Options::new(today);
        Options {
            today,
            deprecation_days_stable: self.deprecation_days_stable.unwrap_or(usual.deprecation_days_stable),
            deprecation_days_beta: self.deprecation_days_beta.unwrap_or(usual.deprecation_days_beta),
            stability: self.stability_level.unwrap_or(usual.stability),
            match_inline_references: self.match_inline_references.unwrap_or(usual.match_inline_references),
        }
    }
}

/// Another class for a kind of change. Where several fit, the one that names most decides: `pointer` before `operation`, before the id
/// alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The id of the kind, such as `response-property-enum-value-added`.
    pub id: Spanned<String>,
    /// The only operation that the change reaches, as `GET /path`. A change that reaches others too is not meant, or it would be hidden from
    /// them. Without this: whatever it reaches.
    pub operation: Option<Spanned<String>>,
    /// JSON Pointer to the change in the base document or in the revision; a segment `*` stands for any one. Without this: wherever
    /// it stands.
    pub pointer: Option<Spanned<String>>,
    /// What it means here, to clients in general and to a connector that it reaches.
    pub class: Class,
    /// Why.
    pub reason: Option<String>,
}

/// A change that is known and stays.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The id of its kind, such as `response-optional-property-removed`.
    pub id: Spanned<String>,
    /// The only operation that it reaches, as `GET /path`: the entry holds no longer once it reaches another one. Without this: whatever
    /// it reaches.
    pub operation: Option<Spanned<String>>,
    /// JSON Pointer to it in the base document; a segment `*` stands for any one. At least one of `base` and `revision` stands.
    pub base: Option<Spanned<String>>,
    /// JSON Pointer to it in the revision; a segment `*` stands for any one.
    pub revision: Option<Spanned<String>>,
    /// Why it does no harm, for whoever meets the entry next.
    pub reason: Spanned<String>,
    /// The first day on which the entry holds no longer, as 2027-06-30 (UTC). Without this: until the change is gone, such as by accepting the
    /// revision, which takes the entry out.
    pub expires: Option<Spanned<String>>,
}
