//! Content codings of answers (RFC 9110, 8.4): `gzip`, `br` and `zstd`, which the client asks for, and `deflate`, which some servers send
//! anyway. Pure: bytes of the wire go in, bytes of the body come out, a bounded piece at a time. Where a body ends before its coding does is
//! told, and so is everything that follows the end.

mod brotli;
mod deflate;
mod gzip;
#[cfg(test)]
mod tests;
mod zstd;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// What is asked for with `Accept-Encoding`.
pub(crate) const ACCEPTED: &str = "gzip, br, zstd";

/// The most that one step gives.
const PIECE: usize = 64 * 1024;

/// What is wrong with an encoded body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    /// It is not what its coding says.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// Something that is not of the coding follows its end.
    #[error("something else follows its end")]
    Trailing,
}

/// One coding.
trait Coding: Send {
    /// Takes from `input`, and says how much of `output` it has filled. Nothing filled of nothing left means that more input is needed.
    fn decode(&mut self, input: &mut Bytes, output: &mut [u8]) -> Result<usize, Flaw>;

    /// Whether the body may end here.
    fn is_whole(&self) -> bool;
}

/// Decodes one body.
pub(crate) struct Decoder {
    name: &'static str,
    coding: Box<dyn Coding>,
    buffer: BytesMut,
}

impl Decoder {
    /// The decoder that an answer's head asks for; `None` for a body that comes as it is.
    ///
    /// # Errors
    /// The codings that nothing here decodes: unknown ones, and several upon each other, which only those send who want to be expensive.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, String> {
        let mut named = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            let codings = text.split(',').map(str::trim);
            named.extend(codings.filter(|name| !matches!(*name, "" | "identity")).map(str::to_owned));
        }
        match named.as_slice() {
            [] => Ok(None),
            [one] => Self::named(one).map(Some).ok_or_else(|| one.clone()),
            several => Err(several.join(", ")),
        }
    }

    fn named(name: &str) -> Option<Self> {
        let (name, coding): (_, Box<dyn Coding>) = match name {
            "gzip" | "x-gzip" => ("gzip", Box::<gzip::Gzip>::default()),
            "deflate" => ("deflate", Box::<deflate::Deflate>::default()),
            "br" => ("br", Box::<brotli::Brotli>::default()),
            "zstd" => ("zstd", Box::<zstd::Zstd>::default()),
            _ => return None,
        };
        Some(Self { name, coding, buffer: BytesMut::new() })
    }

    /// A decoder of gzip, for files that are gzip whatever their answer's head says.
    pub(crate) fn gzip() -> Self {
        Self { name: "gzip", coding: Box::<gzip::Gzip>::default(), buffer: BytesMut::new() }
    }

    /// The coding's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Takes from the input until a piece has come out; `None` when the input is used up.
    pub(crate) fn next(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Flaw> {
        self.buffer.resize(PIECE, 0);
        let mut filled = 0;
        loop {
            let room = self.buffer.get_mut(filled..).unwrap_or_default();
            if room.is_empty() {
                break;
            }
            let before = input.len();
            let got = self.coding.decode(input, room)?;
            filled += got;
            if got == 0 && input.is_empty() {
                break;
            }
            if got == 0 && input.len() == before {
                return Err(Flaw::Damaged("it leads nowhere"));
            }
        }
        Ok((filled > 0).then(|| self.buffer.split_to(filled).freeze()))
    }

    /// Whether the body may end here.
    pub(crate) fn is_whole(&self) -> bool {
        self.coding.is_whole()
    }
}
