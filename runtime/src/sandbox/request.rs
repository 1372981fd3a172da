//! A request as the sandbox reads it, and the answer it gives.

use serde_json::{Map, Value};

use crate::contract::{Body, Media, Shape};

use super::{parts, tree};

/// A request, whole.
pub(super) struct Request {
    pub(super) method: String,
    /// As it was sent, without the query.
    pub(super) path: String,
    /// As it was sent, without the question mark.
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The first header of that name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The query's pairs, decoded.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The query parameter of that name, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The cookie of that name.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        let pairs = self.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The body as JSON, whatever its encoding; `None` if it is none. No body is an empty object.
    pub(super) fn fields(&self, body: &Body) -> Option<Value> {
        if self.body.is_empty() {
            return Some(Value::Object(Map::new()));
        }
        match body.media {
            Media::Form => Some(settled(form(&self.body), |name| {
                tree::field(&body.shape, name).map(|field| tree::bare(&field.shape))
            })),
            Media::Multipart => {
                let parts = parts::read(self.header("content-type")?, &self.body)?;
                Some(settled(parts::fields(parts), |name| {
                    let part = body.parts.iter().find(|part| part.name == name)?;
                    Some(tree::bare(&part.shape))
                }))
            }
            Media::Json => serde_json::from_slice(&self.body).ok(),
            Media::Text
            | Media::Bytes
            | Media::JsonLines
            | Media::JsonSequence
            | Media::EventStream
            | Media::Empty => Some(Value::Object(Map::new())),
        }
    }
}

/// Texts become what the document says that they are: a list of one, or the object that they are the JSON of.
fn settled(fields: Value, shape: impl Fn(&str) -> Option<Shape>) -> Value {
    let parsed = |shape: &Shape, value: Value| match (shape, &value) {
        (Shape::Object(_) | Shape::Map(_) | Shape::Union(_), Value::String(text)) => {
            serde_json::from_str(text).unwrap_or(value)
        }
        _ => value,
    };
    let Value::Object(fields) = fields else { return fields };
    let settle = |(name, value): (String, Value)| {
        let value = match (shape(&name), value) {
            (Some(Shape::Array(item)), Value::Array(items)) => {
                items.into_iter().map(|value| parsed(&tree::bare(item), value)).collect()
            }
            (Some(Shape::Array(item)), one) => Value::Array(vec![parsed(&tree::bare(item), one)]),
            (Some(shape), value) => parsed(&shape, value),
            (None, value) => value,
        };
        (name, value)
    };
    Value::Object(fields.into_iter().map(settle).collect())
}

/// Reads a form body with brackets: `a[b]=1`, `list[]=x`, `list[0]=x`, and names that stand several times.
fn form(body: &[u8]) -> Value {
    let mut top = Value::Object(Map::new());
    for (name, value) in url::form_urlencoded::parse(body) {
        let mut keys = name.split('[').map(|key| key.trim_end_matches(']').to_owned());
        let first = keys.next().unwrap_or_default();
        let mut path = vec![first];
        path.extend(keys);
        let value = Value::String(value.into_owned());
        match top.get_mut(&*name) {
            Some(known) if path.len() == 1 => again(known, value),
            _ => put(&mut top, &path, value),
        }
    }
    lists(top)
}

/// A further value of a name.
pub(super) fn again(known: &mut Value, value: Value) {
    match known {
        Value::Array(items) => items.push(value),
        other => *other = Value::Array(vec![other.take(), value]),
    }
}

fn put(target: &mut Value, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        // `list[]` takes the next number.
        let key = if first.is_empty() { fields.len().to_string() } else { first.clone() };
        put(fields.entry(key).or_insert(Value::Null), rest, value);
    }
}

/// Objects whose keys are 0, 1, 2 and so on become lists.
fn lists(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let numbered = !fields.is_empty() && (0..fields.len()).all(|at| fields.contains_key(&at.to_string()));
    if numbered {
        let mut fields = fields;
        (0..fields.len()).filter_map(|at| fields.remove(&at.to_string())).map(lists).collect()
    } else {
        Value::Object(fields.into_iter().map(|(key, value)| (key, lists(value))).collect())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Records in it, where it is a page.
    pub(super) records: Option<u64>,
    /// What it holds of the limits until it has been sent.
    pub(super) held: Option<std::sync::Arc<super::limits::Held>>,
    /// Number of the request for a token that it answers, the first being 1.
    pub(super) token: Option<u64>,
}

impl Reply {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), records: None, held: None, token: None }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..Self::empty(status).with("content-type", "application/json; charset=utf-8")
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_read_with_their_brackets() {
        let table = [
            ("", json!({})),
            ("a=1&b=x+y%21", json!({ "a": "1", "b": "x y!" })),
            ("m[k]=v&m[l][n]=w", json!({ "m": { "k": "v", "l": { "n": "w" } } })),
            ("e[]=a&e[]=b", json!({ "e": ["a", "b"] })),
            ("e[0]=a&e[1][k]=b", json!({ "e": ["a", { "k": "b" }] })),
            ("a=1&a[b]=2", json!({ "a": { "b": "2" } })),
        ];
        for (body, expected) in table {
            assert_eq!(form(body.as_bytes()), expected, "form `{body}`");
        }
    }
}
