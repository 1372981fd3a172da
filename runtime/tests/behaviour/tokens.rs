//! Tokens: how they are asked for, renewed and kept, and what is told when that fails.

mod login;
mod logout;
mod renewal;

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
        revocation_url: None,
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

fn code(redirect_port: u16) -> OAuth2 {
    code_of(redirect_port, None)
}

fn code_of(redirect_port: u16, issuer: Option<&'static str>) -> OAuth2 {
    let grant = Grant::AuthorizationCode {
        authorization_url: "https://login.example.com/authorize?tenant=a",
        issuer,
        pkce: true,
        redirect_port,
        redirect_path: "/callback",
        parameters: &[("prompt", "consent")],
    };
    oauth2(grant, ClientAuthentication::None)
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
