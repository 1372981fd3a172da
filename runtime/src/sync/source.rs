//! Where a run gets its pages: the client, or a script in the tests.

use http::HeaderMap;

use crate::contract::{Order, Path, Stream, Target};
use crate::pages::Unreadable;
use crate::paging::{PagingProblem, Position, StopReason};
use crate::slices::request;
use crate::{Client, Error, ErrorKind, JobProblem, Page, Pages};

use super::engine::shifts;

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

    /// Records of it that cannot be read, and stand nowhere among [`Self::records`].
    fn unreadable(&self) -> &[Unreadable] {
        &[]
    }

    /// A whole number of the page.
    fn count(&self, path: Path) -> Option<u64>;

    /// Status of the answer.
    fn status(&self) -> u16;

    /// Headers of the answer.
    fn headers(&self) -> &HeaderMap;

    /// The whole body.
    fn body(&self) -> &[u8];
}

/// What stops a walk.
pub(super) trait SourceError {
    /// Whether the position that was asked for is no longer good: the server answered 400, 404, 410 or 422, or it cannot be read.
    fn refuses_position(&self) -> bool;

    /// Whether records of the pages before are missing, so that only a walk from its start finds them.
    fn starts_over(&self) -> bool;

    /// The status of the answer, if there was one.
    fn status(&self) -> Option<u16>;

    /// Whether every other request would meet the same: the credential is refused, or a limit asks to wait beyond the cap. Then other
    /// slices are not even tried.
    fn concerns_all(&self) -> bool;

    /// Whether the connector's error map says that this list cannot be had, and that the others are to be read.
    fn skips_slice(&self) -> bool;

    /// For people.
    fn describe(&self) -> String;
}

/// Opens the lists of a stream that is read in slices.
pub(super) trait SliceSource: Sync {
    /// One of its lists.
    type Source: PageSource;

    /// The list that these values ask for.
    fn slice(&self, arguments: Vec<(Target, String)>) -> Self::Source;
}

/// What stops the walk over a slice's pages.
pub(super) type SliceError<S> = <<<S as SliceSource>::Source as PageSource>::Pages as SourcePages>::Error;

/// The pages of a stream from its API.
pub(super) struct ClientSource<'a> {
    pub(super) client: &'a Client,
    pub(super) stream: &'static Stream,
    /// What asks for one of its slices.
    pub(super) arguments: Vec<(Target, String)>,
}

/// The slices of a stream from its API.
pub(super) struct ClientSlices<'a> {
    pub(super) client: &'a Client,
    pub(super) stream: &'static Stream,
}

impl<'a> SliceSource for ClientSlices<'a> {
    type Source = ClientSource<'a>;

    fn slice(&self, arguments: Vec<(Target, String)>) -> ClientSource<'a> {
        ClientSource { client: self.client, stream: self.stream, arguments }
    }
}

impl PageSource for ClientSource<'_> {
    type Pages = Pages;

    fn open(&self, since: Option<&str>, position: Option<&serde_json::Value>) -> Result<Pages, Error> {
        let request = request(self.client, self.stream, &self.arguments, since)?;
        let pages = self.client.pages_of(self.stream, request).keep_unreadable();
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

    fn unreadable(&self) -> &[Unreadable] {
        Page::unreadable(self)
    }

    fn count(&self, path: Path) -> Option<u64> {
        Page::count(self, path)
    }

    fn status(&self) -> u16 {
        self.status.as_u16()
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Whether the walk may ask for the list from the bookmark on instead of for the next page, see [`super::walk::Walk::turns`]. What is
/// fetched ahead then would be for nothing, and no page may be taken that was asked for before the bookmark moved.
fn turns(stream: &Stream) -> bool {
    let cursor = stream.cursor.as_ref();
    shifts(stream) && cursor.is_some_and(|cursor| cursor.target.is_some() && cursor.order == Order::Ascending)
}

impl SourceError for Error {
    fn refuses_position(&self) -> bool {
        let by_server = self.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 410 | 422));
        // A job that has failed will never do otherwise; another one may.
        let by_job = matches!(self.kind(), ErrorKind::Job(JobProblem::Failed { .. }));
        by_server || by_job || matches!(self.kind(), ErrorKind::Paging(PagingProblem::Position(_)))
    }

    fn starts_over(&self) -> bool {
        matches!(self.kind(), ErrorKind::Paging(problem) if problem.starts_over())
    }

    fn status(&self) -> Option<u16> {
        Error::status(self).map(|status| status.as_u16())
    }

    fn concerns_all(&self) -> bool {
        let unauthenticated = Error::status(self).is_some_and(|status| status.as_u16() == 401);
        unauthenticated || self.resume_at().is_some() || matches!(self.kind(), ErrorKind::Config(_))
    }

    fn skips_slice(&self) -> bool {
        self.skips_partition()
    }

    fn describe(&self) -> String {
        self.to_string()
    }
}
