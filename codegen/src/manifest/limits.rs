//! The manifest's budgets, and where a server says how long to wait.

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::Entries;
use crate::source::Spanned;

/// A budget: exactly one of `requests`, `points`, `concurrent` and `adaptive`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "oneOf" = [
        {"required": ["requests"]}, {"required": ["points"]}, {"required": ["concurrent"]}, {"required": ["adaptive"]}
    ],
    "dependentRequired" = {"requests": ["per"], "points": ["per", "cost"]}
))]
pub struct Limit {
    /// How many requests; needs `per`.
    #[schemars(range(min = 1))]
    pub requests: Option<Spanned<u64>>,
    /// How many points, of which each request costs some; needs `per` and `cost`.
    #[schemars(range(min = 1))]
    pub points: Option<Spanned<u64>>,
    /// How many requests at once.
    #[schemars(range(min = 1))]
    pub concurrent: Option<Spanned<u64>>,
    /// The API publishes no quota: nothing is held back until it refuses, and then the rate is learned.
    pub adaptive: Option<Adaptive>,
    /// In which time: `500ms`, `10s`, `1m`, `1h`, `1d`.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub per: Option<Spanned<String>>,
    /// How the server counts. Without this: `sliding_log`, which keeps to the other shapes of the same quota too.
    pub shape: Option<Spanned<LimitShape>>,
    /// How much a `token_bucket` holds. Without this: what it gains in `per`.
    #[schemars(range(min = 1))]
    pub burst: Option<Spanned<u64>>,
    /// Who shares it. Without this: `account`.
    pub scope: Option<Spanned<LimitScope>>,
    /// The config values that tell one holder from another. A `tenant` needs them; an `account` has its credential without them.
    #[schemars(length(min = 1))]
    pub by: Option<Vec<Spanned<String>>>,
    /// What a request costs in points.
    pub cost: Option<LimitCost>,
    /// Headers by which the server tells the budget's state.
    #[serde(default)]
    pub headers: LimitHeaders,
    /// Counts only requests that read (GET, HEAD, OPTIONS), or only those that write. A pool for each keeps them apart; in a pool that both
    /// share, writes go first. Without this: all.
    pub methods: Option<Spanned<MethodClass>>,
    /// The operations that it counts: ids, `METHOD /path`, `tag:NAME`. Without this key: all.
    #[schemars(length(min = 1))]
    pub operations: Option<Vec<Spanned<String>>>,
}

/// How a server counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitShape {
    /// Each request counts for `per` after it was made.
    SlidingLog,
    /// All counts end together: at whole minutes, hours or days of UTC, or when the reset header says so.
    FixedWindow,
    /// A bucket that fills steadily; also called a leaky bucket.
    TokenBucket,
}

/// Who shares a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// All users of the connector, whatever their credential.
    App,
    /// Those who use the same credential.
    Account,
    /// Those with the same values of `by`, whatever their credential.
    Tenant,
    /// Those who use the same credential, each operation apart.
    Endpoint,
}

/// Requests that read, or requests that write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MethodClass {
    /// GET, HEAD, OPTIONS, TRACE, QUERY.
    Read,
    /// POST, PUT, PATCH, DELETE.
    Write,
}

/// A rate that is learned.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adaptive {
    /// The rate never falls below so many requests.
    #[schemars(range(min = 1))]
    pub at_least: Spanned<u64>,
    /// In which time: `500ms`, `10s`, `1m`, `1h`, `1d`.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub per: Spanned<String>,
}

/// What a request costs in points.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitCost {
    /// Of every operation that the others do not name. Without this: 1.
    #[schemars(range(min = 1))]
    pub default: Option<Spanned<u64>>,
    /// Of single operations, by id or `METHOD /path`.
    #[serde(default)]
    pub operations: Entries<Spanned<u64>>,
    /// Of single operations, by id or `METHOD /path`: the parameter whose number is the cost. Where it is not set, the cost is 1.
    #[serde(default)]
    pub parameters: Entries<Spanned<String>>,
}

/// Headers that tell a budget's state.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {"reset": ["reset_unit"], "reset_unit": ["reset"]}))]
pub struct LimitHeaders {
    /// Header of the quota.
    pub limit: Option<Spanned<String>>,
    /// Header of what is left of it.
    pub remaining: Option<Spanned<String>>,
    /// Header of when it is whole again; needs `reset_unit`.
    pub reset: Option<Spanned<String>>,
    /// Unit of `reset`. The same header means different things at different vendors, so it is never guessed.
    pub reset_unit: Option<TimeUnit>,
    /// Header of what is used of the quota: `32/40`, or `name=32/40`.
    pub usage: Option<Spanned<String>>,
    /// The policy of the structured fields `RateLimit` and `RateLimit-Policy` that is this budget; `any` for the one that is nearest to its end.
    pub policy: Option<Spanned<String>>,
}

/// What a server says about trying again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Headers that say how long to wait, in the order of trust. `Retry-After` is always read.
    #[serde(default)]
    pub wait: Vec<WaitSource>,
}

/// A header that says how long to wait.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitSource {
    /// The header.
    pub header: Spanned<String>,
    /// Its unit. `Retry-After` needs no entry, for it is read in both of its forms.
    pub unit: TimeUnit,
    /// Whether every answer is heeded that has it, and not refusals alone: nothing is sent to the server before that time is over. Take it for a
    /// header by which a server that is busy asks all its clients to come less often, never for one that is sent with each answer.
    #[serde(default)]
    pub always: bool,
}

/// The unit of a time in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMilliseconds,
    /// A date as in RFC 9110, 5.6.7.
    HttpDate,
}
