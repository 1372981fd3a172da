//! `cargo xtask corpus`: every document below a folder through the generator, each in a process of its own, and the crates through the compiler.
//! What one document does, a crash or an endless loop included, does not stop the rest.

mod check;
mod child;
mod record;
mod report;

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use clap::Args;

use crate::generate::Format;
use crate::process;
use crate::run::{cargo, succeed};
use crate::workspace::{self, Error};

pub(crate) use record::Record;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder with documents: every .json, .yaml and .yml below it with `openapi` or `swagger`
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// `cargo check` each crate; a warning of the compiler counts as a failure
    #[arg(long)]
    compile: bool,
    /// Take JSON that each document allows through the types generated for it and back, instead; builds every crate, so it takes long
    #[arg(long, conflicts_with_all = ["compile", "jobs", "format"])]
    round_trip: bool,
    /// Documents at a time; crates are always compiled one by one, so that each has its own figures
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// A table for people when all is done, or one JSON object a line for each document as it is done
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only documents whose path below DIR contains this; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Seconds that one document may take to generate
    #[arg(long, default_value_t = 120)]
    seconds: u64,
    /// Take DIR for a document, and tell the parent process what becomes of it (used by the command itself)
    #[arg(long, hide = true, value_name = "CONNECTOR")]
    child: Option<String>,
    /// Where the child writes the crate
    #[arg(long, hide = true, requires = "child")]
    into: Option<PathBuf>,
}

/// One document of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    /// Its path below the folder, without ending.
    pub(crate) shown: String,
    /// Name of its connector.
    pub(crate) name: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    if let Some(name) = &arguments.child {
        return child::run(&arguments.folder, name, arguments.into.as_deref());
    }
    let documents = documents(&arguments.folder, &arguments.only)?;
    if arguments.round_trip {
        return round_trip(&documents);
    }
    let stop = process::stop_on_ctrl_c()?;
    if arguments.compile {
        check::dependencies(&stop)?;
    }
    let records = all(documents, arguments, &stop);
    if arguments.format == Format::Text {
        print!("{}", report::table(&records, arguments.compile));
    }
    Ok(if stop.load(Ordering::Relaxed) {
        eprintln!("stopped; what was not done is not in the figures");
        process::stopped()
    } else if records.iter().all(|record| record.ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The tests own what it takes to judge values, so they do it.
fn round_trip(documents: &[Document]) -> Result<ExitCode, Error> {
    let paths =
        documents.iter().map(|document| std::path::absolute(&document.path)).collect::<Result<Vec<_>, _>>();
    let paths = paths.map_err(|cause| Error::Unreadable(format!("the documents' paths: {cause}")))?;
    let paths = std::env::join_paths(paths)
        .map_err(|cause| Error::Unreadable(format!("a document's path: {cause}")))?;
    let test = ["test", "--locked", "--package", "linchpin-tests", "--all-features", "--test", "exercise"];
    let mut command = cargo(&test);
    command.args(["--", "--ignored", "--nocapture"]).env("LINCHPIN_DOCUMENTS", paths);
    succeed(command)?;
    Ok(ExitCode::SUCCESS)
}

/// Takes all documents, some at a time, and gives the records in the order of the documents.
fn all(documents: Vec<Document>, arguments: &Arguments, stop: &AtomicBool) -> Vec<Record> {
    let bar = process::progress(documents.len());
    let queue = Mutex::new(VecDeque::from(documents));
    let compiler = Mutex::new(());
    let (done, results) = mpsc::channel();
    let mut records = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs {
            let done = done.clone();
            let (queue, compiler, bar) = (&queue, &compiler, &bar);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(document) = next else { return };
                    bar.set_message(document.shown.clone());
                    let record = one(&document, arguments, compiler, stop);
                    bar.inc(1);
                    // What a stop cut off says nothing about its document.
                    if stop.load(Ordering::Relaxed) || done.send(record).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        for record in results {
            if arguments.format == Format::Json {
                bar.suspend(|| println!("{}", serde_json::to_string(&record).unwrap_or_default()));
            }
            records.push(record);
        }
    });
    bar.finish_and_clear();
    records.sort_by(|a, b| a.document.cmp(&b.document));
    records
}

fn one(document: &Document, arguments: &Arguments, compiler: &Mutex<()>, stop: &AtomicBool) -> Record {
    let limit = Duration::from_secs(arguments.seconds);
    let into = arguments.compile.then(|| crate_folder(&document.name));
    let mut record = match child::spawn(document, into.as_deref(), limit, stop) {
        Ok(record) => record,
        Err(error) => Record::failed(&document.shown, error.to_string()),
    };
    if arguments.compile && record.ok && !stop.load(Ordering::Relaxed) {
        let _alone = compiler.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = check::into_record(&mut record, &document.name, stop) {
            record.fail(error.to_string());
        }
    }
    record
}

/// Folder of everything that the command writes.
fn folder() -> PathBuf {
    workspace::root().join("target/corpus")
}

/// Folder of a generated crate.
fn crate_folder(name: &str) -> PathBuf {
    folder().join("crates").join(name)
}

/// The command that generates the connector of one document, all operations, into a folder. A line of what it prints is for [`last_record`].
pub(crate) fn generating(document: &Document, into: &Path) -> Result<Command, Error> {
    child::command(document, Some(into))
}

/// What became of the document, where this line of a generating command says so.
pub(crate) fn last_record(line: &str) -> Option<Record> {
    child::done(line)
}

/// The documents below a folder that are asked for, by alphabet; an error where there is none.
pub(crate) fn documents(folder: &Path, only: &[String]) -> Result<Vec<Document>, Error> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let fail = |cause| Error::File { path: next.clone(), cause };
        for entry in std::fs::read_dir(&next).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            // Links are not followed: they may lead out, or round.
            let kind = entry.file_type().map_err(fail)?;
            let path = entry.path();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && is_document(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    let mut names = BTreeSet::new();
    let documents = found.into_iter().map(|path| {
        let below = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
        let shown = below.display().to_string();
        let mut name = connector_name(&shown);
        while !names.insert(name.clone()) {
            name.push_str("-again");
        }
        Document { path, shown, name }
    });
    let documents: Vec<Document> = documents
        .filter(|document| only.is_empty() || only.iter().any(|name| document.shown.contains(name.as_str())))
        .collect();
    if documents.is_empty() {
        let cause = std::io::Error::other("there is no OpenAPI document that is asked for below this folder");
        return Err(Error::File { path: folder.to_owned(), cause });
    }
    Ok(documents)
}

/// A path as a connector's name: small letters, digits and `-`, a letter first.
fn connector_name(shown: &str) -> String {
    let name: String =
        shown.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name.to_owned() } else { format!("api-{name}") }
}

