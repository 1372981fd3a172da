//! A stream's table, read as any other program would read it.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use serde_json::Value;

use crate::lab::Lab;

fn open(store: &Path) -> Connection {
    // Not read-only: after a kill the log has to be recovered, which any reader does.
    Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("the store")
}

/// The records by their key. None where the stream has no table yet.
pub fn records(store: &Path, stream: &str) -> BTreeMap<String, Value> {
    let connection = open(store);
    if !is_there(&connection, stream) {
        return BTreeMap::new();
    }
    let mut statement =
        connection.prepare(&format!("SELECT key, record FROM \"{stream}\"")).expect("the stream's table");
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .expect("rows");
    let mut records = BTreeMap::new();
    for row in rows {
        let (key, record) = row.expect("a row");
        let record = serde_json::from_str(&record)
            .unwrap_or_else(|error| panic!("{stream} {key}: {error} in {record}"));
        assert!(records.insert(key.clone(), record).is_none(), "{stream} {key} stands twice");
    }
    records
}

/// How many records the stream has; none where it has no table yet.
pub fn count(store: &Path, stream: &str) -> usize {
    let connection = open(store);
    if !is_there(&connection, stream) {
        return 0;
    }
    let count =
        connection.query_row(&format!("SELECT count(*) FROM \"{stream}\""), [], |row| row.get::<_, i64>(0));
    usize::try_from(count.expect("a count")).expect("no less than none")
}

fn is_there(connection: &Connection, table: &str) -> bool {
    let found = connection.query_row("SELECT 1 FROM sqlite_schema WHERE name = ?1", [table], |_| Ok(()));
    found.optional().expect("the store's tables").is_some()
}

/// The bookmark of a stream: up to where it is said to be complete.
pub fn bookmark(store: &Path, stream: &str) -> Option<Value> {
    let query = "SELECT bookmark FROM linchpin_checkpoint WHERE stream = ?1";
    let found = open(store).query_row(query, [stream], |row| row.get::<_, Option<String>>(0)).optional();
    let json = found.expect("the checkpoints").flatten()?;
    Some(serde_json::from_str(&json).expect("a bookmark is JSON"))
}

/// Fails unless the stream's table holds the source's records, each once and as it is there.
pub fn assert_same(lab: &Lab, store: &Path, stream: &str) {
    let source: BTreeMap<String, Value> = lab
        .source(stream)
        .into_iter()
        .map(|record| {
            let key = record["id"].as_str().map_or_else(|| record["id"].to_string(), str::to_owned);
            (key, record)
        })
        .collect();
    let table = records(store, stream);
    let missing: Vec<_> = source.keys().filter(|key| !table.contains_key(*key)).collect();
    let strange: Vec<_> = table.keys().filter(|key| !source.contains_key(*key)).collect();
    assert!(
        missing.is_empty() && strange.is_empty(),
        "{stream}: not stored: {missing:?}; not in the source: {strange:?}"
    );
    for (key, record) in &source {
        assert_eq!(&table[key], record, "{stream} {key} is not as in the source");
    }
}
