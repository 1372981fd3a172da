//! The circuit breaker of one server and credential. It counts calls that got no good answer for the connection's or the server's sake, and
//! never refusals. While it is open nothing is sent; then one probe decides.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Outcome;

/// Failures in a row that open it. More than the attempts of one call, so that one bad request does not.
const FAILURES: u32 = 20;
/// For how long there has to have been nothing else: many requests side by side fail together when a server restarts, and retries wait
/// that out.
const SPAN: Duration = Duration::from_secs(10);
/// How long it stays open the first time; doubled with each probe that fails.
const OPEN: Duration = Duration::from_secs(30);
/// The longest that it stays open.
const OPEN_LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    /// Failures in a row.
    failures: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the first of the failures in a row was.
    since: Duration,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    until: Duration,
    length: Duration,
    is_probing: bool,
}

/// That an attempt may be made. What becomes of it has to be told with [`Pass::end`]; one that is dropped was cut off and says nothing.
#[derive(Debug)]
pub(crate) struct Pass {
    breaker: Option<Arc<super::Partition>>,
    is_probe: bool,
}

/// Nothing is sent for so long, after so many failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) wait: Duration,
    pub(crate) failures: u32,
}

impl super::Partition {
    /// Asks the breaker.
    pub(crate) fn enter(self: &Arc<Self>, now: Duration) -> Result<Pass, Refused> {
        let breaker = &self.breaker;
        let failures = breaker.failures.load(Ordering::Relaxed);
        let mut is_probe = false;
        if failures >= FAILURES
            && let Some(open) = &mut breaker.state().open
        {
            if open.is_probing || now < open.until {
                // While the probe is under way nobody knows; it decides soon.
                let wait = open.until.saturating_sub(now).max(Duration::from_secs(1));
                return Err(Refused { wait, failures });
            }
            open.is_probing = true;
            is_probe = true;
        }
        Ok(Pass { breaker: Some(Arc::clone(self)), is_probe })
    }
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, is_probe: bool, now: Duration) {
        let mut state = self.state();
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures == 1 {
            state.since = now;
        }
        if failures < FAILURES || now.saturating_sub(state.since) < SPAN {
            return;
        }
        match &mut state.open {
            Some(open) if is_probe => {
                let length = open.length.saturating_mul(2).min(OPEN_LIMIT);
                *open = Open { until: now.saturating_add(length), length, is_probing: false };
            }
            // Attempts that began before it opened say nothing new.
            Some(_) => {}
            None => {
                let until = now.saturating_add(OPEN);
                state.open = Some(Open { until, length: OPEN, is_probing: false });
            }
        }
    }

    fn answered(&self) {
        if self.failures.load(Ordering::Relaxed) == 0 {
            return;
        }
        self.state().open = None;
        self.failures.store(0, Ordering::Relaxed);
    }
}

impl Pass {
    /// What became of the attempt.
    pub(crate) fn end(mut self, outcome: Outcome, now: Duration) {
        let Some(partition) = self.breaker.take() else { return };
        match outcome {
            Outcome::NotSent | Outcome::Ambiguous => partition.breaker.failed(self.is_probe, now),
            Outcome::Ok | Outcome::Rejected | Outcome::Refresh | Outcome::Permanent => {
                partition.breaker.answered()
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(partition) = self.breaker.take()
            && self.is_probe
            && let Some(open) = &mut partition.breaker.state().open
        {
            open.is_probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::Partition;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// So many failures, the last of them at that time, the others long before.
    fn fail(partition: &Arc<Partition>, times: u32, now: Duration) {
        for left in (0..times).rev() {
            let at = if left == 0 { now } else { now.saturating_sub(SPAN) };
            partition.enter(at).unwrap().end(Outcome::Ambiguous, at);
        }
    }

    #[test]
    fn many_failures_at_once_are_one_blip() {
        let partition = Arc::new(Partition::default());
        for second in 0..SPAN.as_secs() {
            for _ in 0..100 {
                partition.enter(seconds(second)).unwrap().end(Outcome::NotSent, seconds(second));
            }
        }
        partition.enter(SPAN).unwrap().end(Outcome::NotSent, SPAN);
        assert!(partition.enter(SPAN).is_err(), "nothing else for {SPAN:?}");
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_probe_decides() {
        let partition = Arc::new(Partition::default());
        fail(&partition, FAILURES - 1, seconds(0));
        partition.enter(seconds(0)).unwrap().end(Outcome::Rejected, seconds(0));
        fail(&partition, FAILURES, seconds(11));
        let refused = partition.enter(seconds(21)).unwrap_err();
        assert_eq!(refused, Refused { wait: seconds(20), failures: FAILURES });
        let probe = partition.enter(seconds(41)).unwrap();
        assert!(partition.enter(seconds(41)).is_err(), "one probe at a time");
        drop(probe);
        let probe = partition.enter(seconds(41)).expect("a probe that was cut off is made again");
        probe.end(Outcome::NotSent, seconds(50));
        assert_eq!(partition.enter(seconds(50)).unwrap_err().wait, seconds(60), "twice as long");
        partition.enter(seconds(110)).unwrap().end(Outcome::Ok, seconds(110));
        fail(&partition, FAILURES - 1, seconds(121));
        partition.enter(seconds(121)).expect("closed, and counted anew");
    }

    #[test]
    fn refusals_never_open_it() {
        for outcome in [Outcome::Rejected, Outcome::Permanent, Outcome::Refresh, Outcome::Ok] {
            let partition = Arc::new(Partition::default());
            for _ in 0..100 {
                partition.enter(seconds(0)).unwrap().end(outcome, seconds(0));
            }
            assert!(partition.enter(seconds(0)).is_ok(), "{outcome:?}");
        }
    }

    #[test]
    fn it_stays_open_no_longer_than_the_cap() {
        let partition = Arc::new(Partition::default());
        fail(&partition, FAILURES, seconds(10));
        let mut now = seconds(10);
        for _ in 0..10 {
            now += partition.enter(now).unwrap_err().wait;
            partition.enter(now).unwrap().end(Outcome::Ambiguous, now);
        }
        assert_eq!(partition.enter(now).unwrap_err().wait, OPEN_LIMIT);
    }
}
