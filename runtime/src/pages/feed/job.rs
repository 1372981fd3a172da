//! Asynchronous jobs: created once, asked for until they are done, and what they made is downloaded part by part.
//!
//! The walk stands at the job's id and the part that is read next, so a walk that is cut off goes on with the same job, and a part whose
//! records are stored is not downloaded again.

use std::collections::VecDeque;
use std::time::Duration;

use futures_core::future::BoxFuture;
use serde_json::{Map, Value};

use crate::client::{ByteStream, Client, Response};
use crate::contract::{Download, Format, Job, JobOperation, Path, Stream};
use crate::error::job::JobProblem;
use crate::error::{Error, ErrorKind};
use crate::observe::WaitReason;
use crate::origin;
use crate::paging::{Place, Position};
use crate::request::Request;
use crate::retry::{self, Outcome};

use super::{Feed, Head, Page, Pages, texts};

/// How much longer than at first is waited at most between two questions for a job's state.
const SLOWEST: u32 = 10;

/// A walk over what a job makes.
#[derive(Debug)]
pub(super) struct JobWalk {
    job: &'static Job,
    id: Option<String>,
    /// Whether it was created just now, so that there is no use in asking for it at once.
    is_new: bool,
    part: u64,
    /// The page within the part at which an earlier walk stood.
    within: Option<Box<Position>>,
    parts: Option<Parts>,
    /// Whether the URL of this part was refused, and asked for anew.
    renewed: bool,
}

/// Where the parts are.
#[derive(Debug)]
enum Parts {
    /// The pages of an operation are one part.
    Pages(Box<Pages>),
    Urls(VecDeque<String>),
}

/// What comes next.
pub(super) enum Next {
    /// The job was created.
    Created(Head),
    /// The body of a part.
    Body(Box<Response<ByteStream>>),
    /// A page of an operation that gives what the job made.
    Page(Box<Page>),
    End,
}

impl JobWalk {
    pub(super) fn new(job: &'static Job) -> Self {
        Self { job, id: None, is_new: false, part: 0, within: None, parts: None, renewed: false }
    }

    pub(super) fn resume(&mut self, id: String, part: u64, within: Option<Box<Position>>) {
        (self.id, self.part, self.within) = (Some(id), part, within);
    }

    /// Where it stands; `None` before there is a job.
    pub(super) fn place(&self) -> Option<Place> {
        let within = match &self.parts {
            Some(Parts::Pages(pages)) => pages.position().map(Box::new),
            _ => self.within.clone(),
        };
        self.id.clone().map(|id| Place::Job { id, part: self.part, within })
    }

    /// The part that was open is read to its end.
    pub(super) fn finish_part(&mut self) {
        self.part += 1;
        self.renewed = false;
    }

