//! What a schema says of a value beyond its type, in short sentences for the comment of a field or parameter. Nothing of it is checked or sent:
//! a server's word on its own values counts, and a client that sends defaults would undo what the server decides later.

use openapiv3::{AnySchema, ArrayType, IntegerType, NumberType, ObjectType, StringType};
use serde_json::Value;

use super::facts::Facts;
use super::graph::Bounds;

/// Values and patterns longer than this are not shown.
const LONGEST: usize = 60;
/// More listed values than this are not shown.
const MOST_VALUES: usize = 16;

/// Bounds of a value. Where several schemas bound it, the one nearest to the use is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits<'d> {
    minimum: Option<(String, bool)>,
    maximum: Option<(String, bool)>,
    length: (Option<usize>, Option<usize>),
    items: (Option<usize>, Option<usize>),
    unique_items: bool,
    multiple_of: Option<String>,
    properties: (Option<usize>, Option<usize>),
    /// With the pointer of the schema that says it.
    pattern: Option<(&'d str, String)>,
}

impl<'d> Limits<'d> {
    pub(super) fn of_text(&mut self, text: &'d StringType, pointer: &str) {
        self.length(text.min_length, text.max_length);
        self.note_pattern(text.pattern.as_deref(), pointer);
    }

    pub(super) fn of_integer(&mut self, integer: &IntegerType) {
        self.multiple_of(integer.multiple_of.map(|step| step.to_string()));
        let (minimum, maximum) = (integer.minimum, integer.maximum);
        // The bounds of a width say nothing but the width.
        let widths = [i64::from(i32::MIN), i64::from(i32::MAX), i64::from(u32::MAX), i64::MIN, i64::MAX];
        let told = |bound: &i64| !widths.contains(bound);
        self.range(
            minimum.filter(told).map(|bound| (bound.to_string(), integer.exclusive_minimum)),
            maximum.filter(told).map(|bound| (bound.to_string(), integer.exclusive_maximum)),
        );
    }

    pub(super) fn of_number(&mut self, number: &NumberType) {
        self.multiple_of(number.multiple_of.map(|step| step.to_string()));
        self.range(
            number.minimum.map(|bound| (bound.to_string(), number.exclusive_minimum)),
            number.maximum.map(|bound| (bound.to_string(), number.exclusive_maximum)),
        );
    }

    pub(super) fn of_array(&mut self, array: &ArrayType) {
        self.items(array.min_items, array.max_items);
        self.unique_items |= array.unique_items;
    }

    pub(super) fn of_object(&mut self, object: &ObjectType) {
        self.properties(object.min_properties, object.max_properties);
    }

    pub(super) fn of_any(&mut self, any: &'d AnySchema, pointer: &str) {
        self.length(any.min_length, any.max_length);
        self.note_pattern(any.pattern.as_deref(), pointer);
        self.items(any.min_items, any.max_items);
        self.properties(any.min_properties, any.max_properties);
        self.unique_items |= any.unique_items.unwrap_or_default();
        self.multiple_of(any.multiple_of.map(|step| step.to_string()));
        self.range(
            any.minimum.map(|bound| (bound.to_string(), any.exclusive_minimum.unwrap_or_default())),
            any.maximum.map(|bound| (bound.to_string(), any.exclusive_maximum.unwrap_or_default())),
        );
    }

    /// The pattern of a text, and the pointer of the schema that says it.
    pub(super) fn pattern(&self) -> Option<(&'d str, &str)> {
        self.pattern.as_ref().map(|(pattern, pointer)| (*pattern, pointer.as_str()))
    }

    /// What of it values can be held against, but for the pattern; `each` is what can of the items of a list and the values of a map.
    pub(super) fn bounds(&self, each: Option<Bounds>) -> Bounds {
        let least = |(least, most): (Option<usize>, Option<usize>)| (least.filter(|least| *least > 0), most);
        Bounds {
            minimum: self.minimum.clone(),
            maximum: self.maximum.clone(),
            multiple_of: self.multiple_of.clone(),
            length: least(self.length),
            items: least(self.items),
            unique_items: self.unique_items,
            properties: least(self.properties),
            pattern: None,
            listed: Vec::new(),
            each: each.map(Box::new),
        }
    }

