//! A document as a comparison sees it: one shape for all dialects, borrowed from the tree, so that every fact has its place and nothing
//! is copied. Where the dialects have a part in different places, this is where that is known.

mod core;
mod members;
mod operation;
mod schema;
mod security;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

pub(super) use self::core::{Core, is_null};
pub(super) use members::Members;
pub(super) use operation::{Media, Operation, Parameter, Response, Shape, header_schema};
pub(super) use schema::{Bound, Rest, Schema};
pub(super) use security::{Requirement, Scheme};
pub(super) use words::{Types, Word};

use crate::normalise::{Dialect, METHODS, follow, reference_of};
use crate::source::{Entry, Node, NodeId, Tree};

/// Longest chain of references from one to the next.
const LONGEST_CHAIN: usize = 32;

/// A document, seen for comparing.
pub(super) struct Document<'t> {
    tree: &'t Tree,
    dialect: Dialect,
    /// Where the references of each file lead.
    targets: RefCell<HashMap<(NodeId, &'t str), Option<Node<'t>>>>,
    /// The named schemas: references to them are most of all.
    named: HashMap<&'t str, Node<'t>>,
}

impl<'t> Document<'t> {
    pub(super) fn new(tree: &'t Tree, dialect: Dialect) -> Self {
        let mut document = Self { tree, dialect, targets: RefCell::default(), named: HashMap::new() };
        let schemas = document.schemas().into_iter().flat_map(|schemas| schemas.entries());
        document.named = schemas.map(|entry| (entry.key, entry.value)).collect();
        document
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn root(&self) -> Node<'t> {
        self.tree.root()
    }

    /// The pointers of some nodes.
    pub(super) fn pointers(&self, ids: Vec<NodeId>) -> BTreeMap<NodeId, String> {
        self.tree.pointers(ids)
    }

    pub(super) fn node(&self, id: NodeId) -> Option<Node<'t>> {
        self.tree.node(id)
    }

    fn is_swagger(&self) -> bool {
        self.dialect == Dialect::V2_0
    }

    /// What a reference at a node leads to.
    fn follow(&self, reference: &'t str, at: Node<'t>) -> Option<Node<'t>> {
        let root = self.tree.root_of(at).id();
        let named = if self.is_swagger() { "#/definitions/" } else { "#/components/schemas/" };
        let name = reference.strip_prefix(named).filter(|name| !name.contains(['/', '~', '%']));
        if let Some(target) = name.filter(|_| root == self.root().id()).and_then(|name| self.named.get(name))
        {
            return Some(*target);
        }
        let key = (root, reference);
        if let Some(target) = self.targets.borrow().get(&key) {
            return *target;
        }
        let target = follow(self.tree, reference, at).ok().flatten();
        self.targets.borrow_mut().insert(key, target);
        target
    }

    /// The node, or what it leads to where it is a reference.
    pub(super) fn resolve(&self, node: Node<'t>) -> Node<'t> {
        let mut node = node;
        for _ in 0..LONGEST_CHAIN {
            let Some((reference, at)) = reference_of(node) else { break };
            let Some(target) = self.follow(reference, at) else { break };
            node = target;
        }
        node
    }

    /// The entries of a map of an object; some documents have a reference in the map's place.
    pub(super) fn entries(&self, node: Node<'t>, key: &str) -> impl Iterator<Item = Entry<'t>> + use<'t> {
        node.get(key).map(|map| self.resolve(map)).into_iter().flat_map(|map| map.entries())
    }

    /// The map of named schemas.
    pub(super) fn schemas(&self) -> Option<Node<'t>> {
        self.root().at(if self.is_swagger() { "/definitions" } else { "/components/schemas" })
    }

    /// What holds an operation of a path, or would hold it: the path's item, else the paths.
    pub(super) fn holder(&self, path: &str) -> Node<'t> {
        let paths = self.root().get("paths");
        paths.and_then(|paths| paths.get(path)).or(paths).unwrap_or(self.root())
    }

    /// What holds the named schemas, or would hold them.
    pub(super) fn schemas_holder(&self) -> Node<'t> {
        self.schemas().or_else(|| self.root().get("components")).unwrap_or(self.root())
    }

    /// `info.version`.
    pub(super) fn version(&self) -> Option<Node<'t>> {
        self.root().at("/info/version")
    }

    /// The operations of all paths, in the order of the text.
    pub(super) fn operations(&self) -> Vec<Operation<'t>> {
        let paths = self.root().get("paths").into_iter().flat_map(|paths| paths.entries());
        let mut operations = Vec::new();
        for path in paths.filter(|path| !path.key.starts_with("x-")) {
            self.of_item(path.key, path.value, false, &mut operations);
        }
        operations
    }

    /// The operations of all webhooks.
    pub(super) fn webhooks(&self) -> Vec<Operation<'t>> {
        let webhooks = ["webhooks", "x-webhooks"].into_iter().find_map(|key| self.root().get(key));
        let mut operations = Vec::new();
        for webhook in webhooks.into_iter().flat_map(|webhooks| webhooks.entries()) {
            self.of_item(webhook.key, webhook.value, true, &mut operations);
        }
        operations
    }

    /// The operations of the callbacks of an operation: the callback's name, and what is called.
    pub(super) fn callbacks(&self, operation: &Operation<'t>) -> Vec<(&'t str, Node<'t>, Operation<'t>)> {
        let mut found = Vec::new();
        for callback in operation.node.get("callbacks").into_iter().flat_map(|map| map.entries()) {
            let expressions = self.resolve(callback.value);
            for item in expressions.entries().filter(|item| !item.key.starts_with("x-")) {
                let mut operations = Vec::new();
                self.of_item(item.key, item.value, true, &mut operations);
                found.extend(operations.into_iter().map(|called| (callback.key, callback.value, called)));
            }
        }
        found
    }

    fn of_item(&self, path: &'t str, node: Node<'t>, called_back: bool, into: &mut Vec<Operation<'t>>) {
        let item = self.resolve(node);
        let mut add = |method: String, node: Node<'t>| {
            if node.is_object() {
                into.push(Operation { path, method, node: self.resolve(node), item, called_back });
            }
        };
        for entry in item.entries() {
            // `query` is a method of OpenAPI 3.2, as are those of `additionalOperations`.
            if METHODS.contains(&entry.key) || entry.key == "query" {
                add(entry.key.to_ascii_uppercase(), entry.value);
            }
        }
        for entry in item.get("additionalOperations").into_iter().flat_map(|map| map.entries()) {
            add(entry.key.to_owned(), entry.value);
        }
    }
}
