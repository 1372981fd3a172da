//! OAuth 2: token requests by grant and client authentication. What their answers hold is read in `answer`.

mod answer;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::fmt;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::AuthProblem;
use super::jws::{SigningKey, sha256_base64url};
use super::source::{Asked, Failed, Granted};
use super::wire::{Answer, Wire, shown};
use crate::config::{Config, variables};
use crate::contract::{
    ClientAuthentication, Grant, JwtAssertion, OAuth2, REVOCATION_URL, TOKEN_URL, TokenEncoding,
};
use crate::error::{Error, Sent};
use crate::observe::TokenPurpose;
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
    revocation_url: Option<Url>,
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
    Jwt { key: Box<SigningKey>, key_id: Option<String>, audience: String },
    None,
}

/// By which right it asks.
enum Right {
    Client,
    Password(String, SecretString),
    Refresh(SecretString),
    Jwt { key: Box<SigningKey>, jwt: &'static JwtAssertion },
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
        let revocation_url =
            contract.revocation_url.map(|url| config.endpoint(REVOCATION_URL, url)).transpose()?;
        let client_id = config.expand(contract.client.id)?;
        let key_of = |template: &'static str| variables(template).next().unwrap_or("auth");
        let read_key = |algorithm, template: &'static str| -> Result<Box<SigningKey>, Error> {
            let text = config.expand(template)?;
            SigningKey::read(algorithm, &text)
                .map(Box::new)
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
            revocation_url,
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
        let refreshes = parameters.iter().any(|(name, _)| name == "refresh_token");
        let purpose = if refreshes { TokenPurpose::Refresh } else { TokenPurpose::Grant };
        let asked = Asked { url: &self.token_url, what };
        self.ask(wire, purpose, &asked, parameters, |answer| self.read(wire, &answer, what)).await
    }

    /// Whether tokens can be ended at the server.
    pub(super) fn revokes(&self) -> bool {
        self.revocation_url.is_some()
    }

    /// Ends a token, RFC 7009 2.1. One that the server does not know has ended, so that is no error (2.2).
    pub(super) async fn revoke(
        &self,
        wire: &Wire,
        token: &SecretString,
        kind: &'static str,
    ) -> Result<(), Failed> {
        let Some(url) = &self.revocation_url else { return Ok(()) };
        let asked = Asked { url, what: "to end the token" };
        let parameters = vec![("token".to_owned(), token.clone()), pair("token_type_hint", kind)];
        self.ask(wire, TokenPurpose::Revocation, &asked, parameters, |_| Ok(())).await
    }

    /// Asks one of the authorisation server's endpoints, as the client; gives what is read from its answer where that is a success.
    pub(super) async fn ask<T>(
        &self,
        wire: &Wire,
        purpose: TokenPurpose,
        asked: &Asked<'_>,
        mut parameters: Parameters,
        read: impl FnOnce(Answer) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let refreshes = purpose == TokenPurpose::Refresh;
        // What a manifest adds is for those who ask for a token.
        let further = if purpose == TokenPurpose::Revocation { &[] } else { self.parameters.as_slice() };
        for (name, value) in further {
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
        // RFC 7009 2.1 knows forms alone, whatever the token endpoint wants.
        let encoding = match purpose {
            TokenPurpose::Revocation => TokenEncoding::Form,
            _ => self.contract.request.encoding,
        };
        let request = encoded(asked.url, &parameters, encoding, headers);
        wire.send(purpose, request, |answer| {
            if answer.status.is_success() {
                read(answer)
            } else {
                Err(asked.refused(wire, &answer, |code| self.next_step(code)))
            }
        })
        .await
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
    "token",
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

#[cfg(test)]
mod tests;
