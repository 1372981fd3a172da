//! A time before which nothing is sent to a server with a credential, because one of its answers asked for that.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use crate::contract::Contract;

use super::wait::read;

/// The end of the pause that was asked for last, on the client's clock.
#[derive(Debug, Default)]
pub(crate) struct Pause(Mutex<Option<Until>>);

#[derive(Clone, Copy, Debug)]
struct Until {
    moment: Duration,
    header: &'static str,
}

impl Pause {
    fn until(&self) -> MutexGuard<'_, Option<Until>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads an answer's headers. A pause is never made shorter: answers of requests side by side come in any order.
    pub(crate) fn heed(&self, contract: &'static Contract, headers: &HeaderMap, now: (Duration, Timestamp)) {
        let asked = contract.wait_sources.iter().filter(|source| source.always).filter_map(|source| {
            let wait = read(headers, source.header, source.unit, now.1)?;
            (!wait.is_zero()).then(|| Until { moment: now.0.saturating_add(wait), header: source.header })
        });
        if let Some(asked) = asked.max_by_key(|asked| asked.moment) {
            let mut until = self.until();
            if until.is_none_or(|known| known.moment < asked.moment) {
                *until = Some(asked);
            }
        }
    }

    /// What is left of it, and the header that asked for it.
    pub(crate) fn left(&self, now: Duration) -> Option<(Duration, &'static str)> {
        let until = (*self.until())?;
        let left = until.moment.saturating_sub(now);
        (!left.is_zero()).then_some((left, until.header))
    }
}
