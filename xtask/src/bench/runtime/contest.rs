//! Several programs, one task: they take turns, so that whatever else the machine does meets them all alike.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::measure::{self, Cost};
use crate::process::{self, End};
use crate::workspace::Error;

use super::server::Server;

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(900);

/// One run of one program.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Run {
    pub(super) records: u64,
    /// By the program's own clock, from its first line to its last; the process's life where the program tells none.
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) peak_bytes: u64,
    /// What the server took meanwhile.
    pub(super) server_seconds: f64,
}

impl Run {
    pub(super) fn records_a_second(&self) -> f64 {
        self.records as f64 / self.seconds
    }

    pub(super) fn records_a_cpu_second(&self) -> f64 {
        self.records as f64 / self.cpu_seconds
    }
}

/// All runs of one program.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Runs {
    pub(super) program: String,
    pub(super) runs: Vec<Run>,
}

/// The middle of some values, and the least and the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    /// Nothing where there are no values.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), least, most })
    }
}

impl Runs {
    /// Of each round, a value of this program over the same of another one.
    pub(super) fn over(&self, other: &Self, value: impl Fn(&Run) -> f64) -> Option<Spread> {
        Spread::of(self.runs.iter().zip(&other.runs).map(|(one, two)| value(one) / value(two)))
    }

    pub(super) fn spread(&self, value: impl Fn(&Run) -> f64) -> Option<Spread> {
        Spread::of(self.runs.iter().map(value))
    }
}

/// A program, and how many records it is to read. What is not told is not counted.
pub(super) struct Contender<'a> {
    pub(super) name: String,
    pub(super) records: u64,
    /// The command of each round.
    pub(super) command: Box<dyn Fn(usize) -> Result<Command, Error> + 'a>,
}

/// The last line of a program that counts for itself.
#[derive(Default, Deserialize)]
struct Told {
    records: Option<u64>,
    /// Sum of the records' numbers, or rows of the table: that it read them all, and read them right.
    sum: Option<i64>,
    seconds: Option<f64>,
}

/// Runs every program once a round. A program that does not read all records is an error: its figure would say nothing.
pub(super) fn run(
    contenders: &[Contender<'_>],
    rounds: usize,
    server: &Server,
    stop: &AtomicBool,
    progress: &dyn Fn(&str),
) -> Result<Vec<Runs>, Error> {
    let mut all: Vec<Runs> = contenders
        .iter()
        .map(|contender| Runs { program: contender.name.clone(), runs: Vec::new() })
        .collect();
    let mut sums: Vec<Option<i64>> = vec![None; contenders.len()];
    for round in 0..rounds {
        for ((contender, runs), sum) in contenders.iter().zip(&mut all).zip(&mut sums) {
            progress(&format!("{} {}/{rounds}", contender.name, round + 1));
            let before = server.cost()?;
            let (cost, told) = one((contender.command)(round)?, &contender.name, stop)?;
            let after = server.cost()?;
            let found = told.records.unwrap_or(contender.records);
            if found != contender.records || (sum.is_some() && *sum != told.sum) {
                let expected = contender.records;
                let what = format!("{} read {found} records instead of {expected}", contender.name);
                return Err(Error::Unreadable(what));
            }
            *sum = told.sum;
            runs.runs.push(Run {
                records: contender.records,
                seconds: told.seconds.unwrap_or(cost.seconds),
                cpu_seconds: cost.cpu_seconds,
                peak_bytes: cost.peak_bytes,
                server_seconds: after.cpu_seconds - before.cpu_seconds,
            });
        }
    }
    let mut told = sums.iter().flatten();
    if let Some(first) = told.next()
        && told.any(|other| other != first)
    {
        return Err(Error::Unreadable("the programs did not read the same records".to_owned()));
    }
    Ok(all)
}

fn one(command: Command, name: &str, stop: &AtomicBool) -> Result<(Cost, Told), Error> {
    let failed = |status: String| Error::Failed { program: name.to_owned(), status };
    let mut measuring = measure::measuring(&command)?;
    measuring.stderr(Stdio::null());
    let (mut last, mut told) = (String::new(), Told::default());
    let end = process::run(measuring, LIMIT, stop, |line| {
        // The last line is the measuring process's, the one before it the program's.
        if let Ok(found) = serde_json::from_str::<Told>(&last) {
            told = found;
        }
        line.clone_into(&mut last);
    })?;
    match end {
        End::Ended(status) if status.success() => {}
        End::Ended(status) => return Err(failed(status.to_string())),
        End::TimedOut => return Err(failed(format!("no end after {} s", LIMIT.as_secs()))),
        End::Stopped => return Err(Error::Unreadable("stopped".to_owned())),
    }
    let cost = measure::cost(&last)?;
    if stop.load(Ordering::Relaxed) {
        return Err(Error::Unreadable("stopped".to_owned()));
    }
    if cost.success { Ok((cost, told)) } else { Err(failed("its exit code is not 0".to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::{Run, Runs, Spread};

    #[test]
    fn the_middle_is_between_the_two_in_the_middle() {
        let spread = |median, least, most| Some(Spread { median, least, most });
        for (values, expected) in [
            (vec![], None),
            (vec![3.0], spread(3.0, 3.0, 3.0)),
            (vec![9.0, 1.0, 2.0], spread(2.0, 1.0, 9.0)),
            (vec![4.0, 1.0, 2.0, 9.0], spread(3.0, 1.0, 9.0)),
        ] {
            assert_eq!(Spread::of(values.clone()), expected, "{values:?}");
        }
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let run =
            |seconds| Run { records: 10, seconds, cpu_seconds: 1.0, peak_bytes: 0, server_seconds: 0.0 };
        let runs = |seconds: [f64; 3]| Runs { program: String::new(), runs: seconds.map(run).to_vec() };
        let (fast, slow) = (runs([1.0, 10.0, 2.0]), runs([2.0, 20.0, 4.0]));
        let ratio = fast.over(&slow, Run::records_a_second).unwrap();
        assert_eq!(ratio, Spread { median: 2.0, least: 2.0, most: 2.0 });
    }
}
