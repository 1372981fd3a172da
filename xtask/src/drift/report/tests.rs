use std::collections::{BTreeMap, BTreeSet};

use linchpin_codegen::drift::Side;
use linchpin_codegen::drift::decisions::{self, Decisions, Judged};
use linchpin_codegen::source::{Limits, parse};
use serde_json::Value;

use super::examples::{HOSTILE, changes, hostile, observed, shown};
use super::*;

/// Five of each class, the last of which is accepted.
fn some() -> Judged {
    let classes: Vec<(Class, bool)> =
        (0..5).flat_map(|number| Class::ALL.map(|class| (class, number < 4))).collect();
    changes(&classes)
}

/// The decisions of a text, or what is wrong with it.
fn decided(text: &str) -> Result<Decisions, String> {
    let (tree, found) = parse(&mut SourceFiles::new(), "drift.yaml", text.to_owned(), &Limits::default());
    let (decisions, more) = decisions::read(&tree.ok_or_else(|| format!("{found:?}"))?);
    decisions.ok_or_else(|| format!("{more:?}"))
}

fn many(count: usize) -> Judged {
    let class = |number: usize| Class::ALL.get(number % 4).copied().unwrap_or(Class::Breaking);
    changes(&(0..count).map(|number| (class(number), number % 7 != 6)).collect::<Vec<_>>())
}

/// Every comparison that the formats are tried on, with its name.
fn comparisons() -> Vec<(&'static str, Judged, bool)> {
    vec![
        ("nothing", Judged::default(), false),
        ("nothing, and a connector", Judged::default(), true),
        ("some", some(), false),
        ("some, and a connector", some(), true),
        ("many", many(5_000), false),
        ("hostile", hostile(), false),
        ("hostile, observed", observed(), true),
        ("hostile, and a connector", hostile(), true),
    ]
}

#[test]
fn the_same_comparison_gives_the_same_bytes_and_ends_with_a_line_break() {
    for (name, judged, impact) in comparisons() {
        for format in Format::value_variants() {
            let text = shown(&judged, impact).to_format(*format);
            assert!(text.ends_with('\n'), "{name} as {format:?}");
            assert_eq!(text, shown(&judged, impact).to_format(*format), "{name} as {format:?}");
        }
    }
}

#[test]
fn a_connector_is_told_first_and_what_is_elsewhere_is_counted() {
    let judged = some();
    let shown = shown(&judged, true);
    let text = shown.to_format(Format::Text);
    let first = "What it does to the connector\n  breaking  specs/acme/connector.yaml:41:5\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.ends_with("1 change: 1 breaking; 19 more change nothing for the connector.\n"), "{text}");
    assert_eq!(shown.worst_new(), Some(Class::Breaking));
    for format in [Format::Text, Format::Markdown, Format::Github, Format::Junit, Format::Html] {
        let text = shown.to_format(format);
        assert!(text.contains("loses its cursor"), "{format:?}: {text}");
        assert!(text.contains("leads nowhere"), "{format:?}: {text}");
    }
}

#[test]
fn no_line_of_text_is_a_command_to_a_job() {
    let judged = hostile();
    let text = shown(&judged, true).to_format(Format::Text);
    for line in text.lines().map(str::trim_start) {
        assert!(!line.starts_with("::") && !line.contains("##["), "{line}");
    }
    assert!(!text.contains(|sign: char| sign.is_control() && sign != '\n'), "{text:?}");
}

#[test]
fn entries_accept_what_they_are_made_from() {
    for (name, judged, impact) in [("some", some(), false), ("hostile", hostile(), false)] {
        let text = shown(&judged, impact).to_format(Format::Entries);
        assert!(decided(&text).is_err(), "{name}: a reason has to be given\n{text}");
        let text = text.replace("reason: \"\"", "reason: seen");
        let decisions = decided(&text).unwrap_or_else(|found| panic!("{name}: {found}\n{text}"));
        let report = linchpin_codegen::drift::Report {
            changes: judged.changes.iter().map(|judged| judged.change.clone()).collect(),
        };
        let today = "2026-11-21".parse().expect("a day");
        let (again, found) = decisions::judge(report, &decisions, today);
        assert!(found.is_empty(), "{name}: {found:?}");
        for (before, after) in judged.changes.iter().zip(&again.changes) {
            let expected = before.is_new() && before.change.class >= Class::Breaking;
            assert_eq!(!after.is_new(), expected, "{name}: {after:?}");
        }
    }
}

// Markdown

