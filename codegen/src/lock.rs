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

/// File name of a lock file.
pub const LOCK: &str = "connector.lock";

/// What a lock file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    /// Version of Linchpin that wrote it.
    #[allow(dead_code, reason = "for people, and for telling one day which rules a file was written by")]
    generator: String,
    /// Names of the document's files and of its overlay, each with the hash of its text.
    #[allow(dead_code, reason = "what is compared is the whole text of the file")]
    #[serde(default)]
    documents: BTreeMap<String, String>,
    #[serde(default)]
    methods: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    types: BTreeMap<String, Spanned<String>>,
}

/// Reads the names of a lock file. A name that no item can have is an error, and all such are found at once.
pub fn read(tree: &Tree) -> (Option<Names>, Diagnostics) {
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
    (Some(names).filter(|_| !diagnostics.has_errors()), diagnostics)
}

/// The text of a lock file. `documents` has the hash of each text that a connector is made from, by its name below the manifest's folder. The
/// same bytes for the same input.
pub fn text(documents: &BTreeMap<String, String>, names: &Names) -> String {
    let mut text = format!(
        "# What this connector was made from, and the names that it gave. Written by `cargo xtask generate`; commit it.\n\
         generator: {}\n",
        quoted(env!("CARGO_PKG_VERSION"))
    );
    section(&mut text, "documents", documents);
    section(&mut text, "methods", &names.methods);
    section(&mut text, "types", &names.types);
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
