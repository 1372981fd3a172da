//! OAuth 2 against a certified authorisation server that others wrote: every grant that it knows, a login by browser, and processes that
//! refresh a rotating token at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;
use std::path::Path;

use linchpin_runtime::contract::*;
use linchpin_runtime::url::Url;
use linchpin_runtime::{AuthProblem, Client, Config, ErrorKind, LoginPrompt, MemoryTokenStore, Request};
use linchpin_tests::program::{Ended, Program, lines, target, workspace};
use linchpin_tests::server::Server;
use linchpin_tests::shared::{self, skipped, told};
use linchpin_tests::wrapper::{Wrapper, connector, generate_from, timed};
use linchpin_tests::{person, process};
use serde_json::Value;

/// One server is in use at a time: its state folder is one.
const TEST: &str = "tokens_of_a_certified_server_are_got_kept_and_renewed";
const ITEMS: usize = 500;
/// Rounds of two processes whose tokens have both ended.
const ROUNDS: usize = 5;

#[test]
fn tokens_of_a_certified_server_are_got_kept_and_renewed() {
    let Some(servers) = shared::path("servers", TEST) else { return };
    let server = match Server::start(servers, "oidc", [""; 0]) {
        Ok(server) => server,
        Err(why) => return skipped(TEST, &format!("the server cannot be started: {why}")),
    };
    let base = server.value("BASE_URL");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        own_rights(base).await;
        devices(base).await;
    });
    logins(base);
}

const fn field(name: &'static str) -> ConfigField {
    ConfigField { name, description: "", secret: true, default: None, example: None }
}

const PARAMETERS: &[Parameter] = &[Parameter {
    name: "per_page",
    location: Location::Query,
    required: false,
    style: Style::Form,
    explode: true,
    allow_reserved: false,
    shape: Shape::Integer,
}];

static OPERATION: Operation = Operation {
    id: "listItems",
    method: Method::Get,
    path: "/api/items",
    tag: "items",
    parameters: PARAMETERS,
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
    idempotent: true,
    idempotency_key: None,
    security: Security::Required,
    paging: None,
    limits: &[],
};

/// A contract of the server's items with that grant, and a client of it.
fn client(
    base: &str,
    grant: Grant,
    id: &'static str,
    authentication: ClientAuthentication,
    secret: &str,
) -> (Client, &'static Contract) {
    let oauth2 = OAuth2 {
        token_url: "/token",
        client: OAuth2Client { id, authentication },
        grant,
        scopes: &["api:read"],
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
    let contract: &'static Contract = Box::leak(Box::new(Contract {
        name: "oidc-real",
        version: "1.0.0",
        title: "Items",
        description: "Items",
        config: const { &[field("secret")] },
        server: linchpin_runtime::contract::Server {
            url: "https://items.example.com",
            environments: &[],
            others: &[],
        },
        auth: Auth::OAuth2(oauth2),
        headers: &[],
        operations: Box::leak(Box::new([&OPERATION])),
        limits: &[],
        wait_sources: &[],
        correlation_header: Some("traceparent"),
        streams: &[],
    }));
    let config = Config::from_pairs(contract, [("base_url", base), ("secret", secret)]).unwrap();
    let client =
        Client::builder(contract).config(config).token_store(MemoryTokenStore::default()).build().unwrap();
    (client, contract)
}

async fn items(client: &Client) -> Result<usize, linchpin_runtime::Error> {
    let answer = client.send(Request::new(&OPERATION)).await?;
    let page: Value = serde_json::from_slice(&answer.body).unwrap();
    Ok(page["items"].as_array().unwrap().len())
}

/// The client's own right, by every way in which the server lets clients prove who they are.
async fn own_rights(base: &str) {
    let key = fs::read_to_string(target().join("servers/oidc/run/pkjwt-private.json"))
        .expect("the key of the client");
    let jwt = || ClientAuthentication::PrivateKeyJwt {
        key: "{secret}",
        algorithm: JwtAlgorithm::Es256,
        key_id: Some("k1"),
        audience: None,
    };
    let basic = || ClientAuthentication::Basic { secret: "{secret}" };
    let table = [
        ("cc", basic(), "cc-secret"),
        // Both parts hold what would end them if they were not form-encoded first.
        ("cc basic", basic(), "p@ss:w+rd %"),
        ("cc-post", ClientAuthentication::Post { secret: "{secret}" }, "cc:+/ &secret"),
        ("pkjwt", jwt(), key.as_str()),
    ];
    for (id, authentication, secret) in table {
        let (client, _) = client(base, Grant::ClientCredentials, id, authentication, secret);
        assert_eq!(items(&client).await.unwrap_or_else(|error| panic!("{id}: {error}")), 50, "{id}");
    }
    let (client, _) = client(base, Grant::ClientCredentials, "cc", basic(), "wr0ng");
    let error = items(&client).await.unwrap_err();
    let ErrorKind::Auth(AuthProblem::Refused { code, .. }) = error.kind() else { panic!("{error}") };
    assert!(code == "invalid_client" && !error.to_string().contains("wr0ng"), "{error}");
}

