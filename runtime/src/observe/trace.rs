//! Spans, and the correlation id that they share with the server.
//!
//! Work has one id of 128 bits, the trace id of W3C Trace Context: a sync with all its streams, a walk over pages, or a single call. It stands
//! in the span at the root of that work, and goes out with every attempt. Where the program's own spans are exported by OpenTelemetry, it is
//! their trace id, so that a server's log, the log here and the trace all name the same one.

use std::fmt;

use http::HeaderValue;
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::{TARGET, TokenPurpose, Watch};
use crate::contract::{Contract, Operation};
use crate::random::Random;

/// A correlation id; never nothing but zeros, as the standard wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(u128);

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// The work that a client's handle belongs to, if it does.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    id: Option<TraceId>,
    /// The span of that work; disabled where there is none.
    span: Span,
}

impl Default for Trace {
    fn default() -> Self {
        Self { id: None, span: Span::none() }
    }
}

impl Trace {
    /// A sync: the root of all its streams.
    #[cfg(feature = "store")]
    pub(crate) fn of_sync(contract: &Contract, random: &dyn Random) -> Self {
        let span = info_span!(target: TARGET, parent: Span::current(), "sync", connector = contract.name, trace_id = Empty);
        Self::rooted(span, random)
    }

    /// A stream's run, or without one a walk over an operation's pages. Stands in the work that there is.
    pub(crate) fn of_stream(&self, contract: &Contract, stream: &str, random: &dyn Random) -> Self {
        let connector = contract.name;
        match self.id {
            Some(id) => {
                let span = info_span!(target: TARGET, parent: &self.span, "stream", connector, stream);
                Self { id: Some(id), span }
            }
            None => Self::rooted(
                info_span!(target: TARGET, "stream", connector, stream, trace_id = Empty),
                random,
            ),
        }
    }

    /// Whether there is work that it belongs to.
    pub(crate) fn is_set(&self) -> bool {
        self.id.is_some()
    }

    /// The span of the work.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// A page of it.
    pub(crate) fn page(&self, page: u64) -> Span {
        info_span!(target: TARGET, parent: &self.span, "page", page)
    }

    /// A call, in whatever span is the current one, and the id that it goes by.
    pub(crate) fn request(
        &self,
        contract: &Contract,
        operation: &Operation,
        random: &dyn Random,
    ) -> (TraceId, Span) {
        let (connector, id) = (contract.name, operation.id);
        match self.id {
            Some(trace) => (trace, info_span!(target: TARGET, "request", connector, operation = id)),
            None => {
                let span = info_span!(target: TARGET, "request", connector, operation = id, trace_id = Empty);
                (settle(&span, random), span)
            }
        }
    }

    fn rooted(span: Span, random: &dyn Random) -> Self {
        Self { id: Some(settle(&span, random)), span }
    }
}

/// An attempt, in whatever span is the current one. Its fields are named as OpenTelemetry names those of an HTTP client; the path is the
/// document's template, since a real one holds ids.
pub(crate) fn attempt(operation: &Operation, attempt: u32) -> Span {
    info_span!(
        target: TARGET,
        "attempt",
        otel.kind = "client",
        attempt,
        http.request.method = operation.method.as_str(),
        url.template = operation.path,
        http.response.status_code = Empty,
        outcome = Empty,
        "error.type" = Empty,
        "otel.status_code" = Empty,
    )
}

/// A request to the server that gives tokens, in whatever span is the current one. Its URL may hold what a configuration says, so it is not told.
pub(crate) fn token(purpose: TokenPurpose) -> Span {
    info_span!(
        target: TARGET,
        "token",
        otel.kind = "client",
        purpose = purpose.as_str(),
        http.response.status_code = Empty,
        outcome = Empty,
        "error.type" = Empty,
        "otel.status_code" = Empty,
    )
}

/// The id of the work whose root is this span.
fn settle(span: &Span, random: &dyn Random) -> TraceId {
    let id = exported(span).map_or_else(|| TraceId(random.trace_id().max(1)), |(trace, _)| TraceId(trace));
    if !span.is_disabled() {
        span.record("trace_id", tracing::field::display(id));
    }
    id
}

/// The trace and span id by which OpenTelemetry exports this span, if it does.
#[cfg(feature = "otlp")]
fn exported(span: &Span) -> Option<(u128, u64)> {
    use opentelemetry::trace::TraceContextExt;
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let span = context.span();
    let context = span.span_context();
    context.is_valid().then(|| {
        let trace = u128::from_be_bytes(context.trace_id().to_bytes());
        (trace, u64::from_be_bytes(context.span_id().to_bytes()))
    })
}

#[cfg(not(feature = "otlp"))]
fn exported(_: &Span) -> Option<(u128, u64)> {
    None
}

/// The W3C header; any other header that a manifest names carries the bare id.
const TRACEPARENT: &str = "traceparent";

/// What the contract's correlation header says of the attempt whose span is the current one.
///
/// `traceparent` is `00-TRACE-PARENT-FLAGS` (W3C Trace Context 3.2). The flag says that the caller records the trace, so that a server which
/// follows it keeps its part too; it is set only where the spans are exported.
pub(crate) fn header(name: &str, id: TraceId, watch: &Watch) -> Option<HeaderValue> {
    if !name.eq_ignore_ascii_case(TRACEPARENT) {
        let mut text = [0; 32];
        hexadecimal(&mut text, id.0);
        return HeaderValue::from_bytes(&text).ok();
    }
    let exported = exported(&Span::current());
    let parent = exported.map_or_else(|| mixed(id.0 as u64, watch.next()), |(_, span)| span);
    let mut text = *b"00-................................-................-00";
    let (trace, rest) = text.get_mut(3..)?.split_at_mut_checked(32)?;
    hexadecimal(trace, id.0);
    hexadecimal(rest.get_mut(1..17)?, u128::from(parent));
    if exported.is_some()
        && let Some(flag) = text.last_mut()
    {
        *flag = b'1';
    }
    HeaderValue::from_bytes(&text).ok()
}

/// The number's last digits, as many as there is room for.
fn hexadecimal(text: &mut [u8], number: u128) {
    let mut rest = number;
    for digit in text.iter_mut().rev() {
        let value = (rest & 0xf) as u8;
        *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        rest >>= 4;
    }
}

/// A number that differs for each count: the finaliser of SplitMix64 (Steele, Lea, Flood 2014), which maps no two numbers to one. Ids of spans
/// need no secrecy, and a draw from the operating system for each attempt would.
fn mixed(seed: u64, count: u64) -> u64 {
    let mut z = seed.wrapping_add(count.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).max(1)
}
