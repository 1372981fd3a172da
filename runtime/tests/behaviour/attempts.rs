//! Which failures are tried again, after which waits, and what is told when it is no use.

use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::{TransportError, TransportErrorKind};
use linchpin_runtime::{ErrorKind, Request, RetryPolicy, Sent};

use crate::support::*;

fn failure(kind: TransportErrorKind) -> Scripted {
    Scripted::failure(TransportError::new(kind, "as scripted"))
}

#[test]
fn what_is_tried_again_depends_on_what_may_have_been_done() {
    use TransportErrorKind::{Connect, Reset, Stalled, Timeout};
    let reset = || TransportError::new(Reset, "as scripted");
    let cut = || Scripted::status(200).header("content-length", "9").body("{\"a\":").break_off(reset());
    // What goes wrong once, and the requests of a GET, a POST and a POST with an idempotency key; where it stays at one, whether it was sent.
    let cases: Vec<(&str, Scripted, [usize; 3], Sent)> = vec![
        ("refused connection", failure(Connect), [2, 2, 2], Sent::No),
        ("reset", failure(Reset), [2, 1, 2], Sent::Maybe),
        ("timeout", failure(Timeout), [2, 1, 2], Sent::Maybe),
        ("silence", Scripted::silence(), [2, 1, 2], Sent::Maybe),
        ("stalled body", Scripted::json("{").stall(), [2, 1, 2], Sent::Yes),
        ("stalled", failure(Stalled), [2, 1, 2], Sent::Maybe),
        ("cut body", cut(), [2, 1, 2], Sent::Yes),
        ("short body", Scripted::json("{}").header("content-length", "9"), [2, 1, 2], Sent::Yes),
        ("half of the JSON", Scripted::json("{\"a\":[1,2"), [2, 1, 2], Sent::Yes),
        ("429", Scripted::status(429), [2, 2, 2], Sent::Yes),
        (
            "403 with a limit",
            Scripted::status(403).header("x-ratelimit-remaining", "0"),
            [2, 2, 2],
            Sent::Yes,
        ),
        ("403 with a wait", Scripted::status(403).header("retry-after", "1"), [2, 2, 2], Sent::Yes),
        ("403", Scripted::status(403), [1, 1, 1], Sent::Yes),
        (
            "403 with some left",
            Scripted::status(403).header("x-ratelimit-remaining", "9"),
            [1, 1, 1],
            Sent::Yes,
        ),
        ("401", Scripted::status(401), [1, 1, 1], Sent::Yes),
        ("400", Scripted::status(400), [1, 1, 1], Sent::Yes),
        ("408", Scripted::status(408), [2, 1, 2], Sent::Yes),
        ("425", Scripted::status(425), [2, 1, 2], Sent::Yes),
        ("500", Scripted::status(500), [2, 1, 2], Sent::Yes),
        ("501", Scripted::status(501), [1, 1, 1], Sent::Yes),
        ("502", Scripted::status(502), [2, 1, 2], Sent::Yes),
        ("503", Scripted::status(503).header("retry-after", "2"), [2, 1, 2], Sent::Yes),
        ("504", Scripted::status(504), [2, 1, 2], Sent::Yes),
        ("507", Scripted::status(507), [1, 1, 1], Sent::Yes),
    ];
    for (name, answer, expected, sent) in cases {
        let post = || operation(Method::Post);
        let keyed = Operation { idempotency_key: Some("Idempotency-Key"), ..post() };
        for (operation, expected) in [operation(Method::Get), post(), keyed].into_iter().zip(expected) {
            let operation = leak(operation);
            let transport = ReplayTransport::script([answer.clone(), Scripted::json("{}")]);
            let (client, clock) = client(contract(operation), &transport);
            let result = run(client.send(Request::new(operation)));
            let requests = transport.requests();
            let label = format!("{name}, {:?}, key {:?}", operation.method, operation.idempotency_key);
            assert_eq!(requests.len(), expected, "{label}: {result:?}");
            assert_eq!(result.is_ok(), expected == 2, "{label}: {result:?}");
            assert_eq!(clock.sleeps().len(), expected - 1, "{label}");
            if let Err(error) = result {
                assert_eq!((error.sent(), error.attempts()), (sent, 1), "{label}: {error}");
            }
            let keys: Vec<_> =
                requests.iter().filter_map(|request| request.headers.get("idempotency-key")).collect();
            assert!(
                keys.windows(2).all(|pair| pair[0] == pair[1]),
                "{label}: one key for all attempts: {keys:?}"
            );
            assert_eq!(keys.len(), if operation.idempotency_key.is_some() { expected } else { 0 }, "{label}");
        }
    }
}

