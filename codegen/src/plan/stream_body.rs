//! The body of a stream's request: what the manifest says of it, and what paging and slices fill.

use super::operation::list;
use super::path::{alternatives, describe, walk_sent};
use super::stream::fills_first;
use super::types::{OperationPlan, Path, Target};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest;
use crate::model::{Api, Field, Media, Object, Operation, TypeId, TypeKind, TypeRef, Types};
use crate::suggest::did_you_mean;

use serde_json::Value;

/// The body, as JSON; `given_else` are the places in it that slices and the cursor fill. What is wrong with it, or missing in it, is reported.
pub(super) fn plan(
    api: &Api,
    operation: &Operation,
    plan: &OperationPlan,
    stream: &manifest::Stream,
    given_else: &[Path],
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
    let mut filled: Vec<&Path> = filled_by_paging(plan);
    filled.extend(given_else);
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
            given.is_some_and(|given| given.contains_key(name))
                || filled.iter().any(|path| path.first().is_some_and(|first| first == name))
        };
        missing(object, &has, id, stream, diagnostics);
        unknown(object, &describe(&api.types, *only), stream, diagnostics);
    }
    given.and_then(|given| serde_json::to_string(&given.value).ok())
}

/// What stands below a key of a value: of a list, the item of that number.
pub(super) fn inside<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    }
}

/// Places in the body that paging, slices and the cursor fill stand in objects, which are made where there is none, or in items of lists,
/// which the stream's `body` has to have.
pub(super) fn items_are_there(
    types: &Types,
    operation: &Operation,
    stream: &manifest::Stream,
    filled: &[&Path],
    diagnostics: &mut Diagnostics,
) {
    let Some(body) = &operation.bodies.body else { return };
    let from = TypeRef { nullable: false, ..body.content.type_ref };
    let span = stream.body.as_ref().map_or(stream.operation.span, |given| given.span);
    let mut told: Vec<&[String]> = Vec::new();
    for path in filled {
        let Some((first, rest)) = path.split_first() else { continue };
        let mut given = stream.body.as_ref().and_then(|given| given.get(first));
        for (length, key) in (1..).zip(rest) {
            let Some(way) = path.get(..length) else { break };
            let keys: Vec<&str> = way.iter().map(String::as_str).collect();
            let is_list = |id: &TypeId| matches!(types.get(*id).kind, TypeKind::Array(_));
            let lists = walk_sent(types, from, &keys)
                .is_some_and(|found| !found.types.is_empty() && found.types.iter().all(is_list));
            let problem = match given {
                Some(Value::Array(items)) => {
                    let known = key.parse::<usize>().is_ok_and(|number| number < items.len());
                    (!known).then(|| format!("has no item `{key}`, of {} that it has", items.len()))
                }
                Some(Value::Object(_) | Value::Null) | None => {
                    lists.then(|| format!("gives no list, which has to have the item `{key}`"))
                }
                Some(_) => Some(format!("gives a plain value, in which nothing is `{key}`")),
            };
            if let Some(problem) = problem {
                if !told.contains(&way) {
                    told.push(way);
                    diagnostics.push(
                        Diagnostic::error(
                            Code::StreamBody,
                            format!("at `{}` the stream's `body` {problem}", way.join(".")),
                        )
                        .at(span)
                        .help(format!(
                            "write what stands around `{}` in the stream's `body`, without it",
                            path.join(".")
                        )),
                    );
                }
                break;
            }
            given = given.and_then(|given| inside(given, key));
        }
    }
}

/// The places in the body that the first request gets from paging.
fn filled_by_paging(plan: &OperationPlan) -> Vec<&Path> {
    let Some(paging) = &plan.paging else { return Vec::new() };
    let main = paging.strategy.target().filter(|_| fills_first(&paging.strategy));
    let size = paging.size.as_ref().map(|(target, _)| target);
    main.into_iter().chain(size).filter_map(Target::field).collect()
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
