//! How a client's requests get their credential.

mod authorise;

pub(crate) use authorise::Authoriser;
