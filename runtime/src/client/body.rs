//! Bodies: read with caps and deadlines, decoded, and told from what is no body of the operation.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, StatusCode};

use crate::clock::Clock;
use crate::contract::{Media, Operation};
use crate::encoding::Decoder;
use crate::error::{Error, ErrorKind};
use crate::limits::Permit;
use crate::redact::Redactor;
use crate::retry::Outcome;
use crate::transport::{ResponseBody, TransportError, TransportErrorKind};

use super::{Caps, Failure, Inner};

/// How much of a body's surroundings a decode error shows, in bytes to each side.
const AROUND: usize = 60;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Decoded bytes up to which a body may be as dense as it likes: pages of zeros and of repeated keys are small.
const DENSE: u64 = 8 * 1024 * 1024;

/// How long a body may drip below a byte a second, in time spent waiting for it. As the stalled stream protection of AWS' SDKs.
const DRIP: Duration = Duration::from_secs(20);

/// The slowest at which bytes count as coming: a byte a second.
pub(super) fn drips(bytes: u64, time: Duration) -> bool {
    time >= DRIP && bytes < time.as_secs()
}

/// Whether so many bytes out of so few are more than a body may become.
pub(crate) fn is_out_of_proportion(given: u64, got: u64, ratio: u64) -> bool {
    given > DENSE && given / got.max(1) > ratio
}

/// A body whose head was read. Its pieces come decoded; lengths and caps are checked on the way.
pub(crate) struct Body {
    wire: Box<dyn ResponseBody>,
    /// Its length on the wire by the head.
    announced: Option<u64>,
    decoder: Option<Decoder>,
    /// What of the last piece is still to be decoded.
    input: Bytes,
    /// Bytes that came over the wire.
    got: u64,
    /// Bytes that were given out.
    given: u64,
    /// The most of either.
    cap: u64,
    /// The most of the latter for each of the former.
    ratio: u64,
    /// Bytes that came since the pace was last looked at, and the time that they took.
    pace: Option<(u64, Duration)>,
    /// Whether nothing at all is a body, too, where something encoded was announced.
    may_be_empty: bool,
    /// What the request holds of the limits until its body has been read.
    _permit: Permit,
}

impl Body {
    /// The body of an answer.
    ///
    /// # Errors
    /// Its coding is not known, or there are several.
    pub(super) fn new(
        wire: Box<dyn ResponseBody>,
        head: (&Method, StatusCode, &HeaderMap),
        caps: &Caps,
        permit: Permit,
    ) -> Result<Self, ErrorKind> {
        let (method, status, headers) = head;
        let announced = announced(method, status, headers);
        let without = method == Method::HEAD || matches!(status.as_u16(), 204 | 205 | 304);
        let decoder = match Decoder::of(headers) {
            _ if without => None,
            Ok(decoder) => decoder,
            Err(encoding) => return Err(ErrorKind::Encoding { encoding }),
        };
        let may_be_empty = announced == Some(0);
        Ok(Self {
            wire,
            announced,
            decoder,
            input: Bytes::new(),
            got: 0,
            given: 0,
            cap: caps.stream,
            ratio: caps.ratio,
            pace: Some((0, Duration::ZERO)),
            may_be_empty,
            _permit: permit,
        })
    }

    /// The same body with a cap of its own.
    pub(super) fn capped(self, cap: u64) -> Self {
        Self { cap, ..self }
    }

    /// The same body where nothing may be an answer, whatever its coding says.
    pub(super) fn or_nothing(self, may_be_empty: bool) -> Self {
        Self { may_be_empty: self.may_be_empty || may_be_empty, ..self }
    }

    /// The same body, which may come as slowly as it likes.
    pub(crate) fn unhurried(self) -> Self {
        Self { pace: None, ..self }
    }

    /// The length of what it gives, where it is known beforehand.
    pub(crate) fn length(&self) -> Option<u64> {
        self.announced.filter(|_| self.decoder.is_none())
    }

    /// Whether its head says already that it is too large.
    fn is_announced_too_large(&self) -> bool {
        self.announced.is_some_and(|bytes| bytes > self.cap)
    }

    /// It ended too early.
    pub(crate) fn truncated(&self) -> ErrorKind {
        ErrorKind::Truncated { expected: self.announced, got: self.got }
    }

