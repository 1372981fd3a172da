//! One request all the way through: `limit -> authorise -> send -> classify -> (wait, retry) -> decode`. Only the last step knows types.

mod attempt;
mod attempts;
mod bases;
mod body;
mod builder;
mod decode;
mod download;
mod elsewhere;
mod pending;
mod response;
mod stream;

pub(crate) use body::{Body, decode_error, is_out_of_proportion};
pub use builder::{Caps, ClientBuilder};
pub use response::Response;
pub use stream::ByteStream;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument;
use url::Url;

use crate::auth::{AuthProblem, Authoriser, Tokens};
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{Contract, Operation, Security};
use crate::encoding;
use crate::error::{Error, ErrorKind, Sent};
use crate::limits::Limiter;
use crate::observe::{Counters, Statistics, Trace, Watch};
use crate::origin;
use crate::outbox::Outbox;
use crate::random::Random;
use crate::redact::Redactor;
use crate::request::{Built, Request};
use crate::retry::{Gate, Outcome, Partition, RetryPolicy};
use crate::transport::{HttpRequest, Timeouts, Transport, TransportError};

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
    pub(crate) observer: Arc<Watch>,
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

    /// As [`Client::open`], of a server that may have nothing to tell for a while.
    pub(crate) async fn open_unhurried(&self, request: &Request) -> Result<Response<ByteStream>, Error> {
        let answer = self.run(request, None, Reading::Head).await?;
        let timeout = self.0.timeouts.idle;
        Ok(answer.open(|response, body| {
            ByteStream::new(self.clone(), response, body.map(Body::unhurried), timeout)
        }))
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
}

impl Failure {
    /// The server answered, so the request arrived.
    fn answered(mut self) -> Self {
        self.error = self.error.after(Sent::Yes, 0);
        self
    }
}
