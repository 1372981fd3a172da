//! What a manifest has to keep to beyond its shape, as far as that shows without the document.

mod headers;
mod limits;
mod paging;
mod server;
mod signing;
mod slices;
mod source;
mod streams;
mod tokens;

use std::collections::{HashMap, HashSet};

use super::auth::{Auth, AuthSection};
use super::paging::{PageSize, Place, Scheme, Strategy};
use super::text::{self, TextError, part};
use super::types::Manifest;
use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::model::names::{self, Use};
use crate::source::{Span, Spanned};
use crate::suggest::did_you_mean;

pub(crate) use server::url_problem;
pub(crate) use signing::DEFAULT_JWT_LIFE;
pub(crate) use source::{INTERVAL, TIMEOUT, csv_sign};
pub(crate) use tokens::request as login_request;

/// The config value that chooses one of `server.environments`.
const ENVIRONMENT: &str = "environment";
/// What an override says for an operation without paging.
pub(crate) const NO_PAGING: &str = "none";
/// Checks all rules.
pub(super) fn check(manifest: &Manifest, diagnostics: &mut Diagnostics) {
    let mut rules = Rules { manifest, diagnostics, used: HashSet::new() };
    rules.names();
    rules.server();
    rules.auth();
    rules.authorised();
    rules.headers();
    rules.correlation_header();
    rules.operations();
    rules.overrides();
    for (name, scheme) in &manifest.paging {
        rules.scheme(name, scheme);
    }
    rules.limits();
    rules.errors();
    for (name, stream) in &manifest.streams {
        rules.stream(stream);
        rules.slices(name, stream);
    }
    rules.previous();
    rules.unused_config();
}

pub(super) struct Rules<'m, 'd> {
    pub(super) manifest: &'m Manifest,
    pub(super) diagnostics: &'d mut Diagnostics,
    /// The config values that some text uses.
    used: HashSet<&'m str>,
}

