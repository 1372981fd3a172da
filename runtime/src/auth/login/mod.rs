//! Logins: what only a person can allow, by a browser on this machine (RFC 8252) or on another device (RFC 8628).

mod browser;
mod device;

use futures_core::future::BoxFuture;
use url::Url;

use super::source::Source;
use crate::contract::Grant;
use crate::error::Error;
use crate::{AuthProblem, Client};

/// Tells a person what to do. `NAME login` prints it.
pub trait LoginPrompt: Send + Sync {
    /// To open this URL in a browser and to consent there.
    fn open(&self, url: &Url);

    /// To open this URL on any device and to enter the code there. `complete` is a URL that has the code in it already.
    fn enter(&self, code: &str, url: &Url, complete: Option<&Url>);

    /// Where the browser was sent after the consent, if that is told by hand: for a browser on a machine that cannot reach this one. Never ready
    /// unless it is written.
    fn redirected(&self) -> BoxFuture<'_, String> {
        Box::pin(std::future::pending())
    }
}

impl Client {
    /// Gets a token and keeps it in the token store: with the help of a person where the grant needs one, else by asking for it.
    ///
    /// # Errors
    /// [`AuthProblem`]: the login was refused or not finished, or the token cannot be stored. Where the connector has no tokens,
    /// [`AuthProblem::Login`] says so.
    pub async fn login(&self, prompt: &dyn LoginPrompt) -> Result<(), Error> {
        let Some(tokens) = &self.0.tokens else {
            return Err(AuthProblem::Login(
                "this connector has no login; its credential is configured".to_owned(),
            )
            .into());
        };
        let granted = match tokens.source() {
            Source::OAuth2(flow) => match &flow.contract.grant {
                Grant::AuthorizationCode { .. } => browser::login(flow, tokens.wire(), prompt).await?,
                Grant::DeviceCode { device_authorization_url } => {
                    device::login(flow, tokens.wire(), device_authorization_url, prompt).await?
                }
                _ => return tokens.current().await.map(|_| ()),
            },
            Source::Session(_) => return tokens.current().await.map(|_| ()),
        };
        tokens.accept(granted).await
    }

    /// Forgets the token, and ends it or the session at the server where the contract says how. Gives whether there was one.
    ///
    /// # Errors
    /// [`AuthProblem::Store`]: the token store cannot be read or written. [`AuthProblem::NotRevoked`]: the server did not end the token, which
    /// is forgotten all the same where it refused, and kept where it could not be reached.
    pub async fn logout(&self) -> Result<bool, Error> {
        match &self.0.tokens {
            Some(tokens) => tokens.end().await,
            None => Ok(false),
        }
    }

    /// Ends a session that this process alone knows, so that the server need not keep it. What fails here ends by itself.
    #[cfg(feature = "cli")]
    pub(crate) async fn leave(&self) {
        if let Some(tokens) = self.0.tokens.as_ref().filter(|tokens| tokens.is_own_session()) {
            let _ = tokens.end().await;
        }
    }
}
