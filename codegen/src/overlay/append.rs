//! More actions at the end of an overlay's text, whose every byte stays.

use serde_json::Value;

use crate::source::Tree;

/// The text with more actions after its last one. `items` has them as an unindented list in YAML, `list` as JSON, for a list that is written
/// between brackets. `None` where the place for them is not found. Whoever takes the text has to read it again: YAML can be written in
/// more ways than are known here.
pub(crate) fn append(text: &str, overlay: &Tree, items: &str, list: &Value) -> Option<String> {
    let last = overlay.root().get("actions")?.items().last()?;
    let first_key = usize::try_from(last.entries().next()?.key_span.start).ok()?;
    let before = text.get(..first_key)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let head = before.get(line..)?;
    let (at, more) = match head.strip_suffix(head.trim_start()) {
        Some(indent) if is_dash(head.trim_start()) => {
            (end_of(text, line, indent.len())?, indented(items, indent))
        }
        _ => {
            let end = usize::try_from(last.span().end).ok()?;
            let inner = list.as_array()?.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
            return Some(format!("{}, {inner}{}", text.get(..end)?, text.get(end..)?));
        }
    };
    let (head, rest) = (text.get(..at)?, text.get(at..)?);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let cut = if head.ends_with('\n') { "" } else { end };
    Some(format!("{head}{cut}{}{rest}", more.replace('\n', end)))
}

/// Whether what stands before the first key of an item makes it an item of a list in lines.
fn is_dash(head: &str) -> bool {
    head.strip_prefix('-').is_some_and(|rest| matches!(rest.trim(), "" | "{"))
}

/// Where the item ends whose dash stands in the line that starts there, after so many spaces.
fn end_of(text: &str, line: usize, dash: usize) -> Option<usize> {
    let (mut at, mut end) = (line, line);
    for (index, line) in text.get(line..)?.split_inclusive('\n').enumerate() {
        at += line.len();
        let inner = line.trim_start_matches(' ');
        let is_deeper = line.len() - inner.len() > dash && !inner.trim().is_empty();
        if index == 0 || is_deeper {
            end = at;
        } else if !inner.trim().is_empty() && !inner.starts_with('#') {
            break;
        }
    }
    Some(end)
}

fn indented(items: &str, indent: &str) -> String {
    let line = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("{indent}{line}") };
    items.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::append;
    use crate::source::{Limits, SourceFiles, parse};

    #[test]
    fn actions_are_added_and_every_byte_stays() {
        const OLD: &str = "- target: $.a\n  remove: true\n";
        let list = json!([{ "target": "$.b", "remove": true }]);
        let items = "- target: $.b\n  description: |-\n    two\n\n    lines\n  remove: true\n";
        // What stands before the new actions, what after them, and how far they are indented.
        for (before, after, indent) in [
            (format!("overlay: 1.0.0\nactions:\n{OLD}"), "", ""),
            (format!("overlay: 1.0.0\nactions:\n{OLD}"), "# the end\n", ""),
            (format!("actions:\n{OLD}"), "\n# of info\ninfo: { title: x }\n", ""),
            ("actions:\n  - target: $.a # why\n    # and why\n    remove: true\n".to_owned(), "", "  "),
            ("actions:\n  - target: $.a\n    remove: true\n".to_owned(), "\n  # next\noverlay: 1.0.0\n", "  "),
            ("actions:\n  -   target: $.a\n      description: |\n        a\n\n        - b\n      remove: true\n".to_owned(), "...\n", "  "),
            ("actions:\n  - { target: $.a, remove: true }\n".to_owned(), "overlay: 1.0.0\n", "  "),
        ] {
            let text = format!("{before}{after}");
            let mut files = SourceFiles::new();
            let tree = parse(&mut files, "overlay.yaml", text.clone(), &Limits::manifest()).0;
            let tree = tree.unwrap_or_else(|| panic!("{text}"));
            let made = append(&text, &tree, items, &list).unwrap_or_else(|| panic!("{text}"));
            let middle = made.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after));
            let middle = middle.unwrap_or_else(|| panic!("{text}\nbecame\n{made}"));
            let expected: String = items
                .split_inclusive('\n')
                .map(|line| if line == "\n" { line.to_owned() } else { format!("{indent}{line}") })
                .collect();
            assert!(middle == expected || middle.contains("$.b"), "{text}\nbecame\n{made}");
            let again = parse(&mut SourceFiles::new(), "overlay.yaml", made.clone(), &Limits::manifest()).0;
            let actions = again.and_then(|tree| Some(tree.root().get("actions")?.items().count()));
            assert_eq!(actions, Some(2), "{made}");
        }
        for text in [
            "{\"overlay\": \"1.0.0\", \"actions\": [{\"target\": \"$.a\", \"remove\": true}]}",
            "actions: [ { target: $.a, remove: true }, ] # all\n",
        ] {
            let mut files = SourceFiles::new();
            let tree = parse(&mut files, "overlay.yaml", text.to_owned(), &Limits::manifest()).0.expect(text);
            let made = append(text, &tree, items, &list).expect(text);
            assert!(made.contains("\"$.b\""), "{made}");
            let again = parse(&mut SourceFiles::new(), "overlay.yaml", made.clone(), &Limits::manifest()).0;
            let actions = again.and_then(|tree| Some(tree.root().get("actions")?.items().count()));
            assert_eq!(actions, Some(2), "{made}");
        }
        // A line without its break, and lines as another system ends them.
        for (text, expected) in [
            ("actions:\n- target: $.a", "actions:\n- target: $.a\n- target: $.b\n"),
            ("actions:\r\n- target: $.a\r\n", "actions:\r\n- target: $.a\r\n- target: $.b\r\n"),
        ] {
            let mut files = SourceFiles::new();
            let tree = parse(&mut files, "overlay.yaml", text.to_owned(), &Limits::manifest()).0.expect(text);
            assert_eq!(append(text, &tree, "- target: $.b\n", &list).as_deref(), Some(expected));
        }
    }
}
