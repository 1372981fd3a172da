use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;

use crate::contract::{Action, ErrorRule, Fault};
use crate::outbox::OutboxError;

use super::auth::AuthProblem;
use super::config::ConfigProblem;
use super::job::JobProblem;
use super::paging::PagingProblem;
use super::transport::TransportError;

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
