//! What jobs and whole bodies hold: the records that their requests ask for.

use std::collections::BTreeSet;

use linchpin_runtime::contract::*;

use super::*;
use crate::contract::BASE;

const JOB_ID: Parameter = Parameter {
    name: "id",
    location: Location::Path,
    required: true,
    style: Style::Simple,
    explode: false,
    allow_reserved: false,
    shape: Shape::String(""),
};
const SINCE: Parameter = Parameter {
    name: "since",
    location: Location::Query,
    required: false,
    style: Style::Form,
    shape: Shape::Integer,
    ..JOB_ID
};
const OPEN: Operation = Operation {
    security: Security::None,
    base: Base::Server,
    paging: None,
    parameters: &[JOB_ID],
    body: None,
    tag: "exports",
    ..BASE
};
const JSON: &[Response] =
    &[Response { from: 200, to: 200, media: Media::Json, media_type: "application/json", shape: Shape::Any }];
const LINES: &[Response] =
    &[Response { from: 200, to: 200, media: Media::Text, media_type: "text/plain", shape: Shape::Any }];
static OPERATIONS: [&Operation; 4] = [&CREATE, &POLL, &FETCH, &WHOLE];
static CREATE: Operation = Operation {
    id: "create_export",
    method: Method::Post,
    path: "/exports",
    parameters: &[],
    body: Some(Body {
        required: true,
        media: Media::Json,
        media_type: "application/json",
        shape: Shape::Any,
        parts: &[],
        styles: &[],
    }),
    responses: JSON,
    reads: true,
    ..OPEN
};
static POLL: Operation = Operation { id: "poll_export", path: "/exports/{id}", responses: JSON, ..OPEN };
static FETCH: Operation =
    Operation { id: "fetch_export", path: "/exports/{id}/file", responses: LINES, ..OPEN };
static WHOLE: Operation =
    Operation { id: "whole", path: "/whole", parameters: &[SINCE], responses: LINES, ..OPEN };

const fn operation(operation: &'static Operation) -> JobOperation {
    JobOperation { operation, id: 0, parameters: &[] }
}

const fn job(download: Download) -> Source {
    Source::Job(Job {
        body: &[(&["query", "kind"], "\"all\"")],
        id: &["id"],
        poll: operation(&POLL),
        status: &["state"],
        done: &["done"],
        failed: &["failed"],
        message: None,
        interval_milliseconds: 1,
        timeout_milliseconds: 60_000,
        download,
        origins: &[],
        format: Format::JsonLines,
    })
}

const fn stream(source: Source, operation: &'static Operation, target: Target) -> Stream {
    Stream {
        source,
        drift: DriftPolicy::DEFAULT,
        name: "exports",
        description: "",
        operation,
        records: &[],
        key: &[&["id"]],
        cursor: Some(Cursor {
            field: &["updated_at"],
            target: Some(target),
            format: CursorFormat::EpochSeconds,
            start: None,
            order: Order::None,
        }),
        parameters: &[],
        slices: None,
        body: None,
        shape: Shape::Object(&ITEM),
    }
}

const FIELD: Target = Target::Field { path: &["query", "since"], number: true };

#[cfg(feature = "store")]
#[tokio::test]
async fn a_later_run_gets_what_is_new_wherever_its_cursor_goes() {
    use linchpin_runtime::store::Store;
    use linchpin_runtime::sync::Sync;

    let table = [
        ("a job with a URL", stream(job(Download::Url(&["url"])), &CREATE, FIELD)),
        ("a job with a download", stream(job(Download::Operation(operation(&FETCH))), &CREATE, FIELD)),
        ("a body", stream(Source::Bodies(Format::JsonLines), &WHOLE, Target::Parameter(0))),
    ];
    for (name, stream) in table {
        let contract: &'static Contract = Box::leak(Box::new(Contract {
            operations: &OPERATIONS,
            streams: Box::leak(Box::new([stream])),
            auth: Auth::None,
            ..crate::copy(&CONTRACT)
        }));
        let (mut options, clock) = options();
        options.records = 50;
        let sandbox = Sandbox::start(contract, options).await.unwrap();
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, sandbox.config()).unwrap())
            .clock(Arc::new(clock.clone().with_real_timers()))
            .build()
            .unwrap();
        let store = Store::in_memory(contract).unwrap();
        let run = || async { Sync::new(&client, &store).stream("exports").run().await };
        let first = run().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(first.rows, 50, "{name}");
        clock.advance(Duration::from_secs(86_400));
        sandbox.grow("exports", 3).unwrap();
        sandbox.touch("exports", 5).unwrap();
        clock.advance(Duration::from_secs(86_400));
        let second = run().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((second.rows, second.new), (53, 3), "{name}");
        assert!(
            (8..20).contains(&second.records),
            "{name}: {} records, of which few are new",
            second.records
        );
        let mut stored = BTreeSet::new();
        let exports = contract.stream("exports").unwrap();
        store
            .for_each(exports, |row| {
                let record: Value = serde_json::from_str(&row.record).unwrap();
                stored.insert(record["id"].to_string());
            })
            .unwrap();
        let source: BTreeSet<String> =
            (0..53).map(|number| sandbox.record("exports", number).unwrap()["id"].to_string()).collect();
        assert_eq!(stored, source, "{name}");
    }
}
