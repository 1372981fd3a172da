use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::Error;
use crate::sync::engine::{Cause, Outcome, RunStop};
use crate::sync::error::SyncProblem;

/// Failed slices that are told; of the others only their number is.
const TOLD: usize = 10;

/// What a run did to the slices of a stream. How each of them ended stands in the store ([`crate::store::Store::for_each_slice`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SliceReport {
    /// Lists read to their end; where a stream has windows, each is one.
    pub read: u64,
    /// Why their walks ended, with how many did.
    pub stops: BTreeMap<&'static str, u64>,
    /// Parents passed over, because they lack a value that their list is asked for by.
    pub skipped: u64,
    /// Lists of parents that the API no longer has. What the store has of them stays.
    pub gone: u64,
    /// Lists that the connector's error map says to leave out (`skip_partition`). The next run asks for them again.
    pub left_out: u64,
    /// Windows that were split, because the API lets no more be read of one list.
    pub split: u64,
    /// Slices that failed.
    pub failed: u64,
}

/// A slice that failed.
#[derive(Debug)]
pub struct SliceFailure {
    /// Which: `` `42` of tickets ``, with the window where there is one.
    pub slice: String,
    /// Why.
    pub problem: SyncProblem,
}

/// The slices that failed in a run. Each stands where it stood, and the next run goes on there.
#[derive(Debug)]
pub struct SliceFailures {
    /// The first of them.
    pub first: Vec<SliceFailure>,
    /// Whether the rest was not tried: what failed concerns all slices, or too many failed one after another.
    pub abandoned: bool,
    /// What became of all.
    pub report: SliceReport,
}

impl SliceFailures {
    /// When to run it again, where nothing but a limit or an outage held slices back.
    pub(in crate::sync) fn parked_until(&self) -> Option<Timestamp> {
        let until = |failure: &SliceFailure| match failure.problem {
            SyncProblem::Parked { until, .. } => Some(until),
            _ => None,
        };
        let all: Option<Vec<Timestamp>> = self.first.iter().map(until).collect();
        all.filter(|all| all.len() as u64 == self.report.failed)?.into_iter().max()
    }
}

impl fmt::Display for SliceFailures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SliceReport { failed, read, .. } = self.report;
        write!(formatter, "{failed} of its slices failed, {read} were read")?;
        if self.abandoned {
            formatter.write_str(", and the rest was not tried")?;
        }
        for failure in &self.first {
            write!(formatter, "\n  {}: {}", failure.slice, failure.problem)?;
        }
        match failed.saturating_sub(self.first.len() as u64) {
            0 => Ok(()),
            more => write!(formatter, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for SliceFailures {}

/// What happened to slices so far.
pub(in crate::sync) struct Tally<E> {
    pub(in crate::sync) report: SliceReport,
    pub(in crate::sync) failures: Vec<(String, Cause<E>)>,
    pub(in crate::sync) abandoned: bool,
    pub(in crate::sync) without_cursor: u64,
    pub(in crate::sync) unordered: bool,
    pub(in crate::sync) restarted: bool,
}

impl<E> Default for Tally<E> {
    fn default() -> Self {
        Self {
            report: SliceReport::default(),
            failures: Vec::new(),
            abandoned: false,
            without_cursor: 0,
            unordered: false,
            restarted: false,
        }
    }
}

impl<E> Tally<E> {
    pub(super) fn read(&mut self, outcome: &Outcome) {
        let stop = match outcome.stop {
            RunStop::ReachedBookmark => "reached_bookmark",
            RunStop::EndOfPages | RunStop::CapReached | RunStop::AllSlices => "end_of_pages",
        };
        self.report.read += 1;
        *self.report.stops.entry(stop).or_default() += 1;
        self.seen(outcome);
    }

    /// What a walk tells that did not come to its end too.
    pub(super) fn seen(&mut self, outcome: &Outcome) {
        self.without_cursor += outcome.without_cursor;
        self.unordered |= outcome.unordered;
        self.restarted |= outcome.restarted;
    }

    pub(super) fn fail(&mut self, slice: String, cause: Cause<E>) {
        self.report.failed += 1;
        if self.failures.len() < TOLD {
            self.failures.push((slice, cause));
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        let SliceReport { read, stops, skipped, gone, left_out, split, failed } = other.report;
        let all = &mut self.report;
        all.read += read;
        all.skipped += skipped;
        all.gone += gone;
        all.left_out += left_out;
        all.split += split;
        all.failed += failed;
        stops.into_iter().for_each(|(stop, count)| *all.stops.entry(stop).or_default() += count);
        let room = TOLD.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
        self.without_cursor += other.without_cursor;
        self.unordered |= other.unordered;
        self.restarted |= other.restarted;
    }
}

impl Tally<Error> {
    /// The failures, if there are any.
    pub(in crate::sync) fn into_failures(self) -> Option<SliceFailures> {
        let failure = |(slice, cause): (String, Cause<Error>)| SliceFailure { slice, problem: cause.into() };
        (self.report.failed > 0).then(|| SliceFailures {
            first: self.failures.into_iter().map(failure).collect(),
            abandoned: self.abandoned,
            report: self.report,
        })
    }
}
