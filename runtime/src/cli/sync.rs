use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgMatches;
use jiff::Timestamp;
use serde::Serialize;

use super::progress::Display;
use super::read::{quietly, write_all};
use super::table::table;
use super::{End, Global, Problem, arguments, check, output};
use crate::contract::Stream;
use crate::store::Store;
use crate::sync::{Progress, Report, RunStop, Sync, SyncError};

const HEAD: [&str; 9] =
    ["stream", "pages", "records", "new", "changed", "retries", "waits", "seconds", "rows"];

pub(super) async fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let Some(path) = matches.get_one::<PathBuf>("store") else { return Ok(End::Configuration) };
    let json = matches.get_one::<String>(arguments::FORMAT).is_some_and(|format| format == arguments::JSON);
    let streams = chosen(global, matches)?;
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

fn chosen(global: &Global, matches: &ArgMatches) -> Result<Vec<&'static Stream>, Problem> {
    match matches.get_many::<String>("streams") {
        Some(names) => {
            let mut streams: Vec<&'static Stream> = Vec::new();
            for name in names {
                let stream = global.stream(name)?;
                if !streams.iter().any(|chosen| chosen.name == stream.name) {
                    streams.push(stream);
                }
            }
            Ok(streams)
        }
        None => Ok(global.contract.streams.iter().collect()),
    }
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

/// Why a run that went well ended.
fn ended(report: &Report) -> String {
    match (report.stop, report.reason) {
        (RunStop::ReachedBookmark, _) => "what follows is known".to_owned(),
        (RunStop::EndOfPages, Some(reason)) => reason.to_string(),
        (RunStop::EndOfPages, None) => "the last page was read".to_owned(),
    }
}

fn failed_row(error: &SyncError, rows: u64) -> Vec<String> {
    let number = |number: u64| number.to_string();
    let nothing = || "-".to_owned();
    vec![
        match error.parked_until() {
            Some(until) => format!("{} (parked until {until})", error.stream),
            None => format!("{} (failed)", error.stream),
        },
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
    rows: u64,
    error: String,
}

fn line(result: &Result<Report, SyncError>, rows: u64) -> Result<String, Problem> {
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
                rows,
                error: error.to_string(),
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
