//! Secrets stay out of whatever a connector shows. A server that echoes everything it is sent, and fails in every way, is called with a secret
//! in each place where one can be; then all that came out is searched for it: log lines at TRACE, those of other crates among them, errors,
//! `Debug`, metrics, what a collector is sent, and the standard streams of a connector's program.
//!
//! It is a program of its own, without the test harness: it installs the subscriber and the recorder of a process, and is the connector whose
//! standard streams are read, too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod connector;
mod server;

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use linchpin_runtime::contract::Auth;
use linchpin_runtime::observe::logs::{self, Format, Levels};
use linchpin_runtime::observe::otlp::Otlp;
use linchpin_runtime::observe::{AttemptEvent, Fanout, Observer, Shield, prometheus};
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted, Seeded};
use linchpin_runtime::{Client, Config, Error, Request, RequestBuilder};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use connector::{AUTHS, Authorise, GET, GRANTS, NEXT, POST, contract};

/// Of the configuration. Its middle is the same in every percent-encoding.
const SECRET: &str = "c4nary+s3cretcore/value==";
const MIDDLE: &str = "s3cretcore";
/// Of a request's body.
const PASSWORD: &str = "pa55+wordcore/\"value";
const PASSWORD_MIDDLE: &str = "wordcore";
/// Of the tokens that the server gives.
const TOKEN_MIDDLES: [&str; 2] = ["acc3sscore", "refre5hcore"];
/// Says that this process is to be the connector, and by its number which way to authorise it has.
const CHILD: &str = "LINCHPIN_CANARY_CHILD";

fn main() -> ExitCode {
    if let Ok(number) = std::env::var(CHILD) {
        let (_, auth) = AUTHS[number.parse::<usize>().unwrap()];
        return linchpin_runtime::cli::main(connector::leak(contract(auth())));
    }
    // Clients keep tokens in the current folder unless told otherwise, as they do here.
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let shown = runtime.block_on(everything());
    let mut leaks = Vec::new();
    for (place, text) in &shown {
        if std::env::var_os("CANARY_SHOW").is_some() {
            println!("{place}: {text}\n");
        }
        for needle in needles() {
            if let Some(at) = text.find(&needle) {
                let from = text[..at].char_indices().rev().nth(300).map_or(0, |(at, _)| at);
                leaks.push(format!("{place} holds {needle}:\n  {}", &text[from..at + needle.len()]));
            }
        }
    }
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    ExitCode::SUCCESS
}

/// What may stand nowhere: the secrets in every form that has their middle, and in base64, whatever stands before them.
fn needles() -> Vec<String> {
    let mut needles = Vec::new();
    for middle in [MIDDLE, PASSWORD_MIDDLE].into_iter().chain(TOKEN_MIDDLES) {
        needles.push(middle.to_owned());
        for before in ["", "x", "xx"] {
            // The digits at the seams also depend on what is beside them.
            let digits = STANDARD.encode(format!("{before}{middle}")).replace('=', "");
            let first = if before.is_empty() { 0 } else { 4 };
            needles.push(digits[first..digits.len() - 4].to_owned());
        }
    }
    // The head of a JWT that is signed by HS256.
    needles.push("eyJhbGciOiJIUzI1NiI".to_owned());
    needles
}

/// Collects what is written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    fn writer(&self) -> impl Fn() -> Box<dyn Write> + Send + Sync + 'static {
        let paper = self.clone();
        move || Box::new(paper.clone())
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

type Shown = Vec<(String, String)>;

