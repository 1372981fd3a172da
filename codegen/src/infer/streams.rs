//! Streams: which lists could be synced, by what their records are known, what tells a later run where to go on, and where a list needs
//! what another one holds.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::cursor::{self, CursorGuess, WindowGuess};
use super::keys::{FoundKey, Requirement, key, object, scalar};
use super::paging::{List, PagingKind, written};
use super::shape::{Shape, resource};
use super::words;
use super::{Confidence, Undecided};
use crate::model::{Api, Parameter, ParameterLocation, TypeRef};
use crate::plan::path::alternatives;

/// Config values that every connector has.
const TAKEN: [&str; 3] = ["environment", "base_url", "auth_method"];

/// A stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamGuess {
    /// Its name.
    pub name: String,
    /// Id of the operation that lists its records.
    pub operation: String,
    /// Path of the records.
    pub records: String,
    /// Paths of its key.
    pub key: Vec<String>,
    /// What the document does not say of the key, so that an overlay has to.
    pub key_assumed: Vec<Requirement>,
    /// How a later run reads only what is new.
    pub cursor: Option<CursorGuess>,
    /// The stream by whose records it is read.
    pub parent: Option<ParentGuess>,
    /// Windows of time that it could be read by.
    pub window: Option<WindowGuess>,
    /// Parameters that get config values.
    pub parameters: Vec<ValueGuess>,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// What speaks for it.
    pub reason: String,
    /// Why it is proposed as a comment only.
    pub held_back: Option<String>,
}

/// A parameter that gets a config value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueGuess {
    /// Its name on the wire.
    pub parameter: String,
    /// The config value.
    pub config: String,
    /// What it is.
    pub description: String,
    /// What the document takes for it by itself: its default, or the only value that it lists.
    pub default: Option<String>,
}

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

/// One list on its way to a stream.
struct Candidate<'l, 's, 'a> {
    list: &'l List<'s, 'a>,
    record: TypeRef,
    key: Option<FoundKey>,
    /// Parameters of the path, in its order.
    in_path: Vec<&'a Parameter>,
}

pub(super) fn streams(
    api: &Api,
    shapes: &[Shape<'_>],
    lists: &[List<'_, '_>],
    undecided: &mut Vec<Undecided>,
) -> Vec<StreamGuess> {
    let _ = shapes;
    let mut candidates: Vec<Candidate<'_, '_, '_>> = Vec::new();
    for list in lists {
        let operation = list.shape.operation;
        let Some(records) = list.shape.records.as_ref() else { continue };
        let (Some(record), false, "GET") = (records.record, records.map, operation.head.method.as_str())
        else {
            continue;
        };
        if operation.deprecated || object(&api.types, record).is_none() {
            continue;
        }
        let mut in_path: Vec<&Parameter> = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.location == ParameterLocation::Path)
            .collect();
        in_path.sort_by_key(|parameter| operation.head.path.find(&format!("{{{}}}", parameter.name)));
        let mut key = key(&api.types, record, &resource(&operation.head.path));
        let own = alternatives(&api.types, record).0.first().map(|id| api.types.get(*id).pointer.as_str());
        for requirement in key.iter_mut().flat_map(|key| &mut key.assumed) {
            if own == Some(requirement.pointer.as_str()) {
                requirement.place = place(list, &records.path);
            }
        }
        candidates.push(Candidate { list, record, key, in_path });
    }
    let common = common_parameters(&candidates);
    let mut names: HashSet<String> = HashSet::new();
    let mut found: Vec<StreamGuess> = Vec::new();
    // Parents have shorter paths than what is below them.
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|at| {
        candidates.get(*at).map(|candidate| candidate.list.shape.operation.head.path.split('/').count())
    });
    let mut by_path: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for at in order {
        let Some(candidate) = candidates.get(at) else { continue };
        let path = candidate.list.shape.operation.head.path.as_str();
        let parent = parent_of(api, &candidates, &found, &by_path, candidate);
        let guess = stream(api, candidate, parent, &common, &mut names);
        by_path.entry(path.trim_end_matches('/')).or_insert((at, found.len()));
        found.push(guess);
    }
    let without_key = found.iter().filter(|stream| stream.key.is_empty()).count();
    if without_key > 0 {
        undecided.push(Undecided {
            about: "streams".to_owned(),
            question: format!("{without_key} lists have records without a field that could be their key; they are no streams"),
        });
    }
    found
}

/// JSON Pointer of the schema of a list's records, where they stand in its operation.
fn place(list: &List<'_, '_>, path: &[String]) -> Option<String> {
    let success = list.shape.operation.success()?;
    let media = crate::source::escape_token(&success.content.as_ref()?.media_type).into_owned();
    let mut pointer = format!("{}/content/{media}/schema", success.pointer);
    for name in path {
        pointer.push_str(&format!("/properties/{}", crate::source::escape_token(name)));
    }
    Some(format!("{pointer}/items"))
}

