//! `kill -9` in a loop over `sync`, while the source goes on changing: what stands in the tables at the end is the source.
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
use serde_json::Value;

const RECORDS: u64 = 2_000;
/// Records of each stream where each parent has a list of its own.
const FEWEST: u64 = 150;
/// Kills of one store, before it is brought to its end and looked at. More would hide what one kill lost: a walk that comes to its end makes up
/// for it in the next one.
const KILLS: u32 = 40;

/// Rounds of the loop; `LINCHPIN_KILL_ROUNDS` in the environment changes it.
fn rounds() -> u32 {
    match std::env::var("LINCHPIN_KILL_ROUNDS") {
        Ok(text) => text.parse().expect("LINCHPIN_KILL_ROUNDS is a number of rounds"),
        Err(_) => 200,
    }
}

/// The source, which goes on changing, and the program that is killed over it.
struct Scene {
    lab: Lab,
    program: Program,
    client: Client,
    streams: Vec<&'static str>,
    rng: Rng,
}

impl Scene {
    fn new(records: u64, streams: Vec<&'static str>) -> Self {
        // A 429 is waited out for half a second of real time, so there are few.
        let lab = Lab::new(&CONTRACT, records, "429:500,503:70,reset:90,truncate:110");
        let client = Client::from_client(lab.client());
        Self { lab, program: Program::zendesk(), client, streams, rng: Rng::with_seed(7) }
    }

    /// Starts a run and kills it at a random moment. Says whether it was under way still.
    fn kill_one(&mut self, store: &str, round: u32) -> bool {
        // Each time another stream comes first, or the later ones would never have a turn.
        let turn = self.rng.usize(..self.streams.len());
        let order = self.streams.iter().copied().cycle().skip(turn).take(self.streams.len());
        let arguments = ["sync", "--store", store].into_iter().chain(order);
        let run = self.program.run(self.lab.folder(), arguments).config("ZENDESK", &self.lab.config());
        let mut child = run.start_quietly();
        if round.is_multiple_of(2) {
            // Anywhere: while it starts, opens the store, waits or reads.
            process::pass(Duration::from_millis(self.rng.u64(5..=150)));
        } else {
            // While it takes in a page, which is the moment at which there is something to lose.
            let pages = self.lab.sandbox().statistics().pages + self.rng.u64(1..=12);
            while self.lab.sandbox().statistics().pages < pages && child.0.try_wait().unwrap().is_none() {
                process::pass(Duration::from_micros(100));
            }
            process::pass(Duration::from_micros(self.rng.u64(..3_000)));
        }
        if let Some(status) = child.0.try_wait().unwrap() {
            assert!(status.success(), "round {round} failed by itself: {status}");
            return false;
        }
        child.0.kill().unwrap();
        child.0.wait().unwrap();
        true
    }

    /// Runs it to its end. Gives its reports.
    fn undisturbed(&self, store: &str) -> Vec<Value> {
        let sync =
            ["sync", "--store", store, "--format", "json"].into_iter().chain(self.streams.iter().copied());
        let run = self.program.run(self.lab.folder(), sync).config("ZENDESK", &self.lab.config());
        let reports = run.end().with(0).json_lines();
        assert_eq!(reports.len(), self.streams.len());
        reports
    }

    fn assert_same(&self, store: &str) {
        self.streams.iter().for_each(|stream| table::assert_same(&self.lab, &self.lab.path(store), stream));
    }

    fn rows(&self, store: &str) -> usize {
        let path = self.lab.path(store);
        if !path.exists() {
            return 0;
        }
        self.streams.iter().map(|stream| table::count(&path, stream)).sum()
    }

    fn change(&mut self) {
        self.lab.block_on(change(&self.lab, &self.client, &self.streams, &mut self.rng));
    }
}

