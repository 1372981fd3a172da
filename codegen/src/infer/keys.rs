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
const LOCAL: [&str; 13] =
    ["key", "number", "slug", "code", "sku", "sha", "login", "token", "name", "arn", "urn", "uri", "href"];
/// Ends of names that identify something: `ticket_id`.
const ENDS: [&str; 4] = ["id", "uuid", "guid", "sid"];

/// What is known of a list that may say which field is the key.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// What the list is of: the last word of its path that is no parameter.
    pub(super) resource: String,
    /// The parameter of the path that leads to one record: `pool_name` of `/pools/{pool_name}`.
    pub(super) of_one: Option<String>,
    /// Names of fields that the API identifies all of its records by, whatever they are: `acme_id`.
    pub(super) everywhere: Vec<String>,
}

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

/// Whether a value can be a parameter.
pub(super) fn scalar(types: &Types, id: TypeId) -> bool {
    matches!(types.get(id).kind, TypeKind::Integer(_) | TypeKind::Text(_))
}

/// Whether a value can be a key. Documents that know no integers call them numbers.
fn can_identify(types: &Types, id: TypeId) -> bool {
    scalar(types, id) || matches!(types.get(id).kind, TypeKind::Number(_))
}

/// The field of an object that a parameter names, by its own name, or by what is left of it without the name of what the object is: `name` for
/// `pool_name` of a pool, `id` for `ticketId` of a ticket.
pub(super) fn named<'o>(
    object: &'o Object,
    resource: &str,
    parameter: &str,
    fits: &dyn Fn(&Field) -> bool,
) -> Option<&'o Field> {
    let owner: Vec<String> = words::words(resource).iter().map(|word| words::singular(word)).collect();
    let wanted = words::words(parameter);
    let rest: Vec<String> =
        wanted.iter().filter(|word| !owner.contains(&words::singular(word))).cloned().collect();
    let field = |name: String| {
        object.fields.iter().find(|field| words::canonical(&field.name) == name && fits(field))
    };
    let rest = Some(rest.join("_")).filter(|rest| !rest.is_empty());
    rest.and_then(field).or_else(|| field(wanted.join("_")))
}

