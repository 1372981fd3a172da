//! Records of a stream that has everything, and runs over them.

mod answers;
mod bounds;
mod findings;
mod records;

use jiff::Timestamp;

use crate::contract::{
    Additional, Bounds, Contract, DriftPolicy, EnumShape, FieldShape, Media, ObjectShape, Operation,
    Reaction, Response, Shape, Stream, Threshold, UnionShape, Variant, VariantTest,
};

use super::inspector::{Fate, Inspector};
use super::{Finding, Kind, Status, StreamDrift};

static STATE: EnumShape = EnumShape { name: "State", values: &["open", "closed"] };
static TEXT: Shape = Shape::String("");
static CAT: ObjectShape = ObjectShape {
    name: "Cat",
    fields: &[
        FieldShape::new("kind", Shape::String(""), FieldShape::REQUIRED),
        FieldShape::new("lives", Shape::Integer, 0),
    ],
    additional: None,
};
static PET: UnionShape = UnionShape {
    name: "Pet",
    discriminator: Some("kind"),
    variants: &[Variant { shape: Shape::Object(&CAT), test: VariantTest::Tag(&["cat"]) }],
};
static CLOSED: ObjectShape = ObjectShape {
    name: "Closed",
    fields: &[FieldShape::new("a", Shape::Integer, 0)],
    additional: Some(Additional::NONE),
};
static TREE: ObjectShape = ObjectShape {
    name: "Tree",
    fields: &[
        FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
        FieldShape::new("at", Shape::String("date-time"), FieldShape::REQUIRED),
        FieldShape::new("name", Shape::String(""), 0),
        FieldShape::new("state", Shape::Enum(&STATE), 0),
        FieldShape::new("note", Shape::Nullable(&TEXT), 0),
        FieldShape::new("secret", Shape::String(""), FieldShape::REQUIRED | FieldShape::WRITE_ONLY),
        FieldShape::new("tags", Shape::Array(&TEXT), 0),
        FieldShape::new("map", Shape::Map(&Shape::Integer), 0),
        FieldShape::new("pet", Shape::Union(&PET), 0),
        FieldShape::new("ratio", Shape::Number, 0),
        FieldShape::new("parent", Shape::Nullable(&Shape::Object(&TREE)), 0),
        FieldShape::new("closed", Shape::Object(&CLOSED), 0),
        FieldShape::new("size", Shape::Nullable(&Shape::Integer), 0).within(&Bounds {
            minimum: Some(-1.0),
            exclusive_maximum: Some(10.0),
            ..Bounds::NONE
        }),
        FieldShape::new("title", Shape::String(""), 0)
            .within(&Bounds { max_length: Some(5), ..Bounds::NONE }),
        FieldShape::new("marks", Shape::Array(&Shape::Array(&Shape::Integer)), 0).within(&Bounds {
            unique_items: true,
            each: Some(&Bounds {
                max_items: Some(2),
                each: Some(&Bounds { maximum: Some(9.0), ..Bounds::NONE }),
                ..Bounds::NONE
            }),
            ..Bounds::NONE
        }),
    ],
    additional: None,
};

fn stream(drift: DriftPolicy) -> &'static Stream {
    let base = crate::sync::test_stream();
    Box::leak(Box::new(Stream {
        records: &["items"],
        key: &[&["id"]],
        shape: Shape::Object(&TREE),
        drift,
        ..base
    }))
}

fn contract() -> &'static Contract {
    crate::sync::test_contract()
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("a moment")
}

fn inspector(policy: DriftPolicy, known: StreamDrift) -> Inspector {
    Inspector::new(contract(), stream(policy), known, 7)
}

fn run(known: StreamDrift, records: &[&str], at: i64) -> StreamDrift {
    let before = known.clone();
    let inspector = inspector(DriftPolicy::DEFAULT, known);
    for record in records {
        assert_eq!(inspector.page(200, moment(at)).record(record), Fate::Keep, "{record}");
    }
    let (drift, _) = inspector.finish(moment(at));
    drift.unwrap_or(before)
}

/// `kind pointer: observed for expected`, of every finding.
fn told(drift: &StreamDrift) -> Vec<String> {
    let told = |finding: &Finding| {
        let observed: Vec<&str> = finding.observed.keys().map(String::as_str).collect();
        format!("{} {}: {} for {}", finding.kind, finding.pointer, observed.join("+"), finding.expected)
    };
    drift.findings().map(told).collect()
}

const GOOD: &str = r#"{"id":1,"at":"2026-11-21T10:00:00Z"}"#;