#[test]
fn killed_at_any_moment_and_started_again_nothing_is_lost_or_doubled() {
    let lists = CONTRACT.streams.iter().filter(|stream| stream.slices.is_none());
    let mut scene = Scene::new(RECORDS, lists.map(|stream| stream.name).collect());
    let (mut killed, mut further, mut left) = (0, 0, rounds());
    while left > 0 {
        let store = format!("zendesk-{left}.db");
        let mut rows = 0;
        for round in 0..KILLS.min(left) {
            killed += u32::from(scene.kill_one(&store, round));
            let held = scene.rows(&store);
            assert!(held >= rows, "round {round}: {rows} rows became {held}");
            further += u32::from(held > rows);
            rows = held;
            if round.is_multiple_of(5) {
                scene.change();
            }
        }
        scene.undisturbed(&store);
        scene.assert_same(&store);

        // And the next run is a delta.
        scene.change();
        let reports = scene.undisturbed(&store);
        let tickets = reports.iter().find(|report| report["stream"] == "tickets").unwrap();
        assert!(tickets["records"].as_u64().unwrap() < 100, "only what is new is read: {tickets}");
        assert!(tickets["new"].as_u64() > Some(0) && tickets["changed"].as_u64() > Some(0), "{tickets}");
        scene.assert_same(&store);
        left = left.saturating_sub(KILLS);
    }
    told(&format!("kill -9: {killed} of {} runs were killed under way, {further} had stored more", rounds()));
    assert!(killed > 0 || rounds() == 0, "every run ended before it was killed: nothing was shown");
}

#[test]
fn killed_between_the_lists_of_parents_it_goes_on_at_the_list_where_it_was() {
    let mut scene = Scene::new(FEWEST, vec!["tickets", "ticket_comments"]);
    let (mut killed, mut further, mut left) = (0, 0, rounds() / 4);
    while left > 0 {
        let store = format!("comments-{left}.db");
        let mut rows = 0;
        for round in 0..KILLS.min(left) {
            killed += u32::from(scene.kill_one(&store, round));
            let held = scene.rows(&store);
            assert!(held >= rows, "round {round}: {rows} rows became {held}");
            further += u32::from(held > rows);
            rows = held;
            if round.is_multiple_of(5) {
                scene.change();
            }
        }
        // The first goes on with the lists that were not read; comments in the others are the next one's.
        scene.undisturbed(&store);
        scene.undisturbed(&store);
        scene.assert_same(&store);

        // And the next run is a delta: only the lists of tickets that changed.
        scene.change();
        let reports = scene.undisturbed(&store);
        let comments = reports.iter().find(|report| report["stream"] == "ticket_comments").unwrap();
        assert!(comments["slices"]["read"].as_u64().unwrap() < 20, "only what is new is read: {comments}");
        assert!(comments["new"].as_u64() > Some(0), "{comments}");
        scene.assert_same(&store);
        left = left.saturating_sub(KILLS);
    }
    told(&format!(
        "kill -9 between lists: {killed} of {} runs were killed under way, {further} had stored more",
        rounds() / 4
    ));
    assert!(killed > 0 || rounds() < 4, "every run ended before it was killed: nothing was shown");
}

/// Somebody works in the account: tickets are opened and changed, other records are added.
///
/// Of the streams that are read whole each time, only additions are certain to be seen by a run that goes on where a killed one stood: what
/// changes behind it is the next run's to find.
async fn change(lab: &Lab, client: &Client, streams: &[&'static str], rng: &mut Rng) {
    lab.later();
    for stream in streams {
        lab.sandbox().grow(stream, rng.u64(1..4)).expect("a stream");
    }
    for _ in 0..3 {
        let priority = if rng.bool() { TicketPriority::Urgent } else { TicketPriority::Low };
        let ticket = TicketUpdate {
            subject: Some(format!("changed {}", rng.u32(..))),
            priority: priority.into(),
            ..Default::default()
        };
        let changed = client.update_ticket(rng.i64(1..=FEWEST as i64), &UpdateTicketBody { ticket }).await;
        // A fault may hit this request too. What the source has then is what counts.
        if let Err(error) = changed {
            assert!(error.is_retryable(), "{error}");
        }
    }
}
