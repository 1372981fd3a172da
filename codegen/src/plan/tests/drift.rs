//! Reactions to drift that a good manifest declares, and what the plan makes of them.

use super::*;
use crate::manifest::Reaction;

#[test]
fn what_a_stream_says_of_drift_is_planned_and_what_it_does_not_say_is_the_default() {
    let said = "drift: { fields: discard_value, types: discard_row, quarantine: { records: 7 } }";
    let last = r#", owner: "{subdomain}" } }"#;
    let manifest = GOOD.replace(last, &format!(r#", owner: "{{subdomain}}" }}, {said} }}"#));
    let Outcome { plan, found } = outcome(&manifest);
    assert!(found.iter().all(|seen| seen.severity != Severity::Error), "{found:#?}");
    let plan = plan.expect("a plan");
    let of = |name: &str| plan.streams.iter().find(|stream| stream.name == name).expect("the stream").drift;
    let default = Drift::default();
    let expected =
        Drift { fields: Reaction::DiscardValue, types: Reaction::DiscardRow, records: 7, ..default };
    assert_eq!(of("repositories"), expected);
    assert_eq!(of("users"), default);
}
