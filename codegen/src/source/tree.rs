//! The tree that a text is read into.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use crate::text::{FileId, Span};

/// A loaded text as a tree of values, with the files that it refers to where it was bundled. Cheap to clone: clones share the nodes and the text.
#[derive(Clone)]
pub struct Tree {
    pub(super) inner: Arc<Nodes>,
}

/// Nodes in the order of the text, a container before what it holds and a key before its value, so that a subtree is
/// a range and children need no index of their own: 16 bytes a node.
pub(super) struct Nodes {
    /// The texts that the nodes stand in; the first is that of the document itself.
    pub(super) sources: Vec<Source>,
    /// Which text which nodes stand in, in the order of the nodes; empty where there is one text.
    pub(super) segments: Vec<Segment>,
    pub(super) nodes: Vec<Raw>,
    /// Strings that do not stand in the text as they read (escapes, folded lines), one after the other.
    pub(super) pool: String,
    /// Where each of those strings lies in `pool`.
    pub(super) pooled: Vec<(u32, u32)>,
    /// The roots of several files, the document's own first; empty where there is one file.
    pub(super) roots: Vec<Root>,
    /// Paths of files that references lead to and that were not read, with the reason.
    pub(super) refused: BTreeMap<String, String>,
}

/// A text that nodes stand in.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) file: FileId,
    pub(super) text: Arc<str>,
}

/// Nodes from `first` on, up to the next segment, stand in one text.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub(super) first: u32,
    pub(super) source: usize,
}

/// Where a file starts.
#[derive(Clone)]
pub(super) struct Root {
    pub(super) node: u32,
    /// Relative to the document's folder, with slashes.
    pub(super) path: String,
}

/// One node: its place, where the node after its subtree is, and in 32 bits its form and a number that depends on it.
#[derive(Clone, Copy)]
pub(super) struct Raw {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) next: u32,
    packed: u32,
}

/// How a node is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Null,
    False,
    True,
    /// A number whose text is the span.
    Number,
    /// A number whose JSON form is in the pool.
    NumberPooled,
    /// A string that is the span.
    Bare,
    /// A string that is the span without its first and last byte.
    Quoted,
    /// A string in the pool.
    Pooled,
    Array,
    Object,
}

const FORM_BITS: u32 = 4;
/// Most nodes of a tree and strings in its pool: what the number of a node can count.
pub(super) const MOST_NODES: usize = (u32::MAX >> FORM_BITS) as usize;

impl Raw {
    /// `number` is the pool index of a pooled string, and the count of children of a container.
    pub(super) fn new(form: Form, number: u32, start: u32, end: u32, next: u32) -> Self {
        Self { start, end, next, packed: (number << FORM_BITS) | form as u32 }
    }

    pub(super) fn form(self) -> Form {
        match self.packed & ((1 << FORM_BITS) - 1) {
            0 => Form::Null,
            1 => Form::False,
            2 => Form::True,
            3 => Form::Number,
            4 => Form::NumberPooled,
            5 => Form::Bare,
            6 => Form::Quoted,
            7 => Form::Pooled,
            8 => Form::Array,
            _ => Form::Object,
        }
    }

    pub(super) fn number(self) -> u32 {
        self.packed >> FORM_BITS
    }

    pub(super) fn set_number(&mut self, number: u32) {
        self.packed = (self.packed & ((1 << FORM_BITS) - 1)) | (number << FORM_BITS);
    }
}

impl Nodes {
    pub(super) fn raw(&self, id: u32) -> Raw {
        self.nodes.get(id as usize).copied().unwrap_or(Raw::new(Form::Null, 0, 0, 0, id.saturating_add(1)))
    }

    /// The text that a node stands in.
    pub(super) fn source(&self, id: u32) -> &Source {
        let index = match self.segments.as_slice() {
            [] => 0,
            segments => {
                let after = segments.partition_point(|segment| segment.first <= id);
                after.checked_sub(1).and_then(|at| segments.get(at)).map_or(0, |segment| segment.source)
            }
        };
        static NONE: LazyLock<Source> = LazyLock::new(|| Source { file: FileId(0), text: Arc::from("") });
        self.sources.get(index).unwrap_or(&NONE)
    }

    /// The file that a node stands in: its root and its path.
    fn file_of(&self, id: u32) -> (u32, &str) {
        let after = self.roots.partition_point(|root| root.node <= id);
        let root = after.checked_sub(1).and_then(|at| self.roots.get(at));
        root.map_or((0, ""), |root| (root.node, &root.path))
    }

    /// The text of a scalar; empty for containers.
    pub(super) fn scalar(&self, id: u32, raw: Raw) -> &str {
        let text = &self.source(id).text;
        let (start, end) = (raw.start as usize, raw.end as usize);
        let found = match raw.form() {
            Form::Quoted => text.get(start + 1..end.saturating_sub(1)),
            Form::Pooled | Form::NumberPooled => self
                .pooled
                .get(raw.number() as usize)
                .and_then(|&(from, to)| self.pool.get(from as usize..to as usize)),
            Form::Array | Form::Object => None,
            _ => text.get(start..end),
        };
        found.unwrap_or_default()
    }
}

