//! `cargo xtask accept`.

mod decided;
mod keep;
mod told;
mod transaction;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use linchpin_codegen::date::Date;
use linchpin_codegen::diagnostic::{Code, Diagnostics};
use linchpin_codegen::drift::decisions::DECISIONS;
use linchpin_codegen::drift::impact::{
    self, Assessment, Outcome, Severity, SubjectKind, changelog_entry, release_notes,
};
use linchpin_codegen::generate::previous::FOLDER;
use linchpin_codegen::generate::{Connector, MANIFEST, generate};
use linchpin_codegen::lock::LOCK;
use linchpin_codegen::output;
use linchpin_codegen::render::RenderOptions;
use linchpin_codegen::version::Version;

use crate::drift::{End, show, today};
use crate::revision;
use crate::run::cargo;
use crate::workspace::{self, Error};
use told::Told;
use transaction::Transaction;
pub(crate) use transaction::recover;

const EXAMPLES: &str = "Examples:
  cargo xtask accept github --live --dry-run     what it would do
  cargo xtask accept github --against new.json
  cargo xtask accept github --live --edit-manifest
                                   take the proposed edits of the manifest too
  cargo xtask accept github --live --keep-old --until 2027-03-31
                                   callers may go on with what breaks them

It leaves a working tree to review; nothing is committed. Stopped midway, it
changes nothing: what was begun is taken back by the next command. Old shapes
that were kept and whose time is over are taken out. So are entries of
drift.yaml that accept what the revision changes: it is no change any more.

Exit codes: 0 done, or nothing to do; 1 the revision does not give a crate that
compiles and passes its tests, or the manifest does not fit it; 2 it or
drift.yaml could not be fetched or read; 3 an action of the overlay matches nothing in it.";

const CHANGELOG: &str = "CHANGELOG.md";
const NOTES: &str = "RELEASE-NOTES.md";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Name of the connector below specs/
    #[arg(required_unless_present = "from")]
    name: Option<String>,
    #[command(flatten)]
    revised: revision::Asked,
    /// A folder with a connector.yaml, instead of specs/NAME
    #[arg(long, value_name = "FOLDER", requires = "into", conflicts_with = "name")]
    from: Option<PathBuf>,
    /// The folder of the crate, instead of generated/NAME
    #[arg(long, value_name = "FOLDER", requires = "from")]
    into: Option<PathBuf>,
    /// Show all of it and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the edits of the manifest that are proposed for what breaks
    #[arg(long)]
    edit_manifest: bool,
    /// Keep the old shape of each operation whose callers would have to change
    /// something: deprecated, beside the new one, under a name of its own
    #[arg(long)]
    keep_old: bool,
    /// The first day on which it is no longer kept, instead of 90 days from today
    #[arg(long, value_name = "YYYY-MM-DD", requires = "keep_old")]
    until: Option<Date>,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines: one object.
    Json,
}

/// Where a connector lives.
struct Target {
    specs: PathBuf,
    generated: PathBuf,
    options: RenderOptions,
    /// Whether it is one of this workspace, whose `Cargo.lock` knows its version.
    is_member: bool,
}

