//! Where a stream's records come from: pages, bodies of a format, or a job.

use super::super::operation::{self, list};
use super::super::parameter;
use super::super::path::{Expected, alternatives, describe, follow, follow_to};
use super::super::types::{Download, Format, Job, JobOperation, Path, Source, Target, XmlName};
use super::{Planner, body, written};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::source as section;
use crate::manifest::{self, text};
use crate::model::{FieldXml, Media, Operation, TypeId, TypeKind, TypeRef, Types};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

impl Planner<'_, '_> {
    /// What one record holds, and where records come from.
    pub(super) fn source(&mut self, filled: &[Path]) -> Option<(TypeRef, Source)> {
        let said = self.stream.format.as_ref().map(|format| format.chosen());
        let Some(job) = &self.stream.job else {
            return match said.or_else(|| shown(self.operation)) {
                None | Some(section::Format::Json) => Some((self.record()?, Source::Pages)),
                Some(format) => {
                    let (record, format) = self.format(self.operation, format)?;
                    Some((record, Source::Bodies(format)))
                }
            };
        };
        self.job(job, said, filled)
    }

    /// The columns that the manifest declares.
    pub(super) fn columns(&self) -> Option<&[Spanned<String>]> {
        match self.stream.format.as_ref()?.chosen() {
            section::Format::Csv(csv) => csv.columns.as_deref(),
            _ => None,
        }
    }

    /// A path into a record starts at one of the declared columns.
    pub(super) fn column(&mut self, path: &Spanned<String>) -> Option<()> {
        let Some(columns) = self.columns() else { return Some(()) };
        let names = || columns.iter().map(|name| name.as_str());
        let keys = text::keys(path);
        let first = keys.first()?;
        if names().any(|name| name == first) {
            return Some(());
        }
        let help = match did_you_mean(first, names()) {
            Some(near) => format!("did you mean `{}`?", written(near)),
            None => format!("the columns: {}", list(names())),
        };
        let message = format!("`{first}` is none of the columns that `format` declares");
        self.diagnostics.push(Diagnostic::error(Code::UnknownColumn, message).at(path.span).help(help));
        None
    }

    /// How an operation's body is read, and what a record of it holds.
    fn format(&mut self, operation: &Operation, format: section::Format<'_>) -> Option<(TypeRef, Format)> {
        let response = operation.success();
        let content = response.and_then(|response| response.content.as_ref());
        let items = content.filter(|content| content.media == Media::JsonLines);
        let fits = match format {
            section::Format::Json => content.is_some_and(|content| content.media == Media::Json),
            section::Format::JsonLines => content.is_some_and(|content| {
                matches!(content.media, Media::JsonLines | Media::Text | Media::Bytes)
            }),
            section::Format::Csv(_) | section::Format::Xml => {
                content.is_some_and(|content| matches!(content.media, Media::Text | Media::Bytes))
            }
        };
        if !fits {
            let id = &operation.head.id;
            let answers = content.map_or("no body".to_owned(), |content| format!("`{}`", content.media_type));
            self.diagnostics.push(
                Diagnostic::error(
                    Code::FormatDiffers,
                    format!("`{id}` answers {answers}, says the document, and no {}", format.name()),
                )
                .at(self.stream.operation.span)
                .help(
                    "leave `format` out where the answer is JSON; else correct the document with an overlay",
                ),
            );
            return None;
        }
        let record = response.and_then(|response| response.record);
        Some(match format {
            section::Format::Json => (self.any, Format::Json),
            section::Format::JsonLines => (items.map_or(self.any, |items| items.type_ref), Format::JsonLines),
            section::Format::Csv(csv) => (record.unwrap_or(self.any), dialect(csv)),
            section::Format::Xml => {
                let path = text::keys(&self.stream.records);
                let record = match record {
                    Some(root) => self.element(root)?,
                    None => self.any,
                };
                let names = xml_names(&self.api.types, record);
                (record, Format::Xml { record: path, names })
            }
        })
    }

