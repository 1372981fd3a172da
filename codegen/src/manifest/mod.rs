//! The connector's declaration, `connector.yaml`: what a connector takes from a document, and what the document does not say.
//!
//! [`read`] gives a [`Manifest`] that is whole in itself: every key known, every value of its kind, every variable declared. What it
//! names in the document is resolved by [`crate::plan`].

mod auth;
mod check;
mod drift;
mod errors;
mod limits;
mod minimal;
mod paging;
mod previous;
mod rules;
pub mod signing;
mod slices;
pub mod source;
pub mod text;
pub mod tokens;
mod types;
mod values;

pub use auth::{Auth, AuthSection, BasicAuth, BearerAuth, KeyLocation, NoAuth};
pub use drift::{Drift, Quarantine, Reaction};
pub use errors::{Action, BodyTest, ErrorRule, Fault, HeaderTest};
pub use limits::{
    Adaptive, Limit, LimitCost, LimitHeaders, LimitScope, LimitShape, MethodClass, Retry, TimeUnit,
    WaitSource,
};
pub use minimal::minimal;
pub use paging::{
    Counted, CursorToken, DepthCap, EmptyPage, Ends, FollowUp, LastId, LinkHeader, NextUrl, Offset,
    PageNumber, PageSize, Place, Scheme, Strategy, Total,
};
pub use previous::{Previous, Window as PreviousWindow, with_previous};
pub use slices::{Cap, Each, Edge, Gone, ParentStream, Window};
pub use types::{
    ConfigField, Cursor, CursorFormat, Manifest, Order, OtherServer, Override, Server, Spec, Stream,
};
pub use values::{Constant, Entries, Key, OneOrMore};

pub(crate) use check::check as check_shape;
pub(crate) use rules::{
    DEFAULT_JWT_LIFE, INTERVAL, NO_PAGING, TIMEOUT, csv_sign, login_request, url_problem,
};

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{Tree, from_node};

/// Reads a manifest from its tree. Without a manifest there is at least one error among the diagnostics; all problems of one kind are
/// found at once: first those of keys and kinds of values, and where there are none, those of what the values say.
pub fn read(tree: &Tree) -> (Option<Manifest>, Diagnostics) {
    let mut diagnostics = check::check(tree.root(), &schema(), "the manifest");
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    match from_node::<Manifest>(tree.root()) {
        Ok(manifest) => {
            rules::check(&manifest, &mut diagnostics);
            (Some(manifest).filter(|_| !diagnostics.has_errors()), diagnostics)
        }
        Err(error) => {
            diagnostics.push(error.into_diagnostic(Code::ManifestType));
            (None, diagnostics)
        }
    }
}

/// The JSON Schema (2020-12) of manifests, for editors. The same bytes for the same version of Linchpin.
pub fn json_schema() -> String {
    crate::schema_text::of::<Manifest>()
}

/// The schema of the manifest's types.
fn schema() -> serde_json::Value {
    crate::schema_text::value_of::<Manifest>()
}

#[cfg(test)]
mod tests;
