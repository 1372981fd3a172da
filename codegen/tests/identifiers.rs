//! What identifies a record, and what keeps a list from being a stream: conventions of real documents, in small ones of our own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot make its documents has to stop"
)]

mod drafting;

use drafting::{document, propose, query};
use serde_json::{Value, json};

fn text() -> Value {
    json!({"type": "string"})
}

fn answers(schema: &Value) -> Value {
    json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}})
}

fn several(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

fn object(properties: &Value) -> Value {
    json!({"type": "object", "properties": properties})
}

fn get(id: &str, parameters: &Value, schema: &Value) -> Value {
    json!({"get": {"operationId": id, "parameters": parameters, "responses": answers(schema)}})
}

fn in_path(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"name": name, "in": "path", "required": true, "schema": text()})).collect()
}

fn has(manifest: &str, line: &str, what: &str) {
    assert!(manifest.lines().any(|known| known.trim() == line), "{what}: `{line}` is not in\n{manifest}");
}

#[test]
fn a_record_is_known_by_the_surest_of_its_fields() {
    // The path of the list, that of one record where there is one, properties, the key. `all` selects everything, and is an operation's id here.
    for (path, one, properties, key) in [
        ("/tickets", None, json!({"name": text(), "ticket_id": text()}), "ticket_id"),
        ("/task-runs", None, json!({"runId": text(), "name": text()}), "runId"),
        // What leads to one of them.
        ("/pools", Some("/pools/{pool_name}"), json!({"slots": text(), "name": text()}), "name"),
        ("/signing", Some("/signing/{kid}"), json!({"alg": text(), "kid": text()}), "kid"),
        // A number where the document knows no integers.
        ("/runs", None, json!({"name": text(), "id": {"type": "number"}}), "id"),
        // An identifier that the document forgot to require, beside a name that it did not.
        ("/databases", None, json!({"database_name": text(), "id": {"type": "integer"}}), "id"),
        (
            "/apis",
            None,
            json!({"name": {"type": "string", "description": "Resource name."}, "state": text()}),
            "name",
        ),
    ] {
        let mut record = object(&properties);
        if properties.get("database_name").is_some() {
            record["required"] = json!(["database_name"]);
        }
        let root = if path == "/apis" { "/places/{place}/apis" } else { path };
        let parameters = if root == path { json!([]) } else { in_path(&["place"]) };
        let mut paths = json!({root: get("all", &parameters, &several(&record))});
        if let Some(one) = one {
            let name = one.trim_end_matches('}').rsplit('{').next().unwrap();
            paths[one] = get("one", &in_path(&[name]), &record);
        }
        let (proposal, draft) = propose(&document(paths));
        assert_eq!(proposal.streams[0].key, [key], "{path} {properties}\n{}", draft.manifest);
        if root == path {
            assert_eq!(draft.streams.len(), 1, "{path} {properties}\n{}", draft.manifest);
        }
    }
}

#[test]
fn a_component_says_what_its_records_are() {
    let pages = json!([
        query("page", json!({"type": "integer"}), ""),
        query("limit", json!({"type": "integer", "maximum": 50}), "")
    ]);
    let tickets = several(&json!({"$ref": "#/components/schemas/SupportTicketResponse"}));
    let mut document = document(json!({"/search": get("search", &pages, &tickets)}));
    document["components"] = json!({"schemas": {"SupportTicketResponse": object(&json!({"customer_id": text(), "ticket_id": text()}))}});
    has(&propose(&document).1.manifest, "key: ticket_id", "a component's name");
}

#[test]
fn an_api_may_call_all_of_its_identifiers_alike() {
    let record = || object(&json!({"acme_id": text(), "code": text(), "customer_id": text()}));
    let mut bill = record();
    bill["properties"]["total"] = text();
    let paths = json!({
        "/customers": get("customers", &json!([]), &several(&object(&json!({"acme_id": text(), "code": text(), "tax": text()})))),
        "/bills": get("bills", &json!([]), &several(&bill)),
        "/plans": get("plans", &json!([]), &several(&record()))
    });
    let (proposal, draft) = propose(&document(paths));
    for stream in &proposal.streams {
        assert_eq!(stream.key, ["acme_id"], "{}\n{}", stream.name, draft.manifest);
    }
}

#[test]
fn what_a_parent_is_known_by_is_stored_under_a_free_name() {
    let call = object(&json!({"id": text()}));
    let paths = json!({
        "/calls": get("calls", &json!([]), &several(&call)),
        "/calls/{id}/recordings": get("recordings", &in_path(&["id"]), &several(&object(&json!({"id": text(), "url": text()}))))
    });
    let (_, draft) = propose(&document(paths));
    assert_eq!(draft.streams, ["calls", "recordings"], "{}", draft.manifest);
    has(&draft.manifest, "include: { call_id: id }", "a child");
    has(&draft.manifest, "parameters: { \"id\": id }", "a child");
}

