//! OpenAPI 3.0.x: <https://spec.openapis.org/oas/v3.0.4.html>.

use super::dialect::{Layout, Rules};

/// What OpenAPI 3.0 allows.
pub(super) const RULES: Rules = Rules {
    name: "OpenAPI 3.0",
    layout: Layout::OpenApi,
    schemas: "/components/schemas",
    nullable: "nullable",
    short_forms: false,
    boolean_schemas: false,
    type_lists: false,
    numeric_exclusive_bounds: false,
    reference_siblings: false,
    items_optional: false,
    responses_optional: false,
    descriptions_optional: false,
    further_methods: false,
    foreign_keywords: &["const", "prefixItems", "patternProperties", "contentEncoding", "contentMediaType"],
};
