//! The command line of every connector, built from its contract: `check`, `discover`, `read`, `sync`, `drift`, `quarantine` and
//! `sandbox`; where it has tokens `login` and `logout`, where it writes with idempotency keys `outbox`.
//!
//! What a program may want stands on standard output; progress, warnings and errors on standard error.

mod arguments;
mod check;
mod discover;
mod drift;
mod login;
mod outbox;
mod output;
mod progress;
mod quarantine;
mod read;
mod sandbox;
mod sync;
mod table;
#[cfg(test)]
mod tests;
mod watch;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use clap::ArgMatches;

use crate::contract::{Contract, Stream};
use crate::error::ExitClass;
use crate::limits::QuotaStoreError;
use crate::observe::{Observer, Shield, Silent};
use crate::outbox::OutboxError;
use crate::store::{Quotas, Store, StoreError};
use crate::sync::SyncError;
use crate::{AuthProblem, Client, ClientBuilder, Config, Error, ErrorKind};

/// How long a program that ends waits for a token that it has asked for.
const TOKEN_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Runs the connector's command line, with the process's arguments; the whole `main` of a generated connector.
///
/// Exit codes: 0 when all went well, 1 when something failed, 2 when the arguments, the configuration or the credentials are wrong, 75 when a
/// limit or an outage parked it until a time that is told, 130 when it was interrupted.
pub fn main(contract: &'static Contract) -> ExitCode {
    run(contract, std::env::args_os()).code()
}

fn run(contract: &'static Contract, arguments: impl IntoIterator<Item = OsString>) -> End {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let binary = binary_name(contract, arguments.first());
    let matches = match arguments::command(contract, &binary).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(help_or_error) => {
            // It cannot be told where printing itself fails.
            let _ = help_or_error.print();
            return End::of_arguments(&help_or_error);
        }
    };
    let runtime = match threads(&matches).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::error(&format!("this machine cannot run the connector: {error}"));
            return End::Failed;
        }
    };
    let config = matches.get_one::<PathBuf>(arguments::CONFIG).cloned();
    let shared_limits = matches.get_one::<PathBuf>(arguments::SHARED_LIMITS).cloned();
    runtime.block_on(async {
        let watched = match watch::Watched::begin(contract, &matches).await {
            Ok(watched) => watched,
            Err(problem) => {
                output::error(&problem.to_string());
                return End::Configuration;
            }
        };
        let shield = watched.shield().clone();
        let global = Global { contract, binary, config, shared_limits, shield, client: OnceLock::new() };
        let end = tokio::select! {
            end = dispatch(&global, &matches) => end,
            () = interrupted() => at_interrupt(&matches),
        };
        // A token that is on its way is stored first: the one before may be spent. Whoever is in a hurry presses ctrl-c once more.
        tokio::select! {
            _ = tokio::time::timeout(TOKEN_PATIENCE, crate::auth::settled()) => {}
            () = interrupted() => {}
        }
        watched.end().await;
        end
    })
}

/// `read` does one thing after another; to wake a second thread for each piece of an answer would take as much processor time as all else.
/// A sync writes one page while the next ones come.
fn threads(matches: &ArgMatches) -> tokio::runtime::Builder {
    if matches.subcommand_name() == Some("read") {
        return tokio::runtime::Builder::new_current_thread();
    }
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads.worker_threads(2);
    threads
}

/// What the user typed to come here, for the examples.
fn binary_name(contract: &Contract, first: Option<&OsString>) -> String {
    let name = first.and_then(|first| Path::new(first).file_stem());
    name.map_or_else(|| contract.name.to_owned(), |name| name.to_string_lossy().into_owned())
}

