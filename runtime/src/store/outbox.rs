//! The outbox in a SQLite file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::outbox::{Kept, OutboxError};

use super::BUSY_TIMEOUT;

/// Keeps requests with an idempotency key until it is known what became of them. What it keeps is on disk before the request is sent
/// (`synchronous = FULL`), so that not even a power cut loses a key.
///
/// The file holds the bodies of requests under way, so it is worth the care that the records get. It may be the same as that of
/// [`Quotas`](super::Quotas).
#[derive(Debug)]
pub struct Outbox(Mutex<Connection>);

impl Outbox {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// It cannot be opened or made, or is something else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OutboxError> {
        let path = path.as_ref();
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS linchpin_outbox (
                     number    INTEGER PRIMARY KEY AUTOINCREMENT,
                     operation TEXT NOT NULL,
                     target    TEXT NOT NULL,
                     headers   TEXT NOT NULL,
                     body      BLOB NOT NULL,
                     kept_at   TEXT NOT NULL
                 ) STRICT;",
            )?;
            Ok(connection)
        };
        let connection = open()
            .map_err(|error: rusqlite::Error| OutboxError::Storage(format!("{}: {error}", path.display())))?;
        Ok(Self(Mutex::new(connection)))
    }

    fn with<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, OutboxError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(&connection).map_err(|error| OutboxError::Storage(error.to_string()))
    }
}

impl crate::outbox::Outbox for Outbox {
    fn keep(&self, request: &Kept) -> Result<i64, OutboxError> {
        let headers = serde_json::to_string(&request.headers)
            .map_err(|error| OutboxError::Storage(error.to_string()))?;
        self.with(|connection| {
            connection.execute(
                "INSERT INTO linchpin_outbox (operation, target, headers, body, kept_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    request.operation,
                    request.target,
                    headers,
                    request.body.as_ref(),
                    request.at.to_string()
                ],
            )?;
            Ok(connection.last_insert_rowid())
        })
    }

    fn forget(&self, number: i64) -> Result<(), OutboxError> {
        self.with(|connection| {
            connection.execute("DELETE FROM linchpin_outbox WHERE number = ?1", [number]).map(|_| ())
        })
    }

    fn kept(&self) -> Result<Vec<(i64, Kept)>, OutboxError> {
        type Stored = (i64, String, String, String, Vec<u8>, String);
        let rows = self.with(|connection| {
            let mut statement = connection.prepare(
                "SELECT number, operation, target, headers, body, kept_at FROM linchpin_outbox ORDER BY number",
            )?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<Stored>>>()
        })?;
        rows.into_iter()
            .map(|(number, operation, target, headers, body, at)| {
                let broken = |what: &str, error: &dyn std::fmt::Display| {
                    OutboxError::Storage(format!("request {number}: its {what} cannot be read: {error}"))
                };
                let headers = serde_json::from_str(&headers).map_err(|error| broken("headers", &error))?;
                let at: Timestamp = at.parse().map_err(|error| broken("time", &error))?;
                Ok((number, Kept { operation, target, headers, body: Bytes::from(body), at }))
            })
            .collect()
    }
}