/// Names one node of one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// A value in a tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    nodes: &'t Nodes,
    id: u32,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written, in JSON's grammar: no digit is lost.
    Number(&'t str),
    /// A string.
    String(&'t str),
    /// A list of values; see [`Node::items`].
    Array,
    /// Keys with values; see [`Node::entries`].
    Object,
}

impl Kind<'_> {
    /// What people call such a value, with its article.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array => "a list",
            Kind::Object => "an object",
        }
    }
}

/// A key of an object with its value.
#[derive(Clone, Copy)]
pub struct Entry<'t> {
    /// The key.
    pub key: &'t str,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node<'t>,
}

impl Tree {
    /// The whole value.
    pub fn root(&self) -> Node<'_> {
        Node { nodes: &self.inner, id: 0 }
    }

    /// The text that the tree was read from.
    pub fn file(&self) -> FileId {
        self.inner.source(0).file
    }

    /// How many values and keys there are.
    pub fn node_count(&self) -> usize {
        self.inner.nodes.len()
    }

    /// The root of the file that a node stands in, of those that were bundled.
    pub(crate) fn root_of(&self, node: Node<'_>) -> Node<'_> {
        Node { nodes: &self.inner, id: self.inner.file_of(node.id).0 }
    }

    /// The path of the file that a node stands in, relative to the document's folder; empty where nothing was bundled.
    pub(crate) fn path_of(&self, node: Node<'_>) -> &str {
        self.inner.file_of(node.id).1
    }

    /// The root of a file, by its path relative to the document's folder.
    pub(crate) fn file_root(&self, path: &str) -> Option<Node<'_>> {
        let root = self.inner.roots.iter().find(|root| root.path == path)?;
        Some(Node { nodes: &self.inner, id: root.node })
    }

    /// Every file that was bundled, the document first: its path and its root.
    pub(crate) fn file_roots(&self) -> impl Iterator<Item = (&str, Node<'_>)> {
        self.inner.roots.iter().map(|root| (root.path.as_str(), Node { nodes: &self.inner, id: root.node }))
    }

    /// Why a file that a reference leads to was not read.
    pub(crate) fn refused(&self, path: &str) -> Option<&str> {
        self.inner.refused.get(path).map(String::as_str)
    }

    /// The JSON Pointers of many nodes, each from the root of its file, in one walk: [`Node::pointer`] looks for one among all its siblings.
    pub(crate) fn pointers(&self, mut ids: Vec<NodeId>) -> BTreeMap<NodeId, String> {
        ids.sort_unstable();
        ids.dedup();
        let mut found = BTreeMap::new();
        let roots: Vec<Node<'_>> = match self.inner.roots.as_slice() {
            [] => vec![self.root()],
            roots => roots.iter().map(|root| Node { nodes: &self.inner, id: root.node }).collect(),
        };
        for root in roots {
            root.pointers(&mut String::new(), &ids, &mut found);
        }
        found
    }

    /// The node of an id that [`Node::id`] gave for this tree or a clone of it.
    pub fn node(&self, id: NodeId) -> Option<Node<'_>> {
        self.inner.nodes.get(id.0 as usize).map(|_| Node { nodes: &self.inner, id: id.0 })
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tree").field("file", &self.file()).field("nodes", &self.node_count()).finish()
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Node").field("id", &self.id).field("kind", &self.kind()).finish()
    }
}

impl<'t> Node<'t> {
    fn raw(&self) -> Raw {
        self.nodes.raw(self.id)
    }

    /// The nodes that the value and what it holds are.
    pub(super) fn range(&self) -> (&'t Nodes, Range<u32>) {
        (self.nodes, self.id..self.raw().next)
    }

