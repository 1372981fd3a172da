//! How the requests of a connector are authorised.

use super::{ApiKey, AwsSigV4, Claim, Hmac, Jwt, Location, Method, Path, SignedPart};

/// How a request is authorised. Values hold `{config}` variables.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "static data, of which there is one")]
pub enum Auth {
    /// Not at all.
    None,
    /// HTTP Basic, RFC 7617.
    Basic {
        /// User name.
        username: &'static str,
        /// Password.
        password: &'static str,
    },
    /// `Authorization: Bearer`, RFC 6750.
    Bearer {
        /// The token.
        token: &'static str,
    },
    /// Keys that are sent as they are: all of them with each request.
    ApiKeys(&'static [ApiKey]),
    /// A JWT that the connector signs.
    Jwt(Jwt),
    /// A signature of each request.
    Hmac(Hmac),
    /// A signature of each request, as Amazon Web Services ask for.
    AwsSigV4(AwsSigV4),
    /// One of several, chosen by a config value.
    Choice {
        /// That config value.
        by: &'static str,
        /// What it may be, and how a request is authorised then; none of these is a choice.
        of: &'static [(&'static str, Auth)],
    },
    /// A token of OAuth 2, RFC 6749, got and renewed by the connector.
    OAuth2(OAuth2),
    /// A token that a login request gives.
    Session(Session),
}

impl Auth {
    /// Every text of it that takes `{config}` values, its URLs aside. Of a choice: those of all that there are.
    pub fn templates(&self) -> Vec<&'static str> {
        match self {
            Self::None => Vec::new(),
            Self::Basic { username, password } => vec![username, password],
            Self::Bearer { token } => vec![token],
            Self::ApiKeys(keys) => keys.iter().map(|key| key.value).collect(),
            Self::Jwt(jwt) => {
                let mut all = vec![jwt.key];
                all.extend(jwt.header.iter().map(|(_, value)| *value));
                for (_, claim) in jwt.claims {
                    match claim {
                        Claim::Text(text) => all.push(text),
                        Claim::Texts(texts) => all.extend(*texts),
                        Claim::Verbatim(_) => {}
                    }
                }
                all
            }
            Self::Hmac(hmac) => {
                let texts = hmac.headers.iter().chain(hmac.parameters).map(|(_, text)| *text);
                let parts = texts.chain([hmac.message]).flatten().filter_map(|part| match part {
                    SignedPart::Text(text) => Some(*text),
                    _ => None,
                });
                std::iter::once(hmac.key).chain(parts).collect()
            }
            Self::AwsSigV4(aws) => {
                let all = [aws.region, aws.service, aws.access_key_id, aws.secret_access_key];
                all.into_iter().chain(aws.session_token).collect()
            }
            Self::OAuth2(oauth2) => oauth2.templates(),
            Self::Session(session) => session.templates(),
            Self::Choice { of, .. } => of.iter().flat_map(|(_, auth)| auth.templates()).collect(),
        }
    }

    /// The URLs that it asks beside the API's own, each with the config key that puts another in its place. Of a choice: those of all that
    /// there are.
    pub fn endpoints(&self) -> Vec<(&'static str, &'static str)> {
        if let Self::Choice { of, .. } = self {
            return of.iter().flat_map(|(_, auth)| auth.endpoints()).collect();
        }
        let Self::OAuth2(oauth2) = self else { return Vec::new() };
        let second = match oauth2.grant {
            Grant::AuthorizationCode { authorization_url, .. } => {
                Some(("authorization_url", authorization_url))
            }
            Grant::DeviceCode { device_authorization_url } => {
                Some(("device_authorization_url", device_authorization_url))
            }
            _ => None,
        };
        let third = oauth2.revocation_url.map(|url| (REVOCATION_URL, url));
        std::iter::once((TOKEN_URL, oauth2.token_url)).chain(second).chain(third).collect()
    }

    /// Whether it has tokens that are got and renewed.
    pub fn has_tokens(&self) -> bool {
        match self {
            Self::OAuth2(_) | Self::Session(_) => true,
            Self::Choice { of, .. } => of.iter().any(|(_, auth)| auth.has_tokens()),
            _ => false,
        }
    }
}

/// Config key of the revocation endpoint.
pub(crate) const REVOCATION_URL: &str = "revocation_url";
/// Config key of the token endpoint.
pub(crate) const TOKEN_URL: &str = "token_url";

