//! Values as they may be shown: secret fields (`format: password`) replaced.

use serde_json::Value;

use crate::contract::{FieldShape, Shape};

/// The value with every secret field replaced by `***`.
pub(super) fn redacted(value: &Value, shape: &Shape) -> Value {
    replace(value, shape, 0)
}

/// Deeper than this nothing is shown: a union that names itself would have no end.
const DEEPEST: usize = 64;

fn replace(value: &Value, shape: &Shape, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::from("...");
    }
    let redacted = |value: &Value, shape: &Shape| replace(value, shape, depth + 1);
    match (value, shape) {
        (value, Shape::Nullable(shape)) => redacted(value, shape),
        (Value::Array(items), Shape::Array(shape)) => {
            items.iter().map(|item| redacted(item, shape)).collect()
        }
        (Value::Array(items), Shape::Tuple(shape)) => {
            let shown = items.iter().enumerate();
            shown.map(|(at, item)| redacted(item, shape.items.get(at).unwrap_or(&shape.rest))).collect()
        }
        (Value::Object(entries), Shape::Map(shape)) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), redacted(value, shape))).collect())
        }
        (Value::Object(entries), Shape::Object(object)) => {
            let shown = entries.iter().map(|(key, value)| {
                let field = object.fields.iter().find(|field| field.name == key);
                let shown = match field {
                    Some(field) if field.has(FieldShape::SECRET) => Value::from("***"),
                    Some(field) => redacted(value, &field.shape),
                    None => value.clone(),
                };
                (key.clone(), shown)
            });
            Value::Object(shown.collect())
        }
        // Which alternative was written is not known any more: what is secret in one of them is secret.
        (Value::Object(_), Shape::Union(union)) => {
            union.variants.iter().fold(value.clone(), |value, variant| redacted(&value, &variant.shape))
        }
        _ => value.clone(),
    }
}
