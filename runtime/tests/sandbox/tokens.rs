//! The authorisation server of a sandbox: whatever grant a contract has, its client gets tokens there, and loses and renews them.

use std::sync::Arc;
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::sandbox::{FaultPlan, Sandbox};
use linchpin_runtime::testing::ManualClock;
use linchpin_runtime::url::Url;
use linchpin_runtime::{
    AuthProblem, Client, Config, Error, ErrorKind, LoginPrompt, MemoryTokenStore, Request,
};

use crate::contract::CONTRACT;
use crate::{copy, options};

const fn field(name: &'static str, secret: bool) -> ConfigField {
    ConfigField { name, description: "", secret, default: None, example: None }
}

const FIELDS: &[ConfigField] =
    &[field("subdomain", false), field("id", false), field("key", true), field("word", true)];

fn oauth2(grant: Grant, authentication: ClientAuthentication) -> OAuth2 {
    OAuth2 {
        token_url: "https://login.example.com/token",
        revocation_url: Some("https://login.example.com/revoke"),
        client: OAuth2Client { id: "{id}", authentication },
        grant,
        scopes: &["read"],
        scope_separator: " ",
        request: TokenRequest { encoding: TokenEncoding::Form, parameters: &[], headers: &[] },
        response: TokenResponse {
            access_token: &["data", "token"],
            refresh_token: &["data", "next"],
            expiry: &["ends"],
            expiry_unit: ExpiryUnit::EpochMilliseconds,
            lifetime_milliseconds: None,
            base_url: None,
        },
        placement: Placement { location: Location::Header, name: "authorization", prefix: "Bearer " },
        renewal: Renewal { at: 0.75, statuses: &[401] },
    }
}

const JWT: ClientAuthentication = ClientAuthentication::PrivateKeyJwt {
    key: "{key}",
    algorithm: JwtAlgorithm::Es256,
    key_id: None,
    audience: None,
};

const CODE: Grant = Grant::AuthorizationCode {
    authorization_url: "https://login.example.com/authorize",
    issuer: Some("https://login.example.com"),
    pkce: true,
    redirect_port: 0,
    redirect_path: "/back",
    parameters: &[],
};

fn rotating() -> Auth {
    Auth::OAuth2(oauth2(
        Grant::RefreshToken { token: "{word}" },
        ClientAuthentication::Basic { secret: "{key}" },
    ))
}

fn session(token: SessionToken) -> Auth {
    Auth::Session(Session {
        method: Method::Post,
        path: "/session",
        encoding: TokenEncoding::Form,
        fields: &[(&["user"], "{id}"), (&["password"], "{word}")],
        headers: &[],
        token,
        lifetime_milliseconds: None,
        placement: Placement { location: Location::Cookie, name: "sid", prefix: "" },
        renewal: Renewal { at: 0.75, statuses: &[401] },
        logout: Some((Method::Delete, "/session")),
    })
}

/// A person who consents at once, by going where the sandbox sends a browser.
struct Consenting;

impl LoginPrompt for Consenting {
    fn open(&self, url: &Url) {
        let url = url.clone();
        tokio::spawn(async move {
            let answer = crate::send(url.as_str(), "GET", &[], "").await.unwrap();
            assert_eq!(answer.status, 302, "{answer:?}");
            crate::send(answer.header("location").unwrap(), "GET", &[], "").await.unwrap();
        });
    }

    fn enter(&self, _: &str, _: &Url, _: Option<&Url>) {}
}

struct Tried {
    sandbox: Sandbox,
    client: Client,
    clock: ManualClock,
}

impl Tried {
    async fn new(auth: Auth, faults: &str) -> Self {
        let contract: &'static Contract =
            Box::leak(Box::new(Contract { auth, config: FIELDS, ..copy(&CONTRACT) }));
        let (mut options, clock) = options();
        options.faults = faults.parse::<FaultPlan>().unwrap();
        // Many pages, so that there is a middle.
        options.records = 3000;
        let sandbox = Sandbox::start(contract, options).await.unwrap();
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, sandbox.config()).unwrap())
            .clock(Arc::new(clock.clone().with_real_timers()))
            .token_store(MemoryTokenStore::default())
            .build()
            .unwrap();
        Self { sandbox, client, clock }
    }

    async fn page(&self) -> Result<(), Error> {
        let list = self.client.contract().operation("links").unwrap();
        self.client.pages(Request::new(list)).next().await.map(|_| ())
    }
}

