//! Impact: what the changes of a document mean to one connector.
//!
//! [`assess`] compares the pinned document of a folder with a revision of it, under the same overlay, and follows each change to what the
//! connector has: an operation that it calls, an item of the generated crate, a line of the manifest. Three sources are put together:
//!
//! - the changes of the comparison, by the JSON Pointers of what the manifest uses (`uses.rs`, `places.rs`) and of generated items
//!   (`items.rs`); `rules.rs` says how serious each is here, `promises.rs` judges credentials and servers,
//! - the plan that the manifest gives with the revision: a line that no longer fits is told even where no change led to it,
//! - the two generated crates: what differs in what their users can name asks for the version (`surface.rs`).
//!
//! What connectors have observed in payloads is laid beside that (`observed/`).
//!
//! What the generated code tolerates by construction is lowered with its reason, what the connector sends or needs is raised.

mod decided;
mod items;
mod notes;
mod observed;
mod places;
mod promises;
mod proposals;
mod rules;
mod successor;
mod surface;
pub(super) mod unified;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use decided::Overridden;
pub use notes::{changelog_entry, release_notes};
pub use proposals::{Proposal, Proposals};
pub use surface::{ApiChanges, Changed};

use super::decisions::Judged;
use super::observed::{Observations, Observed, ObservedReport};
use super::view::Document;
use super::{Change, Options, Report, compare};
use crate::diagnostic::{Code, Diagnostics, Severity as Finding};
use crate::generate::{self, Connector, Made, Sources};
use crate::normalise::detect;
use crate::render::RenderOptions;
use crate::source::{SourceFiles, Span};
use crate::version::{Bump, Version};

/// What a change means to the connector, from the least to the most serious.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing: the connector does not touch it, or takes it as it comes.
    None,
    /// Nothing fails; people may want to know.
    Notices,
    /// It may fail, depending on what the API does or on what callers send.
    Risks,
    /// What the connector does today fails, or gives less.
    Breaks,
}

impl Severity {
    /// Every severity, the most serious first.
    pub const ALL: [Severity; 4] = [Severity::Breaks, Severity::Risks, Severity::Notices, Severity::None];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Breaks => "breaks",
            Severity::Risks => "risks",
            Severity::Notices => "notices",
            Severity::None => "none",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What kind of thing of the connector a change touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// An operation of the allow-list, by the name of its method.
    Operation,
    /// An item of the generated crate: `Type`, `Type.field`.
    Item,
    /// A stream.
    Stream,
    /// Where a stream's records stand.
    Records,
    /// What identifies a stream's records.
    Key,
    /// What a stream's next run goes on by.
    Cursor,
    /// A paging declaration.
    Paging,
    /// A limit declaration.
    Limit,
    /// A header that says how long to wait.
    WaitSource,
    /// A parameter or body field that the manifest fills.
    Parameter,
    /// The auth declaration.
    Auth,
    /// A server.
    Server,
    /// Another line of the manifest.
    Manifest,
}

/// Something of the connector that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its name.
    pub name: String,
}

/// A line of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ManifestLine {
    /// The file, as it was named on reading.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// What one change means to the connector. A change that touches several lines of the manifest has an impact for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// Index of the change among `changes`; missing where the manifest does not fit the revision and no change of the comparison led there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<usize>,
    /// Index among `observed` of what was observed in payloads; with `change`, that change explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<usize>,
    /// The id of the change, or of what was observed where no change explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How serious it is here.
    pub severity: Severity,
    /// The operations of the connector that it reaches, as `GET /path`.
    pub operations: Vec<String>,
    /// What it touches.
    pub subjects: Vec<Subject>,
    /// What it means, in a sentence without a full stop.
    pub what: String,
    /// Where the manifest says what is touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestLine>,
    /// What to do, or why nothing has to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// That an override of `drift.yaml` says how serious it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overridden>,
    /// The code of the error with which the manifest is refused there once the revision is in place; no override makes that less serious.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfit: Option<String>,
}

