//! The fault plan: which requests fail, and how.

use std::fmt;
use std::str::FromStr;

use super::plan::{Plan, PlanError, Planned};

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// That status, 400 to 599, in place of an answer; the request is not processed. 429 carries `Retry-After`, the others do not.
    Status(u16),
    /// The connection is reset before an answer; the request is not processed.
    Reset,
    /// The request is processed; half of the answer's body comes, then the connection ends.
    Truncate,
    /// The request is processed; the answer's headers come, then nothing until the client gives up.
    Stall,
    /// 200 with a page of HTML, as a proxy or a login page answers; the request is not processed.
    Html,
    /// 200 with no body; the request is not processed.
    Empty,
    /// What a rule of the contract's error map is about, by its number from 1; the request is not processed.
    Rule(u8),
    /// Every access token ends before the request is processed.
    Revoke,
    /// A request for a token is processed, and the connection is reset before its answer. Counts requests for tokens alone.
    LostToken,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "{status}"),
            Self::Reset => formatter.write_str("reset"),
            Self::Truncate => formatter.write_str("truncate"),
            Self::Stall => formatter.write_str("stall"),
            Self::Html => formatter.write_str("html"),
            Self::Empty => formatter.write_str("empty"),
            Self::Rule(number) => write!(formatter, "rule{number}"),
            Self::Revoke => formatter.write_str("revoke"),
            Self::LostToken => formatter.write_str("lost-token"),
        }
    }
}

/// Which requests fail: `429:50,503:70,reset:300` answers every 50th request with 429, every 70th with 503 and resets every 300th.
/// Requests are counted from 1, all of them; where several faults fall on one request, the first of the plan is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan(Plan<Fault>);

impl FaultPlan {
    /// The fault of the request with that number, the first being 1.
    pub fn fault(&self, request: u64) -> Option<Fault> {
        self.0.at(request).find(|fault| **fault != Fault::LostToken).copied()
    }

    /// Whether the answer to the request for a token with that number is lost, the first being 1.
    pub fn loses_token(&self, request: u64) -> bool {
        self.0.at(request).any(|fault| *fault == Fault::LostToken)
    }
}

impl Planned for Fault {
    const PLAN: &'static str = "fault plan";
    const FORM: &'static str = "fault:every";
    const EXAMPLE: &'static str = "`429:50`";
    const KNOWN: &'static str = "reset, truncate, stall, html, empty, revoke, lost-token, rule1 and so on, and the statuses 400 to 599";
    const COUNTED: &'static str = "requests";

    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "reset" => Self::Reset,
            "truncate" => Self::Truncate,
            "stall" => Self::Stall,
            "html" => Self::Html,
            "empty" => Self::Empty,
            "revoke" => Self::Revoke,
            "lost-token" => Self::LostToken,
            other => match (other.strip_prefix("rule").map(str::parse), other.parse()) {
                (Some(Ok(number @ 1..)), _) => Self::Rule(number),
                (_, Ok(status @ 400..=599)) => Self::Status(status),
                _ => return None,
            },
        })
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for FaultPlan {
    type Err = PlanError;

    /// Reads `fault:every` pairs with commas between them; an empty text is a plan without faults.
    fn from_str(text: &str) -> Result<Self, PlanError> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_and_written() {
        let table = [
            ("", Ok("")),
            ("429:50,503:70,reset:300", Ok("429:50,503:70,reset:300")),
            ("rule1:5,rule12:7", Ok("rule1:5,rule12:7")),
            ("rule0:5", Err("`rule0` in the fault plan is no fault; there are")),
            (" truncate:1 , stall:2,html:3,empty:4,", Ok("truncate:1,stall:2,html:3,empty:4")),
            ("429", Err("`429` in the fault plan is no `fault:every`; write for example `429:50`")),
            ("200:5", Err("`200` in the fault plan is no fault; there are")),
            ("slow:5", Err("`slow` in the fault plan is no fault; there are")),
            ("429:0", Err("`429:0` in the fault plan: `0` is no number of requests; write 1 or more")),
            ("429:x", Err("`429:x` in the fault plan: `x` is no number of requests; write 1 or more")),
        ];
        for (text, expected) in table {
            match (text.parse::<FaultPlan>(), expected) {
                (Ok(plan), Ok(expected)) => assert_eq!(plan.to_string(), expected, "plan `{text}`"),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().starts_with(expected), "plan `{text}`: {error}");
                }
                (plan, _) => panic!("plan `{text}` is {plan:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn every_nth_request_fails_and_the_first_of_the_plan_wins() {
        let plan: FaultPlan = "429:2,reset:3".parse().unwrap();
        let faults: Vec<_> = (1..=6).map(|request| plan.fault(request)).collect();
        let (limit, reset) = (Some(Fault::Status(429)), Some(Fault::Reset));
        assert_eq!(faults, [None, limit, reset, limit, None, limit]);
    }
}
