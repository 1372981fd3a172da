//! What the normalised document says of values beyond their types: bounds, defaults, examples. The model keeps these as sentences for
//! people only.

use openapiv3::{
    Header, OpenAPI, Operation, Parameter, ParameterData, ParameterSchemaOrContent, PathItem, ReferenceOr,
    Schema, SchemaKind, Type,
};
use serde_json::Value;

/// References and compositions that are followed to one value.
const DEEPEST: usize = 12;

/// What a schema says of a number or text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bounds {
    pub(super) minimum: Option<i64>,
    pub(super) maximum: Option<u64>,
    pub(super) default: Option<Value>,
    /// The only value that it may have.
    pub(super) only: Option<Value>,
    pub(super) example: Option<Value>,
    pub(super) format: String,
    pub(super) description: String,
}

impl Bounds {
    /// The default as a count.
    pub(super) fn default_count(&self) -> Option<u64> {
        count(self.default.as_ref()?)
    }
}

/// A whole number, also where it is written as a text.
pub(super) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

/// The declaration of a parameter.
pub(super) fn parameter<'d>(
    item: &'d PathItem,
    operation: &'d Operation,
    name: &str,
) -> Option<&'d ParameterData> {
    let own = operation.parameters.iter().rev().chain(item.parameters.iter().rev());
    own.filter_map(ReferenceOr::as_item).map(Parameter::parameter_data_ref).find(|data| data.name == name)
}

/// What a parameter's schema says.
pub(super) fn of_parameter(document: &OpenAPI, data: &ParameterData) -> Bounds {
    let mut bounds = Bounds {
        description: data.description.clone().unwrap_or_default(),
        example: data.example.clone(),
        ..Bounds::default()
    };
    if let ParameterSchemaOrContent::Schema(schema) = &data.format
        && let Some(schema) = resolve(document, schema)
    {
        read(document, schema, &mut bounds, 0);
    }
    bounds
}

/// What the schema at a place of a request's body says.
pub(super) fn of_body(
    document: &OpenAPI,
    operation: &Operation,
    media_type: &str,
    path: &[String],
) -> Bounds {
    let mut bounds = Bounds::default();
    let body = operation.request_body.as_ref().and_then(ReferenceOr::as_item);
    let schema = body.and_then(|body| body.content.get(media_type)).and_then(|offer| offer.schema.as_ref());
    let schema = schema.and_then(|schema| resolve(document, schema));
    if let Some(schema) = schema.and_then(|schema| follow(document, schema, path, 0)) {
        read(document, schema, &mut bounds, 0);
    }
    bounds
}

/// What a header's schema says.
pub(super) fn of_header(document: &OpenAPI, header: &Header) -> Bounds {
    let mut bounds = Bounds {
        description: header.description.clone().unwrap_or_default(),
        example: header.example.clone(),
        ..Bounds::default()
    };
    if let ParameterSchemaOrContent::Schema(schema) = &header.format
        && let Some(schema) = resolve(document, schema)
    {
        read(document, schema, &mut bounds, 0);
    }
    bounds
}

fn resolve<'d>(document: &'d OpenAPI, schema: &'d ReferenceOr<Schema>) -> Option<&'d Schema> {
    match schema {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { reference } => target(document, reference),
    }
}

fn target<'d>(document: &'d OpenAPI, reference: &str) -> Option<&'d Schema> {
    let mut reference = reference;
    for _ in 0..DEEPEST {
        let name = reference.strip_prefix("#/components/schemas/")?.replace("~1", "/").replace("~0", "~");
        match document.components.as_ref()?.schemas.get(&name)? {
            ReferenceOr::Item(item) => return Some(item),
            ReferenceOr::Reference { reference: next } => reference = next,
        }
    }
    None
}

/// The schema of a property, wherever composition has put it.
fn follow<'d>(
    document: &'d OpenAPI,
    schema: &'d Schema,
    path: &[String],
    depth: usize,
) -> Option<&'d Schema> {
    let Some((first, rest)) = path.split_first() else { return Some(schema) };
    if depth > DEEPEST {
        return None;
    }
    let properties = match &schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) => Some(&object.properties),
        SchemaKind::Any(any) => Some(&any.properties),
        _ => None,
    };
    if let Some(property) = properties.and_then(|properties| properties.get(first)) {
        let property = match property {
            ReferenceOr::Item(item) => item,
            ReferenceOr::Reference { reference } => target(document, reference)?,
        };
        return follow(document, property, rest, depth + 1);
    }
    parts(schema).find_map(|part| follow(document, resolve(document, part)?, path, depth + 1))
}

fn parts(schema: &Schema) -> impl Iterator<Item = &ReferenceOr<Schema>> {
    let (one, two, three): (&[_], &[_], &[_]) = match &schema.schema_kind {
        SchemaKind::AllOf { all_of } => (all_of, &[], &[]),
        SchemaKind::OneOf { one_of } => (one_of, &[], &[]),
        SchemaKind::AnyOf { any_of } => (any_of, &[], &[]),
        SchemaKind::Any(any) => (&any.all_of, &any.one_of, &any.any_of),
        _ => (&[], &[], &[]),
    };
    one.iter().chain(two).chain(three)
}

fn read(document: &OpenAPI, schema: &Schema, bounds: &mut Bounds, depth: usize) {
    let data = &schema.schema_data;
    if let Some(description) = data.description.as_ref().filter(|_| bounds.description.is_empty()) {
        bounds.description.clone_from(description);
    }
    bounds.default = bounds.default.take().or_else(|| data.default.clone());
    bounds.example = bounds.example.take().or_else(|| data.example.clone());
    let whole = |number: f64| (0.0..9e15).contains(&number).then_some(number as u64);
    let (minimum, maximum, format) = match &schema.schema_kind {
        SchemaKind::Type(Type::Integer(integer)) => (
            integer.minimum,
            integer.maximum.and_then(|most| u64::try_from(most).ok()),
            serde_json::to_value(&integer.format).ok(),
        ),
        SchemaKind::Type(Type::Number(number)) => {
            (None, number.maximum.and_then(whole), serde_json::to_value(&number.format).ok())
        }
        SchemaKind::Type(Type::String(text)) => (None, None, serde_json::to_value(&text.format).ok()),
        SchemaKind::Any(any) => {
            (None, any.maximum.and_then(whole), any.format.as_ref().map(|format| format.as_str().into()))
        }
        _ => (None, None, None),
    };
    if let SchemaKind::Type(Type::String(text)) = &schema.schema_kind
        && let [Some(only)] = text.enumeration.as_slice()
    {
        bounds.only = bounds.only.take().or_else(|| Some(Value::String(only.clone())));
    }
    bounds.minimum = bounds.minimum.or(minimum);
    // The bounds of a width say nothing but the width.
    bounds.maximum = bounds.maximum.or(maximum.filter(|most| *most < i32::MAX as u64));
    if bounds.format.is_empty()
        && let Some(format) = format.as_ref().and_then(Value::as_str)
    {
        bounds.format = format.to_owned();
    }
    if depth < DEEPEST {
        for part in parts(schema).filter_map(|part| resolve(document, part)) {
            read(document, part, bounds, depth + 1);
        }
    }
}
