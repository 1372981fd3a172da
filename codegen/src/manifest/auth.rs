//! How requests are authorised, as the manifest says it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::tokens::{OAuth2Auth, SessionAuth};
use crate::source::Spanned;

/// How requests are authorised: exactly one key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["none"]}, {"required": ["basic"]}, {"required": ["bearer"]}, {"required": ["api_key"]},
    {"required": ["oauth2"]}, {"required": ["session"]}
]))]
pub struct AuthSection {
    /// Not at all: `none: {}`.
    none: Option<NoAuth>,
    /// HTTP Basic, RFC 7617.
    basic: Option<BasicAuth>,
    /// `Authorization: Bearer`, RFC 6750.
    bearer: Option<BearerAuth>,
    /// A key in a header, query parameter or cookie.
    api_key: Option<ApiKeyAuth>,
    /// OAuth 2, RFC 6749.
    oauth2: Option<Box<OAuth2Auth>>,
    /// A login request that gives a token.
    session: Option<Box<SessionAuth>>,
}

impl AuthSection {
    /// The one that is set. A manifest that was read has exactly one.
    pub fn chosen(&self) -> Option<Auth<'_>> {
        let none = self.none.as_ref().map(|_| Auth::None);
        none.or_else(|| self.basic.as_ref().map(Auth::Basic))
            .or_else(|| self.bearer.as_ref().map(Auth::Bearer))
            .or_else(|| self.api_key.as_ref().map(Auth::ApiKey))
            .or_else(|| self.oauth2.as_deref().map(Auth::OAuth2))
            .or_else(|| self.session.as_deref().map(Auth::Session))
    }
}

/// How requests are authorised.
#[derive(Clone, Copy, Debug)]
pub enum Auth<'m> {
    /// Not at all.
    None,
    /// HTTP Basic.
    Basic(&'m BasicAuth),
    /// `Authorization: Bearer`.
    Bearer(&'m BearerAuth),
    /// A key.
    ApiKey(&'m ApiKeyAuth),
    /// OAuth 2.
    OAuth2(&'m OAuth2Auth),
    /// A session.
    Session(&'m SessionAuth),
}

/// No authorisation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoAuth {}

/// HTTP Basic, RFC 7617.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicAuth {
    /// User name; may hold `{config}` variables.
    pub username: Spanned<String>,
    /// Password; may hold `{config}` variables.
    pub password: Spanned<String>,
}

/// `Authorization: Bearer`, RFC 6750.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BearerAuth {
    /// The token; may hold `{config}` variables.
    pub token: Spanned<String>,
}

/// A key in a header, query parameter or cookie.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyAuth {
    /// Where the key goes.
    #[serde(rename = "in")]
    pub location: KeyLocation,
    /// Name of that header, query parameter or cookie.
    pub name: Spanned<String>,
    /// The key; may hold `{config}` variables.
    pub value: Spanned<String>,
    /// What stands before the key, for example `Token ` with the blank.
    pub prefix: Option<Spanned<String>>,
}

/// Where an API key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyLocation {
    /// A header.
    Header,
    /// A query parameter. It shows in the logs of every proxy on the way; take a header where the API has the choice.
    Query,
    /// A cookie.
    Cookie,
}