    /// The next piece; `None` at the end. `timeout` bounds the wait for each piece of the wire.
    pub(crate) async fn next(
        &mut self,
        clock: &dyn Clock,
        timeout: Duration,
    ) -> Result<Option<Bytes>, ErrorKind> {
        loop {
            if let Some(piece) = self.decode()? {
                return Ok(Some(piece));
            }
            let Some(piece) = self.piece(clock, timeout).await? else { return Ok(None) };
            if self.decoder.is_none() {
                self.given += piece.len() as u64;
                return Ok(Some(piece));
            }
            self.input = piece;
        }
    }

    /// The next piece of the wire; `None` where the body ends and may end.
    async fn piece(&mut self, clock: &dyn Clock, timeout: Duration) -> Result<Option<Bytes>, ErrorKind> {
        let begun = clock.elapsed();
        let piece = match select(self.wire.chunk(), clock.timer(timeout)).await {
            Either::Left((piece, _)) => piece,
            Either::Right(((), _)) => return Err(stalled(timeout, self.got).into()),
        };
        match piece {
            Ok(Some(piece)) => {
                self.got += piece.len() as u64;
                if self.got > self.cap {
                    return Err(ErrorKind::TooLarge { limit: self.cap });
                }
                let waited = clock.elapsed().saturating_sub(begun);
                if let Some((bytes, time)) = &mut self.pace {
                    *bytes += piece.len() as u64;
                    *time += waited;
                    if drips(*bytes, *time) {
                        let cause = format!(
                            "{bytes} bytes in {} s, after {} before",
                            time.as_secs(),
                            self.got.saturating_sub(*bytes)
                        );
                        return Err(TransportError::new(TransportErrorKind::Stalled, cause).into());
                    }
                    if *time >= DRIP {
                        (*bytes, *time) = (0, Duration::ZERO);
                    }
                }
                Ok(Some(piece))
            }
            Ok(None) if self.announced.is_some_and(|bytes| self.got < bytes) => Err(self.truncated()),
            Ok(None) => match &self.decoder {
                Some(_) if self.got == 0 && self.may_be_empty => Ok(None),
                Some(decoder) if !decoder.is_whole() => Err(self.truncated()),
                _ => Ok(None),
            },
            Err(error) if error.kind == TransportErrorKind::Reset && self.got > 0 => Err(self.truncated()),
            Err(error) => Err(error.into()),
        }
    }

    /// What comes out of the piece that is there.
    fn decode(&mut self) -> Result<Option<Bytes>, ErrorKind> {
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        let name = decoder.name();
        let piece = decoder
            .next(&mut self.input)
            .map_err(|flaw| ErrorKind::Damaged { encoding: name, problem: flaw.to_string() })?;
        self.given += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if self.given > self.cap {
            return Err(ErrorKind::TooLarge { limit: self.cap });
        }
        if is_out_of_proportion(self.given, self.got, self.ratio) {
            return Err(ErrorKind::Expansion { limit: self.ratio, got: self.got, given: self.given });
        }
        Ok(piece)
    }
}

impl Inner {
    /// Reads a body whole.
    pub(super) async fn read(&self, mut body: Body) -> Result<Bytes, Failure> {
        if body.is_announced_too_large() {
            return Err(Failure::permanent(ErrorKind::TooLarge { limit: body.cap }).answered());
        }
        let begun = self.clock.elapsed();
        let mut first = None;
        let mut rest = BytesMut::new();
        loop {
            let left = self.timeouts.body.saturating_sub(self.clock.elapsed().saturating_sub(begun));
            let limit = self.timeouts.stall.min(left);
            match body.next(&*self.clock, limit).await {
                // Most bodies are one piece, which is then not copied.
                Ok(Some(piece)) if first.is_none() => first = Some(piece),
                Ok(Some(piece)) => {
                    if let Some(first) = first.as_ref().filter(|_| rest.is_empty()) {
                        rest.extend_from_slice(first);
                    }
                    rest.extend_from_slice(&piece);
                }
                Ok(None) => {
                    return Ok(if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() });
                }
                Err(kind) => return Err(failed(kind)),
            }
        }
    }
}

/// What a body that cannot be read to its end says of the attempt: only what broke on its way may come whole another time.
fn failed(kind: ErrorKind) -> Failure {
    let outcome = match kind {
        ErrorKind::Transport(_) | ErrorKind::Truncated { .. } | ErrorKind::Damaged { .. } => {
            Outcome::Ambiguous
        }
        _ => Outcome::Permanent,
    };
    Failure { outcome, hint: None, error: Error::new(kind) }.answered()
}

fn stalled(limit: Duration, got: u64) -> TransportError {
    let cause = format!("nothing for {} s after {got} bytes", limit.as_secs_f64());
    TransportError::new(TransportErrorKind::Stalled, cause)
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
fn announced(method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<u64> {
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
