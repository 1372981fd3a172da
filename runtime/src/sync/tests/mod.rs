//! Runs against a model of a server, whose records change while they are read and which is cut off at every edge.

mod drift;
mod model;
mod shop;
mod slices;
mod streams;

use futures_util::FutureExt;
use proptest::prelude::*;
use serde_json::json;

use crate::contract::{Cursor, CursorFormat, Order, Path, Target};
use crate::cursor::CursorValue;
use crate::drift::{Inspector, StreamDrift};
use crate::store::{Store, StoreError};

use super::engine::{Cause, Engine, RunStop};
use super::ledger::StreamLedger;
use model::{Api, Broken, Change, Model, Stamp, moment};
use streams::{
    ASCENDING_BY_OFFSET, CHANGED, CONTRACT, NEWEST_FIRST, ORDERED, WITHOUT_ORDER, leaked, models, run,
    run_from, stream_of, table,
};

/// A contract for tests of what a sync stands on.
pub(crate) fn test_contract() -> &'static crate::contract::Contract {
    &CONTRACT
}

/// An operation for them.
pub(crate) const fn test_operation() -> crate::contract::Operation {
    streams::operation(crate::contract::Strategy::Offset {
        target: crate::contract::Target::Parameter(0),
        first: 0,
        end: streams::END,
    })
}

/// A stream for them.
pub(crate) fn test_stream() -> crate::contract::Stream {
    streams::plain(ORDERED, None, &[&["id"]])
}

#[test]
fn a_second_run_reads_only_what_is_new() {
    for model in models() {
        let api = Api::filled(model, 95);
        let stream = stream_of(model);
        let store = Store::in_memory(&CONTRACT).expect("a store");
        // Far enough from the records that no margin for clocks reaches back to them.
        api.world().now += 3_600;
        let first = run(&api, &store, stream).expect("a run");
        assert_eq!((first.progress.pages, first.progress.records), (10, 95), "{model:?}");
        assert_eq!(first.progress.counts.new, 95, "{model:?}");
        assert_eq!(first.stop, RunStop::EndOfPages, "{model:?}");
        assert!(!first.unordered && !first.resumed && first.without_cursor == 0, "{model:?}");
        api.world().now += 3_600;
        for _ in 0..3 {
            api.world().apply(Change::Insert);
        }
        api.world().apply(Change::Update(4));
        api.world().now += 3_600;
        let second = run(&api, &store, stream).expect("a second run");
        let counts = second.progress.counts;
        assert_eq!((counts.new, counts.changed), (3, 1), "{model:?}");
        assert_eq!(table(&store, stream), api.source(), "{model:?}");
        let reads_all = !model.filters && model.order != Order::Descending;
        // A counter in no order is bound by the first page; see the module on walks.
        let bound_by_first_page = model.stamp == Stamp::Counter && model.order == Order::None;
        if reads_all {
            assert_eq!(second.progress.records, 98, "{model:?}");
        } else if !bound_by_first_page {
            assert!(second.progress.pages <= 2, "{model:?} read {} pages", second.progress.pages);
        }
    }
}

#[test]
fn cut_off_at_every_edge_and_started_again_nothing_is_lost_or_doubled() {
    for model in models() {
        let stream = stream_of(model);
        for edge in 0..10 {
            for within in [false, true] {
                let api = Api::filled(model, 95);
                let store = Store::in_memory(&CONTRACT).expect("a store");
                let what =
                    format!("{model:?} cut off {} page {edge}", if within { "within" } else { "after" });
                if within {
                    // Between the upsert and the commit of the page after `edge` committed ones.
                    cut_before_checkpoint(&store, edge);
                    let failure = run(&api, &store, stream).err().expect(&what);
                    assert!(matches!(failure.cause, Cause::Store(StoreError::Sqlite { .. })), "{what}");
                    store.connection().execute_batch("DROP TRIGGER cut").expect("whole again");
                } else {
                    api.world().patience = Some(edge);
                    let failure = run(&api, &store, stream).err().expect(&what);
                    assert!(matches!(failure.cause, Cause::Source(Broken::Off)), "{what}");
                    api.world().patience = None;
                }
                let kept = store.count(stream).expect("a count");
                assert_eq!(kept, edge as u64 * 10, "{what}: whole pages and no others");
                api.world().now += 10;
                api.world().apply(Change::Insert);
                api.world().apply(Change::Update(3));
                api.world().now += 10;
                let second = run(&api, &store, stream).expect(&what);
                assert_eq!(second.resumed, edge > 0, "{what}");
                assert!(second.progress.pages <= 12 - edge as u64, "{what}: {} pages", second.progress.pages);
                run(&api, &store, stream).expect(&what);
                assert_eq!(table(&store, stream), api.source(), "{what}");
            }
        }
    }
}

