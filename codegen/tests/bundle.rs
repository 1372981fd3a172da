//! Documents of several files: what is read of them, and what never is.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot write its files has to stop")]

use std::path::Path;

use linchpin_codegen::diagnostic::{Diagnostics, RenderOptions, render};
use linchpin_codegen::normalise::{Normalised, normalise};
use linchpin_codegen::source::{FileId, Limits, SourceFiles, bundle, load};
use serde_json::{Value, json};

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

fn read(folder: &Path) -> (Option<Normalised>, Diagnostics, SourceFiles) {
    let mut files = SourceFiles::new();
    let path = folder.join("openapi.yaml");
    let (tree, mut found) = load(&mut files, &path, &Limits::default());
    let (tree, of_bundle) = bundle(&mut files, tree.expect("a document"), &path, &Limits::default());
    found.extend(of_bundle);
    let normalised = tree.and_then(|tree| {
        let (normalised, of_document) = normalise(&tree);
        found.extend(of_document);
        normalised
    });
    (normalised, found, files)
}

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: x, version: '1'}\n";

#[test]
fn files_below_the_folder_are_part_of_the_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = HEAD.to_owned()
        + r"
paths:
  /things: {$ref: paths/things.yaml}
components:
  schemas:
    Thing: {$ref: './schemas/thing.yaml'}
    Pet:
      oneOf: [{$ref: 'schemas/pets.json#/Cat'}, {$ref: 'schemas/pets.json#/Dog'}]
      discriminator: {propertyName: kind, mapping: {cat: 'schemas/pets.json#/Cat'}}
";
    write(
        folder.path(),
        &[
            ("openapi.yaml", &document),
            (
                "paths/things.yaml",
                r"
get:
  parameters: [{$ref: '../parameters.yaml#/page'}]
  responses:
    200:
      description: ok
      content: {application/json: {schema: {type: array, items: {$ref: '../schemas/thing.yaml'}}}}
    404: {$ref: '#/gone'}
gone:
  description: gone
  content: {application/json: {schema: {$ref: '../openapi.yaml#/components/schemas/Pet'}}}
",
            ),
            ("parameters.yaml", "page: {name: page, in: query, schema: {type: integer}}\n"),
            (
                "schemas/thing.yaml",
                r"
type: object
properties:
  parent: {$ref: 'thing.yaml'}
  again: {$ref: '#'}
  a b: {$ref: 'pets.json#/a%20b'}
  local: {$ref: '#/$defs/Local'}
  note: {$ref: note.yaml}
  bad: {type: int}
$defs: {Local: {type: string}}
",
            ),
            ("schemas/note.yaml", "{type: object, properties: {thing: {$ref: thing.yaml}}}"),
            (
                "schemas/pets.json",
                r#"{"Cat": {"type": "object", "properties": {"name": {"type": "string", "description": "caf\u00e9"}}},
                    "Dog": {"type": "object"}, "a b": {"type": "integer"}}"#,
            ),
        ],
    );
    let (normalised, found, files) = read(folder.path());
    let shown = render(&found, &files, &RenderOptions::default());
    let normalised = normalised.expect(&shown);
    let document = serde_json::to_value(&normalised.document).expect("JSON");
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let properties = document.pointer("/components/schemas/Thing/properties").expect("properties");
    for (name, expected) in [
        ("parent", reference("Thing")),
        ("again", reference("Thing")),
        ("note", reference("schemas.note")),
        ("bad", json!({"type": "integer"})),
    ] {
        assert_eq!(properties.get(name), Some(&expected), "{name} of {properties}");
    }
    let names: Vec<&String> =
        document["components"]["schemas"].as_object().expect("schemas").keys().collect();
    let hashed =
        |start: &str| names.iter().any(|name| name.starts_with(start) && name.len() == start.len() + 8);
    for name in ["Thing", "Pet", "schemas.note", "schemas.pets.Cat", "schemas.pets.Dog"] {
        assert!(names.iter().any(|known| *known == name), "{name} is not among {names:?}");
    }
    assert!(hashed("schemas.pets.a_b.") && hashed("schemas.thing._defs.Local."), "{names:?}");
    for (pointer, expected) in [
        ("/paths/~1things/get/parameters/0/name", json!("page")),
        ("/paths/~1things/get/responses/200/content/application~1json/schema/items", reference("Thing")),
        ("/paths/~1things/get/responses/404/content/application~1json/schema", reference("Pet")),
        ("/components/schemas/Pet/discriminator/mapping/cat", json!("#/components/schemas/schemas.pets.Cat")),
        ("/components/schemas/schemas.pets.Cat/properties/name/description", json!("café")),
    ] {
        assert_eq!(document.pointer(pointer), Some(&expected), "{pointer}");
    }
    // What is wrong is told where it stands.
    assert!(
        shown.contains("schemas/thing.yaml:9:15") && shown.contains("at /properties/bad/type"),
        "{shown}"
    );
    assert_eq!(found.len(), 1, "{shown}");
    for (pointer, name, at) in [
        ("/paths/~1things/get/parameters/0/schema", "parameters.yaml", "/page/schema"),
        ("/components/schemas/Thing/properties/note", "schemas/thing.yaml", "/properties/note"),
        ("/components/schemas/schemas.pets.Cat/properties/name", "schemas/pets.json", "/Cat/properties/name"),
    ] {
        let node = normalised.origins.node(pointer).expect(pointer);
        let file = files.name(node.span().file).expect("a file");
        assert!(file.ends_with(name) && node.pointer() == at, "{pointer}: {file} {}", node.pointer());
    }
}

