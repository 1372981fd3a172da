//! Budgets under every schedule: nothing is exceeded, nothing is lost, writes go first.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_core::future::BoxFuture;
use http::HeaderMap;
use jiff::Timestamp;
use proptest::prelude::*;

use super::pool::{Class, Key, Permit, Pool, Wait};
use super::{Moment, QuotaStore};
use crate::clock::Clock;
use crate::contract::{Limit, LimitHeaders, Quota, Scope, TimeUnit};
use crate::told::Reading;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn limit(quota: Quota) -> &'static Limit {
    let headers = LimitHeaders {
        limit: Some("x-limit"),
        remaining: Some("x-remaining"),
        reset: Some(("x-reset", TimeUnit::Seconds)),
        ..LimitHeaders::default()
    };
    Box::leak(Box::new(Limit { name: "account", quota, scope: Scope::Account, by: &[], costs: &[], headers }))
}

fn sliding(units: u64, per_milliseconds: u64) -> Quota {
    Quota::SlidingLog { units, per_milliseconds }
}

fn at(now: Duration) -> Moment {
    let date = Timestamp::UNIX_EPOCH.checked_add(jiff::SignedDuration::try_from(now).unwrap()).unwrap();
    Moment { now, date }
}

/// A pool of these budgets, by their order.
fn pool(quotas: &[Quota], store: Option<&Arc<dyn QuotaStore>>) -> Arc<Pool> {
    let pool = Arc::new(Pool::default());
    for (index, quota) in quotas.iter().enumerate() {
        let key = Key { limit: "account", holder: index as u64, operation: None };
        let store = store.map(|store| (store, format!("account/{index}")));
        assert_eq!(pool.bucket(&key, limit(*quota), at(Duration::ZERO), store), index);
    }
    pool
}

fn take(pool: &Arc<Pool>, now: Duration) -> Result<(), Duration> {
    match pool.ask(vec![(0, 1)], Class::Read, at(now)) {
        Ok(_) => Ok(()),
        Err(ticket) => Err(ticket.outlook(at(now)).unwrap().duration),
    }
}

fn tell(pool: &Arc<Pool>, limit: &'static Limit, pairs: &[(&'static str, &str)], now: Duration) {
    let headers: HeaderMap =
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let reading = Reading::of(&limit.headers, &headers, Timestamp::UNIX_EPOCH);
    let readings: Vec<_> = reading.into_iter().map(|reading| (0, reading)).collect();
    pool.correct(&readings, at(now));
}

#[test]
fn the_headers_correct_the_budget() {
    let quota = sliding(100, 60_000);
    let (pool, limit) = (pool(&[quota], None), limit(quota));
    let now = Duration::from_secs(1_000);
    let told = |remaining: &str, reset: &str| {
        tell(&pool, limit, &[("x-remaining", remaining), ("x-reset", reset)], now);
    };
    let wait = |seconds| Err(Duration::from_secs(seconds));
    told("1", "30");
    assert_eq!(take(&pool, now), Ok(()));
    assert_eq!(take(&pool, now), wait(30), "nothing is left until the reset");
    told("1", "30");
    assert_eq!(take(&pool, now), wait(30), "an answer that was overtaken adds nothing");
    told("5", "90");
    assert_eq!(take(&pool, now), Ok(()), "a later reset is a new window");
    told("0", "-5");
    assert_eq!(take(&pool, now + Duration::from_secs(91)), Ok(()), "a reset in the past holds nothing");
}

#[test]
fn a_smaller_quota_of_the_server_wins_and_a_larger_does_not() {
    for (header, served) in [("2", 2), ("9", 3), ("0", 3), ("x", 3)] {
        let quota = sliding(3, 1_000);
        let pool = pool(&[quota], None);
        tell(&pool, limit(quota), &[("x-limit", header)], Duration::ZERO);
        let taken = (0..10).filter(|_| take(&pool, Duration::ZERO).is_ok()).count();
        assert_eq!(taken, served, "x-limit: {header}");
    }
}

