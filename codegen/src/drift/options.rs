//! What a comparison can be told.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

/// What a comparison can be told beside the two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The day on which the comparison is made. Sunset dates count from it.
    pub today: Date,
    /// Least number of days between a deprecation and the sunset of what is stable. With more than 0, a deprecation has to name a sunset.
    pub deprecation_days_stable: u32,
    /// The same for operations whose `x-stability-level` is `beta`.
    pub deprecation_days_beta: u32,
    /// Operations less stable than this are not compared: their vendor promises nothing.
    pub stability: Stability,
    /// Whether a branch of `oneOf`, `anyOf` or `allOf` that is written in place counts as the component that it is alike to.
    pub match_inline_references: bool,
}

impl Options {
    /// No demands on deprecations, what is `draft` or `alpha` left out, branches matched by what they say.
    pub fn new(today: Date) -> Self {
        Self {
            today,
            deprecation_days_stable: 0,
            deprecation_days_beta: 0,
            stability: Stability::Beta,
            match_inline_references: true,
        }
    }
}

/// How much a vendor promises about an operation or property (`x-stability-level`), the least first. What says nothing is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stability {
    /// Being written.
    Draft,
    /// Open to try.
    Alpha,
    /// Open to use; may still change.
    Beta,
    /// Kept.
    Stable,
}

impl Stability {
    /// The level as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Stability::Draft => "draft",
            Stability::Alpha => "alpha",
            Stability::Beta => "beta",
            Stability::Stable => "stable",
        }
    }
}

impl fmt::Display for Stability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A word that is no level of stability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no level of stability; there are draft, alpha, beta and stable")]
pub struct UnknownStability(String);

impl FromStr for Stability {
    type Err = UnknownStability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Stability::Draft, Stability::Alpha, Stability::Beta, Stability::Stable]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| UnknownStability(text.to_owned()))
    }
}

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day; write it as 2026-11-21, as RFC 3339 has it")]
pub struct BadDate(String);

impl FromStr for Date {
    type Err = BadDate;

    /// A full date of RFC 3339, or a date and a time, of which the date counts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text).ok_or_else(|| BadDate(text.to_owned()))
    }
}

impl Date {
    fn read(text: &str) -> Option<Self> {
        let (date, rest) = (text.get(..10)?, text.get(10..)?);
        if !rest.is_empty() && !rest.starts_with(['T', 't', ' ']) {
            return None;
        }
        let mut parts = date.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten()
        };
        let (year, month, day) = (i32::from(number(4)?), number(2)?, number(2)?);
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let most = match month {
            2 => 28 + u16::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let good = (1..=most).contains(&day);
        good.then_some(())?;
        Some(Self { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? })
    }

    /// The day that is so many days after 1970-01-01.
    pub fn from_unix_days(days: i64) -> Self {
        // Howard Hinnant, "chrono-compatible low-level date algorithms": years start in March, so that leap days end them.
        let shifted = days.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year: i32::try_from(year).unwrap_or(i32::MAX),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }

    fn unix_days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = i64::from(self.month);
        let month_from_march = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        era * 146_097 + of_era - 719_468
    }

    /// The day that is so many days after this one.
    pub fn plus(self, days: i64) -> Self {
        Self::from_unix_days(self.unix_days().saturating_add(days))
    }

    /// How many days this day is after another; negative where it is before it.
    pub fn days_after(self, other: Date) -> i64 {
        self.unix_days() - other.unix_days()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_counted_and_written() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2026-11-21", 20_778),
            ("1969-12-31", -1),
            ("9999-08-10", 2_932_753),
        ] {
            let date: Date = text.parse().expect(text);
            assert_eq!(date.unix_days(), days, "{text}");
            assert_eq!(Date::from_unix_days(days), date, "{text}");
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
            "２026-01-01",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert_eq!("2026-11-21T10:00:00Z".parse::<Date>(), "2026-11-21".parse::<Date>());
    }
}