/// A token of OAuth 2. Texts hold `{config}` variables; a URL that is a path stands on the origin of the connector's server.
#[derive(Debug)]
pub struct OAuth2 {
    /// The token endpoint, RFC 6749 3.2.
    pub token_url: &'static str,
    /// The revocation endpoint, RFC 7009 2; without it a logout ends nothing at the server.
    pub revocation_url: Option<&'static str>,
    /// Who asks.
    pub client: OAuth2Client,
    /// By which right.
    pub grant: Grant,
    /// Scopes that are asked for, RFC 6749 3.3.
    pub scopes: &'static [&'static str],
    /// What stands between two scopes; a blank by the RFC.
    pub scope_separator: &'static str,
    /// How the token endpoint is asked.
    pub request: TokenRequest,
    /// Where its answer has what.
    pub response: TokenResponse,
    /// Where the access token goes.
    pub placement: Placement,
    /// When it is renewed.
    pub renewal: Renewal,
}

impl OAuth2 {
    fn templates(&self) -> Vec<&'static str> {
        let mut all = vec![self.client.id];
        match &self.client.authentication {
            ClientAuthentication::Basic { secret } | ClientAuthentication::Post { secret } => {
                all.push(secret)
            }
            ClientAuthentication::PrivateKeyJwt { key, key_id, audience, .. } => {
                all.push(key);
                all.extend(key_id.iter().chain(audience));
            }
            ClientAuthentication::None => {}
        }
        match &self.grant {
            Grant::ClientCredentials | Grant::DeviceCode { .. } => {}
            Grant::Password { username, password } => all.extend([*username, *password]),
            Grant::RefreshToken { token } => all.push(token),
            Grant::JwtBearer(jwt) => {
                all.extend([jwt.key, jwt.issuer]);
                all.extend(jwt.key_id.iter().chain(&jwt.subject).chain(&jwt.audience));
                all.extend(jwt.claims.iter().map(|(_, value)| *value));
            }
            Grant::TokenExchange { subject_token, actor_token, .. } => {
                all.push(subject_token);
                all.extend(actor_token.iter().map(|(token, _)| *token));
            }
            Grant::AuthorizationCode { parameters, issuer, .. } => {
                all.extend(issuer);
                all.extend(parameters.iter().map(|(_, value)| *value));
            }
        }
        let request = self.request.parameters.iter().chain(self.request.headers);
        all.extend(request.map(|(_, value)| *value));
        all.extend(self.scopes);
        all
    }
}

/// The client of OAuth 2, RFC 6749 2.
#[derive(Debug)]
pub struct OAuth2Client {
    /// Its identifier.
    pub id: &'static str,
    /// How it proves who it is.
    pub authentication: ClientAuthentication,
}

/// How a client proves who it is to the token endpoint.
#[derive(Debug)]
pub enum ClientAuthentication {
    /// HTTP Basic with both parts form-encoded, RFC 6749 2.3.1.
    Basic {
        /// The client's secret.
        secret: &'static str,
    },
    /// `client_id` and `client_secret` in the body, RFC 6749 2.3.1.
    Post {
        /// The client's secret.
        secret: &'static str,
    },
    /// A JWT that the client signs, RFC 7523 2.2.
    PrivateKeyJwt {
        /// The private key: PEM or JWK.
        key: &'static str,
        /// How it signs.
        algorithm: JwtAlgorithm,
        /// Its `kid`.
        key_id: Option<&'static str>,
        /// `aud`; the token endpoint where it is `None`.
        audience: Option<&'static str>,
    },
    /// Not at all: a public client, RFC 6749 2.1.
    None,
}

/// By which right a token is given.
#[derive(Debug)]
pub enum Grant {
    /// The client's own, RFC 6749 4.4.
    ClientCredentials,
    /// A user's name and password, RFC 6749 4.3.
    Password {
        /// User name.
        username: &'static str,
        /// Password.
        password: &'static str,
    },
    /// A refresh token that the user has, RFC 6749 6.
    RefreshToken {
        /// The first one; the server may replace it.
        token: &'static str,
    },
    /// A JWT that the connector signs, RFC 7523 2.1.
    JwtBearer(JwtAssertion),
    /// A token of another kind, RFC 8693.
    TokenExchange {
        /// The token that is given.
        subject_token: &'static str,
        /// Its type, a URI.
        subject_token_type: &'static str,
        /// The token of who acts, with its type.
        actor_token: Option<(&'static str, &'static str)>,
    },
    /// A user's consent in a browser, RFC 6749 4.1: got by `login`.
    AuthorizationCode {
        /// The authorization endpoint.
        authorization_url: &'static str,
        /// The issuer that the answer has to name, RFC 9207; without it none is looked at.
        issuer: Option<&'static str>,
        /// Whether the code is bound to a secret of this login, RFC 7636 with S256.
        pkce: bool,
        /// Port of the redirect on 127.0.0.1; 0 for a free one, RFC 8252 7.3.
        redirect_port: u16,
        /// Path of the redirect, with its slash.
        redirect_path: &'static str,
        /// Further parameters of the authorization endpoint.
        parameters: &'static [(&'static str, &'static str)],
    },
    /// A user's consent on another device, RFC 8628: got by `login`.
    DeviceCode {
        /// The device authorization endpoint.
        device_authorization_url: &'static str,
    },
}

