//! Spans and metrics to a collector: OTLP over HTTP, in protobuf (OpenTelemetry specification, `otlp/exporter`).
//!
//! Requests to the collector go over the same TLS as those to the API. The variables of that specification (`OTEL_EXPORTER_OTLP_HEADERS` for a
//! credential, `OTEL_BSP_*`, `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_RESOURCE_ATTRIBUTES`) are read.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::future::BoxFuture;
use futures_util::future::{Either, select};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::trace::{Status, TracerProvider};
use opentelemetry::{KeyValue, Value};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use super::{Shield, TARGET, meter};
use crate::clock::{Clock, SystemClock};
use crate::contract::Contract;
use crate::transport::{HttpRequest, ReqwestTransport, Transport, TransportOptions};
use crate::upload::RequestBody;

/// Longest time for one batch.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer of a collector; it says what it did not take.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// The collector's URL cannot be used.
    #[error("`{url}` cannot be the URL of an OTLP collector: {problem}; for example http://127.0.0.1:4318")]
    Url {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The exporter cannot be made.
    #[error("the OTLP exporter cannot be made: {0}")]
    Exporter(String),
    /// What was left could not be sent at the end.
    #[error("not everything reached the OTLP collector: {0}")]
    Flush(String),
}

/// Sends what a program tells to one collector, until it is shut down.
#[derive(Clone, Debug)]
pub struct Otlp {
    traces: SdkTracerProvider,
    meters: SdkMeterProvider,
}

impl Otlp {
    /// Sends to `/v1/traces` and `/v1/metrics` below this URL. Called within the tokio runtime that does the sending, which has to have more
    /// than one thread. What the shield hides goes out as `***`.
    ///
    /// # Errors
    /// The URL cannot be used, or the machine cannot make connections.
    pub fn new(contract: &Contract, collector: &str, shield: Shield) -> Result<Self, OtlpError> {
        let wrong = |problem: &str| OtlpError::Url { url: collector.to_owned(), problem: problem.to_owned() };
        let url = Url::parse(collector).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong("it is to be http or https with a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let problem = "it holds a credential, which every user of this machine could see; put that into OTEL_EXPORTER_OTLP_HEADERS";
            return Err(OtlpError::Url { url: "***".to_owned(), problem: problem.to_owned() });
        }
        let failed = |error: &dyn std::fmt::Display| OtlpError::Exporter(error.to_string());
        let options = TransportOptions { allow_plain: true, ..TransportOptions::default() };
        let transport = ReqwestTransport::new(&options).map_err(|error| failed(&error))?;
        let sender = Sender { transport: Arc::new(transport), tokio: Handle::current() };
        let below = |path: &str| format!("{}{path}", collector.trim_end_matches('/'));
        let spans = SpanExporter::builder()
            .with_http()
            .with_http_client(sender.clone())
            .with_endpoint(below("/v1/traces"))
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| failed(&error))?;
        let metrics = MetricExporter::builder()
            .with_http()
            .with_http_client(sender)
            .with_endpoint(below("/v1/metrics"))
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| failed(&error))?;
        let resource = Resource::builder()
            .with_service_name(format!("linchpin-{}", contract.name))
            .with_attribute(KeyValue::new("service.version", contract.version))
            .build();
        let traces = SdkTracerProvider::builder()
            .with_batch_exporter(Shielded { spans, shield })
            .with_resource(resource.clone())
            .build();
        let meters =
            SdkMeterProvider::builder().with_periodic_exporter(metrics).with_resource(resource).build();
        Ok(Self { traces, meters })
    }

    /// The layer that sends spans, and the events in them: those of this crate, and no other's.
    pub fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.traces.tracer(TARGET))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(filter_fn(|metadata| metadata.target() == TARGET))
            .boxed()
    }

    /// The recorder that sends metrics, which [`metrics::set_global_recorder`] takes.
    pub fn recorder(&self) -> OtlpRecorder {
        let recorder = OtlpRecorder {
            meter: self.meters.meter(TARGET),
            descriptions: Mutex::default(),
            counters: Mutex::default(),
            gauges: Mutex::default(),
            histograms: Mutex::default(),
        };
        meter::describe_to(&recorder);
        recorder
    }

    /// Sends what is left. Blocks, so it is no call for a task.
    ///
    /// # Errors
    /// The collector did not take it.
    pub fn shutdown(&self) -> Result<(), OtlpError> {
        let (traces, meters) = (self.traces.shutdown(), self.meters.shutdown());
        traces.and(meters).map_err(|error| OtlpError::Flush(error.to_string()))
    }
}

/// Looks for secrets in what is sent.
#[derive(Debug)]
struct Shielded {
    spans: SpanExporter,
    shield: Shield,
}

impl Shielded {
    fn scrub(&self, attributes: &mut [KeyValue]) {
        for attribute in attributes {
            if let Value::String(text) = &attribute.value {
                attribute.value = Value::from(self.shield.scrub(text.as_str()));
            }
        }
    }
}

impl opentelemetry_sdk::trace::SpanExporter for Shielded {
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        for span in &mut batch {
            self.scrub(&mut span.attributes);
            for event in &mut span.events.events {
                self.scrub(&mut event.attributes);
            }
            if let Status::Error { description } = &mut span.status {
                *description = self.shield.scrub(description).into();
            }
        }
        self.spans.export(batch)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.spans.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.spans.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.spans.set_resource(resource);
    }
}

