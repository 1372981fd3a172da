//! Texts with a format. The text is kept as it came, because real servers send dates without a zone and other near misses, and a typed
//! read must not lose a record for it; who needs the value asks for it and gets a `Result`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Blank;

/// A text that does not have the format its type promises.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{text}` is not {expected}: {cause}")]
pub struct TextError {
    text: String,
    expected: &'static str,
    cause: jiff::Error,
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl Blank for $name {
            fn blank() -> Self {
                Self::default()
            }
        }
    };
}

text_type!(
    /// An RFC 3339 time (`format: date-time`).
    DateTime
);
text_type!(
    /// A day, `YYYY-MM-DD` (`format: date`).
    Date
);

impl DateTime {
    /// The moment. Fails where the text is no RFC 3339 time.
    pub fn timestamp(&self) -> Result<jiff::Timestamp, TextError> {
        self.0.parse().map_err(|cause| TextError {
            text: self.0.clone(),
            expected: "an RFC 3339 time",
            cause,
        })
    }
}

impl From<jiff::Timestamp> for DateTime {
    fn from(moment: jiff::Timestamp) -> Self {
        Self(moment.to_string())
    }
}

impl Date {
    /// The day. Fails where the text is no date.
    pub fn day(&self) -> Result<jiff::civil::Date, TextError> {
        self.0.parse().map_err(|cause| TextError {
            text: self.0.clone(),
            expected: "a date as YYYY-MM-DD",
            cause,
        })
    }
}

impl From<jiff::civil::Date> for Date {
    fn from(day: jiff::civil::Date) -> Self {
        Self(day.to_string())
    }
}
