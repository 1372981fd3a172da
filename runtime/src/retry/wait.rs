//! How long a server asks to wait.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use crate::contract::{Contract, Limit};
use crate::told::{left, number, read, retry_after, server_time, told_reset};

use super::Outcome;

/// Whether the headers show that a limit was hit: `Retry-After` is there, or nothing is left of a limit. Other wait sources do not count:
/// many servers send their reset time with every answer.
pub fn shows_limit(contract: &Contract, headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::RETRY_AFTER)
        || number(headers, "x-ratelimit-remaining") == Some(0.0)
        || contract.limits.iter().any(|limit| left(limit, headers) == Some(0))
}

/// How long the server asks to wait: the first source that can be read. `Retry-After` is the first unless the manifest lists it elsewhere,
/// then come the manifest's sources, then the resets of its limits. After an outcome other than [`Outcome::Rejected`] only `Retry-After` is
/// heeded, and the reset of a limit only where nothing is left of it: both are sent with answers that have nothing to do with a limit. What
/// [`WaitSource::always`](crate::contract::WaitSource) says of answers that are no failure is not this function's.
pub fn hint(contract: &Contract, headers: &HeaderMap, outcome: Outcome, now: Timestamp) -> Option<Duration> {
    if outcome != Outcome::Rejected {
        return retry_after(headers, now);
    }
    let now = server_time(headers, now);
    let is_retry_after = |header: &str| header.eq_ignore_ascii_case(http::header::RETRY_AFTER.as_str());
    let listed = contract.wait_sources.iter().any(|source| is_retry_after(source.header));
    let first = if listed { None } else { retry_after(headers, now) };
    first
        .or_else(|| {
            contract.wait_sources.iter().find_map(|source| {
                if is_retry_after(source.header) {
                    return retry_after(headers, now);
                }
                let is_left = contract.limits.iter().any(|limit| is_left(limit, source.header, headers));
                if is_left { None } else { read(headers, source.header, source.unit, now) }
            })
        })
        .or_else(|| {
            let spent = |limit: &Limit| told_reset(limit, headers, now).filter(|(rest, _)| *rest == 0);
            contract.limits.iter().find_map(|limit| spent(limit)?.1)
        })
}

/// Whether that header is the reset of this limit, of which something is left.
fn is_left(limit: &Limit, header: &str, headers: &HeaderMap) -> bool {
    let is_reset = limit.headers.reset.is_some_and(|(reset, _)| reset.eq_ignore_ascii_case(header));
    is_reset && left(limit, headers).is_some_and(|rest| rest > 0)
}
