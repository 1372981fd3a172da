mod older;

use std::fs;

use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::contract::{
    Auth, Base, Contract, Cursor, CursorFormat, Method, Operation, Order, Path, Security, Server, Shape,
    Source, Stream,
};

use super::{Batch, Checkpoint, Counts, KeyError, Row, RunState, Store, StoreError, canonical_key};

static OPERATION: Operation = Operation {
    id: "listThings",
    method: Method::Get,
    path: "/things",
    tag: "things",
    parameters: &[],
    base: Base::Server,
    body: None,
    other_bodies: &[],
    responses: &[],
    reads: true,
    idempotent: true,
    idempotency_key: None,
    security: Security::Required,
    paging: None,
    limits: &[],
};

const ID: Path = &["id"];

const fn cursor(field: Path) -> Cursor {
    Cursor { field, target: None, format: CursorFormat::AsIs, start: None, order: Order::None }
}

const fn stream(name: &'static str, key: &'static [Path], cursor: Option<Cursor>) -> Stream {
    Stream {
        name,
        description: "",
        operation: &OPERATION,
        records: &[],
        key,
        cursor,
        parameters: &[],
        slices: None,
        body: None,
        shape: Shape::Any,
        source: Source::Pages,
        drift: crate::contract::DriftPolicy::DEFAULT,
    }
}

static THINGS: Stream = stream("things", &[ID], Some(cursor(&["changed"])));

const fn contract(name: &'static str) -> Contract {
    Contract {
        name,
        version: "1.0.0",
        title: "",
        description: "",
        config: &[],
        server: Server { url: "", environments: &[], others: &[] },
        auth: Auth::None,
        headers: &[],
        operations: &[],
        limits: &[],
        wait_sources: &[],
        correlation_header: Some("traceparent"),
        errors: &[],
        streams: &[],
    }
}

static MINE: Contract = contract("mine");
static OTHER: Contract = contract("other");

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

fn row<'a>(key: &str, record: &'a str) -> Row<'a> {
    Row { key: key.to_owned(), cursor: Some("c".to_owned()), record: record.into(), parent: None }
}

fn records(store: &Store) -> Vec<(String, String)> {
    let mut all = Vec::new();
    store.for_each(&THINGS, |stored| all.push((stored.key, stored.record))).expect("rows");
    all
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        bookmark: Some("\"b\"".to_owned()),
        run: Some(RunState {
            id: "things@1".to_owned(),
            started_at: moment(1),
            contract_version: "1.0.0".to_owned(),
            from: None,
            first_since: None,
            since: Some("x".to_owned()),
            pending: Some("7".to_owned()),
            first_pending: None,
            position: Some(serde_json::json!({"page": 3})),
            position_at: moment(2),
            pages: 2,
            records: 0,
            unordered: false,
        }),
    }
}

