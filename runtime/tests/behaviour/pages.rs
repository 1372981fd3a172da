//! Pages and records through a client.

use std::sync::Mutex;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::{ErrorKind, Request, RetryPolicy, StopReason};
use serde_json::{Value, json};

use crate::support::*;
use crate::walks::{MORE, NEXT, paged};

fn query(request: &linchpin_runtime::transport::HttpRequest, name: &str) -> Option<String> {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A list of that many records in every style at once: by number, offset, token, last id, next URL and Link header; never more than 3 a
/// page, whatever is asked.
fn list_server(list: u64) -> ReplayTransport {
    ReplayTransport::server(move |request| {
        let start = query(request, "at").map_or(0, |at| at.parse().unwrap());
        let stop = (start + 3).min(list);
        let items: Vec<_> = (start..stop).map(|id| json!({"id": id + 1})).collect();
        let next = (stop < list).then(|| format!("/v1/items?at={stop}"));
        let body = json!({"items": items, "meta": {"more": stop < list, "next": next, "token": stop}});
        let answer = Scripted::json(body.to_string());
        match next {
            Some(next) => answer.header("link", &format!("<{next}>; rel=\"next\"")).header("x-next", &next),
            None => answer,
        }
    })
}

fn ids(page: &linchpin_runtime::Page) -> Vec<u64> {
    let id = |raw: &&linchpin_runtime::RawValue| {
        serde_json::from_str::<Value>(raw.get()).unwrap()["id"].as_u64().unwrap()
    };
    page.records().unwrap().iter().map(id).collect()
}

#[test]
fn every_strategy_reads_a_list_to_its_end_and_says_why_it_stopped() {
    let more = || End { more: Some(MORE), ..End::default() };
    let cases = [
        (
            Strategy::Offset { target: Target::Parameter(0), first: 0, end: End::default() },
            StopReason::EmptyPage,
        ),
        (Strategy::Offset { target: Target::Parameter(0), first: 0, end: more() }, StopReason::MoreIsFalse),
        (
            Strategy::Cursor {
                target: Target::Parameter(0),
                first: None,
                next: Token::Body(&["meta", "token"]),
                end: more(),
            },
            StopReason::MoreIsFalse,
        ),
        (
            Strategy::LastId { target: Target::Parameter(0), field: &["id"], end: more() },
            StopReason::MoreIsFalse,
        ),
        (
            Strategy::LastId { target: Target::Parameter(0), field: &["id"], end: End::default() },
            StopReason::EmptyPage,
        ),
        (Strategy::NextUrl { next: Token::Body(NEXT), end: End::default() }, StopReason::NullToken),
        (Strategy::NextUrl { next: Token::Header("x-next"), end: End::default() }, StopReason::NoNext),
        (Strategy::LinkHeader { relation: "next", end: End::NONE }, StopReason::NoNext),
    ];
    for (strategy, reason) in cases {
        let label = format!("{strategy:?}");
        let operation = paged(strategy);
        let transport = list_server(8);
        let (client, _) = client(contract(operation), &transport);
        let mut pages = client.pages(Request::new(operation));
        let mut came = Vec::new();
        while let Some(page) = run(pages.next()).unwrap() {
            came.extend(ids(&page));
        }
        assert_eq!(came, (1..=8).collect::<Vec<_>>(), "{label}");
        assert_eq!((pages.stop_reason(), pages.position()), (Some(reason), None), "{label}");
        assert!(run(pages.next()).unwrap().is_none(), "{label}");
        assert_eq!(
            query(&transport.requests()[0], "size").as_deref(),
            Some("5"),
            "{label}: the page size is asked for"
        );
        assert_eq!(client.statistics().pages, transport.requests().len() as u64);
    }
}

#[test]
fn a_walk_goes_on_in_another_process_where_it_stood() {
    let strategies = [
        Strategy::Offset { target: Target::Parameter(0), first: 0, end: End::default() },
        Strategy::NextUrl { next: Token::Body(NEXT), end: End::default() },
        Strategy::LinkHeader { relation: "next", end: End::NONE },
        Strategy::LastId { target: Target::Parameter(0), field: &["id"], end: End::default() },
    ];
    for strategy in strategies {
        let operation = paged(strategy);
        let (client, _) = client(contract(operation), &list_server(8));
        let mut pages = client.pages(Request::new(operation));
        assert!(pages.position().unwrap().is_start());
        run(pages.next()).unwrap();
        let stored = serde_json::to_string(&pages.position()).unwrap();
        drop(pages);
        let position = serde_json::from_str(&stored).unwrap();
        let mut pages = client.pages(Request::new(operation)).resume(position).unwrap();
        let page = run(pages.next()).unwrap().unwrap();
        assert_eq!((page.number, ids(&page)), (2, vec![4, 5, 6]), "{stored}");
    }
}

#[test]
fn a_stored_url_follows_the_base_url_and_leads_nowhere_else() {
    let operation = paged(Strategy::NextUrl { next: Token::Body(NEXT), end: End::default() });
    let at = |base: &str, transport: &ReplayTransport| {
        let contract = leak(contract(operation));
        let config =
            linchpin_runtime::Config::from_pairs(contract, [("api_token", CANARY), ("base_url", base)])
                .unwrap();
        linchpin_runtime::Client::builder(contract)
            .config(config)
            .transport(transport.clone())
            .build()
            .unwrap()
    };
    for path in ["/v1/items?at=1", "//evil.test/items?at=1"] {
        let body =
            json!({"items": [{"id": 1}], "meta": {"next": format!("http://127.0.0.1:1{path}")}}).to_string();
        let transport = ReplayTransport::server(move |_| Scripted::json(body.clone()));
        let client = at("http://127.0.0.1:1", &transport);
        let mut pages = client.pages(Request::new(operation));
        run(pages.next()).unwrap();
        let position = pages.position().unwrap();
        let client = at("http://127.0.0.1:2", &transport);
        let mut pages = client.pages(Request::new(operation)).resume(position).unwrap();
        run(pages.next()).unwrap();
        assert_eq!(transport.requests()[1].url.as_str(), format!("http://127.0.0.1:2{path}"));
    }
    let forged =
        r#"{"version":1,"operation":"items","place":{"url":"https://evil.test/"},"pages":1,"records":1}"#;
    let client = at("http://127.0.0.1:1", &list_server(1));
    let error =
        client.pages(Request::new(operation)).resume(serde_json::from_str(forged).unwrap()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Origin { .. }), "{error}");
}

