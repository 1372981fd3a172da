//! Operations as methods of the client: required arguments in place, the rest in one plain struct. A method only puts its arguments into a
//! request; the runtime sends it.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Media, Operation, Parameter, Types};
use crate::plan::OperationPlan;

use super::bodies::{Given, given, unique};
use super::docs::{docs, docs_with};
use super::names::{operation_static, operation_type};
use super::previous::Home;
use super::responses;
use super::rust_type::{argument_type, bare, word};

/// The methods of one operation, and the structs that they take.
pub(super) struct Rendered {
    pub(super) methods: Vec<TokenStream>,
    pub(super) items: Vec<TokenStream>,
}

/// One of an operation's methods: they differ in their bodies only.
struct Method<'o> {
    name: &'o str,
    docs: TokenStream,
    /// Makes the builder.
    builder: TokenStream,
    /// The body's argument, and the statement that puts it into the request.
    body: Option<(TokenStream, TokenStream)>,
}

pub(super) fn operation(
    types: &Types,
    operation: &Operation,
    plan: &OperationPlan,
    module: &str,
    home: &Home,
) -> Rendered {
    let suffix = suffix(plan);
    let module = format_ident!("{}", module);
    let operation_static = operation_static(operation);
    let optional: Vec<(usize, &Parameter)> =
        operation.parameters.iter().enumerate().filter(|(_, parameter)| !parameter.required).collect();
    let bodies = &operation.bodies;
    let first = bodies.body.as_ref().map(|body| (body, given(types, operation, body, suffix)));
    // The struct of parameters is shared by all methods, so a body stands in it only where there is one method.
    let in_params = first.as_ref().filter(|(body, _)| !body.required && bodies.others.is_empty());
    let has_params = !optional.is_empty() || in_params.is_some();
    let struct_name = has_params.then(|| word(&unique(types, operation_type(operation, "Params"))));
    let body = match (&first, in_params) {
        (Some((body, given)), None) if body.required => Some((given.argument.clone(), given.set.clone())),
        (Some((_, given)), None) => {
            let set = &given.set;
            Some((given.optional_argument.clone(), quote!(if let Some(body) = body { #set })))
        }
        _ => None,
    };
    let own = Method {
        name: &operation.name,
        docs: operation_docs(types, operation, home),
        builder: quote!(RequestBuilder::new(&contract::#module::#operation_static)),
        body,
    };
    let mut items = Vec::new();
    if let Some(name) = &struct_name {
        items.push(params(types, operation, name, &optional, in_params.map(|(_, given)| given), suffix));
    }
    let mut methods = vec![method(types, operation, plan, struct_name.as_ref(), &own)];
    for (index, other) in bodies.others.iter().enumerate() {
        let given = given(types, operation, &other.body, suffix);
        let index = Literal::usize_unsuffixed(index);
        let what = match other.body.content.media {
            Media::Multipart => "a body of parts, files among them",
            Media::Text => "a text as its body",
            _ => "bytes as its body",
        };
        let lines = [
            format!(" As [`Client::{}{suffix}`], with {what}.", operation.name),
            String::new(),
            super::docs::call(operation),
        ];
        let further = Method {
            name: &other.name,
            docs: quote!(#(#[doc = #lines])*),
            builder: quote!(RequestBuilder::with_other_body(&contract::#module::#operation_static, #index)),
            body: Some((given.argument, given.set)),
        };
        methods.push(method(types, operation, plan, struct_name.as_ref(), &further));
        items.extend(given.item);
    }
    items.extend(first.and_then(|(_, given)| given.item));
    Rendered { methods, items }
}

/// What the names of an operation's methods end in.
fn suffix(plan: &OperationPlan) -> &str {
    plan.kept.as_ref().map_or("", |kept| kept.suffix.as_str())
}

fn method(
    types: &Types,
    operation: &Operation,
    plan: &OperationPlan,
    params: Option<&Ident>,
    method: &Method<'_>,
) -> TokenStream {
    let required: Vec<(usize, &Parameter)> =
        operation.parameters.iter().enumerate().filter(|(_, parameter)| parameter.required).collect();
    let arguments = required.iter().map(|(_, parameter)| {
        let (name, kind) = (argument(&parameter.ident), argument_type(types, parameter));
        quote!(#name: #kind)
    });
    let sets = required.iter().map(|(index, parameter)| {
        let (index, name) = (Literal::usize_unsuffixed(*index), argument(&parameter.ident));
        quote!(request.set(#index, &#name);)
    });
    let (body_argument, body_set) = match &method.body {
        Some((kind, set)) => (Some(quote!(body: #kind)), Some(set)),
        None => (None, None),
    };
    let params_argument = params.map(|name| quote!(params: &#name));
    let params_set = params.map(|_| quote!(params.set(&mut request);));
    let returned = responses::returned(types, operation, plan);
    let arguments =
        std::iter::once(quote!(&self)).chain(arguments).chain(body_argument).chain(params_argument);
    let name = word(&format!("{}{}", method.name, suffix(plan)));
    let (docs, builder) = (&method.docs, &method.builder);
    let deprecated = match &plan.kept {
        Some(kept) => {
            let note = &kept.note;
            Some(quote!(#[deprecated(note = #note)]))
        }
        None => operation.deprecated.then(|| quote!(#[deprecated])),
    };
    let headers = plan.kept.iter().flat_map(|kept| &kept.headers);
    let headers: TokenStream = headers.map(|(name, value)| quote!(.header(#name, #value))).collect();
    // Where nothing is set the request needs no name of its own.
    let statements = if required.is_empty() && params.is_none() && body_set.is_none() {
        let started = returned.started(builder);
        quote!(#started #headers)
    } else {
        let started = returned.started(&quote!(request));
        quote! {
            let mut request = #builder;
            #(#sets)*
            #body_set
            #params_set
            #started #headers
        }
    };
    let returned = &returned.kind;
    quote! {
        #docs
        #deprecated
        pub fn #name(#(#arguments),*) -> #returned {
            #statements
        }
    }
}

fn operation_docs(types: &Types, operation: &Operation, home: &Home) -> TokenStream {
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
    let other_types = other_types(operation);
    let outcome = responses::docs(types, operation, home);
    quote!(#text #break_line #[doc = #call] #other_types #outcome)
}

/// The media types of its body that carry nothing else than the one that is sent.
fn other_types(operation: &Operation) -> Option<TokenStream> {
    let left_out = &operation.bodies.left_out;
    let names: Vec<String> = left_out.iter().map(|name| super::docs::code(name).trim().to_owned()).collect();
    if names.is_empty() {
        return None;
    }
    let body = operation.bodies.body.as_ref()?;
    let sent = super::docs::code(&body.content.media_type);
    let lines =
        super::docs::lines(&format!("The body is sent as{sent}; the API also takes {}.", names.join(", ")));
    let lines = lines.iter().map(|line| format!(" {line}"));
    Some(quote!(#[doc = ""] #(#[doc = #lines])*))
}

fn params(
    types: &Types,
    operation: &Operation,
    name: &Ident,
    optional: &[(usize, &Parameter)],
    body: Option<&Given>,
    suffix: &str,
) -> TokenStream {
    let fields = optional.iter().map(|(_, parameter)| {
        let (ident, kind) = (word(&parameter.ident), bare(types, parameter.type_ref));
        let docs = docs_with(parameter.description.as_deref(), &parameter.remarks);
        let deprecated = parameter.deprecated.then(|| quote!(#[deprecated]));
        quote!(#docs #deprecated pub #ident: Option<#kind>,)
    });
    let sets = optional.iter().map(|(index, parameter)| {
        let (index, ident) = (Literal::usize_unsuffixed(*index), word(&parameter.ident));
        quote!(request.set(#index, &self.#ident);)
    });
    let body_name = body_field(optional);
    let body_field = body.map(|given| {
        let kind = &given.field;
        quote!(#[doc = " The request's body."] pub #body_name: Option<#kind>,)
    });
    let body_set = body.map(|given| {
        let set = &given.set_by_reference;
        quote!(if let Some(body) = &self.#body_name { #set })
    });
    let doc = format!(" What may be given to [`Client::{}{suffix}`].", operation.name);
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
