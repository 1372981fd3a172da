//! The drift plan: which records are served otherwise than the document says, and how.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::contract::{Bounds, FieldShape, Path, Shape};
use crate::patterns::pattern;

use super::plan::{Plan, PlanError, Planned};
use super::tree::bare;

/// How a record, or a page, is served otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// The record has one more field, `drifted` unless it is named.
    Unknown,
    /// A field that is never null is null.
    Null,
    /// A single value is a list.
    Type,
    /// A number, or a boolean, is a text.
    Widen,
    /// A text is none of its enum's.
    Enum,
    /// A value is beyond the bounds of its field.
    Beyond,
    /// A field is left out, one that the document requires unless it is named.
    Missing,
    /// A field has another name, with `_renamed` at its end.
    Rename,
    /// The record has no key.
    Key,
    /// The record has no cursor value.
    Cursor,
    /// The list of records stands elsewhere; every page, whatever its number.
    Records,
}

impl Drift {
    const ALL: [(&'static str, Self); 11] = [
        ("unknown", Self::Unknown),
        ("null", Self::Null),
        ("type", Self::Type),
        ("widen", Self::Widen),
        ("enum", Self::Enum),
        ("beyond", Self::Beyond),
        ("missing", Self::Missing),
        ("rename", Self::Rename),
        ("key", Self::Key),
        ("cursor", Self::Cursor),
        ("records", Self::Records),
    ];
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, drift)| drift == self).map_or("", |(name, _)| name);
        formatter.write_str(name)
    }
}

/// Which records are served otherwise: `null:3,unknown=extra:10` makes a field of every third record null and gives every tenth a field
/// `extra`. Where no field is named, it is the record's first one that will do. Records are counted from 1 in the order of their creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftPlan(Plan<Part>);

/// A drift, and the field that it is about where one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    drift: Drift,
    field: Option<String>,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            None => self.drift.fmt(formatter),
            Some(field) => write!(formatter, "{}={field}", self.drift),
        }
    }
}

impl Planned for Part {
    const PLAN: &'static str = "drift plan";
    const FORM: &'static str = "drift:every";
    const EXAMPLE: &'static str = "`null:3` or `null=subject:3`";
    const KNOWN: &'static str =
        "unknown, null, type, widen, enum, beyond, missing, rename, key, cursor and records";
    const COUNTED: &'static str = "records";

    fn read(text: &str) -> Option<Self> {
        let (name, field) = match text.split_once('=') {
            Some((name, field)) => (name.trim(), Some(field.trim().to_owned())),
            None => (text, None),
        };
        let drift = Drift::ALL.iter().find(|(known, _)| *known == name).map(|(_, drift)| *drift)?;
        Some(Self { drift, field })
    }
}

impl fmt::Display for DriftPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for DriftPlan {
    type Err = PlanError;

    /// Reads `drift:every` or `drift=field:every` with commas between them; an empty text is a plan without drift.
    fn from_str(text: &str) -> Result<Self, PlanError> {
        text.parse().map(Self)
    }
}

/// What the plan must know of the records.
pub(super) struct Record<'a> {
    pub(super) shape: &'a Shape,
    pub(super) keys: &'a [Path],
    pub(super) cursor: Option<Path>,
}

impl DriftPlan {
    /// Whether the list of records stands elsewhere.
    pub(super) fn moves_records(&self) -> bool {
        self.0.0.iter().any(|(part, _)| part.drift == Drift::Records)
    }

    /// Makes of a record what is served of it; `number` is its own, from 1.
    pub(super) fn apply(&self, value: &mut Value, number: u64, record: &Record<'_>) {
        for Part { drift, field } in self.0.at(number) {
            record.apply(*drift, field.as_deref(), value);
        }
    }
}

