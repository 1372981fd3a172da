//! Keys of records for the guard against pages that bring nothing new. Most records have their key near the start, so the search ends
//! there instead of reading the record to its end, as [`crate::project`] does.

use crate::contract::Path;

use super::guard::hash;

/// A hash over the parts of a record's key; `None` where one is not there. The record has been read as JSON already.
pub(super) fn hash_of(record: &str, key: &[Path]) -> Option<u64> {
    match key {
        [only] => value_at(record, only).map(hash),
        several => {
            let parts: Option<Vec<&str>> = several.iter().map(|path| value_at(record, path)).collect();
            parts.map(hash)
        }
    }
}

/// The text of the first value at a path. Keys are compared as they are written, escapes included: one that is escaped is not found.
fn value_at<'a>(json: &'a str, path: &[&str]) -> Option<&'a str> {
    let mut rest = json;
    for key in path {
        rest = member(rest, key)?;
    }
    let rest = rest.trim_start();
    rest.get(..value(rest)?)
}

/// What begins with the value of an object's member.
fn member<'a>(json: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = json.trim_start().strip_prefix('{')?.trim_start();
    loop {
        let end = text(rest)?;
        let key = rest.get(1..end.checked_sub(1)?)?;
        rest = rest.get(end..)?.trim_start().strip_prefix(':')?.trim_start();
        if key == wanted {
            return Some(rest);
        }
        rest = rest.get(value(rest)?..)?.trim_start().strip_prefix(',')?.trim_start();
    }
}

/// Length of the value that a text begins with.
fn value(json: &str) -> Option<usize> {
    let bytes = json.as_bytes();
    match bytes.first()? {
        b'"' => text(json),
        b'{' | b'[' => {
            let (mut depth, mut at) = (0usize, 0);
            loop {
                match bytes.get(at)? {
                    b'"' => at += text(json.get(at..)?)?,
                    b'{' | b'[' => {
                        depth += 1;
                        at += 1;
                    }
                    b'}' | b']' => {
                        depth = depth.checked_sub(1)?;
                        at += 1;
                        if depth == 0 {
                            return Some(at);
                        }
                    }
                    _ => at += 1,
                }
            }
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
            Some(bytes.iter().position(ends).unwrap_or(bytes.len()))
        }
    }
}

/// Length of the JSON text that a text begins with, quotes included.
fn text(json: &str) -> Option<usize> {
    let bytes = json.as_bytes();
    if bytes.first()? != &b'"' {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_value_is_found_where_it_stands_first() {
        let record =
            r#" { "a\"b" : [1,{"id":9}] , "s":"x,}\\", "id" : 7.50 ,"o":{"k":"v","n":null},"id":8 } "#;
        let cases: [(&[&str], Option<&str>); 9] = [
            (&["id"], Some("7.50")),
            (&["s"], Some(r#""x,}\\""#)),
            (&["o", "k"], Some(r#""v""#)),
            (&["o", "n"], Some("null")),
            (&["o"], Some(r#"{"k":"v","n":null}"#)),
            (&["none"], None),
            (&["o", "none"], None),
            (&["id", "k"], None),
            (&[], Some(record.trim())),
        ];
        for (path, expected) in cases {
            assert_eq!(value_at(record, path), expected, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at_without_panic(json in "\\PC{0,40}") {
            let _ = value_at(&json, &["a"]);
            let _ = value_at(&json, &[]);
        }

        #[test]
        fn it_finds_what_a_parser_finds(
            keys in proptest::collection::vec("[a-c]{1,2}", 0..5),
            texts in proptest::collection::vec("[\\PC]{0,6}", 5),
            pretty in any::<bool>(),
        ) {
            let mut fields = serde_json::Map::new();
            for (key, text) in keys.iter().zip(texts) {
                fields.insert(key.clone(), json!([{ "k": text.clone() }, text, 1.5, true]));
            }
            let record = Value::Object(fields);
            let text = if pretty { serde_json::to_string_pretty(&record) } else { serde_json::to_string(&record) }.unwrap();
            for key in ["a", "b", "ab", "cc"] {
                let found = value_at(&text, &[key]).map(|found| serde_json::from_str::<Value>(found).unwrap());
                prop_assert_eq!(found, record.get(key).cloned(), "{} in {}", key, text);
            }
        }
    }
}
