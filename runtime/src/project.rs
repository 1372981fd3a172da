//! Looks into JSON without decoding it: finds values by path as raw text, borrowed from the body. A body is scanned to its end each time, so
//! that one which ends half-way is never taken for a whole one; a record of it that was scanned with it is not scanned to its end again.

use std::borrow::Cow;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{Deserialize as _, Deserializer, Visitor};
use serde_json::value::RawValue;

use crate::contract::Path;
use crate::skim::Skimmer;

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

/// The values at these paths of a record that is known to be JSON, in one scan, which ends where all have been found. `None` where there is
/// nothing. The first of two equal keys counts.
///
/// # Errors
/// The text is no JSON, as far as it was looked at.
pub fn select<'a>(record: &'a [u8], paths: &[Path]) -> Result<Vec<Option<&'a RawValue>>, serde_json::Error> {
    let found = run(record, paths.iter().map(|path| (*path, Want::Value)), Extent::UntilFound)?;
    Ok(found.into_iter().map(Found::into_value).collect())
}

/// What [`select`] finds at one path, without memory for a list of them. `None` also where the text is no JSON. Of two equal keys on the
/// way only the first is looked into.
pub(crate) fn select_one(record: &[u8], path: Path) -> Option<&RawValue> {
    let mut skimmer = Skimmer::new(record);
    for name in path {
        if !skimmer.eat(b'{') {
            return None;
        }
        while !is(skimmer.key()?, name) {
            skimmer.value()?;
            if !skimmer.eat(b',') {
                return None;
            }
        }
    }
    raw(skimmer.value()?)
}

/// The value at a path, or `None`.
///
/// # Errors
/// The text is no JSON.
pub fn find(json: &[u8], path: Path) -> Result<Option<&RawValue>, serde_json::Error> {
    Ok(scan(json, &[(path, Want::Value)])?.pop().and_then(Found::into_value))
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

impl<'a> Found<'a> {
    fn into_value(self) -> Option<&'a RawValue> {
        if let Self::Value(raw) = self { Some(raw) } else { None }
    }
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
    run(json, wants.iter().copied(), Extent::Whole)
}

/// How far a text is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    /// To the last thing that is wanted: what is known to be JSON need not be looked at to its end.
    UntilFound,
}

fn run<'a>(
    json: &'a [u8],
    wants: impl Iterator<Item = (Path, Want)>,
    extent: Extent,
) -> Result<Vec<Found<'a>>, serde_json::Error> {
    let active: Vec<Active> =
        wants.enumerate().map(|(index, (rest, want))| Active { index, rest, want }).collect();
    let mut found: Vec<Found<'a>> = active.iter().map(|_| Found::Nothing).collect();
    let mut scan = Scan { skimmer: Skimmer::new(json), found: &mut found, extent, left: active.len() };
    if scan.value(&active).is_some() && (scan.is_done() || scan.skimmer.peek().is_none()) {
        return Ok(found);
    }
    // It is no JSON, or no UTF-8; what exactly is wrong, and where, serde_json says.
    serde_json::from_slice::<&RawValue>(json)?;
    Err(serde::de::Error::custom("the text cannot be scanned"))
}

/// A path on whose way the scan is.
#[derive(Clone, Copy)]
struct Active {
    index: usize,
    rest: &'static [&'static str],
    want: Want,
}

impl Active {
    fn leads_on(&self) -> bool {
        !self.rest.is_empty()
    }
}

/// Reads values on behalf of the paths that lead to them or through them. `None` where the text is no JSON.
struct Scan<'s, 'a> {
    skimmer: Skimmer<'a>,
    found: &'s mut [Found<'a>],
    extent: Extent,
    /// How many of the wanted have not been found.
    left: usize,
}

