//! Limits: the headers that responses declare, and the units that their declarations say.

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, ReferenceOr};
use serde::Serialize;

use super::schema::{self, Bounds};
use super::words;
use super::{Confidence, Undecided};
use crate::model::operations;

/// What a document declares of limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LimitGuess {
    /// Header of the quota.
    pub limit: Option<String>,
    /// Header of what is left of it.
    pub remaining: Option<String>,
    /// Header of when it is whole again.
    pub reset: Option<String>,
    /// Unit of that header as a manifest writes it; `None` where the document does not say.
    pub reset_unit: Option<String>,
    /// Whether some response declares `Retry-After`.
    pub retry_after: bool,
    /// Whether some operation declares that it answers 429.
    pub too_many_requests: bool,
    /// Requests in a time that prose says, as a manifest writes it.
    pub quota: Option<(u64, String)>,
    /// How much speaks for it.
    pub confidence: Option<Confidence>,
    /// What speaks for it.
    pub reason: String,
}

pub(super) fn limits(document: &OpenAPI, undecided: &mut Vec<Undecided>) -> LimitGuess {
    let mut guess = LimitGuess::default();
    let mut headers: BTreeMap<String, (usize, Bounds)> = BTreeMap::new();
    let mut operations = 0;
    for (_, _, source) in operations::each(document) {
        operations += 1;
        for (status, response) in &source.responses.responses {
            guess.too_many_requests |= matches!(status, openapiv3::StatusCode::Code(429));
            let Some(response) = response.as_item() else { continue };
            for (name, header) in &response.headers {
                let ReferenceOr::Item(header) = header else { continue };
                let (count, known) = headers
                    .entry(name.to_ascii_lowercase())
                    .or_insert_with(|| (0, schema::of_header(document, header)));
                *count += 1;
                if known.description.is_empty() {
                    *known = schema::of_header(document, header);
                }
                // As the document writes it, in most places.
                known.example = known.example.take().or_else(|| header.example.clone());
            }
        }
    }
    guess.retry_after = headers.contains_key("retry-after");
    let role = |name: &str| -> Option<&'static str> {
        let canonical = words::canonical(name);
        let bare = canonical.strip_prefix("x_").unwrap_or(&canonical);
        let bare = bare.replace("rate_limit", "ratelimit");
        let last = bare.strip_prefix("ratelimit_")?;
        Some(match last {
            "limit" => "limit",
            "remaining" => "remaining",
            "reset" | "reset_at" | "reset_in" | "reset_after" => "reset",
            _ => return None,
        })
    };
    let mut count = 0;
    for what in ["limit", "remaining", "reset"] {
        // Of several families, the one that most responses declare.
        let found =
            headers.iter().filter(|(name, _)| role(name) == Some(what)).max_by_key(|(_, (count, _))| *count);
        let Some((name, (times, bounds))) = found else { continue };
        count = count.max(*times);
        match what {
            "limit" => guess.limit = Some(name.clone()),
            "remaining" => guess.remaining = Some(name.clone()),
            _ => {
                guess.reset_unit = unit(bounds).map(str::to_owned);
                if guess.reset_unit.is_none() {
                    undecided.push(Undecided::new("limits", format!("the document declares the header `{name}` and not its unit: seconds from now, or since 1970? Vendors differ, so it is left out")));
                }
                guess.reset = Some(name.clone());
            }
        }
    }
    let top = words::prose(document.info.description.as_deref());
    guess.quota = quota(&top).or_else(|| {
        headers
            .iter()
            .filter(|(name, _)| role(name) == Some("limit"))
            .find_map(|(_, (_, bounds))| quota(&bounds.description.to_lowercase()))
    });
    if guess.limit.is_some() || guess.remaining.is_some() {
        guess.confidence = Some(if guess.reset.is_none() || guess.reset_unit.is_some() {
            Confidence::High
        } else {
            Confidence::Medium
        });
        guess.reason = format!("responses declare these headers, {count} times in {operations} operations");
        if guess.quota.is_none() {
            undecided.push(Undecided::new("limits", "the document declares the headers of a limit and not how many requests it allows: fill `requests` and `per` in"));
        }
    } else if let Some((requests, per)) = &guess.quota {
        guess.confidence = Some(Confidence::Low);
        guess.reason = format!("the document's prose speaks of {requests} requests in {per}");
    }
    if !guess.too_many_requests {
        undecided.push(Undecided::new("limits", "no operation declares that it answers 429: whether there is a limit, and what tells it, is to be read elsewhere"));
    }
    guess
}