/// Makes the commit fail that would be the one after `pages` commits.
fn cut_before_checkpoint(store: &Store, pages: usize) {
    let body = format!(
        "ON linchpin_checkpoint WHEN NEW.run IS NULL OR json_extract(NEW.run, '$.pages') > {pages}
         BEGIN SELECT RAISE(ABORT, 'cut'); END"
    );
    let connection = store.connection();
    // The statement is an INSERT to begin with and an UPDATE where the row is there.
    connection.execute_batch(&format!("CREATE TRIGGER cut BEFORE INSERT {body}")).expect("a trigger");
}

#[test]
fn a_refused_position_restarts_the_walk_from_the_bookmark_once() {
    for model in [ORDERED, NEWEST_FIRST, WITHOUT_ORDER] {
        let stream = stream_of(model);
        let api = Api::filled(model, 45);
        let store = Store::in_memory(&CONTRACT).expect("a store");
        api.world().patience = Some(3);
        run(&api, &store, stream).err().expect("cut off");
        api.world().patience = None;
        api.world().refuses_positions = true;
        let outcome = run(&api, &store, stream).expect("a restart");
        assert!(outcome.restarted && !outcome.resumed, "{model:?}");
        assert_eq!(table(&store, stream), api.source(), "{model:?}");
        // The same for a position that cannot be read.
        api.world().patience = Some(1);
        api.world().now += 100;
        for _ in 0..25 {
            api.world().apply(Change::Insert);
        }
        run(&api, &store, stream).err().expect("cut off");
        api.world().patience = None;
        api.world().refuses_positions = false;
        let other = "UPDATE linchpin_checkpoint SET run = json_set(run, '$.position', json('{\"x\":1}'))";
        store.connection().execute_batch(other).expect("a position of another kind");
        assert!(run(&api, &store, stream).expect("a restart").restarted, "{model:?}");
        assert_eq!(table(&store, stream), api.source(), "{model:?}");
    }
}

#[test]
fn positions_that_shift_are_taken_one_page_earlier_and_only_for_a_while() {
    let model = Model { offsets: true, ..NEWEST_FIRST };
    let stream = stream_of(model);
    for (seconds, pages) in [(0, 3), (14 * 60, 3), (16 * 60, 5), (-5, 5)] {
        let api = Api::filled(model, 45);
        let store = Store::in_memory(&CONTRACT).expect("a store");
        api.world().patience = Some(3);
        run(&api, &store, stream).err().expect("cut off after three pages");
        api.world().patience = None;
        api.world().now += seconds;
        let outcome = run(&api, &store, stream).expect("a run");
        assert_eq!(outcome.progress.pages, pages, "{seconds} s later");
        assert_eq!(table(&store, stream), api.source(), "{seconds} s later");
    }
}

