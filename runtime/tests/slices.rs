//! Streams in slices over the wire: a sandbox serves lists by parent, by value and by window, and a client syncs and reads them.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use linchpin_runtime::contract::*;
use linchpin_runtime::sandbox::{Sandbox, SandboxOptions};
use linchpin_runtime::store::Store;
use linchpin_runtime::sync::{Report, Sync, SyncError, SyncProblem};
use linchpin_runtime::testing::{ManualClock, Seeded};
use linchpin_runtime::{Client, Config, ErrorKind};
use serde_json::Value;

const TEXT: Shape = Shape::String("");

const fn field(name: &'static str, shape: Shape) -> FieldShape {
    FieldShape::new(name, shape, FieldShape::REQUIRED)
}

const fn parameter(name: &'static str, location: Location, shape: Shape) -> Parameter {
    let required = matches!(location, Location::Path);
    let style = if required { Style::Simple } else { Style::Form };
    Parameter { name, location, required, style, explode: true, allow_reserved: false, shape }
}

const fn object(name: &'static str, fields: &'static [FieldShape]) -> ObjectShape {
    ObjectShape { name, fields, additional: None }
}

const STAMP: Shape = Shape::String("date-time");
static ORG: ObjectShape =
    object("Org", &[field("id", Shape::Integer), field("slug", TEXT), field("updated_at", STAMP)]);
static REPO: ObjectShape = object("Repo", &[field("id", Shape::Integer), field("name", TEXT)]);
static ISSUE: ObjectShape = object("Issue", &[field("id", Shape::Integer), field("title", TEXT)]);
static EVENT: ObjectShape = object("Event", &[field("id", Shape::Integer), field("created_at", STAMP)]);

macro_rules! list {
    ($page:ident, $operation:ident, $record:expr, $id:literal, $path:literal, $method:expr, $body:expr, [$($parameter:expr),*]) => {
        static $page: ObjectShape = object(
            concat!($id, "Page"),
            &[field("items", Shape::Array(&Shape::Object(&$record))), field("total", Shape::Integer)],
        );
        static $operation: Operation = Operation {
            id: $id,
            method: $method,
            path: $path,
            tag: "all",
            parameters: &[
                parameter("page", Location::Query, Shape::Integer),
                parameter("limit", Location::Query, Shape::Integer),
                $($parameter),*
            ],
            base: Base::Server,
            body: $body,
            other_bodies: &[],
            responses: &[Response {
                from: 200,
                to: 200,
                media: Media::Json,
                media_type: "application/json",
                shape: Shape::Object(&$page),
            }],
            reads: true,
            idempotent: true,
            idempotency_key: None,
            security: Security::None,
            paging: Some(Paging {
                scheme: "pages",
                strategy: Strategy::PageNumber {
                    target: Target::Parameter(0),
                    first: 1,
                    end: End { total_records: Some(&["total"]), ..End::NONE },
                },
                size: Some(PageSize { target: Target::Parameter(1), value: 10 }),
                records: Some(&["items"]),
                key: &[&["id"]],
                drop: &[],
                keep: &[],
                parallel: Paging::PARALLEL,
                depth: None,
            }),
            limits: &[],
        };
    };
}

list!(ORGS, LIST_ORGS, ORG, "orgs", "/orgs", Method::Get, None, []);
list!(
    REPOS,
    LIST_REPOS,
    REPO,
    "repos",
    "/orgs/{org}/repos",
    Method::Get,
    None,
    [parameter("org", Location::Path, TEXT)]
);
list!(
    ISSUES,
    LIST_ISSUES,
    ISSUE,
    "issues",
    "/issues/search",
    Method::Post,
    Some(Body {
        required: true,
        media: Media::Json,
        media_type: "application/json",
        shape: Shape::Any,
        parts: &[],
        styles: &[],
    }),
    [parameter("X-Org", Location::Header, TEXT)]
);
list!(
    EVENTS,
    LIST_EVENTS,
    EVENT,
    "events",
    "/events",
    Method::Get,
    None,
    [parameter("from", Location::Query, STAMP), parameter("to", Location::Query, STAMP)]
);
list!(
    FOUND,
    FIND_EVENTS,
    EVENT,
    "found",
    "/events/search",
    Method::Post,
    Some(Body {
        required: true,
        media: Media::Json,
        media_type: "application/json",
        shape: Shape::Any,
        parts: &[],
        styles: &[],
    }),
    []
);
list!(TAGS, LIST_TAGS, REPO, "tags", "/tags", Method::Get, None, [parameter("org", Location::Query, TEXT)]);

