//! `allOf`, `anyOf`, `oneOf`, `not`, discriminators, and objects that became one of several.

use std::collections::{HashMap, HashSet, VecDeque};

use super::values::{same, shown};
use super::{At, Comparison, Rule, Schema, Word};
use crate::drift::view::{Document, is_null};
use crate::normalise::reference_of;
use crate::source::Node;

/// Most pairs of branches that are looked at for what is alike.
const MOST_COMPARED: usize = 100_000;

/// Most references of one name in one composition that are told apart by what stands beside them.
const MOST_OF_ONE_NAME: usize = 64;

/// A branch of a composition.
#[derive(Clone, Copy)]
pub(super) struct Branch<'t> {
    pub(super) node: Node<'t>,
    /// The last part of its reference, if it is one.
    pub(super) name: Option<&'t str>,
    title: Option<&'t str>,
    /// From 1.
    pub(super) number: usize,
}

impl<'t> Branch<'t> {
    fn new(node: Node<'t>, number: usize) -> Self {
        let title = node.get("title").and_then(|title| title.as_str()).filter(|title| !title.is_empty());
        let name = reference_of(node).and_then(|(reference, _)| reference.rsplit('/').next());
        Self { node, name, title, number }
    }

    fn shown(&self) -> String {
        match (self.name, self.title) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(title)) => format!("branch {} (`{title}`)", self.number),
            (None, None) => format!("branch {}", self.number),
        }
    }

    fn segment(&self, word: &str) -> String {
        let name = self.name.or(self.title).map_or_else(|| format!("#{}", self.number), str::to_owned);
        format!("{word}[{name}]")
    }
}

/// Deepest choice within choices that is taken as one.
const DEEPEST: u32 = 8;

/// Branches with those of the choices that stand among them alone: a choice within a choice is the same choice. `after` is the number of
/// the last branch that is known.
fn flat<'t>(list: &[Branch<'t>], word: Word, mut after: usize) -> Vec<Branch<'t>> {
    fn inner<'t>(branch: Node<'t>, word: Word) -> Option<Node<'t>> {
        let mut found = None;
        for entry in branch.entries() {
            match Word::of(entry.key) {
                Some(known) if known == word => found = Some(entry.value),
                Some(known) if known.restricts() => return None,
                None if entry.key == "$ref" => return None,
                _ => {}
            }
        }
        found.filter(|list| list.len() > 1 && !list.items().any(is_null))
    }
    let mut open: Vec<(Branch<'t>, u32)> = list.iter().rev().map(|branch| (*branch, DEEPEST)).collect();
    let mut flat = Vec::new();
    while let Some((branch, deeper)) = open.pop() {
        match inner(branch.node, word).filter(|_| deeper > 0) {
            Some(choice) => {
                let branches: Vec<Node<'t>> = choice.items().collect();
                for node in branches.into_iter().rev() {
                    after += 1;
                    open.push((Branch::new(node, after), deeper - 1));
                }
            }
            None => flat.push(branch),
        }
    }
    flat
}

/// The branches of a composition, null aside.
pub(super) fn branches<'t>(schema: &Schema<'t>, word: Word) -> Vec<Branch<'t>> {
    let all = schema.branches(word).enumerate().filter(|(_, node)| !is_null(*node));
    all.map(|(at, node)| Branch::new(node, at + 1)).collect()
}

