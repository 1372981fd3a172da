//! Bodies that are a sequence of items, read one by one while they come: JSON lines, JSON text sequences (RFC 7464) and server-sent events
//! (WHATWG HTML 9.2). No more is held than one item and the piece of the body that is being looked at.

mod call;
mod events;
pub(crate) mod frames;
#[cfg(test)]
mod tests;

pub use events::Event;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::client::ByteStream;
use crate::contract::{Media, Shape};
use crate::error::{Error, ErrorKind};

use frames::{Frame, Frames};

/// What the items of a body are.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// How they are told apart.
    pub(crate) media: Media,
    /// What one holds.
    pub(crate) shape: Shape,
    /// The longest, in bytes.
    pub(crate) cap: u64,
}

/// How a frame becomes an item.
type Decode<T> = fn(&Frame, &Shape) -> Result<T, serde_json::Error>;

/// The items of a body, as they come. One that cannot be decoded is an `Err` item, and the next follows it; a body that breaks off, or ends
/// within an item, is an error and the end.
pub struct Items<T> {
    bytes: ByteStream,
    /// What is left of the last piece.
    piece: Bytes,
    frames: Frames,
    kind: Kind,
    decode: Decode<T>,
    number: u64,
    ended: bool,
}

impl<T: DeserializeOwned> Items<T> {
    /// Items that are JSON values; of server-sent events, objects of what an event's fields say.
    pub(crate) fn whole(bytes: ByteStream, kind: Kind) -> Self {
        Self::new(bytes, kind, |frame, shape| match frame {
            Frame::Json(text) => serde_json::from_slice(text),
            Frame::Event(event) => event.whole(shape),
        })
    }
}

impl<T: DeserializeOwned> Items<Event<T>> {
    /// Server-sent events whose data are values.
    pub(crate) fn events(bytes: ByteStream, kind: Kind) -> Self {
        Self::new(bytes, kind, |frame, shape| match frame {
            Frame::Json(text) => Ok(Event::message(serde_json::from_slice(text)?)),
            Frame::Event(event) => event.data(shape),
        })
    }
}

impl<T> Items<T> {
    fn new(bytes: ByteStream, kind: Kind, decode: Decode<T>) -> Self {
        let frames = Frames::new(kind.media, kind.cap);
        Self { bytes, piece: Bytes::new(), frames, kind, decode, number: 0, ended: false }
    }

    /// The next item; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The wait that the server asks for before a client connects again after the end, if it sent any (`retry` of server-sent events).
    pub fn retry(&self) -> Option<Duration> {
        self.frames.retry()
    }

    /// The id that the server gave last, which it takes as the header `Last-Event-ID` to go on after it (server-sent events).
    pub fn last_event_id(&self) -> Option<&str> {
        self.frames.last_event_id()
    }

    fn item(&mut self, frame: &Frame) -> Option<Result<T, Error>> {
        if frame.is_done() && !matches!(self.kind.shape, Shape::String(_)) {
            self.ended = true;
            return None;
        }
        self.number += 1;
        Some((self.decode)(frame, &self.kind.shape).map_err(|error| {
            let place = format!("item {}", self.number);
            self.bytes.undecodable(place, frame.text(), &error)
        }))
    }

    /// What is left when the body has ended.
    fn finish(&mut self) -> Option<Result<T, Error>> {
        self.ended = true;
        match self.frames.finish() {
            Ok(Some(frame)) => self.item(&frame),
            Ok(None) => None,
            Err(_) => Some(Err(self.bytes.truncated())),
        }
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.ended {
            match this.frames.next(&mut this.piece) {
                Ok(Some(frame)) => {
                    if let Some(item) = this.item(&frame) {
                        return Poll::Ready(Some(item));
                    }
                }
                Ok(None) => match ready!(Pin::new(&mut this.bytes).poll_next(context)) {
                    Some(Ok(piece)) => this.piece = piece,
                    Some(Err(error)) => {
                        this.ended = true;
                        return Poll::Ready(Some(Err(error)));
                    }
                    None => return Poll::Ready(this.finish()),
                },
                Err(frames::TooLarge) => {
                    this.ended = true;
                    let limit = this.kind.cap;
                    return Poll::Ready(Some(Err(this.bytes.locate(ErrorKind::ItemTooLarge { limit }))));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Items")
            .field("items", &self.number)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
