//! Limits and the error map, played by the sandbox and kept by the runtime's client, on one clock.

use std::sync::Arc;

use linchpin_runtime::contract::{
    Action, Contract, Cost, ErrorRule, Fault, Limit, LimitHeaders, Quota, Scope, Test, TimeUnit,
};
use linchpin_runtime::sandbox::{Sandbox, SandboxOptions};
use linchpin_runtime::testing::Seeded;
use linchpin_runtime::{Client, Config, Error, Request, Response};

use super::{CONTRACT, copy, get, options};

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// The contract with one limit on `GET /account`, and this error map.
fn contract(limit: Limit, errors: &'static [ErrorRule]) -> &'static Contract {
    let wide = Limit {
        name: "wide",
        quota: Quota::SlidingLog { units: 1_000_000, per_milliseconds: 1_000 },
        scope: Scope::App,
        by: &[],
        costs: &[],
        headers: LimitHeaders::default(),
    };
    leak(Contract { limits: leak([limit, wide]), errors, ..copy(&CONTRACT) })
}

fn limit(quota: Quota, headers: LimitHeaders) -> Limit {
    Limit { name: "account", quota, scope: Scope::Account, by: &[], costs: &[], headers }
}

/// Sends so many requests one after another, and gives what the sandbox counted of each status.
async fn play(
    contract: &'static Contract,
    requests: u32,
    faults: &str,
) -> (Vec<Result<Response, Error>>, Vec<(u16, u64)>) {
    let (sandbox_options, clock) = options();
    let faults = faults.parse().unwrap();
    let sandbox = Sandbox::start(contract, SandboxOptions { faults, ..sandbox_options }).await.unwrap();
    let config = Config::from_pairs(contract, sandbox.config()).unwrap();
    let client = Client::builder(contract)
        .config(config)
        .clock(Arc::new(clock.with_real_timers()))
        .random(Seeded::new(1))
        .build()
        .unwrap();
    let account = contract.operation("limited").unwrap();
    let mut results = Vec::new();
    for _ in 0..requests {
        results.push(client.send(Request::new(account)).await);
    }
    (results, sandbox.statistics().statuses.into_iter().collect())
}

#[tokio::test]
async fn a_client_that_keeps_a_limit_is_never_refused() {
    let headers = || LimitHeaders {
        limit: Some("x-limit"),
        remaining: Some("x-remaining"),
        reset: Some(("x-reset", TimeUnit::EpochMilliseconds)),
        ..LimitHeaders::default()
    };
    let cases = [
        limit(Quota::SlidingLog { units: 3, per_milliseconds: 10_000 }, LimitHeaders::default()),
        limit(Quota::SlidingLog { units: 3, per_milliseconds: 10_000 }, headers()),
        limit(Quota::FixedWindow { units: 3, per_milliseconds: 60_000 }, LimitHeaders::default()),
        limit(Quota::FixedWindow { units: 3, per_milliseconds: 60_000 }, headers()),
        // It keeps to a fixed window too, without knowing that it is one: see the sandbox's `FixedWindow` above.
        limit(Quota::TokenBucket { units: 2, per_milliseconds: 1_000, burst: 5 }, LimitHeaders::default()),
        limit(
            Quota::TokenBucket { units: 2, per_milliseconds: 1_000, burst: 5 },
            LimitHeaders { usage: Some("x-usage"), ..LimitHeaders::default() },
        ),
        limit(
            Quota::SlidingLog { units: 3, per_milliseconds: 10_000 },
            LimitHeaders { policy: Some(""), ..LimitHeaders::default() },
        ),
        limit(Quota::Concurrent { requests: 1 }, LimitHeaders::default()),
        Limit {
            costs: &[("limited", Cost::Units(4))],
            ..limit(Quota::SlidingLog { units: 10, per_milliseconds: 10_000 }, LimitHeaders::default())
        },
    ];
    for limit in cases {
        let name = format!("{:?} {:?}", limit.quota, limit.headers);
        let (results, statuses) = play(contract(limit, &[]), 20, "").await;
        assert!(results.iter().all(Result::is_ok), "{name}: {results:?}");
        assert_eq!(statuses, [(200, 20)], "{name}");
    }
}

#[tokio::test]
async fn a_limit_that_is_not_published_is_learned() {
    let quota = Quota::Adaptive { units: 1, per_milliseconds: 1_000 };
    let (results, statuses) = play(contract(limit(quota, LimitHeaders::default()), &[]), 60, "").await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let refused = statuses.iter().find(|(status, _)| *status == 429).map_or(0, |(_, count)| *count);
    assert!((1..20).contains(&refused), "{statuses:?}");
}

#[tokio::test]
async fn the_sandbox_plays_the_error_map() {
    const RULE: ErrorRule = ErrorRule {
        name: "rule",
        operations: &[],
        statuses: &[(409, 409)],
        header: None,
        body: None,
        action: Action::Retry,
    };
    let body = Some((&["error", "code"][..], Test::Equals("throttled")));
    let whole = Some((&[][..], Test::Contains("LIMIT")));
    let rules: [(ErrorRule, u16, bool); 6] = [
        (RULE, 409, true),
        (ErrorRule { body, ..RULE }, 409, true),
        (ErrorRule { statuses: &[], body, action: Action::Rejected, ..RULE }, 200, true),
        (ErrorRule { statuses: &[(403, 403)], body: whole, action: Action::Rejected, ..RULE }, 403, true),
        (ErrorRule { header: Some(("x-why", Test::Contains("lock"))), ..RULE }, 409, true),
        (ErrorRule { action: Action::Fail { fault: Fault::Server, message: "Wait." }, ..RULE }, 409, false),
    ];
    for (rule, status, again) in rules {
        let name = format!("{rule:?}");
        let wide = limit(Quota::Concurrent { requests: 5 }, LimitHeaders::default());
        let (results, statuses) = play(contract(wide, leak([rule])), 3, "rule1:2").await;
        assert!(statuses.iter().any(|(found, _)| *found == status), "{name}: {statuses:?}");
        assert_eq!(results.iter().all(Result::is_ok), again, "{name}: {results:?}");
    }
}

#[tokio::test]
async fn structured_fields_name_each_policy() {
    let day = Limit {
        headers: LimitHeaders { policy: Some("day"), ..LimitHeaders::default() },
        ..limit(Quota::SlidingLog { units: 9, per_milliseconds: 86_400_000 }, LimitHeaders::default())
    };
    let sandbox = Sandbox::start(contract(day, &[]), options().0).await.unwrap();
    let answer = get(&format!("{}/account", sandbox.base_url())).await;
    assert_eq!(answer.header("ratelimit"), Some(r#""day";r=8;t=86400"#));
    assert_eq!(answer.header("ratelimit-policy"), Some(r#""day";q=9;w=86400"#));
}
