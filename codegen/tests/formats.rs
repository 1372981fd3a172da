//! What a schema says beyond its JSON type: formats, tuples, maps by pattern, defaults and bounds, conditions. Compared as syntax trees.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

use std::path::Path;

use linchpin_codegen::diagnostic::Severity;
use linchpin_codegen::generate::{Outcome, generate};
use linchpin_codegen::render::{Files, RenderOptions};

const MANIFEST: &str = "version: 1\nname: things\ndocument: openapi.yaml\ndescription: things\n\
                        server: { url: \"https://example.com\" }\nauth: { none: {} }\noperations: [all]\n";

const OPERATION: &str = "paths:\n  /things:\n    get:\n      operationId: getThing\n      tags: [things]\n      responses:\n        '200':\n          description: ok\n          content:\n            application/json:\n              schema: { $ref: '#/components/schemas/Thing' }\n";

fn write(folder: &Path, schemas: &str) {
    let schemas: String = schemas.lines().map(|line| format!("    {line}\n")).collect();
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: Things, version: '1' }}\n{OPERATION}components:\n  schemas:\n{schemas}"
    );
    std::fs::write(folder.join("openapi.yaml"), document).unwrap();
    std::fs::write(folder.join("connector.yaml"), MANIFEST).unwrap();
}

/// The outcome of a document whose one operation answers a `Thing`.
fn outcome(schemas: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), schemas);
    generate(folder.path(), &RenderOptions::default())
}

/// The files of that document, and the codes of what was found.
fn generated(schemas: &str) -> (Files, Vec<&'static str>) {
    let outcome = outcome(schemas);
    let codes = outcome.diagnostics.iter().map(|found| found.code.as_str()).collect();
    let connector = outcome.connector.unwrap_or_else(|| panic!("{schemas}\n{:?}", outcome.diagnostics));
    (connector.files, codes)
}

/// The struct `Thing`, printed in one form without its attributes.
fn thing(files: &Files) -> String {
    let text = &files["src/types/things.rs"];
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let found = file.items.into_iter().find_map(|item| match item {
        syn::Item::Struct(item) if item.ident == "Thing" => Some(item),
        _ => None,
    });
    let mut item = found.unwrap_or_else(|| panic!("no Thing in\n{text}"));
    item.attrs.clear();
    printed(item)
}

/// The struct `Thing` without its comments.
fn bare_thing(files: &Files) -> String {
    let mut item: syn::ItemStruct = syn::parse_str(&thing(files)).unwrap();
    item.fields.iter_mut().for_each(|field| field.attrs.clear());
    printed(item)
}

#[track_caller]
fn assert_thing(schemas: &str, expected: &str, expected_codes: &[&str]) {
    let (files, codes) = generated(schemas);
    let expected: syn::ItemStruct = syn::parse_str(&format!("pub struct Thing {{ {expected} }}")).unwrap();
    assert_eq!((bare_thing(&files), codes.as_slice()), (printed(expected), expected_codes), "{schemas}");
}

fn printed(item: syn::ItemStruct) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![syn::Item::Struct(item)],
    })
}

/// The type of the required property `a` of that schema, and the codes of what was found.
fn type_of(schema: &str) -> (String, Vec<&'static str>) {
    let (files, codes) =
        generated(&format!("Thing:\n  type: object\n  required: [a]\n  properties:\n    a: {schema}"));
    let item: syn::ItemStruct = syn::parse_str(&thing(&files)).unwrap();
    let field = item.fields.iter().next().unwrap();
    (quote::ToTokens::to_token_stream(&field.ty).to_string().replace(' ', ""), codes)
}

/// The comment of the optional property `a` of that schema.
fn comment(schema: &str) -> String {
    let (files, _) = generated(&format!("Thing:\n  type: object\n  properties:\n    a: {schema}"));
    let item: syn::ItemStruct = syn::parse_str(&thing(&files)).unwrap();
    let lines =
        item.fields.iter().flat_map(|field| &field.attrs).filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
                ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        });
    lines.collect::<Vec<_>>().join("|")
}

