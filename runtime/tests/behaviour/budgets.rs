//! Limits as a client keeps them: who shares them, what they count, when they park a call. Retry tokens and the circuit breaker.

use std::sync::Arc;
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted};
use linchpin_runtime::{Budgets, Client, Config, ErrorKind, Request, Sent};

use crate::support::*;

fn of(quota: Quota, scope: Scope) -> Limit {
    Limit { name: "account", quota, scope, by: &[], costs: &[], headers: LimitHeaders::default() }
}

fn counted(id: &'static str, method: Method) -> &'static Operation {
    leak(Operation { id, limits: &[0], ..operation(method) })
}

#[test]
fn who_shares_a_budget_is_what_its_scope_says() {
    const TWO: Quota = Quota::SlidingLog { units: 2, per_milliseconds: 60_000 };
    // Scope, what tells holders apart, the second client's credential and user; whether a third request waits: of the same client, of the
    // second client, of the first client's second operation.
    type Case = (Scope, &'static [&'static str], &'static str, &'static str, [bool; 3]);
    let cases: [Case; 7] = [
        (Scope::Account, &[], CANARY, "me", [true, true, true]),
        (Scope::Account, &[], "another secret", "me", [true, false, true]),
        (Scope::App, &[], "another secret", "you", [true, true, true]),
        (Scope::Tenant, &["email"], "another secret", "me", [true, true, true]),
        (Scope::Tenant, &["email"], CANARY, "you", [true, false, true]),
        (Scope::Endpoint, &[], CANARY, "me", [true, true, false]),
        (Scope::Account, &["email"], CANARY, "you", [true, false, true]),
    ];
    for (scope, by, credential, user, waits) in cases {
        for (third, expected) in waits.into_iter().enumerate() {
            let (one, two) = (counted("one", Method::Get), counted("two", Method::Get));
            let limit = Limit { by, ..of(TWO, scope) };
            let contract =
                leak(Contract { operations: leak([one, two]), limits: leak([limit]), ..contract(one) });
            let (budgets, clock) = (Budgets::new(), ManualClock::default());
            let transport = ReplayTransport::server(|_| Scripted::json("{}"));
            let client = |credential: &str, user: &str| -> Client {
                let values = [("api_token", credential), ("email", user)];
                Client::builder(contract)
                    .config(Config::from_pairs(contract, values).unwrap())
                    .clock(Arc::new(clock.clone()))
                    .budgets(budgets.clone())
                    .transport(transport.clone())
                    .build()
                    .unwrap()
            };
            let (first, second) = (client(CANARY, "me"), client(credential, user));
            for _ in 0..2 {
                run(first.send(Request::new(one))).unwrap();
            }
            assert!(clock.sleeps().is_empty());
            let (client, operation) = [(&first, one), (&second, one), (&first, two)][third];
            run(client.send(Request::new(operation))).unwrap();
            assert_eq!(
                !clock.sleeps().is_empty(),
                expected,
                "{scope:?} by {by:?}, {credential} {user}: {third}"
            );
        }
    }
}

#[test]
fn a_client_with_a_clock_of_its_own_has_budgets_of_its_own() {
    let get = counted("one", Method::Get);
    let contract = leak(Contract {
        limits: leak([of(Quota::SlidingLog { units: 1, per_milliseconds: 1_000 }, Scope::App)]),
        ..contract(get)
    });
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    for _ in 0..2 {
        let clock = ManualClock::default();
        let config = Config::from_pairs(contract, [("api_token", CANARY)]).unwrap();
        let client = Client::builder(contract)
            .config(config)
            .clock(Arc::new(clock.clone()))
            .transport(transport.clone())
            .build()
            .unwrap();
        run(client.send(Request::new(get))).unwrap();
        assert!(clock.sleeps().is_empty());
    }
}

#[test]
fn points_are_counted_by_operation_and_by_parameter() {
    let plain = counted("plain", Method::Get);
    let dear = counted("dear", Method::Get);
    let sized = leak(Operation {
        id: "sized",
        limits: &[0],
        parameters: leak([parameter("first", Location::Query)]),
        ..operation(Method::Get)
    });
    let limit = Limit {
        costs: &[("dear", Cost::Units(6)), ("sized", Cost::Parameter(0))],
        ..of(Quota::SlidingLog { units: 10, per_milliseconds: 1_000 }, Scope::Account)
    };
    let contract =
        Contract { operations: leak([plain, dear, sized]), limits: leak([limit]), ..contract(plain) };
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, clock) = client(contract, &transport);
    let mut three = Request::new(sized);
    three.parameter(0, &3).unwrap();
    for request in [Request::new(plain), Request::new(dear), three] {
        run(client.send(request)).unwrap();
        assert!(clock.sleeps().is_empty(), "1 + 6 + 3 are allowed");
    }
    run(client.send(Request::new(sized))).unwrap();
    assert_eq!(clock.sleeps(), [Duration::from_secs(1)]);
    let mut much = Request::new(sized);
    much.parameter(0, &5_000).unwrap();
    run(client.send(much)).unwrap();
    assert_eq!(clock.sleeps().len(), 2, "what costs more than there is waits for all there is");
}