    /// The type of the elements at `records`, from that of the root.
    fn element(&mut self, root: TypeRef) -> Option<TypeRef> {
        let types = &self.api.types;
        let segments = text::path(&self.stream.records).unwrap_or_default();
        let mut current = item(types, root);
        for segment in segments.iter().skip(1) {
            let (kinds, _) = alternatives(types, current);
            let mut names = Vec::new();
            let mut found = None;
            for id in kinds {
                match &types.get(id).kind {
                    TypeKind::Any => return Some(self.any),
                    TypeKind::Object(object) => {
                        for field in &object.fields {
                            let name = field.xml.as_ref().map_or(&field.name, |xml| &xml.name);
                            names.push(name.clone());
                            if *name == segment.key {
                                let wrapped = field.xml.as_ref().is_some_and(|xml| xml.wrapped);
                                found =
                                    Some(if wrapped { field.type_ref } else { item(types, field.type_ref) });
                            }
                        }
                    }
                    // The element around a list: its items may be named as they like.
                    TypeKind::Array(items) => found = Some(*items),
                    _ => {}
                }
            }
            let Some(next) = found else {
                let help = match did_you_mean(&segment.key, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("elements there: {}", list(names.iter().map(String::as_str))),
                };
                let message =
                    format!("no element `{}` stands in {}", segment.key, describe(types, current.id));
                self.diagnostics.push(
                    Diagnostic::error(Code::PathNotFound, message)
                        .at(text::part(&self.stream.records, &segment.range))
                        .help(help),
                );
                return None;
            };
            current = next;
        }
        Some(TypeRef { nullable: false, ..current })
    }

    fn job(
        &mut self,
        job: &section::Job,
        said: Option<section::Format<'_>>,
        filled: &[Path],
    ) -> Option<(TypeRef, Source)> {
        let types = &self.api.types;
        let body_of_create = self.answer(self.operation, &self.stream.operation);
        let id = body_of_create.and_then(|body| self.place(body, &job.id, Expected::Token));
        let poll = self.job_operation(&job.poll.operation, &job.poll.parameter);
        let places = poll.as_ref().and_then(|poll| {
            let operation = self.api.operations.get(poll.operation)?;
            self.asks_only(poll.operation, operation, job);
            let answer = self.answer(operation, &job.poll.operation)?;
            let status = self.place(answer, &job.status, Expected::Token);
            if let Ok(found) = follow(types, answer, &job.status) {
                self.states(&found.types, job);
            }
            let message = match &job.message {
                Some(path) => Some(self.place(answer, path, Expected::Value)?),
                None => None,
            };
            Some((status?, message, answer))
        });
        let body = self.body(job, filled);
        let download = match (&job.download.operation, &job.download.parameter, &job.download.url) {
            (Some(operation), Some(parameter), _) => {
                let found = self.job_operation(operation, parameter)?;
                let operation = self.api.operations.get(found.operation)?;
                let plan = self.operations.get(found.operation)?;
                let (record, format) = match said.or_else(|| shown(operation)) {
                    None | Some(section::Format::Json) => {
                        let Self { api, any, operations, stream, .. } = *self;
                        let diagnostics = &mut *self.diagnostics;
                        let mut other = Planner {
                            manifest: self.manifest,
                            api,
                            any,
                            operations,
                            operation,
                            plan,
                            stream,
                            diagnostics,
                        };
                        (other.record()?, Format::Json)
                    }
                    Some(format) => self.format(operation, format)?,
                };
                Some((record, format, Download::Operation(found)))
            }
            (_, _, Some(url)) => {
                let path = places.as_ref().and_then(|(_, _, answer)| self.url(*answer, url));
                let format = match said {
                    None | Some(section::Format::Json) => Format::Json,
                    Some(section::Format::JsonLines) => Format::JsonLines,
                    Some(section::Format::Csv(csv)) => dialect(csv),
                    Some(section::Format::Xml) => {
                        Format::Xml { record: text::keys(&self.stream.records), names: Vec::new() }
                    }
                };
                path.map(|path| (self.any, format, Download::Url(path)))
            }
            _ => None,
        };
        let (status, message, _) = places?;
        let (record, format, download) = download?;
        let time = |said: &Option<Spanned<String>>, default: &str| {
            let text = said.as_ref().map_or(default, |text| text.as_str());
            text::milliseconds(text).unwrap_or(u64::MAX)
        };
        let texts = |all: &[Spanned<String>]| all.iter().map(|text| text.value.clone()).collect();
        let job = Job {
            body: body?,
            id: id?,
            poll: poll?,
            status,
            done: texts(&job.done),
            failed: texts(&job.failed),
            message,
            interval_milliseconds: time(&job.interval, manifest::INTERVAL),
            timeout_milliseconds: time(&job.timeout, manifest::TIMEOUT),
            download,
            origins: texts(&job.download.origins),
            format,
        };
        Some((record, Source::Job(Box::new(job))))
    }

