//! How a refusal tells the time to wait.

use jiff::Timestamp;
use linchpin_runtime::contract::TimeUnit;
use linchpin_runtime::testing::Scripted;

use crate::faults::{LIMITS, Told, WAIT_SOURCES};

/// Says how long to wait, by the server's clock.
pub(crate) fn tell(answer: Scripted, told: Told, now: Timestamp, until: Timestamp) -> Scripted {
    let left = until.duration_since(now);
    let whole = |moment: Timestamp| moment.as_second() + i64::from(moment.subsec_nanosecond() > 0);
    let date = || {
        let moment = Timestamp::from_second(whole(until)).expect("a time");
        httpdate::fmt_http_date(moment.into())
    };
    let written = |unit: TimeUnit| match unit {
        TimeUnit::Seconds => left.as_secs().to_string(),
        TimeUnit::Milliseconds => left.as_millis().to_string(),
        TimeUnit::EpochSeconds => whole(until).to_string(),
        TimeUnit::EpochMilliseconds => until.as_millisecond().to_string(),
        TimeUnit::HttpDate => date(),
    };
    match told {
        Told::Nowhere => answer,
        Told::RetryAfterSeconds => answer.header("retry-after", &left.as_secs().to_string()),
        Told::RetryAfterDate => answer.header("retry-after", &date()),
        Told::OldRateLimit => {
            answer.header("ratelimit", &format!("limit=100, remaining=0, reset={}", left.as_secs()))
        }
        Told::Source(index) => answer.header(WAIT_SOURCES[index].header, &written(WAIT_SOURCES[index].unit)),
        Told::Reset(index) => {
            let headers = &LIMITS[index].headers;
            let answer = match (headers.remaining, headers.usage) {
                (Some(name), _) => answer.header(name, "0"),
                (_, Some(name)) => answer.header(name, "40/40"),
                _ => answer.header("ratelimit", &format!(r#""default";r=0;t={}"#, left.as_secs())),
            };
            headers.reset.into_iter().fold(answer, |answer, (name, unit)| answer.header(name, &written(unit)))
        }
    }
}
