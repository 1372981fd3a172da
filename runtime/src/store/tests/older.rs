//! Stores as older versions wrote them: each is opened, keeps what it holds, and takes what is written today.

use rusqlite::Connection;

use super::*;
use crate::contract::{Parent, Partition, Slices};
use crate::drift::{Kind, Place, Status};
use crate::store::{Quarantined, Round, SliceState};

/// The first one: records and checkpoints.
const FIRST: &str = r#"
    PRAGMA application_id = 0x4c4e4350;
    PRAGMA user_version = 1;
    CREATE TABLE linchpin_store (connector TEXT NOT NULL) STRICT;
    CREATE TABLE linchpin_checkpoint (
        stream           TEXT PRIMARY KEY NOT NULL,
        contract_version TEXT NOT NULL,
        key_paths        TEXT NOT NULL,
        cursor_path      TEXT,
        bookmark         TEXT,
        run              TEXT,
        updated_at       TEXT NOT NULL
    ) STRICT;
    INSERT INTO linchpin_store VALUES ('mine');
    INSERT INTO linchpin_checkpoint VALUES ('things', '0.9.0', '["id"]', 'changed', '"b"',
        '{"id":"things@1","started_at":"1970-01-01T00:00:01Z","contract_version":"0.9.0","from":null,"since":"x","pending":"7",
          "first_pending":null,"position":{"page":3},"position_at":"1970-01-01T00:00:02Z","pages":2,"unordered":false}',
        '1970-01-01T00:00:02Z');
    CREATE TABLE "things" (
        key       TEXT PRIMARY KEY NOT NULL,
        cursor    TEXT,
        record    TEXT NOT NULL,
        synced_at TEXT NOT NULL
    ) STRICT;
    INSERT INTO things VALUES ('1', 'c', '{"id":1,"big":10000000000000000001}', '1970-01-01T00:00:02Z');
"#;

