//! The manifest format, version 1. These types are its only definition: the JSON Schema for editors and the structural check of
//! [`super::read`] are made from them, and their doc comments are what a person sees who fills a manifest in.
//!
//! Values that a diagnostic may point at are [`Spanned`]. Where a group of keys takes exactly one, the type has an optional field for
//! each, says so in its schema, and has a method that gives the one as an enum.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paging::Scheme;
use super::slices::{Each, ParentStream, Window};
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
    /// One line about the connector.
    pub description: Spanned<String>,
    /// What the connector's user fills in. `{name}` in `server`, `auth`, `headers`, a stream's `parameters`, the `of` of its `each`
    /// and the `start` of its cursor or window stands for the value. Names have small letters, digits and `_`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z][a-z0-9_]*$"}))]
    pub config: Entries<ConfigField>,
    /// Where the API is. The document's servers are not used.
    pub server: Server,
    /// How requests are authorised: exactly one of `none`, `basic`, `bearer` and `api_key`.
    pub auth: AuthSection,
    /// Headers of every request. Values may hold `{config}` variables.
    #[serde(default)]
    pub headers: Entries<Spanned<String>>,
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
    /// Named budgets of requests, kept by the connector before the server refuses.
    #[serde(default)]
    pub limits: Entries<Limit>,
    /// What the server says about trying again.
    #[serde(default)]
    pub retry: Retry,
    /// What can be synced, by name: small letters, digits and `_`. The name is also the table's.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z][a-z0-9_]*$"}))]
    pub streams: Entries<Stream>,
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

/// How requests are authorised: exactly one key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["none"]}, {"required": ["basic"]}, {"required": ["bearer"]}, {"required": ["api_key"]}
]))]
pub struct AuthSection {
    /// Not at all: `none: {}`.
    none: Option<NoAuth>,
    /// HTTP Basic, RFC 7617.
    basic: Option<BasicAuth>,
    /// `Authorization: Bearer`, RFC 6750.
    bearer: Option<BearerAuth>,
    /// A key in a header, query parameter or cookie.
    api_key: Option<ApiKeyAuth>,
}

impl AuthSection {
    /// The one that is set. A manifest that was read has exactly one.
    pub fn chosen(&self) -> Option<Auth<'_>> {
        let none = self.none.as_ref().map(|_| Auth::None);
        none.or_else(|| self.basic.as_ref().map(Auth::Basic))
            .or_else(|| self.bearer.as_ref().map(Auth::Bearer))
            .or_else(|| self.api_key.as_ref().map(Auth::ApiKey))
    }
}

/// How requests are authorised.
#[derive(Clone, Copy, Debug)]
pub enum Auth<'m> {
    /// Not at all.
    None,
    /// HTTP Basic.
    Basic(&'m BasicAuth),
    /// `Authorization: Bearer`.
    Bearer(&'m BearerAuth),
    /// A key.
    ApiKey(&'m ApiKeyAuth),
}

/// No authorisation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoAuth {}

/// HTTP Basic, RFC 7617.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicAuth {
    /// User name; may hold `{config}` variables.
    pub username: Spanned<String>,
    /// Password; may hold `{config}` variables.
    pub password: Spanned<String>,
}

/// `Authorization: Bearer`, RFC 6750.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BearerAuth {
    /// The token; may hold `{config}` variables.
    pub token: Spanned<String>,
}

/// A key in a header, query parameter or cookie.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyAuth {
    /// Where the key goes.
    #[serde(rename = "in")]
    pub location: KeyLocation,
    /// Name of that header, query parameter or cookie.
    pub name: Spanned<String>,
    /// The key; may hold `{config}` variables.
    pub value: Spanned<String>,
    /// What stands before the key, for example `Token ` with the blank.
    pub prefix: Option<Spanned<String>>,
}

/// Where an API key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyLocation {
    /// A header.
    Header,
    /// A query parameter. It shows in the logs of every proxy on the way; take a header where the API has the choice.
    Query,
    /// A cookie.
    Cookie,
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
    /// DELETE may.
    pub retry: Option<bool>,
}

/// A budget of requests.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many requests.
    #[schemars(range(min = 1))]
    pub requests: Spanned<u64>,
    /// In which time: `500ms`, `10s`, `1m`, `1h`, `1d`.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub per: Spanned<String>,
    /// Headers by which the server tells the budget's state.
    #[serde(default)]
    pub headers: LimitHeaders,
    /// The operations that it counts: ids, `METHOD /path`, `tag:NAME`. Without this key: all.
    #[schemars(length(min = 1))]
    pub operations: Option<Vec<Spanned<String>>>,
}

/// Headers that tell a budget's state.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {"reset": ["reset_unit"], "reset_unit": ["reset"]}))]
pub struct LimitHeaders {
    /// Header of the quota.
    pub limit: Option<Spanned<String>>,
    /// Header of what is left of it.
    pub remaining: Option<Spanned<String>>,
    /// Header of when it is whole again; needs `reset_unit`.
    pub reset: Option<Spanned<String>>,
    /// Unit of `reset`. The same header means different things at different vendors, so it is never guessed.
    pub reset_unit: Option<TimeUnit>,
}

/// What a server says about trying again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Headers that say how long to wait, in the order of trust. `Retry-After` is always read.
    #[serde(default)]
    pub wait: Vec<WaitSource>,
}

/// A header that says how long to wait.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitSource {
    /// The header.
    pub header: Spanned<String>,
    /// Its unit. `Retry-After` needs no entry, for it is read in both of its forms.
    pub unit: TimeUnit,
}

/// The unit of a time in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMilliseconds,
    /// A date as in RFC 9110, 5.6.7.
    HttpDate,
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
    /// The stream by whose records it is read: one list for each of them, each with a state of its own.
    pub parent: Option<Spanned<ParentStream>>,
    /// Values for each of which there is a list: `{ parameter: repo, of: [ a, b ] }`.
    pub each: Option<Spanned<Each>>,
    /// Windows of time, each of which is a list; in place of a `cursor`.
    pub window: Option<Spanned<Window>>,
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
    /// Without this the API lists the newest first (`order: descending`), and a run ends at what it knows.
    pub parameter: Option<Spanned<String>>,
    /// How the value is written in the parameter. Without this: as the field has it.
    pub format: Option<Spanned<CursorFormat>>,
    /// The value for the first run; may hold `{config}` variables. Without this the first run reads everything.
    pub start: Option<Spanned<String>>,
    /// In which order the API lists the records by this field. Without this: none that can be relied on.
    pub order: Option<Spanned<Order>>,
}

/// How a cursor's value is written in its parameter.
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
