//! Generated files on disk: only what changed is written, what is no longer generated is removed, and nothing that the generator did not write
//! is ever touched. A list beside the files says which ones it wrote.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lock::LOCK;
use crate::render::Files;

/// Name of the list: a line `SHA-256  path` a file.
pub const LIST: &str = "generated-files.txt";

/// What has to happen for a folder to hold the generated files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Files that are missing or differ.
    pub write: Vec<String>,
    /// Files of an earlier run that are no longer generated.
    pub remove: Vec<String>,
    /// Findings are in the diagnostics; these files of an earlier run were edited by hand and stay.
    pub kept: Vec<String>,
}

impl Changes {
    /// Whether the folder is as it should be.
    pub fn is_empty(&self) -> bool {
        self.write.is_empty() && self.remove.is_empty()
    }
}

/// Compares a folder with what was generated, and writes nothing.
pub fn compare(folder: &Path, files: &Files) -> (Changes, Diagnostics) {
    let mut changes = Changes::default();
    let mut diagnostics = Diagnostics::new();
    let listed = read_list(folder);
    let files = with_list(files);
    for (path, text) in &files {
        let full = folder.join(path);
        if let Some(link) = link_on_the_way(folder, path) {
            diagnostics.push(
                Diagnostic::error(
                    Code::OutsideFolder,
                    format!("`{}` is a link; generated files are not written through links", link.display()),
                )
                .help("remove the link"),
            );
            continue;
        }
        match fs::read(&full) {
            Ok(held) if held == text.as_bytes() => {}
            Ok(_) if path == LIST || listed.contains_key(path) => changes.write.push(path.clone()),
            Ok(_) => diagnostics.push(
                Diagnostic::error(
                    Code::InTheWay,
                    format!(
                        "`{}` was not generated, and a generated file has to be written there",
                        full.display()
                    ),
                )
                .help("move it away, then generate again"),
            ),
            Err(_) => changes.write.push(path.clone()),
        }
    }
    for (path, hash) in listed.iter().filter(|(path, _)| !files.contains_key(*path)) {
        let Ok(held) = fs::read(folder.join(path)) else { continue };
        if link_on_the_way(folder, path).is_some() || digest(&held) != *hash {
            changes.kept.push(path.clone());
            diagnostics.push(
                Diagnostic::warning(
                    Code::EditedByHand,
                    format!(
                        "`{}` is no longer generated, but was edited by hand; it stays",
                        folder.join(path).display()
                    ),
                )
                .help("remove it yourself if nothing in it is needed"),
            );
        } else {
            changes.remove.push(path.clone());
        }
    }
    (changes, diagnostics)
}

/// Makes the changes. Each file is written beside its place and moved there, so that none is ever half written; the list comes last.
pub fn apply(folder: &Path, files: &Files, changes: &Changes) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let files = with_list(files);
    for path in changes
        .write
        .iter()
        .filter(|path| *path != LIST)
        .chain(changes.write.iter().filter(|path| *path == LIST))
    {
        let Some(text) = files.get(path) else { continue };
        if let Err(cause) = write(&folder.join(path), text) {
            diagnostics.push(not_writable(&folder.join(path), &cause));
            // The list must not claim files that are not there.
            return diagnostics;
        }
    }
    for path in &changes.remove {
        let full = folder.join(path);
        if let Err(cause) = fs::remove_file(&full) {
            diagnostics.push(not_writable(&full, &cause));
        }
        // A folder that is empty now was made for this file; one that is not stays.
        let mut parent = full.parent();
        while let Some(empty) = parent.filter(|parent| *parent != folder) {
            if fs::remove_dir(empty).is_err() {
                break;
            }
            parent = empty.parent();
        }
    }
    diagnostics
}

/// Whether a lock file beside a manifest is as it should be.
pub fn lock_is_current(folder: &Path, text: &str) -> bool {
    fs::read(folder.join(LOCK)).is_ok_and(|held| held == text.as_bytes())
}

/// Writes a lock file beside a manifest, in one step; where it is there already, nothing happens.
pub fn write_lock(folder: &Path, text: &str) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let path = folder.join(LOCK);
    if !lock_is_current(folder, text)
        && let Err(cause) = write(&path, text)
    {
        diagnostics.push(not_writable(&path, &cause));
    }
    diagnostics
}

