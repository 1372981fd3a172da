//! A connector with a secret in every place where one can be.

use linchpin_runtime::contract::*;

pub(crate) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Ways to authorise, with what they are called.
pub(crate) static AUTHS: [(&str, Auth); 6] = [
    ("basic", Auth::Basic { username: "me@example.com", password: "{api_token}" }),
    ("bearer", Auth::Bearer { token: "{api_token}" }),
    ("a header", key(&[ApiKey { place: KeyPlace::Header, name: "x-key", value: "Key {api_token}" }])),
    ("the query", key(&[ApiKey { place: KeyPlace::Query, name: "key", value: "{api_token}" }])),
    ("a cookie", key(&[ApiKey { place: KeyPlace::Cookie, name: "key", value: "{api_token}" }])),
    ("the body", key(&[ApiKey { place: KeyPlace::Body, name: "key", value: "{api_token}" }])),
];

const fn key(keys: &'static [ApiKey]) -> Auth {
    Auth::ApiKeys(keys)
}

static USER: ObjectShape = ObjectShape {
    name: "User",
    fields: &[
        FieldShape { name: "name", shape: Shape::String(""), flags: 0 },
        FieldShape { name: "password", shape: Shape::String("password"), flags: FieldShape::SECRET },
    ],
    additional: None,
};

const fn operation(id: &'static str, method: Method, path: &'static str) -> Operation {
    Operation {
        id,
        method,
        path,
        tag: "all",
        parameters: &[],
        base: Base::Server,
        body: None,
        other_bodies: &[],
        responses: &[Response {
            from: 200,
            to: 299,
            media: Media::Json,
            media_type: "application/json",
            shape: Shape::Any,
        }],
        reads: true,
        idempotent: true,
        idempotency_key: None,
        security: Security::Required,
        paging: None,
        limits: &[0],
    }
}

const fn get(id: &'static str, path: &'static str) -> Operation {
    operation(id, Method::Get, path)
}

const fn post(id: &'static str, path: &'static str, media: Media, media_type: &'static str) -> Operation {
    let body =
        Body { required: true, media, media_type, shape: Shape::Object(&USER), parts: &[], styles: &[] };
    Operation { body: Some(body), ..operation(id, Method::Post, path) }
}

const fn paged(id: &'static str, path: &'static str) -> Operation {
    let paging = Paging {
        records: Some(&["items"]),
        key: &[&["id"]],
        ..Paging::new("made up", Strategy::NextUrl { next: Token::Body(&["next"]), end: End::NONE })
    };
    Operation { paging: Some(paging), ..get(id, path) }
}

/// Each path says how the server fails.
pub(crate) static GET: [&Operation; 15] = [
    &get("refused", "/400"),
    &get("unauthorised", "/401"),
    &get("forbidden", "/403"),
    &get("conflict", "/409"),
    &get("limited", "/429"),
    &get("failed", "/500"),
    &get("unavailable", "/503"),
    &get("away", "/away"),
    &get("around", "/around"),
    &get("typed", "/typed"),
    &get("broken", "/broken"),
    &get("html", "/html"),
    &get("short", "/short"),
    &get("reset", "/reset"),
    &get("unknown", "/nowhere"),
];

pub(crate) static POST: [&Operation; 4] = [
    &post("createJson", "/400", Media::Json, "application/json"),
    &post("createForm", "/422", Media::Form, "application/x-www-form-urlencoded"),
    &post("createAway", "/away", Media::Json, "application/json"),
    &post("createHtml", "/html", Media::Json, "application/json"),
];

pub(crate) static NEXT: [&Operation; 2] = [&paged("nextAway", "/next-away"), &paged("next", "/next")];

static STREAMS: [Stream; 2] = [stream("things", NEXT_AWAY), stream("others", REFUSED)];
const NEXT_AWAY: &Operation = &paged("nextAway", "/next-away");
const REFUSED: &Operation = &get("refused", "/400");

const fn stream(name: &'static str, operation: &'static Operation) -> Stream {
    Stream {
        slices: None,
        name,
        description: "",
        operation,
        records: &["items"],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        shape: Shape::Any,
        body: None,
        source: Source::Pages,
    }
}

const fn field(name: &'static str) -> ConfigField {
    ConfigField { name, description: "", secret: true, default: None, example: None }
}

/// The connector, authorised that way.
pub(crate) fn contract(auth: &'static Auth) -> Contract {
    static LIMITS: [Limit; 1] = [Limit {
        name: "account",
        quota: Quota::SlidingLog { units: 1_000_000, per_milliseconds: 1_000 },
        scope: Scope::Account,
        by: &[],
        costs: &[],
        headers: LimitHeaders { limit: None, remaining: None, reset: None, usage: None, policy: None },
    }];
    static CONFIG: [ConfigField; 2] = [field("api_token"), field("organisation")];
    let auth = match auth {
        Auth::None => Auth::None,
        Auth::Basic { username, password } => Auth::Basic { username, password },
        Auth::Bearer { token } => Auth::Bearer { token },
        Auth::ApiKeys(keys) => Auth::ApiKeys(keys),
        _ => unreachable!("none of ours"),
    };
    Contract {
        name: "echo",
        version: "1.0.0",
        title: "Echo",
        description: "Says what it hears",
        config: &CONFIG,
        server: Server { url: "https://echo.example/v1", environments: &[], others: &[] },
        auth,
        headers: &[("x-organisation", "{organisation}")],
        correlation_header: Some("traceparent"),
        operations: &[],
        limits: &LIMITS,
        wait_sources: &[],
        errors: &[],
        streams: &STREAMS,
    }
}
