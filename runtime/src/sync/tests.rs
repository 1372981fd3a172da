//! Runs against a model of a server, whose records change while they are read and which is cut off at every edge.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::FutureExt;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;

use crate::contract::{
    Auth, Contract, Cursor, CursorFormat, End, Method, Operation, Order, PageSize, Paging, Path, Server,
    Shape, Strategy as PagingStrategy, Stream, Token,
};
use crate::store::{Store, StoreError};

use super::cursor::CursorValue;
use super::engine::{Cause, Engine, Failure, Outcome, RunStop};
use super::source::{PageSource, SourceError, SourcePage, SourcePages};

// ---- the model of a server

/// What its cursor field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    /// `"2024-..Z"`, whole seconds, so that several records share one.
    Time,
    /// Seconds since 1970.
    Epoch,
    /// A counter over all changes.
    Counter,
}

#[derive(Clone, Copy, Debug)]
struct Model {
    stamp: Stamp,
    order: Order,
    /// Whether it leaves out what is older than the cursor's parameter.
    filters: bool,
    /// Positions are offsets, which shift; otherwise they name the last record.
    offsets: bool,
    page: usize,
}

#[derive(Clone, Debug)]
struct Item {
    cursor: Option<i64>,
    version: u64,
}

struct World {
    model: Model,
    items: BTreeMap<u64, Item>,
    /// Seconds since 1970, of the server and the runtime alike.
    now: i64,
    counter: i64,
    /// Requests until it breaks off; it then refuses each until it is set anew.
    patience: Option<usize>,
    refuses_positions: bool,
    /// Lists against the declared order.
    disorderly: bool,
    requests: Vec<String>,
    /// Changes that happen before each request, while there are any.
    meanwhile: Vec<Change>,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Insert,
    /// The record of that rank gets a new version and cursor value.
    Update(usize),
    Tick,
}

#[derive(Clone)]
struct Api(Arc<Mutex<World>>);

#[derive(Debug, PartialEq)]
enum Broken {
    Off,
    Position,
}

impl SourceError for Broken {
    fn refuses_position(&self) -> bool {
        *self == Self::Position
    }
}

impl World {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Tick => self.now += 1,
            Change::Insert => {
                let id = self.items.len() as u64 + 1;
                let cursor = self.stamp();
                self.items.insert(id, Item { cursor: Some(cursor), version: 1 });
            }
            Change::Update(rank) => {
                let stamp = self.stamp();
                let rank = rank % self.items.len().max(1);
                if let Some(item) = self.items.values_mut().nth(rank) {
                    item.cursor = Some(stamp);
                    item.version += 1;
                }
            }
        }
    }

    fn stamp(&mut self) -> i64 {
        self.counter += 1;
        if self.model.stamp == Stamp::Counter { self.counter } else { self.now }
    }

    fn json(&self, id: u64, item: &Item) -> String {
        let changed = match (self.model.stamp, item.cursor) {
            (_, None) => json!(null),
            (Stamp::Time, Some(second)) => json!(moment(second).to_string()),
            (Stamp::Epoch | Stamp::Counter, Some(number)) => json!(number),
        };
        json!({"id": id, "changed": changed, "version": item.version}).to_string()
    }

    /// Ids and cursors in the order in which they are listed.
    fn listed(&self, since: Option<&str>) -> Vec<(u64, Option<i64>)> {
        let since = since.filter(|_| self.model.filters).map(|since| {
            since.parse::<i64>().unwrap_or_else(|_| {
                since.parse::<Timestamp>().expect("a parameter in the declared format").as_second()
            })
        });
        let mut all: Vec<_> = self
            .items
            .iter()
            .map(|(id, item)| (*id, item.cursor))
            .filter(|(_, cursor)| since.is_none_or(|since| cursor.is_none_or(|cursor| cursor >= since)))
            .collect();
        match self.model.order {
            _ if self.disorderly => all.reverse(),
            Order::Ascending => all.sort_by_key(|(id, cursor)| (*cursor, *id)),
            Order::Descending => {
                all.sort_by_key(|(id, cursor)| (std::cmp::Reverse(*cursor), std::cmp::Reverse(*id)));
            }
            Order::None => {}
        }
        all
    }

    /// Where the listing goes on after a record that may have moved since.
    fn after(&self, all: &[(u64, Option<i64>)], last: (u64, Option<i64>)) -> usize {
        let place = |(id, cursor): (u64, Option<i64>)| match self.model.order {
            Order::Ascending => (cursor.unwrap_or(0), id as i64),
            Order::Descending => (-cursor.unwrap_or(0), -(id as i64)),
            Order::None => (0, id as i64),
        };
        if self.disorderly {
            return all.iter().position(|item| item.0 < last.0).unwrap_or(all.len());
        }
        all.iter().position(|item| place(*item).cmp(&place(last)) == Ordering::Greater).unwrap_or(all.len())
    }
}

