//! Request budgets, kept before the server has to refuse. Each limit of the contract is a window that slides: a request starts only when
//! fewer than `requests` started in the last `per_milliseconds`. That never exceeds the budget wherever the server's own window begins.
//! What the server says about the budget in its headers corrects it, since other programs use it up too.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use crate::contract::{Contract, Limit};
use crate::retry::{number, wait};

/// Two resets closer together than this are the same one: servers round to seconds.
const SAME_RESET: Duration = Duration::from_secs(2);

/// The budgets of one client.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: &'static [Limit],
    buckets: Mutex<Vec<Bucket>>,
}

#[derive(Debug, Default)]
struct Bucket {
    /// When requests started, oldest first; none older than the window.
    started: VecDeque<Duration>,
    /// The quota of the server where it is smaller than the manifest's.
    quota: Option<u64>,
    /// What the server says is left.
    told: Option<Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    remaining: u64,
    /// From then on it holds no longer.
    until: Duration,
}

/// A budget that lets nothing through now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) limit: &'static str,
    pub(crate) duration: Duration,
}

impl Limiter {
    pub(crate) fn new(contract: &'static Contract) -> Self {
        let buckets = contract.limits.iter().map(|_| Bucket::default()).collect();
        Self { limits: contract.limits, buckets: Mutex::new(buckets) }
    }

    /// Takes one request from each of these limits, or from none and tells the longest wait.
    pub(crate) fn take(&self, limits: &[usize], now: Duration) -> Result<(), Wait> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = limits
            .iter()
            .filter_map(|index| {
                let limit = self.limits.get(*index)?;
                let duration = buckets.get_mut(*index)?.wait(limit, now)?;
                Some(Wait { limit: limit.name, duration })
            })
            .max_by_key(|wait| wait.duration);
        if let Some(wait) = longest {
            return Err(wait);
        }
        for index in limits {
            if let Some(bucket) = buckets.get_mut(*index) {
                bucket.take(now);
            }
        }
        Ok(())
    }

    /// Reads what an answer says about these limits.
    pub(crate) fn correct(&self, limits: &[usize], headers: &HeaderMap, now: Duration, date: Timestamp) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for index in limits {
            if let (Some(limit), Some(bucket)) = (self.limits.get(*index), buckets.get_mut(*index)) {
                bucket.correct(limit, headers, now, date);
            }
        }
    }
}

impl Bucket {
    fn wait(&mut self, limit: &Limit, now: Duration) -> Option<Duration> {
        let window = Duration::from_millis(limit.per_milliseconds);
        while self.started.front().is_some_and(|start| *start + window <= now) {
            self.started.pop_front();
        }
        self.told = self.told.filter(|told| told.until > now);
        let quota = self.quota.map_or(limit.requests, |quota| quota.min(limit.requests)).max(1);
        let over = (self.started.len() as u64).checked_sub(quota);
        let own = over.and_then(|over| {
            let leaves = self.started.get(usize::try_from(over).ok()?)?;
            Some((*leaves + window).saturating_sub(now))
        });
        let told = self.told.filter(|told| told.remaining == 0).map(|told| told.until.saturating_sub(now));
        own.max(told)
    }

    fn take(&mut self, now: Duration) {
        self.started.push_back(now);
        if let Some(told) = &mut self.told {
            told.remaining = told.remaining.saturating_sub(1);
        }
    }

    fn correct(&mut self, limit: &Limit, headers: &HeaderMap, now: Duration, date: Timestamp) {
        let whole = |name: Option<&str>| number(headers, name?).filter(|n| *n >= 0.0).map(|n| n as u64);
        if let Some(quota) = whole(limit.headers.limit).filter(|quota| *quota > 0) {
            self.quota = Some(quota);
        }
        let Some(remaining) = whole(limit.headers.remaining) else { return };
        let reset = limit.headers.reset.and_then(|(name, unit)| {
            wait(headers.get(name)?.to_str().ok()?, unit, date).map(|wait| now.saturating_add(wait))
        });
        // Without a reset, what is used up comes back bit by bit: one request's share of the window.
        let share = Duration::from_millis(limit.per_milliseconds / limit.requests.max(1));
        let until = reset.unwrap_or(now + share);
        self.told = Some(match self.told {
            // Answers overtake one another: within one window the lowest count is the latest.
            Some(told) if told.until > now && until < told.until + SAME_RESET && reset.is_some() => {
                Told { remaining: told.remaining.min(remaining), until: told.until.max(until) }
            }
            _ => Told { remaining, until },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{LimitHeaders, TimeUnit};
    use proptest::prelude::*;

    fn limiter(requests: u64, per_milliseconds: u64) -> (Limiter, &'static Limit) {
        let headers = LimitHeaders {
            limit: Some("x-limit"),
            remaining: Some("x-remaining"),
            reset: Some(("x-reset", TimeUnit::Seconds)),
        };
        let limits: &'static [Limit] =
            Box::leak(Box::new([Limit { name: "account", requests, per_milliseconds, headers }]));
        (Limiter { limits, buckets: Mutex::new(vec![Bucket::default()]) }, &limits[0])
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>()
    }

    #[test]
    fn the_headers_correct_the_budget() {
        let (limiter, _) = limiter(100, 60_000);
        let now = Duration::from_secs(1_000);
        let told = |remaining: &str, reset: &str| {
            let headers = headers(&[("x-remaining", remaining), ("x-reset", reset)]);
            limiter.correct(&[0], &headers, now, Timestamp::UNIX_EPOCH);
        };
        told("1", "30");
        assert_eq!(limiter.take(&[0], now), Ok(()));
        let wait = |seconds| Err(Wait { limit: "account", duration: Duration::from_secs(seconds) });
        assert_eq!(limiter.take(&[0], now), wait(30), "nothing is left until the reset");
        told("1", "30");
        assert_eq!(limiter.take(&[0], now), wait(30), "an answer that was overtaken adds nothing");
        told("5", "90");
        assert_eq!(limiter.take(&[0], now), Ok(()), "a later reset is a new window");
        told("0", "-5");
        assert_eq!(
            limiter.take(&[0], now + Duration::from_secs(91)),
            Ok(()),
            "a reset in the past holds nothing"
        );
    }

    #[test]
    fn a_smaller_quota_of_the_server_wins_and_a_larger_does_not() {
        let now = Duration::ZERO;
        for (header, served) in [("2", 2), ("9", 3), ("0", 3), ("x", 3)] {
            let (limiter, _) = limiter(3, 1_000);
            limiter.correct(&[0], &headers(&[("x-limit", header)]), now, Timestamp::UNIX_EPOCH);
            let taken = (0..10).filter(|_| limiter.take(&[0], now).is_ok()).count();
            assert_eq!(taken, served, "x-limit: {header}");
        }
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_its_budget(
            requests in 1u64..8,
            per in 1u64..500,
            gaps in proptest::collection::vec(0u64..300, 1..80),
        ) {
            let (limiter, limit) = limiter(requests, per);
            let mut now = Duration::ZERO;
            let mut starts: Vec<Duration> = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                while let Err(wait) = limiter.take(&[0], now) {
                    prop_assert!(!wait.duration.is_zero(), "a wait of nothing would spin");
                    now += wait.duration;
                }
                starts.push(now);
            }
            let window = Duration::from_millis(limit.per_milliseconds);
            for start in &starts {
                let within = starts.iter().filter(|other| **other >= *start && **other < *start + window).count();
                prop_assert!(within as u64 <= requests, "{within} requests in one window");
            }
        }
    }
}
