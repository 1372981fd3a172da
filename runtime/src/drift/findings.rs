//! What is known of a stream's drift, over all runs: a pure state, which the store keeps.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::contract::FieldShape;

use super::{Kind, Status};

/// Findings of one stream. What is met beyond them is counted and not told.
pub(super) const MOST: usize = 500;
/// Unknown keys of one object, after which they are taken for data.
const SIBLINGS: usize = 50;
/// Texts of an enum that are kept, where they are.
const VALUES: usize = 20;
/// Things of one finding that are told apart: JSON types are few, media types and names of fields are the server's to make up.
const OBSERVED: usize = 20;
/// What stands for those beyond.
const OTHERS: &str = "others";
/// Records, or runs, that make a finding new.
const NEW_AFTER: (u64, u64) = (3, 2);
/// Runs in which records were looked at and it was not met.
const RESOLVED_AFTER: u64 = 3;
/// A field has vanished where it stood in at least so many in a hundred records, of at least so many, and in none of so many since.
const VANISHED: (u64, u64, u64) = (20, 100, 100);

/// What tells findings apart: kind, status of the answer, and JSON Pointer into its body, in which `*` is any item and any key that is data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) status: u16,
    pub(crate) pointer: String,
}

/// One thing that is not as the document says, wherever it was met.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Status of the answers; 0 where it is of no answer.
    pub status: u16,
    /// JSON Pointer into their body, with `*` for any item of a list and any key that is data; `#NAME` for a header.
    pub pointer: String,
    /// What the document says.
    pub expected: String,
    /// What was there, with how often.
    pub observed: BTreeMap<String, u64>,
    /// Texts of an enum, where the contract keeps them.
    pub values: BTreeSet<String>,
    /// Records, or answers, that showed it.
    pub seen: u64,
    /// Records that were looked at since it was first met.
    pub checked: u64,
    /// When it was first met.
    pub first_seen: Timestamp,
    /// When it was last met.
    pub last_seen: Timestamp,
    /// Runs in which it was met.
    pub runs: u64,
    /// Where it stands.
    pub state: Status,
    /// How often it was met, and in how many runs, since it is told or was resolved.
    pub(crate) lately: (u64, u64),
    /// Runs in a row that looked at records and did not meet it.
    pub(crate) clean_runs: u64,
    /// Whether this run has met it.
    pub(crate) met: bool,
    /// Whether this run has made it new.
    pub(crate) promoted: bool,
    /// Number of the record that showed it last.
    pub(crate) record: u64,
    /// Whether the store has it otherwise.
    pub(crate) dirty: bool,
}

/// How often a record's field was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Presence {
    /// Records that had it.
    present: u64,
    /// Records that were looked at until the last that had it.
    checked: u64,
    /// Records that were looked at since.
    absent: u64,
}

impl Presence {
    pub(super) fn record(&mut self, has: bool) {
        if has {
            self.present += 1;
            self.checked += self.absent + 1;
            self.absent = 0;
        } else {
            self.absent += 1;
        }
    }

    fn has_vanished(&self) -> bool {
        let (percent, before, since) = VANISHED;
        self.checked >= before && self.present * 100 >= percent * self.checked && self.absent >= since
    }
}

/// What is known of a stream's drift.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamDrift {
    /// Runs that looked at records.
    pub runs: u64,
    /// Records that were looked at.
    pub checked: u64,
    /// What was met beyond as many findings as are kept.
    pub overflow: u64,
    /// Records of this run that are among `checked`, here and in each finding.
    pub(crate) counted: u64,
    /// Whether findings have become one, so that the store has some that are none any more.
    pub(crate) rewrite: bool,
    pub(crate) findings: BTreeMap<Place, Finding>,
    /// By the names of the record's fields.
    pub(crate) fields: BTreeMap<String, Presence>,
}

/// Something that was met.
pub(super) struct Observation<'a> {
    /// Number of the record, from 1; each one that is told alone has one of its own.
    pub(super) record: u64,
    pub(super) kind: Kind,
    pub(super) status: u16,
    pub(super) pointer: String,
    pub(super) expected: &'a dyn Fn() -> String,
    pub(super) observed: &'a str,
    pub(super) value: Option<String>,
    /// Whether the stream stops by it, so that there is no record more to be sure by.
    pub(super) stops: bool,
}

