use std::collections::VecDeque;

use futures_core::future::BoxFuture;
use http::StatusCode;
use jiff::Timestamp;

use crate::Client;
use crate::contract::{Cap, Parent, Partition, Slices, Stream, Window};
use crate::error::{Error, ErrorKind};
use crate::pages::{Page, Pages};

use super::window::{self, Depth, Span};
use super::{Slice, each, first_since, parent, request};

/// The pages of a stream, slice after slice. Nothing is kept: the parents of a stream that has them are read from the API too, a page at
/// a time. Parents that have no list any more are passed over where the contract says so, and so are lists that its error map leaves out.
#[derive(Debug)]
pub struct StreamPages {
    client: Client,
    stream: &'static Stream,
    slices: &'static Slices,
    parents: Option<Box<StreamPages>>,
    /// Slices that are known and were not read.
    known: VecDeque<Slice>,
    slice: Slice,
    /// The slice's windows that were not read, the next one last.
    spans: Vec<Span>,
    /// Where its next window begins.
    from: Option<Timestamp>,
    end: Timestamp,
    /// Where the first window begins.
    start: Option<Timestamp>,
    open: Option<Open>,
    /// Pages of a window that was read whole. What can turn out to be too large is not handed out before, or its records would come twice.
    ready: VecDeque<Page>,
    ahead: ReadAhead,
    omitted: Omitted,
}

/// Lists that were passed over, so that what was read is not all that there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Lists that the connector's error map says to leave out (`skip_partition`).
    pub left_out: u64,
    /// Lists of parents that the API no longer has.
    pub gone: u64,
    /// Parents that lack a value that their list is asked for by.
    pub skipped: u64,
}

impl std::ops::AddAssign for Omitted {
    fn add_assign(&mut self, other: Self) {
        self.left_out += other.left_out;
        self.gone += other.gone;
        self.skipped += other.skipped;
    }
}

/// How many pages of a list are fetched before they are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadAhead {
    Requests(usize),
    AsDeclared,
}

#[derive(Debug)]
struct Open {
    pages: Pages,
    span: Option<Span>,
    depth: Depth,
    held: VecDeque<Page>,
}

impl Client {
    /// The pages of a stream, slice after slice where it has slices. Nothing is kept of them.
    ///
    /// # Errors
    /// A config value that a parameter takes is missing, or the start of the stream's windows is no time.
    pub fn stream_pages(&self, stream: &'static Stream) -> Result<StreamPages, Error> {
        StreamPages::of(self, stream)
    }
}

impl StreamPages {
    /// The pages of a stream that has slices.
    ///
    /// # Errors
    /// A config value is missing, or the start of the windows is no time.
    pub(crate) fn new(
        client: &Client,
        stream: &'static Stream,
        slices: &'static Slices,
    ) -> Result<Self, Error> {
        let parents = match parent(client, stream)? {
            Some(parent) => Some(Box::new(Self::of(client, parent)?)),
            None => None,
        };
        let known = match &slices.partition {
            Partition::Parent(_) => VecDeque::new(),
            Partition::Each(values) => each(client.config(), values)?.into(),
            Partition::Whole => VecDeque::from([Slice::default()]),
        };
        let now = client.clock().now();
        let start = slices.window.as_ref().map(|window| first(client, stream, window)).transpose()?;
        let end = slices.window.as_ref().map_or(now, |window| window::end(window, now));
        let (slice, spans, ready) = (Slice::default(), Vec::new(), VecDeque::new());
        let client = client.clone();
        Ok(Self {
            client,
            stream,
            slices,
            parents,
            known,
            slice,
            spans,
            from: None,
            end,
            start,
            open: None,
            ready,
            ahead: ReadAhead::Requests(0),
            omitted: Omitted::default(),
        })
    }

    /// The pages of any stream; one without slices is one list.
    pub(crate) fn of(client: &Client, stream: &'static Stream) -> Result<Self, Error> {
        static ONE: Slices = Slices { partition: Partition::Whole, window: None, at_once: 1 };
        Self::new(client, stream, stream.slices.as_ref().unwrap_or(&ONE))
    }

    /// Fetches pages of a list ahead with up to that many requests at a time, see [`Pages::ahead`]. Default 0: none. A list that is
    /// being read already is not concerned.
    pub fn ahead(mut self, requests: usize) -> Self {
        self.set_ahead(ReadAhead::Requests(requests));
        self
    }

    pub(crate) fn set_ahead(&mut self, ahead: ReadAhead) {
        self.ahead = ahead;
        if let Some(parents) = &mut self.parents {
            parents.set_ahead(ahead);
        }
    }

