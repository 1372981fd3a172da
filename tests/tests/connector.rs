//! A connector's program, as a user runs it, against its own sandbox: outputs, exit codes, and what is left on disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use linchpin_runtime::contract::Partition;
use linchpin_runtime::store::Store;
use linchpin_runtime::sync::{Sync, SyncError};
use linchpin_runtime::{Client, ErrorKind, Timeouts};
use linchpin_tests::lab::Lab;
use linchpin_tests::process;
use linchpin_tests::program::{Ended, Program, lines};
use linchpin_tests::table;
use linchpin_zendesk::CONTRACT;
use serde_json::Value;

/// A run of the connector in the lab's folder, with the lab's configuration.
fn run(lab: &Lab, arguments: &[&str]) -> Ended {
    Program::zendesk().run(lab.folder(), arguments).config("ZENDESK", &lab.config()).end()
}

fn streams() -> Vec<&'static str> {
    CONTRACT.streams.iter().map(|stream| stream.name).collect()
}

/// Whether a stream is read by the records of another one.
fn has_parent(name: &str) -> bool {
    let slices = CONTRACT.stream(name).and_then(|stream| stream.slices.as_ref());
    slices.is_some_and(|slices| matches!(slices.partition, Partition::Parent(_)))
}

/// The lines of standard error that tell of an error.
fn errors(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().filter(|line| line.starts_with("error:")).collect()
}

