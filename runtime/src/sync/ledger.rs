//! Where a walk's checkpoint stands: the stream's own, or that of one of its slices.

use jiff::Timestamp;

use crate::contract::Stream;
use crate::store::{Batch, Checkpoint, Counts, Store, StoreError};

/// Reads and writes the checkpoint of one walk.
pub(super) trait Ledger: Sync {
    /// Where it stands.
    fn checkpoint(&self) -> Result<Checkpoint, StoreError>;

    /// Writes a page and the checkpoint after it, both or neither.
    fn commit(
        &self,
        batch: &Batch<'_>,
        checkpoint: &Checkpoint,
        now: Timestamp,
    ) -> Result<Counts, StoreError>;

    /// Writes a checkpoint that comes with no page.
    fn save(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError>;
}

/// The checkpoint of a stream that is one list.
pub(super) struct StreamLedger<'a> {
    pub(super) store: &'a Store,
    pub(super) stream: &'static Stream,
}

impl Ledger for StreamLedger<'_> {
    fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        self.store.checkpoint(self.stream)
    }

    fn commit(
        &self,
        batch: &Batch<'_>,
        checkpoint: &Checkpoint,
        now: Timestamp,
    ) -> Result<Counts, StoreError> {
        self.store.commit_page(self.stream, batch, checkpoint, now)
    }

    fn save(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<(), StoreError> {
        self.store.save_checkpoint(self.stream, checkpoint, now)
    }
}
