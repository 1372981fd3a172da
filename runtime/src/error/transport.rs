use super::Sent;

/// How the wire failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection: the name is unknown, the port is closed, TLS failed.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection broke.
    Reset,
    /// The body stopped coming.
    Stalled,
}

/// A request that got no whole answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {cause}", match .kind {
    TransportErrorKind::Connect => "no connection to the server",
    TransportErrorKind::Timeout => "no answer in time",
    TransportErrorKind::Reset => "the connection broke",
    TransportErrorKind::Stalled => "the answer stopped coming",
})]
pub struct TransportError {
    /// How it failed.
    pub kind: TransportErrorKind,
    /// Whether the request may have been sent.
    pub sent: Sent,
    /// Why, without a URL.
    pub cause: String,
}

impl TransportError {
    /// A failure of that kind; only without a connection is it sure that nothing was sent.
    pub fn new(kind: TransportErrorKind, cause: impl Into<String>) -> Self {
        let sent = if kind == TransportErrorKind::Connect { Sent::No } else { Sent::Maybe };
        Self { kind, sent, cause: cause.into() }
    }
}
