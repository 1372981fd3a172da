//! Where references lead, and new components for schemas that are none yet.

use std::borrow::Cow;

use openapiv3::{ReferenceOr, Schema};
use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::schema;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Tree, unescape_token};
use crate::suggest::did_you_mean;

/// What every schema reference of the normalised document starts with.
const SCHEMAS: &str = "#/components/schemas/";
/// Most references leading nowhere for which a near name is looked for.
const MOST_SUGGESTIONS: usize = 50;
/// Longest chain of references from one to the next.
const LONGEST_CHAIN: usize = 32;
/// How many times over references resolved in place may repeat a document's nodes; real ones do so twice at most.
const MOST_REPEATS: usize = 20;
/// What small documents may repeat beyond that, and what the largest may repeat at all.
const EXPANDED: std::ops::RangeInclusive<usize> = 100_000..=10_000_000;

/// The JSON Pointer in a reference within the same document, percent-decoded (RFC 6901, section 6).
pub(super) fn fragment(reference: &str) -> Option<Cow<'_, str>> {
    let encoded = reference.strip_prefix('#')?;
    if !encoded.contains('%') {
        return Some(Cow::Borrowed(encoded));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The node that a JSON Pointer names, through references on the way.
pub(super) fn follow<'t>(tree: &'t Tree, pointer: &str) -> Option<Node<'t>> {
    let mut followed = 0;
    follow_bounded(tree, pointer, &mut followed)
}

fn follow_bounded<'t>(tree: &'t Tree, pointer: &str, followed: &mut usize) -> Option<Node<'t>> {
    if pointer.is_empty() {
        return Some(tree.root());
    }
    let mut node = tree.root();
    for token in pointer.strip_prefix('/')?.split('/') {
        let token = unescape_token(token);
        node = match node.child(&token) {
            Some(child) => child,
            None => {
                *followed += 1;
                if *followed > LONGEST_CHAIN {
                    return None;
                }
                let reference = node.get("$ref").and_then(|reference| reference.as_str())?;
                follow_bounded(tree, fragment(reference)?.as_ref(), followed)?.child(&token)?
            }
        };
    }
    Some(node)
}

/// The component that a schema reference in normal form names.
pub(super) fn component_name(reference: &str) -> Option<&str> {
    reference.strip_prefix(SCHEMAS)
}

/// The text of a node's `$ref`, with the node of that text.
pub(super) fn reference_of<'t>(node: Node<'t>) -> Option<(&'t str, Node<'t>)> {
    let reference = node.get("$ref")?;
    reference.as_str().map(|text| (text, reference))
}

