//! Bodies: read with caps and deadlines, and told from what is no body of the operation.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, StatusCode};

use crate::contract::{Media, Operation};
use crate::error::{Error, ErrorKind, Sent};
use crate::redact::Redactor;
use crate::retry::Outcome;
use crate::transport::{ResponseBody, TransportError, TransportErrorKind};

use super::{Failure, Inner};

/// How much of a body's surroundings a decode error shows, in bytes to each side.
const AROUND: usize = 60;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Inner {
    /// Reads a body whole. `announced` is its length by the head of the answer.
    pub(super) async fn read(
        &self,
        mut body: Box<dyn ResponseBody>,
        announced: Option<u64>,
        cap: u64,
    ) -> Result<Bytes, Failure> {
        let too_large = || Err(Failure::permanent(ErrorKind::TooLarge { limit: cap }).answered());
        if announced.is_some_and(|bytes| bytes > cap) {
            return too_large();
        }
        let begun = self.clock.elapsed();
        let mut first = None;
        let mut rest = BytesMut::new();
        let mut got = 0;
        loop {
            let left = self.timeouts.body.saturating_sub(self.clock.elapsed().saturating_sub(begun));
            let limit = self.timeouts.stall.min(left);
            let chunk = match select(body.chunk(), self.clock.timer(limit)).await {
                Either::Left((chunk, _)) => chunk,
                Either::Right(((), _)) => Err(stalled(limit, got)),
            };
            match chunk {
                Ok(Some(chunk)) => {
                    got += chunk.len() as u64;
                    if got > cap {
                        return too_large();
                    }
                    match first {
                        // Most bodies are one piece, which is then not copied.
                        None => first = Some(chunk),
                        Some(ref first) => {
                            if rest.is_empty() {
                                rest.extend_from_slice(first);
                            }
                            rest.extend_from_slice(&chunk);
                        }
                    }
                }
                Ok(None) if announced.is_some_and(|bytes| got < bytes) => {
                    return Err(truncated(announced, got));
                }
                Ok(None) => {
                    return Ok(if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() });
                }
                Err(error) if error.kind == TransportErrorKind::Reset && got > 0 => {
                    return Err(truncated(announced, got));
                }
                Err(error) => return Err(Failure::transport(error).answered()),
            }
        }
    }
}

pub(crate) fn stalled(limit: Duration, got: u64) -> TransportError {
    let cause = format!("nothing for {} s after {got} bytes", limit.as_secs_f64());
    TransportError::new(TransportErrorKind::Stalled, cause)
}

fn truncated(expected: Option<u64>, got: u64) -> Failure {
    let error = Error::new(ErrorKind::Truncated { expected, got }).after(Sent::Yes, 0);
    Failure { outcome: Outcome::Ambiguous, hint: None, error }
}

/// The body without a byte order mark, which some servers send and RFC 8259 section 8.1 lets a reader ignore. Of bytes it is a part.
pub(super) fn without_mark(operation: &Operation, status: StatusCode, body: Bytes) -> Bytes {
    let declared = operation.response(status.as_u16());
    if body.starts_with(BYTE_ORDER_MARK) && declared.is_none_or(|declared| declared.media != Media::Bytes) {
        body.slice(BYTE_ORDER_MARK.len()..)
    } else {
        body
    }
}

/// The length that the head announces, for an answer that has a body (RFC 9110 section 8.6).
pub(super) fn announced(method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<u64> {
    if method == Method::HEAD || status == StatusCode::NO_CONTENT {
        return None;
    }
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Whether the operation's answer of that status is JSON.
pub(super) fn is_json(operation: &Operation, status: StatusCode) -> bool {
    operation.response(status.as_u16()).is_some_and(|response| response.media == Media::Json)
}

/// Whether a JSON body starts as a list or an object and does not end as one. It costs nothing and finds most bodies that a proxy cut
/// and framed anew; the others are found when they are scanned.
pub(super) fn ends_early(operation: &Operation, status: StatusCode, body: &[u8]) -> bool {
    let text = body.trim_ascii();
    let end = match text.first() {
        Some(b'{') => b'}',
        Some(b'[') => b']',
        _ => return false,
    };
    is_json(operation, status) && text.last() != Some(&end)
}

/// A JSON error with its place and surroundings.
pub(crate) fn decode_error(
    redactor: &Redactor,
    place: String,
    json: &[u8],
    error: &serde_json::Error,
) -> ErrorKind {
    if error.is_eof() {
        return ErrorKind::Truncated { expected: None, got: json.len() as u64 };
    }
    let before: usize = json
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let at = before.saturating_add(error.column()).min(json.len());
    let around = json.get(at.saturating_sub(AROUND)..at.saturating_add(AROUND).min(json.len()));
    // Scrubbed as a whole first: a secret at the edge of the cut would show its half.
    let cause = redactor.scrub(&error.to_string());
    let excerpt = around.map(|around| redactor.excerpt_of(json, around)).unwrap_or_default();
    ErrorKind::Decode { place, cause, excerpt }
}
