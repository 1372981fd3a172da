//! Tokens: how they are asked for, renewed and kept, and what is told when that fails.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted, Seeded};
use linchpin_runtime::transport::{HttpRequest, TransportError, TransportErrorKind};
use linchpin_runtime::{
    AuthProblem, Client, Config, ErrorKind, FileTokenStore, LoginPrompt, MemoryTokenStore, Request, Sent,
    StoreLock, StoredToken, TokenStore, url::Url,
};

use crate::support::*;

const ID: &str = "s6BhdRkqt3";
const REFRESH: &str = "tGzv3JOkF0XG5Qx2TlKWIA";

fn oauth2(grant: Grant, authentication: ClientAuthentication) -> OAuth2 {
    OAuth2 {
        token_url: "https://login.example.com/token",
        client: OAuth2Client { id: "{email}", authentication },
        grant,
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
    }
}

fn rotating() -> OAuth2 {
    oauth2(Grant::RefreshToken { token: "{api_token}" }, ClientAuthentication::None)
}

/// A client whose `email` is the client's id and whose `api_token` is its secret.
fn client_of(
    auth: Auth,
    transport: &ReplayTransport,
    store: impl TokenStore + 'static,
) -> (Client, ManualClock, &'static Operation) {
    let operation = leak(operation(Method::Get));
    let contract = leak(Contract { auth, ..contract(operation) });
    let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
    let config = Config::from_pairs(contract, [("email", ID), ("api_token", CANARY)]).unwrap();
    let client = Client::builder(contract)
        .config(config)
        .clock(Arc::new(clock.clone()))
        .random(Seeded::new(1))
        .transport(transport.clone())
        .token_store(store)
        .build()
        .unwrap();
    (client, clock, operation)
}

fn body(request: &HttpRequest) -> String {
    String::from_utf8(request.body.whole().unwrap().to_vec()).unwrap()
}

fn form(request: &HttpRequest) -> HashMap<String, String> {
    linchpin_runtime::url::form_urlencoded::parse(body(request).as_bytes()).into_owned().collect()
}

fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}

fn is_token(request: &HttpRequest) -> bool {
    request.url.path() == "/token"
}

fn is_good(request: &HttpRequest, token: &str) -> bool {
    header(request, "authorization") == Some(&format!("Bearer {token}"))
}

