//! Documents that are nearly OpenAPI, made from a fuzzer's bytes: mutated text seldom gets beyond the parser, these reach the last stage.

use std::fmt;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::{Map, Value, json};

/// A document. Shown as JSON, so that `cargo fuzz fmt tree INPUT` gives a document for the inputs of `generate`.
pub struct Document(pub Value);

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.0)
    }
}

impl<'a> Arbitrary<'a> for Document {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Maker { bytes, size: 400 }.document().map(Self)
    }
}

/// A document and what became of it: a few of its parts changed, moved or gone, or now and then another document.
pub struct Pair(Value, Value);

impl fmt::Display for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}\n%%%\n{:#}", self.0, self.1)
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<'a> Arbitrary<'a> for Pair {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let mut maker = Maker { bytes, size: 200 };
        let base = maker.document()?;
        if maker.chance(8)? {
            let other = maker.document()?;
            return Ok(Self(base, other));
        }
        let mut revision = base.clone();
        for _ in 0..maker.bytes.int_in_range(1..=5)? {
            maker.size = 20;
            maker.edit(&mut revision)?;
        }
        Ok(Self(base, revision))
    }
}

/// Names and texts that are awkward somewhere.
const WORDS: [&str; 48] = [
    "a",
    "b",
    "A",
    "B",
    "a_b",
    "a-b",
    "aB",
    "id",
    "type",
    "self",
    "Self",
    "crate",
    "_",
    "",
    "1",
    "1st",
    "é",
    "名",
    "Option",
    "String",
    "Vec",
    "Box",
    "Result",
    "Unknown",
    "Client",
    "additional",
    "params",
    "body",
    "request",
    "object",
    "string",
    "null",
    "default",
    "\"",
    "\\",
    "*/",
    "\n",
    "\r",
    "\u{0}",
    "\u{202e}",
    "../a",
    "a/b",
    "{a}",
    "```",
    "]",
    "#[doc]",
    "x-a",
    "$ref",
];

/// Where references lead: to what is there, to what is not, and to odd places.
const TARGETS: [&str; 16] = [
    "#/components/schemas/a",
    "#/components/schemas/b",
    "#/components/schemas/A",
    "#/components/schemas/a_b",
    "#/components/schemas/a-b",
    "#/components/schemas/Option",
    "#/components/schemas/a/properties/a",
    "#/components/schemas/a/items",
    "#/components/schemas/a/allOf/0",
    "#/components/schemas/b/oneOf/1",
    "#/components/parameters/a",
    "#/components/responses/a",
    "#/paths/~1a/get",
    "#",
    "openapi.yaml#/components",
    "http://a/b",
];

const TYPES: [&str; 8] = ["object", "array", "string", "integer", "number", "boolean", "null", "file"];

const FORMATS: [&str; 16] = [
    "date-time",
    "date",
    "time",
    "duration",
    "uuid",
    "uri",
    "byte",
    "binary",
    "decimal",
    "int32",
    "int64",
    "uint64",
    "unix-time",
    "float",
    "password",
    "a",
];

const METHODS: [&str; 10] =
    ["get", "put", "post", "delete", "patch", "head", "options", "trace", "query", "additionalOperations"];

const MEDIA: [&str; 12] = [
    "application/json",
    "application/a+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
    "application/octet-stream",
    "text/event-stream",
    "application/jsonl",
    "application/xml",
    "*/*",
    "a",
    "",
];

const PATHS: [&str; 12] = [
    "/a",
    "/{a}",
    "/{a}/{b}",
    "/a/{a}.{b}",
    "/{a}{a}",
    "/{",
    "a",
    "/a?b={a}",
    "/{a-b}/{a_b}",
    "/../a",
    "/a#b",
    "/%7Ba}",
];

const STATUSES: [&str; 10] = ["200", "201", "204", "404", "4XX", "default", "2xx", "600", "x-a", "a"];

