//! `cargo xtask generate --since`: does a crate's version say what differs from another checkout?

use std::path::{Path, PathBuf};

use linchpin_codegen::diagnostic::Diagnostics;
use linchpin_codegen::drift::impact::{self, Since};
use linchpin_codegen::generate::{Connector, MANIFEST, generate};
use linchpin_codegen::lock::LOCK;
use linchpin_codegen::version::Version;

use super::{Arguments, Format, Job, show};
use crate::text::wrapped;
use crate::workspace::{self, Error};

/// A version that says less than what differs.
pub(super) struct Behind {
    name: String,
    lock: PathBuf,
    has: String,
    since: Since,
}

impl Behind {
    /// What is told: that the version is too low, or that it was raised.
    pub(super) fn told(&self, arguments: &Arguments) -> String {
        let Since { api, bump, least } = &self.since;
        if arguments.findings.format == Format::Json {
            let told = serde_json::json!({ "name": self.name, "version": self.has, "least": least.to_string(), "bump": bump, "api": api });
            return serde_json::json!({ "version": told }).to_string();
        }
        if !arguments.check {
            return format!("{}: version {} -> {least} ({bump})", self.name, self.has);
        }
        const SHOWN: usize = 10;
        let changed = api
            .changed
            .iter()
            .map(|changed| format!("changed: {} from {} to {}", changed.item, changed.from, changed.to));
        let of = |what: &str, items: &[String]| {
            items.iter().map(|item| format!("{what}: {item}")).collect::<Vec<_>>()
        };
        let mut lines = of("removed", &api.removed);
        lines.extend(changed);
        lines.extend(of("has to be given", &api.demanded));
        lines.extend(of(
            "added",
            &api.added.iter().filter(|item| !api.demanded.contains(item)).cloned().collect::<Vec<_>>(),
        ));
        let more = lines.len().saturating_sub(SHOWN);
        lines.truncate(SHOWN);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        if lines.is_empty() {
            lines.push("no public item; what the crate does is something else".to_owned());
        }
        let lines: Vec<String> = lines.iter().map(|line| wrapped(line, "    ")).collect();
        format!(
            "version: {} is {}, and what differs asks for {least} ({bump})\n{}\n  \
             `cargo xtask generate {} --since FOLDER`, with a checkout of what was before, raises it; it stands in {}",
            self.name,
            self.has,
            lines.join("\n"),
            self.name,
            workspace::shown(&self.lock).display()
        )
    }
}

/// The connector with a version that says what differs from the checkout, and what it said too little where it did. A connector that the checkout
/// does not have has any version.
///
/// # Errors
/// What stands there gives no connector.
pub(super) fn since(
    job: &Job,
    checkout: Option<&Path>,
    connector: Connector,
) -> Result<(Connector, Option<Behind>), Error> {
    let Some((checkout, name)) = checkout.zip(job.from.file_name()) else { return Ok((connector, None)) };
    if !checkout.join("specs").is_dir() {
        let why = format!("{} is no checkout: it has no folder `specs`", checkout.display());
        return Err(Error::Refused(why));
    }
    let folder = checkout.join("specs").join(name);
    if !folder.join(MANIFEST).is_file() {
        return Ok((connector, None));
    }
    // By the same Linchpin, so that nothing differs but what people wrote.
    let outcome = generate(&folder, &job.options);
    let Some(old) = outcome.connector else {
        let mut errors = Diagnostics::new();
        let found = outcome.diagnostics.iter();
        found
            .filter(|found| found.severity == linchpin_codegen::diagnostic::Severity::Error)
            .for_each(|found| errors.push(found.clone()));
        show(&errors, &outcome.files, Format::Text);
        return Err(Error::Refused(format!("{} gives no connector to compare with", folder.display())));
    };
    let since = impact::since(&old, &connector);
    let has = Version::read(&connector.plan.version).unwrap_or(Version::FIRST);
    if has >= since.least {
        return Ok((connector, None));
    }
    let behind = Behind {
        name: connector.name.clone(),
        lock: job.from.join(LOCK),
        has: has.to_string(),
        since: since.clone(),
    };
    let connector = connector
        .with_version(since.least, &job.options)
        .map_err(|error| Error::Refused(format!("the crate cannot be written: {error}")))?;
    Ok((connector, Some(behind)))
}
