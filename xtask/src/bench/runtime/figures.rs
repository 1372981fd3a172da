//! What is measured, and what is to be reached.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::ValueEnum;
use serde::Serialize;

use crate::workspace::Error;

use super::contest::{self, Contender, Run, Runs, Spread};
use super::peers::Installed;
use super::programs::{self, Programs};
use super::server::Server;

/// Records of a page.
const PAGE: u64 = 100;
/// Milliseconds before each answer, where the server is far away.
const LATENCY: u64 = 20;
const MEGABYTE: f64 = 1e6;

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Figure {
    /// Records a second, to typed values, beside a loop written by hand
    Walk,
    /// The same into SQLite, upsert by key
    Store,
    /// Page numbers and offsets at 20 ms a request, beside the sequential loop
    Latency,
    /// Records a processor second, beside frameworks in Python
    Peers,
    /// Peak memory: one long walk, and two syncs of different length
    Memory,
    /// From the start of the program to its first record
    Start,
    /// Drift counted while decoding, over decoding without it
    Drift,
}

/// What a figure came to.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    pub(super) figure: Figure,
    pub(super) title: String,
    pub(super) runs: Vec<Runs>,
    pub(super) verdicts: Vec<Verdict>,
}

/// A figure beside what is to be reached.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    pub(super) what: String,
    pub(super) found: Spread,
    pub(super) goal: Option<Goal>,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    AtLeast(f64),
    Under(f64),
}

impl Verdict {
    fn new(what: impl Into<String>, found: Option<Spread>, goal: Option<Goal>) -> Option<Self> {
        Some(Self { what: what.into(), found: found?, goal })
    }

    /// Whether the median is where it is to be.
    pub(super) fn reached(&self) -> bool {
        match self.goal {
            Some(Goal::AtLeast(goal)) => self.found.median >= goal,
            Some(Goal::Under(goal)) => self.found.median < goal,
            None => true,
        }
    }
}

/// What the measurements share.
pub(super) struct Bench<'a> {
    pub(super) programs: &'a Programs,
    pub(super) server: &'a Server,
    pub(super) peers: &'a [Installed],
    pub(super) rounds: usize,
    /// Records of a run against the loop.
    pub(super) records: u64,
    /// Records of the walk whose memory is measured.
    pub(super) memory_records: u64,
    pub(super) stop: &'a AtomicBool,
    pub(super) progress: &'a dyn Fn(&str),
}

