//! The base URLs that requests go to: that of the connector's server, and those of the other servers that its manifest allows.

use std::sync::{PoisonError, RwLock};

use url::Url;

use crate::config::Config;
use crate::contract::{Auth, Base, Contract, Operation};
use crate::error::Error;

/// The base URLs of one configuration.
#[derive(Debug)]
pub(super) struct Bases {
    contract: &'static Contract,
    server: Url,
    /// What stands before a path of the same origin: what a configured base URL has and the contract's own has not.
    prefix: String,
    /// `None` where the configuration replaces the server and not this one, so that nothing says where it is.
    others: Vec<Option<Url>>,
    /// Where the API is by the token in use; `None` where tokens do not say, or the configuration says something else.
    by_token: Option<RwLock<Url>>,
}

impl Bases {
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        let contract = config.contract();
        let server = config.base_url()?;
        let path = server.path().trim_end_matches('/');
        let prefix = path.strip_suffix(&config.own_path()).unwrap_or(path).to_owned();
        let others = (0..contract.server.others.len()).map(|index| config.other_base_url(index));
        let others = others.collect::<Result<_, _>>()?;
        let told = match config.auth() {
            Auth::OAuth2(oauth2) => oauth2.response.base_url.is_some() && !config.replaces_server(),
            _ => false,
        };
        let by_token = told.then(|| RwLock::new(server.clone()));
        Ok(Self { contract, server, prefix, others, by_token })
    }

    /// Whether a token has to be there before it is known where the API is.
    pub(super) fn follow_token(&self) -> bool {
        self.by_token.is_some()
    }

    /// Takes the origin that a token names, with what stands before its paths.
    pub(super) fn follow(&self, base: &Url) {
        let Some(by_token) = &self.by_token else { return };
        let mut url = base.clone();
        let own = self.server.path().trim_end_matches('/');
        url.set_path(&format!("{}{own}", base.path().trim_end_matches('/')));
        *by_token.write().unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// That of the connector's server, by the token in use where tokens say it.
    fn current(&self) -> Url {
        match &self.by_token {
            Some(url) => url.read().unwrap_or_else(PoisonError::into_inner).clone(),
            None => self.server.clone(),
        }
    }

    /// That of the connector's server.
    pub(super) fn server(&self) -> &Url {
        &self.server
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Url> {
        std::iter::once(&self.server).chain(self.others.iter().flatten())
    }

    /// The place of an operation's server among [`Bases::all`].
    pub(super) fn place(&self, operation: &Operation) -> usize {
        match operation.base {
            Base::Server | Base::Path(_) => 0,
            Base::Other(index) => 1 + self.others.iter().take(index).flatten().count(),
        }
    }

    /// That of an operation.
    pub(super) fn of(&self, operation: &'static Operation, config: &Config) -> Result<Url, Error> {
        match operation.base {
            Base::Server => Ok(self.current()),
            Base::Path(path) => {
                let mut url = self.current();
                url.set_path(&format!("{}{path}", self.prefix));
                Ok(url)
            }
            Base::Other(index) => {
                let known = self.others.get(index).cloned().flatten();
                known.ok_or_else(|| config.other_is_missing(index))
            }
        }
    }

    /// Whether the credential may go to the operation's server.
    pub(super) fn takes_credential(&self, operation: &Operation) -> bool {
        match operation.base {
            Base::Server | Base::Path(_) => true,
            Base::Other(index) => {
                self.contract.server.others.get(index).is_some_and(|other| other.credential)
            }
        }
    }
}
