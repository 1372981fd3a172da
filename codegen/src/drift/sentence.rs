//! The sentences of reports, in whichever language of markup.

/// A sentence of ours in which values stand between backticks. What is odd about them (a value with a backtick) only changes what is code and
/// what is not. `plain` and `code` write the parts in the language of a report.
pub fn sentence(text: &str, plain: fn(&str) -> String, code: fn(&str) -> String) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // With an odd number of backticks the last one opens nothing.
    let paired = if parts.len() % 2 == 1 { parts.len() } else { parts.len() - 1 };
    let mut out = String::new();
    for (number, part) in parts.iter().enumerate() {
        match number {
            number if number >= paired => out.push_str(&plain(&format!("`{part}"))),
            number if number % 2 == 1 => out.push_str(&code(part)),
            _ => out.push_str(&plain(part)),
        }
    }
    out
}
