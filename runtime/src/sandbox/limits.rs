//! Request budgets as servers play them: a fixed window for each limit, told in the declared headers.

use std::time::{Duration, SystemTime};

use crate::contract::{Contract, Limit, TimeUnit};

#[derive(Clone, Copy, Default)]
struct Window {
    /// When it began, in milliseconds since 1970.
    start: i64,
    used: u64,
}

/// The state of every limit of a contract.
pub(super) struct Limits {
    windows: Vec<Window>,
}

/// What the limits say of one request.
pub(super) struct Verdict {
    /// Headers that tell the state.
    pub(super) headers: Vec<(String, String)>,
    /// Whole seconds to wait, where the request is refused.
    pub(super) wait: Option<u64>,
}

impl Limits {
    pub(super) fn new(contract: &Contract) -> Self {
        Self { windows: vec![Window::default(); contract.limits.len()] }
    }

    /// Counts a request against those limits, unless one of them is spent: a refused request counts against none.
    pub(super) fn count(&mut self, contract: &Contract, limits: &[usize], now: i64) -> Verdict {
        let mut wait: Option<i64> = None;
        for (limit, window) in self.of(contract, limits) {
            let length = length(limit);
            if window.used == 0 || now >= window.start.saturating_add(length) || now < window.start {
                *window = Window { start: now, used: 0 };
            }
            if window.used >= limit.requests {
                wait = wait.max(Some(left(limit, window, now)));
            }
        }
        let mut told: Vec<(u64, Vec<(String, String)>)> = Vec::new();
        for (limit, window) in self.of(contract, limits) {
            window.used += u64::from(wait.is_none());
            let remaining = limit.requests.saturating_sub(window.used);
            told.push((remaining, headers(limit, remaining, left(limit, window, now), now)));
        }
        // Where limits share header names, servers tell the one that is nearest to its end.
        told.sort_by_key(|(remaining, _)| *remaining);
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in told.into_iter().flat_map(|(_, headers)| headers) {
            push_new(&mut all, &name, value);
        }
        if let Some(wait) = wait {
            push_new(&mut all, "retry-after", seconds(wait).to_string());
            for source in contract.wait_sources {
                push_new(&mut all, source.header, time(source.unit, wait, now));
            }
        }
        Verdict { headers: all, wait: wait.map(seconds) }
    }

    fn of<'a>(
        &'a mut self,
        contract: &'a Contract,
        limits: &'a [usize],
    ) -> impl Iterator<Item = (&'a Limit, &'a mut Window)> {
        let all = contract.limits.iter().zip(&mut self.windows).enumerate();
        all.filter(|(index, _)| limits.contains(index)).map(|(_, pair)| pair)
    }
}

fn length(limit: &Limit) -> i64 {
    i64::try_from(limit.per_milliseconds).unwrap_or(i64::MAX)
}

/// Milliseconds until the window ends.
fn left(limit: &Limit, window: &Window, now: i64) -> i64 {
    window.start.saturating_add(length(limit)).saturating_sub(now).max(0)
}

fn seconds(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or(0).div_ceil(1000).max(1)
}

fn headers(limit: &Limit, remaining: u64, left: i64, now: i64) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if let Some(name) = limit.headers.limit {
        headers.push((name.to_owned(), limit.requests.to_string()));
    }
    if let Some(name) = limit.headers.remaining {
        headers.push((name.to_owned(), remaining.to_string()));
    }
    if let Some((name, unit)) = limit.headers.reset {
        headers.push((name.to_owned(), time(unit, left, now)));
    }
    headers
}

/// A time so many milliseconds from now, in a unit; rounded up, so that who waits for it waits long enough.
fn time(unit: TimeUnit, left: i64, now: i64) -> String {
    let at = u64::try_from(now.saturating_add(left)).unwrap_or(0);
    match unit {
        TimeUnit::Seconds => seconds(left).to_string(),
        TimeUnit::Milliseconds => left.to_string(),
        TimeUnit::EpochSeconds => at.div_ceil(1000).to_string(),
        TimeUnit::EpochMilliseconds => at.to_string(),
        TimeUnit::HttpDate => SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(at.div_ceil(1000)))
            .map_or_else(String::new, httpdate::fmt_http_date),
    }
}

fn push_new(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    if headers.iter().all(|(known, _)| !known.eq_ignore_ascii_case(name)) {
        headers.push((name.to_owned(), value));
    }
}
