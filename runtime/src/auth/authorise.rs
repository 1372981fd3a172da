//! Puts the connector's credential on a request. It runs on every attempt, after all waiting, so that what is made for one request (signatures,
//! their times) is fresh; and only for the connector's own origin.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use url::Url;

use crate::config::{Config, variables};
use crate::contract::{Auth, Jwt, KeyPlace, Operation};
use crate::error::Error;
use crate::random::Random;
use crate::redact::Redactor;
use crate::transport::HttpRequest;

use super::aws::AwsSigner;
use super::hmac::HmacSigner;
use super::keys::{Key, strip_parameters};
use super::self_signed::JwtSigner;

/// The credential of one client, ready to be put on requests.
pub(crate) enum Authoriser {
    None,
    Keys(Vec<Key>),
    Jwt(Box<JwtSigner>, &'static Jwt),
    Hmac(Box<HmacSigner>),
    Aws(Box<AwsSigner>),
}

/// What a credential may be made from beside the request.
pub(crate) struct Attempt<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) now: Timestamp,
    pub(crate) random: &'a dyn Random,
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
        let authorization = |template: &str, value: String| {
            let blamed = variables(template).last().unwrap_or("auth");
            let key = Key::of(KeyPlace::Header, "authorization", &value);
            key.map(|key| Self::Keys(vec![key])).map_err(|problem| config.invalid(blamed, problem))
        };
        match config.auth() {
            // Tokens are got apart; a choice within a choice is none.
            Auth::None | Auth::OAuth2(_) | Auth::Session(_) | Auth::Choice { .. } => Ok(Self::None),
            Auth::Basic { username, password } => {
                let (name, word) = (config.expand(username)?, config.expand(password)?);
                // RFC 7617 section 2: the first colon ends the user name.
                if name.contains(':') {
                    let blamed = variables(username).last().unwrap_or("auth");
                    return Err(config.invalid(blamed, "a user name for Basic authentication holds no colon"));
                }
                let text = STANDARD.encode(format!("{name}:{word}"));
                redactor.add(&text);
                authorization(password, format!("Basic {text}"))
            }
            Auth::Bearer { token } => authorization(token, format!("Bearer {}", config.expand(token)?)),
            Auth::ApiKeys(keys) => {
                keys.iter().map(|key| Key::new(config, key)).collect::<Result<_, _>>().map(Self::Keys)
            }
            Auth::Jwt(jwt) => Ok(Self::Jwt(Box::new(JwtSigner::new(config, jwt, redactor)?), jwt)),
            Auth::Hmac(hmac) => Ok(Self::Hmac(Box::new(HmacSigner::new(config, hmac)?))),
            Auth::AwsSigV4(aws) => Ok(Self::Aws(Box::new(AwsSigner::new(config, aws)?))),
        }
    }

    /// Puts the credential on the request. The error says why that cannot be done for this request, whenever it is tried.
    pub(crate) fn apply(&self, request: &mut HttpRequest, attempt: &Attempt<'_>) -> Result<(), String> {
        match self {
            Self::None => Ok(()),
            Self::Keys(keys) => keys.iter().try_for_each(|key| key.apply(Some(attempt.operation), request)),
            Self::Jwt(signer, contract) => {
                let jwt = signer.jwt(attempt.now)?;
                let value = format!("{}{}", contract.prefix, jwt.expose_secret());
                Key::of(contract.place, contract.name, &value)?.apply(Some(attempt.operation), request)
            }
            Self::Hmac(signer) => signer.apply(request, attempt.now, attempt.random),
            Self::Aws(signer) => signer.apply(request, attempt.now),
        }
    }

    /// A URL that the server gave, without the credential that it may have copied into it: a position is stored, and a credential may
    /// have changed by then.
    pub(crate) fn strip(&self, url: &mut Url) {
        let names: Vec<&str> = match self {
            Self::None | Self::Aws(_) => return,
            Self::Keys(keys) => keys.iter().filter_map(Key::parameter).collect(),
            Self::Jwt(_, contract) if contract.place == KeyPlace::Query => vec![contract.name],
            Self::Jwt(..) => return,
            Self::Hmac(signer) => signer.parameters().collect(),
        };
        strip_parameters(url, &names);
    }
}