#[test]
fn a_comment_fits_and_tells_what_does_not() {
    for (name, judged, impact) in comparisons() {
        let text = shown(&judged, impact).to_format(Format::Markdown);
        assert!(text.len() <= 65_536, "{name}: {} bytes", text.len());
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{name}");
        let items = text.lines().filter(|line| line.starts_with("- <code>response")).count();
        let left = judged.changes.len() - items;
        if name == "many" {
            assert!(
                left > 0 && text.contains(&format!("**{left} changes do not fit into a comment.**")),
                "{name}"
            );
        } else if !impact {
            assert_eq!(left, 0, "{name}: {text}");
        }
    }
    let judged = some();
    let text = shown(&judged, false).to_format(Format::Markdown);
    let breaking = text.find("### Breaking (4)").expect("what breaks is not folded");
    assert!(text.find("<summary>Risky (4)</summary>").is_some_and(|risky| breaking < risky), "{text}");
    assert!(text.contains("| breaking | 4 | 1 |"), "{text}");
}

#[test]
fn nothing_in_a_comment_is_markup_but_our_own() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let judged = hostile();
    let text = shown(&judged, false).to_format(Format::Markdown);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    let ours = ["<code>", "</code>", "<!-- -->", "<!-- linchpin-drift -->", "</details>"];
    let mut plain = String::new();
    for event in Parser::new_ext(&text, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let html = html.trim();
                let known = ours.contains(&html) || html.starts_with("<details><summary>");
                assert!(known, "{html} in\n{text}");
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => panic!("{event:?} in\n{text}"),
            Event::Text(text) => plain.push_str(&text),
            _ => {}
        }
    }
    for hostile in HOSTILE {
        let shown = escape::line(hostile);
        // A backtick ends a value of a sentence, and is no text of the comment then.
        let part = shown.split('`').next_back().unwrap_or_default().trim();
        assert!(plain.contains(part), "{part:?} is not shown in\n{plain}");
    }
    for linked in ["@everyone", " #1", "GH-1", "https://", "www.evil", "me@evil"] {
        let outside: String =
            text.split("<code>").map(|part| part.rsplit("</code>").next().unwrap_or(part)).collect();
        assert!(!outside.contains(linked), "{linked} would be linked in\n{outside}");
    }
}

// GitHub

#[test]
fn annotations_are_bounded_and_counted() {
    for (name, judged, impact) in comparisons() {
        let shown = shown(&judged, impact);
        let text = shown.to_format(Format::Github);
        for (level, classes) in [
            ("error", vec![Class::Breaking]),
            ("warning", vec![Class::Risky]),
            ("notice", vec![Class::Additive, Class::Editorial]),
        ] {
            let lines: Vec<&str> =
                text.lines().filter(|line| line.starts_with(&format!("::{level} "))).collect();
            assert!(lines.len() <= 10, "{name}: {} of {level}", lines.len());
            let of_level = |row: &&Row<'_>| match row.judged.is_new() {
                true => classes.contains(&row.class),
                false => level == "notice",
            };
            let loose = shown.loose.iter().filter(|impact| classes.contains(&impact.class));
            let all = shown.rows.iter().filter(of_level).count() + loose.count();
            if all > 10 {
                let rest = format!("{} more changes of this level", all - 9);
                assert!(lines.last().is_some_and(|last| last.contains(&rest)), "{name}: {lines:?}");
            } else {
                assert_eq!(lines.len(), all, "{name}: {level}");
            }
            for line in lines {
                let properties = line.split_once(' ').and_then(|(_, rest)| rest.split_once("::"));
                let (properties, _) = properties.unwrap_or_else(|| panic!("{name}: {line}"));
                let keys: Vec<&str> = properties
                    .split(',')
                    .filter_map(|property| property.split_once('='))
                    .map(|(key, _)| key)
                    .collect();
                assert!(
                    matches!(
                        keys.as_slice(),
                        ["title"] | ["file", "line", "title"] | ["file", "line", "col", "title"]
                    ),
                    "{name}: {line}"
                );
            }
        }
        let commands = text.lines().filter(|line| line.starts_with("::")).count();
        assert!(commands <= 30 && text.lines().count() <= commands + 2, "{name}: {text}");
    }
}

