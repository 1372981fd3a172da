//! Budgets and the error map.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{index, option, path};
use crate::manifest::{Fault, LimitScope, TimeUnit};
use crate::plan::{Action, Cost, ErrorRule, Limit, Quota, Test};

pub(super) fn limit(limit: &Limit) -> TokenStream {
    let name = &limit.name;
    let number = Literal::u64_unsuffixed;
    let quota = match limit.quota {
        Quota::SlidingLog { units, per_milliseconds } => {
            let (units, per) = (number(units), number(per_milliseconds));
            quote!(SlidingLog { units: #units, per_milliseconds: #per })
        }
        Quota::FixedWindow { units, per_milliseconds } => {
            let (units, per) = (number(units), number(per_milliseconds));
            quote!(FixedWindow { units: #units, per_milliseconds: #per })
        }
        Quota::TokenBucket { units, per_milliseconds, burst } => {
            let (units, per, burst) = (number(units), number(per_milliseconds), number(burst));
            quote!(TokenBucket { units: #units, per_milliseconds: #per, burst: #burst })
        }
        Quota::Concurrent { requests } => {
            let requests = number(requests);
            quote!(Concurrent { requests: #requests })
        }
        Quota::Adaptive { units, per_milliseconds } => {
            let (units, per) = (number(units), number(per_milliseconds));
            quote!(Adaptive { units: #units, per_milliseconds: #per })
        }
    };
    let scope = match limit.scope {
        LimitScope::App => quote!(App),
        LimitScope::Account => quote!(Account),
        LimitScope::Tenant => quote!(Tenant),
        LimitScope::Endpoint => quote!(Endpoint),
    };
    let by = &limit.by;
    let costs = limit.costs.iter().map(|(operation, cost)| {
        let cost = match cost {
            Cost::Units(units) => {
                let units = number(*units);
                quote!(Units(#units))
            }
            Cost::Parameter(parameter) => {
                let parameter = index(*parameter);
                quote!(Parameter(#parameter))
            }
        };
        quote!((#operation, Cost::#cost))
    });
    let (all, remaining, usage, policy) = (
        option(&limit.limit_header),
        option(&limit.remaining_header),
        option(&limit.usage_header),
        option(&limit.policy),
    );
    let reset = match &limit.reset_header {
        Some((header, unit)) => {
            let unit = time_unit(*unit);
            quote!(Some((#header, #unit)))
        }
        None => quote!(None),
    };
    quote! {
        Limit {
            name: #name,
            quota: Quota::#quota,
            scope: Scope::#scope,
            by: &[#(#by),*],
            costs: &[#(#costs),*],
            headers: LimitHeaders {
                limit: #all,
                remaining: #remaining,
                reset: #reset,
                usage: #usage,
                policy: #policy,
            },
        }
    }
}

pub(super) fn error_rule(rule: &ErrorRule) -> TokenStream {
    let (name, operations) = (&rule.name, &rule.operations);
    let statuses = rule.statuses.iter().map(|(from, to)| {
        let (from, to) = (Literal::u16_unsuffixed(*from), Literal::u16_unsuffixed(*to));
        quote!((#from, #to))
    });
    let header = match &rule.header {
        Some((name, found)) => {
            let test = test(found);
            quote!(Some((#name, #test)))
        }
        None => quote!(None),
    };
    let body = match &rule.body {
        Some((place, found)) => {
            let (place, test) = (path(place), test(found));
            quote!(Some((#place, #test)))
        }
        None => quote!(None),
    };
    let action = match &rule.action {
        Action::Retry => quote!(Retry),
        Action::Rejected => quote!(Rejected),
        Action::Refresh => quote!(Refresh),
        Action::Ignore => quote!(Ignore),
        Action::SkipPartition => quote!(SkipPartition),
        Action::Fail { fault, message } => {
            let fault = match fault {
                Fault::Configuration => quote!(Configuration),
                Fault::Request => quote!(Request),
                Fault::Server => quote!(Server),
            };
            quote!(Fail { fault: Fault::#fault, message: #message })
        }
    };
    quote! {
        ErrorRule {
            name: #name,
            operations: &[#(#operations),*],
            statuses: &[#(#statuses),*],
            header: #header,
            body: #body,
            action: Action::#action,
        }
    }
}

fn test(test: &Test) -> TokenStream {
    match test {
        Test::Present => quote!(Test::Present),
        Test::Equals(text) => quote!(Test::Equals(#text)),
        Test::Contains(text) => quote!(Test::Contains(#text)),
    }
}

pub(super) fn time_unit(unit: TimeUnit) -> TokenStream {
    match unit {
        TimeUnit::Seconds => quote!(TimeUnit::Seconds),
        TimeUnit::Milliseconds => quote!(TimeUnit::Milliseconds),
        TimeUnit::EpochSeconds => quote!(TimeUnit::EpochSeconds),
        TimeUnit::EpochMilliseconds => quote!(TimeUnit::EpochMilliseconds),
        TimeUnit::HttpDate => quote!(TimeUnit::HttpDate),
    }
}
