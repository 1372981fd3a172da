//! Where references lead, and new components for schemas that are none yet.

use std::borrow::Cow;

use openapiv3::{ReferenceOr, Schema};
use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::schema;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Tree, percent_decoded, relative_path, unescape_token};
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

/// The node that a reference at a node leads to, through references on the way. `Err` says why its file is not there.
pub(crate) fn follow<'t>(
    tree: &'t Tree,
    reference: &str,
    at: Node<'_>,
) -> Result<Option<Node<'t>>, Cow<'t, str>> {
    follow_bounded(tree, reference, at, &mut 0)
}

fn follow_bounded<'t>(
    tree: &'t Tree,
    reference: &str,
    at: Node<'_>,
    followed: &mut usize,
) -> Result<Option<Node<'t>>, Cow<'t, str>> {
    let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let mut node = if file.is_empty() {
        tree.root_of(at)
    } else {
        let path = relative_path(tree.path_of(at), file)?;
        match tree.file_root(&path) {
            Some(root) => root,
            None => {
                return Err(Cow::Borrowed(
                    tree.refused(&path).unwrap_or("leads to a file that was not read"),
                ));
            }
        }
    };
    let Some(pointer) = percent_decoded(fragment) else { return Ok(None) };
    if pointer.is_empty() {
        return Ok(Some(node));
    }
    let Some(tokens) = pointer.strip_prefix('/') else { return Ok(None) };
    for token in tokens.split('/') {
        let token = unescape_token(token);
        if let Some(child) = node.child(&token) {
            node = child;
            continue;
        }
        *followed += 1;
        let Some((reference, at)) = reference_of(node).filter(|_| *followed <= LONGEST_CHAIN) else {
            return Ok(None);
        };
        let target = follow_bounded(tree, reference, at, followed)?;
        let Some(child) = target.and_then(|target| target.child(&token)) else { return Ok(None) };
        node = child;
    }
    Ok(Some(node))
}

/// The component that a schema reference in normal form names.
pub(super) fn component_name(reference: &str) -> Option<&str> {
    reference.strip_prefix(SCHEMAS)
}

/// The text of a node's `$ref`, with the node of that text.
pub(crate) fn reference_of<'t>(node: Node<'t>) -> Option<(&'t str, Node<'t>)> {
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
        let found = match follow(self.tree, reference, at) {
            Ok(found) => found,
            Err(why) => {
                self.diagnostics.push(
                    Diagnostic::warning(
                        Code::ExternalReference,
                        format!("`{reference}` {why}; it is not followed"),
                    )
                    .at(at.span())
                    .pointer(at.pointer())
                    .help("files below the document's folder are read; put what is meant there"),
                );
                return None;
            }
        };
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
        let in_document = self.is_document(at);
        if let Some(name) = self.named_in(reference).filter(|name| in_document && self.schemas.contains(name))
        {
            return Some(name.to_owned());
        }
        let target = self.target(reference, at)?;
        if let Some(name) = self.hoisted.get(&target.id()) {
            return Some(name.clone());
        }
        let pointer = target.pointer();
        let below = pointer.strip_prefix(self.rules.schemas).and_then(|rest| rest.strip_prefix('/'));
        if let Some(token) = below.filter(|rest| self.is_document(target) && !rest.contains('/')) {
            let name = unescape_token(token).into_owned();
            if self.schemas.contains(name.as_str()) {
                return Some(name);
            }
        }
        let name = self.name_for(target);
        self.hoisted.insert(target.id(), name.clone());
        self.moved(format!("/components/schemas/{name}"), target);
        self.waiting.push_back((name.clone(), target));
        Some(name)
    }

    /// Whether a node stands in the document itself, not in a file that it refers to.
    fn is_document(&self, node: Node<'t>) -> bool {
        self.tree.root_of(node).id() == self.tree.root().id()
    }

    /// The node in another file that a component stands for, where the component is a reference to it and gives it its name.
    pub(super) fn stands_for(&self, key: &str, node: Node<'t>) -> Option<Node<'t>> {
        let target = self.elsewhere(node)?;
        (self.hoisted.get(&target.id()).map(String::as_str) == Some(key)).then_some(target)
    }

    /// The node in another file that a node which is nothing but a reference leads to.
    fn elsewhere(&self, node: Node<'t>) -> Option<Node<'t>> {
        let (reference, at) = reference_of(node).filter(|_| node.len() == 1)?;
        let target = follow(self.tree, reference, at).ok().flatten()?;
        (!self.is_document(target)).then_some(target)
    }

    /// Gives schemas of other files the names of the components that are references to them: of several the first by alphabet.
    pub(super) fn name_elsewhere(&mut self, map: Node<'t>) {
        for entry in map.entries() {
            let Some(target) = self.elsewhere(entry.value) else { continue };
            let name = self.hoisted.entry(target.id()).or_insert_with(|| entry.key.to_owned());
            if entry.key < name.as_str() {
                *name = entry.key.to_owned();
            }
        }
    }

    /// A component's name for a schema that stands elsewhere: the tokens of its file's path and of its pointer, joined by dots. A
    /// hash of both tells apart what the letters of a name cannot.
    fn name_for(&self, target: Node<'t>) -> String {
        let pointer = target.pointer();
        let file = if self.is_document(target) { "" } else { self.tree.path_of(target) };
        let inside = pointer.strip_prefix(self.rules.schemas).unwrap_or(&pointer);
        let mut tokens: Vec<Cow<'_, str>> = file_tokens(file).map(Cow::Borrowed).collect();
        tokens.extend(inside.split('/').skip(1).map(unescape_token));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let lossless = tokens.iter().all(|token| token.chars().all(plain));
        let parts: Vec<String> = tokens
            .iter()
            .map(|token| token.chars().map(|c| if plain(c) || c == '.' { c } else { '_' }).collect())
            .collect();
        let name = parts.join(".");
        if lossless
            && !name.is_empty()
            && !self.schemas.contains(name.as_str())
            && !self.means_another(&tokens, target)
        {
            return name;
        }
        let digest = Sha256::digest(format!("{file}{pointer}").as_bytes());
        let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{name}.{hash}")
    }

    /// Whether the tokens of a name lead to another node too, in another file or below the map of named schemas.
    fn means_another(&self, tokens: &[Cow<'_, str>], target: Node<'t>) -> bool {
        self.tree.file_roots().any(|(path, root)| {
            let main = root.id() == self.tree.root().id();
            let file: Vec<&str> = if main { Vec::new() } else { file_tokens(path).collect() };
            if !tokens.iter().map(AsRef::as_ref).take(file.len()).eq(file.iter().copied()) {
                return false;
            }
            let rest = tokens.get(file.len()..).unwrap_or_default();
            // A file alone names its whole, and the document's root is no schema.
            [Some(root), root.at(self.rules.schemas)].into_iter().flatten().any(|from| {
                let found = rest.iter().try_fold(from, |node, token| node.child(token));
                found.is_some_and(|found| {
                    found.id() != target.id() && !(rest.is_empty() && from.id() != root.id())
                })
            })
        })
    }
}

/// The parts of a file's path; what kind of file it is says nothing of a schema.
fn file_tokens(path: &str) -> impl Iterator<Item = &str> {
    let endings = [".yaml", ".yml", ".json"];
    let path = endings.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    path.split('/').filter(|part| !part.is_empty())
}
