//! How the requests of a connector are authorised.

use super::Location;

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
    /// A key in a header, query parameter or cookie.
    ApiKey {
        /// Where it goes: [`Location::Header`], [`Location::Query`] or [`Location::Cookie`].
        location: Location,
        /// Name of that header, parameter or cookie.
        name: &'static str,
        /// The value, after its prefix.
        value: &'static str,
    },
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
