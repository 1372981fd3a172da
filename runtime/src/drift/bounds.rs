//! Whether a value keeps the bounds that its document declares. The text is looked at as it stands; nothing is made of it.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::contract::Bounds;
use crate::patterns::pattern;
use crate::skim::Skimmer;

use super::inspector::shortened;

/// Items of a list that are compared with one another.
const UNIQUE: usize = 10_000;

/// What a value is beyond, in the words of a report; a few at most. `fuel` is how many steps patterns may still take: what would take more is
/// not held against them.
pub(super) fn broken(bounds: &Bounds, value: &[u8], fuel: &mut u64) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut tell = |broken: bool, what: &'static str| {
        if broken {
            found.push(what);
        }
    };
    match value.first() {
        Some(b'"') => {
            let text = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
            if bounds.min_length.is_some() || bounds.max_length.is_some() {
                let length = length(text);
                tell(bounds.min_length.is_some_and(|least| length < least), "beyond minLength");
                tell(bounds.max_length.is_some_and(|most| length > most), "beyond maxLength");
            }
            tell(bounds.pattern.is_some_and(|pattern| !matches(pattern, text, fuel)), "beyond pattern");
        }
        Some(b'[') => {
            if bounds.min_items.is_some() || bounds.max_items.is_some() {
                let items = held(value).count() as u64;
                tell(bounds.min_items.is_some_and(|least| items < least), "beyond minItems");
                tell(bounds.max_items.is_some_and(|most| items > most), "beyond maxItems");
            }
            tell(bounds.unique_items && repeats(value), "beyond uniqueItems");
        }
        Some(b'{') if bounds.min_properties.is_some() || bounds.max_properties.is_some() => {
            let keys = held(value).count() as u64;
            tell(bounds.min_properties.is_some_and(|least| keys < least), "beyond minProperties");
            tell(bounds.max_properties.is_some_and(|most| keys > most), "beyond maxProperties");
        }
        Some(b'-' | b'0'..=b'9') => {
            let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
            let Some(number) = number else { return found };
            tell(bounds.minimum.is_some_and(|least| number < least), "beyond minimum");
            tell(bounds.maximum.is_some_and(|most| number > most), "beyond maximum");
            tell(bounds.exclusive_minimum.is_some_and(|least| number <= least), "beyond exclusiveMinimum");
            tell(bounds.exclusive_maximum.is_some_and(|most| number >= most), "beyond exclusiveMaximum");
            let is_listed = bounds.listed.is_empty()
                || bounds.listed.iter().any(|known| (known - number).abs() <= f64::EPSILON * number.abs());
            tell(!is_listed, "beyond enum");
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
        count("minProperties", bounds.min_properties),
        count("maxProperties", bounds.max_properties),
        (!bounds.listed.is_empty()).then(|| format!("enum({})", bounds.listed.len())),
        bounds.pattern.map(|pattern| format!("pattern {}", shortened(pattern))),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether a text, as it stands between its quotes, matches a pattern, as far as that can be told.
fn matches(text_of_pattern: &'static str, text: &[u8], fuel: &mut u64) -> bool {
    let Some(pattern) = pattern(text_of_pattern) else { return true };
    let Some(left) = fuel.checked_sub(pattern.steps(text.len())) else { return true };
    *fuel = left;
    unescaped(text).is_none_or(|text| pattern.matches(&text))
}

/// What stands between quotes, read; `None` for halves of surrogate pairs, which are no text.
fn unescaped(text: &[u8]) -> Option<Cow<'_, str>> {
    if text.contains(&b'\\') {
        return serde_json::from_slice::<String>(&[b"\"", text, b"\""].concat()).ok().map(Cow::Owned);
    }
    std::str::from_utf8(text).ok().map(Cow::Borrowed)
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

/// The texts of a list's items, or of an object's values; none of what is neither.
pub(super) fn held(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut skimmer = Skimmer::new(value);
    let has_keys = skimmer.eat(b'{');
    let is_empty = if has_keys { skimmer.eat(b'}') } else { !skimmer.eat(b'[') || skimmer.eat(b']') };
    let mut is_open = !is_empty;
    std::iter::from_fn(move || {
        let can_follow = is_open && (!has_keys || skimmer.key().is_some());
        let item = if can_follow { skimmer.value() } else { None };
        is_open = item.is_some() && skimmer.eat(b',');
        item
    })
}

/// Whether a list has an item twice. The same text is the same value; values that are the same and are written differently go unseen, for to
/// know them costs more than to know that a list is as it should be.
fn repeats(list: &[u8]) -> bool {
    let mut seen = HashSet::new();
    held(list).take(UNIQUE).any(|item| !seen.insert(item))
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
        let listed = Bounds { listed: &[1.0, 2.5, -3.0], ..Bounds::NONE };
        let keys = Bounds { min_properties: Some(1), max_properties: Some(2), ..Bounds::NONE };
        let pattern = Bounds { pattern: Some("^[a-zä\"]+$"), max_length: Some(4), ..Bounds::NONE };
        let unknown = Bounds { pattern: Some("(?=no)"), ..Bounds::NONE };
        let table: [(&Bounds, &str, &[&str]); 53] = [
            (&listed, "1", &[]),
            (&listed, "2.50", &[]),
            (&listed, "-3e0", &[]),
            (&listed, "4", &["beyond enum"]),
            (&listed, "true", &[]),
            (&keys, r#"{"a":{"b":1,"c":2,"d":3}}"#, &[]),
            (&keys, "{ }", &["beyond minProperties"]),
            (&keys, r#"{"a":1,"b":[],"c":null}"#, &["beyond maxProperties"]),
            (&keys, "[1,2,3]", &[]),
            (&pattern, r#""abz""#, &[]),
            (&pattern, r#""\u00e4\"""#, &[]),
            (&pattern, r#""a\n""#, &["beyond pattern"]),
            (&pattern, r#""ABCDE""#, &["beyond maxLength", "beyond pattern"]),
            (&pattern, r#""\ud83d""#, &[]),
            (&pattern, "12", &[]),
            (&pattern, "\"", &["beyond pattern"]),
            (&unknown, r#""no""#, &[]),
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
            let found = broken(bounds, value.as_bytes(), &mut 100_000);
            assert_eq!(found, expected, "{value} within {}", described(bounds));
        }
        assert_eq!(described(&text), "minLength 2, maxLength 3");
        assert_eq!(described(&listed), "enum(3)");
        assert_eq!(described(&pattern), "maxLength 4, pattern ^[a-zä\"]+$");
        let long: &'static str = format!("^{}\u{1b}$", "a".repeat(500)).leak();
        assert_eq!(described(&Bounds { pattern: Some(long), ..Bounds::NONE }).len(), "pattern ".len() + 64);
    }

    /// What patterns may take is bounded, whatever comes.
    #[test]
    fn no_text_is_looked_at_for_ever() {
        let bounds = Bounds { pattern: Some("^(a|aa)+$"), ..Bounds::NONE };
        let text = format!("\"{}!\"", "a".repeat(10_000));
        let mut fuel = pattern("^(a|aa)+$").expect("a pattern").steps(10_001) * 2 + 1_000;
        let each: Vec<usize> = (0..4).map(|_| broken(&bounds, text.as_bytes(), &mut fuel).len()).collect();
        assert_eq!(each, [1, 1, 0, 0], "two looks are paid for; {fuel} steps are left");
        assert_eq!(broken(&bounds, b"\"b\"", &mut fuel), ["beyond pattern"], "a short one still is");
    }
}
