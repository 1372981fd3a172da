//! What the formats of texts and numbers make of them. A type never depends on the value that a server may send: numbers have room for what
//! a careless server sends beyond its format, and texts are kept as they came.

use super::graph::{IntegerFormat, NumberFormat};

/// A format of texts that has a type of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the formats'")]
pub enum TextFormat {
    DateTime,
    Date,
    Time,
    Duration,
    Uuid,
    Uri,
    Base64,
    Decimal,
}

impl TextFormat {
    /// The type of that format, if it has one.
    pub fn of(format: &str) -> Option<Self> {
        Some(match format {
            "date-time" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "duration" => Self::Duration,
            "uuid" | "guid" => Self::Uuid,
            "uri" | "url" | "iri" => Self::Uri,
            "byte" | "base64" => Self::Base64,
            "decimal" => Self::Decimal,
            _ => return None,
        })
    }
}

/// Formats that say more of a text than any type could: most of the registry at <https://spec.openapis.org/registry/format/>, and words that
/// only repeat that it is a text.
const PLAIN_TEXTS: &[&str] = &[
    "",
    "base64url",
    "binary",
    "char",
    "commonmark",
    "email",
    "hostname",
    "html",
    "http-date",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri-reference",
    "json-pointer",
    "media-range",
    "password",
    "regex",
    "relative-json-pointer",
    "string",
    "text",
    "uri-reference",
    "uri-template",
];

/// Whether a format of texts is known.
pub(super) fn is_known_of_text(format: &str) -> bool {
    TextFormat::of(format).is_some() || PLAIN_TEXTS.contains(&format)
}

/// What a format makes of a whole number; `None` for a format that is not known.
///
/// Widths below 64 bits are no types of their own: an `int32` that counts beyond its width, as identifiers and times do sooner or later, is
/// no reason to lose a record.
pub(super) fn of_integer(format: &str) -> Option<IntegerFormat> {
    Some(match format {
        "" | "int8" | "int16" | "int32" | "int64" | "int" | "integer" | "long" | "double-int" => {
            IntegerFormat::I64
        }
        "uint8" | "uint16" | "uint32" | "u-int8" | "u-int16" | "u-int32" => IntegerFormat::I64,
        "uint" | "uint64" | "u-int64" => IntegerFormat::U64,
        "unix-time" | "unixtime" | "unix-timestamp" => IntegerFormat::UnixTime,
        "int128" | "uint128" | "bigint" | "biginteger" | "big-integer" | "decimal" => IntegerFormat::Digits,
        _ => return None,
    })
}

/// What a format makes of a number; `None` for a format that is not known.
///
/// `float` is no type of its own: with 24 bits, `1234567.89` would lose its cents.
pub(super) fn of_number(format: &str) -> Option<NumberFormat> {
    Some(match format {
        "" | "decimal" | "decimal128" | "number" => NumberFormat::Digits,
        "float" | "float32" | "float64" | "double" => NumberFormat::F64,
        "unix-time" | "unixtime" | "unix-timestamp" => NumberFormat::UnixTime,
        // A whole number by its format may come with a fraction all the same, so it keeps its digits.
        format if of_integer(format).is_some() => NumberFormat::Digits,
        _ => return None,
    })
}
