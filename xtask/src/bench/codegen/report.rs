//! The rows as tables for people, within 80 columns, and what they come to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::text::cut;

use super::row::{OWN, Ratio, Row, Tags, Used, geometric_mean, ratios};

/// A third of the best peer's processor time, and half of its memory.
const CPU_GOAL: f64 = 1.0 / 3.0;
const MEMORY_GOAL: f64 = 0.5;
/// Over so many documents at least.
const DOCUMENTS: usize = 8;
/// One tag takes a tenth of the whole.
const TAG_GOAL: f64 = 0.1;

/// What the rows come to.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) ratios: Vec<Ratio>,
    /// Geometric means; absent where no peer compiles anywhere.
    pub(super) cpu: Option<f64>,
    pub(super) memory: Option<f64>,
    pub(super) tags: Option<Tags>,
}

impl Summary {
    pub(super) fn of(rows: &[Row], tags: Option<Tags>) -> Self {
        let ratios = ratios(rows);
        let cpu = geometric_mean(ratios.iter().map(|ratio| ratio.cpu));
        let memory = geometric_mean(ratios.iter().map(|ratio| ratio.memory));
        Self { ratios, cpu, memory, tags }
    }
}

/// All that is known of a run.
pub(super) fn table(rows: &[Row], summary: &Summary) -> String {
    let mut text = String::new();
    measured(&mut text, rows);
    troubles(&mut text, rows);
    generators(&mut text, rows);
    compared(&mut text, summary);
    if let Some(tags) = &summary.tags {
        one_tag(&mut text, tags);
    }
    text
}

fn measured(text: &mut String, rows: &[Row]) {
    text.push_str("                                 generate                  cargo check\n");
    text.push_str("document (operations)           CPU s    MB    lines     CPU s     MB   warn\n");
    let mut document = "";
    for row in rows {
        if row.document != document {
            let _ = writeln!(text, "{}", cut(&format!("{} ({})", row.document, row.operations), 80));
            document = &row.document;
        }
        let (seconds, peak) = used(row.generate);
        let _ = write!(text, "  {:<26} {seconds:>8} {peak:>5} {:>8}", row.generator, row.lines);
        let (seconds, peak) = used(row.check);
        let verdict = match (row.compiles, row.lines, &row.check) {
            (true, ..) => row.warnings.to_string(),
            (_, 0, _) => "no code".to_owned(),
            (.., None) => "no end".to_owned(),
            _ => "errors".to_owned(),
        };
        let _ = writeln!(text, "  {seconds:>8} {peak:>6} {verdict:>7}");
    }
}

fn troubles(text: &mut String, rows: &[Row]) {
    let failed: Vec<&Row> = rows.iter().filter(|row| row.error.is_some()).collect();
    if failed.is_empty() {
        return;
    }
    text.push_str("\nwhat went wrong first\n");
    for row in failed {
        let count = if row.errors > 0 { format!("{} errors, ", row.errors) } else { String::new() };
        let error = row.error.as_deref().unwrap_or_default();
        let _ =
            writeln!(text, "{}", cut(&format!("{}, {}: {count}{error}", row.document, row.generator), 80));
    }
}

/// How many documents each generator takes.
fn generators(text: &mut String, rows: &[Row]) {
    let mut generators: BTreeMap<(&str, &str), [usize; 4]> = BTreeMap::new();
    for row in rows {
        let counts = generators.entry((&row.generator, &row.version)).or_default();
        let facts = [true, row.lines > 0, row.compiles, row.compiles && row.warnings == 0];
        for (count, fact) in counts.iter_mut().zip(facts) {
            *count += usize::from(fact);
        }
    }
    text.push_str("\ngenerator                    documents  with code  compile  without a warning\n");
    for ((name, version), [all, code, compile, silent]) in generators {
        let name = cut(&format!("{name} {version}"), 28);
        let _ = writeln!(text, "{name:<28} {all:>9} {code:>10} {compile:>8} {silent:>18}");
    }
}

