//! `cargo xtask new` and `drift --live` against a server on this machine.

#![allow(clippy::expect_used, clippy::panic, reason = "a test without its server and folders has to stop")]

#[path = "../src/fetch/server.rs"]
mod server;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use server::{answer, moved, serve};
use support::{said, sources};

const DOCUMENT: &str = r##"openapi: 3.1.0
info: { title: Acme, version: "1" }
servers: [ { url: "https://api.acme.example" } ]
paths:
  /things:
    get:
      operationId: listThings
      parameters: [ { name: limit, in: query, schema: { type: integer, maximum: 200 } }, { name: after, in: query, schema: { type: string } } ]
      responses:
        "200":
          description: All.
          content: { application/json: { schema: { type: object, required: [ things ], properties: { after: { type: string }, next_after: { type: string }, things: { type: array, items: { $ref: "#/components/schemas/Thing" } } } } } }
components:
  schemas:
    Thing: { type: object, required: [ id ], properties: { id: { type: integer }, name: { type: string } } }
"##;

const PAGE: &str = "<!doctype html><title>Log in</title>";

fn xtask(arguments: &[&str]) -> Output {
    support::xtask().args(arguments).output().expect("a process")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_url_becomes_a_connector() {
    let (base, _) = serve(vec![
        moved("{base}/openapi.yaml"),
        answer("200 OK\r\nContent-Type: application/yaml", DOCUMENT),
        answer("200 OK\r\nContent-Type: application/yaml", DOCUMENT),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    let specs = folder.path().join("acme");
    let new = ["new", "acme", "--spec", &base, "--into", text(&specs)];
    let dry = xtask(&[&new[..], &["--dry-run", "--format", "json"]].concat());
    assert!(dry.status.success(), "{}", said(&dry));
    let told: serde_json::Value = serde_json::from_slice(&dry.stdout).expect("JSON");
    assert_eq!(told["proposal"]["lists"][0]["paging"]["kind"], "cursor", "{told:#}");
    assert_eq!(names(folder.path()), Vec::<String>::new(), "after a dry run");

    let done = xtask(&new);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(names(folder.path()), ["acme"]);
    assert_eq!(fs::read_to_string(specs.join("openapi.yaml")).expect("the document"), DOCUMENT);
    let generated = folder.path().join("crate");
    let generate = xtask(&["generate", "--from", text(&specs), "--into", text(&generated), "--strict"]);
    assert!(generate.status.success(), "{}", said(&generate));
    let lint = xtask(&["lint", "--from", text(&specs)]);
    assert!(lint.status.success() && said(&lint).contains("acme: 0 errors"), "{}", said(&lint));

    let before = fs::read_to_string(specs.join("connector.yaml")).expect("the manifest");
    let again = xtask(&new);
    assert!(!again.status.success() && said(&again).contains("is there already"), "{}", said(&again));
    assert_eq!(fs::read_to_string(specs.join("connector.yaml")).expect("the manifest"), before);
}

#[test]
fn what_is_no_document_leaves_nothing_behind() {
    for (what, answers, reason) in [
        ("a web page", vec![answer("200 OK\r\nContent-Type: text/html", PAGE)], "web page"),
        ("an error", vec![answer("503 Service Unavailable", "")], "answers 503"),
        (
            "a way out",
            vec![moved("http://docs.example/openapi.yaml")],
            "neither https nor http on this machine",
        ),
        ("another text", vec![answer("200 OK", "just: text")], "openapi"),
    ] {
        let (base, _told) = serve(answers);
        let folder = tempfile::tempdir().expect("a folder");
        let into = folder.path().join("acme");
        let output = xtask(&["new", "acme", "--spec", &base, "--into", text(&into)]);
        assert!(!output.status.success() && said(&output).contains(reason), "{what}: {}", said(&output));
        assert_eq!(names(folder.path()), Vec::<String>::new(), "{what}");
    }
    let output = xtask(&["new", "acme", "--spec", "http://docs.example/openapi.yaml", "--dry-run"]);
    assert!(!output.status.success() && said(&output).contains("neither https"), "{}", said(&output));
}

#[test]
fn the_live_document_is_asked_for_once_as_long_as_it_is_the_same() {
    let revised = DOCUMENT.replace("name: { type: string }", "name: { type: integer }");
    let tagged = |tag: &str, body: &str| {
        answer(&format!("200 OK\r\nContent-Type: application/yaml\r\nETag: \"{tag}\""), body)
    };
    let (base, told) = serve(vec![
        tagged("one", DOCUMENT),
        answer("304 Not Modified", ""),
        tagged("two", &revised),
        answer("200 OK\r\nContent-Type: text/html\r\nETag: \"page\"", PAGE),
        answer("304 Not Modified", ""),
        answer("500 Internal Server Error", ""),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    // What is fetched is kept by the folder's name.
    let specs: PathBuf = folder.path().join(format!("live-{}", std::process::id()));
    let manifest = format!(
        "version: 1\nname: acme\ndocument: openapi.yaml\ndescription: Things.\nspec: {{ live: \"{base}/openapi.yaml\" }}\nserver: {{ url: https://api.acme.example }}\nauth: {{ none: {{}} }}\noperations: [ listThings ]\nstreams:\n  things: {{ operation: listThings, records: things, key: id }}\noverrides: {{ listThings: {{ paging: none }} }}\n"
    );
    sources(&specs, &manifest, ("openapi.yaml", DOCUMENT.as_bytes()));
    for (what, code, asked, shown) in [
        ("the same", 0, None, ""),
        ("not changed since", 0, Some("\"one\""), ""),
        ("a change", 1, Some("\"one\""), "name"),
        // A page to log in is no document, and does not take the place of one.
        ("a web page", 2, Some("\"two\""), "web page"),
        ("not changed since, the change being open", 1, Some("\"two\""), "name"),
        ("an outage", 2, Some("\"two\""), "answers 500"),
    ] {
        let output = xtask(&["drift", "--from", text(&specs), "--live"]);
        assert_eq!(output.status.code(), Some(code), "{what}: {}", said(&output));
        assert!(said(&output).contains(shown), "{what}: {}", said(&output));
        let request = told.recv().expect("a request");
        match asked {
            Some(tag) => assert!(request.contains(&format!("if-none-match: {tag}")), "{what}: {request}"),
            None => assert!(!request.contains("if-none-match"), "{what}: {request}"),
        }
    }
}
