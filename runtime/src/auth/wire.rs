//! How an authorisation server is asked: one request, no redirects, and a body that is no longer than it has to be.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use http::{HeaderMap, StatusCode};
use tracing::Instrument as _;
use url::Url;

use super::source::Failed;

use crate::clock::Clock;
use crate::observe::{self, Counters, TokenEvent, TokenPurpose, Watch};
use crate::random::Random;
use crate::redact::Redactor;
use crate::retry::{Outcome, RetryPolicy};
use crate::transport::{HttpRequest, Timeouts, Transport, TransportError, TransportErrorKind};

/// Longest answer of an authorisation server, in bytes. Tokens of a few KiB are usual.
const LONGEST: usize = 256 * 1024;

/// What is needed to ask.
pub(crate) struct Wire {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) redactor: Redactor,
    pub(crate) counters: Arc<Counters>,
    pub(crate) observer: Arc<Watch>,
    /// Headers of every request: who asks.
    pub(crate) agent: HeaderMap,
}

/// An answer, whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Wire {
    /// Sends a request once, reads the answer whole and judges it; tells those who watch what it came to.
    pub(super) async fn send<T>(
        &self,
        purpose: TokenPurpose,
        request: HttpRequest,
        judge: impl FnOnce(Answer) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let span = observe::token(purpose);
        let begun = self.clock.elapsed();
        let url = request.url.clone();
        let answer = self.exchange(request).instrument(span.clone()).await;
        let status = answer.as_ref().ok().map(|answer| answer.status);
        let result = match answer {
            Ok(answer) => judge(answer),
            Err(error) => Err(Failed::transport(&url, &error)),
        };
        let failed = result.as_ref().err();
        span.in_scope(|| {
            self.observer.token(&TokenEvent {
                purpose,
                outcome: failed.map_or(Outcome::Ok, |failed| failed.outcome),
                status,
                duration: self.clock.elapsed().saturating_sub(begun),
                error: failed.map(|failed| &*failed.problem as &dyn std::error::Error),
            });
        });
        result
    }

    async fn exchange(&self, mut request: HttpRequest) -> Result<Answer, TransportError> {
        for (name, value) in &self.agent {
            request.headers.entry(name).or_insert_with(|| value.clone());
        }
        self.counters.token_request();
        let response = self.within(self.timeouts.attempt, self.transport.send(request)).await?;
        let mut body = response.body;
        let mut whole = BytesMut::new();
        while let Some(piece) = self.within(self.timeouts.stall, body.chunk()).await.map_err(after)? {
            if whole.len() + piece.len() > LONGEST {
                let cause = format!("its answer is longer than {LONGEST} bytes");
                return Err(TransportError::new(TransportErrorKind::Reset, cause));
            }
            whole.extend_from_slice(&piece);
        }
        let announced =
            response.headers.get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|length| whole.len() < length) {
            return Err(TransportError::new(TransportErrorKind::Reset, "the answer ended too early"));
        }
        Ok(Answer { status: response.status, headers: response.headers, body: whole.freeze() })
    }

    async fn within<T>(
        &self,
        limit: Duration,
        work: futures_core::future::BoxFuture<'_, Result<T, TransportError>>,
    ) -> Result<T, TransportError> {
        match select(work, self.clock.timer(limit)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => {
                let cause = format!("none within {} s", limit.as_secs_f64());
                Err(TransportError::new(TransportErrorKind::Timeout, cause))
            }
        }
    }
}

/// The head of the answer came, so the request was sent, whatever the transport says of the rest.
fn after(error: TransportError) -> TransportError {
    TransportError { sent: crate::Sent::Yes, ..error }
}

/// A URL as a message may show it: without its query.
pub(super) fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}
