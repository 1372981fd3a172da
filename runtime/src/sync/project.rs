use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::contract::{Path, Stream};
use crate::store::dotted;

pub(super) struct Projection {
    key: Vec<(String, Path)>,
    cursor: Option<Path>,
}

pub(super) struct Projected<'p, 'r> {
    pub(super) key: Vec<(&'p str, Option<&'r RawValue>)>,
    pub(super) cursor: Option<&'r RawValue>,
}

impl Projection {
    pub(super) fn of(stream: &Stream) -> Self {
        Self {
            key: stream.key.iter().map(|path| (dotted(path), *path)).collect(),
            cursor: stream.cursor.as_ref().map(|cursor| cursor.field),
        }
    }

    pub(super) fn project<'r>(&self, record: &'r RawValue) -> Result<Projected<'_, 'r>, serde_json::Error> {
        let _: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(record.get())?;
        Ok(Projected {
            key: self.key.iter().map(|(name, path)| (name.as_str(), at(record, path))).collect(),
            cursor: self.cursor.and_then(|path| at(record, path)),
        })
    }
}

fn at<'r>(record: &'r RawValue, path: Path) -> Option<&'r RawValue> {
    let mut value = record;
    for key in path {
        let object: BTreeMap<Cow<'r, str>, &'r RawValue> = serde_json::from_str(value.get()).ok()?;
        value = object.get(*key).copied()?;
    }
    Some(value)
}
