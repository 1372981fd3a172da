//! JSON values that a schema allows, drawn so that together they pass through all that it offers: every alternative, every listed value, null
//! where it may stand, the ends of every range, all properties and only the required ones.
//!
//! A place in the schema at which there is a choice counts what has been chosen there, and takes next what was taken least. Drawing ends when
//! some values in a row have brought nothing new. A value is a proposal: whether the schema allows it is the validator's to say.

mod scalar;
mod words;

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;
use linchpin_pattern::Pattern;
use serde_json::{Map, Value, json};

use words::{entries, has_type, kinds, list, numbers};

/// Values drawn for one schema at most.
const MOST: usize = 60;
/// Values in a row that bring nothing new before drawing ends.
const ENOUGH: usize = 3;
/// Depth below which what may be left out is.
const DEEP: usize = 5;
/// Depth at which a value is given up.
const DEEPEST: usize = 16;
/// Parts of a value after which what may be left out is.
const LARGE: usize = 300;
/// Parts of a value after which it is given up.
const LARGEST: usize = 5_000;

/// Why there is no value for a place: it would never end, or no text is known for a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// The schema demands more depth than is drawn.
    TooDeep,
    /// Nothing is allowed there.
    Impossible,
    /// A pattern that no text could be made for.
    Pattern(String),
}

/// Which whole numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integers {
    /// All that the schema allows.
    All,
    /// Those that every reader of JSON has exactly (RFC 8259, section 6): Prism, being JavaScript, refuses others.
    Interoperable,
}