impl Target {
    fn of(arguments: &Arguments) -> Result<Self, Error> {
        match (&arguments.from, &arguments.into) {
            (Some(from), Some(into)) => {
                let runtime = workspace::root().join("runtime").display().to_string();
                let options = RenderOptions { runtime_path: Some(runtime) };
                let real = |path: &Path| {
                    std::path::absolute(path).map_err(|cause| Error::File { path: path.to_owned(), cause })
                };
                Ok(Self { specs: real(from)?, generated: real(into)?, options, is_member: false })
            }
            _ => {
                let name: Vec<String> = arguments.name.iter().cloned().collect();
                let name = workspace::chosen(&name)?.into_iter().next().unwrap_or_default();
                let root = workspace::root();
                Ok(Self {
                    specs: root.join("specs").join(&name),
                    generated: root.join("generated").join(&name),
                    options: RenderOptions::default(),
                    is_member: true,
                })
            }
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let target = Target::of(arguments)?;
    let document = match arguments.revised.document(&target.specs) {
        Ok(document) => document,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(End::NotCompared.into());
        }
    };
    let fail = |cause| Error::File { path: target.specs.clone(), cause };
    if let Some(parent) = target.specs.parent() {
        recover(parent).map_err(fail)?;
    }
    let Ok(standing) = decided::read(&target.specs) else { return Ok(End::NotCompared.into()) };
    // As `drift` compares: by what the team has written down.
    let comparing = standing.as_ref().map(|standing| standing.decisions.compare).unwrap_or_default();
    let options = comparing.options(today());
    let outcome = impact::assess(&target.specs, &document, &options);
    let overlay_misses = outcome.overlay_misses;
    let (Some(assessment), Some(old)) = (&outcome.assessment, &outcome.connector) else {
        show(&outcome.diagnostics, &outcome.files);
        show(&outcome.revised, &outcome.files);
        return Ok(if overlay_misses { End::Idle } else { End::NotCompared }.into());
    };
    let mut assessment = assessment.clone();
    let decided = decided::decide(standing.as_ref(), &mut assessment, options.today)?;
    let fits = assessment.api.is_some();
    let patch = placed(&outcome.proposals.patch, &target.specs.join(MANIFEST));
    let mut told = Told {
        format: arguments.format,
        dry: arguments.dry_run,
        outcome: &outcome,
        patch: &patch,
        assessment,
        settled: &decided.settled,
    };
    if overlay_misses {
        let mut missed = Diagnostics::new();
        outcome
            .revised
            .iter()
            .filter(|found| found.code == Code::NoMatch)
            .for_each(|found| missed.push(found.clone()));
        show(&missed, &outcome.files);
        eprintln!("error: repair overlay.yaml first: the revision may say itself what the overlay says");
        return Ok(End::Idle.into());
    }
    let edits = outcome.proposals.edited.as_deref().filter(|_| arguments.edit_manifest);
    if !fits && edits.is_none() {
        told.report(None, &[]);
        let kept = if arguments.dry_run { None } else { patch_file(&target, &patch)? };
        match (kept, patch.is_empty()) {
            (Some(path), _) => eprintln!(
                "error: the manifest does not fit the revision; edit it, or take the proposed edits, which are in {}, \
                 with --edit-manifest",
                workspace::shown(&path).display()
            ),
            (None, false) => eprintln!(
                "error: the manifest does not fit the revision; edit it, or take the proposed edits with --edit-manifest"
            ),
            (None, true) => eprintln!(
                "error: the manifest does not fit the revision, and no edit of it can be proposed: what breaks is told \
                 with its line"
            ),
        }
        return Ok(ExitCode::FAILURE);
    }
    let mut transaction = Transaction::begin(&target.specs).map_err(fail)?;
    let asked = Asked {
        document: &document,
        edits,
        keep: arguments.keep_old.then(|| arguments.until.unwrap_or_else(|| today().plus(keep::DAYS))),
        sources: sources(&outcome, &target, &document),
        decisions: decided.text.as_deref(),
    };
    let Some(prepared) = prepare(&target, &asked, old, &mut told.assessment, &mut transaction)? else {
        told.report(None, &[]);
        return Ok(ExitCode::FAILURE);
    };
    let compiles = build(&target, &prepared, transaction.folder())?;
    let places = transaction.places().map(|(path, put)| (path.to_owned(), put)).collect::<Vec<_>>();
    told.report(Some(&prepared), &places);
    if !compiles {
        eprintln!(
            "error: the crate of the revision does not compile, or a test of it fails; nothing was changed"
        );
        return Ok(ExitCode::FAILURE);
    }
    if arguments.dry_run || places.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    transaction.commit(&mut |_| ()).map_err(fail)?;
    if arguments.keep_old {
        streams_have_one_shape(&told.assessment);
    }
    if edits.is_none() {
        left_to_do(&target, &told.assessment, &patch)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells of streams that break that nothing of them is kept.
fn streams_have_one_shape(assessment: &Assessment) {
    let breaks = assessment.impact.iter().filter(|impact| impact.severity == Severity::Breaks);
    let subjects = breaks.flat_map(|impact| &impact.subjects);
    let streams: BTreeSet<String> = subjects
        .filter(|subject| subject.kind == SubjectKind::Stream)
        .map(|subject| format!("`{}`", subject.name))
        .collect();
    if !streams.is_empty() {
        let streams = streams.into_iter().collect::<Vec<_>>().join(", ");
        eprintln!(
            "note: --keep-old keeps methods and types, not streams: {streams} are read in the new shape, since a table has \
             one; what they read before is had from the old methods that are kept"
        );
    }
}

/// Tells what of the manifest the accepted revision still breaks: the documents say the same from now on, so no later command would.
fn left_to_do(target: &Target, assessment: &Assessment, patch: &str) -> Result<(), Error> {
    if let Some(path) = patch_file(target, patch)? {
        let path = workspace::shown(&path).display().to_string();
        eprintln!(
            "warning: the proposed edits of the manifest were not taken; `git apply {path}` and `cargo xtask generate {}` do",
            assessment.connector
        );
    }
    let breaks = assessment.impact.iter().filter(|impact| impact.severity == Severity::Breaks);
    let lines: BTreeSet<u32> = breaks.filter_map(|impact| Some(impact.manifest.as_ref()?.line)).collect();
    if !lines.is_empty() {
        let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
        eprintln!(
            "warning: what breaks at {MANIFEST}:{} fails when the connector runs, until the manifest says otherwise",
            lines.join(", ")
        );
    }
    Ok(())
}

/// What is to be put in place.
struct Prepared {
    connector: Connector,
    changelog: String,
    notes: String,
}

/// What the next sources are made of.
struct Asked<'a> {
    document: &'a Path,
    edits: Option<&'a str>,
    /// Until when old shapes are kept; none where none is.
    keep: Option<Date>,
    /// The files that the connector was made from.
    sources: Vec<PathBuf>,
    /// What is left of the decisions; none where they stay as they are.
    decisions: Option<&'a str>,
}

/// The files that a connector was made from, below its folder, without the manifest, the lock file and old shapes.
fn sources(outcome: &Outcome, target: &Target, document: &Path) -> Vec<PathBuf> {
    let is_own = |file: &&Path| {
        !file.starts_with(FOLDER)
            && !matches!(file.to_str(), Some(MANIFEST | LOCK))
            && target.specs.join(file) != document
    };
    let named = outcome.files.iter().filter_map(|(name, _)| Path::new(name).strip_prefix(&target.specs).ok());
    let mut files: Vec<PathBuf> = named.filter(is_own).map(Path::to_owned).collect();
    files.sort();
    files.dedup();
    files
}

/// Prepares all files. `None` where there is no crate; what was found is told.
fn prepare(
    target: &Target,
    asked: &Asked<'_>,
    old: &Connector,
    assessment: &mut Assessment,
    transaction: &mut Transaction,
) -> Result<Option<Prepared>, Error> {
    let specs = transaction.folder().join("specs");
    copy(&target.specs, &specs)?;
    let manifest = specs.join(MANIFEST);
    if let Some(edits) = asked.edits {
        workspace::write(&manifest, edits)?;
    }
    if let Some(decisions) = asked.decisions {
        workspace::write(&specs.join(DECISIONS), decisions)?;
    }
    let pinned = pin(&specs, asked.document, &old.plan.document)?;
    let ended = keep::take_out(&specs, today())?;
    let mut outcome = generate(&specs, &target.options);
    if let (Some(until), Some(connector)) = (asked.keep, &outcome.connector) {
        let broken = impact::broken(old, connector);
        if !broken.is_empty() {
            let what = (broken, until, today());
            keep::keep(&specs, &target.specs, &asked.sources, old, what)?;
            outcome = generate(&specs, &target.options);
        }
    }
    let Some(connector) = outcome.connector else {
        show(&outcome.diagnostics, &outcome.files);
        return Ok(None);
    };
    assessment.settle(old, &connector);
    let version = Version::read(&assessment.next_version).unwrap_or(Version::FIRST);
    // A lock file says no version before there is a second one.
    let connector = if version.to_string() == connector.plan.version {
        connector
    } else {
        connector
            .with_version(version, &target.options)
            .map_err(|error| Error::Refused(format!("the crate cannot be written: {error}")))?
    };
    let same = |name: &str| fs::read(specs.join(name)).ok() == fs::read(target.specs.join(name)).ok();
    workspace::write(&specs.join(LOCK), &connector.lock)?;
    let (mut changelog, mut notes) = (String::new(), String::new());
    if !same(&pinned) || asked.edits.is_some() || ended {
        changelog = changelog_entry(assessment, &connector, today());
        notes = release_notes(assessment, &connector);
        let known = fs::read_to_string(target.specs.join(CHANGELOG)).unwrap_or_default();
        workspace::write(&specs.join(CHANGELOG), &joined(&known, &changelog))?;
        workspace::write(&specs.join(NOTES), &notes)?;
    }
    for name in [MANIFEST, pinned.as_str(), LOCK, DECISIONS, CHANGELOG, NOTES] {
        if specs.join(name).is_file() && !same(name) {
            transaction.put(target.specs.join(name), Some(specs.join(name)));
        }
    }
    let (before, after) = (files(&target.specs.join(FOLDER))?, files(&specs.join(FOLDER))?);
    for path in before.union(&after) {
        let (to, staged) = (target.specs.join(FOLDER).join(path), specs.join(FOLDER).join(path));
        if fs::read(&to).ok() != fs::read(&staged).ok() {
            transaction.put(to, staged.is_file().then_some(staged));
        }
    }
    if pinned != old.plan.document {
        transaction.put(target.specs.join(&old.plan.document), None);
    }
    let (changes, found) = output::compare(&target.generated, &connector.files);
    show(&found, &outcome.files);
    if found.has_errors() {
        return Ok(None);
    }
    let staged = transaction.folder().join("crate");
    let write = output::Changes { write: changes.write.clone(), ..output::Changes::default() };
    let failed = output::apply(&staged, &connector.files, &write);
    show(&failed, &outcome.files);
    if failed.has_errors() {
        return Ok(None);
    }
    for path in &changes.write {
        transaction.put(target.generated.join(path), Some(staged.join(path)));
    }
    for path in &changes.remove {
        transaction.put(target.generated.join(path), None);
    }
    if target.is_member
        && let Some((path, text)) = workspace::locked_at(&connector.name, &connector.plan.version)?
    {
        let staged = transaction.folder().join("Cargo.lock");
        workspace::write(&staged, &text)?;
        transaction.put(path, Some(staged));
    }
    Ok(Some(Prepared { connector, changelog, notes }))
}

/// The files below a folder, by their paths in it; none where there is no such folder.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>, Error> {
    let mut found = BTreeSet::new();
    let mut open = if folder.is_dir() { vec![folder.to_owned()] } else { Vec::new() };
    while let Some(next) = open.pop() {
        let entries = fs::read_dir(&next).map_err(|cause| Error::File { path: next.clone(), cause })?;
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
            } else if let Ok(path) = path.strip_prefix(folder) {
                found.insert(path.to_owned());
            }
        }
    }
    Ok(found)
}

