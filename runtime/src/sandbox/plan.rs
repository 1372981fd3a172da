//! What the plans of the sandbox are written in: `what:every` with commas between them.

use std::fmt::{self, Display};
use std::str::FromStr;

/// What can stand before the colon.
pub(super) trait Planned: Display + Sized {
    /// What the plan is called: `fault plan`.
    const PLAN: &'static str;
    /// The form of a part: `fault:every`.
    const FORM: &'static str;
    /// Parts for an example.
    const EXAMPLE: &'static str;
    /// What a plan can have, for people.
    const KNOWN: &'static str;
    /// What is counted.
    const COUNTED: &'static str;

    /// Reads it; `None` where it is none of them.
    fn read(text: &str) -> Option<Self>;
}

/// Parts, each with how often it happens: to every so many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan<T>(pub(super) Vec<(T, u64)>);

impl<T> Default for Plan<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Plan<T> {
    /// What happens to the one of that number, the first being 1, in the order of the plan.
    pub(super) fn at(&self, number: u64) -> impl Iterator<Item = &T> {
        self.0.iter().filter(move |(_, every)| number.is_multiple_of(*every)).map(|(part, _)| part)
    }
}

impl<T: Planned> Display for Plan<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (part, every)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(formatter, "{comma}{part}:{every}")?;
        }
        Ok(())
    }
}

impl<T: Planned> FromStr for Plan<T> {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(one).collect::<Result<_, _>>().map(Self)
    }
}

fn one<T: Planned>(part: &str) -> Result<(T, u64), PlanError> {
    let plan = T::PLAN;
    let Some((what, every)) = part.rsplit_once(':') else {
        return Err(PlanError::NoPair { part: part.to_owned(), plan, form: T::FORM, example: T::EXAMPLE });
    };
    let (what, every) = (what.trim(), every.trim());
    let Some(read) = T::read(what) else {
        let kind = T::FORM.split(':').next().unwrap_or_default();
        return Err(PlanError::Unknown { what: what.to_owned(), plan, kind, known: T::KNOWN });
    };
    match every.parse() {
        Ok(every @ 1..) => Ok((read, every)),
        _ => Err(PlanError::Every {
            part: part.to_owned(),
            plan,
            every: every.to_owned(),
            counted: T::COUNTED,
        }),
    }
}

/// A plan of the sandbox that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No colon.
    #[error("`{part}` in the {plan} is no `{form}`; write for example {example}")]
    NoPair {
        /// The part of the plan.
        part: String,
        /// What the plan is called.
        plan: &'static str,
        /// The form of a part.
        form: &'static str,
        /// Parts that can be read.
        example: &'static str,
    },
    /// What stands before the colon is nothing that the plan can have.
    #[error("`{what}` in the {plan} is no {kind}; there are {known}")]
    Unknown {
        /// What stands there.
        what: String,
        /// What the plan is called.
        plan: &'static str,
        /// What should stand there.
        kind: &'static str,
        /// What a plan can have.
        known: &'static str,
    },
    /// What stands after the colon is no number from 1 on.
    #[error("`{part}` in the {plan}: `{every}` is no number of {counted}; write 1 or more")]
    Every {
        /// The part of the plan.
        part: String,
        /// What the plan is called.
        plan: &'static str,
        /// What stands after the colon.
        every: String,
        /// What is counted.
        counted: &'static str,
    },
}
