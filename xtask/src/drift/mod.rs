//! `cargo xtask drift`.

mod end;
mod impact;
mod observed;
mod overlay;
mod report;

pub(crate) use end::End;
pub(crate) use impact::{by_reason, render};

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use linchpin_codegen::date::Date;
use linchpin_codegen::diagnostic::{self, Diagnostics};
use linchpin_codegen::drift::decisions::{self, Comparing, Decisions, Judged};
use linchpin_codegen::drift::{self, Class, Options, Report, Stability};
use linchpin_codegen::source::{Limits, SourceFiles, Tree, load};

use crate::workspace::{self, Error};
use report::{Format, Shown, Sources};

const EXAMPLES: &str = "Examples:
  cargo xtask drift github --live       what the vendor's document of today means
                                        to this connector
  cargo xtask drift github --against new.json --format html --output drift.html
  cargo xtask drift --from base/specs/acme --against specs/acme
                                   what a pull request's document breaks of the
                                   connector in another checkout
  cargo xtask drift acme --live --observed observed.json
                                   and what `linchpin-acme drift --format json`
                                   has met in payloads
  cargo xtask drift acme --observed observed.json --overlay
                                   what of it specs/acme/overlay.yaml could say,
                                   as a patch
  cargo xtask drift --base old.yaml --revision new.json
  cargo xtask drift --base old.yaml --revision new.yaml --fail-on risky
  cargo xtask drift --base old.yaml --revision new.yaml \\
      --accepted specs/acme/drift.yaml --format markdown --output drift.md
  cargo xtask drift --base old.yaml --revision new.yaml --format entries
                                   entries of drift.yaml for what fails, to
                                   fill in and paste
  cargo xtask drift --base old.yaml --revision new.yaml \\
      --deprecation-days-stable 180    a deprecation names its end, half a
                                       year ahead at least

The schema of the JSON is specs/drift.schema.json, of a connector
specs/impact.schema.json, and that of drift.yaml specs/decisions.schema.json.
With connectors, --fail-on is about what the changes mean to them: breaking is
what breaks, risky what may. Ready workflow files are in docs/ci/.

Exit codes: 0 no change, none that is new, or none at or above --fail-on;
1 a new one; 2 the two could not be compared, or the arguments are wrong;
3 an action of an overlay or an entry of drift.yaml does nothing any more.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Names of connectors below specs/: what a revision of their documents means
    /// to them
    #[arg(conflicts_with_all = ["base", "revision"], required_unless_present_any = ["base", "from"])]
    names: Vec<String>,
    /// A folder with a connector.yaml, instead of specs/NAME
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["names", "base"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    revised: crate::revision::Asked,
    /// What a connector has observed in payloads, as its `drift --format json`
    /// writes it; with or without a revision, and as often as there are stores
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    observed: Vec<PathBuf>,
    /// In place of a report, what would make the document say what was observed:
    /// a patch of the overlay beside it, for review and `git apply`
    #[arg(long, requires = "observed", conflicts_with = "format")]
    overlay: bool,
    /// The document that clients were made from: Swagger 2.0 or OpenAPI 3.x,
    /// JSON or YAML
    #[arg(long, value_name = "FILE", requires = "revision")]
    base: Option<PathBuf>,
    /// The document to compare with it
    #[arg(long, value_name = "FILE", requires = "base")]
    revision: Option<PathBuf>,
    /// What is known of changes: other classes, and changes that are accepted;
    /// of a connector, the drift.yaml beside its manifest if there is one
    #[arg(long, value_name = "FILE")]
    accepted: Option<PathBuf>,
    /// How changes are shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where the report is written, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The least serious class that makes the exit code 1, of changes that are
    /// not accepted
    #[arg(long, value_enum, value_name = "CLASS", default_value_t = FailOn::Breaking)]
    fail_on: FailOn,
    /// Least days from the deprecation of what is stable to its `x-sunset`; more
    /// than 0 asks for one. This and the next three stand for good under
    /// `compare` of drift.yaml, where `accept` finds them too [default: 0]
    #[arg(long, value_name = "DAYS")]
    deprecation_days_stable: Option<u32>,
    /// The same for operations whose `x-stability-level` is beta [default: 0]
    #[arg(long, value_name = "DAYS")]
    deprecation_days_beta: Option<u32>,
    /// Operations less stable than this are not compared: draft, alpha, beta or
    /// stable [default: beta]
    #[arg(long, value_name = "LEVEL")]
    stability_level: Option<Stability>,
    /// Whether a branch of a composition that is written in place can be matched
    /// with a component that says the same [default: true]
    #[arg(long, value_name = "BOOL")]
    match_inline_refs: Option<bool>,
    /// The day from which sunset dates count, instead of today (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
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

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    // Whatever goes wrong outside of the documents is no change of an API either.
    let end = ended(arguments).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        End::NotCompared
    });
    Ok(end.into())
}

