//! What is signed anew for each attempt, and where it never goes.

use std::sync::Arc;
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted, Seeded};
use linchpin_runtime::{Client, Config, ErrorKind, Request, RetryPolicy, Upload};

use crate::support::*;

const FIELDS: &[ConfigField] = &[
    ConfigField { name: "secret", description: "", secret: true, default: None, example: None },
    ConfigField { name: "account", description: "", secret: false, default: Some("acme"), example: None },
    ConfigField { name: "token", description: "", secret: true, default: Some(""), example: None },
];
const BODY: Option<Body> = Some(Body {
    required: false,
    media: Media::Bytes,
    media_type: "application/json",
    shape: Shape::Any,
    parts: &[],
    styles: &[],
});

const HMAC: Hmac = Hmac {
    algorithm: HmacAlgorithm::Sha256,
    key: "{secret}",
    key_encoding: KeyEncoding::Text,
    message: &[SignedPart::Body],
    encoding: SignatureEncoding::Hex,
    body_hash: (HmacAlgorithm::Sha256, SignatureEncoding::Hex),
    timestamp: SignedTime::Seconds,
    headers: &[("x-signature", &[SignedPart::Signature])],
    parameters: &[],
};

fn client(
    auth: Auth,
    secret: &str,
    operation: &'static Operation,
    transport: &ReplayTransport,
) -> (Client, ManualClock) {
    let contract = leak(Contract { auth, config: FIELDS, ..contract(operation) });
    let clock = ManualClock::new("2021-02-25T15:02:10Z".parse().unwrap());
    let config =
        Config::from_pairs(contract, [("secret", secret), ("base_url", "https://example.com")]).unwrap();
    let client = Client::builder(contract)
        .config(config)
        .clock(Arc::new(clock.clone()))
        .random(Seeded::new(1))
        .transport(transport.clone())
        .build()
        .unwrap();
    (client, clock)
}

fn hook() -> &'static Operation {
    leak(Operation { id: "hook", path: "/hook", body: BODY, ..operation(Method::Post) })
}