/// The answer of RFC 6749 4.4.3, 5.1.
fn granted(access: &str, refresh: Option<&str>) -> Scripted {
    let refresh = refresh.map_or_else(String::new, |token| format!(r#","refresh_token":"{token}""#));
    Scripted::json(format!(
        r#"{{"access_token":"{access}","token_type":"example","expires_in":3600{refresh}}}"#
    ))
}

fn refused(code: &str) -> Scripted {
    Scripted::status(400).body(format!(r#"{{"error":"{code}","error_description":"no {CANARY}"}}"#))
}

fn reset() -> Scripted {
    Scripted::failure(TransportError::new(TransportErrorKind::Reset, "as scripted"))
}

/// A server that rotates: each refresh token is good for one use, and each refresh ends the access token before.
#[derive(Clone)]
struct Rotating {
    refreshes: Arc<AtomicUsize>,
    /// What the answer to the n-th refresh is in place of the token; the server has rotated all the same.
    spoil: Arc<Mutex<HashMap<usize, Scripted>>>,
    revoked: Arc<AtomicBool>,
}

impl Rotating {
    fn new() -> Self {
        Self { refreshes: Arc::default(), spoil: Arc::default(), revoked: Arc::default() }
    }

    fn spoil(self, number: usize, answer: Scripted) -> Self {
        self.spoil.lock().unwrap().insert(number, answer);
        self
    }

    fn refreshes(&self) -> usize {
        self.refreshes.load(Ordering::SeqCst)
    }

    fn transport(&self) -> ReplayTransport {
        let server = self.clone();
        ReplayTransport::server(move |request| {
            let number = server.refreshes.load(Ordering::SeqCst);
            if !is_token(request) {
                let good =
                    is_good(request, &format!("access-{number}")) && !server.revoked.load(Ordering::SeqCst);
                return if good { Scripted::json("{}") } else { Scripted::status(401) };
            }
            let expected = if number == 0 { CANARY.to_owned() } else { format!("refresh-{number}") };
            if form(request).get("refresh_token") != Some(&expected) {
                return refused("invalid_grant");
            }
            server.refreshes.store(number + 1, Ordering::SeqCst);
            server.revoked.store(false, Ordering::SeqCst);
            let spoilt = server.spoil.lock().unwrap().remove(&(number + 1));
            spoilt.unwrap_or_else(|| {
                granted(&format!("access-{}", number + 1), Some(&format!("refresh-{}", number + 1)))
            })
        })
    }
}

/// RFC 6749 4.3.2, 4.4.2, 6; RFC 7523 2.1; RFC 8693 2.1.
#[test]
fn each_grant_asks_as_its_rfc_says() {
    const EXCHANGE: Grant = Grant::TokenExchange {
        subject_token: "{api_token}",
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        actor_token: None,
    };
    let jwt = || {
        Grant::JwtBearer(JwtAssertion {
            key: "{api_token}",
            algorithm: JwtAlgorithm::Hs256,
            key_id: Some("k1"),
            issuer: "{email}",
            subject: None,
            audience: None,
            lifetime_seconds: 300,
            claims: &[("scope", "{scopes}")],
        })
    };
    let table: [(Grant, &str); 5] = [
        (Grant::ClientCredentials, "grant_type=client_credentials&scope=a+b"),
        (
            Grant::Password { username: "{email}", password: "{api_token}" },
            "grant_type=password&username=s6BhdRkqt3&password=c4nary%2Bs3cret%2Fvalue%3D%3D&scope=a+b",
        ),
        (
            Grant::RefreshToken { token: "{api_token}" },
            "grant_type=refresh_token&refresh_token=c4nary%2Bs3cret%2Fvalue%3D%3D",
        ),
        (
            EXCHANGE,
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=c4nary%2Bs3cret%2Fvalue%3D%3D\
             &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&scope=a+b",
        ),
        (jwt(), "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="),
    ];
    for (grant, expected) in table {
        let label = format!("{grant:?}");
        let auth = OAuth2 {
            scopes: &["a", "b"],
            ..oauth2(grant, ClientAuthentication::Basic { secret: "{api_token}" })
        };
        let transport =
            ReplayTransport::script([granted("2YotnFZFEjr1zCsicMWpAA", None), Scripted::json("{}")]);
        let (client, _, operation) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
        run(client.send(Request::new(operation))).unwrap_or_else(|error| panic!("{label}: {error}"));
        let requests = transport.requests();
        let asked = &requests[0];
        assert_eq!(asked.url.as_str(), "https://login.example.com/token", "{label}");
        assert_eq!(header(asked, "content-type"), Some("application/x-www-form-urlencoded"), "{label}");
        assert_eq!(
            header(asked, "authorization"),
            Some("Basic czZCaGRSa3F0MzpjNG5hcnklMkJzM2NyZXQlMkZ2YWx1ZSUzRCUzRA=="),
            "{label}: id and secret are form-encoded first"
        );
        if let Some(assertion) = form(asked).get("assertion") {
            assert!(body(asked).starts_with(expected), "{label}: {}", body(asked));
            let claims = claims(assertion);
            assert_eq!(
                (&claims["iss"], &claims["sub"], &claims["aud"], &claims["scope"]),
                (&ID.into(), &ID.into(), &"https://login.example.com/token".into(), &"a b".into()),
                "{label}"
            );
            let now = 1_767_225_600;
            assert_eq!((&claims["iat"], &claims["exp"]), (&now.into(), &(now + 300).into()), "{label}");
        } else {
            assert_eq!(body(asked), expected, "{label}");
        }
        assert!(is_good(&requests[1], "2YotnFZFEjr1zCsicMWpAA"), "{label}");
    }
}

fn claims(jwt: &str) -> serde_json::Value {
    use base64::Engine as _;
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap())
        .unwrap()
}

/// RFC 6749 2.3.1, RFC 7523 2.2; and the forms in which servers want the request.
#[test]
fn clients_prove_who_they_are_in_the_declared_way() {
    let jwt = ClientAuthentication::PrivateKeyJwt {
        key: "{api_token}",
        algorithm: JwtAlgorithm::Hs256,
        key_id: None,
        audience: None,
    };
    let table = [
        (
            ClientAuthentication::None,
            TokenEncoding::Form,
            "grant_type=client_credentials&a=x&client_id=s6BhdRkqt3",
        ),
        (
            ClientAuthentication::Post { secret: "{api_token}" },
            TokenEncoding::Form,
            "grant_type=client_credentials&a=x&client_secret=c4nary%2Bs3cret%2Fvalue%3D%3D&client_id=s6BhdRkqt3",
        ),
        (
            ClientAuthentication::Post { secret: "{api_token}" },
            TokenEncoding::Json,
            r#"{"a":"x","client_id":"s6BhdRkqt3","client_secret":"c4nary+s3cret/value==","grant_type":"client_credentials"}"#,
        ),
        (ClientAuthentication::None, TokenEncoding::Query, ""),
        (jwt, TokenEncoding::Form, "grant_type=client_credentials&a=x&client_assertion_type="),
    ];
    for (authentication, encoding, expected) in table {
        let label = format!("{authentication:?} {encoding:?}");
        let request =
            TokenRequest { encoding, parameters: &[("a", "x")], headers: &[("x-tenant", "{email}")] };
        let auth = OAuth2 { request, ..oauth2(Grant::ClientCredentials, authentication) };
        let transport = ReplayTransport::script([granted("t0ken", None), Scripted::json("{}")]);
        let (client, _, operation) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
        run(client.send(Request::new(operation))).unwrap_or_else(|error| panic!("{label}: {error}"));
        let asked = &transport.requests()[0];
        assert_eq!(header(asked, "x-tenant"), Some(ID), "{label}");
        assert_eq!(header(asked, "authorization"), None, "{label}");
        match form(asked).get("client_assertion") {
            Some(assertion) => {
                let claims = claims(assertion);
                assert!(claims["jti"].is_string(), "{label}: {claims}");
                assert_eq!((&claims["iss"], &claims["sub"]), (&ID.into(), &ID.into()), "{label}");
            }
            None => assert_eq!(body(asked), expected, "{label}"),
        }
        let query = "grant_type=client_credentials&a=x&client_id=s6BhdRkqt3";
        assert_eq!(asked.url.query(), (encoding == TokenEncoding::Query).then_some(query), "{label}");
    }
}

#[test]
fn odd_answers_are_read_where_the_contract_says() {
    let response = TokenResponse {
        access_token: &["authed_user", "access_token"],
        refresh_token: &["authed_user", "renew"],
        expiry: &["data", "0", "ends"],
        expiry_unit: ExpiryUnit::Rfc3339,
        ..rotating().response
    };
    let auth = OAuth2 { response, ..rotating() };
    let odd = r#"{"ok":true,"access_token":"not this","authed_user":{"access_token":"user","renew":"next"},"data":[{"ends":"2026-01-01T00:01:40Z"}]}"#;
    let answers = [Scripted::json(odd), Scripted::json("{}"), granted("x", None), Scripted::json("{}")];
    let transport = ReplayTransport::script(answers);
    let store = MemoryTokenStore::default();
    let (client, clock, operation) = client_of(Auth::OAuth2(auth), &transport, store);
    run(async {
        client.send(Request::new(operation)).await.unwrap();
        clock.advance(Duration::from_secs(76));
        // The second answer has its token elsewhere, which is told.
        let error = client.send(Request::new(operation)).await.unwrap_err();
        assert!(error.to_string().contains("authed_user.access_token"), "{error}");
    });
    let requests = transport.requests();
    assert!(is_good(&requests[1], "user"));
    assert_eq!(form(&requests[2])["refresh_token"], "next");
}

#[test]
fn a_token_is_renewed_after_its_part_of_life_and_not_before() {
    let server = Rotating::new();
    let (client, clock, operation) =
        client_of(Auth::OAuth2(rotating()), &server.transport(), MemoryTokenStore::default());
    run(async {
        for (advance, expected) in [(0, 1), (2699, 1), (2, 2), (2699, 2), (36_000, 3)] {
            clock.advance(Duration::from_secs(advance));
            client.send(Request::new(operation)).await.unwrap();
            assert_eq!(server.refreshes(), expected, "after {advance} s more");
            assert_eq!(client.statistics().token_requests, expected as u64, "after {advance} s more");
        }
    });
}

#[test]
fn twenty_calls_that_are_refused_at_once_renew_the_token_once() {
    let server = Rotating::new();
    let transport = server.transport();
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
    run(async {
        client.send(Request::new(operation)).await.unwrap();
        server.revoked.store(true, Ordering::SeqCst);
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let client = client.clone();
            calls.spawn(async move { client.send(Request::new(operation)).await.map(|_| ()) });
        }
        while let Some(call) = calls.join_next().await {
            call.unwrap().unwrap();
        }
    });
    assert_eq!(server.refreshes(), 2, "one for the first token, one for all twenty");
}

#[test]
fn a_second_refusal_in_a_call_is_the_end_of_it() {
    let transport = ReplayTransport::server(|request| {
        if is_token(request) {
            granted("t0ken", Some("next"))
        } else {
            Scripted::status(401).body("t0ken t0ken")
        }
    });
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
    let error = run(client.send(Request::new(operation))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorised { .. }), "{error}");
    assert!(!error.to_string().contains("t0ken"), "what came at run time is hidden too: {error}");
    let tokens = transport.requests().iter().filter(|request| is_token(request)).count();
    assert_eq!((tokens, transport.requests().len()), (2, 4));
}

/// The first answer is lost; what comes of it depends on whether the server takes the old refresh token again.
#[test]
fn a_refresh_whose_answer_is_lost_is_tried_once_more_and_then_told() {
    let truncated = || Scripted::json("{\"acc").header("content-length", "90");
    for (name, spoilt) in [("reset", reset()), ("truncated", truncated()), ("gateway", Scripted::status(502))]
    {
        let server = Rotating::new().spoil(2, spoilt);
        let transport = server.transport();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let (client, _, operation) =
            client_of(Auth::OAuth2(rotating()), &transport, FileTokenStore::new(&path));
        run(async {
            client.send(Request::new(operation)).await.unwrap();
            server.revoked.store(true, Ordering::SeqCst);
            let error = client.send(Request::new(operation)).await.unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::Auth(AuthProblem::AnswerLost { .. })),
                "{name}: {error}"
            );
            assert_eq!((error.exit_code(), error.sent()), (2, Sent::Yes), "{name}: {error}");
            assert!(error.to_string().contains("get a new refresh token"), "{name}: {error}");
        });
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("refresh-1") && text.contains("refresh_begun_at"),
            "{name}: the last one is kept: {text}"
        );
        let refreshes = transport.requests().iter().filter(|request| is_token(request)).count();
        assert_eq!(refreshes, 3, "{name}: the first, the lost one and one more");

        // A later process knows why it is refused.
        let (client, _, operation) =
            client_of(Auth::OAuth2(rotating()), &transport, FileTokenStore::new(&path));
        let error = run(async {
            // The old access token is still good as far as the store tells; the API says otherwise.
            client.send(Request::new(operation)).await.unwrap_err()
        });
        assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::AnswerLost { .. })), "{name}: {error}");
    }
}

