//! The last step: what came becomes a value.

use http::HeaderValue;
use serde::de::DeserializeOwned;

use crate::by_status;
use crate::contract::{Media, Operation};
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::wire::Union;

use super::{Client, Response, body};

impl Client {
    /// Sends a request and decodes the answer. Where the document declares an answer without a body, such as 204, beside one with JSON, the
    /// former is what null decodes to, so `T` is an `Option`.
    ///
    /// # Errors
    /// Any [`ErrorKind`] but those of paging.
    pub async fn call<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        self.json(request).await.map(|response| response.body)
    }

    /// Sends a request whose answer holds nothing of interest.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn call_empty(&self, request: Request) -> Result<(), Error> {
        self.send(request).await.map(|_| ())
    }

    /// An answer of JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<Response<T>, Error> {
        let response = self.send(request).await?;
        let value = if response.body.trim_ascii().is_empty() && response.is_legally_empty() {
            serde_json::from_slice(b"null")
                .map_err(|_| response.locate(Error::new(ErrorKind::EmptyBody { status: response.status })))
        } else {
            response.require_json(&self.0.redactor).map_err(|error| response.locate(error))?;
            serde_json::from_slice(&response.body).map_err(|error| self.decode_error(&response, &error))
        };
        Ok(response.with(value?))
    }

    /// An answer that its status decides.
    pub(crate) async fn by_status<T: Union>(&self, request: Request) -> Result<Response<T>, Error> {
        let response = self.send(request).await?;
        let declared = response.operation.response(response.status.as_u16());
        if declared.is_some_and(|declared| declared.media == Media::Json) {
            response.require_json(&self.0.redactor).map_err(|error| response.locate(error))?;
        }
        let value = by_status::read(response.status, &response.body)
            .map_err(|error| self.decode_error(&response, &error))?;
        Ok(response.with(value))
    }

    /// An answer of text. Bytes that are no UTF-8 become U+FFFD.
    pub(crate) async fn text(&self, request: Request) -> Result<Response<String>, Error> {
        let response = self.send(request).await?;
        let text = String::from_utf8_lossy(&response.body).into_owned();
        Ok(response.with(text))
    }

    fn decode_error(&self, response: &Response, error: &serde_json::Error) -> Error {
        let kind = body::decode_error(&self.0.redactor, String::new(), &response.body, error);
        response.locate(Error::new(kind))
    }
}

impl Response {
    /// Whether the document declares that an answer of this status has no body, or HTTP does (RFC 9110, 15.3.5 and 15.3.6).
    fn is_legally_empty(&self) -> bool {
        let status = self.status.as_u16();
        let declared = self.operation.response(status);
        self.is_ignored
            || matches!(status, 204 | 205)
            || declared.is_some_and(|declared| declared.media == Media::Empty)
    }
}

/// The media types that an operation's success may have, for `Accept`. A sequence that is offered beside another body is not asked for,
/// unless it is what the caller wants.
pub(super) fn accept(operation: &Operation) -> Option<HeaderValue> {
    let mut offered: Vec<&str> = Vec::new();
    let single = operation.successes().any(|one| !one.media.is_sequence() && one.media != Media::Empty);
    for response in operation.successes() {
        let is_one = response.media_type.contains('/') && !(single && response.media.is_sequence());
        if is_one && !offered.contains(&response.media_type) {
            offered.push(response.media_type);
        }
    }
    if offered.is_empty() {
        offered.push("application/json");
    }
    HeaderValue::from_str(&offered.join(", ")).ok()
}
