use serde_json::value::RawValue;

use crate::contract::{Path, Stream};
use crate::project;
use crate::store::dotted;

/// What a run needs of each record: its key and its cursor value, found in one scan.
pub(super) struct Projection {
    names: Vec<String>,
    /// The places of the key, and after them that of the cursor.
    paths: Vec<Path>,
}

pub(super) struct Projected<'p, 'r> {
    /// Path and value of each part of the key.
    pub(super) key: Vec<(&'p str, Option<&'r RawValue>)>,
    pub(super) cursor: Option<&'r RawValue>,
}

impl Projection {
    pub(super) fn of(stream: &Stream) -> Self {
        let cursor = stream.cursor.as_ref().map(|cursor| cursor.field);
        Self {
            names: stream.key.iter().map(|path| dotted(path)).collect(),
            paths: stream.key.iter().copied().chain(cursor).collect(),
        }
    }

    pub(super) fn project<'r>(&self, record: &'r str) -> Result<Projected<'_, 'r>, serde_json::Error> {
        let values = project::select(record.as_bytes(), &self.paths)?;
        let cursor = values.get(self.names.len()).copied().flatten();
        Ok(Projected { key: self.names.iter().map(String::as_str).zip(values).collect(), cursor })
    }
}