impl Record<'_> {
    fn apply(&self, drift: Drift, named: Option<&str>, value: &mut Value) {
        let chosen = self.chosen(drift, named, value);
        let Value::Object(fields) = value else { return };
        let mut put = |new: Value| drop(chosen.as_ref().map(|name| fields.insert(name.clone(), new)));
        match drift {
            Drift::Unknown => {
                fields.insert(named.unwrap_or("drifted").to_owned(), json!(1));
            }
            Drift::Null => put(Value::Null),
            Drift::Type => put(json!(["drifted"])),
            Drift::Enum => put(json!("drifted")),
            Drift::Widen => {
                let text = chosen.as_ref().and_then(|name| fields.get(name)).map(Value::to_string);
                let widened = chosen.zip(text).filter(|(_, text)| !text.starts_with('"'));
                widened.map(|(name, text)| fields.insert(name, json!(text)));
            }
            Drift::Beyond => {
                let field = chosen.as_deref().and_then(|name| super::tree::field(self.shape, name));
                if let Some(value) = field.and_then(|field| beyond(&field.shape, field.bounds?)) {
                    put(value);
                }
            }
            Drift::Missing => drop(chosen.map(|name| fields.remove(&name))),
            Drift::Rename => {
                if let Some((name, old)) = chosen.and_then(|name| fields.remove(&name).map(|old| (name, old)))
                {
                    fields.insert(format!("{name}_renamed"), old);
                }
            }
            Drift::Key => self.keys.iter().for_each(|path| remove(value, path)),
            Drift::Cursor => self.cursor.into_iter().for_each(|path| remove(value, path)),
            Drift::Records => {}
        }
    }

    /// The field that is meant: the one that is named, or the first that will do.
    fn chosen(&self, drift: Drift, named: Option<&str>, value: &Value) -> Option<String> {
        if let Some(named) = named {
            return Some(named.to_owned());
        }
        let Shape::Object(object) = bare(self.shape) else { return None };
        let found = object.fields.iter().find(|field| {
            let serves = |path: Path| path.first() == Some(&field.name);
            let is_there = value.get(field.name).is_some_and(|held| !held.is_null());
            !self.keys.iter().any(|path| serves(path))
                && !self.cursor.is_some_and(serves)
                && will_do(drift, field)
                && (is_there || drift == Drift::Null)
        });
        found.map(|field| field.name.to_owned())
    }
}

fn will_do(drift: Drift, field: &FieldShape) -> bool {
    match drift {
        Drift::Null => {
            matches!(field.shape, Shape::Boolean | Shape::Integer | Shape::Number | Shape::String(_))
        }
        Drift::Widen => matches!(bare(&field.shape), Shape::Boolean | Shape::Integer | Shape::Number),
        Drift::Type => {
            matches!(bare(&field.shape), Shape::Boolean | Shape::Integer | Shape::Number | Shape::String(_))
        }
        Drift::Enum => matches!(bare(&field.shape), Shape::Enum(_)),
        Drift::Beyond => field.bounds.is_some_and(|bounds| beyond(&field.shape, bounds).is_some()),
        Drift::Missing => field.has(FieldShape::REQUIRED),
        Drift::Rename => true,
        Drift::Unknown | Drift::Key | Drift::Cursor | Drift::Records => false,
    }
}

/// Texts of which most patterns do not match one.
const UNLIKELY: [&str; 4] = ["drifted!", "", "~", "7"];

/// A value that is beyond a bound; of a list one whose item is, of a map one whose value is.
fn beyond(shape: &Shape, bounds: &Bounds) -> Option<Value> {
    let number = bounds
        .maximum
        .map(|most| most + 1.0)
        .or(bounds.exclusive_maximum)
        .or(bounds.minimum.map(|least| least - 1.0))
        .or(bounds.exclusive_minimum)
        .or(bounds.listed.iter().copied().reduce(f64::max).map(|most| most + 1.0));
    let longer = || bounds.max_length.filter(|most| *most < 4096).map(|most| "x".repeat(most as usize + 1));
    let shorter = || bounds.min_length.map(|_| String::new());
    let pattern = bounds.pattern.and_then(pattern);
    let unlike = || {
        pattern
            .and_then(|pattern| UNLIKELY.into_iter().find(|text| !pattern.matches(text)))
            .map(str::to_owned)
    };
    let held = || match (bare(shape), bounds.each?) {
        (Shape::Array(item), each) => beyond(item, each).map(|item| json!([item])),
        (Shape::Map(item), each) => beyond(item, each).map(|item| json!({ "drifted": item })),
        _ => None,
    };
    number
        .map(super::tree::number)
        .or_else(|| longer().or_else(shorter).or_else(unlike).map(Value::String))
        .or_else(held)
}

