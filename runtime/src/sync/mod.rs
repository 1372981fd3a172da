//! Syncs streams into a [`Store`]: reads the pages from where the last run ended, and commits each page with the checkpoint after it.
//!
//! A run that ends well has every record that the API served. One that does not keeps its whole pages, and the next run goes on from there.
//! Pages are read at least once and stand in the table once, because records are written by their key.

mod cursor;
mod engine;
mod error;
mod project;
mod report;
mod source;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tracing::Instrument;

use crate::Client;
use crate::contract::Stream;
use crate::observe::Trace;
use crate::store::{Counts, Store};

use engine::{Engine, Outcome};
use source::ClientSource;

pub use engine::{Progress, RunStop};
pub use error::{SyncError, SyncProblem};
pub use report::Report;
pub use source::first_request;

/// Syncs the streams of one connector into its store.
///
/// ```no_run
/// # async fn example(client: linchpin_runtime::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use linchpin_runtime::{store::Store, sync::Sync};
///
/// let store = Store::open("tickets.db", client.contract())?;
/// let report = Sync::new(&client, &store).stream("tickets").run().await?;
/// println!("{} new records", report.new);
/// # Ok(())
/// # }
/// ```
///
/// All streams of one `Sync` are one piece of work for those who watch: one span, and one correlation id.
#[derive(Clone, Debug)]
pub struct Sync<'a> {
    client: &'a Client,
    store: &'a Store,
    trace: Trace,
}

impl<'a> Sync<'a> {
    /// From that client's API into that store.
    pub fn new(client: &'a Client, store: &'a Store) -> Self {
        Self { client, store, trace: Trace::of_sync(client.contract(), &*client.0.random) }
    }

    /// A run of the stream of that name.
    pub fn stream(&self, name: &'a str) -> StreamSync<'a> {
        StreamSync {
            client: self.client,
            store: self.store,
            trace: self.trace.clone(),
            name,
            on_page: &|_| {},
        }
    }
}

/// A run of one stream, to be started with [`StreamSync::run`].
#[derive(Clone)]
pub struct StreamSync<'a> {
    client: &'a Client,
    store: &'a Store,
    trace: Trace,
    name: &'a str,
    on_page: &'a (dyn Fn(&Progress) + std::marker::Sync),
}

impl<'a> StreamSync<'a> {
    /// What is called after each page that was committed.
    pub fn on_page(self, on_page: &'a (dyn Fn(&Progress) + std::marker::Sync)) -> Self {
        Self { on_page, ..self }
    }

    /// Reads the stream from where it stands to its end. Dropping the future stops the run between two pages.
    ///
    /// # Errors
    /// A page cannot be fetched, read or written, or a record has no key. Pages committed until then stay, and nothing of the page at which
    /// it stopped; the next run goes on from there.
    pub async fn run(self) -> Result<Report, SyncError> {
        let contract = self.client.contract();
        // A name that the contract does not have is no label: there is no end of them.
        let name = contract.stream(self.name).map_or("", |stream| stream.name);
        let trace = self.trace.of_stream(contract, name, &*self.client.0.random);
        let span = trace.span().clone();
        let client = self.client.within(trace);
        let result = self.read(&client).instrument(span.clone()).await;
        let told = result.as_ref().map(|report| (report.pages, report.records));
        span.in_scope(|| client.0.observer.run(name, told));
        result
    }

    async fn read(&self, client: &Client) -> Result<Report, SyncError> {
        let contract = client.contract();
        let failed = |progress, problem| SyncError {
            stream: self.name.to_owned(),
            progress,
            problem: Box::new(problem),
        };
        let stream = contract.stream(self.name).ok_or_else(|| {
            let known = contract.streams.iter().map(|stream| stream.name).collect();
            failed(Progress::default(), SyncProblem::UnknownStream { known })
        })?;
        let before = client.statistics();
        let clock = client.clock();
        let begun = clock.elapsed();
        let start = source::start(client, stream)
            .map_err(|error| failed(Progress::default(), SyncProblem::Fetch(error)))?;
        let now = || -> Timestamp { clock.now() };
        let written = Mutex::new(Counts::default());
        let on_page = |progress: &Progress| {
            let mut before = written.lock().unwrap_or_else(PoisonError::into_inner);
            client.0.observer.written(stream.name, &progress.counts.since(&before));
            *before = progress.counts;
            drop(before);
            (self.on_page)(progress);
        };
        let engine = Engine {
            stream,
            contract_version: contract.version,
            store: self.store,
            start: start.as_deref(),
            now: &now,
            on_page: &on_page,
        };
        let outcome = engine
            .run(&ClientSource { client, stream })
            .await
            .map_err(|failure| failed(failure.progress, failure.cause.into()))?;
        let rows = self.store.count(stream).map_err(|error| failed(outcome.progress, error.into()))?;
        let after = client.statistics();
        Ok(report(stream, outcome, rows).with_statistics(
            &before,
            &after,
            clock.elapsed().saturating_sub(begun),
        ))
    }
}

fn report(stream: &'static Stream, outcome: Outcome, rows: u64) -> Report {
    let Outcome { progress, without_cursor, unordered, resumed, restarted, stop, reason, total, bookmark } =
        outcome;
    Report {
        stream: stream.name,
        pages: progress.pages,
        records: progress.records,
        new: progress.counts.new,
        changed: progress.counts.changed,
        unchanged: progress.counts.unchanged,
        without_cursor,
        requests: 0,
        retries: 0,
        waits: 0,
        waited_seconds: 0.0,
        seconds: 0.0,
        stop,
        reason,
        total,
        unordered,
        resumed,
        restarted,
        rows,
        bookmark,
    }
}
