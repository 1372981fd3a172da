//! What one slice of a stream gives to its requests and records, whoever reads it: the sync, which keeps a state for each, or
//! [`StreamPages`], which keeps none.

mod pages;
pub(crate) mod window;

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::contract::{Each, Parent, ParentValue, Partition, Path, SliceTarget, Stream, Target};
use crate::cursor::CursorValue;
use crate::error::{Error, ErrorKind};
use crate::project;
use crate::request::Request;
use crate::{Client, Config};

pub(crate) use pages::ReadAhead;
pub use pages::{Omitted, StreamPages};
#[cfg_attr(not(feature = "store"), allow(unused_imports, reason = "a sync reads slices by itself"))]
pub(crate) use pages::{first, too_deep};

/// One value of a stream's partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Slice {
    /// What tells it from the others: the parent's key as the store writes it, or the value.
    pub(crate) key: String,
    /// What goes where in each request, as JSON.
    pub(crate) arguments: Vec<(SliceTarget, String)>,
    /// What each record is stored with: name, JSON, and whether it is a part of the key.
    pub(crate) included: Vec<(&'static str, String, bool)>,
}

impl Slice {
    /// The list of one parent. `None` where the record lacks a value that the request or the key needs.
    pub(crate) fn of_parent(
        parent: &'static Parent,
        key: String,
        record: &str,
        included: Option<&str>,
    ) -> Result<Option<Self>, serde_json::Error> {
        let mut slice = Self { key, ..Self::default() };
        for (target, value) in parent.parameters {
            match find(value, record, included)? {
                Some(json) => slice.arguments.push((*target, json)),
                None => return Ok(None),
            }
        }
        for include in parent.include {
            match find(&include.value, record, included)? {
                Some(json) => slice.included.push((include.name, json, include.in_key)),
                None if include.in_key => return Ok(None),
                None => slice.included.push((include.name, "null".to_owned(), false)),
            }
        }
        Ok(Some(slice))
    }

    fn of_value(each: &Each, value: &str) -> Self {
        let json = Value::from(value).to_string();
        Self {
            key: value.to_owned(),
            included: each.include.iter().map(|(name, in_key)| (*name, json.clone(), *in_key)).collect(),
            arguments: vec![(each.target, json)],
        }
    }

    /// The object of what is included; `None` where there is nothing.
    pub(crate) fn included_json(&self) -> Option<String> {
        if self.included.is_empty() {
            return None;
        }
        let value = |json: &String| serde_json::from_str::<&RawValue>(json).ok().map(ToOwned::to_owned);
        let fields: BTreeMap<&str, Option<Box<RawValue>>> =
            self.included.iter().map(|(name, json, _)| (*name, value(json))).collect();
        serde_json::to_string(&fields).ok()
    }

    /// For people: what it is the slice of.
    #[cfg(feature = "store")]
    pub(crate) fn name(&self, stream: &Stream) -> String {
        match stream.slices.as_ref().map(|slices| &slices.partition) {
            Some(Partition::Parent(parent)) => format!("`{}` of {}", self.key, parent.stream),
            Some(Partition::Each(_)) => format!("`{}`", self.key),
            Some(Partition::Whole) | None => "the whole list".to_owned(),
        }
    }
}

/// The values of a list that does not come from another stream: each once, in their order.
///
/// # Errors
/// A config value is missing.
pub(crate) fn each(config: &Config, each: &Each) -> Result<Vec<Slice>, Error> {
    let mut slices: Vec<Slice> = Vec::new();
    for template in each.values {
        let text = config.expand(template)?;
        let several = template.contains('{');
        let values: Vec<&str> = if several { text.split(',').map(str::trim).collect() } else { vec![&text] };
        for value in values.into_iter().filter(|value| !value.is_empty()) {
            if !slices.iter().any(|known| known.key == value) {
                slices.push(Slice::of_value(each, value));
            }
        }
    }
    Ok(slices)
}

