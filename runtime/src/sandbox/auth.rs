//! The credentials that the sandbox takes: made from the contract, so that a client needs nothing but [`super::Sandbox::config`].

use base64::Engine as _;

use crate::contract::{Auth, ConfigField, Contract, Location};

use super::request::Request;

/// A value for each config field: the one given, else for a secret `sandbox-NAME`, else its default or example.
pub(super) fn config(contract: &Contract, given: &[(String, String)]) -> Vec<(String, String)> {
    let value = |field: &ConfigField| {
        let given = given.iter().find(|(name, _)| name == field.name).map(|(_, value)| value.clone());
        let usual = if field.secret { None } else { field.default.or(field.example).map(str::to_owned) };
        given.or(usual).unwrap_or_else(|| format!("sandbox-{}", field.name))
    };
    contract.config.iter().map(|field| (field.name.to_owned(), value(field))).collect()
}

/// The text with its `{config}` variables filled in.
pub(super) fn expand(text: &str, config: &[(String, String)]) -> String {
    config.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Whether the request carries the contract's credentials; else what `WWW-Authenticate` says (RFC 9110, 11.6.1).
pub(super) fn check(auth: &Auth, config: &[(String, String)], request: &Request) -> Result<(), &'static str> {
    let credentials = |scheme: &str| {
        let (given, rest) = request.header("authorization")?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then(|| rest.trim().to_owned())
    };
    let (right, challenge) = match auth {
        Auth::None => (true, ""),
        Auth::Basic { username, password } => {
            let pair = format!("{}:{}", expand(username, config), expand(password, config));
            let expected = base64::engine::general_purpose::STANDARD.encode(pair);
            (credentials("Basic") == Some(expected), "Basic realm=\"sandbox\", charset=\"UTF-8\"")
        }
        Auth::Bearer { token } => {
            (credentials("Bearer") == Some(expand(token, config)), "Bearer realm=\"sandbox\"")
        }
        Auth::ApiKey { location, name, value } => {
            let expected = expand(value, config);
            let given = match location {
                Location::Query => request.parameter(name),
                Location::Cookie => request.cookie(name).map(str::to_owned),
                Location::Header | Location::Path => request.header(name).map(str::to_owned),
            };
            (given == Some(expected), "ApiKey realm=\"sandbox\"")
        }
    };
    if right { Ok(()) } else { Err(challenge) }
}
