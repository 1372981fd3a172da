//! `cargo check` of generated crates: each in a workspace of its own, all with one target folder, so that dependencies are built once.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use linchpin_codegen::render::Files;

use crate::check::{CHECK, Checked, check, checking};
use crate::workspace::{self, Error, copy_lock, write};

use super::record::{Record, Stage};
use super::{crate_folder, folder};

/// How long one crate may take. The largest known take a minute.
const LIMIT: Duration = Duration::from_secs(1_200);

/// The crate that has the dependencies of all others, and nothing else.
const DEPENDENCIES: &str = "dependencies-of-all";

/// Writes a generated crate so that it can be checked: its library only, in a workspace of its own, with the versions of this one.
pub(super) fn write_crate(into: &Path, files: &Files) -> Result<(), Error> {
    if into.exists() {
        std::fs::remove_dir_all(into).map_err(|cause| Error::File { path: into.to_owned(), cause })?;
    }
    for (path, text) in files {
        write(&into.join(path), text)?;
    }
    let manifest = files.get("Cargo.toml").map(String::as_str).unwrap_or_default();
    // The binary and its command line are the runtime's, and the same for all.
    let manifest = manifest.replace("default = [\"cli\", ", "default = [").replace("[\"cli\"]", "[]");
    write(&into.join("Cargo.toml"), &format!("{manifest}\n[workspace]\n"))?;
    copy_lock(into)
}

/// Builds what all crates stand on, so that no crate is charged with it.
pub(super) fn dependencies(stop: &AtomicBool) -> Result<(), Error> {
    let into = crate_folder(DEPENDENCIES);
    let runtime = workspace::root().join("runtime").display().to_string();
    let manifest = format!(
        "[package]\nname = \"{DEPENDENCIES}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         linchpin-runtime = {{ path = {runtime:?} }}\n\n[workspace]\n"
    );
    write(&into.join("Cargo.toml"), &manifest)?;
    write(&into.join("src/lib.rs"), "pub use linchpin_runtime;\n")?;
    copy_lock(&into)?;
    let found = cargo_check(&into, stop)?;
    if found.cost.success {
        return Ok(());
    }
    let (arguments, into) = (CHECK.join(" "), into.display());
    Err(Error::Unreadable(format!(
        "the runtime does not compile; to see why, run `cargo {arguments}` in {into}"
    )))
}

/// Checks a crate that was written, and puts into the record what that took and what the compiler says.
pub(super) fn into_record(record: &mut Record, name: &str, stop: &AtomicBool) -> Result<(), Error> {
    let found = cargo_check(&crate_folder(name), stop)?;
    record.check_seconds = Some(found.cost.cpu_seconds);
    record.check_peak_bytes = Some(found.cost.peak_bytes);
    let log = folder().join("logs").join(format!("{name}.txt"));
    write(&log, &found.rendered)?;
    let shown = |what: &str, all: &[String]| {
        let first = all.first().map(String::as_str).unwrap_or_default();
        format!("{} {what} of the compiler: {first} ({})", all.len(), log.display())
    };
    if !found.errors.is_empty() {
        record.fail(shown("errors", &found.errors));
    } else if !found.warnings.is_empty() {
        record.fail(shown("warnings", &found.warnings));
    } else if !found.cost.success {
        let (arguments, folder) = (CHECK.join(" "), crate_folder(name));
        let what = "without a word of the compiler; to see why, run `cargo";
        record.fail(format!("cargo check failed {what} {arguments}` in {}", folder.display()));
    } else {
        record.stage = Some(Stage::Compiled);
    }
    Ok(())
}

fn cargo_check(folder: &Path, stop: &AtomicBool) -> Result<Checked, Error> {
    let command = checking(folder, &super::folder().join("target"), &["--offline"]);
    check(&command, folder, LIMIT, stop)
}
