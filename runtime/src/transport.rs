//! The wire. A [`Transport`] sends one request once: no redirects, no retries, no credentials of its own. Everything that decides is in
//! `client`.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::error::Sent;
pub use crate::error::transport::{TransportError, TransportErrorKind};
use crate::upload::RequestBody;

/// One request, ready to be sent.
#[derive(Clone)]
pub struct HttpRequest {
    /// Method.
    pub method: Method,
    /// Absolute URL; its query may hold a credential.
    pub url: Url,
    /// Headers; those that hold a credential are marked sensitive.
    pub headers: HeaderMap,
    /// Body; empty for none. One that is not [`RequestBody::whole`] is read while it is sent; its [`RequestBody::length`] is among the headers
    /// already.
    pub body: RequestBody,
}

impl fmt::Debug for HttpRequest {
    /// Leaves out the query, the body and the headers' values, which may hold secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("origin", &self.url.origin().ascii_serialization())
            .field("path", &self.url.path())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body)
            .finish()
    }
}

/// The head of an answer, and its body to be read.
pub struct HttpResponse {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Box<dyn ResponseBody>,
}

/// A body that comes in pieces.
pub trait ResponseBody: Send {
    /// The next piece; `None` at the end.
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>>;
}

/// Sends one request once.
pub trait Transport: Send + Sync {
    /// Sends it and waits for the head of the answer.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>>;
}

/// Longest times of one attempt. The waits between attempts are apart: [`RetryPolicy`](crate::RetryPolicy).
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To connect, TLS included. Default 10 s.
    pub connect: Duration,
    /// From the start of an attempt to the head of the answer. Default 30 s.
    pub attempt: Duration,
    /// Between two pieces of a body. Default 20 s. A body that brings less than a byte a second for 20 s is stalled as well.
    pub stall: Duration,
    /// For a body that is read whole, however steadily it drips. Default 5 min.
    pub body: Duration,
    /// Between two pieces of a body that is a sequence of items: a server may have nothing to tell for a while. Default 5 min.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(10),
            attempt: seconds(30),
            stall: seconds(20),
            body: seconds(300),
            idle: seconds(300),
        }
    }
}

/// How the machine reaches the network.
#[derive(Clone, Debug)]
pub struct TransportOptions {
    /// Longest time for a connection with its TLS handshake. Default 10 s.
    pub connect_timeout: Duration,
    /// A proxy for all requests; the environment's proxy variables are not read. Default none.
    pub proxy: Option<Url>,
    /// Whether plain `http` is allowed; the client asks for it only where the base URL is on the loopback interface.
    pub allow_plain: bool,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(10), proxy: None, allow_plain: false }
    }
}

/// HTTP/1.1 and HTTP/2 over rustls.
#[derive(Clone, Debug)]
pub struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    /// A pool of connections.
    ///
    /// # Errors
    /// The machine has no usable TLS roots, or the proxy's URL does not fit.
    pub fn new(options: &TransportOptions) -> Result<Self, TransportError> {
        // Fails when the program chose a provider before, and then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // reqwest would otherwise send again by itself, which the attempt loop would not know.
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .https_only(!options.allow_plain)
            .connect_timeout(options.connect_timeout);
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(failure)?);
        }
        builder.build().map(Self).map_err(failure)
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let body = match request.body.whole() {
                Some(bytes) => reqwest::Body::from(bytes),
                None => reqwest::Body::wrap_stream(request.body.stream()),
            };
            let response = self
                .0
                .request(request.method, request.url)
                .headers(request.headers)
                .body(body)
                .send()
                .await
                .map_err(failure)?;
            Ok(HttpResponse {
                status: response.status(),
                headers: response.headers().clone(),
                body: Box::new(ReqwestBody(response)),
            })
        })
    }
}

struct ReqwestBody(reqwest::Response);

impl ResponseBody for ReqwestBody {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async move { self.0.chunk().await.map_err(failure) })
    }
}

/// reqwest's own text holds the URL with its query, so only the causes below it are told.
fn failure(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let kind = if error.is_connect() || error.is_builder() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else {
        TransportErrorKind::Reset
    };
    let mut causes = Vec::new();
    let mut was_refused = false;
    let mut source = error.source();
    while let Some(cause) = source {
        was_refused |= cause.downcast_ref::<h2::Error>().is_some_and(is_unprocessed);
        let text = cause.to_string();
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        source = cause.source();
    }
    let cause = if causes.is_empty() { error.to_string() } else { causes.join(": ") };
    let told = TransportError::new(kind, cause);
    if was_refused { TransportError { sent: Sent::No, ..told } } else { told }
}

/// Whether the server says that it did not look at the request: it refused the stream, or went away in good order, which names the last
/// stream that it takes and ends this one as a later one (RFC 9113, 6.8 and 8.7).
fn is_unprocessed(error: &h2::Error) -> bool {
    error.is_remote()
        && match error.reason() {
            Some(h2::Reason::REFUSED_STREAM) => error.is_reset(),
            Some(h2::Reason::NO_ERROR) => error.is_go_away(),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a client sees of a server that ends the first request in this way.
    async fn seen(end: impl FnOnce(&mut h2::server::SendResponse<Bytes>) + Send + 'static) -> h2::Error {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(async move {
            let mut server = h2::server::handshake(far).await.unwrap();
            let (_, mut answer) = server.accept().await.unwrap().unwrap();
            end(&mut answer);
            while server.accept().await.is_some() {}
        });
        let (mut client, connection) = h2::client::handshake(near).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::builder().uri("https://api.example.com/").body(()).unwrap();
        let (response, _) = client.send_request(request, true).unwrap();
        response.await.unwrap_err()
    }

    #[tokio::test]
    async fn a_refused_stream_was_never_looked_at() {
        for (reason, expected) in [
            (h2::Reason::REFUSED_STREAM, true),
            (h2::Reason::INTERNAL_ERROR, false),
            (h2::Reason::CANCEL, false),
            (h2::Reason::NO_ERROR, false),
        ] {
            let error = seen(move |answer| answer.send_reset(reason)).await;
            assert_eq!(is_unprocessed(&error), expected, "{reason:?}: {error:?}");
        }
        assert!(
            !is_unprocessed(&h2::Error::from(h2::Reason::REFUSED_STREAM)),
            "only the server's word counts"
        );
    }
}
