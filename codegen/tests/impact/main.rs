//! What a change of a document means to a connector: each case is an edit of one small document, with the lines that have to be told.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its own files has to stop")]

mod successors;

use std::fs;

use linchpin_codegen::drift::Options;
use linchpin_codegen::drift::decisions;
use linchpin_codegen::drift::impact::{Assessment, Outcome, Severity, assess, changelog_entry};
use linchpin_codegen::source::{Limits, SourceFiles, parse};
use linchpin_codegen::version::Bump;

const DOCUMENT: &str = r##"openapi: 3.1.0
info: { title: Acme, version: "1" }
servers: [ { url: https://api.acme.example/v1 } ]
security: [ { key: [] } ]
paths:
  /tickets:
    get:
      operationId: listTickets
      parameters:
        - { name: since, in: query, schema: { type: string, format: date-time } }
        - { name: per_page, in: query, schema: { type: integer, maximum: 200 } }
        - { name: page, in: query, schema: { type: integer } }
        - { name: state, in: query, schema: { type: string, enum: [ open, closed, all ] } }
        - { name: assignee, in: query, schema: { type: string } }
      responses:
        "200":
          description: A page.
          headers:
            X-Remaining: { schema: { type: integer } }
          content:
            application/json:
              schema:
                type: object
                required: [ tickets, more ]
                properties:
                  tickets: { type: array, items: { $ref: "#/components/schemas/Ticket" } }
                  more: { type: boolean }
    post:
      operationId: createTicket
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/NewTicket" } } }
      responses:
        "201": { description: Made., content: { application/json: { schema: { $ref: "#/components/schemas/Ticket" } } } }
  /users:
    get:
      operationId: listUsers
      responses:
        "200": { description: All., content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/User" } } } } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
  schemas:
    Ticket:
      type: object
      required: [ id, updated_at, title ]
      properties:
        id: { type: integer }
        updated_at: { type: string, format: date-time }
        title: { type: string, maxLength: 100 }
        status: { type: string, enum: [ open, closed ] }
        note: { type: string }
    NewTicket:
      type: object
      required: [ title ]
      properties:
        title: { type: string }
        note: { type: string }
    User:
      type: object
      required: [ id ]
      properties:
        id: { type: integer }
"##;

const MANIFEST: &str = r#"version: 1
name: acme
document: openapi.yaml
description: Tickets.
config:
  token: { description: A key., secret: true }
server: { url: https://api.acme.example/v1 }
auth:
  api_key: { in: header, name: X-Key, value: "{token}" }
operations: [ listTickets, createTicket ]
paging:
  pages:
    page: { parameter: page, more: more }
    size: { parameter: per_page, value: 100 }
limits:
  all: { requests: 100, per: 1m, headers: { remaining: X-Remaining } }
streams:
  tickets:
    operation: listTickets
    records: tickets
    key: id
    cursor: { field: updated_at, parameter: since, order: ascending }
    parameters: { state: all }
"#;

/// One edit and what it has to tell, as `severity: what @line`, the most serious first. `none` is told only where it says why.
struct Case {
    from: &'static str,
    to: &'static str,
    told: &'static [&'static str],
    bump: Bump,
    /// A line that the proposed patch has to add or remove.
    patch: Option<&'static str>,
}

const fn case(from: &'static str, to: &'static str, told: &'static [&'static str], bump: Bump) -> Case {
    Case { from, to, told, bump, patch: None }
}

const fn patched(
    from: &'static str,
    to: &'static str,
    told: &'static [&'static str],
    patch: &'static str,
) -> Case {
    Case { from, to, told, bump: Bump::Major, patch: Some(patch) }
}

/// One that leaves the crate as it is.
const fn only_sent(
    from: &'static str,
    to: &'static str,
    told: &'static [&'static str],
    patch: &'static str,
) -> Case {
    Case { from, to, told, bump: Bump::None, patch: Some(patch) }
}

