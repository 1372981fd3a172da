//! The whole way through: a folder with a manifest and a document becomes the files of a crate, in memory.

pub mod previous;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lock::{LOCK, Locked};
use crate::manifest::{Entries, Manifest};
use crate::model::{Names, OperationHead};
use crate::normalise::{Dialect, Normalised, Origins};
use crate::plan::Plan;
use crate::render::{Files, RenderError, RenderOptions};
use crate::source::{Limits, SourceFiles, Tree};
use crate::version::Version;
use crate::{lock, manifest, model, normalise, overlay, plan, render, source};

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
    /// The text of its lock file, which stands beside the manifest.
    pub lock: String,
    /// Number of its operations.
    pub operations: usize,
    /// Number of its streams.
    pub streams: usize,
    /// What its files were made from, for those who have to know which item stands for what in the document.
    pub plan: Plan,
    /// What the manifest says of old shapes, for those who know the day ([`previous::over`]).
    pub previous: Entries<manifest::Previous>,
}

impl Connector {
    /// The same crate with another version.
    ///
    /// # Errors
    /// A defect of the renderer.
    pub fn with_version(mut self, version: Version, options: &RenderOptions) -> Result<Self, RenderError> {
        self.plan.version = version.to_string();
        self.files = render::render(&self.plan, options)?;
        self.lock = lock::with_version(&self.lock, &self.plan.version);
        Ok(self)
    }
}

/// A stage of the way through, named by what stands when it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The document's text is a tree.
    Read,
    /// The tree is an OpenAPI document in its normal form.
    Normalised,
    /// The document is operations and types with names.
    Modelled,
    /// The crate's files are there.
    Generated,
}

/// Generates the connector of a folder that holds `connector.yaml` and the document that it names, and may hold
/// `overlay.yaml` and `connector.lock`. Reads files, writes none.
pub fn generate(folder: &Path, options: &RenderOptions) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.connector = of_folder(folder, options, &mut outcome.files, &mut outcome.diagnostics)
        .filter(|_| !outcome.diagnostics.has_errors());
    outcome
}

/// What a connector is made from, read: the manifest, and its document with the overlay and the files that references lead to.
#[derive(Debug)]
pub struct Sources {
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest's tree, for the places of what the types do not keep.
    pub manifest_tree: Tree,
    /// The document, overlaid and bundled.
    pub document: Tree,
    /// What the old shapes are made from that the manifest keeps, in its order.
    previous: Vec<Sources>,
    earlier: Earlier,
}