#[test]
fn a_concurrent_request_counts_until_its_body_is_read_and_writes_go_first() {
    let get = counted("read", Method::Get);
    let post = counted("write", Method::Post);
    // What a stream lists with a POST is read like any other.
    let search = leak(Operation {
        id: "search",
        path: "/search",
        limits: &[0],
        reads: true,
        ..operation(Method::Post)
    });
    let contract = Contract {
        operations: leak([get, post, search]),
        limits: leak([of(Quota::Concurrent { requests: 1 }, Scope::Account)]),
        ..contract(get)
    };
    let transport = ReplayTransport::server(|_| Scripted::json("{").body("}"));
    let (client, _) = client(contract, &transport);
    run(async {
        let mut open = client.open(Request::new(get)).await.unwrap();
        let call = |operation| {
            let client = client.clone();
            tokio::spawn(async move { client.send(Request::new(operation)).await.map(|_| ()) })
        };
        let (read, searched, dropped, write) = (call(get), call(search), call(post), call(post));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(transport.requests().len(), 1, "the first is still being read");
        dropped.abort();
        assert!(open.body.next().await.unwrap().is_ok());
        tokio::task::yield_now().await;
        assert_eq!(transport.requests().len(), 1, "half of it is not all of it");
        while let Some(piece) = open.body.next().await {
            piece.unwrap();
        }
        read.await.unwrap().unwrap();
        searched.await.unwrap().unwrap();
        write.await.unwrap().unwrap();
    });
    let requests = transport.requests();
    let sent: Vec<_> = requests.iter().map(|request| (request.method.as_str(), request.url.path())).collect();
    let items = "/v1/items";
    assert_eq!(sent, [("GET", items), ("POST", items), ("GET", items), ("POST", "/v1/search")]);
}

