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

/// What streams need that the document does not say: that their keys are always there.
pub(super) fn overlay(streams: &[&StreamGuess], target: &dyn Fn(&str) -> Option<Target>) -> Option<String> {
    let mut all: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for stream in streams {
        let needed = stream.key_assumed.iter().filter_map(|requirement| actions(requirement, target));
        for action in needed.flatten() {
            all.entry(action).or_default().push(&stream.name);
        }
    }
    if all.is_empty() {
        return None;
    }
    let mut text = String::from(
        "overlay: 1.0.0\ninfo:\n  title: What the document does not say of keys\n  version: 1.0.0\nactions:\n",
    );
    for ((target, update), names) in all {
        let names = comment(&names.join(", "));
        text.push_str(&format!(
            "  # medium: key of {names}. A record without it fails the page, so nothing is lost in silence.\n"
        ));
        text.push_str(&format!("  - target: {}\n    update: {update}\n", quoted(&target)));
    }
    Some(text)
}
