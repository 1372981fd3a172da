//! The command line of Linchpin's workspace.

// As those of std, but what reads no more, as in `cargo xtask drift ... | head`, is no panic.
#[macro_use(print, println)]
extern crate anstream;

mod accept;
mod bench;
mod check;
mod corpus;
mod demo;
mod drift;
mod fetch;
mod fuzz;
mod generate;
mod lint;
mod measure;
mod new;
mod process;
mod revision;
mod run;
mod sandbox;
mod schema;
mod test;
mod text;
#[cfg(test)]
mod workflows;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Turns OpenAPI documents and manifests into connectors, and runs what belongs to that.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 80, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  cargo xtask demo                    see the whole of it work, on a fake API
  cargo xtask new acme --spec FILE    propose a manifest for a document
  cargo xtask generate                bring every crate below generated/ up to date
  cargo xtask generate zendesk        only that one
  cargo xtask generate --check        is anything stale? (exit 1, with the list)
  cargo xtask sandbox github --port 8080 --records 500 --faults 429:50
  cargo xtask drift --base A --revision B    what changed between documents
  cargo xtask drift github --live     what the vendor's document of today breaks here
  cargo xtask corpus DIR --compile    does every document below DIR give a crate?
  cargo xtask test                    everything that CI runs

Exit codes: 0 done; 1 found something wrong, or stale; 2 wrong arguments.";

#[derive(Subcommand)]
enum Command {
    /// Propose a manifest for a document: specs/NAME, ready for generate
    New(new::Arguments),
    /// Generate connector crates from specs/NAME into generated/NAME
    Generate(generate::Arguments),
    /// Say what is missing or doubtful in a connector's manifest and document
    Lint(lint::Arguments),
    /// Write the published JSON Schemas: of manifests, drift.yaml and drift reports
    Schema(schema::Arguments),
    /// Compare two documents: what changed, and what it breaks
    Drift(drift::Arguments),
    /// Put a revision in the place of a connector's document: crate, version,
    /// changelog
    Accept(accept::Arguments),
    /// Serve a fake of a connector's API
    Sandbox(sandbox::Arguments),
    /// Generate, build, serve and sync the Zendesk connector, twice
    Demo(demo::Arguments),
    /// Run everything that CI runs
    Test(test::Arguments),
    /// Generate a connector from every document below a folder, and compile it
    Corpus(corpus::Arguments),
    /// Fuzz the generator's stages; needs a nightly toolchain and cargo-fuzz
    Fuzz(fuzz::Arguments),
    /// Measure
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    match accept::recover(&workspace::root().join("specs")) {
        Ok(undone) => undone
            .iter()
            .for_each(|name| eprintln!("{name}: an `accept` that was stopped midway was taken back")),
        Err(error) => {
            eprintln!("error: an `accept` that was stopped midway cannot be taken back: {error}");
            return ExitCode::FAILURE;
        }
    }
    let result = match command {
        Command::New(arguments) => new::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Drift(arguments) => drift::run(&arguments),
        Command::Accept(arguments) => accept::run(&arguments),
        Command::Sandbox(arguments) => sandbox::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Corpus(arguments) => corpus::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
