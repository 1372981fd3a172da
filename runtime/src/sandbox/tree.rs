//! Places in JSON values and in shapes.

use serde_json::{Map, Value};

use crate::contract::{FieldShape, ObjectShape, Shape};

/// The shape without its `Nullable`.
pub(super) fn bare(shape: &Shape) -> Shape {
    match shape {
        Shape::Nullable(inner) => bare(inner),
        other => *other,
    }
}

/// The object that a shape holds: itself, or the first variant of a union that has the field asked for.
fn object_with(shape: &Shape, field: &str) -> Option<&'static ObjectShape> {
    match bare(shape) {
        Shape::Object(object) => Some(object),
        Shape::Union(union) => union
            .variants
            .iter()
            .filter_map(|variant| object_with(&variant.shape, field))
            .find(|object| object.fields.iter().any(|known| known.name == field)),
        _ => None,
    }
}

/// The field of that name in an object or union.
pub(super) fn field(shape: &Shape, name: &str) -> Option<&'static FieldShape> {
    object_with(shape, name)?.fields.iter().find(|field| field.name == name)
}

/// The field at a place of a shape.
pub(super) fn field_at(shape: &Shape, path: &[&str]) -> Option<&'static FieldShape> {
    let (last, parents) = path.split_last()?;
    field(&shape_at(shape, parents)?, last)
}

/// What stands at a place of a shape.
pub(super) fn shape_at(shape: &Shape, path: &[&str]) -> Option<Shape> {
    let Some((first, rest)) = path.split_first() else { return Some(*shape) };
    match bare(shape) {
        Shape::Map(item) => shape_at(item, rest),
        Shape::Any => Some(Shape::Any),
        object => shape_at(&field(&object, first)?.shape, rest),
    }
}

/// A number as JSON writes it: whole where it is.
pub(super) fn number(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as i64) } else { Value::from(number) }
}

/// What stands at a place of a request's body, where a number leads to an item of a list.
pub(super) fn sent<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

