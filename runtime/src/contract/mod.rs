//! The contract: static data that describes one connector. It is the only owner of a connector's behaviour. The client reads it
//! to build requests, the pager to follow pages, the store to find keys, the sandbox to play the API, `discover` to describe
//! streams. Generated crates contain a `CONTRACT` of these types and no behaviour of their own.
//!
//! Everything is `&'static` and plain, so that a contract costs nothing to build at run time and little to compile.

mod auth;
mod drift;
mod limit;
mod paging;
mod request;
mod response;
mod rule;
mod shape;
mod signing;
mod slices;
mod source;

pub use auth::{
    Auth, ClientAuthentication, ExpiryUnit, Grant, JwtAlgorithm, JwtAssertion, OAuth2, OAuth2Client,
    Placement, Renewal, Session, SessionToken, TokenBaseUrl, TokenEncoding, TokenRequest, TokenResponse,
};
pub(crate) use auth::{REVOCATION_URL, TOKEN_URL};
pub use drift::{DriftPolicy, Reaction, Threshold};
pub use limit::{Cost, Limit, LimitHeaders, Quota, Scope, TimeUnit, WaitSource};
pub use paging::{Counted, DepthCap, EmptyPage, End, NO_TOKEN, PageSize, Paging, Strategy, Token, Total};
pub use request::{Base, OtherServer, Part, Security, Styles, Target};
pub use response::Response;
pub use rule::{Action, ErrorRule, Fault, Test};
pub use shape::{
    Additional, Bounds, EnumShape, FieldShape, ObjectShape, Shape, TupleShape, UnionShape, Variant,
    VariantTest,
};
pub use signing::{
    ApiKey, AwsPath, AwsSigV4, Claim, Hmac, HmacAlgorithm, Jwt, KeyEncoding, KeyPlace, SignatureEncoding,
    SignedPart, SignedText, SignedTime,
};
pub use slices::{Bound, Cap, Each, Include, Parent, ParentValue, Partition, Slices, Window};
pub use source::{CsvDialect, Download, Format, Job, JobOperation, Source, XmlLayout, XmlName};

/// One connector, whole.
#[derive(Debug)]
pub struct Contract {
    /// Name of the connector, as in its manifest: `zendesk`. Environment variables take it in upper case: `ZENDESK_API_TOKEN`.
    pub name: &'static str,
    /// Version of the generated crate.
    pub version: &'static str,
    /// Title of the API, from the document.
    pub title: &'static str,
    /// One line about the connector, from the manifest.
    pub description: &'static str,
    /// What its user fills in.
    pub config: &'static [ConfigField],
    /// Where the API is.
    pub server: Server,
    /// How a request is authorised.
    pub auth: Auth,
    /// Headers sent with every request; values may hold `{config}` variables.
    pub headers: &'static [(&'static str, &'static str)],
    /// The header that tells the server the correlation id of the work that a request belongs to; `None` where it is not told. `traceparent`
    /// holds it as W3C Trace Context says, any other header as 32 hexadecimal digits.
    pub correlation_header: Option<&'static str>,
    /// The operations of the manifest's allow-list.
    pub operations: &'static [&'static Operation],
    /// Budgets.
    pub limits: &'static [Limit],
    /// Where a server says how long to wait, in the order of trust. `Retry-After` (RFC 9110 10.2.3) is always read.
    pub wait_sources: &'static [WaitSource],
    /// What answers mean where their status does not say it, in the order in which they are asked.
    pub errors: &'static [ErrorRule],
    /// What can be synced.
    pub streams: &'static [Stream],
}

impl Contract {
    /// The stream of that name.
    pub fn stream(&self, name: &str) -> Option<&'static Stream> {
        self.streams.iter().find(|stream| stream.name == name)
    }

    /// The operation of that id.
    pub fn operation(&self, id: &str) -> Option<&'static Operation> {
        self.operations.iter().copied().find(|operation| operation.id == id)
    }
}

/// One value that the user of a connector gives, in the config file or the environment.
#[derive(Debug)]
pub struct ConfigField {
    /// Name in the config file and, with the connector's name before it and in upper case, in the environment.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// A secret never reaches logs, errors or `Debug`.
    pub secret: bool,
    /// Taken when the user gives none; without it the field is required.
    pub default: Option<&'static str>,
    /// An example, for the README and the sandbox.
    pub example: Option<&'static str>,
}

/// Where the API is.
#[derive(Debug)]
pub struct Server {
    /// Base URL without a slash at its end; may hold `{config}` variables.
    pub url: &'static str,
    /// Other base URLs by name, chosen with the config value `environment`.
    pub environments: &'static [(&'static str, &'static str)],
    /// Further servers, for the operations that the document sends elsewhere.
    pub others: &'static [OtherServer],
}

/// Where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// A `{name}` of the path template.
    Path,
    /// A pair of the query string.
    Query,
    /// The whole query string (OpenAPI 3.2): a form, or with [`Style::Json`] one JSON text.
    QueryString,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

/// HTTP methods of OpenAPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the methods of RFC 9110")]
pub enum Method {
    Get,
    Put,
    Post,
    Delete,
    Options,
    Head,
    Patch,
    Trace,
    Query,
}

