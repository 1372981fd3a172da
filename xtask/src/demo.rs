//! `cargo xtask demo`.

use std::process::ExitCode;

use clap::Args;

use crate::run::{cargo, same_end};
use crate::workspace::Error;

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many tickets the sandbox has
    #[arg(long, default_value_t = 5_000)]
    tickets: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    if !crate::generate::bring_up_to_date(&["zendesk".to_owned()])? {
        return Ok(ExitCode::FAILURE);
    }
    eprintln!("building the connector (the first time takes a few minutes)");
    let mut command = cargo(&["run", "--quiet", "--package", "linchpin-tests", "--bin", "demo", "--"]);
    command.arg(arguments.tickets.to_string());
    same_end(command)
}
