//! Syncs streams into a [`Store`]: reads the pages from where the last run ended, and commits each page with the checkpoint after it.
//!
//! A run that ends well has every record that the API served. One that does not keeps its whole pages, and the next run goes on from there.
//! Pages are read at least once and stand in the table once, because records are written by their key.

mod engine;
mod error;
mod ledger;
mod project;
mod release;
mod report;
mod slices;
mod source;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tracing::Instrument;

use crate::contract::{Partition, Slices, Stream};
use crate::drift::{DriftSummary, Inspector, told_by_error, told_by_total};
use crate::observe::{RunEnd, Trace};
use crate::slices as slices_of;
use crate::store::{Counts, Store};
use crate::{Client, Error};

use engine::{Engine, Outcome};
use ledger::StreamLedger;
use slices::{Sliced, Slicer};
use source::{ClientSlices, ClientSource};

pub use engine::{Progress, RunStop};
pub use error::{SyncError, SyncProblem};
pub use release::{Released, release};
pub use report::Report;
pub use slices::{SliceFailure, SliceFailures, SliceReport};

#[cfg(test)]
pub(crate) use tests::{test_contract, test_operation, test_stream};

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

/// What is called after each page.
type OnPage<'a> = dyn Fn(&Progress) + std::marker::Sync + 'a;

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
        let ended = match &result {
            Ok(report) => RunEnd { outcome: "ok", pages: report.pages, records: report.records, error: None },
            Err(error) => RunEnd {
                outcome: if error.parked_until().is_some() { "parked" } else { "failed" },
                pages: error.progress.pages,
                records: error.progress.records,
                error: Some(error),
            },
        };
        span.in_scope(|| client.0.observer.run(name, &ended));
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
        let written = Mutex::new(Counts::default());
        let on_page = |progress: &Progress| {
            let mut before = written.lock().unwrap_or_else(PoisonError::into_inner);
            let counts = progress.counts.since(&before);
            let changes = [("new", counts.new), ("changed", counts.changed), ("unchanged", counts.unchanged)];
            client.0.observer.written(stream.name, changes);
            *before = progress.counts;
            drop(before);
            (self.on_page)(progress);
        };
        let known = self.store.drift(stream);
        let known = known.map_err(|error| failed(Progress::default(), error.into()))?;
        let inspector = Inspector::new(contract, stream, known, drift_seed(client));
        let report = match &stream.slices {
            None => self.whole(client, stream, &inspector, &on_page).await,
            Some(slices) => self.slices(client, stream, slices, &inspector, &on_page).await,
        };
        let now = clock.now();
        match &report {
            Ok(report) => {
                // Only a list that was read from its start to its end can be set against a total.
                let total = report.total.filter(|_| !report.resumed && report.stop == RunStop::EndOfPages);
                let told = total.and_then(|total| told_by_total(stream, total, report.records));
                told.into_iter().for_each(|told| inspector.behaviour(told, now));
            }
            Err((_, problem)) => {
                let told = problem.calls().into_iter().filter_map(|error| told_by_error(stream, error));
                told.for_each(|told| inspector.behaviour(told, now));
            }
        }
        let (drift, summary) = inspector.finish(now);
        let saved = drift.map_or(Ok(()), |drift| self.store.save_drift(stream, &drift));
        let report = report.map_err(|(progress, problem)| failed(progress, problem))?;
        saved.map_err(|error| failed(report.progress(), error.into()))?;
        let report = Report { drift: summary, ..report };
        let rows = self.store.count(stream).map_err(|error| failed(report.progress(), error.into()))?;
        let after = client.statistics();
        let spent = clock.elapsed().saturating_sub(begun);
        Ok(Report { rows, ..report }.with_statistics(&before, &after, spent))
    }

    /// A stream that is one list.
    async fn whole(
        &self,
        client: &Client,
        stream: &'static Stream,
        inspector: &Inspector,
        on_page: &OnPage<'_>,
    ) -> Result<Report, (Progress, SyncProblem)> {
        let clock = client.clock();
        let start = slices_of::start(client.config(), stream).map_err(nothing_done)?;
        let now = || -> Timestamp { clock.now() };
        let engine = Engine {
            stream,
            contract_version: client.contract().version,
            ledger: &StreamLedger { store: self.store, stream },
            inspector,
            slice: None,
            cap: None,
            start: start.as_deref(),
            now: &now,
            on_page,
        };
        let source = ClientSource { client, stream, arguments: Vec::new() };
        let outcome = engine.run(&source).await;
        outcome
            .map(|outcome| report(stream, outcome))
            .map_err(|failure| (*failure.progress, failure.cause.into()))
    }

    /// A stream that is read in slices.
    async fn slices(
        &self,
        client: &Client,
        stream: &'static Stream,
        slices: &'static Slices,
        inspector: &Inspector,
        on_page: &OnPage<'_>,
    ) -> Result<Report, (Progress, SyncProblem)> {
        let clock = client.clock();
        let start = slices_of::start(client.config(), stream).map_err(nothing_done)?;
        let parent = slices_of::parent(client, stream).map_err(nothing_done)?;
        let not_synced = |parent: &'static Stream| match self.store.was_synced(parent) {
            Ok(true) => None,
            Ok(false) => Some(SyncProblem::ParentNotSynced { parent: parent.name }),
            Err(error) => Some(error.into()),
        };
        if let Some(problem) = parent.and_then(not_synced) {
            return Err((Progress::default(), problem));
        }
        let known = match &slices.partition {
            Partition::Each(each) => slices_of::each(client.config(), each).map_err(nothing_done)?,
            Partition::Whole => vec![Default::default()],
            Partition::Parent(_) => Vec::new(),
        };
        let first = slices.window.as_ref().map(|window| slices_of::first(client, stream, window));
        let now = || -> Timestamp { clock.now() };
        let slicer = Slicer {
            stream,
            slices,
            parent,
            known,
            first: first.transpose().map_err(nothing_done)?,
            contract_version: client.contract().version,
            store: self.store,
            inspector,
            start: start.as_deref(),
            now: &now,
            on_page,
            source: &ClientSlices { client, stream },
        };
        let Sliced { progress, tally, resumed } =
            slicer.run().await.map_err(|(progress, error)| (*progress, error.into()))?;
        let outcome = Outcome {
            progress,
            without_cursor: tally.without_cursor,
            unordered: tally.unordered,
            resumed,
            restarted: tally.restarted,
            stop: RunStop::AllSlices,
            reason: None,
            total: None,
            bookmark: None,
        };
        let slices = Some(tally.report.clone());
        match tally.into_failures() {
            Some(failures) => Err((progress, SyncProblem::Slices(Box::new(failures)))),
            None => Ok(Report { slices, ..report(stream, outcome) }),
        }
    }
}

/// Which records of a run are looked at whole: others in each run, so that what only some have is met in time.
fn drift_seed(client: &Client) -> u64 {
    (client.0.random.trace_id() >> 64) as u64
}

fn nothing_done(error: Error) -> (Progress, SyncProblem) {
    (Progress::default(), error.into())
}

fn report(stream: &'static Stream, outcome: Outcome) -> Report {
    let Outcome { progress, without_cursor, unordered, resumed, restarted, stop, reason, total, bookmark } =
        outcome;
    Report {
        stream: stream.name,
        pages: progress.pages,
        records: progress.records,
        new: progress.counts.new,
        changed: progress.counts.changed,
        unchanged: progress.counts.unchanged,
        quarantined: progress.quarantined,
        drift: DriftSummary::default(),
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
        rows: 0,
        bookmark,
        slices: None,
    }
}
