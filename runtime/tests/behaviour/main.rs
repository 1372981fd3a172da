//! What the runtime does as its users see it: attempts, pages, what it refuses, what it hides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod ahead;
mod attempts;
mod bodies;
mod budgets;
mod downloads;
mod errors;
mod formats;
mod jobs;
#[cfg(feature = "store")]
mod outbox;
mod outcomes;
mod pages;
mod requests;
mod responses;
mod safety;
mod searches;
mod signing;
mod support;
mod tokens;
#[cfg(feature = "store")]
mod unreadable;
mod uploads;
mod walks;
mod wire;
