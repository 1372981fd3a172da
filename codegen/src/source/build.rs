//! Builds a tree node by node, within limits; shared by the JSON and YAML readers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::limits::Limits;
use super::tree::{Form, MOST_NODES, Nodes, Raw, Source, Tree};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::{FileId, Span, clamp};

/// Objects up to this many keys are searched for doubles by comparing each with each.
const FEW_KEYS: usize = 12;

/// A finding that ends the reading.
pub(super) type Stop = Box<Diagnostic>;

pub(super) struct Builder<'l> {
    pub(super) text: Arc<str>,
    pub(super) file: FileId,
    pub(super) diagnostics: Diagnostics,
    limits: &'l Limits,
    nodes: Vec<Raw>,
    pool: String,
    pooled: Vec<(u32, u32)>,
    open: Vec<Open>,
    repeated: usize,
    /// What each YAML anchor names; here because leaving entries out moves what follows.
    anchors: HashMap<usize, Subtree>,
}

/// A container that is not closed yet.
pub(super) struct Open {
    id: u32,
    pub(super) is_object: bool,
    children: u32,
    /// Containers inside one another below this one, as far as it is read.
    height: usize,
    /// Whether a merge key stands among the keys.
    merges: bool,
    /// Whether the last node is a key that waits for its value.
    pub(super) has_key: bool,
}

/// A finished subtree that can be repeated.
#[derive(Clone, Copy)]
pub(super) struct Subtree {
    id: u32,
    next: u32,
    height: usize,
}

