//! Values beyond what the document allows: texts that match no pattern, and values of keys that are data.

use super::*;

/// Values of keys that are data, bounded as a field and beside the fields of an object.
static LABELLED: ObjectShape = ObjectShape {
    name: "Labelled",
    fields: &[
        FieldShape::new("code", Shape::Nullable(&Shape::String("")), 0)
            .within(&Bounds { pattern: Some("^AC[0-9a-f]{4}$"), ..Bounds::NONE }),
        FieldShape::new("codes", Shape::Array(&TEXT), 0).within(&Bounds {
            each: Some(&Bounds { pattern: Some("^[A-Z]+$"), ..Bounds::NONE }),
            ..Bounds::NONE
        }),
        FieldShape::new("labels", Shape::Map(&TEXT), 0).within(&Bounds {
            max_properties: Some(3),
            each: Some(&Bounds { max_length: Some(4), pattern: Some("^[a-z]*$"), ..Bounds::NONE }),
            ..Bounds::NONE
        }),
        FieldShape::new("grid", Shape::Map(&Shape::Map(&Shape::Array(&Shape::Integer))), 0).within(&Bounds {
            each: Some(&Bounds {
                each: Some(&Bounds {
                    each: Some(&Bounds { maximum: Some(9.0), ..Bounds::NONE }),
                    ..Bounds::NONE
                }),
                ..Bounds::NONE
            }),
            ..Bounds::NONE
        }),
    ],
    additional: Some(
        Additional::new(Shape::Enum(&STATE)).within(&Bounds { max_length: Some(4), ..Bounds::NONE }),
    ),
};

fn labelled(policy: DriftPolicy) -> &'static Stream {
    let base = crate::sync::test_stream();
    Box::leak(Box::new(Stream {
        records: &["items"],
        key: &[],
        shape: Shape::Object(&LABELLED),
        drift: policy,
        ..base
    }))
}

fn told_of(records: &[&str]) -> Vec<String> {
    let inspector = Inspector::new(contract(), labelled(DriftPolicy::DEFAULT), StreamDrift::default(), 7);
    for record in records {
        assert_eq!(inspector.page(200, moment(0)).record(record), Fate::Keep, "{record}");
    }
    told(&inspector.finish(moment(0)).0.unwrap_or_default())
}

#[test]
fn texts_and_values_of_keys_are_held_against_their_bounds() {
    let table: [(&str, &[&str]); 12] = [
        (r#"{"code":"AC01ef","codes":["A","BC"],"labels":{"a":"b","c":"defg"},"other":"open"}"#, &[]),
        (r#"{"code":null,"codes":[],"labels":{},"grid":{"a":{"b":[9]}}}"#, &[]),
        (r#"{"code":"\u0041C01ef"}"#, &[]),
        (
            r#"{"code":"AC01EF"}"#,
            &["constraint_violation /items/*/code: beyond pattern for pattern ^AC[0-9a-f]{4}$"],
        ),
        // What is of another type is told as that.
        (r#"{"code":7}"#, &["type_incompatible /items/*/code: number for string"]),
        (
            r#"{"codes":["A","b","C","d"]}"#,
            &["constraint_violation /items/*/codes/*: beyond pattern for pattern ^[A-Z]+$"],
        ),
        (
            r#"{"labels":{"jo@example.com":"long text","4711":"UP","k":"ok"}}"#,
            &[
                "constraint_violation /items/*/labels/*: beyond maxLength+beyond pattern for maxLength 4, pattern ^[a-z]*$",
            ],
        ),
        (
            r#"{"labels":{"a":"","b":"","c":"","d":""}}"#,
            &["constraint_violation /items/*/labels: beyond maxProperties for maxProperties 3"],
        ),
        (r#"{"labels":{"a":1}}"#, &["type_incompatible /items/*/labels/*: number for string"]),
        (
            r#"{"grid":{"a":{"b":[1,10]}}}"#,
            &["constraint_violation /items/*/grid/*/*/*: beyond maximum for maximum 9"],
        ),
        (
            r#"{"x":"closed","y":"held"}"#,
            &[
                "enum_unknown_value /items/*/*: another text for enum(2)",
                "constraint_violation /items/*/*: beyond maxLength for maxLength 4",
            ],
        ),
        (r#"{"labels":[1,2,3,4,5]}"#, &["type_incompatible /items/*/labels: array for object"]),
    ];
    for (record, expected) in table {
        assert_eq!(told_of(&[record]), expected, "{record}");
    }
}

/// What matches no pattern is on record, told and resolved like anything else that is met, and nothing reacts to it.
#[test]
fn a_pattern_has_a_baseline_and_is_told_when_it_is_sure() {
    let (good, bad) = (r#"{"code":"AC01ef"}"#, r#"{"code":"no code"}"#);
    let frozen = DriftPolicy {
        fields: Reaction::Freeze,
        types: Reaction::Freeze,
        enums: Reaction::Freeze,
        ..DriftPolicy::DEFAULT
    };
    for (runs, expected) in [
        (&[&[bad][..]][..], Status::Baseline),
        (&[&[good], &[bad]], Status::Pending),
        (&[&[good], &[bad], &[bad]], Status::New),
        (&[&[good], &[bad, bad, bad]], Status::New),
        (&[&[good], &[bad], &[good], &[good], &[good]], Status::Resolved),
    ] {
        let mut known = StreamDrift::default();
        for (at, records) in (0..).zip(runs) {
            let inspector = Inspector::new(contract(), labelled(frozen), known, 7);
            for record in *records {
                assert_eq!(inspector.page(200, moment(at)).record(record), Fate::Keep, "{record}");
            }
            known = inspector.finish(moment(at)).0.unwrap_or_default();
        }
        let found: Vec<(Status, &str)> =
            known.findings().map(|finding| (finding.state, finding.pointer.as_str())).collect();
        assert_eq!(found, [(expected, "/items/*/code")], "{runs:?}");
        let kept = format!("{:?}", known);
        assert!(!kept.contains("no code"), "no value is kept: {kept}");
    }
}
