use std::fmt;

use serde::{Deserialize, Serialize};

use crate::contract::{Operation, Strategy};

use super::PagingProblem;

/// Form of a stored position; goes up when an older one can no longer be read.
const VERSION: u32 = 1;

/// Where a walk over pages stands: enough to go on from there in another process. It names the page that is read next.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    version: u32,
    operation: String,
    pub(crate) place: Place,
    pub(super) pages: u64,
    pub(super) records: u64,
    /// The lowest total that the pages before told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u64>,
}

/// The page that is read next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The first.
    Start,
    /// The page of that number.
    Page(u64),
    /// The page from that record on.
    Offset(u64),
    /// The page of that token.
    Token(String),
    /// The page at that URL.
    Url(String),
    /// The page after the record of that id.
    After(String),
    /// What an asynchronous job makes.
    Job {
        /// The job's id.
        id: String,
        /// The part that is read next, from 0.
        part: u64,
        /// The page within it, where it has pages.
        within: Option<Box<Position>>,
    },
}

impl Position {
    pub(crate) fn new(operation: &'static Operation, place: Place, pages: u64, records: u64) -> Self {
        Self { version: VERSION, operation: operation.id.to_owned(), place, pages, records, total: None }
    }

    /// The same, with the lowest total that was told so far.
    pub(super) fn of_at_least(self, total: Option<u64>) -> Self {
        Self { total, ..self }
    }

    /// Pages read before it.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// Records read before it.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether it is the first page.
    pub fn is_start(&self) -> bool {
        self.pages == 0
    }

    pub(super) fn check(&self, operation: &'static Operation) -> Result<(), PagingProblem> {
        if self.version != VERSION {
            return Err(PagingProblem::Position("it was written by another version"));
        }
        if self.operation != operation.id {
            return Err(PagingProblem::Position("it is of another operation"));
        }
        let strategy = operation.paging.as_ref().map(|paging| &paging.strategy);
        let fits = match (&self.place, strategy) {
            (Place::Offset(at), Some(Strategy::Offset { first, .. })) => at >= first,
            (Place::Start | Place::Job { .. }, _)
            | (Place::Page(_), Some(Strategy::PageNumber { .. }))
            | (Place::Token(_), Some(Strategy::Cursor { .. }))
            | (Place::Url(_), Some(Strategy::NextUrl { .. } | Strategy::LinkHeader { .. }))
            | (Place::After(_), Some(Strategy::LastId { .. })) => true,
            _ => false,
        };
        if fits { Ok(()) } else { Err(PagingProblem::Position("the operation's paging has changed")) }
    }
}

impl fmt::Debug for Position {
    /// Leaves out tokens and URLs, in which servers put what they like.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.place {
            Place::Start => "start".to_owned(),
            Place::Page(number) => format!("page {number}"),
            Place::Offset(offset) => format!("offset {offset}"),
            Place::Token(_) => "token".to_owned(),
            Place::Url(_) => "url".to_owned(),
            Place::After(_) => "last id".to_owned(),
            Place::Job { part, .. } => format!("part {part} of a job"),
        };
        write!(formatter, "Position({}, {place}, after {} pages)", self.operation, self.pages)
    }
}
