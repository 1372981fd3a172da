use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::TextError;
use super::{Blank, Number};

/// A moment as the number of seconds since 1970-01-01T00:00:00Z (`format: unix-time`). The number is kept as it came; fractions of a second
/// are taken.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(Number);

impl UnixTime {
    /// The number as sent.
    pub fn number(&self) -> &Number {
        &self.0
    }

    /// The whole seconds, if the number has no fraction and fits.
    pub fn seconds(&self) -> Option<i64> {
        self.0.as_i64()
    }

    /// The moment. Fails outside of the years -9999 to 9999; a number of milliseconds is out of them as a rule.
    pub fn timestamp(&self) -> Result<jiff::Timestamp, TextError> {
        let error = |cause: &dyn fmt::Display| TextError::new(self.0.as_str(), "a time in seconds", cause);
        let nanoseconds = match exact_nanoseconds(self.0.as_str()) {
            Some(nanoseconds) => nanoseconds,
            // An exponent, or more digits than a moment has.
            None => {
                let seconds = self.0.as_f64();
                if !seconds.is_finite() {
                    return Err(error(&"it is too large"));
                }
                // Saturates, and what saturates is no moment.
                (seconds * 1e9) as i128
            }
        };
        jiff::Timestamp::from_nanosecond(nanoseconds).map_err(|cause| error(&cause))
    }
}

/// Decimal seconds without an exponent; digits beyond nanoseconds are dropped.
fn exact_nanoseconds(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds = whole
        .parse::<u64>()
        .ok()
        .map(i128::from)?
        .checked_mul(1_000_000_000)?
        .checked_add(i128::from(fraction.parse::<u32>().ok()?))?;
    Some(if negative { -nanoseconds } else { nanoseconds })
}

impl From<i64> for UnixTime {
    fn from(seconds: i64) -> Self {
        Self(seconds.into())
    }
}

impl From<Number> for UnixTime {
    fn from(seconds: Number) -> Self {
        Self(seconds)
    }
}

impl From<jiff::Timestamp> for UnixTime {
    /// Whole seconds; a fraction is dropped, since APIs that count seconds take no other number.
    fn from(moment: jiff::Timestamp) -> Self {
        Self(moment.as_nanosecond().div_euclid(1_000_000_000).try_into().unwrap_or(i64::MAX).into())
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl Blank for UnixTime {
    fn blank() -> Self {
        Self(Number::blank())
    }
}