/// Whether a file by its ending and a key of its root looks like an OpenAPI document. One that looks like it and is none is told by the
/// generator.
fn is_document(path: &Path) -> bool {
    const JSON: [&str; 2] = ["\"openapi\"", "\"swagger\""];
    const YAML: [&str; 4] = ["openapi:", "swagger:", "'openapi':", "'swagger':"];
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !matches!(ending, "json" | "yaml" | "yml") {
        return false;
    }
    // The key may be the last one of the file.
    let Ok(bytes) = std::fs::read(path) else { return true };
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let starts = |line: &str| YAML.iter().chain(&JSON).any(|key| line.starts_with(key));
    text.lines().any(starts)
        || text.trim_start().starts_with('{') && JSON.iter().any(|key| text.contains(key))
}

#[cfg(test)]
mod tests {
    use super::{connector_name, documents};

    #[test]
    fn documents_are_found_by_what_they_say_and_named_apart() {
        let folder = std::env::temp_dir().join(format!("linchpin-corpus-{}", std::process::id()));
        let files = [
            ("a.json", "{\"openapi\": \"3.0.0\"}"),
            ("A!.yml", "# comment\nopenapi: 3.1.0\n"),
            ("b/9 lives.yaml", "swagger: '2.0'\n"),
            ("b/other.yaml", "on: push\njobs: { openapi: 1 }\n"),
            ("b/package.json", "{\"name\": \"x\"}"),
            ("readme.md", "openapi: 3.0.0"),
        ];
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let names = |only: &[String]| -> Vec<String> {
            documents(&folder, only).unwrap().into_iter().map(|document| document.name).collect()
        };
        assert_eq!(names(&[]), ["a", "a-again", "b-9-lives"]);
        assert_eq!(names(&["lives".to_owned()]), ["b-9-lives"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn every_path_gives_a_connector_name() {
        for (path, name) in
            [("github.new", "github-new"), ("2020/v1", "api-2020-v1"), ("Über/x_y", "ber-x-y"), ("…", "api-")]
        {
            assert_eq!(connector_name(path), name, "{path}");
        }
    }
}
