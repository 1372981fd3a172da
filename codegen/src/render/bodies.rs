//! Request bodies: what a method takes, how it puts that into the request, and a plain struct for a body of parts.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use crate::model::{Body, Media, Operation, Part, Several, Types};

use super::docs::docs;
use super::names::operation_type;
use super::rust_type::{bare, rust_type, word};

/// How a body is given to a method.
pub(super) struct Given {
    /// Type of the argument.
    pub(super) argument: TokenStream,
    /// Type of the argument where it may be missing.
    pub(super) optional_argument: TokenStream,
    /// Type of the field that holds it.
    pub(super) field: TokenStream,
    /// Puts what is called `body` into the request, which is an owned builder.
    pub(super) set: TokenStream,
    /// The same where `request` is a reference to the builder.
    pub(super) set_by_reference: TokenStream,
    /// The struct of its parts.
    pub(super) item: Option<TokenStream>,
}

/// How a body of an operation is given, whose methods' names end in `suffix`.
pub(super) fn given(types: &Types, operation: &Operation, body: &Body, suffix: &str) -> Given {
    let by_reference = |kind: TokenStream, set: TokenStream| Given {
        argument: quote!(&#kind),
        optional_argument: quote!(Option<&#kind>),
        field: kind,
        set_by_reference: set.clone(),
        set,
        item: None,
    };
    match body.content.media {
        Media::Json | Media::Form => {
            by_reference(rust_type(types, body.content.type_ref), quote!(request.body(body);))
        }
        Media::Multipart if body.parts.is_empty() => {
            by_reference(quote!(Multipart), quote!(request.parts(body);))
        }
        Media::Multipart => {
            let name = word(&unique(types, operation_type(operation, "Parts")));
            let item = parts(types, operation, body, &name, suffix);
            Given {
                set_by_reference: quote!(body.set(request);),
                item: Some(item),
                ..by_reference(quote!(#name), quote!(body.set(&mut request);))
            }
        }
        _ => Given {
            argument: quote!(impl Into<Upload>),
            optional_argument: quote!(Option<Upload>),
            field: quote!(Upload),
            set: quote!(request.upload(body);),
            set_by_reference: quote!(request.upload(body);),
            item: None,
        },
    }
}

/// A name that no type has.
pub(super) fn unique(types: &Types, mut name: String) -> String {
    while types.iter().any(|(_, known)| known.names().any(|known| known == name)) {
        name.push_str("Of");
    }
    name
}

/// The struct of a body's parts.
fn parts(types: &Types, operation: &Operation, body: &Body, name: &Ident, suffix: &str) -> TokenStream {
    let fields = body.parts.iter().map(|part| {
        let (ident, kind) = (word(&part.ident), part_type(types, part));
        let docs = part.description.as_deref().map(docs);
        let deprecated = part.deprecated.then(|| quote!(#[deprecated]));
        quote!(#docs #deprecated pub #ident: #kind,)
    });
    let sets = body.parts.iter().enumerate().map(|(index, part)| {
        let (index, ident) = (Literal::usize_unsuffixed(index), word(&part.ident));
        match part.file {
            Some(_) => quote!(request.files(#index, &self.#ident);),
            None => quote!(request.part(#index, &self.#ident);),
        }
    });
    let further = body.open.then(|| further_name(body));
    let further_field = further.as_ref().map(|name| {
        quote! {
            #[doc = " Parts that the document does not name."]
            pub #name: Multipart,
        }
    });
    let further_set = further.as_ref().map(|name| quote!(request.parts(&self.#name);));
    let doc = format!(" The parts of a body of [`Client::{}{suffix}`].", method(operation, body));
    // Enums have no default of their own, so a struct that needs one starts as its wiring would start it.
    let derived = body.parts.iter().all(|part| !part.required || part.file.is_some());
    let derive = derived.then(|| quote!(, Default));
    let secret = body.parts.iter().any(|part| part.secret);
    let shown = (!secret).then(|| quote!(, Debug));
    let text = name.to_string();
    let debug = secret.then(|| {
        quote! {
            impl std::fmt::Debug for #name {
                fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    formatter.debug_struct(#text).finish_non_exhaustive()
                }
            }
        }
    });
    let default = (!derived).then(|| {
        let idents = body.parts.iter().map(|part| word(&part.ident)).chain(further.clone());
        quote! {
            impl Default for #name {
                fn default() -> Self {
                    use linchpin_runtime::wire::blank;
                    Self { #(#idents: blank()),* }
                }
            }
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone #shown #derive, PartialEq)]
        pub struct #name {
            #(#fields)*
            #further_field
        }

        #default
        #debug

        impl #name {
            fn set(&self, request: &mut RequestBuilder) {
                #(#sets)*
                #further_set
            }
        }
    }
}

/// The method that takes a body.
fn method<'o>(operation: &'o Operation, body: &Body) -> &'o str {
    let other = operation.bodies.others.iter().find(|other| std::ptr::eq(&other.body, body));
    other.map_or(&operation.name, |other| &other.name)
}

fn part_type(types: &Types, part: &Part) -> TokenStream {
    match (part.file, part.required) {
        (Some(Several::Yes), _) => quote!(Vec<Upload>),
        (Some(Several::No), true) => quote!(Upload),
        (Some(Several::No), false) => quote!(Option<Upload>),
        (None, true) => rust_type(types, part.type_ref),
        (None, false) => {
            let kind = bare(types, part.type_ref);
            quote!(Option<#kind>)
        }
    }
}

/// The field that holds parts without a field.
fn further_name(body: &Body) -> Ident {
    let mut name = "further_parts".to_owned();
    while body.parts.iter().any(|part| part.ident == name) {
        name.push('_');
    }
    word(&name)
}
