//! The error map of the manifest: the first rule that an answer passes says what it means.

use http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;

use crate::contract::{Contract, ErrorRule, Operation, Test};
use crate::project::{self, Scalar};

/// The first rule that an answer passes. Without a body, rules that test it do not hold.
pub(crate) fn find(
    contract: &'static Contract,
    operation: &Operation,
    status: StatusCode,
    headers: &HeaderMap,
    body: Option<&[u8]>,
) -> Option<&'static ErrorRule> {
    contract.errors.iter().find(|rule| {
        is_about(rule, operation, status)
            && rule.header.is_none_or(|(name, test)| passes_header(headers, name, test))
            && rule.body.is_none_or(|(path, test)| body.is_some_and(|body| passes_body(body, path, test)))
    })
}

fn is_about(rule: &ErrorRule, operation: &Operation, status: StatusCode) -> bool {
    let status = status.as_u16();
    let is_status = |(from, to): &(u16, u16)| (*from..=*to).contains(&status);
    // Without a status it is about failures, unless it looks into the body: then also about what calls itself a success.
    let all = rule.statuses.is_empty() && (rule.body.is_some() || status >= 400);
    (all || rule.statuses.iter().any(is_status))
        && (rule.operations.is_empty() || rule.operations.contains(&operation.id))
}

fn passes_header(headers: &HeaderMap, name: &str, test: Test) -> bool {
    headers.get_all(name).iter().any(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        match test {
            Test::Present => true,
            Test::Equals(expected) => text.trim() == expected,
            Test::Contains(part) => contains(&text, part),
        }
    })
}

/// A body that is no JSON passes no test, but that some text stands in it as a whole.
fn passes_body(body: &[u8], path: crate::contract::Path, test: Test) -> bool {
    match project::find(body, path) {
        Ok(Some(value)) => passes(value, test),
        Ok(None) => false,
        Err(_) => match test {
            Test::Contains(part) if path.is_empty() => contains(&String::from_utf8_lossy(body), part),
            _ => false,
        },
    }
}

fn passes(value: &RawValue, test: Test) -> bool {
    match (Scalar::of(value), test) {
        (Some(Scalar::Null | Scalar::Bool(false)), Test::Present) => false,
        (Some(Scalar::Text(text)), Test::Present) => !text.is_empty(),
        (Some(_), Test::Present) => true,
        (None, Test::Present) => {
            let inner = value.get().get(1..value.get().len().saturating_sub(1)).unwrap_or_default();
            !inner.trim().is_empty()
        }
        (Some(scalar), Test::Equals(expected)) => scalar.into_text().is_some_and(|text| text == expected),
        (Some(scalar), Test::Contains(part)) => scalar.into_text().is_some_and(|text| contains(&text, part)),
        (None, Test::Equals(_)) => false,
        (None, Test::Contains(part)) => contains(value.get(), part),
    }
}

fn contains(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Path;

    const NONE: Path = &[];

    #[test]
    fn bodies_are_tested_by_place() {
        const CODE: Path = &["error", "code"];
        const ERRORS: Path = &["errors"];
        let cases: &[(Path, Test, &str, bool)] = &[
            (CODE, Test::Equals("lock_timeout"), r#"{"error":{"code":"lock_timeout"}}"#, true),
            (CODE, Test::Equals("lock_timeout"), r#"{"error":{"code":"other"}}"#, false),
            (CODE, Test::Equals("lock_timeout"), r#"{"error":"lock_timeout"}"#, false),
            (CODE, Test::Equals("17"), r#"{"error":{"code":17}}"#, true),
            (CODE, Test::Equals("true"), r#"{"error":{"code":true}}"#, true),
            (CODE, Test::Contains("LOCK"), r#"{"error":{"code":"a lock b"}}"#, true),
            (CODE, Test::Contains("x"), r#"{"error":{"code":null}}"#, false),
            (CODE, Test::Present, r#"{"error":{"code":0}}"#, true),
            (ERRORS, Test::Present, r#"{"errors":[{}]}"#, true),
            (ERRORS, Test::Present, r#"{"errors":[ ]}"#, false),
            (ERRORS, Test::Present, r#"{"errors":{}}"#, false),
            (ERRORS, Test::Present, r#"{"errors":null}"#, false),
            (ERRORS, Test::Present, r#"{"errors":false}"#, false),
            (ERRORS, Test::Present, r#"{"errors":""}"#, false),
            (ERRORS, Test::Present, r#"{"error":1}"#, false),
            (
                ERRORS,
                Test::Contains("THROTTLED"),
                r#"{"errors":[{"extensions":{"code":"THROTTLED"}}]}"#,
                true,
            ),
            (NONE, Test::Contains("REQUEST_LIMIT"), r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#, true),
            (NONE, Test::Contains("overloaded"), "<h1>Overloaded</h1>", true),
            (NONE, Test::Equals("x"), "no JSON", false),
            (CODE, Test::Contains("lock"), "lock", false),
            (CODE, Test::Present, r#"{"error":{"code":1}"#, false),
            (CODE, Test::Present, "", false),
        ];
        for (path, test, body, expected) in cases {
            assert_eq!(passes_body(body.as_bytes(), path, *test), *expected, "{path:?} {test:?} of {body}");
        }
    }
}
