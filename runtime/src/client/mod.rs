//! One request all the way through: `limit -> authorise -> send -> classify -> (wait, retry) -> decode`. Only the last step knows types.

mod attempt;
mod bases;
mod body;
mod builder;
mod decode;
mod download;
mod elsewhere;
mod pending;
mod response;

pub(crate) use body::{Body, decode_error, is_out_of_proportion};
pub use builder::{Caps, ClientBuilder, Timeouts};
pub use response::Response;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tracing::Instrument;
use url::Url;

use crate::auth::{AuthProblem, Authoriser, Tokens};
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{Contract, Operation, Security, Stream};
use crate::encoding;
use crate::error::{Error, ErrorKind, Sent};
use crate::items::ByteStream;
use crate::limits::{Limiter, Permit, Wait};
use crate::observe::{
    self, AttemptEvent, BudgetEvent, Counters, Statistics, Trace, WaitEvent, WaitReason, Watch,
};
use crate::origin;
use crate::outbox::Outbox;
use crate::pages::{Pages, Records, TypedPages};
use crate::random::Random;
use crate::redact::Redactor;
use crate::request::{Built, Request};
use crate::retry::{Gate, Outcome, Partition, Pass, RetryPolicy};
use crate::slices::StreamPages;
use crate::transport::{HttpRequest, Transport, TransportError};

use bases::Bases;

/// Redirects of one request that are followed.
const REDIRECTS: usize = 3;

/// Talks to one API with one configuration. Cheap to clone: clones share connections, budgets and counters.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>, pub(crate) Trace);

pub(crate) struct Inner {
    contract: &'static Contract,
    config: Config,
    bases: Bases,
    headers: HeaderMap,
    /// Those of them that go only where the credential goes.
    secret_headers: Vec<HeaderName>,
    authoriser: Authoriser,
    correlation: Option<HeaderName>,
    pub(crate) tokens: Option<Tokens>,
    credential_keys: Vec<&'static str>,
    pub(crate) redactor: Redactor,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    retry: RetryPolicy,
    timeouts: Timeouts,
    caps: Caps,
    limiter: Limiter,
    gate: Gate,
    /// What is shared by those who call a server with the credential, for each of the servers, by its origin.
    partitions: Vec<(String, Arc<Partition>)>,
    outbox: Option<Arc<dyn Outbox>>,
    pub(crate) observer: Watch,
    pub(crate) counters: Arc<Counters>,
}

/// An attempt that did not succeed.
struct Failure {
    outcome: Outcome,
    /// How long the server asks to wait.
    hint: Option<Duration>,
    error: Error,
}

/// How far an attempt reads the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// To the end: a body that breaks off is a failed attempt.
    Whole,
    /// The head only; the body is the caller's.
    Head,
}

/// An attempt that succeeded.
struct Answer {
    response: Response,
    /// The body, where only the head was read.
    rest: Option<Body>,
}

impl Answer {
    /// The answer with its body still to be read.
    fn open<T>(self, reader: impl FnOnce(&Response, Option<Body>) -> T) -> Response<T> {
        let body = reader(&self.response, self.rest);
        self.response.with(body)
    }
}

impl Failure {
    fn permanent(kind: impl Into<ErrorKind>) -> Self {
        Self::of(Error::new(kind))
    }

    /// What is over with this error.
    fn of(error: Error) -> Self {
        Self { outcome: Outcome::Permanent, hint: None, error }
    }

    /// The source of the body gave out while it was sent; it would do so again.
    fn source(cause: String) -> Self {
        let problem = format!("its body cannot be read to the end: {cause}");
        let error = Error::new(ErrorKind::Request(problem)).after(Sent::Maybe, 0);
        Self { outcome: Outcome::Permanent, hint: None, error }
    }

    fn transport(error: TransportError) -> Self {
        let outcome = if error.sent == Sent::No { Outcome::NotSent } else { Outcome::Ambiguous };
        let sent = error.sent;
        Self { outcome, hint: None, error: Error::new(error).after(sent, 0) }
    }
}

impl Client {
    /// A client with everything at its default.
    ///
    /// # Errors
    /// A config value is missing or does not fit.
    pub fn new(contract: &'static Contract, config: Config) -> Result<Self, Error> {
        Self::builder(contract).config(config).build()
    }

