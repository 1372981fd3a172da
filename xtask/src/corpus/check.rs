//! `cargo check` of generated crates: each in a workspace of its own, all with one target folder, so that dependencies are built once.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use linchpin_codegen::render::Files;
use serde_json::Value;

use crate::measure::{self, Cost};
use crate::run::cargo;
use crate::workspace::{self, Error};

use super::process::{self, End};
use super::record::{Record, Stage};
use super::{crate_folder, folder};

/// How long one crate may take. The largest known take a minute.
const LIMIT: Duration = Duration::from_secs(1_200);

/// How crates are checked.
const CHECK: [&str; 5] = ["check", "--quiet", "--offline", "--lib", "--message-format=json"];

/// The crate that has the dependencies of all others, and nothing else.
const DEPENDENCIES: &str = "dependencies-of-all";

/// Writes a generated crate so that it can be checked: its library only, in a workspace of its own, with the versions of this one.
pub(super) fn write_crate(into: &Path, files: &Files) -> Result<(), Error> {
    if into.exists() {
        std::fs::remove_dir_all(into).map_err(|cause| Error::File { path: into.to_owned(), cause })?;
    }
    for (path, text) in files {
        write(&into.join(path), text)?;
    }
    let manifest = files.get("Cargo.toml").map(String::as_str).unwrap_or_default();
    // The binary and its command line are the runtime's, and the same for all.
    let manifest = manifest.replace("default = [\"cli\", ", "default = [").replace("[\"cli\"]", "[]");
    write(&into.join("Cargo.toml"), &format!("{manifest}\n[workspace]\n"))?;
    copy_lock(into)
}

/// Builds what all crates stand on, so that no crate is charged with it.
pub(super) fn dependencies(stop: &AtomicBool) -> Result<(), Error> {
    let into = crate_folder(DEPENDENCIES);
    let runtime = workspace::root().join("runtime").display().to_string();
    let manifest = format!(
        "[package]\nname = \"{DEPENDENCIES}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         linchpin-runtime = {{ path = {runtime:?} }}\n\n[workspace]\n"
    );
    write(&into.join("Cargo.toml"), &manifest)?;
    write(&into.join("src/lib.rs"), "pub use linchpin_runtime;\n")?;
    copy_lock(&into)?;
    let found = cargo_check(&into, stop)?;
    if found.cost.success {
        return Ok(());
    }
    let (arguments, into) = (CHECK.join(" "), into.display());
    Err(Error::Unreadable(format!(
        "the runtime does not compile; to see why, run `cargo {arguments}` in {into}"
    )))
}

/// Checks a crate that was written, and puts into the record what that took and what the compiler says.
pub(super) fn check(record: &mut Record, name: &str, stop: &AtomicBool) -> Result<(), Error> {
    let found = cargo_check(&crate_folder(name), stop)?;
    record.check_seconds = Some(found.cost.cpu_seconds);
    record.check_peak_bytes = Some(found.cost.peak_bytes);
    let log = folder().join("logs").join(format!("{name}.txt"));
    write(&log, &found.rendered)?;
    let shown = |what: &str, all: &[String]| {
        let first = all.first().map(String::as_str).unwrap_or_default();
        format!("{} {what} of the compiler: {first} ({})", all.len(), log.display())
    };
    if !found.errors.is_empty() {
        record.fail(shown("errors", &found.errors));
    } else if !found.warnings.is_empty() {
        record.fail(shown("warnings", &found.warnings));
    } else if !found.cost.success {
        let (arguments, folder) = (CHECK.join(" "), crate_folder(name));
        let what = "without a word of the compiler; to see why, run `cargo";
        record.fail(format!("cargo check failed {what} {arguments}` in {}", folder.display()));
    } else {
        record.stage = Some(Stage::Compiled);
    }
    Ok(())
}

/// What a check found.
struct Checked {
    cost: Cost,
    errors: Vec<String>,
    warnings: Vec<String>,
    /// All of the compiler's messages, for people.
    rendered: String,
}

