//! Streams, resolved.

mod source;

use super::operation::{self, list};
use super::paging::records::{body, lists};
use super::parameter;
use super::path::{Expected, describe, doubts, follow, follow_to, walk_keys};
use super::stream_body;
use super::types::{
    self, Cursor, CursorFormat, OperationPlan, Order, Path, Source, Strategy, Stream, Target,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::text::{self, part};
use crate::manifest::{self, Manifest};
use crate::model::{Api, Operation, ParameterStyle, TypeId, TypeKind, TypeRef};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

/// The streams of a manifest.
pub(super) fn plan(
    manifest: &Manifest,
    (api, any): (&Api, TypeRef),
    operations: &[OperationPlan],
    paging_is_known: bool,
    diagnostics: &mut Diagnostics,
) -> Vec<Stream> {
    let mut streams = Vec::new();
    for (name, stream) in &manifest.streams {
        let who = format!("stream `{}` reads", name.value);
        let Some(index) = operation::find(api, &stream.operation, &who, diagnostics) else { continue };
        let (Some(operation), Some(plan)) = (api.operations.get(index), operations.get(index)) else {
            continue;
        };
        let mut found = Diagnostics::new();
        let mut planner = Planner { api, any, operations, operation, plan, stream, diagnostics: &mut found };
        streams.extend(planner.stream(name, index));
        let has_pages = streams.last().is_some_and(|stream: &Stream| matches!(stream.source, Source::Pages));
        if plan.paging.is_none()
            && has_pages
            && paging_is_known
            && !found.has_errors()
            && !said_unpaged(manifest, api, index)
        {
            found.push(one_page_only(name, stream, operation));
        }
        diagnostics.extend(found);
    }
    streams
}

/// Whether an override says that an operation has no paging.
fn said_unpaged(manifest: &Manifest, api: &Api, index: usize) -> bool {
    manifest.overrides.iter().any(|(name, override_)| {
        override_.paging.as_ref().is_some_and(|paging| paging.as_str() == manifest::NO_PAGING)
            && operation::position(api, name) == Some(index)
    })
}

fn one_page_only(name: &str, stream: &manifest::Stream, operation: &Operation) -> Diagnostic {
    let message = format!("stream `{name}` reads one page only: `{}` has no paging", operation.head.id);
    Diagnostic::warning(Code::StreamWithoutPaging, message).at(stream.operation.span).help(
        "name the operation in the `operations` of a paging scheme, or say `paging: none` in its override",
    )
}

struct Planner<'a, 'd> {
    api: &'a Api,
    /// The type of what the document says nothing about.
    any: TypeRef,
    operations: &'a [OperationPlan],
    operation: &'a Operation,
    plan: &'a OperationPlan,
    stream: &'a manifest::Stream,
    diagnostics: &'d mut Diagnostics,
}

impl Planner<'_, '_> {
    /// The stream; none where its record is not known. Everything that is wrong is reported in either case.
    fn stream(&mut self, name: &Spanned<String>, index: usize) -> Option<Stream> {
        let cursor_parameter = self.stream.cursor.as_ref().and_then(|cursor| {
            cursor.parameter.as_ref().and_then(|parameter| self.cursor_parameter(parameter))
        });
        let parameters = self.parameters(cursor_parameter.as_ref().map(|(index, ..)| *index));
        // A misspelt parameter may be the one that is missing.
        if self.stream.parameters.iter().len() == parameters.len()
            && !(cursor_parameter.is_none() && self.names_cursor_parameter())
        {
            self.required(cursor_parameter.as_ref().map(|(index, ..)| *index), &parameters);
        }
        let writes_body = self.stream.job.as_ref().is_some_and(|job| !job.body.is_empty());
        let body = if writes_body {
            None
        } else {
            stream_body::plan(self.api, self.operation, self.plan, self.stream, self.diagnostics)
        };
        let (record, source) = self.source()?;
        let key = self.stream.key.0.iter().filter_map(|path| self.key(record, path)).collect();
        let cursor =
            self.stream.cursor.as_ref().and_then(|cursor| self.cursor(record, cursor, cursor_parameter));
        Some(Stream {
            name: name.value.clone(),
            description: self.description(),
            operation: index,
            records: text::keys(&self.stream.records),
            record,
            key,
            cursor,
            parameters,
            body,
            source,
        })
    }

    fn names_cursor_parameter(&self) -> bool {
        self.stream.cursor.as_ref().is_some_and(|cursor| cursor.parameter.is_some())
    }

    fn description(&self) -> String {
        let first_line =
            |text: &String| text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
        let said = self.stream.description.as_ref().and_then(first_line);
        said.or_else(|| self.operation.summary.as_ref().and_then(first_line))
            .or_else(|| self.operation.description.as_ref().and_then(first_line))
            .unwrap_or_default()
    }

    /// What one record holds.
    fn record(&mut self) -> Option<TypeRef> {
        let path = &self.stream.records;
        let Some(body) = body(self.operation) else {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::NoJsonResponse,
                    format!("`{}` answers no JSON", self.operation.head.id),
                )
                .at(self.stream.operation.span)
                .help("a stream reads records out of a JSON body, unless its `format` says otherwise"),
            );
            return None;
        };
        let types = &self.api.types;
        let found = match follow(types, body, path) {
            Ok(found) => found,
            Err(problem) => {
                let suggests = problem.help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
                let help = if suggests { problem.help.clone() } else { Some(self.lists_there(body, &[])) };
                self.diagnostics.push(Diagnostic { help, ..*problem });
                return None;
            }
        };
        let items = |id: &TypeId| match &types.get(*id).kind {
            TypeKind::Array(items) => Some(*items),
            _ => None,
        };
        let mut records: Vec<TypeRef> = found.types.iter().filter_map(items).collect();
        records.dedup();
        if let ([record], true) = (records.as_slice(), found.types.iter().all(|id| items(id).is_some())) {
            let record = *record;
            self.doubt(&found, path);
            return Some(record);
        }
        let mut what: Vec<String> = found.types.iter().map(|id| describe(types, *id)).collect();
        what.dedup();
        let message = if found.unknown {
            format!("the document does not say what records stand at `{}`", path.value)
        } else {
            format!("`{}` is no list of records, it is {}", path.value, what.join(" or "))
        };
        let help = self.lists_there(body, &found.types);
        self.diagnostics.push(Diagnostic::error(Code::RecordsNotArray, message).at(path.span).help(help));
        None
    }

    fn lists_there(&self, body: TypeRef, named: &[TypeId]) -> String {
        match self.proposals(body, named).as_slice() {
            [] => "the response has no list of objects".to_owned(),
            [only] => format!("did you mean `{only}`?"),
            several => format!("lists there: {}", list(several.iter().map(String::as_str))),
        }
    }

    /// Paths of the lists of objects in the body, and under the object that was named instead.
    fn proposals(&self, body: TypeRef, named: &[TypeId]) -> Vec<String> {
        let types = &self.api.types;
        let mut proposals = Vec::new();
        if matches!(types.get(body.id).kind, TypeKind::Array(_)) {
            proposals.push(".".to_owned());
        }
        for id in named.iter().filter(|id| **id != body.id) {
            let inside = lists(types, TypeRef::new(*id, false)).into_iter();
            proposals
                .extend(inside.map(|(name, _)| format!("{}.{}", self.stream.records.value, written(name))));
        }
        proposals.extend(lists(types, body).into_iter().map(|(name, _)| written(name)));
        proposals
    }

    fn doubt(&mut self, found: &super::path::Found, path: &Spanned<String>) {
        if self.columns().is_some() {
            return;
        }
        doubts(found, path).into_iter().for_each(|doubt| self.diagnostics.push(doubt));
    }

    fn key(&mut self, record: TypeRef, path: &Spanned<String>) -> Option<Path> {
        self.column(path)?;
        // Whether the list may hold null is not a matter of the key.
        let record = TypeRef { nullable: false, ..record };
        let found = match follow_to(&self.api.types, record, path, Expected::Value) {
            Ok(found) => found,
            Err(problem) => {
                self.diagnostics.push(*problem);
                return None;
            }
        };
        let (code, what) = match (found.nullable, found.optional) {
            (true, _) => (Code::NullableKey, "may be null"),
            (false, true) => (Code::OptionalKey, "may be missing"),
            (false, false) => {
                self.doubt(&found, path);
                return Some(text::keys(path));
            }
        };
        let message =
            format!("the key `{}` {what}, says the document; records without it would be lost", path.value);
        let candidates = self.key_candidates(record);
        let help = if candidates.is_empty() {
            "a key has to be required and never null; correct the document if the API always sends it"
                .to_owned()
        } else {
            format!("fields that are always there: {}", list(candidates.iter().map(String::as_str)))
        };
        self.diagnostics.push(Diagnostic::error(code, message).at(path.span).help(help));
        None
    }

    /// The fields of a record that could be its key.
    fn key_candidates(&self, record: TypeRef) -> Vec<String> {
        let TypeKind::Object(object) = &self.api.types.get(record.id).kind else { return Vec::new() };
        let scalar =
            |id: TypeId| matches!(self.api.types.get(id).kind, TypeKind::Integer(_) | TypeKind::Text(_));
        let fits = |field: &&crate::model::Field| {
            field.required && !field.type_ref.nullable && scalar(field.type_ref.id)
        };
        object.fields.iter().filter(fits).map(|field| written(&field.name)).collect()
    }

    /// The parameter that takes the cursor, its property, and what it takes.
    fn cursor_parameter(&mut self, name: &Spanned<String>) -> Option<(usize, Option<String>, Vec<TypeId>)> {
        let types = &self.api.types;
        if let Some((index, parameter)) = self.operation.parameter(name) {
            return Some((index, None, super::path::alternatives(types, parameter.type_ref).0));
        }
        let parts = name.split_once('[').and_then(|(object, rest)| Some((object, rest.strip_suffix(']')?)));
        let Some((object, property)) = parts.filter(|(object, _)| self.operation.parameter(object).is_some())
        else {
            self.diagnostics.push(parameter::unknown(self.operation, name, name.span));
            return None;
        };
        let (index, parameter) = self.operation.parameter(object)?;
        let property_span = part(name, &(object.len() + 1..name.len().saturating_sub(1)));
        match walk_keys(types, parameter.type_ref, &[property]) {
            Some(found) if parameter.style == ParameterStyle::DeepObject => {
                Some((index, Some(property.to_owned()), found.types))
            }
            found => {
                let (kinds, _) = super::path::alternatives(types, parameter.type_ref);
                let fields: Vec<&str> = kinds.iter().flat_map(|id| super::path::fields(types, *id)).collect();
                let help = match did_you_mean(property, fields.iter().copied()) {
                    Some(near) if found.is_none() => format!("did you mean `{object}[{near}]`?"),
                    _ if fields.is_empty() => format!("`{object}` is no object"),
                    _ if found.is_some() => {
                        "its style is not `deepObject`, so its properties are not written this way".to_owned()
                    }
                    _ => format!("its properties: {}", list(fields.into_iter())),
                };
                let message = format!("parameter `{object}` takes no property `{property}` in brackets");
                self.diagnostics.push(
                    Diagnostic::error(Code::NotAnObjectParameter, message).at(property_span).help(help),
                );
                None
            }
        }
    }

    fn cursor(
        &mut self,
        record: TypeRef,
        cursor: &manifest::Cursor,
        parameter: Option<(usize, Option<String>, Vec<TypeId>)>,
    ) -> Option<Cursor> {
        self.column(&cursor.field)?;
        let record = TypeRef { nullable: false, ..record };
        let found = match follow_to(&self.api.types, record, &cursor.field, Expected::Value) {
            Ok(found) => found,
            Err(problem) => {
                self.diagnostics.push(*problem);
                return None;
            }
        };
        self.doubt(&found, &cursor.field);
        let format = cursor.format.as_ref().map_or(CursorFormat::AsIs, |format| format.value.into());
        let format_span = cursor.format.as_ref().map_or(cursor.field.span, |format| format.span);
        let kinds =
            |all: &[TypeId]| all.iter().map(|id| self.api.types.get(*id).kind.clone()).collect::<Vec<_>>();
        let fields = kinds(&found.types);
        if !fields.iter().any(|field| reads(field, format)) {
            let what: Vec<String> = found.types.iter().map(|id| describe(&self.api.types, *id)).collect();
            self.diagnostics.push(
                Diagnostic::error(
                    Code::CursorFormat,
                    format!(
                        "`{}` is {}, which is no time to be written so",
                        cursor.field.value,
                        what.join(" or ")
                    ),
                )
                .at(format_span)
                .help("take `as_is`, or a field that holds a time"),
            );
        } else if let Some((_, _, takes)) = &parameter
            && !kinds(takes).iter().any(|takes| fields.iter().any(|field| accepts(takes, field, format)))
        {
            let what: Vec<String> = takes.iter().map(|id| describe(&self.api.types, *id)).collect();
            let name = cursor.parameter.as_ref().map(|name| name.value.clone()).unwrap_or_default();
            self.diagnostics.push(
                Diagnostic::error(
                    Code::CursorFormat,
                    format!("parameter `{name}` takes {}, and the cursor would be written otherwise", what.join(" or ")),
                )
                .at(format_span)
                .help("say in `format` how the parameter writes a time: epoch_seconds, epoch_milliseconds, rfc3339 or date"),
            );
        }
        Some(Cursor {
            field: text::keys(&cursor.field),
            parameter: parameter.map(|(index, property, _)| (index, property)),
            format,
            start: cursor.start.as_ref().map(|start| start.value.clone()),
            order: cursor.order.as_ref().map_or(Order::None, |order| order.value.into()),
        })
    }

    /// The constants, each of which its parameter takes.
    fn parameters(&mut self, cursor: Option<usize>) -> Vec<(usize, String)> {
        let mut parameters = Vec::new();
        for (name, value) in &self.stream.parameters {
            let Some((index, known)) = self.operation.parameter(name) else {
                self.diagnostics.push(parameter::unknown(self.operation, name, name.span));
                continue;
            };
            let by = if cursor == Some(index) {
                Some("the stream's cursor")
            } else if self.paging_parameters().any(|taken| taken == index) {
                Some("paging")
            } else {
                None
            };
            if let Some(by) = by {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::ParameterTwice,
                        format!("parameter `{}` is filled by {by} already", name.value),
                    )
                    .at(name.span)
                    .help("leave it out here"),
                );
            }
            let variables = text::variables(&value.0).is_ok_and(|all| !all.is_empty());
            if !variables
                && let Some(misfit) = parameter::misfit(&self.api.types, known, &value.0, value.span)
            {
                self.diagnostics.push(misfit);
            }
            parameters.push((index, value.value.0.clone()));
        }
        parameters
    }

    /// The parameters that paging fills.
    fn paging_parameters(&self) -> impl Iterator<Item = usize> + use<> {
        let paging = self.plan.paging.as_ref();
        let main = paging.and_then(|paging| paging.strategy.target());
        let size = paging.and_then(|paging| paging.size.as_ref()).map(|(target, _)| target);
        let indexes: Vec<usize> = main.into_iter().chain(size).filter_map(parameter_of).collect();
        indexes.into_iter()
    }

    /// Every parameter that the operation requires has a value in the first request.
    fn required(&mut self, cursor: Option<usize>, parameters: &[(usize, String)]) {
        let counts = self.plan.paging.as_ref().is_some_and(|paging| fills_first(&paging.strategy));
        let size = self.plan.paging.as_ref().and_then(|paging| paging.size.as_ref());
        let size = size.and_then(|(target, _)| parameter_of(target));
        let start = self.stream.cursor.as_ref().is_some_and(|cursor| cursor.start.is_some());
        let filled = |index: usize| {
            parameters.iter().any(|(known, _)| *known == index)
                || size == Some(index)
                || (counts && self.paging_parameters().any(|taken| taken == index))
                || (start && cursor == Some(index))
        };
        let missing: Vec<&str> = self
            .operation
            .parameters
            .iter()
            .enumerate()
            .filter(|(index, parameter)| parameter.required && !filled(*index))
            .map(|(_, parameter)| parameter.name.as_str())
            .collect();
        let id = &self.operation.head.id;
        if !missing.is_empty() {
            let of_cursor = cursor
                .and_then(|index| self.operation.parameters.get(index))
                .map(|known| known.name.as_str());
            let help = if of_cursor.is_some_and(|name| missing == [name]) {
                "give the cursor a `start` for the first run".to_owned()
            } else {
                format!(
                    "give each a value in the stream's `parameters`: {{ {}: ... }}",
                    missing.join(": ..., ")
                )
            };
            let message = format!("`{id}` requires {}, which nothing fills", list(missing.into_iter()));
            self.diagnostics.push(
                Diagnostic::error(Code::ParameterNotFilled, message)
                    .at(self.stream.operation.span)
                    .help(help),
            );
        }
    }
}

