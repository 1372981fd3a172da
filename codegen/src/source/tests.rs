use super::*;
use serde_json::json;

fn read_as(name: &str, text: &str) -> (Option<serde_json::Value>, Vec<&'static str>) {
    let mut files = SourceFiles::new();
    let (tree, found) = parse(&mut files, name, text, &Limits::default());
    (
        tree.map(|tree| tree.root().to_json()),
        found.iter().map(|diagnostic| diagnostic.code.as_str()).collect(),
    )
}

#[test]
fn yaml_reads_as_the_same_tree_as_json() {
    for (yaml, expected) in [
        ("a: 1\nb: [x, 'y', \"z\\n\"]\n", json!({"a": 1, "b": ["x", "y", "z\n"]})),
        ("yes: no\non: 2024-01-01\n", json!({"yes": "no", "on": "2024-01-01"})),
        ("200: ok\n4XX: bad\nnull: n\n", json!({"200": "ok", "4XX": "bad", "null": "n"})),
        (
            "- 0x1F\n- 0o17\n- +12\n- .5\n- 1.\n- 007\n- 1e3\n- -0\n- 1_000\n",
            json!([31, 15, 12, 0.5, 1, "007", 1000.0, -0.0, "1_000"]),
        ),
        (
            "- ~\n-\n- Null\n- TRUE\n- .inf\n- '1'\n- \"true\"\n",
            json!([null, null, null, true, ".inf", "1", "true"]),
        ),
        ("a: !!str 1\nb: !!int '2'\nc: !  3\n", json!({"a": "1", "b": 2, "c": "3"})),
        ("a: |\n  one\n  two\nb: >-\n  one\n  two\n", json!({"a": "one\ntwo\n", "b": "one two"})),
        (
            "a: &x {p: 1}\nb: *x\nc: {<<: *x, q: 2}\n",
            json!({"a": {"p": 1}, "b": {"p": 1}, "c": {"p": 1, "q": 2}}),
        ),
        (
            "a: &x {p: 1}\nb: {<<: [*x, {p: 3, r: 4}], q: &y 2}\nc: *y\n",
            json!({"a": {"p": 1}, "b": {"p": 1, "q": 2, "r": 4}, "c": 2}),
        ),
        ("a: {k: 1, k: 2, l: &l {m: 3}}\nb: *l\n", json!({"a": {"k": 1, "l": {"m": 3}}, "b": {"m": 3}})),
        ("&k a: 1\nb: *k\n", json!({"a": 1, "b": "a"})),
        ("\u{feff}a: é\nb: ü # comment\n", json!({"a": "é", "b": "ü"})),
        ("{a: 1, 'b': [2, ], }\n", json!({"a": 1, "b": [2]})),
    ] {
        assert_eq!(read_as("x.yaml", yaml).0, Some(expected), "{yaml}");
    }
}

#[test]
fn json_reads_as_serde_json_does() {
    for text in [
        "null",
        " true ",
        "[]",
        "{}",
        "\"\"",
        "-0.5e-7",
        "[1,2.5,[[]],{\"a\":{}}]",
        "\"\\u00e9\\n\\ud83d\\ude00/\\/\"",
        "{\"a\\\"b\":1,\"\":2}",
        "123456789012345678901234567890",
        "\u{feff}[1]",
    ] {
        let expected: serde_json::Value =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).expect(text);
        assert_eq!(read_as("x.json", text), (Some(expected), vec![]), "{text}");
    }
    for text in [
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "{a:1}",
        "01",
        "1.",
        "-",
        "\"\n\"",
        "[1]]",
        "tru",
        "nul ",
        "\"\\x\"",
        "{\"a\" 1}",
        "[",
        "{\"a\":",
        "\"abc",
        "\"\\u12",
        "",
        "  ",
        "1e",
        "+1",
        "'a'",
    ] {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
        let (tree, codes) = read_as("x.json", text);
        assert_eq!((tree, codes.len()), (None, 1), "{text}");
    }
}

