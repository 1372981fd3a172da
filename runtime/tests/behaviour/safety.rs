//! Where a credential never goes: to another origin, into a message, into `Debug`.

use linchpin_runtime::contract::Strategy;
use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::{TransportError, TransportErrorKind};
use linchpin_runtime::{Client, Config, ErrorKind, Request, RetryPolicy};
use serde_json::json;

use crate::support::*;
use crate::walks::{NEXT, paged};

/// Targets on another origin, or none at all.
const ELSEWHERE: [&str; 11] = [
    "https://evil.test/steal",
    "http://api.example.com/v1/items",
    "https://api.example.com:8443/v1/items",
    "//evil.test/steal",
    "\\\\evil.test\\steal",
    "/\\evil.test/steal",
    "https://api.example.com@evil.test/",
    "https://user:word@api.example.com/v1/items",
    "https://api.example.com.evil.test/",
    "file:///etc/passwd",
    "https://[::ffff:127.0.0.1]/",
];

#[test]
fn a_redirect_or_next_url_to_another_origin_is_refused_and_nothing_is_sent_there() {
    for target in ELSEWHERE {
        for status in [301, 302, 303, 307, 308] {
            let get = leak(operation(Method::Get));
            let transport =
                ReplayTransport::server(move |_| Scripted::status(status).header("location", target));
            let (client, _) = client(contract(get), &transport);
            let error = run(client.send(Request::new(get))).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Origin { .. }), "{status} {target}: {error}");
            assert_eq!(transport.requests().len(), 1, "{status} {target}");
        }
        let strategies = [
            Strategy::NextUrl { next: Token::Body(NEXT), end: End::default() },
            Strategy::NextUrl { next: Token::Header("x-next"), end: End::default() },
            Strategy::LinkHeader { relation: "next", end: End::NONE },
        ];
        for strategy in strategies {
            let label = format!("{target} {strategy:?}");
            let operation = paged(strategy);
            let body = json!({"items": [{"id": 1}], "meta": {"next": target}}).to_string();
            let transport = ReplayTransport::server(move |_| {
                Scripted::json(body.clone())
                    .header("x-next", target)
                    .header("link", &format!("<{target}>; rel=next"))
            });
            let (client, _) = client(contract(operation), &transport);
            let mut pages = client.pages(Request::new(operation));
            assert!(run(pages.next()).unwrap().is_some(), "{label}");
            let error = run(pages.next()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Origin { .. }), "{label}: {error}");
            assert_eq!(transport.requests().len(), 1, "{label}");
        }
    }
}

#[test]
fn redirects_on_the_same_origin_are_followed_for_reads_only_and_not_for_ever() {
    let moved = |status, to: &str| Scripted::status(status).header("location", to);
    let get = leak(operation(Method::Get));
    for status in [301, 302, 303, 307, 308] {
        let transport = ReplayTransport::script([
            moved(status, "/v2/items?a=1"),
            moved(status, "things"),
            Scripted::json("{}"),
        ]);
        let (client, _) = client(contract(get), &transport);
        run(client.send(Request::new(get))).unwrap();
        let requests = transport.requests();
        let urls: Vec<_> = requests.iter().map(|request| request.url.as_str()).collect();
        let expected = [
            "https://api.example.com/v1/items",
            "https://api.example.com/v2/items?a=1",
            "https://api.example.com/v2/things",
        ];
        assert_eq!(urls, expected, "{status}");
        assert!(requests.iter().all(|request| request.headers.contains_key("authorization")));

        let post = leak(operation(Method::Post));
        let transport = ReplayTransport::server(move |_| moved(status, "/v2/items"));
        let (client, _) = crate::support::client(contract(post), &transport);
        let error = run(client.send(Request::new(post))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Redirect { .. }), "{status}: {error}");
        assert_eq!(transport.requests().len(), 1);
    }
    let transport = ReplayTransport::server(move |_| moved(302, "/v1/items"));
    let (client, _) = client(contract(get), &transport);
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert!(error.to_string().contains("too many times"), "{error}");
    assert_eq!(transport.requests().len(), 4);
}

#[test]
fn a_key_in_the_query_is_sent_once_and_never_stored() {
    let operation = paged(Strategy::NextUrl { next: Token::Body(NEXT), end: End::default() });
    let auth = Auth::ApiKeys(&[ApiKey { place: KeyPlace::Query, name: "key", value: "{api_token}" }]);
    // The server copies the whole query, the key with it, into the next URL.
    let transport = ReplayTransport::server(|request| {
        let next = format!("{}&p=2", request.url);
        Scripted::json(
            json!({"items": [{"id": request.url.as_str().len()}], "meta": {"next": next}}).to_string(),
        )
    });
    let (client, _) = client(Contract { auth, ..contract(operation) }, &transport);
    let mut pages = client.pages(Request::new(operation));
    run(pages.next()).unwrap();
    let stored = serde_json::to_string(&pages.position()).unwrap();
    assert!(!stored.contains("c4nary") && stored.contains("p=2"), "{stored}");
    run(pages.next()).unwrap();
    for request in transport.requests() {
        assert_eq!(
            request.url.query_pairs().filter(|(name, _)| name == "key").count(),
            1,
            "{}",
            request.url.path()
        );
    }
}

