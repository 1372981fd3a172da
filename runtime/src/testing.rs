//! For tests: time that passes at once and a server that answers from a script. Public, so that the tests of generated crates and of
//! programs can use them too.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};

use crate::clock::{Clock, SystemClock};
use crate::encoding::Decoder;
use crate::transport::{HttpRequest, HttpResponse, ResponseBody, Transport, TransportError};
use crate::upload::RequestBody;

pub use crate::random::Seeded;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a client makes of a body of a content coding that comes in these pieces, up to so many bytes; for tests of what may come. The error says
/// what is wrong.
///
/// # Errors
/// The coding is not known, or the body is damaged, cut, followed by something, or longer than `limit`.
pub fn decoded(coding: &str, pieces: &[&[u8]], limit: usize) -> Result<Vec<u8>, String> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(coding).map_err(|error| error.to_string())?;
    headers.insert(http::header::CONTENT_ENCODING, value);
    let mut decoder = Decoder::of(&headers)?.ok_or("it is no coding")?;
    let mut body = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(decoded) = decoder.next(&mut piece).map_err(|flaw| flaw.to_string())? {
            body.extend_from_slice(&decoded);
            if body.len() > limit {
                return Err(format!("it is longer than {limit} bytes"));
            }
        }
    }
    if decoder.is_whole() { Ok(body) } else { Err("it is cut".to_owned()) }
}

/// A clock on which a sleep is over at once and time has passed. Clones share the time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    shared: Arc<Mutex<ManualTime>>,
    start: Timestamp,
    real_timers: Option<SystemClock>,
}

#[derive(Debug, Default)]
struct ManualTime {
    elapsed: Duration,
    sleeps: Vec<Duration>,
}

impl ManualClock {
    /// A clock that shows this time.
    pub fn new(start: Timestamp) -> Self {
        Self { shared: Arc::default(), start, real_timers: None }
    }

    /// Timeouts take real time, as they must against a real socket; waits are still over at once.
    pub fn with_real_timers(mut self) -> Self {
        self.real_timers = Some(SystemClock::new());
        self
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        lock(&self.shared).elapsed += duration;
    }

    /// Every sleep that was waited for, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        lock(&self.shared).sleeps.clone()
    }

    fn pass(&self, duration: Duration, is_sleep: bool) -> BoxFuture<'static, ()> {
        let shared = Arc::clone(&self.shared);
        // The end is fixed now, so that two sleeps side by side take as long as the longer one.
        let end = lock(&shared).elapsed.saturating_add(duration);
        Box::pin(async move {
            let mut time = lock(&shared);
            time.elapsed = time.elapsed.max(end);
            if is_sleep {
                time.sleeps.push(duration);
            }
        })
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new(Timestamp::UNIX_EPOCH)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(lock(&self.shared).elapsed).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        lock(&self.shared).elapsed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.pass(duration, true)
    }

    fn timer(&self, duration: Duration) -> BoxFuture<'static, ()> {
        match &self.real_timers {
            Some(clock) => clock.timer(duration),
            None => self.pass(duration, false),
        }
    }
}

/// An answer of a [`ReplayTransport`].
#[derive(Clone, Debug)]
pub struct Scripted {
    head: Result<(StatusCode, HeaderMap), TransportError>,
    body: VecDeque<Result<Bytes, TransportError>>,
    stalls: bool,
}

impl Scripted {
    /// An answer of that status with an empty body.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { head: Ok((status, HeaderMap::new())), body: VecDeque::new(), stalls: false }
    }

    /// 200 with a JSON body.
    pub fn json(body: impl Into<String>) -> Self {
        Self::status(200).header("content-type", "application/json").body(body.into())
    }

    /// No answer at all.
    pub fn failure(error: TransportError) -> Self {
        Self { head: Err(error), body: VecDeque::new(), stalls: false }
    }

    /// No answer until the client gives up.
    pub fn silence() -> Self {
        Self { stalls: true, ..Self::status(200) }
    }

    /// Adds a header; one that is not valid is left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok((_, headers)), Ok(name), Ok(value)) =
            (&mut self.head, HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            headers.append(name, value);
        }
        self
    }

    /// Adds a piece of the body.
    pub fn body(mut self, piece: impl Into<Bytes>) -> Self {
        self.body.push_back(Ok(piece.into()));
        self
    }

    /// The body breaks off here.
    pub fn break_off(mut self, error: TransportError) -> Self {
        self.body.push_back(Err(error));
        self
    }

    /// The body stops coming after its pieces.
    pub fn stall(mut self) -> Self {
        self.stalls = true;
        self
    }
}

/// Makes the answer to a request.
type Server = dyn Fn(&HttpRequest) -> Scripted + Send + Sync;

/// A transport that answers from a script or a function, and keeps the requests. Clones share both.
#[derive(Clone)]
pub struct ReplayTransport {
    server: Arc<Server>,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
}

impl ReplayTransport {
    /// Answers in order; after the last one it answers 501 with a body that says so.
    pub fn script(answers: impl IntoIterator<Item = Scripted>) -> Self {
        let answers: Mutex<VecDeque<_>> = Mutex::new(answers.into_iter().collect());
        Self::server(move |_| {
            lock(&answers).pop_front().unwrap_or_else(|| Scripted::status(501).body("the script is over"))
        })
    }

    /// Answers each request by this function.
    pub fn server(answer: impl Fn(&HttpRequest) -> Scripted + Send + Sync + 'static) -> Self {
        Self { server: Arc::new(answer), requests: Arc::default() }
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<HttpRequest> {
        lock(&self.requests).clone()
    }
}

impl Transport for ReplayTransport {
    /// Reads the body whole, as a wire would, before it answers; the requests that it keeps hold that.
    fn send(&self, mut request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            request.body = request.body.collect().await.map(RequestBody::from).map_err(|error| {
                TransportError::new(crate::transport::TransportErrorKind::Reset, error.to_string())
            })?;
            let answer = (self.server)(&request);
            lock(&self.requests).push(request);
            let (status, headers) = answer.head?;
            if answer.stalls && answer.body.is_empty() {
                pending::<()>().await;
            }
            Ok(HttpResponse { status, headers, body: Box::new(ScriptedBody(answer.body, answer.stalls)) })
        })
    }
}

struct ScriptedBody(VecDeque<Result<Bytes, TransportError>>, bool);

impl ResponseBody for ScriptedBody {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async move {
            match self.0.pop_front() {
                Some(piece) => piece.map(Some),
                None if self.1 => pending().await,
                None => Ok(None),
            }
        })
    }
}
