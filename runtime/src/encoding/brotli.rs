//! RFC 7932, with windows of at most 16 MiB: those of the large-window extension are refused.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::{Buf, Bytes};

use super::{Coding, Flaw};

pub(super) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    ended: bool,
}

impl Default for Brotli {
    fn default() -> Self {
        let memory = StandardAlloc::default;
        Self { state: Box::new(BrotliState::new_strict(memory(), memory(), memory())), ended: false }
    }
}

impl Coding for Brotli {
    fn decode(&mut self, input: &mut Bytes, output: &mut [u8]) -> Result<usize, Flaw> {
        if self.ended {
            return if input.is_empty() { Ok(0) } else { Err(Flaw::Trailing) };
        }
        let (mut left, mut taken) = (input.len(), 0);
        let (mut room, mut got, mut total) = (output.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            input,
            &mut room,
            &mut got,
            output,
            &mut total,
            &mut self.state,
        );
        input.advance(taken.min(input.len()));
        match result {
            BrotliResult::ResultFailure => Err(Flaw::Damaged("its compressed data make no sense")),
            BrotliResult::ResultSuccess => {
                self.ended = true;
                Ok(got)
            }
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(got),
        }
    }

    fn is_whole(&self) -> bool {
        self.ended
    }
}
