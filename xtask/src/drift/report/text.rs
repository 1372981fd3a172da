//! A report for people: what it does to the connector, then what is reached and what changed there.

use std::fmt::Write as _;

use linchpin_codegen::drift::Side;

use super::escape::logged;
use super::{Row, Shown};
use crate::text::wrapped;

/// Columns that are filled.
const WIDTH: usize = 80;
const INDENT: &str = "      ";

/// The report in lines of 80 columns, which only long words exceed.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    impact(&mut text, shown);
    let mut heading: Option<&[String]> = None;
    for row in &shown.rows {
        let operations = row.change().operations.as_slice();
        if heading != Some(operations) {
            if heading.is_some() {
                text.push('\n');
            }
            title(&mut text, row);
            heading = Some(operations);
        }
        one(&mut text, row);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&shown.figures());
    text.push('\n');
    text
}

fn impact(text: &mut String, shown: &Shown<'_>) {
    let all = shown.impact();
    if all.is_empty() {
        return;
    }
    text.push_str("What it does to the connector\n");
    for impact in all {
        let spot = impact.spot.as_ref().map(|spot| {
            let column = spot.column.map(|column| format!(":{column}")).unwrap_or_default();
            format!("{}:{}{column}", logged(&spot.file), spot.line)
        });
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:<9} {}", impact.class.as_str(), spot.unwrap_or_default());
        fill(text, &impact.text);
    }
    text.push('\n');
}

fn title(text: &mut String, row: &Row<'_>) {
    const SHOWN: usize = 3;
    let (operations, more) = row.operations(SHOWN);
    if operations.is_empty() {
        text.push_str("No operation\n");
    }
    for operation in operations {
        text.push_str(&logged(operation));
        text.push('\n');
    }
    match more {
        0 => {}
        1 => text.push_str("and 1 more operation\n"),
        _ => {
            let _ = writeln!(text, "and {more} more operations");
        }
    }
}

fn one(text: &mut String, row: &Row<'_>) {
    let change = row.change();
    let _ = writeln!(text, "  {:<9} {}", row.class.as_str(), change.id);
    fill(text, &change.text);
    if let Some(accepted) = row.accepted() {
        fill(text, &accepted);
    }
    let place = |side: &Side| format!("{}:{}", logged(&side.file), side.line);
    let places: Vec<String> = change.base.iter().chain(&change.revision).map(place).collect();
    let both = places.join(" -> ");
    if INDENT.len() + both.chars().count() <= WIDTH {
        let _ = writeln!(text, "{INDENT}{both}");
    } else {
        for place in places {
            let _ = writeln!(text, "{INDENT}{place}");
        }
    }
}

/// Writes a sentence, broken into lines.
fn fill(text: &mut String, sentence: &str) {
    text.push_str(&wrapped(sentence, INDENT));
    text.push('\n');
}
