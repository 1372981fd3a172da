//! Documents without a security scheme: what their parameters and prose say of credentials, in small ones of our own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot make its documents has to stop"
)]

mod drafting;

use drafting::{document, list, propose};
use serde_json::{Value, json};

fn parameter(place: &str, name: &str) -> Value {
    json!({"name": name, "in": place, "required": true, "schema": {"type": "string"}})
}

/// A document of two lists that take these parameters.
fn with(parameters: &[Value]) -> Value {
    let mut others = list(json!(parameters), None, json!({}));
    others["get"]["operationId"] = json!("listOthers");
    document(json!({"/things": list(json!(parameters), None, json!({})), "/others": others}))
}

#[test]
fn a_key_that_operations_take_is_sent_by_the_connector() {
    for (parameters, kinds) in [
        (vec![parameter("header", "X-Acme-API-Key")], vec!["api_key_header:X-Acme-API-Key"]),
        (vec![parameter("header", "X-Acme-Server-Token")], vec!["api_key_header:X-Acme-Server-Token"]),
        (vec![parameter("header", "Token")], vec!["api_key_header:Token"]),
        (vec![parameter("header", "ACME_SEC.ACCESS_TOKEN")], vec!["api_key_header:ACME_SEC.ACCESS_TOKEN"]),
        (vec![parameter("query", "api_key")], vec!["api_key_query:api_key"]),
        (vec![parameter("query", "key")], vec!["api_key_query:key"]),
        (vec![parameter("query", "wskey")], vec!["api_key_query:wskey"]),
        (
            vec![parameter("header", "Api-Key"), parameter("header", "Api-Username")],
            vec!["api_key_header:Api-Key", "api_key_header:Api-Username"],
        ),
        (
            vec![parameter("query", "accessKey"), parameter("query", "secretKey")],
            vec!["api_key_query:accessKey", "api_key_query:secretKey"],
        ),
        // What is no credential, or not that of all.
        (vec![parameter("header", "Idempotency-Key")], vec!["none"]),
        (vec![parameter("query", "sortKey")], vec!["none"]),
        (vec![parameter("query", "page_token")], vec!["none"]),
        (vec![parameter("query", "partition_key")], vec!["none"]),
        (vec![parameter("query", "keyword")], vec!["none"]),
    ] {
        let (proposal, draft) = propose(&with(&parameters));
        let what = format!("{parameters:?}\n{}", draft.manifest);
        let mut found = proposal.auth.kinds.clone();
        found.sort();
        assert_eq!(found, kinds, "{what}");
        let overlay = draft.overlay.unwrap_or_default();
        let is_key = kinds != ["none"];
        assert_eq!(overlay.contains("remove: true"), is_key, "{what}\n{overlay}");
        // What the connector sends by itself is nobody's to give.
        for name in parameters.iter().filter_map(|parameter| parameter["name"].as_str()).filter(|_| is_key) {
            assert!(!draft.manifest.contains(&format!("parameters: {{ \"{name}\"")), "{what}");
        }
    }
}

#[test]
fn a_key_is_taken_out_wherever_it_is_declared() {
    let mut shared = with(&[json!({"$ref": "#/components/parameters/token"})]);
    shared["components"] = json!({"parameters": {"token": parameter("header", "X-Auth-Token")}});
    let mut of_paths = with(&[]);
    for path in ["/things", "/others"] {
        of_paths["paths"][path]["parameters"] = json!([parameter("header", "X-Auth-Token")]);
    }
    let swagger = json!({
        "swagger": "2.0", "info": {"title": "A", "version": "1"}, "host": "api.example.com", "schemes": ["https"],
        "parameters": {"token": {"name": "X-Auth-Token", "in": "header", "required": true, "type": "string"}},
        "paths": {"/things": {"get": {"operationId": "listThings", "produces": ["application/json"],
            "parameters": [{"$ref": "#/parameters/token"}],
            "responses": {"200": {"description": "", "schema": {"type": "array", "items": {"type": "object", "required": ["id"],
                "properties": {"id": {"type": "string"}}}}}}}}}
    });
    for document in [shared, of_paths, swagger] {
        let (proposal, draft) = propose(&document);
        assert_eq!(proposal.auth.kinds, ["api_key_header:X-Auth-Token"], "{document}");
        assert!(draft.streams.contains(&"things".to_owned()), "{document}\n{}", draft.manifest);
        assert!(!draft.manifest.contains("parameters: { \"X-Auth-Token\""), "{}", draft.manifest);
    }
}

#[test]
fn a_signature_is_not_passed_over() {
    let (_, draft) = propose(&with(&[parameter("query", "devkey"), parameter("query", "signature")]));
    let asked = draft.undecided.iter().any(|undecided| undecided.question.contains("`signature`"));
    assert!(asked, "{:?}", draft.undecided);
}

#[test]
fn what_prose_says_of_credentials_is_proposed_or_asked() {
    for (prose, kinds, asked) in [
        (
            "Send `Authorization: token YOUR_TOKEN`.",
            "api_key_header:Authorization",
            "declares no security scheme",
        ),
        (
            "Keys are sent with the `X-Api-Key` header.",
            "api_key_header:X-Api-Key",
            "declares no security scheme",
        ),
        (
            "For example https://api.example/things?apikey=123",
            "api_key_query:apikey",
            "declares no security scheme",
        ),
        ("Include an API key with every request.", "none", "an API key, and not of how it is sent"),
        (
            "Log in with OAuth.",
            "none",
            "OAuth, of a version that it does not name, and not of how it is sent",
        ),
        ("Requests need an HMAC signature.", "none", "see `hmac`"),
        ("Things of all kinds.", "none", "says nothing of credentials"),
    ] {
        let mut document = with(&[]);
        document["info"]["description"] = json!(prose);
        let (proposal, draft) = propose(&document);
        assert_eq!(proposal.auth.kinds, [kinds], "{prose}");
        let of_auth = || draft.undecided.iter().filter(|undecided| undecided.about == ["auth"]);
        assert!(
            of_auth().any(|undecided| undecided.question.contains(asked)),
            "{prose}: {:?}",
            draft.undecided
        );
    }
}

#[test]
fn what_is_required_together_and_cannot_be_sent_so_is_asked() {
    let key = json!({"type": "apiKey", "in": "header", "name": "X-Key"});
    let basic = json!({"type": "http", "scheme": "basic"});
    let tls = json!({"type": "mutualTLS"});
    for (schemes, version, line, asked) in [
        (
            json!({"a": basic, "b": key}),
            "3.0.3",
            "basic: { username: \"{username}\", password: \"{password}\" }",
            "`X-Key` is required besides HTTP Basic",
        ),
        (
            json!({"a": key, "b": tls}),
            "3.1.0",
            "api_key: { in: header, name: \"X-Key\", value: \"{x_key}\" }",
            "mutual TLS",
        ),
        (json!({"a": tls}), "3.1.0", "auth: { none: {} }", "mutual TLS"),
    ] {
        let mut document = with(&[]);
        document["openapi"] = json!(version);
        let names: Vec<&String> = schemes.as_object().unwrap().keys().collect();
        let all: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).clone(), json!([]))).collect();
        document["security"] = json!([all]);
        document["components"] = json!({"securitySchemes": schemes});
        let (_, draft) = propose(&document);
        assert!(draft.manifest.lines().any(|known| known.trim() == line), "{schemes}\n{}", draft.manifest);
        assert!(
            draft.undecided.iter().any(|undecided| undecided.question.contains(asked)),
            "{schemes}: {:?}",
            draft.undecided
        );
    }
}
