use clap::ArgMatches;
use jiff::Timestamp;
use serde::Serialize;

use super::read::{quietly, write_all};
use super::table::{counted, grouped, table};
use super::{End, Global, Problem, arguments, output};
use crate::clock::{Clock, SystemClock};
use crate::store::StoredQuarantined;
use crate::sync::{Released, release};

pub(super) fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    match matches.subcommand() {
        Some(("list", matches)) => list(global, matches),
        Some(("release", matches)) => release_all(global, matches),
        Some(("drop", matches)) => drop_named(global, matches),
        // Clap lets no other through.
        _ => Ok(End::Ok),
    }
}

fn is_json(matches: &ArgMatches) -> bool {
    matches.get_one::<String>(arguments::FORMAT).is_some_and(|format| format == arguments::JSON)
}

fn list(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let store = global.store(matches)?;
    let mut rows = Vec::new();
    for stream in global.streams(matches)? {
        store.for_each_quarantined(stream, |held| rows.push(held))?;
    }
    let text = if is_json(matches) {
        rows.iter().map(line).collect::<Result<String, _>>()?
    } else if rows.is_empty() {
        "nothing is in quarantine\n".to_owned()
    } else {
        shown(&rows)
    };
    quietly(write_all(text.as_bytes()))?;
    Ok(End::Ok)
}

/// A block for each, since reasons are longer than a column.
fn shown(rows: &[StoredQuarantined]) -> String {
    let mut text = String::new();
    for held in rows {
        let slice = if held.slice.is_empty() { String::new() } else { format!(" of {}", held.slice) };
        let size = if held.whole { String::new() } else { " (too large to be kept)".to_owned() };
        let StoredQuarantined { id, stream, reason, last_seen, times, .. } = held;
        let bytes = grouped(held.bytes);
        text.push_str(&format!(
            "{stream} {id}{slice}: {bytes} bytes{size}, came {times} times, last {last_seen}\n"
        ));
        text.push_str(&format!("  {reason}\n"));
    }
    text
}

#[derive(Serialize)]
struct ReleasedLine {
    stream: &'static str,
    #[serde(flatten)]
    released: Released,
}

fn release_all(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let store = global.store(matches)?;
    let now: Timestamp = SystemClock::new().now();
    let mut lines = Vec::new();
    for stream in global.streams(matches)? {
        let released = release(&store, global.contract, stream, now)?;
        lines.push(ReleasedLine { stream: stream.name, released });
    }
    let held: u64 = lines.iter().map(|line| line.released.still_held).sum();
    let text = if is_json(matches) {
        lines.iter().map(line).collect::<Result<String, _>>()?
    } else {
        let cells = |line: &ReleasedLine| {
            let Released { released, superseded, still_held } = line.released;
            vec![line.stream.to_owned(), grouped(released), grouped(superseded), grouped(still_held)]
        };
        table(
            &["stream", "released", "superseded", "still held"],
            1,
            &lines.iter().map(cells).collect::<Vec<_>>(),
        )
    };
    quietly(write_all(text.as_bytes()))?;
    if held > 0 {
        output::warning(&format!(
            "{held} records still cannot be stored; `{} quarantine list` says why",
            global.binary
        ));
        return Ok(End::Failed);
    }
    Ok(End::Ok)
}

fn drop_named(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    if matches.contains_id("streams") {
        let store = global.store(matches)?;
        let mut dropped = 0;
        for stream in global.streams(matches)? {
            dropped += store.drop_quarantine(stream)?;
        }
        output::note(&format!("{} forgotten", counted(dropped, "record")));
        return Ok(End::Ok);
    }
    let mut numbers: Vec<i64> = matches.get_many("numbers").into_iter().flatten().copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    if let Some(number) = global.store(matches)?.drop_quarantined(&numbers)? {
        return Err(Problem::NotHeld(number));
    }
    output::note(&format!("{} forgotten", counted(numbers.len() as u64, "record")));
    Ok(End::Ok)
}

fn line(value: &impl Serialize) -> Result<String, Problem> {
    let line = serde_json::to_string(value).map_err(|error| Problem::Output(error.into()))?;
    Ok(line + "\n")
}