#[test]
fn a_server_that_forgives_gives_the_token_at_the_second_try() {
    let lost = AtomicBool::new(false);
    let transport = ReplayTransport::server(move |request| match is_token(request) {
        true if !lost.swap(true, Ordering::SeqCst) => reset(),
        true => granted("again", Some("next")),
        false => Scripted::json("{}"),
    });
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
    run(client.send(Request::new(operation))).unwrap();
    assert!(is_good(&transport.requests()[2], "again"));
}

/// A store that cannot be written for a while.
#[derive(Clone, Default)]
struct Full {
    inner: MemoryTokenStore,
    full: Arc<AtomicBool>,
}

impl TokenStore for Full {
    fn lock(&self) -> futures_core::future::BoxFuture<'_, Result<StoreLock, AuthProblem>> {
        self.inner.lock()
    }

    fn load(&self, name: &str) -> Result<Option<StoredToken>, AuthProblem> {
        self.inner.load(name)
    }

    fn save(&self, name: &str, token: Option<&StoredToken>) -> Result<(), AuthProblem> {
        if self.full.load(Ordering::SeqCst) {
            let (place, cause) = ("the disk".to_owned(), "it is full".to_owned());
            return Err(AuthProblem::Store { place, done: "written", cause });
        }
        self.inner.save(name, token)
    }
}

