//! Clients and sandboxes that share a contract: what one signs, the other takes, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::sandbox::Sandbox;
use linchpin_runtime::testing::ManualClock;
use linchpin_runtime::{Client, Config, Error, ErrorKind, Request, RetryPolicy};
use serde_json::json;

use crate::contract::CONTRACT;
use crate::{copy, options};

const fn field(name: &'static str, secret: bool, default: Option<&'static str>) -> ConfigField {
    ConfigField { name, description: "", secret, default, example: None }
}

const FIELDS: &[ConfigField] = &[
    field("subdomain", false, None),
    field("account", false, Some("acme")),
    field("key", true, None),
    field("other_key", true, None),
    field("method", false, Some("signed")),
];

const KEY: ApiKey = ApiKey { place: KeyPlace::Header, name: "X-Key", value: "{key}" };

fn jwt(algorithm: JwtAlgorithm, key_encoding: KeyEncoding) -> Auth {
    Auth::Jwt(Jwt {
        algorithm,
        key: "{key}",
        key_encoding,
        claims: &[
            ("iss", Claim::Text("{account}")),
            ("aud", Claim::Texts(&["a", "{account}"])),
            ("admin", Claim::Verbatim("true")),
        ],
        header: &[("kid", "{other_key}")],
        lifetime_seconds: 600,
        backdate_seconds: 30,
        place: KeyPlace::Header,
        name: "Authorization",
        prefix: "Bearer ",
    })
}

const MESSAGE: SignedText = &[
    SignedPart::Text("v1:{account}:"),
    SignedPart::Timestamp,
    SignedPart::Nonce,
    SignedPart::Method,
    SignedPart::Host,
    SignedPart::Path,
    SignedPart::SortedQuery,
    SignedPart::Target,
    SignedPart::Url,
    SignedPart::Header("x-time"),
    SignedPart::Header("content-type"),
    SignedPart::BodyHash,
    SignedPart::Body,
];

fn hmac(algorithm: HmacAlgorithm, key_encoding: KeyEncoding, timestamp: SignedTime) -> Hmac {
    Hmac {
        algorithm,
        key: "{key}",
        key_encoding,
        message: MESSAGE,
        encoding: SignatureEncoding::Hex,
        body_hash: (HmacAlgorithm::Sha256, SignatureEncoding::Base64),
        timestamp,
        headers: &[
            ("X-Time", &[SignedPart::Timestamp]),
            (
                "Authorization",
                &[
                    SignedPart::Text("HMAC {account}/"),
                    SignedPart::Nonce,
                    SignedPart::Text(":"),
                    SignedPart::Signature,
                ],
            ),
        ],
        parameters: &[],
    }
}

/// The signature in the query, after everything else of it.
fn in_query() -> Hmac {
    Hmac {
        message: &[SignedPart::Query, SignedPart::Body],
        encoding: SignatureEncoding::Base64,
        headers: &[("X-Key", &[SignedPart::Text("{other_key}")])],
        parameters: &[("timestamp", &[SignedPart::Timestamp]), ("signature", &[SignedPart::Signature])],
        ..hmac(HmacAlgorithm::Sha512, KeyEncoding::Text, SignedTime::Milliseconds)
    }
}

fn aws(service: &'static str, path: AwsPath, session_token: Option<&'static str>) -> AwsSigV4 {
    let (access_key_id, secret_access_key) = ("{account}", "{key}");
    AwsSigV4 { region: "eu-central-1", service, access_key_id, secret_access_key, session_token, path }
}

/// Every kind, with whether the time is part of it.
fn kinds() -> Vec<(&'static str, Auth, bool)> {
    use JwtAlgorithm as Algorithm;
    vec![
        (
            "two headers",
            Auth::ApiKeys(&[KEY, ApiKey { name: "X-Other", value: "o {other_key}", ..KEY }]),
            false,
        ),
        ("query", Auth::ApiKeys(&[ApiKey { place: KeyPlace::Query, ..KEY }]), false),
        (
            "cookies",
            Auth::ApiKeys(&[
                ApiKey { place: KeyPlace::Cookie, ..KEY },
                ApiKey { place: KeyPlace::Cookie, name: "o", value: "{other_key}" },
            ]),
            false,
        ),
        ("HS256", jwt(Algorithm::Hs256, KeyEncoding::Hex), true),
        ("HS512", jwt(Algorithm::Hs512, KeyEncoding::Text), true),
        ("RS256", jwt(Algorithm::Rs256, KeyEncoding::Text), true),
        ("PS384", jwt(Algorithm::Ps384, KeyEncoding::Text), true),
        ("ES256", jwt(Algorithm::Es256, KeyEncoding::Text), true),
        ("ES384", jwt(Algorithm::Es384, KeyEncoding::Text), true),
        ("EdDSA", jwt(Algorithm::EdDsa, KeyEncoding::Text), true),
        ("sha1", Auth::Hmac(hmac(HmacAlgorithm::Sha1, KeyEncoding::Text, SignedTime::Seconds)), true),
        ("sha256", Auth::Hmac(hmac(HmacAlgorithm::Sha256, KeyEncoding::Base64, SignedTime::Rfc3339)), true),
        ("sha512", Auth::Hmac(hmac(HmacAlgorithm::Sha512, KeyEncoding::Hex, SignedTime::HttpDate)), true),
        ("in the query", Auth::Hmac(in_query()), true),
        ("execute-api", Auth::AwsSigV4(aws("execute-api", AwsPath::Normalised, None)), true),
        ("s3", Auth::AwsSigV4(aws("s3", AwsPath::AsIs, Some("{other_key}"))), true),
        (
            "choice",
            Auth::Choice {
                by: "method",
                of: Box::leak(Box::new([
                    ("plain", Auth::Bearer { token: "{other_key}" }),
                    ("signed", Auth::Hmac(in_query())),
                ])),
            },
            true,
        ),
    ]
}

