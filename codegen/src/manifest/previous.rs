//! Old shapes of operations that a connector keeps for a time, beside the new ones.

use std::fmt::Write as _;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::date::Date;
use crate::source::{Spanned, Tree};

/// What the block of the manifest begins with, where `cargo xtask accept` writes it.
const HEAD: &str = "# Old shapes of operations, kept for a time beside the new ones. `cargo xtask accept` takes out what is over.\n";

/// Operations as they were before a revision of the document. What they were made from stands in `previous/NAME` beside the manifest.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// The first day on which they are no longer kept, as 2027-02-19 (UTC). `generate` and `lint` tell when it has come, and the next
    /// `cargo xtask accept` takes them out.
    pub until: Spanned<String>,
    /// The operations, by the ids or `METHOD /path` that they had.
    #[schemars(length(min = 1))]
    pub operations: Vec<Spanned<String>>,
}

impl Previous {
    /// The day, which was checked when the manifest was read.
    pub fn until(&self) -> Option<Date> {
        self.until.parse().ok()
    }

    /// Whether that day has come.
    pub fn is_over(&self, today: Date) -> bool {
        self.until().is_some_and(|until| until <= today)
    }
}

/// An entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// The first day on which the operations are no longer kept.
    pub until: Date,
    /// The operations.
    pub operations: Vec<String>,
}

/// A manifest's text with these entries of `previous` and no others; everything else stays as it is. What people wrote between the entries is
/// not kept.
pub fn with_previous(text: &str, tree: &Tree, windows: &[Window]) -> String {
    let mut block = String::new();
    if !windows.is_empty() {
        block.push_str(HEAD);
        block.push_str("previous:\n");
    }
    for Window { name, until, operations } in windows {
        // Strings of JSON are strings of YAML, whatever they hold.
        let operations: Vec<String> =
            operations.iter().map(|name| serde_json::Value::from(name.as_str()).to_string()).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(block, "  {name}: {{ until: {until}, operations: [ {} ] }}", operations.join(", "));
    }
    match place(text, tree) {
        Some(range) => {
            let (before, after) =
                (text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default());
            let before = if block.is_empty() && after.trim().is_empty() {
                format!("{}\n", before.trim_end())
            } else {
                before.to_owned()
            };
            format!("{before}{block}{after}")
        }
        None if block.is_empty() => text.to_owned(),
        None => format!("{}\n\n{block}", text.trim_end()),
    }
}

/// The lines of the key in a text.
fn place(text: &str, tree: &Tree) -> Option<Range<usize>> {
    let entry = tree.root().entry("previous")?;
    let start = entry.key_span.start as usize;
    let before = text.get(..start)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let head = text.get(..line)?.strip_suffix(HEAD).map_or(line, str::len);
    let end = (entry.value.span().end as usize).max(start);
    let rest = text.get(end..)?;
    // A span that ends behind a line break takes no further line with it.
    let ended = text.get(..end).is_some_and(|text| text.ends_with('\n'));
    let end = if ended { end } else { rest.find('\n').map_or(text.len(), |at| end + at + 1) };
    Some(head..end)
}

#[cfg(test)]
mod tests {
    use super::{Window, with_previous};
    use crate::source::{Limits, SourceFiles, parse};

    #[test]
    fn entries_are_written_and_taken_out_and_the_rest_stays() {
        let window = |name: &str| Window {
            name: name.to_owned(),
            until: "2027-02-19".parse().expect("a day"),
            operations: vec!["listThings".to_owned(), "GET /a b".to_owned()],
        };
        let line = |name: &str| {
            format!("  {name}: {{ until: 2027-02-19, operations: [ \"listThings\", \"GET /a b\" ] }}\n")
        };
        let set = |text: &str, windows: &[Window]| {
            let tree =
                parse(&mut SourceFiles::new(), "connector.yaml", text.to_owned(), &Limits::manifest()).0;
            with_previous(text, &tree.unwrap_or_else(|| panic!("no YAML: {text}")), windows)
        };
        let plain = "version: 1\nname: acme # ours\n";
        let one = set(plain, &[window("a")]);
        assert_eq!(one, format!("{plain}\n{}previous:\n{}", super::HEAD, line("a")));
        assert_eq!(set(&one, &[]), plain);
        let two = set(&one, &[window("a"), window("b")]);
        assert_eq!(two, format!("{one}{}", line("b")));
        assert_eq!(set(&two, &[window("b")]), one.replace("  a:", "  b:"));
        for (text, without) in [
            ("previous: { a: { until: x } } # why\nname: acme\n", "name: acme\n"),
            ("name: acme\nprevious:\n  # why\n  a:\n    until: x\nversion: 1\n", "name: acme\nversion: 1\n"),
            ("name: acme\nprevious:\n  a: { until: x }", "name: acme\n"),
        ] {
            assert_eq!(set(text, &[]), without, "{text}");
            assert!(set(text, &[window("b")]).contains(&format!("previous:\n{}", line("b"))), "{text}");
        }
    }
}