impl<'a> Scan<'_, 'a> {
    fn value(&mut self, active: &[Active]) -> Option<()> {
        let kind = self.skimmer.peek()?;
        let start = self.skimmer.at();
        let list = active.iter().any(|path| !path.leads_on() && path.want == Want::Elements);
        let mut elements = None;
        match kind {
            b'[' if list => elements = Some(self.elements()?),
            b'{' if active.iter().any(Active::leads_on) => self.members(active)?,
            _ => {
                self.skimmer.value()?;
            }
        }
        for path in active.iter().filter(|path| !path.leads_on()) {
            let text = self.skimmer.since(start)?;
            let found = match (path.want, kind) {
                (Want::Value, _) => Found::Value(raw(text)?),
                (Want::Elements, b'n') => Found::Elements(Vec::new()),
                // Two paths that end here are two wants for the same list.
                (Want::Elements, b'[') => Found::Elements(elements.clone().unwrap_or_default()),
                (Want::Elements, _) => Found::NoList(json_type(raw(text)?.get())),
            };
            self.found(path.index, found);
        }
        Some(())
    }

    fn found(&mut self, index: usize, found: Found<'a>) {
        let Some(place) = self.found.get_mut(index) else { return };
        let is_first = matches!(place, Found::Nothing);
        if is_first || self.extent == Extent::Whole {
            *place = found;
        }
        self.left -= usize::from(is_first);
    }

    /// Whether the rest of the text is of no interest.
    fn is_done(&self) -> bool {
        self.extent == Extent::UntilFound && self.left == 0
    }

    fn members(&mut self, active: &[Active]) -> Option<()> {
        self.skimmer.eat(b'{');
        if self.skimmer.eat(b'}') {
            return Some(());
        }
        let mut inner = Vec::new();
        loop {
            let key = self.skimmer.key()?;
            inner.clear();
            inner.extend(active.iter().filter_map(|path| match path.rest.split_first() {
                Some((first, rest)) if is(key, first) => Some(Active { rest, ..*path }),
                _ => None,
            }));
            self.value(&inner)?;
            if self.is_done() {
                return Some(());
            }
            if !self.skimmer.eat(b',') {
                return self.skimmer.eat(b'}').then_some(());
            }
        }
    }

    fn elements(&mut self) -> Option<Vec<&'a RawValue>> {
        self.skimmer.eat(b'[');
        let mut elements = Vec::new();
        if self.skimmer.eat(b']') {
            return Some(elements);
        }
        loop {
            elements.push(raw(self.skimmer.value()?)?);
            if !self.skimmer.eat(b',') {
                return self.skimmer.eat(b']').then_some(elements);
            }
        }
    }
}

/// Whether a key, as it stands between its quotes, is that text.
pub(crate) fn is(key: &[u8], text: &str) -> bool {
    if key == text.as_bytes() {
        return true;
    }
    let unescaped = || serde_json::from_slice::<String>(&[b"\"", key, b"\""].concat()).ok();
    key.contains(&b'\\') && unescaped().is_some_and(|key| key == text)
}

/// The text of a value that was skimmed. `RawValue` is made of what a deserializer hands it, and this one hands it the text without scanning it
/// once more. `None` where it is no UTF-8.
pub(crate) fn raw(json: &[u8]) -> Option<&RawValue> {
    struct Skimmed<'de>(&'de str);

    impl<'de> Deserializer<'de> for Skimmed<'de> {
        type Error = serde_json::Error;

        fn deserialize_newtype_struct<V: Visitor<'de>>(
            self,
            name: &'static str,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            let text = BorrowedStrDeserializer::new(self.0);
            visitor.visit_map(MapDeserializer::new(std::iter::once((name, text))))
        }

        fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            visitor.visit_borrowed_str(self.0)
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    let text = std::str::from_utf8(json).ok()?;
    // How a raw value asks for its text is serde_json's own affair; should it change, the text is scanned again.
    <&RawValue>::deserialize(Skimmed(text)).or_else(|_| serde_json::from_str(text)).ok()
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
        let each: Vec<_> = paths.iter().map(|path| select_one(body, path).map(RawValue::get)).collect();
        assert_eq!(each, expected, "one by one");
        assert!(select_one(br#"{"a":1"#, &["b"]).is_none());
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
    fn a_record_is_looked_at_until_all_is_found_and_a_body_to_its_end() {
        let cut: &[u8] = br#"{"o":{"id":1,"id":2},"at":"x","at":"y","rest":[1,"#;
        let found = select(cut, &[&["at"], &["o", "id"]]).unwrap();
        assert_eq!(
            found.iter().map(|raw| raw.map(RawValue::get)).collect::<Vec<_>>(),
            [Some(r#""x""#), Some("1")]
        );
        assert!(select(cut, &[&["at"], &["none"]]).unwrap_err().is_eof());
        assert!(find(cut, &["at"]).unwrap_err().is_eof());
        let whole = br#"{"at":"x","at":"y"}"#;
        assert_eq!(find(whole, &["at"]).unwrap().map(RawValue::get), Some(r#""y""#));
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
