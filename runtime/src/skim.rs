//! Passes over JSON without making anything of it: is it JSON (RFC 8259), and where does each value end? Every page goes through here before
//! its records are decoded, so this is written for speed: strings, which are most of a text, are looked at eight bytes
//! at a time, long ones 32. What is no
//! JSON is only noticed; why not is for `serde_json` to say.

/// A place in a JSON text.
#[derive(Debug)]
pub(crate) struct Skimmer<'a> {
    text: &'a [u8],
    at: usize,
    /// Lists and objects within which a value that is passed over is read: `true` for an object. Kept for its memory.
    open: Vec<bool>,
}

impl<'a> Skimmer<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, open: Vec::new() }
    }

    /// Bytes before the place.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to a place where it was.
    #[cfg(feature = "store")]
    pub(crate) fn back_to(&mut self, at: usize) {
        self.at = at.min(self.at);
    }

    /// What was passed since then.
    pub(crate) fn since(&self, start: usize) -> Option<&'a [u8]> {
        self.text.get(start..self.at)
    }

    /// The next byte that is no white space; it stays the next.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let (byte, at) = token(self.text, self.at)?;
        self.at = at;
        Some(byte)
    }

    /// Whether that byte comes next; passes it then.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Passes a string, and gives what stands between its quotes, escapes and all.
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        if !self.eat(b'"') {
            return None;
        }
        let start = self.at;
        self.at = string_end(self.text, start)?;
        self.text.get(start..self.at - 1)
    }

    /// Passes a key and its colon.
    pub(crate) fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.string()?;
        self.eat(b':').then_some(key)
    }

    /// Passes a value and gives its text. `None` where none stands there.
    pub(crate) fn value(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        self.open.clear();
        self.at = value_end(self.text, start, &mut self.open)?;
        self.since(start)
    }
}

/// The first byte from there that is no white space, and its place.
#[inline]
fn token(text: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        match *text.get(at)? {
            b' ' | b'\n' | b'\t' | b'\r' => at += 1,
            byte => return Some((byte, at)),
        }
    }
}

/// The place after the value that begins there. No call is made for a value within a value, so no depth is too deep.
fn value_end(text: &[u8], start: usize, open: &mut Vec<bool>) -> Option<usize> {
    let mut at = start;
    loop {
        let (byte, place) = token(text, at)?;
        at = match byte {
            b'"' => string_end(text, place + 1)?,
            b'{' => match token(text, place + 1)? {
                (b'}', end) => end + 1,
                (_, key) => {
                    open.push(true);
                    at = key_end(text, key)?;
                    continue;
                }
            },
            b'[' => match token(text, place + 1)? {
                (b']', end) => end + 1,
                (_, first) => {
                    open.push(false);
                    at = first;
                    continue;
                }
            },
            b'-' | b'0'..=b'9' => number_end(text, place)?,
            b't' => literal_end(text, place, b"true")?,
            b'f' => literal_end(text, place, b"false")?,
            b'n' => literal_end(text, place, b"null")?,
            _ => return None,
        };
        // A value has ended, and perhaps those around it.
        loop {
            let Some(object) = open.last() else { return Some(at) };
            let (byte, place) = token(text, at)?;
            at = match (byte, object) {
                (b',', true) => key_end(text, token(text, place + 1)?.1)?,
                (b',', false) => place + 1,
                (b'}', true) | (b']', false) => {
                    open.pop();
                    at = place + 1;
                    continue;
                }
                _ => return None,
            };
            break;
        }
    }
}

/// The place after a key and its colon.
#[inline]
fn key_end(text: &[u8], at: usize) -> Option<usize> {
    if *text.get(at)? != b'"' {
        return None;
    }
    match token(text, string_end(text, at + 1)?)? {
        (b':', colon) => Some(colon + 1),
        _ => None,
    }
}

/// The place after the quote that ends a string; `at` is after the one that begins it.
#[inline]
fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        // Most strings are short, and end here.
        let mut steps = 0;
        while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let special = special(u64::from_le_bytes(*eight));
            if special != 0 {
                at += special.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
            steps += 1;
            if steps == SHORT {
                at = plain_end(text, at);
            }
        }
        match *text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = escape_end(text, at + 1)?,
            0..0x20 => return None,
            _ => at += 1,
        }
    }
}

/// Steps of eight bytes after which a string is taken for a long one.
const SHORT: u32 = 3;

/// A place from which there are fewer than 32 bytes without a special one; those before it are plain. A loop without a branch for each byte,
/// so that the compiler takes many of them at once.
#[inline]
fn plain_end(text: &[u8], mut at: usize) -> usize {
    while let Some(many) = text.get(at..).and_then(<[u8]>::first_chunk::<32>) {
        let special = |byte: &u8| u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < 0x20);
        if many.iter().fold(0, |any, byte| any | special(byte)) != 0 {
            break;
        }
        at += 32;
    }
    at
}

/// Marks with its highest bit the first of eight bytes that is a quote, a backslash or a control character, and perhaps bytes after that.
#[inline]
fn special(eight: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHEST: u64 = ONES << 7;
    // A byte less than n, n at most 128, borrows from its highest bit; it is no byte above 127 then. Equal is less than one after `^`.
    let less = |bytes: u64, than: u64| bytes.wrapping_sub(ONES * than) & !bytes;
    let quote = less(eight ^ (ONES * b'"' as u64), 1);
    let backslash = less(eight ^ (ONES * b'\\' as u64), 1);
    (less(eight, 0x20) | quote | backslash) & HIGHEST
}

