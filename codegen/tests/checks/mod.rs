//! What every generated crate has to hold, seen without a compiler: its files are Rust in which nothing stands that the generator does not
//! write by itself, nothing is defined twice, and its paths are files on every system.

#![allow(unreachable_pub, reason = "the fuzz targets use it from a crate of their own")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin_codegen::render::Files;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{ImplItem, Item};

/// Attributes that the generator writes.
const ATTRIBUTES: [&str; 9] =
    ["allow", "cfg", "default", "deprecated", "derive", "doc", "forbid", "must_use", "non_exhaustive"];

/// What generated files use of the standard library.
const STANDARD: [&str; 3] = ["collections :: BTreeMap", "process :: ExitCode", "fmt"];

/// Names that Windows takes for devices, whatever ending follows.
const DEVICES: [&str; 10] = ["con", "prn", "aux", "nul", "com0", "com1", "com9", "lpt0", "lpt1", "lpt9"];

/// What is wrong with a crate; nothing, for one that is as it should be.
pub fn problems(files: &Files) -> Vec<String> {
    let mut problems = Vec::new();
    let mut folded = BTreeSet::new();
    let mut methods = BTreeSet::new();
    for (path, text) in files {
        if !is_portable(path) {
            problems.push(format!("{path:?} is no path that every system takes"));
        }
        if !folded.insert(path.to_ascii_lowercase()) {
            problems.push(format!("{path:?} is one file with another one where case does not count"));
        }
        if !path.ends_with(".rs") {
            continue;
        }
        if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
            problems.push(format!("{path} holds the character {hidden:?}"));
        }
        match text.parse::<TokenStream>() {
            Ok(tokens) => foreign(path, &tokens, &mut problems),
            Err(error) => problems.push(format!("{path} is no Rust: {error}")),
        }
        match syn::parse_file(text) {
            Ok(file) => twice(path, &file.items, &mut methods, &mut problems),
            Err(error) => problems.push(format!("{path} is no Rust: {error}")),
        }
    }
    problems
}

fn is_portable(path: &str) -> bool {
    path.split('/').all(|part| {
        let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
        !stem.is_empty()
            && !part.ends_with('.')
            && part.len() <= 200
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            && !DEVICES.contains(&stem.as_str())
    })
}

/// What an editor does not show, or shows in another order than the compiler reads.
fn is_hidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Attributes, macros and words that the generator never writes.
fn foreign(path: &str, tokens: &TokenStream, problems: &mut Vec<String>) {
    let mut open = vec![tokens.clone()];
    while let Some(stream) = open.pop() {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        for (at, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Group(group) => {
                    open.push(group.stream());
                    let is_attribute = group.delimiter() == Delimiter::Bracket
                        && before(&trees, at).is_some_and(|text| text == "#" || text == "!");
                    if is_attribute {
                        attribute(path, group.stream(), problems);
                    }
                }
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    if ["unsafe", "extern"].contains(&name.as_str()) {
                        problems.push(format!("{path} holds the keyword `{name}`"));
                    }
                    if ["std", "core", "alloc"].contains(&name.as_str()) {
                        let path_of: TokenStream = trees.iter().skip(at + 1).take(6).cloned().collect();
                        let used = path_of.to_string();
                        let foreign = used
                            .strip_prefix(":: ")
                            .is_some_and(|used| !STANDARD.iter().any(|known| used.starts_with(known)));
                        if foreign {
                            problems.push(format!("{path} uses `{name}{used}`"));
                        }
                    }
                    let is_macro = matches!(trees.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == '!')
                        && matches!(trees.get(at + 2), Some(TokenTree::Group(_)));
                    let of_runtime = at >= 3
                        && trees.get(at - 3).is_some_and(|tree| tree.to_string() == "linchpin_runtime");
                    if is_macro && name != "env" && !of_runtime {
                        problems.push(format!("{path} calls the macro `{name}`"));
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

fn before(trees: &[TokenTree], at: usize) -> Option<String> {
    trees.get(at.checked_sub(1)?).map(ToString::to_string)
}

fn attribute(path: &str, tokens: TokenStream, problems: &mut Vec<String>) {
    let shown = tokens.to_string();
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let name = trees.first().map(ToString::to_string).unwrap_or_default();
    if !ATTRIBUTES.contains(&name.as_str()) {
        problems.push(format!("{path} has the attribute {shown}"));
    }
    // `#[doc = include_str!(...)]` reads a file, `#[doc(...)]` says something to rustdoc.
    let is_text = matches!(trees.as_slice(), [_, TokenTree::Punct(_), TokenTree::Literal(_)]);
    if name == "doc" && !is_text {
        problems.push(format!("{path} has the attribute {shown}"));
    }
}

/// Items, fields, variants, arguments and methods that stand twice in their scope.
fn twice(path: &str, items: &[Item], methods: &mut BTreeSet<String>, problems: &mut Vec<String>) {
    let mut types = Scope::new(path, "type or module");
    let mut values = Scope::new(path, "function or static");
    for item in items {
        match item {
            Item::Struct(item) => {
                types.add(&item.ident);
                let mut fields = Scope::new(path, &format!("field of {}", item.ident));
                item.fields.iter().filter_map(|field| field.ident.as_ref()).for_each(|name| fields.add(name));
                problems.append(&mut fields.problems);
            }
            Item::Enum(item) => {
                types.add(&item.ident);
                let mut variants = Scope::new(path, &format!("variant of {}", item.ident));
                item.variants.iter().for_each(|variant| variants.add(&variant.ident));
                problems.append(&mut variants.problems);
            }
            Item::Type(item) => types.add(&item.ident),
            Item::Mod(item) => types.add(&item.ident),
            Item::Fn(item) => values.add(&item.sig.ident),
            Item::Static(item) => values.add(&item.ident),
            Item::Const(item) => values.add(&item.ident),
            Item::Impl(item) => {
                for function in item.items.iter().filter_map(|item| match item {
                    ImplItem::Fn(function) => Some(function),
                    _ => None,
                }) {
                    let name = &function.sig.ident;
                    let mut arguments = Scope::new(path, &format!("argument of {name}"));
                    for input in &function.sig.inputs {
                        if let syn::FnArg::Typed(typed) = input
                            && let syn::Pat::Ident(pattern) = &*typed.pat
                        {
                            arguments.add(&pattern.ident);
                        }
                    }
                    problems.append(&mut arguments.problems);
                    // The client's methods stand in a file for each tag.
                    let of = type_name(&item.self_ty);
                    if item.trait_.is_none() && !methods.insert(format!("{of}::{name}")) {
                        problems.push(format!("{path}: the method `{of}::{name}` is defined twice"));
                    }
                }
            }
            _ => {}
        }
    }
    problems.append(&mut types.problems);
    problems.append(&mut values.problems);
}

fn type_name(of: &syn::Type) -> String {
    match of {
        syn::Type::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
        _ => None,
    }
    .unwrap_or_default()
}

/// Names that must differ.
struct Scope {
    path: String,
    what: String,
    names: BTreeMap<String, usize>,
    problems: Vec<String>,
}

impl Scope {
    fn new(path: &str, what: &str) -> Self {
        Self { path: path.to_owned(), what: what.to_owned(), names: BTreeMap::new(), problems: Vec::new() }
    }

    fn add(&mut self, name: &syn::Ident) {
        let count = self.names.entry(name.to_string()).or_default();
        *count += 1;
        if *count == 2 {
            self.problems.push(format!("{}: `{name}` stands twice as {}", self.path, self.what));
        }
    }
}
