use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::contract::Operation;
use crate::error::{Error, ErrorKind, Sent};
use crate::redact::Redactor;
use crate::wire::Object;

/// An answer of status 2xx. Its body is what came, read whole, or what that was decoded to.
#[derive(Clone)]
pub struct Response<T = Bytes> {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: T,
    /// How many attempts it took.
    pub attempts: u32,
    /// Where it came from, against which relative URLs in it are resolved.
    pub(crate) url: Url,
    pub(crate) operation: &'static Operation,
    /// Whether the error map takes it for nothing at all.
    pub(crate) is_ignored: bool,
}

impl<T> Response<T> {
    /// The headers that the document declares, as the struct that the method's documentation names.
    ///
    /// # Errors
    /// A required header is missing, or one cannot be decoded. The answer itself is as good as before.
    pub fn declared_headers<H: Object + DeserializeOwned>(&self) -> Result<H, Error> {
        crate::headers::read(&self.headers).map_err(|error| {
            let (place, excerpt) = ("the headers".to_owned(), String::new());
            self.locate(Error::new(ErrorKind::Decode { place, cause: error.to_string(), excerpt }))
        })
    }

    /// The same answer without its body.
    pub(crate) fn head(&self) -> Response<()> {
        let Self { status, headers, attempts, url, operation, is_ignored, .. } = self;
        let (headers, url, is_ignored) = (headers.clone(), url.clone(), *is_ignored);
        Response { status: *status, headers, body: (), attempts: *attempts, url, operation, is_ignored }
    }

    /// The same answer with another body.
    pub(crate) fn with<U>(self, body: U) -> Response<U> {
        let Self { status, headers, attempts, url, operation, is_ignored, .. } = self;
        Response { status, headers, body, attempts, url, operation, is_ignored }
    }

    /// The same answer with what its body intos.
    pub(crate) fn map<U>(self, into: impl FnOnce(T) -> U) -> Response<U> {
        let Self { status, headers, body, attempts, url, operation, is_ignored } = self;
        Response { status, headers, body: into(body), attempts, url, operation, is_ignored }
    }

    /// An error in what was answered.
    pub(crate) fn locate(&self, error: Error) -> Error {
        error.of(self.operation.id).after(Sent::Yes, self.attempts)
    }
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
            let excerpt = redactor.excerpt(&self.body);
            return Err(ErrorKind::ContentType { expected: "JSON", found, excerpt }.into());
        }
        Ok(())
    }
}

impl<T> fmt::Debug for Response<T> {
    /// Leaves out the body and the headers' values, which may hold secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
