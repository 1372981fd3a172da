//! Follows the manifest's paths through the API's types.

use std::collections::HashSet;

use super::operation::list;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::text::{self, part};
use crate::model::{Content, Media, Object, TypeId, TypeKind, TypeRef, Types};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

/// What stands at the end of a path.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The types that may stand there, unions taken apart; several only through unions.
    pub(super) types: Vec<TypeId>,
    /// Whether null may stand there, or on the way.
    pub(super) nullable: bool,
    /// Whether a key on the way may be missing.
    pub(super) optional: bool,
    /// Whether some alternative of a union on the way has no such key.
    pub(super) in_some_variants: bool,
    /// Whether the document does not say what stands there, or on the way.
    pub(super) unknown: bool,
}

/// Where a path ends too early.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Miss {
    /// Index of the key that is not there.
    segment: usize,
    /// The types in which it was looked for.
    inside: Vec<TypeId>,
}

/// What a path's end has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A text or whole number, to be sent back.
    Token,
    /// A text.
    Url,
    /// A boolean.
    Flag,
    /// A whole number.
    Count,
    /// Anything that is neither object nor list, boolean aside.
    Value,
}

impl Expected {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "a text or a whole number",
            Self::Url => "a text",
            Self::Flag => "true or false",
            Self::Count => "a whole number",
            Self::Value => "a text or a number",
        }
    }

    fn fits(self, kind: &TypeKind) -> bool {
        match kind {
            TypeKind::Any => true,
            TypeKind::Boolean => self == Self::Flag,
            TypeKind::Integer(_) => matches!(self, Self::Token | Self::Count | Self::Value),
            TypeKind::Number(_) => matches!(self, Self::Count | Self::Value),
            TypeKind::Text(_) | TypeKind::Enum(_) => matches!(self, Self::Token | Self::Url | Self::Value),
            TypeKind::Array(_)
            | TypeKind::Tuple(_)
            | TypeKind::Map(_)
            | TypeKind::Object(_)
            | TypeKind::Union(_) => false,
        }
    }
}

/// What a path does where a list stands on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lists {
    /// It ends.
    End,
    /// A number leads to one of the items.
    Items,
}

/// Follows a path from a type. An error is a diagnostic at the key that is not there.
pub(super) fn follow(types: &Types, from: TypeRef, path: &Spanned<String>) -> Result<Found, Box<Diagnostic>> {
    follow_through(types, from, path, Lists::End)
}

fn follow_through(
    types: &Types,
    from: TypeRef,
    path: &Spanned<String>,
    lists: Lists,
) -> Result<Found, Box<Diagnostic>> {
    let segments = text::path(path).unwrap_or_default();
    let keys: Vec<&str> = segments.iter().map(|segment| segment.key.as_str()).collect();
    walk(types, from, &keys, lists).map_err(|miss| {
        let range = segments.get(miss.segment).map_or(0..path.len(), |segment| segment.range.clone());
        let key = keys.get(miss.segment).copied().unwrap_or_default();
        let mut inside: Vec<String> = miss.inside.iter().map(|id| describe(types, *id)).collect();
        inside.dedup();
        let fields: Vec<&str> = miss.inside.iter().flat_map(|id| fields(types, *id)).collect();
        let in_list = miss.inside.iter().any(|id| matches!(types.get(*id).kind, TypeKind::Array(_)));
        let help = match did_you_mean(key, fields.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if in_list && lists == Lists::Items => {
                format!("an item of a list is named by its number, from 0 on: `0.{key}`")
            }
            None if fields.is_empty() => "only objects have keys".to_owned(),
            None => format!("known there: {}", list(fields.into_iter())),
        };
        let whole = if keys.len() > 1 { format!(" of the path `{}`", path.value) } else { String::new() };
        Box::new(
            Diagnostic::error(
                Code::PathNotFound,
                format!("`{key}`{whole} is not in {}", inside.join(" or ")),
            )
            .at(part(path, &range))
            .help(help),
        )
    })
}

/// Follows plain keys from a type.
pub(super) fn walk_keys(types: &Types, from: TypeRef, keys: &[&str]) -> Option<Found> {
    walk(types, from, keys, Lists::End).ok()
}

/// Follows plain keys from the type of a request's body, where a number leads to an item of a list.
pub(super) fn walk_sent(types: &Types, from: TypeRef, keys: &[&str]) -> Option<Found> {
    walk(types, from, keys, Lists::Items).ok()
}

/// Follows a path to a value of some kind.
pub(super) fn follow_to(
    types: &Types,
    from: TypeRef,
    path: &Spanned<String>,
    expected: Expected,
) -> Result<Found, Box<Diagnostic>> {
    expect(types, follow(types, from, path)?, path, expected)
}

/// Follows a path to a plain value in a request's body. In JSON a number leads to an item of a list; what forms make of lists differs.
pub(super) fn follow_body(
    types: &Types,
    content: &Content,
    path: &Spanned<String>,
) -> Result<Found, Box<Diagnostic>> {
    let lists = if content.media == Media::Json { Lists::Items } else { Lists::End };
    // That the body may be null does not matter where there is one.
    let from = TypeRef { nullable: false, ..content.type_ref };
    expect(types, follow_through(types, from, path, lists)?, path, Expected::Value)
}

