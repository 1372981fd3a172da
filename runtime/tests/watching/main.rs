//! What those see who watch: the tree of spans with its events, the metrics, and the id that the server is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::cell::RefCell;
use std::sync::{Arc, Mutex, Once};

use linchpin_runtime::contract::*;
use linchpin_runtime::observe::{Observer, TokenEvent};
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::{Request, RetryPolicy};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tracing::field::{Field, Visit};
use tracing::{Event, Id, Metadata, Subscriber, span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use support::{client, client_with, contract, leak, limit, operation, parameter, run};

#[path = "../behaviour/support.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

thread_local! {
    /// What the test of this thread watches.
    static WATCHED: RefCell<Option<Tree>> = const { RefCell::new(None) };
}

/// Gives what happens in a thread to the tree that is watched there. One for the whole process: of a span or event that a thread without
/// subscriber meets first `tracing` notes that nobody wants it, and a subscriber of another thread alone does not see it then.
struct ByThread;

/// Keeps spans and events as an indented text. Ids are random, so they are told by their length; waits have jitter, so they are rounded.
#[derive(Clone, Default)]
struct Tree(Arc<Mutex<Vec<Node>>>);

struct Node {
    id: Option<u64>,
    depth: usize,
    name: String,
    fields: Vec<(String, String)>,
}

impl Visit for Node {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record_debug(field, &value.round());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let value = format!("{value:?}");
        let value = if field.name() == "trace_id" { format!("[{}]", value.len()) } else { value };
        match field.name() {
            "message" => self.name = format!("{}: {value}", self.name),
            name => self.fields.push((name.to_owned(), value.trim_matches('"').to_owned())),
        }
    }
}

struct Depth(usize);

impl Tree {
    fn text(&self) -> Vec<String> {
        let line = |node: &Node| {
            let fields: Vec<String> =
                node.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("{}{}{}", "  ".repeat(node.depth), node.name, fields.concat())
        };
        self.0.lock().unwrap().iter().map(line).collect()
    }

    fn add(&self, id: Option<&Id>, depth: usize, name: String, record: impl FnOnce(&mut Node)) {
        let mut node = Node { id: id.map(Id::into_u64), depth, name, fields: Vec::new() };
        record(&mut node);
        self.0.lock().unwrap().push(node);
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target() == linchpin_runtime::observe::TARGET
}

fn watched_here() -> Option<Tree> {
    WATCHED.with_borrow(Clone::clone)
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ByThread {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(tree) = watched_here() else { return };
        let Some(span) = context.span(id).filter(|span| is_ours(span.metadata())) else { return };
        let parent = span.parent().and_then(|parent| parent.extensions().get::<Depth>().map(|depth| depth.0));
        let depth = parent.map_or(0, |depth| depth + 1);
        span.extensions_mut().insert(Depth(depth));
        tree.add(Some(id), depth, span.name().to_owned(), |node| attributes.record(node));
    }

    fn on_record(&self, id: &Id, values: &span::Record<'_>, _: Context<'_, S>) {
        let Some(tree) = watched_here() else { return };
        let mut nodes = tree.0.lock().unwrap();
        // Ids are given again once a span is closed.
        if let Some(node) = nodes.iter_mut().rev().find(|node| node.id == Some(id.into_u64())) {
            values.record(node);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(tree) = watched_here().filter(|_| is_ours(event.metadata())) else { return };
        let depth = context.event_span(event);
        let depth = depth.and_then(|span| span.extensions().get::<Depth>().map(|depth| depth.0 + 1));
        tree.add(None, depth.unwrap_or(0), event.metadata().level().to_string(), |node| event.record(node));
    }
}

/// What was seen while this ran: the tree and the metrics.
fn watched<T>(work: impl Future<Output = T>) -> (T, Vec<String>, Vec<String>) {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        tracing::subscriber::set_global_default(Registry::default().with(ByThread)).unwrap();
    });
    let (tree, recorder) = (Tree::default(), DebuggingRecorder::new());
    let snapshotter = recorder.snapshotter();
    WATCHED.set(Some(tree.clone()));
    let result = metrics::with_local_recorder(&recorder, || run(work));
    WATCHED.set(None);
    let line = |key: &metrics::Key, value: &DebugValue| {
        let labels: Vec<String> = key
            .labels()
            .filter(|label| label.key() != "connector" && !label.value().is_empty())
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => {
                format!("{:?}", values.iter().map(|v| v.0.round()).collect::<Vec<_>>())
            }
        };
        format!("{} {{{}}} {value}", key.name(), labels.join(", "))
    };
    let mut metrics: Vec<String> =
        snapshotter.snapshot().into_vec().iter().map(|(key, _, _, value)| line(key.key(), value)).collect();
    metrics.sort();
    (result, tree.text(), metrics)
}

