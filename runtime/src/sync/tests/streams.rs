//! Contracts that fit the model, and runs over it.

use std::collections::BTreeMap;

use futures_util::FutureExt;

use crate::contract::{
    Auth, Base, Contract, Cursor, CursorFormat, End, Method, Operation, Order, Paging, Path, Security,
    Server, Shape, Source, Strategy, Stream, Target, Token,
};
use crate::drift::{Inspector, StreamDrift};
use crate::store::Store;
use crate::sync::engine::{Engine, Failure, Outcome};
use crate::sync::ledger::StreamLedger;

use super::model::{Api, Broken, Model, Stamp, moment};

pub(super) static CONTRACT: Contract = Contract {
    name: "model",
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
};

pub(super) const END: End = End::NONE;

pub(super) const fn operation(strategy: Strategy) -> Operation {
    Operation {
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
        paging: Some(Paging { records: Some(&[]), ..Paging::new("model", strategy) }),
        limits: &[],
    }
}

pub(super) static BY_OFFSET: Operation =
    operation(Strategy::Offset { target: Target::Parameter(0), first: 0, end: END });
pub(super) static BY_TOKEN: Operation = operation(Strategy::Cursor {
    target: Target::Parameter(0),
    first: None,
    next: Token::Body(&["next"]),
    end: END,
});

pub(super) const CHANGED: Path = &["changed"];

pub(super) fn stream_of(model: Model) -> &'static Stream {
    let cursor = Cursor {
        field: CHANGED,
        target: model.filters.then_some(Target::Parameter(0)),
        format: if model.stamp == Stamp::Epoch { CursorFormat::EpochSeconds } else { CursorFormat::AsIs },
        start: None,
        order: model.order,
    };
    leaked(model, Some(cursor), &[&["id"]])
}

pub(super) fn leaked(model: Model, cursor: Option<Cursor>, key: &'static [Path]) -> &'static Stream {
    Box::leak(Box::new(plain(model, cursor, key)))
}

pub(super) fn plain(model: Model, cursor: Option<Cursor>, key: &'static [Path]) -> Stream {
    Stream {
        name: "things",
        description: "",
        operation: if model.offsets { &BY_OFFSET } else { &BY_TOKEN },
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

pub(super) fn run(api: &Api, store: &Store, stream: &'static Stream) -> Result<Outcome, Failure<Broken>> {
    let model = api.world().model;
    let start = match model.stamp {
        _ if !model.filters => None,
        Stamp::Time => Some("2000-01-01T00:00:00Z"),
        Stamp::Epoch | Stamp::Counter => Some("0"),
    };
    run_from(api, store, stream, start)
}

pub(super) fn run_from(
    api: &Api,
    store: &Store,
    stream: &'static Stream,
    start: Option<&str>,
) -> Result<Outcome, Failure<Broken>> {
    let now = || moment(api.world().now);
    let engine = Engine {
        stream,
        contract_version: CONTRACT.version,
        ledger: &StreamLedger { store, stream },
        inspector: &Inspector::new(&CONTRACT, stream, StreamDrift::default(), 1),
        slice: None,
        cap: None,
        start,
        now: &now,
        on_page: &|_| {},
    };
    engine.run(api).now_or_never().expect("the model answers at once")
}

pub(super) fn table(store: &Store, stream: &'static Stream) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    store.for_each(stream, |row| drop(rows.insert(row.key, row.record))).expect("rows");
    rows
}

pub(super) const ORDERED: Model =
    Model { stamp: Stamp::Time, order: Order::Ascending, filters: true, offsets: false, page: 10 };
pub(super) const NEWEST_FIRST: Model = Model { order: Order::Descending, filters: false, ..ORDERED };
pub(super) const WITHOUT_ORDER: Model = Model { order: Order::None, ..ORDERED };

/// Its values are unlike one another, so every page of two moves the bookmark.
pub(super) const ASCENDING_BY_OFFSET: Model = Model { stamp: Stamp::Counter, offsets: true, ..ORDERED };

/// Every kind of stream that the model plays without losing records by itself.
pub(super) fn models() -> Vec<Model> {
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
            // Offsets into an ascending list are apart: [`ASCENDING_BY_OFFSET`].
            if order != Order::Ascending {
                models.push(Model { stamp, order, filters, offsets: true, page: 10 });
            }
        }
    }
    models
}
