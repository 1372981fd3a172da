use std::time::Duration;

use http::header::DATE;
use jiff::Timestamp;

use super::answer::{allowed, life};
use super::*;
use crate::contract::ExpiryUnit;

/// RFC 6749 2.3.1 with its example, and what is encoded twice over.
#[test]
fn ids_and_secrets_are_form_encoded_before_they_are_put_together() {
    let table = [
        ("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", "s6BhdRkqt3:7Fjfp0ZBr1KtDRbnfVdmIw"),
        ("cc basic", "p@ss:w+rd %", "cc+basic:p%40ss%3Aw%2Brd+%25"),
        ("ü", "", "%C3%BC:"),
    ];
    for (id, secret, expected) in table {
        let decoded = STANDARD.decode(basic(id, secret)).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), expected, "{id} {secret}");
    }
    assert_eq!(basic("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"), "czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
}

#[test]
fn an_end_that_is_a_date_is_set_against_the_clock_of_the_server() {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let epoch = now.as_second();
    // The server's clock is an hour ahead of ours.
    let ahead = "Thu, 01 Jan 2026 01:00:00 GMT";
    let table = [
        (json!(3600), ExpiryUnit::Seconds, Some(ahead), Some(3600)),
        (json!("3600"), ExpiryUnit::Seconds, None, Some(3600)),
        (json!(60_000), ExpiryUnit::Milliseconds, None, Some(60)),
        (json!(epoch + 7200), ExpiryUnit::EpochSeconds, Some(ahead), Some(3600)),
        (json!(epoch + 7200), ExpiryUnit::EpochSeconds, None, Some(7200)),
        (json!((epoch + 7200) * 1000), ExpiryUnit::EpochMilliseconds, Some(ahead), Some(3600)),
        (json!("2026-01-01T02:00:00Z"), ExpiryUnit::Rfc3339, Some(ahead), Some(3600)),
        (json!("2025-12-31T00:00:00Z"), ExpiryUnit::Rfc3339, None, Some(0)),
        (json!("soon"), ExpiryUnit::Seconds, None, None),
        (json!(null), ExpiryUnit::Rfc3339, None, None),
        (json!(1e300), ExpiryUnit::Seconds, None, None),
    ];
    for (value, unit, date, expected) in table {
        let mut headers = HeaderMap::new();
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        let found = life(&value, unit, &headers, now);
        assert_eq!(found, expected.map(Duration::from_secs), "{value} in {unit:?}, the server says {date:?}");
    }
}

#[test]
fn a_token_sends_requests_to_hosts_of_the_manifest_alone() {
    let endpoint: Url = "https://login.example.com/token".parse().unwrap();
    let local: Url = "http://127.0.0.1:8080/token".parse().unwrap();
    let hosts = &["salesforce.com", ".force.com"];
    let table = [
        (&endpoint, "https://na1.salesforce.com", true),
        (&endpoint, "https://salesforce.com/", true),
        (&endpoint, "https://a.b.force.com/x", true),
        (&endpoint, "https://evilsalesforce.com", false),
        (&endpoint, "https://salesforce.com.evil.test", false),
        (&endpoint, "https://na1.salesforce.com@evil.test", false),
        (&endpoint, "https://user@na1.salesforce.com", false),
        (&endpoint, "https://na1.salesforce.com:8443", false),
        (&endpoint, "http://na1.salesforce.com", false),
        (&endpoint, "http://127.0.0.1:1/", false),
        (&endpoint, "javascript:alert(1)", false),
        (&endpoint, "", false),
        (&local, "http://127.0.0.1:1/", true),
        (&local, "http://10.0.0.1/", false),
    ];
    for (endpoint, text, expected) in table {
        assert_eq!(allowed(endpoint, text, hosts).is_ok(), expected, "{text} by {endpoint}");
    }
}
