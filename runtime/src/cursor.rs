//! Cursor values: which of two is later, and how one is written in a parameter. Everything rounds down, since a value that is too low
//! reads some records again and one that is too high loses them.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::contract::CursorFormat;

/// The furthest a clock on the wall is ahead of UTC. A time without a zone may be that much earlier than the same digits in UTC.
const FURTHEST_ZONE_AHEAD: SignedDuration = SignedDuration::from_hours(14);
/// The furthest it is behind. A server there begins its day that much after UTC's.
const FURTHEST_ZONE_BEHIND: SignedDuration = SignedDuration::from_hours(12);

/// A cursor value of a record.
#[derive(Clone, Debug)]
pub(crate) struct CursorValue {
    /// As served: the JSON of a text or number.
    json: String,
    reading: Reading,
}

#[derive(Clone, Debug)]
enum Reading {
    Time(Timestamp, TimeStyle),
    Number(Decimal),
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeStyle {
    Zoned,
    /// No zone; taken as UTC for comparing, since the values of one field share whatever zone they have.
    Unzoned,
    Day,
}

impl CursorValue {
    /// Reads a value as served. `None` for null, booleans, arrays, objects and empty texts, which say nothing about order.
    pub(crate) fn from_json(json: &str) -> Option<Self> {
        let json = json.trim();
        let reading = match json.as_bytes().first()? {
            b'"' => {
                let text: String = serde_json::from_str(json).ok()?;
                if text.trim().is_empty() {
                    return None;
                }
                read_text(&text)
            }
            b'-' | b'0'..=b'9' => Reading::Number(Decimal::parse(json)?),
            _ => return None,
        };
        Some(Self { json: json.to_owned(), reading })
    }

    /// Reads a value that a person wrote: the start of the first run.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::from_json(&serde_json::Value::from(text).to_string())
    }

    /// JSON of the value as served, as the checkpoint keeps it.
    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// The value as text, without quotes.
    pub(crate) fn text(&self) -> String {
        serde_json::from_str(&self.json).unwrap_or_else(|_| self.json.clone())
    }

    /// Times by their instant, numbers by their value, all else by the text.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (&self.reading, &other.reading) {
            (Reading::Time(one, _), Reading::Time(two, _)) => one.cmp(two),
            (Reading::Number(one), Reading::Number(two)) => one.cmp(two),
            _ => self.text().cmp(&other.text()),
        }
    }

    /// The later of the two; the first where they are the same.
    pub(crate) fn later(one: Option<Self>, two: Option<Self>) -> Option<Self> {
        match (one, two) {
            (Some(one), Some(two)) if two.compare(&one) == Ordering::Greater => Some(two),
            (Some(one), _) => Some(one),
            (None, two) => two,
        }
    }

    /// The moment that the value stands for. A number is one only where the parameter is declared to take times.
    fn instant(&self, format: CursorFormat) -> Option<Timestamp> {
        match &self.reading {
            Reading::Time(instant, _) => Some(*instant),
            Reading::Number(number) if format != CursorFormat::AsIs => number.instant(),
            Reading::Number(_) | Reading::Text => None,
        }
    }

    /// Whether the value grows with time by itself, so that a moment bounds it.
    pub(crate) fn is_time(&self, format: CursorFormat) -> bool {
        self.instant(format).is_some()
    }

    /// Whether nothing that happens from that moment on can get the same value: a clock may still be at it otherwise. Values that are no
    /// times are taken to grow with each change.
    pub(crate) fn is_settled(&self, moment: Timestamp) -> bool {
        let back = match self.reading {
            Reading::Time(_, TimeStyle::Zoned) | Reading::Number(_) | Reading::Text => SignedDuration::ZERO,
            Reading::Time(_, TimeStyle::Unzoned) => FURTHEST_ZONE_AHEAD,
            Reading::Time(_, TimeStyle::Day) => FURTHEST_ZONE_AHEAD + SignedDuration::from_hours(24),
        };
        self.instant(CursorFormat::EpochSeconds).is_none_or(|instant| instant < earlier(moment, back))
    }

    /// The value, or the moment written in the value's own manner where the value is later.
    pub(crate) fn not_after(self, moment: Timestamp, format: CursorFormat) -> Self {
        let moment = match self.reading {
            Reading::Time(_, TimeStyle::Unzoned) => earlier(moment, FURTHEST_ZONE_AHEAD),
            _ => moment,
        };
        if self.instant(format).is_none_or(|instant| instant <= moment) {
            return self;
        }
        let seconds = floor_to_second(moment);
        let json = match &self.reading {
            Reading::Time(_, TimeStyle::Zoned) => quoted(&seconds.to_string()),
            Reading::Time(_, TimeStyle::Unzoned) => quoted(&civil(seconds).to_string()),
            Reading::Time(_, TimeStyle::Day) => quoted(&civil(seconds).date().to_string()),
            Reading::Number(number) => {
                let digits = number.epoch_like(moment);
                if self.json.starts_with('"') { quoted(&digits) } else { digits }
            }
            Reading::Text => return self,
        };
        Self::from_json(&json).unwrap_or(self)
    }

    /// The value as the parameter takes it, never later than the value. `None` where the value cannot be written so.
    pub(crate) fn parameter(&self, format: CursorFormat) -> Option<String> {
        if format == CursorFormat::AsIs {
            return Some(self.text());
        }
        let instant = self.instant(format)?;
        let instant = match self.reading {
            Reading::Time(_, TimeStyle::Unzoned) => earlier(instant, FURTHEST_ZONE_AHEAD),
            _ => instant,
        };
        Some(match format {
            CursorFormat::AsIs => self.text(),
            CursorFormat::EpochSeconds => floor_to_second(instant).as_second().to_string(),
            CursorFormat::EpochMilliseconds => instant.as_nanosecond().div_euclid(1_000_000).to_string(),
            CursorFormat::Rfc3339 => floor_to_second(instant).to_string(),
            CursorFormat::Date => match self.reading {
                Reading::Time(_, TimeStyle::Day) => self.text(),
                _ => civil(earlier(instant, FURTHEST_ZONE_BEHIND)).date().to_string(),
            },
        })
    }
}

