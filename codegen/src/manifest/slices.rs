//! How a stream's list is asked for in pieces, in the manifest.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paging::{Place, place};
use super::types::{CursorFormat, Stream};
use super::values::{Constant, Entries};
use crate::source::Spanned;

/// The stream by whose records another one is read: one list for each of them. They are taken from the store, as they were synced before
/// or in the same run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParentStream {
    /// Name of the stream.
    pub stream: Spanned<String>,
    /// What its record gives to the request: parameters, by their names in the document, with the paths of fields of the record:
    /// `{ ticket_id: id }`. A name of the `include` of that stream stands for what its record was given itself. A parent without one of
    /// these values is passed over, and counted.
    #[serde(default)]
    pub parameters: Entries<Spanned<String>>,
    /// The same for the fields of a JSON body, by their paths.
    #[serde(default)]
    pub body: Entries<Spanned<String>>,
    /// What each record of the list is stored with, by names of your own: `{ ticket_id: id }`. A name that stands in `key` is a part of the
    /// stored key, which a record needs whose own key is unique within its parent only.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z][a-z0-9_]*$"}))]
    pub include: Entries<Spanned<String>>,
    /// Whether a later run reads only the lists of parents whose cursor value has changed since their list was read. Right only where a
    /// change in the list changes its parent too.
    pub only_changed: Option<Spanned<bool>>,
    /// What a list is that the API answers with 404 or 410. Without this it has failed.
    pub gone: Option<Spanned<Gone>>,
}

/// What a list is that the API no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// That of a parent which was deleted: it is passed over and counted, and what the store has of it stays.
    Skip,
    /// A failure.
    Fail,
}

/// Values that have a list each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["parameter"]}, {"required": ["body"]}]))]
pub struct Each {
    /// The parameter that takes a value.
    pub parameter: Option<Spanned<String>>,
    /// The path of the field of a JSON body that takes it.
    pub body: Option<Spanned<String>>,
    /// The values: constants, or texts with `{config}` variables, each of which may hold several values with commas between them.
    #[schemars(length(min = 1))]
    pub of: Vec<Spanned<Constant>>,
    /// The name under which each record is stored with its value. One that stands in `key` is a part of the stored key.
    #[schemars(extend("pattern" = "^[a-z][a-z0-9_]*$"))]
    pub include: Option<Spanned<String>>,
}

/// Windows of time, each of which is a list. A window that is read to its end is not read again. Its start goes into exactly one of `from`
/// and `from_body_field`, its end into one of `to` and `to_body_field`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = [
    {"oneOf": [{"required": ["from"]}, {"required": ["from_body_field"]}]},
    {"oneOf": [{"required": ["to"]}, {"required": ["to_body_field"]}]}
]))]
pub struct Window {
    /// Path of the record's field by which the API puts a record into a window: `created_at`.
    pub field: Spanned<String>,
    /// The parameter that takes the window's start: `start_time`, or `created[gte]` for the property of an object parameter.
    pub from: Option<Spanned<String>>,
    /// The path of the field that takes the start in the body, which is JSON or a form; in place of `from`. A number in it names an item
    /// of a list, from 0 on, which the stream's `body` has to have: `filterGroups.0.filters.0.value`.
    pub from_body_field: Option<Spanned<String>>,
    /// The parameter that takes its end.
    pub to: Option<Spanned<String>>,
    /// The path of the field that takes the end in the body, in place of `to`.
    pub to_body_field: Option<Spanned<String>>,
    /// How both are written; not `as_is`. Without this: `rfc3339`.
    pub format: Option<Spanned<CursorFormat>>,
    /// The bounds at which the API leaves a record out that is of exactly that time.
    #[serde(default)]
    pub exclusive: Vec<Spanned<Edge>>,
    /// From when on records are read: a date, a time in RFC 3339, or a text with `{config}` variables.
    pub start: Spanned<String>,
    /// Length of a window: `1h`, `30d`.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub step: Spanned<String>,
    /// How long before the start of a run the next run begins, for records that come late: `1h`. Without this, and at least, `1m`.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub lookback: Option<Spanned<String>>,
    /// No window that is split becomes shorter than this. Without this: what `format` can tell apart.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub smallest: Option<Spanned<String>>,
    /// How deep the API lets one list be read. A window that reaches it is split in two.
    pub cap: Option<Spanned<Cap>>,
}

/// An end of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// Its start.
    From,
    /// Its end.
    To,
}

/// How deep an API lets one list be read: at least one of `records`, `offset`, `pages` and `status`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// A list ends after that many records, whether there are more or not.
    #[schemars(range(min = 1))]
    pub records: Option<Spanned<u64>>,
    /// Pages from this offset on are refused, as the API counts: see `first` of the paging scheme.
    #[schemars(range(min = 1))]
    pub offset: Option<Spanned<u64>>,
    /// Pages after this one are refused.
    #[schemars(range(min = 1))]
    pub pages: Option<Spanned<u64>>,
    /// Path of the number of all records, in the body: it tells a window that is too large from its first page. Needs `records` or `offset`.
    pub total: Option<Spanned<String>>,
    /// Statuses by which the API refuses to go deeper. That of a window's first page is no such refusal.
    #[serde(default)]
    pub status: Vec<Spanned<u64>>,
}

impl Each {
    /// What takes a value.
    pub fn place(&self) -> Option<Place<'_>> {
        place(&self.parameter, &self.body)
    }
}

impl Window {
    /// What takes the start and the end of a window.
    pub fn bounds(&self) -> Option<[Place<'_>; 2]> {
        let from = place(&self.from, &self.from_body_field)?;
        Some([from, place(&self.to, &self.to_body_field)?])
    }
}

impl Stream {
    /// The names of what its records are stored with beside what they are.
    pub fn included(&self) -> impl Iterator<Item = &Spanned<String>> {
        let parent = self.parent.iter().flat_map(|parent| parent.value.include.iter().map(|(name, _)| name));
        parent.chain(self.each.iter().filter_map(|each| each.value.include.as_ref()))
    }

    /// The paths of its key that lead into the record; the others are names of what is included.
    pub fn own_key(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.key.0.iter().filter(|path| self.included().all(|name| name.as_str() != path.as_str()))
    }
}