/// The place after an escape; `at` is after its backslash.
fn escape_end(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = text.get(at + 1..at + 5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
        }
        _ => None,
    }
}

fn number_end(text: &[u8], mut at: usize) -> Option<usize> {
    at += usize::from(text.get(at) == Some(&b'-'));
    at = if text.get(at) == Some(&b'0') { at + 1 } else { digits_end(text, at)? };
    if text.get(at) == Some(&b'.') {
        at = digits_end(text, at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(text, at + 1 + sign)?;
    }
    // After a zero no digit may follow.
    (!text.get(at).is_some_and(u8::is_ascii_digit)).then_some(at)
}

/// The place after one digit or more.
fn digits_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}

fn literal_end(text: &[u8], at: usize, literal: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(literal).then_some(at + literal.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::Skimmer;

    /// The one value of a text, without white space around it.
    fn skimmed(text: &[u8]) -> Option<&[u8]> {
        let mut skimmer = Skimmer::new(text);
        let value = skimmer.value()?;
        skimmer.peek().is_none().then_some(value)
    }

    fn agrees(text: &str) {
        let expected = serde_json::from_str::<&RawValue>(text).ok().map(|raw| raw.get().as_bytes());
        assert_eq!(skimmed(text.as_bytes()), expected, "{text:?}");
    }

    #[test]
    fn it_takes_what_serde_json_takes() {
        for text in [
            "",
            " ",
            "null",
            " true ",
            "false",
            "nul",
            "nulll",
            "truee",
            "tru",
            "0",
            "-0",
            "00",
            "01",
            "-",
            "-a",
            "1.",
            "1.5",
            ".5",
            "1e",
            "1e5",
            "1E+05",
            "1e-",
            "1.e1",
            "-1.5e-10",
            "0.0",
            "0x1",
            "+1",
            "1 2",
            "\"\"",
            "\"a",
            "\"a\\\"",
            "\"a\\\"\"",
            "\"\\u00e9\"",
            "\"\\u00g9\"",
            "\"\\u00\"",
            "\"\\ud800\"",
            "\"\\x\"",
            "\"\\",
            "\"\u{1}\"",
            "\"1234567\u{1f}\"",
            "\"1234567\u{7f}é\"",
            "\"tab\t\"",
            "\"ünï\"",
            "\"ÿÿÿÿÿÿÿÿÿ\"",
            "[]",
            "[ ]",
            "[1]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1,[2,[3]], {} ]",
            "[",
            "]",
            "[1",
            "[1}",
            "{}",
            "{ }",
            "{\"a\":1}",
            "{\"a\" : 1 , \"b\":[ {\"c\":null} ] }",
            "{\"a\":1,}",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1]",
            "{\"a\":1",
            "{1:1}",
            "\u{feff}1",
            "1,",
            "\r\n\t 1\r\n",
            "\u{a0}1",
            "'a'",
            "NaN",
            "Infinity",
            "/**/1",
            "{\"a\":1}x",
            "[[[[[[[[[[]]]]]]]]]]",
            "[{}{}]",
            "{\"a\":1 \"b\":2}",
            "\"\\/\\b\\f\\n\\r\\t\\\\\"",
        ] {
            agrees(text);
        }
    }

    #[test]
    fn a_long_string_ends_where_serde_json_ends_it_whatever_stands_where() {
        let plain = "ab\u{7f}é".repeat(30);
        for length in (0..plain.len()).filter(|at| plain.is_char_boundary(*at)) {
            let (start, rest) = plain.split_at(length);
            for special in ["\"", "\\", "\\\"", "\\u0041", "\n", "\u{1f}", " "] {
                agrees(&format!("\"{start}{special}{rest}\""));
                agrees(&format!("\"{start}{special}"));
            }
        }
    }

    #[test]
    fn no_depth_is_too_deep() {
        let depth = 100_000;
        let text = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(skimmed(text.as_bytes()).map(<[u8]>::len), Some(2 * depth));
        assert_eq!(skimmed("[".repeat(depth).as_bytes()), None);
    }

    proptest! {
        #[test]
        fn texts_of_json_tokens_are_taken_as_serde_json_takes_them(
            tokens in proptest::collection::vec(
                prop_oneof![
                    Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\"k\""), Just("1"), Just("-"),
                    Just("."), Just("e"), Just("0"), Just("\""), Just("\\"), Just("u00e9"), Just(" "), Just("true"),
                    Just("null"), Just("ü"), Just("\n"), Just("a long piece of text"),
                ],
                0..14,
            )
        ) {
            agrees(&tokens.concat());
        }

        #[test]
        fn json_that_is_cut_or_changed_anywhere_is_taken_as_serde_json_takes_it(
            at in 0usize..120, byte in 0u8..128,
        ) {
            let text = r#"{"a":[1,-2.5e+7,"x\"y\u00e9zzzzzzzzzzzzzz",{"b":{}},[],true,false,null],"c":"0123456789","d":{"e":{"f":[{}]}}}"#;
            agrees(text.get(..at.min(text.len())).unwrap_or_default());
            let mut changed = text.as_bytes().to_vec();
            let place = at % changed.len();
            changed[place] = byte;
            agrees(&String::from_utf8(changed).unwrap());
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = skimmed(&bytes);
        }
    }
}
