//! The run itself: page by page from a source into the store.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::contract::{Strategy, Stream};
use crate::paging::StopReason;
use crate::store::{Checkpoint, Counts, KeyError, Row, RunState, Store, StoreError, canonical_key};

use super::project::Projection;
use super::source::{PageSource, SourceError, SourcePage, SourcePages};
use super::walk::{Seen, Verdict, Walk};

/// How long a position that counts pages or records is good for. Rows that go or come meanwhile shift what it points at; the page read again
/// makes up for as many as it holds, which is enough for minutes and not for days.
const SHIFTING_POSITION_AGE: SignedDuration = SignedDuration::from_mins(15);

/// Why a run ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStop {
    /// The server has no more pages.
    EndOfPages,
    /// Newest first: what follows is older than the bookmark.
    ReachedBookmark,
}

/// What a run has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pages committed in this run of the process.
    pub pages: u64,
    /// Records in them.
    pub records: u64,
    /// What they did to the table.
    pub counts: Counts,
}

pub(super) struct Outcome {
    pub(super) progress: Progress,
    pub(super) without_cursor: u64,
    pub(super) unordered: bool,
    pub(super) resumed: bool,
    pub(super) restarted: bool,
    pub(super) stop: RunStop,
    pub(super) reason: Option<StopReason>,
    pub(super) total: Option<u64>,
    pub(super) bookmark: Option<String>,
}

#[derive(Debug)]
pub(super) struct Failure<E> {
    pub(super) progress: Progress,
    pub(super) cause: Cause<E>,
}

#[derive(Debug)]
pub(super) enum Cause<E> {
    Source(E),
    Store(StoreError),
    Key { record: usize, cause: KeyError },
    Record { record: usize, cause: serde_json::Error },
}

/// A walk whose first page has come.
struct Begun<P: SourcePages> {
    walk: Walk,
    pages: P,
    /// Where the first page was.
    before: Option<serde_json::Value>,
    next: Option<P::Page>,
    resumed: bool,
    restarted: bool,
}

impl<P: SourcePages> Begun<P> {
    async fn at<S: PageSource<Pages = P>>(
        source: &S,
        walk: Walk,
        position: Option<&serde_json::Value>,
    ) -> Result<Self, P::Error> {
        let mut pages = source.open(walk.since(), position)?;
        let before = pages.position();
        let next = pages.next().await?;
        Ok(Self { walk, pages, before, next, resumed: false, restarted: false })
    }

    fn is_empty(&self) -> bool {
        match &self.next {
            Some(page) => page.records().is_ok_and(|records| records.is_empty()),
            None => true,
        }
    }
}

/// What a run needs beside its source.
pub(super) struct Engine<'a> {
    pub(super) stream: &'static Stream,
    pub(super) contract_version: &'static str,
    pub(super) store: &'a Store,
    /// The first run's cursor value.
    pub(super) start: Option<&'a str>,
    pub(super) now: &'a (dyn Fn() -> Timestamp + Sync),
    pub(super) on_page: &'a (dyn Fn(&Progress) + Sync),
}