    /// What the JSON of an operation's answer holds.
    fn answer(&mut self, operation: &Operation, named: &Spanned<String>) -> Option<TypeRef> {
        let found = body(operation);
        if found.is_none() {
            let message = format!("`{}` answers no JSON", operation.head.id);
            self.diagnostics.push(
                Diagnostic::error(Code::NoJsonResponse, message)
                    .at(named.span)
                    .help("a job's id and its state are read out of a JSON body"),
            );
        }
        found
    }

    fn place(&mut self, body: TypeRef, path: &Spanned<String>, expected: Expected) -> Option<Path> {
        match follow_to(&self.api.types, body, path, expected) {
            Ok(_) => Some(text::keys(path)),
            Err(problem) => {
                self.diagnostics.push(*problem);
                None
            }
        }
    }

    /// The path of a URL: lists on the way are looked into.
    fn url(&mut self, body: TypeRef, path: &Spanned<String>) -> Option<Path> {
        let types = &self.api.types;
        let segments = text::path(path).unwrap_or_default();
        let mut current = item(types, body);
        for segment in &segments {
            let key = Spanned { value: written(&segment.key), span: text::part(path, &segment.range) };
            match follow(types, current, &key) {
                Ok(found) => match found.types.first() {
                    Some(id) => current = item(types, TypeRef::new(*id, false)),
                    None => return Some(text::keys(path)),
                },
                Err(problem) => {
                    self.diagnostics.push(*problem);
                    return None;
                }
            }
        }
        let kind = &types.get(current.id).kind;
        if !matches!(kind, TypeKind::Any | TypeKind::Text(_)) {
            let message = format!("`{}` has to be a URL, and is {}", path.value, describe(types, current.id));
            self.diagnostics.push(
                Diagnostic::error(Code::PathKind, message).at(path.span).help("name a field of that kind"),
            );
            return None;
        }
        Some(text::keys(path))
    }

    /// An operation that is asked about a job, with its other required parameters filled from the stream's.
    fn job_operation(&mut self, named: &Spanned<String>, id: &Spanned<String>) -> Option<JobOperation> {
        let index = operation::find(self.api, named, "the job asks", self.diagnostics)?;
        let found = self.api.operations.get(index)?;
        let Some((id, _)) = found.parameter(id) else {
            self.diagnostics.push(parameter::unknown(found, id, id.span));
            return None;
        };
        let stream = &self.stream.parameters;
        let given = stream.iter().filter_map(|(name, value)| {
            let (at, _) = found.parameter(name).filter(|(at, _)| *at != id)?;
            Some((at, value.value.0.clone()))
        });
        let parameters: Vec<(usize, String)> = given.collect();
        let paging = self.operations.get(index).and_then(|plan| plan.paging.as_ref());
        let size = paging.and_then(|paging| paging.size.as_ref()).map(|(at, _)| at);
        let filled = |at: usize| {
            at == id
                || size == Some(&Target::Parameter(at))
                || parameters.iter().any(|(known, _)| *known == at)
        };
        let missing = found.parameters.iter().enumerate();
        let missing: Vec<&str> = missing
            .filter(|(at, parameter)| parameter.required && !filled(*at))
            .map(|(_, parameter)| parameter.name.as_str())
            .collect();
        if !missing.is_empty() {
            let message =
                format!("`{}` requires {}, which nothing fills", found.head.id, list(missing.into_iter()));
            self.diagnostics.push(Diagnostic::error(Code::ParameterNotFilled, message).at(named.span).help(
                "give it a value in the stream's `parameters`, which fill those of the same name here too",
            ));
            return None;
        }
        Some(JobOperation { operation: index, id, parameters })
    }