#[test]
fn names_do_not_depend_on_the_order_and_never_meet() {
    let schemas = [
        ("a", "{$ref: 'a.yaml#/b'}"),
        ("b", "{$ref: 'a/b.yaml'}"),
        ("c", "{$ref: '#/a/b'}"),
        ("d", "{$ref: 'a/b.json'}"),
    ];
    let names = |order: &[usize]| -> Vec<Value> {
        let folder = tempfile::tempdir().expect("a folder");
        let properties: String =
            order.iter().map(|at| format!("{}: {}, ", schemas[*at].0, schemas[*at].1)).collect();
        let document = format!(
            "{HEAD}a: {{b: {{type: integer}}}}\ncomponents: {{schemas: {{Whole: {{properties: {{{properties}}}}}}}}}\npaths: {{}}\n"
        );
        write(
            folder.path(),
            &[
                ("openapi.yaml", &document),
                ("a.yaml", "b: {type: boolean}"),
                ("a/b.yaml", "type: string"),
                ("a/b.json", "{\"type\": \"number\"}"),
            ],
        );
        let (normalised, found, files) = read(folder.path());
        assert!(found.is_empty(), "{}", render(&found, &files, &RenderOptions::default()));
        let document = serde_json::to_value(normalised.expect("a document").document).expect("JSON");
        let whole = &document["components"]["schemas"]["Whole"]["properties"];
        ["a", "b", "c", "d"].iter().map(|key| whole[*key]["$ref"].clone()).collect()
    };
    let forward = names(&[0, 1, 2, 3]);
    assert_eq!(forward, names(&[3, 2, 1, 0]));
    for (at, name) in forward.iter().enumerate() {
        assert!(name.is_string() && !forward.iter().skip(at + 1).any(|other| other == name), "{forward:?}");
    }
}

