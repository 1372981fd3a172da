//! A document, to find the schema of a place in an answer, and to see what actions make of it.

use std::collections::BTreeSet;

use serde_json::Value;

/// References and compositions within one another, at most.
const DEEPEST: usize = 64;

/// A document: Swagger 2.0 or OpenAPI 3.x, with what it refers to in itself.
#[derive(Clone, Debug)]
pub struct Document {
    root: Value,
}

/// How a document says that null is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nullable {
    /// By a key of a schema.
    Key(&'static str),
    /// By a type.
    Type,
}

/// A place in a document: the steps that lead to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Item(usize),
}

impl Place {
    /// The place of a key below.
    pub(super) fn with(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The last key, and the place of the object that has it.
    pub(super) fn split(&self) -> Option<(String, Self)> {
        match self.0.split_last()? {
            (Step::Key(last), parent) => Some((last.clone(), Self(parent.to_vec()))),
            (Step::Item(_), _) => None,
        }
    }
}

/// The JSONPath (RFC 9535) of one place.
pub(super) fn jsonpath(place: &Place) -> String {
    let mut text = "$".to_owned();
    for step in &place.0 {
        match step {
            Step::Item(index) => text.push_str(&format!("[{index}]")),
            Step::Key(key) if is_plain(key) => text.push_str(&format!(".{key}")),
            Step::Key(key) => text.push_str(&format!("['{}']", quoted(key))),
        }
    }
    text
}

fn is_plain(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A text between single quotes, as JSONPath writes it.
pub(super) fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

impl Document {
    /// Reads YAML or JSON.
    ///
    /// # Errors
    /// It is neither.
    pub fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        Ok(Self::new(json(serde_yaml::from_str(text)?)))
    }

    /// A document that was read.
    pub fn new(root: Value) -> Self {
        Self { root }
    }

    /// How null is allowed: by a type since OpenAPI 3.1.
    pub(super) fn nullable(&self) -> Nullable {
        match self.root.get("openapi").and_then(Value::as_str) {
            None => Nullable::Key("x-nullable"),
            Some(version) if version.starts_with("3.0") => Nullable::Key("nullable"),
            Some(_) => Nullable::Type,
        }
    }

    /// The place of the document as a whole.
    #[cfg(test)]
    pub(super) fn root_place(&self) -> Place {
        Place(Vec::new())
    }

    /// Removes what stands at a place.
    pub(super) fn remove(&mut self, place: &Place) {
        let Some((last, parent)) = place.split() else { return };
        if let Some(Value::Object(entries)) = self.at(&parent) {
            entries.remove(&last);
        }
    }

    /// Removes a text from the list at a place.
    pub(super) fn unlist(&mut self, place: &Place, text: &str) {
        if let Some(Value::Array(items)) = self.at(place) {
            items.retain(|item| item != text);
        }
    }

    /// Merges a value into what stands at a place, as an overlay does.
    pub(super) fn update(&mut self, place: &Place, value: &Value) {
        if let Some(old) = self.at(place) {
            merge(old, value);
        }
    }

    fn at(&mut self, place: &Place) -> Option<&mut Value> {
        place.0.iter().try_fold(&mut self.root, |value, step| match step {
            Step::Item(index) => value.get_mut(index),
            Step::Key(key) => value.get_mut(key),
        })
    }

    /// What stands at a place.
    pub(super) fn get(&self, place: &Place) -> Option<&Value> {
        place.0.iter().try_fold(&self.root, |value, step| match step {
            Step::Item(index) => value.get(index),
            Step::Key(key) => value.get(key),
        })
    }

    /// The place of an operation, by `GET /path`.
    pub(super) fn operation(&self, operation: &str) -> Option<Place> {
        let (method, path) = operation.split_once(' ')?;
        let item = Place(Vec::new()).with("paths").with(path);
        let place = self.followed(&item)?.with(&method.to_ascii_lowercase());
        self.get(&place).map(|_| place)
    }

    /// The schemas of what stands at a pointer in the body of an answer, before references from there are followed.
    pub(super) fn schemas(&self, operation: &str, status: u16, pointer: &str) -> Vec<Place> {
        let Some(body) = self.body(operation, status) else { return Vec::new() };
        let mut places = vec![body];
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let mut next = BTreeSet::new();
            for place in places.iter().flat_map(|place| self.expanded(place)) {
                let below = if token == "*" {
                    let patterns = place.with("patternProperties");
                    let keys = self.get(&patterns).and_then(Value::as_object).into_iter().flatten();
                    let mut below = vec![place.with("items"), place.with("additionalProperties")];
                    below.extend(keys.map(|(key, _)| patterns.with(key)));
                    below
                } else {
                    vec![place.with("properties").with(&token)]
                };
                next.extend(below.into_iter().filter(|place| self.get(place).is_some_and(Value::is_object)));
            }
            places = next.into_iter().collect();
        }
        places
    }

