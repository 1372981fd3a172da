//! A proposal as the text of a manifest, checked by the stages that will read it. What they refuse is taken back: it stands in the
//! manifest as a comment, with what they said.

mod lines;
mod overlay;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::paging::{PagingGuess, PagingKind};
use super::streams::StreamGuess;
use super::{Confidence, Proposal, Undecided};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::manifest::{self, NO_PAGING};
use crate::model::{Api, OperationHead};
use crate::plan::{self, Plan};
use crate::source::{Limits, SourceFiles, parse};

pub(in crate::infer) use lines::scheme_lines;
pub(in crate::infer) use overlay::removal;
use overlay::{actions, overlay};

/// Drafts that are tried before what is left is given up.
const ROUNDS: usize = 40;

/// Which operations a connector gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those of its streams, with what reads and writes their single records.
    Streams,
    /// All of the document.
    All,
}

/// A schema of the document that an overlay can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its JSONPath.
    pub(super) path: String,
    /// Whether it says `nullable: true`.
    pub(super) nullable: bool,
}

/// A manifest.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    /// Text of `connector.yaml`.
    #[serde(skip)]
    pub manifest: String,
    /// Text of `overlay.yaml`, where streams need what the document does not say.
    #[serde(skip)]
    pub overlay: Option<String>,
    /// Number of operations that it selects.
    pub operations: usize,
    /// Names of its streams.
    pub streams: Vec<String>,
    /// What could not be decided, that of the proposal included.
    pub undecided: Vec<Undecided>,
}

/// A part of a manifest that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Environments,
    Way(usize),
    Scheme(usize),
    Override(String),
    Limit,
    Wait,
    Stream(usize),
    Cursor(usize),
}

/// What a draft is made of.
pub(super) struct Drafting<'p> {
    /// The connector's name.
    pub(super) name: &'p str,
    /// The file name of the document beside the manifest.
    pub(super) document: &'p str,
    pub(super) proposal: &'p Proposal,
    pub(super) selection: Selection,
    /// JSONPaths of what the overlay takes out of the document: parameters that the connector sends by itself.
    pub(super) removed: &'p [String],
    /// The schema in the document's text that has a JSON Pointer in the normalised document.
    pub(super) target: &'p dyn Fn(&str) -> Option<Target>,
}

/// Writes the manifest of a proposal. With `assume` the API is the document's, and what an overlay will say of keys counts already; without, the
/// API is what the overlay made of it.
pub(super) fn draft(drafting: &Drafting<'_>, api: &Api, assume: bool) -> Draft {
    let Drafting { name, document, proposal, selection, removed, target } = *drafting;
    let mut drafter = Drafter {
        name,
        document,
        proposal,
        api,
        selection,
        removed,
        assume,
        off: BTreeMap::new(),
        overrides: BTreeMap::new(),
        undecided: proposal.undecided.clone(),
    };
    drafter.hold_back(target);
    drafter.settle();
    drafter.finish(target)
}

struct Drafter<'p> {
    name: &'p str,
    document: &'p str,
    proposal: &'p Proposal,
    api: &'p Api,
    selection: Selection,
    removed: &'p [String],
    assume: bool,
    /// What stands as a comment only, and why.
    off: BTreeMap<Item, String>,
    /// Schemes of single operations, where they would take another one by themselves.
    overrides: BTreeMap<String, (String, String)>,
    undecided: Vec<Undecided>,
}

