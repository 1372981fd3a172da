//! `cargo xtask drift`.

mod text;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use linchpin_codegen::diagnostic::{self, Diagnostics};
use linchpin_codegen::drift::{self, Class, Date, Options, Report, Stability};
use linchpin_codegen::source::{SourceFiles, Tree};

use crate::workspace::Error;

const EXAMPLES: &str = "Examples:
  cargo xtask drift --base old.yaml --revision new.json
  cargo xtask drift --base old.yaml --revision new.yaml --format json
  cargo xtask drift --base old.yaml --revision new.yaml --fail-on risky
  cargo xtask drift --base old.yaml --revision new.yaml \\
      --deprecation-days-stable 180    a deprecation names its end, half a
                                       year ahead at least

The JSON's schema is specs/drift.schema.json.

Exit codes: 0 nothing changed, or nothing at or above --fail-on; 1 something
did; 2 the two could not be compared, or the arguments are wrong.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The document that clients were made from: Swagger 2.0 or OpenAPI 3.x,
    /// JSON or YAML
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
    /// The document to compare with it
    #[arg(long, value_name = "FILE")]
    revision: PathBuf,
    /// How changes are shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The least serious class that makes the exit code 1
    #[arg(long, value_enum, value_name = "CLASS", default_value_t = FailOn::Breaking)]
    fail_on: FailOn,
    /// Least days from the deprecation of what is stable to its `x-sunset`; more
    /// than 0 asks for one
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    deprecation_days_stable: u32,
    /// The same for operations whose `x-stability-level` is beta
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    deprecation_days_beta: u32,
    /// Operations less stable than this are not compared: draft, alpha, beta or
    /// stable
    #[arg(long, value_name = "LEVEL", default_value_t = Stability::Beta)]
    stability_level: Stability,
    /// Whether a branch of a composition that is written in place can be matched
    /// with a component that says the same
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    match_inline_refs: bool,
    /// The day from which sunset dates count, instead of today (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
}

/// How changes are shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, by the operations that are reached.
    Text,
    /// For machines: one object with `changes`.
    Json,
}

/// A class as an argument.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A client can fail.
    Breaking,
    /// Or may fail.
    Risky,
    /// Or anything that is sent or received differs.
    Additive,
}

impl FailOn {
    fn class(self) -> Class {
        match self {
            FailOn::Breaking => Class::Breaking,
            FailOn::Risky => Class::Risky,
            FailOn::Additive => Class::Additive,
        }
    }
}

/// What it means that two documents could not be compared.
const NOT_COMPARED: u8 = 2;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let mut files = SourceFiles::new();
    let Some(report) = compare(arguments, &mut files) else { return Ok(ExitCode::from(NOT_COMPARED)) };
    match arguments.format {
        Format::Json => print!("{}", report.to_json()),
        Format::Text => print!("{}", text::render(&report)),
    }
    let fails = report.worst().is_some_and(|worst| worst >= arguments.fail_on.class());
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn compare(arguments: &Arguments, files: &mut SourceFiles) -> Option<Report> {
    let base = read(files, &arguments.base)?;
    let revision = read(files, &arguments.revision)?;
    let options = Options {
        deprecation_days_stable: arguments.deprecation_days_stable,
        deprecation_days_beta: arguments.deprecation_days_beta,
        stability: arguments.stability_level,
        match_inline_references: arguments.match_inline_refs,
        ..Options::new(arguments.today.unwrap_or_else(today))
    };
    let (report, found) = drift::compare(files, &base, &revision, &options);
    show(&found, files);
    report
}

fn read(files: &mut SourceFiles, path: &Path) -> Option<Tree> {
    let (tree, found) = drift::read(files, path);
    show(&found, files);
    tree
}

/// The day in UTC; a clock before 1970 counts as 1970.
#[expect(clippy::disallowed_methods, reason = "the edge of the program: what compares is given the day")]
fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Date::from_unix_days(i64::try_from(since.as_secs() / 86_400).unwrap_or_default())
}

fn show(found: &Diagnostics, files: &SourceFiles) {
    if found.is_empty() {
        return;
    }
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let options = diagnostic::RenderOptions { colour, ..Default::default() };
    eprint!("{}", diagnostic::render(found, files, &options));
}
