use super::*;
use crate::contract::{Body, Media, Part, Shape, Style};
use crate::written::Written;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn text(parts: &Parts, media_type: &str) -> String {
    let body = parts.body(media_type, "BOUNDARY").unwrap();
    String::from_utf8(run(body.collect()).unwrap().to_vec()).unwrap()
}

const PART: Part =
    Part { name: "p", required: false, file: false, media_type: None, headers: &[], shape: Shape::Any };

fn body(parts: &'static [Part], styles: crate::contract::Styles) -> Body {
    let (media, media_type) = (Media::Multipart, "multipart/form-data");
    Body { required: true, media, media_type, shape: Shape::Any, parts, styles }
}

#[test]
fn values_become_parts() {
    // Media type of the part, style, value; and the name, the text and the media type of each part that comes of it.
    type Case = (
        Option<&'static str>,
        Option<(Style, bool)>,
        &'static str,
        &'static [(&'static str, &'static str, Option<&'static str>)],
    );
    const JSON: Option<&str> = Some("application/json");
    let cases: [Case; 14] = [
        (None, None, r#""text""#, &[("p", "text", None)]),
        (None, None, "12.50", &[("p", "12.50", None)]),
        (None, None, "true", &[("p", "true", None)]),
        (None, None, "null", &[]),
        (None, None, "[]", &[]),
        (None, None, r#"["a",null,2]"#, &[("p", "a", None), ("p", "2", None)]),
        (None, None, r#"{"k":[1]}"#, &[("p", r#"{"k":[1]}"#, JSON)]),
        (None, None, r#"[{"k":1},[2]]"#, &[("p", r#"{"k":1}"#, JSON), ("p", "[2]", JSON)]),
        (JSON, None, r#""text""#, &[("p", "\"text\"", JSON)]),
        (Some("text/csv"), None, r#""a,b""#, &[("p", "a,b", Some("text/csv"))]),
        (
            Some("application/vnd.x+json"),
            None,
            r#"{"k":1}"#,
            &[("p", r#"{"k":1}"#, Some("application/vnd.x+json"))],
        ),
        (None, Some((Style::Form, false)), r#"["a b","c"]"#, &[("p", "a b,c", None)]),
        (None, Some((Style::DeepObject, true)), r#"{"k":"v"}"#, &[("p[k]", "v", None)]),
        (None, Some((Style::PipeDelimited, false)), r#"["a","b"]"#, &[("p", "a|b", None)]),
    ];
    for (media_type, style, value, expected) in cases {
        let styles: Vec<_> = style.into_iter().map(|(style, explode)| ("p", style, explode)).collect();
        let body = body(&[], styles.leak());
        let part = Part { media_type, ..PART };
        let mut parts = Parts::default();
        parts.value(&body, &part, &Written::parse(value).unwrap()).unwrap();
        let mut wanted = String::new();
        for (name, text, media_type) in expected {
            let media_type = media_type.map(|text| format!("Content-Type: {text}\r\n")).unwrap_or_default();
            wanted += &format!(
                "--BOUNDARY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n{media_type}\r\n{text}\r\n"
            );
        }
        assert_eq!(
            text(&parts, "multipart/form-data"),
            wanted + "--BOUNDARY--\r\n",
            "{value} {media_type:?} {style:?}"
        );
    }
}

#[test]
fn files_go_by_a_name_and_a_media_type() {
    let part = |media_type| Part { name: "up", media_type, file: true, ..PART };
    let cases = [
        (Upload::from("x"), None, "; filename=\"up\"", "application/octet-stream"),
        (Upload::from("x").name("a.png"), Some("image/png"), "; filename=\"a.png\"", "image/png"),
        (Upload::from("x").content_type("image/gif"), Some("image/png"), "; filename=\"up\"", "image/gif"),
        // RFC 7578, 4.2 and 5.1; WHATWG HTML for what must not end the quotation or the line.
        (
            Upload::from("x").name("ü \u{1f600}.txt"),
            None,
            "; filename=\"ü \u{1f600}.txt\"",
            "application/octet-stream",
        ),
        (
            Upload::from("x").name("a\"; name=\"b\r\nX-Evil: 1\r\n\r\nbody\0\u{7f}\\"),
            None,
            "; filename=\"a%22; name=%22b%0D%0AX-Evil: 1%0D%0A%0D%0Abody%00%7F\\\"",
            "application/octet-stream",
        ),
        (Upload::from("x").name(""), None, "; filename=\"\"", "application/octet-stream"),
    ];
    for (upload, declared, name, media_type) in cases {
        let mut parts = Parts::default();
        parts.file(&part(declared), &upload);
        let expected = format!(
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"up\"{name}\r\nContent-Type: {media_type}\r\n\r\nx\r\n--BOUNDARY--\r\n"
        );
        assert_eq!(text(&parts, "multipart/form-data"), expected, "{upload:?}");
    }
}

#[test]
fn no_text_of_a_part_becomes_a_header() {
    let evil = "a\r\nX-Evil: 1";
    let uploads = [
        Upload::from("x").content_type(evil),
        Upload::from("x").header("X-Note", evil),
        Upload::from("x").header(evil, "1"),
        Upload::from("x").header("X Y", "1"),
        Upload::from("x").header("", "1"),
    ];
    for upload in uploads {
        let mut parts = Parts::default();
        parts.file(&Part { file: true, ..PART }, &upload);
        let problem = parts.body("multipart/form-data", "B").unwrap_err();
        assert!(problem.contains("the part `p`"), "{upload:?}: {problem}");
    }
    let named = Multipart::new().text(evil, "v").file(evil, "x");
    let text = text(&named.0, "multipart/form-data");
    assert!(!text.contains("\nX-Evil"), "{text}");
}

#[test]
fn declared_headers_come_with_the_part_and_are_written_once() {
    let part = Part { headers: &[("X-Kind", "photo"), ("Content-Type", "text/html")], file: true, ..PART };
    let mut parts = Parts::default();
    parts.file(&part, &Upload::from("x").header("X-Id", "7").header("content-disposition", "none"));
    let text = text(&parts, "multipart/form-data");
    assert_eq!(text.to_lowercase().matches("content-").count(), 2, "{text}");
    assert!(text.contains("X-Kind: photo\r\nX-Id: 7\r\n\r\nx"), "{text}");
}

#[test]
fn other_kinds_of_multipart_name_no_fields() {
    let mut parts = Parts::default();
    let media_type = Some("application/json");
    parts.value(&body(&[], &[]), &Part { media_type, ..PART }, &Written::parse("{}").unwrap()).unwrap();
    parts.file(&Part { media_type: Some("image/png"), file: true, ..PART }, &Upload::from("x").name("a.png"));
    let expected = "--BOUNDARY\r\nContent-Type: application/json\r\n\r\n{}\r\n\
                    --BOUNDARY\r\nContent-Disposition: attachment; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nx\r\n--BOUNDARY--\r\n";
    assert_eq!(text(&parts, "multipart/related"), expected);
}

#[test]
fn bodies_know_their_length_and_are_sent_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let bytes = vec![7; 200_000];
    std::fs::write(&path, &bytes).unwrap();
    let reader = || std::io::Cursor::new(bytes.clone());
    // The body, its length before and after the files were looked at, and whether it is there as a whole.
    let cases = [
        (RequestBody::default(), Some(0), Some(0), true, 0),
        (RequestBody::from("abc"), Some(3), Some(3), true, 3),
        (RequestBody::from(vec![0; 3_000_000]), Some(3_000_000), Some(3_000_000), false, 3_000_000),
        (RequestBody::new(vec![Upload::file(&path).content().clone()]), None, Some(200_000), false, 200_000),
        (
            RequestBody::new(vec![
                Segment::Bytes("<".into()),
                Upload::reader(reader(), Some(200_000)).content().clone(),
                Segment::Bytes(">".into()),
            ]),
            Some(200_002),
            Some(200_002),
            false,
            200_002,
        ),
        (
            RequestBody::new(vec![Upload::reader(reader(), None).content().clone()]),
            None,
            None,
            false,
            200_000,
        ),
    ];
    for (mut body, before, after, whole, bytes) in cases {
        assert_eq!(body.length(), before, "{body:?}");
        run(body.measure()).unwrap();
        assert_eq!((body.length(), body.whole().is_some()), (after, whole), "{body:?}");
        let pieces = run(async {
            use futures_util::StreamExt as _;
            body.stream().map(|piece| piece.unwrap().len()).collect::<Vec<_>>().await
        });
        assert_eq!(pieces.iter().sum::<usize>(), bytes, "{body:?}");
        assert!(pieces.iter().all(|piece| *piece <= 64 * 1024), "{body:?}: {pieces:?}");
        assert_eq!(body.taken(), bytes as u64, "{body:?}");
    }
}

#[test]
fn a_source_that_is_not_what_it_was_said_to_be_fails() {
    let reader =
        |length| RequestBody::new(vec![Upload::reader(&b"12345"[..], Some(length)).content().clone()]);
    let used = reader(5);
    run(used.collect()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "12345").unwrap();
    let mut shrunk = RequestBody::new(vec![Upload::file(&path).content().clone()]);
    run(shrunk.measure()).unwrap();
    std::fs::write(&path, "1").unwrap();
    let cases = [
        (reader(4), "more bytes than was said"),
        (reader(6), "1 bytes too early"),
        (used, "has been read from already"),
        (shrunk, "4 bytes too early"),
    ];
    for (body, expected) in cases {
        let error = run(body.collect()).unwrap_err().to_string();
        assert!(error.contains(expected), "{body:?}: {error}");
        assert_eq!(body.failure(), Some(error));
    }
    for path in [folder.path().to_owned(), folder.path().join("nothing")] {
        let mut body = RequestBody::new(vec![Upload::file(&path).content().clone()]);
        let problem = run(body.measure()).unwrap_err();
        assert!(problem.contains(&path.display().to_string()), "{problem}");
    }
}
