//! The sandbox, asked by a client that knows nothing of it but the wire.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod budgets;
mod client;
mod contract;
mod jobs;
mod lists;
mod signing;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use client::{AUTH, at, get, parse, send, split, start, walk};
use contract::{CONTRACT, ITEM, UPLOAD};
use linchpin_runtime::contract::{Contract, ObjectShape, Operation, Shape};
use linchpin_runtime::sandbox::{Fault, Sandbox, SandboxError, SandboxOptions};
use linchpin_runtime::testing::ManualClock;
use linchpin_runtime::{Client, Config, Request, Upload};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// 2026-01-15T12:00:00Z, after all seeded records.
const NOW: i64 = 1_768_478_400;

fn options() -> (SandboxOptions, ManualClock) {
    let clock = ManualClock::new(jiff::Timestamp::from_second(NOW).unwrap());
    (SandboxOptions { clock: Arc::new(clock.clone()), ..SandboxOptions::default() }, clock)
}

async fn sandbox(change: impl FnOnce(&mut SandboxOptions)) -> (Sandbox, String, ManualClock) {
    let (mut options, clock) = options();
    change(&mut options);
    let sandbox = Sandbox::start(&CONTRACT, options).await.unwrap();
    let base = sandbox.base_url();
    (sandbox, base, clock)
}

fn ids(pages: &[Vec<Value>]) -> Vec<String> {
    pages.iter().flatten().map(|record| record["id"].to_string()).collect()
}

