//! What an answer's headers say of a budget.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use sfv::{BareItem, Dictionary, List, ListEntry, Parameters, Parser};

use crate::contract::{Limit, LimitHeaders};

use super::{number, wait};

/// What was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The quota.
    pub(crate) quota: Option<u64>,
    /// What is left of it.
    pub(crate) remaining: Option<u64>,
    /// How long until it is whole again.
    pub(crate) reset: Option<Duration>,
}

impl Reading {
    /// Reads the headers that a limit declares; `None` where it declares none or none is there.
    pub(crate) fn of(declared: &LimitHeaders, headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let whole = |name: Option<&str>| number(headers, name?).filter(|n| *n >= 0.0).map(|n| n as u64);
        let mut reading = Self {
            quota: whole(declared.limit),
            remaining: whole(declared.remaining),
            reset: declared.reset.and_then(|(name, unit)| wait(headers.get(name)?.to_str().ok()?, unit, now)),
        };
        if let Some((used, quota)) = declared.usage.and_then(|name| usage(headers.get(name)?.to_str().ok()?))
        {
            reading.quota = reading.quota.or(Some(quota));
            reading.remaining = reading.remaining.or(Some(quota.saturating_sub(used)));
        }
        if let Some(policy) = declared.policy {
            let structured = Self::structured(policy, headers);
            reading.quota = reading.quota.or(structured.quota);
            reading.remaining = reading.remaining.or(structured.remaining);
            reading.reset = reading.reset.or(structured.reset);
        }
        (reading != Self::default()).then_some(reading)
    }

    /// The fields of draft-ietf-httpapi-ratelimit-headers-10, and the dictionary that versions before 8 had.
    fn structured(policy: &str, headers: &HeaderMap) -> Self {
        let service = best(policy, items(headers, "ratelimit"), "r");
        let declared = best(policy, items(headers, "ratelimit-policy"), "q");
        let told = service.as_ref().map(|(_, parameters)| parameters);
        let remaining = told.and_then(|parameters| count(parameters, "r"));
        if remaining.is_none()
            && let Some(older) = dictionary(headers)
        {
            return older;
        }
        let reset = told.and_then(|parameters| count(parameters, "t")).map(Duration::from_secs);
        // Where no policy is asked for, the quota is that of the one that was found.
        let named = service.as_ref().map(|(name, _)| name.as_str()).filter(|_| policy.is_empty());
        let quota = match named {
            Some(name) => best(name, items(headers, "ratelimit-policy"), "q"),
            None => declared,
        };
        // A quota of something else than requests, such as bytes, is none of ours.
        let quota = quota
            .filter(|(_, parameters)| text(parameters, "qu").is_none_or(|unit| unit == "requests"))
            .and_then(|(_, parameters)| count(&parameters, "q"));
        Self { quota, remaining, reset }
    }
}

/// What the headers say is left of a limit.
pub(crate) fn left(limit: &Limit, headers: &HeaderMap) -> Option<u64> {
    Reading::of(&limit.headers, headers, Timestamp::UNIX_EPOCH)?.remaining
}

/// What the headers say is left of a limit, and how long until it is whole again.
pub(crate) fn told_reset(
    limit: &Limit,
    headers: &HeaderMap,
    now: Timestamp,
) -> Option<(u64, Option<Duration>)> {
    let reading = Reading::of(&limit.headers, headers, now)?;
    Some((reading.remaining?, reading.reset))
}

/// `32/40`, or `api-usage=18/15000`: used, and of how many.
fn usage(text: &str) -> Option<(u64, u64)> {
    let text = text.split([',', ';']).next()?.trim();
    let pair = text.rsplit_once('=').map_or(text, |(_, pair)| pair);
    let (used, quota) = pair.split_once('/')?;
    Some((used.trim().parse().ok()?, quota.trim().parse().ok()?))
}

fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The items of a list with their names.
fn items(headers: &HeaderMap, name: &str) -> Vec<(String, Parameters)> {
    let list = joined(headers, name).and_then(|text| Parser::new(text.as_str()).parse::<List>().ok());
    let entries = list.into_iter().flatten().filter_map(|entry| {
        let ListEntry::Item(item) = entry else { return None };
        let name = match &item.bare_item {
            BareItem::String(name) => name.as_str().to_owned(),
            BareItem::Token(name) => name.as_str().to_owned(),
            _ => return None,
        };
        Some((name, item.params))
    });
    entries.collect()
}

/// The item of that policy; without one, that of which the least is left.
fn best(policy: &str, items: Vec<(String, Parameters)>, by: &str) -> Option<(String, Parameters)> {
    let mine = items.into_iter().filter(|(name, _)| policy.is_empty() || name == policy);
    mine.min_by_key(|(_, parameters)| count(parameters, by).unwrap_or(u64::MAX))
}

fn count(parameters: &Parameters, key: &str) -> Option<u64> {
    whole(parameters.get(key)?)
}

fn whole(value: &BareItem) -> Option<u64> {
    match value {
        BareItem::Integer(number) => u64::try_from(i64::from(*number)).ok(),
        _ => None,
    }
}

