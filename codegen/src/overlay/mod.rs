//! Overlay 1.0 and 1.1 (<https://spec.openapis.org/overlay/v1.1.0.html>): changes to a document that stand beside it, so that
//! the document can stay as its vendor wrote it.
//!
//! Targets are JSONPath (RFC 9535). What an overlay adds keeps its place in the overlay's text, all else its place in the document's.
//! One rule stands for both versions: objects are merged, lists are joined, any other value takes the place of what was there; into a
//! list as a target, a value that is no list is added as an item.

mod append;
mod edit;
mod query;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Kind, Limits, Node, Span, Tree};
pub(crate) use append::append;
use edit::{Edit, Item};

/// Applies an overlay to a document. Without a result there is at least one error among the diagnostics: an action that cannot be
/// read, or that matches nothing. The limits are those of the result.
pub fn apply(document: &Tree, overlay: &Tree, limits: &Limits) -> (Option<Tree>, Diagnostics) {
    let (tree, diagnostics) = apply_what_matches(document, overlay, limits);
    (tree.filter(|_| !diagnostics.has_errors()), diagnostics)
}

/// The same for a document that the overlay was not written for: an action that matches nothing is told and left out, and there is a result.
pub fn apply_what_matches(document: &Tree, overlay: &Tree, limits: &Limits) -> (Option<Tree>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let root = overlay.root();
    if !is_known(root, &mut diagnostics) {
        return (None, diagnostics);
    }
    let mut edit = Edit::new(document, limits);
    let actions = root.get("actions").filter(|actions| actions.is_array() && !actions.is_empty());
    let Some(actions) = actions else {
        let at = root.entry("actions").map_or(start_of(root), |entry| entry.key_span);
        diagnostics.error(Code::BadAction, at, "an overlay has a list of `actions`");
        return (None, diagnostics);
    };
    for action in actions.items() {
        if let Err(diagnostic) = act(&mut edit, action) {
            diagnostics.push(diagnostic.pointer(action.pointer()));
        }
    }
    let good = diagnostics.iter().all(|found| found.code == Code::NoMatch);
    let tree = good.then(|| edit.finish());
    (tree, diagnostics)
}

/// Where an object starts: as a whole it is no place to look at.
fn start_of(node: Node<'_>) -> Span {
    node.entries().next().map_or(node.span(), |entry| entry.key_span)
}

fn is_known(root: Node<'_>, diagnostics: &mut Diagnostics) -> bool {
    let Some(entry) = root.entry("overlay") else {
        diagnostics.push(
            Diagnostic::error(Code::NotOverlay, "the file has no `overlay` among its keys")
                .at(start_of(root))
                .help("an overlay starts with its version: `overlay: 1.0.0`"),
        );
        return false;
    };
    let version = match entry.value.kind() {
        Kind::String(text) | Kind::Number(text) => text,
        _ => "",
    };
    let mut parts = version.split('.');
    let known = parts.next() == Some("1") && matches!(parts.next(), Some("0" | "1"));
    if !known {
        diagnostics.push(
            Diagnostic::error(
                Code::NotOverlay,
                format!("`{version}` is no version of Overlay that is known here"),
            )
            .at(entry.value.span())
            .help("Overlay 1.0 and 1.1 are read"),
        );
    }
    known
}

fn act<'t>(edit: &mut Edit<'t>, action: Node<'t>) -> Result<(), Diagnostic> {
    let wrong = |at: Span, message: &str| Err(Diagnostic::error(Code::BadAction, message).at(at));
    let Some((target, text)) = action.get("target").and_then(|node| node.as_str().map(|text| (node, text)))
    else {
        return wrong(start_of(action), "an action has a `target`, which is a JSONPath");
    };
    let targets = query::locations(&edit.value, edit.size(), target, text)?;
    if targets.is_empty() {
        return Err(Diagnostic::error(Code::NoMatch, format!("`{text}` matches nothing in the document"))
            .at(target.span())
            .help("earlier actions count: what they removed is no longer there"));
    }
    let at = target.span();
    match action.get("remove").map(|remove| (remove, remove.kind())) {
        Some((_, Kind::Bool(true))) => return edit.remove(targets, at),
        None | Some((_, Kind::Bool(false) | Kind::Null)) => {}
        Some((remove, _)) => return wrong(remove.span(), "`remove` is true or false"),
    }
    match (action.get("update"), action.get("copy")) {
        (Some(update), None) => edit.update(&targets, &Item::Kept(update), &update.to_json(), update.span()),
        (None, Some(copy)) => {
            let Some(text) = copy.as_str() else { return wrong(copy.span(), "`copy` is a JSONPath") };
            let sources = query::locations(&edit.value, edit.size(), copy, text)?;
            let [source] = sources.as_slice() else {
                let message =
                    format!("`{text}` has to match one value to copy, and matches {}", sources.len());
                return Err(Diagnostic::error(Code::CopySource, message).at(copy.span()));
            };
            let Some((item, value)) = edit.get(source) else { return Ok(()) };
            edit.update(&targets, &item, &value, copy.span())
        }
        (Some(_), Some(copy)) => wrong(copy.span(), "an action has `update` or `copy`, not both"),
        (None, None) => wrong(start_of(action), "an action has `update`, `remove: true` or `copy`"),
    }
}

#[cfg(test)]
mod tests;
