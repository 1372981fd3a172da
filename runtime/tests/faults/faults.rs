//! The faults, as rows: what goes wrong, how a run with it ends, and for which styles there is no such fault, with the reason.

use linchpin_runtime::contract::{Limit, LimitHeaders, Quota, Scope, TimeUnit, WaitSource};
use linchpin_runtime::paging::PagingProblem;
use linchpin_runtime::{AuthProblem, Error, ErrorKind};

use crate::styles::Way;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// A refusal for a limit: status, and where the wait is told.
    Limited(u16, Told),
    /// A wait that is longer than a call may wait.
    LimitedForLong,
    /// 503, and whether it tells a wait.
    Unavailable(bool),
    /// Nothing but 503 from some request on.
    Outage,
    NoConnection,
    ResetUnread,
    /// A stream that the server refused before it looked at it, and says so (RFC 9113, 8.7).
    RefusedStream,
    ResetRead,
    Silence,
    Truncated,
    TruncatedFramedAnew,
    Stalled,
    Html,
    GzipBomb,
    RepeatedCursor,
    CyclicCursor,
    /// The server answers with the first page whatever page is asked for.
    FirstPageAgain,
    TotalTooHigh,
    TotalTooLow,
    /// There is a page without records in the middle.
    EmptyPage,
    /// A page comes without its records, once.
    EmptiedPage,
    TokenRevoked,
    /// The refresh is done and its answer lost; the old refresh token is taken once more.
    RefreshLost,
    /// The refresh is done and its answer lost; the old refresh token is taken no more.
    RefreshLostForGood,
    NextElsewhere,
    RedirectElsewhere,
    ClockAhead,
    ClockBehind,
    /// Records come in at the top of the list while it is read.
    Inserts,
}

/// Where a wait is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    Nowhere,
    RetryAfterSeconds,
    RetryAfterDate,
    /// A wait source of the manifest, by its index in [`WAIT_SOURCES`].
    Source(usize),
    /// The reset of a limit, by its index in [`LIMITS`].
    Reset(usize),
    /// The dictionary of the `RateLimit` field before version 8 of its draft.
    OldRateLimit,
}

/// One for each unit.
pub(crate) static WAIT_SOURCES: [WaitSource; 5] = [
    WaitSource { header: "x-wait-seconds", unit: TimeUnit::Seconds, always: false },
    WaitSource { header: "x-wait-milliseconds", unit: TimeUnit::Milliseconds, always: false },
    WaitSource { header: "x-wait-until-seconds", unit: TimeUnit::EpochSeconds, always: false },
    WaitSource { header: "x-wait-until-milliseconds", unit: TimeUnit::EpochMilliseconds, always: false },
    WaitSource { header: "x-wait-until-date", unit: TimeUnit::HttpDate, always: false },
];

/// One for each unit of a reset, one whose use is told as a fraction, and one that the structured fields tell.
pub(crate) static LIMITS: [Limit; 7] = [
    limit("seconds", "x-left-0", Some(("x-reset-0", TimeUnit::Seconds))),
    limit("milliseconds", "x-left-1", Some(("x-reset-1", TimeUnit::Milliseconds))),
    limit("epoch seconds", "x-left-2", Some(("x-reset-2", TimeUnit::EpochSeconds))),
    limit("epoch milliseconds", "x-left-3", Some(("x-reset-3", TimeUnit::EpochMilliseconds))),
    limit("date", "x-left-4", Some(("x-reset-4", TimeUnit::HttpDate))),
    Limit {
        headers: LimitHeaders {
            limit: None,
            remaining: None,
            reset: Some(("x-reset-5", TimeUnit::Seconds)),
            usage: Some("x-usage"),
            policy: None,
        },
        ..limit("usage", "", None)
    },
    Limit {
        headers: LimitHeaders { limit: None, remaining: None, reset: None, usage: None, policy: Some("") },
        ..limit("structured", "", None)
    },
];

const fn limit(name: &'static str, left: &'static str, reset: Option<(&'static str, TimeUnit)>) -> Limit {
    let headers = LimitHeaders { limit: None, remaining: Some(left), reset, usage: None, policy: None };
    let quota = Quota::SlidingLog { units: 1_000_000, per_milliseconds: 1_000 };
    Limit { name, quota, scope: Scope::Account, by: &[], costs: &[], headers }
}

/// How a run with a fault ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    /// With every record.
    Well,
    /// With one of these errors.
    Red(&'static [&'static str]),
    /// One way or the other.
    Either(&'static [&'static str]),
}

