//! The credentials that the sandbox takes: made from the contract, so that a client needs nothing but [`super::Sandbox::config`].

use base64::Engine as _;

use crate::Config;
use crate::contract::{Auth, ConfigField, Contract, Location};

use super::request::Request;

/// Name and value of each config field: the value given, else for a secret `sandbox-NAME`, else its default or example.
pub(super) fn values(contract: &Contract, given: &[(String, String)]) -> Vec<(String, String)> {
    let value = |field: &ConfigField| {
        let given = given.iter().find(|(name, _)| name == field.name).map(|(_, value)| value.clone());
        let usual = if field.secret { None } else { field.default.or(field.example).map(str::to_owned) };
        given.or(usual).unwrap_or_else(|| format!("sandbox-{}", field.name))
    };
    contract.config.iter().map(|field| (field.name.to_owned(), value(field))).collect()
}

/// Whether the request carries the contract's credentials; else what `WWW-Authenticate` says (RFC 9110, 11.6.1).
pub(super) fn check(auth: &Auth, config: &Config, request: &Request) -> Result<(), &'static str> {
    let credentials = |scheme: &str| {
        let (given, rest) = request.header("authorization")?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then(|| rest.trim().to_owned())
    };
    // Every field has a value, so nothing is missing; if it were, no credential would be right.
    let expand = |text: &str| config.expand(text).ok();
    let (right, challenge) = match auth {
        Auth::None => (true, ""),
        Auth::OAuth2(_) | Auth::Session(_) => (true, ""),
        Auth::Basic { username, password } => {
            let pair = expand(username).zip(expand(password)).map(|(name, word)| format!("{name}:{word}"));
            let expected = pair.map(|pair| base64::engine::general_purpose::STANDARD.encode(pair));
            (
                expected.is_some() && credentials("Basic") == expected,
                "Basic realm=\"sandbox\", charset=\"UTF-8\"",
            )
        }
        Auth::Bearer { token } => {
            let expected = expand(token);
            (expected.is_some() && credentials("Bearer") == expected, "Bearer realm=\"sandbox\"")
        }
        Auth::ApiKey { location, name, value } => {
            let expected = expand(value);
            let given = match location {
                Location::Query | Location::QueryString => request.parameter(name),
                Location::Cookie => request.cookie(name).map(str::to_owned),
                Location::Header | Location::Path => request.header(name).map(str::to_owned),
            };
            (expected.is_some() && given == expected, "ApiKey realm=\"sandbox\"")
        }
    };
    if right { Ok(()) } else { Err(challenge) }
}
