//! The fault plan: which requests fail, and how.

use std::fmt;
use std::str::FromStr;

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
pub struct FaultPlan {
    faults: Vec<(Fault, u64)>,
}

impl FaultPlan {
    /// The fault of the request with that number, the first being 1.
    pub fn fault(&self, request: u64) -> Option<Fault> {
        let falls =
            |(fault, every): &&(Fault, u64)| *fault != Fault::LostToken && request.is_multiple_of(*every);
        self.faults.iter().find(falls).map(|(fault, _)| *fault)
    }

    /// Whether the answer to the request for a token with that number is lost, the first being 1.
    pub fn loses_token(&self, request: u64) -> bool {
        self.faults.iter().any(|(fault, every)| *fault == Fault::LostToken && request.is_multiple_of(*every))
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (fault, every)) in self.faults.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(formatter, "{comma}{fault}:{every}")?;
        }
        Ok(())
    }
}

/// A fault plan that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultPlanError {
    /// No colon.
    #[error("`{0}` in the fault plan is no `fault:every`; write for example `429:50`")]
    NoPair(String),
    /// Not a fault.
    #[error(
        "`{0}` in the fault plan is no fault; there are reset, truncate, stall, html, empty, revoke, lost-token, rule1 and so on, and the statuses 400 to 599"
    )]
    UnknownFault(String),
    /// Not a number of requests.
    #[error("`{fault}:{every}` in the fault plan: `{every}` is no number of requests; write 1 or more")]
    Every {
        /// The fault.
        fault: String,
        /// What stands after its colon.
        every: String,
    },
}

impl FromStr for FaultPlan {
    type Err = FaultPlanError;

    /// Reads `fault:every` pairs with commas between them; an empty text is a plan without faults.
    fn from_str(text: &str) -> Result<Self, FaultPlanError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let faults = parts.map(|part| {
            let (fault, every) =
                part.split_once(':').ok_or_else(|| FaultPlanError::NoPair(part.to_owned()))?;
            let (fault, every) = (fault.trim(), every.trim());
            let kind = match fault {
                "reset" => Fault::Reset,
                "truncate" => Fault::Truncate,
                "stall" => Fault::Stall,
                "html" => Fault::Html,
                "empty" => Fault::Empty,
                "revoke" => Fault::Revoke,
                "lost-token" => Fault::LostToken,
                other => match (other.strip_prefix("rule").map(str::parse), other.parse()) {
                    (Some(Ok(number @ 1..)), _) => Fault::Rule(number),
                    (_, Ok(status @ 400..=599)) => Fault::Status(status),
                    _ => return Err(FaultPlanError::UnknownFault(fault.to_owned())),
                },
            };
            match every.parse() {
                Ok(every @ 1..) => Ok((kind, every)),
                _ => Err(FaultPlanError::Every { fault: fault.to_owned(), every: every.to_owned() }),
            }
        });
        Ok(Self { faults: faults.collect::<Result<_, _>>()? })
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
            ("rule0:5", Err(FaultPlanError::UnknownFault("rule0".into()))),
            (" truncate:1 , stall:2,html:3,empty:4,", Ok("truncate:1,stall:2,html:3,empty:4")),
            ("429", Err(FaultPlanError::NoPair("429".into()))),
            ("200:5", Err(FaultPlanError::UnknownFault("200".into()))),
            ("slow:5", Err(FaultPlanError::UnknownFault("slow".into()))),
            ("429:0", Err(FaultPlanError::Every { fault: "429".into(), every: "0".into() })),
            ("429:x", Err(FaultPlanError::Every { fault: "429".into(), every: "x".into() })),
        ];
        for (text, expected) in table {
            let plan = text.parse::<FaultPlan>().map(|plan| plan.to_string());
            assert_eq!(plan, expected.map(str::to_owned), "plan `{text}`");
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
