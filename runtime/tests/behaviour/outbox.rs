//! Keys that outlive the process.

use std::sync::Arc;
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::outbox::Outbox as _;
use linchpin_runtime::store::Outbox;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted};
use linchpin_runtime::transport::{TransportError, TransportErrorKind};
use linchpin_runtime::{Client, ErrorKind, Request, RetryPolicy, Upload};

use crate::support::*;

const DAY: Duration = Duration::from_secs(86_400);

fn create() -> &'static Operation {
    let body = |media, media_type| Body {
        required: true,
        media,
        media_type,
        shape: Shape::Any,
        parts: &[],
        styles: &[],
    };
    leak(Operation {
        idempotency_key: Some("Idempotency-Key"),
        body: Some(body(Media::Json, "application/json")),
        other_bodies: leak([body(Media::Bytes, "application/octet-stream")]),
        ..operation(Method::Post)
    })
}

fn client(
    operation: &'static Operation,
    transport: &ReplayTransport,
    path: &std::path::Path,
) -> (Client, ManualClock) {
    let (builder, clock) = builder(contract(operation), transport);
    let policy = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
    let outbox = Arc::new(Outbox::open(path).unwrap());
    (builder.retry(policy).outbox(outbox).build().unwrap(), clock)
}

fn request(operation: &'static Operation) -> Request {
    let mut request = Request::new(operation);
    request.body(&serde_json::json!({ "name": "Ada" })).unwrap();
    request
}

#[test]
fn what_was_cut_off_is_sent_again_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let create = create();
    // The process ends while the request is under way: its future is never finished.
    let transport = ReplayTransport::server(|_| Scripted::silence());
    let (first, _) = client(create, &transport, &path);
    run(async {
        let call = tokio::spawn({
            let first = first.clone();
            async move { first.send(request(create)).await.map(|_| ()) }
        });
        while transport.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        call.abort();
    });
    drop(first);
    let before = transport.requests().remove(0);

    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (second, clock) = client(create, &transport, &path);
    let sent = run(second.resend(DAY)).unwrap();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.is_ok(), "{:?}", sent[0].1);
    let again = transport.requests().remove(0);
    assert_eq!(again.headers["idempotency-key"], before.headers["idempotency-key"]);
    assert_eq!(
        (again.method, again.url, again.body.whole()),
        (before.method, before.url, before.body.whole())
    );
    assert_eq!(again.headers["authorization"], before.headers["authorization"], "put on anew, never kept");
    assert!(run(second.resend(DAY)).unwrap().is_empty(), "what is known is forgotten");
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
    drop(clock);
}

#[test]
fn what_is_kept_and_what_is_forgotten() {
    use TransportErrorKind::{Connect, Reset};
    let failure = |kind| Scripted::failure(TransportError::new(kind, "as scripted"));
    let cases = [
        ("success", Scripted::json("{}"), 0),
        ("refused", Scripted::status(422), 0),
        ("refused credential", Scripted::status(401), 0),
        ("refused for a limit", Scripted::status(429), 0),
        ("parked for a limit", Scripted::status(429).header("retry-after", "7200"), 0),
        ("never sent", failure(Connect), 0),
        ("broke off", failure(Reset), 1),
        ("broken server", Scripted::status(502), 1),
    ];
    for (name, answer, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.db");
        let create = create();
        let transport = ReplayTransport::server(move |_| answer.clone());
        let (client, clock) = client(create, &transport, &path);
        let _ = run(client.send(request(create)));
        let outbox = Outbox::open(&path).unwrap();
        assert_eq!(outbox.kept().unwrap().len(), expected, "{name}");
        clock.advance(DAY * 2);
        for (_, result) in run(client.resend(DAY)).unwrap() {
            let error = result.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Outbox(_)), "{name}: {error}");
        }
        assert_eq!(
            outbox.kept().unwrap().len(),
            expected,
            "{name}: what is too old is somebody's to look at"
        );
    }
}

#[test]
fn a_body_that_cannot_be_kept_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let create = create();
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, _) = client(create, &transport, &folder.path().join("outbox.db"));
    let mut request = Request::with_other_body(create, 0);
    request.upload(&Upload::reader(tokio::io::empty(), None)).unwrap();
    let error = run(client.send(request)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Outbox(_)), "{error}");
    assert!(transport.requests().is_empty());
}