/// A person who enters the code on another device.
struct Device;

impl LoginPrompt for Device {
    fn open(&self, url: &Url) {
        panic!("a device has no browser for {url}");
    }

    fn enter(&self, _code: &str, _url: &Url, complete: Option<&Url>) {
        let url = complete.expect("the server gives an address with the code in it").clone();
        std::thread::spawn(move || person::consent(&url));
    }
}

async fn devices(base: &str) {
    let grant = Grant::DeviceCode { device_authorization_url: "/device/auth" };
    let (client, _) = client(base, grant, "native", ClientAuthentication::None, "unused");
    let error = items(&client).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::LoginRequired { .. })), "{error}");
    client.login(&Device).await.unwrap();
    assert_eq!(items(&client).await.unwrap(), 50);
}

/// The generated connector: `login`, `sync`, and two processes whose tokens have ended.
fn logins(base: &str) {
    let folder = workspace().join("tests/documents/oidc-real");
    let manifest = fs::read_to_string(folder.join("connector.yaml")).unwrap();
    let connector = connector(generate_from(&manifest, &folder.join("openapi.yaml")));
    let wrapper = Wrapper::new(&connector);
    let (program, seconds) = timed(|| wrapper.build("linchpin-oidc-real"));
    told(&format!("oidc-real: {} files, built in {seconds:.1} s", connector.files.len()));

    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| -> Ended { at(&program, home.path(), base, arguments).end() };
    let refused = run(&["check"]).with(2);
    assert!(refused.stderr.contains("linchpin-oidc-real login"), "it says what to run: {}", refused.stderr);

    let mut login = at(&program, home.path(), base, &["login"]).start();
    let mut said = lines(&mut login.0);
    let url = said.find_map(|line| line.trim().parse::<Url>().ok());
    let last = person::consent(&url.expect("the address to open"));
    assert_eq!(last.path(), "/callback", "the browser ends at this machine");
    assert!(process::wait(&mut login.0).success());
    assert_eq!(said.last().as_deref(), Some("ok: oidc-real has a token"));

    let tokens = home.path().join("oidc-real.tokens.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&tokens).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let synced = run(&["sync", "--store", "items.db", "--format", "json"]).with(0);
    assert_eq!(synced.json_lines()[0]["rows"], ITEMS);

    let mut refresh_tokens = vec![end(&tokens)];
    for round in 0..ROUNDS {
        let both: Vec<_> = (0..2)
            .map(|_| {
                let run = at(&program, home.path(), base, &["read", "items", "--limit", "1"]);
                std::thread::spawn(move || run.end())
            })
            .collect();
        for ended in both {
            let ended = ended.join().unwrap();
            assert_eq!(ended.with(0).stdout, "{\"id\":0}\n", "round {round}");
        }
        let refresh = end(&tokens);
        assert!(!refresh_tokens.contains(&refresh), "round {round}: the server rotates");
        refresh_tokens.push(refresh);
    }

    // A refresh token that was used before ends the whole login at this server; what is told says so.
    let old = refresh_tokens.first().unwrap();
    let text = fs::read_to_string(&tokens).unwrap().replace(refresh_tokens.last().unwrap(), old);
    fs::write(&tokens, text).unwrap();
    let refused = run(&["check"]).with(2);
    assert!(refused.stderr.contains("log in again") && !refused.stderr.contains(old), "{}", refused.stderr);
    run(&["logout"]).with(0);
    assert!(!fs::read_to_string(&tokens).unwrap().contains("access_token"));
}

fn at(program: &Program, folder: &Path, base: &str, arguments: &[&str]) -> linchpin_tests::program::Run {
    program.run(folder, arguments).env("OIDC_REAL_BASE_URL", base)
}

/// Lets the access token in the store end now, and gives the refresh token beside it.
fn end(tokens: &Path) -> String {
    let mut content: Value = serde_json::from_str(&fs::read_to_string(tokens).unwrap()).unwrap();
    let all = content["tokens"].as_object_mut().unwrap();
    assert_eq!(all.len(), 1);
    let token = all.values_mut().next().unwrap();
    token["expires_at"] = token["obtained_at"].clone();
    let refresh = token["refresh_token"].as_str().unwrap().to_owned();
    fs::write(tokens, content.to_string()).unwrap();
    refresh
}