fn leaked(auth: Auth) -> &'static Contract {
    Box::leak(Box::new(Contract { auth, config: FIELDS, ..copy(&CONTRACT) }))
}

fn client(contract: &'static Contract, config: Config, clock: &ManualClock) -> Result<Client, Error> {
    let clock = Arc::new(clock.clone().with_real_timers());
    Client::builder(contract).config(config).clock(clock).retry(RetryPolicy::never()).build()
}

/// A page with parameters, and a body.
async fn talk(client: &Client) -> Result<(), Error> {
    let contract = client.contract();
    let list = contract.operation("links").unwrap();
    let mut request = Request::new(list);
    for (index, parameter) in list.parameters.iter().enumerate() {
        if parameter.name == "limit" {
            request.parameter(index, &3)?;
        }
    }
    client.pages(request).next().await?;
    let mut request = Request::new(contract.operation("create_item").unwrap());
    request.body(&json!({ "item": { "name": "é b+c", "status": "new" } }))?;
    client.send(request).await?;
    Ok(())
}

fn is_refused(result: Result<(), Error>) -> bool {
    matches!(result.as_ref().map_err(Error::kind), Err(ErrorKind::Unauthorised { .. }))
}

#[tokio::test]
async fn the_sandbox_takes_what_a_client_signs_and_nothing_else() {
    for (name, auth, timed) in kinds() {
        let contract = leaked(auth);
        let (options, clock) = options();
        let sandbox = Sandbox::start(contract, options).await.unwrap();
        let right = sandbox.config();
        let config = |pairs: &[(String, String)]| Config::from_pairs(contract, pairs.to_vec()).unwrap();
        talk(&client(contract, config(&right), &clock).unwrap())
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // Another key of the same kind is no key.
        let other_key = contract.auth.templates().contains(&"{other_key}") && name != "choice";
        if other_key {
            let wrong: Vec<_> = right
                .iter()
                .map(|(key, value)| match key.as_str() {
                    "other_key" => (key.clone(), "wrong".to_owned()),
                    _ => (key.clone(), value.clone()),
                })
                .collect();
            let refused = is_refused(talk(&client(contract, config(&wrong), &clock).unwrap()).await);
            // The name of a key in a JWT's header proves nothing, nor does a header that is not signed and not checked.
            assert!(refused || matches!(contract.auth, Auth::Jwt(_)), "{name}: another key was taken");
        }
        if timed {
            let (_, late) = crate::options();
            late.advance(Duration::from_secs(3600));
            let refused = is_refused(talk(&client(contract, config(&right), &late).unwrap()).await);
            assert!(refused, "{name}: what was signed an hour off was taken");
        }
        let Auth::Jwt(Jwt {
            algorithm:
                JwtAlgorithm::Rs256
                | JwtAlgorithm::Ps384
                | JwtAlgorithm::Es256
                | JwtAlgorithm::Es384
                | JwtAlgorithm::EdDsa,
            ..
        }) = contract.auth
        else {
            let wrong: Vec<_> = right
                .iter()
                .map(|(key, value)| match key.as_str() {
                    "key" => (key.clone(), "00ffab12".to_owned()),
                    _ => (key.clone(), value.clone()),
                })
                .collect();
            let refused = is_refused(talk(&client(contract, config(&wrong), &clock).unwrap()).await);
            assert!(refused, "{name}: a wrong key was taken");
            continue;
        };
    }
}

#[tokio::test]
async fn a_key_goes_into_json_bodies_and_forms() {
    let keys = [
        ApiKey { place: KeyPlace::Body, ..KEY },
        ApiKey { place: KeyPlace::Body, name: "o", value: "{other_key}" },
    ];
    let contract = leaked(Auth::ApiKeys(Box::leak(Box::new(keys))));
    let (options, clock) = options();
    let sandbox = Sandbox::start(contract, options).await.unwrap();
    for (key, taken) in [("sandbox-key", true), ("wrong", false)] {
        let mut pairs = sandbox.config();
        pairs.push(("key".to_owned(), key.to_owned()));
        let client = client(contract, Config::from_pairs(contract, pairs).unwrap(), &clock).unwrap();
        let operations = contract.operations.iter().filter(|operation| {
            operation.body.as_ref().is_some_and(|body| matches!(body.media, Media::Json | Media::Form))
        });
        let mut seen = Vec::new();
        for operation in operations.filter(|operation| operation.method == Method::Post) {
            let mut request = Request::new(operation);
            let fields = if operation.id == "create_item" {
                json!({ "item": { "name": "n", "status": "new" } })
            } else {
                json!({ "email": "a@b.test" })
            };
            request.body(&fields).unwrap();
            let result = client.send(request).await;
            let refused = matches!(result.as_ref().map_err(Error::kind), Err(ErrorKind::Unauthorised { .. }));
            assert_eq!(!refused, taken, "{} with {key}: {result:?}", operation.id);
            if let Ok(answer) = result {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                assert!(!body.contains("sandbox-key"), "the key is no part of the record: {body}");
            }
            seen.push(operation.body.as_ref().map(|body| body.media));
        }
        assert!(seen.contains(&Some(Media::Json)) && seen.contains(&Some(Media::Form)), "{seen:?}");
        let list = contract.operation("links").unwrap();
        let error = client.send(Request::new(list)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Request(_)), "{error}");
        assert!(!error.to_string().contains("sandbox-key"), "{error}");
    }
}
