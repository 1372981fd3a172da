//! A body, read record by record.

use std::collections::VecDeque;
use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::client::{ByteStream, Client, Response, is_out_of_proportion};
use crate::contract::{Format, Stream};
use crate::encoding::Decoder;
use crate::error::{Error, ErrorKind};
use crate::project;
use crate::records::{RecordProblem, RecordReader};

use super::super::Unreadable;
use super::{BATCH_BYTES, BATCH_RECORDS};

/// The records of one body.
pub(super) struct Records {
    client: Client,
    bytes: Unpacked,
    /// `None` for a JSON document, which is read whole.
    reader: Option<RecordReader>,
    stream: &'static Stream,
    piece: Bytes,
    /// What is left of a JSON document's records.
    whole: Option<VecDeque<Vec<u8>>>,
    ended: bool,
    /// Whether a record that cannot be read is handed out as one that cannot, if the next can.
    keeps_unreadable: bool,
    /// Whether one of its records could be read.
    has_readable: bool,
}

/// Records of a body.
pub(super) struct Found {
    /// As a list of JSON.
    pub(super) body: Bytes,
    pub(super) records: u64,
    pub(super) unreadable: Vec<Unreadable>,
    /// Whether they are the last.
    pub(super) ended: bool,
}

enum Item {
    Record(Vec<u8>),
    Unreadable(Unreadable),
}

impl Records {
    pub(super) fn new(
        client: &Client,
        response: Response<ByteStream>,
        format: &'static Format,
        stream: &'static Stream,
        keeps_unreadable: bool,
    ) -> Result<Self, Error> {
        let declared = response.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let declared = declared.unwrap_or_default().to_ascii_lowercase();
        let (expected, misfit) = match format {
            Format::Json => ("JSON", "html"),
            Format::JsonLines => ("lines of JSON", "html"),
            Format::Csv(_) => ("CSV", "json"),
            Format::Xml(_) => ("XML", "json"),
        };
        // An error that came with 200, or a login page.
        if declared.contains(misfit) || (declared.contains("html") && !declared.contains("xhtml")) {
            let kind = ErrorKind::ContentType { expected, found: declared, excerpt: String::new() };
            return Err(response.locate(Error::new(kind)));
        }
        let reader = RecordReader::new(format, &stream.shape, client.caps().item);
        let bytes = Unpacked::new(client, response.body, expected);
        Ok(Self {
            client: client.clone(),
            bytes,
            reader,
            stream,
            piece: Bytes::new(),
            whole: None,
            ended: false,
            keeps_unreadable,
            has_readable: false,
        })
    }

    /// The next records.
    pub(super) async fn batch(&mut self) -> Result<Found, Error> {
        let mut body = BytesMut::from(&b"["[..]);
        let (mut records, mut unreadable, mut held) = (0, Vec::new(), 0);
        while records + (unreadable.len() as u64) < BATCH_RECORDS && body.len() + held < BATCH_BYTES {
            match self.next().await? {
                Some(Item::Record(record)) => {
                    if records > 0 {
                        body.extend_from_slice(b",");
                    }
                    body.extend_from_slice(&record);
                    records += 1;
                }
                Some(Item::Unreadable(record)) => {
                    held += record.came.len();
                    unreadable.push(record);
                }
                None => break,
            }
        }
        body.extend_from_slice(b"]");
        self.has_readable |= records > 0;
        // A body without one readable record is none of its format, and must not pass for an empty list.
        if let Some(Unreadable { why, .. }) = unreadable.first().filter(|_| !self.has_readable) {
            let (place, cause) =
                (String::new(), format!("none of its records can be read; the first: {why}"));
            return Err(self.bytes.stream.locate(ErrorKind::Decode { place, cause, excerpt: String::new() }));
        }
        Ok(Found { body: body.freeze(), records, unreadable, ended: self.ended })
    }

    async fn next(&mut self) -> Result<Option<Item>, Error> {
        if self.reader.is_none() {
            return Ok(self.next_of_document().await?.map(Item::Record));
        }
        loop {
            let Some(reader) = self.reader.as_mut().filter(|_| !self.ended) else { return Ok(None) };
            match reader.next(&mut self.piece) {
                Ok(Some(record)) => return Ok(Some(Item::Record(record))),
                Ok(None) => {}
                Err(problem) => return self.unreadable(problem).map(Some),
            }
            match self.bytes.next().await? {
                Some(piece) => self.piece = piece,
                None => {
                    self.ended = true;
                    return match reader.finish() {
                        Ok(record) => Ok(record.map(Item::Record)),
                        Err(problem) => self.unreadable(problem).map(Some),
                    };
                }
            }
        }
    }

    /// A record that cannot be read, if the next can and somebody keeps it.
    fn unreadable(&self, problem: RecordProblem) -> Result<Item, Error> {
        match problem {
            RecordProblem::Bad { line, problem, came: Some(came) } if self.keeps_unreadable => {
                // It was JSON when it was made.
                let came = String::from_utf8(came).unwrap_or_default();
                let problem = self.client.0.redactor.scrub(&problem);
                Ok(Item::Unreadable(Unreadable { came, why: format!("line {line}: {problem}") }))
            }
            problem => Err(self.problem(problem)),
        }
    }

