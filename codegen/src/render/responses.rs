//! What a method gives: its return type, the runtime's function that starts the call, and what its documentation says of errors and headers.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Content, Media, Operation, ResponseBodies, TypeRef, Types};
use crate::plan::OperationPlan;

use super::previous::Home;
use super::rust_type::rust_type;

/// What a method gives.
pub(super) struct Returned {
    /// Its return type.
    pub(super) kind: TokenStream,
    /// The runtime's function that starts the call.
    start: Ident,
    /// The runtime's function that adds a sequence of items to the call.
    items: Option<Ident>,
}

impl Returned {
    /// The expression that starts the call.
    pub(super) fn started(&self, request: &TokenStream) -> TokenStream {
        let start = &self.start;
        match &self.items {
            Some(items) => quote!(self.0.#items(self.0.#start(#request))),
            None => quote!(self.0.#start(#request)),
        }
    }
}

pub(super) fn returned(types: &Types, operation: &Operation, plan: &OperationPlan) -> Returned {
    let main = operation.success().and_then(|response| response.content.as_ref());
    if let (Some(paging), Some(main)) = (&plan.paging, main.filter(|content| content.media == Media::Json)) {
        let optional = matches!(operation.outcome.success, ResponseBodies::One { optional: true, .. });
        let (page, _) = of_content(types, main, optional);
        let record = paging.record.map_or_else(|| quote!(Value), |record| rust_type(types, record));
        let start = format_ident!("paged_call");
        return Returned { kind: quote!(PagedCall<#page, #record>), start, items: None };
    }
    let (value, start, items) = match operation.outcome.success {
        ResponseBodies::None => (quote!(()), "empty_call", None),
        ResponseBodies::Mixed => (quote!(Bytes), "bytes_call", None),
        ResponseBodies::ByStatus(union) => (rust_type(types, union), "status_call", None),
        ResponseBodies::One { response, optional } => {
            let response = operation.responses.get(response);
            match response.and_then(|response| response.content.as_ref()) {
                Some(content) => {
                    let (value, start) = of_content(types, content, optional);
                    (value, start, response.and_then(|response| response.items.as_ref()))
                }
                None => (quote!(()), "empty_call", None),
            }
        }
    };
    let start = format_ident!("{}", start);
    match items.map(|items| item(types, items)) {
        Some((item, is_data)) => Returned {
            kind: quote!(linchpin_runtime::StreamedCall<#value, #item>),
            start,
            items: Some(format_ident!("{}", if is_data { "or_events" } else { "or_items" })),
        },
        None => Returned { kind: quote!(Call<#value>), start, items: None },
    }
}

/// The value of a body, and the runtime's function that starts the call for it.
fn of_content(types: &Types, content: &Content, optional: bool) -> (TokenStream, &'static str) {
    match content.media {
        // A text or bytes without content are what an answer without a body gives.
        Media::Text => (quote!(String), "text_call"),
        Media::Bytes | Media::Multipart => (quote!(Bytes), "bytes_call"),
        Media::Json | Media::Form => {
            let nullable = content.type_ref.nullable || optional;
            (rust_type(types, TypeRef { nullable, ..content.type_ref }), "json_call")
        }
        Media::JsonLines | Media::JsonSequence | Media::EventStream { .. } => {
            let (item, is_data) = item(types, content);
            let start = if is_data { "events_call" } else { "items_call" };
            (quote!(linchpin_runtime::Items<#item>), start)
        }
    }
}

/// The type of an item, and whether the content describes the data of events and not whole items.
fn item(types: &Types, content: &Content) -> (TokenStream, bool) {
    let item = rust_type(types, content.type_ref);
    match content.media {
        // The runtime's names stand in full here: `Event` and `Items` are names that APIs have too.
        Media::EventStream { by_item } if !types.is_event(content.type_ref.id, by_item) => {
            (quote!(linchpin_runtime::Event<#item>), true)
        }
        _ => (item, false),
    }
}

/// What the bodies of refused calls and the headers of all answers can be decoded to.
pub(super) fn docs(types: &Types, operation: &Operation, home: &Home) -> TokenStream {
    let root = &home.text;
    let name = |used: TypeRef| types.name_in(used).map(str::to_owned);
    let error = match operation.outcome.error {
        ResponseBodies::ByStatus(union) => name(union).map(|name| {
            format!(" `Error::typed` gives the body of a refused call as [`{name}`]({root}::types::{name}).")
        }),
        ResponseBodies::One { response, .. } => operation
            .responses
            .get(response)
            .and_then(|response| response.content.as_ref())
            .filter(|content| content.media == Media::Json)
            .and_then(|content| name(content.type_ref))
            .map(|name| {
                format!(
                    " `Error::decode` gives the body of a refused call as [`{name}`]({root}::types::{name})."
                )
            }),
        ResponseBodies::None | ResponseBodies::Mixed => None,
    };
    let error = error.map(|line| quote!(#[doc = ""] #[doc = " # Errors"] #[doc = #line]));
    let headers = operation.outcome.headers.and_then(name).map(|name| {
        let line = format!(" `Response::declared_headers` gives them as [`{name}`]({root}::types::{name}).");
        quote!(#[doc = ""] #[doc = " # Headers"] #[doc = #line])
    });
    quote!(#headers #error)
}
