//! What processes share of their limits, in a SQLite file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::limits::{Answer, Ask, QuotaStore, QuotaStoreError};

use super::BUSY_TIMEOUT;

/// Budgets that processes on one machine share: all of them open the same file. It is not the file of the records, because that has one
/// writer, and a lease must not wait for a page that is being written.
///
/// The file holds no secret: holders are told apart by a hash. It may be deleted while no process uses it.
#[derive(Debug)]
pub struct Quotas(Mutex<Connection>);

impl Quotas {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// It cannot be opened or made, or is something else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, QuotaStoreError> {
        let path = path.as_ref();
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
            // A lease that a power cut takes back was of a process that it ended too.
            connection.pragma_update(None, "synchronous", "off")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS linchpin_lease (
                     id           INTEGER PRIMARY KEY AUTOINCREMENT,
                     budget       TEXT NOT NULL,
                     units        INTEGER NOT NULL,
                     counts_until INTEGER NOT NULL
                 ) STRICT;
                 CREATE INDEX IF NOT EXISTS linchpin_lease_budget ON linchpin_lease (budget, counts_until);",
            )?;
            Ok(connection)
        };
        let connection = open()
            .map_err(|error: rusqlite::Error| QuotaStoreError(format!("{}: {error}", path.display())))?;
        Ok(Self(Mutex::new(connection)))
    }
}

impl QuotaStore for Quotas {
    fn lease(&self, ask: &Ask<'_>) -> Result<Answer, QuotaStoreError> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lease(&mut connection, ask).map_err(|error| QuotaStoreError(error.to_string()))
    }

    fn end(&self, id: i64) -> Result<(), QuotaStoreError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = connection.execute("DELETE FROM linchpin_lease WHERE id = ?1", [id]);
        ended.map(|_| ()).map_err(|error| QuotaStoreError(error.to_string()))
    }
}

fn lease(connection: &mut Connection, ask: &Ask<'_>) -> rusqlite::Result<Answer> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let now = microseconds(ask.now);
    let span = whole(ask.span);
    if let Some(last) = ask.last {
        transaction.execute(
            "UPDATE linchpin_lease SET units = ?2, counts_until = ?3 WHERE id = ?1",
            params![last.id, signed(last.used), microseconds(last.until).saturating_add(span)],
        )?;
    }
    transaction.execute(
        "DELETE FROM linchpin_lease WHERE budget = ?1 AND (counts_until <= ?2 OR units = 0)",
        params![ask.key, now],
    )?;
    let taken: i64 = transaction.query_row(
        "SELECT coalesce(sum(units), 0) FROM linchpin_lease WHERE budget = ?1",
        [ask.key],
        |row| row.get(0),
    )?;
    let free = signed(ask.capacity).saturating_sub(taken);
    let wanted = signed(ask.units);
    let answer = if free >= wanted {
        let units = signed(ask.batch).min(free).max(wanted);
        let until = now.saturating_add(whole(ask.hold)).saturating_add(span);
        transaction.execute(
            "INSERT INTO linchpin_lease (budget, units, counts_until) VALUES (?1, ?2, ?3)",
            params![ask.key, units, until],
        )?;
        Answer::Granted { id: transaction.last_insert_rowid(), units: u64::try_from(units).unwrap_or(0) }
    } else {
        // The first moment at which enough has left the span.
        let until: Option<i64> = transaction
            .query_row(
                "SELECT counts_until FROM (
                     SELECT counts_until, sum(units) OVER (ORDER BY counts_until, id) AS gone
                     FROM linchpin_lease WHERE budget = ?1
                 ) WHERE gone >= ?2 ORDER BY counts_until LIMIT 1",
                params![ask.key, wanted.saturating_sub(free)],
                |row| row.get(0),
            )
            .optional()?;
        let wait = until.unwrap_or(now).saturating_sub(now);
        Answer::Wait(Duration::from_micros(u64::try_from(wait).unwrap_or(0)))
    };
    transaction.commit()?;
    Ok(answer)
}

fn microseconds(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Rounded up: a budget may be kept too well.
fn whole(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap_or(i64::MAX)
}

fn signed(units: u64) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}
