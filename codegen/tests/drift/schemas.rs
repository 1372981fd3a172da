//! Each rule of schemas, in a request and in a response.

use serde_json::{Value, json};

use super::{lines, of};

/// A document in which a property `x` with this schema is sent and received.
fn document(schema: &str) -> Value {
    let schema: Value = serde_json::from_str(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
    let body = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"post": {
            "requestBody": body,
            "responses": {"200": {"description": "Done", "content": body["content"]}},
        }}},
        "components": {"schemas": {
            "Thing": {"type": "object", "properties": {"x": schema}},
            "A": {"type": "object", "properties": {"a": {"type": "string"}}},
            "B": {"type": "object", "properties": {"b": {"type": "string"}}},
            "C": {"type": "object", "properties": {"c": {"type": "string"}}},
        }},
    })
}

/// The schema before, the schema after, and `class word` in requests and in responses for each change. The words follow `request-property-`
/// and `response-property-`.
pub(super) const CASES: &[(&str, &str, &str, &str)] = &[
    // Types
    (r#"{"type": "string"}"#, r#"{"type": "integer"}"#, "breaking type-changed", "breaking type-changed"),
    (
        r#"{"type": "integer"}"#,
        r#"{"type": "number"}"#,
        "additive type-generalized",
        "breaking type-generalized",
    ),
    (r#"{"type": "number"}"#, r#"{"type": "integer"}"#, "breaking type-changed", "additive type-specialized"),
    (
        r#"{"type": "string"}"#,
        r#"{"type": ["string", "integer"]}"#,
        "additive type-generalized",
        "breaking type-generalized",
    ),
    (r#"{"type": "string"}"#, r#"{}"#, "additive type-generalized", "breaking type-changed"),
    (
        r#"{"type": "integer", "format": "int32"}"#,
        r#"{"type": "integer", "format": "int64"}"#,
        "additive type-generalized",
        "breaking type-changed",
    ),
    (
        r#"{"type": "string", "format": "date"}"#,
        r#"{"type": "string"}"#,
        "additive type-generalized",
        "breaking type-changed",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": ["string", "null"]}"#,
        "additive became-nullable",
        "breaking became-nullable",
    ),
    (
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}"##,
        r##"{"$ref": "#/components/schemas/A"}"##,
        "breaking became-not-nullable",
        "additive became-not-nullable",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"#,
        "additive list-of-types-widened",
        "breaking list-of-types-widened",
    ),
    (
        r#"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"#,
        r#"{"type": "string"}"#,
        "breaking list-of-types-narrowed",
        "additive list-of-types-narrowed",
    ),
    (r#"true"#, r#"false"#, "breaking schema-became-false", "additive schema-became-false"),
    (r#"false"#, r#"{}"#, "additive schema-became-not-false", "breaking schema-became-not-false"),
    // Values
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "enum": ["a"]}"#,
        "breaking became-enum",
        "additive became-enum",
    ),
    (
        r#"{"type": "string", "enum": ["a"]}"#,
        r#"{"type": "string"}"#,
        "additive became-not-enum",
        "risky became-not-enum",
    ),
    (
        r#"{"type": "string", "enum": ["a"]}"#,
        r#"{"type": "string", "enum": ["a", "b"]}"#,
        "additive enum-value-added",
        "risky enum-value-added",
    ),
    (
        r#"{"type": "string", "enum": ["a", "b"]}"#,
        r#"{"type": "string", "enum": ["b"]}"#,
        "breaking enum-value-removed",
        "additive enum-value-removed",
    ),
    (
        r#"{"type": "string", "x-extensible-enum": ["a", "b"]}"#,
        r#"{"type": "string", "x-extensible-enum": ["a"]}"#,
        "breaking x-extensible-enum-value-removed",
        "additive x-extensible-enum-value-removed",
    ),
    (r#"{}"#, r#"{"const": 1}"#, "breaking const-added", "additive const-added"),
    (r#"{"const": 1}"#, r#"{}"#, "additive const-removed", "breaking const-removed"),
    (r#"{"const": 1}"#, r#"{"const": 2}"#, "breaking const-changed", "breaking const-changed"),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "default": "a"}"#,
        "editorial default-value-added",
        "editorial default-value-added",
    ),
    (
        r#"{"type": "string", "default": "b"}"#,
        r#"{"type": "string", "default": "a"}"#,
        "editorial default-value-changed",
        "editorial default-value-changed",
    ),
    (
        r#"{"type": "string", "default": "b"}"#,
        r#"{"type": "string"}"#,
        "editorial default-value-removed",
        "editorial default-value-removed",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "pattern": "^a"}"#,
        "breaking pattern-added",
        "additive pattern-added",
    ),
    (
        r#"{"type": "string", "pattern": "^a"}"#,
        r#"{"type": "string", "pattern": "^b"}"#,
        "risky pattern-changed",
        "additive pattern-changed",
    ),
    (
        r#"{"type": "string", "pattern": "^a"}"#,
        r#"{"type": "string", "pattern": ".*"}"#,
        "additive pattern-generalized",
        "additive pattern-changed",
    ),
    (
        r#"{"type": "string", "pattern": "^a"}"#,
        r#"{"type": "string"}"#,
        "additive pattern-removed",
        "additive pattern-removed",
    ),
    // Bounds
    (r#"{"maximum": 5}"#, r#"{"maximum": 6.0}"#, "additive max-increased", "breaking max-increased"),
    (r#"{"maximum": 5}"#, r#"{"maximum": 4}"#, "breaking max-decreased", "additive max-decreased"),
    (r#"{}"#, r#"{"maximum": 4}"#, "risky max-set", "additive max-set"),
    (r#"{"maximum": 4}"#, r#"{}"#, "additive max-unset", "risky max-unset"),
    (r#"{"minimum": 5}"#, r#"{"minimum": 6}"#, "breaking min-increased", "additive min-increased"),
    (r#"{"minimum": 5}"#, r#"{"minimum": 4}"#, "additive min-decreased", "breaking min-decreased"),
    (
        r#"{"exclusiveMaximum": 5}"#,
        r#"{"exclusiveMaximum": 4}"#,
        "breaking exclusive-max-decreased",
        "additive exclusive-max-decreased",
    ),
    (
        r#"{"exclusiveMinimum": 5}"#,
        r#"{"exclusiveMinimum": 4}"#,
        "additive exclusive-min-decreased",
        "breaking exclusive-min-decreased",
    ),
    (
        r#"{"maxLength": 5}"#,
        r#"{"maxLength": 4}"#,
        "breaking max-length-decreased",
        "additive max-length-decreased",
    ),
    (r#"{"maxLength": 5}"#, r#"{}"#, "additive max-length-unset", "breaking max-length-unset"),
    (
        r#"{"minLength": 5}"#,
        r#"{"minLength": 6}"#,
        "breaking min-length-increased",
        "additive min-length-increased",
    ),
    (r#"{}"#, r#"{"minItems": 1}"#, "risky min-items-set", "additive min-items-set"),
    (r#"{"minItems": 1}"#, r#"{}"#, "additive min-items-unset", "breaking min-items-unset"),
    (
        r#"{"maxItems": 1}"#,
        r#"{"maxItems": 2}"#,
        "additive max-items-increased",
        "breaking max-items-increased",
    ),
    (
        r#"{"maxProperties": 2}"#,
        r#"{"maxProperties": 1}"#,
        "breaking max-properties-decreased",
        "additive max-properties-decreased",
    ),
    (r#"{}"#, r#"{"minProperties": 1}"#, "breaking min-properties-set", "additive min-properties-set"),
    (
        r#"{"minContains": 2}"#,
        r#"{"minContains": 1}"#,
        "additive min-contains-decreased",
        "breaking min-contains-decreased",
    ),
    (
        r#"{"maxContains": 2}"#,
        r#"{"maxContains": 1}"#,
        "breaking max-contains-decreased",
        "additive max-contains-decreased",
    ),
    (r#"{}"#, r#"{"multipleOf": 2}"#, "breaking multiple-of-set", "additive multiple-of-set"),
    (
        r#"{"multipleOf": 2}"#,
        r#"{"multipleOf": 4}"#,
        "breaking multiple-of-narrowed",
        "additive multiple-of-narrowed",
    ),
    (
        r#"{"multipleOf": 0.03}"#,
        r#"{"multipleOf": 0.01}"#,
        "additive multiple-of-widened",
        "breaking multiple-of-widened",
    ),
    (
        r#"{"multipleOf": 2}"#,
        r#"{"multipleOf": 3}"#,
        "breaking multiple-of-changed",
        "breaking multiple-of-changed",
    ),
    (
        r#"{"type": "array"}"#,
        r#"{"type": "array", "uniqueItems": true}"#,
        "breaking items-became-unique",
        "additive items-became-unique",
    ),
    // Composition
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        r##"{"allOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/C"}]}"##,
        "breaking all-of-added",
        "additive all-of-added",
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}, {"description": "New"}]}"##,
        "editorial all-of-added-annotation-only",
        "editorial all-of-added-annotation-only",
    ),
    (
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}"##,
        "additive any-of-added",
        "additive any-of-added",
    ),
    (
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}"##,
        "additive one-of-added",
        "breaking one-of-added",
    ),
    (
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}"##,
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/C"}]}"##,
        "breaking one-of-removed",
        "additive one-of-removed",
    ),
    (
        r##"{"$ref": "#/components/schemas/A"}"##,
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        "breaking wrapped-in-one-of",
        "breaking wrapped-in-one-of",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "not": {"const": "a"}}"#,
        "breaking not-added",
        "additive not-added",
    ),
    (
        r#"{"not": {"maxLength": 5}}"#,
        r#"{"not": {"maxLength": 4}}"#,
        "additive max-length-decreased",
        "breaking max-length-decreased",
    ),
    (
        r#"{"type": "object", "discriminator": {"propertyName": "a"}}"#,
        r#"{"type": "object", "discriminator": {"propertyName": "b"}}"#,
        "breaking discriminator-property-name-changed",
        "breaking discriminator-property-name-changed",
    ),
    // Objects and lists
    (
        r#"{"type": "object"}"#,
        r#"{"type": "object", "additionalProperties": false}"#,
        "risky additional-properties-forbidden",
        "additive additional-properties-forbidden",
    ),
    (
        r#"{"type": "object"}"#,
        r#"{"type": "object", "additionalProperties": {"type": "string"}}"#,
        "breaking additional-properties-schema-added",
        "additive additional-properties-schema-added",
    ),
    (
        r#"{"type": "array"}"#,
        r#"{"type": "array", "items": {"type": "string"}}"#,
        "breaking items-added",
        "additive items-added",
    ),
    (
        r#"{"type": "array", "items": {"type": "string"}}"#,
        r#"{"type": "array", "items": {"type": "boolean"}}"#,
        "breaking type-changed",
        "breaking type-changed",
    ),
    (
        r#"{"prefixItems": [{}]}"#,
        r#"{"prefixItems": [{}, {"type": "string"}]}"#,
        "additive prefix-items-added",
        "breaking prefix-items-added",
    ),
    (r#"{}"#, r#"{"contains": {"const": 1}}"#, "breaking contains-added", "additive contains-added"),
    (r#"{}"#, r#"{"if": {"required": ["a"]}}"#, "breaking if-added", "additive if-added"),
    (r#"{"then": {"required": ["a"]}}"#, r#"{}"#, "additive then-removed", "breaking then-removed"),
    (r#"{}"#, r#"{"else": {"required": ["a"]}}"#, "breaking else-added", "additive else-added"),
    (
        r#"{}"#,
        r#"{"dependentRequired": {"a": ["b"]}}"#,
        "breaking dependent-required-added",
        "additive dependent-required-added",
    ),
    (
        r#"{"dependentRequired": {"a": ["b"]}}"#,
        r#"{"dependentRequired": {"a": ["c"]}}"#,
        "breaking dependent-required-changed",
        "breaking dependent-required-changed",
    ),
    (
        r#"{"dependentSchemas": {"a": {"maxProperties": 1}}}"#,
        r#"{}"#,
        "additive dependent-schema-removed",
        "breaking dependent-schema-removed",
    ),
    (
        r#"{}"#,
        r#"{"patternProperties": {"^x-": {"type": "string"}}}"#,
        "breaking pattern-property-added",
        "additive pattern-property-added",
    ),
    (
        r#"{}"#,
        r#"{"propertyNames": {"maxLength": 3}}"#,
        "breaking property-names-added",
        "additive property-names-added",
    ),
    (
        r#"{}"#,
        r#"{"unevaluatedProperties": false}"#,
        "breaking unevaluated-properties-added",
        "additive unevaluated-properties-added",
    ),
    (
        r#"{"unevaluatedItems": false}"#,
        r#"{}"#,
        "additive unevaluated-items-removed",
        "breaking unevaluated-items-removed",
    ),
    (
        r#"{}"#,
        r#"{"contentSchema": {"type": "object"}}"#,
        "breaking content-schema-added",
        "additive content-schema-added",
    ),
    (
        r#"{"contentEncoding": "base64"}"#,
        r#"{"contentEncoding": "base32"}"#,
        "breaking content-encoding-changed",
        "breaking content-encoding-changed",
    ),
    (
        r#"{"contentMediaType": "image/png"}"#,
        r#"{}"#,
        "breaking content-media-type-changed",
        "breaking content-media-type-changed",
    ),
    // Lifecycle
    (
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        r##"{"oneOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/A"}]}"##,
        "risky any-of-became-one-of",
        "editorial any-of-became-one-of",
    ),
    (
        r##"{"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        r##"{"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        "additive one-of-became-any-of",
        "editorial one-of-became-any-of",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "deprecated": true}"#,
        "editorial deprecated",
        "editorial deprecated",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "deprecated": true, "x-sunset": "2099-01-01"}"#,
        "editorial deprecated-with-sunset",
        "editorial deprecated-with-sunset",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "deprecated": true, "x-sunset": "soon"}"#,
        "breaking deprecated-sunset-invalid",
        "breaking deprecated-sunset-invalid",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "deprecated": true, "x-sunset": "2026-11-20"}"#,
        "breaking sunset-date-too-small",
        "breaking sunset-date-too-small",
    ),
    (
        r#"{"type": "string", "deprecated": true}"#,
        r#"{"type": "string", "deprecated": true, "x-sunset": "2099-01-01"}"#,
        "editorial sunset-added",
        "editorial sunset-added",
    ),
    (
        r#"{"type": "string", "deprecated": true, "x-sunset": "2099-01-01"}"#,
        r#"{"type": "string", "deprecated": true}"#,
        "breaking sunset-deleted",
        "breaking sunset-deleted",
    ),
    (
        r#"{"type": "string", "deprecated": true, "x-sunset": "2098-01-01"}"#,
        r#"{"type": "string", "deprecated": true, "x-sunset": "2099-01-01"}"#,
        "editorial sunset-date-changed",
        "editorial sunset-date-changed",
    ),
    (
        r#"{"type": "string", "deprecated": true}"#,
        r#"{"type": "string"}"#,
        "editorial reactivated",
        "editorial reactivated",
    ),
    (
        r#"{"type": "string", "x-stability-level": "beta"}"#,
        r#"{"type": "string"}"#,
        "editorial stability-increased",
        "editorial stability-increased",
    ),
    (
        r#"{"type": "string"}"#,
        r#"{"type": "string", "x-stability-level": "beta"}"#,
        "breaking stability-decreased",
        "breaking stability-decreased",
    ),
];

/// Objects that are cut into branches or put together, and changed besides: what is told is the change, by the object that the branches make.
const MOVED: &[(&str, &str, &[&str])] = &[
    (
        r#"{"type": "object", "properties": {"a": {"type": "string"}, "d": {"type": "integer"}}}"#,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"d": {"type": "boolean"}}}]}"##,
        &["breaking request-property-type-changed", "breaking response-property-type-changed"],
    ),
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"d": {"type": "integer"}}}]}"##,
        r#"{"type": "object", "properties": {"a": {"type": "string"}, "d": {"type": "integer"}, "e": {}}}"#,
        &["additive new-optional-request-property", "additive response-optional-property-added"],
    ),
    (
        r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "d": {"type": "integer"}}}"#,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"d": {"type": "integer"}}}]}"##,
        &["additive request-property-became-optional", "breaking response-property-became-optional"],
    ),
    (
        r##"{"$ref": "#/components/schemas/A"}"##,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        &["additive new-optional-request-property", "additive response-optional-property-added"],
    ),
    // A branch that only came is one: whether what it says is new is for its readers to see.
    (
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}]}"##,
        &["additive response-property-all-of-removed", "risky request-property-all-of-removed"],
    ),
    // What is said of the one type that there was stands in the branch of that type.
    (
        r#"{"type": "string", "maxLength": 5}"#,
        r##"{"anyOf": [{"type": "string", "maxLength": 5}, {"$ref": "#/components/schemas/A"}]}"##,
        &[
            "additive request-property-any-of-added",
            "additive request-property-any-of-added",
            "additive request-property-type-generalized",
            "additive response-property-any-of-added",
            "additive response-property-any-of-added",
            "breaking response-property-type-generalized",
        ],
    ),
    // What cannot be held as one is compared branch by branch.
    (
        r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#,
        r##"{"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"a": {"maxLength": 5}}}]}"##,
        &[
            "additive response-property-all-of-added",
            "additive response-property-all-of-added",
            "breaking request-property-all-of-added",
            "breaking request-property-all-of-added",
            "risky request-property-removed",
            "risky response-optional-property-removed",
        ],
    ),
    (
        r#"{"anyOf": [{"type": "string", "maxLength": 5}, {"type": "integer"}]}"#,
        r#"{"type": ["string", "integer"], "maxLength": 4}"#,
        &[
            "additive response-property-max-length-decreased",
            "breaking request-property-max-length-decreased",
        ],
    ),
    (
        r#"{"type": "array", "prefixItems": [{}]}"#,
        r#"{"type": "array", "prefixItems": [{}], "items": false}"#,
        &["additive response-property-schema-became-false", "breaking request-property-schema-became-false"],
    ),
];

