//! The records of one resource. The seeded ones are a function of (seed, position) and take no memory; only what was created, changed or
//! deleted is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use linchpin_pattern::Pattern;
use serde_json::{Value, json};

use crate::contract::{Path, Shape};
use crate::patterns;

use super::data::{self, Source};
use super::tree::{self, bare, coerce, shape_at};
use super::view::{Place, Selection, Since, View};

/// The seeded records' times lie in 2024 and 2025, whatever the clock says, so that the same seed gives the same bytes.
const FIRST_MOMENT: i64 = 1_704_067_200;
const LAST_MOMENT: i64 = 1_767_225_599;

/// A field by which a stream is read onwards.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    pub(super) path: Path,
    /// Whether a change of the record moves it: not so for the time of creation.
    pub(super) moves: bool,
}

struct Change {
    /// `None` once deleted.
    value: Option<Value>,
    created: i64,
    changed: i64,
    sequence: u64,
}

/// Whether a field holds a hash of 40 hexadecimal digits, as Git's do.
fn is_hash(path: Path) -> bool {
    path.last().is_some_and(|name| *name == "sha")
}

/// The records of one resource.
pub(super) struct DataSet {
    /// Name of the record's type, which is the resource's.
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    seed: u64,
    seeded: u64,
    /// Fields that name a record: each holds a value that no other record has.
    identity: Vec<Path>,
    stamps: Vec<Stamp>,
    created: u64,
    sequence: u64,
    last: i64,
    changes: BTreeMap<u64, Change>,
    moved: BTreeMap<u64, u64>,
}

