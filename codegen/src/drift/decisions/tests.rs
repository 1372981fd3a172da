use super::*;
use crate::drift::{Change, Class, Side};
use crate::source::{Limits, SourceFiles, parse};

fn decisions(text: &str) -> Decisions {
    let (tree, _) = parse(&mut SourceFiles::new(), DECISIONS, text.to_owned(), &Limits::default());
    let (decisions, found) = read(&tree.expect(text));
    decisions.unwrap_or_else(|| panic!("{text}\n{found:?}"))
}

fn report() -> Report {
    let side = |pointer: &str| Some(Side { pointer: pointer.to_owned(), file: "a.yaml".to_owned(), line: 1 });
    let change = |id: &str, class, operations: &[&str], base: &str, revision: Option<Side>| Change {
        id: id.to_owned(),
        class,
        operation: operations.first().map(|operation| (*operation).to_owned()),
        operations: operations.iter().map(|operation| (*operation).to_owned()).collect(),
        base: side(base),
        revision,
        text: "Something changed.".to_owned(),
    };
    Report {
        changes: vec![
            change(
                "api-path-removed-without-deprecation",
                Class::Breaking,
                &["GET /a"],
                "/paths/~1a/get",
                None,
            ),
            change(
                "response-property-enum-value-added",
                Class::Risky,
                &["GET /b", "GET /c"],
                "/components/schemas/B/enum",
                side("/components/schemas/B/enum/2"),
            ),
        ],
    }
}

/// The classes of the two changes, whether each is new, and the codes that were found.
fn judged(text: &str) -> ([(Class, bool); 2], Vec<&'static str>) {
    let today = "2026-11-21".parse().expect("a day");
    let (judged, found) = judge(report(), &decisions(text), today);
    let seen: Vec<(Class, bool)> =
        judged.changes.iter().map(|change| (change.change.class, change.is_new())).collect();
    (seen.try_into().expect("two changes"), found.iter().map(|found| found.code.as_str()).collect())
}

#[test]
fn decisions_name_changes_by_id_operation_and_pointers() {
    const GONE: &str = "api-path-removed-without-deprecation";
    const VALUE: &str = "response-property-enum-value-added";
    let as_found = [(Class::Breaking, true), (Class::Risky, true)];
    let [gone, value] = as_found;
    let (gone_known, value_known) = ((Class::Breaking, false), (Class::Risky, false));
    let accepted = |rest: &str| format!("accepted: [ {{ reason: seen, {rest} }} ]");
    let overrides = |rest: &str| format!("overrides: [ {rest} ]");
    let table = [
        ("{}".to_owned(), as_found, vec![]),
        // Accepted changes
        (accepted(&format!("id: {GONE}, base: /paths/~1a/get")), [gone_known, value], vec![]),
        (accepted(&format!("id: {GONE}, base: /paths/*/get")), [gone_known, value], vec![]),
        (accepted(&format!("id: {GONE}, base: /paths/*")), as_found, vec!["D103"]),
        (accepted(&format!("id: {GONE}, base: /paths/~1a/get, revision: /paths")), as_found, vec!["D103"]),
        (
            accepted(&format!("id: {GONE}, base: /paths/~1a/get, operation: GET /a")),
            [gone_known, value],
            vec![],
        ),
        (accepted(&format!("id: {GONE}, base: /paths/~1a/get, operation: GET /b")), as_found, vec!["D103"]),
        (
            accepted(&format!("id: {VALUE}, revision: /components/schemas/B/enum/2")),
            [gone, value_known],
            vec![],
        ),
        (accepted(&format!("id: {VALUE}, revision: /components/schemas/B/enum/3")), as_found, vec!["D103"]),
        // What reaches a further operation is another change to those who accepted it for one.
        (
            accepted(&format!("id: {VALUE}, base: /components/schemas/B/enum, operation: GET /b")),
            as_found,
            vec!["D103"],
        ),
        (
            accepted(&format!("id: {GONE}, base: /paths/~1a/get, expires: 2026-11-22")),
            [gone_known, value],
            vec![],
        ),
        (accepted(&format!("id: {GONE}, base: /paths/~1a/get, expires: 2026-11-21")), as_found, vec!["D102"]),
        (accepted(&format!("id: {GONE}, base: /paths/~1b/get, expires: 2026-11-21")), as_found, vec!["D103"]),
        (accepted("id: api-path-removd, base: /paths"), as_found, vec!["D101"]),
        // Overrides
        (overrides(&format!("{{ id: {VALUE}, class: additive }}")), [gone, (Class::Additive, true)], vec![]),
        (
            overrides(&format!("{{ id: {VALUE}, class: breaking, pointer: /components/schemas/*/enum }}")),
            [gone, (Class::Breaking, true)],
            vec![],
        ),
        (overrides(&format!("{{ id: {VALUE}, class: additive, operation: GET /b }}")), as_found, vec![]),
        (
            overrides(&format!("{{ id: {GONE}, class: editorial, operation: GET /a }}")),
            [(Class::Editorial, true), value],
            vec![],
        ),
        (
            overrides(&format!(
                "{{ id: {GONE}, class: risky, pointer: /paths/~1a/get }}, {{ id: {GONE}, class: additive, operation: GET /a }}, \
                 {{ id: {GONE}, class: editorial }}"
            )),
            [(Class::Risky, true), value],
            vec![],
        ),
        (overrides("{ id: api-path-removd, class: editorial }"), as_found, vec!["D101"]),
    ];
    for (text, classes, codes) in table {
        assert_eq!(judged(&text), (classes, codes), "{text}");
    }
}

