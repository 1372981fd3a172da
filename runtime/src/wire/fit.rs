//! How well a value fits a shape, told from its text alone. It decides among alternatives that no test tells apart, where a reader that took
//! one that fits less would drop what that one does not know.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ptr;

use serde_json::value::RawValue;

use crate::contract::{FieldShape, ObjectShape, Shape, UnionShape};

/// A value of this much misfit cannot be read.
const UNREADABLE: usize = 1_000_000;
/// A required key that is not there.
const MISSING: usize = 1_000;
/// A text that is not among the listed ones.
const UNLISTED: usize = 10;
/// A key that an object does not know, and would drop. Against [`ANYTHING`] and [`KEPT`] this keeps an object that an API has given one more
/// key what it was, and leaves one whose keys are mostly unknown to a map.
const UNKNOWN: usize = 6;
/// Null where it is not foreseen, which is taken for the lack of a value.
const NULL: usize = 1;
/// What takes anything, beside [`KEPT`] for each key.
const ANYTHING: usize = 3;
/// A key that is kept without being known.
const KEPT: usize = 2;
/// How far down a value is looked at: as far as anything reads JSON here, so that a hostile value cannot use up the stack.
const DEPTH: usize = 128;
/// How many bytes are scanned for each byte of a value, and for any value, before the rest of it is left out of the judgement. Each level is
/// scanned anew, so a hostile value could else cost its depth times its size, at each of its levels.
const FUEL: (usize, usize) = (16, 64 * 1024);
/// How many items of a list are looked at.
const ITEMS: usize = 8;

/// The keys of an object with their values as text; none for what is no object.
pub(super) fn keys(raw: &str) -> BTreeMap<Cow<'_, str>, &RawValue> {
    if raw.starts_with('{') { serde_json::from_str(raw).unwrap_or_default() } else { BTreeMap::new() }
}

/// How badly a value fits: nothing for one that the shape describes whole.
pub(super) fn misfit(shape: &Shape, raw: &str) -> usize {
    let fuel = raw.len().saturating_mul(FUEL.0).saturating_add(FUEL.1);
    Judge { fuel, unions: HashMap::new() }.at(shape, raw.trim_start(), DEPTH)
}

/// What was found under way. A union within a union asks for the same value again along each way that leads there, which without a memory
/// would double the work at each level.
struct Judge {
    /// Bytes that may still be scanned.
    fuel: usize,
    /// By the addresses of a union and of a value's text, which both stay where they are while one value is judged.
    unions: HashMap<(usize, usize), usize>,
}

impl Judge {
    fn at(&mut self, shape: &Shape, raw: &str, depth: usize) -> usize {
        if !may_be(shape, raw) {
            return match shape {
                Shape::Enum(_) if raw.starts_with('"') => UNLISTED,
                _ => UNREADABLE,
            };
        }
        let Some(fuel) = self.fuel.checked_sub(raw.len()).filter(|_| depth > 0) else { return 0 };
        self.fuel = fuel;
        match shape {
            Shape::Object(object) => self.object(object, raw, depth),
            // A map takes any object, so whatever knows most of the keys is the better guess.
            Shape::Any => ANYTHING + KEPT * keys(raw).len(),
            Shape::Map(values) => {
                let held = keys(raw);
                let of_values = held.values().map(|value| self.within(values, value.get(), depth - 1));
                ANYTHING + KEPT * held.len() + of_values.sum::<usize>()
            }
            Shape::Array(items) => {
                let held: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
                held.iter().take(ITEMS).map(|item| self.at(items, item.get(), depth - 1)).sum()
            }
            Shape::Union(union) => self.union(union, raw, depth),
            Shape::Nullable(_) if raw.starts_with('n') => 0,
            Shape::Nullable(shape) => self.at(shape, raw, depth),
            _ => 0,
        }
    }

    /// Of a value that has its place in another: what may be anything there says nothing against it.
    fn within(&mut self, shape: &Shape, raw: &str, depth: usize) -> usize {
        if matches!(shape, Shape::Any) { 0 } else { self.at(shape, raw, depth) }
    }

    fn union(&mut self, union: &'static UnionShape, raw: &str, depth: usize) -> usize {
        let place = (ptr::from_ref(union).addr(), raw.as_ptr().addr());
        if let Some(known) = self.unions.get(&place) {
            return *known;
        }
        // A union that is a variant of itself tells nothing more.
        self.unions.insert(place, UNREADABLE);
        let best = union.variants.iter().map(|variant| self.at(&variant.shape, raw, depth - 1)).min();
        let best = best.unwrap_or_default();
        self.unions.insert(place, best);
        best
    }

    fn object(&mut self, object: &ObjectShape, raw: &str, depth: usize) -> usize {
        let held = keys(raw);
        let missing = object
            .fields
            .iter()
            .filter(|field| field.has(FieldShape::REQUIRED) && !held.contains_key(field.name))
            .count();
        let of_keys = held.iter().map(|(key, value)| {
            let Some(field) = object.fields.iter().find(|field| field.name == *key) else {
                return match object.others() {
                    None => UNKNOWN,
                    Some(shape) => KEPT + self.within(shape, value.get(), depth - 1),
                };
            };
            let foreseen = matches!(field.shape, Shape::Nullable(_) | Shape::Any);
            if value.get() == "null" && !foreseen && !field.has(FieldShape::REQUIRED) {
                return NULL;
            }
            self.within(&field.shape, value.get(), depth - 1)
        });
        missing * MISSING + of_keys.sum::<usize>()
    }
}

/// Whether a value is of the JSON type that a shape asks for.
pub(super) fn may_be(shape: &Shape, raw: &str) -> bool {
    let first = raw.bytes().next().unwrap_or(b' ');
    match shape {
        Shape::Any | Shape::Union(_) => true,
        Shape::Never => false,
        Shape::Boolean => matches!(first, b't' | b'f'),
        Shape::Integer => {
            matches!(first, b'-' | b'0'..=b'9') && !raw.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'))
        }
        Shape::Number => matches!(first, b'-' | b'0'..=b'9'),
        Shape::String(_) => first == b'"',
        // An open enum takes any text; among alternatives it stands for the texts that it lists.
        Shape::Enum(shape) => {
            first == b'"'
                && serde_json::from_str::<String>(raw).is_ok_and(|text| shape.values.contains(&text.as_str()))
        }
        Shape::Array(_) | Shape::Tuple(_) => first == b'[',
        Shape::Map(_) | Shape::Object(_) => first == b'{',
        Shape::Nullable(shape) => first == b'n' || may_be(shape, raw),
    }
}
