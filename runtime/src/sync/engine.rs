//! The run itself: page by page from a source into the store.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::contract::{Cap, FieldShape, Path, Shape, Source, Strategy, Stream};
use crate::cursor::CursorValue;
use crate::drift::{Fate, Inspector, Kind, Reason};
use crate::pages::Unreadable;
use crate::paging::StopReason;
use crate::slices::Slice;
use crate::slices::too_deep;
use crate::slices::window::{Depth, Span};
use crate::store::{
    Batch, Checkpoint, Counts, KeyError, Quarantined, Row, RunState, StoreError, canonical_key, digest,
    dotted,
};

use super::ledger::Ledger;
use super::project::{Projection, included};
use super::source::{PageSource, SourceError, SourcePage, SourcePages};
use super::walk::{Seen, Verdict, Walk};

/// How long a position that counts pages or records is good for. Rows that go or come meanwhile shift what it points at; the page read again
/// makes up for as many as it holds, which is enough for minutes and not for days.
const SHIFTING_POSITION_AGE: SignedDuration = SignedDuration::from_mins(15);

/// Records of a page, all without what the stream is read by, after which that is lost rather than missing here and there.
const LOST: usize = 10;

/// Why a run ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStop {
    /// The server has no more pages.
    EndOfPages,
    /// Newest first: what follows is older than the bookmark.
    ReachedBookmark,
    /// The API lets no more be read of one list. Only windows of time end so, and are split then.
    CapReached,
    /// Every slice was read.
    AllSlices,
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
    /// How many of them went to quarantine in place of the table.
    pub quarantined: u64,
}

impl Progress {
    /// What came since then.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            pages: self.pages.saturating_sub(before.pages),
            records: self.records.saturating_sub(before.records),
            counts: Counts {
                new: self.counts.new.saturating_sub(before.counts.new),
                changed: self.counts.changed.saturating_sub(before.counts.changed),
                unchanged: self.counts.unchanged.saturating_sub(before.counts.unchanged),
            },
            quarantined: self.quarantined.saturating_sub(before.quarantined),
        }
    }
}

impl std::ops::AddAssign for Progress {
    fn add_assign(&mut self, other: Self) {
        self.pages += other.pages;
        self.records += other.records;
        self.counts += other.counts;
        self.quarantined += other.quarantined;
    }
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
    pub(super) progress: Box<Progress>,
    pub(super) cause: Cause<E>,
}

#[derive(Debug)]
pub(super) enum Cause<E> {
    Source(E),
    Store(StoreError),
    Key {
        record: usize,
        cause: KeyError,
    },
    /// No record of a page has a cursor value any more.
    CursorLost {
        field: String,
    },
    /// The contract says that the stream stops for what a record shows.
    Frozen {
        record: usize,
        why: String,
    },
    /// Too many records would go to quarantine.
    Quarantine {
        quarantined: u64,
        read: u64,
        why: String,
    },
    /// A window cannot be split any further.
    TooDeep(Span),
}