/// Every form in which the secret could show.
fn shows_secret(text: &str) -> bool {
    let basic = "YzRuYXJ5K3MzY3JldC92YWx1ZT09";
    ["c4nary", "s3cret", &basic[..12]].iter().any(|part| text.contains(part))
}

#[test]
fn the_secret_shows_in_no_error_and_no_debug() {
    let echo = |status: u16| {
        ReplayTransport::server(move |request| {
            let headers: Vec<_> = request
                .headers
                .values()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            let text = format!("{} {}", request.url, headers.join(" "));
            let body = json!({"you sent": text, "token": CANARY}).to_string();
            Scripted::status(status).header("content-type", "application/json").body(body)
        })
    };
    let auths = || {
        [
            Auth::Bearer { token: "{api_token}" },
            Auth::Basic { username: "me", password: "{api_token}" },
            Auth::ApiKeys(&[
                ApiKey { place: KeyPlace::Header, name: "x-key", value: "k={api_token}" },
                ApiKey { place: KeyPlace::Header, name: "x-other", value: "{api_token}" },
            ]),
            Auth::ApiKeys(&[ApiKey { place: KeyPlace::Query, name: "key", value: "{api_token}" }]),
            Auth::ApiKeys(&[ApiKey { place: KeyPlace::Cookie, name: "key", value: "{api_token}" }]),
        ]
    };
    let transports = || {
        let html = ReplayTransport::server(|request| {
            Scripted::status(200)
                .header("content-type", "text/html")
                .body(format!("<p>{} {CANARY}", request.url))
        });
        let cut = ReplayTransport::server(|_| Scripted::json(format!("{{\"a\":\"{CANARY}")));
        let wrong = ReplayTransport::server(|_| Scripted::json(format!("[\"{CANARY}\",\"{CANARY}\",3]")));
        let moved = ReplayTransport::server(|_| {
            Scripted::status(302).header("location", &format!("https://evil.test/{CANARY}?key={CANARY}"))
        });
        let broken = ReplayTransport::server(|_| {
            Scripted::failure(TransportError::new(TransportErrorKind::Reset, "connection reset by peer"))
        });
        vec![echo(400), echo(401), echo(403), echo(429), echo(500), html, cut, wrong, moved, broken]
    };
    for (which, auth) in auths().into_iter().enumerate() {
        let get = leak(operation(Method::Get));
        let contract = leak(Contract { auth, headers: &[("x-org", "o-{api_token}")], ..contract(get) });
        for (at, transport) in transports().into_iter().enumerate() {
            let config = Config::from_pairs(contract, [("api_token", CANARY)]).unwrap();
            let client = Client::builder(contract)
                .config(config.clone())
                .transport(transport.clone())
                .retry(RetryPolicy::never())
                .build()
                .unwrap();
            let mut request = Request::new(get);
            request.header("x-own", CANARY).unwrap();
            let shown = format!("{config:?} {client:?} {request:?}");
            assert!(!shows_secret(&shown), "auth {which}: {shown}");
            let error = run(client.call::<Vec<u8>>(request)).unwrap_err();
            for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
                assert!(!shows_secret(&text), "auth {which}, answer {at}: {text}");
            }
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                assert!(!shows_secret(&format!("{cause} {cause:?}")), "auth {which}, answer {at}: {cause}");
                source = cause.source();
            }
            let sent = transport.requests();
            assert!(!shows_secret(&format!("{sent:?}")), "auth {which}: {sent:?}");
            assert!(sent.iter().all(|request| request.headers["x-org"].is_sensitive()));
        }
    }
}

#[test]
fn a_config_error_names_the_key_and_never_the_value() {
    let contract = leak(contract(leak(operation(Method::Get))));
    let error = Config::from_pairs(contract, [("api_token", format!("{CANARY}\n"))]).unwrap_err();
    assert!(error.to_string().contains("`api_token`") && !shows_secret(&error.to_string()), "{error}");
    let error = Config::from_pairs(contract, [("api_tokn", CANARY)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the config key `api_tokn` is unknown; the keys are: email, api_token, environment, base_url"
    );
    let missing = Config::from_pairs(contract, [("email", "x")]).unwrap();
    let error = Client::new(contract, missing).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the config value `api_token` is missing (from the admin page): set `api_token` in the config file or MADE_UP_API_TOKEN in the environment"
    );
    assert_eq!(error.exit_code(), 2);
}
