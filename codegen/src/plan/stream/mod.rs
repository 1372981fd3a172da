//! Streams, resolved.

mod cursor;
mod drift;
mod record;
mod slices;
mod source;
mod windows;

use super::operation::{self, list};
use super::parameter;
use super::stream_body;
use super::types::{OperationPlan, Path, Source, Strategy, Stream, Target};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::text;
use crate::manifest::{self, Manifest};
use crate::model::{Api, Operation, TypeRef};
use crate::source::Spanned;

use record::{body, written};
use slices::Targets;

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
        let mut planner =
            Planner { manifest, api, any, operations, operation, plan, stream, diagnostics: &mut found };
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
    manifest: &'a Manifest,
    api: &'a Api,
    /// The type of what the document says nothing about.
    any: TypeRef,
    operations: &'a [OperationPlan],
    operation: &'a Operation,
    plan: &'a OperationPlan,
    stream: &'a manifest::Stream,
    diagnostics: &'d mut Diagnostics,
}

impl<'a> Planner<'a, '_> {
    /// The stream; none where its record is not known. Everything that is wrong is reported in either case.
    fn stream(&mut self, name: &Spanned<String>, index: usize) -> Option<Stream> {
        let taking = self.cursor_target();
        let cursor = taking.as_ref().map(|(target, _)| target);
        let parameters = self.parameters(cursor.and_then(Target::parameter));
        let targets = self.targets(cursor, &parameters);
        // A misspelt parameter may be the one that is missing.
        let complete = targets.complete && !(taking.is_none() && self.names_cursor_target());
        if self.stream.parameters.iter().len() == parameters.len() && complete {
            self.required(cursor.and_then(Target::parameter), &parameters, &targets);
        }
        // What is misspelt may be what fills the body.
        let writes_body = self.stream.job.as_ref().is_some_and(|job| !job.body.is_empty());
        let mut filled = targets.body_fields();
        filled.extend(cursor.and_then(Target::field).cloned());
        let body = if complete && !writes_body {
            stream_body::plan(self.api, self.operation, self.plan, self.stream, &filled, self.diagnostics)
        } else {
            None
        };
        if !self.diagnostics.has_errors() {
            self.items_are_there(&filled);
        }
        let (record, source) = self.source(&filled)?;
        let stream = self.stream;
        let key = stream.own_key().filter_map(|path| self.key(record, path)).collect();
        let cursor = self.stream.cursor.as_ref().and_then(|cursor| self.cursor(record, cursor, taking));
        let slices = self.slices(record, targets);
        let drift = self.drift(record);
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
            slices,
            drift,
        })
    }

    /// What is filled stands in lists only where the stream's `body` has their items. What a job's `body` gives makes none.
    fn items_are_there(&mut self, filled: &[Path]) {
        let paging = self.paging_targets().filter_map(Target::field);
        let all: Vec<&Path> = paging.chain(filled).collect();
        stream_body::items_are_there(&self.api.types, self.operation, self.stream, &all, self.diagnostics);
    }

    fn names_cursor_target(&self) -> bool {
        let cursor = self.stream.cursor.as_ref();
        cursor.is_some_and(|cursor| cursor.parameter.is_some() || cursor.body_field.is_some())
    }

    fn description(&self) -> String {
        let first_line =
            |text: &String| text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
        let said = self.stream.description.as_ref().and_then(first_line);
        said.or_else(|| self.operation.summary.as_ref().and_then(first_line))
            .or_else(|| self.operation.description.as_ref().and_then(first_line))
            .unwrap_or_default()
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
        let indexes: Vec<usize> = self.paging_targets().filter_map(Target::parameter).collect();
        indexes.into_iter()
    }

    /// The places that paging fills.
    fn paging_targets(&self) -> impl Iterator<Item = &'a Target> + use<'a> {
        let paging = self.plan.paging.as_ref();
        let main = paging.and_then(|paging| paging.strategy.target());
        let size = paging.and_then(|paging| paging.size.as_ref()).map(|(target, _)| target);
        main.into_iter().chain(size)
    }

    /// Every parameter that the operation requires has a value in the first request.
    fn required(&mut self, cursor: Option<usize>, parameters: &[(usize, String)], targets: &Targets<'_>) {
        let counts = self.plan.paging.as_ref().is_some_and(|paging| fills_first(&paging.strategy));
        let size = self.plan.paging.as_ref().and_then(|paging| paging.size.as_ref());
        let size = size.and_then(|(target, _)| target.parameter());
        let start = self.stream.cursor.as_ref().is_some_and(|cursor| cursor.start.is_some());
        let filled = |index: usize| {
            parameters.iter().any(|(known, _)| *known == index)
                || size == Some(index)
                || (counts && self.paging_parameters().any(|taken| taken == index))
                || (start && cursor == Some(index))
                || targets.fills(index)
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

/// Whether the first request has what names its page too.
pub(super) fn fills_first(strategy: &Strategy) -> bool {
    match strategy {
        Strategy::PageNumber { .. } | Strategy::Offset { .. } => true,
        Strategy::Cursor { first, .. } => first.is_some(),
        _ => false,
    }
}
