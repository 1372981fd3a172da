//! A connector in a folder of its own, to accept revisions for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{ended, sources, target, xtask};

/// A vendor's document from outside the repository; where it is not there, that is said loudly: a test that did nothing must not look like one
/// that passed.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs").join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!(
        "SKIPPED: ../shared/specs/{name} is not there, and the acceptance of GitHub's revision was not tested"
    );
    None
}

/// Lets a moment pass between two looks at another process.
#[expect(clippy::disallowed_methods, reason = "another process does not run on the injected clock")]
pub(crate) fn glance() {
    std::thread::sleep(std::time::Duration::from_millis(5));
}

/// A folder with the sources of a connector, and one for its crate.
pub(crate) struct Tree {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) name: &'static str,
}

impl Tree {
    pub(crate) fn new(name: &'static str, manifest: &str, document: (&str, &[u8])) -> Self {
        let tree = Self { folder: tempfile::tempdir().expect("a folder"), name };
        sources(&tree.specs(), manifest, document);
        let (from, into) = (tree.specs(), tree.generated());
        let output = xtask().arg("generate").arg("--from").arg(from).arg("--into").arg(into).output();
        ended(&output.expect("a process"), 0);
        tree
    }

    pub(crate) fn specs(&self) -> PathBuf {
        self.folder.path().join("specs").join(self.name)
    }

    pub(crate) fn generated(&self) -> PathBuf {
        self.folder.path().join("generated").join(self.name)
    }

    pub(crate) fn accept(&self, revision: &Path, more: &[&str]) -> Command {
        let mut command = xtask();
        command.arg("accept").arg("--from").arg(self.specs()).arg("--into").arg(self.generated());
        command.arg("--against").arg(revision).args(more).env("CARGO_TARGET_DIR", target());
        command
    }

    /// Every file with its bytes.
    pub(crate) fn held(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.folder.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry")) {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.insert(path.clone(), fs::read(&path).expect("a file"));
                }
            }
        }
        found
    }
}

pub(crate) fn same(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>, when: &str) {
    let keys = |tree: &BTreeMap<PathBuf, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(before), keys(after), "{when}");
    let changed: Vec<_> = before
        .iter()
        .filter(|(path, bytes)| after.get(*path) != Some(*bytes))
        .map(|(path, _)| path)
        .collect();
    assert!(changed.is_empty(), "{when}: {changed:?}");
}