#[test]
fn each_call_has_its_own_idempotency_key() {
    let operation = leak(Operation { idempotency_key: Some("Idempotency-Key"), ..operation(Method::Post) });
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, _) = client(contract(operation), &transport);
    for _ in 0..2 {
        run(client.send(Request::new(operation))).unwrap();
    }
    let mut own = Request::new(operation);
    own.header("idempotency-key", "mine").unwrap();
    run(client.send(own)).unwrap();
    let keys: Vec<_> =
        transport.requests().iter().map(|request| request.headers["idempotency-key"].clone()).collect();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2], "mine");
}

#[test]
fn the_server_decides_how_long_to_wait() {
    const SOURCES: &[WaitSource] = &[
        WaitSource { header: "x-wait-ms", unit: TimeUnit::Milliseconds, always: false },
        WaitSource { header: "x-until", unit: TimeUnit::EpochSeconds, always: false },
    ];
    const LISTED: &[WaitSource] = &[
        WaitSource { header: "x-wait-ms", unit: TimeUnit::Milliseconds, always: false },
        WaitSource { header: "Retry-After", unit: TimeUnit::Seconds, always: false },
        WaitSource { header: "x-reset", unit: TimeUnit::Seconds, always: false },
    ];
    type Headers = &'static [(&'static str, &'static str)];
    // Status, wait sources, headers, the least wait in milliseconds.
    let cases: [(u16, &[WaitSource], Headers, u64); 13] = [
        (429, SOURCES, &[("retry-after", "7")], 7_000),
        (429, SOURCES, &[("retry-after", "1.5")], 1_500),
        (429, SOURCES, &[("retry-after", "Thu, 01 Jan 2026 00:00:20 GMT")], 20_000),
        (429, SOURCES, &[("retry-after", "soon"), ("x-until", "1767225603")], 3_000),
        (429, SOURCES, &[("x-wait-ms", "2500"), ("x-until", "1767225603"), ("retry-after", "60")], 60_000),
        (429, LISTED, &[("x-wait-ms", "2500"), ("retry-after", "60")], 2_500),
        (429, SOURCES, &[("x-wait-ms", "?"), ("x-until", "1767225609")], 9_000),
        (429, SOURCES, &[("x-left", "0"), ("x-reset", "4")], 4_000),
        (403, SOURCES, &[("x-left", "0"), ("x-reset", "4")], 4_000),
        (429, SOURCES, &[("x-left", "0"), ("x-reset", "4"), ("retry-after", "6")], 6_000),
        // Something is left of the limit, so its reset says nothing about this refusal.
        (429, LISTED, &[("x-left", "9"), ("x-reset", "200")], 0),
        // A broken server does not wait for the window of a limit.
        (502, SOURCES, &[("x-wait-ms", "90000"), ("x-left", "0"), ("x-reset", "90")], 0),
        (503, SOURCES, &[("x-wait-ms", "90000"), ("retry-after", "3")], 3_000),
    ];
    for (status, wait_sources, headers, least) in cases {
        let get = leak(operation(Method::Get));
        let left = LimitHeaders {
            remaining: Some("x-left"),
            reset: Some(("x-reset", TimeUnit::Seconds)),
            ..LimitHeaders::default()
        };
        let limit = limit("account", 100, 1_000, left);
        let contract = Contract { wait_sources, limits: leak([limit]), ..contract(get) };
        let refusal =
            headers.iter().fold(Scripted::status(status), |answer, (name, value)| answer.header(name, value));
        let transport = ReplayTransport::script([refusal, Scripted::json("{}")]);
        let (client, clock) = client(contract, &transport);
        run(client.send(Request::new(get))).unwrap();
        let waited = clock.sleeps()[0];
        let least = Duration::from_millis(least);
        // Without a hint the wait is a backoff of at most a second.
        let most = if least.is_zero() { Duration::from_secs(1) } else { least.mul_f64(1.1) };
        assert!(waited >= least && waited <= most, "{status} {headers:?}: {waited:?}");
    }
}

