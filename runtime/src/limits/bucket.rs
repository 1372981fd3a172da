//! One budget as a pure state machine: what it lets through at a moment, what taking from it does, and what the server's headers say of it.
//! Times are [`Clock::elapsed`](crate::clock::Clock::elapsed) of the clock that all who share it have in common.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::contract::{Limit, Quota};

use super::Moment;
use super::adaptive::Adaptive;
use super::lease::{Lease, QuotaStore};
use crate::told::Reading;

/// Two resets closer together than this are the same one: servers round to seconds.
const SAME_RESET: Duration = Duration::from_secs(2);
/// A log of more units than this holds them in so many parts of its span, each of which counts until its last one is gone.
const LOG_PARTS: u32 = 1_000;

/// Why a budget lets nothing through now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// For so long.
    For(Duration),
    /// Until a request under way has ended.
    UntilRelease,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) limit: &'static Limit,
    state: State,
    /// The quota of the server where it is smaller than the manifest's.
    quota: Option<u64>,
    /// What the server says is left.
    told: Option<Told>,
    /// What other processes leave of it.
    lease: Option<Lease>,
}

#[derive(Debug)]
enum State {
    Log {
        /// When units were taken, oldest first, with the moment from which they count; none older than the span.
        taken: VecDeque<Taken>,
        sum: u64,
        span: Duration,
    },
    Window {
        /// A moment at which some window begins.
        anchor: Duration,
        ends: Duration,
        used: u64,
        length: Duration,
    },
    /// The generic cell rate algorithm (ITU-T I.371): one moment says all.
    Cells {
        /// When the bucket is full again.
        full_at: Duration,
        units: u64,
        per: Duration,
    },
    Concurrent {
        held: u64,
    },
    Adaptive(Adaptive),
}

#[derive(Clone, Copy, Debug)]
struct Taken {
    first: Duration,
    last: Duration,
    units: u64,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    remaining: u64,
    /// From then on it holds no longer.
    until: Duration,
}

impl Bucket {
    /// A budget of which nothing is used. `epoch` is the time since 1970 at which the clock's `elapsed` was nothing.
    pub(super) fn new(limit: &'static Limit, epoch: Duration, now: Duration) -> Self {
        let per = Duration::from_millis;
        let state = match limit.quota {
            Quota::SlidingLog { per_milliseconds, .. } => {
                State::Log { taken: VecDeque::new(), sum: 0, span: per(per_milliseconds) }
            }
            Quota::FixedWindow { per_milliseconds, .. } => {
                let length = per(per_milliseconds.max(1));
                let into = epoch.saturating_add(now).as_nanos() % length.as_nanos().max(1);
                let into = Duration::from_nanos(u64::try_from(into).unwrap_or(0));
                let ends = now.saturating_add(length.saturating_sub(into));
                State::Window { anchor: ends, ends, used: 0, length }
            }
            Quota::TokenBucket { units, per_milliseconds, .. } => {
                State::Cells { full_at: Duration::ZERO, units: units.max(1), per: per(per_milliseconds) }
            }
            Quota::Concurrent { .. } => State::Concurrent { held: 0 },
            Quota::Adaptive { units, per_milliseconds } => {
                State::Adaptive(Adaptive::new(units as f64 / per(per_milliseconds.max(1)).as_secs_f64(), now))
            }
        };
        Self { limit, state, quota: None, told: None, lease: None }
    }

    /// Shares it with other processes. What is learned stays this process's own.
    pub(super) fn share(&mut self, store: Arc<dyn QuotaStore>, key: String) {
        let (capacity, per) = (self.capacity(), |per| Duration::from_millis(per));
        let span = match self.limit.quota {
            Quota::SlidingLog { per_milliseconds, .. } | Quota::FixedWindow { per_milliseconds, .. } => {
                per(per_milliseconds)
            }
            // No more than the bucket holds in the time in which it fills keeps to it over every span.
            Quota::TokenBucket { units, per_milliseconds, .. } => {
                share(per(per_milliseconds), capacity, units)
            }
            Quota::Concurrent { .. } => {
                self.lease.get_or_insert_with(|| Lease::slots(store, key));
                return;
            }
            Quota::Adaptive { .. } => return,
        };
        self.lease.get_or_insert_with(|| Lease::batches(store, key, span));
    }

    /// How long other processes leave too little of it. Asked only where nothing else is in the way, because what is leased is to be used.
    pub(super) fn lacks_lease(&mut self, units: u64, moment: Moment) -> Option<Duration> {
        let (units, capacity) = (self.clamp(units), self.capacity());
        self.lease.as_mut()?.refuses(units, capacity, moment)
    }

    /// How long other processes leave nothing of it, as far as that is known without asking.
    pub(super) fn lease_wait(&self, now: Duration) -> Option<Duration> {
        self.lease.as_ref()?.waits(now)
    }