fn compared(text: &mut String, summary: &Summary) {
    let _ = writeln!(text, "\n{OWN}'s part of what the best peer that compiles takes to check");
    let _ = writeln!(text, "{:<24} {:>6}  {:<18} {:>6}  {:<18}", "document", "CPU", "of", "memory", "of");
    for ratio in &summary.ratios {
        let _ = writeln!(
            text,
            "{:<24} {:>6.2}  {:<18} {:>6.2}  {:<18}",
            cut(&ratio.document, 24),
            ratio.cpu,
            ratio.fastest,
            ratio.memory,
            ratio.leanest
        );
    }
    let (Some(cpu), Some(memory)) = (summary.cpu, summary.memory) else {
        text.push_str("no peer compiles on any of the documents\n");
        return;
    };
    let _ = writeln!(text, "{:<24} {cpu:>6.2}  {:<18} {memory:>6.2}", "geometric mean", "");
    let documents = summary.ratios.len();
    let few = if documents < DOCUMENTS { format!("; that is less than {DOCUMENTS}") } else { String::new() };
    for (what, found, goal) in [("CPU", cpu, CPU_GOAL), ("memory", memory, MEMORY_GOAL)] {
        let verdict = if found <= goal { "reached" } else { "not reached" };
        let _ = writeln!(text, "{what} at most {goal:.2}: {verdict}, over {documents} documents{few}");
    }
}

fn one_tag(text: &mut String, tags: &Tags) {
    let _ = writeln!(
        text,
        "\ncargo check of one tag of {} by its feature, {} tags",
        tags.document,
        tags.tags.len()
    );
    let _ = writeln!(text, "{:<40} {:>8} {:>8} {:>10}", "", "CPU s", "MB", "of whole");
    let mut line = |what: &str, found: Used| {
        let part = found.cpu_seconds / tags.whole.cpu_seconds;
        let _ = writeln!(
            text,
            "{:<40} {:>8.2} {:>8} {part:>10.3}",
            cut(what, 40),
            found.cpu_seconds,
            found.peak_bytes / 1_000_000
        );
    };
    line("whole", tags.whole);
    for (what, tag) in [("median", tags.median()), ("largest", tags.largest())] {
        if let Some(tag) = tag {
            line(&format!("{what}: {}", tag.feature), tag.used);
        }
    }
    let within = tags.tags.iter().filter(|tag| tag.used.cpu_seconds <= tags.whole.cpu_seconds * TAG_GOAL);
    let _ = writeln!(text, "at most {TAG_GOAL}: {} of {} tags", within.count(), tags.tags.len());
}

fn used(used: Option<Used>) -> (String, String) {
    let dash = || "-".to_owned();
    used.map_or_else(
        || (dash(), dash()),
        |used| (format!("{:.2}", used.cpu_seconds), (used.peak_bytes / 1_000_000).to_string()),
    )
}

#[cfg(test)]
mod tests {
    use super::super::row::{OWN, Row, Tag, Tags, Used};
    use super::{Summary, table};

    #[test]
    fn the_tables_tell_the_figures_and_stay_within_their_width() {
        let used = |cpu_seconds, peak_bytes| Some(Used { cpu_seconds, peak_bytes });
        let row = |generator: &str, check, compiles| Row {
            document: "a-document-of-a-very-long-name/and-more".to_owned(),
            operations: 123_456,
            generator: generator.to_owned(),
            version: "100.20.30-alpha+build".to_owned(),
            generate: used(1_199.99, 12_345_000_000),
            lines: 12_345_678,
            warnings: 1_234_567,
            check,
            compiles,
            ..Row::default()
        };
        let mut failed = row("openapi-to-rust", None, false);
        (failed.lines, failed.error) = (0, Some("words\n".repeat(40)));
        let rows = [
            row(OWN, used(10.0, 1_000_000_000), true),
            row("openapi-generator", used(1_199.99, 123_456_000_000), true),
            failed,
            row("progenitor", used(3.0, 1), false),
        ];
        let tags = vec![
            Tag { feature: "small".to_owned(), used: used(0.5, 1).unwrap() },
            Tag { feature: "large".repeat(20), used: used(2.0, 1).unwrap() },
        ];
        let tags = Tags { document: "d".to_owned(), whole: used(10.0, 1).unwrap(), tags };
        let text = table(&rows, &Summary::of(&rows, Some(tags)));
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{} columns: {line}\n{text}", line.chars().count());
        }
        for part in [
            "no code\n",
            "errors\n",
            "geometric mean             0.01                       0.01",
            "CPU at most 0.33: reached, over 1 documents; that is less than 8\n",
            "at most 0.1: 1 of 2 tags\n",
            "median: small                                0.50        0      0.050",
        ] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
    }
}
