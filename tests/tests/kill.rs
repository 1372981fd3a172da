//! `kill -9` in a loop over `sync`, while the source goes on changing: at the end the tables are the source.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::time::Duration;

use fastrand::Rng;
use linchpin_tests::lab::Lab;
use linchpin_tests::process;
use linchpin_tests::program::Program;
use linchpin_tests::shared::told;
use linchpin_tests::table;
use linchpin_zendesk::types::{TicketPriority, TicketUpdate, UpdateTicketBody};
use linchpin_zendesk::{CONTRACT, Client};

const STORE: &str = "zendesk.db";
const RECORDS: u64 = 2_000;

/// Rounds of the loop; `LINCHPIN_KILL_ROUNDS` in the environment changes it.
fn rounds() -> u32 {
    match std::env::var("LINCHPIN_KILL_ROUNDS") {
        Ok(text) => text.parse().expect("LINCHPIN_KILL_ROUNDS is a number of rounds"),
        Err(_) => 200,
    }
}

#[test]
fn killed_at_any_moment_and_started_again_nothing_is_lost_or_doubled() {
    let lab = Lab::new(&CONTRACT, RECORDS, "429:50,503:70,reset:90,truncate:110");
    let program = Program::zendesk();
    let client = Client::from_client(lab.client());
    let streams: Vec<&str> = CONTRACT.streams.iter().map(|stream| stream.name).collect();
    let mut rng = Rng::with_seed(7);
    let (mut killed, mut further, mut rows) = (0, 0, 0);
    for round in 0..rounds() {
        // Each time another stream comes first, or the later ones would never have a turn.
        let turn = rng.usize(..streams.len());
        let order = streams.iter().cycle().skip(turn).take(streams.len());
        let arguments = ["sync", "--store", STORE].iter().chain(order);
        let mut child = program.run(lab.folder(), arguments).config("ZENDESK", &lab.config()).start_quietly();
        process::pass(Duration::from_millis(rng.u64(5..=150)));
        let ended_before = child.0.try_wait().unwrap();
        if let Some(status) = ended_before {
            assert!(status.success(), "round {round} failed by itself: {status}");
        } else {
            child.0.kill().unwrap();
            child.0.wait().unwrap();
            killed += 1;
        }
        let held = if lab.path(STORE).exists() { total(&lab, &streams) } else { 0 };
        assert!(held >= rows, "round {round}: {rows} rows became {held}");
        further += u32::from(held > rows);
        rows = held;
        if round % 5 == 0 {
            lab.block_on(change(&lab, &client, &mut rng));
        }
    }
    told(&format!(
        "kill -9: {killed} of {} runs were killed under way, {further} had stored more; {rows} rows then",
        rounds()
    ));
    assert!(killed > 0 || rounds() == 0, "every run ended before it was killed: nothing was shown");

    let undisturbed = || {
        let sync = ["sync", "--store", STORE, "--format", "json"];
        program.run(lab.folder(), sync).config("ZENDESK", &lab.config()).end().with(0).json_lines()
    };
    let reports = undisturbed();
    assert_eq!(reports.len(), streams.len());
    streams.iter().for_each(|stream| table::assert_same(&lab, &lab.path(STORE), stream));

    // And the next run is a delta.
    lab.block_on(change(&lab, &client, &mut rng));
    let reports = undisturbed();
    let tickets = reports.iter().find(|report| report["stream"] == "tickets").unwrap();
    assert!(tickets["records"].as_u64().unwrap() < 100, "only what is new is read: {tickets}");
    assert!(tickets["new"].as_u64() > Some(0) && tickets["changed"].as_u64() > Some(0), "{tickets}");
    streams.iter().for_each(|stream| table::assert_same(&lab, &lab.path(STORE), stream));
}

/// Somebody works in the account: tickets are opened and changed, other records are added.
///
/// Of the streams that are read whole each time, only additions are certain to be seen by a run that goes on where a killed one stood: what
/// changes behind it is the next run's to find.
async fn change(lab: &Lab, client: &Client, rng: &mut Rng) {
    lab.later();
    for stream in CONTRACT.streams {
        lab.sandbox().grow(stream.name, rng.u64(1..4)).expect("a stream");
    }
    for _ in 0..3 {
        let priority = if rng.bool() { TicketPriority::Urgent } else { TicketPriority::Low };
        let ticket = TicketUpdate {
            subject: Some(format!("changed {}", rng.u32(..))),
            priority: priority.into(),
            ..Default::default()
        };
        let changed = client.update_ticket(rng.i64(1..=2_000), &UpdateTicketBody { ticket }).await;
        // A fault may hit this request too. What the source has then is what counts.
        if let Err(error) = changed {
            assert!(error.is_retryable(), "{error}");
        }
    }
}

fn total(lab: &Lab, streams: &[&str]) -> usize {
    streams.iter().map(|stream| table::count(&lab.path(STORE), stream)).sum()
}
