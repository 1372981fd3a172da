//! The dialects of OpenAPI, and how those that are read differ.

use std::fmt;

/// A version of OpenAPI, patch versions aside: they change wording only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Swagger 2.0.
    V2_0,
    /// OpenAPI 3.0.x.
    V3_0,
    /// OpenAPI 3.1.x.
    V3_1,
    /// OpenAPI 3.2.x.
    V3_2,
}

impl Dialect {
    /// The dialect that the entry `key: version` of a document's root declares.
    pub(super) fn of_version(key: &str, version: &str) -> Option<Self> {
        let mut parts = version.trim().split('.');
        match (key, parts.next(), parts.next()) {
            ("swagger", Some("2"), Some("0") | None) => Some(Dialect::V2_0),
            // A writer without quotes loses the zero: `openapi: 3.0` may come out as the number 3.
            ("openapi", Some("3"), Some("0") | None) => Some(Dialect::V3_0),
            ("openapi", Some("3"), Some("1")) => Some(Dialect::V3_1),
            ("openapi", Some("3"), Some("2")) => Some(Dialect::V3_2),
            _ => None,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Dialect::V2_0 => "Swagger 2.0",
            Dialect::V3_0 => "OpenAPI 3.0",
            Dialect::V3_1 => "OpenAPI 3.1",
            Dialect::V3_2 => "OpenAPI 3.2",
        })
    }
}

/// How a dialect lays its parts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// `definitions`, body and form parameters, types beside the names of parameters.
    Swagger,
    /// `components`, `requestBody`, `content`.
    OpenApi,
}

/// What a dialect allows. What it does not allow is read all the same, with a warning.
pub(super) struct Rules {
    /// How the dialect is called in messages.
    pub(super) name: &'static str,
    /// Where its parts stand.
    pub(super) layout: Layout,
    /// JSON Pointer to the map of named schemas.
    pub(super) schemas: &'static str,
    /// The keyword that says that a schema accepts null beside its type.
    pub(super) nullable: &'static str,
    /// Whether a discriminator is the name of a property, and `file` a type.
    pub(super) short_forms: bool,
    /// Whether `true` and `false` are schemas.
    pub(super) boolean_schemas: bool,
    /// Whether `type` can be a list, and name `null`.
    pub(super) type_lists: bool,
    /// Whether `exclusiveMinimum` and `exclusiveMaximum` are bounds of their own rather than flags.
    pub(super) numeric_exclusive_bounds: bool,
    /// Whether keys beside `$ref` in a schema have their meaning.
    pub(super) reference_siblings: bool,
    /// Whether an array schema can leave out `items`.
    pub(super) items_optional: bool,
    /// Whether an operation can leave out `responses`, and a document `paths`.
    pub(super) responses_optional: bool,
    /// Whether a response can leave out `description`.
    pub(super) descriptions_optional: bool,
    /// Whether a path item has `query` and `additionalOperations`.
    pub(super) further_methods: bool,
    /// Keywords of schemas that only other dialects know.
    pub(super) foreign_keywords: &'static [&'static str],
}
