//! What is proposed for small documents, each of which shows one thing; and that nothing is proposed where nothing is there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot make its documents has to stop"
)]

mod drafting;

use drafting::{document, list, propose, query};
use linchpin_codegen::infer::Confidence;
use serde_json::{Value, json};

/// What it is, the operation, the kind of paging, its parameter and what tells the next, how sure, and a line of the manifest.
type Row =
    (&'static str, Value, &'static str, Option<&'static str>, Option<&'static str>, Confidence, &'static str);

#[test]
fn each_style_of_paging_is_told_by_what_shows_it() {
    let integer = || json!({"type": "integer"});
    let text = || json!({"type": "string"});
    let limit = || query("limit", json!({"type": "integer", "maximum": 100}), "");
    let none = || json!({});
    let link =
        || json!({"Link": {"schema": {"type": "string"}, "description": "rel=next leads to the next page"}});
    // Operation, kind, parameter, next, confidence, a line of the manifest.
    let table: Vec<Row> = vec![
        (
            "page number",
            list(
                json!([query("page", integer(), ""), limit()]),
                Some(json!({"total_pages": integer()})),
                none(),
            ),
            "page",
            Some("page"),
            None,
            Confidence::High,
            "page: { parameter: \"page\", first: 1, total_pages: total_pages }",
        ),
        (
            "pages from 0",
            list(
                json!([query("page", json!({"type": "integer", "default": 0}), ""), limit()]),
                Some(none()),
                none(),
            ),
            "page",
            Some("page"),
            None,
            Confidence::High,
            "page: { parameter: \"page\", first: 0 }",
        ),
        (
            "offset",
            list(json!([query("offset", integer(), ""), limit()]), Some(json!({"total": integer()})), none()),
            "offset",
            Some("offset"),
            None,
            Confidence::High,
            "offset: { parameter: \"offset\", total_records: total }",
        ),
        (
            "offset from 1",
            list(
                json!([query("startIndex", integer(), "The 1-based index of the first result."), limit()]),
                Some(json!({"totalResults": integer()})),
                none(),
            ),
            "offset",
            Some("startIndex"),
            None,
            Confidence::High,
            "offset: { parameter: \"startIndex\", first: 1, total_records: totalResults }",
        ),
        (
            "cursor",
            list(
                json!([query("cursor", text(), ""), limit()]),
                Some(json!({"next_cursor": text(), "has_more": {"type": "boolean"}})),
                none(),
            ),
            "cursor",
            Some("cursor"),
            Some("next_cursor"),
            Confidence::High,
            "cursor: { parameter: \"cursor\", next: next_cursor, more: has_more }",
        ),
        (
            "cursor in brackets",
            list(
                json!([query("page[after]", text(), ""), query("page[size]", integer(), "")]),
                Some(json!({"meta": {"type": "object", "properties": {"after": text()}}})),
                none(),
            ),
            "cursor",
            Some("page[after]"),
            Some("meta.after"),
            Confidence::High,
            "cursor: { parameter: \"page[after]\", next: meta.after }",
        ),
        (
            "page that is a token",
            list(
                json!([query("page", text(), "A cursor for the next page."), limit()]),
                Some(json!({"next_page": text()})),
                none(),
            ),
            "cursor",
            Some("page"),
            Some("next_page"),
            Confidence::High,
            "cursor: { parameter: \"page\", next: next_page }",
        ),
        (
            "cursor in a header",
            list(
                json!([query("cursor", text(), ""), limit()]),
                None,
                json!({"X-Next-Cursor": {"schema": text()}}),
            ),
            "cursor_header",
            Some("cursor"),
            Some("X-Next-Cursor"),
            Confidence::Medium,
            "cursor: { parameter: \"cursor\", next_header: X-Next-Cursor }",
        ),
        (
            "next URL",
            list(
                json!([limit()]),
                Some(
                    json!({"links": {"type": "object", "properties": {"next": {"type": "string", "format": "uri"}}}}),
                ),
                none(),
            ),
            "next_url",
            None,
            Some("links.next"),
            Confidence::High,
            "next_url: { path: links.next }",
        ),
        (
            "link header",
            list(
                json!([
                    query("page", integer(), ""),
                    query("per_page", json!({"type": "integer", "maximum": 50}), "")
                ]),
                None,
                link(),
            ),
            "link_header",
            None,
            Some("Link"),
            Confidence::High,
            "link_header: { relation: next }",
        ),
        (
            "last id",
            list(
                json!([
                    query("starting_after", text(), "The id of the last object of the page before."),
                    limit()
                ]),
                Some(json!({"has_more": {"type": "boolean"}})),
                none(),
            ),
            "last_id",
            Some("starting_after"),
            None,
            Confidence::High,
            "last_id: { parameter: \"starting_after\", field: id, more: has_more }",
        ),
        (
            "odd token",
            list(
                json!([
                    query("batch_token", text(), "A pagination cursor to retrieve the next set of results."),
                    limit()
                ]),
                Some(json!({"batch_token": text()})),
                none(),
            ),
            "cursor",
            Some("batch_token"),
            Some("batch_token"),
            Confidence::High,
            "cursor: { parameter: \"batch_token\", next: batch_token }",
        ),
    ];
    for (what, operation, kind, parameter, next, confidence, line) in table {
        let (proposal, draft) = propose(&document(json!({"/things": operation})));
        let [list] = proposal.lists.as_slice() else { panic!("{what}: one list") };
        let paging = &list.paging;
        assert_eq!(serde_json::to_value(paging.kind).unwrap(), kind, "{what}");
        assert_eq!(paging.parameter.as_deref(), parameter, "{what}");
        assert_eq!(paging.next.as_deref(), next, "{what}");
        assert_eq!(paging.confidence, confidence, "{what}: {}", paging.reason);
        assert!(!paging.reason.is_empty(), "{what}");
        assert!(
            draft.manifest.lines().any(|known| known.trim() == line),
            "{what}: `{line}` is not in\n{}",
            draft.manifest
        );
        assert_eq!(draft.streams, ["things"], "{what}\n{}", draft.manifest);
    }
}

#[test]
fn nothing_is_proposed_where_nothing_is_there() {
    let text = || json!({"type": "string"});
    let time = || json!({"type": "string", "format": "date-time"});
    let table = [
        ("no parameters", list(json!([]), Some(json!({})), json!({}))),
        ("a limit alone", list(json!([query("limit", json!({"type": "integer"}), "")]), None, json!({}))),
        (
            "times that are filters",
            list(
                json!([
                    query("after", time(), ""),
                    query("before", time(), ""),
                    query("start", text(), "Start date, ISO 8601.")
                ]),
                None,
                json!({}),
            ),
        ),
        (
            "filters in brackets",
            list(
                json!([
                    query("filter[page]", json!({"type": "integer"}), ""),
                    query("filter[limit]", json!({"type": "integer"}), "")
                ]),
                None,
                json!({}),
            ),
        ),
        (
            "a count that is a flag",
            list(
                json!([
                    query("count", json!({"type": "boolean"}), ""),
                    query("page", json!({"type": "boolean"}), "")
                ]),
                None,
                json!({}),
            ),
        ),
        (
            "a Link header for other things",
            list(json!([]), None, json!({"Link": {"schema": text(), "description": "The style sheet."}})),
        ),
        (
            "next of a thing",
            list(
                json!([]),
                Some(json!({"next": {"type": "object", "properties": {"name": text()}}})),
                json!({}),
            ),
        ),
    ];
    for (what, operation) in table {
        let (proposal, draft) = propose(&document(json!({"/things": operation})));
        let kinds: Vec<Value> =
            proposal.lists.iter().map(|list| serde_json::to_value(list.paging.kind).unwrap()).collect();
        assert_eq!(kinds, ["none"], "{what}");
        assert!(!draft.manifest.contains("\npaging:"), "{what}\n{}", draft.manifest);
        assert!(
            !draft.manifest.contains("\nlimits:") && !draft.manifest.contains("\nretry:"),
            "{what}\n{}",
            draft.manifest
        );
        assert!(draft.manifest.contains("auth: { none: {} }"), "{what}\n{}", draft.manifest);
        assert!(
            !draft.undecided.is_empty(),
            "{what}: that nothing is known of credentials and limits is said"
        );
    }
}

#[test]
fn one_record_is_no_list() {
    let parts =
        json!({"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}});
    let thing = json!({"type": "object", "properties": {"id": {"type": "string"}, "parts": parts}});
    let answer = |schema: &Value| json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}});
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let paths = json!({
        "/things/{id}": {"get": {"parameters": id, "responses": answer(&thing)}},
        "/status": {"get": {"responses": answer(&thing)}},
        "/things": {"post": {"responses": answer(&json!({"type": "array", "items": thing}))}}
    });
    let (proposal, _) = propose(&document(paths));
    assert_eq!(
        proposal.lists.iter().map(|list| list.operation.as_str()).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
}

#[test]
fn credentials_are_read_from_schemes_and_else_from_what_is_said() {
    let with = |schemes: Value, security: Value| {
        let mut document = document(json!({"/things": list(json!([]), None, json!({}))}));
        document["components"] = json!({"securitySchemes": schemes});
        document["security"] = security;
        document
    };
    let code = json!({"type": "oauth2", "flows": {"authorizationCode": {"authorizationUrl": "https://a.example/authorize", "tokenUrl": "https://a.example/token", "scopes": {"read": ""}}}});
    let client = json!({"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {}}}});
    let implicit = json!({"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a.example/authorize", "scopes": {}}}});
    let key = |place: &str, name: &str| json!({"type": "apiKey", "in": place, "name": name});
    let mut said = document(json!({"/things": list(json!([]), None, json!({}))}));
    said["info"]["description"] = json!("Send your personal access token as `Authorization: Bearer`.");
    let header = json!([{"name": "Authorization", "in": "header", "schema": {"type": "string"}, "description": "A bearer token"}]);
    let by_parameter = document(json!({"/things": list(header, None, json!({}))}));
    let table: Vec<(Value, &[&str], &str)> = vec![
        (
            with(json!({"b": {"type": "http", "scheme": "basic"}}), json!([{"b": []}])),
            &["basic"],
            "basic: { username: \"{username}\", password: \"{password}\" }",
        ),
        (
            with(json!({"b": {"type": "http", "scheme": "bearer"}}), json!([{"b": []}])),
            &["bearer"],
            "bearer: { token: \"{token}\" }",
        ),
        (
            with(json!({"k": key("header", "X-Key")}), json!([{"k": []}])),
            &["api_key_header:X-Key"],
            "api_key: { in: header, name: \"X-Key\", value: \"{x_key}\" }",
        ),
        (
            with(json!({"k": key("query", "key")}), json!([{"k": []}])),
            &["api_key_query:key"],
            "api_key: { in: query, name: \"key\", value: \"{key}\" }",
        ),
        (
            with(json!({"k": key("cookie", "sid")}), json!([{"k": []}])),
            &["api_key_cookie:sid"],
            "api_key: { in: cookie, name: \"sid\", value: \"{sid}\" }",
        ),
        (
            with(
                json!({"k": key("header", "X-Key"), "l": key("header", "X-App")}),
                json!([{"k": [], "l": []}]),
            ),
            &["api_key_header:X-Key", "api_key_header:X-App"],
            "- { in: header, name: \"X-App\", value: \"{x_app}\" }",
        ),
        (
            with(json!({"o": client}), json!([{"o": []}])),
            &["oauth2:client_credentials"],
            "client_credentials: {}",
        ),
        (
            with(json!({"o": code}), json!([{"o": []}])),
            &["oauth2:authorization_code"],
            "authorization_code: { authorization_url: \"https://a.example/authorize\" }",
        ),
        (
            with(json!({"o": implicit}), json!([{"o": []}])),
            &["oauth2:implicit"],
            "bearer: { token: \"{token}\" }",
        ),
        (
            with(
                json!({"b": {"type": "http", "scheme": "bearer"}, "k": key("header", "X-Key")}),
                json!([{"b": []}, {"k": []}]),
            ),
            &["bearer", "api_key_header:X-Key"],
            "by: auth_method",
        ),
        // Declared and required nowhere.
        (
            with(json!({"b": {"type": "http", "scheme": "bearer"}}), Value::Null),
            &["bearer"],
            "bearer: { token: \"{token}\" }",
        ),
        (said, &["bearer"], "bearer: { token: \"{token}\" }"),
        (by_parameter, &["bearer"], "bearer: { token: \"{token}\" }"),
        (document(json!({"/things": list(json!([]), None, json!({}))})), &["none"], "auth: { none: {} }"),
    ];
    for (mut document, kinds, line) in table {
        if document["security"].is_null() {
            document.as_object_mut().unwrap().remove("security");
        }
        let (proposal, draft) = propose(&document);
        assert_eq!(proposal.auth.kinds, kinds, "{document}");
        assert!(
            draft.manifest.lines().any(|known| known.trim() == line),
            "{document}: `{line}` is not in\n{}",
            draft.manifest
        );
    }
}

#[test]
fn limits_are_declared_or_left_open() {
    let integer = |description: &str| json!({"schema": {"type": "integer"}, "description": description});
    let quota = |reset: &str| json!({"X-RateLimit-Limit": integer("5,000 requests per hour"), "X-RateLimit-Remaining": integer(""), "X-RateLimit-Reset": integer(reset)});
    let bare = json!({"X-RateLimit-Limit": integer(""), "X-RateLimit-Remaining": integer(""), "X-RateLimit-Reset": integer("Seconds until the window ends")});
    for (headers, unit, live) in [
        (quota("UTC epoch seconds"), Some("epoch_seconds"), true),
        (quota("When the window ends"), None, true),
        (bare, Some("seconds"), false),
    ] {
        let (proposal, draft) =
            propose(&document(json!({"/things": list(json!([]), None, headers.clone())})));
        assert_eq!(proposal.limits.reset_unit.as_deref(), unit, "{headers}");
        assert_eq!(draft.manifest.contains("\nlimits:"), live, "{headers}\n{}", draft.manifest);
        assert_eq!(draft.manifest.contains("\nretry:"), unit.is_some(), "{headers}\n{}", draft.manifest);
        let asked = draft.undecided.iter().any(|undecided| undecided.question.contains("unit"));
        assert_eq!(asked, unit.is_none(), "{headers}: {:?}", draft.undecided);
    }
}

#[test]
fn streams_have_keys_cursors_and_parents() {
    let text = || json!({"type": "string"});
    let time = || json!({"type": "string", "format": "date-time"});
    let ticket = json!({"type": "object", "properties": {"id": text(), "updated_at": time()}});
    let comment =
        json!({"type": "object", "required": ["number"], "properties": {"number": {"type": "integer"}}});
    let answer = |schema: Value| json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}});
    let several = |of: Value| json!({"type": "array", "items": of});
    let id = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": text()});
    let paths = json!({
        "/tickets": {"get": {"operationId": "tickets", "parameters": [query("updated_since", time(), "")], "responses": answer(several(ticket.clone()))},
            "post": {"operationId": "create", "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": text()}], "responses": answer(ticket.clone())}},
        "/tickets/{ticket_id}": {"get": {"operationId": "ticket", "parameters": [id("ticket_id")], "responses": answer(ticket)}},
        "/tickets/{ticket_id}/comments": {"get": {"operationId": "comments", "parameters": [id("ticket_id")], "responses": answer(several(comment))}},
        "/places/{place}/things": {"get": {"operationId": "things", "parameters": [id("place")], "responses": answer(several(json!({"type": "object", "required": ["id"], "properties": {"id": text()}})))}},
        "/words": {"get": {"operationId": "words", "responses": answer(several(json!({"type": "object", "properties": {"text": text()}})))}}
    });
    let (proposal, draft) = propose(&document(paths));
    assert_eq!(draft.streams, ["tickets", "comments"], "{}", draft.manifest);
    for line in [
        "cursor: { field: updated_at, parameter: \"updated_since\", format: rfc3339 }",
        "key: [ ticket_id, number ]",
        "parameters: { \"ticket_id\": id }",
        "create: { idempotency_key: Idempotency-Key }",
        "- ticket",
        "# things: needs a value for `place`, which no other stream gives",
        "# words: no field of its records could be their key",
    ] {
        assert!(
            draft.manifest.lines().any(|known| known.trim() == line),
            "`{line}` is not in\n{}",
            draft.manifest
        );
    }
    // The document forgot to say that an id is always there.
    let overlay = draft.overlay.expect("an overlay");
    assert!(overlay.contains("update: { required: [ \"id\" ] }"), "{overlay}");
    assert!(proposal.streams.iter().all(|stream| !stream.reason.is_empty()));
}

