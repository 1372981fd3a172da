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
mod paging_rules;
mod rules;
pub mod signing;
mod signing_rules;
mod slices;
pub mod source;
pub mod text;
mod token_rules;
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
pub use slices::{Cap, Each, Edge, Gone, ParentStream, Window};
pub use types::{ConfigField, Cursor, CursorFormat, Manifest, Order, OtherServer, Override, Server, Stream};
pub use values::{Constant, Entries, Key, OneOrMore};

pub(crate) use rules::{INTERVAL, NO_PAGING, TIMEOUT, csv_sign, url_problem};
pub(crate) use signing_rules::DEFAULT_JWT_LIFE;
pub(crate) use token_rules::request as login_request;

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{Tree, from_node};

/// Reads a manifest from its tree. Without a manifest there is at least one error among the diagnostics; all problems of one kind are
/// found at once: first those of keys and kinds of values, and where there are none, those of what the values say.
pub fn read(tree: &Tree) -> (Option<Manifest>, Diagnostics) {
    let mut diagnostics = check::check(tree.root(), &schema());
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
    let mut schema = schema();
    // Whether objects keep their order is a feature of `serde_json` that any crate of a build may switch on.
    schema.sort_all_objects();
    // A value of JSON always has a text.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// The schema of the manifest's types.
fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12()
        .with_transform(schemars::transform::RecursiveTransform(without_null))
        .with_transform(schemars::transform::RecursiveTransform(without_foreign_formats))
        .with_transform(schemars::transform::RecursiveTransform(without_line_breaks));
    settings.into_generator().into_root_schema_for::<Manifest>().to_value()
}

/// What may be missing may not be null: a key without a value is a line that someone forgot to finish.
fn without_null(schema: &mut schemars::Schema) {
    use serde_json::Value;
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(alternatives)) = object.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = alternatives.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}

/// Formats of Rust's numbers are not JSON Schema's.
fn without_foreign_formats(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if object
        .get("format")
        .and_then(serde_json::Value::as_str)
        .is_some_and(|format| format.starts_with("uint") || format == "double")
    {
        object.remove("format");
    }
}

/// Editors show a description as it is, and its lines were broken for readers of the source.
fn without_line_breaks(schema: &mut schemars::Schema) {
    if let Some(serde_json::Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}

#[cfg(test)]
mod tests;