/// Required parameters that a good part of the lists need: worth a config value of their own.
fn common_parameters(candidates: &[Candidate<'_, '_, '_>]) -> HashSet<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for parameter in candidates.iter().flat_map(|candidate| &candidate.list.shape.operation.parameters) {
        if parameter.required {
            *counts.entry(&parameter.name).or_default() += 1;
        }
    }
    let least = (candidates.len() / 4).max(2);
    // Where every list needs something, what most need is asked for.
    let any = candidates.iter().any(|candidate| {
        candidate.list.shape.operation.parameters.iter().all(|parameter| {
            !parameter.required || counts.get(parameter.name.as_str()).is_some_and(|count| *count >= least)
        })
    });
    let most = counts.values().max().copied().unwrap_or_default();
    let least = if any { least } else { most.max(1) };
    counts.into_iter().filter(|(_, count)| *count >= least).map(|(name, _)| name.to_owned()).collect()
}

/// The stream whose records give the last parameter of a path: `/tickets` for `/tickets/{ticket_id}/comments`.
fn parent_of(
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
        include: vec![(config_name(&last.name), field)],
    };
    // What the parent was given itself is handed on.
    for parameter in child.in_path.iter().rev().skip(1) {
        let name = config_name(&parameter.name);
        let handed =
            stream.parent.as_ref().is_some_and(|grand| grand.include.iter().any(|(known, _)| *known == name));
        let given = stream.parameters.iter().any(|given| given.parameter == parameter.name);
        if handed {
            guess.parameters.push((parameter.name.clone(), name));
        } else if !given {
            return None;
        }
    }
    Some((*index, guess))
}

/// The field of a parent's record that a parameter names: its own name, or what is left of it without the name of what the parent is.
fn parent_field(api: &Api, parent: &Candidate<'_, '_, '_>, parameter: &str) -> Option<String> {
    let (_, object) = object(&api.types, parent.record)?;
    let resource = resource(&parent.list.shape.operation.head.path);
    let owner: Vec<String> = words::words(&resource).iter().map(|word| words::singular(word)).collect();
    let wanted = words::words(parameter);
    let field = |name: &str| {
        object
            .fields
            .iter()
            .find(|field| words::canonical(&field.name) == name && scalar(&api.types, field.type_ref.id))
    };
    // `ticket_id` is the `id` of a ticket, as `{id}` is.
    let rest: Vec<String> =
        wanted.iter().filter(|word| !owner.contains(&words::singular(word))).cloned().collect();
    let rest = rest.join("_");
    let named = Some(rest.as_str()).filter(|rest| !rest.is_empty()).and_then(field);
    let own = parent.key.as_ref().map(|key| key.path.clone());
    let named =
        named.or_else(|| field(&wanted.join("_"))).map(|field| written(std::slice::from_ref(&field.name)));
    // `{ticket}` is what identifies a ticket; behind `/linode/instances`, `{linodeId}` is what identifies an instance.
    let is_owner = rest.is_empty()
        || wanted.last().is_some_and(|last| {
            matches!(last.as_str(), "id" | "uuid" | "identifier" | "sid" | "guid" | "key")
        });
    named.or_else(|| own.filter(|_| is_owner))
}