impl Bench<'_> {
    pub(super) fn measure(&self, figure: Figure) -> Result<Section, Error> {
        let (title, runs, verdicts) = match figure {
            Figure::Walk => self.walk()?,
            Figure::Store => self.store()?,
            Figure::Latency => self.latency()?,
            Figure::Peers => self.peers()?,
            Figure::Memory => self.memory()?,
            Figure::Start => self.start()?,
            Figure::Drift => self.drift()?,
        };
        Ok(Section { figure, title, runs, verdicts: verdicts.into_iter().flatten().collect() })
    }

    fn contest(&self, contenders: &[Contender<'_>], rounds: usize) -> Result<Vec<Runs>, Error> {
        contest::run(contenders, rounds, self.server, self.stop, self.progress)
    }

    /// The connector's program and the loop, over the same pages.
    fn pair(&self, url: &str, records: u64, style: &str) -> Result<Vec<Runs>, Error> {
        let own = Contender {
            name: "connector".to_owned(),
            records,
            command: Box::new(|_| Ok(self.programs.own(url, &["walk", style]))),
        };
        let hand = Contender {
            name: "loop".to_owned(),
            records,
            command: Box::new(|_| Ok(self.programs.hand("walk", url, style))),
        };
        self.contest(&[own, hand], self.rounds)
    }

    fn walk(&self) -> Result<Measured, Error> {
        let url = self.server.url(0, self.records);
        let runs = self.pair(&url, self.records, "cursor")?;
        let title = format!("{} records of 1 KB, 100 a page, to typed values", self.records);
        let verdicts = against_loop(&runs);
        Ok((title, runs, verdicts))
    }

    fn store(&self) -> Result<Measured, Error> {
        let url = self.server.url(0, self.records);
        let own = Contender {
            name: "connector".to_owned(),
            records: self.records,
            command: Box::new(|_| {
                let file = fresh("own.db")?;
                Ok(self.programs.own(&url, &["store", "by_cursor", &file]))
            }),
        };
        let hand = Contender {
            name: "loop".to_owned(),
            records: self.records,
            command: Box::new(|_| Ok(self.programs.hand("store", &url, &fresh("hand.db")?))),
        };
        let mut runs = self.contest(&[own, hand], self.rounds)?;
        let mut verdicts = against_loop(&runs);
        // Now that both tables are full: everything is there already, as in most runs of a connector.
        let own = Contender {
            name: "connector, again".to_owned(),
            records: self.records,
            command: Box::new(|_| Ok(self.programs.own(&url, &["store", "by_cursor", &path("own.db")]))),
        };
        let hand = Contender {
            name: "loop, again".to_owned(),
            records: self.records,
            command: Box::new(|_| Ok(self.programs.hand("store", &url, &path("hand.db")))),
        };
        let again = self.contest(&[own, hand], self.rounds)?;
        if let [own, hand] = again.as_slice() {
            let what = "records a second, of the loop's, where nothing has changed";
            verdicts.push(Verdict::new(what, own.over(hand, Run::records_a_second), None));
        }
        runs.extend(again);
        remove("own.db");
        remove("hand.db");
        let title = format!("{} records of 1 KB, 100 a page, into SQLite", self.records);
        Ok((title, runs, verdicts))
    }

    fn latency(&self) -> Result<Measured, Error> {
        let records = 10_000;
        let url = self.server.url(LATENCY, records);
        let (mut all, mut verdicts) = (Vec::new(), Vec::new());
        for style in ["page", "offset"] {
            let mut runs = self.pair(&url, records, style)?;
            if let [own, hand] = runs.as_slice() {
                let what = format!("records a second, of the loop's, by {style}");
                let ratio = own.over(hand, Run::records_a_second);
                verdicts.push(Verdict::new(what, ratio, Some(Goal::AtLeast(6.0))));
            }
            runs.iter_mut().for_each(|runs| runs.program = format!("{}, {style}", runs.program));
            all.extend(runs);
        }
        Ok((format!("{records} records, 100 a page, {LATENCY} ms a request"), all, verdicts))
    }

    fn peers(&self) -> Result<Measured, Error> {
        let (few, many) = (100, 20_000);
        let read = self.records;
        let url = self.server.url(0, read);
        let mut contenders = vec![Contender {
            name: "connector".to_owned(),
            records: read,
            command: Box::new(|_| Ok(quiet(&self.programs.connector(&url, &["read", "by_cursor"])))),
        }];
        for peer in self.peers {
            let name = peer.peer.name();
            for (name, records) in [(name.to_owned(), many), (format!("{name}, one page"), few)] {
                let command = Box::new(move |_| peer.reading(&self.server.url(0, records), records));
                contenders.push(Contender { name, records, command });
            }
        }
        let runs = self.contest(&contenders, self.rounds)?;
        // What a peer takes to start is not counted against it, but it is against the connector.
        let mut best: Option<(f64, &str)> = None;
        let mut verdicts = Vec::new();
        let own = runs.first().and_then(|own| own.spread(Run::records_a_cpu_second));
        for pair in runs.get(1..).unwrap_or_default().chunks(2) {
            let [peer, start] = pair else { continue };
            let marginal = peer.runs.iter().zip(&start.runs).map(|(all, start)| {
                (all.records - start.records) as f64 / (all.cpu_seconds - start.cpu_seconds)
            });
            let Some(found) = Spread::of(marginal) else { continue };
            let what = format!("records a CPU second, {}, start not counted", peer.program);
            if best.is_none_or(|(most, _)| found.median > most) {
                best = Some((found.median, &peer.program));
            }
            verdicts.push(Verdict::new(what, Some(found), None));
        }
        verdicts.push(Verdict::new("records a CPU second, connector, start counted", own, None));
        if let (Some(own), Some((most, name))) = (own, best) {
            let ratio = Spread { median: own.median / most, least: own.least / most, most: own.most / most };
            let what = format!("records a CPU second, of those of the best: {name}");
            verdicts.push(Verdict::new(what, Some(ratio), Some(Goal::AtLeast(20.0))));
        }
        Ok((
            format!("{read} records by the connector's `read`, {many} by each peer, 100 a page"),
            runs,
            verdicts,
        ))
    }

    fn memory(&self) -> Result<Measured, Error> {
        let records = self.memory_records;
        let goal = Some(Goal::Under(64.0));
        let url = self.server.url(0, records);
        let own = Contender {
            name: "walk".to_owned(),
            records,
            command: Box::new(|_| Ok(self.programs.own(&url, &["walk", "cursor"]))),
        };
        let mut runs = self.contest(&[own], 1)?;
        let (few, many) = (200_000, 1_000_000);
        for (name, records) in [("sync, 200 thousand", few), ("sync, 1 million", many)] {
            let url = self.server.url(0, records);
            let contender = Contender {
                name: name.to_owned(),
                records,
                command: Box::new(|_| {
                    Ok(self.programs.own(&url, &["store", "by_cursor", &fresh("memory.db")?]))
                }),
            };
            runs.extend(self.contest(&[contender], 1)?);
        }
        remove("memory.db");
        let verdicts = runs
            .iter()
            .map(|runs| {
                let peak = runs.spread(|run| run.peak_bytes as f64 / MEGABYTE);
                Verdict::new(format!("peak MB, {}", runs.program), peak, goal)
            })
            .collect();
        Ok((format!("{records} records of 1 KB walked, fewer stored"), runs, verdicts))
    }

    #[allow(clippy::disallowed_methods, reason = "other processes live in real time")]
    fn start(&self) -> Result<Measured, Error> {
        let url = self.server.url(0, 1_000);
        let mut times = Vec::new();
        for _ in 0..self.rounds.saturating_mul(4) {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Error::Unreadable("stopped".to_owned()));
            }
            let fail = |cause| Error::NotStarted { program: "the connector".to_owned(), cause };
            let mut command = self.programs.connector(&url, &["read", "by_cursor"]);
            command.stdout(Stdio::piped()).stderr(Stdio::null());
            let begun = Instant::now();
            let mut child = command.spawn().map_err(fail)?;
            let mut first = [0];
            let read = child.stdout.as_mut().map_or(Ok(0), |output| output.read(&mut first)).map_err(fail)?;
            let taken = begun.elapsed();
            if read == 0 {
                return Err(Error::Failed {
                    program: "the connector".to_owned(),
                    status: "no record".to_owned(),
                });
            }
            times.push(taken.as_secs_f64() * 1e3);
            // What it says after its first record is of no interest, and it may have ended by itself.
            let _ = child.kill();
            child.wait().map_err(fail)?;
        }
        let verdict =
            Verdict::new("ms from start to first record", Spread::of(times), Some(Goal::Under(50.0)));
        Ok(("the connector's `read`, from the start of its process".to_owned(), Vec::new(), vec![verdict]))
    }
}

