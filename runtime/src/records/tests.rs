//! Records in whichever pieces they come: what they become, and what is said of those that are none.

use bytes::Bytes;
use proptest::prelude::{prop_assert_eq, proptest};
use proptest::strategy::Strategy as Made;
use serde_json::{Value, json};

use crate::contract::*;

use super::{RecordProblem, RecordReader};

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// What comes of pieces: records as text, and what ended it.
fn read(format: &'static Format, shape: &'static Shape, cap: u64, pieces: &[&[u8]]) -> (Vec<String>, String) {
    let mut reader = RecordReader::new(format, shape, cap).unwrap();
    let mut records = Vec::new();
    let text = |record: Vec<u8>| {
        let text = String::from_utf8(record).unwrap();
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        text
    };
    let ended = |problem: RecordProblem| match problem {
        RecordProblem::TooLarge => "too large".to_owned(),
        RecordProblem::Cut => "cut".to_owned(),
        RecordProblem::Bad { line, problem, .. } => format!("line {line}: {problem}"),
    };
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        loop {
            match reader.next(&mut piece) {
                Ok(Some(record)) => records.push(text(record)),
                Ok(None) => break,
                Err(problem) => return (records, ended(problem)),
            }
        }
    }
    loop {
        match reader.finish() {
            Ok(Some(record)) => records.push(text(record)),
            Ok(None) => return (records, "end".to_owned()),
            Err(problem) => return (records, ended(problem)),
        }
    }
}

/// A text whole, byte by byte, and cut in two at each place: the result has to be the same.
#[track_caller]
fn assert_records(format: &'static Format, shape: &'static Shape, text: &[u8], expected: &[&str], end: &str) {
    let label = String::from_utf8_lossy(text).into_owned();
    let whole = read(format, shape, 1_000, &[text]);
    assert_eq!(whole.0, expected, "{label}");
    assert!(whole.1 == end || (end.len() > 3 && whole.1.contains(end)), "{label}: {} is not {end}", whole.1);
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    assert_eq!(read(format, shape, 1_000, &bytes), whole, "{label}, byte by byte");
    for at in 0..text.len() {
        let (before, after) = text.split_at(at);
        assert_eq!(read(format, shape, 1_000, &[before, after]), whole, "{label}, cut at {at}");
    }
}

const fn csv(delimiter: u8, quote: u8, columns: &'static [&'static str]) -> Format {
    Format::Csv(CsvDialect { delimiter, quote, columns })
}

static PLAIN: Format = csv(b',', b'"', &[]);
static SEMICOLONS: Format = csv(b';', b'\'', &[]);
static NAMED: Format = csv(b',', b'"', &["id", "name"]);

static ROW: ObjectShape = ObjectShape {
    name: "Row",
    fields: &[
        FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
        FieldShape::new("price", Shape::Number, 0),
        FieldShape::new("open", Shape::Boolean, 0),
        FieldShape::new("name", Shape::String(""), 0),
        FieldShape::new("note", Shape::Nullable(&Shape::String("")), 0),
        FieldShape::new("tags", Shape::Array(&Shape::String("")), 0),
    ],
    additional: None,
};
static TYPED: Shape = Shape::Object(&ROW);

