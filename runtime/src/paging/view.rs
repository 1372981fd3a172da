use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use http::HeaderMap;
use serde_json::value::RawValue;

use crate::contract::{End, Paging, Path, Strategy, Token};
use crate::link;
use crate::project::{self, Found, ProjectError, Scalar, Want, json_type, place};

/// What a pager sees of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageView {
    /// Number of records, where it is known where they are.
    pub served: Option<u64>,
    /// Token or URL of the next page.
    pub next: Option<String>,
    /// What stands where the token or URL would, where there is none.
    pub no_next: NoNext,
    /// Whether there is more.
    pub more: Option<bool>,
    /// Whether this is the end.
    pub done: Option<bool>,
    /// Number of all records.
    pub total_records: Option<u64>,
    /// Number of all pages.
    pub total_pages: Option<u64>,
    /// What the page counts of itself.
    pub count: Option<u64>,
    /// The last record's field from which the next page goes on.
    pub last: Option<String>,
    /// Hashes of the records' keys; none where a key is not known.
    pub keys: Vec<u64>,
}

/// How a server writes that there is no next page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoNext {
    /// It writes nothing, or `false`.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// An empty text.
    Empty,
    /// A text that stands for none.
    EndToken,
}

/// What a page says, and where its records stand in the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadPage {
    pub(crate) view: PageView,
    pub(crate) records: Vec<Range<usize>>,
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
        ReadPage::read(paging, records, key, headers, body).map(|page| page.view)
    }
}

impl ReadPage {
    pub(crate) fn read(
        paging: Option<&Paging>,
        records: Option<Path>,
        key: &[Path],
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, ProjectError> {
        let strategy = paging.map(|paging| &paging.strategy);
        let end = strategy.map_or(&End::NONE, Strategy::end);
        let token = match strategy {
            Some(Strategy::Cursor { next, .. } | Strategy::NextUrl { next, .. }) => Some(next),
            _ => None,
        };
        // Without a declared place the body itself may be the list.
        let list = records.or_else(|| body.trim_ascii_start().starts_with(b"[").then_some(&[][..]));
        let token_path = if let Some(Token::Body(path)) = token { Some(*path) } else { None };
        let count = end.count.map(|count| count.path);
        let paths = [token_path, end.more, end.done, end.total_records, end.total_pages, count];
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
            (Some(Strategy::LinkHeader { relation, .. }), _) => {
                link::find(headers, relation).ok_or(NoNext::Absent)
            }
            (_, Some(Token::Header(name))) => {
                let text = headers.get(*name).and_then(|value| value.to_str().ok());
                text.map_or(Err(NoNext::Absent), |text| token_of(text, end))
            }
            _ => match values[0].take() {
                Some((path, raw)) => token_text(path, raw, end)?,
                None => Err(NoNext::Absent),
            },
        };
        let mut view = PageView {
            no_next: next.as_ref().err().copied().unwrap_or_default(),
            next: next.ok(),
            more: flag(values[1])?,
            done: flag(values[2])?,
            total_records: total(values[3])?,
            total_pages: total(values[4])?,
            count: total(values[5])?,
            ..PageView::default()
        };
        let mut places = Vec::new();
        if let Some(records) = records {
            view.served = Some(records.len() as u64);
            if let (Some(Strategy::LastId { field, .. }), Some(last)) = (strategy, records.last()) {
                let scalar = project::scalars(last, &[field])?.pop().flatten();
                view.last = scalar.and_then(Scalar::into_text).map(std::borrow::Cow::into_owned);
            }
            if !key.is_empty() {
                // A key that cannot be read is for those to report who need it; the guard does without.
                let keys = records.iter().map(|record| hash_of(record, key));
                view.keys = keys.collect::<Option<_>>().unwrap_or_default();
            }
            // The records borrow from the body, so their distance from its start is their place in it.
            let start = body.as_ptr() as usize;
            places = records
                .iter()
                .map(|record| {
                    let from = (record.get().as_ptr() as usize).saturating_sub(start);
                    from..from + record.get().len()
                })
                .collect();
        }
        Ok(Self { view, records: places })
    }
}

/// A hash over the parts of a record's key; `None` where one is not there. Most records have their key near the start, and no more is read.
fn hash_of(record: &RawValue, key: &[Path]) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for part in key {
        project::select_one(record.get().as_bytes(), part)?.get().hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// Servers write "no token" in many ways.
fn token_of(text: &str, end: &End) -> Result<String, NoNext> {
    match text.trim() {
        "" => Err(NoNext::Empty),
        text if end.no_token.contains(&text) => Err(NoNext::EndToken),
        text => Ok(text.to_owned()),
    }
}

fn token_text(path: Path, raw: &RawValue, end: &End) -> Result<Result<String, NoNext>, ProjectError> {
    match Scalar::of(raw) {
        Some(Scalar::Null) => Ok(Err(NoNext::Null)),
        Some(Scalar::Bool(false)) => Ok(Err(NoNext::Absent)),
        Some(Scalar::Number(digits)) => Ok(token_of(digits, end)),
        Some(Scalar::Text(text)) => Ok(token_of(&text, end)),
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
