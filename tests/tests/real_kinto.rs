//! A server that others wrote, through the Swagger 2.0 document that it serves of itself: its records are listed page by page, created, read
//! back, changed where nobody else did, and synced.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use linchpin_tests::program::workspace;
use linchpin_tests::server::Server;
use linchpin_tests::shared::{self, skipped, told};
use linchpin_tests::table;
use linchpin_tests::wrapper::{Wrapper, connector, generate_in, timed};
use serde_json::{Value, json};

const TEST: &str = "records_of_a_live_document_are_listed_and_created";
const SEEDED: usize = 500;

#[test]
fn records_of_a_live_document_are_listed_and_created() {
    let Some(servers) = shared::path("servers", TEST) else { return };
    let seed = servers.join("kinto/seed.py");
    let server = match Server::start(servers, "kinto", [""; 0]) {
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
    let program = build(&folder, &connector);

    let store = tempfile::tempdir().unwrap();
    let (username, password) = token.split_once(':').unwrap();
    let run = program
        .run(store.path(), ["kinto.db"])
        .env("KINTO_REAL_BASE_URL", base_url)
        .env("KINTO_REAL_USERNAME", username)
        .env("KINTO_REAL_PASSWORD", password);
    let facts: BTreeMap<String, Value> = run
        .end()
        .with(0)
        .json_lines()
        .into_iter()
        .map(|line| (line["step"].as_str().unwrap().to_owned(), line["facts"].clone()))
        .collect();

    // The server serves 100 records a page, and names the next page until there is none.
    assert_eq!(facts["list"], json!({ "records": SEEDED, "distinct": SEEDED, "pages": SEEDED / 100 }));
    assert_eq!(facts["create"], json!({ "read": ["Added 0", "Added 1", "Added 2"] }));
    assert_eq!(facts["since"], json!(true), "what came since the newest seeded record is what was created");
    assert_eq!(facts["stale"], json!({ "status": 412, "errno": 114 }));
    assert_eq!(facts["fresh"], json!({ "same": true, "later": true, "name": "Replaced" }));
    let counts = |step: &str| ["new", "changed", "rows"].map(|name| facts[step][name].as_u64().unwrap());
    assert_eq!(counts("sync"), [500, 0, 500]);
    assert_eq!(counts("delta"), [3, 0, 503]);
    let rows = table::records(&store.path().join("kinto.db"), "contacts");
    assert_eq!(rows["c-00007"]["email"], "c7@example.org");
    assert!(rows.iter().all(|(key, record)| record["id"] == key.as_str()), "the key is the record's id");
}

fn build(
    folder: &Path,
    connector: &linchpin_codegen::generate::Connector,
) -> linchpin_tests::program::Program {
    let main = fs::read_to_string(folder.join("drive.rs")).unwrap();
    let dependencies =
        "serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let wrapper = Wrapper::new(connector).with_program(connector, &main, dependencies);
    let (program, seconds) = timed(|| wrapper.build("drive-kinto-real"));
    told(&format!("kinto-real: {} files, built in {seconds:.1} s", connector.files.len()));
    program
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