#[test]
fn after_an_error_the_same_page_is_asked_for_again() {
    let operation = paged(Strategy::Offset { target: Target::Parameter(0), first: 0, end: End::default() });
    let page = |ids: &[u64]| {
        let items: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        Scripted::json(json!({"items": items}).to_string())
    };
    let failures = [
        Scripted::status(500),
        Scripted::json(""),
        Scripted::status(200).header("content-type", "text/html").body("<html>"),
        Scripted::json("{\"items\":[{\"id\":3},"),
        Scripted::json("{\"items\":{}}"),
        Scripted::json("{\"rows\":[]}"),
        Scripted::json("{\"items\":[{\"id\":}]}"),
    ];
    for failure in failures {
        let label = format!("{failure:?}");
        let transport = ReplayTransport::script([page(&[1, 2]), failure, page(&[3]), page(&[])]);
        let (client, _) = client_with(contract(operation), &transport, RetryPolicy::never());
        let mut pages = client.pages(Request::new(operation));
        run(pages.next()).unwrap();
        let position = pages.position();
        let error = run(pages.next()).unwrap_err();
        assert_eq!(error.operation(), Some("items"), "{label}");
        assert_eq!(pages.position(), position, "{label}");
        assert_eq!(ids(&run(pages.next()).unwrap().unwrap()), [3], "{label}");
        let asked: Vec<_> =
            transport.requests().iter().map(|request| query(request, "at").unwrap()).collect();
        assert_eq!(asked, ["0", "2", "2"], "{label}");
    }
}

