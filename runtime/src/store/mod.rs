//! The store: one SQLite file a connector, a table a stream, the records as they were served, and for each stream a checkpoint that is
//! written in the same transaction as the page it stands after. So rows and checkpoint are never apart, whatever kills the process.
//!
//! **Durability.** The journal is a write-ahead log with `synchronous = NORMAL`. A killed process loses nothing that was committed: the log
//! is in the system's cache. A power cut may take the last commits back, rows and checkpoint together, and the next run reads
//! those pages again; `FULL` would pay an fsync a page for sparing that.
//!
//! **One writer.** An open store holds a lock on `FILE.lock` until it is closed or its process ends, however it ends. Other programs may
//! read the tables at any time.
//!
//! **Keys.** The column `key` holds the text of a record's key: a text as it is, a number by its digits as served, several places
//! as a JSON array of such texts. A number `1` and a text `"1"` are thus one key on purpose: an API that starts to send its ids as texts
//! (they do) still means the same records, and they must not double.
//!
//! **Older stores** are brought up to date when they are opened, and tables that came later are made when they are first written. A store of a newer
//! format is refused.
//!
//! **Slices.** A stream that is read in slices has the state of each in `linchpin_slice`. Where its records are stored with values of their
//! parent, these stand as a JSON object in a further column, `parent`.

mod checkpoint;
mod drift;
mod error;
mod key;
mod outbox;
mod quarantine;
mod quotas;
mod slice;
mod table;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior};

use crate::contract::Contract;

pub(crate) use checkpoint::dotted;
pub use checkpoint::{Checkpoint, RunState};
pub use error::StoreError;
pub use key::{KeyError, canonical_key};
pub use outbox::Outbox;
pub(crate) use quarantine::{Held, Release, digest};
pub use quarantine::{LARGEST_RECORD, Quarantined, StoredQuarantined};
pub use quotas::Quotas;
pub use slice::{Round, SliceState, StoredParent};
pub use table::{Batch, Counts, Row, StoredRecord};

/// "LNCP" in the file's header (`PRAGMA application_id`): what `file` shows, and how a store is told from any other database.
const APPLICATION_ID: i64 = 0x4c4e_4350;
/// Format of the tables (`PRAGMA user_version`).
const FORMAT: i64 = 1;
/// How long a write waits for another program that reads the file's tables under a lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open store. It is the only writer of its file until it is dropped.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    /// Held for the lock on it.
    _lock: Option<File>,
    contract_version: &'static str,
}

impl Store {
    /// Opens the connector's store, and makes it where there is no file or an empty one. The store of another connector, of a newer
    /// version, or a file that is no store at all is refused and left as it is.
    pub fn open(path: impl AsRef<Path>, contract: &'static Contract) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let mut connection = Connection::open(path)
            .map_err(|source| StoreError::Open { path: path.to_owned(), source: source.into() })?;
        let blank = check_identity(&connection, path, contract)? == Identity::Blank;
        // Two names of one file, one of them a symbolic link, must come to one lock.
        let path = path
            .canonicalize()
            .map_err(|source| StoreError::Open { path: path.to_owned(), source: source.into() })?;
        let lock = lock(&path)?;
        prepare(&connection).map_err(StoreError::sqlite("preparing the store"))?;
        if blank {
            create(&mut connection, contract).map_err(StoreError::sqlite("making the store"))?;
        } else {
            migrate(&mut connection).map_err(StoreError::sqlite("bringing the store up to date"))?;
        }
        Ok(Self { connection: Mutex::new(connection), _lock: Some(lock), contract_version: contract.version })
    }

    /// A store that is gone when it is dropped, for trying things out.
    pub fn in_memory(contract: &'static Contract) -> Result<Self, StoreError> {
        let make = || {
            let mut connection = Connection::open_in_memory()?;
            prepare(&connection)?;
            create(&mut connection, contract)?;
            Ok(connection)
        };
        let connection = make().map_err(StoreError::sqlite("making a store in memory"))?;
        Ok(Self { connection: Mutex::new(connection), _lock: None, contract_version: contract.version })
    }

