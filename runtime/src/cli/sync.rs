use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgMatches;
use jiff::Timestamp;
use serde::Serialize;

use super::progress::Display;
use super::read::{quietly, write_all};
use super::table::{counted, table};
use super::{End, Global, Problem, arguments, check, output};
use crate::contract::{Partition, Stream};
use crate::drift::DriftSummary;
use crate::store::Store;
use crate::sync::{
    Progress, Report, RunStop, SliceFailure, SliceFailures, SliceReport, Sync, SyncError, SyncProblem,
};

const HEAD: [&str; 9] =
    ["stream", "pages", "records", "new", "changed", "retries", "waits", "seconds", "rows"];

pub(super) async fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let Some(path) = matches.get_one::<PathBuf>("store") else { return Ok(End::Configuration) };
    let json = matches.get_one::<String>(arguments::FORMAT).is_some_and(|format| format == arguments::JSON);
    let streams = parents_first(global.streams(matches)?);
    let display = Arc::new(Display::default());
    let client = global.observed(display.clone())?;
    let store = open(global, &client, path, &streams).await?;
    let mut end = End::Ok;
    let mut rows = Vec::new();
    let mut ends = String::new();
    for stream in streams {
        let result = sync(&client, &store, stream, &display).await;
        let stored = store.count(stream)?;
        if json {
            quietly(write_all(line(&result, stored)?.as_bytes()))?;
        }
        match result {
            Ok(report) => {
                remark(&report);
                rows.push(row(&report));
                ends.push_str(&format!("{} ended: {}\n", report.stream, ended(&report)));
            }
            Err(error) => {
                rows.push(failed_row(&error, stored));
                let problem = Problem::Sync(error);
                end = end.worse(problem.tell(global));
                if problem.is_unauthenticated() {
                    // The other streams would only say the same.
                    break;
                }
            }
        }
    }
    if !json {
        quietly(write_all((table(&HEAD, 1, &rows) + &ends).as_bytes()))?;
    }
    Ok(end)
}

