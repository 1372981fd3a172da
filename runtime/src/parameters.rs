//! The one parameter serialiser: every style of OAS 3.1 section 4.8.12.4 (and RFC 6570, to which it refers), percent-encoded by RFC 3986.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::contract::{Location, Parameter, Style};
use crate::written::Written;

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// For `allowReserved`: reserved characters stay, but for those that mean something to the query itself (`#`, `&`, `+`, `[`, `]`): OAS
/// 3.1.1 leaves these to the application, and encoded they mean the same everywhere.
const RESERVED: &AsciiSet = &STRICT
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// How the characters of a value are written.
#[derive(Clone, Copy)]
struct Encoding {
    /// `None` in a header, where values stand as they are.
    set: Option<&'static AsciiSet>,
}

impl Encoding {
    fn of(parameter: &Parameter) -> Self {
        let set = match (parameter.location, parameter.allow_reserved) {
            (Location::Header, _) => None,
            (Location::Query, true) => Some(RESERVED),
            _ => Some(STRICT),
        };
        Self { set }
    }

    fn write(self, text: &str) -> String {
        self.set.map_or_else(|| text.to_owned(), |set| utf8_percent_encode(text, set).to_string())
    }
}

/// Text as a name or value in a query or a form.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// The value of a path or header parameter; `None` if there is nothing to write.
pub(crate) fn text(parameter: &Parameter, value: &Written) -> Result<Option<String>, String> {
    let encoding = Encoding::of(parameter);
    let name = encode(parameter.name);
    let Some(parts) = Parts::of(parameter, value, encoding)? else { return Ok(None) };
    let explode = parameter.explode;
    Ok(Some(match (parameter.style, parts) {
        (Style::Label, Parts::One(text)) => format!(".{text}"),
        (Style::Label, Parts::List(items)) => format!(".{}", items.join(if explode { "." } else { "," })),
        (Style::Label, Parts::Fields(fields)) => {
            format!(".{}", join_fields(&fields, explode, if explode { "." } else { "," }))
        }
        (Style::Matrix, Parts::One(text)) if text.is_empty() => format!(";{name}"),
        (Style::Matrix, Parts::One(text)) => format!(";{name}={text}"),
        (Style::Matrix, Parts::List(items)) if explode => {
            items.iter().map(|item| format!(";{name}={item}")).collect()
        }
        (Style::Matrix, Parts::List(items)) => format!(";{name}={}", items.join(",")),
        (Style::Matrix, Parts::Fields(fields)) if explode => {
            fields.iter().map(|(key, value)| format!(";{key}={value}")).collect()
        }
        (Style::Matrix, Parts::Fields(fields)) => format!(";{name}={}", join_fields(&fields, false, ",")),
        (_, Parts::One(text)) => text,
        (_, Parts::List(items)) => items.join(","),
        (_, Parts::Fields(fields)) => join_fields(&fields, explode, ","),
    }))
}

/// The pairs of a query or cookie parameter, encoded; none if there is nothing to write.
pub(crate) fn pairs(parameter: &Parameter, value: &Written) -> Result<Vec<(String, String)>, String> {
    let encoding = Encoding::of(parameter);
    let name = encode(parameter.name);
    if parameter.style == Style::DeepObject {
        let pairs = crate::form::pairs_under(parameter.name, value);
        return Ok(pairs.into_iter().map(|(name, value)| (encode(&name), encoding.write(&value))).collect());
    }
    let Some(parts) = Parts::of(parameter, value, encoding)? else { return Ok(Vec::new()) };
    let separator = match parameter.style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    };
    Ok(match parts {
        Parts::One(text) => vec![(name, text)],
        Parts::List(items) if parameter.explode => {
            items.into_iter().map(|item| (name.clone(), item)).collect()
        }
        Parts::List(items) => vec![(name, items.join(separator))],
        Parts::Fields(fields) if parameter.explode => fields,
        Parts::Fields(fields) => vec![(name, join_fields(&fields, false, separator))],
    })
}

/// A value cut to what styles know, each piece encoded.
enum Parts {
    One(String),
    List(Vec<String>),
    Fields(Vec<(String, String)>),
}

impl Parts {
    fn of(parameter: &Parameter, value: &Written, encoding: Encoding) -> Result<Option<Self>, String> {
        if parameter.style == Style::Json {
            return Ok(Some(Self::One(encoding.write(&value.to_json()))));
        }
        let piece = |value: &Written| match value {
            Written::Text(text) => Ok(Some(encoding.write(text))),
            Written::Verbatim(text) => Ok(Some(encoding.write(text))),
            Written::Null => Ok(None),
            Written::List(_) | Written::Fields(_) => Err(format!(
                "the value of `{}` is nested, which style {:?} cannot write",
                parameter.name, parameter.style
            )),
        };
        Ok(match value {
            Written::Null => None,
            Written::Text(text) | Written::Verbatim(text) => Some(Self::One(encoding.write(text))),
            Written::List(items) => {
                let items = items.iter().filter_map(|item| piece(item).transpose());
                let items = items.collect::<Result<Vec<_>, _>>()?;
                (!items.is_empty()).then_some(Self::List(items))
            }
            Written::Fields(fields) => {
                let fields = fields.iter().filter_map(|(key, value)| {
                    let key = encoding.write(key);
                    piece(value).transpose().map(|value| value.map(|value| (key, value)))
                });
                let fields = fields.collect::<Result<Vec<_>, _>>()?;
                (!fields.is_empty()).then_some(Self::Fields(fields))
            }
        })
    }
}

