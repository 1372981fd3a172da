//! Pages of an operation, read one after another.

mod stream;

pub use stream::{Records, TypedPages};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::Url;

use crate::client::{Client, Response, decode_error};
use crate::contract::{Operation, Path, Strategy, Stream};
use crate::error::{Error, ErrorKind, Sent};
use crate::observe::PageEvent;
use crate::paging::{PageView, Pager, PagingProblem, Patch, Position, Step, StopReason, records_path};
use crate::project::{self, ProjectError};
use crate::request::Request;

/// A walk over the pages of an operation.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    request: Request,
    pager: Pager,
    records: Option<Path>,
    key: &'static [Path],
    /// URL of the page before, against which a relative URL is resolved.
    current: Option<Url>,
    stopped: Option<StopReason>,
    /// What was wrong with how the last page leads on; told after the page itself, whose records are good.
    problem: Option<Error>,
}

/// One page.
#[derive(Clone, Debug)]
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
    client: Client,
    attempts: u32,
}

impl Pages {
    pub(crate) fn new(client: Client, mut request: Request) -> Self {
        let operation = request.operation();
        if let Some(size) = operation.paging.as_ref().and_then(|paging| paging.size.as_ref())
            && !request.has_parameter(size.parameter)
        {
            request.parameter_number(size.parameter, size.value);
        }
        let key = operation.paging.as_ref().map_or(&[][..], |paging| paging.key);
        let pager = Pager::new(&request);
        let (current, stopped, problem) = (None, None, None);
        Self { client, request, pager, records: records_path(operation), key, current, stopped, problem }
    }

    pub(crate) fn of_stream(client: Client, stream: &'static Stream, request: Request) -> Self {
        let mut pages = Self::new(client, request);
        pages.records = Some(stream.records);
        pages.key = stream.key;
        pages
    }

    /// Goes on where an earlier walk over the same operation was.
    ///
    /// # Errors
    /// The position is of another operation or strategy, or its URL leads to another origin.
    pub fn resume(mut self, position: Position) -> Result<Self, Error> {
        let operation = self.request.operation().id;
        self.pager.resume(position).map_err(|problem| Error::new(problem).of(operation))?;
        self.url().map_err(|error| error.of(operation))?;
        Ok(self)
    }

    /// Pages after which the walk is taken for endless and fails. Default [`crate::paging::PAGE_LIMIT`].
    pub fn page_limit(mut self, pages: u64) -> Self {
        self.pager.set_page_limit(pages);
        self
    }

    /// The page that is read next, or `None` after the last. After an error it names the page that failed.
    pub fn position(&self) -> Option<Position> {
        self.stopped.is_none().then(|| self.pager.position())
    }

    /// Why the walk ended, once it has.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stopped
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The next page, or `None` after the last. After an error the same page is asked for again.
    ///
    /// # Errors
    /// The page could not be read, or the walk cannot go on from the page before.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        if self.stopped.is_some() {
            return Ok(None);
        }
        let operation = self.request.operation();
        let number = self.pager.pages() + 1;
        let url = self.url().map_err(|error| error.of(operation.id))?;
        let mut request = self.request.clone();
        if let Patch::Parameter { index, value } = self.pager.patch() {
            request.parameter_text(index, &value)?;
        }
        let response = match self.client.execute(&request, url.as_ref()).await {
            Ok(response) => response,
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) && self.pager.is_past_the_end() => {
                self.stopped = Some(StopReason::PastTheEnd);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut view = self.view(&response)?;
        self.client.0.counters.page();
        self.client.0.observer.page(&PageEvent {
            operation: operation.id,
            page: number,
            records: view.served,
            bytes: response.body.len() as u64,
        });
        match self.advance(&mut view, &response.url) {
            Ok(None) => self.current = Some(response.url.clone()),
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
        let Response { status, headers, body, attempts, .. } = response;
        let client = self.client.clone();
        Ok(Some(Page { number, status, headers, body, operation, records: self.records, client, attempts }))
    }

    /// Shows the page to the pager. A next URL is checked before: a walk that cannot go on should say so with the page that says where to,
    /// and stand where it stood.
    fn advance(&mut self, view: &mut PageView, current: &Url) -> Result<Option<StopReason>, Error> {
        let strategy = self.request.operation().paging.as_ref().map(|paging| &paging.strategy);
        if let (Some(Strategy::NextUrl { .. } | Strategy::LinkHeader { .. }), Some(target)) =
            (strategy, &view.next)
            && self.pager.leads_on(view)
        {
            view.next = Some(path_and_query(&self.client.next_url(
                self.request.operation(),
                Some(current),
                target,
            )?));
        }
        match self.pager.next(view)? {
            Step::Stop(reason) => Ok(Some(reason)),
            Step::Request(_) => Ok(None),
        }
    }

    fn url(&self) -> Result<Option<Url>, Error> {
        match self.pager.patch() {
            Patch::Url(target) => {
                self.client.next_url(self.request.operation(), self.current.as_ref(), &target).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn view(&self, response: &Response) -> Result<PageView, Error> {
        let operation = self.request.operation();
        let redactor = &self.client.0.redactor;
        if response.status == StatusCode::NO_CONTENT {
            return Ok(PageView { served: Some(0), ..PageView::default() });
        }
        if operation.paging.is_none() && self.records.is_none() && response.body.is_empty() {
            return Ok(PageView::default());
        }
        response.require_json(redactor).map_err(|error| response.locate(error))?;
        let paging = operation.paging.as_ref();
        PageView::read(paging, self.records, self.key, &response.headers, &response.body).map_err(|error| {
            response.locate(project_error(&self.client, String::new(), &response.body, error))
        })
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
        let records = project::records(&self.body, self.records.unwrap_or_default());
        records.map_err(|error| self.locate(project_error(&self.client, String::new(), &self.body, error)))
    }

    /// A whole number of the page, for example of all records that there are. `None` where there is none at that path.
    pub(crate) fn count(&self, path: Path) -> Option<u64> {
        project::find(&self.body, path).ok()??.get().trim().trim_matches('"').parse().ok()
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
        other => ErrorKind::Decode { place, cause: other.to_string(), excerpt: redactor.excerpt(json) },
    })
}
