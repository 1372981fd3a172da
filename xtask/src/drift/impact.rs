//! `cargo xtask drift NAME`: what a revision of its document means to a connector.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use linchpin_codegen::diagnostic::{Code, Diagnostics};
use linchpin_codegen::drift::Class;
use linchpin_codegen::drift::decisions::{self, Acceptance, DECISIONS, Decisions};
use linchpin_codegen::drift::impact::{Assessment, Impact, Outcome, Proposals, Severity, assess_observed};
use linchpin_codegen::drift::observed::{Observations, ObservedState, Standing};
use linchpin_codegen::source::{Limits, SourceFiles, load};

use super::report::{self, Format, Shown, Spot};
use super::{Arguments, End, options, overlay, show};
use crate::text::wrapped;
use crate::workspace::{self, Error};

/// What a revision means to the connector in a folder: how it ends, and what is told.
/// What was observed in payloads is laid beside that, or beside the pinned document where there is no revision.
pub(super) fn run(
    folder: &Path,
    arguments: &Arguments,
    mut observations: Observations,
) -> Result<(End, Option<String>), Error> {
    let fail_on = arguments.fail_on.class();
    let documents = arguments.revised.is_there() || arguments.observed.is_empty();
    let payloads = !observations.reports.is_empty();
    let document = match documents.then(|| arguments.revised.document(folder)).transpose() {
        Ok(document) => document,
        Err(error) => {
            // An outage is no break.
            eprintln!("error: {error}");
            return Ok((End::NotCompared, None));
        }
    };
    // They say how documents are compared, so they are read first.
    let mut of_decisions = Diagnostics::new();
    let decisions = decided(folder, arguments, &mut observations.files, &mut of_decisions);
    let options = options(arguments, decisions.as_ref());
    let mut outcome = assess_observed(folder, document.as_deref(), observations, &options);
    let Some(mut assessment) = outcome.assessment.take() else {
        show(&outcome.diagnostics, &outcome.files);
        show(&outcome.revised, &outcome.files);
        let end = if outcome.overlay_misses { End::Idle } else { End::NotCompared };
        return Ok((end, None));
    };
    let mut found = std::mem::take(&mut outcome.observed);
    let of_overlay = outcome.revised.iter().filter(|found| found.code == Code::NoMatch);
    of_overlay.for_each(|miss| found.push(miss.clone()));
    found.extend(of_decisions);
    let decided = decisions.map(|decisions| decisions.about(documents, payloads));
    if let Some(decisions) = &decided {
        found.extend(assessment.decide(decisions, options.today));
    }
    show(&found, &outcome.files);
    if decided.is_none() {
        return Ok((End::of(None, &found, fail_on), None));
    }
    let pinned = workspace::shown(folder).display().to_string();
    let revised = document.as_ref().map_or_else(
        || arguments.observed.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "),
        |document| workspace::shown(document).display().to_string(),
    );
    let impact = assessment.telling().map(|impact| shown(&assessment, impact)).collect();
    let rows = assessment.rows();
    let shown = Shown::new((&pinned, &revised), fail_on, &rows, None, Some(impact));
    if arguments.overlay {
        let text = overlay::patch(folder, &assessment, options.today, &mut outcome.files);
        let end = if text.is_some() { End::of(Some(&shown), &found, fail_on) } else { End::NotCompared };
        return Ok((end, text));
    }
    let text = match arguments.format {
        Format::Text => {
            let mut text = told(&assessment);
            if documents {
                compared(&mut text, &assessment);
                proposed(&mut text, &outcome);
            }
            if payloads {
                observed(&mut text, &assessment);
            }
            text
        }
        Format::Json => assessment.to_json(),
        format => shown.to_format(format),
    };
    Ok((End::of(Some(&shown), &found, fail_on), Some(text)))
}

/// What was decided about changes. `None` where it cannot be read.
fn decided(
    folder: &Path,
    arguments: &Arguments,
    files: &mut SourceFiles,
    found: &mut Diagnostics,
) -> Option<Decisions> {
    let beside = folder.join(DECISIONS);
    let path = arguments.accepted.clone().or_else(|| beside.is_file().then_some(beside));
    let Some(path) = path else { return Some(Decisions::default()) };
    let (tree, of_text) = load(files, &path, &Limits::default());
    found.extend(of_text);
    let (decisions, of_decisions) = decisions::read(&tree?);
    found.extend(of_decisions);
    decisions
}

/// The place among what was judged of what an impact is about.
fn judged_at(assessment: &Assessment, impact: &Impact) -> Option<usize> {
    let observed = |index: usize| {
        let before = assessment.observed.get(..index)?;
        let is_told = assessment.observed.get(index)?.is_telling();
        let at = before.iter().filter(|observed| observed.is_telling()).count();
        is_told.then_some(assessment.report.changes.len() + at)
    };
    impact.change.or_else(|| impact.observed.and_then(observed))
}

