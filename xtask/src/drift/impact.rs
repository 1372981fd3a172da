//! `cargo xtask drift NAME`: what a revision of its document means to a connector.

use std::fmt::Write as _;
use std::path::Path;

use linchpin_codegen::drift::impact::{Assessment, Impact, Severity, assess};
use linchpin_codegen::drift::{Class, Options};

use super::{NOT_COMPARED, show};
use crate::revision;
use crate::text::wrapped;
use crate::workspace::{self, Error};

/// How a connector is asked about.
pub(super) struct Asked {
    pub(super) options: Options,
    pub(super) json: bool,
    pub(super) fail_on: Severity,
}

/// What it means that an action of the overlay matches nothing in the revision.
const OVERLAY_MISSES: u8 = 3;

/// Tells what a revision means to the connector in a folder, and gives the exit code.
pub(super) fn run(folder: &Path, revised: &revision::Asked, asked: &Asked) -> Result<u8, Error> {
    let document = match revised.document(folder) {
        Ok(document) => document,
        Err(error) => {
            // An outage is no break.
            eprintln!("error: {error}");
            return Ok(NOT_COMPARED);
        }
    };
    let outcome = assess(folder, &document, &asked.options);
    let Some(assessment) = &outcome.assessment else {
        show(&outcome.diagnostics, &outcome.files);
        show(&outcome.revised, &outcome.files);
        return Ok(if outcome.overlay_misses { OVERLAY_MISSES } else { NOT_COMPARED });
    };
    if asked.json {
        print!("{}", assessment.to_json());
    } else {
        print!("{}", render(assessment));
        if !outcome.proposals.list.is_empty() {
            println!("\nProposed edits of the manifest (`cargo xtask accept` shows them as a patch):");
            for proposal in &outcome.proposals.list {
                let line = proposal.manifest.as_ref().map_or(0, |line| line.line);
                println!("{}", wrapped(&format!("line {line}: {}", proposal.what), "  "));
            }
        }
    }
    if outcome.overlay_misses {
        let mut missed = linchpin_codegen::diagnostic::Diagnostics::new();
        let of_overlay =
            outcome.revised.iter().filter(|found| found.code == linchpin_codegen::diagnostic::Code::NoMatch);
        of_overlay.for_each(|found| missed.push(found.clone()));
        show(&missed, &outcome.files);
        return Ok(OVERLAY_MISSES);
    }
    let fails = assessment.worst() >= asked.fail_on;
    Ok(u8::from(fails))
}

/// An assessment for people: impact first, then the version, then the rest by counts.
pub(crate) fn render(assessment: &Assessment) -> String {
    let mut text = format!("{}\n", assessment.connector);
    for severity in [Severity::Breaks, Severity::Risks, Severity::Notices] {
        let found = assessment.impact.iter().filter(|impact| impact.severity == severity);
        for impact in found {
            one(&mut text, impact);
        }
    }
    // Writing to a string cannot fail.
    let _ = match assessment.bump {
        linchpin_codegen::version::Bump::None => writeln!(text, "\nVersion {}: stays.", assessment.version),
        bump => writeln!(text, "\nVersion {} -> {} ({bump}).", assessment.version, assessment.next_version),
    };
    if let Some(api) = &assessment.api {
        let _ = writeln!(
            text,
            "Public items: {} removed, {} changed, {} added.",
            api.removed.len(),
            api.changed.len(),
            api.added.len()
        );
    } else {
        text.push_str("The manifest does not fit the revision; there is no crate before it does.\n");
    }
    let quiet = assessment.count(Severity::None);
    let classes: Vec<String> = Class::ALL
        .iter()
        .map(|class| (assessment.changes.iter().filter(|change| change.class == *class).count(), class))
        .filter(|(count, _)| *count > 0)
        .map(|(count, class)| format!("{count} {class}"))
        .collect();
    let _ = match assessment.changes.len() {
        0 => writeln!(text, "The documents say the same."),
        total => writeln!(
            text,
            "{total} changes of the document ({}): {} reach nothing of this connector, {quiet} are taken as they come.",
            classes.join(", "),
            assessment.outside
        ),
    };
    text
}

fn one(text: &mut String, impact: &Impact) {
    let place = impact.manifest.as_ref().map(|line| {
        let file = Path::new(&line.file);
        let shown = file.strip_prefix(workspace::root()).unwrap_or(file);
        format!(", {}:{}", shown.display(), line.line)
    });
    let sentence = format!("{}{}", impact.what, place.unwrap_or_default());
    let (indent, word) = ("          ", impact.severity.as_str());
    let body = wrapped(&sentence, indent);
    let _ = writeln!(text, "  {word:<7} {}", body.trim_start());
    if let Some(advice) = &impact.advice {
        let _ = writeln!(text, "{}", wrapped(advice, indent));
    }
    let source = match (impact.id.as_deref(), impact.operations.as_slice()) {
        (Some(id), [one]) => format!("{id}, {one}"),
        (Some(id), [one, rest @ ..]) => format!("{id}, {one} and {} more", rest.len()),
        (Some(id), []) => id.to_owned(),
        (None, _) => return,
    };
    let _ = writeln!(text, "{}", wrapped(&source, indent));
}
