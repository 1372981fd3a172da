//! Requests that outlive the process: kept before they are sent, forgotten when it is known what became of them.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::contract::Operation;
use crate::error::{Error, ErrorKind};
use crate::outbox::{Kept, Outbox, OutboxError};
use crate::request::{Built, Request};

use super::{Client, Inner, Reading, Response};

impl Client {
    /// Sends the requests again that the outbox still keeps, oldest first, each with the key that it had: those of a process that ended too
    /// early, and those that failed without an answer that says what became of them. Call it when a program starts, before it writes anything
    /// else, and in one process at a time. A program that has made such a request anew, with another key, has to forget the kept one first
    /// ([`Outbox::forget`](crate::outbox::Outbox::forget)).
    ///
    /// What is older than `newest` is not sent, since servers forget keys (Stripe after 24 hours): its error says so, and it stays.
    ///
    /// # Errors
    /// The outbox cannot be read, or the client has none.
    pub async fn resend(&self, newest: Duration) -> Result<Vec<(Kept, Result<Response, Error>)>, Error> {
        let mut all = Vec::new();
        for (number, kept) in self.outbox()?.kept()? {
            let result = self.resend_one(number, &kept, newest).await;
            all.push((kept, result));
        }
        Ok(all)
    }

    /// Sends one request of the outbox again, by its number, as [`Client::resend`] does with all of them. It is forgotten where it is known
    /// then what became of it.
    ///
    /// # Errors
    /// It is older than `newest`, the connector has no such operation any more, or the call failed.
    pub async fn resend_one(&self, number: i64, kept: &Kept, newest: Duration) -> Result<Response, Error> {
        let inner = &*self.0;
        self.outbox()?;
        let age = Duration::try_from(inner.clock.now().duration_since(kept.at)).unwrap_or_default();
        let operation = inner
            .contract
            .operation(&kept.operation)
            .ok_or_else(|| Error::new(OutboxError::UnknownOperation(kept.operation.clone())))?;
        if age > newest {
            return Err(Error::new(OutboxError::TooOld(age)).of(operation.id));
        }
        // What cannot be read any more stays for a person to look at.
        let mut built = inner.rebuild(operation, kept).map_err(|error| error.of(operation.id))?;
        let mut unknown = true;
        let result = self.attempts(&Request::new(operation), &mut built, Reading::Whole, &mut unknown).await;
        inner.settle(Some(number), unknown);
        result.map(|answer| answer.response)
    }

    fn outbox(&self) -> Result<&Arc<dyn Outbox>, Error> {
        let none = || Error::new(ErrorKind::Request("the client has no outbox".to_owned()));
        self.0.outbox.as_ref().ok_or_else(none)
    }
}

impl Inner {
    /// Keeps a request that has an idempotency key, where there is an outbox.
    pub(super) fn keep(&self, operation: &'static Operation, built: &Built) -> Result<Option<i64>, Error> {
        let (Some(outbox), Some(_)) = (&self.outbox, operation.idempotency_key) else { return Ok(None) };
        let body = built.body.whole().ok_or(OutboxError::NotWhole)?;
        let headers = built.headers.iter().filter(|(_, value)| !value.is_sensitive());
        let headers =
            headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        let target = built.url.query().map_or_else(String::new, |query| format!("?{query}"));
        let kept = Kept {
            operation: operation.id.to_owned(),
            target: format!("{}{target}", built.url.path()),
            headers: headers.collect(),
            body,
            at: self.clock.now(),
        };
        Ok(Some(outbox.keep(&kept)?))
    }

    /// The request as it was kept, at the server where its operation is now.
    fn rebuild(&self, operation: &'static Operation, kept: &Kept) -> Result<Built, Error> {
        let base = self.bases.of(operation, &self.config)?;
        let wrong = |what: &str| ErrorKind::Request(format!("the outbox holds {what} that cannot be read"));
        let mut url = base.clone();
        let (path, query) = kept
            .target
            .split_once('?')
            .map_or((kept.target.as_str(), None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        let mut headers = self.headers.clone();
        for (name, value) in &kept.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("a header's name"))?;
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| wrong("a header's value"))?);
        }
        Ok(Built { url, base, origins: &[], headers, body: kept.body.clone().into(), trace: None })
    }

    /// Forgets a request once it is known what became of it.
    pub(super) fn settle(&self, kept: Option<i64>, unknown: bool) {
        if let (Some(outbox), Some(number), false) = (&self.outbox, kept, unknown) {
            // What the call came to is worth more than a failure to forget it: it may be asked for once more, which its key makes harmless.
            let _ = outbox.forget(number);
        }
    }
}
