//! Where items begin and end, in whichever pieces they come.

use std::time::Duration;

use bytes::Bytes;

use crate::contract::Media;

use super::frames::{Cut, Frame, Frames, TooLarge};

/// What comes out of pieces: items as they are shown, and how it ended.
fn read(media: Media, cap: u64, pieces: &[&[u8]]) -> (Vec<String>, &'static str) {
    let mut frames = Frames::new(media, cap);
    let mut shown = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        loop {
            match frames.next(&mut piece) {
                Ok(Some(frame)) => shown.push(show(&frame)),
                Ok(None) => break,
                Err(TooLarge) => return (shown, "too large"),
            }
        }
    }
    match frames.finish() {
        Ok(last) => {
            shown.extend(last.as_ref().map(show));
            (shown, "end")
        }
        Err(Cut) => (shown, "cut"),
    }
}

/// JSON as it came; of an event its type, data and id.
fn show(frame: &Frame) -> String {
    match frame {
        Frame::Json(text) => String::from_utf8_lossy(text).trim().to_owned(),
        Frame::Event(event) => format!(
            "{}|{}|{}",
            event.event.as_deref().unwrap_or(""),
            event.data,
            event.id.as_deref().unwrap_or("")
        ),
    }
}

/// A text whole, byte by byte, and cut in two at each place: the result has to be the same.
#[track_caller]
fn assert_items(media: Media, text: &[u8], items: &[&str], end: &str) {
    let label = format!("{media:?} {:?}", String::from_utf8_lossy(text));
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    assert_eq!(
        read(media, 1_000, &[text]),
        (items.iter().map(|item| (*item).to_owned()).collect(), end),
        "{label}"
    );
    assert_eq!(read(media, 1_000, &[text]), read(media, 1_000, &bytes), "{label}, byte by byte");
    for at in 0..text.len() {
        let (before, after) = text.split_at(at);
        assert_eq!(read(media, 1_000, &[text]), read(media, 1_000, &[before, after]), "{label}, cut at {at}");
    }
}

#[test]
fn events_are_read_by_the_rules_of_the_standard() {
    let table: &[(&[u8], &[&str], &str)] = &[
        // The examples of WHATWG HTML, 9.2.6.
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", &["|YHOO\n+2\n10|"], "end"),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &["|first event|1", "|second event|", "| third event|"],
            "end",
        ),
        (b"data\n\ndata\ndata\n\ndata:", &["||", "|\n|"], "cut"),
        (b"data:test\n\ndata: test\n\n", &["|test|", "|test|"], "end"),
        // Ends of lines.
        (b"data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", &["|a\nb|", "|c|", "|d|"], "end"),
        (b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n", &["|a|"], "end"),
        // Fields.
        (b"event: add\ndata: 1\n\ndata: 2\n\n", &["add|1|", "|2|"], "end"),
        (b"event: add\n\ndata: 2\n\n", &["|2|"], "end"),
        (b"id: 7\ndata: a\n\ndata: b\n\nid:\ndata: c\n\n", &["|a|7", "|b|7", "|c|"], "end"),
        (b"id: a\0b\ndata: a\n\n", &["|a|"], "end"),
        (b"other: x\ndata: a: b\n:data: c\nDATA: d\n\n", &["|a: b|"], "end"),
        (b"data: \xFF\n\n", &["|\u{fffd}|"], "end"),
        ("data: größer\n\n".as_bytes(), &["|größer|"], "end"),
        // Ends of bodies.
        (b"", &[], "end"),
        (b": only a comment\n", &[], "end"),
        (b"data: a\n\n: bye\n\n", &["|a|"], "end"),
        (b"data: a\n", &[], "cut"),
        (b"data: a\n\ndata: b", &["|a|"], "cut"),
        (b"data: a\n\nevent: b\n", &["|a|"], "cut"),
        (b"data: a\n\n: cut comm", &["|a|"], "cut"),
        (b"data: {}\n\ndata: [DONE]\n", &["|{}|"], "end"),
        (b"data: {}\n\ndata: [DONE]", &["|{}|"], "end"),
    ];
    for (text, items, end) in table {
        assert_items(Media::EventStream, text, items, end);
    }
}