fn join_fields(fields: &[(String, String)], as_pairs: bool, separator: &str) -> String {
    let between = if as_pairs { "=" } else { separator };
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{key}{between}{value}")).collect();
    fields.join(separator)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_table_of_oas_3_1_section_4_8_12_4() {
        use Style::{DeepObject, Form, Label, Matrix, PipeDelimited, Simple, SpaceDelimited};
        let (list, object) = (json!(["blue", "black", "brown"]), json!({"R": 100, "G": 200, "B": 150}));
        // Style, explode, and what empty text, text, a list and an object become.
        let cases: [(Style, bool, [Option<&str>; 4]); 12] = [
            (
                Matrix,
                false,
                [
                    Some(";color"),
                    Some(";color=blue"),
                    Some(";color=blue,black,brown"),
                    Some(";color=R,100,G,200,B,150"),
                ],
            ),
            (
                Matrix,
                true,
                [
                    Some(";color"),
                    Some(";color=blue"),
                    Some(";color=blue;color=black;color=brown"),
                    Some(";R=100;G=200;B=150"),
                ],
            ),
            (Label, false, [Some("."), Some(".blue"), Some(".blue,black,brown"), Some(".R,100,G,200,B,150")]),
            (Label, true, [Some("."), Some(".blue"), Some(".blue.black.brown"), Some(".R=100.G=200.B=150")]),
            (Simple, false, [Some(""), Some("blue"), Some("blue,black,brown"), Some("R,100,G,200,B,150")]),
            (Simple, true, [Some(""), Some("blue"), Some("blue,black,brown"), Some("R=100,G=200,B=150")]),
            (
                Form,
                false,
                [
                    Some("color="),
                    Some("color=blue"),
                    Some("color=blue,black,brown"),
                    Some("color=R,100,G,200,B,150"),
                ],
            ),
            (
                Form,
                true,
                [
                    Some("color="),
                    Some("color=blue"),
                    Some("color=blue&color=black&color=brown"),
                    Some("R=100&G=200&B=150"),
                ],
            ),
            (
                SpaceDelimited,
                false,
                [None, None, Some("color=blue%20black%20brown"), Some("color=R%20100%20G%20200%20B%20150")],
            ),
            (
                PipeDelimited,
                false,
                [None, None, Some("color=blue%7Cblack%7Cbrown"), Some("color=R%7C100%7CG%7C200%7CB%7C150")],
            ),
            (
                DeepObject,
                true,
                [None, None, None, Some("color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150")],
            ),
            (
                Style::Json,
                false,
                [
                    None,
                    Some("color=%22blue%22"),
                    Some("color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D"),
                    None,
                ],
            ),
        ];
        // serde_json sorts the keys of a Value; the table's order is kept by writing the object as text.
        let object_text = r#"{"R":100,"G":200,"B":150}"#;
        for (style, explode, expected) in cases {
            let values = [json!(""), json!("blue"), list.clone(), object.clone()];
            for (value, expected) in values.iter().zip(expected) {
                let Some(expected) = expected else { continue };
                let written = match value {
                    serde_json::Value::Object(_) => Written::parse(object_text).unwrap(),
                    other => Written::of(other).unwrap(),
                };
                let found = if matches!(style, Matrix | Label | Simple) {
                    text(&parameter(Location::Path, style, explode), &written).unwrap().unwrap()
                } else {
                    let pairs = pairs(&parameter(Location::Query, style, explode), &written).unwrap();
                    pairs.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&")
                };
                assert_eq!(found, expected, "{style:?} explode={explode} {value}");
            }
        }
    }

    #[test]
    fn characters_are_encoded_by_where_they_stand() {
        let mut form = parameter(Location::Query, Style::Form, true);
        let cases = [
            (json!("a b&c=d/ü"), false, "color=a%20b%26c%3Dd%2F%C3%BC"),
            (json!("a:b/c?d=e,f"), true, "color=a:b/c?d=e,f"),
            (json!("a#b&c+d[e]%"), true, "color=a%23b%26c%2Bd%5Be%5D%25"),
            (json!(true), false, "color=true"),
            (json!(1.5), false, "color=1.5"),
            (json!(null), false, ""),
            (json!([]), false, ""),
            (json!([null, "x"]), false, "color=x"),
        ];
        for (value, allow_reserved, expected) in cases {
            form.allow_reserved = allow_reserved;
            assert_eq!(query(&form, &value), expected, "{value}");
        }
        let header = parameter(Location::Header, Style::Simple, false);
        let written = Written::of(&json!(["a b", "c/d"])).unwrap();
        assert_eq!(text(&header, &written).unwrap().unwrap(), "a b,c/d");
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

    proptest::proptest! {
        #[test]
        fn a_form_parameter_round_trips(text in "\\PC{0,40}") {
            let pairs = pairs(&parameter(Location::Query, Style::Form, true), &Written::Text(text.clone())).unwrap();
            let query = format!("{}={}", pairs[0].0, pairs[0].1);
            let read: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            proptest::prop_assert_eq!(read, vec![("color".to_owned(), text)]);
        }
    }
}