const fn stream(name: &'static str, operation: &'static Operation, record: &'static ObjectShape) -> Stream {
    Stream {
        source: linchpin_runtime::contract::Source::Pages,
        drift: linchpin_runtime::contract::DriftPolicy::DEFAULT,
        name,
        description: "",
        operation,
        records: &["items"],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        slices: None,
        body: None,
        shape: Shape::Object(record),
    }
}

const fn events(cap: Cap) -> Stream {
    Stream {
        slices: Some(Slices {
            partition: Partition::Whole,
            window: Some(Window {
                field: &["created_at"],
                from: Bound { target: Target::Parameter(2), exclusive: false },
                to: Bound { target: Target::Parameter(3), exclusive: true },
                format: CursorFormat::Rfc3339,
                start: "{start}",
                step_milliseconds: 90 * 86_400_000,
                lookback_milliseconds: 86_400_000,
                smallest_milliseconds: 3_600_000,
                cap: Some(cap),
            }),
            at_once: 3,
        }),
        ..stream("events", &LIST_EVENTS, &EVENT)
    }
}

/// What takes the bounds of the search's windows.
const SINCE: Target = Target::Field { path: &["groups", "0", "filters", "0", "value"], number: false };
const UNTIL: Target = Target::Field { path: &["groups", "0", "filters", "1", "value"], number: false };

static CONTRACT: Contract = Contract {
    correlation_header: None,
    name: "slices-test",
    version: "1.0.0",
    title: "",
    description: "",
    config: &[
        ConfigField {
            name: "orgs",
            description: "",
            secret: false,
            default: Some("org_1, org_2,,org_1"),
            example: None,
        },
        ConfigField {
            name: "start",
            description: "",
            secret: false,
            default: Some("2024-01-01"),
            example: None,
        },
    ],
    server: Server { url: "https://slices.example", environments: &[], others: &[] },
    auth: Auth::None,
    headers: &[],
    operations: &[&LIST_ORGS, &LIST_REPOS, &LIST_ISSUES, &LIST_EVENTS, &FIND_EVENTS, &LIST_TAGS],
    errors: &[],
    limits: &[],
    wait_sources: &[],
    streams: &[
        // Children stand before their parents, which nothing may rely on.
        Stream {
            slices: Some(Slices {
                partition: Partition::Parent(Parent {
                    stream: "repos",
                    parameters: &[
                        (
                            Target::Field { path: &["filter", "repo"], number: true },
                            ParentValue::Field(&["id"]),
                        ),
                        (Target::Parameter(2), ParentValue::Included("org")),
                    ],
                    include: &[
                        Include { name: "repo", value: ParentValue::Field(&["name"]), in_key: true },
                        Include { name: "org", value: ParentValue::Included("org"), in_key: false },
                    ],
                    only_changed: false,
                    skip_gone: true,
                }),
                window: None,
                at_once: 4,
            }),
            ..stream("issues", &LIST_ISSUES, &ISSUE)
        },
        Stream {
            slices: Some(Slices {
                partition: Partition::Parent(Parent {
                    stream: "orgs",
                    parameters: &[(Target::Parameter(2), ParentValue::Field(&["slug"]))],
                    include: &[Include { name: "org", value: ParentValue::Field(&["slug"]), in_key: false }],
                    only_changed: true,
                    skip_gone: true,
                }),
                window: None,
                at_once: 4,
            }),
            ..stream("repos", &LIST_REPOS, &REPO)
        },
        Stream {
            cursor: Some(Cursor {
                field: &["updated_at"],
                target: None,
                format: CursorFormat::AsIs,
                start: None,
                order: Order::Descending,
            }),
            ..stream("orgs", &LIST_ORGS, &ORG)
        },
        events(Cap {
            records: None,
            offset: Some(20),
            pages: None,
            total: Some(&["total"]),
            statuses: &[422],
        }),
        // A search that ends after twenty records, whatever it found.
        Stream {
            body: Some(
                r#"{"groups":[{"filters":[{"name":"created","operator":"GTE"},{"name":"created","operator":"LT"}]}]}"#,
            ),
            slices: Some(Slices {
                partition: Partition::Whole,
                window: Some(Window {
                    field: &["created_at"],
                    from: Bound { target: SINCE, exclusive: false },
                    to: Bound { target: UNTIL, exclusive: true },
                    format: CursorFormat::EpochMilliseconds,
                    start: "{start}",
                    step_milliseconds: 90 * 86_400_000,
                    lookback_milliseconds: 86_400_000,
                    smallest_milliseconds: 3_600_000,
                    cap: Some(Cap {
                        records: Some(20),
                        offset: None,
                        pages: None,
                        total: Some(&["total"]),
                        statuses: &[],
                    }),
                }),
                at_once: 3,
            }),
            ..stream("found", &FIND_EVENTS, &EVENT)
        },
        Stream {
            slices: Some(Slices {
                partition: Partition::Each(Each {
                    target: Target::Parameter(2),
                    values: &["{orgs}", "org_7"],
                    include: Some(("org", true)),
                }),
                window: None,
                at_once: 2,
            }),
            ..stream("tags", &LIST_TAGS, &REPO)
        },
    ],
};

