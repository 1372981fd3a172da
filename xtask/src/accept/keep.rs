//! Old shapes of operations in the prepared sources: those that are over are taken out, those that a revision breaks are kept.

use std::fs;
use std::path::{Path, PathBuf};

use linchpin_codegen::date::Date;
use linchpin_codegen::generate::previous::FOLDER;
use linchpin_codegen::generate::{Connector, MANIFEST};
use linchpin_codegen::lock::LOCK;
use linchpin_codegen::manifest::{self, PreviousWindow, with_previous};
use linchpin_codegen::source::{Limits, SourceFiles, Tree, load};

use crate::workspace::{self, Error};

/// Days for which old shapes are kept unless another day is asked for.
pub(super) const DAYS: u32 = 90;

/// A manifest as it stands in a folder.
struct Read {
    text: String,
    tree: Tree,
    windows: Vec<PreviousWindow>,
}

fn read(folder: &Path) -> Result<Read, Error> {
    let path = folder.join(MANIFEST);
    let refused =
        || Error::Refused(format!("{} cannot be read; `cargo xtask generate` says why", path.display()));
    let mut files = SourceFiles::new();
    let tree = load(&mut files, &path, &Limits::manifest()).0.ok_or_else(refused)?;
    let manifest = manifest::read(&tree).0.ok_or_else(refused)?;
    let windows = manifest.previous.iter().filter_map(|(name, entry)| {
        let operations = entry.operations.iter().map(|operation| operation.value.clone()).collect();
        Some(PreviousWindow { name: name.value.clone(), until: entry.until()?, operations })
    });
    let windows = windows.collect();
    Ok(Read { text: workspace::read(&path)?, tree, windows })
}

fn write(folder: &Path, read: &Read, windows: &[PreviousWindow]) -> Result<(), Error> {
    workspace::write(&folder.join(MANIFEST), &with_previous(&read.text, &read.tree, windows))
}

/// Takes out of a folder of sources what is over, and says whether there was something.
pub(super) fn take_out(folder: &Path, today: Date) -> Result<bool, Error> {
    let read = read(folder)?;
    let (over, left): (Vec<PreviousWindow>, Vec<PreviousWindow>) =
        read.windows.iter().cloned().partition(|window| window.until <= today);
    if over.is_empty() {
        return Ok(false);
    }
    for window in &over {
        let path = folder.join(FOLDER).join(&window.name);
        fs::remove_dir_all(&path).map_err(|cause| Error::File { path, cause })?;
    }
    write(folder, &read, &left)?;
    Ok(true)
}

/// Keeps operations of a connector as they are, in the folder of its next sources. `from` is the folder of those that it was made from, and
/// `files` are their names there, beside the manifest and the lock file.
pub(super) fn keep(
    folder: &Path,
    from: &Path,
    files: &[PathBuf],
    old: &Connector,
    (operations, until, today): (Vec<String>, Date, Date),
) -> Result<(), Error> {
    let next = read(folder)?;
    let plain = format!("before_{}", today.to_string().replace('-', "_"));
    let taken = |name: &String| {
        next.windows.iter().any(|window| window.name == *name) || folder.join(FOLDER).join(name).exists()
    };
    let name = std::iter::once(plain.clone())
        .chain((2..).map(|number| format!("{plain}_{number}")))
        .find(|name| !taken(name))
        .unwrap_or(plain);
    let into = folder.join(FOLDER).join(&name);
    for file in files {
        workspace::write(&into.join(file), &workspace::read(&from.join(file))?)?;
    }
    // What was kept then is kept by an entry of its own, if it still is.
    let then = read(from)?;
    write(&into, &then, &[])?;
    workspace::write(&into.join(LOCK), &old.lock)?;
    let mut windows = next.windows.clone();
    windows.push(PreviousWindow { name, until, operations });
    write(folder, &next, &windows)
}
