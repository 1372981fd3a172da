//! The windows of a slice. Their state is a few intervals: up to where windows have been planned, and which of those are not read to
//! their end. Everything before both is complete, so no completed window is read again; the next run begins where the last one's
//! bound was, which lies before its start by the lookback.

use std::sync::Mutex;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::contract::{Partition, Stream, Window};
use crate::slices::Slice;
use crate::slices::window::{Span, bound, end};
use crate::store::{Checkpoint, Counts, Round, Row, RunState, SliceState, Store, StoreError};
use crate::sync::engine::{Cause, Outcome, Progress, RunStop};
use crate::sync::ledger::Ledger;
use crate::sync::source::{SliceError, SliceSource, SourceError};

use super::report::Tally;
use super::{Done, FAILURES_IN_A_ROW, Slicer, finished, lock};

/// Where the windows of a slice stand.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Windows {
    /// Up to here windows have been planned.
    planned: Timestamp,
    /// Up to here the run that planned the last of them saw everything, once they are read.
    bound: Timestamp,
    /// Those that are not read to their end.
    open: Vec<OpenWindow>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct OpenWindow {
    span: Span,
    run: Option<RunState>,
}

impl Windows {
    /// As an earlier run left them, or at the start. What was planned beyond the earlier run's bound is planned again, since records of
    /// those times may have come later.
    fn read(
        state: &SliceState,
        first: Timestamp,
        stream: &'static Stream,
        new_bound: Timestamp,
    ) -> Result<Self, StoreError> {
        let unreadable = |source| StoreError::Checkpoint { stream: stream.name, source };
        if let Some(run) = &state.run {
            let mut windows: Self = serde_json::from_value(run.clone()).map_err(unreadable)?;
            let bound = windows.bound;
            windows.planned = windows.planned.min(bound.max(first));
            windows.open.retain(|open| open.span.from < bound);
            windows.bound = bound.max(new_bound);
            return Ok(windows);
        }
        let resting = state.bookmark.as_deref().map(serde_json::from_str).transpose().map_err(unreadable)?;
        Ok(Self { planned: resting.unwrap_or(first), bound: new_bound, open: Vec::new() })
    }

    /// Everything before this is in the store.
    fn complete(&self) -> Timestamp {
        let open = self.open.iter().map(|open| open.span.from).min();
        open.unwrap_or(self.planned).min(self.planned).min(self.bound)
    }
}

struct Shared {
    state: SliceState,
    windows: Windows,
}

impl Shared {
    /// The slice's state as it is to be written now.
    fn state(&mut self) -> SliceState {
        self.state.bookmark = Some(serde_json::Value::from(self.windows.complete().to_string()).to_string());
        self.state.run = serde_json::to_value(&self.windows).ok();
        self.state.clone()
    }
}

/// The state of one window, within that of its slice.
struct WindowLedger<'a> {
    store: &'a Store,
    stream: &'static Stream,
    slice: &'a str,
    span: Span,
    shared: &'a Mutex<Shared>,
}

impl WindowLedger<'_> {
    /// The slice's state after a checkpoint of the window.
    fn after(&self, checkpoint: &Checkpoint) -> SliceState {
        let mut shared = lock(self.shared);
        let open = &mut shared.windows.open;
        match &checkpoint.run {
            Some(run) => {
                if let Some(window) = open.iter_mut().find(|window| window.span == self.span) {
                    window.run = Some(run.clone());
                }
            }
            None => open.retain(|window| window.span != self.span),
        }
        shared.state()
    }

    fn split(&self, halves: [Span; 2], now: Timestamp) -> Result<(), StoreError> {
        let state = {
            let mut shared = lock(self.shared);
            shared.windows.open.retain(|window| window.span != self.span);
            shared.windows.open.extend(halves.map(|span| OpenWindow { span, run: None }));
            shared.state()
        };
        self.store.save_slice(self.stream, self.slice, &state, now)
    }

    /// It stays open, without a place to go on from: that place is too deep.
    fn too_deep(&self) {
        let mut shared = lock(self.shared);
        if let Some(window) = shared.windows.open.iter_mut().find(|window| window.span == self.span) {
            window.run = None;
        }
    }
}

