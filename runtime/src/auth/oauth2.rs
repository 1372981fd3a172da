//! OAuth 2: token requests by grant and client authentication, and what their answers hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::fmt;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::jws::{SigningKey, sha256_base64url};
use super::problem::AuthProblem;
use super::source::{Asked, Failed, Granted, Told, at, text_at};
use super::wire::{Answer, Wire, shown};
use crate::config::{Config, is_loopback, variables};
use crate::contract::{
    ClientAuthentication, ExpiryUnit, Grant, JwtAssertion, OAuth2, TOKEN_URL, TokenEncoding,
};
use crate::error::{Error, Sent};
use crate::redact::Redactor;
use crate::transport::HttpRequest;
use crate::upload::RequestBody;

/// How long a JWT that proves the client holds, in seconds. It is used at once.
const PROOF_LIFE: u64 = 60;

/// Parameters of a request, in order.
pub(super) type Parameters = Vec<(String, SecretString)>;

/// One connector's way to tokens, with the values of a configuration.
pub(crate) struct OAuth2Flow {
    pub(super) contract: &'static OAuth2,
    pub(super) config: Config,
    token_url: Url,
    pub(super) client_id: String,
    proof: Proof,
    right: Right,
    parameters: Parameters,
    headers: HeaderMap,
    scopes: String,
}

/// How the client proves who it is.
enum Proof {
    Basic(HeaderValue),
    Post(SecretString),
    Jwt { key: SigningKey, key_id: Option<String>, audience: String },
    None,
}

/// By which right it asks.
enum Right {
    Client,
    Password(String, SecretString),
    Refresh(SecretString),
    Jwt { key: SigningKey, jwt: &'static JwtAssertion },
    Exchange { subject: SecretString, actor: Option<SecretString> },
    Login,
}

impl fmt::Debug for OAuth2Flow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OAuth2Flow({})", shown(&self.token_url))
    }
}