impl<E: SourceError> Cause<E> {
    /// For people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Source(error) => error.describe(),
            Self::Store(error) => error.to_string(),
            Self::Key { record, cause } => format!("record {} of a page: {cause}", record + 1),
            Self::CursorLost { field } => format!("no record of a page has the cursor `{field}` any more"),
            Self::Frozen { record, why } => format!("record {} of a page: {why}", record + 1),
            Self::Quarantine { quarantined, read, why } => {
                format!("{quarantined} of {read} records would go to quarantine, the last for {why}")
            }
            Self::TooDeep(span) => too_deep(*span).to_string(),
        }
    }

    /// Whether every other slice would meet the same.
    pub(super) fn concerns_all(&self) -> bool {
        match self {
            Self::Source(error) => error.concerns_all(),
            // The slices share what may go to quarantine.
            Self::Store(_) | Self::Quarantine { .. } => true,
            Self::Key { .. } | Self::CursorLost { .. } | Self::Frozen { .. } | Self::TooDeep(_) => false,
        }
    }
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
    pub(super) ledger: &'a dyn Ledger,
    /// Who looks at the records.
    pub(super) inspector: &'a Inspector,
    /// What is read, where it is not all of the stream.
    pub(super) slice: Option<&'a Slice>,
    /// How deep the list can be read.
    pub(super) cap: Option<&'static Cap>,
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
            Err(cause) => Err(Failure { progress: Box::new(progress), cause }),
        }
    }

    async fn run_counting<S: PageSource>(
        &self,
        source: &S,
        progress: &mut Progress,
    ) -> Result<Outcome, Cause<<S::Pages as SourcePages>::Error>> {
        let checkpoint = self.ledger.checkpoint().map_err(Cause::Store)?;
        let begun = self.first_page(source, &checkpoint).await;
        let Begun { mut walk, mut pages, mut before, mut next, resumed, restarted } = match begun {
            // A walk that is gone on with has pages behind it.
            Err(error) if self.refuses_depth(&checkpoint.run, &error) => return Ok(cut_short(checkpoint)),
            begun => begun.map_err(Cause::Source)?,
        };
        let given = self.slice.and_then(Slice::included_json);
        let from = included(self.slice);
        let mut without_cursor = 0;
        let mut stop = None;
        let mut one_list = !resumed;
        while let Some(page) = next {
            let records = page.records().map_err(Cause::Source)?;
            // A list of few records says little of its stream, where that has many such lists.
            let first = self.slice.is_none() && checkpoint == Checkpoint::default() && progress.records == 0;
            let ReadPage { rows, seen, aside } =
                self.read(&walk, &page, &records, given.as_deref(), &from, first)?;
            let came = records.len() + page.unreadable().len();
            let verdict = walk.absorb(&seen);
            let after = pages.position();
            let turned = if shifts(self.stream) && walk.turns(after.is_none()) {
                Some(source.open(walk.since(), None).map_err(Cause::Source)?)
            } else {
                None
            };
            let total = self.cap.and_then(|cap| page.count(cap.total?));
            let too_deep = self.cap.is_some_and(|cap| walk.depth().is_reached(cap, total, after.is_some()));
            stop = match (verdict, &after, &turned) {
                _ if too_deep => Some(RunStop::CapReached),
                (Verdict::ReachedBookmark, ..) => Some(RunStop::ReachedBookmark),
                (Verdict::GoOn, None, None) => Some(RunStop::EndOfPages),
                (Verdict::GoOn, ..) => None,
            };
            let now = (self.now)();
            let state = match stop {
                Some(RunStop::EndOfPages | RunStop::ReachedBookmark) => walk.finished(),
                _ => {
                    let again = if shifts(self.stream) { before } else { after };
                    walk.checkpoint(turned.as_ref().map_or(again, SourcePages::position), now)
                }
            };
            let drift = self.inspector.to_save();
            let batch = Batch { rows: &rows, quarantined: &aside, drift: drift.as_ref() };
            let counts = self.ledger.commit(&batch, &state, now).map_err(Cause::Store)?;
            progress.quarantined += aside.len() as u64;
            progress.pages += 1;
            progress.records += came as u64;
            progress.counts += counts;
            without_cursor += seen.iter().filter(|seen| seen.cursor.is_none()).count() as u64;
            (self.on_page)(progress);
            if stop.is_some() {
                break;
            }
            one_list &= turned.is_none();
            pages = turned.unwrap_or(pages);
            before = pages.position();
            next = match pages.next().await {
                Err(error) if self.is_refused(&walk, &error) => {
                    stop = Some(RunStop::CapReached);
                    None
                }
                Err(error) if error.starts_over() => {
                    let now = (self.now)();
                    let begun = Checkpoint { bookmark: walk.began_at(), run: None };
                    let again = self.begin(&begun).checkpoint(None, now);
                    self.ledger.save(&again, now).map_err(Cause::Store)?;
                    return Err(Cause::Source(error));
                }
                page => page.map_err(Cause::Source)?,
            };
        }
        let finished = walk.finished();
        if stop.is_none() {
            // Only now is it known that the page before was the last.
            self.ledger.save(&finished, (self.now)()).map_err(Cause::Store)?;
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
                Err(error) if self.refuses_depth(&checkpoint.run, &error) => return Err(error),
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

    /// What stands in the column of the cursor where windows divide the list.
    fn window_text(&self, raw: Option<&RawValue>) -> Option<String> {
        raw.filter(|_| self.stream.cursor.is_none())
            .and_then(|raw| CursorValue::from_json(raw.get()))
            .map(|value| value.text())
    }

    /// Whether the answer to a later page says that the list cannot be read further.
    fn is_refused<E: SourceError>(&self, walk: &Walk, error: &E) -> bool {
        self.cap.is_some_and(|cap| walk.depth().is_refused(cap, error.status()))
    }

    fn refuses_depth<E: SourceError>(&self, run: &Option<RunState>, error: &E) -> bool {
        let depth = run.as_ref().map(|run| Depth { records: run.records, pages: run.pages });
        self.cap.zip(depth).is_some_and(|(cap, depth)| depth.is_refused(cap, error.status()))
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

    /// Keys and cursor values of a page, and what goes to quarantine. A record without a key cannot be stored, since rows would double; where
    /// all are without, the key is lost and the run ends. `first` where the stream has never had a record.
    fn read<'r, P: SourcePage, E>(
        &'r self,
        walk: &Walk,
        page: &'r P,
        records: &[&'r str],
        given: Option<&'r str>,
        from: &'r str,
        first: bool,
    ) -> Result<ReadPage<'r>, Cause<E>> {
        let now = (self.now)();
        let projection = Projection::of(self.stream, self.slice);
        let mut inspector = self.inspector.page(page.status(), now);
        inspector.head(page.headers());
        inspector.body(page.body());
        let mut read = ReadPage {
            rows: Vec::with_capacity(records.len()),
            seen: Vec::with_capacity(records.len()),
            aside: Vec::new(),
        };
        let slice = self.slice.map_or("", |slice| &slice.key);
        let (mut keyless, mut without_cursor) = (None, 0);
        for (index, record) in records.iter().copied().enumerate() {
            let fate = inspector.record(record);
            let found = projection.project(record);
            let raw = found.as_ref().ok().and_then(|found| found.cursor);
            let cursor = raw.and_then(|raw| walk.read_cursor(raw.get()));
            without_cursor += usize::from(cursor.is_none() && self.lacks_cursor(raw));
            let key = found.map_err(|cause| cause.to_string()).and_then(|found| {
                canonical_key(&found.key).map_err(|cause| {
                    keyless.get_or_insert((index, cause.clone()));
                    cause.to_string()
                })
            });
            let stored = match (key, fate) {
                (_, Fate::Freeze(Reason { text, .. })) => {
                    return Err(Cause::Frozen { record: index, why: text });
                }
                (Err(text), _) => {
                    inspector.without_key(self.stream.key.first().copied().unwrap_or_default());
                    Err(Reason { kind: Kind::KeyMissing, text })
                }
                (Ok(_), Fate::Aside(reason)) => Err(reason),
                (Ok(key), Fate::Keep) => Ok((key, record.into())),
                (Ok(key), Fate::Changed(record)) => Ok((key, record.into())),
            };
            match stored {
                Ok((key, record)) => {
                    let text = cursor.as_ref().map(CursorValue::text).or_else(|| self.window_text(raw));
                    read.rows.push(Row { key: key.clone(), cursor: text, record, parent: given });
                    read.seen.push(Seen { key, cursor });
                }
                Err(Reason { kind, text }) => {
                    read.seen.push(Seen { key: digest(record), cursor });
                    let included = from.into();
                    read.aside.push(Quarantined {
                        record,
                        slice,
                        included,
                        kind: kind.as_str(),
                        reason: text,
                    });
                }
            }
        }
        for Unreadable { came, why } in page.unreadable() {
            inspector.unreadable();
            let (kind, included) = (Kind::TypeIncompatible.as_str(), from.into());
            read.aside.push(Quarantined { record: came, slice, included, kind, reason: why.clone() });
        }
        let many = records.len() >= LOST;
        if let Some((record, cause)) = keyless.filter(|_| read.rows.is_empty() && (many || first)) {
            return Err(Cause::Key { record, cause });
        }
        if many && without_cursor == records.len() && walk.has_cursor() {
            let field = self.stream.cursor.as_ref().map_or(&[][..], |cursor| cursor.field);
            inspector.without_cursor(field);
            return Err(Cause::CursorLost { field: dotted(field) });
        }
        if let Some((quarantined, read_so_far)) = inspector.quarantined(read.aside.len() as u64) {
            let why = read.aside.last().map(|held| held.reason.clone()).unwrap_or_default();
            return Err(Cause::Quarantine { quarantined, read: read_so_far, why });
        }
        Ok(read)
    }

    /// Whether a record lacks a cursor value that the document says is there.
    fn lacks_cursor(&self, found: Option<&RawValue>) -> bool {
        let Some(cursor) = &self.stream.cursor else { return false };
        match found.map(|raw| raw.get().as_bytes().first().copied()) {
            None => is_required(&self.stream.shape, cursor.field),
            Some(Some(b'n')) => false,
            Some(_) => true,
        }
    }
}

/// A page, read.
struct ReadPage<'r> {
    rows: Vec<Row<'r>>,
    seen: Vec<Seen>,
    aside: Vec<Quarantined<'r>>,
}

/// Whether each value of a shape has something at that path.
fn is_required(shape: &Shape, path: Path) -> bool {
    let Some((first, rest)) = path.split_first() else { return !matches!(shape, Shape::Nullable(_)) };
    let Shape::Object(object) = shape else { return false };
    let field = object.fields.iter().find(|field| field.name == *first);
    field.is_some_and(|field| field.has(FieldShape::REQUIRED) && is_required(&field.shape, rest))
}

/// The end of a walk that found nothing but that it can go no further.
fn cut_short(checkpoint: Checkpoint) -> Outcome {
    Outcome {
        progress: Progress::default(),
        without_cursor: 0,
        unordered: false,
        resumed: true,
        restarted: false,
        stop: RunStop::CapReached,
        reason: None,
        total: None,
        bookmark: checkpoint.bookmark,
    }
}

/// Whether the position of a page moves when records come or go. URLs count as such: many hold a page's number.
pub(super) fn shifts(stream: &Stream) -> bool {
    if let Source::Job(_) = stream.source {
        return false;
    }
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