impl Ends {
    pub(crate) fn reasons(self) -> &'static [&'static str] {
        match self {
            Self::Well => &[],
            Self::Red(reasons) | Self::Either(reasons) => reasons,
        }
    }
}

/// A fault, how it ends, and the styles that do not have it.
pub(crate) struct Row {
    pub(crate) fault: Fault,
    pub(crate) ends: Ends,
    /// Styles in which it ends otherwise.
    pub(crate) but: &'static [(&'static [Way], Ends)],
    pub(crate) not_applicable: &'static [(&'static [Way], &'static str)],
}

impl Row {
    const fn new(fault: Fault, ends: Ends) -> Self {
        Self { fault, ends, but: &[], not_applicable: &[] }
    }

    const fn but(self, but: &'static [(&'static [Way], Ends)]) -> Self {
        Self { but, ..self }
    }

    const fn not_applicable(self, not_applicable: &'static [(&'static [Way], &'static str)]) -> Self {
        Self { not_applicable, ..self }
    }

    pub(crate) fn ends(&self, way: Way) -> Ends {
        self.but.iter().find(|(ways, _)| ways.contains(&way)).map_or(self.ends, |(_, ends)| *ends)
    }

    pub(crate) fn why_not(&self, way: Way) -> Option<&'static str> {
        self.not_applicable.iter().find(|(ways, _)| ways.contains(&way)).map(|(_, why)| *why)
    }
}

/// What a request comes to that may have been processed and may not be repeated.
const NOT_REPEATED: &[(&[Way], Ends)] =
    &[(&[Way::SearchOnce], Ends::Red(&["transport", "truncated", "status"]))];
const COUNTED_BY_CLIENT: &[Way] =
    &[Way::Page, Way::Offset, Way::OffsetFromOne, Way::LastId, Way::Windows, Way::Children];
const WITHOUT_TOTAL: &[Way] = &[Way::CursorHeader, Way::Link, Way::LastId, Way::NextRelative];
const WITHOUT_URLS: &[Way] = &[
    Way::Page,
    Way::Offset,
    Way::OffsetFromOne,
    Way::CursorBody,
    Way::CursorHeader,
    Way::LastId,
    Way::Windows,
    Way::Children,
    Way::Search,
    Way::SearchOnce,
];

/// Every fault.
pub(crate) fn all() -> Vec<Row> {
    use Ends::{Either, Red, Well};
    let mut rows: Vec<Row> = told().map(|told| Row::new(Fault::Limited(429, told), Well)).collect();
    rows.extend([
        Row::new(Fault::Limited(403, Told::RetryAfterSeconds), Well),
        Row::new(Fault::Limited(403, Told::Reset(2)), Well),
        Row::new(Fault::LimitedForLong, Red(&["rate limited"])),
        Row::new(Fault::Unavailable(false), Well).but(NOT_REPEATED),
        Row::new(Fault::Unavailable(true), Well).but(NOT_REPEATED),
        Row::new(Fault::Outage, Red(&["status", "circuit open"])),
        Row::new(Fault::NoConnection, Well),
        Row::new(Fault::ResetUnread, Well).but(NOT_REPEATED),
        Row::new(Fault::RefusedStream, Well),
        Row::new(Fault::ResetRead, Well).but(NOT_REPEATED),
        Row::new(Fault::Silence, Well).but(NOT_REPEATED),
        Row::new(Fault::Truncated, Well).but(NOT_REPEATED),
        Row::new(Fault::TruncatedFramedAnew, Well).but(NOT_REPEATED),
        Row::new(Fault::Stalled, Well).but(NOT_REPEATED),
        Row::new(Fault::Html, Red(&["content type"])),
        Row::new(Fault::GzipBomb, Red(&["too large"])),
        Row::new(Fault::RepeatedCursor, Red(&["repeated"]))
            .not_applicable(&[(COUNTED_BY_CLIENT, "no page names the next one")]),
        Row::new(Fault::CyclicCursor, Red(&["repeated"]))
            .not_applicable(&[(COUNTED_BY_CLIENT, "no page names the next one")]),
        Row::new(Fault::FirstPageAgain, Red(&["no new keys"])),
        // Beyond the end there may be the last record once more, pushed on by one that came in.
        Row::new(Fault::TotalTooHigh, Red(&["total not reached", "no new keys"]))
            // Every window seems to hold more than can be read of it.
            .but(&[(&[Way::Windows], Red(&["total not reached", "too deep"]))])
            .not_applicable(&[(WITHOUT_TOTAL, "pages tell no total")]),
        Row::new(Fault::TotalTooLow, Well).not_applicable(&[(WITHOUT_TOTAL, "pages tell no total")]),
        Row::new(Fault::EmptyPage, Well)
            // A page number goes on past an empty page as far as the total leads, and an offset has nothing to go on from.
            .but(&[
                (&[Way::Page, Way::Windows, Way::Children], Either(&["total not reached"])),
                (&[Way::Offset, Way::OffsetFromOne], Red(&["total not reached"])),
            ])
            .not_applicable(&[(&[Way::LastId], "an empty page is what ends this list")]),
        Row::new(Fault::EmptiedPage, Red(&["total not reached"]))
            // Pages beyond the cap are asked for, and the window is split.
            .but(&[(&[Way::Windows], Either(&["total not reached"]))])
            .not_applicable(&[(WITHOUT_TOTAL, "nothing tells that records are missing")]),
        Row::new(Fault::TokenRevoked, Well),
        Row::new(Fault::RefreshLost, Well),
        Row::new(Fault::RefreshLostForGood, Red(&["refresh answer lost"])),
        Row::new(Fault::NextElsewhere, Red(&["origin"]))
            .not_applicable(&[(WITHOUT_URLS, "pages name no URL")]),
        Row::new(Fault::RedirectElsewhere, Red(&["origin"]))
            .but(&[(&[Way::Search, Way::SearchOnce], Red(&["redirect"]))]),
        Row::new(Fault::ClockAhead, Well),
        Row::new(Fault::ClockBehind, Well),
        Row::new(Fault::Inserts, Well),
    ]);
    rows
}

