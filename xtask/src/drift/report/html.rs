//! One page by itself: it asks the network for nothing, works without script, and with script searches and filters.
//!
//! Texts are written into the page escaped, and the script only ever reads them and hides or shows what stands there; it makes no markup. Should
//! a text get out nevertheless, the page's own policy lets no script run but the one whose hash it names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linchpin_codegen::drift::{Class, Side};
use sha2::{Digest as _, Sha256};

use super::escape::{markup, sentence};
use super::{Impact, Row, Shown};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let operations = operations(shown);
    let mut page = String::with_capacity(8 * 1024 + shown.rows.len() * 1024);
    head(&mut page, shown);
    summary(&mut page, shown);
    controls(&mut page, &operations);
    page.push_str("<ol id=\"changes\">\n");
    for row in shown.by_weight() {
        one(&mut page, row, &operations);
    }
    page.push_str("</ol>\n</main>\n<script>");
    page.push_str(SCRIPT);
    page.push_str("</script>\n</body>\n</html>\n");
    page
}

/// Every operation that is reached, in order; rows name them by number, since a component can reach a thousand.
fn operations<'s>(shown: &'s Shown<'_>) -> Vec<&'s str> {
    let all = shown.rows.iter().flat_map(|row| &row.change().operations);
    let mut all: Vec<&str> = all.map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn head(page: &mut String, shown: &Shown<'_>) {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    page.push_str(&format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src {}; script-src {}; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>Drift: {} to {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        hash(STYLE),
        hash(SCRIPT),
        markup(&shown.base),
        markup(&shown.revision),
    ));
}

fn summary(page: &mut String, shown: &Shown<'_>) {
    page.push_str(&format!(
        "<h1>Drift</h1>\n<p><code>{}</code> to <code>{}</code></p>\n<p>{}</p>\n\
         <table>\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\">New</th><th scope=\"col\">Accepted</th></tr></thead>\n<tbody>\n",
        markup(&shown.base),
        markup(&shown.revision),
        markup(&shown.figures()),
    ));
    for class in Class::ALL {
        page.push_str(&format!(
            "<tr><th scope=\"row\"><span class=\"class {class}\">{class}</span></th><td>{}</td><td>{}</td></tr>\n",
            shown.count(class, true),
            shown.count(class, false)
        ));
    }
    page.push_str("</tbody>\n</table>\n");
    shown.loose.iter().for_each(|impact| touches(page, impact));
}

fn controls(page: &mut String, operations: &[&str]) {
    page.push_str(
        "<div id=\"controls\" role=\"search\" aria-label=\"Changes\" hidden>\n\
         <p><label for=\"text\">Text</label> <input id=\"text\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></p>\n\
         <p><label for=\"operation\">Operation</label> <select id=\"operation\">\n<option value=\"\">all</option>\n",
    );
    for (number, operation) in operations.iter().enumerate() {
        page.push_str(&format!("<option value=\"{number}\">{}</option>\n", markup(operation)));
    }
    page.push_str("</select></p>\n<fieldset>\n<legend>Class</legend>\n");
    for class in Class::ALL {
        page.push_str(&format!(
            "<label><input type=\"checkbox\" name=\"class\" value=\"{class}\" checked> {class}</label>\n"
        ));
    }
    page.push_str(
        "</fieldset>\n<p><label><input id=\"new\" type=\"checkbox\"> only what is new</label></p>\n</div>\n\
         <p id=\"count\" role=\"status\"></p>\n",
    );
}

fn one(page: &mut String, row: &Row<'_>, operations: &[&str]) {
    const SHOWN: usize = 3;
    let change = row.change();
    let (first, more) = row.operations(SHOWN);
    let numbers: Vec<String> = change
        .operations
        .iter()
        .filter_map(|operation| operations.binary_search(&operation.as_str()).ok())
        .map(|number| number.to_string())
        .collect();
    page.push_str(&format!(
        "<li data-class=\"{0}\" data-new=\"{1}\" data-operations=\"{2}\">\n\
         <h2><span class=\"class {0}\">{0}</span> <code>{3}</code></h2>\n",
        row.class,
        row.judged.is_new(),
        numbers.join(" "),
        markup(&change.id),
    ));
    row.impact.iter().for_each(|impact| touches(page, impact));
    page.push_str(&format!("<p>{}</p>\n", prose(&change.text)));
    if let Some(accepted) = &row.judged.accepted {
        let until =
            accepted.expires.as_ref().map(|day| format!(" until {}", markup(day))).unwrap_or_default();
        page.push_str(&format!("<p class=\"accepted\">Accepted{until}: {}</p>\n", markup(&accepted.reason)));
    }
    if !first.is_empty() {
        let shown: Vec<String> =
            first.iter().map(|operation| format!("<code>{}</code>", markup(operation))).collect();
        page.push_str(&format!("<p class=\"reached\">{}</p>\n", shown.join(", ")));
    }
    if more > 0 {
        let operations = if more == 1 { "operation" } else { "operations" };
        page.push_str(&format!(
            "<details><summary>and {more} more {operations}</summary><ul></ul></details>\n"
        ));
    }
    let side = |side: &Side| place(&side.file, side.line, &side.pointer);
    let sides: Vec<String> = change.base.iter().chain(&change.revision).map(side).collect();
    page.push_str(&format!("<p class=\"place\">{}</p>\n</li>\n", sides.join(" → ")));
}

fn touches(page: &mut String, impact: &Impact) {
    let spot = impact.spot.as_ref().map(|spot| place(&spot.file, spot.line, "")).unwrap_or_default();
    page.push_str(&format!(
        "<p class=\"impact\"><span class=\"class {0}\">{0}</span> {1} {spot}</p>\n",
        impact.class,
        prose(&impact.text)
    ));
}

fn place(file: &str, line: u32, pointer: &str) -> String {
    let title = if pointer.is_empty() { String::new() } else { format!(" title=\"{}\"", markup(pointer)) };
    format!("<code{title}>{}:{line}</code>", markup(file))
}

fn prose(text: &str) -> String {
    sentence(text, markup, |code| format!("<code>{}</code>", markup(code)))
}
