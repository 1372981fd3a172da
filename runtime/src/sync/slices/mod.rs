//! A stream in slices: one walk for each parent or value, or several for windows of time, some of them side by side.
//!
//! **A round** is one reading of all slices. It outlives the process: a killed round goes on, slices that it has finished are not read
//! again, and one that was under way goes on where its walk stood. A slice that fails leaves its own state as it was, the others are
//! read, and the run ends red. The next round begins with every slice again, and those that failed go on from where they stand.
//!
//! **Parents** come from their table in the store, a batch at a time in the order of their keys, so a million of them take no memory. A
//! parent that comes in behind the walk is the next round's. A parent that was deleted keeps its list in the store.
//!
//! **Only what changed**: a slice keeps the cursor value that its parent had when its list was read. It is kept only where that value is
//! older than the reading by a minute, since within the same tick of the server's clock the parent may change once more and show nothing.
//!
//! **One writer**: slices are read side by side in one task, so their pages are written one after the other.

mod ledger;
mod report;
mod supply;
mod windows;

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use crate::contract::{Partition, Slices, Stream};
use crate::cursor::CursorValue;
use crate::drift::Inspector;
use crate::slices::Slice;
use crate::store::{Round, SliceState, Store, StoreError, dotted};

use super::engine::{Cause, Engine, Outcome, Progress};
use super::source::{SliceError, SliceSource, SourceError};

use ledger::SliceLedger;
use supply::{Next, Supply};

pub(super) use report::Tally;
pub use report::{SliceFailure, SliceFailures, SliceReport};

/// How far the server's clock may be from ours, and from the value that it stamps.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_secs(60);
/// Slices that fail one after another, with none between them that was read: then the rest is not even tried.
const FAILURES_IN_A_ROW: u32 = 10;

/// What a run over slices needs beside its source.
pub(super) struct Slicer<'a, S> {
    pub(super) stream: &'static Stream,
    pub(super) slices: &'static Slices,
    /// The stream whose records have a list each.
    pub(super) parent: Option<&'static Stream>,
    /// The slices that are known without another stream.
    pub(super) known: Vec<Slice>,
    /// Where the first window begins.
    pub(super) first: Option<Timestamp>,
    pub(super) contract_version: &'static str,
    pub(super) store: &'a Store,
    /// Who looks at the records.
    pub(super) inspector: &'a Inspector,
    /// The first run's cursor value.
    pub(super) start: Option<&'a str>,
    pub(super) now: &'a (dyn Fn() -> Timestamp + Sync),
    pub(super) on_page: &'a (dyn Fn(&Progress) + Sync),
    pub(super) source: &'a S,
}

/// What a run over slices did.
pub(super) struct Sliced<E> {
    pub(super) progress: Progress,
    pub(super) tally: Tally<E>,
    /// Whether it went on with a round that had been cut off.
    pub(super) resumed: bool,
}

/// One slice, read or tried.
struct Done<E> {
    tally: Tally<E>,
    /// Whether something failed that every other slice would meet too.
    hopeless: bool,
}

