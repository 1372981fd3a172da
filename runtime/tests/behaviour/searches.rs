//! Pages that are asked for in bodies, and what the requests after the first hold.

use linchpin_runtime::contract::*;
use linchpin_runtime::paging::PagingProblem;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::HttpRequest;
use linchpin_runtime::{ErrorKind, Request, RetryPolicy, StopReason};
use serde_json::{Value, json};

use crate::support::*;
use crate::walks::{NEXT, paged};

/// A search by POST, whose page stands in the body.
fn search(strategy: Strategy, size: Path, media: Media) -> &'static Operation {
    let media_type =
        if media == Media::Json { "application/json" } else { "application/x-www-form-urlencoded" };
    let shape = Shape::Any;
    let body = Body { required: true, media, media_type, shape, parts: &[], styles: &[] };
    let size = Some(PageSize { target: Target::Field { path: size, number: true }, value: 2 });
    let paging =
        Paging { size, records: Some(&["items"]), key: &[&["id"]], ..Paging::new("made up", strategy) };
    leak(Operation { body: Some(body), paging: Some(paging), ..operation(Method::Post) })
}

fn field(path: Path, number: bool) -> Target {
    Target::Field { path, number }
}

fn body_of(request: &HttpRequest) -> String {
    String::from_utf8(request.body.whole().unwrap().to_vec()).unwrap()
}

/// Five records, two a page; the place stands somewhere in the body as `at`, `after` or `page`.
fn server() -> ReplayTransport {
    ReplayTransport::server(|request| {
        let body = body_of(request);
        let fields: Value = serde_json::from_str(&body).unwrap_or_else(|_| {
            url::form_urlencoded::parse(body.as_bytes()).into_owned().map(|(k, v)| (k, json!(v))).collect()
        });
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let of =
            |name: &str| fields.get(name).or(fields.pointer(&format!("/variables/{name}"))).and_then(number);
        let start = of("page").map(|page| (page - 1) * 2).or(of("at")).or(of("after")).unwrap_or(0);
        let stop = (start + 2).min(5);
        let items: Vec<_> = (start..stop).map(|id| json!({ "id": id })).collect();
        let next = (stop < 5).then(|| stop.to_string());
        Scripted::json(json!({ "items": items, "meta": { "next": next } }).to_string())
    })
}

#[test]
fn the_page_goes_into_the_body_and_the_rest_of_it_stays() {
    const AFTER: Path = &["variables", "after"];
    let cursor = |path, number| Strategy::Cursor {
        target: field(path, number),
        first: None,
        next: Token::Body(NEXT),
        end: End::NONE,
    };
    let query = || json!({ "query": "{ a }", "variables": { "n": 1.50 } });
    // Operation, body, and the bodies that are sent.
    let cases: Vec<(&'static Operation, Value, Vec<&str>)> = vec![
        (
            search(
                Strategy::Offset { target: field(&["at"], true), first: 0, end: End::NONE },
                &["limit"],
                Media::Json,
            ),
            json!({ "q": "x" }),
            vec![
                r#"{"q":"x","limit":2,"at":0}"#,
                r#"{"q":"x","limit":2,"at":2}"#,
                r#"{"q":"x","limit":2,"at":4}"#,
                r#"{"q":"x","limit":2,"at":5}"#,
            ],
        ),
        (
            search(cursor(AFTER, false), &["variables", "first"], Media::Json),
            query(),
            vec![
                r#"{"query":"{ a }","variables":{"n":1.5,"first":2}}"#,
                r#"{"query":"{ a }","variables":{"n":1.5,"first":2,"after":"2"}}"#,
                r#"{"query":"{ a }","variables":{"n":1.5,"first":2,"after":"4"}}"#,
            ],
        ),
        (
            search(cursor(&["after"], true), &["limit"], Media::Json),
            json!({ "limit": 9 }),
            vec![r#"{"limit":9}"#, r#"{"limit":9,"after":2}"#, r#"{"limit":9,"after":4}"#],
        ),
        (
            search(
                Strategy::LastId {
                    target: field(&["after"], true),
                    field: &["id"],
                    end: End { short_page: true, ..End::NONE },
                },
                &["limit"],
                Media::Json,
            ),
            json!({}),
            vec![r#"{"limit":2}"#, r#"{"limit":2,"after":1}"#],
        ),
        (
            search(
                Strategy::PageNumber {
                    target: field(&["page"], true),
                    first: 1,
                    end: End { short_page: true, ..End::NONE },
                },
                &["size"],
                Media::Form,
            ),
            json!({ "q": "a b" }),
            vec!["q=a%20b&size=2&page=1", "q=a%20b&size=2&page=2", "q=a%20b&size=2&page=3"],
        ),
    ];
    for (operation, body, expected) in cases {
        let label = format!("{:?}", operation.paging);
        let transport = server();
        let (client, _) = client(contract(operation), &transport);
        let mut request = Request::new(operation);
        request.body(&body).unwrap();
        let mut pages = client.pages(request);
        let mut count = 0;
        while count < 9
            && let Some(page) = run(pages.next()).unwrap()
        {
            count += page.record_texts().len();
            if operation
                .paging
                .as_ref()
                .is_some_and(|paging| matches!(paging.strategy, Strategy::LastId { .. }))
                && count >= 4
            {
                break;
            }
        }
        let sent: Vec<_> = transport.requests().iter().map(body_of).collect();
        assert_eq!(sent, expected, "{label}");
    }
}

#[test]
fn later_requests_leave_out_what_the_manifest_says_and_keep_their_headers() {
    let base = paged(Strategy::Cursor {
        target: Target::Parameter(0),
        first: None,
        next: Token::Body(NEXT),
        end: End::NONE,
    });
    let with = |strategy: Option<Strategy>, drop: &'static [usize], keep: &'static [usize]| {
        let parameters: &'static [Parameter] = leak([
            parameter("at", Location::Query),
            parameter("limit", Location::Query),
            Parameter { required: true, ..parameter("query", Location::Query) },
            parameter("x-level", Location::Header),
        ]);
        let strategy = strategy.unwrap_or(Strategy::Cursor {
            target: Target::Parameter(0),
            first: None,
            next: Token::Body(NEXT),
            end: End::NONE,
        });
        let paging = Paging { records: Some(&["items"]), drop, keep, ..Paging::new("made up", strategy) };
        let id = base.id;
        leak(Operation { id, parameters, paging: Some(paging), ..operation(Method::Get) })
            as &'static Operation
    };
    let url = |next| Strategy::NextUrl { next: Token::Body(next), end: End::NONE };
    // Operation, the next page as the server names it, and the query and header of the second request.
    let cases = [
        (with(None, &[], &[]), "t", "at=t&limit=2&query=q", Some("7")),
        (with(None, &[2], &[]), "t", "at=t&limit=2", Some("7")),
        (with(None, &[1, 2, 3], &[]), "t", "at=t", None),
        (with(Some(url(NEXT)), &[], &[]), "/v1/items?t=1", "t=1", Some("7")),
        (with(Some(url(NEXT)), &[], &[1, 2]), "/v1/items?t=1&query=z", "t=1&query=z&limit=2", Some("7")),
        (with(Some(url(NEXT)), &[], &[1]), "items", "limit=2", Some("7")),
    ];
    for (operation, next, query, header) in cases {
        let page = |next: Value| {
            Scripted::json(json!({ "items": [{ "id": 1 }], "meta": { "next": next } }).to_string())
        };
        let transport = ReplayTransport::script([page(json!(next)), page(Value::Null)]);
        let (client, _) = client(contract(operation), &transport);
        let mut request = Request::new(operation);
        request.parameter(1, &2).unwrap().parameter(2, "q").unwrap().parameter(3, &7).unwrap();
        let mut pages = client.pages(request);
        while run(pages.next()).unwrap().is_some() {}
        let requests = transport.requests();
        let sent = &requests[1];
        let label = format!("{next} {:?}", operation.paging);
        assert_eq!(requests[0].url.query(), Some("limit=2&query=q"), "{label}");
        assert_eq!(sent.url.query(), Some(query), "{label}");
        assert_eq!(sent.headers.get("x-level").and_then(|value| value.to_str().ok()), header, "{label}");
        assert!(sent.url.as_str().starts_with("https://api.example.com/v1/items"), "{label}: {}", sent.url);
    }
}

