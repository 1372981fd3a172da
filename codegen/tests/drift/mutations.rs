//! No change is silent, and nothing else is told: each place of a document that has everything is taken away, put there, renamed or given
//! another value. What a client can feel is told, at that place; what it cannot feel is not.

use linchpin_codegen::drift::{Report, compare};
use linchpin_codegen::source::{Limits, SourceFiles, Tree, parse};
use serde_json::Value;

use super::options;

/// A shop that has each part of OpenAPI and each keyword of schemas once.
const SHOP: &str = include_str!("shop.yaml");

/// Keys of what is written for readers.
const FOR_READERS: &[&str] =
    &["info", "openapi", "description", "summary", "title", "example", "examples", "externalDocs"];

/// Maps whose keys are names, so that none of them is a keyword.
const NAMES: &[&str] = &["properties", "encoding", "schemas", "headers", "links", "mapping", "scopes"];

/// Places that can be taken away, since what they say holds anyway, and why.
const HOLDS_ANYWAY: &[(&str, &str)] = &[
    ("/get/parameters/0/style", "a query is `form` where it says nothing"),
    ("/encoding/tags/explode", "only `form` is exploded where it says nothing"),
    ("/minContains", "one is what `contains` asks for by itself"),
    ("/level/x-extensible-enum", "a list that binds nobody can go as a whole"),
];

/// Places that are told elsewhere, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/encoding/file/headers", "the headers of a part are one value"),
    (
        "/components/schemas/Line/allOf",
        "without it the component says nothing, so nothing leads to it any more",
    ),
];

/// A step from the document to one that differs in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Removed,
    Renamed,
    Changed,
}

/// Every place, as a JSON Pointer.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    let mut child = |key: &str, value: &Value| {
        let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(value, &at, into);
        into.push(at);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| child(&at.to_string(), value)),
        _ => {}
    }
}

fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

/// Another value of the kind; `None` where there is none that means anything.
fn other(key: &str, value: &Value) -> Option<Value> {
    Some(match value {
        Value::Bool(flag) => Value::Bool(!flag),
        Value::Number(number) => Value::from(number.as_f64()? * 2.0 + 1.0),
        Value::String(text) => Value::String(match (key, text.as_str()) {
            ("type", "integer") => "string".to_owned(),
            ("type" | "0", "string") => "integer".to_owned(),
            ("type", "apiKey" | "oauth2") => "http".to_owned(),
            ("type", "null") => return None,
            ("type", _) => "string".to_owned(),
            ("in", "cookie") => "header".to_owned(),
            ("in", _) => "cookie".to_owned(),
            ("x-stability-level", _) => "stable".to_owned(),
            ("x-sunset", _) => "2033-03-03".to_owned(),
            ("$ref", _) => return None,
            (_, text) => format!("{text}z"),
        }),
        _ => return None,
    })
}

/// The document with one place taken away, renamed or changed.
fn mutant(document: &Value, pointer: &str, step: Step) -> Option<Value> {
    let mut mutant = document.clone();
    let (parent, _) = pointer.rsplit_once('/')?;
    let key = segments(pointer).pop()?;
    match (mutant.pointer_mut(parent)?, step) {
        (Value::Object(map), Step::Removed) => drop(map.remove(&key)),
        (Value::Array(list), Step::Removed) => drop(list.remove(key.parse().ok()?)),
        (Value::Object(map), Step::Renamed) => {
            let value = map.remove(&key).filter(Value::is_object)?;
            map.insert(format!("{key}z"), value);
        }
        (_, Step::Renamed) => return None,
        (_, Step::Changed) => {
            let value = mutant.pointer_mut(pointer)?;
            *value = other(&key, value)?;
        }
        _ => return None,
    }
    Some(mutant)
}

