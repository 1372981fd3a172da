//! What bodies may do: come compressed, be bombs, drip, stop.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted};
use linchpin_runtime::transport::{
    HttpRequest, HttpResponse, ResponseBody, Transport, TransportError, TransportErrorKind,
};
use linchpin_runtime::{Bytes, Caps, Client, Config, ErrorKind, Request, RequestBuilder, RetryPolicy, Value};

use crate::support::*;

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A body that is made while it is read.
struct Made<F>(F);

impl<F: FnMut() -> Option<Bytes> + Send> ResponseBody for Made<F> {
    fn chunk(
        &mut self,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Option<Bytes>, TransportError>> + Send + '_>> {
        Box::pin(async move { Ok((self.0)()) })
    }
}

/// Makes the pieces of a body, one a call.
type Pieces = Box<dyn FnMut() -> Option<Bytes> + Send>;
/// Makes a body for each request.
type Server = dyn Fn() -> Pieces + Send + Sync;

/// Answers each request with headers and a body that is made while it is read.
#[derive(Clone)]
struct Maker(&'static [(&'static str, &'static str)], Arc<Server>);

impl Transport for Maker {
    fn send(
        &self,
        _: HttpRequest,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + '_>> {
        let headers = self.0.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let (headers, body) = (headers.collect(), Box::new(Made((self.1)())));
        Box::pin(async move { Ok(HttpResponse { status: http::StatusCode::OK, headers, body }) })
    }
}

fn made(maker: Maker, clock: &ManualClock, caps: Caps) -> (Client, &'static Operation) {
    let operation = leak(operation(Method::Get));
    let contract = leak(contract(operation));
    let config = Config::from_pairs(contract, [("api_token", CANARY)]).unwrap();
    let builder = Client::builder(contract).config(config).clock(Arc::new(clock.clone())).transport(maker);
    (builder.caps(caps).retry(RetryPolicy::never()).build().unwrap(), operation)
}

#[test]
fn what_is_decoded_is_asked_for_and_a_body_comes_compressed_or_not() {
    let text = br#"{"items":[1,2,3]}"#;
    for answer in [
        Scripted::json("").header("content-encoding", "gzip").body(gzip(text)),
        Scripted::json("").header("content-encoding", "identity").body(&text[..]),
        Scripted::json("").body(&text[..]),
    ] {
        let get = leak(operation(Method::Get));
        let transport = ReplayTransport::script([answer]);
        let (client, _) = client(contract(get), &transport);
        let value: Value = run(client.json_call(RequestBuilder::new(get)).into_future()).unwrap();
        assert_eq!(value.to_string(), String::from_utf8_lossy(text));
        assert_eq!(transport.requests()[0].headers["accept-encoding"], "gzip, br, zstd");
    }
}

#[test]
fn a_compressed_page_that_is_cut_is_asked_for_again_and_one_that_nobody_asked_for_is_not() {
    let whole = || Scripted::json("").header("content-encoding", "gzip").body(gzip(b"[1,2,3]"));
    let encoded = gzip(b"[1,2,3]");
    let cut = |length: usize| {
        Scripted::json("").header("content-encoding", "gzip").body(encoded[..length].to_vec())
    };
    for length in 0..encoded.len() {
        let get = leak(operation(Method::Get));
        let transport = ReplayTransport::script([cut(length), whole()]);
        let (client, _) = client(contract(get), &transport);
        let value: Vec<u8> = run(client.call(Request::new(get))).unwrap();
        assert_eq!((value, transport.requests().len()), (vec![1, 2, 3], 2), "{length}");
        // A reader of pieces is told, for nothing is tried again.
        let transport = ReplayTransport::script([cut(length)]);
        let (client, _) = crate::support::client(contract(get), &transport);
        let mut stream = run(client.open(Request::new(get))).unwrap().body;
        let error = run(async {
            loop {
                match stream.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break error,
                    None => panic!("{length}: it ended as if it were whole"),
                }
            }
        });
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{length}: {error}");
    }
    for (coding, kind) in [("gzip, gzip", "Encoding"), ("compress", "Encoding"), ("br", "Damaged")] {
        let get = leak(operation(Method::Get));
        let bytes = gzip(&gzip(b"[1,2,3]"));
        let transport = ReplayTransport::server(move |_| {
            Scripted::json("").header("content-encoding", coding).body(bytes.clone())
        });
        let (client, _) = client(contract(get), &transport);
        let error = run(client.send(Request::new(get))).unwrap_err();
        assert!(format!("{:?}", error.kind()).starts_with(kind), "{coding}: {error:?}");
        // Damage may be on the way; what the server means by its head is not.
        assert_eq!(transport.requests().len() > 1, kind == "Damaged", "{coding}");
    }
}

