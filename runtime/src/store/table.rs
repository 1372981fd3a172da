use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, TransactionBehavior};
use serde::Serialize;

use crate::contract::Stream;

use crate::drift::StreamDrift;

use super::quarantine::{self, Quarantined};
use super::{Checkpoint, Store, StoreError, checkpoint, drift};

/// A record to store.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Text of its key, from [`super::canonical_key`].
    pub key: String,
    /// Its cursor value as text.
    pub cursor: Option<String>,
    /// The record, as served, or without what the contract discards.
    pub record: Cow<'a, str>,
    /// What it is stored with of its slice, as a JSON object; for streams that declare it.
    pub parent: Option<&'a str>,
}

/// A page, as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    /// Records for the stream's table.
    pub rows: &'a [Row<'a>],
    /// Records that go to quarantine.
    pub quarantined: &'a [Quarantined<'a>],
    /// What is known of the stream's drift, where it has changed so that the store should know.
    pub drift: Option<&'a StreamDrift>,
}

impl<'a> Batch<'a> {
    /// Records for the stream's table alone.
    pub fn of(rows: &'a [Row<'a>]) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Records of the page.
    pub(crate) fn records(&self) -> u64 {
        (self.rows.len() + self.quarantined.len()) as u64
    }

    pub(super) fn write_beside(
        &self,
        transaction: &Transaction<'_>,
        stream: &Stream,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        quarantine::write(transaction, stream, self.quarantined, now)?;
        let drift = self.drift.map_or(Ok(()), |known| drift::write(transaction, stream, known));
        drift.map_err(StoreError::sqlite("writing drift"))
    }
}

/// A record in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Text of its key.
    pub key: String,
    /// Its cursor value as text, if it has one.
    pub cursor: Option<String>,
    /// The record, as served: JSON.
    pub record: String,
    /// When it last changed here, RFC 3339.
    pub synced_at: String,
}

/// What a page did to the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Records whose key was not there.
    pub new: u64,
    /// Records whose key was there with other bytes.
    pub changed: u64,
    /// Records that were there as they are; they were not written again.
    pub unchanged: u64,
}

impl Counts {
    /// What was added to an earlier count.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            new: self.new.saturating_sub(earlier.new),
            changed: self.changed.saturating_sub(earlier.changed),
            unchanged: self.unchanged.saturating_sub(earlier.unchanged),
        }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
    }
}

impl Store {
    /// Writes a page and the checkpoint after it, both or neither. Of several records with one key the last one stays.
    pub fn commit_page(
        &self,
        stream: &'static Stream,
        batch: &Batch<'_>,
        checkpoint: &Checkpoint,
        now: Timestamp,
    ) -> Result<Counts, StoreError> {
        let table = table_name(stream)?;
        let mut connection = self.connection();
        let doing = "writing a page";
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::sqlite(doing))?;
        let counts = upsert(&transaction, &table, keeps_parent(stream), batch.rows, now)
            .map_err(StoreError::sqlite(doing))?;
        batch.write_beside(&transaction, stream, now)?;
        checkpoint::write(&transaction, stream, self.contract_version, checkpoint, now)?;
        transaction.commit().map_err(StoreError::sqlite(doing))?;
        Ok(counts)
    }

    /// How many records the stream has in the store; none where it was never synced.
    pub fn count(&self, stream: &'static Stream) -> Result<u64, StoreError> {
        let table = table_name(stream)?;
        let connection = self.connection();
        let read = || {
            if !exists(&connection, stream.name)? {
                return Ok(0);
            }
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
        };
        let count = read().map_err(StoreError::sqlite("counting records"))?;
        Ok(count.unsigned_abs())
    }

    /// The record with that key, as [`super::canonical_key`] writes it.
    pub fn get(&self, stream: &'static Stream, key: &str) -> Result<Option<StoredRecord>, StoreError> {
        let table = table_name(stream)?;
        let connection = self.connection();
        let read = || {
            if !exists(&connection, stream.name)? {
                return Ok(None);
            }
            connection
                .prepare_cached(&format!(
                    "SELECT key, cursor, record, synced_at FROM {table} WHERE key = ?1"
                ))?
                .query_row([key], stored_record)
                .optional()
        };
        read().map_err(StoreError::sqlite("reading a record"))
    }

    /// Visits every record of the stream in the order of their keys. The store is in use until it returns.
    pub fn for_each(
        &self,
        stream: &'static Stream,
        mut visit: impl FnMut(StoredRecord),
    ) -> Result<(), StoreError> {
        let table = table_name(stream)?;
        let connection = self.connection();
        let mut read = || {
            if !exists(&connection, stream.name)? {
                return Ok(());
            }
            let mut statement = connection
                .prepare(&format!("SELECT key, cursor, record, synced_at FROM {table} ORDER BY key"))?;
            for record in statement.query_map([], stored_record)? {
                visit(record?);
            }
            Ok(())
        };
        read().map_err(StoreError::sqlite("reading records"))
    }
}

