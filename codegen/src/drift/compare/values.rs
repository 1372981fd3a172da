//! Listed values, constants, defaults, patterns and bounds.

use std::collections::HashSet;

use super::{At, Comparison, Rule, Schema, Word};
use crate::drift::view::Bound;
use crate::source::{Kind, Node};

/// Bounds with their rules: raised, lowered, set, removed.
const BOUNDS: &[(Bound, [Rule; 4])] = &[
    (Bound::Max, [Rule::MaxIncreased, Rule::MaxDecreased, Rule::MaxSet, Rule::MaxUnset]),
    (Bound::Min, [Rule::MinIncreased, Rule::MinDecreased, Rule::MinSet, Rule::MinUnset]),
    (
        Bound::ExclusiveMax,
        [
            Rule::ExclusiveMaxIncreased,
            Rule::ExclusiveMaxDecreased,
            Rule::ExclusiveMaxSet,
            Rule::ExclusiveMaxUnset,
        ],
    ),
    (
        Bound::ExclusiveMin,
        [
            Rule::ExclusiveMinIncreased,
            Rule::ExclusiveMinDecreased,
            Rule::ExclusiveMinSet,
            Rule::ExclusiveMinUnset,
        ],
    ),
    (
        Bound::Other(Word::MaxLength),
        [Rule::MaxLengthIncreased, Rule::MaxLengthDecreased, Rule::MaxLengthSet, Rule::MaxLengthUnset],
    ),
    (
        Bound::Other(Word::MinLength),
        [Rule::MinLengthIncreased, Rule::MinLengthDecreased, Rule::MinLengthSet, Rule::MinLengthUnset],
    ),
    (
        Bound::Other(Word::MaxItems),
        [Rule::MaxItemsIncreased, Rule::MaxItemsDecreased, Rule::MaxItemsSet, Rule::MaxItemsUnset],
    ),
    (
        Bound::Other(Word::MinItems),
        [Rule::MinItemsIncreased, Rule::MinItemsDecreased, Rule::MinItemsSet, Rule::MinItemsUnset],
    ),
    (
        Bound::Other(Word::MaxProperties),
        [
            Rule::MaxPropertiesIncreased,
            Rule::MaxPropertiesDecreased,
            Rule::MaxPropertiesSet,
            Rule::MaxPropertiesUnset,
        ],
    ),
    (
        Bound::Other(Word::MinProperties),
        [
            Rule::MinPropertiesIncreased,
            Rule::MinPropertiesDecreased,
            Rule::MinPropertiesSet,
            Rule::MinPropertiesUnset,
        ],
    ),
    (
        Bound::Other(Word::MaxContains),
        [
            Rule::MaxContainsIncreased,
            Rule::MaxContainsDecreased,
            Rule::MaxContainsSet,
            Rule::MaxContainsUnset,
        ],
    ),
    (
        Bound::Other(Word::MinContains),
        [
            Rule::MinContainsIncreased,
            Rule::MinContainsDecreased,
            Rule::MinContainsSet,
            Rule::MinContainsUnset,
        ],
    ),
];

/// What every JSON Schema means where a bound is not written.
fn usual(bound: Bound) -> Option<f64> {
    match bound {
        Bound::Other(Word::MinLength | Word::MinItems | Word::MinProperties) => Some(0.0),
        Bound::Other(Word::MinContains) => Some(1.0),
        _ => None,
    }
}

