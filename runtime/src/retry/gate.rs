//! What a server asked a client to wait before it is asked again: for one operation, with a refusal, or for all of its operations, in a header
//! that is heeded in every answer. The call that was refused waits or ends by itself; the gate holds back all others of that client: those
//! that are made later, and what was fetched ahead, dropped, and is asked for anew. Another client may ask, so whoever runs it again before
//! the time learns whether it still holds.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use crate::contract::Contract;

use crate::told::{read, server_time};

/// Until when an operation, or a whole server, is to be left alone.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<BTreeMap<Whom, Closed>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whom {
    Operation(&'static str),
    /// All operations of a server, by its place among the client's.
    Server(usize),
}

/// By the clock's elapsed time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Closed {
    until: Duration,
    /// The header that asked for it; none for a refusal.
    header: Option<&'static str>,
}

impl Gate {
    fn closed(&self) -> MutexGuard<'_, BTreeMap<Whom, Closed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes it for so long, unless it is closed for longer.
    pub(crate) fn close(&self, operation: &'static str, now: Duration, wait: Duration) {
        self.shut(Whom::Operation(operation), Closed { until: now.saturating_add(wait), header: None });
    }

    /// Closes it for all operations of a server for as long as an answer's headers ask, whatever else the answer says.
    pub(crate) fn heed(
        &self,
        contract: &'static Contract,
        server: usize,
        headers: &HeaderMap,
        (now, date): (Duration, Timestamp),
    ) {
        let sources = contract.wait_sources.iter().filter(|source| source.always);
        let asked = sources.filter_map(|source| {
            let wait = read(headers, source.header, source.unit, server_time(headers, date))?;
            Some(Closed { until: now.saturating_add(wait), header: Some(source.header) })
        });
        if let Some(longest) = asked.max().filter(|longest| longest.until > now) {
            self.shut(Whom::Server(server), longest);
        }
    }

    fn shut(&self, whom: Whom, asked: Closed) {
        let mut closed = self.closed();
        let known = closed.entry(whom).or_default();
        *known = asked.max(*known);
    }

    /// How long it is still closed, and the header that asked for that; `None` where it is open.
    pub(crate) fn wait(
        &self,
        operation: &'static str,
        server: usize,
        now: Duration,
    ) -> Option<(Duration, Option<&'static str>)> {
        let mut closed = self.closed();
        closed.retain(|_, closed| closed.until > now);
        let longest = [Whom::Server(server), Whom::Operation(operation)]
            .iter()
            .filter_map(|whom| closed.get(whom))
            .max()?;
        Some((longest.until.saturating_sub(now), longest.header))
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
        let wait = |operation, now| gate.wait(operation, 0, seconds(now)).map(|(wait, _)| wait);
        assert_eq!(wait("list", 12), Some(seconds(28)));
        assert_eq!(wait("read", 12), None);
        assert_eq!(wait("list", 40), None);
        gate.shut(Whom::Server(0), Closed { until: seconds(60), header: Some("Backoff") });
        gate.close("list", seconds(41), seconds(9));
        assert_eq!(
            gate.wait("list", 0, seconds(45)),
            Some((seconds(15), Some("Backoff"))),
            "the longer of both"
        );
        assert_eq!(wait("read", 45), Some(seconds(15)), "it is closed for all");
        assert_eq!(gate.wait("read", 1, seconds(45)), None, "of that server");
        gate.close("list", seconds(61), Duration::MAX);
        assert_eq!(wait("list", 61), Some(Duration::MAX - seconds(61)));
    }
}
