//! Old shapes of operations beside the new ones: what stands in `previous/NAME` beside the manifest, a manifest with its document as they were,
//! becomes a module of the crate with the operations that the manifest's `previous` names.
//!
//! How the API is reached is today's: server, credential, limits, error map. What an operation takes and answers, and how its pages follow
//! one another, is what it was. So its static stands on the contract of today, and a client needs no second one.

use std::collections::BTreeSet;
use std::path::Path;

use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::manifest::{self, Manifest};
use crate::model::{Operation, OperationHead};
use crate::normalise::normalise;
use crate::plan::{Base, Cost, Kept, OperationPlan, Plan, Previous, Selector};
use crate::source::{SourceFiles, Spanned};
use crate::suggest::did_you_mean;

use super::{MANIFEST, Sources};

/// Name of the folder beside a manifest in which the sources of old shapes stand, each in a folder of its own.
pub const FOLDER: &str = "previous";

/// Reads what the entries of a manifest's `previous` are made from, in their order. `None` is an error among the diagnostics.
pub(crate) fn read(
    folder: &Path,
    manifest: &Manifest,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Sources>> {
    let mut all = Vec::new();
    for (name, _) in &manifest.previous {
        let at = folder.join(FOLDER).join(&**name);
        if !at.join(MANIFEST).is_file() {
            let message =
                format!("`{FOLDER}/{0}/{MANIFEST}` is not there, from which `{0}` is made", name.value);
            diagnostics.push(
                Diagnostic::error(Code::PreviousMissing, message)
                    .at(name.span)
                    .help("restore the folder from version control, or take the entry out"),
            );
            continue;
        }
        let mut found = Diagnostics::new();
        all.extend(super::alone(&at, files, &mut found));
        errors_of(found, diagnostics);
    }
    (all.len() == manifest.previous.iter().len()).then_some(all)
}

/// Old warnings were told when the document was new.
fn errors_of(found: Diagnostics, diagnostics: &mut Diagnostics) {
    found
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .for_each(|found| diagnostics.push(found.clone()));
}

/// What is kept beside a plan, in the order of the manifest. `sources` are what [`read`] gave.
pub(crate) fn bind(
    manifest: &Manifest,
    sources: &[Sources],
    today: &Plan,
    diagnostics: &mut Diagnostics,
) -> Vec<Previous> {
    let mut all = Vec::new();
    // Methods of one client share their names.
    let mut taken: BTreeSet<String> = methods(&today.api.operations, "").collect();
    for ((name, entry), sources) in manifest.previous.iter().zip(sources) {
        let mut found = Diagnostics::new();
        let (normalised, of_document) = normalise(&sources.document);
        found.extend(of_document);
        let plan = normalised.and_then(|normalised| super::of_then(sources, &normalised, &mut found));
        errors_of(found, diagnostics);
        let Some(plan) = plan else { continue };
        all.extend(one((name, entry), plan, today, &mut taken, diagnostics));
    }
    all
}

/// The names of the methods of operations, with what they end in.
fn methods<'o>(operations: &'o [Operation], suffix: &'o str) -> impl Iterator<Item = String> + use<'o> {
    operations.iter().flat_map(move |operation| {
        let others = operation.bodies.others.iter().map(|other| &other.name);
        std::iter::once(&operation.name).chain(others).map(move |name| format!("{name}{suffix}"))
    })
}

fn one(
    (name, entry): (&Spanned<String>, &manifest::Previous),
    mut plan: Plan,
    today: &Plan,
    taken: &mut BTreeSet<String>,
    diagnostics: &mut Diagnostics,
) -> Option<Previous> {
    let mut chosen = BTreeSet::new();
    for text in &entry.operations {
        match position(&plan, text) {
            Some(index) => drop(chosen.insert(index)),
            None => diagnostics.push(unknown(text, name, &plan)),
        }
    }
    let binder = Binder { name, entry, then: &plan, today };
    let mut kept = Vec::new();
    for index in &chosen {
        let pair = plan.api.operations.get(*index).zip(plan.operations.get(*index));
        kept.extend(pair.map(|(operation, planned)| binder.bound(operation, planned, diagnostics)));
    }
    let mut number = 0..;
    plan.api.operations.retain(|_| number.next().is_some_and(|index| chosen.contains(&index)));
    let suffix = format!("_{}", name.value);
    for method in methods(&plan.api.operations, &suffix) {
        if !taken.insert(method.clone()) {
            diagnostics.push(
                Diagnostic::error(Code::PreviousDiffers, format!("there is another method `{method}`"))
                    .at(name.span)
                    .help("give the entry, and its folder, another name"),
            );
        }
    }
    let plan =
        Plan { api: plan.api, operations: kept, streams: Vec::new(), previous: Vec::new(), ..today.clone() };
    (!diagnostics.has_errors()).then(|| Previous {
        name: name.value.clone(),
        until: entry.until.value.clone(),
        plan,
    })
}

fn position(plan: &Plan, text: &str) -> Option<usize> {
    let selector = Selector::read(text);
    plan.api
        .operations
        .iter()
        .position(|operation| matches!(selector, Selector::One(_)) && selector.takes(&operation.head))
}

fn unknown(text: &Spanned<String>, name: &Spanned<String>, plan: &Plan) -> Diagnostic {
    let ids = plan.api.operations.iter().map(|operation| operation.head.id.as_str());
    let help = did_you_mean(text, ids).map_or_else(
        || {
            format!(
                "name an operation of `{FOLDER}/{}/{MANIFEST}` by its id or as `METHOD /path`",
                name.value
            )
        },
        |near| format!("did you mean `{near}`?"),
    );
    let message =
        format!("`{}` is no operation that the connector had in `{FOLDER}/{}`", text.value, name.value);
    Diagnostic::error(Code::PreviousMissing, message).at(text.span).help(help)
}

/// What binds an operation as it was to the plan of today.
struct Binder<'a> {
    name: &'a Spanned<String>,
    entry: &'a manifest::Previous,
    then: &'a Plan,
    today: &'a Plan,
}

