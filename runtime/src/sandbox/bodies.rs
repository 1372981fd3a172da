//! Bodies that are no JSON document, and jobs that make them, as the sandbox plays them.

use serde_json::{Map, Value, json};

use crate::contract::{CsvDialect, Download, Format, Job, Path, Shape, XmlLayout};

use super::request::Reply;
use super::tree;
use super::view::View;

/// How often a job is asked for before it is done.
const POLLS: u32 = 2;

/// Where the sandbox keeps what jobs made, beside the API's own paths.
pub(super) const FILES: &str = "/-/files/";

/// A job that was created.
#[derive(Clone, Debug)]
pub(super) struct JobState {
    polls: u32,
    /// The records that it was asked for.
    pub(super) view: View,
}

impl JobState {
    pub(super) fn new(view: View) -> Self {
        Self { polls: 0, view }
    }

    /// Whether the job is done by now; it is asked for once more.
    pub(super) fn ask(&mut self) -> bool {
        self.polls += 1;
        self.polls > POLLS
    }
}

/// Records as a body of a format.
pub(super) fn body(format: &Format, place: Path, shape: &Shape, records: &[Value]) -> Reply {
    let (kind, text) = match format {
        Format::Json => {
            let mut whole = Value::Null;
            tree::set(&mut whole, place, Value::Array(records.to_vec()));
            ("application/json", whole.to_string())
        }
        Format::JsonLines => {
            ("application/x-ndjson", records.iter().map(|record| format!("{record}\n")).collect())
        }
        Format::Csv(dialect) => ("text/csv; charset=utf-8", csv(dialect, shape, records)),
        Format::Xml(layout) => ("application/xml", xml(layout, shape, records)),
    };
    Reply { body: text.into_bytes(), ..Reply::empty(200).with("content-type", kind) }
}

fn csv(dialect: &CsvDialect, shape: &Shape, records: &[Value]) -> String {
    let (delimiter, quote) = (char::from(dialect.delimiter), char::from(dialect.quote));
    let mut columns: Vec<String> = dialect.columns.iter().map(|name| (*name).to_owned()).collect();
    if columns.is_empty()
        && let Shape::Object(object) = tree::bare(shape)
    {
        columns.extend(object.fields.iter().map(|field| field.name.to_owned()));
    }
    if columns.is_empty() {
        for key in records.iter().filter_map(Value::as_object).flat_map(Map::keys) {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
    }
    let cell = |value: Option<&Value>| {
        let text = match value {
            None | Some(Value::Null) => return String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let twice: String = [quote, quote].iter().collect();
        if text.contains([delimiter, quote, '\r', '\n']) {
            format!("{quote}{}{quote}", text.replace(quote, &twice))
        } else {
            text
        }
    };
    let row = |cells: Vec<String>| cells.join(&delimiter.to_string()) + "\r\n";
    let header = columns.iter().map(|name| cell(Some(&json!(name)))).collect();
    let mut text = if dialect.columns.is_empty() { row(header) } else { String::new() };
    for record in records {
        text += &row(columns.iter().map(|name| cell(record.get(name))).collect());
    }
    text
}

fn xml(layout: &XmlLayout, shape: &Shape, records: &[Value]) -> String {
    let Some((name, around)) = layout.record.split_last() else { return String::new() };
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    around.iter().for_each(|name| text += &format!("<{name}>"));
    for record in records {
        element(&mut text, name, record, shape, layout);
    }
    around.iter().rev().for_each(|name| text += &format!("</{name}>"));
    text
}

/// A value as an element, by what the document says of its fields.
fn element(text: &mut String, name: &str, value: &Value, shape: &Shape, layout: &XmlLayout) {
    use quick_xml::escape::escape;
    let object = match tree::bare(shape) {
        Shape::Object(object) => object.name,
        _ => "",
    };
    let known =
        |field: &str| layout.names.iter().find(|known| known.object == object && known.field == field);
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    *text += &format!("<{name}");
    for (field, value) in value.as_object().into_iter().flatten() {
        if let Some(known) = known(field).filter(|known| known.attribute && !value.is_null()) {
            *text += &format!(" {}=\"{}\"", known.name, escape(plain(value)));
        }
    }
    if value.is_null() {
        *text += " nil=\"true\"";
    }
    *text += ">";
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let known = known(field);
                let held = tree::field(shape, field).map_or(Shape::Any, |field| field.shape);
                let name = known.map_or(field.as_str(), |known| known.name);
                match value {
                    _ if known.is_some_and(|known| known.attribute) => {}
                    Value::Array(items) => {
                        let item = match tree::bare(&held) {
                            Shape::Array(item) => *item,
                            _ => Shape::Any,
                        };
                        let wrapped = known.is_some_and(|known| known.wrapped);
                        if wrapped {
                            *text += &format!("<{name}>");
                        }
                        let of_item = if wrapped { "item" } else { name };
                        items.iter().for_each(|value| element(text, of_item, value, &item, layout));
                        if wrapped {
                            *text += &format!("</{name}>");
                        }
                    }
                    value => element(text, name, value, &held, layout),
                }
            }
        }
        Value::Null => {}
        value => *text += &escape(plain(value)),
    }
    *text += &format!("</{name}>");
}

/// Writes into an answer what it tells of a job.
pub(super) fn tell(answer: &mut Value, job: &Job, shape: &Shape, id: &str, done: bool, origin: &str) {
    let known = match tree::shape_at(shape, job.status).map(|shape| tree::bare(&shape)) {
        Some(Shape::Enum(states)) => states.values,
        _ => &[],
    };
    let working = known.iter().find(|state| !job.done.contains(state) && !job.failed.contains(state));
    let state = if done { job.done.first().copied() } else { Some(*working.unwrap_or(&"running")) };
    tree::set(answer, job.status, json!(state.unwrap_or_default()));
    if let Download::Url(path) = job.download {
        let url = if done { json!(format!("{origin}{FILES}{id}")) } else { Value::Null };
        put(answer, shape, path, url);
    }
}

/// Writes a value at a path; where the shape says that a list stands on the way, into its only item.
fn put(answer: &mut Value, shape: &Shape, path: &[&str], value: Value) {
    for length in 1..=path.len() {
        let (Some(before), Some(rest)) = (path.get(..length), path.get(length..)) else { return };
        if let Some(Shape::Array(item)) = tree::shape_at(shape, before).map(|shape| tree::bare(&shape)) {
            let items = if value.is_null() {
                Vec::new()
            } else {
                let mut one = Value::Null;
                put(&mut one, item, rest, value);
                vec![one]
            };
            return tree::set(answer, before, Value::Array(items));
        }
    }
    tree::set(answer, path, value);
}
