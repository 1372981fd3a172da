//! The whole way through: a folder with a manifest and a document becomes the files of a crate, in memory.

use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::render::{Files, RenderOptions};
use crate::source::{Limits, SourceFiles};
use crate::{manifest, model, normalise, overlay, plan, render, source};

/// File name of a manifest.
pub const MANIFEST: &str = "connector.yaml";

/// File name of the overlay of a document; it may be missing.
pub const OVERLAY: &str = "overlay.yaml";

/// What a run gives: the crate, if there was no error, and in any case what was found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The crate.
    pub connector: Option<Connector>,
    /// What was found, by all stages.
    pub diagnostics: Diagnostics,
    /// The texts that diagnostics point into.
    pub files: SourceFiles,
}

/// A generated crate.
#[derive(Debug)]
pub struct Connector {
    /// Name of the connector.
    pub name: String,
    /// Its files.
    pub files: Files,
    /// Number of its operations.
    pub operations: usize,
    /// Number of its streams.
    pub streams: usize,
}

/// Generates the connector of a folder that holds `connector.yaml` and the document that it names, and may hold
/// `overlay.yaml`. Reads files, writes none.
pub fn generate(folder: &Path, options: &RenderOptions) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.connector = stages(folder, options, &mut outcome.files, &mut outcome.diagnostics)
        .filter(|_| !outcome.diagnostics.has_errors());
    outcome
}

fn stages(
    folder: &Path,
    options: &RenderOptions,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Connector> {
    let tree = keep(source::load(files, &folder.join(MANIFEST), &Limits::manifest()), diagnostics)?;
    let manifest = keep(manifest::read(&tree), diagnostics)?;
    let document = folder.join(&*manifest.document);
    let outside = |name: &str, file: &Path| {
        leads_out(folder, file).then(|| {
            Diagnostic::error(
                Code::OutsideFolder,
                format!("`{name}` is a link that leads out of the manifest's folder"),
            )
            .help("put the file itself into the folder")
        })
    };
    if let Some(outside) = outside(&manifest.document, &document) {
        diagnostics.push(outside.at(manifest.document.span));
        return None;
    }
    let mut tree = keep(source::load(files, &document, &Limits::default()), diagnostics)?;
    let beside = folder.join(OVERLAY);
    // A link that leads nowhere is a mistake, not a missing overlay.
    if beside.symlink_metadata().is_ok() {
        if let Some(outside) = outside(OVERLAY, &beside) {
            diagnostics.push(outside);
            return None;
        }
        let actions = keep(source::load(files, &beside, &Limits::manifest()), diagnostics)?;
        tree = keep(overlay::apply(&tree, &actions, &Limits::default()), diagnostics)?;
    }
    let tree = keep(source::bundle(files, tree, &document, &Limits::default()), diagnostics)?;
    let normalised = keep(normalise::normalise(&tree), diagnostics)?;
    let heads = model::heads(&normalised.document);
    let (selected, found) = plan::select(&manifest, &heads);
    let unusable = found.has_errors();
    diagnostics.extend(found);
    if unusable {
        // What an operation that is not there would lead to is no finding of its own.
        return None;
    }
    let (api, found) = model::model(&normalised, &selected);
    diagnostics.extend(found);
    let plan = keep(plan::plan(&manifest, api), diagnostics)?;
    if diagnostics.has_errors() {
        return None;
    }
    match render::render(&plan, options) {
        Ok(files) => Some(Connector {
            name: plan.name,
            files,
            operations: plan.api.operations.len(),
            streams: plan.streams.len(),
        }),
        Err(error) => {
            diagnostics.push(Diagnostic::error(Code::Defect, error.to_string()));
            None
        }
    }
}

/// Keeps a stage's diagnostics and gives its output.
fn keep<T>((output, found): (Option<T>, Diagnostics), diagnostics: &mut Diagnostics) -> Option<T> {
    diagnostics.extend(found);
    output
}

/// Whether a file is outside of a folder once links were followed. A missing file is reported by the source stage, with the cause.
fn leads_out(folder: &Path, file: &Path) -> bool {
    match (folder.canonicalize(), file.canonicalize()) {
        (Ok(folder), Ok(real)) => !real.starts_with(&folder),
        _ => false,
    }
}
