//! What is told of an accepted revision: an entry of the changelog, and release notes. Both name what matters to the connector and no more.

use std::fmt::Write as _;

use super::{Assessment, Impact, Severity, SubjectKind};
use crate::date::Date;
use crate::drift;
use crate::generate::Connector;
use crate::plan::{Previous, Stream};
use crate::version::Bump;

const SECTIONS: [(Severity, &str); 3] = [
    (Severity::Breaks, "Breaks"),
    (Severity::Risks, "To be looked at"),
    (Severity::Notices, "New and noticed"),
];

/// The entry of a changelog, in Markdown: each impact with the change that it comes from, then the items of the crate that differ, and the old
/// shapes that `connector` keeps.
pub fn changelog_entry(assessment: &Assessment, connector: &Connector, day: Date) -> String {
    let mut text = format!("## {} - {day}\n", assessment.next_version);
    for (severity, title) in SECTIONS {
        let found: Vec<&Impact> =
            assessment.impact.iter().filter(|impact| impact.severity == severity).collect();
        if found.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n### {title}\n");
        for impact in found {
            let _ = writeln!(text, "- {}", line(impact));
        }
    }
    items(&mut text, assessment);
    old_shapes(&mut text, connector, "###");
    if assessment.telling().next().is_none() {
        text.push_str("\nThe document changed, and nothing that this connector uses.\n");
    }
    text
}

fn line(impact: &Impact) -> String {
    let mut line = sentence(&capital(&impact.what));
    let mut sources: Vec<String> = impact.id.iter().map(|id| code(id)).collect();
    match impact.operations.as_slice() {
        [] => {}
        [one] => sources.push(code(one)),
        [first, rest @ ..] => sources.push(format!("{} and {} more", code(first), rest.len())),
    }
    if !sources.is_empty() {
        let _ = write!(line, " ({})", sources.join(", "));
    }
    line.push('.');
    if let Some(advice) = &impact.advice {
        let told = advice
            .replace("until the revision is accepted", "before this version")
            .replace("goes when the revision is accepted", "goes with this version");
        let _ = write!(line, " {}.", sentence(&capital(&told)));
    }
    if let Some(overridden) = &impact.overridden {
        let _ = write!(line, " {}.", sentence(&capital(&overridden.told())));
    }
    line
}

/// The methods of old shapes, by the day on which they go.
fn old_shapes(text: &mut String, connector: &Connector, level: &str) {
    let previous = &connector.plan.previous;
    if previous.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{level} Old shapes that are kept\n");
    let mut streams = Vec::new();
    for Previous { name, until, plan } in previous {
        for (operation, planned) in plan.api.operations.iter().zip(&plan.operations) {
            let Some(kept) = &planned.kept else { continue };
            let (method, suffix) = (&operation.name, &kept.suffix);
            let same = |stream: &&Stream| {
                let today = connector.plan.api.operations.get(stream.operation);
                today.is_some_and(|today| today.head.id == operation.head.id)
            };
            let read = connector.plan.streams.iter().filter(same);
            streams.extend(read.map(|stream| format!("`{}` from `{method}{suffix}()`", stream.name)));
            let call = code(&format!("{} {}", operation.head.method, operation.head.path));
            let _ = writeln!(
                text,
                "- `{method}{suffix}()`, {call}, until {until}; its types are in `previous::{name}`."
            );
        }
    }
    if !streams.is_empty() {
        let _ = writeln!(
            text,
            "\nStreams have the new shape only, as a table has one. What a stream read before is still had page by page: {}.",
            streams.join(", ")
        );
    }
}

/// A sentence of ours in Markdown. Values stand between backticks, and are code; whatever a value does to the backticks, nothing outside of
/// code is structure, a link, or the name of a person.
fn sentence(text: &str) -> String {
    drift::sentence(text, plain, code)
}

/// Text with the signs of Markdown as entities (CommonMark 0.31, section 2.5). An empty comment parts what GitHub would make a link.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '@' | '#' => {
                let _ = write!(out, "&#{};", u32::from(sign));
                if matches!(sign, '@' | '#') {
                    out.push_str("<!-- -->");
                }
            }
            ':' if signs.peek() == Some(&'/') => out.push_str(":<!-- -->"),
            '.' if out.ends_with("www") => out.push_str(".<!-- -->"),
            sign => out.push(sign),
        }
    }
    out
}

