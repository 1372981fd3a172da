//! A connector of a document that a test writes: everything selected, nothing else said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

use linchpin_codegen::generate::{Connector, Outcome, generate};
use linchpin_codegen::lock::LOCK;
use linchpin_codegen::render::RenderOptions;

const MANIFEST: &str = "version: 1\nname: things\ndocument: openapi.yaml\ndescription: things\n\
                        server: { url: \"https://example.com\" }\nauth: { none: {} }\noperations: [all]\n";

/// What generating from a document gives, with the names that a lock file holds.
pub(crate) fn outcome(document: &str, lock: Option<&str>) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("openapi.yaml", document);
    write("connector.yaml", MANIFEST);
    if let Some(lock) = lock {
        write(LOCK, lock);
    }
    generate(folder.path(), &RenderOptions::default())
}

/// The connector, which there has to be.
pub(crate) fn connector(document: &str, lock: Option<&str>) -> Connector {
    let outcome = outcome(document, lock);
    outcome.connector.unwrap_or_else(|| panic!("{document}\n{:?}", outcome.diagnostics))
}
