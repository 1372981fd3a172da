//! From the normalised document back to the source.

use std::collections::BTreeMap;

use super::references::{follow, reference_of};
use crate::source::{Node, NodeId, Span, Tree, unescape_token};

/// Finds the place in the source that a part of the normalised document came from.
///
/// Nothing is kept for the many parts that stand where they stood; a place is looked up when it is asked for.
#[derive(Debug, Clone)]
pub struct Origins {
    tree: Tree,
    /// Pointers into the normalised document whose value came from elsewhere.
    moved: BTreeMap<String, NodeId>,
}

impl Origins {
    pub(super) fn new(tree: Tree, moved: BTreeMap<String, NodeId>) -> Self {
        Self { tree, moved }
    }

    /// The place of what a JSON Pointer into the normalised document names, or of the nearest thing around it that the
    /// source has. `None` only for a text that is no JSON Pointer.
    pub fn span(&self, pointer: &str) -> Option<Span> {
        self.node(pointer).map(|node| node.span())
    }

    /// The node of the source that [`Origins::span`] gives the place of.
    pub fn node(&self, pointer: &str) -> Option<Node<'_>> {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return None;
        }
        let (mut node, rest) = self.start(pointer);
        for token in rest.split('/').skip(1) {
            let token = unescape_token(token);
            let direct = node.child(&token);
            let next = direct.or_else(|| {
                // Resolved in place: the parts of the target stand where the reference stood.
                let (reference, at) = reference_of(node)?;
                follow(&self.tree, reference, at).ok().flatten()?.child(&token)
            });
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        Some(node)
    }

    /// The longest moved part that the pointer leads through, and what is left of the pointer there.
    fn start<'p>(&self, pointer: &'p str) -> (Node<'_>, &'p str) {
        let mut end = pointer.len();
        while end > 0 {
            let moved = pointer.get(..end).and_then(|prefix| self.moved.get(prefix));
            if let Some(node) = moved.and_then(|id| self.tree.node(*id)) {
                return (node, pointer.get(end..).unwrap_or_default());
            }
            end = pointer.get(..end).and_then(|prefix| prefix.rfind('/')).unwrap_or_default();
        }
        (self.tree.root(), pointer)
    }
}
