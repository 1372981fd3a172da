//! Searches that are asked for in a body, and what streams are called: in small documents of our own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot make its documents has to stop"
)]

mod drafting;

use drafting::{document, propose};
use linchpin_codegen::infer::Confidence;
use serde_json::{Value, json};

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn object(properties: &Value) -> Value {
    json!({"type": "object", "properties": properties})
}

fn answers() -> Value {
    let record = json!({"type": "object", "required": ["id", "created_at", "updated_at"], "properties": {
        "id": {"type": "string"}, "created_at": time(), "updated_at": time(),
    }});
    let schema = json!({"type": "object", "properties": {
        "orders": {"type": "array", "items": record}, "next_cursor": {"type": "string"},
    }});
    json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}})
}

/// A search whose body has these fields besides those of its pages.
fn search(fields: &Value, required: &Value) -> Value {
    let mut properties = fields.clone();
    properties["cursor"] = json!({"type": "string"});
    properties["limit"] = json!({"type": "integer", "maximum": 100});
    let schema = json!({"type": "object", "required": required, "properties": properties});
    json!({"post": {
        "operationId": "searchOrders",
        "requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
        "responses": answers(),
    }})
}

#[test]
fn a_time_in_the_body_of_a_search_is_a_cursor() {
    let none = json!([]);
    // Fields of the body; the line of the manifest; how sure.
    for (fields, required, line, confidence) in [
        (
            json!({"updated_since": time()}),
            &none,
            "cursor: { field: updated_at, body_field: \"updated_since\", format: rfc3339 }",
            Some(Confidence::Medium),
        ),
        (
            json!({"filter": object(&json!({"updated_at": object(&json!({"gte": time(), "lte": time()}))}))}),
            &none,
            "cursor: { field: updated_at, body_field: \"filter.updated_at.gte\", format: rfc3339 }",
            Some(Confidence::Medium),
        ),
        (
            json!({"query": object(&json!({"date_time_filter": object(&json!({"updated_at": object(&json!({
                "start_at": {"type": "integer", "description": "Milliseconds since 1970."},
                "end_at": {"type": "integer", "description": "Milliseconds since 1970."},
            }))}))}))}),
            &none,
            "cursor: { field: updated_at, body_field: \"query.date_time_filter.updated_at.start_at\", format: epoch_milliseconds }",
            Some(Confidence::Medium),
        ),
        (
            json!({"modified_after": time()}),
            &json!(["modified_after"]),
            "cursor: { field: updated_at, body_field: \"modified_after\", format: rfc3339, start: \"{start_time}\" }",
            Some(Confidence::Medium),
        ),
        // When it was created says nothing of changes: a comment.
        (
            json!({"created_from": time()}),
            &none,
            "#     cursor: { field: created_at, body_field: \"created_from\", format: rfc3339 }",
            Some(Confidence::Low),
        ),
        // An end, and what is in a list, take no cursor.
        (json!({"updated_before": time()}), &none, "", None),
        (
            json!({"filters": {"type": "array", "items": object(&json!({"updated_since": time()}))}}),
            &none,
            "",
            None,
        ),
        (json!({"updated_since": {"type": "boolean"}}), &none, "", None),
    ] {
        let (proposal, draft) = propose(&document(json!({"/orders/search": search(&fields, required)})));
        let what = format!("{fields}\n{}", draft.manifest);
        assert_eq!(draft.streams, ["orders"], "{what}");
        let cursor = proposal.streams[0].cursor.as_ref();
        assert_eq!(cursor.map(|cursor| cursor.confidence), confidence, "{what}");
        assert!(cursor.is_none_or(|cursor| cursor.in_body), "{what}");
        if line.is_empty() {
            assert!(!draft.manifest.contains("cursor: { field"), "{what}");
        } else {
            assert!(draft.manifest.lines().any(|known| known.trim() == line), "{line} is not in {what}");
        }
    }
}