    /// The next page; `None` after the last of the last slice.
    ///
    /// # Errors
    /// A page cannot be read, or a window cannot be split any further.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        self.step().await
    }

    /// What was passed over so far, here and among the lists of parents.
    pub fn omitted(&self) -> Omitted {
        let mut all = self.omitted;
        if let Some(parents) = &self.parents {
            all += parents.omitted();
        }
        all
    }

    /// Boxed, because the parents' pages are read in the same way.
    fn step(&mut self) -> BoxFuture<'_, Result<Option<Page>, Error>> {
        Box::pin(async move {
            loop {
                if let Some(page) = self.ready.pop_front() {
                    return Ok(Some(page));
                }
                if let Some(open) = self.open.take() {
                    if let Some(page) = self.read(open).await? {
                        return Ok(Some(page));
                    }
                } else if let Some(span) = self.next_span() {
                    self.open(Some(span))?;
                } else if let Some(slice) = self.known.pop_front() {
                    self.slice = slice;
                    self.from = self.start;
                    if self.start.is_none() {
                        self.open(None)?;
                    }
                } else if !self.more_slices().await? {
                    return Ok(None);
                }
            }
        })
    }

    /// What each record of the last page is stored with.
    fn included(&self) -> Option<String> {
        self.slice.included_json()
    }

    fn next_span(&mut self) -> Option<Span> {
        self.spans.pop().or_else(|| {
            let span = Span::next(self.slices.window.as_ref()?, self.from?, self.end)?;
            self.from = Some(span.to);
            Some(span)
        })
    }

    fn open(&mut self, span: Option<Span>) -> Result<(), Error> {
        let mut arguments = self.slice.arguments.clone();
        if let Some((window, span)) = self.slices.window.as_ref().zip(span) {
            arguments.extend(span.arguments(window));
        }
        let since = first_since(&self.client, self.stream)?;
        let request = request(&self.client, self.stream, &arguments, since.as_deref())?;
        let pages = self.client.pages_of(self.stream, request);
        let pages = match self.ahead {
            ReadAhead::Requests(requests) => pages.ahead(requests),
            ReadAhead::AsDeclared => pages.ahead_as_declared(),
        };
        self.open = Some(Open { pages, span, depth: Depth::default(), held: VecDeque::new() });
        Ok(())
    }

    fn cap(&self) -> Option<&'static Cap> {
        self.slices.window.as_ref().and_then(|window| window.cap.as_ref())
    }

    /// One page further.
    async fn read(&mut self, mut open: Open) -> Result<Option<Page>, Error> {
        let page = match open.pages.next().await {
            Ok(page) => page,
            // Where there is one list, to leave it out would be to read nothing.
            Err(error) if error.skips_partition() && !matches!(self.slices.partition, Partition::Whole) => {
                // So it says of the list, whichever window it was.
                self.spans.clear();
                self.from = None;
                self.omitted.left_out += 1;
                return Ok(None);
            }
            Err(error) if self.is_gone(&error) => {
                self.omitted.gone += 1;
                return Ok(None);
            }
            Err(error) => {
                let status = error.status().map(|status| status.as_u16());
                if self.cap().is_some_and(|cap| open.depth.is_refused(cap, status)) {
                    self.split(&open)?;
                    return Ok(None);
                }
                self.open = Some(open);
                return Err(error);
            }
        };
        let (Some(page), Some(cap)) = (&page, self.cap()) else {
            match page {
                Some(page) => {
                    self.open = Some(open);
                    return Ok(Some(page));
                }
                None => {
                    self.ready = open.held;
                    return Ok(None);
                }
            }
        };
        open.depth.pages += 1;
        open.depth.records += page.records()?.len() as u64;
        let total = cap.total.and_then(|path| page.count(path));
        if open.depth.is_reached(cap, total, open.pages.position().is_some()) {
            self.split(&open)?;
        } else {
            open.held.push_back(page.clone());
            self.open = Some(open);
        }
        Ok(None)
    }

    fn split(&mut self, open: &Open) -> Result<(), Error> {
        let halves =
            self.slices.window.as_ref().zip(open.span).and_then(|(window, span)| span.halves(window));
        match halves {
            Some([one, two]) => {
                self.spans.extend([two, one]);
                Ok(())
            }
            None => Err(open
                .span
                .map_or_else(|| Error::request(self.stream.operation.id, "it has no windows"), too_deep)
                .of(self.stream.operation.id)),
        }
    }

    fn is_gone(&self, error: &Error) -> bool {
        let skips = matches!(&self.slices.partition, Partition::Parent(parent) if parent.skip_gone);
        skips && error.status().is_some_and(is_gone)
    }

    async fn more_slices(&mut self) -> Result<bool, Error> {
        let (Some(parents), Partition::Parent(declared)) = (&mut self.parents, &self.slices.partition) else {
            return Ok(false);
        };
        let Some(page) = parents.step().await? else { return Ok(false) };
        let included = parents.included();
        (self.known, self.omitted.skipped) = {
            let (known, skipped) = of_page(declared, &page, included.as_deref())?;
            (known, self.omitted.skipped + skipped)
        };
        Ok(true)
    }
}

/// The lists of the parents of a page, and how many parents have none.
fn of_page(
    parent: &'static Parent,
    page: &Page,
    included: Option<&str>,
) -> Result<(VecDeque<Slice>, u64), Error> {
    let records = page.records()?;
    // A record that was cut off would have failed the page.
    let slices: VecDeque<Slice> = records
        .iter()
        .filter_map(|record| Slice::of_parent(parent, String::new(), record.get(), included).ok().flatten())
        .collect();
    let skipped = (records.len() as u64).saturating_sub(slices.len() as u64);
    Ok((slices, skipped))
}

/// Whether a status says that what is asked for is no longer there.
pub(crate) fn is_gone(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// Where the first window of a stream begins.
///
/// # Errors
/// A config value is missing, or it is no time.
pub(crate) fn first(client: &Client, stream: &'static Stream, window: &Window) -> Result<Timestamp, Error> {
    let text = client.config().expand(window.start)?;
    window::start(window, &text).ok_or_else(|| {
        let problem = format!(
            "the windows of `{}` begin at `{text}`, which is no time; write `2024-01-31` or `2024-01-31T00:00:00Z`",
            stream.name
        );
        Error::new(ErrorKind::Request(problem)).of(stream.operation.id)
    })
}

/// A window that cannot be split any further.
pub(crate) fn too_deep(span: Span) -> Error {
    Error::new(ErrorKind::TooDeep { window: span.to_string() })
}
