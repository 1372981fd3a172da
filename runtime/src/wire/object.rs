use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};

use crate::contract::{FieldShape, ObjectShape, Shape};

use super::{Blank, Maybe};

/// A generated struct: how each of its fields is read and written, by the field's index in its shape.
pub trait Object: Blank + Sized {
    /// Names and flags of the fields.
    const SHAPE: &'static ObjectShape;

    /// Reads the value of the field with that index.
    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, input: &mut Reader<A>) -> Result<(), A::Error>;

    /// Reads the value of a key that is no field. Types that keep such keys override it.
    fn read_additional<'de, A: MapAccess<'de>>(
        &mut self,
        _key: String,
        input: &mut Reader<A>,
    ) -> Result<(), A::Error> {
        input.ignore()
    }

    /// Writes every field that is there.
    fn write<S: SerializeMap>(&self, output: &mut Writer<S>);
}

/// Reads the values of an object's fields; made by [`read_object`].
pub struct Reader<A> {
    map: A,
}

impl<'de, A: MapAccess<'de>> Reader<A> {
    /// Reads the value of the current key into its field.
    pub fn field<T: Deserialize<'de>>(&mut self, field: &mut T) -> Result<(), A::Error> {
        *field = self.map.next_value()?;
        Ok(())
    }

    /// Reads the value of the current key into a field that may hold any JSON, where null is a value and not the lack of one.
    pub fn any(&mut self, field: &mut Option<serde_json::Value>) -> Result<(), A::Error> {
        *field = Some(self.map.next_value()?);
        Ok(())
    }

    /// Reads the value of the current key into the other keys.
    pub fn additional<T: Deserialize<'de>>(
        &mut self,
        entries: &mut std::collections::BTreeMap<String, T>,
        key: String,
    ) -> Result<(), A::Error> {
        entries.insert(key, self.map.next_value()?);
        Ok(())
    }

    /// Passes the value of the current key over.
    pub fn ignore(&mut self) -> Result<(), A::Error> {
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }
}

/// Writes the fields of an object; made by [`write_object`]. The first failure is kept and ends the writing, so that
/// generated code need not look at each field's result, which would double what it costs to compile.
pub struct Writer<S: SerializeMap> {
    map: S,
    failed: Option<S::Error>,
}

impl<S: SerializeMap> Writer<S> {
    /// A field that is always written.
    pub fn required<T: Serialize>(&mut self, name: &'static str, value: &T) {
        if self.failed.is_none() {
            self.failed = self.map.serialize_entry(name, value).err();
        }
    }

    /// A field that is left out when it is `None`.
    pub fn optional<T: Serialize>(&mut self, name: &'static str, value: &Option<T>) {
        if let Some(value) = value {
            self.required(name, value);
        }
    }

    /// A field that is left out when it is absent, and written as null when it is null.
    pub fn maybe<T: Serialize>(&mut self, name: &'static str, value: &Maybe<T>) {
        if !value.is_absent() {
            self.required(name, value);
        }
    }

    /// Keys that are no fields.
    pub fn additional<T: Serialize>(&mut self, entries: &std::collections::BTreeMap<String, T>) {
        for (key, value) in entries {
            if self.failed.is_none() {
                self.failed = self.map.serialize_entry(key, value).err();
            }
        }
    }
}

/// Reads an object: each key finds its field in the shape, and what is required must have come.
pub fn read_object<'de, D: Deserializer<'de>, T: Object>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

/// Writes an object's fields.
pub fn write_object<S: Serializer, T: Object>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut writer = Writer { map: serializer.serialize_map(None)?, failed: None };
    value.write(&mut writer);
    match writer.failed {
        Some(error) => Err(error),
        None => writer.map.end(),
    }
}

/// `Debug` of a generated struct, from what it would write. Secret fields show as `***`, however deep they are.
pub fn debug_object<T: Object + Serialize>(value: &T, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut shown = formatter.debug_struct(T::SHAPE.name);
    match serde_json::to_value(value) {
        Ok(written) => {
            if let serde_json::Value::Object(fields) =
                super::redact::redacted(&written, &Shape::Object(T::SHAPE))
            {
                for (key, value) in &fields {
                    shown.field(key, value);
                }
            }
            shown.finish()
        }
        Err(_) => shown.finish_non_exhaustive(),
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object ({})", T::SHAPE.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let mut input = Reader { map };
        let fields = T::SHAPE.fields;
        let mut value = T::blank();
        let mut seen = Seen::default();
        let mut guess = 0;
        while let Some(key) = input.map.next_key_seed(Key { fields, guess })? {
            match key {
                Found::Field(index) => {
                    seen.insert(index);
                    guess = index + 1;
                    value.read(index, &mut input)?;
                }
                Found::Other(key) => value.read_additional(key, &mut input)?,
            }
        }
        let missing = fields
            .iter()
            .enumerate()
            .find(|(index, field)| field.has(FieldShape::REQUIRED) && !seen.contains(*index));
        match missing {
            Some((_, field)) => Err(A::Error::missing_field(field.name)),
            None => Ok(value),
        }
    }
}

/// Which fields have come. Objects of over 128 fields are rare, so their marks are on the heap.
#[derive(Default)]
pub(crate) struct Seen {
    low: u128,
    high: Vec<bool>,
}

impl Seen {
    pub(crate) fn insert(&mut self, index: usize) {
        if index < 128 {
            self.low |= 1 << index;
        } else {
            let at = index - 128;
            if self.high.len() <= at {
                self.high.resize(at + 1, false);
            }
            self.high[at] = true;
        }
    }

    pub(crate) fn contains(&self, index: usize) -> bool {
        if index < 128 {
            self.low >> index & 1 == 1
        } else {
            self.high.get(index - 128).copied().unwrap_or(false)
        }
    }
}

enum Found {
    Field(usize),
    Other(String),
}

/// Finds a key's field. Servers send fields in the document's order more often than not, so the one after the last is tried first.
struct Key {
    fields: &'static [FieldShape],
    guess: usize,
}

impl Key {
    fn find(&self, key: &str) -> Option<usize> {
        if self.fields.get(self.guess).is_some_and(|field| field.name == key) {
            return Some(self.guess);
        }
        self.fields.iter().position(|field| field.name == key)
    }
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Found;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Found, E> {
        Ok(self.find(key).map_or_else(|| Found::Other(key.to_owned()), Found::Field))
    }
}