/// Copies the files of a folder, whose folders are copied with it.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let fail = |path: &Path, cause| Error::File { path: path.to_owned(), cause };
    fs::create_dir_all(to).map_err(|cause| fail(to, cause))?;
    for entry in fs::read_dir(from).map_err(|cause| fail(from, cause))?.filter_map(Result::ok) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|cause| fail(&source, cause))?;
        if kind.is_dir() {
            copy(&source, &target)?;
        } else if kind.is_file() {
            fs::copy(&source, &target).map_err(|cause| fail(&source, cause))?;
        }
    }
    Ok(())
}

/// Puts the revision in the place of the pinned document, and gives its name. A document of the other format gets the other ending, and the
/// manifest names it so.
fn pin(specs: &Path, document: &Path, pinned: &str) -> Result<String, Error> {
    let fail = |cause| Error::File { path: document.to_owned(), cause };
    let is_json = |path: &Path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let old = Path::new(pinned);
    let name = if is_json(document) == is_json(old) {
        pinned.to_owned()
    } else {
        old.with_extension(if is_json(document) { "json" } else { "yaml" }).display().to_string()
    };
    if name != pinned {
        fs::remove_file(specs.join(pinned)).map_err(fail)?;
        let path = specs.join(MANIFEST);
        let text = workspace::read(&path)?;
        let lines = text.split_inclusive('\n').map(|line| {
            if line.starts_with("document:") { line.replacen(pinned, &name, 1) } else { line.to_owned() }
        });
        workspace::write(&path, &lines.collect::<String>())?;
    }
    fs::copy(document, specs.join(&name)).map_err(fail)?;
    Ok(name)
}

