//! What is met in records, what becomes of them, and where findings stand after runs.

use jiff::Timestamp;

use crate::contract::{
    Bounds, Contract, DriftPolicy, EnumShape, FieldShape, Media, ObjectShape, Operation, Reaction, Response,
    Shape, Stream, Threshold, UnionShape, Variant, VariantTest,
};

use super::behaviour::Behaviour;
use super::findings::MOST;
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
    additional: Some(Shape::Never),
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

/// One run a letter: `x` shows it in one record of ten, `X` in five, `.` in none, `-` reads nothing. What stands after each run.
fn states(runs: &str) -> Vec<&'static str> {
    let mut known = StreamDrift::default();
    let mut states = Vec::new();
    for (at, letter) in runs.chars().enumerate() {
        let bad = r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":null}"#;
        let shown = match letter {
            'x' => 1,
            'X' => 5,
            _ => 0,
        };
        let read = if letter == '-' { 0 } else { 10 };
        let records: Vec<&str> = (0..read).map(|number| if number < shown { bad } else { GOOD }).collect();
        known = run(known, &records, at as i64 * 3_600);
        states.push(known.findings().next().map_or("none", |finding| finding.state.as_str()));
    }
    states
}

#[test]
fn a_finding_is_told_when_it_is_sure_and_resolved_when_it_stays_away() {
    let table: [(&str, &[&str]); 9] = [
        ("xx", &["baseline", "baseline"]),
        ("-x", &["none", "baseline"]),
        (".x", &["none", "pending"]),
        (".X", &["none", "new"]),
        (".xx", &["none", "pending", "new"]),
        (".x.x", &["none", "pending", "pending", "new"]),
        (".X...x", &["none", "new", "new", "new", "resolved", "pending"]),
        (".X.-.-.", &["none", "new", "new", "new", "new", "new", "resolved"]),
        ("x...X", &["baseline", "baseline", "baseline", "resolved", "new"]),
    ];
    for (runs, expected) in table {
        assert_eq!(states(runs), expected, "{runs}");
    }
}

#[test]
fn times_counts_and_runs_are_kept_and_no_values() {
    let bad = r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":null,"state":"hush"}"#;
    let first = run(StreamDrift::default(), &[GOOD, bad, bad], 0);
    let second = run(first, &[bad, GOOD, GOOD], 60);
    let finding = second.findings().find(|finding| finding.kind == Kind::NullNotNullable).expect("a finding");
    assert_eq!((finding.seen, finding.checked, finding.runs), (3, 6, 2));
    assert_eq!((finding.first_seen, finding.last_seen), (moment(0), moment(60)));
    assert_eq!(finding.observed.get("null"), Some(&3));
    assert!(!format!("{second:?}").contains("hush"));
    let keeping = DriftPolicy { keep_enum_values: true, ..DriftPolicy::DEFAULT };
    let inspector = inspector(keeping, StreamDrift::default());
    inspector.page(200, moment(0)).record(bad);
    let (kept, _) = inspector.finish(moment(0));
    let kept = kept.expect("something to save");
    assert!(kept.findings().any(|finding| finding.values.contains("hush")));
}

/// What a killed run has saved is a share of what it had looked at by then, and the whole run counts each record once.
#[test]
fn a_run_that_is_saved_midway_says_how_many_records_it_looked_at() {
    let bad = r#"{"id":1,"at":"2026-11-21T10:00:00Z","size":"big"}"#;
    let other = r#"{"id":1,"at":"2026-11-21T10:00:00Z","extra":1}"#;
    let inspector = inspector(DriftPolicy::DEFAULT, run(StreamDrift::default(), &[GOOD], 0));
    let look = |records: &[&str]| {
        let mut page = inspector.page(200, moment(1));
        records.iter().for_each(|record| drop(page.record(record)));
    };
    look(&[GOOD, GOOD, GOOD, bad]);
    let counts = |drift: &StreamDrift| {
        let of = |finding: &Finding| (finding.kind, finding.seen, finding.checked);
        (drift.checked, drift.findings().map(of).collect::<Vec<_>>())
    };
    let saved = inspector.to_save().expect("something new is saved at once");
    assert_eq!(counts(&saved), (5, vec![(Kind::TypeWidened, 1, 4)]));
    look(&[GOOD, other]);
    let saved = inspector.to_save().expect("and so is the next");
    assert_eq!(counts(&saved), (7, vec![(Kind::UnknownField, 1, 6), (Kind::TypeWidened, 1, 6)]));
    look(&[bad, GOOD]);
    let (whole, _) = inspector.finish(moment(2));
    let whole = whole.expect("counts");
    assert_eq!(counts(&whole), (9, vec![(Kind::UnknownField, 1, 8), (Kind::TypeWidened, 2, 8)]));
    // The next run counts its own.
    assert_eq!(run(whole, &[GOOD, GOOD], 3).checked, 11);
}

#[test]
fn what_stops_a_stream_is_told_at_once() {
    let known = run(StreamDrift::default(), &[GOOD], 0);
    for (kind, state) in [
        (Kind::RecordPathMissing, Status::New),
        (Kind::PagingContract, Status::New),
        (Kind::UndocumentedStatus, Status::Pending),
    ] {
        let inspector = inspector(DriftPolicy::DEFAULT, known.clone());
        let (pointer, expected, observed) = (String::new(), "that".to_owned(), "this".to_owned());
        inspector.behaviour(Behaviour { kind, status: 200, pointer, expected, observed }, moment(1));
        let (drift, _) = inspector.finish(moment(1));
        let states: Vec<Status> = drift.expect("a finding").findings().map(|found| found.state).collect();
        assert_eq!(states, [state], "{kind}");
    }
}