fn remove(value: &mut Value, path: &[&str]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(value, |value, key| value.get_mut(key));
    if let Some(Value::Object(fields)) = parent {
        fields.remove(*last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{EnumShape, ObjectShape};

    #[test]
    fn plans_are_read_and_written() {
        let table = [
            ("", Ok("")),
            (" null:3 , unknown=extra:10,", Ok("null:3,unknown=extra:10")),
            ("records:1", Ok("records:1")),
            (
                "null",
                Err(
                    "`null` in the drift plan is no `drift:every`; write for example `null:3` or `null=subject:3`",
                ),
            ),
            ("nul:3", Err("`nul` in the drift plan is no drift; there are unknown, null,")),
            ("null:0", Err("`null:0` in the drift plan: `0` is no number of records; write 1 or more")),
        ];
        for (text, expected) in table {
            match (text.parse::<DriftPlan>(), expected) {
                (Ok(plan), Ok(expected)) => assert_eq!(plan.to_string(), expected, "plan `{text}`"),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().starts_with(expected), "plan `{text}`: {error}");
                }
                (plan, _) => panic!("plan `{text}` is {plan:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn a_record_drifts_as_the_plan_says() {
        static STATE: EnumShape = EnumShape { name: "State", values: &["open"] };
        static THING: ObjectShape = ObjectShape {
            name: "Thing",
            fields: &[
                FieldShape::new("id", Shape::Integer, FieldShape::REQUIRED),
                FieldShape::new("at", Shape::String(""), FieldShape::REQUIRED),
                FieldShape::new("size", Shape::Integer, FieldShape::REQUIRED)
                    .within(&Bounds { maximum: Some(9.0), ..Bounds::NONE }),
                FieldShape::new("state", Shape::Enum(&STATE), 0),
                FieldShape::new("code", Shape::String(""), 0)
                    .within(&Bounds { pattern: Some("^[a-z!]*$"), ..Bounds::NONE }),
                FieldShape::new("notes", Shape::Map(&Shape::String("")), 0).within(&Bounds {
                    each: Some(&Bounds { max_length: Some(2), ..Bounds::NONE }),
                    ..Bounds::NONE
                }),
            ],
            additional: None,
        };
        let shape = Shape::Object(&THING);
        let record = Record { shape: &shape, keys: &[&["id"]], cursor: Some(&["at"]) };
        let whole = json!({"id": 1, "at": "x", "size": 2, "state": "open"});
        for (plan, number, expected) in [
            ("null:2", 1, whole.clone()),
            ("null:2", 2, json!({"id": 1, "at": "x", "size": null, "state": "open"})),
            ("unknown:1", 1, json!({"id": 1, "at": "x", "size": 2, "state": "open", "drifted": 1})),
            ("type:1", 1, json!({"id": 1, "at": "x", "size": ["drifted"], "state": "open"})),
            ("widen:1", 1, json!({"id": 1, "at": "x", "size": "2", "state": "open"})),
            ("enum:1", 1, json!({"id": 1, "at": "x", "size": 2, "state": "drifted"})),
            ("beyond:1", 1, json!({"id": 1, "at": "x", "size": 10, "state": "open"})),
            ("beyond=at:1", 1, whole.clone()),
            ("beyond=code:1", 1, json!({"id": 1, "at": "x", "size": 2, "state": "open", "code": "~"})),
            (
                "beyond=notes:1",
                1,
                json!({"id": 1, "at": "x", "size": 2, "state": "open", "notes": {"drifted": "xxx"}}),
            ),
            ("missing:1", 1, json!({"id": 1, "at": "x", "state": "open"})),
            ("missing=state:1", 1, json!({"id": 1, "at": "x", "size": 2})),
            ("rename=state:1", 1, json!({"id": 1, "at": "x", "size": 2, "state_renamed": "open"})),
            ("key:1", 1, json!({"at": "x", "size": 2, "state": "open"})),
            ("cursor:1", 1, json!({"id": 1, "size": 2, "state": "open"})),
            ("records:1", 1, whole.clone()),
        ] {
            let mut value = whole.clone();
            plan.parse::<DriftPlan>().expect(plan).apply(&mut value, number, &record);
            assert_eq!(value, expected, "{plan} of record {number}");
        }
    }
}
