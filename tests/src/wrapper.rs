//! Crates generated from documents that are no part of the project. They are made and built below the target folder, in a small workspace of
//! their own, with the profile and the locked versions of this one, so that Cargo finds most of what they stand on already built.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use linchpin_codegen::diagnostic::{self, Severity};
use linchpin_codegen::generate::{Connector, MANIFEST, OVERLAY, Outcome, generate};
use linchpin_codegen::output;
use linchpin_codegen::render::RenderOptions;

use crate::program::{Program, build, cargo, target, workspace};

/// Generates from a manifest and a document that does not lie beside it.
pub fn generate_from(manifest: &str, document: &Path) -> Outcome {
    generate_with(manifest, None, document)
}

/// Generates from the manifest and the overlay in a folder and a document that does not lie there.
pub fn generate_in(folder: &Path, document: &Path) -> Outcome {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    generate_with(&read(MANIFEST), Some(&read(OVERLAY)), document)
}

fn generate_with(manifest: &str, overlay: Option<&str>, document: &Path) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(MANIFEST), manifest).expect("the manifest");
    if let Some(overlay) = overlay {
        fs::write(folder.path().join(OVERLAY), overlay).expect("the overlay");
    }
    let name = document.file_name().expect("a document is a file");
    fs::copy(document, folder.path().join(name)).expect("the document");
    let runtime_path = Some(workspace().join("runtime").to_str().expect("a plain path").to_owned());
    generate(folder.path(), &RenderOptions { runtime_path })
}

/// The connector of an outcome; fails with its errors where there is none.
pub fn connector(outcome: Outcome) -> Connector {
    let Outcome { connector, diagnostics, files } = outcome;
    connector.unwrap_or_else(|| {
        let errors: Vec<_> =
            diagnostics.iter().filter(|found| found.severity == Severity::Error).cloned().collect();
        let mut only = diagnostic::Diagnostics::new();
        errors.into_iter().for_each(|found| only.push(found));
        panic!("{}", diagnostic::render(&only, &files, &diagnostic::RenderOptions::default()))
    })
}

/// Runs something and gives its result and the seconds that it took, which are told and never asserted.
#[expect(clippy::disallowed_methods, reason = "a measurement for the reader")]
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let result = run();
    (result, begun.elapsed().as_secs_f64())
}

/// A workspace below the target folder, with a generated crate in its folder `crate`.
#[derive(Debug)]
pub struct Wrapper {
    folder: PathBuf,
}

impl Wrapper {
    /// A workspace for that connector.
    pub fn new(connector: &Connector) -> Self {
        let wrapper = Self { folder: target().join("real").join(&connector.name) };
        let into = wrapper.folder.join("crate");
        let (changes, found) = output::compare(&into, &connector.files);
        assert!(!found.has_errors(), "{found:?}");
        let failed = output::apply(&into, &connector.files, &changes);
        assert!(!failed.has_errors(), "{failed:?}");
        fs::copy(workspace().join("Cargo.lock"), wrapper.folder.join("Cargo.lock")).expect("the lock file");
        wrapper.members(&["crate"]);
        wrapper
    }

    /// Adds a package `drive` with that program, which uses the generated crate.
    #[must_use]
    pub fn with_program(self, connector: &Connector, main: &str, dependencies: &str) -> Self {
        let folder = self.folder.join("drive");
        fs::create_dir_all(folder.join("src")).expect("a folder");
        let cargo = format!(
            "[package]\nname = \"drive-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\nlinchpin-{name} = {{ path = \"../crate\" }}\n{dependencies}",
            name = connector.name
        );
        keep(&folder.join("Cargo.toml"), &cargo);
        keep(&folder.join("src/main.rs"), main);
        self.members(&["crate", "drive"]);
        self
    }

    /// Adds a further file to the program's, as the module of that name.
    #[must_use]
    pub fn with_module(self, name: &str, text: &str) -> Self {
        keep(&self.folder.join(format!("drive/src/{name}.rs")), text);
        self
    }

    fn members(&self, members: &[&str]) {
        let manifest = fs::read_to_string(workspace().join("Cargo.toml")).expect("the workspace's manifest");
        let profile =
            ["[profile.dev]", "[profile.dev.package.\"*\"]"].map(|head| section(&manifest, head)).concat();
        let text = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n{profile}");
        keep(&self.folder.join("Cargo.toml"), &text);
    }

    /// Builds one of its programs; fails with the compiler's own words.
    pub fn build(&self, name: &str) -> Program {
        let mut command = cargo();
        command.current_dir(&self.folder).args(["build", "--bin", name]);
        Program::at(build(command, name).unwrap_or_else(|why| panic!("`{name}` does not build:\n{why}")))
    }
}

/// A table of a TOML file, as text.
fn section(text: &str, head: &str) -> String {
    let from = text.find(&format!("{head}\n")).unwrap_or_else(|| panic!("{head} is not in Cargo.toml"));
    let body = text[from..].lines().skip(1).take_while(|line| !line.starts_with('['));
    format!("{head}\n{}\n", body.collect::<Vec<_>>().join("\n"))
}

/// Writes a file unless it holds that text already, so that Cargo sees no change where there is none.
fn keep(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|held| held == text) {
        return;
    }
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
