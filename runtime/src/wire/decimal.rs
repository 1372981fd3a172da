use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use super::text::TextError;
use super::{Blank, Number};

/// A decimal number that is a text on the wire (`type: string`, `format: decimal`), as money often is. Servers that are told to send texts
/// send numbers as well, so both are read; either way the digits are kept, and written again as they came.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    text: Box<str>,
    is_number: bool,
}

impl Decimal {
    /// The digits as sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number, with all its digits. Fails where the text is none.
    pub fn number(&self) -> Result<Number, TextError> {
        let trimmed = self.text.trim();
        let plain = trimmed.strip_prefix('+').unwrap_or(trimmed);
        plain.parse().map_err(|cause| TextError::new(&self.text, "a decimal number", cause))
    }
}

impl From<&str> for Decimal {
    fn from(text: &str) -> Self {
        Self { text: text.into(), is_number: false }
    }
}

impl From<String> for Decimal {
    fn from(text: String) -> Self {
        Self { text: text.into(), is_number: false }
    }
}

impl From<Number> for Decimal {
    fn from(number: Number) -> Self {
        Self::from(number.as_str())
    }
}

impl PartialEq<str> for Decimal {
    fn eq(&self, other: &str) -> bool {
        *self.text == *other
    }
}

impl PartialEq<&str> for Decimal {
    fn eq(&self, other: &&str) -> bool {
        *self.text == **other
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Blank for Decimal {
    fn blank() -> Self {
        Self::from("0")
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('"') {
            let text: String = serde_json::from_str(raw.get()).map_err(de::Error::custom)?;
            return Ok(Self::from(text));
        }
        let number = Number::of_json(raw).map_err(|_| {
            de::Error::invalid_type(de::Unexpected::Other("another JSON type"), &"a text or a number")
        })?;
        Ok(Self { text: number.into(), is_number: true })
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.is_number {
            return serializer.serialize_str(&self.text);
        }
        self.text.parse::<Number>().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}
