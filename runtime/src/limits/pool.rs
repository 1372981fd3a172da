//! The budgets of one API, and who waits for them. All who share a pool share one clock.
//!
//! A request takes from all its budgets at once or from none. Those who wait stand in one line: writes before reads, and within each the
//! first come first. Whoever stands further back may pass only where it needs nothing that one before it waits for. A waiter that is
//! dropped leaves the line, and gives back what it was handed and did not use.

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_core::future::BoxFuture;

use crate::clock::Clock;
use crate::contract::Limit;

use super::Moment;
use super::bucket::{Bucket, Refusal};
use super::lease::QuotaStore;
use crate::told::Reading;

/// Which of two waiters goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Write,
    Read,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(Class, u64);

/// A budget of the pool: the limit by its name, its holder, and the operation where each has its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) limit: &'static str,
    pub(super) holder: u64,
    pub(super) operation: Option<&'static str>,
}

/// Units of the pool's budgets, by their index.
pub(super) type Needs = Vec<(usize, u64)>;

#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    buckets: Vec<Bucket>,
    keys: HashMap<Key, usize>,
    waiters: BTreeMap<Rank, Waiter>,
    next: u64,
    /// The latest moment seen: tasks read the clock before they come here, in any order.
    now: Duration,
}

#[derive(Debug)]
struct Waiter {
    needs: Needs,
    granted: bool,
    /// When it may go on, as far as that is known.
    due: Option<Duration>,
    waker: Option<Waker>,
}

/// A wait that is too long, or the one that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) limit: &'static str,
    pub(crate) duration: Duration,
    /// What is wrong with what the processes share.
    pub(crate) problem: Option<String>,
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index of a budget, which is made where there is none yet.
    pub(super) fn bucket(
        &self,
        key: &Key,
        limit: &'static Limit,
        moment: Moment,
        store: Option<(&Arc<dyn QuotaStore>, String)>,
    ) -> usize {
        let mut state = self.state();
        let index = match state.keys.get(key) {
            Some(index) => *index,
            None => {
                let epoch = Duration::try_from(moment.date.as_duration()).unwrap_or_default();
                let bucket = Bucket::new(limit, epoch.saturating_sub(moment.now), moment.now);
                state.buckets.push(bucket);
                let index = state.buckets.len() - 1;
                state.keys.insert(key.clone(), index);
                index
            }
        };
        if let (Some((store, key)), Some(bucket)) = (store, state.buckets.get_mut(index)) {
            bucket.share(Arc::clone(store), key);
        }
        index
    }

    /// Takes these units, or gets into the line.
    pub(super) fn ask(
        self: &Arc<Self>,
        needs: Needs,
        class: Class,
        moment: Moment,
    ) -> Result<Permit, Ticket> {
        let mut state = self.state();
        let moment = state.at(moment);
        let is_alone = state.waiters.is_empty();
        if is_alone && refusals(&mut state.buckets, &needs, moment).is_empty() {
            state.take(&needs, moment);
            return Ok(state.permit(self, needs));
        }
        let rank = Rank(class, state.next);
        state.next += 1;
        state.waiters.insert(rank, Waiter { needs, granted: false, due: None, waker: None });
        let wakers = if is_alone { Vec::new() } else { state.settle(moment) };
        drop(state);
        wake(wakers);
        Err(Ticket { pool: Arc::clone(self), rank, done: false })
    }

    /// Units that are left of a budget, where it counts them.
    pub(super) fn left(&self, index: usize, moment: Moment) -> Option<u64> {
        let mut state = self.state();
        let moment = state.at(moment);
        state.buckets.get(index)?.left(moment.now)
    }

    /// What the headers of an answer say.
    pub(super) fn correct(&self, readings: &[(usize, Reading)], moment: Moment) {
        let mut state = self.state();
        let moment = state.at(moment);
        for (index, reading) in readings {
            if let Some(bucket) = state.buckets.get_mut(*index) {
                bucket.correct(reading, moment.now);
            }
        }
        let wakers = state.settle(moment);
        drop(state);
        wake(wakers);
    }

    /// Whether the server refused.
    pub(super) fn learn(&self, indexes: &[usize], refused: bool, moment: Moment) {
        let mut state = self.state();
        let moment = state.at(moment);
        for index in indexes {
            if let Some(bucket) = state.buckets.get_mut(*index) {
                bucket.learn(refused, moment.now);
            }
        }
    }
}

