use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;
use serde_json::value::RawValue;

use crate::contract::{Media, Shape, UnionShape, Variant, VariantTest};

use super::fit;

/// A generated union: an enum with a variant for each shape and `Unknown` for what fits none, kept as it came.
pub trait Union: Sized {
    /// What tells the variants apart.
    const SHAPE: &'static UnionShape;

    /// Reads the variant of that index.
    fn read(index: usize, raw: &str) -> Result<Self, serde_json::Error>;

    /// What fits no variant.
    fn unknown(value: serde_json::Value) -> Self;

    /// Writes the variant's value.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// `Debug` of a union: what it would write, so that secrets in it cannot be shown by this way either.
pub fn debug_union<T: Union>(value: &T, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    let mut shown = formatter.debug_tuple(T::SHAPE.name);
    match value.write(serde_json::value::Serializer) {
        Ok(written) => shown.field(&super::redact::redacted(&written, &Shape::Union(T::SHAPE))).finish(),
        Err(_) => shown.finish_non_exhaustive(),
    }
}

/// Reads a union: the first variant that [`candidates`] proposes and that can be read, else the unknown one. Never fails on well-formed
/// JSON, since an API that adds a variant must not break its clients.
pub fn read_union<'de, D: Deserializer<'de>, T: Union>(deserializer: D) -> Result<T, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let raw = raw.get();
    for index in candidates(T::SHAPE, raw) {
        if let Ok(value) = T::read(index, raw) {
            return Ok(value);
        }
    }
    serde_json::from_str(raw).map(T::unknown).map_err(D::Error::custom)
}

/// The variants that a value may be of, best first: those whose test it passes, then those that nothing tells apart. Among the latter the
/// one fits best that misses no required key and knows most of what the value holds, since a reader that took a lesser one would drop the rest.
pub fn candidates(shape: &UnionShape, raw: &str) -> Vec<usize> {
    let value = Peek::new(raw, shape);
    let variants = || shape.variants.iter().enumerate();
    let mut found: Vec<usize> =
        variants().filter(|(_, variant)| value.passes(variant)).map(|(index, _)| index).collect();
    // Alternatives may share a tag; then what they hold tells them apart.
    if found.len() > 1 {
        found.sort_by_cached_key(|index| fit::misfit(&shape.variants[*index].shape, value.raw));
    }
    let mut others: Vec<(usize, usize)> = variants()
        .filter(|(_, variant)| is_in_turn(&variant.test) && fit::may_be(&variant.shape, value.raw))
        .map(|(index, variant)| (fit::misfit(&variant.shape, value.raw), index))
        .collect();
    others.sort_unstable();
    found.extend(others.into_iter().map(|(_, index)| index));
    found
}

/// Whether the value alone says nothing of the variant. Without the answer that it came with, one by status is found by what fits best.
fn is_in_turn(test: &VariantTest) -> bool {
    match test {
        VariantTest::Order => true,
        VariantTest::Status { media, .. } => *media != Media::Empty,
        _ => false,
    }
}

/// What can be told of a value without decoding it: its JSON type and, for an object, its keys.
struct Peek<'a> {
    raw: &'a str,
    discriminator: Option<&'static str>,
    object: std::collections::BTreeMap<std::borrow::Cow<'a, str>, &'a RawValue>,
}

impl<'a> Peek<'a> {
    fn new(raw: &'a str, shape: &UnionShape) -> Self {
        let raw = raw.trim_start();
        Self { raw, discriminator: shape.discriminator, object: fit::keys(raw) }
    }

    /// What a text says; of anything else its JSON.
    fn text(&self, key: &str) -> Option<String> {
        let raw = self.object.get(key)?.get();
        Some(serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned()))
    }

    fn passes(&self, variant: &Variant) -> bool {
        match &variant.test {
            VariantTest::Tag(values) => self
                .discriminator
                .and_then(|key| self.text(key))
                .is_some_and(|text| values.contains(&text.as_str())),
            VariantTest::Type => fit::may_be(&variant.shape, self.raw),
            VariantTest::Key(key) => self.object.contains_key(*key),
            VariantTest::Constant(key, values) => {
                self.text(key).is_some_and(|text| values.contains(&text.as_str()))
            }
            VariantTest::Order | VariantTest::Status { .. } => false,
        }
    }
}