impl Engine<'_> {
    /// Reads the stream from where it stands to its end. Between two pages nothing is open, so a run that is dropped or killed leaves whole
    /// pages only.
    pub(super) async fn run<S: PageSource>(
        &self,
        source: &S,
    ) -> Result<Outcome, Failure<<S::Pages as SourcePages>::Error>> {
        let mut progress = Progress::default();
        match self.run_counting(source, &mut progress).await {
            Ok(outcome) => Ok(Outcome { progress, ..outcome }),
            Err(cause) => Err(Failure { progress, cause }),
        }
    }

    async fn run_counting<S: PageSource>(
        &self,
        source: &S,
        progress: &mut Progress,
    ) -> Result<Outcome, Cause<<S::Pages as SourcePages>::Error>> {
        let checkpoint = self.store.checkpoint(self.stream).map_err(Cause::Store)?;
        let Begun { mut walk, mut pages, mut before, mut next, resumed, restarted } =
            self.first_page(source, &checkpoint).await.map_err(Cause::Source)?;
        let mut without_cursor = 0;
        let mut stop = None;
        let mut one_list = !resumed;
        while let Some(page) = next {
            let records = page.records().map_err(Cause::Source)?;
            let (rows, seen) = self.read(&walk, &records)?;
            let verdict = walk.absorb(&seen);
            let after = pages.position();
            let turned = if shifts(self.stream) && walk.turns(after.is_none()) {
                Some(source.open(walk.since(), None).map_err(Cause::Source)?)
            } else {
                None
            };
            stop = match (verdict, &after, &turned) {
                (Verdict::ReachedBookmark, ..) => Some(RunStop::ReachedBookmark),
                (Verdict::GoOn, None, None) => Some(RunStop::EndOfPages),
                (Verdict::GoOn, ..) => None,
            };
            let now = (self.now)();
            let state = match stop {
                Some(_) => walk.finished(),
                None => {
                    let again = if shifts(self.stream) { before } else { after };
                    walk.checkpoint(turned.as_ref().map_or(again, SourcePages::position), now)
                }
            };
            let counts = self.store.commit_page(self.stream, &rows, &state, now).map_err(Cause::Store)?;
            progress.pages += 1;
            progress.records += records.len() as u64;
            progress.counts += counts;
            without_cursor += seen.iter().filter(|seen| seen.cursor.is_none()).count() as u64;
            (self.on_page)(progress);
            if stop.is_some() {
                break;
            }
            one_list &= turned.is_none();
            pages = turned.unwrap_or(pages);
            before = pages.position();
            next = pages.next().await.map_err(Cause::Source)?;
        }
        let finished = walk.finished();
        if stop.is_none() {
            // Only now is it known that the page before was the last.
            self.store.save_checkpoint(self.stream, &finished, (self.now)()).map_err(Cause::Store)?;
        }
        Ok(Outcome {
            progress: *progress,
            without_cursor: if self.stream.cursor.is_some() { without_cursor } else { 0 },
            unordered: walk.is_unordered(),
            resumed,
            restarted,
            stop: stop.unwrap_or(RunStop::EndOfPages),
            reason: pages.stop_reason(),
            total: pages.total().filter(|_| one_list),
            bookmark: finished.bookmark,
        })
    }

    /// Opens the walk: where the last one stood if it was cut off there and that place still is one, else at the bookmark.
    async fn first_page<S: PageSource>(
        &self,
        source: &S,
        checkpoint: &Checkpoint,
    ) -> Result<Begun<S::Pages>, <S::Pages as SourcePages>::Error> {
        let resumable = self.position_to_resume(checkpoint).zip(checkpoint.run.clone());
        let restarted = if let Some((position, run)) = resumable {
            let walk = Walk::resume(self.stream, checkpoint.bookmark.as_deref(), run, shifts(self.stream));
            match Begun::at(source, walk, Some(&position)).await {
                Err(error) if error.refuses_position() => true,
                // The page that is read again held records. That it holds none now says that they moved, not that this is the end.
                Ok(begun) if shifts(self.stream) && begun.is_empty() => true,
                begun => return begun.map(|begun| Begun { resumed: true, ..begun }),
            }
        } else {
            false
        };
        let begun = Begun::at(source, self.begin(checkpoint), None).await?;
        Ok(Begun { restarted, ..begun })
    }

    fn begin(&self, checkpoint: &Checkpoint) -> Walk {
        Walk::begin(
            self.stream,
            checkpoint.bookmark.as_deref(),
            self.start,
            (self.now)(),
            self.contract_version,
        )
    }

    fn position_to_resume(&self, checkpoint: &Checkpoint) -> Option<serde_json::Value> {
        let run: &RunState = checkpoint.run.as_ref()?;
        let age = (self.now)().duration_since(run.position_at);
        let fresh = !shifts(self.stream) || (SignedDuration::ZERO..=SHIFTING_POSITION_AGE).contains(&age);
        let known = run.contract_version == self.contract_version;
        run.position.clone().filter(|_| fresh && known)
    }

    /// Keys and cursor values of a page. One record without a key fails the page, since rows would double without it.
    #[allow(clippy::type_complexity, reason = "rows for the store and the same records for the walk")]
    fn read<'r, E>(&self, walk: &Walk, records: &[&'r str]) -> Result<(Vec<Row<'r>>, Vec<Seen>), Cause<E>> {
        let projection = Projection::of(self.stream);
        let mut rows = Vec::with_capacity(records.len());
        let mut seen = Vec::with_capacity(records.len());
        for (index, record) in records.iter().copied().enumerate() {
            let found = projection.project(record).map_err(|cause| Cause::Record { record: index, cause })?;
            let key = canonical_key(&found.key).map_err(|cause| Cause::Key { record: index, cause })?;
            let cursor = found.cursor.and_then(|raw| walk.read_cursor(raw.get()));
            rows.push(Row { key: key.clone(), cursor: cursor.as_ref().map(|value| value.text()), record });
            seen.push(Seen { key, cursor });
        }
        Ok((rows, seen))
    }
}

/// Whether the position of a page moves when records come or go. URLs count as such: many hold a page's number.
pub(super) fn shifts(stream: &Stream) -> bool {
    match stream.operation.paging.as_ref().map(|paging| &paging.strategy) {
        Some(Strategy::Cursor { .. } | Strategy::LastId { .. }) => false,
        Some(
            Strategy::PageNumber { .. }
            | Strategy::Offset { .. }
            | Strategy::NextUrl { .. }
            | Strategy::LinkHeader { .. },
        )
        | None => true,
    }
}
