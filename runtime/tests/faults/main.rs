//! The fault matrix: every paging style with every fault, alone and all together, in virtual time.
//!
//! A run ends with exactly the records of the source, or red with a typed reason, and then the next run loses nothing: it is made,
//! against the source that was put right, and what both gave is compared with the source. A host that is neither the API nor its token
//! server is a trap, to which nothing may come, and what is logged at TRACE or told in errors holds no credential.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod clock;
mod faults;
mod play;
mod source;
mod styles;
mod tcp;
mod tokens;
mod waits;

use linchpin_runtime::random::Random as _;
use linchpin_runtime::testing::Seeded;

use faults::{Ends, Fault, INDISTINGUISHABLE, Row, Told};
use play::{Case, synced, walked};
use styles::Style;

/// Seeds of the plans in which everything goes wrong.
const SEEDS: u64 = 50;

/// Plays cases, and fails with all that went wrong.
fn play<'a>(cases: impl Iterator<Item = Case<'a>>, must_happen: bool) {
    let mut problems = Vec::new();
    let mut number = 0;
    for case in cases {
        // Where everything goes wrong a walk takes as long as a sync, and finds less.
        let walks = case.heals || case.seed.is_multiple_of(5);
        let results = [Some(("synced", synced(&case))), walks.then(|| ("walked", walked(&case)))];
        for (how, result) in results.into_iter().flatten() {
            number += 1;
            match result {
                Err(problem) => problems.push(format!("{how}: {problem}")),
                Ok(played) if must_happen => {
                    let missing: Vec<_> =
                        case.plan.iter().filter(|(_, fault)| !played.contains(fault)).collect();
                    if !missing.iter().all(|(_, fault)| shows_nowhere(*fault)) {
                        problems.push(format!("{how}: {}: never happened: {missing:?}", case.style.name));
                    }
                }
                Ok(_) => {}
            }
        }
    }
    let told = problems.len().min(8);
    assert!(problems.is_empty(), "{} of {number} cases:\n{}", problems.len(), problems[..told].join("\n"));
}

/// Clocks that are off show in times only.
fn shows_nowhere(fault: Fault) -> bool {
    matches!(fault, Fault::ClockAhead | Fault::ClockBehind)
}

#[test]
fn every_fault_alone() {
    let (styles, rows) = (styles::all(), faults::all());
    let pairs = styles.iter().flat_map(|style| rows.iter().map(move |row| (style, row)));
    let cases = pairs.filter(|(style, row)| row.why_not(style.way).is_none()).flat_map(|(style, row)| {
        (0..2).map(move |seed| Case {
            style,
            plan: vec![(seed as usize, row.fault)],
            ends: row.ends(style.way),
            seed,
            heals: true,
        })
    });
    play(cases, true);
}

/// What is told as a moment, and not as a span, depends on whose clock it is read by.
#[test]
fn every_wait_with_a_clock_that_is_off() {
    let styles = styles::all();
    let pairs = styles.iter().flat_map(|style| faults::told().map(move |told| (style, told)));
    let cases = pairs.flat_map(|(style, told)| {
        [Fault::ClockAhead, Fault::ClockBehind].map(|clock| Case {
            style,
            plan: vec![(0, clock), (1, Fault::Limited(429, told))],
            ends: Ends::Well,
            seed: 1,
            heals: true,
        })
    });
    play(cases, true);
}

#[test]
fn every_fault_while_records_come_in() {
    let (styles, rows) = (styles::all(), faults::all());
    let hidden =
        |fault: Fault| INDISTINGUISHABLE.iter().any(|(one, two, _)| (*one, *two) == (fault, Fault::Inserts));
    let pairs = styles.iter().flat_map(|style| rows.iter().map(move |row| (style, row)));
    let pairs = pairs.filter(|(style, row)| {
        // Where a wait is told makes no difference here.
        let is_told_elsewhere = matches!(row.fault, Fault::Limited(_, Told::Source(_) | Told::Reset(_)));
        let is_other = row.fault != Fault::Inserts && !is_told_elsewhere && !hidden(row.fault);
        is_other && row.why_not(style.way).is_none()
    });
    let cases = pairs.flat_map(|(style, row)| {
        let ends = match row.ends(style.way) {
            Ends::Well => Ends::Well,
            Ends::Red(reasons) | Ends::Either(reasons) => Ends::Either(reasons),
        };
        (1..4).map(move |seed| Case {
            style,
            plan: vec![(0, Fault::Inserts), (seed as usize, row.fault)],
            ends,
            seed,
            heals: true,
        })
    });
    play(cases, false);
}

