//! The slices that a round has still to read, one after another.

use std::collections::VecDeque;

use crate::contract::{Parent, Partition, Stream};
use crate::slices::Slice;
use crate::store::{Store, StoreError, StoredParent};

use super::Slicer;

/// Parents that are held at once.
const BATCH: usize = 200;

/// What comes next.
pub(super) enum Next {
    /// A slice, and its parent's cursor value as text.
    Slice { slice: Slice, mark: Option<String> },
    /// A parent that lacks what its list is asked for by.
    Skipped,
}

pub(super) struct Supply<'a> {
    store: &'a Store,
    stream: &'static Stream,
    round: u64,
    parents: Option<Parents>,
    known: VecDeque<Slice>,
}

struct Parents {
    stream: &'static Stream,
    declared: &'static Parent,
    held: VecDeque<StoredParent>,
    after: Option<String>,
    ended: bool,
}

impl<'a> Supply<'a> {
    pub(super) fn new<S>(slicer: &Slicer<'a, S>, round: u64) -> Self {
        let parents = match (slicer.parent, &slicer.slices.partition) {
            (Some(stream), Partition::Parent(declared)) => {
                Some(Parents { stream, declared, held: VecDeque::new(), after: None, ended: false })
            }
            _ => None,
        };
        let known = slicer.known.clone().into();
        Self { store: slicer.store, stream: slicer.stream, round, parents, known }
    }

    pub(super) fn next(&mut self) -> Result<Option<Next>, StoreError> {
        let Some(parents) = &mut self.parents else { return self.next_known() };
        if parents.held.is_empty() && !parents.ended {
            let found = self.store.parents_after(
                parents.stream,
                self.stream,
                self.round,
                parents.after.as_deref(),
                parents.declared.only_changed,
                BATCH,
            )?;
            parents.ended = found.len() < BATCH;
            parents.after = found.last().map(|parent| parent.key.clone()).or(parents.after.take());
            parents.held = found.into();
        }
        let Some(parent) = parents.held.pop_front() else { return Ok(None) };
        let slice = Slice::of_parent(parents.declared, parent.key, &parent.record, parent.parent.as_deref());
        // What the store holds was read as JSON when it came.
        Ok(Some(match slice.ok().flatten() {
            Some(slice) => Next::Slice { slice, mark: parent.cursor },
            None => Next::Skipped,
        }))
    }

    fn next_known(&mut self) -> Result<Option<Next>, StoreError> {
        while let Some(slice) = self.known.pop_front() {
            let state = self.store.slice(self.stream, &slice.key)?;
            if state.round != Some(self.round) {
                return Ok(Some(Next::Slice { slice, mark: None }));
            }
        }
        Ok(None)
    }
}
