//! Metrics by the facade of crate `metrics`: whatever recorder the program installs gets them. Labels are names of the contract and of this
//! crate, never what a server or a user says, so their number is known when a connector is generated.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use metrics::{Key, Label, Level, Metadata, Recorder, Unit};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// A metric of this crate.
#[derive(Clone, Copy, Debug)]
pub struct MetricInfo {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: MetricKind,
    /// Its unit.
    pub unit: Unit,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub description: &'static str,
}

macro_rules! metrics {
    ($($constant:ident = $name:literal, $kind:ident, $unit:ident, [$($label:literal),*], $description:literal;)*) => {
        $(pub(super) const $constant: &MetricInfo = &MetricInfo {
            name: $name,
            kind: MetricKind::$kind,
            unit: Unit::$unit,
            labels: &[$($label),*],
            description: $description,
        };)*
        /// Every metric of this crate. A label that does not apply is empty, which Prometheus takes for absent.
        pub const METRICS: &[&MetricInfo] = &[$($constant),*];
    };
}

metrics! {
    REQUESTS = "linchpin_requests_total", Counter, Count, ["connector", "operation", "outcome"],
        "Attempts to get an answer, by what they came to";
    RETRIES = "linchpin_retries_total", Counter, Count, ["connector", "operation"],
        "Attempts after the first of their call";
    DURATION = "linchpin_request_duration_seconds", Histogram, Seconds, ["connector", "operation", "outcome"],
        "Time of an attempt, from its start to the last byte of the answer that it reads";
    BYTES = "linchpin_response_bytes_total", Counter, Bytes, ["connector", "operation"],
        "Bytes of answers' bodies that were read whole";
    TOKENS = "linchpin_token_requests_total", Counter, Count, ["connector", "purpose", "outcome"],
        "Requests to the server that gives tokens, by what they were for and what they came to";
    TOKEN_DURATION = "linchpin_token_request_duration_seconds", Histogram, Seconds, ["connector", "purpose", "outcome"],
        "Time of such a request, to the last byte of its answer";
    WAITS = "linchpin_wait_seconds", Histogram, Seconds, ["connector", "operation", "reason", "limit"],
        "Waits, by their reason: limit, server or backoff";
    LEFT = "linchpin_limit_remaining", Gauge, Count, ["connector", "limit"],
        "Units left of a limit after the latest request took from it";
    PAGES = "linchpin_pages_total", Counter, Count, ["connector", "operation", "stream"], "Pages read";
    RECORDS = "linchpin_records_total", Counter, Count, ["connector", "operation", "stream"], "Records in these pages";
    RUNS = "linchpin_stream_runs_total", Counter, Count, ["connector", "stream", "outcome"],
        "Runs of streams that ended, by how: ok, parked or failed";
    WRITTEN = "linchpin_records_written_total", Counter, Count, ["connector", "stream", "change"],
        "Records committed to the store: new, changed or unchanged";
}

/// Tells the current recorder what the metrics mean. A program that installs a recorder of its own calls it once, after that.
pub fn describe() {
    metrics::with_recorder(describe_to);
}

pub(super) fn describe_to(recorder: &dyn Recorder) {
    for metric in METRICS {
        let (name, unit, text) = (metric.name.into(), Some(metric.unit), metric.description.into());
        match metric.kind {
            MetricKind::Counter => recorder.describe_counter(name, unit, text),
            MetricKind::Gauge => recorder.describe_gauge(name, unit, text),
            MetricKind::Histogram => recorder.describe_histogram(name, unit, text),
        }
    }
}

const METADATA: &Metadata<'static> = &Metadata::new(super::TARGET, Level::INFO, Some(module_path!()));

/// The values of a metric's labels after `connector`; the rest is empty.
type Values = [&'static str; 3];

/// Records metrics of one connector. The keys are kept, so that an event allocates nothing after the first of its kind. What a recorder makes
/// of a key is not kept, since the program may install its recorder at any time.
#[derive(Debug)]
pub(super) struct Meter {
    connector: &'static str,
    keys: RwLock<HashMap<(&'static str, Values), Key>>,
}

impl Meter {
    pub(super) fn new(connector: &'static str) -> Self {
        Self { connector, keys: RwLock::default() }
    }

    pub(super) fn count(&self, metric: &'static MetricInfo, values: Values, amount: u64) {
        self.with(metric, values, |recorder, key| recorder.register_counter(key, METADATA).increment(amount));
    }

    pub(super) fn set(&self, metric: &'static MetricInfo, values: Values, value: f64) {
        self.with(metric, values, |recorder, key| recorder.register_gauge(key, METADATA).set(value));
    }

    pub(super) fn record(&self, metric: &'static MetricInfo, values: Values, value: f64) {
        self.with(metric, values, |recorder, key| recorder.register_histogram(key, METADATA).record(value));
    }

    fn with(&self, metric: &'static MetricInfo, values: Values, tell: impl Fn(&dyn Recorder, &Key)) {
        let id = (metric.name, values);
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(&id) {
            return metrics::with_recorder(|recorder| tell(recorder, key));
        }
        drop(known);
        let given = std::iter::once(self.connector).chain(values);
        let labels: Vec<Label> = metric
            .labels
            .iter()
            .zip(given)
            .map(|(name, value)| Label::from_static_parts(name, value))
            .collect();
        let key = Key::from_parts(metric.name, labels);
        metrics::with_recorder(|recorder| tell(recorder, &key));
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(id, key);
    }
}
