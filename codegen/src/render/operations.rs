//! Operations as methods of the client: required arguments in place, the rest in one plain struct. A method only puts its arguments into a
//! request; the runtime sends it.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Media, Operation, Parameter, Types};
use crate::plan::OperationPlan;

use super::docs::docs;
use super::names::{operation_static, params_name};
use super::responses;
use super::rust_type::{argument_type, bare, rust_type, word};

/// The method and the parameter struct of one operation.
pub(super) struct Rendered {
    pub(super) method: TokenStream,
    pub(super) params: Option<TokenStream>,
}

pub(super) fn operation(
    types: &Types,
    operation: &Operation,
    plan: &OperationPlan,
    module: &str,
) -> Rendered {
    let name = word(&operation.name);
    let module = format_ident!("{}", module);
    let operation_static = operation_static(operation);
    let required: Vec<(usize, &Parameter)> =
        operation.parameters.iter().enumerate().filter(|(_, parameter)| parameter.required).collect();
    let optional: Vec<(usize, &Parameter)> =
        operation.parameters.iter().enumerate().filter(|(_, parameter)| !parameter.required).collect();
    let arguments = required.iter().map(|(_, parameter)| {
        let (name, kind) = (argument(&parameter.ident), argument_type(types, parameter));
        quote!(#name: #kind)
    });
    let sets = required.iter().map(|(index, parameter)| {
        let (index, name) = (Literal::usize_unsuffixed(*index), argument(&parameter.ident));
        quote!(request.set(#index, &#name);)
    });
    let body = operation.body.as_ref();
    let body_type = body.map(|body| match body.content.media {
        Media::Json | Media::Form => rust_type(types, body.content.type_ref),
        Media::Text => quote!(str),
        _ => quote!(Bytes),
    });
    let body_argument =
        body.filter(|body| body.required).and(body_type.as_ref()).map(|kind| quote!(body: &#kind));
    let body_set = body.map(|body| set_body(body.content.media));
    let optional_body = body.filter(|body| !body.required);
    let struct_name = word(&unique_params_name(types, operation));
    let has_params = !optional.is_empty() || optional_body.is_some();
    let params_argument = has_params.then(|| quote!(params: &#struct_name));
    let params_set = has_params.then(|| quote!(params.set(&mut request);));
    let (required_body_set, optional_body_set) =
        if optional_body.is_some() { (None, body_set) } else { (body_set, None) };
    let returned = responses::returned(types, operation, plan);
    let arguments =
        std::iter::once(quote!(&self)).chain(arguments).chain(body_argument).chain(params_argument);
    let docs = operation_docs(types, operation);
    let deprecated = operation.deprecated.then(|| quote!(#[deprecated]));
    // Where nothing is set the request needs no name of its own.
    let statements = if required.is_empty() && !has_params && required_body_set.is_none() {
        returned.started(&quote!(RequestBuilder::new(&contract::#module::#operation_static)))
    } else {
        let started = returned.started(&quote!(request));
        quote! {
            let mut request = RequestBuilder::new(&contract::#module::#operation_static);
            #(#sets)*
            #required_body_set
            #params_set
            #started
        }
    };
    let returned = &returned.kind;
    let method = quote! {
        #docs
        #deprecated
        pub fn #name(#(#arguments),*) -> #returned {
            #statements
        }
    };
    let params = has_params.then(|| {
        params(types, operation, &struct_name, &optional, optional_body.and(body_type), optional_body_set)
    });
    Rendered { method, params }
}

fn unique_params_name(types: &Types, operation: &Operation) -> String {
    let mut name = params_name(operation);
    while types.iter().any(|(_, known)| known.name.as_deref() == Some(name.as_str())) {
        name.push_str("Of");
    }
    name
}

fn set_body(media: Media) -> TokenStream {
    match media {
        Media::Json | Media::Form => quote!(request.body(body);),
        Media::Text => quote!(request.text_body(body);),
        _ => quote!(request.bytes_body(body);),
    }
}

fn operation_docs(types: &Types, operation: &Operation) -> TokenStream {
    let mut text = String::new();
    for part in [&operation.summary, &operation.description].into_iter().flatten() {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        // Many documents repeat the summary as the description.
        if text.trim() != part.trim() {
            text.push_str(part);
        }
    }
    let call = super::docs::call(operation);
    let text = docs(text.trim());
    let break_line = (!text.is_empty()).then(|| quote!(#[doc = ""]));
    let outcome = responses::docs(types, operation);
    quote!(#text #break_line #[doc = #call] #outcome)
}

fn params(
    types: &Types,
    operation: &Operation,
    name: &Ident,
    optional: &[(usize, &Parameter)],
    body: Option<TokenStream>,
    body_set: Option<TokenStream>,
) -> TokenStream {
    let fields = optional.iter().map(|(_, parameter)| {
        let (ident, kind) = (word(&parameter.ident), bare(types, parameter.type_ref));
        let docs = parameter.description.as_deref().map(docs);
        let deprecated = parameter.deprecated.then(|| quote!(#[deprecated]));
        quote!(#docs #deprecated pub #ident: Option<#kind>,)
    });
    let sets = optional.iter().map(|(index, parameter)| {
        let (index, ident) = (Literal::usize_unsuffixed(*index), word(&parameter.ident));
        quote!(request.set(#index, &self.#ident);)
    });
    let body_name = body_field(optional);
    let body_field = body.map(|kind| {
        let kind = if kind.to_string() == "str" { quote!(String) } else { kind };
        quote!(#[doc = " The request's body."] pub #body_name: Option<#kind>,)
    });
    let body_set = body_set.map(|set| quote!(if let Some(body) = &self.#body_name { #set }));
    let doc = format!(" What may be given to [`Client::{}`].", operation.name);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct #name {
            #(#fields)*
            #body_field
        }

        impl #name {
            fn set(&self, request: &mut RequestBuilder) {
                #(#sets)*
                #body_set
            }
        }
    }
}

/// The field of an optional body, which shares its struct with the parameters.
fn body_field(optional: &[(usize, &Parameter)]) -> Ident {
    let mut name = "body".to_owned();
    while optional.iter().any(|(_, parameter)| parameter.ident == name) {
        name.push('_');
    }
    word(&name)
}

/// The name of a positional argument, which shares its scope with `body`, `params` and `call`.
fn argument(ident: &str) -> Ident {
    if matches!(ident, "body" | "params" | "request" | "contract") {
        format_ident!("{}_", ident)
    } else {
        word(ident)
    }
}
