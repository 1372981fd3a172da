//! Typed values out of a tree through serde, with places: in errors and, by [`super::Spanned`],
//! in values.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::spanned::SPANNED;
use super::tree::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic};
use crate::suggest::did_you_mean;
use crate::text::Span;

/// Reads a typed value from a node.
///
/// # Errors
/// The first mismatch between the node and the type, at the nearest key or value.
pub fn from_node<T: DeserializeOwned>(node: Node<'_>) -> Result<T, Located> {
    T::deserialize(Reader { node }).map_err(|error| error.or_at(node))
}

/// Why a node does not read as a type, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Located {
    /// What is wrong.
    pub message: String,
    /// The nearest place: the key where the key is wrong, else the value.
    pub span: Option<Span>,
    /// JSON Pointer to the nearest value.
    pub pointer: Option<String>,
    /// A nearby name or the names that are known, where a name was wrong.
    pub help: Option<String>,
}

impl Located {
    /// The error as a diagnostic of the given code.
    pub fn into_diagnostic(self, code: Code) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(code, self.message).at(self.span);
        diagnostic.help = self.help;
        diagnostic.pointer = self.pointer;
        diagnostic
    }

    fn new(message: String, help: Option<String>) -> Self {
        Self { message, span: None, pointer: None, help }
    }

    /// Gives the error the place of a node, unless a nearer place is known.
    fn or_at(self, node: Node<'_>) -> Self {
        self.or_span(node.span(), node)
    }

    fn or_span(mut self, span: Span, node: Node<'_>) -> Self {
        if self.span.is_none() {
            self.span = Some(span);
            self.pointer = Some(node.pointer());
        }
        self
    }

    fn unknown(what: &str, name: &str, expected: &'static [&'static str]) -> Self {
        let help = match did_you_mean(name, expected.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if expected.is_empty() => "nothing can stand here".to_owned(),
            None => format!("known here: {}", expected.join(", ")),
        };
        Self::new(format!("unknown {what} `{name}`"), Some(help))
    }
}

