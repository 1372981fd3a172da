//! What happens to records that are not as the document says, as data of the contract.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::manifest::Reaction;
use crate::plan::Drift;

pub(super) fn drift(found: &Drift) -> TokenStream {
    let default = Drift::default();
    if *found == default {
        return quote!(DriftPolicy::DEFAULT);
    }
    let reactions = [
        ("fields", found.fields, default.fields),
        ("types", found.types, default.types),
        ("enums", found.enums, default.enums),
    ];
    let reactions = reactions.into_iter().filter(|(_, said, usual)| said != usual).map(|(key, said, _)| {
        let (key, name) = (format_ident!("{key}"), format_ident!("{}", name(said)));
        quote!(#key: Reaction::#name,)
    });
    let keep = found.keep_enum_values.then(|| quote!(keep_enum_values: true,));
    let threshold = ((found.records, found.percent) != (default.records, default.percent)).then(|| {
        let (records, percent) =
            (Literal::u64_unsuffixed(found.records), Literal::u64_unsuffixed(found.percent));
        quote!(quarantine: Threshold { records: #records, percent: #percent },)
    });
    quote!(DriftPolicy { #(#reactions)* #keep #threshold ..DriftPolicy::DEFAULT })
}

fn name(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Evolve => "Evolve",
        Reaction::DiscardValue => "DiscardValue",
        Reaction::DiscardRow => "DiscardRow",
        Reaction::Freeze => "Freeze",
    }
}
