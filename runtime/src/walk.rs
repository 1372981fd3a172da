//! What the records and the pages of a walk are decoded to.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Error;
use crate::pages::{Page, Pages};
use crate::paging::{Position, StopReason};
use crate::request::Request;
use crate::slices::{ReadAhead, StreamPages};

/// The typed records of all pages. A record that cannot be decoded is an `Err` item, and the walk goes on; an error of a page ends it.
///
/// While the records of a page are taken, the next ones are on their way: see [`Pages::ahead`].
pub struct Records<T> {
    walk: Walk,
    page: Option<Page>,
    /// How many records of the page were taken.
    taken: usize,
    record: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Records<T> {
    pub(crate) fn new(pages: Pages) -> Self {
        Self { walk: Walk::new(pages), page: None, taken: 0, record: PhantomData }
    }

    /// The records of a stream, slice after slice.
    pub(crate) fn of_slices(pages: StreamPages) -> Self {
        Self { walk: Walk::of_slices(pages), page: None, taken: 0, record: PhantomData }
    }

    /// A walk that gives this error and ends.
    pub(crate) fn failed(error: Error) -> Self {
        Self { walk: Walk::failed(error), page: None, taken: 0, record: PhantomData }
    }

    /// Fetches with up to that many requests at a time instead of as many as the contract says; 0 fetches no page before the one before it
    /// has been taken.
    pub fn ahead(mut self, requests: usize) -> Self {
        self.walk.set_ahead(requests);
        self
    }

    /// The next record.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The page that is read next; `None` after the last page, and of a stream that has slices.
    pub fn position(&self) -> Option<Position> {
        self.walk.pages().and_then(Pages::position)
    }

    /// Why the walk ended, once it has; `None` of a stream that has slices, each of which has its own reason.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.walk.pages().and_then(Pages::stop_reason)
    }

    /// How many records there are, as the last page said.
    pub fn total(&self) -> Option<u64> {
        self.walk.pages().and_then(Pages::total)
    }
}

impl<T: DeserializeOwned> Stream for Records<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(page) = &self.page
                && let Some(record) = page.record_text(self.taken)
            {
                let result = page.decode_record(self.taken, record);
                self.taken += 1;
                return Poll::Ready(Some(result));
            }
            self.page = None;
            match ready!(self.walk.poll(context)) {
                Some(Ok(page)) => {
                    // Where it is not known where the records stand, this says so.
                    if page.record_texts().len() == 0
                        && let Err(error) = page.records()
                    {
                        self.walk.end();
                        return Poll::Ready(Some(Err(error)));
                    }
                    self.taken = 0;
                    self.page = Some(page);
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// The pages of a walk, each decoded whole. An error of a page's decoding is an `Err` item, and the walk goes on; any other ends it.
pub struct TypedPages<T> {
    walk: Walk,
    page: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> TypedPages<T> {
    pub(crate) fn new(pages: Pages) -> Self {
        Self { walk: Walk::new(pages), page: PhantomData }
    }

    /// A walk that gives this error and ends.
    pub(crate) fn failed(error: Error) -> Self {
        Self { walk: Walk::failed(error), page: PhantomData }
    }

    /// As [`Records::ahead`].
    pub fn ahead(mut self, requests: usize) -> Self {
        self.walk.set_ahead(requests);
        self
    }

    /// The next page.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The page that is read next; `None` after the last page.
    pub fn position(&self) -> Option<Position> {
        self.walk.pages().and_then(Pages::position)
    }

    /// Why the walk ended, once it has.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.walk.pages().and_then(Pages::stop_reason)
    }
}

impl<T: DeserializeOwned> Stream for TypedPages<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = ready!(self.walk.poll(context));
        Poll::Ready(page.map(|page| page.and_then(|page| page.decode())))
    }
}

/// Where a walk has its pages from.
enum Source {
    Pages(Box<Pages>),
    /// Pages that are not the operation's own.
    Fed(Reading<Pages>),
    /// The pages of a stream that has slices, and how its lists that are read next are read ahead.
    Slices(Reading<StreamPages>, ReadAhead),
    /// The request could not be made.
    Nowhere,
}

