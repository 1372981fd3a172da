//! Server-sent events, by the rules of WHATWG HTML 9.2.6.

use std::time::Duration;

use bytes::{Buf, Bytes};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::contract::{Shape, Variant};

use super::frames::Cut;

/// A server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<T> {
    /// Its type; `message` where the server gives none.
    pub event: String,
    /// What it holds.
    pub data: T,
    /// The id that the stream had when it came, if it had any. The server takes it as the header `Last-Event-ID` to go on after it.
    pub id: Option<String>,
}

impl<T> Event<T> {
    /// An event of the usual type.
    pub(super) fn message(data: T) -> Self {
        Self { event: "message".to_owned(), data, id: None }
    }
}

/// An event as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawEvent {
    /// Its type, where the server gave one.
    pub(super) event: Option<String>,
    /// Its lines of data.
    pub(super) data: String,
    /// The id that the event itself gives.
    pub(super) own_id: Option<String>,
    /// The id that the stream had when it came.
    pub(super) id: Option<String>,
    /// Milliseconds, where the event says how long to wait before connecting again.
    pub(super) retry: Option<u64>,
}

/// What several services send as the last event where all others are JSON.
const DONE: &str = "[DONE]";

impl RawEvent {
    /// Whether it says that there is no more.
    pub(super) fn is_done(&self) -> bool {
        self.data == DONE && self.event.is_none()
    }

    /// The event with its data decoded.
    pub(super) fn data<T: DeserializeOwned>(&self, shape: &Shape) -> Result<Event<T>, serde_json::Error> {
        let event = self.event.clone().unwrap_or_else(|| "message".to_owned());
        Ok(Event { event, data: value(&self.data, &[*shape])?, id: self.id.clone() })
    }

    /// The event as an object of its fields (OAS 3.2, 4.14.4), of which the document says what `data` holds.
    pub(super) fn whole<T: DeserializeOwned>(&self, shape: &Shape) -> Result<T, serde_json::Error> {
        let mut shapes = Vec::new();
        shapes_of_data(shape, &mut shapes, 8);
        let mut fields = Map::new();
        if let Some(event) = &self.event {
            fields.insert("event".to_owned(), Value::from(event.as_str()));
        }
        fields.insert("data".to_owned(), value(&self.data, &shapes)?);
        if let Some(id) = &self.own_id {
            fields.insert("id".to_owned(), Value::from(id.as_str()));
        }
        if let Some(retry) = self.retry {
            fields.insert("retry".to_owned(), Value::from(retry));
        }
        T::deserialize(Value::Object(fields))
    }
}

/// What the property `data` may hold.
fn shapes_of_data(shape: &Shape, found: &mut Vec<Shape>, depth: u8) {
    match shape {
        Shape::Object(object) => {
            found.extend(object.fields.iter().find(|field| field.name == "data").map(|field| field.shape));
        }
        Shape::Union(union) if depth > 0 => {
            union.variants.iter().for_each(|Variant { shape, .. }| shapes_of_data(shape, found, depth - 1));
        }
        Shape::Nullable(shape) => shapes_of_data(shape, found, depth),
        _ => {}
    }
}

/// The data of an event: a text where the document says so, else JSON, and a text again where they are no JSON.
fn value<T: DeserializeOwned>(text: &str, shapes: &[Shape]) -> Result<T, serde_json::Error> {
    let is_text = |shape: &Shape| match shape {
        Shape::Nullable(shape) => matches!(shape, Shape::String(_) | Shape::Enum(_)),
        shape => matches!(shape, Shape::String(_) | Shape::Enum(_)),
    };
    let as_text = || T::deserialize(Value::from(text));
    if !shapes.is_empty() && shapes.iter().all(is_text) {
        return as_text();
    }
    serde_json::from_str(text).or_else(|error| as_text().map_err(|_| error))
}

/// Finds events in the pieces of a body.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    /// The line before ended in a carriage return, so a line feed that follows belongs to its end.
    after_return: bool,
    /// A byte order mark may stand at the start alone.
    started: bool,
    event: String,
    data: String,
    has_data: bool,
    own_id: Option<String>,
    own_retry: Option<u64>,
    /// The id buffer, which outlives the event.
    id: Option<String>,
    /// The id of the last event.
    pub(super) last_id: Option<String>,
    pub(super) retry: Option<Duration>,
}

impl Events {
    /// Bytes of the event that is being read.
    pub(super) fn held(&self) -> usize {
        self.line.len() + self.data.len() + self.event.len()
    }

    /// Takes from the piece until an event is whole or the piece is used up.
    pub(super) fn take(&mut self, piece: &mut Bytes, cap: usize) -> Option<RawEvent> {
        while !piece.is_empty() && self.held() <= cap {
            if std::mem::take(&mut self.after_return) && piece.first() == Some(&b'\n') {
                piece.advance(1);
                continue;
            }
            let room = cap.saturating_sub(self.held()).saturating_add(1);
            let looked_at = piece.len().min(room);
            let end = piece.iter().take(looked_at).position(|byte| matches!(byte, b'\r' | b'\n'));
            let length = end.unwrap_or(looked_at);
            self.line.extend_from_slice(piece.get(..length).unwrap_or_default());
            self.after_return = end.is_some_and(|at| piece.get(at) == Some(&b'\r'));
            piece.advance(length + usize::from(end.is_some()));
            if end.is_some()
                && let Some(event) = self.end_of_line()
            {
                return Some(event);
            }
        }
        None
    }

    /// What is left at the end of the body. An event without the empty line after it did not come whole.
    pub(super) fn finish(&mut self) -> Result<Option<RawEvent>, Cut> {
        if self.line.is_empty() && !self.has_data && self.event.is_empty() {
            return Ok(None);
        }
        // Services that end with a mark of their own do not always end it.
        if !self.line.is_empty() {
            self.end_of_line();
        }
        match self.dispatch() {
            Some(event) if event.is_done() => Ok(None),
            _ => Err(Cut),
        }
    }

    fn end_of_line(&mut self) -> Option<RawEvent> {
        let line = std::mem::take(&mut self.line);
        let mut text = &*String::from_utf8_lossy(&line);
        if !std::mem::replace(&mut self.started, true) {
            text = text.strip_prefix('\u{feff}').unwrap_or(text);
        }
        if text.is_empty() {
            return self.dispatch();
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => {
                self.own_id = Some(value.to_owned());
                self.id = Some(value.to_owned()).filter(|id| !id.is_empty());
            }
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                if let Ok(milliseconds) = value.parse() {
                    self.own_retry = Some(milliseconds);
                    self.retry = Some(Duration::from_millis(milliseconds));
                }
            }
            // A comment is a line whose field has no name; unknown fields are ignored.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<RawEvent> {
        self.last_id.clone_from(&self.id);
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        let (own_id, retry) = (self.own_id.take(), self.own_retry.take());
        std::mem::take(&mut self.has_data).then(|| RawEvent {
            event: Some(event).filter(|event| !event.is_empty()),
            data,
            own_id,
            id: self.id.clone(),
            retry,
        })
    }
}
