//! A budget that several processes share. Each leases a small batch of units from the store and counts them down by itself, so that no
//! request costs a transaction. A lease counts against the budget until its last moment of use has left the span, so what the processes do
//! together never exceeds it; a process that dies leaves no more behind than one batch for one span.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Moment;

/// A batch is this part of the budget.
const BATCH_PART: u64 = 20;
/// The largest batch.
const BATCH_LIMIT: u64 = 100;
/// Longest time in which a batch may be used.
const HOLD: Duration = Duration::from_secs(2);
/// How long to wait after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Keeps what processes share of a budget. [`store::Quotas`](crate::store::Quotas) is the one of SQLite.
pub trait QuotaStore: Send + Sync {
    /// Leases units of a budget. Either at least [`Ask::units`] are given, and they count until they have left the span, or none are.
    ///
    /// # Errors
    /// The store cannot be read or written. Requests are then held back: nobody knows what the other processes do.
    fn lease(&self, ask: &Ask<'_>) -> Result<Answer, QuotaStoreError>;
}

/// What a process asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The budget: the limit and who shares it, without any secret.
    pub key: &'a str,
    /// Units of the budget in any span.
    pub capacity: u64,
    /// Length of the span.
    pub span: Duration,
    /// The least that is of use.
    pub units: u64,
    /// How many are wanted.
    pub batch: u64,
    /// For how long from now they may be used.
    pub hold: Duration,
    /// The lease before, which ends with this.
    pub last: Option<LastLease>,
    /// The time.
    pub now: Timestamp,
}

/// What was used of a lease.
#[derive(Clone, Copy, Debug)]
pub struct LastLease {
    /// Its number.
    pub id: i64,
    /// Units that were used.
    pub used: u64,
    /// When the last of them was.
    pub until: Timestamp,
}

/// What a process gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A lease.
    Granted {
        /// Its number.
        id: i64,
        /// Its units.
        units: u64,
    },
    /// Nothing; enough may be left after this time.
    Wait(Duration),
}

/// What the processes share cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("what processes share of it cannot be kept: {0}")]
pub struct QuotaStoreError(pub String);

pub(super) struct Lease {
    store: Arc<dyn QuotaStore>,
    key: String,
    span: Duration,
    held: Option<Held>,
    /// Nothing is to be had before.
    not_before: Duration,
    problem: Option<String>,
}

#[derive(Debug)]
struct Held {
    id: i64,
    left: u64,
    used: u64,
    last: Timestamp,
    use_by: Timestamp,
}

impl Lease {
    pub(super) fn new(store: Arc<dyn QuotaStore>, key: String, span: Duration) -> Self {
        Self { store, key, span, held: None, not_before: Duration::ZERO, problem: None }
    }

    pub(super) fn problem(&self) -> Option<String> {
        self.problem.clone()
    }

    pub(super) fn refuses(&mut self, units: u64, capacity: u64, moment: Moment) -> Option<Duration> {
        if self.held.as_ref().is_some_and(|held| held.left >= units && moment.date <= held.use_by) {
            return None;
        }
        if moment.now < self.not_before {
            return Some(self.not_before.saturating_sub(moment.now));
        }
        let hold = (self.span / 20).min(HOLD);
        let ask = Ask {
            key: &self.key,
            capacity,
            span: self.span,
            units,
            batch: (capacity / BATCH_PART).clamp(units, BATCH_LIMIT.max(units)),
            hold,
            last: self.held.as_ref().map(|held| LastLease { id: held.id, used: held.used, until: held.last }),
            now: moment.date,
        };
        let answer = self.store.lease(&ask);
        self.problem = answer.as_ref().err().map(ToString::to_string);
        match answer {
            Ok(Answer::Granted { id, units }) => {
                let use_by = moment.date.saturating_add(hold).unwrap_or(moment.date);
                self.held = Some(Held { id, left: units, used: 0, last: moment.date, use_by });
                None
            }
            Ok(Answer::Wait(wait)) => {
                self.held = None;
                Some(self.hold_back(moment.now, wait.max(Duration::from_millis(1))))
            }
            Err(_) => Some(self.hold_back(moment.now, AFTER_FAILURE)),
        }
    }

    fn hold_back(&mut self, now: Duration, wait: Duration) -> Duration {
        self.not_before = now.saturating_add(wait);
        wait
    }

    pub(super) fn take(&mut self, units: u64, moment: Moment) {
        if let Some(held) = &mut self.held {
            held.left = held.left.saturating_sub(units);
            held.used = held.used.saturating_add(units);
            held.last = held.last.max(moment.date);
        }
    }

    pub(super) fn give_back(&mut self, units: u64) {
        if let Some(held) = &mut self.held {
            let units = units.min(held.used);
            held.left = held.left.saturating_add(units);
            held.used -= units;
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("key", &self.key)
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}
