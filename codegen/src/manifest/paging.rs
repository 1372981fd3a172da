//! The manifest's paging schemes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::source::Spanned;

use super::values::Constant;

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
    /// What asks for a page size. Operations without that parameter take the scheme all the same.
    pub size: Option<PageSize>,
    /// Further things that tell the last page.
    #[serde(default)]
    pub end: Ends,
    /// Which parameters of the first request later ones have. Without this: all of them, and a next URL is taken as it is.
    pub follow_up: Option<FollowUp>,
    /// Most requests of one walk at a time, where the positions of pages are known before: page numbers and offsets. Without this: 8. Limits
    /// hold all the same.
    #[schemars(range(min = 1))]
    pub parallel: Option<Spanned<u64>>,
    /// What the API answers where it serves no page that deep, so that the error says so.
    pub depth: Option<DepthCap>,
    /// The only operations that may take the scheme: ids, `METHOD /path`, `tag:NAME`. One that is named by id or path must fit.
    #[schemars(length(min = 1))]
    pub operations: Option<Vec<Spanned<String>>>,
    /// Adds the scheme's parameters where the document forgot them. Needs `operations`.
    pub add: Option<Spanned<bool>>,
}

/// Where a value goes in a request.
#[derive(Clone, Copy, Debug)]
pub enum Place<'m> {
    /// Into the parameter of that name.
    Parameter(&'m Spanned<String>),
    /// Into the field of the request's body at that path.
    Field(&'m Spanned<String>),
}

pub(super) fn place<'m>(
    parameter: &'m Option<Spanned<String>>,
    field: &'m Option<Spanned<String>>,
) -> Option<Place<'m>> {
    parameter.as_ref().map(Place::Parameter).or(field.as_ref().map(Place::Field))
}

impl<'m> Place<'m> {
    /// The name or path as the manifest writes it.
    pub fn text(self) -> &'m Spanned<String> {
        match self {
            Self::Parameter(text) | Self::Field(text) => text,
        }
    }
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

impl Scheme {
    /// Where what names a page goes; nowhere for URLs.
    pub fn place(&self) -> Option<Place<'_>> {
        match self.strategy()? {
            Strategy::Cursor(cursor) => place(&cursor.parameter, &cursor.body_field),
            Strategy::Page(page) => place(&page.parameter, &page.body_field),
            Strategy::Offset(offset) => place(&offset.parameter, &offset.body_field),
            Strategy::LastId(last) => place(&last.parameter, &last.body_field),
            Strategy::NextUrl(_) | Strategy::LinkHeader(_) => None,
        }
    }
}

impl PageSize {
    /// Where it goes.
    pub fn place(&self) -> Option<Place<'_>> {
        place(&self.parameter, &self.body_field)
    }
}

/// Further things that tell the last page, or that do not. Whatever of them is declared is heeded.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// Texts of a token or URL that stand for none, beside the empty text. Without this: `null`.
    pub no_token: Option<Spanned<Vec<Constant>>>,
    /// Whether a token that is the one which the page was asked with ends the walk, as Solr's `cursorMark` does. Otherwise that is an
    /// error.
    pub same_token: Option<Spanned<bool>>,
    /// Whether a page with fewer records than `size` asks for is the last. Only for APIs that never cut the page size.
    pub short_page: Option<Spanned<bool>>,
    /// What a page without records means. Without this: the end for page numbers, offsets and last ids, nothing where the page names the
    /// next.
    pub empty_page: Option<Spanned<EmptyPage>>,
    /// A count that each page tells of its own records, and below which it is the last.
    pub count: Option<Counted>,
    /// How the number of all records is meant. Without this: `exact`.
    pub total: Option<Spanned<Total>>,
}

/// What a page without records means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmptyPage {
    /// The end, even where the page names another one.
    Ends,
    /// Nothing: pages may be empty, as where the API filters them after it has cut them.
    GoesOn,
}

/// How a number of all records is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// As many records can be read: a walk that ends with fewer is an error.
    Exact,
    /// Roughly as many: it counts what the caller may not see, or lags behind.
    Estimate,
}

/// A count of a page's own records.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Path of the count in the response's body.
    pub path: Spanned<String>,
    /// A page that tells fewer is the last: the size of a full one.
    #[schemars(range(min = 1))]
    pub below: Spanned<u64>,
}