impl<'t> Comparison<'_, 't> {
    pub(super) fn bounds(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        for (bound, [raised, lowered, set, unset]) in BOUNDS {
            // To write down what holds anyway is no bound, unless the other side writes another.
            let (old, new) = (base.bound(*bound), revision.bound(*bound));
            let says = |side: &(f64, Node<'t>)| usual(*bound) != Some(side.0);
            let (old, new) = if old.is_some() && new.is_some() {
                (old, new)
            } else {
                (old.filter(says), new.filter(says))
            };
            match (old, new) {
                (Some((old, from)), Some((new, to))) if old != new => {
                    let rule = if new > old { *raised } else { *lowered };
                    self.found(at, rule, (from, to), &[&shown(from), &shown(to)]);
                }
                (None, Some((_, to))) => self.found(at, *set, (base.node, to), &[&shown(to)]),
                (Some((_, from)), None) => self.found(at, *unset, (from, revision.node), &[&shown(from)]),
                _ => {}
            }
        }
        self.multiples(at, base, revision);
        let unique = (base.is(Word::UniqueItems), revision.is(Word::UniqueItems));
        let rule = match unique {
            (false, true) => Rule::BecameUnique,
            (true, false) => Rule::BecameNotUnique,
            _ => return,
        };
        let node = |schema: &Schema<'t>| schema.get(Word::UniqueItems).unwrap_or(schema.node);
        self.found(at, rule, (node(base), node(revision)), &[]);
    }

    fn multiples(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let of = |schema: &Schema<'t>| schema.bound(Bound::Other(Word::MultipleOf));
        match (of(base), of(revision)) {
            (Some((old, from)), Some((new, to))) if old != new => {
                let divides = |part: f64, whole: f64| {
                    let times = whole / part;
                    times.is_finite() && (times - times.round()).abs() < 1e-9
                };
                let rule = if divides(old, new) {
                    Rule::MultipleOfNarrowed
                } else if divides(new, old) {
                    Rule::MultipleOfWidened
                } else {
                    Rule::MultipleOfChanged
                };
                self.found(at, rule, (from, to), &[&shown(from), &shown(to)]);
            }
            (None, Some((_, to))) => self.found(at, Rule::MultipleOfSet, (base.node, to), &[&shown(to)]),
            (Some((_, from)), None) => {
                self.found(at, Rule::MultipleOfUnset, (from, revision.node), &[&shown(from)])
            }
            _ => {}
        }
    }

    pub(super) fn values(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        self.listed(at, base, revision);
        self.extensible(at, base, revision);
        let single = [
            (Word::Const, [Rule::ConstAdded, Rule::ConstRemoved, Rule::ConstChanged]),
            (Word::Default, [Rule::DefaultValueAdded, Rule::DefaultValueRemoved, Rule::DefaultValueChanged]),
        ];
        for (word, [added, removed, changed]) in single {
            // What a parameter is where it is left out is for the parameter to say.
            if word == Word::Default && at.place.is_parameter() {
                continue;
            }
            // A constant beside a list on the other side was compared as a list of one.
            if word == Word::Const && (lists(base) || lists(revision)) {
                continue;
            }
            // A default of null is none.
            let of =
                |schema: &Schema<'t>| schema.get(word).filter(|node| word == Word::Const || !node.is_null());
            match (of(base), of(revision)) {
                (Some(old), Some(new)) if !same(old, new) => {
                    self.found(at, changed, (old, new), &[&shown(old), &shown(new)]);
                }
                (None, Some(new)) => self.found(at, added, (base.node, new), &[&shown(new)]),
                (Some(old), None) => self.found(at, removed, (old, revision.node), &[&shown(old)]),
                _ => {}
            }
        }
        self.patterns(at, base, revision);
    }

    fn listed(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let ((old, was), (new, is)) = match (list_of(base, revision), list_of(revision, base)) {
            (Some(old), Some(new)) => (old, new),
            (None, Some((new, is))) => return self.put_listed(at, Rule::BecameEnum, (base.node, new), &is),
            (Some((old, was)), None) => {
                return self.put_listed(at, Rule::BecameNotEnum, (old, revision.node), &was);
            }
            (None, None) => return,
        };
        // Null stands in a list where null is a value; that is told as such.
        let missing = |from: &[Node<'t>], list: &[Node<'t>]| {
            let missing = missing_of(from, list);
            missing.into_iter().filter(|value| !value.is_null())
        };
        // A list that says of itself that it will grow is no news when it does.
        let open = revision.get(Word::XExtensibleEnum).is_some();
        for value in missing(&is, &was) {
            if open && at.place.received {
                self.found(at, Rule::ExtensibleEnumValueAdded, (old, value), &[&shown(value)]);
            } else {
                self.found(at, Rule::EnumValueAdded, (old, value), &[&shown(value)]);
            }
        }
        for value in missing(&was, &is) {
            self.found(at, Rule::EnumValueRemoved, (value, new), &[&shown(value)]);
        }
    }

    fn put_listed(&mut self, at: &At<'_>, rule: Rule, sides: (Node<'t>, Node<'t>), list: &[Node<'t>]) {
        let mut values: Vec<String> = list.iter().take(6).map(|value| shown(*value)).collect();
        if list.len() > values.len() {
            values.push("and more".to_owned());
        }
        self.found(at, rule, sides, &[&values.join(", ")]);
    }

    fn extensible(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let of = |schema: &Schema<'t>| schema.get(Word::XExtensibleEnum);
        let (Some(old), Some(new)) = (of(base), of(revision)) else { return };
        for value in missing(new, old) {
            self.found(at, Rule::ExtensibleEnumValueAdded, (old, value), &[&shown(value)]);
        }
        for value in missing(old, new) {
            self.found(at, Rule::ExtensibleEnumValueRemoved, (value, new), &[&shown(value)]);
        }
    }

    fn patterns(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let of = |schema: &Schema<'t>| {
            schema.get(Word::Pattern).filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
        };
        match (of(base), of(revision)) {
            (Some(old), Some(new)) if old.as_str() != new.as_str() => {
                let anything = matches!(new.as_str(), Some(".*" | "^.*$" | "^.*" | ".*$"));
                let rule = if anything && !at.place.received {
                    Rule::PatternGeneralized
                } else {
                    Rule::PatternChanged
                };
                self.found(at, rule, (old, new), &[&shown(old), &shown(new)]);
            }
            (None, Some(new)) => self.found(at, Rule::PatternAdded, (base.node, new), &[&shown(new)]),
            (Some(old), None) => self.found(at, Rule::PatternRemoved, (old, revision.node), &[&shown(old)]),
            _ => {}
        }
    }
}

