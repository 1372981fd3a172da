//! Windows of time: how one is written in a request, split in two, and found to be too large.
//!
//! A window holds what is not before its start and before its end. An API may leave out a record of exactly the start, or take in one of
//! exactly the end; it may also compare with more digits than a request can hold. So a bound is only ever moved outwards: a record at
//! the edge of two windows comes once or twice, never not at all, and stands once because it is written by its key.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::{Cap, CursorFormat, Target, Window};

/// The furthest that the day of a server begins from that of UTC, either way.
const FURTHEST_ZONE: SignedDuration = SignedDuration::from_hours(14);
/// How far the server's clock may be from ours.
#[cfg(any(feature = "store", test))]
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_secs(60);

/// From when to when, without the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl std::fmt::Display for Span {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} to {}", self.from, self.to)
    }
}

impl Span {
    /// The next window from there on; `None` where nothing is left before the end.
    pub(crate) fn next(window: &Window, from: Timestamp, end: Timestamp) -> Option<Self> {
        let step = milliseconds(window.step_milliseconds).max(unit(window.format));
        let to = floor(from.checked_add(step).unwrap_or(end), window.format).min(end);
        (from < end).then_some(Self { from, to: if to > from { to } else { end } })
    }

    /// Both halves, unless they would be shorter than the smallest window.
    pub(crate) fn halves(self, window: &Window) -> Option<[Self; 2]> {
        let width = self.to.duration_since(self.from);
        let smallest = milliseconds(window.smallest_milliseconds).max(unit(window.format));
        let middle = floor(self.from.checked_add(width / 2).ok()?, window.format);
        let splits = width / 2 >= smallest && self.from < middle && middle < self.to;
        splits.then_some([Self { from: self.from, to: middle }, Self { from: middle, to: self.to }])
    }

    /// What goes into the request, as JSON.
    pub(crate) fn arguments(self, window: &Window) -> [(Target, String); 2] {
        let unit = unit(window.format);
        let before = self.from.checked_sub(unit).unwrap_or(self.from);
        let from = if window.from.exclusive { before } else { self.from };
        [
            (window.from.target, written(from, window.format)),
            (window.to.target, written(self.to, window.format)),
        ]
    }
}

/// The end of the last window of a run that begins now: after all that there is.
pub(crate) fn end(window: &Window, now: Timestamp) -> Timestamp {
    let now = match window.format {
        CursorFormat::Date => now.checked_add(FURTHEST_ZONE).unwrap_or(now),
        _ => now,
    };
    floor(now, window.format).checked_add(unit(window.format)).unwrap_or(now)
}

/// Up to when a run that began then has seen everything, once it has read all its windows: a record of an earlier time that comes later
/// than that is not the next run's.
#[cfg(any(feature = "store", test))]
pub(crate) fn bound(window: &Window, started: Timestamp) -> Timestamp {
    let back = milliseconds(window.lookback_milliseconds).max(CLOCK_DIFFERENCE);
    let zone = if window.format == CursorFormat::Date { FURTHEST_ZONE } else { SignedDuration::ZERO };
    let bound = started.checked_sub(back).and_then(|bound| bound.checked_sub(zone));
    floor(bound.unwrap_or(Timestamp::MIN), window.format)
}

/// The start of the first window as a person wrote it: a time, or a date, which begins earliest where the sun rises first.
pub(crate) fn start(window: &Window, text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp());
    let earliest = |moment: Timestamp| moment.checked_sub(FURTHEST_ZONE).ok();
    let moment = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<DateTime>().ok()?;
        if window.format == CursorFormat::Date { utc(civil) } else { utc(civil).and_then(earliest) }
    })?;
    Some(floor(moment, window.format))
}

/// How deep a list has been read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth {
    pub(crate) records: u64,
    pub(crate) pages: u64,
}

