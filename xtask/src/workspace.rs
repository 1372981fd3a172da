//! Where things are, and reading and writing there.

use std::path::{Path, PathBuf};

/// What can go wrong outside of the documents and manifests, which have diagnostics of their own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file or folder.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A connector that is not there.
    #[error("there is no connector `{name}`: specs/{name}/connector.yaml does not exist; there are: {known}")]
    UnknownConnector {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A program that could not be started.
    #[error("`{program}` could not be started: {cause}")]
    NotStarted {
        /// Which.
        program: String,
        /// Why.
        cause: std::io::Error,
    },
    /// A program that failed.
    #[error("`{program}` failed ({status})")]
    Failed {
        /// Which.
        program: String,
        /// How it ended.
        status: String,
    },
    /// What was asked for is not done.
    #[error("{0}")]
    Refused(String),
    /// What a measurement gave cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Names of all connectors, by alphabet.
pub(crate) fn connectors() -> Result<Vec<String>, Error> {
    let specs = root().join("specs");
    let entries = std::fs::read_dir(&specs).map_err(|cause| Error::File { path: specs.clone(), cause })?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join(linchpin_codegen::generate::MANIFEST).is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// The asked connectors, or all of them.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<String>, Error> {
    let known = connectors()?;
    if names.is_empty() {
        return Ok(known);
    }
    for name in names {
        if !known.contains(name) {
            return Err(Error::UnknownConnector { name: name.clone(), known: known.join(", ") });
        }
    }
    Ok(names.to_vec())
}

/// A path as people say it: from the workspace's folder, where it is below that.
pub(crate) fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(root()).unwrap_or(path).to_owned()
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|cause| Error::File { path: path.to_owned(), cause })
}

/// Gives a crate the versions of this workspace, so that it needs no network.
pub(crate) fn copy_lock(into: &Path) -> Result<(), Error> {
    write(&into.join("Cargo.lock"), &read(&root().join("Cargo.lock"))?)
}

/// Writes a file and the folders that it needs.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let fail = |cause| Error::File { path: path.to_owned(), cause };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    std::fs::write(path, text).map_err(fail)
}

/// The text of the workspace's `Cargo.lock` with another version of a connector's crate; none where it says that already, or does not know
/// the crate. Cargo would write the same, and refuses to with `--locked`.
pub(crate) fn locked_at(name: &str, version: &str) -> Result<Option<(PathBuf, String)>, Error> {
    let path = root().join("Cargo.lock");
    let text = read(&path)?;
    let changed = with_version(&text, &format!("linchpin-{name}"), version);
    Ok((changed != text).then_some((path, changed)))
}

/// Gives the crate of a connector another version in the workspace's `Cargo.lock`.
pub(crate) fn lock_version(name: &str, version: &str) -> Result<(), Error> {
    locked_at(name, version)?.map_or(Ok(()), |(path, text)| write(&path, &text))
}

/// A `Cargo.lock` in which a package has another version.
fn with_version(lock: &str, package: &str, version: &str) -> String {
    let head = format!("name = \"{package}\"");
    let mut ours = false;
    let lines = lock.split_inclusive('\n').map(|line| {
        let is_version = std::mem::take(&mut ours) && line.starts_with("version = ");
        ours = line.trim_end() == head;
        let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        if is_version { format!("version = \"{version}\"{end}") } else { line.to_owned() }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::with_version;

    #[test]
    fn one_package_gets_another_version() {
        let lock = "version = 4\n\n[[package]]\nname = \"linchpin-acme\"\nversion = \"0.1.0\"\ndependencies = [\n \"linchpin-acme-more\",\n]\n\n\
                    [[package]]\nname = \"linchpin-acme-more\"\nversion = \"0.1.0\"\n";
        let expected = lock.replacen("\"0.1.0\"", "\"0.2.0\"", 1);
        assert_eq!(with_version(lock, "linchpin-acme", "0.2.0"), expected);
        assert_eq!(with_version(lock, "linchpin-other", "0.2.0"), lock);
    }
}
