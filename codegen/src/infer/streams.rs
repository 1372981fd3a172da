//! Streams: which lists could be synced, by what their records are known, and what tells a later run where to go on.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use super::cursor::{self, CursorGuess, WindowGuess};
use super::keys::{FoundKey, Hints, Requirement, everywhere, key, object};
use super::paging::{List, PagingGuess, PagingKind};
use super::parents::{ParentGuess, parent_of};
use super::shape::{is_verb, resource};
use super::words;
use super::{Confidence, Undecided};
use crate::model::{Api, Field, Media, Operation, Parameter, ParameterLocation, TypeId, TypeKind, TypeRef};
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
    /// Whether its request has to have a body, and an empty one is all that is known.
    pub body: bool,
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

/// One list on its way to a stream.
pub(super) struct Candidate<'l, 's, 'a> {
    pub(super) list: &'l List<'s, 'a>,
    pub(super) record: TypeRef,
    pub(super) key: Option<FoundKey>,
    /// Parameters of the path, in its order.
    pub(super) in_path: Vec<&'a Parameter>,
}

pub(super) fn streams(api: &Api, lists: &[List<'_, '_>], undecided: &mut Vec<Undecided>) -> Vec<StreamGuess> {
    let own_ids = own_ids(api, lists);
    let mut candidates: Vec<Candidate<'_, '_, '_>> = Vec::new();
    for list in lists {
        let operation = list.shape.operation;
        let (records, record) = match recorded(api, list) {
            Ok(found) => found,
            Err(why) => {
                undecided.push(Undecided::new(&list.guess.operation, why));
                continue;
            }
        };
        let mut in_path: Vec<&Parameter> = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.location == ParameterLocation::Path)
            .collect();
        in_path.sort_by_key(|parameter| operation.head.path.find(&format!("{{{}}}", parameter.name)));
        let hints = Hints {
            resource: resource(&operation.head.path),
            of_one: of_one(api, &operation.head.path),
            everywhere: own_ids.clone(),
        };
        let mut key = key(&api.types, record, &hints);
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
        let mut guess = stream(api, candidate, parent, &common, &mut names);
        // `POST /tickets/search` gives nothing that `GET /tickets` does not.
        let whole = path.rsplit_once('/').filter(|(_, last)| is_verb(last)).map(|(whole, _)| whole);
        let listed = whole.and_then(|whole| by_path.get(whole)).and_then(|(_, index)| found.get(*index));
        if let Some(listed) = listed.filter(|listed| {
            listed.held_back.is_none() && candidate.list.shape.operation.head.method == "POST"
        }) {
            guess.held_back.get_or_insert(format!("a search in what `{}` lists whole", listed.name));
        }
        by_path.entry(path.trim_end_matches('/')).or_insert((at, found.len()));
        found.push(guess);
    }
    found
}

/// Where the records of a list stand and what one is, or why no stream can be made of it.
fn recorded<'l>(
    api: &Api,
    list: &'l List<'_, '_>,
) -> Result<(&'l crate::infer::shape::Records, TypeRef), &'static str> {
    let operation = list.shape.operation;
    let records = list.shape.records.as_ref();
    let records = records.ok_or("no stream: the document does not say where its records stand")?;
    if records.map {
        return Err("no stream: its records are the values of a map, which no manifest can name");
    }
    if operation.deprecated {
        return Err("no stream: it is deprecated");
    }
    let record = records.record.ok_or("no stream: the document does not say what its records hold")?;
    if object(&api.types, record).is_some() {
        return Ok((records, record));
    }
    let (kinds, _) = alternatives(&api.types, record);
    let plain = |id: &TypeId| {
        !matches!(api.types.get(*id).kind, TypeKind::Any | TypeKind::Map(_) | TypeKind::Object(_))
    };
    Err(match kinds.as_slice() {
        [] => "no stream: the document does not say what its records hold",
        kinds if kinds.iter().all(plain) => "no stream: its records are plain values, which have no key",
        [_] => "no stream: the document does not say what its records hold",
        _ => "no stream: its records are of several kinds, which have no common key",
    })
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
    let mut behind: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for candidate in candidates {
        let operation = candidate.list.shape.operation;
        for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
            *counts.entry(&parameter.name).or_default() += 1;
            if parameter.location == ParameterLocation::Path {
                let path = operation.head.path.as_str();
                let before = path.split(&format!("{{{}}}", parameter.name)).next().unwrap_or_default();
                let segment = before.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                behind.entry(&parameter.name).or_default().insert(segment);
            }
        }
    }
    // The `id` of one thing is not that of another.
    counts.retain(|name, _| behind.get(name).is_none_or(|segments| segments.len() < 2));
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

/// The parameter behind the path of a list that leads to one of its records.
fn of_one(api: &Api, list: &str) -> Option<String> {
    let list = list.trim_end_matches('/');
    api.operations.iter().find_map(|operation| {
        let rest = operation.head.path.trim_end_matches('/').strip_prefix(list)?;
        let name = rest.strip_prefix("/{")?.strip_suffix('}')?;
        (!name.contains(['/', '{'])).then(|| name.to_owned())
    })
}

/// What the API calls all of its identifiers, where that is none of the usual names.
fn own_ids(api: &Api, lists: &[List<'_, '_>]) -> Vec<String> {
    let mut of_paths: Vec<String> = Vec::new();
    for operation in &api.operations {
        for word in words::words(&operation.head.path) {
            let word = words::singular(&word);
            if !of_paths.contains(&word) {
                of_paths.push(word);
            }
        }
    }
    let records: Vec<(TypeRef, String)> = lists
        .iter()
        .filter_map(|list| {
            let record = list.shape.records.as_ref()?.record?;
            Some((record, resource(&list.shape.operation.head.path)))
        })
        .collect();
    everywhere(&api.types, &records, &of_paths)
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
    let body = match body(api, operation, paging, cursor.as_ref()) {
        Ok(body) => body,
        Err(reason) => {
            hold(reason);
            false
        }
    };
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
        name: name(&operation.head.path, names),
        operation: operation.head.id.clone(),
        records: candidate.list.guess.record_path.clone().unwrap_or_else(|| ".".to_owned()),
        key,
        key_assumed: assumed,
        cursor,
        window,
        parent,
        parameters,
        body,
        confidence,
        reason,
        held_back,
    }
}

