//! What can go wrong with a call, told to the person who must act: what, where, why, what to do next. No message holds a secret or the
//! values of a query.

// What each holds is public where it is about: `auth`, `config`, `pages`, `paging` and `transport` give it on.
pub(crate) mod auth;
pub(crate) mod config;
pub(crate) mod job;
mod kind;
pub(crate) mod paging;
pub(crate) mod transport;

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::by_status;
use crate::contract::{Action, Fault};
use crate::wire::{Object, Union};

pub use kind::ErrorKind;

/// Whether the server may have got the request, over all attempts of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// It never left: nothing happened on the server.
    No,
    /// It may have arrived: what it does may have been done.
    Maybe,
    /// It arrived, for the server answered.
    Yes,
}

/// A failed call.
///
/// `Display` is one or two lines for a person; [`Error::kind`] is for a program.
pub struct Error(Box<Inner>);

struct Inner {
    operation: Option<&'static str>,
    kind: ErrorKind,
    sent: Sent,
    attempts: u32,
    unknown: bool,
    headers: HeaderMap,
    body: Bytes,
}

/// Which exit code a program should end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitClass {
    /// The user has to change the configuration or the credential: 2.
    Configuration,
    /// A limit or an outage ends by itself, and the time is known: 75, which is `EX_TEMPFAIL` of `sysexits.h`.
    Parked,
    /// Anything else: 1.
    Failure,
}

impl ExitClass {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Configuration => 2,
            Self::Parked => 75,
            Self::Failure => 1,
        }
    }
}

impl Error {
    /// An error of no operation, before anything was sent.
    pub fn new(kind: impl Into<ErrorKind>) -> Self {
        Self(Box::new(Inner {
            operation: None,
            kind: kind.into(),
            sent: Sent::No,
            attempts: 0,
            unknown: false,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }))
    }

    pub(crate) fn request(operation: &'static str, problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request(problem.into())).of(operation)
    }

    /// The same failed call with what its answer means, where that says more.
    pub(crate) fn because(mut self, kind: impl Into<ErrorKind>) -> Self {
        self.0.kind = kind.into();
        self
    }

