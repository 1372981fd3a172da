//! Schemas of a document as JSON Schema 2020-12, each with all that it refers to, so that a validator can judge by them and a sampler can draw
//! from them. Only what the dialects say otherwise is rewritten; a keyword that is no JSON Schema in the document (a pattern that no engine
//! reads, `required: true`) is left out, as a validator would refuse it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::document::{Dialect, Document};

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From client to server: properties that are `readOnly` have no place.
    Request,
    /// From server to client: properties that are `writeOnly` have no place.
    Response,
}

impl Direction {
    fn hidden_by(self) -> &'static str {
        match self {
            Self::Request => "readOnly",
            Self::Response => "writeOnly",
        }
    }
}

/// The schemas of a document, each converted once for each direction.
#[derive(Debug)]
pub struct Schemas<'d> {
    request: Converter<'d>,
    response: Converter<'d>,
}

impl<'d> Schemas<'d> {
    /// Those of a document.
    pub fn new(document: &'d Document) -> Self {
        let converter = |direction| Converter {
            document,
            direction,
            names: BTreeMap::new(),
            open: Vec::new(),
            definitions: BTreeMap::new(),
        };
        Self { request: converter(Direction::Request), response: converter(Direction::Response) }
    }

    /// A schema on its own, with those that it refers to and no others.
    pub fn standalone(&mut self, schema: &Value, direction: Direction) -> Value {
        let converter = match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        };
        let top = converter.schema(schema);
        while let Some((reference, name)) = converter.open.pop() {
            let target = converter.document.target(&reference).unwrap_or(&Value::Bool(true));
            let converted = converter.schema(target);
            converter.definitions.insert(name, converted);
        }
        let mut reached = Map::new();
        let mut open = references(&top);
        while let Some(name) = open.pop() {
            if let Some(found) = converter.definitions.get(&name).filter(|_| !reached.contains_key(&name)) {
                open.extend(references(found));
                reached.insert(name, found.clone());
            }
        }
        // Within a schema of its own: a boolean has no room for definitions.
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [top], "$defs": reached })
    }
}