    /// What was wrong with what the processes share, where that holds requests back.
    pub(super) fn lease_problem(&self) -> Option<String> {
        self.lease.as_ref()?.problem()
    }

    /// How many units it lets through at once, or in its span.
    pub(super) fn capacity(&self) -> u64 {
        let own = match self.limit.quota {
            Quota::SlidingLog { units, .. } | Quota::FixedWindow { units, .. } => units,
            Quota::TokenBucket { burst, .. } => burst,
            Quota::Concurrent { requests } => requests,
            Quota::Adaptive { .. } => u64::MAX,
        };
        self.quota.map_or(own, |quota| quota.min(own)).max(1)
    }

    /// Units that are left, as far as this process and the server's headers know; nothing where what it lets through is learned.
    pub(super) fn left(&self, now: Duration) -> Option<u64> {
        let capacity = self.capacity();
        let own = match &self.state {
            State::Log { taken, span, .. } => {
                let counted = taken.iter().filter(|part| part.last.saturating_add(*span) > now);
                capacity.saturating_sub(counted.map(|part| part.units).sum())
            }
            State::Window { ends, .. } if now >= *ends => capacity,
            State::Window { used, .. } => capacity.saturating_sub(*used),
            State::Cells { full_at, units, per } => {
                let owed = full_at.saturating_sub(now).as_nanos().saturating_mul(u128::from(*units));
                let owed = owed.div_ceil(per.as_nanos().max(1));
                capacity.saturating_sub(u64::try_from(owed).unwrap_or(u64::MAX))
            }
            State::Concurrent { held } => capacity.saturating_sub(*held),
            State::Adaptive(_) => return None,
        };
        let told = self.told.filter(|told| told.until > now).map(|told| told.remaining);
        Some(told.map_or(own, |told| told.min(own)))
    }

    /// What a request that costs so much really takes: one that costs more than all there ever is could otherwise never start.
    fn clamp(&self, units: u64) -> u64 {
        match self.state {
            State::Concurrent { .. } | State::Adaptive(_) => 1,
            _ => units.min(self.capacity()),
        }
    }

    /// Why so many units cannot be taken now, as far as this process knows; `None` where they can.
    pub(super) fn refuses(&mut self, units: u64, now: Duration) -> Option<Refusal> {
        let (units, capacity) = (self.clamp(units), self.capacity());
        self.told = self.told.filter(|told| told.until > now);
        let told = self.told.filter(|told| told.remaining < units).map(|told| told.until.saturating_sub(now));
        let own = match &mut self.state {
            State::Log { taken, sum, span } => {
                while let Some(oldest) =
                    taken.front().filter(|oldest| oldest.last.saturating_add(*span) <= now)
                {
                    *sum = sum.saturating_sub(oldest.units);
                    taken.pop_front();
                }
                let mut over = sum.saturating_add(units).saturating_sub(capacity);
                let mut leaves = None;
                for old in taken.iter() {
                    if over == 0 {
                        break;
                    }
                    over = over.saturating_sub(old.units);
                    leaves = Some(old.last);
                }
                leaves.map(|at| at.saturating_add(*span).saturating_sub(now))
            }
            State::Window { anchor, ends, used, length } => {
                if now >= *ends {
                    let past = now.saturating_sub(*anchor).as_nanos() % length.as_nanos().max(1);
                    let past = Duration::from_nanos(u64::try_from(past).unwrap_or(0));
                    *ends = now.saturating_add(length.saturating_sub(past));
                    *used = 0;
                }
                (used.saturating_add(units) > capacity).then(|| ends.saturating_sub(now))
            }
            State::Cells { full_at, units: gained, per } => {
                let full_at = (*full_at).max(now).saturating_add(share(*per, units, *gained));
                let all = share(*per, capacity, *gained);
                Some(full_at.saturating_sub(now).saturating_sub(all)).filter(|wait| !wait.is_zero())
            }
            State::Concurrent { held } => return (*held >= capacity).then_some(Refusal::UntilRelease),
            State::Adaptive(adaptive) => adaptive.refuses(now),
        };
        own.max(told).map(Refusal::For)
    }

    /// Takes units that [`Bucket::refuses`] lets through.
    pub(super) fn take(&mut self, units: u64, moment: Moment) {
        let (units, capacity, now) = (self.clamp(units), self.capacity(), moment.now);
        if let Some(lease) = &mut self.lease {
            lease.take(units, moment);
        }
        match &mut self.state {
            State::Log { taken, sum, span } => {
                *sum = sum.saturating_add(units);
                let part = if capacity > u64::from(LOG_PARTS) { *span / LOG_PARTS } else { Duration::ZERO };
                match taken.back_mut().filter(|latest| now.saturating_sub(latest.first) < part) {
                    Some(latest) => {
                        latest.last = now;
                        latest.units = latest.units.saturating_add(units);
                    }
                    None => taken.push_back(Taken { first: now, last: now, units }),
                }
            }
            State::Window { used, .. } => *used = used.saturating_add(units),
            State::Cells { full_at, units: gained, per } => {
                *full_at = (*full_at).max(now).saturating_add(share(*per, units, *gained));
            }
            State::Concurrent { held } => *held = held.saturating_add(1),
            State::Adaptive(adaptive) => adaptive.take(now),
        }
        if let Some(told) = &mut self.told {
            told.remaining = told.remaining.saturating_sub(units);
        }
    }

