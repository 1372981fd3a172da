//! Documents without a security scheme: what their parameters and prose say of credentials, in small ones of our own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot make its documents has to stop"
)]

mod drafting;

use drafting::{document, list, propose};
use linchpin_codegen::infer::Confidence;
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
        (vec![parameter("query", "jwt")], vec!["api_key_query:jwt"]),
        (
            vec![parameter("header", "X-AC-Api-Id"), parameter("header", "X-AC-Api-Key")],
            vec!["api_key_header:X-AC-Api-Id", "api_key_header:X-AC-Api-Key"],
        ),
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

#[test]
fn where_requests_are_signed_keys_alone_are_uncertain() {
    let ignored = json!({"name": "token", "in": "query", "description": "Please ignore.", "schema": {"type": "string"}});
    let (proposal, draft) =
        propose(&with(&[ignored, parameter("query", "devid"), parameter("query", "signature")]));
    assert_eq!(proposal.auth.kinds, ["api_key_query:devid"], "{}", draft.manifest);
    assert_eq!(proposal.auth.confidence, Confidence::Low, "{}", draft.manifest);
    assert!(
        draft.undecided.iter().any(|undecided| undecided.question.contains("`hmac`")),
        "{}",
        draft.manifest
    );
}

/// A document whose one scheme is a key in `Authorization`.
fn keyed(description: &str, info: &str, of_operation: &str) -> Value {
    let mut things = list(json!([]), None, json!({}));
    things["get"]["description"] = json!(of_operation);
    let mut document = document(json!({"/things": things}));
    document["info"]["description"] = json!(info);
    document["components"]["securitySchemes"] = json!({"key": {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}});
    document["security"] = json!([{"key": []}]);
    document
}

#[test]
fn what_stands_before_a_key_in_authorization_is_said_somewhere_or_asked() {
    // Description of the scheme, of the document, of an operation; a line of the manifest.
    let bearer = "bearer: { token: \"{token}\" }";
    let prefixed = |prefix: &str| {
        format!(
            "api_key: {{ in: header, name: \"Authorization\", value: \"{{token}}\", prefix: \"{prefix}\" }}"
        )
    };
    for (scheme, info, operation, line) in [
        ("", "Send `Authorization: Bearer YOUR_TOKEN`.", "", bearer.to_owned()),
        ("", "", "The header is 'Authorization: Bearer YOUR_TOKEN_HERE'.", bearer.to_owned()),
        ("", "Send `Authorization: Token YOUR_TOKEN`.", "", prefixed("Token ")),
        ("ACME {API token}", "", "", prefixed("ACME ")),
        ("API key - Acme <token>", "", "", prefixed("Acme ")),
        ("Keys must be prepended with \"acme\" followed by a space.", "", "", prefixed("acme ")),
        ("Keys are prefixed with the word `Acme`.", "", "", prefixed("Acme ")),
    ] {
        let (proposal, draft) = propose(&keyed(scheme, info, operation));
        let what = format!("{scheme}|{info}|{operation}\n{}", draft.manifest);
        assert!(draft.manifest.lines().any(|known| known.trim() == line), "{line} is not in {what}");
        assert_eq!(proposal.auth.confidence, Confidence::High, "{what}");
    }
    for (scheme, info) in
        [("", ""), ("The key.", "Things of all {kinds}."), ("A {thing} of <b>ours</b>", "prefixed with care")]
    {
        let (proposal, draft) = propose(&keyed(scheme, info, ""));
        let what = format!("{scheme}|{info}\n{}", draft.manifest);
        assert_eq!(proposal.auth.confidence, Confidence::Medium, "{what}");
        assert!(draft.undecided.iter().any(|undecided| undecided.question.contains("`prefix`")), "{what}");
    }
}

/// A document with an operation that takes these fields and answers these.
fn handing_out(path: &str, asked: &Value, answered: &Value) -> Value {
    let object = |properties: &Value| json!({"type": "object", "properties": properties});
    let content = |properties: &Value| json!({"application/json": {"schema": object(properties)}});
    let operation = json!({"post": {
        "operationId": "handOut",
        "requestBody": {"content": content(asked)},
        "responses": {"200": {"description": "", "content": content(answered)}},
    }});
    document(json!({"/things": list(json!([]), None, json!({})), path: operation}))
}

