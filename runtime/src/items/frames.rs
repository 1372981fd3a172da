//! Where one item ends and the next begins. Pure: pieces go in, items as text come out.

use std::time::Duration;

use bytes::{Buf, Bytes};

use crate::contract::Media;

use super::events::{Events, RawEvent};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const RECORD_SEPARATOR: u8 = 0x1E;

/// One item as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A JSON value.
    Json(Vec<u8>),
    /// A server-sent event.
    Event(RawEvent),
}

impl Frame {
    /// Whether it says that there is no more, which is no JSON and so no item where items are JSON.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Event(event) if event.is_done())
    }

    /// What of it is told where it cannot be decoded.
    pub(crate) fn text(&self) -> &[u8] {
        match self {
            Self::Json(text) => text,
            Self::Event(event) => event.data.as_bytes(),
        }
    }
}

/// An item is longer than the cap.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// The body ended within an item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut;

/// Finds items in the pieces of a body.
pub(crate) struct Frames {
    cap: usize,
    format: Format,
}

enum Format {
    Lines(Lines),
    Sequence(Sequence),
    Events(Events),
}

impl Frames {
    pub(crate) fn new(media: Media, cap: u64) -> Self {
        let format = match media {
            Media::EventStream => Format::Events(Events::default()),
            Media::JsonSequence => Format::Sequence(Sequence::default()),
            _ => Format::Lines(Lines::default()),
        };
        Self { cap: usize::try_from(cap).unwrap_or(usize::MAX), format }
    }

    /// Takes from the piece until an item is whole; `None` when the piece is used up.
    pub(crate) fn next(&mut self, piece: &mut Bytes) -> Result<Option<Frame>, TooLarge> {
        while !piece.is_empty() {
            let (frame, held) = match &mut self.format {
                Format::Lines(lines) => (lines.take(piece, self.cap).map(Frame::Json), lines.0.len()),
                Format::Sequence(sequence) => {
                    (sequence.take(piece, self.cap).map(Frame::Json), sequence.text.len())
                }
                Format::Events(events) => (events.take(piece, self.cap).map(Frame::Event), events.held()),
            };
            if held > self.cap {
                return Err(TooLarge);
            }
            if frame.is_some() {
                return Ok(frame);
            }
        }
        Ok(None)
    }

    /// The item that is left at the end of the body.
    pub(crate) fn finish(&mut self) -> Result<Option<Frame>, Cut> {
        match &mut self.format {
            Format::Lines(lines) => last(std::mem::take(&mut lines.0)),
            Format::Sequence(sequence) => match sequence.text.trim_ascii_start().first() {
                // Without its line feed a number or a word may have lost its end (RFC 7464, 2.4).
                Some(byte) if !matches!(byte, b'{' | b'[' | b'"') => Err(Cut),
                _ => last(std::mem::take(&mut sequence.text)),
            },
            Format::Events(events) => Ok(events.finish()?.map(Frame::Event)),
        }
    }

    pub(crate) fn retry(&self) -> Option<Duration> {
        if let Format::Events(events) = &self.format { events.retry } else { None }
    }

    pub(crate) fn last_event_id(&self) -> Option<&str> {
        if let Format::Events(events) = &self.format { events.last_id.as_deref() } else { None }
    }
}

/// The text after the last line feed. Many writers do not end the last line, so a whole value is taken for one.
fn last(text: Vec<u8>) -> Result<Option<Frame>, Cut> {
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&text) {
        Err(error) if error.is_eof() => Err(Cut),
        _ => Ok(Some(Frame::Json(text))),
    }
}

/// Takes the bytes up to and with the first of a kind; whether it was there. Never more than one byte over the cap.
fn take_until(piece: &mut Bytes, ends: impl Fn(u8) -> bool, text: &mut Vec<u8>, cap: usize) -> Option<u8> {
    let room = cap.saturating_sub(text.len()).saturating_add(1);
    let looked_at = piece.len().min(room);
    let found = piece.iter().take(looked_at).position(|byte| ends(*byte));
    let length = found.unwrap_or(looked_at);
    text.extend_from_slice(piece.get(..length).unwrap_or_default());
    let end = found.and_then(|at| piece.get(at).copied());
    piece.advance(length + usize::from(end.is_some()));
    end
}

/// A JSON value a line; blank lines are none.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take(&mut self, piece: &mut Bytes, cap: usize) -> Option<Vec<u8>> {
        take_until(piece, |byte| byte == b'\n', &mut self.0, cap)?;
        let mut line = std::mem::take(&mut self.0);
        if line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        (!line.trim_ascii().is_empty()).then_some(line)
    }
}

/// JSON texts, each after a record separator and before a line feed (RFC 7464, 2.2). A text may have line feeds within it, so one is its end
/// only where all that was opened is closed.
#[derive(Default)]
struct Sequence {
    text: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Sequence {
    fn take(&mut self, piece: &mut Bytes, cap: usize) -> Option<Vec<u8>> {
        let before = self.text.len();
        let end = take_until(piece, |byte| matches!(byte, RECORD_SEPARATOR | b'\n'), &mut self.text, cap);
        for byte in self.text.iter().skip(before) {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        let is_whole = self.depth == 0 && !self.in_string;
        match end? {
            RECORD_SEPARATOR => {}
            _ if is_whole => {}
            line_feed => {
                self.text.push(line_feed);
                return None;
            }
        }
        // What a separator cuts short is an item that cannot be decoded, and the next one is good (RFC 7464, 2.1).
        let Self { text, .. } = std::mem::take(self);
        (!text.trim_ascii().is_empty()).then_some(text)
    }
}
