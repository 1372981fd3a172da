//! Whether two schemas allow the same values.

use super::values::same;
use super::{Comparison, Schema, Word, matched};
use crate::drift::view::Rest;
use crate::source::Node;

/// Keywords whose values are compared as they stand.
const PLAIN: &[Word] = &[
    Word::Enum,
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

/// Keywords that hold a list of schemas.
const LISTS: &[Word] = &[Word::AllOf, Word::AnyOf, Word::OneOf, Word::PrefixItems];

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
        if !PLAIN.iter().all(|word| equal(left.get(*word), right.get(*word))) {
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
        }) && LISTS.iter().all(|word| {
            let (left, right): (Vec<_>, Vec<_>) =
                (left.branches(*word).collect(), right.branches(*word).collect());
            left.len() == right.len()
                && left.into_iter().zip(right).all(|(left, right)| self.alike(left, right, depth))
        }) && self.maps_alike(left.properties(), right.properties(), depth)
            && MAPS.iter().all(|word| {
                let of = |schema: &Schema<'t>| {
                    let map = schema.get(*word).into_iter().flat_map(|map| map.entries());
                    map.map(|entry| (entry.key, entry.value)).collect()
                };
                self.maps_alike(of(left), of(right), depth)
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