#[test]
fn a_search_is_a_stream_where_its_body_is_known() {
    let search = |body: Value, required: bool| {
        json!({"post": {"operationId": "search", "requestBody": {"required": required, "content": {"application/json": {"schema": body}}},
            "responses": answers(&object(&json!({"data": several(&object(&json!({"id": text()}))), "next_cursor": text()})))}})
    };
    let integer = json!({"type": "integer", "maximum": 50});
    let fields = json!({"cursor": text(), "limit": integer, "filter": {"type": "object"}});
    let mut needs = object(&fields);
    needs["required"] = json!(["filter"]);
    for (body, required, line) in [
        (
            object(&fields),
            false,
            "size: { body_field: limit, value: 50 } # the greatest that the document allows",
        ),
        (object(&fields), true, "cursor: { body_field: cursor, next: next_cursor }"),
        (object(&json!({"cursor": text(), "count": {"type": "integer"}})), true, "body: {}"),
        (needs, true, "# contacts: its request body requires `filter`: say it in the stream's `body`"),
    ] {
        let (_, draft) = propose(&document(json!({"/contacts/search": search(body.clone(), required)})));
        has(&draft.manifest, line, &body.to_string());
        assert_eq!(draft.streams == ["contacts"], !line.starts_with('#'), "{body}\n{}", draft.manifest);
    }
}

#[test]
fn each_list_that_is_no_stream_is_told() {
    let plain = several(&text());
    let map = json!({"type": "object", "additionalProperties": object(&json!({"id": text()}))});
    let unknown = object(&json!({"things": {"type": "array", "items": {}}}));
    let mut old = get("old", &json!([]), &several(&object(&json!({"id": text()}))));
    old["get"]["deprecated"] = json!(true);
    let paths = json!({
        "/tags": get("tags", &json!([]), &plain), "/words": get("words", &json!([]), &plain),
        "/maps": get("maps", &json!([]), &map), "/things": get("things", &json!([]), &unknown), "/old": old,
        "/nameless": get("nameless", &json!([]), &several(&object(&json!({"text": text()}))))
    });
    let (_, draft) = propose(&document(paths));
    for (about, question) in [
        (vec!["GET /tags", "GET /words"], "plain values"),
        (vec!["GET /maps"], "values of a map"),
        (vec!["GET /things"], "what its records hold"),
        (vec!["GET /old"], "deprecated"),
        (vec!["nameless"], "no field of its records"),
    ] {
        let told = draft.undecided.iter().find(|undecided| undecided.question.contains(question));
        assert_eq!(
            told.map(|told| told.about.as_slice()),
            Some(about.iter().map(|&name| name.to_owned()).collect::<Vec<_>>().as_slice()),
            "{question}: {:?}",
            draft.undecided
        );
    }
}

#[test]
fn a_list_of_scim_counts_from_one() {
    let integer = || json!({"type": "integer"});
    let asked = json!([query("startIndex", integer(), ""), query("count", integer(), "")]);
    let users = json!({"totalResults": integer(), "itemsPerPage": integer(), "Resources": several(&object(&json!({"id": text()})))});
    let (_, draft) = propose(&document(json!({"/Users": get("users", &asked, &object(&users))})));
    has(
        &draft.manifest,
        "offset: { parameter: \"startIndex\", first: 1, total_records: totalResults }",
        "SCIM",
    );
}

#[test]
fn a_token_is_looked_for_where_the_document_points() {
    let cursor =
        |prose: &str| json!([query("cursor", text(), prose), query("limit", json!({"type": "integer"}), "")]);
    let things = several(&object(&json!({"id": text()})));
    let prose = "Cursors are provided in the response headers `X-Acme-Cursor-Next` and `X-Acme-Cursor-Prev`.";
    let (_, draft) = propose(&document(json!({"/things": get("things", &cursor(prose), &things)})));
    has(&draft.manifest, "cursor: { parameter: \"cursor\", next_header: X-Acme-Cursor-Next }", prose);
    assert_eq!(draft.streams, ["things"], "{}", draft.manifest);
    // A bare list has no room for it.
    let after = json!([
        query("after", text(), "Specifies the pagination cursor for the next page"),
        query("limit", json!({"type": "integer"}), "")
    ]);
    let (proposal, _) = propose(&document(json!({"/things": get("things", &after, &things)})));
    assert!(proposal.lists[0].paging.reason.contains("such as `Link`"), "{:?}", proposal.lists[0].paging);
    // A page that is a text is a token, and `next.page` gives it.
    let page = json!([
        query("page", text(), "Identifier of the page of results"),
        query("limit", json!({"type": "number", "maximum": 50}), "")
    ]);
    let wrapped = object(&json!({"next": object(&json!({"page": text()})), "items": things}));
    let (_, draft) = propose(&document(json!({"/things": get("things", &page, &wrapped)})));
    has(&draft.manifest, "cursor: { parameter: \"page\", next: next.page }", "a page that is a text");
    // HAL has no bare lists.
    let mut hal =
        get("things", &json!([query("page_size", json!({"type": "integer", "default": 25}), "")]), &things);
    let content = hal["get"]["responses"]["200"]["content"].take();
    hal["get"]["responses"]["200"]["content"] = json!({"application/hal+json": content["application/json"]});
    let (proposal, draft) = propose(&document(json!({"/things": hal})));
    assert!(proposal.lists[0].paging.reason.contains("never stands alone"), "{:?}", proposal.lists[0].paging);
    assert_eq!(draft.streams, Vec::<String>::new(), "{}", draft.manifest);
    // Times that bound a list lead nowhere.
    let bounds = json!([
        query("_before", json!({"type": "integer"}), ""),
        query("_limit", json!({"type": "integer"}), "")
    ]);
    let (proposal, _) = propose(&document(json!({"/things": get("things", &bounds, &things)})));
    assert_eq!(serde_json::to_value(proposal.lists[0].paging.kind).unwrap(), "none");
}