/// Signatures that vendors make of their webhooks, with what their documentation says is signed: another party made them, or its own tools did.
#[test]
fn the_schemes_of_vendors_are_met() {
    use SignedPart::{Body, Method, Signature, Text, Timestamp, Url};
    let base64 = SignatureEncoding::Base64;
    let event = r#"{"id":"evt_1","type":"x"}"#;
    let table: [(&str, &str, &str, Hmac, &str); 6] = [
        (
            "GitHub",
            "It's a Secret to Everybody",
            "Hello, World!",
            Hmac { headers: &[("x-signature", &[Text("sha256="), Signature])], ..HMAC },
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        (
            "Slack",
            "shhh",
            event,
            Hmac {
                message: &[Text("v0:"), Timestamp, Text(":"), Body],
                headers: &[("x-signature", &[Text("v0="), Signature])],
                ..HMAC
            },
            "v0=e9e04c6644d7227a4fd7c65be71061dfa856123a2115704ae630629e4fcd3d12",
        ),
        (
            "Stripe",
            "whsec_test_secret",
            event,
            Hmac {
                message: &[Timestamp, Text("."), Body],
                headers: &[("x-signature", &[Text("t="), Timestamp, Text(",v1="), Signature])],
                ..HMAC
            },
            "t=1614265330,v1=c6fa78e3c4a1c37e056249d9e66ac56a1a90fff8ec05cbdbdef75fc09fc1d60c",
        ),
        (
            "Shopify",
            "hush",
            event,
            Hmac { encoding: base64, ..HMAC },
            "K3I0yAGWAsadioD8i6aCNREa8QOkWl26kB++GozC7l4=",
        ),
        (
            "HubSpot v3",
            "client-secret",
            event,
            Hmac {
                message: &[Method, Url, Body, Timestamp],
                encoding: base64,
                timestamp: SignedTime::Milliseconds,
                ..HMAC
            },
            "kvoLx8Pgl2iyJmCy9cXkSaQerO7ufrNzxuRghDfdusk=",
        ),
        (
            "Standard Webhooks",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            r#"{"test": 2432232314}"#,
            Hmac {
                key_encoding: KeyEncoding::Base64,
                message: &[Text("msg_p5jXN8AQM9LWM0D4loKWxJek."), Timestamp, Text("."), Body],
                encoding: base64,
                headers: &[("x-signature", &[Text("v1,"), Signature])],
                ..HMAC
            },
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ];
    for (vendor, secret, body, hmac, expected) in table {
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        let (client, _) = client(Auth::Hmac(hmac), secret, hook(), &transport);
        let mut request = Request::new(hook());
        request.body_bytes(body);
        run(client.send(request)).unwrap();
        let sent = transport.requests()[0].headers["x-signature"].clone();
        assert_eq!(sent.to_str().unwrap(), expected, "{vendor}");
        assert!(sent.is_sensitive(), "{vendor}");
    }
}

const TIMED: Hmac = Hmac {
    message: &[SignedPart::Timestamp, SignedPart::Nonce, SignedPart::Target, SignedPart::Body],
    headers: &[
        ("x-time", &[SignedPart::Timestamp]),
        ("x-nonce", &[SignedPart::Nonce]),
        ("x-signature", &[SignedPart::Signature]),
    ],
    ..HMAC
};

fn jwt() -> Auth {
    Auth::Jwt(Jwt {
        algorithm: JwtAlgorithm::Hs256,
        key: "{secret}",
        key_encoding: KeyEncoding::Text,
        claims: &[("iss", Claim::Text("{account}"))],
        header: &[],
        lifetime_seconds: 40,
        backdate_seconds: 0,
        place: KeyPlace::Header,
        name: "x-signature",
        prefix: "Bearer ",
    })
}

fn aws() -> Auth {
    Auth::AwsSigV4(AwsSigV4 {
        region: "eu-central-1",
        service: "execute-api",
        access_key_id: "{account}",
        secret_access_key: "{secret}",
        session_token: Some("{token}"),
        path: AwsPath::Normalised,
    })
}

#[test]
fn each_attempt_and_each_redirect_is_signed_anew() {
    for (name, auth, header) in [
        ("hmac", Auth::Hmac(TIMED), "x-signature"),
        ("jwt", jwt(), "x-signature"),
        ("aws", aws(), "authorization"),
    ] {
        let get = leak(operation(Method::Get));
        let transport = ReplayTransport::script([
            Scripted::status(503).header("retry-after", "60"),
            Scripted::status(307).header("location", "/moved?x=1"),
            Scripted::json("{}"),
        ]);
        let (client, _) = client(auth, CANARY, get, &transport);
        run(client.send(Request::new(get))).unwrap();
        let requests = transport.requests();
        let signatures: Vec<_> = requests.iter().map(|request| request.headers[header].clone()).collect();
        assert_eq!(signatures.len(), 3, "{name}");
        assert_ne!(signatures[0], signatures[1], "{name}: a minute later");
        // A JWT signs no path, and is still good.
        assert_eq!(signatures[1] == signatures[2], name == "jwt", "{name}: another path");
        if name == "hmac" {
            let times: Vec<_> =
                requests.iter().map(|request| request.headers["x-time"].to_str().unwrap()).collect();
            assert!(
                times[0] == "1614265330" && times[1] >= "1614265390" && times[1] == times[2],
                "{times:?}"
            );
            assert_ne!(requests[1].headers["x-nonce"], requests[2].headers["x-nonce"]);
        }
    }
}

#[test]
fn nothing_is_signed_for_operations_and_servers_that_take_no_credential() {
    for auth in [Auth::Hmac(TIMED), jwt(), aws()] {
        let label = format!("{auth:?}");
        let get = leak(Operation { security: Security::None, ..operation(Method::Get) });
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        let (client, _) = client(auth, CANARY, get, &transport);
        run(client.send(Request::new(get))).unwrap();
        let headers = &transport.requests()[0].headers;
        for name in ["x-signature", "x-time", "authorization", "x-amz-date", "x-amz-content-sha256"] {
            assert!(!headers.contains_key(name), "{label}: {name}");
        }
    }
}

#[test]
fn a_body_that_is_read_while_it_is_sent_is_unsigned_for_aws_and_an_error_where_it_has_to_be_signed() {
    let upload = || Upload::reader(std::io::Cursor::new(b"abc".to_vec()), Some(3));
    let transport = ReplayTransport::server(|_| Scripted::json("{}"));
    let (aws_client, _) = client(aws(), CANARY, hook(), &transport);
    let mut request = Request::new(hook());
    request.upload(&upload()).unwrap();
    run(aws_client.send(request)).unwrap();
    assert_eq!(transport.requests()[0].headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
    assert!(!transport.requests()[0].headers.contains_key("x-amz-security-token"), "an empty token is none");
    let (hmac_client, _) = client(Auth::Hmac(TIMED), CANARY, hook(), &transport);
    let mut request = Request::new(hook());
    request.upload(&upload()).unwrap();
    let error = run(hmac_client.send(request)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Request(_)), "{error}");
    assert!(error.to_string().contains("give it as bytes"), "{error}");
    assert_eq!(transport.requests().len(), 1, "nothing was sent");
}

#[test]
fn a_jwt_that_the_server_echoes_is_not_shown() {
    let transport = ReplayTransport::server(|request| {
        let jwt = request.headers["x-signature"].to_str().unwrap().to_owned();
        Scripted::status(403).body(format!("you sent {jwt}"))
    });
    let get = leak(operation(Method::Get));
    let (client, _) = client(jwt(), CANARY, get, &transport);
    let error = run(client.send(Request::new(get))).unwrap_err();
    let jwt = transport.requests()[0].headers["x-signature"].to_str().unwrap().replace("Bearer ", "");
    for text in [error.to_string(), format!("{error:?}"), format!("{client:?}")] {
        assert!(!text.contains(&jwt) && !text.contains("c4nary"), "{text}");
    }
    assert!(error.to_string().contains("***"), "{error}");
}

#[test]
fn a_url_of_the_server_is_rid_of_what_was_signed_for_another_request() {
    let parameters: &'static [(&str, SignedText)] =
        &[("timestamp", &[SignedPart::Timestamp]), ("signature", &[SignedPart::Signature])];
    let auth = Auth::Hmac(Hmac { message: &[SignedPart::Query], parameters, headers: &[], ..HMAC });
    let operation =
        crate::walks::paged(Strategy::NextUrl { next: Token::Body(crate::walks::NEXT), end: End::default() });
    let transport = ReplayTransport::server(|request| {
        let next = format!("{}&p=2", request.url);
        let length = request.url.as_str().len();
        Scripted::json(serde_json::json!({"items": [{"id": length}], "meta": {"next": next}}).to_string())
    });
    let (client, clock) = client(auth, CANARY, operation, &transport);
    let mut pages = client.pages(Request::new(operation));
    run(pages.next()).unwrap();
    clock.advance(Duration::from_secs(1));
    run(pages.next()).unwrap();
    for (request, expected) in transport.requests().iter().zip(["1614265330", "1614265331"]) {
        let of = |name: &str| -> Vec<String> {
            let pairs = request.url.query_pairs().filter(|(known, _)| known == name);
            pairs.map(|(_, value)| value.into_owned()).collect()
        };
        assert_eq!(of("timestamp"), [expected]);
        assert_eq!(of("signature").len(), 1);
    }
}

#[test]
fn the_configuration_chooses_and_needs_only_what_is_chosen() {
    let of: &'static [(&str, Auth)] = leak([
        ("token", Auth::Bearer { token: "{api_token}" }),
        ("keys", Auth::ApiKeys(&[ApiKey { place: KeyPlace::Header, name: "x-key", value: "{key}" }])),
        ("nothing", Auth::None),
    ]);
    const CHOICE: &[ConfigField] = &[
        ConfigField { name: "method", description: "", secret: false, default: Some("token"), example: None },
        ConfigField { name: "api_token", description: "", secret: true, default: None, example: None },
        ConfigField { name: "key", description: "", secret: true, default: None, example: None },
    ];
    let get = leak(operation(Method::Get));
    let contract =
        leak(Contract { auth: Auth::Choice { by: "method", of }, config: CHOICE, ..contract(get) });
    let build = |pairs: &[(&str, &str)], transport: &ReplayTransport| {
        let config = Config::from_pairs(contract, pairs.iter().copied()).unwrap();
        Client::builder(contract)
            .config(config)
            .transport(transport.clone())
            .retry(RetryPolicy::never())
            .build()
    };
    // Config, the header that is sent, or what the error says.
    let table: [(&[(&str, &str)], Result<Option<(&str, &str)>, &str>); 6] = [
        (&[("api_token", "t")], Ok(Some(("authorization", "Bearer t")))),
        (&[("method", "keys"), ("key", "k")], Ok(Some(("x-key", "k")))),
        (&[("method", "nothing")], Ok(None)),
        (&[("method", "keys"), ("api_token", "t")], Err("`key` is missing")),
        (&[("key", "k")], Err("`api_token` is missing")),
        (&[("method", "kyes"), ("key", "k")], Err("is one of: token, keys, nothing")),
    ];
    for (pairs, expected) in table {
        let transport = ReplayTransport::server(|_| Scripted::json("{}"));
        match (build(pairs, &transport), expected) {
            (Ok(client), Ok(header)) => {
                run(client.send(Request::new(get))).unwrap();
                let sent = &transport.requests()[0].headers;
                let found = ["authorization", "x-key"]
                    .into_iter()
                    .find_map(|name| Some((name, sent.get(name)?.to_str().unwrap())));
                assert_eq!(found, header, "{pairs:?}");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{pairs:?}: {error}"),
            (result, _) => panic!("{pairs:?}: {result:?}"),
        }
    }
}

#[test]
fn a_key_that_is_none_is_told_without_being_shown() {
    let get = leak(operation(Method::Get));
    let hmac = |key_encoding| Auth::Hmac(Hmac { key_encoding, ..HMAC });
    let rsa = || match jwt() {
        Auth::Jwt(jwt) => Auth::Jwt(Jwt { algorithm: JwtAlgorithm::Rs256, ..jwt }),
        other => other,
    };
    for (auth, part) in [
        (hmac(KeyEncoding::Hex), "hexadecimal"),
        (hmac(KeyEncoding::Base64), "base64"),
        (rsa(), "it is no key for RS256"),
    ] {
        let contract = leak(Contract { auth, config: FIELDS, ..contract(get) });
        let config = Config::from_pairs(contract, [("secret", "c4nary!")]).unwrap();
        let error = Client::new(contract, config).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("`secret`") && !error.contains("c4nary"), "{error}");
    }
}

