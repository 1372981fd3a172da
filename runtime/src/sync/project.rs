use serde_json::value::RawValue;

use crate::contract::{Path, Stream};
use crate::project;
use crate::slices::Slice;
use crate::store::dotted;

/// What a run needs of each record: its key and its cursor value, found in one scan.
pub(super) struct Projection<'s> {
    /// Names and values of the parts of the key that the slice gives.
    given: Vec<(&'s str, Option<&'s RawValue>)>,
    names: Vec<String>,
    /// The places of the key, and after them that of the cursor.
    paths: Vec<Path>,
}

pub(super) struct Projected<'r> {
    /// Path and value of each part of the key.
    pub(super) key: Vec<(&'r str, Option<&'r RawValue>)>,
    pub(super) cursor: Option<&'r RawValue>,
}

impl<'s> Projection<'s> {
    pub(super) fn of(stream: &Stream, slice: Option<&'s Slice>) -> Self {
        // A window's field is kept beside the record like a cursor, which moves no bookmark.
        let window = stream.slices.as_ref().and_then(|slices| slices.window.as_ref());
        let cursor = stream.cursor.as_ref().map(|cursor| cursor.field).or(window.map(|window| window.field));
        let given = slice.into_iter().flat_map(|slice| &slice.included);
        let given = given.filter(|(.., in_key)| *in_key);
        Self {
            given: given.map(|(name, json, _)| (*name, serde_json::from_str(json).ok())).collect(),
            names: stream.key.iter().map(|path| dotted(path)).collect(),
            paths: stream.key.iter().copied().chain(cursor).collect(),
        }
    }

    pub(super) fn project<'r>(&'r self, record: &'r str) -> Result<Projected<'r>, serde_json::Error> {
        let values = project::select(record.as_bytes(), &self.paths)?;
        let cursor = values.get(self.names.len()).copied().flatten();
        let own = self.names.iter().map(String::as_str).zip(values);
        Ok(Projected { key: self.given.iter().copied().chain(own).collect(), cursor })
    }
}

/// What a slice gives its records, as the quarantine keeps it.
pub(super) fn included(slice: Option<&Slice>) -> String {
    let included: Vec<_> = slice.into_iter().flat_map(|slice| &slice.included).collect();
    serde_json::to_string(&included).unwrap_or_default()
}