/// Draws values for one schema, which stands alone.
#[derive(Debug)]
struct Sampler<'s> {
    definitions: Option<&'s Map<String, Value>>,
    random: Rng,
    integers: Integers,
    /// For each place with a choice, how often each of its options was taken.
    taken: HashMap<(usize, &'static str), BTreeMap<usize, usize>>,
    /// Whether the value that is being drawn took something for the first time.
    is_new: bool,
    /// Parts of the value that is being drawn.
    parts: usize,
    /// Which optional properties the value has.
    optional: Optional,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Optional {
    All,
    None,
    Some,
}

/// All schemas that a value has to follow at one place.
type All<'s> = Vec<&'s Value>;

/// The values that were drawn for a schema; where there are none, the reason.
pub fn samples(schema: &Value, integers: Integers, random: Rng) -> Result<Vec<Value>, NoValue> {
    let mut sampler = Sampler {
        definitions: schema.get("$defs").and_then(Value::as_object),
        random,
        integers,
        taken: HashMap::new(),
        is_new: false,
        parts: 0,
        optional: Optional::All,
    };
    let (mut values, mut problem, mut stale) = (Vec::new(), NoValue::Impossible, 0);
    for number in 0..MOST {
        (sampler.is_new, sampler.parts) = (false, 0);
        sampler.optional = match number {
            0 => Optional::All,
            1 => Optional::None,
            _ if number % 2 == 0 => Optional::All,
            _ => Optional::Some,
        };
        match sampler.value(vec![schema], 0) {
            Ok(value) if !values.contains(&value) => values.push(value),
            Ok(_) => {}
            Err(why) => problem = why,
        }
        stale = if sampler.is_new { 0 } else { stale + 1 };
        if stale >= ENOUGH {
            break;
        }
    }
    if values.is_empty() { Err(problem) } else { Ok(values) }
}

impl<'s> Sampler<'s> {
    /// The least taken of so many options of a place, which counts as taken.
    fn choose(&mut self, place: &'s Value, what: &'static str, options: usize) -> usize {
        let taken = self.taken.entry((std::ptr::from_ref(place).addr(), what)).or_default();
        let count = |option: usize| taken.get(&option).copied().unwrap_or_default();
        let least = (0..options).min_by_key(|option| count(*option)).unwrap_or_default();
        if count(least) == 0 {
            self.is_new = true;
        }
        *taken.entry(least).or_default() += 1;
        least
    }

    fn value(&mut self, all: All<'s>, depth: usize) -> Result<Value, NoValue> {
        self.parts += 1;
        if depth > DEEPEST || self.parts > LARGEST {
            return Err(NoValue::TooDeep);
        }
        let all = self.expanded(all, depth)?;
        if all.contains(&&Value::Bool(false)) {
            return Err(NoValue::Impossible);
        }
        if let Some(value) = self.listed(&all) {
            return value;
        }
        let (place, kinds) = kinds(&all);
        let Some(place) = place else { return Ok(self.anything()) };
        let kind = match kinds.len() {
            0 => return Err(NoValue::Impossible),
            1 => kinds[0],
            count => kinds[self.choose(place, "type", count)],
        };
        match kind {
            "null" => Ok(Value::Null),
            "boolean" => Ok(json!(self.choose(place, "boolean", 2) == 0)),
            "integer" => Ok(self.number(place, &all, true)),
            "number" => Ok(self.number(place, &all, false)),
            "string" => self.text(place, &all),
            "array" => self.array(place, &all, depth),
            _ => self.object(place, &all, depth),
        }
    }

    /// With what is referred to, all parts and one alternative of each choice.
    fn expanded(&mut self, all: All<'s>, depth: usize) -> Result<All<'s>, NoValue> {
        let (mut open, mut found): (All<'s>, All<'s>) = (all, Vec::new());
        open.reverse();
        let mut steps = 0;
        while let Some(schema) = open.pop() {
            steps += 1;
            if steps > 2_000 {
                return Err(NoValue::TooDeep);
            }
            if found.iter().any(|known| std::ptr::eq(*known, schema)) {
                continue;
            }
            found.push(schema);
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let name = reference.rsplit('/').next().unwrap_or_default();
                open.extend(self.definitions.and_then(|known| known.get(name)));
            }
            open.extend(list(schema, "allOf"));
            for word in ["oneOf", "anyOf"] {
                // What is a constant in one alternative may be another one by what stands beside them.
                let contradicts = |alternative: &&'s Value| {
                    let lists = found.iter().filter_map(|known| known.get("enum").and_then(Value::as_array));
                    alternative
                        .get("const")
                        .is_some_and(|value| lists.into_iter().any(|list| !list.contains(value)))
                };
                let alternatives: All<'s> = list(schema, word).filter(|one| !contradicts(one)).collect();
                if alternatives.is_empty() {
                    continue;
                }
                // Deep down only what needs no further depth: the null of something nullable, a text instead of an object.
                let simple: All<'s> = match depth > DEEP || self.parts > LARGE {
                    true => alternatives
                        .iter()
                        .copied()
                        .filter(|alternative| self.is_simple(alternative))
                        .collect(),
                    false => Vec::new(),
                };
                let alternatives = if simple.is_empty() { alternatives } else { simple };
                open.push(alternatives[self.choose(schema, word, alternatives.len())]);
            }
        }
        Ok(found)
    }

    fn is_simple(&self, schema: &Value) -> bool {
        let schema = match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let name = reference.rsplit('/').next().unwrap_or_default();
                self.definitions.and_then(|known| known.get(name)).unwrap_or(schema)
            }
            None => schema,
        };
        let kind = schema.get("type").and_then(Value::as_str);
        matches!(kind, Some("null" | "boolean" | "integer" | "number" | "string"))
    }

    /// One of the listed values that all lists have.
    fn listed(&mut self, all: &All<'s>) -> Option<Result<Value, NoValue>> {
        if let Some(value) = all.iter().find_map(|schema| schema.get("const")) {
            let allowed = |schema: &&Value| {
                schema.get("const").is_none_or(|other| other == value)
                    && schema.get("enum").and_then(Value::as_array).is_none_or(|list| list.contains(value))
            };
            return Some(if all.iter().all(allowed) { Ok(value.clone()) } else { Err(NoValue::Impossible) });
        }
        let mut lists = all.iter().filter_map(|schema| schema.get("enum"));
        let first = lists.next()?;
        let others: All<'s> = lists.collect();
        let in_all = |value: &&Value| {
            others.iter().all(|list| list.as_array().is_some_and(|list| list.contains(value)))
        };
        let fits = |value: &&Value| all.iter().all(|schema| has_type(schema, value));
        let values: All<'s> = first.as_array()?.iter().filter(in_all).filter(fits).collect();
        if values.is_empty() {
            return Some(Err(NoValue::Impossible));
        }
        let chosen = self.choose(first, "enum", values.len());
        Some(Ok(values[chosen].clone()))
    }

    /// A value of any kind, where the schema says nothing.
    fn anything(&mut self) -> Value {
        match self.random.usize(..6) {
            0 => json!("any text"),
            1 => json!(7),
            2 => json!(true),
            3 => json!([1, "two", null]),
            4 => json!({ "key": { "inner": 0.5 } }),
            _ => json!({ "key": "value" }),
        }
    }

    fn array(&mut self, place: &'s Value, all: &All<'s>, depth: usize) -> Result<Value, NoValue> {
        let least = numbers(all, "minItems").max().unwrap_or(0) as usize;
        let most = numbers(all, "maxItems").min().map_or(usize::MAX, |most| most as usize);
        let wanted = match self.choose(place, "items", 3) {
            _ if depth > DEEP || self.parts > LARGE => least,
            0 => least.max(1),
            1 => least,
            _ => least + 2,
        };
        let wanted = wanted.min(most.max(least)).min(LARGEST);
        let unique = all.iter().any(|schema| schema.get("uniqueItems") == Some(&Value::Bool(true)));
        let tuple = all.iter().find_map(|schema| schema.get("prefixItems")).and_then(Value::as_array);
        let tuple: All<'s> = tuple.into_iter().flatten().collect();
        let items: All<'s> = all.iter().filter_map(|schema| schema.get("items")).collect();
        let mut values: Vec<Value> = Vec::new();
        for number in 0..wanted.max(tuple.len().min(most)) {
            let schemas = tuple.get(number).map_or_else(|| items.clone(), |schema| vec![*schema]);
            // A few more tries, where the next must not be one of those before.
            let tries = if unique { 8 } else { 1 };
            for _ in 0..tries {
                match self.value(schemas.clone(), depth + 1) {
                    Ok(value) if !unique || !values.contains(&value) => {
                        values.push(value);
                        break;
                    }
                    Ok(_) => {}
                    Err(_) if values.len() >= least => return Ok(Value::Array(values)),
                    Err(why) => return Err(why),
                }
            }
        }
        Ok(Value::Array(values))
    }

    fn object(&mut self, place: &'s Value, all: &All<'s>, depth: usize) -> Result<Value, NoValue> {
        let mut properties: Vec<(&'s str, All<'s>)> = Vec::new();
        for (name, schema) in all.iter().flat_map(|schema| entries(schema, "properties")) {
            match properties.iter_mut().find(|(known, _)| *known == name) {
                Some((_, schemas)) => schemas.push(schema),
                None => properties.push((name, vec![schema])),
            }
        }
        let required: Vec<&'s str> =
            all.iter().flat_map(|schema| list(schema, "required")).filter_map(Value::as_str).collect();
        // Beside alternatives alone keys are theirs: a type keeps those that an alternative itself leaves open.
        let has_own = |schema: &&&Value| {
            schema.get("properties").is_some()
                || ["oneOf", "anyOf"].iter().all(|word| schema.get(*word).is_none())
        };
        let others: All<'s> =
            all.iter().filter(has_own).filter_map(|schema| schema.get("additionalProperties")).collect();
        for name in &required {
            if !properties.iter().any(|(known, _)| known == name) {
                properties.push((name, others.clone()));
            }
        }
        let least = numbers(all, "minProperties").max().unwrap_or(0) as usize;
        let spare = depth > DEEP || self.parts > LARGE || self.optional == Optional::None;
        let mut object = Map::new();
        for (name, schemas) in properties {
            let required = required.contains(&name);
            let wanted = match self.optional {
                _ if required => true,
                _ if spare => object.len() < least,
                Optional::Some => self.random.bool(),
                _ => true,
            };
            if !wanted {
                continue;
            }
            match self.value(schemas, depth + 1) {
                Ok(value) => drop(object.insert(name.to_owned(), value)),
                Err(why) if required => return Err(why),
                Err(_) => {}
            }
        }
        self.further(place, all, &others, spare, least, depth, &mut object)?;
        Ok(Value::Object(object))
    }

    /// Keys that the schema leaves open.
    #[expect(clippy::too_many_arguments, reason = "what one object is made of")]
    fn further(
        &mut self,
        place: &'s Value,
        all: &All<'s>,
        others: &All<'s>,
        spare: bool,
        least: usize,
        depth: usize,
        object: &mut Map<String, Value>,
    ) -> Result<(), NoValue> {
        let by_pattern: Vec<(&'s str, &'s Value)> =
            all.iter().flat_map(|schema| entries(schema, "patternProperties")).collect();
        if !spare {
            for (pattern, schema) in &by_pattern {
                let draw = |below| self.random.u64(..below);
                let key = Pattern::read(pattern).ok().and_then(|pattern| pattern.sample(3, draw));
                let Some(key) = key else { continue };
                if let Ok(value) = self.value(vec![schema], depth + 1) {
                    object.insert(key, value);
                }
            }
        }
        let open = !others.is_empty() && !others.contains(&&Value::Bool(false));
        let empty = by_pattern.is_empty()
            && others.is_empty()
            && !all.iter().any(|schema| schema.get("properties").is_some());
        if !open && !empty {
            return Ok(());
        }
        let names: All<'s> = all.iter().filter_map(|schema| schema.get("propertyNames")).collect();
        let wanted = match self.choose(place, "further", 3) {
            _ if spare => 0,
            0 => 1,
            1 => 0,
            _ => 2,
        };
        let wanted = wanted.max(least.saturating_sub(object.len()));
        for number in 0..wanted {
            let key = match names.is_empty() {
                true => format!("further{number}"),
                false => match self.value(names.clone(), depth + 1)? {
                    Value::String(key) => key,
                    _ => continue,
                },
            };
            match self.value(others.clone(), depth + 1) {
                Ok(value) => drop(object.insert(key, value)),
                Err(why) if object.len() < least => return Err(why),
                Err(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::{Value, json};

    use super::{Integers, NoValue, samples};

    #[test]
    fn the_values_of_a_schema_pass_through_all_that_it_offers() {
        let schema = json!({
            "type": "object",
            "required": ["kind"],
            "properties": {
                "kind": { "enum": ["a", "b", "c"] },
                "more": { "oneOf": [{ "type": "string" }, { "$ref": "#/$defs/Node" }, { "type": "null" }] },
                "count": { "type": "integer", "minimum": 1, "maximum": 9 },
                "list": { "type": "array", "items": { "type": "boolean" }, "minItems": 1, "uniqueItems": true },
                "code": { "type": "string", "pattern": "^[A-Z]{2}$" }
            },
            "$defs": { "Node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/Node" } } } }
        });
        let values = samples(&schema, Integers::All, Rng::with_seed(1)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for value in &values {
            assert!(validator.is_valid(value), "{value}");
        }
        let some = |what: &str, holds: &dyn Fn(&Value) -> bool| {
            assert!(values.iter().any(holds), "{what}: {values:#?}");
        };
        for kind in ["a", "b", "c"] {
            some(kind, &|value| value["kind"] == kind);
        }
        some("a text", &|value| value["more"].is_string());
        some("an object that goes on", &|value| value["more"]["next"].is_object());
        some("null", &|value| value.get("more") == Some(&Value::Null));
        some("only what is required", &|value| value.as_object().is_some_and(|value| value.len() == 1));
        some("everything", &|value| value.as_object().is_some_and(|value| value.len() == 5));
        for end in [1, 9] {
            some("both ends of a range", &|value| value["count"] == end);
        }
        let again = samples(&schema, Integers::All, Rng::with_seed(1)).unwrap();
        assert_eq!(values, again, "the same chance gives the same values");
    }

    #[test]
    fn what_has_no_value_is_told() {
        let endless = json!({
            "$ref": "#/$defs/A",
            "$defs": { "A": { "type": "object", "required": ["a"], "properties": { "a": { "$ref": "#/$defs/A" } } } }
        });
        let table = [
            (endless, NoValue::TooDeep),
            (json!({ "allOf": [{ "type": "string" }, { "type": "object" }] }), NoValue::Impossible),
            (json!({ "enum": ["a"], "type": "integer" }), NoValue::Impossible),
            (json!({ "type": "string", "pattern": "^(?!a)b$" }), NoValue::Pattern("^(?!a)b$".to_owned())),
        ];
        for (schema, expected) in table {
            assert_eq!(samples(&schema, Integers::All, Rng::with_seed(1)), Err(expected), "{schema}");
        }
    }
}
