//! JSON that a schema allows, through the type that was generated for it and back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs;

use jsonschema::Validator;
use linchpin_codegen::generate::Connector;
use linchpin_codegen::model::{Content, Media};
use linchpin_codegen::render::rust_type;
use proc_macro2::TokenStream;
use serde_json::Value;

use super::document::{Body, Document};
use super::sample::{Integers, samples};
use super::schema::{Direction, Schemas};
use super::{Exercise, chance};

/// What became of one document.
#[derive(Debug, Default)]
pub struct Report {
    /// The document.
    pub name: String,
    /// Pairs of a generated type and a schema that it stands for.
    pub types: usize,
    /// Values that went through them.
    pub values: usize,
    /// Types for which no value could be drawn that the schema allows, and why.
    pub not_sampled: Vec<String>,
    /// Types whose schema allows no value at all: it requires a property that it forbids.
    pub impossible: Vec<String>,
    /// Bodies of the crate for which the document, read apart, has no schema.
    pub not_found: Vec<String>,
    /// Types that failed: one line each, with the first value that did.
    pub failures: Vec<Failure>,
}

/// A type through which a value did not go.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// Where the document uses the type.
    pub place: String,
    /// What it is in Rust.
    pub type_text: String,
    /// What is wrong, and with what.
    pub detail: String,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// The type did not take the value.
    NotRead,
    /// What came back is not valid against the schema.
    Invalid,
    /// What came back is valid, and is not what went in.
    Differs,
}

/// A type of the crate and a schema that it stands for.
#[derive(Debug)]
pub(super) struct Pair {
    /// Number of the type in the program.
    kind: usize,
    place: String,
    type_text: String,
    schema: Value,
    direction: Direction,
}

/// Values of one pair that its schema allows, with what judges what comes back.
struct Drawn {
    validator: Validator,
    values: Vec<Value>,
}

impl Exercise {
    /// Takes values of all request and response types through the crate.
    pub fn round_trip(&self) -> Report {
        let name = &self.connector.name;
        let (types, not_found) = (self.pairs.len(), self.not_found.clone());
        let mut report = Report { name: name.clone(), types, not_found, ..Report::default() };
        let mut schemas = Schemas::new(&self.document);
        let drawn: Vec<Option<Drawn>> = self
            .pairs
            .iter()
            .map(|pair| match pair.draw(name, &mut schemas) {
                Ok(drawn) => Some(drawn),
                Err(_) if allows_nothing(&schemas.standalone(&pair.schema, pair.direction)) => {
                    report.impossible.push(pair.place.clone());
                    None
                }
                Err(why) => {
                    report.not_sampled.push(format!("{}: {}", pair.place, cut(&why)));
                    None
                }
            })
            .collect();
        let folder = tempfile::tempdir().expect("a folder");
        let input = folder.path().join("values");
        let mut lines = String::new();
        for (pair, drawn) in self.pairs.iter().zip(&drawn) {
            for value in drawn.iter().flat_map(|drawn| &drawn.values) {
                lines.push_str(&format!("{}\t{value}\n", pair.kind));
            }
        }
        fs::write(&input, lines).expect("the values");
        let ended = self.program.run(folder.path(), ["values".as_ref(), input.as_os_str()]).end().with(0);
        let mut output = ended.stdout.lines();
        for (pair, drawn) in self.pairs.iter().zip(&drawn) {
            let Some(drawn) = drawn else { continue };
            let mut failed: BTreeSet<FailureKind> = BTreeSet::new();
            for value in &drawn.values {
                let line =
                    output.next().unwrap_or_else(|| panic!("{name}: no line for {value}: {}", ended.stderr));
                report.values += 1;
                let Some((kind, detail)) = problem(&drawn.validator, value, line) else { continue };
                if failed.insert(kind) {
                    let detail = format!("{}; the value: {}", cut(&detail), cut(&value.to_string()));
                    let (place, type_text) = (pair.place.clone(), pair.type_text.clone());
                    report.failures.push(Failure { kind, place, type_text, detail });
                }
            }
        }
        report
    }
}