/// The same streams, each after the one by whose records it is read.
fn parents_first(streams: Vec<&'static Stream>) -> Vec<&'static Stream> {
    let parent = |stream: &Stream| match &stream.slices.as_ref()?.partition {
        Partition::Parent(parent) => Some(parent.stream),
        Partition::Whole | Partition::Each(_) => None,
    };
    let mut ordered: Vec<&'static Stream> = Vec::with_capacity(streams.len());
    let mut waiting = streams;
    while !waiting.is_empty() {
        let names: Vec<&str> = waiting.iter().map(|stream| stream.name).collect();
        let waits = |stream: &&'static Stream| parent(stream).is_some_and(|parent| names.contains(&parent));
        let (later, now): (Vec<_>, Vec<_>) = waiting.into_iter().partition(waits);
        if now.is_empty() {
            // A ring, which no generated contract has: the order says nothing then.
            ordered.extend(later);
            break;
        }
        ordered.extend(now);
        waiting = later;
    }
    ordered
}

/// Opens the store. A new one is made only after the API has taken the credential, so a wrong token leaves no file behind; in one that is
/// there nothing is written before the first page.
async fn open(
    global: &Global,
    client: &crate::Client,
    path: &Path,
    streams: &[&'static Stream],
) -> Result<Store, Problem> {
    let mut refused = None;
    if !path.exists() {
        for stream in streams {
            match check::probe(client, stream).await {
                // A credential may be good for some streams only.
                Err(problem) if problem.end() == End::Configuration => {
                    let hopeless = problem.is_unauthenticated();
                    refused.get_or_insert(problem);
                    if hopeless {
                        break;
                    }
                }
                // What else goes wrong is the run's to tell.
                _ => {
                    refused = None;
                    break;
                }
            }
        }
    }
    match refused {
        Some(problem) => Err(problem),
        None => Ok(Store::open(path, global.contract)?),
    }
}

async fn sync(
    client: &crate::Client,
    store: &Store,
    stream: &'static Stream,
    display: &Display,
) -> Result<Report, SyncError> {
    display.begin(stream.name);
    let on_page = |progress: &Progress| display.page(progress);
    let result = Sync::new(client, store).stream(stream.name).on_page(&on_page).run().await;
    display.end();
    result
}

/// What a person should know about a run that went well.
fn remark(report: &Report) {
    let stream = report.stream;
    if report.unordered {
        output::warning(&format!(
            "`{stream}` did not come in the order that the manifest declares; all of it was read, but set `order: none` there"
        ));
    }
    if report.quarantined > 0 {
        output::warning(&format!(
            "{} of `{stream}` could not be stored; quarantine has what came, and `quarantine list` says why",
            counted(report.quarantined, "record")
        ));
    }
    tell_drift(stream, &report.drift);
    if let Some(slices) = &report.slices {
        if slices.skipped > 0 {
            output::note(&format!(
                "{} parents of `{stream}` lack a value that their list is asked for by, and were passed over",
                slices.skipped
            ));
        }
        if slices.gone > 0 {
            let message = format!(
                "{} lists of `{stream}` are those of parents that the API no longer has; what the store has of them stays",
                slices.gone
            );
            if slices.read == 0 {
                output::warning(&format!(
                    "{message}; no list was found at all: is the operation's path right?"
                ));
            } else {
                output::note(&message);
            }
        }
        if slices.left_out > 0 {
            output::note(&format!(
                "{} lists of `{stream}` were left out, as the connector's error map says; the next run asks for them again",
                slices.left_out
            ));
        }
    }
    if let Some(total) = report.total.filter(|total| *total < report.records && report.pages > 1) {
        output::note(&format!(
            "`{stream}` has {} records, though its last page says {total}; all that came are stored",
            report.records
        ));
    }
    if report.records > 0 && report.without_cursor == report.records {
        output::warning(&format!(
            "no record of `{stream}` has a usable cursor value, so every run reads all of it; check `cursor` in the manifest"
        ));
    }
}

fn row(report: &Report) -> Vec<String> {
    let number = |number: u64| number.to_string();
    vec![
        report.stream.to_owned(),
        number(report.pages),
        number(report.records),
        number(report.new),
        number(report.changed),
        number(report.retries),
        number(report.waits),
        format!("{:.1}", report.seconds),
        number(report.rows),
    ]
}

/// One line about what is new; what is known is told by `drift` alone.
fn tell_drift(stream: &str, drift: &DriftSummary) {
    if drift.new > 0 {
        let more = drift.new.saturating_sub(drift.first.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        output::warning(&format!(
            "`{stream}` is not as its document says any more: {}{more}; `drift` shows it",
            drift.first.join(", ")
        ));
    } else if drift.open > 0 {
        output::note(&format!(
            "{} of drift in `{stream}` not accepted yet; `drift` shows what",
            counted(drift.open, "finding")
        ));
    }
}

/// Why a run that went well ended, and what it left out.
fn ended(report: &Report) -> String {
    match report.quarantined {
        0 => reason(report),
        held => format!("{}; {held} records in quarantine", reason(report)),
    }
}

fn reason(report: &Report) -> String {
    match (report.stop, report.reason) {
        (RunStop::AllSlices, _) => "every slice was read".to_owned(),
        (RunStop::CapReached, _) => "the API lets no more be read of it".to_owned(),
        (RunStop::ReachedBookmark, _) => "what follows is known".to_owned(),
        (RunStop::EndOfPages, Some(reason)) => reason.to_string(),
        (RunStop::EndOfPages, None) => "the last page was read".to_owned(),
    }
}

fn failed_row(error: &SyncError, rows: u64) -> Vec<String> {
    let number = |number: u64| number.to_string();
    let nothing = || "-".to_owned();
    vec![
        // Until when, the error says.
        format!("{} ({})", error.stream, if error.parked_until().is_some() { "parked" } else { "failed" }),
        number(error.progress.pages),
        number(error.progress.records),
        number(error.progress.counts.new),
        number(error.progress.counts.changed),
        nothing(),
        nothing(),
        nothing(),
        number(rows),
    ]
}

/// What a program reads of one stream.
#[derive(Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Line<'a> {
    Ok(&'a Report),
    Failed(Stopped<'a>),
    /// A limit or an outage: nothing is wrong, and the next run goes on from there.
    Parked {
        resume_at: Timestamp,
        #[serde(flatten)]
        stopped: Stopped<'a>,
    },
}

#[derive(Serialize)]
struct Stopped<'a> {
    stream: &'a str,
    pages: u64,
    records: u64,
    new: u64,
    changed: u64,
    unchanged: u64,
    quarantined: u64,
    rows: u64,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    slices: Option<&'a SliceReport>,
    /// The first slices that failed, with why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed_slices: Vec<(&'a str, String)>,
}

fn failures(error: &SyncError) -> Option<&SliceFailures> {
    if let SyncProblem::Slices(failures) = &*error.problem { Some(failures) } else { None }
}

fn line<'a>(result: &'a Result<Report, SyncError>, rows: u64) -> Result<String, Problem> {
    let line = match result {
        Ok(report) => Line::Ok(report),
        Err(error) => {
            let stopped = Stopped {
                stream: &error.stream,
                pages: error.progress.pages,
                records: error.progress.records,
                new: error.progress.counts.new,
                changed: error.progress.counts.changed,
                unchanged: error.progress.counts.unchanged,
                quarantined: error.progress.quarantined,
                rows,
                error: error.to_string(),
                slices: failures(error).map(|failures| &failures.report),
                failed_slices: failures(error).map_or_else(Vec::new, |failures| {
                    let told =
                        |failure: &'a SliceFailure| (failure.slice.as_str(), failure.problem.to_string());
                    failures.first.iter().map(told).collect()
                }),
            };
            match error.parked_until() {
                Some(resume_at) => Line::Parked { resume_at, stopped },
                None => Line::Failed(stopped),
            }
        }
    };
    serde_json::to_string(&line)
        .map(|line| format!("{line}\n"))
        .map_err(|error| Problem::Output(error.into()))
}
