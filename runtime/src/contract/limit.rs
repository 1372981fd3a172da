//! What a server allows: budgets, how it tells them, and where it says how long to wait.

/// A budget. A request starts only where every limit that counts its operation lets it through.
#[derive(Debug)]
pub struct Limit {
    /// Name in the manifest.
    pub name: &'static str,
    /// What it lets through.
    pub quota: Quota,
    /// Who shares it.
    pub scope: Scope,
    /// Config values that tell one holder from another; empty for those that the scope implies.
    pub by: &'static [&'static str],
    /// Operations of which a request counts as something else than one unit, by id.
    pub costs: &'static [(&'static str, Cost)],
    /// Headers by which the server corrects it.
    pub headers: LimitHeaders,
}

/// What a limit lets through, in units: requests, unless [`Limit::costs`] says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// So many units in any span of that length, wherever it begins. It never exceeds a fixed window of the same quota either, so it serves
    /// where the server's way of counting is not known.
    SlidingLog {
        /// How many.
        units: u64,
        /// Length of the span.
        per_milliseconds: u64,
    },
    /// So many units in each window. Windows begin at whole multiples of their length since 1970-01-01 UTC, until the server's reset header
    /// tells where they do.
    FixedWindow {
        /// How many.
        units: u64,
        /// Length of a window.
        per_milliseconds: u64,
    },
    /// A bucket that fills steadily, also known as a leaky bucket.
    TokenBucket {
        /// How many units it gains.
        units: u64,
        /// In which time.
        per_milliseconds: u64,
        /// How many it holds.
        burst: u64,
    },
    /// So many requests at once. A request counts until its answer's body is read or dropped.
    Concurrent {
        /// How many.
        requests: u64,
    },
    /// No published quota: everything is let through until the server refuses; then a rate is learned, never below this one.
    Adaptive {
        /// How many requests at least.
        units: u64,
        /// In which time.
        per_milliseconds: u64,
    },
}

/// Who shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All users of the connector, whatever their credential.
    App,
    /// Those who use the same credential.
    Account,
    /// Those with the same values of [`Limit::by`], whatever their credential.
    Tenant,
    /// Those who use the same credential, each operation apart.
    Endpoint,
}

/// What a request of an operation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// So many units.
    Units(u64),
    /// The number in this parameter, by its index in [`Operation::parameters`](super::Operation::parameters); 1 where it is not set.
    Parameter(usize),
}

/// Headers that tell a budget's state.
#[derive(Debug, Default)]
pub struct LimitHeaders {
    /// The quota.
    pub limit: Option<&'static str>,
    /// What is left of it.
    pub remaining: Option<&'static str>,
    /// When it is whole again, with the unit, which no header tells.
    pub reset: Option<(&'static str, TimeUnit)>,
    /// What is used of the quota, as `32/40` or `name=32/40`.
    pub usage: Option<&'static str>,
    /// The policy of the `RateLimit` and `RateLimit-Policy` fields (draft-ietf-httpapi-ratelimit-headers-10) that is this limit; an empty name
    /// for the one that is nearest to its end.
    pub policy: Option<&'static str>,
}

/// A header that tells how long to wait.
#[derive(Debug)]
pub struct WaitSource {
    /// The header.
    pub header: &'static str,
    /// Its unit.
    pub unit: TimeUnit,
    /// Whether every answer is heeded that has it, and not refusals alone: nothing is sent to the server before that time is over.
    pub always: bool,
}

/// The unit of a time in a header. The same header name means different things at different vendors, so it is always declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds from now, whole or with a fraction.
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMilliseconds,
    /// A date as in RFC 9110 5.6.7.
    HttpDate,
}
