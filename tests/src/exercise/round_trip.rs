//! JSON that a schema allows, through the type that was generated for it and back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::path::Path;

use linchpin_codegen::generate::Connector;
use linchpin_codegen::model::{Content, Media};
use linchpin_codegen::render::rust_type;
use proc_macro2::TokenStream;
use serde_json::{Value, json};

use crate::wrapper::Wrapper;

use super::document::{Body, Document};
use super::driver::{DEPENDENCIES, Surface};
use super::sample::samples;
use super::schema::{Direction, standalone};
use super::{chance, generate_all};

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
struct Pair {
    kind: usize,
    place: String,
    type_text: String,
    schema: Value,
}

/// Takes the values of all request and response types of a document through a crate generated from it.
pub fn round_trip(path: &Path, name: &str) -> Report {
    let document = Document::read(path);
    let connector = crate::wrapper::connector(generate_all(path, name));
    let mut report = Report { name: name.to_owned(), ..Report::default() };
    let mut types: Vec<TokenStream> = Vec::new();
    let pairs = pairs(&document, &connector, &mut types, &mut report);
    report.types = pairs.len();
    let main = Surface::of(&connector).program(&types, &[]);
    let program = Wrapper::new(&connector).with_program(&connector, &main, DEPENDENCIES).build(&format!("drive-{name}"));
    let mut lines = String::new();
    let mut sent: Vec<(usize, Value)> = Vec::new();
    let mut validators = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        let validator = match jsonschema::options().should_validate_formats(true).build(&pair.schema) {
            Ok(validator) => validator,
            Err(error) => {
                report.not_sampled.push(format!("{}: no validator: {error}", pair.place));
                validators.push(None);
                continue;
            }
        };
        let drawn = samples(&pair.schema, chance(&format!("{name} {}", pair.place)));
        let mut why = drawn.as_ref().err().map(|why| format!("{why:?}")).unwrap_or_default();
        let mut any = false;
        for value in drawn.unwrap_or_default() {
            match validator.validate(&value) {
                Ok(()) => {
                    any = true;
                    lines.push_str(&format!("{}\t{value}\n", pair.kind));
                    sent.push((number, value));
                }
                Err(error) => why = format!("{error} at {}", error.instance_path()),
            }
        }
        if !any {
            report.not_sampled.push(format!("{}: {}", pair.place, cut(&why)));
        }
        validators.push(Some(validator));
    }
    report.values = sent.len();
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("values");
    fs::write(&input, lines).expect("the values");
    let ended = program.run(folder.path(), ["values".as_ref(), input.as_os_str()]).end().with(0);
    let output: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(output.len(), sent.len(), "{name}: a line for each value; {}", ended.stderr);
    let mut failed = BTreeSet::new();
    for ((number, value), line) in sent.iter().zip(output) {
        let (pair, validator) = (&pairs[*number], validators[*number].as_ref());
        let problem = match line.split_at(1) {
            ("=", json) => {
                let back: Value = serde_json::from_str(json).expect("JSON");
                match validator.map(|validator| validator.validate(&back)) {
                    Some(Err(error)) => {
                        Some((FailureKind::Invalid, format!("{error} at {}", error.instance_path())))
                    }
                    _ => difference(value, &back, "").map(|difference| (FailureKind::Differs, difference)),
                }
            }
            (_, error) => Some((FailureKind::NotRead, error.to_owned())),
        };
        let Some((kind, detail)) = problem else { continue };
        if failed.insert((*number, kind)) {
            report.failures.push(Failure {
                kind,
                place: pair.place.clone(),
                type_text: pair.type_text.clone(),
                detail: format!("{}; the value: {}", cut(&detail), cut(&value.to_string())),
            });
        }
    }
    report
}

/// Every type of a request or a response with each schema that it stands for, each pair once. The types are added to those of the program.
fn pairs(
    document: &Document,
    connector: &Connector,
    types: &mut Vec<TokenStream>,
    report: &mut Report,
) -> Vec<Pair> {
    let api = &connector.plan.api;
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for operation in &api.operations {
        let head = &operation.head;
        let place = format!("{} {}", head.method, head.path);
        let Some(written) = document.operation(&head.method, &head.path) else {
            report.not_found.push(place);
            continue;
        };
        let mut uses: Vec<(Direction, String, &Content, &[Body])> = Vec::new();
        if let Some(body) = &operation.body {
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
            let same_type = |body: &&Body| body.status.eq_ignore_ascii_case(&status) && body.media_type == content.media_type;
            let Some(body) = bodies.iter().find(same_type) else {
                report.not_found.push(format!("{place} ({})", content.media_type));
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
            let schema = standalone(document, &body.schema, direction);
            found.push(Pair { kind, place, type_text, schema });
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
                let Some(other) = back.get(key) else { return Some(format!("{here}: `{key}` is lost: {value}")) };
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
        let Self { name, types, values, not_sampled, not_found, failures } = self;
        let mut by_kind: BTreeMap<FailureKind, usize> = BTreeMap::new();
        for failure in failures {
            *by_kind.entry(failure.kind).or_default() += 1;
        }
        let (lost, gone) = (not_sampled.len(), not_found.len());
        writeln!(formatter, "{name}: {types} types, {values} values; not sampled {lost}, not found {gone}, failed {by_kind:?}")?;
        for line in not_sampled {
            writeln!(formatter, "  not sampled: {line}")?;
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
    /// The figures as JSON, for whoever adds them up.
    pub fn figures(&self) -> Value {
        json!({
            "document": self.name, "types": self.types, "values": self.values,
            "not_sampled": self.not_sampled.len(), "not_found": self.not_found.len(), "failed": self.failures.len(),
        })
    }
}
