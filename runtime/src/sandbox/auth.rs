//! The credentials that the sandbox takes: made from the contract, so that a client needs nothing but [`super::Sandbox::config`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use ring::hmac;

use crate::Config;
use crate::auth::aws::AwsSigner;
use crate::auth::hmac::{Facts, HmacSigner, to_hex};
use crate::auth::self_signed::JwtSigner;
use crate::config::variables;
use crate::contract::{
    ApiKey, Auth, Body, ClientAuthentication, ConfigField, Contract, Grant, Hmac, Jwt, JwtAlgorithm,
    KeyEncoding, KeyPlace, OAuth2,
};
use crate::redact::Redactor;

use super::request::Request;

/// Keys that open nothing: those of the runtime's own tests, and of RFC 8037 A.1.
const RSA: &str = include_str!("../auth/jws/rsa-pkcs8.pem");
const P256: &str = include_str!("../auth/jws/p256-pkcs8.pem");
const P384: &str = include_str!("../auth/jws/p384-sec1.pem");
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// Name and value of each config field: the value given, else what the contract's auth needs of it, else for a secret `sandbox-NAME`, else its
/// default or example.
pub(super) fn values(contract: &Contract, given: &[(String, String)]) -> Vec<(String, String)> {
    let value = |field: &ConfigField| {
        let given = given.iter().find(|(name, _)| name == field.name).map(|(_, value)| value.clone());
        let usual = if field.secret { None } else { field.default.or(field.example).map(str::to_owned) };
        given
            .or_else(|| needed(&contract.auth, field))
            .or(usual)
            .unwrap_or_else(|| format!("sandbox-{}", field.name))
    };
    contract.config.iter().map(|field| (field.name.to_owned(), value(field))).collect()
}

/// A value that a key or a choice has to have.
fn needed(auth: &Auth, field: &ConfigField) -> Option<String> {
    let is_key = |template: &str| variables(template).any(|name| name == field.name);
    let text = format!("sandbox-{}", field.name);
    match auth {
        Auth::Jwt(Jwt { key, algorithm, key_encoding, .. }) if is_key(key) => {
            Some(signing_key(*algorithm).unwrap_or_else(|| encoded(*key_encoding, text)))
        }
        Auth::OAuth2(OAuth2 { client, grant, .. }) => {
            if let ClientAuthentication::PrivateKeyJwt { key, algorithm, .. } = &client.authentication
                && is_key(key)
            {
                return signing_key(*algorithm);
            }
            match grant {
                Grant::JwtBearer(jwt) if is_key(jwt.key) => signing_key(jwt.algorithm),
                _ => None,
            }
        }
        Auth::Hmac(Hmac { key, key_encoding, .. }) if is_key(key) => Some(encoded(*key_encoding, text)),
        Auth::Choice { by, of } if *by == field.name => {
            let usual =
                field.default.or(field.example).filter(|usual| of.iter().any(|(name, _)| name == usual));
            usual.or(of.first().map(|(name, _)| *name)).map(str::to_owned)
        }
        Auth::Choice { of, .. } => of.iter().find_map(|(_, auth)| needed(auth, field)),
        _ => None,
    }
}

/// A key for that algorithm; `None` where any text is one.
fn signing_key(algorithm: JwtAlgorithm) -> Option<String> {
    let key = match algorithm {
        JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 => return None,
        JwtAlgorithm::Es256 => P256,
        JwtAlgorithm::Es384 => P384,
        JwtAlgorithm::EdDsa => ED25519,
        _ => RSA,
    };
    Some(key.to_owned())
}

fn encoded(encoding: KeyEncoding, text: String) -> String {
    match encoding {
        KeyEncoding::Text => text,
        KeyEncoding::Base64 => STANDARD.encode(text),
        KeyEncoding::Hex => to_hex(text.as_bytes()),
    }
}

/// Query parameters that hold the credential.
pub(super) fn parameters(auth: &Auth) -> Vec<&'static str> {
    match auth {
        Auth::ApiKeys(keys) => {
            keys.iter().filter(|key| key.place == KeyPlace::Query).map(|key| key.name).collect()
        }
        Auth::Jwt(jwt) if jwt.place == KeyPlace::Query => vec![jwt.name],
        Auth::Hmac(hmac) => hmac.parameters.iter().map(|(name, _)| *name).collect(),
        _ => Vec::new(),
    }
}