#[test]
fn a_refusal_that_only_carries_a_reset_time_is_no_limit() {
    // As GitHub answers a token without permission: every answer has its limit's headers.
    let get = leak(operation(Method::Get));
    let sources: &'static [WaitSource] =
        leak([WaitSource { header: "x-ratelimit-reset", unit: TimeUnit::EpochSeconds, always: false }]);
    let transport = ReplayTransport::server(|_| {
        Scripted::status(403)
            .header("x-ratelimit-remaining", "4999")
            .header("x-ratelimit-reset", "1767226000")
    });
    let (client, clock) = client(Contract { wait_sources: sources, ..contract(get) }, &transport);
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorised { .. }) && clock.sleeps().is_empty(), "{error}");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_json() {
    let get = leak(operation(Method::Get));
    let transport = ReplayTransport::server(|_| Scripted::json("\u{feff}[1]"));
    let (client, _) = client(contract(get), &transport);
    assert_eq!(run(client.call::<Vec<u8>>(Request::new(get))).unwrap(), [1]);
}

#[test]
fn a_wait_beyond_the_cap_is_told_not_slept() {
    let get = leak(operation(Method::Get));
    for status in [429, 503] {
        let transport = ReplayTransport::script([Scripted::status(status).header("retry-after", "3600")]);
        let (client, clock) = client(contract(get), &transport);
        let error = run(client.send(Request::new(get))).unwrap_err();
        assert_eq!(error.resume_at().unwrap().to_string(), "2026-01-01T01:00:00Z", "{status}: {error}");
        assert!(clock.sleeps().is_empty());
        assert!(error.is_retryable());
    }
}

#[test]
fn attempts_and_time_are_bounded_and_the_original_error_is_told() {
    let get = leak(operation(Method::Get));
    let transport = ReplayTransport::server(|_| Scripted::status(503).body("down"));
    let (client, clock) = client(contract(get), &transport);
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert_eq!((transport.requests().len(), error.attempts(), clock.sleeps().len()), (8, 8, 7), "{error}");
    assert!(error.to_string().contains("503") && error.to_string().contains("after 8 attempts"), "{error}");
    let counted = client.statistics();
    assert_eq!((counted.requests, counted.retries, counted.waits), (8, 7, 7));
    assert_eq!(counted.waited, clock.sleeps().iter().sum());

    let transport = ReplayTransport::server(|_| Scripted::status(503).header("retry-after", "40"));
    let policy = RetryPolicy { budget: Duration::from_secs(100), ..RetryPolicy::default() };
    let (client, clock) = client_with(contract(get), &transport, policy);
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert_eq!(clock.sleeps().len(), 2, "a third wait would end after the budget: {error}");
    assert!(matches!(error.kind(), ErrorKind::Status { .. }), "{error}");
}

#[test]
fn whether_it_was_sent_is_told_over_all_attempts() {
    use TransportErrorKind::{Connect, Reset};
    let cases =
        [([Connect, Connect], Sent::No), ([Reset, Connect], Sent::Maybe), ([Connect, Reset], Sent::Maybe)];
    for (kinds, expected) in cases {
        let get = leak(operation(Method::Get));
        let transport = ReplayTransport::script(kinds.map(failure));
        let policy = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
        let (client, _) = client_with(contract(get), &transport, policy);
        let error = run(client.send(Request::new(get))).unwrap_err();
        assert_eq!(error.sent(), expected, "{kinds:?}: {error}");
    }
}