    /// A client to be set up.
    pub fn builder(contract: &'static Contract) -> ClientBuilder {
        ClientBuilder::new(contract)
    }

    /// The contract.
    pub fn contract(&self) -> &'static Contract {
        self.0.contract
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The clock, for those who wait on the client's behalf.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// What this client and its clones have done so far.
    pub fn statistics(&self) -> Statistics {
        self.0.counters.snapshot()
    }

    /// Sends a request and reads the answer. Only 2xx is an answer.
    ///
    /// # Errors
    /// Any [`ErrorKind`] but those of decoding and paging.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        self.execute(&request, None).await
    }

    /// Sends a request and reads no more than the head of the answer. The body comes piece by piece, and [`Caps::stream`] counts it. Once the
    /// head is there nothing is tried again.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn open(&self, request: Request) -> Result<Response<ByteStream>, Error> {
        self.open_at(&request, None).await
    }

    /// The pages of an operation, one after another. The page size of its contract is asked for unless the request has one.
    pub fn pages(&self, request: Request) -> Pages {
        Pages::new(self.clone(), request)
    }

    /// The pages of a stream: its records and key are those that the stream declares.
    pub fn pages_of(&self, stream: &'static Stream, request: Request) -> Pages {
        Pages::of_stream(self.clone(), stream, request)
    }

    /// The request of a stream, with the parameters that its contract sets.
    ///
    /// # Errors
    /// A config value that a parameter takes is missing.
    pub fn stream_request(&self, stream: &'static Stream) -> Result<Request, Error> {
        let mut request = Request::new(stream.operation);
        for (index, value) in stream.parameters {
            request.parameter_text(*index, &self.0.config.expand(value)?)?;
        }
        if let Some(body) = stream.body {
            let fail =
                |error: serde_json::Error| Error::request(stream.operation.id, format!("body: {error}"));
            request.body(serde_json::from_str::<&RawValue>(body).map_err(fail)?)?;
        }
        Ok(request)
    }

    /// The pages of a stream, slice after slice where it has slices. Nothing is kept of them.
    ///
    /// # Errors
    /// A config value that a parameter takes is missing, or the start of the stream's windows is no time.
    pub fn stream_pages(&self, stream: &'static Stream) -> Result<StreamPages, Error> {
        StreamPages::of(self, stream)
    }

    /// The records of all pages, decoded one by one. A record that cannot be decoded is an error item, and the next one follows it.
    pub fn records<T: DeserializeOwned>(&self, request: Request) -> Records<T> {
        Records::new(self.pages(request))
    }

    /// The pages of an operation, each decoded whole.
    pub fn typed_pages<T: DeserializeOwned>(&self, request: Request) -> TypedPages<T> {
        TypedPages::new(self.pages(request))
    }

    /// Resolves the URL of a next page against the one that named it, and checks its origin.
    pub(crate) fn next_url(
        &self,
        operation: &'static Operation,
        current: Option<&Url>,
        target: &str,
    ) -> Result<Url, Error> {
        let inner = &*self.0;
        let base = inner.bases.of(operation, &inner.config)?;
        let mut url = origin::resolve(&base, current.unwrap_or(&base), target, "the next page's URL")?;
        inner.authoriser.strip(&mut url);
        if let Some(tokens) = &inner.tokens {
            tokens.strip(&mut url);
        }
        Ok(url)
    }

    /// Sends a request and reads the answer. `url` replaces the request's own.
    pub(crate) async fn execute(&self, request: &Request, url: Option<&Url>) -> Result<Response, Error> {
        self.run(request, url, Reading::Whole).await.map(|answer| answer.response)
    }

    /// Sends a request and reads the head of the answer. `url` replaces the request's own.
    pub(crate) async fn open_at(
        &self,
        request: &Request,
        url: Option<&Url>,
    ) -> Result<Response<ByteStream>, Error> {
        let answer = self.run(request, url, Reading::Head).await?;
        let timeout = self.0.timeouts.stall;
        Ok(answer.open(|response, body| ByteStream::new(self.clone(), response, body, timeout)))
    }

    /// Where an operation is.
    pub(crate) fn base(&self, operation: &'static Operation) -> Result<Url, Error> {
        self.0.bases.of(operation, &self.0.config)
    }

    /// The caps of this client.
    pub(crate) fn caps(&self) -> Caps {
        self.0.caps
    }

    /// The same client, whose requests belong to that work.
    pub(crate) fn within(&self, trace: Trace) -> Self {
        Self(Arc::clone(&self.0), trace)
    }

    /// The same client for a walk over pages, which is work of its own unless it is part of other work.
    pub(crate) fn in_walk(self, name: &str) -> Self {
        if self.1.is_set() {
            return self;
        }
        let trace = self.1.of_stream(self.0.contract, name, &*self.0.random);
        Self(self.0, trace)
    }

    /// Builds a request, and keeps it in the outbox while it is under way.
    async fn run(&self, request: &Request, url: Option<&Url>, reading: Reading) -> Result<Answer, Error> {
        let inner = &*self.0;
        let operation = request.operation();
        inner.follow_token().await.map_err(|error| error.of(operation.id))?;
        let mut built = inner.build(request, url).map_err(|error| error.of(operation.id))?;
        let measured = built.body.measure().await.and_then(|()| {
            let used =
                "the reader of its body has been read already; make a new one for each call".to_owned();
            if built.body.is_fresh() { Ok(()) } else { Err(used) }
        });
        measured.map_err(|problem| Error::request(operation.id, problem))?;
        request.hide_in(&inner.redactor, &built.body);
        let kept = inner.keep(operation, &built).map_err(|error| error.of(operation.id))?;
        let mut unknown = false;
        let result = self.attempts(request, &mut built, reading, &mut unknown).await;
        inner.settle(kept, unknown);
        result
    }

    /// All attempts of a call, as one piece of work.
    async fn attempts(
        &self,
        request: &Request,
        built: &mut Built,
        reading: Reading,
        unknown: &mut bool,
    ) -> Result<Answer, Error> {
        let (trace, span) = self.1.request(self.0.contract, request.operation(), &*self.0.random);
        built.trace = Some(trace);
        self.0.attempts(request, built, reading, unknown).instrument(span).await
    }
}