/// Every place in which a wait can be told.
pub(crate) fn told() -> impl Iterator<Item = Told> {
    [Told::Nowhere, Told::RetryAfterSeconds, Told::RetryAfterDate, Told::OldRateLimit]
        .into_iter()
        .chain((0..WAIT_SOURCES.len()).map(Told::Source))
        .chain((0..LIMITS.len()).map(Told::Reset))
}

/// Faults that together look exactly like a shorter list, to any reader.
pub(crate) const INDISTINGUISHABLE: &[(Fault, Fault, &str)] = &[
    (Fault::EmptiedPage, Fault::TotalTooLow, "the total agrees with what came"),
    (Fault::EmptyPage, Fault::TotalTooLow, "the total agrees with what came before the empty page"),
    (Fault::EmptiedPage, Fault::Inserts, "as many records come twice as are left out"),
    (Fault::EmptiedPage, Fault::CyclicCursor, "as many records come twice as are left out"),
    (Fault::EmptiedPage, Fault::FirstPageAgain, "as many records come twice as are left out"),
    (Fault::CyclicCursor, Fault::FirstPageAgain, "in the next process, what came twice makes up the total"),
    (
        Fault::FirstPageAgain,
        Fault::Inserts,
        "in a process that did not read the first page it looks like any other",
    ),
];

/// The typed reason of an error, by a short name.
pub(crate) fn reason(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::RateLimited { .. } => "rate limited",
        ErrorKind::CircuitOpen { .. } => "circuit open",
        ErrorKind::Status { .. } => "status",
        ErrorKind::Unauthorised { .. } => "unauthorised",
        ErrorKind::Transport(_) => "transport",
        ErrorKind::Truncated { .. } => "truncated",
        ErrorKind::TooLarge { .. } | ErrorKind::Expansion { .. } => "too large",
        ErrorKind::ContentType { .. } => "content type",
        ErrorKind::Origin { .. } => "origin",
        ErrorKind::Redirect { .. } => "redirect",
        ErrorKind::TooDeep { .. } => "too deep",
        ErrorKind::Paging(problem) => match problem {
            PagingProblem::Repeated { .. } => "repeated",
            PagingProblem::NoNewKeys { .. } => "no new keys",
            PagingProblem::WentBack { .. } => "went back",
            PagingProblem::TotalNotReached { .. } => "total not reached",
            PagingProblem::EmptyButMore { .. } => "empty but more",
            _ => "another problem of paging",
        },
        ErrorKind::Auth(AuthProblem::AnswerLost { .. }) => "refresh answer lost",
        ErrorKind::Auth(AuthProblem::Unavailable { .. }) => "no token for now",
        _ => "something else",
    }
}
