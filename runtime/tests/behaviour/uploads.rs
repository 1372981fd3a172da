//! Bodies of bytes and of parts, the servers that they go to, and the credential that goes with them.

use std::sync::Mutex;

use futures_core::future::BoxFuture;
use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted, Seeded};
use linchpin_runtime::transport::{HttpRequest, HttpResponse, Transport, TransportError, TransportErrorKind};
use linchpin_runtime::{Client, Config, ErrorKind, Multipart, Request, Sent, Upload};
use serde_json::json;

use crate::support::*;

const FILE: Shape = Shape::String("binary");

const PARTS: &[Part] = &[
    Part {
        name: "purpose",
        required: true,
        file: false,
        media_type: None,
        headers: &[],
        shape: Shape::String(""),
    },
    Part {
        name: "file",
        required: true,
        file: true,
        media_type: Some("text/csv"),
        headers: &[],
        shape: FILE,
    },
    Part {
        name: "tags",
        required: true,
        file: false,
        media_type: None,
        headers: &[],
        shape: Shape::Array(&Shape::Any),
    },
];

fn body(media: Media, media_type: &'static str, parts: &'static [Part]) -> Option<Body> {
    Some(Body { required: true, media, media_type, shape: Shape::Any, parts, styles: &[] })
}

fn put(media: Media, media_type: &'static str) -> &'static Operation {
    leak(Operation { body: body(media, media_type, &[]), ..operation(Method::Put) })
}

fn upload(put: &'static Operation, upload: &Upload) -> Request {
    let mut request = Request::new(put);
    request.upload(upload).unwrap();
    request
}

#[test]
fn parts_are_sent_with_a_boundary_that_chance_makes() {
    let post = leak(Operation {
        body: body(Media::Multipart, "multipart/form-data", PARTS),
        ..operation(Method::Post)
    });
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, _) = client(contract(post), &transport);
    let mut request = Request::new(post);
    let file = Upload::reader(&b"a,b"[..], Some(3)).name("t.csv");
    request.part(0, "import").unwrap().file(1, &file).unwrap().part(2, &["x", "y"]).unwrap();
    request.parts(&Multipart::new().json("more", &json!({"k": 1})).unwrap()).unwrap();
    // The boundary stands in no header of the caller's, so such a header cannot be heeded.
    request.header("content-type", "multipart/form-data").unwrap();
    run(client.send(request)).unwrap();
    let sent = &transport.requests()[0];
    let content_type = sent.headers["content-type"].to_str().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=linchpin-").unwrap();
    assert!(boundary.len() == 32 && boundary.bytes().all(|byte| byte.is_ascii_hexdigit()), "{content_type}");
    let line = format!("--linchpin-{boundary}");
    let part = |name: &str, more: &str, text: &str| {
        format!("{line}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
    };
    let expected = part("purpose", "", "import")
        + &part("file", "; filename=\"t.csv\"\r\nContent-Type: text/csv", "a,b")
        + &part("tags", "", "x")
        + &part("tags", "", "y")
        + &part("more", "\r\nContent-Type: application/json", "{\"k\":1}")
        + &format!("{line}--\r\n");
    let found = sent.body.whole().unwrap();
    assert_eq!(std::str::from_utf8(&found).unwrap(), expected);
    assert_eq!(sent.headers["content-length"].to_str().unwrap(), expected.len().to_string());
}

#[test]
fn a_body_without_a_part_that_it_needs_is_not_sent() {
    let post = leak(Operation {
        body: body(Media::Multipart, "multipart/form-data", PARTS),
        ..operation(Method::Post)
    });
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, _) = client(contract(post), &transport);
    let mut request = Request::new(post);
    request.part(0, "import").unwrap().part(2, &[0; 0]).unwrap();
    let error = run(client.send(request)).unwrap_err();
    assert!(error.to_string().contains("the required part `file` is missing"), "{error}");
    let json = put(Media::Json, "application/json");
    let problems = [
        Request::new(json).part(0, "x").unwrap_err(),
        Request::new(json).upload(&Upload::from("x")).unwrap_err(),
        Request::new(post).part(9, "x").unwrap_err(),
        Request::new(post).file(9, &Upload::from("x")).unwrap_err(),
        Request::new(post).body(&json!({})).unwrap_err(),
        Request::with_other_body(post, 0).part(0, "x").unwrap_err(),
    ];
    for problem in problems {
        assert!(matches!(problem.kind(), ErrorKind::Request(_)), "{problem}");
    }
    assert!(transport.requests().is_empty());
}