fn stream(
    api: &Api,
    candidate: &Candidate<'_, '_, '_>,
    parent: Option<(usize, ParentGuess)>,
    common: &HashSet<String>,
    names: &mut HashSet<String>,
) -> StreamGuess {
    let shape = candidate.list.shape;
    let operation = shape.operation;
    let paging = &candidate.list.guess.paging;
    let mut held_back: Option<String> = None;
    let mut hold = |reason: String| {
        held_back.get_or_insert(reason);
    };
    let parent = parent.map(|(_, guess)| guess);
    let filled: HashSet<&str> =
        parent.iter().flat_map(|parent| parent.parameters.iter().map(|(name, _)| name.as_str())).collect();
    let mut parameters = Vec::new();
    let mut needs_values = Vec::new();
    let paged = [paging.parameter.as_deref(), paging.size.as_ref().map(|size| size.name.as_str())];
    let leads: Vec<&str> = paged.iter().flatten().copied().chain(paging.before.as_deref()).collect();
    let record = object(&api.types, candidate.record).map(|(_, object)| object);
    let cursor = record.and_then(|record| cursor::cursor(&api.types, record, operation, &leads));
    let window = record.and_then(|record| cursor::window(&api.types, record, operation, &leads));
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        let by_paging = paged.contains(&Some(parameter.name.as_str()));
        let by_cursor = cursor.as_ref().is_some_and(|cursor| cursor.parameter == parameter.name);
        if filled.contains(parameter.name.as_str()) || by_paging || by_cursor {
            continue;
        }
        let default = shape.defaults.iter().find(|(name, _)| *name == parameter.name);
        let default = default.map(|(_, value)| value.clone());
        if !common.contains(&parameter.name) && default.is_none() {
            needs_values.push(parameter.name.clone());
        }
        parameters.push(ValueGuess {
            parameter: parameter.name.clone(),
            config: config_name(&parameter.name),
            description: one_line(parameter.description.as_deref(), &parameter.name),
            default,
        });
    }
    if let Some(first) = needs_values.first() {
        hold(format!("needs a value for `{first}`, which no other stream gives"));
    }
    if is_index(&operation.head.path) {
        hold("its path names no resource: it lists what the API has, and no records of it".to_owned());
    }
    if candidate.key.is_none() {
        hold("no field of its records could be their key".to_owned());
    }
    if candidate.key.as_ref().is_some_and(|key| key.doubtful) {
        hold("its key is a guess, and the document does not say that it is always there".to_owned());
    }
    if paging.confidence == Confidence::Low {
        hold(format!("its paging is uncertain: {}", paging.reason));
    }
    if operation.bodies.body.as_ref().is_some_and(|body| body.required) {
        hold("it needs a request body".to_owned());
    }
    if !candidate.list.shape.records_sure
        && !matches!(
            paging.kind,
            PagingKind::Cursor
                | PagingKind::NextUrl
                | PagingKind::Page
                | PagingKind::Offset
                | PagingKind::LinkHeader
        )
    {
        hold(format!("where its records stand is uncertain: {}", shape.records_reason));
    }
    // Each generation multiplies the requests.
    let depth = operation.head.path.matches('{').count();
    if parent.as_ref().is_some_and(|parent| parent.parameters.len() > 1) {
        hold("a list for each record of a list for each record: many requests".to_owned());
    }
    let mut key: Vec<String> = candidate.key.iter().map(|key| key.path.clone()).collect();
    if let (Some(parent), Some(found)) = (&parent, &candidate.key)
        && !found.global
    {
        key = parent.include.iter().map(|(name, _)| name.clone()).chain(key).collect();
    }
    let assumed = candidate.key.iter().flat_map(|key| key.assumed.clone()).collect::<Vec<_>>();
    let confidence = match (&held_back, !assumed.is_empty(), candidate.list.shape.records_sure) {
        (Some(_), ..) => Confidence::Low,
        (None, false, true) if paging.confidence == Confidence::High || paging.kind == PagingKind::None => {
            Confidence::High
        }
        _ => Confidence::Medium,
    };
    let mut reason = shape.records_reason.clone();
    if let Some(found) = &candidate.key {
        reason.push_str(&match !found.assumed.is_empty() {
            true => format!("; `{}` identifies a record by its name, though the document does not say that it is always there", found.path),
            false => format!("; `{}` identifies a record by its name and is always there", found.path),
        });
    }
    StreamGuess {
        name: name(&operation.head.path, depth, names),
        operation: operation.head.id.clone(),
        records: candidate.list.guess.record_path.clone().unwrap_or_else(|| ".".to_owned()),
        key,
        key_assumed: assumed,
        cursor,
        window,
        parent,
        parameters,
        confidence,
        reason,
        held_back,
    }
}

/// Whether a path is that of an API or of a version of it, as `/apis/batch/v1/` is: below it are resources.
fn is_index(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let version = || {
        let number = last.strip_prefix('v').unwrap_or_default();
        let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < number.len()
            && (rest.is_empty()
                || rest.starts_with(['.', '-'])
                || rest.starts_with("alpha")
                || rest.starts_with("beta"))
    };
    matches!(last, "" | "api" | "apis" | "rest") || version()
}

/// A name of a config value.
pub(super) fn config_name(name: &str) -> String {
    let mut name: String = words::canonical(name).chars().filter(char::is_ascii).collect();
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.insert_str(0, "value_");
    }
    if TAKEN.contains(&name.as_str()) || name.ends_with("_base_url") {
        name.push_str("_value");
    }
    name.trim_end_matches('_').to_owned()
}

/// The first sentence of a description in one line.
pub(super) fn one_line(text: Option<&str>, otherwise: &str) -> String {
    let text = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let first = text.split_inclusive(". ").next().unwrap_or_default().trim();
    let clean: String = first.chars().filter(|c| !c.is_control()).take(160).collect();
    if clean.is_empty() { format!("Value of the parameter `{otherwise}`.") } else { clean }
}

/// A stream's name: the last words of its path that are no parameters, as few as tell it from the others.
fn name(path: &str, _depth: usize, names: &mut HashSet<String>) -> String {
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.contains('{'))
        .map(|segment| config_name(&resource(segment)))
        .filter(|segment| !segment.is_empty())
        .collect();
    let candidates = (1..=segments.len())
        .map(|count| segments.iter().skip(segments.len() - count).cloned().collect::<Vec<_>>().join("_"));
    let numbered = (2..).map(|number| format!("{}_{number}", segments.last().map_or("list", String::as_str)));
    // Names that differ in `_` alone are the same type.
    let plain = |name: &str| name.replace('_', "");
    for name in candidates.chain(numbered) {
        if crate::manifest::text::is_name(&name, '_') && names.insert(plain(&name)) {
            return name;
        }
    }
    String::new()
}
