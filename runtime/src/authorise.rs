//! Puts the connector's credential on a request. It runs on every attempt, after all waiting, so that credentials that expire (tokens,
//! signatures) can be renewed here; and only for the connector's own origin.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::Config;
use crate::contract::{Auth, Location};
use crate::error::Error;
use crate::parameters::encode;
use crate::redact::Redactor;
use crate::transport::HttpRequest;

/// The credential of one client, ready to be put on requests.
pub(crate) enum Authoriser {
    None,
    Header(HeaderName, HeaderValue),
    Query(&'static str, SecretString),
    Cookie(&'static str, SecretString),
}

impl fmt::Debug for Authoriser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authoriser(***)")
    }
}

impl Authoriser {
    /// Expands the contract's auth, and tells the redactor what it is made of.
    pub(crate) fn new(config: &Config, redactor: &mut Redactor) -> Result<Self, Error> {
        if config.lacks_credential() {
            return Ok(Self::None);
        }
        let key = config.credential_keys().last().copied().unwrap_or("auth");
        let (name, text) = match &config.contract().auth {
            Auth::None => return Ok(Self::None),
            Auth::Basic { username, password } => {
                let (username, password) = (config.expand(username)?, config.expand(password)?);
                // RFC 7617 section 2: the first colon ends the user name.
                if username.contains(':') {
                    return Err(config.invalid(key, "a user name for Basic authentication holds no colon"));
                }
                let text = STANDARD.encode(format!("{username}:{password}"));
                redactor.add(&text);
                ("authorization", format!("Basic {text}"))
            }
            Auth::Bearer { token } => ("authorization", format!("Bearer {}", config.expand(token)?)),
            Auth::ApiKey { location, name, value } => {
                let value = config.expand(value)?;
                match location {
                    Location::Query | Location::QueryString => return Ok(Self::Query(name, value.into())),
                    Location::Cookie => return Ok(Self::Cookie(name, value.into())),
                    Location::Header | Location::Path => (*name, value),
                }
            }
        };
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| config.invalid(key, "the contract's header for it has no valid name"))?;
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| config.invalid(key, "it holds characters that no header can carry"))?;
        value.set_sensitive(true);
        Ok(Self::Header(name, value))
    }

    /// Puts the credential on the request.
    pub(crate) fn apply(&self, request: &mut HttpRequest) {
        match self {
            Self::None => {}
            Self::Header(name, value) => {
                request.headers.insert(name.clone(), value.clone());
            }
            Self::Query(name, value) => {
                let pair = format!("{}={}", encode(name), encode(value.expose_secret()));
                let query = match request.url.query().filter(|query| !query.is_empty()) {
                    Some(query) => format!("{query}&{pair}"),
                    None => pair,
                };
                request.url.set_query(Some(&query));
            }
            Self::Cookie(name, value) => {
                let pair = format!("{name}={}", encode(value.expose_secret()));
                let cookies = request.headers.get(http::header::COOKIE).and_then(|value| value.to_str().ok());
                let text = cookies.map_or_else(|| pair.clone(), |cookies| format!("{cookies}; {pair}"));
                if let Ok(mut value) = HeaderValue::from_str(&text) {
                    value.set_sensitive(true);
                    request.headers.insert(http::header::COOKIE, value);
                }
            }
        }
    }

    /// Gets a new credential in place of one that the server no longer takes, and says whether there is one. Those that stand in the
    /// configuration are what they are.
    pub(crate) async fn renew(&self) -> bool {
        false
    }

    /// A URL that the server gave, without the credential that it may have copied into it: a position is stored, and a credential may
    /// have changed by then.
    pub(crate) fn strip(&self, url: &mut Url) {
        let Self::Query(name, _) = self else { return };
        let Some(query) = url.query() else { return };
        let kept: Vec<_> = query
            .split('&')
            .filter(|pair| {
                let parsed = url::form_urlencoded::parse(pair.as_bytes()).next();
                parsed.is_none_or(|(found, _)| found != *name)
            })
            .map(str::to_owned)
            .collect();
        url.set_query(if kept.is_empty() { None } else { Some(kept.join("&")) }.as_deref());
    }
}