#[test]
fn a_page_whose_next_is_wrong_is_handed_out_before_the_error() {
    let operation = paged(Strategy::NextUrl { next: Token::Body(NEXT), end: End::default() });
    for (next, expected) in
        [("https://evil.test/?t=1", "https://evil.test"), ("/v1/items?at=1", "read before")]
    {
        let page =
            |id: u64| Scripted::json(json!({"items": [{"id": id}], "meta": {"next": next}}).to_string());
        let transport = ReplayTransport::script([page(1), page(2)]);
        let (client, _) = client(contract(operation), &transport);
        let mut pages = client.pages(Request::new(operation));
        let mut came = Vec::new();
        let error = loop {
            match run(pages.next()) {
                Ok(page) => came.extend(ids(&page.expect("an error ends this walk"))),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains(expected), "{next}: {error}");
        assert_eq!(came.len(), transport.requests().len(), "{next}: every page that was read was handed out");
        assert_eq!(
            pages.position().unwrap().pages() + 1,
            came.len() as u64,
            "{next}: it stands at the page that leads nowhere"
        );
    }
}

#[test]
fn a_server_that_repeats_its_last_page_doubles_no_record_when_the_total_is_known() {
    let end = End { total_records: Some(crate::walks::TOTAL), ..End::default() };
    let operation = paged(Strategy::PageNumber { target: Target::Parameter(0), first: 1, end });
    // Five are asked for and five are served, so that the total alone does not end the walk.
    let items: Vec<_> = (1..=5).map(|id| json!({"id": id})).collect();
    let body = json!({"items": items, "meta": {"total": 5}}).to_string();
    let transport = ReplayTransport::server(move |_| Scripted::json(body.clone()));
    let (client, _) = client(contract(operation), &transport);
    let mut pages = client.pages(Request::new(operation));
    assert_eq!(ids(&run(pages.next()).unwrap().unwrap()), [1, 2, 3, 4, 5]);
    assert!(run(pages.next()).unwrap().is_none());
    assert_eq!((pages.stop_reason(), transport.requests().len()), (Some(StopReason::NothingNew), 2));
}

#[test]
fn a_url_that_is_not_followed_may_lead_anywhere() {
    let end = End { done: Some(crate::walks::DONE), ..End::default() };
    let operation = paged(Strategy::NextUrl { next: Token::Body(NEXT), end });
    let body =
        json!({"items": [{"id": 1}], "meta": {"next": "https://evil.test/", "done": true}}).to_string();
    let transport = ReplayTransport::server(move |_| Scripted::json(body.clone()));
    let (client, _) = client(contract(operation), &transport);
    let mut pages = client.pages(Request::new(operation));
    assert!(run(pages.next()).unwrap().is_some());
    assert!(run(pages.next()).unwrap().is_none());
    assert_eq!(pages.stop_reason(), Some(StopReason::DoneIsTrue));
}

#[test]
fn no_content_and_past_the_end() {
    let numbered =
        paged(Strategy::PageNumber { target: Target::Parameter(0), first: 1, end: End::default() });
    let page = || Scripted::json(r#"{"items":[{"id":1}]}"#);
    for (last, reason) in
        [(Scripted::status(204), StopReason::EmptyPage), (Scripted::status(404), StopReason::PastTheEnd)]
    {
        let transport = ReplayTransport::script([page(), last]);
        let (client, _) = client(contract(numbered), &transport);
        let mut pages = client.pages(Request::new(numbered));
        let mut records = 0;
        while let Some(page) = run(pages.next()).unwrap() {
            records += page.records().unwrap().len();
        }
        assert_eq!((records, pages.stop_reason()), (1, Some(reason)));
    }
    // A first page that is not there is an error, and so is one where the manifest knows another end.
    let told = paged(Strategy::PageNumber {
        target: Target::Parameter(0),
        first: 1,
        end: End { more: Some(MORE), ..End::default() },
    });
    for (operation, answers) in
        [(numbered, vec![Scripted::status(404)]), (told, vec![page(), Scripted::status(404)])]
    {
        let count = answers.len();
        let transport = ReplayTransport::script(answers);
        let (client, _) = client(contract(operation), &transport);
        let mut pages = client.pages(Request::new(operation));
        let results: Vec<_> = (0..count).map(|_| run(pages.next())).collect();
        let error = results.into_iter().next_back().unwrap().unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    }
}

#[test]
fn a_record_that_cannot_be_decoded_is_one_error_item() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Item {
        id: u64,
    }
    let operation = paged(Strategy::Offset {
        target: Target::Parameter(0),
        first: 0,
        end: End { more: Some(MORE), ..End::default() },
    });
    let transport = ReplayTransport::script([
        Scripted::json(r#"{"items":[{"id":1},{"id":"two"},{"id":3}],"meta":{"more":true}}"#),
        Scripted::json(r#"{"items":[{"id":4}],"meta":{"more":false}}"#),
    ]);
    let (client, _) = client(contract(operation), &transport);
    let mut records = client.records::<Item>(Request::new(operation));
    let mut came = Vec::new();
    while let Some(record) = run(records.next()) {
        came.push(record.map(|item| item.id).map_err(|error| error.to_string()));
    }
    let [Ok(1), Err(error), Ok(3), Ok(4)] = &came[..] else { panic!("{came:?}") };
    assert!(
        error.starts_with("items: the answer cannot be decoded at record 2 of page 1: invalid type: string"),
        "{error}"
    );
    assert_eq!(records.stop_reason(), Some(StopReason::MoreIsFalse));

    let transport = ReplayTransport::script([
        Scripted::json(r#"{"items":[{"id":1}],"meta":{"more":true}}"#),
        Scripted::status(400),
    ]);
    let (client, _) = crate::support::client(contract(operation), &transport);
    let mut records = client.records::<Item>(Request::new(operation));
    assert_eq!(run(records.next()).unwrap().unwrap(), Item { id: 1 });
    assert!(matches!(run(records.next()).unwrap().unwrap_err().kind(), ErrorKind::Status { .. }));
    assert!(run(records.next()).is_none(), "an error of a page ends the stream");
    assert_eq!(records.position().unwrap().pages(), 1, "and the position names the page that failed");
}

#[test]
fn a_stream_brings_its_own_parameters_records_and_key() {
    const STREAM: Stream = Stream {
        name: "things",
        description: "",
        operation: &Operation {
            id: "items",
            method: Method::Get,
            path: "/items",
            tag: "items",
            parameters: &[Parameter {
                name: "owner",
                location: Location::Query,
                required: true,
                style: Style::Form,
                explode: true,
                allow_reserved: false,
                shape: Shape::Any,
            }],
            base: Base::Server,
            body: None,
            other_bodies: &[],
            responses: &[],
            reads: true,
            idempotent: true,
            idempotency_key: None,
            security: Security::Required,
            paging: None,
            limits: &[],
        },
        records: &["things"],
        key: &[&["id"]],
        cursor: None,
        parameters: &[(0, "{email}")],
        slices: None,
        body: None,
        shape: Shape::Any,
        source: Source::Pages,
        drift: linchpin_runtime::contract::DriftPolicy::DEFAULT,
    };
    let transport = ReplayTransport::server(|_| Scripted::json(r#"{"things":[{"id":7}]}"#));
    let stream: &'static Stream = leak(STREAM);
    let (client, _) = client(contract(stream.operation), &transport);
    let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
    assert_eq!(ids(&run(pages.next()).unwrap().unwrap()), [7]);
    assert!(run(pages.next()).unwrap().is_none());
    assert_eq!(pages.stop_reason(), Some(StopReason::Unpaged));
    assert_eq!(query(&transport.requests()[0], "owner").as_deref(), Some("me@example.com"));
}

#[test]
fn observers_see_attempts_waits_and_pages() {
    #[derive(Default)]
    struct Log(Mutex<Vec<String>>);
    impl linchpin_runtime::observe::Observer for Log {
        fn attempt(&self, event: &linchpin_runtime::observe::AttemptEvent) {
            self.0.lock().unwrap().push(format!(
                "{:?} {:?}",
                event.outcome,
                event.status.map(|s| s.as_u16())
            ));
        }
        fn wait(&self, event: &linchpin_runtime::observe::WaitEvent) {
            self.0.lock().unwrap().push(format!("{:?}", event.reason));
        }
        fn page(&self, event: &linchpin_runtime::observe::PageEvent) {
            self.0.lock().unwrap().push(format!("page {} of {:?}", event.page, event.records));
        }
    }
    let operation = paged(Strategy::LinkHeader { relation: "next", end: End::NONE });
    let transport = ReplayTransport::script([
        Scripted::status(429).header("retry-after", "1"),
        Scripted::json(r#"{"items":[{"id":1}]}"#),
    ]);
    let log = std::sync::Arc::new(Log::default());
    let contract = leak(contract(operation));
    let config = linchpin_runtime::Config::from_pairs(contract, [("api_token", CANARY)]).unwrap();
    let client = linchpin_runtime::Client::builder(contract)
        .config(config)
        .clock(std::sync::Arc::new(linchpin_runtime::testing::ManualClock::default()))
        .transport(transport)
        .observer(log.clone())
        .build()
        .unwrap();
    run(client.pages(Request::new(operation)).next()).unwrap();
    let expected = ["Rejected Some(429)", "Server", "Ok Some(200)", "page 1 of Some(1)"];
    assert_eq!(*log.0.lock().unwrap(), expected);
}