#[test]
fn rows_are_objects_of_their_columns() {
    /// Format, shape, body, records, and what ends them.
    type Case<'c> = (&'static Format, &'static Shape, &'c [u8], &'c [&'c str], &'c str);
    let cases: &[Case<'_>] = &[
        (
            &PLAIN,
            &Shape::Any,
            b"id,name\n1,a\n2,b\n",
            &[r#"{"id":"1","name":"a"}"#, r#"{"id":"2","name":"b"}"#],
            "end",
        ),
        // The last line need not end, and lines may end as on any system.
        (&PLAIN, &Shape::Any, b"id\r\n1\r\n2", &[r#"{"id":"1"}"#, r#"{"id":"2"}"#], "end"),
        (&PLAIN, &Shape::Any, b"\xEF\xBB\xBFid\n1\n", &[r#"{"id":"1"}"#], "end"),
        (&PLAIN, &Shape::Any, b"", &[], "end"),
        (&PLAIN, &Shape::Any, b"id,name\n", &[], "end"),
        (&PLAIN, &Shape::Any, b"id,name", &[], "end"),
        (&PLAIN, &Shape::Any, b"id\n\n1\n\n", &[r#"{"id":"1"}"#], "end"),
        // Quotes.
        (&PLAIN, &Shape::Any, b"a,b\n\"x,\"\"y\"\"\nz\",\"\"\n", &[r#"{"a":"x,\"y\"\nz","b":""}"#], "end"),
        (&SEMICOLONS, &Shape::Any, b"a;b\n'x;''y';\"z\"\n", &[r#"{"a":"x;'y","b":"\"z\""}"#], "end"),
        // No word is a null, and no number loses its zeros, where nobody says what a column holds.
        (&PLAIN, &Shape::Any, b"a,b\nNA,007\n", &[r#"{"a":"NA","b":"007"}"#], "end"),
        (&NAMED, &Shape::Any, b"1,a\n", &[r#"{"id":"1","name":"a"}"#], "end"),
        // Types.
        (
            &PLAIN,
            &TYPED,
            b"id,price,open,name,note,tags,more\n12345678901234567890,1.50,TRUE,NA,,\"[\"\"x\"\"]\",1\n",
            &[
                r#"{"id":12345678901234567890,"price":1.50,"open":true,"name":"NA","note":null,"tags":["x"],"more":"1"}"#,
            ],
            "end",
        ),
        // What is no number is left to the type to refuse, and nothing is left out.
        (
            &PLAIN,
            &TYPED,
            b"id,price,open,name\nx,,maybe,\n",
            &[r#"{"id":"x","open":"maybe","name":""}"#],
            "end",
        ),
        // Rows that are none.
        (
            &PLAIN,
            &Shape::Any,
            b"a,b\n1,2\n3\n",
            &[r#"{"a":"1","b":"2"}"#],
            "line 3: the row has 1 columns where 2 are named",
        ),
        (
            &PLAIN,
            &Shape::Any,
            b"a\n1\n2,3\n",
            &[r#"{"a":"1"}"#],
            "line 3: the row has 2 columns where 1 are named",
        ),
        (&PLAIN, &Shape::Any, b"a,a\n1,2\n", &[], "line 1: the header names the column `a` twice"),
        (&PLAIN, &Shape::Any, b"a\n\xFF\n", &[], "line 2: it is not UTF-8"),
        (&PLAIN, &Shape::Any, b"\n\r\na\n\n\xFF\n", &[], "line 5: it is not UTF-8"),
        (&PLAIN, &Shape::Any, b"a,b\n1,\"2\n3\n", &[], "cut"),
        (&PLAIN, &Shape::Any, b"a,b\n1,\"", &[], "cut"),
    ];
    for (format, shape, text, expected, end) in cases {
        assert_records(format, shape, text, expected, end);
    }
}

#[test]
fn lines_of_json_are_records_as_they_stand() {
    let cases: &[(&[u8], &[&str], &str)] = &[
        (b"{\"id\":1.50}\n\n {\"id\":2} \n", &[r#"{"id":1.50}"#, r#"{"id":2}"#], "end"),
        (b"{\"id\":1}", &[r#"{"id":1}"#], "end"),
        (b"{\"id\":1}\n{\"id\":", &[r#"{"id":1}"#], "cut"),
        (b"{\"id\":1}\nnonsense\n{}\n", &[r#"{"id":1}"#], "line 2: expected ident"),
        (b"", &[], "end"),
    ];
    for (text, expected, end) in cases {
        assert_records(&Format::JsonLines, &Shape::Any, text, expected, end);
    }
}

static ENTRY: ObjectShape = ObjectShape {
    name: "Entry",
    fields: &[
        FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
        FieldShape::new("title", Shape::String(""), 0),
        FieldShape::new("tags", Shape::Array(&Shape::String("")), 0),
        FieldShape::new("people", Shape::Array(&Shape::Object(&PERSON)), 0),
        FieldShape::new("price", Shape::Nullable(&Shape::Number), 0),
    ],
    additional: None,
};
static PERSON: ObjectShape = ObjectShape {
    name: "Person",
    fields: &[FieldShape::new("name", Shape::String(""), 0)],
    additional: None,
};
static ENTRIES: Shape = Shape::Object(&ENTRY);
static FEED: Format = Format::Xml(XmlLayout {
    record: &["feed", "entry"],
    names: &[
        XmlName { object: "Entry", field: "id", name: "ID", attribute: true, wrapped: false },
        XmlName { object: "Entry", field: "tags", name: "tag", attribute: false, wrapped: false },
        XmlName { object: "Entry", field: "people", name: "people", attribute: false, wrapped: true },
    ],
});

#[test]
fn elements_are_objects_of_their_schema() {
    let cases: &[(&'static Shape, &[u8], &[&str], &str)] = &[
        (
            &ENTRIES,
            br#"<?xml version="1.0" encoding="UTF-8"?><!-- c > --><feed xmlns="urn:x" xmlns:p="urn:p"><title>no record</title>
               <p:entry ID="7" p:lang="de"><title>a &lt;b&gt; &#x41;<![CDATA[ <c> ]]></title><tag>x</tag><tag>y</tag>
               <people><person><name>Ada</name></person><person><name/></person></people><price>1.50</price></p:entry></feed>"#,
            &[r##"{"id":7,"title":"a <b> A <c> ","tags":["x","y"],"people":[{"name":"Ada"},{"name":""}],"price":1.50,"@lang":"de"}"##],
            "end",
        ),
        (&ENTRIES, b"<feed><entry ID='1'/></feed>\n", &[r#"{"id":1,"tags":[]}"#], "end"),
        (&ENTRIES, b"<feed><entry ID='1'><price nil='true'/><more a='1'>t</more></entry></feed>", &[r##"{"id":1,"tags":[],"price":null,"more":{"@a":"1","#text":"t"}}"##], "end"),
        (&ENTRIES, b"<feed></feed>", &[], "end"),
        (&ENTRIES, b"<other><entry ID='1'/></other>", &[], "end"),
        // Without a schema: texts, objects, lists where a name comes twice.
        (&Shape::Any, b"<feed><entry><a>1</a><b>x</b><b>y</b><c d='e'><f/></c></entry></feed>", &[r#"{"a":"1","b":["x","y"],"c":{"@d":"e","f":""}}"#], "end"),
        (&Shape::Any, b"<feed><entry>text</entry><entry/></feed>", &[r#""text""#, r#""""#], "end"),
        // What is refused.
        (&Shape::Any, b"<!DOCTYPE feed [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><feed><entry>&b;</entry></feed>", &[], "document type"),
        (&Shape::Any, b"<feed><entry>&b;</entry></feed>", &[], "line 1: "),
        (&Shape::Any, b"<feed>\n<entry></feed>", &[], "line 2: `feed` ends where `entry` is open"),
        (&Shape::Any, b"<feed><entry a='1' a='2'/></feed>", &[], "line 1: "),
        (&Shape::Any, b"<feed/><feed/>", &[], "second root"),
        (&Shape::Any, b"<feed/>text", &[], "follows the end"),
        (&Shape::Any, b"text<feed/>", &[], "outside of the root"),
        (&Shape::Any, b"<?xml version='1.0' encoding='ISO-8859-1'?><feed/>", &[], "iso-8859-1; only UTF-8"),
        (&Shape::Any, b"<feed><entry>\xFF</entry></feed>", &[], "not UTF-8"),
        (&Shape::Any, b"", &[], "cut"),
        (&Shape::Any, b"<feed><entry>a</entry>", &[r#""a""#], "cut"),
        (&Shape::Any, b"<feed><entry>a</ent", &[], "cut"),
    ];
    for (shape, text, expected, end) in cases {
        assert_records(&FEED, shape, text, expected, end);
    }
    let deep = format!("<feed>{}</feed>", "<entry>".repeat(100));
    let (_, end) = read(&FEED, &Shape::Any, 10_000, &[deep.as_bytes()]);
    assert!(end.contains("deeper than 64"), "{end}");
}

#[test]
fn a_body_that_is_cut_is_told_wherever_a_format_can_tell() {
    let table: [(&'static Format, &[u8]); 2] = [
        (&FEED, b"<feed><entry ID='1'><title>a</title></entry><entry ID='2'/></feed>"),
        (&PLAIN, b"id,name\n1,\"a\"\n2,\"b\""),
    ];
    for (format, text) in table {
        for length in 1..text.len() {
            let (_, end) = read(format, &Shape::Any, 1_000, &[&text[..length]]);
            // A row that ends at a line break, or has all its columns, is a whole one: only the length on the wire tells more.
            let row = std::str::from_utf8(&text[..length]).unwrap().lines().last().unwrap_or_default();
            let header = !text[..length].contains(&b'\n');
            let has_all = header || row.matches(',').count() == 1;
            let whole =
                matches!(format, Format::Csv(_)) && has_all && row.matches('"').count().is_multiple_of(2);
            assert!(end != "end" || whole, "{length} bytes: {end}");
        }
    }
}

#[test]
fn a_record_over_the_cap_ends_the_reading() {
    let long = "x".repeat(300);
    let table: [(&'static Format, String, usize); 6] = [
        (&PLAIN, format!("a,b\n1,2\n{long},3\n"), 1),
        (&PLAIN, format!("a,b\n1,2\n1,\"{long}\n{long}"), 1),
        (&Format::JsonLines, format!("{{}}\n\"{long}\"\n"), 1),
        (&FEED, format!("<feed><entry/><entry>{long}</entry></feed>"), 1),
        (&FEED, format!("<feed><entry/><entry a='{long}'/></feed>"), 1),
        (&FEED, format!("<feed><entry/><entry>{}</entry></feed>", "<a>1</a>".repeat(60)), 1),
    ];
    for (format, text, good) in table {
        for pieces in [vec![text.as_bytes()], text.as_bytes().chunks(3).collect()] {
            let (records, end) = read(format, &Shape::Any, 200, &pieces);
            assert_eq!((records.len(), end.as_str()), (good, "too large"), "{text}");
        }
    }
}

/// Texts as people put them into tables and elements.
fn cells() -> impl Made<Value = Vec<Vec<String>>> {
    let cell = "[ -~äß€\n\"';,<>&]{0,12}";
    proptest::collection::vec(proptest::collection::vec(cell, 3), 0..12)
}

proptest! {
    #[test]
    fn what_is_written_as_csv_is_read(rows in cells(), size in 1..20_usize) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
        let text = std::iter::once("a,b,c".to_owned()).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n");
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let (records, end) = read(&PLAIN, &Shape::Any, 1_000, &pieces);
        prop_assert_eq!(end, "end");
        let found: Vec<Value> = records.iter().map(|record| serde_json::from_str(record).unwrap()).collect();
        let expected: Vec<Value> = rows.iter().map(|row| json!({"a": row[0], "b": row[1], "c": row[2]})).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn what_is_written_as_xml_is_read(rows in cells(), size in 1..20_usize) {
        let escaped = |text: &String| quick_xml::escape::escape(text.as_str()).into_owned();
        let element = |row: &Vec<String>| format!("<entry a=\"{}\"><b>{}</b><c>{}</c></entry>", escaped(&row[0]), escaped(&row[1]), escaped(&row[2]));
        let text = format!("<feed>{}</feed>", rows.iter().map(element).collect::<String>());
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let (records, end) = read(&FEED, &Shape::Any, 1_000, &pieces);
        prop_assert_eq!(end, "end");
        let found: Vec<Value> = records.iter().map(|record| serde_json::from_str(record).unwrap()).collect();
        let expected: Vec<Value> = rows.iter().map(|row| json!({"@a": row[0], "b": row[1], "c": row[2]})).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_bytes_are_read_without_panic_and_alike_in_any_pieces(text: Vec<u8>, kind in 0..4_usize, size in 1..9_usize) {
        let format = [&PLAIN, &SEMICOLONS, &FEED, &Format::JsonLines][kind];
        let pieces: Vec<&[u8]> = text.chunks(size).collect();
        prop_assert_eq!(read(format, &TYPED, 50, &[&text]), read(format, &TYPED, 50, &pieces));
        let markup = leak(text.iter().map(|byte| b"<>/=\"' feedntry?!-[]&;"[usize::from(*byte) % 22]).collect::<Vec<u8>>());
        let pieces: Vec<&[u8]> = markup.chunks(size).collect();
        prop_assert_eq!(read(format, &ENTRIES, 50, &[markup]), read(format, &ENTRIES, 50, &pieces));
    }
}
