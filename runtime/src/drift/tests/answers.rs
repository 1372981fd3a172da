//! What is met around the records, and how many of them are looked at and held back.

use super::*;

#[test]
fn the_body_around_the_records_is_looked_at_too() {
    static PAGE: ObjectShape = ObjectShape {
        name: "Page",
        fields: &[
            FieldShape::new("items", Shape::Array(&Shape::Object(&TREE)), FieldShape::REQUIRED),
            FieldShape::new("count", Shape::Integer, FieldShape::REQUIRED),
        ],
        additional: None,
    };
    static OK: [Response; 1] =
        [Response { from: 200, to: 299, media: Media::Json, media_type: "", shape: Shape::Object(&PAGE) }];
    let operation = Box::leak(Box::new(Operation { responses: &OK, ..crate::sync::test_operation() }));
    // What a reaction would stop for in a record is told and no more.
    let frozen = stream(DriftPolicy { types: Reaction::Freeze, ..DriftPolicy::DEFAULT });
    let base = crate::sync::test_stream();
    let stream: &'static Stream =
        Box::leak(Box::new(Stream { operation, records: &["items"], drift: frozen.drift, ..base }));
    for (body, expected) in [
        (r#"{"items":[{"x":1}],"count":1}"#, &[][..]),
        (
            r#"{"items":7,"count":"1","more":true}"#,
            &["type_widened /count: string for integer", "unknown_field /more: boolean for "],
        ),
        (r#"{"items":[]}"#, &["missing_required /count: nothing for integer"]),
        ("", &[]),
    ] {
        let inspector = Inspector::new(contract(), stream, StreamDrift::default(), 1);
        inspector.page(200, moment(0)).body(body.as_bytes());
        let mut met = inspector.finish(moment(0)).0.map(|drift| told(&drift)).unwrap_or_default();
        met.sort();
        assert_eq!(met, expected, "{body}");
    }
}

#[test]
fn an_answer_of_another_media_type_is_told() {
    use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
    let told_of = |content_type: Option<&'static str>| {
        let headers: HeaderMap =
            content_type.map(|name| (CONTENT_TYPE, HeaderValue::from_static(name))).into_iter().collect();
        static JSON: Response = Response {
            from: 200,
            to: 200,
            media: Media::Json,
            media_type: "application/json",
            shape: Shape::Any,
        };
        let operation = Operation { responses: std::slice::from_ref(&JSON), ..crate::sync::test_operation() };
        let stream = Box::leak(Box::new(Stream {
            operation: Box::leak(Box::new(operation)),
            records: &["items"],
            shape: Shape::Object(&TREE),
            ..crate::sync::test_stream()
        }));
        let inspector = Inspector::new(contract(), stream, StreamDrift::default(), 7);
        inspector.page(200, moment(0)).head(&headers);
        assert_eq!(inspector.page(200, moment(0)).record(GOOD), Fate::Keep);
        told(&inspector.finish(moment(0)).0.unwrap_or_default())
    };
    for (content_type, expected) in [
        (None, vec![]),
        (Some("application/json; charset=utf-8"), vec![]),
        (Some("application/vnd.acme+json"), vec![]),
        (
            Some("Text/Plain; charset=utf-8"),
            vec!["undocumented_content_type : text/plain for application/json"],
        ),
    ] {
        assert_eq!(told_of(content_type), expected, "{content_type:?}");
    }
}

#[test]
fn some_records_are_looked_at_and_where_the_contract_reacts_all() {
    for (policy, expected) in [
        (DriftPolicy::DEFAULT, 200 + 80..200 + 120),
        (DriftPolicy { types: Reaction::DiscardRow, ..DriftPolicy::DEFAULT }, 10_200..10_201),
    ] {
        let inspector = inspector(policy, StreamDrift::default());
        for _ in 0..102 {
            let mut page = inspector.page(200, moment(0));
            (0..100).for_each(|_| drop(page.record(GOOD)));
        }
        let (drift, summary) = inspector.finish(moment(0));
        let drift = drift.expect("something to save");
        assert!(expected.contains(&drift.checked), "{policy:?}: {}", drift.checked);
        assert!(summary.baseline && summary.checked == drift.checked && summary.new == 0);
    }
}

#[test]
fn quarantine_stops_where_both_bounds_are_reached() {
    for (records, percent, quarantined, read, expected) in [
        (100, 5, 99, 100, false),
        (100, 5, 100, 2_000, true),
        (100, 5, 100, 2_001, false),
        (1, 0, 1, 1_000_000, true),
        (1, 0, 0, 1_000, false),
    ] {
        let threshold = Threshold { records, percent };
        assert_eq!(
            threshold.is_reached(quarantined, read),
            expected,
            "{threshold:?} {quarantined} of {read}"
        );
    }
}
