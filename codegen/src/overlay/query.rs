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

/// One step on the way from the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    Name(String),
    Index(usize),
}

/// The places that a JSONPath leads to, each once, in the order in which they are found.
pub(super) fn locations(value: &Value, at: Node<'_>, text: &str) -> Result<Vec<Vec<Step>>, Diagnostic> {
    let wrong = |message: String| Diagnostic::error(Code::BadJsonPath, message).at(at.span());
    costs(text).map_err(|why| wrong(format!("the JSONPath is not followed: {why}")))?;
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
fn costs(text: &str) -> Result<(), String> {
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
    // Such a filter walks the whole document for each value of the document.
    let from_root = text.matches("$.").count() + text.matches("$[").count();
    if from_root > 1 && (descendants > 0 || text.contains('*')) {
        return Err("a filter that starts at `$` does not go with `..` or `*`".to_owned());
    }
    Ok(())
}
