//! Old shapes of operations that cannot be kept as they were, and those whose time is over, are told where the manifest names them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot write its files has to stop")]

use std::path::Path;

use linchpin_codegen::diagnostic::{RenderOptions, render};
use linchpin_codegen::generate::previous::over;
use linchpin_codegen::generate::{Outcome, generate};
use linchpin_codegen::render::RenderOptions as CrateOptions;

const MANIFEST: &str = "\
version: 1
name: desk
document: openapi.yaml
description: A desk.
server: { url: https://desk.example }
auth: { none: {} }
operations: [ listTickets ]
limits: { all: { requests: 10, per: 1s } }
";
const KEPT: &str = "previous:\n  then: { until: 2027-02-19, operations: [ listTickets, listAgents ] }\n";
const DOCUMENT: &str = "\
openapi: 3.1.0
info: { title: Desk, version: '1' }
paths:
  /tickets:
    get:
      operationId: listTickets
      parameters: [ { name: weight, in: query, schema: { type: integer } } ]
      responses: { '200': { description: ok } }
";
const AGENTS: &str = "  /agents:
    get:
      operationId: listAgents
      parameters: [ { name: size, in: query, schema: { type: integer } } ]
      responses: { '200': { description: ok } }
";
const UPLOADS: &str = "      servers: [ { url: 'https://uploads.example' } ]\n";

/// A folder with a manifest, and with what one kept shape is made from.
fn outcome(manifest: &str, then: Option<(&str, &str)>) -> (Outcome, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("connector.yaml", manifest);
    write("openapi.yaml", DOCUMENT);
    if let Some((manifest, document)) = then {
        write("previous/then/connector.yaml", manifest);
        write("previous/then/openapi.yaml", document);
    }
    let outcome = generate(folder.path(), &CrateOptions::default());
    let shown = render(&outcome.diagnostics, &outcome.files, &RenderOptions::default());
    (outcome, shown.replace(&folder.path().display().to_string(), ""))
}

#[test]
fn what_cannot_be_kept_as_it_was_is_told_where_the_manifest_names_it() {
    let today = format!("{MANIFEST}{KEPT}");
    let all = MANIFEST.replace("[ listTickets ]", "[ all ]");
    let document = format!("{DOCUMENT}{AGENTS}");
    let uploads = format!("{document}{UPLOADS}");
    let limited =
        all.replace("all: {", "agents: { requests: 5, per: 1s, operations: [ listAgents ] }, all: {");
    let headed =
        format!("{all}config: {{ site: {{ description: A site. }} }}\nheaders: {{ X-Site: '{{site}}' }}\n");
    let other = all.replace(
        "server: { url: https://desk.example }",
        "server: { url: https://desk.example, others: { uploads: { url: https://uploads.example } } }",
    );
    let costly = today.replace(
        "requests: 10, per: 1s",
        "points: 10, per: 1s, cost: { parameters: { listTickets: weight } }",
    );
    let weightless = document.replace("weight", "mass");
    let clash = today.replace("then:", "tickets:");
    // The manifest of today, those of then, the code, a part of what is said, the place; without a code it is kept as it was.
    type Row<'r> = (&'r str, Option<(&'r str, &'r str)>, Option<&'r str>, &'r str, &'r str);
    let table: &[Row<'_>] = &[
        (&today, Some((&all, &document)), None, "", ""),
        (
            &today,
            None,
            Some("error[D110]"),
            "`previous/then/connector.yaml` is not there",
            "/connector.yaml:10:3",
        ),
        (
            &today,
            Some((MANIFEST, &document)),
            Some("error[D110]"),
            "`listAgents` is no operation",
            "/connector.yaml:10:57",
        ),
        (
            &today,
            Some((&all, DOCUMENT)),
            Some("error[D110]"),
            "`listAgents` is no operation",
            "/connector.yaml:10:57",
        ),
        (
            &today,
            Some(("version: 2\n", &document)),
            Some("error[C001]"),
            "",
            "/previous/then/connector.yaml:1:10",
        ),
        (
            &today,
            Some((&limited, &document)),
            Some("warning[D111]"),
            "the limit `agents` counted `listAgents`",
            "/connector.yaml:10:3",
        ),
        (
            &today,
            Some((&headed, &document)),
            Some("warning[D111]"),
            "the header `X-Site` had a variable",
            "/connector.yaml:10:3",
        ),
        (
            &today,
            Some((&other, &uploads)),
            Some("error[D111]"),
            "went to the server `uploads`",
            "/connector.yaml:10:3",
        ),
        (
            &costly,
            Some((&all, &weightless)),
            Some("warning[D111]"),
            "what `listTickets` costs of the limit `all`",
            "/connector.yaml:10:3",
        ),
        (&costly, Some((&all, &document)), None, "", ""),
        (
            &clash,
            None,
            Some("error[D110]"),
            "`previous/tickets/connector.yaml` is not there",
            "/connector.yaml:10:3",
        ),
    ];
    for (manifest, then, code, message, place) in table {
        let (outcome, shown) = outcome(manifest, *then);
        let Some(code) = code else {
            assert!(!shown.contains("[D11"), "{shown}");
            let connector = outcome.connector.unwrap_or_else(|| panic!("{shown}"));
            assert!(connector.files.contains_key("src/previous/then/mod.rs"), "{:?}", connector.files.keys());
            continue;
        };
        assert!(
            shown.contains(code) && shown.contains(message) && shown.contains(place),
            "{code} {place}:\n{shown}"
        );
        assert_eq!(outcome.connector.is_none(), code.starts_with("error"), "{shown}");
    }
}

#[test]
fn a_method_that_would_have_the_name_of_another_is_refused() {
    let (name, id) = ("then", "listTicketsThen");
    let manifest = format!("{}{KEPT}", MANIFEST.replace("[ listTickets ]", "[ all ]"))
        .replace("listTickets, listAgents", "listTickets");
    let folder = tempfile::tempdir().expect("a folder");
    let then = folder.path().join("previous").join(name);
    std::fs::create_dir_all(&then).expect("a folder");
    let write = |path: &Path, text: &str| std::fs::write(path, text).expect("a file");
    write(&folder.path().join("connector.yaml"), &manifest);
    write(&folder.path().join("openapi.yaml"), &format!("{DOCUMENT}{}", AGENTS.replace("listAgents", id)));
    write(&then.join("connector.yaml"), MANIFEST);
    write(&then.join("openapi.yaml"), DOCUMENT);
    let outcome = generate(folder.path(), &CrateOptions::default());
    let shown = render(&outcome.diagnostics, &outcome.files, &RenderOptions::default());
    assert!(shown.contains("error[D111]: there is another method `list_tickets_then`"), "{shown}");
    assert!(outcome.connector.is_none());
}

#[test]
fn a_time_that_is_over_is_told_from_its_day_on() {
    let manifest = format!("{MANIFEST}{KEPT}");
    let all = MANIFEST.replace("[ listTickets ]", "[ all ]");
    let (outcome, shown) = outcome(&manifest, Some((&all, &format!("{DOCUMENT}{AGENTS}"))));
    let connector = outcome.connector.unwrap_or_else(|| panic!("{shown}"));
    for (day, told) in [("2027-02-18", false), ("2027-02-19", true), ("2028-01-01", true)] {
        let found = over(&connector.previous, day.parse().expect(day));
        let shown = render(&found, &outcome.files, &RenderOptions::default());
        assert_eq!(shown.contains("warning[D112]"), told, "{day}: {shown}");
        assert_eq!(shown.contains("connector.yaml:10:18"), told, "{day}: {shown}");
    }
}
