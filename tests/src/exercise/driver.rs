//! A program that uses a generated crate as any user could: only what the crate makes public. It is written from what the crate's own files
//! say, so that no name is assumed.

use std::collections::{BTreeMap, BTreeSet};

use linchpin_codegen::generate::Connector;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{FnArg, ImplItem, Item, Type, UseTree, Visibility};

/// What else the program stands on, as lines of its `Cargo.toml`.
pub const DEPENDENCIES: &str = "serde_json = { version = \"1\", features = [\"raw_value\", \"float_roundtrip\"] }\n\
                                tokio = { version = \"1\", features = [\"rt\"] }\n";

/// The files of a generated crate as syntax.
#[derive(Debug)]
pub struct Surface {
    crate_name: String,
    /// What the crate's files take from the runtime and the standard library.
    imports: BTreeSet<(String, String)>,
    /// Methods of `Client` with their arguments.
    pub methods: BTreeMap<String, Method>,
    /// Public fields of the structs beside the methods.
    pub structs: BTreeMap<String, Vec<(String, TokenStream)>>,
}

/// A method of a generated client.
#[derive(Clone, Debug)]
pub struct Method {
    /// Its arguments without `self`, in order.
    pub arguments: Vec<(String, TokenStream)>,
}

impl Surface {
    /// Reads the files of a crate.
    pub fn of(connector: &Connector) -> Self {
        let mut surface = Self {
            crate_name: format!("linchpin_{}", connector.name.replace('-', "_")),
            imports: BTreeSet::new(),
            methods: BTreeMap::new(),
            structs: BTreeMap::new(),
        };
        for (path, text) in &connector.files {
            let of_operations = path.starts_with("src/operations/");
            if !path.ends_with(".rs") || !(of_operations || path.starts_with("src/types/")) {
                continue;
            }
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            for item in file.items {
                match item {
                    Item::Use(found) => surface.import("", &found.tree),
                    Item::Impl(found) if of_operations && found.trait_.is_none() => surface.methods_of(&found),
                    Item::Struct(found) if of_operations => surface.fields_of(found),
                    _ => {}
                }
            }
        }
        surface
    }

    fn import(&mut self, from: &str, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                let from = if from.is_empty() { path.ident.to_string() } else { format!("{from}::{}", path.ident) };
                self.import(&from, &path.tree);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(from, tree)),
            UseTree::Name(name) if from == "linchpin_runtime" || from.starts_with("std::") => {
                self.imports.insert((from.to_owned(), name.ident.to_string()));
            }
            _ => {}
        }
    }

    fn methods_of(&mut self, block: &syn::ItemImpl) {
        if !matches!(&*block.self_ty, Type::Path(path) if path.path.is_ident("Client")) {
            return;
        }
        for item in &block.items {
            let ImplItem::Fn(method) = item else { continue };
            let arguments = method.sig.inputs.iter().filter_map(|argument| match argument {
                FnArg::Typed(argument) => {
                    let syn::Pat::Ident(name) = &*argument.pat else { return None };
                    Some((name.ident.to_string(), argument.ty.to_token_stream()))
                }
                FnArg::Receiver(_) => None,
            });
            let method_arguments = Method { arguments: arguments.collect() };
            self.methods.insert(method.sig.ident.to_string(), method_arguments);
        }
    }

    fn fields_of(&mut self, item: syn::ItemStruct) {
        let public = item.fields.into_iter().filter(|field| matches!(field.vis, Visibility::Public(_)));
        let fields = public.filter_map(|field| Some((field.ident?.to_string(), field.ty.to_token_stream())));
        self.structs.insert(item.ident.to_string(), fields.collect());
    }

    /// The `use` lines under which the crate's own types can be written.
    fn prelude(&self) -> TokenStream {
        let crate_name = format_ident!("{}", self.crate_name);
        let imports = self.imports.iter().map(|(from, name)| {
            let name = format_ident!("{}", name);
            let path: syn::Path = syn::parse_str(from).expect("a path");
            match from.starts_with("std::") {
                true => quote!(use #path::#name;),
                false => quote!(use #crate_name::#path::#name;),
            }
        });
        quote! {
            use #crate_name::linchpin_runtime::serde::{Serialize, de::DeserializeOwned};
            #[allow(unused_imports)]
            use #crate_name::types::*;
            #(#[allow(unused_imports)] #imports)*
        }
    }

    /// The program that takes JSON through types: its argument is a file with a type's number, a tab and a JSON value on each line; for each
    /// it prints `=` and what came back, or `!` and why nothing did.
    pub fn round_trip(&self, types: &[TokenStream]) -> String {
        let prelude = self.prelude();
        text(quote! {
            #![allow(deprecated)]
            #prelude

            fn through<T: DeserializeOwned + Serialize>(text: &str) -> Result<String, serde_json::Error> {
                serde_json::to_string(&serde_json::from_str::<T>(text)?)
            }

            type Through = fn(&str) -> Result<String, serde_json::Error>;

            static TYPES: &[Through] = &[#(through::<#types>),*];

            fn main() {
                let path = std::env::args().nth(1).expect("a file");
                let input = std::fs::read_to_string(path).expect("text");
                let mut output = String::new();
                for line in input.lines() {
                    let (number, json) = line.split_once('\t').expect("a number and a value");
                    let number: usize = number.parse().expect("a number");
                    match TYPES[number](json) {
                        Ok(json) => output.extend(["=", &json, "\n"]),
                        Err(error) => output.extend(["!", &error.to_string().replace('\n', " "), "\n"]),
                    }
                }
                print!("{output}");
            }
        })
    }
}

fn text(tokens: TokenStream) -> String {
    let file = syn::parse2(tokens).unwrap_or_else(|error| panic!("the program is no Rust: {error}"));
    prettyplease::unparse(&file)
}
