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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_the_default_is_written() {
        let default = Drift::default();
        for (found, expected) in [
            (default, "DriftPolicy :: DEFAULT"),
            (
                Drift { types: Reaction::DiscardRow, enums: Reaction::Freeze, ..default },
                "DriftPolicy { types : Reaction :: DiscardRow , enums : Reaction :: Freeze , .. DriftPolicy :: DEFAULT }",
            ),
            (
                Drift { fields: Reaction::DiscardValue, keep_enum_values: true, percent: 0, ..default },
                "DriftPolicy { fields : Reaction :: DiscardValue , keep_enum_values : true , \
                 quarantine : Threshold { records : 100 , percent : 0 } , .. DriftPolicy :: DEFAULT }",
            ),
        ] {
            assert_eq!(drift(&found).to_string(), expected, "{found:?}");
        }
    }
}
