use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use url::Url;

use crate::contract::Operation;
use crate::error::{Error, ErrorKind, Sent};
use crate::redact::Redactor;

/// An answer of status 2xx, read whole.
#[derive(Clone)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// How many attempts it took.
    pub attempts: u32,
    /// Where it came from, against which relative URLs in it are resolved.
    pub(crate) url: Url,
}

impl Response {
    /// Whether there is JSON to decode. HTML is what a login page or a proxy answers with 200.
    pub(crate) fn require_json(&self, redactor: &Redactor) -> Result<(), Error> {
        let text = self.body.trim_ascii_start();
        if text.is_empty() {
            return Err(Error::new(ErrorKind::EmptyBody { status: self.status }));
        }
        let declared = self.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let declared = declared.unwrap_or_default().to_ascii_lowercase();
        let html = declared.contains("html") || (text.starts_with(b"<") && !declared.contains("json"));
        if html || text.starts_with(b"<") {
            let found = if declared.is_empty() { "markup".to_owned() } else { declared };
            return Err(ErrorKind::ContentType { found, excerpt: redactor.excerpt(&self.body) }.into());
        }
        Ok(())
    }

    /// An error in what was answered.
    pub(crate) fn locate(&self, error: Error, operation: &'static Operation) -> Error {
        error.of(operation.id).after(Sent::Yes, self.attempts)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
