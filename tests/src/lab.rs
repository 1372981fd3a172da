//! A sandbox in this process, a folder, and what a program or a client needs to talk to it.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use linchpin_runtime::clock::Clock;
use linchpin_runtime::contract::Contract;
use linchpin_runtime::sandbox::{Sandbox, SandboxOptions};
use linchpin_runtime::testing::{ManualClock, Seeded};
use linchpin_runtime::{Client, ClientBuilder, Config};
use serde_json::Value;

/// After the times of all seeded records, and before any real clock's.
const FIRST_MOMENT: i64 = 1_767_312_000;

/// A sandbox whose clock moves only when it is told to.
pub struct Lab {
    clock: ManualClock,
    contract: &'static Contract,
    folder: tempfile::TempDir,
    sandbox: Option<Sandbox>,
    runtime: tokio::runtime::Runtime,
}

impl Lab {
    /// A sandbox of that many records a stream. Its limits are off, because the programs under test would wait for them in real time.
    pub fn new(contract: &'static Contract, records: u64, faults: &str) -> Self {
        Self::with(contract, |options| {
            options.records = records;
            options.faults = faults.parse().expect("a fault plan");
        })
    }

    /// A sandbox with these options.
    pub fn with(contract: &'static Contract, set: impl FnOnce(&mut SandboxOptions)) -> Self {
        let clock = ManualClock::new(Timestamp::from_second(FIRST_MOMENT).expect("a moment"));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let mut options =
            SandboxOptions { clock: shared, limits: false, retry_after: 0, ..SandboxOptions::default() };
        set(&mut options);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let sandbox = runtime.block_on(Sandbox::start(contract, options)).expect("a sandbox");
        let folder = tempfile::tempdir().expect("a folder");
        Self { clock, contract, folder, sandbox: Some(sandbox), runtime }
    }

    /// The sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("it runs until the end of the test")
    }

    /// Lets time pass for the sandbox: what is changed from now on was changed later.
    pub fn later(&self) {
        self.clock.advance(Duration::from_secs(1));
    }

    /// A folder of its own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What its clients have to be configured with.
    pub fn config(&self) -> Vec<(String, String)> {
        self.sandbox().config()
    }

    /// The same with one value replaced.
    pub fn config_but(&self, name: &str, value: &str) -> Vec<(String, String)> {
        let replace = |(known, old): (String, String)| {
            let new = if known == name { value.to_owned() } else { old };
            (known, new)
        };
        self.config().into_iter().map(replace).collect()
    }

    /// A client in this process, whose waits are over at once while its timeouts are real.
    pub fn client(&self) -> Client {
        self.client_with(|builder| builder)
    }

    /// The same, with more set.
    pub fn client_with(&self, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
        let config = Config::from_pairs(self.contract, self.config()).expect("the sandbox's configuration");
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH).with_real_timers());
        let builder = Client::builder(self.contract).config(config).clock(clock).random(Seeded::new(1));
        set(builder).build().expect("a client")
    }

    /// Runs a future to its end.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// All records of a stream as the sandbox has them, in the order of their creation.
    pub fn source(&self, stream: &str) -> Vec<Value> {
        let count = self.sandbox().count(stream).expect("a stream of the contract");
        (0..count).map(|number| self.sandbox().record(stream, number).expect("a record")).collect()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lab").field("contract", &self.contract.name).finish_non_exhaustive()
    }
}
