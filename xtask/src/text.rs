//! Text for tables.

/// A text of no more than so many characters, in one line.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    if text.chars().count() <= width { flat.collect() } else { flat.take(width - 1).chain(['…']).collect() }
}