/// An impact as the formats show it.
fn shown(assessment: &Assessment, impact: &Impact) -> report::Impact {
    let class = match impact.severity {
        Severity::Breaks => Class::Breaking,
        Severity::Risks => Class::Risky,
        Severity::Notices | Severity::None => Class::Additive,
    };
    let advice = impact.advice.as_ref().map(|advice| format!(" {}.", capital(advice))).unwrap_or_default();
    let overridden =
        impact.overridden.as_ref().map(|overridden| format!(" {}.", capital(&overridden.told())));
    let overridden = overridden.unwrap_or_default();
    report::Impact {
        change: judged_at(assessment, impact),
        class,
        text: format!("{}.{advice}{overridden}", capital(&impact.what)),
        spot: impact.manifest.as_ref().map(|line| Spot {
            file: workspace::shown(Path::new(&line.file)).display().to_string(),
            line: line.line,
            column: Some(line.column),
        }),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn proposed(text: &mut String, outcome: &Outcome) {
    if outcome.proposals.list.is_empty() {
        return;
    }
    text.push_str("\nProposed edits of the manifest (`cargo xtask accept` shows them as a patch):\n");
    for (what, lines) in by_reason(&outcome.proposals) {
        let shown = lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let word = if lines.len() == 1 { "line" } else { "lines" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", wrapped(&format!("{word} {shown}: {what}"), "  "));
    }
}

/// What is proposed, each reason once with the lines that it is about.
pub(crate) fn by_reason(proposals: &Proposals) -> Vec<(&str, BTreeSet<u32>)> {
    let mut reasons: Vec<(&str, BTreeSet<u32>)> = Vec::new();
    for proposal in &proposals.list {
        let line = proposal.manifest.as_ref().map(|line| line.line);
        match reasons.iter_mut().find(|(what, _)| *what == proposal.what) {
            Some((_, lines)) => lines.extend(line),
            None => reasons.push((&proposal.what, line.into_iter().collect())),
        }
    }
    reasons
}

/// An assessment for people: new impact first, then what is accepted, then the version, then the rest by counts.
pub(crate) fn render(assessment: &Assessment) -> String {
    let mut text = told(assessment);
    compared(&mut text, assessment);
    text
}

/// What all of it means to the connector.
fn told(assessment: &Assessment) -> String {
    let mut text = format!("{}\n", assessment.connector);
    for severity in [Severity::Breaks, Severity::Risks, Severity::Notices] {
        let found = assessment.impact.iter().filter(|impact| impact.severity == severity);
        for impact in found.filter(|impact| assessment.acceptance(impact).is_none()) {
            one(&mut text, impact, None);
        }
    }
    let mut known =
        assessment.telling().filter_map(|impact| Some((impact, assessment.acceptance(impact)?))).peekable();
    if known.peek().is_some() {
        text.push_str("\nAccepted\n");
        known.for_each(|(impact, acceptance)| one(&mut text, impact, Some(acceptance)));
    }
    text
}

/// The version, and the changes by counts.
fn compared(text: &mut String, assessment: &Assessment) {
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
    let (quiet, changes) = (assessment.count(Severity::None), &assessment.report.changes);
    let classes: Vec<String> = Class::ALL
        .iter()
        .map(|class| (changes.iter().filter(|judged| judged.change.class == *class).count(), class))
        .filter(|(count, _)| *count > 0)
        .map(|(count, class)| format!("{count} {class}"))
        .collect();
    let _ = match changes.len() {
        0 => writeln!(text, "The documents say the same."),
        total => writeln!(
            text,
            "{total} {} of the document ({}): {} reach nothing of this connector, {quiet} are taken as they come.",
            if total == 1 { "change" } else { "changes" },
            classes.join(", "),
            assessment.outside
        ),
    };
}

/// How the findings in payloads stand.
fn observed(text: &mut String, assessment: &Assessment) {
    let mut counts = BTreeMap::<&str, usize>::new();
    for observed in &assessment.observed {
        let word = match (observed.state, observed.standing) {
            (ObservedState::Resolved, _) => "not met any more",
            (_, Standing::Explained) => "explained by the revision",
            (_, Standing::Likely) => "likely to be explained by the revision",
            (_, Standing::Documented) => "in the pinned document already",
            (ObservedState::New, Standing::Observed) => "new",
            (ObservedState::Pending, _) => "seen too seldom to be told",
            (ObservedState::Baseline, _) => "of the baseline",
            (ObservedState::Accepted, _) => "accepted where it was met",
        };
        *counts.entry(word).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    let line = match assessment.observed.len() {
        0 => "Payloads are as the document says.".to_owned(),
        1 => format!("1 finding in payloads: {}.", counts.join(", ")),
        many => format!("{many} findings in payloads: {}.", counts.join(", ")),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", wrapped(&line, ""));
}

fn one(text: &mut String, impact: &Impact, accepted: Option<&Acceptance>) {
    let place = impact
        .manifest
        .as_ref()
        .map(|line| format!(", {}:{}", workspace::shown(Path::new(&line.file)).display(), line.line));
    let sentence = format!("{}{}", impact.what, place.unwrap_or_default());
    let (indent, word) = ("          ", impact.severity.as_str());
    let body = wrapped(&sentence, indent);
    let _ = writeln!(text, "  {word:<7} {}", body.trim_start());
    // What was decided stands in the place of what to do.
    let until = |acceptance: &Acceptance| match &acceptance.expires {
        Some(day) => format!("accepted until {day}: {}", acceptance.reason),
        None => format!("accepted: {}", acceptance.reason),
    };
    if let Some(told) = accepted.map(until).or_else(|| impact.advice.clone()) {
        let _ = writeln!(text, "{}", wrapped(&told, indent));
    }
    if let Some(overridden) = &impact.overridden {
        let _ = writeln!(text, "{}", wrapped(&overridden.told(), indent));
    }
    let source = match (impact.id.as_deref(), impact.operations.as_slice()) {
        (Some(id), [one]) => format!("{id}, {one}"),
        (Some(id), [one, rest @ ..]) => format!("{id}, {one} and {} more", rest.len()),
        (Some(id), []) => id.to_owned(),
        (None, _) => return,
    };
    let _ = writeln!(text, "{}", wrapped(&source, indent));
}