#[test]
fn a_page_tells_new_changed_and_unchanged_and_comes_back_as_served() {
    let store = Store::in_memory(&MINE).expect("a store");
    assert_eq!(store.count(&THINGS).expect("count"), 0);
    assert_eq!(store.get(&THINGS, "1").expect("get"), None);
    let first = [row("1", r#"{"id":1, "n":1.50}"#), row("2", r#"{"id":2}"#)];
    let counts = store.commit_page(&THINGS, &Batch::of(&first), &checkpoint(), moment(10)).expect("a page");
    assert_eq!(counts, Counts { new: 2, changed: 0, unchanged: 0 });
    let second = [
        row("1", r#"{"id":1, "n":1.50}"#),
        row("2", r#"{"id":2,"n":"early"}"#),
        row("3", r#"{"id":3}"#),
        row("2", r#"{"id":2,"n":"late"}"#),
    ];
    let counts = store.commit_page(&THINGS, &Batch::of(&second), &checkpoint(), moment(20)).expect("a page");
    assert_eq!(counts, Counts { new: 1, changed: 2, unchanged: 1 });
    assert_eq!(store.count(&THINGS).expect("count"), 3);
    let one = store.get(&THINGS, "1").expect("get").expect("a record");
    assert_eq!(one.record, r#"{"id":1, "n":1.50}"#, "as served, with its blanks and digits");
    assert_eq!(one.synced_at, moment(10).to_string(), "an unchanged record is not written again");
    let two = store.get(&THINGS, "2").expect("get").expect("a record");
    assert_eq!((two.record.as_str(), two.synced_at), (r#"{"id":2,"n":"late"}"#, moment(20).to_string()));
    assert_eq!(records(&store).len(), 3);
}

#[test]
fn a_checkpoint_comes_back_as_written_and_goes_with_its_field() {
    static BY_OTHER_FIELD: Stream = stream("things", &[ID], Some(cursor(&["created"])));
    static BY_OTHER_KEY: Stream = stream("things", &[ID, &["account", "id"]], Some(cursor(&["changed"])));
    let store = Store::in_memory(&MINE).expect("a store");
    assert_eq!(store.checkpoint(&THINGS).expect("none yet"), Checkpoint::default());
    store.commit_page(&THINGS, &Batch::of(&[]), &checkpoint(), moment(1)).expect("a page");
    assert_eq!(store.checkpoint(&THINGS).expect("a checkpoint"), checkpoint());
    assert_eq!(store.checkpoint(&BY_OTHER_FIELD).expect("dropped"), Checkpoint::default());
    let refused = store.checkpoint(&BY_OTHER_KEY).expect_err("another key would double the rows");
    assert!(matches!(refused, StoreError::KeyChanged { .. }), "{refused}");
    assert!(refused.to_string().contains(r#"["id","account.id"]"#), "{refused}");
    let done = Checkpoint { bookmark: Some("9".to_owned()), run: None };
    store.save_checkpoint(&THINGS, &done, moment(3)).expect("saved");
    assert_eq!(store.checkpoint(&THINGS).expect("a checkpoint"), done);
}

#[test]
fn a_write_that_breaks_off_before_its_checkpoint_leaves_no_row() {
    let store = Store::in_memory(&MINE).expect("a store");
    store.commit_page(&THINGS, &Batch::of(&[row("1", "{}")]), &checkpoint(), moment(1)).expect("a page");
    let breaks =
        "CREATE TRIGGER cut BEFORE UPDATE ON linchpin_checkpoint BEGIN SELECT RAISE(ABORT, 'cut'); END";
    store.connection().execute_batch(breaks).expect("a trigger");
    let broken = Checkpoint::default();
    let error = store
        .commit_page(&THINGS, &Batch::of(&[row("1", "[]"), row("2", "{}")]), &broken, moment(2))
        .expect_err("the trigger cuts it off");
    assert!(error.to_string().contains("nothing of it was kept"), "{error}");
    assert_eq!(records(&store), [("1".to_owned(), "{}".to_owned())]);
    assert_eq!(store.checkpoint(&THINGS).expect("a checkpoint"), checkpoint());
}

#[test]
fn what_is_committed_is_there_for_the_next_to_open_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.db");
    let store = Store::open(&path, &MINE).expect("a new store");
    store.commit_page(&THINGS, &Batch::of(&[row("1", "{}")]), &checkpoint(), moment(1)).expect("a page");
    drop(store);
    let store = Store::open(&path, &MINE).expect("the same store");
    assert_eq!(
        (store.count(&THINGS).expect("count"), store.checkpoint(&THINGS).expect("it")),
        (1, checkpoint())
    );
}

#[test]
fn a_store_has_one_writer_until_it_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.db");
    let store = Store::open(&path, &MINE).expect("a new store");
    let error = Store::open(&path, &MINE).expect_err("it is in use");
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(error.to_string().contains(&format!("(process {})", std::process::id())), "{error}");
    #[cfg(unix)]
    {
        let alias = folder.path().join("alias.db");
        std::os::unix::fs::symlink(&path, &alias).expect("a link");
        assert!(matches!(Store::open(&alias, &MINE), Err(StoreError::Locked { .. })), "by its other name");
    }
    drop(store);
    Store::open(&path, &MINE).expect("free again");
}

#[test]
fn files_that_are_no_store_of_this_connector_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("text.db");
    fs::write(&text, "not a database, but long enough to be looked at as one: ".repeat(20)).expect("a file");
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign)
        .and_then(|connection| connection.execute_batch("CREATE TABLE t (a)"))
        .expect("a database");
    let others = folder.path().join("others.db");
    drop(Store::open(&others, &OTHER).expect("a store"));
    let newer = folder.path().join("newer.db");
    drop(Store::open(&newer, &MINE).expect("a store"));
    rusqlite::Connection::open(&newer)
        .and_then(|connection| connection.pragma_update(None, "user_version", 99))
        .expect("a newer format");
    let nowhere = folder.path().join("no/such/folder/mine.db");
    for (path, expected) in [
        (&text, "is not a SQLite database"),
        (&foreign, "no connector's store"),
        (&others, "belongs to the connector `other`, not to `mine`"),
        (&newer, "has format 99"),
        (&nowhere, "cannot be opened"),
    ] {
        let before = fs::read(path).ok();
        let error = Store::open(path, &MINE).expect_err("refused");
        assert!(error.to_string().contains(expected), "{}: {error}", path.display());
        assert_eq!(fs::read(path).ok(), before, "{} was left as it was", path.display());
    }
    assert!(!folder.path().join("text.db.lock").exists(), "no lock beside a refused file");
}

#[test]
fn an_empty_file_becomes_a_store() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    drop(Store::open(file.path(), &MINE).expect("a store"));
    let error = Store::open(file.path(), &OTHER).expect_err("it is mine now");
    assert!(matches!(error, StoreError::OtherConnector { .. }), "{error}");
}

#[test]
fn names_that_are_no_table_are_refused() {
    let store = Store::in_memory(&MINE).expect("a store");
    for name in ["", "Things", "9a", "a-b", "a\"; DROP TABLE x; --", "linchpin_store", "sqlite_x", "ä"] {
        let stream: &'static Stream = Box::leak(Box::new(stream(name, &[ID], None)));
        let error = store.count(stream).expect_err(name);
        assert!(matches!(error, StoreError::StreamName { .. }), "{name}: {error}");
    }
    static KEYWORD: Stream = stream("order", &[ID], None);
    store
        .commit_page(&KEYWORD, &Batch::of(&[row("1", "{}")]), &checkpoint(), moment(1))
        .expect("a quoted keyword");
}

#[test]
fn keys_as_text() {
    let key = |parts: &[(&str, Option<&str>)]| {
        let raw: Vec<(&str, Option<Box<RawValue>>)> = parts
            .iter()
            .map(|(path, json)| {
                (*path, json.map(|json| RawValue::from_string(json.to_owned()).expect("JSON")))
            })
            .collect();
        canonical_key(&raw.iter().map(|(path, raw)| (*path, raw.as_deref())).collect::<Vec<_>>())
    };
    for (json, expected) in [
        ("1", "1"),
        (r#""1""#, "1"),
        ("12345678901234567890123", "12345678901234567890123"),
        (r#""a\"b\u00e4""#, "a\"bä"),
        ("true", "true"),
    ] {
        assert_eq!(key(&[("id", Some(json))]).as_deref(), Ok(expected), "{json}");
    }
    assert_eq!(key(&[("a", Some("1")), ("b", Some(r#""x,y""#))]).as_deref(), Ok(r#"["1","x,y"]"#));
    assert_eq!(key(&[("a", Some(r#""""#)), ("b", Some("1"))]).as_deref(), Ok(r#"["","1"]"#));
    let name = || "user.id".to_owned();
    for (json, expected) in [
        (None, KeyError::Missing(name())),
        (Some("null"), KeyError::Null(name())),
        (Some(r#""""#), KeyError::Empty(name())),
        (Some("{}"), KeyError::Composite(name())),
        (Some("[1]"), KeyError::Composite(name())),
    ] {
        assert_eq!(key(&[("user.id", json)]), Err(expected), "{json:?}");
    }
}
