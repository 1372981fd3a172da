use std::sync::{Arc, PoisonError, RwLock};

use super::Trace;
use crate::Client;

/// Hides the secrets of the clients that it was shown, those that come at run time included. The last line of defence: what a client tells
/// has been redacted before. Clones share what they know.
#[derive(Clone, Debug, Default)]
pub struct Shield(Arc<RwLock<Vec<Client>>>);

impl Shield {
    /// Hides what this client must not show.
    pub fn hide(&self, client: &Client) {
        let client = client.within(Trace::default());
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(client);
    }

    /// The text without secrets.
    pub fn scrub(&self, text: &str) -> String {
        let clients = self.0.read().unwrap_or_else(PoisonError::into_inner);
        clients.iter().fold(text.to_owned(), |text, client| client.0.redactor.scrub(&text))
    }
}