/// The parameter that paging fills, if it is one.
fn parameter_of(target: &Target) -> Option<usize> {
    match target {
        Target::Parameter(index) => Some(*index),
        Target::Field { .. } => None,
    }
}

/// Whether the first request has what names its page too.
pub(super) fn fills_first(strategy: &Strategy) -> bool {
    match strategy {
        Strategy::PageNumber { .. } | Strategy::Offset { .. } => true,
        Strategy::Cursor { first, .. } => first.is_some(),
        _ => false,
    }
}

/// Whether a field's values can be read for a format.
fn reads(field: &TypeKind, format: CursorFormat) -> bool {
    match field {
        TypeKind::Any => true,
        TypeKind::Integer(_) | TypeKind::Number(_) => true,
        // A format that nobody declared may still be a time.
        TypeKind::Text(text) => {
            format == CursorFormat::AsIs || matches!(text.as_str(), "" | "date-time" | "date")
        }
        _ => format == CursorFormat::AsIs,
    }
}

/// Whether a parameter takes what a field's value becomes in a format.
fn accepts(parameter: &TypeKind, field: &TypeKind, format: CursorFormat) -> bool {
    let number = match format {
        CursorFormat::EpochSeconds | CursorFormat::EpochMilliseconds => true,
        CursorFormat::Rfc3339 | CursorFormat::Date => false,
        CursorFormat::AsIs => match field {
            TypeKind::Integer(_) | TypeKind::Number(_) => true,
            TypeKind::Any => return true,
            _ => false,
        },
    };
    match parameter {
        TypeKind::Any => true,
        TypeKind::Integer(_) | TypeKind::Number(_) => number,
        TypeKind::Text(text) => match text.as_str() {
            "date-time" => !number && format != CursorFormat::Date,
            "date" => !number && format != CursorFormat::Rfc3339,
            _ => true,
        },
        TypeKind::Enum(_) => !number,
        TypeKind::Boolean
        | TypeKind::Array(_)
        | TypeKind::Tuple(_)
        | TypeKind::Map(_)
        | TypeKind::Object(_)
        | TypeKind::Union(_) => false,
    }
}

/// A key as a path writes it.
fn written(key: &str) -> String {
    if text::path(key)
        .is_ok_and(|segments| segments.len() == 1 && segments.iter().all(|segment| segment.key == key))
    {
        key.to_owned()
    } else {
        format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl From<manifest::CursorFormat> for types::CursorFormat {
    fn from(format: manifest::CursorFormat) -> Self {
        match format {
            manifest::CursorFormat::AsIs => Self::AsIs,
            manifest::CursorFormat::EpochSeconds => Self::EpochSeconds,
            manifest::CursorFormat::EpochMilliseconds => Self::EpochMilliseconds,
            manifest::CursorFormat::Rfc3339 => Self::Rfc3339,
            manifest::CursorFormat::Date => Self::Date,
        }
    }
}

impl From<manifest::Order> for types::Order {
    fn from(order: manifest::Order) -> Self {
        match order {
            manifest::Order::Ascending => Self::Ascending,
            manifest::Order::Descending => Self::Descending,
            manifest::Order::None => Self::None,
        }
    }
}
