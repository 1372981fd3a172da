//! One generator and one document: generate, build what the crate stands on, check the crate alone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::check::{CHECK, check, checking};
use crate::corpus::{Document, Record, generating, last_record};
use crate::measure::{self, Cost};
use crate::process::{self, End};
use crate::workspace::{self, Error, copy_lock, read, write};

use super::peers::Installed;
use super::row::{OWN, Row, Tag, Tags, Used};

/// What holds for the whole run.
pub(super) struct Bench<'a> {
    /// Measured checks of each crate; the median counts.
    pub(super) runs: usize,
    /// How long one child may take.
    pub(super) limit: Duration,
    pub(super) stop: &'a AtomicBool,
}

impl Bench<'_> {
    /// What this project's generator makes of a document, and its crate's folder where there is one.
    pub(super) fn own(&self, document: &Document) -> Row {
        let mut row = row(document, OWN, env!("CARGO_PKG_VERSION"));
        let into = crate_folder(OWN, &document.name);
        let failed = (|| {
            let command = generating(document, &into)?;
            let mut record = None;
            let cost = self.generate(&command, OWN, document, |line| {
                record = record.take().or_else(|| last_record(line));
            })?;
            let record: Record =
                record.ok_or_else(|| Error::Unreadable("the generator crashed".to_owned()))?;
            row.generate = Some(cost.into());
            row.operations = record.operations;
            row.lines = record.lines;
            match record.error {
                Some(error) => Err(Error::Unreadable(error)),
                None => Ok(()),
            }
        })();
        row.error = failed.err().map(|error| error.to_string());
        row
    }

    /// What a peer makes of a document.
    pub(super) fn peer(&self, peer: &Installed, document: &Document) -> Row {
        let name = peer.peer.name();
        let mut row = row(document, name, &peer.version);
        let into = crate_folder(name, &document.name);
        let failed = (|| {
            renew(&into)?;
            let cost =
                self.generate(&peer.generating(&absolute(&document.path)?, &into), name, document, |_| ())?;
            row.generate = Some(cost.into());
            let log = log(name, document, "generate");
            // A peer may fail and leave with success all the same; one that fails leaves no good crate.
            let complete = if cost.success { peer.complete(&into) } else { Ok(()) };
            let lines = lines(&into.join("src"))?;
            if !cost.success || complete.is_err() || lines == 0 {
                return Err(Error::Unreadable(first_trouble(
                    &std::fs::read_to_string(log).unwrap_or_default(),
                )));
            }
            row.lines = lines;
            Ok(())
        })();
        row.error = failed.err().map(|error| error.to_string());
        row
    }

    /// Checks a crate that was generated, and puts into the row what that took and what the compiler says.
    pub(super) fn check(&self, row: &mut Row, document: &Document) {
        let name = row.generator.clone();
        if row.lines == 0 || row.error.is_some() {
            return;
        }
        if let Err(error) = self.try_check(row, &name, document) {
            row.error = Some(error.to_string());
        }
    }

    fn try_check(&self, row: &mut Row, name: &str, document: &Document) -> Result<(), Error> {
        let folder = crate_folder(name, &document.name);
        self.dependencies(name, &folder)?;
        let mut costs = Vec::new();
        for _ in 0..self.runs.max(1) {
            touch(&folder)?;
            let command = checking(&folder, &target(name), &["--offline"]);
            let found = check(&command, &folder, self.limit, self.stop)?;
            write(&log(name, document, "check"), &found.rendered)?;
            (row.errors, row.warnings, row.compiles) =
                (found.errors.len(), found.warnings.len(), found.cost.success);
            costs.push(Used::from(found.cost));
            if !found.cost.success {
                let silent = || format!("cargo {} fails without a word about the crate", CHECK.join(" "));
                row.error = Some(found.errors.first().cloned().unwrap_or_else(silent));
                break;
            }
        }
        row.check = median(&costs);
        Ok(())
    }

    /// The tags of one of this project's crates, each by its feature alone.
    pub(super) fn tags(
        &self,
        document: &Document,
        whole: Used,
        progress: impl Fn(&str),
    ) -> Result<Tags, Error> {
        let folder = crate_folder(OWN, &document.name);
        let mut tags = Vec::new();
        for feature in features(&read(&folder.join("Cargo.toml"))?) {
            progress(&feature);
            let mut costs = Vec::new();
            for _ in 0..self.runs.max(1) {
                touch(&folder)?;
                let more = ["--offline", "--no-default-features", "--features", &feature];
                let found = check(&checking(&folder, &target(OWN), &more), &folder, self.limit, self.stop)?;
                if !found.cost.success {
                    let what =
                        format!("the crate of {} does not compile with `{feature}` alone", document.shown);
                    return Err(Error::Unreadable(what));
                }
                costs.push(found.cost.into());
            }
            tags.extend(median(&costs).map(|used| Tag { feature, used }));
        }
        tags.sort_by(|a, b| a.used.cpu_seconds.total_cmp(&b.used.cpu_seconds));
        Ok(Tags { document: document.shown.clone(), whole, tags })
    }

    /// Runs a generator and measures it. What it says to people goes to a file.
    fn generate(
        &self,
        command: &Command,
        name: &str,
        document: &Document,
        mut line: impl FnMut(&str),
    ) -> Result<Cost, Error> {
        let path = log(name, document, "generate");
        write(&path, "")?;
        let file = File::create(&path).map_err(|cause| Error::File { path: path.clone(), cause })?;
        let mut measuring = measure::measuring(command)?;
        measuring.stderr(file);
        let mut last = String::new();
        let end = process::run(measuring, self.limit, self.stop, |text| {
            line(text);
            text.clone_into(&mut last);
        })?;
        match end {
            End::Ended(status) if status.success() => measure::cost(&last),
            End::Ended(status) => Err(Error::Failed { program: name.to_owned(), status: status.to_string() }),
            End::TimedOut => {
                Err(Error::Unreadable(format!("not generated after {} s", self.limit.as_secs())))
            }
            End::Stopped => Err(Error::Unreadable("stopped".to_owned())),
        }
    }

    /// Builds what a crate stands on, so that it is not charged with it: by checking it as if it were empty. All crates of one generator get the
    /// same versions.
    fn dependencies(&self, name: &str, folder: &Path) -> Result<(), Error> {
        let lock = crates_folder(name).join("Cargo.lock");
        if name == OWN {
            copy_lock(folder)?;
        } else if lock.is_file() {
            write(&folder.join("Cargo.lock"), &read(&lock)?)?;
        }
        let library = folder.join("src/lib.rs");
        let text = read(&library)?;
        write(&library, "")?;
        let found = check(&checking(folder, &target(name), &[]), folder, self.limit, self.stop);
        write(&library, &text)?;
        if !found?.cost.success {
            let (arguments, folder) = (CHECK.join(" "), folder.display());
            let what =
                format!("what the crate depends on does not build; see `cargo {arguments}` in {folder}");
            return Err(Error::Unreadable(what));
        }
        if name == OWN || lock.is_file() {
            return Ok(());
        }
        write(&lock, &read(&folder.join("Cargo.lock"))?)
    }
}

