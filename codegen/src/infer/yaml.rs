//! Writes YAML with comments, line by line, and knows which item each line belongs to. Every text of a document goes through
//! [`scalar`] or [`comment`], so that nothing in it can become a key.

/// Comments are cut after so many characters.
const LONGEST: usize = 220;

/// A manifest on its way.
#[derive(Debug)]
pub(super) struct Writer<I> {
    lines: Vec<(String, Option<I>)>,
}

impl<I: Clone> Writer<I> {
    pub(super) fn new() -> Self {
        Self { lines: Vec::new() }
    }

    /// A line of the manifest.
    pub(super) fn line(&mut self, depth: usize, text: &str, item: Option<&I>) {
        self.lines.push((format!("{}{text}", "  ".repeat(depth)), item.cloned()));
    }

    /// A line that is a comment only.
    pub(super) fn comment(&mut self, depth: usize, text: &str) {
        self.lines.push((format!("{}# {}", "  ".repeat(depth), comment(text)), None));
    }

    /// A line that a person may bring to life by taking the `#` away.
    pub(super) fn off(&mut self, depth: usize, text: &str) {
        self.lines.push((format!("# {}{text}", "  ".repeat(depth)), None));
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        if self.lines.last().is_some_and(|(line, _)| !line.is_empty()) {
            self.lines.push((String::new(), None));
        }
    }

    /// The item of a line, counted from 0.
    pub(super) fn item(&self, line: usize) -> Option<&I> {
        self.lines.get(line).and_then(|(_, item)| item.as_ref())
    }

    /// The text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (line, _) in &self.lines {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A text as a value: plain where YAML takes it as the same text, else in double quotes as JSON has it.
pub(super) fn scalar(text: &str) -> String {
    let first = text.chars().next();
    let plain = first.is_some_and(|first| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./ ".contains(c))
        && !text.ends_with(' ')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "nan" | "inf"
        );
    // JSON is YAML, as long as what YAML reads as line breaks is written as escapes.
    if plain { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, in characters that YAML and JSON read alike.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            ' '..='~' => quoted.push(character),
            _ => {
                let mut units = [0_u16; 2];
                // Beyond the basic plane YAML has no pairs of halves.
                match u32::from(character) {
                    code if code > 0xFFFF => quoted.push(character),
                    _ if character.is_alphanumeric() => quoted.push(character),
                    _ => {
                        for unit in character.encode_utf16(&mut units) {
                            quoted.push_str(&format!("\\u{unit:04x}"));
                        }
                    }
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

/// A text in one line that cannot end its comment.
pub(super) fn comment(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.retain(|c| !c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'));
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        for (text, expected) in [
            ("tickets", "tickets"),
            ("a b", "a b"),
            ("page[size]", "\"page[size]\""),
            ("yes", "\"yes\""),
            ("1", "\"1\""),
            ("a: b", "\"a: b\""),
            ("a\nb", "\"a\\u000ab\""),
            ("a\u{2028}b", "\"a\\u2028b\""),
            ("{x}", "\"{x}\""),
            ("", "\"\""),
            ("a\"b\\", "\"a\\\"b\\\\\""),
            ("#x", "\"#x\""),
        ] {
            assert_eq!(scalar(text), expected, "{text}");
            assert_eq!(serde_yaml::from_str::<String>(&scalar(text)).ok().as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn comments_end_where_their_line_ends() {
        for (text, expected) in
            [("a\n  b", "a b"), ("a\u{2028}b: c", "a b: c"), ("a\u{85}b", "a b"), ("a\u{0}b", "ab")]
        {
            assert_eq!(comment(text), expected, "{text:?}");
        }
        assert_eq!(comment(&"x".repeat(1_000)).len(), LONGEST + 3);
    }
}