#[test]
fn servers_become_urls_with_values_to_fill_in() {
    let variable = json!({"region": {"default": "eu", "enum": ["eu", "us"]}});
    for (servers, url, live) in [
        (json!([{"url": "https://api.example.com/v1/"}]), "https://api.example.com/v1", Confidence::High),
        (
            json!([{"url": "https://{region}.example.com", "variables": variable}]),
            "https://{region}.example.com",
            Confidence::High,
        ),
        (json!([{"url": "http://api.example.com"}]), "https://api.example.com", Confidence::Medium),
        (json!([{"url": "/v1"}]), "https://example.com/v1", Confidence::Low),
        (
            json!([{"url": "http://localhost:8080"}, {"url": "https://api.example.com"}]),
            "https://api.example.com",
            Confidence::High,
        ),
        (json!([]), "https://example.com", Confidence::Low),
    ] {
        let mut document = document(json!({"/things": list(json!([]), None, json!({}))}));
        document["servers"] = servers.clone();
        let (proposal, _) = propose(&document);
        assert_eq!((proposal.server.url.as_str(), proposal.server.confidence), (url, live), "{servers}");
    }
}

#[test]
fn hostile_documents_become_manifests_all_the_same() {
    let nasty = [
        "a: b\nstreams: {}",
        "*/ }}",
        "\"",
        "'",
        "{x}",
        "#",
        "\u{2028}x",
        "-",
        "[a]",
        "|",
        "&a *a",
        "%TAG",
        "é",
        "\u{1F600}",
        "",
        " ",
        "true",
        "../..",
        "a.b",
        "~",
    ];
    for text in nasty {
        let property = json!({"type": "object", "required": [text], "properties": {text: {"type": "string"}, "id": {"type": "string"}}});
        let mut document = document(json!({
            format!("/{}/things", text.replace(['{', '}', '?', '#'], "")): {"get": {
                "operationId": text, "summary": text, "description": text, "tags": [text],
                "parameters": [query("cursor", json!({"type": "string"}), text), query(text, json!({"type": "integer"}), text), query("limit", json!({"type": "integer", "maximum": 10}), text)],
                "responses": {"200": {"description": text, "headers": {"X-RateLimit-Limit": {"description": text, "schema": {"type": "integer"}}},
                    "content": {"application/json": {"schema": {"type": "object", "properties": {text: {"type": "array", "items": property}, "next_cursor": {"type": "string", "description": text}}}}}}}
            }}
        }));
        document["info"]["title"] = json!(text);
        document["info"]["description"] = json!(text);
        document["components"] = json!({"securitySchemes": {text: {"type": "apiKey", "in": "header", "name": "X-Key", "description": text}}});
        document["security"] = json!([{text: []}]);
        propose(&document);
    }
}

#[test]
fn the_same_document_gives_the_same_manifest() {
    let document = document(
        json!({"/things": list(json!([query("page", json!({"type": "integer"}), "")]), None, json!({}))}),
    );
    assert_eq!(propose(&document).1.manifest, propose(&document).1.manifest);
}
