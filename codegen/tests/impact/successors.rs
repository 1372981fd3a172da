//! What takes the place of operations that are gone: told and proposed where path and answer speak for it, and nowhere else.

use std::fs;

use linchpin_codegen::drift::Options;
use linchpin_codegen::drift::impact::{Outcome, assess};

/// Operations as `method path id: properties of the answer`. What a path takes are texts.
fn document(operations: &[&str]) -> String {
    let mut text = String::from("openapi: 3.1.0\ninfo: { title: Acme, version: \"1\" }\npaths:\n");
    for operation in operations {
        let (head, properties) = operation.split_once(": ").expect("properties");
        let [method, path, id] = head.split(' ').collect::<Vec<_>>()[..] else { panic!("{head}") };
        text.push_str(&format!("  {path}:\n    {method}:\n      operationId: {id}\n      parameters:\n"));
        for name in path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
            text.push_str(&format!(
                "        - {{ name: {name}, in: path, required: true, schema: {{ type: string }} }}\n"
            ));
        }
        if properties == "-" {
            text.push_str("      responses: { \"204\": { description: Done. } }\n");
            continue;
        }
        let fields: Vec<String> =
            properties.split(' ').map(|name| format!("{name}: {{ type: string }}")).collect();
        let item = format!("{{ type: object, required: [ id ], properties: {{ {} }} }}", fields.join(", "));
        let list = format!("{{ type: object, properties: {{ data: {{ type: array, items: {item} }} }} }}");
        text.push_str(&format!("      responses: {{ \"200\": {{ description: All., content: {{ application/json: {{ schema: {list} }} }} }} }}\n"));
    }
    text
}

/// A connector of all operations; the first is read as a stream, with a value for each parameter of its path.
fn manifest(operations: &[&str]) -> String {
    let head = |operation: &str| operation.split(": ").next().unwrap_or_default().to_owned();
    let ids: Vec<String> =
        operations.iter().map(|one| head(one).rsplit(' ').next().unwrap_or_default().to_owned()).collect();
    let first = head(operations.first().expect("an operation"));
    let names = first.split('{').skip(1).filter_map(|part| part.split('}').next());
    let parameters: Vec<String> = names.map(|name| format!("{name}: x")).collect();
    let parameters = if parameters.is_empty() {
        String::new()
    } else {
        format!(", parameters: {{ {} }}", parameters.join(", "))
    };
    format!(
        "version: 1\nname: acme\ndocument: openapi.yaml\ndescription: Things.\nserver: {{ url: https://api.acme.example }}\nauth: {{ none: {{}} }}\noperations: [ {} ]\nstreams:\n  things: {{ operation: {}, records: data, key: id{parameters} }}\n",
        ids.join(", "),
        ids.first().expect("an operation"),
    )
}

fn assessed(before: &[&str], after: &[&str]) -> (String, Outcome) {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = manifest(before);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
    write("connector.yaml", &manifest);
    write("openapi.yaml", &document(before));
    write("revision.yaml", &document(after));
    let options = Options::new("2026-11-21".parse().expect("a day"));
    (manifest, assess(folder.path(), &folder.path().join("revision.yaml"), &options))
}

/// Before, after, and what of the revision is named in the place of each operation that is gone.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [(&'static str, Option<&'static str>)],
);

