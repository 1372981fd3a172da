//! Streams whose records are no JSON pages, and jobs, in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::HttpRequest;
use linchpin_runtime::{Client, ErrorKind, JobProblem, Page, Position, Request, Value};
use serde_json::json;

use crate::bodies::gzip;
use crate::support::*;

fn answers(media: Media, media_type: &'static str, operation: Operation) -> &'static Operation {
    let responses = leak([Response { from: 200, to: 299, media, media_type, shape: Shape::Any }]);
    leak(Operation { responses, ..operation })
}

fn stream(operation: &'static Operation, source: Source) -> &'static Stream {
    leak(Stream {
        slices: None,
        name: "orders",
        description: "",
        operation,
        records: &[],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        body: None,
        shape: Shape::Any,
        source,
        drift: linchpin_runtime::contract::DriftPolicy::DEFAULT,
    })
}

const CSV: Format = Format::Csv(CsvDialect { delimiter: b',', quote: b'"', columns: &[] });

fn client_of(
    stream: &'static Stream,
    transport: &ReplayTransport,
) -> (Client, linchpin_runtime::testing::ManualClock) {
    client(Contract { streams: leak([]), ..contract(stream.operation) }, transport)
}

fn ids(page: &Page) -> Vec<String> {
    let records = page.records().unwrap();
    let id = |json: &str| serde_json::from_str::<Value>(json).unwrap()["id"].to_string().replace('"', "");
    records.iter().map(|record| id(record.get())).collect()
}

#[test]
fn a_body_is_read_in_batches_whatever_its_format() {
    let csv = |count: usize| {
        std::iter::once("id".to_owned())
            .chain((0..count).map(|id| id.to_string()))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let lines = (0..2_500).map(|id| format!("{{\"id\":{id}}}\n")).collect::<String>();
    let xml = format!(
        "<all>{}</all>",
        (0..2_500).map(|id| format!("<one><id>{id}</id></one>")).collect::<String>()
    );
    let xml_format = || Format::Xml(XmlLayout { record: &["all", "one"], names: &[] });
    let cases = [
        (CSV, Scripted::status(200).header("content-type", "text/csv").body(csv(2_500)), 2_500),
        (CSV, Scripted::status(200).body(gzip(csv(2_500).as_bytes())), 2_500),
        (
            CSV,
            Scripted::status(200).header("content-encoding", "gzip").body(gzip(csv(2_500).as_bytes())),
            2_500,
        ),
        (CSV, Scripted::status(200).body(csv(1_000)), 1_000),
        (CSV, Scripted::status(200).body(csv(0)), 0),
        (CSV, Scripted::status(200), 0),
        (Format::JsonLines, Scripted::status(200).body(lines), 2_500),
        (xml_format(), Scripted::status(200).header("content-type", "application/xml").body(xml), 2_500),
    ];
    for (format, answer, count) in cases {
        let label = format!("{format:?} {count}");
        let stream =
            stream(answers(Media::Bytes, "text/csv", operation(Method::Get)), Source::Bodies(format));
        let transport = ReplayTransport::script([answer]);
        let (client, _) = client_of(stream, &transport);
        let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
        let mut found = Vec::new();
        while let Some(page) = run(pages.next()).unwrap() {
            let ids = ids(&page);
            assert!(ids.len() <= 1_000, "{label}");
            found.extend(ids);
        }
        assert_eq!(found, (0..count).map(|id| id.to_string()).collect::<Vec<_>>(), "{label}");
        assert_eq!(transport.requests().len(), 1, "{label}: no page after the last");
    }
}

#[test]
fn pages_of_rows_follow_what_their_heads_say() {
    const PAGING: Paging = Paging::new(
        "locator",
        Strategy::Cursor {
            target: Target::Parameter(0),
            next: Token::Header("locator"),
            first: None,
            end: End::NONE,
        },
    );
    let parameters = leak([parameter("locator", Location::Query)]);
    let paged = answers(
        Media::Text,
        "text/csv",
        Operation { parameters, paging: Some(PAGING), ..operation(Method::Get) },
    );
    let stream = stream(paged, Source::Bodies(CSV));
    let page = |rows: &str, locator: &str| {
        Scripted::status(200).header("locator", locator).body(format!("id\n{rows}"))
    };
    let transport = ReplayTransport::script([page("1\n2\n", "a"), page("3\n", "b"), page("4\n", "null")]);
    let (client, _) = client_of(stream, &transport);
    let mut pages = client.pages_of(stream, Request::new(paged));
    let mut found = Vec::new();
    while let Some(page) = run(pages.next()).unwrap() {
        found.extend(ids(&page));
    }
    assert_eq!(found, ["1", "2", "3", "4"]);
    let queries: Vec<_> =
        transport.requests().iter().map(|request| request.url.query().unwrap_or("").to_owned()).collect();
    assert_eq!(queries, ["", "locator=a", "locator=b"]);
}

#[test]
fn what_is_no_table_is_an_error_with_its_line_and_nothing_of_its_batch_is_given() {
    let html = "<!DOCTYPE html><html><body>Sign in</body></html>";
    let bomb = gzip(&vec![b'\n'; 64 * 1024 * 1024]);
    let cases: [(Scripted, &str); 8] = [
        (Scripted::status(200).header("content-type", "text/html").body(html), "`text/html` instead of CSV"),
        (Scripted::status(200).header("content-type", "text/csv").body(html), "`markup` instead of CSV"),
        (Scripted::json(r#"{"error":"no"}"#), "`application/json` instead of CSV"),
        (Scripted::status(200).body("id,name\n1,a\n2\n"), "at line 3"),
        (Scripted::status(200).body("id,name\n1,\"a"), "ended after"),
        (Scripted::status(200).header("content-length", "99").body("id\n1\n"), "ended after 5 bytes of 99"),
        (Scripted::status(200).body(gzip(b"id\n1\n")[..20].to_vec()), "ended after"),
        (Scripted::status(200).body(bomb), "raise `Caps::ratio`"),
    ];
    for (answer, expected) in cases {
        let label = format!("{answer:?}");
        let stream = stream(answers(Media::Text, "text/csv", operation(Method::Get)), Source::Bodies(CSV));
        let (client, _) = client_of(stream, &ReplayTransport::script([answer]));
        let error = run(client.pages_of(stream, client.stream_request(stream).unwrap()).next()).unwrap_err();
        assert!(error.to_string().contains(expected), "{}: {error}", &label[..label.len().min(200)]);
    }
}

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

#[cfg(feature = "store")]
mod synced {
    use std::sync::Mutex;

    use linchpin_runtime::store::Store;
    use linchpin_runtime::sync::{Report, Sync, SyncError};

    use super::*;

    /// What a server answers to a request, if it is not as usual.
    type Fault = fn(&HttpRequest, usize) -> Option<Scripted>;

    /// A store, and runs over one server that counts the jobs and downloads.
    struct Runs {
        store: Store,
        stream: &'static Stream,
        transport: ReplayTransport,
        created: Arc<AtomicUsize>,
        fault: Arc<Mutex<Option<Fault>>>,
        contract: &'static Contract,
    }

    impl Runs {
        fn new() -> Self {
            let stream = job_stream(JOB);
            let (server, created) = server_of_jobs(0, FILES);
            let fault: Arc<Mutex<Option<Fault>>> = Arc::default();
            let (faults, known) = (Arc::clone(&fault), Arc::clone(&created));
            let transport = ReplayTransport::server(move |request: &HttpRequest| {
                let fault = *faults.lock().unwrap();
                let made = fault.and_then(|fault| fault(request, known.load(Ordering::Relaxed)));
                made.unwrap_or_else(|| server(request))
            });
            let streams: &'static [Stream] = std::slice::from_ref(stream);
            let contract = leak(Contract { streams, ..contract(stream.operation) });
            let store = Store::in_memory(contract).unwrap();
            Self { store, stream, transport, created, fault, contract }
        }

        fn run(&self, fault: Option<Fault>) -> Result<Report, SyncError> {
            *self.fault.lock().unwrap() = fault;
            let config =
                linchpin_runtime::Config::from_pairs(self.contract, [("api_token", CANARY)]).unwrap();
            let client = Client::builder(self.contract)
                .config(config)
                .clock(Arc::new(linchpin_runtime::testing::ManualClock::default()))
                .transport(self.transport.clone())
                .retry(linchpin_runtime::RetryPolicy::never())
                .build()
                .unwrap();
            run(Sync::new(&client, &self.store).stream(self.stream.name).run())
        }

        fn downloads(&self) -> Vec<String> {
            let requests = self.transport.requests();
            let paths = requests.iter().map(|request| request.url.path().to_owned());
            paths.filter(|path| path.starts_with("/part")).collect()
        }
    }

    fn at(request: &HttpRequest, path: &str) -> bool {
        request.url.path().starts_with(path)
    }

    #[test]
    fn a_run_that_stops_goes_on_with_its_job_and_its_parts_and_loses_nothing() {
        // The fault of the first run, whether the second goes on, and how many jobs there are in the end.
        let cases: [(&str, Fault, bool, usize); 6] = [
            (
                "before the first poll",
                |request, _| at(request, "/v1/jobs").then(|| Scripted::status(500)),
                true,
                1,
            ),
            ("at the first part", |request, _| at(request, "/part1").then(|| Scripted::status(500)), true, 1),
            ("at the last part", |request, _| at(request, "/part3").then(|| Scripted::status(500)), true, 1),
            (
                "within a part",
                |request, _| {
                    let cut = || Scripted::status(200).header("content-length", "99").body("id\n21\n2");
                    at(request, "/part2").then(cut)
                },
                true,
                1,
            ),
            (
                "in creating it",
                |request, _| at(request, "/v1/items").then(|| Scripted::status(500)),
                false,
                1,
            ),
            (
                "because it failed",
                |request, _| at(request, "/v1/jobs").then(|| Scripted::json(r#"{"state":"failed"}"#)),
                false,
                2,
            ),
        ];
        for (label, fault, resumed, created) in cases {
            let runs = Runs::new();
            let error = runs.run(Some(fault)).unwrap_err();
            // The job that failed is asked for again, in vain, and then another is created.
            let failing: Option<Fault> = (label == "because it failed").then_some(|request, _| {
                at(request, "/v1/jobs/j1").then(|| Scripted::json(r#"{"state":"failed"}"#))
            });
            let report = runs.run(failing).unwrap_or_else(|error| panic!("{label}: {error}"));
            assert_eq!((report.rows, report.resumed), (6, resumed), "{label}: after {error}: {report:?}");
            assert_eq!(runs.created.load(Ordering::Relaxed), created, "{label}");
            let (mut downloads, mut once) = (runs.downloads(), FILES.len());
            downloads.sort();
            // The part at which it stopped comes again; none that was stored does.
            once += usize::from(label.contains("part") && label != "before the first poll");
            assert_eq!(downloads.len(), once, "{label}: {downloads:?}");
        }
    }

    #[test]
    fn a_job_that_has_vanished_is_created_anew() {
        for status in [404, 410] {
            let runs = Runs::new();
            runs.run(Some(|request, _| at(request, "/part2").then(|| Scripted::status(500)))).unwrap_err();
            let gone: Fault = match status {
                404 => |request, _| at(request, "/v1/jobs/j1").then(|| Scripted::status(404)),
                _ => |request, _| at(request, "/v1/jobs/j1").then(|| Scripted::status(410)),
            };
            let report = runs.run(Some(gone)).unwrap();
            assert_eq!((report.rows, report.restarted), (6, true), "{status}: {report:?}");
            assert_eq!(runs.created.load(Ordering::Relaxed), 2, "{status}");
        }
    }
}