#[test]
fn spans_and_pointers_name_the_text_they_came_from() {
    let text = "paths:\n  /a~b:\n    get: {x: [1, 'two']}\n";
    let mut files = SourceFiles::new();
    let (tree, _) = parse(&mut files, "x.yaml", text, &Limits::default());
    let tree = tree.expect("valid");
    for (pointer, expected) in [
        ("/paths/~1a~0b/get/x/1", "'two'"),
        ("/paths/~1a~0b/get/x", "[1, 'two']"),
        ("/paths/~1a~0b/get", "{x: [1, 'two']}"),
    ] {
        let node = tree.root().at(pointer).expect(pointer);
        let span = node.span();
        assert_eq!(&text[span.start as usize..span.end as usize], expected, "{pointer}");
        assert_eq!(node.pointer(), pointer);
        assert_eq!(tree.node(node.id()).map(|same| same.span()), Some(span));
    }
    let key = tree.root().at("/paths").and_then(|paths| paths.entries().next()).expect("a path").key_span;
    assert_eq!(files.place(key).map(|place| (place.line, place.column)), Some((2, 3)));
    for absent in
        ["paths", "/nowhere", "/paths/~1a~0b/get/x/01", "/paths/~1a~0b/get/x/9", "/paths/~1a~0b/get/x/-"]
    {
        assert!(tree.root().at(absent).is_none(), "{absent}");
    }
}

#[test]
fn bombs_stop_at_a_limit() {
    let laughs = (1..12).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("{text}a{level}: &a{level} [{inner}]\n")
    });
    let keys = (0..40)
        .map(|n| format!("k{n}: "))
        .fold(String::new(), |text, key| format!("{text}{}{key}\n", " ".repeat(text.lines().count())));
    let small = Limits { bytes: 100_000, depth: 16, nodes: 1_000, aliases: 10_000 };
    for (name, text, limits) in [
        ("deep.json", "[".repeat(1_000_000), Limits::default()),
        ("deep objects.json", "{\"a\":".repeat(1_000_000), Limits::default()),
        ("deep.yaml", "[".repeat(100_000), Limits::default()),
        ("deep blocks.yaml", "- ".repeat(100_000), Limits::default()),
        ("laughs.yaml", laughs, Limits::default()),
        ("wide.json", format!("[{}1]", "1,".repeat(2_000)), small.clone()),
        ("wide.yaml", "- 1\n".repeat(2_000), small.clone()),
        ("large.json", " ".repeat(100_001), small.clone()),
        ("keys.yaml", keys, small),
    ] {
        let (tree, found) = parse(&mut SourceFiles::new(), name, text, &limits);
        let codes: Vec<Code> = found.iter().map(|diagnostic| diagnostic.code).collect();
        assert!(tree.is_none() && codes == [Code::LimitExceeded], "{name}: {found:?}");
    }
}

#[test]
fn what_can_be_repaired_is_told_and_read() {
    for (name, text, codes, expected) in [
        ("x.json", "{\"a\":1,\"a\":2}", vec!["S003"], json!({"a": 1})),
        ("x.yaml", "a: 1\n---\nb: [\n", vec!["S007"], json!({"a": 1})),
        ("x.yaml", "a: !money 1\n", vec!["S008"], json!({"a": 1})),
        ("x.yaml", "{a: 1}: 2\nb: 3\n", vec!["S009"], json!({"b": 3})),
        ("x.yaml", "? [a, {b: c}]\n: {d: [e]}\nb: 3\n", vec!["S009"], json!({"b": 3})),
        ("x.yaml", "a: {<<: 1, b: 2}\n", vec!["S010"], json!({"a": {"b": 2}})),
        ("x.json", "\"\\ud800x\"", vec!["S013"], json!("\u{fffd}x")),
    ] {
        assert_eq!(read_as(name, text), (Some(expected), codes), "{text}");
    }
}

