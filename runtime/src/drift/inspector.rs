//! Who looks at the records of a run.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use jiff::Timestamp;

use crate::contract::{Contract, DriftPolicy, FieldShape, Path, Reaction, Shape, Source, Stream};
use crate::wire::object::Seen;

use super::behaviour::{self, Behaviour};
use super::bounds;
use super::findings::{Finding, Observation, Presence, StreamDrift};
use super::walk::{Met, Sink, Step, walk, walk_around};
use super::{Kind, Status};

/// Records of a run that are looked at whole before only some of them are.
const FIRST: u64 = 200;
/// One in so many of those that follow.
const ONE_IN: u64 = 100;
/// Records after which counts are written that nobody waits for. What a kill loses of them is met again.
const FLUSH: u64 = 20_000;
/// Characters of a key that are kept, and of an enum's text where those are.
const LONGEST: usize = 64;

/// What becomes of a record.
#[derive(Debug, PartialEq)]
pub(crate) enum Fate {
    /// It is stored as it was served.
    Keep,
    /// It is stored without some of its values.
    Changed(String),
    /// It goes to quarantine.
    Aside(Reason),
    /// The stream stops.
    Freeze(Reason),
}

/// Why a record is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) kind: Kind,
    /// One sentence, without values.
    pub(crate) text: String,
}

/// Looks at the records of one stream in one run. Slices that are read side by side share it.
#[derive(Debug)]
pub(crate) struct Inspector {
    contract: &'static Contract,
    stream: &'static Stream,
    seed: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    drift: StreamDrift,
    /// Of the record's fields, by their index; the same by name is in `drift` where that is told.
    presence: Vec<Presence>,
    /// Records so far.
    records: u64,
    /// How many of them were looked at whole.
    checked: u64,
    /// How many went to quarantine.
    quarantined: u64,
    /// Whether a finding has come that the store does not know.
    urgent: bool,
    /// Records since the store was last told.
    since: u64,
}

impl Inner {
    fn keep_presence(&mut self, stream: &Stream) {
        self.drift.set_presence(fields(stream), &self.presence);
    }

    fn tell(&mut self, behaviour: Behaviour, now: Timestamp) {
        let Behaviour { kind, status, pointer, expected, observed } = behaviour;
        let expected = &|| expected.clone();
        let (record, observed, value) = (self.records, observed.as_str(), None);
        let stops = kind.stops();
        let met = Observation { record, kind, status, pointer, expected, observed, value, stops };
        self.urgent |= self.drift.meet(met, now);
    }
}

/// What a run has met.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct DriftSummary {
    /// Records that were looked at whole.
    pub checked: u64,
    /// Findings that this run has made new.
    pub new: u64,
    /// Findings that are new and not accepted, whichever run made them so.
    pub open: u64,
    /// The first of what this run has made new, for people: `null_not_nullable at /tickets/*/due_at`.
    pub first: Vec<String>,
    /// Whether this was the run that all later ones are compared with.
    pub baseline: bool,
}

impl Inspector {
    /// With what is known of the stream. The seed decides which records are looked at.
    pub(crate) fn new(
        contract: &'static Contract,
        stream: &'static Stream,
        drift: StreamDrift,
        seed: u64,
    ) -> Self {
        let presence = drift.presence(fields(stream));
        let inner =
            Inner { drift, presence, records: 0, checked: 0, quarantined: 0, urgent: false, since: 0 };
        Self { contract, stream, seed, inner: Mutex::new(inner) }
    }