/// A value as a sentence shows it.
pub(super) fn shown(node: Node<'_>) -> String {
    const LONGEST: usize = 80;
    let whole = match node.kind() {
        Kind::String(text) | Kind::Number(text) => text.to_owned(),
        _ => node.to_json().to_string(),
    };
    let mut text: String =
        whole.chars().take(LONGEST).map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if text.len() < whole.len() && whole.chars().count() > LONGEST {
        text.push('…');
    }
    format!("`{text}`")
}

/// Whether a schema lists its values, be it as a list or as a choice of constants.
fn lists(schema: &Schema<'_>) -> bool {
    schema.get(Word::Enum).is_some() || schema.constants.is_some()
}

/// The values that a schema lists, with what lists them.
fn list_of<'t>(schema: &Schema<'t>, other: &Schema<'t>) -> Option<(Node<'t>, Vec<Node<'t>>)> {
    let list = schema.get(Word::Enum).filter(|list| list.is_array());
    let found =
        list.map(|list| (list, list.items().collect::<Vec<_>>())).or_else(|| schema.constants.clone());
    // A constant is a list of one, where the other side has a list.
    let found = found.or_else(|| {
        let constant = schema.get(Word::Const).filter(|_| lists(other))?;
        Some((constant, vec![constant]))
    });
    // There is no third.
    let both = |values: &[Node<'t>]| {
        let has = |value| values.iter().any(|node| node.as_bool() == Some(value));
        schema.types.has("boolean") && schema.types.len() == 1 && has(true) && has(false)
    };
    found.filter(|(_, values)| !both(values))
}

/// The values of a list, or the value alone, that another has not.
fn missing<'t>(from: Node<'t>, list: Node<'t>) -> Vec<Node<'t>> {
    let values = |list: Node<'t>| if list.is_array() { list.items().collect::<Vec<_>>() } else { vec![list] };
    missing_of(&values(from), &values(list))
}

/// The values that are not among others.
fn missing_of<'t>(from: &[Node<'t>], list: &[Node<'t>]) -> Vec<Node<'t>> {
    let known: HashSet<String> = list.iter().map(|value| canonical(*value)).collect();
    from.iter().copied().filter(|value| !known.contains(&canonical(*value))).collect()
}

/// Whether two lists have the same values, in any order.
pub(super) fn same_values(left: Node<'_>, right: Node<'_>) -> bool {
    missing(left, right).is_empty() && missing(right, left).is_empty()
}

/// A text that two values share where they are the same, however they are written.
fn canonical(node: Node<'_>) -> String {
    match node.kind() {
        Kind::String(text) => format!("\"{text}"),
        Kind::Number(text) => text.parse().map_or_else(|_| text.to_owned(), |number: f64| number.to_string()),
        Kind::Array => node.items().map(|item| format!("{},", canonical(item))).collect(),
        Kind::Object => {
            let mut entries: Vec<String> =
                node.entries().map(|entry| format!("{}:{};", entry.key, canonical(entry.value))).collect();
            entries.sort();
            entries.concat()
        }
        Kind::Bool(value) => value.to_string(),
        Kind::Null => "null".to_owned(),
    }
}

/// Whether two values are the same, however they are written.
pub(super) fn same(left: Node<'_>, right: Node<'_>) -> bool {
    match (left.kind(), right.kind()) {
        (Kind::Number(left), Kind::Number(right)) => {
            left == right
                || matches!((left.parse::<f64>(), right.parse::<f64>()), (Ok(left), Ok(right)) if left == right)
        }
        (Kind::Array, Kind::Array) => {
            left.len() == right.len()
                && left.items().zip(right.items()).all(|(left, right)| same(left, right))
        }
        (Kind::Object, Kind::Object) => {
            left.len() == right.len()
                && left
                    .entries()
                    .all(|entry| right.get(entry.key).is_some_and(|other| same(entry.value, other)))
        }
        (left, right) => left == right,
    }
}
