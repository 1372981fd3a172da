//! Slices: what asks for each list, and what its records are stored with.

use super::super::operation;
use super::super::paging::records::body;
use super::super::path::{
    Expected, Found, alternatives, describe, fields, follow, follow_body, follow_to, walk_keys,
};
use super::super::stream_body::inside;
use super::super::types::{Include, ParentValue, Partition, Path, Slices, Target};
use super::Planner;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::text;
use crate::manifest::{self, Gone, Manifest, ParentStream};
use crate::model::{Api, Media, TypeId, TypeKind, TypeRef};
use crate::source::{Span, Spanned};

/// Lists that are read side by side where the manifest does not say how many.
const AT_ONCE: usize = 4;
/// Parents of parents of a value that is handed down. A ring of them is told elsewhere.
const GENERATIONS: usize = 32;

/// A place in the request with the types that it takes.
pub(super) type Taking = (Target, Vec<TypeId>);

/// Where the values of slices go.
#[derive(Default)]
pub(super) struct Targets<'m> {
    parent: Vec<(Taking, &'m Spanned<String>)>,
    each: Option<Taking>,
    window: Option<(Taking, Taking)>,
    /// Whether everything that the manifest names was found.
    pub(super) complete: bool,
}

impl Targets<'_> {
    fn all(&self) -> impl Iterator<Item = &Target> {
        let window = self.window.iter().flat_map(|(from, to)| [&from.0, &to.0]);
        self.parent
            .iter()
            .map(|(taking, _)| &taking.0)
            .chain(self.each.iter().map(|each| &each.0))
            .chain(window)
    }

    pub(super) fn fills(&self, parameter: usize) -> bool {
        self.all().any(|target| target.parameter() == Some(parameter))
    }

    /// The places in the body that they fill.
    pub(super) fn body_fields(&self) -> Vec<Path> {
        self.all().filter_map(|target| target.field().cloned()).collect()
    }
}

