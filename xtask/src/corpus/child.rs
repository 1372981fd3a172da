//! One document in a process of its own. The child prints a line for each stage that it comes through and at the end its record, so that the
//! parent knows how far a child came that crashed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use linchpin_codegen::diagnostic::{Diagnostics, Severity};
use linchpin_codegen::generate::{DocumentOutcome, generate_document};
use linchpin_codegen::render::RenderOptions;
use linchpin_codegen::source::SourceFiles;
use serde::{Deserialize, Serialize};

use crate::measure;
use crate::process::{self, End};
use crate::run::itself;
use crate::workspace::{self, Error};

use super::record::{Dropped, Record, Stage};
use super::{Document, check};

/// A line of the child.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Reached(Stage),
    Done(Box<Record>),
}

/// The command that takes one document in a new process, and writes its crate into a folder if there is one.
pub(super) fn command(document: &Document, into: Option<&Path>) -> Result<Command, Error> {
    let mut command = itself(&["corpus", "--child", &document.name])?;
    if let Some(into) = into {
        command.arg("--into").arg(into);
    }
    let path = std::path::absolute(&document.path)
        .map_err(|cause| Error::File { path: document.path.clone(), cause })?;
    command.arg("--").arg(path);
    Ok(command)
}

/// The record, where this line of the child holds it.
pub(super) fn done(line: &str) -> Option<Record> {
    match serde_json::from_str(line) {
        Ok(Line::Done(record)) => Some(*record),
        _ => None,
    }
}

/// Takes one document in a new process.
pub(super) fn spawn(
    document: &Document,
    into: Option<&Path>,
    limit: Duration,
    stop: &AtomicBool,
) -> Result<Record, Error> {
    let command = command(document, into)?;
    let mut record = Record::failed(&document.shown, String::new());
    let mut done = false;
    let end = process::run(command, limit, stop, |line| match serde_json::from_str(line) {
        Ok(Line::Reached(stage)) => record.stage = Some(stage),
        Ok(Line::Done(found)) => {
            record = Record { document: document.shown.clone(), ..*found };
            done = true;
        }
        Err(_) => {}
    })?;
    match end {
        End::Ended(_) if done => {}
        End::Ended(status) => record.fail(format!("the generator crashed: {status}")),
        End::TimedOut => record.fail(format!("not done after {} s", limit.as_secs())),
        End::Stopped => record.fail("stopped".to_owned()),
    }
    Ok(record)
}

/// The child's side.
#[allow(clippy::disallowed_methods, reason = "measures real time")]
pub(super) fn run(document: &Path, name: &str, into: Option<&Path>) -> Result<ExitCode, Error> {
    let options =
        RenderOptions { runtime_path: Some(workspace::root().join("runtime").display().to_string()) };
    let start = Instant::now();
    let mut stage = None;
    let found = generate_document(document, name, &options, &mut |reached| {
        stage = Some(Stage::from(reached));
        tell(&Line::Reached(reached.into()));
    });
    let seconds = start.elapsed().as_secs_f64();
    let peak_bytes = measure::own_peak_bytes()?;
    let mut record = record(&found);
    record.stage = stage;
    record.seconds = Some(seconds);
    record.peak_bytes = Some(peak_bytes);
    if let (Some(into), Some(connector)) = (into, &found.outcome.connector) {
        check::write_crate(into, &connector.files)?;
    }
    tell(&Line::Done(Box::new(record)));
    Ok(ExitCode::SUCCESS)
}

fn tell(line: &Line) {
    let mut output = std::io::stdout().lock();
    // Without a reader there is nobody to tell that it failed.
    let _ = writeln!(output, "{}", serde_json::to_string(line).unwrap_or_default());
    let _ = output.flush();
}

fn record(found: &DocumentOutcome) -> Record {
    let mut record = Record {
        dialect: found.dialect.map(|dialect| dialect.to_string()),
        operations: found.operations,
        error: first_error(&found.outcome.diagnostics, &found.outcome.files),
        ..Record::default()
    };
    for dropped in &found.dropped {
        let code = dropped.code.map(|code| code.as_str().to_owned());
        record.dropped.push(Dropped { operation: dropped.operation.clone(), code });
    }
    for warning in found.outcome.diagnostics.iter().filter(|found| found.severity == Severity::Warning) {
        *record.warnings.entry(warning.code.as_str().to_owned()).or_default() += 1;
    }
    if let Some(connector) = &found.outcome.connector {
        record.ok = true;
        record.generated = connector.operations;
        let code = connector.files.iter().filter(|(path, _)| path.ends_with(".rs"));
        record.lines = code.map(|(_, text)| text.lines().count()).sum();
    }
    record
}

/// The first error, with its place.
fn first_error(diagnostics: &Diagnostics, files: &SourceFiles) -> Option<String> {
    let found = diagnostics.iter().find(|found| found.severity == Severity::Error)?;
    let place = found.primary.and_then(|span| files.place(span));
    let place = place.map(|place| format!(" (line {})", place.line)).unwrap_or_default();
    Some(format!("{}: {}{place}", found.code, found.message))
}
