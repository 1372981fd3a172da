//! RFC 1952. Members follow one another; the checksum and length of each are compared.

use bytes::{Buf, Bytes};
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Coding, Flaw};

/// Where in a member the reading is.
enum State {
    /// In the ten bytes that each header starts with; how many have come.
    Fixed(usize),
    /// In the length of the extra field.
    ExtraLength(usize),
    /// In the extra field; how many bytes are left.
    Extra(usize),
    /// In the file's name.
    Name,
    /// In the comment.
    Comment,
    /// In the header's checksum.
    HeaderChecksum(usize),
    /// In the compressed data.
    Data,
    /// In the checksum and length.
    Trailer(usize),
}

pub(super) struct Gzip {
    state: State,
    flags: u8,
    /// The extra field's length, then the trailer.
    number: u64,
    data: Decompress,
    checksum: Crc,
    members: u64,
}

impl Default for Gzip {
    fn default() -> Self {
        Self {
            state: State::Fixed(0),
            flags: 0,
            number: 0,
            data: Decompress::new(false),
            checksum: Crc::new(),
            members: 0,
        }
    }
}

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEADER_CHECKSUM: u8 = 2;
const RESERVED: u8 = 0xE0;

impl Gzip {
    /// One byte of a header or trailer.
    fn byte(&mut self, byte: u8) -> Result<(), Flaw> {
        self.state = match self.state {
            State::Fixed(at) => {
                match (at, byte) {
                    (0, 0x1F) | (1, 0x8B) | (2, 8) => {}
                    (0..=2, _) if self.members > 0 => return Err(Flaw::Trailing),
                    (0..=2, _) => return Err(Flaw::Damaged("it does not start as gzip does")),
                    (3, flags) if flags & RESERVED != 0 => {
                        return Err(Flaw::Damaged("its header has flags that nobody defined"));
                    }
                    (3, flags) => self.flags = flags,
                    _ => {}
                }
                if at == 9 { self.after(0) } else { State::Fixed(at + 1) }
            }
            State::ExtraLength(at) => {
                self.number |= u64::from(byte) << (8 * at);
                match (at, self.number) {
                    (0, _) => State::ExtraLength(1),
                    (_, 0) => self.after(EXTRA),
                    (_, length) => State::Extra(usize::try_from(length).unwrap_or_default()),
                }
            }
            State::Extra(left) if left > 1 => State::Extra(left - 1),
            State::Extra(_) => self.after(EXTRA),
            State::Name if byte != 0 => State::Name,
            State::Name => self.after(NAME),
            State::Comment if byte != 0 => State::Comment,
            State::Comment => self.after(COMMENT),
            State::HeaderChecksum(0) => State::HeaderChecksum(1),
            State::HeaderChecksum(_) => self.after(HEADER_CHECKSUM),
            State::Data => State::Data,
            State::Trailer(at) => {
                self.number |= u64::from(byte) << (8 * at);
                if at < 7 {
                    State::Trailer(at + 1)
                } else {
                    let expected = u64::from(self.checksum.amount()) << 32 | u64::from(self.checksum.sum());
                    if self.number != expected {
                        return Err(Flaw::Damaged("its checksum or length is another one"));
                    }
                    self.members += 1;
                    self.data.reset(false);
                    self.checksum.reset();
                    State::Fixed(0)
                }
            }
        };
        Ok(())
    }

    /// What follows a part of the header; 0 for its fixed part.
    fn after(&mut self, part: u8) -> State {
        self.number = 0;
        let order = [EXTRA, NAME, COMMENT, HEADER_CHECKSUM];
        let rest = order.iter().skip(order.iter().position(|one| *one == part).map_or(0, |at| at + 1));
        match rest.copied().find(|one| self.flags & one != 0) {
            Some(EXTRA) => State::ExtraLength(0),
            Some(NAME) => State::Name,
            Some(COMMENT) => State::Comment,
            Some(_) => State::HeaderChecksum(0),
            None => State::Data,
        }
    }
}

impl Coding for Gzip {
    fn decode(&mut self, input: &mut Bytes, output: &mut [u8]) -> Result<usize, Flaw> {
        while !matches!(self.state, State::Data) {
            if input.is_empty() {
                return Ok(0);
            }
            self.byte(input.get_u8())?;
        }
        let (got, ended) = inflate(&mut self.data, input, output)?;
        self.checksum.update(output.get(..got).unwrap_or_default());
        if ended {
            self.number = 0;
            self.state = State::Trailer(0);
        }
        Ok(got)
    }

    fn is_whole(&self) -> bool {
        self.members > 0 && matches!(self.state, State::Fixed(0))
    }
}

/// One step of deflate: how much of the output is filled, and whether the data have ended.
pub(super) fn inflate(
    data: &mut Decompress,
    input: &mut Bytes,
    output: &mut [u8],
) -> Result<(usize, bool), Flaw> {
    let (read, written) = (data.total_in(), data.total_out());
    let status = data
        .decompress(input, output, FlushDecompress::None)
        .map_err(|_| Flaw::Damaged("its compressed data make no sense"))?;
    let taken = usize::try_from(data.total_in() - read).unwrap_or(usize::MAX).min(input.len());
    input.advance(taken);
    let got = usize::try_from(data.total_out() - written).unwrap_or(usize::MAX).min(output.len());
    Ok((got, status == Status::StreamEnd))
}
