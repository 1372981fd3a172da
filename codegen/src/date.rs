//! Days, as documents, manifests and decisions name them.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day; write it as 2026-11-21, as RFC 3339 has it")]
pub struct BadDate(String);

impl FromStr for Date {
    type Err = BadDate;

    /// A full date of RFC 3339, or a date and a time, of which the date counts: a sunset is written either way.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadDate(text.to_owned());
        let (date, rest) = text.split_at_checked(10).ok_or_else(bad)?;
        if !rest.is_empty() && !rest.starts_with(['T', 't', ' ']) {
            return Err(bad());
        }
        date.parse().map(Self).map_err(|_| bad())
    }
}

impl Date {
    /// The day in UTC at a time; for one that no calendar has, the first or last day that there is.
    pub fn at(time: SystemTime) -> Self {
        let timestamp = Timestamp::try_from(time)
            .unwrap_or_else(|_| if time < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX });
        Self(TimeZone::UTC.to_datetime(timestamp).date())
    }

    /// The day that is so many days after this one, or the last that there is.
    pub fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(SignedDuration::from_hours(24 * i64::from(days))))
    }

    /// How many days this day is after another; negative where it is before it.
    pub fn days_after(self, other: Date) -> i64 {
        self.0.duration_since(other.0).as_hours() / 24
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_are_read_counted_and_written() {
        let first: Date = "1970-01-01".parse().expect("a day");
        for (text, days) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-21", 20_778), ("9999-08-10", 2_932_753)]
        {
            let date: Date = text.parse().expect(text);
            assert_eq!(date.days_after(first), i64::from(days), "{text}");
            assert_eq!(first.days_after(date), -i64::from(days), "{text}");
            assert_eq!(first.plus(days), date, "{text}");
            assert_eq!(
                Date::at(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(days) * 86_400 + 86_399)),
                date,
                "{text}"
            );
            assert_eq!(date.to_string(), text);
        }
        for text in [
            "2026-13-01",
            "2025-02-29",
            "2026-1-1",
            "invalid",
            "",
            "2026-11-21x",
            "20260-1-01",
            "+026-01-01",
            "２026-01-01",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert_eq!("2026-11-21T10:00:00Z".parse::<Date>(), "2026-11-21".parse::<Date>());
        assert_eq!(first.plus(u32::MAX).to_string(), "9999-12-31");
    }
}
