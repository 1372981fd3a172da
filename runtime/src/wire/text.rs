//! Texts with a format. The text is kept as it came, because real servers send dates without a zone and other near misses, and a typed
//! read must not lose a record for it; who needs the value asks for it and gets a `Result`.
//!
//! A text with a format is a text: it dereferences to `str`, is compared with one, and is made of one by `into`.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde::{Deserialize, Serialize};

use super::Blank;

/// A value that does not have the format its type promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}: {cause}")]
pub struct TextError {
    text: String,
    expected: &'static str,
    cause: String,
}

impl TextError {
    /// Long texts are cut, so that an error stays one line.
    pub(super) fn new(text: &str, expected: &'static str, cause: impl fmt::Display) -> Self {
        const LONGEST: usize = 80;
        let mut shown: String = text.chars().take(LONGEST).collect();
        if shown.len() < text.len() {
            shown.push_str("...");
        }
        Self { text: shown, expected, cause: cause.to_string() }
    }
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

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
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
text_type!(
    /// A time of day, `HH:MM:SS` with or without an offset (`format: time`; RFC 3339, 5.6: `full-time`).
    Time
);
text_type!(
    /// A span of time, such as `P1DT12H` (`format: duration`; RFC 3339, appendix A).
    Duration
);
text_type!(
    /// A UUID (`format: uuid`; RFC 9562).
    Uuid
);
text_type!(
    /// An absolute URI (`format: uri`; RFC 3986).
    Uri
);
text_type!(
    /// Bytes, on the wire as base64 (`format: byte`; RFC 4648).
    Base64
);

impl DateTime {
    /// The moment. Fails where the text is no RFC 3339 time.
    pub fn timestamp(&self) -> Result<jiff::Timestamp, TextError> {
        self.0.parse().map_err(|cause: jiff::Error| TextError::new(&self.0, "an RFC 3339 time", cause))
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
        self.0.parse().map_err(|cause: jiff::Error| TextError::new(&self.0, "a date as YYYY-MM-DD", cause))
    }
}

impl From<jiff::civil::Date> for Date {
    fn from(day: jiff::civil::Date) -> Self {
        Self(day.to_string())
    }
}

impl Time {
    /// The time on the clock, without regard to the offset that may follow it. Fails where the text is no time of day.
    pub fn time(&self) -> Result<jiff::civil::Time, TextError> {
        let end = self.0.find(['Z', 'z', '+', '-']).unwrap_or(self.0.len());
        let clock = self.0.get(..end).unwrap_or_default();
        let error = |cause: &dyn fmt::Display| TextError::new(&self.0, "a time as HH:MM:SS", cause);
        // Without colons a year would be read as a time.
        if !clock.contains(':') {
            return Err(error(&"it has no colon"));
        }
        clock.parse().map_err(|cause: jiff::Error| error(&cause))
    }
}

impl From<jiff::civil::Time> for Time {
    fn from(time: jiff::civil::Time) -> Self {
        Self(time.to_string())
    }
}

impl Duration {
    /// The span. Short forms such as `1h 30m`, which many servers send in place of ISO 8601, are read as well. Fails where the text is
    /// neither.
    pub fn span(&self) -> Result<jiff::Span, TextError> {
        self.0.parse().map_err(|cause: jiff::Error| TextError::new(&self.0, "a duration (ISO 8601)", cause))
    }
}

impl From<jiff::Span> for Duration {
    fn from(span: jiff::Span) -> Self {
        Self(span.to_string())
    }
}

impl Uuid {
    /// The 16 bytes; `uuid::Uuid::from_bytes` takes them. Braces, a leading `urn:uuid:` and missing hyphens are passed over. Fails where the
    /// text is no UUID.
    pub fn octets(&self) -> Result<[u8; 16], TextError> {
        let error = |cause: &str| TextError::new(&self.0, "a UUID", cause);
        let bare = self.0.strip_prefix("urn:uuid:").unwrap_or(&self.0);
        let bare = bare.strip_prefix('{').and_then(|bare| bare.strip_suffix('}')).unwrap_or(bare);
        let hyphens_fit =
            bare.char_indices().filter(|(_, c)| *c == '-').map(|(at, _)| at).eq([8, 13, 18, 23]);
        let digits: String = bare.chars().filter(|c| *c != '-').collect();
        if digits.len() != bare.len() && !hyphens_fit {
            return Err(error("its hyphens do not stand after 8, 12, 16 and 20 digits"));
        }
        if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(error("it has to have 32 hexadecimal digits"));
        }
        u128::from_str_radix(&digits, 16).map(u128::to_be_bytes).map_err(|cause| error(&cause.to_string()))
    }
}

impl From<[u8; 16]> for Uuid {
    fn from(octets: [u8; 16]) -> Self {
        let mut text = format!("{:032x}", u128::from_be_bytes(octets));
        for at in [20, 16, 12, 8] {
            text.insert(at, '-');
        }
        Self(text)
    }
}

impl Uri {
    /// The parsed URL. Fails where the text is no absolute one.
    pub fn url(&self) -> Result<url::Url, TextError> {
        self.0
            .parse()
            .map_err(|cause: url::ParseError| TextError::new(&self.0, "an absolute URI (RFC 3986)", cause))
    }
}

impl From<url::Url> for Uri {
    fn from(url: url::Url) -> Self {
        Self(url.into())
    }
}

impl Base64 {
    /// The bytes. Both alphabets of RFC 4648, missing padding and line breaks are taken. Fails where the text is no base64.
    pub fn decode(&self) -> Result<Vec<u8>, TextError> {
        const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true);
        const ANY: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
        let plain: String = self
            .0
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .map(|c| match c {
                '-' => '+',
                '_' => '/',
                c => c,
            })
            .collect();
        ANY.decode(plain).map_err(|cause| TextError::new(&self.0, "base64 (RFC 4648)", cause))
    }
}

impl From<&[u8]> for Base64 {
    /// The standard alphabet, with padding.
    fn from(bytes: &[u8]) -> Self {
        Self(STANDARD.encode(bytes))
    }
}

impl From<Vec<u8>> for Base64 {
    /// The standard alphabet, with padding.
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}