#[test]
fn the_length_that_is_announced_is_that_of_the_wire() {
    let encoded = gzip(&[b' '; 1_000]);
    for (length, good) in [(encoded.len(), true), (encoded.len() + 1, false)] {
        let get = leak(operation(Method::Get));
        let answer = Scripted::json("")
            .header("content-encoding", "gzip")
            .header("content-length", &length.to_string())
            .body(encoded.clone());
        let transport = ReplayTransport::script([answer]);
        let (client, _) = client_with(contract(get), &transport, RetryPolicy::never());
        let result = run(client.send(Request::new(get)));
        assert_eq!(result.is_ok(), good, "{length}: {result:?}");
    }
}

/// Ten gigabytes of nothing, a few bytes at a time, and how much of it was made.
fn bomb(coding: &'static str) -> (Maker, Arc<Mutex<u64>>) {
    let made = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&made);
    let pieces = move || -> Pieces {
        let counter = Arc::clone(&counter);
        let zeros = std::io::Read::take(std::io::repeat(0), 10 * 1024 * 1024 * 1024);
        let mut encoder: Box<dyn std::io::Read + Send> = match coding {
            "gzip" => Box::new(flate2::read::GzEncoder::new(zeros, Compression::fast())),
            "br" => Box::new(brotli::CompressorReader::new(zeros, 64 * 1024, 1, 22)),
            _ => {
                // A frame of blocks that repeat one byte: 4 bytes for 128 KiB.
                let head = std::io::Cursor::new(vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38]);
                let blocks = (0..80_000).flat_map(|_| {
                    let header = (128_u32 * 1024) << 3 | 1 << 1;
                    [header as u8, (header >> 8) as u8, (header >> 16) as u8, 0]
                });
                let blocks: Vec<u8> = blocks.collect();
                Box::new(std::io::Read::chain(head, std::io::Cursor::new(blocks)))
            }
        };
        Box::new(move || {
            let mut piece = vec![0; 512];
            let length = std::io::Read::read(&mut encoder, &mut piece).unwrap();
            *counter.lock().unwrap() += length as u64;
            piece.truncate(length);
            (length > 0).then(|| piece.into())
        })
    };
    let headers: &'static [_] = leak([("content-encoding", coding), ("content-type", "application/json")]);
    (Maker(headers, Arc::new(pieces)), made)
}