async fn everything() -> Shown {
    let server = server::start();
    let collector = server::start();
    let base = format!("http://127.0.0.1:{}", server.port);
    let (own, text, json, everybody) =
        (Paper::default(), Paper::default(), Paper::default(), Paper::default());
    let shield = Shield::default();
    let trace = || "trace".parse::<Levels>().unwrap();
    let ours = "off,linchpin=trace".parse().unwrap();
    // What a program with a subscriber of its own gets of ours, and what a collector gets, are looked at without the shield: nothing may
    // depend on it.
    let otlp =
        Otlp::new(&contract(Auth::None), &format!("http://127.0.0.1:{}", collector.port), Shield::default())
            .unwrap();
    let raw = tracing_subscriber::fmt::layer().with_ansi(false).with_writer({
        let paper = everybody.clone();
        move || paper.clone()
    });
    let subscriber = Registry::default().with(vec![
        logs::layer(Format::Text, ours, Shield::default(), own.writer()),
        logs::layer(Format::Text, trace(), shield.clone(), text.writer()),
        logs::layer(Format::Json, trace(), shield.clone(), json.writer()),
        otlp.layer(),
        raw.boxed(),
    ]);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let (recorder, handle) = prometheus::recorder().unwrap();
    metrics::set_global_recorder(Fanout::new(vec![Box::new(recorder), Box::new(otlp.recorder())]))
        .map_err(|_| "a recorder")
        .unwrap();

    let mut shown = Shown::new();
    for (name, auth) in &AUTHS {
        calls(name, *auth, &base, &shield, &mut shown).await;
    }
    tokens(&base, &shield, &mut shown).await;
    other_failures(server.port, &shield, &mut shown).await;
    panics(&shield, &mut shown).await;

    let address = prometheus::serve("127.0.0.1:0".parse().unwrap(), handle).await.unwrap();
    let metrics = server::get(address, "/metrics");
    assert!(metrics.contains("linchpin_requests_total{"), "{metrics}");
    shown.push(("the Prometheus endpoint".to_owned(), metrics));
    tokio::task::spawn_blocking(move || otlp.shutdown()).await.unwrap().unwrap();
    let sent = collector.seen();
    for expected in ["/v1/traces", "/v1/metrics", "linchpin_requests_total", "http.response.status_code"] {
        assert!(sent.contains(expected), "the collector got no {expected}");
    }
    shown.push(("what the collector got".to_owned(), sent));
    for (name, paper, expected) in [
        ("own spans and events", &own, "attempt failed"),
        ("the log", &text, "attempt failed"),
        ("the log as JSON", &json, r#""message":"attempt failed""#),
    ] {
        assert!(paper.text().contains(expected), "{name} is empty");
        shown.push((name.to_owned(), paper.text()));
    }
    told_by_others(&everybody.text());
    programs(&base, collector.port, &mut shown);
    // The secrets did go where they belong, and came back into what is shown; without that nothing is shown by their absence.
    for (place, hidden) in [
        ("bearer: /400", "authorization: Bearer ***"),
        ("basic: /400", "authorization: Basic ***"),
        ("the query: /400", "key=***"),
        ("bearer: POST /400", "\\\"password\\\":\\\"***\\\""),
        ("bearer: POST /422", "password=***"),
        ("a JWT: /400", "authorization: Bearer ***"),
        ("SigV4: /400", "x-amz-security-token: ***"),
        ("client credentials, basic: /400", "authorization: Bearer ***"),
        ("a session: /400", "authorization: Bearer ***"),
        ("token endpoint /400, 0", "***"),
        ("a refresh token: logout", "/400 did not end the token"),
        ("a JWT: [\"check\"] Some(\"json\")", "\"level\""),
        ("a session: [\"check\"] Some(\"json\")", "\"level\""),
    ] {
        let told: Vec<&str> =
            shown.iter().filter(|(name, _)| name == place).map(|(_, text)| text.as_str()).collect();
        assert!(told.iter().any(|text| text.contains(hidden)), "{place} echoes no secret: {told:#?}");
    }
    for middle in [MIDDLE, PASSWORD_MIDDLE, TOKEN_MIDDLES[0]] {
        assert!(server.seen().contains(middle), "{middle} was not sent");
    }
    shown
}

/// Every way to ask for a token, every way in which its endpoint fails.
async fn tokens(base: &str, shield: &Shield, shown: &mut Shown) {
    let failures = [
        "/400", "/401", "/403", "/429", "/500", "/503", "/away", "/typed", "/broken", "/html", "/short",
        "/reset", "/nowhere",
    ];
    for endpoint in failures {
        for way in 0..GRANTS {
            let client = built(connector::oauth2(endpoint, way), base, None).build().unwrap();
            shield.hide(&client);
            let error = client.send(Request::new(GET[0])).await.unwrap_err();
            shown.push((format!("token endpoint {endpoint}, {way}"), format!("{} {client:?}", told(&error))));
        }
    }
}

/// Every way to authorise, every way to fail.
async fn calls(name: &str, auth: Authorise, base: &str, shield: &Shield, shown: &mut Shown) {
    let client = client(auth, base, None);
    shield.hide(&client);
    shown.push((format!("{name}: Debug of client and config"), format!("{client:?} {:?}", client.config())));
    for operation in &GET {
        let place = format!("{name}: {}", operation.path);
        let request = Request::new(operation);
        shown.push((place.clone(), format!("{request:?}")));
        let result = client.send(request.clone()).await;
        let (result, typed) = match result {
            Ok(response) => {
                let typed = client.json_call::<Vec<u64>>(RequestBuilder::new(operation)).await;
                (Ok(format!("{response:?}")), typed.map(|numbers| format!("{numbers:?}")))
            }
            Err(error) => (Err(error), Ok(String::new())),
        };
        for result in [result, typed] {
            shown.push((place.clone(), result.unwrap_or_else(|error| told(&error))));
        }
    }
    for operation in &POST {
        let mut request = Request::new(operation);
        request.body(&serde_json::json!({"name": "Ada", "password": PASSWORD})).unwrap();
        let place = format!("{name}: POST {}", operation.path);
        shown.push((place.clone(), format!("{request:?}")));
        let result = client.send(request).await.map(|response| format!("{response:?}"));
        shown.push((place, result.unwrap_or_else(|error| told(&error))));
    }
    for operation in &NEXT {
        let mut pages = client.pages(Request::new(operation));
        for _ in 0..3 {
            let place = format!("{name}: a page of {}", operation.path);
            let page = pages.next().await;
            shown.push((place, page.map_or_else(|error| told(&error), |page| format!("{page:?} {pages:?}"))));
        }
    }
    let ended = client.logout().await;
    shown.push((
        format!("{name}: logout"),
        ended.map_or_else(|error| told(&error), |ended| ended.to_string()),
    ));
}

/// Where no server answers: a closed port, one that speaks no TLS, silence.
async fn other_failures(port: u16, shield: &Shield, shown: &mut Shown) {
    let silence = ReplayTransport::script((0..20).map(|_| Scripted::silence()));
    for (place, base, transport) in [
        ("a closed port", "http://127.0.0.1:1".to_owned(), None),
        ("no TLS", format!("https://127.0.0.1:{port}"), None),
        ("silence", "http://127.0.0.1:1".to_owned(), Some(silence)),
    ] {
        for (name, auth) in &AUTHS {
            let client = client(*auth, &base, transport.clone());
            shield.hide(&client);
            let error = client.send(Request::new(GET[0])).await.unwrap_err();
            shown.push((format!("{name}: {place}"), told(&error)));
        }
    }
}

/// A callback that panics with all that it was told.
async fn panics(shield: &Shield, shown: &mut Shown) {
    struct Loud;
    impl Observer for Loud {
        fn attempt(&self, event: &AttemptEvent<'_>) {
            panic!("{event:?} {}", event.error.map(ToString::to_string).unwrap_or_default());
        }
    }
    let said = Paper::default();
    let before = std::panic::take_hook();
    let mut paper = said.clone();
    let hear = Mutex::new(move |text: String| paper.write_all(text.as_bytes()));
    std::panic::set_hook(Box::new(move |panic| (hear.lock().unwrap())(panic.to_string()).unwrap()));
    // Those with a token get as far as its endpoint, which gives none.
    for (_, auth) in AUTHS.iter().filter(|(_, auth)| !auth().has_tokens()) {
        let echo = ReplayTransport::server(|request| {
            Scripted::status(400).body(format!("{} {:?}", request.url, request.headers))
        });
        let client =
            built(auth(), "http://127.0.0.1:1", Some(echo)).observer(Arc::new(Loud)).build().unwrap();
        shield.hide(&client);
        let panicked = AssertUnwindSafe(client.send(Request::new(GET[0]))).catch_unwind().await;
        assert!(panicked.is_err());
    }
    std::panic::set_hook(before);
    assert!(said.text().contains("AttemptEvent"), "{}", said.text());
    shown.push(("a panic of a callback".to_owned(), said.text()));
}

/// The connector's own program, told to say all that it can: every command and format with a token that is configured, the loudest of them
/// with every other way to authorise.
fn programs(base: &str, collector: u16, shown: &mut Shown) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("records.db");
    let store = store.to_str().unwrap();
    let collector = format!("http://127.0.0.1:{collector}");
    let watched = ["--log-level", "trace", "--metrics", "127.0.0.1:0", "--otlp", &collector];
    let commands: [&[&str]; 5] = [
        &["check"],
        &["read", "things"],
        &["sync", "--store", store],
        &["sync", "--store", store, "--format", "json"],
        &["logout"],
    ];
    for (number, (name, auth)) in AUTHS.iter().enumerate() {
        let is_first = *name == "bearer";
        for (command, format) in commands
            .into_iter()
            .flat_map(|command| [None, Some("text"), Some("json")].map(|format| (command, format)))
        {
            // Without tokens there is no such command.
            let has_command = command != ["logout"] || auth().has_tokens();
            let is_loud = ["check", "logout"].contains(&command[0]) && format == Some("json");
            if !has_command || !(is_first || is_loud) {
                continue;
            }
            let mut program = Command::new(std::env::current_exe().unwrap());
            program.args(command).env_clear().env(CHILD, number.to_string()).current_dir(folder.path());
            program.env("ECHO_API_TOKEN", SECRET).env("ECHO_ORGANISATION", SECRET).env("ECHO_BASE_URL", base);
            if let Some(format) = format {
                program.args(["--log", format]).args(watched);
            }
            let output = program.output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert!(!err.is_empty() || !out.is_empty(), "{name}: {command:?} {format:?}: {out} {err}");
            if format == Some("json") {
                for line in err.lines() {
                    assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "no JSON: {line}");
                }
            }
            shown.push((format!("{name}: {command:?} {format:?}"), format!("{out}\n{err}")));
        }
    }
}

