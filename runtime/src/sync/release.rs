//! Records that were held back, read once more: after the manifest or the document was put right, they are records like any others.

use jiff::Timestamp;
use serde::Serialize;

use crate::contract::{Contract, Stream};
use crate::cursor::CursorValue;
use crate::drift::{Fate, Inspector, Kind, StreamDrift};
use crate::slices::Slice;
use crate::store::{Held, Release, Row, Store, StoreError, canonical_key};

use super::project::Projection;

/// Held records that are read in one transaction. A kill in the middle leaves whole ones.
const AT_ONCE: u32 = 200;

/// What a release did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Released {
    /// Records that are in the stream's table now.
    pub released: u64,
    /// Records that left the quarantine because the table has something later under their key.
    pub superseded: u64,
    /// Records that still cannot be stored.
    pub still_held: u64,
}

/// Reads the records of a stream that are in quarantine as a sync would read them now, and stores those that it can. Doing it again changes
/// nothing, and no record is ever in both places or in none.
///
/// # Errors
/// The store cannot be read or written. What was released until then stays so.
pub fn release(
    store: &Store,
    contract: &'static Contract,
    stream: &'static Stream,
    now: Timestamp,
) -> Result<Released, StoreError> {
    // The key of the rows must be the one that the contract declares.
    store.checkpoint(stream)?;
    let mut done = Released::default();
    let mut after = i64::MIN;
    loop {
        let held = store.held_after(stream, after, AT_ONCE)?;
        let Some(last) = held.last() else { break };
        after = last.id;
        let slices: Vec<Option<Slice>> = held.iter().map(|held| slice_of(stream, held)).collect();
        let parents: Vec<Option<String>> =
            slices.iter().map(|slice| slice.as_ref().and_then(Slice::included_json)).collect();
        // What it meets was counted when the record came.
        let inspector = Inspector::new(contract, stream, StreamDrift::default(), 0);
        let mut reader = Reader { stream, inspector: &inspector, now };
        let mut releases = Vec::with_capacity(held.len());
        for ((held, slice), parent) in held.iter().zip(&slices).zip(&parents) {
            let release = reader.read(held, slice.as_ref(), parent.as_deref());
            done.still_held += u64::from(matches!(release, Release::Still { .. }));
            releases.push((held, release));
        }
        let rows = releases.iter().filter(|(_, release)| matches!(release, Release::Row(_))).count() as u64;
        let (_, superseded) = store.release(stream, &releases, now)?;
        done.superseded += superseded;
        done.released += rows.saturating_sub(superseded);
    }
    Ok(done)
}

/// The slice that the record came in, as far as it gives the record something.
fn slice_of(stream: &'static Stream, held: &Held) -> Option<Slice> {
    let included: Vec<(String, String, bool)> = serde_json::from_str(&held.included).unwrap_or_default();
    let known = stream.slices.as_ref()?.includes();
    let included = included.into_iter().filter_map(|(name, json, in_key)| {
        let (name, _) = known.iter().find(|(known, _)| *known == name)?;
        Some((*name, json, in_key))
    });
    Some(Slice { included: included.collect(), ..Slice::default() })
}

struct Reader<'i> {
    stream: &'static Stream,
    inspector: &'i Inspector,
    now: Timestamp,
}

impl Reader<'_> {
    fn read<'h>(&mut self, held: &'h Held, slice: Option<&Slice>, parent: Option<&'h str>) -> Release<'h> {
        if !held.record.starts_with('{') {
            // A row or a line that could not be read. It came without a key, and has none here either.
            let reason = "it is what stood in a record's place, and no record; the source has to be put right and read again".to_owned();
            return Release::Still { kind: Kind::TypeIncompatible.as_str(), reason };
        }
        let fate = self.inspector.page(0, self.now).record(&held.record);
        let projection = Projection::of(self.stream, slice);
        let found = match projection.project(&held.record) {
            Ok(found) => found,
            Err(cause) => return Release::Still { kind: "key_missing", reason: cause.to_string() },
        };
        let key = match canonical_key(&found.key) {
            Ok(key) => key,
            Err(cause) => return Release::Still { kind: "key_missing", reason: cause.to_string() },
        };
        let record = match fate {
            Fate::Aside(reason) | Fate::Freeze(reason) => {
                return Release::Still { kind: reason.kind.as_str(), reason: reason.text };
            }
            Fate::Keep => held.record.as_str().into(),
            Fate::Changed(record) => record.into(),
        };
        let cursor = found.cursor.and_then(|raw| CursorValue::from_json(raw.get())).map(|value| value.text());
        Release::Row(Row { key, cursor, record, parent })
    }
}