#[test]
fn a_server_that_ignores_the_paging_parameter_while_records_come_in() {
    let styles = styles::all();
    let cases = styles.iter().flat_map(|style| {
        (1..5).map(move |seed| Case {
            style,
            plan: vec![(0, Fault::Inserts), (seed as usize, Fault::FirstPageAgain)],
            // A walk by tokens or ids goes back with the server, and reads on from there when that is put right.
            ends: Ends::Red(&["no new keys", "went back", "repeated"]),
            seed,
            heals: true,
        })
    });
    play(cases, true);
}

#[test]
fn everything_at_once() {
    let styles = styles::all();
    let cases = (0..SEEDS).flat_map(|seed| {
        styles.iter().map(move |style| Case {
            style,
            plan: plan(style, seed),
            ends: Ends::Either(ANY_REASON),
            seed,
            heals: false,
        })
    });
    play(cases, false);
}

/// Every reason that a fault has, and those that come of several: a call that is tried again until no retry is left, a token that is refused
/// twice in a call.
const ANY_REASON: &[&str] = &[
    "rate limited",
    "circuit open",
    "status",
    "unauthorised",
    "transport",
    "truncated",
    "too large",
    "content type",
    "origin",
    "redirect",
    "too deep",
    "repeated",
    "no new keys",
    "went back",
    "total not reached",
    "refresh answer lost",
    "no token for now",
];

/// Refusals for a limit in one plan; which of them, changes with the seed.
const REFUSALS: usize = 5;

/// All that can go wrong with a style, in an order and at moments of chance. Of what together looks like a shorter list, one is left out.
fn plan(style: &Style, seed: u64) -> Vec<(usize, Fault)> {
    let random = Seeded::new(seed);
    let below = |most: usize| (random.fraction() * most as f64) as usize;
    let mut rows: Vec<Row> =
        faults::all().into_iter().filter(|row| row.why_not(style.way).is_none()).collect();
    let mut plan: Vec<(usize, Fault)> = Vec::new();
    while !rows.is_empty() {
        let fault = rows.swap_remove(below(rows.len())).fault;
        let hides = |other: Fault| {
            INDISTINGUISHABLE
                .iter()
                .any(|(one, two, _)| (*one, *two) == (fault, other) || (*two, *one) == (fault, other))
        };
        let is_refusal = |fault: Fault| matches!(fault, Fault::Limited(..));
        let refusals = plan.iter().filter(|(_, other)| is_refusal(*other)).count();
        let is_one_too_many = is_refusal(fault) && refusals >= REFUSALS;
        if !is_one_too_many && !plan.iter().any(|(_, other)| hides(*other)) {
            plan.push((below(40), fault));
        }
    }
    plan
}

#[test]
fn what_does_not_apply_says_why_and_nothing_else_is_left_out() {
    let (styles, rows) = (styles::all(), faults::all());
    for row in &rows {
        let without: Vec<_> =
            styles.iter().filter_map(|style| Some((style.name, row.why_not(style.way)?))).collect();
        assert!(without.len() < styles.len(), "{:?} is played nowhere", row.fault);
        assert!(without.iter().all(|(_, why)| !why.is_empty()), "{:?}", row.fault);
    }
    for (at, style) in styles.iter().enumerate() {
        assert!(!styles[..at].iter().any(|other| other.way == style.way), "{} stands twice", style.name);
        let planned: Vec<Fault> =
            (0..SEEDS).flat_map(|seed| plan(style, seed)).map(|(_, fault)| fault).collect();
        for row in rows.iter().filter(|row| row.why_not(style.way).is_none()) {
            assert!(planned.contains(&row.fault), "{}: {:?} is left out", style.name, row.fault);
        }
    }
}
