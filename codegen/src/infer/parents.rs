//! Where a list needs what the records of another one hold: `/tickets` for `/tickets/{ticket_id}/comments`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::keys::{named, object, scalar};
use super::paging::written;
use super::shape::resource;
use super::streams::{Candidate, StreamGuess, config_name};
use super::words;
use crate::model::{Api, TypeRef};

/// A parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParentGuess {
    /// Its stream.
    pub stream: String,
    /// Parameters with the paths of fields of the parent's record, or names of what it was given itself.
    pub parameters: Vec<(String, String)>,
    /// What each record is stored with.
    pub include: Vec<(String, String)>,
}

/// The stream whose records give the last parameter of a path: the one that its path stands behind.
pub(super) fn parent_of(
    api: &Api,
    candidates: &[Candidate<'_, '_, '_>],
    found: &[StreamGuess],
    by_path: &BTreeMap<&str, (usize, usize)>,
    child: &Candidate<'_, '_, '_>,
) -> Option<(usize, ParentGuess)> {
    let last = child.in_path.last()?;
    let path = child.list.shape.operation.head.path.as_str();
    let braces = format!("/{{{}}}", last.name);
    let above = path.get(..path.rfind(&braces)?)?;
    let (at, index) = by_path.get(above.trim_end_matches('/'))?;
    let (parent, stream) = (candidates.get(*at)?, found.get(*index)?);
    if stream.key.is_empty() {
        return None;
    }
    let field = parent_field(api, parent, &last.name)?;
    let mut guess = ParentGuess {
        stream: stream.name.clone(),
        parameters: vec![(last.name.clone(), field.clone())],
        include: vec![(included(api, child.record, &stream.name, &last.name), field)],
    };
    // What the parent was given itself is handed on.
    for parameter in child.in_path.iter().rev().skip(1) {
        let handed = stream.parent.as_ref().and_then(|grand| {
            let (_, field) = grand.parameters.iter().find(|(name, _)| *name == parameter.name)?;
            grand.include.iter().find(|(_, known)| known == field).map(|(name, _)| name.clone())
        });
        let given = stream.parameters.iter().any(|given| given.parameter == parameter.name);
        match handed {
            Some(name) => guess.parameters.push((parameter.name.clone(), name)),
            None if given => {}
            None => return None,
        }
    }
    Some((*index, guess))
}

/// The name under which a record is stored with what its parent is known by: the parameter's, unless the record has a field that is called so.
fn included(api: &Api, record: TypeRef, parent: &str, parameter: &str) -> String {
    let own = config_name(parameter);
    let of_parent: Vec<String> = parent.split('_').map(words::singular).collect();
    let object = object(&api.types, record).map(|(_, object)| object);
    let free = |name: &String| object.is_none_or(|object| object.field(name).is_none());
    let names = [own.clone(), format!("{}_{own}", of_parent.join("_")), format!("parent_{own}")];
    names.into_iter().find(free).unwrap_or(own)
}

/// The field of a parent's record that a parameter names: its own name, or what is left of it without the name of what the parent is.
fn parent_field(api: &Api, parent: &Candidate<'_, '_, '_>, parameter: &str) -> Option<String> {
    let (_, object) = object(&api.types, parent.record)?;
    let resource = resource(&parent.list.shape.operation.head.path);
    // `ticket_id` is the `id` of a ticket, as `{id}` is.
    let named = named(object, &resource, parameter, &|field| scalar(&api.types, field.type_ref.id));
    let named = named.map(|field| written(std::slice::from_ref(&field.name)));
    let own = parent.key.as_ref().map(|key| key.path.clone());
    // `{ticket}` is what identifies a ticket; behind `/linode/instances`, `{linodeId}` is what identifies an instance.
    let owner: Vec<String> = words::words(&resource).iter().map(|word| words::singular(word)).collect();
    let wanted = words::words(parameter);
    let is_owner = wanted.iter().all(|word| owner.contains(&words::singular(word)))
        || wanted.last().is_some_and(|last| {
            matches!(last.as_str(), "id" | "uuid" | "identifier" | "sid" | "guid" | "key" | "pk")
        });
    named.or_else(|| own.filter(|_| is_owner))
}
