//! A proposal as the text of a manifest, checked by the stages that will read it. What they refuse is taken back: it stands in the
//! manifest as a comment, with what they said.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::auth::AuthWay;
use super::keys::Requirement;
use super::paging::{PagingGuess, PagingKind};
use super::streams::{StreamGuess, config_name, one_line};
use super::yaml::{Writer, quoted, scalar};
use super::{Confidence, Proposal, Undecided};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::manifest::{self, NO_PAGING};
use crate::model::{Api, OperationHead};
use crate::plan::{self, Plan};
use crate::source::{Limits, SourceFiles, parse};

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
pub struct Target {
    /// Its JSONPath.
    pub path: String,
    /// Whether it says `nullable: true`.
    pub nullable: bool,
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

/// Writes the manifest of a proposal. `document` is the file name of the document beside it; `target` gives the JSONPath of a schema by its
/// JSON Pointer in the normalised document, for what an overlay has to say.
pub fn draft(
    name: &str,
    document: &str,
    proposal: &Proposal,
    api: &Api,
    selection: Selection,
    target: &dyn Fn(&str) -> Option<Target>,
) -> Draft {
    let mut drafter = Drafter {
        name,
        document,
        proposal,
        api,
        selection,
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
            if stream.cursor.as_ref().is_some_and(|cursor| cursor.confidence == Confidence::Low) {
                self.off.insert(Item::Cursor(index), "uncertain".to_owned());
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

    /// Drafts until the stages take it.
    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            let (writer, _) = self.write();
            let (plan, found, files) = self.check(&writer.text());
            let errors: Vec<&Diagnostic> =
                found.iter().filter(|found| found.severity == crate::diagnostic::Severity::Error).collect();
            let before = self.off.len() + self.overrides.len();
            for error in &errors {
                let place = error.primary.and_then(|span| files.place(span)).map(|place| place.line as usize);
                let item = place.and_then(|line| writer.item(line.saturating_sub(1))).cloned();
                let said = format!("{}: {}", error.code.as_str(), error.message);
                match item {
                    Some(Item::Override(id)) => {
                        self.overrides.remove(&id);
                        self.undecided.push(Undecided {
                            about: id,
                            question: format!("its paging cannot be declared as the document is: {said}"),
                        });
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
                self.undecided
                    .push(Undecided { about: "manifest".to_owned(), question: format!("held back: {said}") });
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
            let refused = self.undecided.iter().any(|undecided| undecided.about == id);
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
        for (at, stream) in self.proposal.streams.iter().enumerate() {
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
        let overlay = overlay(&streams, target);
        if overlay.is_some() {
            let count = streams.iter().filter(|stream| !stream.key_assumed.is_empty()).count();
            self.undecided.insert(0, Undecided {
                about: "overlay.yaml".to_owned(),
                question: format!("the document does not say that the keys of {count} streams are always there; the overlay does: compare it with real answers"),
            });
        }
        let held = self.proposal.streams.len() - streams.len();
        if held > 0 {
            self.undecided.push(Undecided {
                about: "streams".to_owned(),
                question: format!("{held} lists stand as comments, each with its reason"),
            });
        }
        for list in &self.proposal.lists {
            if list.paging.confidence == Confidence::Low {
                self.undecided
                    .push(Undecided { about: list.operation.clone(), question: list.paging.reason.clone() });
            }
        }
        Draft {
            manifest: writer.text(),
            overlay,
            operations: operations.map_or(self.api.operations.len(), |operations| operations.len()),
            streams: streams.iter().map(|stream| stream.name.clone()).collect(),
            undecided: self.undecided,
        }
    }

    /// The ids of the operations that are selected; `None` for all.
    fn operations(&self) -> Option<BTreeSet<String>> {
        if self.selection == Selection::All {
            return None;
        }
        let mut chosen = BTreeSet::new();
        for (_, stream) in
            self.proposal.streams.iter().enumerate().filter(|(index, _)| self.on(&Item::Stream(*index)))
        {
            let Some(list) =
                self.api.operations.iter().find(|operation| operation.head.id == stream.operation)
            else {
                continue;
            };
            chosen.insert(list.head.id.clone());
            let path = list.head.path.trim_end_matches('/');
            for operation in self.api.operations.iter().filter(|operation| !operation.deprecated) {
                let other = operation.head.path.trim_end_matches('/');
                let below = other
                    .strip_prefix(path)
                    .and_then(|rest| rest.strip_prefix("/{"))
                    .is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'));
                let of_one = below
                    && matches!(operation.head.method.as_str(), "GET" | "PUT" | "PATCH" | "DELETE" | "POST");
                if of_one || (other == path && operation.head.method == "POST") {
                    chosen.insert(operation.head.id.clone());
                }
            }
        }
        // Without a stream everything is as good as anything.
        Some(chosen).filter(|chosen| !chosen.is_empty())
    }

    fn write(&self) -> (Writer<Item>, Option<BTreeSet<String>>) {
        let mut out: Writer<Item> = Writer::new();
        let proposal = self.proposal;
        out.comment(0, &format!("Proposed from {}. Each part says what speaks for it, and how much: high, medium or low. What is low, or could not be checked, is a comment.", self.document));
        out.line(0, "version: 1", None);
        out.line(0, &format!("name: {}", self.name), None);
        out.line(0, &format!("document: {}", scalar(self.document)), None);
        let title = one_line(Some(&proposal.title), self.name);
        let description = if proposal.title.is_empty() { self.name.to_owned() } else { title };
        out.line(0, &format!("description: {}", scalar(&description)), None);
        out.gap();
        let ways: Vec<(usize, &AuthWay)> =
            proposal.auth.ways.iter().enumerate().filter(|(index, _)| self.on(&Item::Way(*index))).collect();
        self.config(&mut out, &ways);
        self.server(&mut out);
        self.auth(&mut out, &ways);
        let operations = self.operations();
        out.gap();
        match &operations {
            None => {
                out.comment(0, "All operations of the document.");
                out.line(0, "operations: [ all ]", None);
            }
            Some(operations) => {
                out.comment(0, "What the streams read, with what reads and writes their single records. `all` takes everything.");
                out.line(0, "operations:", None);
                for operation in
                    self.api.operations.iter().filter(|operation| operations.contains(&operation.head.id))
                {
                    out.line(1, &format!("- {}", scalar(&operation.head.id)), None);
                }
            }
        }
        self.overrides(&mut out, operations.as_ref());
        self.paging(&mut out);
        self.limits(&mut out);
        self.streams(&mut out);
        (out, operations)
    }

    fn config(&self, out: &mut Writer<Item>, ways: &[(usize, &AuthWay)]) {
        // By name; the first that asks for a value describes it.
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut add = |name: String, entry: String| {
            if !lines.iter().any(|(known, _)| *known == name) {
                lines.push((name, entry));
            }
        };
        for variable in &self.proposal.server.config {
            let listed = if variable.listed.is_empty() {
                String::new()
            } else {
                format!(" One of: {}.", variable.listed.join(", "))
            };
            let description = one_line(Some(&format!("{}{listed}", variable.description)), &variable.name);
            add(
                variable.name.clone(),
                format!(
                    "{{ description: {}, default: {} }}",
                    quoted(&description),
                    quoted(&variable.default)
                ),
            );
        }
        if ways.len() > 1 {
            let names: Vec<String> = way_names(ways);
            let first = names.first().cloned().unwrap_or_default();
            add(
                "auth_method".to_owned(),
                format!(
                    "{{ description: {}, default: {first} }}",
                    quoted(&format!("How requests are authorised: {}.", names.join(", ")))
                ),
            );
        }
        for (_, way) in ways {
            for (name, description, secret) in credentials(way) {
                let secret = if secret { ", secret: true" } else { "" };
                add(name, format!("{{ description: {}{secret} }}", quoted(&description)));
            }
        }
        for (_, stream) in
            self.proposal.streams.iter().enumerate().filter(|(index, _)| self.on(&Item::Stream(*index)))
        {
            for (_, variable, description) in &stream.parameters {
                add(variable.clone(), format!("{{ description: {} }}", quoted(description)));
            }
        }
        let starts = self.proposal.streams.iter().enumerate().any(|(index, stream)| {
            self.on(&Item::Stream(index))
                && self.on(&Item::Cursor(index))
                && stream.cursor.as_ref().is_some_and(|cursor| cursor.required)
        });
        if starts {
            add("start_time".to_owned(), "{ description: \"Records last changed before this time are not read.\", default: \"1970-01-01T00:00:00Z\" }".to_owned());
        }
        if lines.is_empty() {
            return;
        }
        out.line(0, "config:", None);
        for (name, entry) in lines {
            out.line(1, &format!("{name}: {entry}"), None);
        }
        out.gap();
    }

    fn server(&self, out: &mut Writer<Item>) {
        let server = &self.proposal.server;
        out.comment(0, &grounds(server.confidence, &server.reason));
        out.line(0, "server:", None);
        out.line(1, &format!("url: {}", quoted(&server.url)), None);
        if server.environments.is_empty() {
            return;
        }
        if self.on(&Item::Environments) {
            out.line(1, "environments:", Some(&Item::Environments));
            for (name, url) in &server.environments {
                out.line(2, &format!("{name}: {}", quoted(url)), Some(&Item::Environments));
            }
        }
    }

    fn auth(&self, out: &mut Writer<Item>, ways: &[(usize, &AuthWay)]) {
        let auth = &self.proposal.auth;
        out.gap();
        out.comment(0, &grounds(auth.confidence, &auth.reason));
        for (index, _) in auth.ways.iter().enumerate() {
            if let Some(reason) = self.off.get(&Item::Way(index)) {
                out.comment(0, &format!("left out: {} ({reason})", way_name(auth.ways.get(index), 0)));
            }
        }
        match ways {
            [] => out.line(0, "auth: { none: {} }", None),
            [(index, way)] => {
                out.line(0, "auth:", None);
                way_lines(out, 1, way, &Item::Way(*index));
            }
            several => {
                out.line(0, "auth:", None);
                out.line(1, "choice:", None);
                out.line(2, "by: auth_method", None);
                out.line(2, "of:", None);
                for ((index, way), name) in several.iter().zip(way_names(several)) {
                    let item = Item::Way(*index);
                    out.line(3, &format!("{name}:"), Some(&item));
                    way_lines(out, 4, way, &item);
                }
            }
        }
    }

    fn overrides(&self, out: &mut Writer<Item>, operations: Option<&BTreeSet<String>>) {
        let selected = |id: &str| operations.is_none_or(|operations| operations.contains(id));
        let mut entries: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut reasons: BTreeMap<&str, String> = BTreeMap::new();
        for (id, header) in self.proposal.idempotency.iter().filter(|(id, _)| selected(id)) {
            entries.entry(id).or_default().push(format!("idempotency_key: {}", scalar(header)));
            reasons.insert(id, grounds(Confidence::High, &format!("it declares the header `{header}`")));
        }
        for (id, (scheme, reason)) in self.overrides.iter().filter(|(id, _)| selected(id)) {
            entries.entry(id).or_default().push(format!("paging: {}", scalar(scheme)));
            reasons.entry(id).or_insert_with(|| {
                let confidence = self
                    .proposal
                    .lists
                    .iter()
                    .find(|list| list.id == *id)
                    .map_or(Confidence::Medium, |list| list.paging.confidence);
                grounds(confidence, reason)
            });
        }
        if entries.is_empty() {
            return;
        }
        out.gap();
        out.line(0, "overrides:", None);
        for (id, keys) in entries {
            out.comment(1, reasons.get(id).map_or("", String::as_str));
            let item = Item::Override(id.to_owned());
            let item = Some(&item).filter(|_| self.overrides.contains_key(id));
            out.line(1, &format!("{}: {{ {} }}", scalar(id), keys.join(", ")), item);
        }
    }

    fn paging(&self, out: &mut Writer<Item>) {
        let schemes = &self.proposal.schemes;
        if schemes.is_empty() {
            return;
        }
        out.gap();
        let any = (0..schemes.len()).any(|index| self.on(&Item::Scheme(index)));
        if any {
            out.line(0, "paging:", None);
        } else {
            out.off(0, "paging:");
        }
        for (index, scheme) in schemes.iter().enumerate() {
            let item = Item::Scheme(index);
            let others = match scheme.operations.len() {
                0 | 1 => String::new(),
                count => format!("; {count} operations"),
            };
            out.comment(1, &format!("{}{others}", grounds(scheme.confidence, &scheme.paging.reason)));
            let lines = scheme_lines(&scheme.name, &scheme.paging);
            match self.off.get(&item) {
                None => lines.iter().for_each(|(depth, text)| out.line(*depth, text, Some(&item))),
                Some(reason) => {
                    out.comment(1, &format!("held back: {reason}"));
                    lines.iter().for_each(|(depth, text)| out.off(*depth, text));
                }
            }
        }
    }

    fn limits(&self, out: &mut Writer<Item>) {
        let limits = &self.proposal.limits;
        let Some(confidence) = limits.confidence else {
            if limits.retry_after {
                out.gap();
                out.comment(0, "high: responses declare `Retry-After`, which is always read.");
            }
            return;
        };
        out.gap();
        out.comment(0, &grounds(confidence, &limits.reason));
        let mut headers = Vec::new();
        for (key, header) in [("limit", &limits.limit), ("remaining", &limits.remaining)] {
            headers.extend(header.as_ref().map(|header| format!("{key}: {}", scalar(header))));
        }
        if let (Some(reset), Some(unit)) = (&limits.reset, &limits.reset_unit) {
            headers.push(format!("reset: {}, reset_unit: {unit}", scalar(reset)));
        }
        let headers = if headers.is_empty() {
            String::new()
        } else {
            format!(", headers: {{ {} }}", headers.join(", "))
        };
        let (requests, per) = limits.quota.clone().unwrap_or((1_000, "1h".to_owned()));
        let line = format!("quota: {{ requests: {requests}, per: {per}{headers} }}");
        match self.off.get(&Item::Limit) {
            None => {
                out.line(0, "limits:", None);
                out.line(1, &line, Some(&Item::Limit));
            }
            Some(reason) => {
                out.comment(0, &format!("held back: {reason}; fill `requests` and `per` in"));
                out.off(0, "limits:");
                out.off(1, &line);
            }
        }
        if let (Some(reset), Some(unit), true) = (&limits.reset, &limits.reset_unit, self.on(&Item::Wait)) {
            out.line(0, "retry:", Some(&Item::Wait));
            out.line(
                1,
                &format!("wait: [ {{ header: {}, unit: {unit} }} ]", scalar(reset)),
                Some(&Item::Wait),
            );
        }
    }

    fn streams(&self, out: &mut Writer<Item>) {
        if self.proposal.streams.is_empty() {
            return;
        }
        out.gap();
        let (on, off): (Vec<_>, Vec<_>) =
            self.proposal.streams.iter().enumerate().partition(|(index, _)| self.on(&Item::Stream(*index)));
        if !on.is_empty() {
            out.line(0, "streams:", None);
        }
        for (index, stream) in on {
            out.comment(1, &grounds(stream.confidence, &stream.reason));
            let item = Item::Stream(index);
            for (depth, text, of_cursor) in self.stream_lines(index, stream) {
                let cursor = Item::Cursor(index);
                out.line(depth, &text, Some(if of_cursor { &cursor } else { &item }));
            }
            if let (Some(cursor), Some(reason)) = (&stream.cursor, self.off.get(&Item::Cursor(index))) {
                out.comment(
                    2,
                    &format!(
                        "a cursor could be `{}` with the parameter `{}`: {reason}",
                        cursor.field, cursor.parameter
                    ),
                );
            }
        }
        if off.is_empty() {
            return;
        }
        out.gap();
        out.comment(
            0,
            "Held back. To take one, put it below `streams:` and its operation below `operations:`.",
        );
        for (index, stream) in off.into_iter().filter(|(_, stream)| !stream.name.is_empty()) {
            let reason = self.off.get(&Item::Stream(index)).map(String::as_str).unwrap_or_default();
            out.comment(1, &format!("{}: {reason}", stream.name));
            for (depth, text, _) in self.stream_lines(index, stream) {
                out.off(depth, &text);
            }
        }
    }

    /// Lines of a stream, each with whether it is its cursor.
    fn stream_lines(&self, index: usize, stream: &StreamGuess) -> Vec<(usize, String, bool)> {
        let mut lines = vec![
            (1, format!("{}:", stream.name), false),
            (2, format!("operation: {}", scalar(&stream.operation)), false),
            (2, format!("records: {}", path(&stream.records)), false),
        ];
        match stream.key.as_slice() {
            [] => lines.push((2, "key: ...".to_owned(), false)),
            [only] => lines.push((2, format!("key: {}", path(only)), false)),
            several => lines.push((
                2,
                format!("key: [ {} ]", several.iter().map(|key| path(key)).collect::<Vec<_>>().join(", ")),
                false,
            )),
        }
        if let Some(cursor) = stream.cursor.as_ref().filter(|_| self.on(&Item::Cursor(index))) {
            let start = if cursor.required { ", start: \"{start_time}\"" } else { "" };
            let text = format!(
                "cursor: {{ field: {}, parameter: {}, format: {}{start} }}",
                path(&cursor.field),
                quoted(&cursor.parameter),
                cursor.format
            );
            lines.push((
                2,
                format!("# {}", super::yaml::comment(&grounds(cursor.confidence, &cursor.reason))),
                true,
            ));
            lines.push((2, text, true));
        }
        if let Some(parent) = &stream.parent {
            let pairs = |pairs: &[(String, String)], name: fn(&str) -> String| {
                pairs
                    .iter()
                    .map(|(key, field)| format!("{}: {}", name(key), path(field)))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            lines.push((2, "parent:".to_owned(), false));
            lines.push((3, format!("stream: {}", parent.stream), false));
            lines.push((3, format!("parameters: {{ {} }}", pairs(&parent.parameters, quoted)), false));
            lines.push((3, format!("include: {{ {} }}", pairs(&parent.include, config_name)), false));
        }
        if !stream.parameters.is_empty() {
            let all: Vec<String> = stream
                .parameters
                .iter()
                .map(|(name, variable, _)| format!("{}: \"{{{variable}}}\"", quoted(name)))
                .collect();
            lines.push((2, format!("parameters: {{ {} }}", all.join(", ")), false));
        }
        lines
    }
}

fn grounds(confidence: Confidence, reason: &str) -> String {
    format!("{}: {reason}", confidence.as_str())
}

/// A path as a value.
fn path(path: &str) -> String {
    if path == "." { "\".\"".to_owned() } else { scalar(path) }
}

fn way_name(way: Option<&AuthWay>, number: usize) -> String {
    let name = match way {
        Some(AuthWay::None) => "none".to_owned(),
        Some(AuthWay::Basic) => "basic".to_owned(),
        Some(AuthWay::Bearer) | None => "bearer".to_owned(),
        Some(AuthWay::ApiKeys { keys }) => {
            keys.first().map_or_else(|| "key".to_owned(), |key| config_name(&key.name))
        }
        Some(AuthWay::OAuth2 { grant, .. }) => format!("oauth2_{grant}"),
    };
    if number == 0 { name } else { format!("{name}_{}", number + 1) }
}

fn way_names(ways: &[(usize, &AuthWay)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, way) in ways {
        let name = (0..).map(|number| way_name(Some(way), number)).find(|name| !names.contains(name));
        names.extend(name);
    }
    names
}

/// The config values of a way: name, description, whether it is secret.
fn credentials(way: &AuthWay) -> Vec<(String, String, bool)> {
    let value =
        |name: &str, description: &str, secret: bool| (name.to_owned(), description.to_owned(), secret);
    match way {
        AuthWay::None => Vec::new(),
        AuthWay::Basic => vec![
            value("username", "User name, or what the API takes in its place.", false),
            value("password", "Password, or what the API takes in its place.", true),
        ],
        AuthWay::Bearer => vec![value("token", "Token that is sent as `Authorization: Bearer`.", true)],
        AuthWay::ApiKeys { keys } => keys
            .iter()
            .map(|key| (key_config(&key.name), one_line(Some(&key.description), &key.name), true))
            .collect(),
        AuthWay::OAuth2 { grant, .. } => {
            let mut values = vec![
                value("client_id", "Identifier of the OAuth client.", false),
                value("client_secret", "Secret of the OAuth client.", true),
            ];
            if grant == "password" {
                values.push(value("username", "User name, or what the API takes in its place.", false));
                values.push(value("password", "Password, or what the API takes in its place.", true));
            }
            values
        }
    }
}

fn key_config(name: &str) -> String {
    if name.eq_ignore_ascii_case("authorization") { "token".to_owned() } else { config_name(name) }
}

fn way_lines(out: &mut Writer<Item>, depth: usize, way: &AuthWay, item: &Item) {
    let item = Some(item);
    match way {
        AuthWay::None => out.line(depth, "none: {}", item),
        AuthWay::Basic => {
            out.line(depth, "basic: { username: \"{username}\", password: \"{password}\" }", item)
        }
        AuthWay::Bearer => out.line(depth, "bearer: { token: \"{token}\" }", item),
        AuthWay::ApiKeys { keys } => {
            let key = |key: &super::auth::KeyGuess| {
                let prefix = key
                    .prefix
                    .as_ref()
                    .map(|prefix| format!(", prefix: {}", quoted(prefix)))
                    .unwrap_or_default();
                format!(
                    "{{ in: {}, name: {}, value: \"{{{}}}\"{prefix} }}",
                    key.place,
                    quoted(&key.name),
                    key_config(&key.name)
                )
            };
            match keys.as_slice() {
                [only] => out.line(depth, &format!("api_key: {}", key(only)), item),
                several => {
                    out.line(depth, "api_key:", item);
                    for one in several {
                        out.line(depth + 1, &format!("- {}", key(one)), item);
                    }
                }
            }
        }
        AuthWay::OAuth2 { grant, token_url, authorization_url, scopes } => {
            out.line(depth, "oauth2:", item);
            if let Some(url) = token_url {
                out.line(depth + 1, &format!("token_url: {}", quoted(url)), item);
            }
            out.line(depth + 1, "client: { id: \"{client_id}\", secret: \"{client_secret}\" }", item);
            match (grant.as_str(), authorization_url) {
                ("authorization_code", Some(url)) => out.line(
                    depth + 1,
                    &format!("authorization_code: {{ authorization_url: {} }}", quoted(url)),
                    item,
                ),
                ("password", _) => out.line(
                    depth + 1,
                    "password: { username: \"{username}\", password: \"{password}\" }",
                    item,
                ),
                (grant, _) => out.line(depth + 1, &format!("{grant}: {{}}"), item),
            }
            if !scopes.is_empty() {
                out.comment(
                    depth + 1,
                    &format!("ask for what the streams need: scopes: [ {} ]", scopes.join(", ")),
                );
            }
        }
    }
}

fn scheme_lines(name: &str, paging: &PagingGuess) -> Vec<(usize, String)> {
    let mut lines = vec![(1, format!("{name}:"))];
    let at = |name: &str| match paging.in_body {
        true => format!("body_field: {}", scalar(name)),
        false => format!("parameter: {}", quoted(name)),
    };
    let mut keys: Vec<String> = Vec::new();
    let parameter = paging.parameter.as_deref().unwrap_or_default();
    let flags = |keys: &mut Vec<String>| {
        for (key, value) in [("more", &paging.more), ("done", &paging.done)] {
            keys.extend(value.as_ref().map(|value| format!("{key}: {}", scalar(value))));
        }
    };
    let next = paging.next.as_deref().unwrap_or_default();
    let strategy = match paging.kind {
        PagingKind::Cursor => {
            keys.push(at(parameter));
            keys.push(format!("next: {}", scalar(next)));
            flags(&mut keys);
            "cursor"
        }
        PagingKind::CursorHeader => {
            keys.push(at(parameter));
            keys.push(format!("next_header: {}", scalar(next)));
            flags(&mut keys);
            "cursor"
        }
        PagingKind::NextUrl => {
            keys.push(format!("path: {}", scalar(next)));
            flags(&mut keys);
            "next_url"
        }
        PagingKind::LinkHeader | PagingKind::None => {
            keys.push("relation: next".to_owned());
            "link_header"
        }
        PagingKind::Page => {
            keys.push(at(parameter));
            keys.push(format!("first: {}", paging.first.unwrap_or(1)));
            flags(&mut keys);
            keys.extend(paging.total.as_ref().map(|total| format!("total_records: {}", scalar(total))));
            keys.extend(paging.pages.as_ref().map(|pages| format!("total_pages: {}", scalar(pages))));
            "page"
        }
        PagingKind::Offset => {
            keys.push(at(parameter));
            flags(&mut keys);
            keys.extend(paging.total.as_ref().map(|total| format!("total_records: {}", scalar(total))));
            "offset"
        }
        PagingKind::LastId => {
            keys.push(at(parameter));
            keys.push(format!("field: {}", scalar(paging.record_key.as_deref().unwrap_or("id"))));
            flags(&mut keys);
            "last_id"
        }
    };
    if paging.kind == PagingKind::Page && paging.first.is_none() {
        lines.push((2, "# The document does not say whether pages are counted from 1 or from 0.".to_owned()));
    }
    lines.push((2, format!("{strategy}: {{ {} }}", keys.join(", "))));
    if let Some(size) = &paging.size {
        match size.value() {
            Some(value) => {
                let place = if size.in_body {
                    format!("body_field: {}", scalar(&size.name))
                } else {
                    format!("parameter: {}", quoted(&size.name))
                };
                let why = match (size.cap, size.default) {
                    (Some(cap), _) if cap > value => {
                        format!("the document allows {cap}; so many at once are slow to serve")
                    }
                    (Some(_), _) => "the greatest that the document allows".to_owned(),
                    (None, _) => "its default: the document does not say what it allows".to_owned(),
                };
                lines.push((2, format!("size: {{ {place}, value: {value} }} # {why}")));
            }
            None => lines.push((
                2,
                format!(
                    "# `{}` takes a page size; the document says neither its maximum nor its default.",
                    super::yaml::comment(&size.name)
                ),
            )),
        }
    }
    lines
}

/// What an overlay has to do so that a document says what a key needs: JSONPaths, and what is updated there. `None` where it cannot.
fn actions(
    requirement: &Requirement,
    target: &dyn Fn(&str) -> Option<Target>,
) -> Option<Vec<(String, String)>> {
    let object = target(&requirement.pointer)?;
    let mut actions = vec![(object.path, format!("{{ required: [ {} ] }}", quoted(&requirement.field)))];
    if requirement.nullable {
        let field = crate::source::escape_token(&requirement.field);
        let property = format!("{}/properties/{field}", requirement.pointer);
        let property = target(&property).filter(|property| property.nullable)?;
        actions.push((property.path, "{ nullable: false }".to_owned()));
    }
    Some(actions)
}

/// What streams need that the document does not say: that their keys are always there.
fn overlay(streams: &[&StreamGuess], target: &dyn Fn(&str) -> Option<Target>) -> Option<String> {
    let mut all: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for stream in streams {
        let needed = stream.key_assumed.iter().filter_map(|requirement| actions(requirement, target));
        for action in needed.flatten() {
            all.entry(action).or_default().push(&stream.name);
        }
    }
    if all.is_empty() {
        return None;
    }
    let mut text = String::from(
        "overlay: 1.0.0\ninfo:\n  title: What the document does not say of keys\n  version: 1.0.0\nactions:\n",
    );
    for ((target, update), names) in all {
        let names = super::yaml::comment(&names.join(", "));
        text.push_str(&format!(
            "  # medium: key of {names}. A record without it fails the page, so nothing is lost in silence.\n"
        ));
        text.push_str(&format!("  - target: {}\n    update: {update}\n", quoted(&target)));
    }
    Some(text)
}
