//! Where tokens come from, whatever the way: what is asked for, what comes back, and how that may fail.

use std::time::Duration;

use http::StatusCode;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::AuthProblem;
use super::oauth2::OAuth2Flow;
use super::session::SessionFlow;
use super::wire::{Answer, Wire, shown};
use crate::error::{self, Sent};
use crate::retry::Outcome;
use crate::told;
use crate::transport::TransportError;

/// What gives tokens.
pub(crate) enum Source {
    OAuth2(Box<OAuth2Flow>),
    Session(Box<SessionFlow>),
}

/// What an answer gave.
pub(super) struct Granted {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    /// How long the access token holds, counted from the answer: the clocks of two machines differ, and both run alike.
    pub(super) life: Option<Duration>,
    pub(super) base_url: Option<Url>,
}

/// A request for a token that gave none.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) problem: Box<AuthProblem>,
    pub(super) sent: Sent,
    pub(super) outcome: Outcome,
    /// How long the server asks to wait.
    pub(super) hint: Option<Duration>,
    /// The error's code, RFC 6749 5.2.
    pub(super) code: Option<String>,
}

impl Failed {
    /// What no second try would mend.
    pub(super) fn permanent(problem: AuthProblem, sent: Sent) -> Self {
        Self { problem: Box::new(problem), sent, outcome: Outcome::Permanent, hint: None, code: None }
    }

    pub(super) fn transport(url: &Url, error: &TransportError) -> Self {
        let problem =
            AuthProblem::Unavailable { endpoint: shown(url), cause: error.to_string(), spent: false };
        let outcome = if error.sent == Sent::No { Outcome::NotSent } else { Outcome::Ambiguous };
        Self { problem: Box::new(problem), sent: error.sent, outcome, hint: None, code: None }
    }

    /// A 200 without a token in it. What the request did was done.
    pub(super) fn no_token(url: &Url, answer: &Answer, cause: impl Into<String>) -> Self {
        let (endpoint, status) = (shown(url), answer.status.as_u16());
        Self::permanent(AuthProblem::NoToken { endpoint, status, cause: cause.into() }, Sent::Yes)
    }
}

/// Which words a refusal is told with.
pub(super) struct Asked<'a> {
    pub(super) url: &'a Url,
    pub(super) what: &'static str,
}

impl Asked<'_> {
    /// What an answer means that is no success.
    pub(super) fn refused(&self, wire: &Wire, answer: &Answer, next: impl FnOnce(&str) -> String) -> Failed {
        let endpoint = shown(self.url);
        let status = answer.status;
        if status.is_redirection() {
            let cause =
                "it redirects, which is not followed because a secret would go there; name the right URL"
                    .to_owned();
            return Failed::permanent(
                AuthProblem::NoToken { endpoint, status: status.as_u16(), cause },
                Sent::Yes,
            );
        }
        let told = Told::read(&answer.body);
        let description = told.description.as_deref().map_or_else(
            || if told.code.is_none() { wire.redactor.excerpt(&answer.body) } else { String::new() },
            |text| wire.redactor.excerpt(text.as_bytes()),
        );
        let code = told.code.map(|code| wire.redactor.excerpt(code.as_bytes()));
        // RFC 8628 3.5: a code that nobody has entered yet.
        let pending = matches!(code.as_deref(), Some("authorization_pending" | "slow_down"));
        let passing = pending
            || error::is_passing(status)
            || matches!(code.as_deref(), Some("temporarily_unavailable" | "server_error"));
        let name = code.clone().unwrap_or_else(|| status.to_string());
        if passing {
            let rejected = pending || status == StatusCode::TOO_MANY_REQUESTS;
            let outcome = if rejected { Outcome::Rejected } else { Outcome::Ambiguous };
            let hint = told::retry_after(&answer.headers, wire.clock.now());
            let cause = format!("it answered {name}");
            let problem = AuthProblem::Unavailable { endpoint, cause, spent: false };
            return Failed { problem: Box::new(problem), sent: Sent::Yes, outcome, hint, code };
        }
        let description = if description.is_empty() { description } else { format!(": {description}") };
        let next = next(&name);
        let problem = AuthProblem::Refused { endpoint, what: self.what, code: name, description, next };
        Failed { code, ..Failed::permanent(problem, Sent::Yes) }
    }
}

