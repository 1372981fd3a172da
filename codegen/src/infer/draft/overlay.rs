//! The overlay beside a drafted manifest.

use std::collections::BTreeMap;

use super::Target;
use crate::infer::keys::Requirement;
use crate::infer::streams::StreamGuess;
use crate::infer::yaml::{comment, quoted};

/// What an overlay has to do so that a document says what a key needs: JSONPaths, and what is updated there. `None` where it cannot.
pub(super) fn actions(
    requirement: &Requirement,
    target: &dyn Fn(&str) -> Option<Target>,
) -> Option<Vec<(String, String)>> {
    let mut actions = Vec::new();
    for pointer in std::iter::once(&requirement.pointer).chain(&requirement.place) {
        let Some(object) = target(pointer) else { continue };
        actions.push((object.path, format!("{{ required: [ {} ] }}", quoted(&requirement.field))));
        if requirement.nullable {
            let field = crate::source::escape_token(&requirement.field);
            let property =
                target(&format!("{pointer}/properties/{field}")).filter(|property| property.nullable)?;
            actions.push((property.path, "{ nullable: false }".to_owned()));
        }
    }
    Some(actions).filter(|actions| !actions.is_empty())
}

/// What streams need that the document does not say, that their keys are always there, and without what is removed.
pub(super) fn overlay(
    streams: &[&StreamGuess],
    removed: &[String],
    target: &dyn Fn(&str) -> Option<Target>,
) -> Option<String> {
    let mut all: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for stream in streams {
        let needed = stream.key_assumed.iter().filter_map(|requirement| actions(requirement, target));
        for action in needed.flatten() {
            let names = all.entry(action).or_default();
            if !names.contains(&stream.name.as_str()) {
                names.push(&stream.name);
            }
        }
    }
    if all.is_empty() {
        return removal(removed);
    }
    let mut text = removal(removed).unwrap_or_else(|| START.to_owned());
    for ((target, update), names) in all {
        let names = comment(&names.join(", "));
        text.push_str(&format!(
            "  # medium: key of {names}. A record without it fails the page, so nothing is lost in silence.\n"
        ));
        text.push_str(&format!("  - target: {}\n    update: {update}\n", quoted(&target)));
    }
    Some(text)
}

const START: &str =
    "overlay: 1.0.0\ninfo:\n  title: What the document does not say\n  version: 1.0.0\nactions:\n";

/// An overlay that takes parameters out of a document which the connector sends by itself; `None` where there are none.
pub(in crate::infer) fn removal(removed: &[String]) -> Option<String> {
    if removed.is_empty() {
        return None;
    }
    let mut text = START.to_owned();
    for target in removed {
        text.push_str(
            "  # medium: `auth` sends this with every request, so it is no argument of an operation.\n",
        );
        text.push_str(&format!("  - target: {}\n    remove: true\n", quoted(target)));
    }
    Some(text)
}
