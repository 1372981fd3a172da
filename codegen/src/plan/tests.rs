//! One good manifest against one small API; then one thing at a time is made wrong, and the diagnostic has to name it.

mod api;
mod signing;

use crate::manifest::TimeUnit;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::diagnostic::Severity;
use crate::model::ParameterLocation;
use crate::source::{Limits, SourceFiles, parse};

/// What a caller sees of a manifest: the plan, and each diagnostic as `severity code line:column help`.
struct Outcome {
    plan: Option<Plan>,
    found: Vec<Seen>,
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    code: &'static str,
    severity: Severity,
    place: String,
    message: String,
    help: String,
}

fn outcome(text: &str) -> Outcome {
    outcome_with(text, api::api())
}

fn outcome_with(text: &str, mut api: Api) -> Outcome {
    let mut files = SourceFiles::new();
    let (tree, mut all) = parse(&mut files, "connector.yaml", text, &Limits::manifest());
    let mut result = None;
    if let Some(tree) = tree {
        let (manifest, found) = manifest::read(&tree);
        all.extend(found);
        if let Some(manifest) = manifest {
            let heads: Vec<_> = api.operations.iter().map(|operation| operation.head.clone()).collect();
            let (selected, found) = select(&manifest, &heads);
            let clean = !found.has_errors();
            all.extend(found);
            let mut index = 0..;
            api.operations.retain(|_| index.next().is_some_and(|index| selected.contains(&index)));
            if clean {
                let (made, found) = plan(&manifest, api);
                result = made;
                all.extend(found);
            }
        }
    }
    let found = all
        .sorted()
        .into_iter()
        .map(|diagnostic| Seen {
            code: diagnostic.code.as_str(),
            severity: diagnostic.severity,
            place: diagnostic
                .primary
                .and_then(|span| files.place(span))
                .map_or("nowhere".to_owned(), |place| format!("{}:{}", place.line, place.column)),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone().unwrap_or_default(),
        })
        .collect();
    Outcome { plan: result, found }
}

const GOOD: &str = r#"version: 1
name: desk
document: openapi.yaml
description: Tickets and users of a desk.
config:
  subdomain: { description: "The account.", example: acme }
  email: { description: "The agent." }
  api_token: { description: "The token.", secret: true }
  start_time: { description: "From when on.", default: "2020-01-01T00:00:00Z" }
server:
  url: https://{subdomain}.desk.example/
  environments: { sandbox: "https://{subdomain}.sandbox.desk.example" }
auth:
  basic: { username: "{email}/token", password: "{api_token}" }
headers: { Accept: application/json }
operations: [ "tag:Tickets", listUsers, "GET /events", listRepositories, mixed, plain, anything, export, charges, hidden, getRepository ]
overrides:
  createTicket: { idempotency_key: Idempotency-Key }
  PUT /tickets/{id}: { retry: false }
paging:
  by_url: { next_url: { path: after_url, done: end_of_stream }, size: { parameter: per_page, value: 1000 } }
  by_cursor: { cursor: { parameter: "page[after]", next: meta.after_cursor, more: meta.has_more }, size: { parameter: "page[size]", value: 100 } }
  by_page: { page: { parameter: page, total_records: count }, size: { parameter: per_page, value: 100 } }
  by_last: { last_id: { parameter: starting_after, field: id, more: has_more }, size: { parameter: limit, value: 50 } }
  by_link: { link_header: {}, size: { parameter: per_page, value: 30 } }
  by_offset: { offset: { parameter: offset }, operations: [ hidden ], add: true }
limits:
  account: { requests: 700, per: 1m, headers: { limit: X-Rate-Limit, remaining: X-Rate-Limit-Remaining, reset: ratelimit-reset, reset_unit: seconds } }
  events: { requests: 10, per: 500ms, operations: [ listEvents, "tag:Users" ] }
retry:
  wait: [ { header: ratelimit-reset, unit: seconds } ]