    /// Asking for a state, or for a URL, is done again and again.
    fn asks_only(&mut self, index: usize, operation: &Operation, job: &section::Job) {
        let safe = self.operations.get(index).is_some_and(|plan| plan.idempotent);
        let fetches = job.download.url.is_none() || operation.head.method == "GET";
        if safe && fetches {
            return;
        }
        let message = format!("`{}` is sent again and again, and is no read", operation.head.id);
        let help = if safe {
            "what a job made is fetched from a URL as GET: ask for its state with a GET"
        } else {
            "name an operation that reads; or say `reads: true` in its override, if it changes nothing"
        };
        self.diagnostics
            .push(Diagnostic::error(Code::PollChanges, message).at(job.poll.operation.span).help(help));
    }

    /// The states are among those that the document lists.
    fn states(&mut self, kinds: &[TypeId], job: &section::Job) {
        let mut known = Vec::new();
        for id in kinds {
            match &self.api.types.get(*id).kind {
                TypeKind::Enum(values) => known.extend(values.iter().map(|value| value.value.as_str())),
                _ => return,
            }
        }
        for state in job.done.iter().chain(&job.failed).filter(|state| !known.contains(&state.as_str())) {
            let help = match did_you_mean(state, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("states of the document: {}", list(known.iter().copied())),
            };
            let message = format!("the document knows no state `{}`", state.value);
            self.diagnostics.push(Diagnostic::error(Code::UnknownState, message).at(state.span).help(help));
        }
    }

    /// The body that creates the job: each value as JSON of the type that stands at its place.
    fn body(&mut self, job: &section::Job, given_else: &[Path]) -> Option<Vec<(Path, String)>> {
        if job.body.is_empty() {
            return Some(Vec::new());
        }
        let content = self.operation.bodies.body.as_ref().map(|body| &body.content);
        let Some(content) = content.filter(|content| content.media == Media::Json) else {
            let message = format!("`{}` takes no JSON body", self.operation.head.id);
            let span = job.body.iter().next().map(|(path, _)| path.span);
            let problem = Diagnostic::error(Code::JobBody, message).help("leave `body` out");
            self.diagnostics.push(match span {
                Some(span) => problem.at(span),
                None => problem,
            });
            return None;
        };
        let root = content.type_ref;
        let mut written = Vec::new();
        for (path, value) in &job.body {
            let found = match follow(&self.api.types, root, path) {
                Ok(found) => found,
                Err(problem) => {
                    self.diagnostics.push(*problem);
                    continue;
                }
            };
            let variables = text::variables(&value.value.0).is_ok_and(|all| !all.is_empty());
            let kinds = || found.types.iter().map(|id| &self.api.types.get(*id).kind);
            match kinds().find_map(|kind| json(kind, &value.value.0, variables)) {
                Some(json) => written.push((text::keys(path), json)),
                None => {
                    let what: Vec<String> =
                        found.types.iter().map(|id| describe(&self.api.types, *id)).collect();
                    let message = format!("`{}` does not take `{}`", path.value, value.value.0);
                    self.diagnostics.push(
                        Diagnostic::error(Code::JobBody, message)
                            .at(value.span)
                            .help(format!("it takes {}", what.join(" or "))),
                    );
                }
            }
        }
        if let TypeKind::Object(object) = &self.api.types.get(root.id).kind {
            let filled = |name: &str| {
                let mut paths = given_else.iter().chain(written.iter().map(|(path, _)| path));
                paths.any(|path| path.first().is_some_and(|key| key == name))
            };
            let missing = object.fields.iter().filter(|field| field.required && !field.read_only);
            let missing: Vec<&str> =
                missing.map(|field| field.name.as_str()).filter(|name| !filled(name)).collect();
            if !missing.is_empty() && written.len() == job.body.iter().len() {
                let message = format!(
                    "the body of `{}` requires {}, which nothing fills",
                    self.operation.head.id,
                    list(missing.into_iter())
                );
                self.diagnostics.push(
                    Diagnostic::error(Code::ParameterNotFilled, message)
                        .at(self.stream.operation.span)
                        .help("give each a value in the job's `body`"),
                );
            }
        }
        Some(written)
    }
}

