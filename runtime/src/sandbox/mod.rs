//! The sandbox: a fake of a connector's API, played from its [`Contract`] alone. It checks credentials, pages in the declared style,
//! keeps the declared limits, filters by a stream's cursor, and takes what clients create, change and delete. Its records are made
//! from a seed when they are asked for, so that ten million of them cost nothing.
//!
//! It serves one client's tests and trials on 127.0.0.1, and keeps nothing once it is stopped.

mod api;
mod auth;
mod bodies;
mod data;
mod dataset;
mod drift;
mod faults;
mod filter;
mod journal;
mod limits;
mod paging;
mod parts;
mod plan;
mod play;
mod refusal;
mod request;
mod route;
mod serve;
mod tokens;
mod tree;
mod view;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::{Clock, SystemClock};
use crate::contract::Contract;

pub use drift::{Drift, DriftPlan};
pub use faults::{Fault, FaultPlan};
pub use journal::{JournalEntry, Statistics};
pub use plan::PlanError;

use api::Api;
use journal::Journal;
use view::View;

/// How a sandbox behaves.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Port on 127.0.0.1; 0, the default, takes a free one.
    pub port: u16,
    /// Records of each stream at the start; 100 by default.
    pub records: u64,
    /// What the records are made from: the same seed gives the same bytes. 1 by default.
    pub seed: u64,
    /// Which requests fail; none by default.
    pub faults: FaultPlan,
    /// Which records are served otherwise than the document says; none by default.
    pub drift: DriftPlan,
    /// Seconds in the `Retry-After` of a 429 that the fault plan makes; 1 by default.
    pub retry_after: u64,
    /// Whether the contract's limits are kept; true by default.
    pub limits: bool,
    /// Records in the largest page served, unless the contract asks for larger ones; 100 by default.
    pub largest_page: u64,
    /// Records after which no list can be read further, in place of what the contract's caps say; none by default. Without a cap the next
    /// page is refused with 400.
    pub depth: Option<u64>,
    /// Values of config fields, in place of those made from the contract.
    pub credentials: Vec<(String, String)>,
    /// Requests that the journal keeps, the latest; 10,000 by default.
    pub journal: usize,
    /// How long access tokens of the sandbox hold; an hour by default.
    pub token_life: std::time::Duration,
    /// The clock, for limits and for the times of what is created or changed; that of the machine by default.
    pub clock: Arc<dyn Clock>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            records: 100,
            seed: 1,
            faults: FaultPlan::default(),
            drift: DriftPlan::default(),
            retry_after: 1,
            limits: true,
            largest_page: 100,
            depth: None,
            credentials: Vec::new(),
            journal: 10_000,
            token_life: std::time::Duration::from_secs(3600),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl fmt::Debug for SandboxOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SandboxOptions")
            .field("port", &self.port)
            .field("records", &self.records)
            .field("seed", &self.seed)
            .field("faults", &self.faults)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is taken or not allowed.
    #[error(
        "the sandbox cannot listen on 127.0.0.1:{port}: {cause}; choose another port, or 0 for a free one"
    )]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A value among the credentials is none of the contract's.
    #[error(transparent)]
    Credentials(#[from] crate::Error),
}

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    address: SocketAddr,
    api: Arc<Api>,
    journal: Arc<Journal>,
    task: tokio::task::JoinHandle<()>,
}

impl Sandbox {
    /// Starts to serve a contract's API, in the background of the current Tokio runtime.
    ///
    /// # Errors
    /// [`SandboxError::Listen`] when the port cannot be had, [`SandboxError::Credentials`] when the options name a value that is unknown.
    pub async fn start(contract: &'static Contract, options: SandboxOptions) -> Result<Self, SandboxError> {
        let port = options.port;
        let failed = |cause| SandboxError::Listen { port, cause };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let journal = Arc::new(Journal::new(options.journal));
        let plan = serve::Plan { faults: options.faults.clone(), retry_after: options.retry_after };
        let api = Arc::new(Api::new(contract, options, format!("http://{address}"))?);
        let task = tokio::spawn(serve::serve(listener, Arc::clone(&api), Arc::clone(&journal), plan));
        Ok(Self { address, api, journal, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base URL of the API, with the path that the contract's own server has and without a slash at its end.
    pub fn base_url(&self) -> String {
        self.api.base_url()
    }

    /// Name and value of each config field that a client needs here, and `base_url`.
    pub fn config(&self) -> Vec<(String, String)> {
        self.api.config()
    }

    /// The latest requests, oldest first.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.journal.entries()
    }

    /// What was served since the start.
    pub fn statistics(&self) -> Statistics {
        self.journal.statistics()
    }

    /// How many records a stream has now. `None` where the contract has no such stream, or its records cannot be told.
    pub fn count(&self, stream: &str) -> Option<u64> {
        self.api.with_set(stream, |set, _| set.select(View::all()).total())
    }

    /// A stream's record by its number in the order of creation, from 0: what a client should have got.
    pub fn record(&self, stream: &str, number: u64) -> Option<Value> {
        self.api.with_set(stream, |set, _| {
            let (index, _) = set.select(View::all()).at(number)?;
            set.record(index)
        })?
    }

    /// From now on records are served so, until another plan comes.
    pub fn drift(&self, plan: DriftPlan) {
        self.api.drift(plan);
    }

    /// Ends every access token, as if somebody had revoked them. Refresh tokens stay good.
    pub fn revoke_tokens(&self) {
        self.api.revoke();
    }

    /// Requests for tokens since the start.
    pub fn asked_for_tokens(&self) -> u64 {
        self.api.asked_for_tokens()
    }

    /// Adds records to a stream, as if they had just been created. Gives how many there are then.
    pub fn grow(&self, stream: &str, records: u64) -> Option<u64> {
        self.api.grow(stream, records)?;
        self.count(stream)
    }

    /// Changes the first records of a stream, as if somebody had just edited them. Gives how many were changed.
    pub fn touch(&self, stream: &str, records: u64) -> Option<u64> {
        self.api.with_set(stream, |set, now| {
            let all = set.select(View::all());
            let indexes: Vec<u64> =
                (0..records).map_while(|number| all.at(number)).map(|(index, _)| index).collect();
            indexes.into_iter().filter(|index| set.update(*index, &Value::Null, now).is_some()).count() as u64
        })
    }

    /// Stops: open connections end, and the port is free.
    pub async fn stop(mut self) {
        self.task.abort();
        // The only error is that the task was stopped, which was asked for.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}