#[test]
fn an_access_token_is_not_used_before_its_refresh_token_is_stored() {
    let server = Rotating::new();
    let transport = server.transport();
    let store = Full::default();
    store.full.store(true, Ordering::SeqCst);
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, store.clone());
    run(async {
        for _ in 0..2 {
            let error = client.send(Request::new(operation)).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::Store { .. })), "{error}");
            assert_eq!(error.sent(), Sent::No, "{error}");
        }
        assert!(transport.requests().iter().all(is_token), "the API was not asked");
        assert_eq!(server.refreshes(), 1, "what could not be stored is not asked for again");
        store.full.store(false, Ordering::SeqCst);
        client.send(Request::new(operation)).await.unwrap();
        assert_eq!(server.refreshes(), 1, "the token that waited is used once it is stored");
    });
}

#[test]
fn clients_that_share_a_store_share_the_token_too() {
    let server = Rotating::new();
    let transport = server.transport();
    let folder = tempfile::tempdir().unwrap();
    let store = || FileTokenStore::new(folder.path().join("tokens.json"));
    let (one, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, store());
    let (two, _, same) = client_of(Auth::OAuth2(rotating()), &transport, store());
    run(async {
        one.send(Request::new(operation)).await.unwrap();
        two.send(Request::new(same)).await.unwrap();
        assert_eq!(server.refreshes(), 1);
        server.revoked.store(true, Ordering::SeqCst);
        one.send(Request::new(operation)).await.unwrap();
        // The second is refused with its old token, and finds the new one in the store.
        two.send(Request::new(same)).await.unwrap();
    });
    assert_eq!(server.refreshes(), 2);
}