/// What a revision of its document means to a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// Name of the connector.
    pub connector: String,
    /// Every change between the two documents, with what was decided about it.
    #[serde(flatten)]
    pub report: Judged,
    /// What was observed in payloads, where reports were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Observed>,
    /// What all of it means here, the most serious first.
    pub impact: Vec<Impact>,
    /// How many changes reach nothing of the connector.
    pub outside: usize,
    /// What happens to the public items of the generated crate; missing where the manifest does not fit the revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<ApiChanges>,
    /// What the revision asks of the crate's version.
    pub bump: Bump,
    /// The crate's version.
    pub version: String,
    /// The version that accepting the revision gives.
    pub next_version: String,
}

impl Assessment {
    /// The most serious impact.
    pub fn worst(&self) -> Severity {
        self.impact.iter().map(|impact| impact.severity).max().unwrap_or(Severity::None)
    }

    /// How many impacts are so serious.
    pub fn count(&self, severity: Severity) -> usize {
        self.impact.iter().filter(|impact| impact.severity == severity).count()
    }

    /// The impacts that people have to know of, the most serious first.
    pub fn telling(&self) -> impl Iterator<Item = &Impact> {
        self.impact.iter().filter(|impact| impact.severity > Severity::None)
    }

    /// The assessment as JSON, indented by two spaces, with a line break at its end.
    pub fn to_json(&self) -> String {
        // It holds texts and numbers only, so it always has a text.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The JSON Schema (2020-12) of an assessment. The same bytes for the same version of Linchpin.
pub fn json_schema() -> String {
    crate::schema_text::of::<Assessment>()
}

/// What [`assess`] gives.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The assessment, where both documents could be read.
    pub assessment: Option<Assessment>,
    /// What could be proposed for what breaks.
    pub proposals: Proposals,
    /// The crate of the pinned document.
    pub connector: Option<Connector>,
    /// What was found about the pinned document and the manifest, errors only where there is no assessment.
    pub diagnostics: Diagnostics,
    /// What was found with the revision in its place.
    pub revised: Diagnostics,
    /// What was found about reports of what was observed.
    pub observed: Diagnostics,
    /// Whether actions of the overlay match nothing in the revision; they are among `revised`.
    pub overlay_misses: bool,
    /// The texts that diagnostics point into.
    pub files: SourceFiles,
}

/// Assesses what a revision of a connector's document means to it. Reads files, writes none.
pub fn assess(folder: &Path, revision: &Path, options: &Options) -> Outcome {
    assess_observed(folder, Some(revision), Observations::default(), options)
}

/// The same with what connectors have observed; without a revision, what was observed is laid beside the pinned document alone.
pub fn assess_observed(
    folder: &Path,
    revision: Option<&Path>,
    observations: Observations,
    options: &Options,
) -> Outcome {
    let Observations { files, reports } = observations;
    let reports = reports.as_slice();
    let mut outcome = Outcome { files, ..Outcome::default() };
    let Outcome { diagnostics, revised, files, .. } = &mut outcome;
    let render = RenderOptions::default();
    let base = generate::read(folder, None, files, diagnostics)
        .and_then(|sources| Some((generate::make(&sources, &render, diagnostics)?, sources)));
    let Some((made, sources)) = base else { return outcome };
    let Some(revision) = revision else {
        let found = Diagnostics::new();
        let pair = Pair {
            sources: &sources,
            made: &made,
            next_sources: &sources,
            next: &made,
            found: &found,
            reports,
        };
        let assessed = judge(&outcome.files, &pair, Vec::new(), &mut outcome.observed);
        outcome.assessment = assessed.map(|(assessment, _)| assessment);
        outcome.connector = made.connector;
        return outcome;
    };
    let Some(next_sources) = generate::read(folder, Some(revision), files, revised) else { return outcome };
    outcome.overlay_misses = revised.iter().any(|found| found.code == Code::NoMatch);
    let mut found = Diagnostics::new();
    let next = generate::make(&next_sources, &render, &mut found);
    let Some(next) = next else {
        outcome.revised.extend(found);
        return outcome;
    };
    let (report, more) = compare(&outcome.files, &sources.document, &next_sources.document, options);
    outcome.diagnostics.extend(more);
    if let Some(report) = report {
        let (sources, made, next_sources, next, found) = (&sources, &made, &next_sources, &next, &found);
        let pair = Pair { sources, made, next_sources, next, found, reports };
        let assessed = judge(&outcome.files, &pair, report.changes, &mut outcome.observed);
        if let Some((assessment, proposals)) = assessed {
            outcome.assessment = Some(assessment);
            outcome.proposals = proposals;
        }
    }
    outcome.revised.extend(found);
    outcome.connector = made.connector;
    outcome
}

/// The operations of a connector, by their ids, whose callers have to change something before they can use a crate.
pub fn broken(old: &Connector, new: &Connector) -> Vec<String> {
    surface::broken(old, &difference(old, new).0)
}

/// What happened to a connector between two states of its sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// What happened to the public items of its crate.
    pub api: ApiChanges,
    /// What that, or other code behind the same items, asks of the version.
    pub bump: Bump,
    /// The least version that says so.
    pub least: Version,
}