    /// Looks at the records of a page that came with that status.
    pub(crate) fn page(&self, status: u16, now: Timestamp) -> PageInspector<'_> {
        PageInspector {
            contract: self.contract,
            stream: self.stream,
            seed: self.seed,
            status,
            now,
            inner: self.lock(),
        }
    }

    /// Takes in what is no record's.
    pub(crate) fn behaviour(&self, behaviour: Behaviour, now: Timestamp) {
        self.lock().tell(behaviour, now);
    }

    /// What the store is to be told now, if anything.
    pub(crate) fn to_save(&self) -> Option<StreamDrift> {
        let mut inner = self.lock();
        if !inner.urgent && inner.since < FLUSH {
            return None;
        }
        (inner.urgent, inner.since) = (false, 0);
        inner.keep_presence(self.stream);
        let checked = inner.checked;
        inner.drift.count(checked);
        let drift = inner.drift.clone();
        inner.drift.saved();
        Some(drift)
    }

    /// The run has ended, well or not: what the store is to be told, if anything, and what the run has met.
    pub(crate) fn finish(&self, now: Timestamp) -> (Option<StreamDrift>, DriftSummary) {
        let mut inner = self.lock();
        let baseline = inner.drift.runs == 0;
        let checked = inner.checked;
        if checked > 0 {
            inner.keep_presence(self.stream);
        }
        behaviour::vanished(self.stream, &mut inner.drift, now);
        inner.drift.end_run(checked);
        let drift = inner.drift.clone();
        inner.drift.saved();
        let promoted: Vec<&Finding> = drift.findings().filter(|finding| finding.promoted).collect();
        let summary = DriftSummary {
            checked,
            new: promoted.len() as u64,
            open: drift.findings().filter(|finding| finding.state == Status::New).count() as u64,
            first: promoted
                .iter()
                .take(3)
                .map(|finding| format!("{} at {}", finding.kind, finding.pointer))
                .collect(),
            baseline: baseline && checked > 0,
        };
        let changed = checked > 0 || drift.overflow > 0 || drift.findings().any(|finding| finding.dirty);
        (changed.then_some(drift), summary)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at the records of one page.
pub(crate) struct PageInspector<'i> {
    contract: &'static Contract,
    stream: &'static Stream,
    seed: u64,
    status: u16,
    now: Timestamp,
    inner: MutexGuard<'i, Inner>,
}

impl PageInspector<'_> {
    /// Looks at a record, if it is its turn.
    #[inline]
    pub(crate) fn record(&mut self, record: &str) -> Fate {
        if self.takes() { self.look(record) } else { Fate::Keep }
    }

    /// Counts the next record, and says whether it is to be looked at.
    #[inline]
    pub(crate) fn takes(&mut self) -> bool {
        let number = self.inner.records;
        self.inner.records += 1;
        self.inner.since += 1;
        let chosen = number < FIRST || mix(self.seed ^ number).is_multiple_of(ONE_IN);
        chosen || self.stream.drift.acts()
    }

    /// Looks at the body around the records. Those of the first pages tell enough.
    pub(crate) fn body(&mut self, body: &[u8]) {
        let Source::Pages = self.stream.source else { return };
        // Before the text is looked at: all but the first pages end here.
        if self.inner.records >= FIRST || self.stream.records.is_empty() {
            return;
        }
        let shape = self.stream.operation.response(self.status).map(|response| response.shape);
        let (Some(shape), Ok(body)) = (shape, std::str::from_utf8(body)) else { return };
        let inner = &mut *self.inner;
        let mut look = Look {
            stream: self.stream,
            policy: None,
            status: self.status,
            now: self.now,
            number: inner.records,
            drift: &mut inner.drift,
            seen: Seen::default(),
            urgent: false,
            edits: Vec::new(),
            refusal: None,
        };
        walk_around(body, &shape, Some(self.stream.records), &mut look);
        inner.urgent |= look.urgent;
    }

    /// Looks at a record that [`Self::takes`] has counted.
    pub(crate) fn look(&mut self, record: &str) -> Fate {
        let inner = &mut *self.inner;
        inner.checked += 1;
        let mut look = Look {
            stream: self.stream,
            policy: Some(&self.stream.drift),
            status: self.status,
            now: self.now,
            number: inner.records,
            drift: &mut inner.drift,
            seen: Seen::default(),
            urgent: false,
            edits: Vec::new(),
            refusal: None,
        };
        walk(record, &self.stream.shape, &mut look);
        let Look { seen, urgent, edits, refusal, .. } = look;
        inner.urgent |= urgent;
        for (index, presence) in inner.presence.iter_mut().enumerate() {
            presence.record(seen.contains(index));
        }
        match refusal {
            Some((Reaction::Freeze, reason)) => Fate::Freeze(reason),
            Some((_, reason)) => Fate::Aside(reason),
            None if edits.is_empty() => Fate::Keep,
            None => Fate::Changed(edited(record, &edits)),
        }
    }

    /// A record that cannot be told from others.
    pub(crate) fn without_key(&mut self, path: Path) {
        self.lost(Kind::KeyMissing, path, "a key");
    }

    /// No record has a cursor value.
    pub(crate) fn without_cursor(&mut self, path: Path) {
        self.lost(Kind::CursorLost, path, "a cursor value");
    }

    /// A record is not written as its format says. It has come, so it counts as one.
    pub(crate) fn unreadable(&mut self) {
        self.inner.records += 1;
        let pointer = record_pointer(self.stream, &[]);
        let (expected, observed) = ("a record".to_owned(), "what is none".to_owned());
        let (kind, status, now) = (Kind::TypeIncompatible, self.status, self.now);
        self.inner.tell(Behaviour { kind, status, pointer, expected, observed }, now);
    }

    fn lost(&mut self, kind: Kind, path: Path, expected: &str) {
        let pointer = record_pointer(self.stream, path);
        let (expected, observed) = (expected.to_owned(), "none".to_owned());
        let (status, now) = (self.status, self.now);
        self.inner.tell(Behaviour { kind, status, pointer, expected, observed }, now);
    }

    /// Looks at the head of the page's answer. Those of the first pages tell enough.
    pub(crate) fn head(&mut self, headers: &HeaderMap) {
        if self.inner.records < FIRST {
            for told in behaviour::told_by_head(self.contract, self.stream, self.status, headers) {
                self.inner.tell(told, self.now);
            }
        }
    }

    /// So many records of the page go to quarantine. Gives whether that is too many.
    pub(crate) fn quarantined(&mut self, records: u64) -> Option<(u64, u64)> {
        self.inner.quarantined += records;
        let (quarantined, read) = (self.inner.quarantined, self.inner.records);
        (records > 0 && self.stream.drift.quarantine.is_reached(quarantined, read))
            .then_some((quarantined, read))
    }
}

