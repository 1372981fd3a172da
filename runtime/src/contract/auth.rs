//! How the requests of a connector are authorised.

use super::{ApiKey, AwsSigV4, Claim, Hmac, Jwt, SignedPart};

/// How a request is authorised. Values hold `{config}` variables.
#[derive(Debug)]
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
            Self::Choice { of, .. } => of.iter().flat_map(|(_, auth)| auth.templates()).collect(),
        }
    }
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
