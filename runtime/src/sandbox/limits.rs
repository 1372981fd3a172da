//! Request budgets as servers play them: each limit in its shape, told in the declared headers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::contract::{Contract, Cost, Limit, Operation, Quota, Scope, TimeUnit};

/// A limit that publishes nothing refuses beyond so many times its floor.
const HIDDEN: u64 = 4;

/// The state of every limit of a contract, by its index, and by the operation where each has its own.
#[derive(Default)]
pub(super) struct Limits(BTreeMap<(usize, &'static str), State>);

/// What a request holds while it is answered.
#[derive(Debug)]
pub(super) struct Held(Vec<Arc<AtomicU64>>);

impl Drop for Held {
    fn drop(&mut self) {
        for count in &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

enum State {
    /// When units were taken, in milliseconds since 1970.
    Log(VecDeque<(i64, u64)>),
    Window {
        start: i64,
        used: u64,
    },
    Bucket {
        level: f64,
        at: i64,
    },
    Concurrent(Arc<AtomicU64>),
}

/// What the limits say of one request.
pub(super) struct Verdict {
    /// Headers that tell the state.
    pub(super) headers: Vec<(String, String)>,
    /// Whole seconds to wait, where the request is refused.
    pub(super) wait: Option<u64>,
    /// What it holds until it is answered.
    pub(super) held: Option<Arc<Held>>,
}

/// What is left of a limit, and milliseconds until it is whole again.
#[derive(Clone, Copy)]
struct Left {
    remaining: u64,
    reset: i64,
}

impl Limits {
    /// Counts a request against the limits of its operation, unless one of them is spent: a refused request counts against none.
    pub(super) fn count(
        &mut self,
        contract: &Contract,
        operation: &'static Operation,
        parameter: impl Fn(&str) -> Option<u64>,
        now: i64,
    ) -> Verdict {
        let limits: Vec<(&Limit, (usize, &'static str), u64)> = operation
            .limits
            .iter()
            .filter_map(|index| {
                let limit = contract.limits.get(*index)?;
                let own = if limit.scope == Scope::Endpoint { operation.id } else { "" };
                Some((limit, (*index, own), units(limit, operation, &parameter)))
            })
            .collect();
        let mut wait: Option<i64> = None;
        for (limit, key, units) in &limits {
            let state = self.0.entry(*key).or_insert_with(|| State::new(limit.quota, now));
            wait = wait.max(state.wait(limit.quota, *units, now));
        }
        let mut told: Vec<(u64, &Limit, Left)> = Vec::new();
        let mut held = Vec::new();
        for (limit, key, units) in &limits {
            let Some(state) = self.0.get_mut(key) else { continue };
            if wait.is_none() {
                held.extend(state.take(limit.quota, *units, now));
            }
            let left = state.left(limit.quota, now);
            told.push((left.remaining, limit, left));
        }
        // Where limits share header names, servers tell the one that is nearest to its end.
        told.sort_by_key(|(remaining, ..)| *remaining);
        let mut all: Vec<(String, String)> = Vec::new();
        for (_, limit, left) in &told {
            for (name, value) in headers(limit, *left, now) {
                push_new(&mut all, &name, value);
            }
        }
        all.extend(structured(&told));
        if let Some(wait) = wait {
            push_new(&mut all, "retry-after", seconds(wait).to_string());
            for source in contract.wait_sources {
                push_new(&mut all, source.header, time(source.unit, wait, now));
            }
        }
        let held = (!held.is_empty()).then(|| Arc::new(Held(held)));
        Verdict { headers: all, wait: wait.map(seconds), held }
    }
}

impl State {
    fn new(quota: Quota, now: i64) -> Self {
        match quota {
            Quota::SlidingLog { .. } => Self::Log(VecDeque::new()),
            Quota::FixedWindow { .. } => Self::Window { start: i64::MIN, used: 0 },
            Quota::TokenBucket { burst, .. } => Self::Bucket { level: burst as f64, at: now },
            Quota::Adaptive { units, .. } => Self::Bucket { level: hidden(units) as f64, at: now },
            Quota::Concurrent { .. } => Self::Concurrent(Arc::default()),
        }
    }

    /// Milliseconds until so many units are there, where they are not.
    fn wait(&mut self, quota: Quota, units: u64, now: i64) -> Option<i64> {
        let (all, _) = whole(quota);
        let units = units.min(all);
        let left = self.left(quota, now);
        if left.remaining >= units {
            return None;
        }
        Some(match (self, quota) {
            (Self::Log(taken), Quota::SlidingLog { per_milliseconds, .. }) => {
                let mut free = left.remaining;
                let leaves = taken.iter().find(|(_, taken)| {
                    free = free.saturating_add(*taken);
                    free >= units
                });
                let at = leaves.map_or(now, |(at, _)| *at);
                at.saturating_add(length(per_milliseconds)).saturating_sub(now)
            }
            (Self::Bucket { level, .. }, _) => {
                let (gained, per) = rate(quota);
                (((units as f64 - *level) * per / gained).ceil() as i64).max(1)
            }
            (Self::Concurrent(_), _) => 1_000,
            _ => left.reset,
        })
    }

    fn take(&mut self, quota: Quota, units: u64, now: i64) -> Option<Arc<AtomicU64>> {
        let units = units.min(whole(quota).0);
        match self {
            Self::Log(taken) => taken.push_back((now, units)),
            Self::Window { used, .. } => *used = used.saturating_add(units),
            Self::Bucket { level, .. } => *level -= units as f64,
            Self::Concurrent(count) => {
                count.fetch_add(1, Ordering::Relaxed);
                return Some(Arc::clone(count));
            }
        }
        None
    }

    fn left(&mut self, quota: Quota, now: i64) -> Left {
        let (all, per) = whole(quota);
        match self {
            Self::Log(taken) => {
                while taken.front().is_some_and(|(at, _)| at.saturating_add(per) <= now) {
                    taken.pop_front();
                }
                let used: u64 = taken.iter().map(|(_, units)| units).sum();
                let oldest = taken.front().map_or(now, |(at, _)| *at);
                let reset = oldest.saturating_add(per).saturating_sub(now).max(0);
                Left { remaining: all.saturating_sub(used), reset }
            }
            Self::Window { start, used } => {
                let current = now.div_euclid(per.max(1)).saturating_mul(per.max(1));
                if *start != current {
                    (*start, *used) = (current, 0);
                }
                let reset = start.saturating_add(per).saturating_sub(now);
                Left { remaining: all.saturating_sub(*used), reset }
            }
            Self::Bucket { level, at } => {
                let (gained, per) = rate(quota);
                *level = (*level + now.saturating_sub(*at).max(0) as f64 * gained / per).min(all as f64);
                *at = now;
                let reset = ((all as f64 - *level) * per / gained).ceil() as i64;
                Left { remaining: level.max(0.0).floor() as u64, reset }
            }
            Self::Concurrent(count) => {
                Left { remaining: all.saturating_sub(count.load(Ordering::Relaxed)), reset: 0 }
            }
        }
    }
}

/// All units that there are at once, and in how many milliseconds.
fn whole(quota: Quota) -> (u64, i64) {
    match quota {
        Quota::SlidingLog { units, per_milliseconds } | Quota::FixedWindow { units, per_milliseconds } => {
            (units, length(per_milliseconds))
        }
        Quota::TokenBucket { burst, per_milliseconds, .. } => (burst, length(per_milliseconds)),
        Quota::Adaptive { units, per_milliseconds } => (hidden(units), length(per_milliseconds)),
        Quota::Concurrent { requests } => (requests, 0),
    }
}

/// Units that a bucket gains in so many milliseconds.
fn rate(quota: Quota) -> (f64, f64) {
    match quota {
        Quota::TokenBucket { units, per_milliseconds, .. } => {
            (units.max(1) as f64, per_milliseconds.max(1) as f64)
        }
        other => {
            let (units, per) = whole(other);
            (units.max(1) as f64, per.max(1) as f64)
        }
    }
}

fn hidden(units: u64) -> u64 {
    units.saturating_mul(HIDDEN)
}

fn units(limit: &Limit, operation: &Operation, parameter: &impl Fn(&str) -> Option<u64>) -> u64 {
    let declared = limit.costs.iter().find(|(id, _)| *id == operation.id).map(|(_, cost)| *cost);
    match declared {
        None => 1,
        Some(Cost::Units(units)) => units,
        Some(Cost::Parameter(index)) => {
            operation.parameters.get(index).and_then(|found| parameter(found.name)).unwrap_or(1)
        }
    }
}

fn length(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

fn seconds(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or(0).div_ceil(1000).max(1)
}

fn headers(limit: &Limit, left: Left, now: i64) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    // What publishes nothing tells nothing.
    if matches!(limit.quota, Quota::Adaptive { .. }) {
        return headers;
    }
    let (all, _) = whole(limit.quota);
    if let Some(name) = limit.headers.limit {
        headers.push((name.to_owned(), all.to_string()));
    }
    if let Some(name) = limit.headers.remaining {
        headers.push((name.to_owned(), left.remaining.to_string()));
    }
    if let Some((name, unit)) = limit.headers.reset {
        headers.push((name.to_owned(), time(unit, left.reset, now)));
    }
    if let Some(name) = limit.headers.usage {
        headers.push((name.to_owned(), format!("{}/{all}", all.saturating_sub(left.remaining))));
    }
    headers
}

/// `RateLimit` and `RateLimit-Policy`, a policy for each limit that declares one.
fn structured(told: &[(u64, &Limit, Left)]) -> Vec<(String, String)> {
    let declared = told.iter().filter_map(|(_, limit, left)| {
        let policy = limit.headers.policy?;
        let name = if policy.is_empty() { limit.name } else { policy };
        let (all, per) = whole(limit.quota);
        let (rest, window) = (seconds(left.reset), seconds(per));
        let service = format!("\"{name}\";r={};t={rest}", left.remaining);
        Some((service, format!("\"{name}\";q={all};w={window}")))
    });
    let (services, policies): (Vec<_>, Vec<_>) = declared.unzip();
    if services.is_empty() {
        return Vec::new();
    }
    vec![("ratelimit".to_owned(), services.join(", ")), ("ratelimit-policy".to_owned(), policies.join(", "))]
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
