//! Which field identifies a record, and what a document would have to say so that it can be relied on.

use serde::Serialize;

use super::paging::written;
use super::words;
use crate::model::{Field, Object, TypeId, TypeKind, TypeRef, Types};
use crate::plan::path::alternatives;

/// Something that a document does not say of a field, and that a key needs: that it is always there, or never null.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Requirement {
    /// JSON Pointer of the object's schema in the normalised document.
    pub pointer: String,
    /// Another pointer of it: that of the list that it was found in, which differs where inline schemas are alike.
    pub place: Option<String>,
    /// The field.
    pub field: String,
    /// Whether the document says that it may be null.
    pub nullable: bool,
}

/// A key.
pub(super) struct FoundKey {
    /// Its path as a manifest writes it.
    pub(super) path: String,
    /// What the document does not say of it.
    pub(super) assumed: Vec<Requirement>,
    /// Whether it tells records of the whole API apart, not those of one parent only.
    pub(super) global: bool,
    /// Whether its name alone would not be enough to take it for a key.
    pub(super) doubtful: bool,
}

/// Names of fields that identify a record in the whole API.
const GLOBAL: [&str; 7] = ["id", "uuid", "sid", "gid", "guid", "uid", "object_id"];
/// Names of those that may do so only within a parent.
const LOCAL: [&str; 12] =
    ["key", "number", "slug", "code", "sha", "login", "token", "name", "arn", "urn", "uri", "href"];

/// Whether a field of that path is one that often tells the records of one parent apart only.
pub(crate) fn is_local_key(path: &str) -> bool {
    LOCAL.contains(&words::canonical(path).as_str())
}

/// The one object that a use of a type can be.
pub(super) fn object(types: &Types, of: TypeRef) -> Option<(TypeId, &Object)> {
    let (kinds, _) = alternatives(types, of);
    match kinds.as_slice() {
        [only] => match &types.get(*only).kind {
            TypeKind::Object(object) if !object.fields.is_empty() => Some((*only, object)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value can be a key or a parameter.
pub(super) fn scalar(types: &Types, id: TypeId) -> bool {
    matches!(types.get(id).kind, TypeKind::Integer(_) | TypeKind::Text(_))
}

/// The field that identifies a record: by its name, and best where the document says that it is always there.
pub(super) fn key(types: &Types, record: TypeRef, resource: &str) -> Option<FoundKey> {
    let (id, object) = object(types, record)?;
    let own = in_object(types, id, object, resource);
    if own.as_ref().is_some_and(|key| key.global) {
        return own;
    }
    // What describes a record may stand beside what it holds: `metadata.uid`; or it is wrapped in its name: `event.id`.
    let about = match object.fields.as_slice() {
        [only] => Some(only),
        fields => {
            fields.iter().find(|field| matches!(words::canonical(&field.name).as_str(), "metadata" | "meta"))
        }
    };
    let nested = about.and_then(|field| {
        let (inner, held) = self::object(types, TypeRef { nullable: false, ..field.type_ref })?;
        let found = in_object(types, inner, held, resource).filter(|found| found.global)?;
        let mut assumed = requirements(types, id, field);
        assumed.extend(found.assumed);
        Some(FoundKey {
            path: format!("{}.{}", written(std::slice::from_ref(&field.name)), found.path),
            assumed,
            ..found
        })
    });
    nested.or(own)
}

fn requirements(types: &Types, object: TypeId, field: &Field) -> Vec<Requirement> {
    let nullable = field.type_ref.nullable;
    let missing = !field.required || nullable;
    let pointer = types.get(object).pointer.clone();
    missing
        .then(|| Requirement { pointer, place: None, field: field.name.clone(), nullable })
        .into_iter()
        .collect()
}

fn in_object(types: &Types, id: TypeId, object: &Object, resource: &str) -> Option<FoundKey> {
    let singular: String =
        words::words(resource).iter().map(|word| words::singular(word)).collect::<Vec<_>>().join("_");
    let own: Vec<String> = ["id", "uuid", "sid", "key", "number", "name"]
        .iter()
        .map(|end| format!("{singular}_{end}"))
        .collect();
    // The place in the order of preference, and whether it is the API's.
    let rank = |field: &Field| -> Option<(usize, bool)> {
        let name = words::canonical(&field.name);
        let global = || GLOBAL.iter().position(|known| *known == name).map(|at| (at, true));
        let of_resource = || own.iter().position(|known| *known == name).map(|at| (10 + at, at < 3));
        let local = || LOCAL.iter().position(|known| *known == name).map(|at| (20 + at, false));
        global().or_else(of_resource).or_else(local)
    };
    let mut ranked: Vec<(usize, bool, &Field)> = object
        .fields
        .iter()
        .filter(|field| scalar(types, field.type_ref.id) && !field.write_only)
        .filter_map(|field| rank(field).map(|(rank, global)| (rank, global, field)))
        .collect();
    // Of what is alike good, what the document vouches for comes first; an id that it forgot to require is a better key than a name.
    let vouched = |field: &Field| field.required && !field.type_ref.nullable;
    ranked.sort_by_key(|(rank, _, field)| (rank / 10 == 2, !vouched(field), *rank));
    let (rank, global, field) = ranked.first()?;
    let assumed = requirements(types, id, field);
    Some(FoundKey {
        path: written(std::slice::from_ref(&field.name)),
        doubtful: !assumed.is_empty() && *rank >= 20,
        assumed,
        global: *global,
    })
}
