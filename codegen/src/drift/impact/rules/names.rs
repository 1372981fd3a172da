//! What is asked by name or place: streams, methods, lines of the manifest, and what takes the place of an operation that is gone.

use super::{Context, ManifestLine};
use crate::drift::impact::successor::Successor;
use crate::manifest::Stream;
use crate::source::Span;

impl<'t> Context<'_, 't> {
    /// The streams that stand on operations, with the place of their `operation`.
    pub(in crate::drift::impact) fn streams(&self, reached: &[&str]) -> Vec<(&str, Span, &Stream)> {
        let on = |name: &str| {
            let planned = self.plan.streams.iter().find(|stream| stream.name == name)?;
            let head = &self.plan.api.operations.get(planned.operation)?.head;
            reached.contains(&format!("{} {}", head.method, head.path).as_str()).then_some(())
        };
        let streams = self.manifest.streams.iter();
        streams
            .filter(|(name, _)| on(&name.value).is_some())
            .map(|(name, stream)| (name.value.as_str(), stream.operation.span, stream))
            .collect()
    }

    /// Where the manifest names an operation: the stream's line, else that of the allow-list.
    pub(super) fn mention(&self, title: &str, stream: Option<(&str, Span, &Stream)>) -> Option<Span> {
        let id = self
            .plan
            .api
            .operations
            .iter()
            .find(|operation| format!("{} {}", operation.head.method, operation.head.path) == title);
        let names = |text: &str| text == title || id.is_some_and(|operation| operation.head.id == text);
        let written = stream.filter(|(_, _, stream)| names(&stream.operation.value)).map(|(_, span, _)| span);
        written.or_else(|| {
            let listed =
                self.manifest.operations.iter().find(|text| names(&text.value)).map(|text| text.span);
            listed.or_else(|| {
                self.manifest.overrides.iter().find(|(name, _)| names(&name.value)).map(|(name, _)| name.span)
            })
        })
    }

    /// The operation of the revision that takes the place of one that is gone, if something speaks for one.
    pub(in crate::drift::impact) fn successor(&self, title: &str) -> Option<&Successor> {
        self.successors.get(title)
    }

    /// The operation of the connector that one of the revision takes the place of.
    pub(super) fn predecessor(&self, title: &str) -> Option<&str> {
        let of =
            |(gone, found): (&'_ String, &'_ Successor)| found.title == title && self.allowed.contains(gone);
        self.successors.iter().find(|entry| of(*entry)).map(|(gone, _)| gone.as_str())
    }

    /// The name of the method that calls an operation.
    pub(in crate::drift::impact) fn method(&self, title: &str) -> String {
        let found = self
            .plan
            .api
            .operations
            .iter()
            .find(|operation| format!("{} {}", operation.head.method, operation.head.path) == title);
        found.map_or_else(|| title.to_owned(), |operation| operation.name.clone())
    }

    /// The line of a span of the manifest.
    pub(in crate::drift::impact) fn line(&self, span: Span) -> Option<ManifestLine> {
        let place = self.files.place(span)?;
        Some(ManifestLine { file: place.file.to_owned(), line: place.line, column: place.column })
    }
}
