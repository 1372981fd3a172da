//! Values as they may be shown: secret fields (`format: password`) replaced.

use serde_json::Value;

use crate::contract::{Body, FieldShape, Media, Shape};

/// The value with every secret field replaced by `***`.
pub(super) fn redacted(value: &Value, shape: &Shape) -> Value {
    replace(value, shape, 0)
}

/// Values of a body that are looked at for secrets.
const MOST: usize = 100_000;

/// What a request's body holds in secret fields: what the document calls a password.
pub(crate) fn secrets(body: &Body, bytes: &[u8], tell: &mut dyn FnMut(&str)) {
    if !holds_secret(&body.shape, &mut Vec::new()) {
        return;
    }
    let mut left = MOST;
    match body.media {
        Media::Json => {
            if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
                find(&value, &body.shape, &mut left, tell);
            }
        }
        Media::Form => {
            let pairs = url::form_urlencoded::parse(bytes);
            let value = Value::Object(
                pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect(),
            );
            find(&value, &body.shape, &mut left, tell);
        }
        _ => {}
    }
}

/// Whether any value of that shape may hold a secret. `seen` are the objects and unions that were looked at.
fn holds_secret(shape: &Shape, seen: &mut Vec<*const ()>) -> bool {
    match shape {
        Shape::Nullable(shape) | Shape::Array(shape) | Shape::Map(shape) => holds_secret(shape, seen),
        Shape::Tuple(tuple) => {
            holds_secret(&tuple.rest, seen) || tuple.items.iter().any(|item| holds_secret(item, seen))
        }
        Shape::Object(object) => {
            is_new(seen, std::ptr::from_ref(*object).cast())
                && object
                    .fields
                    .iter()
                    .any(|field| field.has(FieldShape::SECRET) || holds_secret(&field.shape, seen))
        }
        Shape::Union(union) => {
            is_new(seen, std::ptr::from_ref(*union).cast())
                && union.variants.iter().any(|variant| holds_secret(&variant.shape, seen))
        }
        _ => false,
    }
}

fn is_new(seen: &mut Vec<*const ()>, address: *const ()) -> bool {
    let is_new = !seen.contains(&address);
    if is_new {
        seen.push(address);
    }
    is_new
}

/// `left` bounds the work: each alternative of a union is tried, and so are those within it.
fn find(value: &Value, shape: &Shape, left: &mut usize, tell: &mut dyn FnMut(&str)) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    match (value, shape) {
        (value, Shape::Nullable(shape)) => find(value, shape, left, tell),
        (Value::Array(items), Shape::Array(shape)) => {
            items.iter().for_each(|item| find(item, shape, left, tell));
        }
        (Value::Array(items), Shape::Tuple(shape)) => {
            for (at, item) in items.iter().enumerate() {
                find(item, shape.items.get(at).unwrap_or(&shape.rest), left, tell);
            }
        }
        (Value::Object(entries), Shape::Map(shape)) => {
            entries.values().for_each(|value| find(value, shape, left, tell));
        }
        (Value::Object(entries), Shape::Object(object)) => {
            for field in object.fields {
                match entries.get(field.name) {
                    Some(Value::String(text)) if field.has(FieldShape::SECRET) => tell(text),
                    Some(value) => find(value, &field.shape, left, tell),
                    None => {}
                }
            }
        }
        (value, Shape::Union(union)) => {
            union.variants.iter().for_each(|variant| find(value, &variant.shape, left, tell));
        }
        _ => {}
    }
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
