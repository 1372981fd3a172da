//! One `openapiv3::OpenAPI` for every dialect, however loosely the document was written.
//!
//! The document is built node by node, never deserialised: whatever deviates from the specification is repaired
//! with a coded warning and the rest goes on. What later stages can rely on:
//!
//! - Every schema reference is `#/components/schemas/NAME` with `NAME` a key of `components.schemas` as it stands
//!   there, unescaped. References to any other place are hoisted to a component of their own.
//! - A schema of another file (the tree may have several, see [`crate::source::bundle()`]) is such a component too.
//! - Nothing else is a reference: parameters, responses, request bodies, headers, path items and security schemes are
//!   resolved in place, and `components` holds schemas and security schemes only.
//! - No component is a reference that leads back to itself by way of references alone. Compositions may: a base whose
//!   `oneOf` lists the schemas that are `allOf` it is usual.
//! - A schema with a `type` and without `allOf`, `oneOf`, `anyOf` and `not` is a `SchemaKind::Type`; so is one that
//!   shows its type by `properties`, `items` or its `enum` alone. `null` never stands in an enum: it is `nullable`. Only a
//!   schema that accepts nothing but null has the enum `[null]`.
//! - A composition of one schema is an `allOf` of one.
//! - Each path parameter of a template is declared exactly once among the operation's and the path's parameters.
//! - An operation whose method has no field in `openapiv3` stands in a path item of its own; see [`extensions::METHOD`].
//! - Examples, callbacks, links, external documentation and `x-` extensions are dropped; [`extensions`] lists the keys
//!   that this stage adds.

mod context;
mod dialect;
mod document;
pub mod extensions;
mod operations;
mod origins;
mod parameters;
mod references;
mod schema;
mod v2_0;
mod v3_0;
mod v3_1;
mod v3_2;

pub use dialect::Dialect;
pub(crate) use operations::METHODS;
pub use origins::Origins;
pub(crate) use references::{follow, reference_of};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Kind, Tree};
use context::Context;

/// A document in its normal form.
#[derive(Debug, Clone)]
pub struct Normalised {
    /// The document; see the module for what it guarantees.
    pub document: openapiv3::OpenAPI,
    /// Where in the source each part of the document came from.
    pub origins: Origins,
    /// The dialect that the source was written in.
    pub dialect: Dialect,
}

/// Brings a document into its normal form. Without a result there is at least one error among the diagnostics; with
/// one there may be warnings about what was repaired.
pub fn normalise(tree: &Tree) -> (Option<Normalised>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let Some(dialect) = detect(tree, &mut diagnostics) else { return (None, diagnostics) };
    let rules = match dialect {
        Dialect::V3_0 => &v3_0::RULES,
        Dialect::V3_1 => &v3_1::RULES,
        Dialect::V2_0 => &v2_0::RULES,
        Dialect::V3_2 => &v3_2::RULES,
    };
    let mut context = Context::new(tree, rules, diagnostics);
    let document = document::read(&mut context);
    let (origins, diagnostics) = context.finish();
    (Some(Normalised { document, origins, dialect }), diagnostics)
}

/// The dialect that a document declares; `None`, told, where it declares none that is known.
pub(crate) fn detect(tree: &Tree, diagnostics: &mut Diagnostics) -> Option<Dialect> {
    let root = tree.root();
    let entry = root.entry("openapi").or_else(|| root.entry("swagger"));
    let Some(entry) = entry else {
        let message = match root.kind() {
            Kind::Object => "the document has neither `openapi` nor `swagger` among its keys".to_owned(),
            kind => format!("an OpenAPI document is an object; this is {}", kind.name()),
        };
        diagnostics.push(
            Diagnostic::error(Code::NotOpenApi, message)
                .at(root.entries().next().map_or(root.span(), |entry| entry.key_span))
                .help("an OpenAPI document starts with its version, for example `openapi: 3.0.3`"),
        );
        return None;
    };
    let version = match entry.value.kind() {
        Kind::String(text) | Kind::Number(text) => text,
        _ => "",
    };
    let dialect = Dialect::of_version(entry.key, version);
    if dialect.is_none() {
        let message = format!("`{}: {version}` is no version of OpenAPI that is known here", entry.key);
        diagnostics.push(
            Diagnostic::error(Code::UnknownDialect, message)
                .at(entry.value.span())
                .pointer(format!("/{}", entry.key))
                .help("Swagger 2.0 and OpenAPI 3.0.x, 3.1.x and 3.2.x are read"),
        );
    }
    dialect
}

#[cfg(test)]
mod tests;
