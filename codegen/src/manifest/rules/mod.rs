//! What a manifest has to keep to beyond its shape, as far as that shows without the document.

mod limits;
mod slices;
mod source;

use std::collections::{HashMap, HashSet};

use super::auth::{Auth, AuthSection};
use super::paging::{PageSize, Place, Scheme, Strategy};
use super::paging_rules;
use super::text::{self, TextError, part};
use super::types::{Manifest, Order, Stream};
use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::model::names::{self, Use};
use crate::source::{Span, Spanned};
use crate::suggest::did_you_mean;

pub(crate) use source::{INTERVAL, TIMEOUT, csv_sign};

/// The config value that chooses one of `server.environments`.
const ENVIRONMENT: &str = "environment";
/// What an override says for an operation without paging.
pub(crate) const NO_PAGING: &str = "none";
/// Headers that belong to the connection or the body, which the runtime writes.
const RUNTIME_HEADERS: &[&str] =
    &["host", "content-length", "content-type", "transfer-encoding", "connection"];

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

    /// Where the vendor publishes the document. It is asked without a credential and with no value of a user.
    fn live(&mut self) {
        let Some(url) = &self.manifest.spec.live else { return };
        let bare = url.value.split('?').next().unwrap_or_default();
        let problem = match url_problem(bare) {
            _ if url.value.contains(['{', '}']) => {
                Some(("has a variable in it", "write the URL itself: nobody fills it in"))
            }
            Some((_, help)) if bare.starts_with("http://") => {
                Some(("is neither https nor http to this machine", help))
            }
            problem => problem,
        };
        if let Some((message, help)) = problem {
            let message = format!("`{}` {message}", url.value);
            self.diagnostics.push(Diagnostic::error(Code::BadServerUrl, message).at(url.span).help(help));
        }
    }

    fn server(&mut self) {
        self.live();
        let server = &self.manifest.server;
        self.url(&server.url);
        for (name, url) in &server.environments {
            self.name(name, "an environment's name", '_');
            self.url(url);
        }
        for (name, other) in &server.others {
            self.name(name, "a server's name", '_');
            self.url(&other.url);
            let key = format!("{}_base_url", name.value);
            if let Some((field, _)) = self.manifest.config.iter().find(|(field, _)| field.as_str() == key) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadName,
                        format!(
                            "`{key}` already puts another URL in the place of the server `{}`",
                            name.value
                        ),
                    )
                    .at(field.span)
                    .label(name.span, "this server")
                    .help("take another name"),
                );
            }
        }
    }

    fn url(&mut self, url: &'m Spanned<String>) {
        self.template(url);
        if let Some((message, help)) = url_problem(url) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadServerUrl, format!("`{}` {message}", url.value))
                    .at(url.span)
                    .help(help),
            );
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

    fn headers(&mut self) {
        let mut seen: HashMap<String, Span> = HashMap::new();
        let auth = self.auth_headers(&self.manifest.auth);
        for (name, value) in &self.manifest.headers {
            self.header_name(name);
            self.header_value(value);
            self.template(value);
            let lower = name.to_ascii_lowercase();
            if let Some(first) = seen.insert(lower.clone(), name.span) {
                self.diagnostics.push(
                    Diagnostic::error(Code::StandsTwice, format!("header `{}` stands twice", name.value))
                        .at(name.span)
                        .label(first, "here first")
                        .help("names of headers are the same in small and capital letters"),
                );
            }
            if auth.contains(&lower) || RUNTIME_HEADERS.contains(&lower.as_str()) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadHeader,
                        format!("header `{}` is written by the connector itself", name.value),
                    )
                    .at(name.span)
                    .help("leave it out; what authorises a request stands in `auth`"),
                );
            }
        }
    }

    /// The header of the correlation id has to be one that nothing else writes.
    fn correlation_header(&mut self) {
        let manifest = self.manifest;
        let Some(name) = &manifest.correlation_header else { return };
        self.header_name(name);
        let lower = name.to_ascii_lowercase();
        if let Some((first, _)) = manifest.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            self.diagnostics.push(
                Diagnostic::error(Code::StandsTwice, format!("header `{}` stands twice", name.value))
                    .at(name.span)
                    .label(first.span, "here first")
                    .help("leave it out of `headers`, or take another `correlation_header`: `none` for none at all"),
            );
        }
        if self.auth_headers(&manifest.auth).contains(&lower) || RUNTIME_HEADERS.contains(&lower.as_str()) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BadHeader,
                    format!("header `{}` is written by the connector itself", name.value),
                )
                .at(name.span)
                .help("name a header for the correlation id alone, or `none`"),
            );
        }
    }

    pub(super) fn header_name(&mut self, name: &Spanned<String>) {
        if !text::is_token(name) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BadHeader,
                    format!("`{}` cannot be the name of a header", name.value),
                )
                .at(name.span)
                .help("a name has letters, digits and `-`, without blanks or colons"),
            );
        }
    }

    pub(super) fn header_value(&mut self, value: &Spanned<String>) {
        if value.chars().any(|character| character.is_control() || !character.is_ascii()) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadHeader, "the value of a header cannot hold such characters")
                    .at(value.span)
                    .help("only visible ASCII characters and blanks can be sent"),
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
        paging_rules::check(name, scheme, self.diagnostics);
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

    fn stream(&mut self, stream: &'m Stream) {
        if let Err(error) = text::path(&stream.records) {
            self.bad_path(&stream.records, &error);
        }
        self.selectors(&stream.key.0);
        for key in &stream.key.0 {
            self.path(key, true);
        }
        self.source(stream);
        for (_, value) in &stream.parameters {
            let text = Spanned { value: &value.value.0, span: value.span };
            self.template_in(text.value, &Spanned { value: text.value.clone(), span: text.span });
        }
        let Some(cursor) = &stream.cursor else { return };
        self.path(&cursor.field, true);
        if let Some(start) = &cursor.start {
            self.template(start);
        }
        let order = cursor.order.as_ref().map_or(Order::None, |order| order.value);
        let span = cursor.order.as_ref().map_or(cursor.field.span, |order| order.span);
        if let Some(path) = &cursor.body_field {
            self.path(path, true);
            if cursor.parameter.is_some() {
                self.diagnostics.push(
                    Diagnostic::error(Code::CursorOrder, "`parameter` and `body_field` both take the cursor")
                        .at(path.span)
                        .help("leave one of them out"),
                );
            }
        }
        match (cursor.parameter.as_ref().or(cursor.body_field.as_ref()), order) {
            (None, Order::Ascending | Order::None) => self.diagnostics.push(
                Diagnostic::error(
                    Code::CursorOrder,
                    "without a `parameter` or `body_field` a later run cannot ask for what is new only",
                )
                .at(span)
                .help(
                    "name what takes the cursor; or say `order: descending` where the API lists the newest \
                         first; or leave the cursor out, and each run reads everything",
                ),
            ),
            (None, Order::Descending) => {
                for key in [&cursor.start].into_iter().flatten() {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::CursorOrder,
                            "without a `parameter` or `body_field` nothing takes `start`",
                        )
                        .at(key.span)
                        .help("leave `start` out, or name what takes it"),
                    );
                }
            }
            (Some(_), _) => {}
        }
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

