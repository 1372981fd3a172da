//! What can go wrong with a call, told to the person who must act: what, where, why, what to do next. No message holds a secret or the
//! values of a query.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::auth::AuthProblem;
use crate::by_status;
use crate::config::ConfigProblem;
use crate::contract::{Action, ErrorRule, Fault};
use crate::outbox::OutboxError;
use crate::pages::JobProblem;
use crate::paging::PagingProblem;
use crate::transport::TransportError;
use crate::wire::{Object, Union};

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

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A config value is missing or does not fit.
    #[error(transparent)]
    Config(#[from] ConfigProblem),
    /// The request cannot be built from what the caller gave.
    #[error("the request cannot be built: {0}")]
    Request(String),
    /// The connection failed, timed out or broke off.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The body ended too early.
    #[error("the body ended after {got} bytes{}", .expected.map(|bytes| format!(" of {bytes}")).unwrap_or_default())]
    Truncated {
        /// Length that the server announced, if it did.
        expected: Option<u64>,
        /// Bytes that came.
        got: u64,
    },
    /// The body is longer than the client takes.
    #[error("the body is longer than {limit} bytes; raise `Caps::body` if that is expected")]
    TooLarge {
        /// The cap in bytes.
        limit: u64,
    },
    /// The body is compressed in a way that the client did not ask for: an unknown coding, or several upon each other.
    #[error(
        "the body is encoded as `{encoding}`, which was not asked for; one of gzip, br, zstd and deflate is decoded"
    )]
    Encoding {
        /// What `Content-Encoding` says.
        encoding: String,
    },
    /// The body cannot be decompressed.
    #[error("the body cannot be decoded from {encoding}: {problem}")]
    Damaged {
        /// Its coding.
        encoding: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The body grows out of proportion when it is decompressed, as what is made to fill memory does.
    #[error(
        "{got} bytes of the body became {given} when they were decoded, more than {limit} for each; raise `Caps::ratio` if that is expected"
    )]
    Expansion {
        /// [`Caps::ratio`](crate::Caps::ratio).
        limit: u64,
        /// Bytes of the wire.
        got: u64,
        /// What they became.
        given: u64,
    },
    /// The server answered with an error.
    #[error("the server answered {status}{}", excerpt_after(.excerpt))]
    Status {
        /// The status.
        status: StatusCode,
        /// Start of the body, without credentials.
        excerpt: String,
    },
    /// The server refused the credential.
    #[error(
        "the server refused the credential ({status}): check {}{}",
        list_of_keys(.keys),
        excerpt_after(.excerpt)
    )]
    Unauthorised {
        /// The status, 401 or 403.
        status: StatusCode,
        /// Config keys that make up the credential.
        keys: Vec<&'static str>,
        /// Start of the body, without credentials.
        excerpt: String,
    },
    /// There is no token, or none can be got. The request was not sent with it.
    #[error(transparent)]
    Auth(#[from] AuthProblem),
    /// The next request would have to wait longer than the caller lets a call wait.
    #[error(
        "{source_of_wait} asks to wait {} s, over the cap of {} s; go on at {until}",
        .wait.as_secs(),
        .cap.as_secs()
    )]
    RateLimited {
        /// When a request may be sent again.
        until: Timestamp,
        /// How long that is.
        wait: Duration,
        /// The cap, `RetryPolicy::max_wait`.
        cap: Duration,
        /// Who asks: the server or a limit of the manifest.
        source_of_wait: String,
    },
    /// Requests to this server failed so often that nothing is sent there for a while.
    #[error(
        "nothing is sent to {server} until {until}: {failures} requests in a row got no good answer{}",
        last_failure(.last)
    )]
    CircuitOpen {
        /// Its origin.
        server: String,
        /// When a request is sent again, to see whether it answers.
        until: Timestamp,
        /// How many requests failed in a row.
        failures: u32,
        /// What this call failed with before, if it got so far.
        last: Option<String>,
    },
    /// The manifest's error map says what the answer means.
    #[error("{}", judged(.rule, .status, .excerpt))]
    Rule {
        /// The rule that it passed.
        rule: &'static ErrorRule,
        /// The status, which may be one of success.
        status: StatusCode,
        /// Start of the body, without credentials.
        excerpt: String,
    },
    /// What must survive the process cannot be written, so nothing was sent.
    #[error("the outbox cannot keep the request: {0}")]
    Outbox(#[from] OutboxError),
    /// The body is not what the document says.
    #[error("the answer cannot be decoded{}: {cause}{}", at_place(.place), excerpt_after(.excerpt))]
    Decode {
        /// Where in the body: keys from the top, or the record's index; empty for the whole body.
        place: String,
        /// What is wrong, with line and column where they are known.
        cause: String,
        /// Start of the value, without credentials.
        excerpt: String,
    },
    /// Something stands elsewhere in the body than the contract says, or is of another type there: the list of records, or what paging reads.
    #[error("the answer cannot be decoded: {cause}{}", excerpt_after(.excerpt))]
    Misplaced {
        /// Where it is looked for: keys from the top, with dots, or `the body`.
        place: String,
        /// What is wrong.
        cause: String,
        /// Start of the body, without credentials.
        excerpt: String,
    },
    /// The body is of another type than the document says: a login page, a proxy's error page.
    #[error("the server answered `{found}` instead of {expected}; is the base URL right?{}", excerpt_after(.excerpt))]
    ContentType {
        /// What the document says: JSON, or the media type.
        expected: &'static str,
        /// The `Content-Type` that came, or what the body looks like.
        found: String,
        /// Start of the body, without credentials.
        excerpt: String,
    },
    /// One item of a sequence is longer than the client takes. Nothing is read after it.
    #[error("an item is longer than {limit} bytes; raise `Caps::item` if that is expected")]
    ItemTooLarge {
        /// The cap in bytes.
        limit: u64,
    },
    /// The body is empty where JSON is expected.
    #[error("the server answered {status} with an empty body where JSON is expected")]
    EmptyBody {
        /// The status.
        status: StatusCode,
    },
    /// A next-page URL or a redirect leads to another origin, where the credential must not go.
    #[error("{what} leads to {target}, but the connector talks to {base} only; nothing was sent there")]
    Origin {
        /// What leads there.
        what: &'static str,
        /// The other origin, or what is wrong with the URL.
        target: String,
        /// The origin of the base URL.
        base: String,
    },
    /// A redirect that is not followed.
    #[error("the server answered {status} and redirects {problem}; set `base_url` to where the API is now")]
    Redirect {
        /// The status.
        status: StatusCode,
        /// Why it is not followed.
        problem: &'static str,
    },
    /// A window of time holds more than the API lets be read of one list, and is as small as windows may become.
    #[error(
        "the window from {window} holds more than the API lets be read of one list, and is the smallest there may be; lower `smallest` of the \
         stream's `window` in the manifest, or narrow the list by a parameter"
    )]
    TooDeep {
        /// From when to when.
        window: String,
    },
    /// The pages do not follow one another as they should; going on would lose records or never end.
    #[error("paging stopped: {0}")]
    Paging(#[from] PagingProblem),
    /// What was downloaded cannot be written.
    #[error("{target} cannot be written: {cause}")]
    Write {
        /// The file, or the writer.
        target: String,
        /// Why.
        cause: String,
    },
    /// An asynchronous job gave nothing.
    #[error(transparent)]
    Job(#[from] JobProblem),
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
            ErrorKind::Status { status, .. } => crate::retry::is_passing(*status),
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

fn excerpt_after(excerpt: &str) -> String {
    if excerpt.is_empty() { String::new() } else { format!("; it begins with: {excerpt}") }
}

fn at_place(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(" at {place}") }
}

fn last_failure(last: &Option<String>) -> String {
    last.as_ref().map(|last| format!("; the last: {last}")).unwrap_or_default()
}

fn judged(rule: &ErrorRule, status: &StatusCode, excerpt: &str) -> String {
    let meaning = match rule.action {
        Action::Retry => "a failure that passes by itself",
        Action::Rejected => "a refusal for now",
        Action::Refresh => "that the credential is no longer good; give a new one",
        Action::Ignore => "nothing at all",
        Action::SkipPartition => "that this partition cannot be read",
        Action::Fail { message, .. } => message,
    };
    let whose = match rule.action {
        Action::Fail { fault: Fault::Server, .. } => " (the vendor's fault)",
        Action::Fail { fault: Fault::Request, .. } => " (the request's fault)",
        Action::Fail { fault: Fault::Configuration, .. } => " (the configuration's fault)",
        _ => "",
    };
    let excerpt = excerpt_after(excerpt);
    format!("the server answered {status} (rule `{}`): {meaning}{whose}{excerpt}", rule.name)
}

fn list_of_keys(keys: &[&str]) -> String {
    if keys.is_empty() {
        return "what the connector is configured with".to_owned();
    }
    let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
    format!("the config value{} {}", if keys.len() > 1 { "s" } else { "" }, keys.join(" and "))
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