async fn dispatch(global: &Global, matches: &ArgMatches) -> End {
    let result = match matches.subcommand() {
        Some(("check", _)) => check::run(global).await,
        Some(("discover", matches)) => discover::run(global, matches),
        Some(("read", matches)) => read::run(global, matches).await,
        Some(("sync", matches)) => sync::run(global, matches).await,
        Some(("drift", matches)) => drift::run(global, matches),
        Some(("quarantine", matches)) => quarantine::run(global, matches),
        Some(("sandbox", matches)) => sandbox::run(global, matches).await,
        Some(("login", matches)) => login::login(global, matches).await,
        Some(("logout", _)) => login::logout(global).await,
        Some(("outbox", matches)) => outbox::run(global, matches).await,
        // Clap lets no other through.
        _ => Ok(End::Ok),
    };
    let end = result.unwrap_or_else(|problem| problem.tell(global));
    if let Some(client) = global.client.get() {
        client.leave().await;
    }
    end
}

fn at_interrupt(matches: &ArgMatches) -> End {
    match matches.subcommand_name() {
        // There is no other way to end it.
        Some("sandbox") => End::Ok,
        Some("sync") => {
            output::note("interrupted; what was committed is kept, and the next run goes on from there");
            End::Interrupted
        }
        _ => End::Interrupted,
    }
}

/// Ends when the user presses ctrl-c. Never, where the system does not tell.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Ok,
    Parked,
    Failed,
    Configuration,
    Interrupted,
}

impl End {
    fn of_arguments(error: &clap::Error) -> Self {
        if error.use_stderr() { Self::Configuration } else { Self::Ok }
    }

    /// The worse of two streams' ends: one exit code tells both.
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Ok, other) => other,
            (Self::Parked, Self::Ok) | (Self::Failed, Self::Ok | Self::Parked) => self,
            (Self::Parked | Self::Failed, other) => other,
            (one, _) => one,
        }
    }

    fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Configuration => 2,
            Self::Parked => 75,
            Self::Interrupted => 130,
        })
    }
}

