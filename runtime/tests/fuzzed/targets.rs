//! What holds for every body, whatever its bytes. The fuzz targets (`fuzz/`) call these with what they make up, `cargo test --test fuzzed` with
//! what stands beside this file. The first byte of an input chooses the format or coding, the second the size of the pieces.

#![allow(unreachable_pub, reason = "the fuzz targets use it from a crate of their own")]

use linchpin_runtime::Bytes;
use linchpin_runtime::contract::{CsvDialect, FieldShape, Format, ObjectShape, Shape, XmlLayout, XmlName};
use linchpin_runtime::records::{RecordProblem, RecordReader};
use linchpin_runtime::testing::decoded;

/// A function that panics where something does not hold.
pub type Target = fn(&[u8]);

/// All of them, by the name of their fuzz target and of their folder of inputs.
pub const TARGETS: [(&str, Target); 2] = [("records", records), ("decode", decode)];

static FORMATS: [Format; 4] = [
    Format::JsonLines,
    Format::Csv(CsvDialect { delimiter: b',', quote: b'"', columns: &[] }),
    Format::Csv(CsvDialect { delimiter: b';', quote: b'\'', columns: &["id", "tags"] }),
    Format::Xml(XmlLayout {
        record: &["a", "b"],
        names: &[
            XmlName { object: "Row", field: "id", name: "i", attribute: true, wrapped: false },
            XmlName { object: "Row", field: "tags", name: "t", attribute: false, wrapped: true },
        ],
    }),
];

static ROW: ObjectShape = ObjectShape {
    name: "Row",
    fields: &[
        FieldShape::new("id", Shape::Nullable(&Shape::Integer), 0),
        FieldShape::new("tags", Shape::Array(&Shape::String("")), 0),
        FieldShape::new("open", Shape::Boolean, 0),
    ],
    additional: None,
};
static SHAPES: [Shape; 2] = [Shape::Any, Shape::Object(&ROW)];

/// The longest record.
const CAP: u64 = 4_000;

/// Records are JSON and no longer than what they are made of allows; the same ones come in whichever pieces.
pub fn records(data: &[u8]) {
    let [kind, size, text @ ..] = data else { return };
    let format = &FORMATS[usize::from(*kind) % FORMATS.len()];
    let shape = &SHAPES[usize::from(*kind) / FORMATS.len() % SHAPES.len()];
    let whole = read(format, shape, &[text]);
    let pieces: Vec<&[u8]> = text.chunks(usize::from(*size).max(1)).collect();
    assert_eq!(whole, read(format, shape, &pieces), "the same in any pieces");
    for record in &whole.0 {
        // Numbers beyond what a double holds are JSON.
        let value: Result<&linchpin_runtime::RawValue, _> = serde_json::from_slice(record);
        assert!(value.is_ok(), "a record is JSON: {}", String::from_utf8_lossy(record));
    }
}

fn read(
    format: &'static Format,
    shape: &'static Shape,
    pieces: &[&[u8]],
) -> (Vec<Vec<u8>>, Option<RecordProblem>) {
    let mut reader = RecordReader::new(format, shape, CAP).expect("a format with records");
    let mut records = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        loop {
            match reader.next(&mut piece) {
                Ok(Some(record)) => records.push(record),
                Ok(None) => break,
                Err(problem) => return (records, Some(problem)),
            }
        }
        assert!(piece.is_empty(), "a piece is used up");
    }
    match reader.finish() {
        Ok(last) => {
            records.extend(last);
            (records, None)
        }
        Err(problem) => (records, Some(problem)),
    }
}

/// A body is decoded or damaged, alike in whichever pieces, and never grows without bound.
pub fn decode(data: &[u8]) {
    let [kind, size, body @ ..] = data else { return };
    let coding = ["gzip", "deflate", "br", "zstd"][usize::from(*kind) % 4];
    let limit = 4 * 1024 * 1024;
    let whole = decoded(coding, &[body], limit);
    let pieces: Vec<&[u8]> = body.chunks(usize::from(*size).max(1)).collect();
    let again = decoded(coding, &pieces, limit);
    assert_eq!(whole.is_ok(), again.is_ok(), "{whole:?} {again:?}");
    if let (Ok(one), Ok(other)) = (whole, again) {
        assert!(one == other, "the same in any pieces");
    }
}