struct Scene {
    sandbox: Sandbox,
    clock: ManualClock,
    client: Client,
    store: Store,
}

impl Scene {
    async fn new(set: impl FnOnce(&mut SandboxOptions)) -> Self {
        Self::with(set, &[]).await
    }

    async fn with(set: impl FnOnce(&mut SandboxOptions), values: &[(&str, &str)]) -> Self {
        // After all seeded records, on both sides.
        let clock = ManualClock::new("2026-01-15T12:00:00Z".parse().unwrap()).with_real_timers();
        let mut options =
            SandboxOptions { records: 45, clock: Arc::new(clock.clone()), ..SandboxOptions::default() };
        options.retry_after = 0;
        set(&mut options);
        let sandbox = Sandbox::start(&CONTRACT, options).await.unwrap();
        let base = sandbox.base_url();
        let values = values.iter().copied().chain([("base_url", base.as_str())]);
        let config = Config::from_pairs(&CONTRACT, values).unwrap();
        let client = Client::builder(&CONTRACT)
            .config(config)
            .clock(Arc::new(clock.clone()))
            .random(Seeded::new(1))
            .build();
        Self { sandbox, clock, client: client.unwrap(), store: Store::in_memory(&CONTRACT).unwrap() }
    }

    async fn sync(&self, stream: &str) -> Result<Report, SyncError> {
        Sync::new(&self.client, &self.store).stream(stream).run().await
    }

    fn rows(&self, stream: &str) -> BTreeMap<String, String> {
        let mut rows = BTreeMap::new();
        let stream = CONTRACT.stream(stream).unwrap();
        self.store.for_each(stream, |row| drop(rows.insert(row.key, row.record))).unwrap();
        rows
    }

    fn ids(&self, stream: &str) -> BTreeSet<u64> {
        let id = |record: &String| serde_json::from_str::<Value>(record).unwrap()["id"].as_u64().unwrap();
        self.rows(stream).values().map(id).collect()
    }

    fn source(&self, stream: &str) -> BTreeSet<u64> {
        let count = self.sandbox.count(stream).unwrap();
        (0..count)
            .map(|number| self.sandbox.record(stream, number).unwrap()["id"].as_u64().unwrap())
            .collect()
    }
}

