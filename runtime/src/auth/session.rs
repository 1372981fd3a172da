//! A session: a login request gives a token, which goes with each request until it ends.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};
use url::Url;

use super::jws::sha256_base64url;
use super::source::{Asked, Failed, Granted, text_at};
use super::wire::{Answer, Wire};
use crate::config::{Config, variables};
use crate::contract::{Session, SessionToken, TokenEncoding};
use crate::error::Error;
use crate::observe::TokenPurpose;
use crate::transport::HttpRequest;
use crate::upload::RequestBody;

/// The login of one configuration.
pub(crate) struct SessionFlow {
    contract: &'static Session,
    config: Config,
    url: Url,
    headers: HeaderMap,
}

impl fmt::Debug for SessionFlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SessionFlow({})", self.contract.path)
    }
}

impl SessionFlow {
    pub(crate) fn new(contract: &'static Session, config: &Config) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, template) in contract.headers {
            let key = variables(template).next().unwrap_or("auth");
            let mut value = HeaderValue::from_str(&config.expand(template)?)
                .map_err(|_| config.invalid(key, format!("the header `{name}` cannot carry it")))?;
            value.set_sensitive(true);
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                headers.insert(name, value);
            }
        }
        // Every value is there, so that a login does not fail for that later.
        for (_, template) in contract.fields {
            config.expand(template)?;
        }
        Ok(Self { contract, config: config.clone(), url: below(config, contract.path)?, headers })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn store_name(&self) -> String {
        let secret =
            |name: &str| self.config.contract().config.iter().any(|field| field.name == name && field.secret);
        let mut name = self.url.to_string();
        for (_, template) in self.contract.fields {
            // Passwords are guessed from their digests, so none goes in.
            if !variables(template).any(secret) {
                name.push('\n');
                name.push_str(&self.config.expand(template).unwrap_or_default());
            }
        }
        format!("{}:{}", self.config.contract().name, sha256_base64url(&name))
    }

    pub(super) fn next_step(&self) -> String {
        let templates = self.config.auth().templates();
        let mut keys: Vec<String> =
            templates.into_iter().flat_map(variables).map(|key| format!("`{key}`")).collect();
        keys.dedup();
        if keys.is_empty() {
            "check `auth` in the manifest".to_owned()
        } else {
            format!("check {}", keys.join(" and "))
        }
    }

    pub(super) async fn login(&self, wire: &Wire) -> Result<Granted, Failed> {
        let asked = Asked { url: &self.url, what: "the login" };
        let request = self.request();
        wire.send(TokenPurpose::Login, request, |answer| self.read(wire, &asked, &answer)).await
    }

    fn read(&self, wire: &Wire, asked: &Asked<'_>, answer: &Answer) -> Result<Granted, Failed> {
        // A login with a cookie often ends with a redirect to the first page, which is nothing to follow.
        let by_redirect =
            answer.status.is_redirection() && !matches!(self.contract.token, SessionToken::Body(_));
        if !answer.status.is_success() && !by_redirect {
            return Err(asked.refused(wire, answer, |_| self.next_step()));
        }
        let header =
            |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (token, place) = match self.contract.token {
            SessionToken::Body(path) => {
                let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
                (text_at(&body, path), path.join("."))
            }
            SessionToken::Header(name) => (header(name), name.to_owned()),
            SessionToken::Cookie(name) => (cookie(&answer.headers, name), name.to_owned()),
        };
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Err(Failed::no_token(&self.url, answer, format!("there is no token at `{place}`")));
        };
        wire.redactor.learn(&token);
        let life = self.contract.lifetime_milliseconds.map(Duration::from_millis);
        Ok(Granted { access: token.into(), refresh: None, life, base_url: None })
    }

    fn request(&self) -> HttpRequest {
        let method = Method::from_bytes(self.contract.method.as_str().as_bytes()).unwrap_or(Method::POST);
        let mut headers = self.headers.clone();
        let mut url = self.url.clone();
        let value = |template: &str| self.config.expand(template).unwrap_or_default();
        let pairs = || {
            let fields = self.contract.fields.iter();
            fields.map(|(path, template)| (path.join("."), value(template)))
        };
        let body = match self.contract.encoding {
            _ if self.contract.fields.is_empty() => String::new(),
            TokenEncoding::Json => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let mut body = Value::Object(Map::new());
                for (path, template) in self.contract.fields {
                    put(&mut body, path, value(template));
                }
                body.to_string()
            }
            TokenEncoding::Form => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs()).finish()
            }
            TokenEncoding::Query => {
                url.query_pairs_mut().extend_pairs(pairs());
                String::new()
            }
        };
        HttpRequest { method, url, headers, body: RequestBody::from(Bytes::from(body)) }
    }

    /// Ends a session by that request.
    pub(super) async fn leave(&self, wire: &Wire, request: HttpRequest) -> Result<(), Failed> {
        let url = request.url.clone();
        let asked = Asked { url: &url, what: "the logout" };
        wire.send(TokenPurpose::Logout, request, |answer| {
            // A logout from a browser's session often ends with a redirect to the first page.
            let done = answer.status.is_success() || answer.status.is_redirection();
            if done { Ok(()) } else { Err(asked.refused(wire, &answer, |_| String::new())) }
        })
        .await
    }

    /// The request that ends a session, without its token; `None` where the contract has none.
    pub(super) fn logout(&self) -> Option<HttpRequest> {
        let (method, path) = self.contract.logout?;
        let method = Method::from_bytes(method.as_str().as_bytes()).ok()?;
        let url = below(&self.config, path).ok()?;
        Some(HttpRequest {
            method,
            url,
            headers: HeaderMap::new(),
            body: RequestBody::from(Bytes::from(String::new())),
        })
    }
}

/// A path below the base URL.
fn below(config: &Config, path: &str) -> Result<Url, Error> {
    let mut url = config.base_url()?;
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{base}{path}"));
    Ok(url)
}

fn put(target: &mut Value, path: &[&str], value: String) {
    let Some((first, rest)) = path.split_first() else {
        *target = Value::String(value);
        return;
    };
    if let Value::Object(members) = target {
        put(members.entry(*first).or_insert_with(|| Value::Object(Map::new())), rest, value);
    }
}

/// The value of a cookie that an answer sets, RFC 6265 4.1.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(SET_COOKIE).iter().find_map(|line| {
        let (found, value) = line.to_str().ok()?.split(';').next()?.split_once('=')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    })
}