impl State {
    fn at(&mut self, moment: Moment) -> Moment {
        self.now = self.now.max(moment.now);
        Moment { now: self.now, ..moment }
    }

    /// What is held of what was taken.
    fn permit(&self, pool: &Arc<Pool>, mut needs: Needs) -> Permit {
        needs.retain(|(index, _)| self.buckets.get(*index).is_some_and(Bucket::is_held));
        Permit((!needs.is_empty()).then(|| (Arc::clone(pool), needs)))
    }

    fn take(&mut self, needs: &Needs, moment: Moment) {
        for (index, units) in needs {
            if let Some(bucket) = self.buckets.get_mut(*index) {
                bucket.take(*units, moment);
            }
        }
    }

    /// Hands out what there is along the line. Gives those to be woken: who was handed something, and whose wait is shorter than it knew.
    fn settle(&mut self, moment: Moment) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let State { waiters, buckets, .. } = self;
        let mut kept: Vec<usize> = Vec::new();
        for waiter in waiters.values_mut().filter(|waiter| !waiter.granted) {
            let is_behind = waiter.needs.iter().any(|(index, _)| kept.contains(index));
            let refused = if is_behind {
                refusals_here(buckets, &waiter.needs, moment.now)
            } else {
                refusals(buckets, &waiter.needs, moment)
            };
            kept.extend(refused.iter().map(|(index, _)| *index));
            let due = refused.iter().filter_map(|(_, refusal)| match refusal {
                Refusal::For(wait) => Some(moment.now.saturating_add(*wait)),
                Refusal::UntilRelease => None,
            });
            let due = due.max();
            if !is_behind && refused.is_empty() {
                for (index, units) in &waiter.needs {
                    if let Some(bucket) = buckets.get_mut(*index) {
                        bucket.take(*units, moment);
                    }
                }
                waiter.granted = true;
                wakers.extend(waiter.waker.take());
            } else if due.is_some_and(|due| waiter.due.is_none_or(|known| due < known)) {
                waiter.due = due;
                wakers.extend(waiter.waker.take());
            } else {
                waiter.due = due;
            }
        }
        wakers
    }
}

/// What lets these units not through, and why. What is shared with other processes is asked for only where nothing else is in the way,
/// because what is leased is to be used.
fn refusals(buckets: &mut [Bucket], needs: &Needs, moment: Moment) -> Vec<(usize, Refusal)> {
    let here = refusals_here(buckets, needs, moment.now);
    if !here.is_empty() {
        return here;
    }
    let lacking = needs.iter().filter_map(|(index, units)| {
        let wait = buckets.get_mut(*index)?.lacks_lease(*units, moment)?;
        Some((*index, Refusal::For(wait)))
    });
    lacking.collect()
}

fn refusals_here(buckets: &mut [Bucket], needs: &Needs, now: Duration) -> Vec<(usize, Refusal)> {
    let refused = needs
        .iter()
        .filter_map(|(index, units)| Some((*index, buckets.get_mut(*index)?.refuses(*units, now)?)));
    refused.collect()
}

fn wake(wakers: Vec<Waker>) {
    for waker in wakers {
        waker.wake();
    }
}

/// A place in the line.
#[derive(Debug)]
pub(super) struct Ticket {
    pool: Arc<Pool>,
    rank: Rank,
    done: bool,
}