impl<'l> Builder<'l> {
    pub(super) fn new(text: Arc<str>, file: FileId, limits: &'l Limits) -> Self {
        Self {
            text,
            file,
            diagnostics: Diagnostics::new(),
            limits,
            nodes: Vec::new(),
            pool: String::new(),
            pooled: Vec::new(),
            open: Vec::new(),
            repeated: 0,
            anchors: HashMap::new(),
        }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: clamp(start), end: clamp(end) }
    }

    pub(super) fn innermost(&self) -> Option<&Open> {
        self.open.last()
    }

    /// The places of the containers that are still open, the innermost first, and whether each is an object.
    pub(super) fn open_places(&self) -> impl Iterator<Item = (bool, usize)> + '_ {
        self.open.iter().rev().map(|open| {
            (open.is_object, self.nodes.get(open.id as usize).map_or(0, |raw| raw.start as usize))
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn push(&mut self, form: Form, number: u32, start: usize, end: usize) -> Result<u32, Stop> {
        if self.nodes.len() >= self.limits.nodes.min(MOST_NODES) {
            let message = format!("more than {} values and keys", self.limits.nodes);
            return Err(self.limit(message, start));
        }
        let id = clamp(self.nodes.len());
        self.nodes.push(Raw::new(form, number, clamp(start), clamp(end), id + 1));
        Ok(id)
    }

    pub(super) fn limit(&self, message: String, at: usize) -> Stop {
        Box::new(Diagnostic::error(Code::LimitExceeded, message).at(self.span(at, at)))
    }

    /// Counts a value into the container that it stands in.
    fn count_value(&mut self, height: usize) {
        if let Some(open) = self.open.last_mut() {
            if open.has_key || !open.is_object {
                open.children += 1;
            }
            open.has_key = false;
            open.height = open.height.max(height);
        }
    }

    fn pool(&mut self, text: &str, at: usize) -> Result<u32, Stop> {
        if self.pooled.len() >= MOST_NODES || self.pool.len() + text.len() > u32::MAX as usize {
            return Err(self.limit("too many strings with escapes".to_owned(), at));
        }
        let from = clamp(self.pool.len());
        self.pool.push_str(text);
        self.pooled.push((from, clamp(self.pool.len())));
        Ok(clamp(self.pooled.len() - 1))
    }

    pub(super) fn scalar(&mut self, form: Form, start: usize, end: usize) -> Result<Subtree, Stop> {
        let id = self.push(form, 0, start, end)?;
        self.count_value(0);
        Ok(Subtree { id, next: id + 1, height: 0 })
    }

    /// A scalar whose text is not the text of its place.
    pub(super) fn pooled(
        &mut self,
        form: Form,
        text: &str,
        start: usize,
        end: usize,
    ) -> Result<Subtree, Stop> {
        let number = self.pool(text, start)?;
        let id = self.push(form, number, start, end)?;
        self.count_value(0);
        Ok(Subtree { id, next: id + 1, height: 0 })
    }

    /// A key of the innermost object; `text` where it is not the text of its place.
    pub(super) fn key(
        &mut self,
        form: Form,
        text: Option<&str>,
        start: usize,
        end: usize,
    ) -> Result<Subtree, Stop> {
        let number = match text {
            Some(text) => self.pool(text, start)?,
            None => 0,
        };
        let id = self.push(form, number, start, end)?;
        if let Some(open) = self.open.last_mut() {
            open.has_key = true;
        }
        Ok(Subtree { id, next: id + 1, height: 0 })
    }

    /// Marks that the key that waits for its value is a merge key.
    pub(super) fn mark_merge(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.merges = true;
        }
    }

    pub(super) fn begin(&mut self, is_object: bool, start: usize) -> Result<(), Stop> {
        if self.open.len() >= self.limits.depth {
            return Err(
                self.limit(format!("more than {} levels inside one another", self.limits.depth), start)
            );
        }
        let form = if is_object { Form::Object } else { Form::Array };
        let id = self.push(form, 0, start, start)?;
        self.open.push(Open { id, is_object, children: 0, height: 0, merges: false, has_key: false });
        Ok(())
    }

    pub(super) fn end(&mut self, end: usize) -> Option<Subtree> {
        let open = self.open.pop()?;
        let next = clamp(self.nodes.len());
        if let Some(raw) = self.nodes.get_mut(open.id as usize) {
            raw.end = clamp(end).max(raw.start);
            raw.next = next;
            raw.set_number(open.children);
        }
        if open.is_object {
            self.settle_keys(&open);
        }
        let height = open.height + 1;
        self.count_value(height);
        Some(Subtree { id: open.id, next: clamp(self.nodes.len()), height })
    }

    /// Gives a finished subtree the number that aliases name it by.
    pub(super) fn anchor(&mut self, number: usize, subtree: Subtree) {
        self.anchors.insert(number, subtree);
    }

    /// What an anchor names; `None` before its value is finished.
    pub(super) fn anchored(&self, number: usize) -> Option<Subtree> {
        self.anchors.get(&number).copied()
    }

    /// Repeats a finished subtree, as a YAML alias does.
    pub(super) fn repeat(&mut self, subtree: Subtree, at: usize) -> Result<Subtree, Stop> {
        if self.open.len() + subtree.height > self.limits.depth {
            return Err(self.limit(format!("more than {} levels inside one another", self.limits.depth), at));
        }
        let id = clamp(self.nodes.len());
        let size = subtree.next.saturating_sub(subtree.id) as usize;
        self.repeated += size;
        if self.repeated > self.limits.aliases {
            let message = format!("aliases repeat more than {} values and keys", self.limits.aliases);
            return Err(self.limit(message, at));
        }
        if self.nodes.len() + size > self.limits.nodes.min(MOST_NODES) {
            return Err(self.limit(format!("more than {} values and keys", self.limits.nodes), at));
        }
        self.copy_range(subtree.id, subtree.next);
        self.count_value(subtree.height);
        Ok(Subtree { id, next: clamp(self.nodes.len()), height: subtree.height })
    }

    /// Appends a copy of a range of whole subtrees and keys.
    fn copy_range(&mut self, from: u32, to: u32) {
        let shift = clamp(self.nodes.len()).wrapping_sub(from);
        for id in from..to {
            let mut raw = self.raw(id);
            raw.next = raw.next.wrapping_add(shift);
            self.nodes.push(raw);
        }
    }

    fn raw(&self, id: u32) -> Raw {
        self.nodes.get(id as usize).copied().unwrap_or(Raw::new(Form::Null, 0, 0, 0, id.saturating_add(1)))
    }

    /// The text of a scalar among the nodes built so far.
    pub(super) fn text_of(&self, id: u32) -> &str {
        let raw = self.raw(id);
        let (start, end) = (raw.start as usize, raw.end as usize);
        match raw.form() {
            Form::Quoted => self.text.get(start + 1..end.saturating_sub(1)).unwrap_or_default(),
            Form::Pooled | Form::NumberPooled => self
                .pooled
                .get(raw.number() as usize)
                .and_then(|&(from, to)| self.pool.get(from as usize..to as usize))
                .unwrap_or_default(),
            Form::Array | Form::Object => "",
            _ => self.text.get(start..end).unwrap_or_default(),
        }
    }

    /// The scalar that a subtree is, as a key; `None` for containers.
    pub(super) fn scalar_text(&self, subtree: Subtree) -> Option<String> {
        let form = self.raw(subtree.id).form();
        (!matches!(form, Form::Array | Form::Object)).then(|| self.text_of(subtree.id).to_owned())
    }

    /// The keys of a closed object.
    fn keys(&self, id: u32) -> Vec<u32> {
        let object = self.raw(id);
        let mut keys = Vec::with_capacity(object.number() as usize);
        let mut at = id + 1;
        for _ in 0..object.number() {
            keys.push(at);
            at = self.raw(at + 1).next;
        }
        keys
    }

    /// Tells of keys that stand twice and leaves the later ones out; resolves merge keys.
    fn settle_keys(&mut self, open: &Open) {
        if open.children < 2 && !open.merges {
            return;
        }
        let keys = self.keys(open.id);
        let mut kept: Vec<u32> = Vec::with_capacity(keys.len());
        let mut merged: Vec<u32> = Vec::new();
        let mut doubles: Vec<(u32, u32)> = Vec::new();
        {
            let mut seen: HashMap<&str, u32> = HashMap::new();
            for &key in &keys {
                let text = self.text_of(key);
                if open.merges && text == "<<" && self.raw(key).form() == Form::Bare {
                    merged.push(key + 1);
                    continue;
                }
                let first = if keys.len() <= FEW_KEYS {
                    kept.iter().copied().find(|&other| self.text_of(other) == text)
                } else {
                    match seen.entry(text) {
                        std::collections::hash_map::Entry::Occupied(entry) => Some(*entry.get()),
                        std::collections::hash_map::Entry::Vacant(entry) => {
                            entry.insert(key);
                            None
                        }
                    }
                };
                match first {
                    Some(first) => doubles.push((first, key)),
                    None => kept.push(key),
                }
            }
        }
        if doubles.is_empty() && merged.is_empty() {
            return;
        }
        for (first, double) in doubles {
            let (first_raw, raw) = (self.raw(first), self.raw(double));
            let message = format!("the key `{}` stands twice; the first value counts", self.text_of(double));
            self.diagnostics.push(
                Diagnostic::warning(Code::DuplicateKey, message)
                    .at(self.span(raw.start as usize, raw.end as usize))
                    .label(self.span(first_raw.start as usize, first_raw.end as usize), "the first one")
                    .help("remove one of the two"),
            );
        }
        self.rebuild(open.id, kept, &merged);
    }

    /// Writes an object anew with the kept entries, then those that merge keys bring and that do not stand yet.
    fn rebuild(&mut self, id: u32, mut entries: Vec<u32>, merged: &[u32]) {
        let mut sources = Vec::new();
        for &value in merged {
            match self.raw(value).form() {
                Form::Object => sources.push(value),
                Form::Array => {
                    let mut at = value + 1;
                    for _ in 0..self.raw(value).number() {
                        sources.push(at);
                        at = self.raw(at).next;
                    }
                }
                _ => sources.push(value),
            }
        }
        let mut names: std::collections::HashSet<String> =
            entries.iter().map(|&key| self.text_of(key).to_owned()).collect();
        for source in sources {
            let raw = self.raw(source);
            if raw.form() != Form::Object {
                let message = "the merge key `<<` names no mapping; it is ignored";
                self.diagnostics.warning(
                    Code::MergeNotMapping,
                    self.span(raw.start as usize, raw.end as usize),
                    message,
                );
                continue;
            }
            for key in self.keys(source) {
                if names.insert(self.text_of(key).to_owned()) {
                    entries.push(key);
                }
            }
        }
        // The entries are copied behind the old ones, which are then taken out from under them.
        let old_end = clamp(self.nodes.len());
        let shift = old_end - (id + 1);
        let mut moves: Vec<(std::ops::Range<u32>, u32)> = Vec::with_capacity(entries.len());
        for &key in &entries {
            let next = self.raw(key + 1).next;
            moves.push((key..next, clamp(self.nodes.len()) - shift));
            self.copy_range(key, key + 1);
            self.copy_range(key + 1, next);
        }
        self.nodes.drain(id as usize + 1..old_end as usize);
        for raw in self.nodes.iter_mut().skip(id as usize + 1) {
            raw.next -= shift;
        }
        moves.sort_by_key(|(range, _)| range.start);
        self.anchors.retain(|_, anchor| {
            if anchor.id <= id {
                return true;
            }
            // The nearest range that starts at or before the anchor is the only one that can hold it.
            let after = moves.partition_point(|(range, _)| range.start <= anchor.id);
            let holder = after.checked_sub(1).and_then(|at| moves.get(at));
            let Some((range, new)) = holder.filter(|(range, _)| range.contains(&anchor.id)) else {
                return false;
            };
            let size = anchor.next - anchor.id;
            anchor.id = anchor.id - range.start + new;
            anchor.next = anchor.id + size;
            true
        });
        let next = clamp(self.nodes.len());
        if let Some(raw) = self.nodes.get_mut(id as usize) {
            raw.next = next;
            raw.set_number(clamp(entries.len()));
        }
    }

    pub(super) fn finish(mut self) -> (Option<Tree>, Diagnostics) {
        self.nodes.shrink_to_fit();
        self.pool.shrink_to_fit();
        self.pooled.shrink_to_fit();
        let nodes = Nodes {
            sources: vec![Source { file: self.file, text: self.text }],
            segments: Vec::new(),
            nodes: self.nodes,
            pool: self.pool,
            pooled: self.pooled,
            roots: Vec::new(),
            refused: BTreeMap::new(),
        };
        (Some(Tree { inner: Arc::new(nodes) }), self.diagnostics)
    }

    pub(super) fn fail(mut self, stop: Diagnostic) -> (Option<Tree>, Diagnostics) {
        self.diagnostics.push(stop);
        (None, self.diagnostics)
    }
}