#[test]
fn a_bomb_ends_at_the_cap_whoever_reads_it() {
    for coding in ["gzip", "br", "zstd"] {
        let clock = ManualClock::default();
        let (maker, bytes) = bomb(coding);
        let (client, get) = made(maker, &clock, Caps::default());
        let error = run(client.send(Request::new(get))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Expansion { .. }), "{coding}: {error}");
        assert!(*bytes.lock().unwrap() < 64 * 1024, "{coding}: {bytes:?} bytes were read");

        // Piece by piece: no piece is larger than a decoder's buffer, and the sum is what the ratio allows.
        let (maker, _) = bomb(coding);
        let (client, get) = made(maker, &clock, Caps::default());
        let mut stream = run(client.open(Request::new(get))).unwrap().body;
        let mut given = 0_u64;
        let error = run(async {
            loop {
                match stream.next().await {
                    Some(Ok(piece)) => {
                        assert!(piece.len() <= 64 * 1024);
                        given += piece.len() as u64;
                    }
                    Some(Err(error)) => break error,
                    None => panic!("{coding}: it ended"),
                }
            }
        });
        assert!(matches!(error.kind(), ErrorKind::Expansion { .. }), "{coding}: {error}");
        assert!(given <= 9 * 1024 * 1024, "{coding}: {given}");

        // With the ratio out of the way the caps of bytes are what ends it.
        for (caps, streamed) in [
            (Caps { ratio: u64::MAX, body: 1 << 20, ..Caps::default() }, false),
            (Caps { ratio: u64::MAX, stream: 1 << 20, ..Caps::default() }, true),
        ] {
            let (maker, _) = bomb(coding);
            let (client, get) = made(maker, &clock, caps);
            let error = if streamed {
                let mut stream = run(client.open(Request::new(get))).unwrap().body;
                run(async {
                    loop {
                        if let Some(Err(error)) = stream.next().await {
                            break error;
                        }
                    }
                })
            } else {
                run(client.send(Request::new(get))).unwrap_err()
            };
            assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{coding}: {error}");
        }
    }
}

#[test]
fn small_bodies_may_be_as_dense_as_they_like() {
    let text = [b"[", &b" ".repeat(4 * 1024 * 1024)[..], b"]"].concat();
    let encoded = gzip(&text);
    assert!(text.len() / encoded.len() > 500);
    let get = leak(operation(Method::Get));
    let transport =
        ReplayTransport::script([Scripted::json("").header("content-encoding", "gzip").body(encoded)]);
    let (client, _) = client(contract(get), &transport);
    assert_eq!(run(client.send(Request::new(get))).unwrap().body.len(), text.len());
}

#[test]
fn a_body_that_drips_is_stalled_and_one_that_is_slow_is_not() {
    // Bytes in a piece, seconds before it, and whether that is too slow.
    for (bytes, seconds, stalls) in
        [(1, 10, true), (1, 2, true), (1, 1, false), (20, 15, false), (9, 10, true)]
    {
        let clock = ManualClock::default();
        let time = clock.clone();
        let pieces = move || -> Pieces {
            let (time, mut left) = (time.clone(), 20);
            Box::new(move || {
                left -= 1;
                time.advance(Duration::from_secs(seconds));
                (left >= 0).then(|| Bytes::from(vec![b' '; bytes]))
            })
        };
        let maker = Maker(leak([("content-type", "text/plain")]), Arc::new(pieces));
        let (client, get) = made(maker.clone(), &clock, Caps::default());
        let label = format!("{bytes} bytes each {seconds} s");
        let whole = run(client.send(Request::new(get)));
        assert_eq!(whole.is_err(), stalls, "{label}: {whole:?}");
        let (client, get) = made(maker, &clock, Caps::default());
        let mut stream = run(client.open(Request::new(get))).unwrap().body;
        let ended = run(async {
            loop {
                match stream.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break Some(error),
                    None => break None,
                }
            }
        });
        assert_eq!(ended.is_some(), stalls, "{label}");
        for error in whole.err().into_iter().chain(ended) {
            let stalled = matches!(error.kind(), ErrorKind::Transport(error) if error.kind == TransportErrorKind::Stalled);
            assert!(stalled, "{label}: {error}");
        }
    }
}

#[test]
fn a_reader_that_takes_its_time_stalls_nothing() {
    let clock = ManualClock::default();
    let pieces = || -> Pieces {
        let mut left = 5;
        Box::new(move || {
            left -= 1;
            (left >= 0).then(|| Bytes::from_static(b"x"))
        })
    };
    let (client, get) = made(Maker(&[], Arc::new(pieces)), &clock, Caps::default());
    let mut stream = run(client.open(Request::new(get))).unwrap().body;
    run(async {
        while let Some(piece) = stream.next().await {
            piece.unwrap();
            clock.advance(Duration::from_secs(600));
        }
    });
}
