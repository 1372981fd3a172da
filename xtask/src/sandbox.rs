//! `cargo xtask sandbox`.

use std::process::ExitCode;

use clap::Args;

use crate::run::{cargo, same_end};
use crate::workspace::{self, Error};

#[derive(Args)]
#[command(
    after_help = "Example:\n  cargo xtask sandbox zendesk --port 8080 --records 5000 --faults 429:50,503:70,reset:300"
)]
pub(crate) struct Arguments {
    /// The connector whose API is played
    name: String,
    /// Everything else goes to the connector's own `sandbox` command: --port, --records, --faults, --seed
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    workspace::chosen(std::slice::from_ref(&arguments.name))?;
    let package = format!("linchpin-{}", arguments.name);
    let mut command = cargo(&["run", "--quiet", "--package", &package, "--", "sandbox"]);
    command.args(&arguments.rest);
    same_end(command)
}