fn assert_lines(actual: &[String], expected: &str, what: &str) {
    let expected: Vec<&str> = expected.trim_matches('\n').lines().collect();
    assert_eq!(actual, expected, "{what}:\n{}\n", actual.join("\n"));
}

#[test]
fn a_call_with_a_retry_a_wait_and_a_401_is_this_tree_and_these_metrics() {
    let operation = leak(Operation { limits: &[0], ..operation(Method::Get) });
    let limits = leak([limit("burst", 2, 60_000, LimitHeaders::default())]);
    let contract = Contract { limits, ..contract(operation) };
    let transport = ReplayTransport::script([
        Scripted::status(429).header("retry-after", "2"),
        Scripted::status(503).header("retry-after", "1"),
        Scripted::status(401).body("who are you?"),
    ]);
    let (client, _) = client(contract, &transport);
    let (result, tree, metrics) = watched(client.send(Request::new(operation)));
    let error = result.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(401), "{error}");
    assert_lines(
        &tree,
        r#"
request connector=made-up operation=items trace_id=[32]
  TRACE: limit limit=burst left=1
  attempt otel.kind=client attempt=1 http.request.method=GET url.template=/items outcome=rejected http.response.status_code=429 error.type=rejected otel.status_code=ERROR
    WARN: attempt failed outcome=rejected status=429 milliseconds=0.0 error=the server answered 429 Too Many Requests
  INFO: waiting reason=server seconds=2.0
  TRACE: limit limit=burst left=0
  attempt otel.kind=client attempt=2 http.request.method=GET url.template=/items outcome=ambiguous http.response.status_code=503 error.type=ambiguous otel.status_code=ERROR
    WARN: attempt failed outcome=ambiguous status=503 milliseconds=0.0 error=the server answered 503 Service Unavailable
  INFO: waiting reason=server seconds=1.0
  INFO: waiting reason=limit limit=burst seconds=57.0
  TRACE: limit limit=burst left=0
  attempt otel.kind=client attempt=3 http.request.method=GET url.template=/items outcome=refresh http.response.status_code=401 error.type=refresh otel.status_code=ERROR
    WARN: attempt failed outcome=refresh status=401 milliseconds=0.0 error=the server refused the credential (401 Unauthorized): check the config value `api_token`; it begins with: who are you?
"#,
        "the tree",
    );
    assert_lines(
        &metrics,
        r#"
linchpin_limit_remaining {limit=burst} 0
linchpin_request_duration_seconds {operation=items, outcome=ambiguous} [0.0]
linchpin_request_duration_seconds {operation=items, outcome=refresh} [0.0]
linchpin_request_duration_seconds {operation=items, outcome=rejected} [0.0]
linchpin_requests_total {operation=items, outcome=ambiguous} 1
linchpin_requests_total {operation=items, outcome=refresh} 1
linchpin_requests_total {operation=items, outcome=rejected} 1
linchpin_retries_total {operation=items} 2
linchpin_wait_seconds {operation=items, reason=limit, limit=burst} [57.0]
linchpin_wait_seconds {operation=items, reason=server} [2.0, 1.0]
"#,
        "the metrics",
    );
}

