//! Jobs whose results are streams, in virtual time.

#[cfg(feature = "store")]
mod synced;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::HttpRequest;
use linchpin_runtime::{ErrorKind, JobProblem, Position, Value};
use serde_json::json;

use crate::formats::{CSV, client_of, ids, stream};
use crate::support::*;

const JOB: Job = Job {
    body: &[(&["query", "object"], "\"orders of {email}\""), (&["limit"], "7")],
    id: &["job", "id"],
    poll: JobOperation { operation: &POLL, id: 0, parameters: &[] },
    status: &["state"],
    done: &["done"],
    failed: &["failed", "aborted"],
    message: Some(&["error"]),
    interval_milliseconds: 5_000,
    timeout_milliseconds: 600_000,
    download: Download::Url(&["files", "url"]),
    origins: &["https://files.example.net"],
    format: CSV,
};

const POLL: Operation = Operation {
    id: "poll",
    method: Method::Get,
    path: "/jobs/{id}",
    tag: "items",
    parameters: &[Parameter {
        name: "id",
        location: Location::Path,
        required: true,
        style: Style::Simple,
        explode: false,
        allow_reserved: false,
        shape: Shape::Any,
    }],
    base: Base::Server,
    body: None,
    other_bodies: &[],
    responses: &[Response {
        from: 200,
        to: 200,
        media: Media::Json,
        media_type: "application/json",
        shape: Shape::Any,
    }],
    reads: true,
    idempotent: true,
    idempotency_key: None,
    security: Security::Required,
    paging: None,
    limits: &[],
};

fn job_stream(job: Job) -> &'static Stream {
    const BODY: Body = Body {
        required: true,
        media: Media::Json,
        media_type: "application/json",
        shape: Shape::Any,
        parts: &[],
        styles: &[],
    };
    stream(leak(Operation { body: Some(BODY), ..operation(Method::Post) }), Source::Job(job))
}

/// A server of jobs: how often each is asked for before it is done, and what is to be fetched then.
fn jobs(polls: usize, files: &'static [&'static str]) -> (ReplayTransport, Arc<AtomicUsize>) {
    let (answer, created) = server_of_jobs(polls, files);
    (ReplayTransport::server(answer), created)
}