/// Names of the definitions that a converted schema refers to.
fn references(schema: &Value) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![schema]);
    while let Some(value) = open.pop() {
        match value {
            Value::Object(entries) => {
                let own = entries
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|text| text.strip_prefix(DEFINITIONS));
                found.extend(own.map(str::to_owned));
                open.extend(entries.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// Where definitions stand in a schema on its own.
const DEFINITIONS: &str = "#/$defs/";

#[derive(Debug)]
struct Converter<'d> {
    document: &'d Document,
    direction: Direction,
    names: BTreeMap<String, String>,
    open: Vec<(String, String)>,
    definitions: BTreeMap<String, Value>,
}

impl Converter<'_> {
    fn schema(&mut self, schema: &Value) -> Value {
        let Some(given) = schema.as_object() else {
            return Value::Bool(schema != &Value::Bool(false));
        };
        let mut made = Map::new();
        if let Some(reference) = given.get("$ref").and_then(Value::as_str) {
            made.insert("$ref".to_owned(), json!(self.reference(reference)));
            if self.document.dialect != Dialect::V3_1 {
                return Value::Object(made);
            }
        }
        for (key, value) in given {
            if let Some(value) = self.keyword(given, key, value) {
                made.insert(key.clone(), value);
            }
        }
        if let Some(Value::Array(items)) = given.get("items") {
            let items = items.iter().map(|item| self.schema(item)).collect();
            made.insert("prefixItems".to_owned(), items);
        }
        if self.document.dialect != Dialect::V3_1 {
            exclusive(&mut made, given, "minimum", "exclusiveMinimum");
            exclusive(&mut made, given, "maximum", "exclusiveMaximum");
        }
        self.visible_only(&mut made, given);
        self.discriminated(&mut made, given);
        let nullable = ["nullable", "x-nullable"].iter().any(|key| given.get(*key) == Some(&json!(true)));
        if nullable && self.document.dialect != Dialect::V3_1 {
            return nullable_of(made);
        }
        Value::Object(made)
    }

    /// The reference to a definition, which is made if it is not there yet.
    fn reference(&mut self, reference: &str) -> String {
        let next = format!("d{}", self.names.len());
        let name = self.names.entry(reference.to_owned()).or_insert_with(|| {
            self.open.push((reference.to_owned(), next.clone()));
            next
        });
        format!("{DEFINITIONS}{name}")
    }

    fn keyword(&mut self, given: &Map<String, Value>, key: &str, value: &Value) -> Option<Value> {
        match key {
            "type" => types(value),
            "enum" => value.as_array().filter(|list| !list.is_empty()).map(|_| value.clone()),
            "const" => Some(value.clone()),
            "minimum" | "maximum" => value.is_number().then(|| value.clone()),
            "multipleOf" => value.as_f64().filter(|step| *step > 0.0).map(|_| value.clone()),
            "exclusiveMinimum" | "exclusiveMaximum" => value.is_number().then(|| value.clone()),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                // A bound on lengths of what is no text says nothing about it.
                value.as_u64().map(|bound| json!(bound))
            }
            "pattern" => value.as_str().filter(|pattern| is_readable(pattern)).map(|_| value.clone()),
            "format" => value.as_str().map(|_| value.clone()),
            "uniqueItems" => value.as_bool().map(Value::Bool),
            // Swagger 2.0 documents have the list form of draft 4, which is `prefixItems` now.
            "items" if value.is_array() => None,
            "items"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "additionalProperties"
            | "unevaluatedProperties" => Some(self.schema(value)),
            "prefixItems" | "allOf" | "anyOf" | "oneOf" => {
                let list = value.as_array().filter(|list| !list.is_empty())?;
                Some(list.iter().map(|schema| self.schema(schema)).collect())
            }
            "properties" | "patternProperties" => {
                let entries = value.as_object()?;
                let readable = entries.iter().filter(|(name, _)| key == "properties" || is_readable(name));
                Some(readable.map(|(name, schema)| (name.clone(), self.schema(schema))).collect())
            }
            "required" => {
                let names = value.as_array()?.iter().filter_map(Value::as_str);
                // Only those that the other keywords do not hide; what an `allOf` hides is taken out with it.
                let hidden = self.hidden(&Value::Object(given.clone()), 0);
                // Each once, as JSON Schema asks: a name that stands twice says nothing more.
                let names: BTreeSet<&str> =
                    names.filter(|name| !hidden.iter().any(|known| known == name)).collect();
                Some(json!(names))
            }
            _ => None,
        }
    }

    /// Names of the properties that have no place in this direction.
    fn hidden(&self, schema: &Value, depth: usize) -> Vec<String> {
        let mut names = Vec::new();
        let schema = self.document.resolve(schema);
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if self.is_hidden(property) {
                names.push(name.clone());
            }
        }
        if depth < 8 {
            for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                names.extend(self.hidden(part, depth + 1));
            }
        }
        names
    }

    fn is_hidden(&self, property: &Value) -> bool {
        // What is said where the property stands counts before what is said of the schema that it refers to.
        let flag = |word: &str| property.get(word) == Some(&Value::Bool(true));
        if flag("readOnly") || flag("writeOnly") {
            return flag(self.direction.hidden_by());
        }
        self.is_marked(property, 0)
    }

    /// Whether a schema says so itself, or one that it is composed of does.
    fn is_marked(&self, schema: &Value, depth: usize) -> bool {
        let flag = |schema: &Value| schema.get(self.direction.hidden_by()) == Some(&Value::Bool(true));
        let target = self.document.resolve(schema);
        let mut parts = target.get("allOf").and_then(Value::as_array).into_iter().flatten();
        flag(schema) || flag(target) || depth < 8 && parts.any(|part| self.is_marked(part, depth + 1))
    }

    /// Takes away the properties that have no place in this direction. What one part of a composition hides has no place in the others.
    fn visible_only(&self, made: &mut Map<String, Value>, given: &Map<String, Value>) {
        if given.contains_key("allOf") {
            let hidden = self.hidden(&Value::Object(given.clone()), 0);
            let hidden: Map<String, Value> = hidden.into_iter().map(|name| (name, json!(false))).collect();
            if let Some(parts) =
                made.get_mut("allOf").and_then(Value::as_array_mut).filter(|_| !hidden.is_empty())
            {
                parts.push(json!({ "properties": hidden }));
            }
        }
        let declared = given.get("properties").and_then(Value::as_object);
        let Some(properties) = made.get_mut("properties").and_then(Value::as_object_mut) else { return };
        for (name, property) in declared.into_iter().flatten() {
            if self.is_hidden(property) {
                properties.remove(name);
            }
        }
    }

    /// A discriminator says which alternative a value is, which JSON Schema says by constants.
    fn discriminated(&self, made: &mut Map<String, Value>, given: &Map<String, Value>) {
        let Some(discriminator) = given.get("discriminator").and_then(Value::as_object) else { return };
        let Some(property) = discriminator.get("propertyName").and_then(Value::as_str) else { return };
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        for word in ["oneOf", "anyOf"] {
            let Some(alternatives) = given.get(word).and_then(Value::as_array) else { continue };
            let Some(converted) = made.get_mut(word).and_then(Value::as_array_mut) else { continue };
            for (alternative, converted) in alternatives.iter().zip(converted) {
                let Some(reference) = alternative.get("$ref").and_then(Value::as_str) else { continue };
                let name = reference.rsplit('/').next().unwrap_or(reference);
                let leads = |target: &Value| target == reference || target == name;
                let mapped = mapping.into_iter().flatten().filter(|(_, target)| leads(target));
                let mut tags: Vec<Value> = mapped.map(|(tag, _)| json!(tag)).collect();
                if tags.is_empty() && self.lists(alternative, property, 0) {
                    continue;
                }
                if tags.is_empty() {
                    tags.push(json!(name));
                }
                let tagged = json!({ "properties": { property: { "enum": tags } }, "required": [property] });
                *converted = json!({ "allOf": [converted.take(), tagged] });
            }
        }
    }

    /// Whether a schema, or a part of it, lists the values of a property: then those are its tags, whatever it is called.
    fn lists(&self, schema: &Value, property: &str, depth: usize) -> bool {
        let schema = self.document.resolve(schema);
        let own = schema.pointer("/properties").and_then(|properties| properties.get(property));
        let own = own.map(|own| self.document.resolve(own));
        own.is_some_and(|own| own.get("enum").is_some() || own.get("const").is_some())
            || depth < 8
                && ["allOf", "oneOf", "anyOf"].iter().any(|word| {
                    let parts = schema.get(*word).and_then(Value::as_array);
                    parts.into_iter().flatten().any(|part| self.lists(part, property, depth + 1))
                })
    }
}

