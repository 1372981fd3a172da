//! What all readers share: the tree, what was found, and the references that were met.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::dialect::Rules;
use super::origins::Origins;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Kind, Node, NodeId, Span, Tree};

pub(super) struct Context<'t> {
    pub(super) tree: &'t Tree,
    pub(super) rules: &'static Rules,
    pub(super) diagnostics: Diagnostics,
    /// Names of `components.schemas` in the source.
    pub(super) schemas: HashSet<&'t str>,
    /// Schemas that references lead to and that are no components, under their new names.
    pub(super) hoisted: HashMap<NodeId, String>,
    /// Those of them that are still to be read.
    pub(super) waiting: VecDeque<(String, Node<'t>)>,
    /// Nodes that references resolved in place have repeated.
    pub(super) expanded: usize,
    /// References that lead nowhere so far.
    pub(super) unresolved: usize,
    /// Where each operationId stands first.
    pub(super) operation_ids: HashMap<&'t str, Span>,
    /// The document's own address, from which references may start.
    pub(super) own_address: Option<&'t str>,
    moved: BTreeMap<String, NodeId>,
}

impl<'t> Context<'t> {
    pub(super) fn new(tree: &'t Tree, rules: &'static Rules, diagnostics: Diagnostics) -> Self {
        let mut context = Self {
            tree,
            rules,
            diagnostics,
            schemas: HashSet::new(),
            hoisted: HashMap::new(),
            waiting: VecDeque::new(),
            expanded: 0,
            unresolved: 0,
            operation_ids: HashMap::new(),
            own_address: tree.root().get("$self").and_then(|address| address.as_str()),
            moved: BTreeMap::new(),
        };
        let schemas = context.named_schemas();
        context.schemas = schemas.iter().flat_map(|map| map.entries()).map(|entry| entry.key).collect();
        if let Some(map) = schemas.filter(|_| tree.file_roots().count() > 1) {
            context.name_elsewhere(map);
        }
        context
    }

    pub(super) fn finish(self) -> (Origins, Diagnostics) {
        (Origins::new(self.tree.clone(), self.moved), self.diagnostics)
    }

    /// The map of named schemas.
    pub(super) fn named_schemas(&mut self) -> Option<Node<'t>> {
        let (parent, key) = self.rules.schemas.rsplit_once('/')?;
        let parent = self.tree.root().at(parent).filter(|parent| parent.is_object())?;
        self.get_map(parent, key)
    }

    /// Remembers that what stands at a pointer of the normalised document came from a node that stands elsewhere.
    pub(super) fn moved(&mut self, pointer: String, from: Node<'t>) {
        self.moved.insert(pointer, from.id());
    }

    pub(super) fn warn(&mut self, code: Code, node: Node<'t>, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(code, message).at(node.span()).pointer(node.pointer()));
    }

    /// A warning about an object as a whole; shown at its start, for a whole object is no place to look at.
    pub(super) fn warn_object(&mut self, code: Code, node: Node<'t>, message: impl Into<String>) {
        let span = node.entries().next().map_or(node.span(), |entry| entry.key_span);
        self.diagnostics.push(Diagnostic::warning(code, message).at(span).pointer(node.pointer()));
    }

    /// The value of a key; null counts as absent.
    pub(super) fn get(&self, node: Node<'t>, key: &str) -> Option<Node<'t>> {
        node.get(key).filter(|value| !value.is_null())
    }

    /// The value of a key; null is told, and counts as absent.
    pub(super) fn present(&mut self, node: Node<'t>, key: &str) -> Option<Node<'t>> {
        let value = node.get(key)?;
        if value.is_null() {
            self.warn(Code::NullValue, value, format!("`{key}` is null; it is read as if it were not there"));
            return None;
        }
        Some(value)
    }

    pub(super) fn wrong_kind(&mut self, node: Node<'t>, wanted: &str) {
        let found = node.kind().name();
        self.warn(Code::WrongKind, node, format!("{wanted} has to stand here, not {found}; it is ignored"));
    }

    /// The object at a key; anything else is told and ignored.
    pub(super) fn get_object(&mut self, node: Node<'t>, key: &str) -> Option<Node<'t>> {
        let value = self.present(node, key)?;
        if value.is_object() {
            return Some(value);
        }
        self.wrong_kind(value, "an object");
        None
    }

    /// The map of names at a key; where the whole map is a reference, what that leads to.
    pub(super) fn get_map(&mut self, node: Node<'t>, key: &str) -> Option<Node<'t>> {
        let value = self.get_object(node, key)?;
        // A name may be `$ref` as any other; a map that is a reference has a text there.
        let Some(reference) = value.get("$ref").filter(|reference| reference.as_str().is_some()) else {
            return Some(value);
        };
        self.warn(
            Code::MapReference,
            reference,
            format!("`{key}` cannot be a reference as a whole; its target is read"),
        );
        self.resolve(value).filter(|target| target.is_object())
    }

    /// The items of the list at a key; a single value counts as a list of one.
    pub(super) fn get_list(&mut self, node: Node<'t>, key: &str) -> Vec<Node<'t>> {
        match self.present(node, key) {
            None => Vec::new(),
            Some(value) if value.is_array() => value.items().collect(),
            Some(value) => {
                let found = value.kind().name();
                self.warn(
                    Code::WrongKind,
                    value,
                    format!("a list has to stand here, not {found}; it is read as its one item"),
                );
                vec![value]
            }
        }
    }

    /// The text at a key.
    pub(super) fn get_text(&mut self, node: Node<'t>, key: &str) -> Option<String> {
        let value = self.get(node, key)?;
        self.text(value)
    }

    /// A text; numbers and booleans count as what they look like.
    pub(super) fn text(&mut self, node: Node<'t>) -> Option<String> {
        match node.kind() {
            Kind::String(text) => Some(text.to_owned()),
            Kind::Number(_) | Kind::Bool(_) => {
                let text = match node.kind() {
                    Kind::Number(text) => text.to_owned(),
                    kind => (kind == Kind::Bool(true)).to_string(),
                };
                self.warn(
                    Code::TextNotString,
                    node,
                    format!("a text has to stand here; it is read as \"{text}\""),
                );
                Some(text)
            }
            Kind::Object if node.get("$ref").is_some() => {
                self.warn(Code::TextReference, node, "a text cannot be a reference; it is left out");
                None
            }
            Kind::Null => None,
            Kind::Array | Kind::Object => {
                self.wrong_kind(node, "a text");
                None
            }
        }
    }

    /// The boolean at a key; the texts `true` and `false` count as well.
    pub(super) fn get_bool(&mut self, node: Node<'t>, key: &str) -> Option<bool> {
        let value = self.get(node, key)?;
        match value.kind() {
            Kind::Bool(flag) => Some(flag),
            Kind::String(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
                self.warn(
                    Code::WrongKind,
                    value,
                    "a boolean has to stand here without quotes; it is read as one",
                );
                Some(text.eq_ignore_ascii_case("true"))
            }
            _ => {
                self.wrong_kind(value, "a boolean");
                None
            }
        }
    }
}
