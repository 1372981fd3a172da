//! Which paging scheme each operation takes, resolved.
//!
//! An operation takes the scheme that its override names; else the first that names the operation itself; else the first that it fits.
//! What a person named has to fit, and every problem is an error at its place. What nobody named is tried, and a scheme that no
//! operation takes is reported with the reason that comes nearest.

mod fit;
pub(super) mod records;

use std::collections::HashMap;

use self::fit::{Added, Fitter, Misfit};
use self::records::Records;
use super::operation::{Selector, list, position};
use super::types::Paging;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::{FollowUp, Manifest, PageSize, Place, Scheme};
use crate::model::{Api, Operation};
use crate::source::{Span, Spanned};
use crate::suggest::did_you_mean;

/// Each operation's paging, in the API's order. Parameters that a scheme adds are added to the API.
pub(super) fn plan(manifest: &Manifest, api: &mut Api) -> (Vec<Option<Paging>>, Diagnostics) {
    let mut found = Diagnostics::new();
    let diagnostics = &mut found;
    let adds = manifest.paging.iter().any(|(_, scheme)| adds(scheme));
    let added = adds.then(|| Added::new(&mut api.types));
    let forced = forced(manifest, api);
    let records = records::all(manifest, api);
    let mut results = vec![None; api.operations.len()];
    for (index, result) in results.iter_mut().enumerate() {
        let Some(records) = records.get(index) else { continue };
        *result = match forced.get(&index) {
            Some(Forced::None) => None,
            Some(Forced::Scheme(name, scheme, span)) => {
                take_forced(api, index, records, name, scheme, *span, added.as_ref(), diagnostics)
            }
            None => take_first(manifest, api, index, records, added.as_ref(), diagnostics),
        };
    }
    for (name, scheme) in &manifest.paging {
        let takers: Vec<&Operation> = api
            .operations
            .iter()
            .zip(&results)
            .filter(|(_, paging)| paging.as_ref().is_some_and(|paging| paging.scheme == name.value))
            .map(|(operation, _)| operation)
            .collect();
        let was_forced = forced
            .values()
            .any(|forced| matches!(forced, Forced::Scheme(taken, ..) if taken.value == name.value));
        if !takers.is_empty() {
            named_somewhere(scheme, &takers, diagnostics);
        } else if !was_forced {
            unused(api, name, scheme, &records, diagnostics);
        }
    }
    (results, found)
}

/// What a person said about an operation's paging.
enum Forced<'m> {
    /// It has none.
    None,
    /// This scheme, said at this place.
    Scheme(&'m Spanned<String>, &'m Scheme, Span),
}

fn adds(scheme: &Scheme) -> bool {
    scheme.add.as_ref().is_some_and(|add| add.value)
}

fn forced<'m>(manifest: &'m Manifest, api: &Api) -> HashMap<usize, Forced<'m>> {
    let mut forced = HashMap::new();
    for (name, override_) in &manifest.overrides {
        let Some((index, paging)) = position(api, name).zip(override_.paging.as_ref()) else { continue };
        let scheme = manifest.paging.iter().find(|(known, _)| known.value == paging.value);
        let said = scheme.map_or(Forced::None, |(name, scheme)| Forced::Scheme(name, scheme, paging.span));
        forced.insert(index, said);
    }
    for (name, scheme) in &manifest.paging {
        for selector in scheme.operations.iter().flatten() {
            if let Some(index) = position(api, selector) {
                forced.entry(index).or_insert(Forced::Scheme(name, scheme, selector.span));
            }
        }
    }
    forced
}

#[expect(clippy::too_many_arguments, reason = "one call with everything that is known of one operation")]
fn take_forced(
    api: &mut Api,
    index: usize,
    records: &Records,
    name: &str,
    scheme: &Scheme,
    span: Span,
    added: Option<&Added>,
    diagnostics: &mut Diagnostics,
) -> Option<Paging> {
    let operation = api.operations.get_mut(index)?;
    if let Some(added) = added.filter(|_| adds(scheme)) {
        added.complete(operation, scheme);
    }
    let fitter = Fitter::new(api, index, records, true)?;
    match fitter.fit(name, scheme) {
        Ok((paging, doubts)) => {
            doubts.into_iter().for_each(|doubt| diagnostics.push(doubt));
            Some(paging)
        }
        Err(misfit) => {
            // Where the parameter is missing, the response is another matter.
            let matters = |problem: &Diagnostic| misfit.has_parameter || problem.primary.is_none();
            for problem in misfit.problems.into_iter().filter(matters) {
                let here = problem.primary.is_none();
                diagnostics.push(match here {
                    true => problem.at(span),
                    false => {
                        problem.label(span, format!("`{}` is to take this scheme", fitter.operation.head.id))
                    }
                });
            }
            None
        }
    }
}

fn take_first(
    manifest: &Manifest,
    api: &mut Api,
    index: usize,
    records: &Records,
    added: Option<&Added>,
    diagnostics: &mut Diagnostics,
) -> Option<Paging> {
    for (name, scheme) in &manifest.paging {
        let operation = api.operations.get_mut(index)?;
        if !may_take(scheme, operation, records) {
            continue;
        }
        let before = operation.parameters.len();
        if let Some(added) = added.filter(|_| adds(scheme)) {
            added.complete(operation, scheme);
        }
        let fit = Fitter::new(api, index, records, false)?.fit(name, scheme);
        if let Ok((paging, doubts)) = fit {
            doubts.into_iter().for_each(|doubt| diagnostics.push(doubt));
            return Some(paging);
        }
        if let Some(operation) = api.operations.get_mut(index) {
            operation.parameters.truncate(before);
        }
    }
    None
}

