//! Conventions of real documents, each in a small one of our own: what is proposed for it, and what is left to a person.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot make its documents has to stop"
)]

mod drafting;

use drafting::{document, generated, list, propose, query};
use linchpin_codegen::infer::Confidence;
use serde_json::{Value, json};

fn text() -> Value {
    json!({"type": "string"})
}

fn integer() -> Value {
    json!({"type": "integer"})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn several(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

/// Objects with these properties, all of which are always there.
fn object(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({"type": "object", "required": names, "properties": properties})
}

fn thing() -> Value {
    object(&json!({"id": text()}))
}

fn answers(schema: &Value) -> Value {
    json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}})
}

fn get(id: &str, parameters: Value, schema: &Value) -> Value {
    json!({"get": {"operationId": id, "parameters": parameters, "responses": answers(schema)}})
}

fn has(manifest: &str, line: &str, what: &str) {
    assert!(manifest.lines().any(|known| known.trim() == line), "{what}: `{line}` is not in\n{manifest}");
}

#[test]
fn an_offset_is_no_offset_that_counts_otherwise() {
    let limit = || query("limit", json!({"type": "integer", "maximum": 50}), "");
    for (name, description, kind, reason) in [
        ("offset", "Timestamp offset, used for pagination", "last_id", "takes a time"),
        ("offset", "The page to begin with, starting at 1.", "offset", "may be the number of a page"),
    ] {
        let operation =
            list(json!([query(name, integer(), description), limit()]), Some(json!({})), json!({}));
        let (proposal, draft) = propose(&document(json!({"/things": operation})));
        let paging = &proposal.lists[0].paging;
        assert_eq!(serde_json::to_value(paging.kind).unwrap(), kind, "{description}");
        assert_eq!(paging.confidence, Confidence::Low, "{description}");
        assert!(paging.reason.contains(reason), "{description}: {}", paging.reason);
        assert_eq!(draft.streams, Vec::<String>::new(), "{description}\n{}", draft.manifest);
        assert!(draft.undecided.iter().any(|undecided| undecided.question.contains(reason)), "{description}");
    }
}

#[test]
fn an_offset_counts_from_where_the_document_says() {
    let with = |key: &str, value: u64| {
        let mut schema = integer();
        schema[key] = json!(value);
        schema
    };
    // Name, schema, description; from where, and how sure.
    for (name, schema, description, first, confidence) in [
        ("startIndex", integer(), "The 1-based index of the first result.", Some(1), Confidence::High),
        ("startPosition", with("default", 1), "", Some(1), Confidence::Medium),
        ("startIndex", with("minimum", 1), "Where to begin.", Some(1), Confidence::Medium),
        ("startIndex", with("minimum", 0), "Where to begin.", Some(0), Confidence::High),
        ("offset", integer(), "The zero-based index of the first result.", Some(0), Confidence::High),
        ("offset", integer(), "", None, Confidence::High),
    ] {
        let limit = query("limit", json!({"type": "integer", "maximum": 50}), "");
        let operation =
            list(json!([query(name, schema.clone(), description), limit]), Some(json!({})), json!({}));
        let (proposal, draft) = propose(&document(json!({"/things": operation})));
        let what = format!("{name} {schema} {description}\n{}", draft.manifest);
        let paging = &proposal.lists[0].paging;
        assert_eq!((paging.first, paging.confidence), (first, confidence), "{what}");
        assert_eq!(paging.reason.contains("counts records from 1"), first == Some(1), "{what}");
        let from = if first == Some(1) { ", first: 1" } else { "" };
        has(&draft.manifest, &format!("offset: {{ parameter: \"{name}\"{from} }}"), &what);
        assert_eq!(draft.streams, ["things"], "{what}");
        generated(&document(json!({"/things": operation})));
    }
}

#[test]
fn a_total_is_that_of_all_records() {
    let counted = |name: &str, description: &str| {
        let mut properties =
            json!({"total_count": {"type": "integer", "description": "Total number of items available."}});
        properties[name] = json!({"type": "integer", "description": description});
        properties
    };
    let single = |name: &str, description: &str| {
        let mut properties = json!({});
        properties[name] = json!({"type": "integer", "description": description});
        properties
    };
    for (properties, total) in [
        (counted("count", "Total number of items returned."), Some("pagination.total_count")),
        (single("count", "Total number of items returned."), None),
        (single("count", "Total number of items."), Some("pagination.count")),
        (single("count", ""), None),
        (single("total", ""), Some("pagination.total")),
        (single("total", "Number of records in this response."), None),
        (single("num_found", "How many there are."), Some("pagination.num_found")),
    ] {
        let parameters = json!([
            query("offset", integer(), ""),
            query("limit", json!({"type": "integer", "maximum": 50}), "")
        ]);
        let envelope = json!({"pagination": {"type": "object", "properties": properties}});
        let (proposal, _) =
            propose(&document(json!({"/things": list(parameters, Some(envelope), json!({}))})));
        assert_eq!(proposal.lists[0].paging.total.as_deref(), total, "{properties}");
    }
}

