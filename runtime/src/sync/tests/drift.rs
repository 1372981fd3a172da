//! What a run does with records that are not as the document says: what is stored, what is held back, and what stops it.

use futures_util::FutureExt;
use http::HeaderMap;
use serde_json::json;

use crate::contract::{
    Cursor, CursorFormat, DriftPolicy, FieldShape, ObjectShape, Order, Path, Reaction, Shape, Stream, Target,
    Threshold,
};
use crate::drift::{Inspector, Kind, Status};
use crate::paging::StopReason;
use crate::store::{Batch, Checkpoint, Quarantined, Store};
use crate::sync::engine::{Cause, Engine, Failure, Outcome};
use crate::sync::ledger::StreamLedger;
use crate::sync::release::{Released, release};
use crate::sync::source::{PageSource, SourcePage, SourcePages};

use super::model::{Broken, moment};
use super::streams::{CONTRACT, plain, table};

static THING: ObjectShape = ObjectShape {
    name: "Thing",
    fields: &[
        FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
        FieldShape::new("changed", Shape::String("date-time"), FieldShape::REQUIRED),
        FieldShape::new("size", Shape::Integer, 0),
    ],
    additional: None,
};
const CURSOR: Cursor = Cursor {
    field: &["changed"],
    target: Some(Target::Parameter(0)),
    format: CursorFormat::AsIs,
    start: None,
    order: Order::None,
};

/// Pages as they stand here, served once.
struct Script(Vec<Vec<String>>);

struct Pages(std::vec::IntoIter<Vec<String>>);

struct Page(Vec<String>);

impl PageSource for Script {
    type Pages = Pages;

    fn open(&self, _: Option<&str>, position: Option<&serde_json::Value>) -> Result<Pages, Broken> {
        let at = position.and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
        Ok(Pages(self.0.get(at..).unwrap_or_default().to_vec().into_iter()))
    }
}

impl SourcePages for Pages {
    type Page = Page;
    type Error = Broken;

    async fn next(&mut self) -> Result<Option<Page>, Broken> {
        Ok(self.0.next().map(Page))
    }

    fn position(&self) -> Option<serde_json::Value> {
        (self.0.len() > 0).then(|| json!(0))
    }

    fn stop_reason(&self) -> Option<StopReason> {
        None
    }

    fn total(&self) -> Option<u64> {
        None
    }
}

impl SourcePage for Page {
    type Error = Broken;

    fn records(&self) -> Result<Vec<&str>, Broken> {
        Ok(self.0.iter().map(String::as_str).collect())
    }

    fn count(&self, _: Path) -> Option<u64> {
        None
    }

    fn status(&self) -> u16 {
        200
    }

    fn headers(&self) -> &HeaderMap {
        static NONE: std::sync::LazyLock<HeaderMap> = std::sync::LazyLock::new(HeaderMap::new);
        &NONE
    }

    fn body(&self) -> &[u8] {
        &[]
    }
}

fn stream(drift: DriftPolicy) -> &'static Stream {
    let stream = plain(super::ORDERED, Some(CURSOR), &[&["id"]]);
    Box::leak(Box::new(Stream { shape: Shape::Object(&THING), drift, ..stream }))
}

fn run(
    store: &Store,
    stream: &'static Stream,
    pages: &[Vec<String>],
    at: i64,
) -> Result<Outcome, Failure<Broken>> {
    let now = || moment(at);
    let inspector = Inspector::new(&CONTRACT, stream, store.drift(stream).expect("drift"), 1);
    let engine = Engine {
        stream,
        contract_version: CONTRACT.version,
        ledger: &StreamLedger { store, stream },
        inspector: &inspector,
        slice: None,
        cap: None,
        start: None,
        now: &now,
        on_page: &|_| {},
    };
    let outcome = engine.run(&Script(pages.to_vec())).now_or_never().expect("the script answers at once");
    if let (Some(drift), _) = inspector.finish(now()) {
        store.save_drift(stream, &drift).expect("saved");
    }
    outcome
}