#[test]
fn a_token_endpoint_says_how_a_connector_gets_its_token() {
    let text = || json!({"type": "string"});
    let token = json!({"access_token": text(), "expires_in": {"type": "integer"}});
    for (path, asked, answered, kind) in [
        (
            "/oauth/token",
            json!({"grant_type": {"type": "string", "enum": ["client_credentials"]}, "client_id": text(), "client_secret": text()}),
            token.clone(),
            "oauth2:client_credentials",
        ),
        (
            "/api/v1/token",
            json!({"grant_type": {"type": "string", "description": "Always `password`."}, "username": text(), "password": text()}),
            json!({"data": {"type": "object", "properties": token.clone()}}),
            "oauth2:password",
        ),
        // What is no token endpoint, or says nothing of a grant that a connector can take.
        ("/oauth/token", json!({"grant_type": text(), "code": text()}), token.clone(), "none"),
        ("/devices", json!({"grant_type": text(), "client_secret": text()}), token.clone(), "none"),
        ("/users/{id}/token", json!({"grant_type": text(), "client_secret": text()}), token.clone(), "none"),
        (
            "/oauth/token",
            json!({"grant_type": text(), "client_secret": text()}),
            json!({"id": text()}),
            "none",
        ),
    ] {
        let (proposal, draft) = propose(&handing_out(path, &asked, &answered));
        let what = format!("{path} {asked} {answered}\n{}", draft.manifest);
        assert_eq!(proposal.auth.kinds, [kind], "{what}");
        if kind != "none" {
            assert_eq!(proposal.auth.confidence, Confidence::Medium, "{what}");
            assert!(
                draft.manifest.contains(&format!("token_url: \"https://api.example.com{path}\"")),
                "{what}"
            );
        }
    }
}

#[test]
fn a_login_is_told_and_how_its_token_is_sent_is_asked() {
    let text = || json!({"type": "string"});
    let login = json!({"username": text(), "password": text()});
    for (path, asked, speaks) in [
        ("/login", login.clone(), true),
        ("/session", login.clone(), true),
        ("/login", json!({"redirect": text()}), false),
        ("/things/search", login, false),
    ] {
        let (proposal, draft) = propose(&handing_out(path, &asked, &json!({"token": text()})));
        let what = format!("{path} {asked}\n{}", draft.manifest);
        assert_eq!(proposal.auth.kinds, ["none"], "{what}");
        let expected = if speaks { Confidence::Low } else { Confidence::Medium };
        assert_eq!(proposal.auth.confidence, expected, "{what}");
        let asked = draft.undecided.iter().any(|undecided| undecided.question.contains("`session`"));
        assert_eq!(asked, speaks, "{what}");
    }
}

#[test]
fn a_credential_in_all_bodies_is_told_for_no_auth_carries_it() {
    let search = |id: &str, field: &str, required: bool| {
        let schema = json!({"type": "object", "required": if required { vec![field] } else { vec![] }, "properties": {field: {"type": "string"}}});
        json!({"post": {
            "operationId": id,
            "requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
            "responses": {"200": {"description": ""}},
        }})
    };
    for (field, required, kind) in [
        ("key", true, "api_key_body:key"),
        ("api_key", true, "api_key_body:api_key"),
        ("key", false, "none"),
        ("name", true, "none"),
    ] {
        let (proposal, draft) = propose(&document(json!({
            "/one": search("one", field, required), "/two": search("two", field, required), "/three": search("three", field, required),
        })));
        let what = format!("{field} {required}\n{}", draft.manifest);
        assert_eq!(proposal.auth.kinds, [kind], "{what}");
        let told = draft
            .undecided
            .iter()
            .any(|undecided| undecided.question.contains("no `auth` puts one into a body"));
        assert_eq!(told, kind != "none", "{what}");
    }
}

#[test]
fn schemes_that_write_the_same_header_together_are_one_token() {
    let oauth = |flow: &str| {
        let mut flows = json!({});
        flows[flow] = json!({
            "authorizationUrl": "https://id.example.com/authorize", "tokenUrl": "https://id.example.com/token", "scopes": {},
        });
        json!({"type": "oauth2", "flows": flows})
    };
    let key = json!({"type": "apiKey", "in": "query", "name": "key"});
    let bearer = json!({"type": "http", "scheme": "bearer"});
    for (schemes, lines) in [
        (vec![oauth("implicit"), oauth("authorizationCode")], vec!["authorization_code:"]),
        (vec![bearer.clone(), oauth("clientCredentials")], vec!["client_credentials: {}"]),
        (vec![bearer.clone(), bearer.clone()], vec!["bearer: {"]),
        (vec![key.clone(), key.clone()], vec!["api_key: { in: query, name: \"key\""]),
        (
            vec![bearer, oauth("implicit"), key],
            vec!["- { in: header, name: \"Authorization\"", "- { in: query, name: \"key\""],
        ),
    ] {
        let mut document = document(json!({"/things": list(json!([]), None, json!({}))}));
        let mut all = json!({});
        for (at, scheme) in schemes.iter().enumerate() {
            document["components"]["securitySchemes"][format!("s{at}")] = scheme.clone();
            all[format!("s{at}")] = json!([]);
        }
        document["security"] = json!([all]);
        let (_, draft) = propose(&document);
        for line in lines {
            assert!(draft.manifest.contains(line), "{line} is not in {schemes:?}\n{}", draft.manifest);
        }
        assert!(!draft.manifest.contains("left out"), "{schemes:?}\n{}", draft.manifest);
    }
}