impl OAuth2Flow {
    pub(crate) fn new(
        contract: &'static OAuth2,
        config: &Config,
        redactor: &mut Redactor,
    ) -> Result<Self, Error> {
        let token_url = config.endpoint(TOKEN_URL, contract.token_url)?;
        let client_id = config.expand(contract.client.id)?;
        let key_of = |template: &'static str| variables(template).next().unwrap_or("auth");
        let read_key = |algorithm, template: &'static str| -> Result<SigningKey, Error> {
            let text = config.expand(template)?;
            SigningKey::read(algorithm, &text)
                .map_err(|problem| config.invalid(key_of(template), problem.to_string()))
        };
        let proof = match &contract.client.authentication {
            ClientAuthentication::Basic { secret } => {
                let text = basic(&client_id, &config.expand(secret)?);
                redactor.add(&text);
                let mut value = HeaderValue::from_str(&format!("Basic {text}"))
                    .map_err(|error| config.invalid(key_of(secret), error.to_string()))?;
                value.set_sensitive(true);
                Proof::Basic(value)
            }
            ClientAuthentication::Post { secret } => Proof::Post(config.expand(secret)?.into()),
            ClientAuthentication::PrivateKeyJwt { key, algorithm, key_id, audience } => Proof::Jwt {
                key: read_key(*algorithm, key)?,
                key_id: key_id.map(|id| config.expand(id)).transpose()?,
                audience: audience
                    .map_or_else(|| Ok(token_url.to_string()), |audience| config.expand(audience))?,
            },
            ClientAuthentication::None => Proof::None,
        };
        let right = match &contract.grant {
            Grant::ClientCredentials => Right::Client,
            Grant::Password { username, password } => {
                Right::Password(config.expand(username)?, config.expand(password)?.into())
            }
            Grant::RefreshToken { token } => Right::Refresh(config.expand(token)?.into()),
            Grant::JwtBearer(jwt) => Right::Jwt { key: read_key(jwt.algorithm, jwt.key)?, jwt },
            Grant::TokenExchange { subject_token, actor_token, .. } => Right::Exchange {
                subject: config.expand(subject_token)?.into(),
                actor: actor_token
                    .map(|(token, _)| config.expand(token))
                    .transpose()?
                    .map(SecretString::from),
            },
            Grant::AuthorizationCode { .. } | Grant::DeviceCode { .. } => Right::Login,
        };
        let scopes: Vec<String> =
            contract.scopes.iter().map(|scope| config.expand(scope)).collect::<Result<_, _>>()?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, template) in contract.request.headers {
            let problem =
                |_| config.invalid(key_of(template), format!("the header `{name}` cannot carry it"));
            let value = HeaderValue::from_str(&config.expand(template)?).map_err(problem)?;
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                headers.insert(name, value);
            }
        }
        let parameters = expanded(config, contract.request.parameters)?;
        Ok(Self {
            contract,
            config: config.clone(),
            token_url,
            client_id,
            proof,
            right,
            parameters,
            headers,
            scopes: scopes.join(contract.scope_separator),
        })
    }

    pub(super) fn token_url(&self) -> &Url {
        &self.token_url
    }

    /// The scopes as a parameter; empty for none.
    pub(super) fn scopes(&self) -> &str {
        &self.scopes
    }

    pub(super) fn first_refresh(&self) -> Option<&SecretString> {
        match &self.right {
            Right::Refresh(token) => Some(token),
            _ => None,
        }
    }

    pub(super) fn login_command(&self) -> Option<String> {
        matches!(self.right, Right::Login).then(|| format!("linchpin-{} login", self.config.contract().name))
    }

    pub(super) fn takes_refresh(&self) -> bool {
        !matches!(self.right, Right::Client | Right::Jwt { .. })
    }

    pub(super) fn store_name(&self) -> String {
        let who = match &self.right {
            Right::Password(username, _) => username.clone(),
            Right::Refresh(token) => token.expose_secret().to_owned(),
            Right::Exchange { subject, .. } => subject.expose_secret().to_owned(),
            Right::Jwt { jwt, .. } => {
                self.config.expand(jwt.subject.unwrap_or(jwt.issuer)).unwrap_or_default()
            }
            Right::Client | Right::Login => String::new(),
        };
        let name = [self.token_url.as_str(), &self.client_id, &who, &self.scopes].join("\n");
        format!("{}:{}", self.config.contract().name, sha256_base64url(&name))
    }

    /// A token: by the refresh token if there is one, else by the grant.
    pub(super) async fn obtain(
        &self,
        wire: &Wire,
        refresh: Option<&SecretString>,
    ) -> Result<Granted, Failed> {
        match refresh {
            Some(refresh) => {
                let parameters =
                    vec![pair("grant_type", "refresh_token"), ("refresh_token".to_owned(), refresh.clone())];
                self.token(wire, parameters, "the refresh token").await
            }
            None => {
                let parameters = self.grant(wire)?;
                self.token(wire, parameters, "a token").await
            }
        }
    }

    /// The parameters of the grant.
    fn grant(&self, wire: &Wire) -> Result<Parameters, Failed> {
        let mut parameters = match &self.right {
            Right::Client => vec![pair("grant_type", "client_credentials")],
            Right::Password(username, password) => vec![
                pair("grant_type", "password"),
                pair("username", username),
                ("password".to_owned(), password.clone()),
            ],
            Right::Jwt { key, jwt } => vec![
                pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion".to_owned(), self.assertion(wire, key, jwt)?),
            ],
            Right::Exchange { subject, actor } => {
                let mut parameters = vec![
                    pair("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                    ("subject_token".to_owned(), subject.clone()),
                ];
                if let Grant::TokenExchange { subject_token_type, actor_token, .. } = &self.contract.grant {
                    parameters.push(pair("subject_token_type", subject_token_type));
                    if let (Some(token), Some((_, kind))) = (actor, actor_token) {
                        parameters.push(("actor_token".to_owned(), token.clone()));
                        parameters.push(pair("actor_token_type", kind));
                    }
                }
                parameters
            }
            // Only with what a login or the user gave, which the caller has looked for.
            Right::Refresh(_) | Right::Login => {
                let command = self.login_command().unwrap_or_default();
                return Err(Failed::permanent(AuthProblem::LoginRequired { command }, Sent::No));
            }
        };
        if !self.scopes.is_empty() {
            parameters.push(pair("scope", &self.scopes));
        }
        Ok(parameters)
    }

    /// RFC 7523 section 3.
    fn assertion(&self, wire: &Wire, key: &SigningKey, jwt: &JwtAssertion) -> Result<SecretString, Failed> {
        let expand =
            |template: &str| self.config.expand(template).map_err(|error| unsigned(&self.token_url, error));
        let issuer = expand(jwt.issuer)?;
        let subject = jwt.subject.map_or_else(|| Ok(issuer.clone()), expand)?;
        let audience = jwt.audience.map_or_else(|| Ok(self.token_url.to_string()), expand)?;
        let mut claims = self.claims(wire, &issuer, &subject, &audience, jwt.lifetime_seconds);
        for (name, template) in jwt.claims {
            let text = template.replace("{scopes}", &self.scopes);
            claims.insert((*name).to_owned(), expand(&text)?.into());
        }
        let key_id = jwt.key_id.map(expand).transpose()?;
        let header: Vec<(&str, &str)> = key_id.iter().map(|id| ("kid", id.as_str())).collect();
        let jwt =
            key.jwt(&header, &Value::Object(claims)).map_err(|error| unsigned(&self.token_url, error))?;
        Ok(jwt.into())
    }

    fn claims(
        &self,
        wire: &Wire,
        issuer: &str,
        subject: &str,
        audience: &str,
        life: u64,
    ) -> Map<String, Value> {
        let now = wire.clock.now().as_second();
        let mut claims = Map::new();
        claims.insert("iss".to_owned(), issuer.into());
        claims.insert("sub".to_owned(), subject.into());
        claims.insert("aud".to_owned(), audience.into());
        claims.insert("iat".to_owned(), now.into());
        claims.insert("exp".to_owned(), now.saturating_add_unsigned(life).into());
        // One that is sent twice is refused by servers that remember it, so each request has its own.
        claims.insert("jti".to_owned(), wire.random.token().into());
        claims
    }

    /// Asks the token endpoint.
    pub(super) async fn token(
        &self,
        wire: &Wire,
        parameters: Parameters,
        what: &'static str,
    ) -> Result<Granted, Failed> {
        let answer = self.ask(wire, &self.token_url, parameters, what).await?;
        self.read(wire, &answer, what)
    }

    /// Asks one of the authorisation server's endpoints, as the client; gives its answer where that is a success.
    pub(super) async fn ask(
        &self,
        wire: &Wire,
        url: &Url,
        mut parameters: Parameters,
        what: &'static str,
    ) -> Result<Answer, Failed> {
        let refreshes = parameters.iter().any(|(name, _)| name == "refresh_token");
        for (name, value) in &self.parameters {
            // An odd grant type is that of the grant, and refreshes have their own.
            if refreshes && name == "grant_type" {
                continue;
            }
            parameters.retain(|(known, _)| known != name);
            parameters.push((name.clone(), value.clone()));
        }
        let mut headers = self.headers.clone();
        self.prove(wire, &mut parameters, &mut headers)?;
        for (name, value) in &parameters {
            if SECRET.contains(&name.as_str()) {
                wire.redactor.learn(value.expose_secret());
            }
        }
        let request = encoded(url, &parameters, self.contract.request.encoding, headers);
        let answer = wire.send(request).await.map_err(|error| Failed::transport(url, &error))?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let asked = Asked { url, what };
        Err(asked.refused(wire, &answer, |code| self.next_step(code)))
    }

    fn prove(&self, wire: &Wire, parameters: &mut Parameters, headers: &mut HeaderMap) -> Result<(), Failed> {
        match &self.proof {
            Proof::Basic(value) => {
                headers.insert(AUTHORIZATION, value.clone());
                return Ok(());
            }
            Proof::Post(secret) => parameters.push(("client_secret".to_owned(), secret.clone())),
            Proof::Jwt { key, key_id, audience } => {
                let claims = self.claims(wire, &self.client_id, &self.client_id, audience, PROOF_LIFE);
                let header: Vec<(&str, &str)> = key_id.iter().map(|id| ("kid", id.as_str())).collect();
                let jwt = key
                    .jwt(&header, &Value::Object(claims))
                    .map_err(|error| unsigned(&self.token_url, error))?;
                parameters.push(pair(
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ));
                parameters.push(("client_assertion".to_owned(), jwt.into()));
            }
            Proof::None => {}
        }
        if !self.client_id.is_empty() && !parameters.iter().any(|(name, _)| name == "client_id") {
            parameters.push(pair("client_id", &self.client_id));
        }
        Ok(())
    }

    /// What the answer of the token endpoint holds.
    fn read(&self, wire: &Wire, answer: &Answer, what: &'static str) -> Result<Granted, Failed> {
        let url = &self.token_url;
        let response = &self.contract.response;
        let body = serde_json::from_slice::<Value>(&answer.body).ok().or_else(|| form(answer));
        let Some(body) = body else {
            // A body that is no JSON may be the page of a proxy, and may be a token too: nothing of it is shown.
            return Err(Failed::no_token(url, answer, "its body is neither JSON nor a form"));
        };
        let Some(access) = text_at(&body, response.access_token) else {
            // Some answer every error with 200.
            if Told::read(&answer.body).code.is_some() {
                return Err(Asked { url, what }.refused(wire, answer, |code| self.next_step(code)));
            }
            let place = response.access_token.join(".");
            return Err(Failed::no_token(url, answer, format!("there is no text at `{place}`")));
        };
        wire.redactor.learn(&access);
        let refresh = text_at(&body, response.refresh_token);
        if let Some(refresh) = &refresh {
            wire.redactor.learn(refresh);
        }
        if let Some(kind) = body.get("token_type").and_then(Value::as_str)
            && ["dpop", "mac", "pop"].contains(&kind.to_ascii_lowercase().as_str())
        {
            // RFC 6749 7.1: a token of a type that is not understood must not be used.
            return Err(Failed::no_token(
                url,
                answer,
                format!("it is of the type `{kind}`, which is not supported"),
            ));
        }
        let declared = response.lifetime_milliseconds.map(Duration::from_millis);
        let life = at(&body, response.expiry)
            .and_then(|value| life(value, response.expiry_unit, &answer.headers, wire.clock.now()))
            // Some write 0 for a token that does not end.
            .filter(|life| !life.is_zero())
            .or(declared);
        let base_url = self.base_url(&body, answer)?;
        Ok(Granted { access: access.into(), refresh: refresh.map(SecretString::from), life, base_url })
    }

    fn base_url(&self, body: &Value, answer: &Answer) -> Result<Option<Url>, Failed> {
        let Some(declared) = &self.contract.response.base_url else { return Ok(None) };
        let Some(text) = text_at(body, declared.path) else {
            let place = declared.path.join(".");
            return Err(Failed::no_token(&self.token_url, answer, format!("there is no URL at `{place}`")));
        };
        allowed(&self.token_url, &text, declared.hosts).map(Some)
    }

    /// A base URL that an earlier answer gave and the store kept, checked anew: what the manifest allows may have changed.
    pub(super) fn stored_base_url(&self, text: &str) -> Option<Url> {
        let declared = self.contract.response.base_url.as_ref()?;
        allowed(&self.token_url, text, declared.hosts).ok()
    }

    /// What a person can do about a refusal.
    pub(super) fn next_step(&self, code: &str) -> String {
        let of = |templates: &[&'static str]| {
            let mut keys: Vec<String> =
                templates.iter().flat_map(|text| variables(text)).map(|key| format!("`{key}`")).collect();
            keys.dedup();
            if keys.is_empty() { "`auth` in the manifest".to_owned() } else { keys.join(" and ") }
        };
        match code {
            "invalid_client" | "unauthorized_client" => {
                let mut templates = vec![self.contract.client.id];
                match &self.contract.client.authentication {
                    ClientAuthentication::Basic { secret } | ClientAuthentication::Post { secret } => {
                        templates.push(secret);
                    }
                    ClientAuthentication::PrivateKeyJwt { key, .. } => templates.push(key),
                    ClientAuthentication::None => {}
                }
                format!(
                    "check {}, and which grants and which client authentication the client is registered for",
                    of(&templates)
                )
            }
            "invalid_scope" => {
                "check `scopes` in the manifest against what the client is registered for".to_owned()
            }
            "unsupported_grant_type" => {
                "the server does not know this grant; check `auth` in the manifest".to_owned()
            }
            _ => match &self.contract.grant {
                Grant::AuthorizationCode { .. } | Grant::DeviceCode { .. } => {
                    format!("log in again: `{}`", self.login_command().unwrap_or_default())
                }
                Grant::RefreshToken { token } => {
                    format!("get a new refresh token and put it into {}", of(&[token]))
                }
                Grant::Password { username, password } => format!("check {}", of(&[username, password])),
                Grant::JwtBearer(jwt) => format!(
                    "check {}, and whether the clock of this machine is right",
                    of(&[jwt.key, jwt.issuer, jwt.subject.unwrap_or_default()])
                ),
                Grant::TokenExchange { subject_token, .. } => format!("check {}", of(&[subject_token])),
                Grant::ClientCredentials => format!("check {}", of(&self.contract_templates())),
            },
        }
    }

    fn contract_templates(&self) -> Vec<&'static str> {
        self.config.auth().templates()
    }
}

