//! How pages follow one another, and what says that there are no more.

use super::{Path, Target};

/// Texts that servers write for "no token" besides null and nothing, unless the manifest lists others.
pub const NO_TOKEN: &[&str] = &["null"];

/// How the pages of an operation follow one another.
#[derive(Debug)]
pub struct Paging {
    /// Name of the scheme in the manifest.
    pub scheme: &'static str,
    /// The strategy.
    pub strategy: Strategy,
    /// What asks for a page size.
    pub size: Option<PageSize>,
    /// The array of records in a page; `None` where the document does not tell.
    pub records: Option<Path>,
    /// Places that make up a record's key, for the guard against pages without new keys; empty where there is none.
    pub key: &'static [Path],
    /// Parameters that only the first request has, as indexes into [`super::Operation::parameters`].
    pub drop: &'static [usize],
    /// Query parameters that a next URL gets from the first request where it lacks them, as indexes into [`super::Operation::parameters`].
    pub keep: &'static [usize],
    /// Most requests of one walk at a time where the positions of pages are known before: page numbers and offsets. 1 for one after another.
    pub parallel: usize,
    /// What the server answers where it serves no page that deep.
    pub depth: Option<DepthCap>,
}

impl Paging {
    /// Requests at a time, unless the manifest says otherwise.
    pub const PARALLEL: usize = 8;

    /// Paging of that strategy with everything else at its default.
    pub const fn new(scheme: &'static str, strategy: Strategy) -> Self {
        Self {
            scheme,
            strategy,
            size: None,
            records: None,
            key: &[],
            drop: &[],
            keep: &[],
            parallel: Self::PARALLEL,
            depth: None,
        }
    }
}

/// What asks for a page size.
#[derive(Debug)]
pub struct PageSize {
    /// Where it stands.
    pub target: Target,
    /// What is asked for where the caller asks for nothing. Servers may serve less.
    pub value: u64,
}

/// How the next page is asked for, and what says that there is none.
#[derive(Debug)]
pub enum Strategy {
    /// The page's number goes up by one.
    PageNumber {
        /// Where the page's number stands.
        target: Target,
        /// Number of the first page.
        first: u64,
        /// What says that there is more.
        end: End,
    },
    /// The offset goes up by the records that were served, never by those asked for.
    Offset {
        /// Where the offset stands.
        target: Target,
        /// Offset of the list's first record: 0, or 1 for servers that count records from 1.
        first: u64,
        /// What says that there is more.
        end: End,
    },
    /// A token of the page names the next.
    Cursor {
        /// Where the token goes.
        target: Target,
        /// The token of the first page, for servers that give one only to those who send one.
        first: Option<&'static str>,
        /// Where the next token stands.
        next: Token,
        /// What says that there is more, beside a missing, null or empty token.
        end: End,
    },
    /// A URL of the page leads to the next.
    NextUrl {
        /// Where the URL stands.
        next: Token,
        /// What says that there is more, beside a missing, null or empty URL.
        end: End,
    },
    /// The `Link` header, RFC 8288.
    LinkHeader {
        /// Relation that leads on, usually `next`.
        relation: &'static str,
        /// What says that there is more, beside a missing link.
        end: End,
    },
    /// The next page starts after the last record of this one.
    LastId {
        /// Where the last record's field goes.
        target: Target,
        /// That field, in a record.
        field: Path,
        /// What says that there is more.
        end: End,
    },
}

impl Strategy {
    /// What says that there is more.
    pub const fn end(&self) -> &End {
        match self {
            Self::PageNumber { end, .. }
            | Self::Offset { end, .. }
            | Self::Cursor { end, .. }
            | Self::NextUrl { end, .. }
            | Self::LinkHeader { end, .. }
            | Self::LastId { end, .. } => end,
        }
    }

    /// Where what names a page stands in a request; nowhere where URLs do.
    pub const fn target(&self) -> Option<Target> {
        match self {
            Self::PageNumber { target, .. }
            | Self::Offset { target, .. }
            | Self::Cursor { target, .. }
            | Self::LastId { target, .. } => Some(*target),
            Self::NextUrl { .. } | Self::LinkHeader { .. } => None,
        }
    }

    /// Whether a page itself names the next, so that records are not needed to go on.
    pub const fn names_next(&self) -> bool {
        matches!(self, Self::Cursor { .. } | Self::NextUrl { .. } | Self::LinkHeader { .. })
    }
}

/// Where a token stands in a page.
#[derive(Debug)]
pub enum Token {
    /// In the body.
    Body(Path),
    /// In a header.
    Header(&'static str),
}

/// What a page says about the end. Whatever is declared is heeded.
#[derive(Debug)]
pub struct End {
    /// A boolean that is true while there is more.
    pub more: Option<Path>,
    /// A boolean that is true when there is no more.
    pub done: Option<Path>,
    /// Number of all records.
    pub total_records: Option<Path>,
    /// How the number of all records is meant.
    pub total: Total,
    /// Number of all pages.
    pub total_pages: Option<Path>,
    /// Texts of a token or URL that stand for none, beside the empty text.
    pub no_token: &'static [&'static str],
    /// Whether a page with fewer records than were asked for is the last. Never for servers that cut page sizes.
    pub short_page: bool,
    /// What a page without records means.
    pub empty_page: EmptyPage,
    /// Whether a page that names the token with which it was asked for is the last, as Solr's `cursorMark` does.
    pub same_token: bool,
    /// A count that the page tells of itself, and below which it is the last.
    pub count: Option<Counted>,
}

impl End {
    /// Nothing declared.
    pub const NONE: Self = Self {
        more: None,
        done: None,
        total_records: None,
        total: Total::Exact,
        total_pages: None,
        no_token: NO_TOKEN,
        short_page: false,
        empty_page: EmptyPage::Usual,
        same_token: false,
        count: None,
    };
}

impl Default for End {
    fn default() -> Self {
        Self::NONE
    }
}

/// How a total is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// As many records can be read: fewer of them are an error.
    Exact,
    /// Roughly as many: it counts what the caller may not see, or lags.
    Estimate,
}

/// What a page without records means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyPage {
    /// The end, unless the page names or promises another one.
    Usual,
    /// The end, whatever else the page says.
    Ends,
    /// Nothing: something else tells the end.
    GoesOn,
}

/// A count of a page's own records.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Where it stands.
    pub path: Path,
    /// A page that tells fewer is the last.
    pub below: u64,
}

/// What a server answers where it serves no page that deep.
#[derive(Debug)]
pub struct DepthCap {
    /// The status.
    pub status: u16,
    /// A text that the body then holds, where the status is not enough.
    pub contains: Option<&'static str>,
    /// What it means, for people: `search serves the first 1,000 results`.
    pub means: &'static str,
}