#[test]
fn nothing_outside_of_the_folder_is_opened() {
    let outside = tempfile::tempdir().expect("a folder");
    let folder = outside.path().join("document");
    // To read it would be an error of syntax, and its text would be among those that were read.
    let canary = "{ canary: [";
    write(outside.path(), &[("canary.yaml", canary), ("document/sub/inside.yaml", "type: string")]);
    std::fs::create_dir_all(folder.join("folder.yaml")).expect("a folder");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path().join("canary.yaml"), folder.join("link.yaml"))
            .expect("a link");
        std::os::unix::fs::symlink(outside.path(), folder.join("up")).expect("a link");
    }
    let absolute = outside.path().join("canary.yaml").display().to_string();
    let mut attempts: Vec<(String, &str)> = [
        ("../canary.yaml", "leads out of the document's folder"),
        ("sub/../../canary.yaml", "leads out of the document's folder"),
        ("..%2fcanary.yaml", "leads out of the document's folder"),
        ("%2e%2e/canary.yaml", "leads out of the document's folder"),
        ("..\\canary.yaml", "is no path below"),
        ("..%5Ccanary.yaml", "is no path below"),
        ("sub/../../document/../canary.yaml", "leads out of the document's folder"),
        ("//host/canary.yaml", "is no path below"),
        ("file:../canary.yaml", "leads to a URL"),
        ("FILE:///canary.yaml", "leads to a URL"),
        ("https://example.com/canary.yaml", "leads to a URL"),
        ("http%3A//example.com/canary.yaml", "leads to a URL"),
        ("canary.yaml%00.yaml", "is no path below"),
        ("openapi.yaml?x", "has a query"),
        ("canary.yaml%ff", "is not UTF-8"),
        ("folder.yaml", "is no file"),
        ("missing.yaml", "cannot be read"),
        ("sub/inside.txt", "is no file that ends in"),
    ]
    .map(|(reference, why)| (reference.to_owned(), why))
    .to_vec();
    attempts.push((absolute.clone(), "is no path below"));
    attempts.push((format!("file://{absolute}"), "leads to a URL"));
    if cfg!(unix) {
        attempts.push(("link.yaml".to_owned(), "is a link that leads out"));
        attempts.push(("up/canary.yaml".to_owned(), "is a link that leads out"));
    }
    for (reference, why) in attempts {
        for from in ["openapi.yaml", "sub/from.yaml"] {
            let below = from != "openapi.yaml";
            // From a folder further down the same text leads one step less far out.
            if below
                && reference.starts_with(['.', '%', 's', 'm', 'l', 'u', 'o', 'f', 'c'])
                && !why.contains("URL")
            {
                continue;
            }
            let schema = json!({"$ref": reference}).to_string();
            let in_document = if below { "{$ref: sub/from.yaml}" } else { schema.as_str() };
            let document = format!(
                "{HEAD}paths: {{}}\ncomponents: {{schemas: {{A: {{properties: {{a: {in_document}}}}}}}}}\n"
            );
            write(
                &folder,
                &[("openapi.yaml", &document), ("sub/from.yaml", &format!("properties: {{a: {schema}}}"))],
            );
            let (normalised, found, files) = read(&folder);
            let shown = render(&found, &files, &RenderOptions::default());
            assert!(normalised.is_some() && !found.has_errors(), "{reference}: {shown}");
            assert!(shown.contains("N004") && shown.contains(why), "{reference} in {from}: {shown}");
            for file in 0.. {
                let Some(text) = files.text(FileId(file)) else { break };
                assert!(!text.contains(canary), "{reference} was opened");
            }
        }
    }
}

#[test]
fn all_files_together_are_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = format!("{HEAD}paths: {{}}\ncomponents: {{schemas: {{A: {{$ref: a.yaml}}}}}}\n");
    write(
        folder.path(),
        &[("openapi.yaml", &document), ("a.yaml", &format!("description: {}\n", "x".repeat(500)))],
    );
    let path = folder.path().join("openapi.yaml");
    let mut files = SourceFiles::new();
    let limits = Limits { bytes: 600, ..Limits::default() };
    let (tree, _) = load(&mut files, &path, &limits);
    let (tree, found) = bundle(&mut files, tree.expect("a document"), &path, &limits);
    let codes: Vec<&str> = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert!(tree.is_none());
    assert_eq!(codes, ["S004"]);
}