/// The fields of a stream's record; none where it is no object.
fn fields(stream: &Stream) -> &'static [FieldShape] {
    match &stream.shape {
        Shape::Object(object) => object.fields,
        _ => &[],
    }
}

/// One record under the eye.
struct Look<'i> {
    stream: &'static Stream,
    /// What is done about it; `None` around the records.
    policy: Option<&'i DriftPolicy>,
    status: u16,
    now: Timestamp,
    number: u64,
    drift: &'i mut StreamDrift,
    seen: Seen,
    urgent: bool,
    /// Texts to be left out (`false`) or to become null (`true`), in their order.
    edits: Vec<(Range<usize>, bool)>,
    refusal: Option<(Reaction, Reason)>,
}

impl Sink for Look<'_> {
    fn met(&mut self, met: &Met<'_>, way: &[Step<'_>]) {
        let pointer = pointer(self.policy.map(|_| self.stream.records), way);
        let reaction = self.policy.and_then(|policy| self.react(policy, met, way, &pointer));
        let value = (self.stream.drift.keep_enum_values && met.kind == Kind::EnumUnknownValue)
            .then(|| shortened(&text_of(met.value)));
        let observation = Observation {
            record: self.number,
            kind: met.kind,
            status: self.status,
            pointer,
            expected: &|| match met.bounds {
                Some(declared) => bounds::described(declared),
                None => met.expected.map_or_else(String::new, |shape| described(&shape)),
            },
            observed: met.observed,
            value,
            stops: reaction == Some(Reaction::Freeze),
        };
        self.urgent |= self.drift.meet(observation, self.now);
    }

    fn has(&mut self, field: usize) {
        self.seen.insert(field);
    }
}

