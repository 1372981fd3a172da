//! Types as a reader of the crate sees them: plain structs and enums. How they are read and written stands apart, in `wire`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{Object, Type, TypeId, TypeKind, Types, Union, VariantTest};

use super::docs::docs;
use super::names::type_name;
use super::rust_type::{bare, field_type, rust_type, word};

/// One named type, and the names that other places give it.
pub(super) fn item(types: &Types, id: TypeId) -> TokenStream {
    let name = type_name(types, id);
    let aliases = types.get(id).aliases().map(|alias| format_ident!("{}", alias));
    let item = one(types, id, &name);
    quote!(#item #(pub type #aliases = #name;)*)
}

fn one(types: &Types, id: TypeId, name: &proc_macro2::Ident) -> TokenStream {
    let found = types.get(id);
    let head = head(found);
    match &found.kind {
        TypeKind::Object(object) => {
            let body = fields(types, object);
            quote! {
                #head
                #[derive(Clone, PartialEq)]
                pub struct #name { #body }
            }
        }
        TypeKind::Enum(values) => {
            let variants = values.iter().map(|value| {
                let name = word(&value.ident);
                let text = super::docs::code(&value.value);
                quote! {
                    #[doc = #text]
                    #name,
                }
            });
            quote! {
                #head
                #[derive(Clone, PartialEq, Eq, Hash)]
                pub enum #name {
                    #(#variants)*
                    #[doc = " A text that the document does not list, kept as it came."]
                    Unknown(String),
                }
            }
        }
        TypeKind::Union(union) => union_item(types, union, &head, name),
        _ => TokenStream::new(),
    }
}

fn head(found: &Type) -> TokenStream {
    let docs = found.description.as_deref().map(docs);
    let deprecated = found.deprecated.then(|| quote!(#[deprecated]));
    quote!(#docs #deprecated)
}

fn fields(types: &Types, object: &Object) -> TokenStream {
    let fields = object.fields.iter().map(|field| {
        let name = word(&field.ident);
        let docs = field.description.as_deref().map(docs);
        let deprecated = field.deprecated.then(|| quote!(#[deprecated]));
        let kind = field_type(types, field);
        quote!(#docs #deprecated pub #name: #kind,)
    });
    let additional = object.additional.map(|value| {
        let name = additional_name(object);
        let value = rust_type(types, value);
        quote! {
            #[doc = " Keys beside these fields."]
            pub #name: BTreeMap<String, #value>,
        }
    });
    quote!(#(#fields)* #additional)
}

/// The field that holds other keys.
pub(super) fn additional_name(object: &Object) -> proc_macro2::Ident {
    let taken = |name: &str| object.fields.iter().any(|field| field.ident == name);
    let mut name = "additional".to_owned();
    while taken(&name) {
        name.push('_');
    }
    format_ident!("{}", name)
}

fn union_item(types: &Types, union: &Union, head: &TokenStream, name: &proc_macro2::Ident) -> TokenStream {
    let variants = union.variants.iter().map(|variant| {
        let name = word(&variant.ident);
        if let VariantTest::Status { from, to, .. } = variant.test {
            let (doc, kind) = (status_doc(from, to), variant_type(types, variant));
            return if variant.is_empty() {
                quote!(#[doc = #doc] #name,)
            } else {
                quote!(#[doc = #doc] #name(#kind),)
            };
        }
        let kind = variant_type(types, variant);
        let text = types.get(variant.type_ref.id).description.as_deref().and_then(|text| text.lines().next());
        let docs = text.map(docs);
        quote!(#docs #name(#kind),)
    });
    quote! {
        #head
        #[derive(Clone, PartialEq)]
        pub enum #name {
            #(#variants)*
            #[doc = " A value that is none of these, kept as it came."]
            Unknown(Value),
        }
    }
}

/// The statuses of a variant.
fn status_doc(from: u16, to: u16) -> String {
    match (from, to) {
        (0, _) => " Any other status.".to_owned(),
        (from, to) if from == to => format!(" {from}"),
        (from, _) => format!(" {}XX", from / 100),
    }
}

/// What a variant holds.
fn variant_type(types: &Types, variant: &crate::model::Variant) -> TokenStream {
    let kind = if variant.boxed { bare(types, variant.type_ref) } else { rust_type(types, variant.type_ref) };
    match (variant.boxed, variant.type_ref.nullable) {
        (true, true) => quote!(Option<Box<#kind>>),
        (true, false) => quote!(Box<#kind>),
        (false, _) => kind,
    }
}
