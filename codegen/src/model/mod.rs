//! Model: the normalised document becomes operations and a graph of types, with every name settled.

mod api;

pub use api::*;
