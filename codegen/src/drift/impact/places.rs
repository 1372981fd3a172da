//! Where in a document something stands that the connector uses: the schemas on the way to it, by their JSON Pointers.

use std::collections::HashSet;

use crate::drift::change::Side;
use crate::drift::view::{Document, Operation, Shape, Word};
use crate::source::{Node, NodeId};

/// Longest chain of compositions that is followed.
const DEEPEST: usize = 16;

/// A place in one document.
#[derive(Clone, Debug, Default)]
pub(super) struct Spot {
    /// What is passed on the way, the place itself aside.
    trail: HashSet<String>,
    /// What stands for the place itself: the property, and the schema that it leads to.
    leaf: HashSet<String>,
    /// The schema of the place.
    pub(super) schema: Option<NodeId>,
}

impl Spot {
    /// A place that has no schema of its own, such as a header.
    pub(super) fn of_node(node: Node<'_>) -> Self {
        Self { leaf: HashSet::from([node.pointer()]), ..Self::default() }
    }

    /// A parameter: what declares it, and its schema.
    pub(super) fn of_parameter<'t>(
        document: &Document<'t>,
        operation: &Operation<'t>,
        name: &str,
    ) -> Option<Self> {
        let parameter = document.parameters(operation).into_iter().find(|known| known.name == name)?;
        let mut spot = Self::of_node(parameter.node);
        if let Some(schema) = document.parameter_schema(&parameter) {
            spot.settle(document, schema);
        }
        Some(spot)
    }

    /// What keys lead to from a schema. A number leads to the items of a list.
    pub(super) fn follow<'t>(
        document: &Document<'t>,
        from: Node<'t>,
        keys: &[&str],
    ) -> Option<(Self, Node<'t>)> {
        let mut spot = Self::default();
        let mut node = from;
        for key in keys {
            let named = property(document, node, key, &mut spot.trail, DEEPEST);
            let item = || items(document, node, DEEPEST).filter(|_| key.parse::<usize>().is_ok());
            node = named.or_else(item)?;
            if key != keys.last()? {
                spot.trail.insert(node.pointer());
            }
        }
        spot.settle(document, node);
        Some((spot, node))
    }

    fn settle<'t>(&mut self, document: &Document<'t>, schema: Node<'t>) {
        let core = document.core(schema);
        self.leaf.extend([schema.pointer(), core.node.pointer(), core.key.pointer()]);
        self.schema = Some(schema.id());
    }

    /// Adds the way to where this place's path began.
    pub(super) fn behind(mut self, way: &Self) -> Self {
        self.trail.extend(way.trail.iter().chain(&way.leaf).cloned());
        self
    }

    /// Whether the document has the place.
    pub(super) fn is_known(&self) -> bool {
        !self.leaf.is_empty()
    }

    /// Whether a side of a change is about the place itself.
    pub(super) fn is_at(&self, pointer: &str) -> bool {
        within(&self.leaf, pointer)
    }

    /// Whether it is about something on the way there.
    pub(super) fn is_behind(&self, pointer: &str) -> bool {
        within(&self.trail, pointer)
    }
}

/// Keys under which other schemas stand: what is below them is another place.
const HOLDERS: [&str; 8] = [
    "properties",
    "items",
    "prefixItems",
    "additionalProperties",
    "patternProperties",
    "content",
    "headers",
    "parameters",
];

/// Whether a pointer is one of these, or leads to a keyword of it.
pub(super) fn within(places: &HashSet<String>, pointer: &str) -> bool {
    let mut end = pointer.len();
    loop {
        let Some(prefix) = pointer.get(..end) else { return false };
        if places.contains(prefix) {
            return true;
        }
        let Some(cut) = prefix.rfind('/') else { return false };
        let step = prefix.get(cut + 1..).unwrap_or_default();
        if HOLDERS.contains(&step) {
            return false;
        }
        end = cut;
    }
}

/// The pointer of what a change is about: of a name in `required`, the property that it names.
pub(super) fn subject(document: &Document<'_>, side: &Side) -> String {
    let pointer = side.pointer.as_str();
    let named = || {
        let (list, _) = pointer.rsplit_once('/')?;
        let owner = list.strip_suffix("/required")?;
        let name = document.root().at(pointer)?.as_str()?;
        Some(format!("{owner}/properties/{}", crate::source::escape_token(name)))
    };
    named().unwrap_or_else(|| pointer.to_owned())
}

/// The schema of a property, wherever a composition has it.
pub(super) fn property<'t>(
    document: &Document<'t>,
    node: Node<'t>,
    name: &str,
    trail: &mut HashSet<String>,
    depth: usize,
) -> Option<Node<'t>> {
    let core = document.core(node);
    let schema = document.schema(&core);
    trail.extend([core.node.pointer(), core.key.pointer()]);
    if let Some((_, found)) = schema.properties().into_iter().find(|(known, _)| *known == name) {
        return Some(found);
    }
    let depth = depth.checked_sub(1)?;
    for word in [Word::AllOf, Word::OneOf, Word::AnyOf] {
        for branch in schema.branches(word) {
            let mut way = HashSet::new();
            if let Some(found) = property(document, branch, name, &mut way, depth) {
                trail.extend(way);
                return Some(found);
            }
        }
    }
    None
}

/// The schema of a list's items.
pub(super) fn items<'t>(document: &Document<'t>, node: Node<'t>, depth: usize) -> Option<Node<'t>> {
    let schema = document.schema(&document.core(node));
    if let Some(items) = schema.get(Word::Items) {
        return Some(items);
    }
    let depth = depth.checked_sub(1)?;
    let branches = [Word::AllOf, Word::OneOf, Word::AnyOf].into_iter().flat_map(|word| schema.branches(word));
    branches.into_iter().find_map(|branch| items(document, branch, depth))
}

/// The schema of the body that a client decodes: that of the lowest success with JSON.
pub(super) fn answer<'t>(document: &Document<'t>, operation: &Operation<'t>) -> Option<Node<'t>> {
    let mut successes: Vec<_> = document.responses(operation);
    successes.retain(|response| response.status.starts_with('2') || response.status == "default");
    successes.sort_by_key(|response| response.status);
    successes.iter().flat_map(|response| &response.media).find_map(|media| match &media.shape {
        Some(Shape::Schema(node)) => Some(*node),
        _ => None,
    })
}

/// The schema of the body that a client sends.
pub(super) fn sent<'t>(document: &Document<'t>, operation: &Operation<'t>) -> Option<Node<'t>> {
    let body = document.body(operation)?;
    body.media.iter().find_map(|media| match &media.shape {
        Some(Shape::Schema(node)) => Some(*node),
        _ => None,
    })
}

/// The header of any response of an operation.
pub(super) fn header<'t>(document: &Document<'t>, operation: &Operation<'t>, name: &str) -> Option<Spot> {
    let mut spot = Spot::default();
    for response in document.responses(operation) {
        for (known, node) in document.headers(&response) {
            if known.eq_ignore_ascii_case(name) {
                spot.leaf.insert(node.pointer());
            }
        }
    }
    (!spot.leaf.is_empty()).then_some(spot)
}
