//! What can go wrong with a token, told to the person who must act.

use super::ExitClass;

/// A token that cannot be got, renewed or kept. No message holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthProblem {
    /// Nobody has logged in yet.
    #[error("there is no token yet: run `{command}`")]
    LoginRequired {
        /// The command that gets one.
        command: String,
    },
    /// The authorisation server refused, RFC 6749 5.2. Trying again would change nothing.
    #[error("{endpoint} refused {what} ({code}{description}): {next}")]
    Refused {
        /// The endpoint, without its query.
        endpoint: String,
        /// What was asked for.
        what: &'static str,
        /// The error's code: `invalid_grant`, or the status where there is none.
        code: String,
        /// What the server says about it, without secrets; empty or with a separator before it.
        description: String,
        /// What to do.
        next: String,
    },
    /// The answer to an earlier refresh never came, and the server does not take the old refresh token any more: the new one is lost.
    #[error(
        "the answer to a refresh was lost, and {endpoint} does not take the last known refresh token again ({code}): {next}; \
         the last known token is still in the token store"
    )]
    AnswerLost {
        /// The endpoint, without its query.
        endpoint: String,
        /// The error's code.
        code: String,
        /// What to do.
        next: String,
    },
    /// The authorisation server cannot be reached or is not well: it passes.
    #[error("{endpoint} gave no token: {cause}{}", if *.spent { "; the refresh token may be spent, and the next run tries it once more" } else { "" })]
    Unavailable {
        /// The endpoint, without its query.
        endpoint: String,
        /// Why.
        cause: String,
        /// Whether a refresh token was sent that is good for one use only.
        spent: bool,
    },
    /// The authorisation server answered something else than a token.
    #[error("{endpoint} answered {status}, which is no token: {cause}")]
    NoToken {
        /// The endpoint, without its query.
        endpoint: String,
        /// The status.
        status: u16,
        /// What is wrong with the answer.
        cause: String,
    },
    /// The answer sends the API's requests to a host that the manifest does not allow.
    #[error(
        "{endpoint} says that the API is at {target}, which the manifest does not allow ({allowed}); nothing was sent there"
    )]
    BaseUrl {
        /// The endpoint, without its query.
        endpoint: String,
        /// The host, or what is wrong with the URL.
        target: String,
        /// The hosts that are allowed.
        allowed: String,
    },
    /// The token store cannot be read or written. A token that cannot be stored is not used, for it might be the only one.
    #[error("the token store {place} cannot be {done}: {cause}; put that right, then run it again")]
    Store {
        /// The store.
        place: String,
        /// `read`, `written` or `locked`.
        done: &'static str,
        /// What the system said.
        cause: String,
    },
    /// A logout did not end the token at the server, RFC 7009.
    #[error(
        "{endpoint} did not end the token ({cause}); {}",
        if *.kept {
            "it is still in the token store: log out again later"
        } else {
            "it was removed from the token store, and stays good at the server until it ends there: end it in the account's settings"
        }
    )]
    NotRevoked {
        /// The endpoint, without its query.
        endpoint: String,
        /// Why, without secrets.
        cause: String,
        /// Whether the token is still in the store, since the server may take the same later.
        kept: bool,
    },
    /// A login was not finished.
    #[error("the login was not finished: {0}")]
    Login(String),
}

impl AuthProblem {
    /// Whether the same may succeed later without anyone changing anything.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(crate) fn exit_class(&self) -> ExitClass {
        match self {
            Self::LoginRequired { .. } | Self::Refused { .. } | Self::AnswerLost { .. } | Self::Login(_) => {
                ExitClass::Configuration
            }
            Self::Unavailable { .. }
            | Self::NoToken { .. }
            | Self::BaseUrl { .. }
            | Self::Store { .. }
            | Self::NotRevoked { .. } => ExitClass::Failure,
        }
    }
}
