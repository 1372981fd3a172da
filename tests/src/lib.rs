//! What no single crate can show: end to end, faults, real servers. The tests are in the folder `tests` beside this one; here is what they
//! share. A panic here is a failed test, with what was wrong in its message.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests call this, and a panic is how a test fails"
)]

pub mod exercise;
pub mod lab;
pub mod person;
pub mod process;
pub mod program;
pub mod proxy;
pub mod server;
pub mod shared;
pub mod table;
pub mod wrapper;
