//! Sections as tables for people, within 80 columns.

use std::fmt::Write as _;

use crate::text::cut;

use super::contest::{Run, Runs, Spread};
use super::figures::{Goal, Section, Verdict};

pub(super) fn table(section: &Section) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", cut(&section.title, 80));
    if !section.runs.is_empty() {
        let _ = writeln!(
            text,
            "  {:<20} {:>7} {:>19} {:>9} {:>6} {:>10}",
            "", "rec/s", "least..most", "rec/CPU s", "MB", "server CPU"
        );
    }
    for runs in &section.runs {
        row(&mut text, runs);
    }
    for verdict in &section.verdicts {
        let _ = writeln!(text, "  {}", shown(verdict));
    }
    text
}

fn row(text: &mut String, runs: &Runs) {
    let spread = |value: fn(&Run) -> f64| runs.spread(value).map(|spread| spread.median);
    let (Some(rate), Some(cpu)) =
        (runs.spread(Run::records_a_second), runs.spread(Run::records_a_cpu_second))
    else {
        return;
    };
    let peak = spread(|run| run.peak_bytes as f64).unwrap_or_default() / 1e6;
    let server = spread(|run| run.server_seconds / run.seconds).unwrap_or_default();
    let _ = writeln!(
        text,
        "  {:<20} {:>7.0} {:>19} {:>9.0} {peak:>6.0} {:>9.0}%",
        cut(&runs.program, 20),
        rate.median,
        format!("{:.0}..{:.0}", rate.least, rate.most),
        cpu.median,
        server * 100.0
    );
}

fn shown(verdict: &Verdict) -> String {
    let Spread { median, least, most } = verdict.found;
    let digits = if median < 10.0 { 2 } else { 0 };
    let goal = match verdict.goal {
        Some(Goal::AtLeast(goal)) => format!("; at least {goal}: "),
        Some(Goal::Under(goal)) => format!("; under {goal}: "),
        None => String::new(),
    };
    let end = match (verdict.goal, verdict.reached()) {
        (None, _) => "",
        (_, true) => "reached",
        (_, false) => "NOT REACHED",
    };
    let found = format!("{median:.digits$} ({least:.digits$}..{most:.digits$}){goal}{end}");
    format!("{}: {found}", verdict.what)
}

#[cfg(test)]
mod tests {
    use super::super::contest::{Run, Runs, Spread};
    use super::super::figures::{Figure, Goal, Section, Verdict};
    use super::table;

    #[test]
    fn the_table_tells_medians_spreads_and_what_is_not_reached() {
        let run = |seconds| Run {
            records: 1_000,
            seconds,
            cpu_seconds: 0.5,
            peak_bytes: 12_345_678,
            server_seconds: 0.1,
        };
        let found = Spread { median: 0.89, least: 0.8, most: 1.1 };
        let verdict = |goal| Verdict { what: "of the loop's".to_owned(), found, goal };
        let section = Section {
            figure: Figure::Walk,
            title: "records".repeat(20),
            runs: vec![Runs { program: "connector".repeat(3), runs: [1.0, 0.5, 2.0].map(run).to_vec() }],
            verdicts: vec![verdict(Some(Goal::AtLeast(0.9))), verdict(Some(Goal::Under(0.9))), verdict(None)],
        };
        let text = table(&section);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for part in [
            "1000           500..2000      2000     12        10%\n",
            "  of the loop's: 0.89 (0.80..1.10); at least 0.9: NOT REACHED\n",
            "  of the loop's: 0.89 (0.80..1.10); under 0.9: reached\n",
            "  of the loop's: 0.89 (0.80..1.10)\n",
        ] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
    }
}
