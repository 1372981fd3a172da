//! The commands against a sandbox, from arguments to exit code.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::{End, arguments, discover, run};
use crate::contract::{
    Auth, Base, ConfigField, Contract, Cursor, CursorFormat, End as PagesEnd, FieldShape, Location, Media,
    Method, ObjectShape, Operation, Order, PageSize, Paging, Parameter, Response, Security, Server, Shape,
    Source, Strategy, Stream, Style, Target, Token,
};
use crate::sandbox::{Sandbox, SandboxOptions};
use crate::store::Store;

const fn thing(name: &'static str) -> ObjectShape {
    ObjectShape {
        name,
        fields: &[
            FieldShape { name: "id", shape: Shape::Integer, flags: FieldShape::REQUIRED, bounds: None },
            FieldShape {
                name: "updated_at",
                shape: Shape::String("date-time"),
                flags: FieldShape::REQUIRED,
                bounds: None,
            },
            FieldShape { name: "title", shape: Shape::String(""), flags: 0, bounds: None },
        ],
        additional: None,
    }
}

static THING: ObjectShape = thing("Thing");
static OTHER: ObjectShape = thing("Other");

const fn parameter(name: &'static str, shape: Shape) -> Parameter {
    Parameter {
        name,
        location: Location::Query,
        required: false,
        style: Style::Form,
        explode: true,
        allow_reserved: false,
        shape,
    }
}

const PARAMETERS: &[Parameter] = &[
    parameter("limit", Shape::Integer),
    parameter("after", Shape::String("")),
    parameter("since", Shape::String("date-time")),
];

macro_rules! page_of {
    ($shape:expr) => {
        &[Response {
            from: 200,
            to: 200,
            media: Media::Json,
            media_type: "application/json",
            shape: Shape::Object(&ObjectShape {
                name: "Page",
                fields: &[
                    FieldShape {
                        name: "things",
                        shape: Shape::Array(&Shape::Object($shape)),
                        flags: FieldShape::REQUIRED,
                        bounds: None,
                    },
                    FieldShape {
                        name: "next",
                        shape: Shape::Nullable(&Shape::String("")),
                        flags: 0,
                        bounds: None,
                    },
                ],
                additional: None,
            }),
        }]
    };
}

static LIST: Operation = operation("listThings", "/things", page_of!(&THING));
static LIST_OTHERS: Operation = operation("listOthers", "/others", page_of!(&OTHER));

const fn operation(id: &'static str, path: &'static str, responses: &'static [Response]) -> Operation {
    Operation {
        id,
        method: Method::Get,
        path,
        tag: "things",
        parameters: PARAMETERS,
        base: Base::Server,
        body: None,
        other_bodies: &[],
        responses,
        reads: true,
        idempotent: true,
        idempotency_key: None,
        security: Security::Required,
        paging: Some(Paging {
            scheme: "token",
            strategy: Strategy::Cursor {
                target: Target::Parameter(1),
                first: None,
                next: Token::Body(&["next"]),
                end: PagesEnd::NONE,
            },
            size: Some(PageSize { target: Target::Parameter(0), value: 10 }),
            records: Some(&["things"]),
            key: &[&["id"]],
            drop: &[],
            keep: &[],
            parallel: 1,
            depth: None,
        }),
        limits: &[],
    }
}

const fn stream(name: &'static str, operation: &'static Operation, shape: &'static ObjectShape) -> Stream {
    Stream {
        name,
        description: "Things",
        operation,
        records: &["things"],
        key: &[&["id"]],
        cursor: Some(Cursor {
            field: &["updated_at"],
            target: Some(Target::Parameter(2)),
            format: CursorFormat::AsIs,
            start: None,
            order: Order::Ascending,
        }),
        parameters: &[],
        slices: None,
        body: None,
        shape: Shape::Object(shape),
        source: Source::Pages,
        drift: crate::contract::DriftPolicy::DEFAULT,
    }
}

static CONTRACT: Contract = Contract {
    name: "thingworks-test",
    version: "1.2.3",
    title: "Thingworks",
    description: "things and others",
    config: &[ConfigField {
        name: "token",
        description: "Access token",
        secret: true,
        default: None,
        example: None,
    }],
    server: Server { url: "https://things.example", environments: &[], others: &[] },
    auth: Auth::Bearer { token: "{token}" },
    headers: &[],
    operations: &[&LIST, &LIST_OTHERS],
    limits: &[],
    wait_sources: &[],
    correlation_header: Some("traceparent"),
    errors: &[],
    streams: &[stream("things", &LIST, &THING), stream("others", &LIST_OTHERS, &OTHER)],
};