/// Which parameters of the first request later ones have: exactly one of `only`, `drop` and `keep`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["only"]}, {"required": ["drop"]}, {"required": ["keep"]}]))]
pub struct FollowUp {
    /// Later requests have these of the query and the headers, beside what paging writes, and no others.
    pub only: Option<Vec<Spanned<String>>>,
    /// Later requests have all but these.
    #[schemars(length(min = 1))]
    pub drop: Option<Vec<Spanned<String>>>,
    /// A next URL gets these from the first request where it lacks them.
    #[schemars(length(min = 1))]
    pub keep: Option<Vec<Spanned<String>>>,
}

impl FollowUp {
    /// All names, whichever key they stand under.
    pub fn names(&self) -> impl Iterator<Item = &Spanned<String>> {
        [&self.only, &self.drop, &self.keep].into_iter().flatten().flatten()
    }
}

/// What the API answers where it serves no page that deep.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepthCap {
    /// The status.
    pub status: Spanned<u64>,
    /// A text that the body then holds, where the status is not enough to tell it from other refusals.
    pub contains: Option<Spanned<String>>,
    /// What it means, for the error: `search serves the first 1,000 results only`.
    pub means: Spanned<String>,
}

/// What asks for a page size: exactly one of `parameter` and `body_field`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["parameter"]}, {"required": ["body_field"]}]))]
pub struct PageSize {
    /// Name of the parameter.
    pub parameter: Option<Spanned<String>>,
    /// Path of the field in the request's body.
    pub body_field: Option<Spanned<String>>,
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
    /// Path of the number of all records: a walk that ends with fewer is an error.
    pub total_records: Option<Spanned<String>>,
}

/// A token in the page names the next: exactly one of `next` and `next_header`, and of `parameter` and `body_field`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = [
    {"oneOf": [{"required": ["next"]}, {"required": ["next_header"]}]},
    {"oneOf": [{"required": ["parameter"]}, {"required": ["body_field"]}]}
]))]
pub struct CursorToken {
    /// The parameter that takes the token.
    pub parameter: Option<Spanned<String>>,
    /// Path of the field in the request's body that takes it, instead of a parameter.
    pub body_field: Option<Spanned<String>>,
    /// The token of the first page, for APIs that give one only to those who send one: `"*"`. Without this it is asked for without.
    pub first: Option<Constant>,
    /// Path of the token in the response's body.
    pub next: Option<Spanned<String>>,
    /// Header that holds the token.
    pub next_header: Option<Spanned<String>>,
    /// Path of a boolean that is true while there is more.
    pub more: Option<Spanned<String>>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<Spanned<String>>,
    /// Path of the number of all records: a walk that ends with fewer is an error.
    pub total_records: Option<Spanned<String>>,
}

/// The page's number goes up by one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["parameter"]}, {"required": ["body_field"]}]))]
pub struct PageNumber {
    /// The parameter of the page's number.
    pub parameter: Option<Spanned<String>>,
    /// Path of the field in the request's body that takes it, instead of a parameter.
    pub body_field: Option<Spanned<String>>,
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
#[schemars(extend("oneOf" = [{"required": ["parameter"]}, {"required": ["body_field"]}]))]
pub struct Offset {
    /// The parameter of the offset.
    pub parameter: Option<Spanned<String>>,
    /// Path of the field in the request's body that takes it, instead of a parameter.
    pub body_field: Option<Spanned<String>>,
    /// Offset of the first record: 1 where the API counts records from 1, as the `startIndex` of SCIM does (RFC 7644, 3.4.2.4).
    #[serde(default)]
    #[schemars(range(max = 1))]
    pub first: u64,
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
#[schemars(extend("oneOf" = [{"required": ["parameter"]}, {"required": ["body_field"]}]))]
pub struct LastId {
    /// The parameter that takes the last record's field.
    pub parameter: Option<Spanned<String>>,
    /// Path of the field in the request's body that takes it, instead of a parameter.
    pub body_field: Option<Spanned<String>>,
    /// Path of that field in a record.
    pub field: Spanned<String>,
    /// Path of a boolean that is true while there is more.
    pub more: Option<Spanned<String>>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<Spanned<String>>,
    /// Path of the number of all records: a walk that ends with fewer is an error.
    pub total_records: Option<Spanned<String>>,
}

fn one() -> u64 {
    1
}

fn next() -> String {
    "next".to_owned()
}
