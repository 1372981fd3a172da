//! Where a JSONPath leads.

use std::collections::HashSet;

use serde_json::Value;
use serde_json_path::{JsonPath, PathElement};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Node;

/// Longest JSONPath.
const LONGEST: usize = 1_000;
/// Most brackets and parentheses within one another: the reader of JSONPath takes stack for each.
const DEEPEST: usize = 16;
/// Most descendant segments: each multiplies what is found by the depth of the document.
const MOST_DESCENDANTS: usize = 3;
/// By how much, in documents that are known.
const USUAL_DEPTH: usize = 16;
/// Most places that a JSONPath may have to look at, by that measure.
const MOST_PLACES: usize = 10_000_000;

/// One step on the way from the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    Name(String),
    Index(usize),
}

/// The places that a JSONPath leads to in a document with so many nodes, each once, in the order in which they are found.
pub(super) fn locations(
    value: &Value,
    nodes: usize,
    at: Node<'_>,
    text: &str,
) -> Result<Vec<Vec<Step>>, Diagnostic> {
    let wrong = |message: String| Diagnostic::error(Code::BadJsonPath, message).at(at.span());
    costs(text, nodes).map_err(|why| wrong(format!("the JSONPath is not followed: {why}")))?;
    let path = JsonPath::parse(text).map_err(|error| {
        wrong(format!("`{text}` is no JSONPath: {}, at character {}", error.message(), error.position() + 1))
            .help("RFC 9535 says how one is written: `$.paths['/things'].get`")
    })?;
    let mut known = HashSet::new();
    let mut found = Vec::new();
    for located in path.query_located(value) {
        let steps = located.location().iter().map(|element| match element {
            PathElement::Name(name) => Step::Name((*name).to_owned()),
            PathElement::Index(index) => Step::Index(*index),
        });
        let steps: Vec<Step> = steps.collect();
        if known.insert(steps.clone()) {
            found.push(steps);
        }
    }
    Ok(found)
}

/// Refuses what could take time or stack without end on a large document.
fn costs(text: &str, nodes: usize) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("it has more than {LONGEST} bytes"));
    }
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for c in text.chars() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > DEEPEST {
        return Err(format!("it has more than {DEEPEST} brackets within one another"));
    }
    let descendants = text.matches("..").count();
    if descendants > MOST_DESCENDANTS {
        return Err(format!("it has more than {MOST_DESCENDANTS} descendant segments `..`"));
    }
    let places = (1..descendants).fold(nodes, |places, _| places.saturating_mul(USUAL_DEPTH));
    if places > MOST_PLACES {
        return Err("its descendant segments `..` take too long on a document of this size".to_owned());
    }
    // Such a filter walks the whole document for each value of the document.
    let from_root = text.matches("$.").count() + text.matches("$[").count();
    if from_root > 1 && (descendants > 0 || text.contains('*')) {
        return Err("a filter that starts at `$` does not go with `..` or `*`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_take_without_end_is_refused() {
        let brackets = "$[?".to_owned() + &"(".repeat(20) + "@.a" + &")".repeat(20) + "]";
        let long = "$.a".repeat(400);
        for (text, nodes, followed) in [
            ("$.paths['/things'].get", 1_000_000, true),
            ("$.paths..parameters[?@.name == 'x']", 1_000_000, true),
            ("$..a..b", 100_000, true),
            ("$..['$ref']", 1_000_000, true),
            ("$..a..b..c", 10_000, true),
            ("$..a..b..c", 1_000_000, false),
            ("$..a..b..c..d", 10, false),
            ("$..[?$.a == @.b]", 10, false),
            ("$.*[?count($.*) > 1]", 10, false),
            (brackets.as_str(), 10, false),
            (long.as_str(), 10, false),
        ] {
            assert_eq!(costs(text, nodes).is_ok(), followed, "{text} on {nodes} nodes");
        }
    }
}
