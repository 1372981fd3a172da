//! One pass over a record by its shape, without making anything of it: what is not as the document says is told as it comes by.

use std::ops::Range;

use crate::contract::{Additional, Bounds, EnumShape, FieldShape, ObjectShape, Path, Shape, UnionShape};
use crate::project::is;
use crate::skim::Skimmer;
use crate::wire::candidates;
use crate::wire::object::Seen;

use super::Kind;
use super::{bounds, formats};

/// How far down a record is looked at. What is deeper is passed over, so a hostile record uses up no stack.
const DEPTH: usize = 64;
/// How many bytes of unions are looked at for each byte of a record, and for any record: to choose a variant takes a scan of its own, so unions
/// within unions could else cost their depth times their size.
const UNION_FUEL: (usize, usize) = (8, 64 * 1024);
/// How many steps the patterns of one record may take together: some ten milliseconds where everything about it is hostile.
const PATTERN_FUEL: u64 = 4_000_000;

/// A step on the way to a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// A field that the document knows.
    Field(&'static str),
    /// A key that it does not know, as it stands between its quotes.
    Key(&'a [u8]),
    /// One of many: an item of a list, or a key that is data.
    Each,
}

/// Something that is not as the document says.
#[derive(Debug)]
pub(super) struct Met<'a> {
    pub(super) kind: Kind,
    /// What the document says; `None` for what it says nothing of.
    pub(super) expected: Option<Shape>,
    /// The bounds that the value is beyond.
    pub(super) bounds: Option<&'static Bounds>,
    /// What stands there: a JSON type, `format` or `nothing`.
    pub(super) observed: &'static str,
    /// The text of the value, or of the member where the key is unknown; empty for what is missing.
    pub(super) place: Range<usize>,
    /// The value, for a text that is none of an enum's.
    pub(super) value: &'a [u8],
}

/// Who is told.
pub(super) trait Sink {
    /// Something was met at the end of that way.
    fn met(&mut self, met: &Met<'_>, way: &[Step<'_>]);

    /// The record has the field of that index of its own shape.
    fn has(&mut self, field: usize);
}

/// Walks over a record. Text that is no JSON ends the walk, for others to tell.
pub(super) fn walk(record: &str, shape: &Shape, sink: &mut impl Sink) {
    walk_around(record, shape, None, sink);
}

/// Walks over a body around what stands at a path, which is passed over.
pub(super) fn walk_around(record: &str, shape: &Shape, hole: Option<Path>, sink: &mut impl Sink) {
    let fuel = record.len().saturating_mul(UNION_FUEL.0).saturating_add(UNION_FUEL.1);
    let skimmer = Skimmer::new(record.as_bytes());
    let mut walker = Walker { skimmer, way: Vec::new(), hole, sink, fuel, pattern_fuel: PATTERN_FUEL };
    // What is no JSON was refused before it came here.
    let _ = walker.value(shape);
}

struct Walker<'a, 's, S> {
    skimmer: Skimmer<'a>,
    way: Vec<Step<'a>>,
    hole: Option<Path>,
    sink: &'s mut S,
    /// Bytes of unions that may still be looked at.
    fuel: usize,
    /// Steps that patterns may still take.
    pattern_fuel: u64,
}

