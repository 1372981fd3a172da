//! What a schema takes, as far as types say.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::document::{Document, Nullable, Place};

/// Compositions and references within one another that are looked at.
const DEEPEST: usize = 16;

/// Whether values of a type are valid at a place, as far as types say.
pub(crate) fn takes(document: &Document, place: &Place, name: &str) -> bool {
    within(document, place, name, DEEPEST)
}

fn within(document: &Document, place: &Place, name: &str, depth: usize) -> bool {
    let Some((place, depth)) = document.followed(place).zip(depth.checked_sub(1)) else { return false };
    let Some(schema) = document.get(&place) else { return false };
    if schema == &Value::Bool(false) {
        return false;
    }
    if name == "null" {
        match document.nullable() {
            Nullable::Key(key) if schema.get(key) == Some(&Value::Bool(true)) => return true,
            // Whatever says what may come says that null may not.
            Nullable::Key(_) if schema.get("type").is_some() || schema.get("enum").is_some() => return false,
            _ => {}
        }
        let listed = schema.get("enum").and_then(Value::as_array);
        if listed.is_some_and(|listed| !listed.contains(&Value::Null)) {
            return false;
        }
    }
    let declared = declared(schema);
    let has = |name: &str| declared.contains(&name);
    let is_within = has(name) || name == "integer" && has("number");
    if !declared.is_empty() && !is_within {
        return false;
    }
    let branches = |word: &str| document.branches(&place, word);
    let takes = |place: &Place| within(document, place, name, depth);
    let some = |word: &str| {
        let branches = branches(word);
        branches.is_empty() || branches.iter().any(takes)
    };
    branches("allOf").iter().all(takes) && some("oneOf") && some("anyOf")
}

/// The types that a schema names.
pub(crate) fn declared(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A schema of these types.
pub(crate) fn typed(types: &BTreeSet<&str>, nullable: Nullable) -> Value {
    let null = types.contains("null");
    let mut others: Vec<&str> = types.iter().copied().filter(|name| *name != "null").collect();
    if others.contains(&"number") {
        others.retain(|name| *name != "integer");
    }
    let mut schema = serde_json::Map::new();
    match (others.as_slice(), nullable) {
        // Nothing but null says nothing of what else may come.
        ([], _) => return json!({}),
        ([only], Nullable::Key(key)) => {
            schema.insert("type".to_owned(), json!(only));
            if null {
                schema.insert(key.to_owned(), json!(true));
            }
        }
        (_, Nullable::Key(_)) => return json!({}),
        ([only], Nullable::Type) if !null => drop(schema.insert("type".to_owned(), json!(only))),
        (_, Nullable::Type) => {
            let all: Vec<&str> = others.iter().copied().chain(null.then_some("null")).collect();
            schema.insert("type".to_owned(), json!(all));
        }
    }
    if others.contains(&"array") {
        schema.insert("items".to_owned(), json!({}));
    }
    Value::Object(schema)
}