    pub(crate) fn of(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn after(mut self, sent: Sent, attempts: u32) -> Self {
        self.0.sent = self.0.sent.max(sent);
        self.0.attempts = attempts;
        self
    }

    /// Whether what a writing request asks for may have been done without an answer that says so.
    pub(crate) fn unknown(mut self, unknown: bool) -> Self {
        self.0.unknown = unknown;
        self
    }

    pub(crate) fn with_answer(mut self, headers: HeaderMap, body: Bytes) -> Self {
        self.0.headers = headers;
        self.0.body = body;
        self
    }

    /// The headers of the server's answer; none where the error is no answer. Like the body they may hold what is not fit for a log.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The headers of the server's answer as the struct that the document's declarations gave, which the method's documentation names;
    /// `None` where one of them is missing or something else.
    pub fn declared_headers<H: Object + DeserializeOwned>(&self) -> Option<H> {
        crate::headers::read(&self.0.headers).ok()
    }

    /// The body of the server's answer, up to [`Caps::error`](crate::Caps) bytes; empty where the error is no answer. It is as the server
    /// sent it, so unlike `Display` and `Debug` of this error it may hold what is not fit for a log.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body of the server's answer as a type; `None` where it is something else. Where the refusals of an operation hold one type, the
    /// method's documentation names it; where they hold several, [`Error::typed`] chooses.
    pub fn decode<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.0.body).ok()
    }

    /// The body of the server's answer as the operation's error type, which the method's documentation names: an enum with a variant for each
    /// status that the document describes. What another status or something else than the document says came with is its `Unknown`; `None`
    /// where there is no answer, or its body is no JSON.
    pub fn typed<E: Union>(&self) -> Option<E> {
        let status = self.status()?;
        by_status::read(status, &self.0.body).or_else(|_| by_status::unknown(&self.0.body)).ok()
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The operation that failed, by its id.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Whether the server may have got the request, over all attempts.
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// Whether what the request asks for may have been done although the call failed: an attempt was lost on its way or broke off, and no
    /// later answer tells what became of it. Whoever called has to look before it is asked for again.
    ///
    /// A refusal that follows such an attempt tells nothing of it: the 412 to a change with `If-Match`, or the 404 to a deletion, may be the
    /// answer to what the lost attempt did. Only where both carried the same idempotency key is it the answer to both. Never true of
    /// operations that only read.
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.unknown
    }

    /// How often it was tried; 0 if it failed before the first attempt.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The status of the answer, if the error is one.
    pub fn status(&self) -> Option<StatusCode> {
        match self.kind() {
            ErrorKind::Status { status, .. }
            | ErrorKind::Unauthorised { status, .. }
            | ErrorKind::EmptyBody { status }
            | ErrorKind::Rule { status, .. }
            | ErrorKind::Redirect { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// When to try again, if that is known: the server or a limit said so, or the circuit breaker is open until then.
    pub fn resume_at(&self) -> Option<Timestamp> {
        match self.kind() {
            ErrorKind::RateLimited { until, .. } | ErrorKind::CircuitOpen { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Whether the manifest says that only this partition of a stream cannot be read, while the others can.
    pub fn skips_partition(&self) -> bool {
        matches!(self.kind(), ErrorKind::Rule { rule, .. } if rule.action == Action::SkipPartition)
    }

    /// Whether the same call may succeed later without anyone changing anything.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::Transport(_)
            | ErrorKind::Truncated { .. }
            | ErrorKind::Damaged { .. }
            | ErrorKind::RateLimited { .. }
            | ErrorKind::CircuitOpen { .. } => true,
            ErrorKind::Rule { rule, .. } => matches!(rule.action, Action::Retry | Action::Rejected),
            ErrorKind::Status { status, .. } => is_passing(*status),
            ErrorKind::Auth(problem) => problem.is_passing(),
            _ => false,
        }
    }

    /// Whose turn it is, as an exit code.
    pub fn exit_class(&self) -> ExitClass {
        match self.kind() {
            ErrorKind::Config(_) | ErrorKind::Unauthorised { .. } => ExitClass::Configuration,
            ErrorKind::RateLimited { .. } | ErrorKind::CircuitOpen { .. } => ExitClass::Parked,
            ErrorKind::Rule { rule, .. } => match rule.action {
                Action::Refresh | Action::Fail { fault: Fault::Configuration, .. } => {
                    ExitClass::Configuration
                }
                _ => ExitClass::Failure,
            },
            ErrorKind::Auth(problem) => problem.exit_class(),
            _ => ExitClass::Failure,
        }
    }

    /// The exit code: 2 where the configuration or the credential is at fault, 75 where it is known when to go on, else 1.
    pub fn exit_code(&self) -> u8 {
        self.exit_class().code()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(formatter, "{operation}: ")?;
        }
        write!(formatter, "{}", self.0.kind)?;
        if self.0.attempts > 1 {
            write!(formatter, " (after {} attempts)", self.0.attempts)?;
        }
        if self.0.sent == Sent::Maybe {
            formatter.write_str("; the request may have reached the server")?;
        } else if self.0.unknown {
            formatter.write_str(
                "; an attempt before that may have done what was asked, look before you ask again",
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("operation", &self.0.operation)
            .field("kind", &self.0.kind)
            .field("sent", &self.0.sent)
            .field("attempts", &self.0.attempts)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.0.kind)
    }
}

impl<K: Into<ErrorKind>> From<K> for Error {
    fn from(kind: K) -> Self {
        Self::new(kind)
    }
}

/// Whether a status tells of a state that passes by itself.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_stays_small_and_the_message_says_what_to_do() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        let error = Error::new(ErrorKind::Unauthorised {
            status: StatusCode::UNAUTHORIZED,
            keys: vec!["email", "api_token"],
            excerpt: String::new(),
        })
        .of("listTickets")
        .after(Sent::Yes, 1);
        assert_eq!(
            error.to_string(),
            "listTickets: the server refused the credential (401 Unauthorized): check the config values `email` and `api_token`"
        );
        assert_eq!((error.exit_code(), error.sent(), error.attempts()), (2, Sent::Yes, 1));
    }
}