fn not_writable(path: &Path, cause: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::NotWritable, format!("`{}` cannot be changed: {cause}", path.display()))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What is half written is of no use to anyone; the cause that counts is the first.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The generated files and the list of them.
fn with_list(files: &Files) -> Files {
    let mut list = String::new();
    for (path, text) in files {
        list.push_str(&format!("{}  {path}\n", digest(text.as_bytes())));
    }
    let mut all = files.clone();
    all.insert(LIST.to_owned(), list);
    all
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Path to hash of every file that an earlier run wrote. A line that does not name a file below the folder is not heeded.
fn read_list(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join(LIST)).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once("  "))
        .filter(|(_, path)| {
            !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
        })
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect()
}

/// The first link between the folder and a file in it.
fn link_on_the_way(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut full = folder.to_owned();
    for part in Path::new(path).components() {
        full.push(part);
        if fs::symlink_metadata(&full).is_ok_and(|found| found.is_symlink()) {
            return Some(full);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Changes, LIST, apply, compare};
    use crate::diagnostic::Code;
    use crate::render::Files;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    fn generate(folder: &std::path::Path, files: &Files) -> Changes {
        let (changes, found) = compare(folder, files);
        assert!(!found.has_errors(), "{found:?}");
        let failed = apply(folder, files, &changes);
        assert!(!failed.has_errors(), "{failed:?}");
        changes
    }

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let first = files(&[("Cargo.toml", "a"), ("src/lib.rs", "b"), ("src/old/mod.rs", "c")]);
        let changes = generate(folder.path(), &first);
        assert_eq!(changes.write, ["Cargo.toml", LIST, "src/lib.rs", "src/old/mod.rs"]);
        assert!(compare(folder.path(), &first).0.is_empty(), "a second run has nothing to do");
        let second = files(&[("Cargo.toml", "a"), ("src/lib.rs", "new")]);
        let changes = generate(folder.path(), &second);
        assert_eq!(changes.write, [LIST, "src/lib.rs"]);
        assert_eq!(changes.remove, ["src/old/mod.rs"]);
        assert!(!folder.path().join("src/old").exists(), "the folder that was made for it is gone too");
        assert_eq!(fs::read_to_string(folder.path().join("src/lib.rs")).unwrap(), "new");
    }

    #[test]
    fn what_was_not_generated_is_never_touched() {
        let folder = tempfile::tempdir().unwrap();
        generate(folder.path(), &files(&[("src/a.rs", "a"), ("src/b.rs", "b")]));
        fs::write(folder.path().join("src/mine.rs"), "mine").unwrap();
        fs::write(folder.path().join("src/b.rs"), "b, edited").unwrap();
        // One file goes, one that was edited goes, and one would be written over somebody's own.
        let (changes, found) = compare(folder.path(), &files(&[("src/mine.rs", "generated")]));
        assert_eq!(changes.remove, ["src/a.rs"]);
        assert_eq!(changes.kept, ["src/b.rs"]);
        assert!(found.iter().any(|found| found.code == Code::InTheWay), "{found:?}");
        assert!(found.iter().any(|found| found.code == Code::EditedByHand), "{found:?}");
    }

    #[test]
    fn a_list_that_was_tampered_with_reaches_nothing_outside() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("crate");
        fs::create_dir(&folder).unwrap();
        fs::write(outer.path().join("precious"), "x").unwrap();
        let hash = super::digest(b"x");
        fs::write(
            folder.join(LIST),
            format!("{hash}  ../precious\n{hash}  {}\n", outer.path().join("precious").display()),
        )
        .unwrap();
        let (changes, _) = compare(&folder, &files(&[]));
        assert_eq!(changes.remove, Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let outer = tempfile::tempdir().unwrap();
        let (folder, elsewhere) = (outer.path().join("crate"), outer.path().join("elsewhere"));
        fs::create_dir(&folder).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("src")).unwrap();
        let (changes, found) = compare(&folder, &files(&[("src/lib.rs", "a")]));
        assert!(found.iter().any(|found| found.code == Code::OutsideFolder), "{found:?}");
        assert!(!changes.write.contains(&"src/lib.rs".to_owned()));
    }
}
