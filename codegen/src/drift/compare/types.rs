//! Types, formats and null.

use super::{At, Comparison, Document, Place, Rule, Schema, Word, Writing};
use crate::drift::view::{Types, is_null};
use crate::source::Node;

/// Types and format of one side.
#[derive(Clone, Copy)]
struct Typed<'t> {
    types: Types,
    format: &'t str,
}

impl std::fmt::Display for Typed<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}", self.types)?;
        if !self.format.is_empty() {
            write!(formatter, " ({})", self.format)?;
        }
        formatter.write_str("`")
    }
}

impl<'t> Comparison<'_, 't> {
    pub(super) fn nullability(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let rule = match (base.null, revision.null) {
            (None, Some(_)) => Rule::BecameNullable,
            (Some(_), None) => Rule::BecameNotNullable,
            _ => return,
        };
        // Where no type is named, null is a value like any other; a list of types that has it says no more.
        let words = [Word::Enum, Word::Const, Word::AllOf, Word::AnyOf, Word::OneOf];
        let any = |schema: &Schema<'t>| {
            schema.null.is_none() && !schema.named && words.iter().all(|word| schema.get(*word).is_none())
        };
        let by_type = |schema: &Schema<'t>| {
            let type_at = schema.get(Word::Type).map(|node| node.id());
            schema.null.is_some_and(|node| Some(node.id()) == type_at)
        };
        if (any(base) && by_type(revision)) || (any(revision) && by_type(base)) {
            return;
        }
        let sides = (base.null.unwrap_or(base.node), revision.null.unwrap_or(revision.node));
        self.found(at, rule, sides, &[]);
    }

    /// Where one side lists types by a composition of schemas that say their type only. Says whether it does.
    pub(super) fn list_of_types(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) -> bool {
        let (Some((old, old_list)), Some((new, new_list))) =
            (pattern(self.base, base), pattern(self.revision, revision))
        else {
            return false;
        };
        if !(old_list || new_list) {
            return false;
        }
        if old == new {
            return false;
        }
        let sides = (spot(base), spot(revision));
        let (added, removed) = (new.without(old), old.without(new));
        let narrowed = if at.place.received { added.is_any() } else { !removed.is_any() };
        let (rule, types) =
            if narrowed { (Rule::ListOfTypesNarrowed, removed) } else { (Rule::ListOfTypesWidened, added) };
        self.found(at, rule, sides, &[&format!("`{types}`")]);
        true
    }

    /// Where both sides take the same types, the one as a list of types or `anyOf`, the other as another of these: compares what they
    /// say of each type. Says whether it did.
    pub(super) fn by_type(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) -> bool {
        let lists = [Word::OneOf, Word::AnyOf];
        let spelt = |schema: &Schema<'t>| lists.map(|word| schema.get(word).is_some());
        if spelt(base) == spelt(revision) {
            return false;
        }
        let (Some(old), Some(new)) = (each_type(self.base, base), each_type(self.revision, revision)) else {
            return false;
        };
        if old.len() != new.len() || old.iter().zip(&new).any(|((left, _), (right, _))| left != right) {
            return false;
        }
        self.values(at, &base.annotations(), &revision.annotations());
        for ((_, old), (_, new)) in old.iter().zip(&new) {
            self.schemas(at, old, new);
        }
        true
    }

    /// Where one side of a parameter or a header has no schema, and so takes any value, and the other has one that says something.
    pub(super) fn described(
        &mut self,
        unit: u32,
        place: Place,
        title: &str,
        (base, revision): (Option<Node<'t>>, Option<Node<'t>>),
        (old, new): (Node<'t>, Node<'t>),
    ) {
        let label = format!("the {title}");
        let at = At::whole(unit, place, Writing::Text, &label);
        let says = |document: &Document<'t>, node: Option<Node<'t>>| {
            let node = node.filter(|node| super::properties::says(document, *node))?;
            Some((node, format!("`{}`", document.schema(&document.core(node)).types)))
        };
        let any = Types::default();
        let any = format!("`{any}`");
        // More values than before, or fewer.
        let (wider, narrower) = if place.received {
            (Rule::TypeChanged, Rule::TypeSpecialized)
        } else {
            (Rule::TypeGeneralized, Rule::TypeChanged)
        };
        match (says(self.base, base), says(self.revision, revision)) {
            (Some((from, types)), None) => self.found(&at, wider, (from, new), &[&types, &any]),
            (None, Some((to, types))) => self.found(&at, narrower, (old, to), &[&any, &types]),
            _ => {}
        }
    }

    pub(super) fn types(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let (old, new) = (typed(self.base, base), typed(self.revision, revision));
        let neither_says = !base.named && !revision.named;
        let types_differ = old.types != new.types && !neither_says;
        let formats_differ = old.format != new.format;
        if !types_differ && !formats_differ {
            return;
        }
        let typed = at.writing == Writing::Typed;
        let breaks = |typed: bool| {
            if at.place.received {
                breaks(new, old, types_differ, formats_differ, typed)
            } else {
                breaks(old, new, types_differ, formats_differ, typed)
            }
        };
        let rule = if at.place.is_within_parameter() && !at.place.received {
            match (breaks(true), breaks(false)) {
                (true, true) => Rule::TypeSpecialized,
                (false, false) => Rule::TypeGeneralized,
                _ => Rule::TypeChanged,
            }
        } else {
            let breaking = breaks(typed) && !self.repeats(at, base, revision);
            verdict(old, new, types_differ, breaking, at)
        };
        let node = |schema: &Schema<'t>| {
            let first = if types_differ { Word::Type } else { Word::Format };
            schema.get(first).or(schema.get(Word::Format)).or(schema.get(Word::Type)).unwrap_or(schema.node)
        };
        let sides = (node(base), node(revision));
        self.found(at, rule, sides, &[&old.to_string(), &new.to_string()]);
    }

    /// Where one side names one type and the other is a choice with one branch of that type: both sides, that branch in place of the choice.
    pub(super) fn branch_of_type(
        &self,
        base: &Schema<'t>,
        revision: &Schema<'t>,
    ) -> Option<(Schema<'t>, Schema<'t>)> {
        let choices = [Word::OneOf, Word::AnyOf];
        let plain = |schema: &Schema<'t>| {
            schema.named
                && schema.types.len() == 1
                && !schema.says_any(&choices)
                && !schema.says_any(&[Word::AllOf])
        };
        let branch = |document: &Document<'t>, schema: &Schema<'t>, types: Types| {
            let [one_of, any_of] = choices.map(|word| schema.count(word) > 0);
            if one_of == any_of || schema.restricts_beside(&choices) {
                return None;
            }
            let word = if one_of { Word::OneOf } else { Word::AnyOf };
            let branches = schema.branches(word).map(|branch| document.schema(&document.core(branch)));
            let mut of_it = branches.filter(|branch| branch.named && branch.types == types);
            let (first, second) = (of_it.next(), of_it.next());
            // What is for readers stands beside the choice.
            first.filter(|_| second.is_none()).map(|branch| branch.with_notes_of(schema))
        };
        match (plain(base), plain(revision)) {
            (true, false) => Some((base.clone(), branch(self.revision, revision, base.types)?)),
            (false, true) => Some((branch(self.base, base, revision.types)?, revision.clone())),
            _ => None,
        }
    }

    /// Whether one value became a list that is written by repeating the name, so that one value is a list of one.
    fn repeats(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) -> bool {
        if at.writing != Writing::Repeated || !base.types.is_scalar() || revision.types != list() {
            return false;
        }
        let Some(items) = revision.get(Word::Items) else { return false };
        self.same_values(base.node, items)
    }
}

