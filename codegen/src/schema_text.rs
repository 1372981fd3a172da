//! JSON Schemas of Rust types, as they are published for editors and readers.

use schemars::JsonSchema;

/// The JSON Schema (2020-12) of a type as text. The same bytes for the same type.
pub(crate) fn of<T: JsonSchema>() -> String {
    let mut schema = value_of::<T>();
    // Whether objects keep their order is a feature of `serde_json` that any crate of a build may switch on.
    schema.sort_all_objects();
    // A value of JSON always has a text.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON Schema (2020-12) of a type.
pub(crate) fn value_of<T: JsonSchema>() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12()
        .with_transform(schemars::transform::RecursiveTransform(without_null))
        .with_transform(schemars::transform::RecursiveTransform(without_foreign_formats))
        .with_transform(schemars::transform::RecursiveTransform(without_line_breaks));
    settings.into_generator().into_root_schema_for::<T>().to_value()
}
/// What may be missing may not be null: a key without a value is a line that someone forgot to finish.
fn without_null(schema: &mut schemars::Schema) {
    use serde_json::Value;
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(alternatives)) = object.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = alternatives.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}

/// Formats of Rust's numbers are not JSON Schema's.
fn without_foreign_formats(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if object
        .get("format")
        .and_then(serde_json::Value::as_str)
        .is_some_and(|format| format.starts_with("uint") || format == "double")
    {
        object.remove("format");
    }
}

/// Editors show a description as it is, and its lines were broken for readers of the source.
fn without_line_breaks(schema: &mut schemars::Schema) {
    if let Some(serde_json::Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}
