//! `cargo xtask bench`: figures, each against something else in the same run.

mod codegen;
mod runtime;
mod wiring;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::measure;
use crate::workspace::Error;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// `cargo check` of generated types against the same types with derived serde impls
    Wiring {
        /// Runs of each; the median counts
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Structs in the document
        #[arg(long, default_value_t = 1_500)]
        structs: usize,
    },
    /// Generated crates against those of other generators: generating, and `cargo check` of the crate
    Codegen(codegen::Arguments),
    /// A generated connector at work: speed, memory and start, against a loop written by hand and frameworks for connectors
    Runtime(runtime::Arguments),
    /// Serve the API that the runtime is measured against, until standard input ends (used by the others)
    #[command(hide = true)]
    Serve,
    /// Run a command and print its processor time and peak memory as JSON (used by the others)
    #[command(hide = true)]
    Measure {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match &arguments.what {
        What::Wiring { runs, structs } => wiring::run(*runs, *structs),
        What::Codegen(arguments) => codegen::run(arguments),
        What::Runtime(arguments) => runtime::run(arguments),
        What::Serve => runtime::serve(),
        What::Measure { command } => measure::child(command),
    }
}
