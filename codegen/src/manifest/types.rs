//! The manifest format, version 1. These types are its only definition: the JSON Schema for editors and the structural check of
//! [`super::read`] are made from them, and their doc comments are what a person sees who fills a manifest in.
//!
//! Values that a diagnostic may point at are [`Spanned`]. Where a group of keys takes exactly one, the type has an optional field for
//! each, says so in its schema, and has a method that gives the one as an enum.

use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::AuthSection;
use super::drift::Drift;
use super::errors::ErrorRule;
use super::limits::{Limit, Retry};
use super::paging::{Place, Scheme, place};
use super::previous::Previous;
use super::slices::{Each, ParentStream, Window};
use super::source::{FormatSection, Job};
use super::values::{Constant, Entries, Key};
use crate::source::Spanned;

/// A connector manifest: what a connector takes from an API's document, and what the document does not say.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Linchpin connector manifest, version 1")]
pub struct Manifest {
    /// Version of the manifest format: 1.
    #[schemars(extend("const" = 1))]
    pub version: Spanned<u32>,
    /// Name of the connector, for example `zendesk`: small letters, digits and `-`. Its crate is `linchpin-NAME`, and the names of
    /// its environment variables start with NAME in upper case.
    #[schemars(extend("pattern" = "^[a-z][a-z0-9-]*$"))]
    pub name: Spanned<String>,
    /// File name of the OpenAPI document, in the folder of this manifest.
    pub document: Spanned<String>,
    /// Where the vendor publishes the document, for those who compare it with the one that stands here. The connector never asks for it.
    #[serde(default)]
    pub spec: Spec,
    /// One line about the connector.
    pub description: Spanned<String>,
    /// What the connector's user fills in. `{name}` in `server`, `auth`, `headers`, a stream's `parameters`, the `of` of its `each`
    /// and the `start` of its cursor or window stands for the value. Names have small letters, digits and `_`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z][a-z0-9_]*$"}))]
    pub config: Entries<ConfigField>,
    /// Where the API is. The document's servers are not used.
    pub server: Server,
    /// How requests are authorised: exactly one of `none`, `basic`, `bearer`, `api_key`, `oauth2` and `session`.
    pub auth: AuthSection,
    /// The operations that the credential of `auth` is sent with, whatever the document says of them: ids, `METHOD /path`, `tag:NAME` or
    /// `all`. Without this key: those for which the document asks for one or says nothing. Take it where a document says `security: []` of an
    /// operation that needs a credential.
    #[schemars(length(min = 1))]
    pub authorised: Option<Vec<Spanned<String>>>,
    /// Headers of every request. Values may hold `{config}` variables.
    #[serde(default)]
    pub headers: Entries<Spanned<String>>,
    /// The header that tells the server the correlation id of the work that a request belongs to, so that its log and the connector's name the
    /// same one: `traceparent` unless this says otherwise (W3C Trace Context, which servers that do not follow it ignore), another one such as
    /// `X-Request-Id`, which holds the bare id, or `none`.
    pub correlation_header: Option<Spanned<String>>,
    /// The operations that the connector has: operation ids, `METHOD /path`, `tag:NAME` or `all`. Only types that they reach are
    /// generated.
    #[schemars(length(min = 1))]
    pub operations: Vec<Spanned<String>>,
    /// What differs for single operations, by operation id or `METHOD /path`.
    #[serde(default)]
    pub overrides: Entries<Override>,
    /// Named paging schemes. Each operation takes the first that its parameters and its response fit.
    #[serde(default)]
    pub paging: Entries<Scheme>,
    /// Named budgets, kept by the connector before the server refuses. A request takes from each that counts its operation.
    #[serde(default)]
    pub limits: Entries<Limit>,
    /// What the server says about trying again.
    #[serde(default)]
    pub retry: Retry,
    /// What answers mean where their status does not say it, by names of your own. The first entry whose tests all hold decides; answers that
    /// pass none mean what their status says.
    #[serde(default)]
    pub errors: Entries<ErrorRule>,
    /// What can be synced, by name: small letters, digits and `_`. The name is also the table's.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z][a-z0-9_]*$"}))]
    pub streams: Entries<Stream>,
    /// Old shapes of operations that are kept for a time beside the new ones, by names of your own: small letters, digits and `_`. Each has a
    /// method that ends in the name, and is deprecated. `cargo xtask accept NAME --keep-old` writes them.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z][a-z0-9_]*$"}))]
    pub previous: Entries<Previous>,
}

/// Where a document comes from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// URL of the vendor's current document: https, or http to this machine. `cargo xtask drift NAME --live` compares it with the pinned one,
    /// `cargo xtask accept NAME --live` puts it in its place.
    pub live: Option<Spanned<String>>,
}

/// One value that the connector's user gives, in the config file or the environment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigField {
    /// What it is, and where its user finds it.
    pub description: String,
    /// A secret is never shown in logs or errors.
    #[serde(default)]
    pub secret: bool,
    /// Taken when the user gives none. Without a default the value is required.
    pub default: Option<Constant>,
    /// An example, for the README and the sandbox.
    pub example: Option<Constant>,
}

