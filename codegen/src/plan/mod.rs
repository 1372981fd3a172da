//! Plan: the API and the manifest become one, nothing left to look up.

mod types;

pub use types::*;