/// Sends batches. The exporters work on threads of their own, which have no runtime.
#[derive(Clone, Debug)]
struct Sender {
    transport: Arc<ReqwestTransport>,
    tokio: Handle,
}

impl HttpClient for Sender {
    fn send_bytes<'sender, 'sent>(
        &'sender self,
        request: http::Request<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, HttpError>> + Send + 'sent>>
    where
        'sender: 'sent,
        Self: 'sent,
    {
        let transport = Arc::clone(&self.transport);
        let sending = self.tokio.spawn(async move {
            let answer: BoxFuture<'_, _> = Box::pin(exchange(&*transport, request));
            match select(answer, SystemClock::new().timer(PATIENCE)).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(format!("no answer within {} s", PATIENCE.as_secs()).into()),
            }
        });
        Box::pin(async move { sending.await.map_err(HttpError::from)? })
    }
}

async fn exchange(
    transport: &dyn Transport,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, HttpError> {
    let (head, body) = request.into_parts();
    let url = Url::parse(&head.uri.to_string())?;
    let body = RequestBody::from(body);
    let request = HttpRequest { method: head.method, url, headers: head.headers, body };
    let mut answer = transport.send(request).await?;
    let mut bytes = BytesMut::new();
    while let Some(piece) = answer.body.chunk().await? {
        if bytes.len() + piece.len() > LONGEST_ANSWER {
            return Err("the collector's answer is too long".into());
        }
        bytes.extend_from_slice(&piece);
    }
    let mut response = http::Response::new(bytes.freeze());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// Hands the metrics of the facade to OpenTelemetry.
#[derive(Debug)]
pub struct OtlpRecorder {
    meter: Meter,
    descriptions: Mutex<HashMap<String, (Option<Unit>, SharedString)>>,
    counters: Known<Counter>,
    gauges: Known<Gauge>,
    histograms: Known<Histogram>,
}

/// What was made of a key is kept: a gauge that goes up by one has to know where it stood.
type Known<T> = Mutex<HashMap<Key, T>>;

fn known<T: Clone>(all: &Known<T>, key: &Key, make: impl FnOnce() -> T) -> T {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(one) = all.get(key) {
        return one.clone();
    }
    let one = make();
    all.insert(key.clone(), one.clone());
    one
}

impl OtlpRecorder {
    fn describe(&self, name: &KeyName, unit: Option<Unit>, text: SharedString) {
        let mut known = self.descriptions.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.as_str().to_owned(), (unit, text));
    }

    /// The unit as UCUM writes it, and the description.
    fn description(&self, key: &Key) -> (&'static str, String) {
        let known = self.descriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let (unit, text) =
            known.get(key.name()).map_or((None, String::new()), |(unit, text)| (*unit, text.to_string()));
        let unit = match unit {
            Some(Unit::Seconds) => "s",
            Some(Unit::Bytes) => "By",
            _ => "1",
        };
        (unit, text)
    }
}

fn attributes(key: &Key) -> Vec<KeyValue> {
    let told = key.labels().filter(|label| !label.value().is_empty());
    told.map(|label| KeyValue::new(label.key().to_owned(), label.value().to_owned())).collect()
}

impl Recorder for OtlpRecorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, unit, text);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, unit, text);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(&name, unit, text);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        known(&self.counters, key, || {
            let (unit, text) = self.description(key);
            let made = self.meter.u64_counter(key.name().to_owned()).with_unit(unit).with_description(text);
            let (counter, attributes) = (made.build(), attributes(key));
            Counter::from_arc(Arc::new(Counts { counter, attributes, absolute: AtomicU64::new(0) }))
        })
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        known(&self.gauges, key, || {
            let (unit, text) = self.description(key);
            let made = self.meter.f64_gauge(key.name().to_owned()).with_unit(unit).with_description(text);
            let (gauge, attributes) = (made.build(), attributes(key));
            Gauge::from_arc(Arc::new(Level { gauge, attributes, value: Mutex::new(0.0) }))
        })
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        known(&self.histograms, key, || {
            let (unit, text) = self.description(key);
            let made = self.meter.f64_histogram(key.name().to_owned()).with_unit(unit).with_description(text);
            let (histogram, attributes) = (made.build(), attributes(key));
            Histogram::from_arc(Arc::new(Samples { histogram, attributes }))
        })
    }
}

struct Counts {
    counter: opentelemetry::metrics::Counter<u64>,
    attributes: Vec<KeyValue>,
    absolute: AtomicU64,
}

impl CounterFn for Counts {
    fn increment(&self, value: u64) {
        self.counter.add(value, &self.attributes);
    }

    fn absolute(&self, value: u64) {
        let before = self.absolute.fetch_max(value, Ordering::Relaxed);
        self.increment(value.saturating_sub(before));
    }
}

struct Level {
    gauge: opentelemetry::metrics::Gauge<f64>,
    attributes: Vec<KeyValue>,
    value: Mutex<f64>,
}

impl Level {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        *value = change(*value);
        self.gauge.record(*value, &self.attributes);
    }
}

impl GaugeFn for Level {
    fn increment(&self, value: f64) {
        self.change(|before| before + value);
    }

    fn decrement(&self, value: f64) {
        self.change(|before| before - value);
    }

    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

struct Samples {
    histogram: opentelemetry::metrics::Histogram<f64>,
    attributes: Vec<KeyValue>,
}

impl HistogramFn for Samples {
    fn record(&self, value: f64) {
        self.histogram.record(value, &self.attributes);
    }
}
