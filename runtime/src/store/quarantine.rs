//! Records that could not be stored, whole, each with its reason. They are written in the transaction of their page, so a record stands in
//! its table or here, whatever kills the process; and by a digest of their bytes, so that a page which is read again doubles none.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::contract::Stream;

use super::table::{exists, keeps_parent, table_name, upsert};
use super::{Counts, Row, Store, StoreError};

/// Bytes of a record that is kept whole. Of a larger one its size and reason are; it can only be had from the API again.
pub const LARGEST_RECORD: usize = 1024 * 1024;

/// Records that a store holds in quarantine, of all streams.
pub(super) const MOST_RECORDS: u64 = 100_000;
/// Bytes of them: 256 MiB.
pub(super) const MOST_BYTES: u64 = 256 * 1024 * 1024;

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS linchpin_quarantine (
        id         INTEGER PRIMARY KEY,
        stream     TEXT NOT NULL,
        slice      TEXT NOT NULL,
        digest     TEXT NOT NULL,
        kind       TEXT NOT NULL,
        reason     TEXT NOT NULL,
        record     TEXT,
        bytes      INTEGER NOT NULL,
        included   TEXT NOT NULL,
        first_seen TEXT NOT NULL,
        last_seen  TEXT NOT NULL,
        times      INTEGER NOT NULL,
        UNIQUE (stream, slice, digest)
    ) STRICT;
    -- What is counted on every page must not be read past the records.
    CREATE INDEX IF NOT EXISTS linchpin_quarantine_bytes ON linchpin_quarantine (bytes)";

/// A record that goes to quarantine.
#[derive(Clone, Debug)]
pub struct Quarantined<'a> {
    /// The record, as served.
    pub record: &'a str,
    /// Key of its slice; empty where the stream has none.
    pub slice: &'a str,
    /// What its slice gives it, as JSON: a list of name, JSON text, and whether it is a part of the key.
    pub included: Cow<'a, str>,
    /// What is wrong, in a word: the [kind of drift](crate::drift::Kind).
    pub kind: &'static str,
    /// What is wrong, in a sentence without values.
    pub reason: String,
}

/// A record in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredQuarantined {
    /// Number in the store.
    pub id: i64,
    /// The stream.
    pub stream: String,
    /// Key of its slice; empty where the stream has none.
    pub slice: String,
    /// What is wrong, in a word.
    pub kind: String,
    /// What is wrong.
    pub reason: String,
    /// Size of the record.
    pub bytes: u64,
    /// Whether it is kept whole, so that it can be released.
    pub whole: bool,
    /// When it came first, RFC 3339.
    pub first_seen: String,
    /// When it came last.
    pub last_seen: String,
    /// How often it came.
    pub times: u64,
}

/// A record that is to be released.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: i64,
    pub(crate) record: String,
    pub(crate) included: String,
    pub(crate) last_seen: String,
}