impl StreamDrift {
    /// All findings, what is told first before the others.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }

    /// Says that everything told so far is known. Gives how much that is.
    pub fn accept(&mut self, pointer: Option<&str>) -> u64 {
        let mut accepted = 0;
        for finding in self.findings.values_mut() {
            let told = matches!(finding.state, Status::New | Status::Pending);
            if told && pointer.is_none_or(|pointer| finding.pointer == pointer) {
                finding.state = Status::Accepted;
                finding.dirty = true;
                accepted += 1;
            }
        }
        accepted
    }

    /// Whether no run has come to its end yet.
    fn is_baseline(&self) -> bool {
        self.runs == 0
    }

    /// Takes in what was met. Gives whether the store should know of it at once.
    pub(super) fn meet(&mut self, met: Observation<'_>, now: Timestamp) -> bool {
        let baseline = self.is_baseline();
        let mut place = Place { kind: met.kind, status: met.status, pointer: met.pointer };
        if met.kind.is_unknown_field() && !self.findings.contains_key(&place) {
            self.take_for_data(&mut place, now);
        }
        if !self.findings.contains_key(&place) && self.findings.len() >= MOST {
            self.overflow += 1;
            return false;
        }
        let (mut is_new, counted) = (false, self.counted);
        let finding = self.findings.entry(place).or_insert_with_key(|place| {
            is_new = true;
            let state = if baseline { Status::Baseline } else { Status::Pending };
            Finding { checked: counted, ..blank(place, (met.expected)(), state, now) }
        });
        finding.meet(met.record, now, met.stops);
        let is_full = finding.observed.len() >= OBSERVED;
        match finding.observed.get_mut(met.observed) {
            Some(count) => *count += 1,
            None => {
                let what = if is_full { OTHERS } else { met.observed };
                *finding.observed.entry(what.to_owned()).or_default() += 1;
            }
        }
        if let Some(value) = met.value
            && finding.values.len() < VALUES
        {
            finding.values.insert(value);
        }
        is_new
    }

    /// Keys of which there are too many are data, and stand as one.
    fn take_for_data(&mut self, place: &mut Place, now: Timestamp) {
        let Some((parent, _)) = place.pointer.rsplit_once('/') else { return };
        let each = Place { pointer: format!("{parent}/*"), ..place.clone() };
        let is_sibling = |known: &Place| {
            known.kind == each.kind
                && known.status == each.status
                && known.pointer.rsplit_once('/').is_some_and(|(of, _)| of == parent)
        };
        if self.findings.contains_key(&each) {
            *place = each;
            return;
        }
        let siblings: Vec<Place> = self.findings.keys().filter(|known| is_sibling(known)).cloned().collect();
        if siblings.len() < SIBLINGS {
            return;
        }
        self.rewrite = true;
        let mut whole: Option<Finding> = None;
        for sibling in &siblings {
            let Some(finding) = self.findings.remove(sibling) else { continue };
            match &mut whole {
                None => whole = Some(Finding { pointer: each.pointer.clone(), dirty: true, ..finding }),
                Some(whole) => whole.absorb(&finding),
            }
        }
        let state = if self.is_baseline() { Status::Baseline } else { Status::Pending };
        let whole = whole.unwrap_or_else(|| blank(&each, String::new(), state, now));
        self.findings.insert(each.clone(), whole);
        *place = each;
    }

    /// How often records had these fields until now.
    pub(super) fn presence(&self, fields: &[FieldShape]) -> Vec<Presence> {
        fields.iter().map(|field| self.fields.get(field.name).copied().unwrap_or_default()).collect()
    }

    /// How often they had them since.
    pub(super) fn set_presence(&mut self, fields: &[FieldShape], presence: &[Presence]) {
        for (field, presence) in fields.iter().zip(presence) {
            self.fields.insert(field.name.to_owned(), *presence);
        }
    }

    /// The fields that have vanished.
    pub(super) fn vanished(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(|(_, presence)| presence.has_vanished()).map(|(name, _)| name.as_str())
    }