impl Inner {
    /// The attempt loop. `unknown` says afterwards whether the server may have done what was asked without saying so.
    async fn attempts(
        &self,
        request: &Request,
        built: &Built,
        reading: Reading,
        unknown: &mut bool,
    ) -> Result<Answer, Error> {
        let operation = request.operation();
        let repeatable = operation.idempotent || operation.idempotency_key.is_some();
        let started = self.clock.elapsed();
        let (mut sent, mut attempt) = (Sent::No, 0);
        let (mut paid, mut renewed, mut last) = (None, false, None);
        loop {
            let ended = |error: Error, attempt| Err(error.of(operation.id).after(sent, attempt));
            if let Err(error) = self.pass_gate(operation, started).await {
                return ended(error, attempt);
            }
            let permit = match self.take(request, started).await {
                Ok(permit) => permit,
                Err(error) => return ended(error, attempt),
            };
            let pass = match self.enter(operation, last.as_ref()) {
                Ok(pass) => pass,
                Err(error) => return ended(error, attempt),
            };
            attempt += 1;
            let begun = self.clock.elapsed();
            let mut token = None;
            let span = observe::attempt(operation, attempt);
            let trying = self.attempt(request, built, started, reading, permit, &mut token);
            let result = trying.instrument(span.clone()).await;
            let outcome = result.as_ref().map_or_else(|failure| failure.outcome, |_| Outcome::Ok);
            if let Some(pass) = pass {
                pass.end(outcome, self.clock.elapsed());
            }
            self.limiter.learn(operation, outcome == Outcome::Rejected, &*self.clock);
            span.in_scope(|| self.report(operation, attempt, begun, &result));
            *unknown = match outcome {
                Outcome::Ambiguous => true,
                Outcome::NotSent | Outcome::Rejected => *unknown,
                Outcome::Ok | Outcome::Refresh | Outcome::Permanent => false,
            };
            let failure = match result {
                Ok(mut answer) => {
                    self.partition(operation).inspect(|(_, shared)| shared.tokens.succeeded(paid));
                    answer.response.attempts = attempt;
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            sent = sent.max(failure.error.sent());
            let ended = |error: Error| Err(error.of(operation.id).after(sent, attempt));
            let again = match failure.outcome {
                Outcome::NotSent | Outcome::Rejected => true,
                Outcome::Ambiguous => repeatable,
                Outcome::Refresh => !renewed,
                Outcome::Permanent | Outcome::Ok => false,
            };
            // A reader that was read from gives nothing again, so what it was to send cannot be sent.
            if !again || !built.body.is_fresh() {
                return ended(failure.error);
            }
            if failure.outcome == Outcome::Refresh {
                renewed = true;
                let (Some(tokens), Some(generation)) = (&self.tokens, token) else {
                    return ended(failure.error);
                };
                if let Err(error) = tokens.other_than(generation).await {
                    return ended(error);
                }
                self.counters.retry();
                continue;
            }
            if let Some(hint) = failure.hint {
                self.gate.close(operation.id, self.clock.elapsed(), hint);
            }
            if let Some(hint) = failure.hint.filter(|hint| *hint > self.retry.max_wait) {
                return ended(self.rate_limited(hint, "the server".to_owned()));
            }
            let delay = self.retry.delay(failure.outcome, attempt - 1, failure.hint, &*self.random);
            let spent = self.clock.elapsed().saturating_sub(started);
            if attempt >= self.retry.attempts || spent.saturating_add(delay) > self.retry.budget {
                return ended(failure.error);
            }
            if let Some((_, shared)) = self.partition(operation) {
                paid = shared.tokens.pay(failure.outcome);
                if paid.is_none() {
                    return ended(failure.error);
                }
            }
            let reason = if failure.hint.is_some() { WaitReason::Server } else { WaitReason::Backoff };
            last = Some(failure.error);
            self.wait(operation, reason, delay).await;
            self.counters.retry();
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("config", &self.0.config)
            .field("base", &self.0.bases.server().as_str())
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// The request as it goes over the wire, but for the credential. An idempotency key is made here, once for all attempts.
    fn build(&self, request: &Request, url: Option<&Url>) -> Result<Built, Error> {
        let base = self.bases.of(request.operation(), &self.config)?;
        let mut built = request.build(&base, url, || format!("linchpin-{}", self.random.token()))?;
        if let Some(accept) = decode::accept(request.operation())
            && !self.headers.contains_key(http::header::ACCEPT)
            && !built.headers.contains_key(http::header::ACCEPT)
        {
            built.headers.insert(http::header::ACCEPT, accept);
        }
        if !built.headers.contains_key(ACCEPT_ENCODING) {
            built.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encoding::ACCEPTED));
        }
        let trusted = self.bases.takes_credential(request.operation());
        for (name, value) in &self.headers {
            if !built.headers.contains_key(name) && (trusted || !self.secret_headers.contains(name)) {
                built.headers.insert(name.clone(), value.clone());
            }
        }
        if let Some(name) = request.operation().idempotency_key
            && !built.headers.contains_key(name)
            && let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), self.random.token().parse())
        {
            let value: HeaderValue = value;
            built.headers.insert(name, value);
        }
        Ok(built)
    }

