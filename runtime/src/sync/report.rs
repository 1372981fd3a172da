use std::time::Duration;

use serde::Serialize;

use crate::drift::DriftSummary;
use crate::store::Counts;
use crate::{Statistics, StopReason};

use super::{Progress, RunStop, SliceReport};

/// What a run did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The stream.
    pub stream: &'static str,
    /// Pages committed.
    pub pages: u64,
    /// Records in them.
    pub records: u64,
    /// Records that the store did not have.
    pub new: u64,
    /// Records that the store had otherwise.
    pub changed: u64,
    /// Records that the store had as they are.
    pub unchanged: u64,
    /// Records that went to quarantine in place of the table.
    pub quarantined: u64,
    /// What was met that is not as the document says.
    pub drift: DriftSummary,
    /// Records whose cursor value is missing, null or of no use to the cursor's parameter. They are stored; if all are such, every run
    /// reads everything.
    pub without_cursor: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Waits for limits, for the server and between attempts.
    pub waits: u64,
    /// Seconds waited in all.
    pub waited_seconds: f64,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Why it ended.
    pub stop: RunStop,
    /// Why there were no more pages; `None` where the run ended before it had come to the last one.
    pub reason: Option<StopReason>,
    /// How many records there are, as the last page said; `None` where the run did not read one list from its start to its end. More
    /// may have come: none is left out because a total is too low.
    pub total: Option<u64>,
    /// Whether records came against the order that the manifest declares. The run then relied on no order: it read to the end and moved
    /// the bookmark there only. The manifest should say `order: none`.
    pub unordered: bool,
    /// Whether it went on with a run that had been cut off.
    pub resumed: bool,
    /// Whether it wanted to, but the server no longer took the position, so that it read from the bookmark.
    pub restarted: bool,
    /// Records that the store has of this stream now.
    pub rows: u64,
    /// JSON of the cursor value from which the next run reads.
    pub bookmark: Option<String>,
    /// What became of its slices, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slices: Option<SliceReport>,
}

impl Report {
    /// What was committed.
    pub(super) fn progress(&self) -> Progress {
        let counts = Counts { new: self.new, changed: self.changed, unchanged: self.unchanged };
        Progress { pages: self.pages, records: self.records, counts, quarantined: self.quarantined }
    }

    /// What the client counted in the meantime. Of several streams that run at once over one client each shows the requests of all.
    pub(super) fn with_statistics(self, before: &Statistics, after: &Statistics, time: Duration) -> Self {
        Self {
            requests: after.requests.saturating_sub(before.requests),
            retries: after.retries.saturating_sub(before.retries),
            waits: after.waits.saturating_sub(before.waits),
            waited_seconds: after.waited.saturating_sub(before.waited).as_secs_f64(),
            seconds: time.as_secs_f64(),
            ..self
        }
    }
}
