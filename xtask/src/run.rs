//! Runs other programs.

use std::process::{Command, ExitCode};

use crate::workspace::{Error, root};

/// A `cargo` command in the workspace's folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// This very program with other arguments, in the workspace's folder.
pub(crate) fn itself(arguments: &[&str]) -> Result<Command, Error> {
    let program = std::env::current_exe()
        .map_err(|cause| Error::NotStarted { program: "cargo xtask".to_owned(), cause })?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    Ok(command)
}

/// Runs a command to its end; anything but success is an error.
pub(crate) fn succeed(mut command: Command) -> Result<(), Error> {
    let program = shown(&command);
    let status = command.status().map_err(|cause| Error::NotStarted { program: program.clone(), cause })?;
    if status.success() { Ok(()) } else { Err(Error::Failed { program, status: status.to_string() }) }
}

/// Runs a command to its end and ends as it did.
pub(crate) fn same_end(mut command: Command) -> Result<ExitCode, Error> {
    let program = shown(&command);
    let status = command.status().map_err(|cause| Error::NotStarted { program, cause })?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