impl de::Error for Located {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string(), None)
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {unexpected}"), None)
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {unexpected}"), None)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("value", variant, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("key", field, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` is missing"), None)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` stands twice"), None)
    }
}

struct Reader<'t> {
    node: Node<'t>,
}

impl<'t> Reader<'t> {
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        let node = self.node;
        let read = match node.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::String(text) => visitor.visit_str(text),
            Kind::Number(text) => {
                if let Ok(value) = text.parse::<u64>() {
                    visitor.visit_u64(value)
                } else if let Ok(value) = text.parse::<i64>() {
                    visitor.visit_i64(value)
                } else {
                    // JSON's grammar of numbers is a part of Rust's, so there is a nearest value.
                    visitor.visit_f64(text.parse().unwrap_or(f64::NAN))
                }
            }
            Kind::Array => visitor.visit_seq(Items { items: node.items() }),
            Kind::Object => visitor.visit_map(Entries { entries: node.entries(), value: None, object: node }),
        };
        read.map_err(|error| error.or_at(node))
    }
}

impl<'de, 't> Deserializer<'de> for Reader<'t> {
    type Error = Located;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Located> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        if name == SPANNED {
            visitor.visit_seq(Parts { node: self.node, part: 0 })
        } else {
            self.visit(visitor)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        let node = self.node;
        let read = match node.kind() {
            Kind::String(text) => {
                visitor.visit_enum(Variant { name: text, name_span: node.span(), node, value: None })
            }
            Kind::Object if node.len() == 1 => match node.entries().next() {
                Some(entry) => visitor.visit_enum(Variant {
                    name: entry.key,
                    name_span: entry.key_span,
                    node: entry.value,
                    value: Some(entry.value),
                }),
                None => Err(de::Error::custom("expected a name or an object with one key")),
            },
            Kind::Object => Err(de::Error::custom(format!("expected exactly one key, found {}", node.len()))),
            kind => Err(de::Error::custom(format!(
                "expected a name or an object with one key, found {}",
                kind.name()
            ))),
        };
        read.map_err(|error| error.or_at(node))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// The parts of a [`Spanned`] in the order of its fields.
struct Parts<'t> {
    node: Node<'t>,
    part: u8,
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Located;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Located> {
        let span = self.node.span();
        self.part += 1;
        let element = match self.part {
            1 => seed.deserialize(span.file.0.into_deserializer())?,
            2 => seed.deserialize(span.start.into_deserializer())?,
            3 => seed.deserialize(span.end.into_deserializer())?,
            4 => seed
                .deserialize(Reader { node: self.node })
                .map_err(|error: Located| error.or_at(self.node))?,
            _ => return Ok(None),
        };
        Ok(Some(element))
    }
}

struct Items<I> {
    items: I,
}

impl<'de, 't, I: Iterator<Item = Node<'t>>> SeqAccess<'de> for Items<I> {
    type Error = Located;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Located> {
        let Some(node) = self.items.next() else { return Ok(None) };
        seed.deserialize(Reader { node }).map(Some).map_err(|error| error.or_at(node))
    }
}

struct Entries<'t, I> {
    entries: I,
    value: Option<Node<'t>>,
    object: Node<'t>,
}

impl<'de, 't, I: Iterator<Item = super::tree::Entry<'t>>> MapAccess<'de> for Entries<'t, I> {
    type Error = Located;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Located> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry.value);
        let key: StrDeserializer<'_, Located> = entry.key.into_deserializer();
        seed.deserialize(Key { key, text: entry.key, span: entry.key_span })
            .map(Some)
            .map_err(|error| error.or_span(entry.key_span, entry.value))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Located> {
        let node = self.value.take().unwrap_or(self.object);
        seed.deserialize(Reader { node }).map_err(|error| error.or_at(node))
    }
}

/// A key of a map: a string that can carry its place.
struct Key<'t> {
    key: StrDeserializer<'t, Located>,
    text: &'t str,
    span: Span,
}

impl<'de, 't> Deserializer<'de> for Key<'t> {
    type Error = Located;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        self.key.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Located> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        self.key.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        if name == SPANNED {
            visitor.visit_seq(KeyParts { text: self.text, span: self.span, part: 0 })
        } else {
            self.key.deserialize_any(visitor)
        }
    }

    // Numbers as keys (`200:`) are strings in the tree, and read as numbers where the type asks for one.
    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.text.parse() {
            Ok(number) => visitor.visit_u16(number),
            Err(_) => self.key.deserialize_any(visitor),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.text.parse() {
            Ok(number) => visitor.visit_u32(number),
            Err(_) => self.key.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct KeyParts<'t> {
    text: &'t str,
    span: Span,
    part: u8,
}

impl<'de> SeqAccess<'de> for KeyParts<'_> {
    type Error = Located;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Located> {
        self.part += 1;
        let element = match self.part {
            1 => seed.deserialize(self.span.file.0.into_deserializer())?,
            2 => seed.deserialize(self.span.start.into_deserializer())?,
            3 => seed.deserialize(self.span.end.into_deserializer())?,
            4 => {
                let key: StrDeserializer<'_, Located> = self.text.into_deserializer();
                seed.deserialize(Key { key, text: self.text, span: self.span })?
            }
            _ => return Ok(None),
        };
        Ok(Some(element))
    }
}

/// One variant of an externally tagged enum: a name, or an object of one key with the content.
struct Variant<'t> {
    name: &'t str,
    name_span: Span,
    node: Node<'t>,
    value: Option<Node<'t>>,
}

impl<'de, 't> EnumAccess<'de> for Variant<'t> {
    type Error = Located;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Located> {
        let name: StrDeserializer<'_, Located> = self.name.into_deserializer();
        let variant = seed.deserialize(name).map_err(|error| error.or_span(self.name_span, self.node))?;
        Ok((variant, self))
    }
}

impl<'t> Variant<'t> {
    fn content(&self) -> Result<Reader<'t>, Located> {
        match self.value {
            Some(node) => Ok(Reader { node }),
            None => {
                Err(de::Error::custom(format!("`{}` needs a value: write `{}: ...`", self.name, self.name)))
            }
        }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Located;

    fn unit_variant(self) -> Result<(), Located> {
        match self.value {
            Some(node) if !node.is_null() => {
                Err(Located::new(format!("`{}` takes no value", self.name), None).or_at(node))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Located> {
        let content = self.content()?;
        let node = content.node;
        seed.deserialize(content).map_err(|error| error.or_at(node))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Located> {
        self.content()?.visit(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        self.content()?.visit(visitor)
    }
}
