//! What the schemas of items and keys say, where normalising had to put several of them into one place.

use openapiv3::{ReferenceOr, Schema, SchemaData, SchemaKind};
use serde_json::Value;

use super::facts::{Facts, JsonType, Place, SchemaRef, Schemas};
use crate::normalise::extensions::{PATTERN_VALUES, PREFIX_ITEMS};

impl<'d> Schemas<'d> {
    /// The schemas of the keys of several patterns, where such stand at a place (see [`PATTERN_VALUES`]).
    pub(super) fn pattern_values(&self, place: &Place<'d>) -> Vec<Place<'d>> {
        let SchemaRef::Item(Schema { schema_data, schema_kind: SchemaKind::AnyOf { any_of } }) = place.schema
        else {
            return Vec::new();
        };
        if !schema_data.extensions.contains_key(PATTERN_VALUES) {
            return Vec::new();
        }
        let member = |(index, member)| place.below(member, &format!("anyOf/{index}"), "");
        any_of.iter().enumerate().map(member).collect()
    }

    /// Whether the alternatives are texts, which are written as one type, and one of them allows null.
    pub(super) fn are_texts_or_null(&self, facts: &Facts<'d>) -> bool {
        let [group] = facts.alternatives.as_slice() else { return false };
        let all: Vec<Facts<'d>> =
            group.members.iter().map(|member| self.gather(std::slice::from_ref(member))).collect();
        all.iter().all(Facts::is_plain_text) && all.iter().any(|member| member.nullable)
    }

    /// Whether two places are of the same plain type, null aside, or lead to the same schema.
    pub(super) fn are_alike(&self, one: &Place<'d>, other: &Place<'d>) -> bool {
        let (one, other) = (self.peel(one).0, self.peel(other).0);
        let plain = |place: &Place<'d>| {
            let facts = self.gather(std::slice::from_ref(place));
            let kind = facts.kind().filter(|kind| !matches!(kind, JsonType::Array | JsonType::Object))?;
            let is_plain = facts.values.is_none() && facts.alternatives.is_empty();
            is_plain.then_some((kind, facts.format))
        };
        let same = || plain(&one).is_some_and(|plain_one| plain(&other) == Some(plain_one));
        one.pointer == other.pointer || same()
    }
}

impl<'d> Facts<'d> {
    /// Whether it is a text whatever it holds.
    pub(super) fn is_plain_text(&self) -> bool {
        self.alternatives.is_empty() && self.kind() == Some(JsonType::String)
    }

    /// Notes what the items of a list are, the leading ones by themselves (see [`PREFIX_ITEMS`]).
    pub(super) fn list(&mut self, items: &'d ReferenceOr<Box<Schema>>, data: &SchemaData, place: &Place<'d>) {
        let below = place.below(items, "items", "Item");
        let leading = data.extensions.get(PREFIX_ITEMS).and_then(Value::as_u64).unwrap_or_default();
        let all = match below.schema {
            SchemaRef::Item(Schema { schema_kind: SchemaKind::AnyOf { any_of }, .. }) if leading > 0 => {
                any_of
            }
            _ => return self.items.push(below),
        };
        for (index, item) in all.iter().enumerate() {
            let token = format!("anyOf/{index}");
            if index as u64 >= leading {
                self.items.push(below.below(item, &token, ""));
                continue;
            }
            if self.prefix.len() <= index {
                self.prefix.push(Vec::new());
            }
            if let Some(places) = self.prefix.get_mut(index) {
                places.push(below.below(item, &token, &format!("{}", index + 1)));
            }
        }
    }
}
