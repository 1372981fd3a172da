//! Pages of streams whose records are no JSON pages: bodies that are read record by record, and what asynchronous jobs make.
//!
//! A page is here a batch of records, as a list of JSON, so that everything past it works as it does for other streams. No more of a body is
//! held than a batch.

mod body;
mod job;

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use url::Url;

use crate::client::{ByteStream, Client, Response};
use crate::contract::{Format, Source, Stream};
use crate::error::{Error, ErrorKind};
use crate::observe::PageEvent;
use crate::paging::{PageView, PagingProblem, Place, Position, ReadPage, StopReason};

use super::{Page, Pages, Unreadable};

use body::{Found, Records};
use job::JobWalk;
pub(crate) use job::job_body;

/// The most records of a batch.
const BATCH_RECORDS: u64 = 1_000;
/// A batch ends with the record that makes it longer than this.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Where a stream's pages come from that has none of its own.
#[derive(Debug)]
pub(super) struct Feed {
    stream: &'static Stream,
    format: &'static Format,
    job: Option<JobWalk>,
    /// The body that is being read.
    open: Option<Open>,
    /// Batches so far.
    pages: u64,
    /// Records so far.
    records: u64,
    /// Whether records that cannot be read are handed out too.
    keeps_unreadable: bool,
}

/// A body that is being read.
#[derive(Debug)]
struct Open {
    records: Records,
    head: Head,
    /// Records of it so far.
    served: u64,
}

/// What is kept of the answer whose body it is.
#[derive(Clone, Debug)]
struct Head {
    status: StatusCode,
    headers: HeaderMap,
    url: Url,
    attempts: u32,
}

/// Records of a body, and whether they are its last.
struct Batch {
    body: Bytes,
    records: u64,
    unreadable: Vec<Unreadable>,
    head: Head,
    /// How many records the body had in all, where it has ended.
    ended: Option<u64>,
}

impl Feed {
    /// The feed of a stream; `None` for one with pages of JSON.
    pub(super) fn of(stream: &'static Stream) -> Option<Self> {
        let (format, job) = match &stream.source {
            Source::Pages => return None,
            Source::Bodies(format) => (format, None),
            Source::Job(job) => (&job.format, Some(JobWalk::new(job))),
        };
        Some(Self { stream, format, job, open: None, pages: 0, records: 0, keeps_unreadable: false })
    }

    /// The bodies of another operation of the same stream.
    fn of_bodies(stream: &'static Stream, format: &'static Format, keeps_unreadable: bool) -> Self {
        Self { stream, format, job: None, open: None, pages: 0, records: 0, keeps_unreadable }
    }

    /// Starts to read a body.
    fn open(&mut self, client: &Client, response: Response<ByteStream>) -> Result<(), Error> {
        let head = Head {
            status: response.status,
            headers: response.headers.clone(),
            url: response.url.clone(),
            attempts: response.attempts,
        };
        let records = Records::new(client, response, self.format, self.stream, self.keeps_unreadable)?;
        self.open = Some(Open { records, head, served: 0 });
        Ok(())
    }

    /// The next records of the body that is open; `None` where none is. A body that failed is closed.
    async fn batch(&mut self) -> Result<Option<Batch>, Error> {
        let Some(open) = &mut self.open else { return Ok(None) };
        match open.records.batch().await {
            Ok(Found { body, records, unreadable, ended }) => {
                let came = records + unreadable.len() as u64;
                open.served += came;
                let (head, served) = (open.head.clone(), open.served);
                if ended {
                    self.open = None;
                }
                self.records += came;
                Ok(Some(Batch { body, records, unreadable, head, ended: ended.then_some(served) }))
            }
            Err(error) => {
                self.open = None;
                Err(error)
            }
        }
    }
}

impl Pages {
    /// Hands out records that cannot be read, where the next one can be, for a sync to put into quarantine. Without it they are errors.
    #[cfg(feature = "store")]
    pub(crate) fn keep_unreadable(mut self) -> Self {
        if let Some(feed) = &mut self.feed {
            feed.keeps_unreadable = true;
        }
        self
    }

    /// Where a walk over a feed stands.
    pub(super) fn feed_position(&self, feed: &Feed) -> Position {
        match feed.job.as_ref().and_then(JobWalk::place) {
            Some(place) => Position::new(self.request.operation(), place, feed.pages, feed.records),
            None => self.pager.position(),
        }
    }

    /// Goes on with a job that an earlier walk created.
    pub(super) fn resume_feed(&mut self, position: &Position) -> Result<bool, Error> {
        let Place::Job { id, part, within } = &position.place else { return Ok(false) };
        let job = self.feed.as_mut().and_then(|feed| feed.job.as_mut());
        let Some(job) = job else {
            return Err(PagingProblem::Position("it is of a job, and the stream has none").into());
        };
        job.resume(id.clone(), *part, within.clone());
        Ok(true)
    }