#[test]
fn bytes_from_anywhere_are_a_body() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    std::fs::write(&path, "bytes").unwrap();
    // The document's media type, the upload, and the media type and length that are sent.
    let cases = [
        ("application/octet-stream", Upload::from("bytes"), "application/octet-stream", None),
        ("text/plain", Upload::from("bytes".to_owned()), "text/plain", None),
        ("image/*", Upload::from("bytes").content_type("image/png"), "image/png", None),
        ("image/*", Upload::from(&b"bytes"[..]), "application/octet-stream", None),
        ("application/octet-stream", Upload::file(&path), "application/octet-stream", Some("5")),
        (
            "application/octet-stream",
            Upload::reader(&b"bytes"[..], Some(5)),
            "application/octet-stream",
            Some("5"),
        ),
        ("application/octet-stream", Upload::reader(&b"bytes"[..], None), "application/octet-stream", None),
    ];
    for (declared, content, media_type, length) in cases {
        let put = put(Media::Bytes, declared);
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        let clock = ManualClock::default().with_real_timers();
        let client = built(contract(put), &transport, clock, &[("api_token", CANARY)]);
        run(client.send(upload(put, &content))).unwrap();
        let sent = &transport.requests()[0];
        assert_eq!(sent.headers["content-type"], media_type, "{content:?}");
        let found = sent.headers.get("content-length").map(|length| length.to_str().unwrap());
        assert_eq!(found, length, "{content:?}");
        assert_eq!(sent.body.whole().unwrap(), "bytes", "{content:?}");
    }
}

fn built<T: Transport + Clone + 'static>(
    contract: Contract,
    transport: &T,
    clock: ManualClock,
    config: &[(&str, &str)],
) -> Client {
    let contract = leak(contract);
    let config = Config::from_pairs(contract, config.iter().copied()).unwrap();
    let builder = Client::builder(contract).config(config).clock(std::sync::Arc::new(clock));
    builder.random(Seeded::new(1)).transport(transport.clone()).build().unwrap()
}

/// What is idempotent is sent again, unless its body cannot be.
#[test]
fn only_what_can_be_sent_again_is() {
    let put = put(Media::Bytes, "application/octet-stream");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    std::fs::write(&path, "bytes").unwrap();
    let reset = || Scripted::failure(TransportError::new(TransportErrorKind::Reset, "cut"));
    let limited = || Scripted::status(429);
    type Failure = fn() -> Scripted;
    let cases: [(Upload, Failure, usize, bool); 5] = [
        (Upload::from("bytes"), reset, 2, true),
        (Upload::file(&path), reset, 2, true),
        (Upload::reader(&b"bytes"[..], Some(5)), reset, 1, false),
        // The server did not process it, but what the reader gave is gone all the same.
        (Upload::reader(&b"bytes"[..], Some(5)), limited, 1, false),
        (Upload::file(&path), limited, 2, true),
    ];
    for (content, failure, attempts, succeeds) in cases {
        let transport = ReplayTransport::script([failure(), Scripted::json("{}")]);
        let clock = ManualClock::default().with_real_timers();
        let client = built(contract(put), &transport, clock, &[("api_token", CANARY)]);
        let result = run(client.send(upload(put, &content)));
        assert_eq!(
            (transport.requests().len(), result.is_ok()),
            (attempts, succeeds),
            "{content:?}: {result:?}"
        );
        for request in transport.requests() {
            assert_eq!(request.body.whole().unwrap(), "bytes", "{content:?}");
        }
    }
    let reader = Upload::reader(&b"bytes"[..], None);
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, _) = client(contract(put), &transport);
    run(client.send(upload(put, &reader))).unwrap();
    let error = run(client.send(upload(put, &reader))).unwrap_err();
    assert!(error.to_string().contains("has been read already"), "{error}");
    assert_eq!((error.sent(), transport.requests().len()), (Sent::No, 1));
}

/// A wire that has no connection at first, and takes no byte of a body before it has one.
#[derive(Clone)]
struct Unconnected(std::sync::Arc<Mutex<usize>>, ReplayTransport);

impl Transport for Unconnected {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        let mut left = self.0.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            let error = TransportError::new(TransportErrorKind::Connect, "refused");
            return Box::pin(std::future::ready(Err(error)));
        }
        self.1.send(request)
    }
}

#[test]
fn a_reader_that_was_not_touched_is_sent_when_there_is_a_connection() {
    let post = leak(Operation {
        body: body(Media::Bytes, "application/octet-stream", &[]),
        ..operation(Method::Post)
    });
    let replay = ReplayTransport::server(|_| Scripted::json("{}"));
    let transport = Unconnected(std::sync::Arc::new(Mutex::new(2)), replay.clone());
    let client = built(contract(post), &transport, ManualClock::default(), &[("api_token", CANARY)]);
    let response = run(client.send(upload(post, &Upload::reader(&b"bytes"[..], None)))).unwrap();
    assert_eq!((response.attempts, replay.requests().len()), (3, 1));
}

#[test]
fn a_source_that_gives_out_is_told_and_not_tried_again() {
    let put = put(Media::Bytes, "application/octet-stream");
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let clock = ManualClock::default().with_real_timers();
    let client = built(contract(put), &transport, clock, &[("api_token", CANARY)]);
    let error = run(client.send(upload(put, &Upload::file("no/such/file")))).unwrap_err();
    assert!(error.to_string().contains("`no/such/file`"), "{error}");
    assert_eq!((error.sent(), error.attempts()), (Sent::No, 0));
    let error = run(client.send(upload(put, &Upload::reader(&b"bytes"[..], Some(9))))).unwrap_err();
    assert!(error.to_string().contains("4 bytes too early"), "{error}");
    assert_eq!((error.sent(), error.attempts()), (Sent::Maybe, 1));
    assert!(transport.requests().is_empty());
}