/// Whether a client can feel anything of a place.
fn is_felt(pointer: &str) -> bool {
    // The document's own list of tags says nothing of an operation, and what is in the path is always required. An object in brackets is
    // written in one way only.
    if pointer.starts_with("/tags")
        || pointer.ends_with("/get/parameters/1/explode")
        || pointer.ends_with("/parameters/0/required")
    {
        return false;
    }
    let keys = segments(pointer);
    let for_readers = |(at, key): (usize, &String)| {
        let named = at.checked_sub(1).and_then(|before| keys.get(before));
        FOR_READERS.contains(&key.as_str()) && !named.is_some_and(|before| NAMES.contains(&before.as_str()))
    };
    !keys.iter().enumerate().any(for_readers)
}

/// Whether a schema shows its type by another keyword, so that `type` can be left out.
fn is_implied(document: &Value, pointer: &str) -> bool {
    const SHOW: &[&str] =
        &["properties", "additionalProperties", "patternProperties", "items", "prefixItems", "enum", "const"];
    let Some(parent) = pointer.strip_suffix("/type").and_then(|parent| document.pointer(parent)) else {
        return false;
    };
    SHOW.iter().any(|key| parent.get(key).is_some())
}

/// Whether a change is told at a place, within it, or at what holds it.
fn is_told_at(report: &Report, pointer: &str) -> bool {
    let near = |side: &str| {
        let steps = |rest: &str| rest.matches('/').count();
        side.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || pointer.strip_prefix(side).is_some_and(|rest| rest.starts_with('/') && steps(rest) <= 2)
    };
    report
        .changes
        .iter()
        .any(|change| [&change.base, &change.revision].into_iter().flatten().any(|side| near(&side.pointer)))
}

#[test]
fn what_a_client_can_feel_is_told_where_it_is_and_nothing_else_is_told() {
    let mut files = SourceFiles::new();
    let mut read = |text: &str| -> Tree {
        let (tree, found) = parse(&mut files, "shop.yaml", text, &Limits::default());
        tree.unwrap_or_else(|| panic!("{found:?}\n{text}"))
    };
    let shop = read(SHOP);
    let document = shop.root().to_json();
    let mut pointers = Vec::new();
    places(&document, "", &mut pointers);
    let mut mutants = Vec::new();
    for pointer in &pointers {
        for step in [Step::Removed, Step::Renamed, Step::Changed] {
            let Some(mutant) = mutant(&document, pointer, step) else { continue };
            // Without its version a document is none.
            if pointer != "/openapi" {
                mutants.push((pointer, step, read(&mutant.to_string())));
            }
        }
    }
    assert!(mutants.len() > 700, "{} mutants", mutants.len());
    let mut failures = Vec::new();
    for (pointer, step, mutant) in &mutants {
        let anyway = || HOLDS_ANYWAY.iter().any(|(end, _)| pointer.ends_with(end));
        let nothing = *step == Step::Removed && (anyway() || is_implied(&document, pointer));
        let elsewhere = ELSEWHERE.iter().any(|(part, _)| pointer.contains(part));
        for (way, base, revision) in [("there", &shop, mutant), ("back", mutant, &shop)] {
            // A name that is given back is a name that is changed.
            if way == "back" && *step == Step::Renamed {
                continue;
            }
            let (report, found) = compare(&files, base, revision, &options());
            let report = report.unwrap_or_else(|| panic!("{pointer} {step:?}: {found:?}"));
            let told = || report.changes.iter().map(|change| change.text.clone()).collect::<Vec<_>>();
            if !is_felt(pointer) && !report.changes.is_empty() {
                failures.push(format!("{pointer} {step:?} {way}: nobody feels it: {:?}", told()));
            } else if is_felt(pointer) && !nothing && report.changes.is_empty() {
                failures.push(format!("{pointer} {step:?} {way}: silent"));
            } else if !report.changes.is_empty() && !elsewhere && !is_told_at(&report, pointer) {
                failures.push(format!("{pointer} {step:?} {way}: told elsewhere: {:?}", told()));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), mutants.len(), failures.join("\n"));
}
