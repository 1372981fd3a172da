//! The whole way from a document to a draft.

use std::path::{Path, PathBuf};

use super::auth::carried;
use super::draft::{Drafting, Target, draft, removal};
use super::{Draft, Proposal, Selection, propose_with};
use crate::diagnostic::Diagnostics;
use crate::model::{self, Api, Names};
use crate::normalise::{self, Normalised, Origins};
use crate::overlay;
use crate::source::{self, Limits, SourceFiles, Tree};

/// References that are followed to one schema.
const REFERENCES: usize = 8;

/// What inferring from a document gives.
#[derive(Debug, Default)]
pub struct Inferred {
    /// What the document says and shows, and what is made of it; `None` where it cannot be read.
    pub found: Option<(Proposal, Draft)>,
    /// What was found on the way.
    pub diagnostics: Diagnostics,
    /// The texts that diagnostics point into: the document and the files that it refers to.
    pub files: SourceFiles,
}

/// Infers a manifest from a document. `name` is the connector's, `document` the file name that the document has beside the manifest. Reads
/// files, writes none.
pub fn infer(path: &Path, name: &str, document: &str, selection: Selection) -> Inferred {
    let mut inferred = Inferred::default();
    inferred.found = found(path, name, document, selection, &mut inferred.files, &mut inferred.diagnostics);
    inferred
}

fn found(
    path: &Path,
    name: &str,
    document: &str,
    selection: Selection,
    files: &mut SourceFiles,
    diagnostics: &mut Diagnostics,
) -> Option<(Proposal, Draft)> {
    let loaded = keep(source::load(files, path, &Limits::default()), diagnostics)?;
    let tree = keep(source::bundle(files, loaded.clone(), path, &Limits::default()), diagnostics)?;
    let normalised = keep(normalise::normalise(&tree), diagnostics)?;
    let (api, found) = whole(&normalised);
    diagnostics.extend(found);
    // Credentials that operations take as parameters of their own are the connector's to send.
    let carried = carried(&normalised, &api).filter(|carried| !carried.declarations.is_empty());
    let without = carried.as_ref().and_then(|carried| {
        let text = removal(&carried.declarations)?;
        overlaid(files, &loaded, &text, path)
    });
    let removed = match (&carried, &without) {
        (Some(carried), Some(_)) => carried.declarations.as_slice(),
        _ => &[],
    };
    let (normalised, api) = without.unwrap_or((normalised, api));
    let proposal = propose_with(&normalised, &api, carried.as_ref());
    let target = |pointer: &str| json_path(&normalised.origins, pointer);
    let drafted = Drafting { name, document, proposal: &proposal, selection, removed, target: &target };
    let first = draft(&drafted, &api, true);
    let Some(text) = &first.overlay else { return Some((proposal, first)) };
    // What the overlay makes of the document is seen by reading it again; what it does not mend is held back.
    let mended = overlaid(files, &loaded, text, path);
    let second = draft(&drafted, mended.as_ref().map_or(&api, |(_, api)| api), false);
    Some((proposal, second))
}

/// Keeps a stage's diagnostics and gives its output.
fn keep<T>((output, found): (Option<T>, Diagnostics), diagnostics: &mut Diagnostics) -> Option<T> {
    diagnostics.extend(found);
    output
}

/// The API of all operations.
fn whole(normalised: &Normalised) -> (Api, Diagnostics) {
    let all: Vec<usize> = (0..model::heads(&normalised.document).len()).collect();
    model::model(normalised, &all, &Names::default())
}

/// The document as an overlay makes it, and its API; `None` where the overlay cannot be applied.
fn overlaid(files: &mut SourceFiles, document: &Tree, text: &str, path: &Path) -> Option<(Normalised, Api)> {
    let (actions, _) = source::parse(files, "overlay.yaml (proposed)", text.to_owned(), &Limits::manifest());
    let (tree, found) = overlay::apply(document, &actions?, &Limits::default());
    let tree = tree.filter(|_| !found.has_errors())?;
    let tree = source::bundle(files, tree, path, &Limits::default()).0?;
    let normalised = normalise::normalise(&tree).0?;
    let api = whole(&normalised).0;
    Some((normalised, api))
}

/// The JSONPath of what stands in the source where a pointer leads to, and whether it says `nullable: true` itself; `None` for what is not an
/// object of the document itself.
fn json_path(origins: &Origins, pointer: &str) -> Option<Target> {
    // What is not there is answered with what is around it.
    let last = |pointer: &str| pointer.rsplit('/').next().map(str::to_owned);
    let exact = |pointer: &str| {
        origins.node(pointer).filter(|node| !pointer.is_empty() && last(&node.pointer()) == last(pointer))
    };
    let mut node = exact(pointer)?;
    for _ in 0..REFERENCES {
        let Some(reference) = node.get("$ref").and_then(|reference| reference.as_str()) else { break };
        node = exact(reference.strip_prefix('#')?)?;
    }
    let mut at = origins.node("")?;
    let own = node.pointer();
    if node.span().file != at.span().file || !node.is_object() || node.get("$ref").is_some() {
        return None;
    }
    let mut path = String::from("$");
    for token in own.split('/').skip(1) {
        let name = source::unescape_token(token);
        // Names that JSONPath writes with escapes of its own are not worth the risk.
        if name.contains(['\'', '\\']) || name.chars().any(char::is_control) {
            return None;
        }
        path.push_str(&if at.is_array() { format!("[{name}]") } else { format!("['{name}']") });
        at = at.child(&name)?;
    }
    let nullable = node.get("nullable").is_some_and(|value| value.as_bool() == Some(true));
    Some(Target { path, nullable })
}

/// The folder-relative names of the files that were read, the document first.
pub fn texts(files: &SourceFiles) -> Vec<PathBuf> {
    files.iter().map(|(name, _)| PathBuf::from(name)).collect()
}
