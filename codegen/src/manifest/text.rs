//! The small grammars inside the manifest's texts: paths, templates, durations, names. Each reader says what is wrong in words that
//! finish a sentence, and at which bytes of the text.

use std::ops::Range;

use crate::source::{Span, Spanned};

/// Why a text cannot be read, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// What is wrong.
    pub message: String,
    /// The bytes that are wrong.
    pub range: Range<usize>,
}

impl TextError {
    fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { message: message.into(), range }
    }
}

/// The place of a part of a text. Where the text is written with escapes, the place of the whole.
pub fn part(text: &Spanned<String>, range: &Range<usize>) -> Span {
    let span = text.span;
    let written = (span.end.saturating_sub(span.start)) as usize;
    let quotes = match written.checked_sub(text.value.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return span,
    };
    let offset = |at: usize| u32::try_from(at + quotes).map_or(span.end, |at| span.start.saturating_add(at));
    Span { file: span.file, start: offset(range.start), end: offset(range.end) }
}

/// One key of a path, with the bytes that it has in the path's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The key.
    pub key: String,
    /// Its bytes, quotes included.
    pub range: Range<usize>,
}

/// Reads a path into a JSON value: keys with dots between them, `.` for the value itself. A key with dots, quotes or blanks stands in
/// double quotes, where `\` takes the next character as it is.
///
/// # Errors
/// An empty key, a quote that does not end, or text behind a quote.
pub fn path(text: &str) -> Result<Vec<Segment>, TextError> {
    if text == "." {
        return Ok(Vec::new());
    }
    let mut segments = Vec::new();
    let mut rest = text.char_indices().peekable();
    loop {
        let start = rest.peek().map_or(text.len(), |(at, _)| *at);
        let mut key = String::new();
        if rest.next_if(|(_, character)| *character == '"').is_some() {
            loop {
                match rest.next() {
                    Some((_, '"')) => break,
                    Some((_, '\\')) => key.extend(rest.next().map(|(_, character)| character)),
                    Some((_, character)) => key.push(character),
                    None => return Err(TextError::new("the quote does not end", start..text.len())),
                }
            }
        } else {
            while let Some((at, character)) = rest.next_if(|(_, character)| *character != '.') {
                if character == '"' || character.is_whitespace() {
                    let range = at..at + character.len_utf8();
                    return Err(TextError::new(
                        "a key with quotes or blanks has to stand in double quotes",
                        range,
                    ));
                }
                key.push(character);
            }
            if key.is_empty() {
                let message =
                    if text.is_empty() { "it is empty; `.` is the value itself" } else { "a key is empty" };
                return Err(TextError::new(message, start..start));
            }
        }
        let end = rest.peek().map_or(text.len(), |(at, _)| *at);
        segments.push(Segment { key, range: start..end });
        match rest.next() {
            None => return Ok(segments),
            Some((_, '.')) => {}
            Some((at, character)) => {
                let range = at..at + character.len_utf8();
                return Err(TextError::new("a dot has to follow the quote", range));
            }
        }
    }
}

/// Reads statuses: `409`, `5xx` or `400-403`, as a range with both ends.
pub fn statuses(text: &str) -> Option<(u16, u16)> {
    let status = |text: &str| text.trim().parse().ok().filter(|status| (100..=599).contains(status));
    if let Some(class) = text.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class))?;
        return Some((class * 100, class * 100 + 99));
    }
    match text.split_once('-') {
        Some((from, to)) => {
            let (from, to) = (status(from)?, status(to)?);
            (from <= to).then_some((from, to))
        }
        None => status(text).map(|status| (status, status)),
    }
}

/// The keys of a path that was read before; none where it cannot be read.
pub fn keys(text: &str) -> Vec<String> {
    path(text).unwrap_or_default().into_iter().map(|segment| segment.key).collect()
}

/// The `{variables}` of a text with the bytes that each has, braces included.
///
/// # Errors
/// A brace without its other half, or something that is no name between braces.
pub fn variables(text: &str) -> Result<Vec<(&str, Range<usize>)>, TextError> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(['{', '}'])).map(|at| at + from) {
        let rest = text.get(at + 1..).unwrap_or_default();
        if text.as_bytes().get(at) == Some(&b'}') {
            return Err(TextError::new("a `}` stands without its `{`", at..at + 1));
        }
        let Some(length) = rest.find('}') else {
            return Err(TextError::new("a `{` stands without its `}`", at..at + 1));
        };
        let name = rest.get(..length).unwrap_or_default();
        let range = at..at + length + 2;
        if !is_name(name, '_') {
            return Err(TextError::new(
                format!("`{{{name}}}` is no variable: a name has small letters, digits and `_`"),
                range,
            ));
        }
        from = range.end;
        found.push((name, range));
    }
    Ok(found)
}

/// Milliseconds of a duration: `500ms`, `10s`, `1m`, `1h`, `1d`. None where it is anything else, nothing, or beyond 64 bits.
pub fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let unit: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    if number.starts_with('0') {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// Whether a text is a small letter, then small letters, digits and the given separator.
pub fn is_name(text: &str, separator: char) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == separator)
}

/// Whether a text is a token of RFC 9110, 5.6.2, as names of headers are.
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|next| next.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_keys_between_dots() {
        for (text, expected) in [
            (".", Ok(vec![])),
            ("a", Ok(vec!["a"])),
            ("meta.after_cursor", Ok(vec!["meta", "after_cursor"])),
            (r#"a."b.c""#, Ok(vec!["a", "b.c"])),
            (r#""b\"c".d"#, Ok(vec!["b\"c", "d"])),
            (r#""".x"#, Ok(vec!["", "x"])),
            ("@odata:nextLink", Ok(vec!["@odata:nextLink"])),
            ("", Err(0..0)),
            ("a.", Err(2..2)),
            ("..", Err(0..0)),
            ("a..b", Err(2..2)),
            ("a b", Err(1..2)),
            (r#"a."b"#, Err(2..4)),
            (r#""a"b"#, Err(3..4)),
            (r#"é."b"#, Err(3..5)),
        ] {
            let read = path(text).map(|all| all.into_iter().map(|segment| segment.key).collect::<Vec<_>>());
            let expected =
                expected.map(|keys: Vec<&str>| keys.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(read.map_err(|error| error.range), expected, "{text}");
        }
    }

    #[test]
    fn a_segment_knows_its_bytes() {
        let segments = path(r#"a."b.c".d"#).expect("a path");
        assert_eq!(
            segments.iter().map(|segment| segment.range.clone()).collect::<Vec<_>>(),
            [0..1, 2..7, 8..9]
        );
    }

    #[test]
    fn variables_stand_in_braces() {
        for (text, expected) in [
            ("plain", Ok(vec![])),
            ("{a}/{b_2}", Ok(vec!["a", "b_2"])),
            ("{a", Err(0..1)),
            ("a}", Err(1..2)),
            ("{}", Err(0..2)),
            ("x{A b}", Err(1..6)),
            ("{{a}}", Err(0..4)),
        ] {
            let read = variables(text).map(|all| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
            assert_eq!(read.map_err(|error| error.range), expected, "{text}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        for (text, expected) in [
            ("500ms", Some(500)),
            ("10s", Some(10_000)),
            ("1m", Some(60_000)),
            ("2h", Some(7_200_000)),
            ("1d", Some(86_400_000)),
            ("0s", None),
            ("10", None),
            ("m", None),
            ("1 m", None),
            ("1min", None),
            ("99999999999999999999s", None),
            ("18446744073709551615d", None),
            ("", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
