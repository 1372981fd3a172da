//! What goes over the wire for a call.

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::{Config, Request, Sent};
use serde_json::json;

use crate::support::*;

fn with_parameters(path: &'static str, parameters: Vec<Parameter>) -> &'static Operation {
    leak(Operation { path, parameters: leak(parameters), ..operation(Method::Get) })
}

#[test]
fn parameters_headers_and_cookies_stand_where_they_belong() {
    let get = with_parameters(
        "/items/{id}/x",
        vec![
            parameter("id", Location::Path),
            parameter("tags", Location::Query),
            parameter("X-Trace", Location::Header),
            parameter("theme", Location::Cookie),
            parameter("unset", Location::Query),
        ],
    );
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, _) = client(contract(get), &transport);
    let mut request = Request::new(get);
    request.parameter(0, "a/b ?#ü").unwrap().parameter(1, &["x y", "&"]).unwrap().parameter(2, &7).unwrap();
    request.parameter(3, "dark").unwrap().parameter(4, &None::<u8>).unwrap();
    run(client.send(request)).unwrap();
    let sent = &transport.requests()[0];
    assert_eq!(
        sent.url.as_str(),
        "https://api.example.com/v1/items/a%2Fb%20%3F%23%C3%BC/x?tags=x%20y&tags=%26"
    );
    let header = |name: &str| sent.headers[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("x-trace"), header("cookie"), header("x-version")),
        ("7".into(), "theme=dark".into(), "7".into())
    );
    assert_eq!(
        header("user-agent"),
        format!("linchpin-made-up/1.2.3 (+linchpin-runtime/{})", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(
        (header("accept"), header("authorization")),
        ("application/json".into(), format!("Bearer {CANARY}"))
    );
    assert!(!sent.headers.contains_key("accept-encoding"));
}

#[test]
fn a_request_that_cannot_be_right_is_not_sent() {
    let get = with_parameters(
        "/items/{id}",
        vec![parameter("id", Location::Path), parameter("x-h", Location::Header)],
    );
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (client, _) = client(contract(get), &transport);
    // Values of the path and header parameter, and a part of the message.
    let cases = [
        (json!(null), json!(null), "`id` is missing"),
        (json!(""), json!(null), "`id` is empty"),
        (json!([]), json!(null), "`id` is empty"),
        (json!(".."), json!(null), "`..`"),
        (json!("."), json!(null), "`.`"),
        (json!([[1]]), json!(null), "nested"),
        (json!(1), json!("a\r\nHost: evil.test"), "line break"),
    ];
    for (id, header, expected) in cases {
        let mut request = Request::new(get);
        request.parameter(0, &id).unwrap().parameter(1, &header).unwrap();
        let error = run(client.send(request)).unwrap_err();
        assert!(error.to_string().contains(expected), "{id} {header}: {error}");
        assert_eq!((error.sent(), error.attempts()), (Sent::No, 0));
    }
    assert!(transport.requests().is_empty());
}

#[test]
fn bodies_are_encoded_as_the_operation_says() {
    let cases = [
        (Media::Json, "application/json", r#"{"a":[1]}"#),
        (Media::Form, "application/x-www-form-urlencoded", "a=1"),
    ];
    for (media, media_type, expected) in cases {
        let body =
            Some(Body { required: true, media, media_type, shape: Shape::Any, parts: &[], styles: &[] });
        let post = leak(Operation { body, ..operation(Method::Post) });
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        let (client, _) = client(contract(post), &transport);
        let error = run(client.send(Request::new(post))).unwrap_err();
        assert!(error.to_string().contains("body is missing"), "{error}");
        let mut request = Request::new(post);
        request.body(&json!({"a": [1]})).unwrap();
        run(client.send(request)).unwrap();
        let sent = &transport.requests()[0];
        assert_eq!(
            (sent.headers["content-type"].to_str().unwrap(), &sent.body.whole().unwrap()[..]),
            (media_type, expected.as_bytes())
        );
    }
}

#[test]
fn the_credential_goes_where_the_contract_says_and_only_if_the_operation_needs_one() {
    let key = |place, name| Auth::ApiKeys(leak([ApiKey { place, name, value: "Token {api_token}" }]));
    let encoded = "Token%20c4nary%2Bs3cret%2Fvalue%3D%3D";
    // Auth, the header and its value, the query.
    let cases = [
        (Auth::None, None, None),
        (Auth::Bearer { token: "{api_token}" }, Some(("authorization", format!("Bearer {CANARY}"))), None),
        (
            Auth::Basic { username: "{email}/token", password: "{api_token}" },
            Some((
                "authorization",
                "Basic bWVAZXhhbXBsZS5jb20vdG9rZW46YzRuYXJ5K3MzY3JldC92YWx1ZT09".to_owned(),
            )),
            None,
        ),
        (key(KeyPlace::Header, "X-Key"), Some(("x-key", format!("Token {CANARY}"))), None),
        (key(KeyPlace::Cookie, "session"), Some(("cookie", format!("session={encoded}"))), None),
        (key(KeyPlace::Query, "key"), None, Some(format!("key={encoded}"))),
    ];
    for (auth, header, query) in cases {
        let label = format!("{auth:?}");
        let get = leak(operation(Method::Get));
        let open = leak(Operation { security: Security::None, ..operation(Method::Get) });
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        let (client, _) = client(Contract { auth, ..contract(get) }, &transport);
        run(client.send(Request::new(get))).unwrap();
        run(client.send(Request::new(open))).unwrap();
        let [with, without] = &transport.requests()[..] else { panic!("two requests") };
        assert_eq!(with.url.query(), query.as_deref(), "{label}");
        assert_eq!(without.url.query(), None, "{label}");
        for name in ["authorization", "x-key", "cookie"] {
            let expected =
                header.as_ref().filter(|(header, _)| *header == name).map(|(_, value)| value.as_str());
            let found = with.headers.get(name);
            assert_eq!(found.map(|value| value.to_str().unwrap()), expected, "{label} {name}");
            assert!(found.is_none_or(|value| value.is_sensitive()), "{label} {name}");
            assert!(!without.headers.contains_key(name), "{label} {name}");
        }
    }
}

#[test]
fn the_base_url_is_chosen_by_the_configuration() {
    let get = leak(operation(Method::Get));
    // Pairs of config values, and the base URL or a part of the message.
    type Pairs = &'static [(&'static str, &'static str)];
    let cases: [(Pairs, Result<&str, &str>); 10] = [
        (&[], Ok(BASE)),
        (&[("environment", "sandbox")], Ok("https://sandbox.example.com/v1")),
        (&[("environment", "moon")], Err("no environment of that name: sandbox")),
        (&[("base_url", "http://127.0.0.1:8080/")], Ok("http://127.0.0.1:8080/")),
        (&[("base_url", "http://localhost:1")], Ok("http://localhost:1/")),
        (&[("base_url", "http://[::1]:1")], Ok("http://[::1]:1/")),
        (&[("base_url", "http://api.example.com")], Err("https, or http on the loopback interface")),
        (&[("base_url", "https://u:p@api.example.com")], Err("no user name")),
        (&[("base_url", "https://api.example.com/?a=b")], Err("no `?`")),
        (&[("base_url", "api.example.com")], Err("relative URL")),
    ];
    for (pairs, expected) in cases {
        let config = Config::from_pairs(leak(contract(get)), pairs.iter().copied()).unwrap();
        match (config.base_url(), expected) {
            (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected, "{pairs:?}"),
            (Err(error), Err(expected)) => {
                assert!(error.to_string().contains(expected), "{pairs:?}: {error}");
                assert_eq!(error.exit_code(), 2);
            }
            (found, expected) => panic!("{pairs:?}: {found:?} instead of {expected:?}"),
        }
    }
}