#[test]
fn an_annotation_stands_where_the_project_can_be_changed() {
    let side = |file: &str, line| Some(Side { pointer: String::new(), file: file.to_owned(), line });
    for (base, revision, expected) in [
        ("specs/a.yaml", "specs/b.yaml", Some("specs/b.yaml")),
        ("specs/a.yaml", "/tmp/live.yaml", Some("specs/a.yaml")),
        ("specs/a.yaml", "../live.yaml", Some("specs/a.yaml")),
        ("specs/a.yaml", "https://a.example/b.yaml", Some("specs/a.yaml")),
        ("/tmp/a.yaml", "./specs/b.yaml", Some("./specs/b.yaml")),
        ("/tmp/a.yaml", "/tmp/b.yaml", None),
    ] {
        let mut judged = changes(&[(Class::Breaking, true)]);
        judged.changes[0].change.base = side(base, 3);
        judged.changes[0].change.revision = side(revision, 4);
        let text = shown(&judged, false).to_format(Format::Github);
        let file = text.split_once("file=").and_then(|(_, rest)| rest.split_once(',')).map(|(file, _)| file);
        assert_eq!(file, expected, "{base}, {revision}: {text}");
    }
}

// JUnit

/// An element, the attributes that it may have, those that it must have, and what may stand within it.
type Element = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// The elements of JUnit's XML as Jenkins' xUnit plugin has them (`junit-10.xsd`), as far as they are written here.
const JUNIT: [Element; 6] = [
    ("testsuites", &["name", "time", "tests", "failures", "errors"], &[], &["testsuite"]),
    (
        "testsuite",
        &[
            "name",
            "tests",
            "failures",
            "errors",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &["name", "tests", "failures", "errors"],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    (
        "testcase",
        &["name", "time", "classname", "group"],
        &["name"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("skipped", &["message", "type"], &[], &[]),
    ("failure", &["type", "message"], &[], &[]),
    ("system-out", &[], &[], &[]),
];

#[test]
fn junit_has_the_shape_that_readers_know() {
    use quick_xml::Reader;
    use quick_xml::events::{BytesStart, Event};
    for (name, judged, impact) in comparisons() {
        let shown = shown(&judged, impact);
        let text = shown.to_format(Format::Junit);
        let bad = |sign: char| (sign.is_control() && sign != '\n') || matches!(sign, '\u{fffe}' | '\u{ffff}');
        assert!(!text.contains(bad), "{name}: {text:?}");
        let mut reader = Reader::from_str(&text);
        let mut open: Vec<String> = Vec::new();
        let (mut seen, mut told) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, String>::new());
        let mut enter = |open: &[String], start: &BytesStart<'_>| {
            let element = start.name().as_ref().to_owned();
            let (_, known, required, _) =
                JUNIT.iter().find(|row| row.0 == element).unwrap_or_else(|| panic!("{name}: <{element}>"));
            let parent = open.last().map_or(&["testsuites"][..], |parent| {
                JUNIT.iter().find(|row| row.0 == parent).map_or(&[][..], |row| row.3)
            });
            assert!(parent.contains(&element.as_str()), "{name}: <{element}> in {open:?}");
            let mut given = BTreeSet::new();
            for attribute in start.attributes() {
                let attribute = attribute.unwrap_or_else(|error| panic!("{name}: {error}"));
                let key = attribute.key.as_ref().to_owned();
                assert!(known.contains(&key.as_str()), "{name}: {element} has {key}");
                if element == "testsuite" {
                    told.insert(key.clone(), attribute.value.clone().into_owned());
                }
                given.insert(key);
            }
            assert!(required.iter().all(|key| given.contains(*key)), "{name}: {element} {given:?}");
            *seen.entry(element.clone()).or_default() += 1;
            element
        };
        loop {
            match reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}\n{text}")) {
                Event::Start(start) => {
                    let element = enter(&open, &start);
                    open.push(element);
                }
                Event::Empty(start) => {
                    enter(&open, &start);
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let count = |element: &str| seen.get(element).copied().unwrap_or_default().to_string();
        for (key, element) in [("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")] {
            assert_eq!(told.get(key), Some(&count(element)), "{name}: {key}");
        }
        assert!(seen.get("testcase").is_some_and(|cases| *cases > 0), "{name}: a suite without cases");
        let fails = shown.rows.iter().any(|row| row.fails(Class::Breaking)) || !shown.loose.is_empty();
        assert_eq!(seen.contains_key("failure"), fails, "{name}");
    }
}

// SARIF

/// What the standard says of the objects that are written here, and nothing else.
const SARIF: &str = include_str!("sarif.schema.json");

fn items<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().collect()
}

fn sarif_problems(log: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(SARIF).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn sarif_is_as_2_1_0_says() {
    for (name, judged, impact) in comparisons() {
        let shown = shown(&judged, impact);
        let log: Value = serde_json::from_str(&shown.to_format(Format::Sarif)).expect(name);
        let problems = sarif_problems(&log);
        assert!(problems.is_empty(), "{name}: {problems:#?}");
        let [run] = items(&log, "runs")[..] else { panic!("{name}: one run") };
        let rules = items(&run["tool"]["driver"], "rules");
        for rule in &rules {
            let text = rule["shortDescription"]["text"].as_str();
            assert!(text.is_some_and(|text| text.ends_with('.')), "{rule}");
        }
        let results = items(run, "results");
        assert_eq!(results.len(), shown.rows.len() + shown.loose.len(), "{name}");
        let mut prints = BTreeSet::new();
        for result in results {
            let text = result["message"]["text"].as_str().expect("a text");
            assert!(!text.contains("]("), "{name}: a link: {text}");
            if let Some(index) = result["ruleIndex"].as_u64() {
                let index = usize::try_from(index).expect("an index");
                assert_eq!(rules.get(index).map(|rule| &rule["id"]), Some(&result["ruleId"]), "{result}");
            }
            let print = result["partialFingerprints"]["linchpinChange/v1"].as_str().expect("a fingerprint");
            assert!(prints.insert(print.to_owned()), "{name}: {print} stands twice");
        }
    }
}

#[test]
fn sarif_is_as_the_published_schema_says() {
    use std::io::Write as _;
    let Some(path) = std::env::var_os("LINCHPIN_SARIF_SCHEMA") else {
        // Straight to the descriptor, since the test harness keeps what a passing test prints.
        let skipped = "SKIPPED: LINCHPIN_SARIF_SCHEMA does not name the published schema of SARIF; `.ci/run` fetches it";
        writeln!(std::io::stderr(), "{skipped}").expect("a line");
        return;
    };
    let text = std::fs::read_to_string(path).expect("the schema");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    // As they are published they are no regular expressions: a bracket too many.
    for definition in ["run", "toolComponent"] {
        schema["definitions"][definition]["properties"]["language"] = Value::Bool(true);
    }
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (name, judged, impact) in comparisons() {
        let log = shown(&judged, impact).to_format(Format::Sarif);
        let log: Value = serde_json::from_str(&log).expect(name);
        let problems: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

#[test]
fn what_sarif_does_not_allow_is_noticed() {
    let judged = changes(&[(Class::Breaking, true), (Class::Risky, false)]);
    let good: Value = serde_json::from_str(&shown(&judged, false).to_format(Format::Sarif)).expect("JSON");
    let result = "/runs/0/results/0";
    for (at, value) in [
        ("/version", serde_json::json!("2.0.0")),
        ("/runs/0/tool/driver/name", Value::Null),
        (&format!("{result}/level"), serde_json::json!("breaking")),
        (&format!("{result}/message"), serde_json::json!({ "txt": "x" })),
        (&format!("{result}/locations/0/physicalLocation/region/startLine"), serde_json::json!(0)),
        (&format!("{result}/locations/0/physicalLocation/artifactLocation/uri"), serde_json::json!("a b")),
        ("/runs/0/results/1/suppressions/0/kind", serde_json::json!("known")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(at).unwrap_or_else(|| panic!("{at}: {good:#}")) = value;
        assert!(!sarif_problems(&bad).is_empty(), "{at}");
    }
}

#[test]
fn fingerprints_are_made_of_ids_and_pointers() {
    let print = |judged: &Judged| {
        let log: Value = serde_json::from_str(&shown(judged, false).to_format(Format::Sarif)).expect("JSON");
        log["runs"][0]["results"][0]["partialFingerprints"]["linchpinChange/v1"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let first = changes(&[(Class::Breaking, true)]);
    type Edit = fn(&mut Change);
    let table: [(&str, Edit, bool); 6] = [
        ("sentence", |change| change.text = "Other words.".to_owned(), true),
        ("line", |change| change.base.iter_mut().for_each(|side| side.line = 99), true),
        ("file", |change| change.base.iter_mut().for_each(|side| side.file = "x.yaml".to_owned()), true),
        ("operations", |change| change.operations.push("GET /z".to_owned()), true),
        ("id", |change| change.id.push_str("-x"), false),
        ("pointer", |change| change.base.iter_mut().for_each(|side| side.pointer.push_str("/x")), false),
    ];
    for (what, edit, same) in table {
        let mut second = first.clone();
        edit(&mut second.changes[0].change);
        assert_eq!(print(&first) == print(&second), same, "another {what}");
    }
}

// HTML; `browser.rs` looks at the page with a browser

#[test]
fn a_page_holds_no_markup_of_a_document() {
    let judged = hostile();
    let page = shown(&judged, true).to_format(Format::Html);
    assert_eq!(page.matches("<script").count(), 1);
    for tag in ["<svg", "<img", "<a ", "<iframe", "onerror=\"", "href=\"javascript"] {
        assert!(!page.contains(tag), "{tag}");
    }
}
