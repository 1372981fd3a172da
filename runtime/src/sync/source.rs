//! Where a run gets its pages: the client, or a script in the tests.

use serde_json::value::RawValue;

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
}

/// A page.
pub(super) trait SourcePage {
    /// What is wrong with it.
    type Error;

    /// Its records as served.
    fn records(&self) -> Result<Vec<&RawValue>, Self::Error>;
}

/// What stops a walk.
pub(super) trait SourceError {
    /// Whether the server no longer takes the position that was asked for: it answered 400, 404, 410 or 422.
    fn refuses_position(&self) -> bool;
}