impl Pair {
    /// Values that the schema allows; where there are none, why.
    fn draw(&self, name: &str, schemas: &mut Schemas<'_>) -> Result<Drawn, String> {
        let strict = schemas.standalone(&self.schema, self.direction);
        let random = chance(&format!("{name} {}", self.place));
        let proposed = samples(&strict, Integers::All, random).map_err(|why| format!("{why:?}"))?;
        let mut why = String::new();
        for schema in [&strict, &any_of_one_of(&strict), &open_parts(&any_of_one_of(&strict))] {
            // Formats are annotations (JSON Schema 2020-12, 7.2.1), and some documents contradict them by lengths.
            let validator =
                jsonschema::validator_for(schema).map_err(|error| format!("no validator: {error}"))?;
            let mut values = Vec::new();
            for value in &proposed {
                match validator.validate(value) {
                    Ok(()) => values.push(value.clone()),
                    Err(error) => why = format!("{error} at {}", error.instance_path()),
                }
            }
            if !values.is_empty() {
                return Ok(Drawn { validator, values });
            }
        }
        Err(why)
    }
}

/// Whether an object that the schema asks for would have to hold what the same schema forbids. Looks at what is always there: the value
/// itself, its required properties, and what they refer to.
fn allows_nothing(root: &Value) -> bool {
    let (mut open, mut met) = (vec![root], BTreeSet::new());
    while let Some(schema) = open.pop() {
        if !met.insert(std::ptr::from_ref(schema).addr()) {
            continue;
        }
        let reference = schema.get("$ref").and_then(Value::as_str);
        open.extend(reference.and_then(|reference| root.pointer(reference.strip_prefix('#')?)));
        open.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten());
        let properties = schema.get("properties");
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            match properties.and_then(|properties| properties.get(name)) {
                Some(property) => open.push(property),
                None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => return true,
                None => {}
            }
        }
    }
    false
}

/// The schema with `anyOf` for `oneOf`. Documents say `oneOf` of alternatives of which one is part of another, and so allow no value at all
/// that has only what both know.
fn any_of_one_of(schema: &Value) -> Value {
    match schema {
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| {
                let key = if key == "oneOf" && value.is_array() { "anyOf" } else { key };
                (key.to_owned(), any_of_one_of(value))
            })
            .collect(),
        Value::Array(items) => items.iter().map(any_of_one_of).collect(),
        other => other.clone(),
    }
}

/// The schema without `additionalProperties: false`. Documents say it of parts to which other parts add properties, and so forbid what those
/// require.
fn open_parts(schema: &Value) -> Value {
    let closes = |key: &str, value: &Value| key == "additionalProperties" && *value == Value::Bool(false);
    match schema {
        Value::Object(entries) => {
            let others = entries.iter().filter(|(key, value)| !closes(key, value));
            others.map(|(key, value)| (key.to_owned(), open_parts(value))).collect()
        }
        Value::Array(items) => items.iter().map(open_parts).collect(),
        other => other.clone(),
    }
}

/// What is wrong with a line of the program for a value.
fn problem(validator: &Validator, value: &Value, line: &str) -> Option<(FailureKind, String)> {
    let Some(json) = line.strip_prefix('=') else {
        return Some((FailureKind::NotRead, line.trim_start_matches('!').to_owned()));
    };
    let back: Value = serde_json::from_str(json).expect("the program writes JSON");
    match validator.validate(&back) {
        Err(error) => Some((FailureKind::Invalid, format!("{error} at {}", error.instance_path()))),
        Ok(()) => difference(value, &back, "").map(|difference| (FailureKind::Differs, difference)),
    }
}