    /// The connection. A panic while it was held rolled its transaction back, so it is as good as ever.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(PartialEq, Eq)]
enum Identity {
    Blank,
    Ours,
}

fn check_identity(
    connection: &Connection,
    path: &Path,
    contract: &'static Contract,
) -> Result<Identity, StoreError> {
    let refuse = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::NotSqlite { path: path.to_owned() },
        _ => StoreError::Open { path: path.to_owned(), source: source.into() },
    };
    connection.busy_timeout(BUSY_TIMEOUT).map_err(refuse)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(refuse)?;
    if tables == 0 {
        return Ok(Identity::Blank);
    }
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("application_id").map_err(refuse)? != APPLICATION_ID {
        return Err(StoreError::NotAStore { path: path.to_owned() });
    }
    let format = pragma("user_version").map_err(refuse)?;
    if format > FORMAT {
        return Err(StoreError::NewerFormat { path: path.to_owned(), found: format, known: FORMAT });
    }
    let connector: Option<String> = connection
        .query_row("SELECT connector FROM linchpin_store", [], |row| row.get(0))
        .optional()
        .map_err(refuse)?;
    match connector {
        Some(found) if found == contract.name => Ok(Identity::Ours),
        Some(found) => {
            Err(StoreError::OtherConnector { path: path.to_owned(), found, expected: contract.name })
        }
        None => Err(StoreError::NotAStore { path: path.to_owned() }),
    }
}

/// Settings of a connection; they write nothing to a store that has them already.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn create(connection: &mut Connection, contract: &Contract) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.execute_batch(
        "CREATE TABLE linchpin_store (connector TEXT NOT NULL) STRICT;
         CREATE TABLE linchpin_checkpoint (
             stream           TEXT PRIMARY KEY NOT NULL,
             contract_version TEXT NOT NULL,
             key_paths        TEXT NOT NULL,
             cursor_path      TEXT,
             bookmark         TEXT,
             run              TEXT,
             updated_at       TEXT NOT NULL
         ) STRICT;",
    )?;
    transaction.execute("INSERT INTO linchpin_store (connector) VALUES (?1)", [contract.name])?;
    transaction.commit()
}

/// Tables that came later are made when they are first written. What is left is what older versions wrote in another way: rounds had texts for
/// names before they had numbers. Such rounds and their slices are forgotten, so that the next run reads the lists anew, into the rows
/// that are there.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let named = "SELECT 1 FROM pragma_table_info('linchpin_slice') WHERE name = 'round' AND type = 'TEXT'";
    // Nothing is written to a store that has nothing to bring up to date.
    if !connection.prepare(named)?.exists([])? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "UPDATE linchpin_checkpoint SET run = NULL
         WHERE CASE WHEN json_valid(run) THEN json_type(run, '$.round') END = 'text';
         DROP TABLE linchpin_slice;",
    )?;
    transaction.commit()
}

/// A lock of the system's on a file beside the store's. It ends with the process, so no kill leaves it behind; on the store's own file it
/// would not do, because SQLite's locks on a file end when the process closes any handle of it.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let beside = PathBuf::from(name);
    let open = |source: std::io::Error| StoreError::Open { path: beside.clone(), source: source.into() };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&beside).map_err(open)?;
    match file.try_lock() {
        Ok(()) => {
            // The number is for the reader of an error message only, so a failure to write it does no harm.
            let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
            let holder = match (read, text.trim().parse::<u32>()) {
                (Ok(_), Ok(process)) => format!(" (process {process})"),
                _ => String::new(),
            };
            Err(StoreError::Locked { path: path.to_owned(), holder })
        }
        Err(TryLockError::Error(source)) => Err(open(source)),
    }
}
