//! The properties of an object as it says them together with the branches of its `allOf`.

use std::collections::BTreeMap;

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

/// Properties by name, and by their names what says that they have to be there.
#[derive(Clone, Default)]
pub(in super::super) struct Members<'t> {
    pub(in super::super) properties: BTreeMap<&'t str, Node<'t>>,
    pub(in super::super) required: BTreeMap<&'t str, Node<'t>>,
}

impl<'t> Members<'t> {
    /// What a schema says by itself.
    pub(in super::super) fn own(schema: &Schema<'t>) -> Self {
        let properties = schema.properties().into_iter().collect();
        Self { properties, required: schema.required().into_iter().collect() }
    }

    /// Every name that it says something of.
    pub(in super::super) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.properties.keys().chain(self.required.keys()).copied()
    }

    /// Takes in what another says. Says whether both can be held as one: no property may be described in two ways, since the two together
    /// would have to be compared as one.
    pub(in super::super) fn take(&mut self, other: &Members<'t>) -> bool {
        for (name, node) in &other.properties {
            let known = *self.properties.entry(name).or_insert(*node);
            if known.id() != node.id() && known.to_json() != node.to_json() {
                return false;
            }
        }
        for (name, node) in &other.required {
            self.required.entry(name).or_insert(*node);
        }
        self.properties.len() <= MOST_PROPERTIES
    }

    /// Takes one property over from another, if it has it.
    pub(in super::super) fn take_property(&mut self, name: &'t str, from: &Members<'t>) {
        let Some(node) = from.properties.get(name) else { return };
        self.properties.entry(name).or_insert(*node);
        if let Some(node) = from.required.get(name) {
            self.required.entry(name).or_insert(*node);
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