#[tokio::test]
async fn parents_of_parents_give_path_header_and_body_and_each_record_stands_once() {
    for faults in ["", "429:7,503:5,reset:11,truncate:13"] {
        let scene = Scene::new(|options| options.faults = faults.parse().unwrap()).await;
        scene.sync("orgs").await.unwrap();
        let repos = scene.sync("repos").await.unwrap();
        let issues = scene.sync("issues").await.unwrap();
        let slices = issues.slices.unwrap();
        assert_eq!((slices.read, slices.failed, slices.skipped), (45, 0, 0), "{faults}");
        assert_eq!((repos.rows, issues.rows), (45, 45), "{faults}");
        assert_eq!(scene.ids("repos"), scene.source("repos"), "{faults}");
        assert_eq!(scene.ids("issues"), scene.source("issues"), "{faults}");
        let keys = scene.rows("issues");
        assert!(keys.keys().all(|key| key.starts_with("[\"")), "name of the repo and id: {keys:?}");
        let sent = scene.sandbox.journal();
        let search = sent.iter().rev().find(|entry| entry.operation == Some("issues")).unwrap();
        assert!(search.headers.iter().any(|(name, _)| name == "x-org"), "{search:?}");
    }
}

#[tokio::test]
async fn a_stream_whose_parent_was_never_synced_says_which() {
    let scene = Scene::new(|_| ()).await;
    let error = scene.sync("issues").await.unwrap_err();
    assert!(matches!(*error.problem, SyncProblem::ParentNotSynced { parent: "repos" }), "{error}");
    assert_eq!(error.exit_class().code(), 2);
    assert!(error.to_string().contains("sync `repos` before it"), "{error}");
}

#[tokio::test]
async fn a_list_that_is_served_less_deep_than_declared_is_split_or_red_and_never_short() {
    let scene = Scene::new(|options| {
        options.records = 200;
        options.depth = Some(10);
    })
    .await;
    let report = scene.sync("events").await.unwrap();
    assert!(report.slices.unwrap().split > 0);
    assert_eq!(scene.ids("events"), scene.source("events"));
    let error = scene.sync("orgs").await.unwrap_err();
    let SyncProblem::Fetch(cause) = &*error.problem else { panic!("{error}") };
    assert_eq!(cause.status().map(|status| status.as_u16()), Some(400), "{error}");
    assert_eq!(scene.ids("orgs").len(), 10, "what came before is stored: {error}");
}

#[tokio::test]
async fn only_lists_of_parents_that_changed_are_read_again() {
    let scene = Scene::new(|_| ()).await;
    scene.sync("orgs").await.unwrap();
    scene.sync("repos").await.unwrap();
    scene.clock.advance(Duration::from_secs(3_600));
    assert_eq!(scene.sync("repos").await.unwrap().requests, 0, "nothing changed");
    scene.sandbox.grow("repos", 2).unwrap();
    scene.clock.advance(Duration::from_secs(3_600));
    scene.sync("orgs").await.unwrap();
    let report = scene.sync("repos").await.unwrap();
    assert_eq!((report.new, report.slices.unwrap().read), (2, 2));
    assert_eq!(scene.ids("repos"), scene.source("repos"));
}

#[tokio::test]
async fn windows_are_split_below_the_cap_and_complete_ones_are_not_read_again() {
    let scene = Scene::new(|options| options.records = 500).await;
    let report = scene.sync("events").await.unwrap();
    let slices = report.slices.unwrap();
    assert!(slices.split > 10, "{slices:?}");
    assert_eq!(scene.ids("events"), scene.source("events"));
    scene.sandbox.grow("events", 5).unwrap();
    scene.clock.advance(Duration::from_secs(600));
    let report = scene.sync("events").await.unwrap();
    assert_eq!((report.new, report.requests), (5, 1), "a window from a day before the last run");
    assert_eq!(scene.ids("events"), scene.source("events"));
}