impl Binder<'_> {
    fn bound(
        &self,
        operation: &Operation,
        planned: &OperationPlan,
        diagnostics: &mut Diagnostics,
    ) -> OperationPlan {
        let now = self.now(&operation.head);
        let limits = match now {
            // What counts it today counts it in any shape.
            Some((index, _)) => {
                self.today.operations.get(index).map(|now| now.limits.clone()).unwrap_or_default()
            }
            None => self.limits(&operation.head, planned, diagnostics),
        };
        let base = match &planned.base {
            Base::Other(index) => self.other(*index, &operation.head, diagnostics),
            base => base.clone(),
        };
        self.costs(operation, now.map(|(_, now)| now), diagnostics);
        let until = &self.entry.until.value;
        let note = match now {
            Some((_, now)) => {
                format!("an old shape, kept until {until}: `{}` is what the API has now", now.name)
            }
            None => format!("kept until {until}: the API's document has no such operation any more"),
        };
        let kept = Kept {
            suffix: format!("_{}", self.name.value),
            note,
            headers: self.headers(diagnostics),
            is_alone: now.is_none() && !self.has_place(&operation.head),
        };
        OperationPlan { limits, base, kept: Some(kept), ..planned.clone() }
    }

    /// The operation of today that it became: by its id, else by its method and path.
    fn now(&self, head: &OperationHead) -> Option<(usize, &Operation)> {
        let all = || self.today.api.operations.iter().enumerate();
        all()
            .find(|(_, now)| now.head.id == head.id)
            .or_else(|| all().find(|(_, now)| now.head.method == head.method && now.head.path == head.path))
    }

    fn has_place(&self, head: &OperationHead) -> bool {
        let mut all = self.today.api.operations.iter().map(|operation| &operation.head);
        all.any(|now| now.method == head.method && now.path == head.path)
    }

    fn differs(&self, message: String, help: &str) -> Diagnostic {
        Diagnostic::warning(Code::PreviousDiffers, message).at(self.name.span).help(help)
    }

    fn limits(
        &self,
        head: &OperationHead,
        planned: &OperationPlan,
        diagnostics: &mut Diagnostics,
    ) -> Vec<usize> {
        let mut found = Vec::new();
        for limit in planned.limits.iter().filter_map(|index| self.then.limits.get(*index)) {
            match self.today.limits.iter().position(|now| now.name == limit.name) {
                Some(index) => found.push(index),
                None => diagnostics.push(self.differs(
                    format!("the limit `{}` counted `{}`, and the manifest no longer has it", limit.name, head.id),
                    "declare a limit of that name if the API still keeps one; without it the old shape is sent as fast as it is called",
                )),
            }
        }
        found
    }

    fn other(&self, index: usize, head: &OperationHead, diagnostics: &mut Diagnostics) -> Base {
        let name = self.then.other_servers.get(index).map_or("", |other| other.name.as_str());
        if let Some(index) = self.today.other_servers.iter().position(|now| now.name == name) {
            return Base::Other(index);
        }
        let message = format!("`{}` went to the server `{name}`, which the manifest no longer has", head.id);
        diagnostics.push(
            Diagnostic::error(Code::PreviousDiffers, message)
                .at(self.name.span)
                .help("declare it in `server.others`, or take the operation out of the entry"),
        );
        Base::Server
    }

    /// A cost that a parameter tells is looked up by the parameter's number, which is that of today.
    fn costs(&self, operation: &Operation, now: Option<&Operation>, diagnostics: &mut Diagnostics) {
        for limit in &self.today.limits {
            for (_, cost) in limit.costs.iter().filter(|(id, _)| *id == operation.head.id) {
                let Cost::Parameter(index) = cost else { continue };
                let named = |operation: &Operation| {
                    operation.parameters.get(*index).map(|parameter| parameter.name.clone())
                };
                if named(operation) != now.and_then(named) {
                    diagnostics.push(self.differs(
                        format!(
                            "what `{}` costs of the limit `{}` stands in a parameter that the old shape has elsewhere, or not at all",
                            operation.head.id, limit.name
                        ),
                        "the limit counts the old shape by what stands in that place; give it a fixed cost until the entry is over",
                    ));
                }
            }
        }
    }

    /// Headers that were sent then and are not sent so today, such as that of a version.
    fn headers(&self, diagnostics: &mut Diagnostics) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, value) in &self.then.headers {
            let same =
                |(now, value_now): &&(String, String)| now.eq_ignore_ascii_case(name) && value_now == value;
            if self.today.headers.iter().any(|now| same(&now)) {
                continue;
            }
            if !value.contains(['{', '}']) {
                found.push((name.clone(), value.clone()));
            } else {
                diagnostics.push(self.differs(
                    format!("the header `{name}` had a variable in its value, and today's manifest sends it otherwise"),
                    "the old shape is sent with today's headers: see that the API takes it so",
                ));
            }
        }
        found
    }
}

/// Tells the entries whose time is over.
pub fn over<'e>(
    entries: impl IntoIterator<Item = &'e (Spanned<String>, manifest::Previous)>,
    today: Date,
) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (name, entry) in entries {
        if entry.is_over(today) {
            let message =
                format!("the old shapes of `{}` were to be kept until {}", name.value, entry.until.value);
            diagnostics.push(
                Diagnostic::warning(Code::PreviousOver, message)
                    .at(entry.until.span)
                    .help("the next `cargo xtask accept` takes them out, which breaks who still calls them; or give them a later day"),
            );
        }
    }
    diagnostics
}
