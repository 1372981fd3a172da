//! How requests are authorised, as the manifest says it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::signing::{ApiKeyAuth, AwsSigV4Auth, ChoiceAuth, HmacAuth, JwtAuth};
use super::tokens::{OAuth2Auth, SessionAuth};
use super::values::OneOrMore;
use crate::source::Spanned;

/// How requests are authorised: exactly one key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["none"]}, {"required": ["basic"]}, {"required": ["bearer"]}, {"required": ["api_key"]},
    {"required": ["oauth2"]}, {"required": ["session"]}, {"required": ["jwt"]}, {"required": ["hmac"]},
    {"required": ["aws_sigv4"]}, {"required": ["choice"]}
]))]
pub struct AuthSection {
    /// Not at all: `none: {}`.
    none: Option<NoAuth>,
    /// HTTP Basic, RFC 7617.
    basic: Option<BasicAuth>,
    /// `Authorization: Bearer`, RFC 6750.
    bearer: Option<BearerAuth>,
    /// A key in a header, query parameter, cookie or field of the body; or a list of such, all of which are sent.
    api_key: Option<OneOrMore<ApiKeyAuth>>,
    /// OAuth 2, RFC 6749.
    oauth2: Option<Box<OAuth2Auth>>,
    /// A login request that gives a token.
    session: Option<Box<SessionAuth>>,
    /// A JWT that the connector signs itself.
    jwt: Option<Box<JwtAuth>>,
    /// A signature of each request with a shared key.
    hmac: Option<Box<HmacAuth>>,
    /// A signature of each request, as Amazon Web Services ask for.
    aws_sigv4: Option<Box<AwsSigV4Auth>>,
    /// One of several ways, which the connector's user chooses.
    choice: Option<ChoiceAuth>,
}

impl AuthSection {
    /// The one that is set. A manifest that was read has exactly one.
    pub fn chosen(&self) -> Option<Auth<'_>> {
        let none = self.none.as_ref().map(|_| Auth::None);
        none.or_else(|| self.basic.as_ref().map(Auth::Basic))
            .or_else(|| self.bearer.as_ref().map(Auth::Bearer))
            .or_else(|| self.api_key.as_ref().map(|keys| Auth::ApiKeys(&keys.0)))
            .or_else(|| self.oauth2.as_deref().map(Auth::OAuth2))
            .or_else(|| self.session.as_deref().map(Auth::Session))
            .or_else(|| self.jwt.as_deref().map(Auth::Jwt))
            .or_else(|| self.hmac.as_deref().map(Auth::Hmac))
            .or_else(|| self.aws_sigv4.as_deref().map(Auth::AwsSigV4))
            .or_else(|| self.choice.as_ref().map(Auth::Choice))
    }

    /// The one that is set, or of a choice all that there are.
    pub fn all(&self) -> Vec<Auth<'_>> {
        match self.chosen() {
            Some(Auth::Choice(choice)) => {
                choice.of.iter().filter_map(|(_, section)| section.chosen()).collect()
            }
            chosen => chosen.into_iter().collect(),
        }
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
    /// Keys.
    ApiKeys(&'m [ApiKeyAuth]),
    /// OAuth 2.
    OAuth2(&'m OAuth2Auth),
    /// A session.
    Session(&'m SessionAuth),
    /// A JWT that the connector signs.
    Jwt(&'m JwtAuth),
    /// A signature with a shared key.
    Hmac(&'m HmacAuth),
    /// A signature for Amazon Web Services.
    AwsSigV4(&'m AwsSigV4Auth),
    /// One of several.
    Choice(&'m ChoiceAuth),
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

/// Where a token goes.
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
