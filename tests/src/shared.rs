//! What the tests on real input need from outside the repository: `../shared`, with vendors' documents and servers.

use std::io::Write as _;
use std::path::PathBuf;

use crate::program::workspace;

/// A file or folder below `../shared`; `None` where it is not there, which is said loudly: a test that did nothing must not look like one that
/// passed.
pub fn path(below: &str, test: &str) -> Option<PathBuf> {
    let path = workspace().join("../shared").join(below);
    if path.exists() {
        return Some(path);
    }
    skipped(test, &format!("../shared/{below} is not there"));
    None
}

/// Says that a test was skipped, also where the harness keeps a passing test's words to itself.
pub fn skipped(test: &str, why: &str) {
    let mut stderr = std::io::stderr();
    // Nobody can be told where standard error is closed.
    let _ = writeln!(stderr, "SKIPPED: {test}: {why}");
}

/// Says something that a reader of the test's output wants to know of a test that passed.
pub fn told(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
