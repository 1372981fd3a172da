//! How a client's requests get their credential.

mod authorise;
pub(crate) mod aws;
pub(crate) mod hmac;
mod jws;
mod keys;
pub(crate) mod self_signed;

pub(crate) use authorise::{Attempt, Authoriser};
