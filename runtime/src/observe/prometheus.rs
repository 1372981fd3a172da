//! A port that Prometheus reads: `GET /metrics` in its text format.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio::net::TcpListener;

use super::meter;
use crate::clock::{Clock, SystemClock};

/// Upper bounds of the latency histogram, in seconds: from a near server to one that is about to time out.
const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// How often the samples that nobody has asked for are put into their buckets; until then each takes memory.
const UPKEEP: Duration = Duration::from_secs(5);
/// Longest time for the head of a question, so that connections that ask nothing do not stay.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrometheusError {
    /// The port cannot be had.
    #[error("nothing can listen on {address} for Prometheus: {cause}; take another port")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// The recorder cannot be made.
    #[error("the recorder for Prometheus cannot be made: {0}")]
    Recorder(String),
}

/// A recorder, which [`metrics::set_global_recorder`] takes, and what it has recorded.
///
/// # Errors
/// The recorder cannot be made.
pub fn recorder() -> Result<(PrometheusRecorder, PrometheusHandle), PrometheusError> {
    let recorder = [meter::DURATION, meter::WAITS]
        .iter()
        .try_fold(PrometheusBuilder::new(), |builder, metric| {
            builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), SECONDS)
        })
        .map_err(|error| PrometheusError::Recorder(error.to_string()))?
        .build_recorder();
    meter::describe_to(&recorder);
    let handle = recorder.handle();
    Ok((recorder, handle))
}

/// Listens, and answers what was recorded until the program ends. Gives the address, whose port was free where 0 was asked for.
///
/// There is no credential: whoever reaches the address reads names of operations and streams, and numbers.
///
/// # Errors
/// The port cannot be had.
pub async fn serve(address: SocketAddr, handle: PrometheusHandle) -> Result<SocketAddr, PrometheusError> {
    let failed = |cause| PrometheusError::Listen { address, cause };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    tokio::spawn(answer_all(listener, handle));
    Ok(bound)
}

async fn answer_all(listener: TcpListener, handle: PrometheusHandle) {
    let clock = SystemClock::new();
    let mut upkeep = clock.sleep(UPKEEP);
    loop {
        let accepting = Box::pin(listener.accept());
        match select(accepting, upkeep).await {
            Either::Left((accepted, rest)) => {
                upkeep = rest;
                // The one who asked has gone, or this process has too many files open: the next one may be luckier.
                let Ok((connection, _)) = accepted else {
                    clock.sleep(Duration::from_millis(100)).await;
                    continue;
                };
                let handle = handle.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, handle.clone()));
                    let server = http1::Builder::new()
                        .timer(TokioTimer::new())
                        .header_read_timeout(PATIENCE)
                        .serve_connection(TokioIo::new(connection), service);
                    // Whoever breaks off gets no metrics; nobody else has to know.
                    let _ = server.await;
                });
            }
            Either::Right(((), _)) => {
                handle.run_upkeep();
                upkeep = clock.sleep(UPKEEP);
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    handle: PrometheusHandle,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", handle.render())
        }
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET /metrics\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "text/plain", "metrics are at /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    Ok(response)
}
