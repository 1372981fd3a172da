//! Where a stream's records come from, where that is not the pages of a JSON operation.

use super::{Operation, Path};

/// Where a stream's records come from.
#[derive(Debug)]
pub enum Source {
    /// The lists of records in the pages of its operation, which are JSON.
    Pages,
    /// The bodies of its operation, each read record by record.
    Bodies(Format),
    /// What an asynchronous job makes, which its operation creates.
    Job(Job),
}

/// How the records of a body are written.
#[derive(Debug)]
pub enum Format {
    /// A JSON document, with the list of records at the stream's path.
    Json,
    /// A JSON value a line.
    JsonLines,
    /// Rows.
    Csv(CsvDialect),
    /// Elements.
    Xml(XmlLayout),
}

/// How CSV is written.
#[derive(Debug)]
pub struct CsvDialect {
    /// What stands between two cells.
    pub delimiter: u8,
    /// What stands around a cell that holds a delimiter, a quote or a line break; within it stands twice.
    pub quote: u8,
    /// Names of the columns, where the first row does not name them.
    pub columns: &'static [&'static str],
}

/// How XML is written.
#[derive(Debug)]
pub struct XmlLayout {
    /// The names of the elements that lead to a record, the root's first and the record's last, without prefixes.
    pub record: Path,
    /// The fields that are not elements of their own names.
    pub names: &'static [XmlName],
}

/// How one field is written in XML, by the document's `xml` keywords.
#[derive(Debug)]
pub struct XmlName {
    /// Name of the object's shape.
    pub object: &'static str,
    /// The field.
    pub field: &'static str,
    /// Name of the element or attribute, without a prefix.
    pub name: &'static str,
    /// Whether it is an attribute.
    pub attribute: bool,
    /// Whether a list's elements stand within one of that name.
    pub wrapped: bool,
}

/// An asynchronous job: it is created by the stream's operation, asked for until it is done, and what it made is downloaded.
#[derive(Debug)]
pub struct Job {
    /// The body that creates it: places in a JSON object with the JSON of their values, in which texts may hold `{config}` variables.
    pub body: &'static [(Path, &'static str)],
    /// Its id, in the answer to that.
    pub id: Path,
    /// The operation that tells its state.
    pub poll: JobOperation,
    /// The state, in its answer.
    pub status: Path,
    /// The states in which it is done.
    pub done: &'static [&'static str],
    /// The states in which it will never be.
    pub failed: &'static [&'static str],
    /// Why it failed, in the same answer.
    pub message: Option<Path>,
    /// How long is waited before its state is asked for, in milliseconds; the wait grows up to ten times that.
    pub interval_milliseconds: u64,
    /// How long it may take in one run, in milliseconds.
    pub timeout_milliseconds: u64,
    /// What it made.
    pub download: Download,
    /// The origins beside the API's own from which it may be downloaded: `https://storage.example.com`. No credential is sent there.
    pub origins: &'static [&'static str],
    /// How that is written.
    pub format: Format,
}

/// An operation that is asked about a job.
#[derive(Debug)]
pub struct JobOperation {
    /// The operation.
    pub operation: &'static Operation,
    /// The parameter that takes the job's id.
    pub id: usize,
    /// Values of further parameters, which may hold `{config}` variables: index, value.
    pub parameters: &'static [(usize, &'static str)],
}

/// Where what a job made is.
#[derive(Debug)]
pub enum Download {
    /// An operation gives it, page by page if it has pages.
    Operation(JobOperation),
    /// One or several URLs in the answer that says that the job is done; lists on the way give one for each item. Null is none.
    Url(Path),
}