/// An error answer: RFC 6749 5.2, as JSON or as a form, and the ways in which servers depart from it.
pub(super) struct Told {
    pub(super) code: Option<String>,
    description: Option<String>,
}

impl Told {
    pub(super) fn read(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let pair = |wanted: &str| {
                let mut pairs = url::form_urlencoded::parse(body);
                pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
            };
            return Self { code: pair("error"), description: pair("error_description") };
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let first = |of: &Value, names: &[&str]| names.iter().find_map(|name| text(of.get(*name)));
        match value.get("error") {
            Some(Value::String(code)) => {
                let description = first(&value, &["error_description", "message", "error_message"]);
                Self { code: Some(code.clone()), description }
            }
            Some(error @ Value::Object(_)) => Self {
                code: first(error, &["code", "type", "status"]),
                description: first(error, &["message", "description"]),
            },
            _ => Self {
                code: first(&value, &["errorCode", "error_code", "code"]),
                description: first(
                    &value,
                    &["error_description", "message", "errorSummary", "detail", "title"],
                ),
            },
        }
    }
}

/// The value at a place of a JSON value.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    })
}

/// A text that is not empty.
pub(super) fn text_at(value: &Value, path: &[&str]) -> Option<String> {
    at(value, path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Source {
    /// Asks for a token: with the refresh token if there is one.
    pub(super) async fn obtain(
        &self,
        wire: &Wire,
        refresh: Option<&SecretString>,
    ) -> Result<Granted, Failed> {
        match self {
            Self::OAuth2(flow) => flow.obtain(wire, refresh).await,
            Self::Session(flow) => flow.login(wire).await,
        }
    }

    /// What a first refresh token is, where the user gives one.
    pub(super) fn first_refresh(&self) -> Option<&SecretString> {
        match self {
            Self::OAuth2(flow) => flow.first_refresh(),
            Self::Session(_) => None,
        }
    }

    /// The command that gets a token where only a person can.
    pub(super) fn login_command(&self) -> Option<String> {
        match self {
            Self::OAuth2(flow) => flow.login_command(),
            Self::Session(_) => None,
        }
    }

    /// Whether the refresh tokens of answers are of use: a client of its own right just asks again (RFC 6749 4.4.3).
    pub(super) fn takes_refresh(&self) -> bool {
        match self {
            Self::OAuth2(flow) => flow.takes_refresh(),
            Self::Session(_) => false,
        }
    }

    /// Whether a token can be had without any refresh token.
    pub(super) fn stands_alone(&self) -> bool {
        self.first_refresh().is_none() && self.login_command().is_none()
    }

    /// What to do where the last known refresh token is no good.
    pub(super) fn next_step(&self) -> String {
        match self {
            Self::OAuth2(flow) => flow.next_step("invalid_grant"),
            Self::Session(flow) => flow.next_step(),
        }
    }

    pub(super) fn endpoint(&self) -> String {
        match self {
            Self::OAuth2(flow) => shown(flow.token_url()),
            Self::Session(flow) => shown(flow.url()),
        }
    }

    /// A name of these tokens for the store: another client, user, scope or server makes it another one. Holds no secret.
    pub(super) fn store_name(&self) -> String {
        match self {
            Self::OAuth2(flow) => flow.store_name(),
            Self::Session(flow) => flow.store_name(),
        }
    }

    /// Whether a token is worth a file: one that a person has to get, or whose refresh token is replaced at each use.
    pub(super) fn wants_file(&self) -> bool {
        !self.stands_alone()
    }
}
