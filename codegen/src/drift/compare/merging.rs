//! Properties that moved between an object and the branches of its `allOf`: an object that was cut into parts, or put together from them, is
//! the object that it was.

use std::collections::{BTreeMap, BTreeSet};

use super::composition::{Branch, branches};
use super::{Comparison, Document, Schema, Word};
use crate::drift::view::Members;

/// What holds a property on one side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    /// The object itself.
    Object,
    /// A branch that has its like on the other side, by their number.
    Paired(usize),
    /// A branch of the base document only, by its number.
    Gone(usize),
    /// A branch of the revision only, by its number.
    New(usize),
}

/// One side while it is looked at.
struct Half<'t> {
    own: Members<'t>,
    /// Branches that say no more than which properties there are, and have no like, or a like that differs.
    parts: Vec<(Holder, Branch<'t>, Members<'t>)>,
    /// The branches with a like.
    shared: Vec<Branch<'t>>,
}

impl<'t> Half<'t> {
    fn new(
        document: &Document<'t>,
        schema: &Schema<'t>,
        loose: &[Branch<'t>],
        holder: fn(usize) -> Holder,
    ) -> Self {
        let parts = loose
            .iter()
            .filter_map(|branch| Some((holder(branch.number), *branch, document.members(branch.node)?)));
        Self { own: Members::own(schema), parts: parts.collect(), shared: Vec::new() }
    }

    /// Takes the components with a like out of the parts, but for these.
    fn share(&mut self, kept: &BTreeSet<usize>) {
        let is_part = |holder: &Holder, branch: &Branch<'t>| match holder {
            Holder::Paired(number) => branch.name.is_none() || kept.contains(number),
            _ => true,
        };
        let (parts, shared) = std::mem::take(&mut self.parts)
            .into_iter()
            .partition(|(holder, branch, _)| is_part(holder, branch));
        self.parts = parts;
        let shared: Vec<(Holder, Branch<'t>, Members<'t>)> = shared;
        self.shared.extend(shared.into_iter().map(|(_, branch, _)| branch));
    }

    fn holders(&self) -> BTreeMap<&'t str, BTreeSet<Holder>> {
        let mut holders: BTreeMap<&'t str, BTreeSet<Holder>> = BTreeMap::new();
        for name in self.own.names() {
            holders.entry(name).or_default().insert(Holder::Object);
        }
        for (holder, _, members) in &self.parts {
            for name in members.names() {
                holders.entry(name).or_default().insert(*holder);
            }
        }
        holders
    }

    /// The object with the branches that have any of the names, or whose like has, or with all. `None` where they cannot be held as one.
    fn merge(
        &self,
        schema: &Schema<'t>,
        (names, pairs): (&BTreeSet<&str>, &BTreeSet<usize>),
        all: bool,
    ) -> Option<Schema<'t>> {
        let mut members = self.own.clone();
        let mut absorbed = Vec::new();
        for (holder, branch, part) in &self.parts {
            let paired = matches!(holder, Holder::Paired(number) if pairs.contains(number));
            // What names no property is no part of an object.
            if paired || part.names().any(|name| all || names.contains(name)) {
                if !members.take(part) {
                    return None;
                }
                absorbed.push(branch.node.id());
            }
        }
        Some(schema.merged(members, absorbed))
    }
}

impl<'t> Comparison<'_, 't> {
    /// Both sides of a pair with the branches taken in whose properties moved; `None` where nothing did. A branch that only came or only went
    /// stays one: that is a change of its own.
    pub(super) fn merged(
        &mut self,
        base: &Schema<'t>,
        revision: &Schema<'t>,
    ) -> Option<(Schema<'t>, Schema<'t>)> {
        let composed = (base.count(Word::AllOf) > 0, revision.count(Word::AllOf) > 0);
        if composed == (false, false) {
            return None;
        }
        // A component that gave or took properties is part of the object; where that cannot be held as one, it stays what it is.
        self.merged_with(base, revision, composed, true)
            .or_else(|| self.merged_with(base, revision, composed, false))?
    }

    /// The inner `None`: nothing moved; the outer: what moved cannot be held as one.
    fn merged_with(
        &mut self,
        base: &Schema<'t>,
        revision: &Schema<'t>,
        composed: (bool, bool),
        components: bool,
    ) -> Option<Option<(Schema<'t>, Schema<'t>)>> {
        let (mut old, mut new) = (branches(base, Word::AllOf), branches(revision, Word::AllOf));
        let pairs = self.matching(&mut old, &mut new);
        let mut left = Half::new(self.base, base, &old, Holder::Gone);
        let mut right = Half::new(self.revision, revision, &new, Holder::New);
        for (number, (from, to)) in pairs.into_iter().enumerate() {
            let inline = from.name.is_none() && to.name.is_none();
            let members = if inline {
                !self.same_values(from.node, to.node)
            } else {
                components && from.name == to.name
            };
            let members = members
                .then(|| Some((self.base.members(from.node)?, self.revision.members(to.node)?)))
                .flatten()
                .filter(|(before, after)| inline || !before.properties.keys().eq(after.properties.keys()));
            match members {
                Some((before, after)) => {
                    left.parts.push((Holder::Paired(number), from, before));
                    right.parts.push((Holder::Paired(number), to, after));
                }
                None => {
                    left.shared.push(from);
                    right.shared.push(to);
                }
            }
        }
        let (held, holds) = (left.holders(), right.holders());
        let moved: BTreeSet<&str> = held
            .iter()
            .filter(|(name, from)| holds.get(*name).is_some_and(|to| from.is_disjoint(to)))
            .map(|(name, _)| *name)
            .collect();
        let mut pairs: BTreeSet<usize> = BTreeSet::new();
        for (holder, _, members) in left.parts.iter().chain(&right.parts) {
            if let Holder::Paired(number) = holder
                && members.names().any(|name| moved.contains(name))
            {
                pairs.insert(*number);
            }
        }
        // Components that nothing moved from or to are told where they stand.
        left.share(&pairs);
        right.share(&pairs);
        let mut before = left.merge(base, (&moved, &pairs), !composed.1)?;
        let mut after = right.merge(revision, (&moved, &pairs), !composed.0)?;
        let lent = borrow(&before, &mut after, self.revision, &right.shared);
        let borrowed = borrow(&after, &mut before, self.base, &left.shared);
        let changed = lent || borrowed || before.is_merged() || after.is_merged();
        Some(changed.then_some((before, after)))
    }
}

/// Gives an object the properties that only the other side names and that one of its other branches has. Says whether there are any.
fn borrow<'t>(
    from: &Schema<'t>,
    into: &mut Schema<'t>,
    document: &Document<'t>,
    shared: &[Branch<'t>],
) -> bool {
    let mut members = Members::own(into);
    let mut missing: Vec<&'t str> = from.properties().into_iter().map(|(name, _)| name).collect();
    missing.retain(|name| !members.properties.contains_key(name));
    if missing.is_empty() {
        return false;
    }
    let known = members.properties.len();
    for holder in shared.iter().filter_map(|branch| document.members(branch.node)) {
        for name in &missing {
            members.take_property(name, &holder);
        }
    }
    let found = members.properties.len() > known;
    if found {
        *into = into.merged(members, Vec::new());
    }
    found
}
