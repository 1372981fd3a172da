//! Budgets and the error map: which operations each is about, and whether what they name is there.

use super::OperationPlan;
use super::Path;
use super::operation::{self, Selector};
use super::path;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::{self, Entries, LimitScope, LimitShape, Manifest, MethodClass, TimeUnit, text};
use crate::model::{Api, Media, Operation, TypeKind, TypeRef};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

/// A budget.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// What it lets through.
    pub quota: Quota,
    /// Who shares it.
    pub scope: LimitScope,
    /// Config values that tell holders apart.
    pub by: Vec<String>,
    /// What requests of some operations cost, by the operation's id.
    pub costs: Vec<(String, Cost)>,
    /// Header of the quota.
    pub limit_header: Option<String>,
    /// Header of what is left.
    pub remaining_header: Option<String>,
    /// Header of when it is whole again.
    pub reset_header: Option<(String, TimeUnit)>,
    /// Header of what is used of the quota.
    pub usage_header: Option<String>,
    /// Policy of the structured fields; empty for any.
    pub policy: Option<String>,
}

/// What a limit lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub enum Quota {
    SlidingLog { units: u64, per_milliseconds: u64 },
    FixedWindow { units: u64, per_milliseconds: u64 },
    TokenBucket { units: u64, per_milliseconds: u64, burst: u64 },
    Concurrent { requests: u64 },
    Adaptive { units: u64, per_milliseconds: u64 },
}

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub enum Cost {
    Units(u64),
    Parameter(usize),
}

/// A header that tells how long to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitSource {
    /// The header.
    pub header: String,
    /// Its unit.
    pub unit: TimeUnit,
    /// Whether every answer is heeded that has it.
    pub always: bool,
}

/// A line of the error map.
#[derive(Clone, Debug)]
pub struct ErrorRule {
    /// Its name.
    pub name: String,
    /// Ids of the operations whose answers it judges; empty for all.
    pub operations: Vec<String>,
    /// Ranges of statuses; empty for all.
    pub statuses: Vec<(u16, u16)>,
    /// A header and its test.
    pub header: Option<(String, Test)>,
    /// A place in the body and its test.
    pub body: Option<(Path, Test)>,
    /// What it means.
    pub action: Action,
}

/// What has to be true of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Test {
    Present,
    Equals(String),
    Contains(String),
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the manifest's `errors`")]
pub enum Action {
    Retry,
    Rejected,
    Refresh,
    Ignore,
    SkipPartition,
    Fail { fault: manifest::Fault, message: String },
}

/// The limits, and into each operation's plan which of them count it.
pub(super) fn limits(
    manifest: &Manifest,
    api: &Api,
    operations: &mut [OperationPlan],
    diagnostics: &mut Diagnostics,
) -> Vec<Limit> {
    let mut limits = Vec::new();
    for (index, (name, limit)) in manifest.limits.iter().enumerate() {
        for (operation, plan) in api.operations.iter().zip(operations.iter_mut()) {
            if counts(limit, operation) {
                plan.limits.push(index);
            }
        }
        let headers = &limit.headers;
        let header = |name: &Option<Spanned<String>>| name.as_ref().map(|name| name.value.clone());
        limits.push(Limit {
            name: name.value.clone(),
            quota: quota(limit),
            scope: limit.scope.as_ref().map_or(LimitScope::Account, |scope| scope.value),
            by: limit.by.iter().flatten().map(|value| value.value.clone()).collect(),
            costs: costs(limit, api, diagnostics),
            limit_header: header(&headers.limit),
            remaining_header: header(&headers.remaining),
            reset_header: header(&headers.reset).zip(headers.reset_unit),
            usage_header: header(&headers.usage),
            policy: header(&headers.policy)
                .map(|policy| if policy == "any" { String::new() } else { policy }),
        });
    }
    limits
}

