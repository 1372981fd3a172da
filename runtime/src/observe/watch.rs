//! Where every event of a client comes by.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::{Span, debug, info, warn};

use super::meter::{self, Meter};
use super::{AttemptEvent, BudgetEvent, Observer, PageEvent, TARGET, TokenEvent, WaitEvent, WaitReason};
use crate::retry::Outcome;

/// A wait that is told to those who read no more than what happens seldom.
const LONG: Duration = Duration::from_secs(1);

/// Makes log lines and metrics of events, and passes them on to the program's observer.
pub(crate) struct Watch {
    meter: Meter,
    observer: Arc<dyn Observer>,
    /// Makes the ids of attempts differ.
    pub(super) attempts: AtomicU64,
}

impl Watch {
    pub(crate) fn new(connector: &'static str, observer: Arc<dyn Observer>) -> Self {
        Self { meter: Meter::new(connector), observer, attempts: AtomicU64::new(0) }
    }

    /// An attempt has ended; its span is the current one.
    pub(crate) fn attempt(&self, told: &AttemptEvent<'_>) {
        let outcome = told.outcome.as_str();
        let labels = [told.operation, outcome, ""];
        self.meter.count(meter::REQUESTS, labels, 1);
        self.meter.record(meter::DURATION, labels, told.duration.as_secs_f64());
        if told.attempt > 1 {
            self.meter.count(meter::RETRIES, [told.operation, "", ""], 1);
        }
        if told.bytes > 0 {
            self.meter.count(meter::BYTES, [told.operation, "", ""], told.bytes);
        }
        let status = told.status.map(|status| status.as_u16());
        ended(told.outcome, status);
        let milliseconds = told.duration.as_secs_f64() * 1_000.0;
        let bytes = told.bytes;
        match told.error {
            None => debug!(target: TARGET, outcome, status, bytes, milliseconds, "attempt succeeded"),
            Some(error) => {
                warn!(target: TARGET, outcome, status, milliseconds, error = %error, "attempt failed");
            }
        }
        self.observer.attempt(told);
    }

    /// A request for a token has ended; its span is the current one.
    pub(crate) fn token(&self, told: &TokenEvent<'_>) {
        let (purpose, outcome) = (told.purpose.as_str(), told.outcome.as_str());
        self.meter.count(meter::TOKENS, [purpose, outcome, ""], 1);
        self.meter.record(meter::TOKEN_DURATION, [purpose, outcome, ""], told.duration.as_secs_f64());
        let status = told.status.map(|status| status.as_u16());
        ended(told.outcome, status);
        let milliseconds = told.duration.as_secs_f64() * 1_000.0;
        match told.error {
            None => debug!(target: TARGET, purpose, outcome, status, milliseconds, "token request succeeded"),
            // A code that nobody has entered yet is asked for again and again, and nothing is wrong.
            Some(error) if told.outcome == Outcome::Rejected => {
                debug!(target: TARGET, purpose, outcome, status, milliseconds, error = %error, "token request put off");
            }
            Some(error) => {
                warn!(target: TARGET, purpose, outcome, status, milliseconds, error = %error, "token request failed");
            }
        }
        self.observer.token(told);
    }

    /// A wait begins.
    pub(crate) fn wait(&self, told: &WaitEvent) {
        let (reason, limit) = match told.reason {
            WaitReason::Limit(limit) => ("limit", Some(limit)),
            WaitReason::Server => ("server", None),
            WaitReason::Backoff => ("backoff", None),
            WaitReason::Job => ("job", None),
        };
        let seconds = told.duration.as_secs_f64();
        self.meter.record(meter::WAITS, [told.operation, reason, limit.unwrap_or_default()], seconds);
        if told.duration >= LONG {
            info!(target: TARGET, reason, limit, seconds, "waiting");
        } else {
            debug!(target: TARGET, reason, limit, seconds, "waiting");
        }
        self.observer.wait(told);
    }

    /// A page was read; the span of its walk is the current one.
    pub(crate) fn page(&self, told: &PageEvent) {
        let labels = [told.operation, told.stream.unwrap_or_default(), ""];
        self.meter.count(meter::PAGES, labels, 1);
        self.meter.count(meter::RECORDS, labels, told.records.unwrap_or(0));
        let (page, records, bytes) = (told.page, told.records, told.bytes);
        debug!(target: TARGET, page, records, bytes, "page read");
        self.observer.page(told);
    }

    /// A request took from a limit.
    pub(crate) fn budget(&self, told: BudgetEvent) {
        self.meter.set(meter::LEFT, [told.limit, "", ""], told.left as f64);
        tracing::trace!(target: TARGET, limit = told.limit, left = told.left, "limit");
        self.observer.budget(&told);
    }

    /// Records were committed.
    #[cfg(feature = "store")]
    pub(crate) fn written(&self, stream: &'static str, changes: [(&'static str, u64); 3]) {
        for (change, amount) in changes {
            if amount > 0 {
                self.meter.count(meter::WRITTEN, [stream, change, ""], amount);
            }
        }
    }

    /// A stream's run has ended; its span is the current one.
    #[cfg(feature = "store")]
    pub(crate) fn run(&self, stream: &'static str, ended: &RunEnd<'_>) {
        let RunEnd { outcome, pages, records, error } = *ended;
        self.meter.count(meter::RUNS, [stream, outcome, ""], 1);
        match error {
            None => info!(target: TARGET, outcome, pages, records, "stream is up to date"),
            Some(error) => {
                tracing::error!(target: TARGET, outcome, pages, records, error = %error, "stream stopped");
            }
        }
    }

    /// Makes numbers that differ.
    pub(super) fn next(&self) -> u64 {
        self.attempts.fetch_add(1, Ordering::Relaxed)
    }
}

/// How a stream's run has ended.
#[cfg(feature = "store")]
pub(crate) struct RunEnd<'a> {
    /// `ok`, `parked` or `failed`.
    pub(crate) outcome: &'static str,
    pub(crate) pages: u64,
    pub(crate) records: u64,
    /// Why it is not up to date.
    pub(crate) error: Option<&'a dyn std::fmt::Display>,
}

/// Completes the current span, which is that of a request.
fn ended(outcome: Outcome, status: Option<u16>) {
    let span = Span::current();
    if !span.is_disabled() {
        span.record("outcome", outcome.as_str());
        span.record("http.response.status_code", status);
        if outcome != Outcome::Ok {
            span.record("error.type", outcome.as_str());
            span.record("otel.status_code", "ERROR");
        }
    }
}