/// Parameters whose values are secrets.
const SECRET: &[&str] = &[
    "client_secret",
    "client_assertion",
    "assertion",
    "password",
    "code",
    "code_verifier",
    "device_code",
    "refresh_token",
    "subject_token",
    "actor_token",
];

pub(super) fn pair(name: &str, value: &str) -> (String, SecretString) {
    (name.to_owned(), value.to_owned().into())
}

pub(super) fn expanded(config: &Config, pairs: &[(&str, &str)]) -> Result<Parameters, Error> {
    pairs.iter().map(|(name, value)| Ok(((*name).to_owned(), config.expand(value)?.into()))).collect()
}

/// RFC 6749 2.3.1: both are form-encoded first, then it is HTTP Basic.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))
}

/// A JWT that cannot be made: nothing was sent.
fn unsigned(url: &Url, cause: impl fmt::Display) -> Failed {
    let problem = AuthProblem::Refused {
        endpoint: shown(url),
        what: "nothing, for no JWT can be signed",
        code: "not sent".to_owned(),
        description: format!(": {cause}"),
        next: "check the private key".to_owned(),
    };
    Failed::permanent(problem, Sent::No)
}

/// The request for those parameters.
fn encoded(
    url: &Url,
    parameters: &Parameters,
    encoding: TokenEncoding,
    mut headers: HeaderMap,
) -> HttpRequest {
    let mut url = url.clone();
    let pairs = || parameters.iter().map(|(name, value)| (name.as_str(), value.expose_secret()));
    let form = || url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs()).finish();
    let body = match encoding {
        TokenEncoding::Form => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            form()
        }
        TokenEncoding::Json => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let members: Map<String, Value> =
                pairs().map(|(name, value)| (name.to_owned(), json!(value))).collect();
            Value::Object(members).to_string()
        }
        TokenEncoding::Query => {
            url.query_pairs_mut().extend_pairs(pairs());
            String::new()
        }
    };
    HttpRequest { method: Method::POST, url, headers, body: RequestBody::from(Bytes::from(body)) }
}

