//! Numbers and texts that a schema allows.

use linchpin_pattern::Pattern;
use serde_json::{Number, Value, json};

use super::words::{numbers, texts};
use super::{All, Integers, NoValue, Sampler};
use crate::exercise::text;

/// The largest whole number up to which a double has all.
const EXACT: i128 = (1 << 53) - 1;

impl<'s> Sampler<'s> {
    pub(super) fn number(&mut self, place: &'s Value, all: &All<'s>, whole: bool) -> Value {
        let bound = |words: [&str; 2]| {
            let found = all.iter().flat_map(|schema| words.iter().filter_map(|word| schema.get(*word)));
            found.filter_map(Value::as_f64).collect::<Vec<f64>>()
        };
        let exclusive = |word: &str| all.iter().any(|schema| schema.get(word).is_some());
        let format = texts(all, "format").next().unwrap_or_default();
        let step = all.iter().find_map(|schema| schema.get("multipleOf")).and_then(Value::as_f64);
        let nudge = step.unwrap_or(if whole { 1.0 } else { 0.25 });
        let low = bound(["minimum", "exclusiveMinimum"]).into_iter().reduce(f64::max);
        let low = low.map(|low| if exclusive("exclusiveMinimum") { low + nudge } else { low });
        let high = bound(["maximum", "exclusiveMaximum"]).into_iter().reduce(f64::min);
        let high = high.map(|high| if exclusive("exclusiveMaximum") { high - nudge } else { high });
        let chosen = self.choose(place, "number", 4);
        if whole && step.is_none() {
            return self.whole(format, low, high, chosen);
        }
        let value = match (chosen, low, high) {
            (0, Some(low), _) => low,
            (1, _, Some(high)) => high,
            (_, Some(low), Some(high)) => low + (high - low) / 2.0,
            (_, Some(low), None) => low + nudge * 5.0,
            (_, None, Some(high)) => high - nudge * 5.0,
            (0, ..) => 0.0,
            (1, ..) => -12.75,
            // More digits than a single has, where it is not one.
            (2, ..) if format != "float" => 1_234_567.890_123,
            _ => 42.5,
        };
        let value = match step {
            Some(step) => (value / step).round() * step,
            None => value,
        };
        // A whole number is written without a fraction, as most servers do.
        if value.fract() == 0.0 && value.abs() < 9e15 {
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
            return json!(value as i64);
        }
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounds of a document; a cast that is cut stays in range"
    )]
    fn whole(&mut self, format: &str, low: Option<f64>, high: Option<f64>, chosen: usize) -> Value {
        let (least, most) = match format {
            "int8" => (i128::from(i8::MIN), i128::from(i8::MAX)),
            "int16" => (i128::from(i16::MIN), i128::from(i16::MAX)),
            "int32" => (i128::from(i32::MIN), i128::from(i32::MAX)),
            "uint8" => (0, i128::from(u8::MAX)),
            "uint16" => (0, i128::from(u16::MAX)),
            "uint32" => (0, i128::from(u32::MAX)),
            "uint64" | "uint" => (0, i128::from(u64::MAX)),
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        };
        let (least, most) = match self.integers {
            Integers::All => (least, most),
            Integers::Interoperable => (least.max(-EXACT), most.min(EXACT)),
        };
        let low = low.map_or(least, |low| (low.ceil() as i128).max(least));
        let high = high.map_or(most, |high| (high.floor() as i128).min(most));
        let value = match chosen {
            0 => low,
            1 => high,
            2 => 0,
            _ => i128::from(self.random.u32(1..100)),
        };
        let value = value.clamp(low, high.max(low));
        i64::try_from(value).map(|value| json!(value)).unwrap_or_else(|_| json!(value.clamp(0, most) as u64))
    }

    pub(super) fn text(&mut self, place: &'s Value, all: &All<'s>) -> Result<Value, NoValue> {
        let least = numbers(all, "minLength").max().unwrap_or(0);
        let most = numbers(all, "maxLength").min().unwrap_or(u64::MAX);
        let lengths = least..=most.max(least);
        let length = |text: &str| text.chars().count() as u64;
        let patterns: Vec<&str> = texts(all, "pattern").collect();
        let format = texts(all, "format").next().unwrap_or_default();
        if let [first, ..] = patterns.as_slice() {
            // A format's texts are closer to what a pattern means than any text that it lets through.
            let known = (0..text::count(format)).map(|number| text::of(format, number).to_owned());
            let chosen = self.choose(place, "text", 3);
            let mut tries: Vec<String> = known.collect();
            let pattern = Pattern::read(first).ok();
            for more in [chosen as u32, 0, 1, 3, 8, 20, 40] {
                for _ in 0..4 {
                    let draw = |below| self.random.u64(..below);
                    tries.extend(pattern.as_ref().and_then(|pattern| pattern.sample(more, draw)));
                }
            }
            let fits = |text: &String| {
                lengths.contains(&length(text)) && patterns.iter().all(|pattern| matches(pattern, text))
            };
            let found = tries.into_iter().find(fits);
            return found.map(Value::String).ok_or_else(|| NoValue::Pattern((*first).to_owned()));
        }
        let chosen = self.choose(place, "text", text::count(format));
        let mut text = text::of(format, chosen).to_owned();
        if !lengths.contains(&length(&text)) {
            text = text
                .chars()
                .chain(std::iter::repeat('x'))
                .take(least.max(most.min(length(&text))) as usize)
                .collect();
        }
        Ok(Value::String(text))
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    jsonschema::validator_for(&json!({ "pattern": pattern }))
        .is_ok_and(|validator| validator.is_valid(&json!(text)))
}
