//! Nothing that a document or a manifest says becomes code, a doctest, a path, a request or a hang. Each threat has its test:
//!
//! | threat | where it is tested |
//! |---|---|
//! | code by way of names, texts, paths, defaults, enum values, tags, servers, mappings, media types, extensions | `no_text_changes_the_code` here |
//! | code by way of the manifest | `no_text_of_a_manifest_changes_the_code` here |
//! | doctests, HTML and links in documentation | `comments_hold_no_program_no_html_and_no_link` here; `src/render/docs.rs` |
//! | TOML in `Cargo.toml`, Markdown and HTML in `README.md` | `cargo_and_readme_say_what_they_always_say` here |
//! | control characters, bare CR, turned writing directions, NUL | all tests here (`checks::problems`) |
//! | file names: `..`, absolute, devices of Windows, case | all tests here (`checks::problems`); `obstacles.rs` |
//! | a build script, an attribute, a macro, `unsafe` in a crate | all tests here (`checks::problems`) |
//! | links, and files in the way, where files are written | `src/output.rs`; `tests/tests/bad_input.rs` |
//! | references to URLs, absolute paths, out of the folder, through links | `bundle.rs` |
//! | a manifest's `document` or an overlay outside of the folder | `negative/manifest/C015-*`; `tests/tests/bad_input.rs` |
//! | bombs of aliases, of depth, of size | `src/source/tests.rs`; `negative/source/S004-*` |
//! | references in circles | `negative/normalise/N006-*`; `src/normalise/tests.rs`; `obstacles.rs`; `fuzzed/normalise/` |
//! | growth by `allOf`, `oneOf`, references, enums, properties; patterns; numbers | `explosions.rs`; `negative.rs` |
//! | bytes that make a stage panic or hang | `properties.rs`; `fuzzed.rs` and the targets of `fuzz/` |
//! | a credential for another operation or another server | bound by id: `src/plan/`; by origin: `runtime/src/origin.rs` |

#![allow(clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

mod checks;

use linchpin_codegen::diagnostic::{RenderOptions as Shown, render};
use linchpin_codegen::generate::{Outcome, generate, generate_document};
use linchpin_codegen::render::{Files, RenderOptions};
use proc_macro2::{TokenStream, TokenTree};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};
use serde_json::{Value, json};

/// What has broken out of other generators, or could.
const PAYLOADS: [&str; 34] = [
    "*/ pub fn pwned() {} /*",
    "\"; pub fn pwned() {} //",
    "\\\"; pub fn pwned() {} //",
    "\"#; pub fn pwned() {} r#\"",
    "\n}\npub fn pwned() {}\nmod x {",
    "\r\npub fn pwned() {}\r\n",
    "\rpub fn pwned() {}",
    "\"]\n#[doc = include_str!(\"/etc/passwd\")]",
    "#![allow(warnings)] #[path = \"/etc/passwd\"] mod pwned;",
    "'; unsafe { std::process::exit(1) } '",
    "```\nstd::process::exit(1)\n```",
    "````rust\nstd::process::exit(1)\n````\nstd::process::exit(2)",
    "~~~rust\nstd::process::exit(1)",
    "- item\n\n      std::process::exit(1)",
    "- ```rust\n  std::process::exit(1)\n  ```",
    "> ```\n> std::process::exit(1)\n> ```",
    "1. > - ```\n     > std::process::exit(1)",
    "\n\n    std::process::exit(1)\n\n\tstd::process::exit(2)\n\n \tstd::process::exit(3)",
    "a long line that has to be wrapped somewhere about here, so that what follows could come to stand at its start ```rust ```rust ```rust ```rust",
    "<script>alert(1)</script> <img src=x onerror=alert(1)> <!-- -->",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example>",
    "[click][1]\n\n[1]: http://evil.example",
    "\\[click](http://evil.example) \\\\[click](http://evil.example) \\<b> \\\\<b>",
    "`a` [b](http://evil.example) ``c` [d](http://evil.example)` ``",
    "| cell \\| cell | `code` **bold** # heading\n# heading\n===",
    "{{ name }} {% for x in range(99) %}{{ x }}{% endfor %} {# x #} {x} {} {0} %s $x ${x}",
    "\"\n[dependencies]\nevil = \"1\"\n[package.metadata]\nx = \"",
    "'''\n\"\"\"\n[dependencies]\nevil = \"1\"",
    "../../../etc/passwd",
    "/etc/passwd\u{0}.rs",
    "C:\\Windows\\con",
    "\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{85}\u{7f}\u{1b}[31m\u{0}",
    "r#type 'static b'\\'' // /* /// //!",
    "&a *a !!tag %YAML @x ` ? : - # | >",
];