#[test]
fn a_bucket_that_the_server_tells_to_be_fuller_is_emptied_more_slowly() {
    // Shopify: 40 at once, 2 a second; others have used 38.
    let quota = Quota::TokenBucket { units: 2, per_milliseconds: 1_000, burst: 40 };
    let pool = pool(&[quota], None);
    tell(&pool, limit(quota), &[("x-remaining", "2")], Duration::ZERO);
    assert_eq!((0..2).filter(|_| take(&pool, Duration::ZERO).is_ok()).count(), 2);
    assert_eq!(take(&pool, Duration::ZERO), Err(ms(500)));
}

#[test]
fn a_fixed_window_ends_where_the_server_says() {
    let quota = Quota::FixedWindow { units: 2, per_milliseconds: 60_000 };
    let pool = pool(&[quota], None);
    let now = Duration::from_secs(90);
    assert_eq!((take(&pool, now), take(&pool, now)), (Ok(()), Ok(())));
    assert_eq!(take(&pool, now), Err(Duration::from_secs(30)), "windows are whole minutes");
    tell(&pool, limit(quota), &[("x-remaining", "0"), ("x-reset", "10")], now);
    assert_eq!(take(&pool, now), Err(Duration::from_secs(10)));
    let later = now + Duration::from_secs(10);
    assert_eq!((take(&pool, later), take(&pool, later)), (Ok(()), Ok(())));
    assert_eq!(take(&pool, later), Err(Duration::from_secs(60)));
}

/// A clock that stands until it is moved, and then wakes those whose sleep is over.
#[derive(Clone, Default)]
struct Stepped(Arc<Mutex<Time>>);

#[derive(Default)]
struct Time {
    now: Duration,
    /// Until when each sleeps, and who.
    sleepers: Vec<(Duration, Waker)>,
}

struct Sleep(Stepped, Duration);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut time = self.0.0.lock().unwrap();
        if time.now >= self.1 {
            return Poll::Ready(());
        }
        time.sleepers.push((self.1, context.waker().clone()));
        Poll::Pending
    }
}

impl Clock for Stepped {
    fn now(&self) -> Timestamp {
        at(self.elapsed()).date
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Sleep(self.clone(), self.elapsed() + duration))
    }
}

impl Stepped {
    fn next(&self) -> Option<Duration> {
        self.0.lock().unwrap().sleepers.iter().map(|(until, _)| *until).min()
    }

