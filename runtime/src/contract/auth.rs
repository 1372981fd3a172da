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
