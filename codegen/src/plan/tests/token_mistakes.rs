//! Tokens that the connector gets itself: what a person can get wrong in a manifest about them.

use super::*;
use crate::model::{OAuth2Flow, OAuth2FlowKind, SecurityScheme};

const OAUTH2: &str = r#"version: 1
name: desk
document: openapi.yaml
description: Tickets.
config:
  client: { description: "The client." }
  secret: { description: "Its secret.", secret: true }
server: { url: "https://desk.example" }
operations: [ plain ]
auth:
  oauth2:
    client: { id: "{client}", secret: "{secret}" }
    token_url: https://login.desk.example/token
    authorization_code: { redirect_port: 8080, redirect_path: /back }
    scopes: [ "tickets:read", openid ]
    response: { base_url: { path: instance_url, hosts: [ desk.example ] } }
    renew: { at: 0.5, on: [ 401 ] }
"#;

const SESSION: &str = r#"version: 1
name: desk
document: openapi.yaml
description: Tickets.
config:
  user: { description: "Who." }
  password: { description: "The password.", secret: true }
server: { url: "https://desk.example" }
operations: [ plain ]
auth:
  session:
    login: { request: POST /session, fields: { user: "{user}", password: "{password}" } }
    token: { path: token }
    send: { in: header, name: X-Key }
    logout: DELETE /session
"#;

/// The API, with two flows of OAuth 2 that do not share a token endpoint.
fn with_flows() -> Api {
    let flow = |kind, token_url: &str| OAuth2Flow {
        kind,
        authorization_url: Some("https://login.desk.example/authorize".to_owned()),
        token_url: Some(token_url.to_owned()),
        scopes: vec!["tickets:read".to_owned()],
    };
    let flows = vec![
        flow(OAuth2FlowKind::AuthorizationCode, "https://login.desk.example/token"),
        flow(OAuth2FlowKind::ClientCredentials, "https://login.desk.example/clients/token"),
    ];
    let mut api = api::api();
    api.security_schemes.insert("login".to_owned(), SecurityScheme::OAuth2(flows));
    api
}

pub(super) const OAUTH2_ERRORS: &[Case] = &[
    ("at: 0.5", "at: 75", "C100", "17:18", "after three quarters"),
    ("on: [ 401 ]", "on: [ 500 ]", "C100", "17:29", "from 400 to 499"),
    ("on: [ 401 ]", "on: [ 70000 ]", "C007", "17:29", ""),
    ("redirect_port: 8080", "redirect_port: 99999", "C007", "14:42", ""),
    (", secret: true", "", "C101", "12:39", "secret: true"),
    (
        r#"secret: "{secret}" }"#,
        r#"secret: "{secret}", authentication: none }"#,
        "C103",
        "12:67",
        "leave that out",
    ),
    (
        r#"secret: "{secret}" }"#,
        r#"secret: "{secret}", authentication: private_key_jwt }"#,
        "C103",
        "12:67",
        "`key: {",
    ),
    (
        r#"secret: "{secret}""#,
        r#"key: { value: "{secret}", algorithm: ES256 }, authentication: post"#,
        "C103",
        "12:93",
        "`secret: ",
    ),
    (
        r#"secret: "{secret}""#,
        r#"secret: "{secret}", key: { value: "{secret}", algorithm: ES256 }"#,
        "C103",
        "12:19",
        "leave one out",
    ),
    ("https://login", "http://login", "C104", "13:16", "https"),
    ("/back", "back", "C104", "14:63", "begins with `/`"),
    ("hosts: [ desk.example ]", r#"hosts: [ "https://desk.example" ]"#, "C105", "16:58", "without scheme"),
    ("hosts: [ desk.example ]", "hosts: [ example ]", "C105", "16:58", "at least two parts"),
    (r#"secret: "{secret}""#, r#"secret: "{secrt}{secret}""#, "C009", "12:40", "did you mean `{secret}`?"),
    (
        "client: { description",
        "token_url: { description: x }\n  client: { description",
        "C008",
        "6:3",
        "another name",
    ),
    (
        "token_url: https://login.desk.example/token\n    authorization_code: { redirect_port: 8080, redirect_path: /back }",
        r#"password: { username: "{client}", password: "{secret}" }"#,
        "P100",
        "12:19",
        "choose one",
    ),
];

pub(super) const OAUTH2_WARNINGS: &[Case] = &[
    (
        "authorization_code: { redirect_port: 8080, redirect_path: /back }",
        "refresh_token: { token: abc }",
        "C102",
        "14:29",
        "`config`",
    ),
    ("login.desk", "login.dsek", "P101", "13:16", "secrets are sent there"),
    ("tickets:read", "tickets:raed", "P102", "15:15", "did you mean `tickets:read`?"),
];

pub(super) const SESSION_ERRORS: &[Case] = &[
    ("POST /session", "/session", "C106", "12:23", "`POST /session`"),
    ("DELETE /session", "DELETE https://desk.example/session", "C106", "15:13", "below the base URL"),
    ("logout: DELETE", "logot: DELETE", "C002", "15:5", "did you mean `logout`?"),
    ("token: { path: token }", "token: {}", "C006", "13:5", "path"),
];

#[test]
fn good_manifests_have_no_mistakes() {
    for (text, api) in [(OAUTH2, with_flows()), (SESSION, api::api())] {
        let Outcome { plan, found } = outcome_with(text, api);
        assert_eq!(found, [], "{text}");
        assert!(plan.is_some(), "{text}");
    }
}

#[test]
fn mistakes_in_oauth2() {
    assert_cases_in(OAUTH2, with_flows, Severity::Error, OAUTH2_ERRORS);
    assert_cases_in(OAUTH2, with_flows, Severity::Warning, OAUTH2_WARNINGS);
}

#[test]
fn mistakes_in_sessions() {
    assert_cases_in(SESSION, api::api, Severity::Error, SESSION_ERRORS);
}
