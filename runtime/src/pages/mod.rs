//! Pages of an operation, handed out one after another.

mod ahead;
mod begin;
mod feed;

pub use crate::error::job::JobProblem;

use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tracing::Instrument;
use url::Url;

use crate::client::{Client, Response, decode_error};
use crate::contract::{Operation, Path, Strategy, Stream};
use crate::error::{Error, ErrorKind, Sent};
use crate::observe::{PageEvent, Trace};
use crate::paging::{
    PageView, Pager, PagingProblem, Patch, Place, Position, ReadPage, Step, StopReason, records_path,
};
use crate::project::{self, ProjectError};
use crate::request::Request;

use ahead::{Ahead, Fetched, Front, Outcome};

/// A walk over the pages of an operation.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    /// Name of the stream, where the pages are those of one.
    stream: Option<&'static str>,
    request: Request,
    pager: Pager,
    reader: Reader,
    /// URL of the page before, against which a relative URL is resolved.
    current: Option<Url>,
    stopped: Option<StopReason>,
    /// What was wrong with how the last page leads on; told after the page itself, whose records are good.
    problem: Option<Error>,
    ahead: Ahead,
    /// Where the pages come from that the operation does not have.
    feed: Option<Box<feed::Feed>>,
}

/// What is needed to read a page.
#[derive(Clone, Copy, Debug)]
struct Reader {
    operation: &'static Operation,
    records: Option<Path>,
    key: &'static [Path],
}

/// One page.
#[derive(Clone)]
pub struct Page {
    /// Number of the page in its walk, from 1.
    pub number: u64,
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    operation: &'static Operation,
    records: Option<Path>,
    /// Where the records stand in the body, where it is known where they are.
    places: Vec<Range<usize>>,
    /// Records of a body that is read record by record which cannot be read.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a sync keeps them"))]
    unreadable: Vec<Unreadable>,
    client: Client,
    attempts: u32,
}

/// A record that cannot be read, while the next one can.
#[derive(Clone, Debug)]
pub(crate) struct Unreadable {
    /// What came, as JSON: a row's cells, a line's text.
    pub(crate) came: String,
    /// Which line it is, and what is wrong, without values.
    pub(crate) why: String,
}

impl Pages {
    pub(crate) fn new(client: Client, request: Request) -> Self {
        Self::named(client, request, None)
    }

    fn named(client: Client, mut request: Request, stream: Option<&'static str>) -> Self {
        let operation = request.operation();
        let client = client.in_walk(stream.unwrap_or(operation.id));
        let mut problem = None;
        if let Some(size) = operation.paging.as_ref().and_then(|paging| paging.size.as_ref())
            && request.given(size.target).is_none()
        {
            problem = request.fill(size.target, &size.value.to_string()).err();
        }
        let key = operation.paging.as_ref().map_or(&[][..], |paging| paging.key);
        let pager = Pager::new(&request);
        let reader = Reader { operation, records: records_path(operation), key };
        let (current, stopped, ahead, feed) = (None, None, Ahead::none(), None);
        Self { client, stream, request, pager, reader, current, stopped, problem, ahead, feed }
    }

    pub(crate) fn of_stream(client: Client, stream: &'static Stream, request: Request) -> Self {
        let mut pages = Self::named(client, request, Some(stream.name));
        pages.reader.records = Some(stream.records);
        pages.reader.key = stream.key;
        pages.feed = feed::Feed::of(stream).map(Box::new);
        pages
    }

    /// Goes on where an earlier walk over the same operation was.
    ///
    /// # Errors
    /// The position is of another operation or strategy, or its URL leads to another origin.
    pub fn resume(mut self, position: Position) -> Result<Self, Error> {
        let operation = self.reader.operation.id;
        if self.resume_feed(&position).map_err(|error| error.of(operation))? {
            return Ok(self);
        }
        self.pager.resume(position).map_err(|problem| Error::new(problem).of(operation))?;
        if let Patch::Url(target) = self.pager.patch() {
            self.next_url(&target)?;
        }
        self.ahead.drop_line();
        Ok(self)
    }

    /// Pages after which the walk is taken for endless and fails. Default [`crate::paging::PAGE_LIMIT`].
    pub fn page_limit(mut self, pages: u64) -> Self {
        self.pager.set_page_limit(pages);
        self
    }

