//! `cargo xtask generate`.

mod version;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use linchpin_codegen::diagnostic::{self, Code, Diagnostics, Severity};
use linchpin_codegen::generate::previous;
use linchpin_codegen::generate::{Outcome, generate};
use linchpin_codegen::lock::LOCK;
use linchpin_codegen::output;
use linchpin_codegen::render::RenderOptions;
use linchpin_codegen::source::SourceFiles;

use crate::drift::today;
use crate::workspace::{self, Error};

const EXAMPLES: &str = "Examples:
  cargo xtask generate zendesk                     bring one crate up to date
  cargo xtask generate zendesk --since ../base     and give it the version that
                                                   what differs from that
                                                   checkout asks for
  cargo xtask generate --deny N033 --deny U004     stop at a default of a wrong
                                                   type, and at a keyword that
                                                   has no effect yet";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Names of connectors below specs/; all of them where none is given
    names: Vec<String>,
    /// Write nothing; exit 1 with the list of stale files, if there are any
    #[arg(long)]
    check: bool,
    /// A checkout of what was before, such as of the branch to merge into: the
    /// version says what differs since then for those who use the crate. It is
    /// raised where it does not; with --check that is told, exit 1
    #[arg(long, value_name = "FOLDER")]
    since: Option<PathBuf>,
    /// A folder with a connector.yaml, instead of specs/NAME
    #[arg(long, requires = "into", conflicts_with = "names")]
    from: Option<PathBuf>,
    /// The folder of the crate, instead of generated/NAME
    #[arg(long, requires = "from")]
    into: Option<PathBuf>,
    #[command(flatten)]
    findings: Findings,
}

/// How findings are judged and shown.
#[derive(Args)]
pub(crate) struct Findings {
    /// Warnings count as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Findings with this code, such as N033 or L101, are errors; repeatable
    #[arg(long, value_name = "CODE")]
    pub(crate) deny: Vec<Code>,
    /// How findings are shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// How findings are shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, with the line of the source.
    Text,
    /// For machines, one JSON object a line.
    Json,
}

/// One crate to generate.
struct Job {
    from: PathBuf,
    into: PathBuf,
    options: RenderOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let jobs = match (&arguments.from, &arguments.into) {
        (Some(from), Some(into)) => vec![Job {
            from: from.clone(),
            into: into.clone(),
            options: RenderOptions {
                runtime_path: Some(workspace::root().join("runtime").display().to_string()),
            },
        }],
        _ => workspace::chosen(&arguments.names)?
            .into_iter()
            .map(|name| Job {
                from: workspace::root().join("specs").join(&name),
                into: workspace::root().join("generated").join(&name),
                options: RenderOptions::default(),
            })
            .collect(),
    };
    let mut good = true;
    for job in jobs {
        good &= one(&job, arguments);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Brings all crates up to date without a word, for commands that need them; findings are shown where there are errors.
pub(crate) fn bring_up_to_date(names: &[String]) -> Result<bool, Error> {
    let quiet = Arguments {
        names: names.to_vec(),
        check: false,
        since: None,
        from: None,
        into: None,
        findings: Findings { strict: false, deny: Vec::new(), format: Format::Text },
    };
    run(&quiet).map(|code| code == ExitCode::SUCCESS)
}

fn one(job: &Job, arguments: &Arguments) -> bool {
    let mut outcome = generate(&job.from, &job.options);
    if let Some(connector) = &outcome.connector {
        outcome.diagnostics.extend(previous::over(&connector.previous, today()));
    }
    outcome.diagnostics.deny(&arguments.findings.deny);
    show(&outcome.diagnostics, &outcome.files, arguments.findings.format);
    let strict_stop = arguments.findings.strict
        && outcome.diagnostics.iter().any(|found| found.severity == Severity::Warning);
    let denied = outcome.diagnostics.has_errors();
    let Outcome { connector: Some(connector), files, .. } = outcome else { return false };
    if strict_stop || denied {
        return false;
    }
    let (connector, behind) = match version::since(job, arguments.since.as_deref(), connector) {
        Ok(settled) => settled,
        Err(error) => {
            eprintln!("error: {error}");
            return false;
        }
    };
    if let Some(behind) = &behind {
        println!("{}", behind.told(arguments));
        if arguments.check {
            return false;
        }
    }
    let (changes, mut found) = output::compare(&job.into, &connector.files);
    found.deny(&arguments.findings.deny);
    show(&found, &files, arguments.findings.format);
    if found.has_errors() {
        return false;
    }
    if arguments.check {
        for path in changes.write.iter().chain(&changes.remove) {
            println!("{}", stale(&job.into, path, arguments.findings.format));
        }
        let locked = output::lock_is_current(&job.from, &connector.lock);
        if !locked {
            println!("{}", stale(&job.from, LOCK, arguments.findings.format));
        }
        return changes.is_empty() && locked;
    }
    // First the names, then the files that have them: a run that stops in between gives the same names when it is repeated.
    let mut failed = output::write_lock(&job.from, &connector.lock);
    if !failed.has_errors() {
        failed.extend(output::apply(&job.into, &connector.files, &changes));
    }
    if behind.is_some()
        && let Err(error) = workspace::lock_version(&connector.name, &connector.plan.version)
    {
        eprintln!("error: {error}");
        return false;
    }
    show(&failed, &files, arguments.findings.format);
    if arguments.findings.format == Format::Text {
        eprintln!(
            "{}: {} operations, {} streams; {} files, {} written, {} removed",
            connector.name,
            connector.operations,
            connector.streams,
            connector.files.len() + 1,
            changes.write.len(),
            changes.remove.len()
        );
    }
    !failed.has_errors()
}

fn stale(folder: &Path, path: &str, format: Format) -> String {
    let full = folder.join(path);
    let shown = full.strip_prefix(workspace::root()).unwrap_or(&full).display().to_string();
    match format {
        Format::Text => format!("stale: {shown}"),
        Format::Json => serde_json::json!({ "stale": shown }).to_string(),
    }
}

/// Shows findings: on standard error for people, on standard output for machines.
pub(crate) fn show(found: &Diagnostics, files: &SourceFiles, format: Format) {
    if found.iter().next().is_none() {
        return;
    }
    match format {
        Format::Text => {
            let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let options = diagnostic::RenderOptions { colour, ..Default::default() };
            eprint!("{}", diagnostic::render(found, files, &options));
        }
        Format::Json => diagnostic::to_json(found, files).iter().for_each(|found| println!("{found}")),
    }
}
