//! The JSON reader (RFC 8259): one pass over the bytes, without recursion.

use std::sync::Arc;

use super::build::{Builder, Stop};
use super::limits::Limits;
use super::tree::{Form, Tree};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::{FileId, floor_boundary};

/// Reads a JSON text; a byte order mark before it is skipped.
pub(super) fn read(text: &Arc<str>, file: FileId, limits: &Limits) -> (Option<Tree>, Diagnostics) {
    let shared = Arc::clone(text);
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader =
        Reader { bytes: shared.as_bytes(), at, builder: Builder::new(Arc::clone(text), file, limits) };
    match reader.document() {
        Ok(()) => reader.builder.finish(),
        Err(stop) => reader.builder.fail(*stop),
    }
}

struct Reader<'t, 'l> {
    bytes: &'t [u8],
    at: usize,
    builder: Builder<'l>,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// A value, or the end of the array that was just opened.
    FirstItem,
    /// A key, or the end of the object that was just opened.
    FirstKey,
    Key,
    /// A comma or the end of the innermost container.
    Comma,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<(), Stop> {
        let mut expect = Expect::Value;
        loop {
            self.space();
            if self.builder.innermost().is_none() && expect == Expect::Comma {
                return match self.peek() {
                    None => Ok(()),
                    Some(_) => Err(self.wrong("nothing but space can follow the value of the document")),
                };
            }
            let Some(byte) = self.peek() else { return Err(self.ends_early()) };
            expect = match expect {
                Expect::Value | Expect::FirstItem => self.value(byte, expect)?,
                Expect::FirstKey | Expect::Key => match byte {
                    b'}' if expect == Expect::FirstKey => self.close(),
                    b'"' => {
                        self.string(true)?;
                        self.space();
                        match self.peek() {
                            Some(b':') => self.at += 1,
                            Some(_) => return Err(self.wrong("a `:` has to follow the key")),
                            None => return Err(self.ends_early()),
                        }
                        Expect::Value
                    }
                    _ => return Err(self.wrong("a key in double quotes has to stand here")),
                },
                Expect::Comma => {
                    let is_object = self.builder.innermost().is_some_and(|open| open.is_object);
                    match (byte, is_object) {
                        (b',', true) => self.step(Expect::Key),
                        (b',', false) => self.step(Expect::Value),
                        (b'}', true) | (b']', false) => self.close(),
                        (_, true) => return Err(self.wrong("a `,` or `}` has to stand here")),
                        (_, false) => return Err(self.wrong("a `,` or `]` has to stand here")),
                    }
                }
            };
        }
    }