fn row(document: &Document, generator: &str, version: &str) -> Row {
    Row {
        document: document.shown.clone(),
        generator: generator.to_owned(),
        version: version.to_owned(),
        ..Row::default()
    }
}

/// Folder of everything that the command writes.
fn folder() -> PathBuf {
    workspace::root().join("target/bench/codegen")
}

fn crates_folder(name: &str) -> PathBuf {
    folder().join("crates").join(name)
}

fn crate_folder(name: &str, connector: &str) -> PathBuf {
    crates_folder(name).join(connector)
}

/// Cargo's target folder of all crates of one generator.
fn target(name: &str) -> PathBuf {
    folder().join("target").join(name)
}

fn log(name: &str, document: &Document, step: &str) -> PathBuf {
    folder().join("logs").join(format!("{}-{name}-{step}.txt", document.name))
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|cause| Error::File { path: path.to_owned(), cause })
}

/// An empty folder, whatever was there.
fn renew(folder: &Path) -> Result<(), Error> {
    let fail = |cause| Error::File { path: folder.to_owned(), cause };
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(fail)?;
    }
    std::fs::create_dir_all(folder).map_err(fail)
}

/// Makes Cargo check the crate again.
fn touch(folder: &Path) -> Result<(), Error> {
    let library = folder.join("src/lib.rs");
    write(&library, &read(&library)?)
}

/// Lines of Rust below a folder; 0 where there is none.
fn lines(folder: &Path) -> Result<usize, Error> {
    let mut lines = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                lines += read(&path)?.lines().count();
            }
        }
    }
    Ok(lines)
}

/// The middle one by time, with the middle of the peaks.
fn median(costs: &[Used]) -> Option<Used> {
    let middle = costs.len().checked_sub(1)? / 2;
    let mut seconds: Vec<f64> = costs.iter().map(|used| used.cpu_seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let mut peaks: Vec<u64> = costs.iter().map(|used| used.peak_bytes).collect();
    peaks.sort_unstable();
    Some(Used { cpu_seconds: *seconds.get(middle)?, peak_bytes: *peaks.get(middle)? })
}

/// The line in which a failed program says why, with the one after it, which often goes on.
fn first_trouble(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    let words = ["error", "panicked", "exception"];
    let says = |line: &&str| words.iter().any(|word| line.to_ascii_lowercase().contains(word));
    let Some(line) = lines.by_ref().find(says) else {
        return text
            .lines()
            .last()
            .filter(|line| !line.is_empty())
            .unwrap_or("no crate, and no word why")
            .to_owned();
    };
    let found = [line, lines.next().unwrap_or_default()].join(" ");
    found.chars().take(300).collect::<String>().trim().to_owned()
}

/// The features of a generated crate that stand for a tag.
fn features(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| *line != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.trim_matches('"').to_owned())
        .filter(|name| !matches!(name.as_str(), "default" | "cli") && !name.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Used, features, first_trouble, median};

    #[test]
    fn features_that_stand_for_a_tag_are_read_from_the_crates_manifest() {
        let manifest = "[package]\nname = \"x\"\n\n[features]\ndefault = [\"cli\", \"a\"]\n# The binary.\ncli = [\"y/cli\"]\n\
                        a = []\n# One = more.\nb-c = [\"a\"]\n\n[dependencies]\nd = { path = \"..\" }\n";
        assert_eq!(features(manifest), ["a", "b-c"]);
        assert_eq!(features("[package]\nname = \"x\"\n"), Vec::<String>::new());
    }

    #[test]
    fn what_a_failed_program_says_is_found_in_its_words() {
        let table = [
            ("", "no crate, and no word why"),
            ("one\ntwo\n", "two"),
            ("OpenAPI: x\nError:\n\n  × Failed to parse\n  more\n", "Error: × Failed to parse"),
            (
                "thread 'main' panicked at a.rs:1:\ninvalid schema\nnote: run\n",
                "thread 'main' panicked at a.rs:1: invalid schema",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(first_trouble(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_median_takes_time_and_memory_each_for_itself() {
        let used = |cpu_seconds, peak_bytes| Used { cpu_seconds, peak_bytes };
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[used(3.0, 1), used(1.0, 3), used(2.0, 2)]), Some(used(2.0, 2)));
        assert_eq!(median(&[used(9.0, 1), used(1.0, 3)]), Some(used(1.0, 1)));
    }
}
