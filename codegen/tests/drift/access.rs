//! Who may call an operation, and where.

use super::documents::{Operations, check};

pub(super) const ACCESS: Operations = &[
    (
        "{}",
        r#"{"security": [{"key": []}]}"#,
        &["additive api-security-added", "breaking api-security-anonymous-access-removed"],
    ),
    ("{}", r#"{"security": []}"#, &[]),
    (r#"{"security": []}"#, r#"{"security": [{}]}"#, &[]),
    (
        r#"{"security": [{"oauth": ["read"]}]}"#,
        r#"{"security": [{"oauth": ["read", "write"]}, {}]}"#,
        &["additive api-security-anonymous-access-added", "additive api-security-scope-added"],
    ),
    (
        r#"{"security": [{"key": []}]}"#,
        r#"{"security": [{"key": []}, {"oauth": ["read"]}]}"#,
        &["additive api-security-added"],
    ),
    (
        r#"{"security": [{"key": []}, {"oauth": ["read"]}]}"#,
        r#"{"security": [{"key": []}]}"#,
        &["breaking api-security-removed"],
    ),
    (
        r#"{"security": [{"key": []}]}"#,
        r#"{"security": []}"#,
        &["additive api-security-anonymous-access-added", "additive api-security-removed"],
    ),
    (
        r#"{"security": [{"oauth": ["read"]}]}"#,
        r#"{"security": [{"oauth": ["write"]}]}"#,
        &["additive api-security-scope-removed", "breaking api-security-scope-added"],
    ),
    ("{}", r#"{"servers": [{"url": "https://files.example.com"}]}"#, &["additive api-server-added"]),
    (
        r#"{"servers": [{"url": "https://a.example.com"}]}"#,
        r#"{"servers": [{"url": "https://b.example.com"}]}"#,
        &["breaking api-server-url-changed"],
    ),
    // Where a variable lists no values, any will do.
    (
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu"}}}]}"#,
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu", "enum": ["eu"]}}}]}"#,
        &["breaking api-server-variable-value-removed"],
    ),
    (
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu", "enum": ["eu"]}}}]}"#,
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"enum": ["eu"]}}}]}"#,
        &["risky api-server-variable-default-changed"],
    ),
    (
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu", "enum": ["eu"]}}}]}"#,
        r#"{"servers": [{"url": "https://{r}.example.com", "variables": {"r": {"default": "eu"}}}]}"#,
        &["additive api-server-variable-value-added"],
    ),
];

#[test]
fn what_changes_in_access_is_told_with_its_class() {
    check(ACCESS);
}
