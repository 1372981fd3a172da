//! The revision of a connector's document: a file, a URL, or what the vendor publishes at the manifest's `spec.live`.

use std::path::{Path, PathBuf};

use clap::Args;
use linchpin_codegen::generate::MANIFEST;
use linchpin_codegen::manifest::{self, Manifest};
use linchpin_codegen::source::{self, Limits, SourceFiles};
use serde::{Deserialize, Serialize};

use crate::fetch::{fetch_unless, is_url};
use crate::workspace::{self, Error};

/// Where the revision is.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Asked {
    /// The document that the vendor publishes now, at `spec.live` of the
    /// connector.yaml
    #[arg(long)]
    live: bool,
    /// A revision of the document: a file, a URL (https, or http to this machine),
    /// or a folder with a connector.yaml, which names its document
    #[arg(long, value_name = "FILE|FOLDER|URL")]
    against: Option<String>,
}

/// What is kept of an answer beside the document itself.
#[derive(Default, Deserialize, Serialize)]
struct Kept {
    url: String,
    etag: String,
    file: String,
}

impl Asked {
    /// Whether there is a revision to compare with.
    pub(crate) fn is_there(&self) -> bool {
        self.live || self.against.is_some()
    }

    /// The revision of the connector in a folder, as a file. What was fetched is kept below `target/drift`, and not fetched again while the
    /// server says that it is the same.
    ///
    /// # Errors
    /// Neither `--live` nor `--against`; no `spec.live`; the document cannot be fetched.
    pub(crate) fn document(&self, folder: &Path) -> Result<PathBuf, Error> {
        let url = match &self.against {
            Some(folder) if Path::new(folder).is_dir() => return pinned(Path::new(folder)),
            Some(file) if !is_url(file) => return Ok(PathBuf::from(file)),
            Some(url) => url.clone(),
            None if self.live => live(folder)?,
            None => {
                return Err(Error::Refused(
                    "say what to compare with: --live, or --against FILE|URL".to_owned(),
                ));
            }
        };
        let name = folder.file_name().map_or_else(|| "document".into(), |name| name.to_string_lossy());
        let cache = workspace::root().join("target").join("drift").join(&*name);
        kept(&url, &cache)
    }
}

/// The manifest of a folder.
fn manifest(folder: &Path) -> Result<Manifest, Error> {
    let path = folder.join(MANIFEST);
    let tree = source::load(&mut SourceFiles::new(), &path, &Limits::manifest()).0;
    tree.and_then(|tree| manifest::read(&tree).0).ok_or_else(|| {
        Error::Refused(format!("{} cannot be read; `cargo xtask generate` says why", path.display()))
    })
}

/// The document that the manifest of a folder names.
fn pinned(folder: &Path) -> Result<PathBuf, Error> {
    Ok(folder.join(&*manifest(folder)?.document))
}

/// The URL that a manifest names.
fn live(folder: &Path) -> Result<String, Error> {
    let path = folder.join(MANIFEST);
    manifest(folder)?.spec.live.map(|url| url.value).ok_or_else(|| {
        let path = path.display();
        Error::Refused(format!("{path} does not say where the vendor publishes the document; add `spec: {{ live: \"https://...\" }}`"))
    })
}

/// The document of a URL, from the cache where the server says that it did not change.
fn kept(url: &str, cache: &Path) -> Result<PathBuf, Error> {
    let note = cache.join("etag.json");
    let known: Option<Kept> =
        std::fs::read_to_string(&note).ok().and_then(|text| serde_json::from_str(&text).ok());
    let known = known.filter(|known| known.url == url && cache.join(&known.file).is_file());
    let Some(fetched) = fetch_unless(url, known.as_ref().map(|known| known.etag.as_str()))? else {
        return Ok(cache.join(known.map(|known| known.file).unwrap_or_default()));
    };
    let file = if fetched.json { "openapi.json" } else { "openapi.yaml" };
    let path = cache.join(file);
    let fail = |cause| Error::File { path: path.clone(), cause };
    std::fs::create_dir_all(cache).map_err(fail)?;
    // The tag of one document never stands beside another.
    match std::fs::remove_file(&note) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(fail(cause)),
        _ => {}
    }
    // Another command may be reading the one that was kept before.
    let fresh = cache.join(format!("{file}.{}", std::process::id()));
    std::fs::write(&fresh, &fetched.bytes).and_then(|()| std::fs::rename(&fresh, &path)).map_err(fail)?;
    if let Some(etag) = fetched.etag {
        let kept = Kept { url: url.to_owned(), etag, file: file.to_owned() };
        workspace::write(&note, &serde_json::json!(kept).to_string())?;
    }
    Ok(path)
}