impl DataSet {
    pub(super) fn new(name: &'static str, shape: Shape, seed: u64, records: u64) -> Self {
        let seed = data::derive(seed, name);
        Self {
            name,
            shape,
            seed,
            seeded: records,
            identity: Vec::new(),
            stamps: Vec::new(),
            created: 0,
            sequence: 0,
            last: LAST_MOMENT,
            changes: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    /// Declares that these fields name a record.
    pub(super) fn identify(&mut self, path: Path) {
        if !self.identity.contains(&path) && shape_at(&self.shape, path).is_some() {
            self.identity.push(path);
        }
    }

    /// The field that names a record first of all.
    pub(super) fn first_identity(&self) -> Option<Path> {
        self.identity.first().copied()
    }

    /// Declares a field by which a stream is read onwards.
    pub(super) fn stamp(&mut self, path: Path) -> Stamp {
        let creation = path.last().is_some_and(|name| name.to_ascii_lowercase().contains("creat"));
        let stamp = Stamp { path, moves: !creation };
        if !self.is_identity(path) && self.stamps.iter().all(|known| known.path != path) {
            self.stamps.push(stamp);
        }
        stamp
    }

    /// Fields that name a record.
    pub(super) fn identities(&self) -> &[Path] {
        &self.identity
    }

    pub(super) fn is_identity(&self, path: Path) -> bool {
        self.identity.contains(&path)
    }

    /// Second of creation of the record at that position; every tenth shares its neighbour's, since real stamps collide.
    fn moment(&self, index: u64) -> i64 {
        if index >= self.seeded {
            return self.changes.get(&index).map_or(self.last, |change| change.created);
        }
        let index = if index % 10 == 1 { index - 1 } else { index };
        let span = u128::from(LAST_MOMENT.abs_diff(FIRST_MOMENT));
        let away = u128::from(index) * span / u128::from(self.seeded.max(1));
        FIRST_MOMENT.saturating_add(i64::try_from(away).unwrap_or(0))
    }

    fn source(&self, index: u64) -> Source {
        Source { seed: self.seed, index, moment: self.moment(index) }
    }

    /// The pattern of an identity field.
    fn pattern(&self, path: Path) -> Option<Arc<Pattern>> {
        patterns::pattern(tree::field_at(&self.shape, path)?.bounds?.pattern?)
    }

    /// What an identity field holds in the record at that position.
    fn name_of(&self, path: Path, index: u64) -> Value {
        let number = index.saturating_add(1);
        if let Some(text) = self.pattern(path).and_then(|pattern| pattern.numbered(number)) {
            return json!(text);
        }
        match shape_at(&self.shape, path).map(|shape| bare(&shape)) {
            Some(Shape::Integer | Shape::Number) => json!(number),
            Some(Shape::String("uuid")) => json!(data::uuid(number, data::mix(self.seed ^ index))),
            _ if is_hash(path) => json!(format!("{:016x}{number:024x}", data::mix(self.seed ^ index))),
            // Zero-padded, so that the order of texts is that of creation.
            _ => json!(format!("{}_{number:010}", self.name.to_ascii_lowercase())),
        }
    }

    /// The position of the record that one of its names names, if there is such a record.
    pub(super) fn find(&self, path: Path, text: &str) -> Option<u64> {
        let by_pattern = self.pattern(path).and_then(|pattern| pattern.number_of(text));
        let number = match shape_at(&self.shape, path).map(|shape| bare(&shape)) {
            _ if by_pattern.is_some() => by_pattern?,
            Some(Shape::Integer | Shape::Number) => text.parse().ok()?,
            Some(Shape::String("uuid")) => u64::from_str_radix(text.rsplit('-').next()?, 16).ok()?,
            _ if is_hash(path) => u64::from_str_radix(text.get(16..)?, 16).ok()?,
            _ => text.rsplit('_').next()?.parse::<u64>().ok()?,
        };
        let index = number.checked_sub(1).filter(|index| self.is_alive(*index))?;
        let plain = match self.name_of(path, index) {
            Value::String(name) => name,
            name => name.to_string(),
        };
        (plain == text).then_some(index)
    }

    fn is_alive(&self, index: u64) -> bool {
        index < self.seeded.saturating_add(self.created)
            && self.changes.get(&index).is_none_or(|change| change.value.is_some())
    }

    /// The record at that position, unless there is none.
    pub(super) fn record(&self, index: u64) -> Option<Value> {
        match self.changes.get(&index) {
            Some(change) => change.value.clone(),
            None if index < self.seeded => Some(self.make(&self.shape, index)),
            None => None,
        }
    }

    /// A value of a shape, which may be a richer one of the same resource, for the record at that position.
    pub(super) fn make(&self, shape: &Shape, index: u64) -> Value {
        let mut value = data::value(shape, self.source(index));
        for path in &self.identity {
            if shape_at(shape, path).is_some() {
                tree::set(&mut value, path, self.name_of(path, index));
            }
        }
        for stamp in self.stamps.iter().filter(|stamp| !self.is_identity(stamp.path)) {
            if shape_at(shape, stamp.path).is_some() {
                tree::set(&mut value, stamp.path, self.stamp_value(stamp.path, self.moment(index)));
            }
        }
        value
    }

    fn stamp_value(&self, path: Path, moment: i64) -> Value {
        match shape_at(&self.shape, path).map(|shape| bare(&shape)) {
            Some(Shape::Integer | Shape::Number) => json!(moment),
            Some(Shape::String("date")) => json!(data::day(moment)),
            _ => json!(data::rfc3339(moment)),
        }
    }

    /// The records of a view, without making any.
    pub(super) fn select(&self, view: View) -> Selection {
        let end = self.seeded.saturating_add(if view.by_change { 0 } else { self.created });
        let low = match view.since {
            Since::Start => 0,
            Since::Position(index) => index.min(end),
            Since::Moment(moment) => self.first_at(moment, end),
        };
        let end = view.until.map_or(end, |until| self.first_at(until, end)).max(low);
        let hidden = |change: &Change| view.by_change || change.value.is_none();
        let without = self.changes.range(low..end).filter(|(_, change)| hidden(change)).map(|(at, _)| *at);
        let late = |index: &u64| match view.since {
            Since::Start => true,
            Since::Position(low) => *index >= low,
            Since::Moment(moment) => self.changes.get(index).is_some_and(|change| change.changed >= moment),
        };
        let early = |index: &u64| {
            view.until
                .is_none_or(|until| self.changes.get(index).is_some_and(|change| change.changed < until))
        };
        let moved = self.moved.iter().filter(|(_, index)| view.by_change && late(index) && early(index));
        let selection = Selection {
            low,
            end,
            without: without.collect(),
            tail: moved.map(|(sequence, index)| (*sequence, *index)).collect(),
            newest_first: view.newest_first,
            share: None,
        };
        match view.share {
            Some(share) => selection.of(share),
            None => selection,
        }
    }

    /// How many records there were at the start.
    pub(super) fn seeded(&self) -> u64 {
        self.seeded
    }

    /// The first position below `end` whose moment is not before that one; moments only grow.
    fn first_at(&self, moment: i64, end: u64) -> u64 {
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.moment(middle) < moment { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Where a record stands in a view.
    pub(super) fn place(&self, index: u64, view: View) -> Place {
        match self.changes.get(&index) {
            Some(change) if view.by_change => Place::Tail(change.sequence),
            _ => Place::Head(
                view.share.map_or(index, |share| index.saturating_sub(share.first) / share.of.max(1)),
            ),
        }
    }

    /// Adds a record, with what of the given fields fits its shape.
    pub(super) fn create(&mut self, fields: &Value, now: i64) -> (u64, Value) {
        let index = self.seeded.saturating_add(self.created);
        self.created += 1;
        let stamp = self.tick(now);
        let change = Change { value: None, created: stamp, changed: stamp, sequence: 0 };
        self.changes.insert(index, change);
        let mut value = self.make(&self.shape, index);
        self.stamp_times(&mut value, stamp, true);
        self.merge(&mut value, fields);
        self.keep(index, value.clone(), stamp);
        (index, value)
    }

    /// Changes a record. `None` where there is none.
    pub(super) fn update(&mut self, index: u64, fields: &Value, now: i64) -> Option<Value> {
        let mut value = self.record(index)?;
        let stamp = self.tick(now);
        self.merge(&mut value, fields);
        self.stamp_times(&mut value, stamp, false);
        self.keep(index, value.clone(), stamp);
        Some(value)
    }

    /// Deletes a record. `None` where there is none.
    pub(super) fn delete(&mut self, index: u64) -> Option<Value> {
        let value = self.record(index)?;
        let created = self.moment(index);
        if let Some(old) =
            self.changes.insert(index, Change { value: None, created, changed: self.last, sequence: 0 })
        {
            self.moved.remove(&old.sequence);
        }
        Some(value)
    }

    /// The second of a change: stamps never go back, whatever the clock does.
    fn tick(&mut self, now: i64) -> i64 {
        self.last = self.last.max(now);
        self.last
    }

    fn keep(&mut self, index: u64, value: Value, changed: i64) {
        let created = self.moment(index);
        self.sequence += 1;
        let sequence = self.sequence;
        if let Some(old) =
            self.changes.insert(index, Change { value: Some(value), created, changed, sequence })
        {
            self.moved.remove(&old.sequence);
        }
        self.moved.insert(sequence, index);
    }

    /// The times that a server sets: the cursors, and the usual names beside them.
    fn stamp_times(&self, value: &mut Value, moment: i64, new: bool) {
        for name in ["updated_at", "updated", "modified_at", "created_at", "created"] {
            let usual = value.get(name).is_some_and(|old| !old.is_null());
            if usual && (new || !name.starts_with("creat")) {
                let shape = tree::field(&self.shape, name).map(|field| bare(&field.shape));
                let stamp = match shape {
                    Some(Shape::Integer) => json!(moment),
                    Some(Shape::String("date")) => json!(data::day(moment)),
                    Some(Shape::String(_)) => json!(data::rfc3339(moment)),
                    _ => continue,
                };
                tree::set(value, &[name], stamp);
            }
        }
        for stamp in &self.stamps {
            if (new || stamp.moves) && !self.is_identity(stamp.path) {
                tree::set(value, stamp.path, self.stamp_value(stamp.path, moment));
            }
        }
    }

    /// Takes over the fields that the record's shape knows, that a client may write and whose values fit.
    fn merge(&self, value: &mut Value, fields: &Value) {
        let Value::Object(fields) = fields else { return };
        for (name, new) in fields {
            let Some(field) = tree::field(&self.shape, name) else { continue };
            let named = |path: &Path| path.first() == Some(&field.name);
            if field.has(crate::contract::FieldShape::READ_ONLY) || self.identity.iter().any(named) {
                continue;
            }
            let both = (value.get_mut(name), new);
            match both {
                // Keys of a map or object that are not named stay, as in a merge patch (RFC 7396).
                (Some(Value::Object(old)), Value::Object(more)) => {
                    let mut merged = old.clone();
                    merged.extend(more.clone());
                    if let Some(Value::Object(merged)) = coerce(&field.shape, &Value::Object(merged)) {
                        *old = merged;
                    }
                }
                _ => {
                    if let Some(new) = coerce(&field.shape, new) {
                        tree::set(value, &[field.name], new);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Bounds, FieldShape, ObjectShape};

    #[test]
    fn names_match_their_pattern_and_lead_back_to_their_records() {
        static ACCOUNT: ObjectShape = ObjectShape {
            name: "Account",
            fields: &[
                FieldShape::new("sid", Shape::String(""), FieldShape::REQUIRED)
                    .within(&Bounds { pattern: Some("^AC[0-9a-f]{8}$"), ..Bounds::NONE }),
                // Too few texts for all, so that some have none of the pattern.
                FieldShape::new("code", Shape::String(""), FieldShape::REQUIRED)
                    .within(&Bounds { pattern: Some("^[0-9]$"), ..Bounds::NONE }),
                FieldShape::new("name", Shape::String(""), FieldShape::REQUIRED),
            ],
            additional: None,
        };
        let mut all = DataSet::new("Account", Shape::Object(&ACCOUNT), 1, 20);
        for path in [&["sid"][..], &["code"], &["name"]] {
            let path: Path = Box::leak(path.to_vec().into_boxed_slice());
            all.identify(path);
        }
        for (index, sid, code, name) in [
            (0, "AC00000001", "1", "account_0000000001"),
            (8, "AC00000009", "9", "account_0000000009"),
            (19, "AC00000014", "account_0000000020", "account_0000000020"),
        ] {
            let record = all.record(index).expect("a record");
            assert_eq!(record, json!({ "sid": sid, "code": code, "name": name }), "record {index}");
            for path in all.identities() {
                let text = record.get(path[0]).and_then(Value::as_str).expect("a text");
                assert_eq!(all.find(path, text), Some(index), "{text}");
            }
        }
        assert_eq!(all.find(&["sid"], "AC00000015"), None, "behind the last");
        assert_eq!(all.find(&["sid"], "SM00000001"), None, "of another pattern");
    }
}
