//! The vendor's own document against a server that others wrote: customers are created through the typed API, read back, and synced; then the
//! same through a proxy on which requests and answers get lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use linchpin_tests::program::{Program, Run, workspace};
use linchpin_tests::proxy::{Fault, Proxy, met, now_and_then};
use linchpin_tests::server::Server;
use linchpin_tests::shared::{self, skipped, told};
use linchpin_tests::table;
use linchpin_tests::wrapper::{Wrapper, connector, generate_from, timed};
use serde_json::{Value, json};

/// All that a network does to requests and answers.
const FAULTS: &[Fault] = &[
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::Truncate,
    Fault::Stall,
    Fault::Silence,
    Fault::Delay,
    Fault::Answer(503, &[]),
];

const TEST: &str = "customers_go_into_a_server_of_others_and_come_back_into_a_table";

#[test]
fn customers_go_into_a_server_of_others_and_come_back_into_a_table() {
    let Some(document) = shared::path("specs/stripe.new.yaml", TEST) else { return };
    let Some(servers) = shared::path("servers", TEST) else { return };
    let folder = workspace().join("tests/documents/stripe-real");
    let connector =
        connector(generate_from(&fs::read_to_string(folder.join("connector.yaml")).unwrap(), &document));
    assert_eq!((connector.operations, connector.streams), (10, 2));
    let main = fs::read_to_string(folder.join("drive.rs")).unwrap();
    let dependencies =
        "serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let wrapper = Wrapper::new(&connector).with_program(&connector, &main, dependencies);
    let wrapper = wrapper.with_module("faults", &fs::read_to_string(folder.join("faults.rs")).unwrap());
    let (program, seconds) = timed(|| wrapper.build("drive-stripe-real"));
    told(&format!("stripe-real: {} files, built in {seconds:.1} s", connector.files.len()));

    let emulator = match Server::start(servers, "localstripe", &[""; 0]) {
        Ok(emulator) => emulator,
        Err(why) => return skipped(TEST, &format!("the emulator cannot be started: {why}")),
    };
    // The document's paths begin with the version that the emulator counts as part of its base URL.
    let base_url = emulator.value("BASE_URL").trim_end_matches("/v1");
    let store = tempfile::tempdir().unwrap();
    let token = emulator.value("TOKEN");
    let (facts, seconds) = timed(|| facts(program.run(store.path(), ["stripe.db"]), base_url, token));
    told(&format!("stripe-real: driven in {seconds:.1} s"));

    assert_wire(&facts["wire"]);
    assert_eq!(facts["create"], json!({ "customers": 500 }));
    assert_eq!(facts["product"], json!({ "name": "Widget" }));
    assert_eq!(facts["read"], json!({ "customers": 500, "distinct": 500, "all": true }));
    let counts = |step: &str, stream: &str| {
        let report = &facts[step][stream];
        ["records", "new", "changed", "rows"].map(|name| report[name].as_u64().unwrap())
    };
    assert_eq!(counts("sync", "customers"), [500, 500, 0, 500]);
    assert_eq!(counts("sync", "products"), [1, 1, 0, 1]);
    assert_eq!(counts("delta", "customers"), [520, 20, 0, 520]);
    assert_eq!(counts("again", "customers"), [520, 0, 0, 520]);

    let rows = table::records(&store.path().join("stripe.db"), "customers");
    let emails: BTreeSet<&str> = rows.values().map(|record| record["email"].as_str().unwrap()).collect();
    let expected: BTreeSet<String> = (0..520).map(|number| format!("customer{number}@example.org")).collect();
    assert!(emails.iter().copied().eq(expected.iter().map(String::as_str)), "{emails:?}");
    assert!(rows.iter().all(|(key, record)| record["id"] == key.as_str()), "the key is the record's id");

    written_through_faults(&program, base_url, token);
    for seed in 0..4 {
        synced_through_faults(&program, base_url, token, seed);
    }
}

fn facts(run: Run, base_url: &str, token: &str) -> BTreeMap<String, Value> {
    let run = run.env("STRIPE_REAL_BASE_URL", base_url).env("STRIPE_REAL_SECRET_KEY", token);
    let lines = run.end().with(0).json_lines().into_iter();
    lines.map(|line| (line["step"].as_str().unwrap().to_owned(), line["facts"].clone())).collect()
}

