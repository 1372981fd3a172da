//! A server that others wrote, through the Swagger 2.0 document that it serves of itself: its records are listed page by page, created, read
//! back, changed where nobody else did, and synced; then the same through a proxy on which requests and answers get lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use linchpin_tests::program::{Program, Run, workspace};
use linchpin_tests::proxy::{Fault, Proxy, Seen, met, now_and_then};
use linchpin_tests::server::Server;
use linchpin_tests::shared::{self, skipped, told};
use linchpin_tests::table;
use linchpin_tests::wrapper::{Wrapper, connector, generate_in, timed};
use serde_json::{Value, json};

const TEST: &str = "records_of_a_live_document_are_listed_and_created";
const SEEDED: usize = 500;

/// All that a network does to requests and answers.
const FAULTS: &[Fault] = &[
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::Truncate,
    Fault::Stall,
    Fault::Silence,
    Fault::Delay,
    Fault::Answer(503, &[("Retry-After", "3")]),
];

/// What a program told, by step.
type Facts = BTreeMap<String, Value>;

/// One server for all of it: two of them would share the folder of its state.
#[test]
fn records_of_a_live_document_are_listed_and_created() {
    let Some(servers) = shared::path("servers", TEST) else { return };
    let seed = servers.join("kinto/seed.py");
    let server = match Server::start(servers, "kinto", &[""; 0]) {
        Ok(server) => server,
        Err(why) => return skipped(TEST, &format!("the server cannot be started: {why}")),
    };
    let live = tempfile::tempdir().unwrap();
    let document = live.path().join("kinto.json");
    succeed(Command::new("curl").arg("-sSf").arg("-o").arg(&document).arg(server.value("SPEC_URL")));
    let (base_url, token) = (server.value("BASE_URL"), server.value("TOKEN"));
    succeed(Command::new("python3").arg(seed).args([base_url, token, &SEEDED.to_string()]));

    let folder = workspace().join("tests/documents/kinto-real");
    let connector = connector(generate_in(&folder, &document));
    assert_eq!((connector.operations, connector.streams), (9, 1));
    let scene = Scene { program: build(&folder, &connector), server };
    scene.undisturbed();
    for seed in 0..6 {
        scene.synced_through_faults(seed);
    }
    scene.written_through_faults();
    scene.deleted_through_faults();
    scene.waits_are_obeyed();
}

struct Scene {
    program: Program,
    server: Server,
}

impl Scene {
    fn run(&self, run: Run, base_url: &str) -> Facts {
        let (username, password) = self.server.value("TOKEN").split_once(':').unwrap();
        let run = run
            .env("KINTO_REAL_BASE_URL", base_url)
            .env("KINTO_REAL_USERNAME", username)
            .env("KINTO_REAL_PASSWORD", password);
        let lines = run.end().with(0).json_lines().into_iter();
        lines.map(|line| (line["step"].as_str().unwrap().to_owned(), line["facts"].clone())).collect()
    }

    /// Drives a phase through a proxy.
    fn through(&self, proxy: &Proxy, phase: &str, folder: &Path) -> Facts {
        let direct = self.server.value("BASE_URL");
        self.run(self.program.run(folder, [phase, "kinto.db", direct]), &proxy.url(direct))
    }

    fn undisturbed(&self) {
        let folder = tempfile::tempdir().unwrap();
        let facts = self.run(self.program.run(folder.path(), ["kinto.db"]), self.server.value("BASE_URL"));
        // The server serves 100 records a page, and names the next page until there is none.
        assert_eq!(facts["list"], json!({ "records": SEEDED, "distinct": SEEDED, "pages": SEEDED / 100 }));
        assert_eq!(facts["create"], json!({ "read": ["Added 0", "Added 1", "Added 2"] }));
        assert_eq!(
            facts["since"],
            json!(true),
            "what came since the newest seeded record is what was created"
        );
        assert_eq!(facts["stale"], json!({ "status": 412, "errno": 114 }));
        assert_eq!(facts["fresh"], json!({ "same": true, "later": true, "name": "Replaced" }));
        let counts = |step: &str| ["new", "changed", "rows"].map(|name| facts[step][name].as_u64().unwrap());
        assert_eq!(counts("sync"), [500, 0, 500]);
        assert_eq!(counts("delta"), [3, 0, 503]);
        let rows = table::records(&folder.path().join("kinto.db"), "contacts");
        assert_eq!(rows["c-00007"]["email"], "c7@example.org");
        assert!(rows.iter().all(|(key, record)| record["id"] == key.as_str()), "the key is the record's id");
    }

    /// Whatever is lost on the way, the table holds each of the source's records once, as the source has it.
    fn synced_through_faults(&self, seed: u64) {
        let proxy = Proxy::start(self.server.value("BASE_URL"), now_and_then(seed, 2, FAULTS));
        let folder = tempfile::tempdir().unwrap();
        let facts = self.through(&proxy, "sync", folder.path());
        let met = met(&proxy.seen());
        assert!(facts["sync"]["report"].is_object(), "seed {seed}: {met:?}: {}", facts["sync"]);
        let rows = table::records(&folder.path().join("kinto.db"), "contacts");
        assert_eq!(json!(rows), facts["source"], "seed {seed}: {met:?}");
        assert_eq!(rows.len(), SEEDED + 3, "seed {seed}");
        let failed = facts["sync"]["failed"].as_array().unwrap().len();
        told(&format!("kinto-real: synced over {met:?}; {failed} runs failed before one did not"));
    }

