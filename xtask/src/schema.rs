//! `cargo xtask schema`.

use std::process::ExitCode;

use clap::Args;

use crate::workspace::{self, Error};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write nothing; exit 1 if a committed schema is stale
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let schemas = [
        ("specs/connector.schema.json", linchpin_codegen::manifest::json_schema()),
        ("specs/drift.schema.json", linchpin_codegen::drift::decisions::Judged::json_schema()),
        ("specs/decisions.schema.json", linchpin_codegen::drift::decisions::json_schema()),
        ("specs/impact.schema.json", linchpin_codegen::drift::impact::json_schema()),
    ];
    let mut good = true;
    for (name, schema) in schemas {
        let path = workspace::root().join(name);
        let held = std::fs::read_to_string(&path).unwrap_or_default();
        if held == schema {
            continue;
        }
        if arguments.check {
            println!("stale: {name}");
            good = false;
            continue;
        }
        std::fs::write(&path, schema).map_err(|cause| Error::File { path, cause })?;
        eprintln!("{name} written");
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
