//! What a client knows of a write whose answer it did not get, and what a server may ask of those who are not refused.

use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::{TransportError, TransportErrorKind};
use linchpin_runtime::{Request, RetryPolicy};

use crate::support::*;

fn failure(kind: TransportErrorKind) -> Scripted {
    Scripted::failure(TransportError::new(kind, "as scripted"))
}

#[test]
fn an_answer_to_a_later_attempt_tells_nothing_of_one_that_was_lost() {
    use TransportErrorKind::{Connect, Reset};
    let (reset, status) = (|| failure(Reset), Scripted::status);
    // Answers; whether the outcome of a GET, a PUT, a POST with a key and a POST that only reads is unknown.
    let cases: Vec<(&str, Vec<Scripted>, [bool; 4])> = vec![
        ("never sent", vec![failure(Connect), failure(Connect)], [false; 4]),
        ("refused", vec![status(412)], [false; 4]),
        ("lost", vec![reset(), reset()], [false, true, true, false]),
        ("broken server", vec![status(502), status(502)], [false, true, true, false]),
        ("lost, then not sent", vec![reset(), failure(Connect)], [false, true, true, false]),
        // The change itself may be why it is refused now; with a key the refusal is the answer to both.
        ("lost, then refused", vec![reset(), status(412)], [false, true, false, false]),
        ("lost, then gone", vec![reset(), status(404)], [false, true, false, false]),
        ("lost, then no credential", vec![reset(), status(401)], [false, true, true, false]),
        ("lost, then a limit", vec![reset(), status(429)], [false, true, true, false]),
        (
            "lost, then parked",
            vec![reset(), status(429).header("retry-after", "7200")],
            [false, true, true, false],
        ),
        ("not sent, then refused", vec![failure(Connect), status(412)], [false; 4]),
        ("a limit, then refused", vec![status(429), status(412)], [false; 4]),
    ];
    for (name, answers, expected) in cases {
        let keyed = Operation { idempotency_key: Some("Idempotency-Key"), ..operation(Method::Post) };
        let search = Operation { reads: true, idempotent: true, ..operation(Method::Post) };
        let operations = [operation(Method::Get), operation(Method::Put), keyed, search];
        for (operation, expected) in operations.into_iter().zip(expected) {
            let operation = leak(operation);
            let transport = ReplayTransport::script(answers.clone());
            let policy = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
            let (client, _) = client_with(contract(operation), &transport, policy);
            let error = run(client.send(Request::new(operation))).unwrap_err();
            let label = format!("{name}, {:?}, key {:?}", operation.method, operation.idempotency_key);
            assert_eq!(error.is_outcome_unknown(), expected, "{label}: {error}");
            if expected {
                let text = error.to_string();
                assert!(text.contains("may have"), "{label}: {text}");
            }
        }
    }
}

const BACKOFF: &[WaitSource] = &[WaitSource { header: "Backoff", unit: TimeUnit::Seconds, always: true }];

#[test]
fn a_header_that_is_always_heeded_keeps_everyone_away() {
    // What the first answer is, and the least that is waited before the second request of the same client, in seconds.
    let cases = [
        ("success", Scripted::json("{}").header("backoff", "30"), 30),
        ("refusal", Scripted::status(404).header("backoff", "30"), 30),
        ("none", Scripted::json("{}"), 0),
        ("nothing", Scripted::json("{}").header("backoff", "0"), 0),
        ("what is no time", Scripted::json("{}").header("backoff", "soon"), 0),
    ];
    for (name, answer, least) in cases {
        let get = leak(operation(Method::Get));
        let transport = ReplayTransport::script([answer, Scripted::json("{}")]);
        let contract = Contract { wait_sources: BACKOFF, ..contract(get) };
        let (client, clock) = client(contract, &transport);
        let _ = run(client.send(Request::new(get)));
        assert!(clock.sleeps().is_empty(), "{name}: the answer itself is not held back");
        run(client.clone().send(Request::new(get))).unwrap();
        let waited: Duration = clock.sleeps().iter().sum();
        let least = Duration::from_secs(least);
        assert!(waited >= least && waited <= least.mul_f64(1.1), "{name}: {waited:?}");
    }
}

#[test]
fn a_pause_beyond_the_cap_parks_and_a_shorter_one_does_not_shorten_it() {
    let get = leak(operation(Method::Get));
    let answer = |seconds: &str| Scripted::json("{}").header("backoff", seconds);
    let transport = ReplayTransport::script([answer("200"), answer("10"), answer("3600"), answer("1")]);
    let contract = Contract { wait_sources: BACKOFF, ..contract(get) };
    let (client, clock) = client(contract, &transport);
    let send = || run(client.send(Request::new(get)));
    send().unwrap();
    clock.advance(Duration::from_secs(150));
    for _ in 0..2 {
        send().unwrap();
    }
    let waited: Vec<u64> = clock.sleeps().iter().map(Duration::as_secs).collect();
    assert!(matches!(waited.as_slice(), [50..=55, 10..=11]), "{waited:?}");
    let error = send().unwrap_err();
    assert!(error.resume_at().is_some() && error.exit_code() == 75, "{error}");
    assert!(error.to_string().contains("`Backoff`"), "{error}");
    assert_eq!(transport.requests().len(), 3, "nothing is sent");
}

#[test]
fn what_is_refused_for_now_waits_once_for_what_both_headers_say() {
    let get = leak(operation(Method::Get));
    let refusal = Scripted::status(429).header("backoff", "20").header("retry-after", "20");
    let transport = ReplayTransport::script([refusal, Scripted::json("{}")]);
    let contract = Contract { wait_sources: BACKOFF, ..contract(get) };
    let (client, clock) = client(contract, &transport);
    run(client.send(Request::new(get))).unwrap();
    let waited: Duration = clock.sleeps().iter().sum();
    assert!((20..=22).contains(&waited.as_secs()), "{waited:?}");
}
