//! Syncs of jobs that break off, and what the next run goes on with.

use std::sync::Mutex;

use linchpin_runtime::Client;
use linchpin_runtime::store::Store;
use linchpin_runtime::sync::{Report, Sync, SyncError};

use super::*;

/// What a server answers to a request, if it is not as usual.
type Fault = fn(&HttpRequest, usize) -> Option<Scripted>;

/// A store, and runs over one server that counts the jobs and downloads.
struct Runs {
    store: Store,
    stream: &'static Stream,
    transport: ReplayTransport,
    created: Arc<AtomicUsize>,
    fault: Arc<Mutex<Option<Fault>>>,
    contract: &'static Contract,
}

impl Runs {
    fn new() -> Self {
        let stream = job_stream(JOB);
        let (server, created) = server_of_jobs(0, FILES);
        let fault: Arc<Mutex<Option<Fault>>> = Arc::default();
        let (faults, known) = (Arc::clone(&fault), Arc::clone(&created));
        let transport = ReplayTransport::server(move |request: &HttpRequest| {
            let fault = *faults.lock().unwrap();
            let made = fault.and_then(|fault| fault(request, known.load(Ordering::Relaxed)));
            made.unwrap_or_else(|| server(request))
        });
        let streams: &'static [Stream] = std::slice::from_ref(stream);
        let contract = leak(Contract { streams, ..contract(stream.operation) });
        let store = Store::in_memory(contract).unwrap();
        Self { store, stream, transport, created, fault, contract }
    }

    fn run(&self, fault: Option<Fault>) -> Result<Report, SyncError> {
        *self.fault.lock().unwrap() = fault;
        let config = linchpin_runtime::Config::from_pairs(self.contract, [("api_token", CANARY)]).unwrap();
        let client = Client::builder(self.contract)
            .config(config)
            .clock(Arc::new(linchpin_runtime::testing::ManualClock::default()))
            .transport(self.transport.clone())
            .retry(linchpin_runtime::RetryPolicy::never())
            .build()
            .unwrap();
        run(Sync::new(&client, &self.store).stream(self.stream.name).run())
    }

    fn downloads(&self) -> Vec<String> {
        let requests = self.transport.requests();
        let paths = requests.iter().map(|request| request.url.path().to_owned());
        paths.filter(|path| path.starts_with("/part")).collect()
    }
}

fn at(request: &HttpRequest, path: &str) -> bool {
    request.url.path().starts_with(path)
}

#[test]
fn a_run_that_stops_goes_on_with_its_job_and_its_parts_and_loses_nothing() {
    // The fault of the first run, whether the second goes on, and how many jobs there are in the end.
    let cases: [(&str, Fault, bool, usize); 6] = [
        (
            "before the first poll",
            |request, _| at(request, "/v1/jobs").then(|| Scripted::status(500)),
            true,
            1,
        ),
        ("at the first part", |request, _| at(request, "/part1").then(|| Scripted::status(500)), true, 1),
        ("at the last part", |request, _| at(request, "/part3").then(|| Scripted::status(500)), true, 1),
        (
            "within a part",
            |request, _| {
                let cut = || Scripted::status(200).header("content-length", "99").body("id\n21\n2");
                at(request, "/part2").then(cut)
            },
            true,
            1,
        ),
        ("in creating it", |request, _| at(request, "/v1/items").then(|| Scripted::status(500)), false, 1),
        (
            "because it failed",
            |request, _| at(request, "/v1/jobs").then(|| Scripted::json(r#"{"state":"failed"}"#)),
            false,
            2,
        ),
    ];
    for (label, fault, resumed, created) in cases {
        let runs = Runs::new();
        let error = runs.run(Some(fault)).unwrap_err();
        // The job that failed is asked for again, in vain, and then another is created.
        let failing: Option<Fault> = (label == "because it failed").then_some(|request, _| {
            at(request, "/v1/jobs/j1").then(|| Scripted::json(r#"{"state":"failed"}"#))
        });
        let report = runs.run(failing).unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!((report.rows, report.resumed), (6, resumed), "{label}: after {error}: {report:?}");
        assert_eq!(runs.created.load(Ordering::Relaxed), created, "{label}");
        let (mut downloads, mut once) = (runs.downloads(), FILES.len());
        downloads.sort();
        // The part at which it stopped comes again; none that was stored does.
        once += usize::from(label.contains("part") && label != "before the first poll");
        assert_eq!(downloads.len(), once, "{label}: {downloads:?}");
    }
}

#[test]
fn a_job_that_has_vanished_is_created_anew() {
    for status in [404, 410] {
        let runs = Runs::new();
        runs.run(Some(|request, _| at(request, "/part2").then(|| Scripted::status(500)))).unwrap_err();
        let gone: Fault = match status {
            404 => |request, _| at(request, "/v1/jobs/j1").then(|| Scripted::status(404)),
            _ => |request, _| at(request, "/v1/jobs/j1").then(|| Scripted::status(410)),
        };
        let report = runs.run(Some(gone)).unwrap();
        assert_eq!((report.rows, report.restarted), (6, true), "{status}: {report:?}");
        assert_eq!(runs.created.load(Ordering::Relaxed), 2, "{status}");
    }
}