    fn move_to(&self, to: Duration) {
        let mut time = self.0.lock().unwrap();
        time.now = time.now.max(to);
        let now = time.now;
        let (over, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut time.sleepers).into_iter().partition(|(until, _)| *until <= now);
        time.sleepers = rest;
        drop(time);
        over.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// One request of a schedule.
#[derive(Clone, Debug)]
struct Plan {
    at: Duration,
    write: bool,
    units: u64,
    /// Dropped so long after it came, if it still waits then.
    patience: Option<Duration>,
    /// How long it is under way.
    hold: Duration,
    /// Which process it is of.
    process: usize,
    /// The budgets that it needs.
    budgets: Vec<usize>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
enum Fate {
    Granted { at: Duration, until: Duration },
    Dropped,
}

enum Stage {
    Coming,
    Waiting(BoxFuture<'static, Result<Permit, Wait>>, Arc<Flag>),
    Running(Duration, #[allow(dead_code, reason = "held until it is dropped")] Permit),
    Done,
}

/// Plays a schedule. Tasks are polled only when they were woken, so that a waker that is lost shows.
fn play(pools: &[Arc<Pool>], plans: &[Plan]) -> Vec<Fate> {
    let clock = Stepped::default();
    let mut stages: Vec<Stage> = plans.iter().map(|_| Stage::Coming).collect();
    let mut fates = vec![Fate::Dropped; plans.len()];
    for _ in 0..100_000 {
        let now = clock.elapsed();
        let mut moved = false;
        for ((stage, plan), fate) in stages.iter_mut().zip(plans).zip(&mut fates) {
            let is_impatient = plan.patience.is_some_and(|patience| now >= plan.at + patience);
            match stage {
                Stage::Coming if now >= plan.at => {
                    let needs = plan.budgets.iter().map(|budget| (*budget, plan.units)).collect();
                    let class = if plan.write { Class::Write } else { Class::Read };
                    let asked = pools[plan.process].ask(needs, class, Moment::of(&clock));
                    let clock = clock.clone();
                    let future: BoxFuture<'static, _> = Box::pin(async move {
                        match asked {
                            Ok(permit) => Ok(permit),
                            Err(ticket) => ticket.wait(&clock, Duration::MAX, Duration::MAX).await,
                        }
                    });
                    *stage = Stage::Waiting(future, Arc::new(Flag(AtomicBool::new(true))));
                    moved = true;
                }
                Stage::Waiting(..) if is_impatient => {
                    *stage = Stage::Done;
                    moved = true;
                }
                Stage::Waiting(future, flag) if flag.0.swap(false, Ordering::SeqCst) => {
                    moved = true;
                    let waker = Waker::from(Arc::clone(flag));
                    if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                        let until = now + plan.hold;
                        *fate = Fate::Granted { at: now, until };
                        *stage = Stage::Running(until, result.expect("no wait is too long here"));
                    }
                }
                Stage::Running(until, _) if now >= *until => {
                    *stage = Stage::Done;
                    moved = true;
                }
                _ => {}
            }
        }
        if moved {
            continue;
        }
        let events = stages.iter().zip(plans).filter_map(|(stage, plan)| match stage {
            Stage::Coming => Some(plan.at),
            Stage::Waiting(..) => plan.patience.map(|patience| plan.at + patience),
            Stage::Running(until, _) => Some(*until),
            Stage::Done => None,
        });
        match events.chain(clock.next()).min() {
            Some(next) => clock.move_to(next),
            None => {
                let stuck = stages.iter().filter(|stage| !matches!(stage, Stage::Done)).count();
                assert_eq!(stuck, 0, "{stuck} wait although nothing is going to happen: {plans:?}");
                return fates;
            }
        }
    }
    panic!("the schedule does not end: {plans:?}");
}

/// Checks that what was granted keeps to a quota, whatever its shape.
fn keeps(quota: Quota, granted: &[(Duration, Duration, u64)]) -> Result<(), String> {
    let mut granted = granted.to_vec();
    granted.sort();
    match quota {
        Quota::SlidingLog { units, per_milliseconds } => {
            for (start, ..) in &granted {
                let within =
                    granted.iter().filter(|(at, ..)| at >= start && *at < *start + ms(per_milliseconds));
                let sum: u64 = within.map(|(.., cost)| (*cost).min(units)).sum();
                if sum > units {
                    return Err(format!("{sum} of {units} within the span from {start:?}"));
                }
            }
        }
        Quota::FixedWindow { units, per_milliseconds } => {
            let window = |at: Duration| at.as_millis() / u128::from(per_milliseconds);
            for (start, ..) in &granted {
                let within = granted.iter().filter(|(at, ..)| window(*at) == window(*start));
                let sum: u64 = within.map(|(.., cost)| (*cost).min(units)).sum();
                if sum > units {
                    return Err(format!("{sum} of {units} in the window of {start:?}"));
                }
            }
        }
        Quota::TokenBucket { units, per_milliseconds, burst } => {
            for (first, (from, ..)) in granted.iter().enumerate() {
                let mut sum = 0;
                for (to, _, cost) in &granted[first..] {
                    sum += (*cost).min(burst);
                    let span = (*to - *from).as_nanos() as f64 / 1e6;
                    let allowed = burst as f64 + span * units as f64 / per_milliseconds as f64;
                    if sum as f64 > allowed + 1e-6 {
                        return Err(format!("{sum} from {from:?} to {to:?}, where {allowed} are allowed"));
                    }
                }
            }
        }
        Quota::Concurrent { requests } => {
            for (moment, ..) in &granted {
                // One that has ended at this moment has made room.
                let running =
                    granted.iter().filter(|(at, until, _)| at <= moment && (until > moment || at == moment));
                let count = running.filter(|(at, until, _)| at != until).count() as u64;
                if count > requests {
                    return Err(format!("{count} of {requests} at {moment:?}"));
                }
            }
        }
        Quota::Adaptive { .. } => {}
    }
    Ok(())
}

fn quotas() -> impl Strategy<Value = Quota> {
    (0..4usize, 1u64..6, 1u64..400, 1u64..8).prop_map(|(shape, units, per_milliseconds, burst)| match shape {
        0 => Quota::SlidingLog { units, per_milliseconds },
        1 => Quota::FixedWindow { units, per_milliseconds },
        2 => Quota::TokenBucket { units, per_milliseconds, burst },
        _ => Quota::Concurrent { requests: units },
    })
}

fn plans(budgets: usize, processes: usize) -> impl Strategy<Value = Vec<Plan>> {
    let one = (
        0u64..600,
        any::<bool>(),
        1u64..4,
        proptest::option::of(0u64..200),
        1u64..80,
        0..processes,
        1u8..(1 << budgets),
    );
    proptest::collection::vec(one, 1..40).prop_map(move |all| {
        all.into_iter()
            .map(|(at, write, units, patience, hold, process, needed)| Plan {
                at: ms(at),
                write,
                units,
                patience: patience.map(ms),
                hold: ms(hold),
                process,
                budgets: (0..budgets).filter(|budget| needed & (1 << budget) != 0).collect(),
            })
            .collect()
    })
}

fn granted(plans: &[Plan], fates: &[Fate], budget: usize) -> Vec<(Duration, Duration, u64)> {
    let of = plans.iter().zip(fates).filter(|(plan, _)| plan.budgets.contains(&budget));
    of.filter_map(|(plan, fate)| match fate {
        Fate::Granted { at, until } => Some((*at, *until, plan.units)),
        Fate::Dropped => None,
    })
    .collect()
}

proptest! {
    #[test]
    fn no_budget_is_ever_exceeded_and_nobody_waits_for_ever(
        all in proptest::collection::vec(quotas(), 1..4),
        plans in plans(3, 1),
    ) {
        let plans: Vec<Plan> = plans
            .into_iter()
            .map(|mut plan| {
                plan.budgets.retain(|budget| *budget < all.len());
                plan
            })
            .collect();
        let fates = play(&[pool(&all, None)], &plans);
        for (budget, quota) in all.iter().enumerate() {
            let kept = keeps(*quota, &granted(&plans, &fates, budget));
            prop_assert!(kept.is_ok(), "{quota:?}: {kept:?}");
        }
        for (plan, fate) in plans.iter().zip(&fates) {
            prop_assert!(plan.patience.is_some() || *fate != Fate::Dropped, "{plan:?} was never let through");
        }
    }

    #[test]
    fn writes_go_first_and_within_a_class_the_first_come(quota in quotas(), plans in plans(1, 1)) {
        let fates = play(&[pool(&[quota], None)], &plans);
        for (index, (plan, fate)) in plans.iter().zip(&fates).enumerate() {
            let Fate::Granted { at, .. } = fate else { continue };
            for (other, (waiting, its)) in plans.iter().zip(&fates).enumerate() {
                // Those that came at the same moment are taken in the order of the schedule.
                let came_before = waiting.at < plan.at || (waiting.at == plan.at && other < index);
                let goes_first = match (waiting.write, plan.write) {
                    (true, false) => waiting.at < *at,
                    (same, other) if same == other => came_before,
                    _ => false,
                };
                let overtaken = matches!(its, Fate::Granted { at: its, .. } if its > at);
                prop_assert!(
                    !(goes_first && overtaken),
                    "{plan:?} went at {at:?}, before {waiting:?}, which went {its:?}, under {quota:?}"
                );
            }
        }
    }
}

#[cfg(feature = "store")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn processes_that_share_a_store_keep_one_budget(
        shape in 0..4usize,
        units in 1u64..60,
        per_milliseconds in 20u64..800,
        plans in plans(1, 2),
    ) {
        let quota = match shape {
            0 => Quota::SlidingLog { units, per_milliseconds },
            // A span that never holds more than the quota keeps to windows too.
            1 => Quota::FixedWindow { units, per_milliseconds },
            2 => Quota::Concurrent { requests: units.div_ceil(12) },
            _ => Quota::TokenBucket { units: units.div_ceil(2), per_milliseconds, burst: units },
        };
        let folder = tempfile::tempdir().unwrap();
        let pools: Vec<Arc<Pool>> = (0..2)
            .map(|_| {
                let store: Arc<dyn QuotaStore> =
                    Arc::new(crate::store::Quotas::open(folder.path().join("shared.db")).unwrap());
                pool(&[quota], Some(&store))
            })
            .collect();
        let fates = play(&pools, &plans);
        let kept = keeps(quota, &granted(&plans, &fates, 0));
        prop_assert!(kept.is_ok(), "{quota:?}: {kept:?}");
        for (plan, fate) in plans.iter().zip(&fates) {
            prop_assert!(plan.patience.is_some() || *fate != Fate::Dropped, "{plan:?} was never let through");
        }
    }
}