/// Slices whose rounds had texts for names, as they were for a while.
const NAMED_ROUNDS: &str = r#"
    CREATE TABLE linchpin_slice (
        stream     TEXT NOT NULL,
        slice      TEXT NOT NULL,
        round      TEXT,
        mark       TEXT,
        bookmark   TEXT,
        run        TEXT,
        outcome    TEXT,
        pages      INTEGER NOT NULL,
        records    INTEGER NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (stream, slice)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO linchpin_slice VALUES ('lists', '1', 'lists@1', 'c', NULL, NULL, 'end', 1, 1, '1970-01-01T00:00:02Z');
    INSERT INTO linchpin_checkpoint VALUES ('lists', '0.9.0', '["id"]', NULL, NULL,
        '{"round":"lists@1","started_at":"1970-01-01T00:00:01Z","division":"things","open":true}', '1970-01-01T00:00:02Z');
    CREATE TABLE "lists" (
        key       TEXT PRIMARY KEY NOT NULL,
        cursor    TEXT,
        record    TEXT NOT NULL,
        synced_at TEXT NOT NULL
    ) STRICT;
    INSERT INTO lists VALUES ('9', NULL, '{"id":9}', '1970-01-01T00:00:02Z');
"#;

/// Drift and quarantine, before the quarantine had an end.
const ENDLESS_QUARANTINE: &str = r#"
    CREATE TABLE linchpin_drift (
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
    CREATE TABLE linchpin_drift_stream (
        stream   TEXT PRIMARY KEY NOT NULL,
        runs     INTEGER NOT NULL,
        checked  INTEGER NOT NULL,
        overflow INTEGER NOT NULL,
        fields   TEXT NOT NULL
    ) STRICT;
    INSERT INTO linchpin_drift_stream VALUES ('things', 2, 20, 0, '{"id":{"present":20,"checked":20,"absent":0}}');
    INSERT INTO linchpin_drift VALUES ('things', 'unknown_field', 200, '/*/old', '', '{"string":3}', '[]', 3, 20,
        '1970-01-01T00:00:01Z', '1970-01-01T00:00:02Z', 1, 'accepted', 3, 1, 0);
    CREATE TABLE linchpin_quarantine (
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
    INSERT INTO linchpin_quarantine VALUES (7, 'things', '', 'd', 'key_missing', 'no key', '{"no":1}', 8, '[]',
        '1970-01-01T00:00:01Z', '1970-01-01T00:00:02Z', 1);
"#;

static LISTS: Stream = Stream {
    slices: Some(Slices {
        partition: Partition::Parent(Parent {
            stream: "things",
            parameters: &[],
            include: &[],
            only_changed: false,
            skip_gone: false,
        }),
        window: None,
        at_once: 1,
    }),
    ..stream("lists", &[ID], None)
};

/// Columns of every table and every index, as SQLite knows them.
fn layout(path: &std::path::Path) -> Vec<String> {
    let connection = Connection::open(path).expect("a database");
    let mut statement = connection
        .prepare(
            "SELECT s.type || ' ' || s.name || ' ' || coalesce(c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk, '')
             FROM sqlite_schema AS s LEFT JOIN pragma_table_info(s.name) AS c ON s.type = 'table' ORDER BY 1",
        )
        .expect("a statement");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("texts")
}

/// What a sync writes of everything that a store can hold.
fn write_all(store: &Store) {
    let place = Place { kind: Kind::NullNotNullable, status: 200, pointer: "/*/new".to_owned() };
    let mut drift = store.drift(&THINGS).expect("drift");
    let finding = crate::drift::Finding::stored(place.clone(), "string".to_owned(), Status::New, moment(3));
    drift.findings.insert(place, crate::drift::Finding { dirty: true, ..finding });
    let quarantined = [Quarantined {
        record: r#"{"new":1}"#,
        slice: "",
        included: "[]".into(),
        kind: "key_missing",
        reason: "no key".to_owned(),
    }];
    let rows = [row("2", r#"{"id":2}"#)];
    let batch = Batch { rows: &rows, quarantined: &quarantined, drift: Some(&drift) };
    store.commit_page(&THINGS, &batch, &checkpoint(), moment(3)).expect("a page");
    let round = Round { round: 1, started_at: moment(3), division: "things".to_owned(), open: true };
    store.save_round(&LISTS, &round, false, moment(3)).expect("a round");
    let state = SliceState { round: Some(1), ..SliceState::default() };
    store
        .commit_slice_page(&LISTS, &Batch::of(&[row("8", r#"{"id":8}"#)]), "1", &state, moment(3))
        .expect("a page");
}

#[test]
fn a_store_of_an_older_version_keeps_what_it_holds_and_takes_what_is_written_today() {
    let folder = tempfile::tempdir().expect("a folder");
    let new = folder.path().join("new.db");
    {
        let store = Store::open(&new, &MINE).expect("a new store");
        write_all(&store);
    }
    for (name, scripts) in [
        ("the first", &[FIRST][..]),
        ("named rounds", &[FIRST, NAMED_ROUNDS]),
        ("an endless quarantine", &[FIRST, ENDLESS_QUARANTINE]),
        ("all", &[FIRST, NAMED_ROUNDS, ENDLESS_QUARANTINE]),
    ] {
        let path = folder.path().join(name);
        Connection::open(&path).expect(name).execute_batch(&scripts.concat()).expect(name);
        let (slices, payloads) = (scripts.contains(&NAMED_ROUNDS), scripts.contains(&ENDLESS_QUARANTINE));
        let held = usize::from(payloads);

        // As it is read before anything is written.
        let store = Store::open(&path, &MINE).expect(name);
        let old = ("1".to_owned(), r#"{"id":1,"big":10000000000000000001}"#.to_owned());
        assert_eq!(records(&store), std::slice::from_ref(&old), "{name}");
        let known = store.checkpoint(&THINGS).expect(name);
        assert_eq!(known.bookmark.as_deref(), Some("\"b\""), "{name}");
        assert_eq!(known.run.map(|run| (run.pages, run.records)), Some((2, 0)), "{name}");
        assert_eq!(store.drift(&THINGS).expect(name).findings().count(), held, "{name}");
        assert_eq!(store.quarantine_count(&THINGS).expect(name), held as u64, "{name}");
        // A round of another kind is begun anew, into the rows that are there.
        assert_eq!(store.round(&LISTS).expect(name), None, "{name}");
        assert_eq!(store.slice(&LISTS, "1").expect(name), SliceState::default(), "{name}");
        assert_eq!(store.count(&LISTS).expect(name), u64::from(slices), "{name}");

        write_all(&store);
        drop(store);
        assert_eq!(layout(&path), layout(&new), "{name}: its tables are those of a new store");

        let store = Store::open(&path, &MINE).expect(name);
        assert_eq!(records(&store), [old, ("2".to_owned(), r#"{"id":2}"#.to_owned())], "{name}");
        assert_eq!(store.checkpoint(&THINGS).expect(name), checkpoint(), "{name}");
        assert_eq!(store.round(&LISTS).expect(name).map(|round| round.round), Some(1), "{name}");
        assert_eq!(store.slice(&LISTS, "1").expect(name).round, Some(1), "{name}");
        assert_eq!(store.count(&LISTS).expect(name), 1 + u64::from(slices), "{name}");
        let states: Vec<Status> =
            store.drift(&THINGS).expect(name).findings().map(|finding| finding.state).collect();
        let expected: &[Status] = if payloads { &[Status::Accepted, Status::New] } else { &[Status::New] };
        assert_eq!(states, expected, "{name}");
        let mut whole = Vec::new();
        store.for_each_quarantined(&THINGS, |one| whole.push((one.bytes, one.whole))).expect(name);
        assert_eq!(whole.len(), 1 + held, "{name}");
        assert!(whole.iter().all(|(_, whole)| *whole), "{name}: {whole:?}");
    }
}
