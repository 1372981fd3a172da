//! How a client's requests get their credential.

mod authorise;
mod jws;

pub(crate) use authorise::Authoriser;