fn cargo_check(folder: &Path, stop: &AtomicBool) -> Result<Checked, Error> {
    let mut command = cargo(&CHECK);
    command
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", super::folder().join("target"))
        .env("CARGO_INCREMENTAL", "0");
    let (mut errors, mut warnings, mut rendered) = (Vec::new(), Vec::new(), String::new());
    let mut last = String::new();
    let mut measuring = measure::measuring(&command)?;
    // What the compiler says comes as JSON; what cargo says of it besides would only break into the progress.
    measuring.stderr(Stdio::null());
    let end = process::run(measuring, LIMIT, stop, |line| {
        if let Some(message) = message(line, folder) {
            rendered.push_str(&message.rendered);
            rendered.push('\n');
            match message.is_error {
                true => errors.push(message.text),
                false => warnings.push(message.text),
            }
        }
        line.clone_into(&mut last);
    })?;
    match end {
        End::Ended(status) if status.success() => {
            Ok(Checked { cost: measure::cost(&last)?, errors, warnings, rendered })
        }
        End::Ended(status) => {
            Err(Error::Failed { program: "cargo xtask bench measure".to_owned(), status: status.to_string() })
        }
        End::TimedOut => Err(Error::Unreadable(format!("not compiled after {} s", LIMIT.as_secs()))),
        End::Stopped => Err(Error::Unreadable("stopped".to_owned())),
    }
}

/// A message of the compiler about a crate.
#[derive(Debug, PartialEq, Eq)]
struct Message {
    is_error: bool,
    /// What it says, in one line, and where.
    text: String,
    rendered: String,
}

/// Reads a line of cargo's output: a warning or an error of the crate in this folder. What the compiler adds up at its end has no place in the
/// source and is none.
fn message(line: &str, folder: &Path) -> Option<Message> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line.get("reason")?.as_str()? != "compiler-message" {
        return None;
    }
    if !Path::new(line.pointer("/target/src_path")?.as_str()?).starts_with(folder) {
        return None;
    }
    let message = line.get("message")?;
    let is_error = match message.get("level")?.as_str()? {
        "warning" => false,
        level => level.starts_with("error"),
    };
    let span = message.get("spans")?.as_array()?.first()?;
    let place = format!(
        "{}:{}",
        span.get("file_name").and_then(Value::as_str).unwrap_or_default(),
        span.get("line_start").and_then(Value::as_u64).unwrap_or_default()
    );
    let text = message.get("message")?.as_str()?;
    Some(Message {
        is_error,
        text: format!("{text}, {place}"),
        rendered: message.get("rendered").and_then(Value::as_str).unwrap_or(text).to_owned(),
    })
}

/// The same versions as here, and no network.
fn copy_lock(into: &Path) -> Result<(), Error> {
    let lock = workspace::root().join("Cargo.lock");
    let text = std::fs::read_to_string(&lock).map_err(|cause| Error::File { path: lock, cause })?;
    write(&into.join("Cargo.lock"), &text)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let fail = |cause| Error::File { path: path.to_owned(), cause };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    std::fs::write(path, text).map_err(fail)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::message;

    #[test]
    fn only_findings_about_the_crate_itself_count() {
        let line = |level: &str, path: &str, spans: &str| {
            format!(
                "{{\"reason\":\"compiler-message\",\"target\":{{\"src_path\":\"{path}\"}},\"message\":{{\"level\":\"{level}\",\
                 \"message\":\"unused\",\"rendered\":\"long\",\"spans\":{spans}}}}}"
            )
        };
        let span = r#"[{"file_name":"src/a.rs","line_start":7}]"#;
        let table = [
            (line("warning", "/c/x/src/lib.rs", span), Some((false, "unused, src/a.rs:7"))),
            (line("error", "/c/x/src/lib.rs", span), Some((true, "unused, src/a.rs:7"))),
            (line("warning", "/runtime/src/lib.rs", span), None),
            (line("warning", "/c/x/src/lib.rs", "[]"), None),
            (r#"{"reason":"build-finished","success":true}"#.to_owned(), None),
            (r#"{"cpu_seconds":1.0,"peak_bytes":1,"success":true}"#.to_owned(), None),
            ("no JSON".to_owned(), None),
        ];
        for (line, expected) in table {
            let found = message(&line, Path::new("/c/x"));
            let found = found.as_ref().map(|found| (found.is_error, found.text.as_str()));
            assert_eq!(found, expected, "{line}");
        }
    }
}