#[test]
fn two_times_in_the_body_of_a_search_are_a_window() {
    let range = |from: &str, to: &str| object(&json!({from: time(), to: time()}));
    for (fields, line) in [
        (
            json!({"filter": object(&json!({"created_at": range("from", "to")}))}),
            "from_body_field: \"filter.created_at.from\", to_body_field: \"filter.created_at.to\"",
        ),
        (
            json!({"created_start": time(), "created_end": time()}),
            "from_body_field: \"created_start\", to_body_field: \"created_end\"",
        ),
    ] {
        let (proposal, draft) = propose(&document(json!({"/orders/search": search(&fields, &json!([]))})));
        let what = format!("{fields}\n{}", draft.manifest);
        assert!(proposal.streams[0].window.as_ref().is_some_and(|window| window.in_body), "{what}");
        // From when on, and in which steps, is for a person to say.
        let found = draft.manifest.lines().find(|known| known.contains(line));
        assert!(
            found.is_some_and(|found| found.trim().starts_with("#     window: {")),
            "{line} is not in {what}"
        );
    }
}

#[test]
fn how_records_are_read_is_not_what_they_are() {
    for (paths, names) in [
        (vec!["/incremental/tickets/cursor"], vec!["tickets"]),
        (vec!["/tickets", "/incremental/tickets/cursor"], vec!["tickets", "incremental_tickets"]),
        (vec!["/tickets", "/tickets/search"], vec!["tickets", "tickets_search"]),
        (vec!["/tickets", "/tickets/search.json"], vec!["tickets", "tickets_search"]),
        (vec!["/tickets/paged", "/users/export"], vec!["tickets", "users"]),
        (vec!["/tickets/list-all", "/users/batchGet"], vec!["tickets", "users"]),
        (vec!["/getTickets", "/listUsers", "/list-items"], vec!["tickets", "users", "list_items"]),
        (vec!["/tickets/findByDate", "/tickets/findByOwner"], vec!["tickets", "tickets_by_owner"]),
        (vec!["/v1/search", "/v1/tickets"], vec!["search", "tickets"]),
        (vec!["/api/v2.1/tickets/query"], vec!["tickets"]),
        (vec!["/exports"], vec!["exports"]),
    ] {
        let mut of_paths = json!({});
        for (at, path) in paths.iter().enumerate() {
            of_paths[*path] = json!({"get": {"operationId": format!("o{at}"), "responses": answers()}});
        }
        let (proposal, _) = propose(&document(of_paths));
        let mut found: Vec<(&str, &str)> =
            proposal.streams.iter().map(|stream| (stream.operation.as_str(), stream.name.as_str())).collect();
        found.sort_unstable();
        let found: Vec<&str> = found.into_iter().map(|(_, name)| name).collect();
        assert_eq!(found, names, "{paths:?}");
    }
}

#[test]
fn an_answer_of_several_lists_that_takes_pages_is_left_to_a_person() {
    let several = |properties: &Value| json!({"type": "array", "items": object(properties)});
    let schema = object(&json!({
        "posts": several(&json!({"id": {"type": "integer"}})), "users": several(&json!({"id": {"type": "integer"}})),
    }));
    let get = |parameters: Value| {
        json!({"get": {"operationId": "find", "parameters": parameters,
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}})
    };
    let page = json!([{"name": "page", "in": "query", "schema": {"type": "integer"}}]);
    for (parameters, asked) in [(page, true), (json!([]), false)] {
        let (_, draft) = propose(&document(json!({"/search": get(parameters.clone())})));
        let found =
            draft.undecided.iter().any(|undecided| undecided.question.contains("answers several lists"));
        assert_eq!(found, asked, "{parameters}\n{}", draft.manifest);
    }
}

/// Each object of this body leads to a hundred others, and none to a value: whoever follows all of them never ends.
#[test]
fn a_body_that_leads_on_without_end_is_looked_at_for_a_while() {
    let mut properties = json!({});
    for number in 0..100 {
        properties[format!("part{number}")] = json!({"$ref": "#/components/schemas/Part"});
    }
    let mut document = document(json!({
        "/orders/search": search(&json!({"filter": {"$ref": "#/components/schemas/Part"}}), &json!([])),
    }));
    document["components"] = json!({"schemas": {"Part": object(&properties)}});
    let (proposal, _) = propose(&document);
    assert_eq!(proposal.streams.len(), 1);
    assert!(proposal.streams.iter().all(|stream| stream.cursor.is_none()));
}