impl<'a> Planner<'a, '_> {
    /// Finds what each value of the slices goes into.
    pub(super) fn targets(&mut self, cursor: Option<&Target>, constants: &[(usize, String)]) -> Targets<'a> {
        let stream = self.stream;
        let mut targets = Targets { complete: true, ..Targets::default() };
        let mut taken: Vec<(Target, Span)> = Vec::new();
        let mut take = |planner: &mut Self, found: Option<Taking>, span: Span| {
            let (target, types) = found?;
            planner.taken_once(&target, span, cursor, constants, &mut taken).then_some((target, types))
        };
        if let Some(parent) = &stream.parent {
            for (name, path) in &parent.value.parameters {
                let found = self.parameter_target(name);
                let found = take(self, found, name.span);
                targets.complete &= found.is_some();
                targets.parent.extend(found.map(|found| (found, path)));
            }
            for (name, path) in &parent.value.body {
                let found = self.body_target(name, Code::ParentDoesNotFit);
                let found = take(self, found, name.span);
                targets.complete &= found.is_some();
                targets.parent.extend(found.map(|found| (found, path)));
            }
        }
        if let Some(each) = &stream.each {
            let named = each.value.parameter.as_ref().map(|name| (self.parameter_target(name), name.span));
            let named = named.or_else(|| {
                each.value
                    .body
                    .as_ref()
                    .map(|path| (self.body_target(path, Code::ParentDoesNotFit), path.span))
            });
            targets.each = named.and_then(|(found, span)| take(self, found, span));
            targets.complete &= targets.each.is_some();
        }
        if let Some(window) = &stream.window {
            let bounds = window.value.bounds().map(|bounds| {
                bounds.map(|place| {
                    let found = self.bound_target(place);
                    take(self, found, place.text().span)
                })
            });
            targets.window = bounds.and_then(|[from, to]| from.zip(to));
            targets.complete &= targets.window.is_some();
        }
        targets
    }

    /// The field of the body that takes a value. Where there is no such body, that is an error of this code.
    pub(super) fn body_target(&mut self, path: &Spanned<String>, code: Code) -> Option<Taking> {
        let body = self.operation.bodies.body.as_ref();
        let Some(body) = body.filter(|body| matches!(body.content.media, Media::Json | Media::Form)) else {
            let message = format!("`{}` takes no JSON and no form", self.operation.head.id);
            self.diagnostics.push(Diagnostic::error(code, message).at(path.span).help("name a parameter"));
            return None;
        };
        match follow_body(&self.api.types, &body.content, path) {
            Ok(found) => {
                let number = |id: &TypeId| {
                    matches!(self.api.types.get(*id).kind, TypeKind::Integer(_) | TypeKind::Number(_))
                };
                let number = !found.types.is_empty() && found.types.iter().all(number);
                Some((Target::Field { path: text::keys(path), number }, found.types))
            }
            Err(problem) => {
                self.diagnostics.push(*problem);
                None
            }
        }
    }

    /// Nothing else fills it.
    pub(super) fn taken_once(
        &mut self,
        target: &Target,
        span: Span,
        cursor: Option<&Target>,
        constants: &[(usize, String)],
        taken: &mut Vec<(Target, Span)>,
    ) -> bool {
        let parameter = target.parameter();
        let is_parameter = |other: Option<usize>| parameter.is_some() && parameter == other;
        let by = if cursor.is_some_and(|known| is_parameter(known.parameter()) || meet(known, target)) {
            Some("the stream's cursor")
        } else if self.paging_targets().any(|known| is_parameter(known.parameter()) || meet(known, target)) {
            Some("paging")
        } else if constants.iter().any(|(known, _)| is_parameter(Some(*known))) {
            Some("the stream's `parameters`")
        } else if matches!(target, Target::Field { path, .. } if self.body_has(path)) {
            Some("the stream's `body`")
        } else if matches!(target, Target::Field { path, .. } if self.job_has(path)) {
            Some("the job's `body`")
        } else {
            let is_known = |(known, _): &(Target, Span)| known == target || meet(known, target);
            taken.iter().any(is_known).then_some("another value of its slices")
        };
        let Some(by) = by else {
            taken.push((target.clone(), span));
            return true;
        };
        self.diagnostics.push(
            Diagnostic::error(Code::ParameterTwice, format!("this is filled by {by} already"))
                .at(span)
                .help("leave one of them out"),
        );
        false
    }

    /// Whether the body that creates a job has a value there already.
    fn job_has(&self, path: &[String]) -> bool {
        let given = self.stream.job.iter().flat_map(|job| job.body.iter());
        given.map(|(known, _)| text::keys(known)).any(|known| is_within(&known, path))
    }

    /// Whether the stream's `body` has a value there already.
    fn body_has(&self, path: &[String]) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        let given = self.stream.body.as_ref().and_then(|body| body.get(first));
        given.is_some_and(|given| rest.iter().try_fold(given, |value, key| inside(value, key)).is_some())
    }

    pub(super) fn slices(&mut self, record: TypeRef, targets: Targets<'_>) -> Option<Slices> {
        let stream = self.stream;
        for name in stream.included() {
            self.shadows(record, name);
        }
        let in_key = |name: &str| stream.key.0.iter().any(|path| path.as_str() == name);
        let partition = match (&stream.parent, &stream.each) {
            (Some(parent), _) => self.parent(&parent.value, &targets, &in_key),
            (None, Some(each)) => {
                let values = each.value.of.iter().map(|value| value.value.0.clone()).collect();
                let include = each.value.include.as_ref().map(|name| (name.value.clone(), in_key(name)));
                self.each_fits(&each.value);
                let (target, _) = targets.each?;
                Partition::Each { target, values, include }
            }
            (None, None) => Partition::Whole,
        };
        let window = match &stream.window {
            Some(window) => Some(self.window(record, &window.value, targets.window)?),
            None => None,
        };
        if matches!(partition, Partition::Whole) && window.is_none() {
            return None;
        }
        let at_once = stream.at_once.as_ref().and_then(|at_once| usize::try_from(at_once.value).ok());
        Some(Slices { partition, window, at_once: at_once.unwrap_or(AT_ONCE) })
    }

    /// A name that a field of the record has too would say two things.
    fn shadows(&mut self, record: TypeRef, name: &Spanned<String>) {
        let (kinds, _) = alternatives(&self.api.types, record);
        if kinds.iter().any(|id| fields(&self.api.types, *id).contains(&name.as_str())) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::IncludeShadows,
                    format!("the record has a field `{}` of its own", name.value),
                )
                .at(name.span)
                .help("take another name; or leave it out here, where the record's field says the same"),
            );
        }
    }

    fn parent(
        &mut self,
        parent: &ParentStream,
        targets: &Targets<'_>,
        in_key: &dyn Fn(&str) -> bool,
    ) -> Partition {
        let mut parameters = Vec::new();
        for ((target, takes), path) in &targets.parent {
            let Some((value, found)) = self.parent_value(parent, path) else { continue };
            self.told_if_absent(parent, path, &found, "it is asked for by");
            self.fits(takes, &found, path);
            parameters.push((target.clone(), value));
        }
        let mut include = Vec::new();
        for (name, path) in &parent.include {
            let in_key = in_key(name);
            let Some((value, found)) = self.parent_value(parent, path) else { continue };
            if in_key {
                self.told_if_absent(parent, path, &found, "is a part of the key");
            }
            include.push(Include { name: name.value.clone(), value, in_key });
        }
        Partition::Parent {
            stream: parent.stream.value.clone(),
            parameters,
            include,
            only_changed: parent.only_changed.as_ref().is_some_and(|only| only.value),
            skip_gone: parent.gone.as_ref().is_some_and(|gone| gone.value == Gone::Skip),
        }
    }

    /// A value of a parent's record, or one that its record was given itself.
    fn parent_value(
        &mut self,
        parent: &ParentStream,
        path: &Spanned<String>,
    ) -> Option<(ParentValue, Found)> {
        let stream = self.manifest.streams.get(&parent.stream)?;
        if let Some(name) = stream.included().find(|name| name.as_str() == path.as_str()) {
            let found = handed_down(self.manifest, self.api, stream, name, 0).unwrap_or_default();
            return Some((ParentValue::Included(name.value.clone()), found));
        }
        // A parent whose record is not known was told at its own place.
        let record = record_of(self.api, stream)?;
        match follow_to(&self.api.types, TypeRef { nullable: false, ..record }, path, Expected::Value) {
            Ok(found) => {
                self.doubt(&found, path);
                Some((ParentValue::Field(text::keys(path)), found))
            }
            Err(problem) => {
                let names: Vec<&str> = stream.included().map(|name| name.as_str()).collect();
                let problem = match names.as_slice() {
                    [] => *problem,
                    names => {
                        let help = problem.help.clone().unwrap_or_default();
                        let help = format!("{help}; included there: {}", names.join(", "));
                        Diagnostic { help: Some(help), ..*problem }
                    }
                };
                self.diagnostics.push(problem);
                None
            }
        }
    }

    fn told_if_absent(&mut self, parent: &ParentStream, path: &Spanned<String>, found: &Found, what: &str) {
        if found.optional || found.nullable {
            let how = if found.nullable { "null" } else { "missing" };
            let message = format!(
                "`{}` of `{}` may be {how}, says the document, and {what}",
                path.value, parent.stream.value
            );
            self.diagnostics.push(
                Diagnostic::note(Code::ParentMayLack, message)
                    .at(path.span)
                    .help("parents without it are passed over, and their number is told"),
            );
        }
    }

    fn fits(&mut self, takes: &[TypeId], found: &Found, path: &Spanned<String>) {
        let types = &self.api.types;
        let kind = |id: &TypeId| &types.get(*id).kind;
        let fits =
            |field: &TypeId| takes.iter().any(|takes| takes_value(&self.api.types, *takes, kind(field)));
        if takes.is_empty() || found.types.is_empty() || found.types.iter().any(fits) {
            return;
        }
        let all = |ids: &[TypeId]| ids.iter().map(|id| describe(types, *id)).collect::<Vec<_>>().join(" or ");
        let message = format!("`{}` is {}, and goes into {}", path.value, all(&found.types), all(takes));
        self.diagnostics.push(
            Diagnostic::error(Code::ParentDoesNotFit, message)
                .at(path.span)
                .help("name a field of that kind, or correct the document"),
        );
    }

    /// Constants that their parameter takes.
    fn each_fits(&mut self, each: &manifest::Each) {
        let Some((_, parameter)) = each.parameter.as_ref().and_then(|name| self.operation.parameter(name))
        else {
            return;
        };
        for value in &each.of {
            let text = &value.value.0;
            let variables = text::variables(text).is_ok_and(|all| !all.is_empty());
            if !variables
                && let Some(misfit) = super::parameter::misfit(&self.api.types, parameter, text, value.span)
            {
                self.diagnostics.push(misfit);
            }
        }
    }
}

