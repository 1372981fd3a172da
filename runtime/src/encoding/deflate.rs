//! `deflate`: RFC 1950, which the standard means by the name, or RFC 1951 alone, which many servers send instead. The first byte tells.

use bytes::Bytes;
use flate2::Decompress;

use super::gzip::inflate;
use super::{Coding, Flaw};

#[derive(Default)]
pub(super) struct Deflate {
    data: Option<Decompress>,
    ended: bool,
}

impl Coding for Deflate {
    fn decode(&mut self, input: &mut Bytes, output: &mut [u8]) -> Result<usize, Flaw> {
        let Some(first) = input.first().copied().or(self.data.as_ref().map(|_| 0)) else { return Ok(0) };
        if self.ended {
            return if input.is_empty() { Ok(0) } else { Err(Flaw::Trailing) };
        }
        // A zlib header names method 8 and a window of at most 32 KB; a block of deflate does not start with those bits together.
        let zlib = first & 0x0F == 8 && first >> 4 <= 7;
        let data = self.data.get_or_insert_with(|| Decompress::new(zlib));
        let (got, ended) = inflate(data, input, output)?;
        self.ended = ended;
        Ok(got)
    }

    fn is_whole(&self) -> bool {
        self.ended
    }
}