/// An organisation's name is no secret, and a second key is.
#[test]
fn headers_of_the_configuration_go_with_every_attempt_and_secrets_only_where_the_credential_goes() {
    const OTHERS: &[OtherServer] =
        &[OtherServer { name: "files", url: "https://files.example.com", credential: false }];
    let headers: &[(&str, &str)] = &[("x-organisation", "org-{account}"), ("x-second-key", "{secret}")];
    for (base, takes) in [(Base::Server, true), (Base::Other(0), false)] {
        let get = leak(Operation { base, ..operation(Method::Get) });
        let server = Server { url: BASE, environments: &[], others: OTHERS };
        let auth = Auth::Bearer { token: "{secret}" };
        let contract = leak(Contract { auth, server, headers, config: FIELDS, ..contract(get) });
        let transport = ReplayTransport::script([Scripted::status(503), Scripted::json("{}")]);
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, [("secret", CANARY)]).unwrap())
            .clock(Arc::new(ManualClock::default()))
            .transport(transport.clone())
            .build()
            .unwrap();
        run(client.send(Request::new(get))).unwrap();
        assert_eq!(transport.requests().len(), 2);
        for request in transport.requests() {
            let of = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(of("x-organisation"), Some("org-acme"), "{base:?}");
            assert_eq!(of("x-second-key"), takes.then_some(CANARY), "{base:?}");
            assert_eq!(of("authorization").is_some(), takes, "{base:?}");
        }
    }
}