    /// Where tokens say where the API is, there has to be one first.
    async fn follow_token(&self) -> Result<(), Error> {
        if let Some(tokens) = self.tokens.as_ref().filter(|_| self.bases.follow_token())
            && let Some(base) = &tokens.current().await?.base_url
        {
            self.bases.follow(base);
        }
        Ok(())
    }

    /// Puts a token on the request, and says of which generation; what goes wrong with it was tried again already.
    async fn apply_token(
        &self,
        operation: &Operation,
        request: &mut HttpRequest,
    ) -> Result<Option<u64>, Failure> {
        let Some(tokens) = &self.tokens else { return Ok(None) };
        match tokens.current().await {
            Ok(token) => {
                let applied = token.apply(request);
                applied.map_err(|problem| Failure::permanent(ErrorKind::Request(problem)))?;
                Ok(Some(token.generation))
            }
            Err(error) => match error.kind() {
                ErrorKind::Auth(AuthProblem::LoginRequired { .. })
                    if operation.security == Security::Optional =>
                {
                    Ok(None)
                }
                _ => Err(Failure::of(error)),
            },
        }
    }

    /// Takes from every limit that counts the operation, after waiting for those that let nothing through.
    async fn take(&self, request: &Request, started: Duration) -> Result<Permit, Error> {
        let operation = request.operation();
        if operation.limits.is_empty() {
            return Ok(Permit::default());
        }
        let deadline = started.saturating_add(self.retry.budget);
        let told = |wait: &Wait| {
            let (reason, duration) = (WaitReason::Limit(wait.limit), wait.duration);
            self.counters.wait(duration);
            self.observer.wait(&WaitEvent { operation: operation.id, reason, duration });
        };
        let taken = self.limiter.acquire(request, &*self.clock, self.retry.max_wait, deadline, told).await;
        if taken.is_ok() {
            let told = |limit, left| self.observer.budget(BudgetEvent { limit, left });
            self.limiter.left(operation, &*self.clock, told);
        }
        taken.map_err(|wait| {
            let problem = wait.problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
            self.rate_limited(wait.duration, format!("the limit `{}`{problem}", wait.limit))
        })
    }

