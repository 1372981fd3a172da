//! Looks into JSON without decoding it: finds values by path as raw text, borrowed from the body. The whole text is scanned each time, so a
//! body that ends half-way is never taken for a whole one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::contract::Path;

/// A JSON value that is no list and no object.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, by its digits.
    Number(&'a str),
    /// A text.
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    /// The value, if it is a scalar.
    pub fn of(raw: &'a RawValue) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

        let text = raw.get();
        match text.as_bytes().first()? {
            b'n' => Some(Self::Null),
            b't' => Some(Self::Bool(true)),
            b'f' => Some(Self::Bool(false)),
            b'"' => serde_json::from_str::<Borrowed<'a>>(text).ok().map(|text| Self::Text(text.0)),
            b'[' | b'{' => None,
            _ => Some(Self::Number(text)),
        }
    }

    /// The value as text; `None` for null.
    pub fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
            Self::Number(digits) => Some(Cow::Borrowed(digits)),
            Self::Text(text) => Some(text),
        }
    }
}

/// Why a value was not found where the contract says that it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// It is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// There is nothing at that path.
    #[error("there is nothing at `{0}`")]
    Missing(String),
    /// Another type stands there.
    #[error("`{place}` is {found} instead of {expected}")]
    Type {
        /// The path.
        place: String,
        /// What stands there.
        found: &'static str,
        /// What the contract says.
        expected: &'static str,
    },
}

/// A path for people: `data.items`, or `the body` for the whole.
pub fn place(path: &[&str]) -> String {
    if path.is_empty() { "the body".to_owned() } else { path.join(".") }
}

/// The values at these paths, in one scan. `None` where there is nothing.
///
/// # Errors
/// The text is no JSON.
pub fn select<'a>(json: &'a [u8], paths: &[Path]) -> Result<Vec<Option<&'a RawValue>>, serde_json::Error> {
    let wants: Vec<_> = paths.iter().map(|path| (*path, Want::Value)).collect();
    let found = scan(json, &wants)?;
    Ok(found.into_iter().map(|found| if let Found::Value(raw) = found { Some(raw) } else { None }).collect())
}

/// The value at a path, or `None`.
///
/// # Errors
/// The text is no JSON.
pub fn find(json: &[u8], path: Path) -> Result<Option<&RawValue>, serde_json::Error> {
    Ok(select(json, &[path])?.pop().flatten())
}

/// The elements of the list at a path. Null stands for an empty list: that is how some servers write one.
///
/// # Errors
/// The text is no JSON, or there is no list at that path.
pub fn records(json: &[u8], path: Path) -> Result<Vec<&RawValue>, ProjectError> {
    let found = scan(json, &[(path, Want::Elements)])?.pop();
    elements(found.unwrap_or_default(), path)
}

/// The scalars at these paths of a record, in one scan. `None` where there is nothing; null is a value.
///
/// # Errors
/// The text is no JSON, or a list or an object stands at one of the paths.
pub fn scalars<'a>(record: &'a RawValue, paths: &[Path]) -> Result<Vec<Option<Scalar<'a>>>, ProjectError> {
    let values = select(record.get().as_bytes(), paths)?;
    let scalar = |(value, path): (Option<&'a RawValue>, &Path)| match value {
        None => Ok(None),
        Some(raw) => Scalar::of(raw).map(Some).ok_or_else(|| ProjectError::Type {
            place: place(path),
            found: json_type(raw.get()),
            expected: "a single value",
        }),
    };
    values.into_iter().zip(paths).map(scalar).collect()
}

/// The JSON type of a text, with its article.
pub(crate) fn json_type(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(b'"') => "a text",
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        Some(_) => "a number",
        None => "nothing",
    }
}

/// What is looked for at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Value,
    Elements,
}

/// What was found there.
#[derive(Debug, Default)]
pub(crate) enum Found<'a> {
    #[default]
    Nothing,
    Value(&'a RawValue),
    Elements(Vec<&'a RawValue>),
    NoList(&'static str),
}

pub(crate) fn elements<'a>(found: Found<'a>, path: Path) -> Result<Vec<&'a RawValue>, ProjectError> {
    match found {
        Found::Elements(elements) => Ok(elements),
        Found::Nothing => Err(ProjectError::Missing(place(path))),
        Found::NoList(found) => Err(ProjectError::Type { place: place(path), found, expected: "a list" }),
        Found::Value(raw) => {
            Err(ProjectError::Type { place: place(path), found: json_type(raw.get()), expected: "a list" })
        }
    }
}

/// Everything that is wanted, in one scan of the text. The later of two equal keys counts, as for `serde_json::Value`.
pub(crate) fn scan<'a>(json: &'a [u8], wants: &[(Path, Want)]) -> Result<Vec<Found<'a>>, serde_json::Error> {
    let mut found: Vec<Found<'a>> = wants.iter().map(|_| Found::Nothing).collect();
    let active: Vec<Active> = wants
        .iter()
        .enumerate()
        .map(|(index, (path, want))| Active { index, rest: path, want: *want })
        .collect();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Value { active: &active, found: &mut found }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(found)
}

/// A path on whose way the scan is.
#[derive(Clone, Copy)]
struct Active {
    index: usize,
    rest: &'static [&'static str],
    want: Want,
}