fn expect(
    types: &Types,
    found: Found,
    path: &Spanned<String>,
    expected: Expected,
) -> Result<Found, Box<Diagnostic>> {
    match found.types.iter().find(|id| !expected.fits(&types.get(**id).kind)) {
        None => Ok(found),
        Some(other) => Err(Box::new(
            Diagnostic::error(
                Code::PathKind,
                format!("`{}` has to be {}, and is {}", path.value, expected.name(), describe(types, *other)),
            )
            .at(path.span)
            .help("name a field of that kind"),
        )),
    }
}

/// What a path leaves open, as warnings.
pub(super) fn doubts(found: &Found, path: &Spanned<String>) -> Vec<Diagnostic> {
    let mut doubts = Vec::new();
    if found.unknown {
        doubts.push(
            Diagnostic::warning(
                Code::PathUnknown,
                format!("the document does not say what stands at `{}`", path.value),
            )
            .at(path.span)
            .help("the path cannot be checked; compare it with a real response"),
        );
    }
    if found.in_some_variants {
        doubts.push(
            Diagnostic::warning(
                Code::PathInSomeVariants,
                format!("`{}` stands in some alternatives of the document only", path.value),
            )
            .at(path.span)
            .help("responses of the other alternatives have no such value"),
        );
    }
    doubts
}

/// The types that may stand for one, unions taken apart, and whether null may.
pub(crate) fn alternatives(types: &Types, of: TypeRef) -> (Vec<TypeId>, bool) {
    let mut nullable = of.nullable;
    let mut open = vec![of.id];
    let mut seen = HashSet::new();
    let mut leaves = Vec::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        match &types.get(id).kind {
            TypeKind::Union(union) => {
                nullable |= union.variants.iter().any(|variant| variant.type_ref.nullable);
                // From the stack's end, so that the order stays the document's.
                open.extend(union.variants.iter().rev().map(|variant| variant.type_ref.id));
            }
            _ => leaves.push(id),
        }
    }
    (leaves, nullable)
}

/// The objects among the types that may stand for one.
pub(crate) fn objects(types: &Types, of: TypeRef) -> impl Iterator<Item = &Object> {
    alternatives(types, of).0.into_iter().filter_map(|id| match &types.get(id).kind {
        TypeKind::Object(object) => Some(object),
        _ => None,
    })
}

/// What follows a key in a type: the value's type, and whether the key may be missing.
fn step(types: &Types, inside: TypeId, key: &str, lists: Lists) -> Option<(TypeRef, bool)> {
    match &types.get(inside).kind {
        TypeKind::Object(object) => object
            .field(key)
            .map(|field| (field.type_ref, !field.required))
            .or_else(|| object.additional.map(|additional| (additional, true))),
        TypeKind::Map(values) => Some((*values, true)),
        TypeKind::Array(items) if lists == Lists::Items && key.parse::<usize>().is_ok() => {
            Some((*items, true))
        }
        _ => None,
    }
}

fn walk(types: &Types, from: TypeRef, keys: &[&str], lists: Lists) -> Result<Found, Miss> {
    let (mut current, nullable) = alternatives(types, from);
    let mut found = Found { nullable, ..Found::default() };
    for (segment, key) in keys.iter().enumerate() {
        let mut next = Vec::new();
        let mut missing = Vec::new();
        for inside in current {
            if matches!(types.get(inside).kind, TypeKind::Any) {
                found.unknown = true;
            } else if let Some((type_ref, optional)) = step(types, inside, key, lists) {
                let (leaves, nullable) = alternatives(types, type_ref);
                found.optional |= optional;
                found.nullable |= nullable;
                next.extend(leaves.into_iter().filter(|leaf| !next.contains(leaf)).collect::<Vec<_>>());
            } else {
                missing.push(inside);
            }
        }
        if next.is_empty() && !found.unknown {
            return Err(Miss { segment, inside: missing });
        }
        if !missing.is_empty() {
            found.in_some_variants = true;
            found.optional = true;
        }
        current = next;
    }
    found.unknown |= current.iter().any(|id| matches!(types.get(*id).kind, TypeKind::Any));
    found.types = current;
    Ok(found)
}

/// The keys that a type is known to have.
pub(super) fn fields(types: &Types, id: TypeId) -> Vec<&str> {
    match &types.get(id).kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| field.name.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// A type as a message calls it.
pub(super) fn describe(types: &Types, id: TypeId) -> String {
    let known = types.get(id);
    let name = known.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
    match &known.kind {
        TypeKind::Any => "any value".to_owned(),
        TypeKind::Boolean => "true or false".to_owned(),
        TypeKind::Integer(_) => "a whole number".to_owned(),
        TypeKind::Number(_) => "a number".to_owned(),
        TypeKind::Text(format) if format.is_empty() => "a text".to_owned(),
        TypeKind::Text(format) => format!("a text ({format})"),
        TypeKind::Enum(_) => format!("one of several texts{}", name.replacen(' ', ", ", 1)),
        TypeKind::Array(items) => match &types.get(items.id).name {
            Some(name) => format!("a list of `{name}`"),
            None => "a list".to_owned(),
        },
        TypeKind::Tuple(_) => "a list".to_owned(),
        TypeKind::Map(_) => format!("a map{name}"),
        TypeKind::Object(_) => format!("the object{name}"),
        TypeKind::Union(_) => format!("one of several types{}", name.replacen(' ', ", ", 1)),
    }
}