/// Why a URL cannot be a connector's base, and what to do.
pub(crate) fn url_problem(url: &str) -> Option<(&'static str, &'static str)> {
    // A URL that is a config value as a whole is checked when it is known.
    if url.starts_with('{') {
        return None;
    }
    let (scheme, rest) = match url.split_once("://") {
        Some(parts) => parts,
        None => return Some(("is no URL", "write `https://HOST/PATH`")),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some(("has a user in it", "credentials belong into `config` and `auth`"));
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Some(("has no host", "write `https://HOST/PATH`"));
    }
    if url.contains(['?', '#'])
        || url.chars().any(|character| character.is_whitespace() || character.is_control())
    {
        return Some(("has more than a host and a path", "parameters belong to operations and streams"));
    }
    let loopback = authority == "[::1]"
        || authority.starts_with("[::1]:")
        || matches!(authority.split(':').next(), Some("localhost" | "127.0.0.1"));
    match scheme {
        "https" => None,
        "http" if loopback => None,
        "http" => Some(("would send credentials in the clear", "take https; http is for this machine only")),
        _ => Some(("is neither https nor http", "write `https://HOST/PATH`")),
    }
}

#[cfg(test)]
mod tests {
    use super::url_problem;

    #[test]
    fn base_urls_are_https_or_this_machine() {
        for (url, problem) in [
            ("https://{subdomain}.zendesk.com", None),
            ("https://api.example.com/v1", None),
            ("{base_url}/api", None),
            ("http://localhost:8420", None),
            ("http://127.0.0.1", None),
            ("http://[::1]:80/x", None),
            ("http://localhost.evil.example", Some("would send credentials in the clear")),
            ("http://api.example.com", Some("would send credentials in the clear")),
            ("ftp://api.example.com", Some("is neither https nor http")),
            ("https://", Some("has no host")),
            ("https://:80", Some("has no host")),
            ("https://u:p@example.com", Some("has a user in it")),
            ("https://example.com?x=1", Some("has more than a host and a path")),
            ("https://exa mple.com", Some("has more than a host and a path")),
            ("api.example.com", Some("is no URL")),
        ] {
            assert_eq!(url_problem(url).map(|(message, _)| message), problem, "{url}");
        }
    }
}
