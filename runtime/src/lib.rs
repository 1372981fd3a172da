//! What every generated Linchpin connector stands on. It knows no connector: a generated crate hands it a [`contract::Contract`], static
//! data that says what the API is like, and thin typed functions.
//!
//! One request goes `limit -> authorise -> send -> classify -> (wait, retry) -> decode`.

pub mod contract;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "store")]
pub mod sync;
pub mod wire;
