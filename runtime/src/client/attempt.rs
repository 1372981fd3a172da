//! One attempt: sent, answered, and told what the answer means.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::auth::Attempt;
use crate::contract::{Action, ErrorRule, Media, Operation, Security};
use crate::error::{Error, ErrorKind};
use crate::limits::Permit;
use crate::observe;
use crate::origin;
use crate::request::{Built, Request};
use crate::retry::{self, Outcome};
use crate::transport::{HttpRequest, HttpResponse, TransportError, TransportErrorKind};

use super::body::Body;
use super::{Answer, Failure, Inner, REDIRECTS, Reading, Response, body, elsewhere};

impl Inner {
    /// One attempt: redirects are part of it, each checked and each counted by the limits. `token` becomes the generation of the token that it
    /// was sent with.
    pub(super) async fn attempt(
        &self,
        call: &Request,
        built: &Built,
        started: Duration,
        reading: Reading,
        mut permit: Permit,
        token: &mut Option<u64>,
    ) -> Result<Answer, Failure> {
        let operation = call.operation();
        let method = Method::from_bytes(operation.method.as_str().as_bytes()).unwrap_or(Method::GET);
        let followed = method == Method::GET || method == Method::HEAD;
        let mut url = built.url.clone();
        for _ in 0..=REDIRECTS {
            let mut request = HttpRequest {
                method: method.clone(),
                url: url.clone(),
                headers: built.headers.clone(),
                body: built.body.clone(),
            };
            if let Some(length) = built.body.whole().is_none().then(|| built.body.length()).flatten() {
                request.headers.insert(http::header::CONTENT_LENGTH, length.into());
            }
            // Before the credential, which may sign it.
            if let (Some(name), Some(trace)) = (&self.correlation, built.trace)
                && !request.headers.contains_key(name)
                && let Some(value) = observe::header(name.as_str(), trace, &self.observer)
            {
                request.headers.insert(name.clone(), value);
            }
            let trusted = url.origin() == built.base.origin() && self.bases.takes_credential(operation);
            if url.origin() != built.base.origin() {
                elsewhere::strip(&mut request.headers);
            }
            *token = None;
            if operation.security != Security::None && trusted {
                let attempt = Attempt { operation, now: self.clock.now(), random: &*self.random };
                self.authoriser
                    .apply(&mut request, &attempt)
                    .map_err(|problem| Failure::permanent(ErrorKind::Request(problem)))?;
                *token = self.apply_token(operation, &mut request).await?;
            }
            let response = self.exchange(request, started).await?;
            self.limiter.correct(operation, &response.headers, &*self.clock);
            let now = (self.clock.elapsed(), self.clock.now());
            self.gate.heed(self.contract, self.bases.place(operation), &response.headers, now);
            if !matches!(response.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return self.classify(operation, url, &method, response, reading, permit).await;
            }
            let status = response.status;
            let target = response.headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok());
            let refused =
                |problem| Err(Failure::permanent(ErrorKind::Redirect { status, problem }).answered());
            let Some(target) = target else { return refused("to nowhere") };
            if !followed {
                return refused("a request that changes data, which is not sent elsewhere");
            }
            url = origin::resolve_among(&built.base, built.origins, &url, target, "a redirect")
                .map_err(|kind| Failure::permanent(kind).answered())?;
            drop(std::mem::take(&mut permit));
            let limited = self.take(call, started).await;
            permit = limited.map_err(|error| Failure::of(error).answered())?;
        }
        let status = StatusCode::LOOP_DETECTED;
        Err(Failure::permanent(ErrorKind::Redirect { status, problem: "too many times" }).answered())
    }

    /// Sends one request and waits for the head of the answer. The wait begins anew while the body is being taken.
    async fn exchange(&self, request: HttpRequest, started: Duration) -> Result<HttpResponse, Failure> {
        self.counters.request();
        let body = request.body.clone();
        let mut sending = self.transport.send(request);
        let mut taken = body.taken();
        loop {
            let spent = self.clock.elapsed().saturating_sub(started);
            let limit = self.timeouts.attempt.min(self.retry.budget.saturating_sub(spent));
            match select(sending, self.clock.timer(limit)).await {
                Either::Left((result, _)) => {
                    return result.map_err(|error| match body.failure() {
                        Some(cause) => Failure::source(cause),
                        None => Failure::transport(error),
                    });
                }
                Either::Right(((), rest))
                    if body.taken() > taken
                        && !body::drips(body.taken() - taken, limit)
                        && !limit.is_zero() =>
                {
                    taken = body.taken();
                    sending = rest;
                }
                Either::Right(((), _)) => {
                    let cause = format!("none within {} s", limit.as_secs_f64());
                    return Err(Failure::transport(TransportError::new(TransportErrorKind::Timeout, cause)));
                }
            }
        }
    }

    /// Reads the body, and says what the answer means: the error map first, then the status.
    async fn classify(
        &self,
        operation: &'static Operation,
        url: Url,
        method: &Method,
        answer: HttpResponse,
        reading: Reading,
        permit: Permit,
    ) -> Result<Answer, Failure> {
        let HttpResponse { status, headers, body } = answer;
        let rule_for = |headers: &HeaderMap, body: Option<&[u8]>| {
            retry::rules::find(self.contract, operation, status, headers, body)
        };
        let outcome = retry::classify(status, retry::shows_limit(self.contract, &headers));
        if outcome == Outcome::Ok {
            let opened = Body::new(body, (method, status, &headers), &self.caps, permit);
            let opened = opened.map_err(|kind| Failure::permanent(kind).answered())?;
            let response = |headers, body, is_ignored| Response {
                status,
                headers,
                body,
                attempts: 0,
                url,
                operation,
                is_ignored,
            };
            if reading == Reading::Head {
                return match rule_for(&headers, None) {
                    Some(rule) if rule.action != Action::Ignore => {
                        Err(self.judged(rule, status, headers, Bytes::new()))
                    }
                    rule => Ok(Answer {
                        response: response(headers, Bytes::new(), rule.is_some()),
                        rest: Some(opened),
                    }),
                };
            }
            let may_be_empty =
                operation.response(status.as_u16()).is_none_or(|one| one.media == Media::Empty);
            let body = self.read(opened.capped(self.caps.body).or_nothing(may_be_empty)).await?;
            self.counters.bytes(body.len());
            let body = body::without_mark(operation, status, body);
            if body::ends_early(operation, status, &body) {
                let got = body.len() as u64;
                let error = Error::new(ErrorKind::Truncated { expected: None, got });
                return Err(Failure { outcome: Outcome::Ambiguous, hint: None, error }.answered());
            }
            return match rule_for(&headers, Some(&body)) {
                None => Ok(Answer { response: response(headers, body, false), rest: None }),
                Some(rule) if rule.action == Action::Ignore => {
                    Ok(Answer { response: response(headers, Bytes::new(), true), rest: None })
                }
                Some(rule) => Err(self.judged(rule, status, headers, body)),
            };
        }
        // Why the server refused is worth reading, but not worth another failure.
        let body = match Body::new(body, (method, status, &headers), &self.caps, permit) {
            Ok(body) => self.read(body.capped(self.caps.error)).await.unwrap_or_default(),
            Err(_) => Bytes::new(),
        };
        let body = body::without_mark(operation, status, body);
        if let Some(rule) = rule_for(&headers, Some(&body)) {
            if rule.action != Action::Ignore {
                return Err(self.judged(rule, status, headers, body));
            }
            let response = Response {
                status,
                headers,
                body: Bytes::new(),
                attempts: 0,
                url,
                operation,
                is_ignored: true,
            };
            return Ok(Answer { response, rest: None });
        }
        let refused = self.tokens.as_ref().is_some_and(|tokens| tokens.is_refusal(status));
        let outcome = if refused && outcome == Outcome::Permanent { Outcome::Refresh } else { outcome };
        let excerpt = self.redactor.excerpt(&body);
        let hint = match outcome {
            Outcome::Rejected | Outcome::Ambiguous => {
                retry::hint(self.contract, &headers, outcome, self.clock.now())
            }
            _ => None,
        };
        let refused = matches!(status.as_u16(), 401 | 403) && outcome != Outcome::Rejected;
        let kind = if refused && operation.security != Security::None {
            ErrorKind::Unauthorised { status, keys: self.credential_keys.clone(), excerpt }
        } else {
            ErrorKind::Status { status, excerpt }
        };
        Err(Failure { outcome, hint, error: Error::new(kind).with_answer(headers, body) }.answered())
    }

    /// What a rule of the error map makes of an answer.
    fn judged(
        &self,
        rule: &'static ErrorRule,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    ) -> Failure {
        let outcome = match rule.action {
            Action::Retry => Outcome::Ambiguous,
            Action::Rejected => Outcome::Rejected,
            Action::Refresh => Outcome::Refresh,
            Action::Ignore | Action::SkipPartition | Action::Fail { .. } => Outcome::Permanent,
        };
        let hint = match outcome {
            Outcome::Rejected | Outcome::Ambiguous => {
                retry::hint(self.contract, &headers, outcome, self.clock.now())
            }
            _ => None,
        };
        let kind = ErrorKind::Rule { rule, status, excerpt: self.redactor.excerpt(&body) };
        Failure { outcome, hint, error: Error::new(kind).with_answer(headers, body) }.answered()
    }
}