/// What came of a held record.
pub(crate) enum Release<'a> {
    /// It is a record of the stream now.
    Row(Row<'a>),
    /// It still cannot be stored.
    Still { kind: &'static str, reason: String },
}

impl Store {
    /// How many records of the stream are in quarantine.
    pub fn quarantine_count(&self, stream: &'static Stream) -> Result<u64, StoreError> {
        let connection = self.connection();
        let read = || {
            if !exists(&connection, "linchpin_quarantine")? {
                return Ok(0);
            }
            let count = "SELECT count(*) FROM linchpin_quarantine WHERE stream = ?1";
            connection.query_row(count, [stream.name], |row| row.get::<_, i64>(0))
        };
        read().map(i64::unsigned_abs).map_err(StoreError::sqlite("counting the quarantine"))
    }

    /// Visits the records of a stream in quarantine, the first that came before the others. The store is in use until it returns.
    pub fn for_each_quarantined(
        &self,
        stream: &'static Stream,
        mut visit: impl FnMut(StoredQuarantined),
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        let mut read = || {
            if !exists(&connection, "linchpin_quarantine")? {
                return Ok(());
            }
            let mut statement = connection.prepare(
                "SELECT id, stream, slice, kind, reason, bytes, record IS NOT NULL, first_seen, last_seen, times
                 FROM linchpin_quarantine WHERE stream = ?1 ORDER BY id",
            )?;
            let rows = statement.query_map([stream.name], |row| {
                Ok(StoredQuarantined {
                    id: row.get(0)?,
                    stream: row.get(1)?,
                    slice: row.get(2)?,
                    kind: row.get(3)?,
                    reason: row.get(4)?,
                    bytes: row.get::<_, i64>(5)?.unsigned_abs(),
                    whole: row.get(6)?,
                    first_seen: row.get(7)?,
                    last_seen: row.get(8)?,
                    times: row.get::<_, i64>(9)?.unsigned_abs(),
                })
            })?;
            for row in rows {
                visit(row?);
            }
            Ok(())
        };
        read().map_err(StoreError::sqlite("reading the quarantine"))
    }

    /// Forgets these records of the quarantine, all or, where one of the numbers is not there, none; gives that number then.
    pub fn drop_quarantined(&self, ids: &[i64]) -> Result<Option<i64>, StoreError> {
        let mut connection = self.connection();
        let mut write = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if !exists(&transaction, "linchpin_quarantine")? {
                return Ok(ids.first().copied());
            }
            for id in ids {
                let deleted = transaction
                    .prepare_cached("DELETE FROM linchpin_quarantine WHERE id = ?1")?
                    .execute([id])?;
                if deleted == 0 {
                    return Ok(Some(*id));
                }
            }
            transaction.commit()?;
            Ok(None)
        };
        write().map_err(StoreError::sqlite("forgetting records in quarantine"))
    }

    /// Forgets all records of the stream that are in quarantine. Gives how many they were.
    pub fn drop_quarantine(&self, stream: &'static Stream) -> Result<u64, StoreError> {
        let connection = self.connection();
        let write = || {
            if !exists(&connection, "linchpin_quarantine")? {
                return Ok(0);
            }
            connection.execute("DELETE FROM linchpin_quarantine WHERE stream = ?1", [stream.name])
        };
        let dropped = write().map_err(StoreError::sqlite("forgetting records in quarantine"))?;
        Ok(dropped as u64)
    }

    /// Some held records of the stream, those after a number, in their order.
    pub(crate) fn held_after(
        &self,
        stream: &'static Stream,
        id: i64,
        limit: u32,
    ) -> Result<Vec<Held>, StoreError> {
        let connection = self.connection();
        let read = || {
            if !exists(&connection, "linchpin_quarantine")? {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare_cached(
                "SELECT id, record, included, last_seen FROM linchpin_quarantine
                 WHERE stream = ?1 AND id > ?2 AND record IS NOT NULL ORDER BY id LIMIT ?3",
            )?;
            let rows = statement.query_map(params![stream.name, id, limit], |row| {
                Ok(Held {
                    id: row.get(0)?,
                    record: row.get(1)?,
                    included: row.get(2)?,
                    last_seen: row.get(3)?,
                })
            })?;
            rows.collect()
        };
        read().map_err(StoreError::sqlite("reading the quarantine"))
    }

    /// Writes what came of held records: each leaves the quarantine in the transaction that makes it a record of the stream, so none doubles
    /// and none is lost. One whose key the stream has with something that came later is not written over it.
    pub(crate) fn release(
        &self,
        stream: &'static Stream,
        released: &[(&Held, Release<'_>)],
        now: Timestamp,
    ) -> Result<(Counts, u64), StoreError> {
        let table = table_name(stream)?;
        let mut connection = self.connection();
        let mut write = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Makes the table where the stream has none yet.
            let mut counts = upsert(&transaction, &table, keeps_parent(stream), &[], now)?;
            let mut superseded = 0;
            for (held, release) in released {
                match release {
                    Release::Still { kind, reason } => {
                        transaction
                            .prepare_cached(
                                "UPDATE linchpin_quarantine SET kind = ?2, reason = ?3 WHERE id = ?1",
                            )?
                            .execute(params![held.id, kind, reason])?;
                    }
                    Release::Row(row) => {
                        if is_newer(&transaction, &table, &row.key, &held.last_seen)? {
                            superseded += 1;
                        } else {
                            let row = std::slice::from_ref(row);
                            counts += upsert(&transaction, &table, keeps_parent(stream), row, now)?;
                        }
                        transaction
                            .prepare_cached("DELETE FROM linchpin_quarantine WHERE id = ?1")?
                            .execute([held.id])?;
                    }
                }
            }
            transaction.commit()?;
            Ok((counts, superseded))
        };
        write().map_err(StoreError::sqlite("releasing records"))
    }
}

/// Whether the stream has that key since after that moment.
fn is_newer(transaction: &Transaction<'_>, table: &str, key: &str, moment: &str) -> rusqlite::Result<bool> {
    let stored: Option<String> = transaction
        .prepare_cached(&format!("SELECT synced_at FROM {table} WHERE key = ?1"))?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let time = |text: &str| text.parse::<Timestamp>().ok();
    Ok(stored.and_then(|stored| Some(time(&stored)? > time(moment)?)).unwrap_or(false))
}

/// Writes records to quarantine inside the transaction of their page. Where it is full nothing of the page is written, so that the stream ends
/// with an error and no record is lost.
pub(super) fn write(
    transaction: &Transaction<'_>,
    stream: &Stream,
    quarantined: &[Quarantined<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    if quarantined.is_empty() {
        return Ok(());
    }
    let doing = "writing to quarantine";
    insert(transaction, stream, quarantined, now).map_err(StoreError::sqlite(doing))?;
    let (records, bytes) = held(transaction).map_err(StoreError::sqlite(doing))?;
    if records > MOST_RECORDS || bytes > MOST_BYTES {
        return Err(StoreError::QuarantineFull { records, bytes });
    }
    Ok(())
}

/// How many records are held, and how many bytes those are that are kept whole.
fn held(transaction: &Transaction<'_>) -> rusqlite::Result<(u64, u64)> {
    let largest = i64::try_from(LARGEST_RECORD).unwrap_or(i64::MAX);
    transaction.query_row(
        "SELECT count(*), coalesce(sum(bytes) FILTER (WHERE bytes <= ?1), 0) FROM linchpin_quarantine",
        [largest],
        |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs())),
    )
}

fn insert(
    transaction: &Transaction<'_>,
    stream: &Stream,
    quarantined: &[Quarantined<'_>],
    now: Timestamp,
) -> rusqlite::Result<()> {
    transaction.execute_batch(TABLE)?;
    let now = now.to_string();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO linchpin_quarantine
             (stream, slice, digest, kind, reason, record, bytes, included, first_seen, last_seen, times)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 1)
         ON CONFLICT (stream, slice, digest) DO UPDATE SET kind = excluded.kind, reason = excluded.reason,
             included = excluded.included, last_seen = excluded.last_seen, times = times + 1",
    )?;
    for held in quarantined {
        insert.execute(params![
            stream.name,
            held.slice,
            digest(held.record),
            held.kind,
            held.reason,
            (held.record.len() <= LARGEST_RECORD).then_some(held.record),
            i64::try_from(held.record.len()).unwrap_or(i64::MAX),
            held.included,
            now,
        ])?;
    }
    Ok(())
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(record: &str) -> String {
    Sha256::digest(record.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(record: &str) -> Quarantined<'_> {
        Quarantined {
            record,
            slice: "",
            included: Cow::Borrowed("[]"),
            kind: "key_missing",
            reason: "no key".to_owned(),
        }
    }

    #[test]
    fn what_is_held_is_counted_once_and_has_an_end() {
        let mut connection = rusqlite::Connection::open_in_memory().expect("a database");
        let stream = crate::sync::test_stream();
        let large = "x".repeat(LARGEST_RECORD);
        let larger = "y".repeat(LARGEST_RECORD + 1);
        let mut page = |records: &[&str]| {
            let transaction = connection.transaction().expect("a transaction");
            let all: Vec<Quarantined<'_>> = records.iter().map(|record| of(record)).collect();
            let written = write(&transaction, &stream, &all, Timestamp::UNIX_EPOCH);
            let found = held(&transaction).expect("a count");
            transaction.commit().expect("a commit");
            written.map(|()| found)
        };
        assert_eq!(page(&["{}"]).ok(), Some((1, 2)));
        assert_eq!(page(&["{}", "[]"]).ok(), Some((2, 4)), "a record that comes again is held once");
        assert_eq!(page(&[&larger]).ok(), Some((3, 4)), "what is too large is counted and not kept");
        assert_eq!(page(&[&large]).ok(), Some((4, 4 + LARGEST_RECORD as u64)));
        connection.execute("UPDATE linchpin_quarantine SET bytes = 1", []).expect("smaller records");
        connection
            .execute(
                "INSERT INTO linchpin_quarantine
                 WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 100 + ?1 - 5)
                 SELECT i, 's', '', i, '', '', '', 1, '', '', '', 1 FROM n",
                [i64::try_from(MOST_RECORDS).unwrap_or_default()],
            )
            .expect("a full quarantine");
        let transaction = connection.transaction().expect("a transaction");
        let one = [of("7")];
        let full = write(&transaction, &stream, &one, Timestamp::UNIX_EPOCH);
        assert!(
            matches!(full, Err(StoreError::QuarantineFull { records, .. }) if records == MOST_RECORDS + 1),
            "{full:?}"
        );
    }
}
