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