/// An answer that is a form: what a few servers send whatever `Accept` says.
fn form(answer: &Answer) -> Option<Value> {
    let kind = answer.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    let pairs = url::form_urlencoded::parse(&answer.body);
    Some(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
}

/// How long a token holds from now. An end that is a date is set against the server's clock where it tells its time: ours may be wrong.
fn life(value: &Value, unit: ExpiryUnit, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let number = || match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let from_now = |seconds: f64| Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    let server = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let server = server.and_then(|date| Timestamp::try_from(date).ok()).unwrap_or(now);
    let until = |end: Timestamp| from_now(end.duration_since(server).as_secs_f64());
    let moment = |milliseconds: f64| Timestamp::from_millisecond(milliseconds as i64).ok();
    match unit {
        ExpiryUnit::Seconds => number().and_then(from_now),
        ExpiryUnit::Milliseconds => number().and_then(|milliseconds| from_now(milliseconds / 1000.0)),
        ExpiryUnit::EpochSeconds => number().and_then(|seconds| moment(seconds * 1000.0)).and_then(until),
        ExpiryUnit::EpochMilliseconds => number().and_then(moment).and_then(until),
        ExpiryUnit::Rfc3339 => value.as_str()?.parse().ok().and_then(until),
    }
}

/// A base URL that requests may go to: https on one of the hosts, or on this machine where the token endpoint is there too.
fn allowed(endpoint: &Url, text: &str, hosts: &[&str]) -> Result<Url, Failed> {
    let refuse = |target: String| {
        let (endpoint, allowed) = (shown(endpoint), hosts.join(", "));
        Err(Failed::permanent(AuthProblem::BaseUrl { endpoint, target, allowed }, Sent::Yes))
    };
    let Ok(url) = Url::parse(text.trim()) else { return refuse("something that is no URL".to_owned()) };
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return refuse("a URL with more than a host and a path".to_owned());
    }
    let local = is_loopback(endpoint) && is_loopback(&url);
    let host = url.host_str().unwrap_or_default();
    let known = hosts.iter().any(|known| {
        let known = known.trim_start_matches('.');
        host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    if local || (known && url.scheme() == "https" && url.port().is_none()) {
        Ok(url)
    } else {
        refuse(url.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests;