#[test]
fn a_body_without_an_announced_length_is_capped_while_it_is_read() {
    let get = leak(operation(Method::Get));
    for (cap, fits) in [(9, false), (10, true)] {
        let transport = ReplayTransport::server(|_| Scripted::json("[1,2").body(",3,4]").body(" "));
        let contract = leak(contract(get));
        let config = linchpin_runtime::Config::from_pairs(contract, [("api_token", CANARY)]).unwrap();
        let caps = linchpin_runtime::Caps { body: cap, ..Default::default() };
        let client = linchpin_runtime::Client::builder(contract)
            .config(config)
            .transport(transport)
            .caps(caps)
            .build()
            .unwrap();
        let result = run(client.send(Request::new(get)));
        match result {
            Ok(response) => assert!(fits && response.body == "[1,2,3,4] ", "{response:?}"),
            Err(error) => {
                assert!(!fits && matches!(error.kind(), ErrorKind::TooLarge { limit: 9 }), "{error}")
            }
        }
    }
}

#[test]
fn a_limit_of_the_manifest_is_kept_before_the_server_has_to_refuse() {
    let get = leak(Operation { limits: &[0], ..operation(Method::Get) });
    let two = limit("account", 2, 10_000, LimitHeaders::default());
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, clock) = client(Contract { limits: leak([two]), ..contract(get) }, &transport);
    for _ in 0..5 {
        run(client.send(Request::new(get))).unwrap();
    }
    assert_eq!(clock.sleeps(), [Duration::from_secs(10); 2]);

    let daily = limit("daily", 1, 86_400_000, LimitHeaders::default());
    let (client, clock) =
        crate::support::client(Contract { limits: leak([daily]), ..contract(get) }, &transport);
    run(client.send(Request::new(get))).unwrap();
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert!(error.to_string().contains("limit `daily`"), "{error}");
    assert_eq!(
        (error.sent(), error.resume_at().unwrap().to_string()),
        (Sent::No, "2026-01-02T00:00:00Z".into())
    );
    assert!(clock.sleeps().is_empty());
}

#[test]
fn what_is_no_answer_of_the_operation_is_a_typed_error() {
    let get = leak(operation(Method::Get));
    let html = || Scripted::status(200).header("content-type", "text/html").body("<html><h1>Log in</h1>");
    // Answer, and a part of the message.
    let cases = [
        (html(), "`text/html"),
        (Scripted::json("<html>"), "application/json"),
        (Scripted::json(""), "empty body"),
        (Scripted::status(204), "empty body"),
        (Scripted::json("nonsense"), "expected"),
        (Scripted::json("{\"id\":}"), "column 7"),
        (Scripted::json("[1]"), "invalid type"),
    ];
    for (answer, expected) in cases {
        let transport = ReplayTransport::server(move |_| answer.clone());
        let (client, _) = client(contract(get), &transport);
        let error =
            run(client.call::<std::collections::BTreeMap<String, u8>>(Request::new(get))).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert_eq!(
            (error.sent(), error.operation(), transport.requests().len()),
            (Sent::Yes, Some("items"), 1)
        );
    }
    let transport =
        ReplayTransport::server(|_| Scripted::json("x".repeat(100)).header("content-length", "99999999999"));
    let (client, _) = client(contract(get), &transport);
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
}

#[test]
fn a_refused_credential_names_the_config_keys_and_exits_with_2() {
    let get = leak(operation(Method::Get));
    let auth = Auth::Basic { username: "{email}/token", password: "{api_token}" };
    let transport = ReplayTransport::server(|_| Scripted::status(401));
    let (client, _) = client(Contract { auth, ..contract(get) }, &transport);
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "items: the server refused the credential (401 Unauthorized): check the config values `email` and `api_token`"
    );
    assert_eq!((error.exit_code(), transport.requests().len()), (2, 1));
}