impl<S: SliceSource> Slicer<'_, S> {
    /// Reads every slice that the round has still to read.
    ///
    /// # Errors
    /// The store fails. What goes wrong with single slices is in the tally.
    pub(super) async fn run(&self) -> Result<Sliced<SliceError<S>>, (Box<Progress>, StoreError)> {
        let progress = Mutex::new(Progress::default());
        match self.run_counting(&progress).await {
            Ok((tally, resumed)) => Ok(Sliced { progress: *lock(&progress), tally, resumed }),
            Err(error) => Err((Box::new(*lock(&progress)), error)),
        }
    }

    async fn run_counting(
        &self,
        progress: &Mutex<Progress>,
    ) -> Result<(Tally<SliceError<S>>, bool), StoreError> {
        let (round, resumed) = self.round()?;
        let mut supply = Supply::new(self, round.round);
        let mut at_work = FuturesUnordered::new();
        let mut tally = Tally::default();
        let mut failed_in_a_row = 0;
        loop {
            while at_work.len() < self.slices.at_once.max(1) && !tally.abandoned {
                match supply.next()? {
                    Some(Next::Slice { slice, mark }) => {
                        at_work.push(self.slice(slice, mark, &round, progress));
                    }
                    Some(Next::Skipped) => tally.report.skipped += 1,
                    None => break,
                }
            }
            let Some(done) = at_work.next().await else { break };
            let done: Done<_> = done?;
            failed_in_a_row = if done.tally.report.failed == 0 { 0 } else { failed_in_a_row + 1 };
            tally.abandoned |= done.hopeless || failed_in_a_row >= FAILURES_IN_A_ROW;
            tally.add(done.tally);
        }
        if !tally.abandoned {
            let ended = Round { open: false, ..round.clone() };
            self.store.save_round(self.stream, &ended, false, (self.now)())?;
        }
        Ok((tally, resumed))
    }

    /// The round that is under way, or a new one.
    fn round(&self) -> Result<(Round, bool), StoreError> {
        let division = self.division();
        let known = self.store.round(self.stream)?;
        if let Some(round) = known.clone().filter(|known| known.open && known.division == division) {
            return Ok((round, true));
        }
        let now = (self.now)();
        let number = known.as_ref().map_or(1, |known| known.round.saturating_add(1));
        let anew = known.is_none_or(|known| known.division != division);
        let round = Round { round: number, started_at: now, division, open: true };
        self.store.save_round(self.stream, &round, anew, now)?;
        Ok((round, false))
    }

    /// How the stream is divided, and by which cursor each slice is read.
    fn division(&self) -> String {
        let by = match &self.slices.partition {
            Partition::Whole => String::new(),
            Partition::Parent(parent) => format!("parent {}", parent.stream),
            Partition::Each(each) => format!("each {:?}", each.target),
        };
        let window = self.slices.window.as_ref().map(|window| dotted(window.field)).unwrap_or_default();
        let cursor = self.stream.cursor.as_ref().map(|cursor| dotted(cursor.field)).unwrap_or_default();
        format!("{by}; window {window}; cursor {cursor}")
    }

    /// Reads one slice to its end. Only what concerns the store is an error.
    async fn slice(
        &self,
        slice: Slice,
        cursor: Option<String>,
        round: &Round,
        progress: &Mutex<Progress>,
    ) -> Result<Done<SliceError<S>>, StoreError> {
        let mark = cursor.filter(|cursor| self.is_settled(cursor));
        let state = self.store.slice(self.stream, &slice.key)?;
        if let Some(window) = &self.slices.window {
            return self.windows(window, &slice, state, mark, round, progress).await;
        }
        let ledger = SliceLedger::new(self, &slice, state, mark, round.round);
        let name = slice.name(self.stream);
        let source = self.source.slice(slice.arguments.clone());
        let result = self.walk(&slice, &ledger, None, &source, progress).await;
        let mut tally = Tally::default();
        let hopeless = match result {
            Ok(outcome) => {
                tally.read(&outcome);
                false
            }
            Err(Cause::Store(error)) => return Err(error),
            Err(Cause::Source(error)) if error.skips_slice() => {
                ledger.left_out((self.now)())?;
                tally.report.left_out += 1;
                false
            }
            Err(Cause::Source(error)) if self.is_gone(&error) => {
                ledger.gone((self.now)())?;
                tally.report.gone += 1;
                false
            }
            Err(cause) => {
                ledger.failed(cause.describe(), (self.now)())?;
                let hopeless = cause.concerns_all();
                tally.fail(name, cause);
                hopeless
            }
        };
        Ok(Done { tally, hopeless })
    }

    async fn walk(
        &self,
        slice: &Slice,
        ledger: &dyn super::ledger::Ledger,
        cap: Option<&'static crate::contract::Cap>,
        source: &S::Source,
        progress: &Mutex<Progress>,
    ) -> Result<Outcome, Cause<SliceError<S>>> {
        let before = Mutex::new(Progress::default());
        let on_page = |now: &Progress| {
            let mut before = lock(&before);
            let mut all = lock(progress);
            *all += now.since(&before);
            *before = *now;
            (self.on_page)(&all);
        };
        let engine = Engine {
            stream: self.stream,
            contract_version: self.contract_version,
            ledger,
            inspector: self.inspector,
            slice: Some(slice),
            cap,
            start: self.start,
            now: self.now,
            on_page: &on_page,
        };
        engine.run(source).await.map_err(|failure| failure.cause)
    }

    /// Whether the answer says that the parent is no longer there.
    fn is_gone(&self, error: &SliceError<S>) -> bool {
        let skips = matches!(&self.slices.partition, Partition::Parent(parent) if parent.skip_gone);
        skips && matches!(error.status(), Some(404 | 410))
    }

    /// Whether the parent cannot change any more and keep that cursor value.
    fn is_settled(&self, cursor: &str) -> bool {
        let moment = (self.now)().checked_sub(CLOCK_DIFFERENCE).unwrap_or(Timestamp::MIN);
        CursorValue::from_text(cursor).is_some_and(|value| value.is_settled(moment))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A slice's state at the end of a reading.
fn finished(state: SliceState, mark: Option<&String>, round: u64, outcome: &str) -> SliceState {
    SliceState {
        round: Some(round),
        mark: mark.cloned(),
        run: None,
        outcome: Some(outcome.to_owned()),
        ..state
    }
}