const CASES: &[Case] = &[
    (
        "a slash at the end that is gone, with a new id",
        &["get /app/{app}/msg/ list_messages: id text", "get /app/{app}/hook/ list_hooks: id url"],
        &["get /app/{app}/msg v1.message.list: id text", "get /app/{app}/hook v1.hook.list: id url"],
        &[
            ("GET /app/{app}/msg/", Some("GET /app/{app}/msg")),
            ("GET /app/{app}/hook/", Some("GET /app/{app}/hook")),
        ],
    ),
    (
        "a neighbour with other records is no successor",
        &[
            "get /app/{app}/integration/ listIntegrations: id name created",
            "get /app/{app}/endpoint/ listEndpoints: id url channels secret filter",
        ],
        &["get /app/{app}/endpoint v1.endpoints: id url channels secret filter"],
        &[
            ("GET /app/{app}/integration/", None),
            ("GET /app/{app}/endpoint/", Some("GET /app/{app}/endpoint")),
        ],
    ),
    (
        "a word that was renamed everywhere",
        &[
            "get /budgets/{budget}/payees getPayees: id name",
            "get /budgets/{budget}/months getBudgetMonths: id month",
            "get /budgets getBudgets: id name format",
            "delete /budgets/{budget}/payees/{payee} deletePayee: -",
        ],
        &[
            "get /plans/{plan}/payees getPayees: id name",
            "get /plans/{plan}/months getPlanMonths: id month",
            "get /plans getPlans: id name format",
            "delete /plans/{plan}/payees/{payee} dropPayee: -",
        ],
        &[
            ("GET /budgets/{budget}/payees", Some("GET /plans/{plan}/payees")),
            ("GET /budgets/{budget}/months", Some("GET /plans/{plan}/months")),
            ("GET /budgets", Some("GET /plans")),
            ("DELETE /budgets/{budget}/payees/{payee}", Some("DELETE /plans/{plan}/payees/{payee}")),
        ],
    ),
    (
        "another version of the path",
        &["get /v1/tickets listTickets: id title"],
        &["get /v2/tickets tickets_list: id title", "get /v2/users users_list: id title"],
        &[("GET /v1/tickets", Some("GET /v2/tickets"))],
    ),
    (
        "a list that moved below another",
        &["get /tickets listTickets: id title state created"],
        &["get /workspaces/{workspace}/tickets ticketsOfWorkspace: id title state created closed"],
        &[("GET /tickets", Some("GET /workspaces/{workspace}/tickets"))],
    ),
    (
        "an operation that answers nothing is not known again by its path alone",
        &["get /tickets listTickets: id title", "delete /tickets/{id} dropTicket: -"],
        &["get /tickets listTickets: id title", "delete /labels/{id} dropLabel: -"],
        &[("DELETE /tickets/{id}", None)],
    ),
    (
        "one successor for one",
        &["get /a/tickets listA: id title state", "get /b/tickets listB: id title state"],
        &["get /c/tickets listC: id title state"],
        &[("GET /a/tickets", Some("GET /c/tickets")), ("GET /b/tickets", None)],
    ),
];

#[test]
fn what_takes_the_place_of_an_operation_is_named_where_something_speaks_for_it() {
    let mut wrong = Vec::new();
    for (what, before, after, expected) in CASES {
        let (manifest, outcome) = assessed(before, after);
        let assessment =
            outcome.assessment.as_ref().unwrap_or_else(|| panic!("{what}: {:?}", outcome.revised));
        for (gone, successor) in *expected {
            let told = assessment.impact.iter().find(|impact| {
                impact.id.as_deref().is_some_and(|id| id.contains("removed"))
                    && impact.operations.iter().any(|operation| operation == gone)
            });
            let advice = told.and_then(|impact| impact.advice.clone()).unwrap_or_default();
            let named = advice.split('`').nth(1).map(str::to_owned);
            if named.as_deref() != *successor {
                wrong.push(format!("{what}: {gone} -> {successor:?}, but {advice:?}"));
            }
        }
        // Of one operation that is gone, one thing is told.
        let serious = assessment.impact.iter().filter(|impact| impact.severity.as_str() == "breaks").count();
        if serious != expected.len() {
            let told: Vec<&str> = assessment.impact.iter().map(|impact| impact.what.as_str()).collect();
            wrong.push(format!("{what}: {told:#?}"));
        }
        // Where all have a successor, the edited manifest fits.
        if expected.iter().all(|(_, successor)| successor.is_some()) {
            let edited = outcome.proposals.edited.clone().unwrap_or(manifest);
            let folder = tempfile::tempdir().expect("a folder");
            fs::write(folder.path().join("connector.yaml"), &edited).expect("the manifest");
            fs::write(folder.path().join("openapi.yaml"), document(after)).expect("the document");
            let made = linchpin_codegen::generate::generate(folder.path(), &Default::default());
            if made.connector.is_none()
                && !edited.contains("workspace")
                && !after.iter().any(|one| one.contains("{workspace}"))
            {
                wrong.push(format!("{what}: {edited}\n{:?}", made.diagnostics));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_parameter_of_a_path_that_is_renamed_is_renamed_in_the_manifest() {
    let (_, outcome) = assessed(
        &["get /shelves/{shelf}/books listBooks: id title"],
        &["get /shelves/{shelf_id}/books listBooks: id title"],
    );
    assert!(outcome.proposals.patch.contains("parameters: { shelf_id: x }"), "{}", outcome.proposals.patch);
}

#[test]
fn a_list_is_named_as_its_path_is() {
    let (manifest, plain) = (
        manifest(&["get /budgets getBudgets: id"]),
        document(&["get /budgets getBudgets: id name format created updated closed"]),
    );
    let named = |name: &str| plain.replace("data:", &format!("{name}:"));
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
    write("connector.yaml", &manifest.replace("records: data", "records: budgets"));
    write("openapi.yaml", &named("budgets"));
    write("revision.yaml", &named("plans").replace("/budgets", "/plans").replace("getBudgets", "getPlans"));
    let options = Options::new("2026-11-21".parse().expect("a day"));
    let outcome = assess(folder.path(), &folder.path().join("revision.yaml"), &options);
    let edited = outcome.proposals.edited.expect("a proposal");
    assert!(edited.contains("operation: getPlans, records: plans"), "{edited}");
}
