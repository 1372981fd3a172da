//! Slices that a good manifest declares, and what the plan makes of them.

use super::*;

const LAST: &str = r#", owner: "{subdomain}" } }"#;

fn plan_of(from: &str, to: &str) -> Plan {
    let Outcome { plan, found } = outcome(&GOOD.replace(from, to));
    assert!(found.iter().all(|seen| seen.severity != Severity::Error), "{found:#?}");
    plan.expect("a plan")
}

fn slices(plan: &Plan, name: &str) -> Slices {
    let stream = plan.streams.iter().find(|stream| stream.name == name).expect("the stream");
    stream.slices.clone().expect("slices")
}

#[test]
fn a_parent_gives_parameters_and_what_is_included_through_generations() {
    let to = " }, parent: { stream: users, parameters: { owner: id }, include: { user: id }, only_changed: false, gone: skip } }
  deeper: { operation: listRepositories, records: \".\", key: [ user, repository, id ], at_once: 9, \
            parent: { stream: repositories, parameters: { owner: user }, include: { repository: id, user: user } } }";
    let plan = plan_of(LAST, to);
    let first = slices(&plan, "repositories");
    assert_eq!((first.at_once, first.key_names()), (4, vec![]));
    let Partition::Parent { stream, parameters, skip_gone, only_changed, .. } = first.partition else {
        panic!("a parent")
    };
    assert_eq!((stream.as_str(), skip_gone, only_changed), ("users", true, false));
    assert!(
        matches!(parameters.as_slice(), [(Target::Parameter(3), ParentValue::Field(path))] if path == &["id"])
    );
    let second = slices(&plan, "deeper");
    assert_eq!((second.at_once, second.key_names()), (9, vec!["repository", "user"]));
    let Partition::Parent { parameters, .. } = second.partition else { panic!("a parent") };
    assert!(matches!(parameters.as_slice(), [(_, ParentValue::Included(name))] if name == "user"));
    let stream = plan.streams.iter().find(|stream| stream.name == "deeper").expect("the stream");
    assert_eq!(stream.key, [["id"]], "what is included is no place of the record");
}

#[test]
fn values_and_windows_are_resolved() {
    let plan =
        plan_of(LAST, " }, each: { parameter: owner, of: [ a, \"{subdomain}\", 7 ], include: whose } }");
    let Partition::Each { target, values, include } = slices(&plan, "repositories").partition else {
        panic!("values")
    };
    assert_eq!(target, Target::Parameter(3));
    assert_eq!(values, ["a", "{subdomain}", "7"]);
    assert_eq!(include, Some(("whose".to_owned(), false)));
    let window = r#"window: { field: created, from: "created[gte]", to: "created[lte]", format: epoch_seconds, exclusive: [ to ],
        start: 2024-01-31, step: 30d, lookback: 1h, smallest: 10s, cap: { records: 10, offset: 20, pages: 30, status: [ 400, 422 ] } }"#;
    let plan = plan_of(r#"cursor: { field: created, parameter: "created[gte]" }"#, window);
    let slices = slices(&plan, "charges");
    assert!(matches!(slices.partition, Partition::Whole));
    let window = slices.window.expect("a window");
    assert_eq!(window.from.target, Target::Property(0, "gte".to_owned()));
    assert_eq!((window.from.exclusive, window.to.exclusive), (false, true));
    assert_eq!(
        (window.step_milliseconds, window.lookback_milliseconds, window.smallest_milliseconds),
        (30 * 86_400_000, 3_600_000, 10_000)
    );
    let cap = window.cap.expect("a cap");
    assert_eq!((cap.records, cap.offset, cap.pages), (Some(10), Some(20), Some(30)));
    assert_eq!(cap.statuses, [400, 422]);
}

/// A search of records of a span of time, whose bounds stand in its body.
const SEARCH: &str = r#"version: 1
name: desk
document: openapi.yaml
description: Searches.
server: { url: "https://desk.example" }
auth: { none: {} }
operations: [ search ]
paging: { by_body: { offset: { body_field: at, total_records: count } } }
streams:
  found:
    operation: search
    records: tickets
    key: id
    body: { query: all, groups: [ { filters: [ { operator: GTE }, { operator: LT } ] } ] }
    window: { field: updated_at, from_body_field: groups.0.filters.0.value, to_body_field: groups.0.filters.1.value, format: epoch_milliseconds, start: 2024-01-31, step: 1d }
"#;

#[test]
fn a_windows_bounds_go_into_the_body_into_items_of_its_lists_too() {
    // What takes the bounds, in which format; where the start goes, and whether as a number.
    for (bounds, format, path, number) in [
        (
            "groups.0.filters.0.value groups.0.filters.1.value",
            "epoch_milliseconds",
            "groups.0.filters.0.value",
            false,
        ),
        (
            "groups.0.filters.0.value groups.0.filters.0.high",
            "epoch_seconds",
            "groups.0.filters.0.value",
            false,
        ),
        ("groups.0.filters.0.high groups.0.filters.1.high", "epoch_seconds", "groups.0.filters.0.high", true),
        // What the document leaves open, the format says.
        ("filter.since filter.until", "epoch_milliseconds", "filter.since", true),
        ("filter.since filter.until", "date", "filter.since", false),
        ("from filter.until", "rfc3339", "from", false),
    ] {
        let (from, to) = bounds.split_once(' ').expect("two");
        let text =
            SEARCH.replace("from_body_field: groups.0.filters.0.value", &format!("from_body_field: {from}"));
        let text = text.replace("to_body_field: groups.0.filters.1.value", &format!("to_body_field: {to}"));
        let Outcome { plan, found } = outcome(&text.replace("epoch_milliseconds", format));
        assert!(found.iter().all(|seen| seen.severity != Severity::Error), "{bounds}: {found:#?}");
        let window = slices(&plan.expect("a plan"), "found").window.expect("a window");
        let path = path.split('.').map(str::to_owned).collect();
        assert_eq!(window.from.target, Target::Field { path, number }, "{bounds}");
    }
}

#[test]
fn an_offset_that_is_refused_is_counted_as_the_scheme_counts() {
    // From where records are counted, the lowest offset that is refused, and how many records stand before it.
    for (first, offset, before) in [("", 1000, 1000), (", first: 0", 1000, 1000), (", first: 1", 1001, 1000)]
    {
        let text = SEARCH.replace("body_field: at", &format!("body_field: at{first}"));
        let text = text.replace("step: 1d }", &format!("step: 1d, cap: {{ offset: {offset} }} }}"));
        let Outcome { plan, found } = outcome(&text);
        assert!(found.iter().all(|seen| seen.severity != Severity::Error), "{first}: {found:#?}");
        let cap = slices(&plan.expect("a plan"), "found").window.expect("a window").cap.expect("a cap");
        assert_eq!(cap.offset, Some(before), "{first}");
    }
    let from_one = SEARCH.replace("body_field: at", "body_field: at, first: 1");
    let (step, first_page) = ("step: 1d }", "step: 1d, cap: { offset: 1 } }");
    let case = (step, first_page, "P143", "15:190", "as the API counts");
    assert_cases_of(&from_one, Severity::Error, &[case]);
}

#[test]
fn mistakes_in_bounds_of_bodies_are_told() {
    let body = ", groups: [ { filters: [ { operator: GTE }, { operator: LT } ] } ]";
    assert_cases_of(
        SEARCH,
        Severity::Error,
        &[
            ("filters.0.value", "filtres.0.value", "P003", "15:60", "did you mean `filters`?"),
            ("filters.0.value", "filters.value", "P003", "15:68", "`0.value`"),
            ("filters.0.value", "filters.0", "P004", "15:51", "name a field of that kind"),
            (
                "groups.0.filters.1.value",
                "groups.0.filters.0.value",
                "C143",
                "15:92",
                "name what takes the end",
            ),
            ("filters.1.value", "filters.2.value", "P131", "14:11", "around `groups.0.filters.2.value`"),
            (body, "", "P131", "14:11", "around `groups.0.filters.0.value`"),
            ("{ operator: GTE }", "{ operator: GTE, value: 1 }", "P020", "15:51", "leave one of them out"),
            ("{ operator: GTE }", "[ 1 ]", "P131", "14:11", "without it"),
            ("{ operator: GTE }", "GTE", "P131", "14:11", "without it"),
            ("groups.0.filters.0.value", "at", "P020", "15:51", "leave one of them out"),
            ("groups.0.filters.0.value", "from", "P143", "15:106", "how the API writes a time"),
            (", to_body_field", ", to: since, to_body_field", "C006", "15:88", "exactly one of"),
            ("from_body_field: groups.0.filters.0.value, ", "", "C006", "15:5", "from, from_body_field"),
            ("groups.0.filters.0.value", "groups..value", "C014", "15:58", "keys with dots"),
        ],
    );
    // A search by GET has no body.
    let text = SEARCH
        .replace("operations: [ search ]", "operations: [ charges ]")
        .replace("operation: search", "operation: charges");
    let text = text
        .replace("records: tickets", "records: data")
        .replace("updated_at", "created")
        .replace("by_body", "by_url");
    let text = text.replace(
        "{ offset: { body_field: at, total_records: count } }",
        "{ cursor: { parameter: starting_after, next: next } }",
    );
    let Outcome { found, .. } = outcome(&text);
    assert!(found.iter().any(|seen| seen.code == "P143" && seen.help == "name a parameter"), "{found:#?}");
}
