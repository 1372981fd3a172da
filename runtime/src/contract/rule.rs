//! The error map: what answers mean where their status does not say it.

use super::Path;

/// One line of the error map. All of its tests have to hold; the first rule that holds decides.
#[derive(Debug)]
pub struct ErrorRule {
    /// Name in the manifest.
    pub name: &'static str,
    /// Ids of the operations whose answers it judges; empty for all.
    pub operations: &'static [&'static str],
    /// Ranges of statuses, both ends included; empty for all.
    pub statuses: &'static [(u16, u16)],
    /// A header, and what has to be true of its value.
    pub header: Option<(&'static str, Test)>,
    /// A place in the JSON of the body, and what has to be true of its value. A body that is read piece by piece passes no such test.
    pub body: Option<(Path, Test)>,
    /// What such an answer means.
    pub action: Action,
}

/// What has to be true of a value. Numbers and booleans are compared as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is there; in JSON, and neither null nor false nor an empty text, list or object.
    Present,
    /// It is this text.
    Equals(&'static str),
    /// This text stands in it, in small or capital letters; in a list or an object, anywhere in its JSON.
    Contains(&'static str),
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A failure that passes: tried again where the operation may be repeated.
    Retry,
    /// Not processed: tried again for every operation, after the wait that the server asks for.
    Rejected,
    /// The credential is no longer good: tried once more with a new one.
    Refresh,
    /// As good as success, with an empty body.
    Ignore,
    /// This partition of the stream cannot be read; the others can.
    SkipPartition,
    /// It fails.
    Fail {
        /// Who has to act.
        fault: Fault,
        /// What to do.
        message: &'static str,
    },
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The user of the connector, who has to change the configuration or the credential.
    Configuration,
    /// Whoever calls: the request asks for what the API does not do.
    Request,
    /// The vendor.
    Server,
}
