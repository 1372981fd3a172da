//! A vendor's document as its vendor wrote it, read without the generator: what the generator makes of it is measured against this.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::yaml::Yaml;

/// Which rules a document's schemas follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Swagger 2.0: JSON Schema draft 4, cut down.
    V2,
    /// OpenAPI 3.0: the same with `nullable`, `oneOf` and `anyOf`.
    V3_0,
    /// OpenAPI 3.1 and later: JSON Schema 2020-12.
    V3_1,
}

/// A document.
#[derive(Debug)]
pub struct Document {
    root: Value,
    /// Its dialect.
    pub dialect: Dialect,
}

/// A parameter of an operation, other than a body.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub location: String,
    /// Whether a request must have it.
    pub required: bool,
    /// The schema of its value.
    pub schema: Value,
}

/// What may stand in a request or a response.
#[derive(Clone, Debug)]
pub struct Body {
    /// The status, a range or `default`; empty for a request.
    pub status: String,
    /// The media type, as the document has it.
    pub media_type: String,
    /// The schema of what it holds.
    pub schema: Value,
}

/// One operation.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Its parameters, the path's included.
    pub parameters: Vec<Parameter>,
    /// A schema for each media type that a request may have.
    pub requests: Vec<Body>,
    /// A schema for each status and media type that an answer may have.
    pub responses: Vec<Body>,
}

impl Document {
    /// Reads a document.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let root = if path.extension().is_some_and(|ending| ending == "json") {
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        } else {
            let read: Yaml =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            read.0
        };
        Self::new(root)
    }

    /// A document that has been read.
    pub fn new(root: Value) -> Self {
        let dialect = match root["openapi"].as_str() {
            Some(version) if version.starts_with("3.0") => Dialect::V3_0,
            Some(_) => Dialect::V3_1,
            None => Dialect::V2,
        };
        Self { root, dialect }
    }

    /// What a local reference leads to.
    pub fn target(&self, reference: &str) -> Option<&Value> {
        let pointer = reference.strip_prefix('#')?;
        let decoded = percent_decoded(pointer);
        self.root.pointer(&decoded)
    }

    /// A value, or what it refers to, over any number of references.
    pub fn resolve<'v>(&'v self, mut value: &'v Value) -> &'v Value {
        // A circle of references leads nowhere.
        for _ in 0..32 {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return value };
            value = self.target(reference).unwrap_or(&Value::Null);
        }
        &Value::Null
    }

    /// The operation of that method, in upper case, and that path.
    pub fn operation(&self, method: &str, path: &str) -> Option<Operation> {
        let plain = |path: &str| path.trim_start_matches('/').to_owned();
        let paths = self.root.get("paths")?.as_object()?;
        let (_, item) = paths.iter().find(|(known, _)| plain(known) == plain(path))?;
        let item = self.resolve(item);
        let operation = item.get(method.to_ascii_lowercase())?;
        let mut found = Operation::default();
        let mut form = Vec::new();
        let lists = [item.get("parameters"), operation.get("parameters")];
        for parameter in lists.into_iter().flatten().filter_map(Value::as_array).flatten() {
            self.parameter(self.resolve(parameter), operation, &mut found, &mut form);
        }
        if !form.is_empty() {
            self.form(operation, &form, &mut found);
        }
        if let Some(body) = operation.get("requestBody") {
            found.requests = self.content(self.resolve(body), "");
        }
        for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten()
        {
            let response = self.resolve(response);
            if self.dialect != Dialect::V2 {
                found.responses.extend(self.content(response, status));
            } else if let Some(schema) = response.get("schema") {
                found.responses.extend(
                    self.media_types(operation, "produces").into_iter().map(|media_type| Body {
                        status: status.clone(),
                        media_type,
                        schema: schema.clone(),
                    }),
                );
            }
        }
        Some(found)
    }

    fn parameter<'v>(
        &self,
        parameter: &'v Value,
        operation: &Value,
        found: &mut Operation,
        form: &mut Vec<&'v Value>,
    ) {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, location) = (text("name"), text("in"));
        let schema = match location.as_str() {
            "body" => {
                let schema = parameter.get("schema").cloned().unwrap_or(Value::Bool(true));
                found.requests = self
                    .media_types(operation, "consumes")
                    .into_iter()
                    .map(|media_type| Body { status: String::new(), media_type, schema: schema.clone() })
                    .collect();
                return;
            }
            "formData" => return form.push(parameter),
            _ if self.dialect == Dialect::V2 => parameter.clone(),
            _ => {
                let content = parameter.get("content").and_then(Value::as_object);
                let inner = content.and_then(|content| content.values().next());
                let schema = inner.unwrap_or(parameter).get("schema").cloned();
                schema.unwrap_or(Value::Bool(true))
            }
        };
        // The operation's take the place of the path's.
        found.parameters.retain(|known| (&known.name, &known.location) != (&name, &location));
        let required = parameter.get("required") == Some(&Value::Bool(true)) || location == "path";
        found.parameters.push(Parameter { name, location, required, schema });
    }

    /// Swagger 2.0 has the fields of a form as parameters.
    fn form(&self, operation: &Value, fields: &[&Value], found: &mut Operation) {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in fields {
            let Some(name) = field.get("name").and_then(Value::as_str) else { continue };
            if field.get("required") == Some(&Value::Bool(true)) {
                required.push(json!(name));
            }
            let mut schema = (*field).clone();
            if let Some(schema) = schema.as_object_mut() {
                // Here it is the field that is required; in a schema it is a list.
                schema.remove("required");
            }
            properties.insert(name.to_owned(), schema);
        }
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        let media_types = self.media_types(operation, "consumes");
        found.requests = media_types
            .into_iter()
            .map(|media_type| Body { status: String::new(), media_type, schema: schema.clone() })
            .collect();
    }

    fn content(&self, holder: &Value, status: &str) -> Vec<Body> {
        let content = holder.get("content").and_then(|content| self.resolve(content).as_object());
        let body = |(media_type, media): (&String, &Value)| Body {
            status: status.to_owned(),
            media_type: media_type.clone(),
            schema: self.resolve(media).get("schema").cloned().unwrap_or(Value::Bool(true)),
        };
        content.into_iter().flatten().map(body).collect()
    }

    /// The media types that Swagger 2.0 lists apart from the schemas.
    fn media_types(&self, operation: &Value, key: &str) -> Vec<String> {
        let list = operation.get(key).or_else(|| self.root.get(key)).and_then(Value::as_array);
        let mut found: Vec<String> =
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if found.is_empty() {
            found.push("application/json".to_owned());
        }
        found
    }
}

/// A pointer in a URI fragment has its special characters percent-encoded.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
