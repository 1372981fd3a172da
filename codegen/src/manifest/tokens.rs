//! Tokens that the connector gets and renews, as the manifest says it: OAuth 2 and sessions.

use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::KeyLocation;
use super::values::{Constant, Entries};
use crate::source::Spanned;

/// OAuth 2, RFC 6749: exactly one of the grants. A token is got, kept and renewed by the connector.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["client_credentials"]}, {"required": ["authorization_code"]}, {"required": ["refresh_token"]},
    {"required": ["device_code"]}, {"required": ["jwt_bearer"]}, {"required": ["token_exchange"]}, {"required": ["password"]}
]))]
pub struct OAuth2Auth {
    /// The token endpoint: an https URL, or a path on the origin of `server.url`; may hold `{config}` variables. Without this: that of the
    /// document's security scheme. The user of the connector puts another in its place with the config value `token_url`.
    pub token_url: Option<Spanned<String>>,
    /// Where the command `logout` ends a token at the server, RFC 7009: as `token_url`. Without this it only forgets it. Config value:
    /// `revocation_url`.
    pub revocation_url: Option<Spanned<String>>,
    /// Who asks for tokens.
    pub client: OAuth2Client,
    /// The client's own right, RFC 6749 4.4: `client_credentials: {}`.
    client_credentials: Option<ClientCredentials>,
    /// A user's consent in a browser, RFC 6749 4.1, got with the connector's command `login`: `authorization_code: {}`.
    authorization_code: Option<AuthorizationCode>,
    /// A refresh token that the user of the connector has, RFC 6749 6.
    refresh_token: Option<RefreshToken>,
    /// A user's consent on another device, RFC 8628, got with the connector's command `login`.
    device_code: Option<DeviceCode>,
    /// A JWT that the connector signs, RFC 7523.
    jwt_bearer: Option<JwtBearer>,
    /// A token of another kind, RFC 8693.
    token_exchange: Option<TokenExchange>,
    /// A user's name and password, RFC 6749 4.3.
    password: Option<PasswordGrant>,
    /// Scopes that are asked for; may hold `{config}` variables.
    #[serde(default)]
    pub scopes: Vec<Spanned<String>>,
    /// What stands between two scopes. Without this: a blank, as RFC 6749 3.3 has it.
    pub scope_separator: Option<Spanned<String>>,
    /// How the token endpoint is asked, where that is out of the ordinary.
    #[serde(default)]
    pub request: TokenRequest,
    /// Where the token endpoint's answer has what, where that is out of the ordinary.
    #[serde(default)]
    pub response: TokenResponse,
    /// Where the access token goes. Without this: `Authorization: Bearer`.
    pub send: Option<Placement>,
    /// When the token is renewed.
    #[serde(default)]
    pub renew: Renewal,
}