/// A sandbox, a folder and a config file in it.
struct Bench {
    folder: tempfile::TempDir,
    sandbox: Option<Sandbox>,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new(faults: &str) -> Self {
        let faults = faults.parse().expect("a fault plan");
        Self::with(SandboxOptions { faults, ..SandboxOptions::default() })
    }

    fn with(options: SandboxOptions) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let options = SandboxOptions { records: 45, ..options };
        let sandbox = runtime.block_on(Sandbox::start(&CONTRACT, options)).expect("a sandbox");
        let folder = tempfile::tempdir().expect("a folder");
        let bench = Self { folder, sandbox: Some(sandbox), runtime };
        bench.configure(&bench.sandbox().config());
        bench
    }

    fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("it runs")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, values: &[(String, String)]) {
        let lines: Vec<String> = values
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", serde_json::Value::from(value.as_str())))
            .collect();
        fs::write(self.path("config.yaml"), lines.concat()).expect("a config file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = fs::Permissions::from_mode(0o600);
            fs::set_permissions(self.path("config.yaml"), private).expect("a private file");
        }
    }

    /// With a token that the sandbox does not know.
    fn configure_wrongly(&self) {
        let values: Vec<_> = self
            .sandbox()
            .config()
            .into_iter()
            .map(|(name, value)| if name == "token" { (name, "wrong".to_owned()) } else { (name, value) })
            .collect();
        self.configure(&values);
    }

    fn run(&self, arguments: &[&str]) -> End {
        let config = self.path("config.yaml").into_os_string();
        let first: [OsString; 3] = ["thingworks-test".into(), "--config".into(), config];
        run(&CONTRACT, first.into_iter().chain(arguments.iter().map(OsString::from)))
    }

    fn sync(&self, arguments: &[&str]) -> End {
        let store = self.path("things.db");
        let store = store.to_str().expect("a plain path");
        self.run(&[&["sync", "--store", store], arguments].concat())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}

fn rows(path: &Path) -> Vec<u64> {
    let store = Store::open(path, &CONTRACT).expect("the store");
    CONTRACT.streams.iter().map(|stream| store.count(stream).expect("a count")).collect()
}

#[test]
fn the_command_line_holds_together_and_its_help_says_what_there_is() {
    arguments::command(&CONTRACT, "app").debug_assert();
    let help = arguments::command(&CONTRACT, "app").render_long_help().to_string();
    for part in [
        "THINGWORKS_TEST_TOKEN",
        "Access token",
        "thingworks-test.yaml",
        "130",
        "check",
        "discover",
        "sandbox",
    ] {
        assert!(help.contains(part), "{part} is missing in:\n{help}");
    }
    for name in ["check", "discover", "read", "sync", "sandbox"] {
        let mut command = arguments::command(&CONTRACT, "app");
        let help = command.find_subcommand_mut(name).expect(name).render_long_help().to_string();
        assert!(help.contains("Examples:\n  app "), "{name}:\n{help}");
    }
}

#[test]
fn discover_describes_each_stream_once() {
    let catalogue = discover::catalogue(&CONTRACT);
    let stream = &catalogue["streams"][0];
    assert_eq!(stream["name"], "things");
    assert_eq!(stream["key"], serde_json::json!([["id"]]));
    assert_eq!(stream["cursor"], serde_json::json!(["updated_at"]));
    assert!(stream["schema"]["properties"]["title"].is_object(), "{stream:#}");
    assert_eq!(catalogue["streams"].as_array().map(Vec::len), Some(2));
}

#[test]
fn sync_fills_the_store_and_a_second_run_reads_the_delta() {
    let bench = Bench::new("");
    assert_eq!(bench.run(&["check"]), End::Ok);
    assert_eq!(bench.sync(&[]), End::Ok);
    assert_eq!(rows(&bench.path("things.db")), [45, 45]);
    bench.sandbox().grow("things", 5);
    let before = bench.sandbox().statistics().requests;
    assert_eq!(bench.sync(&["--format", "json"]), End::Ok);
    assert_eq!(rows(&bench.path("things.db")), [50, 45]);
    let requests = bench.sandbox().statistics().requests - before;
    assert!(requests <= 4, "{requests} requests for five new records");
    assert_eq!(bench.run(&["read", "things", "--limit", "12"]), End::Ok);
}

