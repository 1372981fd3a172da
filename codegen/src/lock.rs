//! The lock file, `connector.lock`: what a connector was made from, and the names that it gave. It stands beside the manifest and is committed,
//! so that a type or method that has its name keeps it when the document grows, and so that a change of the document is noticed.
//!
//! It is YAML with a line for each name, so that a review shows what came and went. People read it; `cargo xtask generate` writes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::model::Names;
use crate::model::names::{Use, is_usable};
use crate::source::{Spanned, Tree, from_node};
use crate::version::Version;

/// File name of a lock file.
pub const LOCK: &str = "connector.lock";

/// What a lock file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    /// Version of Linchpin that wrote it.
    #[allow(dead_code, reason = "for people, and for telling one day which rules a file was written by")]
    generator: String,
    /// Version of the crate, once a changed document was accepted.
    version: Option<Spanned<String>>,
    /// Names of the document's files and of its overlay, each with the hash of its text.
    #[allow(dead_code, reason = "what is compared is the whole text of the file")]
    #[serde(default)]
    documents: BTreeMap<String, String>,
    #[serde(default)]
    methods: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    types: BTreeMap<String, Spanned<String>>,
}

/// What an earlier run settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locked {
    /// Version of the crate; `None` until a changed document was accepted.
    pub version: Option<String>,
    /// The names that were given.
    pub names: Names,
}

/// Reads a lock file. A version that is none, and names that no item can have, are errors, and all such are found at once.
pub fn read(tree: &Tree) -> (Option<Locked>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let lock: Lock = match from_node(tree.root()) {
        Ok(lock) => lock,
        Err(error) => {
            let help = "restore the file, or remove it and generate again: names are then given anew";
            diagnostics.push(error.into_diagnostic(Code::LockUnreadable).help(help));
            return (None, diagnostics);
        }
    };
    let mut kept = |names: BTreeMap<String, Spanned<String>>, purpose: Use| -> BTreeMap<String, String> {
        for name in names.values().filter(|name| !is_usable(name, purpose)) {
            let what = if purpose == Use::Type { "type" } else { "method" };
            let message = format!("`{}` cannot be the name of a {what}", name.value);
            diagnostics.push(
                Diagnostic::error(Code::LockName, message)
                    .at(name.span)
                    .help("remove the line, and the name is given anew"),
            );
        }
        names.into_iter().map(|(place, name)| (place, name.value)).collect()
    };
    let names = Names { methods: kept(lock.methods, Use::Value), types: kept(lock.types, Use::Type) };
    if let Some(version) = lock.version.as_ref().filter(|version| Version::read(version).is_none()) {
        let message = format!("`{}` is no version of a crate", version.value);
        diagnostics.push(
            Diagnostic::error(Code::LockName, message)
                .at(version.span)
                .help("write it as 1.2.3, or remove the line: versions then start again at 0.1.0"),
        );
    }
    let version = lock.version.map(|version| version.value);
    (Some(Locked { version, names }).filter(|_| !diagnostics.has_errors()), diagnostics)
}

/// The text of a lock file. `version` is the crate's, where it is no longer the first; `documents` has the hash of each text that a connector is made from, by its name below the manifest's folder. The
/// same bytes for the same input.
pub fn text(version: Option<&str>, documents: &BTreeMap<String, String>, names: &Names) -> String {
    let mut text = format!(
        "# What this connector was made from, and the names that it gave. Written by `cargo xtask generate`; commit it.\n\
         generator: {}\n",
        quoted(env!("CARGO_PKG_VERSION"))
    );
    if let Some(version) = version {
        text.push_str(&format!("version: {}\n", quoted(version)));
    }
    section(&mut text, "documents", documents);
    section(&mut text, "methods", &names.methods);
    section(&mut text, "types", &names.types);
    text
}

/// The text of a lock file, as [`fn@text`] gives it, with another version of the crate.
pub(crate) fn with_version(lock: &str, version: &str) -> String {
    let mut text = String::with_capacity(lock.len() + 32);
    for line in lock.lines().filter(|line| !line.starts_with("version: ")) {
        text.push_str(line);
        text.push('\n');
        if line.starts_with("generator: ") {
            text.push_str(&format!("version: {}\n", quoted(version)));
        }
    }
    text
}

fn section(text: &mut String, key: &str, lines: &BTreeMap<String, String>) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("{key}:\n"));
    for (key, value) in lines {
        text.push_str(&format!("  {}: {}\n", quoted(key), quoted(value)));
    }
}

/// Strings of JSON are strings of YAML, whatever they hold.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The SHA-256 of a text, as `documents` has it.
pub fn hash(text: &str) -> String {
    let digits = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sha256:{digits}")
}
