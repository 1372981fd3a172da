//! Connections: requests in, answers out, and the faults of the plan, which a framework above HTTP/1.1 could not play.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::api::Api;
use super::faults::{Fault, FaultPlan};
use super::journal::{Journal, Outcome};
use super::refusal::Refusal;
use super::request::{Reply, Request};

/// Larger request bodies are refused with 413.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// The faults, with what they need.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) faults: FaultPlan,
    pub(super) retry_after: u64,
}

/// What every connection shares.
struct Host {
    api: Arc<Api>,
    journal: Arc<Journal>,
    plan: Plan,
}

/// Accepts connections until it is aborted, which ends them all.
pub(super) async fn serve(listener: TcpListener, api: Arc<Api>, journal: Arc<Journal>, plan: Plan) {
    let host = Arc::new(Host { api, journal, plan });
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&host)));
                }
                // Out of file handles, or the client has gone again: others may still be served.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, host: Arc<Host>) {
    // Small answers at once: tests wait for each of them.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let socket = Socket { stream, reset: Arc::clone(&reset) };
    let service = service_fn(move |request| {
        let (host, reset) = (Arc::clone(&host), Arc::clone(&reset));
        async move { host.answer(request, &reset).await }
    });
    // An error here is the client's end of the connection, or a fault of the plan.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}

/// The fault that ends a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the fault plan resets this connection")]
struct ResetByPlan;

impl Host {
    async fn answer(
        &self,
        request: hyper::Request<Incoming>,
        reset: &AtomicBool,
    ) -> Result<hyper::Response<Answer>, ResetByPlan> {
        let number = self.journal.begin();
        let fault = self.plan.faults.fault(number);
        let read = read(request).await;
        let (reply, operation) = match (&read, fault) {
            (_, Some(Fault::Reset)) => {
                let outcome = Outcome { operation: None, status: None, fault, records: None };
                self.journal.end(number, read.unwrap_or_else(|request| request), outcome);
                reset.store(true, Ordering::Relaxed);
                return Err(ResetByPlan);
            }
            (_, Some(Fault::Status(status))) => {
                let refusal = Refusal::new(status, "fault", "the fault plan makes this request fail");
                let refusal = match status {
                    429 => refusal.with("retry-after", self.plan.retry_after.to_string()),
                    _ => refusal,
                };
                (refusal.reply(None), None)
            }
            (_, Some(Fault::Rule(number))) => (self.api.erroneous(usize::from(number)), None),
            (_, Some(Fault::Html)) => {
                let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n";
                let reply = Reply::empty(200).with("content-type", "text/html; charset=utf-8");
                (Reply { body: page.into(), ..reply }, None)
            }
            (_, Some(Fault::Empty)) => (Reply::empty(200).with("content-type", "application/json"), None),
            (Err(_), _) => {
                let message = format!("a body may have {BODY_LIMIT} bytes");
                (Refusal::new(413, "content_too_large", message).reply(None), None)
            }
            (Ok(request), _) => {
                if fault == Some(Fault::Revoke) {
                    self.api.revoke();
                }
                let answer = self.api.answer(request);
                if answer.0.token.is_some_and(|number| self.plan.faults.loses_token(number)) {
                    let fault = Some(Fault::LostToken);
                    let outcome = Outcome { operation: None, status: None, fault, records: None };
                    self.journal.end(number, read.unwrap_or_else(|request| request), outcome);
                    reset.store(true, Ordering::Relaxed);
                    return Err(ResetByPlan);
                }
                answer
            }
        };
        let outcome = Outcome { operation, status: Some(reply.status), fault, records: reply.records };
        self.journal.end(number, read.unwrap_or_else(|request| request), outcome);
        Ok(respond(reply, fault))
    }
}

/// Reads a request whole. The error is the same request without its body, which was too large or broke off.
async fn read(request: hyper::Request<Incoming>) -> Result<Request, Request> {
    let (parts, body) = request.into_parts();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: Vec::new(),
    };
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => {
            request.body = body.to_bytes().to_vec();
            Ok(request)
        }
        Err(_) => Err(request),
    }
}

fn respond(reply: Reply, fault: Option<Fault>) -> hyper::Response<Answer> {
    let whole = reply.body.len();
    let has_body = reply.status >= 200 && reply.status != 204 && reply.status != 304;
    let then = match fault {
        Some(Fault::Truncate) if has_body => Then::Break,
        Some(Fault::Stall) if has_body => Then::Silence,
        _ => Then::End,
    };
    let mut data = Bytes::from(reply.body);
    match then {
        Then::Break => data.truncate(whole / 2),
        Then::Silence => data.clear(),
        Then::End | Then::Broken => {}
    }
    let mut response = hyper::Response::new(Answer { data: Some(data), then, _held: reply.held });
    *response.status_mut() = hyper::StatusCode::from_u16(reply.status).unwrap_or_default();
    for (name, value) in reply.headers {
        // Names and values that HTTP cannot carry come from a contract alone, which then has a header that no server sends.
        let name = hyper::header::HeaderName::from_bytes(name.as_bytes());
        let value = hyper::header::HeaderValue::from_str(&value);
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().insert(name, value);
        }
    }
    if has_body {
        // A stalled or truncated answer promises at least one byte more than it sends.
        let length = if then == Then::End { whole } else { whole.max(1) };
        response.headers_mut().insert(hyper::header::CONTENT_LENGTH, length.into());
    }
    response
}

/// An answer's body: its data, and what comes after.
struct Answer {
    data: Option<Bytes>,
    then: Then,
    /// What the request holds of the limits until the answer is sent or given up.
    _held: Option<Arc<super::limits::Held>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The body ends.
    End,
    /// The connection ends, in one more step: the data has to be sent first.
    Break,
    /// The connection ends.
    Broken,
    /// Nothing comes, ever.
    Silence,
}

/// Only the connection sees it: the answer broke off as planned.
#[derive(Debug, thiserror::Error)]
#[error("the fault plan breaks this answer off")]
struct BrokenByPlan;

impl Body for Answer {
    type Data = Bytes;
    type Error = BrokenByPlan;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenByPlan>>> {
        if let Some(data) = self.data.take().filter(|data| !data.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Break => {
                self.then = Then::Broken;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Broken => Poll::Ready(Some(Err(BrokenByPlan))),
            Then::Silence => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.then == Then::End && self.data.as_ref().is_none_or(Bytes::is_empty)
    }
}

/// A connection that is reset, not closed, where the plan says so: with a linger time of zero the system sends RST.
struct Socket {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