/// Whether an operation may take a scheme that was not said to be its own. Following pages repeats a call, so only those that read do:
/// by their method, or because a stream reads them, as it does with searches by POST.
fn may_take(scheme: &Scheme, operation: &Operation, records: &Records) -> bool {
    (matches!(operation.head.method.as_str(), "GET" | "QUERY") || records.streamed)
        && scheme.operations.as_ref().is_none_or(|selectors| {
            selectors.iter().any(|selector| Selector::read(selector).takes(&operation.head))
        })
}

/// The parameters of the size and of later requests may be missing in some operations that take the scheme, but not in all.
fn named_somewhere(scheme: &Scheme, takers: &[&Operation], diagnostics: &mut Diagnostics) {
    let size = scheme.size.as_ref().and_then(PageSize::place);
    let size = size.and_then(|place| if let Place::Parameter(name) = place { Some(name) } else { None });
    let later = scheme.follow_up.as_ref();
    for name in size.into_iter().chain(later.into_iter().flat_map(FollowUp::names)) {
        if !takers.iter().any(|operation| operation.parameter(name).is_some()) {
            diagnostics.push(no_parameter(name, takers, "that takes this scheme"));
        }
    }
}

fn no_parameter(name: &Spanned<String>, operations: &[&Operation], which: &str) -> Diagnostic {
    let mut names: Vec<&str> = operations
        .iter()
        .flat_map(|operation| &operation.parameters)
        .map(|parameter| parameter.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let help = match did_you_mean(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("parameters there: {}", list(names.into_iter())),
    };
    Diagnostic::error(
        Code::UnknownParameter,
        format!("no operation {which} has a parameter `{}`", name.value),
    )
    .at(name.span)
    .help(help)
}

/// Says why no operation takes a scheme.
fn unused(
    api: &Api,
    name: &Spanned<String>,
    scheme: &Scheme,
    records: &[Records],
    diagnostics: &mut Diagnostics,
) {
    let mut fits = false;
    let mut misfits: Vec<Misfit> = Vec::new();
    let mut candidates: Vec<&Operation> = Vec::new();
    for (index, operation) in api.operations.iter().enumerate() {
        let Some(records) = records.get(index).filter(|records| may_take(scheme, operation, records)) else {
            continue;
        };
        let Some(fitter) = Fitter::new(api, index, records, false) else { continue };
        candidates.push(operation);
        match fitter.fit(name, scheme) {
            Ok(_) => fits = true,
            Err(misfit) => misfits.push(misfit),
        }
    }
    let warning = Diagnostic::warning(
        Code::UnusedScheme,
        format!("no operation takes the paging scheme `{}`", name.value),
    );
    let warning = warning.at(name.span);
    if fits {
        diagnostics.push(
            warning.help("operations that fit take another scheme already; move it up, or leave it out"),
        );
        return;
    }
    if let Some(Place::Parameter(parameter)) = scheme.place()
        && !candidates.is_empty()
        && misfits.iter().all(|misfit| !misfit.has_parameter)
    {
        diagnostics.push(no_parameter(parameter, &candidates, "that may take this scheme"));
        return;
    }
    // A path that leads nowhere in any operation is a mistake. The operation with the fewest problems is the one that was meant, and of
    // several the one that has a key of a similar name.
    let suggests =
        |problem: &Diagnostic| problem.help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
    let located = |misfit: &&Misfit| {
        misfit.has_parameter && misfit.problems.iter().any(|problem| problem.primary.is_some())
    };
    let mut near: Vec<&Misfit> = misfits.iter().filter(located).collect();
    near.sort_by_key(|misfit| (misfit.problems.len(), !misfit.problems.iter().any(suggests)));
    let fails_in = |misfit: &&Misfit, span| {
        misfit.problems.iter().any(|problem| path_of(problem.primary) == path_of(span))
    };
    let mut reported = false;
    for problem in near
        .first()
        .into_iter()
        .flat_map(|misfit| &misfit.problems)
        .filter(|problem| problem.primary.is_some())
    {
        if near.iter().all(|misfit| fails_in(misfit, problem.primary)) {
            diagnostics.push(problem.clone());
            reported = true;
        }
    }
    if !reported {
        let reason = misfits.iter().min_by_key(|misfit| (!misfit.has_parameter, misfit.problems.len()));
        let reason = reason.and_then(|misfit| misfit.problems.first()).map(|problem| problem.message.clone());
        diagnostics.push(match reason {
            Some(reason) => warning.help(format!("the nearest: {reason}")),
            None => warning.help("leave it out, or select operations that have pages"),
        });
    }
}

/// What tells problems of one path from those of another: the path's line and end, not the key, which differs between operations.
fn path_of(span: Option<Span>) -> Option<(u16, u32)> {
    span.map(|span| (span.file.0, span.end))
}