streams:
  tickets:
    operation: incrementalTickets
    records: tickets
    key: id
    cursor: { field: updated_at, parameter: start_time, format: epoch_seconds, start: "{start_time}", order: ascending }
  users: { operation: listUsers, records: users, key: [ id, profile.number ] }
  charges: { operation: charges, records: data, key: id, cursor: { field: created, parameter: "created[gte]" } }
  repositories: { operation: "GET /repositories", records: ".", key: id, parameters: { state: all, archived: true, owner: "{subdomain}" } }
"#;

#[test]
fn a_good_manifest_gives_a_plan() {
    let Outcome { plan, found } = outcome(GOOD);
    assert_eq!(found, [], "nothing to say");
    let plan = plan.expect("a plan");
    assert_eq!(
        (plan.name.as_str(), plan.version.as_str(), plan.document.as_str()),
        ("desk", "0.1.0", "openapi.yaml")
    );
    assert_eq!(plan.server_url, "https://{subdomain}.desk.example", "no slash at its end");
    assert_eq!(
        plan.environments,
        [("sandbox".to_owned(), "https://{subdomain}.sandbox.desk.example".to_owned())]
    );
    assert!(
        matches!(&plan.auth, Auth::Basic { username, password } if username == "{email}/token" && password == "{api_token}")
    );
    assert_eq!(plan.config.iter().filter(|field| field.secret).count(), 1);
    let reset = WaitSource { header: "ratelimit-reset".to_owned(), unit: TimeUnit::Seconds, always: false };
    assert_eq!(plan.wait_sources, [reset]);
    let limits: Vec<_> = plan.limits.iter().map(|limit| (limit.name.as_str(), limit.quota)).collect();
    let sliding = |units, per_milliseconds| Quota::SlidingLog { units, per_milliseconds };
    assert_eq!(limits, [("account", sliding(700, 60_000)), ("events", sliding(10, 500))]);
    assert_eq!(plan.limits[0].reset_header, Some(("ratelimit-reset".to_owned(), TimeUnit::Seconds)));
    assert!(!plan.api.operations.iter().any(|operation| operation.head.id == "deleteUser"), "not selected");
}

#[test]
fn each_operation_takes_the_first_scheme_that_it_fits() {
    let plan = outcome(GOOD).plan.expect("a plan");
    let of = |id: &str| {
        let index = plan
            .api
            .operations
            .iter()
            .position(|operation| operation.head.id == id)
            .expect("a known operation");
        (&plan.operations[index], &plan.api.operations[index])
    };
    let show = |id: &str| {
        let (planned, operation) = of(id);
        planned.paging.as_ref().map(|paging| {
            let size = paging.size.as_ref().map(|(target, value)| match target {
                Target::Parameter(index) => format!(" {}={value}", operation.parameters[*index].name),
                Target::Property(index, name) => {
                    format!(" {}[{name}]={value}", operation.parameters[*index].name)
                }
                Target::Field { path, .. } => format!(" {}={value}", path.join(".")),
            });
            let records = paging.records.as_ref().map_or("?".to_owned(), |path| path.join("."));
            format!("{}{} [{records}]", paging.scheme, size.unwrap_or_default())
        })
    };
    for (id, expected) in [
        ("incrementalTickets", Some("by_url per_page=1000 [tickets]")),
        ("listTickets", Some("by_page per_page=100 [tickets]")),
        ("createTicket", None),
        ("updateTicket", None),
        ("listUsers", Some("by_cursor page[size]=100 [users]")),
        ("listEvents", Some("by_last limit=50 [events]")),
        ("listRepositories", Some("by_link per_page=30 []")),
        ("getRepository", None),
        ("charges", Some("by_last limit=50 [data]")),
        ("hidden", Some("by_offset [items]")),
        ("export", None),
        ("anything", None),
    ] {
        assert_eq!(show(id).as_deref(), expected, "{id}");
    }
    let (hidden, operation) = of("hidden");
    let added = operation.parameters.last().expect("the parameter that the document forgot");
    assert_eq!(
        (added.name.as_str(), added.location, added.pointer.as_str()),
        ("offset", ParameterLocation::Query, "")
    );
    assert!(
        matches!(hidden.paging, Some(Paging { strategy: Strategy::Offset { target: Target::Parameter(parameter), .. }, .. }) if parameter + 1 == operation.parameters.len())
    );
    assert!(
        matches!(&of("listEvents").0.paging, Some(paging) if paging.key == [["id"]]),
        "the field that leads on is the key"
    );
    assert!(
        matches!(&of("listUsers").0.paging, Some(paging) if paging.key.len() == 2 && paging.record.is_some())
    );
    let Some(Paging { strategy: Strategy::NextUrl { next: Token::Body(path), end }, .. }) =
        &of("incrementalTickets").0.paging
    else {
        panic!("a next URL")
    };
    assert_eq!(
        (path, end.done.as_ref()),
        (&vec!["after_url".to_owned()], Some(&vec!["end_of_stream".to_owned()]))
    );
}