impl Depth {
    /// Whether the list holds more than can be read of it. `total` is what its page says that there is, `more` whether there is a next page.
    pub(crate) fn is_reached(self, cap: &Cap, total: Option<u64>, more: bool) -> bool {
        let known = |least: &dyn Fn(u64) -> bool| total.is_some_and(least);
        let cut_off = cap.records.is_some_and(|limit| {
            known(&|total| total >= limit) || (self.records >= limit && !known(&|total| total < limit))
        });
        let refused =
            cap.offset.is_some_and(|limit| known(&|total| total > limit) || (more && self.records >= limit));
        cut_off || refused || (more && cap.pages.is_some_and(|limit| self.pages >= limit))
    }

    /// Whether a status says that the list cannot be read further. Of a list's first page it says something else.
    pub(crate) fn is_refused(self, cap: &Cap, status: Option<u16>) -> bool {
        self.pages > 0 && status.is_some_and(|status| cap.statuses.contains(&status))
    }
}

fn milliseconds(number: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The smallest difference that a bound can be written with.
fn unit(format: CursorFormat) -> SignedDuration {
    match format {
        CursorFormat::EpochMilliseconds => SignedDuration::from_millis(1),
        CursorFormat::Date => SignedDuration::from_hours(24),
        CursorFormat::AsIs | CursorFormat::EpochSeconds | CursorFormat::Rfc3339 => {
            SignedDuration::from_secs(1)
        }
    }
}

fn floor(moment: Timestamp, format: CursorFormat) -> Timestamp {
    let unit = unit(format).as_nanos();
    let whole = moment.as_nanosecond().div_euclid(unit) * unit;
    Timestamp::from_nanosecond(whole).unwrap_or(moment)
}

fn written(moment: Timestamp, format: CursorFormat) -> String {
    match format {
        CursorFormat::EpochSeconds => moment.as_second().to_string(),
        CursorFormat::EpochMilliseconds => moment.as_millisecond().to_string(),
        CursorFormat::Date => Value::from(TimeZone::UTC.to_datetime(moment).date().to_string()).to_string(),
        CursorFormat::AsIs | CursorFormat::Rfc3339 => Value::from(moment.to_string()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contract::Bound;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap_or_else(|_| panic!("{text} is a time"))
    }

    fn window(format: CursorFormat, step: u64, smallest: u64) -> Window {
        let bound = |index, exclusive| Bound { target: Target::Parameter(index), exclusive };
        Window {
            field: &["at"],
            from: bound(0, true),
            to: bound(1, true),
            format,
            start: "",
            step_milliseconds: step,
            lookback_milliseconds: 0,
            smallest_milliseconds: smallest,
            cap: None,
        }
    }

    #[test]
    fn bounds_are_written_in_the_format_and_only_move_outwards() {
        let span = Span { from: at("2024-01-31T00:00:00Z"), to: at("2024-02-01T00:00:00Z") };
        for (format, exclusive, expected) in [
            (CursorFormat::Rfc3339, false, ["\"2024-01-31T00:00:00Z\"", "\"2024-02-01T00:00:00Z\""]),
            (CursorFormat::Rfc3339, true, ["\"2024-01-30T23:59:59Z\"", "\"2024-02-01T00:00:00Z\""]),
            (CursorFormat::EpochSeconds, true, ["1706659199", "1706745600"]),
            (CursorFormat::EpochMilliseconds, true, ["1706659199999", "1706745600000"]),
            (CursorFormat::Date, false, ["\"2024-01-31\"", "\"2024-02-01\""]),
            (CursorFormat::Date, true, ["\"2024-01-30\"", "\"2024-02-01\""]),
        ] {
            let mut window = window(format, 1, 1);
            window.from.exclusive = exclusive;
            let found = span.arguments(&window).map(|(_, json)| json);
            assert_eq!(found, expected, "{format:?}, exclusive: {exclusive}");
        }
    }

    #[test]
    fn the_first_window_begins_where_a_person_says() {
        for (text, format, expected) in [
            ("2024-01-31T10:00:00.5Z", CursorFormat::Rfc3339, Some("2024-01-31T10:00:00Z")),
            ("2024-01-31", CursorFormat::Rfc3339, Some("2024-01-30T10:00:00Z")),
            ("2024-01-31", CursorFormat::Date, Some("2024-01-31T00:00:00Z")),
            ("2024-01-31T10:00:00+02:00", CursorFormat::Date, Some("2024-01-31T00:00:00Z")),
            ("soon", CursorFormat::Rfc3339, None),
            ("", CursorFormat::Date, None),
        ] {
            assert_eq!(start(&window(format, 1, 1), text), expected.map(at), "{text} as {format:?}");
        }
    }

    #[test]
    fn a_run_ends_after_now_and_the_next_one_begins_before_it() {
        let now = at("2024-06-01T12:00:00.7Z");
        for (format, expected_end, expected_bound) in [
            (CursorFormat::Rfc3339, "2024-06-01T12:00:01Z", "2024-06-01T11:59:00Z"),
            (CursorFormat::EpochMilliseconds, "2024-06-01T12:00:00.701Z", "2024-06-01T11:59:00.7Z"),
            (CursorFormat::Date, "2024-06-03T00:00:00Z", "2024-05-31T00:00:00Z"),
        ] {
            let window = window(format, 1, 1);
            assert_eq!(end(&window, now), at(expected_end), "{format:?}");
            assert_eq!(bound(&window, now), at(expected_bound), "{format:?}");
        }
    }

    #[test]
    fn what_is_too_deep() {
        let none = || Cap { statuses: &[400, 422], ..Cap::default() };
        let records = Cap { records: Some(10), ..none() };
        let offset = Cap { offset: Some(10), ..none() };
        let pages = Cap { pages: Some(2), ..none() };
        // Cap, records and pages so far, the total that a page tells, whether there is a next page.
        for (cap, depth, total, more, expected) in [
            (&records, (9, 1), None, true, false),
            (&records, (10, 1), None, false, true),
            (&records, (10, 2), Some(9), false, false),
            (&records, (5, 1), Some(10), true, true),
            (&offset, (10, 1), None, false, false),
            (&offset, (10, 1), None, true, true),
            (&offset, (5, 1), Some(10), true, false),
            (&offset, (5, 1), Some(11), true, true),
            (&pages, (5, 1), Some(99), true, false),
            (&pages, (5, 2), None, true, true),
            (&pages, (5, 2), None, false, false),
        ] {
            let found = Depth { records: depth.0, pages: depth.1 }.is_reached(cap, total, more);
            assert_eq!(found, expected, "{cap:?} at {depth:?} of {total:?}, more: {more}");
        }
        let depth = |pages| Depth { records: 0, pages };
        assert!(depth(1).is_refused(&records, Some(422)) && !depth(0).is_refused(&records, Some(422)));
        assert!(!depth(1).is_refused(&records, Some(500)) && !depth(1).is_refused(&records, None));
    }

    proptest! {
        #[test]
        fn windows_and_their_halves_leave_no_gap(
            from in 0i64..2_000_000_000, length in 1i64..100_000_000, step in 1u64..40_000_000_000,
            smallest in 1u64..10_000_000, format in 0usize..3,
        ) {
            let format = [CursorFormat::Rfc3339, CursorFormat::EpochMilliseconds, CursorFormat::Date][format];
            // Enough windows to show it, and no more.
            let step = step.max(length.unsigned_abs() * 10);
            let window = window(format, step, smallest);
            let start = floor(Timestamp::from_second(from).unwrap(), format);
            let end = end(&window, Timestamp::from_second(from + length).unwrap());
            let mut at = start;
            while let Some(span) = Span::next(&window, at, end) {
                prop_assert_eq!(span.from, at);
                prop_assert!(span.to > span.from);
                let mut open = vec![span];
                let mut reached = span.from;
                let mut pieces = 0;
                while let Some(piece) = open.pop() {
                    pieces += 1;
                    match piece.halves(&window).filter(|_| pieces < 200) {
                        Some([one, two]) => open.extend([two, one]),
                        None => {
                            prop_assert_eq!(piece.from, reached);
                            prop_assert!(piece.to > piece.from);
                            reached = piece.to;
                        }
                    }
                }
                prop_assert_eq!(reached, span.to);
                at = span.to;
            }
            prop_assert_eq!(at, end);
        }
    }
}