/// Whether the stream's records are stored with values of their slice.
pub(super) fn keeps_parent(stream: &Stream) -> bool {
    stream.slices.as_ref().is_some_and(|slices| !slices.includes().is_empty())
}

pub(super) fn upsert(
    transaction: &Transaction<'_>,
    table: &str,
    keeps_parent: bool,
    rows: &[Row<'_>],
    now: Timestamp,
) -> rusqlite::Result<Counts> {
    let parent = if keeps_parent { "parent    TEXT," } else { "" };
    transaction
        .prepare_cached(&format!(
            "CREATE TABLE IF NOT EXISTS {table} (
             key       TEXT PRIMARY KEY NOT NULL,
             cursor    TEXT,
             record    TEXT NOT NULL,
             {parent}
             synced_at TEXT NOT NULL
         ) STRICT"
        ))?
        .execute([])?;
    if keeps_parent {
        let has = "SELECT 1 FROM pragma_table_info(?1) WHERE name = 'parent'";
        if !transaction.prepare_cached(has)?.exists([table.trim_matches('"')])? {
            transaction.execute(&format!("ALTER TABLE {table} ADD COLUMN parent TEXT"), [])?;
        }
    }
    let now = now.to_string();
    let [same, column, value, change] = if keeps_parent {
        [" AND parent IS ?3", ", parent", ", ?5", ", parent = ?5"]
    } else {
        ["", "", "", ""]
    };
    let same = format!("SELECT record = ?2{same} FROM {table} WHERE key = ?1");
    let insert = format!(
        "INSERT INTO {table} (key, cursor, record, synced_at{column}) VALUES (?1, ?2, ?3, ?4{value})
             ON CONFLICT (key) DO NOTHING"
    );
    let update =
        format!("UPDATE {table} SET cursor = ?2, record = ?3, synced_at = ?4{change} WHERE key = ?1");
    let bound = usize::from(keeps_parent);
    let mut same = transaction.prepare_cached(&same)?;
    let mut insert = transaction.prepare_cached(&insert)?;
    let mut update = transaction.prepare_cached(&update)?;
    let mut counts = Counts::default();
    // Records that are there already and records that are not seldom come mixed, so the one after a new one is taken for new: then it takes
    // one statement, as does one that is there after one that was.
    let mut expects_new = true;
    for row in rows {
        let values: [&dyn ToSql; 5] = [&row.key, &row.cursor, &row.record, &now, &row.parent];
        let values = values.get(..4 + bound).unwrap_or(&values);
        let known: [&dyn ToSql; 3] = [&row.key, &row.record, &row.parent];
        let known = known.get(..2 + bound).unwrap_or(&known);
        let inserted = expects_new && insert.execute(values)? > 0;
        let mut known = || same.query_row(known, |found| found.get::<_, bool>(0)).optional();
        let found = if inserted { None } else { known()? };
        expects_new = found.is_none();
        match found {
            None => {
                if !inserted {
                    insert.execute(values)?;
                }
                counts.new += 1;
            }
            Some(false) => {
                update.execute(values)?;
                counts.changed += 1;
            }
            Some(true) => counts.unchanged += 1,
        }
    }
    Ok(counts)
}

fn stored_record(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredRecord> {
    Ok(StoredRecord { key: row.get(0)?, cursor: row.get(1)?, record: row.get(2)?, synced_at: row.get(3)? })
}

pub(super) fn exists(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")?
        .exists([table])
}

/// The stream's table, quoted. Names come from the contract, whose generator checks them; the check here is for contracts written by hand,
/// since a name cannot be bound as a value.
pub(super) fn table_name(stream: &Stream) -> Result<String, StoreError> {
    let name = stream.name;
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= 63
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    let reserved = name.starts_with("linchpin_") || name.starts_with("sqlite_");
    if plain && !reserved {
        Ok(format!("\"{name}\""))
    } else {
        Err(StoreError::StreamName { name: name.to_owned() })
    }
}