fn good(id: u64) -> String {
    format!(r#"{{"id":{id},"changed":"2026-11-21T10:00:{:02}Z","size":1}}"#, id % 60)
}

fn goods(ids: std::ops::Range<u64>) -> Vec<String> {
    ids.map(good).collect()
}

fn kinds(store: &Store, stream: &'static Stream) -> Vec<(Kind, Status)> {
    let drift = store.drift(stream).expect("drift");
    drift.findings().map(|finding| (finding.kind, finding.state)).collect()
}

fn held(store: &Store, stream: &'static Stream) -> Vec<String> {
    let mut held = Vec::new();
    store
        .for_each_quarantined(stream, |row| held.push(format!("{}: {}", row.kind, row.reason)))
        .expect("rows");
    held
}

const ROWS: DriftPolicy = DriftPolicy { types: Reaction::DiscardRow, ..DriftPolicy::DEFAULT };

#[test]
fn one_bad_record_is_held_back_and_the_others_are_stored() {
    let table_of = [
        (
            DriftPolicy::DEFAULT,
            r#"{"changed":"2026-11-21T10:00:01Z"}"#,
            "key_missing: the key's field `id` is missing",
        ),
        (DriftPolicy::DEFAULT, r#"{"id":null}"#, "key_missing: the key's field `id` is null"),
        (DriftPolicy::DEFAULT, "7", "key_missing: the key's field `id` is missing"),
        (
            ROWS,
            r#"{"id":5,"changed":"2026-11-21T10:00:01Z","size":"big"}"#,
            "type_widened: type_widened at /*/size: string in place of integer",
        ),
    ];
    for (policy, bad, reason) in table_of {
        let store = Store::in_memory(&CONTRACT).expect("a store");
        let stream = stream(policy);
        let page = vec![good(1), bad.to_owned(), good(2)];
        let outcome = run(&store, stream, std::slice::from_ref(&page), 100).expect(bad);
        assert_eq!((outcome.progress.records, outcome.progress.quarantined), (3, 1), "{bad}");
        assert_eq!(table(&store, stream).len(), 2, "{bad}");
        assert_eq!(held(&store, stream), [reason], "{bad}");
        // The same page again doubles nothing.
        run(&store, stream, &[page], 200).expect(bad);
        assert_eq!(store.quarantine_count(stream).expect("a count"), 1, "{bad}");
    }
}

#[test]
fn what_a_stream_is_read_by_is_lost_only_where_all_records_lack_it() {
    let without = |field: &str, number: u64| {
        (0..number)
            .map(|id| {
                let mut record: serde_json::Value = serde_json::from_str(&good(id)).expect("JSON");
                record.as_object_mut().expect("an object").remove(field);
                record.to_string()
            })
            .collect::<Vec<String>>()
    };
    let mixed = |mut bad: Vec<String>| {
        bad.push(good(99));
        bad
    };
    let table = [
        // What came before, what comes now, how it ends.
        (vec![], without("id", 1), "key"),
        (vec![], mixed(without("id", 30)), "ok"),
        (goods(0..20), without("id", 9), "ok"),
        (goods(0..20), without("id", 10), "key"),
        (goods(0..20), without("changed", 10), "cursor"),
        (goods(0..20), without("changed", 9), "ok"),
        (goods(0..20), mixed(without("changed", 30)), "ok"),
        (vec![], without("changed", 30), "ok"),
    ];
    for (before, now, expected) in table {
        let store = Store::in_memory(&CONTRACT).expect("a store");
        let stream = stream(DriftPolicy::DEFAULT);
        if !before.is_empty() {
            run(&store, stream, std::slice::from_ref(&before), 100).expect("a run");
        }
        let ended = match run(&store, stream, std::slice::from_ref(&now), 200) {
            Ok(_) => "ok",
            Err(Failure { cause: Cause::Key { .. }, .. }) => "key",
            Err(Failure { cause: Cause::CursorLost { .. }, .. }) => "cursor",
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(ended, expected, "{} records before, then {now:?}", before.len());
        let lost = match expected {
            "key" => Some(Kind::KeyMissing),
            "cursor" => Some(Kind::CursorLost),
            _ => None,
        };
        let told = kinds(&store, stream);
        assert!(lost.is_none_or(|lost| told.iter().any(|(kind, _)| *kind == lost)), "{told:?}");
    }
}

#[test]
fn a_stream_stops_where_the_contract_says_freeze_and_stores_nothing_of_the_page() {
    let store = Store::in_memory(&CONTRACT).expect("a store");
    let stream = stream(DriftPolicy { fields: Reaction::Freeze, ..DriftPolicy::DEFAULT });
    let pages =
        [goods(0..5), vec![good(5), r#"{"id":6,"changed":"2026-11-21T10:00:01Z","new":1}"#.to_owned()]];
    let failure = run(&store, stream, &pages, 100).err().expect("frozen");
    assert!(
        matches!(&failure.cause, Cause::Frozen { record: 1, why } if why.contains("unknown_field at /*/new")),
        "{failure:?}"
    );
    assert_eq!(table(&store, stream).len(), 5, "the page before stays, and nothing of the other");
    assert_eq!(kinds(&store, stream), [(Kind::UnknownField, Status::Baseline)]);
}

#[test]
fn too_many_held_records_stop_the_stream() {
    let policy = DriftPolicy { quarantine: Threshold { records: 3, percent: 20 }, ..ROWS };
    let bad = |id: u64| format!(r#"{{"id":{id},"changed":"2026-11-21T10:00:01Z","size":"big"}}"#);
    for (good_ones, bad_ones, stops) in [(0..10, 2, false), (0..10, 3, true), (0..40, 3, false)] {
        let store = Store::in_memory(&CONTRACT).expect("a store");
        let stream = stream(policy);
        let mut page = goods(good_ones.clone());
        page.extend((100..100 + bad_ones).map(bad));
        let outcome = run(&store, stream, &[page], 100);
        let stopped =
            matches!(&outcome, Err(Failure { cause: Cause::Quarantine { quarantined: 3, .. }, .. }));
        assert_eq!(stopped, stops, "{bad_ones} bad after {good_ones:?}");
        assert_eq!(table(&store, stream).is_empty(), stops, "{bad_ones} bad after {good_ones:?}");
    }
}

#[test]
fn released_records_are_records_like_any_others_and_never_two() {
    let store = Store::in_memory(&CONTRACT).expect("a store");
    let strict = stream(ROWS);
    let bad =
        |id: u64, size: &str| format!(r#"{{"id":{id},"changed":"2026-11-21T10:00:01Z","size":"{size}"}}"#);
    let keyless = r#"{"changed":"2026-11-21T10:00:01Z"}"#.to_owned();
    let page = vec![good(1), bad(2, "big"), bad(3, "big"), keyless];
    run(&store, strict, &[page], 100).expect("a run");
    // Nothing was put right yet.
    let none = release(&store, &CONTRACT, strict, moment(150)).expect("a release");
    assert_eq!(none, Released { still_held: 3, ..Released::default() });
    // The API has served record 3 anew meanwhile.
    run(&store, strict, &[vec![good(3)]], 200).expect("a run");
    let lenient = stream(DriftPolicy::DEFAULT);
    let done = release(&store, &CONTRACT, lenient, moment(300)).expect("a release");
    assert_eq!(done, Released { released: 1, superseded: 1, still_held: 1 });
    let rows = table(&store, lenient);
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert_eq!(rows.get("2"), Some(&bad(2, "big")));
    assert_eq!(rows.get("3"), Some(&good(3)), "what came later stays");
    let again = release(&store, &CONTRACT, lenient, moment(400)).expect("a release");
    assert_eq!(again, Released { still_held: 1, ..Released::default() });
    assert_eq!(table(&store, lenient), rows);
}

#[test]
fn a_release_that_fails_midway_leaves_each_record_in_one_place() {
    let store = Store::in_memory(&CONTRACT).expect("a store");
    let strict = stream(ROWS);
    let bad = |id: u64| format!(r#"{{"id":{id},"changed":"2026-11-21T10:00:01Z","size":"big"}}"#);
    let page: Vec<String> = (0..10_000).map(good).chain((10_000..10_450).map(bad)).collect();
    run(&store, strict, &[page], 100).expect("a run");
    let lenient = stream(DriftPolicy::DEFAULT);
    let cut = "CREATE TRIGGER cut BEFORE INSERT ON things WHEN NEW.key = '10300' BEGIN SELECT RAISE(ABORT, 'cut'); END";
    store.connection().execute_batch(cut).expect("a trigger");
    release(&store, &CONTRACT, lenient, moment(200)).expect_err("cut off");
    let (rows, held) = (table(&store, lenient).len(), store.quarantine_count(lenient).expect("a count"));
    assert_eq!((rows, held), (10_200, 250), "whole batches, and no record in both or none");
    store.connection().execute_batch("DROP TRIGGER cut").expect("whole again");
    let done = release(&store, &CONTRACT, lenient, moment(300)).expect("a release");
    assert_eq!(done.released, 250);
    assert_eq!(table(&store, lenient).len(), 10_450);
}

#[test]
fn a_record_that_is_too_large_is_counted_and_not_kept() {
    let store = Store::in_memory(&CONTRACT).expect("a store");
    let stream = stream(ROWS);
    let large =
        format!(r#"{{"id":2,"changed":"2026-11-21T10:00:01Z","size":"{}"}}"#, "x".repeat(1024 * 1024));
    run(&store, stream, &[vec![good(1), large]], 100).expect("a run");
    let mut whole = Vec::new();
    store.for_each_quarantined(stream, |row| whole.push((row.whole, row.bytes > 1024 * 1024))).expect("rows");
    assert_eq!(whole, [(false, true)]);
}

#[test]
fn a_released_record_of_a_slice_has_what_its_slice_gave_it() {
    let store = Store::in_memory(&CONTRACT).expect("a store");
    let whole = plain(super::ORDERED, None, &[&["id"]]);
    let slices = Some(super::shop::by_each(&["acme"]));
    let stream: &'static Stream = Box::leak(Box::new(Stream { slices, ..whole }));
    let record = r#"{"id":1}"#;
    let held = Quarantined {
        record,
        slice: "acme",
        included: r#"[["owner","\"acme\"",true]]"#.into(),
        kind: "unknown_field",
        reason: "a field".to_owned(),
    };
    let batch = Batch { quarantined: &[held], ..Batch::default() };
    store.commit_page(stream, &batch, &Checkpoint::default(), moment(1)).expect("a page");
    let done = release(&store, &CONTRACT, stream, moment(2)).expect("a release");
    assert_eq!(done.released, 1);
    assert_eq!(table(&store, stream).get(r#"["acme","1"]"#).map(String::as_str), Some(record));
    let parent: String =
        store.connection().query_row("SELECT parent FROM things", [], |row| row.get(0)).expect("a row");
    assert_eq!(parent, r#"{"owner":"acme"}"#);
}