    /// Fetches pages before they are asked for, up to that many requests at a time: the next one in every style, and further ones where
    /// their positions are numbers. They come in order and are the same as without; after the last page a few requests may have been made
    /// in vain. Default 0: none. Needs a tokio runtime, without which nothing is fetched ahead.
    pub fn ahead(mut self, requests: usize) -> Self {
        self.set_ahead(requests);
        self
    }

    /// As [`Pages::ahead`], of a walk that has begun.
    pub(crate) fn set_ahead(&mut self, requests: usize) {
        self.ahead.set_most(requests);
    }

    /// Fetches ahead with as many requests at a time as the contract says.
    pub(crate) fn ahead_as_declared(self) -> Self {
        let paging = self.reader.operation.paging.as_ref();
        self.ahead(paging.map_or(0, |paging| paging.parallel))
    }

    /// The page that is read next, or `None` after the last. After an error it names the page that failed, or the first one where records
    /// of some page before are missing ([`PagingProblem::starts_over`]).
    pub fn position(&self) -> Option<Position> {
        self.stopped.is_none().then(|| match &self.feed {
            Some(feed) => self.feed_position(feed),
            None => self.pager.position(),
        })
    }

    /// Why the walk ended, once it has.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stopped
    }

    /// How many records there are, as the last page said. More may have come: none is left out because a total is too low.
    pub fn total(&self) -> Option<u64> {
        self.pager.total()
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The next page, or `None` after the last. After an error the page is asked for that [`Pages::position`] then names. Dropping the
    /// future loses nothing.
    ///
    /// # Errors
    /// The page could not be read, or the walk cannot go on from the page before.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        if self.feed.is_some() {
            return self.next_of_feed().await;
        }
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Whether the pages are not the operation's own.
    pub(crate) fn is_fed(&self) -> bool {
        self.feed.is_some()
    }

    /// As [`Pages::next`], for pages that are the operation's own.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Page>, Error>> {
        loop {
            if let Some(problem) = self.problem.take() {
                return Poll::Ready(Err(problem));
            }
            if self.stopped.is_some() {
                return Poll::Ready(Ok(None));
            }
            if self.ahead.is_empty() {
                let place = self.pager.place().clone();
                self.start(place, false)?;
            }
            let Some(Front { outcome, guessed }) = ready!(self.ahead.poll_front(context)) else { continue };
            let result = match outcome {
                // The list was another one for this page than for the page before.
                Ok(fetched) if guessed && self.pager.disagrees(&fetched.page.view) => {
                    self.ahead.drop_line();
                    continue;
                }
                Ok(fetched) => self.take(fetched),
                // What was refused among several at a time is no error yet: by itself the same request may well succeed.
                Err(error) if (guessed || !self.ahead.is_empty()) && passes(&error) => {
                    self.ahead.back_off();
                    continue;
                }
                Err(error) => self.refused(error),
            };
            if self.stopped.is_some() || self.problem.is_some() || result.is_err() {
                self.ahead.drop_line();
            }
            return Poll::Ready(result);
        }
    }

    /// A page that came, unless it is only a copy.
    fn take(&mut self, fetched: Fetched) -> Result<Option<Page>, Error> {
        let Fetched { response, page: ReadPage { mut view, records: places } } = fetched;
        let operation = self.reader.operation;
        if response.is_ignored {
            self.stopped = Some(StopReason::Ignored);
            return Ok(None);
        }
        let number = self.pager.pages() + 1;
        self.client.0.counters.page();
        let told = PageEvent {
            operation: operation.id,
            stream: self.stream,
            page: number,
            records: view.served,
            bytes: response.body.len() as u64,
        };
        self.client.1.span().in_scope(|| self.client.0.observer.page(&told));
        match self.advance(&mut view, &response.url) {
            Ok(None) => {
                self.current = Some(response.url.clone());
                self.ahead.settle(response.attempts, response.body.len(), self.pager.place());
                // What stands in line was asked for before this page came. If the list moved in between, what was pushed from this page onto
                // the next is on neither; a page that was asked for again came long after the others.
                if self.pager.overlaps() || response.attempts > 1 {
                    self.ahead.drop_line();
                }
                self.fill();
            }
            Ok(Some(reason)) => self.stopped = Some(reason),
            Err(error) => {
                let error = response.locate(error);
                // A page that is only a copy is not handed out; any other is good, and how it leads on is told after it.
                if matches!(error.kind(), ErrorKind::Paging(PagingProblem::NoNewKeys { .. })) {
                    return Err(error);
                }
                self.problem = Some(error);
            }
        }
        if self.stopped == Some(StopReason::NothingNew) {
            return Ok(None);
        }
        let records = self.reader.records;
        let Response { status, headers, body, attempts, .. } = response;
        // A page that someone keeps is no work under way.
        let client = self.client.within(Trace::default());
        let unreadable = Vec::new();
        Ok(Some(Page {
            number,
            status,
            headers,
            body,
            operation,
            records,
            places,
            unreadable,
            client,
            attempts,
        }))
    }

    /// A page that was refused: the error, unless that is how the server says that the walk is over.
    fn refused(&mut self, error: Error) -> Result<Option<Page>, Error> {
        let meaning = error.status().and_then(|status| self.pager.refused(status.as_u16(), error.body()));
        match meaning {
            None => Err(error),
            Some(Ok(reason)) => {
                self.stopped = Some(reason);
                Ok(None)
            }
            Some(Err(problem)) => Err(error.because(problem)),
        }
    }

    /// Fetches what may be fetched before it is asked for.
    fn fill(&mut self) {
        let room = self.ahead.room();
        if room == 0 {
            return;
        }
        let next = self.pager.place().clone();
        let guesses = self.pager.ahead(room as u64 - 1);
        let missing = self.ahead.missing(std::iter::once(next).chain(guesses));
        for place in missing {
            let guessed = place != *self.pager.place();
            // What is wrong with a request is told when its page is asked for.
            if self.start(place, guessed).is_err() {
                break;
            }
        }
    }

    /// The request of a page, and its URL where that is not the request's own.
    fn asked(&self, place: &Place, guessed: bool) -> Result<(Request, Option<Url>), Error> {
        let mut request = self.request.clone();
        let url = match self.pager.patch_for(place) {
            Patch::None => None,
            Patch::Set { target, value } => {
                request.fill(target, &value)?;
                None
            }
            Patch::Url(target) => Some(self.next_url(&target)?),
        };
        if let Some(paging) =
            self.reader.operation.paging.as_ref().filter(|_| guessed || self.pager.pages() > 0)
        {
            request.leave_out(paging.drop);
        }
        Ok((request, url))
    }

    fn start(&mut self, place: Place, guessed: bool) -> Result<(), Error> {
        let (request, url) = self.asked(&place, guessed)?;
        let number = self.pager.pages() + 1 + self.ahead.length();
        let fetch = self.reader.fetch(self.client.clone(), request, url, self.client.1.page(number));
        self.ahead.add(place, guessed, fetch);
        Ok(())
    }

    /// Shows the page to the pager. A next URL is checked before: a walk that cannot go on should say so with the page that says where to,
    /// and stand where it stood.
    fn advance(&mut self, view: &mut PageView, current: &Url) -> Result<Option<StopReason>, Error> {
        let strategy = self.reader.operation.paging.as_ref().map(|paging| &paging.strategy);
        if let (Some(Strategy::NextUrl { .. } | Strategy::LinkHeader { .. }), Some(target)) =
            (strategy, &view.next)
            && self.pager.leads_on(view)
        {
            view.next =
                Some(path_and_query(&self.client.next_url(self.reader.operation, Some(current), target)?));
        }
        match self.pager.next(view)? {
            Step::Stop(reason) => Ok(Some(reason)),
            Step::Request(_) => Ok(None),
        }
    }

    fn next_url(&self, target: &str) -> Result<Url, Error> {
        let operation = self.reader.operation;
        let url = self.client.next_url(operation, self.current.as_ref(), target);
        url.map_err(|error| error.of(operation.id))
    }
}