#[test]
fn a_shifted_position_that_holds_nothing_any_more_is_no_end() {
    let model = Model { offsets: true, stamp: Stamp::Counter, ..WITHOUT_ORDER };
    let stream = stream_of(model);
    let api = Api::filled(model, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    api.world().patience = Some(4);
    run(&api, &store, stream).err().expect("cut off after four pages");
    api.world().patience = None;
    // Half of what was read is deleted: page four is past the end now, and record 45 was never read.
    api.world().items.retain(|id, _| *id > 20);
    assert_eq!(api.world().items.len(), 25);
    let outcome = run(&api, &store, stream).expect("a run");
    assert!(outcome.restarted);
    assert!(api.source().iter().all(|(key, record)| table(&store, stream).get(key) == Some(record)));
}

#[test]
fn an_order_that_does_not_hold_is_noticed_and_not_trusted() {
    let stream = stream_of(ORDERED);
    let api = Api::filled(ORDERED, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    api.world().disorderly = true;
    api.world().patience = Some(2);
    run(&api, &store, stream).err().expect("cut off after two pages");
    let checkpoint = store.checkpoint(stream).expect("a checkpoint");
    assert_eq!(checkpoint.bookmark, None, "the bookmark of the first page is taken back");
    assert!(checkpoint.run.expect("a run").unordered);
    api.world().patience = None;
    let outcome = run(&api, &store, stream).expect("the rest");
    assert!(outcome.unordered && outcome.resumed);
    assert_eq!(table(&store, stream), api.source());
    assert!(outcome.bookmark.is_some(), "promoted at the end");
    // In order at first, and noticed only after a restart: the bookmark goes back to where the run began, not where it was resumed.
    let api = Api::filled(ORDERED, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    api.world().patience = Some(2);
    run(&api, &store, stream).err().expect("cut off after two pages in order");
    assert!(store.checkpoint(stream).expect("a checkpoint").bookmark.is_some());
    api.world().disorderly = true;
    api.world().patience = Some(1);
    run(&api, &store, stream).err().expect("cut off after a page of older records");
    assert_eq!(store.checkpoint(stream).expect("a checkpoint").bookmark, None);
    // Newest first that is not so: the run reads to the end instead of ending early.
    let stream = stream_of(NEWEST_FIRST);
    let api = Api::filled(NEWEST_FIRST, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    run(&api, &store, stream).expect("a run in order");
    {
        let mut world = api.world();
        world.now += 100;
        // It stays on the second page, below older ones. Had it been further down, nothing would have told.
        world.apply(Change::Update(30));
        world.disorderly = true;
    }
    let outcome = run(&api, &store, stream).expect("a run out of order");
    assert!(outcome.unordered);
    assert_eq!((outcome.progress.pages, outcome.stop), (5, RunStop::EndOfPages));
    assert_eq!(table(&store, stream), api.source());
}

#[test]
fn a_record_that_leaves_the_pages_before_pulls_no_other_out_of_sight() {
    let stream = stream_of(ASCENDING_BY_OFFSET);
    let api = Api::filled(ASCENDING_BY_OFFSET, 45);
    // Before the third page the oldest record moves to the end, and all others one place forward.
    api.world().meanwhile = vec![Change::Update(0), Change::Tick, Change::Tick];
    let store = Store::in_memory(&CONTRACT).expect("a store");
    let outcome = run(&api, &store, stream).expect("a run");
    assert_eq!(api.requests(), ["0", "10", "19", "28", "37"], "each list from the bookmark on");
    let twice = 4 + 1;
    assert_eq!(outcome.progress.records, 45 + twice, "one at each of four turns, and the one that moved");
    assert_eq!(table(&store, stream), api.source());
}

#[test]
fn a_server_that_ignores_the_parameter_is_read_to_its_end() {
    // It says that it filters, and serves everything whatever is asked.
    let stream = stream_of(ASCENDING_BY_OFFSET);
    let api = Api::filled(Model { filters: false, ..ASCENDING_BY_OFFSET }, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    for _ in 0..2 {
        run_from(&api, &store, stream, Some("0")).expect("a run");
        assert_eq!(table(&store, stream), api.source());
    }
}

#[test]
fn a_walk_that_turned_goes_back_to_where_it_began_when_the_order_does_not_hold() {
    let stream = stream_of(ASCENDING_BY_OFFSET);
    let api = Api::filled(ASCENDING_BY_OFFSET, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    api.world().patience = Some(2);
    run(&api, &store, stream).err().expect("cut off after two pages in order");
    api.world().patience = None;
    // Older than the bookmark, and out of order: only the list that the walk began with shows it.
    let unseen = 40;
    api.world().items.get_mut(&unseen).expect("a record").cursor = Some(5);
    api.world().disorderly = true;
    let outcome = run(&api, &store, stream).expect("the rest");
    assert!(outcome.unordered && outcome.resumed);
    let requests = api.requests();
    assert_eq!(requests.get(2).map(String::as_str), Some("19"), "{requests:?}");
    assert_eq!(requests.last().map(String::as_str), Some("0"), "{requests:?}");
    assert_eq!(table(&store, stream), api.source());
}

#[test]
fn records_at_the_boundary_come_twice_and_stand_once() {
    for model in [ORDERED, NEWEST_FIRST, WITHOUT_ORDER] {
        let stream = stream_of(model);
        let api = Api::new(model);
        for _ in 0..25 {
            api.world().apply(Change::Insert);
        }
        let store = Store::in_memory(&CONTRACT).expect("a store");
        run(&api, &store, stream).expect("a run");
        // In the same second, after the run: as late as the bookmark.
        api.world().apply(Change::Insert);
        let outcome = run(&api, &store, stream).expect("a second run");
        assert_eq!(outcome.progress.counts.new, 1, "{model:?}");
        assert_eq!(outcome.progress.counts.unchanged, 25, "{model:?}: all are of that second");
        assert_eq!(table(&store, stream), api.source(), "{model:?}");
    }
}

#[test]
fn the_cursor_parameter_goes_from_the_start_value_to_the_bookmark() {
    let stream = stream_of(ORDERED);
    let api = Api::filled(ORDERED, 5);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    run_from(&api, &store, stream, Some("2020-01-01T00:00:00Z")).expect("a run");
    assert_eq!(api.requests(), ["2020-01-01T00:00:00Z"]);
    let outcome = run_from(&api, &store, stream, Some("2020-01-01T00:00:00Z")).expect("a run");
    assert_eq!(api.requests(), [moment(1_700_000_004).to_string()]);
    assert_eq!(outcome.progress.counts.unchanged, 1, "the record at the boundary");
    let epoch = Model { stamp: Stamp::Epoch, ..ORDERED };
    let api = Api::filled(epoch, 5);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    run_from(&api, &store, stream_of(epoch), Some("2020-01-01T00:00:00Z")).expect("a run");
    assert_eq!(api.requests(), ["1577836800"], "as the parameter's format wants it");
}

#[test]
fn a_resumed_walk_keeps_the_parameter_that_it_began_with() {
    let stream = stream_of(ORDERED);
    let api = Api::filled(ORDERED, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    api.world().patience = Some(2);
    run_from(&api, &store, stream, Some("1990-01-01T00:00:00Z")).err().expect("cut off");
    api.world().patience = None;
    run_from(&api, &store, stream, Some("1990-01-01T00:00:00Z")).expect("the rest");
    let requests = api.requests();
    assert!(requests.iter().all(|since| since == "1990-01-01T00:00:00Z"), "{requests:?}");
}

#[test]
fn the_bookmark_never_passes_the_start_of_the_run() {
    for (model, margin) in [(ORDERED, 0), (NEWEST_FIRST, 0), (WITHOUT_ORDER, 60)] {
        let stream = stream_of(model);
        let api = Api::filled(model, 5);
        let store = Store::in_memory(&CONTRACT).expect("a store");
        let now = api.world().now;
        api.world().now += 1_000_000;
        api.world().apply(Change::Update(2));
        api.world().now = now;
        let outcome = run(&api, &store, stream).expect("a run");
        let expected = json!(moment(now - margin).to_string()).to_string();
        assert_eq!(outcome.bookmark, Some(expected), "{model:?}: one record is dated in the future");
    }
}

#[test]
fn records_without_a_cursor_value_are_stored_and_counted() {
    for model in [ORDERED, NEWEST_FIRST, WITHOUT_ORDER] {
        let stream = stream_of(model);
        let api = Api::filled(model, 25);
        for id in [3, 20] {
            api.world().items.get_mut(&id).expect("a record").cursor = None;
        }
        let store = Store::in_memory(&CONTRACT).expect("a store");
        let outcome = run(&api, &store, stream).expect("a run");
        assert_eq!(outcome.without_cursor, 2, "{model:?}");
        assert_eq!(table(&store, stream), api.source(), "{model:?}");
    }
}

#[test]
fn a_page_with_a_record_without_key_stops_the_stream_and_moves_nothing() {
    const MISSING: &[Path] = &[&["id"], &["account", "id"]];
    let stream = leaked(ORDERED, stream_of(ORDERED).cursor.as_ref().map(|_| cursor_by_changed()), MISSING);
    let api = Api::filled(ORDERED, 25);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    let failure = run(&api, &store, stream).err().expect("no key");
    assert!(matches!(failure.cause, Cause::Key { record: 0, .. }), "{failure:?}");
    assert_eq!(store.count(stream).expect("a count"), 0);
    assert_eq!(store.checkpoint(stream).expect("a checkpoint"), Default::default());
}

fn cursor_by_changed() -> Cursor {
    Cursor {
        field: CHANGED,
        target: Some(Target::Parameter(0)),
        format: CursorFormat::AsIs,
        start: None,
        order: Order::Ascending,
    }
}

#[test]
fn a_stream_without_cursor_is_read_whole_each_time() {
    let stream = leaked(WITHOUT_ORDER, None, &[&["id"]]);
    let api = Api::filled(Model { filters: false, ..WITHOUT_ORDER }, 25);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    for new in [25, 0] {
        let outcome = run(&api, &store, stream).expect("a run");
        assert_eq!((outcome.progress.records, outcome.progress.counts.new), (25, new));
        assert_eq!((outcome.bookmark, outcome.without_cursor), (None, 0));
    }
}

#[test]
fn an_empty_stream_ends_well() {
    for model in models() {
        let api = Api::new(model);
        let store = Store::in_memory(&CONTRACT).expect("a store");
        let outcome = run(&api, &store, stream_of(model)).expect("a run");
        assert_eq!((outcome.progress.records, outcome.bookmark), (0, None), "{model:?}");
    }
}

#[test]
fn a_position_of_another_version_is_not_used() {
    let stream = stream_of(WITHOUT_ORDER);
    let api = Api::filled(WITHOUT_ORDER, 45);
    let store = Store::in_memory(&CONTRACT).expect("a store");
    api.world().patience = Some(3);
    run(&api, &store, stream).err().expect("cut off");
    api.world().patience = None;
    let now = || moment(api.world().now);
    let engine = Engine {
        stream,
        contract_version: "2.0.0",
        ledger: &StreamLedger { store: &store, stream },
        inspector: &Inspector::new(&CONTRACT, stream, StreamDrift::default(), 1),
        slice: None,
        cap: None,
        start: None,
        now: &now,
        on_page: &|_| {},
    };
    let outcome = engine.run(&api).now_or_never().expect("at once").expect("a run");
    assert_eq!((outcome.resumed, outcome.progress.pages), (false, 5));
}

// ---- random histories

/// One run of a history: what changes before it, what changes under it, and after how many requests it is cut off.
#[derive(Clone, Debug)]
struct Round {
    before: Vec<Change>,
    meanwhile: Vec<Change>,
    patience: Option<usize>,
    within: bool,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Insert),
        2 => (0..200_usize).prop_map(Change::Update),
        1 => Just(Change::Tick),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    (
        prop::collection::vec(change(), 0..12),
        prop::collection::vec(change(), 0..12),
        prop::option::of(0..6_usize),
        any::<bool>(),
    )
        .prop_map(|(before, meanwhile, patience, within)| Round { before, meanwhile, patience, within })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_table_equals_the_source_in_the_end(
        model in prop::sample::select([models(), vec![ASCENDING_BY_OFFSET; 3]].concat()),
        page in 1..6_usize,
        records in 0..25_u64,
        rounds in prop::collection::vec(round(), 1..8),
    ) {
        let by_offset = model.order == Order::Ascending && model.offsets;
        let model = Model { page: if by_offset { page + 1 } else { page }, ..model };
        let stream = stream_of(model);
        let api = Api::filled(model, records);
        let store = Store::in_memory(&CONTRACT).expect("a store");
        for round in rounds {
            for change in round.before {
                api.world().apply(change);
            }
            {
                let mut world = api.world();
                world.meanwhile = round.meanwhile;
                world.patience = round.patience.filter(|_| !round.within);
            }
            let cut = round.patience.filter(|_| round.within);
            if let Some(pages) = cut {
                cut_before_checkpoint(&store, pages);
            }
            let _ = run(&api, &store, stream);
            if cut.is_some() {
                store.connection().execute_batch("DROP TRIGGER cut").expect("whole again");
            }
        }
        {
            let mut world = api.world();
            world.meanwhile.clear();
            world.patience = None;
        }
        // The first run may go on with a walk that was cut off, and leave what came since to the second.
        for _ in 0..2 {
            run(&api, &store, stream).expect("a quiet run");
        }
        prop_assert_eq!(table(&store, stream), api.source());
        let bookmark = store.checkpoint(stream).expect("a checkpoint").bookmark;
        prop_assert!(bookmark.as_deref().is_none_or(|json| CursorValue::from_json(json).is_some()));
    }
}