#[tokio::test]
async fn a_search_whose_windows_stand_in_its_body_is_read_whole_by_splitting() {
    for faults in ["", "429:7,503:5,reset:11,truncate:13"] {
        let scene = Scene::new(|options| {
            options.records = 500;
            options.faults = faults.parse().unwrap();
        })
        .await;
        let report = scene.sync("found").await.unwrap();
        let slices = report.slices.unwrap();
        assert!(slices.split > 10, "{faults}: {slices:?}");
        assert_eq!(scene.ids("found"), scene.source("found"), "{faults}");
        let sent = scene.sandbox.journal();
        let searches: Vec<Value> =
            sent.iter().map(|entry| serde_json::from_slice(&entry.body).unwrap()).collect();
        for search in searches {
            let filters = search.pointer("/groups/0/filters").unwrap();
            let bound = |at: usize, operator: &str| {
                let filter = &filters[at];
                assert_eq!((&filter["name"], &filter["operator"]), (&"created".into(), &operator.into()));
                filter["value"].as_str().unwrap().parse::<u64>().unwrap()
            };
            assert!(bound(0, "GTE") < bound(1, "LT"), "{search}");
        }
        scene.sandbox.grow("found", 5).unwrap();
        scene.clock.advance(Duration::from_secs(600));
        let report = scene.sync("found").await.unwrap();
        assert_eq!(report.new, 5, "{faults}");
        assert_eq!(scene.ids("found"), scene.source("found"), "{faults}");
    }
}

#[tokio::test]
async fn a_window_that_is_deeper_than_allowed_whatever_its_size_is_named() {
    let scene = Scene::new(|options| options.records = 50).await;
    // Thirty in one second, of whom twenty can be read.
    scene.sandbox.grow("events", 30).unwrap();
    scene.clock.advance(Duration::from_secs(600));
    let error = scene.sync("events").await.unwrap_err();
    let SyncProblem::Slices(failures) = &*error.problem else { panic!("{error}") };
    assert_eq!(failures.report.failed, 1, "{error}");
    let [failure] = failures.first.as_slice() else { panic!("{error}") };
    assert!(failure.slice.contains("2026-01-15T1"), "{}", failure.slice);
    let SyncProblem::Fetch(cause) = &failure.problem else { panic!("{error}") };
    assert!(matches!(cause.kind(), ErrorKind::TooDeep { .. }), "{cause}");
    assert!(error.to_string().contains("lower `smallest`"), "{error}");
    let stored = scene.ids("events");
    assert!((1..=50).all(|id| stored.contains(&id)), "the other windows were read: {stored:?}");
}

#[tokio::test]
async fn values_come_from_the_configuration_and_constants() {
    let scene = Scene::new(|_| ()).await;
    let report = scene.sync("tags").await.unwrap();
    assert_eq!(report.slices.unwrap().read, 3, "two of the configuration, one constant, none twice");
    assert_eq!(scene.ids("tags"), scene.source("tags"));
}

#[tokio::test]
async fn a_start_that_is_no_time_is_told_before_anything_is_sent() {
    let scene = Scene::with(|_| (), &[("start", "last week")]).await;
    let error = scene.sync("events").await.unwrap_err();
    assert!(error.to_string().contains("`last week`"), "{error}");
    assert_eq!(scene.client.statistics().requests, 0);
}

#[tokio::test]
async fn every_list_is_read_without_a_store_too() {
    let scene = Scene::new(|options| options.records = 60).await;
    for name in ["issues", "repos", "events", "found", "tags"] {
        let stream = CONTRACT.stream(name).unwrap();
        let mut pages = scene.client.stream_pages(stream).unwrap();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            for record in page.records().unwrap() {
                found.push(serde_json::from_str::<Value>(record.get()).unwrap()["id"].as_u64().unwrap());
            }
        }
        assert_eq!(found.len(), 60, "{name}: none twice");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), scene.source(name), "{name}");
    }
}
