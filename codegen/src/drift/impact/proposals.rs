//! Edits of the manifest for what breaks. Each is a proposal: what it rests on is said with it, and nobody applies it unasked.

use std::ops::Range;

use super::places::Spot;
use super::rules::Context;
use super::successor::{renamed_parameters, renamed_words};
use super::uses::{Role, Use};
use super::{Impact, ManifestLine, Severity, places, unified};
use crate::drift::Change;
use crate::drift::view::{Bound, Word};
use crate::manifest::Auth;
use crate::source::{Entry, Node, Span};
use crate::suggest::did_you_mean;

/// One proposed edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it does and what it rests on.
    pub what: String,
    /// Where.
    pub manifest: Option<ManifestLine>,
}

/// What is proposed for a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposals {
    /// The edits.
    pub list: Vec<Proposal>,
    /// All of them as a unified diff; empty where there is none.
    pub patch: String,
    /// The manifest with all of them; `None` where there is none.
    pub edited: Option<String>,
}

/// An edit of the manifest's text.
struct Edit {
    range: Range<usize>,
    text: String,
}

struct Editor<'a, 'c, 't> {
    context: &'a Context<'c, 't>,
    text: &'a str,
    edits: Vec<Edit>,
    list: Vec<Proposal>,
}

/// Proposes edits for what breaks.
pub(super) fn propose(context: &Context<'_, '_>, impact: &[Impact], changes: &[Change]) -> Proposals {
    let file = context.manifest_tree.file();
    let (Some(text), Some(name)) = (context.files.text(file), context.files.name(file)) else {
        return Proposals::default();
    };
    let mut editor = Editor { context, text, edits: Vec::new(), list: Vec::new() };
    for found in impact.iter().filter(|found| found.severity == Severity::Breaks) {
        if let Some(change) = found.change.and_then(|index| changes.get(index)) {
            editor.one(found, change);
        }
    }
    editor.renamed_paths();
    let Editor { mut edits, list, .. } = editor;
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in &edits {
        // Two changes may ask for the same edit.
        let (true, Some(before)) = (edit.range.start >= at, text.get(at..edit.range.start)) else { continue };
        edited.push_str(before);
        edited.push_str(&edit.text);
        at = edit.range.end;
    }
    edited.push_str(text.get(at..).unwrap_or_default());
    let name = std::path::Path::new(name)
        .file_name()
        .map_or_else(|| name.to_owned(), |name| name.to_string_lossy().into_owned());
    let patch = unified::diff(&name, Some(text), &edited);
    let edited = (!patch.is_empty()).then_some(edited);
    Proposals { list: if edited.is_some() { list } else { Vec::new() }, patch, edited }
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

impl<'t> Editor<'_, '_, 't> {
    fn one(&mut self, found: &Impact, change: &Change) {
        let id = change.id.as_str();
        let reached: Vec<&str> = found.operations.iter().map(String::as_str).collect();
        if id.starts_with("api-removed-") || id.starts_with("api-path-removed-") {
            return self.gone(&reached);
        }
        if id == "api-operation-id-removed" {
            return self.renamed_operation(&reached);
        }
        if id.starts_with("api-server-") {
            return self.server();
        }
        if id.starts_with("api-security-component-") {
            return self.credential(change);
        }
        let touched: Vec<&Use> = self.context.touched(change, &reached);
        let at_line = |used: &&Use| self.context.line(used.span) == found.manifest;
        let touched: Vec<&Use> = touched.into_iter().filter(at_line).collect();
        match touched.first() {
            Some(used) => self.used(used, change, &touched),
            None => self.required(change, &reached),
        }
    }

    fn replace(&mut self, span: Span, text: String, what: String) {
        // What has the same id is named as it was.
        let known = self.text.get(range(span)).map(|known| known.trim_matches(['"', '\'']));
        if known == Some(text.trim_matches('"')) {
            return;
        }
        self.edit(range(span), text, what, span);
    }

    fn edit(&mut self, range: Range<usize>, text: String, what: String, at: Span) {
        if self.edits.iter().any(|known| known.range.start < range.end && range.start < known.range.end) {
            return;
        }
        self.edits.push(Edit { range, text });
        let proposal = Proposal { what, manifest: self.context.line(at) };
        if !self.list.contains(&proposal) {
            self.list.push(proposal);
        }
    }

    /// What takes the place of a scalar, quoted where it has to be.
    fn scalar(text: &str) -> String {
        let plain = text.chars().all(|sign| sign.is_ascii_alphanumeric() || "_-./".contains(sign))
            && text.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
        if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
    }

    fn gone(&mut self, reached: &[&str]) {
        for title in reached {
            let Some(successor) = self.context.successor(title) else {
                self.let_go(title);
                continue;
            };
            let (other, same_id) = (successor.title.clone(), successor.same_id);
            let Some(id) = self.revised_id(&other) else { continue };
            let what = if same_id { "has its id" } else { "is the nearest operation of the revision" };
            self.rename(title, &id, &format!("`{title}` is gone; `{other}` {what}"));
            self.renamed_parameters(title, &other);
            self.renamed_records(title, &other);
        }
    }

    /// Paths of which nothing but the names of their parameters changed are the same on the wire, but the manifest names them.
    fn renamed_paths(&mut self) {
        let context = self.context;
        for title in &context.allowed {
            let Some(old) = context.old.iter().find(|operation| operation.title() == *title) else {
                continue;
            };
            let same = |new: &&crate::drift::view::Operation<'_>| {
                new.method == old.method && new.path != old.path && new.route() == old.route()
            };
            if let Some(new) = context.new.iter().find(same) {
                self.renamed_parameters(title, &new.title());
            }
        }
    }

    /// Names the list of a stream's records as the path of the revision names what it lists.
    fn renamed_records(&mut self, title: &str, other: &str) {
        let context = self.context;
        let operation = context.new.iter().find(|operation| operation.title() == other);
        let Some(answer) = operation.and_then(|operation| places::answer(context.revision, operation)) else {
            return;
        };
        let leads = |keys: &[&str]| Spot::follow(context.revision, answer, keys).is_some();
        for (from, to) in renamed_words(title, other) {
            let records = |used: &&Use| used.operation == title && used.role == Role::Records;
            for used in context.uses.iter().filter(records) {
                let was: Vec<&str> = used.name.split('.').collect();
                let is: Vec<&str> = was.iter().map(|key| if *key == from { to } else { *key }).collect();
                if was != is && !leads(&was) && leads(&is) {
                    let name = is.join(".");
                    let what = format!("the answer has `{name}` where it had `{}`: `{other}`", used.name);
                    self.replace(used.span, Self::scalar(&name), what);
                }
            }
        }
    }

    /// Names what a path takes as the path of the revision does.
    fn renamed_parameters(&mut self, title: &str, other: &str) {
        for (from, to) in renamed_parameters(title, other) {
            let what = format!("the path has `{to}` where it had `{from}`: `{other}`");
            let context = self.context;
            let of_path = |used: &&Use| used.operation == title && used.role.is_sent() && used.name == from;
            for used in context.uses.iter().filter(of_path) {
                self.replace(used.span, Self::scalar(&to), what.clone());
            }
        }
    }

    fn renamed_operation(&mut self, reached: &[&str]) {
        for title in reached {
            let Some(id) = self.revised_id(title) else { continue };
            self.rename(title, &id, &format!("`{title}` has the id `{id}`"));
        }
    }

    /// The id of an operation of the revision, by its method and path; without one, these are its name.
    fn revised_id(&self, title: &str) -> Option<String> {
        let operation = self.context.new.iter().find(|operation| operation.title() == title)?;
        let id = operation.node.get("operationId").and_then(|id| id.as_str());
        Some(id.map_or_else(|| title.to_owned(), str::to_owned))
    }

    /// Takes an operation out of the allow-list that nothing takes the place of, where nothing else of the manifest names it.
    fn let_go(&mut self, title: &str) {
        let spans = self.mentions(title);
        let Some(list) = self.context.manifest_tree.root().get("operations") else { return };
        let mut items = list.items().filter(|item| spans.contains(&item.span()));
        if let (Some(item), None, 1) = (items.next(), items.next(), spans.len())
            && list.len() > 1
        {
            let what =
                format!("`{title}` is gone, and nothing of the revision is near: the connector loses it");
            self.take_out(list, item.span(), item.span(), what);
        }
    }

    /// Names an operation otherwise wherever the manifest names it.
    fn rename(&mut self, title: &str, to: &str, why: &str) {
        for span in self.mentions(title) {
            self.replace(span, Self::scalar(to), why.to_owned());
        }
    }

    /// Wherever the manifest names an operation.
    fn mentions(&self, title: &str) -> Vec<Span> {
        let known = self.context.plan.api.operations.iter();
        let id = known
            .map(|operation| &operation.head)
            .find(|head| format!("{} {}", head.method, head.path) == title);
        let names: Vec<&str> = id.map(|head| head.id.as_str()).into_iter().chain([title]).collect();
        let mut open = vec![(self.context.manifest_tree.root(), false)];
        let mut spans = Vec::new();
        while let Some((node, of_operations)) = open.pop() {
            if of_operations && node.as_str().is_some_and(|text| names.contains(&text)) {
                spans.push(node.span());
            }
            for entry in node.entries() {
                let here = matches!(
                    entry.key,
                    "operation" | "operations" | "overrides" | "authorised" | "refresh" | "poll" | "download"
                );
                if of_operations && names.contains(&entry.key) {
                    spans.push(entry.key_span);
                }
                open.push((entry.value, here));
            }
            open.extend(node.items().map(|item| (item, of_operations)));
        }
        spans
    }

    fn server(&mut self) {
        let urls = |list: Vec<(String, Node<'t>)>| list.into_iter().map(|(url, _)| url).collect::<Vec<_>>();
        let (before, after) = (urls(self.context.base.servers()), urls(self.context.revision.servers()));
        let fresh: Vec<&String> = after.iter().filter(|url| !before.contains(url)).collect();
        let url = &self.context.manifest.server.url;
        // Variables of the document are not those of the manifest.
        if let [fresh] = fresh.as_slice()
            && !fresh.contains('{')
            && !url.value.contains('{')
            && fresh.starts_with("https://")
        {
            let what = format!(
                "the document's server is `{fresh}`, no longer `{}`; see that you trust it with the credential",
                url.value
            );
            self.replace(url.span, Self::scalar(fresh), what);
        }
    }

    fn credential(&mut self, change: &Change) {
        let to = change.revision.as_ref().and_then(|side| self.context.revision.root().at(&side.pointer));
        let from = change.base.as_ref().and_then(|side| self.context.base.root().at(&side.pointer));
        let text = |node: Option<Node<'t>>, key: &str| {
            let node = node?;
            node.as_str().or_else(|| node.get(key).and_then(|value| value.as_str()))
        };
        for way in self.context.manifest.auth.all() {
            match way {
                Auth::ApiKeys(keys) if change.id.ends_with("-name-changed") => {
                    let (Some(from), Some(to)) = (text(from, "name"), text(to, "name")) else { continue };
                    for key in keys.iter().filter(|key| key.name.value.eq_ignore_ascii_case(from)) {
                        self.replace(
                            key.name.span,
                            Self::scalar(to),
                            format!("the key is sent as `{to}`, no longer as `{from}`"),
                        );
                    }
                }
                Auth::OAuth2(oauth2) if change.id.ends_with("-token-url-changed") => {
                    let (Some(url), Some(to)) = (&oauth2.token_url, text(to, "tokenUrl")) else { continue };
                    let what =
                        format!("tokens come from `{to}`; see that you trust it with the client's secret");
                    self.replace(url.span, Self::scalar(to), what);
                }
                _ => {}
            }
        }
    }

    /// Something that the manifest names no longer is, or no longer takes what is sent.
    fn used(&mut self, used: &Use, change: &Change, touched: &[&Use]) {
        if !change.id.contains("removed") || change.id.contains("enum-value-removed") {
            if used.role == Role::PageSize {
                self.size(used, touched);
            }
            return;
        }
        if let Some(near) = self.stand_in(used) {
            let what = format!(
                "`{}` is gone from `{}`; `{near}` is new there, and has nearly its name",
                used.name, used.operation
            );
            let new = match used.name.rsplit_once('.') {
                Some((before, _)) => format!("{before}.{near}"),
                None => near,
            };
            return self.replace(used.span, Self::scalar(&new), what);
        }
        let root = self.context.manifest_tree.root();
        let streams = root.get("streams");
        let of_stream = |key: &str| {
            let name = used.user.rsplit_once("stream `")?.1.trim_end_matches('`');
            Some((streams?.get(name)?, streams?.get(name)?.entry(key)?))
        };
        match used.role {
            Role::Cursor | Role::CursorParameter => {
                if let Some((stream, entry)) = of_stream("cursor") {
                    let what = format!(
                        "{} has no `{}` to go on by; without a cursor each run reads everything",
                        used.user, used.name
                    );
                    self.remove(stream, &entry, what);
                }
            }
            Role::Constant => {
                if let Some((_, parameters)) = of_stream("parameters")
                    && let Some(entry) = parameters.value.entry(&used.name)
                {
                    let what = format!(
                        "the revision has no `{}`; see that the stream still holds what it should",
                        used.name
                    );
                    if parameters.value.len() == 1
                        && let Some((stream, parameters)) = of_stream("parameters")
                    {
                        self.remove(stream, &parameters, what);
                    } else {
                        self.remove(parameters.value, &entry, what);
                    }
                }
            }
            Role::PageSize => {
                for scheme in root.get("paging").into_iter().flat_map(|paging| paging.entries()) {
                    let Some(entry) = scheme.value.entry("size") else { continue };
                    if range(entry.value.span()).contains(&(used.span.start as usize)) {
                        self.remove(
                            scheme.value,
                            &entry,
                            format!(
                                "the revision has no `{}`: pages come in the size that the API takes",
                                used.name
                            ),
                        );
                    }
                }
            }
            _ => {}
        }
    }

    /// A parameter or property that only the revision has and whose name is near.
    fn stand_in(&self, used: &Use) -> Option<String> {
        let find = |operations: &[crate::drift::view::Operation<'t>]| {
            operations.iter().find(|operation| operation.title() == used.operation).cloned()
        };
        let (old, new) = (find(self.context.old)?, find(self.context.new)?);
        let names = |document: &crate::drift::view::Document<'t>,
                     operation: &crate::drift::view::Operation<'t>|
         -> Vec<String> {
            if used.role.is_sent() {
                return document
                    .parameters(operation)
                    .iter()
                    .map(|parameter| parameter.name.to_owned())
                    .collect();
            }
            let Some(answer) = places::answer(document, operation) else { return Vec::new() };
            let mut open = vec![answer];
            let mut found = Vec::new();
            for _ in 0..64 {
                let Some(node) = open.pop() else { break };
                let schema = document.schema(&document.core(node));
                found.extend(schema.properties().into_iter().map(|(name, _)| name.to_owned()));
                open.extend(places::items(document, node, 4));
                open.extend(schema.branches(Word::AllOf));
                if used.name.contains('.') || found.len() < 8 {
                    open.extend(schema.properties().into_iter().map(|(_, node)| node));
                }
            }
            found
        };
        let (before, after) = (names(self.context.base, &old), names(self.context.revision, &new));
        let last = used.name.rsplit('.').next().unwrap_or_default().split('[').next().unwrap_or_default();
        let fresh: Vec<&str> =
            after.iter().filter(|name| !before.contains(name)).map(String::as_str).collect();
        let words = |text: &str| -> Vec<String> {
            let words =
                text.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            words.map(str::to_lowercase).collect()
        };
        let sorted = |text: &str| {
            let mut words = words(text);
            words.sort();
            words.concat()
        };
        let same = fresh.iter().copied().find(|name| sorted(name) == sorted(last));
        // `limit` became `page_limit`.
        let mut longer =
            fresh.iter().copied().filter(|name| words(last).iter().all(|word| words(name).contains(word)));
        let only = longer.next().filter(|_| longer.next().is_none());
        let near = same.or_else(|| did_you_mean(last, fresh.iter().copied())).or(only)?;
        Some(near.to_owned())
    }

    fn size(&mut self, used: &Use, touched: &[&Use]) {
        let most = touched.iter().filter_map(|used| {
            let node = self.context.revision.node(used.revision.schema?)?;
            let schema = self.context.revision.schema(&self.context.revision.core(node));
            schema.bound(Bound::Max).map(|(most, _)| most)
        });
        let Some(most) = most.min_by(f64::total_cmp).filter(|most| *most >= 1.0 && most.fract() == 0.0)
        else {
            return;
        };
        for (_, scheme) in &self.context.manifest.paging {
            let Some(size) = &scheme.size else { continue };
            let named = [&size.parameter, &size.body_field]
                .into_iter()
                .flatten()
                .any(|name| name.span.start == used.span.start);
            if named {
                self.replace(
                    size.value.span,
                    format!("{most}"),
                    format!("`{}` takes at most {most}", used.name),
                );
            }
        }
    }

    /// Takes an entry out of a mapping.
    fn remove(&mut self, owner: Node<'_>, entry: &Entry<'_>, what: String) {
        self.take_out(owner, entry.key_span, entry.value.span(), what);
    }

    /// Takes a part out of a mapping or list, from the start of one span to the end of another.
    fn take_out(&mut self, owner: Node<'_>, from: Span, to: Span, what: String) {
        let (start, end) = (from.start as usize, to.end as usize);
        let flow =
            self.text.get(owner.span().start as usize..).is_some_and(|text| text.starts_with(['{', '[']));
        let (before, after) =
            (self.text.get(..start).unwrap_or_default(), self.text.get(end..).unwrap_or_default());
        let range = if flow {
            let rest = after.trim_start();
            match rest.strip_prefix(',') {
                Some(rest) => start..self.text.len() - rest.trim_start_matches([' ', '\n']).len(),
                None => {
                    let kept = before.trim_end().trim_end_matches(',').trim_end();
                    kept.len()..end
                }
            }
        } else {
            let first = before.rfind('\n').map_or(0, |at| at + 1);
            let end = after.find('\n').map_or(self.text.len(), |at| end + at + 1);
            first..end
        };
        self.edit(range, String::new(), what, from);
    }

    /// A parameter that is required and that streams do not send.
    fn required(&mut self, change: &Change, reached: &[&str]) {
        let node = change.revision.as_ref().and_then(|side| self.context.revision.root().at(&side.pointer));
        let owner =
            node.and_then(|node| node.get("name").map(|name| (node, name)).filter(|_| node.is_object()));
        let Some((node, name)) = owner.and_then(|(node, name)| Some((node, name.as_str()?))) else { return };
        let schema = node.get("schema").unwrap_or(node);
        let schema = self.context.revision.schema(&self.context.revision.core(schema));
        let listed = schema.get(Word::Enum).and_then(|listed| listed.items().next());
        let given = schema.get(Word::Default).or(listed);
        let text = |node: Node<'_>| node.as_str().map_or_else(|| node.to_json().to_string(), str::to_owned);
        let Some(given) = given.map(text) else { return };
        let value = if given.parse::<f64>().is_ok() || matches!(given.as_str(), "true" | "false") {
            given.clone()
        } else {
            Self::scalar(&given)
        };
        let entry = format!("{}: {value}", Self::scalar(name));
        let streams = self.context.streams(reached);
        for (stream, span, _) in streams {
            let Some(node) =
                self.context.manifest_tree.root().get("streams").and_then(|streams| streams.get(stream))
            else {
                continue;
            };
            let what = format!(
                "`{name}` is required; `{given}` is the first value that the document names: see that it is the right one"
            );
            match node.entry("parameters") {
                Some(parameters) => {
                    let start = parameters.value.span().start as usize;
                    let flow = self.text.get(start..).is_some_and(|text| text.starts_with('{'));
                    if flow {
                        let separator = if parameters.value.is_empty() { " " } else { ", " };
                        self.edit(
                            start + 1..start + 1,
                            format!(" {entry}{}", separator.trim_end()),
                            what,
                            parameters.key_span,
                        );
                    } else if let Some(first) = parameters.value.entries().next() {
                        let at = first.key_span.start as usize;
                        let indent = self
                            .text
                            .get(..at)
                            .map_or(0, |before| at - before.rfind('\n').map_or(0, |line| line + 1));
                        self.edit(at..at, format!("{entry}\n{}", " ".repeat(indent)), what, first.key_span);
                    }
                }
                None => {
                    let flow =
                        self.text.get(node.span().start as usize..).is_some_and(|text| text.starts_with('{'));
                    let end = span.end as usize;
                    if flow {
                        self.edit(end..end, format!(", parameters: {{ {entry} }}"), what, span);
                    } else if let Some(operation) = node.entry("operation") {
                        let at = operation.key_span.start as usize;
                        let indent = self
                            .text
                            .get(..at)
                            .map_or(0, |before| at - before.rfind('\n').map_or(0, |line| line + 1));
                        self.edit(
                            at..at,
                            format!("parameters: {{ {entry} }}\n{}", " ".repeat(indent)),
                            what,
                            span,
                        );
                    }
                }
            }
        }
    }
}