/// The names that a component's type may call its records by: `Ticket` and `SupportTicketResponse` are of a `ticket`.
fn own_names(pointer: &str, resource: &str) -> Vec<String> {
    let generic = [
        "response", "dto", "model", "object", "item", "list", "compact", "summary", "resource", "entity",
        "output", "out", "read", "view", "schema", "data", "detail", "record", "info", "full", "base",
        "public", "stub", "v1", "v2", "v3", "api", "with",
    ];
    let mut component: Vec<String> = Vec::new();
    let tokens: Vec<&str> = pointer.split('/').collect();
    if let [.., "schemas" | "definitions", last] = tokens.as_slice() {
        let last = last.rsplit('.').next().unwrap_or(last);
        component = words::words(last).iter().map(|word| words::singular(word)).collect();
        while component.last().is_some_and(|word| generic.contains(&word.as_str())) {
            component.pop();
        }
    }
    let resource: Vec<String> = words::words(resource).iter().map(|word| words::singular(word)).collect();
    let mut names: Vec<String> = Vec::new();
    for words in [resource, component] {
        for from in 0..words.len() {
            let name = words.get(from..).unwrap_or_default().join("_");
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Names that end as identifiers do, and that records of several kinds have, though they are named after none: how an API calls its own
/// identifiers. `records` are the lists' records with the words of their paths.
pub(super) fn everywhere(
    types: &Types,
    records: &[(TypeRef, String)],
    words_of_paths: &[String],
) -> Vec<String> {
    let mut having: std::collections::BTreeMap<String, std::collections::BTreeSet<TypeId>> =
        std::collections::BTreeMap::new();
    let mut keyless: std::collections::BTreeSet<TypeId> = std::collections::BTreeSet::new();
    for (record, resource) in records {
        let Some((id, object)) = object(types, *record) else { continue };
        let hints = Hints { resource: resource.clone(), ..Hints::default() };
        if in_object(types, id, object, &hints).is_some_and(|key| key.global) {
            continue;
        }
        keyless.insert(id);
        for field in object.fields.iter().filter(|field| can_identify(types, field.type_ref.id)) {
            let words = words::words(&field.name);
            let Some((last, before)) = words.split_last() else { continue };
            let foreign = before.iter().any(|word| words_of_paths.contains(&words::singular(word)));
            if ENDS.contains(&last.as_str()) && !before.is_empty() && !foreign {
                having.entry(field.name.clone()).or_default().insert(id);
            }
        }
    }
    let enough =
        |kinds: &std::collections::BTreeSet<TypeId>| kinds.len() >= 2 && kinds.len() * 2 >= keyless.len();
    having.into_iter().filter(|(_, kinds)| enough(kinds)).map(|(name, _)| name).collect()
}

/// The field that identifies a record: by its name, and best where the document says that it is always there.
pub(super) fn key(types: &Types, record: TypeRef, hints: &Hints) -> Option<FoundKey> {
    let (id, object) = object(types, record)?;
    let own = in_object(types, id, object, hints);
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
        let found = in_object(types, inner, held, hints).filter(|found| found.global)?;
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

/// How good a key a field would be: less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// `id`, or that of what the record is.
    Own,
    /// What the API calls all of its identifiers.
    Everywhere,
    /// What leads to one record.
    OfOne,
    /// What its description calls an identifier.
    Said,
    /// `name`, and what else may tell records apart.
    Local,
}

fn in_object(types: &Types, id: TypeId, object: &Object, hints: &Hints) -> Option<FoundKey> {
    let names = own_names(&types.get(id).pointer, &hints.resource);
    let fits = |field: &Field| can_identify(types, field.type_ref.id) && !field.write_only;
    let of_one = hints.of_one.as_ref().and_then(|parameter| named(object, &hints.resource, parameter, &fits));
    // The place in the order of preference, and whether it is the API's.
    let rank = |field: &Field| -> Option<(Rank, usize, bool)> {
        let name = words::canonical(&field.name);
        let owned = |ends: &[&str]| {
            let ended = |own: &String| {
                name.strip_prefix(own.as_str())
                    .and_then(|rest| rest.strip_prefix('_'))
                    .and_then(|end| ends.iter().position(|known| *known == end))
            };
            names.iter().find_map(ended)
        };
        if let Some(at) = GLOBAL.iter().position(|known| *known == name) {
            return Some((Rank::Own, at, true));
        }
        if let Some(at) = owned(&ENDS) {
            return Some((Rank::Own, 10 + at, true));
        }
        if hints.everywhere.contains(&field.name) {
            return Some((Rank::Everywhere, 0, true));
        }
        if of_one.is_some_and(|known| known.name == field.name) {
            return Some((Rank::OfOne, 0, false));
        }
        let local = LOCAL
            .iter()
            .position(|known| *known == name)
            .or_else(|| owned(&["key", "number", "code", "name"]).map(|at| 20 + at));
        if is_said(field) && (local.is_some() || ENDS.iter().any(|end| name.ends_with(end))) {
            return Some((Rank::Said, local.unwrap_or_default(), false));
        }
        local.map(|at| (Rank::Local, at, false))
    };
    let mut ranked: Vec<(Rank, usize, bool, &Field)> = object
        .fields
        .iter()
        .filter(|field| fits(field))
        .filter_map(|field| rank(field).map(|(rank, at, global)| (rank, at, global, field)))
        .collect();
    // Of what is alike good, what the document vouches for comes first; an id that it forgot to require is a better key than a name.
    let vouched = |field: &Field| field.required && !field.type_ref.nullable;
    ranked.sort_by_key(|(rank, at, _, field)| (*rank, !vouched(field), *at));
    let (rank, _, global, field) = ranked.first()?;
    let assumed = requirements(types, id, field);
    Some(FoundKey {
        path: written(std::slice::from_ref(&field.name)),
        doubtful: !assumed.is_empty() && *rank == Rank::Local,
        assumed,
        global: *global,
    })
}

/// Whether the description of a field says that it identifies its record.
fn is_said(field: &Field) -> bool {
    let prose = words::prose(field.description.as_deref());
    let phrases = [
        "unique identifier",
        "uniquely identifies",
        "unique id",
        "unique key",
        "unique name",
        "primary key",
        "resource name",
        "name of the resource",
        "identifies this",
        "identifier of this",
        "must be unique",
    ];
    words::says(&prose, &phrases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_says_what_its_records_are() {
        for (pointer, resource, name) in [
            ("#/components/schemas/SupportTicketResponse", "list", "ticket"),
            ("/components/schemas/ticket.v1.Ticket", "search", "ticket"),
            ("/definitions/TicketDto", "", "ticket"),
            ("/paths/~1things/get/responses/200", "task_instances", "instance"),
        ] {
            assert!(own_names(pointer, resource).iter().any(|known| known == name), "{pointer} {resource}");
        }
        assert!(own_names("/components/schemas/Response", "").is_empty());
    }
}
