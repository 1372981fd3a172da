/// Pages that do not follow one another as they should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PagingProblem {
    /// The token or URL of the next page led to an earlier page already.
    #[error("page {page} names a next page that was read before; going on would never end")]
    Repeated {
        /// Number of the page, from 1.
        page: u64,
    },
    /// A page holds only records of the page before or of the first one.
    #[error(
        "page {page} holds only records that came before; the server seems to ignore the paging parameter"
    )]
    NoNewKeys {
        /// Number of the page, from 1.
        page: u64,
    },
    /// Two pages in a row went back to a record with which an earlier page began: the server answers with the same page again and again, to
    /// which records are added meanwhile. The pages that were asked for never came, so a walk that goes on begins anew.
    #[error(
        "page {page} goes back to where an earlier page began, as the one before it did; the server seems to ignore the paging parameter"
    )]
    WentBack {
        /// Number of the page, from 1.
        page: u64,
    },
    /// Too many pages.
    #[error(
        "{limit} pages were read and there is still a next one; raise the page limit if that is expected"
    )]
    PageLimit {
        /// The limit.
        limit: u64,
    },
    /// Too many empty pages in a row.
    #[error("{pages} pages in a row were empty and there is still a next one")]
    EmptyPages {
        /// How many.
        pages: u64,
    },
    /// There is more, but nothing leads there.
    #[error("page {page} says that there is more but names no next page; records would be missing")]
    MoreWithoutNext {
        /// Number of the page, from 1.
        page: u64,
    },
    /// There is more, but a page without records gives nothing to go on from.
    #[error(
        "page {page} says that there is more but holds no records to go on from; records would be missing"
    )]
    EmptyButMore {
        /// Number of the page, from 1.
        page: u64,
    },
    /// The pages ended before as many records came as the server says that there are. Which are missing is not known, so a walk that goes on
    /// begins anew.
    #[error(
        "page {page} says that there are {total} records, and the pages ended after {got}; records are missing, or the total is an \
         estimate, which the manifest would say: `total: estimate`"
    )]
    TotalNotReached {
        /// Number of the page, from 1.
        page: u64,
        /// How many there are, by the lowest total that a page told.
        total: u64,
        /// How many came.
        got: u64,
    },
    /// The server serves no page that deep.
    #[error(
        "page {page} is deeper than the server serves: {means}; ask for less at a time, as by shorter spans of time"
    )]
    DepthCap {
        /// Number of the page that was refused, from 1.
        page: u64,
        /// Records that came before.
        records: u64,
        /// What the manifest says about it.
        means: &'static str,
    },
    /// The last record has no value to go on from.
    #[error("the last record of page {page} has no `{field}` to go on from")]
    NoLastId {
        /// Number of the page, from 1.
        page: u64,
        /// The field.
        field: String,
    },
    /// The records of a page cannot be counted, which this strategy needs.
    #[error("the connector's manifest does not say where the records of a page are (`paging: records`)")]
    NoRecords,
    /// A stored position does not fit.
    #[error("the stored position cannot be used ({0}); start again from the first page")]
    Position(&'static str),
}

impl PagingProblem {
    /// Whether something is wrong with the pages that were read, and not with how the last one leads on: only a walk from the start can find
    /// what is missing.
    pub fn starts_over(&self) -> bool {
        matches!(self, Self::TotalNotReached { .. } | Self::WentBack { .. })
    }
}
