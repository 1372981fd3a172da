//! A comparison in the formats that people and programs want it in. Each format is a function of [`Shown`] and nothing else; the same
//! comparison gives the same bytes.

mod entries;
mod escape;
#[cfg(test)]
pub(in crate::drift) mod examples;
mod github;
mod html;
mod junit;
mod markdown;
mod sarif;
mod text;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Component, Path};

use clap::ValueEnum;
use linchpin_codegen::drift::decisions::{Judged, JudgedChange};
use linchpin_codegen::drift::observed::is_observed;
use linchpin_codegen::drift::{Change, Class};
use linchpin_codegen::source::{SourceFiles, Tree};

/// How changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, by the operations that are reached.
    Text,
    /// For programs: one object with `changes`, by specs/drift.schema.json.
    Json,
    /// A comment on a pull request, within what GitHub takes.
    Markdown,
    /// Annotations of GitHub Actions, ten of each level at most.
    Github,
    /// A test case for each change.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A page by itself, to search and filter.
    Html,
    /// Entries of drift.yaml that accept what is new, to fill in and paste.
    Entries,
}

impl Format {
    /// Whether several reports in a row can still be read: each JSON of a row is one by itself, a page is not.
    pub(crate) fn can_follow_itself(self) -> bool {
        matches!(self, Format::Text | Format::Json | Format::Github)
    }
}

/// A comparison as every format shows it.
pub(crate) struct Shown<'r> {
    /// What people call the two sides, by their files.
    base: String,
    revision: String,
    /// The least serious class that fails.
    fail_on: Class,
    /// What changed, in the order of the report; where a connector was looked at, only what touches it.
    rows: Vec<Row<'r>>,
    /// What happens to the connector without any change that leads there.
    loose: Vec<Impact>,
    /// How many changes are not among the rows, because they change nothing for the connector.
    elsewhere: usize,
    /// The report without what is only shown.
    judged: &'r Judged,
}

/// A change as it is shown.
struct Row<'r> {
    judged: &'r JudgedChange,
    /// What it means: to the connector, where one was looked at, else to clients in general.
    class: Class,
    /// Where in a file of this project to look.
    place: Option<Spot>,
    /// What the change does to the connector.
    impact: Vec<Impact>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// From 1, where it is known.
    pub(crate) column: Option<u32>,
}

/// What a change does to a part of a connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Impact {
    /// The index of the change in the report; `None` where no change leads there.
    pub(crate) change: Option<usize>,
    /// What it means to the connector.
    pub(crate) class: Class,
    /// In one sentence, with what to do about it.
    pub(crate) text: String,
    /// Where the part is declared.
    pub(crate) spot: Option<Spot>,
}

/// Where columns are looked up.
pub(crate) struct Sources<'s> {
    pub(crate) files: &'s SourceFiles,
    pub(crate) base: &'s Tree,
    pub(crate) revision: &'s Tree,
}

impl<'r> Shown<'r> {
    /// What is shown of a comparison. `impact` is missing where no connector was looked at; else it is all that happens to it, and changes
    /// without any are only counted.
    pub(crate) fn new(
        (base, revision): (&str, &str),
        fail_on: Class,
        judged: &'r Judged,
        sources: Option<&Sources<'_>>,
        impact: Option<Vec<Impact>>,
    ) -> Self {
        let looked = impact.is_some();
        let (mut by_change, mut loose) = (HashMap::<usize, Vec<Impact>>::new(), Vec::new());
        for impact in impact.into_iter().flatten() {
            match impact.change {
                Some(change) => by_change.entry(change).or_default().push(impact),
                None => loose.push(impact),
            }
        }
        let row = |(number, judged): (usize, &'r JudgedChange)| {
            let impact = by_change.remove(&number).unwrap_or_default();
            let class = match impact.iter().map(|impact| impact.class).max() {
                Some(class) => class,
                None if looked => return None,
                None => judged.change.class,
            };
            let declared = impact.iter().find_map(|impact| impact.spot.clone());
            let place = declared.or_else(|| place(&judged.change, sources));
            Some(Row { judged, class, place, impact })
        };
        let rows: Vec<Row<'r>> = judged.changes.iter().enumerate().filter_map(row).collect();
        // An index that no change has is no reason to keep quiet about what it says.
        let mut lost: Vec<(usize, Vec<Impact>)> = by_change.into_iter().collect();
        lost.sort_by_key(|(change, _)| *change);
        loose.extend(lost.into_iter().flat_map(|(_, impact)| impact));
        let elsewhere = judged.changes.len() - rows.len();
        let (base, revision) = (base.to_owned(), revision.to_owned());
        Self { base, revision, fail_on, rows, loose, elsewhere, judged }
    }

    /// The most serious class of what is new; `None` where nothing is.
    pub(crate) fn worst_new(&self) -> Option<Class> {
        let rows = self.rows.iter().filter(|row| row.judged.is_new()).map(|row| row.class);
        rows.chain(self.loose.iter().map(|impact| impact.class)).max()
    }

    /// The comparison in a format, with a line break at its end.
    pub(crate) fn to_format(&self, format: Format) -> String {
        match format {
            Format::Text => text::render(self),
            Format::Json => self.judged.to_json(),
            Format::Markdown => markdown::render(self),
            Format::Github => github::render(self),
            Format::Junit => junit::render(self),
            Format::Sarif => sarif::render(self),
            Format::Html => html::render(self),
            Format::Entries => entries::render(self),
        }
    }

