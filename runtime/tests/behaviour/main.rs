//! What the runtime does as its users see it: attempts, pages, what it refuses, what it hides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod attempts;
mod pages;
mod requests;
mod responses;
mod safety;
mod support;
mod uploads;
mod walks;
mod watching;
mod wire;