/// The grant of OAuth 2 that is set.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "as the keys of the manifest")]
pub enum Grant<'m> {
    ClientCredentials,
    AuthorizationCode(&'m AuthorizationCode),
    RefreshToken(&'m RefreshToken),
    DeviceCode(&'m DeviceCode),
    JwtBearer(&'m JwtBearer),
    TokenExchange(&'m TokenExchange),
    Password(&'m PasswordGrant),
}

impl OAuth2Auth {
    /// The one that is set. A manifest that was read has exactly one.
    pub fn grant(&self) -> Option<Grant<'_>> {
        let own = self.client_credentials.as_ref().map(|_| Grant::ClientCredentials);
        own.or_else(|| self.authorization_code.as_ref().map(Grant::AuthorizationCode))
            .or_else(|| self.refresh_token.as_ref().map(Grant::RefreshToken))
            .or_else(|| self.device_code.as_ref().map(Grant::DeviceCode))
            .or_else(|| self.jwt_bearer.as_ref().map(Grant::JwtBearer))
            .or_else(|| self.token_exchange.as_ref().map(Grant::TokenExchange))
            .or_else(|| self.password.as_ref().map(Grant::Password))
    }
}

/// Who asks for tokens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuth2Client {
    /// The client's identifier; may hold `{config}` variables.
    pub id: Spanned<String>,
    /// The client's secret; may hold `{config}` variables.
    pub secret: Option<Spanned<String>>,
    /// The client's private key, PEM or JWK; may hold `{config}` variables. It makes the authentication `private_key_jwt`.
    pub key: Option<SigningKey>,
    /// How the client proves who it is. Without this: `private_key_jwt` with a `key`, `basic` with a `secret`, else `none`.
    pub authentication: Option<Spanned<ClientAuthentication>>,
}

/// How a client proves who it is to the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// HTTP Basic, both parts form-encoded, RFC 6749 2.3.1.
    Basic,
    /// `client_id` and `client_secret` in the body, RFC 6749 2.3.1.
    Post,
    /// A JWT that the client signs, RFC 7523 2.2.
    PrivateKeyJwt,
    /// Not at all: a public client.
    None,
}

/// A private key, and how it signs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    /// The key, PEM or JWK; for the HMAC algorithms any text. May hold `{config}` variables.
    pub value: Spanned<String>,
    /// The algorithm of its signatures.
    pub algorithm: JwtAlgorithm,
    /// `kid` in the header of the JWT; may hold `{config}` variables.
    pub id: Option<Spanned<String>>,
    /// `aud` of the JWT; may hold `{config}` variables. Without this: the token endpoint.
    pub audience: Option<Spanned<String>>,
}

/// How a JWT is signed, RFC 7518 3.1 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names are the algorithms'")]
pub enum JwtAlgorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// The client's own right.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientCredentials {}

/// A user's consent in a browser.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationCode {
    /// The authorization endpoint, as `token_url`. Without this: that of the document's security scheme. Config value: `authorization_url`.
    pub authorization_url: Option<Spanned<String>>,
    /// The authorisation server's issuer, RFC 8414 2, which it has to name when it sends the browser back: the parameter `iss` of RFC 9207.
    /// An answer without it, or of another issuer, is refused. May hold `{config}` variables. Without this `iss` is not looked at; give
    /// it for servers whose metadata has `authorization_response_iss_parameter_supported`.
    pub issuer: Option<Spanned<String>>,
    /// Whether the code is bound to a secret of the login, RFC 7636 with S256. `true` unless this says otherwise; some servers refuse it.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// Port on 127.0.0.1 to which the browser is sent back. Without this: a free one, which servers allow by RFC 8252 7.3.
    pub redirect_port: Option<Spanned<u16>>,
    /// Path to which the browser is sent back. Without this: `/callback`.
    pub redirect_path: Option<Spanned<String>>,
    /// Further parameters of the authorization endpoint; values may hold `{config}` variables.
    #[serde(default)]
    pub parameters: Entries<Spanned<Constant>>,
}

fn yes() -> bool {
    true
}

/// A refresh token that the user of the connector has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    /// The first one; may hold `{config}` variables. Where the server replaces it, the new one is in the token store.
    pub token: Spanned<String>,
}

/// A user's consent on another device.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceCode {
    /// The device authorization endpoint, as `token_url`. Config value: `device_authorization_url`.
    pub device_authorization_url: Spanned<String>,
}

/// A JWT that the connector signs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtBearer {
    /// The key that signs.
    pub key: SigningKey,
    /// `iss`; may hold `{config}` variables.
    pub issuer: Spanned<String>,
    /// `sub`; may hold `{config}` variables. Without this: the issuer.
    pub subject: Option<Spanned<String>>,
    /// How long the JWT holds. Without this: `5m`.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub lifetime: Option<Spanned<String>>,
    /// Further claims; values may hold `{config}` variables. `{scopes}` alone stands for the scopes.
    #[serde(default)]
    pub claims: Entries<Spanned<Constant>>,
}

/// A token of another kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {"actor_token": ["actor_token_type"], "actor_token_type": ["actor_token"]}))]
pub struct TokenExchange {
    /// The token that is given; may hold `{config}` variables.
    pub subject_token: Spanned<String>,
    /// Its type. Without this: `urn:ietf:params:oauth:token-type:access_token`.
    pub subject_token_type: Option<Spanned<String>>,
    /// The token of who acts; may hold `{config}` variables.
    pub actor_token: Option<Spanned<String>>,
    /// Its type.
    pub actor_token_type: Option<Spanned<String>>,
}

/// A user's name and password.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordGrant {
    /// User name; may hold `{config}` variables.
    pub username: Spanned<String>,
    /// Password; may hold `{config}` variables.
    pub password: Spanned<String>,
}