/// Compares two states of a connector, made by the same Linchpin, by what users of the crate see.
pub fn since(old: &Connector, new: &Connector) -> Since {
    let (api, bump) = difference(old, new);
    let from = Version::read(&old.plan.version).unwrap_or(Version::FIRST);
    Since { api, bump, least: from.bumped(bump) }
}

impl Assessment {
    /// Says of the crate that was made of the revision in the end, with edits of the manifest, what it asks of the version.
    pub fn settle(&mut self, old: &Connector, new: &Connector) {
        let (api, bump) = difference(old, new);
        self.bump = bump;
        self.api = Some(api);
        if let Some(version) = Version::read(&self.version) {
            self.next_version = version.bumped(bump).to_string();
        }
    }
}

/// What differs between two crates, and what that asks of the version.
fn difference(old: &Connector, new: &Connector) -> (ApiChanges, Bump) {
    let api = surface::compare((&old.files, &old.plan), (&new.files, &new.plan));
    let behaviour = if same_code(&old.files, &new.files) { Bump::None } else { Bump::Patch };
    let bump = api.bump().max(behaviour);
    (api, bump)
}

/// Both sides of an assessment.
struct Pair<'a> {
    sources: &'a Sources,
    made: &'a Made,
    next_sources: &'a Sources,
    next: &'a Made,
    /// What was found on making the connector from the revision.
    found: &'a Diagnostics,
    /// What connectors have observed.
    reports: &'a [ObservedReport],
}

fn judge(
    files: &SourceFiles,
    pair: &Pair<'_>,
    changes: Vec<Change>,
    diagnostics: &mut Diagnostics,
) -> Option<(Assessment, Proposals)> {
    let connector = pair.made.connector.as_ref()?;
    let mut ignored = Diagnostics::new();
    let base = Document::new(&pair.sources.document, detect(&pair.sources.document, &mut ignored)?);
    let revision =
        Document::new(&pair.next_sources.document, detect(&pair.next_sources.document, &mut ignored)?);
    let (old, new) = (base.operations(), revision.operations());
    let uses = uses::all(pair.sources, &connector.plan, (&base, &old), (&revision, &new));
    let items = items::index(&connector.plan, &pair.made.origins, &base);
    let successors = successor::all((&base, &old), (&revision, &new));
    let titles = |heads: &[crate::model::OperationHead]| {
        heads.iter().map(|head| format!("{} {}", head.method, head.path)).collect::<BTreeSet<String>>()
    };
    let context = rules::Context {
        files,
        manifest: &pair.sources.manifest,
        manifest_tree: &pair.sources.manifest_tree,
        plan: &connector.plan,
        base: &base,
        revision: &revision,
        old: &old,
        new: &new,
        uses: &uses,
        items: &items,
        allowed: titles(&pair.made.selected),
        next_allowed: titles(&pair.next.selected),
        successors: &successors,
    };
    let mut outside = 0;
    let mut impact = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        match context.judge(index, change) {
            Some(found) => impact.extend(found),
            None => outside += 1,
        }
    }
    unfit(files, pair, &mut impact);
    let compared = !std::ptr::eq(pair.sources, pair.next_sources);
    let (observed, told) = observed::lay(&context, pair.reports, &changes, compared, diagnostics);
    impact.extend(told);
    by_weight(&mut impact);
    impact.dedup();
    // Without a crate something has to give before there is one at all.
    let (api, bump) = match pair.next.connector.as_ref().map(|next| difference(connector, next)) {
        Some((api, bump)) => (Some(api), bump),
        None => (None, Bump::Major),
    };
    let version = Version::read(&connector.plan.version)?;
    let proposals = proposals::propose(&context, &impact, &changes);
    let assessment = Assessment {
        connector: connector.name.clone(),
        report: Report { changes }.into(),
        observed,
        impact,
        outside,
        api,
        bump,
        version: version.to_string(),
        next_version: version.bumped(bump).to_string(),
    };
    Some((assessment, proposals))
}

