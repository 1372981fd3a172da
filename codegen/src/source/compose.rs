//! One tree of parts of several: what overlays change, and the files of a document side by side.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::tree::{Form, Node, Nodes, Raw, Root, Segment, Source, Tree};
use crate::text::clamp;

/// Writes a tree of nodes that stand in other trees. Each keeps its place in its own text.
pub(crate) struct Composer {
    sources: Vec<Source>,
    segments: Vec<Segment>,
    nodes: Vec<Raw>,
    pool: String,
    pooled: Vec<(u32, u32)>,
    /// Where the pooled strings of the trees that were copied from are now.
    moved: HashMap<(usize, u32), u32>,
    roots: Vec<Root>,
}

/// A container that is being written.
pub(crate) struct Opened(usize);

impl Composer {
    /// Nothing yet; `like` is the tree whose text is the new one's main text.
    pub(crate) fn new(like: &Tree) -> Self {
        Self {
            sources: like.inner.sources.iter().take(1).cloned().collect(),
            segments: Vec::new(),
            nodes: Vec::new(),
            pool: String::new(),
            pooled: Vec::new(),
            moved: HashMap::new(),
            roots: Vec::new(),
        }
    }

    /// Starts the root of a file; `path` is its path relative to the document's folder.
    pub(crate) fn root(&mut self, path: &str) {
        self.roots.push(Root { node: clamp(self.nodes.len()), path: path.to_owned() });
    }

    /// Copies a whole value.
    pub(crate) fn copy(&mut self, node: Node<'_>) {
        let (nodes, range) = node.range();
        let shift = clamp(self.nodes.len()).wrapping_sub(range.start);
        for id in range {
            let mut raw = nodes.raw(id);
            raw.next = raw.next.wrapping_add(shift);
            self.push(nodes, id, raw);
        }
    }

    /// Copies the key of a value that stands in an object.
    pub(crate) fn copy_key(&mut self, value: Node<'_>) {
        let (nodes, range) = value.range();
        let Some(key) = range.start.checked_sub(1) else { return };
        let mut raw = nodes.raw(key);
        raw.next = clamp(self.nodes.len() + 1);
        self.push(nodes, key, raw);
    }

    /// Begins an object or an array at the place of another one.
    pub(crate) fn begin(&mut self, like: Node<'_>) -> Opened {
        let (nodes, range) = like.range();
        let opened = Opened(self.nodes.len());
        self.push(nodes, range.start, nodes.raw(range.start));
        opened
    }

    /// Ends it.
    pub(crate) fn end(&mut self, opened: &Opened, children: usize) {
        let next = clamp(self.nodes.len());
        if let Some(raw) = self.nodes.get_mut(opened.0) {
            raw.next = next;
            raw.set_number(clamp(children));
        }
    }

    fn push(&mut self, from: &Nodes, id: u32, mut raw: Raw) {
        let source = from.source(id);
        let last = self.segments.last().and_then(|segment| self.sources.get(segment.source));
        if last.is_none_or(|last| last.file != source.file) {
            let known = self.sources.iter().position(|known| known.file == source.file);
            let index = known.unwrap_or_else(|| {
                self.sources.push(source.clone());
                self.sources.len() - 1
            });
            self.segments.push(Segment { first: clamp(self.nodes.len()), source: index });
        }
        if matches!(raw.form(), Form::Pooled | Form::NumberPooled) {
            let key = (std::ptr::from_ref(from).addr(), raw.number());
            let number = match self.moved.get(&key) {
                Some(number) => *number,
                None => {
                    let start = clamp(self.pool.len());
                    self.pool.push_str(from.scalar(id, raw));
                    self.pooled.push((start, clamp(self.pool.len())));
                    let number = clamp(self.pooled.len() - 1);
                    self.moved.insert(key, number);
                    number
                }
            };
            raw.set_number(number);
        }
        self.nodes.push(raw);
    }

    /// The tree. `refused` are the paths of files that references lead to and that are not read, each with the reason.
    pub(crate) fn finish(self, refused: BTreeMap<String, String>) -> Tree {
        let nodes = Nodes {
            sources: self.sources,
            segments: self.segments,
            nodes: self.nodes,
            pool: self.pool,
            pooled: self.pooled,
            roots: self.roots,
            refused,
        };
        Tree { inner: Arc::new(nodes) }
    }
}