    pub(super) fn next<'w>(
        &'w mut self,
        client: &'w Client,
        request: &'w Request,
        stream: &'static Stream,
        keeps_unreadable: bool,
    ) -> BoxFuture<'w, Result<Next, Error>> {
        // In a box, for an operation that gives what the job made has pages of its own.
        Box::pin(async move {
            let Some(id) = self.id.clone() else { return self.create(client, request).await };
            loop {
                match &mut self.parts {
                    None => self.parts = Some(self.wait(client, &id, stream, keeps_unreadable).await?),
                    Some(Parts::Pages(pages)) => {
                        if self.part > 0 {
                            return Ok(Next::End);
                        }
                        match pages.next().await? {
                            Some(page) => {
                                if pages.position().is_none() {
                                    self.part = 1;
                                }
                                return Ok(Next::Page(Box::new(page)));
                            }
                            None => self.part = 1,
                        }
                    }
                    Some(Parts::Urls(urls)) => {
                        let index = usize::try_from(self.part).unwrap_or(usize::MAX);
                        let Some(target) = urls.get(index).cloned() else { return Ok(Next::End) };
                        match fetch(client, self.job, &id, &target).await {
                            Ok(response) => return Ok(Next::Body(Box::new(response))),
                            // Such URLs are good for a time only, and the job tells new ones.
                            Err(error) if !self.renewed && is_expired(&error) => {
                                self.renewed = true;
                                self.parts = None;
                            }
                            Err(error) => return Err(error),
                        }
                    }
                }
            }
        })
    }

    async fn create(&mut self, client: &Client, request: &Request) -> Result<Next, Error> {
        let response = client.send(request.clone()).await?;
        let answer = json(client, &response)?;
        let id = texts(&answer, self.job.id).and_then(|mut ids| ids.pop_front());
        let id = id.ok_or_else(|| missing(client, &response, self.job.id, "the job's id"))?;
        (self.id, self.is_new) = (Some(id), true);
        let Response { status, headers, url, attempts, .. } = response;
        Ok(Next::Created(Head { status, headers, url, attempts }))
    }

    /// Asks for the job's state until it is done.
    async fn wait(
        &mut self,
        client: &Client,
        id: &str,
        stream: &'static Stream,
        keeps_unreadable: bool,
    ) -> Result<Parts, Error> {
        let job = self.job;
        let request = asked(client, &job.poll, id)?;
        let (inner, clock) = (&*client.0, client.clock());
        let (begun, limit) = (clock.elapsed(), Duration::from_millis(job.timeout_milliseconds));
        let first = Duration::from_millis(job.interval_milliseconds);
        let mut delay = first;
        if std::mem::take(&mut self.is_new) {
            inner.wait(job.poll.operation, WaitReason::Job, first).await;
        }
        loop {
            let response = client.send(request.clone()).await?;
            let answer = json(client, &response)?;
            let status = texts(&answer, job.status).and_then(|mut all| all.pop_front());
            let status = status.ok_or_else(|| missing(client, &response, job.status, "the job's state"))?;
            if job.failed.contains(&status.as_str()) {
                let message = job.message.and_then(|path| texts(&answer, path)?.pop_front());
                let message = message.map(|message| inner.redactor.scrub(&message));
                let problem = JobProblem::Failed { id: id.to_owned(), status, message };
                return Err(response.locate(Error::new(problem)));
            }
            if job.done.contains(&status.as_str()) {
                return match &job.download {
                    Download::Url(path) => {
                        let urls = texts(&answer, path);
                        urls.map(Parts::Urls)
                            .ok_or_else(|| missing(client, &response, path, "the URL of what it made"))
                    }
                    Download::Operation(operation) => {
                        self.pages(client, operation, id, stream, keeps_unreadable)
                    }
                };
            }
            let hint = retry::hint(client.contract(), &response.headers, Outcome::Rejected, clock.now());
            let pause = hint.unwrap_or(delay);
            let waited = clock.elapsed().saturating_sub(begun);
            if waited.saturating_add(pause) > limit {
                let problem = JobProblem::Timeout { id: id.to_owned(), status, waited };
                return Err(response.locate(Error::new(problem)));
            }
            inner.wait(job.poll.operation, WaitReason::Job, pause).await;
            delay = (delay * 3 / 2).min(first * SLOWEST);
        }
    }

    fn pages(
        &mut self,
        client: &Client,
        operation: &'static JobOperation,
        id: &str,
        stream: &'static Stream,
        keeps_unreadable: bool,
    ) -> Result<Parts, Error> {
        let mut request = asked(client, operation, id)?;
        request.allow(self.job.origins);
        let mut pages = Pages::new(client.clone(), request);
        pages.reader.records = Some(stream.records);
        if !matches!(self.job.format, Format::Json) {
            pages.feed = Some(Box::new(Feed::of_bodies(stream, &self.job.format, keeps_unreadable)));
        }
        if let Some(within) = self.within.take() {
            pages = pages.resume(*within)?;
        }
        Ok(Parts::Pages(Box::new(pages)))
    }
}

/// The body of one part.
async fn fetch(
    client: &Client,
    job: &'static Job,
    id: &str,
    target: &str,
) -> Result<Response<ByteStream>, Error> {
    let operation = job.poll.operation;
    let mut request = asked(client, &job.poll, id)?;
    request.allow(job.origins).header("accept", "*/*")?;
    let base = client.base(operation)?;
    let url = origin::resolve_among(&base, job.origins, &base, target, "what the job made")
        .map_err(|kind| Error::new(kind).of(operation.id))?;
    client.open_at(&request, Some(&url)).await
}

/// A request of one of the job's operations.
fn asked(client: &Client, operation: &JobOperation, id: &str) -> Result<Request, Error> {
    let mut request = Request::new(operation.operation);
    for (index, value) in operation.parameters {
        request.parameter_text(*index, &client.config().expand(value)?)?;
    }
    request.parameter_text(operation.id, id)?;
    Ok(request)
}

/// The body that creates a job, but for what cursors and slices fill in it.
pub(crate) fn job_body(client: &Client, places: &[(Path, &str)]) -> Result<Value, Error> {
    let mut whole = Value::Object(Map::new());
    for (path, json) in places {
        let value = match serde_json::from_str(json) {
            Ok(Value::String(text)) => Value::String(client.config().expand(&text)?),
            Ok(value) => value,
            Err(error) => return Err(ErrorKind::Request(format!("its body: {error}")).into()),
        };
        let mut place = &mut whole;
        for key in *path {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(object) = place else { break };
            place = object.entry(*key).or_insert(Value::Null);
        }
        *place = value;
    }
    Ok(whole)
}

fn json(client: &Client, response: &Response) -> Result<Value, Error> {
    let redactor = &client.0.redactor;
    response.require_json(redactor).map_err(|error| response.locate(error))?;
    serde_json::from_slice(&response.body).map_err(|error| {
        let kind = crate::client::decode_error(redactor, String::new(), &response.body, &error);
        response.locate(Error::new(kind))
    })
}

fn missing(client: &Client, response: &Response, path: Path, what: &str) -> Error {
    let place = crate::project::place(path);
    let excerpt = client.0.redactor.excerpt(&response.body);
    response.locate(Error::new(ErrorKind::Decode { place, cause: format!("{what} is not there"), excerpt }))
}

/// Whether a URL may have been good once.
fn is_expired(error: &Error) -> bool {
    error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 401 | 403 | 404 | 410))
}
