//! Records of bodies that are no JSON document: lines of JSON, rows of CSV, elements of XML. Pure: pieces go in, records come out as JSON, one
//! at a time, so that keys, cursors and types work as they do for JSON. No more is held than one record and a piece.

mod csv;
mod lines;
#[cfg(test)]
mod tests;
mod xml;

use bytes::Bytes;

use crate::contract::{Format, Shape};

use lines::LineFrames;

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordProblem {
    /// It is longer than the cap. Nothing is read after it.
    TooLarge,
    /// The body ended within it.
    Cut,
    /// It is not what the format says.
    Bad {
        /// Line of the body, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
        /// What came, as JSON, where it is known where the record ends, so that the next one can be read: a row's cells, a line's text, an
        /// element as it stands.
        came: Option<Vec<u8>>,
    },
}

/// Finds records in the pieces of a body.
pub struct RecordReader(Reader);

enum Reader {
    Lines(LineFrames),
    Csv(Box<csv::Csv>),
    Xml(Box<xml::Xml>),
}

impl RecordReader {
    /// A reader of a body of that format. `shape` says what a record holds, and `cap` how many bytes one may have; `None` for a JSON document,
    /// which is read whole.
    pub fn new(format: &'static Format, shape: &'static Shape, cap: u64) -> Option<Self> {
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        Some(Self(match format {
            Format::Json => return None,
            Format::JsonLines => Reader::Lines(LineFrames::new(cap)),
            Format::Csv(dialect) => Reader::Csv(Box::new(csv::Csv::new(dialect, shape, cap))),
            Format::Xml(layout) => Reader::Xml(Box::new(xml::Xml::new(layout, shape, cap))),
        }))
    }

    /// Takes from the piece until a record is whole, which comes as JSON; `None` when the piece is used up.
    ///
    /// # Errors
    /// The record cannot be read. After one that tells what came the next may follow.
    pub fn next(&mut self, piece: &mut Bytes) -> Result<Option<Vec<u8>>, RecordProblem> {
        match &mut self.0 {
            Reader::Lines(lines) => lines.next(piece),
            Reader::Csv(csv) => csv.next(piece),
            Reader::Xml(xml) => xml.next(piece),
        }
    }

    /// The record that is left at the end of the body.
    ///
    /// # Errors
    /// As [`RecordReader::next`]; a body that ends within a record is [`RecordProblem::Cut`].
    pub fn finish(&mut self) -> Result<Option<Vec<u8>>, RecordProblem> {
        match &mut self.0 {
            Reader::Lines(lines) => lines.finish(),
            Reader::Csv(csv) => csv.finish(),
            Reader::Xml(xml) => xml.finish().map(|()| None),
        }
    }
}

/// A text as the JSON value that its shape asks for. What does not fit is a text, and its type tells then.
fn scalar(text: &str, shape: &Shape) -> Vec<u8> {
    let trimmed = text.trim();
    let raw = match shape {
        Shape::Nullable(shape) if text.is_empty() => match shape {
            Shape::Nullable(_) => return scalar(text, shape),
            _ => return b"null".to_vec(),
        },
        Shape::Nullable(shape) => return scalar(text, shape),
        Shape::Boolean => match trimmed {
            "true" | "TRUE" | "True" | "1" => Some("true"),
            "false" | "FALSE" | "False" | "0" => Some("false"),
            _ => None,
        },
        Shape::Integer | Shape::Number => is_number(trimmed).then_some(trimmed),
        // Lists and objects stand in cells as JSON, if at all.
        Shape::Array(_) | Shape::Tuple(_) | Shape::Map(_) | Shape::Object(_) => {
            let json = trimmed.starts_with(['[', '{'])
                && serde_json::from_str::<serde::de::IgnoredAny>(trimmed).is_ok();
            json.then_some(trimmed)
        }
        Shape::Any | Shape::Never | Shape::String(_) | Shape::Enum(_) | Shape::Union(_) => None,
    };
    match raw {
        Some(raw) => raw.as_bytes().to_vec(),
        None => serde_json::to_vec(text).unwrap_or_default(),
    }
}

/// Whether a text is a number as JSON writes one.
fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Writes one object of JSON, key by key.
struct ObjectWriter(Vec<u8>);

impl ObjectWriter {
    fn new() -> Self {
        Self(b"{".to_vec())
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.extend_from_slice(&serde_json::to_vec(name).unwrap_or_default());
        self.0.push(b':');
        self.0.extend_from_slice(value);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

/// The fields of an object shape, null aside.
fn object(shape: &Shape) -> Option<&'static crate::contract::ObjectShape> {
    match shape {
        Shape::Nullable(shape) => object(shape),
        Shape::Object(object) => Some(object),
        _ => None,
    }
}
