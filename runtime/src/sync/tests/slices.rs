//! Slices by parent, by value and by window, cut off at every edge.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::contract::{Cap, Slices, Stream};
use crate::store::{Store, StoreError};
use crate::sync::engine::Cause;

use super::shop::{Broken, FIRST, Shop, by_each, by_owner, by_window, run, stream};
use super::streams::{CONTRACT, table};

fn store() -> Store {
    Store::in_memory(&CONTRACT).expect("a store")
}

/// How each slice ended last, by its name.
fn outcomes(store: &Store, stream: &'static Stream) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let visit = |name: &str, state: crate::store::SliceState| {
        all.insert(name.to_owned(), state.outcome.unwrap_or_default());
    };
    store.for_each_slice(stream, visit).expect("slices");
    all
}

#[test]
fn every_child_of_every_parent_stands_once_under_both_keys() {
    for at_once in [1, 4] {
        let shop = Shop::filled(9, 3);
        let (store, stream) = (store(), stream(by_owner(at_once, false), false));
        shop.sync_owners(&store);
        let done = run(&shop, &store, stream).expect("a run");
        assert_eq!(table(&store, stream), shop.source(true), "{at_once} at once");
        assert_eq!((done.tally.report.read, done.tally.report.failed, done.resumed), (9, 0, false));
        assert_eq!(done.tally.report.stops, BTreeMap::from([("end_of_pages", 9)]));
        assert_eq!(done.progress.records, 45);
        let mut given = BTreeSet::new();
        let connection = store.connection();
        let mut statement = connection.prepare("SELECT parent FROM children").expect("the column");
        for parent in statement.query_map([], |row| row.get::<_, String>(0)).expect("rows") {
            given.insert(parent.expect("a text"));
        }
        assert_eq!(given.len(), 9, "{given:?}");
        assert!(given.contains(r#"{"owner":7}"#), "as the parent has it: {given:?}");
    }
}

#[test]
fn more_parents_than_a_batch_are_read_in_the_order_of_their_keys() {
    let shop = Shop::new(3);
    for owner in 1..=450 {
        shop.world().owners.insert(owner, FIRST);
        shop.world().add(owner, FIRST);
    }
    let (store, stream) = (store(), stream(by_owner(1, false), false));
    shop.sync_owners(&store);
    run(&shop, &store, stream).expect("a run");
    assert_eq!(table(&store, stream), shop.source(true));
    let read: Vec<String> = shop.requests().into_iter().map(|(owner, _)| owner).collect();
    let mut sorted = read.clone();
    sorted.sort();
    assert_eq!(read, sorted);
}

#[test]
fn cut_off_at_every_edge_finished_slices_are_not_read_again_and_nothing_is_lost() {
    for offsets in [false, true] {
        for at_once in [1, 4] {
            for within in [false, true] {
                for edge in 0..18 {
                    let what =
                        format!("offsets: {offsets}, {at_once} at once, within: {within}, edge {edge}");
                    let shop = Shop::filled(9, 3);
                    let (store, stream) = (store(), stream(by_owner(at_once, false), offsets));
                    shop.sync_owners(&store);
                    cut(&shop, &store, stream, edge, within, &what);
                    let done: BTreeSet<String> = outcomes(&store, stream)
                        .into_iter()
                        .filter(|(_, outcome)| outcome == "read to its end")
                        .map(|(name, _)| name)
                        .collect();
                    let stored = table(&store, stream);
                    let source = shop.source(true);
                    assert!(stored.iter().all(|(key, record)| source.get(key) == Some(record)), "{what}");
                    // Children come while the rest is read: of lists that are done they are the next round's.
                    shop.requests();
                    shop.world().meanwhile = vec![9, 1, 5];
                    let second = run(&shop, &store, stream).expect(&what);
                    assert_eq!(second.tally.report.failed, 0, "{what}");
                    assert!(second.resumed, "{what}");
                    let read: BTreeSet<String> =
                        shop.requests().into_iter().map(|(owner, _)| owner).collect();
                    assert!(read.is_disjoint(&done), "{what}: {done:?} were done, and {read:?} were read");
                    let third = run(&shop, &store, stream).expect(&what);
                    assert!(!third.resumed, "{what}");
                    assert_eq!(table(&store, stream), shop.source(true), "{what}");
                }
            }
        }
    }
}

/// Runs until the edge: a request that is not answered, or a commit that does not happen.
fn cut(shop: &Shop, store: &Store, stream: &'static Stream, edge: usize, within: bool, what: &str) {
    if !within {
        shop.world().patience = Some(edge);
        let cut = run(shop, store, stream).expect(what);
        assert!(cut.tally.abandoned && cut.tally.report.failed > 0, "{what}");
        assert!(matches!(cut.tally.failures.first(), Some((_, Cause::Source(Broken::Off)))), "{what}");
        shop.world().patience = None;
        return;
    }
    // The statement is an INSERT or a REPLACE; each page and each end of a slice is one.
    let trigger = format!(
        "CREATE TABLE IF NOT EXISTS commits (number INTEGER); DELETE FROM commits;
         CREATE TRIGGER count_cut BEFORE INSERT ON linchpin_slice BEGIN
             SELECT RAISE(ABORT, 'cut') WHERE (SELECT count(*) FROM commits) >= {edge};
             INSERT INTO commits VALUES (1);
         END"
    );
    make_slice_table(shop, store, stream);
    store.connection().execute_batch(&trigger).expect("a trigger");
    let (_, error) = run(shop, store, stream).err().expect(what);
    assert!(matches!(error, StoreError::Sqlite { .. }), "{what}: {error}");
    store.connection().execute_batch("DROP TRIGGER count_cut").expect("whole again");
}

/// The table of states is made by the first round; this one is cut off before its first page.
fn make_slice_table(shop: &Shop, store: &Store, stream: &'static Stream) {
    shop.world().patience = Some(0);
    run(shop, store, stream).expect("a run that reads nothing");
    shop.world().patience = None;
}

#[test]
fn a_slice_that_fails_is_red_and_the_others_are_read() {
    let shop = Shop::filled(30, 3);
    shop.world().broken = BTreeSet::from([4, 9]);
    let (store, stream) = (store(), stream(by_owner(4, false), false));
    shop.sync_owners(&store);
    let done = run(&shop, &store, stream).expect("a run");
    assert!(!done.tally.abandoned);
    assert_eq!((done.tally.report.read, done.tally.report.failed), (28, 2));
    let mut names: Vec<_> = done.tally.failures.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    assert_eq!(names, ["`4` of owners", "`9` of owners"]);
    let outcomes = outcomes(&store, stream);
    assert_eq!(outcomes["4"], "failed: Status(500)");
    assert_eq!(outcomes["5"], "read to its end");
    shop.world().broken.clear();
    let next = run(&shop, &store, stream).expect("a run");
    assert_eq!((next.tally.report.read, next.resumed), (30, false), "a new round");
    assert_eq!(table(&store, stream), shop.source(true));
}

#[test]
fn a_list_that_breaks_off_half_way_goes_on_there_in_the_next_round() {
    let shop = Shop::filled(1, 3);
    let second = FIRST + 50;
    (0..11).for_each(|_| shop.world().add(1, second));
    let (store, stream) = (store(), stream(by_owner(1, false), false));
    shop.sync_owners(&store);
    shop.world().depth = Some((6, Some(500)));
    let done = run(&shop, &store, stream).expect("a run");
    assert_eq!((done.tally.report.failed, done.progress.records), (1, 6));
    shop.world().depth = None;
    shop.requests();
    run(&shop, &store, stream).expect("the rest");
    assert_eq!(shop.requests(), [("1".to_owned(), 6), ("1".to_owned(), 9)]);
    assert_eq!(table(&store, stream), shop.source(true));
}

#[test]
fn too_many_failures_in_a_row_end_the_run_and_leave_the_round_open() {
    let shop = Shop::filled(60, 3);
    shop.world().broken = (1..=60).collect();
    let (store, stream) = (store(), stream(by_owner(1, false), false));
    shop.sync_owners(&store);
    let done = run(&shop, &store, stream).expect("a run");
    assert!(done.tally.abandoned);
    assert_eq!(done.tally.report.failed, 10);
    assert_eq!(shop.requests().len(), 10);
    shop.world().broken.clear();
    assert!(run(&shop, &store, stream).expect("a run").resumed);
    assert_eq!(table(&store, stream), shop.source(true));
}

#[test]
fn the_list_of_a_deleted_parent_is_skipped_and_what_is_stored_of_it_stays() {
    let shop = Shop::filled(5, 3);
    let (store, children) = (store(), stream(by_owner(1, false), false));
    shop.sync_owners(&store);
    run(&shop, &store, children).expect("a run");
    shop.world().gone.insert(3);
    let done = run(&shop, &store, children).expect("a run");
    assert_eq!((done.tally.report.gone, done.tally.report.read, done.tally.report.failed), (1, 4, 0));
    assert_eq!(table(&store, children), shop.source(true));
    assert_eq!(outcomes(&store, children)["3"], "gone");
    // Where that is not declared it is a failure.
    let mut slices = by_owner(1, false);
    if let crate::contract::Partition::Parent(parent) = &mut slices.partition {
        parent.skip_gone = false;
    }
    let strict = stream(slices, false);
    assert_eq!(run(&shop, &store, strict).expect("a run").tally.report.failed, 1);
}

#[test]
fn a_list_that_the_error_map_leaves_out_is_counted_and_asked_for_again() {
    let shop = Shop::filled(5, 3);
    let (store, stream) = (store(), stream(by_owner(2, true), false));
    shop.sync_owners(&store);
    shop.world().withheld.insert(3);
    let done = run(&shop, &store, stream).expect("a run");
    assert_eq!((done.tally.report.left_out, done.tally.report.read, done.tally.report.failed), (1, 4, 0));
    assert_eq!(outcomes(&store, stream)["3"], "left out");
    // Its parent did not change; what the server said of it may.
    shop.requests();
    shop.world().withheld.clear();
    run(&shop, &store, stream).expect("a run");
    let asked: BTreeSet<_> = shop.requests().into_iter().map(|(owner, _)| owner).collect();
    assert_eq!(asked, BTreeSet::from(["3".to_owned()]));
    assert_eq!(table(&store, stream), shop.source(true));
}

#[test]
fn only_the_lists_of_parents_that_changed_are_read_where_that_is_declared() {
    let shop = Shop::filled(5, 3);
    let (store, stream) = (store(), stream(by_owner(2, true), false));
    shop.sync_owners(&store);
    run(&shop, &store, stream).expect("a run");
    shop.requests();
    let read = |shop: &Shop| {
        shop.sync_owners(&store);
        run(shop, &store, stream).expect("a run");
        shop.requests().into_iter().map(|(owner, _)| owner).collect::<BTreeSet<_>>()
    };
    assert_eq!(read(&shop), BTreeSet::new(), "nothing changed");
    let now = shop.world().now;
    shop.world().owners.insert(2, now);
    shop.world().add(2, now);
    assert_eq!(read(&shop), BTreeSet::from(["2".to_owned()]));
    // It changed in the second of the reading, and may change in it once more.
    shop.world().add(2, now);
    assert_eq!(read(&shop), BTreeSet::from(["2".to_owned()]), "its value is not settled");
    shop.world().now += 120;
    assert_eq!(read(&shop), BTreeSet::from(["2".to_owned()]), "and now it is read for the last time");
    assert_eq!(read(&shop), BTreeSet::new());
    assert_eq!(table(&store, stream), shop.source(true));
    // A list that failed is tried again, though its parent does not change.
    shop.world().broken.insert(4);
    shop.world().owners.insert(4, now + 1);
    assert_eq!(read(&shop), BTreeSet::from(["4".to_owned()]));
    shop.world().broken.clear();
    assert_eq!(read(&shop), BTreeSet::from(["4".to_owned()]));
    assert_eq!(read(&shop), BTreeSet::new());
}

#[test]
fn values_of_the_manifest_have_a_list_each() {
    let shop = Shop::filled(4, 3);
    let (store, stream) = (store(), stream(by_each(&["4", "2"]), false));
    shop.world().patience = Some(2);
    run(&shop, &store, stream).expect("cut off");
    shop.world().patience = None;
    let done = run(&shop, &store, stream).expect("a run");
    assert!(done.resumed);
    let mut expected = shop.source(true);
    expected.retain(|key, _| key.starts_with("[\"2\"") || key.starts_with("[\"4\""));
    assert_eq!(table(&store, stream), expected);
}

#[test]
fn another_division_begins_anew_into_the_same_rows() {
    let shop = Shop::filled(4, 3);
    let store = store();
    let before = stream(by_owner(1, true), false);
    shop.sync_owners(&store);
    run(&shop, &store, before).expect("a run");
    let mut slices = by_owner(1, true);
    if let crate::contract::Partition::Parent(parent) = &mut slices.partition {
        parent.stream = "others";
    }
    let after = stream(slices, false);
    let done = run(&shop, &store, after).expect("a run");
    assert_eq!((done.tally.report.read, done.progress.counts.unchanged), (4, 10));
}

// ---- windows

/// Records whose ids are their own, one every ten seconds.
fn shop_of_times(count: u64) -> Shop {
    let shop = Shop::new(3);
    (0..count).for_each(|number| shop.world().add(1, FIRST + number as i64 * 10));
    shop.world().now = FIRST + count as i64 * 10 + 200;
    shop
}

#[test]
fn windows_that_are_complete_are_not_read_again_and_late_records_are_found() {
    for at_once in [1, 3] {
        let shop = shop_of_times(40);
        let (store, stream) = (store(), stream(by_window(at_once, 100, 1, None), false));
        let done = run(&shop, &store, stream).expect("a run");
        assert_eq!(
            done.tally.report.read, 8,
            "700 seconds from 100 before the first, by 100, and one to the end"
        );
        assert_eq!(table(&store, stream), shop.source(false));
        shop.requests();
        // A minute before the run began, which no clock is trusted with.
        let now = shop.world().now;
        shop.world().add(1, now - 59);
        shop.world().now += 500;
        run(&shop, &store, stream).expect("a run");
        let requests = shop.requests();
        assert!(requests.iter().all(|(from, _)| from.parse::<i64>().unwrap() >= now - 60), "{requests:?}");
        assert_eq!(table(&store, stream), shop.source(false));
    }
}

#[test]
fn a_window_that_is_too_large_is_split_whatever_tells_it() {
    // What tells it, how that is declared, and after how many records the server cuts the list off or with which status refuses more.
    type Deep = (&'static str, Cap, Option<(usize, Option<u16>)>);
    let caps: [Deep; 6] = [
        ("status", Cap { statuses: &[400], ..Cap::default() }, Some((6, Some(400)))),
        ("records", Cap { records: Some(6), ..Cap::default() }, Some((6, None))),
        ("offset", Cap { offset: Some(6), ..Cap::default() }, Some((6, Some(500)))),
        ("pages", Cap { pages: Some(2), ..Cap::default() }, Some((6, Some(500)))),
        ("total", Cap { records: Some(6), total: Some(&["total"]), ..Cap::default() }, Some((6, None))),
        (
            "total and offset",
            Cap { offset: Some(6), total: Some(&["total"]), ..Cap::default() },
            Some((6, Some(500))),
        ),
    ];
    for (what, cap, depth) in caps {
        let shop = shop_of_times(50);
        shop.world().depth = depth;
        let (store, stream) = (store(), stream(by_window(2, 400, 1, Some(cap)), false));
        let done = run(&shop, &store, stream).expect(what);
        assert_eq!(done.tally.report.failed, 0, "{what}: {:?}", done.tally.failures);
        assert!(done.tally.report.split > 3, "{what}: {:?}", done.tally.report);
        assert_eq!(table(&store, stream), shop.source(false), "{what}");
        if what == "total" {
            let deeper = shop.requests().into_iter().filter(|(_, start)| *start >= 6).count();
            assert_eq!(deeper, 0, "the first page says that it is too large");
        }
    }
}

#[test]
fn a_window_that_cannot_be_split_is_red_and_the_others_are_read() {
    let shop = shop_of_times(50);
    // Twenty in one second.
    (0..20).for_each(|_| shop.world().add(1, FIRST + 255));
    shop.world().depth = Some((6, Some(400)));
    let cap = Cap { statuses: &[400], ..Cap::default() };
    let (store, stream) = (store(), stream(by_window(2, 400, 1, Some(cap)), false));
    let done = run(&shop, &store, stream).expect("a run");
    assert_eq!(done.tally.report.failed, 2, "the seconds at whose edge they lie: {:?}", done.tally.failures);
    for (name, cause) in &done.tally.failures {
        assert!(matches!(cause, Cause::TooDeep(span) if *name == span.to_string()), "{name}: {cause:?}");
        assert!(name.starts_with("2023-11-14T22:17:3"), "{name}");
    }
    let stored = table(&store, stream);
    let missing: Vec<_> = shop.source(false).into_keys().filter(|key| !stored.contains_key(key)).collect();
    assert!(missing.iter().all(|key| key.parse::<u64>().unwrap() > 50), "{missing:?}");
    assert!(!missing.is_empty());
    // The API now lets more be read: the next run goes back to those windows only.
    shop.world().depth = None;
    shop.requests();
    assert_eq!(run(&shop, &store, stream).expect("a run").tally.report.failed, 0);
    assert_eq!(table(&store, stream), shop.source(false));
    assert!(shop.requests().len() < 20);
}

#[test]
fn windows_cut_off_at_every_edge_lose_nothing() {
    for at_once in [1, 3] {
        for within in [false, true] {
            for edge in 0..24 {
                let what = format!("{at_once} at once, within: {within}, edge {edge}");
                let shop = shop_of_times(50);
                shop.world().depth = Some((6, Some(400)));
                let cap = Cap { statuses: &[400], ..Cap::default() };
                let (store, stream) = (store(), stream(by_window(at_once, 400, 1, Some(cap)), false));
                cut(&shop, &store, stream, edge, within, &what);
                let now = shop.world().now;
                shop.world().add(1, now - 30);
                shop.world().now += 300;
                let done = run(&shop, &store, stream).expect(&what);
                assert_eq!(done.tally.report.failed, 0, "{what}: {:?}", done.tally.failures);
                assert_eq!(table(&store, stream), shop.source(false), "{what}");
            }
        }
    }
}

// ---- random histories

fn owners() -> impl Strategy<Value = Vec<(u64, usize)>> {
    prop::collection::vec((1u64..400, 0usize..8), 1..12)
}

/// A cut: at a request or within a commit, and after how many.
fn cuts() -> impl Strategy<Value = Vec<(bool, usize, Vec<u64>)>> {
    prop::collection::vec((any::<bool>(), 0usize..30, prop::collection::vec(1u64..400, 0..4)), 0..6)
}

fn survives(
    shop: &Shop,
    slices: Slices,
    by_parent: bool,
    cuts: &[(bool, usize, Vec<u64>)],
) -> Result<(), TestCaseError> {
    let (store, stream) = (store(), stream(slices, false));
    for (within, edge, meanwhile) in cuts {
        shop.sync_owners(&store);
        shop.world().meanwhile = if by_parent { meanwhile.clone() } else { vec![1; meanwhile.len()] };
        if *within {
            make_slice_table(shop, &store, stream);
            let trigger = format!(
                "DROP TABLE IF EXISTS commits; CREATE TABLE commits (number INTEGER);
                 CREATE TRIGGER count_cut BEFORE INSERT ON linchpin_slice BEGIN
                     SELECT RAISE(ABORT, 'cut') WHERE (SELECT count(*) FROM commits) >= {edge};
                     INSERT INTO commits VALUES (1);
                 END"
            );
            store.connection().execute_batch(&trigger).expect("a trigger");
            let _ = run(shop, &store, stream);
            store.connection().execute_batch("DROP TRIGGER count_cut").expect("whole again");
        } else {
            shop.world().patience = Some(*edge);
            run(shop, &store, stream).expect("the store is well");
            shop.world().patience = None;
        }
        shop.world().now += 7;
    }
    shop.world().meanwhile.clear();
    shop.sync_owners(&store);
    // The first may go on with a round that was cut off, and leave what came since to the second.
    for _ in 0..2 {
        let done = run(shop, &store, stream).expect("a quiet run");
        prop_assert_eq!(done.tally.report.failed, 0, "{:?}", done.tally.failures);
        shop.world().now += 7;
    }
    prop_assert_eq!(table(&store, stream), shop.source(by_parent));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_parents_children_and_kills_give_each_record_once(
        owners in owners(), cuts in cuts(), at_once in 1usize..5, page in 1usize..4,
    ) {
        let shop = Shop::new(page);
        for (owner, children) in owners {
            shop.world().owners.insert(owner, FIRST);
            (0..children).for_each(|_| shop.world().add(owner, FIRST));
        }
        // What is added meanwhile belongs to owners that there are.
        let known: Vec<u64> = shop.world().owners.keys().copied().collect();
        let cuts: Vec<_> = cuts
            .into_iter()
            .map(|(within, edge, meanwhile)| {
                let meanwhile = meanwhile.iter().map(|owner| known[*owner as usize % known.len()]).collect();
                (within, edge, meanwhile)
            })
            .collect();
        survives(&shop, by_owner(at_once, false), true, &cuts)?;
    }

    #[test]
    fn windows_over_random_times_and_caps_give_each_record_once(
        seconds in prop::collection::vec(0i64..5_000, 0..60), step in 1u64..3_000, deepest in 3usize..12,
        refuses in any::<bool>(), at_once in 1usize..4, cuts in cuts(),
    ) {
        let shop = Shop::new(3);
        let mut counts = BTreeMap::new();
        for second in &seconds {
            // No more in two neighbouring seconds than can be read at once, or no window could be small enough.
            let count = counts.entry(second / 2).or_insert(0);
            *count += 1;
            if *count == 1 {
                shop.world().add(1, FIRST + second);
            }
        }
        shop.world().now = FIRST + 5_100;
        let status = refuses.then_some(400);
        shop.world().depth = Some((deepest, status));
        let cap = if refuses {
            Cap { statuses: &[400], ..Cap::default() }
        } else {
            Cap { records: Some(deepest as u64), ..Cap::default() }
        };
        // Steps that are too short for the time would take all day.
        let step = step.max(200);
        // What is added meanwhile comes in one second; one at a time fits.
        let cuts: Vec<_> = cuts.into_iter().map(|(within, edge, _)| (within, edge, vec![1])).collect();
        survives(&shop, by_window(at_once, step, 1, Some(cap)), false, &cuts)?;
    }
}
