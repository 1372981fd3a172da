use std::path::PathBuf;

use clap::ArgMatches;

use super::read::{quietly, write_all};
use super::table::grouped;
use super::{End, Global, Problem, arguments, output};
use crate::clock::{Clock, SystemClock};
use crate::drift::{Report, ReportedFinding, ReportedStream, Severity, Status, overlay};

pub(super) fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    if let Some(("accept", matches)) = matches.subcommand() {
        return accept(global, matches);
    }
    let store = global.store(matches)?;
    let streams = global.streams(matches)?;
    let all = matches.get_flag("all");
    let mut report = store.drift_report(global.contract, &streams, SystemClock::new().now())?;
    let failing = failing(matches).is_some_and(|least| is_new(&report, least));
    let format = matches.get_one::<String>(arguments::FORMAT).map(String::as_str);
    let text = match format {
        Some(arguments::OVERLAY) => proposed(matches, &report, all)?,
        Some(arguments::JSON) => {
            if !all {
                told(&mut report);
            }
            let text =
                serde_json::to_string_pretty(&report).map_err(|error| Problem::Output(error.into()))?;
            text + "\n"
        }
        _ => shown(&report, all),
    };
    quietly(write_all(text.as_bytes()))?;
    Ok(if failing { End::Failed } else { End::Ok })
}

/// The overlay for the document that the arguments name.
fn proposed(matches: &ArgMatches, report: &Report, all: bool) -> Result<String, Problem> {
    let path = matches.get_one::<PathBuf>("document").cloned().unwrap_or_default();
    let unreadable = |cause: String| Problem::Document { path: path.clone(), cause };
    let text = std::fs::read_to_string(&path).map_err(|cause| unreadable(cause.to_string()))?;
    overlay(report, &text, all).map_err(|cause| unreadable(cause.to_string()))
}

fn accept(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let store = global.store(matches)?;
    let pointer = matches.get_one::<String>("pointer").map(String::as_str);
    let mut accepted = 0;
    for stream in global.streams(matches)? {
        let mut drift = store.drift(stream)?;
        let found = drift.accept(pointer);
        if found > 0 {
            store.save_drift(stream, &drift)?;
        }
        accepted += found;
    }
    output::note(&format!("{accepted} findings accepted"));
    Ok(End::Ok)
}

fn failing(matches: &ArgMatches) -> Option<Severity> {
    match matches.get_one::<String>("fail-on")?.as_str() {
        "info" => Some(Severity::Info),
        "warning" => Some(Severity::Warning),
        _ => Some(Severity::Error),
    }
}

fn is_new(report: &Report, least: Severity) -> bool {
    let mut findings = report.streams.iter().flat_map(|stream| &stream.findings);
    findings.any(|finding| finding.state == Status::New && finding.severity >= least)
}

/// Leaves what is told: what is new.
fn told(report: &mut Report) {
    for stream in &mut report.streams {
        stream.findings.retain(|finding| finding.state == Status::New);
    }
}

fn shown(report: &Report, all: bool) -> String {
    report.streams.iter().map(|stream| shown_stream(stream, all)).collect()
}

fn shown_stream(stream: &ReportedStream, all: bool) -> String {
    let shown: Vec<&ReportedFinding> =
        stream.findings.iter().filter(|finding| all || finding.state == Status::New).collect();
    let mut text = format!(
        "{}: {} records looked at in {} runs\n",
        stream.name,
        grouped(stream.checked),
        grouped(stream.runs)
    );
    for finding in &shown {
        text.push_str(&shown_finding(finding));
    }
    let mut rest = Vec::new();
    for state in [Status::New, Status::Pending, Status::Baseline, Status::Accepted, Status::Resolved] {
        let hidden = |finding: &&ReportedFinding| {
            finding.state == state && !shown.iter().any(|shown| std::ptr::eq(*shown, *finding))
        };
        match stream.findings.iter().filter(hidden).count() {
            0 => {}
            count => rest.push(format!("{count} {}", state.as_str())),
        }
    }
    if shown.is_empty() && rest.is_empty() {
        text.push_str("  nothing but what the document says\n");
    } else if !rest.is_empty() {
        text.push_str(&format!("  also {}; --all shows them\n", rest.join(", ")));
    }
    for (count, what) in
        [(stream.quarantined, "records in quarantine"), (stream.overflow, "findings too many to be kept")]
    {
        if count > 0 {
            text.push_str(&format!("  {} {what}\n", grouped(count)));
        }
    }
    text
}

fn shown_finding(finding: &ReportedFinding) -> String {
    let ReportedFinding { state, severity, kind, pointer, expected, .. } = finding;
    let place = if pointer.is_empty() { "the body" } else { pointer };
    let observed: Vec<&str> = finding.observed.keys().map(String::as_str).collect();
    let in_place_of = if expected.is_empty() { String::new() } else { format!(" in place of {expected}") };
    let serves = if finding.serves { "; the stream is read by it" } else { "" };
    let percent = finding.rate * 100.0;
    let mut text = format!("  {:<9} {:<8} {}\n", state.as_str(), severity.as_str(), cut(place, 60));
    text.push_str(&format!(
        "    {}\n",
        cut(&format!("{kind}: {}{in_place_of}{serves}", observed.join(", ")), 76)
    ));
    if !finding.values.is_empty() {
        text.push_str(&format!("    {}\n", cut(&finding.values.join(", "), 76)));
    }
    let since = format!("{} to {}", finding.first_seen.strftime("%F"), finding.last_seen.strftime("%F"));
    let (seen, checked, runs) = (grouped(finding.seen), grouped(finding.checked), finding.runs);
    text.push_str(&format!("    {seen} of {checked} ({percent:.1} %) in {runs} runs, {since}\n"));
    text
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{kept}…")
}