impl Method {
    /// As it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Head => "HEAD",
            Self::Patch => "PATCH",
            Self::Trace => "TRACE",
            Self::Query => "QUERY",
        }
    }
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// `operationId` of the document, or `METHOD /path` where it has none.
    pub id: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path template, starting with a slash; `{name}` stands for a path parameter.
    pub path: &'static str,
    /// First tag, or the first word of the path.
    pub tag: &'static str,
    /// Parameters. Generated code refers to them by index.
    pub parameters: &'static [Parameter],
    /// Where it is sent.
    pub base: Base,
    /// Request body.
    pub body: Option<Body>,
    /// Bodies of other kinds that it takes as well: each has a method of its own in generated code.
    pub other_bodies: &'static [Body],
    /// Responses by status, in the document's order.
    pub responses: &'static [Response],
    /// Whether it changes nothing at the server: by its method, because a stream reads it, or because the manifest says so. What writes goes
    /// first where both wait for a limit.
    pub reads: bool,
    /// Whether a request may be sent again when it is not known whether the first was processed.
    pub idempotent: bool,
    /// Header that carries an idempotency key: one is made for each call and repeated on every attempt, which makes the call idempotent.
    pub idempotency_key: Option<&'static str>,
    /// Whether the connector's credential is sent.
    pub security: Security,
    /// How its pages follow one another.
    pub paging: Option<Paging>,
    /// Indexes into [`Contract::limits`] of every limit that counts it.
    pub limits: &'static [usize],
}

/// One parameter of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// Name on the wire.
    pub name: &'static str,
    /// Where it goes.
    pub location: Location,
    /// Whether a request without it is refused before it is sent.
    pub required: bool,
    /// How arrays and objects are written.
    pub style: Style,
    /// Whether each value of an array or object is a pair of its own.
    pub explode: bool,
    /// Whether RFC 3986 reserved characters stay as they are.
    pub allow_reserved: bool,
    /// What it holds.
    pub shape: Shape,
}

/// Parameter styles of OAS 3.1, section 4.8.12.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are OpenAPI's")]
pub enum Style {
    Form,
    Simple,
    Matrix,
    Label,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    /// The value as one JSON text (`content: application/json`).
    Json,
    /// Swagger 2.0: values with a tab between them.
    TabDelimited,
    /// OpenAPI 3.2: as `Form`, with nothing encoded.
    Cookie,
}

/// A request body.
#[derive(Debug)]
pub struct Body {
    /// Whether a request without it is refused before it is sent.
    pub required: bool,
    /// Its encoding.
    pub media: Media,
    /// The media type sent as `Content-Type`. A range such as `image/*` asks the caller for one.
    pub media_type: &'static str,
    /// What it holds; for a body of parts these say it.
    pub shape: Shape,
    /// The parts that the document names. Generated code refers to them by index.
    pub parts: &'static [Part],
    /// How fields or parts are written, where the document declares it.
    pub styles: Styles,
}

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json` and `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data` and other `multipart/*`.
    Multipart,
    /// `text/*`.
    Text,
    /// Anything else: bytes as they are.
    Bytes,
    /// A JSON value a line: `application/jsonl`, `application/x-ndjson`.
    JsonLines,
    /// JSON values, each after a record separator: `application/json-seq`, RFC 7464.
    JsonSequence,
    /// Server-sent events: `text/event-stream`, WHATWG HTML 9.2.
    EventStream,
    /// No body.
    Empty,
}

impl Media {
    /// Whether a body of it is a sequence of items, which are read one by one.
    pub const fn is_sequence(self) -> bool {
        matches!(self, Self::JsonLines | Self::JsonSequence | Self::EventStream)
    }
}

/// A place in a JSON value: the keys that lead to it from the top, none for the value itself.
pub type Path = &'static [&'static str];

/// What can be synced: the records of one paged operation.
#[derive(Debug)]
pub struct Stream {
    /// Name in the manifest, also the table's name: `[a-z][a-z0-9_]*`.
    pub name: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// The operation that lists its records.
    pub operation: &'static Operation,
    /// The array of records in a page.
    pub records: Path,
    /// Places that make up a record's key; required and never null.
    pub key: &'static [Path],
    /// How a later run reads only what is new; without it each run reads everything.
    pub cursor: Option<Cursor>,
    /// Values of parameters, which may hold `{config}` variables: index into [`Operation::parameters`], value.
    pub parameters: &'static [(usize, &'static str)],
    /// The request's body as JSON, without what paging fills.
    pub body: Option<&'static str>,
    /// How it is divided; `None` where one list holds all of it.
    pub slices: Option<Slices>,
    /// What one record holds.
    pub shape: Shape,
    /// Where its records come from.
    pub source: Source,
    /// What happens to records that are not as the document says.
    pub drift: DriftPolicy,
}

/// How a stream is read onwards from where the last run ended.
#[derive(Debug)]
pub struct Cursor {
    /// The field that only grows, in a record.
    pub field: Path,
    /// What takes the highest value seen, inclusive. Without it the records come newest first ([`Order::Descending`]) and a run ends at what it
    /// knows.
    pub target: Option<Target>,
    /// How the value is written there.
    pub format: CursorFormat,
    /// Value of the first run; may hold `{config}` variables.
    pub start: Option<&'static str>,
    /// In which order the API lists the records.
    pub order: Order,
}

/// How a cursor's value is written in a request. Fields hold RFC 3339 times, dates, numbers or plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorFormat {
    /// As the field has it.
    AsIs,
    /// Whole seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMilliseconds,
    /// RFC 3339 in UTC.
    Rfc3339,
    /// `YYYY-MM-DD`.
    Date,
}

/// Order of a stream's records by their cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first: the checkpoint moves with each page.
    Ascending,
    /// Newest first.
    Descending,
    /// None that can be relied on: the checkpoint moves when the stream was read to its end.
    None,
}
