use std::sync::Mutex;

use jiff::Timestamp;

use crate::contract::Stream;
use crate::slices::Slice;
use crate::store::{Batch, Checkpoint, Counts, SliceState, Store, StoreError};
use crate::sync::ledger::Ledger;

use super::{Slicer, finished, lock};

/// The state of a slice that is one list.
pub(super) struct SliceLedger<'a> {
    store: &'a Store,
    stream: &'static Stream,
    slice: &'a str,
    mark: Option<String>,
    round: u64,
    state: Mutex<SliceState>,
}

impl<'a> SliceLedger<'a> {
    pub(super) fn new<S>(
        slicer: &Slicer<'a, S>,
        slice: &'a Slice,
        state: SliceState,
        mark: Option<String>,
        round: u64,
    ) -> Self {
        let state = match &state.run {
            Some(_) => state,
            None => SliceState { pages: 0, records: 0, ..state },
        };
        let (store, stream) = (slicer.store, slicer.stream);
        Self { store, stream, slice: &slice.key, mark, round, state: Mutex::new(state) }
    }

    /// There is no such list any more.
    pub(super) fn gone(&self, now: Timestamp) -> Result<(), StoreError> {
        let state = finished(lock(&self.state).clone(), self.mark.as_ref(), self.round, "gone");
        self.store.save_slice(self.stream, self.slice, &state, now)
    }

    /// The error map says that it cannot be had. It is asked for again in the next round, whether its parent changed or not.
    pub(super) fn left_out(&self, now: Timestamp) -> Result<(), StoreError> {
        let state = finished(lock(&self.state).clone(), None, self.round, "left out");
        self.store.save_slice(self.stream, self.slice, &state, now)
    }

    /// It could not be read to its end; where it stands is as it was.
    pub(super) fn failed(&self, why: String, now: Timestamp) -> Result<(), StoreError> {
        let state = SliceState { outcome: Some(format!("failed: {why}")), ..lock(&self.state).clone() };
        self.store.save_slice(self.stream, self.slice, &state, now)
    }

    fn after(&self, checkpoint: &Checkpoint, page: Option<u64>) -> SliceState {
        let state = lock(&self.state).clone();
        let state = SliceState {
            bookmark: checkpoint.bookmark.clone(),
            run: checkpoint.run.as_ref().and_then(|run| serde_json::to_value(run).ok()),
            pages: state.pages + u64::from(page.is_some()),
            records: state.records + page.unwrap_or_default(),
            ..state
        };
        match state.run {
            Some(_) => SliceState { outcome: Some("under way".to_owned()), ..state },
            None => finished(state, self.mark.as_ref(), self.round, "read to its end"),
        }
    }
}

impl Ledger for SliceLedger<'_> {
    fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let state = lock(&self.state);
        let run = state.run.clone().map(serde_json::from_value).transpose();
        let run = run.map_err(|source| StoreError::Checkpoint { stream: self.stream.name, source })?;
        Ok(Checkpoint { bookmark: state.bookmark.clone(), run })
    }

    fn commit(
        &self,
        batch: &Batch<'_>,
        checkpoint: &Checkpoint,
        now: Timestamp,
    ) -> Result<Counts, StoreError> {
        let state = self.after(checkpoint, Some(batch.records()));
        let counts = self.store.commit_slice_page(self.stream, batch, self.slice, &state, now)?;
        *lock(&self.state) = state;
        Ok(counts)
    }

    fn save(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError> {
        let state = self.after(checkpoint, None);
        self.store.save_slice(self.stream, self.slice, &state, now)?;
        *lock(&self.state) = state;
        Ok(())
    }
}
