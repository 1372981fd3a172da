//! The wiring as generated types use it: a struct, an enum and a union as the generator writes them.

mod formats;

use std::collections::BTreeMap;

use serde::de::MapAccess;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::*;
use crate::contract::{
    Additional, EnumShape, FieldShape, ObjectShape, Shape, TupleShape, UnionShape, Variant, VariantTest,
};

#[derive(Clone, PartialEq)]
struct Ticket {
    id: i64,
    subject: Option<String>,
    due: Maybe<DateTime>,
    state: State,
    price: Option<Number>,
    password: Option<String>,
    parent: Option<Box<Ticket>>,
    additional: BTreeMap<String, i64>,
}

static TICKET: ObjectShape = ObjectShape {
    name: "Ticket",
    fields: &[
        FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
        FieldShape::new("subject", Shape::String(""), 0),
        FieldShape::new("due", Shape::Nullable(&Shape::String("date-time")), 0),
        FieldShape::new("state", Shape::Enum(&STATE), FieldShape::REQUIRED),
        FieldShape::new("price", Shape::Number, 0),
        FieldShape::new("password", Shape::String("password"), FieldShape::SECRET),
        FieldShape::new("parent", Shape::Object(&TICKET), 0),
    ],
    additional: Some(Additional::new(Shape::Integer)),
};

impl Blank for Ticket {
    fn blank() -> Self {
        Self {
            id: blank(),
            subject: blank(),
            due: blank(),
            state: blank(),
            price: blank(),
            password: blank(),
            parent: blank(),
            additional: blank(),
        }
    }
}

impl Object for Ticket {
    const SHAPE: &'static ObjectShape = &TICKET;

    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, input: &mut Reader<A>) -> Result<(), A::Error> {
        match index {
            0 => input.field(&mut self.id),
            1 => input.field(&mut self.subject),
            2 => input.field(&mut self.due),
            3 => input.field(&mut self.state),
            4 => input.field(&mut self.price),
            5 => input.field(&mut self.password),
            6 => input.field(&mut self.parent),
            _ => input.ignore(),
        }
    }

    fn read_additional<'de, A: MapAccess<'de>>(
        &mut self,
        key: String,
        input: &mut Reader<A>,
    ) -> Result<(), A::Error> {
        input.additional(&mut self.additional, key)
    }

    fn write<S: SerializeMap>(&self, output: &mut Writer<S>) {
        output.required("id", &self.id);
        output.optional("subject", &self.subject);
        output.maybe("due", &self.due);
        output.required("state", &self.state);
        output.optional("price", &self.price);
        output.optional("password", &self.password);
        output.optional("parent", &self.parent);
        output.additional(&self.additional);
    }
}

crate::object!(Ticket);

#[derive(Clone, PartialEq, Eq, Hash)]
enum State {
    Open,
    Unknown(String),
}

static STATE: EnumShape = EnumShape { name: "State", values: &["open"] };

impl Enumeration for State {
    fn from_text(text: &str) -> Self {
        match text {
            "open" => Self::Open,
            other => Self::Unknown(other.to_owned()),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Unknown(text) => text,
        }
    }
}

crate::enumeration!(State);

#[derive(Clone, PartialEq)]
enum Label {
    Text(String),
    Ticket(Box<Ticket>),
    Count(i64),
    Unknown(serde_json::Value),
}

static LABEL: UnionShape = UnionShape {
    name: "Label",
    discriminator: None,
    variants: &[
        Variant { shape: Shape::String(""), test: VariantTest::Type },
        Variant { shape: Shape::Object(&TICKET), test: VariantTest::Type },
        Variant { shape: Shape::Integer, test: VariantTest::Type },
    ],
};

impl Union for Label {
    const SHAPE: &'static UnionShape = &LABEL;

