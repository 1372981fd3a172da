//! Downloads: a body goes to a writer or a file, piece by piece. One that breaks off is asked for from where it broke (RFC 9110, 14), if the
//! server lets that be done safely: with a validator that stands for the very same bytes.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE, DATE, ETAG, IF_RANGE, LAST_MODIFIED,
    RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::io::{AsyncSeekExt, AsyncWrite, AsyncWriteExt};

use crate::Call;
use crate::error::{Error, ErrorKind};
use crate::observe::WaitReason;
use crate::request::Request;
use crate::retry::Outcome;

use super::{ByteStream, Client, Response};

/// A date says nothing of two changes within its second, and of those that come soon after it (RFC 9110, 8.8.2.2).
const SETTLED_SECONDS: u64 = 60;

/// A body on its way.
struct Download {
    client: Client,
    request: Request,
    stream: ByteStream,
    /// What the rest has to be of; `None` where a rest cannot be asked for.
    validator: Option<HeaderValue>,
    got: u64,
    length: Option<u64>,
    /// How often the rest was asked for since the last byte came.
    tried: u32,
}

enum Step {
    Piece(Bytes),
    /// The file is another one than before: everything so far is to be forgotten.
    Restart,
    End,
}

impl Call<Bytes> {
    /// Sends it, and writes the body to a writer as it comes. A body that breaks off is asked for from there on, where the server tells a strong
    /// `ETag` or a `Last-Modified` that is old enough. Gives how many bytes were written. [`Caps::stream`](crate::Caps) counts them.
    ///
    /// # Errors
    /// As awaiting it; the writer fails; the body breaks off and cannot be gone on with. What was written until then stays.
    pub async fn copy_to<W: AsyncWrite + Unpin + Send>(self, writer: &mut W) -> Result<Response<u64>, Error> {
        let (mut download, response) = Download::start(self).await?;
        let failed = |error| write_failed("the writer", error);
        loop {
            match download.next(false).await? {
                Step::Piece(piece) => writer.write_all(&piece).await.map_err(failed)?,
                Step::Restart => {}
                Step::End => {
                    writer.flush().await.map_err(failed)?;
                    return Ok(response.with(download.got));
                }
            }
        }
    }

    /// Sends it, and writes the body to a file, which is there only when it is whole: until then another file stands beside it, which is
    /// removed where the download fails. Otherwise as [`Call::copy_to`]; a file that changed meanwhile is downloaded anew.
    ///
    /// # Errors
    /// As [`Call::copy_to`]; the file cannot be written. A file that was there before stays as it was.
    pub async fn save_to(self, path: impl AsRef<Path>) -> Result<Response<u64>, Error> {
        let path = path.as_ref();
        let (mut download, response) = Download::start(self).await?;
        let failed = |error| write_failed(&path.display().to_string(), error);
        let part = Part::beside(path, &download.client.0.random.token());
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).open(&part.0).await.map_err(failed)?;
        loop {
            match download.next(true).await? {
                Step::Piece(piece) => file.write_all(&piece).await.map_err(failed)?,
                Step::Restart => {
                    file.set_len(0).await.map_err(failed)?;
                    file.rewind().await.map_err(failed)?;
                }
                Step::End => break,
            }
        }
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        drop(file);
        tokio::fs::rename(&part.0, path).await.map_err(failed)?;
        Ok(response.with(download.got))
    }
}

/// The file that is written until it is whole. It is removed with this, if it is still there: a download that is dropped leaves nothing.
struct Part(PathBuf);