#[test]
fn operations_know_their_safety_their_limits_and_whether_they_are_authorised() {
    let plan = outcome(GOOD).plan.expect("a plan");
    let show = |id: &str| {
        let index = plan
            .api
            .operations
            .iter()
            .position(|operation| operation.head.id == id)
            .expect("a known operation");
        let planned = &plan.operations[index];
        (planned.idempotent, planned.idempotency_key.as_deref(), planned.security, planned.limits.clone())
    };
    for (id, expected) in [
        ("listTickets", (true, None, Security::Required, vec![0])),
        ("createTicket", (false, Some("Idempotency-Key"), Security::Required, vec![0])),
        ("updateTicket", (false, None, Security::Required, vec![0])),
        ("listUsers", (true, None, Security::Required, vec![0, 1])),
        ("listEvents", (true, None, Security::Required, vec![0, 1])),
        ("anything", (true, None, Security::None, vec![0])),
    ] {
        assert_eq!(show(id), expected, "{id}");
    }
}

#[test]
fn what_only_reads_may_be_sent_again_unless_the_manifest_says_otherwise() {
    // What is said of a POST; whether it only reads, and whether it may be sent again.
    for (said, expected) in [
        ("paging: none", (false, false)),
        ("retry: true", (false, true)),
        ("reads: true", (true, true)),
        ("reads: true, retry: false", (true, false)),
        ("reads: false", (false, false)),
    ] {
        let text = GOOD.replace("idempotency_key: Idempotency-Key", said);
        let plan = outcome(&text).plan.expect("a plan");
        let created = plan.api.operations.iter().position(|operation| operation.head.id == "createTicket");
        let planned = &plan.operations[created.expect("a known operation")];
        assert_eq!((planned.reads, planned.idempotent), expected, "{said}");
    }
}

#[test]
fn a_manifest_can_send_its_credential_whatever_the_document_says() {
    for (authorised, expected) in [
        ("[ all ]", [Security::Required, Security::Required]),
        ("[ anything ]", [Security::None, Security::Required]),
        ("[ GET /plain ]", [Security::Required, Security::None]),
        (r#"[ "tag:Other" ]"#, [Security::Required, Security::Required]),
    ] {
        let text = mistakes::OPEN.replace("[ all ]", authorised);
        let Outcome { plan, found } = outcome(&text);
        assert_eq!(found, [], "{authorised}");
        let plan = plan.expect("a plan");
        let ids: Vec<&str> = plan.api.operations.iter().map(|operation| operation.head.id.as_str()).collect();
        assert_eq!(ids, ["plain", "anything"]);
        let securities: Vec<_> = plan.operations.iter().map(|operation| operation.security).collect();
        assert_eq!(securities, expected, "{authorised}");
    }
}

#[test]
fn streams_are_resolved() {
    let plan = outcome(GOOD).plan.expect("a plan");
    let [tickets, users, charges, repositories] = plan.streams.as_slice() else {
        panic!("four streams: {:?}", plan.streams)
    };
    let name = |stream: &Stream| plan.api.types.get(stream.record.id).name.clone();
    assert_eq!(name(tickets).as_deref(), Some("Ticket"));
    assert_eq!(tickets.description, "Tickets by the time of their last change", "the operation's summary");
    let cursor = tickets.cursor.as_ref().expect("a cursor");
    assert_eq!(
        (cursor.format, cursor.order, cursor.start.as_deref()),
        (CursorFormat::EpochSeconds, Order::Ascending, Some("{start_time}"))
    );
    assert_eq!(cursor.target, Some(Target::Parameter(0)));
    assert_eq!(users.key, [vec!["id".to_owned()], vec!["profile".to_owned(), "number".to_owned()]]);
    let cursor = charges.cursor.as_ref().expect("a cursor");
    assert_eq!((cursor.format, cursor.order), (CursorFormat::AsIs, Order::None));
    assert_eq!(
        cursor.target,
        Some(Target::Property(0, "gte".to_owned())),
        "a property of an object parameter"
    );
    assert_eq!(repositories.records, Path::new());
    let values: Vec<&str> = repositories.parameters.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["all", "true", "{subdomain}"]);
}

