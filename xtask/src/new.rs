//! `cargo xtask new`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use linchpin_codegen::diagnostic::{self, Severity};
use linchpin_codegen::generate::{MANIFEST, OVERLAY};
use linchpin_codegen::infer::{Confidence, Draft, Inferred, PagingKind, Proposal, Selection, infer, texts};
use linchpin_codegen::source::SourceFiles;

use crate::fetch;
use crate::generate::Format;
use crate::workspace::{self, Error};

/// What could not be decided is shown up to so many lines; all of it stands in the JSON.
const MOST_SHOWN: usize = 16;

/// Longest name: crates.io takes 64 letters, and the crate is called `linchpin-NAME`.
const LONGEST_NAME: usize = 55;

const EXAMPLES: &str = "Examples:
  cargo xtask new acme --spec acme.yaml
  cargo xtask new acme --spec https://api.acme.example/openapi.json
  cargo xtask new acme --spec acme.yaml --dry-run --format json

Then look through specs/acme/connector.yaml, and: cargo xtask generate acme";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Name of the connector: small letters, digits and `-`
    name: String,
    /// The OpenAPI document: a file, or an https URL
    #[arg(long, value_name = "FILE|URL")]
    spec: String,
    /// The folder that is made, instead of specs/NAME
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// Take all operations, not only those of the streams that are found
    #[arg(long)]
    all: bool,
    /// Write nothing
    #[arg(long)]
    dry_run: bool,
    /// How the proposal is shown; json has all of it, with confidence and reasons
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let name = &arguments.name;
    if !linchpin_codegen::manifest::text::is_name(name, '-') {
        let message =
            format!("`{name}` is no name of a connector: a small letter, then small letters, digits and `-`");
        return Err(Error::Refused(message));
    }
    if name.len() > LONGEST_NAME {
        let message = format!("`{name}` is too long for a connector's name: {LONGEST_NAME} letters at most");
        return Err(Error::Refused(message));
    }
    let folder = arguments.into.clone().unwrap_or_else(|| workspace::root().join("specs").join(name));
    let shown =
        arguments.into.as_ref().map_or_else(|| format!("specs/{name}"), |into| into.display().to_string());
    if !arguments.dry_run && folder.symlink_metadata().is_ok() {
        let message = format!(
            "{shown} is there already, and nothing was written: take another name, or remove it first"
        );
        return Err(Error::Refused(message));
    }
    let selection = if arguments.all { Selection::All } else { Selection::Streams };
    // A download takes its time and may be broken off: nothing is made before it is whole, and nothing beside what is to come before all of it
    // is known.
    let fetched = fetch::is_url(&arguments.spec).then(|| fetch::fetch(&arguments.spec)).transpose()?;
    let away = tempfile::tempdir();
    let away = away.map_err(|cause| Error::File { path: std::env::temp_dir(), cause })?;
    let (source, document) = match &fetched {
        Some(fetched) => {
            let document = if fetched.json { "openapi.json" } else { "openapi.yaml" };
            let path = away.path().join(document);
            std::fs::write(&path, &fetched.bytes)
                .map_err(|cause| Error::File { path: path.clone(), cause })?;
            (path, document)
        }
        None => {
            let path = PathBuf::from(&arguments.spec);
            let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
            (path, if json { "openapi.json" } else { "openapi.yaml" })
        }
    };
    let inferred = infer(&source, name, document, selection);
    let Inferred { found: Some((proposal, draft)), diagnostics, files } = inferred else {
        let options = diagnostic::RenderOptions::default();
        let told = diagnostic::render(&inferred.diagnostics, &inferred.files, &options);
        // Where a download was kept is gone by now; where it came from says more.
        let kept = source.display().to_string();
        let said = if fetched.is_some() { fetch::without_query(&arguments.spec) } else { &kept };
        eprint!("{}", told.replace(&kept, said));
        return Ok(ExitCode::FAILURE);
    };
    if !arguments.dry_run {
        // What is half done stands in a folder of its own, which goes away with an error.
        let parent = folder.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        let readable = std::fs::Permissions::from_mode(0o755);
        let half =
            tempfile::Builder::new().prefix(&format!(".{name}.")).permissions(readable).tempdir_in(parent);
        let half = half.map_err(|cause| Error::File { path: parent.to_owned(), cause })?;
        copy(&source, &half.path().join(document), half.path(), &files)?;
        workspace::write(&half.path().join(MANIFEST), &draft.manifest)?;
        if let Some(overlay) = &draft.overlay {
            workspace::write(&half.path().join(OVERLAY), overlay)?;
        }
        let done = half.keep();
        std::fs::rename(&done, &folder).map_err(|cause| Error::File { path: folder.clone(), cause })?;
    }
    let warnings = diagnostics.iter().filter(|found| found.severity != Severity::Note).count();
    match arguments.format {
        Format::Json => {
            println!("{}", serde_json::json!({ "name": name, "proposal": proposal, "draft": draft }))
        }
        Format::Text => {
            let generate = match &arguments.into {
                Some(into) => format!("cargo xtask generate --from {} --into CRATE", into.display()),
                None => format!("cargo xtask generate {name}"),
            };
            let next = (shown.as_str(), generate.as_str());
            tell(name, &proposal, &draft, warnings, next, arguments.dry_run)
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies a document, byte by byte, and the files below its folder that it refers to.
fn copy(source: &Path, document: &Path, into: &Path, files: &SourceFiles) -> Result<(), Error> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |cause| Error::File { path, cause }
    };
    if source != document {
        std::fs::copy(source, document).map_err(fail(source))?;
    }
    let folder = source.parent().unwrap_or(source);
    for path in texts(files).iter().filter(|path| *path != source) {
        let Ok(below) = path.strip_prefix(folder) else { continue };
        let target = into.join(below);
        if path.is_file() && !target.exists() {
            std::fs::create_dir_all(target.parent().unwrap_or(into)).map_err(fail(into))?;
            std::fs::copy(path, &target).map_err(fail(path))?;
        }
    }
    Ok(())
}

