//! Descriptions as doc comments. A description is a stranger's text: it must not break out of its comment, run as a doctest, hide characters
//! or link anywhere.

use proc_macro2::TokenStream;
use quote::quote;

/// Longer descriptions are cut: they belong on the vendor's page.
const LONGEST: usize = 4_000;
/// Where prose is wrapped.
const WIDTH: usize = 110;

/// Doc attributes of a text, none for an empty one.
pub(super) fn docs(text: &str) -> TokenStream {
    let lines = lines(text).into_iter().map(|line| if line.is_empty() { line } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// Doc attributes of a description and, in a paragraph of their own, of remarks.
pub(super) fn docs_with(description: Option<&str>, remarks: &[String]) -> TokenStream {
    let description = description.map(docs).unwrap_or_default();
    if remarks.is_empty() {
        return description;
    }
    let break_line = (!description.is_empty()).then(|| quote!(#[doc = ""]));
    let remarks = docs(&remarks.join(" "));
    quote!(#description #break_line #remarks)
}

/// The lines of a doc comment, without the space that follows the slashes.
pub(super) fn lines(text: &str) -> Vec<String> {
    let cut: String = text.chars().take(LONGEST).collect();
    let was_cut = cut.len() < text.len();
    let clean: String = cut
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| *c == '\n' || !is_hidden(*c))
        .collect();
    let mut lines: Vec<String> = Vec::new();
    let mut fenced = false;
    for line in clean.split('\n') {
        let line = line.trim_end();
        let bare = line.trim_start();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            // Without a language rustdoc would compile and run the block.
            lines.push(if fenced { "```".to_owned() } else { "```text".to_owned() });
            fenced = !fenced;
            continue;
        }
        if fenced {
            lines.push(line.to_owned());
            continue;
        }
        // Four spaces make a code block, which rustdoc would run too.
        let indent = (line.len() - bare.len()).min(3);
        let escaped = format!("{}{}", &"   "[..indent], escape(bare));
        if escaped.trim().is_empty() {
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
        } else {
            wrap(&escaped, &mut lines);
        }
    }
    if fenced {
        lines.push("```".to_owned());
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    if was_cut {
        lines.push("...".to_owned());
    }
    lines
}

/// A text as a code span on one line, with a space before it: `` `GET /tickets` ``.
pub(super) fn code(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !is_hidden(*c) && *c != '`').take(200).collect();
    format!(" `{shown}`")
}

/// Method and path of an operation, as a code span.
pub(super) fn call(operation: &crate::model::Operation) -> String {
    code(&format!("{} {}", operation.head.method, operation.head.path))
}

/// Control characters, and those that turn the direction of writing or take no room.
pub(super) fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// HTML and square brackets lose their meaning, outside of code spans (CommonMark 0.31, section 6.1: a run of backticks is closed by one of the
/// same length). A run that nothing closes in its line is no code span in any other line either.
pub(super) fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(c).len();
        let (taken, after) = match c {
            '`' => {
                let (ticks, after) = rest.split_at(run);
                match closing(after, run) {
                    // Three would be a fence where what stands before them is a list or a quotation.
                    Some(end) if run < 3 => {
                        let (inside, after) = after.split_at(end);
                        escaped.push_str(ticks);
                        escaped.push_str(inside);
                        escaped.push_str(ticks);
                        (String::new(), after.get(run..).unwrap_or_default())
                    }
                    _ => ("\\`".repeat(run.min(3)), after),
                }
            }
            '~' if run >= 3 => ("\\~~~".to_owned(), rest.get(run..).unwrap_or_default()),
            // What is escaped already stays so; a backslash before a letter is one.
            '\\' => match rest.chars().nth(1).filter(char::is_ascii_punctuation) {
                Some(next) => (format!("\\{next}"), rest.get(2..).unwrap_or_default()),
                None => ("\\".to_owned(), rest.get(1..).unwrap_or_default()),
            },
            // The start of a quotation stays.
            '>' if escaped.is_empty() => (">".to_owned(), rest.get(1..).unwrap_or_default()),
            '<' | '>' | '[' | ']' => (format!("\\{c}"), rest.get(1..).unwrap_or_default()),
            // More than one blank after the mark of a list or a quotation can make a code block.
            ' ' | '\t' => (" ".to_owned(), rest.trim_start_matches([' ', '\t'])),
            c => (c.to_string(), rest.get(c.len_utf8()..).unwrap_or_default()),
        };
        escaped.push_str(&taken);
        rest = after;
    }
    escaped
}

/// Where the first run of exactly so many backticks starts.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('`') {
        let start = at + found;
        let tail = text.get(start..)?;
        let length = tail.len() - tail.trim_start_matches('`').len();
        if length == run {
            return Some(start);
        }
        at = start + length;
    }
    None
}

/// Breaks a long line of prose at spaces. Rows of tables stay whole.
fn wrap(line: &str, lines: &mut Vec<String>) {
    if line.chars().count() <= WIDTH || line.trim_start().starts_with('|') {
        lines.push(line.to_owned());
        return;
    }
    let bare = line.trim_start();
    let is_item = bare.starts_with("- ") || bare.starts_with("* ") || bare.starts_with("+ ");
    let indent = " ".repeat(line.len() - bare.len() + if is_item { 2 } else { 0 });
    let mut current = line[..line.len() - bare.len()].to_owned();
    let mut empty = true;
    for word in bare.split(' ') {
        // A word that would start a line as a list, a heading or a quotation stays on the line before.
        let starts_block = word.starts_with(['-', '+', '*', '#', '>', '=', '|', '~'])
            || word.strip_suffix(['.', ')']).is_some_and(|number| number.parse::<u32>().is_ok());
        if !empty && !starts_block && current.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut current, indent.clone()));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn strangers_texts_become_harmless_comments() {
        let table: &[(&str, &[&str])] = &[
            ("One line.", &["One line."]),
            ("a\r\nb\rc", &["a", "b", "c"]),
            ("```\nstd::process::exit(1)\n```", &["```text", "std::process::exit(1)", "```"]),
            ("```rust\nlet x = 1;", &["```text", "let x = 1;", "```"]),
            ("text\n\n        std::process::exit(1)", &["text", "", "   std::process::exit(1)"]),
            ("<script>alert(1)</script>", &["\\<script\\>alert(1)\\</script\\>"]),
            ("see [Client] and `Vec<u8>`", &["see \\[Client\\] and `Vec<u8>`"]),
            ("turn\u{202e}ed \u{0}nul", &["turned nul"]),
            ("*/ pub fn pwned() {} /*", &["*/ pub fn pwned() {} /*"]),
            ("- ```rust\n> ~~~~ x", &["- \\`\\`\\`rust", "> \\~~~ x"]),
            ("-      code, and ``a ` <b>`` `c` `d", &["- code, and ``a ` <b>`` `c` \\`d"]),
            ("\\[a] \\\\<b> \\c", &["\\[a\\] \\\\\\<b\\> \\c"]),
            ("\n\n\n", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(lines(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn long_lines_are_wrapped_and_long_texts_cut() {
        let wrapped = lines(&"word ".repeat(60));
        assert!(wrapped.len() > 1 && wrapped.iter().all(|line| line.len() <= 110), "{wrapped:?}");
        let cut = lines(&"x ".repeat(5_000));
        assert_eq!(cut.last().map(String::as_str), Some("..."));
    }
}