#[test]
fn a_format_gives_its_type() {
    let table = [
        ("string", "date-time", "DateTime"),
        ("string", "date", "Date"),
        ("string", "time", "Time"),
        ("string", "duration", "Duration"),
        ("string", "uuid", "Uuid"),
        ("string", "uri", "Uri"),
        ("string", "url", "Uri"),
        ("string", "uri-reference", "String"),
        ("string", "byte", "Base64"),
        ("string", "binary", "String"),
        ("string", "decimal", "Decimal"),
        ("string", "email", "String"),
        ("string", "password", "String"),
        ("integer", "int8", "i64"),
        ("integer", "int32", "i64"),
        ("integer", "uint32", "i64"),
        ("integer", "int64", "i64"),
        ("integer", "uint64", "u64"),
        ("integer", "unix-time", "UnixTime"),
        ("integer", "bigint", "Number"),
        ("number", "float", "f64"),
        ("number", "double", "f64"),
        ("number", "decimal", "Number"),
        ("number", "int64", "Number"),
        ("number", "unix-time", "UnixTime"),
    ];
    for (kind, format, expected) in table {
        let (found, codes) = type_of(&format!("{{ type: {kind}, format: {format} }}"));
        assert_eq!((found.as_str(), codes.as_slice()), (expected, [].as_slice()), "{kind} {format}");
    }
    assert_eq!(type_of("{ type: string, contentEncoding: base64 }").0, "Base64");
}

#[test]
fn a_format_that_is_not_known_is_told_once() {
    assert_thing(
        "Thing:\n  type: object\n  properties:\n    a: { type: string, format: phone }\n    b: { type: string, format: phone }\n    c: { type: integer, format: phone }\n    d: { type: number, format: phone }",
        "pub a: Option<String>, pub b: Option<String>, pub c: Option<i64>, pub d: Option<Number>,",
        &["M060", "M060", "M060"],
    );
}

#[test]
fn leading_items_make_a_tuple() {
    let table = [
        (
            "{ type: array, minItems: 2, prefixItems: [{ type: string }, { type: integer }] }",
            "Tuple<(String,i64),2>",
        ),
        (
            "{ type: array, minItems: 1, items: false, prefixItems: [{ type: string }, { type: integer }] }",
            "Tuple<(String,Option<i64>),1>",
        ),
        (
            "{ prefixItems: [{ type: string }, { type: [integer, 'null'] }] }",
            "Tuple<(Option<String>,Maybe<i64>)>",
        ),
        (
            "{ type: array, items: { type: boolean }, prefixItems: [{ type: string }] }",
            "Tuple<(Option<String>,),0,bool>",
        ),
        ("{ type: array, minItems: 9, prefixItems: [{}] }", "Tuple<(Value,),1>"),
        ("{ type: array, prefixItems: [{}] }", "Tuple<(Maybe<Value>,)>"),
        (
            "{ type: [array, 'null'], minItems: 1, prefixItems: [{ type: string }] }",
            "Option<Tuple<(String,),1>>",
        ),
        (
            "{ allOf: [{ type: array, prefixItems: [{ type: string }] }, { minItems: 1, type: array }] }",
            "Tuple<(String,),1>",
        ),
    ];
    for (schema, expected) in table {
        let (found, codes) = type_of(schema);
        assert_eq!((found.as_str(), codes.as_slice()), (expected, [].as_slice()), "{schema}");
    }
    let (found, codes) =
        type_of("{ type: array, minItems: 1, items: [{ type: string }, { type: integer }] }");
    assert_eq!((found.as_str(), codes.as_slice()), ("Tuple<(String,Option<i64>),1>", ["N038"].as_slice()));
    let long = vec!["{ type: string }"; 13].join(", ");
    let (found, codes) = type_of(&format!("{{ type: array, prefixItems: [{long}] }}"));
    assert_eq!((found.as_str(), codes.as_slice()), ("Vec<Value>", ["U060"].as_slice()));
}

#[test]
fn a_tuple_may_hold_itself_only_where_that_ends() {
    let node =
        "  type: object\n  required: [pair]\n  properties: { pair: { $ref: '#/components/schemas/Pair' } }";
    let table = [
        (
            "through an object, optional",
            format!(
                "Thing:\n{node}\nPair: {{ prefixItems: [{{ type: string }}, {{ $ref: '#/components/schemas/Thing' }}] }}"
            ),
            "Tuple<(Option<String>, Option<Thing>)>",
            vec![],
        ),
        (
            "through an object, required",
            format!(
                "Thing:\n{node}\nPair: {{ minItems: 2, prefixItems: [{{ type: string }}, {{ $ref: '#/components/schemas/Thing' }}] }}"
            ),
            "Vec<Value>",
            vec!["M004"],
        ),
        (
            "without a name on the way",
            format!(
                "Thing:\n{node}\nPair: {{ prefixItems: [{{ type: array, items: {{ $ref: '#/components/schemas/Pair' }} }}] }}"
            ),
            "Vec<Value>",
            vec!["U006"],
        ),
        (
            "in its rest",
            format!(
                "Thing:\n{node}\nPair: {{ prefixItems: [{{ type: string }}], items: {{ $ref: '#/components/schemas/Pair' }} }}"
            ),
            "Vec<Value>",
            vec!["U006"],
        ),
    ];
    for (what, schemas, expected, expected_codes) in table {
        eprintln!("{what}");
        assert_thing(&schemas, &format!("pub pair: {expected},"), &expected_codes);
    }
}