    /// Fields beside those of an object that the document does not have, that came after the baseline and hold that type.
    pub(super) fn come(&self, parent: &str, kind: Option<&str>) -> Vec<String> {
        let fields = self.findings.values().filter(|finding| {
            finding.kind.is_unknown_field()
                && matches!(finding.state, Status::New | Status::Pending)
                && finding.observed.keys().all(|observed| Some(observed.as_str()) == kind)
        });
        fields
            .filter_map(|finding| finding.pointer.rsplit_once('/'))
            .filter(|(of, name)| *of == parent && *name != "*")
            .map(|(_, name)| name.to_owned())
            .collect()
    }

    /// The store has all of it.
    pub(super) fn saved(&mut self) {
        self.rewrite = false;
        for finding in self.findings.values_mut() {
            finding.dirty = false;
        }
    }

    /// This run has looked at so many records by now. What is saved midway is a share of those, even where the run is killed then.
    pub(super) fn count(&mut self, checked: u64) {
        let more = checked.saturating_sub(self.counted);
        if more == 0 {
            return;
        }
        for finding in self.findings.values_mut() {
            finding.checked += more;
            finding.dirty = true;
        }
        self.checked += more;
        self.counted = checked;
    }

    /// A run has ended that looked at so many records.
    pub(super) fn end_run(&mut self, checked: u64) {
        self.count(checked);
        self.counted = 0;
        for finding in self.findings.values_mut() {
            finding.end_run(checked);
        }
        if checked > 0 {
            self.runs += 1;
        }
    }
}

fn blank(place: &Place, expected: String, state: Status, now: Timestamp) -> Finding {
    Finding {
        kind: place.kind,
        status: place.status,
        pointer: place.pointer.clone(),
        expected,
        observed: BTreeMap::new(),
        values: BTreeSet::new(),
        seen: 0,
        checked: 0,
        first_seen: now,
        last_seen: now,
        runs: 0,
        state,
        lately: (0, 0),
        clean_runs: 0,
        met: false,
        promoted: false,
        record: 0,
        dirty: true,
    }
}

impl Finding {
    /// A finding that the store has, without its counts.
    pub(crate) fn stored(place: Place, expected: String, state: Status, now: Timestamp) -> Self {
        Self { dirty: false, ..blank(&place, expected, state, now) }
    }

    fn meet(&mut self, record: u64, now: Timestamp, stops: bool) {
        self.last_seen = now;
        self.dirty = true;
        if !(self.met && self.record == record) {
            self.count(record);
        }
        let is_sure = stops || self.lately.0 >= NEW_AFTER.0 || self.lately.1 >= NEW_AFTER.1;
        if self.state == Status::Pending && is_sure {
            self.state = Status::New;
            self.promoted = true;
        }
    }

    /// Counts a record that shows it.
    fn count(&mut self, record: u64) {
        self.record = record;
        if self.state == Status::Resolved {
            self.state = Status::Pending;
            self.lately = (0, 0);
        }
        self.seen += 1;
        self.lately.0 += 1;
        if !self.met {
            self.met = true;
            self.runs += 1;
            self.lately.1 += 1;
        }
    }

    fn end_run(&mut self, checked: u64) {
        if self.met {
            self.clean_runs = 0;
        } else if checked > 0 && self.state != Status::Resolved {
            self.clean_runs += 1;
            if self.clean_runs >= RESOLVED_AFTER {
                self.state = Status::Resolved;
                self.lately = (0, 0);
            }
        }
        self.dirty |= checked > 0;
        self.met = false;
    }

    fn absorb(&mut self, other: &Self) {
        for (observed, count) in &other.observed {
            *self.observed.entry(observed.clone()).or_default() += count;
        }
        self.seen += other.seen;
        self.checked = self.checked.max(other.checked);
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.runs = self.runs.max(other.runs);
        self.state = self.state.min(other.state);
        self.lately = (self.lately.0 + other.lately.0, self.lately.1.max(other.lately.1));
        self.clean_runs = self.clean_runs.min(other.clean_runs);
        self.met |= other.met;
    }
}
