//! What the words of several schemas say together, all of which a value has to keep to.

use serde_json::Value;

use super::All;

/// The schema that says which types there may be, and those that all agree on. Where none says it, by the keywords that are there.
pub(super) fn kinds<'s>(all: &All<'s>) -> (Option<&'s Value>, Vec<&'static str>) {
    const KINDS: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];
    let mut found: Option<(&'s Value, Vec<&'static str>)> = None;
    for schema in all.iter().copied().filter(|schema| schema.get("type").is_some()) {
        let kinds = |kind: &&'static str| match &schema["type"] {
            Value::String(name) => name == kind || (*kind == "integer" && name == "number"),
            names => names.as_array().is_some_and(|names| names.iter().any(|name| name == kind)),
        };
        let mut named: Vec<&'static str> = KINDS.into_iter().filter(kinds).collect();
        if schema["type"] == "number" && found.is_none() {
            named.retain(|kind| *kind == "number");
        }
        found = Some(match found {
            None => (schema, named),
            Some((place, mut known)) => {
                let both_numbers = known.contains(&"number") && named.contains(&"integer");
                known.retain(|kind| named.contains(kind));
                if both_numbers && !known.contains(&"integer") && !known.contains(&"number") {
                    known.push("integer");
                }
                (place, known)
            }
        });
    }
    if let Some((place, kinds)) = found {
        return (Some(place), kinds);
    }
    let words: [(&[&str], &str); 4] = [
        (&["properties", "additionalProperties", "patternProperties", "required", "minProperties"], "object"),
        (&["items", "prefixItems", "minItems", "maxItems"], "array"),
        (&["pattern", "minLength", "maxLength", "format"], "string"),
        (&["minimum", "maximum", "multipleOf"], "number"),
    ];
    for (words, kind) in words {
        if let Some(place) = all.iter().find(|schema| words.iter().any(|word| schema.get(*word).is_some())) {
            return (Some(place), vec![kind]);
        }
    }
    (None, Vec::new())
}

pub(super) fn has_type(schema: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    match schema.get("type") {
        None => true,
        Some(Value::Array(names)) => names.iter().any(is),
        Some(name) => is(name),
    }
}

pub(super) fn list<'s>(schema: &'s Value, word: &str) -> impl Iterator<Item = &'s Value> + use<'s> {
    schema.get(word).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn entries<'s>(
    schema: &'s Value,
    word: &str,
) -> impl Iterator<Item = (&'s str, &'s Value)> + use<'s> {
    let object = schema.get(word).and_then(Value::as_object);
    object.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
}

pub(super) fn numbers(all: &All<'_>, word: &str) -> impl Iterator<Item = u64> {
    all.iter().filter_map(move |schema| schema.get(word)?.as_u64())
}

pub(super) fn texts<'s>(all: &All<'s>, word: &str) -> impl Iterator<Item = &'s str> {
    all.iter().filter_map(move |schema| schema.get(word)?.as_str())
}