#[test]
fn defaults_and_bounds_are_told_and_nothing_more() {
    let table = [
        ("{ type: integer, default: 30, minimum: 1, maximum: 100 }", "Default: `30`. From 1 to 100."),
        ("{ type: integer, description: The size., default: 30 }", "The size.||Default: `30`."),
        ("{ type: string, default: open }", "Default: `open`."),
        ("{ type: string, default: '' }", "Default: `\"\"`."),
        ("{ type: [string, 'null'], default: null }", ""),
        (
            "{ type: array, items: { type: string }, default: [a], maxItems: 3 }",
            "Default: `[\"a\"]`. At most 3 items.",
        ),
        ("{ type: number, exclusiveMinimum: 0, maximum: 1 }", "More than 0, at most 1."),
        ("{ type: number, minimum: 0.5 }", "At least 0.5."),
        ("{ type: integer, format: int32, minimum: 0, maximum: 2147483647 }", "At least 0."),
        ("{ type: string, minLength: 2, maxLength: 2 }", "Exactly 2 characters."),
        ("{ type: string, minLength: 1 }", "At least 1 character."),
        (
            "{ type: string, minLength: 0, maxLength: 255, pattern: '^[a-z]+$' }",
            "At most 255 characters. Pattern: `^[a-z]+$`.",
        ),
        ("{ type: string, pattern: 'a`b' }", ""),
        ("{ type: integer, enum: [1, 2, 3] }", "One of `1`, `2`, `3`."),
        ("{ enum: [a, 1, true] }", "One of `a`, `1`, `true`."),
        ("{ const: 7 }", "Always `7`."),
        ("{ const: { a: 1 } }", "Always `{\"a\":1}`."),
        ("{ type: string, enum: [a], default: a }", "Default: `a`."),
    ];
    for (schema, expected) in table {
        assert_eq!(comment(schema), expected, "{schema}");
    }
    let (files, _) = generated("Thing:\n  type: object\n  properties: { a: { type: integer, default: 30 } }");
    let wire = &files["src/wire/things.rs"];
    assert!(!wire.contains("30"), "a default that nobody set is never sent:\n{wire}");
}

#[test]
fn a_constant_of_any_kind_gives_a_type() {
    for (constant, expected) in [
        ("text", "ThingA"),
        ("7", "i64"),
        ("1.5", "Number"),
        ("18446744073709551616", "Number"),
        ("true", "bool"),
        ("[1, 2]", "Value"),
        ("{ a: 1 }", "Value"),
        ("null", "Value"),
    ] {
        let (found, codes) = type_of(&format!("{{ const: {constant} }}"));
        assert_eq!((found.as_str(), codes.as_slice()), (expected, [].as_slice()), "{constant}");
    }
}

#[test]
fn keys_by_pattern_make_a_map() {
    let table = [
        ("{ type: object, patternProperties: { '^x': { type: string } } }", "BTreeMap<String,String>"),
        ("{ patternProperties: { '^x': { type: string } } }", "BTreeMap<String,String>"),
        (
            "{ type: object, patternProperties: { '^x': { type: string }, '^y': { type: string, maxLength: 3 } } }",
            "BTreeMap<String,String>",
        ),
        (
            "{ type: object, patternProperties: { '^x': { type: string }, '^y': { type: integer } } }",
            "BTreeMap<String,ThingAValue>",
        ),
        (
            "{ patternProperties: { '^x': { type: string }, '^y': { oneOf: [{ type: string }, { type: 'null' }] } } }",
            "BTreeMap<String,Option<String>>",
        ),
        (
            "{ type: object, additionalProperties: false, patternProperties: { '^x': { type: integer } } }",
            "BTreeMap<String,i64>",
        ),
        (
            "{ type: object, additionalProperties: { type: integer }, patternProperties: { '^x': { type: integer } } }",
            "BTreeMap<String,i64>",
        ),
        (
            "{ type: object, additionalProperties: true, patternProperties: { '^x': { type: integer } } }",
            "BTreeMap<String,Value>",
        ),
        (
            "{ type: object, patternProperties: { '^x': { anyOf: [{ type: string }, { type: integer }] } } }",
            "BTreeMap<String,ThingAValue>",
        ),
    ];
    for (schema, expected) in table {
        let (found, codes) = type_of(schema);
        assert_eq!((found.as_str(), codes.as_slice()), (expected, [].as_slice()), "{schema}");
    }
}

