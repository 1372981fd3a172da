//! Annotations of GitHub Actions: workflow commands on standard output.

use linchpin_codegen::drift::Class;

use super::escape::{command_message, command_property, cut};
use super::{Impact, Row, Shown, Spot, is_ours};

/// GitHub shows ten annotations of a level for each step, and drops the others without a word
/// (<https://docs.github.com/rest/checks/runs>).
const MOST: usize = 10;

/// Characters of a message, within the 4 KiB that GitHub shows.
const MESSAGE: usize = 1000;

/// A command for each change; where there are more of a level than GitHub shows, the last one counts the rest.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    let loose = shown.loose.iter().map(|impact| (level(impact.class, true), declared(impact)));
    let rows = shown.by_weight().into_iter();
    let rows = rows.map(|row| (level(row.class, row.judged.is_new()), changed(row)));
    let all: Vec<(&str, Annotation<'_>)> = loose.chain(rows).collect();
    for level in ["error", "warning", "notice"] {
        let of_level: Vec<&Annotation<'_>> =
            all.iter().filter(|(other, _)| *other == level).map(|(_, annotation)| annotation).collect();
        let told = if of_level.len() > MOST { MOST - 1 } else { of_level.len() };
        for annotation in of_level.iter().take(told) {
            text.push_str(&annotation.command(level));
        }
        let rest = of_level.len() - told;
        if rest > 0 {
            let more =
                format!("{rest} more changes of this level are not shown here; the whole report has them.");
            text.push_str(&format!("::{level} title=Drift::{}\n", command_message(&more)));
        }
    }
    text.push_str(&shown.figures());
    text.push('\n');
    text
}

/// What is accepted is worth knowing, and no more.
fn level(class: Class, new: bool) -> &'static str {
    match class {
        _ if !new => "notice",
        Class::Breaking => "error",
        Class::Risky => "warning",
        Class::Additive | Class::Editorial => "notice",
    }
}

/// What a command says, and where.
struct Annotation<'r> {
    spot: Option<&'r Spot>,
    title: String,
    message: String,
}

impl Annotation<'_> {
    fn command(&self, level: &str) -> String {
        let mut properties = Vec::new();
        if let Some(spot) = self.spot.filter(|spot| is_ours(&spot.file)) {
            properties.push(format!("file={}", command_property(&spot.file)));
            properties.push(format!("line={}", spot.line));
            properties.extend(spot.column.map(|column| format!("col={column}")));
        }
        properties.push(format!("title={}", command_property(&self.title)));
        let message = command_message(&cut(&self.message, MESSAGE));
        format!("::{level} {}::{message}\n", properties.join(","))
    }
}

fn changed<'r>(row: &'r Row<'_>) -> Annotation<'r> {
    let change = row.change();
    let mut message: Vec<String> = row.impact.iter().map(|impact| impact.text.clone()).collect();
    message.push(change.text.clone());
    let (operations, more) = row.operations(3);
    if !operations.is_empty() {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        message.push(format!("Reaches {}{more}.", operations.join(", ")));
    }
    message.extend(row.accepted());
    Annotation {
        spot: row.place.as_ref(),
        title: format!("{}: {}", row.class, change.id),
        message: message.join(" "),
    }
}

/// What happens to the connector without any change that leads there.
fn declared(impact: &Impact) -> Annotation<'_> {
    Annotation {
        spot: impact.spot.as_ref(),
        title: format!("{}: connector", impact.class),
        message: impact.text.clone(),
    }
}