impl<'m> Rules<'m, '_> {
    fn names(&mut self) {
        let manifest = self.manifest;
        self.name(&manifest.name, "a connector's name", '-');
        let document = &manifest.document;
        let ending = [".yaml", ".yml", ".json"].iter().any(|ending| document.ends_with(ending));
        if !ending || document.contains(['/', '\\', ':']) || document.starts_with('.') {
            self.diagnostics.push(
                Diagnostic::error(Code::BadDocumentName, format!("`{}` is no file name of a document", document.value))
                    .at(document.span)
                    .help("put the document into the manifest's folder, and name it `NAME.yaml`, `NAME.yml` or `NAME.json`"),
            );
        }
        if manifest.description.trim().is_empty() || manifest.description.contains('\n') {
            self.diagnostics.push(
                Diagnostic::error(Code::BadName, "the description is to be one line")
                    .at(manifest.description.span)
                    .help("say in one line what the connector reads"),
            );
        }
        for (name, _) in &manifest.config {
            self.name(name, "a config value's name", '_');
            if name.as_str() == ENVIRONMENT && !manifest.server.environments.is_empty() {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadName,
                        "`environment` already chooses one of `server.environments`",
                    )
                    .at(name.span)
                    .help("take another name"),
                );
            }
        }
        for (name, _) in &manifest.paging {
            if name.as_str() == NO_PAGING {
                self.diagnostics.push(
                    Diagnostic::error(Code::BadName, "`none` is what an override says for no paging at all")
                        .at(name.span)
                        .help("take another name"),
                );
            }
        }
        let mut types: HashMap<String, Span> = HashMap::new();
        for (name, _) in &manifest.streams {
            self.name(name, "a stream's name", '_');
            let span = *types.entry(names::ident(name, Use::Type)).or_insert(name.span);
            if span != name.span {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::StandsTwice,
                        format!("stream `{}` would have the same type as another", name.value),
                    )
                    .at(name.span)
                    .label(span, "the other one")
                    .help("names of streams have to differ in more than `_`"),
                );
            }
        }
    }

    pub(super) fn name(&mut self, name: &Spanned<String>, what: &str, separator: char) {
        if !text::is_name(name, separator) {
            let message = format!("`{}` cannot be {what}", name.value);
            self.diagnostics.push(
                Diagnostic::error(Code::BadName, message)
                    .at(name.span)
                    .help(format!("{what} is a small letter, then small letters, digits and `{separator}`")),
            );
        }
    }

    /// Old shapes that are kept for a time.
    fn previous(&mut self) {
        let manifest = self.manifest;
        for (name, entry) in &manifest.previous {
            self.name(name, "the name of old shapes", '_');
            if let Err(error) = entry.until.parse::<Date>() {
                let message = error.to_string();
                self.diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(entry.until.span));
            }
        }
    }

    fn auth(&mut self) {
        self.authorised_by(&self.manifest.auth);
    }

    pub(super) fn authorised_by(&mut self, section: &'m AuthSection) {
        match section.chosen() {
            None | Some(Auth::None) => {}
            Some(Auth::Basic(basic)) => {
                self.template(&basic.username);
                self.template(&basic.password);
            }
            Some(Auth::Bearer(bearer)) => self.template(&bearer.token),
            Some(Auth::ApiKeys(keys)) => self.api_keys(keys),
            Some(Auth::OAuth2(oauth2)) => self.oauth2(oauth2),
            Some(Auth::Session(session)) => self.session(session),
            Some(Auth::Jwt(jwt)) => self.jwt(jwt),
            Some(Auth::Hmac(hmac)) => self.hmac(hmac),
            Some(Auth::AwsSigV4(aws)) => self.aws_sigv4(aws),
            Some(Auth::Choice(choice)) => self.choice(choice),
        }
    }

    /// Notes that a config value is used.
    pub(super) fn used(&mut self, name: &'m str) {
        self.used.insert(name);
    }

    fn authorised(&mut self) {
        let Some(selectors) = &self.manifest.authorised else { return };
        self.selectors(selectors);
        if matches!(self.manifest.auth.chosen(), Some(Auth::None))
            && let Some(first) = selectors.first()
        {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::NothingToAuthorise,
                    "`authorised` names operations, and `auth` has no credential to send with them",
                )
                .at(first.span)
                .help("say in `auth` how they are authorised, or leave `authorised` out"),
            );
        }
    }

    fn operations(&mut self) {
        self.selectors(&self.manifest.operations);
    }

    fn selectors(&mut self, selectors: &[Spanned<String>]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for selector in selectors {
            if let Some(first) = seen.insert(selector.as_str(), selector.span) {
                self.diagnostics.push(
                    Diagnostic::error(Code::StandsTwice, format!("`{}` stands twice", selector.value))
                        .at(selector.span)
                        .label(first, "here first")
                        .help("leave one out"),
                );
            }
        }
    }

    fn overrides(&mut self) {
        for (_, override_) in &self.manifest.overrides {
            if let Some(header) = &override_.idempotency_key {
                self.header_name(header);
            }
            let schemes = &self.manifest.paging;
            if let Some(scheme) = override_.paging.as_ref().filter(|name| name.as_str() != NO_PAGING)
                && schemes.get(scheme).is_none()
            {
                let near = did_you_mean(scheme, schemes.names().chain([NO_PAGING]));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("`paging` has: {}", schemes.names().collect::<Vec<_>>().join(", ")),
                };
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::UnknownScheme,
                        format!("there is no paging scheme `{}`", scheme.value),
                    )
                    .at(scheme.span)
                    .help(help),
                );
            }
        }
    }

    fn scheme(&mut self, name: &Spanned<String>, scheme: &Scheme) {
        if let Some(selectors) = &scheme.operations {
            self.selectors(selectors);
        }
        if let Some(add) = scheme.add.as_ref().filter(|add| add.value)
            && scheme.operations.is_none()
        {
            let message = format!("scheme `{}` would add its parameters to every operation", name.value);
            self.diagnostics.push(
                Diagnostic::error(Code::IncompleteGroup, message)
                    .at(add.span)
                    .help("name the operations that have them in truth: `operations: [...]`"),
            );
        }
        paging::check(name, scheme, self.diagnostics);
        let Some(strategy) = scheme.strategy() else { return };
        for place in [scheme.place(), scheme.size.as_ref().and_then(PageSize::place)].into_iter().flatten() {
            if let Place::Field(path) = place {
                self.path(path, false);
            }
        }
        if let Some(count) = &scheme.end.count {
            self.path(&count.path, false);
        }
        let (paths, header): (Vec<&Option<Spanned<String>>>, Option<&Spanned<String>>) = match strategy {
            Strategy::NextUrl(next) => {
                (vec![&next.path, &next.more, &next.done, &next.total_records], next.header.as_ref())
            }
            Strategy::Cursor(next) => {
                (vec![&next.next, &next.more, &next.done, &next.total_records], next.next_header.as_ref())
            }
            Strategy::Page(page) => {
                (vec![&page.more, &page.done, &page.total_records, &page.total_pages], None)
            }
            Strategy::Offset(offset) => (vec![&offset.more, &offset.done, &offset.total_records], None),
            Strategy::LinkHeader(_) => (Vec::new(), None),
            Strategy::LastId(last) => {
                self.path(&last.field, true);
                (vec![&last.more, &last.done, &last.total_records], None)
            }
        };
        for path in paths.into_iter().flatten() {
            self.path(path, false);
        }
        if let Some(header) = header {
            self.header_name(header);
        }
    }

    /// A path that can be read. Only a list of records or the whole body may be `.`.
    pub(super) fn path(&mut self, path: &Spanned<String>, in_record: bool) {
        match text::path(path) {
            Ok(segments) if segments.is_empty() => {
                let whole = if in_record { "the record" } else { "the whole body" };
                self.diagnostics.push(
                    Diagnostic::error(Code::BadPathSyntax, format!("`.` is {whole}, not a value in it"))
                        .at(path.span)
                        .help("name the field"),
                );
            }
            Ok(_) => {}
            Err(error) => self.bad_path(path, &error),
        }
    }

    fn bad_path(&mut self, path: &Spanned<String>, error: &TextError) {
        self.diagnostics.push(
            Diagnostic::error(Code::BadPathSyntax, format!("`{}` is no path: {}", path.value, error.message))
                .at(part(path, &error.range))
                .help("a path is keys with dots between them: `data.items`, `a.\"b.c\"`"),
        );
    }

    /// A text with `{variables}`, each of which `config` declares.
    pub(super) fn template(&mut self, text: &'m Spanned<String>) {
        self.template_in(&text.value, text);
    }

    pub(super) fn template_in(&mut self, value: &'m str, text: &Spanned<String>) {
        let variables = match text::variables(value) {
            Ok(variables) => variables,
            Err(error) => {
                self.diagnostics.push(
                    Diagnostic::error(Code::BadTemplate, error.message)
                        .at(part(text, &error.range))
                        .help("`{name}` stands for the config value of that name"),
                );
                return;
            }
        };
        for (name, range) in variables {
            if self.manifest.config.get(name).is_some() {
                self.used.insert(name);
                continue;
            }
            let help = match did_you_mean(name, self.manifest.config.names()) {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => format!("declare it: `config: {{ {name}: {{ description: ... }} }}`"),
            };
            self.diagnostics.push(
                Diagnostic::error(Code::UndeclaredVariable, format!("`config` has no value `{name}`"))
                    .at(part(text, &range))
                    .help(help),
            );
        }
    }

    fn unused_config(&mut self) {
        // What cannot be read may be where the value is used.
        if self.diagnostics.has_errors() {
            return;
        }
        for (name, _) in &self.manifest.config {
            if !self.used.contains(name.as_str()) {
                self.diagnostics.push(
                    Diagnostic::warning(
                        Code::UnusedConfig,
                        format!("nothing uses the config value `{}`", name.value),
                    )
                    .at(name.span)
                    .help(format!("write `{{{}}}` where it belongs, or leave it out", name.value)),
                );
            }
        }
    }
}