#[test]
fn a_wrong_token_ends_with_two_and_leaves_the_store_as_it_was() {
    let bench = Bench::new("");
    bench.configure_wrongly();
    assert_eq!(bench.run(&["check"]), End::Configuration);
    assert_eq!(bench.sync(&[]), End::Configuration);
    assert!(!bench.path("things.db").exists(), "no store is made");
    bench.configure(&bench.sandbox().config());
    assert_eq!(bench.sync(&[]), End::Ok);
    let before = fs::read(bench.path("things.db")).expect("the store");
    bench.configure_wrongly();
    assert_eq!(bench.sync(&[]), End::Configuration);
    assert_eq!(fs::read(bench.path("things.db")).expect("the store"), before);
}

#[test]
fn wrong_arguments_and_configuration_end_with_two_and_touch_nothing() {
    let bench = Bench::new("");
    for arguments in [&["things", "nothings"][..], &["--format", "xml"], &["--token", "x"]] {
        assert_eq!(bench.sync(arguments), End::Configuration, "{arguments:?}");
    }
    bench.configure(&[]);
    assert_eq!(bench.sync(&[]), End::Configuration, "without a token");
    fs::write(bench.path("config.yaml"), "tokn: x").expect("a config file");
    assert_eq!(bench.sync(&[]), End::Configuration, "with an unknown key");
    assert!(!bench.path("things.db").exists());
    fs::write(bench.path("things.db"), "this is no database. ".repeat(100)).expect("a file");
    bench.configure(&bench.sandbox().config());
    assert_eq!(bench.sync(&[]), End::Configuration, "into another kind of file");
    assert_eq!(bench.sandbox().statistics().requests, 0, "nothing was asked for");
}

#[test]
fn a_stream_that_fails_leaves_the_others_to_run() {
    let bench = Bench::new("");
    assert_eq!(bench.sync(&["others"]), End::Ok);
    bench.sandbox().grow("others", 3);
    let store = rusqlite::Connection::open(bench.path("things.db")).expect("the store");
    store.execute_batch("CREATE TABLE things (x TEXT)").expect("something in the way of `things`");
    drop(store);
    assert_eq!(bench.sync(&["--format", "json"]), End::Failed);
    let store = rusqlite::Connection::open(bench.path("things.db")).expect("the store");
    let count = store.query_row("SELECT count(*) FROM others", [], |row| row.get::<_, i64>(0));
    assert_eq!(count.expect("a count"), 48);
}

#[test]
fn faults_are_waited_out() {
    let bench = Bench::new("503:4,reset:7,truncate:9");
    assert_eq!(bench.sync(&[]), End::Ok);
    assert_eq!(rows(&bench.path("things.db")), [45, 45]);
}

#[test]
fn a_wait_beyond_the_cap_parks_the_stream_and_the_next_run_goes_on() {
    let faults = "429:3".parse().expect("a fault plan");
    let bench = Bench::with(SandboxOptions { faults, retry_after: 7_200, ..SandboxOptions::default() });
    assert_eq!(bench.sync(&["things", "--format", "json"]), End::Parked);
    assert_eq!(rows(&bench.path("things.db"))[0], 10, "the page before it is stored");
    let mut runs = 1;
    while bench.sync(&["things"]) == End::Parked {
        runs += 1;
        assert!(runs < 10, "each run gets further");
    }
    assert_eq!(rows(&bench.path("things.db"))[0], 45);
}

#[test]
fn limits_are_shared_through_a_file() {
    let bench = Bench::new("");
    let shared = bench.path("shared.db");
    let file = shared.to_str().expect("a plain path");
    assert_eq!(bench.sync(&["--shared-limits", file]), End::Ok);
    assert!(shared.exists());
    assert_eq!(bench.sync(&["--shared-limits", "/nowhere/at/all.db"]), End::Failed);
}

#[test]
fn one_exit_code_for_several_streams() {
    use End::{Configuration, Failed, Ok, Parked};
    for (one, two, expected) in [
        (Ok, Parked, Parked),
        (Parked, Ok, Parked),
        (Parked, Failed, Failed),
        (Failed, Parked, Failed),
        (Parked, Configuration, Configuration),
        (Configuration, Parked, Configuration),
        (Ok, Ok, Ok),
        (Ok, Failed, Failed),
        (Failed, Ok, Failed),
        (Failed, Configuration, Configuration),
        (Configuration, Failed, Configuration),
    ] {
        assert_eq!(one.worse(two), expected, "{one:?} and {two:?}");
    }
}