const SEARCH: &str = r#"version: 1
name: desk
document: openapi.yaml
description: Searches.
server: { url: "https://desk.example" }
auth: { none: {} }
operations: [ search ]
paging:
  by_body: { offset: { body_field: at, total_records: count }, size: { body_field: paging.number, value: 50 }, parallel: 3 }
streams:
  found: { operation: search, records: tickets, key: id, body: { query: "{ a }" } }
"#;

#[test]
fn a_search_takes_its_page_in_the_body_where_a_stream_reads_it() {
    let Outcome { plan, found } = outcome(SEARCH);
    assert_eq!(found, []);
    let plan = plan.expect("a plan");
    let paging = plan.operations[0].paging.as_ref().expect("paging");
    let field = |keys: &[&str], number| Target::Field {
        path: keys.iter().map(|key| (*key).to_owned()).collect(),
        number,
    };
    assert_eq!(paging.strategy.target(), Some(&field(&["at"], true)));
    assert_eq!(
        (paging.size.clone(), paging.parallel),
        (Some((field(&["paging", "number"], true), 50)), Some(3))
    );
    assert_eq!(
        plan.streams[0].body.as_deref(),
        Some(r#"{"query":"{ a }"}"#),
        "braces are no variables there"
    );
    assert!(
        plan.operations[0].reads && plan.operations[0].idempotent,
        "what a stream lists is read by a POST too"
    );
}

#[test]
fn a_cursor_goes_into_the_body_where_the_manifest_says_so() {
    // What the cursor says; where it goes, and whether as a number.
    for (cursor, path, number) in [
        ("field: updated_at, body_field: after", vec!["after"], false),
        (
            "field: updated_at, body_field: paging.number, format: epoch_seconds",
            vec!["paging", "number"],
            true,
        ),
        // What the document leaves open, the format says.
        ("field: updated_at, body_field: filter.since", vec!["filter", "since"], false),
        (
            "field: updated_at, body_field: filter.since, format: epoch_milliseconds",
            vec!["filter", "since"],
            true,
        ),
        ("field: id, body_field: filter.after", vec!["filter", "after"], true),
    ] {
        let text = SEARCH.replace("key: id,", &format!("key: id, cursor: {{ {cursor} }},"));
        let text = text.replace("size: { body_field: paging.number, value: 50 }, ", "");
        let Outcome { plan, found } = outcome(&text);
        let errors: Vec<_> = found.iter().filter(|seen| seen.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{cursor}: {errors:#?}");
        let plan = plan.expect("a plan");
        let path = path.into_iter().map(str::to_owned).collect();
        let cursor_of = plan.streams[0].cursor.as_ref().expect("a cursor");
        assert_eq!(cursor_of.target, Some(Target::Field { path, number }), "{cursor}");
    }
}

#[test]
fn mistakes_in_searches_are_told() {
    let cases: [(&str, &str, &str, &str); 15] = [
        (
            "key: id,",
            "key: id, cursor: { field: updated_at, body_field: aftr },",
            "P003",
            "did you mean `after`?",
        ),
        ("key: id,", "key: id, cursor: { field: updated_at, body_field: at },", "P020", "paging already"),
        ("key: id,", "key: id, cursor: { field: updated_at, body_field: query },", "P020", "`body` already"),
        (
            "key: id,",
            "key: id, cursor: { field: updated_at, body_field: paging },",
            "P004",
            "name a field of that kind",
        ),
        (
            "key: id,",
            "key: id, cursor: { field: updated_at, body_field: after, parameter: x },",
            "C020",
            "leave one of them out",
        ),
        (
            "key: id,",
            "key: id, cursor: { field: updated_at, body_field: after }, each: { body: after, of: [ a ] },",
            "P020",
            "the stream's cursor",
        ),
        (
            "key: id,",
            "key: id, each: { body: filter.a, of: [ a ] }, window: { field: updated_at, from: x, to: y, start: 2020-01-01, step: 1d },",
            "P008",
            "",
        ),
        ("body_field: at", "body_field: att", "P003", "did you mean `at`?"),
        ("body_field: at", "body_field: paging", "P004", "name a field of that kind"),
        ("body_field: paging.number", "body_field: paging.nmuber", "P003", "did you mean `number`?"),
        ("body_field: at", "body_field: filter", "P013", "does not say what stands at `filter`"),
        (", body: { query: \"{ a }\" }", "", "P011", "`body`"),
        ("query: \"{ a }\"", "query: x, qeury: y", "P131", "did you mean `query`?"),
        ("body_field: at", "body_field: at..x", "C014", "keys with dots"),
        ("total_records: count", "total_records: cuont", "P003", "did you mean `count`?"),
    ];
    for (from, to, code, help) in cases {
        assert_eq!(SEARCH.matches(from).count(), 1, "{from:?} stands exactly once");
        let Outcome { found, .. } = outcome(&SEARCH.replace(from, to));
        let seen = found.iter().find(|seen| seen.code == code);
        let Some(seen) = seen else { panic!("{to:?}: no {code} among {found:#?}") };
        assert!(format!("{} {}", seen.message, seen.help).contains(help), "{to:?}: {seen:#?} lacks {help:?}");
        assert!(seen.place != "nowhere", "{to:?}: {seen:#?}");
    }
}

/// What stands in [`GOOD`], what is written instead, and the first diagnostic: code, place, and a part of its help.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn assert_cases(severity: Severity, cases: &[Case]) {
    assert_cases_of(GOOD, severity, cases);
}

/// The same with another good manifest.
fn assert_cases_of(good: &str, severity: Severity, cases: &[Case]) {
    assert_cases_in(good, api::api, severity, cases);
}

/// The same against another API.
fn assert_cases_in(good: &str, api: fn() -> Api, severity: Severity, cases: &[Case]) {
    for (from, to, code, place, help) in cases {
        assert_eq!(good.matches(from).count(), 1, "{from:?} stands exactly once");
        let Outcome { plan, found } = outcome_with(&good.replace(from, to), api());
        let expected = found.iter().find(|seen| seen.code == *code);
        let Some(seen) = expected else { panic!("{to:?}: no {code} among {found:#?}") };
        assert_eq!((seen.severity, seen.place.as_str()), (severity, *place), "{to:?}: {seen:#?}");
        assert!(seen.help.contains(help), "{to:?}: the help of {seen:#?} lacks {help:?}");
        assert_eq!(plan.is_none(), severity == Severity::Error, "{to:?}: {found:#?}");
        // One mistake, one finding: consequences are not reported.
        assert_eq!(found.len(), 1, "{to:?}: {found:#?}");
    }
}

/// The good manifest in words and what stands between them.
fn words() -> Vec<&'static str> {
    GOOD.split_inclusive(|character: char| !character.is_alphanumeric() && character != '_').collect()
}

proptest! {
    // Words of a good manifest in each other's place: near enough to the format to get past the first check.
    #[test]
    fn no_mixed_up_manifest_panics(swaps in proptest::collection::vec((0..words().len(), 0..words().len()), 1..4)) {
        let mut words = words();
        for (to, from) in swaps {
            words[to] = words[from];
        }
        let text = words.concat();
        let Outcome { plan, found } = outcome(&text);
        let errors = found.iter().any(|seen| seen.severity == Severity::Error);
        prop_assert_eq!(plan.is_none(), errors, "{}", text);
        // The first check and the types agree on what a manifest is.
        prop_assert!(!found.iter().any(|seen| seen.message.starts_with("expected ")), "{:?} of {}", found, text);
    }
}

mod drift;
mod limit_mistakes;
mod mistakes;
mod slices;
mod sources;
mod token_mistakes;