/// A code span (CommonMark 0.31, section 6.1): fenced by more backticks than it holds in a row.
fn code(text: &str) -> String {
    let flat: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    let longest = flat.split(|sign| sign != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if flat.is_empty() {
        return "` `".to_owned();
    }
    let room = if flat.starts_with('`') || flat.ends_with('`') { " " } else { "" };
    format!("{fence}{room}{flat}{room}{fence}")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn items(text: &mut String, assessment: &Assessment) {
    let Some(api) = assessment.api.as_ref().filter(|api| !api.is_empty()) else { return };
    text.push_str("\n### Public items of the crate\n\n");
    for item in &api.removed {
        let _ = writeln!(text, "- removed: `{item}`");
    }
    for changed in &api.changed {
        let _ = writeln!(text, "- changed: `{}`, from `{}` to `{}`", changed.item, changed.from, changed.to);
    }
    for item in &api.added {
        let needed = if api.demanded.contains(item) { ", which has to be given" } else { "" };
        let _ = writeln!(text, "- added: `{item}`{needed}");
    }
}

/// Release notes, in Markdown: what those who run the connector, and those whose code uses it, have to do, and the old shapes that `connector`
/// keeps for them.
pub fn release_notes(assessment: &Assessment, connector: &Connector) -> String {
    let mut text = format!("# linchpin-{} {}\n", assessment.connector, assessment.next_version);
    let kind = match assessment.bump {
        Bump::Major => "Code that uses the crate may have to change.",
        Bump::Minor => "There is more to use; code that uses the crate goes on as it is.",
        Bump::Patch => "Code that uses the crate goes on as it is.",
        Bump::None => "The code of the crate is the same.",
    };
    let _ = match assessment.bump {
        Bump::None => writeln!(text, "\nThe version stays as it is. {kind}"),
        bump => writeln!(text, "\nA {bump} release, from {}. {kind}", assessment.version),
    };
    let acts: Vec<&Impact> =
        assessment.telling().filter(|impact| impact.severity >= Severity::Risks).collect();
    let on_streams =
        |impact: &Impact| impact.subjects.iter().any(|subject| subject.kind == SubjectKind::Stream);
    for (title, streams) in [("For those who sync", true), ("For those who call it", false)] {
        let found: Vec<&&Impact> = acts.iter().filter(|impact| on_streams(impact) == streams).collect();
        if found.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {title}\n");
        for impact in found {
            let _ = writeln!(text, "- {}", line(impact));
        }
    }
    if let Some(api) = &assessment.api {
        let counts =
            [(api.removed.len(), "removed"), (api.changed.len(), "changed"), (api.added.len(), "added")];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if !counts.is_empty() {
            let _ = writeln!(text, "\nPublic items: {}; the changelog names them.", counts.join(", "));
        }
    }
    old_shapes(&mut text, connector, "##");
    if !connector.plan.previous.is_empty() {
        text.push_str("\nThe plain names have the new shape. Code that is not ready for it calls these, which are deprecated, in their place.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{code, sentence};

    #[test]
    fn values_are_code_and_nothing_else_is_markup() {
        for (text, expected) in [
            (
                "stream `tickets` loses its cursor `updated_at`",
                "stream `tickets` loses its cursor `updated_at`",
            ),
            ("takes `<script>x</script>` now", "takes `<script>x</script>` now"),
            ("`a\nb` and @team, #1", "`a b` and &#64;<!-- -->team, &#35;<!-- -->1"),
            ("`a`](javascript:x)`b`", "`a`&#93;(javascript:x)`b`"),
            ("see https://a.example, www.b.example", "see https:<!-- -->//a.example, www.<!-- -->b.example"),
            ("one ` alone <b>", "one &#96; alone &#60;b&#62;"),
            ("the value `` is new", "the value ` ` is new"),
            ("end.\n# Title", "end. &#35;<!-- --> Title"),
        ] {
            assert_eq!(sentence(text), expected, "{text:?}");
        }
        for (text, expected) in
            [("GET /a`b", "``GET /a`b``"), ("`", "`` ` ``"), ("", "` `"), ("a``b`c", "```a``b`c```")]
        {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }
}
