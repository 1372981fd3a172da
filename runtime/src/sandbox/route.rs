//! Which operation a request means, and what the sandbox plays for it.

use percent_encoding::percent_decode_str;

use crate::contract::{
    Contract, Download, FieldShape, Job, JobOperation, Media, Method, ObjectShape, Operation, Parent,
    Partition, Path, Shape, Slices, Source, Strategy, Stream, Window,
};

use super::dataset::{DataSet, Stamp};
use super::tree::{bare, shape_at};

/// The usual key.
const ID: Path = &["id"];

/// What an operation does with a data set, which is told by its index.
#[derive(Clone, Copy)]
pub(super) enum Play {
    /// Serves its pages.
    List { set: usize, stamp: Option<Stamp> },
    /// Serves one record.
    Read { set: usize },
    /// Adds a record.
    Create { set: usize },
    /// Changes a record.
    Update { set: usize },
    /// Deletes a record.
    Delete { set: usize },
    /// Serves all records that are asked for in one body of another format.
    Body { set: usize, stamp: Option<Stamp> },
    /// Creates a job.
    CreateJob { job: &'static Job, set: usize, stamp: Option<Stamp> },
    /// Tells a job's state.
    PollJob { job: &'static Job },
    /// Serves what a job made.
    Download { set: usize, of: &'static JobOperation },
    /// Nothing that is known: it serves a sample of its response.
    Sample,
}

/// One operation with its path taken apart.
pub(super) struct Route {
    pub(super) operation: &'static Operation,
    pub(super) stream: Option<&'static Stream>,
    pub(super) play: Play,
    /// Status of its success.
    pub(super) status: u16,
    /// Encoding of that answer.
    pub(super) media: Media,
    /// Shape of that answer, if it has a body.
    pub(super) answer: Option<Shape>,
    /// The property of the answer that holds the record, where it is not the record itself.
    pub(super) wrapper: Option<&'static str>,
    /// The field of the record that the last path parameter names.
    pub(super) lookup: Option<&'static [&'static str]>,
    parts: Vec<Part>,
}

enum Part {
    Text(&'static str),
    Parameter,
}

/// All operations of a contract, and the data sets they share.
///
/// Where a list has no pages, its records come in one answer, so there are no more of them than `largest`.
pub(super) fn routes(
    contract: &'static Contract,
    seed: u64,
    records: u64,
    largest: u64,
) -> (Vec<Route>, Vec<DataSet>) {
    let mut sets: Vec<DataSet> = Vec::new();
    let mut routes: Vec<Route> =
        contract.operations.iter().map(|operation| route(contract, operation)).collect();
    for stream in contract.streams {
        other_source(stream, &mut routes, &mut sets, seed, records.min(largest));
    }
    // Paged lists first: they say how many records a resource may have.
    for paged in [true, false] {
        let is_next = |route: &&mut Route| {
            route.operation.paging.is_some() == paged && matches!(route.play, Play::Sample)
        };
        for route in routes.iter_mut().filter(is_next) {
            let Some((name, shape)) = resource(route) else { continue };
            let set = sets.iter().position(|set| set.name == name).unwrap_or_else(|| {
                let records = if paged { records } else { records.min(largest) };
                sets.push(DataSet::new(name, shape, seed, records));
                sets.len() - 1
            });
            route.play = Play::List { set, stamp: None };
        }
    }
    for route in &mut routes {
        let Play::List { set: at, .. } = route.play else { continue };
        let Some(set) = sets.get_mut(at) else { continue };
        let keys = route.stream.map_or(&[][..], |stream| stream.key);
        let listed = route.operation.paging.as_ref().map_or(&[][..], |paging| paging.key);
        keys.iter().chain(listed).for_each(|path| set.identify(path));
        if let Some(Strategy::LastId { field, .. }) =
            route.operation.paging.as_ref().map(|paging| &paging.strategy)
        {
            set.identify(field);
        }
        // Two records with one id would be two only in a fake.
        if shape_at(&set.shape, ID).is_some_and(|id| matches!(bare(&id), Shape::Integer | Shape::String(_))) {
            set.identify(ID);
        }
        let cursor = route.stream.and_then(|stream| stream.cursor.as_ref()).map(|cursor| cursor.field);
        let field = cursor.or(route.window().map(|window| window.field));
        route.play = Play::List { set: at, stamp: field.map(|field| set.stamp(field)) };
    }
    for (position, parent) in parents(contract, &routes) {
        let set = routes
            .get(position)
            .and_then(|route| if let Play::List { set, .. } = route.play { Some(set) } else { None });
        if let Some(set) = set.and_then(|set| sets.get_mut(set)) {
            parent.fields().for_each(|path| set.identify(path));
        }
    }
    let lists: Vec<(&str, usize)> = routes
        .iter()
        .filter_map(|route| match route.play {
            Play::List { set, .. } => Some((route.operation.path, set)),
            _ => None,
        })
        .collect();
    for route in &mut routes {
        single(route, &lists, &mut sets);
    }
    (routes, sets)
}

/// The operations of a stream whose records are no pages of JSON.
fn other_source(
    stream: &'static Stream,
    routes: &mut [Route],
    sets: &mut Vec<DataSet>,
    seed: u64,
    records: u64,
) {
    if let Source::Pages = stream.source {
        return;
    }
    let mut set = DataSet::new(stream.name, bare(&stream.shape), seed, records);
    stream.key.iter().for_each(|path| set.identify(path));
    let window = stream.slices.as_ref().and_then(|slices| slices.window.as_ref());
    let field = stream.cursor.as_ref().map(|cursor| cursor.field).or(window.map(|window| window.field));
    let stamp = field.map(|field| set.stamp(field));
    sets.push(set);
    let set = sets.len() - 1;
    let mut play = |operation: &Operation, play: Play| {
        for route in routes.iter_mut().filter(|route| route.operation.id == operation.id) {
            (route.play, route.stream) = (play, Some(stream));
        }
    };
    match &stream.source {
        Source::Pages => {}
        Source::Bodies(_) => play(stream.operation, Play::Body { set, stamp }),
        Source::Job(job) => {
            play(stream.operation, Play::CreateJob { job, set, stamp });
            play(job.poll.operation, Play::PollJob { job });
            if let Download::Operation(download) = &job.download {
                play(download.operation, Play::Download { set, of: download });
            }
        }
    }
}

/// The route that lists the parents of each stream that has some, and how the stream asks by them.
fn parents(contract: &'static Contract, routes: &[Route]) -> Vec<(usize, &'static Parent)> {
    let of = |stream: &'static Stream| match &stream.slices.as_ref()?.partition {
        Partition::Parent(parent) => {
            let operation = contract.stream(parent.stream)?.operation.id;
            Some((routes.iter().position(|route| route.operation.id == operation)?, parent))
        }
        Partition::Whole | Partition::Each(_) => None,
    };
    contract.streams.iter().filter_map(of).collect()
}

fn route(contract: &'static Contract, operation: &'static Operation) -> Route {
    let streams = || contract.streams.iter().filter(|stream| stream.operation.id == operation.id);
    let success = operation.responses.iter().find(|response| response.from <= 299 && response.to >= 200);
    let status = match success.map_or(0, |response| response.from) {
        status @ 200..=299 => status,
        _ => 200,
    };
    Route {
        operation,
        stream: streams()
            .find(|stream| stream.cursor.is_some() || stream.slices.is_some())
            .or_else(|| streams().next()),
        play: Play::Sample,
        status,
        media: success.map_or(Media::Empty, |answer| answer.media),
        answer: success.filter(|answer| answer.media != Media::Empty).map(|answer| answer.shape),
        wrapper: None,
        lookup: None,
        parts: parts(operation.path),
    }
}

/// Name and shape of the records that an operation lists.
fn resource(route: &Route) -> Option<(&'static str, Shape)> {
    let path = route.records()?;
    let listed = route.answer.and_then(|answer| match bare(&shape_at(&answer, path)?) {
        Shape::Array(item) => Some(bare(item)),
        _ => None,
    });
    let shape = route.stream.map(|stream| bare(&stream.shape)).or(listed)?;
    Some((name(&shape).unwrap_or(route.operation.id), shape))
}

fn name(shape: &Shape) -> Option<&'static str> {
    match bare(shape) {
        Shape::Object(object) => Some(object.name),
        Shape::Union(union) => Some(union.name),
        _ => None,
    }
}

/// Finds what an operation on one record does.
fn single(route: &mut Route, lists: &[(&'static str, usize)], sets: &mut [DataSet]) {
    if !matches!(route.play, Play::Sample) {
        return;
    }
    let (parent, parameter) = match route.operation.path.rsplit_once('/') {
        Some((parent, last)) => (parent, last.split_once('{').and_then(|(_, rest)| rest.split_once('}'))),
        None => return,
    };
    let of_path = |path: &str| lists.iter().find(|(list, _)| stem(list) == stem(path)).map(|(_, set)| *set);
    let of_answer = route.answer.and_then(|answer| holder(&answer, sets));
    let method = route.operation.method;
    let is_item = parameter.is_some();
    let by_path = of_path(if is_item { parent } else { route.operation.path });
    let Some(set) = of_answer.map(|(set, _)| set).or(by_path) else { return };
    route.wrapper = match of_answer {
        Some((_, wrapper)) => wrapper,
        None => route.answer.and_then(|answer| only_object(&answer)),
    };
    route.play = match (method, is_item) {
        (Method::Get, true) => Play::Read { set },
        (Method::Put | Method::Patch | Method::Post, true) => Play::Update { set },
        (Method::Delete, true) => Play::Delete { set },
        (Method::Post, false) if by_path.is_some() => Play::Create { set },
        _ => return,
    };
    if matches!(route.play, Play::Create { .. })
        && route.operation.responses.iter().any(|known| known.from == 201)
    {
        route.status = 201;
    }
    if let (Some((name, _)), Some(set)) = (parameter, sets.get_mut(set)) {
        let declared = route.operation.parameters.iter().find(|known| known.name == name);
        let is_text = declared.is_some_and(|known| matches!(bare(&known.shape), Shape::String(_)));
        route.lookup = lookup(set, name, is_text, by_path.is_some());
        match route.lookup {
            Some(path) => set.identify(path),
            // The parameter names something else: `{repo}` of a list by organisation. A sample is the better answer than 404.
            None => route.play = Play::Sample,
        }
    }
}

/// A list's path without what formats add: `/tickets` of `/tickets.json`.
fn stem(path: &str) -> &str {
    path.strip_suffix(".json").unwrap_or(path)
}

/// The data set whose record a shape holds, itself or in one property.
fn holder(answer: &Shape, sets: &[DataSet]) -> Option<(usize, Option<&'static str>)> {
    let position = |shape: &Shape| {
        let name = name(shape)?;
        sets.iter().position(|set| set.name == name)
    };
    if let Some(set) = position(answer) {
        return Some((set, None));
    }
    let Shape::Object(object) = bare(answer) else { return None };
    // A wrapper has a field or two. In a large object the record is a part of another resource.
    if object.fields.len() > 4 {
        return None;
    }
    object.fields.iter().find_map(|field| Some((position(&field.shape)?, Some(field.name))))
}

/// The property of an object that has no other and holds an object.
fn only_object(answer: &Shape) -> Option<&'static str> {
    match bare(answer) {
        Shape::Object(ObjectShape { fields: [FieldShape { name, shape, .. }], .. }) => {
            matches!(bare(shape), Shape::Object(_) | Shape::Union(_)).then_some(*name)
        }
        _ => None,
    }
}

/// The field that a path parameter names: `{number}` and `{issue_number}` the field `number`. Below a list's own path (`listed`) it is the
/// key otherwise, or, where a text stands for a number, the field that people call the resource by.
fn lookup(set: &DataSet, parameter: &str, is_text: bool, listed: bool) -> Option<Path> {
    let key = set.first_identity().filter(|_| listed);
    let Shape::Object(object) = bare(&set.shape) else { return key };
    let is_whole = |field: &FieldShape| matches!(bare(&field.shape), Shape::Integer);
    let scalars = || {
        let scalar = |field: &&FieldShape| is_whole(field) || matches!(bare(&field.shape), Shape::String(_));
        object.fields.iter().filter(scalar)
    };
    let named =
        |field: &&FieldShape| parameter == field.name || parameter.ends_with(&format!("_{}", field.name));
    if let Some(field) = scalars().filter(named).max_by_key(|field| field.name.len()) {
        return Some(std::slice::from_ref(&field.name));
    }
    let whole_key = key
        .and_then(|path| shape_at(&set.shape, path))
        .is_some_and(|shape| matches!(bare(&shape), Shape::Integer));
    if !(is_text && whole_key) {
        return key;
    }
    let usual = ["login", "username", "slug", "handle", "key", "name"];
    let called =
        usual.iter().find_map(|name| scalars().find(|field| field.name == *name && !is_whole(field)));
    called.map(|field| std::slice::from_ref(&field.name)).or(key)
}

fn parts(path: &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some((text, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else { break };
        parts.push(Part::Text(text));
        parts.push(Part::Parameter);
        rest = after;
    }
    parts.push(Part::Text(rest));
    parts
}

impl Route {
    /// The array of records in the answer of a list.
    pub(super) fn records(&self) -> Option<Path> {
        let paging = self.operation.paging.as_ref();
        paging.and_then(|paging| paging.records).or(self.stream.map(|stream| stream.records))
    }

    pub(super) fn slices(&self) -> Option<&'static Slices> {
        self.stream.and_then(|stream| stream.slices.as_ref())
    }

    pub(super) fn window(&self) -> Option<&'static Window> {
        self.slices().and_then(|slices| slices.window.as_ref())
    }

    /// The place of a path parameter among those of the path.
    pub(super) fn path_parameter(&self, name: &str) -> Option<usize> {
        let mut names = self.operation.path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        names.position(|(known, _)| known == name)
    }

    /// The decoded path parameters, if the path is this operation's.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<String>> {
        let mut values = Vec::new();
        let mut rest = path;
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Text(text) => rest = rest.strip_prefix(text)?,
                Part::Parameter => {
                    let segment = rest.find('/').unwrap_or(rest.len());
                    // A parameter ends where the text after it stands, or with its segment.
                    let end = match parts.peek() {
                        Some(Part::Text(text)) if !text.is_empty() => {
                            rest.get(..)?.find(text).filter(|end| *end <= segment)?
                        }
                        _ => segment,
                    };
                    let value = rest.get(..end).filter(|value| !value.is_empty())?;
                    values.push(percent_decode_str(value).decode_utf8_lossy().into_owned());
                    rest = rest.get(end..)?;
                }
            }
        }
        rest.is_empty().then_some(values)
    }

    /// How much of its path is literal: `/tickets/count` goes before `/tickets/{id}`.
    pub(super) fn weight(&self) -> usize {
        self.parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 }).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Base, Security};

    #[test]
    fn paths_match_their_templates() {
        let table: [(&'static str, &str, Option<&[&str]>); 8] = [
            ("/a", "/a", Some(&[])),
            ("/a", "/a/", None),
            ("/a/{x}", "/a/1%2F2", Some(&["1/2"])),
            ("/a/{x}", "/a/", None),
            ("/a/{x}", "/a/1/b", None),
            ("/a/{x}.json", "/a/12.json", Some(&["12"])),
            ("/{o}/{r}/issues", "/me/it/issues", Some(&["me", "it"])),
            ("/compare/{base}...{head}", "/compare/a...b", Some(&["a", "b"])),
        ];
        static OPERATION: Operation = Operation {
            id: "x",
            method: Method::Get,
            path: "/",
            tag: "",
            parameters: &[],
            base: Base::Server,
            body: None,
            other_bodies: &[],
            responses: &[],
            reads: true,
            idempotent: true,
            idempotency_key: None,
            security: Security::None,
            paging: None,
            limits: &[],
        };
        for (template, path, expected) in table {
            let route = Route {
                operation: &OPERATION,
                stream: None,
                play: Play::Sample,
                status: 200,
                media: Media::Json,
                answer: None,
                wrapper: None,
                lookup: None,
                parts: parts(template),
            };
            let expected = expected.map(|values| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>());
            assert_eq!(route.matches(path), expected, "`{path}` against `{template}`");
        }
    }
}