/// Every type of a request or a response with each schema that it stands for, each pair once. The types are added to those of the program.
pub(super) fn pairs(
    document: &Document,
    connector: &Connector,
    types: &mut Vec<TokenStream>,
    not_found: &mut Vec<String>,
) -> Vec<Pair> {
    let api = &connector.plan.api;
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for operation in &api.operations {
        let head = &operation.head;
        let place = format!("{} {}", head.method, head.path);
        let Some(written) = document.operation(&head.method, &head.path) else {
            not_found.push(place);
            continue;
        };
        let mut uses: Vec<(Direction, String, &Content, &[Body])> = Vec::new();
        if let Some(body) = &operation.bodies.body {
            uses.push((Direction::Request, String::new(), &body.content, &written.requests));
        }
        for response in &operation.responses {
            let Some(content) = &response.content else { continue };
            let status = match (response.from, response.to) {
                (0, _) => "default".to_owned(),
                (from, to) if from == to => from.to_string(),
                (from, _) => format!("{}XX", from / 100),
            };
            uses.push((Direction::Response, status, content, &written.responses));
        }
        for (direction, status, content, bodies) in uses {
            if !matches!(content.media, Media::Json | Media::Form) {
                continue;
            }
            let place = format!("{place} {status}");
            let place = place.trim_end().to_owned();
            let of = |media_type: &str| {
                let mut of_status = bodies.iter().filter(|body| body.status.eq_ignore_ascii_case(&status));
                of_status.find(|body| body.media_type == media_type)
            };
            // What may be anything is sent as JSON.
            let any = || of("*/*").filter(|_| content.media == Media::Json);
            let Some(body) = of(&content.media_type).or_else(any) else {
                not_found.push(format!("{place} ({})", content.media_type));
                continue;
            };
            let tokens = rust_type(&api.types, content.type_ref);
            let type_text = tokens.to_string();
            if !known.insert((type_text.clone(), direction, body.schema.to_string())) {
                continue;
            }
            let kind = *numbers.entry(type_text.clone()).or_insert_with(|| {
                types.push(tokens);
                types.len() - 1
            });
            found.push(Pair { kind, place, type_text, schema: body.schema.clone(), direction });
        }
    }
    found
}

/// The first place at which two values are not the same; numbers are by their value.
fn difference(sent: &Value, back: &Value, place: &str) -> Option<String> {
    let here = if place.is_empty() { "the value" } else { place };
    match (sent, back) {
        (Value::Object(sent), Value::Object(back)) => {
            for (key, value) in sent {
                let Some(other) = back.get(key) else {
                    return Some(format!("{here}: `{key}` is lost: {value}"));
                };
                if let Some(found) = difference(value, other, &format!("{place}/{key}")) {
                    return Some(found);
                }
            }
            let added = back.keys().find(|key| !sent.contains_key(*key));
            added.map(|key| format!("{here}: `{key}` is added: {}", back[key]))
        }
        (Value::Array(sent), Value::Array(back)) if sent.len() == back.len() => sent
            .iter()
            .zip(back)
            .enumerate()
            .find_map(|(index, (sent, back))| difference(sent, back, &format!("{place}/{index}"))),
        (Value::Number(sent), Value::Number(back)) => {
            let same = match (sent.as_i128(), back.as_i128()) {
                (Some(sent), Some(back)) => sent == back,
                _ => sent.as_f64() == back.as_f64(),
            };
            (!same).then(|| format!("{here}: {sent} became {back}"))
        }
        _ => (sent != back).then(|| format!("{here}: {sent} became {back}")),
    }
}

fn cut(text: &str) -> String {
    const SHOWN: usize = 400;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, types, values, not_sampled, impossible, not_found, failures } = self;
        let mut by_kind: BTreeMap<FailureKind, usize> = BTreeMap::new();
        for failure in failures {
            *by_kind.entry(failure.kind).or_default() += 1;
        }
        let (lost, gone) = (not_sampled.len(), not_found.len());
        writeln!(
            formatter,
            "{name}: {types} types, {values} values; not sampled {lost}, not found {gone}, failed {by_kind:?}"
        )?;
        for line in not_sampled {
            writeln!(formatter, "  not sampled: {line}")?;
        }
        for line in impossible {
            writeln!(formatter, "  allows no value: {line}")?;
        }
        for line in not_found {
            writeln!(formatter, "  not found: {line}")?;
        }
        for Failure { kind, place, type_text, detail } in failures {
            writeln!(formatter, "  {kind:?}: {place}: {type_text}: {detail}")?;
        }
        Ok(())
    }
}

impl Report {
    /// Whether every type took a value, and gave back each that it took.
    pub fn is_good(&self) -> bool {
        self.not_sampled.is_empty() && self.not_found.is_empty() && self.failures.is_empty()
    }
}