/// Reads what the connector of a folder is made from. `document` stands in for the one that the manifest names: a revision of it, which gets
/// the same overlay; actions that match nothing in it are told ([`Code::NoMatch`]) and left out, since the vendor may have repaired what they
/// repair. `None` is an error among the diagnostics.
pub fn read(
    folder: &Path,
    document: Option<&Path>,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Sources> {
    let texts = texts(folder, document, files, diagnostics)?;
    let previous = previous::read(folder, &texts.1, files, diagnostics)?;
    with_lock(folder, texts, previous, files, diagnostics)
}

/// The same without old shapes, which are not made from older ones.
pub(crate) fn alone(
    folder: &Path,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Sources> {
    let texts = texts(folder, None, files, diagnostics)?;
    with_lock(folder, texts, Vec::new(), files, diagnostics)
}

fn with_lock(
    folder: &Path,
    (manifest_tree, manifest, document): (Tree, Manifest, Tree),
    previous: Vec<Sources>,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Sources> {
    let mut earlier = Earlier { hashes: hashes(folder, files), locked: Locked::default() };
    // As long as the document allows: a line for each of its types.
    if let Some(tree) = beside(folder, LOCK, &Limits::default(), files, diagnostics)? {
        earlier.locked = keep(lock::read(&tree), diagnostics)?;
    }
    Some(Sources { manifest, manifest_tree, document, previous, earlier })
}

/// The tree of a folder's manifest, the manifest, and the document or what stands in for it, as the overlay makes it.
fn texts(
    folder: &Path,
    document: Option<&Path>,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<(Tree, Manifest, Tree)> {
    let manifest_tree = keep(source::load(files, &folder.join(MANIFEST), &Limits::manifest()), diagnostics)?;
    let manifest = keep(manifest::read(&manifest_tree), diagnostics)?;
    let pinned = folder.join(&*manifest.document);
    if document.is_none() && leads_out(folder, &pinned) {
        diagnostics.push(outside(&manifest.document).at(manifest.document.span));
        return None;
    }
    let path = document.unwrap_or(&pinned);
    let mut tree = keep(source::load(files, path, &Limits::default()), diagnostics)?;
    if let Some(actions) = beside(folder, OVERLAY, &Limits::manifest(), files, diagnostics)? {
        let apply = if document.is_some() { overlay::apply_what_matches } else { overlay::apply };
        tree = keep(apply(&tree, &actions, &Limits::default()), diagnostics)?;
    }
    let document = keep(source::bundle(files, tree, path, &Limits::default()), diagnostics)?;
    Some((manifest_tree, manifest, document))
}

/// What the stages past reading make of [`Sources`].
#[derive(Debug)]
pub struct Made {
    /// The crate, if there was no error.
    pub connector: Option<Connector>,
    /// The operations that the document has, as far as they can be read.
    pub operations: Vec<OperationHead>,
    /// Those of them that the manifest selects.
    pub selected: Vec<OperationHead>,
    /// From the normalised document, which types and operations point into, back to the one that was read.
    pub origins: Origins,
}

/// Makes a connector of what [`read`] gave. `None` where the document cannot be normalised; errors are among the diagnostics.
pub fn make(sources: &Sources, options: &RenderOptions, diagnostics: &mut Diagnostics) -> Option<Made> {
    let normalised = keep(normalise::normalise(&sources.document), diagnostics)?;
    let operations = model::heads(&normalised.document);
    let selected = plan::select(&sources.manifest, &operations).0;
    let selected = selected.into_iter().filter_map(|index| operations.get(index).cloned()).collect();
    let connector = connector(
        (&sources.manifest, &sources.previous),
        &normalised,
        &sources.earlier,
        options,
        &mut |_| (),
        diagnostics,
    );
    let connector = connector.filter(|_| !diagnostics.has_errors());
    Some(Made { connector, operations, selected, origins: normalised.origins })
}

/// What generating from a document alone gives.
#[derive(Debug, Default)]
pub struct DocumentOutcome {
    /// The crate, if there was no error; the diagnostics; the texts.
    pub outcome: Outcome,
    /// The dialect of the document, where it could be read.
    pub dialect: Option<Dialect>,
    /// Number of operations that the document has, those among them that had to be left out included.
    pub operations: usize,
    /// The operations that were left out.
    pub dropped: Vec<Dropped>,
}

/// An operation that a document has and its connector has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// `METHOD /path`.
    pub operation: String,
    /// Code of the diagnostic that says why, where one stands at the operation or its path.
    pub code: Option<Code>,
}

/// Generates a connector with all operations of a document, by the [`manifest::minimal`] one: no credential, no paging, no streams. `name` is
/// the connector's. Tells each stage that was reached, for callers that want to know where a run ended which never returned.
pub fn generate_document(
    document: &Path,
    name: &str,
    options: &RenderOptions,
    reached: &mut dyn FnMut(Stage),
) -> DocumentOutcome {
    let mut found = DocumentOutcome::default();
    found.outcome.connector = of_document(document, name, options, reached, &mut found)
        .filter(|_| !found.outcome.diagnostics.has_errors());
    found
}

fn of_document(
    document: &Path,
    name: &str,
    options: &RenderOptions,
    reached: &mut dyn FnMut(Stage),
    found: &mut DocumentOutcome,
) -> Option<Connector> {
    let Outcome { files, diagnostics, .. } = &mut found.outcome;
    let tree = keep(source::load(files, document, &Limits::default()), diagnostics)?;
    let tree = keep(source::bundle(files, tree, document, &Limits::default()), diagnostics)?;
    reached(Stage::Read);
    let normalised = keep(normalise::normalise(&tree), diagnostics)?;
    reached(Stage::Normalised);
    found.dialect = Some(normalised.dialect);
    let heads = model::heads(&normalised.document);
    found.dropped = dropped(&tree, &heads, diagnostics);
    found.operations = heads.len() + found.dropped.len();
    drop(tree);
    let text = manifest::minimal(name, document, &normalised.document);
    let tree = keep(source::parse(files, MANIFEST, text, &Limits::manifest()), diagnostics)?;
    let manifest = keep(manifest::read(&tree), diagnostics)?;
    connector((&manifest, &[]), &normalised, &Earlier::default(), options, reached, diagnostics)
}

/// The operations that stand in a document's tree and are not among those that normalising kept.
fn dropped(tree: &Tree, heads: &[OperationHead], diagnostics: &Diagnostics) -> Vec<Dropped> {
    let kept: HashSet<(&str, &str)> =
        heads.iter().map(|head| (head.method.as_str(), head.path.trim_start_matches('/'))).collect();
    let mut dropped = Vec::new();
    let paths = tree.root().get("paths").into_iter().flat_map(|paths| paths.entries());
    for path in paths.filter(|path| !path.key.starts_with("x-")) {
        for entry in path.value.entries().filter(|entry| normalise::METHODS.contains(&entry.key)) {
            let method = entry.key.to_ascii_uppercase();
            if kept.contains(&(method.as_str(), path.key.trim_start_matches('/'))) {
                continue;
            }
            let places = [entry.value.pointer(), path.value.pointer()];
            let cause = diagnostics
                .iter()
                .find(|found| found.pointer.as_ref().is_some_and(|pointer| places.contains(pointer)));
            let operation = format!("{method} {}", path.key);
            dropped.push(Dropped { operation, code: cause.map(|found| found.code) });
        }
    }
    dropped
}

fn of_folder(
    folder: &Path,
    options: &RenderOptions,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Connector> {
    let Sources { manifest, document, previous, earlier, .. } = read(folder, None, files, diagnostics)?;
    let normalised = keep(normalise::normalise(&document), diagnostics)?;
    drop(document);
    connector((&manifest, &previous), &normalised, &earlier, options, &mut |_| (), diagnostics)
}

/// What a connector is made from: the manifest of a folder, and the document that it names, as its overlay makes it.
pub(crate) fn inputs(
    folder: &Path,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<(Manifest, Normalised)> {
    let (_, manifest, document) = texts(folder, None, files, diagnostics)?;
    let normalised = keep(normalise::normalise(&document), diagnostics)?;
    Some((manifest, normalised))
}

/// The plan of a manifest and its document.
pub(crate) fn planned(
    manifest: &Manifest,
    normalised: &Normalised,
    diagnostics: &mut Diagnostics,
) -> Option<Plan> {
    resolved(manifest, normalised, &Names::default(), &mut |_| (), diagnostics)
}

/// The tree of a file that may stand beside a manifest. `None` is an error that was told, `Some(None)` that there is no such file.
fn beside(
    folder: &Path,
    name: &str,
    limits: &Limits,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Option<Tree>> {
    let path = folder.join(name);
    // A link that leads nowhere is a mistake, not a missing file.
    if path.symlink_metadata().is_err() {
        return Some(None);
    }
    if leads_out(folder, &path) {
        diagnostics.push(outside(name));
        return None;
    }
    keep(source::load(files, &path, limits), diagnostics).map(Some)
}

fn outside(name: &str) -> Diagnostic {
    let message = format!("`{name}` is a link that leads out of the manifest's folder");
    Diagnostic::error(Code::OutsideFolder, message).help("put the file itself into the folder")
}

/// The hashes of the texts that a connector is made from beside its manifest, by their names in its folder.
fn hashes(folder: &Path, files: &SourceFiles) -> BTreeMap<String, String> {
    let named = files.iter().map(|(name, text)| {
        let name = Path::new(name).strip_prefix(folder).unwrap_or(Path::new(name));
        (name.display().to_string().replace('\\', "/"), lock::hash(text))
    });
    named.filter(|(name, _)| name != MANIFEST).collect()
}

/// What stands before a run: the hashes of the texts that a connector is made from, and what an earlier run gave.
#[derive(Debug, Default)]
struct Earlier {
    hashes: BTreeMap<String, String>,
    locked: Locked,
}

/// The plan of a connector as it was, with the names that it had.
pub(crate) fn of_then(
    sources: &Sources,
    normalised: &Normalised,
    diagnostics: &mut Diagnostics,
) -> Option<Plan> {
    resolved(&sources.manifest, normalised, &sources.earlier.locked.names, &mut |_| (), diagnostics)
}

/// The stages from the normalised document on. Beside the manifest stands what its old shapes are made from.
fn connector(
    (manifest, previous): (&Manifest, &[Sources]),
    normalised: &Normalised,
    earlier: &Earlier,
    options: &RenderOptions,
    reached: &mut dyn FnMut(Stage),
    diagnostics: &mut Diagnostics,
) -> Option<Connector> {
    let mut plan = resolved(manifest, normalised, &earlier.locked.names, reached, diagnostics)?;
    if let Some(version) = &earlier.locked.version {
        version.clone_into(&mut plan.version);
    }
    plan.previous = previous::bind(manifest, previous, &plan, diagnostics);
    match render::render(&plan, options) {
        Ok(files) => {
            reached(Stage::Generated);
            Some(Connector {
                lock: lock::text(earlier.locked.version.as_deref(), &earlier.hashes, &plan.api.names),
                name: plan.name.clone(),
                files,
                operations: plan.api.operations.len(),
                streams: plan.streams.len(),
                plan,
                previous: manifest.previous.clone(),
            })
        }
        Err(error) => {
            diagnostics.push(Diagnostic::error(Code::Defect, error.to_string()));
            None
        }
    }
}

/// The stages from the normalised document to the plan.
fn resolved(
    manifest: &Manifest,
    normalised: &Normalised,
    earlier: &Names,
    reached: &mut dyn FnMut(Stage),
    diagnostics: &mut Diagnostics,
) -> Option<Plan> {
    let heads = model::heads(&normalised.document);
    let (selected, found) = plan::select(manifest, &heads);
    let unusable = found.has_errors();
    diagnostics.extend(found);
    if unusable {
        // What an operation that is not there would lead to is no finding of its own.
        return None;
    }
    let (api, found) = model::model(normalised, &selected, earlier);
    diagnostics.extend(found);
    reached(Stage::Modelled);
    let plan = keep(plan::plan(manifest, api), diagnostics)?;
    Some(plan).filter(|_| !diagnostics.has_errors())
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