    fn partition(&self, operation: &'static Operation) -> Option<&(String, Arc<Partition>)> {
        self.partitions.get(self.bases.place(operation))
    }

    /// Waits for as long as the server asked another call of the operation to wait.
    async fn pass_gate(&self, operation: &'static Operation, started: Duration) -> Result<(), Error> {
        while let Some(wait) = self.gate.wait(operation.id, self.clock.elapsed()) {
            let spent = self.clock.elapsed().saturating_sub(started);
            if wait > self.retry.max_wait || spent.saturating_add(wait) > self.retry.budget {
                return Err(self.rate_limited(wait, "the server".to_owned()));
            }
            // Those who wait for the same moment do not come all at once.
            let wait = wait.saturating_add(wait.mul_f64(0.1 * self.random.fraction()));
            self.wait(operation, WaitReason::Server, wait).await;
        }
        Ok(())
    }

    /// Asks the circuit breaker of the operation's server.
    fn enter(&self, operation: &'static Operation, last: Option<&Error>) -> Result<Option<Pass>, Error> {
        let Some((server, shared)) = self.partition(operation) else { return Ok(None) };
        shared.enter(self.clock.elapsed()).map(Some).map_err(|refused| {
            Error::new(ErrorKind::CircuitOpen {
                server: server.clone(),
                until: self.after(refused.wait),
                failures: refused.failures,
                last: last.map(|error| error.kind().to_string()),
            })
        })
    }

    pub(crate) async fn wait(&self, operation: &'static Operation, reason: WaitReason, duration: Duration) {
        self.counters.wait(duration);
        self.observer.wait(&WaitEvent { operation: operation.id, reason, duration });
        self.clock.sleep(duration).await;
    }

    fn after(&self, wait: Duration) -> jiff::Timestamp {
        jiff::SignedDuration::try_from(wait)
            .ok()
            .and_then(|wait| self.clock.now().checked_add(wait).ok())
            .unwrap_or(jiff::Timestamp::MAX)
    }

    fn rate_limited(&self, wait: Duration, source_of_wait: String) -> Error {
        let until = self.after(wait);
        Error::new(ErrorKind::RateLimited { until, wait, cap: self.retry.max_wait, source_of_wait })
    }

    fn report(
        &self,
        operation: &'static Operation,
        attempt: u32,
        begun: Duration,
        result: &Result<Answer, Failure>,
    ) {
        let (outcome, status, bytes, error) = match result {
            Ok(Answer { response, .. }) => {
                (Outcome::Ok, Some(response.status), response.body.len() as u64, None)
            }
            Err(failure) => (failure.outcome, failure.error.status(), 0, Some(&failure.error)),
        };
        let duration = self.clock.elapsed().saturating_sub(begun);
        self.observer.attempt(&AttemptEvent {
            operation: operation.id,
            attempt,
            outcome,
            status,
            bytes,
            duration,
            error: error.map(|error| error as &dyn std::error::Error),
        });
    }
}

impl Failure {
    /// The server answered, so the request arrived.
    fn answered(mut self) -> Self {
        self.error = self.error.after(Sent::Yes, 0);
        self
    }
}