#[tokio::test]
async fn each_grant_and_each_proof_is_played() {
    let jwt = Grant::JwtBearer(JwtAssertion {
        key: "{key}",
        algorithm: JwtAlgorithm::Rs256,
        key_id: None,
        issuer: "{id}",
        subject: None,
        audience: None,
        lifetime_seconds: 60,
        claims: &[],
    });
    let exchange =
        Grant::TokenExchange { subject_token: "{word}", subject_token_type: "urn:x", actor_token: None };
    let device = Grant::DeviceCode { device_authorization_url: "https://login.example.com/device" };
    let table = [
        (
            "basic",
            Auth::OAuth2(oauth2(Grant::ClientCredentials, ClientAuthentication::Basic { secret: "{key}" })),
        ),
        (
            "post",
            Auth::OAuth2(oauth2(Grant::ClientCredentials, ClientAuthentication::Post { secret: "{key}" })),
        ),
        ("jwt", Auth::OAuth2(oauth2(Grant::ClientCredentials, JWT))),
        (
            "password",
            Auth::OAuth2(oauth2(
                Grant::Password { username: "{id}", password: "{word}" },
                ClientAuthentication::None,
            )),
        ),
        ("refresh", rotating()),
        ("jwt bearer", Auth::OAuth2(oauth2(jwt, ClientAuthentication::None))),
        ("exchange", Auth::OAuth2(oauth2(exchange, ClientAuthentication::None))),
        ("code", Auth::OAuth2(oauth2(CODE, ClientAuthentication::None))),
        ("device", Auth::OAuth2(oauth2(device, ClientAuthentication::None))),
        ("session by body", session(SessionToken::Body(&["a", "b"]))),
        ("session by header", session(SessionToken::Header("x-token"))),
        ("session by cookie", session(SessionToken::Cookie("sid"))),
    ];
    for (name, auth) in table {
        let tried = Tried::new(auth, "").await;
        tried.client.login(&Consenting).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        tried.page().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let asked = tried.sandbox.asked_for_tokens();
        // Revoked midway, and ended by time.
        for step in ["revoked", "ended"] {
            match step {
                "revoked" => tried.sandbox.revoke_tokens(),
                _ => tried.clock.advance(Duration::from_secs(4000)),
            }
            tried.page().await.unwrap_or_else(|error| panic!("{name}, {step}: {error}"));
        }
        assert_eq!(tried.sandbox.asked_for_tokens(), asked + 2, "{name}");
        assert!(tried.client.logout().await.unwrap_or_else(|error| panic!("{name}: {error}")), "{name}");
        // What needs a person has nothing left to ask with.
        let after = tried.page().await;
        assert_eq!(after.is_err(), matches!(name, "code" | "device" | "refresh"), "{name}: {after:?}");
    }
}

#[tokio::test]
async fn faults_of_the_plan_end_tokens_and_lose_answers() {
    // Every other request ends all tokens; each call renews once, and that is enough.
    let tried = Tried::new(session(SessionToken::Header("x-token")), "revoke:4").await;
    for number in 0..6 {
        tried.page().await.unwrap_or_else(|error| panic!("{number}: {error}"));
    }
    assert!(tried.sandbox.asked_for_tokens() > 1);

    let tried = Tried::new(rotating(), "lost-token:2").await;
    tried.page().await.unwrap();
    tried.sandbox.revoke_tokens();
    let error = tried.page().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::AnswerLost { .. })), "{error}");
}

/// A login that is lost midway: the run ends red with a typed reason and keeps its checkpoint; after another login the next one goes on.
#[cfg(feature = "store")]
#[tokio::test]
async fn a_sync_whose_login_is_lost_goes_on_after_another_one() {
    use linchpin_runtime::sandbox::Fault;
    use linchpin_runtime::store::Store;
    use linchpin_runtime::sync::Sync;

    let tried =
        Tried::new(Auth::OAuth2(oauth2(CODE, ClientAuthentication::None)), "revoke:7,lost-token:4").await;
    let contract = tried.client.contract();
    let stream = contract.stream("items").unwrap();
    let store = Store::in_memory(contract).unwrap();
    // Whichever request is in need of a token when its answer is lost, the run has to end; how it ends depends on which.
    let answers_lost =
        || tried.sandbox.statistics().faults.get(&Fault::LostToken).copied().unwrap_or_default();
    let (mut lost, mut rows) = (0, vec![0]);
    for _ in 0..100 {
        let before = answers_lost();
        match Sync::new(&tried.client, &store).stream(stream.name).run().await {
            Ok(report) => {
                assert_eq!(Some(report.rows), tried.sandbox.count(stream.name), "every record, once");
                assert!(
                    lost > 0 && rows.is_sorted() && rows.last() > Some(&0),
                    "{lost} logins lost: {rows:?}"
                );
                return;
            }
            Err(error) => {
                let reason = error.call().map(Error::kind);
                let was_lost = answers_lost() > before;
                match reason {
                    Some(ErrorKind::Auth(AuthProblem::AnswerLost { .. })) if was_lost => lost += 1,
                    // A request beside this one was told that the answer was lost.
                    Some(ErrorKind::Auth(AuthProblem::LoginRequired { .. })) if was_lost => lost += 1,
                    Some(ErrorKind::Auth(AuthProblem::LoginRequired { .. })) if rows.len() == 1 => {}
                    // A second refusal within one call is told as such.
                    Some(ErrorKind::Unauthorised { .. }) => {}
                    _ => panic!("{error}"),
                }
                rows.push(store.count(stream).unwrap());
                // The answer to a login may be lost as well; then it is done again.
                while tried.client.login(&Consenting).await.is_err() {}
            }
        }
    }
    panic!("it does not come to an end: {rows:?}");
}
