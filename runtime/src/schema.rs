//! JSON Schema (2020-12) of a shape: what `discover` tells about a stream's records.

use serde_json::{Map, Value, json};

use crate::contract::{EnumShape, FieldShape, ObjectShape, Shape, UnionShape, VariantTest};

/// The JSON Schema (2020-12) of a shape, as a document of its own.
///
/// Objects, enums and unions stand once under `$defs` and are referred to, so recursive shapes end. The outermost object is written in
/// place, since readers of a stream's schema look for its `properties` there.
///
/// Enums and unions are open, because an API may add values without notice: an enum is a string whose known values stand under `examples`
/// and, marked as a full list, under `x-known-values`; a union's `anyOf` ends with an alternative that takes everything.
pub fn json_schema(shape: &Shape) -> Value {
    let mut definitions = Definitions::default();
    let mut root = match shape {
        Shape::Object(object) => definitions.object(object),
        other => definitions.schema(other),
    };
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    if !definitions.done.is_empty() {
        let done = definitions.done.into_iter().map(|(_, name, schema)| (name, schema)).collect();
        root.insert("$defs".to_owned(), Value::Object(done));
    }
    Value::Object(root)
}

/// Schemas under `$defs`, by the address of the shape's static: names are unique in a generated crate, but nothing makes them so here.
#[derive(Default)]
struct Definitions {
    done: Vec<(usize, String, Value)>,
}

impl Definitions {
    fn schema(&mut self, shape: &Shape) -> Map<String, Value> {
        match shape {
            Shape::Any | Shape::Never => Map::new(),
            Shape::Boolean => typed("boolean"),
            Shape::Integer => typed("integer"),
            Shape::Number => typed("number"),
            Shape::String(format) => {
                let mut schema = typed("string");
                if !format.is_empty() {
                    schema.insert("format".to_owned(), json!(format));
                }
                schema
            }
            Shape::Array(item) => with(typed("array"), "items", Value::Object(self.schema(item))),
            Shape::Tuple(shape) => {
                let items: Vec<Value> =
                    shape.items.iter().map(|item| Value::Object(self.schema(item))).collect();
                let mut schema = with(typed("array"), "prefixItems", Value::Array(items));
                schema.insert("minItems".to_owned(), json!(shape.required));
                schema.insert("items".to_owned(), Value::Object(self.schema(&shape.rest)));
                schema
            }
            Shape::Map(item) => {
                with(typed("object"), "additionalProperties", Value::Object(self.schema(item)))
            }
            Shape::Enum(shape) => self.refer(address(*shape), shape.name, |_| enumeration(shape)),
            Shape::Object(shape) => self.refer(address(*shape), shape.name, |all| all.object(shape)),
            Shape::Union(shape) => self.refer(address(*shape), shape.name, |all| all.union(shape)),
            Shape::Nullable(inner) => nullable(self.schema(inner)),
        }
    }

    /// A reference to the schema, which is made unless it is there or being made further up.
    fn refer(
        &mut self,
        address: usize,
        name: &str,
        make: impl FnOnce(&mut Self) -> Map<String, Value>,
    ) -> Map<String, Value> {
        let known = self.done.iter().find(|(known, ..)| *known == address).map(|(_, name, _)| name.clone());
        let name = known.unwrap_or_else(|| {
            let name = self.free_name(name);
            let at = self.done.len();
            self.done.push((address, name.clone(), Value::Null));
            let schema = Value::Object(make(self));
            if let Some((_, _, place)) = self.done.get_mut(at) {
                *place = schema;
            }
            name
        });
        with(Map::new(), "$ref", json!(format!("#/$defs/{}", name.replace('~', "~0").replace('/', "~1"))))
    }

    fn free_name(&self, name: &str) -> String {
        let taken = |candidate: &str| self.done.iter().any(|(_, taken, _)| taken == candidate);
        let mut candidate = name.to_owned();
        let mut number = 2;
        while taken(&candidate) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }

    fn object(&mut self, shape: &ObjectShape) -> Map<String, Value> {
        let mut schema = with(typed("object"), "title", json!(shape.name));
        let properties =
            shape.fields.iter().map(|field| (field.name.to_owned(), self.field(field))).collect();
        schema.insert("properties".to_owned(), Value::Object(properties));
        // What is only written never stands in a record, so it is not required of one.
        let required: Vec<&str> = shape
            .fields
            .iter()
            .filter(|field| field.has(FieldShape::REQUIRED) && !field.has(FieldShape::WRITE_ONLY))
            .map(|field| field.name)
            .collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if let Some(additional) = shape.others() {
            schema.insert("additionalProperties".to_owned(), Value::Object(self.schema(additional)));
        }
        schema
    }

    fn field(&mut self, field: &FieldShape) -> Value {
        let mut schema = self.schema(&field.shape);
        for (flag, keyword) in [
            (FieldShape::READ_ONLY, "readOnly"),
            (FieldShape::WRITE_ONLY, "writeOnly"),
            (FieldShape::DEPRECATED, "deprecated"),
        ] {
            if field.has(flag) {
                schema.insert(keyword.to_owned(), json!(true));
            }
        }
        Value::Object(schema)
    }

    fn union(&mut self, shape: &UnionShape) -> Map<String, Value> {
        let mut variants: Vec<Value> = Vec::with_capacity(shape.variants.len() + 1);
        for variant in shape.variants {
            let schema = Value::Object(self.schema(&variant.shape));
            let told = match (&variant.test, shape.discriminator) {
                (VariantTest::Tag(values), Some(key)) => Some((key, *values)),
                (VariantTest::Constant(key, values), _) => Some((*key, *values)),
                _ => None,
            };
            variants.push(match told {
                Some((key, values)) => {
                    json!({ "allOf": [schema], "properties": { key: { "enum": values } }, "required": [key] })
                }
                None => schema,
            });
        }
        variants.push(json!({ "description": "A variant that the document does not list." }));
        let mut schema = with(Map::new(), "title", json!(shape.name));
        schema.insert("anyOf".to_owned(), Value::Array(variants));
        schema
    }
}

