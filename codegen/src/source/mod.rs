//! Text to a tree whose every key and value knows its place.
//!
//! JSON and YAML give the same [`Tree`]; which of the two a text is shows in its first character. Sizes are bounded
//! by [`Limits`], so that no text, however made, takes memory or stack beyond them.

mod build;
mod bundle;
mod compose;
mod json;
mod limits;
mod located;
mod spanned;
mod tree;
mod yaml;

pub use crate::text::{FileId, Place, SourceFiles, Span};
pub use bundle::bundle;
pub(crate) use bundle::relative_path;
pub(crate) use compose::Composer;
pub use limits::Limits;
pub use located::{Located, from_node};
pub use spanned::Spanned;
pub use tree::{Entry, Kind, Node, NodeId, Tree, escape_token, unescape_token};

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::clamp;

/// Reads a text into a tree. `name` is what diagnostics call it; an ending `.json`, `.yaml` or `.yml` helps to
/// decide what a text that is neither valid JSON nor valid YAML was meant to be.
///
/// Without a tree there is at least one error among the diagnostics; with one there may be warnings.
pub fn parse(
    files: &mut SourceFiles,
    name: &str,
    text: impl Into<Vec<u8>>,
    limits: &Limits,
) -> (Option<Tree>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let bytes: Vec<u8> = text.into();
    if bytes.len() > limits.bytes.min(u32::MAX as usize) {
        diagnostics.push(too_large(name, bytes.len() as u64, limits));
        return (None, diagnostics);
    }
    let (text, invalid) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(at))
        }
    };
    let text: Arc<str> = Arc::from(text);
    let Some(file) = files.add(name, Arc::clone(&text)) else {
        diagnostics.push(Diagnostic::error(Code::LimitExceeded, "more than 65,536 texts were read"));
        return (None, diagnostics);
    };
    if let Some(at) = invalid {
        let span = Span { file, start: clamp(at), end: clamp(at + '\u{fffd}'.len_utf8()) };
        // How compressed bytes begin (RFC 1952, 2.3.1).
        let help = if text.starts_with("\u{1f}") {
            "it is compressed: decompress it first"
        } else {
            "save the file as UTF-8"
        };
        diagnostics.push(
            Diagnostic::error(Code::Encoding, format!("`{name}` is not UTF-8 from here on"))
                .at(span)
                .help(help),
        );
        return (None, diagnostics);
    }
    let (tree, found) = read(&text, file, name, limits);
    diagnostics.extend(found);
    (tree, diagnostics)
}

fn read(text: &Arc<str>, file: FileId, name: &str, limits: &Limits) -> (Option<Tree>, Diagnostics) {
    let first = text.trim_start_matches('\u{feff}').trim_start().chars().next();
    if !matches!(first, Some('{' | '[')) && !name.ends_with(".json") {
        return yaml::read(text, file, limits);
    }
    let (tree, found) = json::read(text, file, limits);
    // YAML's flow style starts as JSON does, and goes on with comments, bare words and trailing commas.
    let mistaken = found.iter().any(|diagnostic| diagnostic.code == Code::Syntax);
    if tree.is_none() && mistaken && (name.ends_with(".yaml") || name.ends_with(".yml")) {
        return yaml::read(text, file, limits);
    }
    (tree, found)
}

/// Reads a file into a tree. The name that diagnostics show is the path as given.
pub fn load(files: &mut SourceFiles, path: &Path, limits: &Limits) -> (Option<Tree>, Diagnostics) {
    let name = path.display().to_string();
    let read = || -> std::io::Result<Result<Vec<u8>, u64>> {
        use std::io::Read as _;
        let file = std::fs::File::open(path)?;
        let size = file.metadata()?.len();
        if size > limits.bytes as u64 {
            return Ok(Err(size));
        }
        // The size may be a lie (a pipe, a file that grows): read no more than one byte past the limit.
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.take(limits.bytes as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Ok(bytes))
    };
    let mut diagnostics = Diagnostics::new();
    match read() {
        Ok(Ok(bytes)) => return parse(files, &name, bytes, limits),
        Ok(Err(size)) => diagnostics.push(too_large(&name, size, limits)),
        Err(error) => diagnostics.push(
            Diagnostic::error(Code::NotReadable, format!("`{name}` cannot be read: {error}"))
                .help("check the path and its permissions"),
        ),
    }
    (None, diagnostics)
}

/// A part of a URI reference with its percent signs decoded (RFC 3986, section 2.1). `None` where that is not UTF-8.
pub(crate) fn percent_decoded(encoded: &str) -> Option<Cow<'_, str>> {
    if !encoded.contains('%') {
        return Some(Cow::Borrowed(encoded));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn too_large(name: &str, size: u64, limits: &Limits) -> Diagnostic {
    Diagnostic::error(
        Code::LimitExceeded,
        format!("`{name}` has {size} bytes; at most {} are read", limits.bytes),
    )
}

#[cfg(test)]
mod tests;