    /// Gives back what was taken for a request that was never sent.
    pub(super) fn give_back(&mut self, units: u64) {
        let units = self.clamp(units);
        if let Some(lease) = &mut self.lease {
            lease.give_back(units);
        }
        match &mut self.state {
            State::Log { taken, sum, .. } => {
                // Whose units these were does not matter; that the latest go leaves the log no younger than it is.
                let mut left = units;
                while let Some(latest) = taken.back_mut().filter(|_| left > 0) {
                    let back = latest.units.min(left);
                    (latest.units, left) = (latest.units - back, left - back);
                    *sum = sum.saturating_sub(back);
                    if latest.units == 0 {
                        taken.pop_back();
                    }
                }
            }
            State::Window { used, .. } => *used = used.saturating_sub(units),
            State::Cells { full_at, units: gained, per } => {
                *full_at = full_at.saturating_sub(share(*per, units, *gained));
            }
            State::Concurrent { held } => *held = held.saturating_sub(1),
            State::Adaptive(adaptive) => adaptive.give_back(),
        }
        if let Some(told) = &mut self.told {
            told.remaining = told.remaining.saturating_add(units);
        }
    }

    /// Whether its units are held until a request has ended.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.state, State::Concurrent { .. })
    }

    /// What an answer's outcome teaches.
    pub(super) fn learn(&mut self, refused: bool, now: Duration) {
        if let State::Adaptive(adaptive) = &mut self.state {
            adaptive.learn(refused, now);
        }
    }

    /// A guess of how long a request waits that comes after so many units: no shorter than [`Bucket::refuses`] says.
    pub(super) fn estimate(&self, ahead: u64, refusal: Duration) -> Duration {
        let (units, per) = match self.limit.quota {
            Quota::SlidingLog { units, per_milliseconds }
            | Quota::FixedWindow { units, per_milliseconds }
            | Quota::TokenBucket { units, per_milliseconds, .. } => (units, per_milliseconds),
            Quota::Concurrent { .. } | Quota::Adaptive { .. } => return refusal,
        };
        let whole = ahead / self.capacity().min(units.max(1));
        refusal.saturating_add(Duration::from_millis(per.saturating_mul(whole)))
    }

    /// Heeds what the server says of it.
    pub(super) fn correct(&mut self, reading: &Reading, now: Duration) {
        if let Some(quota) = reading.quota.filter(|quota| *quota > 0) {
            self.quota = Some(quota);
        }
        let Some(remaining) = reading.remaining else { return };
        let capacity = self.capacity();
        let share = match &mut self.state {
            State::Cells { full_at, units, per } => {
                // It fills steadily, so what is used says when it is full.
                let used = share(*per, capacity.saturating_sub(remaining), *units);
                *full_at = (*full_at).max(now.saturating_add(used));
                if reading.reset.is_none() {
                    return;
                }
                share(*per, 1, *units)
            }
            State::Log { span, .. } => share(*span, 1, capacity),
            State::Window { length, ends, anchor, .. } => {
                if let Some(reset) = reading.reset {
                    let end = now.saturating_add(reset);
                    // A reset within this window is where it ends; one further away is of a window that began late.
                    if !reset.is_zero() && reset <= *length {
                        (*anchor, *ends) = (end, end);
                    }
                }
                share(*length, 1, capacity)
            }
            State::Concurrent { .. } | State::Adaptive(_) => return,
        };
        // Without a reset, what is used up comes back bit by bit.
        let until = now.saturating_add(reading.reset.unwrap_or(share));
        self.told = Some(match self.told {
            // Answers overtake one another: within one window the lowest count is the latest.
            Some(told)
                if told.until > now
                    && until < told.until.saturating_add(SAME_RESET)
                    && reading.reset.is_some() =>
            {
                Told { remaining: told.remaining.min(remaining), until: told.until.max(until) }
            }
            _ => Told { remaining, until },
        });
    }
}

/// The time in which so many units are gained, rounded up: a budget may be kept too well.
fn share(per: Duration, units: u64, gained: u64) -> Duration {
    let nanoseconds = per.as_nanos().saturating_mul(u128::from(units)).div_ceil(u128::from(gained.max(1)));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}
