//! What OAuth 2 and sessions have to keep to, as far as that shows without the document.

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::auth::KeyLocation;
use crate::manifest::text;
use crate::manifest::tokens::{
    BodyForm, ClientAuthentication, Grant, OAuth2Auth, Placement, Renewal, SessionAuth, SigningKey,
};
use crate::manifest::values::{Constant, Entries};
use crate::source::Spanned;

use super::{Rules, url_problem};

/// Methods that a login may have.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The header in which a token goes, in small letters.
pub(super) fn header_of(send: &Placement) -> Option<String> {
    match send.location {
        KeyLocation::Header => Some(send.name.to_ascii_lowercase()),
        KeyLocation::Cookie => Some("cookie".to_owned()),
        KeyLocation::Query => None,
    }
}

/// Method and path of a request such as `POST /session`.
pub(crate) fn request(text: &str) -> Option<(&str, &str)> {
    let (method, path) = text.split_once(' ')?;
    let plain = path.starts_with('/') && !path.contains(['?', '#', '{', '}', ' ']) && !path.contains("//");
    (METHODS.contains(&method) && plain && path.is_ascii()).then_some((method, path))
}

impl<'m> Rules<'m, '_> {
    pub(super) fn oauth2(&mut self, oauth2: &'m OAuth2Auth) {
        if let Some(url) = &oauth2.token_url {
            self.endpoint(url, "token_url");
        }
        if let Some(url) = &oauth2.revocation_url {
            self.endpoint(url, "revocation_url");
        }
        self.client(oauth2);
        match oauth2.grant() {
            None | Some(Grant::ClientCredentials) => {}
            Some(Grant::AuthorizationCode(code)) => {
                if let Some(url) = &code.authorization_url {
                    self.endpoint(url, "authorization_url");
                }
                if let Some(issuer) = &code.issuer {
                    self.issuer(issuer);
                }
                if let Some(path) = &code.redirect_path
                    && request(&format!("GET {}", path.value)).is_none()
                {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::BadTokenUrl,
                            format!("`{}` is no path to be sent back to", path.value),
                        )
                        .at(path.span)
                        .help("a path begins with `/`: `/callback`"),
                    );
                }
                self.constants(&code.parameters);
            }
            Some(Grant::RefreshToken(refresh)) => self.secret(&refresh.token),
            Some(Grant::DeviceCode(device)) => {
                self.endpoint(&device.device_authorization_url, "device_authorization_url");
            }
            Some(Grant::JwtBearer(jwt)) => {
                self.key(&jwt.key);
                self.template(&jwt.issuer);
                if let Some(subject) = &jwt.subject {
                    self.template(subject);
                }
                self.duration(jwt.lifetime.as_ref());
                for (_, value) in &jwt.claims {
                    // `{scopes}` is no value of `config`.
                    if value.value.0 != "{scopes}" {
                        self.constant(value);
                    }
                }
            }
            Some(Grant::TokenExchange(exchange)) => {
                self.secret(&exchange.subject_token);
                if let Some(actor) = &exchange.actor_token {
                    self.secret(actor);
                }
            }
            Some(Grant::Password(password)) => {
                self.template(&password.username);
                self.secret(&password.password);
            }
        }
        for scope in &oauth2.scopes {
            self.template(scope);
        }
        self.constants(&oauth2.request.parameters);
        self.header_templates(&oauth2.request.headers);
        let response = &oauth2.response;
        for path in [&response.access_token, &response.refresh_token, &response.expiry].into_iter().flatten()
        {
            self.path(path, false);
        }
        self.duration(response.lifetime.as_ref());
        if let Some(base_url) = &response.base_url {
            self.path(&base_url.path, false);
            for host in &base_url.hosts {
                self.host(host);
            }
        }
        if let Some(send) = &oauth2.send {
            self.placement(send);
        }
        self.renewal(&oauth2.renew);
        self.token_names();
    }

    pub(super) fn session(&mut self, session: &'m SessionAuth) {
        for text in std::iter::once(&session.login.request).chain(&session.logout) {
            if request(text).is_none() {
                self.diagnostics.push(
                    Diagnostic::error(Code::BadLogin, format!("`{}` is no request", text.value))
                        .at(text.span)
                        .help(format!(
                            "a method and a path below the base URL: `POST /session`; methods are {}",
                            METHODS.join(", ")
                        )),
                );
            }
        }
        for (name, value) in &session.login.fields {
            if session.login.body.unwrap_or(BodyForm::Json) == BodyForm::Json {
                self.path(name, false);
            }
            self.constant(value);
        }
        self.header_templates(&session.login.headers);
        if let Some(path) = &session.token.path {
            self.path(path, false);
        }
        for name in [&session.token.header, &session.token.cookie].into_iter().flatten() {
            self.header_name(name);
        }
        self.duration(session.lifetime.as_ref());
        self.placement(&session.send);
        self.renewal(&session.renew);
        self.token_names();
    }

    /// The keys that connectors with tokens have of themselves.
    fn token_names(&mut self) {
        for (name, _) in &self.manifest.config {
            if ["token_url", "authorization_url", "device_authorization_url", "revocation_url", "token_store"]
                .contains(&name.as_str())
            {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadName,
                        format!(
                            "`{}` is a config value that a connector with tokens has of itself",
                            name.value
                        ),
                    )
                    .at(name.span)
                    .help("take another name"),
                );
            }
        }
    }

    fn client(&mut self, oauth2: &'m OAuth2Auth) {
        let client = &oauth2.client;
        self.template(&client.id);
        if let Some(secret) = &client.secret {
            self.secret(secret);
        }
        if let Some(key) = &client.key {
            self.key(key);
        }
        let (secret, key) = (client.secret.is_some(), client.key.is_some());
        let Some(authentication) = &client.authentication else {
            if secret && key {
                self.client_proof(
                    client.id.span,
                    "the client has a `secret` and a `key`",
                    "leave one out, or say which it is: `authentication: ...`",
                );
            }
            return;
        };
        let (message, help) = match authentication.value {
            ClientAuthentication::Basic | ClientAuthentication::Post if !secret => {
                ("the client has no `secret`", "add it: `secret: \"{client_secret}\"`")
            }
            ClientAuthentication::PrivateKeyJwt if !key => {
                ("the client has no `key`", "add it: `key: { value: \"{client_key}\", algorithm: ES256 }`")
            }
            ClientAuthentication::None if secret || key => (
                "a client that proves nothing has no use for its `secret` or `key`",
                "leave that out, or say how it is used",
            ),
            _ => return,
        };
        self.client_proof(authentication.span, message, help);
    }

    fn client_proof(&mut self, span: crate::source::Span, message: &str, help: &str) {
        self.diagnostics.push(Diagnostic::error(Code::ClientProof, message).at(span).help(help));
    }

    fn key(&mut self, key: &'m SigningKey) {
        self.secret(&key.value);
        for text in key.id.iter().chain(&key.audience) {
            self.template(text);
        }
    }

    /// A text that must not be seen: taken from `config`, and from values that are marked as secrets there.
    pub(super) fn secret(&mut self, text: &'m Spanned<String>) {
        self.template(text);
        let Ok(variables) = text::variables(text) else { return };
        let declared: Vec<_> =
            variables.iter().filter_map(|(name, _)| self.manifest.config.get(name)).collect();
        if variables.is_empty() {
            self.diagnostics.push(
                Diagnostic::warning(
                    Code::SecretWritten,
                    "a secret stands in the manifest, where everybody reads it",
                )
                .at(text.span)
                .help("take it from `config`: `\"{name}\"`, with `secret: true` there"),
            );
        } else if !declared.is_empty() && declared.iter().all(|field| !field.secret) {
            let name = variables.first().map_or("", |(name, _)| *name);
            self.diagnostics.push(
                Diagnostic::error(
                    Code::SecretShown,
                    format!("`{name}` is a secret, but `config` does not mark it as one"),
                )
                .at(text.span)
                .help(format!("write `secret: true` for `{name}`, so that it is never shown")),
            );
        }
    }

    /// A URL of the authorisation server: https, or a path on the API's own origin.
    fn endpoint(&mut self, url: &'m Spanned<String>, key: &str) {
        self.template(url);
        let problem = if url.starts_with('/') {
            (url.starts_with("//") || url.contains('#'))
                .then_some(("is no path", "write `/oauth/token`, or the whole URL"))
        } else {
            // The query of an endpoint is its own, RFC 6749 3.1.
            url_problem(url.split('?').next().unwrap_or_default())
        };
        if let Some((message, help)) = problem {
            self.diagnostics.push(
                Diagnostic::error(Code::BadTokenUrl, format!("`{}`, the `{key}`, {message}", url.value))
                    .at(url.span)
                    .help(help),
            );
        }
    }

    /// An issuer is compared letter by letter, RFC 9207 2.4, so it has to be whole.
    fn issuer(&mut self, issuer: &'m Spanned<String>) {
        self.template(issuer);
        if issuer.contains('{') {
            return;
        }
        let problem = match issuer.contains(['?', '#']) {
            true => {
                Some(("has a query or a fragment", "write it as the server's metadata has it in `issuer`"))
            }
            false => url_problem(issuer),
        };
        if let Some((message, help)) = problem {
            self.diagnostics.push(
                Diagnostic::error(Code::BadTokenUrl, format!("`{}`, the `issuer`, {message}", issuer.value))
                    .at(issuer.span)
                    .help(help),
            );
        }
    }

    fn host(&mut self, host: &Spanned<String>) {
        let name = host.trim_start_matches('.');
        let labels = name.split('.').collect::<Vec<_>>();
        let plain = |label: &&str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if labels.len() < 2 || !labels.iter().all(plain) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadHost, format!("`{}` is no host that can be allowed", host.value))
                    .at(host.span)
                    .help("a host without scheme, port and path, in small letters, with at least two parts: `salesforce.com`"),
            );
        }
    }

    pub(super) fn placement(&mut self, send: &Placement) {
        if let Some(prefix) = &send.prefix {
            self.header_value(prefix);
        }
        match send.location {
            KeyLocation::Header | KeyLocation::Cookie => self.header_name(&send.name),
            KeyLocation::Query if send.name.is_empty() => {
                self.diagnostics.error(Code::BadName, send.name.span, "the query parameter has no name");
            }
            KeyLocation::Query => {}
        }
    }

    fn renewal(&mut self, renew: &Renewal) {
        if let Some(at) = &renew.at
            && !(at.value > 0.0 && at.value <= 1.0)
        {
            self.diagnostics.push(
                Diagnostic::error(Code::TokenLife, format!("{} is no part of a token's life", at.value))
                    .at(at.span)
                    .help("more than 0 and at most 1: `at: 0.75` renews after three quarters"),
            );
        }
        for status in renew.on.iter().flatten() {
            if !(400..500).contains(&status.value) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::TokenLife,
                        format!("{} is no status that refuses a token", status.value),
                    )
                    .at(status.span)
                    .help("a status from 400 to 499: `on: [401, 403]`"),
                );
            }
        }
    }

    pub(super) fn duration(&mut self, duration: Option<&Spanned<String>>) {
        if let Some(duration) = duration.filter(|text| text::milliseconds(text).is_none()) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadDuration, format!("`{}` is no duration", duration.value))
                    .at(duration.span)
                    .help("a duration is a whole number and a unit: `500ms`, `10s`, `1m`, `1h`, `1d`"),
            );
        }
    }

    fn constants(&mut self, constants: &'m Entries<Spanned<Constant>>) {
        for (_, value) in constants {
            self.constant(value);
        }
    }

    fn constant(&mut self, value: &'m Spanned<Constant>) {
        self.template_in(&value.value.0, &Spanned { value: value.value.0.clone(), span: value.span });
    }

    fn header_templates(&mut self, headers: &'m Entries<Spanned<String>>) {
        for (name, value) in headers {
            self.header_name(name);
            self.header_value(value);
            self.template(value);
        }
    }
}
