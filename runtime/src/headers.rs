//! Headers of an answer as the struct that the document's declarations gave. They are written in the style `simple` (OAS 3.1, 4.8.21.1):
//! lists with commas, objects as `a,1,b,2` or `a=1,b=2`, or as one JSON text.

use http::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::contract::Shape;
use crate::wire::Object;

/// Reads the headers that the struct has fields for. One that is not there is an absent field.
///
/// # Errors
/// A required header is missing, or one is not what its field holds.
pub(crate) fn read<H: Object + DeserializeOwned>(headers: &HeaderMap) -> Result<H, serde_json::Error> {
    let mut fields = Map::new();
    for field in H::SHAPE.fields {
        let Ok(name) = HeaderName::from_bytes(field.name.as_bytes()) else { continue };
        // RFC 9110, 5.3: lines of one name are one list.
        let lines: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        if !lines.is_empty() {
            fields.insert(field.name.to_owned(), value(&field.shape, &lines.join(", ")));
        }
    }
    H::deserialize(Value::Object(fields))
}

/// A header's text as the value of a shape. What does not fit stays a text, and the decoder says what is wrong.
fn value(shape: &Shape, text: &str) -> Value {
    let text = text.trim();
    let json = || serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
    match shape {
        Shape::String(_) | Shape::Enum(_) => Value::from(text),
        Shape::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::from(text),
        },
        Shape::Nullable(_) if text.is_empty() || text == "null" => Value::Null,
        Shape::Nullable(shape) => value(shape, text),
        Shape::Array(_) if text.starts_with('[') => json(),
        Shape::Array(item) => parts().map(|part| value(item, part)).collect(),
        Shape::Object(_) | Shape::Map(_) if text.starts_with('{') => json(),
        Shape::Object(_) | Shape::Map(_) => {
            let held = |name: &str| match shape {
                Shape::Object(object) => {
                    object.fields.iter().find(|field| field.name == name).map(|field| field.shape)
                }
                Shape::Map(value) => Some(**value),
                _ => None,
            };
            let pair =
                |name: &str, text: &str| (name.to_owned(), value(&held(name).unwrap_or(Shape::Any), text));
            if text.contains('=') {
                parts().filter_map(|part| part.split_once('=')).map(|(name, text)| pair(name, text)).collect()
            } else {
                let names = parts().step_by(2);
                names.zip(parts().skip(1).step_by(2)).map(|(name, text)| pair(name, text)).collect()
            }
        }
        Shape::Integer | Shape::Number | Shape::Any | Shape::Never | Shape::Union(_) | Shape::Tuple(_) => {
            json()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{FieldShape, ObjectShape};

    #[test]
    fn texts_become_values_by_their_shape() {
        static QUOTA: ObjectShape = ObjectShape {
            name: "Quota",
            fields: &[
                FieldShape::new("limit", Shape::Integer, 0),
                FieldShape::new("policy", Shape::String(""), 0),
            ],
            additional: None,
        };
        let table = [
            (Shape::String(""), " 7 ", json!("7")),
            (Shape::Integer, "7", json!(7)),
            (Shape::Number, "7.50", serde_json::from_str("7.50").unwrap()),
            (Shape::Integer, "seven", json!("seven")),
            (Shape::Boolean, "True", json!(true)),
            (Shape::Boolean, "yes", json!("yes")),
            (Shape::Nullable(&Shape::Integer), "", json!(null)),
            (Shape::Nullable(&Shape::Integer), "7", json!(7)),
            (Shape::Array(&Shape::Integer), "1, 2,3", json!([1, 2, 3])),
            (Shape::Array(&Shape::String("")), "a,, b", json!(["a", "b"])),
            (Shape::Array(&Shape::Integer), "[1,2]", json!([1, 2])),
            (Shape::Object(&QUOTA), "limit=7, policy=w", json!({ "limit": 7, "policy": "w" })),
            (Shape::Object(&QUOTA), "limit,7,policy,8", json!({ "limit": 7, "policy": "8" })),
            (Shape::Object(&QUOTA), "{\"limit\":7}", json!({ "limit": 7 })),
            (Shape::Map(&Shape::Integer), "a=1,b=2", json!({ "a": 1, "b": 2 })),
            (Shape::Any, "{\"a\":1}", json!({ "a": 1 })),
            (Shape::Any, "Thu, 01 Jan 2026 00:00:20 GMT", json!("Thu, 01 Jan 2026 00:00:20 GMT")),
        ];
        for (shape, text, expected) in table {
            assert_eq!(value(&shape, text), expected, "`{text}` as {shape:?}");
        }
    }
}