impl Drafter<'_> {
    fn on(&self, item: &Item) -> bool {
        !self.off.contains_key(item)
    }

    /// What is uncertain from the beginning.
    fn hold_back(&mut self, target: &dyn Fn(&str) -> Option<Target>) {
        for (index, scheme) in self.proposal.schemes.iter().enumerate() {
            if scheme.confidence == Confidence::Low {
                self.off.insert(Item::Scheme(index), scheme.paging.reason.clone());
            }
        }
        for (index, stream) in self.proposal.streams.iter().enumerate() {
            let reason = stream.held_back.clone();
            let reason =
                reason.or_else(|| stream.name.is_empty().then(|| "its path gives it no name".to_owned()));
            let unreachable =
                stream.key_assumed.iter().any(|requirement| actions(requirement, target).is_none());
            let reason = reason.or_else(|| {
                unreachable.then(|| "no overlay can say that its key is always there".to_owned())
            });
            if let Some(reason) = reason {
                self.off.insert(Item::Stream(index), reason);
            }
            if let Some(cursor) = stream.cursor.as_ref().filter(|cursor| cursor.confidence == Confidence::Low)
            {
                self.off.insert(Item::Cursor(index), cursor.reason.clone());
            }
        }
        let limits = &self.proposal.limits;
        if limits.quota.is_none() || limits.confidence.is_none_or(|confidence| confidence == Confidence::Low)
        {
            self.off.insert(Item::Limit, "how many requests are allowed is not declared".to_owned());
        }
        self.orphans();
    }

    /// A stream whose parent is a comment only is one too.
    fn orphans(&mut self) {
        loop {
            let is_on = |name: &str| {
                self.proposal
                    .streams
                    .iter()
                    .enumerate()
                    .any(|(index, stream)| stream.name == name && self.on(&Item::Stream(index)))
            };
            let orphan = self.proposal.streams.iter().enumerate().find_map(|(index, stream)| {
                let parent = stream.parent.as_ref()?;
                (self.on(&Item::Stream(index)) && !is_on(&parent.stream))
                    .then(|| (index, parent.stream.clone()))
            });
            let Some((index, parent)) = orphan else { return };
            self.off.insert(Item::Stream(index), format!("its parent `{parent}` is held back"));
        }
    }

    /// Holds back schemes of operations that are not selected.
    fn idle(&mut self) {
        let Some(selected) = self.operations() else { return };
        for (index, scheme) in self.proposal.schemes.iter().enumerate() {
            if !scheme.operations.iter().any(|id| selected.contains(id)) {
                self.off
                    .entry(Item::Scheme(index))
                    .or_insert_with(|| "no selected operation takes it".to_owned());
            }
        }
    }

    /// Drafts until the stages take it.
    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            self.idle();
            let (writer, _) = self.write();
            let (plan, found, files) = self.check(&writer.text());
            let errors: Vec<&Diagnostic> =
                found.iter().filter(|found| found.severity == Severity::Error).collect();
            let before = self.off.len() + self.overrides.len();
            for error in &errors {
                let place = error.primary.and_then(|span| files.place(span)).map(|place| place.line as usize);
                let item = place.and_then(|line| writer.item(line.saturating_sub(1))).cloned();
                let said = format!("{}: {}", error.code.as_str(), error.message);
                match item {
                    Some(Item::Override(id)) => {
                        self.overrides.remove(&id);
                        self.undecided.push(Undecided::new(
                            id,
                            format!("its paging cannot be declared as the document is: {said}"),
                        ));
                    }
                    Some(item) => {
                        self.off.entry(item).or_insert(said);
                    }
                    None => {}
                }
            }
            self.orphans();
            if let Some(plan) = plan.filter(|_| errors.is_empty()) {
                if !self.correct(&plan) {
                    return;
                }
                continue;
            }
            if self.off.len() + self.overrides.len() == before {
                // Nothing that can be taken back is at fault: what is left says nothing of paging and streams.
                let all: Vec<Item> = (0..self.proposal.streams.len())
                    .map(Item::Stream)
                    .chain((0..self.proposal.schemes.len()).map(Item::Scheme))
                    .chain([Item::Environments, Item::Limit, Item::Wait])
                    .chain((0..self.proposal.auth.ways.len()).map(Item::Way))
                    .collect();
                let said = errors.first().map(|error| error.message.clone()).unwrap_or_default();
                self.undecided.push(Undecided::new("manifest", format!("held back: {said}")));
                if all.iter().all(|item| !self.on(item)) && self.overrides.is_empty() {
                    return;
                }
                self.overrides.clear();
                for item in all {
                    self.off.entry(item).or_insert_with(|| "could not be checked".to_owned());
                }
            }
        }
    }

    /// Gives each operation the scheme that was inferred for it, where it would take another. Says whether anything changed.
    fn correct(&mut self, plan: &Plan) -> bool {
        let mut changed = false;
        let active: BTreeMap<&str, &str> = self
            .proposal
            .schemes
            .iter()
            .enumerate()
            .filter(|(index, _)| self.on(&Item::Scheme(*index)))
            .flat_map(|(_, scheme)| scheme.operations.iter().map(|id| (id.as_str(), scheme.name.as_str())))
            .collect();
        let used: BTreeSet<&str> = plan
            .operations
            .iter()
            .filter_map(|operation| operation.paging.as_ref())
            .map(|paging| paging.scheme.as_str())
            .collect();
        for (operation, planned) in plan.api.operations.iter().zip(&plan.operations) {
            let id = operation.head.id.as_str();
            let wanted = active.get(id).copied();
            let taken = planned.paging.as_ref().map(|paging| paging.scheme.as_str());
            let refused =
                self.undecided.iter().any(|undecided| undecided.about.iter().any(|about| about == id));
            if wanted == taken || self.overrides.contains_key(id) || refused {
                continue;
            }
            let list = self.proposal.lists.iter().find(|list| list.id == id);
            let reason = match (wanted, list) {
                (Some(_), Some(list)) => list.paging.reason.clone(),
                (None, Some(list)) if list.paging.kind == PagingKind::None => list.paging.reason.clone(),
                // That it fits what others do is better than nothing.
                (None, Some(_)) => continue,
                (_, None) => "it does not list records".to_owned(),
            };
            self.overrides.insert(id.to_owned(), (wanted.unwrap_or(NO_PAGING).to_owned(), reason));
            changed = true;
        }
        changed |= self.unpaged(plan);
        // A scheme that nothing takes would only be warned about.
        for (index, scheme) in self.proposal.schemes.iter().enumerate() {
            let named = self.overrides.values().any(|(taken, _)| *taken == scheme.name);
            if self.on(&Item::Scheme(index)) && !used.contains(scheme.name.as_str()) && !named {
                self.off.insert(Item::Scheme(index), "no selected operation takes it".to_owned());
                changed = true;
            }
        }
        changed
    }

    /// Says of streams whose lists come whole that they do, with the reason. A list that takes a size and nothing that leads on may well be
    /// cut off: that stays open.
    fn unpaged(&mut self, plan: &Plan) -> bool {
        let mut changed = false;
        let streams = self.proposal.streams.iter().enumerate();
        let on: BTreeSet<&str> = streams
            .filter(|(index, _)| self.on(&Item::Stream(*index)))
            .map(|(_, stream)| stream.operation.as_str())
            .collect();
        for (operation, planned) in plan.api.operations.iter().zip(&plan.operations) {
            let id = operation.head.id.as_str();
            if planned.paging.is_some() || !on.contains(id) || self.overrides.contains_key(id) {
                continue;
            }
            let list = self.proposal.lists.iter().find(|list| list.id == id).map(|list| &list.paging);
            let whole = |paging: &&PagingGuess| {
                paging.kind == PagingKind::None
                    && paging.confidence > Confidence::Low
                    && paging.size.is_none()
            };
            if let Some(paging) = list.filter(whole) {
                self.overrides.insert(id.to_owned(), (NO_PAGING.to_owned(), paging.reason.clone()));
                changed = true;
            }
        }
        changed
    }

    /// Reads a draft as `generate` will.
    fn check(&self, text: &str) -> (Option<Plan>, Diagnostics, SourceFiles) {
        let mut files = SourceFiles::new();
        let mut diagnostics = Diagnostics::new();
        let (tree, found) = parse(&mut files, "connector.yaml", text.to_owned(), &Limits::manifest());
        diagnostics.extend(found);
        let Some(tree) = tree else { return (None, diagnostics, files) };
        let (read, found) = manifest::read(&tree);
        diagnostics.extend(found);
        let Some(read) = read else { return (None, diagnostics, files) };
        let heads: Vec<OperationHead> =
            self.api.operations.iter().map(|operation| operation.head.clone()).collect();
        let (selected, found) = plan::select(&read, &heads);
        let unusable = found.has_errors();
        diagnostics.extend(found);
        if unusable {
            return (None, diagnostics, files);
        }
        let mut api = self.api.clone();
        let mut index = 0;
        api.operations.retain(|_| {
            index += 1;
            selected.contains(&(index - 1))
        });
        // What the overlay will say.
        for (at, stream) in self.proposal.streams.iter().enumerate().filter(|_| self.assume) {
            for requirement in stream.key_assumed.iter().filter(|_| self.on(&Item::Stream(at))) {
                api.types.require(&requirement.pointer, &requirement.field);
            }
        }
        let (plan, found) = plan::plan(&read, api);
        diagnostics.extend(found);
        (plan, diagnostics, files)
    }

    fn finish(mut self, target: &dyn Fn(&str) -> Option<Target>) -> Draft {
        let (writer, operations) = self.write();
        let streams: Vec<&StreamGuess> = self
            .proposal
            .streams
            .iter()
            .enumerate()
            .filter(|(index, _)| self.on(&Item::Stream(*index)))
            .map(|(_, stream)| stream)
            .collect();
        let overlay = overlay(&streams, self.removed, target);
        if streams.iter().any(|stream| !stream.key_assumed.is_empty()) {
            let count = streams.iter().filter(|stream| !stream.key_assumed.is_empty()).count();
            self.undecided.insert(0, Undecided::new("overlay.yaml", format!("the document does not say that the keys of {count} streams are always there; the overlay does: compare it with real answers")));
        }
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for (index, stream) in self.proposal.streams.iter().enumerate() {
            let Some(reason) = self.off.get(&Item::Stream(index)) else { continue };
            let name = if stream.name.is_empty() { &stream.operation } else { &stream.name };
            self.undecided.push(Undecided::new(name, format!("a comment only: {}", held(reason))));
            told.insert(&stream.operation);
        }
        for list in &self.proposal.lists {
            if list.paging.confidence == Confidence::Low && !told.contains(list.id.as_str()) {
                self.undecided.push(Undecided::new(list.operation.clone(), list.paging.reason.clone()));
            }
        }
        // Told once for each parameter, however many streams there are.
        let mut cut: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for stream in &streams {
            let list =
                self.proposal.lists.iter().find(|list| list.id == stream.operation).map(|list| &list.paging);
            let size =
                list.filter(|paging| paging.kind == PagingKind::None).and_then(|paging| paging.size.as_ref());
            if let Some(size) = size {
                cut.entry(&size.name).or_default().push(&stream.name);
            }
        }
        for (size, names) in cut {
            self.undecided.extend(names.into_iter().map(|name| Undecided::new(name, format!(
                    "`{size}` bounds what is listed, and nothing leads to a next page: is the list cut off? If it is whole, say `paging: none` in an override of its operation"
                ))));
        }
        Draft {
            manifest: writer.text(),
            overlay,
            operations: operations.map_or(self.api.operations.len(), |operations| operations.len()),
            streams: streams.iter().map(|stream| stream.name.clone()).collect(),
            undecided: Undecided::together(self.undecided),
        }
    }
}

/// Why a stream is held back, in words that are the same for all that are so for one reason.
fn held(reason: &str) -> &str {
    if reason.starts_with("needs a value for") {
        return "needs a value that no other stream gives; say it in the stream's `parameters`";
    }
    if reason.starts_with("a search in what `") {
        return "a search in what another stream lists whole";
    }
    if reason.starts_with("its request body requires") {
        return "its request body requires what nothing gives; say it in the stream's `body`";
    }
    if reason.starts_with("its parent `") {
        return "its parent is one";
    }
    reason
}