fn list() -> Types {
    Types::of("array")
}

fn verdict(old: Typed<'_>, new: Typed<'_>, types_differ: bool, breaking: bool, at: &At<'_>) -> Rule {
    let concrete = !old.types.is_any() && !new.types.is_any();
    let widened = types_differ && concrete && old.types.within(new.types);
    let narrowed = types_differ && concrete && new.types.within(old.types);
    let swapped = types_differ && concrete;
    if at.place.received {
        match (breaking, widened) {
            (true, true) => Rule::TypeGeneralized,
            (true, false) => Rule::TypeChanged,
            (false, _) if swapped && !narrowed => Rule::TypeCompatible,
            (false, _) => Rule::TypeSpecialized,
        }
    } else if breaking {
        Rule::TypeChanged
    } else if swapped && !widened && !at.place.is_parameter() {
        Rule::TypeCompatible
    } else {
        Rule::TypeGeneralized
    }
}

/// Whether values of the first kind can stand where the second is expected no longer.
fn breaks(from: Typed<'_>, to: Typed<'_>, types_differ: bool, formats_differ: bool, typed: bool) -> bool {
    if types_differ && to.types.is_any() {
        return false;
    }
    let types = types_differ && !types_fit(from.types, to.types, typed);
    types || (formats_differ && !format_fits(from.format, to))
}

fn types_fit(from: Types, to: Types, typed: bool) -> bool {
    if !from.is_any() && from.within(to) {
        return true;
    }
    let added = to.without(from);
    // As text a number is a text too.
    !typed && (added.is_any() || (added.len() == 1 && added.has("string")))
}