mod typed {
    use super::*;
    use indexmap::IndexMap;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Manifest {
        name: Spanned<String>,
        #[serde(default)]
        paging: IndexMap<Spanned<String>, Paging>,
        size: Option<Spanned<u16>>,
        #[serde(default)]
        codes: IndexMap<u16, f64>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    enum Paging {
        None,
        Cursor { parameter: Spanned<String> },
        Link(Vec<Spanned<i64>>),
    }

    fn read(text: &str) -> Result<Manifest, (String, String, Option<String>, Option<String>)> {
        let mut files = SourceFiles::new();
        let (tree, found) = parse(&mut files, "connector.yaml", text, &Limits::manifest());
        let tree = tree.unwrap_or_else(|| panic!("{text}: {found:?}"));
        from_node::<Manifest>(tree.root()).map_err(|error| {
            let place = error.span.and_then(|span| files.place(span)).expect("a place");
            (error.message, format!("{}:{}", place.line, place.column), error.pointer, error.help)
        })
    }

    #[test]
    fn values_carry_their_places() {
        let manifest = read("name: x\npaging:\n  a: none\n  b: {cursor: {parameter: 'after'}}\n  c: {link: [1, -2]}\nsize: 9\ncodes: {200: 1, 404: 0.5}\n").expect("valid");
        assert_eq!(manifest.name.span, Span { file: FileId(0), start: 6, end: 7 });
        assert_eq!(manifest.size.as_ref().map(|size| size.value), Some(9));
        assert_eq!(manifest.codes, IndexMap::from([(200, 1.0), (404, 0.5)]));
        let keys: Vec<(&str, u32)> =
            manifest.paging.keys().map(|key| (key.value.as_str(), key.span.start)).collect();
        assert_eq!(keys, [("a", 18), ("b", 28), ("c", 64)]);
        assert!(matches!(&manifest.paging[1], Paging::Cursor { parameter } if **parameter == "after"));
    }

    #[test]
    fn errors_say_where_and_what_was_meant() {
        for (text, message, place, pointer, help) in [
            ("name: x\npagng: {}\n", "unknown key `pagng`", "2:1", "/pagng", Some("did you mean `paging`?")),
            ("size: 1\n", "the key `name` is missing", "1:1", "", None),
            ("name: 1\n", "expected a string, found integer `1`", "1:7", "/name", None),
            ("name: x\nsize: 70000\n", "expected u16, found integer `70000`", "2:7", "/size", None),
            (
                "name: x\npaging: {a: cursr}\n",
                "unknown value `cursr`",
                "2:13",
                "/paging/a",
                Some("did you mean `cursor`?"),
            ),
            (
                "name: x\npaging: {a: cursor}\n",
                "`cursor` needs a value: write `cursor: ...`",
                "2:13",
                "/paging/a",
                None,
            ),
            ("name: x\npaging: {a: {none: 1}}\n", "`none` takes no value", "2:20", "/paging/a/none", None),
            (
                "name: x\npaging: {a: {none: 1, link: 2}}\n",
                "expected exactly one key, found 2",
                "2:13",
                "/paging/a",
                None,
            ),
            (
                "name: x\npaging: {a: {cursor: {parametr: b}}}\n",
                "unknown key `parametr`",
                "2:23",
                "/paging/a/cursor/parametr",
                Some("did you mean `parameter`?"),
            ),
            (
                "name: x\npaging: {a: {link: [x]}}\n",
                "expected i64, found string \"x\"",
                "2:21",
                "/paging/a/link/0",
                None,
            ),
            ("[]\n", "the key `name` is missing", "1:1", "", None),
        ] {
            let error = read(text).expect_err(text);
            if text == "[]\n" {
                assert_eq!(error.1, place, "{text}: {}", error.0);
                continue;
            }
            let expected =
                (message.to_owned(), place.to_owned(), Some(pointer.to_owned()), help.map(str::to_owned));
            assert_eq!(error, expected, "{text}");
        }
    }

    #[test]
    fn the_schema_of_a_spanned_value_is_that_of_the_value() {
        let (spanned, plain) = (schemars::schema_for!(Spanned<Vec<u8>>), schemars::schema_for!(Vec<u8>));
        assert_eq!(spanned, plain);
    }
}