/// The unit of a header that says when a limit is whole again, where its declaration says it.
fn unit(bounds: &Bounds) -> Option<&'static str> {
    let prose = bounds.description.to_lowercase();
    let epoch = words::says(
        &prose,
        &["epoch", "unix", "unix time", "unix timestamp", "since 1970", "utc epoch", "timestamp"],
    );
    let milliseconds = words::says(&prose, &["milliseconds", "millisecond", "ms"]);
    let seconds = words::says(&prose, &["seconds", "second"]);
    let from_now = words::says(
        &prose,
        &["until", "remaining", "left", "before", "in which", "number of seconds", "seconds to wait", "wait"],
    );
    // The size of a value tells an age of the world from a wait.
    let example = bounds.example.as_ref().and_then(schema::count);
    match (epoch, milliseconds, seconds) {
        (true, true, _) => Some("epoch_milliseconds"),
        (true, false, _) => Some("epoch_seconds"),
        (false, true, _) if from_now => Some("milliseconds"),
        (false, false, true) if from_now && example.is_none_or(|value| value < 1_000_000_000) => {
            Some("seconds")
        }
        _ => match example {
            Some(value) if (1_000_000_000..10_000_000_000).contains(&value) => Some("epoch_seconds"),
            Some(value) if value >= 1_000_000_000_000 => Some("epoch_milliseconds"),
            _ => None,
        },
    }
}

/// `5,000 requests per hour`, `100 requests/minute`.
fn quota(prose: &str) -> Option<(u64, String)> {
    let cleaned: String =
        prose.chars().map(|c| if matches!(c, '*' | '`' | '/' | '(' | ')') { ' ' } else { c }).collect();
    let parts: Vec<&str> = cleaned.split_whitespace().collect();
    let number = |text: &str| -> Option<u64> {
        let digits: String = text.chars().filter(|c| *c != ',').collect();
        digits.parse().ok().filter(|number| *number > 0)
    };
    for (at, part) in parts.iter().enumerate() {
        let Some(requests) = number(part) else { continue };
        let rest: Vec<&str> = parts.iter().skip(at + 1).take(5).copied().collect();
        let Some(word) =
            rest.iter().position(|word| matches!(*word, "requests" | "calls" | "request" | "queries"))
        else {
            continue;
        };
        let unit = rest.iter().skip(word + 1).find_map(|word| match word.trim_end_matches(['.', ',', ';']) {
            "second" | "sec" | "s" => Some("1s"),
            "minute" | "min" => Some("1m"),
            "hour" | "hr" | "h" => Some("1h"),
            "day" => Some("1d"),
            _ => None,
        });
        if let Some(unit) = unit {
            return Some((requests, unit.to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_and_never_guessed() {
        for (description, example, expected) in [
            ("The time at which the window resets, in UTC epoch seconds", None, Some("epoch_seconds")),
            ("Unix timestamp of the reset", None, Some("epoch_seconds")),
            ("Seconds until the limit is reset", None, Some("seconds")),
            ("Milliseconds until the limit is reset", None, Some("milliseconds")),
            ("When the limit is reset", None, None),
            ("When the limit is reset", Some(1_444_931_833), Some("epoch_seconds")),
            ("When the limit is reset", Some(41), None),
            ("", None, None),
        ] {
            let bounds = Bounds {
                description: description.to_owned(),
                example: example.map(Into::into),
                ..Bounds::default()
            };
            assert_eq!(unit(&bounds), expected, "{description} {example:?}");
        }
    }

    #[test]
    fn quotas_are_read_from_prose() {
        for (prose, expected) in [
            ("limited to 5,000 requests per hour", Some((5000, "1h"))),
            ("**250 requests/minute**.", Some((250, "1m"))),
            ("100 api calls per second", Some((100, "1s"))),
            ("requests are limited", None),
            ("up to 100 records", None),
        ] {
            assert_eq!(quota(prose), expected.map(|(requests, per)| (requests, per.to_owned())), "{prose}");
        }
    }
}