const CASES: &[Case] = &[
    case("description: A page.", "description: Another page.", &[], Bump::None),
    // What the manifest reads.
    patched(
        "        updated_at: { type: string, format: date-time }\n",
        "",
        &["breaks: stream `tickets` loses its cursor `updated_at` @22"],
        "-    cursor: { field: updated_at, parameter: since, order: ascending }",
    ),
    patched(
        "        updated_at: { type: string, format: date-time }\n",
        "        updatedAt: { type: string, format: date-time }\n",
        &[
            "breaks: stream `tickets` loses its cursor `updated_at` @22",
            "notices: `Ticket`: `Ticket` in responses: the optional property `updatedAt` was added",
        ],
        "+    cursor: { field: updatedAt, parameter: since, order: ascending }",
    ),
    case(
        "        id: { type: integer }\n        updated_at",
        "        id: { type: string }\n        updated_at",
        &["breaks: the key `id` of stream `tickets` is of another kind @21"],
        Bump::Major,
    ),
    case(
        "required: [ id, updated_at, title ]",
        "required: [ updated_at, title ]",
        &["breaks: the key `id` of stream `tickets` need not come @21"],
        Bump::Major,
    ),
    case(
        "required: [ id, updated_at, title ]",
        "required: [ id, title ]",
        &["risks: the cursor `updated_at` of stream `tickets` need not come @22"],
        Bump::Major,
    ),
    case(
        "                required: [ tickets, more ]",
        "                required: [ tickets ]",
        &["none: the end of pages `more` of paging `pages` of stream `tickets` need not come @13"],
        Bump::Major,
    ),
    case(
        "            X-Remaining: { schema: { type: integer } }\n",
        "            X-Left: { schema: { type: integer } }\n",
        &[
            "risks: limit `all` loses the header `X-Remaining` @16",
            "notices: `ListTicketsHeaders`: The header `x-left` of the response `200` was added",
        ],
        Bump::Major,
    ),
    // What the manifest sends.
    patched(
        "        - { name: since, in: query, schema: { type: string, format: date-time } }\n",
        "",
        &["breaks: stream `tickets` loses the parameter of its cursor, `since` @22"],
        "-    cursor: { field: updated_at, parameter: since, order: ascending }",
    ),
    only_sent(
        "maximum: 200",
        "maximum: 50",
        &["breaks: paging `pages` of stream `tickets` sends `per_page` as `100`, and 50 is the most @14"],
        "+    size: { parameter: per_page, value: 50 }",
    ),
    case(
        "maximum: 200",
        "maximum: 150",
        &["none: `per_page` has other bounds, and paging `pages` of stream `tickets` sends `100` @14"],
        Bump::None,
    ),
    case(
        "enum: [ open, closed, all ]",
        "enum: [ open, closed ]",
        &["breaks: stream `tickets` sends `state` as `all`, and only open, closed can be sent @23"],
        Bump::Major,
    ),
    case(
        "enum: [ open, closed, all ]",
        "enum: [ open, all ]",
        &["none: `state` has other bounds, and stream `tickets` sends `all` @23"],
        Bump::Major,
    ),
    patched(
        "        - { name: state, in: query, schema: { type: string, enum: [ open, closed, all ] } }\n",
        "",
        &["breaks: stream `tickets` loses the parameter `state`, which it sends @23"],
        "-    parameters: { state: all }",
    ),
    case(
        "        - { name: assignee, in: query, schema: { type: string } }\n",
        "",
        &["risks: `list_tickets`: The query parameter `assignee` was removed"],
        Bump::Major,
    ),
    patched(
        "        - { name: assignee, in: query",
        "        - { name: view, in: query, required: true, schema: { type: string, enum: [ full, short ] } }\n        - { name: assignee, in: query",
        &[
            "breaks: stream `tickets` does not send what is required: The query parameter `view`, which is required, was added @19",
        ],
        "+    parameters: { view: full, state: all }",
    ),
    // Operations.
    patched(
        "operationId: listTickets",
        "operationId: ticketsList",
        &[
            "breaks: `list_tickets`: The operation id `listTickets` was removed or replaced: `ticketsList` @19",
        ],
        "+    operation: ticketsList",
    ),
    patched(
        r##"    post:
      operationId: createTicket
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/NewTicket" } } }
      responses:
        "201": { description: Made., content: { application/json: { schema: { $ref: "#/components/schemas/Ticket" } } } }
"##,
        "",
        &["breaks: `create_ticket` loses its operation, POST /tickets @10"],
        "+operations: [ listTickets ]",
    ),
    case(
        "    post:\n      operationId: createTicket",
        "    put:\n      operationId: createTicket",
        &[
            "breaks: `create_ticket` loses its operation, POST /tickets @10",
            "none: `PUT /tickets`: The operation was added",
        ],
        Bump::Patch,
    ),
    case(
        "  /users:\n    get:\n      operationId: listUsers\n",
        "  /people:\n    get:\n      operationId: listPeople\n",
        &[],
        Bump::None,
    ),
    // What the generated code tolerates.
    case(
        "        status: { type: string, enum: [ open, closed ] }",
        "        status: { type: string, enum: [ open, closed, held ] }",
        &[
            "notices: `Ticket.status`: Property `status` of `Ticket` in responses: the value `held` was added to `enum`",
        ],
        Bump::Minor,
    ),
    case(
        "        note: { type: string }\n    NewTicket",
        "        note: { type: [ string, \"null\" ] }\n    NewTicket",
        &["none: `Ticket.note`: Property `note` of `Ticket` in responses: can be null"],
        Bump::Major,
    ),
    case(
        "        title: { type: string, maxLength: 100 }",
        "        title: { type: [ string, \"null\" ], maxLength: 100 }",
        &["risks: `Ticket.title`: Property `title` of `Ticket` in responses: can be null"],
        Bump::Major,
    ),
    case(
        "maxLength: 100",
        "maxLength: 400",
        &[
            "none: `Ticket.title`: Property `title` of `Ticket` in responses: `maxLength` was raised from `100` to `400`",
        ],
        Bump::Patch,
    ),
    case(
        "        note: { type: string }\n    NewTicket",
        "        note: { type: string }\n        votes: { type: integer }\n    NewTicket",
        &["notices: `Ticket`: `Ticket` in responses: the optional property `votes` was added"],
        Bump::Minor,
    ),
    case(
        "      properties:\n        id: { type: integer }\n        updated_at",
        "      properties:\n        id: { type: integer, format: int64 }\n        updated_at",
        &["none: the key `id` of stream `tickets` is narrower @21"],
        Bump::None,
    ),
    // What callers send.
    case(
        "      required: [ title ]\n",
        "      required: [ title, note ]\n",
        &["risks: `NewTicket.note`: `NewTicket` as a request body: the property `note` became required"],
        Bump::Major,
    ),
    // Credentials and servers.
    only_sent(
        "name: X-Key }",
        "name: X-Api-Key }",
        &[
            "breaks: `list_tickets` no longer takes the declared credential: The key of the security scheme `key` is sent as `X-Api-Key`, no longer as `X-Key` @8",
        ],
        "+  api_key: { in: header, name: X-Api-Key, value: \"{token}\" }",
    ),
    only_sent(
        "https://api.acme.example/v1",
        "https://api.acme.example/v2",
        &["breaks: the document no longer knows the server `https://api.acme.example/v1` @7"],
        "+server: { url: \"https://api.acme.example/v2\" }",
    ),
];