/// The most serious first; within a severity, what has a line of the manifest comes first.
fn by_weight(impact: &mut [Impact]) {
    impact.sort_by(|left, right| {
        let key = |impact: &Impact| {
            (
                impact.manifest.is_none(),
                impact.manifest.clone(),
                impact.change,
                impact.observed,
                impact.what.clone(),
            )
        };
        right.severity.cmp(&left.severity).then_with(|| key(left).cmp(&key(right)))
    });
}

/// Whether two crates do the same: whether their code is the same but for comments.
fn same_code(old: &crate::render::Files, new: &crate::render::Files) -> bool {
    let code = |files: &crate::render::Files| {
        let code = files.iter().filter(|(path, _)| path.ends_with(".rs"));
        code.map(|(path, text)| {
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            (path.clone(), lines.collect::<Vec<_>>().join("\n"))
        })
        .collect::<Vec<_>>()
    };
    code(old) == code(new)
}

/// The lines of the manifest that do not fit the revision: marks what the changes that led there mean, and adds those that none led to.
fn unfit(files: &SourceFiles, pair: &Pair<'_>, impact: &mut Vec<Impact>) {
    let ids: BTreeMap<&str, String> = pair
        .made
        .selected
        .iter()
        .map(|head| (head.id.as_str(), format!("{} {}", head.method, head.path)))
        .collect();
    for found in pair.found.iter().filter(|found| found.severity == Finding::Error) {
        let line = found.primary.and_then(|span| manifest_line(files, pair.sources, span));
        let names: Vec<&str> = found.message.split('`').skip(1).step_by(2).collect();
        let titles: Vec<&str> = names
            .iter()
            .filter_map(|name| ids.get(name).map(String::as_str))
            .chain(names.iter().copied())
            .collect();
        let told = |known: &Impact| {
            let here = || {
                known
                    .manifest
                    .as_ref()
                    .zip(line.as_ref())
                    .is_some_and(|(known, line)| known.line == line.line)
            };
            // Of an operation that is gone or renamed, every line that names it would be told again.
            let of_operation = || {
                known.id.as_deref().is_some_and(|id| id.starts_with("api-"))
                    && (names.iter().any(|name| known.what.contains(&format!("`{name}`")))
                        || titles.iter().any(|title| known.operations.iter().any(|known| known == title)))
            };
            known.severity == Severity::Breaks && (here() || of_operation())
        };
        let mut known = impact.iter_mut().filter(|known| line.is_some() && told(known)).peekable();
        if known.peek().is_some() {
            known.for_each(|known| known.unfit = Some(found.code.to_string()));
            continue;
        }
        impact.push(Impact {
            change: None,
            observed: None,
            id: None,
            severity: Severity::Breaks,
            operations: Vec::new(),
            subjects: vec![Subject { kind: SubjectKind::Manifest, name: found.code.to_string() }],
            what: format!("with the revision, {}", found.message),
            manifest: line,
            advice: found.help.clone(),
            overridden: None,
            unfit: Some(found.code.to_string()),
        });
    }
}

/// The place of a span, if it stands in the manifest. Both sides read the manifest, each as a file of its own.
fn manifest_line(files: &SourceFiles, sources: &Sources, span: Span) -> Option<ManifestLine> {
    let place = files.place(span)?;
    let manifest = files.name(sources.manifest_tree.file())?;
    (place.file == manifest).then(|| ManifestLine {
        file: place.file.to_owned(),
        line: place.line,
        column: place.column,
    })
}