impl<'t> Context<'t> {
    /// The name that a reference into the map of named schemas ends in.
    fn named_in<'r>(&self, reference: &'r str) -> Option<&'r str> {
        reference.strip_prefix('#')?.strip_prefix(self.rules.schemas)?.strip_prefix('/')
    }

    /// A reference into the document itself without the document's address.
    fn without_own_address<'r>(&self, reference: &'r str) -> &'r str {
        let own = self.own_address.filter(|own| !own.is_empty());
        let rest = own.and_then(|own| reference.strip_prefix(own));
        rest.filter(|rest| rest.is_empty() || rest.starts_with('#')).unwrap_or(reference)
    }

    /// The node that a reference leads to; told where it leads nowhere that can be read.
    fn target(&mut self, reference: &str, at: Node<'t>) -> Option<Node<'t>> {
        let reference = self.without_own_address(reference);
        if !reference.starts_with('#') {
            self.diagnostics.push(
                Diagnostic::warning(
                    Code::ExternalReference,
                    format!("`{reference}` leads out of the document; it is not read"),
                )
                .at(at.span())
                .pointer(at.pointer())
                .help("bundle the document into one file first"),
            );
            return None;
        }
        let found = fragment(reference).and_then(|pointer| follow(self.tree, &pointer));
        if found.is_none() {
            let mut diagnostic =
                Diagnostic::warning(Code::UnresolvedReference, format!("`{reference}` leads nowhere"))
                    .at(at.span())
                    .pointer(at.pointer());
            // Comparing with every name takes its time; a document with more of these has another problem than a typo.
            self.unresolved += 1;
            let name = self.named_in(reference).filter(|_| self.unresolved <= MOST_SUGGESTIONS);
            let near = name.and_then(|name| {
                let mut names: Vec<&str> = self.schemas.iter().copied().collect();
                names.sort_unstable();
                did_you_mean(name, names)
            });
            if let Some(near) = near {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.diagnostics.push(diagnostic);
        }
        found
    }

    /// The node itself, or what it leads to where it is a reference. `None`, told, where that is nothing.
    pub(super) fn resolve(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        let mut current = node;
        for _ in 0..LONGEST_CHAIN {
            let Some((reference, at)) = reference_of(current) else {
                if current.id() != node.id() {
                    self.expanded = self.expanded.saturating_add(current.size());
                    let most =
                        (self.tree.node_count() * MOST_REPEATS).clamp(*EXPANDED.start(), *EXPANDED.end());
                    if self.expanded > most {
                        let message =
                            format!("references repeat more than {most} values; the rest are left out");
                        self.diagnostics.push(Diagnostic::error(Code::ExpansionLimit, message).at(None));
                        return None;
                    }
                }
                return Some(current);
            };
            current = self.target(reference, at)?;
        }
        self.warn(Code::ReferenceCycle, node, "the reference leads back to itself; it is left out");
        None
    }

    /// A reference to a schema in its normal form; the schema of any value where it leads nowhere.
    pub(super) fn schema_reference(&mut self, reference: &str, at: Node<'t>) -> ReferenceOr<Schema> {
        match self.schema_target(reference, at) {
            Some(name) => ReferenceOr::Reference { reference: format!("{SCHEMAS}{name}") },
            None => ReferenceOr::Item(schema::any()),
        }
    }

    /// The name of the component that a schema reference leads to, hoisted there if need be.
    pub(super) fn schema_target(&mut self, reference: &str, at: Node<'t>) -> Option<String> {
        let reference = self.without_own_address(reference);
        if let Some(name) = self.named_in(reference).filter(|name| self.schemas.contains(name)) {
            return Some(name.to_owned());
        }
        let target = self.target(reference, at)?;
        if let Some(name) = self.hoisted.get(&target.id()) {
            return Some(name.clone());
        }
        let pointer = target.pointer();
        let below = pointer.strip_prefix(self.rules.schemas).and_then(|rest| rest.strip_prefix('/'));
        if let Some(token) = below.filter(|rest| !rest.contains('/')) {
            let name = unescape_token(token).into_owned();
            if self.schemas.contains(name.as_str()) {
                return Some(name);
            }
        }
        let name = self.name_for(&pointer);
        self.hoisted.insert(target.id(), name.clone());
        self.moved(format!("/components/schemas/{name}"), target);
        self.waiting.push_back((name.clone(), target));
        Some(name)
    }

    /// A component's name for a schema that stands elsewhere: the pointer's tokens, joined by dots. A hash of the pointer
    /// tells apart what the letters of a name cannot.
    fn name_for(&self, pointer: &str) -> String {
        let tokens = pointer.strip_prefix(self.rules.schemas).unwrap_or(pointer);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let mut lossless = true;
        let mut parts = Vec::new();
        for token in tokens.split('/').skip(1) {
            let token = unescape_token(token);
            lossless &= token.chars().all(|c| plain(c) || c == '.');
            let part: String = token.chars().map(|c| if plain(c) || c == '.' { c } else { '_' }).collect();
            lossless &= !part.contains('.');
            parts.push(part);
        }
        let name = parts.join(".");
        if lossless && !name.is_empty() && !self.schemas.contains(name.as_str()) {
            return name;
        }
        let digest = Sha256::digest(pointer.as_bytes());
        let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{name}.{hash}")
    }
}
