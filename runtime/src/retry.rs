//! What a failed attempt means, whether the call is tried again, and when.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::contract::{Contract, Limit, TimeUnit};
use crate::random::Random;

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Ok,
    /// It never left: trying again is safe for every method.
    NotSent,
    /// The server refused to process it for now (429, or 403 with a limit's headers): trying again is safe for every method.
    Rejected,
    /// It may have been processed (reset, timeout, half a body, 408, 425, 500, 502, 503, 504): only what is idempotent is tried again.
    Ambiguous,
    /// Trying again would change nothing.
    Permanent,
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

/// Whether a status tells of a state that passes by itself.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// What an answer means. `limited` says whether its headers show that a limit was hit.
pub fn classify(status: StatusCode, limited: bool) -> Outcome {
    match status.as_u16() {
        200..=299 => Outcome::Ok,
        429 => Outcome::Rejected,
        403 if limited => Outcome::Rejected,
        408 | 425 | 500 | 502 | 503 | 504 => Outcome::Ambiguous,
        _ => Outcome::Permanent,
    }
}

/// Whether the headers show that a limit was hit: `Retry-After` is there, or nothing is left of a limit. Other wait sources do not count:
/// many servers send their reset time with every answer.
pub fn shows_limit(contract: &Contract, headers: &HeaderMap) -> bool {
    let declared = contract.limits.iter().filter_map(|limit| limit.headers.remaining);
    headers.contains_key(http::header::RETRY_AFTER)
        || declared.chain(["x-ratelimit-remaining"]).any(|name| number(headers, name) == Some(0.0))
}

/// How long the server asks to wait: the first source that can be read. `Retry-After` is the first unless the manifest lists it elsewhere,
/// then come the manifest's sources, then the resets of its limits. After an outcome other than [`Outcome::Rejected`] only `Retry-After` is
/// heeded, and the reset of a limit only where nothing is left of it: both are sent with answers that have nothing to do with a limit.
pub fn hint(contract: &Contract, headers: &HeaderMap, outcome: Outcome, now: Timestamp) -> Option<Duration> {
    if outcome != Outcome::Rejected {
        return retry_after(headers, now);
    }
    let is_retry_after = |header: &str| header.eq_ignore_ascii_case(http::header::RETRY_AFTER.as_str());
    let listed = contract.wait_sources.iter().any(|source| is_retry_after(source.header));
    let first = if listed { None } else { retry_after(headers, now) };
    first
        .or_else(|| {
            contract.wait_sources.iter().find_map(|source| {
                if is_retry_after(source.header) {
                    return retry_after(headers, now);
                }
                let left = contract.limits.iter().any(|limit| is_left(limit, source.header, headers));
                if left { None } else { read(headers, source.header, source.unit, now) }
            })
        })
        .or_else(|| {
            contract.limits.iter().find_map(|limit| {
                let (reset, unit) = limit.headers.reset?;
                (number(headers, limit.headers.remaining?)? <= 0.0).then_some(())?;
                read(headers, reset, unit, now)
            })
        })
}

/// Whether that header is the reset of this limit, of which something is left.
fn is_left(limit: &Limit, header: &str, headers: &HeaderMap) -> bool {
    let is_reset = limit.headers.reset.is_some_and(|(reset, _)| reset.eq_ignore_ascii_case(header));
    let remaining = limit.headers.remaining.and_then(|name| number(headers, name));
    is_reset && remaining.is_some_and(|remaining| remaining > 0.0)
}

fn read(headers: &HeaderMap, name: &str, unit: TimeUnit, now: Timestamp) -> Option<Duration> {
    wait(headers.get(name)?.to_str().ok()?, unit, now)
}

/// `Retry-After`, RFC 9110 section 10.2.3: seconds or a date. A date in the past is no wait; anything else is ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    wait(text, TimeUnit::Seconds, now).or_else(|| wait(text, TimeUnit::HttpDate, now))
}

/// A time of that unit as a wait from now. What lies in the past is no wait; what cannot be read is none at all.
pub fn wait(text: &str, unit: TimeUnit, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if unit == TimeUnit::HttpDate {
        let date = httpdate::parse_http_date(text).ok()?;
        let date = Timestamp::try_from(date).ok()?;
        return Some(Duration::try_from(date.duration_since(now)).unwrap_or_default());
    }
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let now = now.as_duration().as_secs_f64();
    let seconds = match unit {
        TimeUnit::Seconds | TimeUnit::HttpDate => value,
        TimeUnit::Milliseconds => value / 1e3,
        TimeUnit::EpochSeconds => value - now,
        TimeUnit::EpochMilliseconds => value / 1e3 - now,
    };
    // A number beyond what a duration holds is the longest wait there is, and so beyond every cap.
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    let value: f64 = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeded;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn statuses_and_what_they_mean() {
        use Outcome::{Ambiguous, Ok, Permanent, Rejected};
        let cases: [(&[u16], bool, Outcome); 6] = [
            (&[200, 201, 204, 206], false, Ok),
            (&[429], false, Rejected),
            (&[403, 429], true, Rejected),
            (&[408, 425, 500, 502, 503, 504], false, Ambiguous),
            (&[408, 425, 500, 502, 503, 504], true, Ambiguous),
            (&[304, 400, 401, 403, 404, 409, 410, 422, 501, 505, 507, 508, 511, 599], false, Permanent),
        ];
        for (statuses, limited, expected) in cases {
            for status in statuses {
                let found = classify(StatusCode::from_u16(*status).unwrap(), limited);
                assert_eq!(found, expected, "{status} limited={limited}");
            }
        }
    }

    #[test]
    fn waits_in_every_unit() {
        use TimeUnit::{EpochMilliseconds, EpochSeconds, HttpDate, Milliseconds, Seconds};
        let cases = [
            ("5", Seconds, Some(5_000)),
            (" 0.25 ", Seconds, Some(250)),
            ("-3", Seconds, Some(0)),
            ("soon", Seconds, None),
            ("", Seconds, None),
            ("NaN", Seconds, None),
            ("inf", Seconds, None),
            ("1500", Milliseconds, Some(1_500)),
            ("1767225610", EpochSeconds, Some(10_000)),
            ("1767225600", EpochSeconds, Some(0)),
            ("1", EpochSeconds, Some(0)),
            ("1767225600750", EpochMilliseconds, Some(750)),
            ("Thu, 01 Jan 2026 00:00:30 GMT", HttpDate, Some(30_000)),
            ("Thursday, 01-Jan-26 00:00:30 GMT", HttpDate, Some(30_000)),
            ("Thu Jan  1 00:00:30 2026", HttpDate, Some(30_000)),
            ("Wed, 31 Dec 2025 23:00:00 GMT", HttpDate, Some(0)),
            ("tomorrow", HttpDate, None),
        ];
        for (text, unit, expected) in cases {
            let found = wait(text, unit, now()).map(|wait| (wait.as_secs_f64() * 1e3).round() as u64);
            assert_eq!(found, expected, "{text:?} {unit:?}");
        }
        assert_eq!(wait("1e300", Seconds, now()), Some(Duration::MAX));
        let mut headers = HeaderMap::new();
        for (text, expected) in [("7", Some(7)), ("Thu, 01 Jan 2026 00:00:09 GMT", Some(9)), ("later", None)]
        {
            headers.insert(http::header::RETRY_AFTER, text.parse().unwrap());
            assert_eq!(retry_after(&headers, now()).map(|wait| wait.as_secs()), expected, "{text}");
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
