//! The texts that were read, and places in them.

use std::sync::{Arc, OnceLock};

/// One text among those that a [`SourceFiles`] owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u16);

/// A range of bytes in one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text that the range lies in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset past the last byte; equal to `start` for a place between two bytes.
    pub end: u32,
}

/// A place as people count: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'f> {
    /// The file's name as it was given on loading.
    pub file: &'f str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Owns every text that was read, so that a [`Span`] can be shown as file, line and column.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    files: Vec<SourceFile>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    name: String,
    text: Arc<str>,
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFiles {
    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a text under the name that diagnostics will show. `None` when 65,536 texts are held already.
    pub(crate) fn add(&mut self, name: &str, text: Arc<str>) -> Option<FileId> {
        let id = u16::try_from(self.files.len()).ok()?;
        self.files.push(SourceFile { name: name.to_owned(), text, line_starts: OnceLock::new() });
        Some(FileId(id))
    }

    /// Takes a text that stands for one which is not to be shown as it is.
    pub(crate) fn add_masked(&mut self, name: &str, text: &str) {
        self.add(name, Arc::from(text));
    }

    /// The name that a text was loaded under.
    pub fn name(&self, file: FileId) -> Option<&str> {
        self.files.get(usize::from(file.0)).map(|file| file.name.as_str())
    }

    /// The whole text of a file.
    pub fn text(&self, file: FileId) -> Option<&str> {
        self.files.get(usize::from(file.0)).map(|file| &*file.text)
    }

    /// Every text with the name that it was loaded under, in the order of loading.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|file| (file.name.as_str(), &*file.text))
    }

    /// Where a span starts. `None` for a span of another set of texts.
    pub fn place(&self, span: Span) -> Option<Place<'_>> {
        let file = self.files.get(usize::from(span.file.0))?;
        let start = floor_boundary(&file.text, span.start as usize);
        let starts = file.line_starts();
        let line = starts.partition_point(|&line_start| line_start as usize <= start).max(1);
        let line_start = starts.get(line - 1).map_or(0, |&line_start| line_start as usize);
        let before = file.text.get(line_start..start).unwrap_or_default();
        // A byte order mark is no character that a reader or an editor counts.
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        Some(Place { file: &file.name, line: clamp(line), column: clamp(column) })
    }
}

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| clamp(at + 1))).collect()
        })
    }
}

/// The nearest offset at or before `at` that lies between two characters of `text`.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Offsets are held in 32 bits; texts beyond that are refused on loading.
pub(crate) fn clamp(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let mut files = SourceFiles::new();
        let file = files.add("a.yaml", Arc::from("\u{feff}a: é\r\nüb: c\n")).expect("room");
        for (start, line, column) in
            [(0, 1, 1), (3, 1, 1), (6, 1, 4), (7, 1, 4), (10, 2, 1), (12, 2, 2), (17, 3, 1), (999, 3, 1)]
        {
            let place = files.place(Span { file, start, end: start }).expect("a known file");
            assert_eq!((place.line, place.column), (line, column), "offset {start}");
        }
        assert_eq!(files.place(Span { file: FileId(7), start: 0, end: 0 }), None);
    }
}
