//! Prose: phrases, times, URLs, and how many records it says that a page may have.

/// Small letters, for looking words up.
pub(in crate::infer) fn prose(text: Option<&str>) -> String {
    text.unwrap_or_default().to_lowercase()
}

/// Whether prose has one of these words or phrases. Words are whole.
pub(in crate::infer) fn says(prose: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let mut from = 0;
        while let Some(at) = prose.get(from..).and_then(|rest| rest.find(phrase)).map(|at| at + from) {
            let end = at + phrase.len();
            let before = prose.get(..at).and_then(|text| text.chars().next_back());
            let after = prose.get(end..).and_then(|text| text.chars().next());
            let apart = |next: Option<char>| next.is_none_or(|next| !next.is_alphanumeric());
            if apart(before) && apart(after) {
                return true;
            }
            from = end;
        }
        false
    })
}

/// Whether a value is about time, as filters are.
pub(in crate::infer) fn about_time(format: &str, prose: &str) -> bool {
    matches!(format, "date" | "date-time" | "time" | "unix-time" | "unixtime" | "timestamp")
        || says(
            prose,
            &[
                "date",
                "dates",
                "datetime",
                "timestamp",
                "timestamps",
                "iso 8601",
                "iso8601",
                "iso-8601",
                "unix",
                "epoch",
                "rfc3339",
                "rfc 3339",
                "time",
                "seconds",
                "milliseconds",
                "utc",
                "yyyy-mm-dd",
            ],
        )
}

/// Whether prose says that something is a URL.
pub(in crate::infer) fn about_url(prose: &str) -> bool {
    says(prose, &["url", "urls", "uri", "link", "links", "href", "http", "https", "hyperlink"])
}

/// The greatest value that prose allows: `maximum of 100`, `up to 100`, `between 1 and 100`, `1-100`, `(max: 100)`.
pub(in crate::infer) fn maximum(prose: &str) -> Option<u64> {
    let tokens = tokens(prose);
    let number = |at: usize| tokens.get(at).and_then(|token| token.number);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut found = None;
    for at in 0..tokens.len() {
        let here = match word(at) {
            // `the maximum number of results to return: 100 by default` says no maximum.
            "max" | "maximum" | "most" | "exceed" | "exceeds" | "exceeding" => {
                let mut after = (at + 1..(at + 7).min(tokens.len())).filter(|at| number(*at).is_some());
                after.next().filter(|next| {
                    let between = (at + 1..*next).map(word);
                    let mut between = between.filter(|word| {
                        matches!(
                            *word,
                            "default"
                                | "defaults"
                                | "minimum"
                                | "min"
                                | "return"
                                | "returned"
                                | "returns"
                                | "."
                        )
                    });
                    between.next().is_none() && !is_default(&tokens, *next)
                })
            }
            "to" if word(at.wrapping_sub(1)) == "up" || word(at.wrapping_sub(1)) == "equal" => Some(at + 1),
            "than" if matches!(word(at.wrapping_sub(1)), "more" | "greater" | "larger") => Some(at + 1),
            "and" if number(at.wrapping_sub(1)).is_some() && word(at.wrapping_sub(2)) == "between" => {
                Some(at + 1)
            }
            "to" | "-" | "–" | "and" if number(at.wrapping_sub(1)).is_some_and(|low| low <= 1) => {
                Some(at + 1)
            }
            "<=" | "≤" => Some(at + 1),
            _ => None,
        };
        let here = here.and_then(number).filter(|number| *number > 1);
        found = found.or(here);
    }
    found
}

fn is_default(tokens: &[Token], at: usize) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    word(at + 1) == "by" && word(at + 2) == "default"
}

/// The value that prose says is taken where none is given.
pub(in crate::infer) fn default(prose: &str) -> Option<u64> {
    let tokens = tokens(prose);
    let at = tokens
        .iter()
        .position(|token| matches!(token.text.as_str(), "default" | "defaults" | "defaulted"))?;
    tokens.iter().skip(at + 1).take(5).find_map(|token| token.number)
}

struct Token {
    text: String,
    number: Option<u64>,
}

/// Words, numbers and signs. Thousands may have commas.
fn tokens(prose: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = prose.chars().peekable();
    while let Some(first) = rest.next() {
        if first.is_whitespace()
            || matches!(first, '`' | '*' | '"' | '\'' | '(' | ')' | ':' | '[' | ']' | '=')
        {
            continue;
        }
        let mut text = String::from(first);
        if first.is_ascii_digit() {
            while let Some(next) = rest.next_if(|next| next.is_ascii_digit() || *next == ',' || *next == '_')
            {
                text.push(next);
            }
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            // `100ms`, `1h` and `2.5` are no counts of records.
            let plain = rest.peek().is_none_or(|next| !next.is_alphabetic());
            tokens.push(Token { number: digits.parse().ok().filter(|_| plain), text });
        } else if first.is_alphanumeric() {
            while let Some(next) = rest.next_if(|next| next.is_alphanumeric()) {
                text.push(next);
            }
            tokens.push(Token { text, number: None });
        } else {
            text.extend(rest.next_if(|next| matches!((first, next), ('<' | '>', '='))));
            tokens.push(Token { text, number: None });
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_says_how_much_is_allowed() {
        for (text, most, usual) in [
            ("the number of items to return. default: 20. minimum: 1. maximum: 50.", Some(50), Some(20)),
            (
                "a limit on the number of objects, between 1 and 100, and the default is 10.",
                Some(100),
                Some(10),
            ),
            ("results per page (max 100)", Some(100), None),
            ("up to 1,000 records", Some(1000), None),
            ("cannot exceed `200`", Some(200), None),
            ("page size, 1-250", Some(250), None),
            ("maximum number of results to return", None, None),
            ("the maximum number of results to return. default 25", None, Some(25)),
            ("must be less than or equal to 500", Some(500), None),
            ("no more than 100", Some(100), None),
            ("waits at most 30s", None, None),
            ("", None, None),
        ] {
            assert_eq!((maximum(text), default(text)), (most, usual), "{text}");
        }
    }
}