/// Puts something at a place; what is no object on the way becomes one.
pub(super) fn set(value: &mut Value, path: &[&str], new: Value) {
    let Some((first, rest)) = path.split_first() else {
        *value = new;
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    if let Value::Object(fields) = value {
        set(fields.entry((*first).to_owned()).or_insert(Value::Null), rest, new);
    }
}

/// Says at a place that there is nothing, the way the shape allows it: null where it may be null, else by leaving out the field or the
/// nearest object around it that may be left out; an empty text where none of it may. Objects that hold one of `keep` stay.
pub(super) fn set_nothing(value: &mut Value, shape: &Shape, path: &[&str], keep: &[&[&str]]) {
    for length in (1..=path.len()).rev() {
        let Some((place, parents)) = path.get(..length).and_then(<[&str]>::split_last) else { break };
        if length < path.len() && keep.iter().any(|kept| kept.starts_with(path.get(..length).unwrap_or(path)))
        {
            break;
        }
        let Some(parent) = shape_at(shape, parents) else { break };
        let known = field(&parent, place);
        if known.is_some_and(|field| matches!(field.shape, Shape::Nullable(_))) {
            return set(value, path.get(..length).unwrap_or(path), Value::Null);
        }
        if known.is_none_or(|field| !field.has(FieldShape::REQUIRED)) {
            if let Some(Value::Object(fields)) =
                parents.iter().try_fold(value, |value, key| value.get_mut(key))
            {
                fields.remove(*place);
            }
            return;
        }
    }
    set(value, path, Value::String(String::new()));
}

/// The value as one of the shape, if it is or can be read as one: texts of form bodies become numbers and booleans.
pub(super) fn coerce(shape: &Shape, value: &Value) -> Option<Value> {
    match (shape, value) {
        (Shape::Nullable(_), Value::Null) => Some(Value::Null),
        (Shape::Nullable(inner), _) => coerce(inner, value),
        (Shape::Any, _) => Some(value.clone()),
        (Shape::Boolean, Value::Bool(_)) => Some(value.clone()),
        (Shape::Boolean, Value::String(text)) => text.parse::<bool>().ok().map(Value::from),
        (Shape::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => Some(value.clone()),
        (Shape::Integer, Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        (Shape::Number, Value::Number(_)) => Some(value.clone()),
        (Shape::Number, Value::String(text)) => {
            serde_json::from_str::<Value>(text).ok().filter(Value::is_number)
        }
        (Shape::String(_) | Shape::Enum(_), Value::String(_)) => Some(value.clone()),
        (Shape::Array(item), Value::Array(items)) => {
            items.iter().map(|value| coerce(item, value)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        (Shape::Tuple(shape), Value::Array(items)) if items.len() >= shape.required => items
            .iter()
            .enumerate()
            .map(|(at, value)| coerce(shape.items.get(at).unwrap_or(&shape.rest), value))
            .collect::<Option<Vec<_>>>()
            .map(Value::Array),
        (Shape::Map(item), Value::Object(fields)) => fields
            .iter()
            .map(|(key, value)| Some((key.clone(), coerce(item, value)?)))
            .collect::<Option<Map<_, _>>>()
            .map(Value::Object),
        (Shape::Object(object), Value::Object(fields)) => {
            let complete = object
                .fields
                .iter()
                .filter(|field| field.has(FieldShape::REQUIRED) && !field.has(FieldShape::WRITE_ONLY))
                .all(|field| fields.contains_key(field.name));
            if !complete {
                return None;
            }
            fields
                .iter()
                .map(|(key, value)| {
                    let known = object.fields.iter().find(|field| field.name == key);
                    let shape = known.map(|field| &field.shape).or(object.others());
                    Some((key.clone(), coerce(shape.unwrap_or(&Shape::Any), value)?))
                })
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object)
        }
        (Shape::Union(union), _) => union.variants.iter().find_map(|variant| coerce(&variant.shape, value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::TupleShape;

    static PAIR: TupleShape =
        TupleShape { items: &[Shape::Integer, Shape::Any], required: 1, rest: Shape::Boolean };
    static NEXT: ObjectShape = ObjectShape {
        name: "Next",
        fields: &[FieldShape::new("after", Shape::String(""), FieldShape::REQUIRED)],
        additional: None,
    };
    static META: ObjectShape = ObjectShape {
        name: "Meta",
        fields: &[
            FieldShape::new("next", Shape::Object(&NEXT), 0),
            FieldShape::new("null", Shape::Nullable(&Shape::String("")), 1),
            FieldShape::new("text", Shape::String(""), 1),
            FieldShape::new("gone", Shape::String(""), 0),
        ],
        additional: None,
    };

    #[test]
    fn nothing_is_said_the_way_the_shape_allows() {
        let full = json!({ "next": { "after": "x" }, "null": "x", "text": "x", "gone": "x" });
        type Case = (&'static [&'static str], &'static [&'static [&'static str]], Value);
        let table: [Case; 5] = [
            (&["next", "after"], &[], json!({ "null": "x", "text": "x", "gone": "x" })),
            (
                &["next", "after"],
                &[&["next", "more"]],
                json!({ "next": { "after": "" }, "null": "x", "text": "x", "gone": "x" }),
            ),
            (&["null"], &[], json!({ "next": { "after": "x" }, "null": null, "text": "x", "gone": "x" })),
            (&["text"], &[], json!({ "next": { "after": "x" }, "null": "x", "text": "", "gone": "x" })),
            (&["gone"], &[], json!({ "next": { "after": "x" }, "null": "x", "text": "x" })),
        ];
        for (path, keep, expected) in table {
            let mut value = full.clone();
            set_nothing(&mut value, &Shape::Object(&META), path, keep);
            assert_eq!(value, expected, "nothing at {path:?}, keeping {keep:?}");
        }
    }

    #[test]
    fn values_are_read_as_their_shape() {
        let table = [
            (Shape::Integer, json!("12"), Some(json!(12))),
            (Shape::Integer, json!("1.5"), None),
            (Shape::Integer, json!(1.5), None),
            (Shape::Number, json!("1.5"), Some(json!(1.5))),
            (Shape::Number, json!("true"), None),
            (Shape::Boolean, json!("true"), Some(json!(true))),
            (Shape::Boolean, json!("yes"), None),
            (Shape::Nullable(&Shape::Integer), json!(null), Some(json!(null))),
            (Shape::Integer, json!(null), None),
            (Shape::Object(&NEXT), json!({}), None),
            (Shape::Object(&NEXT), json!({ "after": "x" }), Some(json!({ "after": "x" }))),
            (Shape::Array(&Shape::Integer), json!(["1", 2]), Some(json!([1, 2]))),
            (Shape::Tuple(&PAIR), json!(["1", "2", "true"]), Some(json!([1, "2", true]))),
            (Shape::Tuple(&PAIR), json!(["1"]), Some(json!([1]))),
            (Shape::Tuple(&PAIR), json!([]), None),
            (Shape::Map(&Shape::Integer), json!({ "a": "1" }), Some(json!({ "a": 1 }))),
        ];
        for (shape, value, expected) in table {
            assert_eq!(coerce(&shape, &value), expected, "{value} as {shape:?}");
        }
    }
}
