//! What a person can get wrong in `limits` and `errors`.

use super::*;

pub(super) const ERRORS: &[Case] = &[
    ("requests: 700, per: 1m, headers", "concurrent: 7, per: 1m, headers", "C120", "28:34", "leave it out"),
    (
        "per: 1m, headers",
        "per: 1m, shape: fixed_window, burst: 3, headers",
        "C120",
        "28:66",
        "in another way",
    ),
    ("per: 1m, headers", "per: 1m, cost: { default: 2 }, headers", "C120", "28:3", "leave it out"),
    ("per: 1m, headers", "per: 1m, scope: tenant, headers", "C120", "28:45", "`by: [subdomain]`"),
    (
        "requests: 700, per: 1m, headers",
        "adaptive: { at_least: 1, per: 1s }, headers",
        "C120",
        "28:68",
        "`requests` and `per`",
    ),
    ("per: 1m, headers", "per: 1m, by: [ subdomian ], headers", "C121", "28:44", "did you mean `subdomain`?"),
    ("per: 1m, headers", "per: 1m, scope: acount, headers", "C005", "28:45", "did you mean `account`?"),
    ("requests: 700, per: 1m, headers", "points: 700, per: 1m, headers", "C019", "28:14", ""),
    ("requests: 700, per: 1m, headers", "requests: 700, headers", "C019", "28:14", ""),
    ("requests: 700, per: 1m, headers", "adaptive: { at_least: 0, per: 1s }, headers", "C007", "28:36", ""),
    ("retry:\n", "errors: { a: { status: [ 99 ], action: retry } }\nretry:\n", "C122", "30:26", "`5xx`"),
    ("retry:\n", "errors: { a: { status: [ 9xx ], action: retry } }\nretry:\n", "C122", "30:26", "`400-403`"),
    ("retry:\n", "errors: { a: { action: retry } }\nretry:\n", "C123", "30:11", "which answers"),
    (
        "retry:\n",
        "errors: { a: { header: { name: X-A, present: false }, action: retry } }\nretry:\n",
        "C123",
        "30:46",
        "the only form",
    ),
    (
        "retry:\n",
        "errors: { a: { status: [ 403 ], action: fail, message: Pay } }\nretry:\n",
        "C019",
        "30:41",
        "who has to act",
    ),
    (
        "retry:\n",
        "errors: { a: { status: [ 403 ], action: retry, message: Pay } }\nretry:\n",
        "C019",
        "30:57",
        "`action: fail`",
    ),
    (
        "retry:\n",
        "errors: { a: { status: [ 403 ], action: skip } }\nretry:\n",
        "C005",
        "30:41",
        "known here: retry",
    ),
    (
        "retry:\n",
        "errors: { a: { status: [ 403 ], operations: [ listUser ], action: retry } }\nretry:\n",
        "P001",
        "30:47",
        "did you mean `listUsers`?",
    ),
    (
        "retry:\n",
        "errors: { a: { status: [ 200 ], operations: [ listUsers ], body: { path: uesrs, present: true }, action: retry } }\nretry:\n",
        "P003",
        "30:74",
        "did you mean `users`?",
    ),
    (
        "retry:\n",
        "errors: { a: { status: [ 200 ], operations: [ listUsers ], body: { path: users, equals: x }, action: retry } }\nretry:\n",
        "P004",
        "30:74",
        "`contains`",
    ),
    (
        "requests: 10, per: 500ms",
        "points: 10, per: 500ms, cost: { operations: { listEvent: 5 } }",
        "P001",
        "29:59",
        "did you mean `listEvents`?",
    ),
    (
        "requests: 10, per: 500ms",
        "points: 10, per: 500ms, cost: { parameters: { listEvents: limti } }",
        "P008",
        "29:71",
        "did you mean `limit`?",
    ),
    (
        "requests: 10, per: 500ms",
        "points: 10, per: 500ms, cost: { parameters: { listEvents: starting_after } }",
        "P120",
        "29:71",
        "a fixed cost",
    ),
    (
        "requests: 10, per: 500ms",
        "points: 10, per: 500ms, cost: { operations: { charges: 5 } }",
        "P121",
        "29:59",
        "let the limit count it",
    ),
];

pub(super) const WARNINGS: &[Case] = &[(
    "retry:\n",
    "errors: { a: { status: [ 409 ], body: { path: error.code, equals: locked }, action: retry } }\nretry:\n",
    "P017",
    "30:47",
    "compare it with a real response",
)];

#[test]
fn limits_and_the_error_map() {
    assert_cases(Severity::Error, ERRORS);
    assert_cases(Severity::Warning, WARNINGS);
}

/// What a limit of the manifest becomes, beside the headers that every test of plans has.
#[test]
fn every_shape_of_a_limit_is_planned() {
    type Case = (&'static str, Quota, &'static [(&'static str, Cost)]);
    let cases: &[Case] = &[
        ("requests: 10, per: 1m", Quota::SlidingLog { units: 10, per_milliseconds: 60_000 }, &[]),
        (
            "requests: 10, per: 1m, shape: fixed_window",
            Quota::FixedWindow { units: 10, per_milliseconds: 60_000 },
            &[],
        ),
        (
            "requests: 2, per: 1s, shape: token_bucket, burst: 40",
            Quota::TokenBucket { units: 2, per_milliseconds: 1_000, burst: 40 },
            &[],
        ),
        (
            "requests: 2, per: 1s, shape: token_bucket",
            Quota::TokenBucket { units: 2, per_milliseconds: 1_000, burst: 2 },
            &[],
        ),
        ("concurrent: 5", Quota::Concurrent { requests: 5 }, &[]),
        ("adaptive: { at_least: 1, per: 2s }", Quota::Adaptive { units: 1, per_milliseconds: 2_000 }, &[]),
        (
            "points: 100, per: 1s, cost: { default: 2, operations: { listUsers: 7 }, parameters: { listEvents: limit } }",
            Quota::SlidingLog { units: 100, per_milliseconds: 1_000 },
            &[("listUsers", Cost::Units(7)), ("listEvents", Cost::Parameter(1))],
        ),
    ];
    for (text, quota, costs) in cases {
        let manifest = GOOD.replace("requests: 10, per: 500ms", text);
        let Outcome { plan, found } = outcome(&manifest);
        assert_eq!(found, [], "{text}");
        let limit = plan.expect("a plan").limits.remove(1);
        let found: Vec<(&str, Cost)> = limit.costs.iter().map(|(id, cost)| (id.as_str(), *cost)).collect();
        assert_eq!((limit.quota, found.as_slice()), (*quota, *costs), "{text}");
    }
    for (methods, expected) in [("read", false), ("write", true)] {
        let manifest = GOOD.replace(
            "requests: 10, per: 500ms, operations: [ listEvents, \"tag:Users\" ]",
            &format!("requests: 10, per: 500ms, methods: {methods}"),
        );
        let plan = outcome(&manifest).plan.expect("a plan");
        for (operation, found) in plan.api.operations.iter().zip(&plan.operations) {
            let is_write = operation.head.method != "GET";
            assert_eq!(found.limits.contains(&1), is_write == expected, "{methods}: {}", operation.head.id);
        }
    }
}
