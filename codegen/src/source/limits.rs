//! How large a text may be.

/// Bounds on what one text may cost. A text beyond them is refused with code `S004`, never read in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of text.
    pub bytes: usize,
    /// Most containers inside one another.
    pub depth: usize,
    /// Most values and keys in the tree, those that YAML aliases add included.
    pub nodes: usize,
    /// Most values and keys that YAML aliases and merge keys may add by repeating others.
    pub aliases: usize,
}

impl Default for Limits {
    /// For API documents: the largest known ones have 13 MB, a million nodes and a depth of 40.
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, depth: 128, nodes: 5_000_000, aliases: 1_000_000 }
    }
}

impl Limits {
    /// For connector manifests, which are a page or two that people write.
    pub fn manifest() -> Self {
        Self { bytes: 1024 * 1024, depth: 32, nodes: 50_000, aliases: 10_000 }
    }
}
