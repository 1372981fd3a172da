//! `cargo xtask bench`.

use std::process::ExitCode;

use clap::Args;

use crate::workspace::Error;

#[derive(Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments) -> Result<ExitCode, Error> {
    Ok(ExitCode::SUCCESS)
}
