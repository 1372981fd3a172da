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

/// What happened to the day on which something ends that was deprecated before and still is.
pub(super) enum Moved {
    Gone,
    Added(Date),
    /// What one side says is no day.
    Unreadable(String),
    /// From the one day to the other.
    To(Date, Date),
    /// To an earlier day, which is fewer days away than it has to be.
    TooSoon(Date, Date, u32),
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

/// What names the days, or what would.
pub(super) fn sunset_sides<'t>(old: Node<'t>, new: Node<'t>) -> (Option<Node<'t>>, Option<Node<'t>>) {
    let of = |node: Node<'t>| Some(node.get("x-sunset").or(node.get("deprecated")).unwrap_or(node));
    (of(old), of(new))
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

    /// Why a day is too soon, in words.
    pub(super) fn too_soon(&self, day: Date, grace: u32) -> String {
        if day < self.options.today { "past".to_owned() } else { format!("less than {grace} days away") }
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

    /// What happened to the day on which something ends; `grace` is how many days away that has to be.
    pub(super) fn moved(&self, old: Node<'t>, new: Node<'t>, grace: u32) -> Option<Moved> {
        Some(match (sunset(old), sunset(new)) {
            (from, to) if from == to => return None,
            (_, Some(Err(text))) | (Some(Err(text)), Some(_)) => Moved::Unreadable(text),
            (Some(_), None) => Moved::Gone,
            (None, Some(Ok(day))) => Moved::Added(day),
            (Some(Ok(from)), Some(Ok(to))) => {
                let today = self.options.today;
                let soon = to < today || to.days_after(today) < i64::from(grace);
                if to < from && soon { Moved::TooSoon(from, to, grace) } else { Moved::To(from, to) }
            }
            (None, None) => return None,
        })
    }

    /// What a property's schema says about its life.
    pub(super) fn property_lifecycle(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        if at.place.part != Part::Property {
            return;
        }
        self.property_stability(at, base, revision);
        let sides = |word| (base.get(word).unwrap_or(base.node), revision.get(word).unwrap_or(revision.node));
        // A property is as stable as the operations that have it, unless it says so itself.
        let own = revision.get(Word::XStabilityLevel).and_then(|level| words(level).parse().ok());
        let grace = own.map_or_else(|| self.grace_of(at.unit), |level| self.grace(level));
        match (base.is(Word::Deprecated), revision.is(Word::Deprecated)) {
            (true, false) => self.found(at, Rule::Reactivated, sides(Word::Deprecated), &[]),
            (true, true) => {
                let Some(moved) = self.moved(base.node, revision.node, grace) else { return };
                let (rule, values) = match moved {
                    Moved::Gone => (Rule::SunsetDeleted, vec![]),
                    Moved::Added(day) => (Rule::SunsetAdded, vec![day.to_string()]),
                    Moved::Unreadable(text) => (Rule::DeprecatedSunsetInvalid, vec![format!("`{text}`")]),
                    Moved::To(from, to) => (Rule::SunsetDateChanged, vec![from.to_string(), to.to_string()]),
                    Moved::TooSoon(_, day, days) => {
                        (Rule::SunsetDateTooSmall, vec![day.to_string(), self.too_soon(day, days)])
                    }
                };
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.found(at, rule, sides(Word::XSunset), &values);
            }
            (false, true) => {
                let sides = sides(Word::Deprecated);
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
                            &[&day.to_string(), &self.too_soon(day, days)],
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
