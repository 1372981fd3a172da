//! RFC 8878, with windows of at most 8 MiB as RFC 9659 has it for HTTP. Frames are decoded block by block, so that no more is held than a
//! window and a block, however much a frame says.

use std::io::Read;

use bytes::{Buf, Bytes, BytesMut};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Coding, Flaw};

const WINDOW: u64 = 8 * 1024 * 1024;
pub(super) const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// The largest block, and so the largest part of a frame that has to be there as a whole.
const BLOCK: usize = 128 * 1024;

#[derive(PartialEq)]
enum State {
    /// Before a frame.
    Frame,
    /// In a frame that is to be skipped; how many bytes are left.
    Skipped(u64),
    /// Before a block.
    Block,
    /// The last block is decoded, and some of it is still to be taken out.
    Last,
}

pub(super) struct Zstd {
    decoder: FrameDecoder,
    state: State,
    /// The part that has not come whole.
    held: BytesMut,
    checksum: bool,
    frames: u64,
}

impl Default for Zstd {
    fn default() -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { decoder, state: State::Frame, held: BytesMut::new(), checksum: false, frames: 0 }
    }
}

impl Zstd {
    /// Takes until so many bytes are held; whether they are.
    fn hold(&mut self, input: &mut Bytes, length: usize) -> bool {
        let missing = length.saturating_sub(self.held.len()).min(input.len());
        self.held.extend_from_slice(&input.split_to(missing));
        self.held.len() >= length
    }

    /// The bytes of a number that stands at a place, the lowest first.
    fn number(&self, at: usize, length: usize) -> u64 {
        let bytes = self.held.get(at..at + length).unwrap_or_default();
        bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// One step without output; whether there was enough input for it.
    fn step(&mut self, input: &mut Bytes) -> Result<bool, Flaw> {
        match self.state {
            State::Frame => {
                let start = |this: &Self| this.held.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic);
                if !self.hold(input, 4) {
                    return Ok(false);
                }
                if self.number(0, 4) & 0xFFFF_FFF0 == 0x184D_2A50 {
                    if !self.hold(input, 8) {
                        return Ok(false);
                    }
                    self.state = State::Skipped(self.number(4, 4));
                    self.held.clear();
                    return Ok(true);
                }
                if !start(self) {
                    let first = self.frames == 0;
                    return Err(if first {
                        Flaw::Damaged("it does not start as zstd does")
                    } else {
                        Flaw::Trailing
                    });
                }
                if !self.hold(input, 5) {
                    return Ok(false);
                }
                let descriptor = self.number(4, 1);
                let single = descriptor & 0x20 != 0;
                let window = usize::from(!single);
                let dictionary = match descriptor & 3 {
                    3 => 4,
                    bytes => usize::try_from(bytes).unwrap_or_default(),
                };
                let size = match descriptor >> 6 {
                    0 => usize::from(single),
                    power => 1 << power,
                };
                if !self.hold(input, 5 + window + dictionary + size) {
                    return Ok(false);
                }
                if dictionary > 0 && self.number(5 + window, dictionary) != 0 {
                    return Err(Flaw::Damaged("it wants a dictionary, which nobody agreed on"));
                }
                self.checksum = descriptor & 4 != 0;
                self.decoder
                    .reset(&*self.held)
                    .map_err(|_| Flaw::Damaged("its frame has a wrong header or a window over 8 MiB"))?;
                self.held.clear();
                self.state = State::Block;
                Ok(true)
            }
            State::Skipped(left) => {
                let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                input.advance(skipped);
                let left = left - skipped as u64;
                self.state = if left == 0 { State::Frame } else { State::Skipped(left) };
                self.frames += u64::from(left == 0);
                Ok(left == 0)
            }
            State::Block => {
                if !self.hold(input, 3) {
                    return Ok(false);
                }
                let header = self.number(0, 3);
                let (last, kind) = (header & 1 == 1, header >> 1 & 3);
                let size = usize::try_from(header >> 3).unwrap_or(usize::MAX);
                if size > BLOCK {
                    return Err(Flaw::Damaged("a block is larger than 128 KiB"));
                }
                let content = if kind == 1 { 1 } else { size };
                let checksum = if last && self.checksum { 4 } else { 0 };
                if !self.hold(input, 3 + content + checksum) {
                    return Ok(false);
                }
                self.decoder
                    .decode_blocks(&*self.held, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|_| Flaw::Damaged("its compressed data make no sense"))?;
                self.held.clear();
                self.state = if last { State::Last } else { State::Block };
                Ok(true)
            }
            State::Last => {
                let (said, found) =
                    (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
                if self.checksum && said != found {
                    return Err(Flaw::Damaged("its checksum is another one"));
                }
                self.frames += 1;
                self.state = State::Frame;
                Ok(true)
            }
        }
    }
}

impl Coding for Zstd {
    fn decode(&mut self, input: &mut Bytes, output: &mut [u8]) -> Result<usize, Flaw> {
        loop {
            let got =
                self.decoder.read(output).map_err(|_| Flaw::Damaged("its content cannot be taken out"))?;
            if got > 0 {
                return Ok(got);
            }
            if !self.step(input)? {
                return Ok(0);
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.frames > 0 && self.state == State::Frame && self.held.is_empty()
    }
}
