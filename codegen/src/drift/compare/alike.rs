//! Whether two schemas allow the same values.

use super::values::{same, same_values};
use super::{Comparison, Schema, Word, matched};
use crate::drift::view::Rest;
use crate::source::Node;

/// Keywords whose values are compared as they stand.
const PLAIN: &[Word] = &[
    Word::Const,
    Word::Pattern,
    Word::Maximum,
    Word::Minimum,
    Word::ExclusiveMaximum,
    Word::ExclusiveMinimum,
    Word::MultipleOf,
    Word::MaxLength,
    Word::MinLength,
    Word::MaxItems,
    Word::MinItems,
    Word::UniqueItems,
    Word::MaxProperties,
    Word::MinProperties,
    Word::MaxContains,
    Word::MinContains,
    Word::DependentRequired,
    Word::ContentEncoding,
    Word::ContentMediaType,
];

/// Keywords that hold one schema.
const SCHEMAS: &[Word] = &[
    Word::Items,
    Word::Contains,
    Word::If,
    Word::Then,
    Word::Else,
    Word::Not,
    Word::PropertyNames,
    Word::UnevaluatedItems,
    Word::UnevaluatedProperties,
    Word::ContentSchema,
];

/// Keywords that hold schemas whose order means nothing.
const COMPOSITIONS: &[Word] = &[Word::AllOf, Word::AnyOf, Word::OneOf];

/// Most pairs of branches of one composition that are looked at beside those that stand at the same place.
const MOST_COMPARED: usize = 2_500;

/// Keywords that hold schemas by name.
const MAPS: &[Word] = &[Word::PatternProperties, Word::DependentSchemas];

/// Deepest nesting that is looked into; what is deeper counts as alike, and differences there are found where it is compared.
const DEEPEST: u32 = 48;

impl<'t> Comparison<'_, 't> {
    /// Whether a schema of the base document and one of the revision allow the same values, whatever is written about them.
    pub(super) fn same_values(&mut self, base: Node<'t>, revision: Node<'t>) -> bool {
        self.alike(base, revision, 0)
    }

    fn alike(&mut self, base: Node<'t>, revision: Node<'t>, depth: u32) -> bool {
        let (left, right) = (self.base.core(base), self.revision.core(revision));
        // Components of one name are compared by themselves.
        if depth > 0 && left.name.is_some() && left.name == right.name || depth > DEEPEST {
            return true;
        }
        let (left, right) = self.level(left, right);
        let key = (left.key.id(), right.key.id());
        if let Some(known) = self.alike.get(&key) {
            return *known;
        }
        // While it is being looked at, a pair counts as alike: recursion adds nothing to what tells them apart.
        self.alike.insert(key, true);
        let (left, right) = (self.base.schema(&left), self.revision.schema(&right));
        let alike = self.schemas_alike(&left, &right, depth + 1);
        self.alike.insert(key, alike);
        alike
    }

    fn schemas_alike(&mut self, left: &Schema<'t>, right: &Schema<'t>, depth: u32) -> bool {
        if left.never != right.never
            || left.types != right.types
            || left.null.is_some() != right.null.is_some()
            || left.format() != right.format()
        {
            return false;
        }
        let equal = |left: Option<Node<'t>>, right: Option<Node<'t>>| match (left, right) {
            (Some(left), Some(right)) => same(left, right),
            (None, None) => true,
            _ => false,
        };
        let listed = match (left.get(Word::Enum), right.get(Word::Enum)) {
            (Some(left), Some(right)) => same_values(left, right),
            (None, None) => true,
            _ => false,
        };
        if !listed || !PLAIN.iter().all(|word| equal(left.get(*word), right.get(*word))) {
            return false;
        }
        let names = |schema: &Schema<'t>| {
            let mut names: Vec<&str> = schema.required().into_iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        if names(left) != names(right) {
            return false;
        }
        let rest = match (left.rest(), right.rest()) {
            (Rest::Fits(left), Rest::Fits(right)) => self.alike(left, right, depth),
            (Rest::Allowed(_), Rest::Allowed(_)) | (Rest::Forbidden(_), Rest::Forbidden(_)) => true,
            _ => false,
        };
        rest && SCHEMAS.iter().all(|word| match (left.get(*word), right.get(*word)) {
            (Some(left), Some(right)) => self.alike(left, right, depth),
            (None, None) => true,
            _ => false,
        }) && self.lists_alike(left, right, depth)
            && COMPOSITIONS.iter().all(|word| self.branches_alike(left, right, *word, depth))
            && self.maps_alike(left.properties(), right.properties(), depth)
            && MAPS.iter().all(|word| {
                let of = |schema: &Schema<'t>| {
                    let map = schema.get(*word).into_iter().flat_map(|map| map.entries());
                    map.map(|entry| (entry.key, entry.value)).collect()
                };
                self.maps_alike(of(left), of(right), depth)
            })
    }

    fn lists_alike(&mut self, left: &Schema<'t>, right: &Schema<'t>, depth: u32) -> bool {
        let items = |schema: &Schema<'t>| schema.branches(Word::PrefixItems).collect::<Vec<_>>();
        let (left, right) = (items(left), items(right));
        left.len() == right.len()
            && left.into_iter().zip(right).all(|(left, right)| self.alike(left, right, depth))
    }

    /// Whether each branch of a composition has its like, wherever it stands.
    fn branches_alike(&mut self, left: &Schema<'t>, right: &Schema<'t>, word: Word, depth: u32) -> bool {
        let mut left: Vec<Node<'t>> = left.branches(word).collect();
        let mut right: Vec<Node<'t>> = right.branches(word).collect();
        if left.len() != right.len() {
            return false;
        }
        // Most stand where they stood.
        let mut same = Vec::with_capacity(left.len());
        for (left, right) in left.iter().zip(&right) {
            same.push(self.alike(*left, *right, depth));
        }
        let mut moved = same.iter().map(|same| !same);
        left.retain(|_| moved.next().unwrap_or_default());
        let mut moved = same.iter().map(|same| !same);
        right.retain(|_| moved.next().unwrap_or_default());
        if left.len().saturating_mul(right.len()) > MOST_COMPARED {
            return false;
        }
        left.into_iter().all(|left| {
            let at = right.iter().position(|right| self.alike(left, *right, depth));
            at.map(|at| right.swap_remove(at)).is_some()
        })
    }

    fn maps_alike(
        &mut self,
        left: Vec<(&'t str, Node<'t>)>,
        right: Vec<(&'t str, Node<'t>)>,
        depth: u32,
    ) -> bool {
        left.len() == right.len()
            && matched(left, right).into_iter().all(|(_, left, right)| match (left, right) {
                (Some(left), Some(right)) => self.alike(left, right, depth),
                _ => false,
            })
    }
}