fn ended(arguments: &Arguments) -> Result<End, Error> {
    let (end, text) = match (&arguments.base, &arguments.revision) {
        (Some(base), Some(revision)) => documents(arguments, base, revision),
        _ => connectors(arguments)?,
    };
    match (&arguments.output, text) {
        (_, None) => {}
        (Some(path), Some(text)) => workspace::write(path, &text)?,
        (None, Some(text)) => print!("{text}"),
    }
    Ok(end)
}

/// Two documents without a connector: how it ends, and what is told.
fn documents(arguments: &Arguments, base: &Path, revision: &Path) -> (End, Option<String>) {
    let fail_on = arguments.fail_on.class();
    let mut told = Told::default();
    let names = (base.display().to_string(), revision.display().to_string());
    let Some(Compared { judged, base, revision }) = compare(arguments, base, revision, &mut told) else {
        return (End::of(None, &told.found, fail_on), None);
    };
    // The column of each place is looked up for formats that show it: a line of a document can be the whole of it.
    let sources = Sources { files: &told.files, base: &base, revision: &revision };
    let sources = matches!(arguments.format, Format::Github | Format::Sarif).then_some(&sources);
    let shown = Shown::new((&names.0, &names.1), fail_on, &judged, sources, None);
    (End::of(Some(&shown), &told.found, fail_on), Some(shown.to_format(arguments.format)))
}

/// What revisions mean to connectors, one after the other.
fn connectors(arguments: &Arguments) -> Result<(End, Option<String>), Error> {
    let folders = match &arguments.from {
        Some(folder) => vec![folder.clone()],
        None => {
            let names = workspace::chosen(&arguments.names)?.into_iter();
            names.map(|name| workspace::root().join("specs").join(name)).collect()
        }
    };
    if folders.len() > 1 && !arguments.format.can_follow_itself() {
        let why = "a report of this format is about one connector; name one at a time, or take text, json or github";
        return Err(Error::Refused(why.to_owned()));
    }
    let Some(observations) = observed::read(&arguments.observed, &folders) else {
        return Ok((End::NotCompared, None));
    };
    let (mut ends, mut text) = (Vec::new(), None::<String>);
    for (folder, observations) in folders.iter().zip(observations) {
        let (end, more) = impact::run(folder, arguments, observations)?;
        ends.push(end);
        if let Some(more) = more {
            text.get_or_insert_default().push_str(&more);
        }
    }
    Ok((End::gravest(&ends), text))
}

/// How two documents are compared: as the command line says, else as `drift.yaml` does.
fn options(arguments: &Arguments, decisions: Option<&Decisions>) -> Options {
    let asked = Comparing {
        deprecation_days_stable: arguments.deprecation_days_stable,
        deprecation_days_beta: arguments.deprecation_days_beta,
        stability_level: arguments.stability_level,
        match_inline_references: arguments.match_inline_refs,
    };
    let standing = decisions.map(|decisions| decisions.compare).unwrap_or_default();
    standing.after(asked).options(arguments.today.unwrap_or_else(today))
}

/// The texts that were read, and all that was told about them.
#[derive(Default)]
struct Told {
    files: SourceFiles,
    found: Diagnostics,
}

impl Told {
    fn tell(&mut self, found: Diagnostics) {
        show(&found, &self.files);
        self.found.extend(found);
    }
}

/// Two documents and what changed between them.
struct Compared {
    judged: Judged,
    base: Tree,
    revision: Tree,
}

fn compare(arguments: &Arguments, base: &Path, revision: &Path, told: &mut Told) -> Option<Compared> {
    let base = read(told, base)?;
    let revision = read(told, revision)?;
    let decisions = match &arguments.accepted {
        Some(path) => decided(told, path)?.about(true, false),
        None => Decisions::default(),
    };
    let options = options(arguments, Some(&decisions));
    let (report, found): (Option<Report>, _) = drift::compare(&told.files, &base, &revision, &options);
    told.tell(found);
    let (judged, found) = decisions::judge(report?, &decisions, options.today);
    told.tell(found);
    Some(Compared { judged, base, revision })
}

fn decided(told: &mut Told, path: &Path) -> Option<Decisions> {
    let (tree, found) = load(&mut told.files, path, &Limits::default());
    told.tell(found);
    let (decisions, found) = decisions::read(&tree?);
    told.tell(found);
    decisions
}

fn read(told: &mut Told, path: &Path) -> Option<Tree> {
    let (tree, found) = drift::read(&mut told.files, path);
    told.tell(found);
    tree
}

/// The day in UTC.
#[expect(clippy::disallowed_methods, reason = "the edge of the program: what compares is given the day")]
pub(crate) fn today() -> Date {
    Date::at(SystemTime::now())
}

pub(crate) fn show(found: &Diagnostics, files: &SourceFiles) {
    if found.is_empty() {
        return;
    }
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let options = diagnostic::RenderOptions { colour, ..Default::default() };
    eprint!("{}", diagnostic::render(found, files, &options));
}

#[cfg(test)]
mod tests;