/// A JWT that stands for a credential, RFC 7523 3.
#[derive(Debug)]
pub struct JwtAssertion {
    /// The private key: PEM or JWK.
    pub key: &'static str,
    /// How it signs.
    pub algorithm: JwtAlgorithm,
    /// Its `kid`.
    pub key_id: Option<&'static str>,
    /// `iss`.
    pub issuer: &'static str,
    /// `sub`; the issuer where it is `None`.
    pub subject: Option<&'static str>,
    /// `aud`; the token endpoint where it is `None`.
    pub audience: Option<&'static str>,
    /// How long it holds.
    pub lifetime_seconds: u64,
    /// Further claims. `{scopes}` in a value stands for the scopes.
    pub claims: &'static [(&'static str, &'static str)],
}

/// How the token endpoint is asked.
#[derive(Debug)]
pub struct TokenRequest {
    /// How its parameters are written.
    pub encoding: TokenEncoding,
    /// Further parameters; they replace those of the same name.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Further headers.
    pub headers: &'static [(&'static str, &'static str)],
}

/// How the parameters of a token request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEncoding {
    /// `application/x-www-form-urlencoded`, which the RFCs ask for.
    Form,
    /// `application/json`.
    Json,
    /// In the URL, which a few servers ask for.
    Query,
}

/// Where the answer of a token endpoint has what.
#[derive(Debug)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Path,
    /// The refresh token.
    pub refresh_token: Path,
    /// When the access token ends.
    pub expiry: Path,
    /// Unit of that.
    pub expiry_unit: ExpiryUnit,
    /// How long an access token holds where the answer does not tell.
    pub lifetime_milliseconds: Option<u64>,
    /// Where the API is for this token.
    pub base_url: Option<TokenBaseUrl>,
}

/// The unit of an access token's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryUnit {
    /// Seconds from the answer, RFC 6749 5.1.
    Seconds,
    /// Milliseconds from the answer.
    Milliseconds,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMilliseconds,
    /// A time as in RFC 3339.
    Rfc3339,
}

/// Where the API is, by the answer of a token endpoint: its scheme, host, port and path stand in place of the origin of the connector's server.
#[derive(Debug)]
pub struct TokenBaseUrl {
    /// Where the answer has the URL.
    pub path: Path,
    /// Hosts that are allowed, each with all hosts below it: the token is sent there.
    pub hosts: &'static [&'static str],
}

/// Where a token goes in a request.
#[derive(Debug)]
pub struct Placement {
    /// [`Location::Header`], [`Location::Query`] or [`Location::Cookie`].
    pub location: Location,
    /// Name of that header, parameter or cookie.
    pub name: &'static str,
    /// What stands before the token.
    pub prefix: &'static str,
}

/// When a token is renewed.
#[derive(Debug)]
pub struct Renewal {
    /// After which part of its life, between 0 and 1.
    pub at: f64,
    /// Statuses of the API that say that the token is no longer good: it is renewed, once in a call.
    pub statuses: &'static [u16],
}

/// A token that a login request gives, on the connector's own server.
#[derive(Debug)]
pub struct Session {
    /// Method of the login.
    pub method: Method,
    /// Its path, below the base URL.
    pub path: &'static str,
    /// How its fields are written.
    pub encoding: TokenEncoding,
    /// Its fields, by their places; values hold `{config}` variables.
    pub fields: &'static [(Path, &'static str)],
    /// Its headers; values hold `{config}` variables.
    pub headers: &'static [(&'static str, &'static str)],
    /// Where the answer has the token.
    pub token: SessionToken,
    /// How long a session lasts, where that is known.
    pub lifetime_milliseconds: Option<u64>,
    /// Where the token goes.
    pub placement: Placement,
    /// When there is a new login.
    pub renewal: Renewal,
    /// The request that ends a session.
    pub logout: Option<(Method, &'static str)>,
}

impl Session {
    fn templates(&self) -> Vec<&'static str> {
        let fields = self.fields.iter().map(|(_, value)| *value);
        fields.chain(self.headers.iter().map(|(_, value)| *value)).collect()
    }
}

/// Where the answer to a login has the token.
#[derive(Clone, Copy, Debug)]
pub enum SessionToken {
    /// In the JSON body.
    Body(Path),
    /// In a header.
    Header(&'static str),
    /// In a cookie that it sets.
    Cookie(&'static str),
}

/// How a JWT is signed: the algorithms of RFC 7518 section 3.1 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    EdDsa,
}

impl JwtAlgorithm {
    /// As the header of a JWT names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}
