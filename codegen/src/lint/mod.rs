//! Lint: what is missing or doubtful in a connector that can be generated. Stages report what is wrong; this reports what a careful person would
//! ask, with the place and what to do. What looks like a credential is hidden from everything that is shown.

mod secrets;

use std::collections::BTreeSet;
use std::path::Path;

use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::generate::previous;
use crate::generate::{self, MANIFEST, OVERLAY};
use crate::infer::{Confidence, PagingKind, Proposal, propose};
use crate::manifest::{Manifest, NO_PAGING, Override};
use crate::model::Operation;
use crate::normalise::Normalised;
use crate::plan::{Plan, Selector};
use crate::source::{SourceFiles, Span};

/// Findings of one kind in a document that are shown one by one; the rest is counted.
const MOST: usize = 20;

/// What was found in a folder, and the texts to show it with, in which nothing that looks like a credential is left whole.
#[derive(Debug, Default)]
pub struct Linted {
    /// By all stages and by lint.
    pub diagnostics: Diagnostics,
    /// The texts.
    pub files: SourceFiles,
}

/// Lints a folder that holds `connector.yaml` and the document that it names, on a day. Reads files, writes none.
pub fn folder(folder: &Path, today: Date) -> Linted {
    let mut files = SourceFiles::new();
    let mut diagnostics = Diagnostics::new();
    if let Some((manifest, normalised)) = generate::inputs(folder, &mut files, &mut diagnostics)
        && let Some(plan) = generate::planned(&manifest, &normalised, &mut diagnostics)
    {
        diagnostics.extend(previous::over(&manifest.previous, today));
        diagnostics.extend(check(&manifest, &normalised, &plan));
    }
    let own = |name: &str| {
        let name = Path::new(name).file_name().unwrap_or_default();
        name == MANIFEST || name == OVERLAY
    };
    let secrets = secrets::find(&files, &own);
    for (index, secret) in secrets.iter().enumerate() {
        let text = files
            .text(secret.span.file)
            .and_then(|text| text.get(secret.span.start as usize..secret.span.end as usize));
        let hint = secrets::hint(text.unwrap_or_default());
        if index == MOST {
            let rest = secrets.len() - MOST;
            diagnostics.push(
                Diagnostic::warning(
                    Code::SecretInText,
                    format!("and {rest} more texts that look like credentials"),
                )
                .at(secret.span)
                .help("look through the file"),
            );
            break;
        }
        diagnostics.push(
            Diagnostic::warning(
                Code::SecretInText,
                format!("`{hint}` looks like a credential: {}", secret.why),
            )
            .at(secret.span)
            .help("if it is one, revoke it and take it out; values that users give belong into `config`"),
        );
    }
    let files = secrets::masked(&files, &secrets);
    Linted { diagnostics, files }
}

/// What is missing or doubtful in a manifest that fits its document.
pub fn check(manifest: &Manifest, normalised: &Normalised, plan: &Plan) -> Diagnostics {
    // The plan's API is that of the selected operations, which is all that a connector can do wrong.
    let proposal = propose(normalised, &plan.api);
    let mut linter =
        Linter { manifest, plan, proposal: &proposal, normalised, diagnostics: Diagnostics::new() };
    linter.unpaged();
    linter.limits();
    linter.streams();
    linter.deprecated();
    linter.server();
    linter.selectors();
    linter.overrides();
    linter.diagnostics
}

struct Linter<'a> {
    manifest: &'a Manifest,
    plan: &'a Plan,
    proposal: &'a Proposal,
    normalised: &'a Normalised,
    diagnostics: Diagnostics,
}