impl Reader {
    /// Fetches a page and looks at it.
    fn fetch(
        self,
        client: Client,
        request: Request,
        url: Option<Url>,
        span: tracing::Span,
    ) -> BoxFuture<'static, Outcome> {
        let fetching = async move {
            let response = client.execute(&request, url.as_ref()).await?;
            let page = self.read(&client, &response)?;
            Ok(Fetched { response, page })
        };
        Box::pin(fetching.instrument(span))
    }

    fn read(self, client: &Client, response: &Response) -> Result<ReadPage, Error> {
        let Self { operation, records, key } = self;
        if response.status == StatusCode::NO_CONTENT {
            let view = PageView { served: Some(0), ..PageView::default() };
            return Ok(ReadPage { view, records: Vec::new() });
        }
        if response.is_ignored || operation.paging.is_none() && records.is_none() && response.body.is_empty()
        {
            return Ok(ReadPage::default());
        }
        response.require_json(&client.0.redactor).map_err(|error| response.locate(error))?;
        let paging = operation.paging.as_ref();
        ReadPage::read(paging, records, key, &response.headers, &response.body)
            .map_err(|error| response.locate(project_error(client, String::new(), &response.body, error)))
    }
}

/// Whether an error may be gone when the same is asked for again. A wait that the server asks for is not.
fn passes(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport(_) | ErrorKind::Truncated { .. } => true,
        ErrorKind::Status { status, .. } => {
            status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
        }
        _ => false,
    }
}

