//! The manifest's paging schemes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::source::Spanned;

/// A paging scheme: exactly one of the strategies `next_url`, `cursor`, `page`, `offset`, `link_header` and `last_id`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["next_url"]}, {"required": ["cursor"]}, {"required": ["page"]}, {"required": ["offset"]},
    {"required": ["link_header"]}, {"required": ["last_id"]}
]))]
pub struct Scheme {
    /// A URL in the page leads to the next.
    next_url: Option<NextUrl>,
    /// A token in the page names the next.
    cursor: Option<CursorToken>,
    /// The page's number goes up by one.
    page: Option<PageNumber>,
    /// The offset goes up by the records that were served.
    offset: Option<Offset>,
    /// The `Link` header leads to the next page, RFC 8288.
    link_header: Option<LinkHeader>,
    /// The next page starts after the last record of this one.
    last_id: Option<LastId>,
    /// The parameter that asks for a page size. Operations without it take the scheme all the same.
    pub size: Option<PageSize>,
    /// The only operations that may take the scheme: ids, `METHOD /path`, `tag:NAME`. One that is named by id or path must fit.
    #[schemars(length(min = 1))]
    pub operations: Option<Vec<Spanned<String>>>,
    /// Adds the scheme's parameters where the document forgot them. Needs `operations`.
    pub add: Option<Spanned<bool>>,
}

/// A paging strategy.
#[derive(Clone, Copy, Debug)]
pub enum Strategy<'m> {
    /// A URL in the page leads to the next.
    NextUrl(&'m NextUrl),
    /// A token in the page names the next.
    Cursor(&'m CursorToken),
    /// The page's number goes up by one.
    Page(&'m PageNumber),
    /// The offset goes up by the records that were served.
    Offset(&'m Offset),
    /// The `Link` header leads to the next page.
    LinkHeader(&'m LinkHeader),
    /// The next page starts after the last record of this one.
    LastId(&'m LastId),
}

impl Scheme {
    /// The one strategy that is set. A manifest that was read has exactly one in each scheme.
    pub fn strategy(&self) -> Option<Strategy<'_>> {
        let next_url = self.next_url.as_ref().map(Strategy::NextUrl);
        next_url
            .or_else(|| self.cursor.as_ref().map(Strategy::Cursor))
            .or_else(|| self.page.as_ref().map(Strategy::Page))
            .or_else(|| self.offset.as_ref().map(Strategy::Offset))
            .or_else(|| self.link_header.as_ref().map(Strategy::LinkHeader))
            .or_else(|| self.last_id.as_ref().map(Strategy::LastId))
    }
}

/// The parameter that asks for a page size.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageSize {
    /// Name of the parameter.
    pub parameter: Spanned<String>,
    /// What is asked for. The largest size that the API allows needs the fewest requests.
    #[schemars(range(min = 1))]
    pub value: Spanned<u64>,
}

/// A URL in the page leads to the next: exactly one of `path` and `header`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["path"]}, {"required": ["header"]}]))]
pub struct NextUrl {
    /// Path of the URL in the response's body.
    pub path: Option<Spanned<String>>,
    /// Header that holds the URL.
    pub header: Option<Spanned<String>>,
    /// Path of a boolean that is true while there is more.
    pub more: Option<Spanned<String>>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<Spanned<String>>,
}

/// A token in the page names the next: exactly one of `next` and `next_header`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["next"]}, {"required": ["next_header"]}]))]
pub struct CursorToken {
    /// The parameter that takes the token.
    pub parameter: Spanned<String>,
    /// Path of the token in the response's body.
    pub next: Option<Spanned<String>>,
    /// Header that holds the token.
    pub next_header: Option<Spanned<String>>,
    /// Path of a boolean that is true while there is more.
    pub more: Option<Spanned<String>>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<Spanned<String>>,
}

/// The page's number goes up by one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageNumber {
    /// The parameter of the page's number.
    pub parameter: Spanned<String>,
    /// Number of the first page.
    #[serde(default = "one")]
    pub first: u64,
    /// Path of a boolean that is true while there is more.
    pub more: Option<Spanned<String>>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<Spanned<String>>,
    /// Path of the number of all records.
    pub total_records: Option<Spanned<String>>,
    /// Path of the number of all pages.
    pub total_pages: Option<Spanned<String>>,
}

/// The offset goes up by the records that were served.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offset {
    /// The parameter of the offset.
    pub parameter: Spanned<String>,
    /// Path of a boolean that is true while there is more.
    pub more: Option<Spanned<String>>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<Spanned<String>>,
    /// Path of the number of all records.
    pub total_records: Option<Spanned<String>>,
}

/// The `Link` header leads to the next page, RFC 8288.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkHeader {
    /// The relation that leads on.
    #[serde(default = "next")]
    pub relation: String,
}

/// The next page starts after the last record of this one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastId {
    /// The parameter that takes the last record's field.
    pub parameter: Spanned<String>,
    /// Path of that field in a record.
    pub field: Spanned<String>,
    /// Path of a boolean that is true while there is more.
    pub more: Option<Spanned<String>>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<Spanned<String>>,
}

fn one() -> u64 {
    1
}

fn next() -> String {
    "next".to_owned()
}