/// A changelog with a further entry before the others.
fn joined(known: &str, entry: &str) -> String {
    const HEAD: &str = "# Changelog\n";
    let rest = known.strip_prefix(HEAD).unwrap_or(known).trim_start();
    let rest = if rest.is_empty() { String::new() } else { format!("\n{rest}") };
    format!("{HEAD}\n{entry}{rest}")
}

/// Compiles the crate in a small workspace of its own, with the versions of this one, and runs its tests if it has some.
fn build(target: &Target, prepared: &Prepared, staging: &Path) -> Result<bool, Error> {
    let folder = staging.join("check");
    let into = folder.join("crate");
    let runtime_path = Some(workspace::root().join("runtime").display().to_string());
    let version = Version::read(&prepared.connector.plan.version).unwrap_or(Version::FIRST);
    // What is checked stands elsewhere than what is kept, so it has to find the runtime by its path.
    let files = linchpin_codegen::render::render(&prepared.connector.plan, &RenderOptions { runtime_path })
        .map_err(|error| Error::Refused(format!("version {version} cannot be written: {error}")))?;
    for (path, text) in &files {
        workspace::write(&into.join(path), text)?;
    }
    let tests = target.generated.join("tests");
    let has_tests = tests.is_dir();
    if has_tests {
        copy(&tests, &into.join("tests"))?;
    }
    workspace::copy_lock(&folder)?;
    let profile = profile(&workspace::read(&workspace::root().join("Cargo.toml"))?);
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"crate\"]\n";
    workspace::write(&folder.join("Cargo.toml"), &format!("{members}\n{profile}"))?;
    let cache =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace::root().join("target"), PathBuf::from);
    let run = |words: &[&str]| {
        let mut command = cargo(words);
        command.current_dir(&folder).env("CARGO_TARGET_DIR", &cache);
        // What a test prints is for people; the report may be for machines.
        command.stdout(std::process::Stdio::null());
        let program = || format!("cargo {}", words.join(" "));
        command.status().map_err(|cause| Error::NotStarted { program: program(), cause })
    };
    // What does not compile is told before all that it stands on is built.
    let checked = run(&["check", "--quiet", "--all-targets"])?;
    Ok(checked.success() && (!has_tests || run(&["test", "--quiet"])?.success()))
}

