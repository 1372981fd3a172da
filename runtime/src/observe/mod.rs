//! What a client tells while it works.
//!
//! The client tells each event once: an attempt, a request for a token, a wait, a page, what is left of a limit, the end of a stream's run. `Watch` makes three
//! things of it, which therefore never disagree:
//!
//! | for | what | by |
//! |---|---|---|
//! | operators | spans `sync`, `stream`, `page`, `request`, `attempt` and `token`, and events in them, all of target [`TARGET`] | [`tracing`] |
//! | dashboards | counters, gauges and histograms with labels of few values: [`METRICS`] | [`mod@metrics`] |
//! | the program itself | the event as a value | [`Observer`] |
//!
//! Without a subscriber, a recorder and an observer an event costs a few comparisons and no formatting. No event holds a URL, a header, a body
//! or a value of the configuration; an error's text has been redacted before.

#[cfg(any(feature = "prometheus", feature = "otlp"))]
mod fanout;
#[cfg(feature = "logs")]
pub mod logs;
mod meter;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "prometheus")]
pub mod prometheus;
#[cfg(any(feature = "logs", feature = "otlp"))]
mod shield;
mod statistics;
mod trace;
mod watch;

use std::time::Duration;

use http::StatusCode;

#[cfg(any(feature = "prometheus", feature = "otlp"))]
pub use fanout::Fanout;
pub use meter::{METRICS, MetricInfo, MetricKind, describe};
#[cfg(any(feature = "logs", feature = "otlp"))]
pub use shield::Shield;
pub(crate) use statistics::Counters;
pub use statistics::Statistics;
pub(crate) use trace::{Trace, TraceId, attempt, header, token};
#[cfg(feature = "store")]
pub(crate) use watch::RunEnd;
pub(crate) use watch::Watch;

use crate::retry::Outcome;

/// The target of every span and event of this crate: `RUST_LOG=linchpin=debug`.
pub const TARGET: &str = "linchpin";

/// Is told what a client does, inside the program: a progress display is one. Every method does nothing unless it is written; all are called
/// from the task that makes the call, and hold it up.
pub trait Observer: Send + Sync {
    /// An attempt has ended.
    fn attempt(&self, _event: &AttemptEvent<'_>) {}
    /// A wait begins.
    fn wait(&self, _event: &WaitEvent) {}
    /// A page was read.
    fn page(&self, _event: &PageEvent) {}
    /// A budget was taken from.
    fn budget(&self, _event: &BudgetEvent) {}
    /// A request for a token has ended, or one that ends a token.
    fn token(&self, _event: &TokenEvent<'_>) {}
}

/// The observer of a client that has none.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {}

/// One attempt of a call.
#[derive(Clone, Debug)]
pub struct AttemptEvent<'a> {
    /// The operation's id.
    pub operation: &'static str,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// What it came to.
    pub outcome: Outcome,
    /// Status of the answer, if there was one.
    pub status: Option<StatusCode>,
    /// Bytes of the body, if it was read whole.
    pub bytes: u64,
    /// How long it took.
    pub duration: Duration,
    /// What went wrong, without secrets; `None` where nothing did.
    pub error: Option<&'a dyn std::error::Error>,
}

/// One request to the server that gives tokens. It is none of an operation, and not among the [`AttemptEvent`]s.
#[derive(Clone, Debug)]
pub struct TokenEvent<'a> {
    /// What it is for.
    pub purpose: TokenPurpose,
    /// What it came to. A device's code that nobody has entered yet is [`Outcome::Rejected`].
    pub outcome: Outcome,
    /// Status of the answer, if there was one.
    pub status: Option<StatusCode>,
    /// How long it took.
    pub duration: Duration,
    /// What went wrong, without secrets; `None` where nothing did.
    pub error: Option<&'a dyn std::error::Error>,
}

/// What the server that gives tokens is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPurpose {
    /// A token, by what the connector or a person was granted: RFC 6749 4.
    Grant,
    /// A token for a refresh token: RFC 6749 6.
    Refresh,
    /// A code that a person enters on another device: RFC 8628 3.1.
    DeviceAuthorization,
    /// The end of a token: RFC 7009.
    Revocation,
    /// A session.
    Login,
    /// The end of a session.
    Logout,
}

impl TokenPurpose {
    /// In metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Refresh => "refresh",
            Self::DeviceAuthorization => "device_authorization",
            Self::Revocation => "revocation",
            Self::Login => "login",
            Self::Logout => "logout",
        }
    }
}

/// Why a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// A limit of the manifest, by its name.
    Limit(&'static str),
    /// The server asked for it.
    Server,
    /// Backoff before another attempt.
    Backoff,
    /// A job is not done yet.
    Job,
}

/// A wait.
#[derive(Clone, Debug)]
pub struct WaitEvent {
    /// The operation's id.
    pub operation: &'static str,
    /// Why.
    pub reason: WaitReason,
    /// How long.
    pub duration: Duration,
}

/// A page.
#[derive(Clone, Debug)]
pub struct PageEvent {
    /// The operation's id.
    pub operation: &'static str,
    /// The stream's name, where the pages are those of a stream.
    pub stream: Option<&'static str>,
    /// Number of the page, from 1.
    pub page: u64,
    /// Its records, where they can be counted.
    pub records: Option<u64>,
    /// Bytes of its body.
    pub bytes: u64,
}

/// What is left of a limit after a request took from it.
#[derive(Clone, Copy, Debug)]
pub struct BudgetEvent {
    /// The limit's name in the manifest.
    pub limit: &'static str,
    /// Units that are left now, as far as the client and the server's headers know.
    pub left: u64,
}
