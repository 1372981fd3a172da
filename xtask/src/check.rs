//! `cargo check` of one crate, measured: what it takes, and what the compiler says of that crate.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::Value;

use crate::measure::{self, Cost};
use crate::process::{self, End};
use crate::run::cargo;
use crate::workspace::Error;

/// How crates are checked: nothing but the library.
pub(crate) const CHECK: [&str; 4] = ["check", "--quiet", "--lib", "--message-format=json"];

/// A command that checks the crate in a folder. Crates that are given the same target folder share what is built of their dependencies.
pub(crate) fn checking(folder: &Path, target: &Path, more: &[&str]) -> Command {
    let mut command = cargo(&CHECK);
    command.args(more).current_dir(folder).env("CARGO_TARGET_DIR", target).env("CARGO_INCREMENTAL", "0");
    command
}

/// What a check found.
pub(crate) struct Checked {
    pub(crate) cost: Cost,
    /// The compiler's errors about the crate, each in one line.
    pub(crate) errors: Vec<String>,
    /// Its warnings.
    pub(crate) warnings: Vec<String>,
    /// All of the compiler's messages, for people.
    pub(crate) rendered: String,
}

/// Runs the checking command of the crate in a folder, no longer than `limit`. A crate that does not compile is no error here.
pub(crate) fn check(
    command: &Command,
    folder: &Path,
    limit: Duration,
    stop: &AtomicBool,
) -> Result<Checked, Error> {
    let (mut errors, mut warnings, mut rendered) = (Vec::new(), Vec::new(), String::new());
    let mut last = String::new();
    let mut measuring = measure::measuring(command)?;
    // What the compiler says comes as JSON; what cargo says of it besides would only break into the progress.
    measuring.stderr(Stdio::null());
    let end = process::run(measuring, limit, stop, |line| {
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
        End::TimedOut => Err(Error::Unreadable(format!("not compiled after {} s", limit.as_secs()))),
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