impl Part {
    fn beside(path: &Path, token: &str) -> Self {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{token}.part"));
        Self(path.with_file_name(name))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Nothing can be told from here, and a file that was renamed is gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn write_failed(target: &str, error: std::io::Error) -> Error {
    ErrorKind::Write { target: target.to_owned(), cause: error.to_string() }.into()
}

impl Download {
    async fn start(call: Call<Bytes>) -> Result<(Self, Response<()>), Error> {
        let (client, mut request) = call.into_parts()?;
        // The lengths of a range are those of what is on the wire.
        request.header(ACCEPT_ENCODING.as_str(), "identity")?;
        let response = client.open_at(&request, None).await?;
        let head = response.head();
        let validator = validator(&head.headers).filter(|_| request.operation().idempotent);
        let stream = response.body;
        let length = stream.length();
        Ok((Self { client, request, stream, validator, got: 0, length, tried: 0 }, head))
    }

    async fn next(&mut self, restarts: bool) -> Result<Step, Error> {
        loop {
            let error = match self.stream.next().await {
                Some(Ok(piece)) => {
                    self.got += piece.len() as u64;
                    self.tried = 0;
                    return Ok(Step::Piece(piece));
                }
                None => return Ok(Step::End),
                Some(Err(error)) => error,
            };
            let policy = &self.client.0.retry;
            if self.validator.is_none() || !error.is_retryable() || self.tried + 1 >= policy.attempts {
                return Err(error);
            }
            let delay = policy.delay(Outcome::Ambiguous, self.tried, None, &*self.client.0.random);
            self.tried += 1;
            self.client.0.wait(self.request.operation(), WaitReason::Backoff, delay).await;
            let response = self.rest().await?;
            if response.status == StatusCode::PARTIAL_CONTENT && self.goes_on(&response.headers) {
                self.stream = response.body;
                continue;
            }
            // Whatever came is not the rest of what is there.
            if response.status == StatusCode::PARTIAL_CONTENT || !restarts {
                return Err(error);
            }
            self.validator = validator(&response.headers);
            self.stream = response.body;
            (self.got, self.length) = (0, self.stream.length());
            return Ok(Step::Restart);
        }
    }

    async fn rest(&self) -> Result<Response<ByteStream>, Error> {
        let mut request = self.request.clone();
        request.header(RANGE.as_str(), &format!("bytes={}-", self.got))?;
        if let Some(validator) = self.validator.as_ref().and_then(|value| value.to_str().ok()) {
            request.header(IF_RANGE.as_str(), validator)?;
        }
        self.client.open_at(&request, None).await
    }

    /// Whether an answer is the rest of what is there.
    fn goes_on(&self, headers: &HeaderMap) -> bool {
        let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let range = range.and_then(|range| range.trim().strip_prefix("bytes "));
        let Some((place, length)) = range.and_then(|range| range.split_once('/')) else { return false };
        let Some((from, to)) = place.split_once('-') else { return false };
        let (from, to) = (from.trim().parse::<u64>().ok(), to.trim().parse::<u64>().ok());
        let fits = |end: u64| self.length.is_none_or(|length| end == length);
        let ends = to.is_some_and(|to| fits(to.saturating_add(1)));
        let whole = length.trim() == "*" || length.trim().parse::<u64>().is_ok_and(fits);
        let same = headers.get(ETAG).is_none_or(|tag| {
            self.validator.as_ref().is_none_or(|known| !known.as_bytes().starts_with(b"\"") || tag == known)
        });
        from == Some(self.got) && ends && whole && same && !headers.contains_key(CONTENT_ENCODING)
    }
}

/// What stands for the very bytes of an answer.
fn validator(headers: &HeaderMap) -> Option<HeaderValue> {
    if headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    if headers.get(ACCEPT_RANGES).is_some_and(|ranges| ranges.as_bytes().eq_ignore_ascii_case(b"none")) {
        return None;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(tag) = headers.get(ETAG) {
        return tag.as_bytes().starts_with(b"\"").then(|| tag.clone());
    }
    let changed = headers.get(LAST_MODIFIED)?;
    let (last, now) =
        (httpdate::parse_http_date(text(LAST_MODIFIED)?), httpdate::parse_http_date(text(DATE)?));
    let age = now.ok()?.duration_since(last.ok()?).ok()?;
    (age.as_secs() >= SETTLED_SECONDS).then(|| changed.clone())
}