/// JSON Schema's own types among those that are named.
fn types(value: &Value) -> Option<Value> {
    const KNOWN: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let known = |value: &&Value| value.as_str().is_some_and(|name| KNOWN.contains(&name));
    match value {
        Value::Array(list) => {
            let mut found: Vec<Value> = list.iter().filter(known).cloned().collect();
            found.dedup();
            (found.len() == list.len() && !found.is_empty()).then_some(Value::Array(found))
        }
        other => Some(other).filter(known).cloned(),
    }
}

/// Draft 4 has a flag beside the bound.
fn exclusive(made: &mut Map<String, Value>, given: &Map<String, Value>, bound: &str, flag: &str) {
    if given.get(flag) == Some(&Value::Bool(true))
        && let Some(value) = made.remove(bound)
    {
        made.insert(flag.to_owned(), value);
    }
}

/// OpenAPI 3.0 says beside a schema that null may stand there too.
fn nullable_of(made: Map<String, Value>) -> Value {
    // `anyOf: [{...}, {nullable: true}]` is how generators of documents write a reference that may be null.
    if made.is_empty() {
        return json!({ "type": "null" });
    }
    json!({ "anyOf": [made, { "type": "null" }] })
}

/// Whether the validator's engine reads a pattern.
fn is_readable(pattern: &str) -> bool {
    jsonschema::validator_for(&json!({ "pattern": pattern })).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::document::Document;
    use super::{Direction, Schemas};

    /// Whether a value is valid against a schema of a document.
    fn is_valid(head: &Value, schema: &Value, direction: Direction, value: &Value) -> bool {
        let mut root = head.clone();
        root["components"] = json!({ "schemas": {
            "Cat": { "type": "object", "properties": { "kind": { "type": "string" }, "id": { "type": "string" } } },
            "Dog": { "type": "object", "properties": { "kind": { "type": "string" } }, "required": ["barks"] }
        }});
        let document = Document::new(root);
        let schema = Schemas::new(&document).standalone(schema, direction);
        let validator =
            jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{error} in {schema}"));
        validator.is_valid(value)
    }

    #[test]
    fn dialects_are_read_by_their_own_rules() {
        let (v2, v3_0, v3_1) =
            (json!({ "swagger": "2.0" }), json!({ "openapi": "3.0.3" }), json!({ "openapi": "3.1.0" }));
        let cat = json!({ "$ref": "#/components/schemas/Cat" });
        let dog = json!({ "$ref": "#/components/schemas/Dog" });
        let tagged = json!({ "oneOf": [cat, dog], "discriminator": { "propertyName": "kind" } });
        let hidden = json!({
            "type": "object", "required": ["id", "name"],
            "properties": { "id": { "type": "string", "readOnly": true }, "name": { "type": "string" } }
        });
        let table: Vec<(&Value, Value, Direction, Value, bool)> = vec![
            (&v3_0, json!({ "type": "string", "nullable": true }), Direction::Response, json!(null), true),
            (&v3_1, json!({ "type": "string", "nullable": true }), Direction::Response, json!(null), false),
            (&v2, json!({ "type": "string", "x-nullable": true }), Direction::Response, json!(null), true),
            (
                &v3_0,
                json!({ "$ref": "#/components/schemas/Cat", "nullable": true }),
                Direction::Response,
                json!(null),
                false,
            ),
            (&v3_0, json!({ "anyOf": [cat, { "nullable": true }] }), Direction::Response, json!(7), false),
            (&v3_0, json!({ "minimum": 1, "exclusiveMinimum": true }), Direction::Response, json!(1), false),
            (&v3_1, json!({ "exclusiveMinimum": 1 }), Direction::Response, json!(1), false),
            (&v2, json!({ "items": [{ "type": "string" }] }), Direction::Response, json!([7]), false),
            (&v2, json!({ "items": { "type": "string" } }), Direction::Response, json!([7]), false),
            (&v2, json!({ "type": "file", "required": true }), Direction::Response, json!("any"), true),
            (&v3_0, tagged.clone(), Direction::Response, json!({ "kind": "Cat" }), true),
            (&v3_0, tagged.clone(), Direction::Response, json!({ "kind": "Dog" }), false),
            (&v3_0, tagged, Direction::Response, json!({ "kind": "Dog", "barks": true }), true),
            (&v3_0, hidden.clone(), Direction::Request, json!({ "name": "a" }), true),
            (&v3_0, hidden, Direction::Response, json!({ "name": "a" }), false),
        ];
        for (head, schema, direction, value, expected) in table {
            let found = is_valid(head, &schema, direction, &value);
            assert_eq!(found, expected, "{head} {schema} {direction:?}: {value}");
        }
    }
}
