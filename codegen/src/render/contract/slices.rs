//! How a stream is divided, as data of the contract.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::plan::{Bound, Cap, Include, ParentValue, Partition, Slices, Window};

use super::{cursor_format, index, option_path, path, target};

pub(super) fn slices(found: Option<&Slices>) -> TokenStream {
    let Some(Slices { partition: of, window: windows, at_once }) = found else { return quote!(None) };
    let partition = partition(of);
    let window = match windows {
        Some(found) => {
            let window = window(found);
            quote!(Some(#window))
        }
        None => quote!(None),
    };
    let at_once = index(*at_once);
    quote!(Some(Slices { partition: #partition, window: #window, at_once: #at_once }))
}

fn partition(found: &Partition) -> TokenStream {
    match found {
        Partition::Whole => quote!(Partition::Whole),
        Partition::Parent { stream, parameters, include: included, only_changed, skip_gone } => {
            let parameters = parameters.iter().map(|(to, from)| {
                let (target, value) = (target(to), value(from));
                quote!((#target, #value))
            });
            let included = included.iter().map(include);
            quote! {
                Partition::Parent(Parent {
                    stream: #stream,
                    parameters: &[#(#parameters),*],
                    include: &[#(#included),*],
                    only_changed: #only_changed,
                    skip_gone: #skip_gone,
                })
            }
        }
        Partition::Each { target: to, values, include } => {
            let target = target(to);
            let include = match include {
                Some((name, in_key)) => quote!(Some((#name, #in_key))),
                None => quote!(None),
            };
            quote!(Partition::Each(Each { target: #target, values: &[#(#values),*], include: #include }))
        }
    }
}

fn include(found: &Include) -> TokenStream {
    let (name, value, in_key) = (&found.name, value(&found.value), found.in_key);
    quote!(Include { name: #name, value: #value, in_key: #in_key })
}

fn value(found: &ParentValue) -> TokenStream {
    match found {
        ParentValue::Field(found) => {
            let path = path(found);
            quote!(ParentValue::Field(#path))
        }
        ParentValue::Included(name) => quote!(ParentValue::Included(#name)),
    }
}

fn window(found: &Window) -> TokenStream {
    let field = path(&found.field);
    let [from, to] = [&found.from, &found.to].map(bound);
    let format = format_ident!("{}", cursor_format(found.format));
    let start = &found.start;
    let [step, lookback, smallest] =
        [found.step_milliseconds, found.lookback_milliseconds, found.smallest_milliseconds]
            .map(Literal::u64_unsuffixed);
    let cap = match &found.cap {
        Some(found) => {
            let cap = cap(found);
            quote!(Some(#cap))
        }
        None => quote!(None),
    };
    quote! {
        Window {
            field: #field,
            from: #from,
            to: #to,
            format: CursorFormat::#format,
            start: #start,
            step_milliseconds: #step,
            lookback_milliseconds: #lookback,
            smallest_milliseconds: #smallest,
            cap: #cap,
        }
    }
}

fn bound(found: &Bound) -> TokenStream {
    let (target, exclusive) = (target(&found.target), found.exclusive);
    quote!(Bound { target: #target, exclusive: #exclusive })
}

fn cap(found: &Cap) -> TokenStream {
    let number = |number: Option<u64>| match number {
        Some(number) => {
            let number = Literal::u64_unsuffixed(number);
            quote!(Some(#number))
        }
        None => quote!(None),
    };
    let [records, offset, pages] = [found.records, found.offset, found.pages].map(number);
    let total = option_path(found.total.as_ref());
    let statuses = found.statuses.iter().map(|status| Literal::u16_unsuffixed(*status));
    quote! {
        Cap { records: #records, offset: #offset, pages: #pages, total: #total, statuses: &[#(#statuses),*] }
    }
}
