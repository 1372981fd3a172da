//! Slices: where each stands, and the parents that have one. A stream that is read in slices has no walk of its own in its checkpoint,
//! but a round: one reading of all its slices. A slice's state is written in the transaction of its page, like any checkpoint.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use crate::contract::Stream;

use super::table::{Batch, Counts, exists, keeps_parent, table_name, upsert};
use super::{Checkpoint, Store, StoreError, checkpoint};

/// One reading of all slices of a stream. It outlives the process: the run that goes on with it is the same round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Number of the round; the first is 1.
    pub round: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// How the stream was divided. Slices of another division mean something else.
    pub division: String,
    /// Whether it is under way. A round that has come to its end, with or without failed slices, is followed by another.
    pub open: bool,
}

/// Where one slice stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SliceState {
    /// The round in which it was last read to its end.
    pub round: Option<u64>,
    /// The parent's cursor value as it was then, where that says that nothing changed since.
    pub mark: Option<String>,
    /// JSON of the cursor value up to which every record is in the store.
    pub bookmark: Option<String>,
    /// The walk or the windows under way, as JSON.
    pub run: Option<serde_json::Value>,
    /// How its last reading ended, for people: why it stopped, or what failed. Holds no secret.
    pub outcome: Option<String>,
    /// Pages of that reading.
    pub pages: u64,
    /// Records in them.
    pub records: u64,
}

/// A record whose list is a slice of another stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredParent {
    /// Text of its key, which names the slice.
    pub key: String,
    /// Its cursor value as text, if it has one.
    pub cursor: Option<String>,
    /// The record, as served.
    pub record: String,
    /// What it was stored with of its own parent: JSON.
    pub parent: Option<String>,
}

impl Store {
    /// The stream's round; `None` where it was never read in slices.
    pub fn round(&self, stream: &'static Stream) -> Result<Option<Round>, StoreError> {
        self.checkpoint(stream)?;
        let run = self
            .connection()
            .query_row("SELECT run FROM linchpin_checkpoint WHERE stream = ?1", [stream.name], |row| {
                row.get::<_, Option<String>>(0)
            })
            .optional()
            .map_err(StoreError::sqlite("reading a checkpoint"))?;
        Ok(run.flatten().and_then(|run| serde_json::from_str(&run).ok()))
    }

    /// Writes the stream's round. With `anew`, the states of all its slices are forgotten in the same transaction.
    pub fn save_round(
        &self,
        stream: &'static Stream,
        round: &Round,
        anew: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.within(
            "writing a checkpoint",
            |transaction| {
                if anew {
                    transaction.execute("DELETE FROM linchpin_slice WHERE stream = ?1", [stream.name])?;
                }
                Ok(())
            },
            |transaction| {
                let json = serde_json::to_value(round)
                    .map_err(|source| StoreError::Checkpoint { stream: stream.name, source })?;
                checkpoint::write_run(
                    transaction,
                    stream,
                    self.contract_version,
                    &Checkpoint::default(),
                    Some(&json),
                    now,
                )
            },
        )
    }

    /// Whether the stream was ever synced, be it that it has no records.
    pub fn was_synced(&self, stream: &'static Stream) -> Result<bool, StoreError> {
        self.connection()
            .prepare_cached("SELECT 1 FROM linchpin_checkpoint WHERE stream = ?1")
            .and_then(|mut statement| statement.exists([stream.name]))
            .map_err(StoreError::sqlite("reading a checkpoint"))
    }

    /// Where a slice stands; an empty state where it was never read.
    pub fn slice(&self, stream: &'static Stream, slice: &str) -> Result<SliceState, StoreError> {
        let connection = self.connection();
        let read = || {
            if !exists(&connection, "linchpin_slice")? {
                return Ok(None);
            }
            connection
                .prepare_cached(
                    "SELECT slice, round, mark, bookmark, run, outcome, pages, records FROM linchpin_slice
                     WHERE stream = ?1 AND slice = ?2",
                )?
                .query_row([stream.name, slice], slice_row)
                .optional()
        };
        let found = read().map_err(StoreError::sqlite("reading the state of a slice"))?;
        found.map_or_else(|| Ok(SliceState::default()), |row| state_of(stream, row).map(|(_, state)| state))
    }

    /// Visits every slice of the stream that was ever read, by name. The store is in use until it returns.
    pub fn for_each_slice(
        &self,
        stream: &'static Stream,
        mut visit: impl FnMut(&str, SliceState),
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        let sqlite = |source| StoreError::Sqlite { doing: "reading the states of slices", source };
        if !exists(&connection, "linchpin_slice").map_err(sqlite)? {
            return Ok(());
        }
        let mut statement = connection
            .prepare(
                "SELECT slice, round, mark, bookmark, run, outcome, pages, records FROM linchpin_slice
                 WHERE stream = ?1 ORDER BY slice",
            )
            .map_err(sqlite)?;
        for row in statement.query_map([stream.name], slice_row).map_err(sqlite)? {
            let (name, state) = state_of(stream, row.map_err(sqlite)?)?;
            visit(&name, state);
        }
        Ok(())
    }

