//! What every stage says about its input: one type, stable codes, shown with the source line or as JSON.

mod codes;
mod render;

pub use codes::{Code, UnknownCode};
pub use render::{RenderOptions, render, to_json};

use std::collections::HashSet;

use crate::text::Span;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The result cannot be used.
    Error,
    /// Something was repaired, left out or guessed; the rest stands.
    Warning,
    /// Worth knowing; nothing was changed.
    Note,
}

impl Severity {
    /// The word that people and machines read.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A further place that explains a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What stands there, in a few words.
    pub text: String,
}

/// One finding about a document or a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The stable code, for example `S002`.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong and what was done about it, in one sentence.
    pub message: String,
    /// Where it is wrong; `None` only where there is no text to point at.
    pub primary: Option<Span>,
    /// Further places that explain it.
    pub labels: Vec<Label>,
    /// What to do next.
    pub help: Option<String>,
    /// The place as a JSON Pointer (RFC 6901) into the document.
    pub pointer: Option<String>,
}

impl Diagnostic {
    /// A finding of the given severity without a place yet.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, severity, message, primary: None, labels: Vec::new(), help: None, pointer: None }
    }

    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning without a place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A note without a place yet.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    /// Where it is wrong.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.primary = span.into();
        self
    }

    /// A further place that explains it.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// What to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The place as a JSON Pointer into the document.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// Collects findings; never the same one twice.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    // A component that is used in a thousand places is read as often, and is wrong only once.
    seen: HashSet<(Code, Option<Span>, String)>,
}

impl Diagnostics {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a finding, unless the same code and message stand at the same place already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let identity = (diagnostic.code, diagnostic.primary, diagnostic.message.clone());
        if self.seen.insert(identity) {
            self.found.push(diagnostic);
        }
    }

    /// Takes an error with no more than a place and a message.
    pub fn error(&mut self, code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) {
        self.push(Diagnostic::error(code, message).at(span));
    }

    /// Takes a warning with no more than a place and a message.
    pub fn warning(&mut self, code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) {
        self.push(Diagnostic::warning(code, message).at(span));
    }

    /// Takes all findings of another collection.
    pub fn extend(&mut self, other: Diagnostics) {
        for diagnostic in other.found {
            self.push(diagnostic);
        }
    }

    /// Makes every finding with one of these codes an error.
    pub fn deny(&mut self, codes: &[Code]) {
        for found in self.found.iter_mut().filter(|found| codes.contains(&found.code)) {
            found.severity = Severity::Error;
        }
    }

    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// The findings in the order in which they were made.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.found.iter()
    }

    /// The findings in the order of the sources; those without a place first.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.found.iter().collect();
        sorted.sort_by(|a, b| {
            (a.primary, a.severity, a.code, &a.message).cmp(&(b.primary, b.severity, b.code, &b.message))
        });
        sorted
    }
}

impl<'d> IntoIterator for &'d Diagnostics {
    type Item = &'d Diagnostic;
    type IntoIter = std::slice::Iter<'d, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn span(start: u32) -> Span {
        Span { file: FileId(0), start, end: start + 1 }
    }

    #[test]
    fn the_same_finding_counts_once_and_order_is_that_of_the_source() {
        let mut all = Diagnostics::new();
        all.warning(Code::DuplicateKey, span(9), "b");
        all.warning(Code::DuplicateKey, span(3), "a");
        all.warning(Code::DuplicateKey, span(9), "b");
        all.warning(Code::NotReadable, None, "c");
        let messages: Vec<&str> = all.sorted().iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(messages, ["c", "a", "b"]);
        assert!(!all.has_errors());
        let mut more = Diagnostics::new();
        more.error(Code::Syntax, span(1), "d");
        all.extend(more);
        assert!(all.has_errors());
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn what_is_denied_is_an_error_and_nothing_else() {
        let mut all = Diagnostics::new();
        all.warning(Code::DuplicateKey, span(3), "a");
        all.warning(Code::NotReadable, span(4), "b");
        all.push(Diagnostic::note(Code::DuplicateKey, "c"));
        all.deny(&[Code::Syntax]);
        assert!(!all.has_errors());
        all.deny(&[Code::DuplicateKey]);
        let severities: Vec<Severity> = all.iter().map(|found| found.severity).collect();
        assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Error]);
    }
}
