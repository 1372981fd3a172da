//! `cargo xtask test`: everything that CI runs.

use std::fmt;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Args;

use crate::run::{cargo, itself, succeed};
use crate::workspace::{self, Error};

/// Inputs beside the workspace that no clone has, and what is not tested without them.
const BESIDE: [(&str, &str); 2] = [
    ("../shared/specs", "tests on real documents"),
    ("../shared/servers", "tests against servers that others wrote"),
];

/// Documents whose crates are compiled: small and medium ones of each dialect, by their file names. The whole sample is
/// `cargo xtask corpus ../shared/specs --compile`, which takes half an hour.
const SAMPLE: [&str; 9] = [
    "alertmanager",
    "docker-engine",
    "influxdb-oss",
    "intercom",
    "meilisearch",
    "museum",
    "notion",
    "petstore3",
    "ynab",
];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only the tests, without the checks of format, lints, licences and staleness
    #[arg(long)]
    only_tests: bool,
}

/// The same packages and features in every step, so that no crate is built once more for another set.
const EVERYTHING: &str = "--workspace --all-features --locked";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let mut report = Report::default();
    if !arguments.only_tests {
        report.step("format", words("fmt --all --check"));
        report.step("generated crates are up to date", itself(&["generate", "--check"])?);
        report.step("the published schemas are up to date", itself(&["schema", "--check"])?);
        report.step("lints", words(&format!("clippy --all-targets {EVERYTHING} -- -D warnings")));
        // Features are added up in all other steps, so nothing else shows that a tag stands by itself.
        report.step(
            "one tag of a connector, without its program",
            words("check --locked --package linchpin-zendesk --no-default-features --features tickets"),
        );
        let mut documentation = words(&format!("doc --no-deps {EVERYTHING}"));
        documentation.env("RUSTDOCFLAGS", "-D warnings");
        report.step("documentation", documentation);
        // Advisories need a database from the network, so they are not part of a run that has to work without.
        let licences = words("deny --locked check --hide-inclusion-graph licenses bans sources");
        match words("deny --version").output() {
            Ok(found) if found.status.success() => report.step("licences", licences),
            _ => report.skip("licences", "`cargo install --locked cargo-deny` has not been run here"),
        }
    }
    // Before the tests, which build this program anew, so that it is no longer there to be started again.
    report.step(
        "crates of documents made of obstacles compile",
        itself(&["corpus", "codegen/tests/documents", "--compile"])?,
    );
    let real = "../shared/specs";
    if workspace::root().join(real).is_dir() {
        let mut sample = itself(&["corpus", real, "--compile"])?;
        sample.args(SAMPLE.iter().flat_map(|name| ["--only", name]));
        report.step("crates of real documents compile", sample);
    } else {
        report.skip("crates of real documents compile", &format!("{real} is not there"));
    }
    report.step("tests", words(&format!("test --no-fail-fast {EVERYTHING}")));
    for (folder, what) in BESIDE {
        if !workspace::root().join(folder).is_dir() {
            report.skip(what, &format!("{folder} is not there"));
        }
    }
    eprint!("{report}");
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `cargo` with these arguments, parted by blanks.
fn words(arguments: &str) -> Command {
    cargo(&arguments.split(' ').collect::<Vec<_>>())
}

/// What became of each step, in their order.
#[derive(Default)]
struct Report(Vec<(String, Outcome)>);

enum Outcome {
    Passed(Duration),
    Failed(Duration),
    Skipped(String),
}

impl Report {
    /// Runs a step to its end. One that fails does not keep the others from running.
    fn step(&mut self, name: &str, command: Command) {
        eprintln!("=== {name}");
        let begun = now();
        let result = succeed(command);
        let spent = now().duration_since(begun);
        let outcome = match result {
            Ok(()) => Outcome::Passed(spent),
            Err(error) => {
                eprintln!("error: {error}");
                Outcome::Failed(spent)
            }
        };
        eprintln!("=== {name}: {outcome}");
        self.0.push((name.to_owned(), outcome));
    }

    fn skip(&mut self, name: &str, why: &str) {
        let outcome = Outcome::Skipped(why.to_owned());
        eprintln!("=== {name}: {outcome}");
        self.0.push((name.to_owned(), outcome));
    }

    fn is_good(&self) -> bool {
        !self.0.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "\n=== summary")?;
        self.0.iter().try_for_each(|(name, outcome)| writeln!(formatter, "{name}: {outcome}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(spent) => write!(formatter, "ok, {:.1} s", spent.as_secs_f64()),
            Self::Failed(spent) => write!(formatter, "FAILED, {:.1} s", spent.as_secs_f64()),
            Self::Skipped(why) => write!(formatter, "SKIPPED: {why}"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "shows how long a step took; nothing depends on it")]
fn now() -> Instant {
    Instant::now()
}