impl<'t> Comparison<'_, 't> {
    pub(super) fn composition(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        self.branches(at, (base, revision), Word::AllOf, "allOf", [Rule::AllOfAdded, Rule::AllOfRemoved]);
        self.branches(at, (base, revision), Word::AnyOf, "anyOf", [Rule::AnyOfAdded, Rule::AnyOfRemoved]);
        self.branches(at, (base, revision), Word::OneOf, "oneOf", [Rule::OneOfAdded, Rule::OneOfRemoved]);
        self.discriminator(at, base, revision);
        match (base.get(Word::Not), revision.get(Word::Not)) {
            (None, Some(new)) => self.found(at, Rule::NotAdded, (base.node, new), &[]),
            (Some(old), None) => self.found(at, Rule::NotRemoved, (old, revision.node), &[]),
            (Some(old), Some(new)) => {
                // What `not` takes less of, the schema takes more of.
                let inner = at.within("not");
                let place = super::Place { received: !inner.place.received, ..inner.place };
                self.pair(&At { place, ..inner }, old, new);
            }
            (None, None) => {}
        }
    }

    /// Both sides with their choices spelt alike. A choice of one is no choice, but what has to hold beside the rest; and `anyOf` and `oneOf`
    /// of the same shapes are the same choice, as long as no value fits two of them.
    pub(super) fn choices_alike(
        &mut self,
        at: &At<'_>,
        base: &Schema<'t>,
        revision: &Schema<'t>,
    ) -> Option<(Schema<'t>, Schema<'t>)> {
        let choice = |schema: &Schema<'t>| match (schema.count(Word::AnyOf), schema.count(Word::OneOf)) {
            (0, 0) => Some(None),
            (many, 0) => Some(Some((Word::AnyOf, many))),
            (0, many) => Some(Some((Word::OneOf, many))),
            _ => None,
        };
        let single = |schema: &Schema<'t>, word: Word| {
            (schema.count(Word::AllOf) == 0 && schema.null.is_none())
                .then(|| schema.respelt(word, Word::AllOf))
        };
        match (choice(base)?, choice(revision)?) {
            (Some((word, 1)), None) => Some((single(base, word)?, revision.clone())),
            (None, Some((word, 1))) => Some((base.clone(), single(revision, word)?)),
            (Some((Word::AnyOf, _)), Some((Word::OneOf, many))) => {
                if many > 1 {
                    self.found(at, Rule::AnyOfBecameOneOf, sides(base, revision), &[]);
                }
                Some((base.respelt(Word::AnyOf, Word::OneOf), revision.clone()))
            }
            (Some((Word::OneOf, many)), Some((Word::AnyOf, _))) => {
                if many > 1 {
                    self.found(at, Rule::OneOfBecameAnyOf, sides(base, revision), &[]);
                }
                Some((base.clone(), revision.respelt(Word::AnyOf, Word::OneOf)))
            }
            _ => None,
        }
    }

    fn branches(
        &mut self,
        at: &At<'_>,
        (base, revision): (&Schema<'t>, &Schema<'t>),
        word: Word,
        key: &str,
        [added, removed]: [Rule; 2],
    ) {
        if base.get(word).is_none() && revision.get(word).is_none() {
            return;
        }
        let (mut old, mut new) = (branches(base, word), branches(revision, word));
        let mut pairs = self.matching(&mut old, &mut new);
        if word != Word::AllOf && !old.is_empty() && !new.is_empty() {
            let (mut left, mut right) =
                (flat(&old, word, base.count(word)), flat(&new, word, revision.count(word)));
            if (left.len(), right.len()) != (old.len(), new.len()) {
                let more = self.matching(&mut left, &mut right);
                if !more.is_empty() {
                    pairs.extend(more);
                    (old, new) = (left, right);
                }
            }
        }
        for (left, right) in pairs {
            let segment = right.segment(key);
            self.pair(&at.within(&segment), left.node, right.node);
        }
        let whole = |schema: &Schema<'t>| schema.get(word).unwrap_or(schema.node);
        let says_nothing = |document: &Document<'t>, branch: &Branch<'t>| {
            word == Word::AllOf && !document.schema(&document.core(branch.node)).restricts()
        };
        for branch in new {
            let rule =
                if says_nothing(self.revision, &branch) { Rule::AllOfAddedAnnotationOnly } else { added };
            self.found(at, rule, (whole(base), branch.node), &[&branch.shown()]);
        }
        for branch in old {
            let rule =
                if says_nothing(self.base, &branch) { Rule::AllOfRemovedAnnotationOnly } else { removed };
            self.found(at, rule, (branch.node, whole(revision)), &[&branch.shown()]);
        }
    }

    /// The branches that belong together; the lists keep the others.
    pub(super) fn matching(
        &mut self,
        old: &mut Vec<Branch<'t>>,
        new: &mut Vec<Branch<'t>>,
    ) -> Vec<(Branch<'t>, Branch<'t>)> {
        let mut pairs = Vec::new();
        let mut by_name: HashMap<&str, VecDeque<Branch<'t>>> = HashMap::new();
        for branch in new.iter() {
            by_name.entry(branch.name.unwrap_or_default()).or_default().push_back(*branch);
        }
        old.retain(|left| {
            let Some(named) = left.name.and_then(|name| by_name.get_mut(name)) else { return true };
            // References to one component differ in what stands beside them only.
            let several = (2..=MOST_OF_ONE_NAME).contains(&named.len());
            let mut alike = |right: &Branch<'t>| self.same_values(left.node, right.node);
            let at = if several { named.iter().position(&mut alike).unwrap_or_default() } else { 0 };
            let right = named.remove(at);
            pairs.extend(right.map(|right| (*left, right)));
            right.is_none()
        });
        let taken: HashSet<usize> = pairs.iter().map(|(_, right)| right.number).collect();
        new.retain(|branch| !taken.contains(&branch.number));
        // To compare each with each costs their product; beyond this, those that are left belong to nobody.
        if old.len().saturating_mul(new.len()) > MOST_COMPARED {
            return pairs;
        }
        let inline = self.options.match_inline_references;
        let mut alike = |left: &Branch<'t>, right: &Branch<'t>| {
            let both_inline = left.name.is_none() && right.name.is_none();
            let one_inline = left.name.is_none() != right.name.is_none();
            (both_inline || (inline && one_inline)) && self.same_values(left.node, right.node)
        };
        // Branches that allow the same values can still say other things of them: those that say the same come first.
        take(&mut pairs, old, new, |left, right| notes_alike(left.node, right.node) && alike(left, right));
        take(&mut pairs, old, new, &mut alike);
        let titled = |left: &Branch<'t>, right: &Branch<'t>| {
            left.name.is_none() && right.name.is_none() && left.title.is_some() && left.title == right.title
        };
        take(&mut pairs, old, new, titled);
        let free = |branch: &&Branch<'t>| branch.name.is_none();
        let (left, right) = (old.iter().filter(free).count(), new.iter().filter(free).count());
        if left == 1 && right == 1 {
            let only = |left: &Branch<'t>, right: &Branch<'t>| {
                left.name.is_none() && right.name.is_none() && left.title.is_none() && right.title.is_none()
            };
            take(&mut pairs, old, new, only);
        }
        if inline {
            // A component that was renamed is the same on the wire.
            let mut renamed = |left: &Branch<'t>, right: &Branch<'t>| self.same_values(left.node, right.node);
            take(&mut pairs, old, new, &mut renamed);
        }
        pairs
    }

    fn discriminator(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let property =
            |node: Node<'t>| node.as_str().or_else(|| node.get("propertyName")?.as_str()).unwrap_or_default();
        let (old, new) = match (base.get(Word::Discriminator), revision.get(Word::Discriminator)) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => {
                let name = format!("`{}`", property(new));
                return self.found(at, Rule::DiscriminatorAdded, (base.node, new), &[&name]);
            }
            (Some(old), None) => {
                let name = format!("`{}`", property(old));
                return self.found(at, Rule::DiscriminatorRemoved, (old, revision.node), &[&name]);
            }
            (None, None) => return,
        };
        if property(old) != property(new) {
            let (from, to) = (format!("`{}`", property(old)), format!("`{}`", property(new)));
            self.found(at, Rule::DiscriminatorPropertyNameChanged, (old, new), &[&from, &to]);
        }
        let mapping = |node: Node<'t>| {
            let entries = node.get("mapping").into_iter().flat_map(|map| map.entries());
            entries.map(|entry| (entry.key, entry.value)).collect()
        };
        // A bare name and a reference to the component of that name are the same.
        let target = |node: Node<'t>| node.as_str().and_then(|text| text.rsplit('/').next());
        for (key, from, to) in super::matched(mapping(old), mapping(new)) {
            let name = format!("`{key}`");
            match (from, to) {
                (None, Some(to)) => self.found(at, Rule::DiscriminatorMappingAdded, (old, to), &[&name]),
                (Some(from), None) => {
                    self.found(at, Rule::DiscriminatorMappingDeleted, (from, new), &[&name])
                }
                (Some(from), Some(to)) if target(from) != target(to) => {
                    let values = [shown(from), shown(to)];
                    self.found(at, Rule::DiscriminatorMappingChanged, (from, to), &[&values[0], &values[1]]);
                }
                _ => {}
            }
        }
    }

    /// Where an object became one of several that have its properties, or the other way round. Says whether it did.
    pub(super) fn wrapping(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) -> bool {
        let (rule, properties, document, choice) = if wraps(base, revision) {
            (Rule::WrappedInOneOf, base.properties(), self.revision, revision)
        } else if wraps(revision, base) {
            (Rule::UnwrappedFromOneOf, revision.properties(), self.base, base)
        } else {
            return false;
        };
        let moved = choice.branches(Word::OneOf).any(|branch| {
            let known = document.schema(&document.core(branch)).properties();
            properties.iter().any(|(name, _)| known.iter().any(|(other, _)| other == name))
        });
        if moved {
            self.found(at, rule, (base.node, revision.node), &[]);
        }
        moved
    }
}