#[test]
fn requests_for_tokens_are_seen_within_what_needs_them() {
    let operation = leak(operation(Method::Get));
    let oauth2 = OAuth2 {
        token_url: "https://login.example.com/{email}/token",
        revocation_url: None,
        client: OAuth2Client { id: "{email}", authentication: ClientAuthentication::None },
        grant: Grant::RefreshToken { token: "{api_token}" },
        scopes: &[],
        scope_separator: " ",
        request: TokenRequest { encoding: TokenEncoding::Form, parameters: &[], headers: &[] },
        response: TokenResponse {
            access_token: &["access_token"],
            refresh_token: &["refresh_token"],
            expiry: &["expires_in"],
            expiry_unit: ExpiryUnit::Seconds,
            lifetime_milliseconds: None,
            base_url: None,
        },
        placement: Placement { location: Location::Header, name: "authorization", prefix: "Bearer " },
        renewal: Renewal { at: 0.75, statuses: &[401] },
    };
    let contract = leak(Contract { auth: Auth::OAuth2(oauth2), ..contract(operation) });
    let tokens = Mutex::new(
        [
            Scripted::status(429).header("retry-after", "1"),
            Scripted::json(r#"{"access_token":"first","expires_in":3600}"#),
            Scripted::status(400)
                .body(r#"{"error":"invalid_grant","error_description":"SECRET-of-user is spent"}"#),
        ]
        .into_iter(),
    );
    let transport = ReplayTransport::server(move |request| match request.url.path() {
        "/v1/items" => Scripted::status(401).body("who are you?"),
        _ => tokens.lock().unwrap().next().unwrap(),
    });
    let seen = Arc::new(Seen::default());
    let config = [("email", "someone"), ("api_token", "SECRET-of-user")];
    let client = linchpin_runtime::Client::builder(contract)
        .config(linchpin_runtime::Config::from_pairs(contract, config).unwrap())
        .random(linchpin_runtime::testing::Seeded::new(1))
        .clock(Arc::new(linchpin_runtime::testing::ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap())))
        .transport(transport)
        .token_store(linchpin_runtime::MemoryTokenStore::default())
        .observer(Arc::clone(&seen) as Arc<dyn Observer>)
        .build()
        .unwrap();
    let (result, tree, metrics) = watched(client.send(Request::new(operation)));
    result.unwrap_err();
    assert_lines(
        &tree,
        r#"
request connector=made-up operation=items trace_id=[32]
  attempt otel.kind=client attempt=1 http.request.method=GET url.template=/items outcome=refresh http.response.status_code=401 error.type=refresh otel.status_code=ERROR
    token otel.kind=client purpose=refresh outcome=rejected http.response.status_code=429 error.type=rejected otel.status_code=ERROR
      DEBUG: token request put off purpose=refresh outcome=rejected status=429 milliseconds=0.0 error=https://login.example.com/someone/token gave no token: it answered 429 Too Many Requests
    token otel.kind=client purpose=refresh outcome=ok http.response.status_code=200
      DEBUG: token request succeeded purpose=refresh outcome=ok status=200 milliseconds=0.0
    WARN: attempt failed outcome=refresh status=401 milliseconds=1053.0 error=the server refused the credential (401 Unauthorized): check the config values `email` and `api_token`; it begins with: who are you?
  token otel.kind=client purpose=refresh outcome=permanent http.response.status_code=400 error.type=permanent otel.status_code=ERROR
    WARN: token request failed purpose=refresh outcome=permanent status=400 milliseconds=0.0 error=https://login.example.com/someone/token refused the refresh token (invalid_grant: *** is spent): get a new refresh token and put it into `api_token`
"#,
        "the tree",
    );
    assert_lines(
        &metrics,
        r#"
linchpin_request_duration_seconds {operation=items, outcome=refresh} [1.0]
linchpin_requests_total {operation=items, outcome=refresh} 1
linchpin_token_request_duration_seconds {purpose=refresh, outcome=ok} [0.0]
linchpin_token_request_duration_seconds {purpose=refresh, outcome=permanent} [0.0]
linchpin_token_request_duration_seconds {purpose=refresh, outcome=rejected} [0.0]
linchpin_token_requests_total {purpose=refresh, outcome=ok} 1
linchpin_token_requests_total {purpose=refresh, outcome=permanent} 1
linchpin_token_requests_total {purpose=refresh, outcome=rejected} 1
"#,
        "the metrics",
    );
    assert_eq!(
        *seen.0.lock().unwrap(),
        ["refresh rejected 429", "refresh ok 200", "refresh permanent 400"],
        "what an observer is told"
    );
    let told = format!("{tree:?}{metrics:?}");
    assert!(!told.contains("SECRET"), "{told}");
}

/// What the program is told of tokens.
#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Observer for Seen {
    fn token(&self, event: &TokenEvent<'_>) {
        let status = event.status.map_or(0, |status| status.as_u16());
        let (purpose, outcome) = (event.purpose.as_str(), event.outcome.as_str());
        self.0.lock().unwrap().push(format!("{purpose} {outcome} {status}"));
    }
}

