//! `cargo xtask schema`.

use std::process::ExitCode;

use clap::Args;

use crate::workspace::{self, Error};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write nothing; exit 1 if the committed schema is stale
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let path = workspace::root().join("specs/connector.schema.json");
    let schema = linchpin_codegen::manifest::json_schema();
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    if held == schema {
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.check {
        println!("stale: specs/connector.schema.json");
        return Ok(ExitCode::FAILURE);
    }
    std::fs::write(&path, schema).map_err(|cause| Error::File { path, cause })?;
    eprintln!("specs/connector.schema.json written");
    Ok(ExitCode::SUCCESS)
}