/// Fields of the body that hold the credential.
pub(super) fn fields(auth: &Auth) -> Vec<&'static str> {
    match auth {
        Auth::ApiKeys(keys) => {
            keys.iter().filter(|key| key.place == KeyPlace::Body).map(|key| key.name).collect()
        }
        Auth::Jwt(jwt) if jwt.place == KeyPlace::Body => vec![jwt.name],
        _ => Vec::new(),
    }
}

/// Whether two texts are the same, in a time that does not tell how much of them is.
fn same(given: Option<&str>, expected: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compare");
    let tag = hmac::sign(&key, expected.as_bytes());
    given.is_some_and(|given| hmac::verify(&key, given.as_bytes(), tag.as_ref()).is_ok())
}

/// Whether the request carries the contract's credentials; else what `WWW-Authenticate` says (RFC 9110, 11.6.1).
pub(super) fn check(
    config: &Config,
    request: &Request,
    body: Option<&Body>,
    now: Timestamp,
) -> Result<(), &'static str> {
    let credentials = |scheme: &str| {
        let (given, rest) = request.header("authorization")?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then(|| rest.trim().to_owned())
    };
    // Every field has a value, so nothing is missing; if it were, no credential would be right.
    let expand = |text: &str| config.expand(text).ok();
    let is = |given: Option<String>, expected: Option<String>| {
        expected.is_some_and(|expected| same(given.as_deref(), &expected))
    };
    let (right, challenge) = match config.auth() {
        Auth::None | Auth::Choice { .. } => (true, ""),
        Auth::OAuth2(_) | Auth::Session(_) => (true, ""),
        Auth::Basic { username, password } => {
            let pair = expand(username).zip(expand(password)).map(|(name, word)| format!("{name}:{word}"));
            let right = is(credentials("Basic"), pair.map(|pair| STANDARD.encode(pair)));
            (right, "Basic realm=\"sandbox\", charset=\"UTF-8\"")
        }
        Auth::Bearer { token } => (is(credentials("Bearer"), expand(token)), "Bearer realm=\"sandbox\""),
        Auth::ApiKeys(keys) => {
            let holds = |key: &ApiKey| is(at(request, body, key.place, key.name), expand(key.value));
            (keys.iter().all(holds), "ApiKey realm=\"sandbox\"")
        }
        Auth::Jwt(jwt) => {
            let given = at(request, body, jwt.place, jwt.name);
            let given = given.as_deref().and_then(|given| given.strip_prefix(jwt.prefix));
            let signer = JwtSigner::new(config, jwt, &Redactor::default()).ok();
            let right = given.zip(signer).is_some_and(|(given, signer)| signer.verify(given, now));
            (right, "Bearer realm=\"sandbox\", error=\"invalid_token\"")
        }
        Auth::Hmac(hmac) => {
            let headers = headers(request);
            let signer = HmacSigner::new(config, hmac).ok();
            (
                signer.is_some_and(|signer| signer.verify(&facts(request, &headers), now)),
                "HMAC realm=\"sandbox\"",
            )
        }
        Auth::AwsSigV4(aws) => {
            let headers = headers(request);
            let signer = AwsSigner::new(config, aws).ok();
            (signer.is_some_and(|signer| signer.verify(&facts(request, &headers), now)), "AWS4-HMAC-SHA256")
        }
    };
    if right { Ok(()) } else { Err(challenge) }
}

/// What the request has in that place.
fn at(request: &Request, body: Option<&Body>, place: KeyPlace, name: &str) -> Option<String> {
    match place {
        KeyPlace::Header => request.header(name).map(str::to_owned),
        KeyPlace::Query => request.parameter(name),
        KeyPlace::Cookie => request
            .cookie(name)
            .map(|value| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()),
        KeyPlace::Body => Some(request.fields(body?)?.get(name)?.as_str()?.to_owned()),
    }
}

fn headers(request: &Request) -> HeaderMap {
    let parsed = request.headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    let mut headers = HeaderMap::new();
    parsed.for_each(|(name, value)| {
        headers.append(name, value);
    });
    headers
}

fn facts<'r>(request: &'r Request, headers: &'r HeaderMap) -> Facts<'r> {
    Facts {
        method: &request.method,
        scheme: "http",
        host: request.header("host").unwrap_or_default().into(),
        path: &request.path,
        query: &request.query,
        headers,
        body: &request.body,
        timestamp: "",
        nonce: "",
    }
}
