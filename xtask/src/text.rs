//! Texts as they are shown to people: in tables, in lines, in the log of a job.

/// A text of no more than so many characters, in one line.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    if text.chars().count() <= width { flat.collect() } else { flat.take(width - 1).chain(['…']).collect() }
}

/// A text in one line, without signs that nobody sees: control characters become blanks or `�`, and so do those that change the direction
/// of what follows, since they make a line look like another one (<https://trojansource.codes>).
pub(crate) fn line(text: &str) -> String {
    text.chars()
        .map(|sign| match sign {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            sign if sign.is_control() => '\u{fffd}',
            // No character of XML 1.0, and nothing that a page shows.
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            sign => sign,
        })
        .collect()
}

/// A text in one line that no runner of GitHub Actions takes for a command: those are `::name::` where a line begins, blanks aside, and
/// `##[name]` wherever it stands (`ActionCommand.cs` of <https://github.com/actions/runner>).
pub(crate) fn logged(text: &str) -> String {
    let text = line(text).replace("##[", "# #[");
    match text.trim_start().strip_prefix("::") {
        Some(rest) => format!(": :{rest}"),
        None => text,
    }
}

/// Words in lines of 80 columns, which only long words exceed, each behind an indent; without a line break at the end. None of the lines is a
/// command, as [`logged`] has it.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    const WIDTH: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for word in logged(text).split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut().filter(|line| line.chars().count() + 1 + length <= WIDTH) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(format!("{indent}{}", logged(word))),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{line, logged, wrapped};

    #[test]
    fn no_line_is_a_command() {
        for (text, expected) in [
            ("a\r\nb\u{0}c\u{202e}d\u{1b}[31m", "a  b\u{fffd}c\u{fffd}d\u{fffd}[31m"),
            ("  ::add-mask::x", ": :add-mask::x"),
            ("x ::add-mask::y", "x ::add-mask::y"),
            ("x ##[add-mask]y ##[error]z", "x # #[add-mask]y # #[error]z"),
            ("###[x", "## #[x"),
        ] {
            assert_eq!(logged(text), expected, "{text:?}");
        }
        assert_eq!(line("##[x"), "##[x", "what is shown elsewhere stays as it is");
        let long = format!("{} ::set-output name=a::b ##[group]", "x".repeat(70));
        assert_eq!(
            wrapped(&long, "  "),
            format!("  {}\n  : :set-output name=a::b # #[group]", "x".repeat(70))
        );
    }
}