    /// The next batch of records.
    pub(super) async fn next_of_feed(&mut self) -> Result<Option<Page>, Error> {
        if let Some(error) = self.problem.take() {
            return Err(error);
        }
        loop {
            if self.stopped.is_some() {
                return Ok(None);
            }
            let Some(feed) = &mut self.feed else { return Ok(None) };
            if let Some(job) = &mut feed.job
                && feed.open.is_none()
            {
                match job.next(&self.client, &self.request, feed.stream, feed.keeps_unreadable).await? {
                    job::Next::Created(head) => {
                        // A page without records: with it the job's id is stored before anything else is asked.
                        return Ok(Some(self.page_of(Batch {
                            body: Bytes::from_static(b"[]"),
                            records: 0,
                            unreadable: Vec::new(),
                            head,
                            ended: None,
                        })));
                    }
                    job::Next::Body(response) => feed.open(&self.client, *response)?,
                    job::Next::Page(page) => {
                        feed.pages += 1;
                        return Ok(Some(*page));
                    }
                    job::Next::End => self.stopped = Some(StopReason::NoNext),
                }
                continue;
            }
            if feed.open.is_none() {
                let (request, url) = self.asked(self.pager.place(), false)?;
                let response = self.client.open_at(&request, url.as_ref()).await?;
                if response.is_ignored {
                    self.stopped = Some(StopReason::Ignored);
                    continue;
                }
                let Some(feed) = &mut self.feed else { return Ok(None) };
                feed.open(&self.client, response)?;
                continue;
            }
            let Some(batch) = feed.batch().await? else { continue };
            if let Some(served) = batch.ended {
                match &mut feed.job {
                    Some(job) => job.finish_part(),
                    None => self.leave_body(&batch.head, served)?,
                }
            }
            if batch.records > 0
                || !batch.unreadable.is_empty()
                || (batch.ended == Some(0) && self.is_first())
            {
                return Ok(Some(self.page_of(batch)));
            }
        }
    }

    fn is_first(&self) -> bool {
        self.feed.as_ref().is_some_and(|feed| feed.pages == 0)
    }

    /// A body has come to its end: what its head says leads on, or nothing does.
    fn leave_body(&mut self, head: &Head, served: u64) -> Result<(), Error> {
        let operation = self.request.operation();
        let paging = operation.paging.as_ref();
        let located = |error: Error| error.of(operation.id).after(crate::Sent::Yes, head.attempts);
        let view = PageView::read(paging, None, &[], &head.headers, b"{}");
        let mut view = view.map_err(|error| {
            located(Error::new(ErrorKind::Decode {
                place: "the headers".to_owned(),
                cause: error.to_string(),
                excerpt: String::new(),
            }))
        })?;
        view.served = Some(served);
        match self.advance(&mut view, &head.url) {
            Ok(None) => self.current = Some(head.url.clone()),
            Ok(Some(reason)) => self.stopped = Some(reason),
            Err(error) => self.problem = Some(located(error)),
        }
        Ok(())
    }

    fn page_of(&mut self, batch: Batch) -> Page {
        let operation = self.request.operation();
        let number = self.feed.as_mut().map_or(0, |feed| {
            feed.pages += 1;
            feed.pages
        });
        self.client.0.counters.page();
        self.client.0.observer.page(&PageEvent {
            operation: operation.id,
            stream: self.stream,
            page: number,
            records: Some(batch.records),
            bytes: batch.body.len() as u64,
        });
        let Head { status, headers, attempts, .. } = batch.head;
        // What is no list after all is told when its records are asked for.
        let read = ReadPage::read(None, Some(&[]), &[], &headers, &batch.body);
        let places = read.map(|read| read.records).unwrap_or_default();
        Page {
            places,
            unreadable: batch.unreadable,
            number,
            status,
            headers,
            body: batch.body,
            operation,
            records: Some(&[]),
            client: self.client.clone(),
            attempts,
        }
    }
}

/// Every text at a path of a JSON value; lists on the way give one for each item, and null gives none.
fn texts(value: &serde_json::Value, path: &[&str]) -> Option<VecDeque<String>> {
    use serde_json::Value;
    match (value, path) {
        (Value::Null, _) => Some(VecDeque::new()),
        (Value::Array(items), _) => {
            let each = items.iter().map(|item| texts(item, path));
            each.collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
        }
        (Value::Object(object), [first, rest @ ..]) => texts(object.get(*first)?, rest),
        (Value::String(text), []) => Some([text.clone()].into()),
        (Value::Number(number), []) => Some([number.to_string()].into()),
        (Value::Bool(value), []) => Some([value.to_string()].into()),
        _ => None,
    }
}
