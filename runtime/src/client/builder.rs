use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::auth::{self, Authoriser, TokenStore, Wire};
use crate::clock::Clock;
use crate::config::{Config, ConfigProblem, is_loopback, variables};
use crate::contract::Contract;
use crate::error::Error;
use crate::limits::{Budgets, Limiter, Moment, QuotaStore, holder};
use crate::observe::{Counters, Observer, Silent, Trace, Watch};
use crate::outbox::Outbox;
use crate::random::{Random, SystemRandom};
use crate::retry::{Gate, RetryPolicy};
use crate::transport::{ReqwestTransport, Timeouts, Transport, TransportOptions};

use super::bases::Bases;
use super::{Client, Inner};

/// Longest bodies, in bytes. They count what comes over the wire and what it is decoded to, each for itself.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    /// Of an answer. Default 64 MiB.
    pub body: u64,
    /// Of an error's answer, of which only the start is told. Default 64 KiB.
    pub error: u64,
    /// Of one item of a sequence, or one record of a body that is read record by record. Default 8 MiB.
    pub item: u64,
    /// Of an answer that is read piece by piece or item by item. Default none: what its reader does not keep takes no memory.
    pub stream: u64,
    /// How many times larger a compressed body may become, once it has become larger than 8 MiB. Default 200; text is compressed to a tenth,
    /// and what is made to fill memory to a thousandth.
    pub ratio: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self { body: 64 * 1024 * 1024, error: 64 * 1024, item: 8 * 1024 * 1024, stream: u64::MAX, ratio: 200 }
    }
}

/// Sets up a [`Client`].
pub struct ClientBuilder {
    contract: &'static Contract,
    config: Option<Config>,
    clock: Option<Arc<dyn Clock>>,
    budgets: Option<Budgets>,
    quotas: Option<Arc<dyn QuotaStore>>,
    outbox: Option<Arc<dyn Outbox>>,
    random: Arc<dyn Random>,
    transport: Option<Arc<dyn Transport>>,
    retry: RetryPolicy,
    timeouts: Timeouts,
    caps: Caps,
    observer: Arc<dyn Observer>,
    proxy: Option<url::Url>,
    token_store: Option<Arc<dyn TokenStore>>,
}

impl ClientBuilder {
    pub(super) fn new(contract: &'static Contract) -> Self {
        Self {
            contract,
            config: None,
            clock: None,
            budgets: None,
            quotas: None,
            outbox: None,
            random: Arc::new(SystemRandom::new()),
            transport: None,
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            caps: Caps::default(),
            observer: Arc::new(Silent),
            proxy: None,
            token_store: None,
        }
    }

    /// The configuration. Without one, the environment is read.
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// The clock. Default [`SystemClock`](crate::clock::SystemClock). With a clock of its own a client also has [`Budgets`] of its own.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// What it shares with other clients, which must have the same clock. Default: with the machine's clock those of the process, so that all
    /// clients of one connector and credential keep one budget; with another clock none.
    pub fn budgets(mut self, budgets: Budgets) -> Self {
        self.budgets = Some(budgets);
        self
    }

    /// What it shares of its limits with other processes. Default nothing.
    pub fn quotas(mut self, quotas: Arc<dyn QuotaStore>) -> Self {
        self.quotas = Some(quotas);
        self
    }

    /// Where requests with an idempotency key are kept from before they are sent until it is known what became of them. Default nowhere: a
    /// key then lasts as long as its call.
    pub fn outbox(mut self, outbox: Arc<dyn Outbox>) -> Self {
        self.outbox = Some(outbox);
        self
    }

    /// The source of chance. Default [`SystemRandom`].
    pub fn random(mut self, random: impl Random + 'static) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// The wire. Default [`ReqwestTransport`].
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// When calls are tried again.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Longest times of one attempt.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Longest bodies.
    pub fn caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }

    /// Who is told what the client does.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// A proxy for all requests. Default none; the environment's proxy variables are not read.
    pub fn proxy(mut self, proxy: url::Url) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Where tokens are kept. Default: the file that the config value `token_store` names; else, for tokens that a person has to get and for
    /// refresh tokens, `NAME.tokens.json` in the current folder, and for others memory.
    pub fn token_store(mut self, store: impl TokenStore + 'static) -> Self {
        self.token_store = Some(Arc::new(store));
        self
    }

