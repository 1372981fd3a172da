use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::paging::{Position, StopReason};

use super::{Page, Pages};

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

    /// The page that is read next; `None` after the last page.
    pub fn position(&self) -> Option<Position> {
        self.walk.pages().and_then(Pages::position)
    }

    /// Why the walk ended, once it has.
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

/// Pages on behalf of a stream, which ends with the first error.
struct Walk {
    /// `None` where the request could not be made.
    pages: Option<Box<Pages>>,
    failed: Option<Error>,
    ended: bool,
}

impl Walk {
    fn new(pages: Pages) -> Self {
        Self { pages: Some(Box::new(pages.ahead_as_declared())), failed: None, ended: false }
    }

    fn failed(error: Error) -> Self {
        Self { pages: None, failed: Some(error), ended: false }
    }

    fn pages(&self) -> Option<&Pages> {
        self.pages.as_deref()
    }

    fn set_ahead(&mut self, requests: usize) {
        if let Some(pages) = &mut self.pages {
            pages.ahead.set_most(requests);
        }
    }

    fn end(&mut self) {
        self.ended = true;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let Some(pages) = self.pages.as_mut().filter(|_| !self.ended) else { return Poll::Ready(None) };
        let page = ready!(pages.poll_next(context)).transpose();
        self.ended = !matches!(page, Some(Ok(_)));
        Poll::Ready(page)
    }
}
