//! `cargo xtask bench runtime`: a generated connector at work, beside a loop written by hand and beside frameworks for connectors, against one
//! server and in one run.

mod contest;
mod figures;
mod peers;
mod programs;
mod report;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use clap::{Args, ValueEnum as _};
use serde::Serialize;

use crate::generate::Format;
use crate::process;
use crate::workspace::Error;

use figures::{Bench, Figure, Section};
use peers::Peer;
use programs::Programs;
use server::Server;

pub(super) use server::serve;

const HELP: &str = "The server, the connector and the loop run on this machine, so their speed
depends on what else it does; they take turns, and the ratios count.
Frameworks are found in the environments named by --venv, or where `python3`
finds them; one that is not there is skipped:
  python3 -m venv DIR && DIR/bin/pip install airbyte-cdk dlt
  python3 -m venv DIR && DIR/bin/pip install singer-sdk
Everything that is written, databases of up to 3 GB among it, is below
target/bench/runtime.

Examples:
  cargo xtask bench runtime --venv /tmp/one --venv /tmp/two
  cargo xtask bench runtime --only walk,store --rounds 9
  cargo xtask bench runtime --only memory --memory-records 1000000";

#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// Only these figures
    #[arg(long, value_enum, value_delimiter = ',', value_name = "A,B")]
    only: Vec<Figure>,
    /// Rounds; in each every program runs once
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Records of a run
    #[arg(long, default_value_t = 200_000)]
    records: u64,
    /// Records of the walk whose memory is measured
    #[arg(long, default_value_t = 10_000_000)]
    memory_records: u64,
    /// A virtual environment with frameworks; may be given several times
    #[arg(long, value_name = "DIR")]
    venv: Vec<PathBuf>,
    /// Tables for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What the machine does besides: `/proc/loadavg`, where there is one.
#[derive(Serialize)]
struct Machine {
    processors: usize,
    load: String,
}

impl Machine {
    fn now() -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
        Self { processors: std::thread::available_parallelism().map_or(0, usize::from), load }
    }
}

/// A line of `--format json`.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Machine(&'a Machine),
    Figure(&'a Section),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let figures = match arguments.only.as_slice() {
        [] => Figure::value_variants(),
        only => only,
    };
    let stop = process::stop_on_ctrl_c()?;
    let mut peers = Vec::new();
    for peer in Peer::ALL.into_iter().filter(|_| figures.contains(&Figure::Peers)) {
        match peer.find(&arguments.venv) {
            Some(installed) => {
                eprintln!("{} {}", peer.name(), installed.version);
                peers.push(installed);
            }
            None => eprintln!(
                "{} is skipped: not installed; `pip install {}` in a virtual environment",
                peer.name(),
                peer.name()
            ),
        }
    }
    let bar = process::progress(figures.len());
    bar.set_message("building");
    let programs = Programs::build(figures.iter().any(|figure| *figure != Figure::Drift))?;
    let server = Server::start()?;
    let bench = Bench {
        programs: &programs,
        server: &server,
        peers: &peers,
        rounds: arguments.rounds.max(1),
        records: arguments.records,
        memory_records: arguments.memory_records,
        stop: &stop,
        progress: &|what| bar.set_message(what.to_owned()),
    };
    let tell = |line: &Line<'_>| {
        bar.suspend(|| match (arguments.format, line) {
            (Format::Json, line) => println!("{}", serde_json::to_string(line).unwrap_or_default()),
            (Format::Text, Line::Figure(section)) => println!("{}", report::table(section)),
            (Format::Text, Line::Machine(machine)) => {
                println!("{} processors, load {}\n", machine.processors, machine.load);
            }
        });
    };
    let mut all = true;
    tell(&Line::Machine(&Machine::now()));
    for figure in figures {
        let section = match bench.measure(*figure) {
            Ok(section) => section,
            Err(_) if stop.load(Ordering::Relaxed) => {
                bar.finish_and_clear();
                return Ok(process::stopped());
            }
            Err(error) => return Err(error),
        };
        all &= section.verdicts.iter().all(figures::Verdict::reached);
        tell(&Line::Figure(&section));
        bar.inc(1);
    }
    tell(&Line::Machine(&Machine::now()));
    bar.finish_and_clear();
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
