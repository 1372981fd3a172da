//! The properties of an object as it says them together with the branches of its `allOf`.

use super::{Document, Rest, Schema, Word};
use crate::source::Node;

/// Most branches, branches of branches included, that are looked at for one object.
const MOST_BRANCHES: u32 = 64;
/// Most properties that one object is gathered for.
const MOST_PROPERTIES: usize = 1024;

/// Keywords that a branch can have and still say no more than which properties there are.
const PLAIN: &[Word] = &[
    Word::Type,
    Word::Properties,
    Word::Required,
    Word::AllOf,
    Word::AdditionalProperties,
    Word::Title,
    Word::Default,
    Word::Deprecated,
    Word::Discriminator,
    Word::XSunset,
    Word::XStabilityLevel,
];

/// Properties with their names, and the names of those that have to be there with what says so.
#[derive(Clone, Default)]
pub(in super::super) struct Members<'t> {
    pub(in super::super) properties: Vec<(&'t str, Node<'t>)>,
    pub(in super::super) required: Vec<(&'t str, Node<'t>)>,
}

impl<'t> Members<'t> {
    /// What a schema says by itself.
    pub(in super::super) fn own(schema: &Schema<'t>) -> Self {
        Self { properties: schema.properties(), required: schema.required() }
    }

    pub(in super::super) fn property(&self, name: &str) -> Option<Node<'t>> {
        self.properties.iter().find(|(other, _)| *other == name).map(|(_, node)| *node)
    }

    /// Every name that it says something of.
    pub(in super::super) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.properties.iter().chain(&self.required).map(|(name, _)| *name)
    }

    /// Takes in what another says. Says whether both can be held as one: no property may be described in two ways, since the two together
    /// would have to be compared as one.
    pub(in super::super) fn take(&mut self, other: &Members<'t>) -> bool {
        for (name, node) in &other.properties {
            match self.property(name) {
                Some(known) if known.id() == node.id() || known.to_json() == node.to_json() => {}
                Some(_) => return false,
                None => self.properties.push((name, *node)),
            }
        }
        for (name, node) in &other.required {
            self.require(name, *node);
        }
        self.properties.len() <= MOST_PROPERTIES
    }

    fn require(&mut self, name: &'t str, node: Node<'t>) {
        if !self.required.iter().any(|(known, _)| *known == name) {
            self.required.push((name, node));
        }
    }

    /// Takes one property over from another.
    pub(in super::super) fn take_property(&mut self, name: &'t str, from: &Members<'t>) {
        if let Some(node) = from.property(name) {
            self.properties.push((name, node));
        }
        if let Some((_, node)) = from.required.iter().find(|(known, _)| *known == name) {
            self.require(name, *node);
        }
    }
}

impl<'t> Document<'t> {
    /// What a branch of `allOf` says of properties, its own branches included; `None` where it says anything else, or too much.
    pub(in super::super) fn members(&self, branch: Node<'t>) -> Option<Members<'t>> {
        let mut members = Members::default();
        let mut left = MOST_BRANCHES;
        self.gather(branch, &mut members, &mut left).then_some(members)
    }

    fn gather(&self, branch: Node<'t>, into: &mut Members<'t>, left: &mut u32) -> bool {
        let Some(fewer) = left.checked_sub(1) else { return false };
        *left = fewer;
        let schema = self.schema(&self.core(branch));
        let object = schema.types.is_any() || schema.types.has("object") && schema.types.len() == 1;
        if schema.never
            || schema.null.is_some()
            || !object
            || !schema.says_only(PLAIN)
            || !matches!(schema.rest(), Rest::Allowed(_))
        {
            return false;
        }
        into.take(&Members::own(&schema))
            && schema.branches(Word::AllOf).all(|branch| self.gather(branch, into, left))
    }
}