impl Ledger for WindowLedger<'_> {
    fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let shared = lock(self.shared);
        let run = shared.windows.open.iter().find(|window| window.span == self.span);
        Ok(Checkpoint { bookmark: None, run: run.and_then(|window| window.run.clone()) })
    }

    fn commit(
        &self,
        rows: &[Row<'_>],
        checkpoint: &Checkpoint,
        now: Timestamp,
    ) -> Result<Counts, StoreError> {
        {
            let mut shared = lock(self.shared);
            shared.state.pages += 1;
            shared.state.records += rows.len() as u64;
        }
        let state = self.after(checkpoint);
        self.store.commit_slice_page(self.stream, rows, self.slice, &state, now)
    }

    fn save(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError> {
        let state = self.after(checkpoint);
        self.store.save_slice(self.stream, self.slice, &state, now)
    }
}

impl<S: SliceSource> Slicer<'_, S> {
    /// Reads every window of a slice that is not complete.
    pub(super) async fn windows(
        &self,
        window: &'static Window,
        slice: &Slice,
        state: SliceState,
        mark: Option<String>,
        round: &Round,
        progress: &Mutex<Progress>,
    ) -> Result<Done<SliceError<S>>, StoreError> {
        let now = (self.now)();
        let first = self.first.unwrap_or(now);
        let mut windows = Windows::read(&state, first, self.stream, bound(window, now))?;
        let state = match &state.run {
            Some(_) => state,
            None => SliceState { pages: 0, records: 0, ..state },
        };
        let end = end(window, now);
        // Oldest first, and with a place for those that a split makes.
        let mut waiting: Vec<Span> = windows.open.iter().map(|open| open.span).collect();
        waiting.sort_by(|one, two| two.cmp(one));
        windows.open.sort_by_key(|open| open.span);
        let shared = Mutex::new(Shared { state, windows });
        let mut tally = Tally::default();
        let mut at_work = FuturesUnordered::new();
        let (mut failed_in_a_row, mut hopeless) = (0, false);
        // Slices that have windows are side by side already; their windows are read one after another.
        let at_once = if matches!(self.slices.partition, Partition::Whole) { self.slices.at_once } else { 1 };
        loop {
            while at_work.len() < at_once.max(1) && !hopeless && failed_in_a_row < FAILURES_IN_A_ROW {
                let Some(span) = waiting.pop().or_else(|| plan(&shared, window, end)) else { break };
                at_work.push(self.window(window, slice, span, &shared, progress));
            }
            let Some(done) = at_work.next().await else { break };
            let (span, result) = done?;
            match result {
                Ok(WindowEnd::Read(outcome)) => {
                    failed_in_a_row = 0;
                    tally.read(&outcome);
                }
                Ok(WindowEnd::Split(outcome, [one, two])) => {
                    tally.report.split += 1;
                    tally.seen(&outcome);
                    waiting.extend([two, one]);
                }
                // Where there is one list, to leave it out would be to read nothing.
                Err(Cause::Source(error))
                    if error.skips_slice() && !matches!(self.slices.partition, Partition::Whole) =>
                {
                    // So it says of the list, whichever window it was.
                    let state = finished(lock(&shared).state(), None, round.round, "left out");
                    self.store.save_slice(self.stream, &slice.key, &state, (self.now)())?;
                    tally.report.left_out += 1;
                    return Ok(Done { tally, hopeless: false });
                }
                Err(Cause::Source(error)) if self.is_gone(&error) => {
                    // With its parent all its windows are gone.
                    let state = finished(lock(&shared).state(), mark.as_ref(), round.round, "gone");
                    self.store.save_slice(self.stream, &slice.key, &state, (self.now)())?;
                    tally.report.gone += 1;
                    return Ok(Done { tally, hopeless: false });
                }
                Err(cause) => {
                    failed_in_a_row += 1;
                    hopeless |= cause.concerns_all();
                    lock(&shared).state.outcome = Some(format!("failed: {span}: {}", cause.describe()));
                    tally.fail(self.window_name(slice, span), cause);
                }
            }
        }
        drop(at_work);
        let abandoned = hopeless || failed_in_a_row >= FAILURES_IN_A_ROW;
        let mut shared = shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let state = if tally.report.failed == 0 {
            let rests = shared.windows.complete();
            let state = SliceState {
                bookmark: Some(serde_json::Value::from(rests.to_string()).to_string()),
                ..shared.state
            };
            finished(state, mark.as_ref(), round.round, "read to its end")
        } else {
            shared.state()
        };
        self.store.save_slice(self.stream, &slice.key, &state, (self.now)())?;
        let whole = matches!(self.slices.partition, Partition::Whole);
        Ok(Done { tally, hopeless: hopeless || (abandoned && whole) })
    }

    async fn window(
        &self,
        window: &'static Window,
        slice: &Slice,
        span: Span,
        shared: &Mutex<Shared>,
        progress: &Mutex<Progress>,
    ) -> Result<(Span, Result<WindowEnd, Cause<SliceError<S>>>), StoreError> {
        let (store, stream) = (self.store, self.stream);
        let ledger = WindowLedger { store, stream, slice: &slice.key, span, shared };
        let arguments = slice.arguments.iter().cloned().chain(span.arguments(window)).collect();
        let source = self.source.slice(arguments);
        let result = match self.walk(slice, &ledger, window.cap.as_ref(), &source, progress).await {
            Err(Cause::Store(error)) => return Err(error),
            Err(cause) => Err(cause),
            Ok(outcome) if outcome.stop != RunStop::CapReached => Ok(WindowEnd::Read(outcome)),
            Ok(outcome) => match span.halves(window) {
                Some(halves) => {
                    ledger.split(halves, (self.now)())?;
                    Ok(WindowEnd::Split(outcome, halves))
                }
                None => {
                    ledger.too_deep();
                    Err(Cause::TooDeep(span))
                }
            },
        };
        Ok((span, result))
    }

    fn window_name(&self, slice: &Slice, span: Span) -> String {
        match self.slices.partition {
            Partition::Whole => format!("{span}"),
            _ => format!("{}, {span}", slice.name(self.stream)),
        }
    }
}

enum WindowEnd {
    Read(Outcome),
    Split(Outcome, [Span; 2]),
}

/// The next window that nobody has planned.
fn plan(shared: &Mutex<Shared>, window: &Window, end: Timestamp) -> Option<Span> {
    let mut shared = lock(shared);
    let span = Span::next(window, shared.windows.planned, end)?;
    shared.windows.planned = span.to;
    shared.windows.open.push(OpenWindow { span, run: None });
    Some(span)
}
