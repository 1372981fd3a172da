//! Streams as methods: each gives its records, typed.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::names::{Use, idents};
use crate::plan::Plan;

use super::docs::docs;
use super::layout::Layout;
use super::rust_type::rust_type;

/// The methods of `Streams`.
pub(super) fn methods(plan: &Plan, layout: &Layout) -> TokenStream {
    let names = idents(plan.streams.iter().map(|stream| stream.name.as_str()), Use::Value);
    let methods = plan.streams.iter().filter_map(|stream| {
        let operation = plan.api.operations.get(stream.operation)?;
        let feature = layout.module(&operation.tag);
        let name = format_ident!("{}", names.get(stream.name.as_str())?);
        let record = rust_type(&plan.api.types, stream.record);
        let text = &stream.name;
        let docs = docs(&stream.description);
        let call = super::docs::call(operation);
        let enabled = super::contract::source::enabled(plan, stream, feature, layout);
        Some(quote! {
            #docs
            #[doc = ""]
            #[doc = #call]
            #enabled
            pub fn #name(&self) -> Records<#record> {
                self.0.stream(#text)
            }
        })
    });
    quote!(#(#methods)*)
}