#[test]
fn who_asked_may_go_away_and_the_token_is_stored_nevertheless() {
    let server = Rotating::new();
    let transport = server.transport();
    let store = MemoryTokenStore::default();
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, store);
    run(async {
        let mut call = Box::pin(client.send(Request::new(operation)));
        // Polled once: the flight is on its way. Then its caller is gone.
        let pending =
            std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await;
        assert!(pending);
        drop(call);
        client.send(Request::new(operation)).await.unwrap();
    });
    assert_eq!(server.refreshes(), 1, "a second refresh with the same token would have been refused");
}

#[test]
fn what_passes_is_tried_again_and_a_token_that_still_holds_is_used_meanwhile() {
    let well = Arc::new(AtomicBool::new(true));
    let answers = Arc::clone(&well);
    let transport = ReplayTransport::server(move |request| match is_token(request) {
        true if !answers.load(Ordering::SeqCst) => Scripted::status(503),
        true => granted("t0ken", None),
        false => Scripted::json("{}"),
    });
    let auth = oauth2(Grant::ClientCredentials, ClientAuthentication::None);
    let (client, clock, operation) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
    let asked =
        |transport: &ReplayTransport| transport.requests().iter().filter(|request| is_token(request)).count();
    run(async {
        client.send(Request::new(operation)).await.unwrap();
        well.store(false, Ordering::SeqCst);
        clock.advance(Duration::from_secs(2800));
        client.send(Request::new(operation)).await.unwrap();
        assert_eq!(asked(&transport), 1 + 8, "as often as the policy says");
        client.send(Request::new(operation)).await.unwrap();
        assert_eq!(asked(&transport), 1 + 8, "and not again at once");
        clock.advance(Duration::from_secs(3600));
        let error = client.send(Request::new(operation)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::Unavailable { .. })), "{error}");
        assert!(error.is_retryable() && error.exit_code() == 1, "{error}");
        well.store(true, Ordering::SeqCst);
        client.send(Request::new(operation)).await.unwrap();
    });
}

