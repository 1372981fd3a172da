//! One recorder for several, since a program has only one.

use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// Tells each of these recorders everything.
pub struct Fanout(Vec<Box<dyn Recorder + Send + Sync>>);

impl Fanout {
    /// Of these.
    pub fn new(recorders: Vec<Box<dyn Recorder + Send + Sync>>) -> Self {
        Self(recorders)
    }
}

impl Recorder for Fanout {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.0.iter().for_each(|recorder| recorder.describe_counter(name.clone(), unit, text.clone()));
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.0.iter().for_each(|recorder| recorder.describe_gauge(name.clone(), unit, text.clone()));
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.0.iter().for_each(|recorder| recorder.describe_histogram(name.clone(), unit, text.clone()));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let each = self.0.iter().map(|recorder| recorder.register_counter(key, metadata));
        Counter::from_arc(Arc::new(Each(each.collect::<Vec<_>>())))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let each = self.0.iter().map(|recorder| recorder.register_gauge(key, metadata));
        Gauge::from_arc(Arc::new(Each(each.collect::<Vec<_>>())))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let each = self.0.iter().map(|recorder| recorder.register_histogram(key, metadata));
        Histogram::from_arc(Arc::new(Each(each.collect::<Vec<_>>())))
    }
}

struct Each<T>(Vec<T>);

impl CounterFn for Each<Counter> {
    fn increment(&self, value: u64) {
        self.0.iter().for_each(|each| each.increment(value));
    }

    fn absolute(&self, value: u64) {
        self.0.iter().for_each(|each| each.absolute(value));
    }
}

impl GaugeFn for Each<Gauge> {
    fn increment(&self, value: f64) {
        self.0.iter().for_each(|each| each.increment(value));
    }

    fn decrement(&self, value: f64) {
        self.0.iter().for_each(|each| each.decrement(value));
    }

    fn set(&self, value: f64) {
        self.0.iter().for_each(|each| each.set(value));
    }
}

impl HistogramFn for Each<Histogram> {
    fn record(&self, value: f64) {
        self.0.iter().for_each(|each| each.record(value));
    }
}