#[test]
fn properties_that_only_moved_are_no_change() {
    let mut failures = Vec::new();
    for (base, revision, expected) in MOVED {
        let mut found = lines(&of(&document(base), &document(revision)));
        found.sort();
        let expected: Vec<String> = expected.iter().map(|line| format!("{line} @ POST /things")).collect();
        if found != expected {
            failures.push(format!("{base} -> {revision}\n  expected {expected:#?}\n  found {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), MOVED.len(), failures.join("\n"));
}

#[test]
fn each_rule_is_told_in_requests_and_responses_with_its_class() {
    let mut failures = Vec::new();
    for (base, revision, request, response) in CASES {
        let report = of(&document(base), &document(revision));
        let found = lines(&report);
        let expected = |message: &str, said: &str| {
            let (class, word) = said.split_once(' ').expect("class and word");
            format!("{class} {message}-property-{word} @ POST /things")
        };
        let mut wanted = vec![expected("request", request), expected("response", response)];
        wanted.sort();
        let mut sorted = found.clone();
        sorted.sort();
        if sorted != wanted {
            failures.push(format!("{base} -> {revision}\n  expected {wanted:#?}\n  found {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), CASES.len(), failures.join("\n"));
}

#[test]
fn a_change_that_is_turned_round_is_told_as_its_mirror() {
    for (base, revision, ..) in CASES {
        let back = of(&document(revision), &document(base));
        assert_eq!(back.changes.len(), 2, "{revision} -> {base}: {:#?}", lines(&back));
        assert!(of(&document(base), &document(base)).changes.is_empty(), "{base}");
    }
}
