//! Where findings stand after runs.

use super::*;
use crate::drift::behaviour::Behaviour;
use crate::drift::findings::MOST;

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

/// One record is enough where the contract says that the stream stops by it; what else the record shows has to be sure.
#[test]
fn what_the_contract_freezes_is_told_at_once() {
    let known = run(StreamDrift::default(), &[GOOD], 0);
    let policy = DriftPolicy { types: Reaction::Freeze, ..DriftPolicy::DEFAULT };
    let inspector = inspector(policy, known);
    let record = r#"{"id":1,"at":"2026-11-21T10:00:00Z","name":null,"size":11,"extra":1}"#;
    assert!(matches!(inspector.page(200, moment(1)).record(record), Fate::Freeze(_)));
    let (drift, summary) = inspector.finish(moment(1));
    let states: Vec<(Kind, Status)> =
        drift.expect("findings").findings().map(|found| (found.kind, found.state)).collect();
    let expected = [
        (Kind::UnknownField, Status::Pending),
        (Kind::NullNotNullable, Status::New),
        (Kind::ConstraintViolation, Status::Pending),
    ];
    assert_eq!(states, expected);
    assert_eq!((summary.new, summary.open), (1, 1));
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
fn every_kind_and_status_comes_back_from_its_name() {
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    for status in ["new", "pending", "baseline", "accepted", "resolved"] {
        assert_eq!(status.parse::<Status>().map(Status::as_str), Ok(status));
    }
}