#[derive(Clone)]
enum At {
    Offset(usize),
    After(u64, Option<i64>),
}

struct ModelPages {
    api: Api,
    since: Option<String>,
    next: Option<At>,
    resumed: bool,
}

struct ModelPage(Vec<Box<RawValue>>);

impl SourcePage for ModelPage {
    type Error = Broken;

    fn records(&self) -> Result<Vec<&RawValue>, Broken> {
        Ok(self.0.iter().map(|raw| &**raw).collect())
    }
}

impl SourcePages for ModelPages {
    type Page = ModelPage;
    type Error = Broken;

    async fn next(&mut self) -> Result<Option<ModelPage>, Broken> {
        let Some(at) = self.next.take() else { return Ok(None) };
        let mut world = self.api.world();
        if let Some(change) = world.meanwhile.pop() {
            world.apply(change);
        }
        if let Some(patience) = &mut world.patience {
            *patience = patience.checked_sub(1).ok_or(Broken::Off)?;
        }
        world.requests.push(self.since.clone().unwrap_or_default());
        if std::mem::take(&mut self.resumed) && world.refuses_positions {
            return Err(Broken::Position);
        }
        let all = world.listed(self.since.as_deref());
        let start = match at {
            At::Offset(offset) => offset.min(all.len()),
            At::After(id, cursor) => world.after(&all, (id, cursor)),
        };
        let served: Vec<_> = all.iter().copied().skip(start).take(world.model.page).collect();
        let end = start + served.len();
        self.next = served
            .last()
            .filter(|_| end < all.len())
            .map(|(id, cursor)| if world.model.offsets { At::Offset(end) } else { At::After(*id, *cursor) });
        let json = served.iter().filter_map(|(id, _)| world.items.get(id).map(|item| world.json(*id, item)));
        Ok(Some(ModelPage(json.map(|json| RawValue::from_string(json).expect("JSON")).collect())))
    }

    fn position(&self) -> Option<serde_json::Value> {
        self.next.as_ref().map(|at| match at {
            At::Offset(offset) => json!({ "offset": offset }),
            At::After(id, cursor) => json!({ "after": [id, cursor] }),
        })
    }
}

impl PageSource for Api {
    type Pages = ModelPages;

    fn open(&self, since: Option<&str>, position: Option<&serde_json::Value>) -> Result<ModelPages, Broken> {
        let at = match position {
            None => At::Offset(0),
            Some(position) => match position.get("offset").and_then(serde_json::Value::as_u64) {
                Some(offset) => At::Offset(offset as usize),
                None => {
                    let after = position
                        .get("after")
                        .and_then(|after| Some(At::After(after.get(0)?.as_u64()?, after.get(1)?.as_i64())));
                    after.ok_or(Broken::Position)?
                }
            },
        };
        Ok(ModelPages {
            api: self.clone(),
            since: since.map(str::to_owned),
            next: Some(at),
            resumed: position.is_some(),
        })
    }
}

impl Api {
    fn new(model: Model) -> Self {
        Self(Arc::new(Mutex::new(World {
            model,
            items: BTreeMap::new(),
            now: 1_700_000_000,
            counter: 0,
            patience: None,
            refuses_positions: false,
            disorderly: false,
            requests: Vec::new(),
            meanwhile: Vec::new(),
        })))
    }

    /// With `count` records, one a second.
    fn filled(model: Model, count: u64) -> Self {
        let api = Self::new(model);
        for _ in 0..count {
            api.world().apply(Change::Insert);
            api.world().apply(Change::Tick);
        }
        api
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn source(&self) -> BTreeMap<String, String> {
        let world = self.world();
        world.items.iter().map(|(id, item)| (id.to_string(), world.json(*id, item))).collect()
    }

    /// Requests since the last call, by the parameter that they carried.
    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.world().requests)
    }
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