    fn value(&mut self, byte: u8, expect: Expect) -> Result<Expect, Stop> {
        match byte {
            b'{' => {
                self.builder.begin(true, self.at)?;
                return Ok(self.step(Expect::FirstKey));
            }
            b'[' => {
                self.builder.begin(false, self.at)?;
                return Ok(self.step(Expect::FirstItem));
            }
            b']' if expect == Expect::FirstItem => return Ok(self.close()),
            b'"' => self.string(false)?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("true", Form::True)?,
            b'f' => self.word("false", Form::False)?,
            b'n' => self.word("null", Form::Null)?,
            _ => return Err(self.wrong("a value has to stand here")),
        }
        Ok(Expect::Comma)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self, next: Expect) -> Expect {
        self.at += 1;
        next
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        self.builder.end(self.at);
        Expect::Comma
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, form: Form) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.builder.scalar(form, self.at, self.at + word.len())?;
            self.at += word.len();
            Ok(())
        } else if word.as_bytes().starts_with(rest) {
            self.at = self.bytes.len();
            Err(self.ends_early())
        } else {
            Err(self.wrong("a value has to stand here"))
        }
    }

    fn digits(&mut self) -> Result<(), Stop> {
        match self.peek() {
            Some(b'0'..=b'9') => {}
            Some(_) => return Err(self.wrong("a digit has to stand here")),
            None => return Err(self.ends_early()),
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Stop> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.wrong("a number cannot start with a zero"));
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        self.builder.scalar(Form::Number, start, self.at)?;
        Ok(())
    }

    fn string(&mut self, is_key: bool) -> Result<(), Stop> {
        let start = self.at;
        self.at += 1;
        let mut unescaped: Option<String> = None;
        // Where the run of characters that read as they stand began.
        let mut run = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_with(String::new);
                    text.push_str(self.builder.text.get(run..self.at).unwrap_or_default());
                    let character = self.escape(start)?;
                    text.push(character);
                    run = self.at;
                }
                Some(0..=0x1f) => {
                    return Err(
                        self.wrong("a string cannot hold a line break or another control character as it is")
                    );
                }
                Some(_) => self.at += 1,
                None => return Err(self.string_ends_early(start)),
            }
        }
        if let Some(text) = &mut unescaped {
            text.push_str(self.builder.text.get(run..self.at).unwrap_or_default());
        }
        self.at += 1;
        match (is_key, unescaped) {
            (true, None) => self.builder.key(Form::Quoted, None, start, self.at).map(|_| ()),
            (true, Some(text)) => self.builder.key(Form::Pooled, Some(&text), start, self.at).map(|_| ()),
            (false, None) => self.builder.scalar(Form::Quoted, start, self.at).map(|_| ()),
            (false, Some(text)) => self.builder.pooled(Form::Pooled, &text, start, self.at).map(|_| ()),
        }
    }

    /// Reads from the backslash on; `string` is where the string starts.
    fn escape(&mut self, string: usize) -> Result<char, Stop> {
        let backslash = self.at;
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(self.string_ends_early(string)) };
        self.at += 1;
        let character = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(backslash, string),
            _ => {
                self.at = backslash;
                return Err(self.wrong(
                    "no such escape: one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX has to stand here",
                ));
            }
        };
        Ok(character)
    }

    fn unicode(&mut self, backslash: usize, string: usize) -> Result<char, Stop> {
        let high = self.hex(string)?;
        if let Some(character) = char::from_u32(high) {
            return Ok(character);
        }
        let after_high = self.at;
        if (0xd800..0xdc00).contains(&high) && self.bytes.get(self.at..self.at + 2) == Some(b"\\u") {
            self.at += 2;
            let low = self.hex(string)?;
            if (0xdc00..0xe000).contains(&low)
                && let Some(character) = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            {
                return Ok(character);
            }
            self.at = after_high;
        }
        self.builder.diagnostics.warning(
            Code::SurrogateHalf,
            self.builder.span(backslash, after_high),
            "half of a surrogate pair is no character; it reads as U+FFFD",
        );
        Ok('\u{fffd}')
    }

    fn hex(&mut self, string: usize) -> Result<u32, Stop> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(byte) = self.peek() else { return Err(self.string_ends_early(string)) };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.wrong("four hexadecimal digits have to follow `\\u`"));
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }

    fn wrong(&self, message: &str) -> Stop {
        let start = floor_boundary(&self.builder.text, self.at);
        let found = self.builder.text.get(start..).and_then(|rest| rest.chars().next());
        let end = start + found.map_or(0, char::len_utf8);
        let mut stop = Diagnostic::error(Code::Syntax, message).at(self.builder.span(start, end));
        if let Some((is_object, opened)) = self.builder.open_places().next() {
            let what = if is_object { "in this object" } else { "in this list" };
            stop = stop.label(self.builder.span(opened, opened + 1), what);
        }
        Box::new(stop)
    }

    fn string_ends_early(&mut self, start: usize) -> Stop {
        self.at = self.bytes.len();
        let mut stop = self.ends_early();
        stop.labels.insert(
            0,
            crate::diagnostic::Label {
                span: self.builder.span(start, start + 1),
                text: "this string is not closed".to_owned(),
            },
        );
        stop
    }

    fn ends_early(&self) -> Stop {
        if self.builder.is_empty() && self.builder.innermost().is_none() {
            return Box::new(
                Diagnostic::error(Code::EmptyDocument, "the text holds no value")
                    .at(self.builder.span(self.at, self.at)),
            );
        }
        let open = self.builder.open_places().count();
        let message = match open {
            0 => "the text ends within its value".to_owned(),
            1 => "the text ends while one object or list is still open".to_owned(),
            _ => format!("the text ends while {open} objects and lists are still open"),
        };
        let mut stop = Diagnostic::error(Code::Truncated, message)
            .at(self.builder.span(self.at, self.at))
            .help("the file was probably cut off on its way; fetch it again");
        // The innermost and the outermost say enough; a hundred levels between would bury them.
        let places: Vec<(bool, usize)> = self.builder.open_places().collect();
        let told = places.first().into_iter().chain(places.last().filter(|_| places.len() > 1));
        for &(is_object, opened) in told {
            let what = if is_object { "this object is not closed" } else { "this list is not closed" };
            stop = stop.label(self.builder.span(opened, opened + 1), what);
        }
        Box::new(stop)
    }
}