#[test]
fn what_reads_a_list_is_told_from_what_does_not() {
    let things = || several(&thing());
    let options = json!({"type": "object", "properties": {"count": {"type": "integer", "maximum": 500}, "offset": integer()}});
    let post = |body: &Value, schema: &Value| json!({"post": {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": answers(schema)}});
    let counted = object(&json!({"things": things(), "total_things": integer()}));
    let page = |description: &str| json!([query("page", integer(), description)]);
    let paged = || json!([query("page", integer(), ""), query("per_page", integer(), "")]);
    let silent = |parameters: Value| json!({"get": {"parameters": parameters, "responses": {"200": {"description": "All."}}}});
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": text()}, query("page_token", text(), ""), query("limit", integer(), "")]);
    for (what, path, item, kind) in [
        (
            "a POST that takes an offset",
            "/things/get",
            post(&json!({"type": "object", "properties": {"options": options}}), &counted),
            Some("offset"),
        ),
        ("a POST that makes things", "/things", post(&thing(), &counted), None),
        (
            "pages of what is not described",
            "/logs",
            silent(page("The page number for the logs")),
            Some("page"),
        ),
        ("a page of a book", "/words", silent(page("The page to look at")), None),
        (
            "a count of what comes in pages",
            "/things/count",
            get("count", paged(), &object(&json!({"count": integer()}))),
            None,
        ),
        (
            "what is only said to have gone well",
            "/things.list",
            get("well", paged(), &object(&json!({"ok": {"type": "boolean"}}))),
            Some("page"),
        ),
        (
            "one thing, asked as all things are",
            "/things/{id}",
            get("one", id, &object(&json!({"id": text(), "parts": {"type": "object"}}))),
            None,
        ),
        (
            "a thing in an envelope",
            "/things/random",
            get(
                "any",
                json!([]),
                &json!({"type": "object", "properties": {"data": {"type": "object", "properties": {"id": text(), "tags": several(&text())}}}}),
            ),
            None,
        ),
    ] {
        let (proposal, _) = propose(&document(json!({path: item})));
        let found = proposal.lists.first().map(|list| serde_json::to_value(list.paging.kind).unwrap());
        assert_eq!(found.as_ref().and_then(Value::as_str), kind, "{what}");
    }
}

#[test]
fn records_are_what_the_pages_are_of() {
    let reports = several(&object(&json!({"code": integer(), "message": text()})));
    let found = |next: bool| {
        let mut properties = json!({"items": several(&thing()), "total": integer()});
        if next {
            properties["nextPage"] = text();
        }
        json!({"type": "object", "properties": properties})
    };
    let size = || query("size", json!({"type": "integer", "maximum": 10}), "");
    let page = || json!([query("page", integer(), "Page number"), size()]);
    for (what, schema, records, total) in [
        (
            "messages beside errors",
            object(
                &json!({"errors": reports, "messages": reports, "success": {"type": "boolean"}, "result": {"type": "object", "properties": {"things": several(&thing())}}}),
            ),
            "result.things",
            None,
        ),
        ("messages", object(&json!({"messages": several(&thing())})), "messages", None),
        (
            "two lists, one of which goes on",
            object(&json!({"albums": found(false), "assets": found(true)})),
            "assets.items",
            Some("assets.total"),
        ),
    ] {
        let (proposal, _) = propose(&document(json!({"/search": get("search", page(), &schema)})));
        assert_eq!(proposal.lists[0].record_path.as_deref(), Some(records), "{what}");
        assert_eq!(proposal.lists[0].paging.total.as_deref(), total, "{what}");
    }
}

#[test]
fn a_record_in_a_wrapper_is_known_by_its_own_key() {
    let wrapped = object(&json!({"event": object(&json!({"id": integer(), "key": text()}))}));
    let (_, draft) = propose(&document(json!({"/events": get("events", json!([]), &several(&wrapped))})));
    has(&draft.manifest, "key: event.id", "a wrapper");
}

#[test]
fn keys_are_sent_as_the_document_shows_it() {
    for (description, line) in [
        (
            "The API Key with format `Token token=<API_KEY>`",
            "api_key: { in: header, name: \"Authorization\", value: \"{token}\", prefix: \"Token token=\" }",
        ),
        (
            "Send `Authorization: SSWS {api_token}` with each request",
            "api_key: { in: header, name: \"Authorization\", value: \"{token}\", prefix: \"SSWS \" }",
        ),
        ("As \"Bearer <token>\"", "bearer: { token: \"{token}\" }"),
        (
            "The `Authorization` header is `<token>`",
            "api_key: { in: header, name: \"Authorization\", value: \"{token}\" }",
        ),
    ] {
        let mut document = document(json!({"/things": list(json!([]), None, json!({}))}));
        document["components"] = json!({"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}}});
        document["security"] = json!([{"k": []}]);
        has(&propose(&document).1.manifest, line, description);
    }
}

#[test]
fn what_is_required_and_has_a_value_is_given_it() {
    let version = |schema: Value| json!([{"name": "X-Version", "in": "header", "required": true, "schema": schema, "description": "The version"}]);
    for (schema, line) in [
        (
            json!({"type": "string", "default": "2025-10"}),
            "x_version: { description: \"The version\", default: \"2025-10\" }",
        ),
        (
            json!({"type": "string", "enum": ["v2"]}),
            "x_version: { description: \"The version\", default: \"v2\" }",
        ),
        (json!({"type": "string", "enum": ["v1", "v2"]}), "x_version: { description: \"The version\" }"),
    ] {
        let (_, draft) = propose(&document(json!({"/things": list(version(schema), None, json!({}))})));
        has(&draft.manifest, line, "a required header");
        has(&draft.manifest, "parameters: { \"X-Version\": \"{x_version}\" }", line);
    }
}

#[test]
fn what_an_api_has_is_no_stream_of_its_records() {
    let kinds = several(&object(&json!({"name": text(), "verbs": several(&text())})));
    let paths = json!({
        "/apis/batch/v1/": get("kinds", json!([]), &object(&json!({"resources": kinds}))),
        "/apis/batch/v1/jobs": get("jobs", json!([]), &several(&thing())),
        "/": get("root", json!([]), &several(&thing()))
    });
    let (proposal, draft) = propose(&document(paths));
    assert_eq!(draft.streams, ["jobs"], "{}", draft.manifest);
    let held = proposal.streams.iter().filter_map(|stream| stream.held_back.as_deref());
    assert_eq!(held.filter(|reason| reason.contains("names no resource")).count(), 2, "{}", draft.manifest);
}

/// A path, the records' field, parameters, a line of the manifest.
type Times = (&'static str, &'static str, Value, &'static str);

#[test]
fn times_lead_on_where_a_change_moves_them_or_nothing_changes() {
    let at = |name: &str, description: &str| query(name, time(), description);
    let range = json!({"name": "created", "in": "query", "style": "deepObject", "explode": true, "schema": {"type": "object", "properties": {"gt": integer(), "gte": integer()}}});
    let table: Vec<Times> = vec![
        (
            "/things",
            "updated_at",
            json!([at("updated_since", "")]),
            "cursor: { field: updated_at, parameter: \"updated_since\", format: rfc3339 }",
        ),
        (
            "/things",
            "updated_at",
            json!([at("since", "Only those updated after this time.")]),
            "cursor: { field: updated_at, parameter: \"since\", format: rfc3339 }",
        ),
        // Whether that is about changes, nobody says.
        (
            "/things",
            "updated_at",
            json!([at("since", "")]),
            "#     cursor: { field: updated_at, parameter: \"since\", format: rfc3339 }",
        ),
        (
            "/things",
            "created_at",
            json!([at("created_after", "")]),
            "#     cursor: { field: created_at, parameter: \"created_after\", format: rfc3339 }",
        ),
        // What is written once has no changes to miss.
        (
            "/audit_logs",
            "created_at",
            json!([at("created_after", "")]),
            "cursor: { field: created_at, parameter: \"created_after\", format: rfc3339 }",
        ),
        (
            "/events",
            "timestamp",
            json!([at("start_time", "")]),
            "cursor: { field: timestamp, parameter: \"start_time\", format: rfc3339 }",
        ),
        (
            "/events",
            "created",
            json!([range]),
            "cursor: { field: created, parameter: \"created[gte]\", format: epoch_seconds }",
        ),
        ("/things", "created_at", json!([at("since", ""), at("until", "")]), "operation: listThings"),
    ];
    for (path, field, parameters, line) in table {
        let kind = if field == "created" { integer() } else { time() };
        let record = object(&json!({"id": text(), field: kind}));
        let (proposal, draft) =
            propose(&document(json!({path: get("listThings", parameters.clone(), &several(&record))})));
        has(&draft.manifest, line, &format!("{path} {parameters}"));
        if let Some(cursor) = &proposal.streams[0].cursor {
            assert!(!cursor.reason.is_empty(), "{path} {parameters}");
            let live = cursor.confidence > Confidence::Low;
            assert_eq!(
                draft.manifest.contains("\n    cursor: "),
                live,
                "{path} {parameters}\n{}",
                draft.manifest
            );
        }
    }
}

#[test]
fn windows_are_shown_and_left_to_a_person() {
    let record = object(&json!({"id": text(), "created_at": time()}));
    let parameters = json!([query("created_from", time(), ""), query("created_to", time(), "")]);
    let (proposal, draft) =
        propose(&document(json!({"/orders": get("orders", parameters, &several(&record))})));
    let window = proposal.streams[0].window.as_ref().expect("a window");
    assert_eq!(
        (window.from.as_str(), window.to.as_str(), window.field.as_str()),
        ("created_from", "created_to", "created_at")
    );
    let line = "#     window: { field: created_at, from: \"created_from\", to: \"created_to\", format: rfc3339, start: \"2020-01-01\", step: 30d }";
    has(&draft.manifest, line, "a window");
    // It is one that the generator takes.
    let live = draft.manifest.replace(line, &line[2..]);
    assert!(live.contains("\n    window:"), "{live}");
}

#[test]
fn a_list_that_comes_whole_is_said_to() {
    let (_, draft, warnings) = generated(&document(json!({"/things": list(json!([]), None, json!({}))})));
    has(&draft.manifest, "listThings: { paging: none }", "a whole list");
    has(
        &draft.manifest,
        "# medium: neither its parameters nor its answer have anything of pages",
        "a whole list",
    );
    assert!(!warnings.contains(&"P015".to_owned()), "{warnings:?}");
    // What a size bounds may be cut off: that stays open, and is asked.
    let bounded = list(json!([query("limit", integer(), "")]), None, json!({}));
    let (_, draft, warnings) = generated(&document(json!({"/things": bounded})));
    assert!(!draft.manifest.contains("paging: none"), "{}", draft.manifest);
    assert!(warnings.contains(&"P015".to_owned()), "{warnings:?}");
    let asked = draft
        .undecided
        .iter()
        .any(|undecided| undecided.about == ["things"] && undecided.question.contains("`limit`"));
    assert!(asked, "{:?}", draft.undecided);
}

#[test]
fn a_link_that_is_said_to_lead_to_the_next_page_does() {
    let next = |description: &str| json!({"type": "string", "format": "uri", "description": description});
    let envelope = |description: &str| {
        object(&json!({"values": several(&thing()), "size": integer(), "next": next(description)}))
    };
    for (path, description, kind, confidence) in [
        ("/things", "Link to the next page, if there is one.", "next_url", Confidence::High),
        ("/things/{owner}", "Link to the next page, if there is one.", "next_url", Confidence::High),
        ("/things/{owner}", "Link to the next thing.", "none", Confidence::Low),
    ] {
        let parameters = match path.contains('{') {
            true => json!([{"name": "owner", "in": "path", "required": true, "schema": text()}]),
            false => json!([]),
        };
        let (proposal, draft) =
            propose(&document(json!({path: get("list", parameters, &envelope(description))})));
        let what = format!("{path} {description}\n{}", draft.manifest);
        let paging = &proposal.lists[0].paging;
        assert_eq!(
            (serde_json::to_value(paging.kind).unwrap(), paging.confidence),
            (json!(kind), confidence),
            "{what}"
        );
    }
}

#[test]
fn a_link_header_counts_where_the_body_is_not_described() {
    let headers = json!({"Link": {"description": "First, last, prev and next.", "schema": text()}});
    let cursor = query("startingAfter", text(), "Where the page starts, often an ID.");
    let size = query("perPage", integer(), "3 - 1000 entries.");
    for schema in [json!({"type": "object"}), object(&json!({"id": text(), "name": text()}))] {
        let mut operation = get("list", json!([cursor, size]), &schema);
        operation["get"]["responses"]["200"]["headers"] = headers.clone();
        let (proposal, draft) = propose(&document(json!({"/clients": operation})));
        let what = format!("{schema}\n{}", draft.manifest);
        let paging = &proposal.lists[0].paging;
        assert_eq!(serde_json::to_value(paging.kind).unwrap(), "link_header", "{what}");
        assert_eq!(paging.confidence, Confidence::Medium, "{what}");
    }
}

#[test]
fn a_summary_that_says_list_makes_a_list_of_what_is_not_described() {
    for (summary, page, listed) in [
        ("List activities of a member", true, true),
        ("Get all activities", true, true),
        ("Show a page of the manual", true, false),
        ("List activities of a member", false, false),
    ] {
        let parameters = if page { json!([query("page", text(), "")]) } else { json!([]) };
        let mut operation = get("activities", parameters, &json!({}));
        operation["get"]["summary"] = json!(summary);
        let (proposal, draft) = propose(&document(json!({"/members/{id}/activities": operation})));
        assert_eq!(!proposal.lists.is_empty(), listed, "{summary} {page}\n{}", draft.manifest);
    }
}