#[cfg(feature = "store")]
#[test]
fn a_lease_counts_until_its_last_moment_of_use_has_left_the_span() {
    let folder = tempfile::tempdir().unwrap();
    let open = || -> Arc<Pool> {
        let store: Arc<dyn QuotaStore> =
            Arc::new(crate::store::Quotas::open(folder.path().join("shared.db")).unwrap());
        pool(&[sliding(100, 1_000)], Some(&store))
    };
    let (one, other) = (open(), open());
    let taken = |pool: &Arc<Pool>, now: u64| (0..200).filter(|_| take(pool, ms(now)).is_ok()).count();
    // A batch is of five, to be used within 50 ms.
    assert_eq!(take(&one, ms(0)), Ok(()));
    assert_eq!(taken(&other, 0), 95);
    for _ in 0..4 {
        assert_eq!(take(&one, ms(50)), Ok(()), "what was leased in time");
    }
    let (again, later) = (taken(&other, 1_000), taken(&other, 1_049));
    assert!(again + later <= 96, "{again} and {later} beside the four of the last second");
    assert_eq!(again + later + taken(&other, 1_050) + taken(&other, 1_051), 100, "then all of it is there");
}

#[test]
fn a_batch_costs_one_transaction() {
    struct Counting(Mutex<u64>);
    impl QuotaStore for Counting {
        fn lease(&self, ask: &super::Ask<'_>) -> Result<super::Answer, super::QuotaStoreError> {
            *self.0.lock().unwrap() += 1;
            Ok(super::Answer::Granted { id: 1, units: ask.batch })
        }
        fn end(&self, _: i64) -> Result<(), super::QuotaStoreError> {
            Ok(())
        }
    }
    let counting = Arc::new(Counting(Mutex::new(0)));
    let store: Arc<dyn QuotaStore> = counting.clone();
    let pool = pool(&[sliding(1_000, 60_000)], Some(&store));
    for _ in 0..500 {
        assert_eq!(take(&pool, Duration::ZERO), Ok(()));
    }
    assert_eq!(*counting.0.lock().unwrap(), 10, "transactions for 500 requests");
}

#[test]
fn a_store_that_fails_holds_requests_back_and_says_why() {
    struct Broken;
    impl QuotaStore for Broken {
        fn lease(&self, _: &super::Ask<'_>) -> Result<super::Answer, super::QuotaStoreError> {
            Err(super::QuotaStoreError("disk full".to_owned()))
        }
        fn end(&self, _: i64) -> Result<(), super::QuotaStoreError> {
            Ok(())
        }
    }
    let store: Arc<dyn QuotaStore> = Arc::new(Broken);
    let pool = pool(&[sliding(10, 1_000)], Some(&store));
    let moment = at(Duration::ZERO);
    let ticket = pool.ask(vec![(0, 1)], Class::Read, moment).unwrap_err();
    let wait = ticket.outlook(moment).unwrap();
    assert_eq!(wait.duration, Duration::from_secs(1));
    assert!(wait.problem.is_some_and(|problem| problem.contains("disk full")));
}