/// Whether both are the same place in the body, or one of them stands within the other.
fn meet(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Field { path, .. }, Target::Field { path: other, .. }) => is_within(path, other),
        _ => false,
    }
}

/// Whether one of two places stands within the other.
fn is_within(one: &[String], other: &[String]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

/// What one record of a stream holds, where the document says it.
fn record_of(api: &Api, stream: &manifest::Stream) -> Option<TypeRef> {
    let operation = api.operations.get(operation::position(api, &stream.operation)?)?;
    let found = follow(&api.types, body(operation)?, &stream.records).ok()?;
    found.types.iter().find_map(|id| match &api.types.get(*id).kind {
        TypeKind::Array(items) => Some(*items),
        _ => None,
    })
}

/// The types of a value that a stream's records are stored with, however many parents it comes from.
fn handed_down(
    manifest: &Manifest,
    api: &Api,
    stream: &manifest::Stream,
    name: &str,
    generation: usize,
) -> Option<Found> {
    if generation > GENERATIONS {
        return None;
    }
    let parent = &stream.parent.as_ref()?.value;
    let (_, path) = parent.include.iter().find(|(known, _)| known.as_str() == name)?;
    let above = manifest.streams.get(&parent.stream)?;
    if above.included().any(|known| known.as_str() == path.as_str()) {
        return handed_down(manifest, api, above, path, generation + 1);
    }
    let keys = text::keys(path);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    walk_keys(&api.types, TypeRef { nullable: false, ..record_of(api, above)? }, &keys)
}

/// Whether something that takes one kind of value takes another's text.
fn takes_value(types: &crate::model::Types, takes: TypeId, value: &TypeKind) -> bool {
    match (&types.get(takes).kind, value) {
        (TypeKind::Any, _) | (_, TypeKind::Any) => true,
        (TypeKind::Integer(_), TypeKind::Integer(_)) => true,
        (TypeKind::Number(_), TypeKind::Integer(_) | TypeKind::Number(_)) => true,
        // A text of a format takes a text; whether it is of that format only the server knows.
        (TypeKind::Text(format), TypeKind::Integer(_) | TypeKind::Number(_)) => format.is_empty(),
        (TypeKind::Text(_) | TypeKind::Enum(_), TypeKind::Text(_) | TypeKind::Enum(_)) => true,
        (TypeKind::Array(items), value) => alternatives(types, *items).0.iter().any(|item| {
            !matches!(types.get(*item).kind, TypeKind::Array(_)) && takes_value(types, *item, value)
        }),
        _ => false,
    }
}