/// Which other crates log, and which of them what they must not: [`logs::WIRE`] has to name those.
fn told_by_others(text: &str) {
    let mut targets = std::collections::BTreeMap::<&str, bool>::new();
    for line in text.lines() {
        let target = line.split(": ").find(|part| part.contains("::") && !part.contains(' '));
        let Some(target) = target else { continue };
        let leaks = needles().iter().any(|needle| line.contains(needle.as_str()));
        *targets.entry(target.split("::").next().unwrap_or(target)).or_default() |= leaks;
    }
    println!("other crates log, and show secrets: {targets:?}");
    for (target, leaks) in targets {
        assert!(!leaks || logs::WIRE.contains(&target), "{target} logs secrets");
    }
}

/// All that an error says, to people and to those who debug.
fn told(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

fn client(auth: Authorise, base: &str, transport: Option<ReplayTransport>) -> Client {
    built(auth(), base, transport).build().unwrap()
}

fn built(auth: Auth, base: &str, transport: Option<ReplayTransport>) -> linchpin_runtime::ClientBuilder {
    let contract = connector::leak(contract(auth));
    let values = [("api_token", SECRET), ("organisation", SECRET), ("base_url", base)];
    let config = Config::from_pairs(contract, values).unwrap();
    let clock = ManualClock::default();
    let clock = if transport.is_some() { clock } else { clock.with_real_timers() };
    let builder = Client::builder(contract).config(config).clock(Arc::new(clock)).random(Seeded::new(1));
    match transport {
        Some(transport) => builder.transport(transport),
        None => builder,
    }
}