/// The format that an operation's media type tells.
fn shown(operation: &Operation) -> Option<section::Format<'static>> {
    let content = operation.success()?.content.as_ref()?;
    (content.media == Media::JsonLines).then_some(section::Format::JsonLines)
}

fn dialect(csv: &section::CsvFormat) -> Format {
    let sign = |said: &Option<Spanned<String>>, default: u8| {
        said.as_ref().and_then(|text| manifest::csv_sign(text)).unwrap_or(default)
    };
    Format::Csv {
        delimiter: sign(&csv.delimiter, b','),
        quote: sign(&csv.quote, b'"'),
        columns: csv.columns.iter().flatten().map(|name| name.value.clone()).collect(),
    }
}

/// What a list holds, or the type itself.
fn item(types: &Types, of: TypeRef) -> TypeRef {
    match &types.get(of.id).kind {
        TypeKind::Array(items) => *items,
        _ => of,
    }
}

/// The fields below a type that XML names otherwise.
fn xml_names(types: &Types, record: TypeRef) -> Vec<XmlName> {
    let (mut names, mut seen, mut open) = (Vec::new(), Vec::new(), vec![record.id]);
    while let Some(id) = open.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let found = types.get(id);
        open.extend(found.kind.uses().into_iter().map(|used| used.id));
        let (TypeKind::Object(object), Some(name)) = (&found.kind, &found.name) else { continue };
        for field in &object.fields {
            if let Some(FieldXml { name: written, attribute, wrapped }) = &field.xml {
                names.push(XmlName {
                    object: name.clone(),
                    field: field.name.clone(),
                    name: written.clone(),
                    attribute: *attribute,
                    wrapped: *wrapped,
                });
            }
        }
    }
    names
}

/// A constant as JSON of a type; `None` where it is none of it.
fn json(kind: &TypeKind, text: &str, variables: bool) -> Option<String> {
    let quoted = || serde_json::to_string(text).ok();
    let parsed = || serde_json::from_str::<serde_json::Value>(text).ok();
    let as_is = |fits: fn(&serde_json::Value) -> bool| {
        parsed().filter(fits).filter(|_| !variables).map(|_| text.to_owned())
    };
    match kind {
        TypeKind::Text(_) => quoted(),
        TypeKind::Enum(values) => {
            (variables || values.iter().any(|known| known.value == text)).then(quoted).flatten()
        }
        TypeKind::Boolean => as_is(serde_json::Value::is_boolean),
        TypeKind::Integer(_) => as_is(|value| value.is_i64() || value.is_u64()),
        TypeKind::Number(_) => as_is(serde_json::Value::is_number),
        TypeKind::Array(_) | TypeKind::Tuple(_) => as_is(serde_json::Value::is_array),
        TypeKind::Object(_) | TypeKind::Map(_) => as_is(serde_json::Value::is_object),
        TypeKind::Any | TypeKind::Union(_) => {
            as_is(|value| value.is_number() || value.is_boolean()).or_else(quoted)
        }
    }
}
