//! Downloads that break off, and go on only where the rest is certain to be the rest.

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::{HttpRequest, TransportError, TransportErrorKind};
use linchpin_runtime::{Bytes, Call, Client, RequestBuilder};

use crate::support::*;

const TEXT: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const OLD: &str = "Tue, 01 Jan 2019 00:00:00 GMT";
const NOW: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

fn call(client: &Client, operation: &'static Operation) -> Call<Bytes> {
    client.bytes_call(RequestBuilder::new(operation))
}

fn get() -> &'static Operation {
    let responses = leak([Response {
        from: 200,
        to: 200,
        media: Media::Bytes,
        media_type: "image/png",
        shape: Shape::Any,
    }]);
    leak(Operation { responses, ..operation(Method::Get) })
}

fn broken() -> TransportError {
    TransportError::new(TransportErrorKind::Reset, "connection reset by peer")
}

/// The first part of the text, and then a reset.
fn cut(at: usize, headers: &[(&str, &str)]) -> Scripted {
    let answer = Scripted::status(200).header("content-length", &TEXT.len().to_string());
    let answer = headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value));
    answer.body(&TEXT[..at]).break_off(broken())
}

/// What a range asks for.
fn rest(request: &HttpRequest) -> Option<usize> {
    let range = request.headers.get("range")?.to_str().ok()?;
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn part(from: usize, to: usize) -> Scripted {
    Scripted::status(206)
        .header("content-range", &format!("bytes {from}-{}/{}", TEXT.len() - 1, TEXT.len()))
        .header("content-length", &(TEXT.len() - from).to_string())
        .body(&TEXT[from..to])
}

#[test]
fn a_download_that_breaks_off_anywhere_goes_on_from_there() {
    for validator in [&[("etag", "\"v1\"")][..], &[("last-modified", OLD), ("date", NOW)]] {
        for at in 0..TEXT.len() {
            // It breaks once more, a byte later, before it comes to its end.
            let transport = ReplayTransport::server(move |request| match rest(request) {
                None => cut(at, validator),
                Some(from) if from == at && at > 0 => part(from, from + 1).break_off(broken()),
                Some(from) => part(from, TEXT.len()),
            });
            let (client, _) = client(contract(get()), &transport);
            let mut written = Vec::new();
            let result = run(call(&client, get()).copy_to(&mut written));
            if at == 0 {
                // Not a byte came, so there is nothing to go on with but the whole.
                assert!(result.is_ok(), "{result:?}");
            }
            assert_eq!((written.as_slice(), result.unwrap().body), (TEXT, 36), "cut at {at}");
            for request in transport.requests() {
                assert_eq!(request.headers["accept-encoding"], "identity");
                let condition = request.headers.get("if-range").map(|value| value.to_str().unwrap());
                assert_eq!(condition, rest(&request).map(|_| validator[0].1), "cut at {at}");
            }
        }
    }
}

#[test]
fn a_rest_that_may_be_of_something_else_is_never_taken() {
    let whole = || Scripted::status(200).header("etag", "\"v2\"").body("something else");
    // Headers of the first answer, the answer to the range, and whether a rest is asked for at all.
    type Case = (&'static [(&'static str, &'static str)], Scripted, bool);
    let cases: [Case; 9] = [
        (&[], whole(), false),
        (&[("etag", "W/\"v1\"")], whole(), false),
        (&[("last-modified", NOW), ("date", NOW)], whole(), false),
        (&[("last-modified", OLD)], whole(), false),
        (&[("etag", "\"v1\""), ("accept-ranges", "none")], whole(), false),
        (&[("etag", "\"v1\"")], whole(), true),
        (&[("etag", "\"v1\"")], part(9, 36), true),
        (&[("etag", "\"v1\"")], Scripted::status(206).body(&TEXT[10..]), true),
        (&[("etag", "\"v1\"")], part(10, 36).header("etag", "\"v2\""), true),
    ];
    for (headers, second, asked) in cases {
        let label = format!("{headers:?} {second:?}");
        let transport = ReplayTransport::script([cut(10, headers), second]);
        let (client, _) = client(contract(get()), &transport);
        let mut written = Vec::new();
        let error = run(call(&client, get()).copy_to(&mut written)).unwrap_err();
        assert!(error.to_string().contains("ended after 10 bytes of 36"), "{label}: {error}");
        assert_eq!(
            (written.as_slice(), transport.requests().len()),
            (&TEXT[..10], 1 + usize::from(asked)),
            "{label}"
        );
    }
}

#[test]
fn a_file_is_there_when_it_is_whole_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    let names = || {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let other = "something else";
    let cases = [
        (vec![cut(10, &[])], None),
        (
            vec![cut(10, &[("etag", "\"v1\"")]), part(10, 36)],
            Some(String::from_utf8_lossy(TEXT).into_owned()),
        ),
        // Another file stands there now: what was written of the first is forgotten.
        (
            vec![cut(30, &[("etag", "\"v1\"")]), Scripted::status(200).header("etag", "\"v2\"").body(other)],
            Some(other.to_owned()),
        ),
        (vec![Scripted::status(404)], Some(other.to_owned())),
    ];
    for (answers, expected) in cases {
        let label = format!("{answers:?}");
        let (client, _) = client(contract(get()), &ReplayTransport::script(answers));
        let _ = run(call(&client, get()).save_to(&path));
        assert_eq!(std::fs::read_to_string(&path).ok(), expected, "{label}");
        assert_eq!(names().len(), usize::from(expected.is_some()), "{label}: {:?}", names());
    }
    let (client, _) = client(contract(get()), &ReplayTransport::script([Scripted::status(200)]));
    let error = run(call(&client, get()).save_to(folder.path().join("none/x"))).unwrap_err();
    assert!(error.to_string().contains("none/x cannot be written"), "{error}");
}
