//! Which records a request asks for: what it gives for a stream's cursor or for its window, wherever that goes.

use serde_json::Value;

use crate::contract::{Bound, Cursor, CursorFormat, Location, Order, Target};

use super::dataset::{DataSet, Stamp};
use super::refusal::Refusal;
use super::request::Request;
use super::route::Route;
use super::tree;
use super::view::{Share, Since, View};

/// The times for which records are asked.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) since: Since,
    /// Before this second.
    pub(super) until: Option<i64>,
}

/// A request of a stream.
pub(super) struct Filter<'a> {
    pub(super) route: &'a Route,
    pub(super) request: &'a Request,
    /// The body's fields.
    pub(super) fields: &'a Value,
    pub(super) set: &'a DataSet,
}

impl Filter<'_> {
    /// What a request gives at a place, with the place's name.
    pub(super) fn given(&self, target: Target) -> Option<(String, String)> {
        let given = match target {
            Target::Parameter(parameter) => {
                let parameter = self.route.operation.parameters.get(parameter)?;
                let value = match parameter.location {
                    Location::Query => self.request.parameter(parameter.name),
                    Location::Header => self.request.header(parameter.name).map(str::to_owned),
                    Location::Cookie => self.request.cookie(parameter.name).map(str::to_owned),
                    Location::Path | Location::QueryString => None,
                };
                (parameter.name.to_owned(), value?)
            }
            Target::Property(parameter, property) => {
                let name = format!("{}[{property}]", self.route.operation.parameters.get(parameter)?.name);
                let value = self.request.parameter(&name)?;
                (name, value)
            }
            Target::Field { path, .. } => {
                let value = tree::sent(self.fields, path)?;
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    _ => return None,
                };
                (path.join("."), text)
            }
        };
        Some(given).filter(|(_, value)| !value.is_empty())
    }

    fn cursor(&self) -> Option<&'static Cursor> {
        self.route.stream.and_then(|stream| stream.cursor.as_ref())
    }

    /// The records of those times; `stamp` is where they have theirs, `share` which of them the list holds.
    pub(super) fn view(&self, times: Times, stamp: Option<Stamp>, share: Option<Share>) -> View {
        let moves = stamp.is_some_and(|stamp| stamp.moves && !self.set.is_identity(stamp.path));
        View {
            by_change: moves,
            newest_first: self.cursor().is_some_and(|cursor| cursor.order == Order::Descending),
            since: times.since,
            until: times.until,
            share,
        }
    }

    /// What the parameters of the cursor or of the window say.
    pub(super) fn times(&self) -> Result<Times, Refusal> {
        let Some(window) = self.route.window() else {
            return Ok(Times { since: self.since()?, until: None });
        };
        let read = |bound: &Bound| -> Result<Option<i64>, Refusal> {
            let Some((name, text)) = self.given(bound.target) else { return Ok(None) };
            milliseconds(window.format, &text).map(Some).ok_or_else(|| {
                Refusal::invalid(format!("`{name}` is `{text}`, but has to be a time as {:?}", window.format))
            })
        };
        // Records are stamped with whole seconds.
        let (floor, ceil) = (|time: i64| time.div_euclid(1000), |time: i64| -(-time).div_euclid(1000));
        let from = read(&window.from)?;
        let from = from.map(|time| if window.from.exclusive { floor(time) + 1 } else { ceil(time) });
        let until = read(&window.to)?;
        let until = until.map(|time| if window.to.exclusive { ceil(time) } else { floor(time) + 1 });
        Ok(Times { since: from.map_or(Since::Start, Since::Moment), until })
    }

    /// What the stream's cursor says, inclusive.
    fn since(&self) -> Result<Since, Refusal> {
        let Some(cursor) = self.cursor() else { return Ok(Since::Start) };
        let Some((name, text)) = cursor.target.and_then(|target| self.given(target)) else {
            return Ok(Since::Start);
        };
        if self.set.is_identity(cursor.field) {
            let number = text.rsplit(['_', '-']).next().and_then(|number| number.parse::<u64>().ok());
            return number
                .map(|number| Since::Position(number.saturating_sub(1)))
                .ok_or_else(|| Refusal::invalid(format!("`{name}` is `{text}`, but has to be a key")));
        }
        seconds(cursor.format, &text).map(Since::Moment).ok_or_else(|| {
            let expected = match cursor.format {
                CursorFormat::AsIs => "a time",
                CursorFormat::EpochSeconds => "seconds since 1970",
                CursorFormat::EpochMilliseconds => "milliseconds since 1970",
                CursorFormat::Rfc3339 => "an RFC 3339 time",
                CursorFormat::Date => "a date as YYYY-MM-DD",
            };
            Refusal::invalid(format!("`{name}` is `{text}`, but has to be {expected}"))
        })
    }
}

/// The moment that a window's bound names, in milliseconds since 1970.
fn milliseconds(format: CursorFormat, text: &str) -> Option<i64> {
    match format {
        CursorFormat::EpochMilliseconds => text.parse().ok(),
        CursorFormat::Rfc3339 | CursorFormat::AsIs => {
            Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
        }
        CursorFormat::EpochSeconds | CursorFormat::Date => seconds(format, text)?.checked_mul(1000),
    }
}

/// The moment that a cursor parameter names, rounded up to the whole seconds that records have.
fn seconds(format: CursorFormat, text: &str) -> Option<i64> {
    let number = || text.parse::<i64>().ok();
    let time = || {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(moment.as_second().saturating_add(i64::from(moment.subsec_nanosecond() > 0)))
    };
    let date = || {
        let day: jiff::civil::Date = text.parse().ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
    };
    match format {
        CursorFormat::EpochSeconds => number(),
        CursorFormat::EpochMilliseconds => Some(number()?.div_euclid(1000)),
        CursorFormat::Rfc3339 => time(),
        CursorFormat::Date => date(),
        CursorFormat::AsIs => number().or_else(time).or_else(date),
    }
}
