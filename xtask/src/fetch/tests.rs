//! Documents from a server on this machine, which answers what each test needs.

#![allow(clippy::expect_used, clippy::panic, reason = "a test without its server has to stop")]

use super::server::{answer, moved, serve};
use super::*;

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"A","version":"1"},"paths":{}}"#;

#[test]
fn a_document_comes_with_its_kind_and_its_tag() {
    let yaml = "openapi: 3.0.3";
    for (head, path, body, json) in [
        ("200 OK\r\nContent-Type: application/json\r\nETag: \"one\"", "/a", DOCUMENT, true),
        ("200 OK\r\nContent-Type: text/plain", "/a.json", DOCUMENT, true),
        ("200 OK", "/a", DOCUMENT, true),
        ("200 OK\r\nContent-Type: application/yaml", "/a", yaml, false),
        // A page's type, and no page.
        ("200 OK\r\nContent-Type: text/html", "/a", yaml, false),
    ] {
        let (base, told) = serve(vec![answer(head, body)]);
        let fetched = fetch(&format!("{base}{path}")).unwrap_or_else(|error| panic!("{head}: {error}"));
        assert_eq!((fetched.json, fetched.bytes.as_slice()), (json, body.as_bytes()), "{head}");
        assert_eq!(fetched.etag.is_some(), head.contains("ETag"), "{head}");
        assert!(!told.recv().expect("a request").contains("if-none-match"), "{head}");
    }
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    let (base, told) = serve(vec![answer("304 Not Modified", ""), answer("304 Not Modified", "")]);
    let unchanged = fetch_unless(&base, Some("\"one\"")).expect("an answer");
    assert!(unchanged.is_none());
    assert!(told.recv().expect("a request").contains("if-none-match: \"one\""));
    // Who did not ask for that got no document.
    let error = fetch(&base).expect_err("no document").to_string();
    assert!(error.contains("answers 304"), "{error}");
}

#[test]
fn what_is_no_document_is_refused_with_the_reason() {
    let html = "\n<!doctype html><title>Log in</title>";
    let large = "x".repeat(200);
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc8\r\n{large}\r\n0\r\n\r\n");
    // After its first piece comes what is none.
    let cut = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\nno size\r\n".to_owned();
    for (what, answers, said) in [
        (
            "a web page",
            vec![answer("200 OK\r\nContent-Type: text/html; charset=utf-8", html)],
            "web page (text/html",
        ),
        ("a web page that says nothing", vec![answer("200 OK", html)], "web page (of no declared type)"),
        ("nothing", vec![answer("200 OK", "\n")], "answers nothing"),
        ("an error", vec![answer("404 Not Found", DOCUMENT)], "answers 404"),
        ("a login", vec![answer("401 Unauthorized", "")], "wants a login"),
        ("a broken server", vec![answer("503 Service Unavailable", "")], "try again later"),
        (
            "a file of bytes",
            vec![answer("200 OK\r\nContent-Type: application/zip", "PK\u{3}\0")],
            "(application/zip) that is no text",
        ),
        ("a paper", vec![answer("200 OK", "%PDF-1.7")], "is no text"),
        ("a redirect without an end", vec![moved("{base}/b"); 9], "redirects too often"),
        (
            "a redirect to another machine without TLS",
            vec![moved("http://docs.example/a")],
            "neither https nor http on this machine",
        ),
        ("a redirect to a file", vec![moved("file:///etc/passwd")], ""),
        ("a length that is too large", vec![answer("200 OK", &large)], "is longer than 100 bytes"),
        ("too many bytes without a length", vec![chunked], "is longer than 100 bytes"),
        ("a body that breaks off", vec![cut], "breaks off"),
        ("no answer", vec![String::new()], "cannot be fetched"),
    ] {
        let (base, _told) = serve(answers);
        // Only who gets no answer has to wait for it.
        let time = if what == "no answer" { Duration::from_millis(300) } else { BOUNDS.time };
        let bounds = Bounds { largest: 100, time, ..BOUNDS };
        let error = match within(bounds, &format!("{base}/a?key=hidden"), None) {
            Ok(fetched) => panic!("{what}: {fetched:?}"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(said), "{what}: {error}");
        assert!(!error.contains("hidden"), "{what}: {error}");
        assert!(error.starts_with(&format!("{base}/a ")), "{what}: {error}");
    }
}

#[test]
fn redirects_lead_to_the_document() {
    let (base, told) = serve(vec![moved("{base}/b"), answer("200 OK", DOCUMENT)]);
    assert_eq!(fetch(&base).expect("a document").bytes, DOCUMENT.as_bytes());
    let requests: Vec<String> = told.iter().take(2).collect();
    assert!(requests.iter().all(|request| !request.contains("referer")), "{requests:?}");
}

#[test]
fn only_https_leaves_this_machine() {
    for (url, allowed) in [
        ("https://docs.example/a", true),
        ("http://docs.example/a", false),
        ("http://127.0.0.1:1/a", true),
        ("http://localhost:1/a", true),
        ("http://[::1]:1/a", true),
        ("http://127.0.0.1.example/a", false),
        ("http://10.0.0.1/a", false),
        ("ftp://docs.example/a", false),
        ("file:///etc/passwd", false),
    ] {
        let parsed = reqwest::Url::parse(url).expect("a URL");
        assert_eq!(super::allowed(&parsed), allowed, "{url}");
    }
    let error = fetch("http://docs.example/a?key=hidden").expect_err("refused").to_string();
    assert_eq!(error, "http://docs.example/a is neither https nor http on this machine");
}
