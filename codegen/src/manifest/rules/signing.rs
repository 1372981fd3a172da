//! What keys and signatures have to keep to, as far as that shows without the document.

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::auth::{Auth, AuthSection};
use crate::manifest::signing::{
    ApiKeyAuth, AwsSigV4Auth, ChoiceAuth, Claim, HmacAuth, JwtAuth, KeyPlace, SignedPart, part_names,
    part_of, signed_text,
};
use crate::manifest::text::{self, part};
use crate::manifest::tokens::JwtAlgorithm;
use crate::source::Spanned;
use crate::suggest::did_you_mean;

use super::Rules;

/// How long a JWT holds where the manifest does not say, in milliseconds.
pub(crate) const DEFAULT_JWT_LIFE: u64 = 20 * 60 * 1000;
/// Claims that the connector writes.
const OWN_CLAIMS: [&str; 2] = ["iat", "exp"];

impl<'m> Rules<'m, '_> {
    pub(super) fn api_keys(&mut self, keys: &'m [ApiKeyAuth]) {
        for (at, key) in keys.iter().enumerate() {
            self.template(&key.value);
            if let Some(prefix) = &key.prefix {
                self.header_value(prefix);
            }
            match key.place {
                KeyPlace::Header | KeyPlace::Cookie => self.header_name(&key.name),
                KeyPlace::Query | KeyPlace::Body if key.name.is_empty() => {
                    let what = if key.place == KeyPlace::Query { "query parameter" } else { "field" };
                    self.diagnostics.error(Code::BadName, key.name.span, format!("the {what} has no name"));
                }
                KeyPlace::Query | KeyPlace::Body => {}
            }
            let same = |other: &&ApiKeyAuth| {
                other.place == key.place
                    && if key.place == KeyPlace::Header {
                        other.name.eq_ignore_ascii_case(&key.name)
                    } else {
                        other.name.value == key.name.value
                    }
            };
            if let Some(first) = keys.iter().take(at).find(same) {
                self.diagnostics.push(
                    Diagnostic::error(Code::StandsTwice, format!("`{}` is sent twice", key.name.value))
                        .at(key.name.span)
                        .label(first.name.span, "here first")
                        .help("leave one out"),
                );
            }
        }
    }

    pub(super) fn jwt(&mut self, jwt: &'m JwtAuth) {
        self.secret(&jwt.key);
        let shared =
            matches!(jwt.algorithm.value, JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512);
        if let Some(encoding) = jwt.key_encoding.as_ref().filter(|_| !shared) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BadSignature,
                    "the key of this algorithm is PEM or a JWK, in no further encoding",
                )
                .at(encoding.span)
                .label(jwt.algorithm.span, "this algorithm")
                .help("leave `key_encoding` out; it is for `HS256`, `HS384` and `HS512`"),
            );
        }
        for (name, claim) in &jwt.claims {
            if OWN_CLAIMS.contains(&name.as_str()) {
                self.written_by_connector(
                    name,
                    "claim",
                    "`lifetime` and `backdate` say what `iat` and `exp` are",
                );
            }
            match &claim.value {
                Claim::Text(text) => {
                    self.template_in(text, &Spanned { value: text.clone(), span: claim.span });
                }
                Claim::Texts(texts) => texts.iter().for_each(|text| self.template(text)),
                Claim::Verbatim(_) => {}
            }
        }
        for (name, value) in &jwt.header {
            if name.as_str() == "alg" {
                self.written_by_connector(name, "member", "`algorithm` says what it is");
            }
            self.template(value);
        }
        self.duration(jwt.lifetime.as_ref());
        self.duration(jwt.backdate.as_ref());
        let milliseconds =
            |text: &Option<Spanned<String>>| text.as_ref().and_then(|text| text::milliseconds(text));
        if let (Some(backdate), Some(backdated)) = (&jwt.backdate, milliseconds(&jwt.backdate))
            && backdated >= milliseconds(&jwt.lifetime).unwrap_or(DEFAULT_JWT_LIFE)
        {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BadSignature,
                    "a JWT that is dated back by all of its life is over when it is made",
                )
                .at(backdate.span)
                .help("make `backdate` shorter, or `lifetime` longer"),
            );
        }
        if let Some(send) = &jwt.send {
            self.placement(send);
        }
    }

    fn written_by_connector(&mut self, name: &Spanned<String>, what: &str, help: &str) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::BadSignature,
                format!("the {what} `{}` is written by the connector itself", name.value),
            )
            .at(name.span)
            .help(format!("leave it out; {help}")),
        );
    }

    pub(super) fn hmac(&mut self, hmac: &'m HmacAuth) {
        self.secret(&hmac.key);
        let mut sent = Vec::new();
        for (name, text) in &hmac.headers {
            self.header_name(name);
            self.header_value(text);
            sent.extend(self.signed_text(text, true));
        }
        for (name, text) in &hmac.parameters {
            if name.is_empty() {
                self.diagnostics.error(Code::BadName, name.span, "the query parameter has no name");
            }
            sent.extend(self.signed_text(text, true));
        }
        let signed = self.signed_text(&hmac.sign, false);
        for (name, _) in &self.manifest.config {
            if part_of(name).is_some_and(|part| signed.contains(&part) || sent.contains(&part)) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadName,
                        format!("`{{{}}}` is a part of the request in the texts of `hmac`", name.value),
                    )
                    .at(name.span)
                    .help("take another name"),
                );
            }
        }
        if !sent.contains(&SignedPart::Signature) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadSignature, "the signature is sent nowhere")
                    .at(hmac.sign.span)
                    .help(
                        "say where it goes: `headers: { X-Signature: \"{signature}\" }`, or in `parameters`",
                    ),
            );
        }
        for (part, name) in [(SignedPart::Timestamp, "timestamp"), (SignedPart::Nonce, "nonce")] {
            if signed.contains(&part) && !sent.contains(&part) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadSignature,
                        format!(
                            "`{{{name}}}` is signed and not sent, so that no server can check the signature"
                        ),
                    )
                    .at(hmac.sign.span)
                    .help(format!("say where it goes: `headers: {{ X-{}: \"{{{name}}}\" }}`", capital(name))),
                );
            }
        }
        let has_time = signed.iter().chain(&sent).any(|part| *part == SignedPart::Timestamp);
        if has_time && hmac.timestamp.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::IncompleteGroup,
                    "`{timestamp}` needs `timestamp` beside it, which says its unit",
                )
                .at(hmac.sign.span)
                .help("one of: seconds, milliseconds, rfc3339, http_date"),
            );
        }
    }

    /// The parts of a text; none where it cannot be read.
    fn signed_text(&mut self, text: &'m Spanned<String>, is_sent: bool) -> Vec<SignedPart<'m>> {
        let parts = match signed_text(&text.value) {
            Ok(parts) => parts,
            Err(error) => {
                let all: Vec<String> = part_names().map(|name| format!("{{{name}}}")).collect();
                self.diagnostics.push(
                    Diagnostic::error(Code::BadSignature, error.message).at(part(text, &error.range)).help(
                        format!(
                            "parts of a request: {}, {{header:NAME}}; or `{{name}}` of `config`",
                            all.join(", ")
                        ),
                    ),
                );
                return Vec::new();
            }
        };
        for (found, range) in &parts {
            match found {
                SignedPart::Config(name) => self.signed_variable(text, name, range),
                SignedPart::Signature if !is_sent => self.diagnostics.push(
                    Diagnostic::error(Code::BadSignature, "a signature cannot sign itself")
                        .at(part(text, range))
                        .help("`{signature}` belongs into `headers` or `parameters`"),
                ),
                _ => {}
            }
        }
        parts.into_iter().map(|(part, _)| part).collect()
    }

    fn signed_variable(&mut self, text: &Spanned<String>, name: &'m str, range: &std::ops::Range<usize>) {
        if self.manifest.config.get(name).is_some() {
            self.used(name);
            return;
        }
        let mut known: Vec<&str> = part_names().collect();
        known.extend(self.manifest.config.names());
        let help = match did_you_mean(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{{{near}}}`?"),
            None => format!("declare it: `config: {{ {name}: {{ description: ... }} }}`"),
        };
        self.diagnostics.push(
            Diagnostic::error(
                Code::UndeclaredVariable,
                format!("`config` has no value `{name}`, and a request no such part"),
            )
            .at(part(text, range))
            .help(help),
        );
    }

    pub(super) fn aws_sigv4(&mut self, aws: &'m AwsSigV4Auth) {
        for text in [&aws.region, &aws.service, &aws.access_key_id] {
            self.template(text);
            if text.is_empty()
                || text.contains(['/', ','])
                || text.chars().any(|c| c.is_whitespace() || !c.is_ascii())
            {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadSignature,
                        format!("`{}` cannot stand in the scope of a signature", text.value),
                    )
                    .at(text.span)
                    .help("it has letters, digits and `-`"),
                );
            }
        }
        self.secret(&aws.secret_access_key);
        if let Some(token) = &aws.session_token {
            self.secret(token);
        }
    }

    pub(super) fn choice(&mut self, choice: &'m ChoiceAuth) {
        let names: Vec<&str> = choice.of.names().collect();
        match self.manifest.config.iter().find(|(name, _)| name.value == choice.by.value) {
            Some((_, field)) => {
                self.used(&choice.by.value);
                let default = field.default.as_ref().map(|default| default.0.as_str());
                if let Some(default) = default.filter(|default| !names.contains(default)) {
                    let help = did_you_mean(default, names.iter().copied()).map_or_else(
                        || format!("it is one of: {}", names.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::BadChoice,
                            format!(
                                "the default of `{}` is `{default}`, which is none of `of`",
                                choice.by.value
                            ),
                        )
                        .at(choice.by.span)
                        .help(help),
                    );
                }
                if field.secret {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::BadChoice,
                            format!("`{}` chooses, and is no secret", choice.by.value),
                        )
                        .at(choice.by.span)
                        .help("leave `secret` out of it"),
                    );
                }
            }
            None => {
                let help = match did_you_mean(&choice.by, self.manifest.config.names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        format!("declare it: `config: {{ {}: {{ description: ... }} }}`", choice.by.value)
                    }
                };
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::UndeclaredVariable,
                        format!("`config` has no value `{}`", choice.by.value),
                    )
                    .at(choice.by.span)
                    .help(help),
                );
            }
        }
        if names.len() < 2 {
            self.diagnostics.push(
                Diagnostic::error(Code::BadChoice, "a choice needs at least two ways to authorise")
                    .at(choice.by.span)
                    .help("add another to `of`, or write the one under `auth` itself"),
            );
        }
        for (name, section) in &choice.of {
            self.name(name, "the name of a choice", '_');
            if let Some(Auth::Choice(inner)) = section.chosen() {
                self.diagnostics.push(
                    Diagnostic::error(Code::BadChoice, "a choice stands within a choice")
                        .at(inner.by.span)
                        .label(name.span, "within this one")
                        .help("put all ways to authorise into one `of`"),
                );
            } else {
                self.authorised_by(section);
            }
        }
    }

    /// The headers that some way to authorise writes, in small letters.
    pub(super) fn auth_headers(&self, section: &AuthSection) -> Vec<String> {
        let header = |place: KeyPlace, name: &str| match place {
            KeyPlace::Header => Some(name.to_ascii_lowercase()),
            KeyPlace::Cookie => Some("cookie".to_owned()),
            KeyPlace::Query | KeyPlace::Body => None,
        };
        let authorization = || vec!["authorization".to_owned()];
        match section.chosen() {
            None | Some(Auth::None) => Vec::new(),
            Some(Auth::Basic(_) | Auth::Bearer(_)) => authorization(),
            Some(Auth::ApiKeys(keys)) => keys.iter().filter_map(|key| header(key.place, &key.name)).collect(),
            Some(Auth::OAuth2(oauth2)) => oauth2
                .send
                .as_ref()
                .map_or_else(authorization, |send| super::tokens::header_of(send).into_iter().collect()),
            Some(Auth::Session(session)) => super::tokens::header_of(&session.send).into_iter().collect(),
            Some(Auth::Jwt(jwt)) => jwt
                .send
                .as_ref()
                .map_or_else(authorization, |send| super::tokens::header_of(send).into_iter().collect()),
            Some(Auth::Hmac(hmac)) => hmac.headers.names().map(str::to_ascii_lowercase).collect(),
            Some(Auth::AwsSigV4(_)) => {
                ["authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"]
                    .map(str::to_owned)
                    .into()
            }
            Some(Auth::Choice(choice)) => {
                choice.of.iter().flat_map(|(_, section)| self.auth_headers(section)).collect()
            }
        }
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or(String::new(), |first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str()))
}
