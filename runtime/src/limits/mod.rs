//! Request budgets, kept before the server has to refuse. A request starts only where every limit of the contract that counts it lets it
//! through; what the server says in its headers corrects them, since other programs use them up too.
//!
//! `bucket` is one budget as a pure state machine, `pool` the line of those who wait, [`Budgets`] says who shares what, and `lease` how
//! processes do.

mod adaptive;
mod bucket;
mod lease;
mod pool;
mod share;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

pub use lease::{Answer, Ask, LastLease, QuotaStore, QuotaStoreError};
pub(crate) use pool::{Permit, Pool, Wait};
pub use share::Budgets;
pub(crate) use share::holder;

use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{Cost, Limit, Operation, Scope, Target};
use crate::request::Request;
use crate::told::{Reading, server_time};

use pool::{Class, Key, Needs};

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now: Duration,
    pub(crate) date: Timestamp,
}

impl Moment {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self { now: clock.elapsed(), date: clock.now() }
    }
}

/// The budgets of one client, which it shares with others.
#[derive(Debug)]
pub(crate) struct Limiter {
    pool: Arc<Pool>,
    limits: Vec<Mine>,
    store: Option<Shared>,
}

struct Shared(Arc<dyn QuotaStore>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("QuotaStore")
    }
}

/// A limit with its holder.
#[derive(Debug)]
struct Mine {
    limit: &'static Limit,
    holder: u64,
    /// The budget, where it does not depend on the operation.
    bucket: Option<usize>,
}

impl Limiter {
    pub(crate) fn new(
        config: &Config,
        pool: Arc<Pool>,
        store: Option<Arc<dyn QuotaStore>>,
        moment: Moment,
    ) -> Self {
        let mut limiter = Self { pool, limits: Vec::new(), store: store.map(Shared) };
        for limit in config.contract().limits {
            let values: &[&'static str] = limit.by;
            let credential = config.credential_keys();
            let names = match limit.scope {
                Scope::Account | Scope::Endpoint if values.is_empty() => &credential,
                _ => values,
            };
            let mut mine = Mine { limit, holder: holder(config, names), bucket: None };
            if limit.scope != Scope::Endpoint {
                mine.bucket = Some(limiter.bucket(&mine, None, moment));
            }
            limiter.limits.push(mine);
        }
        limiter
    }

    fn bucket(&self, mine: &Mine, operation: Option<&'static str>, moment: Moment) -> usize {
        let key = Key { limit: mine.limit.name, holder: mine.holder, operation };
        let store = self.store.as_ref().map(|store| {
            let of = operation.map(|operation| format!("/{operation}")).unwrap_or_default();
            (&store.0, format!("{}{of}/{:016x}", key.limit, key.holder))
        });
        self.pool.bucket(&key, mine.limit, moment, store)
    }

    /// The budgets that count the operation, by their place in the pool.
    fn buckets<'a>(
        &'a self,
        operation: &'static Operation,
        moment: Moment,
    ) -> impl Iterator<Item = (usize, &'static Limit)> + 'a {
        operation.limits.iter().filter_map(move |index| {
            let mine = self.limits.get(*index)?;
            let bucket = mine.bucket.unwrap_or_else(|| self.bucket(mine, Some(operation.id), moment));
            Some((bucket, mine.limit))
        })
    }

    /// Takes what a request needs, after waiting for it. `on_wait` is told of a wait before it begins.
    ///
    /// A wait that is longer than `cap`, or ends after `deadline`, is not begun: it is the error.
    pub(crate) async fn acquire(
        &self,
        request: &Request,
        clock: &dyn Clock,
        cap: Duration,
        deadline: Duration,
        on_wait: impl Fn(&Wait),
    ) -> Result<Permit, Wait> {
        let operation = request.operation();
        let moment = Moment::of(clock);
        let needs: Needs = self
            .buckets(operation, moment)
            .map(|(bucket, limit)| (bucket, cost(limit, operation, request)))
            .collect();
        let class = if operation.reads { Class::Read } else { Class::Write };
        let ticket = match self.pool.ask(needs, class, moment) {
            Ok(permit) => return Ok(permit),
            Err(ticket) => ticket,
        };
        if let Some(wait) = ticket.outlook(moment) {
            if wait.duration > cap || moment.now.saturating_add(wait.duration) > deadline {
                return Err(wait);
            }
            on_wait(&wait);
        }
        ticket.wait(clock, cap, deadline).await
    }

    /// Tells what is left of each limit of an operation that counts units.
    pub(crate) fn left(
        &self,
        operation: &'static Operation,
        clock: &dyn Clock,
        tell: impl Fn(&'static str, u64),
    ) {
        if operation.limits.is_empty() {
            return;
        }
        let moment = Moment::of(clock);
        for (bucket, limit) in self.buckets(operation, moment) {
            if let Some(left) = self.pool.left(bucket, moment) {
                tell(limit.name, left);
            }
        }
    }

    /// Reads what an answer says about the limits of its operation.
    pub(crate) fn correct(&self, operation: &'static Operation, headers: &HeaderMap, clock: &dyn Clock) {
        if operation.limits.is_empty() {
            return;
        }
        let moment = Moment::of(clock);
        let told_at = server_time(headers, moment.date);
        // Gathered first: finding a budget takes the pool's lock, and so does correcting it.
        let readings: Vec<(usize, Reading)> = self
            .buckets(operation, moment)
            .filter_map(|(bucket, limit)| Some((bucket, Reading::of(&limit.headers, headers, told_at)?)))
            .collect();
        if !readings.is_empty() {
            self.pool.correct(&readings, moment);
        }
    }

    /// Learns from whether the server refused.
    pub(crate) fn learn(&self, operation: &'static Operation, refused: bool, clock: &dyn Clock) {
        let is_adaptive = |index: &usize| {
            self.limits
                .get(*index)
                .is_some_and(|mine| matches!(mine.limit.quota, crate::contract::Quota::Adaptive { .. }))
        };
        if operation.limits.iter().any(is_adaptive) {
            let moment = Moment::of(clock);
            let buckets: Vec<usize> = self.buckets(operation, moment).map(|(bucket, _)| bucket).collect();
            self.pool.learn(&buckets, refused, moment);
        }
    }
}

fn cost(limit: &Limit, operation: &'static Operation, request: &Request) -> u64 {
    let declared = limit.costs.iter().find(|(id, _)| *id == operation.id).map(|(_, cost)| *cost);
    match declared {
        None => 1,
        Some(Cost::Units(units)) => units,
        Some(Cost::Parameter(index)) => {
            request.given(Target::Parameter(index)).and_then(|text| text.trim().parse().ok()).unwrap_or(1)
        }
    }
}
