use std::path::PathBuf;

/// A store that cannot be used, or a write that did not happen. A page that could not be written leaves nothing behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be opened or made.
    #[error("the store {} cannot be opened: {source}; its folder must exist and be writable", path.display())]
    Open {
        /// The store's file.
        path: PathBuf,
        /// What SQLite or the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is no SQLite database.
    #[error("{} is not a SQLite database; it was left as it is: give another file", path.display())]
    NotSqlite {
        /// The file.
        path: PathBuf,
    },
    /// The file is a SQLite database with other tables, made by something else.
    #[error("{} is a SQLite database but no connector's store; it was left as it is: give another file", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The store belongs to another connector.
    #[error(
        "the store {} belongs to the connector `{found}`, not to `{expected}`; a store holds one connector: give another file",
        path.display()
    )]
    OtherConnector {
        /// The store's file.
        path: PathBuf,
        /// Whose store it is.
        found: String,
        /// Who asked.
        expected: &'static str,
    },
    /// The store was written by a newer version.
    #[error(
        "the store {} has format {found}, and this connector knows format {known} at most: use the newer version that wrote it",
        path.display()
    )]
    NewerFormat {
        /// The store's file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// Another process has the store open.
    #[error("the store {} is in use by another process{holder}: wait until it has ended", path.display())]
    Locked {
        /// The store's file.
        path: PathBuf,
        /// ` (process 4711)` where it is known, else empty.
        holder: String,
    },
    /// A stream's name that cannot be a table's.
    #[error(
        "a stream named `{name}` cannot be stored: a name is `[a-z][a-z0-9_]*`, at most 63 characters, and does not start with \
         `linchpin_` or `sqlite_`; rename the stream in the manifest"
    )]
    StreamName {
        /// The name.
        name: String,
    },
    /// The manifest declares another key than the rows have.
    #[error(
        "stream `{stream}` was stored by the key {stored} and is now declared with {declared}; rows of the two would double: \
         sync into a new file"
    )]
    KeyChanged {
        /// The stream.
        stream: &'static str,
        /// The key's paths in the store.
        stored: String,
        /// The key's paths in the contract.
        declared: String,
    },
    /// The checkpoint cannot be read.
    #[error(
        "the checkpoint of stream `{stream}` cannot be read: {source}; delete its row in linchpin_checkpoint to read the stream anew"
    )]
    Checkpoint {
        /// The stream.
        stream: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// More records could not be stored than quarantine holds.
    #[error(
        "the quarantine is full: with this page it would hold {records} records of {bytes} bytes in all, and {most} records or {most_bytes} \
         bytes are the most; nothing of the page was kept. `quarantine list` says why they are there; put that right, then `quarantine release`, \
         or `quarantine drop` what is of no use (`--stream` drops all of a stream)",
        most = super::quarantine::MOST_RECORDS, most_bytes = super::quarantine::MOST_BYTES
    )]
    QuarantineFull {
        /// Records that it would hold.
        records: u64,
        /// Bytes of those that are kept whole.
        bytes: u64,
    },
    /// SQLite refused: the disk is full, the file was removed, another program holds a lock.
    #[error("{doing} failed: {source}; nothing of it was kept")]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether another file or another place has to be given, rather than the same tried again.
    pub fn is_wrong_store(&self) -> bool {
        !matches!(self, Self::Locked { .. } | Self::Sqlite { .. } | Self::QuarantineFull { .. })
    }

    pub(super) fn sqlite(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { doing, source }
    }
}
