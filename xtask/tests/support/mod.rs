//! What the tests of the command line share: the program, the folder that Cargo builds into, a connector's sources, and what a process came to.

#![allow(dead_code, reason = "each test takes what it needs of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The command line of the workspace, to be given arguments.
pub(crate) fn xtask() -> Command {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
}

/// The folder that Cargo built this test into, so that what crates stand on is built once.
pub(crate) fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    // TARGET/PROFILE/deps/TEST
    test.ancestors().nth(3).expect("a test lies three folders deep").to_owned()
}

/// Writes the sources of a connector.
pub(crate) fn sources(folder: &Path, manifest: &str, (name, document): (&str, &[u8])) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("connector.yaml"), manifest).expect("the manifest");
    fs::write(folder.join(name), document).expect("the document");
}

/// All that a process printed.
pub(crate) fn said(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}\n{err}")
}

/// What a process printed, which had to end so.
pub(crate) fn ended(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
