use std::fmt;

use jiff::Timestamp;

use crate::Error;
use crate::error::ExitClass;
use crate::store::{KeyError, StoreError};

use crate::slices::too_deep;

use super::Progress;
use super::engine::Cause;
use super::slices::SliceFailures;

/// A run that stopped before the stream's end. What it committed until then stays, and the next run goes on from there.
#[derive(Debug)]
pub struct SyncError {
    /// The stream.
    pub stream: String,
    /// What was committed.
    pub progress: Progress,
    /// Why it stopped.
    pub problem: Box<SyncProblem>,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncProblem {
    /// The connector has no such stream.
    #[error("there is no such stream; the streams are: {}", known.join(", "))]
    UnknownStream {
        /// The streams that there are.
        known: Vec<&'static str>,
    },
    /// A page could not be had.
    #[error(transparent)]
    Fetch(Error),
    /// A limit or an outage holds the stream back for longer than a call may wait. Nothing is wrong: a run after that time goes on from there.
    #[error("parked until {until}: {cause}")]
    Parked {
        /// When to run it again.
        until: Timestamp,
        /// The call that would have had to wait.
        cause: Error,
    },
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No record of the page has a key, so they cannot be told from others.
    #[error(
        "record {record} of the page: {cause}; the manifest's `key` must name fields that every record has"
    )]
    Key {
        /// Number of the record in the page, from 1.
        record: usize,
        /// What is wrong with its key.
        cause: KeyError,
    },
    /// No record of a page has a cursor value any more, so a later run would not know where to go on.
    #[error(
        "no record of the page has the cursor `{field}`, which earlier ones had: the API has renamed or dropped it; look at `drift`, then \
         name another `cursor` in the manifest"
    )]
    CursorLost {
        /// The cursor's field.
        field: String,
    },
    /// A record is not as the document says, and the manifest says that the stream stops for that.
    #[error("record {record} of the page: {why}; the manifest's `drift` of this stream says `freeze`")]
    Frozen {
        /// Number of the record in the page, from 1.
        record: usize,
        /// What is not as the document says.
        why: String,
    },
    /// Too many records cannot be stored.
    #[error(
        "{quarantined} of the {read} records of this run would go to quarantine, the last for {why}; the manifest's `drift.quarantine` says \
         how many may"
    )]
    Quarantine {
        /// How many.
        quarantined: u64,
        /// Of how many.
        read: u64,
        /// The reason of the last.
        why: String,
    },
    /// Some slices failed; the others were read.
    #[error(transparent)]
    Slices(Box<SliceFailures>),
    /// The stream is read by the records of another one, which the store does not have.
    #[error(
        "it is read by the records of `{parent}`, which was never synced into this store; sync `{parent}` before it, or both in one run"
    )]
    ParentNotSynced {
        /// The other stream.
        parent: &'static str,
    },
}

impl SyncProblem {
    /// The calls that failed.
    pub(super) fn calls(&self) -> Vec<&Error> {
        match self {
            Self::Fetch(error) => vec![error],
            Self::Slices(failures) => {
                failures.first.iter().flat_map(|failure| failure.problem.calls()).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl SyncError {
    /// The failed call, where it was one.
    pub fn call(&self) -> Option<&Error> {
        match &*self.problem {
            SyncProblem::Fetch(error) | SyncProblem::Parked { cause: error, .. } => Some(error),
            // What stopped it all is the last that is told.
            SyncProblem::Slices(failures) => {
                failures.first.iter().rev().find_map(|failure| match &failure.problem {
                    SyncProblem::Fetch(error) | SyncProblem::Parked { cause: error, .. } => Some(error),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// When to run it again, where a limit or an outage parked it.
    pub fn parked_until(&self) -> Option<Timestamp> {
        match &*self.problem {
            SyncProblem::Parked { until, .. } => Some(*until),
            SyncProblem::Slices(failures) => failures.parked_until(),
            _ => None,
        }
    }

    /// Whose turn it is, as an exit code: 2 where the user has to give something else, 75 where it is parked, 1 otherwise.
    pub fn exit_class(&self) -> ExitClass {
        match &*self.problem {
            SyncProblem::UnknownStream { .. } | SyncProblem::ParentNotSynced { .. } => {
                ExitClass::Configuration
            }
            SyncProblem::Slices(failures) if failures.parked_until().is_some() => ExitClass::Parked,
            SyncProblem::Slices(failures) if failures.abandoned => {
                self.call().map_or(ExitClass::Failure, Error::exit_class)
            }
            SyncProblem::Fetch(error) => error.exit_class(),
            SyncProblem::Parked { .. } => ExitClass::Parked,
            SyncProblem::Store(error) if error.is_wrong_store() => ExitClass::Configuration,
            _ => ExitClass::Failure,
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, progress, problem } = self;
        if let SyncProblem::Slices(failures) = &**problem {
            writeln!(formatter, "stream `{stream}` is not complete: {failures}")?;
            return write!(
                formatter,
                "{} records of this run are stored; the next run goes on where each slice stands",
                progress.records
            );
        }
        write!(formatter, "stream `{stream}` stopped at page {}: {problem}", progress.pages + 1)?;
        match progress.pages {
            0 => formatter.write_str("; this run stored nothing"),
            pages => write!(
                formatter,
                "; {pages} page{} with {} records are stored and the next run goes on from there",
                if pages == 1 { "" } else { "s" },
                progress.records
            ),
        }
    }
}

impl std::error::Error for SyncError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.problem)
    }
}

impl From<Error> for SyncProblem {
    fn from(error: Error) -> Self {
        match error.resume_at() {
            Some(until) => Self::Parked { until, cause: error },
            None => Self::Fetch(error),
        }
    }
}

impl From<Cause<Error>> for SyncProblem {
    fn from(cause: Cause<Error>) -> Self {
        match cause {
            Cause::Source(error) => error.into(),
            Cause::Store(error) => Self::Store(error),
            Cause::Key { record, cause } => Self::Key { record: record + 1, cause },
            Cause::CursorLost { field } => Self::CursorLost { field },
            Cause::Frozen { record, why } => Self::Frozen { record: record + 1, why },
            Cause::Quarantine { quarantined, read, why } => Self::Quarantine { quarantined, read, why },
            Cause::TooDeep(span) => Self::Fetch(too_deep(span)),
        }
    }
}