fn enumeration(shape: &EnumShape) -> Map<String, Value> {
    let mut schema = with(typed("string"), "title", json!(shape.name));
    schema.insert("examples".to_owned(), json!(shape.values));
    schema.insert("x-known-values".to_owned(), json!(shape.values));
    schema
}

/// That schema or null: a type array where it has a plain type, otherwise an alternative.
fn nullable(mut schema: Map<String, Value>) -> Map<String, Value> {
    if schema.is_empty() {
        return schema;
    }
    match schema.get("type").cloned() {
        Some(Value::String(name)) => with(schema, "type", json!([name, "null"])),
        Some(_) => schema,
        None => {
            let inner = Value::Object(std::mem::take(&mut schema));
            with(schema, "anyOf", json!([inner, { "type": "null" }]))
        }
    }
}

fn typed(name: &str) -> Map<String, Value> {
    with(Map::new(), "type", json!(name))
}

fn with(mut schema: Map<String, Value>, key: &str, value: Value) -> Map<String, Value> {
    schema.insert(key.to_owned(), value);
    schema
}

fn address<T>(shape: &'static T) -> usize {
    std::ptr::from_ref(shape).addr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Additional, TupleShape, Variant};

    static COLOR: EnumShape = EnumShape { name: "Color", values: &["red", "blue"] };
    static COLOR_SHAPE: Shape = Shape::Enum(&COLOR);
    static CAT: ObjectShape = ObjectShape {
        name: "Cat",
        fields: &[FieldShape::new("kind", Shape::String(""), FieldShape::REQUIRED | FieldShape::DEPRECATED)],
        additional: Some(Additional::new(Shape::Integer)),
    };
    static PET: UnionShape = UnionShape {
        name: "Pet",
        discriminator: Some("kind"),
        variants: &[Variant { shape: Shape::Object(&CAT), test: VariantTest::Tag(&["cat"]) }],
    };
    static TREE: ObjectShape = ObjectShape {
        name: "Tree",
        fields: &[
            FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED | FieldShape::READ_ONLY),
            FieldShape::new("parent", Shape::Nullable(&Shape::Object(&TREE)), 0),
            FieldShape::new("note", Shape::Nullable(&Shape::String("date-time")), 0),
            FieldShape::new("secret", Shape::String(""), FieldShape::REQUIRED | FieldShape::WRITE_ONLY),
        ],
        additional: None,
    };

    #[test]
    fn shapes_become_schemas() {
        let color = json!({ "title": "Color", "type": "string", "examples": ["red", "blue"], "x-known-values": ["red", "blue"] });
        let cat = json!({ "title": "Cat", "type": "object", "required": ["kind"],
            "properties": { "kind": { "type": "string", "deprecated": true } }, "additionalProperties": { "type": "integer" } });
        let table = [
            (Shape::Any, json!({})),
            (Shape::Nullable(&Shape::Any), json!({})),
            (Shape::Boolean, json!({ "type": "boolean" })),
            (Shape::Nullable(&Shape::Integer), json!({ "type": ["integer", "null"] })),
            (Shape::Nullable(&Shape::Nullable(&Shape::Integer)), json!({ "type": ["integer", "null"] })),
            (Shape::Array(&Shape::Number), json!({ "type": "array", "items": { "type": "number" } })),
            (
                Shape::Tuple(&TupleShape {
                    items: &[Shape::Integer, Shape::Any],
                    required: 1,
                    rest: Shape::Boolean,
                }),
                json!({ "type": "array", "minItems": 1, "prefixItems": [{ "type": "integer" }, {}], "items": { "type": "boolean" } }),
            ),
            (
                Shape::Map(&Shape::String("uri")),
                json!({ "type": "object", "additionalProperties": { "type": "string", "format": "uri" } }),
            ),
            (Shape::Enum(&COLOR), json!({ "$ref": "#/$defs/Color", "$defs": { "Color": color } })),
            (
                Shape::Nullable(&COLOR_SHAPE),
                json!({ "anyOf": [{ "$ref": "#/$defs/Color" }, { "type": "null" }], "$defs": { "Color": color } }),
            ),
            (Shape::Object(&CAT), cat.clone()),
            (
                Shape::Union(&PET),
                json!({ "$ref": "#/$defs/Pet", "$defs": { "Cat": cat, "Pet": { "title": "Pet", "anyOf": [
                    { "allOf": [{ "$ref": "#/$defs/Cat" }], "properties": { "kind": { "enum": ["cat"] } }, "required": ["kind"] },
                    { "description": "A variant that the document does not list." } ] } } }),
            ),
        ];
        for (shape, mut expected) in table {
            expected["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
            assert_eq!(json_schema(&shape), expected, "schema of {shape:?}");
        }
    }

    #[test]
    fn recursion_ends_in_a_reference() {
        let schema = json_schema(&Shape::Object(&TREE));
        assert_eq!(
            schema["properties"]["parent"],
            json!({ "anyOf": [{ "$ref": "#/$defs/Tree" }, { "type": "null" }] })
        );
        assert_eq!(schema["$defs"]["Tree"]["properties"], schema["properties"]);
        assert_eq!(schema["required"], json!(["id"]), "what is only written is not required of a record");
        assert_eq!(schema["properties"]["id"], json!({ "type": "integer", "readOnly": true }));
    }
}