impl Linter<'_> {
    /// Where the manifest selects an operation.
    fn selected_at(&self, operation: &Operation) -> Span {
        let operations = &self.manifest.operations;
        let by_name = |all: bool| {
            operations.iter().find(|text| {
                let selector = Selector::read(text);
                matches!(selector, Selector::One(_)) != all && selector.takes(&operation.head)
            })
        };
        by_name(false).or_else(|| by_name(true)).map_or(self.manifest.name.span, |text| text.span)
    }

    /// Lists whose document shows pages that nothing follows.
    fn unpaged(&mut self) {
        for (operation, planned) in self.plan.api.operations.iter().zip(&self.plan.operations) {
            let id = &operation.head.id;
            let list = self.proposal.lists.iter().find(|list| list.id == *id);
            let Some(list) = list.filter(|list| {
                list.paging.kind != PagingKind::None && list.paging.confidence > Confidence::Low
            }) else {
                continue;
            };
            let said = self.manifest.overrides.iter().any(|(name, override_)| {
                Selector::read(name).takes(&operation.head)
                    && override_.paging.as_ref().is_some_and(|paging| paging.as_str() == NO_PAGING)
            });
            if planned.paging.is_some() || said {
                continue;
            }
            let scheme = self.proposal.schemes.iter().find(|scheme| scheme.operations.contains(id));
            let proposed = scheme.map(|scheme| format!("in `paging`: {}", scheme.line())).unwrap_or_default();
            let help = if list.record_path.is_none() {
                // What ends the pages has to be seen.
                "no paging fits before the document says what it answers: an action of `overlay.yaml` can, and what is proposed then is shown here; else say `paging: none` in its override".to_owned()
            } else if proposed.is_empty() {
                "declare how it is paged, or say `paging: none` in its override".to_owned()
            } else {
                proposed
            };
            self.diagnostics.push(
                Diagnostic::warning(
                    Code::UnpagedList,
                    format!(
                        "`{id}` lists its records in pages, and only the first is read: {}",
                        list.paging.reason
                    ),
                )
                .at(self.selected_at(operation))
                .help(help),
            );
        }
    }

    /// What the document does not say of limits, and what the manifest leaves out of what it says.
    fn limits(&mut self) {
        let limits = &self.proposal.limits;
        let span = self.manifest.name.span;
        if !limits.too_many_requests && self.manifest.limits.is_empty() {
            self.diagnostics.push(
                Diagnostic::note(Code::LimitUndeclared, "no selected operation declares that it answers 429, and `limits` is empty")
                    .at(span)
                    .help("where the API has a limit, say it: `limits: { account: { requests: 100, per: 1m } }`, or `adaptive` where it publishes none"),
            );
        }
        let headers: BTreeSet<String> = self
            .manifest
            .limits
            .iter()
            .flat_map(|(_, limit)| {
                [&limit.headers.limit, &limit.headers.remaining, &limit.headers.reset, &limit.headers.usage]
            })
            .flatten()
            .map(|name| name.to_ascii_lowercase())
            .chain(self.manifest.retry.wait.iter().map(|wait| wait.header.to_ascii_lowercase()))
            .collect();
        let policies = self.manifest.limits.iter().any(|(_, limit)| limit.headers.policy.is_some());
        if let Some(reset) = limits.reset.as_ref().filter(|reset| !headers.contains(*reset) && !policies) {
            let unit = limits.reset_unit.as_deref().unwrap_or("...");
            self.diagnostics.push(
                Diagnostic::warning(Code::WaitSourceMissing, format!("the document declares the header `{reset}`, and the manifest does not heed it"))
                    .at(span)
                    .help(format!("`retry: {{ wait: [ {{ header: {reset}, unit: {unit} }} ] }}`, and `headers` of the limit that it tells of")),
            );
        }
    }

    fn streams(&mut self) {
        for (name, stream) in &self.manifest.streams {
            let guess = self.proposal.streams.iter().find(|guess| guess.operation == stream.operation.value);
            if let Some(cursor) = guess.and_then(|guess| guess.cursor.as_ref())
                && cursor.confidence > Confidence::Low
                && stream.cursor.is_none()
                && stream.window.is_none()
            {
                self.diagnostics.push(
                    Diagnostic::note(
                        Code::CursorAvailable,
                        format!("each run of stream `{}` reads everything: {}", name.value, cursor.reason),
                    )
                    .at(stream.operation.span)
                    .help(format!("`{}`", cursor.line())),
                );
            }
            let own: Vec<&str> = stream.own_key().map(|path| path.as_str()).collect();
            let local = own.iter().all(|path| crate::infer::is_local_key(path));
            if stream.parent.is_some() && local && own.len() == stream.key.0.len() && !own.is_empty() {
                let span = stream.key.0.first().map_or(stream.operation.span, |path| path.span);
                self.diagnostics.push(
                    Diagnostic::warning(Code::KeyOfParent, format!("`{}` may be the same in the lists of two parents of stream `{}`", own.join("`, `"), name.value))
                        .at(span)
                        .help("put a name of the parent's `include` into `key`: records of one parent would overwrite those of another"),
                );
            }
        }
    }

    fn deprecated(&mut self) {
        for operation in self.plan.api.operations.iter().filter(|operation| operation.deprecated) {
            let id = &operation.head.id;
            let stream = self
                .manifest
                .streams
                .iter()
                .find(|(_, stream)| Selector::read(&stream.operation).takes(&operation.head));
            let found = match stream {
                Some((name, stream)) => {
                    let message =
                        format!("stream `{}` reads `{id}`, which the document calls deprecated", name.value);
                    Diagnostic::warning(Code::DeprecatedOperation, message).at(stream.operation.span)
                }
                None => {
                    // What `all` takes nobody asked for.
                    let named = self.manifest.operations.iter().find(|text| {
                        let selector = Selector::read(text);
                        matches!(selector, Selector::One(_)) && selector.takes(&operation.head)
                    });
                    let Some(named) = named else { continue };
                    Diagnostic::note(
                        Code::DeprecatedOperation,
                        format!("the document calls `{id}` deprecated"),
                    )
                    .at(named.span)
                }
            };
            self.diagnostics.push(found.help("look in the document for what stands in its place"));
        }
    }

    /// A document whose servers are all plain.
    fn server(&mut self) {
        let servers = &self.normalised.document.servers;
        let plain = |url: &str| {
            url.starts_with("http://")
                && !url.starts_with("http://localhost")
                && !url.starts_with("http://127.")
        };
        if let Some(first) = servers.first().filter(|_| servers.iter().all(|server| plain(&server.url))) {
            self.diagnostics.push(
                Diagnostic::note(
                    Code::PlainServer,
                    format!("the document knows the API at `{}` only, without TLS", first.url),
                )
                .at(self.manifest.server.url.span)
                .help("make sure that the API answers at the https URL of `server.url`"),
            );
        }
    }

    /// Selectors that add nothing to those before them.
    fn selectors(&mut self) {
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        let mut seen: Vec<Selector<'_>> = Vec::new();
        // What takes most comes first, wherever it stands.
        let mut all: Vec<_> =
            self.manifest.operations.iter().map(|text| (Selector::read(text), text)).collect();
        all.sort_by_key(|(selector, _)| match selector {
            Selector::All => 0,
            Selector::Tag(_) => 1,
            Selector::One(_) => 2,
        });
        for (selector, text) in all {
            let new: Vec<&str> = self
                .plan
                .api
                .operations
                .iter()
                .filter(|operation| selector.takes(&operation.head))
                .map(|operation| operation.head.id.as_str())
                .filter(|id| !taken.contains(id))
                .collect();
            if new.is_empty() && !seen.is_empty() {
                self.diagnostics.push(
                    Diagnostic::note(
                        Code::UnusedDeclaration,
                        format!("`{}` selects nothing that the others do not select", text.value),
                    )
                    .at(text.span)
                    .help("leave it out"),
                );
            }
            taken.extend(new);
            seen.push(selector);
        }
    }

    /// Overrides that say nothing.
    fn overrides(&mut self) {
        for (name, override_) in &self.manifest.overrides {
            let Override { idempotency_key, paging, retry, reads } = override_;
            if idempotency_key.is_none() && paging.is_none() && retry.is_none() && reads.is_none() {
                self.diagnostics.push(
                    Diagnostic::note(
                        Code::UnusedDeclaration,
                        format!("the override of `{}` says nothing", name.value),
                    )
                    .at(name.span)
                    .help("leave it out"),
                );
            }
        }
    }
}
