//! The body of a stream's request: what the manifest says of it, and what paging and slices fill.

use super::operation::list;
use super::path::{alternatives, describe};
use super::stream::fills_first;
use super::types::OperationPlan;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest;
use crate::model::{Api, Field, Media, Object, Operation, TypeKind};
use crate::suggest::did_you_mean;

/// The body, as JSON; `given_else` are the names at its top that slices and the cursor fill. What is wrong with it, or missing in it, is reported.
pub(super) fn plan(
    api: &Api,
    operation: &Operation,
    plan: &OperationPlan,
    stream: &manifest::Stream,
    given_else: &[String],
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let id = &operation.head.id;
    let given = stream.body.as_ref();
    let Some(body) = &operation.bodies.body else {
        if let Some(given) = given {
            diagnostics.push(
                Diagnostic::error(Code::StreamBody, format!("`{id}` takes no body"))
                    .at(given.span)
                    .help("leave `body` out; parameters stand in `parameters`"),
            );
        }
        return None;
    };
    let fits = matches!(body.content.media, Media::Json | Media::Form);
    if let Some(given) = given.filter(|_| !fits) {
        let message = format!("the body of `{id}` is `{}`", body.content.media_type);
        diagnostics.push(
            Diagnostic::error(Code::StreamBody, message)
                .at(given.span)
                .help("a stream can give JSON and forms only"),
        );
        return None;
    }
    let mut filled = filled_by_paging(plan);
    filled.extend_from_slice(given_else);
    if body.required && given.is_none() && filled.is_empty() {
        let help = if fits { "give the stream its `body`" } else { "read an operation without a body" };
        diagnostics.push(
            Diagnostic::error(
                Code::ParameterNotFilled,
                format!("`{id}` requires a body, which nothing fills"),
            )
            .at(stream.operation.span)
            .help(help),
        );
        return None;
    }
    let (kinds, _) = alternatives(&api.types, body.content.type_ref);
    // Of several objects any may be meant.
    if let [only] = kinds.as_slice()
        && let TypeKind::Object(object) = &api.types.get(*only).kind
        && (given.is_some() || !filled.is_empty())
    {
        let has = |name: &str| {
            given.is_some_and(|given| given.contains_key(name)) || filled.iter().any(|known| known == name)
        };
        missing(object, &has, id, stream, diagnostics);
        unknown(object, &describe(&api.types, *only), stream, diagnostics);
    }
    given.and_then(|given| serde_json::to_string(&given.value).ok())
}

/// The names at the top of the body that the first request gets from paging.
fn filled_by_paging(plan: &OperationPlan) -> Vec<String> {
    let Some(paging) = &plan.paging else { return Vec::new() };
    let main = paging.strategy.target().filter(|_| fills_first(&paging.strategy));
    let size = paging.size.as_ref().map(|(target, _)| target);
    main.into_iter().chain(size).filter_map(|target| target.body_field().map(str::to_owned)).collect()
}

fn missing(
    object: &Object,
    has: &dyn Fn(&str) -> bool,
    id: &str,
    stream: &manifest::Stream,
    diagnostics: &mut Diagnostics,
) {
    let lacks = |field: &&Field| field.required && !has(&field.name);
    let missing: Vec<&str> = object.fields.iter().filter(lacks).map(|field| field.name.as_str()).collect();
    if missing.is_empty() {
        return;
    }
    let message =
        format!("the body of `{id}` requires {}, which nothing fills", list(missing.iter().copied()));
    let span = stream.body.as_ref().map_or(stream.operation.span, |body| body.span);
    diagnostics.push(
        Diagnostic::error(Code::ParameterNotFilled, message).at(span).help(format!(
            "give each a value in the stream's `body`: {{ {}: ... }}",
            missing.join(": ..., ")
        )),
    );
}

fn unknown(object: &Object, what: &str, stream: &manifest::Stream, diagnostics: &mut Diagnostics) {
    let Some(given) = stream.body.as_ref().filter(|_| object.additional.is_none()) else { return };
    let known = || object.fields.iter().map(|field| field.name.as_str());
    for name in given.keys().filter(|name| object.field(name).is_none()) {
        let help = match did_you_mean(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known there: {}", list(known())),
        };
        diagnostics.push(
            Diagnostic::error(Code::StreamBody, format!("`{name}` is not in {what}"))
                .at(given.span)
                .help(help),
        );
    }
}