#[test]
fn json_tells_the_class_of_the_catalogue_and_the_reason() {
    let text = "overrides: [ { id: response-property-enum-value-added, class: additive } ]\n\
                accepted: [ { id: api-path-removed-without-deprecation, base: /paths/~1a/get, reason: seen, expires: 2027-01-01 } ]";
    let today = "2026-11-21".parse().expect("a day");
    let (judged, found) = judge(report(), &decisions(text), today);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(judged.worst_new(), Some(Class::Additive));
    let json: serde_json::Value = serde_json::from_str(&judged.to_json()).expect("JSON");
    assert_eq!(
        json["changes"][0]["accepted"],
        serde_json::json!({"reason": "seen", "expires": "2027-01-01"})
    );
    assert_eq!(json["changes"][0]["class_without_override"], serde_json::Value::Null);
    assert_eq!(json["changes"][1]["class"], "additive");
    assert_eq!(json["changes"][1]["class_without_override"], "risky");
    let read: Judged = serde_json::from_value(json).expect("what was written can be read");
    assert_eq!(read, judged);
}

#[test]
fn without_decisions_the_json_is_that_of_the_report() {
    assert_eq!(Judged::from(report()).to_json(), report().to_json());
}

/// What is left of a text once the changes of the report are pinned, and how many entries went.
fn settled(text: &str) -> Result<Option<(String, usize)>, NotSettled> {
    let (tree, _) = parse(&mut SourceFiles::new(), DECISIONS, text.to_owned(), &Limits::default());
    let found = settle(text, &tree.expect(text), &decisions(text), &report().into())?;
    Ok(found.map(|settled| (settled.text, settled.entries.len())))
}

