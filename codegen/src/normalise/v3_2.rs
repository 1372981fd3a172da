//! OpenAPI 3.2.x: <https://spec.openapis.org/oas/v3.2.0.html>. Its schemas are those of OpenAPI 3.1.

use super::dialect::Rules;
use super::v3_1;

/// What OpenAPI 3.2 allows.
pub(super) const RULES: Rules =
    Rules { name: "OpenAPI 3.2", descriptions_optional: true, further_methods: true, ..v3_1::RULES };
