//! `cargo xtask lint`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use linchpin_codegen::diagnostic::Severity;
use linchpin_codegen::lint;

use crate::drift::today;
use crate::generate::{Findings, Format, show};
use crate::workspace::{self, Error};

const EXAMPLES: &str = "Examples:
  cargo xtask lint zendesk
  cargo xtask lint --format json
  cargo xtask lint --deny L101        a list whose pages are not followed fails

Exit codes: 0 nothing but warnings and notes; 1 an error, or a denied finding.
Codes L101 and on are lint's own; the others are the generator's.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Names of connectors below specs/; all of them where none is given
    names: Vec<String>,
    /// A folder with a connector.yaml, instead of specs/NAME
    #[arg(long, value_name = "FOLDER", conflicts_with = "names")]
    from: Option<PathBuf>,
    #[command(flatten)]
    findings: Findings,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let mut good = true;
    let folders: Vec<PathBuf> = match &arguments.from {
        Some(folder) => vec![folder.clone()],
        None => {
            let names = workspace::chosen(&arguments.names)?;
            names.iter().map(|name| workspace::root().join("specs").join(name)).collect()
        }
    };
    for folder in folders {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
        let mut linted = lint::folder(&folder, today());
        linted.diagnostics.deny(&arguments.findings.deny);
        show(&linted.diagnostics, &linted.files, arguments.findings.format);
        let count = |severity| linted.diagnostics.iter().filter(|found| found.severity == severity).count();
        let (errors, warnings, notes) =
            (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
        if arguments.findings.format == Format::Text {
            eprintln!("{name}: {errors} errors, {warnings} warnings, {notes} notes");
        }
        good &= errors == 0 && !(arguments.findings.strict && warnings > 0);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
