//! What the plan stage gives: the API with everything that the manifest says about it, nothing left to look up. It mirrors the runtime's
//! contract; the renderer writes it down as such. Parameters are indexes into their operation's list, limits indexes into the plan's.

mod slices;

use super::limits::{ErrorRule, Limit, WaitSource};
pub use super::signing::{ApiKey, AwsSigV4, Claim, Hmac, Jwt, SignedPart};
pub use super::tokens::{
    ClientProof, Grant, JwtSigner, OAuth2, Placement, Renewal, Session, SessionToken, TokenRequest,
    TokenResponse,
};
use crate::manifest::Reaction;
use crate::model::{Api, TypeRef};
pub use slices::{Bound, Cap, Include, ParentValue, Partition, Slices, Window};

/// The keys that lead from the top of a JSON value to a place in it; none for the value itself.
pub type Path = Vec<String>;

/// A connector, ready to be written.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the connector: `zendesk`; its crate is `linchpin-zendesk`.
    pub name: String,
    /// Version of the crate.
    pub version: String,
    /// One line.
    pub description: String,
    /// File name of the document, for the README.
    pub document: String,
    /// The API, with the parameters that the manifest adds.
    pub api: Api,
    /// What the connector's user fills in.
    pub config: Vec<ConfigField>,
    /// Base URL; may hold `{config}` variables.
    pub server_url: String,
    /// Other base URLs by name.
    pub environments: Vec<(String, String)>,
    /// Further servers that the manifest allows.
    pub other_servers: Vec<OtherServer>,
    /// How a request is authorised.
    pub auth: Auth,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// The header of the correlation id.
    pub correlation_header: Option<String>,
    /// For each operation of the API, in its order.
    pub operations: Vec<OperationPlan>,
    /// Budgets.
    pub limits: Vec<Limit>,
    /// Headers that say how long to wait.
    pub wait_sources: Vec<WaitSource>,
    /// The error map.
    pub errors: Vec<ErrorRule>,
    /// What can be synced.
    pub streams: Vec<Stream>,
    /// Old shapes of operations, which are kept for a time.
    pub previous: Vec<Previous>,
}

/// Operations as they were before a revision of the document.
#[derive(Clone, Debug)]
pub struct Previous {
    /// Name in the manifest, which the crate's module has and their methods end in.
    pub name: String,
    /// The first day on which they are no longer kept.
    pub until: String,
    /// These operations with their types; everything else is the connector's of today.
    pub plan: Plan,
}

/// What is said of an operation that is an old shape.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What its methods' names end in.
    pub suffix: String,
    /// Why its methods are deprecated.
    pub note: String,
    /// Headers of every request that are no longer sent so.
    pub headers: Vec<(String, String)>,
    /// Whether the API of today has no operation of its id, method and path: then it is one of the contract's as well.
    pub is_alone: bool,
}

/// One value that the connector's user gives.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `config`")]
pub struct ConfigField {
    pub name: String,
    pub description: String,
    pub secret: bool,
    pub default: Option<String>,
    pub example: Option<String>,
}

/// How a request is authorised; values may hold `{config}` variables.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `auth`; an API key's value has its prefix")]
pub enum Auth {
    None,
    Basic { username: String, password: String },
    Bearer { token: String },
    ApiKeys(Vec<ApiKey>),
    Jwt(Box<Jwt>),
    Hmac(Box<Hmac>),
    AwsSigV4(Box<AwsSigV4>),
    Choice { by: String, of: Vec<(String, Auth)> },
    OAuth2(Box<OAuth2>),
    Session(Box<Session>),
}

/// A further server.
#[derive(Clone, Debug)]
pub struct OtherServer {
    /// Name in the manifest.
    pub name: String,
    /// Base URL; may hold `{config}` variables.
    pub url: String,
    /// Whether the credential may be sent there.
    pub credential: bool,
}

/// Where an operation is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The connector's server.
    #[default]
    Server,
    /// The origin of that server, with this path in place of its own; no slash at its end.
    Path(String),
    /// One of [`Plan::other_servers`].
    Other(usize),
}

/// Whether the credential is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub enum Security {
    None,
    Optional,
    #[default]
    Required,
}

/// What the manifest says of one operation.
#[derive(Clone, Debug, Default)]
pub struct OperationPlan {
    /// Whether it changes nothing at the server.
    pub reads: bool,
    /// Whether it may be sent again when it is not known whether the first was processed.
    pub idempotent: bool,
    /// Header of its idempotency key.
    pub idempotency_key: Option<String>,
    /// Where it is sent.
    pub base: Base,
    /// Whether the credential is sent.
    pub security: Security,
    /// How its pages follow one another.
    pub paging: Option<Paging>,
    /// The limits that count it.
    pub limits: Vec<usize>,
    /// Where it is an old shape.
    pub kept: Option<Kept>,
}

/// How pages follow one another.
#[derive(Clone, Debug)]
pub struct Paging {
    /// Name of the scheme.
    pub scheme: String,
    /// The strategy.
    pub strategy: Strategy,
    /// Where the page size goes, and what is asked for.
    pub size: Option<(Target, u64)>,
    /// The array of records in a page, where it is known: a stream's, or the only array of the response.
    pub records: Option<Path>,
    /// What one record holds, where it is known.
    pub record: Option<TypeRef>,
    /// Places of a record's key.
    pub key: Vec<Path>,
    /// Parameters that later requests leave out.
    pub drop: Vec<usize>,
    /// Parameters that next URLs get where they lack them.
    pub keep: Vec<usize>,
    /// Most requests at a time; none where the manifest does not say.
    pub parallel: Option<u64>,
    /// What is answered where no page that deep is served.
    pub depth: Option<DepthCap>,
}

