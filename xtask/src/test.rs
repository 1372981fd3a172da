//! `cargo xtask test`: everything that CI runs.

use std::process::ExitCode;

use clap::Args;

use crate::run::{cargo, succeed};
use crate::workspace::Error;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only the tests, without the checks of format, lints, licences and staleness
    #[arg(long)]
    only_tests: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    if !arguments.only_tests {
        step("format", cargo(&["fmt", "--all", "--check"]))?;
        step(
            "generated crates are up to date",
            cargo(&["run", "--quiet", "--package", "xtask", "--", "generate", "--check"]),
        )?;
        step(
            "the manifest's schema is up to date",
            cargo(&["run", "--quiet", "--package", "xtask", "--", "schema", "--check"]),
        )?;
        step(
            "lints",
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--locked",
                "--",
                "-D",
                "warnings",
            ]),
        )?;
    }
    step("tests", cargo(&["test", "--workspace", "--all-features", "--locked"]))?;
    Ok(ExitCode::SUCCESS)
}

fn step(name: &str, command: std::process::Command) -> Result<(), Error> {
    eprintln!("=== {name}");
    succeed(command)
}
