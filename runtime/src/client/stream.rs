use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_core::future::BoxFuture;

use crate::contract::Operation;
use crate::error::{Error, ErrorKind, Sent};

use super::{Body, Client, Response};

/// The bytes of a body, piece by piece as they come. That it came whole is checked against the length that the server announced. An error is
/// the end.
pub struct ByteStream {
    state: State,
    /// What an error is told with.
    client: Client,
    operation: &'static Operation,
    attempts: u32,
    length: Option<u64>,
    got: u64,
    timeout: Duration,
}

enum State {
    Resting(Box<Body>),
    Reading(BoxFuture<'static, Read>),
    Ended,
}

/// The body, and what reading a piece of it gave.
type Read = (Box<Body>, Result<Option<Bytes>, ErrorKind>);

impl ByteStream {
    /// The body of an answer, which may let so much time pass between two pieces.
    pub(crate) fn new(client: Client, response: &Response, body: Option<Body>, timeout: Duration) -> Self {
        let length = body.as_ref().and_then(Body::length);
        let state = body.map_or(State::Ended, |body| State::Resting(Box::new(body)));
        let (operation, attempts) = (response.operation, response.attempts);
        Self { state, client, operation, attempts, length, got: 0, timeout }
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// The connection broke, stalled, or the body ended too early.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The length of the whole body in bytes, where the server announced it. Of a compressed body nobody knows it.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// An error of this answer.
    pub(crate) fn locate(&self, kind: impl Into<ErrorKind>) -> Error {
        Error::new(kind).of(self.operation.id).after(Sent::Yes, self.attempts)
    }

    /// The body ended too early.
    pub(crate) fn truncated(&self) -> Error {
        self.locate(ErrorKind::Truncated { expected: self.length, got: self.got })
    }

    /// A part of the body that is not what the document says.
    pub(crate) fn undecodable(&self, place: String, text: &[u8], error: &serde_json::Error) -> Error {
        let redactor = &self.client.0.redactor;
        let (cause, excerpt) = (redactor.scrub(&error.to_string()), redactor.excerpt(text));
        self.locate(ErrorKind::Decode { place, cause, excerpt })
    }

    fn read(&self, mut body: Box<Body>) -> BoxFuture<'static, Read> {
        let (clock, timeout) = (self.client.clock(), self.timeout);
        Box::pin(async move {
            let piece = body.next(&*clock, timeout).await;
            (body, piece)
        })
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Resting(body) => self.state = State::Reading(self.read(body)),
                State::Reading(mut reading) => {
                    let Poll::Ready((body, piece)) = reading.as_mut().poll(context) else {
                        self.state = State::Reading(reading);
                        return Poll::Pending;
                    };
                    return Poll::Ready(match piece {
                        Ok(Some(piece)) => {
                            self.state = State::Resting(body);
                            self.got += piece.len() as u64;
                            self.client.0.counters.bytes(piece.len());
                            Some(Ok(piece))
                        }
                        Ok(None) => None,
                        Err(error) => Some(Err(self.locate(error))),
                    });
                }
            }
        }
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ByteStream")
            .field("operation", &self.operation.id)
            .field("length", &self.length)
            .field("got", &self.got)
            .finish_non_exhaustive()
    }
}
