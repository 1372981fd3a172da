//! What is met in a record, and what becomes of it.

use super::*;

#[test]
fn a_record_tells_what_is_not_as_the_document_says() {
    let with = |rest: &str| format!(r#"{{"id":1,"at":"2026-11-21T10:00:00Z",{rest}}}"#);
    let table: [(&str, &[&str]); 30] = [
        (r#""marks":[[1,9],[1, 8],[]]"#, &[]),
        (
            r#""marks":[[1],[10,-10,1],[1]]"#,
            &[
                "constraint_violation /items/*/marks: beyond uniqueItems for uniqueItems",
                "constraint_violation /items/*/marks/*: beyond maxItems for maxItems 2",
                "constraint_violation /items/*/marks/*/*: beyond maximum for maximum 9",
            ],
        ),
        (r#""marks":"ten""#, &["type_incompatible /items/*/marks: string for array"]),
        (r#""name":"x","note":null,"tags":["a"],"map":{"k":1},"state":"open","ratio":1"#, &[]),
        (r#""pet":{"kind":"cat","lives":9},"parent":null"#, &[]),
        (r#""closed":{"a":1},"size":null,"title":"ab\u00e4cd""#, &[]),
        (r#""closed":{"a":1,"b":2}"#, &["unknown_field_closed /items/*/closed/b: integer for "]),
        (
            r#""size":10"#,
            &[
                "constraint_violation /items/*/size: beyond exclusiveMaximum for minimum -1, exclusiveMaximum 10",
            ],
        ),
        // A value of another type is told as that.
        (r#""title":123456"#, &["type_incompatible /items/*/title: number for string"]),
        (r#""title":"six of ""#, &["constraint_violation /items/*/title: beyond maxLength for maxLength 5"]),
        (r#""extra":1"#, &["unknown_field /items/*/extra: integer for "]),
        (r#""extra":1.5"#, &["unknown_field /items/*/extra: number for "]),
        (r#""ex\u0074ra":{"deep":[1]}"#, &["unknown_field /items/*/extra: object for "]),
        (r#""a/b~c":true"#, &["unknown_field /items/*/a~1b~0c: boolean for "]),
        // Keys that look like somebody's data are none of the report's.
        (r#""jo@example.com":1"#, &["unknown_field /items/*/*: integer for "]),
        (r#""4711":1"#, &["unknown_field /items/*/*: integer for "]),
        (r#""name":null"#, &["null_not_nullable /items/*/name: null for string"]),
        (r#""name":7"#, &["type_incompatible /items/*/name: number for string"]),
        (r#""name":{"a":1}"#, &["type_incompatible /items/*/name: object for string"]),
        (r#""tags":["a",null,"b"]"#, &["null_not_nullable /items/*/tags/*: null for string"]),
        (r#""tags":"a""#, &["type_incompatible /items/*/tags: string for array"]),
        (r#""map":{"a":1,"b":"2"}"#, &["type_widened /items/*/map/*: string for integer"]),
        (r#""map":{"a":1.0,"b":2.5}"#, &["type_widened /items/*/map/*: number for integer"]),
        (
            r#""map":{"a":123456789012345678901234567890}"#,
            &["number_precision /items/*/map/*: more digits than 64 bits hold for integer"],
        ),
        (
            r#""ratio":0.12345678901234567890"#,
            &["number_precision /items/*/ratio: more digits than 64 bits hold for number"],
        ),
        (r#""state":"held""#, &["enum_unknown_value /items/*/state: another text for enum(2)"]),
        (r#""pet":{"kind":"dog"}"#, &["discriminator_unknown /items/*/pet: object for "]),
        (r#""pet":"cat""#, &["union_no_branch /items/*/pet: string for "]),
        (
            r#""pet":{"kind":"cat","lives":"nine","fur":1}"#,
            &[
                "unknown_field /items/*/pet/fur: integer for ",
                "type_widened /items/*/pet/lives: string for integer",
            ],
        ),
        (
            r#""parent":{"id":2,"at":"yesterday","parent":{"at":"2026-11-21T10:00:00Z"}}"#,
            &[
                "missing_required /items/*/parent/parent/id: nothing for integer",
                "format_mismatch /items/*/parent/at: another format for string(date-time)",
            ],
        ),
    ];
    for (rest, expected) in table {
        let record = with(rest);
        assert_eq!(told(&run(StreamDrift::default(), &[&record], 0)), expected, "{record}");
    }
    let lacks = run(StreamDrift::default(), &[r#"{"at":"2026-11-21T10:00:00Z"}"#, "7", "{", ""], 0);
    let expected = [
        "missing_required /items/*/id: nothing for integer",
        "type_incompatible /items/*: number for object",
    ];
    assert_eq!(told(&lacks), expected);
}

#[test]
fn no_record_is_too_deep_or_too_nested() {
    let deep = format!("{}{}{}", r#"{"parent":"#.repeat(50_000), "null", "}".repeat(50_000));
    let drift = run(StreamDrift::default(), &[&deep], 0);
    assert!(drift.findings().count() < 200, "{}", drift.findings().count());
}

#[test]
fn reactions_change_hold_or_stop_a_record() {
    let keep = DriftPolicy::DEFAULT;
    let of = |fields, types, enums| DriftPolicy { fields, types, enums, ..keep };
    use Reaction::{DiscardRow, DiscardValue, Evolve, Freeze};
    enum Expected {
        Stored(&'static str),
        Held(Kind),
        Stopped(Kind),
    }
    use Expected::{Held, Stopped, Stored};
    let fields = of(DiscardValue, Evolve, Evolve);
    let values = of(Evolve, DiscardValue, DiscardValue);
    let table = [
        (fields, r#"{"x":1,"id":1,"at":"2026-11-21T10:00:00Z"}"#, Stored(GOOD)),
        (fields, r#"{"id":1,"x":{"y":[1,2]},"at":"2026-11-21T10:00:00Z"}"#, Stored(GOOD)),
        (fields, r#"{"id":1,"at":"2026-11-21T10:00:00Z","x":1,"y":2}"#, Stored(GOOD)),
        (
            fields,
            r#"{"id":1,"at":"2026-11-21T10:00:00Z" , "x" : 1 }"#,
            Stored(r#"{"id":1,"at":"2026-11-21T10:00:00Z"  }"#),
        ),
        (fields, r#"{"x":1}"#, Stored("{}")),
        (
            fields,
            r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":7}"#,
            Stored(r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":7}"#),
        ),
        (
            values,
            r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":7,"state":"held"}"#,
            Stored(r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":null,"state":null}"#),
        ),
        (
            values,
            r#"{"id":"1","at":"2026-11-21T10:00:00Z"}"#,
            Stored(r#"{"id":"1","at":"2026-11-21T10:00:00Z"}"#),
        ),
        (of(DiscardRow, Evolve, Evolve), r#"{"x":1}"#, Held(Kind::UnknownField)),
        (of(Evolve, DiscardRow, Evolve), r#"{"id":1}"#, Held(Kind::MissingRequired)),
        (of(Evolve, DiscardRow, Freeze), r#"{"id":1,"state":"held"}"#, Stopped(Kind::EnumUnknownValue)),
        (of(Freeze, Evolve, Evolve), r#"{"x":1}"#, Stopped(Kind::UnknownField)),
        (of(Freeze, Freeze, Freeze), GOOD, Stored(GOOD)),
    ];
    for (policy, record, expected) in table {
        let fate = inspector(policy, StreamDrift::default()).page(200, moment(0)).record(record);
        let is = match (&fate, &expected) {
            (Fate::Keep, Stored(expected)) => record == *expected,
            (Fate::Changed(text), Stored(expected)) => text == expected,
            (Fate::Aside(reason), Held(kind)) | (Fate::Freeze(reason), Stopped(kind)) => reason.kind == *kind,
            _ => false,
        };
        assert!(is, "{record} with {policy:?}: {fate:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_looked_at_without_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let text = String::from_utf8_lossy(&bytes);
        let policy = DriftPolicy { fields: Reaction::DiscardValue, types: Reaction::DiscardValue, ..DriftPolicy::DEFAULT };
        let _ = inspector(policy, StreamDrift::default()).page(200, moment(0)).record(&text);
    }

    /// What is left of a record is JSON and the same record without its unknown fields and wrong values.
    #[test]
    fn what_is_discarded_is_all_that_is_gone(
        members in proptest::collection::vec((0usize..9, 0usize..8), 0..10), spaces in 0usize..3,
    ) {
        let names = ["id", "name", "x", "note", "y", "ratio", "z", "map", "q"];
        let values = ["1", "\"a,b\"", "null", "{\"k\": [1, {\"x\": 2}]}", "[]", "true", "-1.5e3", "{}"];
        let mut used = std::collections::BTreeSet::new();
        let members: Vec<(usize, usize)> = members.into_iter().filter(|(name, _)| used.insert(*name)).collect();
        let gap = " ".repeat(spaces);
        let text: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{gap}\"{}\"{gap}:{gap}{}{gap}", names[*name], values[*value]))
            .collect();
        let record = format!("{{{}}}", text.join(","));
        let policy = DriftPolicy { fields: Reaction::DiscardValue, ..DriftPolicy::DEFAULT };
        let fate = inspector(policy, StreamDrift::default()).page(200, moment(0)).record(&record);
        let left = match fate {
            Fate::Keep => record.clone(),
            Fate::Changed(text) => text,
            other => panic!("{record}: {other:?}"),
        };
        let mut expected: serde_json::Value = serde_json::from_str(&record).unwrap();
        for unknown in ["x", "y", "z", "q"] {
            expected.as_object_mut().unwrap().remove(unknown);
        }
        let found: serde_json::Value = serde_json::from_str(&left).unwrap_or_else(|error| panic!("{record} became {left}: {error}"));
        assert_eq!(found, expected, "{record} became {left}");
    }
}
