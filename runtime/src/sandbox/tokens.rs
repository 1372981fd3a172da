//! The authorisation server of a sandbox: it gives tokens by the contract's grant, rotates refresh tokens, ends access tokens, and consents to
//! every login. Sessions are opened and ended here too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::Url;

use crate::Config;
use crate::auth::{SigningKey, basic, sha256_base64url};
use crate::contract::{
    Auth, ClientAuthentication, ExpiryUnit, Grant, JwtAlgorithm, Location, OAuth2, Placement, Session,
    SessionToken, TokenEncoding,
};

use super::request::{Reply, Request};
use super::tree;

/// Questions of a device after which somebody has consented.
const QUESTIONS: u64 = 2;

/// What the server has given.
pub(super) struct TokenServer {
    /// Where it stands. Each start has a place of its own, so that no client brings a token of an earlier one.
    place: String,
    life: Duration,
    given: u64,
    /// Access tokens that are good, with their ends.
    access: BTreeMap<String, Timestamp>,
    /// Refresh tokens that are good for one use.
    refresh: BTreeSet<String>,
    /// Codes of logins that are good for one use, with their challenge.
    codes: BTreeMap<String, Option<String>>,
    /// Codes of devices, with how often was asked.
    devices: BTreeMap<String, u64>,
    /// Requests for tokens.
    asked: u64,
}

impl TokenServer {
    pub(super) fn new(config: &Config, start: Timestamp, life: Duration) -> Self {
        let mut refresh = BTreeSet::new();
        if let Auth::OAuth2(OAuth2 { grant: Grant::RefreshToken { token }, .. }) = config.auth() {
            refresh.extend(config.expand(token));
        }
        Self {
            place: format!("/.sandbox/{:x}", start.as_millisecond()),
            life,
            given: 0,
            access: BTreeMap::new(),
            refresh,
            codes: BTreeMap::new(),
            devices: BTreeMap::new(),
            asked: 0,
        }
    }

    /// Config values that lead a client here.
    pub(super) fn config(&self, auth: &Auth, origin: &str) -> Vec<(String, String)> {
        let endpoint = |(key, _): (&str, &str)| {
            let name = key.trim_end_matches("_url");
            (key.to_owned(), format!("{origin}{}/{name}", self.place))
        };
        auth.endpoints().into_iter().map(endpoint).collect()
    }

    /// Requests for tokens so far.
    pub(super) fn asked(&self) -> u64 {
        self.asked
    }

    /// Ends every access token.
    pub(super) fn revoke(&mut self) {
        self.access.clear();
    }

    /// Whether the request has an access token that is good.
    pub(super) fn check(&self, placement: &Placement, request: &Request, now: Timestamp) -> bool {
        let given = match placement.location {
            Location::Query | Location::QueryString => request.parameter(placement.name),
            Location::Cookie => request.cookie(placement.name).map(str::to_owned),
            Location::Header | Location::Path => request.header(placement.name).map(str::to_owned),
        };
        let token = given.as_deref().and_then(|given| given.strip_prefix(placement.prefix));
        token.and_then(|token| self.access.get(token)).is_some_and(|end| now < *end)
    }

    /// The answer to a request for the authorisation server; `None` for a request for the API.
    pub(super) fn answer(
        &mut self,
        config: &Config,
        base: &str,
        request: &Request,
        now: Timestamp,
    ) -> Option<Reply> {
        match config.auth() {
            Auth::OAuth2(oauth2) => {
                let mut token = None;
                let reply = match request.path.strip_prefix(&self.place)? {
                    "/token" => {
                        self.asked += 1;
                        token = Some(self.asked);
                        self.token(oauth2, config, request, now)
                    }
                    "/authorization" => self.consent(oauth2, config, request),
                    "/revocation" => self.forget(oauth2, config, request, now),
                    "/device_authorization" => self.device(oauth2, config, request, now),
                    _ => return None,
                };
                let refused = |code| {
                    Reply::json(if code == "invalid_client" { 401 } else { 400 }, &json!({ "error": code }))
                };
                Some(Reply { token, ..reply.unwrap_or_else(refused) })
            }
            Auth::Session(session) => {
                self.session(session, config, request.path.strip_prefix(base)?, request, now)
            }
            _ => None,
        }
    }

