//! What budgets and the error map have to keep to.

use super::Rules;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::errors::{Action, ErrorRule};
use crate::manifest::limits::{Limit, LimitScope, LimitShape};
use crate::manifest::text;
use crate::source::{Span, Spanned};
use crate::suggest::did_you_mean;

impl<'m> Rules<'m, '_> {
    pub(super) fn limits(&mut self) {
        for (name, limit) in &self.manifest.limits {
            self.limit(name, limit);
        }
        for source in &self.manifest.retry.wait {
            self.header_name(&source.header);
        }
    }

    fn limit(&mut self, name: &Spanned<String>, limit: &'m Limit) {
        let adaptive = limit.adaptive.as_ref();
        for per in [limit.per.as_ref(), adaptive.map(|adaptive| &adaptive.per)].into_iter().flatten() {
            self.duration(Some(per));
        }
        let headers = &limit.headers;
        let named = [&headers.limit, &headers.remaining, &headers.reset, &headers.usage];
        for header in named.into_iter().flatten() {
            self.header_name(header);
        }
        if let Some(selectors) = &limit.operations {
            self.selectors(selectors);
        }
        // What counts requests at once, or learns, has no time of its own and no state that a header could tell.
        let counts = limit.requests.is_some() || limit.points.is_some();
        let shape = limit.shape.as_ref().map(|shape| shape.value);
        let misplaced: [(Option<Span>, bool, &str); 4] = [
            (limit.per.as_ref().map(|per| per.span), counts, "`per` goes with `requests` or `points`"),
            (
                limit.shape.as_ref().map(|shape| shape.span),
                counts,
                "`shape` goes with `requests` or `points`",
            ),
            (
                limit.burst.as_ref().map(|burst| burst.span),
                counts && shape == Some(LimitShape::TokenBucket),
                "`burst` goes with `shape: token_bucket`",
            ),
            (
                limit.cost.as_ref().map(|_| name.span),
                limit.points.is_some(),
                "`cost` goes with `points`; a request of `requests` counts as one",
            ),
        ];
        for (span, fits, message) in misplaced {
            if let Some(span) = span.filter(|_| !fits) {
                self.diagnostics.push(
                    Diagnostic::error(Code::LimitKeys, message)
                        .at(span)
                        .help("leave it out, or say what the limit counts in another way"),
                );
            }
        }
        if let (Some(_), Some(header)) = (adaptive, named.into_iter().flatten().next()) {
            self.diagnostics.push(
                Diagnostic::error(Code::LimitKeys, "`headers` tell a quota, and an adaptive limit has none")
                    .at(header.span)
                    .help("an API that tells its quota has no need of `adaptive`: say `requests` and `per`"),
            );
        }
        self.holders(name, limit);
    }

    fn holders(&mut self, name: &Spanned<String>, limit: &'m Limit) {
        if let Some(scope) = limit.scope.as_ref().filter(|scope| scope.value == LimitScope::Tenant)
            && limit.by.is_none()
        {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::LimitKeys,
                    format!(
                        "the limit `{}` is of a tenant, and nothing says what tells tenants apart",
                        name.value
                    ),
                )
                .at(scope.span)
                .help("name the config values that do: `by: [subdomain]`"),
            );
        }
        let known = || self.manifest.config.names();
        let mut unknown = Vec::new();
        for value in limit.by.iter().flatten() {
            if self.manifest.config.get(value).is_none() {
                let help = match did_you_mean(value, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("`config` has: {}", known().collect::<Vec<_>>().join(", ")),
                };
                unknown.push(
                    Diagnostic::error(
                        Code::UnknownConfigValue,
                        format!("`config` declares no value `{}`", value.value),
                    )
                    .at(value.span)
                    .help(help),
                );
            }
        }
        for diagnostic in unknown {
            self.diagnostics.push(diagnostic);
        }
        // What tells holders apart is put to use, though no text holds it.
        self.used.extend(limit.by.iter().flatten().map(|value| value.as_str()));
    }

    pub(super) fn errors(&mut self) {
        for (name, rule) in &self.manifest.errors {
            self.error_rule(name, rule);
        }
    }

    fn error_rule(&mut self, name: &Spanned<String>, rule: &'m ErrorRule) {
        if let Some(selectors) = &rule.operations {
            self.selectors(selectors);
        }
        for status in rule.status.iter().flatten() {
            if text::statuses(&status.value.0).is_none() {
                self.diagnostics.push(
                    Diagnostic::error(Code::BadStatusRange, format!("`{}` is no status", status.value.0))
                        .at(status.span)
                        .help("write a status, a class or a range: `409`, `5xx`, `400-403`"),
                );
            }
        }
        if let Some(header) = &rule.header {
            self.header_name(&header.name);
        }
        if let Some(body) = &rule.body
            && let Err(error) = text::path(&body.path)
        {
            self.bad_path(&body.path, &error);
        }
        let tests = [
            rule.header.as_ref().and_then(|header| header.present.as_ref()),
            rule.body.as_ref().and_then(|body| body.present.as_ref()),
        ];
        for absent in tests.into_iter().flatten().filter(|present| !present.value) {
            self.diagnostics.push(
                Diagnostic::error(Code::EmptyRule, "what is absent cannot be tested")
                    .at(absent.span)
                    .help("`present: true` is the only form; put a rule before this one for what is there"),
            );
        }
        if rule.status.is_none() && rule.header.is_none() && rule.body.is_none() {
            self.diagnostics.push(
                Diagnostic::error(Code::EmptyRule, format!("the rule `{}` tests nothing", name.value))
                    .at(name.span)
                    .help("say which answers it is about: `status`, `header` or `body`"),
            );
        }
        let fails = rule.action.value == Action::Fail;
        if fails && (rule.message.is_none() || rule.fault.is_none()) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::IncompleteGroup,
                    "`action: fail` needs `fault` and `message` beside it",
                )
                .at(rule.action.span)
                .help("say who has to act (`configuration`, `request`, `server`) and what to do"),
            );
        }
        let spans =
            [rule.fault.as_ref().map(|fault| fault.span), rule.message.as_ref().map(|message| message.span)];
        for span in spans.into_iter().flatten().filter(|_| !fails) {
            self.diagnostics.push(
                Diagnostic::error(Code::IncompleteGroup, "only `action: fail` has a fault and a message")
                    .at(span)
                    .help("leave it out, or say `action: fail`"),
            );
        }
    }
}
