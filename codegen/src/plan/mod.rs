//! Plan: the API and the manifest become one, nothing left to look up.
//!
//! [`select`] comes first: of all operations of the document it takes those that the manifest allows, and the model stage models no
//! others. [`plan`] then resolves every operation, parameter and path that the manifest names against the types of that API.

mod auth;
mod limits;
mod operation;
mod paging;
mod parameter;
pub(crate) mod path;
mod servers;
mod signing;
mod stream;
mod stream_body;
mod tokens;
mod types;

pub use limits::{Action, Cost, ErrorRule, Limit, Quota, Test, WaitSource};
pub(crate) use operation::Selector;
pub use operation::select;
pub use types::*;

use crate::diagnostic::{Code, Diagnostics};
use crate::manifest::{self, Manifest};
use crate::model::{Api, Type, TypeKind, TypeRef};
use crate::version::Version;

/// Resolves a manifest against the API of the operations that [`select`] took. Without a plan there is at least one error among the
/// diagnostics.
///
/// Call it only where `select` found no error: an operation that is named and is not in the API would be reported once more.
pub fn plan(manifest: &Manifest, mut api: Api) -> (Option<Plan>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    auth::compare(manifest, &api, &mut diagnostics);
    let mut operations = operation_plans(manifest, &api, &mut diagnostics);
    signing::check(manifest, &api, &operations, &mut diagnostics);
    let other_servers = servers::bind(manifest, &api, &mut operations, &mut diagnostics);
    let limits = limits::limits(manifest, &api, &mut operations, &mut diagnostics);
    let errors = limits::errors(manifest, &api, &mut diagnostics);
    let (all_paging, found) = paging::plan(manifest, &mut api);
    let paging_is_known = !found.has_errors();
    diagnostics.extend(found);
    for (operation, paging) in operations.iter_mut().zip(all_paging) {
        operation.paging = paging;
    }
    let any = any_type(&mut api);
    let streams = stream::plan(manifest, (&api, any), &operations, paging_is_known, &mut diagnostics);
    let auth = auth::resolve(manifest, &api, &mut diagnostics);
    let Some(auth) = auth.filter(|_| !diagnostics.has_errors()) else { return (None, diagnostics) };
    let texts = |entries: &manifest::Entries<crate::source::Spanned<String>>| -> Vec<(String, String)> {
        entries.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect()
    };
    let base = |url: &str| url.trim_end_matches('/').to_owned();
    let environments =
        texts(&manifest.server.environments).into_iter().map(|(name, url)| (name, base(&url))).collect();
    let plan = Plan {
        name: manifest.name.value.clone(),
        version: Version::FIRST.to_string(),
        description: manifest.description.value.clone(),
        document: manifest.document.value.clone(),
        api,
        config: manifest.config.iter().map(|(name, field)| config_field(name, field)).collect(),
        server_url: base(&manifest.server.url),
        environments,
        other_servers,
        auth,
        headers: texts(&manifest.headers),
        correlation_header: correlation_header(manifest),
        operations,
        limits,
        wait_sources: manifest
            .retry
            .wait
            .iter()
            .map(|source| WaitSource {
                header: source.header.value.clone(),
                unit: source.unit,
                always: source.always,
            })
            .collect(),
        errors,
        streams,
        previous: Vec::new(),
    };
    (Some(plan), diagnostics)
}

/// The type of a value that the document says nothing about.
fn any_type(api: &mut Api) -> TypeRef {
    let known = api.types.iter().find(|(_, known)| matches!(known.kind, TypeKind::Any)).map(|(id, _)| id);
    let id = known.unwrap_or_else(|| {
        api.types.add(Type {
            pointer: String::new(),
            name: None,
            place_names: Vec::new(),
            description: None,
            deprecated: false,
            kind: TypeKind::Any,
        })
    });
    TypeRef::new(id, false)
}

/// `traceparent` where the manifest is silent: a server that does not know it ignores it (W3C Trace Context 2.2), and one that does names the
/// same id in its log.
fn correlation_header(manifest: &Manifest) -> Option<String> {
    let name = manifest.correlation_header.as_ref().map_or("traceparent", |name| name.value.as_str());
    (name != "none").then(|| name.to_owned())
}

fn config_field(name: &str, field: &manifest::ConfigField) -> ConfigField {
    let text = |constant: &Option<manifest::Constant>| constant.as_ref().map(|constant| constant.0.clone());
    ConfigField {
        name: name.to_owned(),
        description: field.description.clone(),
        secret: field.secret,
        default: text(&field.default),
        example: text(&field.example),
    }
}

/// What the manifest says of each operation, paging and limits aside.
fn operation_plans(manifest: &Manifest, api: &Api, diagnostics: &mut Diagnostics) -> Vec<OperationPlan> {
    // What a stream lists is read, also by a POST; what makes a job changes something.
    let lists = |index: usize| {
        manifest.streams.iter().any(|(_, stream)| {
            stream.job.is_none() && operation::position(api, &stream.operation) == Some(index)
        })
    };
    let mut plans: Vec<OperationPlan> = api
        .operations
        .iter()
        .enumerate()
        .map(|(index, operation)| {
            // RFC 9110, 9.2.1 and 9.2.2; QUERY is RFC-to-be draft-ietf-httpbis-safe-method-w-body.
            let method = operation.head.method.as_str();
            let reads = matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY") || lists(index);
            OperationPlan {
                reads,
                idempotent: reads || matches!(method, "PUT" | "DELETE"),
                security: auth::security(manifest, operation),
                ..OperationPlan::default()
            }
        })
        .collect();
    let mut first: Vec<Option<crate::source::Span>> = vec![None; plans.len()];
    for (name, override_) in &manifest.overrides {
        let Some(index) = operation::find(api, name, "`overrides` names", diagnostics) else { continue };
        let (Some(plan), Some(first)) = (plans.get_mut(index), first.get_mut(index)) else { continue };
        if let Some(first) = first.replace(name.span) {
            diagnostics.push(
                crate::diagnostic::Diagnostic::error(
                    Code::StandsTwice,
                    format!("`{}` is overridden already", name.value),
                )
                .at(name.span)
                .label(first, "here, by its other name")
                .help("put both into one entry"),
            );
        }
        plan.reads = override_.reads.unwrap_or(plan.reads);
        plan.idempotent = override_.retry.unwrap_or(plan.idempotent || plan.reads);
        plan.idempotency_key = override_.idempotency_key.as_ref().map(|header| header.value.clone());
    }
    plans
}

#[cfg(test)]
mod tests;