/// What the program says of one round: seconds of decoding.
#[derive(serde::Deserialize)]
struct Round {
    /// Without a look at drift.
    plain: f64,
    /// With one at some records, as a sync has it.
    sampled: f64,
    /// With one at every record.
    full: f64,
}

impl Bench<'_> {
    fn drift(&self) -> Result<Measured, Error> {
        let pages = (self.records / PAGE).max(1).to_string();
        let mut command =
            self.programs.own(&self.server.url(0, PAGE), &["drift", &pages, &self.rounds.to_string()]);
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .map_err(|cause| Error::NotStarted { program: "the program".to_owned(), cause })?;
        if !output.status.success() {
            return Err(Error::Failed {
                program: "the program".to_owned(),
                status: output.status.to_string(),
            });
        }
        let lines = String::from_utf8_lossy(&output.stdout);
        let rounds = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Round>, _>>();
        let rounds = rounds.map_err(|cause| Error::Unreadable(format!("what the program says: {cause}")))?;
        let over = |value: fn(&Round) -> f64| {
            Spread::of(rounds.iter().map(|round| (value(round) / round.plain - 1.0) * 100.0))
        };
        let title =
            format!("drift counted while {} records of 1 KB are decoded to typed values", self.records);
        let verdicts = vec![
            Verdict::new("% over decoding without it", over(|round| round.sampled), Some(Goal::Under(3.0))),
            Verdict::new("% over it with a look at every record", over(|round| round.full), None),
        ];
        Ok((title, Vec::new(), verdicts))
    }
}

type Measured = (String, Vec<Runs>, Vec<Option<Verdict>>);

fn against_loop(runs: &[Runs]) -> Vec<Option<Verdict>> {
    let [own, hand] = runs else { return Vec::new() };
    let goal = Some(Goal::AtLeast(0.9));
    vec![
        Verdict::new("records a second, of the loop's", own.over(hand, Run::records_a_second), goal),
        Verdict::new("records a CPU second, of the loop's", own.over(hand, Run::records_a_cpu_second), goal),
    ]
}

/// The same command with its output thrown away.
fn quiet(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" > /dev/null"]).arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

fn store_file(name: &str) -> PathBuf {
    programs::folder().join("stores").join(name)
}

fn path(name: &str) -> String {
    store_file(name).display().to_string()
}

/// Path of a database that is not there.
fn fresh(name: &str) -> Result<String, Error> {
    remove(name);
    let folder = programs::folder().join("stores");
    fs::create_dir_all(&folder).map_err(|cause| Error::File { path: folder, cause })?;
    Ok(path(name))
}

fn remove(name: &str) {
    for ending in ["", "-wal", "-shm", ".lock"] {
        // What is not there need not go.
        let _ = fs::remove_file(store_file(&format!("{name}{ending}")));
    }
}
