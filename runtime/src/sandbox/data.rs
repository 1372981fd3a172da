//! Made-up values of a shape. A value is a function of a number (the chance) and its place alone: the same seed gives the same bytes, and
//! a record in the middle of ten million is made without the others.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use crate::contract::{Bounds, FieldShape, ObjectShape, Shape, UnionShape, VariantTest};

use crate::patterns::pattern;

use super::tree::bare;

/// Below this depth only what must be there is made, and no object at all far below it, so that recursive shapes end.
const DEPTH: u32 = 4;
const DEEPEST: u32 = 24;
/// Fields of one record, roughly; after them only what must be there is made.
const BUDGET: u32 = 300;

/// One step of SplitMix64 (Steele, Lea and Flood, 2014): spreads neighbouring numbers over all bits.
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number that differs by the text.
pub(super) fn derive(chance: u64, text: &str) -> u64 {
    mix(text.bytes().fold(chance, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// What a value is made from.
#[derive(Clone, Copy)]
pub(super) struct Source {
    /// The seed of everything.
    pub(super) seed: u64,
    /// Position of the record in its data set.
    pub(super) index: u64,
    /// The moment around which its times lie, in seconds since 1970.
    pub(super) moment: i64,
}

/// A record or other value, as full as an API would send it.
pub(super) fn value(shape: &Shape, source: Source) -> Value {
    let mut maker = Maker { source, budget: BUDGET, least: false };
    let chance = mix(derive(source.seed, "value") ^ mix(source.index));
    maker.value(shape, "", chance, 0)
}

/// The least that the shape allows: required fields only, lists empty, null where possible.
pub(super) fn least(shape: &Shape, source: Source) -> Value {
    let mut maker = Maker { source, budget: 0, least: true };
    let chance = mix(derive(source.seed, "least"));
    maker.value(shape, "", chance, 0)
}

struct Maker {
    source: Source,
    budget: u32,
    least: bool,
}

impl Maker {
    fn scarce(&self, depth: u32) -> bool {
        self.least || self.budget == 0 || depth >= DEPTH
    }

    fn value(&mut self, shape: &Shape, name: &str, chance: u64, depth: u32) -> Value {
        self.budget = self.budget.saturating_sub(1);
        if depth > DEEPEST {
            return Value::Null;
        }
        match shape {
            Shape::Any => Value::String(word(chance).to_owned()),
            Shape::Never => Value::Null,
            Shape::Boolean => Value::Bool(chance & 1 == 1),
            Shape::Integer => self.integer(name, chance),
            Shape::Number => json!((chance % 100_000) as f64 / 100.0),
            Shape::String(format) => Value::String(self.text(format, name, chance)),
            Shape::Enum(shape) => {
                // In turn rather than by chance, so that a handful of records shows each value.
                let count = shape.values.len().max(1) as u64;
                let turn = self.source.index.wrapping_add(derive(0, name)) % count;
                json!(shape.values.get(turn as usize).copied().unwrap_or("unknown"))
            }
            Shape::Array(item) => {
                let count = if self.scarce(depth) { 0 } else { chance % 4 };
                (0..count).map(|at| self.value(item, name, mix(chance ^ at), depth + 1)).collect()
            }
            Shape::Tuple(shape) => {
                let count = if self.scarce(depth) { shape.required } else { shape.items.len() };
                let items = shape.items.iter().take(count).zip(0u64..);
                items.map(|(item, at)| self.value(item, name, mix(chance ^ at), depth + 1)).collect()
            }
            Shape::Map(item) => {
                let count = if self.scarce(depth) { 0 } else { chance % 3 };
                let entries = (0..count).map(|at| {
                    let chance = mix(chance ^ at);
                    (word(chance).to_owned(), self.value(item, name, chance, depth + 1))
                });
                Value::Object(entries.collect())
            }
            Shape::Object(object) => self.object(object, None, chance, depth),
            Shape::Union(union) => self.union(union, name, chance, depth),
            Shape::Nullable(inner) => {
                let scarce = self.least || (self.scarce(depth) && !is_scalar(inner));
                if scarce || mix(chance).is_multiple_of(6) {
                    Value::Null
                } else {
                    self.value(inner, name, chance, depth)
                }
            }
        }
    }

    fn object(&mut self, shape: &ObjectShape, forced: Option<&str>, chance: u64, depth: u32) -> Value {
        let mut fields = Map::new();
        for field in shape.fields {
            let chance = derive(chance, field.name);
            let needed = field.has(FieldShape::REQUIRED) || forced == Some(field.name);
            let left_out = self.least
                || (self.scarce(depth) && !is_scalar(&field.shape))
                || mix(chance ^ 1).is_multiple_of(6);
            if field.has(FieldShape::WRITE_ONLY) || (!needed && left_out) {
                continue;
            }
            let mut value = self.value(&field.shape, field.name, chance, depth + 1);
            // A text that is listed is as good as it can be.
            if let Some(bounds) = field.bounds.filter(|_| !matches!(bare(&field.shape), Shape::Enum(_))) {
                keep(&mut value, bounds, chance);
            }
            fields.insert(field.name.to_owned(), value);
        }
        Value::Object(fields)
    }

    fn union(&mut self, union: &UnionShape, name: &str, chance: u64, depth: u32) -> Value {
        let count = union.variants.len().max(1) as u64;
        let turn = (self.source.index.wrapping_add(derive(1, name)) % count) as usize;
        let plain = || union.variants.iter().find(|variant| is_scalar(&variant.shape));
        // An id in place of the object it stands for: what real APIs send at depth as well.
        let chosen = if self.scarce(depth) { plain() } else { None };
        let Some(variant) = chosen.or_else(|| union.variants.get(turn)) else { return Value::Null };
        let turn = (mix(chance) % 1024) as usize;
        let (key, values) = match (&variant.test, union.discriminator) {
            (VariantTest::Tag(values), Some(key)) => (key, *values),
            (VariantTest::Constant(key, values), _) => (*key, *values),
            (VariantTest::Key(key), _) => (*key, [].as_slice()),
            _ => return self.value(&variant.shape, name, chance, depth + 1),
        };
        let mut value = match bare(&variant.shape) {
            Shape::Object(object) => self.object(object, Some(key), chance, depth + 1),
            other => self.value(&other, name, chance, depth + 1),
        };
        if let (Some(tag), Value::Object(fields)) = (values.get(turn % values.len().max(1)), &mut value) {
            fields.insert(key.to_owned(), json!(tag));
        }
        value
    }

    fn integer(&self, name: &str, chance: u64) -> Value {
        let name = name.to_ascii_lowercase();
        if is_time(&name) || name == "created" || name == "updated" {
            json!(self.near(&name, chance))
        } else if name == "status" || name == "code" {
            json!(200)
        } else if name.ends_with("id") {
            json!(1 + chance % 100_000)
        } else {
            json!(chance % 1000)
        }
    }

    /// A moment near the record's own, and not before it for what follows a creation.
    fn near(&self, name: &str, chance: u64) -> i64 {
        let away = (chance % 86_400) as i64;
        let before = ["creat", "start", "open", "begin"].iter().any(|word| name.contains(word));
        if before { self.source.moment - away } else { self.source.moment + away }
    }

    fn text(&self, format: &str, name: &str, chance: u64) -> String {
        let name = name.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match format {
            "date-time" => return rfc3339(self.near(&name, chance)),
            "date" => return day(self.near(&name, chance)),
            "time" => return format!("{:02}:{:02}:{:02}Z", chance % 24, chance % 60, (chance >> 8) % 60),
            "duration" => return format!("PT{}M", 1 + chance % 90),
            "uuid" | "guid" => return uuid(chance, mix(chance)),
            "email" | "idn-email" => return email(chance),
            "uri" | "url" | "uri-reference" | "iri" | "uri-template" => return url(&name, chance),
            "hostname" | "idn-hostname" => return format!("{}.example.com", word(chance)),
            "ipv4" => return format!("192.0.2.{}", chance % 256),
            "ipv6" => return format!("2001:db8::{:x}", chance % 65_536),
            "decimal" => return format!("{}.{:02}", chance % 1_000, (chance >> 16) % 100),
            "byte" | "base64" => return base64::engine::general_purpose::STANDARD.encode(words(chance, 4)),
            "password" => return "sandbox-password".to_owned(),
            _ => {}
        }
        if has(&["email"]) {
            email(chance)
        } else if is_time(&name) {
            rfc3339(self.near(&name, chance))
        } else if has(&["url", "uri", "href", "link"]) {
            url(&name, chance)
        } else if has(&["phone", "mobile", "fax"]) {
            format!("+1202555{:04}", chance % 10_000)
        } else if has(&["currency"]) {
            ["usd", "eur", "gbp"][(chance % 3) as usize].to_owned()
        } else if has(&["country"]) {
            ["US", "DE", "JP"][(chance % 3) as usize].to_owned()
        } else if has(&["locale", "language"]) {
            ["en-US", "de", "ja"][(chance % 3) as usize].to_owned()
        } else if has(&["time_zone", "timezone"]) {
            "Etc/UTC".to_owned()
        } else if has(&["color"]) {
            format!("{:06x}", chance % 0x0100_0000)
        } else if has(&["sha", "hash", "digest"]) {
            format!("{chance:016x}{:016x}{:08x}", mix(chance), (mix(chance ^ 1)) as u32)
        } else if has(&["content_type", "mime"]) {
            "text/plain".to_owned()
        } else if has(&["body", "description", "comment", "message", "summary", "note", "content"]) {
            words(chance, 12)
        } else if has(&["title", "subject"]) {
            words(chance, 5)
        } else if has(&["login", "username", "slug", "handle"]) {
            format!("{}-{}", word(chance), chance % 10_000)
        } else if has(&["name"]) {
            format!("{} {}", capital(word(chance)), capital(word(mix(chance))))
        } else if name == "id" || name.ends_with("_id") || name.ends_with("token") {
            format!("{chance:016x}")
        } else {
            word(chance).to_owned()
        }
    }
}

/// Makes a value one that keeps its bounds, as far as there is one; an API that is as its document says serves no other.
fn keep(value: &mut Value, bounds: &Bounds, chance: u64) {
    let size = |least: Option<u64>, most: Option<u64>, now: usize| {
        let now = now as u64;
        usize::try_from(now.min(most.unwrap_or(u64::MAX)).max(least.unwrap_or_default()))
            .unwrap_or(now as usize)
    };
    match value {
        Value::String(text) => {
            let resized = || {
                let now = text.chars().count();
                let length = size(bounds.min_length, bounds.max_length, now).min(now + 4096);
                text.chars().chain(std::iter::repeat('x')).take(length).collect()
            };
            let matching = bounds.pattern.and_then(|pattern| matching(text, pattern, bounds, chance));
            *text = matching.unwrap_or_else(resized);
        }
        Value::Array(items) => {
            if let Some(each) = bounds.each {
                items.iter_mut().for_each(|item| keep(item, each, chance));
            }
            if bounds.unique_items {
                let mut seen = Vec::new();
                items.retain(|item| !seen.contains(item) && (seen.push(item.clone()), true).1);
            }
            let length = size(bounds.min_items, bounds.max_items, items.len()).min(items.len() + 64);
            if let Some(first) = items.first().cloned() {
                let mut more = (1_u64..).map(|number| match (&first, bounds.unique_items) {
                    (Value::String(text), true) => Value::from(format!("{text}{number}")),
                    (Value::Number(known), true) => {
                        Value::from(known.as_u64().unwrap_or_default().wrapping_add(number))
                    }
                    _ => first.clone(),
                });
                items.resize_with(length, || more.next().unwrap_or_default());
            }
        }
        Value::Object(fields) => {
            if let Some(each) = bounds.each {
                fields.values_mut().for_each(|value| keep(value, each, chance));
            }
            let least = bounds.min_properties.unwrap_or_default().min(64);
            if let Some(first) = fields.values().next().cloned() {
                let more =
                    (fields.len() as u64..least).map(|number| (format!("key_{number}"), first.clone()));
                fields.extend(more);
            }
        }
        Value::Number(_) if !bounds.listed.is_empty() => {
            let turn = chance % bounds.listed.len() as u64;
            let listed = usize::try_from(turn).ok().and_then(|turn| bounds.listed.get(turn)).copied();
            *value = listed.map_or(Value::Null, super::tree::number);
        }
        Value::Number(number) => {
            if let Some(kept) = kept(number, bounds, chance) {
                *value = kept;
            }
        }
        _ => {}
    }
}

/// The text, or one like it, that matches a pattern and has the length that it is to have; `None` where there is none, or none is found.
fn matching(text: &str, text_of_pattern: &'static str, bounds: &Bounds, chance: u64) -> Option<String> {
    let pattern = pattern(text_of_pattern)?;
    let lengths = bounds.min_length.unwrap_or_default()..=bounds.max_length.unwrap_or(u64::MAX);
    let fits = |text: &str| lengths.contains(&(text.chars().count() as u64)) && pattern.matches(text);
    if fits(text) {
        return Some(text.to_owned());
    }
    let mut chance = chance;
    let mut draw = |below: u64| {
        chance = mix(chance);
        chance % below.max(1)
    };
    // Short ones first: most patterns that say nothing of a length mean a word.
    let mut tries = [6, 0, 2, 20, 40, 100, 400].into_iter();
    tries.find_map(|more| pattern.sample(more, &mut draw).filter(|made| fits(made)))
}

/// A number within a range; `None` where it is so already.
fn kept(number: &serde_json::Number, bounds: &Bounds, chance: u64) -> Option<Value> {
    let is_whole = !number.is_f64();
    let step = bounds.multiple_of.filter(|step| *step > 0.0).unwrap_or(if is_whole { 1.0 } else { 0.01 });
    let now = number.as_f64()?;
    let least = bounds.minimum.or(bounds.exclusive_minimum.map(|least| least + step));
    let most = bounds.maximum.or(bounds.exclusive_maximum.map(|most| most - step));
    let is_within = least.is_none_or(|least| now >= least) && most.is_none_or(|most| now <= most);
    if is_within && bounds.multiple_of.is_none() {
        return None;
    }
    // From the bound that is there, by as many steps as fit.
    let (from, sign) = match (least, most) {
        (Some(least), _) => ((least / step).ceil(), 1.0),
        (None, Some(most)) => ((most / step).floor(), -1.0),
        (None, None) => (0.0, 1.0),
    };
    let room = match (least, most) {
        (Some(_), Some(most)) => ((most / step).floor() - from).clamp(0.0, 999.0),
        _ => 999.0,
    };
    let made = (from + sign * (chance % (room as u64 + 1)) as f64) * step;
    Some(if is_whole { json!(made as i64) } else { json!(made) })
}

fn is_scalar(shape: &Shape) -> bool {
    matches!(
        bare(shape),
        Shape::Any | Shape::Boolean | Shape::Integer | Shape::Number | Shape::String(_) | Shape::Enum(_)
    )
}

fn is_time(name: &str) -> bool {
    ["_at", "_time", "timestamp", "datetime"].iter().any(|end| name.ends_with(end))
}

/// RFC 3339 in UTC, whole seconds.
pub(super) fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// The day of a moment, in UTC.
pub(super) fn day(seconds: i64) -> String {
    rfc3339(seconds).chars().take(10).collect()
}

/// A UUID of version 4's form with the number in its last 48 bits.
pub(super) fn uuid(number: u64, chance: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        chance >> 32,
        chance & 0xffff,
        chance >> 16 & 0xfff,
        chance >> 28 & 0xfff,
        number & 0xffff_ffff_ffff
    )
}

fn email(chance: u64) -> String {
    format!("{}.{}@example.com", word(chance), chance % 100_000)
}

fn url(name: &str, chance: u64) -> String {
    format!("https://example.com/{}/{}", name.trim_end_matches("_url"), chance % 100_000)
}

const WORDS: [&str; 32] = [
    "amber", "birch", "cedar", "delta", "ember", "fable", "grove", "haven", "iris", "jade", "kelp", "lumen",
    "maple", "north", "ocean", "pearl", "quill", "raven", "sable", "thorn", "umber", "vivid", "willow",
    "xenon", "yarrow", "zephyr", "anchor", "beacon", "copper", "drift", "echo", "falcon",
];

fn word(chance: u64) -> &'static str {
    WORDS[(chance % WORDS.len() as u64) as usize]
}

fn words(chance: u64, count: u64) -> String {
    let all: Vec<&str> = (0..count).map(|at| word(mix(chance ^ at))).collect();
    capital(&all.join(" "))
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_bounds() {
        let text = Bounds { min_length: Some(3), max_length: Some(4), ..Bounds::NONE };
        let range = Bounds { minimum: Some(2000.0), maximum: Some(2003.0), ..Bounds::NONE };
        let open = Bounds { exclusive_maximum: Some(0.0), ..Bounds::NONE };
        let step = Bounds { multiple_of: Some(5.0), minimum: Some(1.0), ..Bounds::NONE };
        let list = Bounds { min_items: Some(2), max_items: Some(3), ..Bounds::NONE };
        type Fits = fn(&Value) -> bool;
        static CODE: Bounds =
            Bounds { pattern: Some("^AC[0-9a-f]{4,9}$"), max_length: Some(8), ..Bounds::NONE };
        let never = Bounds { pattern: Some("$a"), max_length: Some(2), ..Bounds::NONE };
        let map = Bounds { min_properties: Some(2), each: Some(&CODE), ..Bounds::NONE };
        fn is_code(value: &Value) -> bool {
            value.as_str().is_some_and(|text| text.starts_with("AC") && (6..=8).contains(&text.len()))
        }
        let listed = Bounds { listed: &[1.0, 2.5], maximum: Some(9.0), ..Bounds::NONE };
        let table: [(&Bounds, Value, Fits); 14] = [
            (&listed, json!(7), |value| *value == 1 || *value == 2.5),
            (&CODE, json!("word"), is_code),
            (&CODE, json!("AC0123"), |value| value == "AC0123"),
            (&never, json!("word"), |value| value == "wo"),
            (&map, json!({"a": "b"}), |value| {
                value.as_object().is_some_and(|map| map.len() == 2 && map.values().all(is_code))
            }),
            (&text, json!("a"), |value| value == "axx"),
            (&text, json!("abcdef"), |value| value == "abcd"),
            (&range, json!(7), |value| (2000..=2003).contains(&value.as_i64().unwrap_or_default())),
            (&range, json!(2001), |value| *value == 2001),
            (&range, json!(1.5), |value| (2000.0..=2003.0).contains(&value.as_f64().unwrap_or_default())),
            (&open, json!(12), |value| value.as_i64().is_some_and(|number| number < 0)),
            (&step, json!(7), |value| value.as_i64().is_some_and(|number| number >= 1 && number % 5 == 0)),
            (&list, json!([1]), |value| value.as_array().is_some_and(|items| items.len() == 2)),
            (&list, json!([1, 2, 3, 4]), |value| value.as_array().is_some_and(|items| items.len() == 3)),
        ];
        for (bounds, value, fits) in table {
            for chance in 0..50 {
                let mut made = value.clone();
                keep(&mut made, bounds, chance);
                assert!(fits(&made), "{value} became {made} within {bounds:?}");
            }
        }
    }
}
