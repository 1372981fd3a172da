//! `cargo xtask new`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use linchpin_codegen::diagnostic::{self, Severity};
use linchpin_codegen::generate::{MANIFEST, OVERLAY};
use linchpin_codegen::infer::{Confidence, Draft, Inferred, PagingKind, Proposal, Selection, infer};

use crate::generate::Format;
use crate::workspace::{self, Error};

/// What could not be decided is shown up to so many lines; all of it stands in the JSON.
const MOST_SHOWN: usize = 16;

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
        return Err(Error::Refused(format!(
            "`{name}` is no name of a connector: a small letter, then small letters, digits and `-`"
        )));
    }
    let folder = workspace::root().join("specs").join(name);
    if !arguments.dry_run && folder.symlink_metadata().is_ok() {
        return Err(Error::Refused(format!(
            "specs/{name} is there already; nothing was written. Take another name, or remove it first"
        )));
    }
    let source = PathBuf::from(&arguments.spec);
    let document = document_name(&source);
    let selection = if arguments.all { Selection::All } else { Selection::Streams };
    let inferred = infer(&source, name, &document, selection);
    let Inferred { found: Some((proposal, draft)), diagnostics, files } = inferred else {
        eprint!(
            "{}",
            diagnostic::render(&inferred.diagnostics, &inferred.files, &diagnostic::RenderOptions::default())
        );
        return Ok(ExitCode::FAILURE);
    };
    if !arguments.dry_run {
        write(&folder, &source, &document, &draft)?;
    }
    let warnings = diagnostics.iter().filter(|found| found.severity != Severity::Note).count();
    match arguments.format {
        Format::Json => {
            let shown = serde_json::json!({ "name": name, "proposal": proposal, "draft": draft });
            println!("{shown}");
        }
        Format::Text => tell(name, &proposal, &draft, warnings, arguments.dry_run),
    }
    drop(files);
    Ok(ExitCode::SUCCESS)
}

/// The name that the document gets beside its manifest, by what it is written in.
fn document_name(source: &Path) -> String {
    let json = source.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if json { "openapi.json".to_owned() } else { "openapi.yaml".to_owned() }
}

/// Writes the folder, all of it or nothing.
fn write(folder: &Path, source: &Path, document: &str, draft: &Draft) -> Result<(), Error> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |cause| Error::File { path, cause }
    };
    let specs = folder.parent().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let half = specs.join(format!(".{name}.new"));
    if half.symlink_metadata().is_ok() {
        std::fs::remove_dir_all(&half).map_err(file(&half))?;
    }
    std::fs::create_dir_all(&half).map_err(file(&half))?;
    let bytes = std::fs::read(source).map_err(file(source))?;
    std::fs::write(half.join(document), bytes).map_err(file(&half))?;
    workspace::write(&half.join(MANIFEST), &draft.manifest)?;
    if let Some(overlay) = &draft.overlay {
        workspace::write(&half.join(OVERLAY), overlay)?;
    }
    std::fs::rename(&half, folder).map_err(file(folder))
}

/// At most a screen.
fn tell(name: &str, proposal: &Proposal, draft: &Draft, warnings: usize, dry: bool) {
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
        println!("  document {warnings} findings; `cargo xtask generate {name}` shows them");
    }
    if !draft.undecided.is_empty() {
        println!("\nNot decided, for you to look at:");
        for undecided in draft.undecided.iter().take(MOST_SHOWN) {
            println!("  {}: {}", undecided.about, undecided.question);
        }
        if let Some(rest) = draft.undecided.len().checked_sub(MOST_SHOWN).filter(|rest| *rest > 0) {
            println!("  and {rest} more (--format json shows all)");
        }
    }
    if !dry {
        println!("\nNext: look through specs/{name}/connector.yaml, then `cargo xtask generate {name}`");
    }
}