/// The parent of a stream that has one.
pub(crate) fn parent(client: &Client, stream: &'static Stream) -> Result<Option<&'static Stream>, Error> {
    let Some(Partition::Parent(parent)) = stream.slices.as_ref().map(|slices| &slices.partition) else {
        return Ok(None);
    };
    client.contract().stream(parent.stream).map(Some).ok_or_else(|| {
        let problem =
            format!("the contract has no stream `{}`, whose records it is asked for by", parent.stream);
        Error::new(ErrorKind::Request(problem)).of(stream.operation.id)
    })
}

/// The cursor value of a stream's first run, with config values filled in.
///
/// # Errors
/// A config value is missing.
pub(crate) fn start(config: &Config, stream: &Stream) -> Result<Option<String>, Error> {
    let start = stream.cursor.as_ref().and_then(|cursor| cursor.start);
    start.map(|start| config.expand(start)).transpose()
}

/// What the cursor's parameter takes on a first run: the start value in the parameter's format, or as it is where it is no value of
/// that kind.
pub(crate) fn first_parameter(stream: &Stream, start: &str) -> Option<String> {
    let cursor = stream.cursor.as_ref().filter(|cursor| cursor.parameter.is_some() && !start.is_empty())?;
    let formatted = CursorValue::from_text(start).and_then(|value| value.parameter(cursor.format));
    Some(formatted.unwrap_or_else(|| start.to_owned()))
}

pub(crate) fn first_since(client: &Client, stream: &Stream) -> Result<Option<String>, Error> {
    Ok(start(client.config(), stream)?.and_then(|start| first_parameter(stream, &start)))
}

/// A request of a stream with what a slice, and a window of it, give. `since` goes into the cursor's parameter.
///
/// # Errors
/// A config value is missing, or a value cannot be written where it goes.
pub(crate) fn request(
    client: &Client,
    stream: &'static Stream,
    arguments: &[(SliceTarget, String)],
    since: Option<&str>,
) -> Result<Request, Error> {
    let mut request = client.stream_request(stream)?;
    let mut objects: BTreeMap<usize, BTreeMap<&str, String>> = BTreeMap::new();
    let cursor = stream.cursor.as_ref().and_then(|cursor| Some((cursor.parameter?, cursor.property)));
    match (cursor, since) {
        (Some((index, None)), Some(since)) => {
            request.parameter_text(index, since)?;
        }
        (Some((index, Some(property))), Some(since)) => {
            objects.entry(index).or_default().insert(property, since.to_owned());
        }
        _ => {}
    }
    for (target, json) in arguments {
        let text = || serde_json::from_str::<String>(json).unwrap_or_else(|_| json.clone());
        match target {
            SliceTarget::Parameter(index, None) => {
                request.parameter_text(*index, &text())?;
            }
            SliceTarget::Parameter(index, Some(property)) => {
                objects.entry(*index).or_default().insert(property, text());
            }
            SliceTarget::Body(path, number) => {
                request.fill(Target::Field { path, number: *number }, &text())?;
            }
        }
    }
    for (index, object) in &objects {
        request.parameter(*index, object)?;
    }
    Ok(request)
}

/// A value of a parent as JSON. `None` where it is missing, null, empty, an object or a list: nothing of that names a list.
fn find(
    value: &'static ParentValue,
    record: &str,
    included: Option<&str>,
) -> Result<Option<String>, serde_json::Error> {
    let (json, path): (&str, Path) = match value {
        ParentValue::Field(path) => (record, path),
        ParentValue::Included(name) => (included.unwrap_or("null"), std::slice::from_ref(name)),
    };
    let found = project::find(json.as_bytes(), path)?.map(|raw| raw.get().trim());
    Ok(found
        .filter(|json| !matches!(json.as_bytes().first(), None | Some(b'n' | b'{' | b'[')) && *json != "\"\"")
        .map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Include;

    const fn field(path: Path) -> ParentValue {
        ParentValue::Field(path)
    }

    static PARENT: Parent = Parent {
        stream: "tickets",
        parameters: &[
            (SliceTarget::Parameter(0, None), field(&["id"])),
            (SliceTarget::Parameter(1, None), ParentValue::Included("org")),
        ],
        include: &[
            Include { name: "ticket", value: field(&["id"]), in_key: true },
            Include { name: "owner", value: field(&["owner", "name"]), in_key: false },
        ],
        only_changed: false,
        skip_gone: true,
    };

    #[test]
    fn a_parent_gives_what_its_list_and_its_records_need_or_is_skipped() {
        // Record, what it was given itself, and what each record of its list is stored with.
        let table = [
            (r#"{"id":7,"owner":{"name":"x"}}"#, Some(r#"{"org":"a"}"#), Some(r#"{"owner":"x","ticket":7}"#)),
            (r#"{"id":"t/1"}"#, Some(r#"{"org":2}"#), Some(r#"{"owner":null,"ticket":"t/1"}"#)),
            (r#"{"id":7}"#, None, None),
            (r#"{"id":null}"#, Some(r#"{"org":2}"#), None),
            (r#"{"id":""}"#, Some(r#"{"org":2}"#), None),
            (r#"{"id":{}}"#, Some(r#"{"org":2}"#), None),
            (r#"{}"#, Some(r#"{"org":2}"#), None),
        ];
        for (record, given, expected) in table {
            let slice = Slice::of_parent(&PARENT, "k".to_owned(), record, given).unwrap();
            let included = slice.as_ref().and_then(Slice::included_json);
            assert_eq!(included.as_deref(), expected, "{record} with {given:?}");
            if let Some(slice) = slice {
                assert_eq!(slice.arguments.len(), 2, "{record}");
            }
        }
        assert!(Slice::of_parent(&PARENT, "k".to_owned(), "{", None).is_err());
    }
}