    /// The place of the response that describes a status.
    pub(super) fn response(&self, operation: &str, status: u16) -> Option<Place> {
        let responses = self.operation(operation)?.with("responses");
        let names = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
        let response =
            names.iter().map(|name| responses.with(name)).find(|place| self.get(place).is_some())?;
        self.followed(&response)
    }

    /// The schema of an answer's body.
    fn body(&self, operation: &str, status: u16) -> Option<Place> {
        let response = self.response(operation, status)?;
        let content = response.with("content");
        let Some(Value::Object(media)) = self.get(&content) else {
            // Swagger 2.0 has the schema in the response itself.
            return self.get(&response.with("schema")).map(|_| response.with("schema"));
        };
        let json = media.keys().find(|name| name.contains("json")).or_else(|| media.keys().next())?;
        let schema = content.with(json).with("schema");
        self.get(&schema).map(|_| schema)
    }

    /// The place that references lead to, where they are of this document.
    pub(super) fn followed(&self, place: &Place) -> Option<Place> {
        let mut place = place.clone();
        for _ in 0..DEEPEST {
            let Some(reference) = self.get(&place)?.get("$ref").and_then(Value::as_str) else {
                return Some(place);
            };
            let keys = reference.strip_prefix("#/")?.split('/');
            let step = |key: &str| Step::Key(key.replace("~1", "/").replace("~0", "~"));
            place = Place(keys.map(step).collect());
        }
        None
    }

    /// The schemas that together say what a value holds: the one that references lead to, and what it is composed of.
    pub(super) fn expanded(&self, place: &Place) -> Vec<Place> {
        let mut found = Vec::new();
        self.expand(place, &mut found, 0);
        found
    }

    /// The branches of a composition.
    pub(super) fn branches(&self, place: &Place, word: &str) -> Vec<Place> {
        let list = place.with(word);
        let branches = self.get(&list).and_then(Value::as_array).map_or(0, Vec::len);
        (0..branches).map(|branch| list.then(Step::Item(branch))).collect()
    }

    fn expand(&self, place: &Place, found: &mut Vec<Place>, depth: usize) {
        let Some(place) = self.followed(place) else { return };
        if depth > DEEPEST || found.contains(&place) {
            return;
        }
        found.push(place.clone());
        for word in ["allOf", "oneOf", "anyOf"] {
            for branch in self.branches(&place, word) {
                self.expand(&branch, found, depth + 1);
            }
        }
    }
}

/// Overlay 1.1, 4.4.3: objects are merged, lists are joined, any other value takes the place of what was there.
fn merge(old: &mut Value, new: &Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                match old.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => drop(old.insert(key.clone(), value.clone())),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => old.extend(new.iter().cloned()),
        (old, new) => *old = new.clone(),
    }
}

/// YAML as JSON: keys that are numbers, as statuses often are, become texts.
fn json(value: serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(value) => Value::Bool(value),
        serde_yaml::Value::Number(number) => serde_json::to_value(number).unwrap_or(Value::Null),
        serde_yaml::Value::String(text) => Value::String(text),
        serde_yaml::Value::Sequence(items) => items.into_iter().map(json).collect(),
        serde_yaml::Value::Mapping(entries) => {
            let key = |key| match json(key) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            Value::Object(entries.into_iter().map(|(name, value)| (key(name), json(value))).collect())
        }
        serde_yaml::Value::Tagged(tagged) => json(tagged.value),
    }
}
