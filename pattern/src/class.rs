//! Sets of characters.

/// The characters of a class, as ranges in their order that do not touch. Halves of surrogate pairs are no characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Class(Vec<(char, char)>);

/// Around the halves of surrogate pairs.
const BELOW: char = '\u{d7ff}';
const ABOVE: char = '\u{e000}';

/// ECMA-262, 22.2.2.9 `\d`, `\w`, `\s` (12.2 white space and 12.3 line terminators), and what `.` leaves out.
const DIGITS: &[(char, char)] = &[('0', '9')];
const WORDS: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACES: &[(char, char)] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
const LINE_ENDS: &[(char, char)] = &[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

impl Class {
    pub(crate) fn one(character: char) -> Self {
        Self(vec![(character, character)])
    }

    /// All that `.` stands for.
    pub(crate) fn dot() -> Self {
        Self(LINE_ENDS.to_vec()).negated()
    }

    /// What `\d`, `\D`, `\w`, `\W`, `\s` and `\S` stand for.
    pub(crate) fn of_escape(letter: char) -> Option<Self> {
        let ranges = match letter.to_ascii_lowercase() {
            'd' => DIGITS,
            'w' => WORDS,
            's' => SPACES,
            _ => return None,
        };
        let class = Self(ranges.to_vec());
        Some(if letter.is_ascii_uppercase() { class.negated() } else { class })
    }

    /// A class of these ranges, in whatever order.
    pub(crate) fn of(mut ranges: Vec<(char, char)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(char, char)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match joined.last_mut() {
                Some((_, last)) if from <= *last || Some(from) == after(*last) => *last = to.max(*last),
                _ => joined.push((from, to)),
            }
        }
        Self(joined)
    }

    pub(crate) fn negated(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some('\0');
        for (from, to) in &self.0 {
            if let (Some(least), Some(most)) = (next, before(*from))
                && least <= most
            {
                ranges.push((least, most));
            }
            next = after(*to);
        }
        ranges.extend(next.map(|least| (least, char::MAX)));
        Self(ranges)
    }

    pub(crate) fn ranges(&self) -> &[(char, char)] {
        &self.0
    }

    pub(crate) fn has(&self, character: char) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&character))
    }
}

fn after(character: char) -> Option<char> {
    if character == BELOW { Some(ABOVE) } else { char::from_u32(character as u32 + 1) }
}

fn before(character: char) -> Option<char> {
    if character == ABOVE { Some(BELOW) } else { char::from_u32((character as u32).checked_sub(1)?) }
}
