//! Streams whose records are no pages of JSON: record formats, and asynchronous jobs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::{Constant, Entries};
use crate::source::Spanned;

/// How the records of a body are written: exactly one key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["json"]}, {"required": ["jsonl"]}, {"required": ["csv"]}, {"required": ["xml"]}]))]
pub struct FormatSection {
    /// A JSON document, with the list of records at `records`. What an operation answers is taken for that unless the document says
    /// otherwise.
    json: Option<NoOptions>,
    /// A JSON value a line. `records` is `.`.
    jsonl: Option<NoOptions>,
    /// Rows, with the names of the columns in the first. `records` is `.`. Cells have the types that the document says, else they are texts.
    csv: Option<CsvFormat>,
    /// Elements. `records` is the names of the elements that lead to a record, from the root on, without prefixes: `feed.entry`. They become
    /// JSON by the document's schema and its `xml` keywords.
    xml: Option<NoOptions>,
}

impl FormatSection {
    /// The one that is set. A manifest that was read has exactly one.
    pub fn chosen(&self) -> Format<'_> {
        let json = self.json.as_ref().map(|_| Format::Json);
        json.or_else(|| self.jsonl.as_ref().map(|_| Format::JsonLines))
            .or_else(|| self.xml.as_ref().map(|_| Format::Xml))
            .or_else(|| self.csv.as_ref().map(Format::Csv))
            .unwrap_or(Format::Json)
    }
}

/// How the records of a body are written.
#[derive(Clone, Copy, Debug)]
pub enum Format<'m> {
    /// A JSON document.
    Json,
    /// A JSON value a line.
    JsonLines,
    /// Rows.
    Csv(&'m CsvFormat),
    /// Elements.
    Xml,
}

impl Format<'_> {
    /// Its key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv(_) => "csv",
            Self::Xml => "xml",
        }
    }
}

/// Nothing to say: `{}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// How CSV is written (RFC 4180).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvFormat {
    /// What stands between two cells. `,` unless this says otherwise.
    pub delimiter: Option<Spanned<String>>,
    /// What stands around a cell that holds a delimiter, a quote or a line break, and twice for a quote within. `"` unless this says otherwise.
    pub quote: Option<Spanned<String>>,
    /// Names of the columns, where the first row does not name them.
    #[schemars(length(min = 1))]
    pub columns: Option<Vec<Spanned<String>>>,
}

/// An asynchronous job: the stream's `operation` creates it, it is asked for until it is done, and what it made is downloaded. A run that is
/// cut off goes on with the same job.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What the body of `operation` holds, by paths: constants, or texts with `{config}` variables.
    #[serde(default)]
    pub body: Entries<Spanned<Constant>>,
    /// Path of the job's id in the answer of `operation`.
    pub id: Spanned<String>,
    /// The operation that tells the job's state.
    pub poll: JobOperation,
    /// Path of the state in its answer.
    pub status: Spanned<String>,
    /// The states in which the job is done.
    #[schemars(length(min = 1))]
    pub done: Vec<Spanned<String>>,
    /// The states in which it has failed and will never be done. Any other state is one of work.
    #[schemars(length(min = 1))]
    pub failed: Vec<Spanned<String>>,
    /// Path of why it failed, in the same answer.
    pub message: Option<Spanned<String>>,
    /// How long to wait before the state is asked for: `500ms`, `10s`, `1m`. The wait grows up to ten times that. `5s` unless this says
    /// otherwise.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub interval: Option<Spanned<String>>,
    /// How long a run waits for the job: `30m`, `6h`. `1h` unless this says otherwise; the next run goes on waiting.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub timeout: Option<Spanned<String>>,
    /// Where what it made is.
    pub download: Download,
}

/// An operation that is asked about a job.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobOperation {
    /// Its id or `METHOD /path`. `operations` must select it.
    pub operation: Spanned<String>,
    /// The parameter that takes the job's id. The stream's `parameters` fill others of the same name.
    pub parameter: Spanned<String>,
}

/// Where what a job made is: exactly one of `operation` and `url`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["operation"]}, {"required": ["url"]}], "dependentRequired" = {"operation": ["parameter"], "parameter": ["operation"]}))]
pub struct Download {
    /// The operation that gives it, page by page if it has pages: its id or `METHOD /path`.
    pub operation: Option<Spanned<String>>,
    /// The parameter of that operation that takes the job's id.
    pub parameter: Option<Spanned<String>>,
    /// Path of its URL in the answer that says that the job is done. Lists on the way, or at the end, give one part for each item.
    pub url: Option<Spanned<String>>,
    /// The origins beside the API's own from which it is downloaded: `https://storage.example.com`, or `https://*.example.com` for all hosts
    /// below. Nothing of the connector's is sent there, its credential least of all.
    #[serde(default)]
    pub origins: Vec<Spanned<String>>,
}