impl<'a, S: Sink> Walker<'a, '_, S> {
    /// Passes a value. `None` where none stands there.
    fn value(&mut self, shape: &Shape) -> Option<()> {
        let byte = self.skimmer.peek()?;
        if self.way.len() > DEPTH || self.is_hole() {
            return self.pass();
        }
        match (shape, byte) {
            (Shape::Any | Shape::Never, _) => self.pass(),
            (Shape::Nullable(_), b'n') => self.pass(),
            (Shape::Nullable(inner), _) => self.value(inner),
            (Shape::Union(union), _) if byte != b'n' || takes_null(union) => self.union(union),
            (_, b'n') => self.tell(Kind::NullNotNullable, shape, "null"),
            (Shape::Boolean, b't' | b'f') => self.pass(),
            (Shape::Integer | Shape::Number, b'-' | b'0'..=b'9') => self.number(shape),
            (Shape::String(format), b'"') => self.text(shape, format),
            (Shape::Enum(known), b'"') => self.word(shape, known),
            (Shape::Array(item), b'[') => self.items(&[], item),
            (Shape::Tuple(tuple), b'[') => self.items(tuple.items, &tuple.rest),
            (Shape::Map(item), b'{') => self.fields(&[], Some(Additional::new(**item))).map(drop),
            (Shape::Object(object), b'{') => self.object(object),
            _ => {
                let kind = match (is_scalar(shape), byte) {
                    (true, b'"') => Kind::TypeWidened,
                    _ => Kind::TypeIncompatible,
                };
                self.tell(kind, shape, observed(byte))
            }
        }
    }

    fn is_hole(&self) -> bool {
        let is = |(step, name): (&Step<'_>, &&str)| matches!(step, Step::Field(field) if field == name);
        self.hole.is_some_and(|hole| hole.len() == self.way.len() && self.way.iter().zip(hole).all(is))
    }

    fn pass(&mut self) -> Option<()> {
        self.skimmer.value().map(drop)
    }

    /// Passes a value and tells of it.
    fn tell(&mut self, kind: Kind, expected: &Shape, observed: &'static str) -> Option<()> {
        let from = self.skimmer.at();
        self.pass()?;
        self.met(kind, Some(*expected), observed, from..self.skimmer.at(), &[]);
        Some(())
    }

    fn met(
        &mut self,
        kind: Kind,
        expected: Option<Shape>,
        observed: &'static str,
        place: Range<usize>,
        value: &[u8],
    ) {
        self.sink.met(&Met { kind, expected, bounds: None, observed, place, value }, &self.way);
    }

    fn number(&mut self, shape: &Shape) -> Option<()> {
        let from = self.skimmer.at();
        let digits = self.skimmer.value()?;
        let place = from..self.skimmer.at();
        if matches!(shape, Shape::Integer) && !is_whole(digits) {
            self.met(Kind::TypeWidened, Some(*shape), "number", place, &[]);
        } else if digits.len() > 15 && loses_digits(shape, digits) {
            self.met(Kind::NumberPrecision, Some(*shape), "more digits than 64 bits hold", place, &[]);
        }
        Some(())
    }

    fn text(&mut self, shape: &Shape, format: &str) -> Option<()> {
        let from = self.skimmer.at();
        let text = self.skimmer.string()?;
        if !formats::fits(format, text) {
            self.met(Kind::FormatMismatch, Some(*shape), "another format", from..self.skimmer.at(), &[]);
        }
        Some(())
    }

    fn word(&mut self, shape: &Shape, known: &EnumShape) -> Option<()> {
        let from = self.skimmer.at();
        let text = self.skimmer.string()?;
        if !known.values.iter().any(|value| is(text, value)) {
            let place = from..self.skimmer.at();
            self.met(Kind::EnumUnknownValue, Some(*shape), "another text", place, text);
        }
        Some(())
    }

    fn items(&mut self, first: &[Shape], rest: &Shape) -> Option<()> {
        self.skimmer.eat(b'[');
        if self.skimmer.eat(b']') {
            return Some(());
        }
        let mut first = first.iter();
        self.way.push(Step::Each);
        loop {
            self.value(first.next().unwrap_or(rest))?;
            if !self.skimmer.eat(b',') {
                break;
            }
        }
        self.way.pop();
        self.skimmer.eat(b']').then_some(())
    }

    fn object(&mut self, object: &ObjectShape) -> Option<()> {
        let from = self.skimmer.at();
        let seen = self.fields(object.fields, object.additional)?;
        for (index, field) in object.fields.iter().enumerate() {
            if field.has(FieldShape::REQUIRED) && !field.has(FieldShape::WRITE_ONLY) && !seen.contains(index)
            {
                self.way.push(Step::Field(field.name));
                self.met(Kind::MissingRequired, Some(field.shape), "nothing", from..from, &[]);
                self.way.pop();
            }
        }
        Some(())
    }

    /// Passes the members of an object and says which of its fields came.
    fn fields(&mut self, fields: &'static [FieldShape], others: Option<Additional>) -> Option<Seen> {
        let mut seen = Seen::default();
        let is_record = self.way.is_empty();
        self.skimmer.eat(b'{');
        if self.skimmer.eat(b'}') {
            return Some(seen);
        }
        let mut guess = 0;
        loop {
            self.skimmer.peek()?;
            let from = self.skimmer.at();
            let key = self.skimmer.key()?;
            // Servers send fields in the document's order more often than not.
            let next = fields.get(guess).filter(|field| field.name.as_bytes() == key).map(|_| guess);
            let index = next.or_else(|| fields.iter().position(|field| is(key, field.name)));
            match (index.and_then(|index| fields.get(index).map(|field| (index, field))), others) {
                (Some((index, field)), _) => {
                    seen.insert(index);
                    guess = index + 1;
                    if is_record {
                        self.sink.has(index);
                    }
                    self.way.push(Step::Field(field.name));
                    self.bounded(&field.shape, field.bounds)?;
                }
                (None, Some(others)) if !matches!(others.shape, Shape::Never) => {
                    self.way.push(Step::Each);
                    self.bounded(&others.shape, others.bounds)?;
                }
                (None, closed) => {
                    self.way.push(Step::Key(key));
                    let value = self.skimmer.value()?;
                    let kind = if closed.is_some() { Kind::UnknownFieldClosed } else { Kind::UnknownField };
                    self.met(kind, None, type_of(value), from..self.skimmer.at(), &[]);
                }
            }
            self.way.pop();
            if !self.skimmer.eat(b',') {
                return self.skimmer.eat(b'}').then_some(seen);
            }
        }
    }

    /// Passes a value that the document may bound.
    fn bounded(&mut self, shape: &Shape, bounds: Option<&'static Bounds>) -> Option<()> {
        let Some(bounds) = bounds else { return self.value(shape) };
        self.skimmer.peek()?;
        let from = self.skimmer.at();
        self.value(shape)?;
        let value = self.skimmer.since(from).unwrap_or_default();
        self.hold(shape, bounds, value, &(from..self.skimmer.at()));
        Some(())
    }

    /// Holds a value against its bounds, and what it holds against theirs. Bounds are as deep as a document writes lists and maps within one
    /// another.
    fn hold(&mut self, shape: &Shape, bounds: &'static Bounds, value: &'a [u8], place: &Range<usize>) {
        for observed in bounds::broken(bounds, value, &mut self.pattern_fuel) {
            let (kind, expected, bounds) = (Kind::ConstraintViolation, Some(*shape), Some(bounds));
            let met = Met { kind, expected, bounds, observed, place: place.clone(), value: &[] };
            self.sink.met(&met, &self.way);
        }
        let Some(each) = bounds.each else { return };
        self.way.push(Step::Each);
        for item in bounds::held(value) {
            self.hold(shape, each, item, place);
        }
        self.way.pop();
    }

    fn union(&mut self, union: &UnionShape) -> Option<()> {
        let from = self.skimmer.at();
        let value = self.skimmer.value()?;
        let Some(left) = self.fuel.checked_sub(value.len()) else { return Some(()) };
        self.fuel = left;
        let text = std::str::from_utf8(value).ok()?;
        // The variant that a reader would take first.
        let chosen = candidates(union, text).first().and_then(|index| union.variants.get(*index));
        if let Some(variant) = chosen {
            self.skimmer.back_to(from);
            return self.value(&variant.shape);
        }
        let is_object = value.first() == Some(&b'{');
        let kind = match union.discriminator {
            Some(_) if is_object => Kind::DiscriminatorUnknown,
            _ => Kind::UnionNoBranch,
        };
        let byte = value.first().copied().unwrap_or_default();
        let place = from..self.skimmer.at();
        self.met(kind, None, observed(byte), place, &[]);
        Some(())
    }
}

