//! The command line of every connector, built from its contract: `check`, `discover`, `read`, `sync` and `sandbox`.
//!
//! What a program may want stands on standard output; progress, warnings and errors on standard error.

mod arguments;
mod check;
mod discover;
mod output;
mod progress;
mod read;
mod sandbox;
mod sync;
mod table;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;

use crate::contract::{Contract, Stream};
use crate::error::ExitClass;
use crate::observe::{Observer, Silent};
use crate::store::StoreError;
use crate::sync::SyncError;
use crate::{Client, Config, Error};

/// Runs the connector's command line, with the process's arguments; the whole `main` of a generated connector.
///
/// Exit codes: 0 when all went well, 1 when something failed, 2 when the arguments, the configuration or the credentials are wrong, 130 when it
/// was interrupted.
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
    let global = Global { contract, binary, config };
    runtime.block_on(async {
        tokio::select! {
            end = dispatch(&global, &matches) => end,
            () = interrupted() => at_interrupt(&matches),
        }
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
        Some(("sandbox", matches)) => sandbox::run(global, matches).await,
        // Clap lets no other through.
        _ => Ok(End::Ok),
    };
    result.unwrap_or_else(|problem| problem.tell(global))
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
            (Self::Failed, Self::Ok) => self,
            (Self::Failed, other) => other,
            (one, _) => one,
        }
    }

    fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Configuration => 2,
            Self::Interrupted => 130,
        })
    }
}

impl From<ExitClass> for End {
    fn from(class: ExitClass) -> Self {
        match class {
            ExitClass::Configuration => Self::Configuration,
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
    Sandbox(#[from] crate::sandbox::SandboxError),
    #[error("there is no stream `{name}`; the streams are: {known}")]
    UnknownStream { name: String, known: String },
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
        call.and_then(Error::status).is_some_and(|status| status.as_u16() == 401)
    }

    fn end(&self) -> End {
        match self {
            Self::Call(error) => error.exit_class().into(),
            Self::Sync(error) => error.exit_class().into(),
            Self::Store(error) if error.is_wrong_store() => End::Configuration,
            Self::UnknownStream { .. } => End::Configuration,
            Self::Store(_) | Self::Sandbox(_) | Self::Output(_) => End::Failed,
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
        match error.exit_class() {
            ExitClass::Configuration => Some(format!(
                "put that right, then run `{binary} check`; `{binary} --help` says where values come from"
            )),
            ExitClass::Failure if error.is_retryable() => {
                Some("run it again later; nothing has to be changed for that".to_owned())
            }
            ExitClass::Failure => None,
        }
    }
}

/// What every command knows.
struct Global {
    contract: &'static Contract,
    /// The program's name.
    binary: String,
    config: Option<PathBuf>,
}

impl Global {
    /// A client, with everything filled in that it needs. Sends nothing.
    fn client(&self) -> Result<Client, Error> {
        self.observed(Arc::new(Silent))
    }

    /// The same, with someone who is told what it does.
    fn observed(&self, observer: Arc<dyn Observer>) -> Result<Client, Error> {
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
        Client::builder(self.contract).config(config).observer(observer).build()
    }

    fn stream(&self, name: &str) -> Result<&'static Stream, Problem> {
        self.contract.stream(name).ok_or_else(|| Problem::UnknownStream {
            name: name.to_owned(),
            known: self.contract.streams.iter().map(|stream| stream.name).collect::<Vec<_>>().join(", "),
        })
    }
}