/// A document with a place `@N` wherever a text can stand; each is replaced by a word of its own with, or without, a payload behind it.
fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "@1", "version": "@2", "description": "@3", "license": {"name": "@4", "url": "@5"}, "x-@6": "@7"},
        "servers": [{"url": "https://@8.example", "description": "@9", "variables": {"@10": {"default": "@11"}}}],
        "tags": [{"name": "@12", "description": "@13"}],
        "paths": {
            "/@14/{@15}": {
                "summary": "@16",
                "parameters": [{"name": "@15", "in": "path", "required": true, "description": "@17", "schema": {"type": "string"}}],
                "get": {
                    "operationId": "@18", "tags": ["@12"], "summary": "@19", "description": "@20", "x-@21": {"@22": "@23"},
                    "externalDocs": {"url": "@24", "description": "@25"},
                    "parameters": [
                        {"name": "@26", "in": "query", "description": "@27", "schema": {"type": "string", "default": "@28", "pattern": "@29"}},
                        {"name": "@30", "in": "cookie", "schema": {"type": "string", "enum": ["@31", "@32"], "default": "@31"}}
                    ],
                    "responses": {
                        "200": {
                            "description": "@33",
                            "headers": {"X-@34": {"description": "@35", "schema": {"type": "string"}}},
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Whole"}, "examples": {"@36": {"value": "@37"}}}},
                            "links": {"@38": {"operationId": "@39"}}
                        },
                        "404": {"description": "@40", "content": {"application/@41": {"schema": {"type": "string"}}}}
                    },
                    "security": [{"@42": ["@43"]}]
                },
                "post": {
                    "operationId": "@44", "tags": ["@45"],
                    "requestBody": {"description": "@46", "content": {"application/json": {"schema": {
                        "type": "object", "title": "@47", "description": "@48", "required": ["@49"], "properties": {"@49": {"type": "string", "format": "@50"}}
                    }}}},
                    "responses": {"default": {"description": "@51"}}
                }
            }
        },
        "components": {
            "securitySchemes": {"@42": {"type": "apiKey", "in": "header", "name": "@52", "description": "@53"}},
            "schemas": {
                "Whole": {
                    "type": "object", "title": "@54", "description": "@55", "x-rust-type": "@56", "example": "@57", "$comment": "@58",
                    "properties": {
                        "@59": {"$ref": "#/components/schemas/@60"},
                        "@61": {"type": "string", "enum": ["@62", "@63"], "description": "@64", "default": "@62"},
                        "@65": {"oneOf": [{"$ref": "#/components/schemas/@60"}, {"$ref": "#/components/schemas/@66"}],
                                 "discriminator": {"propertyName": "@67", "mapping": {"@68": "#/components/schemas/@60", "@69": "#/components/schemas/@66"}}},
                        "@70": {"const": "@71"},
                        "@72": {"type": "object", "patternProperties": {"@73": {"type": "integer"}}},
                        "@74": {"type": "string", "contentEncoding": "@75", "contentMediaType": "@76", "default": {"@77": "@78"}},
                        "@79": {"type": "object", "deprecated": true, "properties": {"@80": {"type": "string", "format": "password", "default": "@81"}}}
                    }
                },
                "@60": {"type": "object", "required": ["@67"], "properties": {"@67": {"type": "string"}}},
                "@66": {"type": "object", "required": ["@67"], "properties": {"@67": {"type": "string"}, "@82": {"type": "array", "items": {"enum": ["@83"]}}}}
            }
        }
    })
}

/// Places of a server's URL and of a header's name, which no payload fits in: what is there then is left out, or taken from elsewhere.
const NOT_TEXT: [usize; 3] = [8, 34, 41];
/// Places where braces are variables.
const TEMPLATES: [usize; 2] = [14, 15];

