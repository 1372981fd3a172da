//! A budget that several processes share. Each leases a small batch of units from the store and counts them down by itself, so that no
//! request costs a transaction. Of requests at once each has a lease of its own, which ends with it. A lease counts against the budget until its last moment of use has left the span, so what the processes do
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
/// A request that holds a slot for longer was cut off with its process, or is counted no more.
const SLOT: Duration = Duration::from_secs(900);
/// How often to look whether another process has given a slot back.
const POLL: Duration = Duration::from_millis(100);
/// How long to wait after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Keeps what processes share of a budget. [`store::Quotas`](crate::store::Quotas) is the one of SQLite.
pub trait QuotaStore: Send + Sync {
    /// Leases units of a budget. Either at least [`Ask::units`] are given, and they count until they have left the span, or none are.
    ///
    /// # Errors
    /// The store cannot be read or written. Requests are then held back: nobody knows what the other processes do.
    fn lease(&self, ask: &Ask<'_>) -> Result<Answer, QuotaStoreError>;

    /// Ends a lease by its number: its units count no longer.
    ///
    /// # Errors
    /// The store cannot be written. The lease then counts until its time is over.
    fn end(&self, id: i64) -> Result<(), QuotaStoreError>;
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
    kind: Kind,
    /// Nothing is to be had before.
    not_before: Duration,
    problem: Option<String>,
}

#[derive(Debug)]
enum Kind {
    /// Units that leave the span by themselves.
    Batches { span: Duration, held: Option<Held> },
    /// Slots, each of them given back: one that is about to be taken, and those in use.
    Slots { next: Option<i64>, used: Vec<i64> },
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
    pub(super) fn batches(store: Arc<dyn QuotaStore>, key: String, span: Duration) -> Self {
        Self::new(store, key, Kind::Batches { span, held: None })
    }

    pub(super) fn slots(store: Arc<dyn QuotaStore>, key: String) -> Self {
        Self::new(store, key, Kind::Slots { next: None, used: Vec::new() })
    }

    fn new(store: Arc<dyn QuotaStore>, key: String, kind: Kind) -> Self {
        Self { store, key, kind, not_before: Duration::ZERO, problem: None }
    }

    pub(super) fn problem(&self) -> Option<String> {
        self.problem.clone()
    }

    pub(super) fn waits(&self, now: Duration) -> Option<Duration> {
        Some(self.not_before.saturating_sub(now)).filter(|wait| !wait.is_zero())
    }

    pub(super) fn refuses(&mut self, units: u64, capacity: u64, moment: Moment) -> Option<Duration> {
        let is_there = match &self.kind {
            Kind::Batches { held, .. } => {
                held.as_ref().is_some_and(|held| held.left >= units && moment.date <= held.use_by)
            }
            Kind::Slots { next, .. } => next.is_some(),
        };
        if is_there {
            return None;
        }
        if let Some(wait) = self.waits(moment.now) {
            return Some(wait);
        }
        let ask = Ask { key: &self.key, capacity, units, now: moment.date, ..self.kind.ask(units, capacity) };
        let answer = self.store.lease(&ask);
        let hold = ask.hold;
        self.problem = answer.as_ref().err().map(ToString::to_string);
        let wait = match (&mut self.kind, answer) {
            (Kind::Batches { held, .. }, Ok(Answer::Granted { id, units })) => {
                let use_by = moment.date.saturating_add(hold).unwrap_or(moment.date);
                *held = Some(Held { id, left: units, used: 0, last: moment.date, use_by });
                return None;
            }
            (Kind::Slots { next, .. }, Ok(Answer::Granted { id, .. })) => {
                *next = Some(id);
                return None;
            }
            (Kind::Batches { held, .. }, Ok(Answer::Wait(wait))) => {
                *held = None;
                wait.max(Duration::from_millis(1))
            }
            (Kind::Slots { .. }, Ok(Answer::Wait(_))) => POLL,
            (_, Err(_)) => AFTER_FAILURE,
        };
        self.not_before = moment.now.saturating_add(wait);
        Some(wait)
    }

    pub(super) fn take(&mut self, units: u64, moment: Moment) {
        match &mut self.kind {
            Kind::Batches { held: Some(held), .. } => {
                held.left = held.left.saturating_sub(units);
                held.used = held.used.saturating_add(units);
                held.last = held.last.max(moment.date);
            }
            Kind::Batches { held: None, .. } => {}
            Kind::Slots { next, used } => used.extend(next.take()),
        }
    }

    pub(super) fn give_back(&mut self, units: u64) {
        match &mut self.kind {
            Kind::Batches { held: Some(held), .. } => {
                let units = units.min(held.used);
                held.left = held.left.saturating_add(units);
                held.used -= units;
            }
            Kind::Batches { held: None, .. } => {}
            // Whose slot it was does not matter: all are alike.
            Kind::Slots { used, .. } => {
                if let Some(id) = used.pop() {
                    self.problem = self.store.end(id).err().map(|error| error.to_string());
                    // There is one now.
                    self.not_before = Duration::ZERO;
                }
            }
        }
    }
}

impl Kind {
    /// What there is to ask for; whose it is and when are the caller's.
    fn ask(&self, units: u64, capacity: u64) -> Ask<'static> {
        let nothing = Ask {
            key: "",
            capacity,
            span: Duration::ZERO,
            units,
            batch: units,
            hold: SLOT,
            last: None,
            now: Timestamp::UNIX_EPOCH,
        };
        match self {
            Self::Slots { .. } => nothing,
            Self::Batches { span, held } => Ask {
                span: *span,
                batch: (capacity / BATCH_PART).clamp(units, BATCH_LIMIT.max(units)),
                hold: (*span / 20).min(HOLD),
                last: held.as_ref().map(|held| LastLease { id: held.id, used: held.used, until: held.last }),
                ..nothing
            },
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("key", &self.key)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
