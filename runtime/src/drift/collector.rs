use jiff::Timestamp;

use crate::contract::{Contract, Stream};
use crate::pages::Page;

use super::inspector::Inspector;
use super::{DriftSummary, StreamDrift};

/// Looks at the pages of a stream for those who read it without a sync. A sync does it by itself.
#[derive(Debug)]
pub struct Collector {
    inspector: Inspector,
}

impl Collector {
    /// With what is known of the stream from earlier runs; the default where there were none. The seed decides which records are looked at
    /// whole, and is another one in each run.
    pub fn new(contract: &'static Contract, stream: &'static Stream, known: StreamDrift, seed: u64) -> Self {
        Self { inspector: Inspector::new(contract, stream, known, seed) }
    }

    /// Looks at the records of a page, as many of them as it is their turn. What the contract would have done to them is left to the caller.
    pub fn look(&self, page: &Page, now: Timestamp) {
        let mut inspector = self.inspector.page(page.status.as_u16(), now);
        inspector.head(&page.headers);
        inspector.body(&page.body);
        for index in 0..page.record_texts().len() {
            // The text of a record is made only where it is looked at.
            if inspector.takes() {
                inspector.look(page.record_text(index).unwrap_or_default());
            }
        }
    }

    /// The run has ended: what is known now, if anything has come to it, and what the run has met.
    pub fn finish(&self, now: Timestamp) -> (Option<StreamDrift>, DriftSummary) {
        self.inspector.finish(now)
    }
}