    /// Writes a page of a slice and the state after it, both or neither.
    pub fn commit_slice_page(
        &self,
        stream: &'static Stream,
        batch: &Batch<'_>,
        slice: &str,
        state: &SliceState,
        now: Timestamp,
    ) -> Result<Counts, StoreError> {
        let table = table_name(stream)?;
        self.within(
            "writing a page",
            |transaction| {
                write(transaction, stream, slice, state, now)?;
                upsert(transaction, &table, keeps_parent(stream), batch.rows, now)
            },
            |transaction| batch.write_beside(transaction, stream, now),
        )
    }

    /// Writes the state of a slice alone, for a change that comes with no page.
    pub fn save_slice(
        &self,
        stream: &'static Stream,
        slice: &str,
        state: &SliceState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.within(
            "writing the state of a slice",
            |transaction| write(transaction, stream, slice, state, now),
            |_| Ok(()),
        )
    }

    /// The parents after a key, in the order of their keys, whose list the round has still to read. With `only_changed`, those are left
    /// out whose cursor value is the one that their slice was last read for.
    pub fn parents_after(
        &self,
        parent: &'static Stream,
        stream: &'static Stream,
        round: u64,
        after: Option<&str>,
        only_changed: bool,
        count: usize,
    ) -> Result<Vec<StoredParent>, StoreError> {
        let table = table_name(parent)?;
        let connection = self.connection();
        let given = if keeps_parent(parent) { "p.parent" } else { "NULL" };
        let changed = if only_changed {
            "AND (s.mark IS NULL OR s.run IS NOT NULL OR p.cursor IS NULL OR s.mark <> p.cursor)"
        } else {
            ""
        };
        let read = || {
            if !exists(&connection, parent.name)? {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare_cached(&format!(
                "SELECT p.key, p.cursor, p.record, {given} FROM {table} AS p
                 LEFT JOIN linchpin_slice AS s ON s.stream = ?1 AND s.slice = p.key
                 WHERE (?2 IS NULL OR p.key > ?2) AND (s.round IS NULL OR s.round <> ?3) {changed}
                 ORDER BY p.key LIMIT ?4"
            ))?;
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let rows = statement.query_map(
                params![stream.name, after, i64::try_from(round).unwrap_or(i64::MAX), count],
                |row| {
                    Ok(StoredParent {
                        key: row.get(0)?,
                        cursor: row.get(1)?,
                        record: row.get(2)?,
                        parent: row.get(3)?,
                    })
                },
            )?;
            rows.collect()
        };
        read().map_err(StoreError::sqlite("reading parents"))
    }

    /// One transaction: what SQLite may refuse, then what has errors of its own.
    fn within<T>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
        then: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::sqlite(doing))?;
        let result =
            create(&transaction).and_then(|()| act(&transaction)).map_err(StoreError::sqlite(doing))?;
        then(&transaction)?;
        transaction.commit().map_err(StoreError::sqlite(doing))?;
        Ok(result)
    }
}

/// Makes the table of states where it is not there: stores are older than slices.
fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "CREATE TABLE IF NOT EXISTS linchpin_slice (
                 stream     TEXT NOT NULL,
                 slice      TEXT NOT NULL,
                 round      INTEGER,
                 mark       TEXT,
                 bookmark   TEXT,
                 run        TEXT,
                 outcome    TEXT,
                 pages      INTEGER NOT NULL,
                 records    INTEGER NOT NULL,
                 updated_at TEXT NOT NULL,
                 PRIMARY KEY (stream, slice)
             ) STRICT, WITHOUT ROWID",
        )?
        .execute([])
        .map(|_| ())
}

fn write(
    transaction: &Transaction<'_>,
    stream: &Stream,
    slice: &str,
    state: &SliceState,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO linchpin_slice
                 (stream, slice, round, mark, bookmark, run, outcome, pages, records, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            stream.name,
            slice,
            state.round.map(number),
            state.mark,
            state.bookmark,
            state.run.as_ref().map(serde_json::Value::to_string),
            state.outcome,
            number(state.pages),
            number(state.records),
            now.to_string(),
        ])
        .map(|_| ())
}

/// A row of the table: the slice's name, its state without the walk, and the walk's text.
type SliceRow = (String, SliceState, Option<String>);

fn slice_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<SliceRow> {
    let number = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
    let state = SliceState {
        round: row.get::<_, Option<i64>>(1)?.map(i64::unsigned_abs),
        mark: row.get(2)?,
        bookmark: row.get(3)?,
        run: None,
        outcome: row.get(5)?,
        pages: number(6)?,
        records: number(7)?,
    };
    Ok((row.get(0)?, state, row.get(4)?))
}

fn state_of(stream: &'static Stream, row: SliceRow) -> Result<(String, SliceState), StoreError> {
    let (name, state, run) = row;
    let run = run
        .map(|run| serde_json::from_str(&run))
        .transpose()
        .map_err(|source| StoreError::Checkpoint { stream: stream.name, source })?;
    Ok((name, SliceState { run, ..state }))
}