    /// `minItems`.
    pub(super) fn least_items(&self) -> usize {
        self.items.0.unwrap_or_default()
    }

    fn note_pattern(&mut self, pattern: Option<&'d str>, pointer: &str) {
        if let (None, Some(pattern)) = (&self.pattern, pattern) {
            self.pattern = Some((pattern, pointer.to_owned()));
        }
    }

    fn length(&mut self, least: Option<usize>, most: Option<usize>) {
        self.length = (self.length.0.or(least), self.length.1.or(most));
    }

    fn multiple_of(&mut self, step: Option<String>) {
        self.multiple_of = self.multiple_of.take().or(step);
    }

    fn items(&mut self, least: Option<usize>, most: Option<usize>) {
        self.items = (self.items.0.or(least), self.items.1.or(most));
    }

    fn properties(&mut self, least: Option<usize>, most: Option<usize>) {
        self.properties = (self.properties.0.or(least), self.properties.1.or(most));
    }

    fn range(&mut self, minimum: Option<(String, bool)>, maximum: Option<(String, bool)>) {
        self.minimum = self.minimum.take().or(minimum);
        self.maximum = self.maximum.take().or(maximum);
    }

    fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        let range = match (&self.minimum, &self.maximum) {
            (Some((least, false)), Some((most, false))) if least == most => Some(format!("Always {least}.")),
            (Some((least, false)), Some((most, false))) => Some(format!("From {least} to {most}.")),
            (Some(least), Some(most)) => Some(format!("{}, {}.", above(least), below(most).to_lowercase())),
            (Some(least), None) => Some(format!("{}.", above(least))),
            (None, Some(most)) => Some(format!("{}.", below(most))),
            (None, None) => None,
        };
        told.extend(range);
        told.extend(count(self.length, "character"));
        told.extend(count(self.items, "item"));
        let pattern = self.pattern().filter(|(pattern, _)| is_short(pattern) && !pattern.is_empty());
        told.extend(pattern.map(|(pattern, _)| format!("Pattern: `{pattern}`.")));
        told
    }
}

fn above((bound, exclusive): &(String, bool)) -> String {
    format!("{} {bound}", if *exclusive { "More than" } else { "At least" })
}

fn below((bound, exclusive): &(String, bool)) -> String {
    format!("{} {bound}", if *exclusive { "Less than" } else { "At most" })
}

fn count((least, most): (Option<usize>, Option<usize>), of: &str) -> Option<String> {
    let things = |count: usize| if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") };
    match (least.filter(|least| *least > 0), most) {
        (Some(least), Some(most)) if least == most => Some(format!("Exactly {}.", things(most))),
        (Some(least), Some(most)) => Some(format!("{least} to {}.", things(most))),
        (Some(least), None) => Some(format!("At least {}.", things(least))),
        (None, Some(most)) => Some(format!("At most {}.", things(most))),
        (None, None) => None,
    }
}

/// What the schemas of a value say of it beyond its type.
pub(super) fn remarks(facts: &Facts<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    // Null says that the value may be missing, and so does the type.
    let default = facts.default.filter(|default| !default.is_null()).and_then(shown);
    remarks.extend(default.map(|default| format!("Default: {default}.")));
    let listed = facts.values.as_deref().filter(|values| !values.iter().all(Value::is_string));
    if let Some(values) = listed.filter(|values| values.len() <= MOST_VALUES) {
        let all: Option<Vec<String>> = values.iter().map(shown).collect();
        remarks.extend(all.map(|all| match all.as_slice() {
            [only] => format!("Always {only}."),
            all => format!("One of {}.", all.join(", ")),
        }));
    }
    remarks.extend(facts.limits.told());
    remarks
}

/// A value as a code span, if it is short.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) if !text.is_empty() && text.trim() == text => text.clone(),
        other => other.to_string(),
    };
    is_short(&text).then(|| format!("`{text}`"))
}

/// A backtick would end the code span that the text is shown in.
fn is_short(text: &str) -> bool {
    text.chars().count() <= LONGEST && !text.contains(['`', '\n', '\r'])
}