/// Whether a stream has to say an empty body, or why it has to say more than is known.
fn body(
    api: &Api,
    operation: &Operation,
    paging: &PagingGuess,
    cursor: Option<&CursorGuess>,
) -> Result<bool, String> {
    let Some(body) = &operation.bodies.body else { return Ok(false) };
    let size = paging.size.as_ref().filter(|size| size.in_body && size.value().is_some());
    let first = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
    // A token is first sent with the second page.
    let leads = paging
        .parameter
        .as_ref()
        .filter(|_| paging.in_body && matches!(paging.kind, PagingKind::Page | PagingKind::Offset));
    // One that the body has to have has a value in the first run too.
    let cursor =
        cursor.filter(|cursor| cursor.in_body && cursor.required && cursor.confidence > Confidence::Low);
    let filled: Vec<String> = size
        .map(|size| first(&size.name))
        .into_iter()
        .chain(leads.map(|name| first(name)))
        .chain(cursor.map(|cursor| first(&cursor.parameter)))
        .collect();
    if !matches!(body.content.media, Media::Json | Media::Form) {
        return match body.required {
            true => Err(format!("it needs a request body of `{}`", body.content.media_type)),
            false => Ok(false),
        };
    }
    let missing: Vec<String> = match alternatives(&api.types, body.content.type_ref).0.as_slice() {
        [only] => match &api.types.get(*only).kind {
            TypeKind::Object(object) => {
                let lacks = |field: &&Field| field.required && !filled.contains(&field.name);
                object.fields.iter().filter(lacks).map(|field| format!("`{}`", field.name)).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let asked = body.required || !filled.is_empty();
    if asked && !missing.is_empty() {
        return Err(format!(
            "its request body requires {}: say it in the stream's `body`",
            missing.join(", ")
        ));
    }
    Ok(body.required && filled.is_empty())
}

/// Whether a path is that of an API or of a version of it, as `/apis/batch/v1/` is: below it are resources.
fn is_index(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    // Below something, `/branches/{branch}/apis` lists the APIs that it has.
    !path.contains('{') && (last.is_empty() || is_prefix(last))
}

/// Whether a part of a path says of which API, or of which version, what follows is.
fn is_prefix(part: &str) -> bool {
    let number = part.strip_prefix(['v', 'V']).unwrap_or_default();
    let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let version = rest.len() < number.len()
        && (rest.is_empty()
            || rest.starts_with(['.', '-'])
            || rest.starts_with("alpha")
            || rest.starts_with("beta"));
    matches!(part, "api" | "apis" | "rest") || version
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

/// A stream's name: the last words of its path that are no parameters, as few as tell it from the others. What says how the records are read
/// (`/tickets/cursor`) gives way to what they are.
fn name(path: &str, names: &mut HashSet<String>) -> String {
    let words: Vec<&str> = path
        .split('/')
        .filter(|segment| segment.contains(char::is_alphanumeric) && !segment.contains('{'))
        .collect();
    // `/v1/search` searches no `v1`.
    let first = words.iter().position(|segment| !is_prefix(segment)).unwrap_or_default();
    let mut nouns = words.iter().enumerate().skip(first).filter(|(_, segment)| !is_verb(segment));
    let last = nouns.next_back().map_or(words.len(), |(last, _)| last + 1);
    let named = |words: &[&str]| -> Vec<String> {
        let names = words.iter().map(|segment| config_name(&noun(segment)));
        names.filter(|segment| !segment.is_empty()).collect()
    };
    let (segments, all) = (named(words.get(first..last).unwrap_or_default()), named(&words));
    let joined = |segments: &[String], count: usize| {
        segments.iter().skip(segments.len().saturating_sub(count)).cloned().collect::<Vec<_>>().join("_")
    };
    // A verb alone would name nothing.
    let verbs = words.len() - last;
    let candidates = (1..=segments.len())
        .map(|count| joined(&segments, count))
        .chain((verbs + 1..=all.len()).map(|count| joined(&all, count)));
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

/// What a part of a path names, without the verb before it: `getUsers`, `listUsers`. `list-items` may be the items of a list.
fn noun(segment: &str) -> String {
    let own = resource(segment);
    let mut words: Vec<&str> = own.split('_').collect();
    let joined = segment.trim_start_matches("list").starts_with(|c: char| c.is_ascii_uppercase());
    while words.len() > 1
        && words.first().is_some_and(|first| {
            matches!(*first, "get" | "fetch" | "retrieve" | "find") || (*first == "list" && joined)
        })
    {
        words.remove(0);
    }
    words.join("_")
}
