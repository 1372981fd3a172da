//! Deprecation, sunset and stability.

use super::{At, Comparison, Named, Part, Rule, Schema, Word};
use crate::date::Date;
use crate::drift::options::Stability;
use crate::source::{Kind, Node};

/// When something that is deprecated ends.
pub(super) enum Ending {
    /// Nobody says, and nobody has to.
    Open,
    /// Nobody says, and somebody has to.
    Missing,
    /// What it says is no day.
    Unreadable(String),
    /// On this day, which is fewer days away than it has to be.
    TooSoon(Date, u32),
    /// On this day.
    On(Date),
}

/// The text of an extension, whatever it was written as.
fn words(node: Node<'_>) -> String {
    match node.kind() {
        Kind::String(text) | Kind::Number(text) => text.to_owned(),
        _ => node.to_json().to_string(),
    }
}

/// The day that `x-sunset` names: `None` where nothing is named, `Err` with what it says where that is no day.
pub(super) fn sunset(node: Node<'_>) -> Option<Result<Date, String>> {
    let text = words(node.get("x-sunset").filter(|sunset| !sunset.is_null())?);
    Some(text.parse().map_err(|_| text))
}

/// The level that `x-stability-level` names; stable where it names none, and `Err` with what it says where that is no level.
pub(super) fn stability(node: Node<'_>) -> Result<Stability, String> {
    match node.get("x-stability-level").filter(|level| !level.is_null()) {
        None => Ok(Stability::Stable),
        Some(level) => words(level).parse().map_err(|_| words(level)),
    }
}

impl<'t> Comparison<'_, 't> {
    /// Days that a sunset has to be away.
    pub(super) fn grace(&self, stability: Stability) -> u32 {
        match stability {
            Stability::Draft | Stability::Alpha => 0,
            Stability::Beta => self.options.deprecation_days_beta,
            Stability::Stable => self.options.deprecation_days_stable,
        }
    }

    /// When something ends that became deprecated; `grace` is how many days away that has to be.
    pub(super) fn ending(&self, node: Node<'t>, grace: u32) -> Ending {
        match sunset(node) {
            None if grace > 0 => Ending::Missing,
            None => Ending::Open,
            Some(Err(text)) => Ending::Unreadable(text),
            Some(Ok(day)) if day.days_after(self.options.today) < i64::from(grace) => {
                Ending::TooSoon(day, grace)
            }
            Some(Ok(day)) => Ending::On(day),
        }
    }

    /// What a property's schema says about its life.
    pub(super) fn property_lifecycle(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        if at.place.part != Part::Property {
            return;
        }
        self.property_stability(at, base, revision);
        let sides = |word| (base.get(word).unwrap_or(base.node), revision.get(word).unwrap_or(revision.node));
        match (base.is(Word::Deprecated), revision.is(Word::Deprecated)) {
            (true, false) => self.found(at, Rule::Reactivated, sides(Word::Deprecated), &[]),
            (false, true) => {
                let sides = sides(Word::Deprecated);
                // A property is as stable as the operations that have it, unless it says so itself.
                let own = revision.get(Word::XStabilityLevel).and_then(|level| words(level).parse().ok());
                let grace = own.map_or_else(|| self.grace_of(at.unit), |level| self.grace(level));
                match self.ending(revision.node, grace) {
                    Ending::Open => self.found(at, Rule::Deprecated, sides, &[]),
                    Ending::Missing => self.found(at, Rule::DeprecatedSunsetMissing, sides, &[]),
                    Ending::Unreadable(text) => {
                        self.found(at, Rule::DeprecatedSunsetInvalid, sides, &[&format!("`{text}`")]);
                    }
                    Ending::TooSoon(day, days) => {
                        self.found(
                            at,
                            Rule::SunsetDateTooSmall,
                            sides,
                            &[&day.to_string(), &days.to_string()],
                        );
                    }
                    Ending::On(day) => self.found(at, Rule::DeprecatedWithSunset, sides, &[&day.to_string()]),
                }
            }
            _ => {}
        }
    }

    fn property_stability(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let (old, new) = (base.get(Word::XStabilityLevel), revision.get(Word::XStabilityLevel));
        if old.is_none() && new.is_none() {
            return;
        }
        let level = |node: Option<Node<'t>>| {
            node.map_or(Ok(Stability::Stable), |node| words(node).parse().map_err(|_| words(node)))
        };
        let (from, to) = match (level(old), level(new)) {
            (Ok(from), Ok(to)) => (from, to),
            (from, to) => {
                let sides = (Some(old.unwrap_or(base.node)), Some(new.unwrap_or(revision.node)));
                if let Some(text) = to.err().or(from.err()).filter(|_| old.map(words) != new.map(words)) {
                    let named = Named::ApiInvalidStabilityLevel;
                    self.tell(at.unit, named, sides, &[&format!("`{text}`")]);
                }
                return;
            }
        };
        if from == to || from < self.options.stability {
            return;
        }
        let rule = if to < from { Rule::StabilityDecreased } else { Rule::StabilityIncreased };
        let sides = (old.unwrap_or(base.node), new.unwrap_or(revision.node));
        self.found(at, rule, sides, &[from.as_str(), to.as_str()]);
    }
}
