//! Annotations of GitHub Actions: workflow commands on standard output.

use linchpin_codegen::drift::Class;

use super::escape::{command_message, command_property, cut};
use super::{Row, Shown};

/// GitHub shows ten annotations of a level for each step, and drops the others without a word
/// (<https://docs.github.com/rest/checks/runs>).
const MOST: usize = 10;

/// Characters of a message, within the 4 KiB that GitHub shows.
const MESSAGE: usize = 1000;

/// A command for each change; where there are more of a level than GitHub shows, the last one counts the rest.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    let rows = shown.by_weight();
    for level in ["error", "warning", "notice"] {
        let of_level: Vec<&Row<'_>> = rows.iter().copied().filter(|row| self::level(row) == level).collect();
        let told = if of_level.len() > MOST { MOST - 1 } else { of_level.len() };
        for row in of_level.iter().take(told) {
            text.push_str(&command(level, row));
        }
        let rest = of_level.len() - told;
        if rest > 0 {
            let more = format!("{rest} more changes of this level are not shown here; the whole report has them.");
            text.push_str(&format!("::{level} title=Drift::{}\n", command_message(&more)));
        }
    }
    for impact in &shown.loose {
        text.push_str(&format!("{}\n", super::escape::line(&format!("{}: {}", impact.class, impact.text))));
    }
    text.push_str(&shown.figures());
    text.push('\n');
    text
}

/// What is accepted is worth knowing, and no more.
fn level(row: &Row<'_>) -> &'static str {
    match row.class {
        _ if !row.judged.is_new() => "notice",
        Class::Breaking => "error",
        Class::Risky => "warning",
        Class::Additive | Class::Editorial => "notice",
    }
}

fn command(level: &str, row: &Row<'_>) -> String {
    let change = row.change();
    let mut properties = Vec::new();
    if let Some(spot) = row.place.as_ref().filter(|spot| super::is_ours(&spot.file)) {
        properties.push(format!("file={}", command_property(&spot.file)));
        properties.push(format!("line={}", spot.line));
        properties.extend(spot.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", command_property(&format!("{}: {}", row.class, change.id))));
    let mut message: Vec<String> = row.impact.iter().map(|impact| impact.text.clone()).collect();
    message.push(change.text.clone());
    let (operations, more) = row.operations(3);
    if !operations.is_empty() {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        message.push(format!("Reaches {}{more}.", operations.join(", ")));
    }
    if let Some(accepted) = &row.judged.accepted {
        message.push(format!("Accepted: {}", accepted.reason));
    }
    format!("::{level} {}::{}\n", properties.join(","), command_message(&cut(&message.join(" "), MESSAGE)))
}