fn read_text(text: &str) -> Reading {
    // Digits alone are a number, even where they could be read as a day: 20240131.
    if let Some(number) = Decimal::parse(text) {
        return Reading::Number(number);
    }
    let utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).map(|moment| moment.timestamp());
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Reading::Time(instant, TimeStyle::Zoned);
    }
    if text.len() == 10
        && let Ok(instant) = text.parse::<Date>().and_then(|day| utc(day.into()))
    {
        return Reading::Time(instant, TimeStyle::Day);
    }
    if let Ok(instant) = text.parse::<DateTime>().and_then(utc) {
        return Reading::Time(instant, TimeStyle::Unzoned);
    }
    if let Ok(moment) = jiff::fmt::rfc2822::parse(text) {
        return Reading::Time(moment.timestamp(), TimeStyle::Zoned);
    }
    Reading::Text
}

fn earlier(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn floor_to_second(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_nanosecond().div_euclid(1_000_000_000);
    i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or(moment)
}

fn civil(moment: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(moment)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A decimal number, rounded down to nine places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Decimal {
    /// Rounded down: -1.5 is -2 and half a thousand million.
    whole: i128,
    nanos: u32,
}

impl Decimal {
    /// Digits with a sign and a fraction. An exponent is none: no API counts so, and a text with an `e` is no number.
    fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let nanos: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        Some(match (negative, nanos) {
            (false, _) => Self { whole, nanos },
            (true, 0) => Self { whole: -whole, nanos: 0 },
            (true, _) => Self { whole: -whole - 1, nanos: 1_000_000_000 - nanos },
        })
    }

    /// How many of the number's unit make a second. Seconds until the year 5138, which as milliseconds is March 1973.
    fn units_a_second(self) -> i128 {
        match self.whole.unsigned_abs() {
            0..100_000_000_000 => 1,
            100_000_000_000..100_000_000_000_000 => 1_000,
            100_000_000_000_000..100_000_000_000_000_000 => 1_000_000,
            _ => 1_000_000_000,
        }
    }

    /// The moment, where the number counts from 1970-01-01 UTC.
    fn instant(self) -> Option<Timestamp> {
        let nanos = self.whole.checked_mul(1_000_000_000)?.checked_add(i128::from(self.nanos))?;
        Timestamp::from_nanosecond(nanos.div_euclid(self.units_a_second())).ok()
    }

    /// The moment in the unit of this number.
    fn epoch_like(self, moment: Timestamp) -> String {
        (moment.as_nanosecond() * self.units_a_second()).div_euclid(1_000_000_000).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> CursorValue {
        CursorValue::from_json(json).unwrap_or_else(|| panic!("{json} is a cursor value"))
    }

    #[test]
    fn the_later_of_two_values() {
        use Ordering::{Equal, Greater, Less};
        for (one, two, expected) in [
            (r#""2024-01-01T00:00:00Z""#, r#""2024-01-01T01:00:00+02:00""#, Greater),
            (r#""2024-01-01T00:00:00Z""#, r#""2024-01-01T02:00:00.000+02:00""#, Equal),
            (r#""2024-01-01T00:00:00.5Z""#, r#""2024-01-01T00:00:00.49Z""#, Greater),
            (r#""2024-01-01""#, r#""2024-01-01T00:00:01Z""#, Less),
            (r#""2024-01-01 10:00:00""#, r#""2024-01-01T09:59:59""#, Greater),
            (r#""Tue, 30 Jan 2024 10:00:00 +0000""#, r#""Mon, 29 Jan 2024 10:00:00 +0000""#, Greater),
            ("9", "10", Less),
            (r#""9""#, r#""10""#, Less),
            (r#""9""#, "9.0", Equal),
            ("-1.5", "-1.4", Less),
            ("1700000000.000200", "1700000000.000100", Greater),
            (r#""b""#, r#""a""#, Greater),
            ("9007199254740993", "9007199254740992", Greater),
        ] {
            assert_eq!(value(one).compare(&value(two)), expected, "{one} against {two}");
            assert_eq!(value(two).compare(&value(one)), expected.reverse(), "{two} against {one}");
        }
    }

    #[test]
    fn what_is_no_cursor_value() {
        for json in ["null", "true", "[1]", "{}", r#""""#, r#""  ""#, "", "1e5"] {
            assert!(CursorValue::from_json(json).is_none(), "{json}");
        }
    }

    #[test]
    fn parameters_are_never_later_than_the_value() {
        use CursorFormat::{AsIs, Date, EpochMilliseconds, EpochSeconds, Rfc3339};
        for (json, format, expected) in [
            (r#""2024-01-01T02:00:00.9+02:00""#, AsIs, Some("2024-01-01T02:00:00.9+02:00")),
            (r#""2024-01-01T02:00:00.9+02:00""#, EpochSeconds, Some("1704067200")),
            (r#""2024-01-01T02:00:00.9996+02:00""#, EpochMilliseconds, Some("1704067200999")),
            (r#""2024-01-01T02:00:00.9+02:00""#, Rfc3339, Some("2024-01-01T00:00:00Z")),
            (r#""1969-12-31T23:59:59.5Z""#, EpochSeconds, Some("-1")),
            // Where it is still the day before, the server's day begins later than UTC's.
            (r#""2024-01-02T03:00:00Z""#, Date, Some("2024-01-01")),
            (r#""2024-01-02T13:00:00Z""#, Date, Some("2024-01-02")),
            (r#""2024-01-02""#, Date, Some("2024-01-02")),
            // Without a zone it may be up to 14 hours earlier.
            (r#""2024-01-02T14:00:00""#, Rfc3339, Some("2024-01-02T00:00:00Z")),
            (r#""2024-01-02T14:00:00""#, AsIs, Some("2024-01-02T14:00:00")),
            ("1704067200", Rfc3339, Some("2024-01-01T00:00:00Z")),
            ("1704067200999", EpochSeconds, Some("1704067200")),
            ("1704067200.75", EpochMilliseconds, Some("1704067200750")),
            ("42", AsIs, Some("42")),
            (r#""abc""#, AsIs, Some("abc")),
            (r#""abc""#, EpochSeconds, None),
        ] {
            assert_eq!(value(json).parameter(format).as_deref(), expected, "{json} as {format:?}");
        }
    }

    #[test]
    fn no_later_than_a_moment() {
        use CursorFormat::{AsIs, EpochSeconds};
        let moment: Timestamp = "2024-06-01T12:00:00.7Z".parse().expect("a time");
        for (json, format, expected) in [
            (r#""2024-06-01T12:00:00Z""#, AsIs, r#""2024-06-01T12:00:00Z""#),
            (r#""2024-06-01T14:00:00.9+02:00""#, AsIs, r#""2024-06-01T12:00:00Z""#),
            (r#""2030-01-01""#, AsIs, r#""2024-06-01""#),
            (r#""2024-06-01T09:00:00""#, AsIs, r#""2024-05-31T22:00:00""#),
            ("1893456000", EpochSeconds, "1717243200"),
            ("1893456000000", EpochSeconds, "1717243200700"),
            (r#""1893456000""#, EpochSeconds, r#""1717243200""#),
            // Plain numbers are no times, so no moment bounds them.
            ("1893456000", AsIs, "1893456000"),
            (r#""zzz""#, AsIs, r#""zzz""#),
        ] {
            assert_eq!(value(json).not_after(moment, format).json(), expected, "{json}");
        }
    }
}