/// The value with each place filled in.
fn filled(value: &Value, fill: &dyn Fn(usize) -> String) -> Value {
    let text = |text: &str| -> String {
        let mut parts = text.split('@');
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let (number, rest) = part.split_at(end);
            whole.push_str(&fill(number.parse().expect("a number")));
            whole.push_str(rest);
        }
        whole
    };
    match value {
        Value::String(held) => Value::String(text(held)),
        Value::Array(items) => items.iter().map(|item| filled(item, fill)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let value = match value {
                    // A reference is a pointer: what it names is escaped in it.
                    Value::String(held) if held.starts_with("#/") => {
                        let name = held.rsplit('/').next().unwrap_or_default();
                        let name = text(name).replace('~', "~0").replace('/', "~1").replace('%', "%25");
                        Value::String(format!("#/components/schemas/{name}"))
                    }
                    value => filled(value, fill),
                };
                (text(key), value)
            })
            .collect(),
        other => other.clone(),
    }
}

fn word(place: usize) -> String {
    format!("word{place:02}")
}

/// Each place with its word, and with a payload behind it.
fn hostile(place: usize, payload: &str) -> String {
    let template = TEMPLATES.contains(&place) && payload.contains(['{', '}', '/', '\\', '#', '?']);
    if NOT_TEXT.contains(&place) || template { word(place) } else { word(place) + payload }
}

fn crate_of(document: &Value) -> Files {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openapi.json");
    std::fs::write(&path, document.to_string()).expect("a file");
    let options = RenderOptions { runtime_path: Some("runtime".to_owned()) };
    whole(generate_document(&path, "hostile", &options, &mut |_| ()).outcome)
}

fn whole(outcome: Outcome) -> Files {
    let shown = render(&outcome.diagnostics, &outcome.files, &Shown::default());
    outcome.connector.unwrap_or_else(|| panic!("no crate:\n{shown}")).files
}

/// The tokens of a file without their texts: every word is `w`, every text `"`; comments are left out.
fn shape(text: &str) -> String {
    fn walk(stream: TokenStream, shape: &mut String) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            at += 1;
            match tree {
                // The printer puts braces around what an arm gives where it breaks a line.
                TokenTree::Group(group) if shape.ends_with("=>") => {
                    walk(group.stream(), shape);
                    shape.push(',');
                }
                TokenTree::Group(group) => {
                    shape.push_str(&format!("{:?}<", group.delimiter()));
                    walk(group.stream(), shape);
                    shape.push('>');
                }
                TokenTree::Ident(_) => shape.push('w'),
                TokenTree::Literal(literal) if literal.to_string().starts_with('"') => shape.push('"'),
                TokenTree::Literal(literal) => shape.push_str(&literal.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let next = trees.get(at).map(ToString::to_string).unwrap_or_default();
                    let inner = trees.get(at + 1).map(ToString::to_string).unwrap_or_default();
                    if next.starts_with("[doc") {
                        at += 1;
                    } else if next == "!" && inner.starts_with("[doc") {
                        at += 2;
                    } else {
                        shape.push('#');
                    }
                }
                TokenTree::Punct(punct) => shape.push(punct.as_char()),
            }
        }
    }
    let mut shape = String::new();
    walk(text.parse().expect("tokens"), &mut shape);
    // The printer puts a comma at the end where it breaks a line.
    shape.replace(",>", ">")
}

/// The shapes of all files of a crate, in an order that names have no part in.
fn shapes(files: &Files) -> Vec<String> {
    let mut shapes: Vec<String> =
        files.iter().filter(|(path, _)| path.ends_with(".rs")).map(|(_, text)| shape(text)).collect();
    shapes.sort();
    shapes
}