#[test]
fn check_tells_that_all_is_well() {
    let lab = Lab::new(&CONTRACT, 5, "");
    let ended = run(&lab, &["check"]).with(0);
    assert!(ended.stdout.starts_with("ok: zendesk answers"), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
}

#[test]
fn discover_gives_schemas_that_the_records_keep() {
    let lab = Lab::new(&CONTRACT, 60, "");
    let catalogue: Value = serde_json::from_str(&run(&lab, &["discover"]).with(0).stdout).unwrap();
    let described = catalogue["streams"].as_array().unwrap();
    let names: Vec<&str> = described.iter().map(|stream| stream["name"].as_str().unwrap()).collect();
    assert_eq!(names, streams());
    for stream in described {
        let (name, schema) = (stream["name"].as_str().unwrap(), &stream["schema"]);
        assert!(jsonschema::meta::is_valid(schema), "{name}: {schema:#}");
        let validator = jsonschema::validator_for(schema).unwrap();
        for record in lab.source(name) {
            let errors: Vec<String> = validator
                .iter_errors(&record)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:#?} in {record:#}");
        }
        // The schema says something: a record without its key does not keep it.
        let mut broken = lab.source(name).remove(0);
        broken.as_object_mut().unwrap().remove("id");
        assert!(!validator.is_valid(&broken), "{name}: {schema:#}");
    }
    assert_eq!(lab.sandbox().statistics().requests, 0, "nothing has to be asked for that");
    let shown = run(&lab, &["discover", "--format", "table"]).with(0).stdout;
    assert!(names.iter().all(|name| shown.contains(name)), "{shown}");
}

#[test]
fn read_prints_records_as_they_came() {
    let lab = Lab::new(&CONTRACT, 250, "");
    for name in streams() {
        let all = lab.source(name);
        assert_eq!(run(&lab, &["read", name]).with(0).json_lines(), all, "{name}");
        assert_eq!(run(&lab, &["read", name, "--limit", "107"]).with(0).json_lines(), all[..107], "{name}");
    }
}

#[test]
fn sync_fills_the_store_and_then_reads_the_delta() {
    let lab = Lab::new(&CONTRACT, 250, "429:7,503:11,reset:13,truncate:17");
    let store = lab.path("zendesk.db");
    let sync = ["sync", "--store", "zendesk.db", "--format", "json"];
    let reports = run(&lab, &sync).with(0).json_lines();
    let reported: Vec<&str> = reports.iter().map(|report| report["stream"].as_str().unwrap()).collect();
    // Parents come first; else the manifest's order stays.
    let mut order = streams();
    order.sort_by_key(|name| has_parent(name));
    assert_eq!(reported, order);
    for report in &reports {
        assert_eq!(
            (&report["status"], &report["new"], &report["rows"]),
            (&"ok".into(), &250.into(), &250.into()),
            "{report}"
        );
        table::assert_same(&lab, &store, report["stream"].as_str().unwrap());
    }
    lab.later();
    lab.sandbox().grow("tickets", 20);
    lab.sandbox().touch("tickets", 5);
    let reports = run(&lab, &sync).with(0).json_lines();
    let tickets = &reports[0];
    assert_eq!((&tickets["new"], &tickets["changed"]), (&20.into(), &5.into()), "{tickets}");
    assert!(tickets["records"].as_u64().unwrap() < 40, "only what is new is read: {tickets}");
    streams().iter().for_each(|stream| table::assert_same(&lab, &store, stream));

    let table = run(&lab, &["sync", "--store", "zendesk.db"]).with(0).stdout;
    assert!(table.lines().any(|line| line.starts_with("tickets") && line.contains("270")), "{table}");
}

#[test]
fn a_wrong_token_is_one_clear_line_and_leaves_the_store_untouched() {
    let lab = Lab::new(&CONTRACT, 20, "");
    let wrong = lab.config_but("api_token", "not-the-token");
    let run_wrong =
        |arguments: &[&str]| Program::zendesk().run(lab.folder(), arguments).config("ZENDESK", &wrong).end();
    let sync = ["sync", "--store", "zendesk.db"];
    for arguments in [&["check"][..], &["read", "tickets"], &sync] {
        let ended = run_wrong(arguments).with(2);
        let errors = errors(&ended);
        assert_eq!(errors.len(), 1, "{arguments:?}: {}", ended.stderr);
        for part in ["401", "api_token"] {
            assert!(errors[0].contains(part), "{arguments:?}: {part} is not in {}", errors[0]);
        }
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
    assert_eq!(fs::read_dir(lab.folder()).unwrap().count(), 0, "no store was made");

    let _ = run(&lab, &sync).with(0);
    let before = contents(lab.folder());
    let _ = run_wrong(&sync).with(2);
    assert_eq!(contents(lab.folder()), before, "the store is as it was");
}

/// Every file of a folder but the lock, which says no more than who used it last.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| !name.ends_with(".lock"))
        .collect();
    files.sort();
    files
}

#[test]
fn what_is_missing_is_named_as_the_user_has_to_set_it() {
    let lab = Lab::new(&CONTRACT, 5, "");
    for (name, variable) in [("email", "ZENDESK_EMAIL"), ("api_token", "ZENDESK_API_TOKEN")] {
        let config: Vec<_> = lab.config().into_iter().filter(|(known, _)| known != name).collect();
        for arguments in [&["check"][..], &["read", "tickets"], &["sync", "--store", "zendesk.db"]] {
            let ended =
                Program::zendesk().run(lab.folder(), arguments).config("ZENDESK", &config).end().with(2);
            let errors = errors(&ended);
            assert!(errors.len() == 1 && errors[0].contains(variable), "{arguments:?}: {}", ended.stderr);
        }
    }
    // Without a base URL of its own the host's name has to be known.
    let config: Vec<_> =
        lab.config().into_iter().filter(|(known, _)| known == "email" || known == "api_token").collect();
    let ended = Program::zendesk().run(lab.folder(), ["check"]).config("ZENDESK", &config).end().with(2);
    assert!(ended.stderr.contains("ZENDESK_SUBDOMAIN"), "{}", ended.stderr);
    assert_eq!(fs::read_dir(lab.folder()).unwrap().count(), 0, "nothing was written");
    assert_eq!(lab.sandbox().statistics().requests, 0, "nothing was asked for");
}

#[test]
fn wrong_arguments_end_with_2_and_say_what_there_is() {
    let lab = Lab::new(&CONTRACT, 5, "");
    for (arguments, part) in [
        (&["read", "ticket"][..], "tickets, ticket_comments, users"),
        (&["sync", "--store", "zendesk.db", "tickets", "nope"], "`nope`"),
        (&["sync"], "--store"),
        (&["sync", "--store", "zendesk.db", "--format", "xml"], "json"),
        (&["read", "tickets", "--limit", "0"], "--limit"),
        (&["--api-token", "x", "check"], "--api-token"),
        (&[], "Usage"),
    ] {
        let ended = run(&lab, arguments).with(2);
        assert!(ended.stderr.contains(part), "{arguments:?}: {part} is not in:\n{}", ended.stderr);
    }
    assert_eq!(fs::read_dir(lab.folder()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn a_reader_that_has_enough_ends_the_run_quietly() {
    let lab = Lab::new(&CONTRACT, 3_000, "");
    let mut child =
        Program::zendesk().run(lab.folder(), ["read", "tickets"]).config("ZENDESK", &lab.config()).start();
    let first = lines(&mut child.0).next().expect("a record");
    assert!(serde_json::from_str::<Value>(&first).is_ok(), "{first}");
    // The pipe is closed with the lines, long before all records fit into it.
    let status = process::wait(&mut child.0);
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.0.stderr.take().unwrap(), &mut stderr).unwrap();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_server_that_answers_rubbish_stops_the_run_with_whole_pages_only() {
    // Requests are counted over all runs, so the fault comes at another page each time, until a run gets through.
    for (fault, part) in [("html:4", "text/html"), ("empty:4", "empty body"), ("404:4", "404")] {
        for (stream, records) in [("tickets", 6_500), ("users", 650)] {
            let lab = Lab::new(&CONTRACT, records, fault);
            let store = lab.path("zendesk.db");
            let mut failed = 0;
            let mut held = 0;
            loop {
                let ended = run(&lab, &["sync", "--store", "zendesk.db", stream]);
                let rows = table::records(&store, stream);
                assert!(rows.len() >= held, "{fault}: {stream}: what is stored stays");
                assert_bookmark_is_stored(&store, stream);
                if ended.code == Some(0) {
                    break;
                }
                let ended = ended.with(1);
                assert!(
                    errors(&ended).len() == 1 && ended.stderr.contains(part),
                    "{fault}: {}",
                    ended.stderr
                );
                assert!(rows.len() > held || failed == 0, "{fault}: {stream}: each run comes further");
                held = rows.len();
                failed += 1;
                assert!(failed < 10, "{fault}: {stream}: it never ends");
            }
            assert!(failed > 0, "{fault}: {stream}: nothing went wrong");
            table::assert_same(&lab, &store, stream);
        }
    }
}

/// Up to the bookmark everything is said to be there, so it may not lie beyond what is.
fn assert_bookmark_is_stored(store: &Path, stream: &str) {
    let Some(bookmark) = table::bookmark(store, stream) else { return };
    let highest =
        table::records(store, stream).into_values().map(|record| record["updated_at"].to_string()).max();
    assert!(Some(bookmark.to_string()) <= highest, "{stream}: {bookmark} is past {highest:?}");
}

#[test]
fn every_rubbish_has_an_error_of_its_own_and_the_cursor_stays() {
    type Is = fn(&ErrorKind) -> bool;
    let table: [(&str, Is); 6] = [
        ("html:1", |kind| matches!(kind, ErrorKind::ContentType { .. })),
        ("empty:1", |kind| matches!(kind, ErrorKind::EmptyBody { .. })),
        ("truncate:1", |kind| matches!(kind, ErrorKind::Truncated { .. })),
        ("stall:1", |kind| matches!(kind, ErrorKind::Transport(_))),
        ("reset:1", |kind| matches!(kind, ErrorKind::Transport(_))),
        ("500:1", |kind| matches!(kind, ErrorKind::Status { .. })),
    ];
    for (fault, is) in table {
        let lab = Lab::new(&CONTRACT, 30, fault);
        let store = Store::open(lab.path("zendesk.db"), &CONTRACT).unwrap();
        // Without its parent's records a stream has nothing to ask the server for.
        for stream in streams().into_iter().filter(|name| !has_parent(name)) {
            // The failures of several streams over one client would open its circuit breaker, which hides what they failed with.
            let client = impatient(&lab);
            let error: SyncError =
                lab.block_on(Sync::new(&client, &store).stream(stream).run()).expect_err(fault);
            let kind = error.call().unwrap_or_else(|| panic!("{fault}: {error}")).kind();
            assert!(is(kind), "{fault}: {kind:?}");
        }
        let stream = CONTRACT.stream("tickets").unwrap();
        assert_eq!(store.count(stream).unwrap(), 0, "{fault}");
        assert_eq!(store.checkpoint(stream).unwrap(), Default::default(), "{fault}: the cursor stays");
    }
}

#[test]
fn rubbish_now_and_then_is_waited_out_where_it_may_pass() {
    // Rarer than what the retry tokens of a client stand for long: past that failures are no longer now and then.
    for fault in ["truncate:5", "stall:5", "reset:5", "503:5", "429:5"] {
        let lab = Lab::new(&CONTRACT, 330, fault);
        let client = impatient(&lab);
        let store = lab.path("zendesk.db");
        let open = Store::open(&store, &CONTRACT).unwrap();
        for stream in streams() {
            let report = lab.block_on(Sync::new(&client, &open).stream(stream).run());
            assert_eq!(
                report.unwrap_or_else(|error| panic!("{fault}: {error}")).rows,
                330,
                "{fault}: {stream}"
            );
        }
        assert!(client.statistics().retries > 0, "{fault}: nothing went wrong");
        drop(open);
        streams().iter().for_each(|stream| table::assert_same(&lab, &store, stream));
    }
}

/// A client that takes an answer for stalled after a moment.
fn impatient(lab: &Lab) -> Client {
    let stall = Duration::from_millis(50);
    lab.client_with(|builder| builder.timeouts(Timeouts { stall, ..Timeouts::default() }))
}

#[test]
fn no_output_holds_a_secret() {
    const CANARY: &str = "canary-7f3a9c51e0";
    // `agent@example.com/token:canary-7f3a9c51e0`, as it goes over the wire.
    const ON_THE_WIRE: &str = "YWdlbnRAZXhhbXBsZS5jb20vdG9rZW46Y2FuYXJ5LTdmM2E5YzUxZTA=";
    // A fault that is waited out in real time has one command only.
    for (faults, tried) in [("", 7), ("html:1", 7), ("404:1", 7), ("401:1", 7), ("403:1", 7), ("500:1", 1)] {
        let lab = Lab::with(&CONTRACT, |options| {
            options.records = 20;
            options.faults = faults.parse().unwrap();
            options.credentials = vec![("api_token".to_owned(), CANARY.to_owned())];
        });
        let config: String = lab.config().iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let commands: [&[&str]; 7] = [
            &["check"],
            &["discover"],
            &["read", "tickets", "--limit", "3"],
            &["read", "nope"],
            &["sync", "--store", "zendesk.db", "tickets"],
            &["sync", "--store", "zendesk.db", "tickets", "--format", "json"],
            &["--config", "zendesk.yaml", "check"],
        ];
        // As variables; as a file that anyone can read; and as a file with a line that is none.
        for (variables, file) in
            [(true, String::new()), (false, config.clone()), (false, format!("{config}\n{CANARY}"))]
        {
            fs::write(lab.path("zendesk.yaml"), file).unwrap();
            for arguments in commands.iter().take(tried) {
                let run = Program::zendesk()
                    .run(lab.folder(), *arguments)
                    .env("RUST_LOG", "trace")
                    .env("RUST_BACKTRACE", "1");
                let run = if variables { run.config("ZENDESK", &lab.config()) } else { run };
                let ended = run.end();
                for secret in [CANARY, ON_THE_WIRE] {
                    assert!(!ended.stdout.contains(secret), "{faults}: {arguments:?}: {}", ended.stdout);
                    assert!(!ended.stderr.contains(secret), "{faults}: {arguments:?}: {}", ended.stderr);
                }
            }
        }
        fs::remove_file(lab.path("zendesk.yaml")).unwrap();
        for (name, bytes) in contents(lab.folder()) {
            for secret in [CANARY, ON_THE_WIRE] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{faults}: {name} holds the secret");
            }
        }
        let authorised = lab.sandbox().journal().into_iter().any(|entry| {
            entry.headers.iter().any(|(name, value)| name == "authorization" && value.contains(ON_THE_WIRE))
        });
        assert!(authorised, "{faults}: the secret was in use, as this test writes it");
    }
}

#[test]
fn the_program_serves_a_sandbox_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut sandbox =
        Program::zendesk().run(folder.path(), ["sandbox", "--records", "30", "--faults", "503:5"]).start();
    let names = CONTRACT.config.len() + 1;
    let told: Vec<String> = lines(&mut sandbox.0).take(names + 2).collect();
    fs::write(folder.path().join("zendesk.yaml"), told.join("\n")).unwrap();
    let ended = Program::zendesk()
        .run(folder.path(), ["sync", "--store", "zendesk.db", "--format", "json"])
        .end()
        .with(0);
    let reports = ended.json_lines();
    assert_eq!(reports.len(), CONTRACT.streams.len());
    assert!(reports.iter().all(|report| report["rows"] == 30), "{reports:#?}");
    assert!(reports.iter().any(|report| report["retries"] != 0), "{reports:#?}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130() {
    let lab = Lab::new(&CONTRACT, 10, "stall:1");
    let program = Program::zendesk();
    let mut child = program.run(lab.folder(), ["read", "tickets"]).config("ZENDESK", &lab.config()).start();
    let pid = child.0.id().to_string();
    let mut looks = 0;
    while lab.sandbox().statistics().requests == 0 {
        looks += 1;
        assert!(looks < 6_000, "it never asks");
        process::pass(Duration::from_millis(5));
    }
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    assert_eq!(process::wait(&mut child.0).code(), Some(130));
}
