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
                    Item::Impl(found) if of_operations && found.trait_.is_none() => {
                        surface.methods_of(&found)
                    }
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
                let from =
                    if from.is_empty() { path.ident.to_string() } else { format!("{from}::{}", path.ident) };
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
            quote!(use #path::#name;)
        });
        quote! {
            use #crate_name::linchpin_runtime;
            use linchpin_runtime::serde::{Serialize, de::DeserializeOwned};
            #[allow(unused_imports)]
            use #crate_name::types::*;
            #(#[allow(unused_imports)] #imports)*
        }
    }

    /// The program. `values FILE` takes JSON through types: the file has a type's number, a tab and a JSON value on each line, and for each it
    /// prints `=` and what came back, or `!` and why nothing did. `calls FILE` calls methods with the arguments of each line in the same form,
    /// and prints a JSON object for each: `argument` for one that the method's type does not take, `error` for what went wrong, `sent` for whether
    /// the request left, and `body` of the answer.
    pub fn program(&self, types: &[TokenStream], calls: &[Call]) -> String {
        let prelude = self.prelude();
        let crate_name = format_ident!("{}", self.crate_name);
        let functions = calls.iter().enumerate().map(|(number, call)| self.call(number, call));
        let names = (0..calls.len()).map(|number| format_ident!("call_{}", number));
        text(quote! {
            #![allow(deprecated)]
            #prelude

            fn through<T: DeserializeOwned + Serialize>(text: &str) -> Result<String, serde_json::Error> {
                serde_json::to_string(&serde_json::from_str::<T>(text)?)
            }

            type Through = fn(&str) -> Result<String, serde_json::Error>;

            static TYPES: &[Through] = &[#(through::<#types>),*];

            struct Arguments(serde_json::Map<String, serde_json::Value>);

            impl Arguments {
                fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Failure> {
                    let value = self.0.remove(name).unwrap_or_default();
                    serde_json::from_value(value).map_err(|error| Failure::Argument(format!("{name}: {error}")))
                }

                fn maybe<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Failure> {
                    if self.0.contains_key(name) { self.take(name).map(Some) } else { Ok(None) }
                }
            }

            enum Failure {
                Argument(String),
                Call(linchpin_runtime::Error),
            }

            impl From<linchpin_runtime::Error> for Failure {
                fn from(error: linchpin_runtime::Error) -> Self {
                    Self::Call(error)
                }
            }

            type Called<'a> = std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

            #(#functions)*

            static CALLS: &[for<'a> fn(&'a #crate_name::Client, Arguments) -> Called<'a>] = &[#(#names),*];

            fn main() {
                let [mode, path] = [1, 2].map(|number| std::env::args().nth(number).expect("`values` or `calls`, and a file"));
                let input = std::fs::read_to_string(path).expect("text");
                let lines = input.lines().map(|line| {
                    let (number, json) = line.split_once('\t').expect("a number and a value");
                    (number.parse::<usize>().expect("a number"), json)
                });
                if mode == "values" { values(lines) } else { calls(lines) }
            }

            fn values<'a>(lines: impl Iterator<Item = (usize, &'a str)>) {
                for (number, json) in lines {
                    match TYPES[number](json) {
                        Ok(json) => println!("={json}"),
                        Err(error) => println!("!{}", error.to_string().replace('\n', " ")),
                    }
                }
            }

            fn calls<'a>(lines: impl Iterator<Item = (usize, &'a str)>) {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                let config = linchpin_runtime::Config::load(&#crate_name::CONTRACT, None).expect("a configuration");
                // What is refused is told, and not tried again.
                let client = linchpin_runtime::Client::builder(&#crate_name::CONTRACT)
                    .config(config)
                    .retry(linchpin_runtime::RetryPolicy::never())
                    .build()
                    .expect("a client");
                let client = #crate_name::Client::from_client(client);
                for (number, json) in lines {
                    let arguments = Arguments(serde_json::from_str(json).expect("arguments by their names"));
                    let told = match runtime.block_on(CALLS[number](&client, arguments)) {
                        Ok(()) => serde_json::json!({}),
                        Err(Failure::Argument(problem)) => serde_json::json!({ "argument": problem }),
                        Err(Failure::Call(error)) => serde_json::json!({
                            "error": error.to_string(),
                            "sent": format!("{:?}", error.sent()),
                            "body": String::from_utf8_lossy(error.body()),
                        }),
                    };
                    println!("{told}");
                }
            }
        })
    }

    /// The function that calls one method with arguments from JSON.
    fn call(&self, number: usize, call: &Call) -> TokenStream {
        let function = format_ident!("call_{}", number);
        let crate_name = format_ident!("{}", self.crate_name);
        let method = self.methods.get(&call.method).unwrap_or_else(|| panic!("no method `{}`", call.method));
        let method_name = ident(&call.method);
        let mut required = call.required.iter();
        let (mut lets, mut given) = (Vec::new(), Vec::new());
        for (index, (name, kind)) in method.arguments.iter().enumerate() {
            let local = format_ident!("argument_{}", index);
            let own = kind.to_string().trim_start_matches('&').trim().to_owned();
            if let Some(fields) = self.structs.get(&own).filter(|_| name == "params") {
                let struct_name = ident(&own);
                let sets = fields.iter().map(|(field, kind)| {
                    let (target, key) = (ident(field), field.trim_start_matches("r#"));
                    let key = if call.optional.iter().any(|known| known == key) { key } else { BODY };
                    match self.taken(kind, key, true) {
                        Some(value) => quote!(#local.#target = #value;),
                        None => quote!(),
                    }
                });
                lets.push(quote!(let mut #local = #crate_name::#struct_name::default(); #(#sets)*));
                given.push(quote!(&#local));
                continue;
            }
            let key = if name == BODY { BODY } else { required.next().unwrap_or(name) };
            let value = self.taken(kind, key, false);
            lets.push(quote!(let #local = #value;));
            given.push(if kind.to_string().starts_with('&') { quote!(&#local) } else { quote!(#local) });
        }
        quote! {
            #[allow(unused_mut, unused_variables)]
            fn #function<'a>(client: &'a #crate_name::Client, mut arguments: Arguments) -> Called<'a> {
                Box::pin(async move {
                    #(#lets)*
                    client.#method_name(#(#given),*).await?;
                    Ok(())
                })
            }
        }
    }

    /// An argument of that type from JSON. Bytes and files are taken from texts, a body of parts from an object.
    fn taken(&self, kind: &TokenStream, key: &str, optional: bool) -> Option<TokenStream> {
        let text = kind.to_string().replace(' ', "");
        let own = text.trim_start_matches('&');
        let own = own.strip_prefix("Option<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(own);
        let own = own.trim_start_matches('&');
        if let Some(fields) = self.structs.get(own) {
            let made = self.parts(own, fields);
            let made = quote!({ let mut arguments = Arguments(arguments.take(#key)?); #made });
            return Some(match optional {
                true => quote!(if arguments.0.contains_key(#key) { Some(#made) } else { None }),
                false => made,
            });
        }
        if own == "Multipart" {
            return (!optional).then(|| quote!(linchpin_runtime::Multipart::new()));
        }
        if own == "Vec<Upload>" {
            let all = quote!(arguments.maybe::<Vec<String>>(#key)?.unwrap_or_default());
            return Some(quote!(#all.into_iter().map(linchpin_runtime::Upload::from).collect()));
        }
        let from_text = match own {
            "Upload" | "implInto<Upload>" => Some(quote!(linchpin_runtime::Upload::from)),
            "Bytes" => Some(quote!(Bytes::from)),
            _ => None,
        };
        if let Some(from_text) = from_text {
            return Some(match optional {
                true => quote!(arguments.maybe::<String>(#key)?.map(#from_text)),
                false => quote!(#from_text(arguments.take::<String>(#key)?)),
            });
        }
        if optional {
            return Some(quote!(arguments.maybe(#key)?));
        }
        let borrowed: Type = syn::parse2(kind.clone()).expect("a type");
        let owned = match borrowed {
            Type::Reference(reference) => match *reference.elem {
                Type::Slice(slice) => {
                    let item = slice.elem;
                    quote!(Vec<#item>)
                }
                Type::Path(path) if path.path.is_ident("str") => quote!(String),
                other => other.to_token_stream(),
            },
            other => other.to_token_stream(),
        };
        Some(quote!(arguments.take::<#owned>(#key)?))
    }

    /// The struct of a body's parts from what `arguments` holds, by the names of its fields.
    fn parts(&self, name: &str, fields: &[(String, TokenStream)]) -> TokenStream {
        let (crate_name, name) = (format_ident!("{}", self.crate_name), ident(name));
        let sets = fields.iter().filter_map(|(field, kind)| {
            let (target, key) = (ident(field), field.trim_start_matches("r#"));
            let optional = kind.to_string().starts_with("Option");
            let value = self.taken(kind, key, optional)?;
            Some(quote!(if arguments.0.contains_key(#key) { made.#target = #value; }))
        });
        quote! {
            let mut made = #crate_name::#name::default();
            #(#sets)*
            made
        }
    }
}

/// Name of the argument that is the body.
pub const BODY: &str = "body";

/// A method to call, with the names by which its arguments are given.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Its parameters that have to be given, in order.
    pub required: Vec<String>,
    /// The others.
    pub optional: Vec<String>,
}

/// A name that may be a keyword.
fn ident(name: &str) -> syn::Ident {
    match name.strip_prefix("r#") {
        Some(raw) => format_ident!("r#{}", raw),
        None => format_ident!("{}", name),
    }
}

fn text(tokens: TokenStream) -> String {
    let file = syn::parse2(tokens).unwrap_or_else(|error| panic!("the program is no Rust: {error}"));
    prettyplease::unparse(&file)
}