fn takes_null(union: &UnionShape) -> bool {
    union.variants.iter().any(|variant| matches!(variant.shape, Shape::Nullable(_) | Shape::Any))
}

fn is_scalar(shape: &Shape) -> bool {
    matches!(shape, Shape::Boolean | Shape::Integer | Shape::Number | Shape::String(_) | Shape::Enum(_))
}

/// The JSON type that begins with a byte.
pub(super) fn observed(byte: u8) -> &'static str {
    match byte {
        b'n' => "null",
        b't' | b'f' => "boolean",
        b'"' => "string",
        b'[' => "array",
        b'{' => "object",
        _ => "number",
    }
}

/// The JSON Schema type of a value.
fn type_of(value: &[u8]) -> &'static str {
    match value.first().copied().map(observed) {
        Some("number") if is_whole(value) => "integer",
        found => found.unwrap_or_default(),
    }
}

/// Whether the digits are those of a whole number; `1.0` is one (JSON Schema, 6.1.1 `integer`).
fn is_whole(digits: &[u8]) -> bool {
    let Some(at) = digits.iter().position(|byte| matches!(byte, b'.' | b'e' | b'E')) else { return true };
    let (_, rest) = digits.split_at(at);
    match rest.split_first() {
        Some((b'.', fraction)) if fraction.iter().all(|byte| *byte == b'0') => true,
        _ => {
            let text = std::str::from_utf8(digits).unwrap_or_default();
            text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0 && number.abs() < 9.0e15)
        }
    }
}

/// Whether a reader that holds the number in 64 bits loses digits of it.
fn loses_digits(shape: &Shape, digits: &[u8]) -> bool {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    if matches!(shape, Shape::Integer) && !text.contains(['.', 'e', 'E']) {
        return text.parse::<i64>().is_err() && text.parse::<u64>().is_err();
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let significant = mantissa.trim_start_matches(['-', '0', '.']);
    significant.bytes().filter(u8::is_ascii_digit).count() > 17
}