/// What that server answers.
fn server_of_jobs(
    polls: usize,
    files: &'static [&'static str],
) -> (impl Fn(&HttpRequest) -> Scripted + Send + std::marker::Sync + 'static, Arc<AtomicUsize>) {
    let created = Arc::new(AtomicUsize::new(0));
    let (counter, asked) = (Arc::clone(&created), AtomicUsize::new(0));
    let answer = move |request: &HttpRequest| {
        let path = request.url.path();
        match (request.method.as_str(), path) {
            ("POST", "/v1/items") => {
                let id = counter.fetch_add(1, Ordering::Relaxed) + 1;
                Scripted::json(json!({ "job": { "id": format!("j{id}") } }).to_string())
            }
            ("GET", path) if path.starts_with("/v1/jobs/") => {
                if asked.fetch_add(1, Ordering::Relaxed) < polls {
                    Scripted::json(r#"{"state":"running"}"#)
                } else {
                    let files: Vec<_> = files.iter().map(|url| json!({ "url": url })).collect();
                    Scripted::json(json!({ "state": "done", "files": files }).to_string())
                }
            }
            (_, path) => {
                let number = path.trim_start_matches("/part");
                Scripted::status(200).body(format!("id\n{number}1\n{number}2\n"))
            }
        }
    };
    (answer, created)
}

const FILES: &[&str] =
    &["https://files.example.net/part1?sig=x", "https://files.example.net/part2", "/part3"];

#[test]
fn a_job_is_created_asked_for_and_downloaded_part_by_part() {
    let stream = job_stream(JOB);
    let (transport, _) = jobs(3, FILES);
    let (client, clock) = client_of(stream, &transport);
    let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
    let first = run(pages.next()).unwrap().unwrap();
    // The id is there to be stored before the job is asked for.
    assert_eq!((ids(&first).len(), transport.requests().len()), (0, 1));
    assert!(serde_json::to_string(&pages.position()).unwrap().contains("j1"));
    let mut found = Vec::new();
    while let Some(page) = run(pages.next()).unwrap() {
        found.extend(ids(&page));
    }
    assert_eq!(found, ["11", "12", "21", "22", "31", "32"]);
    assert_eq!(pages.position(), None);
    let waits: Vec<_> = clock.sleeps().iter().map(Duration::as_millis).collect();
    assert_eq!(waits, [5_000, 5_000, 7_500, 11_250]);
    let requests = transport.requests();
    let body: Value = serde_json::from_slice(&requests[0].body.whole().unwrap()).unwrap();
    assert_eq!(body, json!({ "query": { "object": "orders of me@example.com" }, "limit": 7 }));
    for request in &requests {
        let elsewhere = request.url.host_str() == Some("files.example.net");
        assert_eq!(request.headers.contains_key("authorization"), !elsewhere, "{}", request.url);
        assert_eq!(request.headers.contains_key("x-version"), !elsewhere, "{}", request.url);
    }
}

#[test]
fn a_cursor_goes_into_the_body_that_creates_a_job() {
    // Where it goes and how it is written there, and the body.
    let cases: [(Path, bool, CursorFormat, Value); 3] = [
        (&["since"], false, CursorFormat::AsIs, json!({ "since": "2025-01-02T03:04:05Z" })),
        (
            &["query", "since"],
            true,
            CursorFormat::EpochSeconds,
            json!({ "query": { "since": 1_735_787_045 } }),
        ),
        // A date is rounded down by a day, since nobody knows in which zone the server reads it.
        (&["filter", "from"], false, CursorFormat::Date, json!({ "filter": { "from": "2025-01-01" } })),
    ];
    for (path, number, format, expected) in cases {
        let target = Some(Target::Field { path, number });
        let start = Some("2025-01-02T03:04:05Z");
        let cursor = Cursor { field: &["at"], target, format, start, order: Order::None };
        let job_of = job_stream(JOB);
        let stream = leak(Stream {
            slices: None,
            name: "orders",
            description: "",
            operation: job_of.operation,
            records: &[],
            key: &[&["id"]],
            cursor: Some(cursor),
            parameters: &[],
            body: None,
            shape: Shape::Any,
            drift: DriftPolicy::DEFAULT,
            source: Source::Job(JOB),
        });
        let (transport, _) = jobs(0, FILES);
        let (client, _) = client_of(stream, &transport);
        let mut pages = client.stream_pages(stream).unwrap();
        run(pages.next()).unwrap();
        let body: Value = serde_json::from_slice(&transport.requests()[0].body.whole().unwrap()).unwrap();
        let mut whole = json!({ "query": { "object": "orders of me@example.com" }, "limit": 7 });
        for (name, value) in expected.as_object().unwrap() {
            match (&mut whole[name], value) {
                (Value::Object(known), Value::Object(more)) => known.extend(more.clone()),
                (place, value) => *place = value.clone(),
            }
        }
        assert_eq!(body, whole, "{path:?}");
    }
}

#[test]
fn a_walk_that_is_cut_off_goes_on_with_the_same_job_and_the_next_part() {
    let stream = job_stream(JOB);
    // After so many pages the process is killed; the first is the one that stores the id.
    for killed_after in 1..=3_usize {
        let (transport, created) = jobs(2, FILES);
        let (client, _) = client_of(stream, &transport);
        let mut found = Vec::new();
        let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
        for _ in 0..killed_after {
            found.extend(ids(&run(pages.next()).unwrap().unwrap()));
        }
        let stored = serde_json::to_string(&pages.position().unwrap()).unwrap();
        drop(pages);
        let (again, _) = client_of(stream, &transport);
        let position: Position = serde_json::from_str(&stored).unwrap();
        let pages = again.pages_of(stream, again.stream_request(stream).unwrap());
        let mut pages = pages.resume(position).unwrap();
        while let Some(page) = run(pages.next()).unwrap() {
            found.extend(ids(&page));
        }
        assert_eq!(found, ["11", "12", "21", "22", "31", "32"], "killed after {killed_after}");
        assert_eq!(created.load(Ordering::Relaxed), 1, "killed after {killed_after}");
        let downloads =
            transport.requests().iter().filter(|request| request.url.path().starts_with("/part")).count();
        assert_eq!(downloads, 3, "killed after {killed_after}: no part comes twice");
    }
}

#[test]
fn a_job_that_fails_or_takes_too_long_is_red() {
    let stream = job_stream(JOB);
    let cases = [
        (
            r#"{"state":"failed","error":"no such object: c4nary+s3cret/value=="}"#,
            "has failed (failed): no such object: ",
        ),
        (r#"{"state":"aborted"}"#, "has failed (aborted); the next run creates another"),
        (r#"{"state":"running"}"#, "is still `running` after"),
        (r#"{"status":"running"}"#, "the job's state is not there"),
        (r#"{"state":"done","files":[{"href":"x"}]}"#, "the URL of what it made is not there"),
        (r#"{"state":"done","files":[{"url":"https://evil.test/x"}]}"#, "leads to https://evil.test"),
        (
            r#"{"state":"done","files":[{"url":"http://files.example.net/x"}]}"#,
            "leads to http://files.example.net",
        ),
    ];
    for (answer, expected) in cases {
        let transport = ReplayTransport::server(move |request| match request.method.as_str() {
            "POST" => Scripted::json(r#"{"job":{"id":7}}"#),
            _ => Scripted::json(answer),
        });
        let (client, clock) = client_of(stream, &transport);
        let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
        run(pages.next()).unwrap();
        let error = run(pages.next()).unwrap_err();
        assert!(error.to_string().contains(expected), "{answer}: {error}");
        assert!(!error.to_string().contains("c4nary"), "{error}");
        assert!(clock.sleeps().iter().sum::<Duration>() <= Duration::from_secs(600), "{answer}");
        assert!(clock.sleeps().iter().all(|sleep| *sleep <= Duration::from_secs(50)), "{answer}");
        if let ErrorKind::Job(JobProblem::Timeout { waited, .. }) = error.kind() {
            assert!(waited.as_secs() > 500, "{waited:?}");
        }
    }
    // No file, or null, is a job without records.
    for answer in [r#"{"state":"done","files":[]}"#, r#"{"state":"done","files":null}"#] {
        let transport = ReplayTransport::server(move |request| match request.method.as_str() {
            "POST" => Scripted::json(r#"{"job":{"id":7}}"#),
            _ => Scripted::json(answer),
        });
        let (client, _) = client_of(stream, &transport);
        let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
        run(pages.next()).unwrap();
        assert!(run(pages.next()).unwrap().is_none(), "{answer}");
    }
}

#[test]
fn a_url_that_has_expired_is_asked_for_anew_once() {
    let stream = job_stream(JOB);
    for status in [401, 403, 404, 410] {
        let expired = AtomicUsize::new(0);
        let transport = ReplayTransport::server(move |request: &HttpRequest| {
            match (request.method.as_str(), request.url.path(), request.url.query()) {
                ("POST", ..) => Scripted::json(r#"{"job":{"id":7}}"#),
                (_, "/v1/jobs/7", _) => {
                    let age = expired.fetch_add(1, Ordering::Relaxed);
                    let url = format!("https://files.example.net/part1?age={age}");
                    Scripted::json(json!({ "state": "done", "files": { "url": url } }).to_string())
                }
                (_, _, Some("age=0")) => Scripted::status(status),
                _ => Scripted::status(200).body("id\n1\n"),
            }
        });
        let (client, _) = client_of(stream, &transport);
        let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
        run(pages.next()).unwrap();
        assert_eq!(ids(&run(pages.next()).unwrap().unwrap()), ["1"], "{status}");
        assert!(run(pages.next()).unwrap().is_none());
        assert_eq!(transport.requests().len(), 5, "{status}");
    }
}

#[test]
fn what_a_job_made_may_be_the_pages_of_an_operation_and_stand_behind_a_redirect() {
    static DOWNLOAD: Operation = Operation {
        id: "download",
        path: "/jobs/{id}/results",
        responses: &[Response {
            from: 200,
            to: 200,
            media: Media::Text,
            media_type: "text/csv",
            shape: Shape::Any,
        }],
        ..POLL
    };
    let download = Download::Operation(JobOperation { operation: &DOWNLOAD, id: 0, parameters: &[] });
    let stream = job_stream(Job { download, ..JOB });
    let transport = ReplayTransport::server(|request: &HttpRequest| {
        match (request.method.as_str(), request.url.path()) {
            ("POST", _) => Scripted::json(r#"{"job":{"id":7}}"#),
            (_, "/v1/jobs/7") => Scripted::json(r#"{"state":"done"}"#),
            (_, "/v1/jobs/7/results") => {
                Scripted::status(302).header("location", "https://files.example.net/7.csv?sig=y")
            }
            _ => Scripted::status(200).body("id\n1\n2\n"),
        }
    });
    let (client, _) = client_of(stream, &transport);
    let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
    let mut found = Vec::new();
    while let Some(page) = run(pages.next()).unwrap() {
        found.extend(ids(&page));
    }
    assert_eq!(found, ["1", "2"]);
    let last = transport.requests().pop().unwrap();
    assert_eq!(last.url.as_str(), "https://files.example.net/7.csv?sig=y");
    assert!(!last.headers.contains_key("authorization") && !last.headers.contains_key("x-version"));
}