struct Maker<'m, 'a> {
    bytes: &'m mut Unstructured<'a>,
    /// So many objects may still come, whatever the bytes ask for.
    size: usize,
}

impl Maker<'_, '_> {
    fn one<'t>(&mut self, of: &[&'t str]) -> Result<&'t str> {
        Ok(self.bytes.choose(of)?)
    }

    fn word(&mut self) -> Result<String> {
        Ok(match self.bytes.int_in_range(0..=9)? {
            0 => format!("{}{}", self.one(&WORDS)?, self.one(&WORDS)?),
            1 => String::arbitrary(self.bytes)?.chars().take(12).collect(),
            _ => self.one(&WORDS)?.to_owned(),
        })
    }

    fn chance(&mut self, of: u8) -> Result<bool> {
        self.bytes.ratio(1, of)
    }

    /// Zero to three values by name.
    fn map(&mut self, names: Option<&[&str]>, make: fn(&mut Self) -> Result<Value>) -> Result<Value> {
        let mut map = Map::new();
        for _ in 0..self.bytes.int_in_range(0..=3)? {
            let name = match names {
                Some(names) => self.one(names)?.to_owned(),
                None => self.word()?,
            };
            let value = make(self)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }

    fn list(&mut self, make: fn(&mut Self) -> Result<Value>) -> Result<Value> {
        (0..self.bytes.int_in_range(0..=3)?).map(|_| make(self)).collect()
    }

    /// What is made, or now and then a reference or a value that does not belong there.
    fn or(&mut self, make: fn(&mut Self) -> Result<Value>) -> Result<Value> {
        if self.size == 0 {
            return Ok(json!({}));
        }
        self.size -= 1;
        match self.bytes.int_in_range(0..=23)? {
            0..=2 => Ok(json!({"$ref": self.one(&TARGETS)?})),
            3 => self.value(),
            _ => make(self),
        }
    }

    fn value(&mut self) -> Result<Value> {
        Ok(match self.bytes.int_in_range(0..=9)? {
            0 => Value::Null,
            1 => Value::Bool(self.chance(2)?),
            2 => json!(i64::arbitrary(self.bytes)?),
            3 => json!(u64::arbitrary(self.bytes)?),
            4 => json!(f64::arbitrary(self.bytes)?),
            5 => json!([self.word()?, 1]),
            6 => json!({ self.word()?: self.word()? }),
            7 => json!([]),
            8 => json!({}),
            _ => Value::String(self.word()?),
        })
    }

    fn text(&mut self) -> Result<Value> {
        self.word().map(Value::String)
    }

    fn document(&mut self) -> Result<Value> {
        let mut document = Map::new();
        let version = self.one(&["3.0.3", "3.1.0", "3.2.0", "2.0"])?;
        let is_old = version == "2.0";
        document.insert(if is_old { "swagger" } else { "openapi" }.to_owned(), json!(version));
        document.insert("info".to_owned(), json!({"title": self.word()?, "version": self.word()?}));
        let mut paths = Map::new();
        for _ in 0..self.bytes.int_in_range(1..=3)? {
            let path = self.one(&PATHS)?.to_owned();
            let item = self.or(Self::item)?;
            paths.insert(path, item);
        }
        document.insert("paths".to_owned(), Value::Object(paths));
        let mut schemas = Map::new();
        for name in ["a", "b", "A", "a_b", "a-b", "Option"] {
            if self.chance(2)? {
                let schema = self.or(Self::schema)?;
                schemas.insert(name.to_owned(), schema);
            }
        }
        if is_old {
            document.insert("definitions".to_owned(), Value::Object(schemas));
            return Ok(Value::Object(document));
        }
        let parameters = self.map(None, |maker| maker.or(Self::parameter))?;
        let responses = self.map(None, |maker| maker.or(Self::response))?;
        let security = self.map(None, |maker| maker.or(Self::scheme))?;
        document.insert(
            "components".to_owned(),
            json!({"schemas": schemas, "parameters": parameters, "responses": responses, "securitySchemes": security}),
        );
        if self.chance(3)? {
            let servers = self.list(|maker| {
                Ok(json!({"url": maker.word()?, "variables": maker.map(None, Self::value)?}))
            })?;
            document.insert("servers".to_owned(), servers);
        }
        if self.chance(4)? {
            let (key, value) = (self.word()?, self.value()?);
            document.insert(key, value);
        }
        Ok(Value::Object(document))
    }

    /// Changes something somewhere in a value.
    fn edit(&mut self, value: &mut Value) -> Result<()> {
        // Deep enough for any schema that is made, and no deeper than the bytes last.
        let mut at = value;
        for _ in 0..40 {
            let stop = self.chance(9)?;
            let (length, map) = match &*at {
                Value::Object(map) => (map.len(), true),
                Value::Array(items) => (items.len(), false),
                _ => (0, false),
            };
            if length == 0 || (stop && !self.chance(2)?) {
                break;
            }
            let index = self.bytes.int_in_range(0..=length - 1)?;
            if stop {
                match at {
                    Value::Object(map) => {
                        let key = map.keys().nth(index).cloned().unwrap_or_default();
                        map.remove(&key);
                    }
                    Value::Array(items) => drop(items.remove(index)),
                    _ => {}
                }
                return Ok(());
            }
            let next = match at {
                Value::Object(entries) if map => entries.values_mut().nth(index),
                Value::Array(items) => items.get_mut(index),
                _ => None,
            };
            let Some(next) = next else { return Ok(()) };
            at = next;
        }
        *at = match self.bytes.int_in_range(0..=5)? {
            0 => json!({"allOf": [at.take()]}),
            1 => json!({"oneOf": [{"type": "null"}, at.take()]}),
            2 => json!({"allOf": [at.take(), self.schema()?]}),
            3 => self.value()?,
            _ => self.schema()?,
        };
        Ok(())
    }

    fn scheme(&mut self) -> Result<Value> {
        Ok(json!({
            "type": self.one(&["http", "apiKey", "oauth2", "a"])?, "scheme": self.word()?, "name": self.word()?,
            "in": self.one(&["query", "header", "cookie", "a"])?,
        }))
    }

    fn item(&mut self) -> Result<Value> {
        let mut item = self.map(Some(&METHODS), |maker| maker.or(Self::operation))?;
        if self.chance(3)?
            && let Some(item) = item.as_object_mut()
        {
            item.insert("parameters".to_owned(), self.list(|maker| maker.or(Self::parameter))?);
        }
        Ok(item)
    }

    fn operation(&mut self) -> Result<Value> {
        let mut operation = Map::new();
        for _ in 0..self.bytes.int_in_range(2..=7)? {
            let (key, value) = match self.bytes.int_in_range(0..=9)? {
                0 => ("operationId", self.text()?),
                1 => ("tags", self.list(Self::text)?),
                2 => ("description", self.text()?),
                3 => ("summary", self.text()?),
                4 => ("deprecated", self.value()?),
                5 => ("requestBody", self.or(Self::body)?),
                6 => ("servers", self.list(|maker| Ok(json!({"url": maker.word()?})))?),
                7 => ("security", self.list(|maker| maker.map(None, |maker| maker.list(Self::text)))?),
                8 => ("parameters", self.list(|maker| maker.or(Self::parameter))?),
                _ => ("responses", self.map(Some(&STATUSES), |maker| maker.or(Self::response))?),
            };
            operation.insert(key.to_owned(), value);
        }
        Ok(Value::Object(operation))
    }

    fn parameter(&mut self) -> Result<Value> {
        let mut parameter = Map::new();
        parameter.insert("name".to_owned(), self.text()?);
        let place =
            self.one(&["path", "query", "header", "cookie", "querystring", "body", "formData", "a"])?;
        parameter.insert("in".to_owned(), json!(place));
        for _ in 0..self.bytes.int_in_range(1..=4)? {
            let (key, value) = match self.bytes.int_in_range(0..=8)? {
                0 => ("required", self.value()?),
                1 => (
                    "style",
                    json!(self.one(&[
                        "form",
                        "simple",
                        "label",
                        "matrix",
                        "deepObject",
                        "pipeDelimited",
                        "a"
                    ])?),
                ),
                2 => ("explode", self.value()?),
                3 => ("content", self.content()?),
                4 => ("type", json!(self.one(&TYPES)?)),
                5 => ("collectionFormat", json!(self.one(&["csv", "multi", "tsv", "a"])?)),
                6 => ("description", self.text()?),
                _ => ("schema", self.or(Self::schema)?),
            };
            parameter.insert(key.to_owned(), value);
        }
        Ok(Value::Object(parameter))
    }

    fn body(&mut self) -> Result<Value> {
        Ok(json!({"required": self.value()?, "description": self.word()?, "content": self.content()?}))
    }

    fn content(&mut self) -> Result<Value> {
        self.map(Some(&MEDIA), |maker| {
            let key = maker.one(&["schema", "schema", "itemSchema"])?;
            let schema = maker.or(Self::schema)?;
            let encoding = maker
                .map(None, |maker| Ok(json!({"contentType": maker.one(&MEDIA)?, "style": maker.word()?})))?;
            Ok(json!({key: schema, "encoding": encoding}))
        })
    }

    fn response(&mut self) -> Result<Value> {
        let headers = self.map(None, |maker| maker.or(Self::parameter))?;
        let schema = self.or(Self::schema)?;
        Ok(
            json!({"description": self.word()?, "content": self.content()?, "headers": headers, "schema": schema}),
        )
    }

    fn schemas(&mut self) -> Result<Value> {
        self.list(|maker| maker.or(Self::schema))
    }

    fn schema(&mut self) -> Result<Value> {
        let mut schema = Map::new();
        for _ in 0..self.bytes.int_in_range(1..=4)? {
            let (key, value) = match self.bytes.int_in_range(0..=31)? {
                0..=3 => ("type", json!(self.one(&TYPES)?)),
                4 => ("type", self.list(|maker| maker.one(&TYPES).map(|name| json!(name)))?),
                5..=8 => ("properties", self.map(None, |maker| maker.or(Self::schema))?),
                9 => ("required", self.list(Self::text)?),
                10 | 11 => ("items", self.or(Self::schema)?),
                12 | 13 => ("allOf", self.schemas()?),
                14 | 15 => ("oneOf", self.schemas()?),
                16 | 17 => ("anyOf", self.schemas()?),
                18 => ("additionalProperties", self.or(Self::schema)?),
                19 => ("patternProperties", self.map(None, |maker| maker.or(Self::schema))?),
                20 => ("prefixItems", self.schemas()?),
                21 => ("enum", self.list(Self::value)?),
                22 => ("const", self.value()?),
                23 => ("default", self.value()?),
                24 => ("format", json!(self.one(&FORMATS)?)),
                25 => ("nullable", self.value()?),
                26 => (
                    "discriminator",
                    json!({"propertyName": self.word()?, "mapping": self.map(None, |maker| Ok(json!(maker.one(&TARGETS)?)))?}),
                ),
                27 => (self.one(&["readOnly", "writeOnly", "deprecated", "uniqueItems"])?, self.value()?),
                28 => (
                    self.one(&["minimum", "maximum", "exclusiveMinimum", "maxLength", "minItems"])?,
                    self.value()?,
                ),
                29 => (self.one(&["title", "description", "pattern"])?, self.text()?),
                30 => ("not", self.or(Self::schema)?),
                _ => ("$ref", json!(self.one(&TARGETS)?)),
            };
            schema.insert(key.to_owned(), value);
        }
        Ok(Value::Object(schema))
    }
}