fn assessed(document: &str, manifest: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
    write("connector.yaml", manifest);
    write("openapi.yaml", DOCUMENT);
    write("revision.yaml", document);
    let options = Options::new("2026-11-21".parse().expect("a day"));
    assess(folder.path(), &folder.path().join("revision.yaml"), &options)
}

fn told(assessment: &Assessment) -> Vec<String> {
    let line = |impact: &linchpin_codegen::drift::impact::Impact| {
        let line = impact.manifest.as_ref().map(|line| format!(" @{}", line.line));
        format!("{}: {}{}", impact.severity, impact.what, line.unwrap_or_default())
    };
    assessment.impact.iter().map(line).collect()
}

#[test]
fn each_change_is_followed_to_what_it_means_here() {
    let mut wrong = Vec::new();
    for case in CASES {
        assert!(DOCUMENT.contains(case.from), "{}", case.from);
        let document = DOCUMENT.replacen(case.from, case.to, 1);
        let outcome = assessed(&document, MANIFEST);
        let edit = format!("`{}` to `{}`", case.from.trim(), case.to.trim());
        let Some(assessment) = &outcome.assessment else {
            panic!("{edit}: {:?} {:?}", outcome.diagnostics, outcome.revised);
        };
        let lines = told(assessment);
        let all = case.told.iter().all(|line| lines.iter().any(|known| known == line));
        let serious =
            |lines: &mut dyn Iterator<Item = String>| lines.filter(|line| !line.starts_with("none")).count();
        let expected = serious(&mut case.told.iter().map(|line| (*line).to_owned()));
        let more = serious(&mut lines.iter().cloned()) != expected;
        let patch =
            case.patch.is_some_and(|line| !outcome.proposals.patch.lines().any(|known| known == line));
        if !all || more || patch || assessment.bump != case.bump {
            let changes: Vec<&str> =
                assessment.report.changes.iter().map(|judged| judged.change.id.as_str()).collect();
            wrong.push(format!(
                "{edit}\n  told {lines:#?}\n  not {:#?}\n  bump {}, not {}; changes {changes:?}\n  api {:?}\n{}",
                case.told, assessment.bump, case.bump, assessment.api, outcome.proposals.patch
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn proposed_edits_make_the_manifest_fit_again() {
    let mut tried = 0;
    for case in CASES.iter().filter(|case| case.patch.is_some()) {
        let document = DOCUMENT.replacen(case.from, case.to, 1);
        let outcome = assessed(&document, MANIFEST);
        let edited = outcome.proposals.edited.unwrap_or_else(|| panic!("{} has no proposal", case.from));
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("connector.yaml"), &edited).expect("the manifest");
        fs::write(folder.path().join("openapi.yaml"), &document).expect("the document");
        let made = linchpin_codegen::generate::generate(folder.path(), &Default::default());
        assert!(
            made.connector.is_some(),
            "`{}` to `{}`:\n{edited}\n{:?}",
            case.from,
            case.to,
            made.diagnostics
        );
        tried += 1;
    }
    assert!(tried > 5);
}

#[test]
fn what_changes_at_one_use_of_a_component_is_no_news_at_another() {
    let shared = |thing: &str, owner: &str| {
        format!(
            r##"openapi: 3.1.0
info: {{ title: Acme, version: "1" }}
paths:
  /things:
    get:
      operationId: listThings
      parameters:
        - {{ name: shelf, in: query, schema: {{ $ref: "#/components/schemas/{owner}" }} }}
        - {{ name: space, in: query, schema: {{ $ref: "#/components/schemas/{thing}" }} }}
      responses:
        "200": {{ description: All., content: {{ application/json: {{ schema: {{ type: array, items: {{ $ref: "#/components/schemas/Thing" }} }} }} }} }}
components:
  schemas:
    Id: {{ type: string }}
    LongId: {{ type: string, maxLength: 20, minLength: 2 }}
    NoId: {{ type: [ string, "null" ] }}
    Thing:
      type: object
      required: [ id ]
      properties: {{ id: {{ $ref: "#/components/schemas/{thing}" }}, owner: {{ type: object, properties: {{ id: {{ $ref: "#/components/schemas/{owner}" }} }} }} }}
"##
        )
    };
    let manifest = MANIFEST_OF_THINGS;
    for (thing, owner, key, space) in [
        ("Id", "NoId", false, false),
        ("NoId", "Id", true, true),
        ("Id", "LongId", false, false),
        ("LongId", "Id", false, true),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
        write("connector.yaml", manifest);
        write("openapi.yaml", &shared("Id", "Id"));
        write("revision.yaml", &shared(thing, owner));
        let options = Options::new("2026-11-21".parse().expect("a day"));
        let outcome = assess(folder.path(), &folder.path().join("revision.yaml"), &options);
        let lines = told(&outcome.assessment.expect("an assessment"));
        let has = |start: &str| lines.iter().any(|line| line.contains(start));
        assert_eq!(has("the key `id` of stream `things` need not come"), key, "{thing} {owner}: {lines:#?}");
        assert_eq!(has("`space`"), space, "{thing} {owner}: {lines:#?}");
    }
}

const MANIFEST_OF_THINGS: &str = r#"version: 1
name: acme
document: openapi.yaml
description: Things.
config: { space: { description: A space. } }
server: { url: https://api.acme.example }
auth: { none: {} }
operations: [ listThings ]
overrides: { listThings: { paging: none } }
streams:
  things: { operation: listThings, records: ".", key: id, parameters: { space: "{space}" } }
"#;

#[test]
fn what_no_connector_uses_is_counted_and_not_told() {
    let document = DOCUMENT
        .replacen("        id: { type: integer }\n\"", "", 1)
        .replace("operationId: listUsers", "operationId: users");
    let outcome = assessed(&document, MANIFEST);
    let assessment = outcome.assessment.expect("an assessment");
    assert_eq!((assessment.outside, assessment.worst()), (1, Severity::None));
    let day = "2026-11-21".parse().expect("a day");
    let connector = outcome.connector.expect("a crate");
    let entry = changelog_entry(&assessment, &connector, day);
    assert!(!entry.contains("users"), "{entry}");
}

#[test]
fn an_overlay_action_that_matches_nothing_in_the_revision_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
    write("connector.yaml", MANIFEST);
    write("openapi.yaml", DOCUMENT);
    write("revision.yaml", &DOCUMENT.replace("/users", "/people"));
    write(
        "overlay.yaml",
        "overlay: 1.0.0\ninfo: { title: x, version: \"1\" }\nactions:\n  - target: $.paths['/users'].get\n    update: { summary: All }\n",
    );
    let options = Options::new("2026-11-21".parse().expect("a day"));
    let outcome = assess(folder.path(), &folder.path().join("revision.yaml"), &options);
    assert!(outcome.overlay_misses, "{:?}", outcome.revised);
    assert!(outcome.assessment.is_some(), "what can be compared is compared all the same");
}

/// The impacts of an edit under a `drift.yaml`, with what is told of the override and how the manifest is refused.
fn decided(from: &str, to: &str, text: &str) -> Vec<String> {
    assert!(DOCUMENT.contains(from), "{from}");
    let mut assessment =
        assessed(&DOCUMENT.replacen(from, to, 1), MANIFEST).assessment.expect("an assessment");
    let (tree, _) = parse(&mut SourceFiles::new(), "drift.yaml", text.to_owned(), &Limits::default());
    let (decisions, found) = decisions::read(&tree.expect(text));
    let decisions = decisions.unwrap_or_else(|| panic!("{text}: {found:?}"));
    let before = assessment.clone();
    let day = "2026-11-21".parse().expect("a day");
    assessment.decide(&decisions, day);
    let once = assessment.clone();
    assessment.decide(&decisions, day);
    let severities = |assessment: &Assessment| {
        assessment
            .impact
            .iter()
            .map(|impact| (impact.severity, impact.overridden.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(severities(&once), severities(&assessment), "{text}: the same decisions a second time");
    assert_eq!((&before.bump, &before.api), (&once.bump, &once.api), "{text}: the crate is what it is");
    let mut order: Vec<Severity> = once.impact.iter().map(|impact| impact.severity).collect();
    order.sort_by(|left, right| right.cmp(left));
    assert_eq!(order, severities(&once).iter().map(|(severity, _)| *severity).collect::<Vec<_>>(), "{text}");
    let line = |impact: &linchpin_codegen::drift::impact::Impact| {
        let by = impact.overridden.as_ref().map(|overridden| format!(", {}", overridden.told()));
        let unfit = if impact.unfit.is_some() { ", does not fit" } else { "" };
        format!(
            "{} {}{}{unfit}",
            impact.severity,
            impact.id.as_deref().unwrap_or("-"),
            by.unwrap_or_default()
        )
    };
    once.impact.iter().map(line).collect()
}

#[test]
fn an_impact_is_as_serious_as_the_override_of_its_change_says() {
    const VALUE: (&str, &str) =
        ("enum: [ open, closed ] }\n        note", "enum: [ open, closed, held ] }\n        note");
    const NOTE: (&str, &str) =
        ("        note: { type: string }\n    NewTicket", "        note: { type: integer }\n    NewTicket");
    // Lines of the manifest that are refused with the revision.
    const SIZE: (&str, &str) =
        ("        - { name: per_page, in: query, schema: { type: integer, maximum: 200 } }\n", "");
    const MADE: (&str, &str) = ("operationId: createTicket", "operationId: makeTicket");
    let entry = |id: &str, rest: &str| format!("overrides: [ {{ id: {id}, {rest} }} ]");
    let value = |rest: &str| (VALUE, entry("response-property-enum-value-added", rest));
    let note = |rest: &str| (NOTE, entry("response-property-type-changed", rest));
    let size = |rest: &str| (SIZE, entry("request-parameter-removed", rest));
    let made = |rest: &str| (MADE, entry("api-operation-id-removed", rest));
    let table = [
        (
            value("class: breaking"),
            vec!["breaks response-property-enum-value-added, by drift.yaml (notices without it)"],
        ),
        (
            value("class: risky"),
            vec!["risks response-property-enum-value-added, by drift.yaml (notices without it)"],
        ),
        (value("class: additive"), vec!["notices response-property-enum-value-added"]),
        (value("class: breaking, operation: GET /users"), vec!["notices response-property-enum-value-added"]),
        (note("class: breaking"), vec!["breaks response-property-type-changed"]),
        (
            note("class: additive, reason: nobody reads it."),
            vec![
                "notices response-property-type-changed, by drift.yaml (breaks without it): nobody reads it",
            ],
        ),
        (
            note("class: editorial"),
            vec!["notices response-property-type-changed, by drift.yaml (breaks without it)"],
        ),
        (
            note("class: risky, pointer: /components/schemas/*/properties/note/type"),
            vec!["risks response-property-type-changed, by drift.yaml (breaks without it)"],
        ),
        (
            note("class: risky, pointer: /components/schemas/User"),
            vec!["breaks response-property-type-changed"],
        ),
        (size("class: editorial"), vec!["breaks request-parameter-removed, does not fit"]),
        (made("class: additive"), vec!["breaks api-operation-id-removed, does not fit"]),
    ];
    for (((from, to), text), expected) in table {
        assert_eq!(decided(from, to, &text), expected, "{to}\n{text}");
    }
}
