//! Documents of several files: what references to files below the document's folder lead to, as part of its tree.
//!
//! Nothing outside of that folder is opened, whatever a reference says: what it names is settled as text first, then with links
//! followed, and only then read. A reference that is refused is told by whoever meets it while reading the document.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use super::compose::Composer;
use super::limits::Limits;
use super::tree::{Node, Tree};
use super::{load, percent_decoded};
use crate::diagnostic::Diagnostics;
use crate::text::SourceFiles;

/// Most files beside the document itself. The largest known documents have some two thousand.
const MOST_FILES: usize = 10_000;

/// The path, relative to the document's folder, of the file that a reference in the file at `base` names. The reference
/// comes without its fragment.
///
/// # Errors
/// Why no file below that folder is meant, as the rest of a sentence that starts with the reference.
pub(crate) fn relative_path(base: &str, reference: &str) -> Result<String, &'static str> {
    let decoded = percent_decoded(reference).ok_or("is not UTF-8")?;
    let scheme = decoded.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
    if scheme {
        return Err("leads to a URL, and nothing is fetched");
    }
    if decoded.starts_with('/') || decoded.contains(['\\', '\0']) {
        return Err("is no path below the document's folder");
    }
    if decoded.contains('?') {
        return Err("has a query, which files have not");
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or("leads out of the document's folder")?;
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { Err("names no file") } else { Ok(parts.join("/")) }
}

/// Adds the files that references lead to, each once, to the tree of a document that was read from the given path. The limits are
/// those of all files together. Without a file to add, the tree stays as it is.
///
/// Without a tree there is at least one error among the diagnostics: a file that is named and cannot be read as JSON or YAML.
pub fn bundle(
    files: &mut SourceFiles,
    document: Tree,
    path: &Path,
    limits: &Limits,
) -> (Option<Tree>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut waiting: VecDeque<String> = VecDeque::new();
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::from([name.clone()]);
    let mut read: Vec<(String, Tree)> = Vec::new();
    let text_of = |files: &SourceFiles, tree: &Tree| files.text(tree.file()).map_or(0, str::len);
    let mut left = Limits {
        bytes: limits.bytes.saturating_sub(text_of(files, &document)),
        nodes: limits.nodes.saturating_sub(document.node_count()),
        ..limits.clone()
    };
    enlist(&document, &name, &mut seen, &mut waiting);
    while let Some(next) = waiting.pop_front() {
        if read.len() >= MOST_FILES {
            refused.insert(next, format!("is one file more than the {MOST_FILES} that are read"));
            continue;
        }
        if let Err(why) = may_open(folder, &next) {
            refused.insert(next, why);
            continue;
        }
        let (tree, found) = load(files, &folder.join(&next), &left);
        diagnostics.extend(found);
        let Some(tree) = tree else { return (None, diagnostics) };
        left.bytes = left.bytes.saturating_sub(text_of(files, &tree));
        left.nodes = left.nodes.saturating_sub(tree.node_count());
        enlist(&tree, &next, &mut seen, &mut waiting);
        read.push((next, tree));
    }
    if read.is_empty() && refused.is_empty() {
        return (Some(document), diagnostics);
    }
    let mut composer = Composer::new(&document);
    composer.root(&name);
    composer.copy(document.root());
    for (path, tree) in &read {
        composer.root(path);
        composer.copy(tree.root());
    }
    (Some(composer.finish(refused)), diagnostics)
}

/// Whether a file may be opened: it is one, of a kind that is read, and below the folder once links were followed.
fn may_open(folder: &Path, path: &str) -> Result<(), String> {
    let file = folder.join(path);
    let known =
        file.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known));
    if !known {
        return Err("is no file that ends in .yaml, .yml or .json".to_owned());
    }
    // A path without folders stands in the working directory, which has no text.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = folder.canonicalize().map_err(|error| format!("cannot be read: {error}"))?;
    let file = file.canonicalize().map_err(|error| format!("cannot be read: {error}"))?;
    if !file.starts_with(&folder) {
        return Err("is a link that leads out of the document's folder".to_owned());
    }
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err("is no file".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// Puts the files that references of one file name, and that are not known yet, into the queue.
fn enlist(tree: &Tree, base: &str, seen: &mut BTreeSet<String>, waiting: &mut VecDeque<String>) {
    let mut take = |node: Node<'_>| {
        let Some(reference) = node.as_str() else { return };
        let file = reference.split('#').next().unwrap_or_default();
        if let Ok(path) = relative_path(base, file)
            && !file.is_empty()
            && seen.insert(path.clone())
        {
            waiting.push_back(path);
        }
    };
    let mut open = vec![tree.root()];
    while let Some(node) = open.pop() {
        for entry in node.entries() {
            match entry.key {
                "$ref" => take(entry.value),
                // A mapping names schemas by references without `$ref`, or by their bare names.
                "discriminator" => {
                    let mapping = entry.value.get("mapping");
                    let targets = mapping.iter().flat_map(|mapping| mapping.entries());
                    targets
                        .filter(|target| target.value.as_str().is_some_and(|text| text.contains(['.', '/'])))
                        .for_each(|target| take(target.value));
                }
                _ => {}
            }
            open.push(entry.value);
        }
        open.extend(node.items());
    }
}