#[test]
fn structured_fields_and_usage_hold_requests_back() {
    // Headers that a limit declares, what comes, how long the second request waits.
    let policy = LimitHeaders { policy: Some(""), ..LimitHeaders::default() };
    let usage = LimitHeaders { usage: Some("x-usage"), ..LimitHeaders::default() };
    let cases: [(LimitHeaders, &str, &str, u64); 3] = [
        (policy, "ratelimit", r#""day";r=0;t=40"#, 40_000),
        (usage, "x-usage", "99/100", 0),
        (LimitHeaders { usage: Some("x-usage"), ..LimitHeaders::default() }, "x-usage", "100/100", 600),
    ];
    for (headers, name, value, expected) in cases {
        let get = counted("one", Method::Get);
        let limit = Limit {
            headers,
            ..of(Quota::SlidingLog { units: 100, per_milliseconds: 60_000 }, Scope::Account)
        };
        let transport = ReplayTransport::server(move |_| Scripted::json("{}").header(name, value));
        let (client, clock) = client(Contract { limits: leak([limit]), ..contract(get) }, &transport);
        for _ in 0..2 {
            run(client.send(Request::new(get))).unwrap();
        }
        let slept: Duration = clock.sleeps().iter().sum();
        assert_eq!(slept, Duration::from_millis(expected), "{name}: {value}");
    }
}

#[test]
fn a_refusal_waits_for_the_reset_of_the_limit_that_is_spent() {
    // Headers that a limit declares, what comes with the 429, the least wait in milliseconds.
    let reset = |unit| LimitHeaders {
        remaining: Some("x-left"),
        reset: Some(("x-reset", unit)),
        ..LimitHeaders::default()
    };
    let policy = LimitHeaders { policy: Some("day"), ..LimitHeaders::default() };
    let structured = r#""burst";r=9;t=1, "day";r=0;t=4"#;
    let left = r#""burst";r=0;t=9, "day";r=3;t=4"#;
    type Case = (LimitHeaders, &'static [(&'static str, &'static str)], u64);
    let cases: Vec<Case> = vec![
        (reset(TimeUnit::Seconds), &[("x-left", "0"), ("x-reset", "4")], 4_000),
        (reset(TimeUnit::Milliseconds), &[("x-left", "0"), ("x-reset", "4500")], 4_500),
        (reset(TimeUnit::EpochSeconds), &[("x-left", "0"), ("x-reset", "1767225604")], 4_000),
        (reset(TimeUnit::EpochMilliseconds), &[("x-left", "0"), ("x-reset", "1767225604250")], 4_250),
        (reset(TimeUnit::HttpDate), &[("x-left", "0"), ("x-reset", "Thu, 01 Jan 2026 00:00:04 GMT")], 4_000),
        (policy, leak([("ratelimit", structured)]), 4_000),
        (LimitHeaders { policy: Some("day"), ..LimitHeaders::default() }, leak([("ratelimit", left)]), 0),
    ];
    for (headers, told, least) in cases {
        let get = counted("one", Method::Get);
        let name = format!("{headers:?} {told:?}");
        let limit = Limit {
            headers,
            ..of(Quota::SlidingLog { units: 100, per_milliseconds: 1_000 }, Scope::Account)
        };
        let refusal =
            told.iter().fold(Scripted::status(429), |answer, (name, value)| answer.header(name, value));
        let transport = ReplayTransport::script([refusal, Scripted::json("{}")]);
        let (client, clock) = client(Contract { limits: leak([limit]), ..contract(get) }, &transport);
        run(client.send(Request::new(get))).unwrap();
        let waited: Duration = clock.sleeps().iter().sum();
        let least = Duration::from_millis(least);
        let most = if least.is_zero() { Duration::from_secs(1) } else { least.mul_f64(1.11) };
        assert!(waited >= least && waited <= most, "{name}: {waited:?}");
    }
}

#[test]
fn an_adaptive_limit_is_free_until_the_server_refuses() {
    let get = counted("one", Method::Get);
    let quota = Quota::Adaptive { units: 1, per_milliseconds: 10_000 };
    let refusals = std::sync::atomic::AtomicU32::new(1);
    let transport = ReplayTransport::server(move |_| {
        let refuse = refusals.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 20;
        if refuse { Scripted::status(429).header("retry-after", "0") } else { Scripted::json("{}") }
    });
    let (client, clock) =
        client(Contract { limits: leak([of(quota, Scope::Account)]), ..contract(get) }, &transport);
    for _ in 0..19 {
        run(client.send(Request::new(get))).unwrap();
    }
    assert!(clock.sleeps().is_empty());
    run(client.send(Request::new(get))).unwrap();
    let waits = clock.sleeps().len();
    assert!(waits > 0, "held back after the refusal");
    for _ in 0..40 {
        run(client.send(Request::new(get))).unwrap();
    }
    assert!(clock.sleeps().len() > waits, "the rate that was learned is kept to");
}

#[test]
fn a_storm_of_retries_ends_while_attempts_are_left() {
    let get = leak(operation(Method::Get));
    let transport = ReplayTransport::server(|_| Scripted::status(429).header("retry-after", "0"));
    let (client, _) = client(contract(get), &transport);
    for _ in 0..14 {
        run(client.send(Request::new(get))).unwrap_err();
    }
    assert_eq!(transport.requests().len(), 14 * 8);
    // 98 of 100 retries are spent.
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert_eq!((error.attempts(), error.status().unwrap().as_u16()), (3, 429), "the original error: {error}");
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert_eq!(error.attempts(), 1, "a first attempt is always free");
}

#[test]
fn the_circuit_breaker_parks_calls_and_one_probe_decides() {
    let get = leak(operation(Method::Get));
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let transport = ReplayTransport::server(move |_| {
        let broken = is_broken.load(std::sync::atomic::Ordering::Relaxed);
        if broken { Scripted::status(503) } else { Scripted::json("{}") }
    });
    let (client, clock) = client(contract(get), &transport);
    let mut error = run(client.send(Request::new(get))).unwrap_err();
    for _ in 0..2 {
        assert!(matches!(error.kind(), ErrorKind::Status { .. }), "{error}");
        clock.advance(Duration::from_secs(10));
        error = run(client.send(Request::new(get))).unwrap_err();
    }
    assert_eq!((transport.requests().len(), error.attempts(), error.sent()), (20, 4, Sent::Yes));
    assert!(error.to_string().contains("https://api.example.com"), "{error}");
    assert!(error.to_string().contains("the last: the server answered 503"), "{error}");
    assert_eq!(error.exit_code(), 75);
    let until = error.resume_at().expect("a time to go on");
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert_eq!((transport.requests().len(), error.attempts(), error.sent()), (20, 0, Sent::No), "{error}");
    let now = linchpin_runtime::clock::Clock::now(&clock);
    clock.advance(Duration::try_from(until.duration_since(now)).unwrap());
    broken.store(false, std::sync::atomic::Ordering::Relaxed);
    for _ in 0..3 {
        run(client.send(Request::new(get))).unwrap();
    }
    assert_eq!(transport.requests().len(), 23);
}