#[test]
fn the_wait_before_connecting_again_is_digits_alone() {
    for (text, expected) in [
        ("retry: 1500\n\n", Some(1_500)),
        ("retry: 1.5\n\n", None),
        ("retry: -1\n\n", None),
        ("retry\n\n", None),
        ("retry: 99999999999999999999999\n\n", None),
        ("retry: 10\ndata: a\n\nretry: x\n\n", Some(10)),
    ] {
        let mut frames = Frames::new(Media::EventStream, 1_000);
        let mut piece = Bytes::copy_from_slice(text.as_bytes());
        while frames.next(&mut piece).unwrap().is_some() {}
        assert_eq!(frames.retry(), expected.map(Duration::from_millis), "{text:?}");
    }
}

#[test]
fn lines_and_sequences_of_json() {
    let table: &[(Media, &[u8], &[&str], &str)] = &[
        (Media::JsonLines, b"{\"a\":1}\n[2]\r\n\n  \n3\n", &["{\"a\":1}", "[2]", "3"], "end"),
        (Media::JsonLines, b"{}\n{\"a\":\"x\"}", &["{}", "{\"a\":\"x\"}"], "end"),
        (Media::JsonLines, b"{}\n{\"a\":", &["{}"], "cut"),
        (Media::JsonLines, b"{}\n\"tex", &["{}"], "cut"),
        (Media::JsonLines, b"{}\nnonsense\n{}\n", &["{}", "nonsense", "{}"], "end"),
        (Media::JsonLines, b"\xEF\xBB\xBF{}\n", &["{}"], "end"),
        (Media::JsonLines, b"", &[], "end"),
        (Media::JsonSequence, b"\x1E{\"a\":1}\n\x1E[2]\n", &["{\"a\":1}", "[2]"], "end"),
        (
            Media::JsonSequence,
            b"\x1E{\n  \"a\": \"}\\\"\n\"\n}\n\x1E1\n",
            &["{\n  \"a\": \"}\\\"\n\"\n}", "1"],
            "end",
        ),
        // A text that was cut is an item of its own, and the next one is good (RFC 7464, 2.1).
        (Media::JsonSequence, b"\x1E{\"a\":\x1E{}\n", &["{\"a\":", "{}"], "end"),
        (Media::JsonSequence, b"\x1E\x1E\n\x1E{}\n", &["{}"], "end"),
        (Media::JsonSequence, b"\x1E{}\n\x1E{\"a\":1}", &["{}", "{\"a\":1}"], "end"),
        (Media::JsonSequence, b"\x1E{}\n\x1E{\"a\"", &["{}"], "cut"),
        (Media::JsonSequence, b"\x1E{}\n\x1E12", &["{}"], "cut"),
    ];
    for (media, text, items, end) in table {
        assert_items(*media, text, items, end);
    }
}

#[test]
fn an_item_over_the_cap_ends_the_reading_and_no_more_is_held() {
    let long = "x".repeat(100);
    let table = [
        (Media::JsonLines, format!("{{}}\n\"{long}\"\n{{}}\n"), 1),
        (Media::JsonSequence, format!("\u{1e}{{}}\n\u{1e}\"{long}\"\n"), 1),
        (Media::EventStream, format!("data: a\n\ndata: {long}\n\n"), 1),
        (Media::EventStream, format!("data: a\n\n:{long}\n\n"), 1),
        (Media::EventStream, format!("data: a\n\n{}\n", "data: b\n".repeat(40)), 1),
    ];
    for (media, text, good) in table {
        for pieces in [vec![text.as_bytes()], text.as_bytes().chunks(3).collect()] {
            let (items, end) = read(media, 60, &pieces);
            assert_eq!((items.len(), end), (good, "too large"), "{media:?} {text:?}: {items:?}");
        }
        let (items, end) = read(media, 1_000, &[text.as_bytes()]);
        assert!(items.len() >= good && end == "end", "{media:?} {text:?} fits: {items:?} {end}");
    }
}

#[test]
fn whatever_comes_is_read_to_its_end() {
    proptest::proptest!(|(text: Vec<u8>, kind in 0..3, size in 1..9_usize)| {
        let media = [Media::JsonLines, Media::JsonSequence, Media::EventStream][kind as usize];
        let pieces: Vec<&[u8]> = text.chunks(size).collect();
        proptest::prop_assert_eq!(read(media, 50, &[&text]), read(media, 50, &pieces));
    });
}
