//! Texts of documents in other languages. What a vendor wrote is data wherever it comes to stand: each format escapes it here, and only here.

use std::fmt::Write as _;

pub(super) use linchpin_codegen::drift::sentence;

pub(super) use crate::text::{line, logged};

/// A line of no more than so many characters; what is cut ends with `…`.
pub(super) fn cut(text: &str, most: usize) -> String {
    let text = line(text);
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Text and attribute values of HTML and of XML 1.0, which knows these five entities.
pub(super) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for sign in line(text).chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            sign => out.push(sign),
        }
    }
    out
}

/// What Markdown or GitHub could take for structure within a line.
const SIGNS: &str = "\\`*_[]{}<>#|~&@$!:\"'";

/// Text of a comment on GitHub. Signs of Markdown become entities, which CommonMark takes for no structure (section 6.2 of 0.31). What
/// GitHub links by itself (`@name`, `#1`, `GH-1`, addresses) is parted by an empty comment.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let text = line(text);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let links = match sign {
            '@' | '#' => true,
            ':' => signs.peek() == Some(&'/'),
            '.' | '-' => signs.peek().is_some_and(|next| next.is_alphanumeric()),
            _ => false,
        };
        entity(&mut out, sign);
        if links {
            out.push_str("<!-- -->");
        }
    }
    out
}

/// A code span of a comment on GitHub. Nothing is linked within one.
pub(super) fn markdown_code(text: &str) -> String {
    let mut out = String::from("<code>");
    line(text).chars().for_each(|sign| entity(&mut out, sign));
    out.push_str("</code>");
    out
}

fn entity(out: &mut String, sign: char) {
    if SIGNS.contains(sign) {
        // Writing to a string cannot fail.
        let _ = write!(out, "&#{};", u32::from(sign));
    } else {
        out.push(sign);
    }
}

/// The message of a workflow command of GitHub Actions
/// (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).
pub(super) fn command_message(text: &str) -> String {
    logged(text).replace('%', "%25")
}

/// A property of such a command, where `:` and `,` have a meaning too.
pub(super) fn command_property(text: &str) -> String {
    command_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// The text of a message of SARIF, in which `[text](target)` would be a link (SARIF 2.1.0, section 3.11.6).
pub(super) fn message(text: &str) -> String {
    line(text).replace("](", "] (")
}

/// A path as a relative reference of RFC 3986.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_becomes_structure() {
        type Escape = fn(&str) -> String;
        let table: &[(&str, Escape, &str, &str)] = &[
            ("markup", markup, "<a b='c' d=\"e\">&", "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;"),
            ("markup", markup, "\u{ffff}\u{8}", "\u{fffd}\u{fffd}"),
            ("markdown", markdown, "a|b*c", "a&#124;b&#42;c"),
            ("markdown", markdown, "@team #12", "&#64;<!-- -->team &#35;<!-- -->12"),
            ("markdown", markdown, "https://a.b", "https&#58;<!-- -->//a.<!-- -->b"),
            ("code", markdown_code, "</code>`|", "<code>&#60;/code&#62;&#96;&#124;</code>"),
            ("message", command_message, "50%\n::error::x ##[debug]", "50%25 ::error::x # #[debug]"),
            ("property", command_property, "a,b:c%", "a%2Cb%3Ac%25"),
            ("SARIF", message, "[a](javascript:b)\n", "[a] (javascript:b) "),
            ("uri", uri, "specs/a b:ü.yaml", "specs/a%20b%3A%C3%BC.yaml"),
        ];
        for (name, escape, text, expected) in table {
            assert_eq!(escape(text), *expected, "{name} of {text:?}");
        }
    }

    #[test]
    fn values_between_backticks_are_code() {
        for (text, expected) in [
            ("the `x` of `y`.", "the [x] of [y]."),
            ("no value", "no value"),
            ("a `b", "a `b"),
            ("a `b`c` d", "a [b]c` d"),
            ("", ""),
        ] {
            let shown = sentence(text, str::to_owned, |code| format!("[{code}]"));
            assert_eq!(shown, expected, "{text}");
        }
    }

    #[test]
    fn cutting_counts_characters() {
        for (text, most, expected) in [("äöü", 3, "äöü"), ("äöüß", 3, "äö…"), ("", 3, ""), ("ab", 1, "…")]
        {
            assert_eq!(cut(text, most), expected, "{text}");
        }
    }
}
