//! CSV: RFC 4180, with the delimiter and quote that the manifest declares.

use bytes::{Buf, Bytes};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::contract::{CsvDialect, FieldShape, Shape};

use super::{ObjectWriter, RecordProblem, object, scalar};

/// The most columns of a row; more is no table but an attack, or another format.
const COLUMNS: usize = 16 * 1024;

pub(super) struct Csv {
    reader: Reader,
    /// Names of the columns, once they are known.
    columns: Option<Vec<Column>>,
    shape: &'static Shape,
    cap: usize,
    /// The row so far, its fields one after another, and where each ends.
    text: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    fields: usize,
    /// Line on which the row began.
    line: u64,
    /// How much of a byte order mark has come; `None` once it is known whether there is one.
    mark: Option<usize>,
}

const BYTE_ORDER_MARK: [u8; 3] = *b"\xEF\xBB\xBF";

struct Column {
    name: String,
    shape: Shape,
    /// Whether an empty cell says nothing: no text, and not null either.
    left_out: bool,
}

impl Csv {
    pub(super) fn new(dialect: &CsvDialect, shape: &'static Shape, cap: usize) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(dialect.delimiter).quote(dialect.quote).double_quote(true);
        let declared = dialect.columns.iter().map(|name| column(name, shape)).collect::<Vec<_>>();
        Self {
            reader: builder.build(),
            columns: (!declared.is_empty()).then_some(declared),
            shape,
            cap,
            text: vec![0; 4096],
            written: 0,
            ends: vec![0; 64],
            fields: 0,
            line: 1,
            mark: Some(0),
        }
    }

    pub(super) fn next(&mut self, piece: &mut Bytes) -> Result<Option<Vec<u8>>, RecordProblem> {
        self.start(piece)?;
        while !piece.is_empty() {
            let (ended, taken) = self.read(piece)?;
            piece.advance(taken.min(piece.len()));
            if ended && let Some(record) = self.row()? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Leaves out a byte order mark, in whichever pieces it comes.
    fn start(&mut self, piece: &mut Bytes) -> Result<(), RecordProblem> {
        while let (Some(at), Some(byte)) = (self.mark, piece.first()) {
            if BYTE_ORDER_MARK.get(at) == Some(byte) {
                piece.advance(1);
                self.mark = Some(at + 1).filter(|at| *at < BYTE_ORDER_MARK.len());
            } else {
                self.unmark()?;
            }
        }
        Ok(())
    }

    /// What looked like a mark was the start of the first cell.
    fn unmark(&mut self) -> Result<(), RecordProblem> {
        let start = self.mark.take().and_then(|at| BYTE_ORDER_MARK.get(..at)).unwrap_or_default();
        // To the reader no bytes are the end of the text.
        if start.is_empty() { Ok(()) } else { self.read(start).map(|_| ()) }
    }

    pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, RecordProblem> {
        self.unmark()?;
        // A line feed ends the last row, which many writers leave open; within quotes it is only one more character.
        let (mut ended, _) = self.read(b"\n")?;
        if !ended {
            if self.written > 1 || self.fields > 0 {
                return Err(RecordProblem::Cut);
            }
            ended = self.read(b"")?.0;
        }
        if ended { self.row() } else { Ok(None) }
    }

    /// Reads into the row: whether it has ended, and how much was taken.
    fn read(&mut self, input: &[u8]) -> Result<(bool, usize), RecordProblem> {
        let mut taken = 0;
        loop {
            let mut rest = input.get(taken..).unwrap_or_default();
            if self.written == 0 && self.fields == 0 {
                self.line = self.reader.line();
                // Empty lines are no part of the row after them, whose line is to be told. So they are read one by one.
                if let Some(end @ [b'\n' | b'\r']) = rest.get(..1) {
                    rest = end;
                }
            }
            let text = self.text.get_mut(self.written..).unwrap_or_default();
            let ends = self.ends.get_mut(self.fields..).unwrap_or_default();
            let (result, read, written, fields) = self.reader.read_record(rest, text, ends);
            taken += read;
            self.written += written;
            self.fields += fields;
            if self.written > self.cap {
                return Err(RecordProblem::TooLarge);
            }
            match result {
                ReadRecordResult::OutputFull => {
                    let length = self.text.len().saturating_mul(2).min(self.cap.saturating_add(1));
                    self.text.resize(length, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() >= COLUMNS => {
                    return Err(self.bad(format!("a row has more than {COLUMNS} columns")));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty if taken < input.len() => {}
                ReadRecordResult::InputEmpty => return Ok((false, taken)),
                ReadRecordResult::Record => return Ok((true, taken)),
                ReadRecordResult::End => return Ok((false, taken)),
            }
        }
    }

    fn bad(&self, problem: impl Into<String>) -> RecordProblem {
        RecordProblem::Bad { line: self.line, problem: problem.into(), came: None }
    }

    /// The row that has ended, as a record; `None` for the header.
    fn row(&mut self) -> Result<Option<Vec<u8>>, RecordProblem> {
        let (fields, written) = (self.fields, self.written);
        (self.fields, self.written) = (0, 0);
        let text = self.text.get(..written).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| self.bad("it is not UTF-8; only UTF-8 is read"))?;
        let ends = self.ends.get(..fields).unwrap_or_default();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let cells = starts.zip(ends).map(|(from, to)| text.get(from..*to));
        let cells: Option<Vec<&str>> = cells.collect();
        let cells = cells.ok_or_else(|| self.bad("it is not UTF-8; only UTF-8 is read"))?;
        let Some(columns) = &self.columns else {
            let mut columns: Vec<Column> = Vec::with_capacity(cells.len());
            for name in cells {
                if columns.iter().any(|column| column.name == name) {
                    return Err(self.bad(format!("the header names the column `{name}` twice")));
                }
                columns.push(column(name, self.shape));
            }
            self.columns = Some(columns);
            return Ok(None);
        };
        if cells.len() != columns.len() {
            let (found, expected) = (cells.len(), columns.len());
            let problem = format!("the row has {found} columns where {expected} are named");
            return Err(RecordProblem::Bad {
                line: self.line,
                problem,
                came: serde_json::to_vec(&cells).ok(),
            });
        }
        let mut record = ObjectWriter::new();
        for (column, cell) in columns.iter().zip(cells) {
            if !(cell.is_empty() && column.left_out) {
                record.field(&column.name, &scalar(cell, &column.shape));
            }
        }
        Ok(Some(record.finish()))
    }
}

fn column(name: &str, shape: &Shape) -> Column {
    let known = object(shape).and_then(|object| object.fields.iter().find(|field| field.name == name));
    let values = match (known, shape) {
        (Some(FieldShape { shape, .. }), _) => *shape,
        (None, Shape::Map(values)) => **values,
        (None, _) => Shape::Any,
    };
    let is_text = matches!(values, Shape::Any | Shape::String(_) | Shape::Enum(_) | Shape::Union(_));
    let left_out = !is_text && !matches!(values, Shape::Nullable(_));
    Column { name: name.to_owned(), shape: values, left_out }
}