    /// Each write is done once, or the client says that it does not know; what is done on a condition can be looked for.
    fn written_through_faults(&self) {
        let proxy = Proxy::start(self.server.value("BASE_URL"), now_and_then(11, 3, FAULTS));
        let folder = tempfile::tempdir().unwrap();
        let facts = self.through(&proxy, "write", folder.path());
        let (seen, source) = (proxy.seen(), facts["source"].as_object().unwrap());
        let outcomes = facts["outcomes"].as_object().unwrap();
        let mut counted: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for (name, outcome) in outcomes {
            let outcome = outcome.as_str().unwrap();
            let there = source.values().filter(|record| record["name"] == name.as_str()).count();
            let done = done(&seen, name);
            let kind = name.split('-').next().unwrap();
            let told = match outcome {
                "done" | "found" => done == 1,
                "unknown" => kind == "post" && done <= 1,
                "not sent" => done == 0,
                refused => refused.starts_with("refused") && kind == "post" && done == 0,
            };
            assert!(told && there == done, "{name}: {outcome}, done {done} times, there {there} times");
            *counted.entry((kind, outcome)).or_default() += 1;
        }
        told(&format!("kinto-real: written over {:?}: {counted:?}", met(&seen)));
        assert_eq!(outcomes.len(), 90);
        let named = |kinds: &[(&str, &str)]| kinds.iter().filter_map(|kind| counted.get(kind)).sum::<u32>();
        assert!(named(&[("post", "unknown")]) > 0, "no answer to a creation was lost: {counted:?}");
        assert!(named(&[("put", "found"), ("changed", "found")]) > 0, "no answer to a change was lost");
        assert_eq!(
            source.len(),
            SEEDED + 3 + 30 + named(&[("post", "done")]) as usize + {
                let unknown = outcomes.iter().filter(|(_, outcome)| *outcome == "unknown");
                unknown.map(|(name, _)| done(&seen, name)).sum::<usize>()
            }
        );
    }

    /// A deletion whose answer is lost is asked for again; a 404 to that is told as what it is: nobody knows who deleted it.
    fn deleted_through_faults(&self) {
        let proxy = Proxy::start(self.server.value("BASE_URL"), now_and_then(5, 3, FAULTS));
        let folder = tempfile::tempdir().unwrap();
        let facts = self.through(&proxy, "delete", folder.path());
        let (seen, source) = (proxy.seen(), facts["source"].as_object().unwrap());
        let outcomes = facts["outcomes"].as_object().unwrap();
        let lost: BTreeSet<&str> =
            seen.iter().filter(|seen| seen.is_lost()).map(|seen| seen.request.target()).collect();
        for (id, outcome) in outcomes {
            let is_lost = lost.iter().any(|target| target.ends_with(id.as_str()));
            assert!(outcome == "unknown" || outcome == "done" && !is_lost, "{id}: {outcome}, lost {is_lost}");
            assert!(!source.contains_key(id), "{id} is there still");
        }
        let unknown = outcomes.values().filter(|outcome| *outcome == "unknown").count();
        told(&format!(
            "kinto-real: {} deleted over {:?}, {unknown} told as unknown",
            outcomes.len(),
            met(&seen)
        ));
        assert!(unknown > 0, "no answer to a deletion was lost: {outcomes:?}");
    }

    /// The server sends these headers when it is busy, which it is not here: the proxy sends them in its place.
    fn waits_are_obeyed(&self) {
        let direct = self.server.value("BASE_URL");
        let folder = tempfile::tempdir().unwrap();
        let ask = |plan: fn(u64) -> Option<Fault>| {
            let proxy = Proxy::start(direct, Box::new(move |number, _| plan(number)));
            let facts = self.through(&proxy, "wait", folder.path());
            let pages = facts["source"].as_object().unwrap().len().div_ceil(100);
            (facts["wait"].clone(), facts["source"].as_object().unwrap().len(), proxy.seen().len(), pages)
        };
        let (wait, records, requests, pages) = ask(|number| match number {
            2 => Some(Fault::Header("Backoff", "30")),
            4 => Some(Fault::Answer(503, &[("Retry-After", "7")])),
            _ => None,
        });
        assert_eq!((&wait["records"], requests), (&json!(records), pages + 1), "{wait}");
        let sleeps: Vec<f64> = wait["sleeps"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        let is_near =
            |expected: f64| sleeps.iter().any(|sleep| (expected * 0.99..=expected * 1.11).contains(sleep));
        assert!(is_near(30.0) && is_near(7.0) && sleeps.len() == 2, "{sleeps:?}");

        // What is longer than a call may wait is not waited for, but told with its end.
        let (wait, _, requests, _) = ask(|number| (number == 2).then_some(Fault::Header("Backoff", "3600")));
        let parked = wait["parked"].as_str().unwrap_or_default();
        assert!(parked.contains("`Backoff`") && parked.contains("go on at"), "{wait}");
        assert_eq!(
            (requests, &wait["sleeps"]),
            (2, &json!([])),
            "nothing is sent to a server that asks for that"
        );
    }
}

/// How often the server did what a request with that name in its body asks for.
fn done(seen: &[Seen], name: &str) -> usize {
    let asks = |seen: &&Seen| {
        let body: Value = serde_json::from_slice(&seen.request.body).unwrap_or_default();
        body["data"]["name"] == name
    };
    seen.iter().filter(asks).filter(|seen| matches!(seen.status, Some(200 | 201))).count()
}

fn build(folder: &Path, connector: &linchpin_codegen::generate::Connector) -> Program {
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let dependencies =
        "serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let wrapper = Wrapper::new(connector).with_program(connector, &text("drive.rs"), dependencies);
    let wrapper = wrapper.with_module("faults", &text("faults.rs"));
    let (program, seconds) = timed(|| wrapper.build("drive-kinto-real"));
    told(&format!("kinto-real: {} files, built in {seconds:.1} s", connector.files.len()));
    program
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