    /// The client.
    ///
    /// # Errors
    /// A config value is missing or does not fit.
    pub fn build(self) -> Result<Client, Error> {
        let contract = self.contract;
        let config = match self.config {
            Some(config) => config,
            None => Config::load(contract, None)?,
        };
        config.check()?;
        let bases = Bases::new(&config)?;
        let mut redactor = config.redactor();
        let authoriser = Authoriser::new(&config, &mut redactor)?;
        let endpoints = config.auth().endpoints().into_iter().map(|(key, url)| config.endpoint(key, url));
        let endpoints = endpoints.collect::<Result<Vec<_>, Error>>()?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                let options = TransportOptions {
                    connect_timeout: self.timeouts.connect,
                    proxy: self.proxy,
                    allow_plain: bases
                        .all()
                        .chain(&endpoints)
                        .any(|url| url.scheme() == "http" && is_loopback(url)),
                };
                let transport = ReqwestTransport::new(&options)
                    .map_err(|error| Error::new(ConfigProblem::Machine(error.cause)))?;
                Arc::new(transport) as Arc<dyn Transport>
            }
        };
        let (of_process, process_clock) = Budgets::of_process();
        let (clock, budgets) = match (self.clock, self.budgets) {
            (Some(clock), budgets) => (clock, budgets.unwrap_or_default()),
            (None, budgets) => (process_clock, budgets.unwrap_or(of_process)),
        };
        let server = bases.server().origin().ascii_serialization();
        let pool = budgets.pool(contract.name, &server);
        let limiter = Limiter::new(&config, pool, self.quotas, Moment::of(&*clock));
        let credential = holder(&config, &config.credential_keys());
        let partitions = bases
            .all()
            .map(|base| {
                let server = base.origin().ascii_serialization();
                let partition = budgets.partition(&server, credential);
                (server, partition)
            })
            .collect();
        let counters = Arc::new(Counters::default());
        let observer = Arc::new(Watch::new(contract.name, self.observer));
        let wire = Wire {
            observer: Arc::clone(&observer),
            counters: Arc::clone(&counters),
            transport: Arc::clone(&transport),
            clock: Arc::clone(&clock),
            random: Arc::clone(&self.random),
            timeouts: self.timeouts,
            retry: self.retry.clone(),
            redactor: redactor.clone(),
            agent: agent(contract),
        };
        let tokens = auth::tokens(config.auth(), &config, self.token_store, wire)?;
        Ok(Client(
            Arc::new(Inner {
                contract,
                headers: default_headers(contract, &config)?,
                secret_headers: secret_headers(contract, &config),
                correlation: correlation(contract, &config)?,
                credential_keys: config.credential_keys(),
                bases,
                config,
                authoriser,
                tokens,
                redactor,
                transport,
                clock,
                random: self.random,
                retry: self.retry,
                timeouts: self.timeouts,
                caps: self.caps,
                limiter,
                partitions,
                outbox: self.outbox,
                observer,
                gate: Gate::default(),
                counters,
            }),
            Trace::default(),
        ))
    }
}

fn correlation(contract: &'static Contract, config: &Config) -> Result<Option<HeaderName>, Error> {
    let parse = |name: &'static str| {
        HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| config.invalid(name, "the contract's correlation header has no valid name"))
    };
    contract.correlation_header.map(parse).transpose()
}

/// Names of those headers that hold a secret.
fn secret_headers(contract: &'static Contract, config: &Config) -> Vec<HeaderName> {
    let secret =
        contract.headers.iter().filter(|(_, value)| variables(value).any(|name| config.is_secret(name)));
    secret.filter_map(|(name, _)| HeaderName::from_bytes(name.as_bytes()).ok()).collect()
}

/// Who asks.
fn agent(contract: &'static Contract) -> HeaderMap {
    let agent = format!(
        "linchpin-{}/{} (+linchpin-runtime/{})",
        contract.name,
        contract.version,
        env!("CARGO_PKG_VERSION")
    );
    let mut headers = HeaderMap::new();
    if let Ok(agent) = HeaderValue::from_str(&agent) {
        headers.insert(header::USER_AGENT, agent);
    }
    headers
}

/// Headers of every request: those of the contract, and who asks.
fn default_headers(contract: &'static Contract, config: &Config) -> Result<HeaderMap, Error> {
    let mut headers = agent(contract);
    for (name, template) in contract.headers {
        let key = variables(template).next().unwrap_or(name);
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| config.invalid(key, format!("the contract's header `{name}` has no valid name")))?;
        let mut value = HeaderValue::from_str(&config.expand(template)?)
            .map_err(|_| config.invalid(key, format!("the header `{name}` cannot carry it")))?;
        // Whether a variable in it is a secret is not worth telling apart.
        value.set_sensitive(template.contains('{'));
        headers.insert(parsed, value);
    }
    Ok(headers)
}
