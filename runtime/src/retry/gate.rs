//! What a server asked a client to wait before an operation is asked for again. The call that was refused waits or ends by itself; the gate
//! holds back all others of that client and operation: those that are made later, and what was fetched ahead, dropped, and is asked for anew.
//! Another client may ask, so whoever runs it again before the time learns whether it still holds.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Until when each operation is to be left alone, by the clock's elapsed time.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<BTreeMap<&'static str, Duration>>);

impl Gate {
    fn closed(&self) -> MutexGuard<'_, BTreeMap<&'static str, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes it for so long, unless it is closed for longer.
    pub(crate) fn close(&self, operation: &'static str, now: Duration, wait: Duration) {
        let until = now.saturating_add(wait);
        let mut closed = self.closed();
        let known = closed.entry(operation).or_default();
        *known = until.max(*known);
    }

    /// How long it is still closed; `None` where it is open.
    pub(crate) fn wait(&self, operation: &'static str, now: Duration) -> Option<Duration> {
        let mut closed = self.closed();
        let left = closed.get(operation)?.saturating_sub(now);
        if left.is_zero() {
            closed.remove(operation);
            return None;
        }
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_closed_for_as_long_as_the_longest_wait_and_for_one_operation() {
        let gate = Gate::default();
        let seconds = Duration::from_secs;
        gate.close("list", seconds(10), seconds(30));
        gate.close("list", seconds(11), seconds(5));
        assert_eq!(gate.wait("list", seconds(12)), Some(seconds(28)));
        assert_eq!(gate.wait("read", seconds(12)), None);
        assert_eq!(gate.wait("list", seconds(40)), None);
        gate.close("list", seconds(41), Duration::MAX);
        assert_eq!(gate.wait("list", seconds(41)), Some(Duration::MAX - seconds(41)));
    }
}
