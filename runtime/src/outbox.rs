//! Writes that must not be done twice. A request with an idempotency key is kept, key and all, before it is sent for the first time, and
//! until it is known what became of it. Should the process end in between, [`Client::resend`](crate::Client::resend) sends it again with the
//! same key, and a server that has done it already answers as it did then.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

/// Keeps requests. [`store::Outbox`](crate::store::Outbox) is the one of SQLite.
pub trait Outbox: Send + Sync {
    /// Keeps a request. It has to be on disk when this returns.
    ///
    /// # Errors
    /// It cannot be written; the request is then not sent.
    fn keep(&self, request: &Kept) -> Result<i64, OutboxError>;

    /// Forgets a request by its number: what became of it is known.
    ///
    /// # Errors
    /// It cannot be written. The request may then be sent once more, which its key makes harmless.
    fn forget(&self, number: i64) -> Result<(), OutboxError>;

    /// The requests that are kept, oldest first.
    ///
    /// # Errors
    /// They cannot be read.
    fn kept(&self) -> Result<Vec<(i64, Kept)>, OutboxError>;
}

/// A request as it is kept, without the credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// The operation's id.
    pub operation: String,
    /// Path and query.
    pub target: String,
    /// Headers, the idempotency key among them; none that is marked as a secret.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
    /// When it was kept.
    pub at: Timestamp,
}

impl std::fmt::Debug for Kept {
    /// Leaves out the query, the headers' values and the body.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Kept")
            .field("operation", &self.operation)
            .field("at", &self.at)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An outbox cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The body is read while it is sent, so there is nothing to keep.
    #[error("its body comes from a file or a reader; give it as bytes, or use a client without an outbox")]
    NotWhole,
    /// The connector has no such operation.
    #[error("the connector has no operation `{0}` any more; it was kept by another version")]
    UnknownOperation(String),
    /// A kept request is older than the caller takes.
    #[error(
        "it was kept {} s ago, and a server may have forgotten its key by now; look whether it was done, then forget it",
        .0.as_secs()
    )]
    TooOld(Duration),
    /// What keeps it failed.
    #[error("{0}")]
    Storage(String),
}
