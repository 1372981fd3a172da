//! What a client tells while it works, and what it counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::retry::Outcome;

/// Is told what a client does. Every method does nothing unless it is written; all are called from the task that makes the call.
pub trait Observer: Send + Sync {
    /// An attempt has ended.
    fn attempt(&self, _event: &AttemptEvent) {}
    /// A wait begins.
    fn wait(&self, _event: &WaitEvent) {}
    /// A page was read.
    fn page(&self, _event: &PageEvent) {}
}

/// The observer of a client that has none.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {}

/// One attempt of a call.
#[derive(Clone, Debug)]
pub struct AttemptEvent {
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
}

/// A wait.
#[derive(Clone, Debug)]
pub struct WaitEvent {
    /// The operation's id.
    pub operation: &'static str,
    /// Why.
    pub reason: WaitReason,
    /// How long, as far as that is known: nothing where it ends with another request, as under a limit of requests at once.
    pub duration: Duration,
}

/// A page.
#[derive(Clone, Debug)]
pub struct PageEvent {
    /// The operation's id.
    pub operation: &'static str,
    /// Number of the page, from 1.
    pub page: u64,
    /// Its records, where they can be counted.
    pub records: Option<u64>,
    /// Bytes of its body.
    pub bytes: u64,
}

/// What a client has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests sent, redirects and retries included.
    pub requests: u64,
    /// Attempts after the first of their call.
    pub retries: u64,
    /// Waits for limits, for the server and between attempts.
    pub waits: u64,
    /// Time waited in all.
    pub waited: Duration,
    /// Pages read.
    pub pages: u64,
    /// Bytes of bodies read.
    pub bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    waits: AtomicU64,
    waited_nanoseconds: AtomicU64,
    pages: AtomicU64,
    bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn wait(&self, duration: Duration) {
        self.waits.fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.waited_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub(crate) fn page(&self) {
        self.pages.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Statistics {
        Statistics {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            waits: self.waits.load(Ordering::Relaxed),
            waited: Duration::from_nanos(self.waited_nanoseconds.load(Ordering::Relaxed)),
            pages: self.pages.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}