/// Reads one value on behalf of the paths that lead to it or through it.
struct Value<'s, 'a> {
    active: &'s [Active],
    found: &'s mut Vec<Found<'a>>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.active {
            [] => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ()),
            [only] if only.rest.is_empty() && only.want == Want::Elements => {
                let elements = deserializer.deserialize_any(Elements)?;
                if let Some(place) = self.found.get_mut(only.index) {
                    *place = elements;
                }
                Ok(())
            }
            all if all.iter().all(|path| !path.rest.is_empty()) => deserializer.deserialize_any(self),
            all => {
                // One path ends here and another leads on: the value is taken raw, and looked into for each.
                let raw: &'de RawValue = serde::Deserialize::deserialize(deserializer)?;
                for path in all {
                    let found = if path.rest.is_empty() && path.want == Want::Value {
                        Found::Value(raw)
                    } else {
                        let found = scan(raw.get().as_bytes(), &[(path.rest, path.want)]);
                        found.map_err(D::Error::custom)?.pop().unwrap_or_default()
                    };
                    if let Some(place) = self.found.get_mut(path.index) {
                        *place = found;
                    }
                }
                Ok(())
            }
        }
    }
}

macro_rules! nothing_inside {
    ($($method:ident($type:ty)),*) => {
        $(fn $method<E: serde::de::Error>(self, _: $type) -> Result<(), E> { Ok(()) })*
    };
}

impl<'de> Visitor<'de> for Value<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        #[derive(serde::Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

        let mut inner = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            inner.clear();
            inner.extend(self.active.iter().filter_map(|path| match path.rest.split_first() {
                Some((first, rest)) if *first == key => Some(Active { rest, ..*path }),
                _ => None,
            }));
            map.next_value_seed(Value { active: &inner, found: self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    nothing_inside!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
}

/// Reads a list into its elements.
struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Found<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Found::Elements(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::NoList("an object"))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Found::Elements(Vec::new()))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Found::NoList("a boolean"))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Found::NoList("a number"))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Found::NoList("a number"))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Found::NoList("a number"))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Found::NoList("a text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_paths_are_found_in_one_scan_even_one_within_another() {
        let body = br#" {"a":{"b":[1,2],"c":"x\u0041"},"d":null,"e":1.50,"a2":{"b":9}} "#;
        let paths: [Path; 8] =
            [&["a", "b"], &["a", "c"], &["a"], &["d"], &["e"], &["a", "b", "c"], &["zz"], &["d", "x"]];
        let found = select(body, &paths).unwrap();
        let found: Vec<_> = found.iter().map(|value| value.map(RawValue::get)).collect();
        let expected = [
            Some("[1,2]"),
            Some(r#""x\u0041""#),
            Some(r#"{"b":[1,2],"c":"x\u0041"}"#),
            Some("null"),
            Some("1.50"),
            None,
            None,
            None,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn records_are_the_elements_of_a_list_or_a_typed_error() {
        // Body, path, records or a part of the error's text.
        type Expected = Result<Vec<&'static str>, &'static str>;
        let cases: [(&str, Path, Expected); 10] = [
            (r#"[{"id":1}, 2 ]"#, &[], Ok(vec![r#"{"id":1}"#, "2"])),
            (r#"{"data":{"items":[1]},"more":[]}"#, &["data", "items"], Ok(vec!["1"])),
            (r#"{"items":[]}"#, &["items"], Ok(vec![])),
            (r#"{"items":null}"#, &["items"], Ok(vec![])),
            (r#"{"items":{"a":1}}"#, &["items"], Err("`items` is an object instead of a list")),
            (r#"{"items":"x"}"#, &["items"], Err("`items` is a text instead of a list")),
            (r#"{"rows":[]}"#, &["items"], Err("there is nothing at `items`")),
            (r#"{"items":[1,2"#, &["items"], Err("EOF")),
            (r#"{"items":[1]} x"#, &["items"], Err("trailing")),
            ("", &["items"], Err("EOF")),
        ];
        for (body, path, expected) in cases {
            match (records(body.as_bytes(), path), expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!(found.iter().map(|raw| raw.get()).collect::<Vec<_>>(), expected, "{body}");
                }
                (Err(found), Err(expected)) => {
                    assert!(found.to_string().contains(expected), "{body}: {found}");
                }
                (found, expected) => panic!("{body}: {found:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn scalars_keep_digits_and_read_escapes() {
        let record: &RawValue =
            serde_json::from_str(r#"{"id":12345678901234567890.10,"t":"a\nb","n":null,"o":{}}"#).unwrap();
        let found = scalars(record, &[&["id"], &["t"], &["n"], &["none"]]).unwrap();
        let expected = [
            Some(Scalar::Number("12345678901234567890.10")),
            Some(Scalar::Text("a\nb".into())),
            Some(Scalar::Null),
            None,
        ];
        assert_eq!(found, expected);
        assert!(scalars(record, &[&["o"]]).unwrap_err().to_string().contains("`o` is an object"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_scanned_without_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            let _ = select(&body, &[&["a"], &["a", "b"]]);
            let _ = records(&body, &["a"]);
        }
    }
}