fn assert_sound(files: &Files, why: &str) {
    let problems = checks::problems(files);
    assert!(problems.is_empty(), "{why}: {}", problems.join("\n"));
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let mut open = vec![text.parse::<TokenStream>().expect("tokens")];
        while let Some(stream) = open.pop() {
            for token in stream {
                match token {
                    TokenTree::Group(group) => open.push(group.stream()),
                    TokenTree::Ident(ident) => {
                        assert!(ident != "pwned", "{why}: {path} holds a payload's code")
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn no_text_changes_the_code() {
    let benign = crate_of(&filled(&document(), &word));
    let expected = shapes(&benign);
    assert!(benign.values().any(|text| text.contains("word62")), "the document's words stand in the crate");
    for payload in PAYLOADS {
        let files = crate_of(&filled(&document(), &|place| hostile(place, payload)));
        assert_sound(&files, payload);
        let found = shapes(&files);
        assert_eq!(
            found.len(),
            expected.len(),
            "{payload:?} makes {:?} of {:?}",
            files.keys(),
            benign.keys()
        );
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{payload:?} changes the code");
        }
    }
}

/// What stands where a payload is all there is, and where none fits.
#[test]
fn places_of_their_own_rules_hold_too() {
    for payload in PAYLOADS {
        for only in [8, 14, 15, 34, 41] {
            let document = filled(&document(), &|place| {
                if place == only { format!("{}{payload}", word(place)) } else { word(place) }
            });
            assert_sound(&crate_of(&document), payload);
        }
        assert_sound(&crate_of(&filled(&document(), &|place| format!("{payload}{place}"))), payload);
    }
}

/// A manifest with a place `@N` in each text that is no name.
fn manifest() -> Value {
    json!({
        "version": 1, "name": "hostile", "document": "openapi.json", "description": "@1",
        "config": {
            "one": {"description": "@2", "default": "@3", "example": "@4"},
            "two": {"description": "@5", "secret": true}
        },
        "server": {"url": "https://a.example/{one}", "environments": {"test": "https://test.example"}},
        "auth": {"basic": {"username": "@6{one}", "password": "{two}"}},
        "headers": {"X-One": "@7"},
        "operations": ["all"]
    })
}

fn connector_of(manifest: &Value) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, value: &Value| {
        std::fs::write(folder.path().join(name), value.to_string()).expect("a file")
    };
    write("connector.yaml", manifest);
    write("openapi.json", &filled(&document(), &word));
    generate(folder.path(), &RenderOptions { runtime_path: Some("runtime".to_owned()) })
}

/// The text of a manifest's place. Its description is one line, and the places from 6 on are templates.
fn of_manifest(place: usize, payload: &str, in_template: bool) -> String {
    match place {
        1 => word(place) + &payload.replace(char::is_control, " "),
        2..6 => word(place) + payload,
        _ if in_template => word(place) + payload,
        _ => word(place),
    }
}

#[test]
fn no_text_of_a_manifest_changes_the_code() {
    let expected = shapes(&whole(connector_of(&filled(&manifest(), &word))));
    for payload in PAYLOADS {
        // Braces are variables in two of the places, and control characters are refused in headers.
        let in_template =
            !payload.contains(['{', '}']) && !payload.chars().any(char::is_control) && payload.is_ascii();
        let fill = |place: usize| of_manifest(place, payload, in_template);
        let outcome = connector_of(&filled(&manifest(), &fill));
        let files = whole(outcome);
        assert_sound(&files, payload);
        assert_eq!(shapes(&files), expected, "{payload:?} changes the code");
    }
}

/// The strings that name things in a manifest have a shape that is checked, so a payload in one of them is refused.
#[test]
fn names_of_a_manifest_are_names() {
    for payload in PAYLOADS {
        for pointer in ["/name", "/document"] {
            let mut manifest = filled(&manifest(), &word);
            *manifest.pointer_mut(pointer).expect("there") = json!(format!("x{payload}"));
            let outcome = connector_of(&manifest);
            assert!(
                outcome.connector.is_none() && outcome.diagnostics.has_errors(),
                "{pointer}: {payload:?}"
            );
        }
    }
}

/// The documentation of all items of a crate, each as Markdown.
fn documentation(files: &Files) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let mut open = vec![text.parse::<TokenStream>().expect("tokens")];
        while let Some(stream) = open.pop() {
            let mut lines: Vec<String> = Vec::new();
            for tree in stream {
                match tree {
                    TokenTree::Group(group) if group.to_string().starts_with("[doc") => {
                        let literal = group.stream().into_iter().last().expect("a text").to_string();
                        lines.push(syn::parse_str::<syn::LitStr>(&literal).expect("a text").value());
                        continue;
                    }
                    TokenTree::Punct(punct) if ['#', '!'].contains(&punct.as_char()) => continue,
                    TokenTree::Group(group) => open.push(group.stream()),
                    _ => {}
                }
                if !lines.is_empty() {
                    found.push((path.clone(), unindented(&std::mem::take(&mut lines).join("\n"))));
                }
            }
        }
    }
    found
}

/// As rustdoc reads them: without the space that all lines start with.
fn unindented(text: &str) -> String {
    text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// What rustdoc would run, show as HTML or link to.
fn dangers(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    Parser::new_ext(markdown, options)
        .filter_map(|event| match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => Some("an indented block".to_owned()),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                (&*language != "text").then(|| format!("a block of `{language}`"))
            }
            Event::Html(html) | Event::InlineHtml(html) => Some(format!("the HTML {html}")),
            // The generator's own links lead to types of the crate.
            Event::Start(Tag::Link { dest_url, .. })
                if dest_url
                    .strip_prefix("crate::types::")
                    .is_some_and(|name| syn::parse_str::<syn::Ident>(name).is_ok()) =>
            {
                None
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(format!("a link to {dest_url}"))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn comments_hold_no_program_no_html_and_no_link() {
    let mut found = Vec::new();
    for payload in PAYLOADS {
        let files = crate_of(&filled(&document(), &|place| hostile(place, payload)));
        // Some start a block only where nothing stands before them.
        let bare = crate_of(&filled(&document(), &|place| {
            if [3, 20, 55, 64].contains(&place) { payload.to_owned() } else { word(place) }
        }));
        for (path, markdown) in documentation(&files).into_iter().chain(documentation(&bare)) {
            for danger in dangers(&markdown) {
                found.push(format!("{payload:?} gives {danger} in {path}:\n{markdown}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

/// Headings, and how many links, tables and cells a page has.
fn page(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES;
    let mut heading = false;
    let mut page = Vec::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = true,
            Event::Text(text) if heading => {
                page.push(text.to_string());
                heading = false;
            }
            Event::Start(
                tag @ (Tag::TableRow
                | Tag::TableCell
                | Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::CodeBlock(_)
                | Tag::List(_)
                | Tag::BlockQuote(_)),
            ) => {
                page.push(format!("{tag:?}"));
            }
            Event::Html(html) | Event::InlineHtml(html) => page.push(html.to_string()),
            _ => {}
        }
    }
    page
}

#[test]
fn cargo_and_readme_say_what_they_always_say() {
    let of = |payload: &str| {
        let outcome = connector_of(&filled(&manifest(), &|place| of_manifest(place, payload, false)));
        let by_manifest = whole(outcome);
        (by_manifest, crate_of(&filled(&document(), &|place| hostile(place, payload))))
    };
    let cargo = |files: &Files| -> toml::Table {
        let text = files.get("Cargo.toml").expect("a manifest");
        let mut table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}:\n{text}"));
        let package = table.get_mut("package").and_then(toml::Value::as_table_mut).expect("a package");
        assert!(package.remove("description").is_some_and(|text| text.is_str()), "{text}");
        let features =
            table.remove("features").and_then(|features| features.as_table().map(toml::Table::len));
        table.insert("features".to_owned(), toml::Value::Integer(features.expect("features") as i64));
        table
    };
    let (by_manifest, by_document) = of("");
    let mut wrong = Vec::new();
    for payload in PAYLOADS {
        let (manifest, document) = of(payload);
        for (found, expected) in [(&manifest, &by_manifest), (&document, &by_document)] {
            assert_eq!(cargo(found), cargo(expected), "{payload:?}");
            let (found, expected) =
                (found.get("README.md").expect("a page"), expected.get("README.md").expect("a page"));
            if page(found) != page(expected) {
                wrong.push(format!(
                    "{payload:?}: {:?}\nin place of {:?}\n{found}",
                    page(found),
                    page(expected)
                ));
            }
            if let Some(hidden) = found.chars().find(|c| {
                c.is_control() && *c != '\n' || "\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}".contains(*c)
            }) {
                wrong.push(format!("{payload:?}: the page holds {hidden:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
