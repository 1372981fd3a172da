//! Several files put in place as one: everything is prepared in a folder beside the target, and the renames at the end can be undone. A
//! process that is killed in between leaves a journal, by which the next command takes back what was done.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of the folder in which a connector's acceptance is prepared, beside the folder of its manifest.
const PREFIX: &str = ".accept-";
const JOURNAL: &str = "journal.json";
const LOCK: &str = "lock";

/// One file that is put in place or taken away.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Move {
    to: PathBuf,
    /// The prepared file; none where the file is taken away.
    staged: Option<PathBuf>,
    /// Where the file that stood there is kept until the end.
    saved: PathBuf,
    /// Whether one stood there.
    existed: bool,
}

/// What is written down before the first rename.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Journal {
    moves: Vec<Move>,
    /// Folders that were not there before, the outermost first.
    folders: Vec<PathBuf>,
}

/// A preparation. Dropped without [`Transaction::commit`], it leaves nothing behind.
pub(super) struct Transaction {
    folder: PathBuf,
    journal: Journal,
    /// Held as long as this process lives; whoever finds it free may clean up.
    lock: File,
    kept: bool,
}

/// Where a commit stands when it is about to go on. Tests end the process there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The journal is to be written.
    Journal,
    /// What stood in a file's place is to be moved away, by the number of the file.
    Save(usize),
    /// The prepared file is to be moved there.
    Place(usize),
    /// The journal is to be removed, which is the moment from which all of it counts.
    Finish,
    /// What is left over is to be removed.
    Clean,
}

impl Transaction {
    /// Begins one beside a folder. What an earlier one left is undone first.
    ///
    /// # Errors
    /// Another process is at it; or the folder cannot be written.
    pub(super) fn begin(target: &Path) -> io::Result<Self> {
        let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = target.parent().unwrap_or(Path::new(".")).join(format!("{PREFIX}{name}"));
        if folder.exists() && !undo(&folder)? {
            return Err(io::Error::other("another `accept` of this connector is under way"));
        }
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join(LOCK))?;
        lock.try_lock().map_err(|_| io::Error::other("another `accept` of this connector is under way"))?;
        Ok(Self { folder, journal: Journal::default(), lock, kept: false })
    }

    /// Where files are prepared.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has a prepared file put in a place; without one, what stands there is taken away.
    pub(super) fn put(&mut self, to: PathBuf, staged: Option<PathBuf>) {
        let saved = self.folder.join("saved").join(self.journal.moves.len().to_string());
        let existed = to.symlink_metadata().is_ok();
        self.journal.moves.push(Move { to, staged, saved, existed });
    }

    /// The places, each with whether a file is put there.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Path, bool)> {
        self.journal.moves.iter().map(|one| (one.to.as_path(), one.staged.is_some()))
    }

    /// Puts everything in place, or nothing. `at` is called before each step.
    ///
    /// # Errors
    /// A rename failed, and what was done is undone.
    pub(super) fn commit(mut self, at: &mut dyn FnMut(Step)) -> io::Result<()> {
        self.kept = true;
        let done = self.place_all(at);
        if done.is_err() {
            // The first cause is the one that counts; what cannot be undone now is undone by the next command.
            self.kept = revert(&self.folder).is_err();
            return done;
        }
        at(Step::Clean);
        self.kept = false;
        // A folder of which nothing is left goes with its last file; one that is not empty stays.
        for one in self.journal.moves.iter().filter(|one| one.staged.is_none()) {
            let empty = |folder: &&Path| fs::remove_dir(folder).is_ok();
            one.to.ancestors().skip(1).take_while(empty).for_each(drop);
        }
        Ok(())
    }

    fn place_all(&mut self, at: &mut dyn FnMut(Step)) -> io::Result<()> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for one in &self.journal.moves {
            let above = one.to.ancestors().skip(1).take_while(|folder| !folder.exists());
            folders.extend(above.map(Path::to_owned));
        }
        folders.sort();
        folders.dedup();
        self.journal.folders = folders;
        fs::create_dir_all(self.folder.join("saved"))?;
        at(Step::Journal);
        self.write_journal()?;
        for (index, one) in self.journal.moves.iter().enumerate() {
            at(Step::Save(index));
            if one.existed {
                fs::rename(&one.to, &one.saved)?;
            }
            at(Step::Place(index));
            if let Some(staged) = &one.staged {
                if let Some(folder) = one.to.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::rename(staged, &one.to)?;
            }
        }
        at(Step::Finish);
        fs::remove_file(self.folder.join(JOURNAL))
    }

    /// Whole or not at all, and on the disk before anything is moved.
    fn write_journal(&self) -> io::Result<()> {
        let text = serde_json::to_vec(&self.journal).map_err(io::Error::other)?;
        let beside = self.folder.join("journal.new");
        let mut file = File::create(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&beside, self.folder.join(JOURNAL))?;
        File::open(&self.folder)?.sync_all()
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.kept {
            // What is left of a folder that nobody needs is cleaned up by the next command.
            let _ = fs::remove_dir_all(&self.folder);
        }
        // Closing would not do: a child that another thread is about to start holds the file as well.
        let _ = self.lock.unlock();
    }
}

/// Takes back what a journal says was done, and removes it.
fn revert(folder: &Path) -> io::Result<bool> {
    let path = folder.join(JOURNAL);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(cause) => return Err(cause),
    };
    let journal: Journal = serde_json::from_slice(&text).map_err(io::Error::other)?;
    for one in journal.moves.iter().rev() {
        if one.saved.symlink_metadata().is_ok() {
            fs::rename(&one.saved, &one.to)?;
        } else if !one.existed && one.to.symlink_metadata().is_ok() {
            fs::remove_file(&one.to)?;
        }
    }
    for made in journal.folders.iter().rev() {
        // One that somebody has put something into stays.
        let _ = fs::remove_dir(made);
    }
    fs::remove_file(&path)?;
    Ok(true)
}