    /// RFC 6749 4 and 6, RFC 7523, RFC 8628 and RFC 8693, as far as a client can tell. The error is a code of RFC 6749 5.2.
    fn token(
        &mut self,
        oauth2: &OAuth2,
        config: &Config,
        request: &Request,
        now: Timestamp,
    ) -> Result<Reply, &'static str> {
        if request.method != "POST" {
            return Err("invalid_request");
        }
        let given = parameters(request);
        let value = |name: &str| given.get(name).map(String::as_str);
        client(oauth2, config, request, &given, now)?;
        let expected = |template: &str| config.expand(template).ok();
        let is = |name: &str, template: &str| value(name).map(str::to_owned) == expected(template);
        let good = match value("grant_type") {
            Some("refresh_token") => {
                // Good for one use, whether its answer arrives or not.
                return match value("refresh_token").is_some_and(|token| self.refresh.remove(token)) {
                    true => Ok(self.give(oauth2, now)),
                    false => Err("invalid_grant"),
                };
            }
            Some("authorization_code") => {
                let challenge =
                    value("code").and_then(|code| self.codes.remove(code)).ok_or("invalid_grant")?;
                let proof = value("code_verifier").map(sha256_base64url);
                challenge.is_none_or(|challenge| proof == Some(challenge))
            }
            Some("urn:ietf:params:oauth:grant-type:device_code") => {
                let asked = value("device_code")
                    .and_then(|code| self.devices.get_mut(code))
                    .ok_or("invalid_grant")?;
                *asked += 1;
                if *asked < QUESTIONS {
                    return Err("authorization_pending");
                }
                true
            }
            // A grant's type may be another one by the manifest.
            Some(_) => match &oauth2.grant {
                Grant::ClientCredentials => true,
                Grant::Password { username, password } => {
                    is("username", username) && is("password", password)
                }
                Grant::TokenExchange { subject_token, .. } => is("subject_token", subject_token),
                Grant::JwtBearer(of) => {
                    value("assertion").is_some_and(|jwt| signed(config, of.key, of.algorithm, jwt, now))
                }
                Grant::RefreshToken { .. } | Grant::AuthorizationCode { .. } | Grant::DeviceCode { .. } => {
                    return Err("unsupported_grant_type");
                }
            },
            None => return Err("invalid_request"),
        };
        if good { Ok(self.give(oauth2, now)) } else { Err("invalid_grant") }
    }

    /// A new token, where the contract looks for it. The one before stays good until it ends, as at most servers.
    fn give(&mut self, oauth2: &OAuth2, now: Timestamp) -> Reply {
        let access = self.access(now);
        let mut body = Value::Object(Map::new());
        let response = &oauth2.response;
        tree::set(&mut body, response.access_token, json!(access));
        let own = matches!(oauth2.grant, Grant::ClientCredentials | Grant::JwtBearer(_));
        if !own {
            let refresh = format!("sandbox-refresh-{}", self.given);
            self.refresh.insert(refresh.clone());
            tree::set(&mut body, response.refresh_token, json!(refresh));
        }
        let end = now.checked_add(self.span()).unwrap_or(Timestamp::MAX);
        let ends = match response.expiry_unit {
            ExpiryUnit::Seconds => json!(self.life.as_secs()),
            ExpiryUnit::Milliseconds => json!(u64::try_from(self.life.as_millis()).unwrap_or(u64::MAX)),
            ExpiryUnit::EpochSeconds => json!(end.as_second()),
            ExpiryUnit::EpochMilliseconds => json!(end.as_millisecond()),
            ExpiryUnit::Rfc3339 => json!(end.to_string()),
        };
        tree::set(&mut body, response.expiry, ends);
        tree::set(&mut body, &["token_type"], json!("Bearer"));
        Reply::json(200, &body).with("cache-control", "no-store")
    }

    fn access(&mut self, now: Timestamp) -> String {
        self.given += 1;
        let access = format!("sandbox-access-{}", self.given);
        self.access.retain(|_, end| now < *end);
        self.access.insert(access.clone(), now.checked_add(self.span()).unwrap_or(Timestamp::MAX));
        access
    }

    fn span(&self) -> SignedDuration {
        SignedDuration::try_from(self.life).unwrap_or(SignedDuration::MAX)
    }

    /// The page where a person would consent: consents at once, and sends the browser back with a code.
    fn consent(
        &mut self,
        oauth2: &OAuth2,
        config: &Config,
        request: &Request,
    ) -> Result<Reply, &'static str> {
        let value = |name: &str| request.parameter(name);
        let redirect =
            value("redirect_uri").and_then(|text| Url::parse(&text).ok()).ok_or("invalid_request")?;
        if !crate::config::is_loopback(&redirect) || value("response_type").as_deref() != Some("code") {
            return Err("invalid_request");
        }
        self.given += 1;
        let code = format!("sandbox-code-{}", self.given);
        self.codes.insert(code.clone(), value("code_challenge"));
        let mut redirect = redirect;
        redirect
            .query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &value("state").unwrap_or_default());
        if let Grant::AuthorizationCode { issuer: Some(issuer), .. } = &oauth2.grant
            && let Ok(issuer) = config.expand(issuer)
        {
            redirect.query_pairs_mut().append_pair("iss", &issuer);
        }
        Ok(Reply::empty(302).with("location", redirect.as_str()))
    }

    /// Ends a token, RFC 7009 2: with a refresh token every access token, which are all of one grant here.
    fn forget(
        &mut self,
        oauth2: &OAuth2,
        config: &Config,
        request: &Request,
        now: Timestamp,
    ) -> Result<Reply, &'static str> {
        let given = parameters(request);
        client(oauth2, config, request, &given, now)?;
        let token = given.get("token").ok_or("invalid_request")?;
        self.access.remove(token);
        if self.refresh.remove(token) {
            self.revoke();
        }
        Ok(Reply::empty(200))
    }

    fn device(
        &mut self,
        oauth2: &OAuth2,
        config: &Config,
        request: &Request,
        now: Timestamp,
    ) -> Result<Reply, &'static str> {
        client(oauth2, config, request, &parameters(request), now)?;
        self.given += 1;
        let code = format!("sandbox-device-{}", self.given);
        self.devices.insert(code.clone(), 0);
        let body = json!({
            "device_code": code,
            "user_code": "SAND-BOXX",
            "verification_uri": "http://127.0.0.1/nothing-to-do",
            "expires_in": 600,
            "interval": 1,
        });
        Ok(Reply::json(200, &body))
    }

    fn session(
        &mut self,
        session: &Session,
        config: &Config,
        path: &str,
        request: &Request,
        now: Timestamp,
    ) -> Option<Reply> {
        if let Some((method, logout)) = session.logout
            && (method.as_str(), logout) == (&*request.method, path)
        {
            self.revoke();
            return Some(Reply::empty(204));
        }
        if (session.method.as_str(), session.path) != (&*request.method, path) {
            return None;
        }
        self.asked += 1;
        let body: Value = match session.encoding {
            TokenEncoding::Json => serde_json::from_slice(&request.body).unwrap_or(Value::Null),
            TokenEncoding::Form | TokenEncoding::Query => {
                parameters(request).into_iter().map(|(name, value)| (name, json!(value))).collect()
            }
        };
        let given = |place: &[&str]| {
            let value = if session.encoding == TokenEncoding::Json {
                place.iter().try_fold(&body, |value, key| value.get(*key))
            } else {
                body.get(place.join("."))
            };
            value.and_then(Value::as_str).map(str::to_owned)
        };
        let right =
            session.fields.iter().all(|(place, template)| given(place) == config.expand(template).ok());
        if !right {
            return Some(Reply::json(401, &json!({ "error": "wrong credentials" })));
        }
        let token = self.access(now);
        Some(match session.token {
            SessionToken::Body(path) => {
                let mut body = Value::Object(Map::new());
                tree::set(&mut body, path, json!(token));
                Reply::json(200, &body)
            }
            SessionToken::Header(name) => Reply::empty(204).with(name, token),
            SessionToken::Cookie(name) => {
                Reply::empty(204).with("set-cookie", format!("{name}={token}; Path=/; HttpOnly"))
            }
        })
    }
}

