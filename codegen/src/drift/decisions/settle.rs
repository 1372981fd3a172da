//! `drift.yaml` once a revision is in the place of the pinned document: what was accepted of it is no change any more.

use std::ops::Range;

use super::{Accepted, DECISIONS, Decisions, Judged};
use crate::source::{Limits, Node, SourceFiles, Tree, parse};

const KEY: &str = "accepted";

/// The decisions without the entries that met a change.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The text of the file; what is not about these entries is as it was.
    pub text: String,
    /// The entries that are gone from it, in the order of the text.
    pub entries: Vec<Accepted>,
}

/// Entries that cannot be taken out of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{DECISIONS}: the accepted {} would meet nothing once the revision is pinned, and cannot be taken out without changing the rest of the \
     file, such as an anchor that something else refers to; take out by hand what is to go, and run this again",
    .ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
)]
pub struct NotSettled {
    /// Their ids.
    pub ids: Vec<String>,
}

/// Takes the accepted entries that met one of the changes out of a text, with the comments that stand right above them or within them.
/// Entries that met none stay, and so do overrides. `None` where there is nothing to take out.
///
/// # Errors
/// The text would say something else than before about what stays.
pub fn settle(
    text: &str,
    tree: &Tree,
    decisions: &Decisions,
    judged: &Judged,
) -> Result<Option<Settled>, NotSettled> {
    let met = |entry: &Accepted| judged.changes.iter().any(|judged| entry.fits(&judged.change));
    let gone: Vec<bool> = decisions.accepted.iter().map(met).collect();
    let entries: Vec<Accepted> = decisions.accepted.iter().filter(|entry| met(entry)).cloned().collect();
    if entries.is_empty() {
        return Ok(None);
    }
    let fails = || NotSettled { ids: entries.iter().map(|entry| entry.id.value.clone()).collect() };
    let text = without(text, tree, &gone).filter(|text| says(text, tree, &gone)).ok_or_else(fails)?;
    Ok(Some(Settled { text, entries }))
}

/// Whether a text says what a tree says without these entries.
fn says(text: &str, tree: &Tree, gone: &[bool]) -> bool {
    let (next, found) = parse(&mut SourceFiles::new(), DECISIONS, text.to_owned(), &Limits::default());
    let mut wanted = tree.root().to_json();
    if let Some(list) = wanted.get_mut(KEY).and_then(|list| list.as_array_mut()) {
        let mut gone = gone.iter();
        list.retain(|_| gone.next() != Some(&true));
    }
    !found.has_errors() && next.is_some_and(|next| next.root().to_json() == wanted)
}

fn without(text: &str, tree: &Tree, gone: &[bool]) -> Option<String> {
    let entry = tree.root().entry(KEY)?;
    let span = range(entry.value);
    let is_flow = text.get(span.start..)?.starts_with('[');
    let all = gone.iter().all(|gone| *gone);
    if is_flow && all {
        return Some(format!("{}[]{}", text.get(..span.start)?, text.get(span.end..)?));
    }
    let items: Vec<Node<'_>> = entry.value.items().collect();
    let mut cuts = Vec::new();
    for (index, item) in items.iter().enumerate().filter(|(index, _)| gone.get(*index) == Some(&true)) {
        let own = Range { start: range(*item).start, end: end(text, *item)? };
        cuts.push(match lines(text, &own, is_flow) {
            Some(lines) => lines,
            None if is_flow => {
                let is_last = gone.iter().skip(index).all(|gone| *gone);
                let before =
                    index.checked_sub(1).and_then(|before| items.get(before)).map(|node| range(*node).end);
                let next = items.get(index + 1).map(|node| range(*node).start);
                let holds_no_comment =
                    |gap: Range<usize>| text.get(gap).is_some_and(|gap| !gap.contains('#'));
                match (before, next) {
                    (Some(before), _) if is_last && holds_no_comment(before..own.start) => before..own.end,
                    (_, Some(next)) if holds_no_comment(own.end..next) => own.start..next,
                    _ => own.start..behind_comma(text, own.end)?,
                }
            }
            None => return None,
        });
    }
    if all {
        // An empty list in the place of nothing, which would be no list.
        let after = entry.key_span.end as usize;
        let colon = after + text.get(after..)?.find(':')? + 1;
        let rest = cut(text, colon, &cuts)?;
        return Some(format!("{} []{rest}", text.get(..colon)?));
    }
    cut(text, 0, &cuts)
}

/// A text from a place on, without some ranges of it.
fn cut(text: &str, from: usize, cuts: &[Range<usize>]) -> Option<String> {
    let (mut left, mut at) = (String::new(), from);
    for cut in cuts {
        left.push_str(text.get(at..cut.start.max(at))?);
        at = cut.end.max(at);
    }
    left.push_str(text.get(at..)?);
    Some(left)
}

fn range(node: Node<'_>) -> Range<usize> {
    let span = node.span();
    span.start as usize..span.end as usize
}

/// Where an entry ends: a block ends with its last value, and not with the comments that follow it.
fn end(text: &str, item: Node<'_>) -> Option<usize> {
    let span = range(item);
    if text.get(span.start..)?.starts_with('{') {
        return Some(span.end);
    }
    item.entries().map(|entry| range(entry.value).end).max()
}

/// The whole lines of an entry that shares them with no other, with the comments that are about it.
fn lines(text: &str, own: &Range<usize>, is_flow: bool) -> Option<Range<usize>> {
    let mut start = line_start(text, own.start)?;
    let mut before = text.get(start..own.start)?;
    if !is_flow && before.trim().is_empty() {
        // The dash has a line of its own.
        start = line_start(text, start.checked_sub(1)?)?;
        before = text.get(start..own.start)?;
    }
    let indent = before.len() - before.trim_start_matches(' ').len();
    if before.trim() != if is_flow { "" } else { "-" } {
        return None;
    }
    let (mut end, rest) = line(text, own.end)?;
    let rest = if is_flow { rest.trim_start().strip_prefix(',').unwrap_or(rest) } else { rest };
    if !rest.trim().is_empty() && !rest.trim_start().starts_with('#') {
        return None;
    }
    // What stands right above it, as far in as it is.
    while let Some(above) = start.checked_sub(1).and_then(|at| line_start(text, at)) {
        if !is_comment(text.get(above..start)?, |column| column == indent) {
            break;
        }
        start = above;
    }
    // What stands within it, such as a key that is not filled in.
    while let Some((after, rest)) = line(text, end).filter(|(after, _)| !is_flow && *after > end) {
        if !is_comment(rest, |column| column > indent) {
            break;
        }
        end = after;
    }
    Some(start..end)
}

/// The place behind the comma that follows another one, or that place itself.
fn behind_comma(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let blank = rest.len() - rest.trim_start().len();
    Some(if rest.get(blank..)?.starts_with(',') { at + blank + 1 } else { at })
}

/// Whether a line is a comment that begins at such a column.
fn is_comment(line: &str, at: impl Fn(usize) -> bool) -> bool {
    let text = line.trim_start_matches(' ');
    text.starts_with('#') && at(line.len() - text.len())
}

/// Where the line of a place begins.
fn line_start(text: &str, at: usize) -> Option<usize> {
    Some(text.get(..at)?.rfind('\n').map_or(0, |found| found + 1))
}

/// What follows a place on its line, and where the next line begins.
fn line(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = text.get(at..)?;
    let length = rest.find('\n').map_or(rest.len(), |found| found + 1);
    Some((at + length, rest.get(..length)?))
}