#[test]
fn accepted_entries_that_met_a_change_are_taken_out_and_the_rest_stays_as_it_is() {
    const GONE: &str = "id: api-path-removed-without-deprecation";
    const VALUE: &str = "id: response-property-enum-value-added";
    // The first two meet a change, the others do not.
    let filled = |text: &str| {
        text.replace("GONE", &format!("{GONE}, base: /paths/~1a/get, reason: seen"))
            .replace("VALUE", &format!("{VALUE}, base: /components/schemas/*/enum, reason: seen"))
            .replace("OTHER", &format!("{VALUE}, base: /components/schemas/C/enum, reason: 'not, # yet'"))
            .replace("MORE", &format!("{GONE}, base: /paths/~1z/get, reason: seen"))
    };
    const HEAD: &str = "# Ours.\noverrides: [ { id: api-path-added, class: risky } ] # why\n";
    let block = |name: &str, base: &str, more: &str| {
        format!(
            "  # about {name}\n  - id: {name}\n    base: {base}\n{more}    reason: seen # by us\n    # expires: YYYY-MM-DD\n"
        )
    };
    let gone = block("api-path-removed-without-deprecation", "/paths/~1a/get", "    operation: GET /a\n");
    let value = block(
        "response-property-enum-value-added",
        "\"/components/schemas/B/enum\"",
        "    expires: 2020-01-01\n",
    );
    let other = block("response-property-enum-value-added", "/components/schemas/C/enum", "");
    for (text, left, count) in [
        (format!("{HEAD}accepted:\n{other}"), None, 0),
        (format!("{HEAD}accepted: []\n"), None, 0),
        (HEAD.to_owned(), None, 0),
        // Blocks: the first, the middle, the last, all
        (format!("{HEAD}accepted:\n{gone}{other}"), Some(format!("{HEAD}accepted:\n{other}")), 1),
        (format!("accepted:\n{other}{gone}{HEAD}"), Some(format!("accepted:\n{other}{HEAD}")), 1),
        (
            format!("accepted:\n  # All.\n\n{gone}\n{other}{value}"),
            Some(format!("accepted:\n  # All.\n\n\n{other}")),
            2,
        ),
        (format!("{HEAD}accepted: # all\n{gone}{value}"), Some(format!("{HEAD}accepted: [] # all\n")), 2),
        (
            format!("accepted:\n{}", gone.replace("\n  ", "\n").trim_start()) + "# The end.\n",
            Some("accepted: []\n# The end.\n".to_owned()),
            1,
        ),
        // Other ways to write a block
        (
            filled("accepted:\n- { GONE }\n- { OTHER } # stays\n"),
            Some(filled("accepted:\n- { OTHER } # stays\n")),
            1,
        ),
        (
            format!(
                "accepted:\r\n  - {GONE}\r\n    base: /paths/~1a/get\r\n    reason: >-\r\n      seen\r\n      # no comment\r\n\r\n{HEAD}"
            ),
            Some(format!("accepted: []\r\n\r\n{HEAD}")),
            1,
        ),
        (
            format!("accepted:\n  -\n    {GONE}\n    base: /paths/~1a/get\n    reason: seen\n{other}"),
            Some(format!("accepted:\n{other}")),
            1,
        ),
        // Lists in brackets
        (filled("accepted: [ { GONE } ] # all\n"), Some("accepted: [] # all\n".to_owned()), 1),
        (filled("accepted: [ { GONE }, { OTHER } ]\n"), Some(filled("accepted: [ { OTHER } ]\n")), 1),
        (
            filled("accepted: [ { OTHER }, { GONE }, { VALUE } ]\n"),
            Some(filled("accepted: [ { OTHER } ]\n")),
            2,
        ),
        (
            filled("accepted: [ { GONE }, { OTHER }, { VALUE }, { MORE } ]\n"),
            Some(filled("accepted: [ { OTHER }, { MORE } ]\n")),
            2,
        ),
        (
            filled("accepted: [ { OTHER }, # one\n  { GONE } ]\n"),
            Some(filled("accepted: [ { OTHER }, # one\n   ]\n")),
            1,
        ),
        (
            filled("accepted: [ { GONE }, # one\n  { OTHER } ]\n"),
            Some(filled("accepted: [  # one\n  { OTHER } ]\n")),
            1,
        ),
        (
            filled("accepted: [\n  # one\n  { GONE }, # seen\n  # two\n  { OTHER },\n  { VALUE }\n]\n"),
            Some(filled("accepted: [\n  # two\n  { OTHER },\n]\n")),
            2,
        ),
        (
            format!(
                "{{\"accepted\": [{{\"id\": \"{}\", \"base\": \"/paths/~1a/get\", \"reason\": \"seen\"}}]}}",
                &GONE[4..]
            ),
            Some("{\"accepted\": []}".to_owned()),
            1,
        ),
    ] {
        let expected = left.map(|left| (left, count));
        assert_eq!(settled(&text), Ok(expected), "{text}");
    }
    // An entry that another one leans on.
    let text = filled("accepted:\n  - { GONE, expires: &day 2027-01-31 }\n  - { OTHER, expires: *day }\n");
    let error = settled(&text).expect_err("the day would be lost").to_string();
    assert!(error.contains("`api-path-removed-without-deprecation`") && error.contains("by hand"), "{error}");
}