#[test]
fn the_correlation_id_goes_out_with_every_attempt() {
    for header in [Some("traceparent"), Some("X-Request-Id"), None] {
        let operation = leak(operation(Method::Get));
        let contract = Contract { correlation_header: header, ..contract(operation) };
        let transport =
            ReplayTransport::script([Scripted::status(503), Scripted::json("{}"), Scripted::json("{}")]);
        let (client, _) = client_with(contract, &transport, RetryPolicy::default());
        run(client.send(Request::new(operation))).unwrap();
        run(client.send(Request::new(operation))).unwrap();
        let sent: Vec<String> = transport
            .requests()
            .iter()
            .filter_map(|request| Some(request.headers.get(header?)?.to_str().unwrap().to_owned()))
            .collect();
        match header {
            Some("traceparent") => {
                let parts: Vec<Vec<&str>> = sent.iter().map(|value| value.split('-').collect()).collect();
                for value in &parts {
                    let lengths: Vec<usize> = value.iter().map(|part| part.len()).collect();
                    assert_eq!(lengths, [2, 32, 16, 2], "{sent:?}");
                    assert!(value.concat().bytes().all(|byte| byte.is_ascii_hexdigit()), "{sent:?}");
                    assert_eq!((value[0], value[3]), ("00", "00"), "nobody records it: {sent:?}");
                }
                assert_eq!(parts[0][1], parts[1][1], "one call has one id: {sent:?}");
                assert_ne!(parts[0][2], parts[1][2], "its attempts differ: {sent:?}");
                assert_ne!(parts[1][1], parts[2][1], "another call has another: {sent:?}");
            }
            Some(_) => {
                assert_eq!(sent[0], sent[1], "{sent:?}");
                assert_ne!(sent[1], sent[2], "{sent:?}");
                assert_eq!(sent[0].len(), 32, "{sent:?}");
            }
            None => assert_eq!(transport.requests().len(), 3, "{:?}", transport.requests()),
        }
    }
}

#[cfg(feature = "store")]
#[test]
fn a_sync_is_one_tree_under_one_id() {
    let strategy = Strategy::LinkHeader { relation: "next", end: End::NONE };
    let size = Some(PageSize { target: Target::Parameter(1), value: 5 });
    let paging =
        Paging { size, records: Some(&["items"]), key: &[&["id"]], ..Paging::new("made up", strategy) };
    let parameters = leak([parameter("at", Location::Query), parameter("size", Location::Query)]);
    let operation = leak(Operation { parameters, paging: Some(paging), ..operation(Method::Get) });
    let stream = Stream {
        slices: None,
        body: None,
        source: Source::Pages,
        drift: linchpin_runtime::contract::DriftPolicy::DEFAULT,
        name: "things",
        description: "",
        operation,
        records: &["items"],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        shape: Shape::Any,
    };
    let contract = Contract { streams: leak([stream]), ..contract(operation) };
    let transport = ReplayTransport::script([
        Scripted::json(r#"{"items":[{"id":1},{"id":2}]}"#).header("link", "</v1/items?page=2>; rel=\"next\""),
        Scripted::json(r#"{"items":[{"id":3}]}"#),
    ]);
    let (client, _) = client(contract, &transport);
    let folder = tempfile::tempdir().unwrap();
    let store = linchpin_runtime::store::Store::open(folder.path().join("s.db"), client.contract()).unwrap();
    let (result, tree, metrics) =
        watched(async { linchpin_runtime::sync::Sync::new(&client, &store).stream("things").run().await });
    assert_eq!(result.unwrap().records, 3);
    assert_lines(
        &tree,
        r#"
sync connector=made-up trace_id=[32]
  stream connector=made-up stream=things
    page page=1
      request connector=made-up operation=items
        attempt otel.kind=client attempt=1 http.request.method=GET url.template=/items outcome=ok http.response.status_code=200
          DEBUG: attempt succeeded outcome=ok status=200 bytes=29 milliseconds=0.0
    DEBUG: page read page=1 records=2 bytes=29
    page page=2
      request connector=made-up operation=items
        attempt otel.kind=client attempt=1 http.request.method=GET url.template=/items outcome=ok http.response.status_code=200
          DEBUG: attempt succeeded outcome=ok status=200 bytes=20 milliseconds=0.0
    DEBUG: page read page=2 records=1 bytes=20
    INFO: stream is up to date outcome=ok pages=2 records=3
"#,
        "the tree",
    );
    assert_lines(
        &metrics,
        r#"
linchpin_pages_total {operation=items, stream=things} 2
linchpin_records_total {operation=items, stream=things} 3
linchpin_records_written_total {stream=things, change=new} 3
linchpin_request_duration_seconds {operation=items, outcome=ok} [0.0, 0.0]
linchpin_requests_total {operation=items, outcome=ok} 2
linchpin_response_bytes_total {operation=items} 49
linchpin_stream_runs_total {stream=things, outcome=ok} 1
"#,
        "the metrics",
    );
    let ids: std::collections::BTreeSet<String> = transport
        .requests()
        .iter()
        .map(|request| request.headers["traceparent"].to_str().unwrap()[3..35].to_owned())
        .collect();
    assert_eq!(ids.len(), 1, "one sync has one id: {ids:?}");
}
