//! A report for people: what is reached, then what changed there.

use std::fmt::Write as _;

use linchpin_codegen::drift::{Change, Class, Report, Side};

/// Columns that are filled.
const WIDTH: usize = 80;
const INDENT: &str = "      ";

/// The report in lines of 80 columns, which only long words exceed.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    let mut heading: Option<&[String]> = None;
    for change in &report.changes {
        if heading != Some(change.operations.as_slice()) {
            if heading.is_some() {
                text.push('\n');
            }
            title(&mut text, &change.operations);
            heading = Some(&change.operations);
        }
        one(&mut text, change);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let counts: Vec<String> = Class::ALL
        .iter()
        .map(|class| (report.count(*class), class))
        .filter(|(count, _)| *count > 0)
        .map(|(count, class)| format!("{count} {class}"))
        .collect();
    let total = report.changes.len();
    // Writing to a string cannot fail.
    let _ = match total {
        0 => writeln!(text, "No change."),
        1 => writeln!(text, "1 change: {}.", counts.join(", ")),
        _ => writeln!(text, "{total} changes: {}.", counts.join(", ")),
    };
    text
}

fn title(text: &mut String, operations: &[String]) {
    const SHOWN: usize = 3;
    if operations.is_empty() {
        text.push_str("No operation\n");
        return;
    }
    for operation in operations.iter().take(SHOWN) {
        text.push_str(operation);
        text.push('\n');
    }
    if let Some(more) = operations.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "and {more} more operations");
    }
}

fn one(text: &mut String, change: &Change) {
    let _ = writeln!(text, "  {:<9} {}", change.class.as_str(), change.id);
    let mut column = 0;
    for word in change.text.split_whitespace() {
        let length = word.chars().count();
        if column == 0 || column + 1 + length > WIDTH {
            if column > 0 {
                text.push('\n');
            }
            text.push_str(INDENT);
            column = INDENT.len();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    let place = |side: &Side| format!("{}:{}", side.file, side.line);
    let places: Vec<String> = change.base.iter().chain(&change.revision).map(place).collect();
    let line = places.join(" -> ");
    if INDENT.len() + line.chars().count() <= WIDTH {
        let _ = writeln!(text, "{INDENT}{line}");
    } else {
        for place in places {
            let _ = writeln!(text, "{INDENT}{place}");
        }
    }
}