/// Whether two branches say the same besides what restricts values.
fn notes_alike(left: Node<'_>, right: Node<'_>) -> bool {
    const NOTES: [&str; 6] =
        ["deprecated", "x-sunset", "x-stability-level", "default", "readOnly", "writeOnly"];
    NOTES.iter().all(|key| match (left.get(key), right.get(key)) {
        (Some(left), Some(right)) => same(left, right),
        (left, right) => left.is_none() && right.is_none(),
    })
}

/// What spells the choice on each side.
fn sides<'t>(base: &Schema<'t>, revision: &Schema<'t>) -> (Node<'t>, Node<'t>) {
    let of = |schema: &Schema<'t>| schema.get(Word::AnyOf).or(schema.get(Word::OneOf)).unwrap_or(schema.node);
    (of(base), of(revision))
}

fn wraps(object: &Schema<'_>, choice: &Schema<'_>) -> bool {
    object.count(Word::OneOf) == 0
        && object.get(Word::Properties).is_some_and(|properties| !properties.is_empty())
        && choice.count(Word::OneOf) > 0
        && choice.get(Word::Properties).is_none()
        && !choice.named
}

/// Takes pairs out of two lists.
fn take<'t>(
    pairs: &mut Vec<(Branch<'t>, Branch<'t>)>,
    old: &mut Vec<Branch<'t>>,
    new: &mut Vec<Branch<'t>>,
    mut belong: impl FnMut(&Branch<'t>, &Branch<'t>) -> bool,
) {
    old.retain(|left| match new.iter().position(|right| belong(left, right)) {
        Some(at) => {
            pairs.push((*left, new.remove(at)));
            false
        }
        None => true,
    });
}