#[tokio::test]
async fn credentials_are_checked() {
    let (sandbox, base, _) = sandbox(|_| {}).await;
    let config = sandbox.config();
    let expected = [
        ("email", "me@example.com"),
        ("api_token", "sandbox-api_token"),
        ("subdomain", "sandbox-subdomain"),
        ("base_url", base.as_str()),
        ("files_base_url", &format!("http://{}/up", sandbox.address())),
    ];
    assert_eq!(config, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(base.ends_with("/api/v2"), "the path of the contract's server stays: {base}");
    for head in [&[][..], &["Authorization: Basic eDp5"], &["Authorization: Bearer sandbox-api_token"]] {
        let answer = send(&format!("{base}/items.json"), "GET", head, "").await.unwrap();
        assert_eq!(answer.status, 401, "with {head:?}");
        assert!(
            answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")),
            "{answer:?}"
        );
        let expected = json!({ "code": "unauthorized", "message": "the credentials are missing or wrong" });
        assert_eq!(answer.json(), expected, "the declared shape of that error");
    }
    let open = send(&format!("{base}/open"), "GET", &[], "").await.unwrap();
    assert_eq!(open.status, 200, "an operation that needs no credential");
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let (_sandbox, base, _) = sandbox(|_| {}).await;
    let table = [
        ("GET", "/nothing", "", 404),
        ("GET", "/items/999999.json", "", 404),
        ("GET", "/items/x.json", "", 404),
        ("PUT", "/items.json", "", 405),
        ("GET", "/items.json?limit=ten", "", 400),
        ("GET", "/items.json?after=garbage", "", 400),
        ("GET", "/items.json?since=yesterday", "", 400),
        ("GET", "/numbered?page=-1", "", 400),
        ("GET", "/things?starting_after=thing_9999999999", "", 400),
        ("POST", "/items.json", "", 400),
        ("POST", "/items.json", "{", 400),
        ("POST", "/items.json", "{\"item\":{}}", 400),
        ("DELETE", "/items/0.json", "", 404),
    ];
    for (method, path, body, status) in table {
        let answer = send(&format!("{base}{path}"), method, &[AUTH], body).await.unwrap();
        assert_eq!(answer.status, status, "{method} {path} {body}");
        assert!(answer.json()["error"]["message"].is_string(), "{method} {path} {body}: {:?}", answer.json());
    }
    let token = get(&format!("{base}/items.json?limit=10")).await.json()["meta"]["after"].clone();
    let other = format!("{base}/nested?after={}", token.as_str().unwrap());
    let answer = send(&other, "GET", &[AUTH], "").await.unwrap();
    assert_eq!(answer.status, 400, "a token of another operation");
}

#[tokio::test]
async fn a_connection_serves_many_requests_and_head_has_no_body() {
    let (_sandbox, base, _) = sandbox(|_| {}).await;
    let host = base.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = |method: &str, connection: &str| {
        format!("{method} /api/v2/open HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n\r\n")
    };
    let text = [head("GET", "keep-alive"), head("HEAD", "keep-alive"), head("GET", "close")].concat();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    assert_eq!(answers.matches("\"email\"").count(), 2, "{answers}");
}

#[tokio::test]
async fn records_are_created_changed_and_deleted() {
    let (sandbox, base, clock) = sandbox(|options| options.records = 10).await;
    let body = "{\"item\":{\"name\":\"Ada\",\"status\":\"brand_new\",\"id\":77,\"unheard\":1}}";
    let made = send(&format!("{base}/items.json"), "POST", &[AUTH], body).await.unwrap();
    assert_eq!(made.status, 201);
    let item = &made.json()["item"];
    assert_eq!(
        (&item["id"], &item["name"], &item["status"]),
        (&json!(11), &json!("Ada"), &json!("brand_new"))
    );
    assert_eq!((&item["created_at"], item.get("unheard")), (&json!("2026-01-15T12:00:00Z"), None));
    assert_eq!(&get(&format!("{base}/items/11.json")).await.json()["item"], item, "read back");

    clock.advance(Duration::from_millis(60_000));
    let before = get(&format!("{base}/items/3.json")).await.json()["item"].clone();
    let body = "{\"item\":{\"note\":null,\"name\":\"Bob\"}}";
    let changed = send(&format!("{base}/items/3.json"), "PATCH", &[AUTH], body).await.unwrap().json();
    let changed = &changed["item"];
    assert_eq!((&changed["name"], &changed["note"]), (&json!("Bob"), &Value::Null));
    assert_eq!(changed["updated_at"], "2026-01-15T12:01:00Z", "a change moves the cursor");
    assert_eq!((&changed["email"], &changed["pet"]), (&before["email"], &before["pet"]), "the rest stays");

    let gone = send(&format!("{base}/items/5.json"), "DELETE", &[AUTH], "").await.unwrap();
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    let gone = send(&format!("{base}/items/5.json"), "GET", &[AUTH], "").await.unwrap();
    assert_eq!(gone.status, 404);

    let items = walk(&base, &contract::LIST_ITEMS, "?limit=4").await;
    assert_eq!(ids(&items), ["1", "2", "4", "6", "7", "8", "9", "10", "11", "3"], "by their last change");
    let newer = walk(&base, &contract::LIST_ITEMS, "?limit=4&since=2026-01-01T00:00:00Z").await;
    assert_eq!(ids(&newer), ["11", "3"], "the delta");
    let numbered = walk(&base, &contract::LIST_NUMBERED, "?limit=4").await;
    assert_eq!(ids(&numbered), ["1", "2", "3", "4", "6", "7", "8", "9", "10", "11"], "by creation");
    assert_eq!(sandbox.count("items"), Some(10));
    assert_eq!(sandbox.record("items", 2).unwrap()["name"], "Bob");
    assert_eq!(sandbox.touch("items", 2), Some(2));
    assert_eq!(ids(&walk(&base, &contract::LIST_ITEMS, "?limit=9").await)[8..], ["1", "2"]);

    let thing = send(&format!("{base}/things/thing_0000000004"), "DELETE", &[AUTH], "").await.unwrap();
    assert_eq!(thing.json(), json!({ "id": "thing_0000000004", "deleted": true }));
}

#[tokio::test]
async fn an_idempotency_key_makes_one_record() {
    let (sandbox, base, _) = sandbox(|options| options.records = 0).await;
    let url = format!("{base}/things");
    let post = async |key: &str, body: &str| {
        let head =
            [AUTH, &format!("Idempotency-Key: {key}"), "Content-Type: application/x-www-form-urlencoded"];
        send(&url, "POST", &head, body).await.unwrap()
    };
    let first = post("k1", "email=a%40example.com&metadata[order]=7").await;
    let again = post("k1", "email=a%40example.com&metadata[order]=7").await;
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(
        (&first.json()["email"], &first.json()["metadata"]["order"]),
        (&json!("a@example.com"), &json!("7"))
    );
    assert_eq!(post("k1", "email=b%40example.com").await.status, 400, "the same key with another body");
    assert_eq!(post("k2", "email=b%40example.com").await.json()["id"], "thing_0000000002");
    assert_eq!(sandbox.count("things"), Some(2));
}

#[tokio::test]
async fn limits_are_kept_and_told() {
    let (_sandbox, base, clock) = sandbox(|_| {}).await;
    let url = format!("{base}/account");
    let told = |answer: &client::Answer| {
        ["x-limit", "x-remaining", "x-reset", "x-whole"]
            .map(|name| answer.header(name).unwrap_or("").to_owned())
    };
    let reset = (NOW + 10).to_string();
    assert_eq!(told(&get(&url).await), ["2", "1", &reset, "99"]);
    assert_eq!(told(&get(&url).await), ["2", "0", &reset, "98"]);
    clock.advance(Duration::from_millis(2_500));
    let spent = send(&url, "GET", &[AUTH], "").await.unwrap();
    assert_eq!((spent.status, spent.header("retry-after")), (429, Some("8")), "rounded up");
    assert_eq!(spent.header("x-wait"), Some("7500"), "the contract's own wait source, in its unit");
    assert_eq!(told(&spent), ["2", "0", &reset, "98"], "what is refused does not count");
    get(&format!("{base}/items.json")).await;
    clock.advance(Duration::from_millis(7_500));
    assert_eq!(told(&get(&url).await), ["2", "1", &(NOW + 20).to_string(), "97"]);

    let (_sandbox, base, _) = sandbox(|options| options.limits = false).await;
    for _ in 0..5 {
        assert_eq!(get(&format!("{base}/account")).await.header("x-limit"), None);
    }
}

#[tokio::test]
async fn faults_come_as_planned() {
    let plan = "429:2,503:3,html:5,empty:7,truncate:11,reset:13";
    let (sandbox, base, _) = sandbox(|options| options.faults = plan.parse().unwrap()).await;
    let url = format!("{base}/items.json");
    for number in 1..=13 {
        let answer = send(&url, "GET", &[AUTH], "").await;
        let shown = format!("request {number}: {answer:?}");
        match number {
            13 => assert!(answer.is_err(), "{shown}"),
            11 => {
                let answer = answer.unwrap();
                assert!(answer.status == 200 && !answer.is_whole() && !answer.body.is_empty(), "{shown}");
            }
            5 => {
                let answer = answer.unwrap();
                assert_eq!(
                    (answer.status, answer.header("content-type")),
                    (200, Some("text/html; charset=utf-8"))
                );
            }
            7 => {
                let answer = answer.unwrap();
                assert_eq!((answer.status, answer.body.len()), (200, 0), "{shown}");
            }
            _ if number % 2 == 0 => {
                let answer = answer.unwrap();
                assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")), "{shown}");
            }
            _ if number % 3 == 0 => {
                let answer = answer.unwrap();
                assert_eq!((answer.status, answer.header("retry-after")), (503, None), "{shown}");
            }
            _ => assert!(answer.unwrap().is_whole(), "{shown}"),
        }
    }
    let statistics = sandbox.statistics();
    assert_eq!(statistics.requests, 13);
    assert_eq!((statistics.faults[&Fault::Reset], statistics.faults[&Fault::Status(429)]), (1, 6));
    assert_eq!(
        (statistics.pages, statistics.records),
        (2, 60),
        "pages that were made: the first and the truncated"
    );
    let journal = sandbox.journal();
    let last = journal.last().unwrap();
    assert_eq!((last.number, last.status, last.fault), (13, None, Some(Fault::Reset)));
    assert_eq!((journal[0].operation, journal[0].status), (Some("items"), Some(200)));
}

#[tokio::test]
async fn a_stalled_answer_has_headers_and_no_body() {
    let (sandbox, base, _) = sandbox(|options| options.faults = "stall:1".parse().unwrap()).await;
    let mut stream = start(&format!("{base}/items.json"), "GET", &[AUTH], "").await.unwrap();
    let mut bytes = Vec::new();
    while split(&bytes).is_none() {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "the headers come");
    }
    sandbox.stop().await;
    let _ = stream.read_to_end(&mut bytes).await;
    let (head, body) = split(&bytes).unwrap();
    let answer = parse(head, body);
    assert_eq!((answer.status, answer.body.len(), answer.is_whole()), (200, 0, false));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let mut bodies = Vec::new();
    for seed in [1, 1, 2] {
        let (_sandbox, base, _) = sandbox(|options| options.seed = seed).await;
        bodies.push(get(&format!("{base}/offsets")).await.body);
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_ne!(bodies[0], bodies[2]);
}

#[tokio::test]
async fn ten_million_records_cost_nothing() {
    const MANY: u64 = 10_000_000;
    let (sandbox, base, _) = sandbox(|options| options.records = MANY).await;
    let last = get(&format!("{base}/numbered?limit=100&page=100000")).await.json();
    assert_eq!((&last["total"], &last["items"][99]["id"]), (&json!(MANY), &json!(MANY)));
    let since = last["items"][99]["updated_at"].as_str().unwrap();
    let newest = walk(&base, &contract::LIST_ITEMS, &format!("?limit=100&since={since}")).await;
    assert_eq!(ids(&newest).last(), Some(&MANY.to_string()));
    assert_eq!(sandbox.record("items", MANY / 2).unwrap()["id"], MANY / 2 + 1);
}

#[tokio::test]
async fn records_fit_their_shape_and_are_plausible() {
    let (_sandbox, base, _) = sandbox(|options| options.records = 200).await;
    let items = walk(&base, &contract::LIST_OFFSETS, "?limit=100").await.concat();
    for item in &items {
        fits(&Shape::Object(&ITEM), item, "");
        if let Some(email) = item.get("email") {
            assert!(email.as_str().unwrap().ends_with("@example.com"), "{email}");
        }
    }
    let some = |test: &dyn Fn(&Value) -> bool| items.iter().any(test) && !items.iter().all(test);
    for status in contract::STATUS.values {
        assert!(some(&|item| item["status"] == *status), "status {status} comes");
    }
    for kind in ["cat", "dog", "hound"] {
        assert!(some(&|item| item["pet"]["kind"] == kind), "variant {kind} comes");
    }
    assert!(some(&|item| item["note"].is_null()), "what may be null is, at times");
    assert!(some(&|item| item.get("email").is_none()), "what may be absent is, at times");
    assert!(items.iter().all(|item| item.get("token").is_none()), "what is only written never comes");
}

fn fits(shape: &Shape, value: &Value, place: &str) {
    let object = |object: &ObjectShape| {
        for (key, value) in value.as_object().unwrap_or_else(|| panic!("{place}: {value}")) {
            let field = object.fields.iter().find(|field| field.name == key);
            fits(&field.unwrap_or_else(|| panic!("{place}: {key}")).shape, value, &format!("{place}/{key}"));
        }
        let missing = object.fields.iter().find(|field| field.has(1) && value.get(field.name).is_none());
        assert!(missing.is_none(), "{place}: no {missing:?}");
    };
    match shape {
        Shape::Nullable(inner) if !value.is_null() => fits(inner, value, place),
        Shape::Object(shape) => object(shape),
        Shape::Array(item) => value.as_array().unwrap().iter().for_each(|value| fits(item, value, place)),
        Shape::Map(item) => value.as_object().unwrap().values().for_each(|value| fits(item, value, place)),
        Shape::Integer => assert!(value.is_i64(), "{place}: {value}"),
        Shape::String("date-time") => {
            assert!(value.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{place}: {value}");
        }
        Shape::String(_) | Shape::Enum(_) => assert!(value.is_string(), "{place}: {value}"),
        _ => {}
    }
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let (running, ..) = sandbox(|_| {}).await;
    let (mut options, _) = options();
    options.port = running.address().port();
    let error = Sandbox::start(&CONTRACT, options).await.unwrap_err().to_string();
    assert!(error.contains(&format!("127.0.0.1:{}", running.address().port())), "{error}");
    running.stop().await;
}

#[tokio::test]
async fn unknown_credentials_are_an_error_and_given_ones_count() {
    let (mut options, _) = options();
    options.credentials = vec![("api_tokn".into(), "x".into())];
    let error = Sandbox::start(&CONTRACT, options.clone()).await.unwrap_err();
    assert!(
        matches!(error, SandboxError::Credentials(_)) && error.to_string().contains("api_tokn"),
        "{error}"
    );
    options.credentials = vec![("api_token".into(), "mine".into())];
    let sandbox = Sandbox::start(&CONTRACT, options).await.unwrap();
    assert!(sandbox.config().contains(&("api_token".into(), "mine".into())));
    let answer = send(&format!("{}/links", sandbox.base_url()), "GET", &[AUTH], "").await.unwrap();
    assert_eq!(answer.status, 401, "the usual token");
}

#[tokio::test]
async fn every_kind_of_credential_is_checked() {
    use linchpin_runtime::contract::{ApiKey, Auth, KeyPlace};
    let key = |place, name| {
        let key = ApiKey { place, name, value: "Token token={api_token}" };
        Auth::ApiKeys(Box::leak(Box::new([key])))
    };
    let table: [(Auth, &[&str], &str, &str); 4] = [
        (Auth::Bearer { token: "{api_token}" }, &["Authorization: bearer sandbox-api_token"], "", "Bearer"),
        (key(KeyPlace::Header, "X-Key"), &["x-key: Token token=sandbox-api_token"], "", "ApiKey"),
        (key(KeyPlace::Query, "key"), &[], "&key=Token+token%3Dsandbox-api_token", "ApiKey"),
        (key(KeyPlace::Cookie, "key"), &["Cookie: a=b; key=Token token=sandbox-api_token"], "", "ApiKey"),
    ];
    for (auth, head, query, challenge) in table {
        let shown = format!("{auth:?}");
        let contract: &'static Contract = Box::leak(Box::new(Contract { auth, ..copy(&CONTRACT) }));
        let sandbox = Sandbox::start(contract, options().0).await.unwrap();
        let url = format!("{}/links?limit=10", sandbox.base_url());
        let right = send(&format!("{url}{query}"), "GET", head, "").await.unwrap();
        assert_eq!(right.status, 200, "{shown}");
        let link = right.header("link").unwrap();
        assert!(!link.contains("sandbox-api_token"), "links hold no credential: {link}");
        let wrong =
            send(&url, "GET", &["X-Key: x", "Cookie: key=x", "Authorization: Bearer x"], "").await.unwrap();
        assert_eq!(wrong.status, 401, "{shown}");
        assert!(wrong.header("www-authenticate").unwrap().starts_with(challenge), "{shown}");
        assert!(at(&wrong.json(), &["error", "message"]).is_string());
    }
}

/// Over a real connection: pieces of a file and of readers, with a length and without.
#[tokio::test]
async fn uploads_arrive_as_they_were_sent() {
    let (sandbox, _, clock) = sandbox(|_| {}).await;
    let config = Config::from_pairs(&CONTRACT, sandbox.config()).unwrap();
    let client =
        Client::builder(&CONTRACT).config(config).clock(Arc::new(clock.with_real_timers())).build().unwrap();
    let bytes: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a\"b.bin");
    std::fs::write(&path, &bytes).unwrap();
    let reader = |length| Upload::reader(std::io::Cursor::new(bytes.clone()), length);
    let uploads = [
        (Upload::from(bytes.clone()), true),
        (Upload::file(&path), true),
        (reader(Some(3_000_000)), true),
        (reader(None), false),
    ];
    for (upload, known) in uploads {
        let mut request = Request::with_other_body(&UPLOAD, 0);
        request.upload(&upload).unwrap();
        client.send(request).await.unwrap();
        let mut request = Request::new(&UPLOAD);
        let again =
            if known && !format!("{upload:?}").contains("reader") { upload.clone() } else { reader(None) };
        request.part(0, "a\r\n--b").unwrap().file(1, &again).unwrap();
        request.part(2, &json!({"k": "v"})).unwrap();
        client.send(request).await.unwrap();
        let journal = sandbox.journal();
        let [.., whole, parts] = journal.as_slice() else { panic!("{upload:?}: two requests") };
        let header =
            |name: &str| whole.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        assert_eq!(header("content-length").is_some(), known, "{upload:?}");
        assert_eq!(header("transfer-encoding").is_some(), !known, "{upload:?}");
        assert!(whole.path == "/up/uploads" && whole.body == bytes, "{upload:?}: {} bytes", whole.body.len());
        let held = parts.body.windows(bytes.len()).any(|window| window == bytes.as_slice());
        assert!(held, "{upload:?}: {} bytes in parts", parts.body.len());
    }
    let mut request = Request::new(&UPLOAD);
    request.file(1, &Upload::from("x")).unwrap().part(0, &None::<&str>).unwrap();
    let error = client.send(request).await.unwrap_err();
    assert!(error.to_string().contains("`note`"), "{error}");
    let body = "--B\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--B--\r\n";
    let head = [AUTH, "Content-Type: multipart/form-data; boundary=B"];
    let answer =
        send(&format!("http://{}/up/uploads", sandbox.address()), "POST", &head, body).await.unwrap();
    assert_eq!(answer.status, 400, "a file is missing: {}", String::from_utf8_lossy(&answer.body));
}

fn copy(contract: &Contract) -> Contract {
    Contract {
        correlation_header: None,
        name: contract.name,
        version: contract.version,
        title: contract.title,
        description: contract.description,
        config: contract.config,
        server: linchpin_runtime::contract::Server {
            url: contract.server.url,
            environments: &[],
            others: contract.server.others,
        },
        auth: linchpin_runtime::contract::Auth::None,
        headers: contract.headers,
        operations: contract.operations,
        limits: contract.limits,
        wait_sources: contract.wait_sources,
        errors: contract.errors,
        streams: contract.streams,
    }
}