    fn read(index: usize, raw: &str) -> Result<Self, serde_json::Error> {
        Ok(match index {
            0 => Self::Text(from_json(raw)?),
            1 => Self::Ticket(from_json(raw)?),
            2 => Self::Count(from_json(raw)?),
            _ => Self::Unknown(from_json(raw)?),
        })
    }

    fn unknown(value: serde_json::Value) -> Self {
        Self::Unknown(value)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(value) => value.serialize(serializer),
            Self::Ticket(value) => value.serialize(serializer),
            Self::Count(value) => value.serialize(serializer),
            Self::Unknown(value) => value.serialize(serializer),
        }
    }
}

crate::union!(Label);

#[test]
fn what_is_read_is_written_again() {
    let same = [
        r#"{"id":1,"state":"open"}"#,
        r#"{"id":-9223372036854775808,"subject":"ä\"\n","state":"open"}"#,
        r#"{"id":1,"due":null,"state":"open"}"#,
        r#"{"id":1,"due":"2026-01-02T03:04:05Z","state":"on-hold"}"#,
        r#"{"id":1,"state":"","price":12.300}"#,
        r#"{"id":1,"state":"open","price":12345678901234567890.123456789012345678901234567890}"#,
        r#"{"id":1,"state":"open","parent":{"id":2,"state":"open","parent":{"id":3,"state":"open"}}}"#,
        r#"{"id":1,"state":"open","a":1,"b":2}"#,
    ];
    for text in same {
        let ticket: Ticket = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(serde_json::to_string(&ticket).unwrap(), text);
    }
}