/// Where a value stands in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub enum Target {
    Parameter(usize),
    Property(usize, String),
    Field { path: Path, number: bool },
}

impl Target {
    /// The parameter that it is, or is a property of.
    pub fn parameter(&self) -> Option<usize> {
        match self {
            Self::Parameter(index) | Self::Property(index, _) => Some(*index),
            Self::Field { .. } => None,
        }
    }

    /// The place in the body where it stands.
    pub fn field(&self) -> Option<&Path> {
        match self {
            Self::Field { path, .. } => Some(path),
            Self::Parameter(_) | Self::Property(..) => None,
        }
    }
}

/// What is answered where no page that deep is served.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `paging`")]
pub struct DepthCap {
    pub status: u16,
    pub contains: Option<String>,
    pub means: String,
}

/// A paging strategy.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `paging` and the runtime's contract")]
pub enum Strategy {
    PageNumber { target: Target, first: u64, end: End },
    Offset { target: Target, first: u64, end: End },
    Cursor { target: Target, first: Option<String>, next: Token, end: End },
    NextUrl { next: Token, end: End },
    LinkHeader { relation: String, end: End },
    LastId { target: Target, field: Path, end: End },
}

impl Strategy {
    /// Where what names a page goes; nowhere where URLs do.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::PageNumber { target, .. }
            | Self::Offset { target, .. }
            | Self::Cursor { target, .. }
            | Self::LastId { target, .. } => Some(target),
            Self::NextUrl { .. } | Self::LinkHeader { .. } => None,
        }
    }
}

/// Where a token stands.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Token {
    Body(Path),
    Header(String),
}

/// What says that there is more, or no more.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "as in the manifest's `paging`")]
pub struct End {
    pub more: Option<Path>,
    pub done: Option<Path>,
    pub total_records: Option<Path>,
    pub total_pages: Option<Path>,
    pub estimate: bool,
    pub no_token: Option<Vec<String>>,
    pub short_page: bool,
    pub empty_page: Option<EmptyPage>,
    pub same_token: bool,
    pub count: Option<(Path, u64)>,
}

pub use crate::manifest::EmptyPage;

/// What can be synced.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its name, also its table's.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Index of its operation in [`Api::operations`].
    pub operation: usize,
    /// The array of records in a page.
    pub records: Path,
    /// What one record holds.
    pub record: TypeRef,
    /// Places of a record's key.
    pub key: Vec<Path>,
    /// How a later run reads only what is new.
    pub cursor: Option<Cursor>,
    /// Values of parameters: index, value, which may hold `{config}` variables.
    pub parameters: Vec<(usize, String)>,
    /// The request's body, as JSON.
    pub body: Option<String>,
    /// Where its records come from.
    pub source: Source,
    /// How it is divided.
    pub slices: Option<Slices>,
    /// What happens to records that are not as the document says.
    pub drift: Drift,
}

/// What happens to records that are not as the document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the manifest's `drift`")]
pub struct Drift {
    pub fields: Reaction,
    pub types: Reaction,
    pub enums: Reaction,
    pub keep_enum_values: bool,
    pub records: u64,
    pub percent: u64,
}

impl Default for Drift {
    fn default() -> Self {
        let keep = Reaction::Evolve;
        Self { fields: keep, types: keep, enums: keep, keep_enum_values: false, records: 100, percent: 5 }
    }
}

/// Where a stream's records come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The pages of its operation.
    Pages,
    /// The bodies of its operation.
    Bodies(Format),
    /// A job that its operation creates.
    Job(Box<Job>),
}

/// How the records of a body are written.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `format` and the runtime's contract")]
pub enum Format {
    Json,
    JsonLines,
    Csv { delimiter: u8, quote: u8, columns: Vec<String> },
    Xml { record: Path, names: Vec<XmlName> },
}

/// How one field is written in XML.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub struct XmlName {
    pub object: String,
    pub field: String,
    pub name: String,
    pub attribute: bool,
    pub wrapped: bool,
}

/// An asynchronous job.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `job` and the runtime's contract")]
pub struct Job {
    /// Places with the JSON of their values.
    pub body: Vec<(Path, String)>,
    pub id: Path,
    pub poll: JobOperation,
    pub status: Path,
    pub done: Vec<String>,
    pub failed: Vec<String>,
    pub message: Option<Path>,
    pub interval_milliseconds: u64,
    pub timeout_milliseconds: u64,
    pub download: Download,
    pub origins: Vec<String>,
    pub format: Format,
}

/// An operation that is asked about a job: indexes into [`Api::operations`] and of its parameters.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub struct JobOperation {
    pub operation: usize,
    pub id: usize,
    pub parameters: Vec<(usize, String)>,
}

/// Where what a job made is.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Download {
    Operation(JobOperation),
    Url(Path),
}

/// How a stream is read onwards.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The field that only grows.
    pub field: Path,
    /// What takes it.
    pub target: Option<Target>,
    /// How the value is written.
    pub format: CursorFormat,
    /// Value of the first run.
    pub start: Option<String>,
    /// In which order the API lists the records.
    pub order: Order,
}

/// How a cursor's value is written in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CursorFormat {
    AsIs,
    EpochSeconds,
    EpochMilliseconds,
    Rfc3339,
    Date,
}

/// Order of a stream's records by their cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Order {
    Ascending,
    Descending,
    None,
}