/// How the token endpoint is asked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// How the parameters are written. Without this: `form`.
    pub body: Option<BodyForm>,
    /// Further parameters, for example `audience`; they replace those of the same name. Values may hold `{config}` variables.
    #[serde(default)]
    pub parameters: Entries<Spanned<Constant>>,
    /// Further headers. Values may hold `{config}` variables.
    #[serde(default)]
    pub headers: Entries<Spanned<String>>,
}

/// How parameters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// `application/x-www-form-urlencoded`.
    #[default]
    Form,
    /// `application/json`.
    Json,
    /// In the URL. They show in the logs of every proxy on the way.
    Query,
}

/// Where the token endpoint's answer has what: paths such as `data.token`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenResponse {
    /// The access token. Without this: `access_token`.
    pub access_token: Option<Spanned<String>>,
    /// The refresh token. Without this: `refresh_token`.
    pub refresh_token: Option<Spanned<String>>,
    /// When the access token ends. Without this: `expires_in`.
    pub expiry: Option<Spanned<String>>,
    /// Unit of `expiry`. Without this: `seconds`.
    pub expiry_unit: Option<ExpiryUnit>,
    /// How long an access token holds where the answer does not tell: `30m`, `2h`. Without this it is renewed when the API refuses it.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub lifetime: Option<Spanned<String>>,
    /// Where the API is for this token.
    pub base_url: Option<TokenBaseUrl>,
}

/// The unit of an access token's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryUnit {
    /// Seconds from the answer, as RFC 6749 5.1 has it.
    #[default]
    Seconds,
    /// Milliseconds from the answer.
    Milliseconds,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMilliseconds,
    /// RFC 3339: `2026-01-31T12:00:00Z`.
    Rfc3339,
}

/// Where the API is, by the token endpoint's answer: it stands in the place of the origin of `server.url`, whose path stays.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBaseUrl {
    /// Where the answer has the URL: `instance_url`.
    pub path: Spanned<String>,
    /// Hosts that are allowed, each with all hosts below it: the token is sent there.
    #[schemars(length(min = 1))]
    pub hosts: Vec<Spanned<String>>,
}

/// Where a token goes in a request.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// Where the token goes.
    #[serde(rename = "in")]
    pub location: KeyLocation,
    /// Name of that header, query parameter or cookie.
    pub name: Spanned<String>,
    /// What stands before the token, for example `Token ` with the blank.
    pub prefix: Option<Spanned<String>>,
}

/// When a token is renewed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// After which part of its life, more than 0 and at most 1. Without this: 0.75.
    pub at: Option<Spanned<f64>>,
    /// Statuses of the API that say that the token is no longer good. It is then renewed, once in a call. Without this: 401.
    pub on: Option<Vec<Spanned<u16>>>,
}

/// A session: a login request on the connector's own server gives a token.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionAuth {
    /// The login request.
    pub login: SessionLogin,
    /// Where the answer has the token.
    pub token: SessionToken,
    /// How long a session lasts: `30m`, `2h`. Without this there is a new one when the API refuses the token.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub lifetime: Option<Spanned<String>>,
    /// Where the token goes.
    pub send: Placement,
    /// When there is a new login.
    #[serde(default)]
    pub renew: Renewal,
    /// The request that ends a session: `DELETE /session`.
    pub logout: Option<Spanned<String>>,
}

/// A login request.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionLogin {
    /// Method and path below the base URL: `POST /session`.
    pub request: Spanned<String>,
    /// How the fields are written. Without this: `json`.
    pub body: Option<BodyForm>,
    /// Fields by their paths: `user.name`. Values may hold `{config}` variables.
    #[serde(default)]
    pub fields: Entries<Spanned<Constant>>,
    /// Headers. Values may hold `{config}` variables.
    #[serde(default)]
    pub headers: Entries<Spanned<String>>,
}

/// Where the answer to a login has the token: exactly one key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["path"]}, {"required": ["header"]}, {"required": ["cookie"]}]))]
pub struct SessionToken {
    /// Path in the JSON body: `data.token`.
    pub path: Option<Spanned<String>>,
    /// A header.
    pub header: Option<Spanned<String>>,
    /// A cookie that the answer sets.
    pub cookie: Option<Spanned<String>>,
}