fn counts(limit: &manifest::Limit, operation: &Operation) -> bool {
    let is_read = matches!(operation.head.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY");
    let is_of_class = limit.methods.as_ref().is_none_or(|methods| match methods.value {
        MethodClass::Read => is_read,
        MethodClass::Write => !is_read,
    });
    is_of_class
        && limit.operations.as_ref().is_none_or(|selectors| {
            selectors.iter().any(|selector| Selector::read(selector).takes(&operation.head))
        })
}

fn quota(limit: &manifest::Limit) -> Quota {
    // A manifest that was read has exactly one of these, and durations that can be read.
    let milliseconds = |per: &Spanned<String>| text::milliseconds(per).unwrap_or(u64::MAX);
    if let Some(requests) = &limit.concurrent {
        return Quota::Concurrent { requests: requests.value };
    }
    if let Some(adaptive) = &limit.adaptive {
        let (units, per_milliseconds) = (adaptive.at_least.value, milliseconds(&adaptive.per));
        return Quota::Adaptive { units, per_milliseconds };
    }
    let units = limit.requests.as_ref().or(limit.points.as_ref()).map_or(1, |units| units.value);
    let per_milliseconds = limit.per.as_ref().map_or(u64::MAX, milliseconds);
    match limit.shape.as_ref().map_or(LimitShape::SlidingLog, |shape| shape.value) {
        LimitShape::SlidingLog => Quota::SlidingLog { units, per_milliseconds },
        LimitShape::FixedWindow => Quota::FixedWindow { units, per_milliseconds },
        LimitShape::TokenBucket => {
            let burst = limit.burst.as_ref().map_or(units, |burst| burst.value);
            Quota::TokenBucket { units, per_milliseconds, burst }
        }
    }
}

/// What the operations cost that the limit counts, where it is not one unit.
fn costs(limit: &manifest::Limit, api: &Api, diagnostics: &mut Diagnostics) -> Vec<(String, Cost)> {
    let Some(cost) = &limit.cost else { return Vec::new() };
    let mut costs: Vec<Option<Cost>> = api
        .operations
        .iter()
        .map(|operation| {
            let default = cost.default.as_ref().map(|default| Cost::Units(default.value));
            default.filter(|_| counts(limit, operation))
        })
        .collect();
    for (name, units) in &cost.operations {
        if let Some((index, _)) = counted(limit, api, name, diagnostics)
            && let Some(place) = costs.get_mut(index)
        {
            *place = Some(Cost::Units(units.value));
        }
    }
    for (name, parameter) in &cost.parameters {
        if let Some((index, operation)) = counted(limit, api, name, diagnostics)
            && let Some(found) = cost_parameter(api, operation, parameter, diagnostics)
            && let Some(place) = costs.get_mut(index)
        {
            *place = Some(Cost::Parameter(found));
        }
    }
    let of = api.operations.iter().zip(costs);
    of.filter_map(|(operation, cost)| Some((operation.head.id.clone(), cost?)))
        .filter(|(_, cost)| *cost != Cost::Units(1))
        .collect()
}

/// The operation whose cost is named, if the limit counts it.
fn counted<'a>(
    limit: &manifest::Limit,
    api: &'a Api,
    name: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Option<(usize, &'a Operation)> {
    let index = operation::find(api, name, "`cost` names", diagnostics)?;
    let operation = api.operations.get(index)?;
    if !counts(limit, operation) {
        diagnostics.push(
            Diagnostic::error(Code::CostNotCounted, format!("the limit does not count `{}`", name.value))
                .at(name.span)
                .help("leave its cost out, or let the limit count it: `operations`, `methods`"),
        );
        return None;
    }
    Some((index, operation))
}

fn cost_parameter(
    api: &Api,
    operation: &Operation,
    parameter: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    let names = || operation.parameters.iter().map(|found| found.name.as_str());
    let Some(index) = names().position(|name| name == parameter.as_str()) else {
        let help = match did_you_mean(parameter, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has: {}", operation::list(names())),
        };
        diagnostics.push(
            Diagnostic::error(
                Code::UnknownParameter,
                format!("`{}` has no parameter `{}`", operation.head.id, parameter.value),
            )
            .at(parameter.span)
            .help(help),
        );
        return None;
    };
    let type_ref = operation.parameters.get(index)?.type_ref;
    let (leaves, _) = path::alternatives(&api.types, type_ref);
    let other = leaves.into_iter().find(|id| {
        !matches!(api.types.get(*id).kind, TypeKind::Integer(_) | TypeKind::Number(_) | TypeKind::Any)
    });
    if let Some(other) = other {
        diagnostics.push(
            Diagnostic::error(
                Code::CostParameter,
                format!(
                    "`{}` has to be a number, and is {}",
                    parameter.value,
                    path::describe(&api.types, other)
                ),
            )
            .at(parameter.span)
            .help("name the parameter that says how much is asked for, or give a fixed cost in `operations`"),
        );
        return None;
    }
    Some(index)
}

/// The error map.
pub(super) fn errors(manifest: &Manifest, api: &Api, diagnostics: &mut Diagnostics) -> Vec<ErrorRule> {
    let constant = |text: &Spanned<manifest::Constant>| text.value.0.clone();
    let test = |equals: &Option<Spanned<manifest::Constant>>, contains: &Option<Spanned<String>>| {
        let equals = equals.as_ref().map(|text| Test::Equals(constant(text)));
        let contains = contains.as_ref().map(|text| Test::Contains(text.value.clone()));
        equals.or(contains).unwrap_or(Test::Present)
    };
    let mut rules = Vec::new();
    for (name, rule) in &manifest.errors {
        let judged = |operation: &&Operation| {
            rule.operations.as_ref().is_none_or(|selectors| {
                selectors.iter().any(|selector| Selector::read(selector).takes(&operation.head))
            })
        };
        let operations: Vec<&Operation> = api.operations.iter().filter(judged).collect();
        let statuses: Vec<(u16, u16)> =
            rule.status.iter().flatten().filter_map(|status| text::statuses(&status.value.0)).collect();
        if let Some(body) = &rule.body {
            check_path(api, &operations, &statuses, body, diagnostics);
        }
        rules.push(ErrorRule {
            name: name.value.clone(),
            operations: match &rule.operations {
                Some(_) => operations.iter().map(|operation| operation.head.id.clone()).collect(),
                None => Vec::new(),
            },
            statuses,
            header: rule
                .header
                .as_ref()
                .map(|header| (header.name.value.clone(), test(&header.equals, &header.contains))),
            body: rule.body.as_ref().map(|body| (text::keys(&body.path), test(&body.equals, &body.contains))),
            action: action(rule),
        });
    }
    rules
}

fn action(rule: &manifest::ErrorRule) -> Action {
    match rule.action.value {
        manifest::Action::Retry => Action::Retry,
        manifest::Action::Rejected => Action::Rejected,
        manifest::Action::Refresh => Action::Refresh,
        manifest::Action::Ignore => Action::Ignore,
        manifest::Action::SkipPartition => Action::SkipPartition,
        manifest::Action::Fail => Action::Fail {
            fault: rule.fault.as_ref().map_or(manifest::Fault::Server, |fault| fault.value),
            message: rule.message.as_ref().map(|message| message.value.clone()).unwrap_or_default(),
        },
    }
}

/// Whether the path leads somewhere in at least one of the bodies that such answers may have.
fn check_path(
    api: &Api,
    operations: &[&Operation],
    statuses: &[(u16, u16)],
    body: &manifest::BodyTest,
    diagnostics: &mut Diagnostics,
) {
    if text::keys(&body.path).is_empty() {
        return;
    }
    let may_have = |from: u16, to: u16| {
        statuses.is_empty() || statuses.iter().any(|(first, last)| from <= *last && *first <= to)
    };
    let mut bodies: Vec<TypeRef> = operations
        .iter()
        .flat_map(|operation| &operation.responses)
        .filter(|response| may_have(response.from, response.to))
        .filter_map(|response| response.content.as_ref())
        .filter(|content| content.media == Media::Json)
        .map(|content| content.type_ref)
        .collect();
    bodies.dedup_by_key(|body| body.id);
    let mut first_miss = None;
    let mut kinds = Vec::new();
    let mut unknown = bodies.is_empty();
    for type_ref in bodies {
        match path::follow(&api.types, type_ref, &body.path) {
            Ok(found) => {
                unknown |= found.unknown;
                kinds.extend(found.types);
            }
            Err(miss) => {
                first_miss.get_or_insert(miss);
            }
        }
    }
    let is_scalar = |id: &crate::model::TypeId| {
        !matches!(
            api.types.get(*id).kind,
            TypeKind::Array(_) | TypeKind::Tuple(_) | TypeKind::Map(_) | TypeKind::Object(_)
        )
    };
    if !unknown && kinds.is_empty() {
        if let Some(miss) = first_miss {
            diagnostics.push(*miss);
        }
    } else if unknown && kinds.is_empty() {
        diagnostics.push(
            Diagnostic::warning(
                Code::PathUnknown,
                format!("the document does not say what stands at `{}` in such an answer", body.path.value),
            )
            .at(body.path.span)
            .help("the path cannot be checked; compare it with a real response"),
        );
    } else if !unknown
        && body.equals.is_some()
        && !kinds.iter().any(is_scalar)
        && let Some(kind) = kinds.first()
    {
        let found = path::describe(&api.types, *kind);
        diagnostics.push(
            Diagnostic::error(
                Code::PathKind,
                format!("`{}` is {found}, which is never equal to a text", body.path.value),
            )
            .at(body.path.span)
            .help("name a field in it, or say `contains`"),
        );
    }
}

/// The lists of operations that limits and rules have, for the check that they are there.
pub(super) fn operation_lists(
    manifest: &Manifest,
) -> impl Iterator<Item = (&'static str, &Spanned<String>, &Option<Vec<Spanned<String>>>)> {
    let limits = manifest.limits.iter().map(|(name, limit)| ("limit", name, &limit.operations));
    limits.chain(manifest.errors.iter().map(|(name, rule)| ("rule", name, &rule.operations)))
}

/// The operations that costs name one by one.
pub(super) fn costed(manifest: &Manifest) -> impl Iterator<Item = &Spanned<String>> {
    fn names<T>(entries: &Entries<T>) -> impl Iterator<Item = &Spanned<String>> {
        entries.iter().map(|(name, _)| name)
    }
    let costs = manifest.limits.iter().filter_map(|(_, limit)| limit.cost.as_ref());
    costs.flat_map(|cost| names(&cost.operations).chain(names(&cost.parameters)))
}