/// Whether the client is the contract's, proved in the contract's way.
fn client(
    oauth2: &OAuth2,
    config: &Config,
    request: &Request,
    given: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<(), &'static str> {
    let id = config.expand(oauth2.client.id).unwrap_or_default();
    let named = given.get("client_id") == Some(&id);
    let right = match &oauth2.client.authentication {
        ClientAuthentication::Basic { secret } => config.expand(secret).is_ok_and(|secret| {
            request.header("authorization") == Some(&format!("Basic {}", basic(&id, &secret)))
        }),
        ClientAuthentication::Post { secret } => {
            named && given.get("client_secret").cloned() == config.expand(secret).ok()
        }
        ClientAuthentication::PrivateKeyJwt { key, algorithm, .. } => {
            given.get("client_assertion").is_some_and(|jwt| signed(config, key, *algorithm, jwt, now))
        }
        ClientAuthentication::None => named || id.is_empty(),
    };
    if right { Ok(()) } else { Err("invalid_client") }
}

/// The parameters of a request, wherever they stand.
fn parameters(request: &Request) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = request.pairs().into_iter().collect();
    match serde_json::from_slice::<BTreeMap<String, String>>(&request.body) {
        Ok(members) => all.extend(members),
        Err(_) => all.extend(url::form_urlencoded::parse(&request.body).into_owned()),
    }
    all
}

/// Whether a JWT was signed with the key of that text, and has not ended.
fn signed(config: &Config, key: &str, algorithm: JwtAlgorithm, jwt: &str, now: Timestamp) -> bool {
    let key = config.expand(key).ok().and_then(|text| SigningKey::read(algorithm, &text).ok());
    let claims = key.and_then(|key| key.verified(jwt));
    claims.and_then(|claims| claims.get("exp")?.as_i64()).is_some_and(|end| now.as_second() < end)
}
