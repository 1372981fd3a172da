//! Syncs streams into a [`Store`]: reads the pages from where the last run ended, and commits each page with the checkpoint after it.
//!
//! A run that ends well has every record that the API served. One that does not keeps its whole pages, and the next run goes on from there.
//! Pages are read at least once and stand in the table once, because records are written by their key.

mod engine;
mod error;
mod ledger;
mod project;
mod report;
mod slices;
mod source;
#[cfg(test)]
mod tests;
mod walk;

use jiff::Timestamp;

use crate::contract::{Partition, Slices, Stream};
use crate::slices as slices_of;
use crate::store::Store;
use crate::{Client, Error};

use engine::{Engine, Outcome};
use ledger::StreamLedger;
use slices::{Sliced, Slicer};
use source::{ClientSlices, ClientSource};

pub use engine::{Progress, RunStop};
pub use error::{SyncError, SyncProblem};
pub use report::Report;
pub use slices::{SliceFailure, SliceFailures, SliceReport};

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
#[derive(Clone, Copy, Debug)]
pub struct Sync<'a> {
    client: &'a Client,
    store: &'a Store,
}

impl<'a> Sync<'a> {
    /// From that client's API into that store.
    pub fn new(client: &'a Client, store: &'a Store) -> Self {
        Self { client, store }
    }

    /// A run of the stream of that name.
    pub fn stream(self, name: &'a str) -> StreamSync<'a> {
        StreamSync { client: self.client, store: self.store, name, on_page: &|_| {} }
    }
}

/// A run of one stream, to be started with [`StreamSync::run`].
#[derive(Clone, Copy)]
pub struct StreamSync<'a> {
    client: &'a Client,
    store: &'a Store,
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
        let failed = |progress, problem| SyncError {
            stream: self.name.to_owned(),
            progress,
            problem: Box::new(problem),
        };
        let stream = contract.stream(self.name).ok_or_else(|| {
            let known = contract.streams.iter().map(|stream| stream.name).collect();
            failed(Progress::default(), SyncProblem::UnknownStream { known })
        })?;
        let before = self.client.statistics();
        let clock = self.client.clock();
        let begun = clock.elapsed();
        let report = match &stream.slices {
            None => self.whole(stream).await,
            Some(slices) => self.slices(stream, slices).await,
        };
        let report = report.map_err(|(progress, problem)| failed(progress, problem))?;
        let rows = self.store.count(stream).map_err(|error| failed(report.progress(), error.into()))?;
        let after = self.client.statistics();
        let spent = clock.elapsed().saturating_sub(begun);
        Ok(Report { rows, ..report }.with_statistics(&before, &after, spent))
    }

    /// A stream that is one list.
    async fn whole(&self, stream: &'static Stream) -> Result<Report, (Progress, SyncProblem)> {
        let clock = self.client.clock();
        let start = slices_of::start(self.client.config(), stream).map_err(nothing_done)?;
        let now = || -> Timestamp { clock.now() };
        let engine = Engine {
            stream,
            contract_version: self.client.contract().version,
            ledger: &StreamLedger { store: self.store, stream },
            slice: None,
            cap: None,
            start: start.as_deref(),
            now: &now,
            on_page: self.on_page,
        };
        let source = ClientSource { client: self.client, stream, arguments: Vec::new() };
        let outcome = engine.run(&source).await;
        outcome
            .map(|outcome| report(stream, outcome))
            .map_err(|failure| (failure.progress, failure.cause.into()))
    }

    /// A stream that is read in slices.
    async fn slices(
        &self,
        stream: &'static Stream,
        slices: &'static Slices,
    ) -> Result<Report, (Progress, SyncProblem)> {
        let (client, clock) = (self.client, self.client.clock());
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
            start: start.as_deref(),
            now: &now,
            on_page: self.on_page,
            source: &ClientSlices { client, stream },
        };
        let Sliced { progress, tally, resumed } =
            slicer.run().await.map_err(|(progress, error)| (progress, error.into()))?;
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