fn elsewhere(others: &'static [OtherServer], operation: &'static Operation) -> Contract {
    let server = Server { url: BASE, environments: &[("sandbox", "https://sandbox.example.com/v1")], others };
    Contract { server, ..contract(operation) }
}

#[test]
fn an_operation_goes_to_the_server_that_it_is_bound_to() {
    const OTHERS: &[OtherServer] = &[
        OtherServer { name: "files", url: "https://files.example.com/up", credential: true },
        OtherServer { name: "public", url: "https://public.example.com", credential: false },
    ];
    let token = ("api_token", CANARY);
    let local = ("base_url", "http://127.0.0.1:8080/proxy/v1");
    type Pairs<'p> = &'p [(&'p str, &'p str)];
    // Configuration, what it is bound to, and the URL with whether the credential comes along; or a part of the message.
    type Sent<'t> = Result<(&'t str, bool), &'t str>;
    let cases: [(Pairs, Base, Sent<'_>); 11] = [
        (&[token], Base::Server, Ok(("https://api.example.com/v1/items", true))),
        (&[token], Base::Path("/v2"), Ok(("https://api.example.com/v2/items", true))),
        (&[token], Base::Path(""), Ok(("https://api.example.com/items", true))),
        (&[token], Base::Other(0), Ok(("https://files.example.com/up/items", true))),
        (&[token], Base::Other(1), Ok(("https://public.example.com/items", false))),
        (&[token, local], Base::Server, Ok(("http://127.0.0.1:8080/proxy/v1/items", true))),
        (&[token, local], Base::Path("/v2"), Ok(("http://127.0.0.1:8080/proxy/v2/items", true))),
        (&[token, local], Base::Other(0), Err("`files_base_url` is missing")),
        (&[token, ("environment", "sandbox")], Base::Other(0), Err("MADE_UP_FILES_BASE_URL")),
        (
            &[token, local, ("files_base_url", "http://127.0.0.1:8081")],
            Base::Other(0),
            Ok(("http://127.0.0.1:8081/items", true)),
        ),
        (&[token], Base::Other(7), Err("is missing")),
    ];
    for (config, base, expected) in cases {
        let get = leak(Operation { base, ..operation(Method::Get) });
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        let client = built(elsewhere(OTHERS, get), &transport, ManualClock::default(), config);
        match (run(client.send(Request::new(get))), expected) {
            (Ok(_), Ok((url, credential))) => {
                let sent = &transport.requests()[0];
                assert_eq!(sent.url.as_str(), url, "{config:?} {base:?}");
                assert_eq!(sent.headers.contains_key("authorization"), credential, "{config:?} {base:?}");
            }
            (Err(error), Err(expected)) => {
                assert!(error.to_string().contains(expected), "{config:?} {base:?}: {error}");
                assert!(transport.requests().is_empty(), "{config:?} {base:?}");
            }
            (found, expected) => panic!("{config:?} {base:?}: {found:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn a_redirect_stays_on_the_origin_of_the_operations_own_server() {
    const OTHERS: &[OtherServer] =
        &[OtherServer { name: "files", url: "https://files.example.com", credential: true }];
    for (base, target, followed) in [
        (Base::Other(0), "https://files.example.com/x", true),
        (Base::Other(0), "https://api.example.com/v1/x", false),
        (Base::Server, "https://files.example.com/x", false),
        (Base::Path("/v2"), "https://api.example.com/elsewhere", true),
    ] {
        let get = leak(Operation { base, ..operation(Method::Get) });
        let transport =
            ReplayTransport::script([Scripted::status(302).header("location", target), Scripted::json("{}")]);
        let client =
            built(elsewhere(OTHERS, get), &transport, ManualClock::default(), &[("api_token", CANARY)]);
        let result = run(client.send(Request::new(get)));
        assert_eq!(
            (result.is_ok(), transport.requests().len() == 2),
            (followed, followed),
            "{base:?} {target}"
        );
    }
}

#[test]
fn a_credential_that_nothing_needs_may_be_missing() {
    // What the operations need, whether there is a token, and whether it is sent; `None` where the client is not even made.
    for (security, token, expected) in [
        (Security::Optional, false, Some(false)),
        (Security::Optional, true, Some(true)),
        (Security::Required, true, Some(true)),
        (Security::Required, false, None),
        (Security::None, true, Some(false)),
    ] {
        let get = leak(Operation { security, ..operation(Method::Get) });
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        let contract = leak(contract(get));
        let pairs = token.then_some(("api_token", CANARY));
        let config = Config::from_pairs(contract, pairs).unwrap();
        let client = Client::builder(contract).config(config).transport(transport.clone()).build();
        let found = client.ok().map(|client| {
            run(client.send(Request::new(get))).unwrap();
            transport.requests()[0].headers.contains_key("authorization")
        });
        assert_eq!(found, expected, "{security:?} {token}");
    }
}
