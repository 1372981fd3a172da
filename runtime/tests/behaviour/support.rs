//! A small connector, made up for the tests.

use std::sync::Arc;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Seeded};
use linchpin_runtime::{Caps, Client, ClientBuilder, Config, RetryPolicy};

/// The secret of every test's configuration.
pub(crate) const CANARY: &str = "c4nary+s3cret/value==";
/// Where the made-up API is.
pub(crate) const BASE: &str = "https://api.example.com/v1";

pub(crate) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

pub(crate) fn parameter(name: &'static str, location: Location) -> Parameter {
    let style =
        if matches!(location, Location::Query | Location::Cookie) { Style::Form } else { Style::Simple };
    let (explode, required) = (style == Style::Form, location == Location::Path);
    Parameter { name, location, required, style, explode, allow_reserved: false, shape: Shape::Any }
}

/// An operation `METHOD /items` that answers JSON.
pub(crate) fn operation(method: Method) -> Operation {
    const JSON: &[Response] = &[Response {
        from: 200,
        to: 299,
        media: Media::Json,
        media_type: "application/json",
        shape: Shape::Any,
    }];
    Operation {
        id: "items",
        method,
        path: "/items",
        tag: "items",
        parameters: &[],
        base: Base::Server,
        body: None,
        other_bodies: &[],
        responses: JSON,
        reads: matches!(method, Method::Get | Method::Head),
        idempotent: matches!(method, Method::Get | Method::Head | Method::Put | Method::Delete),
        idempotency_key: None,
        security: Security::Required,
        paging: None,
        limits: &[],
    }
}

/// So many requests in any span of that length.
pub(crate) fn limit(name: &'static str, units: u64, per_milliseconds: u64, headers: LimitHeaders) -> Limit {
    let quota = Quota::SlidingLog { units, per_milliseconds };
    Limit { name, quota, scope: Scope::Account, by: &[], costs: &[], headers }
}

pub(crate) fn contract(operation: &'static Operation) -> Contract {
    const FIELDS: &[ConfigField] = &[
        ConfigField {
            name: "email",
            description: "who",
            secret: false,
            default: Some("me@example.com"),
            example: None,
        },
        ConfigField {
            name: "api_token",
            description: "from the admin page",
            secret: true,
            default: None,
            example: None,
        },
    ];
    Contract {
        name: "made-up",
        version: "1.2.3",
        title: "Made up",
        description: "A made up API",
        config: FIELDS,
        server: Server {
            url: BASE,
            environments: &[("sandbox", "https://sandbox.example.com/v1")],
            others: &[],
        },
        auth: Auth::Bearer { token: "{api_token}" },
        headers: &[("x-version", "7")],
        operations: leak([operation]),
        limits: &[],
        wait_sources: &[],
        correlation_header: Some("traceparent"),
        errors: &[],
        streams: &[],
    }
}

/// A client on a clock of its own, and that clock.
pub(crate) fn client(contract: Contract, transport: &ReplayTransport) -> (Client, ManualClock) {
    client_with(contract, transport, RetryPolicy::default())
}

pub(crate) fn client_with(
    contract: Contract,
    transport: &ReplayTransport,
    retry: RetryPolicy,
) -> (Client, ManualClock) {
    let (builder, clock) = builder(contract, transport);
    (builder.retry(retry).build().unwrap(), clock)
}

pub(crate) fn client_with_caps(contract: Contract, transport: &ReplayTransport, caps: Caps) -> Client {
    builder(contract, transport).0.caps(caps).build().unwrap()
}

/// A client to be set up, on a clock of its own.
pub(crate) fn builder(contract: Contract, transport: &ReplayTransport) -> (ClientBuilder, ManualClock) {
    let contract = leak(contract);
    let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
    let config = Config::from_pairs(contract, [("api_token", CANARY)]).unwrap();
    let builder = Client::builder(contract)
        .config(config)
        .clock(Arc::new(clock.clone()))
        .random(Seeded::new(1))
        .transport(transport.clone());
    (builder, clock)
}

/// Runs to the end on one thread.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
