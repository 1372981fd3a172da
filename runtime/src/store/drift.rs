//! What is known of a stream's drift, in the store: a row a finding, and one for the stream.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::de::DeserializeOwned;

use crate::contract::{Contract, Stream};
use crate::drift::{Finding, Kind, Place, Report, ReportedStream, Status, StreamDrift};

use super::table::exists;
use super::{Store, StoreError};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS linchpin_drift (
        stream       TEXT NOT NULL,
        kind         TEXT NOT NULL,
        status       INTEGER NOT NULL,
        pointer      TEXT NOT NULL,
        expected     TEXT NOT NULL,
        observed     TEXT NOT NULL,
        enum_values  TEXT NOT NULL,
        seen         INTEGER NOT NULL,
        checked      INTEGER NOT NULL,
        first_seen   TEXT NOT NULL,
        last_seen    TEXT NOT NULL,
        runs         INTEGER NOT NULL,
        state        TEXT NOT NULL,
        lately_seen  INTEGER NOT NULL,
        lately_runs  INTEGER NOT NULL,
        clean_runs   INTEGER NOT NULL,
        PRIMARY KEY (stream, kind, status, pointer)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS linchpin_drift_stream (
        stream   TEXT PRIMARY KEY NOT NULL,
        runs     INTEGER NOT NULL,
        checked  INTEGER NOT NULL,
        overflow INTEGER NOT NULL,
        fields   TEXT NOT NULL
    ) STRICT;";

impl Store {
    /// What is known of a stream's drift; nothing where it was never synced. What another version wrote and this one does not know is left
    /// out.
    pub fn drift(&self, stream: &'static Stream) -> Result<StreamDrift, StoreError> {
        let connection = self.connection();
        read(&connection, stream).map_err(StoreError::sqlite("reading what is known of drift"))
    }

    /// The report on the drift of these streams.
    pub fn drift_report(
        &self,
        contract: &'static Contract,
        streams: &[&'static Stream],
        now: Timestamp,
    ) -> Result<Report, StoreError> {
        let reported = |stream: &&'static Stream| {
            Ok(ReportedStream::new(stream, &self.drift(stream)?, self.quarantine_count(stream)?))
        };
        let streams = streams.iter().map(reported).collect::<Result<_, StoreError>>()?;
        Ok(Report::new(contract, streams, now))
    }

    /// Writes what is known of a stream's drift, apart from any page.
    pub fn save_drift(&self, stream: &'static Stream, drift: &StreamDrift) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let mut write = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            write(&transaction, stream, drift)?;
            transaction.commit()
        };
        write().map_err(StoreError::sqlite("writing what is known of drift"))
    }
}

fn read(connection: &Connection, stream: &Stream) -> rusqlite::Result<StreamDrift> {
    let mut drift = StreamDrift::default();
    if !exists(connection, "linchpin_drift_stream")? {
        return Ok(drift);
    }
    let known = connection
        .query_row(
            "SELECT runs, checked, overflow, fields FROM linchpin_drift_stream WHERE stream = ?1",
            [stream.name],
            |row| Ok((count(row, 0)?, count(row, 1)?, count(row, 2)?, row.get::<_, String>(3)?)),
        )
        .optional()?;
    if let Some((runs, checked, overflow, fields)) = known {
        drift.runs = runs;
        drift.checked = checked;
        drift.overflow = overflow;
        drift.fields = json(&fields);
    }
    let mut statement = connection.prepare("SELECT * FROM linchpin_drift WHERE stream = ?1")?;
    for found in statement.query_map([stream.name], finding)? {
        if let Some(finding) = found? {
            let place =
                Place { kind: finding.kind, status: finding.status, pointer: finding.pointer.clone() };
            drift.findings.insert(place, finding);
        }
    }
    Ok(drift)
}

fn finding(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Finding>> {
    let (kind, state) = (row.get::<_, String>("kind")?, row.get::<_, String>("state")?);
    let times = (row.get::<_, String>("first_seen")?, row.get::<_, String>("last_seen")?);
    let (Ok(kind), Ok(state)) = (kind.parse::<Kind>(), state.parse::<Status>()) else { return Ok(None) };
    let (Ok(first_seen), Ok(last_seen)) = (times.0.parse::<Timestamp>(), times.1.parse::<Timestamp>()) else {
        return Ok(None);
    };
    let observed: BTreeMap<String, u64> = json(&row.get::<_, String>("observed")?);
    let values: BTreeSet<String> = json(&row.get::<_, String>("enum_values")?);
    Ok(Some(Finding {
        observed,
        values,
        seen: count(row, "seen")?,
        checked: count(row, "checked")?,
        first_seen,
        last_seen,
        runs: count(row, "runs")?,
        lately: (count(row, "lately_seen")?, count(row, "lately_runs")?),
        clean_runs: count(row, "clean_runs")?,
        ..Finding::stored(
            Place { kind, status: row.get("status")?, pointer: row.get("pointer")? },
            row.get("expected")?,
            state,
            first_seen,
        )
    }))
}

fn count(row: &rusqlite::Row<'_>, column: impl rusqlite::RowIndex) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// What somebody has put into the column by hand says nothing.
fn json<T: DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes it inside a transaction: what has changed of it.
pub(super) fn write(
    transaction: &Transaction<'_>,
    stream: &Stream,
    drift: &StreamDrift,
) -> rusqlite::Result<()> {
    transaction.execute_batch(TABLES)?;
    if drift.rewrite {
        transaction.execute("DELETE FROM linchpin_drift WHERE stream = ?1", [stream.name])?;
    }
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO linchpin_drift_stream (stream, runs, checked, overflow, fields)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            stream.name,
            signed(drift.runs),
            signed(drift.checked),
            signed(drift.overflow),
            serde_json::to_string(&drift.fields).unwrap_or_default(),
        ])?;
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO linchpin_drift (stream, kind, status, pointer, expected, observed, enum_values, seen, checked,
             first_seen, last_seen, runs, state, lately_seen, lately_runs, clean_runs)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    for finding in drift.findings.values().filter(|finding| finding.dirty || drift.rewrite) {
        insert.execute(params![
            stream.name,
            finding.kind.as_str(),
            finding.status,
            finding.pointer,
            finding.expected,
            serde_json::to_string(&finding.observed).unwrap_or_default(),
            serde_json::to_string(&finding.values).unwrap_or_default(),
            signed(finding.seen),
            signed(finding.checked),
            finding.first_seen.to_string(),
            finding.last_seen.to_string(),
            signed(finding.runs),
            finding.state.as_str(),
            signed(finding.lately.0),
            signed(finding.lately.1),
            signed(finding.clean_runs),
        ])?;
    }
    Ok(())
}
