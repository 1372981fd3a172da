//! What the printer of Rust code leaves to be done: blank lines between items, and only the imports that a file needs.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};

/// Puts a blank line after each item, as people do. Only lines that consist of a closing brace, of a use or of a module are looked at, and
/// no text of a document stands alone on such a line.
pub(super) fn spaced(code: &str) -> String {
    let mut spaced = String::with_capacity(code.len() + code.len() / 40);
    let mut lines = code.lines().peekable();
    while let Some(line) = lines.next() {
        spaced.push_str(line);
        spaced.push('\n');
        let Some(next) = lines.peek() else { break };
        let opens = |text: &str| {
            text.starts_with("use ") || text.starts_with("pub use ") || text.starts_with("pub(crate) use ")
        };
        let declares = |text: &str| {
            text.starts_with("mod ") || text.starts_with("pub mod ") || text.starts_with("#[cfg(")
        };
        let ends_item = match line {
            "}" | "};" | "    }" => !next.trim_start().starts_with(['}', ')']),
            _ if opens(line) && line.ends_with(';') => !opens(next) && !next.starts_with("#[cfg("),
            _ if line.starts_with("//!") => !next.starts_with("//!") && !next.starts_with("#!["),
            _ if line.starts_with("#![") => !next.starts_with("#!["),
            _ if line.starts_with("linchpin_runtime::") => true,
            _ if (line.starts_with("mod ") || line.starts_with("pub mod ")) && line.ends_with(';') => {
                !declares(next)
            }
            _ => false,
        };
        if ends_item && !next.is_empty() {
            spaced.push('\n');
        }
    }
    spaced
}

/// The identifiers that stand in a file.
pub(super) struct Words(BTreeSet<String>);

impl Words {
    pub(super) fn of(tokens: &TokenStream) -> Self {
        let mut words = BTreeSet::new();
        let mut open = vec![tokens.clone()];
        while let Some(stream) = open.pop() {
            for token in stream {
                match token {
                    TokenTree::Group(group) => open.push(group.stream()),
                    TokenTree::Ident(ident) => {
                        words.insert(ident.to_string());
                    }
                    TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                }
            }
        }
        Self(words)
    }

    /// Whether one of these stands there.
    pub(super) fn any<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| self.0.contains(name))
    }

    /// The import of maps, if there are any.
    pub(super) fn maps(&self) -> TokenStream {
        if self.0.contains("BTreeMap") {
            quote!(
                use std::collections::BTreeMap;
            )
        } else {
            TokenStream::new()
        }
    }

    /// The import of those of the runtime's names that stand there.
    pub(super) fn runtime<'a>(&self, names: impl Iterator<Item = &'a str>) -> TokenStream {
        let mut used: Vec<&str> = names.filter(|name| self.0.contains(*name)).collect();
        used.sort_unstable();
        let used: Vec<_> = used.iter().map(|name| format_ident!("{}", name)).collect();
        match used.as_slice() {
            [] => TokenStream::new(),
            [one] => quote!(use linchpin_runtime::#one;),
            several => quote!(use linchpin_runtime::{#(#several),*};),
        }
    }
}