impl Ticket {
    /// How long it is going to take, as far as that is known: those before it are counted.
    pub(super) fn outlook(&self, moment: Moment) -> Option<Wait> {
        let mut state = self.pool.state();
        let moment = state.at(moment);
        let needs = state.waiters.get(&self.rank)?.needs.clone();
        let State { buckets, .. } = &mut *state;
        let here = refusals_here(buckets, &needs, moment.now).into_iter();
        let leases = needs.iter().filter_map(|(index, _)| {
            let wait = buckets.get(*index)?.lease_wait(moment.now)?;
            Some((*index, Refusal::For(wait)))
        });
        // Where nothing is, only those before it are in the way.
        let first = needs.first().map(|(index, _)| (*index, Refusal::For(Duration::ZERO)));
        let (index, refusal) = here.chain(leases).chain(first).max_by_key(|(_, refusal)| match refusal {
            Refusal::For(wait) => *wait,
            Refusal::UntilRelease => Duration::ZERO,
        })?;
        let units = |waiter: &Waiter| {
            waiter.needs.iter().filter(|(other, _)| *other == index).map(|(_, units)| units).sum::<u64>()
        };
        let ahead: u64 = state.waiters.range(..self.rank).map(|(_, waiter)| units(waiter)).sum();
        let bucket = state.buckets.get(index)?;
        let duration = match refusal {
            Refusal::For(duration) => bucket.estimate(ahead, duration),
            Refusal::UntilRelease => Duration::ZERO,
        };
        Some(Wait { limit: bucket.limit.name, duration, problem: bucket.lease_problem() })
    }

    /// Waits for its turn. Ends early with the wait that would end after the deadline, or is longer than the cap.
    pub(super) async fn wait(
        mut self,
        clock: &dyn Clock,
        cap: Duration,
        deadline: Duration,
    ) -> Result<Permit, Wait> {
        let mut sleep: Option<(Duration, BoxFuture<'static, ()>)> = None;
        poll_fn(|context| {
            loop {
                let moment = Moment::of(clock);
                let mut state = self.pool.state();
                let moment = state.at(moment);
                let wakers = state.settle(moment);
                let Some(waiter) = state.waiters.get_mut(&self.rank) else {
                    // It stands there until it is done.
                    return Poll::Ready(Err(Wait { limit: "", duration: Duration::ZERO, problem: None }));
                };
                if waiter.granted && moment.now <= deadline {
                    let needs = std::mem::take(&mut waiter.needs);
                    state.waiters.remove(&self.rank);
                    let permit = state.permit(&self.pool, needs);
                    drop(state);
                    self.done = true;
                    wake(wakers);
                    return Poll::Ready(Ok(permit));
                }
                waiter.waker = Some(context.waker().clone());
                let due = waiter.due;
                drop(state);
                wake(wakers);
                let end = due.unwrap_or(moment.now);
                // What it was handed too late goes back when the ticket is dropped.
                if end > deadline || end.saturating_sub(moment.now) > cap {
                    let wait = self.outlook(moment);
                    let wait = wait.unwrap_or(Wait { limit: "", duration: Duration::ZERO, problem: None });
                    return Poll::Ready(Err(Wait {
                        duration: end.saturating_sub(moment.now).max(wait.duration),
                        ..wait
                    }));
                }
                let Some(due) = due else {
                    sleep = None;
                    return Poll::Pending;
                };
                if sleep.as_ref().is_none_or(|(until, _)| *until != due) {
                    let rest = due.saturating_sub(moment.now);
                    sleep = Some((due, clock.sleep(rest)));
                }
                let Some((_, sleeping)) = &mut sleep else { return Poll::Pending };
                if sleeping.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                sleep = None;
            }
        })
        .await
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut state = self.pool.state();
        let Some(waiter) = state.waiters.remove(&self.rank) else { return };
        if waiter.granted {
            for (index, units) in &waiter.needs {
                if let Some(bucket) = state.buckets.get_mut(*index) {
                    bucket.give_back(*units);
                }
            }
        }
        // Those behind it may be able to go now. They look at the clock themselves.
        let wakers: Vec<Waker> =
            state.waiters.values_mut().filter_map(|waiter| waiter.waker.take()).collect();
        drop(state);
        wake(wakers);
    }
}

/// What a request holds while it is under way; it ends when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Permit(Option<(Arc<Pool>, Needs)>);

impl Drop for Permit {
    fn drop(&mut self) {
        let Some((pool, needs)) = self.0.take() else { return };
        let mut state = pool.state();
        for (index, units) in &needs {
            if let Some(bucket) = state.buckets.get_mut(*index) {
                bucket.give_back(*units);
            }
        }
        let wakers: Vec<Waker> =
            state.waiters.values_mut().filter_map(|waiter| waiter.waker.take()).collect();
        drop(state);
        wake(wakers);
    }
}
