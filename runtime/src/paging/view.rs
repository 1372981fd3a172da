use http::HeaderMap;
use serde_json::value::RawValue;

use crate::contract::{End, Paging, Path, Strategy, Token};
use crate::link;
use crate::project::{self, Found, ProjectError, Scalar, Want, json_type, place};

use super::guard::hash;

/// What a pager sees of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageView {
    /// Number of records, where it is known where they are.
    pub served: Option<u64>,
    /// Token or URL of the next page.
    pub next: Option<String>,
    /// Whether there is more.
    pub more: Option<bool>,
    /// Whether this is the end.
    pub done: Option<bool>,
    /// Number of all records.
    pub total_records: Option<u64>,
    /// Number of all pages.
    pub total_pages: Option<u64>,
    /// The last record's field from which the next page goes on.
    pub last: Option<String>,
    /// Hashes of the records' keys; none where a key is not known.
    pub keys: Vec<u64>,
}

impl PageView {
    /// Reads a page in one scan. `records` and `key` say where its records and their keys are, where that is known.
    ///
    /// # Errors
    /// The body is no JSON, or something that the contract declares is of another type.
    pub fn read(
        paging: Option<&Paging>,
        records: Option<Path>,
        key: &[Path],
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, ProjectError> {
        let strategy = paging.map(|paging| &paging.strategy);
        let (token, end) = declared(strategy);
        // Without a declared place the body itself may be the list.
        let list = records.or_else(|| body.trim_ascii_start().starts_with(b"[").then_some(&[][..]));
        let token_path = if let Some(Token::Body(path)) = token { Some(*path) } else { None };
        let paths = [token_path, end.more, end.done, end.total_records, end.total_pages];
        let mut wants =
            vec![(list.unwrap_or_default(), if list.is_some() { Want::Elements } else { Want::Value })];
        wants.extend(paths.iter().flatten().map(|path| (*path, Want::Value)));
        let mut found = project::scan(body, &wants)?.into_iter();

        let elements = found.next().unwrap_or_default();
        let records = list.map(|path| project::elements(elements, path)).transpose()?;
        let mut values = paths.map(|path| {
            let path = path?;
            match found.next() {
                Some(Found::Value(raw)) => Some((path, raw)),
                _ => None,
            }
        });
        let next = match (strategy, token) {
            (Some(Strategy::LinkHeader { relation }), _) => link::find(headers, relation),
            (_, Some(Token::Header(name))) => {
                let text = headers.get(*name).and_then(|value| value.to_str().ok());
                text.map(|text| text.trim().to_owned()).filter(|text| is_token(text))
            }
            _ => values[0].take().map(|(path, raw)| token_text(path, raw)).transpose()?.flatten(),
        };
        let mut view = Self {
            next,
            more: flag(values[1])?,
            done: flag(values[2])?,
            total_records: total(values[3])?,
            total_pages: total(values[4])?,
            ..Self::default()
        };
        if let Some(records) = records {
            view.served = Some(records.len() as u64);
            if let (Some(Strategy::LastId { field, .. }), Some(last)) = (strategy, records.last()) {
                let scalar = project::scalars(last, &[field])?.pop().flatten();
                view.last = scalar.and_then(Scalar::into_text).map(std::borrow::Cow::into_owned);
            }
            if !key.is_empty() {
                // A key that cannot be read is for those to report who need it; the guard does without.
                let keys = records.iter().map(|record| key_hash(record, key));
                view.keys = keys.collect::<Option<_>>().unwrap_or_default();
            }
        }
        Ok(view)
    }
}

fn declared(strategy: Option<&Strategy>) -> (Option<&Token>, &End) {
    const NOTHING: &End = &End { more: None, done: None, total_records: None, total_pages: None };
    match strategy {
        Some(
            Strategy::PageNumber { end, .. } | Strategy::Offset { end, .. } | Strategy::LastId { end, .. },
        ) => (None, end),
        Some(Strategy::Cursor { next, end, .. } | Strategy::NextUrl { next, end }) => (Some(next), end),
        Some(Strategy::LinkHeader { .. }) | None => (None, NOTHING),
    }
}

/// Servers write "no token" in many ways.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text != "null"
}

fn token_text(path: Path, raw: &RawValue) -> Result<Option<String>, ProjectError> {
    match Scalar::of(raw) {
        Some(Scalar::Null | Scalar::Bool(false)) => Ok(None),
        Some(Scalar::Number(digits)) => Ok(Some(digits.to_owned())),
        Some(Scalar::Text(text)) => Ok(Some(text.trim().to_owned()).filter(|text| is_token(text))),
        Some(Scalar::Bool(true)) | None => Err(wrong(path, raw, "a token")),
    }
}

fn flag(value: Option<(Path, &RawValue)>) -> Result<Option<bool>, ProjectError> {
    let Some((path, raw)) = value else { return Ok(None) };
    match Scalar::of(raw) {
        Some(Scalar::Null) => Ok(None),
        Some(Scalar::Bool(value)) => Ok(Some(value)),
        Some(Scalar::Number("0")) => Ok(Some(false)),
        Some(Scalar::Number("1")) => Ok(Some(true)),
        Some(Scalar::Text(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Scalar::Text(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        _ => Err(wrong(path, raw, "a boolean")),
    }
}

/// A negative total is how some servers say that they do not know it.
fn total(value: Option<(Path, &RawValue)>) -> Result<Option<u64>, ProjectError> {
    let Some((path, raw)) = value else { return Ok(None) };
    let text = match Scalar::of(raw) {
        Some(Scalar::Null) => return Ok(None),
        Some(Scalar::Number(digits)) => digits.to_owned(),
        Some(Scalar::Text(text)) => text.trim().to_owned(),
        _ => return Err(wrong(path, raw, "a number")),
    };
    match text.parse::<f64>() {
        Ok(number) if number >= 0.0 => Ok(Some(number as u64)),
        Ok(_) => Ok(None),
        Err(_) => Err(wrong(path, raw, "a number")),
    }
}

fn wrong(path: Path, raw: &RawValue, expected: &'static str) -> ProjectError {
    ProjectError::Type { place: place(path), found: json_type(raw.get()), expected }
}

fn key_hash(record: &RawValue, key: &[Path]) -> Option<u64> {
    let parts = project::select(record.get().as_bytes(), key).ok()?;
    let parts: Option<Vec<&str>> = parts.into_iter().map(|part| part.map(RawValue::get)).collect();
    parts.map(hash)
}
