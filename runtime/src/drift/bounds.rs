//! Whether a value keeps the bounds that its document declares. The text is looked at as it stands; nothing is made of it.

use std::collections::HashSet;

use crate::contract::Bounds;
use crate::skim::Skimmer;

/// Items of a list that are compared with one another.
const UNIQUE: usize = 10_000;

/// What a value is beyond, in the words of a report; a few at most.
pub(super) fn broken(bounds: &Bounds, value: &[u8]) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut tell = |broken: bool, what: &'static str| {
        if broken {
            found.push(what);
        }
    };
    match value.first() {
        Some(b'"') if bounds.min_length.is_some() || bounds.max_length.is_some() => {
            let length = length(value.get(1..value.len().saturating_sub(1)).unwrap_or_default());
            tell(bounds.min_length.is_some_and(|least| length < least), "beyond minLength");
            tell(bounds.max_length.is_some_and(|most| length > most), "beyond maxLength");
        }
        Some(b'[') => {
            if bounds.min_items.is_some() || bounds.max_items.is_some() {
                let items = items(value).count() as u64;
                tell(bounds.min_items.is_some_and(|least| items < least), "beyond minItems");
                tell(bounds.max_items.is_some_and(|most| items > most), "beyond maxItems");
            }
            tell(bounds.unique_items && repeats(value), "beyond uniqueItems");
        }
        Some(b'-' | b'0'..=b'9') => {
            let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
            let Some(number) = number else { return found };
            tell(bounds.minimum.is_some_and(|least| number < least), "beyond minimum");
            tell(bounds.maximum.is_some_and(|most| number > most), "beyond maximum");
            tell(bounds.exclusive_minimum.is_some_and(|least| number <= least), "beyond exclusiveMinimum");
            tell(bounds.exclusive_maximum.is_some_and(|most| number >= most), "beyond exclusiveMaximum");
            tell(bounds.multiple_of.is_some_and(|step| !is_multiple(number, step)), "beyond multipleOf");
        }
        _ => {}
    }
    found
}

/// The bounds in the document's words: `minLength 1, maxLength 100`.
pub(super) fn described(bounds: &Bounds) -> String {
    let number = |name: &str, bound: Option<f64>| bound.map(|bound| format!("{name} {bound}"));
    let count = |name: &str, bound: Option<u64>| bound.map(|bound| format!("{name} {bound}"));
    let all = [
        number("minimum", bounds.minimum),
        number("exclusiveMinimum", bounds.exclusive_minimum),
        number("maximum", bounds.maximum),
        number("exclusiveMaximum", bounds.exclusive_maximum),
        number("multipleOf", bounds.multiple_of),
        count("minLength", bounds.min_length),
        count("maxLength", bounds.max_length),
        count("minItems", bounds.min_items),
        count("maxItems", bounds.max_items),
        bounds.unique_items.then(|| "uniqueItems".to_owned()),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Characters of a text as it stands between its quotes: an escape is one, and so is a pair of surrogates (RFC 8259, 7).
fn length(text: &[u8]) -> u64 {
    let (mut count, mut at) = (0, 0);
    while let Some(byte) = text.get(at) {
        let size = match (byte, text.get(at + 1)) {
            (b'\\', Some(b'u')) if is_high_surrogate(text.get(at + 2..at + 6)) => 12,
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        // The bytes of a character after its first are no characters.
        count += u64::from(byte & 0b1100_0000 != 0b1000_0000);
        at += size;
    }
    count
}

fn is_high_surrogate(digits: Option<&[u8]>) -> bool {
    matches!(digits, Some([b'd' | b'D', b'8' | b'9' | b'a' | b'A' | b'b' | b'B', ..]))
}

/// The texts of a list's items; none of what is no list.
pub(super) fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut skimmer = Skimmer::new(list);
    let mut is_open = skimmer.eat(b'[') && !skimmer.eat(b']');
    std::iter::from_fn(move || {
        let item = if is_open { skimmer.value() } else { None };
        is_open = item.is_some() && skimmer.eat(b',');
        item
    })
}

/// Whether a list has an item twice. The same text is the same value; values that are the same and are written differently go unseen, for to
/// know them costs more than to know that a list is as it should be.
fn repeats(list: &[u8]) -> bool {
    let mut seen = HashSet::new();
    items(list).take(UNIQUE).any(|item| !seen.insert(item))
}

/// Whether a number is a multiple, as far as numbers of 64 bits can tell: `0.3` is one of `0.1`.
fn is_multiple(number: f64, step: f64) -> bool {
    let times = number / step;
    step == 0.0 || !times.is_finite() || (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_bounds_or_are_told() {
        let text = Bounds { min_length: Some(2), max_length: Some(3), ..Bounds::NONE };
        let range = Bounds { minimum: Some(1.0), maximum: Some(10.0), ..Bounds::NONE };
        let open = Bounds { exclusive_minimum: Some(1.0), exclusive_maximum: Some(2.0), ..Bounds::NONE };
        let step = Bounds { multiple_of: Some(0.1), ..Bounds::NONE };
        let list = Bounds { min_items: Some(1), max_items: Some(2), ..Bounds::NONE };
        let unique = Bounds { unique_items: true, ..Bounds::NONE };
        let table: [(&Bounds, &str, &[&str]); 36] = [
            (&unique, "[]", &[]),
            (&unique, r#"[1,"1",{"a":1},{"a":2},[1]]"#, &[]),
            (&unique, r#"[1, 2,1 ]"#, &["beyond uniqueItems"]),
            (&unique, r#"[{"a":[1]},null,{"a":[1]}]"#, &["beyond uniqueItems"]),
            (&unique, r#"{"a":1,"b":1}"#, &[]),
            (&unique, "[1,1", &["beyond uniqueItems"]),
            (&text, r#""ab""#, &[]),
            (&text, r#""a""#, &["beyond minLength"]),
            (&text, r#""abcd""#, &["beyond maxLength"]),
            (&text, r#""""#, &["beyond minLength"]),
            (&text, "\"äöü\"", &[]),
            (&text, "\"😀😀😀\"", &[]),
            (&text, r#""\n\u00e4\\""#, &[]),
            (&text, r#""\ud83d\ude00\uD83D\uDE00\uD83D\uDE00""#, &[]),
            (&text, r#""\n\n\n\n""#, &["beyond maxLength"]),
            (&text, "12345", &[]),
            (&range, "1", &[]),
            (&range, "10.0", &[]),
            (&range, "0", &["beyond minimum"]),
            (&range, "-1e3", &["beyond minimum"]),
            (&range, "11", &["beyond maximum"]),
            (&range, r#""11""#, &[]),
            (&open, "1.5", &[]),
            (&open, "1", &["beyond exclusiveMinimum"]),
            (&open, "2", &["beyond exclusiveMaximum"]),
            (&step, "0.3", &[]),
            (&step, "123456.7", &[]),
            (&step, "0.25", &["beyond multipleOf"]),
            (&list, "[1]", &[]),
            (&list, "[[1,2,3],{\"a\":[1]}]", &[]),
            (&list, "[ ]", &["beyond minItems"]),
            (&list, "[1,2,3]", &["beyond maxItems"]),
            (&list, "null", &[]),
            (&Bounds::NONE, "1", &[]),
            (&Bounds { multiple_of: Some(0.0), ..Bounds::NONE }, "3", &[]),
            (&text, "\"", &["beyond minLength"]),
        ];
        for (bounds, value, expected) in table {
            assert_eq!(broken(bounds, value.as_bytes()), expected, "{value} within {}", described(bounds));
        }
        assert_eq!(described(&text), "minLength 2, maxLength 3");
    }
}