    /// The rows by weight: new ones before accepted ones, what touches the connector before the rest, the most serious class first.
    fn by_weight(&self) -> Vec<&Row<'r>> {
        let mut rows: Vec<&Row<'r>> = self.rows.iter().collect();
        rows.sort_by_key(|row| (!row.judged.is_new(), row.impact.is_empty(), Reverse(row.class)));
        rows
    }

    /// All that happens to the connector, the most serious first.
    fn impact(&self) -> Vec<&Impact> {
        let of_rows = self.rows.iter().filter(|row| row.judged.is_new()).flat_map(|row| &row.impact);
        let mut all: Vec<&Impact> = self.loose.iter().chain(of_rows).collect();
        all.sort_by_key(|impact| Reverse(impact.class));
        all
    }

    /// How many rows have a class, new ones or accepted ones.
    fn count(&self, class: Class, new: bool) -> usize {
        self.rows.iter().filter(|row| row.class == class && row.judged.is_new() == new).count()
    }

    /// How many new ones there are of the changes, or of what was observed, and of which classes.
    fn new_ones(&self, observed: bool) -> (usize, String) {
        let new = || self.rows.iter().filter(move |row| row.judged.is_new() && row.is_observed() == observed);
        let counts: Vec<String> = Class::ALL
            .into_iter()
            .map(|class| (new().filter(|row| row.class == class).count(), class))
            .filter(|(count, _)| *count > 0)
            .map(|(count, class)| format!("{count} {class}"))
            .collect();
        (new().count(), counts.join(", "))
    }

    /// The figures in one sentence: `3 changes: 1 breaking, 2 additive; 1 finding in payloads: 1 risky; 1 is accepted.`
    fn figures(&self) -> String {
        let (total, classes) = self.new_ones(false);
        let (observed, observed_classes) = self.new_ones(true);
        let accepted = self.rows.len() - total - observed;
        let mut text = match total {
            0 if observed > 0 => String::new(),
            0 if accepted > 0 => "No new change".to_owned(),
            0 => "No change".to_owned(),
            1 => format!("1 change: {classes}"),
            _ => format!("{total} changes: {classes}"),
        };
        if total > 0 && observed > 0 {
            text.push_str("; ");
        }
        match observed {
            0 => {}
            1 => text.push_str(&format!("1 finding in payloads: {observed_classes}")),
            _ => text.push_str(&format!("{observed} findings in payloads: {observed_classes}")),
        }
        match accepted {
            0 => {}
            1 => text.push_str("; 1 is accepted"),
            _ => text.push_str(&format!("; {accepted} are accepted")),
        }
        match self.elsewhere {
            0 => {}
            1 => text.push_str("; 1 more changes nothing for the connector"),
            more => text.push_str(&format!("; {more} more change nothing for the connector")),
        }
        text.push('.');
        text
    }
}

impl Row<'_> {
    /// Whether it was observed in payloads.
    fn is_observed(&self) -> bool {
        is_observed(&self.change().id)
    }

    fn change(&self) -> &Change {
        &self.judged.change
    }

    /// Whether it makes the comparison fail.
    fn fails(&self, fail_on: Class) -> bool {
        self.judged.is_new() && self.class >= fail_on
    }

    /// That it is accepted, until when and why.
    fn accepted(&self) -> Option<String> {
        let accepted = self.judged.accepted.as_ref()?;
        let until = accepted.expires.as_ref().map(|day| format!(" until {day}")).unwrap_or_default();
        Some(format!("Accepted{until}: {}", accepted.reason))
    }

    /// The first operations that it reaches, and how many more there are.
    fn operations(&self, most: usize) -> (&[String], usize) {
        let all = self.change().operations.as_slice();
        let shown = all.get(..most).unwrap_or(all);
        (shown, all.len() - shown.len())
    }

    /// What names the change beside its id: the pointers on both sides.
    fn pointers(&self) -> (&str, &str) {
        let change = self.change();
        (
            change.base.as_ref().map_or("", |side| side.pointer.as_str()),
            change.revision.as_ref().map_or("", |side| side.pointer.as_str()),
        )
    }
}

/// The place to look at: the revision's, or the base's where only that is a file of this project. What was fetched is none.
fn place(change: &Change, sources: Option<&Sources<'_>>) -> Option<Spot> {
    let revision = change.revision.as_ref().map(|side| (side, sources.map(|sources| sources.revision)));
    let base = change.base.as_ref().map(|side| (side, sources.map(|sources| sources.base)));
    let sides = [revision, base];
    let ours = sides.iter().flatten().find(|(side, _)| is_ours(&side.file));
    let (side, tree) = ours.or_else(|| sides.iter().flatten().next())?;
    let column = sources.zip(*tree).and_then(|(sources, tree)| {
        let found = sources.files.place(tree.root().at(&side.pointer)?.span())?;
        // A pointer is one into its own file, which need not be the document's first.
        (found.file == side.file && found.line == side.line).then_some(found.column)
    });
    Some(Spot { file: side.file.clone(), line: side.line, column })
}

/// Whether a file is one of this project: its path is relative and does not lead out.
fn is_ours(file: &str) -> bool {
    !file.contains("://")
        && Path::new(file).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod browser;
#[cfg(test)]
mod tests;
