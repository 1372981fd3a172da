//! What the answers of a token endpoint hold, and what a person can do about a refusal.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, DATE};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::OAuth2Flow;
use crate::auth::AuthProblem;
use crate::auth::source::{Asked, Failed, Granted, Told, at, text_at};
use crate::auth::wire::{Answer, Wire, shown};
use crate::config::{is_loopback, variables};
use crate::contract::{ClientAuthentication, ExpiryUnit, Grant};
use crate::error::Sent;

impl OAuth2Flow {
    /// What the answer of the token endpoint holds.
    pub(super) fn read(&self, wire: &Wire, answer: &Answer, what: &'static str) -> Result<Granted, Failed> {
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
    pub(in crate::auth) fn stored_base_url(&self, text: &str) -> Option<Url> {
        let declared = self.contract.response.base_url.as_ref()?;
        allowed(&self.token_url, text, declared.hosts).ok()
    }

    /// What a person can do about a refusal.
    pub(in crate::auth) fn next_step(&self, code: &str) -> String {
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
pub(super) fn life(value: &Value, unit: ExpiryUnit, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
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
pub(super) fn allowed(endpoint: &Url, text: &str, hosts: &[&str]) -> Result<Url, Failed> {
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
