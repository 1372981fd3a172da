//! Every kind of request body, parameter, server and security: a crate is generated from a document that has them all, compiled, and its typed
//! API talks to the sandbox of its own contract.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_tests::program::workspace;
use linchpin_tests::wrapper::{Wrapper, connector, generate_from};
use serde_json::{Value, json};

#[test]
fn what_the_typed_api_sends_is_what_the_document_describes() {
    let folder = workspace().join("tests/documents/bodies");
    let manifest = fs::read_to_string(folder.join("connector.yaml")).unwrap();
    let connector = connector(generate_from(&manifest, &folder.join("openapi.yaml")));
    let main = fs::read_to_string(folder.join("drive.rs")).unwrap();
    let dependencies =
        "serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let wrapper = Wrapper::new(&connector).with_program(&connector, &main, dependencies);
    let there = tempfile::tempdir().unwrap();
    let ended = wrapper.build("drive-bodies").run(there.path(), [] as [&str; 0]).end().with(0);
    let lines = ended.json_lines();
    let call = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let [photo, parts, raw, note, form] = lines.as_slice() else { panic!("five requests: {lines:#?}") };
    for line in &lines {
        assert_eq!(line["status"], 200, "{line:#}");
    }

    assert_eq!(call(photo, "call"), "POST /v1/photos?");
    assert_eq!(
        (call(photo, "type"), call(photo, "body")),
        ("application/json".into(), r#"{"url":"https://x.example/a.png"}"#.into())
    );

    let boundary =
        call(parts, "type").strip_prefix("multipart/form-data; boundary=").expect("a boundary").to_owned();
    let part = |name: &str, more: &str, text: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
    };
    let file = |name: &str, kind: &str| format!("; filename=\"{name}\"\r\nContent-Type: {kind}");
    let expected = part("image", &file("a %22b%22.png", "image/png"), "PNG")
        + &part("visibility", "", "hidden")
        + &part("place", "\r\nContent-Type: application/json\r\nX-Kind: geo", r#"{"name":"here"}"#)
        + &part("tags", "", "x,y")
        + &part("albums", "", "1")
        + &part("albums", "", "2")
        + &part("thumbnails", &file("thumbnails", "application/octet-stream"), "S")
        + &part("thumbnails", &file("thumbnails", "image/gif"), "M")
        + &format!("--{boundary}--\r\n");
    assert_eq!(call(parts, "body"), expected);
    assert_eq!(parts["credential"], true);

    assert_eq!(
        call(raw, "call"),
        "PUT /photos/;id=3;id=4/raw?filter%5Bsize%5D=3&filter%5Bkind%5D=a%20b&fields=a%7Cb&near=%7B%7D",
        "the files' server has no path of its own"
    );
    assert_eq!((call(raw, "type"), call(raw, "body")), ("image/png".into(), "raw bytes".into()));
    assert_eq!((call(raw, "trace"), call(raw, "cookie")), ("t1,t2".into(), "theme=dark".into()));
    assert_eq!(raw["credential"], false, "the manifest keeps the credential from that server");

    assert_eq!(call(note, "call"), "POST /v2/photos/;id=5/raw?", "another path of the same origin");
    assert_eq!((call(note, "type"), call(note, "body")), ("text/plain".into(), "a note".into()));
    assert_eq!(note["credential"], false, "the document says that it needs none");

    assert_eq!(
        call(form, "body"),
        "names=a&names=b&joined=a%20b&deep%5Bk%5D=v&plain=%7B%22k%22%3A%22v%22%7D"
    );
    assert_eq!(form["credential"], json!(true), "an optional credential is sent where there is one");
}