    /// The next record of a JSON document, which is read whole, within the cap of bodies that are.
    async fn next_of_document(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.whole.is_none() {
            let (mut document, limit) = (BytesMut::new(), self.client.caps().body);
            while let Some(piece) = self.bytes.next().await? {
                document.extend_from_slice(&piece);
                if document.len() as u64 > limit {
                    return Err(self.bytes.stream.locate(ErrorKind::TooLarge { limit }));
                }
            }
            let document = document.freeze();
            let records = project::records(&document, self.stream.records);
            let records = records.map_err(|error| {
                let redactor = &self.client.0.redactor;
                let kind = match error {
                    project::ProjectError::Json(error) => {
                        crate::client::decode_error(redactor, String::new(), &document, &error)
                    }
                    other => ErrorKind::Decode {
                        place: String::new(),
                        cause: other.to_string(),
                        excerpt: redactor.excerpt(&document),
                    },
                };
                self.bytes.stream.locate(kind)
            })?;
            self.whole = Some(records.into_iter().map(|record| record.get().as_bytes().to_vec()).collect());
        }
        let left = self.whole.as_mut();
        let next = left.and_then(VecDeque::pop_front);
        self.ended = self.whole.as_ref().is_some_and(VecDeque::is_empty);
        Ok(next)
    }

    fn problem(&self, problem: RecordProblem) -> Error {
        match problem {
            RecordProblem::TooLarge => {
                self.bytes.stream.locate(ErrorKind::ItemTooLarge { limit: self.client.caps().item })
            }
            RecordProblem::Cut => self.bytes.stream.truncated(),
            RecordProblem::Bad { line, problem, .. } => {
                let cause = self.client.0.redactor.scrub(&problem);
                let place = format!("line {line}");
                self.bytes.stream.locate(ErrorKind::Decode { place, cause, excerpt: String::new() })
            }
        }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Records").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// The bytes of a file, which may be gzip whatever the answer's head says: none of the formats starts as gzip does.
struct Unpacked {
    stream: ByteStream,
    state: Packing,
    /// What is still to be decoded.
    input: Bytes,
    got: u64,
    given: u64,
    ratio: u64,
    expected: &'static str,
}

enum Packing {
    /// The first bytes, until it is known.
    Unknown(BytesMut),
    None,
    Gzip(Decoder),
}

impl Unpacked {
    fn new(client: &Client, stream: ByteStream, expected: &'static str) -> Self {
        let state = Packing::Unknown(BytesMut::new());
        Self { stream, state, input: Bytes::new(), got: 0, given: 0, ratio: client.caps().ratio, expected }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Packing::Gzip(decoder) = &mut self.state {
                let piece = decoder.next(&mut self.input).map_err(|flaw| {
                    self.stream.locate(ErrorKind::Damaged { encoding: "gzip", problem: flaw.to_string() })
                })?;
                if let Some(piece) = piece {
                    self.given += piece.len() as u64;
                    if is_out_of_proportion(self.given, self.got, self.ratio) {
                        let (limit, got, given) = (self.ratio, self.got, self.given);
                        return Err(self.stream.locate(ErrorKind::Expansion { limit, got, given }));
                    }
                    return Ok(Some(piece));
                }
            }
            let piece = self.stream.next().await.transpose()?;
            self.got += piece.as_ref().map_or(0, |piece| piece.len() as u64);
            match (&mut self.state, piece) {
                (Packing::None, piece) => return Ok(piece),
                (Packing::Gzip(_), Some(piece)) => self.input = piece,
                (Packing::Gzip(decoder), None) => {
                    return if decoder.is_whole() { Ok(None) } else { Err(self.stream.truncated()) };
                }
                (Packing::Unknown(held), Some(piece)) => {
                    held.extend_from_slice(&piece);
                    if held.len() < 16 {
                        continue;
                    }
                    if let Some(piece) = self.settle()? {
                        return Ok(Some(piece));
                    }
                }
                (Packing::Unknown(_), None) => match self.settle()? {
                    Some(piece) => return Ok(Some(piece)),
                    None => continue,
                },
            }
        }
    }

    /// What the first bytes are: what of them is content.
    fn settle(&mut self) -> Result<Option<Bytes>, Error> {
        let Packing::Unknown(held) = std::mem::replace(&mut self.state, Packing::None) else {
            return Ok(None);
        };
        if held.starts_with(b"\x1F\x8B") {
            self.state = Packing::Gzip(Decoder::gzip());
            self.input = held.freeze();
            return Ok(None);
        }
        let start = String::from_utf8_lossy(held.trim_ascii_start()).to_ascii_lowercase();
        if start.starts_with("<!doctype html") || start.starts_with("<html") {
            let (found, expected) = ("markup".to_owned(), self.expected);
            let kind = ErrorKind::ContentType { expected, found, excerpt: String::new() };
            return Err(self.stream.locate(kind));
        }
        Ok((!held.is_empty()).then(|| held.freeze()))
    }
}
