//! A folder as people have it: manifest, document, overlay, and the files that the document refers to.

#![allow(clippy::expect_used, reason = "a test that cannot write its files has to stop")]

use std::path::Path;

use linchpin_codegen::diagnostic::{RenderOptions, render};
use linchpin_codegen::generate::{Outcome, generate};
use linchpin_codegen::render::RenderOptions as CrateOptions;

const MANIFEST: &str = "\
version: 1
name: desk
document: openapi.yaml
description: A desk.
server: {url: 'https://desk.example/v2'}
auth: {none: {}}
operations: [all]
";
const DOCUMENT: &str = "\
swagger: '2.0'
info: {title: x, version: '1'}
basePath: /v2
paths:
  /tickets:
    get:
      operationId: listTickets
      responses: {200: {description: ok, schema: {$ref: 'parts/ticket.yaml#/Tickets'}}}
    delete: {operationId: dropTickets, responses: {204: {description: gone}}}
";
const TICKET: &str = "\
Tickets: {type: array, items: {$ref: '#/Ticket'}}
Ticket: {type: object, properties: {subject: {type: string}, state: {type: string}}}
";

fn outcome(overlay: Option<&str>) -> (Outcome, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    std::fs::create_dir(folder.path().join("parts")).expect("a folder");
    write("connector.yaml", MANIFEST);
    write("openapi.yaml", DOCUMENT);
    write("parts/ticket.yaml", TICKET);
    if let Some(overlay) = overlay {
        write("overlay.yaml", overlay);
    }
    let outcome = generate(folder.path(), &CrateOptions::default());
    let shown = render(&outcome.diagnostics, &outcome.files, &RenderOptions::default());
    (outcome, shown)
}

#[test]
fn the_document_is_read_with_its_files_and_its_overlay() {
    for (overlay, operations) in [
        (None, 2),
        (Some("overlay: 1.0.0\nactions: [{target: '$.paths.*.delete', remove: true}]\n"), 1),
        (
            Some(
                "overlay: 1.1.0\nactions:\n  - target: $.paths\n    update: {/all: {get: {responses: {200: {description: ok, schema: {$ref: 'parts/ticket.yaml#/Ticket'}}}}}}\n",
            ),
            3,
        ),
    ] {
        let (outcome, shown) = outcome(overlay);
        let connector = outcome.connector.expect(&shown);
        assert_eq!(connector.operations, operations, "{overlay:?}: {shown}");
        let text: String = connector.files.values().map(|text| text.as_str()).collect();
        assert!(text.contains("pub subject:"), "the other file's type is not there: {shown}");
    }
}

#[test]
fn a_mistake_is_told_where_it_stands() {
    let (outcome, shown) = outcome(Some("overlay: 1.0.0\nactions:\n  - {target: $.path, remove: true}\n"));
    assert!(outcome.connector.is_none());
    let place = Path::new("overlay.yaml:3:14");
    assert!(shown.contains("error[O004]") && shown.contains(&place.display().to_string()), "{shown}");
}