impl Client {
    /// The records of all pages, decoded one by one. A record that cannot be decoded is an error item, and the next one follows it.
    pub fn records<T: DeserializeOwned>(&self, request: Request) -> Records<T> {
        Records::new(self.pages(request))
    }

    /// The pages of an operation, each decoded whole.
    pub fn typed_pages<T: DeserializeOwned>(&self, request: Request) -> TypedPages<T> {
        TypedPages::new(self.pages(request))
    }
}

/// Pages that are within the future while one is being read.
struct Reading<P> {
    resting: Option<Box<P>>,
    future: Option<BoxFuture<'static, Read<P>>>,
    read: fn(Box<P>) -> BoxFuture<'static, Read<P>>,
}

/// The pages and what reading one of them gave.
type Read<P> = (Box<P>, Result<Option<Page>, Error>);

impl<P> Reading<P> {
    fn new(pages: P, read: fn(Box<P>) -> BoxFuture<'static, Read<P>>) -> Self {
        Self { resting: Some(Box::new(pages)), future: None, read }
    }

    /// The next page; `set` is done to the pages before one is read.
    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        set: impl FnOnce(&mut P),
    ) -> Poll<Result<Option<Page>, Error>> {
        if let Some(mut pages) = self.resting.take() {
            set(&mut pages);
            self.future = Some((self.read)(pages));
        }
        let Some(future) = &mut self.future else { return Poll::Ready(Ok(None)) };
        let (pages, page) = ready!(future.as_mut().poll(context));
        (self.resting, self.future) = (Some(pages), None);
        Poll::Ready(page)
    }
}

fn read_fed(mut pages: Box<Pages>) -> BoxFuture<'static, Read<Pages>> {
    Box::pin(async move {
        let page = pages.next().await;
        (pages, page)
    })
}

fn read_slices(mut pages: Box<StreamPages>) -> BoxFuture<'static, Read<StreamPages>> {
    Box::pin(async move {
        let page = pages.next().await;
        (pages, page)
    })
}

/// Pages on behalf of a stream, which ends with the first error.
struct Walk {
    source: Source,
    failed: Option<Error>,
    ended: bool,
}

impl Walk {
    fn new(pages: Pages) -> Self {
        if pages.is_fed() {
            return Self::of(Source::Fed(Reading::new(pages, read_fed)));
        }
        Self::of(Source::Pages(Box::new(pages.ahead_as_declared())))
    }

    fn of_slices(pages: StreamPages) -> Self {
        Self::of(Source::Slices(Reading::new(pages, read_slices), ReadAhead::AsDeclared))
    }

    fn of(source: Source) -> Self {
        Self { source, failed: None, ended: false }
    }

    fn failed(error: Error) -> Self {
        Self { failed: Some(error), ..Self::of(Source::Nowhere) }
    }

    fn pages(&self) -> Option<&Pages> {
        match &self.source {
            Source::Pages(pages) => Some(pages),
            Source::Fed(reading) => reading.resting.as_deref(),
            Source::Slices(..) | Source::Nowhere => None,
        }
    }

    fn set_ahead(&mut self, requests: usize) {
        match &mut self.source {
            Source::Pages(pages) => pages.set_ahead(requests),
            Source::Slices(_, ahead) => *ahead = ReadAhead::Requests(requests),
            Source::Fed(..) | Source::Nowhere => {}
        }
    }

    fn end(&mut self) {
        self.ended = true;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let page = match &mut self.source {
            Source::Pages(pages) => ready!(pages.poll_next(context)).transpose(),
            Source::Fed(reading) => ready!(reading.poll_next(context, |_| ())).transpose(),
            Source::Slices(reading, ahead) => {
                ready!(reading.poll_next(context, |pages| pages.set_ahead(*ahead))).transpose()
            }
            Source::Nowhere => None,
        };
        self.ended = !matches!(page, Some(Ok(_)));
        Poll::Ready(page)
    }
}
