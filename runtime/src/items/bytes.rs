use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::bytes::Bytes;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::future::{Either, select};

use crate::Client;
use crate::client::{Response, stalled};
use crate::contract::Operation;
use crate::error::{Error, ErrorKind, Sent};
use crate::limits::Permit;
use crate::transport::{ResponseBody, TransportErrorKind};

/// A body whose head was read.
pub(crate) struct Body {
    pub(crate) body: Box<dyn ResponseBody>,
    /// Its length by the head.
    pub(crate) announced: Option<u64>,
    /// What the request holds of the limits until its body has been read.
    pub(crate) permit: Permit,
}

/// The bytes of a body, piece by piece as they come. That it came whole is checked against the length that the server announced. An error is
/// the end.
pub struct ByteStream {
    state: State,
    /// What an error is told with.
    client: Client,
    operation: &'static Operation,
    attempts: u32,
    announced: Option<u64>,
    got: u64,
    timeout: Duration,
    permit: Permit,
}

enum State {
    Resting(Box<dyn ResponseBody>),
    Reading(BoxFuture<'static, Read>),
    Ended,
}

/// The body, and what reading a piece of it gave.
type Read = (Box<dyn ResponseBody>, Result<Option<Bytes>, crate::transport::TransportError>);

impl ByteStream {
    /// The body of an answer, which may let so much time pass between two pieces.
    pub(crate) fn new(client: Client, response: &Response, body: Option<Body>, timeout: Duration) -> Self {
        let (state, announced, permit) = match body {
            Some(body) => (State::Resting(body.body), body.announced, body.permit),
            None => (State::Ended, None, Permit::default()),
        };
        let (operation, attempts) = (response.operation, response.attempts);
        Self { state, client, operation, attempts, announced, got: 0, timeout, permit }
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// The connection broke, stalled, or the body ended too early.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The length of the whole body in bytes, where the server announced it.
    pub fn length(&self) -> Option<u64> {
        self.announced
    }

    /// An error of this answer.
    pub(crate) fn locate(&self, kind: impl Into<ErrorKind>) -> Error {
        Error::new(kind).of(self.operation.id).after(Sent::Yes, self.attempts)
    }

    /// The body ended too early.
    pub(crate) fn truncated(&self) -> Error {
        self.locate(ErrorKind::Truncated { expected: self.announced, got: self.got })
    }

    /// A part of the body that is not what the document says.
    pub(crate) fn undecodable(&self, place: String, text: &[u8], error: &serde_json::Error) -> Error {
        let redactor = &self.client.0.redactor;
        let (cause, excerpt) = (redactor.scrub(&error.to_string()), redactor.excerpt(text));
        self.locate(ErrorKind::Decode { place, cause, excerpt })
    }

    fn read(&self, mut body: Box<dyn ResponseBody>) -> BoxFuture<'static, Read> {
        let (timer, timeout, got) = (self.client.clock().timer(self.timeout), self.timeout, self.got);
        Box::pin(async move {
            let piece = match select(body.chunk(), timer).await {
                Either::Left((piece, _)) => piece,
                Either::Right(((), _)) => Err(stalled(timeout, got)),
            };
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
                    if !matches!(piece, Ok(Some(_))) {
                        self.permit = Permit::default();
                    }
                    return Poll::Ready(match piece {
                        Ok(Some(piece)) => {
                            self.state = State::Resting(body);
                            self.got += piece.len() as u64;
                            self.client.0.counters.bytes(piece.len());
                            Some(Ok(piece))
                        }
                        Ok(None) if self.announced.is_some_and(|bytes| self.got < bytes) => {
                            Some(Err(self.truncated()))
                        }
                        Ok(None) => None,
                        Err(error) if error.kind == TransportErrorKind::Reset && self.got > 0 => {
                            Some(Err(self.truncated()))
                        }
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
            .field("length", &self.announced)
            .field("got", &self.got)
            .finish_non_exhaustive()
    }
}
