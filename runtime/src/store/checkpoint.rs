use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::contract::{Path, Stream};

use super::{Round, Store, StoreError};

/// Where a stream stands: up to where it is known to be complete, and the walk that is under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// JSON of the highest cursor value up to which every record is in the store; the next run starts there.
    pub bookmark: Option<String>,
    /// The walk that has begun and not come to its end; `None` between runs.
    pub run: Option<RunState>,
}

/// A walk over a stream's pages that has begun. It outlives the process: the run that goes on with it is the same run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// Identity of the run: the stream's name and the moment at which it began.
    pub id: String,
    /// When its first request was about to be sent. What changes later may have been missed.
    pub started_at: Timestamp,
    /// Version of the contract that made the positions; another version may not understand them.
    pub contract_version: String,
    /// The bookmark that it started from.
    pub from: Option<String>,
    /// What was sent as the cursor's parameter when it began.
    pub first_since: Option<String>,
    /// What is sent as the cursor's parameter now; the position is one of that list.
    pub since: Option<String>,
    /// Highest cursor value seen, as JSON: promoted to the bookmark when the walk has ended.
    pub pending: Option<String>,
    /// Highest cursor value of the first page, as JSON.
    pub first_pending: Option<String>,
    /// Where to go on, as the pager wrote it.
    pub position: Option<serde_json::Value>,
    /// When `position` was true.
    pub position_at: Timestamp,
    /// Pages committed so far.
    pub pages: u64,
    /// Records in them.
    #[serde(default)]
    pub records: u64,
    /// Whether records came against the declared order, so that the order says nothing in this run.
    pub unordered: bool,
}

impl Store {
    /// The stream's checkpoint; an empty one where it was never synced. A bookmark of another cursor field is dropped, since its values mean
    /// something else: the stream is then read anew, into the same rows.
    pub fn checkpoint(&self, stream: &'static Stream) -> Result<Checkpoint, StoreError> {
        let row = self
            .connection()
            .query_row(
                "SELECT key_paths, cursor_path, bookmark, run FROM linchpin_checkpoint WHERE stream = ?1",
                [stream.name],
                |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, Option<String>>(1)?,
                        row.get::<_, Option<String>>(2)?,
                        row.get::<_, Option<String>>(3)?,
                    ))
                },
            )
            .optional()
            .map_err(StoreError::sqlite("reading a checkpoint"))?;
        let Some((key, cursor, bookmark, run)) = row else {
            return Ok(Checkpoint::default());
        };
        let declared = key_paths(stream);
        if key != declared {
            return Err(StoreError::KeyChanged { stream: stream.name, stored: key, declared });
        }
        if cursor != cursor_path(stream) {
            return Ok(Checkpoint::default());
        }
        // The round of a stream that is read in slices stands in the walk's place, and each of the two means nothing to the other.
        let is_round = |run: &String| serde_json::from_str::<Round>(run).is_ok();
        let run = run
            .filter(|run| !is_round(run))
            .map(|run| serde_json::from_str(&run))
            .transpose()
            .map_err(|source| StoreError::Checkpoint { stream: stream.name, source })?;
        Ok(Checkpoint { bookmark, run })
    }

    /// Writes a checkpoint alone, for a change that comes with no page.
    pub fn save_checkpoint(
        &self,
        stream: &'static Stream,
        checkpoint: &Checkpoint,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let doing = "writing a checkpoint";
        let transaction = connection.transaction().map_err(StoreError::sqlite(doing))?;
        write(&transaction, stream, self.contract_version, checkpoint, now)?;
        transaction.commit().map_err(StoreError::sqlite(doing))
    }
}

/// Writes the checkpoint inside the page's transaction.
pub(super) fn write(
    transaction: &Transaction<'_>,
    stream: &'static Stream,
    contract_version: &str,
    checkpoint: &Checkpoint,
    now: Timestamp,
) -> Result<(), StoreError> {
    let run = checkpoint
        .run
        .as_ref()
        .map(serde_json::to_value)
        .transpose()
        .map_err(|source| StoreError::Checkpoint { stream: stream.name, source })?;
    write_run(transaction, stream, contract_version, checkpoint, run.as_ref(), now)
}

/// The same with what stands in the walk's place.
pub(super) fn write_run(
    transaction: &Transaction<'_>,
    stream: &'static Stream,
    contract_version: &str,
    checkpoint: &Checkpoint,
    run: Option<&serde_json::Value>,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO linchpin_checkpoint
                 (stream, contract_version, key_paths, cursor_path, bookmark, run, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (stream) DO UPDATE SET contract_version = excluded.contract_version,
                 key_paths = excluded.key_paths, cursor_path = excluded.cursor_path,
                 bookmark = excluded.bookmark, run = excluded.run, updated_at = excluded.updated_at",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                stream.name,
                contract_version,
                key_paths(stream),
                cursor_path(stream),
                checkpoint.bookmark,
                run.map(serde_json::Value::to_string),
                now.to_string(),
            ])
        })
        .map_err(StoreError::sqlite("writing a checkpoint"))?;
    Ok(())
}

fn key_paths(stream: &Stream) -> String {
    let given = stream.slices.iter().flat_map(|slices| slices.key_names()).map(str::to_owned);
    let own = stream.key.iter().map(|path| dotted(path));
    serde_json::Value::from(given.chain(own).collect::<Vec<_>>()).to_string()
}

fn cursor_path(stream: &Stream) -> Option<String> {
    let window = stream.slices.as_ref().and_then(|slices| slices.window.as_ref());
    let field = stream.cursor.as_ref().map(|cursor| cursor.field).or(window.map(|window| window.field));
    field.map(dotted)
}

/// A path as a person writes it: `user.id`.
pub(crate) fn dotted(path: Path) -> String {
    path.join(".")
}
