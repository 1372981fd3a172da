//! What time it is where the headers were written, and how long they ask to wait.

use std::time::Duration;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use crate::contract::TimeUnit;

/// From what difference on a clock is off: the header counts whole seconds, and the answer was on its way for a while.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_secs(2);

/// The time by the clock of who wrote these headers, which moments in them are to be compared with. That is `Date` (RFC 9110 6.6.1), with
/// what a cache says that has passed since (RFC 9111 5.1); ours where it is absent, or agrees with ours as far as it can tell.
pub(crate) fn server_time(headers: &HeaderMap, now: Timestamp) -> Timestamp {
    let text = headers.get(http::header::DATE).and_then(|value| value.to_str().ok());
    let date = text.and_then(|text| httpdate::parse_http_date(text.trim()).ok());
    let date = date.and_then(|date| Timestamp::try_from(date).ok());
    let age = number(headers, "age").filter(|age| *age >= 0.0);
    let passed = age.and_then(|age| SignedDuration::try_from_secs_f64(age).ok()).unwrap_or_default();
    match date.and_then(|date| date.checked_add(passed).ok()) {
        Some(date) if date.duration_since(now).abs() > CLOCK_DIFFERENCE => date,
        _ => now,
    }
}

pub(crate) fn read(headers: &HeaderMap, name: &str, unit: TimeUnit, now: Timestamp) -> Option<Duration> {
    wait(headers.get(name)?.to_str().ok()?, unit, now)
}

/// `Retry-After`, RFC 9110 section 10.2.3: seconds or a date. A date in the past is no wait; anything else is ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    wait(text, TimeUnit::Seconds, now).or_else(|| wait(text, TimeUnit::HttpDate, server_time(headers, now)))
}

/// A time of that unit as a wait from now. What lies in the past is no wait; what cannot be read is none at all.
pub(crate) fn wait(text: &str, unit: TimeUnit, now: Timestamp) -> Option<Duration> {
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

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn moments_are_read_by_the_clock_of_who_wrote_them() {
        for (date, age, expected) in [
            (None, None, 0),
            (Some("Thu, 01 Jan 2026 00:00:02 GMT"), None, 0),
            (Some("Wed, 31 Dec 2025 23:59:58 GMT"), None, 0),
            (Some("Thu, 01 Jan 2026 00:00:45 GMT"), None, 45),
            (Some("Wed, 31 Dec 2025 23:59:15 GMT"), None, -45),
            (Some("Wed, 31 Dec 2025 23:00:00 GMT"), Some("3600"), 0),
            (Some("Wed, 31 Dec 2025 23:00:00 GMT"), Some("-1"), -3_600),
            (Some("yesterday"), None, 0),
            (Some("Thu, 01 Jan 2026 00:00:45 GMT"), Some("1e300"), 45),
        ] {
            let mut headers = HeaderMap::new();
            date.map(|date| headers.insert(http::header::DATE, date.parse().unwrap()));
            age.map(|age: &str| headers.insert(http::header::AGE, age.parse().unwrap()));
            let found = server_time(&headers, now()).duration_since(now()).as_secs();
            assert_eq!(found, expected, "{date:?} {age:?}");
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
}
