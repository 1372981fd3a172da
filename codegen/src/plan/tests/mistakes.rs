//! What a person can get wrong in a manifest, and what is said about it. Every code of the manifest and plan stages stands here.

use std::collections::BTreeSet;

use super::*;

const TYPOS_IN_KEYS_AND_KINDS_OF_VALUES_ERRORS: &[Case] = &[
    ("version: 1", "version: 2", "C001", "1:10", "version 1"),
    ("version: 1", "version: one", "C001", "1:10", "version 1"),
    ("name: desk", "nmae: desk", "C002", "2:1", "did you mean `name`?"),
    ("document: openapi.yaml", "dokument: openapi.yaml", "C002", "3:1", "did you mean `document`?"),
    ("example: acme", "exmaple: acme", "C002", "6:45", "did you mean `example`?"),
    ("  url: https", "  ulr: https", "C002", "11:3", "did you mean `url`?"),
    ("environments:", "enviroments:", "C002", "12:3", "did you mean `environments`?"),
    ("  basic:", "  basik:", "C002", "14:3", "did you mean `basic`?"),
    ("username:", "user_name:", "C002", "14:12", "did you mean `username`?"),
    ("headers: { Accept", "header: { Accept", "C002", "15:1", "did you mean `headers`?"),
    ("idempotency_key:", "idempotencykey:", "C002", "18:19", "did you mean `idempotency_key`?"),
    ("overrides:", "overides:", "C002", "17:1", "did you mean `overrides`?"),
    ("next_url:", "nexturl:", "C002", "21:13", "did you mean `next_url`?"),
    ("total_records:", "total_record:", "C002", "23:39", "did you mean `total_records`?"),
    ("requests: 700", "request: 700", "C002", "28:14", "did you mean `requests`?"),
    ("  wait:", "  wiat:", "C002", "31:3", "did you mean `wait`?"),
    ("    records: tickets", "    record: tickets", "C002", "35:5", "did you mean `records`?"),
    (r#"start: "{start_time}""#, r#"strat: "{start_time}""#, "C002", "37:80", "did you mean `start`?"),
    ("description: Tickets and users of a desk.\n", "", "C003", "1:1", "One line"),
    (
        "auth:\n  basic: { username: \"{email}/token\", password: \"{api_token}\" }\n",
        "",
        "C003",
        "1:1",
        "exactly one",
    ),
    ("users: { operation: listUsers, records", "users: { records", "C003", "38:3", "lists the records"),
    (r#", password: "{api_token}""#, "", "C003", "14:3", "Password"),
    ("secret: true", r#"secret: "yes""#, "C004", "8:51", ""),
    ("requests: 700", "requests: many", "C004", "28:24", ""),
    ("requests: 700", "requests: -1", "C004", "28:24", ""),
    ("value: 1000", "value: 99999999999999999999", "C004", "21:101", ""),
    ("headers: { Accept: application/json }", "headers:", "C004", "15:1", "leave the key out"),
    ("key: [ id, profile.number ]", "key: { id: 1 }", "C004", "38:55", ""),
    ("key: [ id, profile.number ]", "key: [ id, 1 ]", "C004", "38:61", ""),
    ("reset_unit: seconds", "reset_unit: second", "C005", "28:141", "did you mean `seconds`?"),
    ("format: epoch_seconds", "format: epoch_second", "C005", "37:65", "did you mean `epoch_seconds`?"),
    ("order: ascending", "order: random", "C005", "37:110", "known here: ascending, descending, none"),
    ("auth:\n", "auth:\n  none: {}\n", "C006", "15:3", "exactly one of these keys"),
    (r#"basic: { username: "{email}/token", password: "{api_token}" }"#, "{}", "C006", "13:1", "bearer"),
    (
        "next: meta.after_cursor, ",
        "next: meta.after_cursor, next_header: X-Next, ",
        "C006",
        "22:77",
        "next_header",
    ),
    (
        r#"cursor: { parameter: "page[after]", next: meta.after_cursor, more: meta.has_more }, "#,
        "",
        "C006",
        "22:3",
        "last_id",
    ),
    ("requests: 10,", "requests: 0,", "C007", "29:23", ""),
    ("operations: [ hidden ]", "operations: []", "C007", "26:59", ""),
];

const RULES_THAT_NEED_NO_DOCUMENT_ERRORS: &[Case] = &[
    ("name: desk", "name: Desk", "C008", "2:7", "small letter"),
    ("  subdomain:", "  subDomain: { description: x }\n  subdomain:", "C008", "6:3", "small letter"),
    ("  users: {", "  Users: {", "C008", "38:3", "`_`"),
    ("sandbox:", "Sandbox:", "C008", "12:19", ""),
    (
        "description: Tickets",
        "previous: { Then: { until: 2027-02-19, operations: [ x ] } }\ndescription: Tickets",
        "C008",
        "4:13",
        "`_`",
    ),
    (
        "description: Tickets",
        "previous: { then: { until: soon, operations: [ x ] } }\ndescription: Tickets",
        "C005",
        "4:28",
        "",
    ),
    (
        "description: Tickets",
        "previous: { then: { until: 2027-02-19, operations: [] } }\ndescription: Tickets",
        "C007",
        "4:52",
        "",
    ),
    ("  by_url:", "  none:", "C008", "21:3", "another name"),
    ("  email: {", "  environment: { description: x }\n  email: {", "C008", "7:3", "another name"),
    ("description: Tickets and users of a desk.", r#"description: """#, "C008", "4:14", ""),
    ("https://{subdomain}.desk", "https://{subdomian}.desk", "C009", "11:16", "did you mean `{subdomain}`?"),
    (
        r#"password: "{api_token}""#,
        r#"password: "{api_tokn}""#,
        "C009",
        "14:50",
        "did you mean `{api_token}`?",
    ),
    ("Accept: application/json", r#"Accept: "{accept}""#, "C009", "15:21", "accept: { description"),
    (r#"owner: "{subdomain}""#, r#"owner: "{subdomains}""#, "C009", "40:124", "did you mean `{subdomain}`?"),
    (r#"start: "{start_time}""#, r#"start: "{starttime}""#, "C009", "37:88", "did you mean `{start_time}`?"),
    ("{email}/token", "{email/token", "C011", "14:23", "`{name}`"),
    ("{email}/token", "{email}}/token", "C011", "14:30", "`{name}`"),
    ("https://{subdomain}.desk", "http://{subdomain}.desk", "C012", "11:8", "https"),
    (r#""https://{subdomain}.sandbox"#, r#""sandbox.{subdomain}"#, "C012", "12:28", "https://HOST"),
    ("per: 1m", "per: 1 minute", "C013", "28:34", "`1m`"),
    ("next: meta.after_cursor", "next: meta..after_cursor", "C014", "22:63", "keys with dots"),
    ("    records: tickets", r#"    records: "tickets.""#, "C014", "35:23", "keys with dots"),
    ("path: after_url", "path: .", "C014", "21:31", "name the field"),
    ("document: openapi.yaml", "document: ../openapi.yaml", "C015", "3:11", "folder"),
    (r#"listUsers, "GET"#, r#"listUsers, listUsers, "GET"#, "C016", "16:41", "leave one out"),
    (
        "  users: {",
        "  tickets_: { operation: listUsers, records: users, key: id }\n  users: {",
        "C016",
        "38:3",
        "more than `_`",
    ),
    (
        "headers: { Accept: application/json }",
        "headers: { Accept: application/json, accept: text/plain }",
        "C016",
        "15:38",
        "capital",
    ),
    (
        "  PUT /tickets/{id}: {",
        "  POST /tickets: { retry: true }\n  PUT /tickets/{id}: {",
        "C016",
        "19:3",
        "one entry",
    ),
    (
        "Accept: application/json",
        r#"Accept : "application/json", "Bad Name": x"#,
        "C017",
        "15:41",
        "without blanks",
    ),
    ("Accept: application/json", "Accept: \"a\\nb\"", "C017", "15:20", "ASCII"),
    ("Accept: application/json", "Authorization: x", "C017", "15:12", "`auth`"),
    ("remaining: X-Rate-Limit-Remaining", r#"remaining: "X Remaining""#, "C017", "28:81", ""),
    ("idempotency_key: Idempotency-Key", "paging: by_pag", "C018", "18:27", "did you mean `by_page`?"),
    (", operations: [ hidden ], add: true", ", add: true", "C019", "26:52", "operations"),
    (", reset_unit: seconds", "", "C019", "28:105", ""),
    (r#", parameter: "created[gte]""#, "", "C020", "39:75", "order: descending"),
    (
        r#", parameter: "created[gte]""#,
        r#", order: descending, start: "2020""#,
        "C020",
        "39:110",
        "leave `start` out",
    ),
    ("link_header: {}", "parallel: 4, link_header: {}", "C130", "25:24", "fetched ahead"),
    (
        "link_header: {}",
        "link_header: {}, end: { no_token: [ x ] }",
        "C130",
        "25:48",
        "`cursor` and `next_url`",
    ),
    ("link_header: {}", "link_header: {}, end: { same_token: true }", "C130", "25:50", "`cursor`"),
    ("link_header: {}", "link_header: {}, end: { total: exact }", "C130", "25:45", "total_records"),
    (
        "offset: { parameter: offset }",
        "offset: { parameter: offset }, end: { short_page: true }",
        "C130",
        "26:66",
        "leave `short_page` out",
    ),
    (
        "offset: { parameter: offset }",
        "offset: { parameter: offset }, end: { empty_page: goes_on }",
        "C130",
        "26:66",
        "`more`",
    ),
    ("link_header: {}", "link_header: {}, follow_up: { drop: [ owner ] }", "C130", "25:52", "keep"),
    (
        "offset: { parameter: offset }",
        "offset: { parameter: offset }, follow_up: { keep: [ owner ] }",
        "C130",
        "26:68",
        "`only: [...]`",
    ),
    (
        "offset: { parameter: offset }",
        "offset: { parameter: offset }, follow_up: { drop: [ offset ] }",
        "C130",
        "26:68",
        "leave it out of `drop`",
    ),
    ("link_header: {}", "link_header: {}, depth: { status: 200, means: x }", "C131", "25:48", "400 to 599"),
    ("offset: { parameter: offset }", "offset: { parameter: offset, first: 2 }", "C007", "26:52", ""),
    ("offset: { parameter: offset }", "offset: { }", "C006", "26:16", "body_field"),
    (
        "offset: { parameter: offset }",
        "offset: { parameter: offset, body_field: at }",
        "C006",
        "26:45",
        "exactly one",
    ),
];

const RULES_THAT_NEED_NO_DOCUMENT_WARNINGS: &[Case] =
    &[(r#"start: "{start_time}""#, r#"start: "2020-01-01T00:00:00Z""#, "C010", "9:3", "`{start_time}`")];

const OPERATIONS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS: &[Case] = &[
    (r#"listUsers, "GET"#, r#"listUser, "GET"#, "P001", "16:30", "did you mean `listUsers`?"),
    (r#""tag:Tickets""#, r#""tag:Ticket""#, "P001", "16:15", "did you mean `tag:Tickets`?"),
    (r#""GET /events", list"#, r#""GET /event", list"#, "P001", "16:41", "did you mean `GET /events`?"),
    (
        "operation: incrementalTickets",
        "operation: incrementalTicket",
        "P001",
        "34:16",
        "did you mean `incrementalTickets`?",
    ),
    ("operation: incrementalTickets", "operation: tag:Tickets", "P001", "34:16", "operation id"),
    ("  createTicket:", "  createTickets:", "P001", "18:3", "did you mean `createTicket`?"),
    (
        r#"[ listEvents, "tag:Users" ]"#,
        r#"[ listEvnts, "tag:Users" ]"#,
        "P001",
        "29:53",
        "did you mean `listEvents`?",
    ),
    ("operations: [ hidden ]", "operations: [ hiden ]", "P001", "26:61", "did you mean `hidden`?"),
    ("export, charges, hidden", "export, hidden", "P002", "39:25", "add `charges`"),
    ("  createTicket:", "  deleteUser:", "P002", "18:3", "add `deleteUser`"),
];

const PAGING_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS: &[Case] = &[
    ("path: after_url", "path: after_ulr", "P003", "21:31", "did you mean `after_url`?"),
    ("next: meta.after_cursor", "next: meta.after_curser", "P003", "22:63", "did you mean `after_cursor`?"),
    ("more: meta.has_more", "more: mata.has_more", "P003", "22:83", "did you mean `meta`?"),
    ("total_records: count", "total_records: cuont", "P003", "23:54", "did you mean `count`?"),
    ("field: id, more", "field: idd, more", "P003", "24:59", "did you mean `id`?"),
    ("done: end_of_stream", "done: after_url", "P004", "21:48", "of that kind"),
    (
        r#"parameter: "page[after]""#,
        r#"parameter: "page[aftr]""#,
        "P008",
        "22:37",
        "did you mean `page[after]`?",
    ),
    ("parameter: page,", "parameter: pgae,", "P008", "23:33", "did you mean `page`?"),
    (
        r#"parameter: "page[size]""#,
        r#"parameter: "page[siez]""#,
        "P008",
        "22:119",
        "did you mean `page[size]`?",
    ),
    (", operations: [ hidden ], add: true", ", operations: [ hidden ]", "P014", "26:61", "add: true"),
    ("idempotency_key: Idempotency-Key", "paging: by_cursor", "P014", "18:27", ""),
    ("operations: [ hidden ], add", "operations: [ hidden, export ], add", "P014", "26:69", ""),
    ("link_header: {}", "link_header: {}, follow_up: { keep: [ x-trace ] }", "P130", "25:52", "leave it out"),
    (
        "link_header: {}",
        "link_header: {}, follow_up: { keep: [ onwer ] }",
        "P008",
        "25:52",
        "did you mean `owner`?",
    ),
];

const PAGING_THAT_THE_DOCUMENT_DOES_NOT_HAVE_WARNINGS: &[Case] = &[(
    "  by_offset: { offset: { parameter: offset }, operations: [ hidden ], add: true }",
    "  spare: { page: { parameter: page } }",
    "P013",
    "26:3",
    "another scheme",
)];

const STREAMS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS: &[Case] = &[
    ("    records: tickets", "    records: ticket", "P003", "35:14", "did you mean `tickets`?"),
    ("profile.number", "profile.numbr", "P003", "38:69", "did you mean `number`?"),
    ("field: updated_at", "field: update_at", "P003", "37:22", "did you mean `updated_at`?"),
    ("profile.number", "profile", "P004", "38:61", ""),
    ("field: updated_at", "field: urgent", "P004", "37:22", ""),
    ("    records: tickets", "    records: after_url", "P005", "35:14", "did you mean `tickets`?"),
    (r#"records: ".", key"#, "records: id, key", "P003", "40:60", "did you mean `.`?"),
    ("records: data, key", "records: ., key", "P005", "39:43", "did you mean `data`?"),
    ("    key: id", "    key: external_id", "P006", "36:10", r#"id, updated_at, "a.b""#),
    ("    key: id", "    key: subject", "P007", "36:10", "id, updated_at"),
    ("profile.number", "profile.nick", "P007", "38:61", ""),
    ("parameter: start_time", "parameter: strat_time", "P008", "37:45", "did you mean `start_time`?"),
    ("state: all", "sate: all", "P008", "40:88", "did you mean `state`?"),
    (r#""created[gte]""#, r#""created[get]""#, "P009", "39:104", "did you mean `created[gte]`?"),
    (r#""created[gte]""#, r#""limit[gte]""#, "P009", "39:102", "no object"),
    ("format: epoch_seconds", "format: rfc3339", "P010", "37:65", "format"),
    (
        "field: updated_at, parameter: start_time, format: epoch_seconds",
        "field: updated_at, parameter: start_time",
        "P010",
        "37:22",
        "format",
    ),
    (r#", owner: "{subdomain}""#, "", "P011", "40:30", "owner: ..."),
    (
        "users: { operation: listUsers, records: users, key: [ id, profile.number ] }",
        "users: { operation: incrementalTickets, records: tickets, key: id, cursor: { field: updated_at, parameter: start_time, format: epoch_seconds } }",
        "P011",
        "38:23",
        "`start`",
    ),
    (
        r#"operation: charges, records: data, key: id, cursor: { field: created, parameter: "created[gte]" }"#,
        "operation: createTicket, records: tickets, key: id",
        "P011",
        "39:25",
        "give the stream its `body`",
    ),
    ("state: all", "state: al", "P012", "40:95", "did you mean `all`?"),
    ("archived: true", "archived: 1", "P012", "40:110", "true or false"),
    (
        "users: { operation: listUsers",
        "more: { operation: anything, records: x, key: id }\n  users: { operation: listUsers",
        "P005",
        "38:41",
        "no list of objects",
    ),
    (
        r#"operation: charges, records: data, key: id, cursor: { field: created, parameter: "created[gte]" }"#,
        "operation: export, records: data, key: id",
        "P019",
        "39:25",
        "JSON",
    ),
    ("parameters: { state: all", "parameters: { per_page: 10, state: all", "P020", "40:88", "leave it out"),
    (
        "users: { operation: listUsers, records: users, key: [ id, profile.number ] }",
        "users: { operation: listUsers, records: users, key: [ id, profile.number ], body: { a: 1 } }",
        "P131",
        "38:85",
        "leave `body` out",
    ),
];

const STREAMS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_WARNINGS: &[Case] = &[
    (
        "users: { operation: listUsers",
        "more: { operation: plain, records: items, key: id }\n  users: { operation: listUsers",
        "P015",
        "38:22",
        "paging: none",
    ),
    (
        r#"basic: { username: "{email}/token", password: "{api_token}" }"#,
        r#"bearer: { token: "{email}{api_token}" }"#,
        "P016",
        "14:20",
        "HTTP Basic",
    ),
    ("    key: id", "    key: extra.id", "P017", "36:10", "real response"),
    (
        "users: { operation: listUsers",
        "more: { operation: mixed, records: entries, key: id, cursor: { field: updated_at, order: descending } }\n  users: { operation: listUsers",
        "P018",
        "38:73",
        "alternatives",
    ),
];

const SERVERS_AND_SECURITY_WARNINGS: &[Case] = &[
    (
        "getRepository ]",
        "getRepository, upload ]",
        "P070",
        "11:8",
        "others: { files: { url: \"https://files.desk.example\" } }",
    ),
    ("getRepository ]", "getRepository, sign ]", "P071", "14:22", "`headers`"),
    (
        "  environments:",
        "  others: { files: { url: \"https://files.desk.example/\" } }\n  environments:",
        "P072",
        "12:13",
        "`document_url`",
    ),
];

const CHARGES: &str = r#"cursor: { field: created, parameter: "created[gte]" }"#;

const SLICES_ERRORS: &[Case] = &[
    (
        r#", owner: "{subdomain}" } }"#,
        r#", owner: "{subdomain}" }, at_once: 2 }"#,
        "C140",
        "40:149",
        "beside `parent`",
    ),
    (
        r#", owner: "{subdomain}" } }"#,
        " }, parent: { stream: user, parameters: { owner: id } } }",
        "C141",
        "40:136",
        "did you mean `users`?",
    ),
    (
        r#", owner: "{subdomain}" } }"#,
        " }, parent: { stream: repositories, parameters: { owner: id } } }",
        "C142",
        "40:136",
        "needs no other",
    ),
    (
        CHARGES,
        r#"window: { field: created, from: "created[gte]", to: "created[lte]", format: as_is, start: 2024-01-31, step: 1d }"#,
        "C143",
        "39:134",
        "how the API",
    ),
    (
        r#"archived: true, owner: "{subdomain}" } }"#,
        r#"owner: "{subdomain}" }, parent: { stream: users, parameters: { archived: id } } }"#,
        "P141",
        "40:173",
        "of that kind",
    ),
    (
        r#", owner: "{subdomain}" } }"#,
        " }, parent: { stream: users, parameters: { owner: id }, include: { id: id } } }",
        "P142",
        "40:181",
        "another name",
    ),
    (
        CHARGES,
        r#"window: { field: created, from: "created[gte]", to: "created[lte]", start: 2024-01-31, step: 1d }"#,
        "P143",
        "39:90",
        "`format`",
    ),
];

const SLICES_NOTES: &[Case] = &[(
    r#", owner: "{subdomain}" } }"#,
    " }, parent: { stream: users, parameters: { owner: profile.nick } } }",
    "P140",
    "40:164",
    "passed over",
)];

const DRIFT_ERRORS: &[Case] = &[(
    r#", owner: "{subdomain}" } }"#,
    r#", owner: "{subdomain}" }, drift: { enums: freeze } }"#,
    "P160",
    "40:156",
    "overlay",
)];

#[test]
fn drift() {
    assert_cases(Severity::Error, DRIFT_ERRORS);
}

#[test]
fn slices() {
    assert_cases(Severity::Error, SLICES_ERRORS);
    assert_cases(Severity::Note, SLICES_NOTES);
}

/// A small manifest whose document says of `anything` that it needs no credential.
pub(super) const OPEN: &str = r#"version: 1
name: open
document: openapi.yaml
description: What a document says too little of.
config:
  token: { description: "The token.", secret: true }
server: { url: "https://open.example" }
auth: { basic: { username: me, password: "{token}" } }
operations: [ anything, plain ]
authorised: [ all ]
"#;

const AUTHORISED_ERRORS: &[Case] = &[
    ("authorised: [ all ]", "authorised: []", "C007", "10:13", ""),
    ("[ all ]", "[ all, all ]", "C016", "10:20", "leave one out"),
    ("[ all ]", "[ anythin ]", "P001", "10:15", "did you mean `anything`?"),
    ("[ all ]", "[ listUsers ]", "P002", "10:15", "add `listUsers`"),
];

/// The only operation needs no credential, says the document.
const NEVER_SENT_WARNINGS: &[Case] = &[(
    "[ anything, plain ]\nauthorised: [ all ]",
    "[ anything ]",
    "P110",
    "8:28",
    "write `authorised: [ all ]`",
)];

const NOTHING_TO_AUTHORISE_ERRORS: &[Case] = &[(
    "basic: { username: me, password: \"{token}\" } }",
    "none: {} }",
    "C110",
    "10:15",
    "leave `authorised` out",
)];

#[test]
fn authorised_operations() {
    assert_cases_of(OPEN, Severity::Error, AUTHORISED_ERRORS);
    assert_cases_of(OPEN, Severity::Warning, NEVER_SENT_WARNINGS);
    assert_cases_of(OPEN, Severity::Error, NOTHING_TO_AUTHORISE_ERRORS);
}

#[test]
fn servers_and_security() {
    assert_cases(Severity::Warning, SERVERS_AND_SECURITY_WARNINGS);
}

#[test]
fn typos_in_keys_and_kinds_of_values() {
    assert_cases(Severity::Error, TYPOS_IN_KEYS_AND_KINDS_OF_VALUES_ERRORS);
}

#[test]
fn rules_that_need_no_document() {
    assert_cases(Severity::Error, RULES_THAT_NEED_NO_DOCUMENT_ERRORS);
}

#[test]
fn rules_that_need_no_document_warnings() {
    assert_cases(Severity::Warning, RULES_THAT_NEED_NO_DOCUMENT_WARNINGS);
}

#[test]
fn operations_that_the_document_does_not_have() {
    assert_cases(Severity::Error, OPERATIONS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS);
}

#[test]
fn paging_that_the_document_does_not_have() {
    assert_cases(Severity::Error, PAGING_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS);
}

#[test]
fn paging_that_the_document_does_not_have_warnings() {
    assert_cases(Severity::Warning, PAGING_THAT_THE_DOCUMENT_DOES_NOT_HAVE_WARNINGS);
}

#[test]
fn streams_that_the_document_does_not_have() {
    assert_cases(Severity::Error, STREAMS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS);
}

#[test]
fn streams_that_the_document_does_not_have_warnings() {
    assert_cases(Severity::Warning, STREAMS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_WARNINGS);
}

#[test]
fn every_code_of_these_stages_has_a_mistake_that_shows_it() {
    let all = [
        TYPOS_IN_KEYS_AND_KINDS_OF_VALUES_ERRORS,
        RULES_THAT_NEED_NO_DOCUMENT_ERRORS,
        RULES_THAT_NEED_NO_DOCUMENT_WARNINGS,
        OPERATIONS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS,
        PAGING_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS,
        PAGING_THAT_THE_DOCUMENT_DOES_NOT_HAVE_WARNINGS,
        STREAMS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_ERRORS,
        STREAMS_THAT_THE_DOCUMENT_DOES_NOT_HAVE_WARNINGS,
        SERVERS_AND_SECURITY_WARNINGS,
        limit_mistakes::ERRORS,
        AUTHORISED_ERRORS,
        NEVER_SENT_WARNINGS,
        NOTHING_TO_AUTHORISE_ERRORS,
        super::sources::MISTAKES,
        token_mistakes::OAUTH2_ERRORS,
        token_mistakes::OAUTH2_WARNINGS,
        token_mistakes::SESSION_ERRORS,
        SLICES_ERRORS,
        SLICES_NOTES,
        DRIFT_ERRORS,
    ];
    let shown = all.iter().flat_map(|cases| cases.iter()).map(|(_, _, code, ..)| *code);
    let shown: BTreeSet<&str> = shown.chain(signing::CODES).collect();
    let known: BTreeSet<&str> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| code.starts_with(['C', 'P'])).collect();
    assert_eq!(shown, known);
}
