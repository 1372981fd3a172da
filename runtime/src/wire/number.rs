use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use super::Blank;

/// A JSON number with the digits that were sent: `12.30` stays `12.30`, and no money goes through a binary fraction.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

/// A text that is no JSON number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a JSON number (RFC 8259, section 6)")]
pub struct NumberError(String);

impl Number {
    /// A JSON value, where it is a number. It is known to be JSON, so its first character tells.
    pub(super) fn of_json(raw: Box<RawValue>) -> Result<Self, Box<RawValue>> {
        if starts_as_number(raw.get()) { Ok(Self(raw.into())) } else { Err(raw) }
    }

    /// The digits as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest binary fraction.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The value, if it is written as a whole number that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }
}

impl std::str::FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) if starts_as_number(text) && raw.get().len() == text.len() => Ok(Self(text.into())),
            _ => Err(NumberError(text.chars().take(40).collect())),
        }
    }
}

fn starts_as_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

impl From<Number> for Box<str> {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl TryFrom<f64> for Number {
    type Error = NumberError;

    /// Fails for NaN and the infinities, which JSON cannot say.
    fn try_from(value: f64) -> Result<Self, NumberError> {
        value.to_string().parse()
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Blank for Number {
    fn blank() -> Self {
        Self("0".into())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_json(Box::<RawValue>::deserialize(deserializer)?)
            .map_err(|_| de::Error::invalid_type(de::Unexpected::Other("another JSON type"), &"a number"))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(raw) => raw.serialize(serializer),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}