#[test]
fn order_and_repetition_of_keys_do_not_matter() {
    let straight: Ticket = serde_json::from_str(r#"{"id":1,"subject":"a","state":"open"}"#).unwrap();
    for text in
        [r#"{"state":"open","subject":"a","id":1}"#, r#"{"id":7,"id":1,"state":"open","subject":"a"}"#]
    {
        assert!(serde_json::from_str::<Ticket>(text).unwrap() == straight, "{text}");
    }
}

#[test]
fn absent_null_and_value_are_three_things() {
    let due = |text: &str| serde_json::from_str::<Ticket>(text).unwrap().due;
    assert_eq!(due(r#"{"id":1,"state":"open"}"#), Maybe::Absent);
    assert_eq!(due(r#"{"id":1,"state":"open","due":null}"#), Maybe::Null);
    assert_eq!(due(r#"{"id":1,"state":"open","due":"x"}"#), Maybe::Value("x".into()));
}

#[test]
fn what_does_not_fit_is_told() {
    let table = [
        ("{}", "missing field `id`"),
        (r#"{"id":1}"#, "missing field `state`"),
        (r#"{"id":"1","state":"open"}"#, "invalid type: string \"1\", expected i64"),
        (r#"{"id":null,"state":"open"}"#, "invalid type: null"),
        (r#"{"id":1,"state":[]}"#, "expected a text"),
        (r#"{"id":1,"state":"open","price":"12"}"#, "expected a number"),
        (r#"[1]"#, "expected an object (Ticket)"),
        (r#"{"id":1,"state":"open""#, "EOF"),
    ];
    for (text, expected) in table {
        let error = serde_json::from_str::<Ticket>(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn enums_take_what_servers_send_instead_of_a_text() {
    for (text, expected) in
        [("\"open\"", "open"), ("\"new\"", "new"), ("true", "true"), ("-3", "-3"), ("7", "7")]
    {
        let state: State = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(state.as_str(), expected, "{text}");
    }
}

#[test]
fn an_enum_starts_without_a_text() {
    assert!(State::blank() == State::Unknown(String::new()));
}

#[test]
fn unions_keep_what_they_do_not_know() {
    let table: [(&str, &str); 6] = [
        ("\"bug\"", "Text"),
        ("7", "Count"),
        (r#"{"id":1,"state":"open"}"#, "Ticket"),
        (r#"{"name":"bug"}"#, "Unknown"),
        ("[1,2]", "Unknown"),
        ("7.5", "Unknown"),
    ];
    for (text, expected) in table {
        let label: Label = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let variant = match &label {
            Label::Text(_) => "Text",
            Label::Ticket(_) => "Ticket",
            Label::Count(_) => "Count",
            Label::Unknown(_) => "Unknown",
        };
        assert_eq!(variant, expected, "{text}");
        assert_eq!(serde_json::to_string(&label).unwrap(), text);
    }
}

#[test]
fn the_variant_that_keeps_most_is_tried_first() {
    static SMALL: ObjectShape = ObjectShape {
        name: "Small",
        fields: &[FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED)],
        additional: None,
    };
    static LARGE: ObjectShape = ObjectShape {
        name: "Large",
        fields: &[
            FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
            FieldShape::new("name", Shape::String(""), 0),
        ],
        additional: None,
    };
    static STRICT: ObjectShape = ObjectShape {
        name: "Strict",
        fields: &[
            FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
            FieldShape::new("name", Shape::String(""), FieldShape::REQUIRED),
            FieldShape::new("kind", Shape::String(""), FieldShape::REQUIRED),
        ],
        additional: None,
    };
    static TAGGED_ALIKE: ObjectShape = ObjectShape {
        name: "TaggedAlike",
        fields: &[
            FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
            FieldShape::new("label", Shape::String(""), FieldShape::REQUIRED),
            FieldShape::new("kind", Shape::String(""), FieldShape::REQUIRED),
        ],
        additional: None,
    };
    static SHAPE: UnionShape = UnionShape {
        name: "Any",
        discriminator: Some("kind"),
        variants: &[
            Variant { shape: Shape::Map(&Shape::Any), test: VariantTest::Order },
            Variant { shape: Shape::Object(&SMALL), test: VariantTest::Order },
            Variant { shape: Shape::Object(&LARGE), test: VariantTest::Order },
            Variant { shape: Shape::Object(&STRICT), test: VariantTest::Tag(&["strict"]) },
            Variant { shape: Shape::Object(&TAGGED_ALIKE), test: VariantTest::Tag(&["strict"]) },
        ],
    };
    let table: [(&str, &[usize]); 5] = [
        (r#"{"id":1}"#, &[1, 2, 0]),
        (r#"{"id":1,"name":"a"}"#, &[2, 1, 0]),
        (r#"{"id":1,"name":"a","kind":"strict"}"#, &[3, 4, 2, 0, 1]),
        // Of those that share a tag the one comes first that knows more of the value.
        (r#"{"id":1,"label":"a","kind":"strict"}"#, &[4, 3, 0, 1, 2]),
        (r#"{"other":1}"#, &[0, 1, 2]),
    ];
    for (text, expected) in table {
        assert_eq!(candidates(&SHAPE, text), expected, "{text}");
    }
}

#[test]
fn alternatives_are_told_apart_by_what_lies_within_them() {
    static MAP_KIND: EnumShape = EnumShape { name: "MapKind", values: &["map"] };
    static QUERY_KIND: EnumShape = EnumShape { name: "QueryKind", values: &["query"] };
    static QUERY: ObjectShape = ObjectShape {
        name: "Query",
        fields: &[FieldShape::new("text", Shape::String(""), 0)],
        additional: None,
    };
    static OF_QUERY: ObjectShape = ObjectShape {
        name: "OfQuery",
        fields: &[
            FieldShape::new("type", Shape::Enum(&QUERY_KIND), 0),
            FieldShape::new("values", Shape::Object(&QUERY), 0),
        ],
        additional: None,
    };
    static OF_MAP: ObjectShape = ObjectShape {
        name: "OfMap",
        fields: &[
            FieldShape::new("type", Shape::Enum(&MAP_KIND), 0),
            FieldShape::new("values", Shape::Map(&Shape::String("")), 0),
        ],
        additional: None,
    };
    static OF_LIST: ObjectShape = ObjectShape {
        name: "OfList",
        fields: &[FieldShape::new("values", Shape::Array(&Shape::Nullable(&Shape::Object(&QUERY))), 0)],
        additional: Some(Additional::new(Shape::Any)),
    };
    static SHAPE: UnionShape = UnionShape {
        name: "Any",
        discriminator: None,
        variants: &[
            Variant { shape: Shape::Object(&OF_QUERY), test: VariantTest::Order },
            Variant { shape: Shape::Object(&OF_MAP), test: VariantTest::Order },
            Variant { shape: Shape::Object(&OF_LIST), test: VariantTest::Order },
        ],
    };
    let table = [
        (r#"{"type":"map","values":{}}"#, 1),
        (r#"{"type":"query","values":{}}"#, 0),
        (r#"{"values":{"text":"a"}}"#, 0),
        (r#"{"values":{"a":"b","c":"d","e":"f","g":"h"}}"#, 1),
        (r#"{"values":{"text":7}}"#, 0),
        (r#"{"values":[null,{"text":"a"}]}"#, 2),
        (r#"{"values":null}"#, 0),
        (r#"{"other":1}"#, 2),
    ];
    for (text, expected) in table {
        assert_eq!(candidates(&SHAPE, text).first(), Some(&expected), "{text}");
    }
}

#[test]
fn constants_tell_by_their_text_or_their_json() {
    static SHAPE: UnionShape = UnionShape {
        name: "Any",
        discriminator: None,
        variants: &[
            Variant { shape: Shape::Any, test: VariantTest::Constant("kind", &["a", "b"]) },
            Variant { shape: Shape::Any, test: VariantTest::Constant("kind", &["2"]) },
            Variant { shape: Shape::Any, test: VariantTest::Constant("kind", &["true"]) },
        ],
    };
    let table: [(&str, &[usize]); 7] = [
        (r#"{"kind":"b"}"#, &[0]),
        (r#"{"kind":"\u0061"}"#, &[0]),
        (r#"{"kind": 2}"#, &[1]),
        (r#"{"kind":"2"}"#, &[1]),
        (r#"{"kind":true}"#, &[2]),
        (r#"{"kind":3}"#, &[]),
        (r#"{"kind":null}"#, &[]),
    ];
    for (text, expected) in table {
        assert_eq!(candidates(&SHAPE, text), expected, "{text}");
    }
}

#[test]
fn alternatives_are_told_apart_however_deep_the_difference_lies() {
    static TEXT: Shape = Shape::String("");
    static FILTER: ObjectShape = ObjectShape {
        name: "Filter",
        fields: &[FieldShape::new("of", Shape::Nullable(&TEXT), 0)],
        additional: None,
    };
    static GROUP: ObjectShape = ObjectShape {
        name: "Group",
        fields: &[
            FieldShape::new("of", Shape::Array(&MEMBER), 0),
            FieldShape::new("options", Shape::Union(&OPTIONS), 0),
        ],
        additional: None,
    };
    static MEMBER: Shape = Shape::Union(&FILTERS);
    static FILTERS: UnionShape = UnionShape {
        name: "Filters",
        discriminator: None,
        variants: &[
            Variant { shape: Shape::Object(&GROUP), test: VariantTest::Order },
            Variant { shape: Shape::Object(&FILTER), test: VariantTest::Order },
            // It holds itself, which says nothing.
            Variant { shape: Shape::Union(&FILTERS), test: VariantTest::Order },
        ],
    };
    static KNOWN: ObjectShape = ObjectShape {
        name: "Known",
        fields: &[FieldShape::new("k", Shape::Number, 0), FieldShape::new("b", Shape::Number, 0)],
        additional: None,
    };
    static OPTIONS: UnionShape = UnionShape {
        name: "Options",
        discriminator: None,
        variants: &[
            Variant { shape: Shape::Map(&Shape::Any), test: VariantTest::Order },
            Variant { shape: Shape::Object(&KNOWN), test: VariantTest::Order },
        ],
    };
    let nested =
        |inner: &str, depth: usize| format!("{}{inner}{}", r#"{"of":["#.repeat(depth), "]}".repeat(depth));
    let table = [
        (&FILTERS, nested(r#"{"of":null}"#, 0), 1),
        (&FILTERS, nested(r#"{"of":null}"#, 1), 0),
        (&FILTERS, nested(r#"{"of":[{"of":"a"}]}"#, 20), 0),
        // So deep that looking along each way would not end.
        (&FILTERS, nested(r#"{"of":null}"#, 100), 0),
        (&FILTERS, nested("{}", 100_000), 0),
        (&OPTIONS, r#"{"k":1,"b":2}"#.to_owned(), 1),
        (&OPTIONS, r#"{"k":1,"b":2,"new":3}"#.to_owned(), 1),
        (&OPTIONS, r#"{"other":1}"#.to_owned(), 0),
        (&OPTIONS, r#"{"other":{"deep":{}},"another":[1]}"#.to_owned(), 0),
    ];
    for (shape, text, expected) in table {
        let start: String = text.chars().take(80).collect();
        assert_eq!(candidates(shape, &text).first(), Some(&expected), "{}: {start}", shape.name);
    }
}

#[test]
fn debug_never_shows_a_secret() {
    let text = r#"{"id":1,"state":"open","parent":{"id":2,"state":"open","password":"hunter2"},"password":"hunter2"}"#;
    let ticket: Ticket = serde_json::from_str(text).unwrap();
    let label = Label::Ticket(Box::new(ticket.clone()));
    for shown in [format!("{ticket:?}"), format!("{label:?}"), format!("{ticket:#?}")] {
        assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
    }
    static PAIR: TupleShape =
        TupleShape { items: &[Shape::Object(&TICKET)], required: 0, rest: Shape::Object(&TICKET) };
    let pair = serde_json::json!([{ "password": "hunter2" }, { "password": "hunter2" }]);
    let shown = redact::redacted(&pair, &Shape::Tuple(&PAIR));
    assert_eq!(shown, serde_json::json!([{ "password": "***" }, { "password": "***" }]));
}

#[test]
fn fields_beyond_the_first_128_are_counted_too() {
    let mut seen = object::Seen::default();
    for index in [0, 127, 128, 300] {
        assert!(!seen.contains(index), "{index}");
        seen.insert(index);
        assert!(seen.contains(index), "{index}");
    }
    assert!(!seen.contains(129) && !seen.contains(299) && !seen.contains(301));
}

#[test]
fn only_json_numbers_are_numbers() {
    for text in ["0", "-1", "1.50", "1e400", "-0.0"] {
        assert_eq!(text.parse::<Number>().unwrap().as_str(), text);
    }
    for text in ["", " 1", "1 ", "01", "+1", ".5", "NaN", "1,5", "[1]", "\"1\"", "true"] {
        assert!(text.parse::<Number>().is_err(), "{text:?} was taken");
    }
    assert!(Number::try_from(f64::NAN).is_err());
    assert_eq!(Number::from(7).as_i64(), Some(7));
}

#[test]
fn times_keep_their_text_and_give_their_moment() {
    let good = DateTime::from("2026-11-21T05:16:00+01:00");
    assert_eq!(good.timestamp().unwrap().to_string(), "2026-11-21T04:16:00Z");
    let bad = DateTime::from("2026-11-21 05:16");
    assert_eq!(bad.as_str(), "2026-11-21 05:16");
    let error = bad.timestamp().unwrap_err().to_string();
    assert!(error.starts_with("`2026-11-21 05:16` is not an RFC 3339 time"), "{error}");
    assert_eq!(Date::from("2026-02-28").day().unwrap().to_string(), "2026-02-28");
    assert!(Date::from("2026-02-30").day().is_err());
}