/// Undoes what a killed process left in a folder. `false`: a living process is at it.
fn undo(folder: &Path) -> io::Result<bool> {
    if let Ok(lock) = File::open(folder.join(LOCK)) {
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
    }
    revert(folder)?;
    fs::remove_dir_all(folder)?;
    Ok(true)
}

/// Undoes what killed processes left beside the manifests of a folder of connectors. Gives the names of those that were undone.
///
/// # Errors
/// Something cannot be put back.
pub(crate) fn recover(specs: &Path) -> io::Result<Vec<String>> {
    let mut undone = Vec::new();
    for entry in fs::read_dir(specs).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(connector) = name.strip_prefix(PREFIX) else { continue };
        let begun = entry.path().join(JOURNAL).is_file();
        if undo(&entry.path())? && begun {
            undone.push(connector.to_owned());
        }
    }
    Ok(undone)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{Step, Transaction, recover};

    /// Every file below a folder with its text.
    fn held(folder: &Path) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(&next).unwrap().map(Result::unwrap) {
                match entry.path().is_dir() {
                    true => open.push(entry.path()),
                    false => drop(found.insert(entry.path(), fs::read_to_string(entry.path()).unwrap())),
                }
            }
        }
        found
    }

    fn before(root: &Path) {
        for (path, text) in
            [("specs/acme/a", "old a"), ("specs/acme/gone", "old gone"), ("made/acme/src/b", "old b")]
        {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    /// Two files that stand there, one that is new in a folder that is new, one that goes.
    fn prepared(root: &Path) -> Transaction {
        let mut transaction = Transaction::begin(&root.join("specs/acme")).unwrap();
        let staged = transaction.folder().join("staged");
        fs::create_dir_all(&staged).unwrap();
        for (name, to) in [("a", "specs/acme/a"), ("b", "made/acme/src/b"), ("c", "made/acme/src/new/c")] {
            fs::write(staged.join(name), format!("new {name}")).unwrap();
            transaction.put(root.join(to), Some(staged.join(name)));
        }
        transaction.put(root.join("specs/acme/gone"), None);
        transaction
    }

    const STEPS: usize = 1 + 4 * 2 + 2;

    fn name(step: Step) -> String {
        format!("{step:?}")
    }

    /// Run by the test below in a process of its own, which it ends at a step.
    #[test]
    fn child_that_is_killed() {
        let (Ok(root), Ok(at)) = (std::env::var("ACCEPT_TEST_ROOT"), std::env::var("ACCEPT_TEST_STEP"))
        else {
            return;
        };
        let mut kill = |step: Step| {
            if name(step) == at {
                std::process::abort();
            }
        };
        prepared(Path::new(&root)).commit(&mut kill).unwrap();
    }

    #[test]
    fn a_process_that_is_killed_at_any_step_changes_nothing_or_all() {
        let folder = tempfile::tempdir().unwrap();
        before(folder.path());
        let mut steps = Vec::new();
        prepared(folder.path()).commit(&mut |step| steps.push(step)).unwrap();
        assert_eq!(steps.len(), STEPS);
        let after = held(folder.path());
        assert_eq!(after.len(), 3, "{after:?}");
        for step in steps {
            let folder = tempfile::tempdir().unwrap();
            before(folder.path());
            let at_first = held(folder.path());
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "accept::transaction::tests::child_that_is_killed", "--nocapture"])
                .env("ACCEPT_TEST_ROOT", folder.path())
                .env("ACCEPT_TEST_STEP", name(step))
                .stderr(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .status()
                .unwrap();
            assert!(!status.success(), "the process was to be killed at {step:?}");
            let undone = recover(&folder.path().join("specs")).unwrap();
            assert!(
                recover(&folder.path().join("specs")).unwrap().is_empty(),
                "a second time there is nothing to do"
            );
            if step == Step::Clean {
                let texts: Vec<String> = held(folder.path()).into_values().collect();
                assert_eq!(
                    texts,
                    after.values().cloned().collect::<Vec<_>>(),
                    "it was finished before {step:?}"
                );
            } else {
                assert_eq!(held(folder.path()), at_first, "after {step:?}");
                assert_eq!(undone.len(), usize::from(step != Step::Journal), "{step:?}");
            }
            assert!(!folder.path().join("made/acme/src/new").exists() || step == Step::Clean, "{step:?}");
        }
    }

    #[test]
    fn a_rename_that_fails_takes_the_others_back() {
        let folder = tempfile::tempdir().unwrap();
        before(folder.path());
        let at_first = held(folder.path());
        let mut transaction = prepared(folder.path());
        let missing = transaction.folder().join("staged/missing");
        transaction.put(folder.path().join("specs/acme/d"), Some(missing));
        assert!(transaction.commit(&mut |_| ()).is_err());
        assert_eq!(held(folder.path()), at_first);
    }

    #[test]
    fn what_is_not_committed_leaves_nothing_and_two_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        before(folder.path());
        let at_first = held(folder.path());
        let transaction = prepared(folder.path());
        assert!(Transaction::begin(&folder.path().join("specs/acme")).is_err(), "the first is still at it");
        assert!(recover(&folder.path().join("specs")).unwrap().is_empty(), "a living process is left alone");
        drop(transaction);
        assert_eq!(held(folder.path()), at_first);
    }
}
