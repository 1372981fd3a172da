//! Old shapes of operations: each entry of the manifest's `previous` is a module with types, wiring, operations and contract of its own. The
//! methods are those of the one client; their names end in the entry's.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::names::{Use, ident};
use crate::plan::Previous;

use super::contract;
use super::layout::Layout;
use super::names::operation_static;

/// Where code stands in the crate: at its root, or in the module of old shapes.
pub(super) struct Home {
    /// Folder of the files.
    pub(super) folder: String,
    /// Path of the module.
    pub(super) path: TokenStream,
    /// The same as a text.
    pub(super) text: String,
    /// What the names of shapes begin with.
    pub(super) prefix: String,
    /// Brings in the client and the contract.
    pub(super) client: TokenStream,
}

impl Home {
    pub(super) fn root() -> Self {
        Self {
            folder: "src".to_owned(),
            path: quote!(crate),
            text: "crate".to_owned(),
            prefix: String::new(),
            client: quote!(
                use crate::{Client, contract};
            ),
        }
    }

    pub(super) fn of(previous: &Previous) -> Self {
        let name = ident(&previous.name, Use::Module);
        let module = format_ident!("{}", name);
        Self {
            folder: format!("src/previous/{name}"),
            path: quote!(crate::previous::#module),
            text: format!("crate::previous::{name}"),
            prefix: format!("{name}::"),
            client: quote!(
                use crate::Client;
                use crate::previous::#module::contract;
            ),
        }
    }
}

/// The files of old shapes.
pub(super) fn files(kept: &[(&Previous, Layout, Home)], code: &mut Vec<(String, TokenStream)>) {
    if kept.is_empty() {
        return;
    }
    let modules = kept.iter().map(|(previous, ..)| format_ident!("{}", ident(&previous.name, Use::Module)));
    code.push((
        "src/previous/mod.rs".into(),
        quote! {
            #![doc = " Old shapes of operations, kept for a time beside the new ones."]

            #(pub mod #modules;)*
        },
    ));
    for (previous, layout, home) in kept {
        let doc = format!(
            " Kept until {}. The methods are the client's; their names end in `_{}`.",
            previous.until, previous.name
        );
        code.push((
            format!("{}/mod.rs", home.folder),
            quote! {
                #![doc = #doc]

                pub mod contract;
                mod operations;
                pub mod types;
                mod wire;

                pub use contract::CONTRACT;
                #[allow(unused_imports)]
                pub use operations::*;
            },
        ));
        super::type_files(&previous.plan, layout, home, code);
        let connector = contract::connector(&previous.plan, layout, &[]);
        super::operation_files(&previous.plan, layout, home, connector, code);
    }
}

/// The statics of operations that the API of today has no other of: they are the contract's as well.
pub(super) fn alone(kept: &[(&Previous, Layout, Home)]) -> Vec<TokenStream> {
    let mut found = Vec::new();
    for (previous, layout, home) in kept {
        let plan = &previous.plan;
        for (operation, planned) in plan.api.operations.iter().zip(&plan.operations) {
            if planned.kept.as_ref().is_none_or(|kept| !kept.is_alone) {
                continue;
            }
            let (feature, root, name) =
                (layout.module(&operation.tag), &home.path, operation_static(operation));
            let module = format_ident!("{}", feature);
            found.push(quote!(#[cfg(feature = #feature)] &#root::contract::#module::#name));
        }
    }
    found
}

/// The features of the crate: the tags of today, and those of old shapes.
pub(super) fn features<'l>(layout: &'l Layout, kept: &'l [(&Previous, Layout, Home)]) -> BTreeSet<&'l str> {
    let all = std::iter::once(layout).chain(kept.iter().map(|(_, layout, _)| layout));
    all.flat_map(|layout| layout.tags.values().map(String::as_str)).collect()
}
