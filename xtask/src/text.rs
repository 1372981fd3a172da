//! Text for tables.

/// A text of no more than so many characters, in one line.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    if text.chars().count() <= width { flat.collect() } else { flat.take(width - 1).chain(['…']).collect() }
}

/// Words in lines of 80 columns, which only long words exceed, each behind an indent; without a line break at the end.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    const WIDTH: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut().filter(|line| line.chars().count() + 1 + length <= WIDTH) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n")
}