impl fmt::Debug for Page {
    /// Leaves out the body and the headers' values, which are the user's data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Page")
            .field("number", &self.number)
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Page {
    /// The records, as raw JSON borrowed from the body. A page without content has none.
    ///
    /// # Errors
    /// The contract says where they are and they are not there.
    pub fn records(&self) -> Result<Vec<&RawValue>, Error> {
        if self.body.is_empty() && self.status == StatusCode::NO_CONTENT {
            return Ok(Vec::new());
        }
        // Where they stand is known since the page was read, unless there is none, or no place for them.
        let known = self.places.iter().map(|place| self.body.get(place.clone()).and_then(project::raw));
        if let Some(records) = known.collect::<Option<Vec<_>>>().filter(|records| !records.is_empty()) {
            return Ok(records);
        }
        let records = project::records(&self.body, self.records.unwrap_or_default());
        records.map_err(|error| self.locate(project_error(&self.client, String::new(), &self.body, error)))
    }

    /// Records that cannot be read, where somebody keeps them.
    #[cfg(feature = "store")]
    pub(crate) fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// A whole number of the page, for example of all records that there are. `None` where there is none at that path.
    pub(crate) fn count(&self, path: Path) -> Option<u64> {
        project::find(&self.body, path).ok()??.get().trim().trim_matches('"').parse().ok()
    }

    /// The records as they came, without another look at the body. None where it is not known where they stand.
    pub fn record_texts(&self) -> impl ExactSizeIterator<Item = &str> {
        let text = |range: &Range<usize>| {
            self.body.get(range.clone()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
        };
        self.places.iter().map(text)
    }

    pub(crate) fn record_text(&self, index: usize) -> Option<&str> {
        let bytes = self.body.get(self.places.get(index)?.clone())?;
        Some(std::str::from_utf8(bytes).unwrap_or_default())
    }

    /// The whole page as the operation's type.
    ///
    /// # Errors
    /// It cannot be decoded.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // A page without content is one where the type allows for it.
        if self.body.is_empty() && self.status == StatusCode::NO_CONTENT {
            return serde_json::from_slice(b"null")
                .map_err(|_| self.locate(Error::new(ErrorKind::EmptyBody { status: self.status })));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let kind = decode_error(&self.client.0.redactor, String::new(), &self.body, &error);
            self.locate(Error::new(kind))
        })
    }

    /// One record as its type; `index` is told in the error.
    ///
    /// # Errors
    /// It cannot be decoded.
    pub fn decode_record<T: DeserializeOwned>(&self, index: usize, record: &str) -> Result<T, Error> {
        serde_json::from_str(record).map_err(|error| {
            let place = format!("record {} of page {}", index + 1, self.number);
            let kind = decode_error(&self.client.0.redactor, place, record.as_bytes(), &error);
            self.locate(Error::new(kind))
        })
    }

    fn locate(&self, error: Error) -> Error {
        error.of(self.operation.id).after(Sent::Yes, self.attempts)
    }
}

/// What a position keeps of a next URL. Its origin is that of the base URL, which may be another one when the walk is resumed.
fn path_and_query(url: &Url) -> String {
    let text = &url[url::Position::BeforePath..];
    // Two slashes at the start would be read as a host.
    if text.starts_with("//") { format!("/.{text}") } else { text.to_owned() }
}

fn project_error(client: &Client, place: String, json: &[u8], error: ProjectError) -> Error {
    let redactor = &client.0.redactor;
    Error::new(match error {
        ProjectError::Json(error) => decode_error(redactor, place, json, &error),
        ProjectError::Missing(ref at) | ProjectError::Type { place: ref at, .. } => ErrorKind::Misplaced {
            place: at.clone(),
            cause: error.to_string(),
            excerpt: redactor.excerpt(json),
        },
    })
}
