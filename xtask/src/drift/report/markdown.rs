//! A comment on a pull request of GitHub.

use linchpin_codegen::drift::{Class, Side};

use super::escape::{cut, markdown, markdown_code, sentence};
use super::{Impact, Row, Shown};

/// GitHub refuses comments that are longer, in characters; bytes are counted here, which are never fewer.
const MOST: usize = 65_536;
/// What is kept for the end of a comment that is cut.
const TAIL: usize = 512;
/// Characters of one sentence.
const SENTENCE: usize = 400;

/// The first line of each comment, which GitHub does not show: by it the comment is found again, to be replaced.
const MARK: &str = "<!-- linchpin-drift -->\n";

/// A table of figures, what breaks, and the rest folded.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut text = String::from(MARK);
    text.push_str(&format!("## Drift: {}\n\n", shown.figures()));
    text.push_str(&format!("{} → {}\n\n", name(&shown.base), name(&shown.revision)));
    text.push_str("| class | new | accepted |\n|---|---:|---:|\n");
    for class in Class::ALL {
        text.push_str(&format!(
            "| {class} | {} | {} |\n",
            shown.count(class, true),
            shown.count(class, false)
        ));
    }
    let rows = shown.by_weight();
    let new = |class: Class| move |row: &&&Row<'_>| row.judged.is_new() && row.class == class;
    let mut left = 0;
    left += section(&mut text, "What it does to the connector", false, &shown.impact(), touches);
    for class in Class::ALL {
        let of_class: Vec<&Row<'_>> = rows.iter().filter(new(class)).copied().collect();
        left += section(&mut text, &capital(class), class != Class::Breaking, &of_class, told);
    }
    let accepted: Vec<&Row<'_>> = rows.iter().filter(|row| !row.judged.is_new()).copied().collect();
    left += section(&mut text, "Accepted", true, &accepted, told);
    if left > 0 {
        let (changes, do_not) = if left == 1 { ("change", "does not") } else { ("changes", "do not") };
        text.push_str(&format!(
            "\n**{left} {changes} {do_not} fit into a comment.** `--format html` shows all of them.\n"
        ));
    }
    text
}

fn capital(class: Class) -> String {
    let word = class.as_str();
    word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect()
}

/// Writes a section as far as it fits, and says how many rows did not.
fn section<R>(text: &mut String, title: &str, folded: bool, rows: &[&R], item: fn(&R) -> String) -> usize {
    if rows.is_empty() {
        return 0;
    }
    let head = format!("{title} ({})", rows.len());
    let (open, close) = if folded {
        (format!("\n<details><summary>{head}</summary>\n\n"), "\n</details>\n")
    } else {
        (format!("\n### {head}\n\n"), "")
    };
    let room = MOST.saturating_sub(text.len() + open.len() + close.len() + TAIL);
    let mut items = String::new();
    let mut fitting = 0;
    for row in rows {
        let item = item(row);
        if items.len() + item.len() > room {
            break;
        }
        items.push_str(&item);
        fitting += 1;
    }
    if fitting > 0 {
        text.push_str(&open);
        text.push_str(&items);
        text.push_str(close);
    }
    rows.len() - fitting
}

fn touches(impact: &Impact) -> String {
    let place =
        impact.spot.as_ref().map(|spot| format!(" {}", name(&format!("{}:{}", spot.file, spot.line))));
    format!("- **{}** {}{}\n", impact.class, prose(&impact.text), place.unwrap_or_default())
}

fn told(row: &Row<'_>) -> String {
    let change = row.change();
    let (operations, more) = row.operations(2);
    let mut reached: Vec<String> = operations.iter().map(|operation| name(operation)).collect();
    match more {
        0 => {}
        1 => reached.push("1 more operation".to_owned()),
        _ => reached.push(format!("{more} more operations")),
    }
    let reached = if reached.is_empty() { String::new() } else { format!("{}: ", reached.join(", ")) };
    let place = |side: &Side| name(&format!("{}:{}", side.file, side.line));
    let places: Vec<String> = change.base.iter().chain(&change.revision).map(place).collect();
    let mut text =
        format!("- {} {reached}{} ({})\n", name(&change.id), prose(&change.text), places.join(" → "));
    if let Some(accepted) = &row.judged.accepted {
        let until = accepted.expires.as_ref().map(|day| format!(" until {}", name(day))).unwrap_or_default();
        text.push_str(&format!("  - accepted{until}: {}\n", markdown(&cut(&accepted.reason, SENTENCE))));
    }
    text
}

fn prose(text: &str) -> String {
    sentence(&cut(text, SENTENCE), markdown, markdown_code)
}

fn name(text: &str) -> String {
    markdown_code(&cut(text, SENTENCE))
}