/// Where the API is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Base URL, for example `https://{subdomain}.zendesk.com`: https, or http to this machine. Paths of the document follow it,
    /// so of a Swagger 2.0 document it has to hold the `basePath`.
    pub url: Spanned<String>,
    /// Other base URLs by name, for example `sandbox`. The user of the connector chooses one with the config value `environment`.
    #[serde(default)]
    pub environments: Entries<Spanned<String>>,
    /// Further servers by name, for operations that the document sends to another host: `uploads: { url: "https://uploads.example.com" }`.
    /// Requests go to no host that is named neither here nor in `url`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z][a-z0-9_]*$"}))]
    pub others: Entries<OtherServer>,
}

/// A further server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherServer {
    /// Base URL, as `server.url` has it; may hold `{config}` variables. The user of the connector puts another in its place with the config
    /// value `NAME_base_url`.
    pub url: Spanned<String>,
    /// The server of the document that it stands for, with the defaults of its variables. Without this: the one that is written like `url`.
    pub document_url: Option<Spanned<String>>,
    /// The operations that go there, whatever the document says: ids, `METHOD /path`, `tag:NAME`. Without this: those that the document sends
    /// to `document_url`.
    #[schemars(length(min = 1))]
    pub operations: Option<Vec<Spanned<String>>>,
    /// Whether the credential of `auth` may be sent there. `true` unless this says otherwise.
    #[serde(default = "yes")]
    pub credential: bool,
}

fn yes() -> bool {
    true
}

/// What differs for one operation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Header that carries an idempotency key. One is made for each call and repeated on each attempt, which makes it safe to retry.
    pub idempotency_key: Option<Spanned<String>>,
    /// Name of the paging scheme that it takes, or `none`.
    pub paging: Option<Spanned<String>>,
    /// Whether it may be sent again when it is not known whether the first was processed. Without this: GET, HEAD, OPTIONS, PUT and
    /// DELETE may, and what only reads.
    pub retry: Option<bool>,
    /// Whether it only reads, so that nothing changes at the server. Without this: GET, HEAD, OPTIONS and what a stream lists do. Where both
    /// wait for a limit, what writes goes first.
    pub reads: Option<bool>,
}

/// What can be synced: the records that one operation lists.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// The operation that lists the records: its id or `METHOD /path`. `operations` must select it.
    pub operation: Spanned<String>,
    /// What the stream holds. Without this: the operation's summary.
    pub description: Option<String>,
    /// Path of the array of records in the response's body: `tickets`, `data.items`, or `.` for the body itself. A key with dots is
    /// quoted: `a."b.c"`.
    pub records: Spanned<String>,
    /// Path of the field that identifies a record, or a list of paths. The document must say that they are always there and never null.
    pub key: Key,
    /// How a later run reads only what is new. Without this each run reads everything.
    pub cursor: Option<Cursor>,
    /// Values of parameters, by their names in the document: constants, or texts with `{config}` variables.
    #[serde(default)]
    pub parameters: Entries<Spanned<Constant>>,
    /// The request's body, for searches: what paging does not fill of it. It is sent as it stands here; nothing in it is a variable.
    pub body: Option<Spanned<serde_json::Map<String, serde_json::Value>>>,
    /// How the records of a body are written, where it is no JSON document.
    pub format: Option<FormatSection>,
    /// The asynchronous job that makes the records, which `operation` creates.
    pub job: Option<Job>,
    /// The stream by whose records it is read: one list for each of them, each with a state of its own.
    pub parent: Option<Spanned<ParentStream>>,
    /// Values for each of which there is a list: `{ parameter: repo, of: [ a, b ] }`.
    pub each: Option<Spanned<Each>>,
    /// Windows of time, each of which is a list; in place of a `cursor`.
    pub window: Option<Spanned<Window>>,
    /// What happens to records that are not as the document says: `{ fields: evolve, types: discard_row, enums: freeze }`.
    pub drift: Option<Spanned<Drift>>,
    /// How many of these lists are read side by side, within the limits. Without this: 4.
    #[schemars(range(min = 1))]
    pub at_once: Option<Spanned<u64>>,
}

/// How a later run reads only what is new.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Path of the record's field that only grows: `updated_at`.
    pub field: Spanned<String>,
    /// The parameter that takes the highest value seen: `start_time`, or `created[gte]` for the property of an object parameter.
    /// Without this and `body_field` the API lists the newest first (`order: descending`), and a run ends at what it knows.
    pub parameter: Option<Spanned<String>>,
    /// The path of the field that takes it in the body, which is JSON or a form; in place of `parameter`. Of a `job` that is the body which
    /// creates it.
    pub body_field: Option<Spanned<String>>,
    /// How the value is written there. Without this: as the field has it.
    pub format: Option<Spanned<CursorFormat>>,
    /// The value for the first run; may hold `{config}` variables. Without this the first run reads everything.
    pub start: Option<Spanned<String>>,
    /// In which order the API lists the records by this field. Without this: none that can be relied on.
    pub order: Option<Spanned<Order>>,
}

impl Cursor {
    /// What takes it; nothing where the API lists the newest first.
    pub fn place(&self) -> Option<Place<'_>> {
        place(&self.parameter, &self.body_field)
    }
}

/// How a cursor's value is written in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CursorFormat {
    /// As the field has it.
    AsIs,
    /// Whole seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMilliseconds,
    /// RFC 3339 in UTC: `2026-01-31T12:00:00Z`.
    Rfc3339,
    /// `2026-01-31`.
    Date,
}

/// Order of a stream's records by their cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Oldest first: a run that is cut off goes on from its last page.
    Ascending,
    /// Newest first.
    Descending,
    /// None that can be relied on: a run that is cut off starts again.
    None,
}
