//! Against real sockets on the loopback interface. Waits are over at once; only the timeout that a test is about takes its time.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::ManualClock;
use linchpin_runtime::transport::{ReqwestTransport, TransportErrorKind, TransportOptions};
use linchpin_runtime::{Client, Config, Error, ErrorKind, Request, RetryPolicy, Sent, Timeouts};

use crate::support::*;

/// What a connection meets.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// An answer as it is.
    Answer(&'static str),
    /// Closed before anything was read.
    CloseAtOnce,
    /// Closed after the request was read.
    CloseAfterRequest,
    /// Part of an answer, and then closed.
    CutAfter(&'static str),
    /// Part of an answer, and then nothing.
    StallAfter(&'static str),
}

/// Serves each connection by the next fault; counts the connections.
fn serve(faults: Vec<Fault>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        let mut stalled = Vec::new();
        for fault in faults {
            let Ok((mut stream, _)) = listener.accept() else { return };
            counted.fetch_add(1, Ordering::SeqCst);
            match fault {
                Fault::CloseAtOnce => drop(stream),
                Fault::CloseAfterRequest => read_request(&mut stream),
                Fault::Answer(text) | Fault::CutAfter(text) => {
                    read_request(&mut stream);
                    let _ = stream.write_all(text.as_bytes());
                    let _ = stream.shutdown(Shutdown::Write);
                }
                Fault::StallAfter(text) => {
                    read_request(&mut stream);
                    let _ = stream.write_all(text.as_bytes());
                    stalled.push(stream);
                }
            }
        }
        // Later connections wait in the queue, unanswered, until the test is over.
        let _keep = (listener, stalled);
        std::thread::park();
    });
    (url, count)
}

fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
}

fn connect(operation: &'static Operation, url: &str, retry: RetryPolicy) -> Client {
    let contract = leak(contract(operation));
    let config = Config::from_pairs(contract, [("api_token", CANARY), ("base_url", url)]).unwrap();
    // Long enough that a busy machine is not taken for a stall, short enough to await one.
    let timeouts = Timeouts { stall: Duration::from_secs(1), ..Timeouts::default() };
    Client::builder(contract)
        .config(config)
        .clock(Arc::new(ManualClock::default().with_real_timers()))
        .retry(retry)
        .timeouts(timeouts)
        .build()
        .unwrap()
}

fn call(fault: Fault) -> Error {
    let get = leak(operation(Method::Get));
    let (url, _) = serve(vec![fault]);
    run(connect(get, &url, RetryPolicy::never()).call::<serde_json::Value>(Request::new(get))).unwrap_err()
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\nconnection: close\r\n\r\n{\"id\":1}";

#[test]
fn what_breaks_on_the_wire_is_told_apart() {
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":1}";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"id\":1}\r\n";
    let by_close =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"id\":[1,2";
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>";
    let empty = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n";
    type Is = fn(&ErrorKind) -> bool;
    let cases: [(Fault, Is, Sent); 8] = [
        (
            Fault::CloseAtOnce,
            |kind| matches!(kind, ErrorKind::Transport(error) if error.kind == TransportErrorKind::Reset),
            Sent::Maybe,
        ),
        (
            Fault::CloseAfterRequest,
            |kind| matches!(kind, ErrorKind::Transport(error) if error.kind == TransportErrorKind::Reset),
            Sent::Maybe,
        ),
        (
            Fault::CutAfter(short),
            |kind| matches!(kind, ErrorKind::Truncated { expected: Some(100), got: 8 }),
            Sent::Yes,
        ),
        (
            Fault::CutAfter(chunked),
            |kind| matches!(kind, ErrorKind::Truncated { expected: None, got: 8 }),
            Sent::Yes,
        ),
        (
            Fault::CutAfter(by_close),
            |kind| matches!(kind, ErrorKind::Truncated { expected: None, got: 10 }),
            Sent::Yes,
        ),
        (
            Fault::StallAfter(short),
            |kind| matches!(kind, ErrorKind::Transport(error) if error.kind == TransportErrorKind::Stalled),
            Sent::Yes,
        ),
        (Fault::Answer(html), |kind| matches!(kind, ErrorKind::ContentType { .. }), Sent::Yes),
        (Fault::Answer(empty), |kind| matches!(kind, ErrorKind::EmptyBody { .. }), Sent::Yes),
    ];
    for (fault, expected, sent) in cases {
        let error = call(fault);
        assert!(expected(error.kind()), "{fault:?}: {error:?}");
        assert_eq!(error.sent(), sent, "{fault:?}: {error}");
        assert!(!error.to_string().contains("127.0.0.1"), "{fault:?}: no URL in a message: {error}");
    }
}

#[test]
fn a_closed_port_is_no_connection_and_nothing_was_sent() {
    // Taken, so that nobody else listens there, and not listening.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", taken.local_addr().unwrap());
    let post = leak(operation(Method::Post));
    let client = connect(post, &url, RetryPolicy { attempts: 3, ..RetryPolicy::default() });
    let error = run(client.send(Request::new(post))).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Transport(error) if error.kind == TransportErrorKind::Connect),
        "{error:?}"
    );
    assert_eq!((error.sent(), error.attempts()), (Sent::No, 3), "even a POST is tried again");
}

#[test]
fn a_read_gets_through_faults_and_a_write_is_sent_once() {
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":1}";
    let faults = || {
        vec![Fault::CloseAfterRequest, Fault::CutAfter(short), Fault::StallAfter(short), Fault::Answer(WHOLE)]
    };
    let get = leak(operation(Method::Get));
    let (url, count) = serve(faults());
    let value: serde_json::Value =
        run(connect(get, &url, RetryPolicy::default()).call(Request::new(get))).unwrap();
    assert_eq!((value["id"].as_u64(), count.load(Ordering::SeqCst)), (Some(1), 4));

    let post = leak(operation(Method::Post));
    let (url, count) = serve(faults());
    let error = run(connect(post, &url, RetryPolicy::default()).send(Request::new(post))).unwrap_err();
    assert_eq!((error.sent(), count.load(Ordering::SeqCst)), (Sent::Maybe, 1));
    assert!(error.to_string().contains("may have reached the server"), "{error}");
}

#[test]
fn a_trap_listener_sees_no_connection() {
    let (trap, connections) = serve(vec![Fault::Answer(WHOLE)]);
    for status in [301, 302, 303, 307, 308] {
        let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: {trap}/x\r\ncontent-length: 0\r\n\r\n");
        let get = leak(operation(Method::Get));
        let (url, _) = serve(vec![Fault::Answer(leak(answer))]);
        let error = run(connect(get, &url, RetryPolicy::default()).send(Request::new(get))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Origin { .. }), "{status}: {error}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[test]
fn plain_http_is_refused_by_the_transport_itself() {
    use linchpin_runtime::transport::{HttpRequest, Transport};
    let (url, connections) = serve(vec![Fault::Answer(WHOLE)]);
    let transport = ReqwestTransport::new(&TransportOptions::default()).unwrap();
    let request = HttpRequest {
        method: http::Method::GET,
        url: url.parse().unwrap(),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new().into(),
    };
    let error = run(transport.send(request)).err().expect("https only");
    assert_eq!((error.sent, connections.load(Ordering::SeqCst)), (Sent::No, 0), "{error}");
}