#[test]
fn a_depth_that_is_not_served_is_an_error_of_its_own() {
    let depth = |contains| {
        let end = End { total_records: Some(crate::walks::TOTAL), ..End::NONE };
        let strategy = Strategy::Offset { target: Target::Parameter(0), first: 0, end };
        let known = paged(strategy);
        let paging = known.paging.as_ref().unwrap();
        let strategy = Strategy::Offset {
            target: Target::Parameter(0),
            first: 0,
            end: End { total_records: Some(crate::walks::TOTAL), ..End::NONE },
        };
        let paging = Paging {
            depth: Some(DepthCap { status: 422, contains, means: "search serves two records" }),
            records: paging.records,
            ..Paging::new("made up", strategy)
        };
        leak(Operation { paging: Some(paging), parameters: known.parameters, ..operation(Method::Get) })
            as &'static Operation
    };
    let page = |total: u64| {
        Scripted::json(json!({ "items": [{ "id": 1 }, { "id": 2 }], "meta": { "total": total } }).to_string())
    };
    let refusal = || Scripted::status(422).body("too deep");
    // Text that the body holds, total that the first page tells, and whether the refusal is told as a depth that is not served.
    let cases = [
        (None, 9, Some(true)),
        (Some("deep"), 9, Some(true)),
        (Some("other"), 9, Some(false)),
        (None, 2, None),
    ];
    for (contains, total, is_depth) in cases {
        let operation = depth(contains);
        let transport = ReplayTransport::script([page(total), refusal()]);
        let (client, _) = client_with(contract(operation), &transport, RetryPolicy::never());
        let mut pages = client.pages(Request::new(operation));
        assert_eq!(run(pages.next()).unwrap().unwrap().record_texts().len(), 2);
        let label = format!("{contains:?}, {total} in all");
        match (run(pages.next()), is_depth) {
            (Ok(None), None) => assert_eq!(pages.stop_reason(), Some(StopReason::TotalReached), "{label}"),
            (Err(error), Some(is_depth)) => {
                let told = matches!(
                    error.kind(),
                    ErrorKind::Paging(PagingProblem::DepthCap { page: 2, records: 2, .. })
                );
                assert_eq!(told, is_depth, "{label}: {error}");
                assert_eq!(
                    pages.position().unwrap().pages(),
                    1,
                    "{label}: it stands at the page that was refused"
                );
            }
            (result, _) => panic!("{label}: {result:?}"),
        }
    }
}