/// How this workspace compiles what crates stand on, so that Cargo finds it built.
fn profile(manifest: &str) -> String {
    let mut wanted = false;
    let lines = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            wanted = matches!(*line, "[profile.dev]" | "[profile.dev.package.\"*\"]");
        }
        wanted
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// A patch of the manifest whose paths are those from the workspace's folder, or else from where this was called, so that `git apply` finds it.
fn placed(patch: &str, manifest: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = [workspace::root(), here].iter().find_map(|from| manifest.strip_prefix(from).ok());
    let path = path.unwrap_or(Path::new(MANIFEST)).display();
    let sides = [
        (format!("--- a/{MANIFEST}"), format!("--- a/{path}")),
        (format!("+++ b/{MANIFEST}"), format!("+++ b/{path}")),
    ];
    let line = |line: &str| {
        let body = line.trim_end_matches('\n');
        let head = sides.iter().find(|(from, _)| from == body);
        head.map_or_else(|| line.to_owned(), |(_, to)| format!("{to}\n"))
    };
    patch.split_inclusive('\n').map(line).collect()
}

/// Keeps the proposed edits as a file, beside what is fetched, and gives its path; none where nothing is proposed.
fn patch_file(target: &Target, patch: &str) -> Result<Option<PathBuf>, Error> {
    if patch.is_empty() {
        return Ok(None);
    }
    let name = target
        .specs
        .file_name()
        .map_or_else(|| "connector".into(), |name| name.to_string_lossy().into_owned());
    let path = workspace::root().join("target").join("drift").join(name).join("connector.patch");
    workspace::write(&path, patch)?;
    Ok(Some(path))
}
