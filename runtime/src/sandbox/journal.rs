//! What was asked and answered, for a test's assertions and for the table at the end of a run.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::faults::Fault;
use super::request::Request;

/// One request, with its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Number of the request, the first being 1.
    pub number: u64,
    /// Method as sent.
    pub method: String,
    /// Path as sent.
    pub path: String,
    /// Query as sent, without the question mark.
    pub query: String,
    /// Headers as sent, names in lower case. Credentials are the sandbox's own, so they are kept.
    pub headers: Vec<(String, String)>,
    /// Body as sent.
    pub body: Vec<u8>,
    /// Id of the operation that was meant; `None` where there is none, or where a fault came first.
    pub operation: Option<&'static str>,
    /// Status of the answer; `None` where the connection was reset before one.
    pub status: Option<u16>,
    /// The fault that the plan had for it.
    pub fault: Option<Fault>,
}

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests.
    pub requests: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Faults of the plan.
    pub faults: BTreeMap<Fault, u64>,
    /// Pages of list operations.
    pub pages: u64,
    /// Records in them.
    pub records: u64,
}

pub(super) struct Journal {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: VecDeque<JournalEntry>,
    statistics: Statistics,
}

/// How a request ended.
pub(super) struct Outcome {
    pub(super) operation: Option<&'static str>,
    pub(super) status: Option<u16>,
    pub(super) fault: Option<Fault>,
    /// Records, where the answer is a page.
    pub(super) records: Option<u64>,
}

impl Journal {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request in. Gives its number.
    pub(super) fn begin(&self) -> u64 {
        let statistics = &mut self.lock().statistics;
        statistics.requests += 1;
        statistics.requests
    }

    pub(super) fn end(&self, number: u64, request: Request, outcome: Outcome) {
        let mut inner = self.lock();
        let statistics = &mut inner.statistics;
        if let Some(status) = outcome.status {
            *statistics.statuses.entry(status).or_default() += 1;
        }
        if let Some(fault) = outcome.fault {
            *statistics.faults.entry(fault).or_default() += 1;
        }
        if let Some(records) = outcome.records {
            statistics.pages += 1;
            statistics.records += records;
        }
        inner.entries.push_back(JournalEntry {
            number,
            method: request.method,
            path: request.path,
            query: request.query,
            headers: request.headers,
            body: request.body,
            operation: outcome.operation,
            status: outcome.status,
            fault: outcome.fault,
        });
        while inner.entries.len() > self.capacity {
            inner.entries.pop_front();
        }
    }

    pub(super) fn entries(&self) -> Vec<JournalEntry> {
        self.lock().entries.iter().cloned().collect()
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.lock().statistics.clone()
    }
}