/// At most a screen.
fn tell(
    name: &str,
    proposal: &Proposal,
    draft: &Draft,
    warnings: usize,
    (folder, generate): (&str, &str),
    dry: bool,
) {
    let paged = |confidence: Confidence| {
        proposal
            .lists
            .iter()
            .filter(|list| list.paging.kind != PagingKind::None && list.paging.confidence == confidence)
            .count()
    };
    let unpaged = proposal.lists.iter().filter(|list| list.paging.kind == PagingKind::None).count();
    println!("{} of {name}", if dry { "Nothing was written. The proposal" } else { "The proposal" });
    println!("  server   {} ({})", proposal.server.url, proposal.server.confidence.as_str());
    println!("  auth     {} ({})", proposal.auth.kinds.join(", "), proposal.auth.confidence.as_str());
    println!(
        "  lists    {}: paged {} (high), {} (medium), {} (low); {unpaged} without pages",
        proposal.lists.len(),
        paged(Confidence::High),
        paged(Confidence::Medium),
        paged(Confidence::Low)
    );
    println!(
        "  streams  {} of {} lists; {} operations selected",
        draft.streams.len(),
        proposal.streams.len(),
        draft.operations
    );
    if warnings > 0 {
        println!("  document {warnings} findings; `{generate}` shows them");
    }
    if !draft.undecided.is_empty() {
        println!("\nNot decided, for you to look at:");
        for undecided in draft.undecided.iter().take(MOST_SHOWN) {
            println!("  {}: {}", undecided.heading(), undecided.question);
        }
        if let Some(rest) = draft.undecided.len().checked_sub(MOST_SHOWN).filter(|rest| *rest > 0) {
            println!("  and {rest} more (--format json shows all)");
        }
    }
    if !dry {
        println!("\nNext: look through {folder}/connector.yaml, then `{generate}`");
    }
}