impl From<ExitClass> for End {
    fn from(class: ExitClass) -> Self {
        match class {
            ExitClass::Configuration => Self::Configuration,
            ExitClass::Parked => Self::Parked,
            ExitClass::Failure => Self::Failed,
        }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Call(#[from] Error),
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Quotas(#[from] QuotaStoreError),
    #[error(transparent)]
    Sandbox(#[from] crate::sandbox::SandboxError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error("there is no outbox at {0}; it is made by the program that writes with `ClientBuilder::outbox`")]
    NoOutbox(String),
    #[error("the outbox keeps no request {0}; `outbox list` shows what it keeps")]
    NotKept(i64),
    #[error("there is no record {0} in quarantine; nothing was forgotten")]
    NotHeld(i64),
    #[error("there is no stream `{name}`; the streams are: {known}")]
    UnknownStream { name: String, known: String },
    #[error("there is no store {}; `sync` makes one", .0.display())]
    NoStore(PathBuf),
    #[error("the document {} cannot be read: {cause}", path.display())]
    Document { path: PathBuf, cause: String },
    #[error("the output cannot be written: {0}")]
    Output(std::io::Error),
}

impl Problem {
    /// Says what is wrong and what to do, on standard error.
    fn tell(&self, global: &Global) -> End {
        output::error(&self.to_string());
        if let Some(next) = self.next_step(&global.binary) {
            output::note(&format!("next: {next}"));
        }
        self.end()
    }

    /// Whether the server does not take the credential at all, as against one thing that it does not allow.
    fn is_unauthenticated(&self) -> bool {
        let call = match self {
            Self::Call(error) => Some(error),
            Self::Sync(error) => error.call(),
            _ => None,
        };
        call.is_some_and(|error| {
            matches!(error.kind(), ErrorKind::Auth(_))
                || error.status().is_some_and(|status| status.as_u16() == 401)
        })
    }

    fn end(&self) -> End {
        match self {
            Self::Call(error) => error.exit_class().into(),
            Self::Sync(error) => error.exit_class().into(),
            Self::Store(error) if error.is_wrong_store() => End::Configuration,
            Self::UnknownStream { .. }
            | Self::NoStore(_)
            | Self::Document { .. }
            | Self::NoOutbox(_)
            | Self::NotKept(_)
            | Self::NotHeld(_) => End::Configuration,
            Self::Outbox(_) | Self::Store(_) | Self::Quotas(_) | Self::Sandbox(_) | Self::Output(_) => {
                End::Failed
            }
        }
    }

    /// What to do, where the message does not say it.
    fn next_step(&self, binary: &str) -> Option<String> {
        let error = match self {
            Self::Call(error) => error,
            Self::Sync(error) => error.call()?,
            _ => return None,
        };
        if let Some(until) = error.resume_at() {
            return Some(format!("run it again after {until}"));
        }
        if let ErrorKind::Auth(AuthProblem::LoginRequired { .. }) = error.kind() {
            return Some(format!("{binary} login"));
        }
        match error.exit_class() {
            ExitClass::Configuration => Some(format!(
                "put that right, then run `{binary} check`; `{binary} --help` says where values come from"
            )),
            ExitClass::Failure if error.is_retryable() => {
                Some("run it again later; nothing has to be changed for that".to_owned())
            }
            ExitClass::Parked | ExitClass::Failure => None,
        }
    }
}

/// What every command knows.
struct Global {
    contract: &'static Contract,
    /// The program's name.
    binary: String,
    config: Option<PathBuf>,
    /// The file of the limits that processes share.
    shared_limits: Option<PathBuf>,
    /// Hides in the log what a client must not show.
    shield: Shield,
    /// The client that the command made.
    client: OnceLock<Client>,
}

impl Global {
    /// A client, with everything filled in that it needs. Sends nothing.
    fn client(&self) -> Result<Client, Problem> {
        self.observed(Arc::new(Silent))
    }

    /// The same, with someone who is told what it does.
    fn observed(&self, observer: Arc<dyn Observer>) -> Result<Client, Problem> {
        self.built(self.builder(observer)?)
    }

    /// A client to be set up further.
    fn builder(&self, observer: Arc<dyn Observer>) -> Result<ClientBuilder, Problem> {
        let default = PathBuf::from(arguments::default_config(self.contract));
        let file: Option<&Path> = match &self.config {
            Some(path) => Some(path),
            None => Some(default.as_path()).filter(|path| path.exists()),
        };
        let config = Config::load(self.contract, file)?;
        config.check()?;
        for warning in config.warnings() {
            output::warning(&warning.to_string());
        }
        let mut builder = Client::builder(self.contract).config(config).observer(observer);
        if let Some(path) = &self.shared_limits {
            builder = builder.quotas(Arc::new(Quotas::open(path)?));
        }
        Ok(builder)
    }

    fn built(&self, builder: ClientBuilder) -> Result<Client, Problem> {
        let client = builder.build()?;
        let client = self.client.get_or_init(|| client).clone();
        self.shield.hide(&client);
        Ok(client)
    }

    /// The store that the arguments name, which must be there.
    fn store(&self, matches: &ArgMatches) -> Result<Store, Problem> {
        let path = matches.get_one::<PathBuf>("store").cloned().unwrap_or_default();
        // It would be made anew, and empty.
        if !path.exists() {
            return Err(Problem::NoStore(path));
        }
        Ok(Store::open(path, self.contract)?)
    }

    /// The streams that the arguments name, or all.
    fn streams(&self, matches: &ArgMatches) -> Result<Vec<&'static Stream>, Problem> {
        let Some(names) = matches.get_many::<String>("streams") else {
            return Ok(self.contract.streams.iter().collect());
        };
        let mut streams: Vec<&'static Stream> = Vec::new();
        for name in names {
            let stream = self.stream(name)?;
            if !streams.iter().any(|chosen| chosen.name == stream.name) {
                streams.push(stream);
            }
        }
        Ok(streams)
    }

    fn stream(&self, name: &str) -> Result<&'static Stream, Problem> {
        self.contract.stream(name).ok_or_else(|| Problem::UnknownStream {
            name: name.to_owned(),
            known: self.contract.streams.iter().map(|stream| stream.name).collect::<Vec<_>>().join(", "),
        })
    }
}
