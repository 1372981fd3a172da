//! What a failed attempt means, whether the call is tried again, and when.
//!
//! `rules` is the manifest's error map, [`wait`] how long the server asks to wait, and `gate` holds back a client's other calls for as long.
//! Calls to one server with one credential share `tokens`, which end a storm of retries, and a circuit `breaker`.

mod breaker;
mod gate;
pub(crate) mod rules;
mod tokens;
mod wait;

use std::time::Duration;

use http::StatusCode;

use crate::random::Random;

pub(crate) use breaker::Pass;
pub(crate) use gate::Gate;
pub use wait::{hint, shows_limit};

/// What calls to one server with one credential share.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    pub(crate) tokens: tokens::RetryTokens,
    breaker: breaker::Breaker,
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Ok,
    /// It never left: trying again is safe for every method.
    NotSent,
    /// The server refused to process it for now (429, 403 with a limit's headers): trying again is safe for every method.
    Rejected,
    /// It may have been processed (reset, timeout, half a body, 408, 425, 500, 502, 503, 504): only what is idempotent is tried again.
    Ambiguous,
    /// The server no longer takes the credential (401): with a new one the same request may be taken, which is tried once a call.
    Refresh,
    /// Trying again would change nothing.
    Permanent,
}

impl Outcome {
    /// In metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::Ambiguous => "ambiguous",
            Self::Refresh => "refresh",
            Self::Permanent => "permanent",
        }
    }
}

/// When a call is tried again.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// Attempts in all, the first included. Default 8; 1 for none again.
    pub attempts: u32,
    /// First backoff after a failure that is not a limit's. Default 50 ms; doubled with each retry.
    pub base: Duration,
    /// First backoff after the server rejected for a limit. Default 1 s; doubled with each retry.
    pub throttled_base: Duration,
    /// Longest backoff. Default 20 s.
    pub cap: Duration,
    /// Longest wait that the server or a limit may ask for; beyond it the call fails with the time at which to go on. Default 5 min.
    pub max_wait: Duration,
    /// Longest time for a call with all its attempts and waits. Default 15 min.
    pub budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 8,
            base: Duration::from_millis(50),
            throttled_base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
            max_wait: Duration::from_secs(300),
            budget: Duration::from_secs(900),
        }
    }
}

impl RetryPolicy {
    /// A policy of one attempt.
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// The wait before the next attempt: full jitter between nothing and the backoff, never less than the server asks for, and then up to a
    /// tenth on top, so that clients that were told the same time do not come back together. `retries` counts those made so far.
    pub fn delay(
        &self,
        outcome: Outcome,
        retries: u32,
        hint: Option<Duration>,
        random: &dyn Random,
    ) -> Duration {
        let base = if outcome == Outcome::Rejected { self.throttled_base } else { self.base };
        let ceiling = base.saturating_mul(1u32.checked_shl(retries).unwrap_or(u32::MAX)).min(self.cap);
        let backoff = ceiling.mul_f64(random.fraction());
        match hint {
            Some(hint) if hint >= backoff => hint.saturating_add(hint.mul_f64(0.1 * random.fraction())),
            _ => backoff,
        }
    }
}

/// What an answer means. `limited` says whether its headers show that a limit was hit.
pub fn classify(status: StatusCode, limited: bool) -> Outcome {
    match status.as_u16() {
        200..=299 => Outcome::Ok,
        401 => Outcome::Refresh,
        429 => Outcome::Rejected,
        403 if limited => Outcome::Rejected,
        408 | 425 | 500 | 502 | 503 | 504 => Outcome::Ambiguous,
        _ => Outcome::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeded;
    use proptest::prelude::*;

    #[test]
    fn statuses_and_what_they_mean() {
        use Outcome::{Ambiguous, Ok, Permanent, Refresh, Rejected};
        let cases: [(&[u16], bool, Outcome); 7] = [
            (&[200, 201, 204, 206], false, Ok),
            (&[429], false, Rejected),
            (&[401], true, Refresh),
            (&[403, 429], true, Rejected),
            (&[408, 425, 500, 502, 503, 504], false, Ambiguous),
            (&[408, 425, 500, 502, 503, 504], true, Ambiguous),
            (&[304, 400, 403, 404, 409, 410, 422, 501, 505, 507, 508, 511, 599], false, Permanent),
        ];
        for (statuses, limited, expected) in cases {
            for status in statuses {
                let found = classify(StatusCode::from_u16(*status).unwrap(), limited);
                assert_eq!(found, expected, "{status} limited={limited}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_delay_stays_within_its_bounds(seed: u64, retries in 0u32..200, hint in proptest::option::of(0u64..10_000)) {
            let (policy, random) = (RetryPolicy::default(), Seeded::new(seed));
            let hint = hint.map(Duration::from_millis);
            for (outcome, base) in [(Outcome::Rejected, policy.throttled_base), (Outcome::Ambiguous, policy.base)] {
                let ceiling = policy.cap.min(base * 2u32.saturating_pow(retries.min(20)));
                let delay = policy.delay(outcome, retries, hint, &random);
                prop_assert!(delay >= hint.unwrap_or_default());
                prop_assert!(delay <= ceiling.max(hint.unwrap_or_default().mul_f64(1.1)), "{delay:?}");
            }
        }
    }
}
