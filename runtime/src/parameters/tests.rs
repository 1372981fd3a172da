use super::*;
use crate::contract::Shape;
use serde_json::json;

fn parameter(location: Location, style: Style, explode: bool) -> Parameter {
    let (required, allow_reserved, shape) = (false, false, Shape::Any);
    Parameter { name: "color", location, required, style, explode, allow_reserved, shape }
}

fn query(parameter: &Parameter, value: &serde_json::Value) -> String {
    let pairs = pairs(parameter, &Written::of(value).unwrap()).unwrap();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

type Row = (Style, bool, [Option<&'static str>; 4]);

/// Rows of a table of OAS: style, explode, and what the empty text, a text, a list and an object become. `None` stands for "n/a".
fn check(rows: &[Row], explain: &str) {
    use Style::{Label, Matrix, Simple};
    // serde_json sorts the keys of a Value; the table's order is kept by writing the object as text.
    let values = [r#""""#, r#""blue""#, r#"["blue","black","brown"]"#, r#"{"R":100,"G":200,"B":150}"#];
    for (style, explode, expected) in rows {
        for (value, expected) in values.iter().zip(expected) {
            let Some(expected) = expected else { continue };
            let written = Written::parse(value).unwrap();
            let found = if matches!(style, Matrix | Label | Simple) {
                text(&parameter(Location::Path, *style, *explode), &written).unwrap().unwrap()
            } else {
                let pairs = pairs(&parameter(Location::Query, *style, *explode), &written).unwrap();
                let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("?{}", pairs.join("&"))
            };
            assert_eq!(found, *expected, "{explain}: {style:?} explode={explode} {value}");
        }
    }
}

#[test]
fn the_table_of_oas_3_1_1_section_4_8_12_4() {
    use Style::{DeepObject, Form, Label, Matrix, PipeDelimited, Simple, SpaceDelimited};
    #[rustfmt::skip]
    let rows: [Row; 11] = [
        (Matrix, false, [Some(";color"), Some(";color=blue"), Some(";color=blue,black,brown"), Some(";color=R,100,G,200,B,150")]),
        (Matrix, true, [Some(";color"), Some(";color=blue"), Some(";color=blue;color=black;color=brown"), Some(";R=100;G=200;B=150")]),
        (Label, false, [Some("."), Some(".blue"), Some(".blue,black,brown"), Some(".R,100,G,200,B,150")]),
        (Label, true, [Some("."), Some(".blue"), Some(".blue.black.brown"), Some(".R=100.G=200.B=150")]),
        (Simple, false, [Some(""), Some("blue"), Some("blue,black,brown"), Some("R,100,G,200,B,150")]),
        (Simple, true, [Some(""), Some("blue"), Some("blue,black,brown"), Some("R=100,G=200,B=150")]),
        (Form, false, [Some("?color="), Some("?color=blue"), Some("?color=blue,black,brown"), Some("?color=R,100,G,200,B,150")]),
        (Form, true, [Some("?color="), Some("?color=blue"), Some("?color=blue&color=black&color=brown"), Some("?R=100&G=200&B=150")]),
        (SpaceDelimited, false, [None, None, Some("?color=blue%20black%20brown"), Some("?color=R%20100%20G%20200%20B%20150")]),
        (PipeDelimited, false, [None, None, Some("?color=blue%7Cblack%7Cbrown"), Some("?color=R%7C100%7CG%7C200%7CB%7C150")]),
        (DeepObject, true, [None, None, None, Some("?color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150")]),
    ];
    check(&rows, "OAS 3.1.1, 4.8.12.4");
}

#[test]
fn what_other_versions_say() {
    use Style::{DeepObject, Form, Json, PipeDelimited, SpaceDelimited, TabDelimited};
    #[rustfmt::skip]
    let rows: [Row; 7] = [
        // "n/a" in 3.1.1, and in 3.0.2 as `form`.
        (SpaceDelimited, true, [None, None, Some("?color=blue&color=black&color=brown"), None]),
        (PipeDelimited, true, [None, None, Some("?color=blue&color=black&color=brown"), None]),
        // Undefined by all of them, and what documents mean by it is clear.
        (DeepObject, false, [None, None, None, Some("?color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150")]),
        // Swagger 2.0: `multi` and `csv` are `form`, `ssv` and `pipes` are above.
        (TabDelimited, false, [None, Some("?color=blue"), Some("?color=blue%09black%09brown"), None]),
        // `content: application/json`
        (Json, false, [Some("?color=%22%22"), Some("?color=%22blue%22"), Some("?color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D"), Some("?color=%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D")]),
        (Json, true, [None, None, Some("?color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D"), None]),
        (Form, true, [Some("?color="), None, None, None]),
    ];
    check(&rows, "other versions");
    // Swagger 2.0 joins the values of path and header parameters as it joins those of the query.
    let list = Written::parse(r#"["a b","c|d"]"#).unwrap();
    let cases = [
        (Location::Path, SpaceDelimited, "a%20b%20c%7Cd"),
        (Location::Path, PipeDelimited, "a%20b%7Cc%7Cd"),
        (Location::Path, TabDelimited, "a%20b%09c%7Cd"),
        (Location::Header, SpaceDelimited, "a b c|d"),
        (Location::Header, PipeDelimited, "a b|c|d"),
        (Location::Header, TabDelimited, "a b\tc|d"),
        (Location::Header, Style::Simple, "a b,c|d"),
    ];
    for (location, style, expected) in cases {
        let found = text(&parameter(location, style, false), &list).unwrap().unwrap();
        assert_eq!(found, expected, "{location:?} {style:?}");
    }
}

/// RFC 6570, 2.3: null, and lists and objects in which nothing is defined, are undefined; the empty text is not.
#[test]
fn what_is_undefined_is_not_written() {
    use Style::{DeepObject, Form, Json, Label, Matrix, PipeDelimited, Simple, SpaceDelimited, TabDelimited};
    let styles =
        [Form, Simple, Matrix, Label, SpaceDelimited, PipeDelimited, DeepObject, TabDelimited, Style::Cookie];
    for style in styles {
        for explode in [false, true] {
            for value in ["null", "[]", "[null]", "{}", r#"{"a":null}"#] {
                let written = Written::parse(value).unwrap();
                let found = pairs(&parameter(Location::Query, style, explode), &written).unwrap();
                assert_eq!(found, [], "{style:?} {explode} {value}");
                let found = text(&parameter(Location::Path, style, explode), &written).unwrap();
                assert_eq!(found, None, "{style:?} {explode} {value}");
            }
        }
    }
    let null = parameter(Location::Query, Json, false);
    assert_eq!(pairs(&null, &Written::Null).unwrap(), []);
    assert_eq!(query(&null, &json!([null])), "color=%5Bnull%5D", "null in a JSON text is a value");
    assert_eq!(query(&parameter(Location::Query, Form, false), &json!(["", "a"])), "color=,a");
}

#[test]
fn cookies() {
    let cases = [
        (Style::Form, true, json!(["a b", "c"]), "color=a%20b; color=c"),
        (Style::Form, false, json!(["a b", "c"]), "color=a%20b,c"),
        // OAS 3.2, 4.12.4: nothing is encoded.
        (Style::Cookie, true, json!(["a%20b", "c"]), "color=a%20b; color=c"),
        (Style::Cookie, false, json!(["a", "b"]), "color=a,b"),
        (Style::Cookie, true, json!({"R": 1, "S": "x=y"}), "R=1; S=x=y"),
    ];
    for (style, explode, value, expected) in cases {
        let pairs =
            pairs(&parameter(Location::Cookie, style, explode), &Written::of(&value).unwrap()).unwrap();
        let found: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found.join("; "), expected, "{style:?} {explode} {value}");
    }
}

/// OAS 3.2, 4.12.1: `in: querystring`.
#[test]
fn a_whole_query_string() {
    let cases = [
        (
            Style::Form,
            r#"{"a":"x y","b":[1,2],"c":{"d":true},"e":null}"#,
            "a=x%20y&b=1&b=2&c=%7B%22d%22%3Atrue%7D",
        ),
        (Style::Json, r#"{"a":[1]}"#, "%7B%22a%22%3A%5B1%5D%7D"),
        (Style::Form, r#""$.a.b[1] & c""#, "$.a.b%5B1%5D%20%26%20c"),
        (Style::Form, "null", ""),
    ];
    for (style, value, expected) in cases {
        let written = Written::parse(value).unwrap();
        let found =
            crate::form::query_string(&parameter(Location::QueryString, style, false), &written).unwrap();
        assert_eq!(found, expected, "{style:?} {value}");
    }
}

#[test]
fn characters_are_encoded_by_where_they_stand() {
    let mut form = parameter(Location::Query, Style::Form, true);
    let cases = [
        (json!("a b&c=d/ü"), false, "color=a%20b%26c%3Dd%2F%C3%BC"),
        (json!("a:b/c?d=e,f"), true, "color=a:b/c?d=e,f"),
        (json!("a#b&c+d[e]"), true, "color=a%23b%26c%2Bd%5Be%5D"),
        // RFC 6570, 3.2.3 and 2.1: what is percent-encoded already stays, with reserved expansion only.
        (json!("%20%zz%4%"), true, "color=%20%25zz%254%25"),
        (json!("%20"), false, "color=%2520"),
        (json!(true), false, "color=true"),
        (json!(1.5), false, "color=1.5"),
        (json!([null, "x"]), false, "color=x"),
    ];
    for (value, allow_reserved, expected) in cases {
        form.allow_reserved = allow_reserved;
        assert_eq!(query(&form, &value), expected, "{value}");
    }
}

#[test]
fn a_nested_value_is_refused_where_the_style_cannot_write_it() {
    let nested = Written::of(&json!([["a"]])).unwrap();
    assert!(pairs(&parameter(Location::Query, Style::Form, true), &nested).is_err());
    let deep = parameter(Location::Query, Style::DeepObject, true);
    assert_eq!(
        query(&deep, &json!({"gte": 5, "in": ["a", "b"]})),
        "color%5Bgte%5D=5&color%5Bin%5D%5B0%5D=a&color%5Bin%5D%5B1%5D=b"
    );
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// The values of a list, read back from what a style made of them.
fn read_back(style: Style, explode: bool, written: &str) -> Vec<String> {
    let body = match style {
        Style::Matrix if explode => {
            return written
                .split(';')
                .skip(1)
                .map(|pair| decoded(pair.strip_prefix("color").unwrap().trim_start_matches('=')))
                .collect();
        }
        Style::Matrix => written.strip_prefix(";color").unwrap().trim_start_matches('='),
        Style::Label => written.strip_prefix('.').unwrap(),
        _ => written,
    };
    body.split(',').map(decoded).collect()
}

proptest::proptest! {
    /// Where a style can be read back at all, what comes back is what went in. Spaces, pipes, tabs and dots between values cannot be told
    /// from those in them, which is the standard's own gap (OAS 3.1.1, appendix E).
    #[test]
    fn lists_round_trip(items in proptest::collection::vec("\\PC{1,12}", 1..5)) {
        let value = Written::List(items.iter().cloned().map(Written::Text).collect());
        for (style, explode) in [
            (Style::Simple, false), (Style::Simple, true), (Style::Label, false), (Style::Matrix, false), (Style::Matrix, true),
        ] {
            let found = text(&parameter(Location::Path, style, explode), &value).unwrap().unwrap();
            proptest::prop_assert_eq!(&read_back(style, explode, &found), &items, "{:?} {} {}", style, explode, found);
        }
        let found = pairs(&parameter(Location::Query, Style::Form, false), &value).unwrap();
        let read: Vec<String> = found[0].1.split(',').map(decoded).collect();
        proptest::prop_assert_eq!(&read, &items, "{:?}", found);
        let found = pairs(&parameter(Location::Query, Style::Form, true), &value).unwrap();
        let query = found.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let read: Vec<String> = url::form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()).collect();
        proptest::prop_assert_eq!(&read, &items, "{}", query);
    }

    #[test]
    fn objects_round_trip(fields in proptest::collection::btree_map("[^\\[\\]\\pC]{1,8}", "\\PC{0,8}", 1..4)) {
        let value = Written::Fields(fields.iter().map(|(key, value)| (key.clone(), Written::Text(value.clone()))).collect());
        let expected: Vec<(String, String)> = fields.into_iter().collect();
        for (style, explode) in [(Style::DeepObject, true), (Style::Form, true)] {
            let found = pairs(&parameter(Location::Query, style, explode), &value).unwrap();
            let read: Vec<(String, String)> = found.iter().map(|(name, value)| {
                let name = decoded(name);
                let name = name.strip_prefix("color[").and_then(|name| name.strip_suffix(']')).map_or(name.clone(), str::to_owned);
                (name, decoded(value))
            }).collect();
            proptest::prop_assert_eq!(&read, &expected, "{:?} {:?}", style, found);
        }
        let json = pairs(&parameter(Location::Query, Style::Json, false), &value).unwrap();
        let read: std::collections::BTreeMap<String, String> = serde_json::from_str(&decoded(&json[0].1)).unwrap();
        proptest::prop_assert_eq!(read.into_iter().collect::<Vec<_>>(), expected);
    }
}