/// What a server makes up without end has an end here.
#[test]
fn a_finding_tells_only_some_things_apart() {
    let inspector = inspector(DriftPolicy::DEFAULT, StreamDrift::default());
    for number in 0..1_000 {
        let kind = Kind::UndocumentedContentType;
        let (pointer, expected) = (String::new(), "application/json".to_owned());
        let observed = format!("text/{number}");
        inspector.behaviour(Behaviour { kind, status: 200, pointer, expected, observed }, moment(1));
    }
    let (drift, _) = inspector.finish(moment(1));
    let drift = drift.expect("a finding");
    let finding = drift.findings().next().expect("a finding");
    assert_eq!((finding.observed.len(), finding.observed.get("others")), (21, Some(&980)));
}

#[test]
fn a_hostile_record_is_one_of_few_findings() {
    let names: Vec<String> = (0..100_000).map(|number| format!("\"k{}\":1", letters(number))).collect();
    let many = format!("{{\"id\":1,\"at\":\"2026-11-21T10:00:00Z\",{}}}", names.join(","));
    let huge = format!("{{\"id\":1,\"at\":\"2026-11-21T10:00:00Z\",\"{}\":1}}", "k".repeat(8 << 20));
    let deep = format!("{{\"id\":1,\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (record, what) in [(&many, "many"), (&huge, "huge"), (&deep, "deep")] {
        let drift = run(StreamDrift::default(), &[record, record], 0);
        assert!(drift.findings().count() <= 3, "{what}: {:?}", told(&drift));
        let longest = drift.findings().map(|finding| finding.pointer.len()).max();
        assert!(longest.is_none_or(|longest| longest < 100), "{what}: {longest:?}");
    }
}

fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

#[test]
fn what_was_accepted_is_told_no_more() {
    let bad = r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":null}"#;
    let mut known = run(run(StreamDrift::default(), &[GOOD], 0), &[bad, bad, bad], 1);
    assert_eq!(known.accept(Some("/items/*/other")), 0);
    assert_eq!(known.accept(None), 1);
    let known = run(known, &[bad, bad, bad], 2);
    assert_eq!(known.findings().next().map(|finding| finding.state), Some(Status::Accepted));
}

#[test]
fn keys_without_end_become_one_and_findings_have_a_cap() {
    let object = |names: std::ops::Range<usize>, prefix: &str| {
        let letters = |number: usize| -> String {
            format!("{number:03}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
        };
        let keys: Vec<String> = names.map(|number| format!(r#""{prefix}{}":1"#, letters(number))).collect();
        format!("{{{}}}", keys.join(","))
    };
    let some = run(StreamDrift::default(), &[&object(0..40, "k")], 0);
    assert_eq!(some.findings().filter(|finding| finding.kind == Kind::UnknownField).count(), 40);
    let many = run(some, &[&object(40..90, "k")], 1);
    let unknown: Vec<&Finding> =
        many.findings().filter(|finding| finding.kind == Kind::UnknownField).collect();
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert_eq!(unknown[0].pointer, "/items/*/*");
    assert_eq!(unknown[0].observed.get("integer"), Some(&90));
    // Each depth has its own.
    let mut records = Vec::new();
    for depth in 1..30 {
        let inner = object(0..40, "k");
        records.push(format!("{}{inner}{}", r#"{"parent":"#.repeat(depth), "}".repeat(depth)));
    }
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let capped = run(StreamDrift::default(), &records, 0);
    assert_eq!(capped.findings().count(), MOST);
    assert!(capped.overflow > 0);
}

#[test]
fn a_field_that_vanished_is_told_with_what_it_may_be_called_now() {
    let with = r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":"x"}"#;
    let table: [(usize, usize, &str, &[&str]); 5] = [
        // Records with the field, records after them, what stands in the latter; what is told of it.
        (100, 150, r#""label":"x""#, &["field_vanished /items/*/name", "rename_candidate /items/*/name"]),
        (100, 150, r#""label":7"#, &["field_vanished /items/*/name"]),
        (100, 90, r#""label":"x""#, &[]),
        (50, 150, r#""label":"x""#, &[]),
        (100, 150, r#""name":"y""#, &[]),
    ];
    for (before, after, rest, expected) in table {
        let known = run(StreamDrift::default(), &vec![with; before], 0);
        let later = format!(r#"{{"id":1,"at":"2026-11-21T10:00:00Z",{rest}}}"#);
        let known = run(known, &vec![later.as_str(); after], 1);
        let told: Vec<String> = known
            .findings()
            .filter(|finding| matches!(finding.kind, Kind::FieldVanished | Kind::RenameCandidate))
            .map(|finding| format!("{} {}", finding.kind, finding.pointer))
            .collect();
        assert_eq!(told, expected, "{before} with it, {after} with {rest}");
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

#[test]
fn every_kind_and_status_comes_back_from_its_name() {
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    for status in ["new", "pending", "baseline", "accepted", "resolved"] {
        assert_eq!(status.parse::<Status>().map(Status::as_str), Ok(status));
    }
}

#[test]
fn the_body_around_the_records_is_looked_at_too() {
    use crate::contract::{Media, Operation, Response};
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
