//! Where a run gets its pages: the client, or a script in the tests.

use std::collections::BTreeMap;

use crate::contract::{Order, Stream};
use crate::paging::{PagingProblem, Position, StopReason};
use crate::{Client, Error, ErrorKind, Page, Pages, Request};

use super::engine::shifts;
use super::walk::first_parameter;

/// Opens walks over the pages of one stream.
pub(super) trait PageSource {
    /// Its walks.
    type Pages: SourcePages;

    /// A walk from the first page, or from a position that an earlier walk told. `since` goes into the cursor's parameter.
    fn open(
        &self,
        since: Option<&str>,
        position: Option<&serde_json::Value>,
    ) -> Result<Self::Pages, <Self::Pages as SourcePages>::Error>;
}

/// A walk over pages.
pub(super) trait SourcePages {
    /// A page that has come whole.
    type Page: SourcePage<Error = Self::Error>;
    /// What stops it.
    type Error: SourceError;

    /// The next page; `None` after the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<Self::Page>, Self::Error>> + Send;

    /// Where the next page is; `None` where there is none.
    fn position(&self) -> Option<serde_json::Value>;

    /// Why there are no more pages, once there are none.
    fn stop_reason(&self) -> Option<StopReason>;

    /// How many records there are, as the last page said.
    fn total(&self) -> Option<u64>;
}

/// A page.
pub(super) trait SourcePage {
    /// What is wrong with it.
    type Error;

    /// Its records as served.
    fn records(&self) -> Result<Vec<&str>, Self::Error>;
}

/// What stops a walk.
pub(super) trait SourceError {
    /// Whether the position that was asked for is no longer good: the server answered 400, 404, 410 or 422, or it cannot be read.
    fn refuses_position(&self) -> bool;
}

/// The pages of a stream from its API.
pub(super) struct ClientSource<'a> {
    pub(super) client: &'a Client,
    pub(super) stream: &'static Stream,
}

impl PageSource for ClientSource<'_> {
    type Pages = Pages;

    fn open(&self, since: Option<&str>, position: Option<&serde_json::Value>) -> Result<Pages, Error> {
        let request = request(self.client, self.stream, since)?;
        let pages = self.client.pages_of(self.stream, request);
        let pages = if turns(self.stream) { pages } else { pages.ahead_as_declared() };
        let Some(position) = position else { return Ok(pages) };
        let position = serde_json::from_value::<Position>(position.clone())
            .map_err(|_| PagingProblem::Position("it cannot be read"))?;
        pages.resume(position)
    }
}

impl SourcePages for Pages {
    type Page = Page;
    type Error = Error;

    async fn next(&mut self) -> Result<Option<Page>, Error> {
        Pages::next(self).await
    }

    fn position(&self) -> Option<serde_json::Value> {
        Pages::position(self).and_then(|position| serde_json::to_value(position).ok())
    }

    fn stop_reason(&self) -> Option<StopReason> {
        Pages::stop_reason(self)
    }

    fn total(&self) -> Option<u64> {
        Pages::total(self)
    }
}

impl SourcePage for Page {
    type Error = Error;

    fn records(&self) -> Result<Vec<&str>, Error> {
        if self.record_texts().len() == 0 {
            // Where it is not known where the records stand, this says so.
            Page::records(self)?;
        }
        Ok(self.record_texts().collect())
    }
}

/// Whether the walk may ask for the list from the bookmark on instead of for the next page, see [`super::walk::Walk::turns`]. What is
/// fetched ahead then would be for nothing, and no page may be taken that was asked for before the bookmark moved.
fn turns(stream: &Stream) -> bool {
    let cursor = stream.cursor.as_ref();
    shifts(stream)
        && cursor.is_some_and(|cursor| cursor.parameter.is_some() && cursor.order == Order::Ascending)
}

impl SourceError for Error {
    fn refuses_position(&self) -> bool {
        let by_server = self.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 410 | 422));
        by_server || matches!(self.kind(), ErrorKind::Paging(PagingProblem::Position(_)))
    }
}

/// The cursor value of a stream's first run, with config values filled in.
pub(super) fn start(client: &Client, stream: &'static Stream) -> Result<Option<String>, Error> {
    let start = stream.cursor.as_ref().and_then(|cursor| cursor.start);
    start.map(|start| client.config().expand(start)).transpose()
}

/// The request of a stream's first run: its parameters and the cursor's start value, filled in from the configuration.
///
/// # Errors
/// A config value that they take is missing.
pub fn first_request(client: &Client, stream: &'static Stream) -> Result<Request, Error> {
    let since = start(client, stream)?.and_then(|start| first_parameter(stream, &start));
    request(client, stream, since.as_deref())
}

fn request(client: &Client, stream: &'static Stream, since: Option<&str>) -> Result<Request, Error> {
    let mut request = client.stream_request(stream)?;
    let cursor = stream.cursor.as_ref().and_then(|cursor| Some((cursor.parameter?, cursor.property)));
    match (cursor, since) {
        (Some((index, None)), Some(since)) => {
            request.parameter_text(index, since)?;
        }
        (Some((index, Some(property))), Some(since)) => {
            request.parameter(index, &BTreeMap::from([(property, since)]))?;
        }
        _ => {}
    }
    Ok(request)
}