#[test]
fn keys_beside_properties_are_kept() {
    for (beside, value) in [
        ("additionalProperties: { type: integer }", "i64"),
        ("additionalProperties: true", "Value"),
        ("unevaluatedProperties: { type: integer }", "i64"),
        ("patternProperties: { '^x-': { type: integer } }", "Value"),
        ("patternProperties: { '.*': { type: integer } }", "i64"),
        ("additionalProperties: false\n  patternProperties: { '^x-': { type: integer } }", "i64"),
    ] {
        assert_thing(
            &format!("Thing:\n  type: object\n  properties: {{ a: {{ type: string }} }}\n  {beside}"),
            &format!("pub a: Option<String>, pub additional: BTreeMap<String, {value}>,"),
            &[],
        );
    }
}

#[test]
fn what_depends_on_other_values_is_optional() {
    let table: [(&str, &str, &[&str]); 5] = [
        (
            "Thing:\n  type: object\n  if: { required: [a] }\n  then: { allOf: [{ properties: { a: { type: string } } }] }\n  else: { if: { required: [b] }, then: { properties: { b: { type: string } } }, else: { dependentSchemas: { c: { properties: { d: { type: string } } } } } }",
            "pub a: Option<String>, pub b: Option<String>, pub d: Option<String>,",
            &["N070"],
        ),
        (
            "Thing:\n  type: object\n  required: [kind]\n  properties: { kind: { type: string } }\n  if: { properties: { kind: { const: card } } }\n  then: { required: [number], properties: { number: { type: string }, kind: { const: card } } }\n  else: { properties: { iban: { type: string } } }",
            "pub kind: String, pub number: Option<String>, pub iban: Option<String>,",
            &["N070"],
        ),
        (
            "Thing:\n  type: object\n  properties: { a: { type: string } }\n  dependentSchemas: { a: { required: [b], properties: { b: { type: integer } } } }",
            "pub a: Option<String>, pub b: Option<i64>,",
            &["N070"],
        ),
        (
            "Thing:\n  allOf:\n    - { type: object, properties: { a: { type: string } } }\n    - { if: { required: [a] }, then: { properties: { b: { type: string } } } }\n    - { if: { required: [c] }, then: { properties: { c: { type: string } } } }",
            "pub a: Option<String>, pub b: Option<String>, pub c: Option<String>,",
            &["N070", "N070"],
        ),
        (
            "Thing:\n  type: object\n  if: { required: [a] }\n  then: { properties: { a: { type: string } } }\n  else: { properties: { a: { type: integer } } }",
            "pub a: Option<ThingA>,",
            &["N070"],
        ),
    ];
    for (schemas, expected, codes) in table {
        assert_thing(schemas, expected, codes);
    }
}

#[test]
fn what_only_restricts_changes_no_type() {
    for (schema, expected) in [
        ("{ type: string, not: { const: a } }", "String"),
        ("{ not: { type: string } }", "Value"),
        ("{ type: array, items: { type: string }, contains: { const: a } }", "Vec<String>"),
        (
            "{ type: object, additionalProperties: { type: integer }, propertyNames: { pattern: a } }",
            "BTreeMap<String,i64>",
        ),
    ] {
        let (found, codes) = type_of(schema);
        assert_eq!((found.as_str(), codes.as_slice()), (expected, ["N070"].as_slice()), "{schema}");
    }
}

/// What servers leave out although their document requires it: the overlay says so, in one place.
#[test]
fn an_overlay_makes_a_required_field_optional() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "Thing:\n  type: object\n  required: [id, subject]\n  properties: { id: { type: integer }, subject: { type: string } }",
    );
    std::fs::write(
        folder.path().join("overlay.yaml"),
        "overlay: 1.0.0\ninfo: { title: What the server leaves out, version: '1' }\nactions:\n  - target: $.components.schemas.Thing.required[?@ == 'subject']\n    remove: true\n",
    )
    .unwrap();
    let outcome = generate(folder.path(), &RenderOptions::default());
    let connector = outcome.connector.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
    let expected: syn::ItemStruct =
        syn::parse_str("pub struct Thing { pub id: i64, pub subject: Option<String>, }").unwrap();
    assert_eq!(bare_thing(&connector.files), printed(expected));
}

#[test]
fn notes_are_no_warnings() {
    let found = outcome(
        "Thing: { type: object, properties: { a: { type: string, format: phone, not: { const: x } } } }",
    );
    assert!(
        found.diagnostics.iter().all(|found| found.severity == Severity::Note),
        "{:?}",
        found.diagnostics
    );
    assert!(!found.diagnostics.is_empty());
}