    /// What the value is.
    pub fn kind(&self) -> Kind<'t> {
        let raw = self.raw();
        match raw.form() {
            Form::Null => Kind::Null,
            Form::False => Kind::Bool(false),
            Form::True => Kind::Bool(true),
            Form::Number | Form::NumberPooled => Kind::Number(self.nodes.scalar(self.id, raw)),
            Form::Bare | Form::Quoted | Form::Pooled => Kind::String(self.nodes.scalar(self.id, raw)),
            Form::Array => Kind::Array,
            Form::Object => Kind::Object,
        }
    }

    /// Where the value stands, quotes and brackets included.
    pub fn span(&self) -> Span {
        let raw = self.raw();
        Span { file: self.nodes.source(self.id).file, start: raw.start, end: raw.end }
    }

    /// Names the node within its tree.
    pub fn id(&self) -> NodeId {
        NodeId(self.id)
    }

    /// How many values and keys the node holds, itself included.
    pub fn size(&self) -> usize {
        self.raw().next.saturating_sub(self.id) as usize
    }

    /// How many items an array or entries an object has; 0 for other values.
    pub fn len(&self) -> usize {
        let raw = self.raw();
        if matches!(raw.form(), Form::Array | Form::Object) { raw.number() as usize } else { 0 }
    }

    /// Whether [`Node::len`] is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key of an object. A key holds at most one value: of doubles the first counts.
    pub fn get(&self, key: &str) -> Option<Node<'t>> {
        self.entry(key).map(|entry| entry.value)
    }

    /// The entry of a key of an object.
    pub fn entry(&self, key: &str) -> Option<Entry<'t>> {
        self.entries().find(|entry| entry.key == key)
    }

    /// The entries of an object in the order of the text; none for other values.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'t>> + use<'t> {
        let nodes = self.nodes;
        let left = if self.raw().form() == Form::Object { self.len() } else { 0 };
        let mut at = self.id + 1;
        (0..left).map(move |_| {
            let key = nodes.raw(at);
            let value = Node { nodes, id: at + 1 };
            let (key_id, file) = (at, nodes.source(at).file);
            at = value.raw().next;
            let key_span = Span { file, start: key.start, end: key.end };
            Entry { key: nodes.scalar(key_id, key), key_span, value }
        })
    }

    /// The items of an array; none for other values.
    pub fn items(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let nodes = self.nodes;
        let left = if self.raw().form() == Form::Array { self.len() } else { 0 };
        let mut at = self.id + 1;
        (0..left).map(move |_| {
            let item = Node { nodes, id: at };
            at = item.raw().next;
            item
        })
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&'t str> {
        match self.kind() {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind() {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a number that is written without fraction or exponent and fits.
    pub fn as_u64(&self) -> Option<u64> {
        match self.kind() {
            Kind::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether the value is an object.
    pub fn is_object(&self) -> bool {
        self.raw().form() == Form::Object
    }

    /// Whether the value is an array.
    pub fn is_array(&self) -> bool {
        self.raw().form() == Form::Array
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        self.raw().form() == Form::Null
    }

    /// The child that one reference token of a JSON Pointer names; the token is unescaped already.
    pub fn child(&self, token: &str) -> Option<Node<'t>> {
        match self.raw().form() {
            Form::Object => self.get(token),
            // RFC 6901, section 4: an index has no leading zeros.
            Form::Array if token == "0" || !token.starts_with(['0', '+']) => {
                token.parse().ok().and_then(|index| self.items().nth(index))
            }
            _ => None,
        }
    }

    /// The value that a JSON Pointer (RFC 6901) names, seen from this one.
    pub fn at(&self, json_pointer: &str) -> Option<Node<'t>> {
        if json_pointer.is_empty() {
            return Some(*self);
        }
        let tokens = json_pointer.strip_prefix('/')?;
        tokens.split('/').try_fold(*self, |node, token| node.child(&unescape_token(token)))
    }

    /// The pointers of those of some sorted nodes that this value holds; `at` is its own.
    fn pointers(&self, at: &mut String, ids: &[NodeId], found: &mut BTreeMap<NodeId, String>) {
        let from = ids.partition_point(|id| id.0 < self.id);
        let to = ids.partition_point(|id| id.0 < self.raw().next);
        let Some(held) = ids.get(from..to).filter(|held| !held.is_empty()) else { return };
        if held.first() == Some(&self.id()) {
            found.insert(self.id(), at.clone());
        }
        let length = at.len();
        for entry in self.entries() {
            at.push('/');
            at.push_str(&escape_token(entry.key));
            entry.value.pointers(at, held, found);
            at.truncate(length);
        }
        for (index, item) in self.items().enumerate() {
            at.push('/');
            at.push_str(&index.to_string());
            item.pointers(at, held, found);
            at.truncate(length);
        }
    }

    /// The JSON Pointer from the root of its file to this value.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        let mut node = Node { nodes: self.nodes, id: self.nodes.file_of(self.id).0 };
        // A subtree is a range of ids, so the child to go into is the one whose range holds this id.
        while node.id != self.id {
            let holds = |child: &Node<'t>| child.id <= self.id && self.id < child.raw().next;
            let (token, child) = if node.is_object() {
                match node.entries().find(|entry| holds(&entry.value)) {
                    Some(entry) => (escape_token(entry.key).into_owned(), entry.value),
                    None => break,
                }
            } else {
                match node.items().enumerate().find(|(_, item)| holds(item)) {
                    Some((index, item)) => (index.to_string(), item),
                    None => break,
                }
            };
            pointer.push('/');
            pointer.push_str(&token);
            node = child;
        }
        pointer
    }

    /// The value as JSON without places. Numbers beyond 64 bits become the nearest floating point number.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        // Recursion is bounded: no tree is deeper than the limit that it was read with.
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(value),
            Kind::Number(text) => number_to_json(text),
            Kind::String(text) => Value::String(text.to_owned()),
            Kind::Array => Value::Array(self.items().map(|item| item.to_json()).collect()),
            Kind::Object => Value::Object(
                self.entries().map(|entry| (entry.key.to_owned(), entry.value.to_json())).collect(),
            ),
        }
    }
}

/// A number's text as a JSON number; beyond the range of floating point it stays the text that it is.
fn number_to_json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.to_owned()))
}

/// A JSON Pointer's reference token as the key that it names (RFC 6901, section 4).
pub fn unescape_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

/// A key as a reference token of a JSON Pointer (RFC 6901, section 3).
pub fn escape_token(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}
