//! Names and the life of operations, parameters and properties: deprecation, the day on which something ends, stability.

use serde_json::{Value, json};

use super::documents::{Operations, check, document, merge};
use super::{lines, of_texts, options};

pub(super) const LIVES: Operations = &[
    ("{}", r#"{"operationId": "a"}"#, &["editorial api-operation-id-added"]),
    (r#"{"operationId": "a"}"#, r#"{"operationId": "b"}"#, &["editorial api-operation-id-removed"]),
    (r#"{"tags": ["a"]}"#, r#"{"tags": ["b"]}"#, &["editorial api-tag-added", "editorial api-tag-removed"]),
    ("{}", r#"{"deprecated": true}"#, &["editorial endpoint-deprecated"]),
    (
        "{}",
        r#"{"deprecated": true, "x-sunset": "2099-01-01"}"#,
        &["editorial endpoint-deprecated-with-sunset"],
    ),
    ("{}", r#"{"deprecated": true, "x-sunset": "x"}"#, &["breaking api-deprecated-sunset-parse"]),
    (r#"{"deprecated": true}"#, "{}", &["editorial endpoint-reactivated"]),
    (
        r#"{"deprecated": true, "x-sunset": "2099-01-01"}"#,
        r#"{"deprecated": true}"#,
        &["breaking sunset-deleted"],
    ),
    (
        r#"{"deprecated": true}"#,
        r#"{"deprecated": true, "x-sunset": "2099-01-01"}"#,
        &["editorial api-sunset-added"],
    ),
    ("{}", r#"{"x-stability-level": "beta"}"#, &["breaking api-stability-decreased"]),
    (r#"{"x-stability-level": "beta"}"#, "{}", &["editorial api-stability-increased"]),
    (r#"{"x-stability-level": "alpha"}"#, r#"{"deprecated": true}"#, &[]),
    (r#"{"x-stability-level": "soon"}"#, "{}", &["breaking api-invalid-stability-level"]),
    (
        r#"{"x-stability-level": "soon"}"#,
        r#"{"x-stability-level": "soon", "operationId": "a"}"#,
        &["editorial api-operation-id-added"],
    ),
    (
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}}"#,
        r#"{"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"x-stability-level": "soon"}}}}}}}}"#,
        &["breaking api-invalid-stability-level"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "soon", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "soon", "schema": {}}]}"#,
        &[],
    ),
    // The day on which what is deprecated ends.
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2099-01-01", "schema": {}}]}"#,
        &["editorial request-parameter-sunset-added"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2099-01-01", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2099-02-01", "schema": {}}]}"#,
        &["editorial request-parameter-sunset-date-changed"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2099-01-01", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2020-01-01", "schema": {}}]}"#,
        &["breaking request-parameter-sunset-date-changed-too-small"],
    ),
    (
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "x-sunset": "2099-01-01", "schema": {}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "deprecated": true, "schema": {}}]}"#,
        &["breaking request-parameter-sunset-deleted"],
    ),
    // Some documents deprecate a parameter in its schema.
    (
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}"#,
        r#"{"parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "deprecated": true}}]}"#,
        &["editorial request-parameter-deprecated"],
    ),
];

#[test]
fn what_happens_to_the_life_of_something_is_told_with_its_class() {
    check(LIVES);
}

#[test]
fn what_a_deprecation_needs_is_an_option() {
    let before = document(&json!({}), &json!({}));
    let after = |sunset: Value| document(&json!({"deprecated": true, "x-sunset": sunset}), &json!({}));
    for (sunset, days, expected) in [
        (json!(null), 30, "breaking api-deprecated-sunset-missing"),
        (json!("2026-12-20"), 30, "breaking api-sunset-date-too-small"),
        (json!("2026-12-21"), 30, "editorial endpoint-deprecated-with-sunset"),
        (json!("2026-11-21"), 0, "editorial endpoint-deprecated-with-sunset"),
    ] {
        let options = linchpin_codegen::drift::Options { deprecation_days_stable: days, ..options() };
        let report = of_texts(&before.to_string(), &after(sunset.clone()).to_string(), &options);
        assert_eq!(lines(&report), [format!("{expected} @ GET /things/{{id}}")], "{sunset} with {days} days");
    }
}

#[test]
fn a_day_that_is_past_is_called_past() {
    let document = |extra: &str| {
        let property = format!(r#"{{"type": "string"{extra}}}"#);
        let body = format!(
            r#"{{"responses": {{"200": {{"content": {{"application/json": {{"schema": {{"type": "object", "properties": {{"a": {property}}}}}}}}}}}}}}}"#
        );
        document(&serde_json::from_str(&body).expect("an operation"), &json!({}))
    };
    let revised = document(r#", "deprecated": true, "x-sunset": "2026-06-20""#);
    for (days, told) in [(0, "which is past"), (30, "which is past")] {
        let options = linchpin_codegen::drift::Options { deprecation_days_stable: days, ..options() };
        let report = of_texts(&document("").to_string(), &revised.to_string(), &options);
        let texts: Vec<&str> = report.changes.iter().map(|change| change.text.as_str()).collect();
        assert!(matches!(texts.as_slice(), [text] if text.contains(told)), "{days}: {texts:?}");
    }
}

#[test]
fn how_long_a_property_is_deprecated_before_it_goes_follows_how_stable_it_is() {
    let of = |level: &str, property: Value| {
        let schema = json!({"type": "object", "properties": {"a": property}});
        let body = json!({"content": {"application/json": {"schema": schema}}});
        document(&json!({"x-stability-level": level, "requestBody": body}), &json!({}))
    };
    let late = |extra: Value| {
        let mut property = json!({"type": "string", "deprecated": true, "x-sunset": "2026-12-11"});
        merge(&mut property, &extra);
        property
    };
    // The sunset is 20 days away.
    let told = "editorial request-property-deprecated-with-sunset";
    let soon = "breaking request-property-sunset-date-too-small";
    for (level, extra, expected) in [
        ("stable", json!({}), soon),
        ("beta", json!({}), told),
        ("beta", json!({"x-stability-level": "stable"}), soon),
        ("stable", json!({"x-stability-level": "beta"}), told),
    ] {
        let before = merge_level(json!({"type": "string"}), &extra);
        let options = linchpin_codegen::drift::Options {
            deprecation_days_stable: 30,
            deprecation_days_beta: 10,
            ..options()
        };
        let (base, revision) = (of(level, before), of(level, late(extra.clone())));
        let report = of_texts(&base.to_string(), &revision.to_string(), &options);
        assert_eq!(lines(&report), [format!("{expected} @ GET /things/{{id}}")], "{level} {extra}");
    }
}

fn merge_level(mut property: Value, extra: &Value) -> Value {
    merge(&mut property, extra);
    property
}
