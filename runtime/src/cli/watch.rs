//! What a run is watched by: log lines, a port for Prometheus, a collector.

use clap::{Arg, ArgMatches, Command};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use super::output;
use crate::contract::Contract;
use crate::observe::Shield;
use crate::observe::logs::{self, Format, Levels};

const LOG: &str = "log";
const LEVEL: &str = "log-level";
const VARIABLE: &str = "RUST_LOG";
#[cfg(feature = "prometheus")]
const METRICS: &str = "metrics";
#[cfg(feature = "otlp")]
const OTLP: &str = "otlp";

/// Why a run cannot be watched as it was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchProblem {
    #[error("{VARIABLE} cannot be used: {0}")]
    Level(String),
    #[error("this program has a subscriber for `tracing` already")]
    Subscriber,
    #[cfg(any(feature = "prometheus", feature = "otlp"))]
    #[error("this program has a recorder for `metrics` already")]
    Recorder,
    #[cfg(feature = "prometheus")]
    #[error(transparent)]
    Prometheus(#[from] crate::observe::prometheus::PrometheusError),
    #[cfg(feature = "otlp")]
    #[error(transparent)]
    Otlp(#[from] crate::observe::otlp::OtlpError),
}

/// The arguments of every command.
pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .arg(
            Arg::new(LOG)
                .long("log")
                .value_name("FORMAT")
                .global(true)
                .value_parser(["text", "json"])
                .help("Write what happens to standard error, for people or as JSON lines"),
        )
        .arg(
            Arg::new(LEVEL)
                .long("log-level")
                .value_name("LEVELS")
                .global(true)
                .value_parser(|text: &str| text.parse::<Levels>())
                .help(
                    "How much of it, for example debug or warn,linchpin=debug [default: RUST_LOG, else info]",
                ),
        );
    #[cfg(feature = "prometheus")]
    let command = command.arg(
        Arg::new(METRICS)
            .long("metrics")
            .value_name("ADDRESS")
            .global(true)
            .value_parser(clap::value_parser!(std::net::SocketAddr))
            .help("Answer Prometheus on http://ADDRESS/metrics while it runs, for example 127.0.0.1:9000"),
    );
    #[cfg(feature = "otlp")]
    let command =
        command.arg(Arg::new(OTLP).long("otlp").value_name("URL").global(true).help(
            "Send spans and metrics to an OTLP collector over HTTP, for example http://127.0.0.1:4318",
        ));
    command
}

/// What watches a run, until it is ended.
pub(super) struct Watched {
    shield: Shield,
    #[cfg(feature = "otlp")]
    otlp: Option<crate::observe::otlp::Otlp>,
}

impl Watched {
    /// Sets up what the arguments ask for. Nothing is logged, and nothing listens, where they ask for nothing.
    #[cfg_attr(
        not(feature = "prometheus"),
        allow(clippy::unused_async, reason = "only the port is waited for")
    )]
    pub(super) async fn begin(contract: &Contract, matches: &ArgMatches) -> Result<Self, WatchProblem> {
        let shield = Shield::default();
        let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
        let (format, level) = (matches.get_one::<String>(LOG), matches.get_one::<Levels>(LEVEL));
        if format.is_some() || level.is_some() {
            let levels = match level {
                Some(levels) => levels.clone(),
                None => from_environment()?,
            };
            let format = if format.is_some_and(|name| name == "json") { Format::Json } else { Format::Text };
            layers.push(logs::layer(format, levels, shield.clone(), logs::standard_error));
            output::log();
        }
        #[cfg(any(feature = "prometheus", feature = "otlp"))]
        let mut recorders: Vec<Box<dyn metrics::Recorder + Send + Sync>> = Vec::new();
        #[cfg(feature = "otlp")]
        let otlp = match matches.get_one::<String>(OTLP) {
            Some(url) => Some(crate::observe::otlp::Otlp::new(contract, url, shield.clone())?),
            None => None,
        };
        #[cfg(feature = "otlp")]
        if let Some(otlp) = &otlp {
            layers.push(otlp.layer());
            recorders.push(Box::new(otlp.recorder()));
        }
        #[cfg(not(feature = "otlp"))]
        let _ = contract;
        if !layers.is_empty() {
            tracing::subscriber::set_global_default(Registry::default().with(layers))
                .map_err(|_| WatchProblem::Subscriber)?;
        }
        #[cfg(feature = "prometheus")]
        if let Some(address) = matches.get_one::<std::net::SocketAddr>(METRICS) {
            let (recorder, handle) = crate::observe::prometheus::recorder()?;
            let bound = crate::observe::prometheus::serve(*address, handle).await?;
            recorders.push(Box::new(recorder));
            if bound != *address {
                output::note(&format!("metrics are at http://{bound}/metrics"));
            }
        }
        #[cfg(any(feature = "prometheus", feature = "otlp"))]
        if !recorders.is_empty() {
            metrics::set_global_recorder(crate::observe::Fanout::new(recorders))
                .map_err(|_| WatchProblem::Recorder)?;
        }
        Ok(Self {
            shield,
            #[cfg(feature = "otlp")]
            otlp,
        })
    }

    /// What hides a client's secrets.
    pub(super) fn shield(&self) -> &Shield {
        &self.shield
    }

    /// Sends what is left.
    #[cfg_attr(
        not(feature = "otlp"),
        allow(clippy::unused_async, reason = "only the collector is waited for")
    )]
    pub(super) async fn end(&self) {
        #[cfg(feature = "otlp")]
        if let Some(otlp) = self.otlp.clone() {
            let ended = tokio::task::spawn_blocking(move || otlp.shutdown()).await;
            if let Ok(Err(problem)) = ended {
                output::warning(&problem.to_string());
            }
        }
    }
}

/// What `RUST_LOG` says, as it does for other programs written in Rust.
fn from_environment() -> Result<Levels, WatchProblem> {
    match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => text.parse().map_err(WatchProblem::Level),
        _ => Ok(Levels::default()),
    }
}