impl Look<'_> {
    /// Does what the contract says about this difference, and gives it; nothing where it says nothing.
    fn react(
        &mut self,
        policy: &DriftPolicy,
        met: &Met<'_>,
        way: &[Step<'_>],
        pointer: &str,
    ) -> Option<Reaction> {
        let reaction = match met.kind {
            Kind::UnknownField | Kind::UnknownFieldClosed => policy.fields,
            Kind::EnumUnknownValue | Kind::DiscriminatorUnknown => policy.enums,
            Kind::MissingRequired
            | Kind::NullNotNullable
            | Kind::TypeWidened
            | Kind::TypeIncompatible
            | Kind::UnionNoBranch => policy.types,
            _ => return None,
        };
        match reaction {
            Reaction::Evolve => {}
            Reaction::DiscardValue => {
                let is_there = !matches!(met.kind, Kind::MissingRequired | Kind::NullNotNullable);
                if is_there && !self.serves(way) {
                    let to_null = !matches!(met.kind, Kind::UnknownField | Kind::UnknownFieldClosed);
                    self.edits.push((met.place.clone(), to_null));
                }
            }
            Reaction::DiscardRow | Reaction::Freeze => {
                // What stops the stream is worse than what holds one record back.
                let held = matches!(self.refusal, Some((Reaction::Freeze, _)));
                if !held && (reaction == Reaction::Freeze || self.refusal.is_none()) {
                    let expected =
                        met.expected.map_or_else(|| "nothing".to_owned(), |shape| described(&shape));
                    let text = format!("{} at {pointer}: {} in place of {expected}", met.kind, met.observed);
                    self.refusal = Some((reaction, Reason { kind: met.kind, text }));
                }
            }
        }
        Some(reaction)
    }

    /// Whether the stream is read by what stands there.
    fn serves(&self, way: &[Step<'_>]) -> bool {
        let is = |path: Path| {
            path.len() == way.len()
                && path
                    .iter()
                    .zip(way)
                    .all(|(name, step)| matches!(step, Step::Field(field) if field == name))
        };
        self.stream.key.iter().any(|path| is(path))
            || self.stream.cursor.as_ref().is_some_and(|cursor| is(cursor.field))
    }
}

/// The record without those texts. A member that is left out takes one of its commas with it.
fn edited(record: &str, edits: &[(Range<usize>, bool)]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|(place, _)| place.start);
    let mut text = String::with_capacity(record.len());
    let mut rest = 0;
    for (place, to_null) in edits {
        if place.start < rest {
            continue;
        }
        text.push_str(record.get(rest..place.start).unwrap_or_default());
        rest = place.end;
        if to_null {
            text.push_str("null");
            continue;
        }
        let after = record.get(rest..).unwrap_or_default();
        let spaces = after.len() - after.trim_start().len();
        if after.trim_start().starts_with(',') {
            rest += spaces + 1;
        } else if let Some(before) = text.trim_end().strip_suffix(',') {
            text.truncate(before.len());
        }
    }
    text.push_str(record.get(rest..).unwrap_or_default());
    text
}

/// JSON Pointer from the top of the body, of a place in a record or, without the place of the records, around them.
fn pointer(records: Option<Path>, way: &[Step<'_>]) -> String {
    let mut text = String::with_capacity(64);
    if let Some(records) = records {
        records.iter().for_each(|name| push(&mut text, name));
        text.push_str("/*");
    }
    for step in way {
        match step {
            Step::Field(name) => push(&mut text, name),
            Step::Each => text.push_str("/*"),
            Step::Key(key) => {
                let key = text_of(key);
                if is_data(&key) { text.push_str("/*") } else { push(&mut text, &shortened(&key)) }
            }
        }
    }
    text
}

/// JSON Pointer of a field of a record.
pub(crate) fn record_pointer(stream: &Stream, path: &[&str]) -> String {
    let mut text = String::new();
    for name in stream.records {
        push(&mut text, name);
    }
    text.push_str("/*");
    for name in path {
        push(&mut text, name);
    }
    text
}

fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

/// What stands between quotes, read.
fn text_of(quoted: &[u8]) -> String {
    let read = || serde_json::from_slice::<String>(&[b"\"", quoted, b"\""].concat()).ok();
    read().unwrap_or_else(|| String::from_utf8_lossy(quoted).into_owned())
}

/// A text as reports show it.
pub(super) fn shortened(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(LONGEST).collect()
}

/// Whether a key looks like a value: a number, an identifier, an address. Such a key would be somebody's data in a report.
fn is_data(key: &str) -> bool {
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    let plain = key.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$' | b'.' | b':' | b'/' | b'~' | b' ')
    });
    key.is_empty() || key.len() > LONGEST || !plain || digits * 2 >= key.len()
}

/// A shape in a word or two: `string(date-time)`, `integer or null`.
pub(crate) fn described(shape: &Shape) -> String {
    match shape {
        Shape::Any => "any value".to_owned(),
        Shape::Never => "no value".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer => "integer".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::String("") => "string".to_owned(),
        Shape::String(format) => format!("string({format})"),
        Shape::Enum(known) => format!("enum({})", known.values.len()),
        Shape::Array(_) | Shape::Tuple(_) => "array".to_owned(),
        Shape::Map(_) | Shape::Object(_) => "object".to_owned(),
        Shape::Union(union) => format!("one of {}", union.variants.len()),
        Shape::Nullable(inner) => format!("{} or null", described(inner)),
    }
}

/// One step of SplitMix64 (Steele, Lea and Flood, 2014): spreads neighbouring numbers over all bits.
const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