/// Each customer is made once, or the client says that it does not know. The emulator takes an idempotency key and does not heed it, so the
/// proxy does what the vendor's servers do: a key that was answered before gets that answer again.
fn written_through_faults(program: &Program, direct: &str, token: &str) {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::start_with_keys(direct, "Idempotency-Key", now_and_then(3, 3, FAULTS));
    let facts = facts(program.run(folder.path(), ["write", "stripe.db", direct]), &proxy.url(direct), token);
    let (seen, source) = (proxy.seen(), facts["source"].as_array().unwrap());
    let outcomes = facts["outcomes"].as_object().unwrap();
    assert_eq!(outcomes.len(), 60);
    let mut unknown = 0;
    for (email, outcome) in outcomes {
        let there: Vec<&Value> = source
            .iter()
            .filter(|record| record["email"] == email.as_str())
            .map(|record| &record["id"])
            .collect();
        match outcome.as_str().unwrap() {
            "unknown" => {
                unknown += 1;
                assert!(there.len() <= 1, "{email} is there as {there:?}");
            }
            "not sent" => assert!(there.is_empty(), "{email} is there as {there:?}"),
            _ => assert_eq!(there, [outcome], "{email}"),
        }
    }
    // One body a key, one key a body: whatever came twice was the same call.
    let mut calls: BTreeMap<&str, BTreeSet<&[u8]>> = BTreeMap::new();
    for seen in &seen {
        let key = seen.request.header("idempotency-key").expect("a key on each creation");
        calls.entry(key).or_default().insert(&seen.request.body);
    }
    assert!(calls.values().all(|bodies| bodies.len() == 1), "a key stands for one body");
    assert_eq!(calls.values().flatten().collect::<BTreeSet<_>>().len(), calls.len(), "a body has one key");
    let lost = seen.iter().filter(|seen| seen.is_lost()).count();
    assert!(lost > 0 && seen.len() > calls.len(), "no answer was lost");
    told(&format!(
        "stripe-real: {} customers made by {} requests over {:?}, {lost} answers lost, {unknown} told as unknown",
        calls.len(),
        seen.len(),
        met(&seen)
    ));
}

/// Whatever is lost on the way, the table holds each of the source's records once, as the source has it.
fn synced_through_faults(program: &Program, direct: &str, token: &str, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::start(direct, now_and_then(seed, 2, FAULTS));
    let facts = facts(program.run(folder.path(), ["sync", "stripe.db", direct]), &proxy.url(direct), token);
    let met = met(&proxy.seen());
    assert!(facts.contains_key("sync"), "seed {seed}: {met:?}: {facts:?}");
    let rows = table::records(&folder.path().join("stripe.db"), "customers");
    let source = facts["source"].as_array().unwrap();
    let by_id = source.iter().map(|record| (record["id"].as_str().unwrap().to_owned(), record.clone()));
    assert_eq!(rows, by_id.collect(), "seed {seed}: {met:?}");
    assert_eq!(rows.len(), source.len(), "seed {seed}: none twice");
    told(&format!(
        "stripe-real: {} rows synced over {met:?}; failed: {}",
        rows.len(),
        facts["sync"]["failed"]
    ));
}

/// Bodies are forms, each call has a key of its own, and an attempt of the same call has the same key.
fn assert_wire(sent: &Value) {
    let sent = sent.as_array().unwrap();
    assert_eq!(sent.len(), 3, "one call of two attempts, one of one: {sent:#?}");
    for request in sent {
        assert_eq!(request["url"], "https://api.stripe.com/v1/customers");
        assert_eq!(request["type"], "application/x-www-form-urlencoded");
    }
    let body = "description=Customer+%26+co%2C+number+1&email=customer1%40example.org&metadata%5Bnumber%5D=1";
    let normal =
        |text: &Value| text.as_str().unwrap().replace("%20", "+").replace('[', "%5B").replace(']', "%5D");
    assert_eq!(normal(&sent[0]["body"]), body);
    let keys: Vec<&str> = sent.iter().map(|request| request["key"].as_str().unwrap_or("")).collect();
    assert!(keys[0].len() >= 16, "{keys:?}");
    assert_eq!(keys[0], keys[1], "an attempt repeats the call's key");
    assert_ne!(keys[0], keys[2], "another call has another key");
}
