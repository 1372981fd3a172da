//! Patterns of JSON Schema (2020-12 validation, 6.3.3): regular expressions of ECMA-262, read with the flag `u`, that match anywhere in a text
//! unless they say otherwise.
//!
//! Both sides of the workspace stand on it, so that what the generator says of a pattern is what a connector does with it: the generator tells of a
//! pattern that cannot be read here, a connector holds what is served against it, and its sandbox serves texts that match.
//!
//! **Time is bounded.** What is read is a pattern whose texts can be told in one pass, and the engine below takes at most
//! [`Pattern::steps`] for a text. So look-around and back references are refused, as are patterns that would be very large.

mod class;
mod numbered;
mod reader;
mod sample;
mod tree;

use regex::{Regex, RegexBuilder};

use tree::Node;

/// States of a pattern, at most: what `.{1,10000}` takes.
const LARGEST: u64 = 10_000;
/// Bytes that the engine may take for a pattern, and for what it remembers of the texts that it has looked at.
const ENGINE_BYTES: (usize, usize) = (16 << 20, 256 << 10);

/// A pattern that texts can be held against.
#[derive(Clone, Debug)]
pub struct Pattern {
    tree: Node,
    size: u64,
    engine: Regex,
}

/// Why no text is held against a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// `(?=`, `(?!`, `(?<=`, `(?<!`
    #[error("it looks around")]
    LookAround,
    /// `\1`, `\k<name>`
    #[error("it refers back to what it has matched")]
    BackReference,
    /// `\B`: the engine looks for it within characters too.
    #[error("it asks for a place that is no edge of a word")]
    NoEdge,
    /// `\p{L}`: there are no tables of Unicode here.
    #[error("it asks for a property of Unicode")]
    Property,
    /// `(?i)`, `\A`, `\z`, `[[:alpha:]]`, `a{,3}` and others that ECMA-262 does not have, or has with another meaning.
    #[error("it is no regular expression of ECMA-262: {0}")]
    NotEcma(&'static str),
    /// A class that no character is of: `[]`.
    #[error("it has a class without characters")]
    EmptyClass,
    /// It would take more memory and time than any text is worth.
    #[error("it is too large")]
    TooLarge,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is none of ECMA-262, or one whose texts cannot be told in one pass.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let tree = reader::read(text)?;
        let size = tree.size();
        if size > LARGEST {
            return Err(Unreadable::TooLarge);
        }
        let mut written = String::new();
        tree.write(&mut written);
        // What is written here is always of the engine's kind; only its size can be too much.
        let engine = RegexBuilder::new(&written)
            .size_limit(ENGINE_BYTES.0)
            .dfa_size_limit(ENGINE_BYTES.1)
            .build()
            .map_err(|_| Unreadable::TooLarge)?;
        Ok(Self { tree, size, engine })
    }

    /// Whether the text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.engine.is_match(text)
    }

    /// What a look at so many bytes takes at most, in steps of a few nanoseconds.
    pub fn steps(&self, bytes: usize) -> u64 {
        self.size.saturating_mul(bytes as u64 + 1)
    }

    /// A text that matches; `None` where none was found, as of a pattern that no text matches (`$a`).
    ///
    /// `draw` gives a number below the one that it is asked with. What may be repeated without end, or more often than it must, is by up to
    /// `more`.
    pub fn sample(&self, more: u32, mut draw: impl FnMut(u64) -> u64) -> Option<String> {
        let mut text = String::new();
        sample::write(&self.tree, more, &mut draw, &mut text);
        self.matches(&text).then_some(text)
    }

    /// A text that matches and that no other number has; texts are in the order of their numbers. `None` where there is none, or none that can be
    /// made so.
    pub fn numbered(&self, number: u64) -> Option<String> {
        let text = numbered::text_of(&numbered::places(&self.tree)?, number)?;
        self.matches(&text).then_some(text)
    }

    /// The number of a text that [`Self::numbered`] made.
    pub fn number_of(&self, text: &str) -> Option<u64> {
        numbered::number_of(&numbered::places(&self.tree)?, text)
    }
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a panic is a failed test")]
mod tests;