#[test]
fn refusals_say_what_to_do_and_hold_no_secret() {
    let redirect = || Scripted::status(302).header("location", "https://evil.test/");
    let table: [(&str, Scripted, &[&str], u8); 8] = [
        (
            "grant",
            refused("invalid_grant"),
            &["invalid_grant: no ***", "get a new refresh token and put it into `api_token`"],
            2,
        ),
        ("client", refused("invalid_client"), &["invalid_client", "check `email`"], 2),
        ("scope", refused("invalid_scope"), &["check `scopes` in the manifest"], 2),
        ("redirect", redirect(), &["answered 302", "not followed"], 1),
        ("page", Scripted::status(200).body("<html>"), &["neither JSON nor a form"], 1),
        ("no token", Scripted::json("{}"), &["no text at `access_token`"], 1),
        (
            "200",
            Scripted::json(r#"{"ok":false,"error":"invalid_refresh_token"}"#),
            &["invalid_refresh_token"],
            2,
        ),
        ("bare", Scripted::status(401), &["401 Unauthorized"], 2),
    ];
    for (name, answer, expected, exit) in table {
        let transport = ReplayTransport::script([answer]);
        let (client, _, operation) =
            client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
        let error = run(client.send(Request::new(operation))).unwrap_err();
        let text = format!("{error} {error:?} {client:?}");
        for part in expected {
            assert!(text.contains(part), "{name}: {text}");
        }
        assert!(!text.contains(CANARY), "{name}: {text}");
        assert_eq!(
            (error.exit_code(), error.sent(), transport.requests().len()),
            (exit, Sent::No, 1),
            "{name}: {text}"
        );
    }
}

#[test]
fn without_a_login_nothing_is_sent() {
    let transport = ReplayTransport::script([]);
    let (client, _, operation) = client_of(Auth::OAuth2(code(0)), &transport, MemoryTokenStore::default());
    let error = run(client.send(Request::new(operation))).unwrap_err();
    assert_eq!(error.to_string(), "items: there is no token yet: run `linchpin-made-up login`");
    assert!(transport.requests().is_empty() && error.exit_code() == 2);
}

#[test]
fn requests_follow_the_token_to_hosts_of_the_manifest() {
    let answer = |url: &str| Scripted::json(format!(r#"{{"access_token":"t0ken","instance_url":"{url}"}}"#));
    let table = [
        ("https://na1.salesforce.com", Some("https://na1.salesforce.com/v1/items")),
        ("https://eu.salesforce.com/x/", Some("https://eu.salesforce.com/x/v1/items")),
        ("https://evil.test", None),
    ];
    for (url, expected) in table {
        let base_url = Some(TokenBaseUrl { path: &["instance_url"], hosts: &["salesforce.com"] });
        let auth = oauth2(Grant::ClientCredentials, ClientAuthentication::None);
        let auth = OAuth2 { response: TokenResponse { base_url, ..auth.response }, ..auth };
        let transport = ReplayTransport::script([answer(url), Scripted::json("{}")]);
        let (client, _, operation) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
        let result = run(client.send(Request::new(operation)));
        let asked: Vec<String> =
            transport.requests().iter().skip(1).map(|request| request.url.to_string()).collect();
        assert_eq!(asked.first().map(String::as_str), expected, "{url}: {result:?}");
        if let Err(error) = result {
            assert!(error.to_string().contains("evil.test, which the manifest does not allow"), "{error}");
        }
    }
}

fn code(redirect_port: u16) -> OAuth2 {
    let grant = Grant::AuthorizationCode {
        authorization_url: "https://login.example.com/authorize?tenant=a",
        pkce: true,
        redirect_port,
        redirect_path: "/callback",
        parameters: &[("prompt", "consent")],
    };
    oauth2(grant, ClientAuthentication::None)
}

/// A person at a browser: goes where the authorisation server would send it.
struct Browser {
    answers: fn(state: &str) -> Vec<String>,
    asked: Arc<Mutex<Option<Url>>>,
}

impl LoginPrompt for Browser {
    fn open(&self, url: &Url) {
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        *self.asked.lock().unwrap() = Some(url.clone());
        let redirect: Url = query["redirect_uri"].parse().unwrap();
        for target in (self.answers)(&query["state"]) {
            let address = redirect.socket_addrs(|| None).unwrap();
            tokio::spawn(async move {
                use tokio::io::{AsyncReadExt, AsyncWriteExt};
                let mut stream = tokio::net::TcpStream::connect(&*address).await.unwrap();
                stream
                    .write_all(format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
                    .await
                    .unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
            });
        }
    }

    fn enter(&self, _: &str, _: &Url, _: Option<&Url>) {}
}

#[test]
fn a_login_takes_the_answer_with_its_state_alone() {
    let good = |state: &str| {
        vec![
            "/favicon.ico".to_owned(),
            "/callback?code=stolen&state=guessed".to_owned(),
            format!("/elsewhere?code=stolen&state={state}"),
            format!("/callback?code=the+code&state={state}"),
        ]
    };
    let refusal =
        |state: &str| vec![format!("/callback?error=access_denied&error_description=no&state={state}")];
    for (answers, expected) in
        [(good as fn(&str) -> Vec<String>, None), (refusal, Some("says `access_denied`: no"))]
    {
        let transport = ReplayTransport::script([granted("t0ken", Some(REFRESH)), Scripted::json("{}")]);
        let operation = leak(operation(Method::Get));
        let contract = leak(Contract { auth: Auth::OAuth2(code(0)), ..contract(operation) });
        let clock = ManualClock::default().with_real_timers();
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, [("email", ID), ("api_token", CANARY)]).unwrap())
            .clock(Arc::new(clock))
            .random(Seeded::new(1))
            .transport(transport.clone())
            .token_store(MemoryTokenStore::default())
            .build()
            .unwrap();
        let browser = Browser { answers, asked: Arc::default() };
        let result = run(async {
            client.login(&browser).await?;
            client.send(Request::new(operation)).await
        });
        if let Some(expected) = expected {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(expected) && transport.requests().is_empty(), "{error}");
            continue;
        }
        result.unwrap();
        let asked = browser.asked.lock().unwrap().clone().unwrap();
        let query: HashMap<String, String> = asked.query_pairs().into_owned().collect();
        assert_eq!(
            (
                &*query["response_type"],
                &*query["tenant"],
                &*query["prompt"],
                &*query["code_challenge_method"]
            ),
            ("code", "a", "consent", "S256")
        );
        let sent = form(&transport.requests()[0]);
        assert_eq!(
            (&*sent["grant_type"], &*sent["code"], &*sent["client_id"], &sent["redirect_uri"]),
            ("authorization_code", "the code", ID, &query["redirect_uri"])
        );
        assert!((43..=128).contains(&sent["code_verifier"].len()));
        assert!(is_good(&transport.requests()[1], "t0ken"));
    }
}

struct Device;

impl LoginPrompt for Device {
    fn open(&self, _: &Url) {}

    fn enter(&self, code: &str, url: &Url, _: Option<&Url>) {
        assert_eq!((code, url.as_str()), ("WDJB-MJHT", "https://example.com/device"));
    }
}

/// RFC 8628 3.2, 3.5.
#[test]
fn a_device_asks_at_the_pace_that_the_server_sets() {
    let begin = || {
        Scripted::json(
            r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device","expires_in":100,"interval":5}"#,
        )
    };
    let pending = || refused("authorization_pending");
    let denied = || refused("access_denied");
    /// Its name, the answers to the questions, the waits before them in seconds, and the error.
    type Case = (&'static str, Vec<Scripted>, &'static [u64], Option<&'static str>);
    let table: [Case; 5] = [
        ("consent", vec![pending(), granted("t0ken", None)], &[5, 5], None),
        ("slow down", vec![refused("slow_down"), pending(), granted("t0ken", None)], &[5, 10, 10], None),
        ("reset", vec![reset(), pending(), granted("t0ken", None)], &[5, 10, 10], None),
        ("refusal", vec![denied()], &[5], Some("refused in the browser")),
        (
            "nobody",
            vec![refused("slow_down"); 9],
            &[5, 10, 15, 20, 25, 30],
            Some("before anybody entered it"),
        ),
    ];
    for (name, answers, sleeps, expected) in table {
        let auth = oauth2(
            Grant::DeviceCode { device_authorization_url: "https://login.example.com/device" },
            ClientAuthentication::None,
        );
        let transport = ReplayTransport::script(std::iter::once(begin()).chain(answers));
        let (client, clock, _) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
        let result = run(client.login(&Device));
        let slept: Vec<u64> = clock.sleeps().iter().map(Duration::as_secs).collect();
        assert_eq!(slept, sleeps, "{name}: {result:?}");
        match (result, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(expected)) => assert!(error.to_string().contains(expected), "{name}: {error}"),
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}

#[test]
fn a_session_is_opened_renewed_and_ended() {
    let session = |token| Session {
        method: Method::Post,
        path: "/login",
        encoding: TokenEncoding::Json,
        fields: &[(&["user", "name"], "{email}"), (&["password"], "{api_token}")],
        headers: &[],
        token,
        lifetime_milliseconds: Some(60_000),
        placement: Placement { location: Location::Header, name: "x-session", prefix: "" },
        renewal: Renewal { at: 0.5, statuses: &[401, 403] },
        logout: Some((Method::Delete, "/login")),
    };
    let table = [
        (SessionToken::Body(&["data", "token"]), Scripted::json(r#"{"data":{"token":"s1"}}"#)),
        (SessionToken::Header("x-auth-token"), Scripted::status(204).header("x-auth-token", "s1")),
        (
            SessionToken::Cookie("sid"),
            Scripted::status(302)
                .header("set-cookie", "a=b")
                .header("set-cookie", "sid=s1; Path=/; HttpOnly"),
        ),
    ];
    for (token, answer) in table {
        let refused = AtomicBool::new(false);
        let transport = ReplayTransport::server(move |request| match request.url.path() {
            "/v1/login" => answer.clone(),
            _ if refused.swap(true, Ordering::SeqCst) => Scripted::json("{}"),
            _ => Scripted::status(403),
        });
        let (client, clock, operation) =
            client_of(Auth::Session(session(token)), &transport, MemoryTokenStore::default());
        run(async {
            client.send(Request::new(operation)).await.unwrap();
            clock.advance(Duration::from_secs(31));
            client.send(Request::new(operation)).await.unwrap();
            assert!(client.logout().await.unwrap() && !client.logout().await.unwrap(), "{token:?}");
        });
        let requests = transport.requests();
        let told: Vec<String> =
            requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect();
        let expected = [
            "POST /v1/login",
            "GET /v1/items",
            "POST /v1/login",
            "GET /v1/items",
            "POST /v1/login",
            "GET /v1/items",
            "DELETE /v1/login",
        ];
        assert_eq!(told, expected, "{token:?}");
        assert_eq!(
            body(&requests[0]),
            format!(r#"{{"password":"{CANARY}","user":{{"name":"{ID}"}}}}"#),
            "{token:?}"
        );
        for sent in [1, 3, 5, 6] {
            assert_eq!(header(&requests[sent], "x-session"), Some("s1"), "{token:?} {sent}");
        }
    }
}

#[test]
fn a_trial_reaches_no_real_authorisation_server() {
    let operation = leak(operation(Method::Get));
    let with = |token_url: &'static str| {
        leak(Contract { auth: Auth::OAuth2(OAuth2 { token_url, ..rotating() }), ..contract(operation) })
    };
    let table = [
        ("https://login.example.com/token", &[][..], Err("`token_url` is missing")),
        (
            "https://login.example.com/token",
            &[("token_url", "http://127.0.0.1:1/t")],
            Ok("http://127.0.0.1:1/t"),
        ),
        ("https://login.example.com/token", &[("token_url", "http://example.com/t")], Err("has to be https")),
        ("/oauth/token", &[], Ok("http://127.0.0.1:9/oauth/token")),
        ("https://api.example.com/oauth/token", &[], Ok("http://127.0.0.1:9/oauth/token")),
    ];
    for (url, values, expected) in table {
        let contract = with(url);
        let values =
            values.iter().copied().chain([("api_token", CANARY), ("base_url", "http://127.0.0.1:9/v1")]);
        let transport = ReplayTransport::script([granted("t0ken", None), Scripted::json("{}")]);
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, values).unwrap())
            .transport(transport.clone())
            .token_store(MemoryTokenStore::default())
            .build();
        match (client, expected) {
            (Ok(client), Ok(expected)) => {
                run(client.send(Request::new(operation))).unwrap();
                assert_eq!(transport.requests()[0].url.as_str(), expected, "{url}");
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{url}: {error}"),
            (client, _) => panic!("{url}: {client:?}"),
        }
    }
}