// ---- streams that fit the model

static CONTRACT: Contract = Contract {
    name: "model",
    version: "1.0.0",
    title: "",
    description: "",
    config: &[],
    server: Server { url: "", environments: &[] },
    auth: Auth::None,
    headers: &[],
    operations: &[],
    limits: &[],
    wait_sources: &[],
    streams: &[],
};

const END: End = End { more: None, done: None, total_records: None, total_pages: None };

const fn operation(strategy: PagingStrategy) -> Operation {
    Operation {
        id: "listThings",
        method: Method::Get,
        path: "/things",
        tag: "things",
        parameters: &[],
        body: None,
        responses: &[],
        idempotent: true,
        idempotency_key: None,
        authorised: true,
        paging: Some(Paging {
            scheme: "model",
            strategy,
            size: None::<PageSize>,
            records: Some(&[]),
            key: &[],
        }),
        limits: &[],
    }
}

static BY_OFFSET: Operation = operation(PagingStrategy::Offset { parameter: 0, end: END });
static BY_TOKEN: Operation =
    operation(PagingStrategy::Cursor { parameter: 0, next: Token::Body(&["next"]), end: END });

const CHANGED: Path = &["changed"];

fn stream_of(model: Model) -> &'static Stream {
    let cursor = Cursor {
        field: CHANGED,
        parameter: model.filters.then_some(0),
        property: None,
        format: if model.stamp == Stamp::Epoch { CursorFormat::EpochSeconds } else { CursorFormat::AsIs },
        start: None,
        order: model.order,
    };
    leaked(model, Some(cursor), &[&["id"]])
}

fn leaked(model: Model, cursor: Option<Cursor>, key: &'static [Path]) -> &'static Stream {
    Box::leak(Box::new(Stream {
        name: "things",
        description: "",
        operation: if model.offsets { &BY_OFFSET } else { &BY_TOKEN },
        records: &[],
        key,
        cursor,
        parameters: &[],
        shape: Shape::Any,
    }))
}

fn run(api: &Api, store: &Store, stream: &'static Stream) -> Result<Outcome, Failure<Broken>> {
    run_from(api, store, stream, None)
}

fn run_from(
    api: &Api,
    store: &Store,
    stream: &'static Stream,
    start: Option<&str>,
) -> Result<Outcome, Failure<Broken>> {
    let now = || moment(api.world().now);
    let engine =
        Engine { stream, contract_version: CONTRACT.version, store, start, now: &now, on_page: &|_| {} };
    engine.run(api).now_or_never().expect("the model answers at once")
}

fn table(store: &Store, stream: &'static Stream) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    store.for_each(stream, |row| drop(rows.insert(row.key, row.record))).expect("rows");
    rows
}

const ORDERED: Model =
    Model { stamp: Stamp::Time, order: Order::Ascending, filters: true, offsets: false, page: 10 };
const NEWEST_FIRST: Model = Model { order: Order::Descending, filters: false, ..ORDERED };
const WITHOUT_ORDER: Model = Model { order: Order::None, ..ORDERED };

/// Every kind of stream that the model plays without losing records by itself.
fn models() -> Vec<Model> {
    let mut models = Vec::new();
    for stamp in [Stamp::Time, Stamp::Epoch, Stamp::Counter] {
        for (order, filters) in [
            (Order::Ascending, true),
            (Order::Ascending, false),
            (Order::None, true),
            (Order::None, false),
            (Order::Descending, false),
            (Order::Descending, true),
        ] {
            models.push(Model { stamp, order, filters, offsets: false, page: 10 });
            // Offsets into an ascending list skip records when one moves to its end; no client can make up for it.
            if order != Order::Ascending {
                models.push(Model { stamp, order, filters, offsets: true, page: 10 });
            }
        }
    }
    models
}

// ---- scenarios

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
        parameter: Some(0),
        property: None,
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
    let engine =
        Engine { stream, contract_version: "2.0.0", store: &store, start: None, now: &now, on_page: &|_| {} };
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
        model in prop::sample::select(models()),
        page in 1..6_usize,
        records in 0..25_u64,
        rounds in prop::collection::vec(round(), 1..8),
    ) {
        let model = Model { page, ..model };
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