fn format_fits(from: &str, to: Typed<'_>) -> bool {
    if to.format.is_empty() {
        return true;
    }
    if to.types.len() != 1 {
        return false;
    }
    match (from, to.format) {
        ("float", "double") => to.types.has("number"),
        ("int32", "int64" | "bigint") | ("int64", "bigint") => to.types.has("integer"),
        ("date" | "time", "date-time") => to.types.has("string"),
        _ => false,
    }
}

/// Whether only single values are meant, which every style writes alike.
pub(super) fn is_scalar<'t>(document: &Document<'t>, node: Node<'t>) -> bool {
    let mut left = MOST_BRANCHES;
    effective(document, &document.schema(&document.core(node)), &mut left).is_scalar()
}

/// Types and format as a schema says them, or as its compositions do.
fn typed<'t>(document: &Document<'t>, schema: &Schema<'t>) -> Typed<'t> {
    let mut left = MOST_BRANCHES;
    Typed { types: effective(document, schema, &mut left), format: schema.format().unwrap_or_default() }
}

/// Most branches that are looked at for the types of one schema; beyond them it counts as one of any type.
const MOST_BRANCHES: u32 = 64;

fn effective<'t>(document: &Document<'t>, schema: &Schema<'t>, left: &mut u32) -> Types {
    if !schema.types.is_any() || *left == 0 {
        return schema.types;
    }
    let mut of = |node| {
        *left = left.saturating_sub(1);
        effective(document, &document.schema(&document.core(node)), left)
    };
    let first = schema.branches(Word::AllOf).map(&mut of).find(|types| !types.is_any());
    if let Some(types) = first {
        return types;
    }
    for word in [Word::OneOf, Word::AnyOf] {
        let mut all = Types::default();
        for types in schema.branches(word).filter(|branch| !is_null(*branch)).map(&mut of) {
            if types.is_any() {
                return types;
            }
            all = all.with(types);
        }
        if !all.is_any() {
            return all;
        }
    }
    Types::default()
}

/// The types that a schema lists, and whether it does so by a composition.
fn pattern<'t>(document: &Document<'t>, schema: &Schema<'t>) -> Option<(Types, bool)> {
    let more = [Word::Not, Word::AllOf, Word::Properties].iter().any(|word| schema.get(*word).is_some());
    if more || !schema.form.is_empty() {
        return None;
    }
    if schema.named {
        return Some((schema.types, false));
    }
    [Word::OneOf, Word::AnyOf].into_iter().find_map(|word| {
        let mut all = Types::default();
        for branch in schema.branches(word).filter(|branch| !is_null(*branch)) {
            let branch = document.schema(&document.core(branch));
            let composed = [Word::Properties, Word::AllOf, Word::AnyOf, Word::OneOf];
            if !branch.named
                || branch.types.len() != 1
                || composed.iter().any(|word| branch.get(*word).is_some())
            {
                return None;
            }
            all = all.with(branch.types);
        }
        (!all.is_any()).then_some((all, true))
    })
}

/// What a schema says of each of its types, where it says nothing of them together.
fn each_type<'t>(document: &Document<'t>, schema: &Schema<'t>) -> Option<Vec<(Types, Schema<'t>)>> {
    let (types, listed) = pattern(document, schema)?;
    if !listed {
        let together = [Word::OneOf, Word::AnyOf, Word::Enum, Word::Const, Word::If, Word::Then, Word::Else];
        let alone = !schema.says_any(&together);
        return alone.then(|| types.each().map(|one| (one, schema.of_type(one))).collect());
    }
    let [one_of, any_of] = [Word::OneOf, Word::AnyOf].map(|word| schema.count(word) > 0);
    if one_of == any_of || schema.restricts_beside(&[Word::OneOf, Word::AnyOf]) {
        return None;
    }
    let word = if one_of { Word::OneOf } else { Word::AnyOf };
    let branches = schema.branches(word).filter(|branch| !is_null(*branch));
    let branches: Vec<Schema<'t>> = branches.map(|branch| document.schema(&document.core(branch))).collect();
    let each = types.each().map(|one| {
        let of_it = || branches.iter().filter(|branch| branch.types == one && branch.null.is_none());
        // Values that are listed beside a branch that takes any value of the type are nearly always among those.
        let mut open = of_it().filter(|branch| !branch.says_any(&[Word::Enum, Word::Const]));
        let branch = match (open.next(), open.next()) {
            (Some(branch), None) => branch,
            (None, None) => of_it().next().filter(|_| of_it().count() == 1)?,
            _ => return None,
        };
        Some((one, branch.restrictions()))
    });
    each.collect()
}

/// The keyword that lists the types.
fn spot<'t>(schema: &Schema<'t>) -> Node<'t> {
    let words = [Word::Type, Word::OneOf, Word::AnyOf];
    words.into_iter().find_map(|word| schema.get(word)).unwrap_or(schema.node)
}
