//! The records as a table for people, within 80 columns.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use linchpin_codegen::diagnostic::Code;

use crate::text::cut;

use super::record::{Record, Stage};

/// Width of a document's name.
const NAME: usize = 19;
/// Width of everything.
const WIDTH: usize = 80;

/// All that is known of a run.
pub(super) fn table(records: &[Record], compiled: bool) -> String {
    let mut text = String::new();
    documents(&mut text, records, compiled);
    stages(&mut text, records, compiled);
    warnings(&mut text, records);
    dropped(&mut text, records);
    failures(&mut text, records);
    text
}

fn documents(text: &mut String, records: &[Record], compiled: bool) {
    let _ = write!(
        text,
        "{:<NAME$} {:>6} {:>6} {:>7} {:>6} {:>6} {:>6}",
        "document", "ops", "gen", "lines", "warn", "s", "MB"
    );
    text.push_str(if compiled { "  check s     MB\n" } else { "\n" });
    for record in records {
        let _ = write!(
            text,
            "{:<NAME$} {:>6} {:>6} {:>7} {:>6} {:>6} {:>6}",
            cut(&record.document, NAME),
            record.operations,
            record.generated,
            record.lines,
            record.warnings.values().sum::<usize>(),
            seconds(record.seconds),
            megabytes(record.peak_bytes)
        );
        if compiled {
            let _ = write!(
                text,
                "  {:>7} {:>6}",
                seconds(record.check_seconds),
                megabytes(record.check_peak_bytes)
            );
        }
        text.push_str(if record.ok { "\n" } else { " !\n" });
    }
    let sum = |of: fn(&Record) -> usize| records.iter().map(of).sum::<usize>();
    let _ = writeln!(
        text,
        "{:<NAME$} {:>6} {:>6} {:>7}",
        format!("{} documents", records.len()),
        sum(|record| record.operations),
        sum(|record| record.generated),
        sum(|record| record.lines)
    );
}

fn stages(text: &mut String, records: &[Record], compiled: bool) {
    const BAR: usize = 40;
    text.push_str("\nstage       documents\n");
    for stage in Stage::ALL.into_iter().filter(|stage| compiled || *stage != Stage::Compiled) {
        let reached = records.iter().filter(|record| record.stage >= Some(stage)).count();
        let bar = "#".repeat((reached * BAR).checked_div(records.len()).unwrap_or_default());
        let _ = writeln!(text, "{:<11} {reached:>4} of {:<4} {bar}", stage.name(), records.len());
    }
}

fn warnings(text: &mut String, records: &[Record]) {
    let mut codes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (code, count) in records.iter().flat_map(|record| &record.warnings) {
        let (documents, all) = codes.entry(code).or_default();
        *documents += 1;
        *all += count;
    }
    if codes.is_empty() {
        return;
    }
    text.push_str("\ncode  documents  warnings\n");
    for (code, (documents, all)) in codes {
        let title = Code::ALL.iter().find(|known| known.as_str() == code).map_or("", |known| known.title());
        let line = format!("{code:<5} {documents:>9} {all:>9}  {title}");
        let _ = writeln!(text, "{}", cut(&line, WIDTH));
    }
}

fn dropped(text: &mut String, records: &[Record]) {
    let all: Vec<_> =
        records.iter().flat_map(|record| record.dropped.iter().map(move |found| (record, found))).collect();
    if all.is_empty() {
        return;
    }
    text.push_str("\noperations left out\n");
    for (record, found) in all {
        let code = found.code.as_deref().unwrap_or("?");
        let line = format!("{code:<5} {}: {}", record.document, found.operation);
        let _ = writeln!(text, "{}", cut(&line, WIDTH));
    }
}

fn failures(text: &mut String, records: &[Record]) {
    let failed: Vec<_> = records.iter().filter(|record| !record.ok).collect();
    if failed.is_empty() {
        return;
    }
    text.push_str("\nnot good\n");
    for record in failed {
        let after = record.stage.map_or("nothing", Stage::name);
        let error = record.error.as_deref().unwrap_or("no cause is known");
        for line in wrapped(&format!("{} (came as far as: {after}): {error}", record.document)) {
            let _ = writeln!(text, "{line}");
        }
    }
}

fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

fn megabytes(value: Option<u64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| (value / 1_000_000).to_string())
}

/// Lines of a text, those after the first indented.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, "   ".to_owned()));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&cut(word, WIDTH - 4));
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::super::record::{Dropped, Record, Stage};
    use super::{WIDTH, table};

    #[test]
    fn the_table_counts_and_stays_within_its_width() {
        let good = Record {
            document: "good".to_owned(),
            stage: Some(Stage::Compiled),
            ok: true,
            operations: 123_456,
            generated: 123_455,
            lines: 1_234_567,
            dropped: vec![Dropped { operation: "GET /x".repeat(30), code: Some("N009".to_owned()) }],
            warnings: [("N008".to_owned(), 3)].into(),
            seconds: Some(119.99),
            peak_bytes: Some(12_345_000_000),
            check_seconds: Some(1_199.99),
            check_peak_bytes: Some(12_345_000_000),
            ..Record::default()
        };
        let mut bad = Record::failed("ends/in\u{202f}read/ing, with a long name", "words ".repeat(40));
        bad.stage = Some(Stage::Read);
        let crashed = Record::failed("crashed", "/a-path-without-any-blank".repeat(10));
        let text = table(&[good, bad, crashed], true);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{} columns: {line}\n{text}", line.chars().count());
        }
        for part in [
            "read           2 of 3",
            "normalised     1 of 3",
            "compiled       1 of 3",
            "N008          1         3  keys beside",
            "N009  good: GET /x",
            "crashed (came as far as: nothing)",
        ] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
    }
}
