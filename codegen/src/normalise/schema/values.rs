//! Values within schemas: bounds, enums and defaults.

use openapiv3::SchemaData;
use serde_json::Value;

use super::Reader;
use super::words::{TypeWord, Types};
use crate::diagnostic::Code;
use crate::source::{Kind, Node};

/// A number of a schema, as it is written, with its place.
pub(super) struct Bound<'t> {
    node: Node<'t>,
    text: String,
}

impl Bound<'_> {
    pub(super) fn as_f64(&self) -> Option<f64> {
        self.text.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// The bounds of a number.
#[derive(Default)]
pub(super) struct Bounds<'t> {
    pub(super) minimum: Option<Bound<'t>>,
    pub(super) maximum: Option<Bound<'t>>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
}

impl<'t> Reader<'_, 't> {
    /// The number at a key; a text that is a number counts.
    pub(super) fn bound(&mut self, node: Node<'t>, key: &str) -> Option<Bound<'t>> {
        let value = self.context.get(node, key)?;
        match value.kind() {
            Kind::Number(text) => Some(Bound { node: value, text: text.to_owned() }),
            Kind::String(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                let message = format!("`{key}` has to be a number without quotes; it is read as one");
                self.context.warn(Code::BoundKind, value, message);
                Some(Bound { node: value, text: text.trim().to_owned() })
            }
            _ => {
                self.context.warn(
                    Code::BoundKind,
                    value,
                    format!("`{key}` has to be a number; it is ignored"),
                );
                None
            }
        }
    }

    /// A count at a key, such as `maxItems`.
    pub(super) fn size(&mut self, node: Node<'t>, key: &str) -> Option<usize> {
        let bound = self.bound(node, key)?;
        let number = bound.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0);
        let size = bound.text.parse().ok().or(number.map(|number| number as usize));
        if size.is_none() {
            let message = format!("`{key}` has to be a whole number from 0 on; it is ignored");
            self.context.warn(Code::BoundKind, bound.node, message);
        }
        size
    }

    /// A bound of an integer; none, told, beyond 64 bits: no value that can be held is beyond it either.
    pub(super) fn integer(&mut self, bound: &Bound<'t>) -> Option<i64> {
        let integer = integer(&bound.text);
        if integer.is_none() {
            let what = if bound.as_f64().is_some_and(|number| number.fract() != 0.0) {
                "is no whole number"
            } else {
                "does not fit into 64 bits"
            };
            self.context.warn(
                Code::NumberRange,
                bound.node,
                format!("`{}` {what}; the bound is left out", bound.text),
            );
        }
        integer
    }

    pub(super) fn bounds(&mut self, node: Node<'t>) -> Bounds<'t> {
        let (minimum, exclusive_minimum) =
            self.side(node, "minimum", "exclusiveMinimum", |own, other| other >= own);
        let (maximum, exclusive_maximum) =
            self.side(node, "maximum", "exclusiveMaximum", |own, other| other <= own);
        Bounds { minimum, maximum, exclusive_minimum, exclusive_maximum }
    }

    /// One side's bound and whether it is excluded: 3.0 has a flag beside the bound, 3.1 a second bound.
    fn side(
        &mut self,
        node: Node<'t>,
        key: &str,
        exclusive_key: &str,
        tighter: impl Fn(f64, f64) -> bool,
    ) -> (Option<Bound<'t>>, bool) {
        let bound = self.bound(node, key);
        let Some(exclusive) = self.context.get(node, exclusive_key) else { return (bound, false) };
        let numeric = self.context.rules.numeric_exclusive_bounds;
        let name = self.context.rules.name;
        if let Kind::Bool(flag) = exclusive.kind() {
            if numeric {
                let message =
                    format!("in {name} `{exclusive_key}` is a number; the flag is read as in OpenAPI 3.0");
                self.context.warn(Code::BoundKind, exclusive, message);
            }
            return (bound, flag);
        }
        if let Some(flag) = exclusive.as_str().and_then(|text| text.trim().parse::<bool>().ok()) {
            let message = format!("`{exclusive_key}` has to be a boolean without quotes; it is read as one");
            self.context.warn(Code::BoundKind, exclusive, message);
            return (bound, flag);
        }
        if !numeric && matches!(exclusive.kind(), Kind::Number(_)) {
            let message =
                format!("in {name} `{exclusive_key}` is a boolean; the number is read as in OpenAPI 3.1");
            self.context.warn(Code::BoundKind, exclusive, message);
        }
        let Some(other) = self.bound(node, exclusive_key) else { return (bound, false) };
        let wins = match (bound.as_ref().and_then(Bound::as_f64), other.as_f64()) {
            (Some(own), Some(other)) => tighter(own, other),
            _ => true,
        };
        if wins { (Some(other), true) } else { (bound, false) }
    }

    /// The values of the enum that are of one type; null among them makes the schema nullable.
    pub(super) fn enumeration<V>(
        &mut self,
        node: Node<'t>,
        word: TypeWord,
        types: &Types,
        data: &mut SchemaData,
        read: impl Fn(Node<'t>) -> Read<V>,
    ) -> Vec<Option<V>> {
        let mut values = Vec::new();
        if node.get("enum").is_some_and(|value| !value.is_array()) {
            // Tells of it; the value then counts as the only one.
            self.context.get_list(node, "enum");
        }
        for value in enumerated(node) {
            if value.is_null() {
                let allowed = data.nullable || types.null || types.words.is_empty();
                if !allowed {
                    let message = "the enum holds null and the type does not allow it; null is allowed";
                    self.context.warn(Code::NullInEnum, value, message);
                }
                data.nullable = true;
                continue;
            }
            match read(value) {
                Read::Exact(read) => values.push(Some(read)),
                // Of several types each takes its own values.
                _ if types.words.len() > 1 => {}
                Read::Repaired(read) => {
                    let message =
                        format!("the enum's value is not of the type `{}`; it is read as one", word.as_str());
                    self.context.warn(Code::EnumValue, value, message);
                    values.push(Some(read));
                }
                Read::TooLarge => {
                    let message = "the enum's value does not fit into 64 bits; it is left out";
                    self.context.warn(Code::NumberRange, value, message);
                }
                Read::Wrong => {
                    let message =
                        format!("the enum's value is not of the type `{}`; it is left out", word.as_str());
                    self.context.warn(Code::EnumValue, value, message);
                }
            }
        }
        values
    }

    /// The default, if it is of one of the types; no types allow any.
    pub(super) fn default_value(
        &mut self,
        node: Node<'t>,
        words: &[TypeWord],
        nullable: bool,
    ) -> Option<Value> {
        let value = node.get("default")?;
        if value.is_null() {
            if !nullable && !words.is_empty() {
                self.context.warn(
                    Code::DefaultValue,
                    value,
                    "the default is null, which the type does not allow; it is left out",
                );
                return None;
            }
            return Some(Value::Null);
        }
        if words.is_empty() || words.iter().any(|word| fits(value, *word)) {
            return Some(value.to_json());
        }
        let repaired = match words {
            [TypeWord::String] => as_string(value).into_value().map(Value::from),
            [TypeWord::Integer] => as_integer(value).into_value().map(Value::from),
            [TypeWord::Number] => as_number(value).into_value().map(Value::from),
            [TypeWord::Boolean] => as_boolean(value).into_value().map(Value::from),
            _ => None,
        };
        let what = if repaired.is_some() { "it is read as one" } else { "it is left out" };
        let names = words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join("` or `");
        self.context.warn(
            Code::DefaultValue,
            value,
            format!("the default is not of the type `{names}`; {what}"),
        );
        repaired
    }
}

/// How a value reads as a type.
pub(super) enum Read<V> {
    Exact(V),
    Repaired(V),
    TooLarge,
    Wrong,
}

impl<V> Read<V> {
    fn into_value(self) -> Option<V> {
        match self {
            Read::Exact(value) | Read::Repaired(value) => Some(value),
            Read::TooLarge | Read::Wrong => None,
        }
    }
}

/// The values of `enum`, or the one of `const`.
pub(super) fn enumerated(node: Node<'_>) -> Vec<Node<'_>> {
    match (node.get("enum"), node.get("const")) {
        (Some(values), _) if values.is_array() => values.items().collect(),
        (Some(value), _) if !value.is_null() && !value.is_object() => vec![value],
        (_, Some(constant)) => vec![constant],
        _ => Vec::new(),
    }
}

/// The type of all values other than null, where they have one.
pub(super) fn type_of_all(values: &[Node<'_>]) -> Option<TypeWord> {
    let candidates = [TypeWord::String, TypeWord::Boolean, TypeWord::Integer, TypeWord::Number];
    let mut values = values.iter().filter(|value| !value.is_null()).peekable();
    values.peek()?;
    let values: Vec<_> = values.collect();
    candidates.into_iter().find(|word| values.iter().all(|value| fits(**value, *word)))
}

fn fits(value: Node<'_>, word: TypeWord) -> bool {
    match value.kind() {
        Kind::Null => false,
        Kind::Bool(_) => word == TypeWord::Boolean,
        Kind::Number(text) => {
            word == TypeWord::Number || (word == TypeWord::Integer && integer(text).is_some())
        }
        Kind::String(_) => word == TypeWord::String,
        Kind::Array => word == TypeWord::Array,
        Kind::Object => word == TypeWord::Object,
    }
}

/// A whole number of 64 bits; `1.0` and `1e3` are whole numbers.
fn integer(text: &str) -> Option<i64> {
    // Above this, floating point does not tell neighbours apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let exact = |number: &f64| number.fract() == 0.0 && number.abs() <= EXACT;
    text.parse().ok().or_else(|| text.parse::<f64>().ok().filter(exact).map(|number| number as i64))
}

pub(super) fn as_string(node: Node<'_>) -> Read<String> {
    match node.kind() {
        Kind::String(text) => Read::Exact(text.to_owned()),
        Kind::Number(text) => Read::Repaired(text.to_owned()),
        Kind::Bool(value) => Read::Repaired(value.to_string()),
        _ => Read::Wrong,
    }
}

pub(super) fn as_integer(node: Node<'_>) -> Read<i64> {
    match node.kind() {
        Kind::Number(text) => match integer(text) {
            Some(number) => Read::Exact(number),
            None if text.contains(['.', 'e', 'E']) => Read::Wrong,
            None => Read::TooLarge,
        },
        Kind::String(text) => integer(text.trim()).map_or(Read::Wrong, Read::Repaired),
        _ => Read::Wrong,
    }
}

pub(super) fn as_number(node: Node<'_>) -> Read<f64> {
    let finite = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
    match node.kind() {
        Kind::Number(text) => finite(text).map_or(Read::TooLarge, Read::Exact),
        Kind::String(text) => finite(text.trim()).map_or(Read::Wrong, Read::Repaired),
        _ => Read::Wrong,
    }
}

pub(super) fn as_boolean(node: Node<'_>) -> Read<bool> {
    match node.kind() {
        Kind::Bool(value) => Read::Exact(value),
        Kind::String(text) => text.trim().to_ascii_lowercase().parse().map_or(Read::Wrong, Read::Repaired),
        _ => Read::Wrong,
    }
}
