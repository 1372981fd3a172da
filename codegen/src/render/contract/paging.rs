//! Paging in the contract. What has its default is left out.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{index, option, option_path, path, paths, target};
use crate::plan::{EmptyPage, End, Paging, Strategy, Token};

pub(super) fn paging(found: &Paging) -> TokenStream {
    let (scheme, strategy) = (&found.scheme, strategy(&found.strategy));
    let mut fields = Vec::new();
    if let Some((target, value)) = &found.size {
        let (target, value) = (self::target(target), Literal::u64_unsuffixed(*value));
        fields.push(quote!(size: Some(PageSize { target: #target, value: #value })));
    }
    if found.records.is_some() {
        let records = option_path(found.records.as_ref());
        fields.push(quote!(records: #records));
    }
    if !found.key.is_empty() {
        let key = paths(&found.key);
        fields.push(quote!(key: &[#key]));
    }
    if !found.drop.is_empty() {
        let drop = found.drop.iter().copied().map(index);
        fields.push(quote!(drop: &[#(#drop),*]));
    }
    if !found.keep.is_empty() {
        let keep = found.keep.iter().copied().map(index);
        fields.push(quote!(keep: &[#(#keep),*]));
    }
    if let Some(parallel) = found.parallel {
        let parallel = Literal::u64_unsuffixed(parallel);
        fields.push(quote!(parallel: #parallel));
    }
    if let Some(depth) = &found.depth {
        let status = Literal::u16_unsuffixed(depth.status);
        let (contains, means) = (option(&depth.contains), &depth.means);
        fields.push(quote!(depth: Some(DepthCap { status: #status, contains: #contains, means: #means })));
    }
    quote!(Paging { #(#fields,)* ..Paging::new(#scheme, #strategy) })
}

fn strategy(strategy: &Strategy) -> TokenStream {
    match strategy {
        Strategy::PageNumber { target: to, first, end: found } => {
            let (target, first, end) = (target(to), Literal::u64_unsuffixed(*first), end(found));
            quote!(Strategy::PageNumber { target: #target, first: #first, end: #end })
        }
        Strategy::Offset { target: to, first, end: found } => {
            let (target, first, end) = (target(to), Literal::u64_unsuffixed(*first), end(found));
            quote!(Strategy::Offset { target: #target, first: #first, end: #end })
        }
        Strategy::Cursor { target: to, first, next, end: found } => {
            let (target, first, next, end) = (target(to), option(first), token(next), end(found));
            quote!(Strategy::Cursor { target: #target, first: #first, next: #next, end: #end })
        }
        Strategy::NextUrl { next, end: found } => {
            let (next, end) = (token(next), end(found));
            quote!(Strategy::NextUrl { next: #next, end: #end })
        }
        Strategy::LinkHeader { relation, end: found } => {
            let end = end(found);
            quote!(Strategy::LinkHeader { relation: #relation, end: #end })
        }
        Strategy::LastId { target: to, field, end: found } => {
            let (target, field, end) = (target(to), path(field), end(found));
            quote!(Strategy::LastId { target: #target, field: #field, end: #end })
        }
    }
}

fn token(token: &Token) -> TokenStream {
    match token {
        Token::Body(found) => {
            let path = path(found);
            quote!(Token::Body(#path))
        }
        Token::Header(name) => quote!(Token::Header(#name)),
    }
}

fn end(end: &End) -> TokenStream {
    let mut fields = Vec::new();
    if end.more.is_some() {
        let more = option_path(end.more.as_ref());
        fields.push(quote!(more: #more));
    }
    if end.done.is_some() {
        let done = option_path(end.done.as_ref());
        fields.push(quote!(done: #done));
    }
    if end.total_records.is_some() {
        let records = option_path(end.total_records.as_ref());
        fields.push(quote!(total_records: #records));
    }
    if end.estimate {
        fields.push(quote!(total: Total::Estimate));
    }
    if end.total_pages.is_some() {
        let pages = option_path(end.total_pages.as_ref());
        fields.push(quote!(total_pages: #pages));
    }
    if let Some(texts) = &end.no_token {
        fields.push(quote!(no_token: &[#(#texts),*]));
    }
    if end.short_page {
        fields.push(quote!(short_page: true));
    }
    match end.empty_page {
        Some(EmptyPage::Ends) => fields.push(quote!(empty_page: EmptyPage::Ends)),
        Some(EmptyPage::GoesOn) => fields.push(quote!(empty_page: EmptyPage::GoesOn)),
        None => {}
    }
    if end.same_token {
        fields.push(quote!(same_token: true));
    }
    if let Some((found, below)) = &end.count {
        let (path, below) = (path(found), Literal::u64_unsuffixed(*below));
        fields.push(quote!(count: Some(Counted { path: #path, below: #below })));
    }
    if fields.is_empty() { quote!(End::NONE) } else { quote!(End { #(#fields,)* ..End::NONE }) }
}