fn text<'p>(parameters: &'p Parameters, key: &str) -> Option<&'p str> {
    match parameters.get(key)? {
        BareItem::String(text) => Some(text.as_str()),
        BareItem::Token(text) => Some(text.as_str()),
        _ => None,
    }
}

/// `limit=100, remaining=50, reset=5`.
fn dictionary(headers: &HeaderMap) -> Option<Reading> {
    let dictionary: Dictionary = Parser::new(joined(headers, "ratelimit")?.as_str()).parse().ok()?;
    let value = |key: &str| match dictionary.get(key)? {
        ListEntry::Item(item) => whole(&item.bare_item),
        ListEntry::InnerList(_) => None,
    };
    let reading = Reading {
        quota: value("limit"),
        remaining: value("remaining"),
        reset: value("reset").map(Duration::from_secs),
    };
    reading.remaining.is_some().then_some(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: http::HeaderName = name;
            let value: http::HeaderValue = value;
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn structured_fields_are_read_as_rfc_9651_writes_them() {
        // Policy asked for, headers; quota, what is left, seconds to the reset.
        type Told = (Option<u64>, Option<u64>, Option<u64>);
        type Pairs = &'static [(&'static str, &'static str)];
        let cases: &[(&str, Pairs, Told)] = &[
            ("", &[("ratelimit", r#""default";r=50;t=30"#)], (None, Some(50), Some(30))),
            (
                "",
                &[("ratelimit-policy", r#""default";q=100;w=10"#), ("ratelimit", r#""default";r=50;t=5"#)],
                (Some(100), Some(50), Some(5)),
            ),
            // The one that is nearest to its end, with its own quota, in one line or in two.
            (
                "",
                &[
                    ("ratelimit-policy", r#""burst";q=100;w=60,"daily";q=1000;w=86400"#),
                    ("ratelimit", r#""burst";r=90;t=3, "daily";r=7;t=4000"#),
                ],
                (Some(1000), Some(7), Some(4000)),
            ),
            (
                "burst",
                &[
                    ("ratelimit-policy", r#""burst";q=100;w=60"#),
                    ("ratelimit-policy", r#""daily";q=1000;w=86400"#),
                    ("ratelimit", r#""daily";r=7;t=4000"#),
                    ("ratelimit", r#""burst";r=90;t=3"#),
                ],
                (Some(100), Some(90), Some(3)),
            ),
            ("daily", &[("ratelimit", r#""burst";r=90;t=3"#)], (None, None, None)),
            // Tokens as names, blanks, parameters that nobody knows, a partition key of bytes.
            ("a", &[("ratelimit", "a ; r=1 ; t=2 ; x")], (None, None, None)),
            ("a", &[("ratelimit", "  a; r=1; t=2; x;pk=:cHNzdA==:  ")], (None, Some(1), Some(2))),
            ("", &[("ratelimit", r#""a";r=0"#)], (None, Some(0), None)),
            // Of bytes there may be a quota too.
            ("", &[("ratelimit-policy", r#""b";q=65535;qu="content-bytes";w=10"#)], (None, None, None)),
            ("", &[("ratelimit-policy", r#""b";q=5;qu="requests";w=10"#)], (Some(5), None, None)),
            // What is no structured field, or no whole number, says nothing.
            ("", &[("ratelimit", r#""a";r=-1;t=2"#)], (None, None, Some(2))),
            ("", &[("ratelimit", r#""a";r=1.5;t=2"#)], (None, None, Some(2))),
            ("", &[("ratelimit", r#""a";r="1";t=2"#)], (None, None, Some(2))),
            ("", &[("ratelimit", r#""a;r=1"#)], (None, None, None)),
            ("", &[("ratelimit", r#""a";r=1,"#)], (None, None, None)),
            ("", &[("ratelimit", r#""a";R=1"#)], (None, None, None)),
            ("", &[("ratelimit", "")], (None, None, None)),
            ("", &[("ratelimit", r#"("a" "b");r=1"#)], (None, None, None)),
            ("", &[("ratelimit", r#""a";r=9999999999999999"#)], (None, None, None)),
            // Before version 8 of the draft.
            ("", &[("ratelimit", "limit=100, remaining=50, reset=5")], (Some(100), Some(50), Some(5))),
        ];
        for (policy, pairs, (quota, remaining, reset)) in cases {
            let reading = Reading::structured(policy, &headers(pairs));
            let expected =
                Reading { quota: *quota, remaining: *remaining, reset: reset.map(Duration::from_secs) };
            assert_eq!(reading, expected, "{policy:?} {pairs:?}");
        }
    }

    #[test]
    fn usage_is_read_in_its_forms() {
        for (text, expected) in [
            ("32/40", Some((32, 40))),
            (" 32 / 40 ", Some((32, 40))),
            ("api-usage=18/15000", Some((18, 15_000))),
            ("api-usage=18/15000; per-app-api-usage=17/250", Some((18, 15_000))),
            ("40", None),
            ("x/40", None),
            ("", None),
        ] {
            assert_eq!(usage(text), expected, "{text:?}");
        }
    }
}
