//! A value on its way into a URL, a header or a form: cut down to text, lists and fields. Numbers keep their digits and objects their
//! order, neither of which `serde_json::Value` does.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Written {
    /// Nothing is written.
    Null,
    /// A text.
    Text(String),
    /// A number or boolean, as JSON writes it.
    Verbatim(String),
    /// A list.
    List(Vec<Written>),
    /// Named values, in order.
    Fields(Vec<(String, Written)>),
}

impl Written {
    /// Any value that serde can serialise.
    pub(crate) fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        Self::parse(&serde_json::to_string(value)?)
    }

    /// A JSON text.
    pub(crate) fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let json = json.trim();
        Ok(match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b'"') => Self::Text(serde_json::from_str(json)?),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json)?;
                Self::List(items.into_iter().map(|item| Self::parse(item.get())).collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let Ordered(fields) = serde_json::from_str(json)?;
                let fields = fields.into_iter().map(|(key, value)| Ok((key, Self::parse(value.get())?)));
                Self::Fields(fields.collect::<Result<_, serde_json::Error>>()?)
            }
            _ => Self::Verbatim(json.to_owned()),
        })
    }

    /// The value as JSON again.
    pub(crate) fn to_json(&self) -> String {
        let quote = |text: &str| serde_json::to_string(text).unwrap_or_default();
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => quote(text),
            Self::Verbatim(text) => text.clone(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::to_json).collect::<Vec<_>>().join(","))
            }
            Self::Fields(fields) => {
                let fields = fields.iter().map(|(key, value)| format!("{}:{}", quote(key), value.to_json()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// The members of an object in the order in which they stand.
struct Ordered<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Ordered<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Ordered<'de>;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
