use std::collections::VecDeque;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::paging::{Position, StopReason};
use crate::slices::StreamPages;

use super::{Page, Pages};

/// The typed records of all pages. A record that cannot be decoded is an `Err` item, and the walk goes on; an error of a page ends it.
pub struct Records<T> {
    walk: Walk,
    page: Option<Page>,
    /// Where the records of the page stand in its body, with their indexes.
    left: VecDeque<(usize, Range<usize>)>,
    record: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Records<T> {
    pub(crate) fn new(pages: Pages) -> Self {
        Self {
            walk: Walk::new(Source::Pages(Box::new(pages))),
            page: None,
            left: VecDeque::new(),
            record: PhantomData,
        }
    }

    /// The records of a stream, slice after slice.
    pub(crate) fn of_slices(pages: StreamPages) -> Self {
        Self {
            walk: Walk::new(Source::Slices(Box::new(pages))),
            page: None,
            left: VecDeque::new(),
            record: PhantomData,
        }
    }

    /// A walk that gives this error and ends.
    pub(crate) fn failed(error: Error) -> Self {
        Self { walk: Walk::Failed(error), page: None, left: VecDeque::new(), record: PhantomData }
    }

    /// The next record.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The page that is read next; `None` after the last page, while one is being read, and of a stream that has slices.
    pub fn position(&self) -> Option<Position> {
        self.walk.pages().and_then(Pages::position)
    }

    /// Why the walk ended, once it has; `None` of a stream that has slices, each of which has its own reason.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.walk.pages().and_then(Pages::stop_reason)
    }

    fn load(&mut self, page: Page) -> Result<(), Error> {
        let start = page.body.as_ptr() as usize;
        self.left = page
            .records()?
            .into_iter()
            .map(|record| {
                // The records borrow from the body, so their distance from its start is their place in it.
                let from = record.get().as_ptr() as usize - start;
                from..from + record.get().len()
            })
            .enumerate()
            .collect();
        self.page = Some(page);
        Ok(())
    }
}

impl<T: DeserializeOwned> Stream for Records<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some((index, range)) = self.left.pop_front()
                && let Some(page) = &self.page
            {
                let text = page.body.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok());
                return Poll::Ready(Some(page.decode_record(index, text.unwrap_or_default())));
            }
            self.page = None;
            match ready!(self.walk.poll(context)) {
                Some(Ok(page)) => {
                    if let Err(error) = self.load(page) {
                        self.walk.end();
                        return Poll::Ready(Some(Err(error)));
                    }
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
        Self { walk: Walk::new(Source::Pages(Box::new(pages))), page: PhantomData }
    }

    /// A walk that gives this error and ends.
    pub(crate) fn failed(error: Error) -> Self {
        Self { walk: Walk::Failed(error), page: PhantomData }
    }

    /// The next page.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The page that is read next; `None` after the last page and while one is being read.
    pub fn position(&self) -> Option<Position> {
        self.walk.pages().and_then(Pages::position)
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
    Slices(Box<StreamPages>),
}

impl Source {
    async fn next(&mut self) -> Result<Option<Page>, Error> {
        match self {
            Self::Pages(pages) => pages.next().await,
            Self::Slices(pages) => pages.next().await,
        }
    }
}

/// The pages and what reading one of them gave.
type PageRead = (Source, Result<Option<Page>, Error>);

/// Reads pages on behalf of a stream: the pages are within the future while one is being read.
enum Walk {
    Resting(Source),
    Reading(BoxFuture<'static, PageRead>),
    Ended(Option<Source>),
    /// The request could not be made; its error is still to be given.
    Failed(Error),
}

impl Walk {
    fn new(source: Source) -> Self {
        Self::Resting(source)
    }

    fn pages(&self) -> Option<&Pages> {
        match self {
            Self::Resting(source) | Self::Ended(Some(source)) => match source {
                Source::Pages(pages) => Some(pages),
                Source::Slices(_) => None,
            },
            Self::Reading(_) | Self::Ended(None) | Self::Failed(_) => None,
        }
    }

    fn end(&mut self) {
        let was = std::mem::replace(self, Self::Ended(None));
        *self = match was {
            Self::Resting(pages) => Self::Ended(Some(pages)),
            other => other,
        };
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        loop {
            match std::mem::replace(self, Self::Ended(None)) {
                Self::Resting(mut pages) => {
                    *self = Self::Reading(Box::pin(async move {
                        let page = pages.next().await;
                        (pages, page)
                    }));
                }
                Self::Reading(mut reading) => {
                    let Poll::Ready((pages, page)) = reading.as_mut().poll(context) else {
                        *self = Self::Reading(reading);
                        return Poll::Pending;
                    };
                    let page = page.transpose();
                    *self = match page {
                        Some(Ok(_)) => Self::Resting(pages),
                        Some(Err(_)) | None => Self::Ended(Some(pages)),
                    };
                    return Poll::Ready(page);
                }
                Self::Failed(error) => return Poll::Ready(Some(Err(error))),
                ended @ Self::Ended(_) => {
                    *self = ended;
                    return Poll::Ready(None);
                }
            }
        }
    }
}
