//! Keeps credentials out of what people read. Servers echo requests in their error pages, so every excerpt of a body goes through here.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// Longest excerpt of a body in an error, in characters.
const EXCERPT: usize = 240;
/// How much of a body is looked at for an excerpt: much more than is shown, so that no secret is cut in two and its first half shown.
const LOOKED_AT: usize = 64 * 1024;
/// A secret shorter than this is a word like any other; hiding it would make every text unreadable and hide nothing.
const SHORTEST: usize = 4;

/// Tokens that came at run time and are remembered, in all their forms: those of the last renewals. Older ones are no good to anybody.
const LEARNED: usize = 96;

/// Replaces known secrets by `***`. Clones share what they learn.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    /// Of the configuration.
    needles: Vec<SecretString>,
    /// What came at run time, the oldest first.
    learned: Arc<RwLock<VecDeque<SecretString>>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Redactor({} secrets)", self.needles.len() + self.learned().len())
    }
}

impl Redactor {
    /// Adds a secret, in the forms in which a server may echo it.
    pub(crate) fn add(&mut self, secret: &str) {
        for form in forms(secret) {
            if !self.needles.iter().any(|known| known.expose_secret() == form) {
                self.needles.push(form.into());
            }
        }
    }

    /// Adds a secret that came at run time: a token.
    pub(crate) fn learn(&self, secret: &str) {
        let mut learned = self.learned.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms(secret) {
            if !learned.iter().any(|known| known.expose_secret() == form) {
                learned.push_back(form.into());
            }
        }
        while learned.len() > LEARNED {
            learned.pop_front();
        }
    }

    fn learned(&self) -> RwLockReadGuard<'_, VecDeque<SecretString>> {
        self.learned.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text without secrets.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let learned = self.learned();
        let mut found: Vec<&str> =
            self.needles.iter().chain(learned.iter()).map(ExposeSecret::expose_secret).collect();
        found.retain(|needle| text.contains(needle));
        // The longest first: a secret that contains another is hidden whole.
        found.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        found.into_iter().fold(text.to_owned(), |text, needle| text.replace(needle, "***"))
    }

    /// A part of a body on one line, without secrets; nothing of it where a secret stands in the body, since the cut may halve it.
    pub(crate) fn excerpt_of(&self, body: &[u8], part: &[u8]) -> String {
        let learned = self.learned();
        let holds_secret = self.needles.iter().chain(learned.iter()).any(|needle| {
            let needle = needle.expose_secret().as_bytes();
            body.windows(needle.len()).any(|window| window == needle)
        });
        if holds_secret { String::new() } else { self.excerpt(part) }
    }

    /// The start of a body on one line, without secrets.
    pub(crate) fn excerpt(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body.get(..LOOKED_AT).unwrap_or(body));
        let line = self.scrub(&text).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut excerpt: String = line.chars().filter(|c| !c.is_control()).take(EXCERPT).collect();
        if excerpt.len() < line.len() {
            excerpt.push('…');
        }
        excerpt
    }
}

/// The forms in which a server may echo a secret; none where it is too short to be one.
fn forms(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let escaped = serde_json::to_string(secret).unwrap_or_default();
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        escaped.trim_matches('"').to_owned(),
    ];
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_in_every_form_before_the_text_is_cut() {
        let mut redactor = Redactor::default();
        redactor.add("s3cr3t/+\"x");
        let cases = [
            ("key s3cr3t/+\"x end", "key *** end"),
            ("?k=s3cr3t%2F%2B%22x&b", "?k=***&b"),
            (r#"{"k":"s3cr3t/+\"x"}"#, r#"{"k":"***"}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(redactor.excerpt(text.as_bytes()), expected, "{text}");
        }
        let long = format!("{}s3cr3t/+\"x", "a".repeat(EXCERPT - 3));
        assert!(!redactor.excerpt(long.as_bytes()).contains("s3c"), "a secret at the cut is hidden whole");
    }
}
