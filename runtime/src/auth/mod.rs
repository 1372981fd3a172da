//! How a client's requests get their credential: one that is fixed ([`Authoriser`]), or a token that is got, kept and renewed ([`Tokens`]).

mod authorise;
pub(crate) mod aws;
pub(crate) mod hmac;
mod jws;
mod keys;
mod login;
mod oauth2;
pub(crate) mod self_signed;
mod session;
mod source;
mod store;
mod tokens;
mod wire;

pub use crate::error::auth::AuthProblem;
pub(crate) use authorise::{Attempt, Authoriser};
#[cfg(feature = "sandbox")]
pub(crate) use jws::{SigningKey, sha256_base64url};
pub use login::LoginPrompt;
#[cfg(feature = "sandbox")]
pub(crate) use oauth2::basic;
pub use store::{FileTokenStore, MemoryTokenStore, StoreLock, StoredToken, TokenStore};
pub(crate) use tokens::Tokens;
#[cfg(feature = "cli")]
pub(crate) use tokens::settled;
pub(crate) use wire::Wire;

use std::sync::Arc;

use crate::config::Config;
use crate::contract::Auth;
use crate::error::Error;
use oauth2::OAuth2Flow;
use session::SessionFlow;
use source::Source;

/// The tokens of a configuration; `None` where the connector's auth has none, or nothing needs them and a value is missing.
pub(crate) fn tokens(
    auth: &'static Auth,
    config: &Config,
    store: Option<Arc<dyn TokenStore>>,
    mut wire: Wire,
) -> Result<Option<Tokens>, Error> {
    if config.lacks_credential() {
        return Ok(None);
    }
    let (source, placement, renewal) = match auth {
        Auth::OAuth2(oauth2) => {
            let flow = OAuth2Flow::new(oauth2, config, &mut wire.redactor)?;
            (Source::OAuth2(Box::new(flow)), &oauth2.placement, &oauth2.renewal)
        }
        Auth::Session(session) => (
            Source::Session(Box::new(SessionFlow::new(session, config)?)),
            &session.placement,
            &session.renewal,
        ),
        // What is fixed or made for each request.
        _ => return Ok(None),
    };
    let store = store.unwrap_or_else(|| match config.token_store() {
        Some(path) => Arc::new(FileTokenStore::new(path)),
        // One that a person has to get, or that is good for one use only, must outlive the process.
        None if source.wants_file() => {
            Arc::new(FileTokenStore::new(format!("{}.tokens.json", config.contract().name)))
        }
        None => Arc::new(MemoryTokenStore::default()),
    });
    Ok(Some(Tokens::new(source, placement, renewal, store, wire)))
}
