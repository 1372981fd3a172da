//! OpenAPI 3.1.x: <https://spec.openapis.org/oas/v3.1.1.html>, whose schemas are JSON Schema 2020-12.

use super::dialect::{Layout, Rules};

/// What OpenAPI 3.1 allows.
pub(super) const RULES: Rules = Rules {
    name: "OpenAPI 3.1",
    layout: Layout::OpenApi,
    schemas: "/components/schemas",
    nullable: "nullable",
    short_forms: false,
    boolean_schemas: true,
    type_lists: true,
    numeric_exclusive_bounds: true,
    reference_siblings: true,
    items_optional: true,
    responses_optional: true,
    descriptions_optional: false,
    further_methods: false,
    foreign_keywords: &["nullable"],
};
